"""Command line: ``python -m linear_distillation`` with ``study``, ``verify`` or ``list``.

Exit status: 0 if nothing failed, 1 if a claim or its check did, 2 for wrong
arguments, 3 if something could not be read or written.
"""

import argparse
import difflib
import json
import os
import signal
import sys
from pathlib import Path

from . import _command
from ._out import Unwritable, place, say, write
from .claims import REGISTRY
from .claims.slack import FALSE_ALARM, INTERVALS
from .engine import BUDGETS
from .evidence import KINDS, examined, failed, over_seeds, report
from .jobs import stop

MARKS = {"pass": "pass", "fail": "FAIL", "unknown": "?", "not applicable": "-"}


def main(arguments=None):
    """Run the command line; the exit status is returned."""
    options = parser().parse_args(arguments)
    try:
        return options.run(options)
    except Unwritable as error:
        print(f"linear_distillation: {error}", file=sys.stderr)
        return 3
    except KeyboardInterrupt:
        print(f"interrupted{left(options)}", file=sys.stderr)
        return 130


def left(options):
    """What a run that was stopped leaves behind."""
    if options.run is not run_verify:
        return ""
    kept = ["what is printed above stands"] if options.shown else []
    kept += [f"{options.output} holds what was finished"] if options.written else []
    return "; " + "; ".join(kept or ["nothing is printed or kept"])


def parser():
    from . import __version__

    top = argparse.ArgumentParser(
        prog="python -m linear_distillation",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=__version__)
    commands = top.add_subparsers(required=True, metavar="command")
    listing = commands.add_parser("list", help="the claims and their statements")
    listing.set_defaults(run=list_claims)
    verify = commands.add_parser("verify", help="try to break claims; exit 1 if one gives way")
    verify.set_defaults(run=run_verify, shown=False, written=False)
    verify.add_argument("ids", nargs="*", metavar="ID", type=known, help="all if none is given")
    verify.add_argument("--budget", choices=BUDGETS, default="quick")
    verify.add_argument("--seed", type=natural, default=0, help="repeats a run (default 0)")
    verify.add_argument("--seeds", type=positive, default=1, help="so many runs, summed up")
    verify.add_argument("--jobs", type=jobs, default=1, help="processes (results are the same)")
    verify.add_argument("--json", action="store_true", help="print evidence as JSON")
    verify.add_argument("--output", type=Path, help="write the JSON here, row by row")
    verify.add_argument("--quiet", action="store_true", help="print only what failed, and the end")
    verify.add_argument("--replay", action="store_true", help="show how to rebuild the worst case")
    _command.add(commands, natural, jobs)
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


