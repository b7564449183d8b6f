"""Several classes: the risk by pairs, classes that are never seen, isotropic examples."""

from functools import partial

import numpy as np

from ..risk import every_set
from .balls import floats
from .balls.classes import (
    Finite,
    class_student,
    expected_risk,
    isotropic_class_risk,
    pairs_bound,
    sector_risk,
    softmax,
    split_bound,
)
from .balls.finite import holds, least
from .balls.numbers import largest, length
from .balls.parallel import quadratic
from .claim import claim
from .slack import AtMost, Equal, is_mean

claim = partial(claim, chapter="open-questions/several-classes")


def pair_case(draw, unseen=False, ties=False):
    """A law of few examples."""
    rng, C, k = draw.rng(), 3 if unseen else draw.count(2, 3), draw.count(2, 4)
    d = draw.count(2, 3)
    if draw.chance(0.6):  # two examples on different sides of the teacher of the first pair
        first, wide = draw.uniform(0.3, 1.2), draw.real(1e-6, 0.05)
        angles = np.array([floats(first), floats(first) - np.pi / 2 - floats(wide)])
        points = np.zeros((d, 2))
        points[:2] = np.cos(angles), np.sin(angles)
        W = np.zeros((d, C))
        W[0, :2] = 1, -1
        if ties and draw.chance(0.3):  # across all differences of the teacher
            points[:2, 1] = 0, 1
    else:
        points, W = rng.standard_normal((d, k)), rng.standard_normal((d, C))
        points[:, : C - 1] += W[:, : C - 1] * 2
    if unseen and points.shape[1] == 2:
        points = np.c_[points, -points[:, :1]]
    weights = rng.uniform(0.2, 1, points.shape[1])
    weights[1] *= floats(draw.real(1e-3, 1))
    return points, weights, W, rng


def laws(draw, unseen=False, ties=False):
    """Of training and of test examples; the same if all classes are seen."""
    points, weights, W, _ = pair_case(draw, unseen, ties)
    task = Finite(*(draw.number(part) for part in (points, weights, W)))
    if not unseen:
        return task, task
    gone = task.classes[-1]
    kept = task.classes != gone
    if not kept.any():  # one class for all: its first example is the only one that is seen
        kept = np.arange(len(kept)) == 0
    parts = (
        Finite(task.points[:, part], task.weights[part], task.teacher) for part in (kept, ~kept)
    )
    return tuple(parts)


NEIGHBOURS = {
    "n + 1 for n": {"more": 1},
    "two angles that sum to 0.1 more": {"slip": 0.1},
    "no more than half of it": {"share": 0.5},
}


@claim(
    "ours",
    r"$\mathbb E\,R(\hat W)\le\mathbb E\sum_{b\ne a(x)}p_{a(x)b}(\frac\pi2-"
    r"\theta_{a(x)b}(x))^n$ (`class_bound`), a tie of the teacher counted as 1, and that is at "
    r"most its split form (`class_split_bound`).",
    short="a bound by pairs",
    rests_on=("class-pairs",),
    mutants=NEIGHBOURS
    | {"n + 1 in the split": {"split_more": 1}, "ties of the teacher cost nothing": {"ties": 0}},
)
def class_bound(draw, more=0, slip=0.0, share=1.0, split_more=0, ties=1):
    task, test = laws(draw, ties=True)
    n = draw.count(1, 4)
    risk, bound = expected_risk(task, n, test), pairs_bound(task, n + more, test, slip)
    bound = bound - (1 - ties) * task.undecided
    draw.trivial(floats(risk) == 0)
    split, plain = split_bound(task, n + split_more), bound
    if more or slip:
        plain = pairs_bound(task, n)
    return [AtMost(risk, share * bound), AtMost(plain, split)]


@claim(
    "ours",
    r"The bound by pairs holds for test examples of a class that the training law has not "
    r"got, with the tails of the training law.",
    short="unseen classes",
    rests_on=("class-bound",),
    mutants=NEIGHBOURS,
)
def unseen_class(draw, more=0, slip=0.0, share=1.0):
    task, test = laws(draw, unseen=True)
    n = draw.count(1, 4)
    risk, bound = expected_risk(task, n, test), pairs_bound(task, n + more, test, slip)
    draw.trivial(floats(risk) == 0)
    return AtMost(risk, share * bound)


