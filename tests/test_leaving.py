"""Chapters that leave the site say in words what only the site can resolve."""

import json
from types import SimpleNamespace

import pytest
from docutils import nodes
from leaving import Book, as_box, as_quote, resolve, send

SITE = "https://example.org/"
BIB = """@article{two, author = {Du, Simon and van Loan, Ann}, year = {2018}, title = {A}}
@article{many, author = {Ä, B and C, D and E, F}, year = {2020}, title = {B}}
"""


@pytest.fixture
def app(tmp_path):
    (tmp_path / "references.bib").write_text(BIB, "utf8")
    std = SimpleNamespace(
        labels={"fig-a": ("book/a", "fig-a", "A figure"), "part": ("book/a", "part", "A part")},
        anonlabels={"claim-lemma-1": ("book/ledger/a", "claim-lemma-1")},
    )
    math = SimpleNamespace(equations={"eq-a-19": ("book/a", 3)})
    numbers = {
        "lemma": {"lem": ("1",)},
        "theorem": {"thm": (9, 2)},
        "displaymath": {"equation-eq-a-19": ("19",)},
        "figure": {"fig-a": (9, 1)},
    }
    env = SimpleNamespace(
        domains={"std": std, "math": math},
        toc_fignumbers={"book/a": numbers},
        proof_list={
            label: {"docname": "book/a", "countertype": kind, "realtype": kind}
            for label, kind in (("lem", "lemma"), ("thm", "theorem"))
        },
        titles={"book/a": nodes.title("", "A chapter"), "book/b/c": nodes.title("", "Another")},
    )
    return SimpleNamespace(
        env=env,
        srcdir=tmp_path,
        config=SimpleNamespace(html_baseurl="", bibtex_bibfiles=["references.bib"]),
        builder=SimpleNamespace(get_target_uri=lambda name: f"{name}.html"),
    )


@pytest.mark.parametrize(
    "text, said, place",
    [
        ("{prf:ref}`lem`", "Lemma 1", "book/a.html#lem"),
        ("{prf:ref}`thm`", "Theorem 9.2", "book/a.html#thm"),
        ("{eq}`eq-a-19`", "(19)", "book/a.html#equation-eq-a-19"),
        ("{numref}`fig-a`", "Fig. 9.1", "book/a.html#fig-a"),
        ("{doc}`../a`", "*A chapter*", "book/a.html"),
        ("{doc}`there <c>`", "there", "book/b/c.html"),
        ("{ref}`part`", "*A part*", "book/a.html#part"),
        ("[the lemma](#claim-lemma-1)", "the lemma", "book/ledger/a.html#claim-lemma-1"),
        ("[the box](#thm)", "the box", "book/a.html#thm"),
    ],
)
def test_references_are_words_or_links(app, text, said, place):
    assert resolve(f"By {text}, so.", Book(app), "book/b/d", as_quote) == f"By {said}, so."
    app.config.html_baseurl = SITE
    linked = resolve(f"By {text}, so.", Book(app), "book/b/d", as_quote)
    assert linked == f"By [{said}]({SITE}{place}), so."


@pytest.mark.parametrize(
    "text, said",
    [
        ("{cite}`two`", "(Du and van Loan, 2018)"),
        ("{cite}`two,many`", "(Du and van Loan, 2018; Ä et al., 2020)"),
        ("{cite:t}`many`", "Ä et al. (2020)"),
        ("$$ x=1 $$ (eq-a-19)", r"$$ x=1  \tag{19}$$"),
        ("$$\nx=1\n$$ (eq-a-19)", "$$\nx=1 \\tag{19}\n$$"),
        ("[out](https://a.org) `x`", "[out](https://a.org) `x`"),
    ],
)
def test_citations_and_equations(app, text, said):
    assert resolve(text, Book(app), "book/a", as_quote) == said


THEOREM = "````{prf:theorem} Ours\n:label: thm\n\nLet\n\n```{dropdown} Why\nAs\n```\n````\nAfter"


def test_boxes_are_quotations_with_their_number_and_folds_fold(app):
    said = resolve(THEOREM, Book(app), "book/a", as_quote).split("\n")
    assert said[:4] == ["> **Theorem 9.2 (Ours).**", ">", "> Let", ">"]
    assert "> <summary>Why</summary>" in said and said[-1] == "After"


def test_jupyterlite_has_boxes(app):
    said = resolve(THEOREM, Book(app), "book/a", as_box).split("\n")
    assert said[0] == "::::{admonition} Theorem 9.2 (Ours)" and ":label:" not in "".join(said)
    assert said[3:6] == [":::{dropdown} Why", "As", ":::"] and said[6:] == ["::::", "After"]


def test_only_words_of_a_notebook_change(app, tmp_path):
    cells = [
        {"cell_type": "markdown", "source": ["{eq}`eq-a-19`\n", "so"]},
        {"cell_type": "markdown", "source": "{eq}`eq-a-19`"},
        {"cell_type": "code", "source": "'{eq}`eq-a-19`'"},
    ]
    path = tmp_path / "a.ipynb"
    path.write_text(json.dumps({"cells": cells, "nbformat": 4}))
    send(path, Book(app), "book/a", as_quote)
    sources = [cell["source"] for cell in json.loads(path.read_text("utf8"))["cells"]]
    assert sources == [["(19)\n", "so"], "(19)", "'{eq}`eq-a-19`'"]
