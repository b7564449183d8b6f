"""What this book needs that Sphinx and its theme do not offer.

Buttons only where they lead somewhere, versions in the footer, what is computed
(ledger, map, reference, tables), and links from theorems to their evidence and from words to
the glossary.
"""

import json
import re
import shutil
import struct
import subprocess
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlsplit

import nbformat
from api import find as find_in_api
from api import render as render_api
from api import render_module
from chapters import errors
from claim_map import render as render_map
from claim_map import title
from docutils import nodes
from evidence_lines import link_evidence
from finding import FillItems, PaperItemsDirective, render_figures, stated
from folding import fold
from ledger import (
    chapter_of,
    published,
    render_enclosed,
    render_entries,
    render_example,
    render_mutation,
    render_summary,
)
from ledger import render as render_ledger
from lite import edition
from proved import render as render_proof
from proved import render_summary as render_proofs
from sphinx.errors import ExtensionError
from static import PDF, finish, keep_needed, lite, pdf


def repository_options(remote):
    """Theme options for a git remote: its buttons if it is an https address that the
    theme can link to, else nothing. Credentials in the address are dropped.
    """
    url = urlsplit(remote.strip())
    host, path = url.hostname or "", url.path.strip("/").removesuffix(".git")
    known = any(name in host for name in ("github", "gitlab"))
    if url.scheme != "https" or not known or "/" not in path:
        return {}
    port = f":{url.port}" if url.port else ""
    return {
        "repository_url": f"https://{host}{port}/{path}",
        "use_repository_button": True,
        "use_issues_button": True,
        "launch_buttons": launchers(f"{host}{port}", path),
    }


def launchers(host, path):
    """Where the theme can send a chapter of a repository to run: of public hosts alone."""
    places = {}
    if host in ("github.com", "gitlab.com") and path.count("/") == 1:
        places = {"binderhub_url": "https://mybinder.org", "notebook_interface": "jupyterlab"}
    if host == "github.com" and places:
        places["colab_url"] = "https://colab.research.google.com"
    return places


def git(folder, *arguments):
    """What git says in a folder; nothing where there is no checkout, or no git."""
    command = ["git", "-C", folder, *arguments]
    try:
        return subprocess.run(command, capture_output=True, text=True).stdout.strip()
    except FileNotFoundError:
        return ""


def checkout(folder):
    """The root of this project's own checkout around a folder, or None: where it is unpacked
    without git, or inside the repository of another project, commits are of something else.
    """
    folder = Path(folder).resolve()
    for root in (folder, *folder.parents):
        project = root / "pyproject.toml"
        if project.exists() and 'name = "linear-distillation"' in project.read_text("utf8"):
            own = git(root, "rev-parse", "--show-toplevel")
            tracked = git(root, "ls-files", project.name)
            return root if own and tracked and Path(own).resolve() == root else None
    return None


def provenance(folder):
    """The version and the libraries that computed the numbers, as a sentence; and from which
    commit, where this is a checkout of this project.
    """
    root, commit = checkout(folder), ""
    if root:
        commit = " " + git(root, "log", "-1", "--format=from commit %h of %cs")
        commit += ", with changes" * bool(git(root, "status", "--porcelain"))
    tools = [f"{name} {version(name.lower())}" for name in ("NumPy", "SciPy", "SymPy")]
    own = f"linear-distillation {version('linear-distillation')}"
    return f"Computed by {own}{commit} with {', '.join(tools)}."


def configure(app, config):
    options = config.html_theme_options
    if root := checkout(app.srcdir):
        options.update(repository_options(git(root, "remote", "get-url", "origin")))
        options["repository_branch"] = git(root, "branch", "--show-current") or "main"
    footer = [options.get("extra_footer", ""), provenance(app.srcdir)]
    options["extra_footer"] = "<br>".join(filter(None, footer))


RUN = (
    "Run this chapter in the browser. Nothing to install; Python itself (Pyodide, tens of "
    "megabytes) is then fetched from cdn.jsdelivr.net"
)


def add_buttons(app, pagename, templatename, context, doctree):
    """On a chapter: open it in JupyterLite, if that is there. On every page: the whole book as a
    PDF, if that is there.
    """
    buttons, path = context["header_buttons"], Path(app.env.doc2path(pagename))
    if path.suffix == ".ipynb" and lite(app).exists():
        chapter = f"{pagename.removeprefix('book/')}.ipynb"
        url = context["pathto"]("lite/notebooks/index.html", 1) + f"?path={chapter}"
        run = {"text": "Run", "tooltip": RUN, "icon": "fas fa-play", "label": "run-button"}
        buttons.insert(0, {"type": "link", "url": url, **run})
        tag = f'<meta name="chapter-version" content="{edition(path)}" />'
        context["metatags"] = f"{context.get('metatags', '')}\n{tag}"
    if pdf(app).exists():
        url = context["pathto"](PDF, 1)
        whole = {"text": "the whole book", "tooltip": "Download the book as a PDF"}
        for group in buttons:
            if group.get("label") == "download-buttons":
                link = {"type": "link", "url": url, "icon": "fas fa-book", **whole}
                group["buttons"].append(link)


