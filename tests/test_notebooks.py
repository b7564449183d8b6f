"""The stored chapters: run in order, short cells, clean outputs, described figures."""

import re
import tempfile
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted(
    path for path in (ROOT / "book").rglob("*.ipynb") if ".ipynb_checkpoints" not in path.parts
)
LONGEST = 15  # lines of a code cell
# Stands beside the first import of the library, and so in the traceback of who has it not.
HINT = "pip install . in its folder"
IMPORT = re.compile(r"(import|from) linear_distillation\b")
# Where a path can begin: on the machines of others, and on this one.
PLACES = ["/home/", "/Users/", "/root/", "/tmp/", r"C:\Users", "site-packages"]
PLACES += [
    str(place) for place in (ROOT, Path.home(), tempfile.gettempdir()) if len(str(place)) > 1
]


def faults(notebook):
    """What is wrong with a notebook, in words."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    if notebook.metadata.get("kernelspec", {}).get("name") != "python3":
        yield "the kernel is not python3"
    if "version" in notebook.metadata.get("language_info", {}):
        yield "it names a version of Python"
    if any({"execution", "ExecuteTime"} & set(cell.metadata) for cell in cells):
        yield "cells have time stamps"
    counts = [cell.execution_count for cell in cells]
    if counts != list(range(1, len(cells) + 1)):
        yield f"not run from top to bottom: {counts}"
    if not any(re.search(r"^\s*assert\b", cell.source, re.MULTILINE) for cell in cells):
        yield "no cell asserts anything"
    imports = [line for cell in cells for line in cell.source.splitlines() if IMPORT.match(line)]
    if imports and HINT not in imports[0]:
        yield f"the first import of the library does not say: {HINT}"
    for number, cell in enumerate(cells, 1):
        yield from (f"code cell {number}: {fault}" for fault in cell_faults(cell))


def cell_faults(cell):
    if (lines := len(cell.source.splitlines())) > LONGEST:
        yield f"{lines} lines"
    for output in cell.outputs:
        if output.output_type == "error":
            yield f"raised {output.ename}"
        for place in PLACES:
            if place in shown(output):
                yield f"shows a path: {place}"
        if any(kind.startswith("image/") for kind in output.get("data", {})):
            show = cell.metadata.get("mystnb", {})
            if not show.get("image", {}).get("alt", "").strip():
                yield "a picture without alt text"
            if not show.get("figure", {}).get("caption", "").strip():
                yield "a picture without caption"


def shown(output):
    """All text of an output; bitmaps left out."""
    data = output.get("data", {}).items()
    texts = [str(value) for kind, value in data if kind not in ("image/png", "image/jpeg")]
    return "\n".join([*texts, output.get("text", ""), *output.get("traceback", [])])


def test_there_are_notebooks():
    assert NOTEBOOKS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook(path):
    assert list(faults(nbformat.read(path, as_version=4))) == []


def sound():
    """A notebook of two cells without a fault; the second shows a picture."""
    first = new_code_cell(
        "x = 1\nassert x", execution_count=1, outputs=[new_output("stream", text="fine\n")]
    )
    picture = new_output("display_data", {"image/png": "AAAA", "text/plain": "<Figure>"})
    show = {"image": {"alt": "A line"}, "figure": {"caption": "A line.", "name": "fig-line"}}
    second = new_code_cell(
        "plt.show()", execution_count=2, outputs=[picture], metadata={"mystnb": show}
    )
    kernel = {"name": "python3", "display_name": "Python 3"}
    return new_notebook(cells=[first, second], metadata={"kernelspec": kernel})


def test_sound_notebook():
    assert list(faults(sound())) == []


BROKEN = {
    "a version of Python": lambda n, first, second: n.metadata.update(
        language_info={"version": "3.13.1"}
    ),
    "time stamps": lambda n, first, second: first.metadata.update(execution={"x": "2026"}),
    "kernel": lambda n, first, second: n.metadata.kernelspec.update(name="conda-me"),
    "not run": lambda n, first, second: second.update(execution_count=None),
    "not run from top": lambda n, first, second: n.cells.reverse(),
    "asserts": lambda n, first, second: first.update(source="# assert x"),
    "does not say: pip install": lambda n, first, second: first.update(
        source="import linear_distillation as ld\nassert ld"
    ),
    "16 lines": lambda n, first, second: second.update(source="x\n" * 16),
    "raised ValueError": lambda n, first, second: first.update(
        outputs=[new_output("error", ename="ValueError", evalue="", traceback=[])]
    ),
    "shows a path: /home/": lambda n, first, second: first.outputs[0].update(text="/home/me/a.py"),
    f"shows a path: {ROOT}": lambda n, first, second: second.outputs[0].data.update(
        {"text/html": f"<p>{ROOT}/x"}
    ),
    "alt text": lambda n, first, second: second.metadata.mystnb.image.update(alt=" "),
    "caption": lambda n, first, second: second.metadata.mystnb.pop("figure"),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_broken_notebook(fault):
    notebook = sound()
    BROKEN[fault](notebook, *notebook.cells)
    assert any(fault in found for found in faults(notebook))
