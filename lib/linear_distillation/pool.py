"""Your own teacher: rows of data with a teacher's logits, and what students learn from them.

Here an example is a *row*, as in pandas and scikit-learn; in the rest of the library it is a
column.
"""

from __future__ import annotations

__all__ = ["Curve", "LeftOut", "Pool", "PoolBound", "PoolStudent", "PoolWarning"]

import warnings
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from . import _curves, _pool_bounds, _teachers
from ._checks import as_count, as_counts, as_finite, as_flag, as_generator, as_level
from ._interpolation import interpolant, left_out
from ._moments import Moments
from ._pool_answers import Curve, LeftOut, PoolBound, PoolStudent
from ._rows import Rows, as_logits, as_noise, as_rows, pool_and_test
from .kernels import Lift, products
from .leverage import LeverageLaw
from .selection import from_pool
from .sizes import SampleSize
from .spectrum import SpectrumLaw

if TYPE_CHECKING:
    from os import PathLike
    from typing import Self

    from ._rows import Given
    from ._types import ArrayLike, Count, Floats, Ints, Random
    from .kernels import Kernel
    from .tasks import EmpiricalTail

MOST_COLUMNS = 5000


class PoolWarning(UserWarning):
    """Something in the data makes it likely that the question asked is another one than meant."""


