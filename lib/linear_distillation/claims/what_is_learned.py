"""Section 4.1 and appendix B: what the student learns, and at what rate."""

from functools import partial

import numpy as np

from .balls import floats
from .balls.flows import descent as descended
from .balls.flows import limit
from .balls.losses import loss, loss_gradient, pl_constant, sigmoid, smallest_eigenvalue
from .balls.numbers import length, sqrt
from .balls.rates import gradient_descent, growth_constant, quotients, sharp_pl_constant
from .balls.spans import distilled_student, project, rank
from .claim import claim
from .deep import EPS, condition, losses, size
from .loss import (
    WRONG_MU,
    conditioned,
    further_out,
    in_span,
    largest_eigenvalue,
    level_of,
    logits_up_to,
    off_the_span,
    on_the_edge,
    student_and_teacher,
    twice,
    widest,
)
from .slack import AtMost, Equal

CHAPTER, PROOF = "what-the-student-learns", "appendices/theorem-1"


# Theorem 1: the flow itself, to its end


def few_examples(draw, largest=10):
    """Examples of any size, sometimes with one of them twice, a teacher, and a start at zero."""
    rng, d, n = draw.rng(), draw.count(1, 8), draw.count(1, 4)
    X = draw.number(rng.standard_normal((d, n))) * draw.real(1e-3, 1e3)
    if draw.chance(0.2):
        X[:, -1] = X[:, 0]
    w_star = logits_up_to(draw, rng.standard_normal(d), X, largest)
    return X, w_star, 0 * w_star


def started_elsewhere(draw):
    X, w_star, zero = few_examples(draw)
    return X, w_star, zero + draw.number(draw.rng().standard_normal(len(zero)))


def spanning(draw, fewer=0):
    """At least as many examples as dimensions, or a few less; any start."""
    rng, d, more = draw.rng(), draw.count(1 + fewer, 3), draw.count(1, 4) - 1
    X = draw.number(rng.standard_normal((d, d - fewer if fewer else d + more)))
    w_star = logits_up_to(draw, rng.standard_normal(d), X, 10)
    return X, w_star, draw.number(rng.standard_normal(d)) * draw.uniform()


def with_atoms(draw):
    """As many examples as dimensions, but one of them came up twice."""
    rng, d = draw.rng(), draw.count(2, 3)
    X = draw.number(rng.standard_normal((d, d)))
    X[:, -1] = X[:, 0]
    return X, *draw.number(rng.standard_normal((2, d)))


def without_the_first(X, w_star):
    return distilled_student(X[:, 1:], w_star) if X.shape[1] > 1 else 0 * w_star


def along_the_first_step(X, w_star):
    """The best student on the ray that the flow sets out on: -grad L(0)."""
    ray = -loss_gradient(0 * w_star, X, w_star)
    return ray * ((ray @ w_star) / (ray @ ray))


def tends_to(X, w_star, w0, expected):
    end, error = limit(X, w_star, [w0[None]])
    scale = size(distilled_student(X, w_star)) + size(w0)
    rounding = 64 * EPS * condition(X) * (size(w_star) + size(w0))
    return Equal(end, expected, error=error + rounding, scale=scale)


@claim(
    "Theorem 1",
    r"If $N=1$ and $w(0)=0$, the flow tends to $\hat w=Pw_\star$. (The paper has "
    r"$n<d$ and $X$ of full rank; neither is needed.)",
    chapter=CHAPTER,
    short="one layer: limit",
    rests_on=("gradient", "minimisers"),
    mutants={
        "the teacher": {"closed": lambda X, w_star: w_star},
        "the projection onto all examples but one": {"closed": without_the_first},
        "the best student along -grad L(0)": {"closed": along_the_first_step},
        "2 % longer": {"closed": lambda X, w_star: distilled_student(X, w_star) * 1.02},
    },
    without={"w(0) = 0": {"begin": started_elsewhere}},
)
def theorem_1_projection(draw, closed=distilled_student, begin=few_examples):
    X, w_star, w0 = begin(draw)
    draw.assume("w(0) = 0", not floats(w0).any())
    return tends_to(X, w_star, w0, closed(X, w_star))


