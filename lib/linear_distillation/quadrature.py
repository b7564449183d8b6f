"""Quadrature rules, gamma functions of large arguments, and the warning when digits are missing.

Every integral is computed at two resolutions at least: what they differ by is its error.
"""

from __future__ import annotations

__all__ = ["AccuracyWarning"]

import warnings
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import scipy

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    from ._types import ArrayLike, Floats

    Value = TypeVar("Value", float, Floats)

LEAST_LOG = float(np.log(np.finfo(float).smallest_subnormal))
STIRLING = 1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188  # of 1/z, 1/z^3, ...


class AccuracyWarning(UserWarning):
    """A result has fewer correct digits than its docstring promises.

    Raised as a warning where two resolutions of a quadrature do not agree, where
    a number is too small for a double, and where part of the work was left out.
    The message begins with the name of the function and says by how much it may be off.
    ``warnings.simplefilter("error", AccuracyWarning)`` makes it an error.
    """


def warn(message: str, stacklevel: int = 3) -> None:
    """Raise an `AccuracyWarning`."""
    warnings.warn(message, AccuracyWarning, stacklevel=stacklevel)


@cache
def logistic_rule(step: float = 0.125, reach: float = 80.0) -> tuple[Floats, Floats, Floats]:
    r"""Nodes and weights on (0, 1): the trapezoidal rule in the logit.

    .. math:: \int_0^1 f(s)\,ds = \int_{-\infty}^{\infty} f(s)\, s (1 - s)\, dy,
        \qquad s = 1/(1 + e^{-y})

    For f analytic on (0, 1), algebraic at both ends, the error falls like
    exp(-2 pi a / step), with a in (0, pi] the half-width of the strip in y
    where the integrand is analytic. Powers such as :math:`s^{\kappa}` or
    :math:`(1-s)^{d/2}` at the ends do no harm, and nodes crowd towards both.

    Parameters
    ----------
    step, reach : float
        Spacing and half-length of the grid in y.

    Returns
    -------
    s, t, weights : ndarray
        Nodes, their complements t = 1 - s without cancellation, weights.
    """
    half = round(reach / step)
    y = step * np.arange(-half, half + 1)  # as many on either side: s is t backwards
    t = 1 / (1 + np.exp(y))
    s = t[::-1]
    return s, t, step * s * t


def panels(ends: Floats | list[float], width: float, order: int = 10) -> tuple[Floats, Floats]:
    """Gauss-Legendre nodes and weights, on panels of at most `width` between consecutive `ends`."""
    counts = np.maximum(1, np.ceil(np.diff(ends) / width)).astype(int)
    pieces = zip(ends[:-1], ends[1:], counts, strict=True)
    edges = np.concatenate([np.linspace(a, b, k, endpoint=False) for a, b, k in pieces])
    edges = np.append(edges, ends[-1])
    x, weights = np.polynomial.legendre.leggauss(order)
    half = np.diff(edges)[:, None] / 2
    return (edges[:-1, None] + half * (1 + x)).ravel(), (half * weights).ravel()


def settled(
    compute: Callable[[float], Value],
    rtol: float | Floats,
    name: str,
    width: float = 2.0,
    times: int = 8,
) -> Value:
    """compute(width), for ever finer widths until two results (or arrays) agree to `rtol`.

    The rules converge geometrically, so that the last result is better than that; a
    warning comes where they still differ by ten times as much.
    """
    before = compute(width)
    for _ in range(times):
        width /= 1.5
        value = compute(width)
        error, before = np.abs(value - before), value
        if np.all(error <= rtol * np.abs(value) + np.finfo(float).tiny):  # subnormal is 0
            return value
    off = error / np.maximum(np.abs(value), np.finfo(float).tiny)
    if not np.all(off <= 10 * rtol):
        warn(f"{name}: two resolutions differ by {np.max(off):.1e} of the value")
    return value


class UniformSpline:
    """A quintic spline through values at equal steps, for millions of arguments.

    Below the first point it is continued by a straight line, beyond the last by a constant.
    """

    def __init__(self, start: float, step: float, values: Floats) -> None:
        x = start + step * np.arange(len(values))
        spline = scipy.interpolate.make_interp_spline(x, values, k=5)
        powers = step ** np.arange(6) / scipy.special.factorial(np.arange(6))
        self.start, self.step = start, step
        self.pieces = [c * spline(x[:-1], nu=j) for j, c in enumerate(powers)]

    def __call__(self, x: Floats) -> Floats:
        last = self.pieces[0].size - 1
        # clipped, so that an infinite x has a whole number; the line below may be long
        x = np.clip((x - self.start) / self.step, -1e12, last + 1)
        piece = np.clip(x.astype(int), 0, last)
        inside, below = np.maximum(x - piece, 0), np.minimum(x, 0)
        value = self.pieces[-1][piece]
        for coefficients in self.pieces[-2::-1]:
            value *= inside
            value += coefficients[piece]
        return value + self.pieces[1][0] * below


