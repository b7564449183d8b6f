"""Angles and projections: against least squares, near rounding, at every rank."""

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import linear_distillation as ld
from linear_distillation.geometry import length, magnitude

vectors = arrays(float, 4, elements=st.floats(-10, 10).filter(lambda a: a == 0 or abs(a) > 1e-3))
scales = st.floats(1e-200, 1e200)


@given(vectors, vectors)
def test_line_angle_is_the_angle_between_lines(u, v):
    angle = ld.line_angle(u, v)
    assert 0 <= angle <= np.pi / 2
    assert angle == ld.line_angle(v, u)
    if u.any() and v.any():
        cosine = abs(u @ v) / np.linalg.norm(u) / np.linalg.norm(v)
        assert np.cos(angle) == pytest.approx(cosine, abs=1e-14)


@given(vectors, vectors, scales, st.booleans())
def test_line_angle_ignores_length_and_sign(u, v, scale, flip):
    scaled = -scale * v if flip else scale * v
    assert ld.line_angle(u, scaled) == pytest.approx(ld.line_angle(u, v), abs=1e-14)


@pytest.mark.parametrize("tiny", [1e-3, 1e-8, 1e-12, 1e-100])
def test_line_angle_keeps_relative_accuracy_near_zero(tiny):
    exact = float(mpmath.atan(mpmath.mpf(tiny)))
    assert ld.line_angle([1, 0], [1, tiny]) == pytest.approx(exact, rel=1e-15)


def test_line_angle_with_a_zero_vector_is_a_right_angle():
    assert ld.line_angle([0, 0], [1, 2]) == ld.line_angle([1, 2], [0, 0]) == np.pi / 2
    assert ld.line_angle([0, 0], [0, 0]) == np.pi / 2


def test_line_angle_broadcasts_over_columns(rng):
    X, w = rng.standard_normal((5, 7)), rng.standard_normal(5)
    assert ld.line_angle(w, X.T).shape == (7,)
    assert ld.line_angle(w, X.T)[3] == ld.line_angle(w, X[:, 3])


@pytest.mark.parametrize("shape", [(5, 3), (5, 5), (5, 8), (200, 20), (4, 6, 2)])
def test_project_agrees_with_least_squares(rng, shape):
    X, v = rng.standard_normal(shape), rng.standard_normal(shape[-2])
    inside = ld.geometry.project(X, v).reshape(-1, v.size)
    for columns, projected in zip(X.reshape(-1, *shape[-2:]), inside, strict=True):
        fitted = columns @ np.linalg.lstsq(columns, v)[0]
        assert projected == pytest.approx(fitted, abs=1e-12)


def test_projection_is_idempotent_and_its_residual_orthogonal(rng):
    X, v = rng.standard_normal((50, 10)), rng.standard_normal(50)
    inside = ld.geometry.project(X, v)
    assert np.abs(X.T @ (v - inside)).max() < 1e-13 * np.linalg.norm(X)
    assert ld.geometry.project(X, inside) == pytest.approx(inside, abs=1e-14)


def test_projection_does_not_depend_on_the_scale_of_examples(rng):
    X, v = rng.standard_normal((6, 3)), rng.standard_normal(6)
    stretched = X * np.array([1e-150, 1.0, 1e150])
    assert ld.geometry.project(stretched, v) == pytest.approx(ld.geometry.project(X, v), abs=1e-13)


@pytest.mark.parametrize(
    "dependent",
    [
        lambda X: np.c_[X, X[:, 0]],
        lambda X: np.c_[X, 3 * X[:, 1]],
        lambda X: np.c_[X, X[:, 0] + X[:, 1] / 3],
        lambda X: np.c_[X, np.zeros(len(X))],
        lambda X: np.c_[X, X @ np.ones((3, 40))],
    ],
    ids=["duplicate", "multiple", "sum", "zero", "n > d"],
)
def test_dependent_columns_do_not_change_the_span(rng, dependent):
    X, v = rng.standard_normal((6, 3)), rng.standard_normal(6)
    assert ld.geometry.span_basis(dependent(X))[1] == 3
    assert ld.geometry.project(dependent(X), v) == pytest.approx(
        ld.geometry.project(X, v), abs=1e-13
    )


