"""Transfer tasks: a law of examples in R^d, a teacher, and the tail p; the tail of data.

Every task has ``dim``, ``teacher``, ``tail`` (an `AngleLaw`: call it for
p(theta)) and ``sample(n, rng)``, which returns X of shape (d, n).
"""

from __future__ import annotations

__all__ = [
    "EmpiricalTail",
    "FiniteTask",
    "GaussianTask",
    "IsotropicTask",
    "MarginTask",
    "MixtureTask",
    "PolynomialTask",
    "SymmetricTask",
    "Task",
    "empirical_tail",
]

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from ._checks import (
    as_count,
    as_dim,
    as_examples,
    as_finite,
    as_generator,
    as_positive,
    as_teacher,
    as_weights,
)
from .geometry import line_angle, unit
from .laws import RIGHT_ANGLE, AtomicLaw, IsotropicLaw, PowerLaw, as_law
from .normal_laws import GaussianLaw, MixtureLaw, split_mass  # noqa: F401 (for the claims)
from .renamed import renamed

if TYPE_CHECKING:
    from ._types import ArrayLike, Count, Floats, Generator, Random
    from .laws import Tail


class Task(Protocol):
    """What a task has: a dimension, a teacher, and examples to draw.

    Any class of yours with these three will do, where examples are all that is used;
    bounds and exact risks want ``tail`` too.

    Attributes
    ----------
    dim : int
        d.
    teacher : ndarray, shape (d,)
        w_star, not zero.
    """

    @property
    def dim(self) -> int: ...
    @property
    def teacher(self) -> Floats: ...

    def sample(self, n: int, rng: Generator, /) -> Floats:
        """Draw X of shape (d, n) with a ``numpy.random.Generator``."""
        ...


class SymmetricTask:
    r"""A task that looks the same from every side of the teacher.

    .. math:: x = s\,(\cos\theta\, e + \sin\theta\, u), \qquad e = w_\star/|w_\star|

    with theta drawn from an angle law, a fair sign s, and u uniform on the
    unit sphere orthogonal to e, all independent. (Lengths of examples do not
    matter to the student: they are one.)

    Parameters
    ----------
    tail : AngleLaw or callable
        p(theta). With an atom at pi/2, as the upper band of `empirical_tail` has, some
        examples lie on the boundary and have no label: they teach nothing of the angle,
        and every student errs on them that decides, all but those on the teacher's line.
    dim : int
        d, at least 2.
    teacher : array_like, shape (d,), optional
        w_star, e_1 if not given.

    Raises
    ------
    ValueError
        If dim < 2, the teacher is zero or of another length, or p(pi/2) = 1.
    """

    def __init__(self, tail: Tail, dim: Count, teacher: ArrayLike | None = None) -> None:
        self.tail = as_law(tail)
        self.dim = as_dim(dim)
        self._teacher = None if teacher is None else _teacher(teacher, self.dim)
        if self.tail.near(0.0) >= 1 - 1e-12:
            raise ValueError("tail: p(pi/2) is 1, but examples on the boundary have no label")

    @cached_property
    def teacher(self) -> Floats:
        """w_star; made when asked for, as the angle chain runs at dimensions that fill memory."""
        return _teacher(None, self.dim) if self._teacher is None else self._teacher

    def sample(self, n: Count, rng: Random) -> Floats:
        """Draw examples.

        Parameters
        ----------
        n : int
        rng : numpy.random.Generator or int

        Returns
        -------
        ndarray, shape (d, n)
        """
        rng = as_generator("rng", rng)
        psi = self.tail.draw(as_count("n", n), rng)
        e, sign = unit(self.teacher), rng.choice([-1.0, 1.0], n)
        g = rng.standard_normal((self.dim, n))
        across = unit((g - np.outer(e, e @ g)).T).T
        return sign * (np.sin(psi) * e[:, None] + np.cos(psi) * across)


class PolynomialTask(SymmetricTask):
    r"""Angles with a polynomial tail, :math:`p(\theta) = (1 - 2\theta/\pi)^\kappa`.

    The task of the paper's experiments: alpha = (pi/2)(1 - U^{1/kappa}), U
    uniform. A larger kappa keeps more of the data away from the boundary.

    Parameters
    ----------
    kappa : float
        Above 0.
    dim : int
        d, at least 2.
    teacher : array_like, shape (d,), optional
        e_1 if not given.
    """

    def __init__(self, kappa: float, dim: Count, teacher: ArrayLike | None = None) -> None:
        law = PowerLaw(kappa)
        super().__init__(law, dim, teacher)
        self.kappa = law.kappa


