"""The promised digits, at every magnitude: random points against high precision; scales."""

import mpmath
import numpy as np
import pytest
import scipy

import linear_distillation as ld
from linear_distillation.bounds import LEAST
from linear_distillation.exact import own_rule, reach
from linear_distillation.quadrature import beta_rule, log_poch, logistic_rule, settled

mp = mpmath.mp
TINY = 1e-290


def spread(rng, low, high, size):
    """Numbers of every magnitude between low and high."""
    return np.exp(rng.uniform(np.log(low), np.log(high), size))


@pytest.fixture(autouse=True)
def digits():
    with mpmath.workdps(40):
        yield


def test_ratios_of_gamma_functions(rng):
    for a, b in zip(spread(rng, 1e-8, 1e20, 200), spread(rng, 1e-9, 1e3, 200), strict=True):
        exact = mpmath.loggamma(mpmath.mpf(a) + b) - mpmath.loggamma(a)
        size = b * max(1, abs(np.log(a + b)), abs(np.log(b)))
        assert float(log_poch(a, b)) == pytest.approx(float(exact), rel=1e-13, abs=1e-14 * size)


def test_nodes_of_the_logistic_rule_and_their_complements():
    for step in (0.125, 1 / 6, 0.37):
        s, t, weights = logistic_rule(step, 80.0)
        assert s + t == pytest.approx(1, rel=1e-15)
        assert weights @ s**3 == pytest.approx(1 / 4, rel=1e-12)


def test_moments_of_the_beta_rule(rng):
    for a, b, s in zip(
        *(spread(rng, *ends, 60) for ends in [(0.5, 5e8)] * 2 + [(1e-8, 9)]), strict=True
    ):
        log_B, weights = beta_rule(a, b, 0.2)
        exact = log_poch(a, s) - log_poch(a + b, s)
        top = log_B.max()
        assert np.log(weights @ np.exp(s * (log_B - top))) + s * top == pytest.approx(
            float(exact), rel=1e-8, abs=1e-10
        )


def test_corollary2(rng):
    kappas, ns = spread(rng, 1e-8, 1e8, 200), np.round(spread(rng, 1, 1e12, 200))
    for kappa, n in zip(kappas, ns, strict=True):
        exact = (1 + mpmath.log(n) ** kappa) / mpmath.mpf(n) ** kappa
        value = ld.corollary2_bound(kappa, n)
        if exact > TINY:
            assert value == pytest.approx(float(exact), rel=1e-10)
        else:
            assert exact * (1 - 1e-9) - LEAST <= value <= exact * (1 + 1e-9) + LEAST
    assert ld.corollary2_bound(kappas, ns).tolist() == [
        float(ld.corollary2_bound(*pair)) for pair in zip(kappas, ns, strict=True)
    ]


def power_integral(kappa, n):
    kappa, n = mpmath.mpf(kappa), mpmath.mpf(int(n))
    return kappa * mpmath.beta(n * kappa + 1, kappa)


def test_integral_bound_and_its_closed_form(rng):
    kappas, ns = spread(rng, 1e-8, 1e8, 200), np.round(spread(rng, 1, 1e12, 200))
    for i, (kappa, n) in enumerate(zip(kappas, ns, strict=True)):
        exact = power_integral(kappa, n)
        closed = ld.bounds.power_integral_bound(kappa, n)
        if exact < TINY:
            assert exact * (1 - 1e-9) <= closed <= 1e-289
            continue
        assert closed == pytest.approx(float(exact), rel=1e-10)
        if i % 4 == 0:
            found = ld.integral_bound(ld.laws.PowerLaw(kappa), int(n))
            assert found == pytest.approx(float(exact), rel=1e-9)


def test_theorem3_is_an_infimum_at_every_magnitude(rng):
    """Against the values on a grid in high precision: not above any, and attained at beta."""
    for kappa, n in zip(
        spread(rng, 1e-8, 1e8, 40), np.round(spread(rng, 1, 1e12, 40)), strict=True
    ):
        bound = ld.theorem3_bound(ld.laws.PowerLaw(kappa), int(n))
        shares = [mpmath.mpf(10) ** -k for k in range(-1, 13) if k >= 0]
        shares += [1 - share for share in shares[1:]] + [mpmath.mpf(1) / 2]
        shares += [mpmath.mpf(int(n)) ** (-1 / mpmath.mpf(int(n)))] if n > 1 else []
        values = [(1 - b) ** kappa + b ** (kappa * n) for b in shares]
        assert 0 < bound <= max(float(min(values)) * (1 + 1e-10), 5e-324)


@pytest.mark.parametrize("n", [2, 20, 10**6, 10**12])
def test_theorem3_for_the_uniform_angle(n):
    exact = 1 - (n - 1) * mpmath.mpf(n) ** (-mpmath.mpf(n) / (n - 1))
    assert ld.theorem3_bound(ld.laws.PowerLaw(1), n) == pytest.approx(float(exact), rel=1e-10)


