"""The loss and its derivatives, and the constants of its sublevel sets."""

import mpmath
import numpy as np
import pytest
import scipy
from hypothesis import given
from hypothesis import strategies as st

import linear_distillation as ld
from linear_distillation.objective import curvature, divergence, label_gap, sigmoid

logits = st.floats(-750, 750)


@pytest.fixture
def task(rng):
    return rng.standard_normal((4, 3)), rng.standard_normal(4)


# Against sixty digits and more


def exact(a, a_star):
    """KL, the gap of the labels and the curvature, at a precision that no logit exhausts."""
    with mpmath.workdps(400):
        a, a_star = mpmath.mpf(a), mpmath.mpf(a_star)
        y, s = 1 / (1 + mpmath.exp(-a_star)), 1 / (1 + mpmath.exp(-a))
        k = mpmath.log1p(mpmath.exp(a)) - mpmath.log1p(mpmath.exp(a_star)) - y * (a - a_star)
        return float(k), float(s - y), float(s * (1 - s))


@given(logits, st.one_of(logits, st.floats(-1, 1).map(lambda x: x**15)), st.booleans())
def test_terms_keep_their_relative_accuracy(a_star, other, near):
    a = a_star + other if near else other
    gap = float(np.subtract(a, a_star))
    ours = divergence(a, np.array(a_star), gap), label_gap(a, a_star, gap), curvature(a)
    # rounding a logit of size s moves its exponential by s * eps
    tolerance = 1e-14 + 4e-16 * max(abs(a), abs(a_star))
    for value, truth in zip(ours, exact(a, a_star), strict=True):
        if abs(truth) > 1e-290:
            assert value == pytest.approx(truth, rel=tolerance, abs=0)


@pytest.mark.parametrize("a_star", [-1e300, -1e5, -700.0, 700.0, 1e5, 1e300])
@pytest.mark.parametrize("a", [-1e300, -700.0, 0.0, 700.0, 1e300])
def test_saturated_labels_give_finite_answers(a, a_star):
    X, w, w_star = [[1.0]], [a], [a_star]
    value, slope = ld.loss(w, X, w_star), ld.loss_gradient(w, X, w_star)
    assert np.isfinite(value) and value >= 0 and np.abs(slope).max() <= 1
    assert np.isfinite(ld.loss_hessian(w, X, w_star)).all()
    if a * a_star < 0:  # wrong with certainty: the cost is the logit itself
        assert value == pytest.approx(abs(a), rel=1e-12)


def test_the_loss_does_not_forget_what_a_rounded_label_says():
    """Both labels round to 1; the teacher's still asks for 700, not for 690."""
    slope = ld.loss_gradient([690.0], [[1.0]], [700.0])
    assert slope == pytest.approx(-np.exp(-690) * (1 - np.exp(-10)), rel=1e-12)


# Against textbook formulas at moderate logits


def test_loss_is_the_mean_divergence(task):
    X, w_star = task
    w = np.array([1.0, -2, 0.5, 0])
    y, s = sigmoid(w_star @ X), sigmoid(w @ X)
    textbook = np.mean(y * np.log(y / s) + (1 - y) * np.log((1 - y) / (1 - s)))
    assert ld.loss(w, X, w_star) == pytest.approx(textbook, rel=1e-12)
    assert ld.loss(w_star, X, w_star) == 0


def test_derivatives_match_finite_differences(task):
    X, w_star = task
    w = np.array([1.0, -2, 0.5, 0])
    numeric = scipy.optimize.approx_fprime(w, lambda w: ld.loss(w, X, w_star), 1e-7)
    assert ld.loss_gradient(w, X, w_star) == pytest.approx(numeric, abs=1e-6)
    numeric = scipy.optimize.approx_fprime(w, lambda w: ld.loss_gradient(w, X, w_star), 1e-7)
    assert ld.loss_hessian(w, X, w_star) == pytest.approx(numeric, abs=1e-6)


