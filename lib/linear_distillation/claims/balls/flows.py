"""Flows followed to their limits, each by two routes that share neither equation nor method.

Floats: the row z of a balanced first layer, :math:`w = |z|^{N-1}z`, whose offset from
span(X) no integrator changes. Balls: the layers themselves, at tolerances a million
times tighter; for one layer the library's flow, in the coordinates of the examples. A
radius holds what a coarser tolerance changes and what the flow still has to go.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import scipy

from ...flow import gradient_flow
from .layers import balanced_weights
from .losses import loss
from .numbers import _flint, ball, floats, is_ball

EPS = np.finfo(float).eps
MOMENTS = np.append(0, np.geomspace(0.1, 100, 39))  # of a path, in units of its time
LONG = 1e4  # in the same units: all have arrived


def thin_layers(w, depth, first=1.0):
    """Balanced layers of width one; the first scaled by a factor, the second by its inverse."""
    z, *upper = balanced_weights(w, [1] * (depth - 1))
    return [first * z, upper[0] / first, *upper[1:]] if upper else [z]


class _Task(NamedTuple):
    X: np.ndarray
    w_star: np.ndarray
    labels: np.ndarray  # tanh of half the teacher's logits
    basis: np.ndarray  # of span(X)
    slowest: float  # time scale, next to the teacher

    def gradient(self, w):
        return self.X @ (np.tanh(w @ self.X / 2) - self.labels) / (2 * self.X.shape[1])

    def to_go(self, w):
        """Distance to the minimisers next to w, by Newton's method on the logits; with rounding."""
        small = np.exp(-np.abs(w @ self.X))
        gap = (np.tanh(w @ self.X / 2) - self.labels) / 2
        gap += np.copysign(4 * EPS, gap)
        apart = gap * (1 + small) ** 2 / np.maximum(small, 1e-200)
        return np.linalg.norm(np.linalg.lstsq(self.X.T, apart)[0])


def _task(X, w_star):
    U, s, _ = np.linalg.svd(X, full_matrices=False)
    rank = (s > 1e-12 * s[0]).sum()
    a = np.abs(w_star @ X).max()
    slowest = X.shape[1] / s[rank - 1] ** 2 * 4 * np.cosh(a / 2) ** 2
    return _Task(X, w_star, np.tanh(w_star @ X / 2), U[:, :rank], slowest)


# The two forms, in the clock in which neither waits at the saddle


def _row(start):
    """The part of z in the span, in its coordinates; what is outside stays."""
    X, depth = start.task.basis.T @ start.task.X, 1 + len(start.upper)
    far, labels = start.outside @ start.outside, start.task.labels

    def slope(_, u):
        a = (far + u @ u) ** ((depth - 1) / 2) * u @ X
        return X @ (labels - np.tanh(a / 2)) / (2 * depth * X.shape[1])

    return slope


def _layers(task, depth):
    """(z, a_2, ..., a_N) with w = a_2 ... a_N z, in the clock sum_j prod_{k != j} |W_k|."""
    d, own = len(task.X), np.eye(depth - 1, dtype=bool)

    def slope(_, y):
        z, a = y[:d], y[d:]
        product, others = a.prod(), np.where(own, 1, a).prod(axis=-1)
        g = task.gradient(product * z)
        pace = abs(product) + np.sqrt(z @ z) * np.abs(others).sum()
        return -np.concatenate([product * g, others * (z @ g)]) / pace

    return slope


def _lsoda(slope, start, times, rtol, atol):
    """The path, and how many steps it took."""
    path, info = scipy.integrate.odeint(
        slope, start, times, rtol=rtol, atol=atol, mxstep=5000, tfirst=True, full_output=True
    )
    if info["message"] != "Integration successful.":
        raise FloatingPointError(info["message"])
    return path, info["nst"][-1]


