"""Cells that are plumbing are folded, and the line says what is inside."""

from pathlib import Path

import nbformat
import pytest
from folding import contents, fold, plumbing
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

BOOK = Path(__file__).parents[1] / "book"


@pytest.mark.parametrize(
    "source, inside",
    [
        ("import numpy as np\n\nrng = np.random.default_rng(3)\nplots.use_style()", "the imports"),
        ("%matplotlib inline\nimport numpy as np", "the imports"),
        ("fig, ax = plt.subplots()\nax.plot(x, y)\nplt.show()", "the figure's code"),
        ("def portrait(ax, w):\n    ax.plot(*w)", "the code that draws"),
        ("pd.DataFrame({'n': ns, 'risk': risks}).set_index('n')", "the table's code"),
        ("assert a == b", "one check, which holds"),
        ("assert a == b\nassert c", "two checks, both hold"),
        ("for n in (1, 2):\n    assert f(n)\n    assert g(n)\nassert h", "three checks, all hold"),
        ("x = sp.symbols('x')\nassert sp.diff(x**2, x) == 2 * x", None),
        ("table = pd.DataFrame(rows)", None),
        ("def loss(w):\n    return w @ w", None),
        ("ld.theorem3_bound(task, 10)", None),
        ("", None),
    ],
)
def test_plumbing_is_seen_from_the_syntax(source, inside):
    assert plumbing(source) == inside


def test_derivations_and_what_has_tags_stay_as_they_are():
    metadata = [{"tags": ["derives:lemma-1"]}, {"tags": ["hide-cell"]}, {}, {"tags": ["other"]}]
    cells = [new_code_cell("assert x", metadata=data) for data in metadata]
    notebook = new_notebook(cells=[new_markdown_cell("import this"), *cells])
    fold(notebook)
    tags = [cell.metadata.get("tags") for cell in notebook.cells]
    assert tags == [
        None,
        ["derives:lemma-1"],
        ["hide-cell"],
        ["hide-input"],
        ["other", "hide-input"],
    ]
    prompts = notebook.cells[3].metadata["mystnb"]
    assert prompts["code_prompt_show"] == "Show one check, which holds"
    assert prompts["code_prompt_hide"] == "Hide one check, which holds"


@pytest.mark.parametrize(
    "source, inside",
    [
        ("fig, ax = plt.subplots()\nplt.show()", "the figure's code"),
        ("import x\n\ndef f(w):\n    return w", "the function f"),
        ("def f(w):\n    return w\n\ndef g(w):\n    return f(w)", "the functions f and g"),
        ("def f():\n    0\ndef g():\n    0\ndef h():\n    0", "the functions f, g and h"),
        ("x = f(1)\nprint(x)", "the computation"),
        ("# nothing yet", "the computation"),
        ("x = f(1)\nassert x", "the computation, with one check, which holds"),
        ("x = sp.Symbol('x')\ny = x**2", "the derivation"),
        (
            "x = sp.Symbol('x')\nfor k in 1, 2:\n    assert x\nassert x",
            "the derivation, with two checks, both hold",
        ),
    ],
)
def test_what_is_folded_by_hand_gets_a_line_too(source, inside):
    assert contents(source) == inside
    cell = new_code_cell(source, metadata={"tags": ["hide-input"]})
    fold(new_notebook(cells=[cell]))
    assert cell.metadata["tags"] == ["hide-input"]
    prompts = {"code_prompt_show": f"Show {inside}", "code_prompt_hide": f"Hide {inside}"}
    assert cell.metadata["mystnb"] == prompts


def test_a_line_that_a_chapter_has_written_stays():
    own = {"code_prompt_show": "Show the race", "code_prompt_hide": "Hide the race"}
    nothing = {"code_prompt_show": "Show the code", "code_prompt_hide": "Hide the code"}
    cells = [
        new_code_cell("x = 1", metadata={"tags": ["hide-input"], "mystnb": dict(line)})
        for line in (own, nothing)
    ]
    fold(new_notebook(cells=cells))
    assert cells[0].metadata["mystnb"] == own
    assert cells[1].metadata["mystnb"]["code_prompt_show"] == "Show the computation"
    assert cells[1].metadata["mystnb"]["code_prompt_hide"] == "Hide the computation"


@pytest.mark.parametrize("path", sorted(BOOK.rglob("*.ipynb")), ids=lambda path: path.stem)
def test_no_folded_input_of_the_book_says_only_that_it_is_code(path):
    notebook = nbformat.read(path, as_version=4)
    fold(notebook)
    folded = [c for c in notebook.cells if "hide-input" in c.metadata.get("tags", [])]
    assert folded
    lines = {cell.metadata["mystnb"]["code_prompt_show"] for cell in folded}
    assert all(line.startswith("Show ") for line in lines) and "Show the code" not in lines
