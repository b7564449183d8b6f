"""The ledger: every claim and its evidence, rendered from what ran.

Evidence is read from files: that of the full run, which `make verify` keeps in
`book/full-run.json`; that of the build's own quick run, `evidence.json`,
`chapters.json` and `proofs/result.json`, written beside the staged book. What is
missing, or was found with other code, reads "unknown".

python book/_ext/ledger.py RUN FILE    keeps a full run for the ledger, with its date
"""

import json
import sys
from datetime import date
from pathlib import Path

import nbformat
from claim_map import home
from derived import asserts, derivations
from proved import assumptions, link, listed, proof, result, said
from wording import readable

from linear_distillation import evidence as engine
from linear_distillation.claims import REGISTRY
from linear_distillation.claims.map import used_by
from linear_distillation.engine import BUDGETS

COLUMNS = {
    "derivation": "derived",
    "sampling": "sampled",
    "search": "searched",
    "mutants": "mutants",
    "ablations": "ablations",
    "certified": "certified",
    "proof": "proved",
}
NOWHERE = "In no chapter"
MARKS = {"pass": "✓", "fail": "✗ **failed**", "unknown": "? unknown", "not applicable": "–"}
FULL = "book/full-run.json"


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
    unknown = {"evidence": {kind: {"verdict": "unknown"} for kind in COLUMNS}}
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
        name: {key: run.get(key) for key in ("date", "seed", "budget", "library")}
        for name, run in (("full", full), ("quick", quick))
        if run
    }
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


def render(folder, source):
    """The ledger's table and sections in MyST Markdown."""
    evidence = gather(folder, source)[2]
    axioms = assumptions(source)
    sections = [section(claim, evidence[claim.id], axioms) for claim in REGISTRY.values()]
    return "\n\n".join([table(evidence), "## The checks, one by one", *sections])


def render_summary(folder, source):
    """What came out, counted, and of which runs it is said."""
    quick, full, evidence = gather(folder, source)
    if not quick and not full:
        return "No check has run for this build; `make verify` runs them."
    verdicts = [{kind: one[kind]["verdict"] for kind in COLUMNS} for one in evidence.values()]
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
            " ".join(which_runs(quick, full)),
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


def which_runs(quick, full):
    if full and full["library"] == engine.library_digest():
        budget = BUDGETS[full["budget"]]
        yield (
            f"The numbers are those of the full run of {full['date']}, seed {full['seed']}: "
            f"{budget.draws:,} random cases and {budget.search:,} steps of search a statement."
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


def label(claim):
    return f"claim-{claim.id}"


def table(evidence):
    """One row a claim, chapter by chapter, in the order of the book."""
    head = "| Claim | " + " | ".join(COLUMNS.values()) + " |"
    lines, before = [head, "|---" * (1 + len(COLUMNS)) + "|"], None
    for claim in REGISTRY.values():
        chapter = claim.chapter or home(claim.id)
        if chapter != before:
            where = f"{{doc}}`{chapter}`" if chapter else NOWHERE
            lines.append(f"| {where}" + " |" * (1 + len(COLUMNS)))
        before = chapter
        lines.append(table_row(claim, evidence[claim.id]))
    return "\n".join(lines)


def table_row(claim, found):
    item = f" <br>{claim.paper}" if claim.paper != "ours" else ""
    marks = [mark(found, kind) for kind in COLUMNS]
    return f"| [{claim.id}](#{label(claim)}){item} | " + " | ".join(marks) + " |"


def mark(evidence, kind):
    found = evidence[kind]
    text = MARKS[found["verdict"]]
    if kind == "mutants" and found.get("of"):
        text += f" {found['killed']}/{found['of']}"
    if kind == "ablations" and found.get("witness"):
        seen = sum(witness is not None for witness in found["witness"].values())
        text += f" {seen}/{len(found['witness'])}"
    if kind == "proof" and found.get("theorems"):
        text += " " + " ".join(link(row["theorem"]) for row in found["theorems"])
    return text


def section(claim, evidence, axioms):
    lines = [f"({label(claim)})=", f"### {claim.id}", "", f"*{claim.paper}.* {claim.statement}", ""]
    lines += [f"- {line}" for line in details(claim, evidence, axioms)]
    code = ["::::{dropdown} The check", f":name: check-{claim.id}", "```python"]
    code += [engine.source(claim), "```"]
    code.append(f"Fingerprint of statement, check and library: `{engine.fingerprint(claim)}`")
    return "\n".join([*lines, "", *code, "::::"])


def details(claim, evidence, axioms=()):
    """What is known of a claim, a sentence each."""
    yield "Derivation: " + derived_where(claim, evidence["derivation"])
    if "error" in evidence:
        yield f"**The check raised** `{evidence['error']['exception']}`"
    yield from attacked(evidence["sampling"], evidence["search"])
    refuted, survived = mutants(evidence["mutants"].get("by", {}))
    witness = evidence["ablations"].get("witness", {})
    names = {
        "False neighbours that the same attack refuted": refuted,
        "**False neighbours that it missed**": survived,
        "Needed: without it there is a counterexample": [k for k, v in witness.items() if v],
        "Perhaps not needed: no counterexample was found without it": [
            k for k, v in witness.items() if not v
        ],
    }
    for what, found in names.items():
        if found:
            yield f"{what}: " + "; ".join(f"*{readable(name)}*" for name in found)
    if "statement" in evidence["certified"]:
        yield f"Proved by interval arithmetic: {evidence['certified']['statement']}"
    yield from said(evidence["proof"], axioms)
    for what, found in {"Rests on": claim.rests_on, "Used by": used_by(claim.id)}.items():
        if found:
            yield f"{what}: " + ", ".join(f"[{name}](#claim-{name})" for name in found)


def attacked(sampling, search):
    if not sampling.get("smallest"):
        return
    undecided = f", {sampling['undecided']} were undecided" if sampling["undecided"] else ""
    yield (
        f"Sampling: {sampling['met']:,} of {sampling['draws']:,} random cases met the hypotheses; "
        f"the worst had a slack of {sampling['smallest'][1]:.1e}{undecided}"
    )
    yield f"Search: {search['evaluations']:,} steps brought it to {search['smallest'][1]:.1e}"


def mutants(found):
    """Names of the refuted, with the share of cases that refute them, and of the missed."""
    names = [[], []]
    for name, one in found.items():
        share = f" ({max(one['share'], 0.001):.1%} of cases)" if one["refuted"] else ""
        names[not one["refuted"]].append(f"{name}{share}")
    return names


def derived_where(claim, found):
    if found["verdict"] == "not applicable":
        return f"none, {found['reason']}"
    link = f'<a href="{claim.chapter}.html#derives-{claim.id}">a cell of the chapter</a>'
    return {"pass": f"{link} ran and asserted it", "fail": f"{link} failed"}.get(
        found["verdict"], "unknown, no chapter has run on this code"
    )


def keep(run, file):
    """Keep a run that is whole and in which nothing failed."""
    found = read(run)
    if not found.get("complete") or found["failed"] or found["budget"] != "full":
        sys.exit(f"{run}: not a full run in which nothing failed; it is not kept")
    file.write_text(json.dumps({"date": str(date.today()), **found}, indent=1) + "\n")


if __name__ == "__main__":
    keep(*map(Path, sys.argv[1:3]))
