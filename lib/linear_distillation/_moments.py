"""What two passes over a pool tell: second moment, spectrum, the best linear teacher, scales."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .geometry import magnitude

if TYPE_CHECKING:
    from ._rows import Rows
    from ._types import Floats

EPS = np.finfo(float).eps
EXACT = 1e-7  # of the logits: what a linear teacher misses them by, relative, is rounding
ALL_BUT = 1e-6  # of the misfit: what an intercept leaves of it is rounding


class Moments:
    """Moments of rows (N, p) and logits (N, C); `values` are those of a Gram matrix.

    Attributes
    ----------
    second, mean : ndarray, shapes (p, p) and (p,)
    eigenvalues, vectors : ndarray, shapes (r,) and (p, r)
        Of the second moment, without those that rounding makes of 0.
    doubtful : bool
        Whether rounding hides the rank.
    coefficients : ndarray, shape (r, C)
        Least squares, along the eigenvectors: the linear teacher nearest to the logits.
    misfit : ndarray, shape (C, C)
        Second moment of what it misses; zeros if that is rounding.
    with_intercept : bool
        Whether an intercept would leave nothing to miss.
    """

    def __init__(self, rows: Rows, logits: Floats, values: Floats | None = None) -> None:
        self.rows, self.logits, self.size = rows, logits, len(rows)
        self.second, self.mean, cross = np.zeros(()), np.zeros(()), np.zeros(())
        for part, A in rows.blocks():
            self.second = self.second + (A.T @ A if values is None else 0.0)
            self.mean = self.mean + A.sum(axis=0) / self.size
            cross = cross + A.T @ (logits[part] / self.size)
        self.second = self.second / self.size
        if values is not None:  # features of a Gram matrix are along its eigenvectors
            self.eigenvalues, self.doubtful = values[::-1] / self.size, False
            self.vectors = np.eye(len(values))[:, ::-1]
        elif not self.second.any():
            raise ValueError("X: all rows of the pool are zero")
        else:
            self.eigenvalues, self.vectors, self.doubtful = self._spectrum()
        self.coefficients = self._solved(cross)
        self.misfit, cross, missed = self._left()
        # once more, for what is left: normal equations square the condition number
        self.coefficients = self.coefficients + self._solved(cross)
        self.misfit, _, missed = self._left()
        whole, left = np.square(logits).mean(axis=0).sum(), np.trace(self.misfit)
        self.with_intercept = bool(left - self._explained(missed) <= ALL_BUT * left)
        if left <= EXACT**2 * whole:
            self.misfit = np.zeros_like(self.misfit)

    @property
    def weights(self) -> Floats:
        """The linear teacher (p, C)."""
        return self.vectors @ self.coefficients

    @property
    def exact(self) -> bool:
        """Whether the logits are linear in the features of the pool."""
        return not self.misfit.any()

    def _spectrum(self) -> tuple[Floats, Floats, bool]:
        """Eigenvalues, falling, and their vectors; by triangles where squares lose the rank."""
        scale: float | Floats = magnitude(self.second)
        noise = max(self.size, len(self.second)) * EPS * np.array([1, 1e4])
        values, vectors = np.linalg.eigh(self.second / scale)
        ratios = values / values[-1]
        if (ratios < noise[1]).sum() > (np.diag(self.second) == 0).sum():
            scale, (values, vectors) = 1.0, self._by_triangles()
            ratios, noise = values / values[-1], np.square(noise)
        kept = (ratios > noise[0])[::-1]
        found = (scale * values)[::-1][kept], vectors[:, ::-1][:, kept]
        # neither what rounding makes of 0 nor known to four digits
        return *found, bool(((ratios > noise[0]) & (ratios < noise[1])).any())

    def _by_triangles(self) -> tuple[Floats, Floats]:
        """The same from a QR decomposition of the rows, block by block: twice the digits."""
        triangle: Floats = np.zeros((0, len(self.second)))
        for _, A in self.rows.blocks():
            rows = np.vstack([triangle, A / np.sqrt(self.size)])
            triangle = np.asarray(np.linalg.qr(rows, mode="r"), dtype=np.float64)
        _, s, transposed = np.linalg.svd(triangle)
        s = np.append(s, np.zeros(len(transposed) - len(s)))
        return np.square(s)[::-1], transposed[::-1].T

    def _solved(self, moment: Floats) -> Floats:
        return (self.vectors.T @ moment) / self.eigenvalues[:, None]

    def _left(self) -> tuple[Floats, Floats, Floats]:
        """Of what the weights miss: second moment, moment with the features, mean."""
        second, cross, mean = np.zeros(()), np.zeros(()), np.zeros(())
        for part, A in self.rows.blocks():
            left = self.logits[part] - A @ self.weights
            second = second + left.T @ (left / self.size)
            cross = cross + A.T @ (left / self.size)
            mean = mean + left.sum(axis=0) / self.size
        return second, cross, mean

    def _explained(self, missed: Floats) -> float:
        """What a column of ones takes from the misfit (Frisch and Waugh)."""
        along = self.vectors.T @ self.mean
        outside = 1 - np.square(along) @ (1 / self.eigenvalues)
        return np.square(missed).sum() / outside if outside > 1e-9 else 0.0
