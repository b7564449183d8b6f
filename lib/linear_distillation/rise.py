"""When more data hurts: how far the expected risk can rise with one more example."""

from __future__ import annotations

__all__ = ["climbing_risk", "exchange_rise", "lever_examples", "narrow_mixture_risk"]

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import scipy

from ._checks import as_count, as_dim, as_examples, as_finite, as_teacher
from .bounds import as_whole
from .geometry import unit
from .risk import errors, transfer_risk
from .students import distilled_student
from .tasks import FiniteTask

if TYPE_CHECKING:
    from ._types import ArrayLike, Count, Floats, Values


def exchange_rise(X: ArrayLike, w_star: ArrayLike) -> float:
    r"""What n + 2 examples say about the step from n to n + 1.

    Independent examples can change places, so the expected risk after n + 1 of
    them is the chance that one of n + 2 is misclassified by the student of the
    others, and after n that it is by the student of all but itself and one more:

    .. math:: E\,R_{n+1} - E\,R_n = E\,g(x_1, \dots, x_{n+2}),

        g = \operatorname{mean}_i [x_i \text{ lost without } i]
          - \operatorname{mean}_{i \ne j} [x_i \text{ lost without } i, j]

    and g never exceeds (n+1)/(n+2) if no example is on the boundary of the teacher.
    Ours, not the paper's.

    Parameters
    ----------
    X : array_like, shape (d, n + 2)
        At least three examples.
    w_star : array_like, shape (d,)

    Returns
    -------
    float
        g, a multiple of 1/((n+1)(n+2)).

    Raises
    ------
    ValueError
        If a shape is wrong, there are fewer than three examples, an entry is
        not finite, or w_star is zero.
    """
    w_star = as_teacher("w_star", w_star)
    X = as_examples("X", as_finite("X", X, ndim=2), dim=w_star.size)
    if X.shape[1] < 3:
        raise ValueError(f"X: expected at least 3 examples, got {X.shape[1]}")
    one, two = (_held_back(X, w_star, size) for size in (1, 2))
    return float(one - two)


def _held_back(X: Floats, w_star: Floats, size: int) -> float:
    """Mean error on `size` held-back examples, over all choices of them."""
    m = X.shape[1]
    out = np.array(list(combinations(range(m), size)))
    kept = np.array(list(combinations(range(m), m - size)))[::-1]  # complements, in order
    held = X[:, out].transpose(1, 0, 2)
    w = distilled_student(X[:, kept].transpose(1, 0, 2), w_star)
    return errors(w, w_star, held).mean()


def lever_examples(size: Count, threshold: Count) -> Floats:
    r"""Ordinary examples that one special example turns against one another.

    With a_1..a_N orthonormal and orthogonal to e, and h = 1/1000,

    .. math:: x_i = h\,e + a_i \quad (i \le N), \qquad
        x_0 = \frac{h\,(k - 1/2)}{\sqrt N}\, e + \frac{1}{\sqrt N} \sum_i a_i

    A student that has seen only ordinary examples, or the special one with
    fewer than k ordinary ones, is always right; one that has seen the special
    one with k ordinary ones or more is wrong on all ordinary ones that it has not seen.
    Ours, not the paper's.

    Parameters
    ----------
    size : int
        N, the number of ordinary examples.
    threshold : int
        k, from 1 to N - 1.

    Returns
    -------
    ndarray, shape (N + 1, N + 1)
        One example a column, the special one last; the teacher is e_1.

    Raises
    ------
    ValueError
        If size or threshold is out of its range.
    """
    size, threshold = as_count("size", size), as_count("threshold", threshold)
    if threshold >= size:
        raise ValueError(f"threshold: expected a whole number below {size}, got {threshold}")
    X = np.zeros((size + 1, size + 1))
    X[1:, :size], X[1:, size] = np.eye(size), 1 / np.sqrt(size)
    X[0] = 1e-3 * np.append(np.ones(size), (threshold - 0.5) / np.sqrt(size))
    return X


