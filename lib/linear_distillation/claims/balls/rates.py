"""Sharper constants and gradient descent: the library's on floats, definitions on balls."""

import numpy as np

from ... import flow, objective
from .losses import loss_gradient, reaches, sigmoid, smallest_eigenvalue
from .numbers import ball, both, is_ball


def _least(X, quotients):
    return smallest_eigenvalue(X) / X.shape[1] * min(np.ravel(quotients), key=float)


def quotients(X, w_star, level):
    """delta^2 / (2 k) at both ends of every interval, on floats or balls; (n, 2)."""
    a_star, height = w_star @ X, level * X.shape[1]
    if is_ball(X):
        gaps = sigmoid(reaches(a_star, height)) - sigmoid(a_star)[:, None]
    else:
        ends, a_star = objective.sublevel_intervals(X, w_star, level), a_star[:, None]
        gaps = objective.label_gap(ends, a_star, ends - a_star)
    return np.square(gaps) / (2 * height)


def _sharp_pl(X, w_star, level):
    return _least(X, quotients(X, w_star, level))


def _growth(X, w_star, level):
    a_star, height = w_star @ X, level * X.shape[1]
    return _least(X, 2 * height / np.square(reaches(a_star, height) - a_star[:, None]))


def _descend(X, w_star, step, steps):
    path = [ball(np.zeros(len(X)))]
    for _ in range(steps):
        path.append(path[-1] - loss_gradient(path[-1], X, w_star) * step)
    return np.array(path)


def gradient_descent(X, w_star, step, steps):
    """The students from zero on; (steps + 1, d)."""
    if is_ball(X):
        return _descend(X, w_star, step, steps)
    return flow.gradient_descent(X, w_star, float(step), steps).w


growth_constant = both(objective, "growth_constant", _growth)
sharp_pl_constant = both(objective, "sharp_pl_constant", _sharp_pl)
