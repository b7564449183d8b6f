"""Students that are not linear: the paper's theorems in a kernel's space."""

import math
from functools import partial
from types import SimpleNamespace

import numpy as np

from ..risk import every_set
from .balls import floats
from .balls.finite import holds, integral_bound, subsets, theorem3_bound
from .balls.flows import limit
from .balls.kernels import (
    Kernel,
    angle_law,
    cosines,
    norms,
    student,
    teacher_norm,
    vectors,
)
from .balls.numbers import is_ball, length, sqrt
from .balls.pools import inverse
from .balls.spans import distilled_student, line_angle
from .cases import leaning_points
from .claim import claim
from .how_fast import all_drawn, copies_of_one
from .loss import logits_up_to
from .slack import AtMost, Equal

claim = partial(claim, chapter="open-questions/students-that-are-not-linear")
EPS = np.finfo(float).eps
NODES, MASSES = np.polynomial.legendre.leggauss(24)  # exact for half a wave to the last digit


def condition(K):
    values = np.linalg.eigvalsh(floats(K))
    return values[-1] / max(values[0], EPS * values[-1])


# The limit of the flow


def monomials(X, offset):
    """Features, (6, n), of the kernel (a.b + c)^2 in the plane."""
    x, y, root = X[:, 0], X[:, 1], sqrt(2 * offset)
    two = sqrt(0 * offset + 2)
    return np.stack([x * x, two * x * y, y * y, root * x, root * y, offset + 0 * x])


def with_a_ridge(kernel, X, z, T):
    K = kernel(X, X)
    return kernel(T, X) @ (inverse(K + 0.02 * K[0, 0] * np.eye(len(X))) @ z)


def of_a_wrong_diagonal(kernel, X, z, T):
    K = kernel(X, X)
    return kernel(T, X) @ (inverse(K + 0.02 * np.eye(len(X)) * np.diag(K)) @ z)


def centred_in_training_only(kernel, X, z, T):
    K = kernel(X, X)
    return kernel(T, X) @ (inverse(K - 0.1 * K.sum() / len(X) ** 2) @ z)


@claim(
    "ours, Theorem 1 with a kernel",
    r"For a student $f$ that is linear in features with the kernel $k$ and $K=k(X,X)$ positive "
    r"definite, the flow on soft labels of logits $z$ tends to $f_0+k(\cdot,X)K^{-1}(z-f_0(X))$ "
    r"from $f_0$: from 0 to the function of the smallest norm with these logits "
    r"(`kernel_student`).",
    short="students of a kernel",
    rests_on=("theorem-1-projection", "interpolated-logits"),
    mutants={
        "K + ridge": {"closed": with_a_ridge},
        "a diagonal 2 % larger": {"closed": of_a_wrong_diagonal},
        "centred in training only": {"closed": centred_in_training_only},
        "what the start says on X is not undone": {"undone": 0},
    },
)
def kernel_limit(draw, closed=student, undone=1):
    rng, n, offset = draw.rng(), draw.count(1, 4), draw.real(0.3, 3)
    kernel = Kernel("2", floats(offset))
    X, T = (draw.number(rng.standard_normal((m, 2))) for m in (n, 3))
    features, tests = monomials(X, offset), monomials(T, offset)
    w_star = logits_up_to(draw, rng.standard_normal(6), features, 10)
    start = draw.pick(0, 1, 1) * rng.standard_normal(len(w_star)) * floats(length(w_star))
    start = 0 * w_star + start  # a ball if the teacher is one
    end, error = limit(features, w_star, [start[None]])
    told = (w_star - undone * start) @ features
    expected = start @ tests + closed(kernel, X, told, T)
    scale = (floats(length(w_star)) + floats(length(start))) * floats(length(tests.T)).max()
    rounding = 64 * EPS * condition(kernel(X, X)) * scale
    return Equal(end @ tests, expected, error=error * scale + rounding, scale=scale)


# Lemma 1


def few_rows(draw, most=5):
    """A kernel, some rows in the plane, a teacher of its space, by centres and coefficients."""
    rng, n = draw.rng(), draw.count(2, most)
    kernel = draw.pick(Kernel("gaussian", 1.0), Kernel("tangent", 0.0), Kernel("3", 0.5))
    X = draw.number(rng.standard_normal((n, 2)))
    C = X if draw.chance(0.5) else draw.number(rng.standard_normal((draw.count(1, 4), 2)))
    return kernel, X, C, draw.number(rng.standard_normal(len(C)))


