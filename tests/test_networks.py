"""Deep linear networks: layers, their gradients, and the product's velocity."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import linear_distillation as ld

seeds, sizes = st.integers(0, 2**32), st.floats(1e-30, 1e30)
widths = st.lists(st.integers(1, 5), max_size=5)


@given(seeds, widths, sizes)
def test_balanced_layers_make_the_student_and_are_balanced(seed, hidden, size):
    rng = np.random.default_rng(seed)
    w = size * rng.standard_normal(4)
    for draw in (None, rng):
        layers = ld.networks.balanced_weights(w, hidden, draw)
        assert [W.shape for W in layers] == list(zip([*hidden, 1], [4, *hidden], strict=True))
        assert ld.networks.end_to_end(layers) == pytest.approx(w, rel=1e-12)
        largest = max(np.linalg.norm(W) for W in layers)
        assert ld.networks.imbalance(layers) <= 1e-13 * largest**2
        assert all(np.linalg.matrix_rank(W) == 1 for W in layers)


def test_imbalance_is_the_definition(rng):
    layers = [rng.standard_normal(shape) for shape in ((3, 4), (2, 3), (1, 2))]
    first, second, third = layers
    gaps = second.T @ second - first @ first.T, third.T @ third - second @ second.T
    assert ld.networks.imbalance(layers) == pytest.approx(max(np.linalg.norm(gap) for gap in gaps))
    assert ld.networks.imbalance(layers[:1][0][:1][None]) == 0
    stacked = [np.stack([W, 2 * W]) for W in layers]
    assert ld.networks.imbalance(stacked) == pytest.approx(
        ld.networks.imbalance(layers) * np.array([1, 4])
    )


@given(seeds, widths)
def test_layer_gradients_are_derivatives_of_the_loss(seed, hidden):
    rng = np.random.default_rng(seed)
    X, w_star = rng.standard_normal((4, 3)), rng.standard_normal(4)
    layers = [rng.standard_normal(s) for s in zip([*hidden, 1], [4, *hidden], strict=True)]
    moves = [rng.standard_normal(W.shape) for W in layers]

    def at(h):
        return ld.loss(
            ld.networks.end_to_end([W + h * V for W, V in zip(layers, moves, strict=True)]),
            X,
            w_star,
        )

    gradients = ld.networks.layer_gradients(layers, X, w_star)
    assert [G.shape for G in gradients] == [W.shape for W in layers]
    slope = sum((G * V).sum() for G, V in zip(gradients, moves, strict=True))
    assert (at(1e-6) - at(-1e-6)) / 2e-6 == pytest.approx(slope, rel=1e-4, abs=1e-6)


@given(seeds, widths, st.floats(1e-6, 10))
def test_induced_velocity_is_what_a_small_step_of_the_layers_does(seed, hidden, size):
    rng = np.random.default_rng(seed)
    X, w_star, w = rng.standard_normal((4, 3)), *rng.standard_normal((2, 4))
    layers = ld.networks.balanced_weights(size * w, hidden, rng)
    gradients = ld.networks.layer_gradients(layers, X, w_star)
    h = 1e-6 * min(np.linalg.norm(W) for W in layers) / max(np.linalg.norm(G) for G in gradients)
    ahead, behind = (
        ld.networks.end_to_end([W + s * G for W, G in zip(layers, gradients, strict=True)])
        for s in (-h, h)
    )
    velocity = ld.networks.induced_velocity(size * w, X, w_star, len(layers))
    assert (ahead - behind) / (2 * h) == pytest.approx(
        velocity, rel=1e-6, abs=1e-6 * np.linalg.norm(velocity)
    )


def test_zero_is_a_saddle_and_one_layer_is_plain():
    X, w_star, w = np.eye(3)[:, :2], np.ones(3), np.array([0.3, -1, 2])
    assert (ld.networks.induced_velocity(np.zeros(3), X, w_star, 2) == 0).all()
    assert ld.networks.induced_velocity(w, X, w_star, 1) == pytest.approx(
        -ld.loss_gradient(w, X, w_star)
    )
    batch = ld.networks.induced_velocity(np.stack([w, -w]), X, w_star, 3)
    assert batch[1] == pytest.approx(ld.networks.induced_velocity(-w, X, w_star, 3))
