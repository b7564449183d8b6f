"""Students that are linear in a feature map: kernels, and the Gram matrix as a table of features.

A kernel is a function k(A, B) of two tables of examples, (m, d) and (n, d), one example a row,
that returns the table (m, n) of inner products of their features.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import scipy

from ._checks import as_count, as_level, as_positive
from .geometry import magnitude

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeAlias

    from ._types import Count, Floats

    Table: TypeAlias = Floats | scipy.sparse.csr_array
    Kernel: TypeAlias = Callable[[Table, Table], Floats]

__all__ = ["gaussian_kernel", "polynomial_kernel"]

MOST_ROWS = 5000  # of a Gram matrix
DROPPED = 1e-11  # eigenvalues of a Gram matrix below this share of the largest are rounding


def gaussian_kernel(width: float) -> partial[Floats]:
    r"""The kernel :math:`k(a, b) = \exp(-|a - b|^2 / (2 \ell^2))`.

    Parameters
    ----------
    width : float
        The length l, in the units of the features.

    Returns
    -------
    callable

    Raises
    ------
    ValueError
        If width is not positive.
    """
    return partial(_gaussian, as_positive("width", width))


def polynomial_kernel(degree: Count, offset: float = 1.0) -> partial[Floats]:
    r"""The kernel :math:`k(a, b) = (a^\top b + c)^m`.

    Parameters
    ----------
    degree : int
        m.
    offset : float
        c, at least 0.

    Returns
    -------
    callable

    Raises
    ------
    ValueError
        If degree is no whole number >= 1, or offset is negative.
    """
    return partial(_polynomial, as_count("degree", degree), as_level("offset", offset))


def products(A: Table, B: Table) -> Floats:
    """Inner products of rows, (m, n); the kernel of a student that is linear in the examples."""
    table: Any = A @ B.T
    return table.toarray() if scipy.sparse.issparse(table) else np.asarray(table)


def _gaussian(width: float, A: Table, B: Table) -> Floats:
    A, B = A / width, B / width
    apart = _squares(A)[:, None] + _squares(B) - 2 * products(A, B)
    return np.exp(-np.maximum(apart, 0) / 2)


def _polynomial(degree: int, offset: float, A: Table, B: Table) -> Floats:
    return (products(A, B) + offset) ** degree


def _squares(A: Any) -> Floats:
    square = A.multiply(A) if scipy.sparse.issparse(A) else np.square(A)
    return np.asarray(square.sum(axis=1)).ravel()


class Lift:
    r"""Features whose inner products are the kernel on the pool: coordinates in its span.

    .. math:: K = V M V^\top, \qquad \psi(x) = M^{-1/2} V^\top k(X, x)

    What a new example has outside the span of the pool is left out: no student of
    pool rows sees it.

    Parameters
    ----------
    data : ndarray or csr_array, shape (N, d)
        The pool.
    kernel : callable
    intercept : bool
        Whether 1 is added to the kernel.
    """

    def __init__(self, data: Table, kernel: Kernel, intercept: bool = False) -> None:
        self.data, self.kernel, self.extra = data, kernel, float(intercept)
        if data.shape[0] > MOST_ROWS:
            raise ValueError(
                f"X: a Gram matrix takes at most {MOST_ROWS} rows, the pool has {data.shape[0]}"
            )
        gram = self.table(data)
        scale = magnitude(gram)
        values, vectors = np.linalg.eigh((gram + gram.T) / (2 * scale))
        if values[-1] <= 0 or values[0] < -1e-8 * values[-1]:
            raise ValueError("kernel: its Gram matrix of the pool is not positive semi-definite")
        kept = values > DROPPED * values[-1]
        self.values = values[kept] * scale
        self.basis = (vectors[:, kept] / np.sqrt(self.values)).T

    def table(self, part: Table) -> Floats:
        """The kernel of a part and the pool, checked."""
        table = np.asarray(self.kernel(part, self.data), dtype=float) + self.extra
        if table.shape != (part.shape[0], self.data.shape[0]):
            raise ValueError(
                f"kernel: expected shape {(part.shape[0], self.data.shape[0])}, got {table.shape}"
            )
        if not np.isfinite(table).all():
            raise ValueError("kernel: holds NaN or infinity")
        return table

    def __call__(self, part: Table) -> Floats:
        return self.table(part) @ self.basis.T