def test_batches_of_students(task, rng):
    X, w_star = task
    w = rng.standard_normal((2, 5, 4))
    values, slopes, bends = (f(w, X, w_star) for f in (ld.loss, ld.loss_gradient, ld.loss_hessian))
    assert (values.shape, slopes.shape, bends.shape) == ((2, 5), (2, 5, 4), (2, 5, 4, 4))
    assert values[1, 3] == pytest.approx(ld.loss(w[1, 3], X, w_star), rel=1e-14)
    assert slopes[1, 3] == pytest.approx(ld.loss_gradient(w[1, 3], X, w_star), rel=1e-13)
    assert bends[1, 3] == pytest.approx(ld.loss_hessian(w[1, 3], X, w_star), rel=1e-13)


@given(st.integers(0, 2**32 - 1), st.floats(0.01, 100))
def test_the_loss_knows_logits_only(seed, scale):
    rng = np.random.default_rng(seed)
    X, (w, w_star) = rng.standard_normal((4, 3)), rng.standard_normal((2, 4))
    Q = np.linalg.qr(rng.standard_normal((4, 4)))[0]
    value = ld.loss(w, X, w_star)
    assert ld.loss(Q @ w, Q @ X, Q @ w_star) == pytest.approx(value, rel=1e-10)
    assert ld.loss(w / scale, scale * X, w_star / scale) == pytest.approx(value, rel=1e-10)
    assert ld.loss(w, X[:, [2, 0, 1]], w_star) == pytest.approx(value, rel=1e-13)
    assert ld.loss(w, np.c_[X, X], w_star) == pytest.approx(value, rel=1e-13)


# Sublevel intervals


@given(
    st.lists(st.floats(-40, 40), min_size=1, max_size=5),
    st.floats(1e-12, 100),
)
def test_interval_ends_have_the_height_of_the_level(a_star, level):
    if not any(a_star):
        a_star = [1.0, *a_star]
    ends = ld.objective.sublevel_intervals([a_star], [1.0], level)
    height = level * len(a_star)
    for a, (low, high) in zip(a_star, ends, strict=True):
        for end in (low, high):
            assert exact(end, a)[0] == pytest.approx(height, rel=1e-9)
        assert low < a < high


@pytest.mark.parametrize("a_star", [-1e4, -800.0, -700.0, 0.0, 700.0, 1e4])
@pytest.mark.parametrize("level", [1e-300, 1e-12, 1.0, 1e10])
def test_intervals_of_saturated_labels_are_outside_in_truth(a_star, level):
    X = [[1.0, 1e-200]] if a_star == 0 else [[1.0]]
    w_star = [a_star or 1e-200]
    low, high = ld.objective.sublevel_intervals(X, w_star, level)[0]
    assert low < a_star < high
    for end in (low, high):
        value = divergence(end, np.array(a_star), end - a_star) if np.isfinite(end) else np.inf
        assert value >= level * len(X[0]) * (1 - 1e-12)


def test_level_zero_leaves_the_teacher_alone(task):
    X, w_star = task
    assert (
        pytest.approx(np.tile(w_star @ X, (2, 1)))
        == ld.objective.sublevel_intervals(X, w_star, 0).T
    )


# Constants, against brute force


CONSTANTS = ld.pl_constant, ld.objective.sharp_pl_constant, ld.objective.growth_constant


def constants(X, w_star, level):
    return np.exp([constant(X, w_star, level, log=True) for constant in CONSTANTS])


def true_constants(X, w_star, level, directions):
    """The best constants there are, by a search of the sublevel set ray by ray."""
    basis = np.linalg.qr(X)[0]
    w_hat = ld.geometry.project(X, w_star)
    found = np.full(3, np.inf)
    for v in directions @ basis.T:

        def excess(t, v=v):
            return ld.loss(w_hat + t * v, X, w_star) - level

        edge = scipy.optimize.brentq(excess, 0, 1e12, xtol=1e-14)
        t = edge * np.linspace(0.02, 1, 50)
        w = w_hat + t[:, None] * v
        values, slopes = ld.loss(w, X, w_star), ld.loss_gradient(w, X, w_star)
        bends = basis.T @ ld.loss_hessian(w, X, w_star) @ basis
        ray = [
            np.linalg.eigvalsh(bends)[:, 0],
            (slopes**2).sum(axis=1) / (2 * values),
            2 * values / t**2,
        ]
        found = np.minimum(found, [np.min(value) for value in ray])
    return found


def circle(m):
    angles = 2 * np.pi * np.arange(m) / m
    return np.column_stack([np.cos(angles), np.sin(angles)])


