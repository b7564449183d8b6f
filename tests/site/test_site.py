"""The built site: every link and anchor, every page in a browser."""

from pathlib import Path

import pytest
from checks import access_faults, anchor_faults, link_faults, page_faults, pages_of

from linear_distillation.claims.map import MAIN

HTML = Path(__file__).parents[2] / "_build/html"
PAGES = [page for page in pages_of(HTML) if page != "index.html"]


def test_built():
    assert "book/index.html" in PAGES, "there is no site in _build/html; run make book"


def test_links(site, tmp_path):
    pages = [page for page in PAGES if page != "_modules/index.html"]
    assert link_faults(f"{site}/index.html", tmp_path / "linkcheckerrc", pages, "/lite/") == []


def test_anchors():
    assert anchor_faults(HTML) == []


@pytest.mark.parametrize("scheme, width", [("light", 1280), ("dark", 390)])
@pytest.mark.parametrize("page", PAGES)
def test_page(browser, site, page, scheme, width):
    assert page_faults(browser, f"{site}/{page}", scheme, width) == []


@pytest.mark.parametrize("scheme, width", [("light", 1280), ("dark", 390)])
@pytest.mark.parametrize("page", ["index", "setting", "glossary", "bibliography"])
def test_accessible(browser, site, page, scheme, width):
    assert access_faults(browser, f"{site}/book/{page}.html", scheme, width) == []


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


@pytest.mark.parametrize(
    "words, found", [("geometry", "data-geometry"), ("line_angle", "api.html#linear_distillation")]
)
def test_search(browser, site, words, found):
    page = browser.new_page()
    page.goto(f"{site}/search.html?q={words}")
    page.wait_for_selector(f"#search-results li a[href*='{found}']", state="attached")
    page.close()


def test_map_shows_every_main_statement(browser, site):
    page = browser.new_page()
    page.goto(f"{site}/book/index.html")
    boxes = page.locator(".claim-map a[data-claim]")
    shown = boxes.evaluate_all("all => all.map((box) => box.dataset.claim)")
    listed = page.locator("details li li").count()
    page.close()
    assert sorted(shown) == sorted(MAIN) and listed == len(MAIN)


@pytest.mark.parametrize(
    "link, seen",
    [("a.reference[href$='#equation-eq-how-fast-margin']", "mjx-container"), ("a.term", "dd")],
)
def test_a_link_shows_what_it_refers_to(browser, site, link, seen):
    page = browser.new_page()
    page.goto(f"{site}/book/how-fast-it-learns.html")
    page.wait_for_function("window.MathJax?.startup?.promise")
    page.locator(link).first.focus()
    page.wait_for_selector(f".peek {seen}")
    page.keyboard.press("Escape")
    page.wait_for_selector(".peek", state="detached")
    page.close()


def test_size():
    """Only the needed tenth of MathJax is published."""
    files = [path for path in (HTML / "_static/mathjax").rglob("*") if path.is_file()]
    assert 1e6 < sum(path.stat().st_size for path in files) < 4e6
