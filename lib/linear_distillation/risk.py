"""Transfer risk of a student, and expected risk of distillation."""

from functools import lru_cache, singledispatch
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import scipy

from ._checks import as_angle, as_count, as_finite, as_generator
from .chain import draw_sets, student_angles, symmetric
from .geometry import line_angle, unit
from .laws import RIGHT_ANGLE, as_dim, as_law
from .quadrature import logistic_rule
from .students import distilled_student
from .tasks import FiniteTask, GaussianTask, IsotropicTask, MixtureTask, SymmetricTask

BLOCK = 2**20  # numbers held at once by a Monte Carlo run


class Estimate(NamedTuple):
    """A mean over transfer sets.

    ``stderr`` is its standard error (0 if the mean is exact), ``draws`` the
    number of sets, ``largest_share`` the share that the largest one has in
    the mean: near 1 the mean, and its standard error, are not to be trusted.
    """

    mean: float
    stderr: float
    draws: int
    largest_share: float


def transfer_risk(w, task):
    r"""Probability that student and teacher disagree, exactly.

    .. math:: R(w) = P_x[\operatorname{sign}(w^\top x) \ne \operatorname{sign}(w_\star^\top x)]

    A student that does not decide (w.x = 0) where the teacher does is wrong.

    Parameters
    ----------
    w : array_like, shape (..., d)
    task : SymmetricTask, MixtureTask, GaussianTask or FiniteTask
        For other tasks see `held_out_risk`.

    Returns
    -------
    float or ndarray, shape (...)

    Raises
    ------
    ValueError
        If w is not finite or its last axis is not d.
    TypeError
        If no exact formula is known for the task.

    References
    ----------
    Phuong and Lampert (2019), section 3.
    """
    w = as_finite("w", w)
    if w.ndim == 0 or w.shape[-1] != task.dim:
        raise ValueError(f"w: expected last axis of length {task.dim}, got shape {w.shape}")
    return _exact_risk(task, w)


@singledispatch
def _exact_risk(task, w):
    raise TypeError(f"task: no exact risk for {type(task).__name__}; use held_out_risk")


@_exact_risk.register
def _(task: SymmetricTask, w):
    phi = line_angle(task.teacher, w)
    risk = angle_risk(phi, task.tail, task.dim)
    risk = np.where(unit(w) @ unit(task.teacher) < 0, 1 - risk, risk)
    return np.where(w.any(axis=-1), risk, 1.0)[()]


@_exact_risk.register
def _(task: FiniteTask, w):
    return (_decisions(w, task.points) != _decisions(task.teacher, task.points)) @ task.weights


@_exact_risk.register
def _(task: GaussianTask, w):
    """Two correlated normals of different signs: the angle between S^(1/2) w and S^(1/2) w_star."""
    u, v = w @ task.root, task.teacher @ task.root
    angle = line_angle(u, v)
    angle = np.where(unit(u) @ unit(v) < 0, np.pi - angle, angle)
    return np.where(w.any(axis=-1), angle / np.pi, 1.0)[()]


@_exact_risk.register
def _(task: MixtureTask, w):
    return np.where(w.any(axis=-1), _mixture_risk(task, w), 1.0)[()]


def _mixture_risk(task, w):
    """Two correlated normals of different signs: Owen's T function, one cluster at a time."""
    e, v = unit(task.teacher), unit(w)
    along = v @ e
    across = v - along[..., None] * e
    across -= (across @ e)[..., None] * e  # again: v may be close to e
    sine = np.linalg.norm(across, axis=-1)
    across = np.where((sine > 1e-15)[..., None], unit(across), 0.0)
    h, m = task.means @ e / task.scale, across @ task.means.T / task.scale
    along, sine = along[..., None], sine[..., None]
    k = along * h + sine * m
    T = scipy.special.owens_t
    with np.errstate(divide="ignore", invalid="ignore"):
        split = 2 * T(h, m / h) + 2 * T(k, (h * sine - m * along) / k)
    split = np.where((h == 0) & (m == 0), np.arctan2(sine, along) / np.pi, split)
    opposite = (h * k < 0) | ((h * k == 0) & (h + k < 0))
    return (split + opposite) @ task.weights


