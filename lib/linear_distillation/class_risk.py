r"""Several classes: how often student and teacher differ, exactly, bounded by pairs, in the limit.

With a(x) the teacher's class of x, and :math:`v_{ab} = w_a^\star - w_b^\star`, each pair of
classes is a binary distillation with the teacher :math:`v_{ab}`. What the library knows of
one pair it knows of all.

*Ties.* The decision on x is the set of classes that share the largest logit (up to
rounding), usually one. A student is wrong where its decision is not the teacher's: one that
does not decide is wrong where the teacher does. For C = 2 that is the rule of
`linear_distillation.transfer_risk`.
"""

from __future__ import annotations

__all__ = [
    "FiniteClassTask",
    "class_bound",
    "class_risk",
    "class_split_bound",
    "expected_class_risk",
    "isotropic_class_risk",
]

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from ._checks import (
    as_class_teacher,
    as_count,
    as_examples,
    as_finite,
    as_generator,
    as_weights,
)
from ._gaussians import normals, root
from .bounds import SLIVER, Bound
from .classes import class_student
from .geometry import length, line_angle, unit, vector_angle
from .laws import RIGHT_ANGLE, AtomicLaw
from .risk import MOST_POINTS, as_chance, every_set, seen_probabilities
from .student_risk import Estimate
from .tasks import frozen

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from ._types import ArrayLike, Bools, Count, Floats, Random, Values

BLOCK = 2**10  # sets of a finite task whose students are computed together
GAUSSIANS = 2**17  # draws of the limit's Gaussian logits


class FiniteClassTask:
    """Finitely many possible examples, with a teacher of several classes.

    A sample is such a task, too: its points with equal weights.

    Parameters
    ----------
    points : array_like, shape (d, k)
        The examples, one a column, none zero.
    weights : array_like, shape (k,), optional
        Their probabilities; equal if not given.
    teacher : array_like, shape (d, C)
        W_star, a column a class, not all the same.

    Attributes
    ----------
    teacher : ndarray, shape (d, C)
        The class-centred one.
    decisions : ndarray of bool, shape (k, C)
        Which classes share the teacher's largest logit.
    classes : ndarray of int, shape (k,)
        The teacher's class of each point, -1 where it does not decide.
    """

    def __init__(
        self, points: ArrayLike, teacher: ArrayLike, weights: ArrayLike | None = None
    ) -> None:
        self.points = frozen(as_examples("points", as_finite("points", points, ndim=2)))
        self.dim, size = self.points.shape
        if not self.points.any(axis=0).all():
            raise ValueError("points: a zero example has no angle and no label")
        self.teacher = frozen(as_class_teacher("teacher", teacher, self.dim))
        self.weights = frozen(as_weights("weights", weights, size))
        self.decisions = decisions(self.teacher, self.points)
        single = self.decisions.sum(axis=1) == 1
        self.classes = np.where(single, self.decisions.argmax(axis=1), -1)

    def sample(self, n: Count, rng: Random) -> Floats:
        """Draw X of shape (d, n) with a ``numpy.random.Generator`` or a seed."""
        n, rng = as_count("n", n), as_generator("rng", rng)
        return self.points[:, rng.choice(self.weights.size, size=n, p=self.weights)]

    def without(self, unseen: int) -> FiniteClassTask:
        """The task given that the teacher does not say this class."""
        return self._given(~self.decisions[:, self._as_class("unseen", unseen)], "unseen")

    def only(self, chosen: int) -> FiniteClassTask:
        """The task given that the teacher says this class."""
        return self._given(self.classes == self._as_class("chosen", chosen), "chosen")

    def _as_class(self, name: str, number: int) -> int:
        count = self.teacher.shape[1]
        whole = isinstance(number, (int, np.integer)) and not isinstance(number, bool)
        if not whole or not 0 <= number < count:
            raise ValueError(f"{name}: expected a whole number from 0 to {count - 1}")
        return int(number)

    def _given(self, kept: Bools, name: str) -> FiniteClassTask:
        weights = self.weights[kept]
        if weights.sum() <= 0:
            raise ValueError(f"{name}: no example of that kind is left")
        return FiniteClassTask(self.points[:, kept], self.teacher, weights / weights.sum())


