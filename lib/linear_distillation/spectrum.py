"""The learning curve of distillation from the spectrum of the data: no training, no labels."""

from __future__ import annotations

__all__ = ["SpectrumLaw", "effective_ridge"]

from abc import ABC, abstractmethod
from numbers import Integral
from typing import TYPE_CHECKING, cast, overload

import numpy as np
import scipy

from ._checks import as_count, as_counts, as_finite, as_positive
from ._gaussians import normals, root
from ._rows import as_logits, as_noise, moderate
from .sizes import SampleSize

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Protocol

    from ._types import ArrayLike, Bools, Count, Floats, Ints

    class Blocks(Protocol):
        """Test points in eigen-coordinates with their logits, a block at a time."""

        def blocks(self) -> Iterator[tuple[Floats, Floats]]: ...


HELD = 2**20  # drawn logits at a time
HALVINGS = 100  # of the logarithm of the ridge


@overload
def effective_ridge(eigenvalues: ArrayLike, n: Count) -> float: ...
@overload
def effective_ridge(eigenvalues: ArrayLike, n: ArrayLike) -> float | Floats: ...
def effective_ridge(eigenvalues: ArrayLike, n: ArrayLike) -> float | Floats:
    r"""The ridge k at which n directions count.

    .. math:: \sum_j \frac{\lambda_j}{\lambda_j + k} = n

    The sum falls from the rank to 0 as k rises, so that there is one k for each n
    below the rank; from the rank on it is 0.

    Parameters
    ----------
    eigenvalues : array_like, shape (r,)
        Of the second moment E x x'; at least 0, not all 0.
    n : int or array_like of int

    Returns
    -------
    float or ndarray
        In the units of the eigenvalues.

    Raises
    ------
    ValueError
        If an eigenvalue is negative, all are 0, or n is not made of whole numbers >= 1.
    """
    values, counts = as_eigenvalues(eigenvalues), as_sizes(n)
    ridges = np.array([_ridge(values[values > 0], count) for count in counts])
    return ridges.item() if isinstance(n, Integral) else ridges


def _ridge(values: Floats, n: int) -> float:
    if n >= values.size:
        return 0.0
    # all eigenvalues alike: k = lambda (r - n) / n; so it lies between those of the extreme ones
    logs, shift = np.log(values), np.log((values.size - n) / n)
    low, high = logs.min() + shift, logs.max() + shift
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        more = scipy.special.expit(logs - middle).sum() > n
        low, high = (middle, high) if more else (low, middle)
    return float(np.exp((low + high) / 2))


def as_eigenvalues(eigenvalues: ArrayLike) -> Floats:
    """Numbers of at least zero, one of them above."""
    values = as_finite("eigenvalues", eigenvalues, ndim=1)
    if (values < 0).any() or not values.any():
        raise ValueError("eigenvalues: expected numbers >= 0, not all 0")
    return moderate("eigenvalues", values)


def as_sizes(n: ArrayLike) -> Ints:
    """One number of examples, or several, as an array."""
    return np.array([as_count("n", n)]) if isinstance(n, Integral) else as_counts("n", n)


class Law(ABC):
    """What laws of students share: values at several numbers of examples, sample sizes."""

    evidence: str = ""  # where a prediction comes from

    @property
    @abstractmethod
    def rank(self) -> int:
        """From how many examples on nothing changes."""

    @property
    def last(self) -> int:
        """The largest n that the law speaks of, as far as anything changes."""
        return self.rank

    @overload
    def risk(self, n: Count) -> float: ...
    @overload
    def risk(self, n: ArrayLike) -> float | Floats: ...
    @abstractmethod
    def risk(self, n: ArrayLike) -> float | Floats:
        """The mean risk after n examples."""

    def sample_size(self, risk: float) -> SampleSize:
        """The first n at which this law gives a risk of at most `risk`.

        Parameters
        ----------
        risk : float
            In (0, 1).

        Returns
        -------
        SampleSize
            ``needed`` is a prediction, as ``evidence`` says, or None if the law never gets
            there. It guarantees nothing: ``n`` is None.

        Raises
        ------
        ValueError
            If risk is out of its range.
        """
        needed, evidence = self._first(as_risk(risk)), self.evidence
        if needed is None:
            evidence = f"more than {self.last}; {evidence}"
        return SampleSize(None, None, {}, needed, evidence, (None, None))

    def _first(self, risk: float) -> int | None:
        """The first n with a small enough risk, by a grid and ever finer ones."""
        low, high, last, parts = 0, self.last + 1, self.last, 33
        if last < 1:  # noise, and one direction
            return None
        counts = np.unique(np.geomspace(1, max(last, 1), parts).astype(int))
        while high - low > 1:
            small = np.flatnonzero(self.risk(counts) <= risk)
            if small.size:
                low, high = (counts[small[0] - 1] if small[0] else low), counts[small[0]]
            elif high > last:
                return None
            else:
                low = counts[-1]
            counts = np.unique(np.linspace(low + 1, high - 1, parts).astype(int))
        return int(high) if high <= last else None


