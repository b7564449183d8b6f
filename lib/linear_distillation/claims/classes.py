"""Several classes: the loss, where training ends, and how soon."""

from functools import partial

import numpy as np

from .balls import floats
from .balls.classes import (
    centred,
    class_gradient,
    class_hessian,
    class_loss,
    class_pl_constant,
    class_student,
    excess,
    softmax,
)
from .balls.losses import loss, loss_gradient
from .balls.numbers import complex_step
from .balls.spans import line_angle, project
from .cases import condition
from .claim import claim
from .slack import AtMost, Equal

claim = partial(claim, chapter="open-questions/several-classes")


def case(draw, most=5, logit=8.0, fewest=2, dims=(1, 6)):
    """Examples of any size, a teacher of some classes, and randomness."""
    rng, d, n, C = draw.rng(), draw.count(*dims), draw.count(1, 5), draw.count(fewest, most)
    X = rng.standard_normal((d, n)) * draw.real(1e-3, 1e3)
    W_star = rng.standard_normal((d, C))
    if draw.chance(0.2):
        W_star = W_star - W_star.mean(axis=1, keepdims=True)
    W_star = W_star / np.abs(X.T @ W_star).max() * draw.real(1e-3, logit)
    return draw.number(floats(X)), draw.number(floats(W_star)), rng


def size(A):
    return floats(np.abs(floats(A)).max())


# The loss


def hard(a):
    """Labels that are classes."""
    return softmax(30 * a)


@claim(
    "ours, the loss is Hinton's",
    r"$\nabla L(W)=\frac1nX(\mathcal P-\mathcal Q)^\top$, and its derivative along $V$ is "
    r"$\frac1n\sum_ix_i((\operatorname{diag}p_i-p_ip_i^\top)V^\top x_i)^\top$.",
    mutants={
        "2 % longer": {"longer": 1.02},
        "from labels twice as sharp": {"sharp": 2},
        "diag p for diag p - p p'": {
            "hessian": lambda W, X, V: X @ (softmax(X.T @ W) * (X.T @ V)) / X.shape[1]
        },
    },
)
def class_derivatives(draw, longer=1, sharp=1, hessian=class_hessian):
    X, W_star, rng = case(draw)
    V = draw.number(rng.standard_normal(W_star.shape)) / size(X)
    W = W_star + V * draw.real(1e-6, 3)
    q = softmax(X.T @ W_star)
    first = complex_step(lambda W: excess(W, X, q), W, V)
    second = (complex_step(lambda W: class_of(W, X, V), W, V)) + 0 * first
    found = (class_gradient(W, X, W_star * sharp) * V).sum() * longer
    bent = (hessian(W, X, V) * V).sum() * longer
    scale = float(np.square(floats(X.T @ V)).mean()) ** 0.5
    return [
        Equal(found, first, error=1e-12 * scale * (1 + size(X.T @ W)), scale=scale),
        Equal(bent, second, error=1e-12 * scale * (1 + size(X.T @ W)) * (1 + scale), scale=scale),
    ]


def class_of(W, X, V):
    """The slope along V, of complex W too."""
    return (softmax(X.T @ W) * (X.T @ V)).sum() / X.shape[1]


def smallest(p):
    return min(p, key=float)


@claim(
    "ours, the upper bound is Boehning's",
    r"$(\min_cp_c)\,J\preceq\operatorname{diag}p-pp^\top\preceq\frac12J$.",
    mutants={
        "0.49 J": {"most": 0.49},
        "the mean label for the smallest": {"least": lambda p: p.sum() / len(p)},
        "1.02 times the smallest label": {"least": lambda p: 1.02 * smallest(p)},
        "the identity for J": {"square": lambda u: np.square(u).sum()},
    },
)
def class_curvature(draw, most=0.5, least=smallest, square=lambda u: np.square(centred(u)).sum()):
    rng, C = draw.rng(), draw.count(2, 6)
    a, u = rng.standard_normal(C) * draw.real(1e-2, 8), rng.standard_normal(C)
    if draw.chance(0.6):  # two classes, the likeliest or the least likely ones, alike
        order = np.argsort(a) * (1 if draw.chance(0.5) else -1)
        order = np.argsort(a)[:2] if order[0] >= 0 else np.argsort(a)[-2:]
        a[order[0]], u = a[order[1]], 0 * u
        u[order] = [1, -1]
    a, u = draw.number(a), draw.number(u)
    p = softmax(a)
    form = (class_hessian(a[None], np.array([[1.0 + 0 * a[0]]]), u[None])[0] * u).sum()
    error = 1e-13 * floats(np.square(u).sum())
    low, high = least(p) * square(u), most * square(u)
    return [AtMost(low, form, error), AtMost(form, high, error)]