class MarginTask(SymmetricTask):
    r"""A wedge of empty space around the boundary.

    .. math:: p(\theta) = \Bigl(1 - \frac{\theta}{\pi/2 - \gamma}\Bigr)_+^{\kappa}

    Parameters
    ----------
    margin : float
        Angular margin gamma in (0, pi/2), radians.
    dim : int
        d, at least 2.
    kappa : float
        Above 0; 1 spreads the angle evenly over what the margin leaves.
    teacher : array_like, shape (d,), optional
        e_1 if not given.
    """

    @renamed(gamma="margin")
    def __init__(
        self, margin: float, dim: Count, kappa: float = 1.0, teacher: ArrayLike | None = None
    ) -> None:
        law = PowerLaw(kappa, as_positive("margin", margin))
        super().__init__(law, dim, teacher)
        self.margin, self.kappa = law.margin, law.kappa

    @property
    def gamma(self) -> float:
        """The margin, by the paper's letter."""
        return self.margin


class IsotropicTask(SymmetricTask):
    """Standard normal examples: the same in every direction.

    Parameters
    ----------
    dim : int
        d, at least 2.
    teacher : array_like, shape (d,), optional
        e_1 if not given.
    """

    def __init__(self, dim: Count, teacher: ArrayLike | None = None) -> None:
        super().__init__(IsotropicLaw(as_dim(dim)), dim, teacher)

    def sample(self, n: Count, rng: Random) -> Floats:
        return as_generator("rng", rng).standard_normal((self.dim, as_count("n", n)))


class MixtureTask:
    r"""A mixture of round Gaussian clusters, with no symmetry around the teacher.

    .. math:: x \sim \sum_j q_j\, N(m_j, \tau^2 I)

    Parameters
    ----------
    means : array_like, shape (k, d)
        k vectors m_j.
    scale : float
        Standard deviation tau of each coordinate, above 0.
    weights : array_like, shape (k,), optional
        q_j; equal if not given.
    teacher : array_like, shape (d,), optional
        e_1 if not given.
    """

    def __init__(
        self,
        means: ArrayLike,
        scale: float,
        weights: ArrayLike | None = None,
        teacher: ArrayLike | None = None,
    ) -> None:
        self.means = frozen(as_finite("means", means, ndim=2))
        self.dim = as_dim(self.means.shape[1])
        self.scale = as_positive("scale", scale)
        self.weights = frozen(as_weights("weights", weights, len(self.means)))
        self.teacher = _teacher(teacher, self.dim)
        with np.errstate(over="ignore"):
            self.scaled_means = frozen(self.means / self.scale)  # all that angles depend on
        if not np.isfinite(self.scaled_means).all():
            raise ValueError(f"scale: {scale!r} is too small for means of that size")
        self.tail = MixtureLaw(self.scaled_means, self.weights, unit(self.teacher))

    def sample(self, n: Count, rng: Random) -> Floats:
        """Draw X of shape (d, n) with a ``numpy.random.Generator`` or a seed."""
        n, rng = as_count("n", n), as_generator("rng", rng)
        cluster = rng.choice(len(self.means), size=n, p=self.weights)
        return (self.means[cluster] + self.scale * rng.standard_normal((n, self.dim))).T


class GaussianTask:
    r"""Normal examples of any covariance: x ~ N(0, S), alike in no two directions.

    A teacher along the long axes of S has an easy task, one along the short
    axes a hard one.

    Parameters
    ----------
    covariance : array_like, shape (d, d)
        S, symmetric and positive definite. (For a singular one, work in its
        range, with the projected teacher.)
    teacher : array_like, shape (d,), optional
        e_1 if not given.

    Raises
    ------
    ValueError
        If the covariance is not square, symmetric and positive definite, or
        the teacher is zero or of another length.
    """

    def __init__(self, covariance: ArrayLike, teacher: ArrayLike | None = None) -> None:
        S = as_finite("covariance", covariance, ndim=2)
        if S.shape[0] != S.shape[1] or np.abs(S - S.T).max() > 1e-12 * np.abs(S).max():
            raise ValueError(f"covariance: expected a symmetric matrix, got shape {S.shape}")
        self.covariance, self.dim = frozen(S), as_dim(len(S))
        self.teacher = _teacher(teacher, self.dim)
        variances, axes = np.linalg.eigh(S)
        if variances[0] <= self.dim * np.finfo(float).eps * variances[-1]:
            raise ValueError(f"covariance: expected eigenvalues > 0, got {variances[0]:.3g}")
        self.root = frozen(axes * np.sqrt(variances))
        shares = (unit(self.teacher) @ axes) ** 2
        self.tail = GaussianLaw(variances / variances[-1], shares)

    def sample(self, n: Count, rng: Random) -> Floats:
        """Draw X of shape (d, n) with a ``numpy.random.Generator`` or a seed."""
        n, rng = as_count("n", n), as_generator("rng", rng)
        return self.root @ rng.standard_normal((self.dim, n))


