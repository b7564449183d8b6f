"""The line under a statement that leads to its evidence: derivation, code, ledger, formal proof.

Chapters link a statement to its entry in the ledger, [What was tried against it](#claim-ID), or
name several of them after a colon; the line says the rest, in the same words everywhere.
"""

import re

from docutils import nodes
from names import name_of, page_of
from proved import address, listed

from linear_distillation.claims import REGISTRY

BY_PLACE = {name.lower(): claim for name, claim in REGISTRY.items()}
OPENING = re.compile(r"^(?:What was tried against (?P<what>it|step \d+)|Evidence)\b")


def link_evidence(app, doctree, docname):
    """Replace the lines that open so, and add to other links of boxes what lies behind them."""
    theorems = listed(app.srcdir)
    found = list(doctree.findall(nodes.paragraph))
    for paragraph in [part for whole in found for part in set_apart(whole)]:
        claims, boxed = links_of(paragraph), in_box(paragraph)
        opening = OPENING.match(paragraph.astext()) if boxed and claims else None
        if opening and len(paragraph.astext()) < 60 + sum(len(link.astext()) for link in claims):
            paragraph[:] = list(line(app, docname, opening["what"], claims, theorems))
            paragraph["classes"].append("evidence")
            continue
        for link in claims:
            add_ways(app, docname, link, theorems, boxed)


def add_ways(app, docname, link, theorems, boxed):
    """Of a link within a sentence: the words of the line, or in a box what else lies behind it."""
    at, alone = link.parent.index(link), OPENING.fullmatch(link.astext())
    if alone:
        words = list(line(app, docname, alone["what"], [link], theorems))
        link.parent[at : at + 1] = words
    elif boxed:
        more = ways(app, docname, claim_of(link), theorems, besides="ledger")
        link.parent[at + 1 : at + 1] = [nodes.Text(" ("), *more, nodes.Text(")")]


def set_apart(paragraph):
    """A line that ends a paragraph of a box becomes a paragraph of its own."""
    *before, last = [*paragraph] or [None]
    if isinstance(last, nodes.Text) and not last.strip(" .") and before:
        *before, last = before
    known = in_box(paragraph) and last in links_of(paragraph) and OPENING.fullmatch(last.astext())
    if not known or not "".join(part.astext() for part in before).strip():
        return [paragraph]
    alone = nodes.paragraph("", "", last)
    paragraph[:] = before
    paragraph.parent.insert(paragraph.parent.index(paragraph) + 1, alone)
    return [paragraph, alone]


def links_of(paragraph):
    return [link for link in paragraph.findall(nodes.reference) if claim_of(link)]


def claim_of(link):
    """The claim whose entry a link leads to, or None."""
    return BY_PLACE.get(link.get("refuri", "").partition("#claim-")[2].lower())


def in_box(node):
    """Whether a node stands in a theorem or a proof."""
    while node and "proof" not in node.get("classes", []):
        node = node.parent
    return bool(node)


def line(app, docname, step, links, theorems):
    """The whole line; what several links say is kept, as the name of each."""
    yield nodes.strong("", f"Evidence for {step}" if step and step != "it" else "Evidence")
    yield nodes.Text(": " if len(links) == 1 else ". ")
    for number, link in enumerate(links):
        if len(links) > 1:
            yield nodes.Text("; " * bool(number))
            yield nodes.emphasis("", "", *(child.deepcopy() for child in link.children))
            yield nodes.Text(": ")
        yield from ways(app, docname, claim_of(link), theorems)


def ways(app, docname, claim, theorems, besides=""):
    """Links with commas: to the cell that derives a claim, its check, its entry, its proof."""
    page, name = page_of(claim), claim.id.lower()
    places = [("code", page, f"check-{name}"), ("ledger", page, f"claim-{name}")]
    if not claim.underived:
        places.insert(0, ("derivation", f"book/{claim.chapter}", f"derives-{claim.id}"))
    if claim.id in theorems:
        places.append(("formal proof", *address(theorems[claim.id][0]["theorem"])))
    parts = []
    for word, page, place in places:
        if word == besides:
            continue
        uri = f"{app.builder.get_relative_uri(docname, page)}#{place}"
        title = f"{word}: {name_of(claim)}"
        link = nodes.reference("", word, refuri=uri, reftitle=title, internal=True)
        parts += [nodes.Text(", "), link]
    return parts[1:]
