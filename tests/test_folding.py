"""Cells that are plumbing are folded, and the line says what is inside."""

import pytest
from folding import fold, plumbing
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook


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
