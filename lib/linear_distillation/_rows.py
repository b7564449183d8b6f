"""Rows of data, one example a row, dense or sparse; their features, by blocks."""

import numpy as np
import scipy

from ._checks import as_finite

HELD = 2**21  # numbers of a block: 16 MB


def as_rows(name, value, dim=None, copy=True):
    """A table of shape (N, d), dense or sparse (CSR), of floats; a copy if that is asked for.

    Raises
    ------
    ValueError
        If it is no table of finite real numbers, with the row that is wrong, or
        has not got `dim` columns.
    """
    sparse = scipy.sparse.issparse(value)
    if not sparse and hasattr(value, "dtypes") and hasattr(value, "columns"):
        _numeric_columns(name, value)
    rows = _as_csr(name, value, copy) if sparse else _as_dense(name, value)
    rows = rows.copy() if copy and not sparse else rows
    if dim is not None and rows.shape[1] != dim:
        raise ValueError(f"{name}: expected {dim} columns (one example a row), got {rows.shape[1]}")
    return moderate(name, rows)


def moderate(name, array):
    """The array, or an error if its squares would leave the floating-point range."""
    top = np.abs(array.data if scipy.sparse.issparse(array) else array).max(initial=0.0)
    if top > 1e100 or 0 < top < 1e-100:
        raise ValueError(f"{name}: its largest entry is {top:.1g}; rescale it")
    return array


def _numeric_columns(name, frame):
    for column, kind in frame.dtypes.items():
        if getattr(kind, "kind", "O") not in "iuf":
            raise ValueError(f"{name}: column {column!r} holds {kind}, not real numbers")


def _as_csr(name, value, copy):
    if value.dtype.kind not in "iuf" or value.ndim != 2 or 0 in value.shape:
        raise ValueError(f"{name}: expected a table of real numbers, got {value!r}")
    rows = scipy.sparse.csr_array(value, dtype=float, copy=copy)
    bad = ~np.isfinite(rows.data)
    if bad.any():
        place = np.searchsorted(rows.indptr, np.flatnonzero(bad)[0], side="right") - 1
        raise ValueError(f"{name}: row {place} holds NaN or infinity")
    return rows


def _as_dense(name, value):
    try:
        return as_finite(name, value, ndim=2)
    except ValueError as error:
        if not str(error).endswith("holds NaN or infinity"):
            raise
        bad = ~np.isfinite(np.asarray(value, dtype=float))
        if bad.ndim != 2:
            raise
        raise ValueError(f"{name}: row {np.argwhere(bad)[0, 0]} holds NaN or infinity") from error


def as_logits(name, value, size):
    """Logits of shape (size, C), those of several classes with mean zero over the classes.

    One column is the logit of one class against the other.
    """
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
    logits = moderate(name, logits).reshape(size, -1)
    return logits - logits.mean(axis=1, keepdims=True) if logits.shape[1] > 1 else logits.copy()


def halves(size):
    """Row numbers of the pool and of the test half, drawn with a fixed seed."""
    order = np.random.default_rng(0).permutation(size)
    middle = size - size // 2
    return np.sort(order[:middle]), np.sort(order[middle:])


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

    def __init__(self, data, intercept=False, lift=None):
        self.data, self.intercept, self.lift = data, intercept, lift
        self.width = len(lift.basis) if lift else data.shape[1] + bool(intercept)

    def __len__(self):
        return self.data.shape[0]

    def features(self, part):
        """Features of some rows of a table like this one, (n, p), dense."""
        if self.lift is not None:
            return self.lift(part)
        part = part.toarray() if scipy.sparse.issparse(part) else part
        return np.hstack([part, np.ones((len(part), 1))]) if self.intercept else part

    def take(self, indices):
        """Features of the rows of these numbers."""
        return self.features(self.data[indices])

    def blocks(self):
        """Slices that cover the rows, and the features of each."""
        length = max(1, HELD // (self.width if self.lift is None else self.lift.data.shape[0]))
        for start in range(0, len(self), length):
            part = slice(start, min(start + length, len(self)))
            yield part, self.features(self.data[part])

    def settled(self, most=2**26):
        """The same with its features computed once and for all, if they are few enough."""
        if self.lift is None or len(self) * self.width > most:
            return self
        return Rows(np.concatenate([features for _, features in self.blocks()]))
