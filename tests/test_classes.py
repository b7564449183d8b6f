"""Several classes: loss, derivatives, constants, the flow and its limit."""

import mpmath
import numpy as np
import pytest
import scipy
from sklearn import datasets, linear_model, preprocessing

import linear_distillation as ld
from linear_distillation.classes import (
    class_gradient,
    class_gradient_flow,
    class_hessian,
    class_loss,
    class_pl_constant,
    class_student,
)


def case(C=3, d=5, n=4, seed=0, scale=1.0):
    rng = np.random.default_rng(seed)
    X, W_star = rng.standard_normal((d, n)), rng.standard_normal((d, C)) * scale
    return X, W_star, W_star + rng.standard_normal((d, C)) * scale


def softmax(a):
    return scipy.special.softmax(a, axis=1)


def test_loss_and_gradient_are_their_definitions():
    X, W_star, W = case()
    q, p = softmax(X.T @ W_star), softmax(X.T @ W)
    assert class_loss(W, X, W_star) == pytest.approx((q * np.log(q / p)).sum(axis=1).mean())
    np.testing.assert_allclose(class_gradient(W, X, W_star), X @ (p - q) / 4, rtol=1e-12)
    assert class_gradient(np.stack([W, 2 * W]), X, W_star).shape == (2, 5, 3)
    assert class_loss(W_star + 3, X, W_star) == pytest.approx(0, abs=1e-28)


