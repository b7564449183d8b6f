"""Rows of data, one example a row, dense or sparse; their features, by blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import scipy

from ._checks import as_finite, as_level
from .geometry import length

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, Protocol, TypeAlias, TypeVar

    from scipy.sparse import csr_array

    from ._types import ArrayLike, Floats, Ints
    from .kernels import Lift, Table

    class Sparse(Protocol):
        """A table of scipy.sparse, of any format."""

        @property
        def dtype(self) -> Any: ...
        @property
        def shape(self) -> tuple[int, ...]: ...
        def tocsr(self, copy: bool = ...) -> Any: ...

    Given: TypeAlias = ArrayLike | Sparse  # rows from outside; frames are array_like
    Checked = TypeVar("Checked", bound=Table)

HELD = 2**21  # numbers of a block: 16 MB


def as_rows(name: str, value: object, dim: int | None = None, copy: bool = True) -> Table:
    """A table of shape (N, d), dense or sparse (CSR), of floats; a copy if that is asked for.

    Raises
    ------
    ValueError
        If it is no table of finite real numbers, with the row that is wrong, or
        has not got `dim` columns.
    """
    sparse = scipy.sparse.issparse(value)
    value = _numeric_columns(name, value) if _is_frame(value) else value
    rows = _as_csr(name, value, copy) if sparse else _as_dense(name, value)
    rows = rows.copy() if copy and not sparse else rows
    if dim is not None and rows.shape[1] != dim:
        raise ValueError(f"{name}: expected {dim} columns (one example a row), got {rows.shape[1]}")
    return moderate(name, rows, 50)


def as_noise(value: float) -> float:
    """A standard deviation of noise on logits, whose squares are numbers too."""
    noise = as_level("noise", value)
    moderate("noise", np.array(noise))
    return noise


def moderate(name: str, array: Checked, power: int = 100) -> Checked:
    """The array, or an error if its squares would leave the floating-point range.

    Of data, `power` 50: then so do not the eigenvalues, and quotients of logits and rows.
    """
    top = np.abs(array if isinstance(array, np.ndarray) else array.data).max(initial=0.0)
    if top > 10.0**power or 0 < top < 10.0**-power:
        raise ValueError(f"{name}: its largest entry is {top:.1g}; rescale it")
    return array


def _is_frame(value: object) -> bool:
    return hasattr(value, "dtypes") and hasattr(value, "columns") and hasattr(value, "to_numpy")


def _numeric_columns(name: str, frame: Any) -> Floats:
    """The numbers of a frame, also of columns that have a type of their own for what is missing."""
    for column, kind in frame.dtypes.items():
        if getattr(kind, "kind", "O") not in "iuf":
            raise ValueError(f"{name}: column {column!r} holds {kind}, not real numbers")
    table: Floats = frame.to_numpy(dtype=float, na_value=np.nan)
    bad = np.argwhere(~np.isfinite(table))
    if len(bad):
        row, column = bad[0, 0], frame.columns[bad[0, 1]]
        raise ValueError(f"{name}: row {row} holds NaN or infinity in column {column!r}")
    return table


def _as_csr(name: str, value: Any, copy: bool) -> csr_array:
    if value.dtype.kind not in "iuf" or value.ndim != 2 or 0 in value.shape:
        raise ValueError(f"{name}: expected a table of real numbers, got {value!r}")
    rows = scipy.sparse.csr_array(value, dtype=float, copy=copy)
    bad = ~np.isfinite(rows.data)
    if bad.any():
        place = np.searchsorted(rows.indptr, np.flatnonzero(bad)[0], side="right") - 1
        raise ValueError(f"{name}: row {place} holds NaN or infinity")
    return rows


def _as_dense(name: str, value: Any) -> Floats:
    try:
        return as_finite(name, value, ndim=2)
    except ValueError as error:
        if not str(error).endswith("holds NaN or infinity"):
            raise
        bad = ~np.isfinite(np.asarray(value, dtype=float))
        if bad.ndim != 2:
            raise
        raise ValueError(f"{name}: row {np.argwhere(bad)[0, 0]} holds NaN or infinity") from error


def as_logits(name: str, value: Any, size: int) -> Floats:
    """Logits of shape (size, C), those of several classes with mean zero over the classes.

    One column is the logit of one class against the other.
    """
    value = _numeric_columns(name, value) if _is_frame(value) else value
    try:
        logits = as_finite(name, value)
    except ValueError as error:
        if not str(error).endswith("holds NaN or infinity"):
            raise
        place = np.argwhere(~np.isfinite(np.asarray(value, dtype=float)))[0, 0]
        raise ValueError(f"{name}: row {place} holds NaN or infinity") from error
    if logits.ndim not in (1, 2) or logits.shape[0] != size:
        raise ValueError(
            f"{name}: expected shape ({size},) or ({size}, C), one row an example, "
            f"got {logits.shape}"
        )
    logits = moderate(name, logits, 50).reshape(size, -1)
    return logits - logits.mean(axis=1, keepdims=True) if logits.shape[1] > 1 else logits.copy()


def halves(size: int) -> tuple[Ints, Ints]:
    """Row numbers of the pool and of the test half, drawn with a fixed seed."""
    order = np.random.default_rng(0).permutation(size)
    middle = size - size // 2
    return np.sort(order[:middle]), np.sort(order[middle:])


def pool_and_test(
    X: Table, logits: Floats, test: Given | None, test_logits: ArrayLike | None
) -> tuple[Ints, Ints | None, tuple[Table, Floats, Table, Floats]]:
    """Numbers of the rows of pool and test; rows and logits of the pool, and of the test.

    Raises
    ------
    ValueError
        If there are test rows without logits, or the reverse, shapes do not fit, or
        there are too few rows for two halves.
    """
    if test is None:
        if test_logits is not None:
            raise ValueError("test_logits: they belong to test rows, and there are none")
        if X.shape[0] < 4:
            raise ValueError(f"X: expected at least 4 rows, got {X.shape[0]}")
        pool, rest = halves(X.shape[0])
        return pool, rest, (X[pool], logits[pool], X[rest], logits[rest])
    if test_logits is None:
        raise ValueError("test_logits: expected the teacher's logits of the test rows")
    test = as_rows("test", test, X.shape[1])
    test_logits = as_logits("test_logits", test_logits, test.shape[0])
    if test_logits.shape[1] != logits.shape[1]:
        raise ValueError(
            f"test_logits: expected {logits.shape[1]} columns, got {test_logits.shape[1]}"
        )
    return np.arange(X.shape[0]), None, (X, logits, test, test_logits)


class Rows:
    """Examples as the student sees them: features (N, p), made a block at a time.

    Parameters
    ----------
    data : ndarray or csr_array, shape (N, d)
    intercept : bool
        Whether a column of ones is added.
    lift : callable, optional
        Features of a dense or sparse block, in place of the block itself.
    """

    def __init__(self, data: Table, intercept: bool = False, lift: Lift | None = None) -> None:
        self.data, self.intercept, self.lift = data, intercept, lift
        self.width = len(lift.basis) if lift else data.shape[1] + bool(intercept)

    def __len__(self) -> int:
        return self.data.shape[0]

    def features(self, part: Table) -> Floats:
        """Features of some rows of a table like this one, (n, p), dense."""
        if self.lift is not None:
            return self.lift(part)
        part = part if isinstance(part, np.ndarray) else part.toarray()
        return np.hstack([part, np.ones((len(part), 1))]) if self.intercept else part

    def take(self, indices: Ints) -> Floats:
        """Features of the rows of these numbers."""
        return self.features(self.data[indices])

    def times(self, v: Floats) -> Floats:
        """Products (N,) of the features with a vector (p,); sparse rows stay sparse."""
        if self.lift is not None:
            return np.concatenate([A @ v for _, A in self.blocks()])
        along: Floats = self.data @ v[: self.data.shape[1]]
        return along + v[-1] if self.intercept else along

    def lengths(self) -> Floats:
        """Euclidean lengths (N,) of the features."""
        return np.concatenate([length(A) for _, A in self.blocks()])

    def blocks(self) -> Iterator[tuple[slice, Floats]]:
        """Slices that cover the rows, and the features of each."""
        length = max(1, HELD // (self.width if self.lift is None else self.lift.data.shape[0]))
        for start in range(0, len(self), length):
            part = slice(start, min(start + length, len(self)))
            yield part, self.features(self.data[part])

    def settled(self, most: int = 2**26) -> Rows:
        """The same with its features computed once and for all, if they are few enough."""
        if self.lift is None or len(self) * self.width > most:
            return self
        return Rows(np.concatenate([features for _, features in self.blocks()]))
