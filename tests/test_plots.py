"""The style of the figures, and what is said where Matplotlib is missing."""

import sys

import matplotlib
import numpy as np
import pytest
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure

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


def contrast(color):
    """With white, as the Web Content Accessibility Guidelines define it."""
    rgb = np.array(to_rgb(color))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return 1.05 / (linear @ (0.2126, 0.7152, 0.0722) + 0.05)


def test_shades_darken_evenly_and_are_no_series():
    assert plots.shades(1) == plots.shades(2)[:1]
    found = plots.shades(6)
    steps = np.diff([to_rgb(color) for color in found], axis=0)
    assert (steps < 0).all() and np.ptp(steps, axis=0).max() < 0.01
    assert min(map(contrast, found)) > 3 and contrast(found[-1]) > 15
    used = np.array([to_rgb(look["color"]) for look in plots.SERIES.values()])
    apart = [np.abs(used - to_rgb(color)).max(axis=1).min() for color in found]
    assert min(apart) > 0.15


def drawn(x, y, scale="linear", **look):
    ax = Figure().subplots()
    ax.set(xscale=scale, yscale=scale)
    return ax.plot(x, y, **{"label": "curve"} | look)[0], ax.texts


def test_a_label_stands_at_the_right_end_of_its_curve():
    line, texts = drawn([3, 1, 2], [5, 7, 6], label="risk", color="#0072B2")
    plots.label_line(line)
    (text,) = texts
    assert text.get_text() == "risk" and text.xy == (3, 5)
    assert to_hex(text.get_color()) == "#0072b2"
    assert text.get_position() == (6, 0) and text.get_ha() == "left" and text.get_va() == "center"


@pytest.mark.parametrize("scale, y", [("linear", 50.5), ("log", 10)])
def test_a_label_stands_on_its_curve_as_it_is_drawn(scale, y):
    middle = {"linear": 5.5, "log": 10**0.5}[scale]
    line, texts = drawn([1, 10], [1, 100], scale)
    plots.label_line(line, middle)
    assert texts[0].xy == pytest.approx((middle, y), rel=1e-12)


@pytest.mark.parametrize(
    "shift, ha, va", [((-3, 4), "right", "bottom"), ((0, -4), "center", "top")]
)
def test_a_label_stands_on_the_side_that_is_asked_for(shift, ha, va):
    line, texts = drawn([0, 1], [0, 1])
    plots.label_line(line, 0.5, *shift)
    text = texts[0]
    assert (text.get_position(), text.get_ha(), text.get_va()) == (shift, ha, va)


def test_points_that_a_scale_cannot_show_carry_no_label():
    line, texts = drawn([1, 2, 3], [1, 1, np.nan], "log")
    plots.label_line(line)
    assert texts[0].xy == pytest.approx((2, 1))


def test_error_bars_are_labelled_like_lines():
    ax = Figure().subplots()
    plots.label_line(ax.errorbar([1, 2], [3, 4], [1, 1], label="held-out", color="black"))
    assert ax.texts[0].get_text() == "held-out" and ax.texts[0].xy == (2, 4)


def test_a_label_on_a_logarithmic_axis_stands_in_the_picture():
    line, texts = drawn([1, 2, 3], [10, 1, 0], scale="log")
    plots.label_line(line)
    assert texts[0].xy == pytest.approx((2, 1))


def test_a_curve_without_a_point_or_a_label_is_refused():
    with pytest.raises(ValueError, match="^curve: none of its points can be drawn"):
        plots.label_line(drawn([1, 2], [np.nan, np.nan])[0])
    (line,) = Figure().subplots().plot([1, 2], [1, 2])
    with pytest.raises(ValueError, match="^curve: expected one with a label"):
        plots.label_line(line)


@pytest.mark.parametrize("x", [0.99, 2.01])
def test_a_label_beside_the_curve_is_refused(x):
    with pytest.raises(ValueError, match="x: expected a place on the line"):
        plots.label_line(drawn([1, 2], [1, 2])[0], x)


@pytest.mark.parametrize("name", plots.SERIES)
def test_a_label_is_legible_in_the_hue_of_its_curve(name):
    """Light colours are darkened, all channels alike; those that are dark enough stay."""
    color = plots.SERIES[name]["color"]
    line, texts = drawn([0, 1], [0, 1], color=color)
    plots.label_line(line)
    written, ours = np.array(to_rgb(texts[0].get_color())), np.array(to_rgb(color))
    assert contrast(written) >= 4.5
    assert contrast(written) < 5.5 or (written == ours).all()
    assert np.abs(written * ours.max() - ours * written.max()).max() < 1e-12
