"""The ledger: every claim and its evidence, rendered from what ran.

Evidence is read from files that the build's own steps have just written beside
the staged book: `evidence.json` by `verify`, `chapters.json` by the run of the
chapters. What is missing, or was found with other code, reads "unknown".
"""

import json

import nbformat
from claim_map import home
from wording import readable

from linear_distillation import engine
from linear_distillation.claims import REGISTRY

KINDS = {
    "derivation": "derived",
    "sampling": "sampled",
    "search": "searched",
    "mutants": "mutants",
    "ablations": "ablations",
}
NOWHERE = "In no chapter"
MARKS = {"pass": "✓", "fail": "✗ **failed**", "unknown": "? unknown", "not applicable": "–"}


def gather(folder, source):
    """The report of the checks, its rows by name, and the evidence for every claim."""
    report = read(folder / "evidence.json")
    rows = {row["id"]: row for row in report.get("claims", [])}
    ran = read(folder / "chapters.json")
    evidence = {name: judge(claim, rows.get(name), ran, source) for name, claim in REGISTRY.items()}
    return report, rows, evidence


def render(folder, source):
    """The ledger's table and sections in MyST Markdown."""
    _, rows, evidence = gather(folder, source)
    checked = [claim for claim in REGISTRY.values() if claim.checked]
    waiting = [claim for claim in REGISTRY.values() if not claim.checked]
    return "\n\n".join(
        [
            table(checked, evidence),
            "## The checks, one by one",
            *(section(claim, evidence[claim.id], rows.get(claim.id)) for claim in checked),
            *unchecked(waiting),
        ]
    )


def render_summary(folder, source):
    """What came out, counted, and of which run it is said."""
    report, _, evidence = gather(folder, source)
    if not report:
        return "No check has run for this build; `make verify` runs them."
    verdicts = [[one[kind]["verdict"] for kind in KINDS] for one in evidence.values()]
    checked = sum(claim.checked for claim in REGISTRY.values())
    withstood = sum(row[1:3] == ["pass", "pass"] for row in verdicts)
    derived = sum(row[0] == "pass" for row in verdicts)
    failed, unknown = (sum(mark in row for row in verdicts) for mark in ("fail", "unknown"))
    return (
        f"{checked} of {len(REGISTRY)} statements have a check. On the present code:\n\n"
        f"- {withstood} withstood random cases and a search for a counterexample,\n"
        f"- {derived} are derived with SymPy in a chapter,\n"
        f"- {failed} failed a check or a derivation, and {unknown} wait for one to run.\n\n"
        f"The run had the budget *{report['budget']}* and the seed {report['seed']}. The chance "
        f"that any of its confidence intervals raises a false alarm is at most one in "
        f"{1 / report['false_alarm_rate']:,.0f}."
    )


def unchecked(claims):
    if claims:
        yield "## Not yet checked"
        yield "These statements are in the paper, or are ours, and wait for their chapter."
    for claim in claims:
        yield f"({label(claim)})=\n**{claim.id}** ({claim.paper}). {claim.statement}"


def read(path):
    """A JSON file, or nothing where there is none."""
    return json.loads(path.read_text()) if path.exists() else {}


def judge(claim, row, ran, source):
    """The evidence of a row if it is of the present code, else unknowns."""
    unknown = {kind: {"verdict": "unknown"} for kind in KINDS}
    current = row and claim.checked and row["fingerprint"] == engine.fingerprint(claim)
    evidence = row["evidence"] if current else unknown
    return evidence | {"derivation": derivation(claim, ran, source)}


def derivation(claim, ran, source):
    """Whether a cell tagged for the claim ran to its end, and asserted, on the present code."""
    if claim.underived:
        return {"verdict": "not applicable", "reason": claim.underived}
    path = source / "book" / f"{claim.chapter}.ipynb"
    fresh = ran.get("library") == engine.library_digest() and claim.chapter in ran["chapters"]
    if not fresh or not path.exists():
        return {"verdict": "unknown"}
    cells = tagged(nbformat.read(path, as_version=4), claim.id)
    sound = cells and all(cell.execution_count and "assert " in cell.source for cell in cells)
    return {"verdict": "pass" if sound else "fail"}


def tagged(notebook, claim_id):
    tag = f"derives:{claim_id}"
    return [cell for cell in notebook.cells if tag in cell.metadata.get("tags", [])]


def label(claim):
    return f"claim-{claim.id}"


def table(claims, evidence):
    """One row a claim, chapter by chapter, in the order in which the paper comes to them."""
    head = "| Claim | " + " | ".join(KINDS.values()) + " |"
    lines = [head, "|---" * (1 + len(KINDS)) + "|"]
    chapters = {}
    for claim in claims:
        chapters.setdefault(claim.chapter or home(claim.id), []).append(claim)
    for chapter, inside in chapters.items():
        lines.append(f"| {f'{{doc}}`{chapter}`' if chapter else NOWHERE}" + " |" * (1 + len(KINDS)))
        lines += [table_row(claim, evidence[claim.id]) for claim in inside]
    return "\n".join(lines)


def table_row(claim, found):
    item = f" <br>{claim.paper}" if claim.paper != "ours" else ""
    marks = [mark(found, kind) for kind in KINDS]
    return f"| [{claim.id}](#{label(claim)}){item} | " + " | ".join(marks) + " |"


def mark(evidence, kind):
    found = evidence[kind]
    text = MARKS[found["verdict"]]
    if kind == "mutants" and found.get("of"):
        text += f" {found['killed']}/{found['of']}"
    if kind == "ablations" and found.get("witness"):
        seen = sum(witness is not None for witness in found["witness"].values())
        text += f" {seen}/{len(found['witness'])}"
    return text


def section(claim, evidence, row):
    lines = [f"({label(claim)})=", f"### {claim.id}", "", f"*{claim.paper}.* {claim.statement}", ""]
    lines += [f"- {line}" for line in details(claim, evidence)]
    head = ["::::{dropdown} The check", f":name: check-{claim.id}"]
    code = [*head, "```python", engine.source(claim), "```"]
    if row:
        code.append(f"Fingerprint of statement, check and library: `{row['fingerprint']}`")
    return "\n".join([*lines, "", *code, "::::"])


def details(claim, evidence):
    yield "Derivation: " + derived_where(claim, evidence["derivation"])
    sampling, search = evidence["sampling"], evidence["search"]
    if "met" in sampling:
        yield (
            f"Sampling: {sampling['met']} of {sampling['draws']} draws met the hypotheses, "
            f"the smallest slack was {sampling['smallest']:.1e}"
        )
        yield (
            f"Search: {search['evaluations']} evaluations brought it to {search['smallest']:.1e}"
        )
    refuted, survived = split(evidence["mutants"].get("by", {}))
    needed, open_ = split(evidence["ablations"].get("witness", {}))
    for what, names in {
        "Mutants that were refuted": refuted,
        "**Mutants that survived**": survived,
        "Needed, as a counterexample shows": needed,
        "No counterexample was found without": open_,
    }.items():
        if names:
            yield f"{what}: " + "; ".join(f"*{readable(name)}*" for name in names)


def split(found):
    """Names for which something was found, and names for which nothing was."""
    return [[k for k, v in found.items() if (v is None) == none] for none in (False, True)]


def derived_where(claim, found):
    if found["verdict"] == "not applicable":
        return f"none, {found['reason']}"
    link = f'<a href="{claim.chapter}.html#derives-{claim.id}">a cell of the chapter</a>'
    return {"pass": f"{link} ran and asserted it", "fail": f"{link} failed"}.get(
        found["verdict"], "unknown, no chapter has run on this code"
    )
