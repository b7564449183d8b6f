"""The ledger: every claim and its evidence, rendered from what ran.

Evidence is read from files: that of the full run and of many small ones, which
`make evidence` keeps in `book/full-run.json` and `book/many-runs.json`; that of the
build's own quick run, `evidence.json`, `chapters.json` and `proofs/result.json`, written
beside the staged book. What is missing, or was found with other code, reads "unknown".

python book/_ext/ledger.py RUN FILE [SECONDS JOBS]    keeps a run for the ledger, with its
    date, and how long it took in how many processes
"""

import json
import sys
from datetime import date
from pathlib import Path

import nbformat
from claim_map import small
from derived import asserts, derivations
from names import name_of, named, slug
from proved import assumptions, link, listed, proof, result, said
from wording import readable

from linear_distillation import evidence as engine
from linear_distillation.claims import REGISTRY
from linear_distillation.claims.certificates.values import VALUES, enclose
from linear_distillation.claims.map import used_by
from linear_distillation.engine import BUDGETS

KINDS = ("derivation", "sampling", "search", "mutants", "ablations", "certified", "proof")
# A column of the table sums up kinds of evidence.
COLUMNS = {
    "derived": ["derivation"],
    "attacked": ["sampling", "search"],
    "planted": ["mutants"],
    "needed": ["ablations"],
    "proved": ["certified", "proof"],
}
# The worst of them counts.
MARKS = {"fail": "✗ **failed**", "unknown": "? unknown", "pass": "✓", "not applicable": "–"}
EXAMPLE = "theorem-3-19"
MEANING = {  # of a ✓ in each column: what it says, and what it does not
    "derived": (
        "a chapter derives the statement with SymPy; the cell ran on the present code and its "
        "assertions held",
        "that every step between the displayed ones is formal",
    ),
    "attacked": (
        "random cases, of all magnitudes and at the edges, do not violate the statement; an "
        "optimiser then tried to make the worst of them worse, and found no violation either",
        "that no counterexample exists",
    ),
    "planted": (
        "wrong versions of the statement, each off by a little, were put in its place, and the "
        "same attack refuted every one: it would have noticed. The numbers say how many",
        "that it notices every error",
    ),
    "needed": (
        "each hypothesis was dropped in turn; the numbers say for how many of them a "
        "counterexample then appeared",
        "that a hypothesis without a counterexample is superfluous",
    ),
    "proved": (
        "a computer has proved the inequality that the entry names: by interval arithmetic over "
        "its whole domain (*intervals*), or step by step, checked by the kernel of *Coq* "
        "({doc}`how <proofs/checked>`)",
        "more than the entry says: what was reduced by hand, or left out, is named there",
    ),
}
ROUNDING = 1e-9  # a slack below it is one of equality
FULL, MANY = "book/full-run.json", "book/many-runs.json"


def gather(folder, source):
    """The runs, and for every claim its evidence on the present code."""
    quick, full = read(folder / "evidence.json"), read(source / FULL)
    ran = read(folder / "chapters.json")
    theorems, checked = listed(source), result(folder, source)
    evidence = {}
    for name, claim in REGISTRY.items():
        evidence[name] = newest(claim, quick, full) | {
            "derivation": derivation(claim, ran, source),
            "proof": proof(theorems.get(name), checked),
        }
    return quick, full, evidence


def read(path):
    """A JSON file, or nothing where there is none."""
    return json.loads(path.read_text()) if path.exists() else {}


def newest(claim, quick, full):
    """The evidence of the full run if it is of the present code; a failure of either counts."""
    rows = [row for run in (full, quick) if (row := current(claim, run))]
    wrong = [row for row in rows if engine.failed(row)]
    unknown = {"evidence": {kind: {"verdict": "unknown"} for kind in KINDS}}
    row = (wrong or rows or [unknown])[0]
    return row["evidence"] | ({"error": row["error"]} if "error" in row else {})


def current(claim, run):
    """The row of a claim in a run, if it was found with the present code."""
    rows = {row["id"]: row for row in run.get("claims", [])}
    row = rows.get(claim.id)
    return row if row and row["fingerprint"] == engine.fingerprint(claim) else None


