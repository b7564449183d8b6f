"""The files beside the pages: MathJax and the PDF put there, and what no page, or not this one,
needs left out.
"""

import re
import shutil
from importlib.util import find_spec
from pathlib import Path

import nbformat
from lite import first

# One script of these, in this order. MathJax's own has a menu too, whose entries (another way of
# drawing, a formula explorer) ask for files that would weigh more than the book.
PARTS = ["core", "input/tex", "output/chtml", "output/chtml/fonts/tex", "a11y/assistive-mml"]
MATHJAX = "mathjax/mathjax.js"
ON_DEMAND = ["input/tex/extensions", "output/chtml/fonts/woff-v2"]
SPARE = ["**/*.map", "locales"]  # of minified sources; the theme in other languages
# The theme draws its icons twice, by a font and by a script of 1.5 MB; the font is enough.
SCRIPT = "scripts/fontawesome.js"
# A style sheet or script, by a part of its name, and what a page that needs it contains.
NEEDED_BY = {
    "mathjax": r"\bmath notranslate",
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
    copy_mathjax(static / "mathjax")
    lighten(static)
    for chapter in (static.parent / "_sources").rglob("*.ipynb"):
        empty(chapter)
    if lite(app).exists():
        shutil.copytree(lite(app), static.parent / "lite", dirs_exist_ok=True)
    if pdf(app).exists():
        shutil.copy(pdf(app), app.outdir)


def copy_mathjax(target):
    source = Path(find_spec("sphinx-mathjax-offline").origin).parent / "static/mathjax"
    now = "//# allFunctionsCalledOnLoad"  # compile beside the page's thread, not in it
    here = f"MathJax.loader.preLoad({', '.join(map(repr, ['loader', 'startup', *PARTS]))})"
    scripts = [(source / f"{part}.js").read_text("utf8") for part in ["startup", *PARTS]]
    for name in ON_DEMAND:
        shutil.copytree(source / name, target / name, dirs_exist_ok=True)
    (target / "mathjax.js").write_text("\n;".join([now, scripts[0], here, *scripts[1:]]), "utf8")


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