def test_tan_moment_of_equal_angles_and_of_one(rng):
    """(n cot^2)^s times the moment of n equal angles is the upper factor of the parallel law."""
    for power, dim in zip(
        spread(rng, 1e-8, 1e4, 200), spread(rng, 3, 1e9, 200).astype(int), strict=True
    ):
        n, s = int(min(dim - 1, rng.integers(1, 50))), mpmath.mpf(power) / 2
        theta, half = rng.uniform(0.01, 1.5), mpmath.mpf(int(dim) - n) / 2
        log = mpmath.loggamma(half + s) - mpmath.loggamma(half)
        shape = mpmath.mpf(n) * (int(dim) - 3) / 2 + 1
        log += mpmath.loggamma(shape) - mpmath.loggamma(shape + s)
        log += 2 * s * mpmath.log(mpmath.tan(theta))
        if abs(log) > 690:
            continue
        found = ld.parallel.tan_moment(np.full(n, theta), int(dim), power)
        assert found == pytest.approx(float(mpmath.exp(log)), rel=1e-10)
        upper = ld.parallel.parallel_factors(n, int(dim), power)[1]
        if abs(log_upper := log - 2 * s * mpmath.log(mpmath.tan(theta)) + s * mpmath.log(n)) < 690:
            assert upper == pytest.approx(float(mpmath.exp(log_upper)), rel=1e-10)


def test_tan_moment_of_tiny_angles():
    assert ld.parallel.tan_moment([1e-200], 5, 1.0) == pytest.approx(1e-200, rel=1e-10)
    with pytest.raises(ValueError, match=r"^power: the mean is exp\(-92"):
        ld.parallel.tan_moment([1e-200], 5)
    with pytest.raises(ValueError, match=r"^power: .* outside the range of a double"):
        ld.parallel.tan_moment([0.3, 0.5], 6, 1e6)


def angle_risk_by_density(phi, kappa, dim):
    """Half the mean of (2/pi arctan(z tan phi))^kappa over the coordinate z of a sphere."""
    tan, b = mpmath.tan(mpmath.mpf(phi)), mpmath.mpf(dim - 2) / 2

    def weighted(z):
        return (2 / mpmath.pi * mpmath.atan(z * tan)) ** kappa * (1 - z * z) ** (b - 1)

    scale = 1 / mpmath.sqrt(dim)
    ends = [0, *(x for x in (scale / 2, 2 * scale, 8 * scale, 30 * scale) if x < 1), 1]
    if mpmath.mpf(30) * scale < 1 and dim > 2000:
        ends.pop()  # the rest is below e^-450
    return mpmath.quad(weighted, ends) / mpmath.beta(0.5, b)


def test_angle_risk_at_every_magnitude(rng):
    kappas, dims = spread(rng, 1e-8, 200, 60), spread(rng, 5, 1e9, 60).astype(int)
    with mpmath.workdps(25):
        for kappa, dim, phi in zip(kappas, dims, spread(rng, 1e-12, 1.57, 60), strict=True):
            exact = angle_risk_by_density(phi, kappa, int(dim))
            if exact > TINY:
                found = ld.risk.angle_risk(phi, ld.laws.PowerLaw(kappa), int(dim))
                assert found == pytest.approx(float(exact), rel=1e-10)


def test_isotropic_angle_risk_is_the_angle_over_pi(rng):
    for dim, phi in zip(
        spread(rng, 2, 1e9, 200).astype(int), spread(rng, 1e-280, 1.57, 200), strict=True
    ):
        assert ld.risk.angle_risk(phi, ld.laws.IsotropicLaw(int(dim)), int(dim)) == pytest.approx(
            phi / np.pi, rel=1e-10
        )


def test_what_one_example_reaches(rng):
    """The inner integral of the exact risk: P[E tan^2(theta) >= c] and its complement."""
    for kappa, dim in zip(
        spread(rng, 1e-6, 50, 30), spread(rng, 5, 1e9, 30).astype(int), strict=True
    ):
        x = rng.uniform(-30, 10) - np.log(dim)
        m, c = mpmath.mpf(int(dim) - 3) / 2, mpmath.exp(x)

        def weighted(e, m=m, c=c, kappa=kappa):
            theta = mpmath.atan(mpmath.sqrt(c / e)) * 2 / mpmath.pi  # shares of a right angle
            return m * (1 - e) ** (m - 1) * (1 - (1 - theta) ** kappa)

        ends = [0, c / 10, c, *(k / m for k in (0.01, 0.3, 2, 10, 60))]
        ends = sorted({min(mpmath.mpf(1), end) for end in ends} | {mpmath.mpf(1)})
        with mpmath.workdps(20):
            less = mpmath.quad(weighted, ends[: -1 if m > 100 else None])
        found = reach(ld.laws.PowerLaw(kappa), np.array([x]), own_rule(int(dim), 10, 0.1))
        assert found.less[0] == pytest.approx(float(less), rel=1e-8)
        assert found.more[0] == pytest.approx(float(1 - less), rel=1e-8, abs=1e-15)


