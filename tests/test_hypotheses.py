"""Each hypothesis of the book's statements that was once missing: what fails without it."""

from itertools import pairwise

import numpy as np
import pytest

import linear_distillation as ld
from linear_distillation.laws import AtomicLaw, PowerLaw

RIGHT = np.pi / 2
# Symmetric in the plane; nine tenths of the examples lie on the boundary of the teacher e_1.
PLANE = ld.FiniteTask([[0, 0, 1, 1], [1, -1, 1, -1]], [0.45, 0.45, 0.05, 0.05])


def symmetric(degrees, weights, dim):
    return ld.SymmetricTask(AtomicLaw(np.radians(degrees), weights), dim)


def agrees(task, n, rng, sets=4000):
    """Whether the expected risk is that of drawn examples, tested on drawn examples."""
    found = ld.expected_risk(task, n, sets, rng)
    drawn = ld.expected_risk(task, n, sets, rng, n_test=20)
    return abs(found.mean - drawn.mean) < 4.9 * np.hypot(found.stderr, drawn.stderr) + 1e-12


# Which examples can go


def test_an_example_orthogonal_to_the_residual_can_go():
    both, one = np.eye(2), np.eye(2)[:, :1]
    teacher = [1.0, 0.0]
    assert (ld.distilled_student(both, teacher) == ld.distilled_student(one, teacher)).all()


def test_any_other_example_counts(rng):
    X, w_star = rng.standard_normal((6, 3)), rng.standard_normal(6)
    rest, x = X[:, 1:], X[:, 0]
    before = ld.distilled_student(rest, w_star)
    new = x - ld.geometry.project(rest, x)
    after = before + x @ (w_star - before) / (new @ new) * new
    assert np.allclose(after, ld.distilled_student(X, w_star), atol=1e-12)


# Examples on the boundary


def test_on_the_boundary_the_risk_does_not_follow_the_angle():
    risks = ld.transfer_risk(np.array([[0.0, 1], [-1, 0], [0, 0]]), PLANE)
    assert risks == pytest.approx([0.95, 0.1, 0.1])


@pytest.mark.parametrize("dim", [2, 3, 7])
def test_students_that_do_not_decide_on_the_boundary(dim):
    task = symmetric([90, 40], [0.9, 0.1], dim)
    e, v = np.eye(dim)[:2]
    assert ld.transfer_risk(0 * e, task) == pytest.approx(0.1)
    assert ld.transfer_risk(-e, task) == pytest.approx(0.1)
    assert ld.transfer_risk(v - e, task) > 0.9


def test_on_the_boundary_more_data_hurt_under_symmetry():
    task = symmetric([90, 40], [0.9, 0.1], 3)
    X, e = np.array([[0.0, 1], [1, 0], [0, 1]]), task.teacher
    fewer, more = (ld.transfer_risk(ld.distilled_student(X[:, :n], e), task) for n in (1, 2))
    assert fewer == pytest.approx(0.1) and more >= 0.9


def test_on_the_boundary_a_symmetric_training_law_is_not_enough(rng):
    """On test examples of the boundary the risk is 1 - 2^-n: the student has seen an other one."""
    train = symmetric([90, 40], None, 4)
    test = ld.FiniteTask(np.vstack([np.zeros(5), rng.standard_normal((3, 5))]))
    for n in (1, 2, 3):
        X = ld.chain.draw_sets(train, n, 4000, rng)
        risk = ld.transfer_risk(ld.distilled_student(X, train.teacher), test)
        assert abs(risk.mean() - (1 - 0.5**n)) < 4.9 * 0.5 / np.sqrt(4000)


@pytest.mark.parametrize("degrees", [10, 80])
def test_on_the_boundary_noise_leaves_more_than_half_wrong(degrees, rng):
    w = np.array([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))])
    g = rng.standard_normal((1000, 1)) * [-w[1], w[0]]
    risks = [ld.transfer_risk(w[0] * w + delta * g, PLANE).mean() for delta in (0.3, 1, 1e3)]
    assert min(risks) >= 0.9


