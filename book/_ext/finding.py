"""Where things are: the paper's items and the figures, gathered from registry and chapters."""

import re

import nbformat
import yaml

from linear_distillation.claims import REGISTRY

PAPER = "Phuong and Lampert"
BOX = re.compile(
    r"^:::+\{prf:(?!proof|ref)\w+\} (?P<title>.*)\n:label: (?P<label>\S+)\n(?P<body>[\s\S]*?)^:::",
    re.MULTILINE,
)
# A displayed equation whose label ends in the paper's number, as in "$$ (eq-how-fast-19)".
EQUATION = re.compile(r"\$\$ \((?P<label>eq-(?:\S+-)?(?P<number>\d+))\)")


def notebooks(source):
    """The cells of every chapter, in the order of the table of contents."""
    toc = yaml.safe_load((source / "_toc.yml").read_text(encoding="utf8"))
    pages = [chapter["file"] for part in toc["parts"] for chapter in part["chapters"]]
    files = {page: source / f"{page}.ipynb" for page in pages}
    read = {page: nbformat.read(file, 4) for page, file in files.items() if file.exists()}
    return {page: notebook.cells for page, notebook in read.items()}


def render_items(source):
    """A table of the paper's items: where each is stated, derived and checked."""
    text = "\n".join(
        cell.source
        for cells in notebooks(source).values()
        for cell in cells
        if cell.cell_type == "markdown"
    )
    boxes = list(BOX.finditer(text))
    rows = [row(item_of(box["title"]), [box["label"]], None) for box in boxes if bare(box)]
    for claim in REGISTRY.values():
        if not claim.ours:
            labels = [box["label"] for box in boxes if f"(#claim-{claim.id})" in box["body"]]
            labels = [f"{{prf:ref}}`{label}`" for label in labels]
            labels += [
                f"{{eq}}`{found['label']}`"
                for found in EQUATION.finditer(text)
                if f"({found['number']})" in claim.paper.split(", ")
            ]
            rows.append(row(claim.paper, labels, claim))
    return "\n".join(["| In the paper | Stated | Derived | Checked |", "|---|---|---|---|", *rows])


def bare(box):
    """Whether a box states something of the paper of which there is no claim: a definition."""
    return PAPER in box["title"] and "(#claim-" not in box["body"]


def item_of(title):
    return title.split(f"{PAPER}, ")[-1]


def row(item, labels, claim):
    if claim is None:
        return f"| {item} | {{prf:ref}}`{labels[0]}` | – | – |"
    stated = ", ".join(labels) or "in the ledger"
    derived = "–"
    if not claim.underived:
        derived = f'<a href="{claim.chapter}.html#derives-{claim.id}">its cell</a>'
    return f"| {item} | {stated} | {derived} | [{claim.id}](#claim-{claim.id}) |"


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
