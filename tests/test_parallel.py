"""The parallel law: moments, factors, exact risks and bounds, by two routes each."""

import itertools

import mpmath
import numpy as np
import pytest
import scipy
from hypothesis import given, settings
from hypothesis import strategies as st
from statistics_rules import agrees, same_law

import linear_distillation as ld

kappas = st.floats(0.1, 5)


def gram_angles(cot, dim, n_sets, rng):
    """tan^2(phi) for given cotangents, by the Gram matrix of drawn orthogonal parts."""
    G = rng.standard_normal((n_sets, len(cot), dim - 1))
    G /= np.linalg.norm(G, axis=-1, keepdims=True)
    inverse = np.linalg.inv(G @ G.transpose(0, 2, 1))
    return 1 / np.einsum("i,kij,j->k", cot, inverse, cot)


@pytest.mark.parametrize("power", [0.3, 1, 2, 5])
@pytest.mark.parametrize("dim, cot", [(3, [1, 0.3]), (4, [2, 1, 0.5]), (9, [0.1, 3, 1, 1, 2])])
def test_tan_moment_agrees_with_gram_matrices(dim, cot, power, rng):
    values = gram_angles(np.array(cot), dim, 40_000, rng) ** (power / 2)
    found = ld.risk.Estimate(values.mean(), values.std() / np.sqrt(values.size), values.size, 0)
    assert agrees(found, ld.parallel.tan_moment(np.arctan2(1, cot), dim, power))


@pytest.mark.parametrize("power", [0.1, 1, 2, 7.5])
@pytest.mark.parametrize("dim, cot", [(3, [1, 0.3]), (4, [2, 1, 0.5]), (1000, [5, 0.1, 2, 2])])
def test_tan_moment_against_high_precision(dim, cot, power):
    cot = [mpmath.cot(mpmath.mpf(float(np.arctan2(1, c)))) for c in cot]
    n, top = len(cot), max(cot) ** 2

    def integrand(y):  # lambda = y^(2/power) / top
        return mpmath.fprod(
            (1 - y ** (2 / mpmath.mpf(power)) * (c**2 / top)) ** (mpmath.mpf(dim - 3) / 2)
            for c in cot
        )

    area = mpmath.quad(integrand, [0, 0.01, 0.1, 0.5, 1]) * 2 / power
    gain = mpmath.gammaprod([(dim - n + power) / 2], [(dim - n) / 2, power / 2])
    theta = np.arctan2(1, [float(c) for c in cot])
    exact = float(gain * area / top ** (mpmath.mpf(power) / 2))
    assert ld.parallel.tan_moment(theta, dim, power) == pytest.approx(exact, rel=1e-9)


@given(st.floats(0.01, 1.5), st.integers(3, 300), st.floats(0.1, 10))
def test_tan_moment_of_one_example_is_its_tangent(theta, dim, power):
    assert ld.parallel.tan_moment([theta], dim, power) == pytest.approx(
        np.tan(theta) ** power, rel=1e-9
    )


@given(st.lists(st.floats(0.02, 1.55), min_size=1, max_size=6), st.integers(7, 60), kappas)
def test_factors_hold_the_tan_moment(theta, dim, power):
    low, high = ld.parallel.parallel_factors(len(theta), dim, power)
    scaled = ld.parallel.tan_moment(theta, dim, power) * (np.tan(theta) ** -2.0).sum() ** (
        power / 2
    )
    assert low * (1 - 1e-9) <= scaled <= high * (1 + 1e-9)


@pytest.mark.parametrize("n, dim", [(2, 3), (5, 9), (20, 1000)])
def test_factors_are_reached(n, dim):
    low, high = ld.parallel.parallel_factors(n, dim)
    assert (low, high) == pytest.approx(((dim - n) / (dim - 1), (dim - n) / (dim - 3 + 2 / n)))
    equal, dominant = np.full(n, 0.7), np.append(np.full(n - 1, 1.57), 1e-6)
    assert ld.parallel.tan_moment(equal, dim) * n / np.tan(0.7) ** 2 == pytest.approx(high)
    conductance = (np.tan(dominant) ** -2.0).sum()
    assert ld.parallel.tan_moment(dominant, dim) * conductance == pytest.approx(low, rel=1e-4)


