"""What a newcomer relies on: short files, a first line that says what lives there, no circles."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import linear_distillation

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


# Imports inside functions that close a circle, with the reason.
WRITES = "`Pool.study` studies a pool and writes its report, and both are about a `Pool`"
LAZY = {
    ("pool", "_study"): WRITES,
    ("pool", "_report"): WRITES,
    ("_training", "flow"): "it warns with a class that is documented there",
}


def statements(node):
    """All statements, at any depth, but for what only a type checker reads."""
    for child in ast.iter_child_nodes(node):
        if not (isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING"):
            yield child
            yield from statements(child)


def imported(parts, path):
    """The modules of the library that a module imports, at once or when it is used."""
    package = parts if path.name == "__init__.py" else parts[:-1]
    for node in statements(ast.parse(path.read_text(encoding="utf8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = (*package[: len(package) + 1 - node.level], *(node.module or "").split("."))
            base = tuple(part for part in base if part)
            inside = {(*base, name.name) for name in node.names} & MODULES.keys()
            yield from inside
            if len(inside) < len(node.names):
                yield base


PACKAGE = (linear_distillation.__name__,)
GRAPH = {parts: set(imported(parts, path)) - {parts} for parts, path in MODULES.items()}


def test_imports_have_no_circle():
    graph = {parts: set(needed) for parts, needed in GRAPH.items()}
    assert sum(map(len, graph.values())) > 300  # they were found
    for module, needed in LAZY:
        graph[(*PACKAGE, module)].remove((*PACKAGE, needed))
    order = [*TopologicalSorter(graph).static_order()]  # or CycleError names a circle
    assert order[-1] in MODULES and set(order) == MODULES.keys()


def test_lazy_imports_are_seen_and_those_of_type_checkers_are_not(tmp_path):
    path = tmp_path / "new.py"
    path.write_text(
        "def f():\n    from . import tasks\n"
        "if TYPE_CHECKING:\n    from .pool import Pool\n"
        "class A:\n    def g(self):\n        if self:\n            from .risk import h\n"
    )
    names = {parts[-1] for parts in imported((*PACKAGE, "new"), path)}
    assert names == {"tasks", "risk"}


@pytest.mark.parametrize(("module", "needed"), LAZY)
def test_an_exception_closes_a_circle(module, needed):
    assert (*PACKAGE, module) in below((*PACKAGE, needed))


def below(module):
    """All modules that a module needs, directly or not."""
    seen, todo = set(), [module]
    while todo:
        new = GRAPH[todo.pop()] - seen
        seen |= new
        todo += new
    return seen


# A module of the library's overview that takes a little from a later one.
UPWARDS = {("deep", "quadrature"): "`warn`, which gives a warning the caller's line"}


def test_public_modules_stand_from_the_ground_up():
    order = linear_distillation.MODULES
    found = {
        (module, later)
        for at, module in enumerate(order)
        for later in order[at + 1 :]
        if (*PACKAGE, later) in below((*PACKAGE, module))
    }
    assert found == UPWARDS.keys()
