"""Evidence: what attacks and proofs say of a claim, each kind with its own verdict, as data."""

from __future__ import annotations

__all__ = ["verify"]

import hashlib
import inspect
import traceback
from collections.abc import Iterable
from functools import cache, partial
from numbers import Integral
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ._checks import as_jobs
from .claims import REGISTRY
from .claims.claim import TWO_PERCENT
from .claims.slack import FALSE_ALARM, ROUNDING
from .engine import BUDGETS, NEAR, PATIENCE, TIGHT, attack
from .jobs import finished, watched

if TYPE_CHECKING:
    from typing import Any, Literal

    from ._types import Count

KINDS = ("derivation", "sampling", "search", "mutants", "ablations", "certified")
UNDECIDED = 0.01  # of the draws that met the hypotheses: more of them is a failure


def examine(claim, budget_name="quick", seed=0):
    """All the evidence that attacks can give on a claim, each kind with its own verdict.

    Parameters
    ----------
    claim : Claim
    budget_name : {"quick", "full"}
    seed : int

    Returns
    -------
    dict
        ``id``, ``paper``, ``chapter``, ``fingerprint`` and ``evidence``: kind ->
        ``{"verdict": "pass" | "fail" | "unknown" | "not applicable", ...}``.
        The derivation is the book's to know, not the engine's: unknown here.
        A check that raises has an ``error`` with the exception and its place.
    """
    row = {"id": claim.id, "paper": claim.paper, "chapter": claim.chapter}
    row |= {"rests_on": list(claim.rests_on), "fingerprint": fingerprint(claim), "intervals": 0}
    row["evidence"] = {kind: {"verdict": "unknown"} for kind in KINDS}
    if claim.underived:
        row["evidence"]["derivation"] = {"verdict": "not applicable", "reason": claim.underived}
    try:
        _gather(claim, BUDGETS[budget_name], seed, row)
    except Exception as error:
        row["error"] = _told(error)
    return row


