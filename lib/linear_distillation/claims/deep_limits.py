"""Theorem 2: where the flow of deep linear students ends, and the way there."""

from functools import partial

import numpy as np

from .balls import ball, floats, is_ball
from .balls.flows import limit, path, thin_layers
from .balls.layers import (
    deep_student,
    product,
    saddle_distance,
    sharp_start_bound,
    start_bound,
    two_layer_bound,
    two_layer_parts,
)
from .balls.losses import loss, loss_gradient
from .balls.numbers import largest, length, sqrt
from .balls.spans import distilled_student, project, rank, unit
from .claim import claim
from .deep import APPENDIX, EPS, balanced, condition, losses, size
from .loss import widest
from .slack import AtMost, Equal

CHAPTER = "what-a-deep-student-learns"


# Starts


def start(draw, few=True):
    """A start of any size and direction; few examples, or enough of them to span."""
    rng, n, more, depth = draw.rng(), draw.count(1, 3), draw.count(1, 3), draw.count(2, 6)
    d, n = (n + more, n) if few else (n, n + more - 1)
    X = draw.number(rng.standard_normal((d, n)))
    v, outside = draw.number(rng.standard_normal((2, d)))
    w_star, aside = unit(v) * draw.real(1e-3, 3), X @ draw.number(rng.standard_normal(n))
    toward = unit(-loss_gradient(0 * v, X, w_star))
    toward = unit(toward + unit(aside) * (0.5 * rng.standard_normal()))
    if few:
        toward = unit(toward * draw.real(1e-3, 1e3) + unit(outside - project(X, outside)))
    return X, w_star, toward * (draw.real(1e-4, 1e2) * length(w_star)), depth


def on_the_line(draw, few=True):
    """One example, and a start on its line, on the wrong side of 0 or on the right one."""
    X, w_star, w0, depth = start(draw, few)
    X = X[:, :1]
    return X, w_star, unit(project(X, w_star)) * (length(w0) * draw.pick(-1, 1)), depth


def below_saddle(X, w_star, w0):
    """(12)."""
    return loss(w0, X, w_star) < loss(0 * w0, X, w_star)


# The way


def above_or_below(draw):
    """A start anywhere, or further out than the teacher."""
    X, w_star, w0, depth = start(draw)
    return X, w_star, w_star * draw.uniform(1, 2) if draw.chance(0.2) else w0, depth


def root_of_loss(w, X, w_star):
    """It changes by at most |X| / sqrt(8 n) times what w does: |grad L|^2 <= 2 L |X|^2 / (4 n)."""
    return sqrt(losses(w, X, w_star))


def distances(w, X, w_star):
    return length(w - distilled_student(X, w_star))


@claim(
    "Proof of Theorem 2",
    r"Under (12) the deep flow stays in its sublevel set, and so away from 0: "
    r"$|w|\ge\varrho$ at all times. (The paper assumes (13) here, which any descent does without.)",
    underived="it follows from `descent-deep` and `saddle-distance`, which are derived",
    chapter=APPENDIX,
    rests_on=("theorem-C1",),
    mutants={
        "the distance to w_hat does not grow": {"measure": distances},
        "|w| does not fall": {"measure": lambda w, X, w_star: -length(w)},
    },
    without={"(12)": {"begin": on_the_line, "away": lambda X, w_star, w0: length(w0) * 1e-3}},
)
def sublevel_invariance(draw, measure=root_of_loss, begin=above_or_below, away=saddle_distance):
    X, w_star, w0, depth = begin(draw)
    draw.assume("(12)", below_saddle(X, w_star, w0))
    w, error = path(X, w_star, thin_layers(w0, depth))
    values, saddle = measure(w, X, w_star), loss(0 * w0, X, w_star)
    rounding = 16 * EPS * (size(w0) + floats(saddle / length(loss_gradient(0 * w0, X, w_star))))
    steepest = max(1, size(X) / np.sqrt(8 * X.shape[1]))  # of all measures
    k = draw.count(1, len(values) - 1) - 1  # each moment begins a flow
    apart = steepest * (error[k + 1 :] + error[k]) + rounding
    return [
        AtMost(values[k + 1 :], values[k], error=apart, scale=abs(values[0])),
        AtMost(away(X, w_star, w0), length(w), error=error + rounding),
    ]


# The end


def any_start(draw):
    """Along the gradient or against it, mostly outside the span or inside."""
    X, w_star, w0, depth = start(draw)
    w0 = w0 if draw.chance(0.5) else project(X, w0)
    return X, w_star, w0 * draw.pick(1, -1), depth


