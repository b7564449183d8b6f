"""Transfer risk of a student, and expected risk of distillation."""

__all__ = [
    "Estimate",
    "angle_risk",
    "expected_risk",
    "held_out_risk",
    "learning_curve",
    "risk_at_angle",
    "sweep",
    "transfer_risk",
]

from functools import lru_cache, partial, singledispatch
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import scipy

from ._checks import as_angle, as_count, as_counts, as_finite, as_generator
from .chain import BLOCK, HELD, blocks, draw_sets, squared_cotangents, symmetric
from .geometry import line_angle, unit
from .jobs import results
from .laws import RIGHT_ANGLE, as_dim, as_law
from .quadrature import logistic_rule
from .students import distilled_student
from .tasks import FiniteTask, GaussianTask, IsotropicTask, MixtureTask, SymmetricTask

PART = 2**22  # random numbers that belong to one seed: about 50 ms
PARTS = 2**10  # of a run at most
MOST_POINTS = 16  # whose subsets are summed over


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
    rows = w.reshape(-1, task.dim)
    wrong = _decisions(rows, task.points) != _decisions(task.teacher, task.points)
    return (wrong @ task.weights).reshape(w.shape[:-1])[()]


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
    """Signs (..., m, k) of products of w (..., m, d) and points (..., d, k); 0 if a rounded 0."""
    products = unit(w) @ points
    lengths = np.linalg.norm(points, axis=-2, keepdims=True)
    rounding = 8 * w.shape[-1] * np.finfo(float).eps * lengths
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
    parts = [_angle_risk(flat[block], tail, dim) for block in blocks(flat.size, 32)]
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
    live = mass.any(axis=0)  # in high dimension half the nodes weigh nothing
    B = low + (high - low) * s[live]
    return (mass[:, live] * tail.near(np.arctan(np.sqrt(B) * tan))).sum(axis=-1)


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

    def __init__(self, tail, dim):
        self.start = np.tan(tail.edge)
        # at e^-14 R is a power of x to eleven digits, with a margin to five and on its way to 0
        x = np.arange(-18 if self.start else -14, 46, self.STEP)
        values = angle_risk(np.arctan(self.start + np.exp(x)), tail, dim)
        x, values = x[values > 1e-290], values[values > 1e-290]
        spline = scipy.interpolate.make_interp_spline(x, np.log(values), k=5)
        powers = self.STEP ** np.arange(6) / scipy.special.factorial(np.arange(6))
        self.origin = x[0]
        self.pieces = [c * spline(x[:-1], nu=j) for j, c in enumerate(powers)]

    def __call__(self, phi):
        """R(phi), phi in radians."""
        return self.at(np.tan(phi))

    def at(self, tan):
        """R at a tangent of phi, infinity included."""
        with np.errstate(divide="ignore"):
            x = np.log(np.maximum(tan - self.start, 0))
        last = self.pieces[0].size - 1
        x = np.clip((x - self.origin) / self.STEP, -1e12, last + 1)
        piece = np.clip(x.astype(int), 0, last)
        inside, below = np.maximum(x - piece, 0), np.minimum(x, 0)
        log_risk = np.zeros_like(inside)
        for coefficients in reversed(self.pieces):
            log_risk *= inside
            log_risk += coefficients[piece]
        return np.exp(log_risk + self.pieces[1][0] * below)


@lru_cache(maxsize=64)
def risk_table(tail, dim):
    """The `RiskTable` of a law and a dimension, made once."""
    return RiskTable(tail, dim)


