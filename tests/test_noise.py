"""Imperfect teachers: the law of the noisy student, its optimum, and what labels are worth."""

import numpy as np
import pytest
import scipy

import linear_distillation as ld
from linear_distillation.noise import (
    best_ridge,
    best_share,
    best_split,
    best_stop,
    cross_entropy_student,
    interpolating_student,
    label_covariance,
    label_value,
    noisy_angles,
    noisy_cosine,
    noisy_moments,
    noisy_risk,
    stopped_student,
)


def drawn(n, d, s, size, rng):
    """Students (size, d) of noisy logits on Gaussian examples, by the formula."""
    X = rng.standard_normal((size, n, d))
    z = X[..., 0] + s * rng.standard_normal((size, n))
    return np.swapaxes(X, 1, 2) @ np.linalg.solve(X @ np.swapaxes(X, 1, 2), z[..., None])


# Students


def test_independent_columns_give_the_shortest_interpolant():
    rng = np.random.default_rng(0)
    X, z = rng.standard_normal((7, 4)), rng.standard_normal(4)
    w = interpolating_student(X, z)
    assert w @ X == pytest.approx(z, abs=1e-13)
    assert w == pytest.approx(np.linalg.lstsq(X.T, z)[0], abs=1e-13)


def test_logits_of_a_linear_teacher_give_the_distilled_student():
    rng = np.random.default_rng(1)
    for n in (3, 5, 12):
        X, w_star = rng.standard_normal((5, n)), rng.standard_normal(5)
        w = interpolating_student(X, X.T @ w_star)
        assert w == pytest.approx(ld.distilled_student(X, w_star), abs=1e-12)


@pytest.mark.parametrize("size", [1e-3, 1.0, 5.0])
def test_more_examples_than_dimensions_minimise_the_cross_entropy(size):
    rng = np.random.default_rng(2)
    X, z = rng.standard_normal((3, 40)), size * rng.standard_normal(40)
    y = scipy.special.expit(z)

    def entropy(w):
        return (np.logaddexp(0, w @ X) - y * (w @ X)).mean()

    found = scipy.optimize.minimize(entropy, np.zeros(3), tol=1e-12).x
    w = interpolating_student(X, z)
    assert w == pytest.approx(found, abs=2e-5 * max(size, 0.01))
    assert np.abs(X @ (scipy.special.expit(w @ X) - y)).max() < 1e-12 * 40
    assert w == pytest.approx(cross_entropy_student(X, y), rel=1e-8)


def test_dependent_columns_leave_the_span_alone():
    X = np.array([[1.0, 1, 2], [0, 0, 0], [1, 1, -2]])
    w = interpolating_student(X, [1.0, 3.0, 0.5])
    assert abs(w[1]) <= np.finfo(float).eps * np.linalg.norm(w)  # 0 on most processors
    mean = scipy.special.expit([1.0, 3.0]).mean()
    assert w @ X[:, 0] == pytest.approx(scipy.special.logit(mean), rel=1e-12)
    assert w @ X[:, 2] == pytest.approx(0.5, rel=1e-12)


def test_hard_labels_that_can_be_separated_have_no_best_student():
    X = np.array([[1.0, 2, -1], [0, 1, 1]])
    with pytest.raises(ValueError, match="labels: no student is best"):
        cross_entropy_student(X, [1.0, 1, 0])
    with pytest.raises(ValueError, match="labels: no student is best"):  # along (1, -2) they can
        cross_entropy_student(np.hstack([X, X]), [1.0, 1, 0, 1, 0, 0])
    w = cross_entropy_student(np.hstack([X, X, X]), [1.0, 1, 0, 1, 0, 0, 0, 1, 1])
    means = scipy.special.expit(w @ X)
    assert X @ (means - np.array([2, 2, 1]) / 3) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("labels", [[0.5, 1.01], [-1e-9, 0.5]])
