"""Bounds on the expected risk: Theorem 3, its corollaries, the integral bound."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
import scipy

from ._checks import as_angle, as_count, as_finite
from .laws import RIGHT_ANGLE, as_law

# Two breakpoints closer than this are one: rounding cannot tell their order,
# and a bound read off the sliver between them could be too small.
SLIVER = 8 * np.finfo(float).eps


class SplitBound(NamedTuple):
    """An infimum over the splitting angle, and where it is approached."""

    value: float
    beta: float


def theorem3_bound(tail, n):
    r"""Theorem 3, inequality (19).

    .. math:: E\,R(\hat w) \le \inf_{0 \le \beta \le \pi/2}
        \; p(\beta) + p(\pi/2 - \beta)^n

    Between the places where p(beta) or p(pi/2 - beta) jumps the function is
    continuous and is minimised by a grid in the logit and Brent's method; at a
    jump it takes the larger of its two sides, so the infimum need not be
    attained, and `beta` is then where it is approached.

    Parameters
    ----------
    tail : callable or AngleLaw
        p, vectorised over theta. A law that knows its knots (``task.tail``)
        gives the exact infimum; for a bare function with jumps the value is
        still a valid bound, if perhaps not the smallest.
    n : int
        Number of transfer examples.

    Returns
    -------
    SplitBound
        ``value`` and ``beta`` (radians).

    Raises
    ------
    ValueError
        If n is not a whole number >= 1, or tail is not a tail.
    TypeError
        If tail is not callable.
    """
    law, n = as_law(tail), as_count("n", n)

    def split(beta):
        return law(beta) + law.near(beta) ** n

    ends = [SplitBound(float(split(beta)), beta) for beta in (0.0, RIGHT_ANGLE)]
    breaks = _breakpoints(law)
    inner = [_smallest(split, *pair) for pair in pairwise(breaks)]
    return min(ends + [bound for bound in inner if bound is not None])


def _breakpoints(law):
    knots = np.asarray(law.knots, dtype=float)
    return np.sort(np.concatenate([[0.0, RIGHT_ANGLE], knots, RIGHT_ANGLE - knots]))


def _smallest(split, low, high, points=561):
    """The infimum of `split` over the open interval, None for a sliver."""
    if high - low <= SLIVER:
        return None
    inside = np.nextafter(low, high), np.nextafter(high, low)

    def to_beta(y):
        return np.clip(low + (high - low) * scipy.special.expit(y), *inside)

    y = np.linspace(-36, 36, points)
    values = split(to_beta(y))
    best = SplitBound(float(values.min()), float(to_beta(y[values.argmin()])))
    dips = 1 + np.flatnonzero((values[1:-1] < values[:-2]) & (values[1:-1] <= values[2:]))
    for i in dips[np.argsort(values[dips])[:3]]:
        found = scipy.optimize.minimize_scalar(
            lambda y: float(split(to_beta(y))),
            bounds=(y[i - 1], y[i + 1]),
            method="bounded",
            options={"xatol": 1e-9},
        )
        best = min(best, SplitBound(float(found.fun), float(to_beta(found.x))))
    return best


def corollary1_bound(tail, n, gamma):
    r"""Corollary 1, the margin case: :math:`E\,R \le p(\gamma)^n`.

    Parameters
    ----------
    tail : callable or AngleLaw
    n : int
    gamma : float
        An angular margin, radians: no example lies within gamma of the
        decision boundary, p(pi/2 - gamma) = 0.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If gamma is not in [0, pi/2], p(pi/2 - gamma) is not zero, or n < 1.
    """
    return _tail_at_margin(tail, gamma) ** as_count("n", n)


def margin_bound(tail, n, gamma):
    r"""One example more for the margin: :math:`E\,R \le p(\gamma)^{n+1}`.

    Ours, not the paper's. Under the margin every example, and so every
    student, is within pi/2 - gamma of the teacher. If one training example is
    within gamma, so is the student, and every test example is right. If the
    test example is within gamma, it is right whatever the student. An error
    needs all n + 1 angles to be gamma or more. Parameters and errors as
    `corollary1_bound`.
    """
    return _tail_at_margin(tail, gamma) ** (as_count("n", n) + 1)


def _tail_at_margin(tail, gamma):
    law, gamma = as_law(tail), float(as_angle("gamma", gamma, ndim=0))
    if law.near(gamma) > 0:
        raise ValueError(f"gamma: {gamma} is not a margin, p(pi/2 - gamma) = {law.near(gamma):.3g}")
    return float(law(gamma))


def corollary2_bound(kappa, n):
    r"""Corollary 2, the polynomial case.

    .. math:: p(\theta) \le (1 - 2\theta/\pi)^\kappa
        \;\Longrightarrow\; E\,R \le \frac{1 + (\log n)^\kappa}{n^\kappa}

    Parameters
    ----------
    kappa : float or array_like
        Above 0.
    n : int or array_like of int
        At least 1.

    Returns
    -------
    float or ndarray
    """
    kappa, n = _kappa_and_n(kappa, n)
    return (1 + np.log(n) ** kappa) / n**kappa


def power_integral_bound(kappa, n):
    r"""The integral bound in closed form for a polynomial tail.

    .. math:: p(\theta) \le (1 - 2\theta/\pi)^\kappa \;\Longrightarrow\;
        E\,R \le \kappa\, B(n\kappa + 1, \kappa)

    Corollary 2 without its logarithm: for large n it is
    Gamma(kappa + 1) (n kappa)^{-kappa}, and 1/(n+1) for kappa = 1.
    Parameters as `corollary2_bound`. Ours, not the paper's.
    """
    kappa, n = _kappa_and_n(kappa, n)
    return kappa * scipy.special.beta(n * kappa + 1, kappa)


def _kappa_and_n(kappa, n):
    kappa, n = as_finite("kappa", kappa), as_finite("n", n)
    if (kappa <= 0).any():
        raise ValueError(f"kappa: expected numbers > 0, got {kappa}")
    if (n < 1).any() or (n != np.round(n)).any():
        raise ValueError(f"n: expected whole numbers >= 1, got {n}")
    return kappa, n


def integral_bound(tail, n):
    r"""The integral bound: Theorem 3 without the split.

    .. math:: E\,R(\hat w) \le E\bigl[\, p(\pi/2 - \theta)^n \,\bigr],
        \qquad \theta \text{ an independent draw of the angle}

    An example at angle theta can be wrong only if no training example is
    within pi/2 - theta of the teacher. Never above (19), at any beta. Ours,
    not the paper's.

    Parameters
    ----------
    tail : callable or AngleLaw
        p. A bare function is taken to be continuous: give jumps and bends as
        the knots of a `TailLaw`.
    n : int

    Returns
    -------
    float
        To nine digits, for values above 1e-60.

    Raises
    ------
    ValueError
        If n is not a whole number >= 1, or tail is not a tail.
    """
    law, n = as_law(tail), as_count("n", n)
    # rounding of an angle must not hide a sum of pi/2: step outwards
    return law.expect(lambda psi: law(psi - SLIVER) ** n)
