"""One operation: try to break a claim, its mutants and its ablations."""

import hashlib
import inspect
import zlib
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import scipy

from .claims.claim import Intervals


class Budget(NamedTuple):
    """Draws of the sampler, evaluations of the optimiser, draws below which a claim is vacuous."""

    draws: int
    search: int
    enough: int


BUDGETS = {"quick": Budget(128, 120, 32), "full": Budget(4096, 8000, 512)}
STARTS = 3
OUTSIDE = TRIVIAL = 1e3  # what the optimiser sees where there is nothing to find


@dataclass
class Attack:
    """What came of attacking one claim."""

    draws: int = 0
    met: int = 0
    searched: int = 0
    smallest: float = np.inf
    worst: list = field(default_factory=list)
    sampled: tuple = (np.inf, [])  # smallest and worst before the search

    @property
    def refuted(self):
        return self.smallest < 0

    def try_point(self, claim, u):
        """The upper end of the slack at a point, None outside the hypotheses."""
        u = [float(c) for c in np.clip(u, 0, np.nextafter(1, 0))]
        case = claim.build(u)
        if not all(holds(case) for holds in claim.hypotheses.values()):
            return None
        high = float(claim.slack(case)[1])
        if np.isnan(high):
            raise FloatingPointError(f"{claim.id}: the slack at {u} is not a number")
        if high < 0 or not claim.trivial(case):
            if high < self.smallest:
                self.smallest, self.worst = high, u
            return high
        return TRIVIAL


def attack(claim, budget, seed=0):
    """Sample the cube, then minimise the upper end of the slack from the worst points.

    Stops at the first refutation.

    Parameters
    ----------
    claim : Claim
    budget : Budget
    seed : int
        Together with the claim's name it decides every draw.

    Returns
    -------
    Attack
    """
    found = Attack()
    sobol = scipy.stats.qmc.Sobol(claim.size, rng=np.random.default_rng([seed, crc(claim.id)]))
    points, values = sobol.random(budget.draws), []
    for u in points:
        high = found.try_point(claim, u)
        found.draws += 1
        found.met += high is not None
        values.append(np.inf if high is None else high)
        found.sampled = found.smallest, found.worst
        if found.refuted:
            return found
    for i in np.argsort(values)[: STARTS if budget.search else 0]:
        if values[i] < TRIVIAL and not found.refuted:
            _descend(found, claim, points[i], budget.search // STARTS)
    return found


class _Refuted(Exception):
    """Ends a descent."""


def _descend(found, claim, start, evaluations):
    def objective(u):
        high = found.try_point(claim, u)
        found.searched += 1
        if found.refuted:
            raise _Refuted
        return OUTSIDE if high is None else high

    steps = np.where(start < 0.5, 0.1, -0.1) * np.eye(claim.size)
    simplex = np.vstack([start, start + steps])
    options = {"maxfev": evaluations, "initial_simplex": simplex, "xatol": 1e-9, "fatol": 0}
    try:
        scipy.optimize.minimize(
            objective, start, method="Nelder-Mead", bounds=[(0, 1)] * claim.size, options=options
        )
    except _Refuted:
        return


def crc(text):
    """A number that is the same for a name in every process."""
    return zlib.crc32(text.encode())


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
    """
    evidence = {"derivation": {"verdict": "unknown"}}
    if claim.underived:
        evidence["derivation"] = {"verdict": "not applicable", "reason": claim.underived}
    row = {"id": claim.id, "paper": claim.paper, "chapter": claim.chapter}
    if not claim.checked:
        unknown = {"verdict": "unknown", "reason": "not yet checked"}
        kinds = ("sampling", "search", "mutants", "ablations")
        return {**row, "fingerprint": "", "evidence": evidence | dict.fromkeys(kinds, unknown)}
    budget, Intervals.taken = BUDGETS[budget_name], 0
    evidence |= _judge(attack(claim, budget, seed), budget)
    killed = {name: attack(claim.mutant(name), budget, seed) for name in claim.mutants}
    evidence["mutants"] = _judge_mutants(killed)
    freed = {name: attack(claim.ablation(name), budget, seed) for name in claim.ablations}
    evidence["ablations"] = _judge_ablations(freed)
    row |= {"fingerprint": fingerprint(claim), "intervals": Intervals.taken}
    return row | {"evidence": evidence}


def _judge(found, budget):
    smallest, worst = found.sampled
    vacuous = found.met < budget.enough or not worst
    reason = "refuted" if smallest < 0 else "vacuous" if vacuous else ""
    sampling = {"draws": found.draws, "met": found.met, "reason": reason}
    sampling |= {"smallest": smallest if worst else None, "worst": worst}
    sampling["verdict"] = "fail" if reason else "pass"
    search = {"evaluations": found.searched, "smallest": found.smallest if worst else None}
    search |= {"worst": found.worst, "verdict": "fail" if found.refuted else "pass"}
    if smallest < 0 or not found.searched:
        search["verdict"] = "unknown"
    return {"sampling": sampling, "search": search}


def _judge_mutants(killed):
    alive = [name for name, found in killed.items() if not found.refuted]
    verdict = "fail" if alive else "pass" if killed else "not applicable"
    names = {name: found.worst if found.refuted else None for name, found in killed.items()}
    return {"verdict": verdict, "killed": len(killed) - len(alive), "of": len(killed), "by": names}


def _judge_ablations(freed):
    witness = {name: found.worst if found.refuted else None for name, found in freed.items()}
    return {"verdict": "pass" if freed else "not applicable", "witness": witness}


def failed(row):
    """Whether any evidence of a row speaks against its claim or its check."""
    return any(kind["verdict"] == "fail" for kind in row["evidence"].values())


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
    """The source of a claim's check, for readers: how cases are built, and the slack."""
    parts = [piece for part in (claim.build, claim.slack) for piece in _pieces(part)]
    return "\n\n".join(inspect.getsource(piece).rstrip() for piece in dict.fromkeys(parts))


def _pieces(part):
    """A function, or the functions that a partial one is made of."""
    if not isinstance(part, partial):
        return [part]
    return [*filter(inspect.isfunction, part.keywords.values()), *_pieces(part.func)]
