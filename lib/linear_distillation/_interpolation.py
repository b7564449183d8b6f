"""Students of rows and logits: minimum-norm interpolation, least squares, ridges, leave-one-out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import scipy

from .geometry import decided_rank, magnitude

if TYPE_CHECKING:
    from ._types import Floats, Ints

EPS = np.finfo(float).eps
CLEAR = 1e-4  # of unit rows: a distance from the span of others, and what rounding may take


def interpolant(A: Floats, Z: Floats, ridge: float = 0.0) -> tuple[Floats, Floats]:
    """Weights (p, C) that fit logits (n, C) of rows (n, p), and (A A' + ridge)^-1 Z.

    Without a ridge the shortest of those that come nearest, by a rank-revealing SVD.

    Raises
    ------
    numpy.linalg.LinAlgError
        If rounding hides the rank.
    """
    U, s = _svd(A)
    inverse = _inverse_squares(s, A.shape, ridge)
    dual = U @ (inverse[:, None] * (U.T @ Z))
    return A.T @ dual, dual


def left_out(A: Floats, Z: Floats, ridge: float = 0.0) -> Floats:
    """Logits (n, C) that each row gets from the student of the others.

    z_i - (G z)_i / G_ii with G = (A A' + ridge)^-1. A row in the span of the others,
    without a ridge, has (z_i - f_i) / (1 - H_ii) as its residual, with f the fit and H
    the matrix that makes it.
    """
    if ridge:
        return left_out_by_ridge(A, Z, np.array([ridge]))[0]
    U, s = _svd(A)
    inverse = _inverse_squares(s, A.shape, 0)
    dual, diagonal = U @ (inverse[:, None] * (U.T @ Z)), np.square(U) @ inverse
    kept = inverse > 0
    own = np.square(U[:, kept]).sum(axis=1)
    alone = own > 1 - 1e-9  # outside the span of the others
    apart = Z - U[:, kept] @ (U[:, kept].T @ Z)
    residual = np.where(
        alone[:, None],
        dual / np.where(diagonal > 0, diagonal, 1)[:, None],
        apart / np.where(alone, 1, 1 - own)[:, None],
    )
    return Z - residual


def left_out_by_ridge(A: Floats, Z: Floats, ridges: Floats) -> Floats:
    """The same for ridges above 0, of one decomposition: (len(ridges), n, C)."""
    U, s = _svd(A)
    inside, own = U.T @ Z, np.square(U)
    # directions in which the rows have nothing
    outside, rest = (Z - U @ inside, 1 - own.sum(axis=1)) if len(A) > len(s) else (0, 0)
    left = []
    for ridge in ridges:
        inverse = _inverse_squares(s, A.shape, ridge)
        dual, diagonal = U @ (inverse[:, None] * inside) + outside / ridge, own @ inverse
        left.append(Z - dual / (diagonal + rest / ridge)[:, None])
    return np.array(left)


def _svd(A: Floats) -> tuple[Floats, Floats]:
    """Left singular vectors and singular values, of a table of any magnitude."""
    size = float(magnitude(A))
    U, s, _ = np.linalg.svd(A / size, full_matrices=False)
    return U, s * size


def _inverse_squares(s: Floats, shape: tuple[int, ...], ridge: float) -> Floats:
    if ridge:
        return 1 / (np.square(s) + ridge)
    kept = decided_rank(s, max(shape))
    return np.divide(1, np.square(s), out=np.zeros_like(s), where=kept)


def nested(A: Floats, Z: Floats, ns: Ints) -> Floats:
    """Weights (len(ns), p, C) of the students of the first n rows, n in increasing order.

    One QR decomposition of the rows serves all n for which their rank is beyond doubt;
    after that each n has a decomposition of its own.

    Raises
    ------
    numpy.linalg.LinAlgError
        If rounding hides the rank for some n.
    """
    W = np.empty((len(ns), A.shape[1], Z.shape[1]))
    done = _by_triangle(A, Z, ns[ns <= A.shape[1]], W)
    for i in range(done, len(ns)):
        W[i] = interpolant(A[: ns[i]], Z[: ns[i]])[0]
    return W


def _by_triangle(A: Floats, Z: Floats, ns: Ints, W: Floats) -> int:
    """Fill W for the first of these n, as far as the rows are clearly independent; how many."""
    if not len(ns):
        return 0
    lengths = np.linalg.norm(A[: ns[-1]], axis=1)
    unit = A[: ns[-1]] / np.where(lengths > 0, lengths, 1)[:, None]
    Q, R = scipy.linalg.qr(unit.T, mode="economic", check_finite=False)
    apart = np.abs(np.diag(R)) > CLEAR  # of each row from the span of those before it
    clear = int(apart.argmin()) if not apart.all() else len(apart)
    R = R[:clear, :clear]
    inverse = scipy.linalg.solve_triangular(R, np.eye(clear), check_finite=False)
    # the condition number of the first n unit rows, at most, from the corner of the triangle
    condition = np.sqrt(np.square(inverse).sum(axis=0).cumsum() * np.arange(1, clear + 1))
    clear = int(np.searchsorted(condition, CLEAR / (max(A.shape) * EPS)))
    done = int(np.searchsorted(ns, clear, side="right"))
    y = inverse.T[:clear, :clear] @ (Z[:clear] / lengths[:clear, None])
    start, so_far = 0, 0.0
    for i, n in enumerate(ns[:done]):
        so_far = so_far + Q[:, start:n] @ y[start:n]
        W[i], start = so_far, n
    return done