@claim(
    "ours",
    r"Under a law with $x\sim-x$ and no example across the teacher the students of one of two "
    r"classes alone have the law of all students.",
    rests_on=("class-limit",),
    mutants={
        "one example more": {"more": 1},
        "from examples drawn a little more evenly": {"power": 0.9},
        "a law that is nearly symmetric": {"other": 0.9, "without": "the law is symmetric"},
    },
    without={
        "the law is symmetric": {"other": 0.5},
        "no example is across the teacher": {"across": True},
    },
)
def one_class_of_two(draw, more=0, other=1.0, power=1.0, across=False):
    rng, k, n = draw.rng(), draw.count(2, 3), draw.count(1, 3)
    points, W = rng.standard_normal((2 + (k > 2), k)), rng.standard_normal((2 + (k > 2), 2))
    if across:  # the last axis is
        W[-1] = 0
    points = points * np.sign((W[:, 0] - W[:, 1]) @ points)
    weights = rng.uniform(0.2, 1, k)
    tilt = np.ones(k)
    tilt[0] = other
    draw.assume("the law is symmetric", (weights * tilt == weights).all())
    seen = Finite(*(draw.number(part) for part in (points, weights**power, W)))
    whole = np.c_[points, -points], np.append(weights, weights * tilt), W
    if across:
        whole = np.c_[whole[0], np.eye(len(W))[:, -1]], np.append(whole[1], 0.5), W
    draw.assume("no example is across the teacher", ((W[:, 0] - W[:, 1]) @ whole[0]).all())
    both = Finite(*(draw.number(part) for part in whole))
    one, all_ = expected_risk(seen, n + more, both), expected_risk(both, n)
    draw.trivial(floats(all_) == 0)
    return Equal(one, all_, error=1e-12, scale=1.0)


# Adding examples up


def given_logits(plane, spread):
    """M of a pair: what the logits say of the parts across it, and the rest on the diagonal."""
    return plane.T @ plane + np.diag(spread)


def silent(plane, spread):
    """As if the logits said nothing."""
    return np.diag(np.square(plane).sum(axis=0) + spread)


def signs(rng, n, fair=True, apart=True):
    """Equally likely signs of the rest of each example, (sets, n)."""
    if not fair:
        return np.ones((1, n))
    ways = 1 - 2.0 * every_set(n)
    return ways if apart else np.outer([1.0, -1.0], rng.choice([-1.0, 1.0], n))