def off_the_curve(X, w_star, w0):
    """Only from w(0) in the span, and if (12) fails, can the flow stop at 0: there from a curve."""
    outside = length(w0 - project(X, w0)) > length(w0) * 1e-9
    return outside or below_saddle(X, w_star, w0) or rank(X) > 1


def first_order(X, w_star, w0, depth):
    """With |w_hat| in place of the limit's own length."""
    w_hat, N = distilled_student(X, w_star), ball(depth) if is_ball(w0) else depth
    return w_hat + (w0 - project(X, w0)) * (length(w_hat) / length(w0)) ** (1 - 1 / N)


@claim(
    "ours, but for N = 2",
    r"Under (13) with $w(0)\ne0\ne\hat w$ the deep flow ends at "
    r"$w_\infty=\hat w+(|w_\infty|/|w(0)|)^{1-1/N}\,(I-P)w(0)$, at an angle $\vartheta$ to "
    r"$\hat w$ with $\sin^N\vartheta/\cos\vartheta=(|w(0)|/|\hat w|)\sin^N\vartheta(0)$; unless it "
    r"stops at 0, which happens only if $w(0)\in\operatorname{span}(X)$ violates (12) and lies on "
    r"one curve, a half-line if $X$ has rank 1.",
    chapter=CHAPTER,
    short="deep: the limit",
    rests_on=("orthogonal-part",),
    mutants={
        "N + 1 layers": {"closed": lambda X, w_star, w0, N: deep_student(X, w_star, w0, N + 1)},
        "q stays, as with one layer": {
            "closed": lambda X, w_star, w0, N: deep_student(X, w_star, w0, 1)
        },
        "|w_hat| for the limit's length": {"closed": first_order},
        "w_hat": {"closed": lambda X, w_star, *_: distilled_student(X, w_star)},
    },
    without={
        "not on the curve": {"begin": on_the_line},
        "balanced": {"first": 30.0},
    },
)
def deep_limit(draw, closed=deep_student, begin=any_start, first=1.0):
    X, w_star, w0, depth = begin(draw)
    layers = thin_layers(w0, depth, first)
    draw.assume("balanced", balanced(layers))
    draw.assume("not on the curve", off_the_curve(X, w_star, w0))
    (end, error), expected = limit(X, w_star, layers), closed(X, w_star, w0, depth)
    scale = max(size(expected), size(w0))
    rounding = 64 * EPS * condition(X) * (scale + size(w_star))
    return Equal(end, expected, error=error + rounding, scale=scale)


def beside(draw, X, end, v):
    """Another student with the same logits, near the limit or far from it."""
    return end + (v - project(X, v)) * (draw.pick(1, -1) * draw.real(1e-3, 10))


def along_too(draw, X, end, v):
    """One with other logits."""
    return end + v * (draw.pick(1, -1) * draw.real(1e-3, 10))


def potential(w, w0, N, power=lambda N: 1 + 1 / N, factor=lambda N: N / (N + 1), pull=None):
    """(N/(N+1)) |w|^(1+1/N) less the product of w with the row z(0)."""
    z = w0 * length(w0) ** ((pull or (lambda N: 1 / N - 1))(N))
    return factor(N) * length(w) ** power(N) - z @ w


@claim(
    "ours, but for N = 2",
    r"In the same situation the limit is the one minimiser of $\tfrac N{N+1}|w|^{1+1/N}"
    r"-z(0)\cdot w$, $z(0)=w(0)/|w(0)|^{1-1/N}$, among all students of loss zero. (For $N=2$ "
    r"and squared loss: Azulay et al., 2021.)",
    chapter=CHAPTER,
    rests_on=("deep-limit",),
    mutants={
        "the exponent 1 + 1/(N+1)": {"form": partial(potential, power=lambda N: 1 + 1 / (N + 1))},
        "without N/(N+1)": {"form": partial(potential, factor=lambda N: N / N)},
        "w(0) for z(0)": {"form": partial(potential, pull=lambda N: 0 * N)},
        "half the square, as with one layer": {
            "form": partial(potential, power=lambda N: 2 * N / N, factor=lambda N: 1 / (2 * N / N))
        },
    },
    without={
        "balanced": {"first": 30.0},
        "v has the teacher's logits": {"other": along_too},
    },
)
def deep_potential(draw, form=potential, other=beside, first=1.0):
    """The flow itself now and then; else its limit, which `deep-limit` checks."""
    X, w_star, w0, depth = start(draw)
    layers, v = thin_layers(w0, depth, first), draw.number(draw.rng().standard_normal(len(w0)))
    draw.assume("balanced", balanced(layers))
    closed = deep_student(X, w_star, w0, depth), 0.0
    end, error = closed if balanced(layers) and draw.chance(0.9) else limit(X, w_star, layers)
    near, N = other(draw, X, end, v * size(end)), draw.number(depth) * 1.0
    draw.assume("v has the teacher's logits", same_logits(X, near - end))
    least, value = form(end, w0, N), form(near, w0, N)
    error = error + 64 * EPS * condition(X) * (size(end) + size(w0) + size(w_star))
    steep = size(end) ** (1 / depth) + size(w0) ** (1 / depth)
    return AtMost(least, value, error=steep * error, scale=steep * (size(end) + size(near)))


