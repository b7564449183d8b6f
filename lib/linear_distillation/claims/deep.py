"""Appendix C: layers at some moment, the saddle, and a rate; Theorem 2 is in `deep_limits`."""

from functools import partial

import numpy as np

from .balls import floats
from .balls.layers import (
    balanced_weights,
    deep_rate,
    end_to_end,
    imbalance,
    induced_velocity,
    layer_gradients,
    product,
)
from .balls.layers import saddle_distance as rho
from .balls.losses import divergence, loss, loss_gradient, pl_constant
from .balls.numbers import length
from .balls.spans import project, rank, unit
from .claim import claim
from .slack import AtMost, Equal

APPENDIX = "appendices/theorem-2"
EPS = np.finfo(float).eps


def size(v):
    """Euclidean length of an array of any shape, as a float."""
    return np.linalg.norm(floats(v))


def condition(X):
    """Of the columns, without those directions that are zero."""
    s = np.linalg.svd(floats(X), compute_uv=False)
    return s[0] / s[s > 1e-12 * s[0]][-1]


def losses(w, X, w_star):
    """Of several students, one a row."""
    return divergence(w @ X, w_star @ X, (w - w_star) @ X).mean(axis=-1)


# Layers at some moment


def task(draw):
    """Examples and a teacher of any size, a depth, and randomness for the layers."""
    rng, d, n, depth = draw.rng(), draw.count(1, 6), draw.count(1, 8), draw.count(2, 9)
    X = draw.number(rng.standard_normal((d, n))) * draw.real(1e-2, 1e2)
    w_star = draw.number(rng.standard_normal(d)) * (draw.real(1e-4, 5) / size(X))
    return X, w_star, depth, rng


def balanced(layers):
    """(13)."""
    return imbalance(layers) <= 1e-12 * max(size(W) for W in layers) ** 2


def balanced_layers(draw, first=1.0):
    """Layers of any widths and product, the first two scaled against each other by a factor."""
    X, w_star, depth, rng = task(draw)
    v, aside = draw.number(rng.standard_normal((2, len(X))))
    downhill = unit(-loss_gradient(0 * w_star, X, w_star))
    w = unit(draw.pick(v, downhill + 0.1 * aside, w_star)) * draw.real(1e-12, 1e2)
    layers = balanced_weights(w, rng.integers(1, 5, depth - 1), rng)
    layers[:2] = layers[0] * first, layers[1] / first
    draw.assume("balanced", balanced(layers))
    return X, w_star, w, layers, draw.number(depth)


def by_product_rule(layers, X, w_star):
    """dw/dtau, the sizes of its terms, and the gradients of the layers."""
    gradients = layer_gradients(layers, X, w_star)
    terms = [product([*layers[:j], -G, *layers[j + 1 :]]) for j, G in enumerate(gradients)]
    return sum(terms), max(sum(map(size, terms)), 1e-300), gradients


def rounding(X, w_star, w, depth):
    """What a product of so many layers loses, and a gradient whose logits cancel."""
    steep = size(X) ** 2 / X.shape[1] * (size(w) + size(w_star))
    lost = size(loss_gradient(w, X, w_star)) + steep
    return 4 * EPS * depth**2 * size(w) ** (2 - 2 / depth) * lost


def other_velocity(w, X, w_star, N, second=lambda N: N - 1, power=lambda N: 2 - 2 / N):
    g, e = loss_gradient(w, X, w_star), unit(w)
    return -(g + second(N) * e * (e @ g)) * length(w) ** power(N)


UNBALANCED = {"balanced": {"first": 3.0}}


@claim(
    "Theorem C.1",
    r"Under (13), $\dot w=-|w|^{2-2/N}\bigl(g+(N-1)\,w\,(w\cdot g)/|w|^2\bigr)$ with "
    r"$g=\nabla L(w)$, where $w\ne0$.",
    chapter=APPENDIX,
    short="layers as one vector",
    rests_on=("gradient",),
    mutants={
        "N for N - 1": {"induced": partial(other_velocity, second=lambda N: N)},
        "the exponent 2 - 1/N": {"induced": partial(other_velocity, power=lambda N: 2 - 1 / N)},
        "the exponent 2 - 3/N": {"induced": partial(other_velocity, power=lambda N: 2 - 3 / N)},
        "without the second term": {"induced": partial(other_velocity, second=lambda N: 0)},
    },
    without=UNBALANCED,
)
def theorem_C1(draw, induced=None, first=1.0):
    X, w_star, w, layers, N = balanced_layers(draw, first)
    found, scale, _ = by_product_rule(layers, X, w_star)
    moves = induced(w, X, w_star, N) if induced else induced_velocity(w, X, w_star, len(layers))
    return Equal(found, moves, error=rounding(X, w_star, w, len(layers)), scale=scale)


