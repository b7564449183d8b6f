"""Risks of several classes: finite sums, bounds by pairs, the isotropic limit, unseen classes."""

import numpy as np
import pytest

import linear_distillation as ld
from linear_distillation.class_risk import (
    FiniteClassTask,
    class_bound,
    class_risk,
    class_split_bound,
    expected_class_risk,
    isotropic_class_risk,
)
from linear_distillation.classes import class_student
from linear_distillation.spectrum import SpectrumLaw


def finite(C=3, d=4, k=7, seed=0):
    rng = np.random.default_rng(seed)
    return FiniteClassTask(
        rng.standard_normal((d, k)), rng.standard_normal((d, C)), rng.dirichlet(np.ones(k))
    )


@pytest.mark.parametrize("n", [1, 2, 5])
def test_two_classes_are_the_binary_library(n):
    task = finite(2)
    binary = ld.FiniteTask(task.points, task.weights, task.teacher @ [1, -1])
    risk = ld.expected_risk(binary, n).mean
    assert risk > 0 and expected_class_risk(task, n).mean == pytest.approx(risk, rel=1e-13)
    assert class_bound(task, n) == pytest.approx(ld.integral_bound(binary, n), rel=1e-13)
    assert class_split_bound(task, n) == pytest.approx(ld.theorem3_bound(binary, n), rel=1e-13)


@pytest.mark.parametrize("seed", range(20))
def test_the_bounds_hold_in_their_order(seed):
    rng = np.random.default_rng(seed)
    C, n = rng.integers(2, 5), int(rng.integers(1, 9))
    W = np.eye(6)[:, :C]  # aligned prototypes: small angles
    points = np.repeat(W - W.mean(axis=1, keepdims=True), 3, axis=1)[:, :8]
    task = FiniteClassTask(points + 0.1 * rng.standard_normal(points.shape), W)
    risk, bound = expected_class_risk(task, n).mean, class_bound(task, n)
    assert risk <= bound * (1 + 1e-12) and bound <= class_split_bound(task, n) * (1 + 1e-12)


def test_drawn_sets_estimate_the_sum():
    task = finite(4, k=8, seed=3)
    exact = expected_class_risk(task, 2).mean
    drawn = expected_class_risk(task, 2, 3000, 1)
    assert drawn.draws == 3000 and abs(drawn.mean - exact) < 5 * drawn.stderr
    with pytest.raises(ValueError, match=r"^n_sets: needed"):
        expected_class_risk(finite(k=17), 2)
    with pytest.raises(ValueError, match=r"^n_sets, rng: "):
        expected_class_risk(task, 2, 5)


def test_ties_are_decisions_of_their_own():
    task = FiniteClassTask([[1.0, 1, 0], [0, 1, 1]], [[1.0, 0, 0], [0, 1.0, 0]])
    assert task.classes.tolist() == [0, -1, 1]
    assert class_risk(task.teacher, task) == 0
    assert class_risk(0 * task.teacher, task) == 1  # all three share the largest logit
    assert class_risk([[1.0, 0, 0], [1.0, 0, 0]], task) == pytest.approx(2 / 3)
    assert class_bound(task, 1000) >= 1 / 3


def test_a_tie_of_the_teacher_stays_in_the_bounds():
    """Along the teacher nothing is lost but if only the example of no class was drawn."""
    task = FiniteClassTask([[1.0, -2, 0], [0, 0, 1]], [[1.0, -1], [0, 0]])
    for n in (1, 2, 50):
        exact = 1 / 3 + 2 / 3 * (1 / 3) ** n
        assert class_bound(task, n) == pytest.approx(exact, rel=1e-13)
        assert class_split_bound(task, n) == pytest.approx(exact, rel=1e-13)


def test_prototypes_meet_their_values():
    """Aligned prototypes in 30 dimensions: small risks, a bound that says something."""
    rng = np.random.default_rng(0)
    d, C = 30, 3
    W = np.eye(d)[:, :C] - 1 / C * (np.arange(d) < C)[:, None]

    def sample(m):
        return W[:, rng.integers(C, size=m)] + 0.1 * rng.standard_normal((d, m))

    task = FiniteClassTask(sample(3000), W)
    values = {n: expected_class_risk(task, n, 200, rng) for n in (10, 25)}
    for n, risk in values.items():
        assert risk.mean < 0.001 < class_bound(task, n) < class_split_bound(task, n) < 0.5
    assert class_bound(task, 25) < class_bound(task, 10) / 2


