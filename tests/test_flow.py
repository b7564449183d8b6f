"""Gradient flow: its path, its limit and its residual, at every magnitude."""

from contextlib import nullcontext

import numpy as np
import pytest
import scipy
from hypothesis import given, settings
from hypothesis import strategies as st

import linear_distillation as ld
from linear_distillation._training import Problem, fastest_columns
from linear_distillation.flow import ConvergenceWarning, _DualFlow
from linear_distillation.geometry import span_basis
from linear_distillation.objective import RangeWarning


@pytest.fixture
def task(rng):
    return rng.standard_normal((6, 4)), 2 * rng.standard_normal(6)


def limit(X, w_star, w0):
    """w0, with its part in the span replaced by the teacher's."""
    return w0 + ld.geometry.project(X, w_star - w0)


def in_d_dimensions(X, w_star, w0, times):
    """The flow by another integrator, in all coordinates and plain time."""
    solution = scipy.integrate.solve_ivp(
        lambda _, w: -ld.loss_gradient(w, X, w_star),
        (0, times[-1]),
        w0,
        method="LSODA",
        t_eval=times,
        jac=lambda _, w: -ld.loss_hessian(w, X, w_star),
        rtol=1e-10,
        atol=1e-12,
    )
    return solution.y.T


# The path


@pytest.mark.parametrize("shape", [(6, 4), (3, 8), (4, 4), (50, 1)])
@pytest.mark.parametrize("start", [0.0, 1.0])
def test_path_agrees_with_another_integrator(rng, shape, start):
    X = rng.standard_normal(shape)
    w_star, w0 = 2 * rng.standard_normal(shape[0]), start * rng.standard_normal(shape[0])
    times = np.array([0, 1e-3, 0.1, 1, 10, 300])
    flow = ld.gradient_flow(X, w_star, times, w0, rtol=1e-9)
    assert flow.times is not None and flow.w.shape == (6, shape[0])
    assert flow.w == pytest.approx(in_d_dimensions(X, w_star, w0, times), abs=1e-6)


def test_given_times_lie_on_the_path_of_the_integrator(task):
    own = ld.gradient_flow(*task)
    asked = ld.gradient_flow(*task, times=own.times[::7])
    assert asked.w == pytest.approx(own.w[::7], abs=1e-5)
    assert own.times[0] == 0 and (np.diff(own.times) > 0).all()


def test_times_of_zero_repeated_and_after_arrival(task):
    X, w_star = task
    flow = ld.gradient_flow(X, w_star, times=[0, 0, 1, 1, 1e299])
    assert not flow.w[:2].any()
    assert (flow.w[2] == flow.w[3]).all()
    assert (flow.w[4] == flow.final).all()


def test_loss_and_distance_fall_along_the_path(task):
    X, w_star = task
    flow = ld.gradient_flow(X, w_star, rtol=1e-8)
    values = ld.loss(flow.w, X, w_star)
    apart = np.linalg.norm(flow.w - flow.final, axis=1)
    visible = apart > 1e-6
    assert (np.diff(values[visible]) < 0).all() and (np.diff(apart[visible]) < 0).all()


@pytest.mark.parametrize("n", [3, 7])
def test_analytic_jacobian(rng, n):
    """With columns of different lengths, and dependent ones: no two rates are alike."""
    X, w_star = rng.standard_normal((5, n)) * np.geomspace(0.1, 10, n), rng.standard_normal(5)
    basis, rank = span_basis(X)
    flow = _DualFlow(Problem(X, w_star, np.zeros(5)), np.zeros(5), basis[:, :rank])
    c = rng.standard_normal(rank) / 10
    for j, e in enumerate(np.eye(rank)):
        numeric = (flow.slope(2.0, c + 1e-6 * e) - flow.slope(2.0, c - 1e-6 * e)) / 2e-6
        assert flow.jacobian(2.0, c)[:, j] == pytest.approx(numeric, rel=1e-5, abs=1e-6)


def test_the_fastest_columns_stand_for_the_others(rng):
    X = rng.standard_normal((3, 3)) @ rng.standard_normal((3, 6))
    X[:, 4] = 2 * X[:, 1]
    columns = span_basis(X)[0].T @ X
    logits = np.array([5.0, 1, 4, 3, 0, 2])
    chosen, share = fastest_columns(columns, logits)
    assert sorted(chosen) == [3, 4, 5]  # 1 is a multiple of 4, which is faster
    assert columns[:, chosen] @ share == pytest.approx(columns)
    assert share[:, 1].tolist() == pytest.approx([0.5, 0, 0])
    assert (share[logits[chosen][:, None] > logits] == 0).all()


# The limit


@pytest.mark.parametrize("deviation", [0.01, 1, 3, 10, 40, 100])
def test_limit_at_the_size_of_the_paper(rng, deviation):
    """Logits up to 280 in size: the slowest label takes 1e120 times as long as the fastest."""
    X, w_star = rng.standard_normal((1000, 20)), rng.standard_normal(1000)
    w_star *= deviation / np.linalg.norm(w_star)
    flow, w_hat = ld.gradient_flow(X, w_star, times=[1.0]), ld.distilled_student(X, w_star)
    assert np.linalg.norm(flow.final - w_hat) <= 1e-10 * np.linalg.norm(w_hat)
    assert flow.residual <= 1e-12 * np.linalg.norm(w_hat)