@pytest.mark.parametrize("level", [1e-4, 0.1, 1.0])
@pytest.mark.parametrize("size", [0.1, 2.0])
def test_constants_hold_over_the_whole_sublevel_set(rng, level, size, record_property):
    for _ in range(2):
        X, w_star = rng.standard_normal((5, 2)), size * rng.standard_normal(5)
        ours, truth = constants(X, w_star, level), true_constants(X, w_star, level, circle(72))
        record_property("certified / true", np.round(ours / truth, 4).tolist())
        rounding = 1e-15 * np.linalg.norm(X, 2) ** 2
        assert (ours <= truth * (1 + 1e-9) + rounding).all()
        assert ours[0] <= min(ours[1:]) * (1 + 1e-12)
        if level == 1e-4 and size == 0.1:  # where all curvatures are close to 1/4, little is lost
            assert (ours >= truth * 0.9).all()


@pytest.mark.parametrize("level", [1e-6, 0.1, 3.0, 50.0])
def test_constants_are_exact_for_one_example(rng, level):
    X, w_star = rng.standard_normal((3, 1)), rng.standard_normal(3)
    truth = true_constants(X, w_star, level, np.array([[1.0], [-1.0]]))
    assert constants(X, w_star, level) == pytest.approx(truth, rel=1e-9)


def test_sharp_constants_outlive_the_first():
    """A saturated teacher: exponentially small against polynomially small."""
    first, pl, growth = constants(np.array([[1.0]]), np.array([8.0]), np.log(2))
    assert first < 1e-300 < 1e-9 < pl < growth


def test_dependent_columns_count_through_the_smallest_nonzero_eigenvalue(rng):
    X, w_star = rng.standard_normal((4, 2)), rng.standard_normal(4)
    twice = np.c_[X, X]  # the same loss, twice the Gram matrix, intervals of twice the height
    assert ld.pl_constant(twice, w_star, 0.0) == pytest.approx(ld.pl_constant(X, w_star, 0.0))
    assert ld.pl_constant(twice, w_star, 0.1) == pytest.approx(ld.pl_constant(X, w_star, 0.2))
    for constant in (ld.objective.growth_constant, ld.objective.sharp_pl_constant):
        assert constant(twice, w_star, 0.1) == pytest.approx(constant(X, w_star, 0.2))


@pytest.mark.parametrize("n", [2, 4, 9])
def test_the_sharper_constant_holds_for_dependent_columns(rng, n):
    """Also where it is the worst for them: one label unlearnt, the others learnt."""
    for _ in range(20):
        X, w_star = (
            rng.standard_normal((2, 1)) * rng.standard_normal((1, n)),
            rng.standard_normal(2),
        )
        w = 10 ** rng.uniform(-2, 1) * rng.standard_normal(2)
        level = ld.loss(w, X, w_star)
        mu_1 = ld.objective.sharp_pl_constant(X, w_star, level)
        slope = ld.loss_gradient(w, X, w_star)
        assert level <= slope @ slope / (2 * mu_1) * (1 + 1e-9)


def test_the_sharper_constant_is_that_of_the_largest_logit(rng):
    X, w_star = rng.standard_normal((5, 3)), 3 * rng.standard_normal(5)
    a = np.abs(w_star @ X).max()
    alone = ld.objective.sharp_pl_constant([[1.0]], [a], 3 * 0.2)
    share = np.linalg.eigvalsh(X.T @ X)[0] / 3
    assert ld.objective.sharp_pl_constant(X, w_star, 0.2) == pytest.approx(share * alone)


def test_a_smallest_eigenvalue_that_rounding_hides():
    X = np.array([[1e12, 0.0], [0.0, 1e-6]])
    with pytest.raises(np.linalg.LinAlgError, match="X: rounding hides the smallest eigenvalue"):
        ld.pl_constant(X, [1e-12, 1.0], 0.1)


@given(st.floats(1e-3, 1e3), st.floats(1e-6, 10))
def test_constants_scale_with_the_square_of_the_examples(scale, level):
    X, w_star = np.array([[1.0, 0.3], [0.2, -1.0], [0.5, 0.4]]), np.array([1.0, -0.5, 0.7])
    scaled = constants(scale * X, w_star / scale, level)
    assert scaled == pytest.approx(scale**2 * constants(X, w_star, level), rel=1e-9)