def _decisions(w, points):
    """Signs of w.x for points (..., d, k), with 0 where the product is a rounded zero."""
    products = (unit(w)[..., None, :] @ points)[..., 0, :]
    rounding = 8 * w.shape[-1] * np.finfo(float).eps * np.linalg.norm(points, axis=-2)
    return np.where(np.abs(products) < rounding, 0, np.sign(products))


def angle_risk(phi, tail, dim):
    r"""Exact risk of a student at angle phi to the teacher, under symmetry.

    A test example at elevation psi errs iff T tan(phi) >= tan(psi), T one
    coordinate of a uniform point on the sphere S^{d-2}, so that

    .. math:: R(\phi) = \tfrac12\, E\bigl[\,p(\pi/2 - \arctan(\sqrt{B}\tan\phi))\,\bigr],
        \qquad B = T^2 \sim \mathrm{Beta}\bigl(\tfrac12, \tfrac{d-2}{2}\bigr)

    integrated by the trapezoidal rule in the logit of B (B = 1 for d = 2),
    piece by piece between the knots of p.
    Ours, not the paper's.

    Parameters
    ----------
    phi : array_like
        Angles in [0, pi/2], radians.
    tail : callable or AngleLaw
        p, with p(pi/2) = 0.
    dim : int
        d, at least 2.

    Returns
    -------
    float or ndarray
        Relative error about 1e-12.

    Raises
    ------
    ValueError
        If an angle is out of range, p(pi/2) > 0 or dim < 2.
    """
    phi, tail, dim = as_angle("phi", phi), as_law(tail), as_dim(dim)
    if tail(RIGHT_ANGLE) > 1e-12:
        raise ValueError("tail: p(pi/2) must be 0, an example on the boundary has no label")
    if dim == 2:
        return tail.near(phi) / 2
    flat = phi.ravel()
    parts = [_angle_risk(flat[i : i + 1024], tail, dim) for i in range(0, flat.size, 1024)]
    return np.concatenate(parts).reshape(phi.shape)[()]


def _angle_risk(phi, tail, dim):
    tan = np.tan(phi)[:, None]
    elevations = {tail.edge, *(RIGHT_ANGLE - knot for knot in tail.knots), RIGHT_ANGLE}
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        ends = np.fmin(np.tan(sorted(elevations)) / tan, 1.0) ** 2
    # without a margin all panels end at 0 and 1: one row serves every angle
    ends = [end[:1, None] if np.ptp(end) == 0 else end[:, None] for end in ends.T]
    return sum(_panel(*panel, tan, tail, dim) for panel in pairwise(ends)) / 2


def _panel(low, high, tan, tail, dim):
    """E[p(pi/2 - arctan(sqrt(B) tan)); low < B < high]."""
    s, _, _ = logistic_rule()
    mass = _beta_mass(low, high, dim) / _beta_mass(np.zeros(1), np.ones(1), dim).sum()
    return (mass * tail.near(np.arctan(np.sqrt(low + (high - low) * s) * tan))).sum(axis=-1)


def _beta_mass(low, high, dim):
    """Weights of the rule on (low, high) times B^(-1/2) (1-B)^((d-4)/2)."""
    s, t, weights = logistic_rule()
    width = high - low
    B, complement = low + width * s, 1 - high + width * t
    with np.errstate(divide="ignore", invalid="ignore"):
        log_complement = np.where(B < 0.5, np.log1p(-B), np.log(complement))
        log_mass = (dim - 4) / 2 * log_complement - np.log(B) / 2 + np.log(width * weights)
    return np.where(width > 0, np.exp(log_mass), 0.0)


