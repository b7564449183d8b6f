"""Inputs that once gave a wrong number, or none for a long time, and neighbours of them."""

import time

import numpy as np
import pytest

import linear_distillation as ld


@pytest.mark.parametrize("w_star", [[1, 60], [1, 68], [20, 68], [-3, 200]])
def test_saturated_labels_with_dependent_columns(w_star):
    flow = ld.gradient_flow([[1.0, 1, 0], [0, 0, 1]], w_star)
    assert flow.arrived and flow.residual <= 1e-10 * max(map(abs, w_star))


@pytest.mark.parametrize("scale", [1e-170, 1e-100, 1e100, 1e160])
def test_mixtures_of_any_size(scale):
    means = np.array([[1.0, 0.5, 0], [0.2, -1, 1]])
    plain, large = ld.MixtureTask(means, 1.0), ld.MixtureTask(scale * means, scale)
    assert large.tail([0.3, 1.2]) == pytest.approx(plain.tail([0.3, 1.2]), rel=1e-12)
    ratio = large.sample(5, 0) / plain.sample(5, 0)
    assert ratio == pytest.approx(np.full((3, 5), scale), rel=1e-12)


def test_six_dimensions_do_not_take_minutes():
    start = time.process_time()
    rng = np.random.default_rng(0)
    task = ld.MixtureTask(rng.standard_normal((2, 6)), 0.5)
    assert ld.integral_bound(task, 20) < 1 and ld.parallel_bound(task, 3) < 1
    assert ld.sample_size(task, 0.1).n is not None
    assert time.process_time() - start < 20


def test_times_far_below_the_scale_of_a_flow():
    X = np.array([[1.0, 0.5], [0.2, -1], [0.3, 0.1]])
    early = ld.students.hard_label_flow(X, [1.0, 0.5, -0.3], [1e-200, 1e-100])
    assert np.isfinite(early).all()
    one, two = (w / np.abs(w).max() for w in early)
    assert one == pytest.approx(two)
    assert np.abs(early).max(axis=1) == pytest.approx(
        [np.abs(early[1]).max() * 1e-100, np.abs(early[1]).max()]
    )


@pytest.mark.parametrize("angles", [[0.0], [1e-300], [1e-17], [0.0, 1e-20]])
def test_examples_that_are_all_the_teacher(angles):
    """Every student of them is right, by a table, by draws, exactly, and chosen from a pool."""
    task = ld.SymmetricTask(ld.laws.AtomicLaw(angles), 5)
    assert (ld.risk.angle_risk(np.linspace(0, 1.5, 5000), task) == 0).all()
    assert (ld.risk.angle_risk([0.3, 1.5], task) == 0).all()
    assert ld.expected_risk(task, 2, 6, 0).mean == ld.parallel.exact_expected_risk(task, 2) == 0
    for rule in ("nearest", "farthest", "random"):
        assert ld.selection.chosen_risk(task, 2, 50, 6, 0, rule).mean == 0


@pytest.mark.parametrize("kappa", [1e-8, 1e-3, 0.02])
def test_small_powers_with_a_margin(kappa):
    """All but a share kappa of the examples lie at the margin, as if at one angle."""
    limit = ld.SymmetricTask(ld.laws.AtomicLaw([np.pi / 2 - 0.3]), 10)
    exact = ld.parallel.exact_expected_risk(limit, 3)
    task = ld.MarginTask(0.3, 10, kappa)
    assert ld.parallel.exact_expected_risk(task, 3) == pytest.approx(exact, abs=20 * kappa + 1e-8)
    assert ld.integral_bound(task, 3) == pytest.approx(1, abs=20 * kappa + 1e-9)
    assert ld.risk.angle_risk([0.1, 1.5], ld.laws.PowerLaw(kappa), 10) == pytest.approx(
        0.5, abs=3 * kappa
    )


@pytest.mark.parametrize("rtol", [1e-6 + 0j, "1e-6", float("nan")])
def test_other_flows_check_their_tolerances_first(rtol):
    W, two = [[1.0, 0], [0, 1]], [np.eye(2), np.ones((1, 2))]
    for flow in (
        lambda: ld.classes.class_gradient_flow(W, W, rtol=rtol),
        lambda: ld.deep_gradient_flow(W, [1.0, 1], two, rtol=rtol),
        lambda: ld.deep.induced_flow(W, [1.0, 1], [1.0, 1], 2, rtol=rtol),
    ):
        with pytest.raises((ValueError, TypeError), match="^rtol: "):
            flow()


