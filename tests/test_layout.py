"""What a newcomer relies on: short files, a first line that says what lives there, no circles."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LIBRARY = ROOT / "lib/linear_distillation"
FILES = sorted(
    path
    for folder in ("lib", "tests", "book/_ext", "benchmarks")
    for path in (ROOT / folder).rglob("*.py")
)
MODULES = {
    path.relative_to(ROOT / "lib").with_suffix("").parts: path
    for path in FILES
    if LIBRARY in path.parents
}
MODULES = {
    parts[:-1] if parts[-1] == "__init__" else parts: path for parts, path in MODULES.items()
}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_can_be_held_in_the_head(path):
    text = path.read_text(encoding="utf8")
    first = (ast.get_docstring(ast.parse(text)) or "").partition("\n")[0]
    assert len(text.splitlines()) <= 500 and len(first) > 10 and first[-1] in ".:?", first


def imported(parts, path):
    """The modules of the library that a module needs in order to be imported."""
    package = parts if path.name == "__init__.py" else parts[:-1]
    for node in ast.parse(path.read_text(encoding="utf8")).body:
        if isinstance(node, ast.ImportFrom) and node.level:
            base = (*package[: len(package) + 1 - node.level], *(node.module or "").split("."))
            base = tuple(part for part in base if part)
            inside = {(*base, name.name) for name in node.names} & MODULES.keys()
            yield from inside
            if len(inside) < len(node.names):
                yield base


def test_imports_have_no_circle():
    graph = {parts: set(imported(parts, path)) - {parts} for parts, path in MODULES.items()}
    assert sum(map(len, graph.values())) > 300  # they were found
    order = [*TopologicalSorter(graph).static_order()]  # or CycleError names a circle
    assert order[-1] in MODULES and set(order) == MODULES.keys()
