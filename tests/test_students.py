"""The four students: definitions, other routes to them, every magnitude."""

import numpy as np
import pytest
import scipy
from hypothesis import given
from hypothesis import strategies as st
from statistics_rules import agrees

import linear_distillation as ld
from linear_distillation.students import signed_examples


@given(st.integers(0, 2**32), st.integers(1, 7), st.integers(1, 9), st.floats(1e-100, 1e100))
def test_student_is_the_projection_of_the_teacher(seed, d, n, size):
    rng = np.random.default_rng(seed)
    X, w_star = rng.standard_normal((d, n)), size * rng.standard_normal(d)
    w_hat = ld.distilled_student(X, w_star)
    missed = (w_star - w_hat) / np.linalg.norm(w_star)
    assert np.abs(X.T @ missed).max() < 1e-12 * np.linalg.norm(X)
    coefficients = np.linalg.lstsq(X, w_hat / size)[0]
    assert X @ coefficients == pytest.approx(w_hat / size, abs=1e-9)


@given(st.integers(0, 2**32), st.floats(0.01, 100))
def test_student_moves_with_the_geometry(seed, scale):
    rng = np.random.default_rng(seed)
    X, w_star = rng.standard_normal((5, 3)), rng.standard_normal(5)
    w_hat = ld.distilled_student(X, w_star)
    rotation = np.linalg.qr(rng.standard_normal((5, 5)))[0]
    assert ld.distilled_student(X, scale * w_star) == pytest.approx(scale * w_hat, rel=1e-9)
    assert ld.distilled_student(rotation @ X, rotation @ w_star) == pytest.approx(
        rotation @ w_hat, abs=1e-12
    )
    assert ld.distilled_student(X[:, [2, 0, 1]], w_star) == pytest.approx(w_hat, abs=1e-12)
    assert ld.distilled_student(np.c_[X, X[:, 1]], w_star) == pytest.approx(w_hat, abs=1e-12)


def test_enough_examples_give_the_teacher_exactly(rng):
    w_star = rng.standard_normal(6)
    for n in (6, 7, 30):
        assert (ld.distilled_student(rng.standard_normal((6, n)), w_star) == w_star).all()


def test_more_examples_bring_the_student_closer(rng):
    X, w_star = rng.standard_normal((40, 40)), rng.standard_normal(40)
    angles = [ld.line_angle(w_star, ld.distilled_student(X[:, :n], w_star)) for n in range(1, 41)]
    assert (np.diff(angles) < 0).all()
    assert angles[-1] == 0


@given(st.integers(0, 2**32), st.integers(2, 8), st.integers(1, 8), st.floats(0, 1e3))
def test_biased_students_agree_with_the_teacher_on_the_examples(seed, d, n, delta):
    rng = np.random.default_rng(seed)
    X, w_star = rng.standard_normal((d, n)), rng.standard_normal(d)
    w = ld.biased_student(X, w_star, delta, rng)
    w_hat = ld.distilled_student(X, w_star)
    assert X.T @ w == pytest.approx(X.T @ w_star, abs=1e-11 * (1 + delta))
    assert w @ w == pytest.approx(w_hat @ w_hat + (w - w_hat) @ (w - w_hat), rel=1e-9)
    assert ld.biased_student(X, w_star, 0, rng) == pytest.approx(w_hat, abs=1e-12)


def test_one_gaussian_vector_serves_nested_sets(rng):
    X, w_star, g = rng.standard_normal((9, 4)), rng.standard_normal(9), rng.standard_normal(9)
    before, after = (ld.biased_student(X[:, :n], w_star, 2.0, g=g) for n in (3, 4))
    new = X[:, 3] - ld.geometry.project(X[:, :3], X[:, 3])
    assert ld.line_angle(after - before, new) < 1e-7  # nothing but the new direction changes
    drawn = ld.biased_student(X, w_star, 2.0, np.random.default_rng(5))
    own = np.random.default_rng(5).standard_normal(9)
    assert (ld.biased_student(X, w_star, 2.0, g=own) == drawn).all()


