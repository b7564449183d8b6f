"""Theorem 2 and appendix C: deep linear students."""

from functools import partial

import numpy as np

from ..deep import (
    deep_gradient_flow,
    deep_rate,
    induced_flow,
    saddle_distance,
    sharp_start_bound,
    start_bound,
)
from ..geometry import project, span_basis, unit
from ..networks import (
    balanced_weights,
    end_to_end,
    imbalance,
    induced_velocity,
    layer_gradients,
)
from ..objective import loss, loss_gradient
from ..students import deep_student, distilled_student
from .claim import Claim, computed, count, generator, identity, pick, real

CHAPTER, APPENDIX = "what-a-deep-student-learns", "appendices/theorem-2"
length = np.linalg.norm

# Layers at some moment


def layers_case(u, unbalance=None):
    """Balanced layers of any depth, widths and size, or layers scaled against each other."""
    rng, d = generator(u[0]), count(u[1], 1, 6)
    X = rng.standard_normal((d, count(u[2], 1, 8))) * real(u[3], 1e-2, 1e2)
    w_star = rng.standard_normal(d) * real(u[4], 1e-4, 5) / length(X)
    g, depth = loss_gradient(np.zeros(d), X, w_star), count(u[6], 2, 9)
    w = pick(u[7], [rng.standard_normal(d), unit(-g) + 0.1 * rng.standard_normal(d), unit(w_star)])
    w = unit(w) * real(u[5], 1e-12, 1e2)
    layers = balanced_weights(w, rng.integers(1, 5, depth - 1), rng)
    if unbalance:
        layers = [layers[0] * unbalance, layers[1] / unbalance, *layers[2:]]
    return {"X": X, "w_star": w_star, "w": w, "layers": layers, "N": depth}


def balanced(case):
    return imbalance(case["layers"]) <= 1e-12 * max(length(W) for W in case["layers"]) ** 2


BALANCED = {"balanced": balanced}
UNBALANCED = {"balanced": {"build": partial(layers_case, unbalance=3.0)}}


def velocity(case):
    """dw/dtau by the product rule, and the size of its terms."""
    layers = case["layers"]
    gradients = layer_gradients(layers, case["X"], case["w_star"])
    terms = [
        end_to_end([*layers[:j], -G, *layers[j + 1 :]]) for j, G in enumerate(gradients)
    ]
    return sum(terms), sum(length(term) for term in terms)


def library_velocity(case):
    return induced_velocity(case["w"], case["X"], case["w_star"], case["N"])


def other_velocity(case, second=lambda N: N - 1, power=lambda N: 2 - 2 / N):
    w, g = case["w"], loss_gradient(case["w"], case["X"], case["w_star"])
    e, N = unit(w), case["N"]
    return -(length(w) ** power(N)) * (g + second(N) * e * (e @ g))


def slack_c1(case, induced=library_velocity):
    found, size = velocity(case)
    return identity((found - induced(case)) / max(size, 1e-300))


THEOREM_C1 = Claim(
    id="theorem-C1",
    paper="Theorem C.1",
    statement=r"Under (13), $\dot w=-|w|^{2-2/N}\bigl(g+(N-1)\,w\,(w\cdot g)/|w|^2\bigr)$ with "
    r"$g=\nabla L(w)$.",
    chapter=APPENDIX,
    size=8,
    build=layers_case,
    slack=slack_c1,
    hypotheses=BALANCED,
    mutants={
        "N for N - 1": {
            "slack": partial(slack_c1, induced=partial(other_velocity, second=lambda N: N))
        },
        "the exponent 2 - 1/N": {
            "slack": partial(slack_c1, induced=partial(other_velocity, power=lambda N: 2 - 1 / N))
        },
        "the exponent 2 - 3/N": {
            "slack": partial(slack_c1, induced=partial(other_velocity, power=lambda N: 2 - 3 / N))
        },
        "without the second term": {
            "slack": partial(slack_c1, induced=partial(other_velocity, second=lambda N: 0))
        },
    },
    ablations=UNBALANCED,
)