def test_hessian_is_the_derivative_of_the_gradient():
    X, W_star, W = case()
    V, h = np.random.default_rng(1).standard_normal((5, 3)), 1e-5
    slope = class_gradient(W + h * V, X, W_star) - class_gradient(W - h * V, X, W_star)
    np.testing.assert_allclose(class_hessian(W, X, V), slope / (2 * h), rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("step", [1e-12, 1e-6, 1.0])
@pytest.mark.parametrize("logit", [0.0, 5.0, 60.0])
def test_terms_keep_their_digits(logit, step):
    a_star = [mpmath.mpf(logit), mpmath.mpf(0), mpmath.mpf(1)]
    a = [mpmath.mpf(logit + step), mpmath.mpf(-step), mpmath.mpf(1)]
    with mpmath.workdps(80):
        q, p = ([mpmath.exp(x) / sum(map(mpmath.exp, b)) for x in b] for b in (a_star, a))
        exact = sum(u * mpmath.log(u / v) for u, v in zip(q, p, strict=True))
        slope = [v - u for u, v in zip(q, p, strict=True)]
    teacher, student = (np.array([[float(x) for x in b]]) for b in (a_star, a))
    # of the step itself the student's logits keep 16 digits less those of the logit
    near = max(1e-12, 40 * np.finfo(float).eps * logit / step)
    assert class_loss(student, [[1.0]], teacher) == pytest.approx(float(exact), rel=near)
    found = class_gradient(student, [[1.0]], teacher)[0]
    np.testing.assert_allclose(found, [float(x) for x in slope], rtol=near)


@pytest.mark.parametrize("scale", [1e-9, 1e-2, 1.0, 30.0])
def test_two_classes_are_the_binary_library(scale):
    X, W_star, W = case(C=2, scale=scale)
    w_star, w = W_star @ [1, -1], W @ [1, -1]
    assert class_loss(W, X, W_star) == pytest.approx(ld.loss(w, X, w_star), rel=1e-12)
    gradient, binary = class_gradient(W, X, W_star), ld.loss_gradient(w, X, w_star)
    tiny = 1e-13 * np.abs(binary).max()
    np.testing.assert_allclose(gradient.T, [binary, -binary], rtol=1e-12, atol=tiny)
    hessian = ld.loss_hessian(w, X, w_star)
    V = np.arange(10.0).reshape(5, 2)
    bent = class_hessian(W, X, V) @ [1, -1]
    np.testing.assert_allclose(bent, 2 * hessian @ (V @ [1, -1]), rtol=1e-10)
    log = class_pl_constant(X, W_star, 0.5, log=True)
    assert log == pytest.approx(ld.pl_constant(X, w_star, 0.5, log=True) + np.log(2), rel=1e-12)
    half = ld.distilled_student(X, w_star)
    np.testing.assert_allclose(class_student(X, W_star) @ [1, -1], half, rtol=1e-12)


def test_two_classes_move_at_twice_the_speed():
    X, W_star, _ = case(C=2)
    times = np.array([0, 1.0, 10, 100])
    both = class_gradient_flow(X, W_star, times, rtol=1e-9).W @ [1, -1]
    one = ld.gradient_flow(X, W_star @ [1, -1], 2 * times, rtol=1e-9).w
    np.testing.assert_allclose(both, one, atol=1e-7)


@pytest.mark.parametrize("C, n", [(3, 2), (3, 9), (10, 4)])
def test_the_flow_ends_at_the_centred_projection(C, n):
    X, W_star, _ = case(C, 5, n, seed=n)
    if n == 4:
        X[:, -1] = 2 * X[:, 0]  # dependent columns
    flow, W_hat = class_gradient_flow(X, W_star), class_student(X, W_star)
    assert flow.arrived and flow.residual < 1e-11
    np.testing.assert_allclose(flow.final, W_hat, atol=1e-11)
    np.testing.assert_allclose(flow.W.sum(axis=2), 0, atol=1e-12)
    losses = class_loss(flow.W, X, W_star)
    assert (np.diff(losses[losses > 1e-10]) < 0).all()


def test_examples_that_are_zero_teach_nothing():
    W_star = np.arange(6.0).reshape(2, 3) ** 2
    flow = class_gradient_flow(np.zeros((2, 2)), W_star, [0, 1.0])
    assert flow.arrived and not flow.final.any() and flow.W.shape == (2, 2, 3)
    assert not class_student(np.zeros((2, 2)), W_star).any()


@pytest.mark.parametrize("C", [2, 3, 6])
def test_pl_constant_holds_on_its_sublevel_set(C):
    rng = np.random.default_rng(C)
    for _ in range(200):
        X, W_star, _ = case(C, 4, 3, seed=rng.integers(2**32), scale=0.5)
        W = W_star + rng.standard_normal((4, C)) * rng.choice([0.01, 0.3, 2])
        level, slope = class_loss(W, X, W_star), class_gradient(W, X, W_star)
        log_mu = class_pl_constant(X, W_star, level, log=True)
        assert np.log(level) <= np.log(np.square(slope).sum() / 2) - log_mu + 1e-9


@pytest.mark.parametrize("level", [0.0, 1e-4, 1e-2])
def test_pl_constant_tends_to_the_smallest_label(level):
    X, W_star, _ = case(4, 3, 3)
    least = softmax(X.T @ W_star).min() * np.linalg.eigvalsh(X.T @ X)[0] / 3
    assert class_pl_constant(X, W_star, level) == pytest.approx(
        least, rel=10 * np.sqrt(level) + 1e-9
    )
    assert class_pl_constant(X, W_star, level) <= least * (1 + 1e-9)


def test_a_softmax_regression_distils_through_pool():
    """The student of `Pool` is where plain gradient descent on the soft labels goes."""
    X, y = datasets.load_iris(return_X_y=True)
    Z = preprocessing.scale(X)
    model = linear_model.LogisticRegression(C=0.1).fit(Z, y)
    pool = ld.Pool.from_model(model, Z)
    chosen = np.array([3, 30, 55])  # one of each class
    student = pool.student(chosen).weights
    A = np.c_[Z[pool.rows], np.ones(pool.size)][chosen]
    soft = model.predict_proba(Z[pool.rows][chosen])
    W = np.zeros((5, 3))
    step = 2 * 3 / np.linalg.norm(A, 2) ** 2
    for _ in range(60_000):
        move = step * A.T @ (softmax(A @ W) - soft) / 3
        W = W - move
        if np.abs(move).max() < 1e-13:
            break
    np.testing.assert_allclose(student, W, atol=1e-8)
    np.testing.assert_allclose(student, class_student(A.T, pool.teacher), atol=1e-10)


def test_bad_shapes_are_told():
    X, W_star, W = case()
    with pytest.raises(ValueError, match=r"^W_star: expected classes that differ"):
        class_student(X, np.ones((5, 3)))
    with pytest.raises(ValueError, match=r"^W_star: expected a column a class"):
        class_student(X, np.ones((5, 1)))
    with pytest.raises(ValueError, match=r"^W: expected last axes \(5, 3\)"):
        class_loss(W[:, :2], X, W_star)
    with pytest.raises(ValueError, match=r"^V: "):
        class_hessian(W, X, W[:, :2])
    with pytest.raises(ValueError, match=r"^W: logits overflow"):
        class_loss(1e307 * W, X, W_star)
    with pytest.raises(ValueError, match=r"^level: n times it overflows"):
        class_pl_constant(X, W_star, 1e308)


@pytest.mark.parametrize(
    "X, teacher",
    [
        ([[1, 1, 0], [0, 0, 1]], [[1, 0], [40, 0]]),
        ([[1, 1, 0], [0, 0, 1]], [[1, 0, 3], [40, 0, -10]]),
        ([[1, 1, 0], [0, 0, 1]], [[1, 0], [200, 0]]),
        (np.eye(3), np.random.default_rng(0).standard_normal((3, 5)) * 30),
        (np.eye(1), [[0, 60, -60, 1]]),
    ],
)
def test_the_flow_of_several_classes_arrives_at_improbable_ones(X, teacher):
    """Where labels are as small as exp(-120), and no rounding may move the sum of the logits."""
    found = class_gradient_flow(X, teacher)
    goal = teacher - np.mean(teacher, axis=1, keepdims=True)
    assert found.arrived and len(found.times) < 1000
    assert found.final == pytest.approx(goal, abs=1e-10 * np.abs(goal).max())
    assert np.abs(found.W.sum(axis=-1)).max() < 1e-10 * np.abs(goal).max()