def derivation(claim, ran, source):
    """Whether a cell tagged for the claim ran to its end, and asserted, on the present code."""
    if claim.underived:
        return {"verdict": "not applicable", "reason": claim.underived}
    path = source / "book" / f"{claim.chapter}.ipynb"
    fresh = ran.get("library") == engine.library_digest() and claim.chapter in ran["chapters"]
    if not fresh or not path.exists():
        return {"verdict": "unknown"}
    cells = derivations(nbformat.read(path, as_version=4)).get(claim.id)
    sound = cells and all(cell.execution_count and asserts(cell.source) for cell in cells)
    return {"verdict": "pass" if sound else "fail"}


def published(folder, source):
    """The evidence of the site as one piece of data; see `evidence.schema.json`."""
    quick, full, evidence = gather(folder, source)
    runs = {
        name: {
            key: run.get(key) for key in ("date", "seed", "budget", "library", "seconds", "jobs")
        }
        for name, run in (("full", full), ("quick", quick))
        if run
    }
    if many := read(source / MANY):
        runs["many"] = many
    claims = [
        {
            "id": claim.id,
            "paper": claim.paper,
            "statement": claim.statement,
            "chapter": claim.chapter,
            "name": claim.short,
            "rests_on": list(claim.rests_on),
            "fingerprint": engine.fingerprint(claim),
            "evidence": evidence[claim.id],
        }
        for claim in REGISTRY.values()
    ]
    return {"library": engine.library_digest(), "runs": runs, "claims": claims}


# The page


FILTERS = {
    "all": "all",
    "paper": "the paper’s",
    "ours": "ours",
    "open": "open",
}


def render(folder, source):
    """The ledger's table with its filter, in MyST Markdown."""
    return "\n\n".join([filters(), table(gather(folder, source)[2])])


def filters():
    """Radio buttons that style alone obeys: where it is not understood, all rows are shown."""
    buttons = "".join(
        f'<label><input type="radio" name="show" id="show-{kind}"{" checked" * (kind == "all")}>'
        f" {words}</label>"
        for kind, words in FILTERS.items()
    )
    box = f'<fieldset class="filter"><legend>Show</legend>{buttons}</fieldset>'
    return f"```{{raw}} html\n{box}\n```"


def render_summary(folder, source):
    """What came out, counted, and of which runs it is said."""
    quick, full, evidence = gather(folder, source)
    if not quick and not full:
        return "No check has run for this build; `make verify` runs them."
    verdicts = [{kind: one[kind]["verdict"] for kind in KINDS} for one in evidence.values()]
    withstood = sum(row["sampling"] == row["search"] == "pass" for row in verdicts)
    derived, certified, proved = (
        sum(row[kind] == "pass" for row in verdicts)
        for kind in ("derivation", "certified", "proof")
    )
    wrong = sum("fail" in row.values() for row in verdicts)
    wrong += sum("error" in one for one in evidence.values())
    waiting = sum("unknown" in row.values() for row in verdicts)
    return "\n".join(
        [
            f"The book has {len(REGISTRY)} statements with a check. On the present code:\n",
            f"- {withstood} withstood random cases and a search for a counterexample,",
            f"- {derived} are derived with SymPy in a chapter,",
            f"- {certified} are proved, in whole or in part, by interval arithmetic,",
            f"- {proved} have a formal proof that a computer has checked,",
            f"- {wrong} failed a check or a derivation, and {waiting} wait for one to run.\n",
            " ".join([*which_runs(quick, full), *many_runs(read(source / MANY))]),
        ]
    )


def render_mutation(source):
    """How many random changes of the code were noticed, and by whom."""
    found = read(source / "book/mutation.json")
    lines = ["| Changed | Changes tried | Noticed by tests | Noticed by claims only | Score |"]
    lines.append("|---" * 5 + "|")
    names = {"library": "the library", "claims": "claims, certificates and the engine"}
    for part, name in names.items():
        if part in found:
            one = found[part]
            tried = one["sampled"] - one["equivalent"]
            noticed = one["noticed"]
            cells = [name, tried, noticed["tests"], noticed["claims"], f"{one['score']:.1%}"]
            lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines) if found else "It has not been measured yet; `make mutants` does."