def slack_descent(case, second=lambda N: N - 1, power=lambda N: 2 - 2 / N):
    gradients = layer_gradients(case["layers"], case["X"], case["w_star"])
    w, g = case["w"], loss_gradient(case["w"], case["X"], case["w_star"])
    e, N = unit(w), case["N"]
    fall = sum((G**2).sum() for G in gradients)
    formula = length(w) ** power(N) * (g @ g + second(N) * (e @ g) ** 2)
    by_chain_rule = -velocity(case)[0] @ g
    return identity(np.array([fall - formula, fall - by_chain_rule]) / max(fall, 1e-300))


DESCENT = Claim(
    id="descent-deep",
    paper="Proof of Theorem 2",
    statement=r"Under (13), $dL/d\tau=-|w|^{2-2/N}\bigl(|g|^2+(N-1)(w\cdot g)^2/|w|^2\bigr)\le0$.",
    chapter=APPENDIX,
    size=8,
    build=layers_case,
    slack=slack_descent,
    hypotheses=BALANCED,
    mutants={
        "N for N - 1": {"slack": partial(slack_descent, second=lambda N: N)},
        "without the second term": {"slack": partial(slack_descent, second=lambda N: 0)},
        "the exponent 2 - 1/N": {"slack": partial(slack_descent, power=lambda N: 2 - 1 / N)},
        "the exponent 1 - 1/N": {"slack": partial(slack_descent, power=lambda N: 1 - 1 / N)},
    },
    ablations=UNBALANCED,
)


def slack_orthogonal(case, share=lambda N: 1 - 1 / N):
    """d q/dtau = (1 - 1/N) (d log|w|/dtau) q, with q = (I - P) w."""
    found, size = velocity(case)
    w, X = case["w"], case["X"]
    q, q_moves = w - project(X, w), found - project(X, found)
    growth = (unit(w) @ found) / length(w)
    return identity((q_moves - share(case["N"]) * growth * q) / max(size, 1e-300))


def nothing_orthogonal(case):
    return span_basis(case["X"])[1] == case["w"].size


ORTHOGONAL = Claim(
    id="orthogonal-part",
    paper="Proof of Theorem 2",
    statement=r"Under (13), the part $q$ of $w$ orthogonal to $\operatorname{span}(X)$ keeps its "
    r"direction, and $|q(\tau)|=|q(0)|\,(|w(\tau)|/|w(0)|)^{1-1/N}$.",
    chapter=APPENDIX,
    size=8,
    build=layers_case,
    slack=slack_orthogonal,
    trivial=nothing_orthogonal,
    hypotheses=BALANCED,
    mutants={
        "the exponent 1": {"slack": partial(slack_orthogonal, share=lambda N: 1)},
        "the exponent 1 - 2/N": {"slack": partial(slack_orthogonal, share=lambda N: 1 - 2 / N)},
        "the exponent N/(N+1)": {"slack": partial(slack_orthogonal, share=lambda N: N / (N + 1))},
        "q stays, as with one layer": {"slack": partial(slack_orthogonal, share=lambda N: 0)},
    },
    ablations=UNBALANCED,
)


def any_layers(u):
    """Layers that are balanced in no way."""
    case = layers_case(u)
    rng = generator(u[7])
    layers = [rng.standard_normal(W.shape) * 10 ** rng.uniform(-2, 2) for W in case["layers"]]
    return case | {"layers": layers}


def slack_first_layer(case, part=lambda layers, gradients: gradients[0]):
    """What moves, and is orthogonal to the examples."""
    gradients = layer_gradients(case["layers"], case["X"], case["w_star"])
    moves = part(case["layers"], gradients)
    outside = moves - np.array([project(case["X"], row) for row in moves])
    return identity(outside / max(length(moves), 1e-300))


