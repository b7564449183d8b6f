"""Transfer tasks: a law of examples in R^d, a teacher, and the tail p.

Every task has ``dim``, ``teacher``, ``tail`` (an `AngleLaw`: call it for
p(theta)) and ``sample(n, rng)``, which returns X of shape (d, n).
"""

from functools import cached_property

import numpy as np
import scipy

from ._checks import (
    as_count,
    as_examples,
    as_finite,
    as_generator,
    as_positive,
    as_teacher,
    as_weights,
)
from .geometry import line_angle, unit
from .laws import RIGHT_ANGLE, AngleLaw, AtomicLaw, IsotropicLaw, PowerLaw, as_dim, as_law


class SymmetricTask:
    r"""A task that looks the same from every side of the teacher.

    .. math:: x = s\,(\cos\theta\, e + \sin\theta\, u), \qquad e = w_\star/|w_\star|

    with theta drawn from an angle law, a fair sign s, and u uniform on the
    unit sphere orthogonal to e, all independent. (Lengths of examples do not
    matter to the student: they are one.)

    Parameters
    ----------
    tail : AngleLaw or callable
        p(theta), without an atom at pi/2: such examples have no label.
    dim : int
        d, at least 2.
    teacher : array_like, shape (d,), optional
        w_star, e_1 if not given.

    Raises
    ------
    ValueError
        If dim < 2, the teacher is zero or of another length, or p(pi/2) > 0.
    """

    def __init__(self, tail, dim, teacher=None):
        self.tail = as_law(tail)
        self.dim = as_dim(dim)
        self._teacher = None if teacher is None else as_teacher("teacher", teacher, self.dim)
        if self.tail(RIGHT_ANGLE) > 1e-12:
            raise ValueError("tail: p(pi/2) must be 0, an example on the boundary has no label")

    @cached_property
    def teacher(self):
        """w_star; made when asked for, as the angle chain runs at dimensions that fill memory."""
        return first_axis(self.dim) if self._teacher is None else self._teacher

    def sample(self, n, rng):
        """Draw examples.

        Parameters
        ----------
        n : int
        rng : numpy.random.Generator

        Returns
        -------
        ndarray, shape (d, n)
        """
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

    def __init__(self, kappa, dim, teacher=None):
        super().__init__(PowerLaw(kappa), dim, teacher)
        self.kappa = self.tail.kappa


class MarginTask(SymmetricTask):
    r"""A wedge of empty space around the boundary.

    .. math:: p(\theta) = \Bigl(1 - \frac{\theta}{\pi/2 - \gamma}\Bigr)_+^{\kappa}

    Parameters
    ----------
    gamma : float
        Angular margin in (0, pi/2), radians.
    dim : int
        d, at least 2.
    kappa : float
        Above 0; 1 spreads the angle evenly over what the margin leaves.
    teacher : array_like, shape (d,), optional
        e_1 if not given.
    """

    def __init__(self, gamma, dim, kappa=1.0, teacher=None):
        super().__init__(PowerLaw(kappa, as_positive("gamma", gamma)), dim, teacher)
        self.gamma, self.kappa = self.tail.margin, self.tail.kappa


class IsotropicTask(SymmetricTask):
    """Standard normal examples: the same in every direction.

    Parameters
    ----------
    dim : int
        d, at least 2.
    teacher : array_like, shape (d,), optional
        e_1 if not given.
    """

    def __init__(self, dim, teacher=None):
        super().__init__(IsotropicLaw(dim), dim, teacher)

    def sample(self, n, rng):
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

    def __init__(self, means, scale, weights=None, teacher=None):
        self.means = as_finite("means", means, ndim=2)
        self.dim = as_dim(self.means.shape[1])
        self.scale = as_positive("scale", scale)
        self.weights = as_weights("weights", weights, len(self.means))
        self.teacher = _teacher(teacher, self.dim)
        self.tail = _MixtureLaw(self)

    def sample(self, n, rng):
        """Draw X of shape (d, n) with a ``numpy.random.Generator``."""
        n, rng = as_count("n", n), as_generator("rng", rng)
        cluster = rng.choice(len(self.means), size=n, p=self.weights)
        return (self.means[cluster] + self.scale * rng.standard_normal((n, self.dim))).T