def schur(kernel, X, x):
    """k(x, x) less what the rows know of it."""
    across = kernel(x, X)[0]
    return kernel(x, x)[0, 0] - across @ inverse(kernel(X, X)) @ across


def ridged_norms(kernel, X, z):
    squares = []
    for n in range(1, len(X) + 1):
        K = kernel(X[:n], X[:n])
        squares.append(z[:n] @ inverse(K + 0.02 * K[0, 0] * np.eye(n)) @ z[:n])
    return sqrt(np.array(squares))


@claim(
    "ours, Lemma 1 with a kernel",
    r"One more example makes the student longer, $\|\hat f_{n+1}\|^2=\|\hat f_n\|^2+"
    r"(z-\hat f_n(x))^2/(k(x,x)-k_x^\top K^{-1}k_x)$, and for a teacher in the space "
    r"$\cos\alpha(f_\star,\hat f_n)=\|\hat f_n\|/\|f_\star\|\le1$: the angle never rises "
    r"(`nested_norms`).",
    short="the angle in the space",
    rests_on=("lemma-1-strict", "kernel-limit"),
    mutants={
        "k(x, x) for what the rows do not know": {"left": lambda kernel, X, x: kernel(x, x)[0, 0]},
        "a diagonal 2 % larger": {
            "left": lambda kernel, X, x: schur(kernel, X, x) + 0.02 * kernel(x, x)[0, 0]
        },
        "K + ridge": {"lengths": ridged_norms},
    },
    without={"the teacher is in the space": {"apart": 1}},
)
def kernel_lemma_1(draw, left=schur, lengths=norms, apart=0):
    kernel, X, C, c = few_rows(draw)
    z = taught = kernel(X, C) @ c
    if apart:  # the norm that it seems to have is that of what it is near to
        z = z + draw.number(draw.rng().standard_normal(len(X)))
    draw.assume("the teacher is in the space", (floats(z) == floats(taught)).all())
    whole, found = teacher_norm(kernel, C, c), lengths(kernel, X, z)
    gap = z[-1] - student(kernel, X[:-1], z[:-1], X[-1:])[0]
    gain, room = np.square(found[-1]) - np.square(found[-2]), left(kernel, X[:-1], X[-1:])
    scale = floats(np.square(whole)) + floats(np.square(found[-1]))
    error = 64 * EPS * condition(kernel(X, X)) * scale
    draw.trivial(condition(kernel(X, X)) > 1e9)
    return [
        Equal(gain * room, np.square(gap), error=error * (1 + floats(room)), scale=scale),
        AtMost(np.square(found[-1]), np.square(whole), error=error, scale=scale),
    ]


# The isometry


def table_of(kernel, X, T, C, c):
    """Inner products in the space of rows, test rows and, last, the teacher."""
    both = np.concatenate([X, T])
    own, told = kernel(both, both), kernel(both, C) @ c
    square = np.square(teacher_norm(kernel, C, c))
    return np.block([[own, told[:, None]], [told[None], np.array([[square]])]])


def centred(table):
    """What the table is after the mean is taken from the features of the rows and test rows."""
    m = len(table) - 1
    H = np.eye(m + 1)
    H[:m, :m] -= 1 / m
    return H @ table @ H


def teacher_of_their_span(F):
    """A teacher without the part that neither rows nor test rows have."""
    return np.where(np.arange(len(F)) < len(F) - 1, F[:, -1], 0 * F[:, -1])


