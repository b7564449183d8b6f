"""What a page says of itself to those who list it: a description, and how to cite."""

from html import escape

from docutils import nodes

LENGTH = 200  # characters of a description
AUTHORS = ["The linear-distillation authors"]


def describe(app, pagename, templatename, context, doctree):
    """Put a page's first words, and the landing page's reference, into its head."""
    if doctree is None:
        return
    words, title = beginning(doctree), context["title"]
    tags = [("name", "description", words), ("property", "og:description", words)]
    tags += [("property", "og:title", title), ("property", "og:type", "book")]
    if pagename == app.config.root_doc:
        tags += [("name", "citation_title", app.config.html_title)]
        tags += [("name", "citation_author", author) for author in AUTHORS]
        tags += [("name", "citation_publication_date", app.config.copyright)]
    lines = [f'<meta {kind}="{name}" content="{escape(text)}" />' for kind, name, text in tags]
    context["metatags"] = "\n".join([context.get("metatags", ""), *lines])


def beginning(doctree):
    """The first paragraph of a page, cut after a word."""
    line = next(doctree.findall(nodes.paragraph), nodes.Text("")).astext()
    words = " ".join(line.split())
    return words if len(words) <= LENGTH else words[:LENGTH].rpartition(" ")[0] + "…"


def setup(app):
    app.connect("html-page-context", describe)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