def positive(text):
    if natural(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number >= 1, got {text!r}")
    return int(text)


def jobs(text):
    """Processes, at most as many as there are claims; -1 for all that the machine has."""
    count = natural(text.removeprefix("-"))
    return max(1, min(os.cpu_count() or 1 if text.startswith("-") else count, len(REGISTRY)))


def list_claims(options):
    for claim in REGISTRY.values():
        say(f"{claim.id:24} {claim.paper:24} {claim.statement}")
    return 0


def run_verify(options):
    ids = list(dict.fromkeys(options.ids)) or list(REGISTRY)
    options.output = place("--output", options.output)
    if not (options.json or options.quiet):
        show_header()
    seeds = range(options.seed, options.seed + options.seeds)
    reports = []
    for seed in seeds:
        reports.append(run(ids, options, seed))
        result = reports[0] if options.seeds == 1 else over_seeds(reports)
        keep(options, result)
    say(json.dumps(result, indent=1) if options.json else summary(result, reports))
    return int(any(found["failed"] for found in reports))


def run(ids, options, seed):
    """One run; rows are shown, and written, as they are finished."""
    rows = {}
    for name, row in examined(ids, options.budget, seed, min(options.jobs, len(ids))):
        rows[name] = row
        if not options.json and (failed(row) or not options.quiet):
            show(row, seed, options.replay)
            options.shown = True
        if options.seeds == 1:
            keep(options, report(ids, rows, options.budget, seed))
    return report(ids, rows, options.budget, seed)


def keep(options, result):
    if options.output is not None:
        write("--output", options.output, json.dumps(result, indent=1))
        options.written = True


COLUMNS = "{:24} {:10} {:9} {:9} {:9} {:9} {:9} {:>9}  {:>8}"


def show_header():
    say(COLUMNS.format("claim", *KINDS, "draws", "slack").rstrip())


def show(row, seed, replay=False):
    evidence = row["evidence"]
    seen = evidence["sampling"]
    smallest = evidence["search"].get("smallest")
    draws = f"{seen['met']}/{seen['draws']}" if "met" in seen else "-"
    slack = f"{smallest[1]:.1e}" if smallest else "-"
    marks = (mark(evidence, kind) for kind in KINDS)
    say(COLUMNS.format(row["id"], *marks, draws, slack))
    for complaint in complaints(row):
        say(f"    {complaint}")
    if replay or (failed(row) and smallest):
        say(REPLAY.format(id=row["id"], seed=seed))
        for name, u in points(evidence):
            say(POINT.format(what=f".{name}" if name else ".itself", u=u))


REPLAY = """    to rebuild these cases in Python (the run: verify {id} --seed {seed}):
      from linear_distillation.claims import REGISTRY
      claim = REGISTRY["{id}"]"""
POINT = """      print(claim{what}.at({u}))"""


def points(evidence):
    """The worst case, and the cases that refuted mutants and ablations."""
    yield "", evidence["search"].get("worst")
    for name, mutant in evidence["mutants"].get("by", {}).items():
        if mutant["refuted"]:
            what = "shifted()" if name == "2 % off" else f"mutant({name!r})"
            yield what, mutant["point"]
    for name, u in evidence["ablations"].get("witness", {}).items():
        if u:
            yield f"ablation({name!r})", u


def mark(evidence, kind):
    """A verdict in a word, with the numbers of mutants killed and witnesses found."""
    found = evidence[kind]
    text = MARKS[found["verdict"]]
    if kind == "mutants" and found.get("of"):
        return f"{text} {found['killed']}/{found['of']}"
    if kind == "ablations" and found.get("witness"):
        witness = found["witness"].values()
        return f"{text} {sum(w is not None for w in witness)}/{len(witness)}"
    return text


def complaints(row):
    evidence = row["evidence"]
    if "error" in row:
        error = row["error"]
        yield f"ERROR {error['exception']} ({error['line']}) {error['at']}"
    if reason := evidence["sampling"].get("reason"):
        yield reason
    if evidence["search"]["verdict"] == "fail":
        yield "refuted by the search"
    for kind in ("mutants", "ablations"):
        yield from (f"{kind}: {fault}" for fault in evidence[kind].get("faults", ()))
    if evidence["certified"]["verdict"] == "fail":
        yield f"certified: {evidence['certified']['reason']}"


def summary(result, reports):
    wrong = sorted({name for found in reports for name in found["failed"]})
    runs = f"seed {reports[0]['seed']}"
    if len(reports) > 1:
        runs = f"seeds {reports[0]['seed']} to {reports[-1]['seed']}"
    lines = [
        f"\n{len(reports[0]['claims'])} claims, budget {reports[0]['budget']}, {runs}. "
        f"False-alarm rate of a run {FALSE_ALARM:.0e}, split over at most "
        f"{INTERVALS} confidence intervals."
    ]
    if len(reports) > 1:
        lines += table(result)
    return "\n".join([*lines, f"Failed: {', '.join(wrong)}" if wrong else "Nothing failed."])


def table(result):
    """A line a claim that failed, was undecided, or missed a mutant or a witness at some seed."""
    runs = len(result["seeds"])
    for row in result["claims"]:
        notes = [f"failed at seeds {row['failed']}"] if row["failed"] else []
        notes += [f"{row['undecided']} undecided"] if row["undecided"] else []
        notes += [
            f"{name}: {found['killed']}/{runs}"
            for name, found in row["mutants"].items()
            if found["killed"] < runs
        ]
        notes += [
            f"without {name}: {f'{found}/{runs}' if found else 'none found'}"
            for name, found in row["witness"].items()
            if found < runs
        ]
        if notes:
            yield f"{row['id']:24} {'; '.join(notes)}"
    mutants = [found for row in result["claims"] for found in row["mutants"].values()]
    kills = sum(found["killed"] for found in mutants)
    yield f"Mutants refuted: {kills} of {len(mutants) * runs}."


def terminated(*_):
    sys.exit(128 + signal.SIGTERM)


def silence():
    """Drop what could not be written, of which Python would complain at its end."""
    if sys.stdout is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, terminated)
    try:
        status = main()
    except BrokenPipeError:  # whoever read has seen enough
        status = 128 + signal.SIGPIPE
    finally:
        stop()
    if status in (3, 128 + signal.SIGPIPE):
        silence()
    sys.exit(status)
