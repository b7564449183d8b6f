"""Three routes to the law of the student's angle: the chain, Bartlett, plain data."""

import numpy as np
import pytest
import scipy.stats
from statistics_rules import follows, same_law

import linear_distillation as ld
from linear_distillation.chain import blocks, draw_sets, squared_cotangents

CASES = [
    (ld.PolynomialTask(1, 6), 1),
    (ld.PolynomialTask(1, 6), 3),
    (ld.PolynomialTask(0.3, 6), 5),
    (ld.PolynomialTask(3, 3), 2),
    (ld.IsotropicTask(4), 3),
    (ld.MarginTask(0.3, 30), 10),
    (ld.PolynomialTask(2, 200), 20),
]


@pytest.mark.parametrize("task, n", CASES)
def test_chain_bartlett_and_data_agree_in_law(task, n, rng):
    chain = ld.chain.student_angles(task, n, 20_000, rng)
    assert same_law(chain, ld.chain.bartlett_angles(task, n, 20_000, rng))
    assert same_law(chain, ld.chain.data_angles(task, n, 4000, rng))


@pytest.mark.parametrize("shift", [-1, 1])
def test_the_comparison_sees_one_dimension_too_many(shift, rng):
    task, wrong = ld.PolynomialTask(1, 6), ld.PolynomialTask(1, 6 + shift)
    angles = ld.chain.student_angles(wrong, 4, 20_000, rng)
    assert not same_law(angles, ld.chain.bartlett_angles(task, 4, 20_000, rng))
    assert not same_law(angles, ld.chain.data_angles(task, 4, 20_000, rng))


@pytest.mark.parametrize("d, n", [(3, 1), (10, 4), (10, 9), (10**7, 5)])
def test_isotropic_students_have_a_beta_law(d, n, rng):
    phi = ld.chain.student_angles(ld.IsotropicTask(d), n, 20_000, rng)
    assert follows(np.sin(phi) ** 2, scipy.stats.beta((d - n) / 2, n / 2).cdf)


def test_one_example_has_its_own_angle(rng):
    task = ld.PolynomialTask(0.8, 12)
    assert follows(np.pi / 2 - ld.chain.student_angles(task, 1, 5000, rng), task.tail.near)


@pytest.mark.parametrize("n", [4, 5, 50])
def test_as_many_examples_as_dimensions_leave_no_angle(n, rng):
    assert (ld.chain.student_angles(ld.PolynomialTask(1, 4), n, 100, rng) == 0).all()


def test_at_any_dimension_the_limit_is_the_sum_of_squares(rng):
    task = ld.PolynomialTask(1, 10**9)
    cot = np.tan(task.tail.draw((20_000, 8), rng))
    assert same_law(
        ld.chain.student_angles(task, 8, 20_000, rng), np.arctan(1 / np.sqrt((cot**2).sum(axis=1)))
    )


@pytest.mark.parametrize("dim", [10**3, 10**6, 10**9])
def test_blocks_and_whole_runs_have_one_law(dim, rng):
    task = ld.PolynomialTask(0.7, dim)
    *_, q = squared_cotangents(task, 20, 20_000, rng)
    assert same_law(np.arctan(1 / np.sqrt(q)), ld.chain.student_angles(task, 20, 20_000, rng))


def test_blocks_cover_everything_once():
    assert [len(range(10)[block]) for block in blocks(10, 4)] == [4, 4, 2]
    assert ld.chain.student_angles(ld.PolynomialTask(1, 9), 2, 9000, np.random.default_rng(0)).all()


def test_tasks_without_symmetry_are_refused(rng):
    task = ld.MixtureTask([[1, 0, 0]], 1.0)
    for route in (ld.chain.student_angles, ld.chain.bartlett_angles):
        with pytest.raises(TypeError, match="MixtureTask has no rotational symmetry"):
            route(task, 2, 10, rng)
    assert ld.chain.data_angles(task, 2, 10, rng).shape == (10,)


def test_bartlett_needs_fewer_examples_than_dimensions(rng):
    with pytest.raises(ValueError, match="n: the Bartlett factor needs n <= d - 1 = 3"):
        ld.chain.bartlett_angles(ld.IsotropicTask(4), 4, 10, rng)


def test_biased_angles_have_the_law_of_biased_students(rng):
    for d, n in ((2, 1), (3, 2), (6, 3), (20, 2)):
        task = ld.PolynomialTask(0.7, d)
        X, deltas = draw_sets(task, n, 6000, rng), [0.0, 0.3, 2.0]
        law = ld.chain.biased_angles(task, n, deltas, 6000, rng)
        for delta, psi in zip(deltas, law, strict=True):
            w = ld.biased_student(X, task.teacher, delta, rng)
            assert same_law(ld.geometry.vector_angle(w, task.teacher), psi)


def test_biased_angles_at_both_ends(rng):
    task = ld.PolynomialTask(1, 40)
    zero, huge, infinite = ld.chain.biased_angles(
        task, 5, [0.0, 1e9, np.inf], 1000, np.random.default_rng(8)
    )
    assert zero == pytest.approx(ld.chain.student_angles(task, 5, 1000, np.random.default_rng(8)))
    assert huge == pytest.approx(infinite, abs=1e-6)
    assert (ld.chain.biased_angles(task, 40, 3.0, 10, rng) == 0).all()


@pytest.mark.parametrize("delta", ["1", 1j, np.datetime64("2020-01-01"), np.nan])
def test_deltas_are_real_numbers(delta, rng):
    with pytest.raises(ValueError, match="^delta: "):
        ld.chain.biased_angles(ld.PolynomialTask(1, 4), 2, delta, 10, rng)