@settings(max_examples=30)
@given(st.integers(0, 2**32 - 1), st.integers(1, 8), st.integers(1, 8), st.booleans())
def test_limit_is_the_projection_whatever_the_rank(seed, d, n, twice):
    rng = np.random.default_rng(seed)
    X, (w_star, w0) = rng.standard_normal((d, n)), rng.standard_normal((2, d))
    X = np.c_[X, X[:, :1], 0 * X[:, :1]] if twice else X
    flow = ld.gradient_flow(X, w_star, w0=w0, rtol=1e-4)
    apart = np.linalg.norm(flow.final - limit(X, w_star, w0))
    size = np.linalg.norm(w_star) + np.linalg.norm(w0)
    assert flow.residual <= 1e-11 * size
    assert apart == pytest.approx(flow.residual, abs=1e-12 * size)


@pytest.mark.parametrize(
    "change",
    [
        lambda X, w: (X * [1e-3, 1, 30, 1], w),
        lambda X, w: (1e100 * X, 1e-100 * w),
        lambda X, w: (1e-100 * X, 1e100 * w),
        lambda X, w: (X, 1e-100 * w),
        lambda X, w: (np.c_[X, X.sum(axis=1)], w),
        lambda X, w: (np.c_[X, -X], w),
    ],
    ids=["lengths", "huge", "tiny", "small teacher", "sum", "opposites"],
)
def test_limit_of_awkward_sets(task, change):
    X, w_star = change(*task)
    flow, w_hat = ld.gradient_flow(X, w_star, rtol=1e-5), ld.distilled_student(X, w_star)
    assert np.linalg.norm(flow.final - w_hat) <= 1e-10 * np.linalg.norm(w_hat)


def test_a_residual_is_the_truth_where_the_flow_is_not_done():
    """At 800 the gradient is 1e-300 and the student a hundred logits short."""
    with pytest.warns(ConvergenceWarning, match="109 from its limit"):
        flow = ld.gradient_flow([[1.0]], [800.0])
    assert not flow.arrived
    assert flow.residual == pytest.approx(800 - flow.final[0]) and flow.residual > 50
    assert np.abs(ld.loss_gradient(flow.final, [[1.0]], [800.0])).max() < 1e-290
    # exp(a) = 1 + tau, as long as the teacher's own logit is out of sight
    assert flow.final[0] == pytest.approx(np.log(flow.times[-1]), rel=1e-6)
    with pytest.raises(FloatingPointError, match="^times: followed up to 1"):
        ld.gradient_flow([[1.0]], [800.0], times=[1e307])


@pytest.mark.parametrize("slow", [20, 68, 300, 640])
@pytest.mark.parametrize("fast", [1.0, 20.0])
def test_saturated_logits_with_dependent_columns(fast, slow):
    """Two columns are one: what is learned first must not drown what comes last."""
    flow = ld.gradient_flow([[1, 1, 0], [0, 0, 1]], [fast, slow])
    assert flow.arrived and flow.residual <= 1e-12 * np.hypot(fast, slow)
    assert flow.final == pytest.approx([fast, slow], rel=1e-12)


@settings(max_examples=25)
@given(st.integers(0, 2**32 - 1), st.integers(1, 5), st.integers(2, 9), st.floats(1, 150))
def test_saturated_logits_whatever_the_rank(seed, d, n, size):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((d, n))
    k = n // 2
    X[:, n - k :] = X[:, :k] @ rng.integers(-1, 2, (k, k))
    w_star = rng.standard_normal(d)
    w_star *= size / np.abs(w_star @ X).max()
    flow = ld.gradient_flow(X, w_star)
    assert flow.arrived
    assert np.linalg.norm(flow.final - ld.distilled_student(X, w_star)) <= 1e-9 * size


def test_a_logit_beyond_all_times_is_followed_as_far_as_they_go():
    for height in (1e12, 1e100, 1e200):
        with pytest.warns(ConvergenceWarning):
            flow = ld.gradient_flow(np.eye(2), [height, 1.0])
        assert flow.residual == pytest.approx(height)
        # the mean over n = 2 halves the pace: exp(a) = 1 + tau/2
        assert flow.final == pytest.approx([np.log(flow.times[-1] / 2), 1], rel=1e-6)


@pytest.mark.parametrize("t", [1e-200, 1e-150, 1e150, 1e200])
def test_the_flow_at_every_magnitude_of_examples(task, t):
    """X to t X and w to w/t: times go as 1/t^2."""
    X, w_star = task
    plain = ld.gradient_flow(X, w_star, [0, 1, 10])
    if 1e-200 < t < 1e200:
        moved = ld.gradient_flow(t * X, w_star / t, np.array([0, 1, 10]) / t / t)
        assert t * moved.w == pytest.approx(plain.w, rel=1e-9)
    with pytest.warns(RangeWarning, match="^times: ") if t in (1e-200, 1e200) else nullcontext():
        own = ld.gradient_flow(t * X, w_star / t)
    assert own.arrived and t * own.final == pytest.approx(plain.final, rel=1e-11)


