"""The paper's statements bear the paper's numbers, ours are numbered by chapter.

So do the equations: Definition 9.1, Theorem 9.2, in one row, and (9.1) for equations.

A box whose title ends in "Phuong and Lampert, Theorem 3" is the paper's, and so is an equation
whose label ends in its number, as in eq-how-fast-19.
"""

import re
from itertools import count

from docutils import nodes
from finding import EQUATION, pages, statements
from sphinx import addnodes
from sphinx.util.math import wrap_displaymath

SYMBOLS = "book/glossary"  # the page whose table says what a letter and its name in code mean
THEIRS = re.compile(r", (?P<kind>Theorem|Lemma|Corollary) (?P<number>(?:[A-D]\.)?\d+)\b")


def number_of(title):
    """The number a box has in the paper, or None."""
    found = THEIRS.search(title) if "Phuong and Lampert" in title else None
    return found and found["number"]


def say_it_once(app, doctree):
    """The number stands before the title, so not in it too."""
    for box in doctree.findall(nodes.Element):
        if "realtype" in box and number_of(box["title"]):
            text = next(box.next_node(nodes.title).findall(nodes.Text))
            text.parent.replace(text, nodes.Text(THEIRS.sub("", text)))


def renumber(app, env):
    """Replace the numbers that Sphinx has counted."""
    for page in pages(env):
        chapter = env.toc_secnumbers.get(page, {}).get("", ())[:1]
        renumber_boxes(env, page, chapter)
        renumber_equations(env, page, chapter)
    # the first page shows a figure of a chapter, which has its number there
    env.toc_fignumbers.get(env.config.root_doc, {}).pop("figure", None)
    return []


def renumber_boxes(env, page, chapter):
    ours = count(1)
    for box in statements(env, page):
        number = number_of(box["title"])
        row = env.toc_fignumbers[page][box["countertype"]]
        row[box["label"]] = (number,) if number else (*chapter, next(ours))


def renumber_equations(env, page, chapter):
    ours = count(1)
    row = env.toc_fignumbers.get(page, {}).get("displaymath", {})
    for place in row:  # in the order of the page
        theirs = EQUATION.fullmatch(place.removeprefix("equation-"))
        row[place] = (theirs["number"],) if theirs else (*chapter, next(ours))


def tag_equations(app, doctree, docname):
    """TeX counts by itself: there, an equation is told its number."""
    if app.builder.format != "latex":
        return
    for block in doctree.findall(nodes.math_block):
        if block.get("number"):
            row = app.env.toc_fignumbers[block["docname"]]["displaymath"]
            number = ".".join(map(str, row[f"equation-{block['label']}"]))
            label = f"equation:{block['docname']}:{block['label']}"
            tex = wrap_displaymath(block.astext(), label, numbering=True)
            tex = tex.replace(rf"\label{{{label}}}", rf"\label{{{label}}}\tag{{{number}}}")
            block.children[:] = [nodes.Text(tex)]
            block["nowrap"], block["label"] = True, None


def index_names(app, doctree, docname):
    """What a search finds first: statements by number and title, equations by number."""
    names = app.env.toc_fignumbers.get(docname, {})
    for box in list(doctree.findall(lambda node: "realtype" in getattr(node, "attributes", ()))):
        number = ".".join(map(str, names.get(box["countertype"], {}).get(box["label"], ())))
        title = box["title"].strip(" ()").partition(";")[0]
        for name in [f"{box['realtype'].title()} {number}", title]:
            doctree.insert(0, index_entry(name, box["label"]))
    for place, number in names.get("displaymath", {}).items():
        doctree.insert(0, index_entry(f"({'.'.join(map(str, number))})", place))
    for table in list(doctree.findall(nodes.table)) if docname == SYMBOLS else ():
        for name in table.findall(nodes.literal):
            if name.astext().isidentifier() and not isinstance(name.parent, nodes.reference):
                doctree.insert(0, index_entry(name.astext(), table.parent["ids"][0]))


def index_entry(name, place):
    return addnodes.index(entries=[("single", name, place, "main", None)])


def setup(app):
    app.connect("doctree-read", say_it_once, priority=300)  # before titles are collected
    app.connect("env-get-updated", renumber, priority=600)  # after Sphinx has counted
    app.connect("doctree-resolved", tag_equations)
    app.connect("doctree-resolved", index_names)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
