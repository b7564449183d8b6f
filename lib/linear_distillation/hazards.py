"""Positive variables by their hazard h(v) = -log P[V > v], which is an exponential variable.

In h every variable is alike: a mean over V is an integral over exp(-h), however narrow
or long-tailed V is, and P[V <= v] keeps its digits where it is small. Each class has
`hazard`, from log v to h, and `log_at`, its inverse; `order` is the power of 1 - v with which
P[V > v] vanishes at 1, if V <= 1, and `bends` says at which log v it does not look smooth.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import scipy

from .quadrature import Panels, panels

if TYPE_CHECKING:
    from collections.abc import Callable

    from ._types import Floats

MOST_HAZARD = 745.0  # exp(-h) is 0 beyond
FALL = 45.0  # what lies exp(-45) below the largest is left out


class Variable(ABC):
    """What most of them have in common."""

    order: float = np.inf

    @abstractmethod
    def hazard(self, log_v: Floats) -> Floats:
        """-log P[V > v], at log v."""

    @abstractmethod
    def log_at(self, h: Floats) -> Floats:
        """log v, at the hazard of v."""

    def bends(self) -> Floats:
        return np.zeros(1 if self.order < np.inf else 0)


class OwnShare(Variable):
    """E ~ Beta(1, m): what is left to an example of its own; 1 for m = 0."""

    def __init__(self, m: float) -> None:
        self.m = self.order = m

    def hazard(self, log_v: Floats) -> Floats:
        below = np.minimum(log_v, 0.0)
        with np.errstate(divide="ignore"):  # log(1 - v), by what is small, v or 1 - v
            log_rest = np.where(below < -1, np.log1p(-np.exp(below)), np.log(-np.expm1(below)))
        # m = 0: nothing is lost below 1, everything from there on
        return np.where(log_v < 0, -self.m * np.where(log_v < 0, log_rest, 0.0), np.inf)

    def log_at(self, h: Floats) -> Floats:
        return np.log(-np.expm1(-h / self.m)) if self.m else np.zeros_like(h)


class Exponential(Variable):
    """E ~ Exp(1)."""

    def hazard(self, log_v: Floats) -> Floats:
        return np.exp(np.minimum(log_v, 700.0))

    def log_at(self, h: Floats) -> Floats:
        return np.log(h)


class Arcsine(Variable):
    """A ~ Beta(1/2, 1/2)."""

    order = 0.5

    def hazard(self, log_v: Floats) -> Floats:
        root = np.exp(np.minimum(log_v, 0.0) / 2)
        rest = np.sqrt(-np.expm1(np.minimum(log_v, 0.0)))
        with np.errstate(divide="ignore"):
            small = -np.log1p(-2 / np.pi * np.minimum(np.arctan2(root, rest), 1.5))
            large = -np.log(2 / np.pi * np.arctan2(rest, root))
        return np.where(root < 0.7, small, large)

    def log_at(self, h: Floats) -> Floats:
        return 2 * np.log(np.sin(-np.pi / 2 * np.expm1(-h)))


class Product(Variable):
    r"""W = A B for A ~ Beta(1/2, 1/2) and B ~ Beta(p, q), tabulated.

    .. math:: P[W > w] = E\bigl[\tfrac2\pi \arccos\sqrt{w/B};\, B > w\bigr]

    The mean is taken over z = logit B, broken at u = logit w where it begins, and
    log h is a table over u: straight at both ends, of width sqrt(1/p + 1/q) at the mode of z.
    """

    def __init__(self, p: float, q: float) -> None:
        self.p, self.q, self.order = p, q, q + 0.5
        self.top, self.share = np.log(p / q), p / (p + q)
        self.width = min(1.0, np.sqrt(1 / p + 1 / q))

    def hazard(self, log_v: Floats) -> Floats:
        below = np.minimum(log_v, 0.0)
        with np.errstate(divide="ignore"):
            u = below - np.log(-np.expm1(below))
        with np.errstate(over="ignore"):
            return np.where(log_v < 0, np.exp(self._log_hazard(u)), np.inf)

    def log_at(self, h: Floats) -> Floats:
        return -np.logaddexp(0, -self._logit(np.log(h)))

    def bends(self) -> Floats:
        """log v where P[V > v] bends or, closely seen, about turns into the arccosine of A."""
        blur = self.width * scipy.special.expit(-self.top)
        if blur > 0.3:
            return np.zeros(1)
        sides = blur * 4.0 ** np.arange(np.log(0.5 / blur) / np.log(4))
        middle = -np.logaddexp(0, -self.top)
        return np.concatenate([middle - sides, [middle, 0.0], middle + sides])

    def _log_mass(self, z: Floats) -> Floats:
        """log of the density of z over that at its mode."""
        far, near = z - self.top, np.clip(z - self.top, -1, 1)
        p, q, share = self.p, self.q, self.share
        close = p * np.log1p((1 - share) * np.expm1(-near)) + q * np.log1p(share * np.expm1(near))
        apart = p * np.logaddexp(np.log(share), np.log1p(-share) - far)
        apart = apart + q * np.logaddexp(np.log1p(-share), np.log(share) + far)
        return -np.where(np.abs(far) < 1, close, apart)

    def _fallen(self, start: Floats, side: int, by: float = FALL) -> Floats:
        """Where, on that side of `start`, the density has fallen by exp(-by), or a little more."""
        low, high = np.zeros_like(start), np.full_like(start, by * (1 / self.p + 1 / self.q) + by)
        level = self._log_mass(start) - by
        for _ in range(50):
            middle = (low + high) / 2
            under = self._log_mass(start + side * middle) < level
            low, high = np.where(under, low, middle), np.where(under, middle, high)
        return start + side * high

    def _log_mean(self, f: Callable[[Floats], Floats], low: Floats, high: Floats) -> Floats:
        """log E[f(z); low < z < high] for arrays of ends, up to a constant; roots at low do."""
        nodes, weights = panels([0.0, 1.0], 1 / 12, 12)
        level = self._log_mass(np.clip(self.top, low, high))
        edges = [low, *(np.clip(self.top + side * self.width, low, high) for side in (-6, 6)), high]
        total = 0.0
        for a, b in pairwise(edges):
            z = a[:, None] + (b - a)[:, None] * nodes**2
            mass = np.exp(self._log_mass(z) - level[:, None])
            total = total + (f(z) * mass) @ (2 * nodes * weights) * (b - a)
        with np.errstate(divide="ignore"):
            return np.log(total) + level

    def _hazard_at(self, u: Floats) -> Floats:
        """log h at u = logit w, from P[W > w] or from P[W <= w], whichever is smaller."""

        def angle(z: Floats, above: bool) -> Floats:
            """arccos (arcsin) of sqrt(w/B), in shares of a right angle."""
            left = np.sqrt(
                scipy.special.expit(-u)[:, None] * -np.expm1(np.minimum(u[:, None] - z, 0.0))
            )
            root = np.exp((np.logaddexp(0, -z) - np.logaddexp(0, -u)[:, None]) / 2)
            return 2 / np.pi * (np.arctan2(left, root) if above else np.arctan2(root, left))

        top = np.full_like(u, self.top)
        # far below the mode even the mean of B^(-1/2), of which P[W <= w] is made, has nothing
        least = self.top - FALL / (self.p - 0.5) - 6 if self.p > 0.5 else -np.inf
        low, high = np.maximum(u, least), self._fallen(np.maximum(u, top), 1)
        whole = self._log_mean(np.ones_like, self._fallen(top, -1), self._fallen(top, 1))
        more = self._log_mean(lambda z: angle(z, True), low, high) - whole
        less = self._log_mean(lambda z: angle(z, False), low, high) - whole
        nothing = self._log_mean(np.ones_like, self._fallen(np.minimum(u, top), -1), u) - whole
        less = np.logaddexp(less, nothing)
        small = np.log(-np.log1p(-np.exp(np.minimum(less, -0.5))))
        return np.where(less < np.log(0.5), small, np.log(np.maximum(-more, 1e-300)))

    @cached_property
    def _log_hazard(self) -> Panels:
        """log h over u = logit w: panels of width 1, finer at the mode, wider towards the ends."""
        first, last = min(self.top, 0.0), max(self.top, 0.0)
        end = max(float(self._fallen(np.array([self.top]), 1, MOST_HAZARD)[0]), last + 1)
        end = min(end, last + 700 / self.order)
        steps = np.append(np.arange(9), 8 * 1.35 ** np.arange(1, 1 - 4 * np.log(self.width)))
        fine = self.width * np.append(-steps[::-1], steps)
        far = 10 * 1.25 ** np.arange(40)
        parts = [first - far, np.arange(first - 10, last + 11), last + far, self.top + fine, [end]]
        edges = np.unique(np.concatenate(parts))
        edges = edges[(edges > first - 130) & (edges <= end)]
        edges = edges[np.append(True, np.diff(edges) > 1e-9 + 1e-3 * self.width)]
        return Panels(edges, self._hazard_at)

    @cached_property
    def _logit(self) -> Panels:
        """The inverse of that table."""
        low, high = self._log_hazard.ends
        start, end = self._log_hazard(np.array([low, high]))

        def solve(y: Floats) -> Floats:
            a, b = np.full_like(y, low), np.full_like(y, high)
            for _ in range(60):
                middle = (a + b) / 2
                under = self._log_hazard(middle) < y
                a, b = np.where(under, middle, a), np.where(under, b, middle)
            return (a + b) / 2

        return Panels(np.linspace(start, end, 2 + round(2 * (end - start))), solve)


@lru_cache(maxsize=64)
def shared(dim: int, n: int) -> Variable:
    """What the examples share, W = A B, in `exact_expected_risk`."""
    return Product((dim - n) / 2, (n - 1) / 2) if n > 1 else Arcsine()
