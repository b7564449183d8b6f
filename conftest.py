"""For all tests, chapters too: nothing of the reader's settings, and figures are compared."""

from pathlib import Path

import pytest
from clean import clean
from drawn import MIME, differences, drawn_by, stored

ROOT = Path(__file__).parent
BOOK, FIGURES = ROOT / "book", ROOT / "tests/figures"


def pytest_configure(config):
    clean()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    """After nbval has compared what a chapter's cell prints, compare what its figures draw."""
    chapter = hasattr(item, "cell_num") and BOOK in item.path.parents
    if chapter and MIME not in item.parent.skip_compare:
        item.parent.skip_compare += (MIME,)
    result = yield
    if chapter and (found := list(changes(item))):
        item.raise_cell_error("A figure differs from the stored one", "\n".join(found))
    return result


def changes(item):
    """How the figures of a cell differ from those that `make notebooks` stored, in words."""
    old = stored(FIGURES, item.path.relative_to(BOOK))
    new = drawn_by(item.cell, item.test_outputs, item.cell_num + 1)
    for name, figure in new.items():
        if name in old:
            yield from differences(figure, old[name], name)
        else:
            yield f"{name} is not among the stored figures; run make notebooks"
