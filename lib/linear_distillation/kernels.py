"""Students that are linear in a feature map: kernels, and the Gram matrix as a table of features.

A kernel is a function k(A, B) of two tables of examples, (m, d) and (n, d), one example a row,
that returns the table (m, n) of inner products of their features. Those of scikit-learn
(``sklearn.metrics.pairwise``) are such functions as well.

A student that is linear in the features is a function of the kernel's space,
:class:`KernelFunction`; so is a teacher, if it is in the space at all.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import scipy

from ._checks import as_count, as_finite, as_level, as_positive, as_reals, representable
from ._rows import _as_csr, as_logits, as_rows
from .geometry import length, magnitude
from .tasks import empirical_tail

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeAlias

    from ._rows import Given
    from ._types import ArrayLike, Count, Floats
    from .tasks import EmpiricalTail

    Table: TypeAlias = Floats | scipy.sparse.csr_array
    Kernel: TypeAlias = Callable[[Table, Table], Floats]

__all__ = [
    "KernelFunction",
    "arc_cosine_kernel",
    "gaussian_kernel",
    "kernel_student",
    "nested_norms",
    "polynomial_kernel",
    "relu_tangent_kernel",
]

MOST_ROWS = 5000  # of a Gram matrix
DROPPED = 1e-11  # eigenvalues of a Gram matrix below this share of the largest are rounding
MISSED = 1e-5  # of logits: a share that belongs to such eigenvalues is beyond rounding
PARALLEL = 1e-15  # 1 - cosine that rounding cannot tell from 0: angles to 4e-8


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


def arc_cosine_kernel(order: Count) -> partial[Floats]:
    r"""The kernel of infinitely many random features: steps, ReLUs or their squares.

    .. math:: k(a, b) = 2\,\mathbb E\,(g^\top a)_+^m (g^\top b)_+^m
        = \tfrac1\pi|a|^m|b|^m J_m(\theta), \qquad g\sim N(0, I)

    with theta the angle between a and b, :math:`J_0=\pi-\theta`,
    :math:`J_1=\sin\theta+(\pi-\theta)\cos\theta` and
    :math:`J_2=3\sin\theta\cos\theta+(\pi-\theta)(1+2\cos^2\theta)`.

    Parameters
    ----------
    order : int
        m: 0, 1 or 2.

    Returns
    -------
    callable

    Raises
    ------
    ValueError
        If order is none of them.

    References
    ----------
    Y. Cho and L. Saul, "Kernel methods for deep learning" (2009), (5) to (8).
    """
    if isinstance(order, bool) or not isinstance(order, (int, np.integer)) or not 0 <= order <= 2:
        raise ValueError(f"order: expected 0, 1 or 2, got {order!r}")
    return partial(_arc_cosine, int(order))


def relu_tangent_kernel(depth: Count = 2) -> partial[Floats]:
    r"""The tangent kernel of an infinitely wide ReLU network, of `relu.ReluNetworks` with scale 1.

    .. math:: k_1 = \Theta_1 = a^\top b, \quad
        k_{l+1} = |a||b|\,\kappa_1(\rho_l), \quad
        \Theta_{l+1} = \kappa_0(\rho_l)\,\Theta_l + k_{l+1}, \qquad
        \rho_l = \frac{k_l}{|a||b|}

    with the arc-cosine kernels :math:`\kappa_0` and :math:`\kappa_1` of unit vectors. The
    network at its random start is a Gaussian process with the covariance k of its depth.

    Parameters
    ----------
    depth : int
        Layers of weights; 2 for one hidden layer, 1 for the linear kernel.

    Returns
    -------
    callable

    Raises
    ------
    ValueError
        If depth is no whole number >= 1.

    References
    ----------
    A. Jacot, F. Gabriel and C. Hongler, "Neural tangent kernel" (2018), theorem 1.
    """
    return partial(_relu_tangent, as_count("depth", depth))


def products(A: Table, B: Table) -> Floats:
    """Inner products of rows, (m, n); the kernel of a student that is linear in the examples."""
    table: Any = A @ B.T
    return table.toarray() if scipy.sparse.issparse(table) else np.asarray(table)


def _tables(*given: Given) -> list[Table]:
    """Tables of finite numbers, dense or sparse, that a kernel can take."""
    return [
        _as_csr(name, value, False) if scipy.sparse.issparse(value) else as_finite(name, value, 2)
        for name, value in zip("AB", given, strict=True)
    ]


def _gaussian(width: float, A: Given, B: Given) -> Floats:
    A, B = _tables(A, B)
    A, B = A / width, B / width
    apart = _squares(A)[:, None] + _squares(B) - 2 * products(A, B)
    return np.exp(-np.maximum(apart, 0) / 2)


def _polynomial(degree: int, offset: float, A: Given, B: Given) -> Floats:
    return (products(*_tables(A, B)) + offset) ** degree


def _cosines(A: Given, B: Given) -> tuple[Floats, Floats]:
    """Products of lengths, (m, n), and cosines between rows; 0 for a row of zeros."""
    A, B = _tables(A, B)
    lengths = np.sqrt(np.multiply.outer(_squares(A), _squares(B)))
    cosines = np.divide(products(A, B), lengths, out=np.zeros_like(lengths), where=lengths > 0)
    return lengths, _rounded(cosines)


def _rounded(cosines: Floats) -> Floats:
    """Cosines in [-1, 1]; those that rounding cannot tell from 1 are 1."""
    return np.where(cosines > 1 - PARALLEL, 1.0, np.maximum(cosines, -1.0))


def _profile(order: int, cosines: Floats) -> Floats:
    """J_m(theta) / pi; 1 at theta = 0 for m = 0 and 1."""
    rest, sines = np.pi - np.arccos(cosines), np.sqrt((1 - cosines) * (1 + cosines))
    if order == 0:
        return rest / np.pi
    if order == 1:
        return (sines + rest * cosines) / np.pi
    return (3 * sines * cosines + rest * (1 + 2 * cosines**2)) / np.pi


def _arc_cosine(order: int, A: Given, B: Given) -> Floats:
    lengths, cosines = _cosines(A, B)
    return lengths**order * _profile(order, cosines)


def _relu_tangent(depth: int, A: Given, B: Given) -> Floats:
    lengths, cosines = _cosines(A, B)
    tangent = lengths * cosines
    for _ in range(depth - 1):
        slopes, cosines = _profile(0, cosines), _rounded(_profile(1, cosines))
        tangent = tangent * slopes + lengths * cosines
    return tangent


def _squares(A: Any) -> Floats:
    square = A.multiply(A) if scipy.sparse.issparse(A) else np.square(A)
    return np.asarray(square.sum(axis=1)).ravel()


def checked(kernel: Kernel, A: Table, B: Table) -> Floats:
    """The kernel of two tables, or an error if that is no finite table of its shape."""
    table = as_reals("kernel", kernel(A, B))
    if table.shape != (A.shape[0], B.shape[0]):
        raise ValueError(f"kernel: expected shape {(A.shape[0], B.shape[0])}, got {table.shape}")
    return as_finite("kernel", table)


def _as_kernel(kernel: object) -> Kernel:
    if not callable(kernel):
        raise TypeError(f"kernel: expected a function of two tables, got {kernel!r}")
    return kernel


class KernelFunction:
    r"""A function of a kernel's space: a teacher or a student.

    .. math:: f = \sum_i c_i\,k(x_i, \cdot), \qquad
        \|f\|^2 = \sum_{ij} c_i c_j\,k(x_i, x_j), \qquad f(x) = \langle f, k(x, \cdot)\rangle

    In the space an example x is the vector k(x, .) of length :math:`\sqrt{k(x, x)}`, and what
    the book says of vectors is true of f.

    Parameters
    ----------
    kernel : callable
        k(A, B) of two tables of rows, (m, d) and (n, d), that gives (m, n).
    rows : array_like or scipy.sparse, shape (n, d)
        The x_i.
    coefficients : array_like, shape (n,)

    Attributes
    ----------
    norm : float

    Raises
    ------
    ValueError
        If shapes do not fit, something is not finite, or the kernel is not positive
        semi-definite on the rows.
    TypeError
        If the kernel is not callable.
    """

    def __init__(self, kernel: Kernel, rows: Given, coefficients: ArrayLike) -> None:
        self._kernel, self._rows = _as_kernel(kernel), as_rows("rows", rows)
        self._coefficients = _one_each("coefficients", coefficients, self._rows.shape[0])
        values, vectors = _spectrum(self._kernel, self._rows)
        parts = np.sqrt(np.maximum(values, 0)) * (self._coefficients @ vectors)
        self.norm = float(representable("coefficients", length(parts)))

    def __call__(self, X: Given) -> Floats:
        """Values at rows (N, d)."""
        X = as_rows("X", X, self._rows.shape[1])
        values = checked(self._kernel, X, self._rows) @ self._coefficients
        return representable("X", values)

    def angles(self, X: Given) -> Floats:
        r"""Angles between f and the features of rows, in [0, pi/2] (radians).

        .. math:: \cos\alpha(f, x) = |f(x)| / (\|f\| \sqrt{k(x, x)})

        Parameters
        ----------
        X : array_like or scipy.sparse, shape (N, d)

        Returns
        -------
        ndarray, shape (N,)

        Raises
        ------
        ValueError
            If f is zero, or a row has nothing in the space.
        """
        along, across = self._sides(X)
        return np.arctan2(across, along)

    def tail(self, X: Given, level: float = 0.95) -> EmpiricalTail:
        """The tail p of the angle between f and examples like these, with its confidence band.

        The bounds of the book take it: ``theorem3_bound(f.tail(X).law, n)``.

        Parameters
        ----------
        X : array_like or scipy.sparse, shape (N, d)
            Independent examples.
        level : float
            As in `tasks.empirical_tail`.

        Returns
        -------
        EmpiricalTail

        Raises
        ------
        ValueError
            As `angles`, and if level is out of range.
        """
        return empirical_tail(np.array(self._sides(X)), [1.0, 0.0], level)

    def _sides(self, X: Given) -> tuple[Floats, Floats]:
        """Parts of the features of rows along f, and across."""
        if self.norm == 0:
            raise ValueError("coefficients: the function is zero, and has no angles")
        X = as_rows("X", X, self._rows.shape[1])
        square = np.array([checked(self._kernel, X[[i]], X[[i]])[0, 0] for i in range(X.shape[0])])
        if (square <= 0).any():
            row = int((square <= 0).argmax())
            raise ValueError(f"X: row {row} has nothing in the space, and so no angle")
        along = np.minimum(np.abs(self(X)) / self.norm, np.sqrt(square))
        return along, np.sqrt(square - along**2)


def kernel_student(
    kernel: Kernel, X: Given, logits: ArrayLike, ridge: float = 0.0
) -> KernelFunction:
    r"""The student that gradient flow from f = 0 ends at, on the logits of some rows.

    .. math:: \hat f = k(\cdot, X)\,(K + \rho)^{-1} z, \qquad K = k(X, X)

    For :math:`\rho=0` and logits of a teacher in the space it is the teacher's projection onto
    the span of the examples.

    Parameters
    ----------
    kernel : callable
        As in `KernelFunction`.
    X : array_like or scipy.sparse, shape (n, d)
    logits : array_like, shape (n,)
        z.
    ridge : float
        The penalty on the squared norm beside the sum of squared errors.

    Returns
    -------
    KernelFunction

    Raises
    ------
    ValueError
        If the kernel is not positive semi-definite on the rows; if there is no ridge and no
        function of the space has these logits, as for one row with two different ones.

    References
    ----------
    N. Aronszajn, "Theory of reproducing kernels" (1950), part I.
    """
    X, rho = as_rows("X", X), as_level("ridge", ridge)
    z = _one_each("logits", logits, X.shape[0])
    values, vectors = _spectrum(_as_kernel(kernel), X)
    kept = values + rho > DROPPED * values[-1]
    parts = z @ vectors
    missed = float(length(np.where(kept, 0.0, parts)))
    if missed > MISSED * float(length(z)):
        raise ValueError(
            "logits: no function of the kernel's space takes them on these rows (one point "
            "with two logits, or a teacher outside the space); a ridge would come near them"
        )
    inverse = np.divide(1, values + rho, out=np.zeros_like(values), where=kept)
    coefficients = vectors @ (inverse * parts)
    top = np.abs(coefficients).max()
    if top > 1e100 or 0 < top < 1e-100:
        raise ValueError(f"ridge, logits: coefficients would be as large as {top:.1g}; rescale")
    return KernelFunction(kernel, X, coefficients)


def nested_norms(kernel: Kernel, X: Given, logits: ArrayLike) -> Floats:
    r"""Norms of the students of the first row, the first two, and so on to all.

    .. math:: \|\hat f_{n+1}\|^2 = \|\hat f_n\|^2 +
        \frac{(z_{n+1} - \hat f_n(x_{n+1}))^2}{k(x,x) - k_x^\top K^{-1} k_x}

    They never fall. For a teacher f in the space they are :math:`\|f\|\cos\alpha(f,\hat f_n)`,
    and at most its norm; where no function of the space has the teacher's values on the support
    they grow beyond all bounds as examples fill it.

    Parameters
    ----------
    kernel : callable
        As in `KernelFunction`.
    X : array_like or scipy.sparse, shape (N, d)
    logits : array_like, shape (N,)

    Returns
    -------
    ndarray, shape (N,)

    Raises
    ------
    ValueError
        As `kernel_student`.
    """
    X = as_rows("X", X)
    z = _one_each("logits", logits, X.shape[0])
    gram = _gram(_as_kernel(kernel), X)
    _eigen(gram)  # or an error: it is not positive semi-definite
    L, y = np.zeros_like(gram), np.zeros_like(z)
    for i, row in enumerate(gram):
        kept = np.flatnonzero(np.diag(L)[:i])
        L[i, kept] = scipy.linalg.solve_triangular(
            L[np.ix_(kept, kept)], row[kept], lower=True, check_finite=False
        )
        left, gap = row[i] - np.square(L[i, kept]).sum(), z[i] - L[i, kept] @ y[kept]
        if left > DROPPED * np.diag(gram).max():
            L[i, i] = np.sqrt(left)
            y[i] = gap / L[i, i]
        elif abs(gap) > MISSED * float(length(z)):
            raise ValueError(
                f"logits: row {i} is in the span of those before it, and its logit is not theirs"
            )
    return representable("logits", np.sqrt(np.square(y).cumsum()))


def _one_each(name: str, values: ArrayLike, size: int) -> Floats:
    """One number a row."""
    table = as_logits(name, values, size)
    if table.shape[1] > 1:
        raise ValueError(f"{name}: expected one a row, got {table.shape[1]}")
    return table[:, 0]


def _gram(kernel: Kernel, X: Table) -> Floats:
    if X.shape[0] > MOST_ROWS:
        raise ValueError(f"X: a Gram matrix takes at most {MOST_ROWS} rows, got {X.shape[0]}")
    gram = checked(kernel, X, X)
    if np.abs(gram - gram.T).max() > 1e-8 * np.abs(gram).max():
        raise ValueError("kernel: its Gram matrix is not symmetric")
    return (gram + gram.T) / 2


def _eigen(gram: Floats, whose: str = "") -> tuple[Floats, Floats]:
    """Eigenvalues, rising, and eigenvectors of a Gram matrix of any magnitude."""
    scale = float(magnitude(gram))
    values, vectors = np.linalg.eigh(gram / scale)
    if values[0] < -1e-8 * max(values[-1], 0.0):
        raise ValueError(f"kernel: its Gram matrix{whose} is not positive semi-definite")
    return values * scale, vectors


def _spectrum(kernel: Kernel, X: Table) -> tuple[Floats, Floats]:
    return _eigen(_gram(kernel, X))


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
        values, vectors = _eigen(_gram(kernel, data) + self.extra, " of the pool")
        if values[-1] <= 0:
            raise ValueError("kernel: its Gram matrix of the pool is zero")
        kept = values > DROPPED * values[-1]
        self.values = values[kept]
        self.basis = (vectors[:, kept] / np.sqrt(self.values)).T

    def table(self, part: Table) -> Floats:
        """The kernel of a part and the pool, checked."""
        return checked(self.kernel, part, self.data) + self.extra

    def __call__(self, part: Table) -> Floats:
        return self.table(part) @ self.basis.T
