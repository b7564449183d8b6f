import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import linear_distillation as ld


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
