"""The built site: every link and anchor, every page in a browser."""

import re
from pathlib import Path
from urllib.parse import quote

import pytest
from checks import anchor_faults, link_faults, page_faults, pages_of, serve, shift_faults, teach

from linear_distillation.claims import REGISTRY
from linear_distillation.claims.map import main_statements

HTML = Path(__file__).parents[2] / "_build/html"
PAGES = [page for page in pages_of(HTML) if page != "index.html"]
LINKED = [page for page in PAGES if page != "404.html"]  # the one that no link leads to


def test_built():
    assert "book/index.html" in PAGES, "there is no site in _build/html; run make book"


def test_links(site, tmp_path):
    assert link_faults(f"{site}/index.html", tmp_path / "linkcheckerrc", LINKED, "/lite/") == []


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
    "words, found",
    [
        ("Theorem 3", "book/how-fast-it-learns.html#thm-how-fast"),
        ("lemma 1", "book/how-fast-it-learns.html#lem-how-fast-1"),
        ("(19)", "book/how-fast-it-learns.html#equation-eq-how-fast-19"),
        ("kappa", "book/glossary.html#risks-and-bounds"),
        ("theorem3_bound", "book/library/bounds.html#linear_distillation.bounds.theorem3_bound"),
        ("the parallel law", "book/beyond/the-parallel-law.html#thm-parallel"),
    ],
)
def test_search_finds_the_place_of_a_name_first(browser, site, words, found):
    page = browser.new_page()
    page.goto(f"{site}/search.html?q={quote(words)}")
    page.wait_for_selector("#search-results li a")
    first = page.locator("#search-results li a").first.get_attribute("href")
    page.close()
    assert re.sub(r"\?highlight=[^#]*", "", first) == found


SCREEN = 900  # pixels


def test_no_page_of_the_ledger_or_the_library_is_long(browser, site):
    page = browser.new_page(viewport={"width": 1440, "height": SCREEN})
    screens = {}
    for name in PAGES:
        if name.startswith(("book/ledger", "book/library", "book/api")):
            page.goto(f"{site}/{name}")
            screens[name] = page.evaluate("document.documentElement.scrollHeight") / SCREEN
            assert shift_faults(page) == [], name
    page.close()
    assert len(screens) > 35 and max(screens.values()) <= 15, screens


ROWS = "#all-statements tbody tr:has([href*='#claim-'])"


@pytest.mark.parametrize("script", [True, False])
def test_the_ledger_is_filtered_with_and_without_scripts(browser, site, script):
    context = browser.new_context(java_script_enabled=script)
    page = context.new_page()
    page.goto(f"{site}/book/ledger.html")
    rows = page.locator(ROWS)
    shown = rows.locator("visible=true")
    assert shown.count() == rows.count() == len(REGISTRY)
    page.locator("#show-all").focus()
    counts = {}
    for kind in ("paper", "ours", "open"):
        page.keyboard.press("ArrowRight")  # as a keyboard does
        counts[kind] = shown.count()
        assert page.locator(f"#show-{kind}").is_checked()
        assert shown.count() == page.locator(f"{ROWS}:has(.{kind})").count()
    ours = sum(claim.ours for claim in REGISTRY.values())
    assert counts["ours"] == ours and counts["paper"] == len(REGISTRY) - ours
    assert 0 < counts["open"] < len(REGISTRY)
    context.close()


def test_rows_lead_to_the_place_where_a_statement_stands(browser, site):
    page = browser.new_page()
    page.goto(f"{site}/book/ledger.html")
    row = page.locator(ROWS, has=page.locator("[href$='#claim-theorem-3-19']"))
    links = row.locator("td:nth-child(2) a").evaluate_all("all => all.map((a) => a.pathname)")
    stated = page.locator(f"{ROWS} td:nth-child(2) a").count()
    page.goto(f"{site}/book/ledger.html#claim-lemma-1")  # where it once was
    page.wait_for_url("**/ledger/strong-monotonicity.html#claim-lemma-1")
    page.close()
    assert set(links) == {"/book/how-fast-it-learns.html"} and stated >= len(REGISTRY)


def test_a_lost_reader_finds_the_book_at_any_depth(browser, tmp_path):
    """Where a host serves 404.html for what is not there, under any path."""
    (tmp_path / "a").mkdir()
    (tmp_path / "a/book").symlink_to(HTML)
    with serve(tmp_path, lost=HTML / "404.html") as url:
        for path in ("nowhere.html", "book/deeper/still/"):
            page = browser.new_page()
            page.goto(f"{url}/a/book/{path}")
            page.wait_for_selector("base", state="attached")
            page.fill("#q", "projection")
            page.keyboard.press("Enter")
            page.wait_for_url(f"{url}/a/book/search.html?q=projection")
            page.wait_for_selector("#search-results li a")
            page.close()


