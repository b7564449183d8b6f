"""Appendix A: the loss, its derivatives, and its constants."""

from functools import partial

import numpy as np

from .balls import floats
from .balls.losses import (
    divergence,
    eigenvalues,
    loss,
    loss_gradient,
    loss_hessian,
    pl_constant,
    sigmoid,
    smallest_eigenvalue,
    softplus,
)
from .balls.numbers import complex_step, is_ball
from .balls.spans import project
from .claim import claim
from .slack import AtMost, Equal

CHAPTER = "appendices/loss"
EPS = np.finfo(float).eps


# Tasks and students


def examples(draw):
    """A transfer set, dependent columns included, of all magnitudes."""
    rng, d, n = draw.rng(), draw.count(1, 10), draw.count(1, 6)
    kind = draw.pick("plain", "orthogonal", "orthogonal", "duplicate", "multiple", "zero")
    spread = floats(draw.uniform())
    X = rng.standard_normal((d, n)) * 10.0 ** rng.uniform(-spread, spread, n)
    if kind == "orthogonal":
        X = np.linalg.qr(X)[0]
    X = draw.number(X)
    if n > 1 and kind in ("duplicate", "multiple", "zero"):
        X[:, -1] = {"duplicate": 1, "multiple": -3.5, "zero": 0}[kind] * X[:, 0]
    return X, rng


def logits_up_to(draw, v, X, largest=30):
    """The vector, scaled to a largest logit between 1e-3 and `largest`."""
    return draw.number(v) * (draw.real(1e-3, largest) / np.abs(v @ floats(X)).max())


def student_and_teacher(draw):
    X, rng = examples(draw)
    w, w_star = (logits_up_to(draw, v, X) for v in rng.standard_normal((2, len(X))))
    return X, w, w_star, draw.number(rng.standard_normal(len(X)))


def cross_entropy(w, X, labels):
    """Of the student's labels to the teacher's; for complex w too."""
    logits = w @ X
    return (softplus(logits) - labels * logits).mean()


# The loss


@claim(
    "Section 3, (1)",
    r"The loss $L$ is the cross-entropy to the soft labels less its value at $w_\star$; its "
    r"minimum is 0.",
    chapter="setting",
    short="the loss",
    mutants={
        "less its value at 0": {"at": lambda w_star: 0 * w_star},
        "the sum for the mean, of two examples or more": {"total": lambda n: n},
        "the divergence the other way round": {"order": -1},
    },
)
def loss_minimum(draw, at=lambda w_star: w_star, total=lambda n: 1, order=1):
    """L is the cross-entropy less the labels' entropy, and at least 0, its value at the teacher."""
    X, w, w_star, _ = student_and_teacher(draw)
    value, labels = loss(*(w, X, w_star)[::order]), sigmoid(w_star @ X)
    entropy = cross_entropy(at(w_star), X, labels)
    excess = (cross_entropy(w, X, labels) - entropy) * total(X.shape[1])
    scale = 1 + floats(entropy) + abs(floats(w @ X)).max()
    return [
        Equal(value, excess, error=16 * EPS * scale, scale=scale),
        Equal(loss(w_star, X, w_star), 0, scale=scale),
        AtMost(0, value, scale=scale),
    ]


def gap_of_logits(w, X, w_star):
    """The gap between the labels of w - w_star and of 0: right to first order."""
    return X @ (sigmoid((w - w_star) @ X) - 0.5) / X.shape[1]


@claim(
    "Appendix A",
    r"$\nabla L(w)=\tfrac1nX(\sigma(X'w)-\sigma(X'w_\star))$.",
    chapter=CHAPTER,
    mutants={
        "the other sign": {"gradient": lambda *case: -loss_gradient(*case)},
        "2 % larger": {"gradient": lambda *case: 1.02 * loss_gradient(*case)},
        "sigma(X'(w - w_star)) - 1/2": {"gradient": gap_of_logits},
        "for hard labels": {"gradient": lambda w, X, w_star: loss_gradient(w, X, 1e3 * w_star)},
    },
)
def gradient(draw, gradient=loss_gradient):
    X, w, w_star, v = student_and_teacher(draw)
    entropy = partial(cross_entropy, X=X, labels=sigmoid(w_star @ X))
    sizes = np.abs(floats(v)) @ np.abs(floats(X))  # what a sum along v X may cancel from
    slope = complex_step(entropy, w, v)
    return Equal(gradient(w, X, w_star) @ v, slope, error=32 * EPS * sizes.max(), scale=sizes.max())