@claim(
    "ours",
    r"Let $x_i=p_i+z_i$, $p_i$ in the span of the teacher's differences, and the $z_i$ "
    r"orthogonal to it, given the $p_i$ independent of mean 0. For each pair "
    r"$\mathbb E[\tan^2\phi_{ab}\mid p]\le\varrho_{ab}=1/(t^\top M^{-1}t)$, $t_i=e_{ab}\cdot p_i$, "
    r"$M_{ij}=p_i\cdot p_j-t_it_j+\delta_{ij}\mathbb E|z_i|^2$, and on a test example the student "
    r"errs with chance $\le\sum_{b\ne a(x)}\min(1,\varrho_{a(x)b}\tan^2\theta_{a(x)b}(x))$.",
    short="adding examples up, by pairs",
    rests_on=("class-pairs", "leaning-law"),
    mutants={
        "what the logits say left out": {"M": silent},
        "its sign left out": {"M": lambda plane, rest: abs(plane.T @ plane) + np.diag(rest)},
        "2 % less of the rest": {"M": lambda plane, rest: given_logits(plane, rest / 1.02)},
    },
    without={
        "the rest is centred": {"fair": False},
        "the rests are independent": {"apart": False},
    },
)
def class_leaning(draw, M=given_logits, fair=True, apart=True):
    rng, n, m = draw.rng(), draw.count(2, 4), draw.count(1, 4)
    W, plane = rng.standard_normal((2, 3)), rng.standard_normal((2, n))
    if draw.chance(0.4):  # prototypes that are orthogonal
        W = np.array([[1, -0.5, -0.5], [0, 0.75**0.5, -(0.75**0.5)]])
        plane = W[:, rng.integers(3, size=n)] + 0.2 * plane
    rest = rng.standard_normal((m, n)) if draw.chance(0.5) else np.eye(n)[:, rng.permutation(n)]
    W, plane, rest = (draw.number(part) for part in (W, plane, rest * draw.real(0.05, 2)))
    W_star = np.concatenate([W, 0 * rest[:, :1] + 0 * W[:1]])
    ways = draw.number(signs(rng, n, fair, apart))
    joint = np.cov(floats(ways).T, bias=True)
    draw.assume("the rest is centred", not floats(ways).sum(axis=0).any())
    draw.assume("the rests are independent", (joint == np.diag(np.diag(joint))).all())
    sets = np.stack([np.concatenate([plane, rest * s]) for s in ways])
    students = class_student(sets, W_star)
    x = np.concatenate([W @ (0.5 + np.arange(3)), -rest @ ways[0] * draw.real(0.01, 30)])
    a = int(floats(W_star.T @ x).argmax())
    slacks, reach, wrong = [], 0, 0 * sets[:, 0, 0]
    for b in {0, 1, 2} - {a}:
        v = W_star[:, a] - W_star[:, b]
        square, e = v @ v, v[:2] / length(v)
        gap = students[..., a] - students[..., b]
        across = plane - np.outer(e, e @ plane)
        resists = 1 / quadratic(M(across, np.square(rest).sum(axis=0)), e @ plane)
        slacks.append(
            AtMost((square / (gap @ v) - 1).mean(), resists, 1e-9 * (1 + floats(resists)))
        )
        far = (x @ x) * square / np.square(v @ x) - 1
        reach = reach + least(np.array([resists * far, 1 + 0 * far]))
        wrong = largest(wrong, holds(0 * x[0], gap @ x))
    return [*slacks, AtMost(wrong.mean(), reach, 1e-9, loose="Markov's inequality, pair by pair")]


# Labels that are classes, and isotropic examples


@claim(
    "ours",
    r"If no example has the hard label $c$, and $x^\top x_i\ge0$ for all $i$, $>0$ for one, "
    r"then $w_c(\tau)^\top x<0$ for $\tau>0$, on the path from zero of hard labels. (Attacked "
    r"for gradient descent with steps of any length.)",
    short="unseen, hard labels",
    rests_on=("class-derivatives",),
    mutants={
        "labels a little soft": {"soft": 0.4},
        "of the soft labels": {"soft": 1.0},
        "another class": {"chosen": 0},
    },
    without={
        "x . x_i >= 0": {"low": -1.0},
        "the class is not among the labels": {"labels": 3},
    },
)
def unseen_by_hard_labels(draw, soft=0.0, chosen=2, low=0.0, labels=2):
    rng, n, steps = draw.rng(), draw.count(1, 4), draw.count(1, 5)
    X = rng.uniform(low, 1, (3, n))
    said = rng.integers(labels, size=n)
    draw.assume("the class is not among the labels", 2 not in said)
    x = rng.uniform(low, 1, 3)
    if draw.chance(0.3):  # nearly at a right angle to all
        X[0], x[1:] = 1e-3 * X[0], 1e-3 * x[1:]
    draw.assume("x . x_i >= 0", (x @ X >= 0).all())
    x = draw.number(x)
    teacher = softmax(rng.standard_normal((n, 3)) * 2)
    Y = draw.number((1 - soft) * np.eye(3)[said] + soft * teacher)
    X, step = draw.number(X), draw.real(1e-2, 10)
    W = 0 * draw.number(np.ones((3, 3)))
    for _ in range(steps):
        W = W - step * (X @ (softmax(X.T @ W) - Y)) / n
    scale = floats(step * steps * length(x))
    return AtMost(W[:, chosen] @ x, 0 * x[0], error=1e-13 * scale, scale=scale)