class _Start(NamedTuple):
    task: _Task
    z: np.ndarray
    upper: np.ndarray
    size: float  # of z on its way
    time: float  # to set out, and to arrive

    @property
    def outside(self):
        Q = self.task.basis
        return self.z - Q @ (self.z @ Q) if Q.shape[1] < len(Q) else 0 * self.z

    @property
    def balanced(self):
        return np.ptp([self.z @ self.z, *self.upper**2]) <= 1e-9 * (self.z @ self.z)

    @property
    def stops(self):
        """Whether it is on the line of the examples behind 0: a rest point that nothing passes."""
        Q, w_star = self.task.basis, self.task.w_star
        on = np.linalg.norm(self.outside) <= 1e-12 * np.linalg.norm(self.z)
        behind = (self.z @ Q) @ (w_star @ Q) < 0
        return self.balanced and len(self.upper) > 0 and Q.shape[1] == 1 and on and behind


def _start(X, w_star, layers):
    X, w_star, layers = floats(X), floats(w_star), [floats(W) for W in layers]
    task, z = _task(X, w_star), layers[0][0]
    upper, depth = np.array([W[0, 0] for W in layers[1:]]), len(layers)
    goal = np.linalg.norm(w_star @ task.basis)
    size = max(np.linalg.norm(z), goal ** (1 / depth))
    slow = task.slowest * goal ** (1 / depth - 1)
    travel = size / np.linalg.norm(task.gradient(0 * w_star))
    return _Start(task, z, upper, size, depth * (slow + travel))


# Limits


def limit(X, w_star, layers):
    """Where the flow of thin layers ends.

    Parameters
    ----------
    X : array, shape (d, n)
    w_star : array, shape (d,)
    layers : list of arrays
        As `thin_layers` makes them.

    Returns
    -------
    w : array, shape (d,)
        Floats, or balls if X has balls.
    error : float
        Of floats; 0 for balls.
    """
    if not is_ball(X):
        return _float_limit(_start(X, w_star, layers))
    w, radius = _tight_limit(*_key([X, w_star, layers]))
    return np.array([_flint().arb(x, radius) for x in w], dtype=object), 0.0


def _key(value):
    """Something hashable: more bits change neither these floats nor the flow."""
    if isinstance(value, list):
        return tuple(map(_key, value))
    return _key(floats(value).tolist()) if isinstance(value, np.ndarray) else value


def _left(start, w):
    """What the limit differs by from w, as the rest of its way moves what is outside the span.

    With the tangent t of the angle, the outside moves by t (N - 1) / (t^2 + N)
    times as much as the inside, at most by sqrt(N)/2 times.
    """
    N = 1 + len(start.upper)
    sizes = np.linalg.norm(w) + np.linalg.norm(start.task.w_star)  # logits cancel from these
    rounding = 64 * EPS * sizes * np.linalg.cond(start.task.X.T @ start.task.basis)
    return 2 * (1 + np.sqrt(N) / 2) * start.task.to_go(w) + rounding


def _float_limit(start):
    if start.stops:
        return 0 * start.z, 0.0
    if not start.balanced:
        return _layers_limit(start, 1e-7)
    w = _row_path(start, [0, LONG * start.time], 1e-4)[-1]
    return w, _left(start, w)


def _layers_limit(start, rtol):
    w, coarse = (_layers_end(start, rtol * k) for k in (1, 1e3))
    return w, _left(start, w) + 2 * np.linalg.norm(w - coarse)


def _layers_end(start, rtol):
    """Followed no longer than it moves: at rest, the integrator may hunt without end."""
    for long in (1, 100, LONG):
        w = _layers_path(start, [0, long * start.time], rtol)[-1]
        if _left(start, w) < 1e-9 * np.linalg.norm(w):
            break
    return w


def _layers_path(start, times, rtol):
    d, y = len(start.z), np.concatenate([start.z, start.upper])
    slope, size = _layers(start.task, 1 + len(start.upper)), np.linalg.norm(y) + start.size
    path, _ = _lsoda(slope, y, times, rtol, rtol * size)
    return path[:, d:].prod(axis=1, keepdims=True) * path[:, :d]


