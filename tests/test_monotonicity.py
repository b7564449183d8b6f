"""Nested sets and the angles of their students: Figure 5, ties, awkward values."""

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st
from statistics_rules import agrees

import linear_distillation as ld
from linear_distillation.chain import draw_sets
from linear_distillation.monotonicity import project_nested, share


@pytest.fixture(scope="module")
def figure5():
    """The learners of Figure 5 on its task, 4000 transfer sets."""
    rng, task = np.random.default_rng(5), ld.PolynomialTask(1, 100)
    X = draw_sets(task, 21, 4000, rng)
    biased = ld.monotonicity.biased_steps(X, task.teacher, [0, 0.1, 1, 10], rng)
    return task, biased, ld.monotonicity.hard_label_steps(X[:3000], task.teacher, [np.inf])


def mean(values):
    return ld.risk.Estimate(values.mean(), values.std() / len(values) ** 0.5, len(values), 0.0)


def test_figure5_values(figure5):
    """Computed beforehand by independent code: see the chapter on strong monotonicity."""
    task, biased, hard = figure5
    risks = [mean(ld.risk.angle_risk(psi, task)) for psi in (*biased.before, *hard.before)]
    for risk, value, digits in zip(
        risks,
        [1.19e-3, 0.0228, 0.174, 0.413, 0.0307],
        [5e-6, 5e-5, 5e-4, 5e-4, 5e-5],
        strict=True,
    ):
        assert agrees(risk, value, digits)
    indices = [mean(fell) for fell in (~biased.tied & (biased.after < biased.before)).astype(float)]
    for index, value in zip(indices[1:], [0.96, 0.77, 0.58], strict=True):
        assert agrees(index, value, 0.01)
    assert indices[0].mean == 1
    shares = ld.monotonicity.monotonicity_index(hard)
    for found, value in ((shares.index, 0.29), (shares.ties, 0.52), (shares.rises, 0.19)):
        assert agrees(ld.risk.Estimate(found.value[0], 0.0091, 3000, 0.0), value, 0.01)


def test_steps_are_those_of_students_trained_twice(rng):
    X, w_star = rng.standard_normal((30, 8, 5)), rng.standard_normal(8)
    hard = ld.monotonicity.hard_label_steps(X, w_star, [3.0, np.inf])
    for row, learn in enumerate(
        [lambda X, w: ld.students.hard_label_flow(X, w, [3.0])[0], ld.hard_label_student]
    ):
        for angle, part in ((hard.before, X[:, :, :4]), (hard.after, X)):
            expected = ld.geometry.vector_angle(learn(part, w_star), w_star)
            assert angle[row] == pytest.approx(expected, abs=1e-7)
    soft = ld.monotonicity.biased_steps(X, w_star, [0.0, 2.0], np.random.default_rng(3))
    g = np.random.default_rng(3).standard_normal((30, 8))
    for row, delta in enumerate([0.0, 2.0]):
        for angle, part in ((soft.before, X[:, :, :4]), (soft.after, X)):
            student = ld.biased_student(part, w_star / np.linalg.norm(w_star), delta, g=g)
            assert angle[row] == pytest.approx(ld.geometry.vector_angle(student, w_star), abs=1e-7)


def test_nested_projections_of_dependent_columns(rng):
    X = rng.standard_normal((3, 6, 4))
    X[1, :, 3] = X[1, :, 0]
    v = rng.standard_normal((3, 6, 2))
    found = project_nested(X, v)
    for i in range(3):
        for j in range(2):
            assert found[j, 0, i] == pytest.approx(
                ld.geometry.project(X[i, :, :3], v[i, :, j]), abs=1e-12
            )
            assert found[j, 1, i] == pytest.approx(ld.geometry.project(X[i], v[i, :, j]), abs=1e-12)


def test_an_example_seen_before_is_a_tie(rng):
    X, w_star = rng.standard_normal((5, 6, 3)), rng.standard_normal(6)
    X = np.concatenate([X, X[:, :, :1]], axis=2)
    assert ld.monotonicity.biased_steps(X, w_star, [0.0, 1.0], rng).tied.all()
    assert ld.monotonicity.hard_label_steps(X, w_star, [np.inf]).tied.all()
    shares = ld.monotonicity.monotonicity_index(
        ld.monotonicity.hard_label_steps(X, w_star, [np.inf])
    )
    assert shares.ties.value == [1] and np.isnan(shares.moved.value[0])


