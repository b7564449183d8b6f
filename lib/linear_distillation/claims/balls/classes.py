"""Several classes: the library's on floats, definitions on balls."""

from functools import cache, cached_property
from itertools import combinations

import numpy as np

from ... import class_risk, classes
from ...risk import every_set
from .finite import _seen, holds, least
from .losses import _pl_constant, _reach, _smallest_eigenvalue
from .numbers import arccos, arcsin, ball, both, floats, is_ball, length, pi_of, sqrt
from .parallel import integral
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
    if X.ndim == 3:
        return np.stack([_class_student(one, W_star) for one in X])
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
    """Finitely many examples (d, k) with weights, and a teacher (d, C); class -1 is a tie."""

    def __init__(self, points, weights, teacher):
        self.points, self.weights, self.teacher = points, weights / weights.sum(), teacher
        self.exact = is_ball(points)
        logits = points.T @ teacher
        # ties are drawn as such, in numbers that are exact
        self.leads = floats(logits) >= floats(logits).max(axis=1)[:, None]
        self.classes = np.where(self.leads.sum(axis=1) == 1, self.leads.argmax(axis=1), -1)

    @property
    def undecided(self):
        """The probability that the teacher does not decide."""
        return self.weights[self.classes < 0].sum() + 0 * self.weights[0]

    @cached_property
    def of_floats(self):
        return class_risk.FiniteClassTask(self.points, self.teacher, self.weights)


def errors(W, task):
    """Which test points a student is wrong on; on balls [0, 1] where they cannot tell.

    A student who decides between classes that lead together is wrong.
    """
    logits = task.points.T @ W
    wrong = []
    for z, a, leads in zip(logits, task.classes, task.leads, strict=True):
        if a < 0:
            low, high = min(z[leads], key=float), max(z[leads], key=float)
            wrong.append(ball(1) if low < high else ball(0).union(ball(1)))
            continue
        right = [1 - holds(z[b], z[a]) for b in range(len(z)) if b != a]
        wrong.append(1 - np.prod(right))
    return np.array(wrong)


def expected_risk(task, n, test=None):
    """E R of n examples of one task on those of another."""
    test = task if test is None else test
    if not task.exact:
        return class_risk.expected_class_risk(task.of_floats, n, test_task=test.of_floats).mean
    masks = every_set(len(task.weights))
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
    total = test.undecided
    for x, weight, a in zip(test.points.T, test.weights, test.classes, strict=True):
        for b in set(range(task.teacher.shape[1])) - {a} if a >= 0 else ():
            v = task.teacher[:, a] - task.teacher[:, b]
            sums = line_angle(v, tails.points.T) + line_angle(v, x)
            far = holds(sums - slip + 1e-12 * (not task.exact), pi_of(sums) / 2)
            total = total + weight * (far @ tails.weights) ** n
    return least(np.array([total, ball(1) if task.exact else 1.0]))


def split_bound(task, n):
    """The bound by pairs with a splitting angle for each, from the definition on balls."""
    if not task.exact:
        return float(class_risk.class_split_bound(task.of_floats, n))
    total = task.undecided
    for a, b in combinations(range(task.teacher.shape[1]), 2):
        here = (task.classes == a) | (task.classes == b)
        if here.any():
            theta = line_angle(task.teacher[:, a] - task.teacher[:, b], task.points.T)
            own, mass = theta[here], task.weights[here]
            starts = np.append(ball(0), own)[:, None]
            far = holds(starts + theta, pi_of(theta) / 2) @ task.weights
            total = total + least((1 - holds(starts, own)) @ mass + mass.sum() * far**n)
    return least(np.array([total, ball(1)]))


# Isotropic examples


def _isotropic_class_risk(W_star, share):
    """The closed form."""
    r, pi = sqrt(share), pi_of(share)
    if W_star.shape[1] == 2:
        return arccos(r) / pi
    psi = sectors(W_star)
    inner, outer = arcsin(r * np.cos(psi)), arcsin(r)
    held = np.square(psi) + outer * (pi + outer) - inner * (pi + inner)
    return 1 - held.sum() / (4 * np.square(pi))


isotropic_class_risk = both(class_risk, "isotropic_class_risk", _isotropic_class_risk)


def sectors(W_star):
    """The angles of the sectors in which two or three classes have the largest logit."""
    pi = pi_of(W_star)
    if W_star.shape[1] == 2:
        return pi + 0 * W_star[0]
    sides = W_star.T[[1, 2, 0]] - W_star.T  # one after the other, around the triangle
    turns = -(sides * sides[[2, 0, 1]]).sum(axis=-1) / (length(sides) * length(sides[[2, 0, 1]]))
    return pi - arccos(turns)


def sector_risk(W_star, share):
    """P[two classes differ], from the density of the angle between both vectors."""
    r, psi, pi = sqrt(share), sectors(W_star), pi_of(share)
    inside = [_together(angle, r) for angle in psi]
    return 1 - np.array(inside).sum() / np.square(pi) / 2


@cache
def gauss():
    return np.polynomial.legendre.leggauss(80)


def _together(psi, r):
    """2 pi^2 times the chance that both are in a sector: E(psi - |delta|)_+ of the density."""
    if not is_ball(psi):
        at, weights = gauss()
        delta = psi * (1 + at) / 2
        c = r * np.cos(delta)
        bend = (1 + c * (np.pi / 2 + np.arcsin(c)) / np.sqrt(1 - c * c)) / (1 - c * c)
        return (1 - r * r) * (weights @ ((psi - delta) * bend)) * psi / 2

    def density(delta, analytic):
        c = r * delta.cos()
        if not abs(c) < 1:
            return c / 0  # not a number: the arcsine is not analytic there
        root, half = (1 - c * c).sqrt(), pi_of(psi) / 2
        return (psi - delta) * (1 + c * (half + c.asin()) / root) / (1 - c * c)

    return (1 - r * r) * integral(density, 0, psi)
