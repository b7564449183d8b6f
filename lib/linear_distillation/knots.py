"""The integral of `exact` for laws with knots: staircases, margins, piecewise tails.

P[C <= min_i L_i], with L_i = E_i tan^2(theta_i) and C = cot^2(theta) / W. With
t = tan^2(elevation) = cot^2(theta) both are the same question to a law, at x = log c:

    P[L > c] = P[t <= E / c],      P[C <= c] = P[t <= W c].

A staircase answers by a sum over its atoms, another law by an integral over the hazard
of E or W, piece by piece between the hazards of its knots. As functions of x both answers
bend only where a knot meets the largest value of E or W, at +-log t.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import scipy

from .chain import blocks
from .exact import GRID, TINY, log_of, too_small, window
from .hazards import Exponential, InverseExponential, OwnShare, shared
from .laws import RIGHT_ANGLE
from .quadrature import exponential_rule, settled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ._types import Floats
    from .hazards import Variable
    from .laws import AngleLaw

MOST_ANGLES = 4096  # of a staircase that is followed from bend to bend
FEW = 30  # knots, each of which is worth a fine rule
HELD = 2**18  # numbers at once
ROOTS = 6  # a staircase is followed from bend to bend where they are of a lower order


def log_squares(angles: Floats) -> Floats:
    """log cot^2 of angles: from the elevation where that is the smaller one."""
    with np.errstate(divide="ignore"):
        steep = 2 * np.log(np.tan(np.minimum(RIGHT_ANGLE - angles, 1.0)))
        flat = -2 * np.log(np.tan(np.minimum(angles, 1.0)))
    return np.where(angles > np.pi / 4, steep, flat)


class Question:
    """P[t <= V e^x] and its complement for a law and a variable V of `hazards`."""

    def __init__(self, law: AngleLaw, variable: Variable) -> None:
        self.law, self.variable = law, variable
        knots = np.append(law.knots, RIGHT_ANGLE - law.edge) if law.edge else law.knots
        self.log_t = np.unique(log_squares(np.asarray(knots, dtype=float)))

    def __call__(self, x: Floats, step: float) -> tuple[Floats, Floats]:
        answer = self._of_atoms if self.law.staircase else self._of_pieces
        parts = [answer(x[block], step) for block in self._blocks(x.size, step)]
        return tuple(np.concatenate(part) for part in zip(*parts, strict=True))

    def _blocks(self, size: int, step: float) -> list[slice]:
        one = self.log_t.size if self.law.staircase else (self.log_t.size + 1) * 30 / step
        return blocks(size, max(1, int(HELD / one)))

    def _of_atoms(self, x: Floats, step: float) -> tuple[Floats, Floats]:
        h = self.variable.hazard(log_squares(self.law.angles) - x[:, None])
        return np.exp(-h) @ self.law.weights, -np.expm1(-h) @ self.law.weights

    def _of_pieces(self, x: Floats, step: float) -> tuple[Floats, Floats]:
        if self.variable.order == 0:  # V is 1
            near = self.law.near_at(x / 2)
            return near, 1 - near
        s, weights = _between(step / 4)
        log_r, tail = exponential_rule(step)
        breaks = np.minimum(self.variable.hazard(self.log_t - x[:, None]), 745.0)
        breaks = np.concatenate([np.zeros((x.size, 1)), breaks], axis=1)
        width = np.minimum(np.diff(breaks), 60.0)[:, :, None]  # exp(-60) of a piece is left out
        h = breaks[:, :-1, None] + width * s
        mass = width * weights * np.exp(-h)
        last = breaks[:, -1:] + np.exp(log_r)
        h = np.concatenate([h.reshape(x.size, -1), last], axis=1)
        mass = np.concatenate([mass.reshape(x.size, -1), tail * np.exp(-breaks[:, -1:])], axis=1)
        near = self.law.near_at((self.variable.log_at(np.clip(h, 1e-300, 745)) + x[:, None]) / 2)
        return (near * mass).sum(axis=1), ((1 - near) * mass).sum(axis=1)

    def bends(self) -> Floats:
        """The x at which the answers bend: where a knot meets a bend of V."""
        log_v = self.variable.bends(few=self.log_t.size <= FEW)
        if self.law.staircase and self.variable.order > ROOTS:
            log_v = log_v[log_v != 0]  # at its largest value it is smooth enough
        return (self.log_t[:, None] - log_v).ravel()


@cache
def _between(step: float) -> tuple[Floats, Floats]:
    """Nodes and weights on (0, 1), for functions with roots or poles at both ends."""
    v = np.arange(-3.3, 3.3, step)
    s = scipy.special.expit(np.pi * np.sinh(v))
    return s, step * np.pi * np.cosh(v) * s * (1 - s)


def met_by_pieces(law: AngleLaw, n: int, own: Variable, asked: Variable, name: str) -> float:
    r"""P[C <= min L_i] for the variables E and W, `own` and `asked`.

    .. math:: P[C \le \min_i L_i] = \int P[L > e^x]^n \, dP[C \le e^x]

    The differential is that of an interpolating polynomial on each panel.
    """
    own, asked = Question(law, own), Question(law, asked)
    log_all = n * log_of(*own(-GRID, 0.36))
    low, high, log_least = window(log_all, *asked(GRID, 0.36))
    if log_least < TINY:
        return too_small(name)
    missed = log_least > -1  # close to one: the complement is exact
    bends = np.unique(np.append(-own.bends(), asked.bends()))
    bends, root = bends[(bends > low) & (bends < high)], 2 if law.staircase else 4
    few, rtol = own.log_t.size <= FEW, 1e-9 if law.staircase else 1e-8

    def of_all(x: Floats, step: float) -> Floats:
        log = n * log_of(*own(-x, step))
        return -np.expm1(log) if missed else np.exp(log)

    def value(width: float) -> float:
        step, share = 0.18 * width, 0.0
        for x, rule in _panels(low, high, bends, width, root, few):
            sides = (part.reshape(x.shape) for part in asked(x.ravel(), step))
            share += rule.mean_over(*sides, of_all(x.ravel(), step).reshape(x.shape))
        ends = np.array([low, high])
        met, rest = asked(ends, step)
        # up to `low` everything is met, beyond `high` nothing is asked, or reached, any more
        return 1 - share - rest[1] * of_all(ends, step)[1] if missed else share + met[0]

    return settled(value, rtol if few else 1e-6, name)


def _panels(
    low: float, high: float, bends: Floats, width: float, root: int, few: bool
) -> Iterator[tuple[Floats, Rule]]:
    """Nodes (panels, points) in two groups, in the open and at a bend, each with its `Rule`.

    Towards a bend x moves like s^root, so that square roots of its distance are none of s.
    """
    edges = np.concatenate([[low], bends, [high]])
    counts = np.maximum(1, np.ceil(np.diff(edges) / width)).astype(int)
    piece = np.repeat(np.arange(counts.size), counts)
    place = np.arange(piece.size) - np.repeat(counts.cumsum() - counts, counts)
    length = np.diff(edges)[piece] / counts[piece]
    start = edges[piece] + place * length
    first, last = (place == 0) & (piece > 0), place == counts[piece] - 1
    least = 16 if root > 2 else 10 if few else 4
    kind = first + 2 * (last & (piece < counts.size - 1))
    for bent, points in ((False, 10), (True, round(2 * least / width))):
        rule, own = Rule(points), (kind > 0) == bent
        s = (1 + rule.nodes) / 2
        maps = [s, s**root, 1 - (1 - s) ** root, scipy.special.betainc(root, root, s)]
        if not own.any():
            continue
        x = start[own, None] + length[own, None] * np.array(maps)[kind[own]]
        yield x, rule


class Rule:
    """Integrals of f dG on panels, G by its interpolating polynomial, or its logarithm by one."""

    def __init__(self, points: int) -> None:
        self.nodes, self.weights = np.polynomial.legendre.leggauss(points)
        values = np.polynomial.legendre.legvander(self.nodes, points - 1)
        slopes = np.polynomial.legendre.legder(np.eye(points))
        self.fit = np.linalg.inv(values)
        self.slopes = values[:, :-1] @ slopes @ self.fit

    def mean_over(self, met: Floats, missed: Floats, f: Floats) -> float:
        """The sum over all panels, for G = met = 1 - missed, each (panels, points)."""
        early = met[:, -1:] < 0.5
        side = np.where(early, met, missed)  # the smaller one has the digits
        log = np.log(np.maximum(side, 1e-305))
        # a power of s has no polynomial as its logarithm, an exponential no other one
        off, off_log = (np.abs(v @ self.fit[-2:].T).max(axis=1) for v in (side, log))
        steep = off_log * (f * side).sum(axis=1) < off * f.sum(axis=1)
        rise = np.where(steep[:, None], side * (log @ self.slopes.T), side @ self.slopes.T)
        return float((np.where(early, rise, -rise) * f @ self.weights).sum())


def expected_risk_met(law: AngleLaw, n: int, dim: int) -> float:
    """P[C <= min L_i] of the exact expected risk."""
    if law.edge >= RIGHT_ANGLE / 2:  # all examples are within 45 degrees: so is the student
        return 0.0
    own = OwnShare((dim - 3) / 2)
    if law.staircase and own.order < ROOTS and law.angles.size > MOST_ANGLES:
        raise ValueError(
            f"task: the exact risk for {law.angles.size} angles in {dim} dimensions takes too "
            f"long (at most {MOST_ANGLES}); give n_sets to expected_risk"
        )
    return met_by_pieces(law, n, own, shared(dim, n), "exact_expected_risk")


def parallel_met(law: AngleLaw, n: int, second_moment: float) -> float:
    """P[C <= min L_i] of the parallel bound."""
    return met_by_pieces(law, n, Exponential(), InverseExponential(second_moment), "parallel_bound")
