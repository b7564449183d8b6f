"""Layers, deep limits and rates: the library's numbers lie in the balls of their definitions."""

import numpy as np
import pytest

from linear_distillation.claims.balls import ball, floats, precision
from linear_distillation.claims.balls import layers as L
from linear_distillation.claims.balls import rates as R
from linear_distillation.objective import loss, sublevel_intervals

SEEDS = range(6)


def agree(found, balls, relative):
    """Whether floats are in balls, up to a relative error of the largest entry."""
    found, mids = np.asarray(found), floats(np.asarray(balls))
    assert found.shape == mids.shape
    assert np.abs(found - mids).max() <= relative * np.abs(mids).max()
    widest = max(float(b.rad()) for b in np.ravel(np.asarray(balls, dtype=object)))
    assert widest <= 1e-20 * max(1.0, np.abs(mids).max())


def both_routes(function, *arguments):
    with precision(160):
        exact = [ball(a) if isinstance(a, np.ndarray | float) else a for a in arguments]
        return function(*arguments), function(*exact)


def case(seed, columns=3):
    rng = np.random.default_rng(seed)
    X, w_star, w = rng.standard_normal((5, columns)), *rng.standard_normal((2, 5))
    return X, w_star, w, 2 + seed % 4


@pytest.mark.parametrize("seed", SEEDS)
def test_layers_are_one_vector_on_both_routes(seed):
    X, w_star, w, depth = case(seed)
    widths = [3] * (depth - 1)
    found, balls = both_routes(
        lambda w: L.balanced_weights(w, widths, np.random.default_rng(seed)), w
    )
    with precision(160):
        for W, B in zip(found, balls, strict=True):
            agree(W, B, 1e-14)
        agree(L.end_to_end(found), L.end_to_end(balls), 1e-13)
        agree(L.end_to_end(balls).astype(float), ball(w), 1e-14)
        assert L.imbalance(balls) < 1e-30 and L.imbalance(found) < 1e-14
        gradients = L.layer_gradients(found, X, w_star)
        exact = L.layer_gradients(balls, ball(X), ball(w_star))
        for G, B in zip(gradients, exact, strict=True):
            agree(G, B, 1e-13)
        unbalanced = [W * (j + 1.0) for j, W in enumerate(found)]
        agree(L.imbalance(unbalanced), L.imbalance([ball(W) for W in unbalanced]), 1e-13)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    "function", [L.induced_velocity, L.deep_student, L.deep_rate, L.saddle_distance]
)
def test_functions_of_a_start_agree(seed, function):
    X, w_star, w, depth = case(seed)
    if function is L.induced_velocity:
        arguments = w, X, w_star, depth
    elif function is L.deep_student:
        arguments = X, w_star, w, depth
    else:  # a start that violates (12) has nothing to certify
        arguments = (X, w_star, 0.5 * w_star, depth)[: 3 + (function is L.deep_rate)]
    found, balls = both_routes(function, *arguments)
    assert np.abs(found).max() > 0
    reach = np.ptp(sublevel_intervals(X, w_star, loss(0.5 * w_star, X, w_star)), axis=1).max()
    # the library rounds ends of intervals outwards by 1e-12 of their distance
    agree(found, balls, 2e-12 * (1 + reach) if function is L.deep_rate else 1e-12)


def test_where_12_fails_nothing_is_certified():
    X, w_star, _, depth = case(0)
    far = -0.1 * w_star
    with precision(160):
        assert L.deep_rate(X, w_star, far, depth) == 0
        assert L.deep_rate(ball(X), ball(w_star), ball(far), depth) == 0


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("bound", [L.start_bound, L.sharp_start_bound])
def test_bounds_on_starts_agree(seed, bound):
    eps, size = (float(x) for x in np.random.default_rng(seed).uniform(0.1, 3, 2))
    found, balls = both_routes(lambda e, s: bound(e, s, 2 + seed), eps, size)
    agree(found, balls, 1e-14)


def test_closed_values():
    with precision(160):
        one = ball(1.0)
        assert L.start_bound(one, one, 4).overlaps(one / 4)
        assert L.sharp_start_bound(one, one, 3).overlaps(one / 2)
        X, w_star, w0 = ball(np.eye(3)[:, :1]), ball(np.ones(3)), ball(np.array([5.0, 2.0, -1.0]))
        shallow = L.deep_student(X, w_star, w0, 1)
        assert all(a.overlaps(ball(b)) for a, b in zip(shallow, [1, 2, -1], strict=True))
        # two layers: with t the tangent, t^2 / sqrt(1 + t^2) = |q|^2 / (|w0| |w_hat|)
        t = floats(np.sqrt(np.square(L.deep_student(X, w_star, w0, 2)[1:]).sum()))
        assert t**2 / np.sqrt(1 + t**2) == pytest.approx(5 / np.sqrt(30), rel=1e-14)
        inside = L.deep_student(X, w_star, ball(np.array([5.0, 0.0, 0.0])), 3)
        assert all(a.overlaps(ball(b)) for a, b in zip(inside, [1, 0, 0], strict=True))


@pytest.mark.parametrize("seed", SEEDS)
def test_constants_and_steps_agree(seed):
    X, w_star, _, _ = case(seed)
    for constant in (R.sharp_pl_constant, R.growth_constant):
        agree(*both_routes(constant, X, w_star, 0.3), 1e-9)
    step = 0.5 / np.linalg.norm(X, 2) ** 2
    agree(*both_routes(lambda X, u: R.gradient_descent(X, u, step, 5), X, w_star), 1e-13)


def test_the_sharp_constant_has_both_routes_for_dependent_columns_too():
    X, w_star, _, _ = case(0)
    X[:, 2] = X[:, 1]
    agree(*both_routes(R.sharp_pl_constant, X, w_star, 0.3), 1e-9)
    found, balls = both_routes(R.quotients, X, w_star, 0.3)
    agree(found, balls, 1e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_two_layers_agree(seed):
    X, w_star, _, _ = case(seed)
    rng = np.random.default_rng(seed)
    layers = [rng.standard_normal((2, 5)), rng.standard_normal((1, 2)) * seed]
    with precision(160):
        exact = L.two_layer_bound(ball(X), ball(w_star), [ball(W) for W in layers])
        agree(L.two_layer_bound(X, w_star, layers), exact, 1e-12)
