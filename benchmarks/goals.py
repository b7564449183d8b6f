"""What the library has set itself, what was measured, and why a goal was missed."""

from typing import NamedTuple

MEGABYTE = 10**6


class Goal(NamedTuple):
    """A number at a path of the report, and its limit: at most, or at least if `least`."""

    name: str
    limit: float | None
    path: tuple
    unit: str = "s"
    scale: float = 1
    least: bool = False
    before: tuple = ()  # the plain way, measured in the same run
    why: object = None  # of a miss: a function of the report


def at(report, path):
    """What stands at a path, or None where it was not measured."""
    for key in path:
        report = report.get(key) if isinstance(report, dict) else None
    return report


def size(count):
    return f"{count / MEGABYTE:.2f} MB"


def worst(group):
    """The page that was the slowest, and how much a visit of such a page brings."""

    def why(report):
        found = report["pages"][group]
        slow, large = found["seconds"], found.get("bytes")
        words = f"the slowest is {slow['of']}, half are below {slow['typical']:.2f} s"
        return f"{words}; a first visit brings {size(large['typical'])}" if large else words

    return why


def shared(report):
    """What a first visit of a chapter brings beside the chapter."""
    chapters = report["pages"]["chapters"]
    rest = chapters["bytes"]["typical"] - chapters["own bytes"]["typical"]
    return (
        f"{size(rest)} of styles, fonts and scripts, which all pages share and a "
        "browser fetches once; the server here does not compress"
    )


def largest(report):
    return f"{report['pages']['chapters']['own bytes']['of']}: its pictures and tables"


def longest(name):
    """The three longest stages of a build."""

    def why(report):
        stages = report["builds"][name]["stages"]
        top = sorted(stages, key=stages.get, reverse=True)[:3]
        parts = [f"{stage} {stages[stage]:.0f} s" for stage in top]
        return "longest: " + ", ".join(parts) if parts else "its stages were not measured"

    return why


def claims(report):
    """How much there is to attack."""
    found = at(report, ("machines", "verify"))
    if not found:
        return "its claims were not counted"
    count = report["machines"]["claims"]
    return f"{count} claims; with the quick budget one process takes {found['one']:.0f} s"


def where(part):
    """On what, and at which load."""

    def why(report):
        record = report["measured"][part]
        return f"on {record['processor']}, at load {record['load']}"

    return why


def unavoidable(limit, part, work):
    """What a goal leaves for everything, beside what one step alone takes."""

    def why(report):
        curve = report["learning curves"]
        if part not in curve:
            return "its steps were not measured"
        left = curve["peer"] / limit
        return f"the goal leaves {left:.2g} s in all; {work} alone: {curve[part]:.2g} s"

    return why


def chapter(report):
    return f"{report['commands']['make chapter']['chapter']} runs in a kernel of its own"


def betas(report):
    plain = at(report, ("aims", STAIRCASE, "plain"))
    words = "for each angle and atom an incomplete beta function"
    return words if plain is None else f"{words}; plainly by SciPy {plain:.2g} s"


STAIRCASE = "risks at 50 angles, 1797 atoms"
EXACT = "the exact expected risk, 1797 atoms"
CURVES, PAGES = "learning curves", "pages"
QUICK, FULL = "verify --budget quick --jobs 2", "verify --budget full --jobs 2"
NEEDS = "held-out risk / numbers, QR, products"
CHAIN = "chain / its random numbers"
GOALS = [
    Goal("1000 transfer sets", 5, ("aims", "1000 transfer sets", "median"), "ms", 1e3,
         before=("aims", "1000 transfer sets", "plain"), why=where("aims")),
    Goal("a million transfer sets", 3, ("aims", "a million transfer sets", "median"),
         why=where("aims")),
    Goal("all learners of Figure 5", 2, ("aims", "the learners of Figure 5", "median"),
         why=where("aims")),
    Goal(CHAIN, 1.5, ("limits", CHAIN, "median"), "times",
         why=lambda report: "the rest is arithmetic on these numbers: products, quotients, roots"),
    Goal("held-out risk / what it needs", 2, ("limits", NEEDS, "median"), "times",
         why=where("limits")),
    Goal("a learning curve by the law: best peer / law", 1000, (CURVES, "peer / law"), "times",
         least=True, why=unavoidable(1000, "spectrum", "the spectrum of the pool")),
    Goal("a drawn learning curve: best peer / drawn", 50, (CURVES, "peer / drawn"), "times",
         least=True, before=(CURVES, "peer / before"),
         why=unavoidable(50, "factors", "a QR decomposition of each set")),
    Goal(STAIRCASE, 0.05, ("aims", STAIRCASE, "median"), before=("aims", STAIRCASE, "plain"),
         why=betas),
    Goal(f"{EXACT}: not refused", None, ("aims", EXACT, "median")),
    Goal("make test, two cores", 300, ("builds", "make test", "median"), why=longest("make test")),
    Goal("make book, two cores", 180, ("builds", "make book", "median"), why=longest("make book")),
    Goal("verify, quick, two jobs", 40, ("commands", QUICK, "median"), why=claims),
    Goal("verify, full, two jobs", 900, ("commands", FULL, "median"), why=claims),
    Goal("make chapter, the chapter of median length", 15,
         ("commands", "make chapter", "median"), why=chapter),
    Goal("the largest chapter, with its pictures", 1, (PAGES, "chapters", "own bytes", "most"),
         "MB", 1 / MEGABYTE, why=largest),
    Goal("the same with all that a first visit fetches", 1,
         (PAGES, "chapters", "bytes", "most"), "MB", 1 / MEGABYTE, why=shared),
    Goal("the search index, on a first visit of a chapter", 0, (PAGES, "chapters", "index"),
         "MB", 1 / MEGABYTE, why=lambda report: "a page fetches it before search is opened"),
    Goal("first visit, slowest chapter", 1.2, (PAGES, "chapters", "seconds", "most"),
         why=worst("chapters")),
    Goal("first visit, landing page", 0.5, (PAGES, "landing", "seconds", "most"),
         why=worst("landing")),
    Goal("first visit, slowest page of the ledger", 1, (PAGES, "ledger", "seconds", "most"),
         why=worst("ledger")),
    Goal("first visit, slowest page of the library", 1, (PAGES, "library", "seconds", "most"),
         why=worst("library")),
    Goal("processes that change a bit of a result", 0, ("machines", "changed"), "",
         why=lambda report: "see the table of machines"),
]  # fmt: skip


def table(report):
    """A row for each goal; what is not measured, or failed, is neither met nor missed."""
    return [row(goal, report) for goal in GOALS]


def row(goal, report):
    measured, plain = at(report, goal.path), at(report, goal.before) if goal.before else None
    found = {"goal": goal.name, "unit": goal.unit, "limit": goal.limit, "least": goal.least}
    found |= {"measured": scaled(measured, goal), "before": scaled(plain, goal), "met": None}
    if measured is None:
        part = at(report, goal.path[:-1])
        failed = isinstance(part, dict) and "failed" in part
        return found | {"why": "failed" if failed else "not measured"}
    if goal.limit is None:  # that there is an answer was the goal
        return found | {"met": True, "why": ""}
    value = found["measured"]
    met = bool(value >= goal.limit if goal.least else value <= goal.limit)
    return found | {"met": met, "why": "" if met or not goal.why else goal.why(report)}


def scaled(value, goal):
    return None if value is None else value * goal.scale