def test_ties_of_the_largest_margin(rng):
    """A tie leaves the student as it is; any other new example turns it."""
    X, w_star = rng.standard_normal((400, 10, 6)), rng.standard_normal(10)
    step = ld.monotonicity.hard_label_steps(X, w_star, [np.inf])
    before, after = (ld.hard_label_student(part, w_star) for part in (X[:, :, :5], X))
    turned = ld.line_angle(before, after)
    assert 0.1 < step.tied.mean() < 0.9
    assert turned[step.tied[0]].max() < 1e-10 < 1e-6 < turned[~step.tied[0]].min()


def test_distilled_never_moves_away(rng):
    X, w_star = rng.standard_normal((200, 7, 4)), rng.standard_normal(7)
    shares = ld.monotonicity.monotonicity_index(ld.monotonicity.biased_steps(X, w_star, [0.0], rng))
    assert shares.index.value == [1] and shares.rises.value == [0]
    assert shares.index.low[0] == pytest.approx(0.025 ** (1 / 200))


@given(st.integers(1, 60), st.integers(0, 60), st.floats(0.5, 0.999))
def test_share_is_the_interval_of_clopper_and_pearson(draws, hits, level):
    hits = min(hits, draws)
    found = share(hits, draws, level)
    exact = scipy.stats.binomtest(hits, draws).proportion_ci(level, method="exact")
    assert (found.low, found.high) == pytest.approx((exact.low, exact.high), abs=1e-12)


def shares(values, reach):
    values = np.array(values, dtype=float)
    return ld.monotonicity.Share(values, values - reach, values + reach)


def test_rank_correlation():
    x, y = shares([1, 2, 3, 4], 0.1), shares([4, 3, 1, 2], 0.1)
    exact = ld.monotonicity.rank_correlation(x, y)
    assert exact.value == pytest.approx(scipy.stats.kendalltau(x.value, y.value).statistic)
    assert exact.low == exact.value == exact.high
    blurred = ld.monotonicity.rank_correlation(x, shares([4, 3, 1, 2], 0.6))
    assert blurred.low == -1 and blurred.high == pytest.approx(0)
    assert blurred.low <= exact.value <= blurred.high


def test_a_tie_of_two_examples():
    """The second example has the larger margin, so that the first alone decides."""
    X = np.array([[[0.5, 0.5], [0.1, 0.1]]])
    step = ld.monotonicity.hard_label_steps(X, [1, 0], [np.inf])
    assert step.tied.tolist() == [[True]]
    turned = np.array([[[0.5, 0.5], [0.1, -0.4]]])
    assert ld.monotonicity.hard_label_steps(turned, [1, 0], [np.inf]).tied.tolist() == [[False]]


def test_angles_that_are_no_numbers_are_refused():
    step = ld.monotonicity.Step(
        np.array([[0.1, np.nan]]), np.array([[0.1, 0.2]]), np.zeros((1, 2), dtype=bool)
    )
    with pytest.raises(ValueError, match="^step: an angle is NaN"):
        ld.monotonicity.monotonicity_index(step)
    good, bad = shares([1, 2], 0.1), shares([1, np.nan], 0.1)
    for name, pair in (("x", (bad, good)), ("y", (good, bad))):
        with pytest.raises(ValueError, match=f"^{name}: holds NaN"):
            ld.monotonicity.rank_correlation(*pair)


DATES = np.array(["2020-01-01"], "M8[D]")


@pytest.mark.parametrize("times", [["1"], [1j], [[1.0, 2.0]], DATES], ids=str)
def test_times_are_real_numbers(times):
    with pytest.raises(ValueError, match="^times: "):
        ld.monotonicity.hard_label_steps(np.ones((4, 3, 2)), [1, 2, 3], times)


def test_equal_values_count_for_neither_order():
    x, y = shares([1, 1, 2], 0.1), shares([1, 2, 3], 0.1)
    assert ld.monotonicity.rank_correlation(x, y).value == pytest.approx(2 / 3)  # tau-a


@pytest.mark.parametrize("size", [1e-200, 1e-10, 1e10, 1e200, 1e300])
def test_a_large_delta_leaves_the_biased_part_alone(size):
    """Angles tend to those of q; nothing overflows."""
    X, w_star = np.random.default_rng(0).standard_normal((20, 4, 3)), np.ones(4)
    step = ld.monotonicity.biased_steps(
        size * X, w_star, [1e20, 1e200, 1e308], np.random.default_rng(1)
    )
    assert not step.tied.any()
    assert step.before[1:] == pytest.approx(np.tile(step.before[0], (2, 1)), abs=1e-12)
    assert step.after[1:] == pytest.approx(np.tile(step.after[0], (2, 1)), abs=1e-12)