def moves_of_product(layers, gradients):
    return gradients[1] @ layers[0] + layers[1] @ gradients[0]


FIRST_LAYER = Claim(
    id="first-layer",
    paper="ours",
    statement=r"Balanced or not, the flow leaves $W_1(I-P)$ as it is, so that "
    r"$q=(I-P)W_1(0)^\top(W_N\cdots W_2)^\top$ at all times.",
    chapter=APPENDIX,
    size=8,
    build=any_layers,
    slack=slack_first_layer,
    trivial=nothing_orthogonal,
    mutants={
        "of two layers": {"slack": partial(slack_first_layer, part=moves_of_product)},
        "of the product": {
            "slack": partial(
                slack_first_layer,
                part=lambda layers, G: end_to_end([layers[0], G[1], *layers[2:]])[None],
            )
        },
        "if W_1 drifts by 1 % of itself": {
            "slack": partial(
                slack_first_layer, part=lambda layers, G: G[0] + 0.01 * layers[0]
            )
        },
    },
)


# The saddle, and a rate


def sublevel_case(u):
    """w and w0 with L(w) <= L(w0) < L(0): near the saddle, or beside the teacher."""
    rng, d = generator(u[0]), count(u[1], 1, 4)
    X = rng.standard_normal((d, count(u[2], 1, 5))) if u[3] < 0.5 else np.eye(d)
    w_star = unit(rng.standard_normal(d)) * real(u[4], 1e-3, 10)
    g, small = loss_gradient(np.zeros(d), X, w_star), real(u[5], 1e-5, 1)
    w = pick(u[6], [-small * unit(g) * length(w_star), w_star + small * across(w_star, rng)])
    w0 = pick(u[7], [w, 1.95 * w_star, real(u[5], 1e-3, 1) * w_star])
    return {"X": X, "w_star": w_star, "w": w, "w0": w0, "N": count(u[2], 2, 12)}


def across(v, rng):
    """A vector as long as v and orthogonal to it; zero in one dimension."""
    side = rng.standard_normal(v.size)
    side -= unit(v) * (unit(v) @ side)
    return unit(side) * length(v) if v.size > 1 else 0 * v


def below_start(case):
    return loss(case["w"], case["X"], case["w_star"]) <= loss(case["w0"], case["X"], case["w_star"])


def below_saddle(case):
    """(12)."""
    zero = np.zeros_like(case["w0"])
    return loss(case["w0"], case["X"], case["w_star"]) < loss(zero, case["X"], case["w_star"])


def anywhere(u):
    """w closer to 0 than the loss at w0 allows."""
    case = sublevel_case(u)
    return case | {"w": case["w"] * u[5], "w0": case["w_star"]}


def library_distance(case):
    return saddle_distance(case["X"], case["w_star"], case["w0"])


def slack_distance(case, away=library_distance, factor=1.0):
    value, size = factor * away(case), length(case["w"])
    return computed((size - value) / max(size, value, 1e-300), 1e-9)


def drop_over(case, start, slope_at):
    top, low = (loss(v, case["X"], case["w_star"]) for v in (0 * case["w0"], start))
    return (top - low) / length(loss_gradient(slope_at, case["X"], case["w_star"]))


DISTANCE = Claim(
    id="saddle-distance",
    paper="Proof of Theorem 2",
    statement=r"If $L(w)\le L(w(0))<L(0)$, then "
    r"$|w|\ge\varrho=(L(0)-L(w(0)))/|\nabla L(0)|$.",
    chapter=APPENDIX,
    size=8,
    build=sublevel_case,
    slack=slack_distance,
    hypotheses={"w is in the sublevel set of w(0)": below_start, "(12)": below_saddle},
    mutants={
        "2 % further": {"slack": partial(slack_distance, factor=1.02)},
        "the slope at w(0)": {
            "slack": partial(
                slack_distance, away=lambda case: drop_over(case, case["w0"], case["w0"])
            )
        },
        "L(0) for the difference": {
            "slack": partial(
                slack_distance, away=lambda case: drop_over(case, case["w_star"], 0 * case["w0"])
            )
        },
    },
    ablations={"w is in the sublevel set of w(0)": {"build": anywhere}, "(12)": {}},
)


