"""Appendix A: the loss, its derivatives, and its constants."""

from functools import partial

import numpy as np

from .balls import floats
from .balls.losses import (
    curvature,
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
from .balls.spans import project, rank
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


def logistic(a):
    """The labels, also of complex logits."""
    if is_ball(a):
        return 1 / (1 + np.exp(-a))
    small = np.exp(np.where(a.real > 0, -a, a))
    return np.where(a.real > 0, 1, small) / (1 + small)


def summed(v, X):
    """What the sums in v'X add up, without their signs: rounding is relative to it."""
    return (np.abs(floats(v)) @ np.abs(floats(X))).max()


# The loss


@claim(
    "Section 3, (1)",
    r"The loss $L$ is the cross-entropy to the soft labels less its value at $w_\star$; its "
    r"minimum is 0.",
    chapter="setting",
    short="the loss",
    mutants={
        "less its value at 0": {"at": lambda w_star: 0 * w_star},
        "the sum for the mean": {"total": lambda n: n},
        "the divergence the other way round": {"order": -1},
    },
)
def loss_minimum(draw, at=lambda w_star: w_star, total=lambda n: 1, order=1):
    """L is the cross-entropy less the labels' entropy, and at least 0, its value at the teacher."""
    X, w, w_star, _ = student_and_teacher(draw)
    value, labels = loss(*(w, X, w_star)[::order]), sigmoid(w_star @ X)
    excess = (cross_entropy(w, X, labels) - cross_entropy(at(w_star), X, labels)) * total(len(X.T))
    scale = 1 + summed(w, X) + summed(w_star, X)
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
    scale = summed(v, X)
    error = 16 * EPS * scale * (1 + summed(w, X) + summed(w_star, X))
    slope = complex_step(entropy, w, v)
    return Equal(gradient(w, X, w_star) @ v, slope, error=error, scale=scale)


def agreeing(draw, X, w_star, v, blind=0):
    """A student with the teacher's logits on all examples (but the last `blind`), or any; which."""
    if draw.chance(0.6):
        return logits_up_to(draw, floats(v), X), False
    seen = X[:, : X.shape[1] - blind]
    return w_star + (v - project(seen, v) if seen.size else v), True


@claim(
    "Appendix A",
    r"$L(w)=0$ iff $X'w=X'w_\star$; in fact "
    r"$L(w)\ge\tfrac2n|\sigma(X'w)-\sigma(X'w_\star)|^2$.",
    chapter=CHAPTER,
    short="all minimisers",
    rests_on=("loss-minimum",),
    mutants={
        "iff they agree on all examples but one": {"student": partial(agreeing, blind=1)},
        "only for the teacher": {"least": lambda gap, apart: np.square(apart).sum()},
        "1 % of the largest gap for the mean": {"share": 0.01},
    },
)
def minimisers(draw, student=agreeing, least=lambda gap, apart: np.square(gap).mean(), share=0):
    """Pinsker's inequality between two Bernoulli laws, and no loss where the logits agree."""
    X, rng = examples(draw)
    u, v = rng.standard_normal((2, len(X)))
    w_star = logits_up_to(draw, u, X, 5)
    w, agrees = student(draw, X, w_star, draw.number(v))
    draw.trivial(agrees)
    value, gap = loss(w, X, w_star), sigmoid(w @ X) - sigmoid(w_star @ X)
    bound = 2 * ((1 - share) * least(gap, w - w_star) + share * max(np.square(gap), key=float))
    rounding = 16 * EPS * (1 + summed(w, X) + summed(w_star, X))
    error = rounding * np.sqrt(abs(floats(value))) + rounding**2
    return AtMost(value, 0, error, scale=1.0) if agrees else AtMost(bound, value, error)


# Second derivatives


@claim(
    "Appendix A",
    r"$H(w)=\tfrac1nX\operatorname{diag}(\sigma'(X'w))X'$.",
    chapter=CHAPTER,
    rests_on=("gradient",),
    mutants={
        "sigma' at the teacher's logits": {"at": lambda w, w_star: w_star},
        "1/4 for sigma'": {"at": lambda w, w_star: 0 * w},
        "2 % larger": {"factor": 1.02},
    },
)
def hessian(draw, at=lambda w, w_star: w, factor=1):
    """Along a vector, against the change of the gradient."""
    X, w, w_star, v = student_and_teacher(draw)
    change = complex_step(lambda w: X @ logistic(w @ X) / X.shape[1], w, v)
    scale = np.abs(floats(X)).max() * summed(v, X)
    found = factor * loss_hessian(at(w, w_star), X, w_star) @ v
    return Equal(found, change, error=16 * EPS * scale * (1 + summed(w, X)), scale=scale)


def widest(X):
    """The largest eigenvalue of X'X."""
    return max(eigenvalues(X.T @ X), key=float) if is_ball(X) else np.linalg.norm(X, 2) ** 2


@claim(
    "Appendix A",
    r"$0\preceq H\preceq\tfrac{\lambda_{\max}(X'X)}{4n}I$, as $0<\sigma'\le\tfrac14$.",
    chapter=CHAPTER,
    rests_on=("hessian",),
    short="curvature",
    mutants={
        "1/8 for 1/4": {"quarter": 0.125},
        "2 % smaller": {"quarter": 0.245},
        "at least 4/5 of the smallest eigenvalue / (4n), on the span": {"floor": 0.8},
    },
)
def hessian_bound(draw, quarter=0.25, floor=0):
    """Rayleigh quotients of H at its outermost eigenvectors, as found in floating point."""
    X, w, w_star, _ = student_and_teacher(draw)
    H, n = loss_hessian(w, X, w_star), X.shape[1]
    V = np.linalg.eigh(floats(H))[1]
    low, top = (v @ H @ v / (v @ v) for v in V.T[[-rank(X) if floor else 0, -1]])
    least = floor * smallest_eigenvalue(X) / (4 * n) if floor else 0
    scale = floats(widest(X)) / n
    return [
        AtMost(top, quarter * widest(X) / n, error=64 * EPS * scale, scale=scale),
        AtMost(least, low, error=64 * EPS * scale, scale=scale),
    ]


# Constants on a sublevel set


def on_the_edge(draw):
    """A transfer set, w* and a student with some logits far out: (X, w_star, w_hat, out, rng)."""
    X, rng = examples(draw)
    w_star = logits_up_to(draw, rng.standard_normal(len(X)), X, 10)
    w_hat, most = project(X, w_star), int(np.abs(floats(w_star @ X)).argmax())
    out = X @ draw.number(rng.standard_normal(X.shape[1]))
    if draw.chance(0.5):  # only the most saturated logit moves, if the columns allow it
        rest = np.delete(X, most, axis=1)
        out = X[:, most] - (project(rest, X[:, most]) if rest.size else 0)
    if not np.abs(floats(out)).max() > 1e-9 * np.abs(floats(X)).max():
        out = X[:, most]
    reach = draw.pick(1, -1) * draw.real(1e-3, 30)
    return X, w_star, w_hat, out * (reach / np.abs(floats(out @ X)).max()), rng


def between(draw, X, w_hat, out, rng):
    """A second student: inside the sublevel set, mostly between the first and the projection."""
    other = out if draw.chance(0.7) else X @ draw.number(rng.standard_normal(X.shape[1]))
    size = np.abs(floats(other @ X)).max() / np.abs(floats(out @ X)).max()
    return w_hat + (1 - draw.real(1e-2, 2)) * other / max(size, 1e-300)


def further_out(draw, X, w_hat, out, rng):
    """Three times as far out as the first, on either side."""
    return w_hat + draw.pick(3, -3) * out


def off_the_span(draw, X, w_hat, out, rng):
    q = draw.number(rng.standard_normal(len(X)))
    return w_hat + out + q - project(X, q)


def level_of(draw, X, w_star, w):
    """The level that w just reaches, or a higher one."""
    return loss(w, X, w_star) * draw.pick(1 + 1e-9, 1 + 1e-9, 3.0)


def at_the_teacher(X, w_star, level):
    """sigma' at the teacher's logits only: right as the level tends to 0."""
    return smallest_eigenvalue(X) / X.shape[1] * min(curvature(w_star @ X), key=float)


def short_intervals(X, w_star, level):
    """Each term at most `level`, not n times that."""
    return pl_constant(X, w_star, level / X.shape[1])


def largest_eigenvalue(X, w_star, level):
    return pl_constant(X, w_star, level) / smallest_eigenvalue(X) * widest(X)


def twice(X, w_star, level):
    return 2 * pl_constant(X, w_star, level)


WRONG_MU = {
    "2 mu for mu": {"mu": twice},
    "sigma' at the teacher's logits": {"mu": at_the_teacher},
    "the largest eigenvalue": {"mu": largest_eigenvalue},
}


def in_span(X, v):
    """Whether v is in the span of the columns, as far as rounding tells."""
    missed, size = v - project(X, v), np.linalg.norm(floats(v))
    return all(abs(m) <= (1e-30 if is_ball(v) else 1e-9) * size for m in missed)


@claim(
    "Theorem A.3",
    r"For $v,w$ with $L\le\ell$ and $v-w\in\operatorname{span}(X)$: "
    r"$L(v)\ge L(w)+\nabla L(w)\cdot(v-w)+\tfrac\mu2|v-w|^2$ with "
    r"$\mu=\tfrac\lambda n\min_i\min\sigma'(a_i^\pm)$ (`pl_constant`). (The paper says that a "
    r"constant exists.)",
    chapter=CHAPTER,
    rests_on=("hessian",),
    short="strong convexity",
    mutants={**WRONG_MU, "l for n l": {"mu": short_intervals}},
    without={
        "w in the sublevel set": {"swap": True, "second": further_out},
        "v in the sublevel set": {"second": further_out},
        "v - w in the span": {"second": off_the_span},
    },
)
def theorem_A3(draw, mu=pl_constant, second=between, swap=False):
    X, w_star, w_hat, out, rng = on_the_edge(draw)
    w, v = w_hat + out, second(draw, X, w_hat, out, rng)
    level = level_of(draw, X, w_star, w)
    v, w = (w, v) if swap else (v, w)
    draw.assume("w in the sublevel set", loss(w, X, w_star) <= level)
    draw.assume("v in the sublevel set", loss(v, X, w_star) <= level)
    draw.assume("v - w in the span", in_span(X, v - w))
    # the loss of v with w as its teacher is L(v) - L(w) - grad L(w).(v - w): nothing cancels
    remainder = divergence(v @ X, w @ X, (v - w) @ X).mean()
    least = mu(X, w_star, level) / 2 * np.square(v - w).sum()
    return AtMost(least, remainder, error=conditioned(X, v, w) * abs(floats(remainder)))


def conditioned(X, v, w):
    """Relative error of a loss with two near students, and of the eigenvalue of X'X."""
    apart = np.abs(floats((v - w) @ X)).max()
    sizes = 16 * EPS * (summed(v, X) + summed(w, X)) / max(apart, 1e-300)
    singular = np.linalg.svd(floats(X), compute_uv=False)
    return sizes + 64 * EPS * singular[0] / singular[singular > 1e-12 * singular[0]][-1] + 1e-10


@claim(
    "Corollary A.1",
    r"$L\le|\nabla L|^2/(2\mu)$ where $L\le\ell$, with the same $\mu$ (`pl_constant`).",
    chapter=CHAPTER,
    rests_on=("theorem-A3",),
    short="gradient dominance",
    mutants=WRONG_MU,
    without={"w in the sublevel set": {"student": further_out}},
)
def corollary_A1(draw, mu=pl_constant, student=None):
    X, w_star, w_hat, out, rng = on_the_edge(draw)
    level = level_of(draw, X, w_star, w_hat + out)
    w = student(draw, X, w_hat, out, rng) if student else w_hat + out
    draw.assume("w in the sublevel set", loss(w, X, w_star) <= level)
    slope = loss_gradient(w, X, w_star)
    value, bound = mu(X, w_star, level) * loss(w, X, w_star), np.square(slope).sum() / 2
    return AtMost(value, bound, error=2 * conditioned(X, w, w_star) * abs(floats(bound)))