def _told(error):
    """An exception as data: what, where in the cube, and where in the code."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return {
        "exception": f"{type(error).__name__}: {error}",
        "at": "; ".join(getattr(error, "__notes__", [])),
        "line": f"{Path(last.filename).name}:{last.lineno}",
    }


def _gather(claim, budget, seed, row):
    evidence = row["evidence"]
    evidence["certified"] = certified(claim.id)
    found = attack(claim.itself, budget, seed)
    for u in (found.sampled.worst, found.worst):
        if u:
            found.compare(u)
    evidence |= _judge(claim, found, budget)
    somewhere = "to fall somewhere"
    killed = {name: attack(claim.mutant(name), budget, seed, somewhere) for name in claim.mutants}
    if not claim.loose and not found.equation and found.widths:
        killed[TWO_PERCENT] = attack(claim.shifted(), budget, seed, somewhere)
    evidence["mutants"] = _judge_mutants(claim, found, killed)
    freed = {name: attack(claim.ablation(name), budget, seed, "to fall") for name in claim.without}
    evidence["ablations"] = _judge_ablations(claim, found, freed)
    row["intervals"] = sum(a.intervals for a in [found, *killed.values(), *freed.values()])


@cache
def certified(name):
    """What interval arithmetic proves of a claim; it is the same at every seed."""
    from .claims.certificates import CERTIFICATES, examine

    return examine(name) if name in CERTIFICATES else {"verdict": "not applicable"}


def _judge(claim, found, budget):
    first = found.sampled
    reasons = list(_complaints(claim, found, budget))
    sampling = {"verdict": "fail" if reasons else "pass", "reason": "; ".join(reasons)}
    sampling |= {"draws": first.draws, "met": first.met, "undecided": found.undecided}
    sampling |= {"sees": _sees(claim, found)}
    sampling |= {"smallest": _ends(first.smallest), "worst": first.worst}
    search = {"verdict": "fail" if found.refuted else "pass", "evaluations": found.searched}
    search |= {"smallest": _ends(found.smallest), "worst": found.worst}
    if first.refuted or not found.searched:
        search["verdict"] = "unknown"
    return {"sampling": sampling, "search": search}


def _complaints(claim, found, budget):
    """What speaks against a claim or its check, in words."""
    first = found.sampled
    if first.refuted or (found.refuted and not found.searched):
        yield "refuted"
        return
    if first.met < budget.enough:
        yield f"vacuous: only {first.met} of {first.draws} draws met the hypotheses"
    if not first.worst:
        yield "vacuous: every case is trivial"
    if found.undecided > UNDECIDED * found.met:
        yield f"{found.undecided} of {found.met} cases are undecided"
    if found.disagree:
        yield f"the library and the definition in balls disagree at {found.disagree}"
    yield from _lenient(claim, found)


def _lenient(claim, found):
    """Parts that could not see one per cent: far from equality, or with wide intervals."""
    for (place, sampled), part in sorted(found.parts.items()):
        where = f", part {place + 1}" if place or (1, sampled) in found.parts else ""
        if part.most > ROUNDING:
            yield f"lenient{where}: two sides that are equal differ by {-part.most:.2g}"
        elif part.least > TIGHT and not (claim.loose or part.loose or part.most > -np.inf):
            yield f"lenient{where}: the smallest slack, {part.least:.2g}, is not near 0"
        width = float(np.median(part.widths)) / 2
        if width > TIGHT and not sampled:  # of a statistic, its mutants say what it sees
            yield f"lenient{where}: the slack is known to {width:.2g} only"


def _sees(claim, found):
    """How much more lenient its tight parts could be and stay unnoticed; None if none is tight."""
    tight = [part.sees for part in found.parts.values() if not (claim.loose or part.loose)]
    return float(f"{max(tight):.2g}") if tight else None


def _ends(slack):
    return None if np.isinf(slack[0]) else [float(f"{end:.6g}") for end in slack]


def _judge_mutants(claim, itself, killed):
    by, faults = {}, []
    for name, found in killed.items():
        fault = _fault(claim, name, found, itself.assumed)
        faults += [f"{name}: {fault}"] if fault else []
        first = found.sampled
        share = round(first.negative / max(1, first.met), 4)
        by[name] = {"refuted": found.refuted, "share": share, "draws": first.draws}
        by[name] |= {"below": first.negative, "undecided": found.undecided}
        by[name]["point"] = found.worst if found.refuted else None
    verdict = "fail" if faults else "pass" if killed else "not applicable"
    count = sum(found.refuted for found in killed.values())
    return {"verdict": verdict, "killed": count, "of": len(killed), "faults": faults, "by": by}


def _fault(claim, name, found, assumed):
    """What is wrong with a mutant, in the author's words."""
    strangers = found.variation.dropped - assumed - found.assumed
    if strangers:
        dropped = ", ".join(map(repr, sorted(strangers)))
        return f"drops {dropped}, which the check does not assume; it assumes {told(assumed)}"
    if not found.met:
        return "met no case: with its keywords the hypotheses never hold"
    if not found.refuted:
        return "survived"
    if name in claim.crude or found.spared or (found.equation and found.nearest > -NEAR):
        return ""
    return "refuted on every draw: bring it nearer to the claim, or say why under `crude`"


def told(names):
    """Names in a row, or that there are none."""
    return ", ".join(map(repr, sorted(names))) or "nothing"


def _judge_ablations(claim, found, freed):
    faults = [
        f"{name}: names no hypothesis of the check"
        for name in claim.without
        if name not in found.assumed
    ]
    faults += [
        f"{name}: a hypothesis without its ablation"
        for name in sorted(found.assumed)
        if name not in claim.without
    ]
    witness = {name: a.worst if a.refuted else None for name, a in freed.items()}
    verdict = "fail" if faults else "pass" if freed else "not applicable"
    return {"verdict": verdict, "faults": faults, "witness": witness}


def failed(row):
    """Whether any evidence of a row speaks against its claim or its check."""
    return "error" in row or any(kind["verdict"] == "fail" for kind in row["evidence"].values())


@cache
def library_digest():
    """Digest of the library's sources."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def fingerprint(claim):
    """What a piece of evidence is valid for: the statement, its check and the library."""
    text = f"{claim.id}|{claim.statement}|{library_digest()}"
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def source(claim):
    """The source of a claim's check, for readers, and of the functions of its module it calls."""
    module = inspect.getmodule(claim.check)
    named = [getattr(module, name, None) for name in claim.check.__code__.co_names]
    inner = [f for f in named if inspect.isfunction(f) and f.__module__ == module.__name__]
    return "\n\n".join(inspect.getsource(f).rstrip() for f in dict.fromkeys([*inner, claim.check]))


# Runs


