"""What a page says of itself to those who list it.

A description, an address, a picture, how to cite. SITE_URL, where it is set, is the address
where the site will be.
"""

import os
import re
from html import escape, unescape
from pathlib import Path

from docutils import nodes
from static import PDF, pdf

LENGTH = 200  # characters of a description
AUTHORS = ["The linear-distillation authors"]
CARD = ("book/images/data-geometry.png", "Bounds on the expected risk, and the risk itself")
IMAGE = re.compile(r"<img\b[^>]*>")


def address(app, config):
    """Where the site will be: Sphinx then names each page's canonical address."""
    if site := os.environ.get("SITE_URL", "").rstrip("/"):
        config.html_baseurl = f"{site}/"


def describe(app, pagename, templatename, context, doctree):
    """Put a page's first words, its picture and how to cite it into its head."""
    if doctree is None:
        return
    words, title = beginning(doctree), context["title"]
    tags = [("name", "description", words), ("property", "og:description", words)]
    tags += [("property", "og:title", title), ("property", "og:type", "book")]
    tags += [("property", "og:site_name", app.config.html_title)]
    tags += [*card(app, pagename, context), *citation(app, pagename, title)]
    lines = [f'<meta {kind}="{name}" content="{escape(text)}" />' for kind, name, text in tags]
    context["metatags"] = "\n".join([context.get("metatags", ""), *lines])


def beginning(doctree):
    """The first paragraph of a page, cut after a word."""
    line = next(doctree.findall(nodes.paragraph), nodes.Text("")).astext()
    words = " ".join(line.split())
    return words if len(words) <= LENGTH else words[:LENGTH].rpartition(" ")[0] + "…"


def card(app, pagename, context):
    """What is shown where somebody links to the page: its first picture, else that of the book.

    Nobody resolves a relative address there, so it needs the site's own.
    """
    if not (site := app.config.html_baseurl):
        return
    name, alt = picture(context.get("body", "")) or CARD
    yield "property", "og:url", f"{site}{app.builder.get_target_uri(pagename)}"
    yield "property", "og:image", f"{site}_images/{Path(name).name}"
    yield "property", "og:image:alt", alt
    yield "name", "twitter:card", "summary_large_image"


def picture(body):
    """The first figure of a page: its address and its description; None if there is none."""
    for image in IMAGE.findall(body):
        found = {name: unescape(text) for name, text in re.findall(r'(\w+)="([^"]*)"', image)}
        if found.get("src", "").endswith(".png"):
            return found["src"], found.get("alt", "")
    return None


def citation(app, pagename, title):
    """What reference managers read: of the book on its first page, of a chapter on its own."""
    book, site = app.config.html_title, app.config.html_baseurl
    landing = pagename == app.config.root_doc
    if not landing and Path(app.env.doc2path(pagename)).suffix != ".ipynb":
        return
    yield "name", "citation_title", book if landing else title
    yield from () if landing else [("name", "citation_inbook_title", book)]
    yield from (("name", "citation_author", author) for author in AUTHORS)
    yield "name", "citation_publication_date", app.config.copyright
    yield "name", "citation_language", app.config.language
    if site:
        yield "name", "citation_public_url", f"{site}{app.builder.get_target_uri(pagename)}"
    if site and landing and pdf(app).exists():
        yield "name", "citation_pdf_url", f"{site}{PDF}"


def list_pages(app, exception):
    """The map of the site for those who search it, where the site has an address."""
    site = app.config.html_baseurl
    if exception or app.builder.format != "html" or not site:
        return
    urls = (f"{site}{app.builder.get_target_uri(name)}" for name in sorted(app.env.found_docs))
    lines = [f"<url><loc>{escape(url)}</loc></url>" for url in urls]
    head = '<?xml version="1.0" encoding="UTF-8"?>'
    head += '\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
    Path(app.outdir, "sitemap.xml").write_text("\n".join([head, *lines, "</urlset>", ""]), "utf8")


def setup(app):
    app.connect("config-inited", address, priority=90)
    app.connect("html-page-context", describe, priority=600)
    app.connect("build-finished", list_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