def fill(app, docname, content):
    """Put what is computed, not typed, in the place of its mark. No page shows an error."""
    source, path = Path(app.srcdir), Path(app.env.doc2path(docname))
    if path.suffix == ".ipynb":
        notebook = nbformat.reads(content[0], as_version=4)
        found = errors(notebook)
        if found:
            raise ExtensionError(f"{path}: an error among the outputs: {'; '.join(found)}")
        fold(notebook)
        content[0] = nbformat.writes(notebook)
    computed = {
        "ledger": lambda: render_ledger(source.parent, source),
        "ledger, one row": lambda: render_example(source.parent, source),
        "chapter": lambda: title(chapter_of(path.stem), source),
        "entries": lambda: render_entries(source.parent, source, path.stem),
        "ledger in short": lambda: render_summary(source.parent, source),
        "ledger, enclosed numbers": render_enclosed,
        "mutation": lambda: render_mutation(source),
        "api": render_api,
        "module": lambda: render_module(path.stem),
        "claim map": lambda: render_map(source),
        "figures": lambda: render_figures(source),
        "proof": lambda: render_proof(source, source.parent, path.stem),
        "proofs in short": lambda: render_proofs(source, source.parent),
    }
    if path.suffix == ".md":
        for mark, render in computed.items():
            if f"<!-- {mark} -->" in content[0]:
                content[0] = content[0].replace(f"<!-- {mark} -->", render())


def name_derivations(app, doctree):
    """Give the first cell tagged derives:ID the address #derives-ID."""
    seen = set()
    for cell in doctree.findall(nodes.container):
        for name in cell.get("classes", []):
            if name.startswith("tag_derives:") and name not in seen:
                seen.add(name)
                cell["ids"].append(name.removeprefix("tag_").replace(":", "-"))


def size_figures(app, doctree):
    """Figures are drawn for dense screens, with two pixels for one."""
    for image in doctree.findall(nodes.image):
        path = Path(app.srcdir, image["uri"])
        if "jupyter_execute" in path.parts and path.suffix == ".png":
            (width,) = struct.unpack(">I", path.read_bytes()[16:20])
            image["width"] = f"{width // 2}px"


INK = {"black": "ink", "Black": "Ink"}


def name_colours(app, doctree, docname):
    """In dark mode figures are black where they are white by day: so are they in captions."""
    if app.builder.format != "html":
        return
    for caption in doctree.findall(nodes.caption):
        for text in list(caption.findall(nodes.Text)):
            parts = re.split(rf"\b({'|'.join(INK)})\b", text)
            text.parent.replace(text, [one for part in parts for one in day_and_night(part)])


def day_and_night(word):
    """A colour, one word in the text, that style names anew by night; other words as they are."""
    if word not in INK:
        return [nodes.Text(word)] if word else []
    return [nodes.inline("", "", nodes.inline("", word), classes=[INK[word]])]


def name_boxes(app, doctree, docname):
    """TeX drops the names of cells and of folded boxes: put them before, where links find them."""
    for box in [*doctree.findall(nodes.container), *doctree.findall(nodes.rubric)]:
        if app.builder.format == "latex" and box["ids"]:
            box.parent.insert(box.parent.index(box), nodes.target("", "", ids=box["ids"]))
            box["ids"] = []


LONG = 48  # characters of TeX; fewer fit a line of a phone


def mark_long_formulas(app, doctree):
    """Formulas within a line do not break: what a phone cannot show shall scroll there."""
    for formula in doctree.findall(nodes.math):
        if len(formula.astext()) > LONG:
            formula["classes"].append("long")


# A number stays on the line of what it numbers.
NUMBERED = re.compile(
    r"\b((?:Theorem|Lemma|Corollary|Proposition|Definition|Figure|Fig\.|Section|Appendix)s?) "
    r"(?=\(?[\dA-D]\b)",
    re.IGNORECASE,
)


AS_TYPED = (nodes.literal, nodes.FixedTextElement, nodes.math)


def bind_numbers(app, doctree, docname=None):
    if app.builder.format == "latex":  # there sphinx_proof finds a page by its title as written
        return
    for text in list(doctree.findall(nodes.Text)):
        bound = NUMBERED.sub("\\1\N{NO-BREAK SPACE}", text)
        if bound != text and not isinstance(text.parent, AS_TYPED):
            text.parent.replace(text, nodes.Text(bound))


def closest(node, name):
    """The nearest node around this one with a class of this name, or None."""
    while node and name not in node.get("classes", []):
        node = node.parent
    return node