def test_the_exact_risk_does_without_the_boundary(rng):
    """Half at 90 degrees, half at 45: the event of the formula has probability 5/8."""
    task = symmetric([90, 45], None, 5)
    assert ld.expected_risk(task, 2, 100, rng).mean == pytest.approx(1 / 2)
    met = rng.random((100_000, 3)) < 0.5  # on the boundary: test, and two training examples
    formula = (met[:, 0] | met[:, 1:].all(axis=1)).mean() / 2
    assert abs(formula - 5 / 16) < 4.9 * 0.5 / np.sqrt(100_000)


@pytest.mark.parametrize(
    ("degrees", "dim", "n"), [([90, 60], 3, 1), ([90, 60], 4, 3), ([90, 45], 3, 4)]
)
def test_expected_risks_with_a_boundary(degrees, dim, n, rng):
    assert agrees(symmetric(degrees, [0.7, 0.3], dim), n, rng)


def test_in_the_plane_one_example_is_half_of_the_integral_bound_off_the_boundary_only():
    task = ld.FiniteTask([[0, 0, 1], [1, -1, 0]], [0.25, 0.25, 0.5])
    assert ld.expected_risk(task, 1).mean == pytest.approx(1 / 4)
    assert ld.integral_bound(task.tail, 1) / 2 == pytest.approx(3 / 8)


def test_the_envelope_is_a_half_on_the_boundary():
    assert ld.parallel.envelope(0.0, 5) == pytest.approx(1 / 2)


# Lines that repeat in the plane


@pytest.mark.parametrize("n", [2, 3])
def test_smaller_angles_larger_risk_in_the_plane(n):
    """All angles 60 degrees; angles spread evenly beyond have the risk 0, as two lines span."""
    task = symmetric([60], None, 2)
    found = ld.expected_risk(task, n, 10, np.random.default_rng(0)).mean
    assert found == pytest.approx(0.5**n)
    spread = ld.MarginTask(np.radians(10), 2)
    assert ld.expected_risk(spread, n, 10, np.random.default_rng(0)).mean == 0


@pytest.mark.parametrize("n", [1, 2, 3])
def test_expected_risks_in_the_plane(n, rng):
    task = symmetric([90, 45, 20], [0.3, 0.3, 0.4], 2)
    assert agrees(task, n, rng)
    angles = ld.chain.student_angles(task, n, 4000, rng), ld.chain.data_angles(task, n, 4000, rng)
    gap = [(a > 0).mean() - (b > 0).mean() for a, b in [angles]]
    assert abs(gap[0]) < 4.9 * np.sqrt(0.5 / 4000)


# The envelope


@pytest.mark.parametrize("dim", [3, 4, 5, 6, 40, 1000])
def test_the_line_touches_below_one(dim):
    z0 = ld.parallel.tangent_point(dim)
    x = np.geomspace(1.001, 50, 500) / dim
    line = ld.parallel.envelope(x, dim)
    assert (
        0 < z0 < 1
        and (line >= ld.parallel.envelope(z0**2, dim) * np.minimum(1, z0**2 / x) - 1e-15).all()
    )


def test_with_one_for_the_touching_point_the_bound_fails():
    """Two examples of 45 degrees, d = 6: the bound would be 0 for cot^2(theta) S above one."""
    dim, cot = 6, np.sqrt(1.05 / 2)
    alike = 1 / 2  # a fair coin: two copies, at 45 degrees, or the teacher
    risk = alike * ld.risk.angle_risk(np.pi / 4, AtomicLaw([np.arctan(1 / cot)]), dim)
    assert 0.005 < risk <= ld.parallel.envelope(1.05, dim)


# Students of several layers


@pytest.mark.parametrize("depth", [2, 3, 5])
def test_the_longest_start_is_sharp_below_the_saddle(depth):
    X, w_star, eps = np.array([[1.0], [0.0]]), np.array([1.0, 1.0]), 0.7
    tilt = np.array([np.sin(1e-4), np.cos(1e-4)])  # orthogonal to the example, but for this
    for stretch, inside in ((1, True), (1.001, False)):
        start = stretch * ld.deep.sharp_start_bound(eps, 1.0, depth) * tilt
        end = ld.deep_student(X, w_star, start, depth)
        assert ld.loss(start, X, w_star) < ld.loss([0, 0], X, w_star)
        assert (np.linalg.norm(end - [1, 0]) <= eps) == inside


