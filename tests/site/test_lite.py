"""A chapter in the browser: its button, JupyterLite beside the site, what is asked and when."""

import json
import re
from functools import partial
from pathlib import Path
from urllib.parse import parse_qs, urljoin, urlsplit

import nbformat
import pytest
from checks import pages_of
from jupyterlite_pyodide_kernel.constants import PYODIDE_VERSION

ROOT = Path(__file__).parents[2]
HTML = ROOT / "_build/html"
CHAPTERS = sorted((ROOT / "_build/source/book").rglob("*.ipynb"))
BUTTON = re.compile(r'<a href="([^"]*)"[^>]*btn-run-button[^>]*title="([^"]*)"', re.DOTALL)
PYODIDE = f"https://cdn.jsdelivr.net/pyodide/v{PYODIDE_VERSION}/full/"
CHAPTER = "book/why-it-works/data-geometry.html"


def buttons(page):
    return BUTTON.findall((HTML / page).read_text(encoding="utf8"))


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)
def test_every_chapter_has_a_button_that_opens_it(chapter):
    name = chapter.relative_to(ROOT / "_build/source/book")
    page = f"book/{name.with_suffix('.html').as_posix()}"
    ((url, says),) = buttons(page)
    target = urlsplit(urljoin((HTML / page).as_uri(), url))
    assert Path(target.path) == HTML / "lite/notebooks/index.html"
    assert parse_qs(target.query) == {"path": [name.as_posix()]}
    assert "Pyodide" in says and "cdn.jsdelivr.net" in says
    served = nbformat.read(HTML / "lite/files" / name, as_version=4).cells
    kept = nbformat.read(chapter, as_version=4).cells
    assert served[0].source == "%pip install -q linear-distillation"
    assert [cell.source for cell in served[1:]] == [cell.source for cell in kept]


def test_no_other_page_has_one():
    pages = {
        f"book/{path.relative_to(ROOT / '_build/source/book').with_suffix('.html').as_posix()}"
        for path in CHAPTERS
    }
    assert [page for page in pages_of(HTML) if page not in pages and buttons(page)] == []


def test_library_is_served_beside_the_chapters():
    index = json.loads((HTML / "lite/pypi/all.json").read_text())
    ((release,),) = index["linear-distillation"]["releases"].values()
    assert (HTML / "lite/pypi" / release["filename"]).exists()


def test_chapter_opens_and_asks_for_pyodide_only_then(browser, site):
    context = browser.new_context()
    asked = []

    def elsewhere(route):
        asked.append(route.request.url)
        route.abort()

    context.route(lambda url: not url.startswith(f"{site}/"), elsewhere)
    page = context.new_page()
    page.goto(f"{site}/{CHAPTER}", wait_until="networkidle")
    assert asked == []
    pyodide = partial(context.expect_event, "request", lambda r: r.url.startswith(PYODIDE))
    with context.expect_page() as opened, pyodide(timeout=60_000):
        page.click("a.btn-run-button")
    lite = opened.value
    lite.wait_for_selector(".jp-Notebook h1:has-text('Data geometry')", timeout=60_000)
    # A theorem is a box there too, and its formula is set.
    lite.wait_for_selector(
        ".jp-Notebook aside:has-text('Theorem') :is(.katex, mjx-container)", timeout=60_000
    )
    context.close()
    assert {url for url in asked if not url.startswith(PYODIDE)} == set()
