"""The built site: every link and anchor, every page in a browser."""

from pathlib import Path

import pytest
from checks import anchor_faults, link_faults, page_faults, pages_of

HTML = Path(__file__).parents[2] / "_build/html"
PAGES = [page for page in pages_of(HTML) if page != "index.html"]


def test_built():
    assert "book/index.html" in PAGES, "there is no site in _build/html; run make book"


def test_links(site, tmp_path):
    assert link_faults(f"{site}/index.html", tmp_path / "linkcheckerrc", PAGES, "/lite/") == []


def test_anchors():
    assert anchor_faults(HTML) == []


@pytest.mark.parametrize("scheme, width", [("light", 1280), ("dark", 390)])
@pytest.mark.parametrize("page", PAGES)
def test_page(browser, site, page, scheme, width):
    assert page_faults(browser, f"{site}/{page}", scheme, width) == []


def test_front_door(browser, site):
    page = browser.new_page()
    page.goto(f"{site}/")
    page.wait_for_url("**/book/index.html")
    page.close()


def test_dark_mode(browser, site):
    page = browser.new_page(color_scheme="dark")
    page.goto(f"{site}/book/index.html")
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.close()
    assert max(int(c) for c in background.removeprefix("rgb(").rstrip(")").split(",")) < 64


def test_search(browser, site):
    page = browser.new_page()
    page.goto(f"{site}/search.html?q=geometry")
    page.wait_for_selector("#search-results li a[href*='data-geometry']")
    page.close()


def test_size():
    """Only the needed tenth of MathJax is published."""
    files = [path for path in (HTML / "_static/mathjax").rglob("*") if path.is_file()]
    assert 1e6 < sum(path.stat().st_size for path in files) < 4e6