@claim(
    "ours",
    r"For $C=2$ and $w=w_1-w_2$ the loss is (1) of $w$, and $w$ moves at twice the speed.",
    rests_on=("gradient",),
    mutants={
        "at the same speed": {"speed": 1},
        "2 % faster": {"speed": 2.04},
        "w_1 alone": {"one": lambda W: W[:, 0]},
    },
)
def two_classes(draw, speed=2, one=lambda W: W[:, 0] - W[:, 1]):
    X, W_star, rng = case(draw, most=2)
    W = W_star + draw.number(rng.standard_normal(W_star.shape)) * draw.real(1e-3, 3) / size(X)
    w, w_star = one(W), one(W_star)
    both = class_gradient(W, X, W_star)
    slope, scale = speed * loss_gradient(w, X, w_star), size(X)
    found = class_loss(W, X, W_star)
    return [
        Equal(found, loss(w, X, w_star), error=1e-9 * floats(found) + 1e-13),
        Equal(both[:, 0] - both[:, 1], slope, error=1e-12 * scale, scale=scale),
    ]


# Where training ends


def all_but_one(X, W_star):
    return class_student(X[:, 1:], W_star) if X.shape[1] > 1 else 0 * W_star


@claim(
    "ours",
    r"The flow from zero tends to $PW_\star J$: there the gradient is zero, and only there on "
    r"matrices in the span whose rows sum to zero, which the flow does not leave.",
    short="several classes: limit",
    rests_on=("class-derivatives", "class-curvature", "class-dominance"),
    mutants={
        "without J": {"student": lambda X, W: np.stack([project(X, w) for w in W.T], axis=-1)},
        "of all examples but one": {"student": all_but_one},
        "2 % longer": {"student": lambda X, W: 1.02 * class_student(X, W)},
        "the teacher, centred": {"student": lambda X, W: centred(W)},
    },
)
def class_limit(draw, student=class_student):
    X, W_star, _ = case(draw)
    if draw.chance(0.2):
        X[:, -1] = X[:, 0]
    W, start = student(X, W_star), class_gradient(0 * W_star, X, W_star)
    scale, error = size(W_star), 1e-13 * condition(floats(X))
    outside = W - np.stack([project(X, w) for w in W.T], axis=-1)
    return [
        Equal(class_gradient(W, X, W_star), 0 * start, error * scale * size(X) ** 2, size(start)),
        Equal(W.sum(axis=1), 0 * W[:, 0], error * scale, scale),
        Equal(outside, 0 * W, error * scale, scale),
    ]


@claim(
    "ours",
    r"$\hat w_a-\hat w_b=P(w^\star_a-w^\star_b)$, and so "
    r"$\alpha(w^\star_a-w^\star_b,\hat w_a-\hat w_b)\le\min_i\alpha(w^\star_a-w^\star_b,x_i)$.",
    short="each pair of classes",
    rests_on=("class-limit", "lemma-1"),
    mutants={
        "the sum of the pair": {"pair": lambda W, a, b: W[:, a] + W[:, b]},
        "of all examples but one": {"student": all_but_one},
        "the class alone": {"pair": lambda W, a, b: W[:, a]},
    },
)
def class_pairs(draw, student=class_student, pair=lambda W, a, b: W[:, a] - W[:, b]):
    X, W_star, _ = case(draw, dims=(2, 6))
    W = student(X, W_star)
    v, found = pair(W_star, 0, 1), W[:, 0] - W[:, 1]
    nearest = min(line_angle(v, X.T), key=float)
    rounding = 1e-13 * condition(floats(X))
    angle = line_angle(v, found)
    error = 1e-7 if floats(nearest) < 1e-6 else rounding * 100 + 1e-9
    return [
        Equal(found, project(X, v), rounding * size(W_star), size(W_star)),
        AtMost(angle, nearest, error),
    ]