class Pool:
    """Examples with a teacher's logits, half of them a pool to draw from, half of them a test.

    One row an example. The teacher is known by its logits alone, and may be anything.
    A student is linear in the columns (or in a kernel's features), starts from zero, and is
    trained on the logits of some rows to the end: it interpolates them with the smallest norm.
    Where it cannot, beyond the rank with logits that are not linear in the features, the
    student here is least squares on the logits, not the end of cross-entropy.

    Parameters
    ----------
    X : array_like, frame or scipy.sparse, shape (N, d)
        Not standardised here: the student sees the columns as they are, and
        large ones more.
    logits : array_like, shape (N,) or (N, C)
        Of one class against the other, or one column a class (of which only differences
        count: a student's logits have mean zero over the classes).
    intercept : bool
        Whether the student has one: a further column of ones.
    kernel : callable, optional
        k(A, B) of two tables of rows, (m, d) and (n, d), that gives (m, n), such as
        `gaussian_kernel`; for a pool of up to 5,000 rows. A table with more columns than
        rows is treated so as well, with the kernel of inner products.
    test, test_logits : optional
        Test rows and their logits. Without them one half of the rows, drawn with a fixed
        seed, is the test.

    Attributes
    ----------
    rows, test_rows : ndarray of int
        Which rows of X are in the pool and in the test half; of a test of its own, None.
    size, dim, rank : int
        Rows of the pool, features of the student, and their rank.
    eigenvalues : ndarray, shape (rank,)
        Of the second moment of the pool's features, falling.
    exact : bool
        Whether the logits are linear in the features on the pool.
    notes : list of str
        What is unusual about the data.

    Raises
    ------
    ValueError
        If shapes do not fit, or something is not finite, with its row.

    Warns
    -----
    PoolWarning
        If logits are linear without an intercept though the data are not centred: they may be
        a model's coefficients without its intercept.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> X = rng.standard_normal((400, 20))
    >>> pool = Pool(X, X @ np.ones(20))
    >>> pool.spectrum_law().sample_size(0.1).needed
    17
    """

    def __init__(
        self,
        X: Given,
        logits: ArrayLike,
        *,
        intercept: bool = False,
        kernel: Kernel | None = None,
        test: Given | None = None,
        test_logits: ArrayLike | None = None,
    ) -> None:
        # halves are copies
        X, intercept = as_rows("X", X, copy=test is not None), as_flag("intercept", intercept)
        if kernel is not None and not callable(kernel):
            raise TypeError(f"kernel: expected a function of two tables, got {kernel!r}")
        logits, self._flat = as_logits("logits", logits, X.shape[0]), np.ndim(logits) == 1
        self.rows, self.test_rows, parts = pool_and_test(X, logits, test, test_logits)
        data, self._logits, test, self._test_logits = parts
        self.dim_of_rows = X.shape[1]
        wide = X.shape[1] + intercept > data.shape[0]
        if not wide and kernel is None and X.shape[1] > MOST_COLUMNS:
            raise ValueError(f"X: at most {MOST_COLUMNS} columns, or as few rows in the pool")
        lift = Lift(data, kernel or products, intercept) if wide or kernel else None
        self._pool, self._test = Rows(data, intercept, lift), Rows(test, intercept, lift)
        if lift:
            self._pool, self._test = self._pool.settled(), self._test.settled()
        self._lift, self._has_kernel, self.intercept = lift, kernel is not None, intercept
        self._moments = Moments(self._pool, self._logits, lift.values if lift else None)
        self.notes = list(_pool_bounds.notes(self))
        for note in self.notes:
            if note.startswith("centring"):
                warnings.warn(f"logits: {note}", PoolWarning, stacklevel=2)

    @classmethod
    def from_model(
        cls,
        model: object,
        X: Given,
        *,
        intercept: bool | None = None,
        kernel: Kernel | None = None,
        test: Given | None = None,
        floor: float | None = None,
    ) -> Self:
        """A pool with the logits of a fitted model, such as those of scikit-learn.

        A linear model, or a pipeline that ends in one, has a student with the model's own
        features, and with an intercept if the model has one. For any other model the
        student sees the columns of X.

        Parameters
        ----------
        model : object
            With ``decision_function``, ``predict_log_proba`` or ``predict_proba``.
        X, test : array_like, frame or scipy.sparse
            Rows, as the model takes them.
        intercept : bool, optional
            As in `Pool`.
        kernel : callable, optional
            As in `Pool`.
        floor : float, optional
            For models that give probabilities of 0: a share of uniform probabilities to mix in,
            in (0, 1).

        Returns
        -------
        Pool

        Raises
        ------
        TypeError
            If the model has none of these methods.
        ValueError
            As `Pool`; if a logit is infinite, or the decision function is one a pair of classes.
        """
        rows, logits, needed = _teachers.taught(model, X, floor)
        test_logits = None
        if test is not None:
            test, test_logits, _ = _teachers.taught(model, test, floor)
        intercept = bool(needed) if intercept is None else as_flag("intercept", intercept)
        return cls(
            rows, logits, intercept=intercept, kernel=kernel, test=test, test_logits=test_logits
        )

    def __repr__(self) -> str:
        return (
            f"<Pool of {self.size} rows, {self.dim} features of rank {self.rank}, "
            f"{self._test_logits.shape[0]} test rows>"
        )

    @property
    def size(self) -> int:
        return len(self._pool)

    @property
    def dim(self) -> int:
        return self._pool.width

    @property
    def rank(self) -> int:
        return self._moments.eigenvalues.size

    @property
    def eigenvalues(self) -> Floats:
        return self._moments.eigenvalues.copy()

    @property
    def exact(self) -> bool:
        return self._moments.exact

    @property
    def logits(self) -> Floats:
        """The teacher's logits on the pool: (size,) or (size, C), of mean zero over classes."""
        return self._shaped(self._logits)

    @property
    def classes(self) -> int:
        """How many classes the teacher tells apart."""
        return max(2, self._logits.shape[1])

    @cached_property
    def zero_rows(self) -> int:
        """How many rows of the pool have nothing in them, and so no angle."""
        return sum(int((~A.any(axis=1)).sum()) for _, A in self._pool.blocks())

    @property
    def teacher(self) -> Floats | None:
        """The linear teacher nearest to the logits: (dim,) or (dim, C), None for a kernel."""
        return None if self._lift else self._shaped(self._moments.weights)

    def _shaped(self, table: Floats) -> Floats:
        return table[:, 0].copy() if self._flat else table.copy()

    def student(self, indices: ArrayLike, ridge: float = 0.0) -> PoolStudent:
        """The student of some rows of the pool.

        Parameters
        ----------
        indices : array_like of int
            Numbers of rows in the pool, 0 to size - 1 (row ``pool.rows[i]`` of X).
        ridge : float
            Penalty on the squared norm beside the *sum* of squared errors of the logits.

        Returns
        -------
        PoolStudent

        Raises
        ------
        ValueError
            If an index is out of range, or ridge negative.
        numpy.linalg.LinAlgError
            If rounding hides the rank of the rows.
        """
        indices = self._as_indices(indices)
        features = self._pool.take(indices)
        weights, dual = interpolant(features, self._logits[indices], as_level("ridge", ridge))
        return PoolStudent(self, indices, weights, dual)

    def _as_indices(self, indices: ArrayLike) -> Ints:
        numbers = as_finite("indices", indices, ndim=1)
        whole = np.asarray(indices)
        if whole.dtype.kind not in "iu" or (numbers < 0).any() or (numbers >= self.size).any():
            raise ValueError(f"indices: expected whole numbers from 0 to {self.size - 1}")
        return whole.astype(np.int64)

    def leave_one_out(self, indices: ArrayLike | None = None, ridge: float = 0.0) -> LeftOut:
        r"""The risk of a transfer set's student from the set alone.

        The logit of row i by the student of the others is

        .. math:: z_i - \frac{(G z)_i}{G_{ii}}, \qquad G = (K + \rho)^{-1},

        K the Gram matrix of the rows. The share of wrong ones estimates the risk of n - 1
        examples without bias, for a teacher that was fixed before the rows were drawn. On rows
        that the teacher was trained on it is too hopeful.

        Parameters
        ----------
        indices : array_like of int, optional
            As in `student`; the whole pool if not given.
        ridge : float
            rho, as in `student`.

        Returns
        -------
        LeftOut

        Raises
        ------
        ValueError, numpy.linalg.LinAlgError
            As `student`.
        """
        chosen = np.arange(self.size) if indices is None else self._as_indices(indices)
        Z = self._logits[chosen]
        logits = left_out(self._pool.take(chosen), Z, as_level("ridge", ridge))
        scale = np.abs(Z).max(initial=0.0)
        wrong = _curves.mistakes(logits, Z, 1e-12 * scale)
        risk = float(wrong.mean())
        stderr = float(np.sqrt(risk * (1 - risk) / len(Z)))
        return LeftOut(self._shaped(logits), risk, stderr)

    def learning_curve(
        self,
        ns: Count | ArrayLike,
        n_sets: Count = 200,
        rng: Random | None = None,
        n_jobs: Count = 1,
        noise: float = 0.0,
    ) -> Curve:
        """Risks of students of drawn transfer sets, measured on the test half.

        Sets are drawn from the pool without replacement; the first n rows of each make its
        student of n, so that the points of a curve are dependent. Sets whose rank rounding
        hides are left out, and counted.

        Parameters
        ----------
        ns : int or sequence of int
            Numbers of examples; a single one stands for 1, ..., ns. At most the pool's size.
        n_sets : int
            At least 2.
        rng : numpy.random.Generator
        n_jobs : int
            Processes, through joblib; -1 for all cores. The result is the same for any number.
        noise : float
            Standard deviation of fresh noise on the logits that a student learns from.

        Returns
        -------
        Curve

        Raises
        ------
        ValueError
            If a number is out of its range, or rounding hides the rank of all sets but one.
        TypeError
            If rng is not a generator.
        """
        ns, n_sets = as_counts("ns", ns), as_count("n_sets", n_sets)
        if ns.max() > self.size:
            raise ValueError(f"ns: {ns.max()} examples of a pool of {self.size}")
        if n_sets < 2:
            raise ValueError("n_sets: a standard error needs at least 2 sets")
        rng, noise = as_generator("rng", rng), as_noise(noise)
        teacher = self._moments.weights
        data = self._pool, self._logits, self._test, self._test_logits, teacher
        return Curve(ns, *_curves.curve(data, ns, n_sets, rng, n_jobs, noise))

    choose = from_pool

    def spectrum_law(self, noise: float = 0.0) -> SpectrumLaw:
        """The learning curve that the spectrum predicts: no training, and no labels of the test.

        Parameters
        ----------
        noise : float
            Standard deviation of fresh noise on the logits that a student learns from.

        Returns
        -------
        SpectrumLaw
            With the second moment and the best linear teacher of the pool, and the test half as
            its points. What the teacher has beyond it acts like noise; the law then speaks
            below the rank. From the rank on the student of such logits is least squares.
        """
        moments = self._moments
        return SpectrumLaw(
            moments.eigenvalues,
            moments.coefficients,
            _curves.Turned(self._test, self._test_logits, moments.vectors),
            noise=noise,
            misfit=moments.misfit,
            pool=self.size,
        )

    def leverage_law(self, ridge: float = 0.0, noise: float = 0.0) -> LeverageLaw:
        """The learning curve that the rows of the pool predict: nearer to the truth, and slower.

        Where `spectrum_law` sees the second moment alone, this one sees every row: rare features
        and long rows. It takes some N p^2 operations, a hundred times, for each n.

        Parameters
        ----------
        ridge, noise : float
            That of the students; as in `spectrum_law`.

        Returns
        -------
        LeverageLaw
            With the test half as its points.
        """
        V, both = self._moments.vectors, (self._pool, self._test)
        rows, points = (np.concatenate([A @ V for _, A in part.blocks()]) for part in both)
        return LeverageLaw(rows, self._logits, points, self._test_logits, ridge, noise)

    def tail(self, level: float = 0.95, pair: tuple[Count, Count] | None = None) -> EmpiricalTail:
        """The tail p of the angle between rows and teacher, with its confidence band.

        Parameters
        ----------
        level : float
            As in `tasks.empirical_tail`.
        pair : (int, int), optional
            Two classes, where there are several: the teacher is then the difference of theirs.

        Returns
        -------
        EmpiricalTail

        Raises
        ------
        ValueError
            If the logits are not linear in the features, so that there is no angle; if a row
            is zero; if pair is missing, or not two classes.
        """
        return _pool_bounds.tail(self, level, pair)

    def bounds(self, n: Count, level: float = 0.95) -> list[PoolBound]:
        """What each of the book's bounds says at n examples, or why it says nothing.

        Parameters
        ----------
        n : int
        level : float
            Of the band of the tail, at whose upper end a bound holds with this probability.

        Returns
        -------
        list of PoolBound

        Raises
        ------
        ValueError
            As `tail`.
        """
        return _pool_bounds.bounds(self, as_count("n", n), level)

    def sample_size(
        self, risk: float, n_sets: Count = 200, rng: Random | None = None, n_jobs: Count = 1
    ) -> SampleSize:
        """How many examples are needed, measured, and how many are guaranteed to be enough.

        Parameters
        ----------
        risk : float
            In (0, 1).
        n_sets, rng, n_jobs
            As in `learning_curve`.

        Returns
        -------
        SampleSize
            ``needed`` is the first n whose measured mean risk is at most `risk`, ``interval``
            where that may lie: the first n whose interval reaches down to `risk`, and the first
            whose interval is below it. ``n`` is guaranteed: by Theorem 3 or the integral bound
            with probability 0.95, by the sum over pairs of classes on rows of the pool; None if
            nothing is. ``answers`` has each bound that was asked, and what `spectrum_law` predicts.

        Raises
        ------
        ValueError, TypeError
            As `learning_curve`; if risk is out of its range.
        """
        return SampleSize(*_pool_bounds.sample_size(self, risk, n_sets, rng, n_jobs))

    def report(
        self,
        path: str | PathLike[str],
        risk: float = 0.05,
        n_sets: Count = 100,
        rng: Random | None = None,
        title: str = "Your own teacher",
    ) -> None:
        """Write what there is to say about the pool as one HTML file, pictures inside.

        Parameters
        ----------
        path : path
            Replaced at once, or not at all.
        risk : float
            For the sample size.
        n_sets : int
        rng : numpy.random.Generator, optional
            Seeded with 0 if not given.
        title : str

        Raises
        ------
        OSError
            If the file cannot be written.
        """
        from . import _report, _study

        rng = np.random.default_rng(0) if rng is None else as_generator("rng", rng)
        found = _study.study(self, risk, as_count("n_sets", n_sets), rng)
        _report.write(path, found, title)