def link_terms(app, doctree, docname):
    """In a chapter, link the first use of each word of the glossary to its entry."""
    if Path(app.env.doc2path(docname)).suffix != ".ipynb":
        return
    terms = {
        term: (page, place)
        for term, _, kind, page, place, _ in app.env.domains["std"].get_objects()
        if kind == "term"
    }
    for term in sorted(terms, key=len, reverse=True):  # "distilled student" before "student"
        page, place = terms[term]
        word = re.compile(rf"\b{re.escape(term)}s?\b", re.IGNORECASE)
        for text in list(doctree.findall(nodes.Text)):
            found = word.search(text)
            if found and plain(text):
                uri = f"{app.builder.get_relative_uri(docname, page)}#{place}"
                link = nodes.reference("", found[0], refuri=uri, internal=True, classes=["term"])
                parts = nodes.Text(text[: found.start()]), link, nodes.Text(text[found.end() :])
                text.parent.replace(text, [part for part in parts if part.astext()])
                break


def plain(text):
    """Whether words are running text: of a paragraph, in no link, heading or caption."""
    above, node = [], text.parent
    while node is not None:
        above.append(node)
        node = node.parent
    other = (nodes.reference, nodes.title, nodes.caption, nodes.literal, nodes.table, nodes.math)
    return (
        any(isinstance(node, nodes.paragraph) for node in above)
        and not any(isinstance(node, other) for node in above)
        and not any("admonition-title" in n.get("classes", []) for n in above)
    )


# What readers stumble over: one id for all proofs of a page, and on a screen reader roles that are
# no longer in use and, below, empty headers of pandas.
MEND = {
    '<div class="proof admonition" id="proof">\n<p>Proof. ': (
        '<div class="proof argument admonition">\n<p><strong>Proof.</strong> '
    ),
    ' role="doc-biblioentry"': "",
    ' role="list" class="citation-list"': ' class="citation-list"',
}


EMPTY = re.compile(r"<th( [^>]*)?></th>")


def mend(app, pagename, templatename, context, doctree):
    body = EMPTY.sub(r"<td\1></td>", context.get("body", ""))
    for old, new in MEND.items():
        body = body.replace(old, new)
    context["body"] = body


TOGGLE = '<summary><span class="toctree-toggle"'
NAMED_TOGGLE = TOGGLE.replace("<summary", '<summary aria-label="The pages below this one"')


def name_toggles(app, pagename, templatename, context, doctree):
    """Pages below others are listed while one of these is read; the arrow beside them, which has
    no name in the theme, gets one.
    """
    if make := context.get("generate_toctree_html"):
        context["generate_toctree_html"] = lambda *arguments, **options: str(
            make(*arguments, **options | {"collapse": True})
        ).replace(TOGGLE, NAMED_TOGGLE)


START = "What this book is"


def name_start(app, pagename, templatename, context, doctree):
    """The first page has a sentence for a title: links from page to page call it shortly."""
    root = app.builder.get_relative_uri(pagename, app.config.root_doc)
    for link in (context.get("prev"), context.get("next")):
        if link and link["link"] == root:
            link["title"] = START


def publish_evidence(app, exception):
    """The evidence behind the ledger as data, with its schema, and the map of claims."""
    if exception or app.builder.format != "html":
        return
    source, target = Path(app.srcdir), Path(app.outdir) / "evidence"
    target.mkdir(exist_ok=True)
    found = published(source.parent, source)
    rests_on = {claim["id"]: claim["rests_on"] for claim in found["claims"]}
    for name, data in {"evidence": found, "claim-map": rests_on}.items():
        (target / f"{name}.json").write_text(json.dumps(data, indent=1, ensure_ascii=False), "utf8")
    shutil.copy(Path(__file__).with_name("evidence.schema.json"), target)


def setup(app):
    app.add_directive("paper-items", PaperItemsDirective)
    app.add_role("stated", stated)
    app.add_post_transform(FillItems)
    app.connect("source-read", fill)
    app.connect("missing-reference", find_in_api)
    app.connect("doctree-read", bind_numbers, priority=400)  # before titles are collected
    app.connect("doctree-read", name_derivations)
    app.connect("doctree-read", size_figures)
    app.connect("doctree-read", mark_long_formulas)
    app.connect("doctree-resolved", bind_numbers, priority=600)
    app.connect("doctree-resolved", link_evidence)
    app.connect("doctree-resolved", link_terms)
    app.connect("doctree-resolved", name_boxes)
    app.connect("doctree-resolved", name_colours)
    app.connect("html-page-context", mend)
    app.connect("html-page-context", name_start)
    app.connect("html-page-context", name_toggles, priority=600)  # after the theme made it
    app.connect("config-inited", configure, priority=100)
    app.connect("build-finished", finish)
    app.connect("build-finished", publish_evidence)
    # After the theme's own buttons (501), and what extensions add (500).
    app.connect("html-page-context", add_buttons, priority=502)
    app.connect("html-page-context", keep_needed, priority=502)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