def risk_at_angle(psi, task):
    r"""Risks of many students from their signed angles, under symmetry.

    .. math:: R(\psi), \qquad R(\pi - \psi) = 1 - R(\psi)

    Parameters
    ----------
    psi : array_like
        Angles between w_star and students, in [0, pi] radians.
    task : SymmetricTask

    Returns
    -------
    float or ndarray
        Relative error below 1e-7, by a table that is made once for a task.

    Raises
    ------
    TypeError
        If the task has no rotational symmetry.
    ValueError
        If an angle is out of range.
    """
    psi, law = as_finite("psi", psi), symmetric(task).tail
    if (psi < 0).any() or (psi > np.pi).any():
        raise ValueError(f"psi: expected angles in [0, pi] radians, got {psi}")
    above = [knot for knot in law.knots if RIGHT_ANGLE - knot > law.edge + 1e-12]
    acute = np.minimum(psi, np.pi - psi)
    exact = above or task.dim == 2
    risk = angle_risk(acute, law, task.dim) if exact else risk_table(law, task.dim)(acute)
    return np.where(psi > RIGHT_ANGLE, 1 - risk, risk)[()]


@lru_cache(maxsize=64)
def risk_table(tail, dim):
    """`angle_risk` as a fast function of the angle, for millions of students.

    log R is interpolated by a quintic spline in log(tan phi - tan edge), in
    which it is nearly straight at both ends. Relative error below 1e-7.

    Parameters
    ----------
    tail : AngleLaw
        Without knots above its edge.
    dim : int

    Returns
    -------
    callable
        phi (ndarray, radians) -> risk.
    """
    start = np.tan(tail.edge)
    # without a margin R is a power of tan(phi) to eleven digits already at e^-14
    x = np.arange(-45 if start else -14, 46, 0.05)
    values = angle_risk(np.arctan(start + np.exp(x)), tail, dim)
    x, values = x[values > 1e-290], values[values > 1e-290]
    spline = scipy.interpolate.make_interp_spline(x, np.log(values), k=5)
    slope = float(spline(x[0], 1))

    def risk(phi):
        with np.errstate(divide="ignore", invalid="ignore"):
            y = np.log(np.tan(phi) - start)
        inside = np.clip(y, x[0], x[-1])
        log_risk = spline(inside) + slope * np.minimum(y - inside, 0)
        return np.where(y > -np.inf, np.exp(log_risk), 0.0)

    return risk


