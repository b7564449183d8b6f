"""The integral behind the exact expected risk and the parallel bounds.

Both are P[C <= min_i L_i], with L_i = E_i tan^2(theta_i) what example i reaches and
C = cot^2(theta) / W what a test example asks for. The logarithm x of either has the
scale of the problem: tails of any power and dimensions of any size are alike in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import scipy

from .laws import AngleLaw
from .quadrature import UniformSpline, beta_rule, exponential_rule, panels, settled, warn

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from ._types import Floats

    Rule: TypeAlias = tuple[Floats, Floats]  # nodes and weights
    Factors: TypeAlias = tuple[Rule, Rule | None]

DIGITS = 40.0  # what lies exp(-40) below the largest is left out
TINY = -667.0  # log 1e-290
GRID = np.arange(-700.0, 700.0, 4.0)  # of x: every scale of the problem is within


class Reach(NamedTuple):
    """P[L > e^x], P[L <= e^x] and the density of log L, for one example."""

    more: Floats
    less: Floats
    density: Floats

    def all_of(self, n: int) -> tuple[Floats, Floats]:
        """log P[all n reach x], and the density of the least of them."""
        log = log_of(self.more, self.less)
        others = (n - 1) * log if n > 1 else np.zeros_like(log)
        return n * log, n * np.exp(others) * self.density


def log_of(more: Floats, less: Floats) -> Floats:
    """log more, for more + less = 1, to all digits even close to 0."""
    with np.errstate(divide="ignore"):
        close = np.log1p(-np.minimum(less, 0.5))
        return np.where(less < 0.5, close, np.log(more))


def own_rule(dim: int | None, n: int, step: float) -> Rule:
    """log E and weights for each example's own E ~ Beta(1, (d-3)/2), or 1; dim None: Exp(1)."""
    least = 42 + 4 * round(np.log(n) / 4)  # of n examples, one has an E of about 1/n
    if dim is None:
        return exponential_rule(step, least)
    return beta_rule(1.0, (dim - 3) / 2, step, least) if dim > 3 else (np.zeros(1), np.ones(1))


def reach(law: AngleLaw, x: Floats, rule: Rule) -> Reach:
    """The `Reach` at x of an example with this law and this rule for E."""
    log_E, weights = rule
    more, less, density = (f @ weights for f in law.at_log((log_E - x[:, None]) / 2))
    return Reach(more, less, density / 2)


def arcsine_rule(step: float) -> Rule:
    """log A and weights for A ~ Beta(1/2, 1/2): A = sin^2(pi s), s uniform up to 1/2."""
    t = -np.arange(0, 45, step)
    s = scipy.special.expit(t)
    weights = 2 * step * s * (1 - s)
    weights[0] /= 2  # the middle belongs to both halves
    return 2 * np.log(np.sin(np.pi * s)), weights


class Asked:
    """P[C <= e^x], or P[C > e^x] for `missed`, for W the product of two variables given by rules.

    The mean over the first is a sum, that over the second (None: it is 1) is taken
    from a spline of the logarithm of the first.
    """

    def __init__(
        self,
        law: AngleLaw,
        first: Rule,
        second: Rule | None,
        missed: bool | int,
        low: float,
        high: float,
        step: float,
    ) -> None:
        self.law, self.first, self.second, self.side = law, first, second, int(missed)
        if second is not None:
            x = np.arange(low + second[0].min() - step, high + 2 * step, step)
            self.log_mean = _LogSpline(x, self._direct(x))

    def _direct(self, x: Floats) -> Floats:
        log_W, weights = self.first
        return self.law.at_log((x[:, None] + log_W) / 2)[self.side] @ weights

    def __call__(self, x: Floats) -> Floats:
        if self.second is None:
            return self._direct(x)
        log_W, weights = self.second
        return self.log_mean(x[:, None] + log_W) @ weights


class _LogSpline:
    """exp of a spline of the logarithm; 0 where values leave the range of a double."""

    def __init__(self, x: Floats, values: Floats) -> None:
        seen = values > 1e-290
        self.low, self.high = np.inf, -np.inf
        if seen.sum() > 5:
            self.low, self.high = x[seen][0], x[seen][-1]
            self.spline = UniformSpline(self.low, x[1] - x[0], np.log(values[seen]))

    def __call__(self, x: Floats) -> Floats:
        if self.low > self.high:
            return np.zeros_like(x)
        inside = np.clip(x, self.low, self.high)
        return np.where(x == inside, np.exp(self.spline(inside)), 0.0)


def all_met(
    law: AngleLaw,
    n: int,
    own_dim: int | None,
    factors: Callable[[float], Factors],
    name: str,
    rtol: float = 1e-9,
) -> float:
    """P[C <= min L_i]: `factors(step)` gives the rules of W, `own_dim` that of E (`own_rule`)."""
    low, high, log_least = _range(law, n, own_dim, factors(1.0))
    if log_least < TINY:
        return too_small(name)
    missed = log_least > -1  # close to one: the complement is exact, and has no long tails

    def value(width: float) -> float:
        step = 0.18 * width
        x, weights = panels([low, high], width)
        log_all, density = reach(law, np.append(x, high), own_rule(own_dim, n, step)).all_of(n)
        asked = Asked(law, *factors(step), missed, low, high, step / 3)(x)
        share = float(weights * density[:-1] @ asked)
        # beyond `high` everything is met, or no example reaches so far
        return 1 - share if missed else share + float(np.exp(log_all[-1]))

    return settled(value, rtol, name)


def too_small(name: str) -> float:
    """0, and a warning."""
    warn(f"{name}: below 1e-290, too small for a double to hold its digits", stacklevel=5)
    return 0.0


def _range(
    law: AngleLaw, n: int, own_dim: int | None, factors: Factors
) -> tuple[float, float, float]:
    """The x between which log C and min log L_i can meet; a lower bound of log P."""
    x = GRID
    log_all, _ = reach(law, x, own_rule(own_dim, n, 1.0)).all_of(n)
    return window(x, log_all, *(Asked(law, *factors, side, x[0], x[-1], 1.0)(x) for side in (0, 1)))


def window(x: Floats, log_all: Floats, met: Floats, missed: Floats) -> tuple[float, float, float]:
    """That range, from log P[min L_i > e^x], P[C <= e^x] and P[C > e^x] at x."""
    with np.errstate(divide="ignore"):
        log_met, log_some = np.log(met), np.log(-np.expm1(log_all))
    least = (log_met + log_all).max()  # C and the L_i meet at any x
    small = least - DIGITS
    below = log_met + log_some < small
    above = (log_all < small) | (missed < np.exp(-DIGITS))
    low = x[max(0, int(np.argmin(below)) - 1)]
    high = x[np.argmax(above)] if above.any() else x[-1]
    return low, high, least