@claim(
    "ours",
    r"Rows, test rows and a teacher of the space have the inner products of vectors of an "
    r"$\mathbb R^m$. The paper's student of these vectors gives the logits of the kernel student, "
    r"and has its angles: $\alpha(f_\star,x)$ and $\alpha(f_\star,\hat f)$ (`distilled_student` "
    r"against `kernel_student`, `KernelFunction.angles` and `nested_norms`).",
    short="the isometry",
    rests_on=("theorem-1-projection",),
    mutants={
        "a diagonal 2 % larger": {"told": lambda table: table + 0.02 * np.diag(np.diag(table))},
        "features centred, the kernel not": {"told": centred},
        "a teacher without what the examples miss": {"teacher": teacher_of_their_span},
    },
    without={"the teacher is in the space": {"short": 0.3}},
)
def kernel_isometry(draw, told=lambda table: table, teacher=lambda F: F[:, -1], short=1):
    rng, n = draw.rng(), draw.count(1, 4)
    kernel = draw.pick(Kernel("gaussian", 1.0), Kernel("tangent", 0.0), Kernel("3", 0.5))
    X, T, C = (draw.number(rng.standard_normal((m, 2))) for m in (n, 2, 3))
    c = draw.number(rng.standard_normal(3))
    table = table_of(kernel, X, T, C, c)
    error = 64 * EPS * condition(table)
    draw.trivial(condition(table) > 1e9)
    square = table[-1, -1]
    table[-1, -1] = short**2 * square  # a norm too small for these logits
    draw.assume("the teacher is in the space", floats(table[-1, -1]) == floats(square))
    F = vectors(told(table))
    w, columns, tests = teacher(F), F[:, :n], F[:, n:-1]
    w_hat, norm = distilled_student(columns, w), short * teacher_norm(kernel, C, c)
    z = kernel(X, C) @ c
    size = floats(norm) * floats(length(tests.T)).max()
    return [
        Equal(tests.T @ w_hat, student(kernel, X, z, T), error=error * size, scale=size),
        Equal(np.cos(line_angle(w, tests.T)), cosines(kernel, C, c, T) / short, error, scale=1.0),
        Equal(length(w_hat) / length(w), norms(kernel, X, z)[-1] / norm, error, scale=1.0),
    ]


# (19), and the integral bound


def finite_kernel_case(draw):
    """A kernel, points with weights, the teacher's logits on them and its norm; and n."""
    n = draw.count(1, 12)
    if draw.chance(0.6):  # where the bounds are tight: the linear kernel, two leaning points
        angle, excess = floats(draw.uniform(0.05, 0.75)), floats(draw.real(1e-6, 1e-2))
        b = floats(draw.real(1e-4, 0.5))
        points, weights = leaning_points(angle, excess).T, np.array([1 - b, b])
        kernel, C, c = Kernel("1", 0.0), np.array([[1.0, 0.0]]), np.ones(1)
    else:
        rng, k = draw.rng(), draw.count(2, 4)
        points, weights = rng.standard_normal((k, 2)), rng.dirichlet(np.ones(k))
        kernel = draw.pick(Kernel("gaussian", 1.0), Kernel("tangent", 0.0), Kernel("3", 0.5))
        C, c = rng.standard_normal((3, 2)), rng.standard_normal(3)
    points, C, c, weights = (draw.number(part) for part in (points, C, c, weights))
    z = kernel(points, C) @ c
    return kernel, points, weights / weights.sum(), z, teacher_norm(kernel, C, c), n


def mean_risk(kernel, points, weights, z, n):
    """E R of n draws, over all sets of points that may be seen."""
    total = 0 * weights[0]
    for chance, seen in subsets(SimpleNamespace(weights=weights), n):
        logits = student(kernel, points[seen], z[seen], points[~seen]) if not seen.all() else z[:0]
        total = total + chance * (holds(0, logits * z[~seen]) @ weights[~seen])
    return total


def bounded(draw, bound, drawn=all_drawn, more=0, diagonal=1, size=1):
    kernel, points, weights, z, norm, n = finite_kernel_case(draw)
    draw.assume("independent examples", drawn(n) == n)
    mean = mean_risk(kernel, points, weights, z, drawn(n))
    draw.trivial(floats(mean) == 0)
    law = angle_law(kernel, points, weights, z, size * norm, diagonal)
    return AtMost(mean, bound(law, n + more))


WRONG_ANGLES = {
    "n + 1 for n": {"more": 1},
    "angles of a diagonal 2 % smaller": {"diagonal": 0.98},
    "angles to a teacher 2 % shorter": {"size": 0.98},
}
COPIES = {"independent examples": {"drawn": copies_of_one}}


@claim(
    "ours, Theorem 3 with a kernel",
    r"For a teacher in the space and $p$ the tail of "
    r"$\arccos\bigl(|f_\star(x)|/(\|f_\star\|\sqrt{k(x,x)})\bigr)$: "
    r"$\mathbb E\,R(\hat f)\le\inf_\beta\,p(\beta)+p(\pi/2-\beta)^n$ "
    r"(`KernelFunction.tail`).",
    short="how fast, with a kernel",
    underived="it is Theorem 3 for the vectors of the isometry",
    rests_on=("theorem-3-19", "kernel-isometry"),
    mutants=WRONG_ANGLES,
    without=COPIES,
)
def kernel_theorem_3(draw, drawn=all_drawn, more=0, diagonal=1, size=1):
    return bounded(draw, theorem3_bound, drawn, more, diagonal, size)