def verify(
    ids: Iterable[str] | None = None,
    budget: Literal["quick", "full"] = "quick",
    seed: Count = 0,
    n_jobs: Count = 1,
) -> dict[str, Any]:
    """Try to break claims, and tell what came of it.

    Parameters
    ----------
    ids : sequence of str, optional
        Claims by their ids (`list` on the command line); all if not given.
    budget : {"quick", "full"}
    seed : int
    n_jobs : int
        Processes; the report is the same for any number.

    Returns
    -------
    dict
        ``seed``, ``budget``, ``false_alarm_rate``, ``library`` (a digest),
        ``complete``, ``failed`` (ids) and ``claims``, a row a claim as `examine`
        gives it.

    Raises
    ------
    ValueError
        If there is no such claim or budget, or the seed or n_jobs is out of range.
    """
    ids = list(REGISTRY) if ids is None else _known(ids)
    if not isinstance(budget, str) or budget not in BUDGETS:
        raise ValueError(f"budget: expected one of {', '.join(BUDGETS)}, got {budget!r}")
    if isinstance(seed, bool) or not isinstance(seed, Integral) or seed < 0:
        raise ValueError(f"seed: expected a whole number >= 0, got {seed!r}")
    seed, n_jobs = int(seed), as_jobs("n_jobs", n_jobs)
    rows = dict(examined(ids, budget, seed, n_jobs))
    return report(ids, rows, budget, seed)


def _known(ids):
    """The ids of claims that there are, each once."""
    if isinstance(ids, str) or not isinstance(ids, Iterable):
        raise ValueError(f"ids: expected a list of ids, got {ids!r}")
    ids = list(ids)
    if not ids:
        raise ValueError("ids: expected at least one")
    for name in ids:
        if not isinstance(name, str) or name not in REGISTRY:
            raise ValueError(f"ids: there is no claim {name!r}")
    return list(dict.fromkeys(ids))


def examined(ids, budget, seed, n_jobs):
    """Pairs of id and row, as they are finished; a terminal sees a progress bar."""
    calls = [partial(_by_name, name, budget, seed) for name in ids]
    for index, row in watched(finished(calls, n_jobs), len(calls), "claim"):
        yield ids[index], row


def _by_name(name, budget, seed):
    return examine(REGISTRY[name], budget, seed)


def report(ids, rows, budget, seed):
    """Rows with what they have in common, in the order of the ids."""
    found = [rows[name] for name in ids if name in rows]
    return {
        "seed": seed,
        "budget": budget,
        "false_alarm_rate": FALSE_ALARM,
        "library": library_digest(),
        "complete": len(found) == len(ids),
        "failed": [row["id"] for row in found if failed(row)],
        "claims": found,
    }


def over_seeds(reports):
    """Runs with several seeds summed up, claim by claim.

    Returns
    -------
    dict
        ``seeds``, ``budget``, ``library`` and ``claims``: a row a claim with the
        seeds at which it ``failed``, the ``undecided`` cases, for each mutant at
        how many seeds it was ``killed``, its ``share`` of draws below zero and the
        ``miss`` rate to be expected, for each ablation at how many seeds there was
        a witness. A run misses a mutant if none of the draws that it may make is
        below zero: for independent draws (1 - share)^draws. Its search helps, so
        that this is what the draws alone would miss.
    """
    by_id = {}
    for found in reports:
        for row in found["claims"]:
            by_id.setdefault(row["id"], []).append((found["seed"], row))
    common = {key: reports[0][key] for key in ("budget", "library")}
    return {
        "seeds": [found["seed"] for found in reports],
        **common,
        "claims": [{"id": name, **_summed(rows)} for name, rows in by_id.items()],
    }


def _summed(rows):
    kinds = [row["evidence"] for _, row in rows if "error" not in row]
    mutants = {
        name: _over([kind["mutants"]["by"][name] for kind in kinds])
        for name in (kinds[0]["mutants"]["by"] if kinds else ())
    }
    witness = {
        name: sum(kind["ablations"]["witness"][name] is not None for kind in kinds)
        for name in (kinds[0]["ablations"]["witness"] if kinds else ())
    }
    undecided = sum(kind["sampling"]["undecided"] for kind in kinds)
    wrong = [seed for seed, row in rows if failed(row)]
    return {"failed": wrong, "undecided": undecided, "mutants": mutants, "witness": witness}


def _over(seen):
    """A mutant over several runs, each of which makes up to `PATIENCE` draws until it falls."""
    below, draws, killed = (sum(one[key] for one in seen) for key in ("below", "draws", "refuted"))
    miss = (1 - below / draws) ** PATIENCE["to fall somewhere"]
    return {"killed": killed, "share": round(below / draws, 5), "miss": float(f"{miss:.1e}")}
