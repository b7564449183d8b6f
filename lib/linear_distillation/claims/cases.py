"""Cases that claims of several chapters share: finite tasks, transfer sets, laws."""

import numpy as np

from ..geometry import unit
from ..laws import RIGHT_ANGLE, AtomicLaw, PowerLaw
from ..tasks import (
    FiniteTask,
    IsotropicTask,
    MarginTask,
    MixtureTask,
    PolynomialTask,
    SymmetricTask,
)
from .balls import floats, spans
from .balls.finite import atomic_law, finite_task
from .balls.laws import power_law

EPS = np.finfo(float).eps

# Transfer sets


def solve_each(grams, b):
    """Solutions for many drawn Gram matrices; one in 10^8 is singular by rounding, and nudged."""
    nudge = 8 * EPS * np.trace(grams, axis1=-2, axis2=-1)[..., None, None]
    return np.linalg.solve(grams + nudge * np.eye(grams.shape[-1]), b)


def transfer_set(draw, dims=(1, 300), most=30, spanning=True):
    """Examples of all magnitudes, some dependent, some crowded, a teacher, and more randomness.

    Two or more where there may be; fewer than dimensions if they must not span the space.
    """
    rng, d = draw.rng(), draw.count(*dims)
    top = min(2 * d if spanning else d - 1, 2000 // d, most)
    n, spread = draw.count(min(2, top), top), floats(draw.uniform(0, 50))
    kind = draw.pick("plain", "crowd", "crowd", "duplicate", "multiple", "zero")
    X = rng.standard_normal((d, n))
    if kind == "crowd":
        X[:, 1:] = X[:, :1] + 0.3 * X[:, 1:]
    X = draw.number(X * 10.0 ** rng.uniform(-spread, spread, n))
    if kind in ("duplicate", "multiple", "zero"):
        X[:, -1] = {"duplicate": 1, "multiple": -3.5, "zero": 0}[kind] * X[:, 0]
    return X, draw.number(rng.standard_normal(d) * floats(draw.real(1e-100, 1e100))), rng


def condition(X):
    """Condition number of the unit columns on their span: what rounding is multiplied by."""
    columns = unit(floats(X).T)
    gram = columns @ columns.T if len(columns) < len(X) else columns.T @ columns
    values = np.linalg.eigvalsh(gram)
    values = values[values > 1e-12 * values[-1]]
    return np.sqrt(values[-1] / values[0]) if values.size else 1.0


def averaging_student(X, w_star):
    """One step of gradient descent from unit examples: X X' w_star."""
    columns = spans.unit(X.T).T
    return columns @ (columns.T @ spans.unit(w_star))


# Finite tasks


def leaning_points(angle, excess):
    """Two examples on opposite sides of e_1 whose angles sum to pi/2 + excess."""
    c, s = np.cos([angle, angle - excess]), np.sin([angle, angle - excess])
    return np.array([[c[0], s[1]], [s[0], -c[1]]])  # orthogonal to the last digit for excess 0


def leaning_task(draw, angle, excess):
    """Two leaning examples, of probabilities 1 - b and b."""
    b = floats(draw.real(1e-4, 0.5))
    return task_of(draw, leaning_points(angle, excess), [1 - b, b])


def task_of(draw, points, weights):
    """The finite task with a teacher along e_1, of any length."""
    teacher = np.eye(len(points))[0] * floats(draw.real(1e-100, 1e100))
    return finite_task(draw.number(points), draw.number(np.asarray(weights)), draw.number(teacher))


def scattered_task(draw):
    """A few random points, near the teacher's line or far from it."""
    rng, d, k = draw.rng(), draw.count(2, 6), draw.count(1, 4)
    points = rng.standard_normal((d, k))
    points[0] *= floats(draw.real(0.1, 10))
    weights = rng.dirichlet(np.full(k, 4 * floats(draw.real(1e-4, 0.5))))
    return task_of(draw, points[:, weights > 0], weights[weights > 0])


def excess_angle(draw):
    """What two angles have over pi/2: often nothing, where a tie decides."""
    return 0.0 if draw.chance(0.3) else floats(draw.real(1e-6, 1e-2))


def finite_case(draw, most=12):
    """A finite task and n; often two leaning points, where (19) is tight."""
    n = draw.count(1, most)
    if draw.chance(0.35):
        return scattered_task(draw), n
    return leaning_task(draw, floats(draw.uniform(0.05, 0.75)), excess_angle(draw)), n


def symmetric_task(draw, *kinds):
    """A task of one of these kinds, for statistics."""
    rng, d, shape = draw.rng(), draw.count(2, 6), floats(draw.real(0.3, 8))
    return {
        "power": lambda: PolynomialTask(shape, d, rng.standard_normal(d)),
        "margin": lambda: MarginTask(shape / 5.5, d, kappa=rng.uniform(0.3, 3)),
        "isotropic": lambda: IsotropicTask(d, rng.standard_normal(d)),
        "finite": lambda: FiniteTask(rng.standard_normal((d, 4)), rng.dirichlet(np.ones(4))),
        "mixture": lambda: MixtureTask(rng.standard_normal((2, d)), shape / 3),
    }[draw.pick(*kinds)]()


def on_the_boundary(draw, d, rng):
    """The plane: pairs that mirror one another, one of them on the teacher's boundary."""
    share = floats(draw.uniform(0.1, 0.9))
    points = [[0.0, 0.0, 1.0, 1.0], [1.0, -1.0, 1.0, -1.0]]
    return FiniteTask(points, np.array([share, share, 1 - share, 1 - share]) / 2)


def mirrored(task):
    """Whether the law is the same from every side: by construction, or in the plane by pairs."""
    if isinstance(task, SymmetricTask) or task.dim > 2:
        return isinstance(task, SymmetricTask)
    pairs = {(*x, q) for x, q in zip(task.points.T, task.weights, strict=True)}
    return pairs == {(a, -b, q) for a, b, q in pairs}


def decides(task):
    """Whether the teacher decides on every test example."""
    return floats(task.tail.near(0.0)) == 0


# Laws


def law_case(draw):
    """A law, n, and an angle to split at: a power, two angles where (19) is tight, or more."""
    n, kind = draw.count(1, 10**6), draw.pick("power", "two", "some")
    if kind == "two":
        low, rare = floats(draw.uniform(0.05, 0.75)), floats(draw.uniform(0, 0.5))
        angles = np.array([low, RIGHT_ANGLE - low + floats(draw.real(1e-6, 0.05))])
        law = atomic_law(draw.number(angles), draw.number(np.array([1 - rare, rare])))
        return law, 1 + n % 5, draw.number(angles.mean())
    if kind == "power":
        law = power_law(draw.real(0.02, 50), draw.number(draw.pick(0.0, 0.0, 0.3, 1.2)))
    else:
        rng, k = draw.rng(), draw.count(1, 6)
        angles, weights = rng.uniform(0, RIGHT_ANGLE, k), rng.dirichlet(np.ones(k))
        law = atomic_law(draw.number(angles), draw.number(weights))
    edge = floats(draw.real(1e-6, 1.0)) * RIGHT_ANGLE
    return law, n, draw.number(edge if draw.chance(0.5) else RIGHT_ANGLE - edge)


def in_floats(law):
    """The library's law for a law on balls."""
    if not getattr(law, "exact", False):
        return law
    if law.staircase:
        return AtomicLaw(floats(law.angles), floats(law.weights))
    return PowerLaw(floats(law.kappa), floats(law.margin))