@claim(
    "Proof of Theorem 2",
    r"Under (13), $dL/d\tau=-|w|^{2-2/N}\bigl(|g|^2+(N-1)(w\cdot g)^2/|w|^2\bigr)\le0$.",
    chapter=APPENDIX,
    rests_on=("theorem-C1",),
    mutants={
        "N for N - 1": {"second": lambda N: N},
        "without the second term": {"second": lambda N: 0},
        "the exponent 2 - 1/N": {"power": lambda N: 2 - 1 / N},
        "the exponent 2 - 3/N": {"power": lambda N: 2 - 3 / N},
    },
    without=UNBALANCED,
)
def descent_deep(draw, second=lambda N: N - 1, power=lambda N: 2 - 2 / N, first=1.0):
    X, w_star, w, layers, N = balanced_layers(draw, first)
    moves, scale, gradients = by_product_rule(layers, X, w_star)
    g = loss_gradient(w, X, w_star)
    fall = sum(np.square(G).sum() for G in gradients)
    formula = (g @ g + second(N) * np.square(unit(w) @ g)) * length(w) ** power(N)
    error = 2 * rounding(X, w_star, w, len(layers)) * (size(g) + EPS * size(X) * size(w @ X))
    scale = max(scale * size(g), 1e-300)
    return [
        Equal(fall, formula, error=error, scale=scale),
        Equal(fall, -moves @ g, error=error, scale=scale),
        AtMost(0, fall, loose="a sum of squares"),
    ]


@claim(
    "Proof of Theorem 2",
    r"Under (13), the part $q$ of $w$ orthogonal to $\operatorname{span}(X)$ keeps its "
    r"direction, and $|q(\tau)|=|q(0)|\,(|w(\tau)|/|w(0)|)^{1-1/N}$.",
    chapter=APPENDIX,
    short="what the data miss",
    rests_on=("theorem-C1",),
    mutants={
        "the exponent 1": {"share": lambda N: 1},
        "the exponent 1 - 2/N": {"share": lambda N: 1 - 2 / N},
        "the exponent N/(N+1)": {"share": lambda N: N / (N + 1)},
        "q stays, as with one layer": {"share": lambda N: 0},
    },
    without=UNBALANCED,
)
def orthogonal_part(draw, share=lambda N: 1 - 1 / N, first=1.0):
    """d q/dtau = (1 - 1/N) (d log|w|/dtau) q."""
    X, w_star, w, layers, N = balanced_layers(draw, first)
    draw.trivial(rank(X) == len(X))
    moves, scale, _ = by_product_rule(layers, X, w_star)
    q, q_moves = w - project(X, w), moves - project(X, moves)
    growth = (unit(w) @ moves) / length(w)
    error = 2 * rounding(X, w_star, w, len(layers)) + 16 * EPS * condition(X) * scale
    return Equal(q_moves, q * (share(N) * growth), error=error, scale=scale)


def of_the_product(layers, G):
    """The first two layers as one."""
    return G[1] @ layers[0] + layers[1] @ G[0]


@claim(
    "ours",
    r"Balanced or not, the flow leaves $W_1(I-P)$ as it is, so that "
    r"$q=(I-P)W_1(0)^\top(W_N\cdots W_2)^\top$ at all times.",
    chapter=APPENDIX,
    rests_on=("gradient",),
    mutants={
        "of two layers": {"part": of_the_product},
        "of the product": {
            "part": lambda layers, G: end_to_end([layers[0], G[1], *layers[2:]])[None]
        },
        "if W_1 drifts by 1 % of itself": {"part": lambda layers, G: G[0] + layers[0] * 0.01},
    },
)
def first_layer(draw, part=lambda layers, G: G[0]):
    """What moves has nothing orthogonal to the examples."""
    X, w_star, depth, rng = task(draw)
    widths = [len(X), *rng.integers(1, 5, depth - 1), 1]
    shapes = list(zip(widths[1:], widths, strict=False))
    layers = [draw.number(rng.standard_normal(s) * 10 ** rng.uniform(-1, 1)) for s in shapes]
    draw.trivial(rank(X) == len(X))
    moves = part(layers, layer_gradients(layers, X, w_star))
    outside, scale = [row - project(X, row) for row in moves], max(size(moves), 1e-300)
    return Equal(np.array(outside), 0, error=64 * EPS * condition(X) * scale, scale=scale)


# Finite steps along a line


