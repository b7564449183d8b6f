"""The loss, its derivatives and constants: the library's on floats, definitions on balls."""

import numpy as np

from ... import objective
from .numbers import _flint, both, is_ball


def _sigmoid(a):
    return 1 / (1 + np.exp(-a))


def softplus(a):
    """log(1 + exp(a)), also of complex numbers."""
    if is_ball(a) or (np.size(a) and type(np.ravel(a)[0]).__name__ == "acb"):
        return np.log(1 + np.exp(a))
    return np.where(a.real > 0, a, 0) + np.log1p(np.exp(np.where(a.real > 0, -a, a)))


def _curvature(a):
    return _sigmoid(a) * _sigmoid(-a)


def divergences(a, a_star, gap=None):
    """The terms of the loss, from the definition of the Kullback-Leibler divergence."""
    return softplus(a) - softplus(a_star) - _sigmoid(a_star) * (a - a_star)


def _loss(w, X, w_star):
    return divergences(w @ X, w_star @ X).mean()


def _loss_gradient(w, X, w_star):
    return X @ (_sigmoid(w @ X) - _sigmoid(w_star @ X)) / X.shape[1]


def _loss_hessian(w, X, w_star):
    return (X * _curvature(w @ X)) @ X.T / X.shape[1]


def _smallest_eigenvalue(X):
    """The smallest eigenvalue of X'X that is certainly not zero; (d, n) with few columns."""
    values = eigenvalues(X.T @ X)
    return min((v for v in values if not v.contains(0)), key=float)


def eigenvalues(A):
    """Eigenvalues of a symmetric matrix of balls, each enclosed."""
    acb_mat = _flint().acb_mat
    entries = [[_flint().acb(x) for x in row] for row in A]
    return [z.real for z in acb_mat(entries).eig(multiple=True)]


def reaches(a_star, height):
    """The two logits at which a term of the loss is `height`, enclosed by a change of sign."""
    ends = []
    for a in a_star:
        for sign in (-1, 1):
            ends.append(a + sign * _reach(sign * a, height))
    return np.array(ends, dtype=object).reshape(-1, 2)


def _reach(a, height):
    """D > 0 with k(a + D) = height, for a teacher's logit a: bisection between balls."""
    arb = _flint().arb

    def excess(D):
        return divergences(a + D, a) - height

    low, high = arb(0), arb(1)
    while not excess(high) > 0:
        high = 2 * high
    for _ in range(2 * _flint().ctx.prec):
        middle = ((low + high) / 2).mid()
        sign = excess(middle)
        if sign > 0:
            high = middle
        elif sign < 0:
            low = middle
        else:
            break
    return low.union(high)


def _pl_constant(X, w_star, level):
    ends = reaches(w_star @ X, X.shape[1] * level)
    least = min(_curvature(ends).ravel(), key=float)
    return _smallest_eigenvalue(X) / X.shape[1] * least


sigmoid = both(objective, "sigmoid", _sigmoid)
curvature = both(objective, "curvature", _curvature)
divergence = both(objective, "divergence", divergences)
loss = both(objective, "loss", _loss)
loss_gradient = both(objective, "loss_gradient", _loss_gradient)
loss_hessian = both(objective, "loss_hessian", _loss_hessian)
pl_constant = both(objective, "pl_constant", _pl_constant)
smallest_eigenvalue = both(objective, "smallest_eigenvalue", _smallest_eigenvalue)