def same_logits(X, q):
    """Whether q changes no logit, as far as rounding tells."""
    return size(project(X, q)) <= (1e-30 if is_ball(q) else 1e-9) * size(q)


def short_start(draw, bound=start_bound, stretch=1.0, begin=start):
    """A start as long as a bound allows, or shorter, and the distance that it shall end within."""
    X, w_star, w0, depth = begin(draw)
    goal = length(distilled_student(X, w_star))
    eps = goal * draw.real(1e-2, 30)
    share = draw.uniform(0.1, 1) if draw.chance(0.5) else 1
    longest = bound(eps, goal, depth) * (share * stretch * (1 - 1e-9))
    return X, w_star, unit(w0) * longest, depth, eps, goal


def wrong_side(draw, bound, stretch):
    """(12) fails, and eps does not reach to 0."""
    X, w_star, w0, depth, _, goal = short_start(draw, begin=on_the_line)
    return X, w_star, unit(w0) * (bound(goal / 2, goal, depth) * 0.9), depth, goal / 2, goal


@claim(
    "Theorem 2",
    r"Under (11)-(13), if $n<d$ the deep flow ends within $\epsilon$ of $\hat w$.",
    chapter=CHAPTER,
    short="deep: near the limit",
    rests_on=("certified-rate-deep", "orthogonal-part", "norm-bound"),
    mutants={
        "eps^(N-1) for eps^N": {
            "bound": lambda eps, *rest: start_bound(eps, *rest) / eps,
            "without": "(11)",
        },
        "starts 5 % longer": {"stretch": 1.05, "without": "(11)"},
        "N - 1 for N": {
            "bound": lambda eps, goal, N: start_bound(eps, goal, N - 1),
            "without": "(11)",
        },
    },
    without={
        "(11)": {"stretch": 3.0},
        "(12)": {"begin": wrong_side, "flows": 1},
        "balanced": {"first": 30.0, "flows": 1},
    },
)
def theorem_2_projection(
    draw, bound=start_bound, stretch=1.0, begin=short_start, first=1.0, flows=0.1
):
    """The flow itself now and then; else its limit, which `deep-limit` checks."""
    X, w_star, w0, depth, eps, goal = begin(draw, bound, stretch)
    layers = thin_layers(w0, depth, first)
    draw.assume("(11)", length(w0) < start_bound(eps, goal, depth))
    draw.assume("(12)", below_saddle(X, w_star, w0))
    draw.assume("balanced", balanced(layers))
    closed = deep_student(X, w_star, w0, depth), 0.0
    end, error = limit(X, w_star, layers) if draw.chance(flows) else closed
    apart = length(end - distilled_student(X, w_star))
    return AtMost(apart, eps, error=error + 64 * EPS * condition(X) * (size(end) + size(w_star)))


@claim(
    "ours",
    r"$|w(0)|\le\epsilon^N(|\hat w|^2+\epsilon^2)^{-(N-1)/2}$ suffices in place of (11), "
    r"and is $\sqrt{1+\epsilon^2/|\hat w|^2}$ times as long. No longer start will do.",
    chapter=CHAPTER,
    short="how small a start",
    rests_on=("sublevel-invariance", "orthogonal-part"),
    mutants={
        "2 % longer": {"stretch": 1.02, "without": "a short start"},
        "the exponent (N - 2)/2": {
            "bound": lambda eps, goal, N: (
                sharp_start_bound(eps, goal, N) * (eps * eps + goal * goal) ** 0.5
            ),
            "without": "a short start",
        },
        "eps^(N-1) for eps^N": {
            "bound": lambda eps, goal, N: sharp_start_bound(eps, goal, N) / eps,
            "without": "a short start",
        },
    },
    without={"a short start": {"stretch": 3.0}},
)
def sharp_initialisation(draw, bound=sharp_start_bound, stretch=1.0):
    X, w_star, w0, depth, eps, goal = short_start(draw, bound, stretch)
    draw.assume("a short start", length(w0) <= sharp_start_bound(eps, goal, depth))
    end = deep_student(X, w_star, w0, depth)
    apart, sizes = length(end - distilled_student(X, w_star)), size(end) + size(w_star)
    return AtMost(apart, eps, error=64 * EPS * condition(X) * sizes)