@claim(
    "ours",
    r"Where $L\le\ell$: $L\le|\nabla L|^2/(2\mu)$, $\mu=\frac\lambda n\min\sigma(b^-_{ic})$ "
    r"(`class_pl_constant`).",
    rests_on=("class-curvature",),
    mutants={
        "without 1/n": {"factor": lambda n: n},
        "2 % larger": {"factor": lambda n: 1.02},
    },
)
def class_dominance(draw, factor=lambda n: 1):
    X, W_star, rng = case(draw, logit=2.0, fewest=3, dims=(1, 4))
    if draw.chance(0.4):  # one example: equality for even labels, next to the teacher
        X = X[:, :1]
    step = draw.real(1e-4, 1)
    W = W_star + draw.number(rng.standard_normal(W_star.shape)) * step / size(X)
    level, slope = class_loss(W, X, W_star), class_gradient(W, X, W_star)
    mu = class_pl_constant(X, W_star, level) * factor(X.shape[1])
    right = np.square(slope).sum()
    return AtMost(2 * mu * level, right, error=1e-8 * floats(right))


# Temperature


@claim(
    "ours",
    r"A temperature $T$ shared by teacher and student leaves the limit $PW_\star J$. There "
    r"$T^2\nabla^2L_T$ is between $\frac\lambda n\min_{i,c}p_{ic}$ and "
    r"$\frac\Lambda n\min(\frac12,\max_{i,c}p_{ic})$ of the labels at $T$, "
    r"and $\min p$ never falls as $T$ rises, nor rises $\max p$.",
    short="temperature, several classes",
    rests_on=("class-limit", "class-curvature"),
    mutants={
        "T for T^2": {"power": 1},
        "uniform labels at each temperature": {"at": lambda p: 0 * p + 1 / p.shape[1]},
        "the smallest label falls": {"turn": -1},
        "a student at 1.1 T": {"own": 1.1, "without": "a shared temperature"},
    },
    without={"a shared temperature": {"own": 2.0}},
)
def class_temperature(draw, power=2, at=lambda p: p, turn=1, own=1.0):
    X, W_star, rng = case(draw)
    T, more = draw.real(0.3, 30), draw.real(1.05, 10)
    draw.assume("a shared temperature", floats(T * own) == floats(T))
    W, V = class_student(X, W_star), draw.number(rng.standard_normal(W_star.shape)) / size(X)
    start, slope = (class_gradient(w / (T * own), X, W_star / T) for w in (0 * W, W))
    form = (class_hessian(W / T, X, V) * V).sum() * T ** (power - 2)
    square = np.square(centred(X.T @ V)).sum() / X.shape[1]
    cold, hot = (softmax(X.T @ W_star / t) for t in (T, T * more))
    p, error = at(cold), 1e-12 * floats(square) * condition(floats(X))
    ends = np.array([smallest(p.ravel()), max(p.ravel(), key=float)])
    calm = np.array([smallest(hot.ravel()), max(hot.ravel(), key=float)])
    most = ends[1] if ends[1] < 0.5 else 0.5
    return [
        Equal(
            slope,
            0 * slope,
            1e-13 * condition(floats(X)) * size(W_star) * size(X) ** 2,
            size(start),
        ),
        AtMost(ends[0] * square, form, error),
        AtMost(form, most * square, error),
        AtMost(turn * np.array([ends[0], -ends[1]]), turn * np.array([calm[0], -calm[1]]), 1e-13),
    ]
