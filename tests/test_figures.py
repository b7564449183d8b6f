"""A figure that draws something else is told. Chapters' own are compared as they run (nbval)."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import numpy as np
import pytest
from chapters import chapters
from drawn import describe, differences, drawn_by, points, store, stored
from matplotlib.figure import Figure
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

ROOT = Path(__file__).parents[1]
FIGURES = ROOT / "tests/figures"
NAMES = [path.relative_to(ROOT / "book") for path in chapters(ROOT / "book")]


def shows_picture(cell):
    return any("image/png" in output.get("data", {}) for output in cell.get("outputs", []))


def code(name):
    cells = nbformat.read(ROOT / "book" / name, as_version=4).cells
    return [cell for cell in cells if cell.cell_type == "code"]


@pytest.mark.parametrize("name", NAMES, ids=str)
def test_every_picture_of_a_chapter_has_its_description(name):
    named = [cell for cell in code(name) if shows_picture(cell)]
    wanted = {cell.metadata.mystnb.figure.name for cell in named}
    assert wanted == stored(FIGURES, name).keys(), "run make notebooks"
    for figure in stored(FIGURES, name).values():
        assert {"lines", "collections", "patches", "images"} & figure["axes"][0].keys()


# Lines put before a chapter shows its figure, and what is then said of it.
FALSE = {
    "": None,
    "plt.gca().invert_xaxis()": r"x, limits 1",
    "plt.gca().set_yscale('symlog', linthresh=0.017)": r"y, scale: \"symlog\"",
    "c = plt.gca().lines[0]; c.set_ydata([1.01 * y for y in c.get_ydata()])": r"lines 1, y",
    "plt.gca().set_xlabel('something else')": r"x, label: \"something else\"",
}
FALSIFIED = ["how-fast-it-learns", "beyond/the-parallel-law", "why-it-works/data-geometry"]


@pytest.mark.locked
@pytest.mark.parametrize("name", FALSIFIED)
def test_a_false_figure_of_a_chapter_is_told(name):
    """Its first one, run as it is (no difference), mirrored, on another scale, moved, renamed."""
    cells = code(f"{name}.ipynb")
    at = next(number for number, cell in enumerate(cells) if shows_picture(cell))
    shown = [cells[at].source.replace("plt.show()", f"{line}\nplt.show()") for line in FALSE]
    run = new_notebook(cells=[*cells[:at], *map(new_code_cell, shown)])
    place = {"metadata": {"path": str((ROOT / "book" / name).parent)}}
    NotebookClient(run, kernel_name="python3", timeout=120, resources=place).execute()
    for cell, said in zip(run.cells[at:], FALSE.values(), strict=True):
        cell.metadata = cells[at].metadata
        ((figure, new),) = drawn_by(cell, cell.outputs, at).items()
        found = "\n".join(differences(new, stored(FIGURES, name)[figure]))
        assert re.search(said, found) if said else found == ""


PROJECT = f"""[tool.pytest]
pythonpath = ["{ROOT / "book/_ext"}"]
"""
DRAW = "import matplotlib.pyplot as plt\nplt.plot([1, 2, 4])\nplt.show()"
# Of three cells that drew the same, what the code becomes, and what is then said.
LATER = {
    "fig-same": ("plt.show()", "plt.show()", ""),
    "fig-mirrored": ("plt.show()", "plt.gca().invert_xaxis(); plt.show()", "axes 1, x, limits 1"),
    "fig-moved": ("[1, 2, 4]", "[1, 2.01, 4]", "axes 1, lines 1, y 2: 0.3"),
}


def test_nbval_compares_figures(tmp_path):
    """In a project of one chapter, whose code is changed after its results are stored."""
    cells = [new_code_cell(DRAW, metadata={"mystnb": {"figure": {"name": name}}}) for name in LATER]
    notebook = new_notebook(cells=cells)
    NotebookClient(notebook, kernel_name="python3").execute()
    figures = {}
    for cell, (old, new, _) in zip(cells, LATER.values(), strict=True):
        figures |= drawn_by(cell, cell.outputs, 1)
        cell.source = cell.source.replace(old, new)
    store(tmp_path / "tests/figures", "chapter.ipynb", figures)
    shutil.copy(ROOT / "conftest.py", tmp_path)
    (tmp_path / "pyproject.toml").write_text(PROJECT)
    (tmp_path / "book").mkdir()
    nbformat.write(notebook, tmp_path / "book/chapter.ipynb")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--nbval", "book"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert "2 failed, 1 passed" in done.stdout and "fig-same" not in done.stdout
    assert all(f"{name}, {said}" in done.stdout for name, (*_, said) in LATER.items() if said)


def drawing():
    """A figure with something of each kind; the axes of its two halves."""
    figure = Figure()
    left, right = figure.subplots(1, 2)
    x = np.geomspace(1e-3, 1e3, 50)
    left.loglog(x, x**2, label="square")
    left.errorbar(x[::5], x[::5], yerr=x[::5] / 3)
    left.fill_between(x, x, 2 * x)
    left.legend()
    right.scatter(x, np.sin(x), c=np.cos(x))
    right.imshow(np.eye(3), extent=(0, 1, 0, 1))
    right.bar([1, 2], [3, 4])
    right.annotate("here", (1, 2))
    inset = left.inset_axes([0.6, 0.1, 0.3, 0.3])
    inset.plot(np.linspace(0, 1, 1000), np.linspace(0, 1, 1000) ** 2)
    right.secondary_xaxis("top", functions=(np.negative, np.negative))
    return figure, left, right


def told(figure):
    """Its description after it was drawn, as beside a picture."""
    figure.draw_without_rendering()
    return describe(figure)


def inset_line(left, change):
    """Change the values of the long curve in the inset."""
    (curve,) = left.child_axes[0].lines
    curve.set_ydata(change(curve.get_ydata()))


def times(y, factors):
    """Some of the values, by their number, times a factor each."""
    y[list(factors)] *= list(factors.values())
    return y


CHANGES = {
    "size": lambda figure, left, right: figure.set_size_inches(3, 3),
    "words": lambda figure, left, right: figure.suptitle("new"),
    "title": lambda figure, left, right: left.set_title("new"),
    "y, scale": lambda figure, left, right: left.set_yscale("linear"),
    "x, limits": lambda figure, left, right: right.set_xlim(-1, 999),
    "legend": lambda figure, left, right: left.legend(["cube"]),
    "lines 1, label": lambda figure, left, right: left.lines[0].set_label("cube"),
    "lines 1, look": lambda figure, left, right: left.lines[0].set_linestyle(":"),
    "lines 1, x": lambda figure, left, right: left.lines[0].set_xdata(
        np.geomspace(1.01e-3, 1e3, 50)
    ),
    "lines 1, count": lambda figure, left, right: left.lines[0].set_data([1, 2], [1, 2]),
    "lines": lambda figure, left, right: left.lines[0].remove(),
    "collections 1, mean": lambda figure, left, right: left.collections[0].set_segments([]),
    "collections 2, look": lambda figure, left, right: left.collections[1].set_facecolor("red"),
    "collections 1, values": lambda figure, left, right: right.collections[0].set_array(
        np.linspace(0, 1, 50)
    ),
    "collections 1, y": lambda figure, left, right: right.collections[0].set_offsets(
        np.ones((50, 2))
    ),
    "images 1, x": lambda figure, left, right: right.images[0].set_data(1 - np.eye(3)),
    "patches 1, y": lambda figure, left, right: right.patches[0].set_height(3.1),
    "texts 1, text": lambda figure, left, right: right.texts[0].set_text("there"),
    "texts 1, at": lambda figure, left, right: setattr(right.texts[0], "xy", (1, 3)),
    "texts 1, alpha": lambda figure, left, right: right.texts[0].set_alpha(0.9),
    # One point of a thousand, and two neighbours whose mean stays; neither is one of those kept.
    "lines 1, probes": lambda figure, left, right: inset_line(
        left, lambda y: times(y, {490: 1.01})
    ),
    "children 1, lines 1, probes": lambda figure, left, right: inset_line(
        left, lambda y: times(y, {490: 1.2, 491: 0.8})
    ),
    "lines 1, width 1": lambda figure, left, right: left.lines[0].set_linewidth(2),
    "lines 2, width 2": lambda figure, left, right: left.lines[1].set_markersize(9),
    "lines 1, look 3": lambda figure, left, right: left.lines[0].set_alpha(0.9),
    "collections 1, width": lambda figure, left, right: left.collections[0].set_linewidth(9),
    "axes 2, collections 1, width": lambda figure, left, right: right.collections[0].set_sizes([9]),
    "collections 2, alpha": lambda figure, left, right: left.collections[1].set_alpha(0.9),
    "patches 1, width": lambda figure, left, right: right.patches[0].set_linewidth(9),
    "images 1, alpha": lambda figure, left, right: right.images[0].set_alpha(0.9),
    "x, ticks, marks": lambda figure, left, right: right.set_xticks([0.1, 0.2]),
    "y, ticks, marks": lambda figure, left, right: right.tick_params(left=False),
    "x, ticks, minor": lambda figure, left, right: right.xaxis.minorticks_on(),
    "x, ticks, words": lambda figure, left, right: right.tick_params(labelbottom=False),
    "y, ticks, words 1": lambda figure, left, right: right.yaxis.set_major_formatter("{x:.3f}"),
    "y, ticks, offset": lambda figure, left, right: right.ticklabel_format(
        axis="y", scilimits=(1, 1)
    ),
    "axes 2, visible 1": lambda figure, left, right: right.set_visible(False),
    "axes 2, visible 2": lambda figure, left, right: right.set_axis_off(),
    "x, visible": lambda figure, left, right: right.xaxis.set_visible(False),
    "axes 1, children": lambda figure, left, right: left.secondary_yaxis("right"),
    "axes 1, places 1": lambda figure, left, right: left.child_axes[0].set_axes_locator(
        right.child_axes[0].get_axes_locator()
    ),
    "children 1, title": lambda figure, left, right: left.child_axes[0].set_title("new"),
    "axes 2, children 1, x, limits": lambda figure, left, right: right.child_axes[0].set_functions(
        (lambda x: 2 * x, lambda x: x / 2)
    ),
}


@pytest.mark.parametrize("part", CHANGES)
def test_every_kind_of_change_is_told(part):
    old, same, new = drawing(), drawing(), drawing()
    assert list(differences(told(same[0]), told(old[0]))) == []
    CHANGES[part](*new)
    found = list(differences(told(new[0]), told(old[0])))
    assert any(part in line for line in found), found


def test_rounding_is_no_change():
    """Of data and of colours that stand for numbers: other machines round in other ways."""
    (old, *_), (new, left, right) = drawing(), drawing()
    left.lines[0].set_ydata(left.lines[0].get_ydata() * (1 + 1e-9))
    cloud = right.collections[0]
    cloud.set_array(cloud.get_array() + 1e-9)
    inset_line(left, lambda y: y * (1 + 1e-7 * np.random.default_rng(0).standard_normal(1000)))
    assert list(differences(told(new), told(old))) == []


def test_no_two_neighbours_of_a_long_curve_hide_each_other():
    old = np.c_[np.linspace(0, 1, 500), np.full(500, 0.5)]
    for at in range(100, 200):
        new = old.copy()
        new[at : at + 2, 1] *= [1.2, 0.8]
        assert any("probes" in line for line in differences(points(new), points(old)))


def test_ticks_at_the_ends_of_an_axis_stay_when_its_limits_are_rounded():
    figures = Figure(), Figure()
    for figure, rounding in zip(figures, (0, 1e-12), strict=True):
        figure.subplots().set(xlim=(rounding, 1 - rounding), ylim=(0, 1))
    old, new = map(told, figures)
    assert old["axes"][0]["x"]["ticks"]["marks"][::5] == [0, 1]
    assert list(differences(new, old)) == []


def test_a_description_in_another_form_is_told_and_not_compared():
    old = describe(drawing()[0])
    (said,) = differences(old, {key: value for key, value in old.items() if key != "form"}, "fig-x")
    assert said.startswith("fig-x: ") and "run make notebooks" in said


def test_what_is_stored_is_what_was_drawn(tmp_path):
    figures = {"fig-x": describe(drawing()[0])}
    store(tmp_path, "part/chapter.ipynb", figures)
    assert stored(tmp_path, "part/chapter.ipynb") == figures