@pytest.mark.parametrize("n, dim", [(1, 3), (1, 9), (2, 3), (5, 9), (20, 1000), (10**9, 10**9 + 1)])
def test_the_spread_of_the_tangent_from_its_ends(n, dim):
    mean, square = (ld.parallel.parallel_factors(n, dim, power) for power in (2, 4))
    spread = ld.parallel.tangent_spread(n, dim)
    assert spread == pytest.approx(square[1] - mean[0] ** 2, rel=1e-9, abs=1e-9 * square[1])
    assert (spread == 0) == (n == 1)


def test_the_spread_holds_whatever_the_angles(rng):
    for n, dim in ((2, 3), (3, 4), (5, 30)):
        theta, share = rng.uniform(0.05, 1.5, n), (dim - n) / (dim - 1)
        S = (np.tan(theta) ** -2.0).sum()
        mean, square = (ld.parallel.tan_moment(theta, dim, 2 * k) * S**k for k in (1, 2))
        assert square - 2 * share * mean + share**2 < ld.parallel.tangent_spread(n, dim)


@pytest.mark.parametrize("dim, n", [(3, 1), (3, 2), (4, 3), (12, 5), (200, 150)])
def test_exact_expected_risk_of_isotropic_data(dim, n):
    # R = phi/pi and cos^2(phi) ~ Beta(n/2, (d-n)/2)
    a, b = n / 2, (dim - n) / 2
    middle = np.arccos(np.sqrt(n / dim))

    def weighted(x):
        log_mass = (2 * a - 1) * np.log(np.cos(x)) + (2 * b - 1) * np.log(np.sin(x))
        return x * np.exp(log_mass - scipy.special.betaln(a, b))

    ends = np.clip([0, middle - 0.2, middle, middle + 0.2, np.pi / 2], 0, np.pi / 2)
    area = sum(
        scipy.integrate.quad(weighted, *pair, epsrel=1e-12)[0] for pair in itertools.pairwise(ends)
    )
    found = ld.parallel.exact_expected_risk(ld.IsotropicTask(dim), n)
    assert found == pytest.approx(2 / np.pi * area, rel=5e-9)


@pytest.mark.parametrize("kappa", [0.1, 0.25, 1, 2])
@pytest.mark.parametrize("dim, n", [(2, 1), (3, 2), (5, 4), (25, 20), (1000, 20)])
def test_exact_expected_risk_agrees_with_the_chain(kappa, dim, n, rng):
    task = ld.PolynomialTask(kappa, dim)
    assert agrees(ld.expected_risk(task, n, 100_000, rng), ld.parallel.exact_expected_risk(task, n))


def test_three_dimensions_by_one_quadrature():
    # d = 3, n = 1: the risk (1/pi) E arccos(cot cot') of two half-Cauchy cotangents
    def error(c, x):
        return 4 / np.pi**3 * np.arccos(c * x) / (1 + c * c) / (1 + x * x)

    area = scipy.integrate.dblquad(error, 0, np.inf, 0, lambda x: 1 / max(x, 1e-300))[0]
    found = ld.parallel.exact_expected_risk(ld.PolynomialTask(1, 3), 1)
    assert found == pytest.approx(area, rel=1e-6)


def test_nothing_is_left_to_learn_in_n_dimensions():
    assert ld.parallel.exact_expected_risk(ld.PolynomialTask(1, 5), 5) == 0


