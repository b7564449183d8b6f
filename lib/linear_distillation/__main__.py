"""Command line: ``python -m linear_distillation verify`` and ``list``."""

import argparse
import difflib
import json
import sys
from functools import partial
from pathlib import Path

from .claims import REGISTRY
from .claims.claim import FALSE_ALARM, INTERVALS
from .engine import BUDGETS, examine, failed
from .jobs import clear, finished, watched

KINDS = ("derivation", "sampling", "search", "mutants", "ablations")
MARKS = {"pass": "pass", "fail": "FAIL", "unknown": "?", "not applicable": "-"}


def main(arguments=None):
    """Run the command line; the exit status is returned."""
    options = parser().parse_args(arguments)
    return options.run(options)


def parser():
    top = argparse.ArgumentParser(prog="python -m linear_distillation", description=__doc__)
    commands = top.add_subparsers(required=True, metavar="command")
    listing = commands.add_parser("list", help="the claims and their statements")
    listing.set_defaults(run=list_claims)
    verify = commands.add_parser("verify", help="try to break claims; exit 1 if one gives way")
    verify.set_defaults(run=run_verify)
    verify.add_argument("ids", nargs="*", metavar="ID", type=known, help="all if none is given")
    verify.add_argument("--budget", choices=BUDGETS, default="quick")
    verify.add_argument("--seed", type=natural, default=0)
    verify.add_argument("--jobs", type=jobs, default=1, help="processes (results are the same)")
    verify.add_argument("--json", action="store_true", help="print evidence as JSON")
    verify.add_argument("--output", type=Path, help="also write the JSON to this file")
    verify.add_argument("--quiet", action="store_true", help="print only what failed, and the end")
    verify.add_argument("--replay", action="store_true", help="show how to rebuild the worst case")
    return top


def known(name):
    """A claim's id, or an error that says which are near."""
    if name not in REGISTRY:
        near = difflib.get_close_matches(name, REGISTRY, n=3, cutoff=0.4)
        hint = f"; near: {', '.join(near)}" if near else "; see the command list"
        raise argparse.ArgumentTypeError(f"unknown claim {name!r}{hint}")
    return name


def natural(text):
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"expected a whole number, got {text!r}")
    return int(text)


def jobs(text):
    return natural(text) or 1


def list_claims(options):
    for claim in REGISTRY.values():
        state = "checked" if claim.checked else "not yet checked"
        print(f"{claim.id:24} {claim.paper:24} {state:16} {claim.statement}")
    return 0


def run_verify(options):
    ids = list(dict.fromkeys(options.ids)) or list(REGISTRY)
    rows = {}
    if not (options.json or options.quiet):
        show_header()
    for row in examined(ids, options):
        rows[row["id"]] = row
        visible = failed(row) or (REGISTRY[row["id"]].checked and not options.quiet)
        if visible and not options.json:
            show(row, options.replay)
    report = {
        "seed": options.seed,
        "false_alarm_rate": FALSE_ALARM,
        "budget": options.budget,
        "claims": [rows[name] for name in ids],
    }
    text = json.dumps(report, indent=1)
    if options.output:
        options.output.parent.mkdir(parents=True, exist_ok=True)
        options.output.write_text(text)
    print(text if options.json else summary(report))
    return int(any(failed(row) for row in report["claims"]))


def examined(ids, options):
    """Rows as they are finished, with a progress bar on a terminal."""
    calls = [partial(examine_by_name, name, options.budget, options.seed) for name in ids]
    rows = watched(finished(calls, options.jobs), len(calls), "claim")
    for _, row in rows:
        clear(rows)
        yield row


def examine_by_name(name, budget, seed):
    return examine(REGISTRY[name], budget, seed)


COLUMNS = "{:24} {:9} {:9} {:9} {:9} {:9} {:>9}  {:>8}"


def show_header():
    print(COLUMNS.format("claim", *KINDS, "draws", "slack").rstrip(), flush=True)


def show(row, replay=False):
    evidence = row["evidence"]
    sampling = evidence["sampling"]
    smallest = evidence["search"]["smallest"]
    slack = "-" if smallest is None else f"{smallest:.1e}"
    seen = f"{sampling['met']}/{sampling['draws']}", slack
    print(COLUMNS.format(row["id"], *(mark(evidence, kind) for kind in KINDS), *seen), flush=True)
    for complaint in complaints(evidence):
        print(f"    {complaint}", flush=True)
    if replay or failed(row):
        print(REPLAY.format(id=row["id"], worst=evidence["search"]["worst"]), flush=True)


REPLAY = """    the worst case, to rebuild it in Python:
      from linear_distillation.claims import REGISTRY
      claim, u = REGISTRY["{id}"], {worst}
      case = claim.build(u); print(case, claim.slack(case))"""


def mark(evidence, kind):
    """A verdict in a word, with the numbers of mutants killed and witnesses found."""
    found = evidence[kind]
    text = MARKS[found["verdict"]]
    if kind == "mutants" and found["verdict"] != "not applicable":
        return f"{text} {found['killed']}/{found['of']}"
    if kind == "ablations" and found["verdict"] == "pass":
        witness = found["witness"].values()
        return f"{text} {sum(w is not None for w in witness)}/{len(witness)}"
    return text


def complaints(evidence):
    if reason := evidence["sampling"]["reason"]:
        yield reason
    if evidence["search"]["verdict"] == "fail":
        yield "refuted by the search"
    for name, killer in evidence["mutants"]["by"].items():
        if killer is None:
            yield f"a mutant survived: {name}"


def summary(report):
    rows = report["claims"]
    checked = [row for row in rows if "met" in row["evidence"]["sampling"]]
    wrong = [row["id"] for row in rows if failed(row)]
    return (
        f"\n{len(checked)} of {len(rows)} claims checked, budget {report['budget']}, "
        f"seed {report['seed']}. False-alarm rate of the run {FALSE_ALARM:.0e}, split over at most "
        f"{INTERVALS} confidence intervals.\n"
        + (f"Failed: {', '.join(wrong)}" if wrong else "Nothing failed.")
    )


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("interrupted; what is printed above stands", file=sys.stderr)
        sys.exit(130)