def render_enclosed():
    """The numbers that the book prints most, each with an interval that holds it."""
    lines = ["| Number | Lies in |", "|---|---|"]
    for name in VALUES:
        found = enclose(name)
        value = found["enclosure"].strip("[]").replace("+/-", "±")
        definition = found["definition"].replace("|", r"\vert ")  # a bar would end the cell
        lines.append(f"| {definition} | {value} |")
    return "\n".join(lines)


def which_runs(quick, full):
    if full and full["library"] == engine.library_digest():
        budget = BUDGETS[full["budget"]]
        yield (
            f"The numbers are those of the full run of {full['date']}, seed {full['seed']}: "
            f"{budget.draws:,} random cases and {budget.search:,} steps of search a statement"
            f"{duration(full)}."
        )
    elif full:
        yield f"The last full run, of {full['date']}, was with other code and does not count."
    if quick:
        yield f"The build itself ran all checks with a small budget and the seed {quick['seed']}."
    alarms = (full or quick)["false_alarm_rate"]
    yield (
        "The chance that any confidence interval of a run raises a false alarm is at most one in "
        f"{1 / alarms:,.0f}; what floating point refutes counts only if a second route, in ball "
        "arithmetic or on fresh draws, refutes it too."
    )


def duration(run):
    """How long a run took, where that was kept."""
    if "seconds" not in run:
        return ""
    return f", in {run['seconds'] / 60:.0f} minutes on {run['jobs']} processor cores"


def many_runs(many):
    """What many small runs with different seeds add, and how seldom one would miss an error."""
    if not many or many["library"] != engine.library_digest():
        return
    seeds, claims = many["seeds"], many["claims"]
    planted = [found for claim in claims for found in claim["mutants"].values()]
    missed = sum(len(seeds) - found["killed"] for found in planted)
    rare = sum(found["miss"] > 0.001 for found in planted)
    yield (
        f"Besides, all checks ran with the small budget at {len(seeds)} seeds ({many['date']}, "
        f"from {seeds[0]} on): {sum(len(claim['failed']) for claim in claims)} failures, and of "
        f"{len(planted)} planted errors a run missed {missed / len(seeds):.2g} in the mean. By how "
        f"many cases each of them spoils, the random cases alone would miss {rare} of them more "
        "often than once in a thousand runs; for these there is the search."
    )


def label(claim):
    return f"claim-{claim.id}"


def table(evidence):
    """One row a claim, chapter by chapter, in the order of the book."""
    head = "| Statement | Stated in | " + " | ".join(COLUMNS) + " |"
    lines = [head, "|---" * (2 + len(COLUMNS)) + "|"]
    for chapter, claims in by_chapter().items():
        kinds = sorted({kind for claim in claims for kind in kinds_of(claim, evidence[claim.id])})
        lines.append(f"| {marked(kinds)}{{doc}}`/book/{chapter}`" + " |" * (2 + len(COLUMNS)))
        lines += [table_row(claim, evidence[claim.id]) for claim in claims]
    return "\n".join(lines)


def by_chapter():
    """Chapter -> its claims, both in the order of the book."""
    chapters = {}
    for claim in REGISTRY.values():
        chapters.setdefault(claim.chapter, []).append(claim)
    return chapters


def chapter_of(name):
    """The chapter whose entries stand on a page of this name."""
    for chapter, claims in by_chapter().items():
        if slug(claims[0]) == name:
            return chapter
    raise LookupError(f"book/ledger/{name}.md: no chapter of this name has claims")


def kinds_of(claim, found):
    """What the filter of the table asks: whose a statement is, and whether anything is open."""
    return ["ours" if claim.ours else "paper", *["open"] * is_open(found)]