class Panels:
    """A function as polynomials on panels, by interpolation at Chebyshev points.

    Beyond the panels it goes on along straight lines.

    Parameters
    ----------
    edges : ndarray
        Ends of the panels, in order.
    f : callable
        Vectorised over one axis.
    order : int
        Points a panel.
    """

    def __init__(self, edges: Floats, f: Callable[[Floats], Floats], order: int = 14) -> None:
        t = np.cos(np.pi * (np.arange(order) + 0.5) / order)
        half = np.diff(edges)[:, None] / 2
        values = f((edges[:-1, None] + half * (1 + t)).ravel()).reshape(half.size, order)
        self.edges, self.ends = edges, (edges[0], edges[-1])
        self.coefficients = np.linalg.solve(np.vander(t, increasing=True), values.T)
        degrees = np.arange(order)
        slope = self.coefficients * degrees[:, None] / half[:, 0]
        self.slopes = slope[:, 0] @ (-1.0) ** (degrees - 1), slope[:, -1].sum()

    def __call__(self, x: Floats) -> Floats:
        low, high = self.ends
        inside = np.clip(x, low, high)
        panel = np.searchsorted(self.edges[1:-1], inside, side="right")
        left, right = self.edges[panel], self.edges[panel + 1]
        t = (2 * inside - left - right) / (right - left)
        value = self.coefficients[-1][panel]
        for row in self.coefficients[-2::-1]:
            value *= t
            value += row[panel]
        value += self.slopes[0] * np.minimum(x - low, 0)
        value += self.slopes[1] * np.maximum(x - high, 0)
        return value


def log_integral(
    log_mass: Callable[[Floats], Floats],
    s: float,
    name: str,
    low: float,
    high: float = np.inf,
    weight: float = 0.0,
    rtol: float = 1e-11,
) -> float:
    """log of s times the integral of exp(log_mass(z)) over the line, for a concave log_mass.

    Below `low` log_mass(z) is s z up to a constant, whose integral is known; beyond `high`
    the integral is `weight` / s times the value there. `log_mass` is vectorised.
    """

    def at(z: float) -> float:
        return float(log_mass(np.array([z]))[0])

    bracket = {"bounds": (-500, 500), "method": "bounded", "options": {"xatol": 1e-7}}
    top = scipy.optimize.minimize_scalar(lambda z: -at(z), **bracket).x
    peak = at(top)

    def fallen(side: int) -> float:
        width = 1e-3
        while at(top + side * width) > peak - 40:
            width *= 2
        return top + side * width

    low, high = min(max(fallen(-1), low), top), max(min(fallen(1), high), top)

    def value(width: float) -> float:
        z, weights = panels([low, top, high], width)
        inside = s * float(weights @ np.exp(log_mass(z) - peak))
        return inside + np.exp(at(low) - peak) + weight * np.exp(at(high) - peak)

    width = min(2.0, (high - low) / 8)
    return peak + float(np.log(settled(value, rtol, name, width)))


@cache
def exponential_rule(step: float, reach: float = 45.0) -> tuple[Floats, Floats]:
    """log E and weights for an exponential variable E: trapezoids in log E."""
    e = np.arange(-reach, np.log(745), step)
    return e, step * np.exp(e - np.exp(e))


@cache
def beta_rule(a: float, b: float, step: float, reach: float = 45.0) -> tuple[Floats, Floats]:
    """log B and weights for B ~ Beta(a, b): trapezoids in the logit z of B.

    The range begins where the density in z has fallen by exp(-reach). It ends where
    even a large power of B does not make good for what is left.
    """
    top = np.log(a / b)

    def log_mass(z: Floats) -> Floats:
        return -a * np.logaddexp(0, -z) - b * np.logaddexp(0, z)

    def fallen(side: int, by: float) -> float:
        far = by * (1 / a + 1 / b) + by  # the density falls at least like that
        gap = lambda z: log_mass(top) - log_mass(z) - by  # noqa: E731
        return scipy.optimize.brentq(gap, top, top + side * far)

    low, high = fallen(-1, reach), min(fallen(1, 700.0), max(top, 0) + 20 + reach / b)
    step *= min(1, np.sqrt(1 / a + 1 / b))  # a narrow law takes a fine grid
    z = np.arange(low, high, step)
    mass = np.exp(log_mass(z) - log_mass(top))
    return -np.logaddexp(0, -z), mass / mass.sum()


def log_poch(a: ArrayLike, b: ArrayLike) -> Any:
    r"""log Gamma(a + b) - log Gamma(a) for a > 0, b >= 0, without cancellation for large a.

    Stirling's series at a + 20 and 20 steps of the recurrence down.
    """
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    steps = np.log1p(b[..., None] / (a[..., None] + np.arange(20))).sum(axis=-1)
    low, high = a + 20, a + b + 20
    rise = np.log1p(b / low)
    # z^-(2k+1) at both ends, the difference without cancellation for small b
    series = sum(
        c * low ** (-2.0 * k - 1) * np.expm1(-(2 * k + 1) * rise) for k, c in enumerate(STIRLING)
    )
    return (low - 0.5) * rise + b * np.log(high) - b + series - steps


def exp_up(log_value: float | Floats) -> Any:
    """exp for bounds of risks: never 0, but the least double; never infinite, but the largest."""
    return np.exp(np.clip(log_value, LEAST_LOG, 709.0))