def test_a_batch_of_biased_students_is_its_sets(rng):
    X, w_star = rng.standard_normal((6, 5, 3)), rng.standard_normal(5)
    g = rng.standard_normal((6, 5))
    batch = ld.biased_student(X, w_star, 0.7, g=g)
    for i in range(6):
        assert batch[i] == pytest.approx(ld.biased_student(X[i], w_star, 0.7, g=g[i]), abs=1e-12)


@given(st.integers(0, 2**32), st.integers(1, 6), st.integers(1, 6), st.floats(-1, 1))
def test_hard_label_flow_solves_its_equation(seed, d, n, log_size):
    """dw/dt by a central difference against the gradient of the cross-entropy."""
    rng = np.random.default_rng(seed)
    X, w_star = rng.standard_normal((d, n)) * 10**log_size, rng.standard_normal(d)
    t, h = 10 ** rng.uniform(-2, 4), 1e-3
    times = t * np.array([1 - h, 1, 1 + h])
    w = ld.students.hard_label_flow(X, w_star, times, rtol=1e-12)
    labels = (w_star @ X >= 0).astype(float)
    gradient = X @ (scipy.special.expit(w[1] @ X) - labels) / n
    slope = (w[2] - w[0]) / (times[2] - times[0])
    assert np.linalg.norm(slope + gradient) < 1e-5 * np.linalg.norm(gradient)


def test_hard_label_flow_agrees_with_an_integrator_in_d_dimensions(rng):
    X, w_star = rng.standard_normal((12, 5)), rng.standard_normal(12)
    labels = (w_star @ X >= 0).astype(float)

    def descend(t, w):
        return -X @ (scipy.special.expit(w @ X) - labels) / 5

    times = np.array([0.3, 5.0, 200.0])
    options = {"method": "DOP853", "t_eval": times, "rtol": 1e-11, "atol": 1e-12}
    plain = scipy.integrate.solve_ivp(descend, (0, 200), np.zeros(12), **options).y.T
    assert ld.students.hard_label_flow(X, w_star, times) == pytest.approx(plain, rel=1e-6, abs=1e-7)


def test_hard_label_flow_tends_to_the_largest_margin(rng):
    """Soudry et al. (2018): the gap in direction halves when log t doubles."""
    X, w_star = rng.standard_normal((20, 30, 8)), rng.standard_normal(30)
    limit = ld.hard_label_student(X, w_star)
    times = 10.0 ** np.array([20, 40, 80, 160])
    w = ld.students.hard_label_flow(X, w_star, times)
    gap = ld.line_angle(w, limit)
    assert gap[-1] / gap[-2] == pytest.approx(np.full(20, 0.5), abs=0.1)
    growth = np.linalg.norm(w[-1], axis=1) / np.log(times[-1])
    margin = np.abs(np.einsum("kd,kdn->kn", limit, X)).min(axis=1)
    assert growth * margin == pytest.approx(np.ones(20), rel=0.05)


def test_hard_label_flow_over_eighteen_decades_of_time(rng):
    """Each of n orthonormal examples has a margin a with a + e^a - 1 = t/n."""
    X, w_star, times = (
        np.linalg.qr(rng.standard_normal((5, 3)))[0],
        rng.standard_normal(5),
        [1, 1e18],
    )
    w = ld.students.hard_label_flow(X, w_star, times)
    a = np.abs(w @ X)
    assert a + np.exp(a) - 1 == pytest.approx(np.outer(times, np.full(3, 1 / 3)), rel=1e-6)
    assert w == pytest.approx((a * np.sign(w_star @ X)) @ X.T, rel=1e-12)


def test_hard_label_flow_of_stiff_and_dependent_examples(rng):
    X = rng.standard_normal((6, 4)) * [1e-3, 1, 1, 1e3]
    X[:, 2] = X[:, 1]
    w_star = rng.standard_normal(6)
    w = ld.students.hard_label_flow(X, w_star, [1e-12, 1e12])
    assert np.isfinite(w).all()
    start = X @ ((w_star @ X >= 0) - 0.5) / 4
    assert w[0] / 1e-12 == pytest.approx(start, rel=1e-6)


