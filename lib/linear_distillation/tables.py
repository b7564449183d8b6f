r"""The integral of `exact` for laws with knots, by the route that is quick and has its digits.

Given cot^2(theta) = e^y of a test example, what is asked is C = e^y / W, and

    P[C <= min_i L_i] = E[U(y)],    U(y) = E[S(y - log W)^n],    S(x) = P[L > e^x].

Where E has a smooth law, S is smooth, wherever the angles are. So are U, from tables of
two means, and the sum of U over the atoms of a staircase: there is no bend to be met.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .chain import blocks
from .exact import GRID, TINY, arcsine_rule, log_of, too_small
from .hazards import Exponential, OwnShare, shared
from .knots import MANY, Question, integral, log_squares, met_by_pieces
from .laws import RIGHT_ANGLE, AngleLaw, AtomicLaw, TailLaw
from .quadrature import UniformSpline, beta_rule, exponential_rule, settled, warn

if TYPE_CHECKING:
    from collections.abc import Callable

    from ._types import Bools, Floats
    from .exact import Factors, Rule

DIGITS = 45.0  # what lies exp(-45) below the largest is left out
SMOOTH = 6  # order of the bends of S that a table does not see
FAR = 0.35  # an edge from which on the student errs by what even a fine table does not see
LEAST = -800.0  # of a logarithm in a table
MOST_ANGLES, MOST_KNOTS = 128, 12  # that are followed from bend to bend, in a few seconds
HELD = 2**18  # numbers at once
ROUNDING = 4e-16  # of a tail that is any function of theta


class LogTable:
    """exp of a spline through logarithms that fall, and 0 where these are below `LEAST`."""

    def __init__(self, x: Floats, log_values: Floats) -> None:
        seen = max(6, int((log_values > LEAST).sum()))
        self.end = x[seen - 1] if seen < x.size else np.inf  # what does not fall is constant
        self.log = UniformSpline(x[0], x[1] - x[0], np.maximum(log_values[:seen], LEAST))

    def __call__(self, x: Floats) -> Floats:
        return np.where(x > self.end, 0.0, np.exp(self.log(x)))

    def mean(self, rule: Rule, y: Floats) -> Floats:
        """The mean at y - log W."""
        log_W, weights = rule
        parts = blocks(y.size, max(1, HELD // log_W.size))
        return np.concatenate([self(y[b, None] - log_W) @ weights for b in parts])


class Means:
    """U, from a table of n log S over x and one of the mean over the first of two factors of W."""

    def __init__(self, own: Question, n: int, factors: Factors, x: Floats, step: float) -> None:
        self.log_all = n * log_of(*own.on_grid(-x, step))
        self.x, self.table, self.last = x, LogTable(x, self.log_all), factors[0]
        if factors[1] is not None:
            with np.errstate(divide="ignore"):
                log_mean = np.log(self.table.mean(factors[0], x))
            self.table, self.last = LogTable(x, log_mean), factors[1]

    def __call__(self, y: Floats) -> Floats:
        return self.table.mean(self.last, y)

    def at(self, y: Floats) -> Floats:
        """The same, from a third table where there are many y."""
        step = self.x[1] - self.x[0]
        x = np.arange(y.min() - 4 * step, y.max() + 5 * step, step)
        if y.size <= max(MANY, x.size):
            return self(y)
        with np.errstate(divide="ignore"):
            return LogTable(x, np.log(self(x)))(y)


def met_by_tables(own: Question, n: int, factors: Callable[[float], Factors], name: str) -> float:
    """P[C <= min L_i]: `own` asks for P[L > e^x], `factors(step)` gives the rules of W."""
    law, bounded = own.law, own.variable.order < np.inf
    x = np.arange(GRID[0], own.most + 1 if bounded else GRID[-1], 0.5)
    knots = own.log_t[np.linspace(0, own.log_t.size - 1, min(own.log_t.size, MANY)).astype(int)]
    y = np.sort(np.append(x, np.clip(knots, x[0], x[-1])))
    coarse = Means(own, n, factors(1.0), x, 1.0)
    with np.errstate(divide="ignore"):
        log_near, log_met = np.log(np.asarray(law.near_at(y / 2))), np.log(coarse(y))
    place = int((log_near + log_met).argmax())
    log_least = float(log_near[place] + log_met[place])  # U falls: its mean is at least that
    if log_least < TINY:
        return too_small(name)
    small = log_least - DIGITS
    low, high = float(y[max(0, int(np.argmax(log_near > small)) - 2)]), _first(y, log_met < small)
    # below `first` and beyond `last` nothing changes
    # p is known to rounding: one that is any function of theta no better where it is small
    noise = 0.0 if law.staircase else ROUNDING * n
    noise += ROUNDING * float(np.exp(-log_near[place])) * isinstance(law, TailLaw)
    first = min(low, _first(x, coarse.log_all < -max(1e-17, noise)) - 2)
    last = _first(x, coarse.log_all < small)

    def value(width: float) -> float:
        step = 0.18 * width
        means = Means(own, n, factors(step), np.arange(first - 1, last + 2, step / 3), step)
        if isinstance(law, AtomicLaw):
            return float(law.weights @ means.at(np.clip(log_squares(law.angles), low, high)))
        # U is smooth, and the law is not: the mean of U is an integral of the law over U
        share, _, beyond = integral(
            lambda y, _: (1 - (met := means(y)), met),
            lambda y, _: np.asarray(law.near_at(y / 2)),
            own.log_t,
            (low, high),
            width,
        )
        return share + float(beyond[1] * law.near_at(high / 2))

    if noise > 1e-7:
        warn(f"{name}: rounding of p may be {noise:.1e} of the value", 5)
    return settled(value, max(1e-9 if law.staircase else 1e-8, noise), name)


def _first(x: Floats, where: Bools) -> float:
    return float(x[np.argmax(where)] if where.any() else x[-1])


def met_by_steps(law: AtomicLaw, n: int, asked: Question) -> float:
    """P[C <= min L_i] of a staircase for E = 1: P[L > e^x] is one as well, the integral a sum."""
    log_t = -np.clip(log_squares(law.angles)[::-1], -745, 745)  # log L, in order
    met, missed = asked(log_t, 1.0)
    rise = np.where(met < 0.5, np.diff(met, prepend=0.0), -np.diff(missed, prepend=1.0))
    return float(rise @ np.asarray(law(law.angles[::-1])) ** n)


def expected_risk_met(law: AngleLaw, n: int, dim: int) -> float:
    """P[C <= min L_i] of the exact expected risk."""
    name = "exact_expected_risk"
    if law.edge >= RIGHT_ANGLE / 2:  # all examples are within 45 degrees: so is the student
        return 0.0
    own, asked = Question(law, OwnShare((dim - 3) / 2)), Question(law, shared(dim, n))
    if isinstance(law, AtomicLaw) and dim == 3:
        return met_by_steps(law, n, asked)

    def factors(step: float) -> Factors:
        B = beta_rule((dim - n) / 2, (n - 1) / 2, step) if n > 1 else None
        return arcsine_rule(step), B

    if fits_tables(law, dim):
        return met_by_tables(own, n, factors, name)
    most = MOST_ANGLES if law.staircase else MOST_KNOTS
    if own.log_t.size > most:
        raise ValueError(
            f"task: its angle law has {own.log_t.size} knots; in {dim} dimensions the exact risk "
            f"of more than {most} takes too long, give n_sets to expected_risk"
        )
    return met_by_pieces(own, asked, n, name)


def fits_tables(law: AngleLaw, dim: int) -> bool:
    """Whether S is smooth enough for a table, whatever the number of knots."""
    # a mass on the boundary leaves S a bend where the other examples reach no further
    order = 2 * SMOOTH if law.near(0.0) > 0 else SMOOTH
    return (dim - 3) / 2 >= order and law.edge < FAR


def parallel_met(law: AngleLaw, n: int, second_moment: float) -> float:
    """P[C <= min L_i] of the parallel bound."""

    def factors(step: float) -> Factors:
        log_E, weights = exponential_rule(step, 200.0)
        return (np.log(second_moment) - log_E, weights), None

    return met_by_tables(Question(law, Exponential()), n, factors, "parallel_bound")
