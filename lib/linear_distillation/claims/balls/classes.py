"""Several classes: the library's on floats, definitions on balls."""

from functools import cached_property
from itertools import combinations

import numpy as np

from ... import class_risk, classes
from .finite import _seen, holds, least
from .losses import _pl_constant, _reach, _smallest_eigenvalue
from .numbers import ball, both, is_ball, pi_of
from .spans import line_angle, orthonormal


def softmax(a):
    """Of logits (n, C), along the last axis."""
    grown = np.exp(a)
    return grown / np.asarray(grown.sum(axis=-1))[..., None]


def excess(W, X, q):
    """Cross-entropy to labels q (n, C): the loss up to a constant, of complex W too."""
    a = X.T @ W
    return (np.log(np.exp(a).sum(axis=-1)) - (q * a).sum(axis=-1)).mean()


def _class_loss(W, X, W_star):
    q, p = softmax(X.T @ W_star), softmax(X.T @ W)
    return (q * (np.log(q) - np.log(p))).sum() / X.shape[1]


def _class_gradient(W, X, W_star):
    return X @ (softmax(X.T @ W) - softmax(X.T @ W_star)) / X.shape[1]


def _class_hessian(W, X, V):
    p, u = softmax(X.T @ W), X.T @ V
    return X @ (p * u - p * (p * u).sum(axis=-1)[:, None]) / X.shape[1]


def centred(W):
    """Of mean zero over the classes."""
    return W - np.asarray(W.sum(axis=-1))[..., None] / W.shape[-1]


def _class_student(X, W_star):
    Q = orthonormal(X)
    return Q @ (Q.T @ centred(W_star)) if Q.shape[1] else ball(np.zeros(W_star.shape))


def _class_pl_constant(X, W_star, level):
    if W_star.shape[1] == 2:
        return 2 * _pl_constant(X, W_star[:, 0] - W_star[:, 1], level)
    grown = np.exp(X.T @ W_star)
    logits = np.log(grown) - np.log(grown.sum(axis=1)[:, None] - grown)
    ends = [b - _reach(-b, X.shape[1] * level) for b in logits.ravel()]
    least = min((1 / (1 + np.exp(-end)) for end in ends), key=float)
    return _smallest_eigenvalue(X) / X.shape[1] * least


class_loss = both(classes, "class_loss", _class_loss)
class_gradient = both(classes, "class_gradient", _class_gradient)
class_hessian = both(classes, "class_hessian", _class_hessian)
class_student = both(classes, "class_student", _class_student)
class_pl_constant = both(classes, "class_pl_constant", _class_pl_constant)


# Finite tasks


class Finite:
    """Finitely many examples (d, k) with weights, and a teacher (d, C) that has no ties."""

    def __init__(self, points, weights, teacher):
        self.points, self.weights, self.teacher = points, weights / weights.sum(), teacher
        self.exact = is_ball(points)
        self.classes = np.array([max(range(len(z)), key=z.__getitem__) for z in points.T @ teacher])

    @cached_property
    def of_floats(self):
        return class_risk.FiniteClassTask(self.points, self.teacher, self.weights)


def errors(W, task):
    """Which test points a student is wrong on; on balls [0, 1] where they cannot tell."""
    logits = task.points.T @ W
    wrong = []
    for z, a in zip(logits, task.classes, strict=True):
        right = [1 - holds(z[b], z[a]) for b in range(len(z)) if b != a]
        wrong.append(1 - np.prod(right))
    return np.array(wrong)


def expected_risk(task, n, test=None):
    """E R of n examples of one task on those of another."""
    test = task if test is None else test
    if not task.exact:
        return class_risk.expected_class_risk(task.of_floats, n, test_task=test.of_floats).mean
    masks = np.arange(2 ** len(task.weights))[:, None] >> np.arange(len(task.weights)) & 1 == 1
    seen = _seen(task.weights, masks, n)
    return sum(
        p * (errors(_class_student(task.points[:, chosen], task.teacher), test) @ test.weights)
        for p, chosen in zip(seen, masks, strict=True)
        if chosen.any()
    )


def pairs_bound(task, n, test=None, slip=0.0, tails=None):
    """The bound by pairs, from the definition; `slip` is added to the sums of angles."""
    test, tails = (task if part is None else part for part in (test, tails))
    if not task.exact and not slip and tails is task:
        return float(class_risk.class_bound(task.of_floats, n, test_task=test.of_floats))
    total = 0
    for x, weight, a in zip(test.points.T, test.weights, test.classes, strict=True):
        for b in set(range(task.teacher.shape[1])) - {a}:
            v = task.teacher[:, a] - task.teacher[:, b]
            sums = line_angle(v, tails.points.T) + line_angle(v, x)
            far = holds(sums - slip + 1e-12 * (not task.exact), pi_of(sums) / 2)
            total = total + weight * (far @ tails.weights) ** n
    return least(np.array([total, ball(1) if task.exact else 1.0]))


def split_bound(task, n):
    """The bound by pairs with a splitting angle for each, from the definition on balls."""
    if not task.exact:
        return float(class_risk.class_split_bound(task.of_floats, n))
    total = ball(0)
    for a, b in combinations(range(task.teacher.shape[1]), 2):
        here = (task.classes == a) | (task.classes == b)
        if here.any():
            theta = line_angle(task.teacher[:, a] - task.teacher[:, b], task.points.T)
            own, mass = theta[here], task.weights[here]
            starts = np.append(ball(0), own)[:, None]
            far = holds(starts + theta, pi_of(theta) / 2) @ task.weights
            total = total + least((1 - holds(starts, own)) @ mass + mass.sum() * far**n)
    return least(np.array([total, ball(1)]))