def library_rate(case):
    return deep_rate(case["X"], case["w_star"], case["w0"], case["N"])


def other_rate(case, power=lambda N: 2 - 2 / N, times=lambda N: 1.0, away=library_distance):
    return times(case["N"]) * deep_rate(case["X"], case["w_star"], case["w0"], 1) * (
        away(case) ** power(case["N"])
    )


def slack_rate(case, rate=library_rate):
    """How fast log L falls at w, against the certificate."""
    w, N = case["w"], case["N"]
    g = loss_gradient(w, case["X"], case["w_star"])
    fall = -induced_velocity(w, case["X"], case["w_star"], N) @ g
    allowed = rate(case) * loss(w, case["X"], case["w_star"])
    return computed((fall - allowed) / max(fall, allowed, 1e-300), 1e-9)


RATE = Claim(
    id="certified-rate-deep",
    paper="Proof of Theorem 2",
    statement=r"Under (12) and (13), $L(w(\tau))\le L(w(0))\,e^{-2\mu\varrho^{2-2/N}\tau}$ with "
    r"$\mu$ of Corollary A.1 at the level $L(w(0))$: $\log L$ falls at least so fast everywhere "
    r"in the sublevel set.",
    chapter=APPENDIX,
    size=8,
    build=sublevel_case,
    slack=slack_rate,
    trivial=lambda case: length(case["w"] - case["w_star"]) == 0,
    hypotheses={"w is in the sublevel set of w(0)": below_start, "(12)": below_saddle},
    mutants={
        "N times as fast": {
            "slack": partial(slack_rate, rate=partial(other_rate, times=lambda N: N))
        },
        "|w(0)| for rho": {
            "slack": partial(
                slack_rate, rate=partial(other_rate, away=lambda case: length(case["w0"]))
            )
        },
        "the exponent 2 - 3/N": {
            "slack": partial(slack_rate, rate=partial(other_rate, power=lambda N: 2 - 3 / N))
        },
    },
    ablations={"w is in the sublevel set of w(0)": {"build": anywhere}, "(12)": {}},
)


# Whole flows. Those of the product stand for balanced layers: that is Theorem C.1


def run_case(u, few=True):
    """A start of any size and direction; few examples, or enough of them to span."""
    rng, n, d = generator(u[0]), count(u[1], 1, 3), count(u[1], 1, 3)
    d, n = (n + count(u[2], 1, 3), n) if few else (d, d + count(u[2], 1, 3) - 1)
    X = rng.standard_normal((d, n))
    w_star = unit(rng.standard_normal(d)) * real(u[3], 1e-3, 3)
    g, outside = loss_gradient(np.zeros(d), X, w_star), rng.standard_normal(d)
    outside -= project(X, outside)
    toward = unit(-g) + 0.5 * rng.standard_normal() * unit(project(X, rng.standard_normal(d)))
    w0 = unit(real(u[4], 1e-3, 1e3) * unit(toward) + unit(outside)) * real(u[5], 1e-4, 1e2)
    return {"X": X, "w_star": w_star, "w0": w0 * length(w_star), "N": 2 + int(5 * u[6])}


def end(case, tol=1e-6):
    """Where the flow ends: that of the layers if the case has some, else that of their product."""
    if "layers" in case:
        flow = deep_gradient_flow(case["X"], case["w_star"], case["layers"], tol=tol, rtol=1e-5)
    else:
        flow = induced_flow(case["X"], case["w_star"], case["w0"], case["N"], tol=tol, rtol=1e-3)
    return flow.final


