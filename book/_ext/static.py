"""The files beside the pages: the PDF put there, and left out what no page needs."""

import re
import shutil
from pathlib import Path

import nbformat
from lite import first

SPARE = ["**/*.map", "locales"]  # of minified sources; the theme in other languages
# The theme draws its icons twice, by a font and by a script of 1.5 MB; the font is enough.
SCRIPT = "scripts/fontawesome.js"
# A style sheet or script, by a part of its name, and what a page that needs it contains.
NEEDED_BY = {
    "copy-tex": r"\bmath notranslate",
    "copybutton": 'class="highlight"',
    "clipboard": 'class="highlight"',
    "mystnb": 'class="cell ',
    "design-tabs": "sd-tab-set",
    "sphinx-design": 'class="sd-',
    "proof": 'class="proof',
}
LITE = "lite/site"  # made by lite.py before the site: the chapters, to be run in the browser
PDF = "book.pdf"  # made by `make pdf` before the site; not every machine has a TeX system


def lite(app):
    return Path(app.srcdir).parent / LITE


def pdf(app):
    return Path(app.srcdir).parent / PDF


def finish(app, exception):
    if exception or app.builder.format != "html":
        return
    static = Path(app.outdir) / "_static"
    lighten(static)
    for chapter in (static.parent / "_sources").rglob("*.ipynb"):
        empty(chapter)
    if lite(app).exists():
        shutil.copytree(lite(app), static.parent / "lite", dirs_exist_ok=True)
    if pdf(app).exists():
        shutil.copy(pdf(app), app.outdir)


def lighten(static):
    for path in [path for pattern in SPARE for path in static.glob(pattern)]:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    (static / SCRIPT).write_text("// Icons are drawn by the theme's font.\n")


def empty(chapter):
    """Who downloads a chapter wants to run it, and the page has its results."""
    notebook = nbformat.read(chapter, as_version=4)
    notebook.cells.insert(0, first())
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    nbformat.write(notebook, chapter)


def keep_needed(app, pagename, templatename, context, doctree):
    """Of what extensions add to every page, leave what this one uses."""
    body = context.get("body", "")
    for kind in ("css_files", "script_files"):
        context[kind] = [file for file in context[kind] if needed(str(file.filename), body)]


def needed(name, body):
    return all(re.search(use, body) for part, use in NEEDED_BY.items() if part in name)
