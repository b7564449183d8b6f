"""Bounds on the risk: closed forms, brute force, order among them, edges."""

import itertools
import pickle

import numpy as np
import pytest
import scipy
from hypothesis import given, settings
from hypothesis import strategies as st

import linear_distillation as ld
from linear_distillation.sizes import _first as first

kappas = st.floats(0.05, 50)
counts = st.integers(1, 10_000)
RIGHT = np.pi / 2


@pytest.mark.parametrize("n", [2, 3, 20, 10**4, 10**7])
def test_theorem3_has_a_closed_form_for_the_uniform_angle(n):
    bound = ld.theorem3_bound(ld.laws.PowerLaw(1), n)
    assert bound.value == pytest.approx(1 - (n - 1) * n ** (-n / (n - 1)), rel=1e-9)
    assert bound.beta == pytest.approx(RIGHT * n ** (-1 / (n - 1)), rel=1e-6)


@given(kappas, counts)
def test_theorem3_is_below_a_fine_scan(kappa, n):
    law = ld.laws.PowerLaw(kappa)
    beta = RIGHT * scipy.special.expit(np.linspace(-30, 30, 5001))
    scan = law(beta) + law.near(beta) ** n
    value, at = ld.theorem3_bound(law, n)
    assert value <= scan.min() * (1 + 1e-12)
    assert value == pytest.approx(law(at) + law.near(at) ** n, rel=1e-12)


@given(st.integers(0, 2**32), st.integers(1, 6), st.integers(1, 30))
def test_theorem3_for_atoms_by_brute_force(seed, k, n):
    rng = np.random.default_rng(seed)
    law = ld.laws.AtomicLaw(rng.uniform(0, RIGHT, k), rng.dirichlet(np.ones(k)))
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
    apart = ld.laws.AtomicLaw([np.pi / 6, np.pi / 3 - 1e-9], [0.9, 0.1])
    assert ld.theorem3_bound(apart, 1).value == pytest.approx(0.1)


def test_theorem3_finds_a_narrow_dip():
    law = ld.laws.TailLaw(
        lambda t: np.where(t <= 1.0, 1.0, np.where(t <= 1.0001, 0.5, 0.45)), (1, 1.0001)
    )
    beta = (1 + 1.0001) / 2
    assert ld.theorem3_bound(law, 50).value <= law(beta) + law(RIGHT - beta) ** 50


def test_a_bare_function_is_as_good_as_the_law():
    law = ld.laws.PowerLaw(2.5)
    bare = ld.theorem3_bound(lambda t: (1 - 2 * t / np.pi) ** 2.5, 30)
    assert bare.value == pytest.approx(ld.theorem3_bound(law, 30).value, rel=1e-9)
    assert ld.integral_bound(lambda t: (1 - 2 * t / np.pi) ** 2.5, 30) == pytest.approx(
        ld.integral_bound(law, 30), rel=1e-8
    )


@given(kappas, counts)
def test_integral_bound_is_a_beta_function(kappa, n):
    exact = ld.bounds.power_integral_bound(kappa, n)
    assert ld.integral_bound(ld.laws.PowerLaw(kappa), n) == pytest.approx(
        exact, rel=1e-9, abs=1e-65
    )


@given(st.integers(0, 2**32), st.integers(1, 6), st.integers(1, 30))
def test_integral_bound_for_atoms_is_a_sum(seed, k, n):
    rng = np.random.default_rng(seed)
    law = ld.laws.AtomicLaw(rng.uniform(0, RIGHT, k), rng.dirichlet(np.ones(k)))
    exact = law.weights @ law(RIGHT - law.angles) ** n
    assert ld.integral_bound(law, n) == pytest.approx(exact, rel=1e-11, abs=1e-15)
    assert ld.integral_bound(law, n) <= ld.theorem3_bound(law, n).value + 1e-12


def test_integral_bound_counts_angles_that_sum_to_a_right_angle():
    law = ld.laws.AtomicLaw([np.pi / 6, np.pi / 3], [0.9, 0.1])
    assert ld.integral_bound(law, 1) == pytest.approx(0.9 * 0.1 + 0.1)


@given(kappas, st.integers(2, 10_000))
def test_bounds_of_a_polynomial_task_are_ordered(kappa, n):
    law = ld.laws.PowerLaw(kappa)
    split = ld.theorem3_bound(law, n).value
    assert ld.integral_bound(law, n) <= split * (1 + 1e-9)
    assert split <= ld.corollary2_bound(kappa, n) * (1 + 1e-9)


