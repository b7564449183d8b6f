"""The registry and the chapters agree on what is derived, and where."""

from pathlib import Path

import nbformat
import pytest
import yaml
from derived import asserts, derivations

from linear_distillation.claims import CHAPTERS, REGISTRY

ROOT = Path(__file__).parents[1]
BOOK = ROOT / "book"
NOTEBOOKS = {
    path.relative_to(BOOK).with_suffix("").as_posix(): nbformat.read(path, as_version=4)
    for path in BOOK.rglob("*.ipynb")
    if ".ipynb_checkpoints" not in path.parts
}


def test_chapters_are_in_the_order_of_the_book():
    parts = yaml.safe_load((ROOT / "_toc.yml").read_text())["parts"]
    order = [c["file"].removeprefix("book/") for part in parts for c in part["chapters"]]
    assert list(CHAPTERS) == [name for name in order if name in CHAPTERS]


@pytest.mark.parametrize("claim", REGISTRY.values(), ids=REGISTRY)
def test_it_rests_on_claims(claim):
    assert set(claim.rests_on) <= set(REGISTRY)


def faults(claim, notebooks):
    """What is missing between a claim and its derivation."""
    if claim.underived:
        return []
    if claim.chapter not in notebooks:
        return [f"{claim.id}: no chapter, no reason given"]
    cells = derivations(notebooks[claim.chapter]).get(claim.id, [])
    if not cells:
        return [f"{claim.id}: no cell of {claim.chapter} derives it, no reason given"]
    if not all(asserts(cell.source) for cell in cells):
        return [f"{claim.id}: a cell that derives it asserts nothing"]
    return []


@pytest.mark.parametrize("claim", REGISTRY.values(), ids=REGISTRY)
def test_a_claim_has_a_derivation_or_a_reason(claim):
    assert faults(claim, NOTEBOOKS) == []


@pytest.mark.parametrize(
    "source",
    [
        "1 + 1",
        "# assert nothing",
        "'assert'",
        "print('we assert that')",
        "def f():\n    assert x",
        "assert True",
    ],
)
def test_faults_are_seen(source):
    claim = REGISTRY["hessian"]
    assert "no chapter" in faults(claim, {})[0]
    cell = nbformat.v4.new_code_cell(source, metadata={"tags": [f"derives:{claim.id}"]})
    empty, idle = (nbformat.v4.new_notebook(cells=cells) for cells in ([], [cell]))
    assert "no cell" in faults(claim, {claim.chapter: empty})[0]
    assert "asserts nothing" in faults(claim, {claim.chapter: idle})[0]


@pytest.mark.parametrize(
    "source", ["assert x", "for x in y:\n    assert x", "%time f()\nassert x == 1"]
)
def test_assertions_are_seen(source):
    assert asserts(source)


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_tag_names_a_claim_of_this_chapter(name):
    for claim in derivations(NOTEBOOKS[name]):
        assert REGISTRY[claim].chapter == name
