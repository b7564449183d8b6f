"""The map of claims: the paper's results as the spine, ours beside them, and all in a list."""

from html import escape

import nbformat
from docutils import nodes
from names import named, slug

from linear_distillation.claims import REGISTRY
from linear_distillation.claims.map import foundations, main_statements, used_by

LANES, WIDE, HIGH, STEP = 60, 244, 30, 38  # room for arrows; a result of the paper; from row to row
BESIDE, CHIP, GAP, ACROSS = 20, 145, 5, 3  # ours: from the spine, a box, between boxes, in a row
SMALL, LETTER, ROW, ARROW = 340, 6.9, 30, 26  # a small map: width of it and of a letter, heights


def render(source):
    """The picture as inline SVG, and the list that says the same and the rest."""
    rests_on = {name: foundations(name) for name in main_statements()}
    return f"{picture(rests_on)}\n\n{listing(rests_on, source)}"


def spine(rests_on):
    """The paper's results, in its order but each below those that it rests on."""
    paper = [name for name in rests_on if not REGISTRY[name].ours]
    items = list(dict.fromkeys(number(name) for name in paper))
    order = []

    def place(name):
        for low in sorted(basis(name, rests_on), key=paper.index):
            place(low)
        if name not in order:
            order.append(name)

    for name in sorted(paper, key=lambda name: items.index(number(name))):
        place(name)
    return order


def basis(name, rests_on):
    """The paper's results that a statement rests on, directly or through ours."""
    found = set()
    for low in rests_on[name]:
        found |= basis(low, rests_on) if REGISTRY[low].ours else {low}
    return found


def beside(rests_on, order):
    """Result of the paper -> ours that rest on it directly; on several: beside the last of them."""
    found = {name: [] for name in order}
    for name, lows in rests_on.items():
        if REGISTRY[name].ours and (direct := [low for low in order if low in lows]):
            found[direct[-1]].append(name)
    return found


def arrows(rests_on, order):
    """Between results of the paper, without those that a chain of others implies."""
    low = {name: basis(name, rests_on) for name in order}

    def below(name):
        return low[name].union(*map(below, low[name]))

    return [
        (one, name)
        for name in order
        for one in sorted(low[name])  # the order of a set changes from run to run
        if not any(one in below(other) for other in low[name])
    ]


