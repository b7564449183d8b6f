"""The risk of one student: exact, as a function of its angle, or on held-out examples."""

from __future__ import annotations

from functools import lru_cache, singledispatch
from itertools import pairwise
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

import numpy as np
import scipy

from ._checks import as_count, as_dim, as_finite, as_generator, as_task
from .chain import blocks, symmetric
from .geometry import unit, vector_angle
from .laws import RIGHT_ANGLE, AngleLaw, as_law
from .quadrature import UniformSpline, beta_rule, log_poch, logistic_rule, settled
from .renamed import old_name
from .tasks import FiniteTask, GaussianTask, MixtureTask, SymmetricTask

if TYPE_CHECKING:
    from typing import Any

    from ._types import ArrayLike, Count, Floats, Random, Values
    from .laws import Tail
    from .tasks import Task

Value = TypeVar("Value")  # a float, or an array of floats
Draws = TypeVar("Draws")  # a whole number, or an array of them

MANY = 2**12  # angles, beyond which a table is made


class Estimate(NamedTuple, Generic[Value, Draws]):
    """A mean over transfer sets.

    ``stderr`` is its standard error (0 if the mean is exact), ``draws`` the number
    of sets (without those left out, see `learning_curve`), ``largest_share`` the share that
    the largest one has in the mean: near 1 the mean, and its standard error, are not to be
    trusted.
    """

    mean: Value
    stderr: Value
    draws: Draws
    largest_share: Value


def transfer_risk(w: ArrayLike, task: Task) -> Values:
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
    w, task = as_finite("w", w), as_task("task", task)
    if w.ndim == 0 or w.shape[-1] != task.dim:
        raise ValueError(f"w: expected last axis of length {task.dim}, got shape {w.shape}")
    return _exact_risk(task, w)


@singledispatch
def _exact_risk(task: Task, w: Floats) -> Any:
    raise TypeError(f"task: no exact risk for {type(task).__name__}; use held_out_risk")


@_exact_risk.register(SymmetricTask)
def _(task: SymmetricTask, w: Floats) -> Any:
    risk = angle_risk(vector_angle(task.teacher, w), task)
    return np.where(w.any(axis=-1), risk, undecided_risk(task))[()]


@_exact_risk.register(FiniteTask)
def _(task: FiniteTask, w: Floats) -> Any:
    rows = w.reshape(-1, task.dim)
    wrong = _decisions(rows, task.points) != _decisions(task.teacher, task.points)
    return (wrong @ task.weights).reshape(w.shape[:-1])[()]


@_exact_risk.register(GaussianTask)
def _(task: GaussianTask, w: Floats) -> Any:
    """Two correlated normals of different signs: the angle between S^(1/2) w and S^(1/2) w_star."""
    angle = vector_angle(unit(w) @ task.root, unit(task.teacher) @ task.root)
    return np.where(w.any(axis=-1), angle / np.pi, 1.0)[()]


@_exact_risk.register(MixtureTask)
def _(task: MixtureTask, w: Floats) -> Any:
    return np.where(w.any(axis=-1), _mixture_risk(task, w), 1.0)[()]


def _mixture_risk(task: MixtureTask, w: Floats) -> Floats:
    """Two correlated normals of different signs: Owen's T function, one cluster at a time."""
    e, v = unit(task.teacher), unit(w)
    along = v @ e
    across = v - along[..., None] * e
    across -= (across @ e)[..., None] * e  # again: v may be close to e
    sine = np.linalg.norm(across, axis=-1)
    across = np.where((sine > 1e-15)[..., None], unit(across), 0.0)
    h, m = task.scaled_means @ e, across @ task.scaled_means.T
    along, sine = along[..., None], sine[..., None]
    k = along * h + sine * m
    T = scipy.special.owens_t
    with np.errstate(divide="ignore", invalid="ignore"):
        split = 2 * T(h, m / h) + 2 * T(k, (h * sine - m * along) / k)
    split = np.where((h == 0) & (m == 0), np.arctan2(sine, along) / np.pi, split)
    h, k = np.sign(h), np.sign(k)
    opposite = (h * k < 0) | ((h * k == 0) & (h + k < 0))
    return (split + opposite) @ task.weights


