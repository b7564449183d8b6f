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
from .laws import RIGHT_ANGLE, AtomicLaw
from .quadrature import exponential_rule, settled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ._types import Floats
    from .hazards import Variable
    from .laws import AngleLaw

HELD = 2**18  # numbers at once
MANY = 200  # atoms that are spread over a grid
FINER, POINTS, WITHIN = 4, 12, 30.0  # that grid: its steps a step, its points an atom, its ends


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
        # no example reaches beyond e^most, no test example asks for less than e^-most
        self.most = -2 * float(np.log(np.tan(law.edge))) if law.edge > 0 else GRID[-1]
        self.log_t = apart(log_squares(np.asarray(knots, dtype=float)))

    def __call__(self, x: Floats, step: float) -> tuple[Floats, Floats]:
        one = self.log_t.size if self.law.staircase else (self.log_t.size + 1) * 30 / step
        parts = [self._answer(x[b], step) for b in blocks(x.size, max(1, int(HELD / one)))]
        near, rest = (np.concatenate(part) for part in zip(*parts, strict=True))
        return near, rest

    def on_grid(self, x: Floats, step: float) -> tuple[Floats, Floats]:
        """The same at equal steps down from x[0], where many atoms are not asked one by one.

        Each is replaced by weights at the points of a fine grid, whose sums of a smooth
        function are its values at the atom. It is the same function at every x, shifted.
        """
        if not isinstance(self.law, AtomicLaw) or self.law.angles.size <= MANY:
            return self(x, step)
        log_t, fine = log_squares(self.law.angles), (x[0] - x[-1]) / (x.size - 1) / FINER
        near, rest = self._outside(self.law, x)
        inside = np.abs(log_t) < WITHIN
        if inside.any():
            start = log_t[inside].min() - POINTS * fine
            spread = _spread((log_t[inside] - start) / fine, self.law.weights[inside])
            h = self.variable.hazard(
                start - x[0] + fine * np.arange(spread.size + FINER * (x.size - 1))
            )
            near += _sums(np.exp(-h), spread)
            rest -= _sums(np.expm1(-h), spread)
        # where little is left the grid has no digits
        faint = (near < 1e-4) & (self.variable.hazard(log_t.min() - x) < 800)
        if faint.any():
            near[faint], rest[faint] = self(x[faint], step)
        return np.maximum(near, 0), np.maximum(rest, 0)

    def _outside(self, law: AtomicLaw, x: Floats) -> tuple[Floats, Floats]:
        """What atoms very close to the boundary, or to the teacher, add to the answers."""
        log_t = log_squares(law.angles)
        far = np.abs(log_t) >= WITHIN
        h = self.variable.hazard(log_t[far] - x[:, None])
        return np.exp(-h) @ law.weights[far], -np.expm1(-h) @ law.weights[far]

    def _answer(self, x: Floats, step: float) -> tuple[Floats, Floats]:
        if self.variable.order == 0:  # V is 1
            near = np.asarray(self.law.near_at(x / 2))
            return near, 1 - near
        if not isinstance(self.law, AtomicLaw):
            return self._of_pieces(x, step)
        h = self.variable.hazard(log_squares(self.law.angles) - x[:, None])
        return np.exp(-h) @ self.law.weights, -np.expm1(-h) @ self.law.weights

    def _of_pieces(self, x: Floats, step: float) -> tuple[Floats, Floats]:
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
        log_v = self.variable.log_at(np.clip(h, 1e-300, 745))
        near = np.asarray(self.law.near_at((log_v + x[:, None]) / 2))
        return (near * mass).sum(axis=1), ((1 - near) * mass).sum(axis=1)

    def bends(self) -> Floats:
        """The x at which the answers bend: where a knot meets a bend of V."""
        return (self.log_t[:, None] - self.variable.bends()).ravel()


def _spread(places: Floats, weights: Floats) -> Floats:
    """The weights on whole numbers from 0 on, by Lagrange's polynomials around each place."""
    first = np.floor(places).astype(int) - POINTS // 2 + 1
    nodes = np.arange(POINTS)
    factors = (places - first)[:, None] - nodes
    shares = [(np.delete(factors, j, axis=1) / np.delete(j - nodes, j)).prod(axis=1) for j in nodes]
    points = first[:, None] + nodes
    spread = np.zeros(points.max() + 1)
    np.add.at(spread, points, weights[:, None] * np.transpose(shares))
    return spread


