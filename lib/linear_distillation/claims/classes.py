"""Several classes: the loss, where training ends, risks by pairs, classes that are never seen."""

import numpy as np

from .balls import floats
from .balls.classes import (
    Finite,
    centred,
    class_gradient,
    class_hessian,
    class_loss,
    class_pl_constant,
    class_student,
    excess,
    expected_risk,
    pairs_bound,
    softmax,
    split_bound,
)
from .balls.losses import loss, loss_gradient
from .balls.numbers import complex_step, length
from .balls.spans import line_angle, project
from .cases import condition
from .claim import claim
from .slack import AtMost, Equal, is_mean

CHAPTER = "open-questions/several-classes"


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


def without_the_product(W, X, V):
    return X @ (softmax(X.T @ W) * (X.T @ V)) / X.shape[1]


@claim(
    "ours, the loss is Hinton's",
    r"$\nabla L(W)=\frac1nX(\mathcal P-\mathcal Q)^\top$, and its derivative along $V$ is "
    r"$\frac1n\sum_ix_i((\operatorname{diag}p_i-p_ip_i^\top)V^\top x_i)^\top$.",
    chapter=CHAPTER,
    mutants={
        "2 % longer": {"longer": 1.02},
        "from labels twice as sharp": {"sharp": 2},
        "diag p for diag p - p p'": {"hessian": without_the_product},
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
    chapter=CHAPTER,
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
    chapter=CHAPTER,
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


def in_place(X, W_star):
    return np.stack([project(X, w) for w in W_star.T], axis=-1)


def all_but_one(X, W_star):
    return class_student(X[:, 1:], W_star) if X.shape[1] > 1 else 0 * W_star


@claim(
    "ours",
    r"The flow from zero tends to $PW_\star J$: there the gradient is zero, and only there on "
    r"matrices in the span whose rows sum to zero, which the flow does not leave.",
    chapter=CHAPTER,
    short="several classes: limit",
    rests_on=("class-derivatives", "class-curvature", "class-dominance"),
    mutants={
        "without J": {"student": in_place},
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
    chapter=CHAPTER,
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
    chapter=CHAPTER,
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


# Risks


def pair_case(draw, unseen=False):
    """A law of few examples, and one of test examples; the same if all classes are seen."""
    rng, C, k = draw.rng(), 3 if unseen else draw.count(2, 3), draw.count(2, 4)
    d = draw.count(2, 3)
    if draw.chance(0.6):  # two examples on different sides of the teacher of the first pair
        first, wide = draw.uniform(0.3, 1.2), draw.real(1e-6, 0.05)
        angles = np.array([floats(first), floats(first) - np.pi / 2 - floats(wide)])
        points = np.zeros((d, 2))
        points[:2] = np.cos(angles), np.sin(angles)
        W = np.zeros((d, C))
        W[0, :2] = 1, -1
    else:
        points, W = rng.standard_normal((d, k)), rng.standard_normal((d, C))
        points[:, : C - 1] += W[:, : C - 1] * 2
    if unseen and points.shape[1] == 2:
        points = np.c_[points, -points[:, :1]]
    weights = rng.uniform(0.2, 1, points.shape[1])
    weights[1] *= floats(draw.real(1e-3, 1))
    return points, weights, W, rng


def laws(draw, unseen=False):
    points, weights, W, _ = pair_case(draw, unseen)
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
    r"\theta_{a(x)b}(x))^n$ (`class_bound`), and that is at most its "
    r"split form (`class_split_bound`).",
    chapter=CHAPTER,
    short="a bound by pairs",
    rests_on=("class-pairs",),
    mutants=NEIGHBOURS | {"n + 1 in the split": {"split_more": 1}},
)
def class_bound(draw, more=0, slip=0.0, share=1.0, split_more=0):
    task, test = laws(draw)
    n = draw.count(1, 4)
    risk, bound = expected_risk(task, n, test), pairs_bound(task, n + more, test, slip)
    draw.trivial(floats(risk) == 0)
    split, plain = split_bound(task, n + split_more), bound
    if more or slip:
        plain = pairs_bound(task, n)
    return [AtMost(risk, share * bound), AtMost(plain, split)]


@claim(
    "ours",
    r"The bound by pairs holds for test examples of a class that the training law has not "
    r"got, with the tails of the training law.",
    chapter=CHAPTER,
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
    r"Under a law with $x\sim-x$ the students of one of two classes alone have the law of all "
    r"students.",
    chapter=CHAPTER,
    rests_on=("class-limit",),
    mutants={
        "one example more": {"more": 1},
        "from examples drawn a little more evenly": {"power": 0.9},
        "a law that is nearly symmetric": {"other": 0.9, "without": "the law is symmetric"},
    },
    without={"the law is symmetric": {"other": 0.5}},
)
def one_class_of_two(draw, more=0, other=1.0, power=1.0):
    rng, k, n = draw.rng(), draw.count(2, 3), draw.count(1, 3)
    points, W = rng.standard_normal((2 + (k > 2), k)), rng.standard_normal((2 + (k > 2), 2))
    points = points * np.sign((W[:, 0] - W[:, 1]) @ points)
    weights = rng.uniform(0.2, 1, k)
    tilt = np.ones(k)
    tilt[0] = other
    draw.assume("the law is symmetric", other == 1)
    seen = Finite(*(draw.number(part) for part in (points, weights**power, W)))
    whole = np.c_[points, -points], np.append(weights, weights * tilt), W
    both = Finite(*(draw.number(part) for part in whole))
    one, all_ = expected_risk(seen, n + more, both), expected_risk(both, n)
    draw.trivial(floats(all_) == 0)
    return Equal(one, all_, error=1e-12, scale=1.0)


# Labels that are classes, and isotropic examples


@claim(
    "ours",
    r"If no example has the hard label $c$, and $x^\top x_i\ge0$ for all $i$, $>0$ for one, "
    r"then $w_c(\tau)^\top x<0$ for $\tau>0$, on the path from zero of hard labels. (Attacked "
    r"for gradient descent with steps of any length.)",
    chapter=CHAPTER,
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
    draw.assume("x . x_i >= 0", low >= 0)
    draw.assume("the class is not among the labels", labels == 2)
    x = rng.uniform(low, 1, 3)
    if draw.chance(0.3):  # nearly at a right angle to all
        X[0], x[1:] = 1e-3 * X[0], 1e-3 * x[1:]
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
    r"\frac ndW_\star^\top W_\star$.",
    chapter=CHAPTER,
    mutants={
        "n / (d + 1)": {"share": lambda n, d: n / (d + 1)},
        "(n - 1) / d": {"share": lambda n, d: (n - 1) / d},
        "(n / d)^2": {"share": lambda n, d: (n / d) ** 2},
    },
)
def class_isotropic(draw, share=lambda n, d: n / d, sets=4000):
    d, rng = draw.count(2, 6), draw.rng()
    n = draw.count(1, d)
    draw.trivial(n == d)
    u, v = rng.standard_normal((2, d))
    u, v = u / np.linalg.norm(u), (v if draw.chance(0.5) else u + 0.3 * v)
    v = v / np.linalg.norm(v)
    return is_mean(draw, (1 + share(n, d) * (u @ v)) / 2, (1 + kept(draw, sets, n, u, v)) / 2)


def kept(draw, sets, n, u, v):
    """u'Pv of drawn examples, by Gram and Schmidt for all sets at once."""
    total, basis = 0, []
    for x in draw.sample().standard_normal((n, u.size, sets)):
        for q in basis:
            x -= q * np.einsum("ds,ds->s", q, x)
        x /= np.sqrt(np.einsum("ds,ds->s", x, x))
        basis.append(x)
        total = total + (u @ x) * (v @ x)
    return total
