"""Several classes: definitions in balls enclose what the library computes."""

import numpy as np
import pytest

from linear_distillation.claims.balls import ball, floats
from linear_distillation.claims.balls import classes as balls

rng = np.random.default_rng(4)
X, W_STAR, W = rng.standard_normal((3, 2)), rng.standard_normal((3, 3)), rng.standard_normal((3, 3))
POINTS, WEIGHTS = rng.standard_normal((3, 4)), np.array([0.1, 0.2, 0.3, 0.4])


@pytest.mark.parametrize(
    "name, arguments",
    [
        ("class_loss", (W, X, W_STAR)),
        ("class_gradient", (W, X, W_STAR)),
        ("class_hessian", (W, X, W_STAR)),
        ("class_student", (X, W_STAR)),
        ("class_pl_constant", (X, W_STAR, 0.3)),
    ],
)
def test_definitions_agree_with_the_library(name, arguments):
    route = getattr(balls, name)
    exact = route(*(ball(part) for part in arguments))
    np.testing.assert_allclose(floats(exact), route(*arguments), rtol=1e-8)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_finite_sums_agree_with_the_library(n):
    plain = balls.Finite(POINTS, WEIGHTS, W_STAR)
    exact = balls.Finite(ball(POINTS), ball(WEIGHTS), ball(W_STAR))
    for name in ("expected_risk", "pairs_bound", "split_bound"):
        value = getattr(balls, name)(plain, n)
        assert floats(getattr(balls, name)(exact, n)) == pytest.approx(value, rel=1e-12)
    seen = plain.classes != plain.classes[-1]
    parts = [
        [balls.Finite(t.points[:, k], t.weights[k], t.teacher) for k in (seen, ~seen)]
        for t in (plain, exact)
    ]
    for name in ("expected_risk", "pairs_bound"):
        value, other = (getattr(balls, name)(task, n, test=test) for task, test in parts)
        assert floats(other) == pytest.approx(value, rel=1e-12)
