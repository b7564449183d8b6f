"""Deep linear students: paths against other integrators, closed forms, certificates."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

import linear_distillation as ld
from linear_distillation.flow import ConvergenceWarning
from linear_distillation.objective import RangeWarning

seeds = st.integers(0, 2**32)


def setting(seed, d=5, n=3):
    rng = np.random.default_rng(seed)
    return rng, rng.standard_normal((d, n)), rng.standard_normal(d), rng.standard_normal(d)


@given(seeds, st.integers(2, 6), st.sampled_from([1e-200, 1e-9, 1e-3, 1.0, 30.0]))
@settings(max_examples=20, deadline=None)
def test_induced_flow_ends_at_the_closed_form(seed, depth, size):
    _, X, w_star, w = setting(seed)
    flow = ld.deep.induced_flow(X, w_star, size * w, depth)
    assert flow.residual < 1e-10 * max(1, size)
    closed = ld.deep_student(X, w_star, size * w, depth)
    assert flow.final == pytest.approx(closed, abs=1e-8 * max(1, size))


@given(seeds, st.lists(st.integers(1, 4), min_size=1, max_size=3))
@settings(max_examples=8, deadline=None)
def test_layers_move_their_product_as_the_induced_flow_says(seed, hidden):
    rng, X, w_star, w = setting(seed)
    times = [0, 0.5, 3, 20]
    layers = ld.networks.balanced_weights(0.3 * w, hidden, rng)
    full = ld.deep_gradient_flow(X, w_star, layers, times)
    induced = ld.deep.induced_flow(X, w_star, 0.3 * w, len(layers), times, rtol=1e-10)
    assert full.w == pytest.approx(induced.w, abs=1e-7)
    assert [W.shape for W in full.weights] == [(4, *W.shape) for W in layers]
    assert ld.networks.end_to_end(full.final_weights) == pytest.approx(full.final)
    assert (ld.networks.imbalance(full.weights) < 1e-8).all()


def test_against_a_plain_integrator(rng):
    """No clock, no coordinates: the layers by a textbook method; not balanced either."""
    _, X, w_star, _ = setting(3)
    layers = [rng.standard_normal(shape) for shape in ((2, 5), (3, 2), (1, 3))]
    ends = np.cumsum([W.size for W in layers])[:-1]

    def slope(_, y):
        parts = [p.reshape(W.shape) for p, W in zip(np.split(y, ends), layers, strict=True)]
        return -np.concatenate([G.ravel() for G in ld.networks.layer_gradients(parts, X, w_star)])

    start = np.concatenate([W.ravel() for W in layers])
    plain = solve_ivp(slope, (0, 30), start, "DOP853", [1, 30], rtol=1e-11, atol=1e-12)
    ours = ld.deep_gradient_flow(X, w_star, layers, [1, 30])
    flat = np.hstack([W.reshape(2, -1) for W in ours.weights])
    assert flat == pytest.approx(plain.y.T, abs=1e-7)
    gap = ld.networks.imbalance(layers)
    assert ld.networks.imbalance(ours.weights) == pytest.approx(gap, rel=1e-7)


def test_one_layer_is_gradient_flow(rng):
    _, X, w_star, w = setting(1)
    times = [0, 1, 10]
    plain = ld.gradient_flow(X, w_star, times, w0=w, rtol=1e-7).w
    assert ld.deep.induced_flow(X, w_star, w, 1, times).w == pytest.approx(plain)
    assert ld.deep_gradient_flow(X, w_star, [w[None]], times).w == pytest.approx(plain, abs=1e-5)
    from_zero = ld.deep_gradient_flow(X, w_star, [np.zeros((1, 5))]).final
    assert from_zero == pytest.approx(ld.distilled_student(X, w_star), abs=1e-8)


def test_saddles_are_not_taken_for_limits():
    """From 0, and from the far side of a single example, the flow gets nowhere, and says so."""
    X, w_star = [[1.0], [0.0]], [1.0, 1.0]
    for depth in (2, 3, 8):
        for w0 in ([0.0, 0.0], [-0.1, 0.0]):
            with pytest.warns(ConvergenceWarning, match="ended 1 from its limit"):
                flow = ld.deep.induced_flow(X, w_star, w0, depth)
            assert np.linalg.norm(flow.final) < 1e-15 and flow.residual == pytest.approx(1)
            assert not flow.arrived
        past = ld.deep.induced_flow(X, w_star, [-0.1, 1e-6], depth)
        assert past.residual < 1e-11
        assert past.final == pytest.approx(ld.deep_student(X, w_star, [-0.1, 1e-6], depth))
    with pytest.warns(ConvergenceWarning):
        dead = ld.deep_gradient_flow(X, w_star, [np.zeros((3, 2)), np.zeros((1, 3))], [0, 5])
    assert not dead.arrived
    assert (dead.w == 0).all() and dead.residual == 1
    with pytest.raises(FloatingPointError, match="^times: followed up to"):
        ld.deep.induced_flow(X, w_star, [-0.1, 0.0], 4, [1, 1e200])


def test_escape_from_a_tiny_start_takes_the_time_it_takes():
    """Along grad L(0), |w|^(1/N) = z obeys dz/dtau = z^(N-1) |g|: it ends at z^(2-N)/(N-2)/|g|."""
    X, w_star, depth, w0 = [[1.0]], [2.0], 6, 1e-180
    flow = ld.deep.induced_flow(X, w_star, [w0], depth)
    g = abs(ld.loss_gradient([0.0], X, w_star)[0])
    escape = w0 ** (2 / depth - 1) / (depth - 2) / g
    inside = np.interp(1.0, flow.w[:, 0], flow.times)
    assert inside == pytest.approx(escape, rel=1e-5)


@given(seeds, st.integers(2, 9), st.floats(1e-150, 1e3))
def test_closed_form_solves_its_equations(seed, depth, size):
    rng, X, w_star, w = setting(seed)
    w_end, w_hat = ld.deep_student(X, w_star, size * w, depth), ld.distilled_student(X, w_star)
    assert ld.geometry.project(X, w_end) == pytest.approx(w_hat, abs=1e-9 * np.linalg.norm(w_end))
    angles = [
        np.linalg.norm(v - ld.geometry.project(X, v)) / np.linalg.norm(v) for v in (w_end, size * w)
    ]
    before, after = (a * np.linalg.norm(v) ** (1 / depth)
                     for a, v in zip(angles[::-1], (size * w, w_end), strict=True))  # fmt: skip
    assert before == pytest.approx(after, rel=1e-10)


def test_closed_form_at_its_edges():
    X, w_star = np.eye(3)[:, :1], np.array([2.0, 1, 0])
    assert ld.deep_student(X, w_star, [0, 0, 0], 3) == pytest.approx([2, 0, 0])
    assert ld.deep_student(X, w_star, [5, 0, 0], 3) == pytest.approx([2, 0, 0])
    assert ld.deep_student(X, w_star, [5, 0, 0.3], 1) == pytest.approx([2, 0, 0.3])
    assert ld.deep_student(X, [0, 1, 0], [0, 0, 0.3], 4) == pytest.approx([0, 0, 0.3])
    assert ld.deep_student(X, [0, 1, 0], [0.1, 0, 0], 4) == pytest.approx([0, 0, 0])
    assert ld.deep_student(np.eye(3), w_star, [1, 2, 3], 4) == pytest.approx(w_star)


@given(st.floats(1e-3, 1e3), st.floats(1e-3, 1e3), st.integers(1, 9))
def test_start_bounds_are_the_printed_formulas(eps, size, depth):
    printed = eps**depth * (
        eps**2 * size ** (-2 / depth) + size ** (2 - 2 / depth)
    ) ** (-depth / 2)  # fmt: skip
    assert ld.deep.start_bound(eps, size, depth) == pytest.approx(printed, rel=1e-9)
    assert ld.deep.start_bound(eps, size, depth) <= size
    sharp = eps**depth * (size**2 + eps**2) ** (-(depth - 1) / 2)
    assert ld.deep.sharp_start_bound(eps, size, depth) == pytest.approx(sharp, rel=1e-9)


def test_sharp_start_bound_is_attained():
    X, w_star = np.eye(2)[:, :1], np.array([0.7, 1.0])
    for depth, eps in ((2, 0.01), (3, 1.0), (8, 5.0)):
        start = [0, ld.deep.sharp_start_bound(eps, 0.7, depth)]
        assert ld.deep_student(X, w_star, start, depth) == pytest.approx([0.7, eps])


def test_certified_rate_holds_along_a_run():
    _, X, w_star, w = setting(2)
    w0 = -0.05 * ld.loss_gradient(np.zeros(5), X, w_star) + 1e-3 * w
    for depth in (2, 4):
        run = ld.deep.induced_flow(X, w_star, w0, depth)
        rate, away = ld.deep.deep_rate(X, w_star, w0, depth), ld.deep.saddle_distance(X, w_star, w0)
        assert rate > 0 and away > 0
        assert (np.linalg.norm(run.w, axis=1) >= away).all()
        allowed = ld.loss(w0, X, w_star) * np.exp(-rate * run.times)
        assert (ld.loss(run.w, X, w_star) <= allowed * (1 + 1e-6) + 1e-12).all()
    assert ld.deep.saddle_distance(X, w_star, -w0) == 0


@pytest.mark.parametrize("depth", [1, 2, 5])
def test_certified_rate_is_the_printed_formula(depth):
    _, X, w_star, _ = setting(2)
    zero = np.zeros(5)
    w0, slope = 0.01 * w_star, np.linalg.norm(ld.loss_gradient(zero, X, w_star))
    away = (ld.loss(zero, X, w_star) - ld.loss(w0, X, w_star)) / slope
    assert ld.deep.saddle_distance(X, w_star, w0) == pytest.approx(away, rel=1e-12) and away > 0
    mu = ld.pl_constant(X, w_star, ld.loss(w0, X, w_star))
    rate = ld.deep.deep_rate(X, w_star, w0, depth)
    assert rate == pytest.approx(2 * mu * away ** (2 - 2 / depth), rel=1e-12)


@pytest.mark.parametrize("slow", [30, 40, 68, 100, 640])
@pytest.mark.parametrize("depth", [2, 3])
def test_saturated_logits_with_dependent_columns(slow, depth):
    flow = ld.deep.induced_flow([[1, 1, 0], [0, 0, 1]], [1, slow], [1e-3, 1e-3], depth)
    assert flow.arrived and flow.final == pytest.approx([1, slow], rel=1e-11)


def test_layers_that_rounding_keeps_from_their_limit_say_so():
    layers = ld.networks.balanced_weights([1e-3, 1e-3], [2])
    with pytest.warns(ConvergenceWarning):
        flow = ld.deep_gradient_flow(np.eye(2), [1, 68], layers, rtol=1e-6)
    assert not flow.arrived and flow.residual > 1e-6 * np.hypot(1, 68)
    assert flow.residual == pytest.approx(np.linalg.norm(flow.final - [1, 68]), rel=1e-9)


@pytest.mark.parametrize("t", [1e-200, 1e-120, 1e120, 1e200])
def test_deep_flows_at_every_magnitude_of_examples(t):
    """X to t X, w to w/t, layers to t^(-1/N) of themselves: times go as t^(-2/N)."""
    rng, X, w_star, w = setting(5)
    layers, times = ld.networks.balanced_weights(0.3 * w, [2, 3], rng), np.array([0.5, 3, 20])
    end = ld.deep_student(X, w_star, 0.3 * w, 3)
    assert t * ld.deep_student(t * X, w_star / t, 0.3 * w / t, 3) == pytest.approx(end, rel=1e-12)
    plain = ld.deep.induced_flow(X, w_star, 0.3 * w, 3, times)
    scaled = times * t ** (-2 / 3)
    induced = ld.deep.induced_flow(t * X, w_star / t, 0.3 * w / t, 3, scaled)
    moved = ld.deep_gradient_flow(t * X, w_star / t, [W * t ** (-1 / 3) for W in layers], scaled)
    for run in (induced, moved):
        assert run.arrived and t * run.final == pytest.approx(end, abs=1e-8)
        assert t * run.w == pytest.approx(plain.w, abs=1e-5)


@pytest.mark.parametrize("t", [1e-200, 1e-100, 1e100, 1e200])
def test_certificates_at_every_magnitude_of_examples(t):
    _, X, w_star, w = setting(2)
    w0 = 0.01 * w_star
    away, rate = (
        ld.deep.saddle_distance(X, w_star, w0),
        ld.deep.deep_rate(X, w_star, w0, 3, log=True),
    )
    assert ld.deep.saddle_distance(t * X, w_star / t, w0 / t) * t == pytest.approx(away, rel=1e-12)
    moved = ld.deep.deep_rate(t * X, w_star / t, w0 / t, 3, log=True)
    assert moved == pytest.approx(rate + 2 / 3 * np.log(t), rel=1e-12)
    velocity = ld.networks.induced_velocity(w0, X, w_star, 3)
    moved = ld.networks.induced_velocity(w0 / t, t * X, w_star / t, 3)
    assert moved * t ** (1 / 3) == pytest.approx(velocity, rel=1e-12)


def test_certificates_of_faint_starts_keep_their_digits():
    """L(0) - L(w) tends to -grad L(0).w: a difference of losses would be rounding."""
    _, X, w_star, _ = setting(2)
    slope = -ld.loss_gradient(np.zeros(5), X, w_star)
    for size in (1e-12, 1e-30, 1e-200):
        away = ld.deep.saddle_distance(X, w_star, size * slope)
        assert away == pytest.approx(size * np.linalg.norm(slope), rel=1e-11)
    assert ld.deep.saddle_distance(X, w_star, np.zeros(5)) == 0
    assert ld.deep.deep_rate(X, w_star, np.zeros(5), 2, log=True) == -np.inf


def test_bounds_and_rates_that_underflow_have_logarithms():
    for bound, exact in (
        (ld.deep.start_bound, -100 * np.log(1e9)),
        (ld.deep.sharp_start_bound, -100 * np.log(1e9)),
    ):
        assert bound(1e-9, 1.0, 100, log=True) == pytest.approx(exact, rel=1e-12)
        with pytest.warns(RangeWarning, match="log=True"):
            assert bound(1e-9, 1.0, 100) == 0
    with pytest.warns(RangeWarning, match="deep_rate"):
        assert ld.deep.deep_rate([[1.0]], [8.0], [1e-3], 2) == 0
    assert -1e5 < ld.deep.deep_rate([[1.0]], [8.0], [1e-3], 2, log=True) < -700


@pytest.mark.parametrize("scale", [1e-200, 1e200])
def test_layers_at_every_magnitude(rng, scale):
    layers = ld.networks.balanced_weights(scale * rng.standard_normal(4), [3, 2], rng)
    assert ld.networks.imbalance(layers) <= 1e-13 * max(np.abs(W).max() for W in layers) ** 2
    single = [rng.standard_normal((1, 4))]
    made = ld.networks.end_to_end(single)
    made += 1  # a copy, not a view of the layer
    assert (made != single[0][0]).all()


@pytest.mark.parametrize("rtol", [1e-3, 0.01, 0.1, 0.9])
@pytest.mark.parametrize("seed", range(4))
def test_a_loose_path_leads_to_the_limit_all_the_same(rtol, seed):
    """Without a warning, which would say that tol was missed."""
    _, X, w_star, w = setting(seed)
    for depth in (2, 4, 6):
        flow = ld.deep.induced_flow(X, w_star, 0.3 * w, depth, rtol=rtol)
        assert flow.arrived
        assert flow.final == pytest.approx(ld.deep_student(X, w_star, 0.3 * w, depth), rel=1e-8)
    layers = ld.networks.balanced_weights(0.3 * w, [2, 3], np.random.default_rng(seed))
    flow = ld.deep_gradient_flow(X, w_star, layers, rtol=rtol)
    assert flow.arrived and flow.residual <= 2e-10 * np.linalg.norm(w_star)


def test_a_loose_path_does_not_unbalance_the_layers():
    """At rtol 0.01 LSODA once arrived at a minimiser of another part outside the span."""
    rng = np.random.default_rng(3)
    d, n, h = (int(rng.integers(1, k)) for k in (6, 6, 4))
    X, w_star = rng.standard_normal((d, n)) / 10, 10 * rng.standard_normal(d)
    layers = [rng.standard_normal((h, d)), rng.standard_normal((1, h))]
    fine = ld.deep_gradient_flow(X, w_star, layers)
    assert fine.drift < 1e-7
    for rtol in (1e-4, 0.01, 0.5):
        loose = ld.deep_gradient_flow(X, w_star, layers, rtol=rtol)
        assert loose.arrived and loose.drift <= 1e-3
        np.testing.assert_allclose(loose.final, fine.final, atol=0.01 * np.linalg.norm(w_star))
        before, after = ([B.T @ B - A @ A.T for A, B in [W]] for W in (layers, loose.final_weights))
        size = max(np.sum(W**2) for W in [*layers, *loose.final_weights])
        moved = np.linalg.norm(after[0] - before[0]) / size
        assert loose.drift == pytest.approx(moved, rel=1e-6, abs=1e-15)


def test_a_path_that_drifts_says_so(monkeypatch):
    monkeypatch.setattr("linear_distillation.deep.LOOSE", 1e-12)
    layers = [np.array([[1.0, 0.5]]), np.array([[2.0]])]
    with pytest.warns(ld.quadrature.AccuracyWarning, match="^deep_gradient_flow: the layers have"):
        flow = ld.deep_gradient_flow(np.eye(2), [1, 2], layers, rtol=1e-6)
    assert flow.arrived and 1e-12 < flow.drift < 1e-4


def test_a_flow_that_fails_at_its_first_step_says_how_far_it_came():
    X = 1e100 * np.array([[1.0, 0], [2, 1], [0, 3]])
    with pytest.raises(FloatingPointError, match="^times: followed up to 0 only"):
        ld.deep.induced_flow(X, [1, 2, -1], [2, -1, 1], 2, [0, 1], tol=1e-14, rtol=1e-12)


@pytest.mark.parametrize("name, start, teacher", [("w0", 1e200, 1), ("w_star", 1, 1e200)])
def test_logits_that_overflow_are_those_of_a_named_student(name, start, teacher):
    for f in (ld.deep.saddle_distance, lambda *a: ld.deep.deep_rate(*a, 2)):
        with pytest.raises(ValueError, match=f"^{name}: logits overflow"):
            f(np.full((2, 1), 1e200), [teacher, teacher], [start, start])


# Two layers without balance


def two_layers(rng, width, scale, dims=(6, 3)):
    X, w_star = rng.standard_normal(dims), rng.standard_normal(dims[0])
    layers = [
        scale * rng.standard_normal((width, dims[0])),
        scale * rng.standard_normal((1, width)),
    ]
    w0 = ld.networks.end_to_end(layers)
    if ld.loss(w0, X, w_star) >= ld.loss(0 * w0, X, w_star):
        layers[1] *= -1  # below the saddle
    return X, w_star, layers


@pytest.mark.parametrize("width", [1, 2, 5])
@pytest.mark.parametrize("scale", [0.01, 0.3, 2.0])
def test_two_layers_end_where_their_bound_says(rng, width, scale):
    X, w_star, layers = two_layers(rng, width, scale)
    run, bound = (
        ld.deep_gradient_flow(X, w_star, layers),
        ld.deep.two_layer_bound(X, w_star, layers),
    )
    apart = np.linalg.norm(run.final - ld.distilled_student(X, w_star))
    assert apart <= bound * (1 + 1e-7)
    assert ld.deep.two_layer_bound(X, w_star, run.final_weights) == pytest.approx(bound, rel=1e-7)
    if width == 1:
        assert apart == pytest.approx(bound, rel=1e-7)


@pytest.mark.parametrize("power", [-100, 0, 100])
def test_the_bound_of_two_layers_scales(rng, power):
    X, w_star, layers = two_layers(rng, 3, 1.0)
    scale = 10.0**power
    for share in (1.0, 1e-3, 1e3):
        small = [W * share for W in layers]
        scaled = ld.deep.two_layer_bound(X, w_star * scale**2, [W * scale for W in small])
        assert scaled / scale == pytest.approx(
            ld.deep.two_layer_bound(X, w_star, small) * scale, rel=1e-9
        )
    balanced = ld.networks.balanced_weights(np.ones(6), [3], rng)
    reached = np.linalg.norm(
        ld.deep_student(X, w_star, np.ones(6), 2) - ld.distilled_student(X, w_star)
    )
    assert ld.deep.two_layer_bound(X, w_star, balanced) == pytest.approx(reached, rel=1e-9)