@claim(
    "Theorem 1",
    r"If $N=1$, $n\ge d$ and $X$ has full rank, the flow tends to $w_\star$. (The paper "
    r"has $w(0)=0$ as well; here it is not needed.)",
    chapter=CHAPTER,
    rests_on=("gradient", "minimisers"),
    mutants={
        "n >= d - 1": {"begin": partial(spanning, fewer=1), "without": "n >= d"},
        "2 % longer": {"closed": lambda X, w_star: w_star * 1.02},
        "the projection onto all examples but one": {"closed": without_the_first},
    },
    without={
        "n >= d": {"begin": partial(spanning, fewer=1)},
        "X has full rank": {"begin": with_atoms},
    },
)
def theorem_1_teacher(draw, closed=lambda X, w_star: w_star, begin=spanning):
    X, w_star, w0 = begin(draw)
    draw.assume("n >= d", X.shape[1] >= X.shape[0])
    draw.assume("X has full rank", rank(X) == min(X.shape))
    return tends_to(X, w_star, w0, closed(X, w_star))


def of_the_span(draw, X, v, w_hat):
    """Another student in the span, near the projection or far from it."""
    return w_hat + draw.real(1e-3, 10) * project(X, v)


def beside_the_span(draw, X, v, w_hat):
    """Off the span, towards w_star or away from it."""
    return w_hat + draw.real(1e-3, 1) * v


@claim(
    "Section 4.1",
    r"No student in $\operatorname{span}(X)$ is nearer to $w_\star$ than $\hat w$: "
    r"$|v-w_\star|^2=|\hat w-w_\star|^2+|v-\hat w|^2$; nor is the angle of any smaller: "
    r"$|v\cdot w_\star|\le|v|\,|\hat w|$.",
    chapter=CHAPTER,
    mutants={
        "a student 2 % longer": {"student": lambda X, w: 1.02 * distilled_student(X, w)},
        "the projection onto all examples but one": {"student": without_the_first},
        "the best student along -grad L(0)": {"student": along_the_first_step},
        "the sum of the distances for that of their squares": {"power": 1},
    },
    without={"v in the span": {"other": beside_the_span}},
)
def best_approximation(draw, student=distilled_student, other=of_the_span, power=2):
    """Distances, and lengths times the cosine of an angle, which w_hat alone attains."""
    (X, w_star, _), v = few_examples(draw), draw.rng()
    w_hat, v = student(X, w_star), draw.number(v.standard_normal(len(X))) * length(w_star)
    near = other(draw, X, v, distilled_student(X, w_star))
    draw.assume("v in the span", in_span(X, near))
    left, right = (length(u) ** power for u in (near - w_star, w_hat - w_star))
    apart, scale = length(near - w_hat) ** power, size(w_star) + size(near)
    error = 64 * EPS * condition(X) * scale**power
    along = abs(near @ w_star)
    return [
        Equal(left, right + apart, error=error, scale=floats(scale) ** power),
        AtMost(along, length(near) * length(w_hat), 64 * EPS * condition(X) * scale**2, scale**2),
    ]


@claim(
    "ours",
    r"A temperature shared by teacher and student changes the speed, not the limit: with "
    r"$\sigma(w_\star\cdot x/T)$ and $\sigma(w\cdot x/T)$ the flow still tends to $\hat w$. (A "
    r"student at $T'$ learns $\hat wT'/T$.)",
    chapter=CHAPTER,
    short="temperature",
    rests_on=("theorem-1-projection", "hessian"),
    mutants={
        "w_hat / T": {"share": lambda T, own: 1 / T},
        "at T' the student learns w_hat T/T'": {
            "own": True,
            "share": lambda T, own: T / own,
            "without": "a shared temperature",
        },
        "at T' it learns w_hat sqrt(T'/T)": {
            "own": True,
            "share": lambda T, own: (own / T) ** 0.5,
            "without": "a shared temperature",
        },
    },
    without={"a shared temperature": {"own": True}},
)
def temperature(draw, share=lambda T, own: 1, own=False):
    """The flow of a student that divides its logits by its own temperature."""
    T = draw.real(0.1, 10)
    X, w_star, zero = few_examples(draw, largest=10 * min(1, float(T)))
    T_student = T * draw.real(0.5, 2) if own else T
    draw.assume("a shared temperature", T_student == T)
    w_hat = distilled_student(X, w_star)
    expected = w_hat * share(T, T_student)
    return tends_to(X / T_student, w_star * (T_student / T), zero, expected)


