"""The house style: one look, and one colour for each learner and bound in every chapter."""

from __future__ import annotations

from pathlib import Path

__all__ = ["SERIES", "use_style"]

SERIES: dict[str, dict[str, str]] = {
    "risk": {"color": "black", "marker": "o", "label": "risk"},
    "held-out": {"color": "#E69F00", "marker": "D", "linestyle": "none", "label": "held-out data"},
    "theorem 3": {"color": "#D55E00", "marker": "s", "label": "paper's Theorem 3"},
    "corollary 2": {
        "color": "#CC79A7",
        "marker": "^",
        "linestyle": "--",
        "label": "paper's Corollary 2",
    },
    "integral": {"color": "#0072B2", "marker": "v", "label": "integral bound"},
    "measured": {"color": "black", "label": "measured"},
    "certified": {"color": "#56B4E9", "linestyle": "--", "label": "certified, Theorem A.3"},
    "sharp": {"color": "#009E73", "linestyle": "-.", "label": "certified, sharper"},
    "renewed": {"color": "#CC79A7", "linestyle": ":", "label": "sharper, renewed"},
    "parallel": {"color": "#56B4E9", "marker": "X", "label": "parallel bound"},
    "envelope": {"color": "#999999", "marker": "d", "linestyle": "-.", "label": "envelope"},
    "power law": {"color": "#009E73", "marker": "P", "label": "power law"},
    "spectrum": {"color": "#0072B2", "linestyle": "--", "label": "predicted by the spectrum"},
    "rows": {"color": "#009E73", "linestyle": ":", "label": "predicted by the rows"},
    "distilled": {"color": "black", "marker": "o", "label": "distilled"},
    "biased": {"color": "#009E73", "marker": "P", "label": r"$\hat w+\delta q$"},
    "stopped": {"color": "#56B4E9", "marker": "^", "label": "hard labels, stopped"},
    "hard label": {"color": "#D55E00", "marker": "X", "label": "hard labels, largest margin"},
}


def use_style() -> None:
    """Apply the house style to all figures that follow, whatever a matplotlibrc says.

    Raises
    ------
    ModuleNotFoundError
        Without Matplotlib.
    """
    try:
        from matplotlib import pyplot
    except ModuleNotFoundError as error:
        remedy = "install this package with its extra `book`, or matplotlib"
        raise ModuleNotFoundError(f"use_style: {error}; {remedy}", name=error.name) from error

    pyplot.style.use(["default", Path(__file__).with_name("book.mplstyle")])
