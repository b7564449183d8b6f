"""The house style: one look, and one colour for each learner and bound in every chapter."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ._checks import as_count, as_finite

if TYPE_CHECKING:
    from matplotlib.container import ErrorbarContainer
    from matplotlib.lines import Line2D

__all__ = ["SERIES", "label_line", "shades", "use_style"]

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


def shades(n: int) -> list[str]:
    """Colours for `n` values of a parameter: purples from light to dark, which no series has.

    Parameters
    ----------
    n
        How many, at least one.

    Returns
    -------
    list of str
        As ``"#rrggbb"``.
    """
    levels = np.linspace((166, 128, 214), (38, 12, 84), as_count("n", n)).round().astype(int)
    return ["#" + bytes(level.tolist()).hex() for level in levels]


def label_line(
    curve: Line2D | ErrorbarContainer, x: float | None = None, right: float = 6, up: float = 0
) -> None:
    """Write the label of a curve beside it, in its colour, in place of a legend.

    Parameters
    ----------
    curve
        What ``plot`` returns in a list, or ``errorbar`` as it is, with its label.
    x
        Beside which point of the curve; its right end by default.
    right, up
        How far from that point, in typographic points. The text begins there, ends there where
        `right` is negative, and has its middle there where it is zero; so it is with `up`.

    Raises
    ------
    ValueError
        If the curve has no label or no point that can be drawn, or `x` is not on it.
    """
    from matplotlib.lines import Line2D

    line = getattr(curve, "lines", [curve])[0]
    if not isinstance(line, Line2D):
        raise TypeError(f"curve: expected a line, with error bars or without, got {curve!r}")
    shift = float(as_finite("right", right, ndim=0)), float(as_finite("up", up, ndim=0))
    axes: Any = line.axes
    label = str(curve.get_label())
    if label.startswith("_"):  # as Matplotlib calls what has none
        raise ValueError("curve: expected one with a label")
    axes.annotate(
        label,
        _point(line, x),
        shift,
        textcoords="offset points",
        ha=("center", "left", "right")[int(np.sign(shift[0]))],
        va=("center", "bottom", "top")[int(np.sign(shift[1]))],
        color=_legible(line.get_color()),
    )


def _point(line: Any, x: float | None) -> tuple[float, float]:
    """The point of a line at `x`, straight between its points as they are drawn."""
    axes, given = line.axes, line.get_xydata()
    scale = axes.transScale
    drawn = scale.transform(given)
    # a logarithmic axis has no place for what is not above 0, and clips it far away
    anywhere = [axis.get_scale() != "log" for axis in (axes.xaxis, axes.yaxis)]
    drawn = drawn[(np.isfinite(drawn) & ((given > 0) | anywhere)).all(axis=1)]
    if not len(drawn):
        raise ValueError("curve: none of its points can be drawn")
    drawn = drawn[drawn[:, 0].argsort()]
    at = drawn[-1, 0] if x is None else scale.transform((float(as_finite("x", x, ndim=0)), 1))[0]
    if not drawn[0, 0] <= at <= drawn[-1, 0]:
        raise ValueError(f"x: expected a place on the line, got {x!r}")
    found = scale.inverted().transform((at, np.interp(at, *drawn.T)))
    return float(found[0]), float(found[1])


def _legible(color: Any) -> tuple[float, ...]:
    """The hue of a colour, darkened where letters of it on white had a contrast below 4.5."""
    from matplotlib.colors import to_rgb

    rgb = np.array(to_rgb(color))
    light = float(rgb**2.2 @ (0.2126, 0.7152, 0.0722))
    return tuple((rgb * (0.17 / max(light, 0.17)) ** (1 / 2.2)).tolist())
