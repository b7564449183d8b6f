"""One operation: try to break a claim, its mutants and its ablations."""

import zlib
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
import scipy

from .claims.claim import ClaimError
from .claims.draw import COORDINATES
from .claims.slack import PER_CLAIM, Interval, Same


class Budget(NamedTuple):
    """Draws of the sampler, evaluations of the optimiser, draws below which a claim is vacuous."""

    draws: int
    search: int
    enough: int


BUDGETS = {"quick": Budget(128, 120, 32), "full": Budget(4096, 8000, 512)}
STARTS = 3
OUTSIDE = TRIVIAL = 1e3  # what the optimiser sees where there is nothing to find
# Draws beyond a small budget: where hypotheses are rarely met, for a witness, for a mutant.
PATIENCE = {"to stand": 1024, "to fall": 256, "to fall somewhere": 1024}
TIGHT = 0.005  # how near to equality a tight claim is seen, and how wide its interval may be
NEAR = 0.2  # how near to true a mutant of an equation comes
DIGITS = 9  # of a slack that the optimiser sees
SHARE = 16  # draws from which the share of refuted ones is told


@dataclass
class Part:
    """What was seen of one part of a result, where it was not trivial."""

    sampled: bool  # a statistic: its middle is looked at, of a computation the upper end
    loose: str = ""
    least: float = np.inf
    most: float = -np.inf  # of a statistic that is an equation
    widths: list = field(default_factory=list)

    def see(self, slack, loose):
        """One more case."""
        middle = (slack.low + slack.high) / 2
        self.loose = loose or self.loose
        self.least = min(self.least, middle if self.sampled else slack.high)
        self.widths.append(slack.high - slack.low)
        if isinstance(slack, Same):
            self.most = max(self.most, middle)

    @property
    def sees(self):
        """How much more lenient the check could be and stay unnoticed."""
        return -self.most if self.most > -np.inf else TIGHT - self.least


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
    sampled: "Attack | None" = None  # what stood before the search
    refuted: bool = False
    disagree: list = field(default_factory=list)  # where the two routes do
    widths: list = field(default_factory=list)
    parts: dict = field(default_factory=dict)  # (place, whether a statistic) -> Part
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
        if not outcome.trivial:
            for i, (part, loose, statistic) in enumerate(outcome.parts):
                self.parts.setdefault((i, statistic), Part(statistic)).see(part, loose)
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
            if outcome is None or outcome.sampled or outcome.trivial:
                return
            second = self.variation.again(u, outcome)
        if second is not None and second.high < 0:
            self._refute(u, outcome)
        self._apart(u, outcome, second)


def attack(variation, budget, seed=0, hope="to stand"):
    """Sample the cube, then minimise the upper end of the slack from the worst points.

    All of the budget is spent on what is hoped to stand; an ablation ends with its
    first witness; a mutant with its refutation, once a draw has spared it too. Where
    hypotheses are rarely met, or a mutant holds out, there are more draws.

    Parameters
    ----------
    variation : Variation
    budget : Budget
    seed : int
        Together with the name it decides every draw.
    hope : {"to stand", "to fall", "to fall somewhere"}
        For a claim, an ablation, a mutant.

    Returns
    -------
    Attack
    """
    found = Attack(variation)
    points, values = _sample(found, budget, seed, hope)
    found.sampled = replace(found)
    if not found.refuted and budget.search:
        for i in np.argsort(values)[:STARTS]:
            if values[i] < TRIVIAL and not found.refuted:
                _descend(found, points[i], budget.search // STARTS)
    return found


def _sample(found, budget, seed, hope):
    """Draw points; return them and what the optimiser sees there."""
    rng = np.random.default_rng([seed, crc(found.variation.id)])
    sobol = scipy.stats.qmc.Sobol(COORDINATES, rng=rng)
    points, values = [], []
    while not found.draws or _worth_more(found, budget, hope):
        for u in sobol.random(budget.draws):
            high = found.try_point(u)
            found.draws += 1
            points.append(u)
            values.append(np.inf if high is None else high)
            if _settled(found, hope):
                return points, values
    return points, values


def _worth_more(found, budget, hope):
    """Whether another round of draws may tell what this one did not."""
    if found.draws >= PATIENCE[hope]:
        return False
    return hope != "to stand" or found.met < budget.enough


def _settled(found, hope):
    """Whether what is hoped for has been seen; of an equation's mutant, that it is near."""
    if hope != "to fall somewhere":
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
        # rounded, so that the path is the same on every machine
        return OUTSIDE if high is None else round(high, DIGITS)

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