@claim(
    "ours, the law of a projection is classical",
    r"For standard normal examples, $n\le d$: $\mathbb E\,W_\star^\top PW_\star="
    r"\frac ndW_\star^\top W_\star$, and for $|v|=1$ the variance of $v^\top Pv$ is "
    r"$\frac{2n(d-n)}{d^2(d+2)}$.",
    short="the kept share",
    mutants={
        "n / d kept for sure": {"spread": 0.0},
        "n / (d + 1)": {"share": lambda n, d: n / (d + 1)},
        "(n - 1) / d": {"share": lambda n, d: (n - 1) / d},
        "(n / d)^2": {"share": lambda n, d: (n / d) ** 2},
    },
)
def class_isotropic(draw, share=lambda n, d: n / d, spread=1.0, sets=4000):
    d, rng = draw.count(2, 6), draw.rng()
    n = draw.count(1, d)
    draw.trivial(n == d)
    u, v = rng.standard_normal((2, d))
    u, v = u / np.linalg.norm(u), (v if draw.chance(0.5) else u + 0.3 * v)
    v = v / np.linalg.norm(v)
    both, own = kept(draw, sets, n, u, v)
    square = share(n, d) ** 2 + spread * 2 * n * (d - n) / (d**2 * (d + 2))
    return [
        is_mean(draw, (1 + share(n, d) * (u @ v)) / 2, (1 + both) / 2),
        is_mean(draw, square, np.square(own)),
    ]


def kept(draw, sets, n, u, v):
    """u'Pv and u'Pu of drawn examples, by Gram and Schmidt for all sets at once."""
    total, basis = np.zeros((2, sets)), []
    for x in draw.sample().standard_normal((n, u.size, sets)):
        for q in basis:
            x -= q * np.einsum("ds,ds->s", q, x)
        x /= np.sqrt(np.einsum("ds,ds->s", x, x))
        basis.append(x)
        total += (u @ x) * np.array([v @ x, u @ x])
    return total


def equilateral(W_star, share):
    """As if the columns had the same distances."""
    return isotropic_class_risk(draw_like(np.eye(W_star.shape[1]), W_star), share)


def draw_like(W, like):
    return like[:1, :1] * 0 + W


def of_pairs(W_star, share):
    """Half the sum over pairs, each as if it were alone."""
    alone = isotropic_class_risk(W_star[:, :2], share)
    return alone * W_star.shape[1] * (W_star.shape[1] - 1) / 4


@claim(
    "ours, of Cheng's orthant probability",
    r"For two or three classes, whatever the teacher, "
    r"$\mathbb P[\operatorname{argmax}g\ne\operatorname{argmax}g']=1-\frac1{4\pi^2}\sum_a\bigl("
    r"\psi_a^2+h(\sqrt\gamma)-h(\sqrt\gamma\cos\psi_a)\bigr)$, $h(t)=\arcsin t\,(\pi+\arcsin t)$, "
    r"for $g,g'\sim N(0,W_\star^\top W_\star)$, "
    r"$\operatorname{Cov}(g,g')=\sqrt\gamma\,W_\star^\top W_\star$ (`isotropic_class_risk`); "
    r"$\pi-\psi_a$ is the angle of the triangle of columns at "
    r"$w^\star_a$.",
    short="isotropic, three classes",
    mutants={
        "gamma for its root": {"limit": lambda W, share: isotropic_class_risk(W, share**2)},
        "2 % more is kept": {"limit": lambda W, share: isotropic_class_risk(W, 1.02 * share)},
        "an equilateral triangle": {"limit": equilateral},
        "half the sum of pairs": {"limit": of_pairs},
    },
)
def class_isotropic_risk(draw, limit=isotropic_class_risk):
    rng, C = draw.rng(), draw.pick(2, 3, 3, 3)
    W_star = rng.standard_normal((draw.count(2, 4), C))
    if draw.chance(0.3):  # nearly on a line: one class hardly ever wins
        W_star[1:] *= floats(draw.real(1e-3, 1))
    W_star, share = draw.number(W_star), draw.uniform(0.01, 0.95)
    return Equal(limit(W_star, share), sector_risk(W_star, share), error=1e-10, scale=1.0)
