r"""Imperfect teachers: noise on logits, labels that are drawn, and what they cost.

A student that is trained to the end interpolates noise as well. From zero it ends at

.. math:: w = X K^{-1}(X^\top w_\star + s\,\varepsilon), \qquad K = X^\top X

For standard normal examples, a teacher of length one and independent standard normal
:math:`\varepsilon_i` the law of this student is known exactly, for every n up to d. In other units
the noise counts relative to the teacher's logits: s is its standard deviation over theirs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ._checks import (
    as_count,
    as_finite,
    as_generator,
    as_positive,
    as_teacher,
    representable,
)
from ._noisy_students import (
    Choice,
    as_set,
    best_ridge,
    best_stop,
    cross_entropy_student,
    interpolating_student,
    stopped_student,
)
from ._rows import as_noise, moderate
from .objective import curvature

if TYPE_CHECKING:
    from ._types import ArrayLike, Count, Floats, Random

__all__ = [
    "Choice",
    "NoisyMoments",
    "Split",
    "best_ridge",
    "best_share",
    "best_split",
    "best_stop",
    "cross_entropy_student",
    "interpolating_student",
    "label_covariance",
    "label_value",
    "noisy_angles",
    "noisy_cosine",
    "noisy_moments",
    "noisy_risk",
    "stopped_student",
]

MOST_NOISE = 1e100


class NoisyMoments(NamedTuple):
    """Means and variances over transfer sets, exact; infinite where they do not exist.

    Attributes
    ----------
    along, along_variance : float
        Of the student's component along the teacher.
    square, square_variance : float
        Of its squared length.
    error, error_variance : float
        Of the squared distance to the teacher.
    """

    along: float
    along_variance: float
    square: float
    square_variance: float
    error: float
    error_variance: float


class Split(NamedTuple):
    """How to spend a budget of questions.

    Attributes
    ----------
    share : float
        Different examples, as a share of d.
    repeats : float
        Questions about each of them, a whole number only by chance.
    cosine : float
        Of the angle that the student of their mean logits reaches.
    """

    share: float
    repeats: float
    cosine: float


# The law of the student of noisy logits


def noisy_angles(n: Count, dim: Count, noise: float, n_sets: Count, rng: Random) -> Floats:
    r"""Angles of interpolating students to the teacher, drawn without drawing examples.

    .. math:: \tan\phi = \frac{\sqrt{(\rho + vt)^2(1-\rho^2) + v^2(1-t^2)}}{\rho\,(\rho + vt)}

    with independent :math:`\rho^2 \sim \mathrm{Beta}(\frac n2, \frac{d-n}2)`,
    :math:`v^2 = s^2\chi^2_n/\chi^2_{d-n+1}`, and t a coordinate of a random direction of
    :math:`\mathbb R^n`: the student is the projection, of length rho, plus noise of length v, at an
    angle of cosine t.

    Parameters
    ----------
    n : int
        Examples, at most dim.
    dim : int
    noise : float
        s, at least 0.
    n_sets : int
    rng : numpy.random.Generator

    Returns
    -------
    ndarray, shape (n_sets,)
        In radians, between 0 and pi: angles of vectors.

    Raises
    ------
    ValueError, TypeError
        If a number is out of its range, or rng is not a generator.
    """
    (n, dim), noise = _as_sizes(n, dim), as_noise(noise)
    size, rng = as_count("n_sets", n_sets), as_generator("rng", rng)
    missed = rng.chisquare(dim - n, size) if n < dim else np.zeros(size)
    first = rng.standard_normal(size)
    rest = rng.chisquare(n - 1, size) if n > 1 else np.zeros(size)
    rho2 = rng.chisquare(n, size)
    rho2 /= rho2 + missed
    v = noise * np.sqrt((first**2 + rest) / rng.chisquare(dim - n + 1, size))
    return _angle(rho2, 1 - rho2, v, first / np.sqrt(first**2 + rest))


def noisy_moments(n: Count, dim: Count, noise: float) -> NoisyMoments:
    r"""Exact moments of the interpolating student.

    .. math:: \mathbb E|w - w_\star|^2 = 1 - \frac nd + \frac{s^2 n}{d-n-1}, \qquad n \le d-2

    Parameters
    ----------
    n, dim, noise
        As in `noisy_angles`.

    Returns
    -------
    NoisyMoments

    Raises
    ------
    ValueError
        If a number is out of its range.
    """
    (n, dim), s2 = _as_sizes(n, dim), as_noise(noise) ** 2
    m = dim - n + 1  # degrees of freedom of the denominator
    mean = np.inf if m <= 2 else n / (m - 2)
    spread = np.inf if m <= 4 else 2 * n * (n + m - 2) / ((m - 2) ** 2 * (m - 4))
    v2, v4 = (s2 * mean, s2**2 * spread) if s2 else (0.0, 0.0)
    rho4 = 2 * n * (dim - n) / (dim**2 * (dim + 2))
    share = n / dim
    return NoisyMoments(
        along=share,
        along_variance=rho4 + v2 / dim,
        square=share + v2,
        square_variance=rho4 + v4 + 4 * v2 / dim,
        error=1 - share + v2,
        error_variance=rho4 + v4,
    )


def _angle(rho2: Floats, missed: Floats, v: Floats, t: Floats) -> Floats:
    """Angle of student and teacher, from squared length and loss of the projection, and noise."""
    rho = np.sqrt(rho2)
    seen = rho + v * t
    across = np.sqrt(seen**2 * missed + v**2 * np.maximum(0, (1 - t) * (1 + t)))
    return np.asarray(np.arctan2(across, rho * seen))


def _as_sizes(n: Count, dim: Count) -> tuple[int, int]:
    n, dim = as_count("n", n), as_count("dim", dim)
    if dim > 1e12:
        raise ValueError(f"dim: expected at most 1e12, got {dim}")
    if n > dim:
        raise ValueError(f"n: at most dim = {dim} examples can be interpolated, got {n}")
    return n, dim


# The limit of many dimensions


def noisy_cosine(share: ArrayLike, noise: float) -> Floats:
    r"""Cosine of student and teacher as d grows with n/d fixed.

    .. math:: \cos^2\phi = \frac{\gamma(1-\gamma)}{1-\gamma+s^2}, \qquad \gamma = n/d < 1

    Parameters
    ----------
    share : array_like
        gamma, in [0, 1].
    noise : float
        s, at least 0.

    Returns
    -------
    float or ndarray

    Raises
    ------
    ValueError
        If a number is out of its range.

    Examples
    --------
    >>> float(noisy_cosine(0.5, 0.0) ** 2)
    0.5000000000000001
    """
    share, noise = as_finite("share", share), as_noise(noise)
    if (share < 0).any() or (share > 1).any():
        raise ValueError("share: expected numbers in [0, 1]")
    if not noise:
        return np.sqrt(share)[()]
    return (np.sqrt(share * (1 - share)) / np.hypot(np.sqrt(1 - share), noise))[()]


def noisy_risk(share: ArrayLike, noise: float) -> Floats:
    r"""The risk in the same limit, on isotropic test examples: :math:`\frac1\pi\arccos\cos\phi`.

    Parameters
    ----------
    share, noise
        As in `noisy_cosine`.

    Returns
    -------
    float or ndarray

    Raises
    ------
    ValueError
        As `noisy_cosine`.
    """
    return np.arccos(np.minimum(1, noisy_cosine(share, noise))) / np.pi


def best_share(noise: float) -> float:
    r"""The number of examples, as a share of d, at which the risk is smallest.

    .. math:: \gamma^\star = 1 + s^2 - s\sqrt{1+s^2}, \qquad
        \cos\phi = \sqrt{1+s^2} - s

    Parameters
    ----------
    noise : float
        s, at least 0.

    Returns
    -------
    float
        In [1/2, 1]; between this and d, more examples do harm if there is noise.

    Raises
    ------
    ValueError
        If noise is negative or not finite.

    Examples
    --------
    >>> round(best_share(0.5), 3)
    0.691
    """
    noise = as_noise(noise)
    # s (sqrt(1 + s^2) - s) without cancellation
    return float(1 - noise / (np.hypot(1, noise) + noise))


def best_split(budget: float, noise: float) -> Split:
    r"""New examples or old ones again: the best use of a number of noisy answers.

    The logits of k answers to one question are averaged, and the student is least squares on
    the means: the shortest interpolant below n = d. In the limit of many dimensions, with k real,

    .. math:: \cos^2\phi = \frac{\gamma(1-\gamma)}{1-\gamma+s^2\gamma/\beta} \;(\gamma<1), \qquad
        \frac{1}{1 + \frac{s^2}{\beta}\frac{\gamma}{\gamma-1}} \;(\gamma>1).

    Below n = d the best share is :math:`\min(\beta, \frac{1}{1 + s/\sqrt\beta})`, so that repeating
    pays iff :math:`\beta + s\sqrt\beta > 1`; then :math:`\cos\phi` is that share. Above it,
    new examples are always better, and best of all if :math:`\beta > 1` and
    :math:`s < 2\sqrt\beta(\beta-1)`.

    Parameters
    ----------
    budget : float
        Questions, as a share beta of d; above 0.
    noise : float
        s, of one answer.

    Returns
    -------
    Split

    Raises
    ------
    ValueError
        If a number is out of its range.

    Examples
    --------
    >>> best_split(1.0, 1.0)
    Split(share=0.5, repeats=2.0, cosine=0.5)
    >>> best_split(4.0, 6.0)  # all of them new
    Split(share=4.0, repeats=1.0, cosine=0.2773500981126145)
    """
    budget, noise = as_positive("budget", budget), as_noise(noise)
    if not 1 / MOST_NOISE <= budget <= MOST_NOISE:
        raise ValueError("budget: beyond 1e-100 to 1e100")
    root = np.sqrt(budget)
    if budget > 1 and noise < 2 * root * (budget - 1):
        return Split(budget, 1.0, float(1 / np.hypot(1, noise / np.sqrt(budget - 1))))
    share = float(min(budget, root / (root + noise)))
    if share == budget:
        return Split(share, 1.0, float(noisy_cosine(share, noise)))
    return Split(share, float(budget / share), share)


# What a label is worth


def label_covariance(X: ArrayLike, w_star: ArrayLike, variance: ArrayLike | None = None) -> Floats:
    r"""Asymptotic covariance of a student of n unbiased labels, times n.

    .. math:: H^{-1}\,\mathbb E[v(x)\,x x^\top]\,H^{-1}, \qquad
        H = \mathbb E\,\sigma'(w_\star^\top x)\,x x^\top

    with v(x) the variance of a label of x. It is at most :math:`H^{-1}`, that of hard labels.

    Parameters
    ----------
    X : array_like, shape (d, m)
        Points of the law of examples, one a column, equally likely; they span the space.
    w_star : array_like, shape (d,)
        The teacher, not zero.
    variance : array_like, shape (m,), optional
        v at each point: at least 0, at most :math:`\sigma(1-\sigma)`, which no label in [0, 1] of
        this mean can exceed. Not given, labels are hard ones, drawn with probability sigma.

    Returns
    -------
    ndarray, shape (d, d)

    Raises
    ------
    ValueError
        If a shape is wrong, an entry is not finite, or a variance impossible;
        ``numpy.linalg.LinAlgError``, a subclass, if the points do not span the space.

    References
    ----------
    The sandwich covariance of misspecified likelihoods.
    """
    X = as_set(X)
    w_star = moderate("w_star", as_teacher("w_star", w_star, dim=len(X)))
    most = curvature(w_star @ X)
    v = most if variance is None else as_finite("variance", variance, ndim=1)
    if v.size != most.size:
        raise ValueError(f"variance: expected {most.size} numbers, one a point")
    if (v < 0).any() or (v > most * (1 + 1e-9)).any():
        raise ValueError("variance: a label in [0, 1] with mean p has at most p (1 - p)")
    size = np.abs(X).max()
    Z = X / size
    H, middle = (Z * most) @ Z.T / most.size, (Z * v) @ Z.T / most.size
    if not np.linalg.cond(H) < 1e12:
        raise np.linalg.LinAlgError("X: its points do not span the space beyond rounding")
    inverse = np.linalg.inv(H)
    return representable("X", inverse @ middle @ inverse / size / size)


def label_value(X: ArrayLike, w_star: ArrayLike, variance: ArrayLike) -> float:
    r"""How many hard labels a soft label is worth: the ratio of the two mean squared errors.

    Parameters
    ----------
    X, w_star
        As in `label_covariance`.
    variance : array_like, shape (m,)
        Of the soft labels.

    Returns
    -------
    float
        At least one; infinite for labels without noise.

    Raises
    ------
    ValueError
        As `label_covariance`.
    """
    soft = float(np.trace(label_covariance(X, w_star, variance)))
    hard = float(np.trace(label_covariance(X, w_star)))
    return hard / soft if soft > 0 else float("inf")