def undecided_risk(task: SymmetricTask) -> float:
    """Risk of the student zero under symmetry: it agrees where the teacher does not decide."""
    return 1 - float(task.tail.near(0.0))


def _decisions(w: Floats, points: Floats) -> Floats:
    """Signs (..., m, k) of products of w (..., m, d) and points (..., d, k); 0 if a rounded 0."""
    products = unit(w) @ np.swapaxes(unit(np.swapaxes(points, -1, -2)), -1, -2)
    rounding = 8 * w.shape[-1] * np.finfo(float).eps
    return np.where(np.abs(products) < rounding, 0, np.sign(products))


def angle_risk(phi: ArrayLike, task: Tail, dim: Count | None = None) -> Values:
    r"""Risk of a student at an angle to the teacher, under symmetry.

    A test example at elevation psi errs iff T tan(phi) >= tan(psi), T one
    coordinate of a uniform point on the sphere S^{d-2}, so that

    .. math:: R(\phi) = \tfrac12\, E\bigl[\,p(\pi/2 - \arctan(\sqrt{B}\tan\phi))\,\bigr],
        \quad R(\pi - \phi) = 1 - R(\phi),
        \qquad B = T^2 \sim \mathrm{Beta}\bigl(\tfrac12, \tfrac{d-2}{2}\bigr)

    for phi up to pi/2, and B = 1 for d = 2. For a staircase p it is a sum of incomplete
    beta functions, else an integral by trapezoids in the logit of B. On examples on the
    boundary itself the teacher does not decide, and every student errs but those on its line
    (and the student zero, which has no angle: see `transfer_risk`).
    Ours, not the paper's.

    Parameters
    ----------
    phi : array_like
        Angles between w_star and students, in [0, pi] radians.
    task : SymmetricTask, AngleLaw or callable
        Its tail p is all that is used.
    dim : int, optional
        d, at least 2; that of the task if not given.

    Returns
    -------
    float or ndarray
        Relative error about 1e-11 for up to 4096 angles, below 1e-7 for more (read off a
        table), for R(phi) above 1e-290 and phi up to pi/2; an absolute one beyond.

    Raises
    ------
    ValueError
        If an angle is out of range, or dim is below 2 or missing.
    TypeError
        If the task has no rotational symmetry.
    """
    phi, (law, dim) = as_finite("phi", phi), law_and_dim(task, dim)
    if (phi < 0).any() or (phi > np.pi).any():
        raise ValueError(f"phi: expected angles in [0, pi] radians, got {phi}")
    acute = np.minimum(phi, np.pi - phi)
    if phi.size > MANY and dim > 2 and is_smooth(law):
        risk = risk_table(law, dim)(acute)
    else:
        risk = exact_angle_risk(acute, law, dim)
    unlabelled = float(law.near(0.0))
    risk = np.where(phi > RIGHT_ANGLE, 1 - unlabelled - risk, risk)
    return (risk + np.where(acute > 0, unlabelled, 0.0) if unlabelled > 1e-12 else risk)[()]


def law_and_dim(task: Tail, dim: Count | None = None) -> tuple[AngleLaw, int]:
    """The law and the dimension of a symmetric task, or of a law and a given dimension."""
    if not isinstance(task, AngleLaw) and hasattr(task, "tail"):
        turned = symmetric(task)
        return turned.tail, as_dim(turned.dim if dim is None else dim)
    law, dim = as_law(task, "task"), getattr(task, "dim", None) if dim is None else dim
    if dim is None:
        raise ValueError("dim: expected a dimension, a law alone has none")
    return law, as_dim(dim)


def is_smooth(law: AngleLaw) -> bool:
    """Whether p bends or jumps nowhere but at its margin."""
    return not any(RIGHT_ANGLE - knot > law.edge + 1e-12 for knot in law.knots)