def heights(order, ours):
    """The top of each result's row, and the height of all."""
    tops, y = {}, 4
    for name in order:
        tops[name] = y
        y += STEP * max(1, -(-len(ours[name]) // ACROSS))
    return tops, y


def picture(rests_on):
    order = spine(rests_on)
    ours = beside(rests_on, order)
    tops, height = heights(order, ours)
    width = LANES + WIDE + BESIDE + ACROSS * (CHIP + GAP)
    parts = [arrow(low, name, tops, order) for low, name in arrows(rests_on, order)]
    for name in order:
        parts += [used(name, tops[name])] * bool(ours[name])
        parts.append(box(name, LANES, tops[name], WIDE, number(name)))
        parts += [chip(one, at, tops[name]) for at, one in enumerate(ours[name])]
    head = (
        f'<svg viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        'role="group" aria-label="Map of claims; the list below it says the same">'
        '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
        'markerHeight="7" orient="auto-start-reverse"><path d="M0 0 8 4 0 8z"/></marker></defs>'
    )
    return f'<div class="claim-map">{head}{"".join(parts)}</svg></div>'


def box(name, x, y, width, bold="", folder="ledger/"):
    """A box that leads to the entry of its claim."""
    claim = REGISTRY[name]
    place = f"{folder}{slug(claim)}.html#{nodes.make_id(f'claim-{name}')}"
    words = f'<tspan class="name">{escape(bold)}</tspan> ' * bool(bold)
    words += escape(claim.short if folder and claim.short else named(name))
    return (
        f'<a href="{place}" class="{"ours" if claim.ours else "paper"}" data-claim="{name}">'
        f'<rect x="{x}" y="{y}" width="{width}" height="{HIGH - 4}" rx="5"/>'
        f'<text x="{x + width / 2:g}" y="{y + 17}">{words}</text></a>'
    )


def chip(name, at, y):
    row, column = divmod(at, ACROSS)
    return box(name, LANES + WIDE + BESIDE + column * (CHIP + GAP), y + row * STEP, CHIP)


def number(name):
    """What the paper calls a result."""
    item = REGISTRY[name].paper.split(", on ")[0].removesuffix(", sharpened")
    return f"{item.removeprefix('Proof of ')}, proof" if item.startswith("Proof") else item


def used(name, y):
    """From a result of the paper to ours beside it."""
    middle = y + (HIGH - 4) / 2
    return f'<path class="arrow" data-from="{name}" d="M{LANES + WIDE} {middle}h{BESIDE - 3}"/>'


def arrow(low, name, tops, order):
    """To the next result straight down; to others in a bow on the left."""
    apart = order.index(name) - order.index(low)
    start, end = tops[low] + HIGH - 4, tops[name]
    path = f"M{LANES + WIDE / 2:g} {start}V{end}"
    if apart > 1:
        bow = LANES - min(LANES - 4, 14 + 5 * apart) * 4 / 3
        start, end = start - 8, end + 8
        path = f"M{LANES} {start}C{bow:g} {start} {bow:g} {end} {LANES} {end}"
    return f'<path class="arrow" data-from="{low}" data-to="{name}" d="{path}"/>'


def listing(rests_on, source):
    """Every main statement with what it rests on, chapter by chapter."""
    chapters = {}
    for name in rests_on:
        chapters.setdefault(REGISTRY[name].chapter, []).append(name)
    lines = ["::::{div} claim-list"]
    for chapter, names in chapters.items():
        lines.append(f"- {title(chapter, source)}")
        for name in names:
            below = [link(low) for low in rests_on if low in rests_on[name]]
            rest = "rests on " + ", ".join(below) if below else "rests on no other"
            lines.append(f"  - {link(name)} ({REGISTRY[name].paper}) {rest}")
    return "\n".join([*lines, "::::"])


def link(name):
    return f"[{REGISTRY[name].short}](#claim-{name})"


def title(chapter, source):
    """The first heading of a chapter."""
    notebook = nbformat.read(source / "book" / f"{chapter}.ipynb", as_version=4)
    return notebook.cells[0].source.splitlines()[0].removeprefix("# ")


# The small map of one claim


def small(claim):
    """What a claim rests on, itself, and what rests on it; nothing where it stands alone."""
    above, below = claim.rests_on, used_by(claim.id)
    if not above and not below:
        return ""
    y, parts = 2, []
    if above:
        group, y = flow(above, "It rests on", y)
        parts += [group, down(y, "rests on")]
        y += ARROW
    parts.append(itself(claim, y))
    y += HIGH - 4
    if below:
        parts.append(down(y, "used by"))
        group, y = flow(below, "It is used by", y + ARROW)
        parts.append(group)
    head = f'<svg viewBox="0 0 {SMALL} {y}" width="{SMALL}" height="{y}" role="group" '
    head += 'aria-label="What it rests on, and what rests on it">'
    return f'<div class="claim-map small">{head}{"".join(parts)}</svg></div>'


def itself(claim, y):
    """The box of the claim whose entry has the map; it leads nowhere."""
    width = round(LETTER * len(named(claim.id))) + 18
    return (
        f'<g class="itself"><rect x="1" y="{y}" width="{width}" height="{HIGH - 4}" rx="5"/>'
        f'<text x="{1 + width / 2:g}" y="{y + 17}">{escape(named(claim.id))}</text></g>'
    )


def flow(names, words, y):
    """Boxes in rows, as words in lines; and where the last row ends."""
    x, boxes = 1, []
    for name in names:
        width = min(SMALL - 2, round(LETTER * len(named(name))) + 14)
        if x > 1 and x + width >= SMALL:
            x, y = 1, y + ROW
        boxes.append(box(name, x, y, width, folder=""))
        x += width + 6
    return f'<g role="group" aria-label="{words}">{"".join(boxes)}</g>', y + HIGH - 4


def down(y, words):
    """An arrow with its word, to the row below."""
    head = f"M20 {y + 3}V{y + ARROW - 4}m-4-5 4 5 4-5"
    return f'<path class="down" d="{head}"/><text class="word" x="30" y="{y + 17}">{words}</text>'
