"""The distillation loss of several classes as a function of one example's logits.

All of it starts from logits. With labels q = softmax(a*), p = softmax(a), and the gap
d = a - a* less its mean under q, the term of the loss is

    KL(q | p) = log(1 + sum_c q_c phi(d_c)),    phi(d) = e^d - 1 - d >= 0,

a sum in which nothing cancels, and p_c = q_c exp(d_c - KL).
"""

from __future__ import annotations

from math import factorial
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from ._types import Floats

# 2 phi(d) / d^2 = sum of 2 d^k / (k + 2)!, to rounding for |d| <= 1
SERIES = np.array([2 / factorial(k) for k in range(20, 1, -1)])


def log_labels(a: Floats) -> Floats:
    """Logarithm of softmax, along the last axis."""
    top = a - a.max(axis=-1, keepdims=True)
    with np.errstate(under="ignore"):
        return top - np.log(np.exp(top).sum(axis=-1, keepdims=True))


def labels(a: Floats) -> Floats:
    """The softmax of logits, along the last axis."""
    with np.errstate(under="ignore"):
        return np.exp(log_labels(a))


def terms(a_star: Floats, gap: Floats) -> Floats:
    """KL of the labels of a_star from those of a_star + gap, (...,) from (..., C)."""
    return _parts(a_star, gap)[2]


def label_gaps(a_star: Floats, gap: Floats) -> Floats:
    """softmax(a_star + gap) - softmax(a_star): nothing cancels, even in saturated labels."""
    log_q, d, term = _parts(a_star, gap)
    ratio = d - term[..., None]  # log p - log q
    with np.errstate(under="ignore"):
        larger = np.exp(log_q + np.maximum(ratio, 0))
        return np.sign(ratio) * larger * -np.expm1(-np.abs(ratio))


def bend(p: Floats, v: Floats) -> Floats:
    """(diag(p) - p p') v, of labels p (..., C)."""
    return p * _centred(p, v)


def _centred(p: Floats, v: Floats) -> Floats:
    """v less its mean under p; seen from the surest class a mean near its own does not cancel."""
    p, v = np.broadcast_arrays(p, v)
    v = v - np.take_along_axis(v, p.argmax(axis=-1)[..., None], axis=-1)
    return v - (p * v).sum(axis=-1, keepdims=True)


def _parts(a_star: Floats, gap: Floats) -> tuple[Floats, Floats, Floats]:
    """log q, the gap less its mean, and the term of the loss."""
    log_q = log_labels(a_star)
    with np.errstate(under="ignore"):
        d = _centred(np.exp(log_q), gap)
        return log_q, d, np.logaddexp(0, _log_sum(log_q + _log_excess(d)))


def _log_sum(logs: Floats) -> Floats:
    """log of a sum of exponentials, which may all be 0: SciPy's takes longer than all the rest."""
    top = np.maximum(logs.max(axis=-1), np.finfo(float).min)
    with np.errstate(divide="ignore"):
        return top + np.log(np.exp(logs - top[..., None]).sum(axis=-1))


def _log_excess(d: Floats) -> Floats:
    """log(e^d - 1 - d), -inf at 0."""
    near, low, high = np.clip(d, -1, 1), np.minimum(d, -1), np.maximum(d, 1)
    with np.errstate(divide="ignore", under="ignore"):
        series = 2 * np.log(np.abs(near)) + np.log(np.polyval(SERIES, near) / 2)
        below = np.log(-1 - low + np.exp(low))
        above = high + np.log1p(-(1 + high) * np.exp(-high))
    return np.where(d < -1, below, np.where(d > 1, above, series))