@pytest.mark.parametrize("scale", [1e-160, 1e160])
def test_risks_of_several_classes_do_not_see_lengths(scale):
    points = np.array([[1, 0.5, -0.2], [0.3, -0.9, 1]])
    teacher, W = np.array([[1.0, 0, 0], [0, 0, 1]]), [[0.1, 0, 1], [1, 0, 0.2]]
    tasks = [ld.class_risk.FiniteClassTask(t * points, teacher) for t in (1.0, scale)]
    assert ld.class_risk.class_risk(W, tasks[0]) == ld.class_risk.class_risk(W, tasks[1])
    assert ld.class_risk.class_risk(scale * np.array(W), tasks[0]) == ld.class_risk.class_risk(
        W, tasks[0]
    )


def test_students_and_tasks_keep_nothing_of_their_caller():
    rows, logits, teacher = np.eye(2) + 1, np.array([1.0, 2]), np.array([[1.0, 0, 0], [0, 0, 1]])
    kernel = ld.kernels.kernel_student(ld.kernels.gaussian_kernel(1.0), rows, logits)
    task = ld.class_risk.FiniteClassTask(np.eye(2) + 1, teacher)
    before = kernel(np.eye(2)), ld.class_risk.class_risk([[1.0, 0, 0], [0, 1, 0]], task)
    rows[:], logits[:], teacher[:] = 9, 0, -teacher
    after = kernel(np.eye(2)), ld.class_risk.class_risk([[1.0, 0, 0], [0, 1, 0]], task)
    assert (before[0] == after[0]).all() and before[1] == after[1]


def test_small_whole_numbers_of_the_new_functions_do_not_wrap():
    small = ld.noise.noisy_moments(np.uint8(200), np.uint16(60000), 0.5)
    assert small == ld.noise.noisy_moments(200, 60000, 0.5)
    X = np.random.default_rng(0).standard_normal((300, 3))
    one, two = (ld.selection.choose(X, X[:, 0], n, "nearest").indices for n in (np.uint8(2), 2))
    assert (one == two).all()
    atoms = ld.laws.AtomicLaw(np.full(20000, 0.8))
    assert ld.theorem3_bound(atoms, 2**40) == ld.bounds.approximate_bound(atoms, 2**40, 0.1) == 1


@pytest.mark.parametrize("time", [1e-300, 1e-200, 1e300])
def test_students_stopped_at_once_or_never(time):
    """At tiny times a step of the gradient, at long ones the fit of least squares."""
    X, z = np.array([[1.0, 0.3], [0.5, -0.9], [-0.2, 1]]).T, np.array([1.0, 2, 3])
    found, step = ld.noise.stopped_student(X, z, time), X @ z / 3
    end = np.linalg.lstsq(X.T, z)[0]
    assert np.isfinite(found).all() and found == pytest.approx(
        time * step if time < 1 else end, 1e-9
    )


@pytest.mark.parametrize("theta", [[1e-200, 0.5], [1e-163], [1e-170, 1e-170]])
def test_a_resistance_below_the_range_is_told_and_no_bound_is_below_the_truth(theta):
    with pytest.warns(ld.objective.RangeWarning, match=r"^leaning_resistance: exp\(-[79]\d\d"):
        assert ld.parallel.leaning_resistance(theta, np.zeros((1, len(theta)))) == 5e-324
    assert ld.parallel.leaning_resistance([1e-155, 1e-155], np.zeros((1, 2))) == pytest.approx(
        5e-311, rel=1e-9
    )


def test_the_envelope_of_a_mixture_does_not_take_long():
    task = ld.MixtureTask(np.random.default_rng(0).standard_normal((2, 6)), 0.5)
    start = time.process_time()
    assert 0 < ld.parallel.envelope_bound(task, 3, 20, 0) < 1
    assert time.process_time() - start < 10


def test_a_tolerance_below_rounding_is_named():
    with pytest.raises(ValueError, match="^rtol: expected a number from 1e-15"):
        ld.gradient_flow(np.eye(2), [1.0, 0], rtol=1e-200)