def test_risk_of_biased_students_averaged_over_g(rng):
    """The normal law of q.x given x, against students drawn one by one."""
    task, delta = ld.PolynomialTask(1, 8, rng.standard_normal(8)), 0.4
    X = task.sample(3, rng)
    students = np.array([ld.biased_student(X, task.teacher, delta, rng) for _ in range(4000)])
    risks = ld.transfer_risk(students, task)
    x = task.sample(40_000, rng)
    outside = np.linalg.norm(x - np.linalg.qr(X)[0] @ (np.linalg.qr(X)[0].T @ x), axis=0)
    right = np.sign(task.teacher @ x) * (ld.distilled_student(X, task.teacher) @ x)
    errors = scipy.special.ndtr(-right / (delta * outside))
    drawn = ld.risk.Estimate(risks.mean(), risks.std() / 4000**0.5, 4000, 0.0)
    assert agrees(drawn, errors.mean(), errors.std() / 40_000**0.5)


@pytest.mark.parametrize("t", [1e-200, 1e-100, 1e100, 1e200])
def test_every_student_at_every_magnitude_of_examples(rng, t):
    """The largest margin has length one; the others scale with the teacher alone."""
    X, w_star, g = rng.standard_normal((6, 3)), rng.standard_normal(6), rng.standard_normal(6)
    for student in (ld.distilled_student, ld.hard_label_student):
        assert student(t * X, w_star) == pytest.approx(student(X, w_star), rel=1e-12)
        assert student(X, t * w_star) / (t if student is ld.distilled_student else 1) == (
            pytest.approx(student(X, w_star), rel=1e-12)
        )
    plain = ld.biased_student(X, w_star, 0.5, g=g)
    assert ld.biased_student(t * X, t * w_star, 0.5, g=t * g) / t == pytest.approx(plain, rel=1e-11)


@pytest.mark.parametrize("t", [1e-140, 1.0, 1e140])
def test_hard_label_flow_at_every_magnitude(rng, t):
    """X to t X: the student goes as 1/t, times as 1/t^2."""
    X, w_star, times = rng.standard_normal((4, 3)), rng.standard_normal(4), np.array([0.1, 1, 1e3])
    moved = t * ld.students.hard_label_flow(t * X, w_star, times / t**2)
    assert moved == pytest.approx(ld.students.hard_label_flow(X, w_star, times), rel=1e-6)


def test_hard_label_flow_before_any_label_has_changed(rng):
    """w = t sum z / (2 n) - t^2 Z G 1 / (16 n^2), from the smallest times to where it ends."""
    X, w_star = rng.standard_normal((4, 3)), rng.standard_normal(4)
    Z, times = signed_examples(X, w_star), np.array([1e-300, 1e-200, 1e-12, 1e-7, 1e-5, 1e-4])
    exact = np.outer(times / 6, Z.sum(axis=1)) - np.outer(times**2 / 144, Z @ (Z.T @ Z).sum(axis=1))
    assert ld.students.hard_label_flow(X, w_star, times) == pytest.approx(exact, rel=2e-8)
    assert ld.students.hard_label_flow(1e-200 * np.eye(2), [1, 1], [1.0]) == pytest.approx(2.5e-201)
    # an example of length 1e200: log(1 + t e^{...}) of its own logit
    far = 1e200 * ld.students.hard_label_flow([[1e200]], [1.0], [1.0])
    a = far[0, 0]
    assert a + np.log1p(a * np.exp(-a)) == pytest.approx(400 * np.log(10), rel=1e-8)


def test_hard_label_flow_checks_its_tolerance_before_it_starts():
    for rtol in (1e-8 + 0j, float("nan"), "1e-8", 1e-200, 1.0):
        with pytest.raises(ValueError, match="^rtol: "):
            ld.students.hard_label_flow(np.eye(4)[:, :3], [1, 0.5, -0.3, 0.2], [1, 2], rtol=rtol)