def risk_after_one(kappa, dim):
    """E R for n = 1 by another route: R(phi) over the elevations below phi, then over phi."""
    s, t, weights = logistic_rule(0.125, 60.0)
    log_s = np.where(s < 0.5, np.log(s), np.log1p(-np.minimum(t, 0.5)))
    phi = np.pi / 2 * -np.expm1(np.minimum(log_s / kappa, 0))  # theta_1, decreasing in s
    psi = phi[:, None] * np.exp(log_s / kappa)  # near(psi) = near(phi) s
    ratio = np.minimum(np.tan(psi) / np.tan(phi)[:, None], 1) ** 2
    risk = scipy.special.betaincc(0.5, (dim - 2) / 2, ratio) @ weights / 2
    return weights @ (risk * (2 * phi / np.pi) ** kappa)


def test_exact_risk_after_one_example(rng):
    for kappa, dim in zip(
        spread(rng, 0.05, 20, 6), spread(rng, 3, 1e3, 6).astype(int), strict=True
    ):
        found = ld.parallel.exact_expected_risk(ld.PolynomialTask(kappa, int(dim)), 1)
        assert found == pytest.approx(risk_after_one(kappa, int(dim)), rel=1e-8)


@pytest.mark.parametrize(
    "kappa, n, dim, value",  # the complement of twice the risk is about linear in kappa
    [
        (1e-3, 3, 10, 0.4999914639823),
        (0.01, 3, 10, 0.499185629),
        (1e-6, 3, 10, 0.5),
        (0.02, 3, 10, 0.4969049641820),
    ],
)
def test_small_kappa(kappa, n, dim, value):
    task = ld.PolynomialTask(kappa, dim)
    assert ld.parallel.exact_expected_risk(task, n) == pytest.approx(value, rel=1e-8)
    assert value < ld.parallel_bound(task, n) and value < ld.power_bound(task, n)


def test_small_risks_of_polynomial_tails_are_linear_in_kappa():
    """1/2 - E R is of order kappa^2 for small kappa: both examples must be off the boundary."""
    gap = [
        0.5 - ld.parallel.exact_expected_risk(ld.PolynomialTask(k, 10), 3)
        for k in (1e-3, 5e-4, 1e-5)
    ]
    assert gap[0] / gap[1] == pytest.approx(4, rel=1e-2)
    assert gap[0] / gap[2] == pytest.approx(1e4, rel=2e-2)


def test_isotropic_risk_by_both_routes(rng):
    for dim in spread(rng, 3, 1e9, 8).astype(int):
        n = int(rng.integers(1, dim))
        task = ld.IsotropicTask(int(dim))
        exact = ld.expected_risk(task, n).mean
        assert ld.parallel.exact_expected_risk(task, n) == pytest.approx(exact, rel=1e-9)


@pytest.mark.parametrize("kappa", [300, 1e6, 1e8])
def test_a_risk_that_no_double_holds_is_said_to_be_one(kappa):
    with pytest.warns(ld.quadrature.AccuracyWarning, match="^exact_expected_risk: below 1e-290"):
        assert ld.parallel.exact_expected_risk(ld.PolynomialTask(kappa, 10), 3) == 0
    assert 0 < ld.power_bound(kappa, 3, 10) < 1e-200
    assert 0 < ld.parallel_bound(ld.PolynomialTask(kappa, 10), 3) < 1e-2


def test_power_bound_in_three_dimensions(rng):
    """d = 3, n = 2: E_i = 1, so that E[Lambda^s] is one integral over the angle."""
    for kappa in spread(rng, 1e-4, 50, 20):

        def reached(y, kappa=kappa):  # P[tan(theta) >= e^y]^2 e^(kappa y)
            share = mpmath.atan(mpmath.exp(-y)) * 2 / mpmath.pi
            return share ** (2 * kappa) * mpmath.exp(kappa * y)

        far = 60 + 40 / mpmath.mpf(kappa)
        with mpmath.workdps(20):
            ends = [-far, -60, -10, -3, 0, 3, 10, 60, far]
            moment = kappa * mpmath.quad(reached, ends)
        s = mpmath.mpf(kappa) / 2
        log = kappa * mpmath.log(2 / mpmath.pi) - mpmath.log(2)
        mean_T = mpmath.gammaprod([0.5 + s, 1], [0.5, 1 + s])
        gain = mpmath.gammaprod([0.5 + s, 1], [0.5, 1 + s])
        exact = mpmath.exp(log) * mean_T * gain * moment
        assert ld.power_bound(kappa, 2, 3) == pytest.approx(float(exact), rel=1e-8)