@claim(
    "ours",
    r"With the same $p$, $\mathbb E\,R(\hat f)\le\mathbb E[p(\pi/2-\theta)^n]$.",
    underived="it is the integral bound for the vectors of the isometry",
    rests_on=("integral-bound", "kernel-isometry"),
    mutants=WRONG_ANGLES,
    without=COPIES,
)
def kernel_integral_bound(draw, drawn=all_drawn, more=0, diagonal=1, size=1):
    return bounded(draw, integral_bound, drawn, more, diagonal, size)


# The parallel law


def signs(k):
    """All sign vectors of k coordinates, (2^k, k)."""
    return 1 - 2.0 * every_set(k)


def parity(draw, k):
    """The kernel (a.b + c)^k, with the centres and coefficients of the product x_1 ... x_k."""
    kernel, C = Kernel(str(k), floats(draw.real(0.1, 3))), signs(k)
    return kernel, draw.number(C), draw.number(C.prod(axis=1) / (2**k * math.factorial(k)))


def every_way(flips, n):
    """Independent flips of n examples, (.., n, k); a common one changes nothing, so of n - 1."""
    return flips[np.indices((1, *(len(flips),) * (n - 1))).reshape(n, -1).T]


def of_the_first_only(k):
    """x_1 changes its sign, and the teacher with it; the other coordinates lean."""
    flips = np.ones((2, k))
    flips[1, 0] = -1
    return flips


@claim(
    "ours",
    r"The parallel law in the space of the kernel $(a^\top b+c)^k$, teacher "
    r"$f_\star(x)=x_1\cdots x_k$, a law of $x\in\mathbb R^k$ that the flip of any coordinate "
    r"preserves: $\mathbb E[\|f_\star-\hat f\|^2/\|\hat f\|^2\mid\theta_1,\dots,\theta_n]\le"
    r"1/\sum_i\cot^2\theta_i$. (Summed over all flips.)",
    short="the parallel law of a parity",
    rests_on=("parallel-law", "kernel-isometry"),
    mutants={
        "the best example counts twice": {"more": 1},
        "angles of a diagonal 2 % smaller": {"diagonal": 0.98},
        "angles to a teacher 2 % shorter": {"size": 0.98},
    },
    without={
        "all flips are as likely": {"flips": of_the_first_only},
        "independent examples": {"joint": lambda flips, n: np.repeat(flips[:1, None], n, axis=1)},
    },
)
def kernel_parallel_law(draw, more=0, diagonal=1, size=1, flips=signs, joint=every_way):
    rng, k = draw.rng(), draw.pick(2, 2, 3)
    n = draw.count(1, 5 - k)
    kernel, C, c = parity(draw, k)
    # near one another, or anywhere
    X = rng.standard_normal(k) + draw.real(0.1, 10) * rng.standard_normal((n, k))
    X = draw.number(X)
    ways = joint(flips(k), n)
    apart = len(np.unique(ways * ways[:, :1], axis=0))  # a common flip changes nothing
    draw.assume("all flips are as likely", len(np.unique(flips(k), axis=0)) == 2**k)
    draw.assume("independent examples", apart == len(flips(k)) ** (n - 1))
    norm2 = np.square(teacher_norm(kernel, C, c))
    own = np.array([kernel(x[None], x[None])[0, 0] for x in X]) * diagonal
    cos2 = np.square(kernel(X, C) @ c) / own / (norm2 * size**2)
    cot2 = cos2 / (1 - cos2)
    tan2, spread = [], 0.0
    for flip in ways:
        rows = X * flip
        z = kernel(rows, C) @ c
        known2 = np.square(norms(kernel, rows, z)[-1])
        tan2.append(norm2 / known2 - 1)
        spread = max(spread, 64 * EPS * condition(kernel(rows, rows)) * floats(norm2 / known2))
    bound = 1 / (cot2.sum() + more * max(cot2, key=float))
    draw.trivial(spread > 1e-3 * floats(bound))
    return AtMost(sum(tan2) / len(tan2), bound, error=spread + 1e-12 * floats(1 + bound))


# Networks


def tangent(table_0, table_1, a, b):
    return (a @ b) * table_0 + table_1


