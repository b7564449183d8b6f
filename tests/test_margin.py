"""The largest margin: optimality conditions, a general solver, invariances."""

import numpy as np
import pytest
import scipy
from hypothesis import given
from hypothesis import strategies as st

import linear_distillation as ld
from linear_distillation.margin import max_margin
from linear_distillation.students import signed_examples

SEEDS = st.integers(0, 2**32)


def random_set(seed, d, n, spread=0.0):
    rng = np.random.default_rng(seed)
    lengths = 10 ** rng.uniform(-spread, spread, n)
    return rng.standard_normal((d, n)) * lengths, rng.standard_normal(d)


@given(SEEDS, st.integers(1, 12), st.integers(1, 25), st.floats(0, 2))
def test_kkt_conditions(seed, d, n, spread):
    """w is in the cone of the examples of smallest margin, which is positive."""
    X, w_star = random_set(seed, d, n, spread)
    w, Z = ld.hard_label_student(X, w_star), signed_examples(X, w_star)
    margins, length = w @ Z, np.linalg.norm(Z, axis=0)
    support = margins <= margins.min() + 1e-9 * length
    assert margins.min() > 0
    assert np.linalg.norm(w) == pytest.approx(1)
    assert scipy.optimize.nnls((Z / length)[:, support], w)[1] < 1e-7


@given(SEEDS, st.integers(2, 6), st.integers(1, 10))
def test_agrees_with_a_general_solver(seed, d, n):
    """Sequential quadratic programming on the primal problem, which knows no Gram matrix."""
    X, w_star = random_set(seed, d, n)
    w, Z = ld.hard_label_student(X, w_star), signed_examples(X, w_star)
    start = w_star / np.min(w_star @ Z)  # the teacher separates
    primal = scipy.optimize.minimize(
        lambda v: v @ v / 2,
        start,
        jac=lambda v: v,
        constraints={"type": "ineq", "fun": lambda v: v @ Z - 1, "jac": lambda v: Z.T},
        method="SLSQP",
        options={"maxiter": 500, "ftol": 1e-14},
    )
    assert 1 / np.linalg.norm(primal.x) <= np.min(w @ Z) * (1 + 1e-9)
    if primal.success:
        assert np.linalg.norm(primal.x) == pytest.approx(1 / np.min(w @ Z), rel=1e-5)


@given(SEEDS, st.integers(1, 8), st.integers(1, 12), st.floats(1e-50, 1e50))
def test_invariances(seed, d, n, size):
    X, w_star = random_set(seed, d, n)
    w = ld.hard_label_student(X, w_star)
    rotation = np.linalg.qr(np.random.default_rng(seed).standard_normal((d, d)))[0]
    assert ld.hard_label_student(size * X, w_star / size) == pytest.approx(w, abs=1e-9)
    assert ld.hard_label_student(X[:, ::-1], w_star) == pytest.approx(w, abs=1e-9)
    assert ld.hard_label_student(-X, w_star) == pytest.approx(w, abs=1e-9)
    assert ld.hard_label_student(np.c_[X, X[:, 0]], w_star) == pytest.approx(w, abs=1e-9)
    assert ld.hard_label_student(rotation @ X, rotation @ w_star) == pytest.approx(
        rotation @ w, abs=1e-9
    )


def test_a_batch_is_its_sets(rng):
    X, w_star = rng.standard_normal((2, 40, 7, 12)), rng.standard_normal(7)
    X[0, 3, :, 5] = X[0, 3, :, 4]
    w = ld.hard_label_student(X, w_star)
    assert w.shape == (2, 40, 7)
    for i in np.ndindex(2, 40):
        assert w[i] == pytest.approx(ld.hard_label_student(X[i], w_star), abs=1e-10)


def test_fast_and_slow_route_agree(rng, monkeypatch):
    Z = signed_examples(rng.standard_normal((50, 30, 20)), rng.standard_normal(30))
    fast, support = max_margin(Z)
    monkeypatch.setattr(
        "linear_distillation.margin._pivot",
        lambda gram, c, start: (np.zeros(c.shape), np.zeros(c.shape, dtype=bool)),
    )
    slow, other = max_margin(Z)
    assert slow == pytest.approx(fast, abs=1e-12)
    assert (support == other).all()


def test_any_start_leads_to_the_same_end(rng):
    Z = signed_examples(rng.standard_normal((50, 30, 20)), rng.standard_normal(30))
    w, support = max_margin(Z)
    for start in (support, ~support, rng.random(support.shape) < 0.5):
        assert max_margin(Z, start)[0] == pytest.approx(w, abs=1e-12)


def test_no_margin_between_opposite_examples():
    with pytest.raises(np.linalg.LinAlgError, match="^X: rounding hides whether the hard labels"):
        ld.hard_label_student([[0.0, 0.0], [1.0, -1.0]], [1.0, 0.0])
    boundary = ld.hard_label_student([[0.0], [1.0]], [1.0, 0.0])  # label 1, and alone
    assert boundary == pytest.approx([0, 1])