def _sums(values: Floats, weights: Floats) -> Floats:
    """The weighted sums of values from every FINER-th on."""
    parts = [np.correlate(values[k::FINER], weights[k::FINER], "valid") for k in range(FINER)]
    least = min(part.size for part in parts)
    return np.sum([part[:least] for part in parts], axis=0)


def apart(x: Floats) -> Floats:
    """In order; of what only rounding tells apart, one: between them no function has digits."""
    x = np.unique(x)
    return x[np.append(True, np.diff(x) > 1e-13)] if x.size else x


@cache
def _between(step: float) -> tuple[Floats, Floats]:
    """Nodes and weights on (0, 1), for functions with roots or poles at both ends."""
    v = np.arange(-3.3, 3.3, step)
    s = scipy.special.expit(np.pi * np.sinh(v))
    return s, step * np.pi * np.cosh(v) * s * (1 - s)


def met_by_pieces(own: Question, asked: Question, n: int, name: str) -> float:
    r"""P[C <= min L_i] for a law asked with E and with W, from bend to bend.

    .. math:: P[C \le \min_i L_i] = \int P[L > e^x]^n \, dP[C \le e^x]
    """
    x = np.linspace(-own.most, own.most, 1401)
    log_all = n * log_of(*own(-x, 0.36))
    low, high, log_least = window(x, log_all, *asked(x, 0.36))
    if log_least < TINY:
        return too_small(name)
    low, high = low - 1, high + 1  # there may be a bend at the end, or close by
    missed = log_least > -1  # close to one: the complement is exact
    bends = np.append(-own.bends(), asked.bends())

    def of_all(x: Floats, step: float) -> Floats:
        log = n * log_of(*own(-x, step))
        return -np.expm1(log) if missed else np.exp(log)

    def value(width: float) -> float:
        share, met, rest = integral(asked, of_all, bends, (low, high), width)
        # up to `low` everything is met, beyond `high` nothing is asked, or reached, any more
        if missed:
            return 1 - share - rest[1] * float(of_all(np.array([high]), 0.18 * width)[0])
        return share + met[0]

    rtol, times = (1e-9, 8) if own.law.staircase else (1e-8, 5)
    return settled(value, rtol, name, times=times)


def integral(
    met: Callable[[Floats, float], tuple[Floats, Floats]],
    f: Callable[[Floats, float], Floats],
    bends: Floats,
    ends: tuple[float, float],
    width: float,
) -> tuple[float, Floats, Floats]:
    """The integral of f dG, for met = (G, 1 - G), and these at both ends.

    The differential is that of an interpolating polynomial on each panel.
    """
    step, share = 0.18 * width, 0.0
    inside = apart(bends[(bends > ends[0] + 1e-13) & (bends < ends[1] - 1e-13)])
    for x, rule in _panels(np.array([ends[0], *inside, ends[1]]), width):
        sides = [part.reshape(x.shape) for part in met(x.ravel(), step)]
        share += rule.mean_over(sides[0], sides[1], f(x.ravel(), step).reshape(x.shape))
    return share, *met(np.array(ends), step)


def _panels(edges: Floats, width: float) -> Iterator[tuple[Floats, Rule]]:
    """Nodes (panels, points) in two groups, in the open and at a bend, each with its `Rule`.

    Towards a bend x moves like s^4, so that square roots of its distance are none of s.
    """
    counts = np.maximum(1, np.ceil(np.diff(edges) / width)).astype(int)
    piece = np.repeat(np.arange(counts.size), counts)
    place = np.arange(piece.size) - np.repeat(counts.cumsum() - counts, counts)
    length = np.diff(edges)[piece] / counts[piece]
    start = edges[piece] + place * length
    first, last = (place == 0) & (piece > 0), place == counts[piece] - 1
    kind = first + 2 * (last & (piece < counts.size - 1))
    for bent, points in ((False, 10), (True, round(32 / width))):
        rule, own = Rule(points), (kind > 0) == bent
        s = (1 + rule.nodes) / 2
        maps = [s, s**4, 1 - (1 - s) ** 4, scipy.special.betainc(4, 4, s)]
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
