"""Both routes of the parallel law and the exact risk agree; and closed values."""

import numpy as np
import pytest
import scipy

from linear_distillation import IsotropicTask, PolynomialTask
from linear_distillation.claims.balls import ball, floats, parallel, precision
from linear_distillation.claims.balls.contour import (
    contour_risk,
    isotropic_risk,
    library_risk,
)
from linear_distillation.claims.balls.spans import unit
from linear_distillation.parallel import exact_expected_risk


@pytest.fixture(autouse=True)
def bits():
    with precision(128):
        yield


def close(x, y, error):
    """Whether floats are within an error, relative, of balls that are far narrower."""
    assert max(float(r.rad()) for r in np.ravel(y)) <= error * abs(floats(y)).max()
    np.testing.assert_allclose(x, floats(y), rtol=error)


@pytest.mark.parametrize("n", [1, 2, 5])
def test_the_resistance_of_data_that_lean(n):
    rng = np.random.default_rng(n)
    theta, means = rng.uniform(0.01, 1.5, n), rng.standard_normal((3, n))
    means /= np.linalg.norm(means, axis=0) * rng.uniform(1.01, 3, n)
    exact = parallel.leaning_resistance(ball(theta), ball(means))
    close(parallel.leaning_resistance(theta, means), exact, 1e-12)


@pytest.mark.parametrize("d", [3, 4, 5, 12, 1000, 10**6])
@pytest.mark.parametrize("power", [0.2, 2.0, 7.3])
def test_moments_of_the_tangent(d, power):
    theta = np.random.default_rng(d).uniform(0.05, 1.5, min(4, d - 1))
    exact = parallel.tan_moment(ball(theta), d, ball(power))
    close(parallel.tan_moment(theta, d, power), exact, 1e-10)


@pytest.mark.parametrize("n, d", [(1, 3), (2, 3), (5, 9), (20, 1000)])
def test_the_spread_of_the_tangent(n, d):
    exact = parallel.tangent_spread(n, ball(d))
    close(parallel.tangent_spread(n, d), exact, 1e-12 if n > 1 else 0)


def test_moment_of_one_example_is_its_own_tangent():
    value = parallel.tan_moment(ball(np.array([0.7])), 9, ball(3.0))
    close(np.tan(0.7) ** 3, value, 1e-15)


@pytest.mark.parametrize("d", [3, 4, 5, 9, 50])
def test_the_envelope_touches_where_the_library_says(d):
    z0 = parallel.tangent_point(d, ball(1))
    close(parallel.tangent_point(d, 1.0), z0, 1e-12)
    for x in (0.3, 1.0, 3.0):
        x *= float(z0) ** 2
        close(parallel.envelope(x, d), parallel.envelope(ball(x), d), 1e-12)


def test_the_line_touches_at_two_thirds_in_four_dimensions():
    assert abs(parallel.tangent_point(4, ball(1)) - ball(2) / 3) < 1e-20


@pytest.mark.parametrize("apart", [1e-9, 1e-5, 0.3, 0.99])
@pytest.mark.parametrize("d", [3, 4, 12])
def test_pairs_by_three_routes(apart, d):
    a, b, power = 2.5, 2.5 * (1 - apart), 1.7
    exact = parallel.pair_moment(ball(a), ball(b), d, ball(power))
    close(parallel.pair_moment(a, b, d, power), exact, 1e-12)
    formula = parallel.tan_moment(np.arctan(1 / floats([a, b])), d, power)
    close(formula, exact, 1e-10)


def test_pairs_against_the_mean_over_the_cosine():
    d, (a, b) = 5, (1.0, 0.6)
    rho = np.random.default_rng(0).beta(1.5, 1.5, 400_000) * 2 - 1  # density (1 - rho^2)^(1/2)
    tan2 = (1 - rho**2) / (a**2 + b**2 - 2 * a * b * rho)
    stderr = tan2.std() / np.sqrt(tan2.size)
    assert abs(tan2.mean() - parallel.pair_moment(a, b, d, 2.0)) < 5 * stderr


@pytest.mark.parametrize("sizes", [(1.5, 0.5), (2.0, 2.0), (40.0, 1.5), (4000.0, 2.0)])
def test_inverse_mean_of_a_beta_variable(sizes):
    a, b = sizes
    close(parallel.inverse_mean(a, b), parallel.inverse_mean(ball(a), ball(b)), 1e-11)
    close((a + b - 1) / (a - 1), parallel.inverse_mean(ball(a), ball(b)), 1e-13)


