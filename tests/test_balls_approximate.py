"""Both routes of Gaussian tails and of the band of empirical tails agree; and closed values."""

import numpy as np
import pytest

from linear_distillation.claims.balls import approximate, ball, floats, precision


@pytest.fixture(autouse=True)
def bits():
    with precision(128):
        yield


@pytest.mark.parametrize("d", [2, 3, 8])
@pytest.mark.parametrize("tau", [1e-3, 1.0, 1e3])
def test_craig_and_imhof(d, tau):
    rng = np.random.default_rng(d)
    variances, c = 100 ** rng.random(d), rng.standard_normal(d)
    a, shares = tau * variances / variances.max(), c**2 / (c @ c)
    sine2 = (shares * a / (1 + a)).sum()
    w = shares * a / (1 + a) / sine2
    exact = approximate.craig(ball(a), ball(w))
    assert approximate.craig(a, w) == pytest.approx(float(exact), rel=1e-10)
    root, c = np.sqrt(variances), c / np.linalg.norm(c)
    form = np.outer(c * root, c * root) - sine2 * np.diag(variances)
    value, error = approximate.imhof(form, 1.0)
    finer, _ = approximate.imhof(form, ball(1))
    assert abs(value - float(exact)) <= error + 1e-12
    assert abs(finer - exact) < 1e-9


def test_equal_variances_in_the_plane_are_an_angle():
    a, psi = ball(np.array([0.5, 0.5])), np.arcsin(np.sqrt(1 / 3))
    below = approximate.craig(a, ball(np.array([0.3, 0.7])))
    assert float(below) == pytest.approx(2 * psi / np.pi, rel=1e-13)


@pytest.mark.parametrize("n", [1, 2, 7, 40, 300])
@pytest.mark.parametrize("width", [0.05, 0.2, 0.6])
def test_smirnov(n, width):
    exact = approximate.upper_side(n, ball(width))
    assert approximate.upper_side(n, width) == pytest.approx(float(exact), rel=1e-10)
    both = approximate.either_side(n, ball(width))
    if width > 0.5:
        assert approximate.either_side(n, width) == pytest.approx(float(both), rel=1e-10)
    else:
        assert both.contains(approximate.either_side(n, width))


def test_smirnov_of_one_example():
    assert approximate.upper_side(1, ball(0.25)).overlaps(ball(0.75))


def test_the_band_and_its_width():
    level = 0.95
    exact = approximate.band_width(ball(level), 50)
    assert approximate.band_width(level, 50) == pytest.approx(float(exact), rel=1e-13)
    assert floats(approximate.band_width(ball(1 - 1e-9), 3)) == 1
