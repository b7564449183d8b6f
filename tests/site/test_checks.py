"""The checks of the site can fail: each names the fault of a small broken page."""

from pathlib import Path

import pytest
from checks import anchor_faults, link_faults, page_faults, serve
from formulas import html

STATIC = Path(__file__).parents[2] / "_build/html/_static"
PAGE = """<!doctype html>
<html lang="en">
<title>A page</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="_static/katex/katex.min.css">
<body>
"""
STYLE = """<style>
@media (prefers-color-scheme: light) { .pale { color: #aaa } }
@media (prefers-color-scheme: dark) { * { background: #000; color: #fff } .dim { color: #333 } }
</style>"""
PALE = '<b class="pale">pale in light</b>'
FORMULA = f'<span class="math">{html("x^2")}</span>'
SOUND = f'<a href="#here">here</a> <p id="here">Fine: {FORMULA}</p>'
DOT = "data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA="

BROKEN_PAGE = [
    ("asks another host", '<img alt="a picture" src="http://example.invalid/a.gif">'),
    ("console error", "<script>console.error('no')</script>"),
    ("script error", "<script>throw new Error('no')</script>"),
    ("image does not load", '<img alt="a picture" src="missing.gif">'),
    ("image without a description", f'<img src="{DOT}">'),
    ("image without a description", f'<img alt="../_images/1.png" src="{DOT}">'),
    ("math not rendered", '<span class="math">x</span>'),
    (
        "math cut off",
        r'<p><span class="math" style="display: inline-block; overflow: hidden; width: 1em">'
        f"{html('x+y+z')}</span></p>",
    ),
    ("raw TeX", "<p>where $x$ is</p>"),
    ("raw TeX", r"<p>where \(x</p>"),
    (
        "words of a figure are too small",
        f'<figure><img alt="a" src="{DOT}" style="width: 704px; max-width: 400px"></figure>',
    ),
    (
        "things have moved by",
        '<div id="late"></div><p>words</p><script>setTimeout(() => '
        'document.querySelector("#late").style.height = "500px", 50)</script>',
    ),
    ("px too wide", '<p style="width: 3000px">wide</p>'),
]


@pytest.fixture
def publish(tmp_path):
    """Write one page beside the published styles and serve it."""
    (tmp_path / "_static").symlink_to(STATIC)
    with serve(tmp_path) as url:

        def publish(body):
            (tmp_path / "page.html").write_text(PAGE + body)
            return f"{url}/page.html"

        yield publish


def test_sound_page(context, publish):
    assert page_faults(context, publish(SOUND), access=False) == []


@pytest.mark.parametrize("fault, body", BROKEN_PAGE)
def test_broken_page(context, publish, fault, body):
    assert any(fault in found for found in page_faults(context, publish(body), False))


@pytest.mark.parametrize(
    "fault, body",
    [
        ("button-name", "<button></button>"),
        ("light, 1280 px: color-contrast", '<p class="pale">pale in light</p>'),
        ("dark, 390 px: color-contrast", '<p class="dim">dim in dark</p>'),
        ("color-contrast", f'<div class="highlight"><pre>{"<b>code</b> " * 2}{PALE}</pre></div>'),
        ("color-contrast", f"<p><b>dark</b> {PALE} {PALE}</p>"),
        ("color-contrast", '<p><b>dark</b> <b style="color: #aaa">pale by itself</b></p>'),
    ],
)
def test_not_accessible(context, publish, fault, body):
    url = publish(f"{STYLE}<main><h1>A page</h1>{body}</main>")
    found = page_faults(context, url)
    assert found and all(fault in line for line in found)


def test_links(publish, tmp_path):
    url, config = publish(SOUND), tmp_path / "linkcheckerrc"
    assert link_faults(url, config) == []
    assert link_faults(url, config, ["page.html", "lost.html"]) == ["no link leads to lost.html"]


def test_broken_link(publish, tmp_path):
    url = publish('<a href="nowhere.html">a page</a>')
    assert "nowhere.html" in "\n".join(link_faults(url, tmp_path / "linkcheckerrc"))


@pytest.mark.parametrize(
    "link, sound",
    [("#here", True), ("page.html#here", True), ("#nowhere", False), ("page.html#nowhere", False)],
)
def test_anchor(publish, tmp_path, link, sound):
    publish(f'{SOUND}<a href="{link}">a place</a>')
    found = anchor_faults(tmp_path)
    assert found == [] if sound else link in found[0]
