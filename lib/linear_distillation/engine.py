"""One operation: try to break a claim, its mutants and its ablations."""

import hashlib
import inspect
import traceback
import zlib
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import scipy

from .claims.claim import TWO_PERCENT, ClaimError
from .claims.draw import COORDINATES
from .claims.slack import PER_CLAIM, Interval


class Budget(NamedTuple):
    """Draws of the sampler, evaluations of the optimiser, draws below which a claim is vacuous."""

    draws: int
    search: int
    enough: int


BUDGETS = {"quick": Budget(128, 120, 32), "full": Budget(4096, 8000, 512)}
STARTS = 3
OUTSIDE = TRIVIAL = 1e3  # what the optimiser sees where there is nothing to find
PATIENCE = 8  # times as many draws where hypotheses are rarely met or a mutant holds out
UNDECIDED = 0.01  # of the draws that met the hypotheses: more of them is a failure
TIGHT = 0.005  # how near to equality a tight claim is seen, and how wide its interval may be
NEAR = 0.2  # how near to true a mutant of an equation comes
SHARE = 32  # draws from which the share of refuted ones is told


@dataclass
class Attack:
    """What came of attacking one variation of a claim."""

    variation: object
    draws: int = 0
    met: int = 0
    searched: int = 0
    negative: int = 0  # draws with a slack below zero, confirmed or not
    undecided: int = 0
    intervals: int = 0
    spared: bool = False  # whether some draw was not refuted
    nearest: float = -np.inf  # the mildest violation
    smallest: tuple = (np.inf, np.inf)  # the slack of the worst case
    worst: list = field(default_factory=list)
    sampled: tuple = ((np.inf, np.inf), [])  # smallest and worst before the search
    refuted: bool = False
    disagree: list = field(default_factory=list)  # where the two routes do
    widths: list = field(default_factory=list)
    assumed: set = field(default_factory=set)
    equation: bool = False

    def try_point(self, u):
        """What the optimiser sees at a point: the upper end of the slack. None outside."""
        u = [float(c) for c in np.clip(u, 0, np.nextafter(1, 0))]
        with self._placed(u):
            outcome = self.variation.at(u)
            return None if outcome is None else self._take(u, outcome)

    @contextmanager
    def _placed(self, u):
        """An exception is told with its place in the cube."""
        try:
            yield
        except Exception as error:
            error.add_note(f"{self.variation.id} at {u}")
            raise

    def _take(self, u, outcome):
        self.met += 1
        self.assumed |= outcome.assumed
        self.intervals += outcome.intervals
        self.equation |= outcome.equation
        if self.intervals > PER_CLAIM:
            raise ClaimError(f"more than {PER_CLAIM} confidence intervals were taken")
        slack = outcome.slack
        if outcome.trivial and self.variation.shift:
            return TRIVIAL  # two per cent must be missed where equality is no accident
        if not outcome.sampled:
            self.widths.append(slack.high - slack.low)
        if slack.high < 0:
            slack = self._decide(u, outcome)
        elif outcome.trivial:
            return TRIVIAL
        else:
            self.spared = True
        if slack.high < self.smallest[1] or not self.worst:
            self.smallest, self.worst = tuple(slack), u[: outcome.taken]
        return slack.high

    def _decide(self, u, outcome):
        """A slack below zero is confirmed by the second route, or it is undecided."""
        self.negative += 1
        self.nearest = max(self.nearest, outcome.slack.high)
        if self.refuted:
            return outcome.slack
        second = self.variation.again(u, outcome)
        if second is not None and second.high < 0:
            self._refute(u, outcome)
            return outcome.slack
        self.undecided += 1
        self._apart(u, outcome, second)
        return Interval(outcome.slack.low, max(second.high, 0.0) if second else 0.0)

    def _refute(self, u, outcome):
        self.refuted, self.worst = True, u[: outcome.taken]
        self.smallest = tuple(outcome.slack)

    def _apart(self, u, outcome, second):
        """Note where a computation and its definition differ by more than a tight claim may."""
        if second is None or outcome.sampled:
            return
        gap = max(second.low - outcome.slack.high, outcome.slack.low - second.high)
        if gap > TIGHT:
            self.disagree = u[: outcome.taken]

    def compare(self, u):
        """The second route at a point that the first did not refute."""
        with self._placed(u):
            outcome = self.variation.at(u)
            if outcome is None or outcome.sampled:
                return
            second = self.variation.again(u, outcome)
        if second is not None and second.high < 0:
            self._refute(u, outcome)
        self._apart(u, outcome, second)


