"""Flows: two routes to each limit and along each path, the library's, and closed forms."""

import numpy as np
import pytest
from scipy.integrate import ODEintWarning

from linear_distillation.claims.balls import ball, floats, flows, precision
from linear_distillation.claims.balls.flows import descent, limit, path, thin_layers
from linear_distillation.deep import deep_gradient_flow, induced_flow
from linear_distillation.flow import gradient_flow
from linear_distillation.objective import loss
from linear_distillation.students import deep_student, distilled_student

SEEDS = range(8)


def start(seed, depth=None):
    rng = np.random.default_rng(seed)
    d, n = rng.integers(2, 5), rng.integers(1, 4)
    X, w_star, w0 = rng.standard_normal((d, n)), *rng.standard_normal((2, d))
    return X, w_star, w0 * 10 ** rng.uniform(-2, 0.5), depth or int(rng.integers(1, 6))


def exact(function, *arguments):
    with precision(128):
        values, error = function(*(ball(a) for a in arguments[:2]), arguments[2])
    assert np.all(error == 0)
    return floats(values), np.frompyfunc(lambda b: float(b.rad()), 1, 1)(values).astype(float)


@pytest.mark.parametrize("seed", SEEDS)
def test_three_routes_to_the_limit_and_a_closed_form(seed):
    X, w_star, w0, depth = start(seed)
    layers = thin_layers(w0, depth)
    w, error = limit(X, w_star, layers)
    closed = deep_student(X, w_star, w0, depth)
    scale = np.linalg.norm(closed)
    assert np.linalg.norm(w - closed) <= error + 1e-13 * scale
    assert error < 1e-6 * scale
    again, radius = exact(limit, X, w_star, layers)
    assert np.linalg.norm(again - closed) <= np.linalg.norm(radius) < 1e-4 * scale
    library = (
        induced_flow(X, w_star, w0, depth).final if depth > 1
        else gradient_flow(X, w_star, w0=w0).final
    )  # fmt: skip
    assert np.linalg.norm(library - closed) < 1e-9 * scale


@pytest.mark.parametrize("seed", SEEDS)
def test_layers_that_are_not_balanced(seed):
    X, w_star, w0, _ = start(seed)
    layers = thin_layers(w0, 3, first=5.0)
    w, error = limit(X, w_star, layers)
    again, radius = exact(limit, X, w_star, layers)
    assert np.linalg.norm(w - again) <= error + np.linalg.norm(radius)
    library = deep_gradient_flow(X, w_star, layers, tol=1e-8, rtol=1e-8).final
    assert np.linalg.norm(w - library) <= error + 1e-6 * np.linalg.norm(w)
    assert error < 1e-2 * np.linalg.norm(w)


@pytest.mark.parametrize("depth", [2, 3, 5])
def test_on_the_line_behind_the_saddle_it_stops_there(depth):
    X, w_star = np.array([[2.0], [1.0]]), np.array([1.0, 0.5])
    behind, before = (thin_layers(k * X[:, 0], depth) for k in (-0.5, 0.5))
    assert limit(X, w_star, behind)[0] == pytest.approx(np.zeros(2), abs=0)
    assert limit(X, w_star, before)[0] == pytest.approx(w_star, rel=1e-9)
    assert path(X, w_star, behind)[0][-1] == pytest.approx(np.zeros(2), abs=0)
    assert exact(limit, X, w_star, behind)[0] == pytest.approx(np.zeros(2), abs=0)


def test_one_layer_passes_zero():
    X, w_star = np.array([[2.0], [1.0]]), np.array([1.0, 0.5])
    assert limit(X, w_star, [-X.T])[0] == pytest.approx(w_star, rel=1e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_two_routes_along_a_path(seed):
    X, w_star, w0, depth = start(seed, depth=2 + seed % 4)
    layers = thin_layers(w0, depth)
    w, error = path(X, w_star, layers)
    again, radius = exact(path, X, w_star, layers)
    apart = np.linalg.norm(w - again, axis=1)
    assert (apart <= error + np.linalg.norm(radius, axis=1)).all()
    assert error.max() < 0.05 * np.linalg.norm(w, axis=1).max()
    values = loss(w, X, w_star)
    assert (np.diff(values) <= 1e-3 * values[0]).all() and values[-1] < 1e-3 * values[0]
    assert w[0] == pytest.approx(w0)


def test_descent_in_closed_form():
    """One example whose teacher is undecided: sinh(a/2) = sinh(a(0)/2) exp(-tau/4)."""
    X, w_star, w0 = np.eye(2)[:, :1], np.array([0.0, 1.0]), np.array([3.0, 1.0])
    times = np.linspace(0, 20, 9)
    closed = 2 * np.arcsinh(np.sinh(1.5) * np.exp(-times / 4))
    w, dissipated, error = descent(X, w_star, w0, times)
    assert w[:, 0] == pytest.approx(closed, abs=3 * error)
    assert w[:, 1] == pytest.approx(1, abs=0)
    assert dissipated == pytest.approx(loss(w0, X, w_star) - loss(w, X, w_star), abs=error)
    assert 0 < error < 1e-3
    with precision(128):
        balls, total, none = descent(ball(X), ball(w_star), ball(w0), times)
    assert none == 0
    assert floats(balls)[:, 0] == pytest.approx(closed, abs=1e-10)
    radius = np.array([float(b.rad()) for b in balls[:, 0]])
    assert (np.abs(floats(balls)[:, 0] - closed) <= 2 * radius + 1e-15).all()
    assert floats(total) == pytest.approx(dissipated, abs=error)


@pytest.mark.parametrize("seed", SEEDS)
def test_from_zero_to_the_projection(seed):
    X, w_star, _, _ = start(seed)
    w, error = limit(X, w_star, [0 * w_star[None]])
    assert np.linalg.norm(w - distilled_student(X, w_star)) <= error + 1e-13
    assert error < 1e-6


def test_layers_at_rest_are_left_alone():
    """A start 600 logits away: past arrival the integrator gives up."""
    X = np.array([1.9845271919508418, 0.7379753344632198, 0.4280241331375375])[:, None]
    w_star = np.array([-0.36204551053557926, -2.649772289502556, 0.877903327103451])
    w0 = np.array([267.0050152486794, 78.73584052937294, 41.71130715674821])
    layers = thin_layers(w0, 2, first=30.0)
    start = flows._start(X, w_star, layers)
    with pytest.raises(FloatingPointError), pytest.warns(ODEintWarning):
        flows._layers_path(start, [0, flows.LONG * start.time], 1e-4)
    w, error = limit(X, w_star, layers)
    assert np.linalg.norm((w - w_star) @ X) <= error * np.linalg.norm(X) < 1e-3