class FiniteTask:
    """Finitely many possible examples: every expectation is a finite sum.

    Parameters
    ----------
    points : array_like, shape (d, k)
        The examples, one a column, none zero.
    weights : array_like, shape (k,), optional
        Their probabilities; equal if not given.
    teacher : array_like, shape (d,), optional
        w_star, e_1 if not given.
    """

    def __init__(
        self, points: ArrayLike, weights: ArrayLike | None = None, teacher: ArrayLike | None = None
    ) -> None:
        self.points = frozen(as_examples("points", as_finite("points", points, ndim=2)))
        self.dim, size = self.points.shape
        if not self.points.any(axis=0).all():
            raise ValueError("points: a zero example has no angle and no label")
        self.weights = frozen(as_weights("weights", weights, size))
        self.teacher = _teacher(teacher, self.dim)
        self.tail = AtomicLaw(line_angle(self.teacher, self.points.T), self.weights)

    def sample(self, n: Count, rng: Random) -> Floats:
        """Draw X of shape (d, n) with a ``numpy.random.Generator`` or a seed."""
        n, rng = as_count("n", n), as_generator("rng", rng)
        return self.points[:, rng.choice(self.weights.size, size=n, p=self.weights)]


def _teacher(teacher: ArrayLike | None, dim: int) -> Floats:
    return frozen(first_axis(dim) if teacher is None else as_teacher("teacher", teacher, dim))


def frozen(array: Floats) -> Floats:
    """A copy that nobody writes into: a task does not change when its arguments do."""
    copy = np.array(array)
    copy.flags.writeable = False
    return copy


def first_axis(dim: int) -> Floats:
    """e_1."""
    e = np.zeros(dim)
    e[0] = 1
    return e


class EmpiricalTail(NamedTuple):
    """The tail of the angle as data show it.

    ``law`` is the staircase of the observed angles, ``upper`` the upper
    confidence band as a law of its own, ``width`` the distance between the two.
    """

    law: AtomicLaw
    upper: AtomicLaw
    width: float


def empirical_tail(X: ArrayLike, w_star: ArrayLike, level: float = 0.95) -> EmpiricalTail:
    r"""The tail p from data, with a confidence band above it.

    .. math:: P\Bigl[\, p(\theta) \le p_N(\theta) + \sqrt{\tfrac{\log(1/(1 - \text{level}))}{2N}}
        \; \text{for all } \theta \Bigr] \ge \text{level}

    whatever the task. The bounds increase with p; at ``upper`` they all hold
    together with probability `level`, for every n. No labels are needed.

    Parameters
    ----------
    X : array_like, shape (d, N)
        Independent examples of the task, one a column, none zero.
    w_star : array_like, shape (d,)
    level : float
        In [1/2, 1).

    Returns
    -------
    EmpiricalTail
        ``law``, ``upper``, ``width``.

    Raises
    ------
    ValueError
        If X is not of shape (d, N) or holds a zero example, w_star is zero, or
        level is out of range.

    References
    ----------
    P. Massart, "The tight constant in the Dvoretzky-Kiefer-Wolfowitz
    inequality" (1990): the one-sided inequality, for levels from 1/2.
    """
    w_star, level = as_teacher("w_star", w_star), float(as_finite("level", level, ndim=0))
    if not 0.5 <= level < 1:
        raise ValueError(f"level: expected a number in [1/2, 1), got {level}")
    X = as_examples("X", as_finite("X", X, ndim=2), w_star.size)
    if not X.any(axis=0).all():
        raise ValueError("X: a zero example has no angle and no label")
    law = AtomicLaw(line_angle(w_star, X.T))
    width = min(1.0, np.sqrt(-np.log1p(-level) / 2 / X.shape[1]))
    # the band never falls below its width: that mass sits on the boundary
    mass = np.minimum(1.0, width + np.append(0.0, law.weights.cumsum()))
    upper = AtomicLaw(np.append(RIGHT_ANGLE, law.angles), np.diff(mass, prepend=0.0))
    return EmpiricalTail(law, upper, float(width))