def test_a_batch_may_mix_ranks(rng):
    X = rng.standard_normal((2, 4, 3))
    X[1, :, 2] = X[1, :, 0]
    assert ld.geometry.span_basis(X)[1].tolist() == [3, 2]


def test_examples_that_are_all_zero_span_nothing():
    assert ld.geometry.project(np.zeros((3, 2)), [1.0, 2.0, 3.0]).tolist() == [0, 0, 0]


@pytest.mark.parametrize("gap", [1e-14, 1e-13, 1e-12])
def test_a_rank_hidden_by_rounding_raises(gap):
    X = [[1.0, 1.0], [0.0, gap], [0.0, 0.0]]
    with pytest.raises(np.linalg.LinAlgError, match="X: rounding hides its rank"):
        ld.geometry.project(X, [1.0, 1.0, 1.0])


@pytest.mark.parametrize("gap", [1e-9, 1e-5])
def test_nearly_parallel_examples_are_independent_while_rounding_can_tell(gap):
    X, v = np.array([[1.0, 1.0], [0.0, gap], [0.0, 0.0]]), np.ones(3)
    assert ld.geometry.project(X, v) == pytest.approx([1, 1, 0], abs=1e-14 / gap)


def test_vector_angle_tells_sides_apart(rng):
    u, v = rng.standard_normal((2, 50, 4))
    angle, line = ld.geometry.vector_angle(u, v), ld.line_angle(u, v)
    assert np.cos(angle) == pytest.approx(
        (u * v).sum(axis=1) / np.linalg.norm(u, axis=1) / np.linalg.norm(v, axis=1)
    )
    assert np.minimum(angle, np.pi - angle) == pytest.approx(line)
    assert ld.geometry.vector_angle(-u, v) == pytest.approx(np.pi - angle)
    assert (
        ld.geometry.vector_angle([0, 0], [1, 2])
        == ld.geometry.vector_angle([0, 0], [0, 0])
        == np.pi / 2
    )
    assert ld.geometry.vector_angle([1, 1e-12], [-1, 0]) == pytest.approx(np.pi)


@pytest.mark.parametrize("d, n", [(2, 1), (3, 2), (6, 6), (40, 7), (5, 9), (300, 20)])
def test_quick_projection_and_singular_values_agree(rng, d, n):
    X, v = rng.standard_normal((60, d, n)), rng.standard_normal(d)
    X[4::6] *= 10.0 ** rng.uniform(-130, 130, (10, 1, n))
    X[1::6, :, -1] = X[1::6, :, 0]  # dependent
    X[2::6, :, -1] = 0
    X[3::6] = X[3::6, :, :1] + 10.0 ** rng.uniform(-4, 0, (10, 1, 1)) * X[3::6]  # a narrow cone
    U, rank = ld.geometry.span_basis(X)
    plain = np.where((rank == d)[:, None], v, np.einsum("sdk,sk->sd", U, v @ U))
    narrow = np.isin(np.arange(60) % 6, 3)
    assert ld.geometry.project(X, v)[~narrow] == pytest.approx(plain[~narrow], abs=1e-11)
    assert ld.geometry.project(X, v)[narrow] == pytest.approx(plain[narrow], abs=1e-8)


@pytest.mark.parametrize("gap", [1e-5, 1e-3, 5e-3, 0.02, 0.1])
def test_quick_projection_is_as_exact_as_the_columns_allow(gap):
    X, v = np.array([[1.0, 1.0], [0.3, 0.3 + gap], [-0.2, -0.2]]), np.array([0.3, 0.4, 0.5])
    with mpmath.workdps(40):
        A, b = mpmath.matrix(X.tolist()), mpmath.matrix(v.tolist())
        exact = A * mpmath.lu_solve(A.T * A, A.T * b)
    assert ld.geometry.project(X, v) == pytest.approx(
        np.array(exact, dtype=float).ravel(), abs=1e-15 / gap
    )