def test_map_fits_a_screen_and_is_a_list_on_a_phone(browser, site):
    page = browser.new_page(viewport={"width": 1440, "height": SCREEN})
    page.goto(f"{site}/book/map.html")
    picture = page.locator(".claim-map svg")
    box = picture.bounding_box()
    boxes = page.locator(".claim-map a[data-claim]")
    shown = boxes.evaluate_all("all => all.map((box) => box.dataset.claim)")
    paper = {name for name in main_statements() if not REGISTRY[name].ours}
    assert box["height"] <= SCREEN and box["x"] + box["width"] <= 1440
    assert paper <= set(shown) < set(main_statements()) and len(shown) == len(set(shown))
    room = "node => node.parentElement.scrollWidth - node.parentElement.clientWidth"
    assert picture.evaluate(room) == 0 and shift_faults(page) == []
    over = """() => [...document.querySelectorAll('.claim-map a')].filter((box) =>
        box.querySelector('text').getBBox().width > box.querySelector('rect').getBBox().width - 4
    ).map((box) => box.textContent)"""
    assert page.evaluate(over) == []
    page.set_viewport_size({"width": 390, "height": 844})
    rows = page.locator(".claim-list li li").filter(visible=True)
    assert not picture.is_visible() and rows.count() == len(main_statements())
    page.close()


def test_small_maps_of_the_ledger_are_whole_on_a_phone(browser, site):
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.goto(f"{site}/book/ledger/how-fast-it-learns.html")
    maps = page.locator(".claim-map.small svg")
    sizes = maps.evaluate_all("all => all.map((map) => map.getBoundingClientRect().width)")
    over = """all => all.filter((box) => box.querySelector('text').getBBox().width
        > box.querySelector('rect').getBBox().width - 4).map((box) => box.textContent)"""
    assert len(sizes) > 5 and min(sizes) >= 300 and max(sizes) <= 370
    assert page.locator(".claim-map.small a").evaluate_all(over) == []
    page.close()


def test_the_first_screen_of_a_phone_has_the_whole_figure_without_a_number(browser, site):
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.goto(f"{site}/book/index.html")
    box = page.locator("#fig-front img").bounding_box()
    words = page.locator("#fig-front figcaption").inner_text()
    page.close()
    assert box["x"] >= 0 and box["x"] + box["width"] <= 390 and box["width"] >= 320
    assert not re.match(r"\s*Fig", words)


def test_the_root_is_called_shortly(browser, site):
    page = browser.new_page(viewport={"width": 1440, "height": SCREEN})
    page.goto(f"{site}/book/explore.html")
    names = page.locator(".logo__title, .left-prev .prev-next-title").all_inner_texts()
    page.close()
    assert len(names) == 2 and all(0 < len(name.strip()) <= 30 for name in names)


@pytest.mark.parametrize(
    "link, seen",
    [("a.reference[href$='#equation-eq-how-fast-margin']", ".katex"), ("a.term", "dd")],
)
def test_a_link_shows_what_it_refers_to(browser, site, link, seen):
    page = browser.new_page()
    page.goto(f"{site}/book/how-fast-four-tasks.html")
    page.locator(link).first.focus()
    page.wait_for_selector(f".peek {seen}")
    page.keyboard.press("Escape")
    page.wait_for_selector(".peek", state="detached")
    page.close()


def test_size():
    """Of the pages and what they show; JupyterLite and the PDF are there for who asks."""
    own = [path for path in HTML.glob("[!l]*") if path.name != "book.pdf"]
    files = [file for path in own for file in (path, *path.rglob("*")) if file.is_file()]
    assert 1e6 < sum(file.stat().st_size for file in files) < 30e6


def test_no_page_is_heavy():
    pages = [path for path in HTML.rglob("*.html") if "lite" not in path.parts]
    assert not [path for path in pages if path.stat().st_size >= 1e6]


def test_landing_page_is_light(browser, site):
    """It is quick because it asks for little: here files and bytes, in `make bench` seconds."""
    page = browser.new_page()
    page.goto(f"{site}/book/index.html", wait_until="networkidle")
    asked = page.evaluate("performance.getEntries().flatMap((e) => e.transferSize || [])")
    page.close()
    assert 10 < len(asked) <= 25 and 1e5 < sum(asked) < 1e6


def test_formulas_need_no_script_and_are_read_aloud(browser, site):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}/book/setting.html")
    formulas = page.locator(".math .katex-html")
    assert formulas.count() == page.locator(".math math").count() > 20
    assert formulas.first.bounding_box()["height"] > 10
    context.close()