def attack(variation, budget, seed=0, mutant=False):
    """Sample the cube, then minimise the upper end of the slack from the worst points.

    A claim is sampled until enough draws met its hypotheses, and to the end of
    the budget; a mutant until it is refuted and a draw has spared it.

    Parameters
    ----------
    variation : Variation
    budget : Budget
    seed : int
        Together with the name it decides every draw.
    mutant : bool
        Whether a refutation is what is hoped for.

    Returns
    -------
    Attack
    """
    found = Attack(variation)
    points, values = _sample(found, budget, seed, mutant)
    found.sampled = found.smallest, found.worst
    if not found.refuted and budget.search:
        for i in np.argsort(values)[:STARTS]:
            if values[i] < TRIVIAL and not found.refuted:
                _descend(found, points[i], budget.search // STARTS)
    return found


def _sample(found, budget, seed, mutant):
    """Draw points; return them and what the optimiser sees there."""
    rng = np.random.default_rng([seed, crc(found.variation.id)])
    sobol = scipy.stats.qmc.Sobol(COORDINATES, rng=rng)
    points, values = [], []
    while found.draws < PATIENCE * budget.draws and not _enough(found, budget, mutant):
        for u in sobol.random(budget.draws):
            high = found.try_point(u)
            found.draws += 1
            points.append(u)
            values.append(np.inf if high is None else high)
            if _settled(found, mutant):
                return points, values
    return points, values


def _enough(found, budget, mutant):
    """Whether another round of draws would tell nothing new."""
    return found.draws and not mutant and found.met >= budget.enough


def _settled(found, mutant):
    """A claim is refuted once; a mutant also has to be spared, unless it is an equation's."""
    if not mutant:
        return found.refuted
    near = found.spared or (found.equation and found.nearest > -NEAR)
    return found.refuted and near and found.met >= SHARE


class _Refuted(Exception):
    """Ends a descent."""


def _descend(found, start, evaluations):
    """Nelder and Mead over the coordinates that the case at the start asks for."""
    outcome = found.variation.at(start)
    size = outcome.taken

    def objective(u):
        high = found.try_point([*u, *start[size:]])
        found.searched += 1
        if found.refuted:
            raise _Refuted
        return OUTSIDE if high is None else high

    inner = np.asarray(start[:size])
    steps = np.where(inner < 0.5, 0.1, -0.1) * np.eye(size)
    options = {"maxfev": evaluations, "xatol": 1e-9, "fatol": 0}
    options["initial_simplex"] = np.vstack([inner, inner + steps])
    try:
        scipy.optimize.minimize(
            objective, inner, method="Nelder-Mead", bounds=[(0, 1)] * size, options=options
        )
    except _Refuted:
        return


def crc(text):
    """A number that is the same for a name in every process."""
    return zlib.crc32(text.encode())


# Evidence


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
    row |= {"fingerprint": fingerprint(claim), "intervals": 0, "evidence": {}}
    row["evidence"]["derivation"] = {"verdict": "unknown"}
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
    found = attack(claim.itself, budget, seed)
    for u in (found.sampled[1], found.worst):
        if u:
            found.compare(u)
    evidence |= _judge(claim, found, budget)
    killed = {name: attack(claim.mutant(name), budget, seed, True) for name in claim.mutants}
    if not claim.loose and not found.equation and found.widths:
        killed[TWO_PERCENT] = attack(claim.shifted(), budget, seed, True)
    evidence["mutants"] = _judge_mutants(claim, killed)
    freed = {name: attack(claim.ablation(name), budget, seed, True) for name in claim.without}
    evidence["ablations"] = _judge_ablations(claim, found, freed)
    row["intervals"] = sum(a.intervals for a in [found, *killed.values(), *freed.values()])


def _judge(claim, found, budget):
    smallest, worst = found.sampled
    early = bool(found.refuted and not found.searched)
    reasons = [reason for reason, holds in {
        "refuted": early,
        f"only {found.met} draws met the hypotheses": found.met < budget.enough and not early,
        "no case that is not trivial": not worst,
        f"{found.undecided} draws undecided": found.undecided > UNDECIDED * found.met,
        f"the two routes disagree at {found.disagree}": found.disagree,
        **_lenient(claim, found),
    }.items() if holds]
    sampling = {"verdict": "fail" if reasons else "pass", "reason": "; ".join(reasons)}
    sampling |= {"draws": found.draws, "met": found.met - found.searched, "undecided": found.undecided}
    sampling |= {"smallest": _ends(smallest), "worst": worst}
    search = {"verdict": "fail" if found.refuted else "pass", "evaluations": found.searched}
    search |= {"smallest": _ends(found.smallest), "worst": found.worst}
    if early or not found.searched:
        search["verdict"] = "unknown"
    return {"sampling": sampling, "search": search}


def _ends(slack):
    return None if np.isinf(slack[0]) else [float(f"{end:.6g}") for end in slack]


def _lenient(claim, found):
    """A check that could not see one per cent: far from equality, or with wide intervals."""
    if not found.widths:  # a statistic: its mutants say what it sees
        return {}
    far = not claim.loose and not found.equation and found.smallest[1] > TIGHT
    width = float(np.median(found.widths)) / 2
    return {
        f"too lenient: the smallest slack is {found.smallest[1]:.2g}, and not near 0": far,
        f"too lenient: intervals are {width:.2g} wide to either side": width > TIGHT,
    }


def _judge_mutants(claim, killed):
    by, faults = {}, []
    for name, found in killed.items():
        fault = _fault(claim, name, found)
        faults += [f"{name}: {fault}"] if fault else []
        met = max(1, found.met - found.searched)
        by[name] = {"refuted": found.refuted, "share": round(found.negative / met, 4)}
        by[name] |= {"draws": found.draws, "point": found.worst if found.refuted else None}
    verdict = "fail" if faults else "pass" if killed else "not applicable"
    count = sum(found.refuted for found in killed.values())
    return {"verdict": verdict, "killed": count, "of": len(killed), "faults": faults, "by": by}


def _fault(claim, name, found):
    """What is wrong with a mutant, in the author's words."""
    if not found.met:
        return "met no case: with its keywords the hypotheses never hold"
    if not found.refuted:
        return "survived"
    if name in claim.crude or found.spared or (found.equation and found.nearest > -NEAR):
        return ""
    return "refuted on every draw: bring it nearer to the claim, or say why under `crude`"


def _judge_ablations(claim, found, freed):
    faults = [f"{name}: names no hypothesis of the check" for name in claim.without
              if name not in found.assumed]
    faults += [f"{name}: a hypothesis without its ablation" for name in sorted(found.assumed)
               if name not in claim.without]
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
