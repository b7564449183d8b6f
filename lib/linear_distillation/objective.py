r"""The distillation loss, its derivatives, and the constants that the paper says exist.

With logits :math:`a_i = w^\top x_i` and :math:`a^\star_i = w_\star^\top x_i` the loss is
:math:`L(w) = \frac1n\sum_i k(a_i)`, where

.. math:: k(a) = \mathrm{KL}\bigl(\mathrm{Bern}(\sigma(a^\star))\,\|\,\mathrm{Bern}(\sigma(a))\bigr)

Everything here starts from logits, never from soft labels: a label that rounds
to 0 or 1 has forgotten what the teacher said.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import scipy

from ._checks import (
    RangeWarning,
    as_finite,
    as_level,
    as_transfer_set,
    out_of_log,
    representable,
)
from .geometry import decided_rank, magnitude, span_basis

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from ._types import ArrayLike, Floats, Values

    Quotient: TypeAlias = Callable[[Floats, Floats, Floats, float], Floats]

__all__ = [
    "RangeWarning",
    "growth_constant",
    "loss",
    "loss_gradient",
    "loss_hessian",
    "pl_constant",
    "sharp_pl_constant",
    "sublevel_intervals",
]

FAINT = 1e-290  # a positive level is rounded up to it


def loss(w: ArrayLike, X: ArrayLike, w_star: ArrayLike) -> Values:
    r"""Distillation loss: cross-entropy to the soft labels, less its minimum.

    .. math:: L(w) = \frac1n\sum_i \mathrm{KL}\bigl(\mathrm{Bern}(\sigma(w_\star^\top x_i))
        \,\|\,\mathrm{Bern}(\sigma(w^\top x_i))\bigr)

    Given the logits, each term has full relative accuracy, next to the minimum
    and for logits of any size.

    Parameters
    ----------
    w : array_like, shape (..., d)
        Students.
    X : array_like, shape (d, n)
        One example a column.
    w_star : array_like, shape (d,)
        The teacher, not zero.

    Returns
    -------
    float or ndarray, shape (...)
        In nats.

    Raises
    ------
    ValueError
        If a shape is wrong, an entry is not finite, w_star is zero, or a
        logit (or the result) leaves the floating-point range.

    References
    ----------
    Phuong and Lampert (2019), section 3, (1).

    Examples
    --------
    >>> float(loss([0.0], [[1.0]], [1000.0]))  # the label rounds to 1
    0.6931471805599453
    """
    return divergence(*logits_of(w, X, w_star)).mean(axis=-1)[()]


def loss_gradient(w: ArrayLike, X: ArrayLike, w_star: ArrayLike) -> Floats:
    r"""Gradient of the loss.

    .. math:: \nabla L(w) = \frac1n X\bigl(\sigma(X^\top w) - \sigma(X^\top w_\star)\bigr)

    Parameters
    ----------
    w, X, w_star
        As for `loss`.

    Returns
    -------
    ndarray, shape (..., d)

    Raises
    ------
    ValueError
        As `loss`.

    References
    ----------
    Phuong and Lampert (2019), appendix A.
    """
    gap = label_gap(*logits_of(w, X, w_star))
    with np.errstate(over="ignore", invalid="ignore"):
        return representable("X", (gap / gap.shape[-1]) @ np.asarray(X, dtype=float).T)


def loss_hessian(w: ArrayLike, X: ArrayLike, w_star: ArrayLike) -> Floats:
    r"""Hessian of the loss; the teacher does not enter, but its shape is checked.

    .. math:: H(w) = \frac1n X \operatorname{diag}\bigl(\sigma'(X^\top w)\bigr) X^\top

    Parameters
    ----------
    w, X, w_star
        As for `loss`.

    Returns
    -------
    ndarray, shape (..., d, d)

    Raises
    ------
    ValueError
        As `loss`.

    References
    ----------
    Phuong and Lampert (2019), appendix A.
    """
    logits, _, _ = logits_of(w, X, w_star)
    X = np.asarray(X, dtype=float)
    with np.errstate(over="ignore", invalid="ignore"):
        return representable("X", (X * curvature(logits)[..., None, :] / X.shape[-1]) @ X.T)


def logits_of(
    w: ArrayLike, X: ArrayLike, w_star: ArrayLike, name: str = "w"
) -> tuple[Floats, Floats, Floats]:
    """Logits of the students, of the teacher, and their differences, by example."""
    (X, w_star), w = as_transfer_set(X, w_star), as_finite(name, w)
    if w.ndim == 0 or w.shape[-1] != w_star.size:
        raise ValueError(f"{name}: expected last axis of length {w_star.size}, got shape {w.shape}")
    with np.errstate(over="ignore", invalid="ignore"):
        logits = w @ X, w_star @ X, (w - w_star) @ X
    for argument, a in (("w_star", logits[1]), (name, logits[0]), (name, logits[2])):
        if not np.isfinite(a).all():
            raise ValueError(f"{argument}: logits overflow")
    return logits


# The loss as a function of one logit


def sigmoid(a: Floats) -> Floats:
    """1 / (1 + exp(-a)), with full relative accuracy at both ends."""
    return scipy.special.expit(a)


def curvature(a: Floats) -> Floats:
    r""":math:`\sigma'(a) = \sigma(a)\sigma(-a)`, at most 1/4."""
    small = np.exp(-np.abs(a))
    return small / (1 + small) ** 2


def log_curvature(a: Floats) -> Floats:
    """Logarithm of `curvature`, which does not underflow."""
    small = np.exp(-np.abs(a))
    return -np.abs(a) - 2 * np.log1p(small)


def label_gap(a: Floats, a_star: Floats, gap: Floats) -> Floats:
    r""":math:`\sigma(a) - \sigma(a^\star)`, given also the gap :math:`a - a^\star`.

    By :math:`\sigma(a) - \sigma(b) = \sigma(a)\,\sigma(-b)\,(1 - e^{b-a})`: nothing
    cancels, even where both labels round to 1.
    """
    upper, lower = np.maximum(a, a_star), np.minimum(a, a_star)
    return np.sign(gap) * sigmoid(upper) * sigmoid(-lower) * -np.expm1(-np.abs(gap))


def log_label_gap(a: Floats, a_star: Floats, gap: Floats) -> Floats:
    """Logarithm of the size of `label_gap`, which does not underflow."""
    upper, lower = np.maximum(a, a_star), np.minimum(a, a_star)
    with np.errstate(divide="ignore"):  # no gap
        closed = np.log(-np.expm1(-np.abs(gap)))
    return closed - np.logaddexp(0, -upper) - np.logaddexp(0, lower)


def divergence(a: Floats, a_star: Floats, gap: Floats) -> Floats:
    r"""KL from Bern(sigma(a)) to Bern(sigma(a_star)), given also the gap a - a_star.

    Far apart it is :math:`s(a) - s(a^\star) - \sigma(a^\star)(a - a^\star)` with the
    softplus s, after a reflection that makes :math:`a^\star \le 0`. Close
    together that cancels; there Taylor's theorem turns it into

    .. math:: k(a) = (a - a^\star)^2\int_0^1 (1-t)\,\sigma'(a^\star + t\,(a - a^\star))\,dt

    whose integrand is positive and analytic: ten Gauss points are exact to rounding.
    """
    flip = np.where(a_star > 0, -1.0, 1.0)
    a, a_star, gap = flip * a, flip * a_star, flip * gap
    far = np.logaddexp(0, a) - np.logaddexp(0, a_star) - sigmoid(a_star) * gap
    t, weights = _unit_rule()
    near = np.clip(gap, -1, 1)
    bend = curvature(a_star[..., None] + t * near[..., None]) @ (weights * (1 - t))
    return np.where(np.abs(gap) < 1, near**2 * bend, far)


@cache
def _unit_rule() -> tuple[Floats, Floats]:
    """Gauss-Legendre on (0, 1)."""
    x, weights = np.polynomial.legendre.leggauss(10)
    return (1 + x) / 2, weights / 2


# Sublevel sets and constants


def sublevel_intervals(X: ArrayLike, w_star: ArrayLike, level: float) -> Floats:
    r"""Where the logits can be while the loss is at most `level`.

    Each of the n terms is at most n * level, and is convex in its logit with
    minimum 0 at the teacher's: so :math:`L(w) \le \ell` confines :math:`w^\top x_i`
    to an interval around :math:`w_\star^\top x_i`. Its ends are found by Newton's
    method on log k against log distance, inside a shrinking bracket, and
    rounded outwards.

    Parameters
    ----------
    X : array_like, shape (d, n)
    w_star : array_like, shape (d,)
    level : float
        At least 0, in nats.

    Returns
    -------
    ndarray, shape (n, 2)
        a_minus and a_plus of each example. An end beyond the floating-point
        range is infinite.

    Raises
    ------
    ValueError
        If a shape is wrong, an entry is not finite, w_star is zero or level < 0.

    References
    ----------
    Phuong and Lampert (2019), proof of Theorem A.3.
    """
    a_star, height = _heights(X, w_star, level)
    with np.errstate(over="ignore"):
        return a_star[:, None] + _reaches(a_star, height) * [-1, 1]


def _heights(X: ArrayLike, w_star: ArrayLike, level: float) -> tuple[Floats, float]:
    """The teacher's logits, and what each term of the loss is at most: n * level."""
    X, w_star = as_transfer_set(X, w_star)
    with np.errstate(over="ignore", invalid="ignore"):
        a_star, height = w_star @ X, X.shape[-1] * as_level("level", level)
    if not np.isfinite(a_star).all():
        raise ValueError("w_star: logits overflow")
    if not np.isfinite(height):
        raise ValueError("level: n times it overflows")
    # squares of reaches must not underflow: a higher level only widens what is certified
    return a_star, max(height, FAINT) if height else height


def _reaches(a_star: Floats, height: float) -> Floats:
    """How far below and above a_star the divergence stays at most `height`, shape (n, 2)."""
    # seen from the left or the right of zero: the reach upwards of -a_star and of a_star
    a = np.stack([-a_star, a_star], axis=-1)
    if height == 0:
        return np.zeros_like(a)
    with np.errstate(all="ignore"):
        # k(a + D) >= (1 - y) D - s(-a), so the root is below
        high = (height + np.logaddexp(0, -a)) / sigmoid(-a)
        low, D = np.zeros_like(a), np.minimum(high, np.sqrt(2 * height / curvature(a)))
        for _ in range(200):
            k = divergence(a + D, a, D)
            excess, slope = np.log(k / height), D * label_gap(a + D, a, D) / k
            low, high = np.where(excess < 0, D, low), np.where(excess < 0, high, D)
            step = D * np.exp(-excess / slope)
            inside = (step > low) & (step < high)
            step = np.where(inside, step, np.where(low > 0, np.sqrt(low) * np.sqrt(high), high / 2))
            done = (np.abs(step - D) <= 1e-13 * D) | ~(np.inf > D)
            D = np.where(np.isnan(step), D, step)
            if done.all():
                break
    return D * (1 + 1e-12)


def pl_constant(X: ArrayLike, w_star: ArrayLike, level: float, *, log: bool = False) -> float:
    r"""The constant of Theorem A.3 and Corollary A.1 on the sublevel set of `level`.

    .. math:: \mu = \frac{\lambda}{n}\,\min_i\min\bigl(\sigma'(a_i^-), \sigma'(a_i^+)\bigr)

    with :math:`\lambda` the smallest non-zero eigenvalue of :math:`X^\top X` and
    the intervals of `sublevel_intervals` (:math:`\sigma'` has one peak, so it is
    smallest at an end). On the sublevel set L is mu-strongly convex along
    span(X), and :math:`L \le |\nabla L|^2/(2\mu)` (Polyak-Łojasiewicz).

    Parameters
    ----------
    X : array_like, shape (d, n)
        Dependent columns are legal.
    w_star : array_like, shape (d,)
    level : float
        At least 0, in nats.
    log : bool
        Return the natural logarithm: mu is positive, but of order
        :math:`\exp(-n\ell\,e^{|a^\star|})`, so that it is often below every float.

    Returns
    -------
    float
        A mu without a place among floats is 0 (or infinite), with a `RangeWarning`.

    Raises
    ------
    ValueError
        As `sublevel_intervals`; also if no example differs from zero.
        ``numpy.linalg.LinAlgError``, a subclass, if rounding hides the rank
        of X or its smallest eigenvalue.

    References
    ----------
    Phuong and Lampert (2019), Theorem A.3 and Corollary A.1, where a constant
    is said to exist.
    """
    least = log_curvature(sublevel_intervals(X, w_star, level)).min()
    return _constant("pl_constant", X, least, log)


def sharp_pl_constant(X: ArrayLike, w_star: ArrayLike, level: float, *, log: bool = False) -> float:
    r"""A larger constant for Corollary A.1, for any examples.

    .. math:: \mu_1 = \frac{\lambda}{n}\,\min_i \min_\pm
        \frac{\bigl(\sigma(a_i^\pm) - \sigma(a_i^\star)\bigr)^2}{2\,k_i(a_i^\pm)}

    On the sublevel set :math:`L \le |\nabla L|^2/(2\mu_1)`. The quotient is
    :math:`\sigma'` somewhere between the two logits (Cauchy's mean value
    theorem), so that :math:`\mu_1 \ge \mu`. It is smallest for the largest
    :math:`|a_i^\star|`, on the side away from zero. For a teacher of logit
    :math:`a^\star` it is of order :math:`e^{-2|a^\star|}`, and mu of order
    :math:`\exp(-n\ell\,e^{|a^\star|})`. Ours, not the paper's.

    Parameters
    ----------
    X : array_like, shape (d, n)
        Dependent columns are legal.
    w_star, level, log
        As for `pl_constant`.

    Returns
    -------
    float
        As `pl_constant`.

    Raises
    ------
    ValueError
        As `pl_constant`.
    """
    least = _smallest_quotient(X, w_star, level, _log_dominance, log_curvature)
    return _constant("sharp_pl_constant", X, least, log)


def growth_constant(X: ArrayLike, w_star: ArrayLike, level: float, *, log: bool = False) -> float:
    r"""How fast the loss grows with the distance from its minimisers.

    .. math:: \mu_2 = \frac{\lambda}{n}\,\min_i \min_\pm
        \frac{2\,k_i(a_i^\pm)}{(a_i^\pm - a_i^\star)^2}

    On the sublevel set :math:`|P(w - w_\star)|^2 \le 2 L(w)/\mu_2`, for any X.
    The quotient is an average of :math:`\sigma'` between the two logits, so
    that :math:`\mu_2 \ge \mu` of `pl_constant`. Ours, not the paper's.

    Parameters
    ----------
    X : array_like, shape (d, n)
        Dependent columns are legal.
    w_star, level, log
        As for `pl_constant`.

    Returns
    -------
    float
        As `pl_constant`.

    Raises
    ------
    ValueError
        As `pl_constant`.
    """
    least = _smallest_quotient(X, w_star, level, _log_growth, log_curvature)
    return _constant("growth_constant", X, least, log)


def _constant(name: str, X: ArrayLike, log_least: float, log: bool) -> float:
    """lambda/n times what the logits leave of the curvature."""
    X = np.asarray(X, dtype=float)
    size = magnitude(X)
    log_share = np.log(smallest_eigenvalue(X / size) / X.shape[1]) + 2 * np.log(size)
    return out_of_log(float(log_share + log_least), log, name, stacklevel=4)


def _log_dominance(a: Floats, a_star: Floats, gap: Floats, k: float) -> Floats:
    return 2 * log_label_gap(a, a_star, gap) - np.log(2 * k)


def _log_growth(a: Floats, a_star: Floats, gap: Floats, k: float) -> Floats:
    # out of range, up from a logit a*, the gap is (k + s(-a*)) / sigma(-a*), or k e^(a*), at most
    log_gap = np.where(np.isinf(gap), np.log(k) + np.abs(a_star), np.log(np.abs(gap)))
    return np.log(2 * k) - 2 * log_gap


def _smallest_quotient(
    X: ArrayLike,
    w_star: ArrayLike,
    level: float,
    quotient: Quotient,
    limit: Callable[[Floats], Floats] = curvature,
) -> float:
    """The smallest quotient over the ends of all intervals; it has one peak in each.

    `limit` is what the quotient tends to at the teacher's logit.
    """
    a_star, height = _heights(X, w_star, level)
    if height == 0:
        return float(limit(a_star).min())
    with np.errstate(over="ignore"):
        gap = _reaches(a_star, height) * [-1, 1]
        a_star = a_star[:, None]
        return float(quotient(a_star + gap, a_star, gap, height).min())


def smallest_eigenvalue(X: ArrayLike) -> float:
    """Smallest non-zero eigenvalue of X'X, for X of shape (d, n).

    Raises
    ------
    numpy.linalg.LinAlgError
        A ``ValueError``, if rounding hides it: the rank of X is decided with
        columns scaled to length one, this eigenvalue cannot be.
    """
    _, rank = span_basis(X)
    X = np.asarray(X, dtype=float)
    size = magnitude(X)
    singular_values = np.linalg.svd(X / size, compute_uv=False)
    if rank == 0:
        raise ValueError("X: expected an example that is not zero")
    if decided_rank(singular_values, max(np.shape(X))).sum() < rank:
        raise np.linalg.LinAlgError("X: rounding hides the smallest eigenvalue of X'X")
    return float((singular_values[rank - 1] * size) ** 2)