@given(st.floats(0.01, 1.5), st.floats(0.1, 10), st.integers(1, 50))
def test_bounds_of_a_margin_task_are_ordered(gamma, kappa, n):
    law = ld.MarginTask(gamma, 3, kappa).tail
    corollary = ld.corollary1_bound(law, n, gamma)
    assert corollary == pytest.approx(law(gamma) ** n, rel=1e-13)
    assert ld.bounds.margin_bound(law, n, gamma) == pytest.approx(law(gamma) ** (n + 1))
    assert ld.theorem3_bound(law, n).value <= corollary * (1 + 1e-9) + 1e-300
    assert ld.integral_bound(law, n) <= ld.bounds.margin_bound(law, n, gamma) * (1 + 1e-9) + 1e-300


def test_margin_corollary_refuses_an_angle_that_is_no_margin():
    with pytest.raises(ValueError, match="^margin: 0.2 is not one"):
        ld.corollary1_bound(ld.laws.PowerLaw(1), 5, 0.2)


@pytest.mark.parametrize("kappa", [0.25, 0.5, 1, 2, 4])
@pytest.mark.parametrize("dim, n", [(30, 1), (30, 5), (30, 29)])
def test_bounds_hold(kappa, dim, n, rng):
    task = ld.PolynomialTask(kappa, dim)
    risk = ld.expected_risk(task, n, 20_000, rng)
    assert risk.mean - 5 * risk.stderr <= ld.integral_bound(task.tail, n)


@given(kappas, st.integers(1, 2000), st.floats(0.01, 1.5))
def test_integral_bound_with_a_margin_has_a_closed_form(kappa, n, gamma):
    exact = ld.bounds.power_integral_bound(kappa, n, gamma)
    value = ld.integral_bound(ld.laws.PowerLaw(kappa, gamma), n)
    assert value == pytest.approx(exact, rel=1e-8, abs=1e-60)


@given(kappas, counts)
def test_approximate_bound_starts_at_theorem3(kappa, n):
    law = ld.laws.PowerLaw(kappa)
    assert ld.approximate_bound(law, n, 0) == ld.theorem3_bound(law, n)
    assert ld.integral_bound(law, n, 0.0) == ld.integral_bound(law, n)


@given(st.floats(0.1, 20), st.integers(1, 1000), st.floats(1e-9, RIGHT))
def test_approximate_bound_is_below_a_fine_scan(kappa, n, delta):
    law = ld.laws.PowerLaw(kappa)
    beta = np.linspace(0, RIGHT, 4001)
    scan = law(beta) + law(RIGHT - delta - beta) ** n
    value, at = ld.approximate_bound(law, n, delta)
    assert value <= scan.min() * (1 + 1e-9)
    assert value == pytest.approx(law(at) + law(RIGHT - delta - at) ** n, rel=1e-9)
    assert ld.theorem3_bound(law, n).value <= value * (1 + 1e-9)
    assert ld.integral_bound(law, n, delta) <= value * (1 + 1e-9)


@given(st.integers(0, 2**32), st.integers(1, 6), st.integers(1, 30), st.floats(0, RIGHT))
def test_approximate_bounds_for_atoms_by_brute_force(seed, k, n, delta):
    rng = np.random.default_rng(seed)
    law = ld.laws.AtomicLaw(rng.uniform(0, RIGHT, k), rng.dirichlet(np.ones(k)))
    ends = np.concatenate([law.angles, RIGHT - delta - law.angles, [0, RIGHT, RIGHT - delta]])
    beta = np.sort(ends[ends >= 0])
    beta = np.concatenate([(beta[1:] + beta[:-1]) / 2, beta])
    brute = (law(beta) + law(RIGHT - delta - beta) ** n).min()
    assert ld.approximate_bound(law, n, delta).value == pytest.approx(brute, rel=1e-12)
    exact = law.weights @ law(RIGHT - delta - law.angles) ** n
    assert ld.integral_bound(law, n, delta) == pytest.approx(exact, rel=1e-11, abs=1e-15)


def test_approximate_bound_counts_angles_that_sum_to_a_right_angle():
    for delta in (0.1, 0.3, 0.7):
        angles = 0.4, RIGHT - delta - 0.4
        law = ld.laws.AtomicLaw(angles, [0.9, 0.1])
        assert ld.approximate_bound(law, 1, delta).value == pytest.approx(0.2)
        assert ld.integral_bound(law, 1, delta) == pytest.approx(0.9 * 0.1 + 0.1)


