"""The learning curve of a finite pool: every row is drawn alike, so every row counts alike."""

from __future__ import annotations

__all__ = ["LeverageLaw"]

from numbers import Integral
from typing import TYPE_CHECKING, overload

import numpy as np

from ._checks import as_finite, as_level
from ._gaussians import normals, root
from ._rows import as_logits, as_noise, moderate
from .quadrature import warn
from .spectrum import Law, as_sizes, effective_ridge, wrong_binary

if TYPE_CHECKING:
    from collections.abc import Callable

    from ._types import ArrayLike, Count, Floats

MOST = 3000  # rows of the pool that are taken
TOLERANCE, ROUNDS = 1e-7, 1000  # of the logarithms of the weights
INTERPOLATION = 1e-9  # of the mean squared row: the ridge that stands for none
HELD = 2**20


class LeverageLaw(Law):
    r"""What a student of n rows of a pool knows, from all the rows.

    The mean of the projection P over sets that are drawn without replacement is close to that of
    ridge regression on the whole pool with *weights* :math:`\omega_i` at which every row has
    the leverage that its chance of being drawn gives it:

    .. math:: E[I - P] \approx M = (I + A^\top \Omega A)^{-1}, \qquad
        \omega_i\, a_i^\top M a_i = \tfrac nN

    and the student :math:`\hat w` has mean :math:`\bar w = M A^\top \Omega z` and covariance
    :math:`M A^\top V A M`, with

    .. math:: \tfrac nN\, v_i = \omega_i^2\,
        \Bigl[(z_i - a_i^\top \bar w)^2 + (1 - \tfrac nN)\,s^2
        + \sum_j (a_i^\top M a_j)^2\, v_j\Bigr]

    A mean-field approximation. Equal weights make `SpectrumLaw` of it, which sees only the
    second moment of the rows; here a row that has a direction to itself, such as a rare pixel,
    counts no more than its chance, and a long row brings no more noise than its own. Exact if
    the rows are orthogonal.

    Parameters
    ----------
    rows : array_like, shape (N, p)
        Features of the pool, A. Of more than 3,000 every k-th is taken.
    logits : array_like, shape (N,) or (N, C)
        z.
    points, point_logits : array_like, shapes (m, p), and (m,) or (m, C)
        Test examples.
    ridge : float
        rho of a student with a ridge (`Pool.student`): then
        omega_i = (n/N) / (rho + (1 - n/N) q_i), with q_i = a_i' M a_i without row i.
    noise : float
        Standard deviation s of fresh noise on the logits that the student learns from. It
        is not seen again when a row is drawn again, hence its factor 1 - n/N; what
        the logits have beyond the rows' linear functions is, and has none.

    Raises
    ------
    ValueError
        If shapes do not fit, or a number is out of its range.

    Warns
    -----
    AccuracyWarning
        If the weights have not settled, near the rank of the pool.
    """

    evidence = "predicted from the rows of the pool, an approximation"

    def __init__(
        self,
        rows: ArrayLike,
        logits: ArrayLike,
        points: ArrayLike,
        point_logits: ArrayLike,
        ridge: float = 0.0,
        noise: float = 0.0,
    ) -> None:
        A = moderate("rows", as_finite("rows", rows, ndim=2), 50)
        z = as_logits("logits", logits, len(A))
        step = -(-len(A) // MOST)
        self.size, self._A, self._z = len(A), A[::step].copy(), z[::step].copy()
        self._points = moderate("points", as_finite("points", points, ndim=2), 50).copy()
        if self._points.shape[1] != A.shape[1]:
            raise ValueError(f"points: expected {A.shape[1]} columns, got {self._points.shape[1]}")
        self._tests = as_logits("point_logits", point_logits, len(self._points))
        if self._tests.shape[1] != z.shape[1]:
            raise ValueError(f"point_logits: expected {z.shape[1]} columns")
        self.ridge, self.noise = as_level("ridge", ridge), as_noise(noise)
        s = np.linalg.svd(self._A, compute_uv=False)
        kept = s > s[0] * max(self._A.shape) * np.finfo(float).eps
        self._values = np.square(s[kept]) / len(self._A)
        self._known: dict[int, tuple[Floats, Floats]] = {}

    @property
    def rank(self) -> int:
        return self._values.size

    @property
    def last(self) -> int:
        return min(self.rank, len(self._A)) - 1

    @overload
    def risk(self, n: Count) -> float: ...
    @overload
    def risk(self, n: ArrayLike) -> float | Floats: ...
    def risk(self, n: ArrayLike) -> float | Floats:
        """How often student and teacher disagree: the mean over the test points.

        Parameters
        ----------
        n : int or array_like of int
            Below the rank of the rows.

        Returns
        -------
        float or ndarray

        Raises
        ------
        ValueError
            If n is out of its range.
        """
        return self._each(
            n, lambda mean, spread: _risk(self._tests, *self._at_points(mean, spread))
        )

    @overload
    def error(self, n: Count) -> float: ...
    @overload
    def error(self, n: ArrayLike) -> float | Floats: ...
    def error(self, n: ArrayLike) -> float | Floats:
        """Mean squared error of the student's logits at the points; as `risk`."""

        def value(mean: Floats, spread: Floats) -> float:
            seen, covariance = self._at_points(mean, spread)
            own = np.trace(covariance, axis1=1, axis2=2)
            return float((np.square(self._tests - seen).sum(axis=1) + own).mean())

        return self._each(n, value)

    @overload
    def cosine(self, n: Count) -> float: ...
    @overload
    def cosine(self, n: ArrayLike) -> float | Floats: ...
    def cosine(self, n: ArrayLike) -> float | Floats:
        """The cosine of the angle between student and best linear teacher; as `risk`."""
        teacher = np.linalg.lstsq(self._A, self._z, rcond=None)[0]

        def value(mean: Floats, spread: Floats) -> float:
            length2 = np.square(mean).sum() + np.trace(spread, axis1=2, axis2=3).trace()
            whole = np.square(teacher).sum()
            if min(whole, length2) == 0:
                return 0.0
            return float((mean * teacher).sum() / np.sqrt(length2) / np.sqrt(whole))

        return self._each(n, value)

    def _first(self, risk: float) -> int | None:
        """Doubling, and bisection: near the rank an n costs most."""
        low, high = 0, 1
        if self.last < 1:
            return None
        while self.risk(high) > risk:
            if high == self.last:
                return None
            low, high = high, min(2 * high, self.last)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if self.risk(middle) <= risk else (middle, high)
        return high

    def _each(self, n: ArrayLike, value: Callable[[Floats, Floats], float]) -> float | Floats:
        counts = as_sizes(n)
        if counts.max() > self.last:
            raise ValueError(f"n: expected numbers below the rank {self.last + 1}")
        values = np.array([value(*self._student(int(count))) for count in counts])
        return values.item() if isinstance(n, Integral) else values

    def _student(self, n: int) -> tuple[Floats, Floats]:
        """Mean (p, C) and covariance (C, C, p, p) of the student of n rows."""
        if n not in self._known:
            self._known[n] = self._solved(n)
        return self._known[n]

    def _solved(self, n: int) -> tuple[Floats, Floats]:
        A, share = self._A, n / len(self._A)
        weights, M, apart = self._weights(n, share)
        mean = M @ (A.T @ (weights[:, None] * self._z))
        left, G2 = self._z - A @ mean, np.square(A @ M @ A.T)
        pairs = (left[:, :, None] * left[:, None]).reshape(len(A), -1)
        factor = weights**2 * (1 - share) / share / apart**2
        np.fill_diagonal(G2, 0.0)
        AM, C = A @ M, self._z.shape[1]
        centre = np.eye(C) - (1 / C if C > 1 else 0)
        own = (
            factor[:, None] * pairs + (self.noise * weights[:, None]) ** 2 / share * centre.ravel()
        )
        v = np.linalg.solve(np.eye(len(A)) - factor[:, None] * G2, own)
        spread = [AM.T @ (column[:, None] * AM) for column in v.T]
        return mean, np.array(spread).reshape(C, C, *M.shape)

    def _weights(self, n: int, share: float) -> tuple[Floats, Floats, Floats]:
        """omega, M, and 1 - omega_i a_i' M a_i: a fixed point, reached from any start."""
        A, ridge = self._A, self.ridge + INTERPOLATION * np.square(self._A).sum(axis=1).mean()
        weights: Floats = np.full(len(A), 1 / (len(A) * effective_ridge(self._values, n)))
        for _ in range(ROUNDS):
            inverse = np.eye(A.shape[1]) + A.T @ (weights[:, None] * A)
            M = np.asarray(np.linalg.inv(inverse), dtype=np.float64)
            own = ((A @ M) * A).sum(axis=1)
            apart = 1 - weights * own
            new = share / (ridge + (1 - share) * own / apart)
            moved = np.abs(np.log(new / weights)).max()
            if moved < TOLERANCE:
                return weights, M, apart
            weights = new
        if moved > 1e-2:
            warn(f"LeverageLaw: at n = {n}, near the rank, weights still move by {moved:.0e}")
        return weights, M, apart

    def _at_points(self, mean: Floats, spread: Floats) -> tuple[Floats, Floats]:
        """Mean (m, C) and covariance (m, C, C) of the student's logits."""
        T, C = self._points, len(spread)
        covariance = np.empty((len(T), C, C))
        for a, b in np.ndindex(C, C):
            covariance[:, a, b] = ((T @ spread[a, b]) * T).sum(axis=1)
        return T @ mean, covariance


def _risk(Z: Floats, mean: Floats, covariance: Floats) -> float:
    """The mean chance of an error at points, for Gaussian logits of the student."""
    if Z.shape[1] == 1:
        width = np.sqrt(np.maximum(covariance[:, 0, 0], 0))
        return float(wrong_binary(Z[:, 0], mean[:, 0], width).mean())
    xi, wrong = normals(Z.shape[1]), 0.0
    length = max(1, HELD // xi.size)
    for start in range(0, len(Z), length):
        part = slice(start, start + length)
        drawn = mean[part, None] + xi @ np.swapaxes(root(covariance[part]), 1, 2)
        wrong += (drawn.argmax(axis=2) != Z[part].argmax(axis=1)[:, None]).mean(axis=1).sum()
    return float(wrong / len(Z))
