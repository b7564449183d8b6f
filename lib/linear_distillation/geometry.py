"""Angles between lines, and projections onto the span of a transfer set."""

import numpy as np

from ._checks import as_examples, as_finite


def unit(v):
    """Scale vectors to length one; a zero vector stays zero.

    Parameters
    ----------
    v : array_like, shape (..., d)

    Returns
    -------
    ndarray, shape (..., d)
        v / |v|, without overflow or underflow for tiny and huge v.
    """
    v = np.asarray(v, dtype=float)
    scale = np.abs(v).max(axis=-1, keepdims=True)
    v = np.divide(v, scale, out=np.zeros_like(v), where=scale > 0)
    length = np.linalg.norm(v, axis=-1, keepdims=True)
    return np.divide(v, length, out=v, where=length > 0)


def line_angle(u, v):
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
    return np.where(along > 0, 2 * np.arctan2(apart, along), np.pi / 2)[()]


def vector_angle(u, v):
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


def _directions(u, v):
    u, v = as_finite("u", u), as_finite("v", v)
    if u.ndim == 0 or v.ndim == 0 or u.shape[-1] != v.shape[-1]:
        raise ValueError(f"u, v: expected vectors of one length, got shapes {u.shape}, {v.shape}")
    return unit(u), unit(v)


def decided_rank(singular_values, size):
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
    relative = singular_values / np.maximum(singular_values[..., :1], np.finfo(float).tiny)
    zero = size * np.finfo(float).eps
    doubtful = (relative > zero) & (relative < 1e4 * zero)
    if doubtful.any():
        raise np.linalg.LinAlgError(
            "X: rounding hides its rank (relative singular value "
            f"{relative[doubtful].min():.1e}); drop nearly dependent columns"
        )
    return relative >= 1e4 * zero


def span_basis(X):
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
    rank : ndarray of int, shape (...)

    Raises
    ------
    ValueError
        If X is not finite or not of that shape.
    numpy.linalg.LinAlgError
        If rounding hides the rank (see `decided_rank`).
    """
    X = as_examples("X", X)
    columns = np.swapaxes(unit(np.swapaxes(X, -1, -2)), -1, -2)
    U, s, _ = np.linalg.svd(columns, full_matrices=False)
    kept = decided_rank(s, max(X.shape[-2:]))
    return U * kept[..., None, :], kept.sum(axis=-1)


def project(X, v):
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
    X = as_examples("X", X, dim=v.size)
    U, rank = span_basis(X)
    inside = np.einsum("...dk,...k->...d", U, v @ U)
    return np.where((rank == v.size)[..., None], v, inside)