def is_open(found):
    """Whether nothing proves a claim, a check failed or waits, or a hypothesis may go."""
    grounds = {found[kind]["verdict"] for kind in ("derivation", "certified", "proof")}
    idle = None in found["ablations"].get("witness", {}).values()
    # formal proofs are checked where there is Coq; a build without it leaves nothing open
    verdicts = {found[kind]["verdict"] for kind in KINDS if kind != "proof"}
    return "pass" not in grounds or idle or bool({"fail", "unknown"} & verdicts)


def marked(kinds):
    """An empty mark by which the filter, a matter of style alone, finds a row."""
    return f'<span class="{" ".join(["row", *kinds])}"></span>'


def table_row(claim, found):
    item = f" <br>{claim.paper}" if claim.paper != "ours" else ""
    name = f"{marked(kinds_of(claim, found))}[{name_of(claim)}](#{label(claim)}){item}"
    marks = [mark(found, column) for column in COLUMNS]
    return f"| {name} | {{stated}}`{claim.id}` | " + " | ".join(marks) + " |"


def mark(found, column):
    """One cell: the worst verdict of the kinds of evidence that a column sums up."""
    if column == "proved":
        return proved(found)
    verdicts = {found[kind]["verdict"] for kind in COLUMNS[column]}
    text = MARKS[next(one for one in MARKS if one in verdicts)]
    if column == "planted" and found["mutants"].get("of"):
        text += f" {found['mutants']['killed']}/{found['mutants']['of']}"
    if column == "needed" and (witness := found["ablations"].get("witness")):
        text += f" {sum(seen is not None for seen in witness.values())}/{len(witness)}"
    return text


def proved(found):
    """What proves a claim, beside its derivation, each with its own verdict."""
    theorems = [link(row["theorem"], "Coq") for row in found["proof"].get("theorems", [])]
    names = {"certified": "intervals", "proof": ", ".join(theorems)}
    marks = {kind: MARKS[found[kind]["verdict"]].replace("unknown", "") for kind in names}
    parts = [f"{marks[kind].strip()} {names[kind]}" for kind in names if marks[kind] != "–"]
    return "<br>".join(parts) or "–"


def render_example(folder, source):
    """One row of the table, explained column by column."""
    found, claim = gather(folder, source)[2][EXAMPLE], REGISTRY[EXAMPLE]
    lines = [
        f"| Column | {name_of(claim)} | ✓ says | ✓ does not say |",
        "|---" * 4 + "|",
    ]
    for column, (says, silent) in MEANING.items():
        lines.append(f"| {column} | {mark(found, column)} | {says} | {silent} |")
    return "\n".join(lines)


def render_entries(folder, source, name):
    """The entries of one chapter's claims."""
    evidence, axioms = gather(folder, source)[2], assumptions(source)
    chapter = chapter_of(name)
    claims = by_chapter()[chapter]
    about = (
        f"What was tried against the statements of {{doc}}`/book/{chapter}`, one by one. "
        "[How to read this](#ledger-reading); {doc}`all statements in one table </book/ledger>`."
    )
    sections = [section(claim, evidence[claim.id], axioms) for claim in claims]
    return "\n\n".join([about, *sections])


def section(claim, evidence, axioms):
    whose = claim.paper[0].upper() + claim.paper[1:] if claim.ours else f"The paper's {claim.paper}"
    lines = [f"({label(claim)})=", f"## {name_of(claim)}", ""]
    lines += [f"*{whose}*, stated in {{stated}}`{claim.id}`. {claim.statement}", ""]
    lines += [f"- {line}" for line in details(claim, evidence, axioms)]
    lines += ["", *around(claim)]
    code = ["::::{dropdown} The code of the check", f":name: check-{claim.id}", "```python"]
    code += [engine.source(claim), "```"]
    code.append(
        f"To repeat it: `python -m linear_distillation verify {claim.id} --replay`. "
        f"Fingerprint of statement, check and library: `{engine.fingerprint(claim)}`"
    )
    return "\n".join([*lines, "", *code, "::::"])


def around(claim):
    """What a claim rests on and what rests on it: drawn on the site, in words on paper."""
    yield small(claim)
    for what, found in {"Rests on": claim.rests_on, "Used by": used_by(claim.id)}.items():
        if found:
            words = ", ".join(f"[{named(name)}](#claim-{name})" for name in found)
            yield f"\n```{{only}} latex\n**{what}:** {words}\n```"