def exact_angle_risk(phi: Floats, law: AngleLaw, dim: int) -> Floats:
    """R(phi) of the labelled examples for angles up to pi/2, without a table."""
    if dim == 2:
        return np.where(phi > 0, law.near(phi) - law.near(0.0), 0.0) / 2
    flat = phi.ravel()
    pieces = law.knots or law.edge
    route = _risk_of_atoms if law.staircase else _risk_by_pieces if pieces else _risk_of_law
    parts = [route(flat[block], law, dim) for block in blocks(flat.size, 32)]
    return np.concatenate(parts).reshape(phi.shape)


def _risk_of_law(phi: Floats, law: AngleLaw, dim: int) -> Floats:
    """p without knots: one integral over the logit of B."""
    with np.errstate(divide="ignore"):
        log_tan = np.log(np.tan(phi))[:, None]

    def risk(step: float) -> Floats:
        log_B, weights = beta_rule(0.5, (dim - 2) / 2, step)
        return (law.near_at(log_B / 2 + log_tan) - law.near(0.0)) @ weights / 2

    return settled(risk, 1e-10, "angle_risk", width=0.5)


def _risk_of_atoms(phi: Floats, law: Any, dim: int) -> Floats:
    """A staircase: P[B >= tan^2(psi) / tan^2(phi)], for the atoms below phi."""
    psi, weights = RIGHT_ANGLE - law.angles, law.weights
    psi, weights = psi[psi > 0], weights[psi > 0]
    row, atom = np.nonzero(psi < phi[:, None])
    at, low = phi[row], psi[atom]
    ratio = (np.tan(low) / np.tan(at)) ** 2
    left = np.sin(at - low) * np.sin(at + low) / (np.sin(at) * np.cos(low)) ** 2  # 1 - ratio
    a, b, chance = 0.5, (dim - 2) / 2, np.empty(ratio.size)
    # SciPy's complement takes ten times as long: where the others lose no digits, these
    early, late = (ratio < 0.5) & (b * ratio < 1), (ratio >= 0.5) | (b < 1e3)
    late &= ~early
    rest = ~(early | late)
    chance[early] = 1 - scipy.special.betainc(a, b, ratio[early])
    chance[late] = scipy.special.betainc(b, a, np.clip(left[late], 0, 1))
    chance[rest] = scipy.special.betaincc(a, b, ratio[rest])
    return np.bincount(row, weights[atom] * chance, minlength=phi.size) / 2


def _risk_by_pieces(phi: Floats, law: AngleLaw, dim: int) -> Floats:
    """p with knots or a margin: piece by piece between them."""
    beyond = phi > law.edge * (1 + 1e-15)
    if not beyond.all():  # no example is as close to the boundary
        found = np.zeros(phi.size)
        found[beyond] = _risk_by_pieces(phi[beyond], law, dim) if beyond.any() else 0.0
        return found
    tan = np.tan(phi)[:, None]
    elevations = {law.edge, *(RIGHT_ANGLE - knot for knot in law.knots), RIGHT_ANGLE}
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        B = np.fmin(np.tan(sorted(elevations)) / tan, 1.0) ** 2
    # without a margin all panels end at 0 and 1: one row serves every angle
    ends = [end[:1, None] if np.ptp(end) == 0 else end[:, None] for end in B.T]

    def risk(step: float) -> Any:
        return sum(_panel(*panel, tan, law, dim, step) for panel in pairwise(ends)) / 2

    rounding = (dim + 100) * np.finfo(float).eps / (1 - law.edge / phi)  # of phi, at a margin
    return settled(risk, 1e-10 + rounding, "angle_risk", width=0.25)


def _panel(low: Floats, high: Floats, tan: Floats, law: AngleLaw, dim: int, step: float) -> Floats:
    """E[p(pi/2 - arctan(sqrt(B) tan)); low < B < high]."""
    s, _, _ = logistic_rule(step)
    mass = _beta_mass(low, high, dim, step)
    live = mass.any(axis=0)  # in high dimension half the nodes weigh nothing
    B = low + (high - low) * s[live]
    labelled = law.near(np.arctan(np.sqrt(B) * tan)) - law.near(0.0)
    return (mass[:, live] * labelled).sum(axis=-1)