def expected_risk(task, n, n_sets=None, rng=None, *, n_test=None):
    r"""Expected risk :math:`E\,R(\hat w)` of distillation from n examples.

    The best route that the task allows is taken: a finite sum (`FiniteTask`,
    no random numbers); one integral (`IsotropicTask`, if n_sets is not given:
    E phi / pi with cos^2 phi ~ Beta(n/2, (d-n)/2), and 0 for n >= d); the angle
    chain with the exact risk of each angle (`SymmetricTask`); drawn examples
    with exact risks (`MixtureTask`, `GaussianTask`). Memory does not grow with
    n_sets.

    Parameters
    ----------
    task : task
    n : int
        Examples a transfer set.
    n_sets : int
        Number of transfer sets, at least 2; not needed for a `FiniteTask` or
        an `IsotropicTask`.
    rng : numpy.random.Generator
    n_test : int, optional
        Use nothing but drawn data: examples for the students, and this many
        fresh test examples for each. Works for any task with ``sample``.

    Returns
    -------
    Estimate
        ``mean``, ``stderr``, ``draws``, ``largest_share``.

    Raises
    ------
    ValueError
        If a number is out of its range, or n_sets is missing.
    TypeError
        If rng is not a generator, or the task has no exact risk and n_test
        is not given.
    """
    n = as_count("n", n)
    if isinstance(task, FiniteTask) and n_test is None:
        return Estimate(_finite_expected_risk(task, n), 0.0, 0, 0.0)
    if isinstance(task, IsotropicTask) and n_sets is None and n_test is None:
        return Estimate(_isotropic_expected_risk(task.dim, n), 0.0, 0, 0.0)
    n_sets, rng = as_count("n_sets", n_sets), as_generator("rng", rng)
    if n_sets < 2:
        raise ValueError("n_sets: a standard error needs at least 2 sets")
    draw, cost = _route(task, n, n_test)
    block = max(1, BLOCK // cost)
    sizes = [block] * (n_sets // block) + [n_sets % block] * (n_sets % block > 0)
    return _accumulate(draw(size, rng) for size in sizes)


def _route(task, n, n_test):
    """How to draw risks of students, and how many numbers a student takes."""
    if n_test is not None:
        n_test = as_count("n_test", n_test)
        return lambda size, rng: _test_errors(task, n, n_test, size, rng), task.dim * (n + n_test)
    if isinstance(task, SymmetricTask):
        return lambda size, rng: _chain_risks(task, n, size, rng), 64
    return lambda size, rng: _data_risks(task, n, size, rng), task.dim * n


def _chain_risks(task, n, size, rng):
    return risk_at_angle(student_angles(task, n, size, rng), task)


def _data_risks(task, n, size, rng):
    w = distilled_student(draw_sets(task, n, size, rng), task.teacher)
    return transfer_risk(w, task)


def _test_errors(task, n, n_test, size, rng):
    w = distilled_student(draw_sets(task, n, size, rng), task.teacher)
    x = draw_sets(task, n_test, size, rng)
    return (_decisions(w, x) != _decisions(task.teacher, x)).mean(axis=-1)


def _accumulate(blocks):
    """Mean and its standard error over blocks, by the pairwise update of Chan et al."""
    count, mean, scatter, largest = 0, 0.0, 0.0, 0.0
    for values in blocks:
        total, gap = count + values.size, values.mean() - mean
        scatter += ((values - values.mean()) ** 2).sum() + gap**2 * count * values.size / total
        mean += gap * values.size / total
        count, largest = total, max(largest, float(values.max()))
    stderr = float(np.sqrt(scatter / (count - 1) / count))
    share = largest / (count * mean) if mean else 0.0
    return Estimate(float(mean), stderr, count, float(share))


def _finite_expected_risk(task, n):
    """Sum over the sets of distinct points seen: the student depends on nothing else."""
    seen = seen_probabilities(task.weights, n)
    subsets = np.flatnonzero(seen)
    chosen = (subsets[:, None] >> np.arange(task.weights.size)) & 1 == 1
    students = np.array([distilled_student(task.points[:, c], task.teacher) for c in chosen])
    return float(seen[subsets] @ transfer_risk(students, task))


def _isotropic_expected_risk(dim, n):
    """The mean angle over pi, as the integral of P[phi > theta]."""
    if n >= dim:
        return 0.0

    def exceeded(theta):  # sin^2 phi ~ Beta((d-n)/2, n/2)
        return scipy.special.betaincc((dim - n) / 2, n / 2, np.sin(theta) ** 2)

    drop = [np.arctan2(np.sqrt(dim - n), np.sqrt(n))]  # steep in high dimension
    area = scipy.integrate.quad(exceeded, 0, RIGHT_ANGLE, points=drop, epsabs=1e-13, limit=200)[0]
    return area / np.pi


def seen_probabilities(weights, n):
    """P[the distinct points among n draws are S], for all subsets S as bit masks."""
    if weights.size > 16:
        raise ValueError(f"points: exact sums take at most 16 of them, got {weights.size}")
    masks, bits = np.arange(2**weights.size), 1 << np.arange(weights.size)
    holds = masks[:, None] & bits != 0
    seen = (masks == 0).astype(float)
    for _ in range(n):
        arrivals = np.where(holds, seen[masks[:, None] & ~bits], 0) @ weights
        seen = seen * (holds @ weights) + arrivals
    return seen


def held_out_risk(w, task, n_test, rng):
    """Risk of one student on fresh examples, for any task with ``sample``.

    Parameters
    ----------
    w : array_like, shape (d,)
    task : task
    n_test : int
    rng : numpy.random.Generator

    Returns
    -------
    Estimate
        ``mean``, and its binomial ``stderr``.
    """
    w, n_test = as_finite("w", w, ndim=1), as_count("n_test", n_test)
    x = task.sample(n_test, as_generator("rng", rng))
    mean = float((_decisions(w, x) != _decisions(task.teacher, x)).mean())
    stderr = float(np.sqrt(mean * (1 - mean) / n_test))
    return Estimate(mean, stderr, n_test, 1 / (n_test * mean) if mean else 0.0)