def climbing_risk(n: ArrayLike, dim: Count) -> Values:
    r"""An expected risk that rises at every step until the examples span the space.

    .. math:: E\,R_n = I_{\frac{n-1}{2n}}\Bigl(\tfrac{d-n}{2}, \tfrac{d-n}{2}\Bigr)
        \quad (n < d), \qquad E\,R_n = 0 \quad (n \ge d)

    I the regularised incomplete beta function. It is the limit, as first h goes
    to 0, then r to infinity, then sigma to infinity, of the task
    :math:`x = h \exp(\sigma s)\, e + r v + z`, with e the teacher's direction, v a
    unit vector orthogonal to it, z standard normal in the d - 2 directions that remain
    and s any random variable with a density, independent of z. Ours, not the paper's.

    Parameters
    ----------
    n : int or array_like of int
        Examples, at least 1.
    dim : int
        d, at least 2.

    Returns
    -------
    float or ndarray

    Raises
    ------
    ValueError
        If n is not of whole numbers >= 1, or dim < 2.
    """
    n, dim = as_whole("n", n), as_dim(dim)
    left = np.maximum(dim - n, 1) / 2
    return np.where(n < dim, scipy.special.betainc(left, left, (n - 1) / (2 * n)), 0.0)[()]


def narrow_mixture_risk(
    means: ArrayLike, weights: ArrayLike | None = None, teacher: ArrayLike | None = None
) -> float:
    r"""Expected risk after two examples from very narrow clusters in three dimensions.

    The limit of a `MixtureTask` for scale to 0. It is not the risk of a task of
    atoms: two examples of one cluster span its mean m_i and a direction that is
    uniform on the circle orthogonal to it. Such a student loses cluster j with probability

    .. math:: f_{ij} = \frac1\pi \arccos \frac{e^\top m_j + e^\top P_i m_j}
        {|(I - P_i)e|\,|(I - P_i)m_j|}, \qquad P_i = m_i m_i^\top/|m_i|^2

    with the argument cut off at -1 and 1, and e^T m_j > 0. Ours, not the paper's.

    Parameters
    ----------
    means : array_like, shape (k, 3)
        m_j, none on the boundary of the teacher.
    weights : array_like, shape (k,), optional
        q_j; equal if not given.
    teacher : array_like, shape (3,), optional
        w_star, e_1 if not given.

    Returns
    -------
    float
        Sum over i != j of q_i q_j R(m_i, m_j), plus sum of q_i^2 q_j f_ij.

    Raises
    ------
    ValueError
        If a shape is wrong, an entry is not finite or a mean is on the boundary.
    """
    means = as_finite("means", means, ndim=2)
    if means.shape[1] != 3:
        raise ValueError(f"means: expected vectors of length 3, got shape {means.shape}")
    means = unit(means)  # lengths do not matter, and may be beyond a double when squared
    atoms = FiniteTask(means.T, weights, teacher)
    e, q = unit(atoms.teacher), atoms.weights
    if (np.abs(means @ e) <= 1e-12).any():
        raise ValueError("means: a cluster on the boundary has no label")
    i, j = np.indices((q.size, q.size))
    students = distilled_student(np.stack([means[i], means[j]], axis=-1), atoms.teacher)
    lost = np.where(i == j, 0.0, transfer_risk(students, atoms))
    return float(q @ lost @ q + q**2 @ _lost_alone(means, e) @ q)


def _lost_alone(means: Floats, e: Floats) -> Floats:
    """f_ij, for all i and j, from means of length one."""
    axis = means * np.sign(means @ e)[:, None]
    shared = (axis @ e)[:, None] * (axis @ axis.T)  # e' P_i m_j
    reach = np.linalg.norm(e - (axis @ e)[:, None] * axis, axis=1)
    across = np.linalg.norm(axis - (axis @ axis.T)[..., None] * axis[:, None], axis=-1)
    with np.errstate(divide="ignore", over="ignore"):
        slope = (axis @ e + shared) / (reach[:, None] * across)
    return np.arccos(np.clip(slope, -1, 1)) / np.pi