def test_labels_outside_are_told(labels):
    with pytest.raises(ValueError, match=r"labels: .*\[0, 1\]"):
        cross_entropy_student(np.eye(2), labels)


# The law


TEN = [(1, 12, 0.5), (3, 14, 1.0), (6, 18, 2.0), (2, 30, 0.5), (10, 30, 0.1), (15, 30, 0.5),
       (20, 30, 0.3), (40, 60, 1.0), (30, 100, 0.7), (90, 100, 0.2)]  # fmt: skip
FALSE_ALARM = 1e-3  # of all of them, by the normal limit of means of 2000
# d - n >= 8: nearer to d the squared distance is too heavy in its tail for that limit.


@pytest.mark.parametrize("n, d, s", TEN)
def test_moments_are_those_of_drawn_students(n, d, s):
    w = drawn(n, d, s, 2000, np.random.default_rng([n, d]))[..., 0]
    found, square = noisy_moments(n, d, s), np.square(w).sum(axis=1)
    cases = (
        (w[:, 0], found.along, found.along_variance),
        (square, found.square, found.square_variance),
        (square - 2 * w[:, 0] + 1, found.error, found.error_variance),
    )
    far = scipy.stats.norm.isf(FALSE_ALARM / 2 / len(TEN) / len(cases))
    for values, mean, variance in cases:
        assert abs(values.mean() - mean) < far * np.sqrt(variance / len(values))


@pytest.mark.parametrize(
    "n, d, s", [(1, 8, 0.5), (3, 8, 1.0), (5, 8, 0.2), (6, 12, 2.0), (15, 30, 0.0), (24, 30, 0.3)]
)
def test_moments_near_the_dimension_are_those_of_drawn_students(n, d, s):
    """By the deviations that are seen, as some of the exact ones are infinite."""
    w = drawn(n, d, s, 2000, np.random.default_rng([n, d]))[..., 0]
    found, square = noisy_moments(n, d, s), np.square(w).sum(axis=1)
    cases = (w[:, 0], found.along), (square, found.square), (square - 2 * w[:, 0] + 1, found.error)
    for values, mean in cases:
        stderr = values.std(ddof=1) / np.sqrt(len(values))
        assert abs(values.mean() - mean) < 4 * stderr + 1e-12


def test_variances_are_those_of_drawn_students():
    w = drawn(10, 30, 0.8, 40_000, np.random.default_rng(3))[..., 0]
    found = noisy_moments(10, 30, 0.8)
    assert w[:, 0].var() == pytest.approx(found.along_variance, rel=0.04)
    square = np.square(w).sum(axis=1)
    assert square.var() == pytest.approx(found.square_variance, rel=0.08)
    assert (square - 2 * w[:, 0]).var() == pytest.approx(found.error_variance, rel=0.08)


@pytest.mark.parametrize(
    "n, d, s", [(1, 1, 0.5), (1, 4, 1.0), (3, 4, 0.5), (4, 4, 2.0), (10, 20, 0.5)]
)
def test_angles_have_the_law_of_drawn_students(n, d, s):
    rng = np.random.default_rng([4, n, d])
    w = drawn(n, d, s, 4000, rng)[..., 0]
    phi = np.arctan2(np.linalg.norm(w[:, 1:], axis=1), w[:, 0])
    ours = noisy_angles(n, d, s, 20_000, rng)
    assert scipy.stats.ks_2samp(phi, ours).pvalue > 1e-4


def test_moments_beyond_their_range_are_infinite():
    assert noisy_moments(7, 8, 0.5).error == np.inf
    assert noisy_moments(7, 8, 0.0).error == pytest.approx(1 / 8)
    assert np.isfinite(noisy_moments(6, 8, 0.5).error)


