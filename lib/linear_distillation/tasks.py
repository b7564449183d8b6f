"""Transfer tasks: a law of examples in R^d, a teacher, and the tail p.

Every task has ``dim``, ``teacher``, ``tail`` (an `AngleLaw`: call it for
p(theta)) and ``sample(n, rng)``, which returns X of shape (d, n).
"""

__all__ = [
    "EmpiricalTail",
    "FiniteTask",
    "GaussianTask",
    "IsotropicTask",
    "MarginTask",
    "MixtureTask",
    "PolynomialTask",
    "SymmetricTask",
    "empirical_tail",
]

from functools import cached_property
from typing import NamedTuple

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
from .quadrature import logistic_rule


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

    def __init__(self, covariance, teacher=None):
        S = as_finite("covariance", covariance, ndim=2)
        if S.shape[0] != S.shape[1] or np.abs(S - S.T).max() > 1e-12 * np.abs(S).max():
            raise ValueError(f"covariance: expected a symmetric matrix, got shape {S.shape}")
        self.covariance, self.dim = S, as_dim(len(S))
        self.teacher = _teacher(teacher, self.dim)
        variances, axes = np.linalg.eigh(S)
        if variances[0] <= self.dim * np.finfo(float).eps * variances[-1]:
            raise ValueError(f"covariance: expected eigenvalues > 0, got {variances[0]:.3g}")
        self.root = axes * np.sqrt(variances)
        shares = (unit(self.teacher) @ axes) ** 2
        self.tail = _GaussianLaw(variances / variances[-1], shares)

    def sample(self, n, rng):
        """Draw X of shape (d, n) with a ``numpy.random.Generator``."""
        n, rng = as_count("n", n), as_generator("rng", rng)
        return self.root @ rng.standard_normal((self.dim, n))


class _GaussianLaw(AngleLaw):
    r"""Elevations of N(0, S), with sigma_i the eigenvalues and c_i^2 the teacher's shares.

    The elevation is at most psi iff x'(ee' - sin^2(psi) I)x <= 0, a quadratic
    form with one positive eigenvalue. Written with a_i = tau sigma_i, where
    tau solves sum_i c_i^2 a_i/(1 + a_i) = sin^2 psi, and Craig's formula for
    the one positive square,

    .. math:: P[\text{elevation} > \psi] = \frac2\pi \int_0^{\pi/2} \Bigl[
        \prod_i (1 + k a_i) \sum_i \frac{w_i}{1 + k a_i} \Bigr]^{-1/2} d\varphi,
        \quad k = \sin^{-2}\varphi, \; w_i = \frac{c_i^2 a_i}{(1 + a_i)\sin^2\psi}.

    Tabulated over tau, and splined as log(P/(1 - P)) in log tan psi: relative
    errors of P and of 1 - P below 1e-10.

    References
    ----------
    J. W. Craig, "A new, simple and exact result for calculating the probability of
    error for two-dimensional signal constellations" (1991).
    """

    def __init__(self, variances, shares):
        self.variances, self.shares = variances, shares

    def _tail(self, theta):
        with np.errstate(divide="ignore"):
            return scipy.special.expit(self._logit(-np.log(np.tan(theta)))[0])

    def _near(self, psi):
        with np.errstate(divide="ignore"):
            return scipy.special.expit(self._logit(np.log(np.tan(psi)))[0])

    def expect(self, f, breaks=()):
        """As `AngleLaw.expect`, but integrated over the elevation with its density."""
        s, _, weights = logistic_rule()
        ends = np.unique(np.clip([0.0, RIGHT_ANGLE, *breaks], 0.0, RIGHT_ANGLE))
        width = np.diff(ends)[:, None]
        psi = ends[:-1, None] + width * s
        logit, slope = self._logit(np.log(np.tan(psi)))
        density = scipy.special.expit(logit) * scipy.special.expit(-logit) * slope
        return float((width * weights * density * 2 / np.sin(2 * psi) * f(psi)).sum())

    def at(self, tau):
        """tan psi, P[elevation <= psi] and its complement, at the psi that tau stands for."""
        a = tau * self.variances
        up, across = self.shares * a / (1 + a), self.shares / (1 + a)
        return np.sqrt(up.sum() / across.sum()), *split_mass(a, up / up.sum())

    def _logit(self, x):
        """log(P/(1 - P)) at elevation arctan(exp(x)), and its slope."""
        spline, low, high = self._table
        inside = np.clip(x, low, high)
        logit, slope = spline(inside), spline(inside, 1)
        log_p = np.minimum(x - low, 0) - np.logaddexp(0, -spline(low))  # P ~ tan psi below
        below = log_p - np.log1p(-np.exp(log_p))
        logit = np.where(x < low, below, logit + slope * (x - inside))
        return logit, np.where(x < low, 1.0, slope)

    @cached_property
    def _table(self):
        x, logit = [], []
        start, end = -26 - np.log(self.shares.size), 80 - np.log(self.variances[0])
        for tau in np.exp(np.arange(start, end, 0.07)):
            slope, below, above = self.at(tau)
            x.append(np.log(slope))
            logit.append(np.log(below) - np.log(above))
            if above < 1e-18:
                break
        return scipy.interpolate.make_interp_spline(x, logit, k=5), x[0], x[-1]


def split_mass(a, w):
    """P[elevation <= psi] and its complement by the formula of `_GaussianLaw`."""
    s, _, weights = logistic_rule(step=0.16, reach=56.0)
    s, weights = s[:-100], weights[:-100]  # what lies beyond weighs 1e-17
    logs = np.log1p(a / np.sin(RIGHT_ANGLE * s[:, None]) ** 2)
    others = np.zeros_like(logs)  # sums over all j but i, without subtraction
    others[:, 1:] += logs[:, :-1].cumsum(axis=1)
    others[:, :-1] += logs[:, :0:-1].cumsum(axis=1)[:, ::-1]
    product = np.log1p(np.expm1(np.minimum(others, 700.0)) @ w)
    return -weights @ np.expm1(-product / 2), weights @ np.exp(-product / 2)


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


class EmpiricalTail(NamedTuple):
    """The tail of the angle as data show it.

    ``law`` is the staircase of the observed angles, ``upper`` the upper
    confidence band as a law of its own, ``width`` the distance between the two.
    """

    law: AtomicLaw
    upper: AtomicLaw
    width: float


def empirical_tail(X, w_star, level=0.95):
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
    width = min(1.0, np.sqrt(-np.log1p(-level) / 2 / law.angles.size))
    # the band never falls below its width: that mass sits on the boundary
    mass = np.minimum(1.0, width + np.append(0.0, law.weights.cumsum()))
    upper = AtomicLaw(np.append(RIGHT_ANGLE, law.angles), np.diff(mass, prepend=0.0))
    return EmpiricalTail(law, upper, float(width))