@settings(max_examples=12)
@given(st.floats(0.25, 5), st.integers(3, 500), st.floats(0.0, 1.0))
def test_bounds_lie_above_the_exact_risk_in_order(kappa, dim, share):
    n = 2 + int(share * (dim - 3))
    task = ld.PolynomialTask(kappa, dim)
    risk = ld.parallel.exact_expected_risk(task, n)
    assert risk <= ld.power_bound(kappa, n, dim) * (1 + 1e-7)
    assert risk <= ld.parallel_bound(task, n) * (1 + 1e-7)
    assert risk <= ld.integral_bound(task.tail, n) / 2 * (1 + 1e-7)
    if kappa <= 2:
        plain = ld.power_bound(kappa, n, dim, exact_angle=False)
        assert ld.power_bound(kappa, n, dim) <= plain * (1 + 1e-7)


def test_power_bound_is_an_integral_of_erfcx():
    # kappa = 1 without the exact angle: E[S^(-1/2)] = (2/sqrt(pi)) int erfcx(y)^n dy
    n, dim = 20, 1000
    area = scipy.integrate.quad(lambda y: scipy.special.erfcx(y) ** n, 0, np.inf)[0]
    mean_T = np.exp(scipy.special.gammaln((dim - 1) / 2) - scipy.special.gammaln(dim / 2))
    exact = 2 / np.pi * mean_T / np.sqrt(np.pi) / 2 * 2 / np.sqrt(np.pi) * area
    assert ld.power_bound(1, n, dim, exact_angle=False) == pytest.approx(exact, rel=1e-9)
    assert exact == pytest.approx(4.139e-4, rel=2e-4)


@pytest.mark.parametrize("kappa, n", [(0.5, 2), (1, 5), (3, 4)])
def test_parallel_bound_agrees_with_drawn_angles(kappa, n, rng):
    task = ld.PolynomialTask(kappa, 6)
    cot = np.tan(task.tail.draw((200_000, n + 1), rng))
    values = 1 / (1 + cot[:, 0] ** 2 * (cot[:, 1:] ** 2).sum(axis=1) / 0.3)
    found = ld.risk.Estimate(values.mean(), values.std() / np.sqrt(len(values)), len(values), 0)
    assert agrees(found, ld.parallel_bound(task, n, second_moment=0.3))


def test_parallel_bound_at_kappa_one_loses_the_test_angle():
    # E over the half-Cauchy cotangent: 1/(1 + sqrt((d-1) S)), so n = 1 is one more integral
    def resistance(c):
        return 2 / np.pi / (1 + c * c) / (1 + 3 * c)

    exact = scipy.integrate.quad(resistance, 0, np.inf)[0]
    assert ld.parallel_bound(ld.PolynomialTask(1, 10), 1) == pytest.approx(exact, rel=1e-9)


@given(st.integers(3, 10**6))
def test_tangent_point_touches(dim):
    z = ld.parallel.tangent_point(dim)
    half = scipy.special.betaincc(0.5, (dim - 2) / 2, z * z) / 2
    density = (1 - z * z) ** ((dim - 4) / 2) / float(mpmath.beta(0.5, mpmath.mpf(dim - 2) / 2))
    assert half == pytest.approx(z * density / 2, rel=1e-9)


@pytest.mark.parametrize("dim", [3, 4, 5, 40])
def test_envelope_is_concave_and_above(dim):
    w = np.linspace(1e-3, 4 / ld.parallel.tangent_point(dim) ** 2, 3001)
    G = ld.parallel.envelope(1 / w, dim)
    chance = scipy.special.betaincc(0.5, (dim - 2) / 2, np.minimum(1 / w, 1)) / 2
    assert (chance - 1e-15 <= G).all()
    assert (np.diff(G, 2) < 1e-12).all()


@pytest.mark.parametrize("n", [1, 2, 5])
def test_envelope_bound_is_the_mean_of_the_envelope(n, rng):
    task, m = ld.PolynomialTask(1.5, 8), 200_000
    cot2 = np.tan(task.tail.draw((n + 1, m), rng)) ** 2
    plain = ld.parallel.envelope(cot2[0] * cot2[1:].sum(axis=0), 8)
    bound = ld.parallel.envelope_bound(task, n, 50_000, rng)
    found = ld.risk.Estimate(bound.value, bound.stderr, 50_000, 0)
    assert isinstance(bound, ld.bounds.Bound) and agrees(
        found, plain.mean(), plain.std() / np.sqrt(m)
    )


