"""The map of claims: a picture of which main statement rests on which, and the same as a list."""

from html import escape

import nbformat
from docutils import nodes
from names import slug

from linear_distillation.claims import REGISTRY
from linear_distillation.claims.map import foundations, main_statements

WIDE, HIGH = 158, 46  # of a box
STEP_X, STEP_Y, HEAD, LANE = 168, 78, 34, 14
ACROSS = 4  # boxes in a row at most
NOWHERE = "Not yet in a chapter"


def render(source):
    """The picture as inline SVG, and the list that says the same."""
    rests_on = {name: foundations(name) for name in main_statements()}
    rows = layout(rests_on)
    return f"{picture(rests_on, rows, source)}\n\n{listing(rests_on, rows, source)}"


def layout(rests_on):
    """Rows of statements, chapter by chapter, foundations first: [(chapter, [rows])]."""
    chapters = {}
    for name in rests_on:
        chapters.setdefault(REGISTRY[name].chapter or home(name), []).append(name)
    bands, before = [], set()
    while chapters:
        # The chapter that waits for the fewest statements of other chapters, in paper order.
        waits = {
            chapter: len({low for n in names for low in rests_on[n]} - before - set(names))
            for chapter, names in chapters.items()
        }
        chapter = min(waits, key=lambda c: (not c, waits[c]))
        names = chapters.pop(chapter)
        bands.append((chapter, levels(names, rests_on)))
        before |= set(names)
    return bands


def home(name):
    """The chapter of a statement that none derives: that of its siblings in the paper, if any."""
    item = REGISTRY[name].paper.split(",")[0]
    return next(
        (c.chapter for c in REGISTRY.values() if c.chapter and item in c.paper and not c.ours),
        "",
    )


def levels(names, rests_on):
    """Statements of one chapter in rows, each below those of the chapter that it rests on."""
    depth = {}

    def level(name):
        if name not in depth:
            inner = [level(low) for low in rests_on[name] if low in names]
            depth[name] = 1 + max(inner, default=-1)
        return depth[name]

    rows = {}
    for name in names:
        rows.setdefault(level(name), []).append(name)
    return [rows[k][i : i + ACROSS] for k in sorted(rows) for i in range(0, len(rows[k]), ACROSS)]


def direct(rests_on):
    """The arrows, without those that a chain of others implies."""

    def below(name):
        return rests_on[name].union(*map(below, rests_on[name]))

    return [
        (low, name)
        for name, lows in rests_on.items()
        for low in sorted(lows)  # the order of a set changes from run to run
        if not any(low in below(other) for other in lows)
    ]


def places(rows, rests_on):
    """The middle of the top of each box, a heading's height for each chapter, the total height."""
    top, heads, y = {}, {}, 0

    def mean(name):  # where the boxes are that this one rests on; the middle if there is none
        above = [top[low][0] for low in rests_on[name] if low in top]
        return sum(above) / len(above) if above else ACROSS * STEP_X / 2

    for chapter, lines in rows:
        heads[chapter] = y
        y += HEAD
        for names in lines:
            left = (ACROSS - len(names) + 1) * STEP_X / 2
            line = sorted(names, key=mean)
            top |= {name: (left + i * STEP_X, y) for i, name in enumerate(line)}
            y += STEP_Y
    return top, heads, y


def lanes(arrows, top):
    """Arrows that pass a row go down beside the boxes, those of one statement in one lane."""
    last = {}
    for low, name in arrows:
        if top[name][1] > top[low][1] + STEP_Y + HEAD:
            last[low] = max(last.get(low, 0), top[name][1])
    lane, free = {}, []  # free: the height from which on each lane is
    for low in sorted(last, key=lambda name: top[name][1]):
        k = next((k for k, y in enumerate(free) if y <= top[low][1]), len(free))
        free[k : k + 1] = [last[low]]
        lane[low] = ACROSS * STEP_X + (k + 0.5) * LANE
    return lane, ACROSS * STEP_X + len(free) * LANE


def picture(rests_on, rows, source):
    top, heads, height = places(rows, rests_on)
    arrows = direct(rests_on)
    lane, width = lanes(arrows, top)
    parts = [arrow(low, name, top, lane.get(low)) for low, name in arrows]
    parts += [heading(chapter, y, width, source) for chapter, y in heads.items()]
    parts += [box(name, *at) for name, at in top.items()]
    head = (
        f'<svg viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        'role="group" aria-label="Map of claims; the list below it says the same">'
        '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
        'markerHeight="7" orient="auto-start-reverse"><path d="M0 0 8 4 0 8z"/></marker></defs>'
    )
    return f'<div class="claim-map">{head}{"".join(parts)}</svg></div>'


def heading(chapter, y, width, source):
    text = escape(title(chapter, source))
    line = f'<path class="band" d="M0 {y + 6.5}H{width}"/>'
    words = f'<text class="chapter" x="5" y="{y + 24}">{text}</text>'
    return line + (f'<a href="{chapter}.html">{words}</a>' if chapter else words)


def box(name, middle, y):
    claim = REGISTRY[name]
    kind = "ours" if claim.ours else "paper"
    return (
        f'<a href="ledger/{slug(claim)}.html#{nodes.make_id(f"claim-{name}")}" class="{kind}" '
        f'data-claim="{name}">'
        f'<rect x="{middle - WIDE / 2}" y="{y}" width="{WIDE}" height="{HIGH}" rx="5"/>'
        f'<text x="{middle}" y="{y + 19}" class="name">{escape(claim.short)}</text>'
        f'<text x="{middle}" y="{y + 36}">{escape(item(claim))}</text></a>'
    )


def item(claim):
    """The item of the paper in a few words."""
    return claim.paper.split(", ")[0].removeprefix("Proof of ")


def arrow(low, name, top, lane):
    """From box to box; past the rows between, if there are any, in a lane."""
    (x, y), (to, end) = top[low], top[name]
    y += HIGH
    path, room = f"M{x} {y}", STEP_Y - HIGH
    if end - y > room + HEAD:
        path += turn(x, y, lane, y + room) + f"V{end - room}"
        x, y = lane, end - room
    path += turn(x, y, to, end)
    return f'<path class="arrow" data-from="{low}" data-to="{name}" d="{path}"/>'


def turn(x, y, to, end):
    half = (y + end) / 2
    return f"C{x} {half} {to} {half} {to} {end}"


def title(chapter, source):
    """The first heading of a chapter."""
    if not chapter:
        return NOWHERE
    notebook = nbformat.read(source / "book" / f"{chapter}.ipynb", as_version=4)
    return notebook.cells[0].source.splitlines()[0].removeprefix("# ")


def listing(rests_on, rows, source):
    lines = ["::::{dropdown} The map as a list"]
    for chapter, inner in rows:
        lines.append(f"- {title(chapter, source)}")
        for name in (name for names in inner for name in names):
            below = [link(low) for low in rests_on if low in rests_on[name]]
            basis = "rests on " + ", ".join(below) if below else "rests on no other"
            lines.append(f"  - {link(name)} ({REGISTRY[name].paper}) {basis}")
    return "\n".join([*lines, "::::"])


def link(name):
    return f"[{REGISTRY[name].short}](#claim-{name})"