def _beta_mass(low: Floats, high: Floats, dim: int, step: float) -> Floats:
    """Weights of the rule on (low, high) times the density of B."""
    s, t, weights = logistic_rule(step)
    width, b = high - low, (dim - 2) / 2
    B, complement = low + width * s, 1 - high + width * t
    log_scale = log_poch(b, 0.5) - np.log(np.pi) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        log_complement = np.where(B < 0.5, np.log1p(-B), np.log(complement))
        log_mass = (b - 1) * log_complement - np.log(B) / 2 + np.log(width * weights) + log_scale
    return np.where(width > 0, np.exp(log_mass), 0.0)


risk_at_angle = old_name("risk_at_angle", angle_risk)


def _no_risk(x: Floats) -> Floats:
    """The logarithm of 0, wherever."""
    return np.full(x.shape, -np.inf)


class RiskTable:
    """`angle_risk` as a fast function, for millions of students; see `risk_table`.

    log R is a quintic spline in log(tan phi - tan edge), in which it is nearly
    straight at both ends. Relative error below 1e-7, or what one unit in the
    last place of phi makes of R close to a margin, if that is more.

    Parameters
    ----------
    tail : AngleLaw
        Without knots above its edge.
    dim : int
    """

    STEP = 0.05

    def __init__(self, tail: AngleLaw, dim: int) -> None:
        self.start = np.tan(tail.edge)
        # at e^-14 R is a power of x to eleven digits, with a margin to five and on its way to 0
        x = np.arange(-18 if self.start else -14, 46, self.STEP)
        values = exact_angle_risk(np.arctan(self.start + np.exp(x)), tail, dim)
        x, values = x[values > 1e-290], values[values > 1e-290]
        # all examples within rounding of the teacher: no angle of a double has a risk
        none = values.size < 6
        self.log_risk = _no_risk if none else UniformSpline(x[0], self.STEP, np.log(values))

    def __call__(self, phi: Floats) -> Floats:
        """R(phi), phi in radians."""
        return self.at(np.tan(phi))

    def at(self, tan: Floats) -> Floats:
        """R at a tangent of phi, infinity included."""
        with np.errstate(divide="ignore"):  # up to the margin x is -inf, and R is 0
            x = np.log(np.maximum(tan - self.start, 0))
        return np.exp(self.log_risk(x))


@lru_cache(maxsize=64)
def risk_table(tail: AngleLaw, dim: int) -> RiskTable:
    """The `RiskTable` of a law and a dimension, made once."""
    return RiskTable(tail, dim)


def errors(w: Floats, w_star: Floats, x: Floats) -> Floats:
    """Shares of examples x (..., d, k) on which students w (..., d) and a teacher disagree."""
    both = np.stack([w, np.broadcast_to(w_star, w.shape)], axis=-2)
    student, teacher = np.moveaxis(_decisions(both, x), -2, 0)
    return (student != teacher).mean(axis=-1)


def held_out_risk(w: ArrayLike, task: Task, n_test: Count, rng: Random) -> Estimate[float, int]:
    """Risk of one student on fresh examples, for any task with ``sample``.

    Parameters
    ----------
    w : array_like, shape (d,)
    task : task
    n_test : int
    rng : numpy.random.Generator or int

    Returns
    -------
    Estimate
        ``mean``, and its binomial ``stderr``.
    """
    w, n_test = as_finite("w", w, ndim=1), as_count("n_test", n_test)
    task = as_task("task", task)
    if w.size != task.dim:
        raise ValueError(f"w: expected length {task.dim}, got {w.size}")
    x = task.sample(n_test, as_generator("rng", rng))
    mean = float((_decisions(w, x) != _decisions(task.teacher, x)).mean())
    stderr = float(np.sqrt(mean * (1 - mean) / n_test))
    return Estimate(mean, stderr, n_test, 1 / (n_test * mean) if mean else 0.0)