def test_a_small_first_layer_helps_short_starts_only():
    rng = np.random.default_rng(0)
    X, w_star, v = rng.standard_normal((20, 5)) / 2, *rng.standard_normal((2, 20))
    w_hat = ld.distilled_student(X, w_star)
    size, away = np.linalg.norm(w_hat), {}
    for length in (1e-3, 3):
        start = length * size * v / np.linalg.norm(v)
        first, second = ld.networks.balanced_weights(start, [2], np.random.default_rng(1))
        ends = [
            ld.deep_gradient_flow(X, w_star, [first * f, second / f], tol=1e-6, rtol=1e-5).final
            for f in (0.01, 1, 10)
        ]
        away[length] = np.linalg.norm(np.array(ends) - w_hat, axis=1) / size
    assert (np.diff(away[1e-3]) > 0).all() and (np.diff(away[3]) < 0).all()


# Temperature, and rates


def test_hotter_can_be_slower():
    X, w_star = np.array([[0.7, -2.8], [-0.4, 1.2]]), np.array([2.9, -1.4])
    times, needed = np.geomspace(1, 1e4, 2000), {}
    for T in (2, 4):
        w = T * ld.gradient_flow(X, w_star / T, times, rtol=1e-9).w
        left = np.linalg.norm(w - w_star, axis=1) / np.linalg.norm(w_star)
        needed[T] = times[(left < 0.01).argmax()]
    assert needed[2] == pytest.approx(42, rel=0.02) and needed[4] == pytest.approx(1427, rel=0.02)


def test_hotter_is_faster_at_the_end_and_for_one_example(rng):
    X, w_star = rng.standard_normal((5, 3)), 3 * rng.standard_normal(5)
    hessians = [ld.loss_hessian(w_star / T, X, w_star / T) for T in (1, 2, 4, 8)]
    assert all(np.linalg.eigvalsh(b - a).min() > -1e-14 for a, b in pairwise(hessians))
    x, times = X[:, :1], np.geomspace(0.1, 100, 50)
    paths = [T * ld.gradient_flow(x, w_star / T, times, rtol=1e-9).w @ x for T in (1, 2, 4)]
    target = w_star @ x
    left = [np.abs(path - target)[:, 0] for path in paths]
    assert all((b <= a + 1e-7).all() for a, b in pairwise(left))


def test_equal_rates_without_equal_lengths():
    X, w_star = np.diag([1.0, 2.0]), np.array([2.0, 0.1])
    own = np.linalg.eigvalsh(ld.loss_hessian(w_star, X, w_star))[0]
    assert ld.objective.sharp_pl_constant(X, w_star, 0.0) == pytest.approx(own, rel=1e-12)
    assert own == pytest.approx(0.0524968, abs=1e-7)


# Bounds, factors, indices


def test_a_stationary_split_can_be_a_maximum():
    law, b = PowerLaw(1 / 2), np.array([0.7, 0.75, 0.8])
    split = law(b * RIGHT) + law.near(b * RIGHT) ** 2
    assert split.argmax() == 1 and split[1] == pytest.approx(5 / 4)
    assert ld.theorem3_bound(law, 2).value == 1


def test_factors_need_symmetry():
    """Centred laws: orthogonal parts orthogonal to one another, and three on one line."""
    dim, n, cot = 12, 3, np.full(3, 1.0)
    ends = ld.parallel.parallel_factors(n, dim)
    X = np.vstack([cot, np.eye(dim - 1)[:, :n]])
    axes = np.tan(ld.line_angle(ld.distilled_student(X, np.eye(dim)[0]), np.eye(dim)[0])) ** 2
    on_a_line = 2.0 ** (1 - n)  # all on one side, else the student is perfect
    assert axes * n == pytest.approx(1) and ends[1] < 1
    assert on_a_line * n == pytest.approx(3 / 4) and ends[0] > 3 / 4