@claim(
    "Proof of Theorem 2",
    r"Under (13) with $|w(0)|<|\hat w|$, in the limit $|w|\le|\hat w|\,(1-s)^{-1/2}$ with "
    r"$s=(|w(0)|/|\hat w|)^{2/N}$.",
    chapter=APPENDIX,
    rests_on=("orthogonal-part",),
    mutants={
        "the power 2/(N-1)": {"power": lambda N: 2 / (N - 1)},
        "the root (1-s)^(-1/4)": {"root": 0.25},
    },
    without={"|w(0)| < |w_hat|": {}},
)
def norm_bound(draw, power=lambda N: 2 / N, root=0.5):
    """Where s > 1, with |1 - s|."""
    X, w_star, w0, depth = start(draw)
    goal = length(distilled_student(X, w_star))
    draw.assume("|w(0)| < |w_hat|", length(w0) < goal)
    s = (length(w0) / goal) ** power(draw.number(depth))
    end, bound = length(deep_student(X, w_star, w0, depth)), goal * abs(1 - s) ** -root
    lost = size(w_star) * floats(1 + bound / goal * (1 + s) / abs(1 - s))
    return AtMost(end, bound, error=64 * EPS * condition(X) * lost)


# Two layers without balance


def on_the_way(draw):
    """A start of layers of width one, balanced or not."""
    X, w_star, w0, _ = start(draw)
    return X, w_star, thin_layers(w0, 2, draw.real(0.1, 10) if draw.chance(0.5) else 1.0)


def at_rest(draw):
    """Layers of any width where their flow ends, and so may have begun."""
    rng, d, k, more = draw.rng(), draw.count(2, 5), draw.count(1, 3), draw.count(1, 3)
    X = draw.number(rng.standard_normal((d, max(1, d - more))))
    first = draw.number(rng.standard_normal((k, d))) * draw.real(1e-2, 10)
    second = draw.number(np.eye(1, k)) * draw.real(1e-1, 10)
    if draw.chance(0.5):  # the first row makes the student; the others are in the span
        e = unit(first[0])
        first[1:] = np.array([project(X, row) for row in first[1:]]).reshape(k - 1, d)
        first[1:] = first[1:] - np.outer(first[1:] @ e, e)
    return X, product([first, second]), [first, second]


def stuck(draw):
    """One example, and layers on its line, on the wrong side of 0."""
    X, w_star, w0, _ = on_the_line(draw)
    return X, w_star, thin_layers(w0 * draw.real(1e-4, 1e-2), 2)


def by_parts(m=lambda square, gaps: square + gaps[-1], four=4):
    """`two_layer_bound` with another m, or another number in place of the 4."""

    def bound(X, w_star, layers):
        square, gaps, goal = two_layer_parts(X, w_star, layers)
        x = m(square, gaps)
        return sqrt(square * (x + sqrt(x * x + four * goal * goal)) / 2)

    return bound


@claim(
    "Section 4.1, on (13)",
    r"Two layers, balanced or not, from a start below the saddle, end within "
    r"$\nu\bigl((m+\sqrt{m^2+4|\hat w|^2})/2\bigr)^{1/2}$ of $\hat w$: $\nu$ is the spectral norm "
    r"of $W_1(I-P)$ and $m=\nu^2+\lambda_{\max}(W_2'W_2-W_1W_1')$ at the start "
    r"(`two_layer_bound`). (The paper says that approximate balance may suffice. "
    r"Equality for width one is due to Azulay et al., 2021.)",
    chapter=APPENDIX,
    short="without balance",
    rests_on=("first-layer", "imbalance-kept", "sublevel-invariance"),
    mutants={
        "without the square of nu": {"bound": by_parts(lambda square, gaps: gaps[-1])},
        "the smallest eigenvalue": {"bound": by_parts(lambda square, gaps: square + gaps[0])},
        "as if balanced": {"bound": by_parts(lambda square, gaps: square)},
        "3.8 for 4": {"bound": by_parts(four=3.8)},
    },
    without={"(12)": {"begin": stuck}},
)
def two_layers(draw, bound=two_layer_bound, begin=None):
    """Of layers at rest, and of the flow itself now and then."""
    flows = begin or draw.chance(0.2)
    X, w_star, layers = (begin or (on_the_way if flows else at_rest))(draw)
    w0 = product(layers)
    draw.assume("(12)", below_saddle(X, w_star, w0))
    end, error = limit(X, w_star, layers) if flows else (w0, 0.0)
    apart, reach = length(end - distilled_student(X, w_star)), bound(X, w_star, layers)
    sizes = size(end) + size(w_star) + sum(size(W) for W in layers) ** 2
    draw.trivial(rank(X) == len(X))
    return AtMost(apart, reach, error=error + 64 * EPS * condition(X) * sizes)


