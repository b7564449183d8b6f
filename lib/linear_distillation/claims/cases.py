"""Cases that claims of several chapters share: finite tasks, transfer sets, laws."""

import numpy as np

from .balls import floats
from .balls.finite import finite_task

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
    rng, d, k = draw.rng(), draw.count(2, 6), draw.count(1, 5)
    points = rng.standard_normal((d, k))
    points[0] *= floats(draw.real(0.1, 10))
    return task_of(draw, points, rng.dirichlet(np.full(k, 4 * floats(draw.real(1e-4, 0.5)))))


def excess_angle(draw):
    """What two angles have over pi/2: often nothing, where a tie decides."""
    return 0.0 if draw.chance(0.3) else floats(draw.real(1e-6, 1e-2))


def finite_case(draw):
    """A finite task and n; often two leaning points, where (19) is tight."""
    n = draw.count(1, 12)
    if draw.chance(0.6):
        return scattered_task(draw), n
    return leaning_task(draw, floats(draw.uniform(0.05, 0.75)), excess_angle(draw)), n