@pytest.mark.parametrize("s", [1e-300, 1e-200, 1e-9])
def test_the_flow_of_faint_logits_is_linear(task, s):
    X, w_star = task
    flow = ld.gradient_flow(X, s * w_star, [3.0], rtol=1e-9)
    slope = X @ X.T / 4 / X.shape[1]
    value, vectors = np.linalg.eigh(slope)
    linear = vectors @ (-np.expm1(-3 * value) * (w_star @ vectors))
    assert flow.w[0] / s == pytest.approx(linear, rel=1e-6, abs=1e-7)
    assert flow.final / s == pytest.approx(ld.distilled_student(X, w_star), rel=1e-10)


def test_results_are_nobody_elses_arrays(task):
    w_star, times, w0 = task[1], np.array([0.0, 1.0]), np.ones(6)
    for X in (task[0], 0 * task[0]):
        flow = ld.gradient_flow(X, w_star, times, w0)
        descent = ld.flow.gradient_descent(X, w_star, 0.1, 3, w0)
        for array in (flow.times, flow.w, flow.final, descent.w, descent.final):
            array += 7
        assert times.tolist() == [0, 1] and (w0 == 1).all()


def test_nearly_parallel_examples_end_with_a_true_residual(rng):
    X, w_star = [[1, 1], [0, 1e-6], [0, 0]], [1.0, 2.0, 3.0]
    flow = ld.gradient_flow(X, w_star)
    assert np.linalg.norm(flow.final - [1, 2, 0]) == pytest.approx(flow.residual, abs=1e-12)


def test_a_start_keeps_what_the_examples_do_not_see(task):
    X, w_star = task
    w0 = np.arange(6.0)
    flow = ld.gradient_flow(X, w_star, w0=w0)
    unseen = w0 - ld.geometry.project(X, w0)
    for w in (flow.w[3], flow.final):
        assert w - ld.geometry.project(X, w) == pytest.approx(unseen, abs=1e-13)


def test_a_start_at_a_minimiser_stays(task):
    X, w_star = task
    flow = ld.gradient_flow(X, w_star, times=[0, 1, 1e9], w0=w_star)
    assert (flow.w == w_star).all() and (flow.final == w_star).all() and flow.residual == 0


def test_examples_that_are_all_zero_teach_nothing():
    flow = ld.gradient_flow(np.zeros((2, 3)), [1.0, 2.0], times=[0, 5], w0=[3.0, 4.0])
    assert flow.w.tolist() == [[3, 4], [3, 4]] and flow.residual == 0


def test_an_unseen_teacher_teaches_nothing(task):
    X, w_star = task
    flow = ld.gradient_flow(X, w_star - ld.geometry.project(X, w_star))
    assert np.linalg.norm(flow.final) < 1e-14 * np.linalg.norm(w_star)


# Gradient descent


def test_descent_is_what_it_says(task):
    X, w_star = task
    run = ld.flow.gradient_descent(X, w_star, 0.5, 7, w0=np.ones(6))
    w = np.ones(6)
    for _ in range(7):
        w = w - 0.5 * ld.loss_gradient(w, X, w_star)
    assert (run.final == w).all() and (run.w[-1] == w).all()
    assert run.w.shape == (8, 6) and run.times.tolist() == [0.5 * k for k in range(8)]
    few = ld.flow.gradient_descent(X, w_star, 0.5, 7, w0=np.ones(6), every=3)
    assert (few.w == run.w[::3]).all() and (few.final == w).all()


def test_small_steps_follow_the_flow(task):
    X, w_star = task
    descent = ld.flow.gradient_descent(X, w_star, 1e-3, 2000, every=1000)
    flow = ld.gradient_flow(X, w_star, times=descent.times)
    assert descent.w == pytest.approx(flow.w, abs=2e-3)


def test_descent_and_flow_share_their_limit(rng):
    X, w_star = rng.standard_normal((6, 2)), rng.standard_normal(6)
    step = 7.9 * 2 / np.linalg.norm(X, 2) ** 2
    run = ld.flow.gradient_descent(X, w_star, step, 4000, every=4000)
    assert run.final == pytest.approx(ld.gradient_flow(X, w_star).final, abs=1e-9)
    assert run.residual < 1e-9 and run.arrived
    assert not ld.flow.gradient_descent(X, w_star, step, 3).arrived


def test_a_step_too_long_does_not_settle():
    """d = 1 and a teacher near zero: the curvature at the minimum is nearly 1/4."""
    inside = ld.flow.gradient_descent([[1.0]], [0.01], 0.95 * 8, 2000)
    beyond = ld.flow.gradient_descent([[1.0]], [0.01], 1.05 * 8, 2000)
    assert inside.residual < 1e-12 and beyond.residual > 0.1