# Enough examples


def spanning(draw, dependent=False):
    X, w_star, w0, depth = start(draw, few=False)
    return (X[:, :1] + 0 * X if dependent else X), w_star, w0, depth


def one_too_few(draw):
    X, w_star, w0, depth = start(draw, few=False)
    return X[:, : max(1, len(X) - 1)], w_star, w0, depth


@claim(
    "Theorem 2",
    r"Under (12), if $n\ge d$ and $X$ has full rank the deep flow tends to $w_\star$. "
    r"(The paper assumes (13) too; here it is not needed.)",
    underived="proved in words in the appendix",
    chapter=APPENDIX,
    rests_on=("sublevel-invariance", "corollary-A1"),
    mutants={
        "one example fewer": {"begin": one_too_few, "without": "full rank"},
        "parallel examples": {"begin": partial(spanning, dependent=True), "without": "full rank"},
        "a teacher 1 % longer": {"longer": 1.01},
    },
    without={
        "(12)": {"begin": partial(on_the_line, few=False)},
        "full rank": {"begin": partial(spanning, dependent=True)},
    },
)
def theorem_2_teacher(draw, begin=spanning, longer=1.0):
    """Of balanced layers, and of others."""
    X, w_star, w0, depth = begin(draw)
    draw.assume("full rank", rank(X) == len(X))
    draw.assume("(12)", below_saddle(X, w_star, w0))
    layers = thin_layers(w0, depth, 3.0 if draw.chance(0.1) else 1.0)
    end, error = limit(X, w_star, layers)
    return Equal(end, w_star * longer, error=error, scale=size(w_star))


# Which sign of a start is below the saddle


def flip_start(draw, curvature=8.0):
    """A start of a length up to that at which |grad L(0).w| = lambda |w|^2 / (8 n)."""
    rng, d, n = draw.rng(), draw.count(1, 5), draw.count(1, 8)
    X = draw.number(draw.pick(np.eye(d), rng.standard_normal((d, n))))
    v, side = draw.number(rng.standard_normal((2, d)))
    w_star = unit(v) * draw.real(1e-4, 10)
    g = loss_gradient(0 * v, X, w_star)
    direction = (unit(g) + unit(side) * draw.real(1e-3, 10)) * draw.pick(1, -1)
    longest = abs(g @ direction) * (curvature * X.shape[1]) / widest(X)
    w0 = direction * (longest / (direction @ direction) * (1 - draw.real(1e-6, 1 - 1e-6)))
    return X, w_star, w0, g


@claim(
    "Section 4.1, on (12)",
    r"If $|\nabla L(0)\cdot w(0)|>\lambda_{\max}(X'X)\,|w(0)|^2/(8n)$, then $w(0)$ or "
    r"$-w(0)$ satisfies (12): near zero, unless $w(0)\perp\nabla L(0)$.",
    chapter=CHAPTER,
    rests_on=("gradient", "hessian-bound"),
    mutants={
        "2 % longer starts": {"curvature": 8.16, "without": "near zero"},
        "w(0) itself": {"signs": (1, 1)},
        "-w(0) itself": {"signs": (-1, -1)},
    },
    without={"near zero": {"curvature": 80.0}},
)
def theorem_2_sign_flip(draw, curvature=8.0, signs=(1, -1)):
    """How far below L(0) the better sign is, relative to the first-order change."""
    X, w_star, w0, g = flip_start(draw, curvature)
    bend = widest(X) / (8 * X.shape[1]) * np.square(w0).sum()
    draw.assume("near zero", abs(g @ w0) > bend)
    top, change = loss(0 * w0, X, w_star), floats(abs(g @ w0))
    drop = largest(*(top - loss(w0 * sign, X, w_star) for sign in signs))
    return AtMost(0, drop, error=16 * EPS * (floats(top) + change), scale=change)