@claim(
    "ours, after Cho and Saul (2009), Jacot et al. (2018)",
    r"The tangent kernel of a wide two-layer ReLU network, "
    r"$2\,a^\top b\,\mathbb P[g^\top a>0,g^\top b>0]+2\,\mathbb E\,(g^\top a)_+(g^\top b)_+$ for "
    r"standard normal $g$, is $a^\top b\,(1-\theta/\pi)+|a||b|\,"
    r"(\sin\theta+(\pi-\theta)\cos\theta)/\pi$ (`relu_tangent_kernel`).",
    mutants={
        "only the last layer is trained": {"sum_of": lambda k0, k1, a, b: k1},
        "only the first layer is trained": {"sum_of": lambda k0, k1, a, b: (a @ b) * k0},
        "a step for the slope 1 - theta/pi": {"sum_of": lambda k0, k1, a, b: (a @ b) / 2 + k1},
        "2 % of the second part missing": {"sum_of": lambda k0, k1, a, b: (a @ b) * k0 + 0.98 * k1},
    },
)
def tangent_kernel(draw, sum_of=tangent):
    rng = draw.rng()
    theta = floats(draw.uniform(1e-3, 3.14)) if draw.chance(0.8) else floats(draw.real(1e-6, 0.1))
    turn, sizes = rng.uniform(0, 2 * np.pi), rng.uniform(0.3, 3, 2)
    angles = turn + theta * np.array([0, 1])
    a, b = draw.number(sizes[:, None] * np.array([np.cos(angles), np.sin(angles)]).T)
    # the half-plane where both are seen: angles up to pi/2 from each
    low, high = turn + theta - np.pi / 2, turn + np.pi / 2
    at = draw.number((high + low) / 2 + (high - low) / 2 * NODES)
    g = np.stack([np.cos(at), np.sin(at)])
    share = draw.number(MASSES / 2) * ((np.pi - theta) / np.pi)
    both_on, product = share.sum(), 2 * (share * (a @ g) * (b @ g)).sum()  # E |g|^2 = 2
    found = sum_of(both_on, product, a, b)
    scale = floats(length(a) * length(b))
    expected = Kernel("tangent", 0.0)(a[None], b[None])[0, 0]
    if is_ball(a):  # nodes and angles are floats
        found = found + 1e-13 * scale * type(found)(0, 1)
    lost = 8 * EPS / min(theta, np.pi - theta)  # of an angle, by its cosine
    return Equal(found, expected, error=(1e-13 + lost) * scale, scale=scale)


@claim(
    "ours, after Lee et al. (2019)",
    r"If $f_0$ is a Gaussian process with covariance $s^2C$, the student "
    r"$f_0+k(\cdot,X)K^{-1}(z-f_0(X))$ errs on $x$ with the probability "
    r"$\Phi\bigl(-\operatorname{sign}f_\star(x)\,\hat f(x)/(s\,\tau(x))\bigr)$, "
    r"$\tau^2=C(x,x)-2W^\top C(X,x)+W^\top C(X,X)W$, $W=K^{-1}k(X,x)$: the scale $s$ of the "
    r"start is the $\delta$ of section 5.2.",
    short="the scale of the start",
    rests_on=("kernel-limit",),
    mutants={
        "C(x, x) - W'C": {"cross": 1},
        "C for the tangent kernel": {"own": True},
        "the process outside its own span": {"weights": True},
    },
)
def scale_of_the_start(draw, cross=2, own=False, weights=False):
    """The variance of a start with finitely many features, from the features themselves."""
    rng, n, offset = draw.rng(), draw.count(1, 4), draw.real(0.3, 3)
    kernel, process = Kernel("tangent", 0.0), Kernel("2", floats(offset))
    X, T = (draw.number(rng.standard_normal((m, 2))) for m in (n, 3))
    W = inverse(kernel(X, X)) @ kernel(X, T)
    phi_X, phi_T = monomials(X, offset), monomials(T, offset)
    truth = np.square(phi_T - phi_X @ W).sum(axis=0)
    if weights:
        W = inverse(process(X, X)) @ process(X, T)
    C = kernel if own else process
    square = np.array([C(t[None], t[None])[0, 0] for t in T])
    found = square - cross * (W * C(X, T)).sum(axis=0) + (W * (C(X, X) @ W)).sum(axis=0)
    scale = (np.square(floats(phi_T)).sum(axis=0) + np.square(floats(phi_X @ W)).sum(axis=0)).max()
    error = 64 * EPS * condition(kernel(X, X)) * scale
    draw.trivial(condition(kernel(X, X)) > 1e9)
    return Equal(found, truth, error=error, scale=scale)
