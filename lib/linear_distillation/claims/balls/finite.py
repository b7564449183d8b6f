"""Finite tasks: the library's on floats; on balls, decided in rational numbers.

Points and teacher are floats, so that whether a student errs, whether two angles
are equal, and whether they sum to a right angle are questions about rational
numbers: on balls no tie is left open.
"""

from functools import reduce
from itertools import product

import numpy as np

from ... import bounds, risk, students
from ...laws import AtomicLaw
from ...tasks import FiniteTask
from .numbers import _flint, ball, both, floats, is_ball, pi_of
from .spans import distilled_student, line_angle, unit

# Comparisons


def _certain(x, y):
    arb = _flint().arb
    if x is y or x >= y:
        return arb(1)
    return arb(0) if x < y else arb(0.5, 0.5)


def holds(x, y):
    """1 where x >= y and 0 where x < y; on balls [0, 1] where they cannot tell.

    Balls that are one and the same object are equal.
    """
    if is_ball(x, y):
        return np.frompyfunc(_certain, 2, 1)(x, y)
    return np.asarray(x >= y, dtype=float)[()]


def least(values):
    """The least entry of an array; of balls the hull of what it may be."""
    return reduce(_flint().arb.min, np.ravel(values)) if is_ball(values) else np.min(values)


def most(values):
    """The largest entry of an array; of balls the hull of what it may be."""
    return reduce(_flint().arb.max, np.ravel(values)) if is_ball(values) else np.max(values)


def rational(values):
    """Balls without radius, or floats, as rational numbers."""
    return np.frompyfunc(lambda x: ball(x).fmpq(), 1, 1)(np.asarray(values, dtype=object))


# Laws of finitely many angles


class Atoms:
    """P[alpha >= theta] for finitely many angles, from the definition.

    Parameters
    ----------
    angles, weights : arrays of balls, shape (k,)
    above, meet : arrays of balls, shape (k + 1, k), optional
        Whether alpha_j > alpha_i, and whether the two sum to pi/2 or more, row 0
        for the angle 0; from the angles if not given.
    """

    exact, staircase = True, True

    def __init__(self, angles, weights, above=None, meet=None):
        self.angles, self.weights = np.asarray(angles), weights / weights.sum()
        self._from = np.append(ball(0), self.angles)[:, None]
        self._right = pi_of(self._from) / 2
        self._above = 1 - holds(self._from, self.angles) if above is None else above
        self._meet = holds(self._from + self.angles, self._right) if meet is None else meet

    def _meeting(self, delta):
        return holds(self._from + self.angles + delta, self._right) if delta else self._meet

    def __call__(self, theta):
        """p(theta)."""
        return holds(self.angles, np.asarray(theta)[..., None]) @ self.weights

    def near(self, psi):
        """P[pi/2 - alpha <= psi]."""
        return holds(np.asarray(psi)[..., None], self._right - self.angles) @ self.weights

    def infimum(self, n, delta=0):
        """The least of the limits from the right, at 0 and at every angle.

        Between two angles p(beta) stays and p(pi/2 - delta - beta) grows.
        """
        below = [not a >= self._right for a in self._from[:, 0]]
        values = self._above @ self.weights + (self._meeting(delta) @ self.weights) ** n
        return least(values[below])

    def integral(self, n, delta=0):
        """E[p(pi/2 - delta - theta)^n]."""
        return self.weights @ (self._meeting(delta)[1:] @ self.weights) ** n


def atomic_law(angles, weights):
    """A law of finitely many angles."""
    return Atoms(angles, weights) if is_ball(angles) else AtomicLaw(angles, weights)


# Tasks


class ExactTask:
    """Finitely many examples, points and teacher without radius."""

    exact = True

    def __init__(self, points, weights, teacher):
        self.points, self.teacher, self.dim = points, teacher, len(points)
        self.weights = weights / weights.sum()
        self._points, self._teacher = rational(points), rational(teacher)
        self.tail = Atoms(line_angle(teacher, points.T), self.weights, *self._angles())

    def _angles(self):
        """Whether alpha_j > alpha_i, and whether they sum to pi/2: by squares of their cosines."""
        square = (self._points**2).sum(axis=0) * (self._teacher**2).sum()
        square = (self._teacher @ self._points) ** 2 / square
        start = np.append(rational(1), square)[:, None]
        return ball((start > square).astype(int)), ball((start + square <= 1).astype(int))

    def errors(self, chosen):
        """Which points the student of the chosen ones gets wrong."""
        w = _projected(self._points[:, chosen], self._teacher)
        student, teacher = (side(v @ self._points) for v in (w, self._teacher))
        return ball((student != teacher).astype(int))