@pytest.mark.parametrize("d", [3, 4, 9, 50])
@pytest.mark.parametrize(
    "pair", [(0.5, 0.5), (0.01, 0.3), (0.9, 0.2), (0.3, 0.301), (0.001, 0.001)]
)
def test_errors_of_two_examples(d, pair):
    p, q = (np.array([x]) for x in pair)
    value, error = parallel.lost_by_two(p, q, d)
    exact, _ = parallel.lost_by_two(ball(p), ball(q), d)
    assert abs(value - floats(exact)) < error + 2 * float(exact[0].rad()) + 1e-12 * value
    y = np.pi * ((np.arange(200_000) + 0.5) / 200_000 - 0.5)  # by many steps over all rho
    x = (p**2 + q**2 - 2 * p * q * np.sin(y)) / np.cos(y) ** 2
    steps = parallel.beyond(np.sqrt(x), d) @ np.cos(y) ** (d - 3) / (np.cos(y) ** (d - 3)).sum()
    assert value == pytest.approx(steps, rel=2e-4)


def test_two_examples_at_one_angle_in_four_dimensions():
    value, _ = parallel.lost_by_two(np.array(0.5), np.array(0.5), 4)
    assert value == pytest.approx(1 / 8, rel=1e-12)


def test_no_error_beyond_a_right_angle():
    value, _ = parallel.lost_by_two(np.array([1.2, 0.4]), np.array([0.4, 1.0]), 5)
    assert (value == 0).all()


@pytest.mark.parametrize("n, d", [(2, 3), (4, 9), (20, 1000)])
def test_isotropic_risk(n, d):
    close(isotropic_risk(n, d), isotropic_risk(n, d, ball(0)), 1e-10)
    assert exact_expected_risk(IsotropicTask(d), n) == pytest.approx(isotropic_risk(n, d), 1e-8)


def test_isotropic_risk_in_closed_form():
    assert isotropic_risk(1, 3) == pytest.approx(1 / np.pi, rel=1e-12)  # E phi = 1


@pytest.mark.parametrize("case", [(0.7, 4, 9), (2.5, 2, 3), (1.0, 20, 1000)])
def test_risk_by_two_contours_and_the_library(case):
    kappa, n, d = case
    value, error = contour_risk(*case)
    exact = library_risk(ball(kappa), n, d)
    assert abs(value - float(exact)) <= error + float(exact.rad())
    library = exact_expected_risk(PolynomialTask(kappa, d), n)
    assert library == pytest.approx(float(exact), rel=1e-8)


def test_students_of_many_sets():
    rng = np.random.default_rng(3)
    u = unit(rng.standard_normal((5, 3, 4))).transpose(0, 2, 1)
    X = np.concatenate([np.broadcast_to(rng.uniform(0.5, 2, 3), (5, 1, 3)), u], axis=1)
    s, error = parallel.across(X)
    exact, _ = parallel.across(ball(X))
    assert (np.linalg.norm(s - floats(exact), axis=1) <= error).all()


def test_largest_second_moment():
    vectors, weights = np.random.default_rng(1).standard_normal((4, 3)), np.full(4, 0.25)
    exact = parallel.second_moment(ball(vectors), ball(weights))
    close(parallel.second_moment(vectors, weights), exact, 1e-11)


@pytest.mark.parametrize("m", [1, 3, 4])
def test_second_moment_of_one_vector_is_one(m):
    u = unit(ball(np.random.default_rng(m).standard_normal(m)))
    value = parallel.second_moment(np.array([u, -u]), ball(np.full(2, 0.5)))
    assert abs(value - 1) < 1e-11


def test_second_moment_of_all_axes():
    vectors = ball(np.vstack([np.eye(4), -np.eye(4)]))
    assert abs(parallel.second_moment(vectors, ball(np.ones(8)) / 8) - 0.25) < 1e-11


def test_powers_of_balls_that_reach_zero():
    tiny = ball(0).union(ball(1e-30))
    value = parallel.power(np.array([tiny, ball(4)]), ball(1.5))
    assert value[0].contains(0) and value[0] < 1e-40 and abs(value[1] - 8) < 1e-30
    close(scipy.special.poch(3.2, 1.7), parallel.rising(ball(3.2), ball(1.7)), 1e-13)
