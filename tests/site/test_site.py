"""The built site: every link and anchor, every page in a browser."""

from pathlib import Path

import pytest
from checks import anchor_faults, link_faults, page_faults, pages_of

from linear_distillation.claims.map import main_statements

HTML = Path(__file__).parents[2] / "_build/html"
PAGES = [page for page in pages_of(HTML) if page != "index.html"]


def test_built():
    assert "book/index.html" in PAGES, "there is no site in _build/html; run make book"


def test_links(site, tmp_path):
    assert link_faults(f"{site}/index.html", tmp_path / "linkcheckerrc", PAGES, "/lite/") == []


def test_anchors():
    assert anchor_faults(HTML) == []


@pytest.mark.parametrize("page", PAGES)
def test_page(context, site, page):
    assert page_faults(context, f"{site}/{page}") == []


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
    assert sorted(shown) == sorted(main_statements()) and listed == len(shown)


@pytest.mark.parametrize(
    "link, seen",
    [("a.reference[href$='#equation-eq-how-fast-margin']", "mjx-container"), ("a.term", "dd")],
)
def test_a_link_shows_what_it_refers_to(browser, site, link, seen):
    page = browser.new_page()
    page.goto(f"{site}/book/how-fast-four-tasks.html")
    page.wait_for_function("window.MathJax?.startup?.promise")
    page.locator(link).first.focus()
    page.wait_for_selector(f".peek {seen}")
    page.keyboard.press("Escape")
    page.wait_for_selector(".peek", state="detached")
    page.close()


def test_size():
    """Of the pages and what they show; JupyterLite and the PDF are there for who asks."""
    own = [path for path in HTML.glob("[!l]*") if path.name != "book.pdf"]
    files = [file for path in own for file in (path, *path.rglob("*")) if file.is_file()]
    assert 1e6 < sum(file.stat().st_size for file in files) < 15e6


def test_landing_page_is_light(browser, site):
    """It is quick because it asks for little: here files and bytes, in `make bench` seconds."""
    page = browser.new_page()
    page.goto(f"{site}/book/index.html", wait_until="networkidle")
    asked = page.evaluate("performance.getEntries().flatMap((e) => e.transferSize || [])")
    page.close()
    assert 10 < len(asked) < 25 and 1e5 < sum(asked) < 1.2e6


def test_formulas_are_read_aloud_and_offer_nothing_that_is_not_here(browser, site):
    """MathJax's menu would ask for scripts that the site does not have."""
    page = browser.new_page()
    page.goto(f"{site}/book/setting.html")
    page.wait_for_function("window.MathJax?.startup?.promise")
    formulas = page.locator("mjx-container")
    assert formulas.count() == page.locator("mjx-assistive-mml math").count() > 20
    assert page.evaluate("MathJax.startup.document.menu") is None
    page.close()


def test_code_can_be_copied(browser, site):
    """Scripts that a page does not use are left out of it; a chapter uses this."""
    page = browser.new_page()
    page.goto(f"{site}/book/setting.html")
    page.wait_for_selector("button.copybtn", state="attached")
    page.close()


def test_excerpts_are_words(browser, site):
    page = browser.new_page()
    page.goto(f"{site}/search.html?q=tail")
    page.wait_for_selector("#search-results p.context")
    page.wait_for_load_state("networkidle")
    excerpts = page.locator("#search-results p.context").all_inner_texts()
    page.close()
    assert len(excerpts) > 5 and not any("\\" in text or "Contents" in text for text in excerpts)


def test_what_goes_on_fades_until_its_end(browser, site):
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.goto(f"{site}/book/beyond/the-exact-risk.html")
    wide = page.locator("#the-race .output.text_html").first
    fade = "node => getComputedStyle(node).maskImage"
    assert "gradient" in wide.evaluate(fade)
    wide.evaluate("node => node.scrollTo(node.scrollWidth, 0)")
    page.wait_for_timeout(300)
    assert wide.evaluate(fade) == "none"
    page.close()