def side(values):
    """The sign of rational numbers, 0 of 0."""
    return (values > 0).astype(int) - (values < 0)


def _projected(X, w_star):
    """The projection onto the span, by Gram and Schmidt without roots, in rational numbers."""
    basis, inside = [], 0 * w_star
    for x in X.T:
        for q in basis:
            x = x - q * ((q @ x) / (q @ q))
        if any(x):
            basis.append(x)
            inside = inside + x * ((x @ w_star) / (x @ x))
    return inside


def finite_task(points, weights, teacher):
    """A finite task; points (d, k), weights (k,), teacher (d,).

    On balls they come without radius, as `Draw.number` hands them out.
    """
    route = ExactTask if is_ball(points) else FiniteTask
    return route(points, weights, teacher)


# Expectations


def subsets(task, n):
    """Pairs of a probability and the points that are seen, as a mask, in n draws."""
    masks = risk.every_set(task.weights.size)
    seen = _seen(task.weights, masks, n) if is_ball(task.weights) else None
    seen = risk.seen_probabilities(task.weights, n) if seen is None else seen
    never = [p == 0 for p in seen]  # not so of a ball that only may be zero, though `p != 0` fails
    kept = [chosen.any() and not zero for chosen, zero in zip(masks, never, strict=True)]
    return [(p, chosen) for p, chosen, keep in zip(seen, masks, kept, strict=True) if keep]


def _seen(weights, masks, n):
    """P[the points seen are S], by inclusion and exclusion over the parts of S."""
    inside = (masks @ weights) ** n
    part = (masks[:, None] >= masks[None]).all(axis=2)
    odd = masks.sum(axis=1)[:, None] - masks.sum(axis=1) & 1
    return np.where(part, 1 - 2 * odd, 0) @ inside


def _expected_risk(task, n):
    return sum(p * (task.errors(chosen) @ task.weights) for p, chosen in subsets(task, n))


def expected_risk(task, n):
    """E R of the distilled student."""
    route = both(risk, "expected_risk", _expected_risk)(task, n)
    return getattr(route, "mean", route)


def _transfer_risk(w, task):
    agree = (np.asarray(w) @ task.points) * (task.teacher @ task.points)
    return holds(0, agree) @ task.weights


transfer_risk = both(risk, "transfer_risk", _transfer_risk)


def mean_risk(task, n, learner=distilled_student):
    """E R of a learner(X, w_star) -> w, or rows of students of which the worst counts.

    On balls ties are not decided: of the distilled student see `expected_risk`.
    """
    return sum(
        p * most(transfer_risk(learner(task.points[:, chosen], task.teacher), task))
        for p, chosen in subsets(task, n)
    )


def error_rates(task, n):
    """P[the distilled student errs on x] for every point x, summed over the ordered sets."""
    drawn = np.array(list(product(range(task.weights.size), repeat=n)))
    chances = task.weights[drawn].prod(axis=1)
    if is_ball(chances):
        return chances @ np.array([task.errors(sorted({*row})) for row in drawn])
    w = unit(distilled_student(task.points[:, drawn].swapaxes(0, 1), task.teacher))
    agree = w @ unit(task.points.T).T * np.sign(unit(task.teacher) @ task.points)
    return chances @ (agree < 1e-14)


def angles(task):
    """The angle of every point; on balls the very objects that its law compares with."""
    return task.tail.angles if is_ball(task.points) else line_angle(task.teacher, task.points.T)


def _hard_label_student(X, w_star):
    """The widest margin in the plane: half-way between the outermost examples, made positive."""
    x = unit((X * np.sign(floats(w_star @ X))).T)
    e = unit(w_star)
    slope = floats((e[0] * x[:, 1] - e[1] * x[:, 0]) / (x @ e))
    return x[slope.argmin()] + x[slope.argmax()]


hard_label_student = both(students, "hard_label_student", _hard_label_student)


# Bounds, of any law: one that is exact knows its own


def _exact(law):
    return getattr(law, "exact", False)


def theorem3_bound(law, n):
    """The infimum in (19)."""
    return law.infimum(n) if _exact(law) else bounds.theorem3_bound(law, n).value


def approximate_bound(law, n, delta):
    """The infimum in Theorem D.1."""
    if _exact(law):
        return law.infimum(n, delta)
    return bounds.approximate_bound(law, n, delta).value


def integral_bound(law, n, delta=0.0):
    """E[p(pi/2 - delta - theta)^n]."""
    return law.integral(n, delta) if _exact(law) else bounds.integral_bound(law, n, delta)