def details(claim, evidence, axioms=()):
    """What is known of a claim, a sentence each."""
    yield "**Derived:** " + derived_where(claim, evidence["derivation"])
    if "error" in evidence:
        yield f"**The check raised** `{evidence['error']['exception']}`"
    yield from attacked(evidence["sampling"], evidence["search"])
    yield from planted(evidence["mutants"].get("by", {}))
    yield from hypotheses(evidence["ablations"].get("witness", {}))
    if "statement" in evidence["certified"]:
        yield f"**Proved by interval arithmetic:** {evidence['certified']['statement']}"
    yield from said(evidence["proof"], axioms)


def attacked(sampling, search):
    """How many cases were tried, and how near the worst came to a violation."""
    if not sampling.get("smallest"):
        return
    met, draws = sampling["met"], sampling["draws"]
    which = f", of which {met:,} met the hypotheses" if met < draws else ""
    undecided = f" {sampling['undecided']} were undecided." if sampling["undecided"] else ""
    first, last = (nearest(one["smallest"][1]) for one in (sampling, search))
    yield (
        f"**Attacked:** {draws:,} random cases{which}.{undecided} {first}. Then a search moved the "
        f"worst of them {search['evaluations']:,} times, to make it worse. "
        + (last if last != first else "It did not become worse")
    )


def nearest(slack):
    """The smallest slack in words: how near the worst case came to a violation."""
    if slack < 0:
        return f"The worst case **violates the statement**, by {-slack:.1e} of its size"
    if slack < ROUNDING:
        return "The worst case is one of equality, up to rounding"
    return f"The worst case had {slack:.1e} of its size to spare"


def planted(by):
    """Slightly wrong versions of a claim, put in its place: which were refuted, which missed."""
    refuted = [
        f"*{readable(name)}* ({percent(one['share'])} of cases)"
        for name, one in by.items()
        if one["refuted"]
    ]
    missed = [f"*{readable(name)}*" for name, one in by.items() if not one["refuted"]]
    if refuted:
        yield (
            "**Planted errors:** the same attack refutes these wrong versions of the statement: "
            + "; ".join(refuted)
        )
    if missed:
        yield "**Planted errors that it missed:** " + "; ".join(missed)


def percent(share):
    return f"{max(share, 0.001):.1%}".replace(".0%", "%")


def hypotheses(witness):
    """Which hypotheses are needed, as far as dropping each has shown."""
    needed = [f"*{readable(name)}*" for name, point in witness.items() if point]
    perhaps = [f"*{readable(name)}*" for name, point in witness.items() if not point]
    if needed:
        yield "**Hypotheses needed:** a counterexample was found without " + "; without ".join(
            needed
        )
    if perhaps:
        yield "**Perhaps not needed:** no counterexample was found without " + "; without ".join(
            perhaps
        )


def derived_where(claim, found):
    if found["verdict"] == "not applicable":
        return f"no, {found['reason']}"
    at = f'<a href="../{claim.chapter}.html#derives-{claim.id}">a cell of the chapter</a>'
    return {"pass": f"{at} derives it, and its assertions held", "fail": f"{at} **failed**"}.get(
        found["verdict"], f"in {at}, which has not run on this code"
    )


def keep(run, file, *took):
    """Keep a full run, or a sum of many quick ones, that is whole and in which nothing failed."""
    found = read(run)
    many = "seeds" in found
    wrong = any(row["failed"] for row in found["claims"]) if many else found["failed"]
    whole = {row["id"] for row in found["claims"]} == set(REGISTRY) if many else found["complete"]
    if wrong or not whole or found["budget"] != ("quick" if many else "full"):
        sys.exit(f"{run}: not a full run, or some in which something failed; it is not kept")
    about = dict(zip(("seconds", "jobs"), map(int, took), strict=False))
    text = json.dumps({"date": str(date.today()), **about, **found}, indent=None if many else 1)
    file.write_text(text + "\n")


if __name__ == "__main__":
    keep(*map(Path, sys.argv[1:3]), *sys.argv[3:])
