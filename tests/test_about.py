"""What a page says of itself."""

import re
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest
from about import LENGTH, address, beginning, describe, list_pages, picture
from docutils import nodes
from static import lost

ROOT = Path(__file__).parents[1]
SITE = "https://example.org/book/"
BODY = '<p><img alt="Risk &amp; bound" src="../_images/a1.png" width="5"/></p>'


def page(text):
    return nodes.section("", nodes.title("", "A page"), nodes.paragraph("", text))


def test_a_description_is_the_first_paragraph_cut_after_a_word():
    assert beginning(page("One\nline.")) == "One line."
    cut = beginning(page("word " * 100))
    assert len(cut) <= LENGTH and cut.endswith("word…")
    assert beginning(nodes.section()) == ""


@pytest.fixture
def app(tmp_path):
    """What the extension asks of Sphinx, for a book of a first page, a chapter and a page."""
    config = SimpleNamespace(root_doc="index", html_title="Title", copyright="2026", language="en")
    config.html_baseurl, config.html_favicon = "", "book/_style/favicon.svg"
    suffix = {"chapter": ".ipynb"}
    env = SimpleNamespace(doc2path=lambda name: f"{name}{suffix.get(name, '.md')}")
    env.found_docs = {"index", "chapter", "other"}
    builder = SimpleNamespace(get_target_uri=lambda name: f"{name}.html", format="html")
    out = tmp_path / "html"
    out.mkdir()
    folders = {"srcdir": tmp_path / "source", "outdir": out}
    return SimpleNamespace(config=config, env=env, builder=builder, **folders)


def head(app, name, body=""):
    context = {"title": "T & co", "metatags": "", "body": body}
    describe(app, name, "page.html", context, page('Says "yes".'))
    tags = re.findall(r'<meta \w+="([^"]+)" content="([^"]*)" />', context["metatags"])
    return {name: text for name, text in tags}


def test_chapters_and_the_landing_page_say_how_to_cite(app):
    index, chapter, other = (head(app, name) for name in ("index", "chapter", "other"))
    assert other["description"] == "Says &quot;yes&quot;." and other["og:title"] == "T &amp; co"
    assert not any(name.startswith("citation") for name in other)
    assert index["citation_title"] == "Title" and "citation_inbook_title" not in index
    assert chapter["citation_title"] == "T &amp; co"
    assert chapter["citation_inbook_title"] == "Title"
    assert chapter["citation_publication_date"] == "2026" and chapter["citation_author"]
    assert "citation_public_url" not in chapter


def test_an_address_and_a_card_only_where_the_site_has_an_address(app):
    assert "og:image" not in head(app, "chapter", BODY) and "og:url" not in head(app, "chapter")
    app.config.html_baseurl = SITE
    found = head(app, "chapter", BODY)
    assert found["og:url"] == found["citation_public_url"] == f"{SITE}chapter.html"
    assert found["og:image"] == f"{SITE}_images/a1.png"
    assert found["og:image:alt"] == "Risk &amp; bound"
    assert head(app, "other")["og:image"] == f"{SITE}_images/data-geometry.png"


def test_the_pdf_is_cited_where_there_is_one(app):
    app.config.html_baseurl = SITE
    assert "citation_pdf_url" not in head(app, "index")
    (app.outdir.parent / "book.pdf").touch()
    assert head(app, "index")["citation_pdf_url"] == f"{SITE}book.pdf"
    assert "citation_pdf_url" not in head(app, "chapter")


def test_a_picture_is_a_figure_with_its_words():
    assert picture(BODY) == ("../_images/a1.png", "Risk & bound")
    assert picture('<img src="icon.svg"/>') is picture("<p>words</p>") is None


@pytest.mark.parametrize("url, base", [(SITE, SITE), (SITE.rstrip("/"), SITE), ("", "")])
def test_the_address_is_that_of_the_environment(app, monkeypatch, url, base):
    monkeypatch.setenv("SITE_URL", url)
    address(app, app.config)
    assert app.config.html_baseurl == base


def test_pages_are_listed_where_the_site_has_an_address(app):
    file = app.outdir / "sitemap.xml"
    list_pages(app, None)
    assert not file.exists()
    app.config.html_baseurl = SITE
    list_pages(app, None)
    urls = [one.text for one in ElementTree.parse(file).iter() if one.tag.endswith("loc")]
    assert urls == [f"{SITE}{name}.html" for name in ("chapter", "index", "other")]


def test_the_page_for_lost_readers_knows_the_address_of_the_site(app):
    app.srcdir = ROOT
    assert "<base" not in lost(app) and "<!--" not in lost(app)
    app.config.html_baseurl = SITE
    assert '<base href="/book/">' in lost(app)
