"""For all tests, chapters too: nothing of the reader's settings, and figures are compared."""

from pathlib import Path

import pytest
from clean import clean
from drawn import MIME, differences, drawn_by, stored

ROOT = Path(__file__).parent
FIGURES = ROOT / "tests/figures"


def pytest_configure(config):
    if not __debug__:
        pytest.exit("assertions are off: unset PYTHONOPTIMIZE, and run python without -O", 4)
    clean()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    """After nbval has compared a cell's text, compare what its figures draw."""
    if not hasattr(item, "cell_num"):
        return (yield)
    if MIME not in item.parent.skip_compare:
        item.parent.skip_compare += (MIME,)
    result = yield
    if found := list(changes(item)):
        item.raise_cell_error("A figure differs from the stored one", "\n".join(found))
    return result


def changes(item):
    """How the figures of a cell differ from those that `make notebooks` stored, in words."""
    new = drawn_by(item.cell, item.test_outputs, item.cell_num + 1)
    old = stored(FIGURES, item.path.relative_to(ROOT / "book")) if new else {}
    for name, figure in new.items():
        if name in old:
            yield from differences(figure, old[name], name)
        else:
            yield f"{name} is not among the stored figures; run make notebooks"