def decisions(W: Floats, points: Floats) -> Bools:
    """Which classes share the largest logit, (..., k, C) of students (..., d, C)."""
    sizes = length(np.swapaxes(W, -1, -2)).max(axis=-1)[..., None, None]
    logits = unit(points.T) @ (W / np.where(sizes > 0, sizes, 1))
    rounding = 16 * W.shape[-2] * np.finfo(float).eps
    return logits >= logits.max(axis=-1, keepdims=True) - rounding


def _as_class_task(name: str, task: Any) -> FiniteClassTask:
    if not isinstance(task, FiniteClassTask):
        raise TypeError(f"{name}: expected a FiniteClassTask, got {task!r}")
    return task


def _two(task: Any, test_task: Any) -> tuple[FiniteClassTask, FiniteClassTask]:
    """A training and a test task with one teacher."""
    task = _as_class_task("task", task)
    test = task if test_task is None else _as_class_task("test_task", test_task)
    if not np.array_equal(task.teacher, test.teacher):
        raise ValueError("test_task: expected the teacher of the training task")
    return task, test


def class_risk(W: ArrayLike, task: FiniteClassTask) -> Values:
    r"""Probability that student and teacher do not decide alike.

    .. math:: R(W) = P_x[\operatorname{argmax} W^\top x
        \ne \operatorname{argmax} W_\star^\top x]

    Parameters
    ----------
    W : array_like, shape (..., d, C)
    task : FiniteClassTask

    Returns
    -------
    float or ndarray, shape (...)

    Raises
    ------
    ValueError
        If W is not finite or its last axes are not (d, C).
    TypeError
        If task is no `FiniteClassTask`.
    """
    W, task = as_finite("W", W), _as_class_task("task", task)
    if W.shape[-2:] != task.teacher.shape:
        raise ValueError(f"W: expected last axes {task.teacher.shape}, got shape {W.shape}")
    wrong = (decisions(W, task.points) != task.decisions).any(axis=-1)
    return (wrong @ task.weights)[()]


def expected_class_risk(
    task: FiniteClassTask,
    n: Count,
    n_sets: Count | None = None,
    rng: Random | None = None,
    *,
    test_task: FiniteClassTask | None = None,
) -> Estimate[float, int]:
    r"""Expected risk :math:`E\,R(\hat W)` of distillation from n examples.

    Up to 16 points it is a sum over the sets of distinct points seen, if `n_sets` is not
    given; else a mean over drawn sets with exact risks.

    Parameters
    ----------
    task : FiniteClassTask
        Where transfer sets come from.
    n : int
    n_sets : int, optional
        At least 2.
    rng : numpy.random.Generator or int, optional
    test_task : FiniteClassTask, optional
        Where test examples come from, with the same teacher; `task` if not given.

    Returns
    -------
    Estimate
        ``mean``, ``stderr``, ``draws``, ``largest_share``.

    Raises
    ------
    ValueError
        If a number is out of its range or missing, or the teachers differ;
        ``numpy.linalg.LinAlgError``, a subclass, if rounding hides the rank of a set.
    TypeError
        If task is no `FiniteClassTask`, or rng no generator.
    """
    (task, test), n = _two(task, test_task), as_count("n", n)
    n_sets, generator = as_chance(n_sets, rng)
    if n_sets is None:
        return Estimate(_exact(task, test, n), 0.0, 0, 0.0)
    if n_sets < 2 or generator is None:
        raise ValueError("n_sets, rng: a standard error needs a generator and 2 sets or more")
    risks = np.array([
        class_risk(class_student(task.sample(n, generator), task.teacher), test)
        for _ in range(n_sets)
    ])  # fmt: skip
    total = float(risks.sum())
    error = float(risks.std(ddof=1) / np.sqrt(n_sets))
    return Estimate(total / n_sets, error, n_sets, float(risks.max()) / total if total else 0.0)