def unbalanced(u, build):
    """The same start, with a first layer that is far too large."""
    case = build(u)
    layers = balanced_weights(case["w0"], [1] * (case["N"] - 1))
    factor = 1e2 / length(layers[0])
    return case | {"layers": [layers[0] * factor, layers[1] / factor, *layers[2:]]}


def is_balanced(case):
    return "layers" not in case or balanced(case)


def behind(u, build):
    """One example, and a start on its line, on the wrong side of 0."""
    case = build(u)
    X = case["X"][:, :1]
    return case | {"X": X, "w0": -length(case["w0"]) * unit(project(X, case["w_star"]))}


def slack_stays(case, measure=loss, share=1.0):
    """A rise of the loss above the start's; if there is none, the smallest |w| against rho."""
    X, w_star, w0 = case["X"], case["w_star"], case["w0"]
    path = induced_flow(X, w_star, w0, case["N"], tol=1e-2, rtol=1e-4).w
    values = measure(path, X, w_star)
    rise, smallest = values.max() / values[0] - 1, length(path, axis=1).min()
    away = smallest / (saddle_distance(X, w_star, w0) or 1e-3 * length(w0)) - share
    return computed(-rise if rise > 1e-3 else away, 1e-4)


def distance_to_limit(w, X, w_star):
    return length(w - distilled_student(X, w_star), axis=-1)


def size_of(w, X, w_star):
    return 1 / length(w, axis=-1)


INVARIANCE = Claim(
    id="sublevel-invariance",
    paper="Proof of Theorem 2",
    statement=r"Under (12) the deep flow stays in its sublevel set, and so away from 0: "
    r"$|w|\ge\varrho$ at all times. (The paper assumes (13) here, which any descent does without.)",
    underived="it follows from `descent-deep` and `saddle-distance`, which are derived",
    chapter=APPENDIX,
    size=7,
    build=run_case,
    slack=slack_stays,
    hypotheses={"(12)": below_saddle},
    mutants={
        "the distance to w_hat does not grow": {
            "slack": partial(slack_stays, measure=distance_to_limit)
        },
        "|w| does not fall": {"slack": partial(slack_stays, measure=size_of)},
        "|w| >= 3 rho": {"slack": partial(slack_stays, share=3.0)},
    },
    ablations={"(12)": {"build": partial(behind, build=run_case)}},
)


# Theorem 2


def limit_case(u):
    """A start of any kind: along the gradient or against it, mostly outside the span or inside."""
    case = run_case(u)
    inside = project(case["X"], case["w0"])
    w0 = pick(u[4] * 7 % 1, [case["w0"], -case["w0"], inside, -inside])
    if 1e3 * u[5] % 1 < 0.04:  # now and then the layers themselves
        case["layers"] = balanced_weights(w0, [2] * (case["N"] - 1), generator(u[0]))
    return case | {"w0": w0}


def off_the_curve(case):
    """Only from w(0) in the span, and if (12) fails, can the flow stop at 0: there from a curve."""
    w0, rank = case["w0"], span_basis(case["X"])[1]
    outside = length(w0 - project(case["X"], w0)) > 1e-9 * length(w0)
    return outside or below_saddle(case) or (rank >= 2 and case["X"].shape[1] > 1)


def slack_limit(case, limit=deep_student):
    expected = limit(case["X"], case["w_star"], case["w0"], case["N"])
    return identity(length(end(case) - expected) / max(length(expected), length(case["w0"])), 1e-5)


def shallow_limit(X, w_star, w0, depth):
    return deep_student(X, w_star, w0, 1)


def first_order_limit(X, w_star, w0, depth):
    """With |w_hat| in place of the limit's own length."""
    w_hat = distilled_student(X, w_star)
    return w_hat + (length(w_hat) / length(w0)) ** (1 - 1 / depth) * (w0 - project(X, w0))


