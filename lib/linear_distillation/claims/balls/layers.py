"""Deep linear students: the library's functions on floats, definitions on balls."""

import numpy as np

from ... import deep, networks, students
from .losses import eigenvalues, loss, loss_gradient, pl_constant
from .numbers import _flint, ball, both, is_ball, largest, length, max0, sqrt
from .spans import project, unit

# Layers


def _balanced_weights(w, widths, rng=None):
    """v_1 z', |z| v_2 v_1', ..., |z| v_{N-1}' with z = w / |w|^(1 - 1/N)."""
    N = ball(len(widths) + 1)
    size = length(w) ** (1 / N)
    units = [unit(ball(rng.standard_normal(k))) if rng else ball(np.eye(k)[0]) for k in widths]
    units = [unit(w), *units, ball(np.ones(1))]
    return [size * np.outer(v, below) for below, v in zip(units, units[1:], strict=False)]


def product(layers):
    """The vector w with w' = W_N ... W_1."""
    row = np.ones(1)
    for W in reversed(layers):
        row = row @ W
    return row


def _imbalance(layers):
    gaps = [above.T @ above - W @ W.T for W, above in zip(layers, layers[1:], strict=False)]
    return max((length(gap.ravel()) for gap in gaps), key=float)


def _layer_gradients(layers, X, w_star):
    """(W_N ... W_{j+1})' (g' (W_{j-1} ... W_1)')."""
    g = loss_gradient(product(layers), X, w_star)
    below = [g]
    for W in layers[:-1]:
        below.append(W @ below[-1])
    return [np.outer(product(layers[j + 1 :]), b) for j, b in enumerate(below)]


def _induced_velocity(w, X, w_star, depth):
    """Theorem C.1, with the projection onto w written out."""
    N, g, square = ball(depth), loss_gradient(w, X, w_star), np.square(w).sum()
    return -(square ** (1 - 1 / N)) * (g + (N - 1) * w * (w @ g) / square)


def _of_layers(name, on_balls):
    """As `both`, for functions whose only argument is a list of layers."""

    def route(layers):
        return on_balls(layers) if is_ball(*layers) else getattr(networks, name)(layers)

    return route


balanced_weights = both(networks, "balanced_weights", _balanced_weights)
end_to_end = _of_layers("end_to_end", product)
imbalance = _of_layers("imbalance", _imbalance)
layer_gradients = both(networks, "layer_gradients", _layer_gradients)
induced_velocity = both(networks, "induced_velocity", _induced_velocity)


# Limits and bounds


def root(function, low, high):
    """The zero of an increasing function, enclosed by bisection between balls."""
    low, high = low.mid(), high.mid()
    for _ in range(2 * _flint().ctx.prec):
        middle = ((low + high) / 2).mid()
        value = function(middle)
        if value > 0:
            high = middle
        elif value < 0:
            low = middle
        else:
            break
    return low.union(high)


def _deep_student(X, w_star, w0, depth):
    """By the tangent t of the angle to w_hat: t^N (1 + t^2)^((1-N)/2) = |q|^N |w0|^(1-N) / |w_hat|.

    The left side lies between t^N 2^((1-N)/2) and t^N for t <= 1, and between
    t 2^((1-N)/2) and t for t >= 1. Where q may be 0, what it may do is in the radius.
    """
    N, w_hat = ball(depth), project(X, w_star)
    q = w0 - project(X, w0)
    far = length(q) if length(q) > 0 else length(q).upper()
    size = length(w_hat)
    right = far**N * length(w0) ** (1 - N) / size
    if not right > 0:
        return w_hat
    wide = right * ball(2) ** ((N - 1) / 2)
    low, high = right.min(right ** (1 / N)) / 2, 2 * wide.max(wide ** (1 / N))
    t = root(lambda t: t**N * (1 + t * t) ** ((1 - N) / 2) - right, low, high)
    if not length(q) > 0:
        return w_hat + _flint().arb(0, (size * t).upper())
    return w_hat + size * t / far * q


def _start_bound(eps, size, depth):
    """(11) as the paper has it."""
    N = ball(depth)
    inner = eps * eps * size ** (-2 / N) + size ** (2 - 2 / N)
    return size.min(eps**N * inner ** (-N / 2))


def _sharp_start_bound(eps, size, depth):
    N = ball(depth)
    return eps**N * (size * size + eps * eps) ** ((1 - N) / 2)


def _saddle_distance(X, w_star, w0):
    zero = ball(np.zeros(len(w_star)))
    drop = loss(zero, X, w_star) - loss(w0, X, w_star)
    return max0(drop) / length(loss_gradient(zero, X, w_star))


def _deep_rate(X, w_star, w0, depth):
    away, N = _saddle_distance(X, w_star, w0), ball(depth)
    if not away > 0:
        return largest(away, 0)
    return 2 * pl_constant(X, w_star, loss(w0, X, w_star)) * away ** (2 - 2 / N)


def two_layer_parts(X, w_star, layers):
    """Squares of what W_1 (I-P) stretches at most; eigenvalues of W_2'W_2 - W_1 W_1'; |w_hat|."""
    first, second = layers
    outside = np.array([row - project(X, row) for row in first])
    squares, gaps = (
        sorted(eigenvalues(A) if is_ball(A) else np.linalg.eigvalsh(A), key=float)
        for A in (outside @ outside.T, second.T @ second - first @ first.T)
    )
    return squares[-1], gaps, length(project(X, w_star))


def _two_layer_bound(X, w_star, layers):
    square, gaps, goal = two_layer_parts(X, w_star, layers)
    m = square + gaps[-1]
    return sqrt(square * (m + sqrt(m * m + 4 * goal * goal)) / 2)


deep_student = both(students, "deep_student", _deep_student)
start_bound = both(deep, "start_bound", _start_bound)
sharp_start_bound = both(deep, "sharp_start_bound", _sharp_start_bound)
saddle_distance = both(deep, "saddle_distance", _saddle_distance)
two_layer_bound = both(deep, "two_layer_bound", _two_layer_bound)
deep_rate = both(deep, "deep_rate", _deep_rate)
