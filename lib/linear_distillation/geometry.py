"""Angles between lines, and projections onto the span of a transfer set."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ._checks import as_examples, as_finite

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

    from ._types import ArrayLike, Bools, Floats, Ints, Values

__all__ = ["line_angle", "project", "span_basis", "vector_angle"]

CLEAR = 1e-5  # the least eigenvalue of a Gram matrix, relative to their sum, without doubt
SOLUTIONS = 2  # each multiplies the error by 4 n eps / CLEAR at most, down to rounding


def unit(v: ArrayLike) -> Floats:
    """Scale vectors to length one; a zero vector stays zero.

    Parameters
    ----------
    v : array_like, shape (..., d)

    Returns
    -------
    ndarray, shape (..., d)
        v / |v|, without overflow or underflow for tiny and huge v.
    """
    vectors = np.asarray(v, dtype=np.float64)
    scale = np.abs(vectors).max(axis=-1, keepdims=True)
    vectors = np.divide(vectors, scale, out=np.zeros_like(vectors), where=scale > 0)
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.divide(vectors, length, out=vectors, where=length > 0)


def magnitude(v: Floats, axis: int | tuple[int, ...] | None = None) -> Floats:
    """The power of two next above the largest entry: dividing by it is exact; 1 for zeros."""
    top = np.abs(v).max(axis=axis, keepdims=axis is not None)
    # as a float it must not overflow itself, nor its inverse
    exponent = np.minimum(np.maximum(np.frexp(top)[1], -1021), 1021)
    return np.where(top > 0, np.ldexp(1.0, exponent), 1.0)


def length(v: Floats, axis: int | tuple[int, ...] = -1) -> Floats:
    """Euclidean lengths along `axis` (or axes), without squares that overflow or underflow."""
    scale = magnitude(v, axis)
    with np.errstate(over="ignore"):  # of the length itself
        return scale.reshape(np.linalg.norm(v, axis=axis).shape) * np.linalg.norm(
            v / scale, axis=axis
        )


def line_angle(u: ArrayLike, v: ArrayLike) -> Values:
    r"""Angle between the lines through two vectors.

    .. math:: \alpha(u, v) = \arccos\frac{|u^\top v|}{|u|\,|v|} \in [0, \pi/2],
        \qquad \alpha(u, 0) = \pi/2

    Computed as :math:`2\arctan(|u-v|/|u+v|)` of unit vectors on the same side,
    which keeps full relative accuracy for small angles.

    Parameters
    ----------
    u, v : array_like, shapes that broadcast, vectors along the last axis
        For the columns of X (d, n) pass ``X.T``.

    Returns
    -------
    float or ndarray
        Radians.

    Raises
    ------
    ValueError
        If an entry is not finite, or the lengths differ.

    References
    ----------
    Phuong and Lampert (2019), section 4.2. W. Kahan, "How futile are mindless
    assessments of roundoff in floating-point computation?" (2006), section 12.
    """
    u, v = _directions(u, v)
    v = np.where(np.vecdot(u, v)[..., None] < 0, -v, v)
    apart, along = np.linalg.norm(u - v, axis=-1), np.linalg.norm(u + v, axis=-1)
    angle = np.where(along > 0, 2 * np.arctan2(apart, along), np.pi / 2)
    return np.minimum(angle, np.pi / 2)[()]  # rounding may step over the right angle


def vector_angle(u: ArrayLike, v: ArrayLike) -> Values:
    r"""Angle between two vectors, which may be obtuse.

    .. math:: \arccos\frac{u^\top v}{|u|\,|v|} \in [0, \pi]

    A right angle if one of them is zero. Computed, and with errors, as
    `line_angle`.

    Parameters
    ----------
    u, v : array_like, shapes that broadcast, vectors along the last axis

    Returns
    -------
    float or ndarray
        Radians.
    """
    u, v = _directions(u, v)
    apart, along = np.linalg.norm(u - v, axis=-1), np.linalg.norm(u + v, axis=-1)
    return np.where((apart > 0) | (along > 0), 2 * np.arctan2(apart, along), np.pi / 2)[()]


def _directions(u: ArrayLike, v: ArrayLike) -> tuple[Floats, Floats]:
    u, v = as_finite("u", u), as_finite("v", v)
    if u.ndim == 0 or v.ndim == 0 or u.shape[-1] != v.shape[-1]:
        raise ValueError(f"u, v: expected vectors of one length, got shapes {u.shape}, {v.shape}")
    return unit(u), unit(v)


def decided_rank(singular_values: NDArray[np.floating[Any]], size: int) -> Bools:
    """Which singular values count as non-zero, or an error if rounding hides it.

    Below ``size`` * eps (relative to the largest) a value is what rounding
    makes of an exact zero. Above 1e4 times that, the direction is known to
    four digits or better. In between the rank cannot be told.

    Parameters
    ----------
    singular_values : ndarray, shape (..., k), decreasing
    size : int
        The larger side of the matrix.

    Returns
    -------
    ndarray of bool, shape (..., k)

    Raises
    ------
    numpy.linalg.LinAlgError
        A ``ValueError``, if a value lies in the undecidable zone.
    """
    largest = singular_values[..., :1]
    relative = np.divide(
        singular_values, largest, out=np.zeros_like(singular_values), where=largest > 0
    )
    zero = size * np.finfo(float).eps
    doubtful = (relative > zero) & (relative < 1e4 * zero)
    if doubtful.any():
        raise np.linalg.LinAlgError(
            "X: rounding hides its rank (relative singular value "
            f"{relative[doubtful].min():.1e}); drop nearly dependent columns"
        )
    return relative >= 1e4 * zero


def span_basis(X: ArrayLike) -> tuple[Floats, np.integer[Any] | Ints]:
    """Orthonormal basis of the span of the columns, by a rank-revealing SVD.

    Columns are first scaled to length one: the span does not depend on their
    lengths, the rank decision would.

    Parameters
    ----------
    X : array_like, shape (..., d, n)
        Dependent columns (duplicates, zeros, n > d) are legal.

    Returns
    -------
    U : ndarray, shape (..., d, min(d, n))
        Columns beyond the rank are set to zero, so that U U' is the
        orthogonal projection onto span(X) for every set of a batch.
    rank : int or ndarray of int, shape (...)

    Raises
    ------
    ValueError
        If X is not finite or not of that shape.
    numpy.linalg.LinAlgError
        If rounding hides the rank: a singular value is neither what rounding
        makes of zero nor known to four digits.
    """
    X = as_examples("X", X)
    columns = np.swapaxes(unit(np.swapaxes(X, -1, -2)), -1, -2)
    U, s, _ = np.linalg.svd(columns, full_matrices=False)
    kept = decided_rank(s, max(X.shape[-2:]))
    return U * kept[..., None, :], kept.sum(axis=-1)


def project(X: ArrayLike, v: ArrayLike) -> Floats:
    r"""Orthogonal projection of v onto the span of the columns of X.

    .. math:: P v, \qquad P = X (X^\top X)^{-1} X^\top \text{ for full column rank}

    Parameters
    ----------
    X : array_like, shape (..., d, n)
    v : array_like, shape (d,)

    Returns
    -------
    ndarray, shape (..., d)
        Exactly v where the columns span the whole space.

    Raises
    ------
    ValueError
        As `span_basis`; also if the length of v is not d.
    """
    v = as_finite("v", v, ndim=1)
    return project_columns(as_examples("X", X, dim=v.size), v[:, None])[..., 0]


def project_columns(X: Floats, V: Floats) -> Floats:
    """`project` for each column of V (d, m), (..., d, m): one factor of a set serves all."""
    size = magnitude(V, axis=0)
    sets, V = X.reshape(-1, *X.shape[-2:]), V / size
    inside = np.empty((len(sets), *V.shape))
    clear = _project_clear(sets, V, inside)
    if not clear.all():
        U, rank = span_basis(sets[~clear])
        slow = U @ (np.swapaxes(U, 1, 2) @ V)
        inside[~clear] = np.where((rank == len(V))[:, None, None], V, slow)
    return size * inside.reshape(*X.shape[:-1], V.shape[1])


def _project_clear(X: Floats, V: Floats, out: Floats) -> Bools:
    """Project columns where a Gram matrix shows that the smaller side of X is its rank.

    Writes into `out`, and returns which sets were clear. Products with X are
    all that costs: the Cholesky factor of the Gram matrix of unit columns (or
    of X X', if X is wide) gives a lower bound of its least eigenvalue, and
    solves the normal equations. Their error, the squared condition number
    times rounding, is removed by repeating the solution for what is left.
    """
    d, n = X.shape[1:]
    with np.errstate(all="ignore"):  # lengths that overflow make a set unclear
        lengths = np.sqrt(np.einsum("sdn,sdn->sn", X, X))
        fit = ((lengths > 1e-140) & (lengths < 1e140)).all(axis=1)
        scale = np.where(fit[:, None], 1 / lengths, 0)[:, :, None]
    if not fit.any():
        return fit
    X = X if fit.all() else np.where(fit[:, None, None], X, 0)
    across, wide = np.swapaxes(X, 1, 2), n >= d
    # of unit columns: the lengths say nothing about the span, and would spoil the condition number
    if wide:
        gram = (X * np.swapaxes(scale, 1, 2) ** 2) @ across
    else:
        gram = across @ X * scale * np.swapaxes(scale, 1, 2)
    inverse, clear = _inverse_factor(gram, max(d, n))
    clear &= fit
    if wide:  # the columns span the whole space
        out[clear] = V
        return clear
    inverse *= np.swapaxes(scale, 1, 2)  # now the factor of the Gram matrix of X itself
    coefficients: Floats | int = 0
    rest = np.broadcast_to(V, out.shape)
    for _ in range(SOLUTIONS):  # iterative refinement: solve again for what is left
        step = inverse @ (across @ rest)
        coefficients = coefficients + np.swapaxes(inverse, 1, 2) @ step
        np.matmul(X, coefficients, out=out)
        rest = V - out
    return clear


def _inverse_factor(gram: Floats, size: int) -> tuple[Floats, Bools]:
    """W with W'W the inverse of each matrix, and which condition numbers are below 1/CLEAR."""
    n = gram.shape[-1]
    # Rounding makes the least eigenvalue of a singular matrix -n eps times the trace (n, of unit
    # columns) at worst: four times that keeps every matrix of the batch positive definite.
    ridge = 4 * n * n * np.finfo(float).eps  # so that no factorisation fails
    W = np.linalg.inv(np.linalg.cholesky(gram + ridge * np.eye(n)))
    # |W|^2 in the Frobenius norm is the sum of the inverse eigenvalues, so at least the largest
    least = 1 / (W * W).sum(axis=(1, 2)) - ridge
    largest = np.trace(gram, axis1=1, axis2=2)  # at least the largest eigenvalue
    return W, least > largest * max(CLEAR, (2e4 * size * np.finfo(float).eps) ** 2)
