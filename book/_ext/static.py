"""The files beside the pages: MathJax and the PDF put there, and what no page needs taken away."""

import shutil
from importlib.util import find_spec
from pathlib import Path

import nbformat

# All that a page can ask for: the loader with TeX input, packages it loads on demand, fonts.
MATHJAX = ["tex-chtml.js", "input/tex/extensions", "output/chtml/fonts"]
SPARE = ["**/*.map", "locales"]  # of minified sources; the theme in other languages
# The theme draws its icons twice, by a font and by a script of 1.5 MB; the font is enough.
SCRIPT = "scripts/fontawesome.js"
PDF = "book.pdf"  # made by `make pdf` before the site; not every machine has a TeX system


def pdf(app):
    return Path(app.srcdir).parent / PDF


def finish(app, exception):
    if exception or app.builder.format != "html":
        return
    static = Path(app.outdir) / "_static"
    copy_mathjax(static / "mathjax")
    lighten(static)
    for chapter in (static.parent / "_sources").rglob("*.ipynb"):
        empty(chapter)
    if pdf(app).exists():
        shutil.copy(pdf(app), app.outdir)


def copy_mathjax(target):
    source = Path(find_spec("sphinx-mathjax-offline").origin).parent / "static/mathjax"
    for name in MATHJAX:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        if (source / name).is_dir():
            shutil.copytree(source / name, target / name, dirs_exist_ok=True)
        else:
            shutil.copy(source / name, target / name)


def lighten(static):
    for path in [path for pattern in SPARE for path in static.glob(pattern)]:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    (static / SCRIPT).write_text("// Icons are drawn by the theme's font.\n")


def empty(chapter):
    """Who downloads a chapter wants to run it, and the page has its results."""
    notebook = nbformat.read(chapter, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    nbformat.write(notebook, chapter)