# Its proof


def shortest_time(X):
    """Of the fastest direction, four times over."""
    return floats(X.shape[1] / widest(X))


@claim(
    "Proof of Theorem 1, (8)",
    r"Along the flow $dL/d\tau=-|\nabla L|^2$: the loss falls by the integral of "
    r"$|\nabla L|^2$.",
    chapter=PROOF,
    rests_on=("gradient",),
    mutants={
        "2 % more": {"dissipated": lambda total, first: total * 1.02},
        "2 |grad L|^2": {"dissipated": lambda total, first: total * 2},
        "at the first rate throughout": {"dissipated": lambda total, first: first},
    },
)
def descent(draw, dissipated=lambda total, first: total):
    X, v, w_star, _ = student_and_teacher(draw)
    w0 = v - w_star * 0.5  # never the teacher, whom v is now and then
    times = shortest_time(X) * np.array([0.0, 8.0])
    w, total, error = descended(X, w_star, w0, times)
    start, end = losses(w, X, w_star)
    first = np.square(loss_gradient(w0, X, w_star)).sum() * times[-1]
    error = floats(start) * (error + conditioned(X, w0, w_star))
    return Equal(start - end, dissipated(total[-1], first), error=error, scale=floats(start))


@claim(
    "Proof of Theorem 1, (9)",
    r"If $L(w)\le\ell$ and $w-\hat w\in\operatorname{span}(X)$, then "
    r"$|w-\hat w|\le\sqrt{2L(w)/\mu}$ with the $\mu$ of Theorem A.3.",
    chapter=PROOF,
    rests_on=("theorem-A3",),
    mutants=WRONG_MU,
    without={
        "w in the sublevel set": {"student": further_out},
        "w - w_hat in the span": {"student": off_the_span},
    },
)
def distance_from_loss(draw, mu=pl_constant, student=None):
    X, w_star, w_hat, w, level = at_a_level(draw, student)
    draw.assume("w - w_hat in the span", in_span(X, w - w_hat))
    value, least = loss(w, X, w_star), mu(X, w_star, level) / 2 * np.square(w - w_hat).sum()
    return AtMost(least, value, error=2 * conditioned(X, w, w_star) * abs(floats(value)))


def at_a_level(draw, student=None):
    """A student at the level that one on its edge defines, or another student."""
    X, w_star, w_hat, out, rng = on_the_edge(draw)
    level = level_of(draw, X, w_star, w_hat + out)
    w = student(draw, X, w_hat, out, rng) if student else w_hat + out
    draw.assume("w in the sublevel set", loss(w, X, w_star) <= level)
    return X, w_star, w_hat, w, level


