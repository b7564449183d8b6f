"""Choosing examples: one more, the smallest angles, one for a pool, no free lunch, greedy."""

from functools import partial

import numpy as np
import scipy

from .. import selection
from ..tasks import PolynomialTask
from .balls import floats, is_ball
from .balls.choosing import (
    behind,
    ends,
    gamma,
    kept,
    mean_of_all,
    mean_of_nearest,
    most,
    smallest_eigenvalue,
    subsets,
)
from .balls.numbers import largest, length, sqrt
from .balls.parallel import beyond
from .balls.pools import inverse
from .balls.spans import distilled_student
from .cases import solve_each
from .claim import claim
from .exact_law import alike, angles, moment, prefer_one, rounding
from .slack import AtMost, Equal, is_mean, same_law

CHAPTER = "open-questions/choosing-examples"
EPS = np.finfo(float).eps


# One more example


def the_new_direction(z, x):
    return z


def the_example(z, x):
    return x


def squared(cosine2):
    return 1 - cosine2


@claim(
    "classical",
    r"With $r=(I-P)w_\star$ and $z=(I-P)x\ne0$, one more example $x$ multiplies $\sin^2\phi$ by "
    r"$1-\cos^2\alpha(r,z)$.",
    chapter=CHAPTER,
    short="one more example",
    rests_on=("theorem-1-projection",),
    mutants={
        "the angle between r and x": {"seen": the_example},
        "1 - cos": {"left": lambda cosine2: 1 - sqrt(cosine2)},
        "1 - cos^2, of the sine": {"left": lambda cosine2: np.square(1 - cosine2)},
    },
)
def one_more_example(draw, seen=the_new_direction, left=squared):
    rng, d = draw.rng(), draw.count(3, 9)
    k = draw.count(1, d - 2)
    X = draw.number(rng.standard_normal((d, k + 1))) * draw.real(1e-3, 1e3)
    w = draw.number(rng.standard_normal(d))
    r, z = w - distilled_student(X[:, :k], w), X[:, k] - distilled_student(X[:, :k], X[:, k])
    v = seen(z, X[:, k])
    cosine2 = np.square((r * v).sum()) / np.square(r).sum() / np.square(v).sum()
    after = np.square(w - distilled_student(X, w)).sum()
    scale = floats(np.square(w).sum())
    condition = np.linalg.cond(floats(X) / np.linalg.norm(floats(X), axis=0))
    claimed = np.square(r).sum() * left(cosine2)
    return Equal(after, claimed, error=1e3 * EPS * condition**2 * scale, scale=scale)


def by_the_library(A, w, k):
    return selection.choose(A, A @ w, k).indices


def one_after_another(A, w, k, score):
    """The rows with the largest score(Z, X, r), Z what the chosen rows leave of X."""
    kept = []
    for _ in range(k):
        Q = np.linalg.qr(A[kept].T)[0] if kept else np.zeros((len(w), 0))
        values = score(A - A @ Q @ Q.T, A, w - Q @ (Q.T @ w))
        values[kept] = -1
        kept.append(int(values.argmax()))
    return kept


def matching_pursuit(Z, X, r):
    """The largest cosine of x, in place of z, with the residual."""
    return np.abs(X @ r) / np.linalg.norm(X, axis=1)


def uncertain_of_most(Z, X, r):
    """The largest error of the student's logit."""
    return np.abs(X @ r)


def nearest_to_teacher(A, w, k):
    return selection.choose(A, A @ w, k, "nearest").indices


@claim(
    "ours, the rule is of Chen et al.",
    r"The rule `greedy` takes the row after which the angle is smallest: no other row "
    r"$x$ in place of its last one makes $\sin\phi$ smaller.",
    chapter=CHAPTER,
    underived="it is `one-more-example` for each row",
    rests_on=("one-more-example",),
    mutants={
        "by |r.x|/|x|": {"rule": partial(one_after_another, score=matching_pursuit)},
        "by |r.x|": {"rule": partial(one_after_another, score=uncertain_of_most)},
        "by the angle to the teacher": {"rule": nearest_to_teacher},
    },
)
def greedy_step(draw, rule=by_the_library):
    rng, d, N = draw.rng(), draw.count(3, 8), draw.count(4, 9)
    k = draw.count(2, min(d - 1, N - 1))
    A, w = rng.standard_normal((N, d)) * 10.0 ** rng.uniform(-1, 1, (N, 1)), rng.standard_normal(d)
    A = A + draw.pick(0, 2) * w
    first = list(rule(A, w, k))
    sines = [
        length(w - distilled_student(draw.number(A[[*first[:-1], j]].T), draw.number(w)))
        for j in [first[-1], *(j for j in range(N) if j not in first)]
    ]
    scale = floats(length(w))
    return AtMost(sines[0], np.array(sines[1:]), error=1e-9 * scale, scale=scale)