def on_a_line(draw, aside=0.0, first=1.0):
    """Examples on one line, and a start on it, on either side of 0; a step of any length."""
    rng, d, n, depth = draw.rng(), draw.count(2, 5), draw.count(1, 4), draw.count(2, 7)
    x, v, factors = (draw.number(rng.standard_normal(k)) for k in (d, d, n))
    X, e = np.outer(x, factors), unit(x)
    w_star = (e + unit(v)) * (draw.real(1e-3, 5) / size(X))
    w = (e + unit(v) * aside) * (draw.pick(1, -1) * draw.real(1e-3, 10) * length(w_star))
    layers = balanced_weights(w, rng.integers(1, 4, depth - 1), rng)
    layers[:2] = layers[0] * first, layers[1] / first
    draw.assume("balanced", balanced(layers))
    g, N = loss_gradient(w, X, w_star), draw.number(depth)
    along = all(size(v - e * (e @ v)) <= 1e-12 * size(v) for v in (g, w))
    draw.assume("w along the gradient", along)
    step = draw.real(0.1, 10) * length(w) ** (2 / N) / length(g * length(w))
    return X, w_star, w, layers, step


def sizes(layers):
    """The product of the lengths of all layers."""
    return np.prod([size(W) for W in layers])


@claim(
    "ours",
    r"If (13) holds and $\nabla L(w)$ is along $w$, a step $\eta$ of gradient descent on the "
    r"layers multiplies each by $\xi=1-\eta\,|w|^{-2/N}\,w\cdot\nabla L(w)$, so that $w$ becomes "
    r"$\xi^Nw$: with an even number of layers no step, however long, takes $w$ across 0.",
    chapter="what-a-deep-student-learns",
    rests_on=("gradient",),
    mutants={
        "f^(N-1)": {"power": lambda N: N - 1},
        "|w|^(-1/N) for |w|^(-2/N)": {"pace": lambda N: 1 / N},
        "with any number of layers": {"keeps": lambda N: True},
    },
    without={"balanced": {"first": 3.0}, "w along the gradient": {"aside": 1.0}},
)
def steps_on_the_line(
    draw,
    power=lambda N: N,
    pace=lambda N: 2 / N,
    keeps=lambda N: N % 2 == 0,
    first=1.0,
    aside=0.0,
):
    X, w_star, w, layers, step = on_a_line(draw, aside, first)
    N, g = len(layers), loss_gradient(w, X, w_star)
    moved = [W - G * step for W, G in zip(layers, layer_gradients(layers, X, w_star), strict=True)]
    end, f = product(moved), 1 - step * (w @ g) / length(w) ** pace(draw.number(N))
    expected = w * f ** power(N)
    # Near the teacher's logits the gradient cancels, and the step is as much longer.
    cancels = size(X) * (size(X.T @ w) + size(X.T @ w_star)) / (X.shape[1] * size(g))
    error = 64 * N * EPS * (sizes(layers) + sizes(moved) + size(expected))
    error = error * (1 + abs(floats(f))) * (1 + cancels)
    stays = [AtMost(0, end @ w, error * size(w), size(end) * size(w) + size(w) ** 2)]
    return [Equal(end, expected, error, scale=size(w) + size(expected))] + stays * keeps(N)


# Layers without balance


def kept(upper, lower):
    """How fast W_{j+1}' W_{j+1} - W_j W_j' changes."""
    (above, rises), (below, moves) = upper, lower
    change = above.T @ rises - moves @ below.T
    return change + change.T


def with_steps(upper, lower, share=0.01):
    """The same, of a step that moves the layers by 1 % of their size."""
    (_, rises), (_, moves) = upper, lower
    step = share * min(length(W.ravel()) / length(V.ravel()) for W, V in (upper, lower))
    return kept(upper, lower) + step * (rises.T @ rises - moves @ moves.T)


@claim(
    "Proof of Theorem 2",
    r"Along any flow of the layers every $W_{j+1}'W_{j+1}-W_jW_j'$ stays what it is, zero or not.",
    chapter=APPENDIX,
    rests_on=("gradient",),
    mutants={
        "the sum": {"change": lambda above, below: kept(above, (below[0], -below[1]))},
        "the upper layer counts 1 % more": {
            "change": lambda above, below: kept((above[0] * 1.01, above[1]), below)
        },
        "by finite steps": {"change": with_steps},
    },
)
def imbalance_kept(draw, change=kept):
    X, w_star, depth, rng = task(draw)
    widths = [len(X), *rng.integers(1, 5, depth - 1), 1]
    shapes = list(zip(widths[1:], widths, strict=False))
    layers = [draw.number(rng.standard_normal(s) * 10 ** rng.uniform(-1, 1)) for s in shapes]
    pairs = list(zip(layers, layer_gradients(layers, X, w_star), strict=True))
    j = rng.integers(depth - 1)
    scale = max(sum(size(W) * size(G) for W, G in pairs[j : j + 2]), 1e-300)
    error = 64 * EPS * depth * scale
    return Equal(change(pairs[j + 1], pairs[j]), 0, error=error, scale=scale)


# The saddle, and a rate