def _exact(task: FiniteClassTask, test: FiniteClassTask, n: int) -> float:
    seen = seen_probabilities(task.weights, n) if task.weights.size <= MOST_POINTS else None
    if seen is None:
        raise ValueError(f"n_sets: needed for more than {MOST_POINTS} points")
    held = every_set(task.weights.size)
    met = (seen > 0) & held.any(axis=1)
    risks = [class_risk(_students(task, part), test) for part in _blocks(held[met])]
    return float(seen[met] @ np.concatenate(risks))


def _students(task: FiniteClassTask, held: Bools) -> Floats:
    """Of each set of points; the others are zero, and teach nothing."""
    return class_student(np.where(held[:, None, :], task.points, 0), task.teacher)


def _blocks(held: Bools) -> list[Bools]:
    """Sets that are worked on at a time."""
    return np.array_split(held, 1 + len(held) // BLOCK)


def class_bound(
    task: FiniteClassTask, n: Count, *, test_task: FiniteClassTask | None = None
) -> Bound:
    r"""The bound by pairs: C - 1 terms an example.

    .. math:: E\,R(\hat W) \le E\sum_{b \ne a(x)} p_{a(x)b}\bigl(\pi/2
        - \theta_{a(x)b}(x)\bigr)^n, \qquad \theta_{ab}(x) = \alpha(v_{ab}, x)

    with :math:`p_{ab}` the tail of :math:`\theta_{ab}` in the *training* task, over
    examples of all classes, and x from the test task, which may be another one. For C = 2 it
    is `integral_bound`. Test examples on which the teacher does not decide count as errors.
    Ours.

    Parameters
    ----------
    task : FiniteClassTask
    n : int
    test_task : FiniteClassTask, optional
        With the same teacher; `task` if not given. Its examples may be of a class that the
        training task has not got.

    Returns
    -------
    Bound
        At most 1, where it says nothing.

    Raises
    ------
    ValueError
        If n is not a whole number >= 1, or the teachers differ.
    TypeError
        If a task is no `FiniteClassTask`.
    """
    (task, test), n = _two(task, test_task), as_count("n", n)
    pairs = _pairs(task, test)
    terms = [float(weights @ pair_terms(law, theta, n)) for law, theta, weights in pairs]
    return _with_ties(test, sum(terms))


def pair_terms(law: AtomicLaw, theta: Floats, n: int) -> Floats:
    """p(pi/2 - theta)^n; a step outwards, as rounding must not hide a sum of pi/2."""
    return np.atleast_1d(np.exp(n * law.log_tail(RIGHT_ANGLE - theta - SLIVER)))


def class_split_bound(
    task: FiniteClassTask, n: Count, *, test_task: FiniteClassTask | None = None
) -> Bound:
    r"""The bound by pairs in the form of Theorem 3: a splitting angle for each pair.

    .. math:: E\,R(\hat W) \le q + \sum_{\{a,b\}} \inf_\beta\; P[a(x) \in \{a, b\},\,
        \theta_{ab}(x) \ge \beta] + P[a(x) \in \{a, b\}]\; p_{ab}(\pi/2 - \beta)^n

    with q the probability that the teacher does not decide. Never below `class_bound`; for
    C = 2 and q = 0 it is (19).

    Parameters
    ----------
    task, n, test_task
        As for `class_bound`.

    Returns
    -------
    Bound
        At most 1.

    Raises
    ------
    ValueError, TypeError
        As `class_bound`.
    """
    (task, test), n = _two(task, test_task), as_count("n", n)
    terms = [split_term(law, theta, weights, n) for law, theta, weights in _pairs(task, test)]
    return _with_ties(test, sum(terms))


def _pairs(
    task: FiniteClassTask, test: FiniteClassTask
) -> Iterator[tuple[AtomicLaw, Floats, Floats]]:
    """For each pair of classes its tail; the angles and weights of test examples of the two."""
    for a, b in combinations(range(task.teacher.shape[1]), 2):
        here = (test.classes == a) | (test.classes == b)
        if here.any():
            v = task.teacher[:, a] - task.teacher[:, b]
            theta = np.atleast_1d(line_angle(v, task.points.T))
            law = AtomicLaw(theta, task.weights)
            if test is not task:
                theta = np.atleast_1d(line_angle(v, test.points.T))
            yield law, theta[here], test.weights[here]


def _with_ties(test: FiniteClassTask, total: float) -> Bound:
    return Bound(min(float(total + test.weights[test.classes < 0].sum()), 1.0))


def split_term(law: AtomicLaw, theta: Floats, weights: Floats, n: int) -> float:
    """The infimum over beta of the mass of theta >= beta, and the rest of the term.

    Between the angles of theta the first part stays and the second grows: the infimum is
    among the limits from the right, at 0 and at each of these angles.
    """
    order = np.argsort(theta)
    starts = np.append(0.0, theta[order])
    beyond = np.append(weights[order][::-1].cumsum()[::-1], 0.0)
    # ties in theta: only the last of equal ones has all of them behind it; the others are larger
    values = beyond + weights.sum() * pair_terms(law, starts, n)
    return float(values.min())


def isotropic_class_risk(W_star: ArrayLike, share: float) -> float:
    r"""The risk for isotropic examples, as n and d grow with n/d fixed.

    .. math:: R \to P[\operatorname{argmax} g \ne \operatorname{argmax} g'], \qquad
        g, g' \sim N(0, W_\star^\top W_\star), \quad
        \operatorname{Cov}(g, g') = \sqrt{n/d}\; W_\star^\top W_\star

    For C = 2 it is :math:`\arccos(\sqrt{n/d})/\pi`. For C = 3 let
    :math:`\pi - \psi_a` be the angle of the triangle of the columns at :math:`w_a^\star`,
    so that a wins in a sector of angle :math:`\psi_a`. Then it is

    .. math:: 1 - \frac1{4\pi^2}\sum_a\Bigl(\psi_a^2 + h\bigl(\sqrt{n/d}\bigr)
        - h\bigl(\sqrt{n/d}\,\cos\psi_a\bigr)\Bigr), \qquad
        h(t) = \arcsin t\,(\pi + \arcsin t)

    Parameters
    ----------
    W_star : array_like, shape (d, C)
        Classes with the same column count as one, as they never part.
    share : float
        n/d, in [0, 1].

    Returns
    -------
    float
        Exact for two or three different classes. For more, a mean over 2^17 points of a
        low-discrepancy sequence, the same ones each time, right to about 0.002.

    Raises
    ------
    ValueError
        If W_star has no classes that differ, or share is not in [0, 1].

    References
    ----------
    M. C. Cheng, "The orthant probabilities of four Gaussian variates" (1969), for C = 3.

    Examples
    --------
    >>> round(isotropic_class_risk(np.eye(3), 0.0), 12)  # two guesses of three are wrong
    0.666666666667
    """
    teacher, share = as_class_teacher("W_star", W_star), float(as_finite("share", share, ndim=0))
    if not 0 <= share <= 1:
        raise ValueError(f"share: expected a number in [0, 1], got {share}")
    teacher = np.unique(teacher / np.abs(teacher).max(), axis=1)
    C = teacher.shape[1]
    if C == 2:
        return float(np.arccos(np.sqrt(share)) / np.pi)
    if C == 3:
        return _sectors_missed(_sectors(teacher), float(np.sqrt(share)))
    half = root(teacher.T @ teacher)
    both = normals(2 * C, GAUSSIANS)
    g, rest = both[:, :C] @ half.T, both[:, C:] @ half.T
    student = np.sqrt(share) * g + np.sqrt(1 - share) * rest
    return float((g.argmax(axis=1) != student.argmax(axis=1)).mean())


def _sectors(teacher: Floats) -> Floats:
    """The angles in which three classes win: pi less that of the triangle."""
    rows = [teacher.T[np.arange(3) != a] - teacher[:, a] for a in range(3)]
    return np.array([np.pi - vector_angle(*row) for row in rows])


def _sectors_missed(psi: Floats, r: float) -> float:
    """P[two vectors of the plane are in different sectors]; normal, of correlation r."""

    def h(t: Any) -> Any:
        return np.arcsin(t) * (np.pi + np.arcsin(t))

    return max(1 - float((psi**2 + h(r) - h(r * np.cos(psi))).sum()) / (4 * np.pi**2), 0.0)
