"""The library and the chapters need nothing that Pyodide does not have."""

import ast
import asyncio
import sys
import zipfile
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace

import lite
import nbformat
import pytest
from chapters import chapters
from IPython.core.inputtransformer2 import TransformerManager
from jupyterlite_pyodide_kernel.constants import PYODIDE_PYTHON_VERSION, PYODIDE_VERSION
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from test_packaging import PROJECT

ROOT = Path(__file__).parents[1]
# From the distribution's own list, pyodide-lock.json, of the version that JupyterLite runs.
LISTED = "314.0.6"
DISTRIBUTION = {
    "joblib": "1.5.3",
    "matplotlib": "3.10.8",
    "mpmath": "1.4.1",
    "numpy": "2.4.6",
    "pandas": "3.0.2",
    "scikit-learn": "1.8.0",
    "scipy": "1.18.0",
    "sympy": "1.14.0",
    "tqdm": "4.67.3",
}
PARTS = {"mpl_toolkits", "sklearn"}  # modules of these packages under another name
# Modules of Python that Pyodide leaves out, or that cannot work in a browser.
ABSENT = {"concurrent", "curses", "dbm", "ensurepip", "fcntl", "idlelib", "lib2to3"}
ABSENT |= {
    "multiprocessing",
    "readline",
    "resource",
    "socket",
    "socketserver",
    "subprocess",
    "syslog",
}
ABSENT |= {"termios", "tkinter", "turtle", "turtledemo", "venv"}


def imported(source):
    """The top-level modules that a source imports, now or when a function is called."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (name.name.split(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module.split(".")[0]


def missing(source):
    there = set(sys.stdlib_module_names) - ABSENT | set(DISTRIBUTION) | PARTS
    there |= {"linear_distillation"}
    return sorted(set(imported(source)) - there)


def code(path):
    """A chapter's own lines; those that are for IPython left out."""
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    lines = [line for cell in cells for line in cell.source.splitlines()]
    return "\n".join(line for line in lines if not line.startswith(("%", "!")))


def test_list_is_of_the_version_that_runs():
    assert LISTED == PYODIDE_VERSION, "Pyodide has moved: take DISTRIBUTION from its new list"
    assert PYODIDE_PYTHON_VERSION in SpecifierSet(PROJECT["requires-python"])


@pytest.mark.parametrize("line", PROJECT["dependencies"])
def test_dependency_is_there(line):
    need = Requirement(line)
    assert DISTRIBUTION[need.name] in need.specifier


# Proofs by enclosure and the second route of the claims need Arb, a model in a file skops; no
# chapter does.
ELSEWHERE = {"certify": {"flint"}, "claims": {"flint"}, "_files": {"skops"}}


def test_library_imports_what_is_there():
    library = ROOT / "lib/linear_distillation"
    for path in library.rglob("*.py"):
        part = path.relative_to(library).parts[0].removesuffix(".py")
        found = set(missing(path.read_text(encoding="utf8")))
        assert found <= ELSEWHERE.get(part, set()), path.name


@pytest.mark.parametrize("path", chapters(ROOT / "book"), ids=lambda path: path.stem)
def test_chapter_imports_what_is_there(path):
    assert missing(code(path)) == []


def test_missing_module_is_seen():
    assert missing("import numpy\ndef f():\n    from jax.nn import relu") == ["jax"]
    assert missing("import socket, os.path\nfrom . import x") == ["socket"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    return lite.wheel(tmp_path_factory.mktemp("wheel"))


def test_wheel_is_pure_python_and_whole(wheel):
    assert wheel.name.endswith("-py3-none-any.whl")
    files = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    package = (ROOT / "lib/linear_distillation").rglob("*")
    assert files == {
        path.relative_to(ROOT / "lib").as_posix()
        for path in package
        if path.is_file() and path.suffix != ".pyc"
    }


def test_copy_for_the_browser_gets_the_library_first():
    path = ROOT / "book/why-it-works/data-geometry.ipynb"
    notebook = nbformat.read(path, as_version=4)
    copy = lite.for_browser(nbformat.read(path, as_version=4), lite.edition(path))
    assert copy.cells[:2] == [lite.welcome(), lite.first()]
    assert copy.cells[2:] == notebook.cells
    assert notebook.metadata.kernelspec.name == "python3"  # the chapter itself is as it was
    nbformat.validate(copy)


def run_first(monkeypatch, platform="linux", site="", there=False):
    """What the first cell asks for, on a machine that has the library or has not."""
    asked = []
    monkeypatch.setenv("SITE_URL", site)
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: there or None)
    shell = SimpleNamespace(run_line_magic=lambda *words: asked.append(words))

    async def install(name):
        asked.append(name)

    monkeypatch.setitem(sys.modules, "piplite", SimpleNamespace(install=install))
    source = TransformerManager().transform_cell(lite.first().source)
    code = compile(source, "first", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    asyncio.run(eval(code, {"get_ipython": lambda: shell}))
    return asked


def test_first_cell_asks_for_nothing_where_the_library_is(monkeypatch):
    assert run_first(monkeypatch, there=True) == []


def test_first_cell_in_the_browser_takes_what_is_beside_the_page(monkeypatch):
    assert run_first(monkeypatch, platform="emscripten") == ["linear-distillation"]


def test_first_cell_elsewhere_installs_the_wheel_of_the_site(monkeypatch):
    """And no name of a package index that anybody may take."""
    ((magic, words),) = run_first(monkeypatch, site="https://a.github.io/b/")
    wheel = f"linear_distillation-{version('linear-distillation')}-py3-none-any.whl"
    assert magic == "pip" and f'"https://a.github.io/b/lite/pypi/{wheel}"' in words
    assert "linear-distillation" not in words


def test_first_cell_says_how_to_get_the_library_of_a_site_without_address(monkeypatch):
    with pytest.raises(ModuleNotFoundError, match=r"Download lite/pypi/.*whl .* pip install FILE"):
        run_first(monkeypatch)


def test_wheels_are_the_same_every_time(wheel, tmp_path):
    assert lite.wheel(tmp_path).read_bytes() == wheel.read_bytes()
    one, two = (tmp_path / name for name in ("one", "two"))
    for folder in (one, two):
        folder.mkdir()
    assert lite.repacked("comm", one).read_bytes() == lite.repacked("comm", two).read_bytes()