def test_a_right_angle_off_leaves_nothing():
    law = ld.laws.PowerLaw(3)
    assert ld.approximate_bound(law, 5, RIGHT).value == pytest.approx(1)
    assert ld.integral_bound(law, 5, RIGHT) == pytest.approx(1)


def test_a_staircase_is_searched_step_by_step(rng):
    law = ld.laws.AtomicLaw(rng.uniform(0, RIGHT, 12))
    slow = ld.laws.TailLaw(law, law.knots)
    for n in (1, 7):
        value = ld.theorem3_bound(law, n).value
        assert value == pytest.approx(ld.theorem3_bound(slow, n).value, rel=1e-12)


@given(st.floats(0, 0.999))
def test_the_deviation_angle_is_that_of_the_tangent(eta):
    delta, turn = ld.bounds.deviation_angle(eta), np.linspace(0, 2 * np.pi, 4001)
    x, y = 1 + eta * np.cos(turn), eta * np.sin(turn)
    assert np.arctan2(y, x).max() == pytest.approx(delta, abs=1e-5)
    assert np.arctan2(y, x).max() <= delta + 1e-12


def test_sample_sizes_of_the_uniform_angle():
    found = ld.sample_size(ld.PolynomialTask(1, 1000), 0.01)
    assert (found.n, found.bound) == (99, "integral bound")
    assert found.answers["(18)"] == 1000
    split = found.answers["Theorem 3"]
    closed = [1 - (n - 1) * n ** (-n / (n - 1)) for n in (split - 1, split)]
    assert closed[1] <= 0.01 < closed[0]
    two = found.answers["Corollary 2"]
    assert ld.corollary2_bound(1, two) <= 0.01 < ld.corollary2_bound(1, two - 1)
    assert ld.sample_size(ld.PolynomialTask(1, 50), 0.01)[:2] == (50, "(18)")


@given(st.floats(0.5, 20), st.just(0.0) | st.floats(1e-3, 1.5), st.floats(1e-5, 0.99))
@settings(max_examples=30)
def test_the_answer_is_the_first_n_that_is_enough(kappa, gamma, risk):
    law = ld.laws.PowerLaw(kappa, gamma)
    found = ld.sample_size(law, risk).answers
    n = found["integral bound"]
    if n is not None:
        assert ld.integral_bound(law, n) <= risk * (1 + 2e-9)
        assert n == 1 or ld.integral_bound(law, n - 1) > risk
    if gamma:
        p = law(gamma)
        closed = 1 if p <= risk else int(np.ceil(np.log(risk) / np.log(p)))
        assert abs(found["Corollary 1"] - closed) <= 1e-6 * closed + 1
        assert max(1, found["Corollary 1"] - 1) == found["margin bound"]


def test_no_risk_takes_d_examples_or_a_wide_margin():
    assert ld.sample_size(ld.IsotropicTask(30), 0)[:2] == (30, "(18)")
    assert ld.sample_size(ld.GaussianTask(np.diag([1, 2, 3])), 0).n == 3
    wide = ld.sample_size(ld.MarginTask(0.9, 30), 0)
    assert wide.n == 1 and wide.answers["Theorem 3"] == 1 and wide.answers["(18)"] == 30
    atoms = ld.SymmetricTask(ld.laws.AtomicLaw([0.2, 1.2]), 2)  # two examples may be the same
    with pytest.raises(ValueError, match="risk: no bound attains 0"):
        ld.sample_size(atoms, 0)
    assert ld.sample_size(ld.SymmetricTask(ld.laws.AtomicLaw([0.2, 1.2]), 3), 0).n == 3


def test_the_upper_band_answers_too(rng):
    task = ld.MarginTask(0.5, 10, kappa=2)
    found = ld.tasks.empirical_tail(task.sample(20_000, rng), task.teacher)
    exact, band = ld.sample_size(task.tail, 0.05), ld.sample_size(found.upper, 0.05)
    assert exact.answers["integral bound"] <= band.answers["integral bound"]
    assert exact.answers["Theorem 3"] <= band.answers["Theorem 3"]
    with pytest.raises(ValueError, match="risk: no bound attains"):
        ld.sample_size(found.upper, found.width / 2)


@given(st.integers(0, 2**32), st.integers(1, 8), st.integers(1, 30))
def test_bounds_grow_with_the_tail(seed, k, n):
    rng = np.random.default_rng(seed)
    angles, weights = rng.uniform(0, RIGHT, k), rng.dirichlet(np.ones(k))
    law = ld.laws.AtomicLaw(angles, weights)
    larger = ld.laws.AtomicLaw(angles + rng.random(k) * (RIGHT - angles), weights)
    assert ld.theorem3_bound(law, n).value <= ld.theorem3_bound(larger, n).value + 1e-12
    assert ld.integral_bound(law, n) <= ld.integral_bound(larger, n) + 1e-12