@pytest.mark.parametrize("t", [1e-200, 1e-120, 1e120, 1e200])
@pytest.mark.parametrize("constant", CONSTANTS)
def test_constants_scale_at_every_magnitude(constant, t):
    X, w_star = np.array([[1.0, 0.3], [0.2, -1.0], [0.5, 0.4]]), np.array([1.0, -0.5, 0.7])
    found = constant(t * X, w_star / t, 0.1, log=True)
    exact = constant(X, w_star, 0.1, log=True) + 2 * np.log(t)
    assert found == pytest.approx(exact, rel=1e-13)
    if t in (1e-200, 1e200):  # the constant itself is of order t^2
        with pytest.warns(ld.objective.RangeWarning, match="log=True"):
            assert constant(t * X, w_star / t, 0.1) == (np.inf if t > 1 else 0)


@pytest.mark.parametrize("a_star, level", [(0.3, 0.1), (8, 0.7), (-30, 2.0), (600, 0.01)])
@mpmath.workdps(600)
def test_logarithms_of_constants_against_many_digits(a_star, level):
    """One example of length one: ends by mpmath's own root finder, from KL's definition."""
    a, height = mpmath.mpf(abs(a_star)), mpmath.mpf(level)
    y, s = 1 / (1 + mpmath.exp(-a)), lambda t: mpmath.log(1 + mpmath.exp(t))

    def kl(t):
        return y * (s(-t) - s(-a)) + (1 - y) * (s(t) - s(a))

    def slope(t):
        return 1 / (1 + mpmath.exp(-t)) - y

    def root(low, high):
        """By bisection, from where kl is below the height to where it is above."""
        while abs(high - low) > abs(high) * mpmath.mpf(10) ** -30:
            middle = (low + high) / 2
            low, high = (middle, high) if kl(middle) < height else (low, middle)
        return high

    ends = root(a, a + (height + s(-a)) / (1 - y)), root(a, -height / y - s(-a) - 1)
    exact = [
        min(-abs(t) - 2 * mpmath.log(1 + mpmath.exp(-abs(t))) for t in ends),
        min(mpmath.log(slope(t) ** 2 / (2 * height)) for t in ends),
        min(mpmath.log(2 * height / (t - a) ** 2) for t in ends),
    ]
    found = [constant([[1.0]], [a_star], level, log=True) for constant in CONSTANTS]
    assert found == pytest.approx([float(value) for value in exact], rel=1e-10, abs=1e-10)


def test_a_constant_below_every_logarithm_is_told():
    with pytest.warns(ld.objective.RangeWarning, match="even a logarithm"):
        assert ld.pl_constant([[1.0]], [800.0], 0.1, log=True) == -np.inf


def test_the_faintest_level_is_rounded_up():
    """Squares of reaches would underflow: the constant is that of level 0, and no more."""
    for constant in CONSTANTS:
        at, above = (constant(np.eye(2), [1.0, 1.0], level) for level in (0, 5e-324))
        assert above == pytest.approx(at, rel=1e-12)


def test_what_overflows_is_refused_by_name(rng):
    X = rng.standard_normal((3, 2))
    with pytest.raises(ValueError, match="^X: the result leaves the floating-point range"):
        ld.loss_hessian(np.zeros(3), 1e200 * X, [1e-200, 0, 0])
    with pytest.raises(ValueError, match="^level: n times it overflows"):
        ld.pl_constant(X, [1.0, 2, 3], 1.7e308)
    with pytest.raises(ValueError, match="^w_star: logits overflow"):
        ld.pl_constant(1e200 * X, [1e200, 2, 3], 0.1)


def test_the_remainder_of_the_loss_is_a_loss(rng):
    """Two routes to L(v) - L(w) - grad L(w).(v - w): KL is its own Bregman divergence."""
    X, (v, w, w_star) = rng.standard_normal((4, 3)), rng.standard_normal((3, 4))
    direct = ld.loss(v, X, w_star) - ld.loss(w, X, w_star)
    direct -= ld.loss_gradient(w, X, w_star) @ (v - w)
    assert ld.loss(v, X, w) == pytest.approx(direct, rel=1e-12)