def _row_path(start, times, rtol):
    Q = start.task.basis
    u, _ = _lsoda(_row(start), start.z @ Q, times, rtol, rtol * start.size)
    z = u @ Q.T + start.outside
    return np.linalg.norm(z, axis=1, keepdims=True) ** len(start.upper) * z


@lru_cache(maxsize=64)
def _tight_limit(X, w_star, layers):
    X, w_star = np.array(X), np.array(w_star)
    start = _start(X, w_star, [np.array(W) for W in layers])
    if start.stops:
        return 0 * start.z, 0.0
    if len(layers) > 1:
        return _layers_limit(start, 1e-10)
    w = gradient_flow(X, w_star, w0=start.z, tol=1e-9, rtol=1e-3).final
    return w, _left(start, w)


# Paths


def path(X, w_star, layers):
    """Students of balanced layers at forty moments from the start to the end, and their errors.

    Parameters
    ----------
    X, w_star, layers
        As for `limit`.

    Returns
    -------
    w : array, shape (m, d)
    error : array, shape (m,)
        Of floats; 0 for balls.
    """
    if not is_ball(X):
        start = _start(X, w_star, layers)
        return _apart(_row_path, start, 1e-7)
    w, radius = _tight_path(*_key([X, w_star, layers]))
    return _balls(w, radius), 0 * radius


def _balls(values, radius):
    radius = radius if radius.shape == values.shape else radius[:, None]
    return np.frompyfunc(_flint().arb, 2, 1)(values, radius)


def _apart(route, start, rtol):
    if start.stops:  # only its ends are sure: where it was, and 0
        w = start.upper.prod() * start.z
        return np.array([w, 0 * w]), np.array([4 * EPS * np.linalg.norm(w), 0])
    fine, coarse = (route(start, start.time * MOMENTS, rtol * k) for k in (1, 1e3))
    return fine, 2 * np.linalg.norm(fine - coarse, axis=1) + 1e-12 * np.linalg.norm(fine, axis=1)


@lru_cache(maxsize=64)
def _tight_path(X, w_star, layers):
    start = _start(np.array(X), np.array(w_star), [np.array(W) for W in layers])
    return _apart(_layers_path, start, 1e-10)


def descent(X, w_star, w0, times):
    """One layer: the students at these times, and what was dissipated, with their error.

    The flow of a convex loss contracts: errors of steps do not grow, and their sum
    is at most their number times the tolerance.

    Returns
    -------
    w : array, shape (m, d)
    dissipated : array, shape (m,)
        The integral of |grad L|^2.
    error : float
        Of w relative to its way, and of the integral relative to the loss at
        the start; of floats, and 0 for balls.
    """
    task, w0 = _task(floats(X), floats(w_star)), floats(w0)
    way = max(np.linalg.norm((w0 - task.w_star) @ task.basis), EPS * np.linalg.norm(w0))
    units = np.append(np.full(len(w0), way), max(loss(w0, task.X, task.w_star), 1e-300))

    def slope(_, y):
        g = task.gradient(w0 + way * y[:-1])
        out[:-1], out[-1] = -g, g @ g
        return out / units

    y, out = np.zeros((2, len(units)))
    if not is_ball(X):
        path, steps = _lsoda(slope, y, times, 0, 1e-8)
        path = path * units
        return w0 + path[:, :-1], path[:, -1], 50e-8 * steps
    fine, coarse = (
        scipy.integrate.solve_ivp(
            slope, (0, times[-1]), y, "DOP853", times, rtol=1e-13, atol=tolerance
        ).y.T
        for tolerance in (1e-13, 1e-11)
    )
    path = _balls(fine, 2 * np.abs(fine - coarse) + 1e-12) * ball(units)
    return ball(w0) + path[:, :-1], path[:, -1], 0.0
