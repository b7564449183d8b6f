"""Finite tasks on floats and on balls: one value by two routes."""

import numpy as np
import pytest

from linear_distillation.claims.balls import ball, finite, floats, precision
from linear_distillation.claims.cases import leaning_points
from linear_distillation.claims.slack import bounds


@pytest.fixture(autouse=True)
def _bits():
    with precision(128):
        yield


def both_tasks(points, weights, teacher):
    exact = [ball(np.asarray(x, dtype=float)) for x in (points, weights, teacher)]
    return finite.finite_task(points, weights, teacher), finite.finite_task(*exact)


@pytest.fixture(params=range(12))
def tasks(request):
    rng = np.random.default_rng(request.param)
    d, k = rng.integers(2, 6), rng.integers(1, 5)
    points, weights = rng.standard_normal((d, k)), rng.dirichlet(np.ones(k))
    points[0] *= rng.uniform(0.1, 2)
    return both_tasks(points, weights, rng.standard_normal(d))


VALUES = {
    "expected risk": lambda task: finite.expected_risk(task, 3),
    "mean risk": lambda task: finite.mean_risk(task, 2),
    "of another student": lambda task: finite.mean_risk(task, 2, lambda X, w: X[:, 0]),
    "Theorem 3": lambda task: finite.theorem3_bound(task.tail, 4),
    "Theorem D.1": lambda task: finite.approximate_bound(task.tail, 4, 0.3),
    "integral": lambda task: finite.integral_bound(task.tail, 4),
    "integral within delta": lambda task: finite.integral_bound(task.tail, 4, 0.3),
    "p": lambda task: task.tail(0.7),
    "p near the boundary": lambda task: task.tail.near(0.7),
}


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_the_library_lies_in_the_ball(tasks, value):
    found, exact = map(value, tasks)
    low, high = bounds(exact)
    assert high - low < 1e-14
    assert low - 1e-13 <= found <= high + 1e-13


@pytest.mark.parametrize("angle", [0.1, 0.4, 0.7])
def test_a_tie_is_decided(angle):
    """Two orthogonal examples: each student is undecided on the other, which is an error."""
    b, n = 0.25, 3
    _, task = both_tasks(leaning_points(angle, 0.0), [1 - b, b], [1.0, 0.0])
    for value, closed in {
        finite.expected_risk(task, n): b * (1 - b) ** n + (1 - b) * b**n,
        finite.theorem3_bound(task.tail, n): b + b**n,
        finite.integral_bound(task.tail, n): b + (1 - b) * b**n,
    }.items():
        assert bounds(value - closed)[1] - bounds(value - closed)[0] < 1e-30
        assert abs(floats(value - closed)) < 1e-30


def test_what_is_not_known_is_enclosed():
    two = ball(2.0).sqrt()
    assert bounds(finite.holds(two, two * two / two)) == pytest.approx((0, 1), abs=1e-8)
    assert floats(finite.holds(two, two)) == floats(finite.holds(two, ball(1.0))) == 1
    assert floats(finite.holds(ball(1.0), two)) == 0
