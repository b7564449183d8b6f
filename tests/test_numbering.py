"""The paper's numbers on what is the paper's."""

import json
import re
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from docutils import nodes
from finding import EQUATION
from numbering import THEIRS, number_of, renumber, renumber_equations, say_it_once

from linear_distillation.claims import REGISTRY
from linear_distillation.plots import SERIES

BOOK = Path(__file__).parents[1] / "book"


@pytest.mark.parametrize(
    "title, number",
    [
        (" (Phuong and Lampert, Theorem 3)", "3"),
        (" (A margin; Phuong and Lampert, Corollary 1)", "1"),
        (" (Phuong and Lampert, Theorem A.3, with a constant)", "A.3"),
        (" (Phuong and Lampert, Appendix A)", None),
        (" (Distillation loss; Phuong and Lampert, (1))", None),
        (" (Theirs, Theorem 3)", None),
        (" (The parallel law; ours)", None),
    ],
)
def test_a_box_of_the_paper_is_known_by_its_title(title, number):
    assert number_of(title) == number


def test_a_number_is_said_once():
    box = nodes.admonition(
        "", nodes.title("", "", nodes.Text(" (Phuong and Lampert, Lemma 1: so)"))
    )
    box["realtype"], box["title"] = "lemma", box.astext()
    say_it_once(None, nodes.section("", box))
    assert box.astext() == " (Phuong and Lampert: so)"


def test_equations_of_the_paper_are_left_out_of_our_row():
    row = dict.fromkeys(["equation-eq-a", "equation-eq-how-fast-19", "equation-eq-b"], (9, 9))
    env = SimpleNamespace(toc_fignumbers={"page": {"displaymath": row}})
    renumber_equations(env, "page", (4,))
    assert list(row.values()) == [(4, 1), ("19",), (4, 2)]


def test_the_figure_of_the_first_page_has_no_number():
    """It is that of a chapter, and has its number there."""
    figures = {page: {"figure": {"fig": (1,)}} for page in ("index", "chapter")}
    env = SimpleNamespace(config=SimpleNamespace(root_doc="index"), toc_fignumbers=figures)
    env.toctree_includes, env.toc_secnumbers, env.proof_list = {"index": ["chapter"]}, {}, {}
    renumber(None, env)
    assert figures == {"index": {}, "chapter": {"figure": {"fig": (1,)}}}


def test_what_the_paper_numbers_is_stated_once():
    sources = [path.read_text("utf8") for path in sorted(BOOK.rglob("*.ipynb"))]
    titles = [title for text in sources for title in re.findall(r"\{prf:\w+\} (.*?)\\n", text)]
    items = [
        (THEIRS.search(title)["kind"], number_of(title)) for title in titles if number_of(title)
    ]
    labels = [label for text in sources for label in re.findall(r"\$\$ \((eq-[^)]+)\)", text)]
    found = [EQUATION.fullmatch(label) for label in labels]
    numbers = [equation["number"] for equation in found if equation]
    assert len(items) == len(set(items)) > 8 and len(numbers) == len(set(numbers)) > 3


ITEM = re.compile(r"(?:Theorem|Lemma|Corollary) (?:[A-D]\.)?\d+")
BOX = re.compile(
    r"^(`{3,}|:{3,})\{prf:\w+\} *(?P<title>.*?)\n(?P<body>.*?)^\1$", re.DOTALL | re.MULTILINE
)
EVIDENCE = re.compile(r"\[What was tried against it\]\(#claim-([\w-]+)\)")
STATED = [
    (box["title"], REGISTRY[name])
    for path in sorted(BOOK.rglob("*.ipynb"))
    for cell in nbformat.read(path, as_version=4).cells
    if cell.cell_type == "markdown"
    for box in BOX.finditer(cell.source)
    for name in EVIDENCE.findall(box["body"])
]


def test_ledger_and_chapters_say_the_same_of_whose_a_statement_is():
    """A box and the claim that its line of evidence leads to."""
    assert len(STATED) > 45
    for title, claim in STATED:
        theirs = THEIRS.search(f", {title.partition('Phuong and Lampert, ')[2]}")
        if theirs:
            assert claim.paper.startswith(f"{theirs['kind']} {theirs['number']}"), title
        if whole := re.fullmatch(rf"({ITEM.pattern})(, \(\d+\))?", claim.paper):
            assert whole[1] in title, title
        if title.endswith("; ours"):
            assert claim.paper.startswith("ours"), title
        if claim.paper.startswith(("ours", "classical")):
            assert number_of(f"({title})") is None and "Phuong and Lampert, Th" not in title, title


def words_of(figure):
    """All words in the legends and beside the curves of a stored figure."""
    texts = [text["text"] for axes in figure["axes"] for text in axes.get("texts", [])]
    return [*figure["words"], *texts, *(word for axes in figure["axes"] for word in axes["legend"])]


def test_legends_bear_numbers_of_the_paper():
    """Of ours no legend has a number, so what has one is the paper's, and the ledger knows it."""
    files = sorted((BOOK.parent / "tests/figures").rglob("*.json"))
    figures = [one for file in files for one in json.loads(file.read_text("utf8")).values()]
    words = [word for figure in figures for word in words_of(figure)]
    words += [one["label"] for one in SERIES.values()]
    found = {item for word in words for item in ITEM.findall(word)}
    known = {item for claim in REGISTRY.values() for item in ITEM.findall(claim.paper)}
    assert {"Theorem 3", "Corollary 2"} <= found <= known
    assert not [word for word in words if re.search(r"(?:Theorem|Lemma|Corollary) \d+\.\d", word)]
