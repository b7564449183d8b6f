"""What a page says of itself."""

from types import SimpleNamespace

from about import LENGTH, beginning, describe
from docutils import nodes


def page(text):
    return nodes.section("", nodes.title("", "A page"), nodes.paragraph("", text))


def test_a_description_is_the_first_paragraph_cut_after_a_word():
    assert beginning(page("One\nline.")) == "One line."
    cut = beginning(page("word " * 100))
    assert len(cut) <= LENGTH and cut.endswith("word…")
    assert beginning(nodes.section()) == ""


def test_the_landing_page_says_how_to_cite():
    config = SimpleNamespace(root_doc="index", html_title="Title", copyright="2026")
    app = SimpleNamespace(config=config)
    heads = {}
    for name in ("index", "other"):
        context = {"title": "T & co", "metatags": ""}
        describe(app, name, "page.html", context, page('Says "yes".'))
        heads[name] = context["metatags"]
    assert 'content="Says &quot;yes&quot;."' in heads["other"]
    assert 'og:title" content="T &amp; co"' in heads["other"] and "citation" not in heads["other"]
    assert heads["index"].count('name="citation_') == 3