def expected_risk(task, n, n_sets=None, rng=None, *, n_test=None, n_jobs=1):
    r"""Expected risk :math:`E\,R(\hat w)` of distillation from n examples.

    The best route that the task allows is taken: a finite sum (`FiniteTask` of
    up to 16 points, no random numbers); one integral (`IsotropicTask`, if n_sets
    is not given: E phi / pi with cos^2 phi ~ Beta(n/2, (d-n)/2), and 0 for
    n >= d); the angle chain with the exact risk of each angle (`SymmetricTask`);
    drawn examples with exact risks (`MixtureTask`, `GaussianTask`,
    larger `FiniteTask`). Memory
    does not grow with n_sets.

    Parameters
    ----------
    task : task
    n : int
        Examples a transfer set.
    n_sets : int
        Number of transfer sets, at least 2; not needed for a `FiniteTask` or
        an `IsotropicTask`.
    rng : numpy.random.Generator
        Each part of the work takes a generator that it spawns.
    n_test : int, optional
        Use nothing but drawn data: examples for the students, and this many
        fresh test examples for each. Works for any task with ``sample``.
    n_jobs : int
        Processes, through joblib; -1 for all cores. The result is the same to
        the bit for any number of them.

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
    curves = sweep([task], [as_count("n", n)], n_sets, rng, n_test=n_test, n_jobs=n_jobs)
    mean, stderr, draws, share = (values.item() for values in curves)
    return Estimate(mean, stderr, draws, share)


def learning_curve(task, ns, n_sets=None, rng=None, *, n_test=None, n_jobs=1):
    """Expected risks after several numbers of examples, from one set of students.

    Every student is followed as its transfer set grows, so that one pass of the
    angle chain gives the whole curve of a `SymmetricTask`. The points of a
    curve are therefore dependent, and differences between them more accurate
    than their standard errors say.

    Parameters
    ----------
    task : task
    ns : int or sequence of int
        Numbers of examples; a single one stands for 1, ..., ns.
    n_sets, rng, n_test, n_jobs
        As in `expected_risk`, of which every value is an estimate.

    Returns
    -------
    Estimate
        ``mean``, ``stderr`` and ``largest_share`` have shape (len(ns),).

    Raises
    ------
    ValueError, TypeError
        As `expected_risk`.

    Examples
    --------
    >>> learning_curve(IsotropicTask(2), 2).mean
    array([0.25, 0.  ])
    """
    curves = sweep([task], ns, n_sets, rng, n_test=n_test, n_jobs=n_jobs)
    return Estimate(*(values[0] for values in curves))


def sweep(tasks, ns, n_sets=None, rng=None, *, n_test=None, n_jobs=1):
    """Learning curves of several tasks, shared out over cores or machines.

    All the parts of all the curves are one queue of work. On a terminal a bar
    shows how much of it is done.

    Parameters
    ----------
    tasks : sequence of task
    ns : int or sequence of int
    n_sets, rng, n_test, n_jobs
        As in `learning_curve`.

    Returns
    -------
    Estimate
        All fields are arrays; ``draws`` has shape (len(tasks), 1), the others
        (len(tasks), len(ns)).

    Raises
    ------
    ValueError, TypeError
        As `expected_risk`.
    """
    ns = as_counts("ns", ns)
    curves = [_parts(task, ns, n_sets, rng, n_test) for task in tasks]
    if not curves:
        raise ValueError("tasks: expected at least one")
    found = iter(results([part for parts in curves for part in parts], n_jobs))
    estimates = [_estimate(*_together(next(found) for _ in parts)) for parts in curves]
    return Estimate(*map(np.array, zip(*estimates, strict=True)))


def _parts(task, ns, n_sets, rng, n_test):
    """The calls whose moments, taken together, make a learning curve."""
    if exact := _without_chance(task, n_sets, n_test):
        return [partial(_exact_moments, exact, ns)]
    n_sets, rng = as_count("n_sets", n_sets), as_generator("rng", rng)
    if n_sets < 2:
        raise ValueError("n_sets: a standard error needs at least 2 sets")
    draw, numbers, block = _route(task, ns, n_test)
    length = max(block, PART // numbers, -(-n_sets // PARTS))
    sizes = [part.stop - part.start for part in blocks(n_sets, length)]
    children = zip(sizes, rng.spawn(len(sizes)), strict=True)
    return [partial(_moments, draw, size, block, child) for size, child in children]


def _without_chance(task, n_sets, n_test):
    """The expected risk as a function of n, where it needs no random numbers."""
    if n_test is None and isinstance(task, FiniteTask):
        if n_sets is None or task.weights.size <= MOST_POINTS:
            return partial(_finite_expected_risk, task)
    if n_test is None and isinstance(task, IsotropicTask) and n_sets is None:
        return partial(_isotropic_expected_risk, task.dim)
    return None


def _route(task, ns, n_test):
    """How to draw risks of students; the numbers that a student takes; students at a time."""
    if n_test is None and isinstance(task, SymmetricTask):
        steps = int(min(ns.max(), task.dim))
        return partial(_chain_risks, _risk_of_tangent(task), task, ns), 4 * steps, BLOCK
    n_test = None if n_test is None else as_count("n_test", n_test)
    numbers = task.dim * int(ns.max() + (n_test or 0))
    return partial(_data_risks, task, ns, n_test), numbers, max(1, HELD // numbers)


def _risk_of_tangent(task):
    above = [knot for knot in task.tail.knots if RIGHT_ANGLE - knot > task.tail.edge + 1e-12]
    if above or task.dim == 2:
        return partial(_risk_by_integration, task.tail, task.dim)
    return risk_table(task.tail, task.dim).at


def _risk_by_integration(tail, dim, tan):
    return angle_risk(np.arctan(tan), tail, dim)


def _chain_risks(risk, task, ns, size, rng):
    """Risks (len(ns), size) of students on their way along the chain; 0 from n = d on."""
    risks, below = np.zeros((ns.size, size)), ns[ns < task.dim]
    chain = squared_cotangents(task, below.max(), size, rng) if below.size else ()
    for k, q in enumerate(chain, 1):
        if (ns == k).any():
            with np.errstate(divide="ignore"):
                risks[ns == k] = risk(1 / np.sqrt(q))
    return risks


def _data_risks(task, ns, n_test, size, rng):
    """Risks (len(ns), size) of students of drawn transfer sets, exact or on fresh examples."""
    X = draw_sets(task, ns.max(), size, rng)
    x = None if n_test is None else draw_sets(task, n_test, size, rng)
    exact = partial(transfer_risk, task=task)
    risk = exact if x is None else partial(errors, w_star=task.teacher, x=x)
    return np.array([risk(distilled_student(X[..., :n], task.teacher)) for n in ns])


def errors(w, w_star, x):
    """Shares of examples x (..., d, k) on which students w (..., d) and a teacher disagree."""
    both = np.stack([w, np.broadcast_to(w_star, w.shape)], axis=-2)
    student, teacher = np.moveaxis(_decisions(both, x), -2, 0)
    return (student != teacher).mean(axis=-1)


def _moments(draw, size, block, rng):
    """Count, mean, scatter and largest of drawn values (..., size), a block at a time."""
    return _together(_moments_of(draw(b.stop - b.start, rng)) for b in blocks(size, block))


def _moments_of(values):
    mean = values.mean(axis=-1)
    scatter = ((values - mean[..., None]) ** 2).sum(axis=-1)
    return values.shape[-1], mean, scatter, values.max(axis=-1)


def _exact_moments(exact, ns):
    zero = np.zeros(ns.size)
    return 0, np.array([exact(int(n)) for n in ns]), zero, zero


def _together(moments):
    """Moments of disjoint samples, by the pairwise update of Chan et al."""
    count, mean, scatter, largest = next(moments)
    for more, other, spread, top in moments:
        total, gap = count + more, other - mean
        scatter = scatter + spread + gap**2 * (count * more / total)
        mean = mean + gap * (more / total)
        count, largest = total, np.maximum(largest, top)
    return count, mean, scatter, largest


def _estimate(count, mean, scatter, largest):
    if not count:
        return Estimate(mean, scatter, [count], largest)
    share = np.divide(largest, count * mean, out=np.zeros_like(mean), where=mean > 0)
    return Estimate(mean, np.sqrt(scatter / (count - 1) / count), [count], share)


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
    if weights.size > MOST_POINTS:
        raise ValueError(f"points: sums take at most {MOST_POINTS}; give n_sets for {weights.size}")
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
