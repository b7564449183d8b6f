"""Students of imperfect labels, and how to choose how far they follow them; see `noise`."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from . import _cross_entropy
from ._checks import as_examples, as_finite, as_level, representable
from ._interpolation import interpolant, left_out_by_ridge
from ._rows import moderate

if TYPE_CHECKING:
    from ._types import ArrayLike, Floats

HIDDEN = 1e-9  # relative: logits that a student misses by less are its own up to rounding


class Choice(NamedTuple):
    """What leave-one-out chose.

    Attributes
    ----------
    value : float
        The ridge, or the time.
    errors : ndarray
        Mean squared error of left-out logits, for each candidate.
    student : ndarray, shape (d,)
        That of all examples, at this value.
    """

    value: float
    errors: Floats
    student: Floats


def interpolating_student(X: ArrayLike, logits: ArrayLike) -> Floats:
    r"""The student that gradient flow from zero learns from any soft labels.

    With independent columns it is the shortest that has these logits,
    :math:`X K^{-1} z`. Otherwise it is the one student in the span of the examples that
    minimises the cross-entropy to the labels :math:`\sigma(z_i)`.

    Parameters
    ----------
    X : array_like, shape (d, n)
        One example a column; dependent columns are legal.
    logits : array_like, shape (n,)
        Of the labels.

    Returns
    -------
    ndarray, shape (d,)

    Raises
    ------
    ValueError
        If a shape is wrong, an entry is not finite, no example differs from zero, or logits
        are so large and so far apart that rounding hides the minimum;
        ``numpy.linalg.LinAlgError``, a subclass, if rounding hides the rank of X.

    References
    ----------
    Phuong and Lampert (2019), Theorem 1, for logits of a linear teacher.

    Examples
    --------
    >>> interpolating_student([[1.0], [1.0]], [3.0])
    array([1.5, 1.5])
    """
    X, z = _as_pair(X, "logits", logits)
    V, M = _cross_entropy.coordinates(X)
    fit = V @ (V.T @ z)
    if V.shape[1] == X.shape[1] or np.abs(fit - z).max() <= HIDDEN * np.abs(z).max():
        return representable("logits", interpolant(X.T, z[:, None])[0][:, 0])
    y = _cross_entropy.of_logits(V, z)
    if y is None:
        raise ValueError("logits: too large, and too far from a student's, for its rounding")
    return representable("logits", M @ y)


def cross_entropy_student(X: ArrayLike, labels: ArrayLike) -> Floats:
    r"""The student of least cross-entropy to labels in [0, 1], hard ones among them.

    .. math:: \sum_i x_i\,(\sigma(w^\top x_i) - y_i) = 0, \qquad w \in \operatorname{span}(X)

    Parameters
    ----------
    X : array_like, shape (d, n)
        One example a column.
    labels : array_like, shape (n,)
        In [0, 1]; the mean of repeated labels is one.

    Returns
    -------
    ndarray, shape (d,)

    Raises
    ------
    ValueError
        If a shape is wrong, an entry is not finite, a label is outside [0, 1], or no student
        is best: hard labels that can be separated send it to infinity (see
        `hard_label_student`); ``numpy.linalg.LinAlgError`` if rounding hides the rank.

    Examples
    --------
    >>> cross_entropy_student([[1.0, 1.0]], [1.0, 0.5]).round(6)  # log 3
    array([1.098612])
    """
    X, y = _as_pair(X, "labels", labels)
    if (y < 0).any() or (y > 1).any():
        raise ValueError("labels: expected numbers in [0, 1]")
    V, M = _cross_entropy.coordinates(X)
    found = _cross_entropy.of_labels(V, y)
    if found is None:
        raise ValueError("labels: no student is best; those that are hard can be separated")
    return representable("X", M @ found)


def stopped_student(X: ArrayLike, logits: ArrayLike, time: float) -> Floats:
    r"""The flow of least squares on logits from zero, stopped.

    .. math:: w(t) = \frac{1 - e^{-t X X^\top}}{X X^\top}\,X z

    The flow of cross-entropy is this one for logits near zero, at four times the time.

    Parameters
    ----------
    X : array_like, shape (d, n)
    logits : array_like, shape (n,)
    time : float
        At least 0, of the flow of half the *sum* of squares.

    Returns
    -------
    ndarray, shape (d,)

    Raises
    ------
    ValueError
        If a shape is wrong, an entry is not finite, or time is negative.
    """
    X, z = _as_pair(X, "logits", logits)
    U, s, Vt = np.linalg.svd(X, full_matrices=False)
    return representable("time", U @ (_stopped(s, as_level("time", time)) * (Vt @ z)))


def best_ridge(X: ArrayLike, logits: ArrayLike, ridges: ArrayLike) -> Choice:
    r"""The ridge, of several, whose left-out logits are nearest to what they should be.

    Parameters
    ----------
    X : array_like, shape (d, n)
    logits : array_like, shape (n,)
        As they came, with their noise.
    ridges : array_like, shape (k,)
        Above 0: penalties on the squared length beside the sum of squared errors of logits.
        For Gaussian data of unit variance the best one is :math:`s^2 d` in the mean.

    Returns
    -------
    Choice

    Raises
    ------
    ValueError
        If a shape is wrong, an entry is not finite, or a ridge is not above 0.
    """
    X, z = _as_pair(X, "logits", logits)
    ridges = as_finite("ridges", ridges, ndim=1)
    if (ridges <= 0).any():
        raise ValueError("ridges: expected numbers > 0")
    moderate("ridges", ridges)
    errors = np.square(left_out_by_ridge(X.T, z[:, None], ridges)[..., 0] - z).mean(axis=1)
    best = float(ridges[errors.argmin()])
    return Choice(best, errors, interpolant(X.T, z[:, None], best)[0][:, 0])


def best_stop(X: ArrayLike, logits: ArrayLike, times: ArrayLike) -> Choice:
    r"""The time to stop, of several, by students that are trained without one example each.

    Parameters
    ----------
    X : array_like, shape (d, n)
        At least two examples.
    logits : array_like, shape (n,)
    times : array_like, shape (k,)
        At least 0, as in `stopped_student`.

    Returns
    -------
    Choice

    Raises
    ------
    ValueError
        As `stopped_student`; if there is one example only.
    """
    X, z = _as_pair(X, "logits", logits)
    times = as_finite("times", times, ndim=1)
    if (times < 0).any():
        raise ValueError("times: expected numbers >= 0")
    if len(z) < 2:
        raise ValueError("X: one example leaves no other")
    errors = np.zeros(len(times))
    for i in range(len(z)):
        others = np.arange(len(z)) != i
        U, s, Vt = np.linalg.svd(X[:, others], full_matrices=False)
        seen = (X[:, i] @ U) * (Vt @ z[others])
        errors += np.square(_stopped(s, times[:, None]) @ seen - z[i]) / len(z)
    best = float(times[errors.argmin()])
    return Choice(best, errors, stopped_student(X, z, best))


def _stopped(s: Floats, time: ArrayLike) -> Floats:
    """(1 - exp(-t s^2)) / s, which is t s for small s."""
    with np.errstate(over="ignore"):
        moved = -np.expm1(-np.asarray(time) * np.square(s))
    return np.divide(moved, s, out=np.zeros_like(moved), where=s > 0)


def as_set(X: ArrayLike) -> Floats:
    X = np.ascontiguousarray(moderate("X", as_finite("X", as_examples("X", X), ndim=2)))
    if not X.any():
        raise ValueError("X: expected an example that is not zero")
    return X


def _as_pair(X: ArrayLike, name: str, value: ArrayLike) -> tuple[Floats, Floats]:
    X, column = as_set(X), moderate(name, as_finite(name, value, ndim=1))
    if column.size != X.shape[1]:
        raise ValueError(f"{name}: expected {X.shape[1]} numbers, one an example")
    return X, column