@claim(
    "Theorem 1",
    r"From $w(0)=0$: $L(w(\tau))\le L(0)\,e^{-2\mu\tau}$ and "
    r"$|w(\tau)-\hat w|\le\sqrt{2L(0)/\mu}\;e^{-\mu\tau}$, $\mu$ at the level $L(0)$.",
    chapter=PROOF,
    short="one layer: rate",
    rests_on=("descent", "corollary-A1", "distance-from-loss", "flow-in-the-span"),
    mutants={
        "2 mu for mu": {"mu": twice},
        "1.02 mu for mu": {"mu": lambda *task: pl_constant(*task) * 1.02},
        "the largest eigenvalue": {"mu": largest_eigenvalue},
        "at half the speed": {"slower": 2},
    },
)
def certified_rate(draw, mu=pl_constant, slower=1):
    """Square roots of losses: they change by at most |X| / sqrt(8 n) times what w does."""
    X, w_star, w0 = few_examples(draw, largest=5)
    times, start = shortest_time(X) * np.arange(0, 13.0, 2), loss(w0, X, w_star)
    w, _, error = descended(X, w_star, w0, times)
    rate, w_hat = mu(X, w_star, start), distilled_student(X, w_star)
    roots = sqrt(losses(w[1:], X, w_star))
    bound = np.exp(-(rate * slower * draw.number(times[1:]))) * sqrt(start)
    error = error * size(w_hat) + 64 * EPS * condition(X) * size(w_star)
    steep, root = size(X) / np.sqrt(8 * X.shape[1]), sqrt(rate / 2)
    return [
        AtMost(roots, bound, error=steep * error),
        AtMost(length(w[1:] - w_hat) * root, bound, error=floats(root) * error),
    ]


# Sharper constants


def per_example(choose):
    """lambda/n times one of the quotients of which mu_1 takes the smallest, (n, 2)."""

    def constant(X, w_star, level):
        found = np.array(sorted(map(sorted, quotients(X, w_star, level))))  # of each, of all
        return smallest_eigenvalue(X) / X.shape[1] * choose(found)

    return constant


@claim(
    "ours",
    r"For any $X$ Corollary A.1 holds with $\mu_1=\tfrac\lambda n\min_i"
    r"\min_\pm(\sigma(a_i^\pm)-\sigma(a_i^\star))^2/(2k_i(a_i^\pm))\ge\mu$ "
    r"(`sharp_pl_constant`).",
    chapter=PROOF,
    rests_on=("gradient",),
    mutants={
        "2 mu for mu": {"mu": lambda *task: sharp_pl_constant(*task) * 2},
        "l for n l": {"mu": lambda X, u, level: sharp_pl_constant(X, u, level / X.shape[1])},
        "the other end of the interval": {"mu": per_example(lambda q: q[0, 1])},
        "the example that saturates least": {"mu": per_example(lambda q: q[-1, 0])},
    },
    without={"w in the sublevel set": {"student": further_out}},
)
def sharp_pl(draw, mu=sharp_pl_constant, student=None):
    X, w_star, _, w, level = at_a_level(draw, student)
    sharp, least = mu(X, w_star, level), pl_constant(X, w_star, level)
    value, slope = sharp * loss(w, X, w_star), np.square(loss_gradient(w, X, w_star)).sum() / 2
    error = 2 * conditioned(X, w, w_star)
    return [AtMost(value, slope, error * abs(floats(slope))), AtMost(least, sharp, 1e-9 * least)]


@claim(
    "ours",
    r"If $L(w)\le\ell$ and $w-\hat w\in\operatorname{span}(X)$, then "
    r"$|w-\hat w|^2\le2L(w)/\mu_2$, $\mu_2=\tfrac\lambda n\min_i\min_\pm"
    r"2k_i(a_i^\pm)/(a_i^\pm-a_i^\star)^2\ge\mu$ (`growth_constant`).",
    chapter=PROOF,
    rests_on=("loss-minimum",),
    mutants={
        "2 mu for mu": {"mu": lambda *task: growth_constant(*task) * 2},
        "l for n l": {"mu": lambda X, u, level: growth_constant(X, u, level / X.shape[1])},
    },
    without={
        "w in the sublevel set": {"student": further_out},
        "w - w_hat in the span": {"student": off_the_span},
    },
)
def growth(draw, mu=growth_constant, student=None):
    X, w_star, w_hat, w, level = at_a_level(draw, student)
    draw.assume("w - w_hat in the span", in_span(X, w - w_hat))
    sharp, least = mu(X, w_star, level), pl_constant(X, w_star, level)
    value, apart = loss(w, X, w_star), np.square(w - w_hat).sum() / 2
    error = 2 * conditioned(X, w, w_star)
    return [AtMost(sharp * apart, value, error * floats(value)), AtMost(least, sharp, 1e-9 * least)]


