"""The files beside the pages: the PDF put there, and left out what no page needs."""

import re
import shutil
from base64 import b64encode
from pathlib import Path
from urllib.parse import urlsplit

import nbformat
from leaving import send_all
from lite import first
from PIL import Image

SPARE = ["**/*.map", "locales"]  # of minified sources; the theme in other languages
# The theme draws its icons twice, by a font and by a script of 1.5 MB; the font is enough.
SCRIPT = "scripts/fontawesome.js"
# A style sheet or script, by a part of its name, and what a page that needs it contains.
NEEDED_BY = {  # formulas of other pages are shown where links point to them, by peek.js
    "katex": r"\bmath notranslate|html#(equation|term|fig|thm|lem|cor|prop|def)-",
    "copybutton": 'class="highlight"',
    "clipboard": 'class="highlight"',
    "mystnb": 'class="cell ',
    "design-tabs": "sd-tab-set",
    "sphinx-design": 'class="sd-',
    "proof": 'class="proof',
    "run.js": 'class="cell ',
}
COMMENT = re.compile(r"/\*.*?\*/\n?", re.DOTALL)  # of a style sheet
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
    for picture in (static.parent / "_images").glob("*.png"):
        paint(picture)
    for chapter in (static.parent / "_sources").rglob("*.ipynb"):
        empty(chapter)
    (static.parent / "404.html").write_text(lost(app), encoding="utf8")
    if lite(app).exists():
        shutil.copytree(lite(app), static.parent / "lite", dirs_exist_ok=True)
    send_all(app)
    if pdf(app).exists():
        shutil.copy(pdf(app), app.outdir)


def lost(app):
    """The page for addresses where nothing is, in the look of the others; it stands alone, as it is
    shown at any depth. Where the site's address is known, links need no script there.
    """
    text = Path(__file__).with_name("404.html").read_text("utf8")
    icon = Path(app.srcdir, app.config.html_favicon).read_bytes()
    text = text.replace("<!-- icon -->", f"data:image/svg+xml;base64,{b64encode(icon).decode()}")
    path = urlsplit(app.config.html_baseurl).path
    return text.replace("<!-- base -->", f'<base href="{path}">' if path else "")


def lighten(static):
    for path in [path for pattern in SPARE for path in static.glob(pattern)]:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    style = static / "book.css"
    style.write_text(COMMENT.sub("", style.read_text("utf8")), "utf8")
    (static / SCRIPT).write_text("// Icons are drawn by the theme's font.\n")


def paint(picture):
    """Pictures have few colours: 256 of them look the same, in a third of the bytes."""
    with Image.open(picture) as image:
        if image.convert("RGBA").getextrema()[3][0] < 255:
            return  # the palette has no transparency
        few = image.convert("RGB").quantize(256, dither=Image.Dither.NONE)
    few.save(picture, optimize=True)


def empty(chapter):
    """Who downloads a chapter wants to run it, and the page has its results."""
    notebook = nbformat.read(chapter, as_version=4)
    notebook.cells.insert(1, first())  # after the title
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