# Rules that look at angles alone


def by_angle(cot, U, n):
    return np.argsort(-cot, axis=1)[:, :n]


def by_direction_too(cot, U, n):
    """The nearest, and then those most on the other side of it."""
    U = U / np.linalg.norm(U, axis=2, keepdims=True)
    first = cot.argmax(axis=1)[:, None]
    score = -(U * np.take_along_axis(U, first[..., None], axis=1)).sum(axis=2)
    np.put_along_axis(score, first, np.inf, axis=1)
    return np.argsort(-score, axis=1)[:, :n]


def as_chosen(task, n, N, size, rng):
    return selection.chosen_angles(task, n, N, size, rng)


@claim(
    "ours",
    r"Under rotational symmetry, a choice that looks at the angles alone leaves the student's law "
    r"given the chosen angles as it was: `chosen_angles` draws the angle after the $n$ smallest "
    r"of $N$. (Compared with pools that are drawn.)",
    chapter=CHAPTER,
    underived="a conditioning, in words in the chapter",
    short="angle-only rules",
    rests_on=("angle-chain",),
    mutants={
        "of twice as many": {"law": lambda t, n, N, s, rng: as_chosen(t, n, 2 * N, s, rng)},
        "of half as many": {"law": lambda t, n, N, s, rng: as_chosen(t, n, N // 2, s, rng)},
        "the smallest angle itself": {"law": lambda t, n, N, s, rng: as_chosen(t, 1, N, s, rng)},
    },
    without={
        "the choice looks at angles alone": {"rule": by_direction_too},
        "rotational symmetry": {"axes": prefer_one},
    },
)
def chosen_angles(draw, law=as_chosen, rule=by_angle, axes=alike):
    kappa, (n, N, d) = draw.pick(0.7, 1.0, 2.0), draw.pick((2, 12, 4), (3, 8, 5), (3, 12, 4))
    rng, task, size = draw.sample(), PolynomialTask(kappa, d), 1500
    draw.assume("the choice looks at angles alone", rule is by_angle)
    draw.assume("rotational symmetry", axes is alike)
    cot, U = task.tail.draw_tangent((size, N), rng), rng.standard_normal((size, N, d - 1))
    U *= axes(d - 1)
    kept = rule(cot, U, n)
    c, V = (np.take_along_axis(x, i, 1) for x, i in ((cot, kept), (U, kept[..., None])))
    V /= np.linalg.norm(V, axis=2, keepdims=True)
    seen = solve_each(V @ V.swapaxes(1, 2), c[..., None])[..., 0]
    phi = np.arctan2(1, np.sqrt((c * seen).sum(axis=1)))
    return same_law(draw, phi, law(task, n, N, size, rng))


def chance_beyond(c, t, d):
    """P[tan(phi) > t] after two examples with cotangents c: T between two points."""
    left = (1 - np.square(t * c[0])) * (1 - np.square(t * c[1]))
    if not (t * c[0] < 1 and t * c[1] < 1):  # phi is at most the smaller angle
        return 0 * left
    middle, reach = np.square(t) * c[0] * c[1], sqrt(left)
    low = middle - reach
    above = 1 - beyond(-low, d) if floats(low) < 0 else beyond(low, d)
    return above - beyond(middle + reach, d)


def for_these_sides(c, t, d, rho):
    """The same where the cosine of the orthogonal parts is known."""
    tan2 = (1 - rho**2) / (np.square(c).sum() - 2 * rho * c[0] * c[1])
    beyond_t = tan2 - np.square(t)
    return (1 + (beyond_t.sgn() if is_ball(c) else np.sign(beyond_t))) / 2


def one_larger(c, step):
    return c * np.array([1, 1 + step])


def larger_together(c, step):
    """The sum grows, the larger one falls."""
    low, high = np.sort(floats(c))
    part = 0.1 * (high - low) / (high + low) * step / (1 + step)
    return np.array([low + 1.1 * part * high, high - part * high])


@claim(
    "ours",
    r"Under rotational symmetry, $\mathbb P[\phi>t\mid\theta_1,\dots,\theta_n]$ falls, weakly, if "
    r"one of the angles does, for every $t$. (Attacked for $n=2$, where it is an interval's "
    r"probability.)",
    chapter=CHAPTER,
    short="in law",
    rests_on=("angle-chain",),
    mutants={
        "even in one dimension more": {"more": 1},
        "if the sum of the cotangents grows": {"change": larger_together},
        "if the example becomes twice as near, with half the chance": {"share": 0.5},
    },
    without={"rotational symmetry": {"chance": partial(for_these_sides, rho=0.95)}},
)
def nearer_in_law(draw, chance=chance_beyond, change=one_larger, more=0, share=1):
    rng, d, step = draw.rng(), draw.count(3, 40), draw.real(1e-3, 3)
    c = draw.number(10.0 ** rng.uniform(-1, 0, 2)) * draw.real(1e-2, 1e2)
    draw.assume("rotational symmetry", chance is chance_beyond)
    t = draw.uniform(0.01, 0.99) / (floats(c).max())
    before, after = chance(c, t, d), chance(change(c, step), t, d + more)
    draw.trivial(floats(before) == 0)
    return AtMost(after, share * before, error=1e-10, scale=1.0)


def of_two(cot, d, power):
    """E tan^power of phi after one example or two: on floats a hypergeometric function."""
    if is_ball(cot) or cot.size > 2:
        return moment(cot, d, power)
    small, large = np.sort(cot)[[0, -1]]
    if cot.size == 1:
        return large**-power
    a, b = (3 - d) / 2, power / 2
    gain = scipy.special.poch((d - 2) / 2, b) * scipy.special.beta(b, 1 - a)
    whole = gain * scipy.special.hyp2f1(a, b, 1 - a + b, (small / large) ** 2)
    return large**-power * whole / scipy.special.gamma(b)


def with_close_sides(cot, d, power, rho=0.95):
    """The same if the orthogonal parts of any two examples have one cosine, rho."""
    seen = np.square(cot).sum() - rho * cot.sum() ** 2 / (1 + (cot.size - 1) * rho)
    return ((1 - rho) / seen) ** (power / 2)


def any_others(rng, N, n):
    return rng.choice(N, n, replace=False)


@claim(
    "ours",
    r"Under rotational symmetry the $n<d$ smallest angles of a pool are the best $n$ for those who "
    r"see angles alone, and the $n$ largest the worst: every "
    r"$\mathbb E[\tan^\kappa\phi\mid\text{angles}]$ of any other $n$ is between theirs.",
    chapter=CHAPTER,
    underived="it follows from `nearer-in-law`",
    short="the nearest are best",
    rests_on=("nearer-in-law", "chosen-angles"),
    mutants={
        "the best are the largest": {"order": -1},
        "even one less": {"fewer": 1},
        "the largest are worse than any, even one more of them": {"extra": 1},
    },
    without={"rotational symmetry": {"mean": with_close_sides}},
)
def nearest_are_best(draw, order=1, fewer=0, extra=0, mean=of_two):
    cot, d = angles(draw, (4, 12))
    draw.trivial(cot.size == 1)
    draw.assume("rotational symmetry", mean is of_two)
    rng, power, N = draw.rng(), draw.real(0.2, 6), cot.size
    n = max(1, N // 2)
    place = np.argsort(-floats(cot))[::order]
    some = any_others(rng, N, n)
    error = rounding(cot, power)
    value = mean(cot[some], d, power)
    if draw.chance(0.5):
        worst = mean(cot[place[max(0, N - n - extra) :]], d, power)
        return AtMost(value, worst, error * floats(worst))
    best = mean(cot[place[: max(1, n - fewer)]], d, power)
    return AtMost(best, value, error * floats(value))


@claim(
    "ours",
    r"Against any rule at all, if every $n$ of the $u_i$ are linearly independent: $\tan^2\phi$ of "
    r"the $n$ smallest angles is at most "
    r"$\lambda_{\max}(U_{\rm top})/\min_{|S|=n}\lambda_{\min}(U_S)$ times that of the best $n$.",
    chapter=CHAPTER,
    underived="eigenvalues bound a quadratic form",
    mutants={
        "without the largest eigenvalue": {"top": 0},
        "without the smallest": {"bottom": 0},
        "they are the best": {"top": 0, "bottom": 0},
    },
)
def nearest_against_any(draw, top=1, bottom=1):
    rng, N = draw.rng(), draw.count(3, 6)
    n = draw.count(2, N - 1)
    d = n + draw.count(1, 8)
    c = 3.0 ** (draw.pick(0.0, 0.1, 1.0) * rng.uniform(-1, 1, N))
    U = rng.standard_normal((N, d - 1)) + draw.pick(0.0, 1.0) * rng.standard_normal(d - 1)
    U /= np.linalg.norm(U, axis=1, keepdims=True)
    if draw.chance(0.5):  # two that together span more than they are near
        c[:], U[-1] = c.mean(), 0.3 * U[-1] - U[-2]
        U[-1] /= np.linalg.norm(U[-1])
        c[:n] *= 1.001
    U, c, nearest = draw.number(U), draw.number(c), np.argsort(-c)[:n]
    G = U @ U.T
    smallest, greatest = smallest_eigenvalue(G, n), ends(G[np.ix_(nearest, nearest)])[1]
    of_each = [c[S] @ inverse(G[np.ix_(S, S)]) @ c[S] for S in subsets(N, n)]  # cot^2
    mine = 1 / (c[nearest] @ inverse(G[np.ix_(nearest, nearest)]) @ c[nearest])
    bound = greatest**top / smallest**bottom / most(of_each)
    return AtMost(mine, bound, error=1e-9 * floats(bound) / min(1.0, floats(smallest)))


# One chosen example is worth the pool


def poisson_laplace(t, size, rng, skipped=0, points=8):
    """exp(-t S) given the first points of a Poisson process, S their inverse squares' sum."""
    G = rng.standard_exponential((size, points)).cumsum(axis=1)
    g, root = G[:, -1], np.sqrt(t)
    rest = np.sqrt(np.pi * t) * scipy.special.erf(root / g) + g * np.expm1(-((root / g) ** 2))
    return np.exp(-t * (G[:, skipped:] ** -2.0).sum(axis=1) - rest)


@claim(
    "ours, of classical parts",
    r"The points $\Gamma_1<\Gamma_2<\dots$ of a Poisson process of rate one have "
    r"$\mathbb E\exp(-t\sum_j\Gamma_j^{-2})=e^{-\sqrt{\pi t}}$: $\sum_j\Gamma_j^{-2}$ is "
    r"stable of index $\frac12$.",
    chapter=CHAPTER,
    short="the sum over a pool",
    mutants={
        "exp(-sqrt(t))": {"value": lambda t: np.exp(-np.sqrt(t))},
        "exp(-pi sqrt(t)/2)^(3/2)": {"value": lambda t: np.exp(-0.75 * np.pi * np.sqrt(t))},
        "without the first point": {"skipped": 1},
    },
)
def poisson_sum(draw, value=lambda t: np.exp(-np.sqrt(np.pi * t)), skipped=0):
    t = floats(draw.real(1e-5, 1))
    return is_mean(draw, value(t), poisson_laplace(t, 12_000, draw.sample(), skipped))


@claim(
    "ours",
    r"The points $\Gamma_1<\Gamma_2<\dots$ of a Poisson process of rate one have "
    r"$\mathbb E\sum_{j>n}\Gamma_j^{-2}=\frac1{n-1}$ for $n\ge2$: so much the $n$ nearest miss of "
    r"the sum over a pool.",
    chapter=CHAPTER,
    rests_on=("poisson-sum",),
    mutants={
        "1/n": {"value": lambda n: 1 / n},
        "1/(n - 1/2)": {"value": lambda n: 1 / (n - 0.5)},
        "without the next one": {"start": 1},
        "of the powers -2.1": {"power": 2.1},
    },
)
def missed_by_the_nearest(draw, value=lambda n: 1 / (n - 1), power=2, start=0):
    n = draw.number(draw.count(2, 200))
    found = behind(n + start, power)
    return Equal(found, value(n), error=1e-10 * floats(found))


def pi_and_gamma(kappa, more):
    return np.pi ** (kappa / 2) * gamma(1 + more)


def the_limit(kappa):
    return pi_and_gamma(kappa, kappa / 2)


@claim(
    "ours",
    r"A pool of $N$ examples with $p(\theta)=(1-2\theta/\pi)^\kappa$ and $d\to\infty$: "
    r"$\mathbb E\tan^\kappa\phi$ after the nearest one alone is "
    r"$\pi^{\kappa/2}\,\Gamma(1+\frac\kappa2)$ times that after all, as $N\to\infty$. (Here: up to "
    r"$\kappa^2\log N/N$, relative, for $\kappa\le2$.)",
    chapter=CHAPTER,
    short="one for the pool",
    rests_on=("poisson-sum",),
    loose="an order with a generous constant",
    mutants={
        "pi^(0.55 kappa)": {"limit": lambda k: np.pi ** (0.05 * k) * the_limit(k)},
        "Gamma(1 + 0.6 kappa)": {"limit": lambda k: pi_and_gamma(k, 0.6 * k)},
        "Gamma(1 + kappa/2) + 0.05": {"limit": lambda k: the_limit(k) + 0.05},
    },
    without={"small angles in proportion": {"edge": 2}},
)
def one_for_the_pool(draw, limit=the_limit, edge=1):
    kappa, N = draw.uniform(0.7, 2), draw.count(30, 2000)
    draw.assume("small angles in proportion", edge == 1)
    ratio = mean_of_nearest(kappa, N, edge) / mean_of_all(kappa, N, edge)
    apart = abs(ratio / limit(kappa) - 1)
    return AtMost(apart, largest(1.0, kappa) ** 2 * np.log(N) / N, error=1e-5, scale=1.0)


# Greedy's guarantee


def bad_for_greedy(t, more):
    """Two rows that together span e_1, and two that are each a little nearer."""
    s = more * t
    return np.array([[t, 1, 0, 0], [t, -1, 0, 0], [s, 0, 1, 0], [s, 0, 0, 1]])


@claim(
    "ours, the inequality is of Das and Kempe",
    r"Greedy keeps $|P_{\rm greedy}w_\star|^2\ge(1-e^{-\lambda})\,|P_{\rm best}w_\star|^2$, "
    r"$\lambda$ the smallest eigenvalue of the Gram matrices of $2n$ unit rows of the pool "
    r"(Das and Kempe). As $\lambda\to0$ this is attained.",
    chapter=CHAPTER,
    short="greedy's guarantee",
    rests_on=("greedy-step",),
    mutants={
        "1 - exp(-1.1 lambda)": {"power": 1.1},
        "1 - 1/e for every pool": {"level": 1.0},
        "for the nearest rows": {"rule": nearest_to_teacher, "power": 1.1},
    },
)
def greedy_guarantee(draw, power=1, level=None, rule=by_the_library):
    rng, n = draw.rng(), draw.pick(2, 3)
    if draw.chance(0.5):
        A, n = bad_for_greedy(floats(draw.real(0.02, 0.5)), 1.001), 2
        w = np.eye(4)[0]
    else:
        A, w = rng.standard_normal((draw.count(2 * n, 7), 5)), rng.standard_normal(5)
    taken = np.array([rule(A, w, n)])
    A, w = draw.number(A), draw.number(w)
    U = A / length(A)[:, None]
    lam = smallest_eigenvalue(U @ U.T, 2 * n) if level is None else draw.number(level)
    best, mine = most(kept(A, w, subsets(len(A), n))), kept(A, w, taken)[0]
    return AtMost(-np.expm1(-power * lam) * best, mine, error=1e-9 * floats(best))
