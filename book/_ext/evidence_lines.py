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
    for paragraph in list(doctree.findall(nodes.paragraph)):
        claims = links_of(paragraph)
        if not claims or not in_box(paragraph):
            continue
        found = OPENING.match(paragraph.astext())
        if found and len(paragraph.astext()) < 60 + sum(len(link.astext()) for link in claims):
            paragraph[:] = list(line(app, docname, found["what"], claims, theorems))
            paragraph["classes"].append("evidence")
        else:
            for link in claims:
                more = ways(app, docname, claim_of(link), theorems, besides="ledger")
                at = link.parent.index(link) + 1
                link.parent[at:at] = [nodes.Text(" ("), *more, nodes.Text(")")]


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