def test_the_limit_is_reached():
    """Values: d = 200, s = 1/2."""
    risks = [noisy_angles(n, 200, 0.5, 100_000, n).mean() / np.pi for n in (20, 140, 180)]
    assert risks == pytest.approx([0.411, 0.288, 0.330], abs=1e-3)
    assert noisy_risk(np.array([0.1, 0.7, 0.9]), 0.5) == pytest.approx(
        [0.410, 0.288, 0.331], abs=6e-4
    )
    for n, near in ((1000, 2e-3), (100_000, 2e-5)):
        angle = noisy_angles(n * 7 // 10, n, 0.5, 10_000, 5)
        assert np.cos(angle.mean()) == pytest.approx(noisy_cosine(0.7, 0.5), abs=near)


@pytest.mark.parametrize("s", [0.0, 1e-6, 0.1, 0.5, 3.0, 1e6])
def test_the_best_share_is_the_best(s):
    best = best_share(s)
    grid = np.linspace(1e-3, 1, 5001)
    assert noisy_cosine(grid, s).max() <= noisy_cosine(best, s) * (1 + 1e-12)
    assert noisy_cosine(best, s) == pytest.approx(1 / (np.hypot(1, s) + s), rel=1e-12)
    assert s == 0 or noisy_risk(1.0, s) == 0.5


def split_cosine(share, budget, s):
    """Signal over length, with the mean squared length of noise that E tr K^-1 has in the limit."""
    noise = s * s * share / budget * np.minimum(share, 1) / abs(1 - share)
    return np.minimum(share, 1) / np.sqrt(np.minimum(share, 1) + noise)


@pytest.mark.parametrize("s", [0.1, 0.5, 1.0, 3.0, 9.0, 20.0])
@pytest.mark.parametrize("budget", [0.2, 0.9, 1.5, 4.0, 40.0])
def test_the_best_split_is_the_best(budget, s):
    split = best_split(budget, s)
    shares = budget / np.geomspace(1, 1000 * budget + 1000, 4001)
    others = split_cosine(shares[shares != 1], budget, s)
    assert others.max() == pytest.approx(split.cosine, rel=1e-4)
    assert others.max() <= split.cosine * (1 + 1e-12)
    assert split.share * split.repeats == pytest.approx(budget)
    assert split_cosine(split.share, budget, s) == pytest.approx(split.cosine)
    new = budget + s * np.sqrt(budget) <= 1 or (
        budget > 1 and s < 2 * np.sqrt(budget) * (budget - 1)
    )
    assert (split.repeats == 1) == new


@pytest.mark.parametrize("budget, s", [(2.0, 0.5), (1.2, 2.0)])
def test_a_split_reaches_its_cosine(budget, s):
    """Least squares of a thousand answers or so, repeated or on new examples.

    Up to four standard errors, and the 1/d of a share that d has not, and of a limit.
    """
    rng, d = np.random.default_rng([11, int(budget)]), 150
    split, cosines = best_split(budget, s), []
    k = round(split.repeats)
    for _ in range(60):
        X = rng.standard_normal((d, round(budget * d / k)))
        z = X[0] + s / np.sqrt(k) * rng.standard_normal(X.shape[1])
        w = np.linalg.lstsq(X.T, z)[0]
        cosines.append(w[0] / np.linalg.norm(w))
    told = split_cosine(budget / k, budget, s)
    error = 4 * np.std(cosines, ddof=1) / np.sqrt(len(cosines))
    assert abs(np.mean(cosines) - told) < error + 1 / d
    assert told == pytest.approx(split.cosine, abs=0.005)


# What repairs it


def test_the_ridge_of_left_out_logits_removes_the_peak():
    rng, d, s = np.random.default_rng(6), 40, 0.5
    cosines = []
    for _ in range(30):
        X = rng.standard_normal((d, 38))
        z = X[0] + s * rng.standard_normal(38)
        w = best_ridge(X, z, np.geomspace(0.1, 1000, 20)).student
        v = interpolating_student(X, z)
        cosines.append((w[0] / np.linalg.norm(w), v[0] / np.linalg.norm(v)))
    ridge, without = np.mean(cosines, axis=0)
    assert ridge > noisy_cosine(best_share(s), s) > without + 0.1


def test_left_out_errors_are_those_of_students_without_an_example():
    rng = np.random.default_rng(7)
    X, z = rng.standard_normal((5, 6)), rng.standard_normal(6)
    ridges, times = np.array([0.5, 2.0]), np.array([0.0, 0.1, 1.0])
    others = [np.delete(np.arange(6), i) for i in range(6)]
    by_ridge = [
        [
            X[:, i] @ np.linalg.solve(X[:, o] @ X[:, o].T + r * np.eye(5), X[:, o] @ z[o])
            for r in ridges
        ]
        for i, o in enumerate(others)
    ]
    by_time = [
        [X[:, i] @ stopped_student(X[:, o], z[o], t) for t in times] for i, o in enumerate(others)
    ]
    assert best_ridge(X, z, ridges).errors == pytest.approx(
        np.square(by_ridge - z[:, None]).mean(axis=0)
    )
    chosen = best_stop(X, z, times)
    assert chosen.errors == pytest.approx(np.square(by_time - z[:, None]).mean(axis=0))
    assert chosen.student == pytest.approx(stopped_student(X, z, chosen.value))


def test_a_stopped_student_follows_the_flow():
    rng = np.random.default_rng(8)
    X, z = rng.standard_normal((4, 6)), rng.standard_normal(6)
    flow = scipy.integrate.solve_ivp(
        lambda t, w: X @ (z - X.T @ w), (0, 0.7), np.zeros(4), rtol=1e-10, atol=1e-12
    )
    assert stopped_student(X, z, 0.7) == pytest.approx(flow.y[:, -1], abs=1e-8)
    X = X[:, :3]
    assert stopped_student(X, z[:3], 1e6) == pytest.approx(interpolating_student(X, z[:3]))


# What a label is worth


def test_hard_labels_scatter_as_told():
    """n times the mean squared error of trained students, and of the mean of four."""
    rng, n, w_star = np.random.default_rng(9), 2000, np.array([1.0, -0.5, 0.3])
    points = rng.standard_normal((3, 60_000))
    for k in (1, 4):
        v = scipy.special.expit(w_star @ points)
        told = np.trace(label_covariance(points, w_star, v * (1 - v) / k))
        errors = []
        for _ in range(150):
            X = rng.standard_normal((3, n))
            y = rng.binomial(k, scipy.special.expit(w_star @ X)) / k
            errors.append(n * np.square(cross_entropy_student(X, y) - w_star).sum())
        assert abs(np.mean(errors) - told) < 4 * np.std(errors) / np.sqrt(150) + 0.02 * told
        assert label_value(points, w_star, v * (1 - v) / k) == pytest.approx(k)


def test_exact_labels_are_worth_any_number_of_hard_ones():
    X, w_star = np.array([[1.0, 0, 2], [0, 1, 1]]), np.array([1.0, 2])
    assert label_value(X, w_star, np.zeros(3)) == np.inf
    assert not label_covariance(X, w_star, np.zeros(3)).any()
    with pytest.raises(ValueError, match=r"variance: a label in \[0, 1\]"):
        label_value(X, w_star, np.full(3, 0.3))
    with pytest.raises(np.linalg.LinAlgError, match="X: its points"):
        label_covariance(X[:, :1], w_star)


def test_numbers_out_of_range_are_told():
    for call in (
        lambda: noisy_cosine(1.5, 0.5),
        lambda: noisy_angles(5, 4, 0.5, 2, 0),
        lambda: best_share(-0.1),
        lambda: best_split(0.0, 1.0),
        lambda: best_ridge(np.eye(2), [1.0, 2], [0.0]),
        lambda: best_stop(np.eye(2)[:, :1], [1.0], [1.0]),
        lambda: interpolating_student(np.zeros((2, 2)), [1.0, 1.0]),
    ):
        with pytest.raises(ValueError, match=r"^(share|n|noise|budget|ridges|X): "):
            call()