DEEP_LIMIT = Claim(
    id="deep-limit",
    paper="ours",
    statement=r"Under (13) with $w(0)\ne0\ne\hat w$ the deep flow ends at "
    r"$w_\infty=\hat w+(|w_\infty|/|w(0)|)^{1-1/N}\,(I-P)w(0)$, at an angle $\vartheta$ to "
    r"$\hat w$ with $\sin^N\vartheta/\cos\vartheta=(|w(0)|/|\hat w|)\sin^N\vartheta(0)$; unless it "
    r"stops at 0, which happens only if $w(0)\in\operatorname{span}(X)$ violates (12) and lies on "
    r"one curve, a half-line if $X$ has rank 1.",
    chapter=CHAPTER,
    size=7,
    build=limit_case,
    slack=slack_limit,
    hypotheses={"not on the curve": off_the_curve, "balanced": is_balanced},
    mutants={
        "N + 1 layers": {
            "slack": partial(slack_limit, limit=lambda *args: deep_student(*args[:3], args[3] + 1))
        },
        "q stays, as with one layer": {"slack": partial(slack_limit, limit=shallow_limit)},
        "|w_hat| for the limit's length": {"slack": partial(slack_limit, limit=first_order_limit)},
        "w_hat": {
            "slack": partial(slack_limit, limit=lambda X, w_star, *_: distilled_student(X, w_star))
        },
    },
    ablations={
        "not on the curve": {"build": partial(behind, build=run_case)},
        "balanced": {"build": partial(unbalanced, build=run_case)},
    },
)


def short_case(u, bound=start_bound, stretch=1.0):
    """A start as long as a bound allows, or shorter, mostly orthogonal to the examples."""
    case = run_case(u)
    size = length(distilled_student(case["X"], case["w_star"]))
    eps = size * real(u[5], 1e-2, 30)
    share = stretch * (1 - 1e-9) * (1.0 if u[7] < 0.5 else 2 * u[7] - 1)
    case |= {"eps": eps, "w0": unit(case["w0"]) * share * bound(eps, size, case["N"])}
    return case | {"short": stretch == 1.0}


def one_power_less(eps, size, depth):
    return start_bound(eps, size, depth) / eps


def is_short(case):
    """(11)."""
    size = length(distilled_student(case["X"], case["w_star"]))
    return length(case["w0"]) < start_bound(case["eps"], size, case["N"])


def slack_within(case, limit=None):
    X, w_star, w0, eps = (case[key] for key in ("X", "w_star", "w0", "eps"))
    w_hat = distilled_student(X, w_star)
    w = limit(X, w_star, w0, case["N"]) if limit else end(case, 1e-4 * eps / length(w_hat))
    return computed(1 - length(w - w_hat) / eps, 1e-8 if limit else 1e-3)


def wrong_side(u):
    """(12) fails, and eps does not reach to 0."""
    case = behind(u, short_case)
    w_hat = distilled_student(case["X"], case["w_star"])
    eps = 0.5 * length(w_hat)
    start = 0.9 * unit(case["w0"]) * start_bound(eps, length(w_hat), case["N"])
    return case | {"eps": eps, "w0": start}


THEOREM_2_PROJECTION = Claim(
    id="theorem-2-projection",
    paper="Theorem 2",
    statement=r"Under (11)-(13), if $n<d$ the deep flow ends within $\epsilon$ of $\hat w$.",
    chapter=CHAPTER,
    size=8,
    build=short_case,
    slack=slack_within,
    hypotheses={"(11)": is_short, "(12)": below_saddle, "balanced": is_balanced},
    mutants={
        "eps^(N-1) for eps^N": {
            "build": partial(short_case, bound=one_power_less),
            "hypotheses": {"(12)": below_saddle},
        },
        "starts 5 % longer": {
            "build": partial(short_case, stretch=1.05),
            "hypotheses": {"(12)": below_saddle},
        },
        "N - 1 for N": {
            "build": partial(short_case, bound=lambda eps, size, N: start_bound(eps, size, N - 1)),
            "hypotheses": {"(12)": below_saddle},
        },
    },
    ablations={
        "(11)": {"build": partial(short_case, stretch=3.0)},
        "(12)": {"build": wrong_side},
        "balanced": {"build": partial(unbalanced, build=short_case)},
    },
)