def test_a_bound_is_a_float_that_knows_its_angle():
    split, whole = (
        ld.theorem3_bound(ld.laws.PowerLaw(1), 20),
        ld.integral_bound(ld.laws.PowerLaw(1), 20),
    )
    assert isinstance(split, float) and isinstance(split.value, float)
    assert not isinstance(split.value, ld.bounds.Bound)
    value, beta = split
    assert (value, beta) == (split.value, split.beta) and 1 < beta < 1.5
    assert np.isnan(whole.beta) and whole.value == whole
    assert repr(whole) == f"Bound({whole.value!r})"
    assert repr(split) == f"Bound({value!r}, beta={beta!r})"
    assert (whole * np.ones(2)).tolist() == [whole.value] * 2
    again = pickle.loads(pickle.dumps(split))
    assert (again.value, again.beta) == (value, beta)


def test_every_bound_is_a_bound(rng):
    task, margin = ld.PolynomialTask(2, 30), ld.MarginTask(0.3, 30)
    found = [
        ld.theorem3_bound(task, 5),
        ld.approximate_bound(task, 5, 0.1),
        ld.integral_bound(task, 5),
        ld.corollary1_bound(margin, 5, 0.3),
        ld.bounds.margin_bound(margin, 5, 0.3),
        ld.corollary2_bound(task, 5),
        ld.bounds.power_integral_bound(task, 5),
        ld.bounds.power_integral_bound(margin, 5),
        ld.parallel_bound(task, 5),
        ld.power_bound(task, 5),
    ]
    assert all(type(bound) is ld.bounds.Bound for bound in found)
    laws = [
        ld.theorem3_bound(task.tail, 5),
        ld.approximate_bound(task.tail, 5, 0.1),
        ld.integral_bound(task.tail, 5),
        ld.corollary1_bound(margin.tail, 5, 0.3),
        ld.bounds.margin_bound(margin.tail, 5, 0.3),
        ld.corollary2_bound(2, 5),
        ld.bounds.power_integral_bound(2, 5),
        ld.bounds.power_integral_bound(1, 5, 0.3),
        ld.parallel_bound(task.tail, 5, dim=30),
        ld.power_bound(2, 5, 30),
    ]
    assert found == laws
    assert isinstance(ld.corollary2_bound([1, 2], 5), np.ndarray)
    means = [ld.parallel.envelope_bound(a, 5, 9, 0, d) for a, d in ((task, None), (task.tail, 30))]
    assert means[0] == means[1]


def test_many_equal_atoms_are_one():
    law = ld.laws.AtomicLaw(np.full(20_000, 0.8))
    assert law.angles.tolist() == [0.8] and law(0.8) == 1
    assert ld.integral_bound(law, 2**40) == 1
    with pytest.raises(ValueError, match="^risk: no bound attains"):
        ld.sample_size(law, 0.95)
    spread = ld.laws.AtomicLaw(np.linspace(0.8, 0.9, 20_000))
    assert spread(0.8) == 1 and ld.integral_bound(spread, 2**40) == 1


def test_old_names_of_arguments_warn():
    law = ld.laws.PowerLaw(1, 0.3)
    with pytest.warns(DeprecationWarning, match="gamma is called margin"):
        assert ld.corollary1_bound(law, 3, gamma=0.3) == ld.corollary1_bound(law, 3, margin=0.3)
    with pytest.raises(TypeError, match="^margin: given twice"):
        ld.bounds.margin_bound(law, 3, margin=0.3, gamma=0.3)


def test_what_is_needed_is_less_than_what_is_guaranteed(rng):
    """Exact expected risks against the bounds: 2 for 99, 4 for 627."""
    uniform = ld.sample_size(ld.PolynomialTask(1, 1000), 0.01)
    assert (uniform.needed, uniform.n) == (2, 99)
    assert uniform.evidence == "exact expected risk"
    steep = ld.sample_size(ld.PolynomialTask(0.5, 1000), 0.05)
    assert (steep.needed, steep.answers["integral bound"]) == (4, 627)
    for task, risk in ((ld.PolynomialTask(1, 1000), 0.01), (ld.PolynomialTask(0.5, 1000), 0.05)):
        needed = ld.sample_size(task, risk).needed
        assert ld.parallel.exact_expected_risk(task, needed) <= risk
        assert ld.parallel.exact_expected_risk(task, needed - 1) > risk