def as_risk(risk: float) -> float:
    """A number between 0 and 1, without the ends."""
    value = as_positive("risk", risk)
    if value >= 1:
        raise ValueError(f"risk: expected a number in (0, 1), got {risk}")
    return value


class SpectrumLaw(Law):
    r"""What a student knows after n examples, from the second moment S of the data.

    With eigenvalues :math:`\lambda_j` of S, the teacher's coordinates :math:`c_j` along
    its eigenvectors, and k the `effective_ridge` of n:

    .. math:: \hat w \approx (S + k)^{-1}(S w_\star + S^{1/2}\xi), \qquad
        \xi \sim N(0, \tfrac{E}{n} I), \qquad
        E = \frac{k^2\, w_\star^\top (S+k)^{-1} S (S+k)^{-1} w_\star + s^2}
        {1 - \frac1n\operatorname{tr} S^2 (S+k)^{-2}}

    An approximation, exact as dimension and n grow together for Gaussian examples, and for
    the mean projection and the error of isotropic Gaussian ones at any size. For n below the rank;
    without noise the student is the teacher from there on.

    Parameters
    ----------
    eigenvalues : array_like, shape (r,)
    coefficients : array_like, shape (r,) or (r, C)
        c; of several classes a column each, of mean zero over the classes.
    points : array_like, shape (m, r), optional
        Test examples in the coordinates of the eigenvectors. Without them they are
        Gaussian, with the second moment S.
    logits : array_like, shape (m,) or (m, C), optional
        The teacher's, at the points; those of the coefficients if not given.
    noise : float
        Standard deviation s of fresh noise on the logits that the student learns from.
    misfit : float or array_like, shape (C, C)
        Second moment of what the teacher's logits have beyond the coefficients. It
        acts like noise, but is the same at each visit of an example.
    pool : float
        Number N of examples that S is taken from, of which n are drawn without
        replacement. It multiplies fresh noise by 1 - n/N, and nothing else.

    Raises
    ------
    ValueError
        If shapes do not fit, or a number is out of its range.

    Notes
    -----
    The pool may be small: S is that of the pool itself, not of the population. The mean of the
    students of all its subsets is the ridge solution on the pool whose penalty gives n
    degrees of freedom, and the deterministic equivalents of the two agree.

    References
    ----------
    Hastie, Montanari, Rosset, Tibshirani (2022); Loureiro et al. (2021); Simon et al. (2023).
    """

    evidence = "predicted from the spectrum, an approximation"

    def __init__(
        self,
        eigenvalues: ArrayLike,
        coefficients: ArrayLike,
        points: ArrayLike | Blocks | None = None,
        logits: ArrayLike | None = None,
        noise: float = 0.0,
        misfit: ArrayLike = 0.0,
        pool: float | None = None,
    ) -> None:
        values = as_eigenvalues(eigenvalues)
        c = _columns("coefficients", coefficients, values.size)
        kept = values > 0
        self.eigenvalues, self._c = values[kept], c[kept]
        self.noise, self.pool = as_noise(noise), np.inf
        if pool is not None:
            self.pool = as_positive("pool", pool)
            if self.pool < 1:
                raise ValueError(f"pool: expected at least 1 example, got {pool!r}")
        self.misfit = _as_misfit(misfit, c.shape[1])
        self.coefficients = self._c[:, 0] if np.ndim(coefficients) == 1 else self._c.copy()
        self._tests = _tests(points, logits, c, kept)

    @property
    def rank(self) -> int:
        """Number of eigenvalues that are not zero."""
        return self.eigenvalues.size

    @overload
    def ridge(self, n: Count) -> float: ...
    @overload
    def ridge(self, n: ArrayLike) -> float | Floats: ...
    def ridge(self, n: ArrayLike) -> float | Floats:
        """The effective ridge k of n examples; as `effective_ridge`."""
        return effective_ridge(self.eigenvalues, n)

    @overload
    def cosine(self, n: Count) -> float: ...
    @overload
    def cosine(self, n: ArrayLike) -> float | Floats: ...
    def cosine(self, n: ArrayLike) -> float | Floats:
        r"""The cosine of the angle between student and teacher.

        .. math:: \cos^2\phi \approx \frac{a^2}{|w_\star|^2 (a + s^2/k)}, \qquad
            a = w_\star^\top S (S + k)^{-1} w_\star

        Without noise it is the root of the mean share that the projection keeps.

        Parameters
        ----------
        n : int or array_like of int

        Returns
        -------
        float or ndarray
            In [0, 1].

        Raises
        ------
        ValueError
            If n is not made of whole numbers >= 1, or there is noise and n is not below the rank.
        """
        return self._each(n, self._cosine)

    def _cosine(self, n: int, k: float) -> float:
        whole, noise = np.square(self._c).sum(), np.trace(self._noise(n))
        kept = self.eigenvalues / (self.eigenvalues + k) @ np.square(self._c).sum(axis=1)
        if kept == 0:
            return 0.0
        length2 = kept + noise / k if noise else kept
        return float(min(1.0, np.sqrt(kept / whole) * np.sqrt(kept / length2)))

    @overload
    def error(self, n: Count) -> float: ...
    @overload
    def error(self, n: ArrayLike) -> float | Floats: ...
    def error(self, n: ArrayLike) -> float | Floats:
        r"""Mean squared error of the student's logits at fresh examples, of all classes together.

        Without noise :math:`n k\, \frac{d}{dn} w_\star^\top S (S+k)^{-1} w_\star`, and for a
        pool of N examples that over 1 - n/N. Parameters and errors as `cosine`.

        Returns
        -------
        float or ndarray
            In the units of squared logits.
        """
        return self._each(n, self._error)

    def _error(self, n: int, k: float) -> float:
        if k == 0:
            return 0.0
        fresh, left, free = self.noise**2 * self._free_logits, 1 - n / self.pool, self._free(n, k)
        own = np.trace(self._scatter(n, k)) - fresh * left / free
        # tr S^2 (S+k)^-2 of the population, from that of the pool
        trace = n * (left - free) / (left - free * n / self.pool)
        return float(own / left + fresh * trace / (n - trace))

    @overload
    def risk(self, n: Count) -> float: ...
    @overload
    def risk(self, n: ArrayLike) -> float | Floats: ...
    def risk(self, n: ArrayLike) -> float | Floats:
        """How often student and teacher disagree: the mean over the test points.

        For one logit a normal distribution function a point; for several classes
        256 draws of a low-discrepancy sequence, the same ones each time.

        Parameters
        ----------
        n : int or array_like of int

        Returns
        -------
        float or ndarray

        Raises
        ------
        ValueError
            As `cosine`.
        """
        return self._each(n, None)

    @property
    def last(self) -> int:
        most = self.rank - 1 if self.is_noisy else self.rank
        return int(min(most, self.pool))

    @property
    def is_noisy(self) -> bool:
        """Whether the logits have noise, or a part that no linear student fits."""
        return bool(self.noise or np.any(self.misfit))

    @property
    def _free_logits(self) -> int:
        """How many logits a class-centred student has."""
        return max(1, self._c.shape[1] - 1)

    def _each(self, n: ArrayLike, value: Callable[[int, float], float] | None) -> float | Floats:
        """A value for each number of examples; the risk for None."""
        counts = as_sizes(n)
        ridges = [self._ridge_of(count) for count in counts]
        if value is None:
            values = self._risks(counts, ridges)
        else:
            values = np.array([value(*pair) for pair in zip(counts, ridges, strict=True)])
        return values.item() if isinstance(n, Integral) else values

    def _ridge_of(self, n: int) -> float:
        if n > self.pool:
            raise ValueError(f"n: {n} examples of a pool of {self.pool:.0f}")
        if n >= self.rank and self.is_noisy:
            raise ValueError(f"n: with noise the law holds below the rank {self.rank}, got {n}")
        return _ridge(self.eigenvalues, n)

    def _noise(self, n: int) -> Floats:
        """Second moment (C, C) of what acts like noise."""
        C = self._c.shape[1]
        centre = np.eye(C) - (1 / C if C > 1 else 0)
        return self.misfit + self.noise**2 * (1 - n / self.pool) * centre

    def _free(self, n: int, k: float) -> float:
        return 1 - np.square(self.eigenvalues / (self.eigenvalues + k)).sum() / n

    def _scatter(self, n: int, k: float) -> Floats:
        """E of the class, (C, C)."""
        if k == 0:
            return np.zeros_like(self.misfit)
        missed = self._c * (k * np.sqrt(self.eigenvalues) / (self.eigenvalues + k))[:, None]
        return (missed.T @ missed + self._noise(n)) / self._free(n, k)

    def _risks(self, counts: Ints, ridges: list[float]) -> Floats:
        scatters = [self._scatter(n, k) / n for n, k in zip(counts, ridges, strict=True)]
        shares = [self.eigenvalues / (self.eigenvalues + k) for k in ridges]
        if self._tests is None:
            both = zip(shares, scatters, strict=True)
            return np.array([self._gaussian_risk(*pair) for pair in both])
        means = np.concatenate([share[:, None] * self._c for share in shares], axis=1)
        spreads = np.stack([share**2 / self.eigenvalues for share in shares], axis=1)
        wrong, total = np.zeros(len(counts)), 0
        for U, Z in self._tests.blocks():
            found = (U @ means).reshape(len(U), len(counts), -1), np.square(U) @ spreads
            for i, scatter in enumerate(scatters):
                wrong[i] += _wrong(Z, found[0][:, i], np.sqrt(found[1][:, i]), scatter).sum()
            total += len(U)
        return wrong / total

    def _gaussian_risk(self, share: Floats, scatter: Floats) -> float:
        """Test examples that are Gaussian: two Gaussian logits, teacher's and student's."""
        weighted = self.eigenvalues[:, None] * self._c
        own, both = self._c.T @ weighted, self._c.T @ (share[:, None] * weighted)
        if not own.any():  # a teacher that never decides
            return 1.0
        if len(own) == 1:
            slope = both.item() / own.item()  # what is left of the student's logit is independent
            rest = (share - slope) ** 2 @ (weighted * self._c) + scatter[0] * np.sum(share**2)
            return float(np.arctan2(np.sqrt(rest), slope * np.sqrt(own[0])).item() / np.pi)
        students = self._c.T @ (share[:, None] ** 2 * weighted) + scatter * np.sum(share**2)
        drawn = normals(len(own) * 2, 2**14) @ root(np.block([[own, both], [both.T, students]])).T
        teacher, student = np.split(drawn, 2, axis=1)
        return float((teacher.argmax(axis=1) != student.argmax(axis=1)).mean())


