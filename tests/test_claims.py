"""The registry and the chapters agree on what is derived, and where."""

from pathlib import Path

import nbformat
import pytest

from linear_distillation.claims import CLAIMS, REGISTRY

BOOK = Path(__file__).parents[1] / "book"
NOTEBOOKS = {
    path.relative_to(BOOK).with_suffix("").as_posix(): nbformat.read(path, as_version=4)
    for path in BOOK.rglob("*.ipynb")
}


def test_names_are_unique():
    assert len(REGISTRY) == len(CLAIMS)


def derivations(notebook):
    """Claim -> the cells tagged as deriving it."""
    cells = {}
    for cell in notebook.cells:
        for tag in cell.metadata.get("tags", []):
            if tag.startswith("derives:"):
                cells.setdefault(tag.removeprefix("derives:"), []).append(cell)
    return cells


def faults(claim, notebooks):
    """What is missing between a claim and its derivation."""
    if claim.underived:
        return []
    if claim.chapter not in notebooks:
        return [f"{claim.id}: no chapter, no reason given"]
    cells = derivations(notebooks[claim.chapter]).get(claim.id, [])
    if not cells:
        return [f"{claim.id}: no cell of {claim.chapter} derives it, no reason given"]
    if any("assert " not in cell.source for cell in cells):
        return [f"{claim.id}: a cell that derives it asserts nothing"]
    return []


@pytest.mark.parametrize("claim", REGISTRY.values(), ids=REGISTRY)
def test_a_claim_has_a_derivation_or_a_reason(claim):
    assert faults(claim, NOTEBOOKS) == []


def test_faults_are_seen():
    claim = REGISTRY["integral-bound-power"]
    assert "no chapter" in faults(claim, {})[0]
    silent = nbformat.v4.new_code_cell("1 + 1", metadata={"tags": [f"derives:{claim.id}"]})
    empty, idle = (nbformat.v4.new_notebook(cells=cells) for cells in ([], [silent]))
    assert "no cell" in faults(claim, {claim.chapter: empty})[0]
    assert "asserts nothing" in faults(claim, {claim.chapter: idle})[0]


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_tag_names_a_claim_of_this_chapter(name):
    for claim in derivations(NOTEBOOKS[name]):
        assert REGISTRY[claim].chapter == name