@pytest.mark.parametrize("scale", [1e-200, 1e-150, 1e-3, 1e160, 1e200])
def test_risks_do_not_see_lengths(scale, rng):
    points = np.array([[1, 0.5, -0.2], [0.3, -0.9, 1]])
    once, scaled = ld.FiniteTask(points), ld.FiniteTask(scale * points, teacher=[scale, 0])
    assert ld.transfer_risk([0.1, 1], scaled) == ld.transfer_risk([0.1, 1], once)
    assert ld.transfer_risk([0.1 * scale, scale], once) == ld.transfer_risk([0.1, 1], once)
    X = rng.standard_normal((3, 5))
    w_star = rng.standard_normal(3)
    assert ld.rise.exchange_rise(scale * X, w_star) == ld.rise.exchange_rise(X, scale * w_star)
    assert ld.rise.narrow_mixture_risk(scale * X.T) == pytest.approx(
        ld.rise.narrow_mixture_risk(X.T)
    )
    S = np.diag([1.0, 2, 3])
    w = np.array([1.0, 2, -1])
    exact = ld.transfer_risk(w, ld.GaussianTask(S))
    assert ld.transfer_risk(scale * w, ld.GaussianTask(S)) == pytest.approx(exact, rel=1e-12)
    assert ld.transfer_risk(w, ld.GaussianTask(scale * S)) == pytest.approx(exact, rel=1e-12)
    means = np.array([[1.0, 1, 0], [0.5, -1, 1]])
    mixture = ld.MixtureTask(means, 0.5)
    large = ld.MixtureTask(scale * means, 0.5 * scale, teacher=[scale, 0, 0])
    assert large.tail(1.0) == pytest.approx(mixture.tail(1.0), rel=1e-12)
    assert ld.transfer_risk(w, large) == pytest.approx(ld.transfer_risk(w, mixture), rel=1e-12)
    assert ld.PolynomialTask(1, 3, teacher=[scale, 0, 0]).sample(4, rng).any()
    same = [ld.tasks.empirical_tail(factor * X, w_star).law.angles for factor in (1.0, scale)]
    assert same[0] == pytest.approx(same[1], rel=1e-12)


@pytest.mark.parametrize("scale", [1e-200, 1e-150, 1e160, 1e200])
@pytest.mark.parametrize(
    "make",
    [
        lambda w: ld.IsotropicTask(3, w),
        lambda w: ld.MarginTask(0.5, 3, 1, w),
        lambda w: ld.SymmetricTask(ld.laws.PowerLaw(2), 3, w),
        lambda w: ld.PolynomialTask(2, 3, w),
    ],
    ids=["isotropic", "margin", "symmetric", "polynomial"],
)
def test_the_length_of_a_teacher_changes_nothing(make, scale):
    w, student = np.array([1.0, 2, -1]), [1.0, 1, 1]
    one, two = make(w), make(scale * w)
    assert two.sample(5, 0) == pytest.approx(one.sample(5, 0), rel=1e-12)
    for risk in (ld.transfer_risk(student, task) for task in (two, make(-scale * -w))):
        assert risk == pytest.approx(ld.transfer_risk(student, one), rel=1e-12)
    held = [ld.risk.held_out_risk(student, task, 50, 1).mean for task in (one, two)]
    assert held[0] == held[1]


@pytest.mark.parametrize("scale", [1e-160, 1e160])
def test_risks_of_finite_tasks_do_not_overflow(scale):
    """A product that was infinite made the risk 0."""
    points = np.array([[1, 0.5, -0.2], [0.3, -0.9, 1]])
    once, scaled = ld.FiniteTask(points), ld.FiniteTask(scale * points)
    assert ld.transfer_risk([0.1, 1], scaled) == pytest.approx(2 / 3)
    held = [ld.risk.held_out_risk([0.1, 1], task, 300, 1) for task in (once, scaled)]
    assert held[0] == held[1] and held[0].mean > 0.5
    means = [ld.expected_risk(task, 1).mean for task in (once, scaled)]
    assert means[0] == pytest.approx(means[1], rel=1e-12) and means[0] > 0.1


def test_two_resolutions_of_several_values_are_compared_one_by_one():
    """Each value with its own tolerance; a result that does not settle is told, not an error."""

    def restless(width):
        return np.array([1.0, 1 + width])

    with pytest.warns(ld.quadrature.AccuracyWarning, match="^sums: two resolutions differ by"):
        settled(restless, np.array([1e-9, 1e-9]), "sums")
    assert settled(restless, np.array([1e-9, 1.0]), "sums")[0] == 1