def test_what_is_needed_of_other_tasks(rng):
    points = ld.FiniteTask([[1, 2, 0.5], [0.3, -1, 2]])
    found = ld.sample_size(points, 0.3)
    risks = ld.learning_curve(points, 60).mean
    assert found.needed == 1 + np.flatnonzero(risks <= 0.3)[0]
    assert ld.sample_size(ld.laws.PowerLaw(1), 0.1).needed is None
    mixture = ld.MixtureTask([[1, 0.4, 0], [0.2, -1, 1]], 0.6)
    silent = ld.sample_size(mixture, 0.1)
    assert silent.needed is None and "give n_sets" in silent.evidence
    drawn = ld.sample_size(mixture, 0.1, 400, rng)
    assert 1 <= drawn.needed <= drawn.n == 3 and drawn.evidence.startswith("simulated")
    equal = ld.FiniteTask(np.array([[1.0, 1.0], [0.5, 0.5]]))  # one atom: n = 1 has no risk
    assert ld.sample_size(equal, 0.01).needed == 1


def steps(angles, weights):
    return ld.laws.AtomicLaw(angles, weights)


BENT = ld.laws.TailLaw(lambda t: np.interp(t, [0, 1.2, RIGHT], [1, 0.4, 0]), knots=(1.2,))
KNOTTED = {
    "margin": (ld.MarginTask(0.3, 20), 2),
    "two angles": (ld.SymmetricTask(steps([0.3, 1.4], [0.4, 0.6]), 6), 6),
    "three dimensions": (ld.SymmetricTask(steps([0.3, 1.1, 1.56], [0.2, 0.3, 0.5]), 3), 3),
    "on the boundary": (ld.SymmetricTask(steps([0.3, 1.4, RIGHT], [0.5, 0.3, 0.2]), 30), 2),
    "bent": (ld.SymmetricTask(BENT, 40), 2),
}


@pytest.mark.parametrize("task, most", KNOTTED.values(), ids=KNOTTED)
def test_what_is_needed_is_exact_for_laws_with_knots(task, most):
    risks = [ld.parallel.exact_expected_risk(task, n) for n in range(1, most + 1)]
    assert all(one > two for one, two in itertools.pairwise(risks))
    for n in {1, most - 1}:
        between = (risks[n - 1] * risks[n]) ** 0.5 or risks[n - 1] / 2
        found = ld.sample_size(task, min(between, 0.99))
        assert (found.evidence, found.needed) == ("exact expected risk", n + 1)


@pytest.mark.parametrize("low, high", [(1, 2**40), (1, 17), (0.25, 1e6)])
def test_the_first_n_of_any_curve_that_falls(low, high):
    """Powers, exponentials, a jump to zero: in a few steps."""
    for f in (lambda n: n**-low, lambda n: np.exp(-n / high), lambda n: float(n < high) / 2):
        for risk in (0.3, 1e-3, 1e-12):
            asked = []
            n = first(lambda n, f=f, a=asked: a.append(n) or f(n), risk)
            if n is None:
                assert f(2**40) > risk
                continue
            assert f(n) <= risk * (1 + 1e-9) and (n == 1 or f(n - 1) > risk) and len(asked) < 100


def test_the_boundary_may_be_drawn_again_and_again():
    """d examples span the space unless all lie on the boundary, where a band has an atom."""
    q, d = 0.2, 5
    band = ld.SymmetricTask(steps([0.3, 1.4, RIGHT], [0.5, 0.3, q]), d)
    for risk in (0.1, 1e-5, 1e-30):
        n = max(d, int(np.ceil(np.log(risk / (1 - q)) / np.log(q))))
        assert ld.sample_size(band, risk).answers["(18)"] == n
    with pytest.raises(ValueError, match="^risk: no bound attains 0"):
        ld.sample_size(band, 0)
    # half of the examples there: to have learned nothing is better than to decide
    half = ld.SymmetricTask(ld.laws.AtomicLaw([0.3, RIGHT]), d)
    assert ld.sample_size(half, 0.4).needed is None
    plane = ld.SymmetricTask(ld.laws.AtomicLaw([0.3, 1.4]), 2)
    assert ld.sample_size(plane, 1e-5).needed == ld.sample_size(plane, 1e-5).answers["(18)"] == 9


def test_one_example_is_enough_within_45_degrees():
    assert ld.sample_size(ld.MarginTask(0.9, 30), 0).needed == 1
    assert ld.sample_size(ld.MarginTask(0.7, 30), 0).needed == 30