def slack_sharp(case):
    return slack_within(case, deep_student)


def is_sharply_short(case):
    size = length(distilled_student(case["X"], case["w_star"]))
    return length(case["w0"]) <= sharp_start_bound(case["eps"], size, case["N"])


sharp_case = partial(short_case, bound=sharp_start_bound)

SHARP = Claim(
    id="sharp-initialisation",
    paper="ours",
    statement=r"$|w(0)|\le\epsilon^N(|\hat w|^2+\epsilon^2)^{-(N-1)/2}$ suffices in place of (11), "
    r"and is $\sqrt{1+\epsilon^2/|\hat w|^2}$ times as long. No longer start will do.",
    chapter=CHAPTER,
    size=8,
    build=sharp_case,
    slack=slack_sharp,
    hypotheses={"a short start": is_sharply_short},
    mutants={
        "2 % longer": {"build": partial(sharp_case, stretch=1.02), "hypotheses": {}},
        "the exponent (N - 2)/2": {
            "build": partial(
                short_case,
                bound=lambda eps, size, N: sharp_start_bound(eps, size, N) * np.hypot(eps, size),
            ),
            "hypotheses": {},
        },
        "eps^(N-1) for eps^N": {
            "build": partial(
                short_case, bound=lambda eps, size, N: sharp_start_bound(eps, size, N) / eps
            ),
            "hypotheses": {},
        },
    },
    ablations={"a short start": {"build": partial(sharp_case, stretch=3.0)}},
)


def slack_norm(case, power=lambda N: 2 / N, factor=1.0, root=0.5):
    """The limit's length against C; for s > 1 with |1 - s|."""
    w_hat = distilled_student(case["X"], case["w_star"])
    w = deep_student(case["X"], case["w_star"], case["w0"], case["N"])
    s = (length(case["w0"]) / length(w_hat)) ** power(case["N"])
    bound = factor * length(w_hat) * max(abs(1 - s), 1e-300) ** -root
    return computed((bound - length(w)) / max(bound, length(w)), 1e-9)


def shorter_than_projection(case):
    return length(case["w0"]) < length(distilled_student(case["X"], case["w_star"]))


NORM = Claim(
    id="norm-bound",
    paper="Proof of Theorem 2",
    statement=r"Under (13) with $|w(0)|<|\hat w|$, in the limit $|w|\le|\hat w|\,(1-s)^{-1/2}$ with "
    r"$s=(|w(0)|/|\hat w|)^{2/N}$.",
    chapter=APPENDIX,
    size=7,
    build=run_case,
    slack=slack_norm,
    hypotheses={"|w(0)| < |w_hat|": shorter_than_projection},
    mutants={
        "2 % shorter": {"slack": partial(slack_norm, factor=0.98)},
        "the power 2/(N-1)": {"slack": partial(slack_norm, power=lambda N: 2 / (N - 1))},
        "the root (1-s)^(-1/4)": {"slack": partial(slack_norm, root=0.25)},
    },
    ablations={"|w(0)| < |w_hat|": {}},
)


def spanning_case(u, dependent=False):
    case = run_case(u, few=False)
    X = case["X"]
    return case | {"X": np.repeat(X[:, :1], X.shape[1], axis=1) if dependent else X}


def one_too_few(u):
    case = run_case([u[0], 0.6 + 0.4 * u[1], *u[2:]], few=False)
    return case | {"X": case["X"][:, : case["w_star"].size - 1]}


def spans(case):
    return span_basis(case["X"])[1] == case["w_star"].size


def slack_teacher(case, off=0.0):
    w_star = case["w_star"]
    return identity(length(end(case) - (1 + off) * w_star) / length(w_star), 1e-5)