def test_a_formula_is_copied_as_tex(browser, site):
    page = browser.new_page()
    page.goto(f"{site}/book/setting.html")
    copied = page.evaluate("""() => {
        const formula = document.querySelector("div.math"), data = new DataTransfer();
        getSelection().selectAllChildren(formula);
        formula.dispatchEvent(new ClipboardEvent("copy", {clipboardData: data, bubbles: true}));
        return [data.getData("text/plain"), formula.querySelector("annotation").textContent];
    }""")
    page.close()
    assert copied[1].strip() in copied[0]


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
    # The sources of the formal proofs are Coq, where a product is \prod.
    found = page.locator("#search-results li:not(:has(a[href*='/proofs/'])) p.context")
    excerpts = found.all_inner_texts()
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


BRIGHT = """node => {
    const [r, g, b] = getComputedStyle(node).color.match(/[\\d.]+/g).map(Number);
    return Math.max(r, g, b);
}"""


def test_paper_is_white_also_from_dark_mode(browser, site):
    page = browser.new_page(color_scheme="dark")
    page.goto(f"{site}/book/why-it-works/data-geometry.html")
    image = page.locator("figure img").first
    look = "node => getComputedStyle(node).filter"
    assert page.locator("article h1").evaluate(BRIGHT) > 180 and "invert" in image.evaluate(look)
    page.emulate_media(media="print")
    page.wait_for_function("document.documentElement.dataset.theme === 'light'")
    assert page.locator("article h1").evaluate(BRIGHT) < 90 and image.evaluate(look) == "none"
    page.emulate_media(media="screen")
    page.wait_for_function("document.documentElement.dataset.theme === 'dark'")
    page.close()


def test_the_widest_table_is_whole_on_paper(browser, site):
    page = browser.new_page(viewport={"width": 700, "height": 990})  # of A4 without its margins
    page.goto(f"{site}/book/beyond/the-exact-risk.html")
    page.emulate_media(media="print")
    wide = "node => node.getBoundingClientRect().right - innerWidth"
    assert page.locator("#the-race table").first.evaluate(wide) <= 0
    page.close()


SMALL = ["index", "setting", "ledger", "ledger/how-fast-it-learns", "library/bounds", "map"]
SMALL += ["explore", "introduction", "glossary", "concordance", "proofs/lemma_1"]
SMALL += [
    "why-it-works/data-geometry",
    "beyond/printed-and-verified",
    "open-questions/several-classes",
]


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize("width, size", [(320, 100), (640, 200)])
def test_small_windows_and_large_letters_fit(browser, site, name, width, size):
    page = browser.new_page(viewport={"width": width, "height": 800})
    page.goto(f"{site}/book/{name}.html")
    page.add_style_tag(content=f"html {{ font-size: {size}% !important; }}")
    page.wait_for_timeout(200)
    over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    page.close()
    assert over <= 0


def test_a_jump_to_an_equation_shows_the_title_of_its_box(browser, site):
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.goto(f"{site}/book/how-fast-it-learns.html#equation-eq-how-fast-19")
    page.wait_for_timeout(300)
    top = page.locator("#equation-eq-how-fast-19").bounding_box()["y"]
    page.close()
    assert 150 < top < 844


def test_focus_is_seen_on_every_control(browser, site):
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{site}/book/ledger.html")
    for _ in range(40):
        page.keyboard.press("Tab")
        style = page.evaluate("""() => {
            const node = document.activeElement, style = getComputedStyle(node);
            return [node.outerHTML.slice(0, 80), parseFloat(style.outlineWidth),
                    style.outlineStyle, style.boxShadow];
        }""")
        assert (style[1] >= 2 and style[2] != "none") or style[3] != "none", style
    page.close()


KINDS = ["index", "explore", "setting", "map", "ledger", "ledger/loss", "library/bounds"]


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("width", [390, 1280])
def test_focus_is_seen_on_every_control_of_a_page(browser, site, name, width):
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.goto(f"{site}/book/{name}.html", wait_until="networkidle")
    teach(page)
    page.keyboard.press("Tab")  # from here on the focus is that of a keyboard
    met, faults = page.evaluate("unseenFocus()")
    page.close()
    assert met > 20 and faults == []


def test_words_of_figures_are_large_enough_on_a_phone(browser, site):
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.goto(f"{site}/book/why-it-works/data-geometry.html")
    widths = page.locator("figure img").evaluate_all("all => all.map((i) => i.width)")
    page.close()
    assert widths and min(widths) >= 440  # then eleven points, drawn at 704 px, are ten pixels
    assert max(widths) <= 460  # and four fifths of a figure are on the screen
