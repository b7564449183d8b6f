"""Continuous laws on floats and on balls: one value by two routes."""

import numpy as np
import pytest
import scipy

from linear_distillation.claims.balls import ball, floats, laws, precision, spans
from linear_distillation.claims.balls.finite import integral_bound, theorem3_bound
from linear_distillation.claims.draw import Draw
from linear_distillation.claims.slack import bounds
from linear_distillation.laws import IsotropicLaw


@pytest.fixture(autouse=True)
def _bits():
    with precision(128):
        yield


def assert_inside(found, exact, relative, width=1e-15):
    """The float lies within its own error of the ball, which is narrow."""
    low, high = bounds(exact)
    size = np.maximum(abs(high), 1e-300)
    assert np.all(high - low <= width * size)
    assert np.all(low - relative * size <= found) and np.all(found <= high + relative * size)


POWERS = [
    (0.05, 0.0, 3),
    (1.0, 0.0, 7),
    (2.5, 0.3, 12),
    (0.4, 0.3, 1),
    (0.17, 0.55, 60),
    (17.0, 1e-3, 40),
    (3, 1.0, 2),
]


@pytest.mark.parametrize(("kappa", "margin", "n"), POWERS)
def test_power_laws_agree(kappa, margin, n):
    law, exact = laws.power_law(kappa, margin), laws.power_law(ball(kappa), ball(margin))
    theta = np.linspace(0.01, 1.5, 9)
    assert_inside(law(theta), exact(ball(theta)), 1e-12)
    assert_inside(law.near(theta), exact.near(ball(theta)), 1e-12)
    assert_inside(theorem3_bound(law, n), theorem3_bound(exact, n), 1e-9)
    assert_inside(integral_bound(law, n), integral_bound(exact, n), 1e-9)


@pytest.mark.parametrize(("dim", "n"), [(2, 1), (3, 2), (3, 3), (9, 4), (9, 8), (40, 6)])
def test_isotropic_laws_agree(dim, n):
    law, exact = IsotropicLaw(dim), laws.IsotropicBalls(dim)
    theta = np.array([1e-5, 0.1, 0.7, 1.2, 1.57])
    assert_inside(law(theta), exact(ball(theta)), 1e-10)
    assert_inside(law.near(theta), exact.near(ball(theta)), 1e-10)
    assert_inside(theorem3_bound(law, n), theorem3_bound(exact, n), 1e-9)
    assert_inside(integral_bound(law, n), integral_bound(exact, n), 1e-9)


def test_infima_with_a_closed_value():
    """For kappa = 1 the infimum is 1 - (n-1) n^(-n/(n-1)); for isotropic data and n < d it is 1."""
    for n in (2, 5, 1000):
        m = ball(float(n))
        closed = 1 - (m - 1) * m ** (-m / (m - 1))
        assert bounds(abs(theorem3_bound(laws.power_law(ball(1.0)), n) - closed))[1] < 1e-20
    assert bounds(abs(theorem3_bound(laws.IsotropicBalls(5), 4) - 1))[1] < 1e-20


@pytest.mark.parametrize(("kappa", "margin", "n"), POWERS[:-1])
def test_integrals_with_a_closed_value(kappa, margin, n):
    """p(gamma)^(n+1) kappa B(n kappa + 1, kappa)."""
    kappa, margin = ball(kappa), ball(margin)
    law = laws.power_law(kappa, margin)
    closed = law(margin) ** (n + 1) * laws.power_integral_bound(kappa, n)
    assert bounds(abs(law.integral(n) / closed - 1))[1] < 1e-15
    assert_inside(
        laws.power_integral_bound(floats(kappa), n), closed / law(margin) ** (n + 1), 1e-12
    )


@pytest.mark.parametrize(("p", "q"), [(0, 0), (1, 0), (0, 5), (7, 1), (4, 6), (9, 0)])
def test_integrals_of_sines_and_cosines(p, q):
    area = scipy.integrate.quad(lambda t: np.sin(t) ** p * np.cos(t) ** q, 0, 1.2, epsabs=1e-14)[0]
    assert_inside(area, laws.sine_cosine_integral(ball(1.2), p, q), 1e-12)


@pytest.mark.parametrize(("dim", "n"), [(2, 1), (6, 3), (9, 2), (40, 8)])
def test_isotropic_risks_agree(dim, n):
    routes = [Draw([], exact=exact) for exact in (False, True)]
    assert_inside(*(laws.isotropic_expected_risk(draw, dim, n) for draw in routes), 1e-11)
    assert_inside(*(laws.risk_at(draw, dim, draw.number(0.6)) for draw in routes), 1e-11)
    assert_inside(
        laws.weighted_mean(n, dim - n, 0.0), laws.weighted_mean(n, dim - n, ball(0)), 1e-12
    )
    assert abs(floats(laws.risk_at(routes[1], dim, ball(0.6))) - 0.6 / np.pi) < 1e-15


@pytest.mark.parametrize(("d", "n"), [(5, 3), (19, 19), (19, 36), (40, 30)])
def test_a_projection_of_many_columns_keeps_its_radius(d, n):
    """Gram and Schmidt multiply radii at every column."""
    rng = np.random.default_rng(d)
    X, v = rng.standard_normal((d, n)), rng.standard_normal(d)
    assert spans.rank(ball(X)) == min(d, n)
    low, high = bounds(spans.project(ball(X), ball(v)))
    assert (high - low).max() < 1e-15
    assert np.abs(floats(spans.project(ball(X), ball(v))) - spans.project(X, v)).max() < 1e-11


def test_columns_that_are_not_known_make_the_projection_unknown():
    arb = type(ball(1.0))
    X = ball(np.eye(3)[:, :2])
    X[:, 1] = X[:, 0] + np.array([0, arb(0, 1e-3), 0], dtype=object)
    assert not np.isfinite(bounds(spans.project(X, ball(np.ones(3))))).all()
