"""Where each check of an argument draws its line: the last that passes, the first beyond."""

import numpy as np
import pytest

from linear_distillation import SymmetricTask
from linear_distillation import _checks as checks
from linear_distillation.laws import PowerLaw

LEAST, RIGHT_ANGLE = 5e-324, np.pi / 2
ONE, TEACHER = np.ones((2, 1)), np.ones(2)


def weights(value):
    return checks.as_weights("v", value, 2)


PASSES = [
    (checks.as_count, [1, np.int8(1), np.uint64(7), 10**300]),
    (checks.as_counts, [1, [1], [3, 1], np.array([2**62]), np.array([1], dtype=np.uint8)]),
    (checks.as_jobs, [-1, 1, np.int64(2)]),
    (checks.as_flag, [True, np.False_]),
    (checks.as_finite, [0, [LEAST], np.longdouble(1), 1.7e308]),
    (checks.as_extended, [np.inf, [-np.inf, 0]]),
    (checks.as_positive, [LEAST, 1e308]),
    (checks.as_level, [0, LEAST]),
    (checks.as_tolerance, [1e-15, np.nextafter(1, 0)]),
    (checks.as_angle, [0, RIGHT_ANGLE]),
    (checks.as_teacher, [[0, LEAST], [1]]),
    (checks.as_examples, [ONE, np.ones((3, 2, 1))]),
    (weights, [None, [0, 1], [0.5, 0.5 + 0.99e-12], [0.5, 0.5 - 0.99e-12]]),
]
REFUSES = [
    (checks.as_count, [0, True, 1.0, 2 * 10**300, np.array([1])]),
    (checks.as_counts, [0, [0, 1], [1.0], [2**62 + 2**10], [[1]], [], [True]]),
    (checks.as_jobs, [0, 1.0, True]),
    (checks.as_flag, [0, 1, None, "True"]),
    (checks.as_finite, [np.inf, np.nan, [], True, np.longdouble("1e4000"), [np.ma.masked]]),
    (checks.as_extended, [np.nan, [], True, [[1], [1, 2]]]),
    (checks.as_positive, [0, -LEAST, [1.0]]),
    (checks.as_level, [-LEAST, [1.0]]),
    (checks.as_tolerance, [0.99e-15, 1]),
    (checks.as_angle, [-LEAST, np.nextafter(RIGHT_ANGLE, 2)]),
    (checks.as_teacher, [[0, 0], [[1]], 1]),
    (checks.as_examples, [[1], 1]),
    (weights, [[-LEAST, 1], [0.5, 0.5 + 1.01e-12], [0.5, 0.5 - 1.01e-12], [1], [[0.5, 0.5]]]),
]


def call(check, value):
    return weights(value) if check is weights else check("v", value)


@pytest.mark.parametrize("check, values", PASSES)
def test_the_last_that_passes(check, values):
    for value in values:
        call(check, value)


@pytest.mark.parametrize("check, values", REFUSES)
def test_the_first_that_does_not(check, values):
    for value in values:
        with pytest.raises(ValueError, match="^v: "):
            call(check, value)


def test_what_checks_return():
    assert checks.as_counts("v", 3).tolist() == [1, 2, 3]
    assert checks.as_counts("v", np.array([2, 5], dtype=np.uint64)).dtype == np.int64
    assert weights([0.5, 0.5 + 0.9e-12]).sum() == 1 and weights(None).tolist() == [0.5, 0.5]
    assert type(checks.as_count("v", np.int8(2))) is int
    assert checks.as_finite("v", np.float16(0.5)).dtype == float


@pytest.mark.parametrize("check", [checks.as_extended, checks.as_teacher])
def test_what_is_kept_is_copied(check):
    given = np.array([1.0, 2.0])
    assert not np.shares_memory(check("v", given), given)
    assert not np.shares_memory(checks.as_times(given), given)
    assert not np.shares_memory(checks.as_start(given, given), given)


@pytest.mark.parametrize("times", [[-LEAST, 1], [1, np.nextafter(1, 0)], [], [[1.0]], [np.inf]])
def test_times_are_in_order(times):
    assert checks.as_times(None) is None
    assert checks.as_times([0, 0, 2, 2]).tolist() == [0, 0, 2, 2]
    with pytest.raises(ValueError, match="^times: "):
        checks.as_times(times)


def test_sets_and_starts_fit_their_teacher():
    assert checks.as_transfer_set(ONE, TEACHER)[0].shape == (2, 1)
    for X in (np.ones((3, 1)), np.ones((1, 2, 1)), np.ones((2, 0))):
        with pytest.raises(ValueError, match="^X: "):
            checks.as_transfer_set(X, TEACHER)
    with pytest.raises(ValueError, match="^w0: expected length 2, got 3"):
        checks.as_start([1, 2, 3], TEACHER)


@pytest.mark.parametrize("log_value", [-745.0, 709.0, [-745.0, 0, 709]])
def test_numbers_that_a_float_holds_are_not_told(log_value):
    assert checks.out_of_log(log_value, False, "f") == pytest.approx(np.exp(log_value), rel=1e-15)


@pytest.mark.parametrize("log_value", [-746.0, 710.0, np.array([0, -746.0])])
def test_numbers_beyond_the_floats_are_told(log_value):
    with pytest.warns(checks.RangeWarning, match="^f: leaves the floating-point range; log=True"):
        value = checks.out_of_log(log_value, False, "f")
    with np.errstate(over="ignore"):
        assert np.array_equal(value, np.exp(log_value))
    assert np.array_equal(checks.out_of_log(log_value, True, "f"), log_value)
    with pytest.warns(checks.RangeWarning, match="beyond even a logarithm"):
        checks.out_of_log(-np.inf, True, "f")


def test_tasks_draw_and_have_a_teacher():
    class Task:
        dim, teacher = 2, TEACHER

        def sample(self, n, rng):
            return np.ones((2, n))

    own = Task()
    assert checks.as_task("v", own) is own
    for value in (Task, None, TEACHER):
        with pytest.raises(TypeError, match="^v: expected a task, got"):
            checks.as_task("v", value)


def test_a_task_is_recognised_without_its_teacher():
    """At d = 1e9 it would be an array of 8 GB."""
    task = SymmetricTask(PowerLaw(1), 10**9)
    assert checks.as_task("task", task) is task
    assert "teacher" not in vars(task)


@pytest.mark.parametrize("n", [2**1100, 10**400])
def test_a_message_does_not_spell_out_hundreds_of_digits(n):
    digits = len(str(n))
    with pytest.raises(ValueError, match=f"^n: .* got a number of {digits} digits$"):
        checks.as_count("n", n)
    for k in range(31, 99):  # first digits of all kinds
        for large in (10**k, 6 * 10**k, 10 ** (k + 1) - 1, -(10**k)):
            with pytest.raises(ValueError, match=f" {len(str(abs(large)))} digits$"):
                checks.as_count("n", -abs(large))
    with pytest.raises(ValueError, match="^n: expected at most 2.53, got a number of 290 digits$"):
        checks.as_number("n", 10**289)