@pytest.mark.parametrize(("n", "index"), [(2, 1 / 2), (3, 1.0)])
def test_the_index_of_a_strong_bias(n, index, rng):
    task, sets = ld.PolynomialTask(1, 4), 2000
    X = ld.chain.draw_sets(task, n + 1, sets, rng)
    steps = ld.monotonicity.biased_steps(X, task.teacher, [1e9], rng)
    found = ld.monotonicity.monotonicity_index(steps).index.value[0]
    assert abs(found - index) <= 4.9 * np.sqrt(index * (1 - index) / sets)


def test_the_student_zero_is_at_a_right_angle():
    X, e = np.array([[0.0, 1.0], [1.0, 1.0]]), np.array([1.0, 0.0])
    angles = [ld.line_angle(e, ld.distilled_student(X[:, :n], e)) for n in (1, 2)]
    assert angles == [RIGHT, 0]


# What is nearest, and what finite steps can do


def test_the_nearest_student_of_the_span_need_not_agree_most_often():
    examples = np.array([[1.0, 1, 1], [1, 1, -2], [1, -1, 2]])
    task, seen = ld.FiniteTask(examples, [0.4, 0.4, 0.2]), examples[:, :2]
    near, far = ld.distilled_student(seen, task.teacher), seen[:, 0]
    assert ld.line_angle(near, task.teacher) < ld.line_angle(far, task.teacher)
    assert ld.transfer_risk(near, task) == pytest.approx(0.2)
    assert ld.transfer_risk(far, task) == 0


def descend(start, depth, step, steps=300):
    """Gradient descent on thin layers that start balanced, for one example."""
    layers = ld.networks.balanced_weights(start, [1] * (depth - 1))
    for _ in range(steps):
        slopes = ld.networks.layer_gradients(layers, [[1.0], [0.0]], [1.0, 1.0])
        layers = [W - step * slope for W, slope in zip(layers, slopes, strict=True)]
    return ld.networks.end_to_end(layers)


@pytest.mark.parametrize("step", [0.3, 1.0, 3.0])
def test_steps_do_not_take_an_even_number_of_layers_across_zero(step):
    assert descend([-1.0, 0.0], 2, step)[0] <= 0
    assert descend([-1.0, 0.0], 4, step)[0] <= 0
    assert descend([-1.0, 0.1], 2, step)[0] == pytest.approx(1, abs=1e-6)


def test_a_long_step_takes_an_odd_number_of_layers_across_zero():
    assert descend([-1.0, 0.0], 3, 1.0)[0] <= 0
    assert descend([-1.0, 0.0], 3, 3.0) == pytest.approx([1, 0], abs=1e-6)


# Two layers of width one, balanced or not: what the limit minimises


@pytest.mark.parametrize("first", [1.0, 0.2, 3.0])
def test_one_hidden_unit_ends_where_azulay_et_al_say(first, rng):
    """The slope of their Q (ICML 2021, Theorem 6.1) across the span vanishes at the limit."""
    X, (w_star, v) = rng.standard_normal((5, 2)), rng.standard_normal((2, 5))
    w0 = 0.3 * (ld.distilled_student(X, w_star) + v - ld.geometry.project(X, v))
    assert ld.loss(w0, X, w_star) < ld.loss(0 * w0, X, w_star)  # so the upper layer keeps its sign
    z, upper = ld.networks.balanced_weights(w0, [1])
    gap = ((upper / first) ** 2 - (first * z) @ (first * z).T).item()  # conserved
    run = ld.deep_gradient_flow(X, w_star, [first * z, upper / first], rtol=1e-9)

    def row(w):  # the gradient of the convex part of Q is a multiple of this
        size = np.hypot(gap / 2, np.linalg.norm(w))
        return w / np.sqrt(size + gap / 2)

    moved = row(run.final) - row(w0)
    assert np.linalg.norm(moved - ld.geometry.project(X, moved)) < 1e-6
    assert ld.loss(run.final, X, w_star) < 1e-12