def _wrong(Z: Floats, mean: Floats, spread: Floats, scatter: Floats) -> Floats:
    """P[the student errs] at points, from logits (m, C) and the student's mean and spread."""
    if Z.shape[1] == 1:
        return wrong_binary(Z[:, 0], mean[:, 0], spread * np.sqrt(scatter.item()))
    xi, classes = normals(len(scatter)) @ root(scatter).T, Z.argmax(axis=1)
    wrong, length = np.empty(len(Z)), max(1, HELD // xi.size)
    for start in range(0, len(Z), length):
        part = slice(start, start + length)
        drawn = mean[part, None] + spread[part, None, None] * xi
        wrong[part] = (drawn.argmax(axis=2) != classes[part, None]).mean(axis=1)
    return wrong


def wrong_binary(z: Floats, mean: Floats, width: Floats) -> Floats:
    """P[a Gaussian logit has not the sign of the teacher's z]; who does not decide is wrong."""
    right = np.sign(z) * mean
    ratio = np.divide(right, width, out=np.where(right > 0, np.inf, -np.inf), where=width > 0)
    return np.where(z == 0, 1.0, scipy.special.ndtr(-ratio))


def _columns(name: str, value: ArrayLike, rows: int) -> Floats:
    table = as_finite(name, value)
    if table.ndim not in (1, 2) or table.shape[0] != rows:
        raise ValueError(f"{name}: expected shape ({rows},) or ({rows}, C), got {table.shape}")
    return moderate(name, table).reshape(rows, -1).copy()


def _as_misfit(misfit: ArrayLike, classes: int) -> Floats:
    matrix = as_finite("misfit", misfit)
    if matrix.ndim == 0 and classes == 1:
        matrix = matrix.reshape(1, 1)
    elif matrix.ndim == 0 and matrix == 0:
        matrix = np.zeros((classes, classes))
    if matrix.shape != (classes, classes) or (np.diag(matrix) < 0).any():
        raise ValueError(
            f"misfit: expected a second moment, shape ({classes}, {classes}), got {misfit!r}"
        )
    return moderate("misfit", matrix).copy()


class _Tests:
    """Test points in eigen-coordinates with their logits, a block at a time."""

    def __init__(self, points: Floats, logits: Floats) -> None:
        self.points, self.logits = points, logits

    def blocks(self) -> Iterator[tuple[Floats, Floats]]:
        length = max(1, 2**21 // self.points.shape[1])
        for start in range(0, len(self.points), length):
            part = slice(start, start + length)
            yield self.points[part], self.logits[part]


def _tests(
    points: ArrayLike | Blocks | None, logits: ArrayLike | None, c: Floats, kept: Bools
) -> Blocks | None:
    if points is None:
        if logits is not None:
            raise ValueError("logits: they belong to points, and there are none")
        return None
    if hasattr(points, "blocks"):  # of a pool: made where they are needed
        return cast("Blocks", points)
    U = moderate("points", as_finite("points", points, ndim=2))
    if U.shape[1] != len(c):
        raise ValueError(f"points: expected {len(c)} columns, got {U.shape[1]}")
    Z = U @ c if logits is None else as_logits("logits", logits, len(U))
    if Z.shape[1] != c.shape[1]:
        raise ValueError(f"logits: expected {c.shape[1]} columns, got {Z.shape[1]}")
    return _Tests(U[:, kept], Z)