def test_a_set_does_not_depend_on_its_batch(rng):
    X, v = rng.standard_normal((6, 4, 3)), rng.standard_normal(4)
    X[2, :, 1], X[4] = X[2, :, 0], 1e200 * X[4]
    whole = ld.geometry.project(X, v)
    for x, w in zip(X, whole, strict=True):
        assert ld.geometry.project(x, v) == pytest.approx(w, abs=1e-15)


def test_one_hidden_rank_in_a_batch_raises(rng):
    X = rng.standard_normal((5, 4, 2))
    X[3, :, 1] = X[3, :, 0] + 1e-13 * X[2, :, 0]
    with pytest.raises(np.linalg.LinAlgError, match="X: rounding hides its rank"):
        ld.geometry.project(X, np.ones(4))


def test_the_larger_side_decides_what_rounding_is():
    """A thousand dimensions: 5e-14 is rounding there, though it would not be for two columns."""
    X = np.zeros((1000, 2))
    X[0], X[1, 1] = 1, 5e-14
    assert ld.geometry.span_basis(X)[1] == 1
    with pytest.raises(np.linalg.LinAlgError, match="^X: rounding hides its rank"):
        ld.geometry.span_basis(X[:2])


@pytest.mark.parametrize("s", [1e-300, 1e-200, 1e-100, 1e100, 1e200, 1e300])
@pytest.mark.parametrize("t", [1e-300, 1e-200, 1.0, 1e200, 1e300])
def test_angles_spans_and_projections_at_every_magnitude(rng, s, t):
    X, (u, v) = rng.standard_normal((5, 3)), rng.standard_normal((2, 5))
    assert ld.line_angle(s * u, t * v) == pytest.approx(ld.line_angle(u, v), rel=1e-14)
    assert ld.geometry.vector_angle(s * u, t * v) == pytest.approx(
        ld.geometry.vector_angle(u, v), rel=1e-14
    )
    assert ld.geometry.project(t * X, s * v) / s == pytest.approx(
        ld.geometry.project(X, v), rel=1e-12
    )
    assert ld.geometry.span_basis(t * X)[1] == 3
    mixed = X * np.array([t, 1, 1 / t])
    assert ld.geometry.project(mixed, v) == pytest.approx(ld.geometry.project(X, v), rel=1e-12)


@pytest.mark.parametrize("s", [1e-320, 1e-200, 1.0, 1e200, 1e308])
def test_lengths_without_squares(s):
    assert length(np.array([[0.3 * s, 0.4 * s], [0, 0]])) == pytest.approx([0.5 * s, 0], rel=1e-3)
    assert length(np.full((2, 3, 3), s / 10), axis=(-2, -1)) == pytest.approx(0.3 * s, rel=1e-3)
    scale = magnitude(np.array([s, -s / 2]))
    assert np.frexp(scale)[0] == 0.5 and 0.25 <= s / scale < 16 or s < 1e-307


def test_no_angle_is_more_than_right(rng):
    u, v = rng.integers(-5, 6, (2, 20_000, 3)).astype(float)
    angles = ld.line_angle(u, v)
    assert angles.max() == np.pi / 2
    assert (angles[(u * v).sum(axis=1) == 0] > np.pi / 2 - 1e-15).all()


def test_examples_on_the_boundary_make_tasks():
    """Their angles came out a rounding above pi/2, which no law takes."""
    task = ld.FiniteTask([[-1.0], [-1.0], [3.0]], teacher=[0, -3, -1])
    assert task.tail(np.pi / 2) == 1
    counted = ld.tasks.empirical_tail([[-1, 1], [-1, 0], [3, -1]], [0, -3, -1]).law
    assert counted(1.5) == 0.5 and counted(np.pi / 2) == 0.5
    teacher = [[-2, 1, -2, 1], [-2, 0, 2, 0], [2, -1, -2, 0]]
    classes = ld.class_risk.FiniteClassTask([[2, 2], [-1, 0], [2, 2]], teacher)
    risk = ld.class_risk.expected_class_risk(classes, 1).mean
    assert risk <= ld.class_risk.class_bound(classes, 1).value <= 1