def teacher(C=5, d=300):
    return np.random.default_rng(1).standard_normal((d, C))


def test_the_isotropic_limit():
    for n in (100, 200):  # the spectrum's law of isotropic data has this limit
        law = SpectrumLaw(np.ones(300), teacher())
        assert law.risk(n) == pytest.approx(isotropic_class_risk(teacher(), n / 300), abs=6e-3)
    assert isotropic_class_risk(np.eye(7)[:, :5], 1 / 3) == pytest.approx(0.5466, abs=2e-3)
    assert isotropic_class_risk(np.eye(4)[:, :2], 0.25) == pytest.approx(1 / 3)
    assert isotropic_class_risk(teacher(), 1.0) == 0
    assert isotropic_class_risk(np.eye(5), 0.0) == pytest.approx(0.8, abs=3e-3)


def test_three_isotropic_classes_have_a_closed_form():
    """For three classes it is the chance of six normal logits; alike classes count once."""
    rng = np.random.default_rng(3)
    for share in (0.1, 0.5, 0.9):
        W = rng.standard_normal((4, 3)) * [1.0, 2.0, 0.3]
        g, rest = rng.standard_normal((2, 200_000, 4))
        student = np.sqrt(share) * g + np.sqrt(1 - share) * rest
        wrong = ((g @ W).argmax(axis=1) != (student @ W).argmax(axis=1)).mean()
        risk = isotropic_class_risk(W, share)
        assert abs(wrong - risk) < 5 * np.sqrt(risk / 200_000)
        assert isotropic_class_risk(W[:, [0, 1, 2, 1]] + 1, share) == pytest.approx(risk, abs=1e-12)
        assert isotropic_class_risk([[0.0, 1, 2]], share) == pytest.approx(
            np.arccos(np.sqrt(share)) / np.pi, abs=1e-12
        )
    assert isotropic_class_risk(np.eye(3), 0.0) == pytest.approx(2 / 3)
    assert isotropic_class_risk(np.eye(3), 1.0) == pytest.approx(0, abs=1e-12)


def test_sets_are_summed_in_blocks(monkeypatch):
    rng = np.random.default_rng(4)
    task = FiniteClassTask(rng.standard_normal((3, 6)), rng.standard_normal((3, 3)))
    whole = expected_class_risk(task, 2).mean
    drawn = [
        class_risk(class_student(task.points[:, [i, j]], task.teacher), task)
        for i in range(6)
        for j in range(6)
    ]
    assert whole == pytest.approx(np.mean(drawn), rel=1e-12)
    monkeypatch.setattr("linear_distillation.class_risk.BLOCK", 5)
    assert expected_class_risk(task, 2).mean == pytest.approx(whole, rel=1e-12)


@pytest.mark.parametrize("n", [100, 200])
def test_isotropic_examples_follow_the_limit(n):
    rng, risks = np.random.default_rng(0), []
    for _ in range(30):
        student = class_student(rng.standard_normal((300, n)), teacher())
        x = rng.standard_normal((1000, 300))
        risks.append(((x @ teacher()).argmax(axis=1) != (x @ student).argmax(axis=1)).mean())
    error = np.std(risks) / np.sqrt(30)
    assert abs(np.mean(risks) - isotropic_class_risk(teacher(), n / 300)) < 4 * error + 3e-3


def test_a_class_that_was_never_seen():
    rng = np.random.default_rng(2)
    W = np.eye(4)[:, :3] - 1 / 3
    points = np.repeat(W, 3, axis=1)[:, :9] + 0.2 * rng.standard_normal((4, 9))
    task = FiniteClassTask(points, W)
    train, test = task.without(2), task.only(2)
    assert not (train.classes == 2).any() and (test.classes == 2).all()
    for n in (1, 3, 6):
        risk = expected_class_risk(train, n, test_task=test).mean
        bound = class_bound(train, n, test_task=test)
        assert risk <= bound <= class_split_bound(train, n, test_task=test)
    # once the examples of the other classes span the space, none of its examples is lost
    assert np.linalg.matrix_rank(train.points) == 4
    assert class_risk(class_student(train.points, W), test) == 0
    with pytest.raises(ValueError, match=r"^unseen: "):
        task.without(3)
    with pytest.raises(ValueError, match=r"^chosen: no example"):
        train.only(2)
    with pytest.raises(ValueError, match=r"^test_task: expected the teacher"):
        class_bound(task, 2, test_task=finite())
