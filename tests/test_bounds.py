import numpy as np
import pytest
import scipy
from hypothesis import given
from hypothesis import strategies as st

import linear_distillation as ld

kappas = st.floats(0.05, 50)
counts = st.integers(1, 10_000)
RIGHT = np.pi / 2


@pytest.mark.parametrize("n", [2, 3, 20, 10**4, 10**7])
def test_theorem3_has_a_closed_form_for_the_uniform_angle(n):
    bound = ld.theorem3_bound(ld.PowerLaw(1), n)
    assert bound.value == pytest.approx(1 - (n - 1) * n ** (-n / (n - 1)), rel=1e-9)
    assert bound.beta == pytest.approx(RIGHT * n ** (-1 / (n - 1)), rel=1e-6)


@given(kappas, counts)
def test_theorem3_is_below_a_fine_scan(kappa, n):
    law = ld.PowerLaw(kappa)
    beta = RIGHT * scipy.special.expit(np.linspace(-30, 30, 5001))
    scan = law(beta) + law.near(beta) ** n
    value, at = ld.theorem3_bound(law, n)
    assert value <= scan.min() * (1 + 1e-12)
    assert value == pytest.approx(law(at) + law.near(at) ** n, rel=1e-12)


@given(st.integers(0, 2**32), st.integers(1, 6), st.integers(1, 30))
def test_theorem3_for_atoms_by_brute_force(seed, k, n):
    rng = np.random.default_rng(seed)
    law = ld.AtomicLaw(rng.uniform(0, RIGHT, k), rng.dirichlet(np.ones(k)))
    beta = np.sort(np.concatenate([law.angles, RIGHT - law.angles, [0, RIGHT]]))
    beta = np.concatenate([(beta[1:] + beta[:-1]) / 2, beta])  # between the jumps, and on them
    brute = (law(beta) + law(RIGHT - beta) ** n).min()
    assert ld.theorem3_bound(law, n).value == pytest.approx(brute, rel=1e-12)


def test_theorem3_is_tight_for_two_leaning_atoms():
    rare = 1e-3
    angles = 0.5, RIGHT - 0.5 + 1e-6
    points = [np.cos(angles), np.sin(angles) * np.array([1, -1])]
    task = ld.FiniteTask(points, [1 - rare, rare])
    assert ld.expected_risk(task, 1).mean == pytest.approx(2 * rare * (1 - rare), rel=1e-12)
    assert ld.theorem3_bound(task.tail, 1).value == pytest.approx(2 * rare, rel=1e-12)


def test_theorem3_at_a_jump_takes_the_larger_side():
    # Angles that sum to pi/2: the jumps of p(beta) and p(pi/2 - beta) fall on one beta, up
    # to rounding. A value read off the sliver between them would be 0.1, below the risk.
    points = [[np.sqrt(3), 1], [1, -np.sqrt(3)]]
    task = ld.FiniteTask(points, [0.9, 0.1])
    assert ld.theorem3_bound(task.tail, 1).value == pytest.approx(0.2)
    assert ld.expected_risk(task, 1).mean == pytest.approx(0.18)
    apart = ld.AtomicLaw([np.pi / 6, np.pi / 3 - 1e-9], [0.9, 0.1])
    assert ld.theorem3_bound(apart, 1).value == pytest.approx(0.1)


def test_theorem3_finds_a_narrow_dip():
    law = ld.TailLaw(
        lambda t: np.where(t <= 1.0, 1.0, np.where(t <= 1.0001, 0.5, 0.45)), (1, 1.0001)
    )
    beta = (1 + 1.0001) / 2
    assert ld.theorem3_bound(law, 50).value <= law(beta) + law(RIGHT - beta) ** 50


def test_a_bare_function_is_as_good_as_the_law():
    law = ld.PowerLaw(2.5)
    bare = ld.theorem3_bound(lambda t: (1 - 2 * t / np.pi) ** 2.5, 30)
    assert bare.value == pytest.approx(ld.theorem3_bound(law, 30).value, rel=1e-9)
    assert ld.integral_bound(lambda t: (1 - 2 * t / np.pi) ** 2.5, 30) == pytest.approx(
        ld.integral_bound(law, 30), rel=1e-8
    )


@given(kappas, counts)
def test_integral_bound_is_a_beta_function(kappa, n):
    exact = ld.power_integral_bound(kappa, n)
    assert ld.integral_bound(ld.PowerLaw(kappa), n) == pytest.approx(exact, rel=1e-9, abs=1e-65)


@given(st.integers(0, 2**32), st.integers(1, 6), st.integers(1, 30))
def test_integral_bound_for_atoms_is_a_sum(seed, k, n):
    rng = np.random.default_rng(seed)
    law = ld.AtomicLaw(rng.uniform(0, RIGHT, k), rng.dirichlet(np.ones(k)))
    exact = law.weights @ law(RIGHT - law.angles) ** n
    assert ld.integral_bound(law, n) == pytest.approx(exact, rel=1e-11, abs=1e-15)
    assert ld.integral_bound(law, n) <= ld.theorem3_bound(law, n).value + 1e-12


def test_integral_bound_counts_angles_that_sum_to_a_right_angle():
    law = ld.AtomicLaw([np.pi / 6, np.pi / 3], [0.9, 0.1])
    assert ld.integral_bound(law, 1) == pytest.approx(0.9 * 0.1 + 0.1)


@given(kappas, st.integers(2, 10_000))
def test_bounds_of_a_polynomial_task_are_ordered(kappa, n):
    law = ld.PowerLaw(kappa)
    split = ld.theorem3_bound(law, n).value
    assert ld.integral_bound(law, n) <= split * (1 + 1e-9)
    assert split <= ld.corollary2_bound(kappa, n) * (1 + 1e-9)


@given(st.floats(0.01, 1.5), st.floats(0.1, 10), st.integers(1, 50))
def test_bounds_of_a_margin_task_are_ordered(gamma, kappa, n):
    law = ld.MarginTask(gamma, 3, kappa).tail
    corollary = ld.corollary1_bound(law, n, gamma)
    assert corollary == law(gamma) ** n
    assert ld.margin_bound(law, n, gamma) == pytest.approx(law(gamma) ** (n + 1))
    assert ld.theorem3_bound(law, n).value <= corollary * (1 + 1e-9) + 1e-300
    assert ld.integral_bound(law, n) <= ld.margin_bound(law, n, gamma) * (1 + 1e-9) + 1e-300


def test_margin_corollary_refuses_an_angle_that_is_no_margin():
    with pytest.raises(ValueError, match="gamma: 0.2 is not a margin"):
        ld.corollary1_bound(ld.PowerLaw(1), 5, 0.2)


@pytest.mark.parametrize("kappa", [0.25, 0.5, 1, 2, 4])
@pytest.mark.parametrize("dim, n", [(30, 1), (30, 5), (30, 29)])
def test_bounds_hold(kappa, dim, n, rng):
    task = ld.PolynomialTask(kappa, dim)
    risk = ld.expected_risk(task, n, 20_000, rng)
    assert risk.mean - 5 * risk.stderr <= ld.integral_bound(task.tail, n)
