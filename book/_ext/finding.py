"""Where things are: the paper's items and the figures, gathered from registry and chapters."""

import re

import nbformat
import yaml
from docutils import nodes
from names import name_of, page_of
from sphinx.addnodes import pending_xref
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective

from linear_distillation.claims import REGISTRY

PAPER = "Phuong and Lampert"
HEADS = ("In the paper", "Stated", "Derived", "Checked")
# The label of a displayed equation of the paper ends in its number, as in eq-how-fast-19.
EQUATION = re.compile(r"eq-(?:\S+-)?(?P<number>\d+)")


class PaperItems(nodes.General, nodes.Element):
    """The place of the table of the paper's items, until all pages are read."""


class PaperItemsDirective(SphinxDirective):
    def run(self):
        return [PaperItems()]


class Stated(nodes.Inline, nodes.Element):
    """The place of links to where a claim is stated, until all pages are read."""


def stated(name, rawtext, text, lineno, inliner, options=None, content=()):
    """The role {stated}`CLAIM-ID`."""
    return [Stated(claim=text)], []


class FillItems(SphinxPostTransform):
    """The table of the paper's items, and where else a page asks for the place of a statement."""

    default_priority = 5  # before references are resolved

    def run(self, **_):
        for place in list(self.document.findall(PaperItems)):
            place.replace_self(table([[words(head) for head in HEADS], *self.rows()]))
        for place in list(self.document.findall(Stated)):
            place.replace_self(self.places(REGISTRY[place["claim"]]))

    def places(self, claim):
        """Links to the boxes and equations that state a claim, else to its chapter."""
        boxes = boxes_by_claim(self.env).get(claim.id, [])
        found = [self.to("prf", "ref", label) for label in boxes]
        found += [self.to("math", "eq", label) for label in self.equations(claim)]
        if found:
            return joined(found)
        page = f"book/{claim.chapter}"
        if claim.underived:
            return self.link("its chapter", page, "")
        return self.link("the text", page, f"derives-{claim.id}")

    def rows(self):
        for box in (box for page in pages(self.env) for box in statements(self.env, page)):
            if PAPER in box["title"] and not claims_of(box):  # a definition
                place = self.to("prf", "ref", box["label"])
                yield [words(item_of(box)), place, words("–"), words("–")]
        for claim in REGISTRY.values():
            if not claim.ours:
                yield self.row(claim)

    def row(self, claim):
        derived = words("–")
        if not claim.underived:
            derived = self.link("its cell", f"book/{claim.chapter}", f"derives-{claim.id}")
        checked = self.link(name_of(claim), page_of(claim), f"claim-{claim.id.lower()}")
        return [words(claim.paper), self.places(claim), derived, checked]

    def equations(self, claim):
        """The labels of the paper's equations that a claim is about."""
        for label in self.env.domains["math"].equations:
            found = EQUATION.fullmatch(label)
            if found and f"({found['number']})" in claim.paper.split(", "):
                yield label

    def to(self, domain, kind, label):
        """A reference that Sphinx resolves and numbers."""
        options = {"refdomain": domain, "reftype": kind, "reftarget": label, "refwarn": True}
        options |= {"refdoc": self.env.docname, "refexplicit": False}
        return pending_xref("", nodes.inline("", label), **options)

    def link(self, text, page, place):
        uri = self.app.builder.get_relative_uri(self.env.docname, page) + f"#{place}" * bool(place)
        return nodes.reference("", text, refuri=uri, internal=True)


def pages(env):
    """All pages, in the order of the contents."""
    return [env.config.root_doc, *env.toctree_includes.get(env.config.root_doc, [])]


def statements(env, page):
    """The boxes of a page that sphinx-proof has listed."""
    if any(entry["docname"] == page for entry in env.proof_list.values()):
        for node in env.get_doctree(page).findall(nodes.Element):
            if node.get("label") in env.proof_list and "title" in node:
                yield node


def boxes_by_claim(env):
    """Claim -> the labels of the boxes that link to its entry; found once a build."""
    if not hasattr(env, "stated"):
        env.stated = {}
        for box in (box for page in pages(env) for box in statements(env, page)):
            for name in claims_of(box):
                if box["label"] not in env.stated.setdefault(name, []):
                    env.stated[name].append(box["label"])
    return env.stated


def claims_of(box):
    """The claims whose entries in the ledger a box links to, whether links are resolved or not."""
    links = [link.get("refuri", "") for link in box.findall(nodes.reference)]
    links += [f"#{link['reftarget']}" for link in box.findall(pending_xref)]
    return [uri.partition("#claim-")[2] for uri in links if "#claim-" in uri]


def item_of(box):
    return box["title"].split(f"{PAPER}, ")[-1].strip("()")


def words(text):
    return nodes.inline("", text)


def joined(parts):
    """Parts with commas between them; None where there is none."""
    line = [node for part in parts for node in (nodes.Text(", "), part)]
    return nodes.inline("", "", *line[1:]) if line else None


def table(rows):
    """A table whose first row is its head."""
    columns = [nodes.colspec(colwidth=1) for _ in rows[0]]
    lines = [nodes.row("", *(nodes.entry("", nodes.paragraph("", "", c)) for c in r)) for r in rows]
    group = nodes.tgroup("", *columns, nodes.thead("", lines[0]), nodes.tbody("", *lines[1:]))
    group["cols"] = len(columns)
    return nodes.table("", group, classes=["colwidths-auto"])


def notebooks(source):
    """The cells of every chapter, in the order of the table of contents."""
    toc = yaml.safe_load((source / "_toc.yml").read_text(encoding="utf8"))
    pages = [chapter["file"] for part in toc["parts"] for chapter in part["chapters"]]
    files = {page: source / f"{page}.ipynb" for page in pages}
    read = {page: nbformat.read(file, 4) for page, file in files.items() if file.exists()}
    return {page: notebook.cells for page, notebook in read.items()}


def render_figures(source):
    """Every figure with the first sentence of its caption, chapter by chapter."""
    lines = []
    for page, cells in notebooks(source).items():
        figures = [cell.metadata.get("mystnb", {}).get("figure", {}) for cell in cells]
        figures = [figure for figure in figures if "name" in figure]
        if figures:
            lines += ["", f"{{doc}}`/{page}`", ""]
        for figure in figures:
            sentence = re.split(r"(?<=[.:;])\s", figure["caption"].strip())[0].rstrip(".:;")
            lines.append(f"- {{numref}}`{figure['name']}`. {sentence}.")
    return "\n".join(lines)