class _MixtureLaw(AngleLaw):
    """Elevation at most psi: |a| <= r tan psi, for a normal a and a noncentral chi r."""

    def __init__(self, task):
        e = unit(task.teacher)
        self.along = task.means @ e / task.scale
        across = task.means - np.outer(task.means @ e, e)
        self.noncentrality = (across**2).sum(axis=1) / task.scale**2
        self.weights, self.dof = task.weights, task.dim - 1

    def _tail(self, theta):
        return 1 - self._inside(np.tan(theta), inverse=True)

    def _near(self, psi):
        return self._inside(np.tan(psi))

    def _inside(self, slope, inverse=False):
        """P[|a| <= slope r], or P[|a| slope > r] for `inverse`, cluster by cluster."""
        clusters = zip(self.along, self.noncentrality, strict=True)
        shares = [self._cluster(slope, inverse, *cluster) for cluster in clusters]
        return np.moveaxis(np.array(shares), 0, -1) @ self.weights

    def _cluster(self, slope, inverse, along, noncentrality):
        ndtr, slope = scipy.special.ndtr, np.asarray(slope, dtype=float)

        def integrand(r):
            r = r.reshape(-1, *(1,) * slope.ndim)
            reach = np.divide(r, slope, where=slope > 0, out=np.full((r * slope).shape, np.inf))
            a = reach if inverse else slope * r
            within = ndtr(a - along) - ndtr(-a - along)
            hit = ndtr(along - a) + ndtr(-a - along) if inverse else within
            return hit * _chi_density(r, self.dof, np.sqrt(noncentrality))

        centre = np.sqrt(noncentrality + self.dof)
        low, high = [max(0.0, centre - 12)], [centre + 12]
        share = scipy.integrate.cubature(integrand, low, high, atol=1e-12, rtol=1e-11)
        if not np.all(share.error < 1e-8):
            raise FloatingPointError(f"the tail of a cluster is uncertain by {share.error.max():.1e}")
        return share.estimate


def _chi_density(r, dof, centre):
    """Density of the length of a normal vector with `dof` unit coordinates, mean `centre` long."""
    if centre < 1e3:
        return 2 * r * scipy.stats.ncx2.pdf(r**2, dof, centre**2)
    # SciPy's own density loses itself in a large exponent, and its Bessel function beyond 1e9
    order, x = dof / 2 - 1, centre * r
    far = (1 - (4 * order**2 - 1) / (8 * x)) / np.sqrt(2 * np.pi * x)
    bessel = np.where(x < 1e9, scipy.special.ive(order, x), far)
    return r * (r / centre) ** order * np.exp(-((r - centre) ** 2) / 2) * bessel


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

    def __init__(self, points, weights=None, teacher=None):
        self.points = as_examples("points", as_finite("points", points, ndim=2))
        self.dim, size = self.points.shape
        if not self.points.any(axis=0).all():
            raise ValueError("points: a zero example has no angle and no label")
        self.weights = as_weights("weights", weights, size)
        self.teacher = _teacher(teacher, self.dim)
        self.tail = AtomicLaw(line_angle(self.teacher, self.points.T), self.weights)

    def sample(self, n, rng):
        """Draw X of shape (d, n) with a ``numpy.random.Generator``."""
        n, rng = as_count("n", n), as_generator("rng", rng)
        return self.points[:, rng.choice(self.weights.size, size=n, p=self.weights)]


def _teacher(teacher, dim):
    return first_axis(dim) if teacher is None else as_teacher("teacher", teacher, dim)


def first_axis(dim):
    """e_1."""
    e = np.zeros(dim)
    e[0] = 1
    return e
