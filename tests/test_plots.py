"""The style of the figures, and what is said where Matplotlib is missing."""

import sys

import matplotlib
import pytest

from linear_distillation import plots


def test_the_style_starts_from_the_defaults():
    """What a reader's matplotlibrc says does not leak into figures."""
    with matplotlib.rc_context({"figure.facecolor": "black", "xtick.direction": "in"}):
        plots.use_style()
        assert matplotlib.rcParams["figure.facecolor"] == "white"
        assert matplotlib.rcParams["xtick.direction"] == "out"


def test_without_matplotlib_the_remedy_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ModuleNotFoundError, match="extra `book`"):
        plots.use_style()
