"""Sharper constants and gradient descent: the library's on floats, definitions on balls."""

import numpy as np

from ... import flow, objective
from .losses import loss_gradient, reaches, sigmoid, smallest_eigenvalue
from .numbers import ball, both, is_ball
from .spans import rank


def _least(X, quotients):
    return smallest_eigenvalue(X) / X.shape[1] * min(np.ravel(quotients), key=float)


def _sharp_pl(X, w_star, level):
    a_star, height = w_star @ X, level * X.shape[1]
    gaps = sigmoid(reaches(a_star, height)) - sigmoid(a_star)[:, None]
    return _least(X, np.square(gaps) / (2 * height))


def _growth(X, w_star, level):
    a_star, height = w_star @ X, level * X.shape[1]
    return _least(X, 2 * height / np.square(reaches(a_star, height) - a_star[:, None]))


def _descend(X, w_star, step, steps):
    path = [ball(np.zeros(len(X)))]
    for _ in range(steps):
        path.append(path[-1] - loss_gradient(path[-1], X, w_star) * step)
    return np.array(path)


def sharp_pl_constant(X, w_star, level):
    """As the library's, and its formula also where columns are dependent and it refuses."""
    if is_ball(X):
        return _sharp_pl(X, w_star, level)
    if rank(X) == X.shape[1]:
        return objective.sharp_pl_constant(X, w_star, level)
    ends, a_star = objective.sublevel_intervals(X, w_star, level), (w_star @ X)[:, None]
    gaps = objective.label_gap(ends, a_star, ends - a_star)
    return _least(X, gaps**2 / (2 * X.shape[1] * level))


def gradient_descent(X, w_star, step, steps):
    """The students from zero on; (steps + 1, d)."""
    if is_ball(X):
        return _descend(X, w_star, step, steps)
    return flow.gradient_descent(X, w_star, float(step), steps).w


growth_constant = both(objective, "growth_constant", _growth)