def test_bounds_of_the_parallel_law_are_ordered(rng):
    task = ld.PolynomialTask(1, 30)
    found = ld.parallel.envelope_bound(task, 5, 100_000, rng)
    assert found + 5 * found.stderr < ld.parallel_bound(task, 5)
    assert found - 5 * found.stderr > ld.parallel.exact_expected_risk(task, 5)


def test_error_law_is_a_product_of_beta_variables(rng):
    # T^2 tan^2(phi) for given angles, against A B min(E_i / c_i^2)
    for dim, cot in ((3, [1.0, 0.3]), (5, [2.0, 1.0, 1.0, 0.1])):
        n, m = len(cot), 20_000
        drawn = gram_angles(np.array(cot), dim, m, rng) * rng.beta(0.5, (dim - 2) / 2, m)
        own = rng.beta(1, (dim - 3) / 2, (m, n)) if dim > 3 else np.ones((m, n))
        least = (own / np.square(cot)).min(axis=1)
        shared = rng.beta(0.5, 0.5, m) * rng.beta((dim - n) / 2, (n - 1) / 2, m)
        assert same_law(drawn, shared * least)
        assert not same_law(drawn, rng.beta(0.5, 0.5, m) * least)


# Data that lean


def test_without_lean_conductances_add():
    theta = np.array([0.3, 1.0, 1.4])
    plain = 1 / (np.tan(theta) ** -2.0).sum()
    assert ld.parallel.leaning_resistance(theta, np.zeros((2, 3))) == pytest.approx(plain)


def test_one_lean_for_all_has_a_closed_form():
    c, r = np.array([1, 1.05, 0.95, 1.1]), 0.9  # where the lean hurts
    closed = (1 - r) / ((c**2).sum() - r * c.sum() ** 2 / (1 + 3 * r))
    found = ld.parallel.leaning_resistance(np.arctan(1 / c), np.full((1, 4), r**0.5))
    assert found == pytest.approx(closed, rel=1e-12) == pytest.approx(0.79314, abs=1e-5)
    assert 1 / (c**2).sum() == pytest.approx(0.23725, abs=1e-5)


@pytest.mark.parametrize("theta", [1e-100, 1e-8, 0.5, np.pi / 2 - 1e-12])
def test_copies_are_one_example_at_every_magnitude(theta):
    found = ld.parallel.leaning_resistance([theta, theta], [[1.0, 1.0]])
    assert found == pytest.approx(np.tan(theta) ** 2, rel=1e-9)
    assert ld.parallel.leaning_resistance([theta, 1.1], [[1.0, 1.0]]) < 1e-20 * found


def test_leaning_examples_in_many_dimensions_meet_their_bound(rng):
    """The mean over transfer sets, for u with the means m and else uniform on the sphere."""
    n, d, r = 20, 401, 0.9
    means = np.sqrt(r) * np.eye(d - 1)[0]
    for cot, value in ((np.ones(n), 0.9050), (np.linspace(0.5, 2.0, n), None)):
        v = rng.standard_normal((200, d - 1, n))
        v[:, 0] = 0
        u = means[:, None] + np.sqrt(1 - r) * v / np.linalg.norm(v, axis=1, keepdims=True)
        X = np.concatenate([np.broadcast_to(cot, (200, 1, n)), u], axis=1)
        w = ld.distilled_student(X, np.eye(d)[0])
        tan2 = np.tan(ld.line_angle(w, np.eye(d)[0])) ** 2
        bound = ld.parallel.leaning_resistance(np.arctan(1 / cot), np.full((1, n), r**0.5))
        assert value is None or bound == pytest.approx(value)
        assert bound * 0.9 < tan2.mean() <= bound * (1 + 1e-9) + 4.9 * tan2.std() / np.sqrt(200)