# The flow without d, and finite steps


def cone(X, w, w_star):
    """-grad L as a combination of examples with weights of their teacher's sign."""
    gaps = sigmoid(w_star @ X) - sigmoid(w @ X)
    return AtMost(0, gaps * np.sign(floats(w_star @ X)), error=4 * EPS, scale=1.0)


@claim(
    "ours",
    r"From $w(0)=0$ the flow stays in $\operatorname{span}(X)$: the gradient lies in it, "
    r"and depends on the part of $w$ in it only. $n$ coordinates determine the flow.",
    chapter=PROOF,
    rests_on=("gradient",),
    mutants={
        "the span of all examples but one": {"seen": slice(1, None)},
        "whatever w is moved by": {"aside": lambda X, v: v * 1e-3},
        "in the cone of the examples, with the teacher's signs": {"instead": cone},
    },
)
def flow_in_the_span(draw, seen=slice(None), aside=lambda X, v: v - project(X, v), instead=None):
    """The gradient lies in the span, and does not see what is orthogonal to it."""
    X, w, w_star, v = student_and_teacher(draw)
    if instead:
        return instead(X, w, w_star)
    g, moved = (loss_gradient(u, X, w_star) for u in (w, w + aside(X, v)))
    missed = g - project(X[:, seen], g) if X[:, seen].size else g
    scale = np.linalg.norm(floats(X), axis=0).max()
    error = 64 * EPS * condition(X) * scale * (1 + scale * (size(w) + size(v)))
    return [Equal(missed, 0, error, scale), Equal(g, moved, error, scale)]


@claim(
    "classical, with the constants of this loss",
    r"Gradient descent from 0 with $0<\eta<8n/\lambda_{\max}(X'X)$ tends to $\hat w$, "
    r"never moving away from it, with $L(w_k)\le L(0)\bigl(1-2\mu\eta"
    r"(1-\tfrac{\eta\lambda_{\max}}{8n})\bigr)^k$.",
    chapter=PROOF,
    short="gradient descent",
    rests_on=("minimisers", "hessian-bound", "flow-in-the-span"),
    mutants={
        "16 n for 8 n": {"top": 2.0, "without": "a step below 8n/lambda_max"},
        "8.2 n for 8 n": {"top": 1.025, "without": "a step below 8n/lambda_max"},
        "2 mu for mu": {"mu": twice},
        "1.02 mu for mu": {"mu": lambda *task: pl_constant(*task) * 1.02},
        "2 % closer in each step": {"closer": 0.98},
    },
    without={"a step below 8n/lambda_max": {"top": 1.05}},
)
def finite_steps(draw, top=1.0, mu=pl_constant, closer=1.0, steps=6):
    """Each step comes closer, and the loss falls at the certified rate."""
    X, w_star, w0 = few_examples(draw)
    below = 1 - draw.real(1e-4, 1) if draw.chance(0.5) else draw.uniform()
    share = (below * (1 - 2e-6) + 1e-6) * top
    step = share * (8 * X.shape[1]) / widest(X)
    draw.assume("a step below 8n/lambda_max", step * widest(X) < 8 * X.shape[1])
    w, w_hat = gradient_descent(X, w_star, step, steps), distilled_student(X, w_star)
    apart, values = length(w - w_hat), losses(w, X, w_star)
    rate = 1 - 2 * mu(X, w_star, values[0]) * step * (1 - share)
    bound = np.array([values[0] * rate**k for k in range(1, steps + 1)])
    rounding = 64 * EPS * condition(X) * size(w_star)
    before, after = apart[:-1] * closer, apart[1:]
    # distances that rounding hides have no shares of each other
    scale = np.maximum(np.maximum(floats(before), floats(after)), floats(rounding))
    return [
        AtMost(after, before, error=rounding, scale=scale),
        AtMost(values[1:], bound, error=1e-10 * floats(values[0])),
    ]