THEOREM_2_TEACHER = Claim(
    id="theorem-2-teacher",
    paper="Theorem 2",
    statement=r"Under (12), if $n\ge d$ and $X$ has full rank the deep flow tends to $w_\star$. "
    r"(The paper assumes (13) too; here it is not needed.)",
    underived="proved in words in the appendix",
    chapter=APPENDIX,
    size=7,
    build=spanning_case,
    slack=slack_teacher,
    hypotheses={"(12)": below_saddle, "full rank": spans},
    mutants={
        "one example fewer": {
            "build": one_too_few,
            "hypotheses": {"(12)": below_saddle},
        },
        "parallel examples": {
            "build": partial(spanning_case, dependent=True),
            "hypotheses": {"(12)": below_saddle},
        },
        "a teacher 1 % longer": {"slack": partial(slack_teacher, off=0.01)},
    },
    ablations={
        "(12)": {"build": lambda u: behind([u[0], 0.0, *u[2:]], spanning_case)},
        "full rank": {"build": partial(spanning_case, dependent=True)},
    },
)


def flip_case(u, curvature=8.0):
    """A start of a length up to that at which |grad L(0).w| = lambda |w|^2 / (8 n)."""
    rng, d = generator(u[0]), count(u[1], 1, 5)
    X = np.eye(d) if u[2] < 0.5 else rng.standard_normal((d, count(u[3], 1, 8)))
    w_star = unit(rng.standard_normal(d)) * real(u[4], 1e-4, 10)
    g, side = loss_gradient(np.zeros(d), X, w_star), rng.standard_normal(d)
    direction = unit(g) + real(u[5], 1e-3, 10) * unit(side)
    longest = curvature * X.shape[1] * abs(g @ direction) / length(X, 2) ** 2
    w0 = direction * longest / (direction @ direction) * (1 - real(u[6], 1e-6, 1 - 1e-6))
    return {"X": X, "w_star": w_star, "w0": w0}


def near_zero(case):
    g = loss_gradient(0 * case["w0"], case["X"], case["w_star"])
    top = length(case["X"], 2) ** 2 / (8 * case["X"].shape[1])
    return abs(g @ case["w0"]) > top * case["w0"] @ case["w0"]


def slack_flip(case, signs=(1, -1)):
    """How far below L(0) the better sign is, relative to the first-order change."""
    X, w_star, w0 = case["X"], case["w_star"], case["w0"]
    top, change = loss(0 * w0, X, w_star), abs(loss_gradient(0 * w0, X, w_star) @ w0)
    drop = max(top - loss(sign * w0, X, w_star) for sign in signs)
    return computed(drop / change, 1e-15 * top / change)


SIGN_FLIP = Claim(
    id="theorem-2-sign-flip",
    paper="Section 4.1, on (12)",
    statement=r"If $|\nabla L(0)\cdot w(0)|>\lambda_{\max}(X'X)\,|w(0)|^2/(8n)$, then $w(0)$ or "
    r"$-w(0)$ satisfies (12): near zero, unless $w(0)\perp\nabla L(0)$.",
    chapter=CHAPTER,
    size=7,
    build=flip_case,
    slack=slack_flip,
    hypotheses={"near zero": near_zero},
    mutants={
        "2 % longer starts": {"build": partial(flip_case, curvature=8.16), "hypotheses": {}},
        "w(0) itself": {"slack": partial(slack_flip, signs=(1,))},
        "-w(0) itself": {"slack": partial(slack_flip, signs=(-1,))},
    },
    ablations={"near zero": {"build": partial(flip_case, curvature=80.0)}},
)

SECTION_4_1 = [THEOREM_2_PROJECTION, THEOREM_2_TEACHER, SIGN_FLIP]
APPENDIX_C = [THEOREM_C1, DESCENT, INVARIANCE, DISTANCE, RATE, ORTHOGONAL, NORM]
OURS = [DEEP_LIMIT, SHARP, FIRST_LAYER]
