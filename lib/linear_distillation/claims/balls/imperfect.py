"""Imperfect teachers: the library's closed forms on floats, definitions on balls."""

import numpy as np
import scipy

from ... import noise
from .losses import _curvature, _sigmoid
from .numbers import ball, both, floats, is_ball, largest, sqrt
from .pools import inverse


def sigmoid(a):
    """1 / (1 + exp(-a))."""
    return _sigmoid(a) if is_ball(a) else scipy.special.expit(a)


def curvature(a):
    """sigma (1 - sigma)."""
    return _curvature(a) if is_ball(a) else scipy.special.expit(a) * scipy.special.expit(-a)


def mean_chi2(n):
    """Mean of a chi-square variable and of its inverse, by the gamma function; n > 2."""
    n = n / 2

    def gamma_ratio(top, bottom):
        if is_ball(n):
            return (ball(top).lgamma() - ball(bottom).lgamma()).exp()
        return np.exp(scipy.special.gammaln(top) - scipy.special.gammaln(bottom))

    return 2 * gamma_ratio(n + 1, n), gamma_ratio(n - 1, n) / 2 if floats(n) > 1 else None


def error(n, d, s):
    """Mean squared distance of the noisy student to the teacher."""
    if not is_ball(s):
        return noise.noisy_moments(n, d, float(s)).error
    return 1 - ball(n) / d + np.square(s) * n / (d - n - 1)


def _cosine(share, s):
    return sqrt(share * (1 - share) / (1 - share + np.square(s)))


def _best_share(s):
    return 1 + np.square(s) - s * sqrt(1 + np.square(s))


cosine = both(noise, "noisy_cosine", _cosine)
best_share = both(noise, "best_share", _best_share)


def split_cosine(share, budget, s):
    """Of least squares on the mean logits of `share` d examples, `budget` d answers in all."""
    variance = np.square(s) * share / budget
    if share < 1:
        return cosine(share, sqrt(variance))
    return 1 / sqrt(1 + variance / (share - 1))


def best_cosine(budget, s):
    """Cosine of the best split."""
    if not is_ball(budget, s):
        return noise.best_split(float(budget), float(s)).cosine
    repeat = 1 / (1 + s / sqrt(budget))
    best = repeat if repeat < budget else cosine(budget, s)
    return largest(best, split_cosine(budget, budget, s)) if budget > 1 else best


def covariance(X, w, variance):
    """n times the asymptotic covariance of the student of labels of this variance."""
    if not is_ball(X):
        return noise.label_covariance(X, w, variance)
    H = inverse((X * _curvature(w @ X)) @ X.T / X.shape[1])
    return H @ ((X * variance) @ X.T / X.shape[1]) @ H


def hard_covariance(X, w, weight=curvature):
    """That of hard labels: the inverse of the mean Hessian."""
    return inverse((X * weight(w @ X)) @ X.T / X.shape[1])