def sublevel(draw, w_at):
    """w and w0 with L(w) <= L(w0): near the saddle, or beside the teacher."""
    rng, d, n = draw.rng(), draw.count(2, 4), draw.count(1, 5)
    X = draw.number(draw.pick(rng.standard_normal((d, n)), np.eye(d)))
    direction, side = draw.number(rng.standard_normal((2, d)))
    w_star = unit(direction) * draw.real(1e-3, 10)
    side = unit(side - unit(w_star) * (unit(w_star) @ side))
    downhill, small = unit(-loss_gradient(0 * w_star, X, w_star)), draw.real(1e-5, 1)
    w = draw.pick(downhill, unit(w_star) / small + side) * (length(w_star) * small)
    w0 = draw.pick(w, w_star * 1.95, w_star * draw.real(1e-3, 0.98))
    w, w0 = w_at(draw, w, w0, w_star)
    # the same student is at the same height, which balls cannot tell
    below = w is w0 or loss(w, X, w_star) <= loss(w0, X, w_star)
    draw.assume("w is in the sublevel set of w(0)", below)
    return X, w_star, w, w0


def closer(draw, w, w0, w_star):
    """w closer to 0 than the loss at w0 allows."""
    return w * draw.uniform(1e-3, 1), w_star


def drop(X, w_star, w0):
    return loss(0 * w0, X, w_star) - loss(w0, X, w_star)


def slope(X, w_star, w):
    return length(loss_gradient(w, X, w_star))


@claim(
    "Proof of Theorem 2",
    r"If $L(w)\le L(w(0))<L(0)$, then "
    r"$|w|\ge\varrho=(L(0)-L(w(0)))/|\nabla L(0)|$.",
    chapter=APPENDIX,
    rests_on=("hessian",),
    mutants={
        "the slope at w(0)": {"away": lambda X, u, w0: drop(X, u, w0) / slope(X, u, w0)},
        "L(0) for the difference": {
            "away": lambda X, u, w0: loss(0 * u, X, u) / slope(X, u, 0 * u)
        },
    },
    without={"w is in the sublevel set of w(0)": {"w_at": closer}},
)
def saddle_distance(draw, away=rho, w_at=lambda draw, w, w0, w_star: (w, w0)):
    """Without (12) nothing is claimed: rho is 0."""
    X, w_star, w, w0 = sublevel(draw, w_at)
    draw.trivial(not drop(X, w_star, w0) > 0)
    error = 16 * EPS * (floats(loss(0 * w, X, w_star) / slope(X, w_star, 0 * w)) + size(w))
    return AtMost(away(X, w_star, w0), length(w), error)


def other_rate(X, w_star, w0, N, power=lambda N: 2 - 2 / N, times=1, away=rho):
    distance = away(X, w_star, w0)
    if not distance > 0:
        return 0 * distance
    return 2 * times * pl_constant(X, w_star, loss(w0, X, w_star)) * distance ** power(N)


@claim(
    "Proof of Theorem 2",
    r"Under (12) and (13), $L(w(\tau))\le L(w(0))\,e^{-2\mu\varrho^{2-2/N}\tau}$ with "
    r"$\mu$ of Corollary A.1 at the level $L(w(0))$: $\log L$ falls at least so fast everywhere "
    r"in the sublevel set.",
    chapter=APPENDIX,
    rests_on=("descent-deep", "saddle-distance", "corollary-A1"),
    loose="where |w| is near rho, w is along the gradient, and L falls N times as fast",
    mutants={
        "N times as fast": {"rate": lambda X, u, w0, N: other_rate(X, u, w0, N, times=N)},
        "|w(0)| for rho": {"rate": partial(other_rate, away=lambda X, u, w0: length(w0))},
        "the exponent 2 - 3/N": {"rate": partial(other_rate, power=lambda N: 2 - 3 / N)},
    },
    without={"w is in the sublevel set of w(0)": {"w_at": closer}},
)
def certified_rate_deep(draw, rate=None, w_at=lambda draw, w, w0, w_star: (w, w0)):
    """How fast log L falls at w; without (12) the rate is 0."""
    X, w_star, w, w0 = sublevel(draw, w_at)
    depth, gap = draw.count(2, 12), size((w - w_star) @ X)
    draw.trivial(not drop(X, w_star, w0) > 0)
    fall = -induced_velocity(w, X, w_star, depth) @ loss_gradient(w, X, w_star)
    found = rate(X, w_star, w0, draw.number(depth)) if rate else deep_rate(X, w_star, w0, depth)
    cancelled = size(X) * (size(w) + size(w_star)) / gap + loss(0 * w, X, w_star) / abs(
        drop(X, w_star, w0)
    )
    error = 64 * EPS * floats(cancelled) * abs(floats(fall))
    return AtMost(found * loss(w, X, w_star), fall, error)
