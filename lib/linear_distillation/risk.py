"""The expected risk of distillation, exact or estimated, and learning curves."""

from __future__ import annotations

__all__ = [
    "Estimate",
    "angle_risk",
    "expected_risk",
    "held_out_risk",
    "learning_curve",
    "risk_at_angle",
    "sweep",
    "transfer_risk",
]

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from ._checks import as_count, as_counts, as_generator, as_task
from .chain import BLOCK, HELD, blocks, draw_sets, squared_cotangents, unspanned
from .jobs import results
from .laws import RIGHT_ANGLE
from .parallel import exact_expected_risk
from .quadrature import beta_rule, settled, warn
from .student_risk import (  # noqa: F401 (all risks can be imported from here)
    Estimate,
    angle_risk,
    errors,
    held_out_risk,
    is_smooth,
    risk_at_angle,
    risk_table,
    transfer_risk,
    undecided_risk,
)
from .students import distilled_student
from .tasks import FiniteTask, IsotropicTask, SymmetricTask

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, TypeAlias

    from ._types import ArrayLike, Bools, Count, Floats, Generator, Ints, Random
    from .tasks import Task

    # of a sample: count (None: exact, not drawn), mean, scatter and largest
    Moments: TypeAlias = tuple[Any, Floats, Floats, Floats]

PART = 2**22  # random numbers that belong to one seed: about 50 ms
PARTS = 2**10  # of a run at most
MOST_POINTS = 16  # whose subsets are summed over


def expected_risk(
    task: Task,
    n: Count,
    n_sets: Count | None = None,
    rng: Random | None = None,
    *,
    n_test: Count | None = None,
    n_jobs: Count = 1,
) -> Estimate[float, int]:
    r"""Expected risk :math:`E\,R(\hat w)` of distillation from n examples.

    The best route that the task allows is taken: a finite sum (`FiniteTask` of up to 16
    points, no random numbers); if n_sets is not given, one integral (`IsotropicTask`:
    E phi / pi with cos^2 phi ~ Beta(n/2, (d-n)/2), and 0 for n >= d) or
    `exact_expected_risk` (`SymmetricTask`); else the angle chain
    with the exact risk of each angle (`SymmetricTask`), or drawn examples with exact
    risks (`MixtureTask`, `GaussianTask`, larger `FiniteTask`). Memory does not grow
    with n_sets.

    Parameters
    ----------
    task : task
    n : int
        Examples a transfer set.
    n_sets : int
        Number of transfer sets, at least 2; not needed where there is an exact route.
    rng : numpy.random.Generator or int
        Each part of the work takes a generator that it spawns.
    n_test : int, optional
        Use nothing but drawn data: examples for the students, and this many
        fresh test examples for each. Works for any task with ``sample``.
    n_jobs : int
        Processes, through joblib; -1 for all cores. The result is the same to
        the bit for any number of them.

    Returns
    -------
    Estimate
        ``mean``, ``stderr``, ``draws``, ``largest_share``.

    Raises
    ------
    ValueError
        If a number is out of its range, or n_sets is missing.
    TypeError
        If rng is no generator and no seed, or the task has no exact risk and n_test
        is not given.
    """
    curves = sweep(
        [as_task("task", task)], [as_count("n", n)], n_sets, rng, n_test=n_test, n_jobs=n_jobs
    )
    mean, stderr, draws, share = (values.item() for values in curves)
    return Estimate(mean, stderr, int(draws), share)


def learning_curve(
    task: Task,
    ns: Count | ArrayLike,
    n_sets: Count | None = None,
    rng: Random | None = None,
    *,
    n_test: Count | None = None,
    n_jobs: Count = 1,
) -> Estimate[Floats, Ints]:
    """Expected risks after several numbers of examples, from one set of students.

    Every student is followed as its transfer set grows, so that one pass of the
    angle chain gives the whole curve of a `SymmetricTask`. The points of a
    curve are therefore dependent, and differences between them more accurate
    than their standard errors say.

    A drawn transfer set whose rank rounding cannot decide has no student that can be
    trusted. It is left out of the whole curve: ``draws`` counts the others, and an
    `AccuracyWarning` says how many are missing.

    Parameters
    ----------
    task : task
    ns : int or sequence of int
        Numbers of examples; a single one stands for 1, ..., ns.
    n_sets, rng, n_test, n_jobs
        As in `expected_risk`, of which every value is an estimate.

    Returns
    -------
    Estimate
        ``mean``, ``stderr`` and ``largest_share`` have shape (len(ns),).

    Raises
    ------
    ValueError, TypeError
        As `expected_risk`.

    Examples
    --------
    >>> learning_curve(IsotropicTask(2), 2).mean
    array([0.25, 0.  ])
    """
    curves = sweep([as_task("task", task)], ns, n_sets, rng, n_test=n_test, n_jobs=n_jobs)
    return Estimate(*(values[0] for values in curves))


def sweep(
    tasks: Iterable[Task],
    ns: Count | ArrayLike,
    n_sets: Count | None = None,
    rng: Random | None = None,
    *,
    n_test: Count | None = None,
    n_jobs: Count = 1,
) -> Estimate[Floats, Ints]:
    """Learning curves of several tasks, shared out over cores or machines.

    All the parts of all the curves are one queue of work. On a terminal a bar
    shows how much of it is done.

    Parameters
    ----------
    tasks : sequence of task
    ns : int or sequence of int
    n_sets, rng, n_test, n_jobs
        As in `learning_curve`.

    Returns
    -------
    Estimate
        All fields are arrays; ``draws`` has shape (len(tasks), 1), the others
        (len(tasks), len(ns)).

    Raises
    ------
    ValueError, TypeError
        As `expected_risk`.
    """
    ns = as_counts("ns", ns).astype(np.int64)
    if not isinstance(tasks, Iterable):
        raise TypeError(f"tasks: expected a sequence of tasks, got {type(tasks).__name__}")
    n_sets, rng = as_chance(n_sets, rng)
    n_test = None if n_test is None else as_count("n_test", n_test)
    curves = [_parts(as_task("tasks", task), ns, n_sets, rng, n_test) for task in tasks]
    if not curves:
        raise ValueError("tasks: expected at least one")
    found = iter(results([part for parts in curves for part in parts], n_jobs))
    estimates = [_estimate(n_sets, *_together(next(found) for _ in parts)) for parts in curves]
    return Estimate(*map(np.array, zip(*estimates, strict=True)))


def as_chance(n_sets: object, rng: object) -> tuple[int | None, Generator | None]:
    """What a simulation takes, where it is given: an exact route does without, but checks it."""
    n_sets = None if n_sets is None else as_count("n_sets", n_sets)
    return n_sets, None if rng is None else as_generator("rng", rng)


def _parts(
    task: Task, ns: Ints, n_sets: int | None, rng: Generator | None, n_test: int | None
) -> list[Callable[[], Moments]]:
    """The calls whose moments, taken together, make a learning curve."""
    if exact := _without_chance(task, n_sets, n_test):
        return [partial(_exact_moments, exact, ns)]
    n_sets, rng = as_count("n_sets", n_sets), as_generator("rng", rng)
    if n_sets < 2:
        raise ValueError("n_sets: a standard error needs at least 2 sets")
    draw, numbers, block = _route(task, ns, n_test)
    length = max(block, PART // numbers, -(-n_sets // PARTS))
    sizes = [part.stop - part.start for part in blocks(n_sets, length)]
    children = zip(sizes, rng.spawn(len(sizes)), strict=True)
    return [partial(_moments, draw, size, block, child) for size, child in children]


def _without_chance(
    task: Task, n_sets: int | None, n_test: int | None
) -> Callable[[Ints], Floats] | None:
    """Expected risks as a function of an array of n, where they need no random numbers."""
    if n_test is not None:
        return None
    if isinstance(task, FiniteTask) and (n_sets is None or task.weights.size <= MOST_POINTS):
        return partial(_finite_expected_risks, task)
    if n_sets is None and isinstance(task, IsotropicTask):
        return np.vectorize(partial(_isotropic_expected_risk, task.dim), otypes=[float])
    if n_sets is None and isinstance(task, SymmetricTask):
        return np.vectorize(partial(exact_expected_risk, task), otypes=[float])
    return None


def _route(
    task: Task, ns: Ints, n_test: int | None
) -> tuple[Callable[[int, Generator], Floats], int, int]:
    """How to draw risks of students; the numbers that a student takes; students at a time."""
    if n_test is None and isinstance(task, SymmetricTask):
        steps = int(min(ns.max(), task.dim))
        return partial(_chain_risks, risk_of_tangent(task), task, ns), 4 * steps, BLOCK
    numbers = task.dim * int(ns.max() + (n_test or 0))
    return partial(_data_risks, task, ns, n_test), numbers, max(1, HELD // numbers)


def risk_of_tangent(task: SymmetricTask) -> Callable[[Floats], Floats]:
    """The risk as a function of tan(phi): a table where p is smooth enough for one."""
    if task.dim == 2 or not is_smooth(task.tail) or task.tail.near(0.0) > 0:
        return partial(_risk_without_table, task)
    return risk_table(task.tail, task.dim).at


def _risk_without_table(task: SymmetricTask, tan: Floats) -> Floats:
    """At an infinite tangent all examples are on the boundary, and the student is zero."""
    risk = np.asarray(angle_risk(np.arctan(tan), task))
    return np.where(np.isinf(tan), undecided_risk(task), risk) if task.tail.near(0.0) > 0 else risk


def _chain_risks(
    risk: Callable[[Floats], Floats], task: SymmetricTask, ns: Ints, size: int, rng: Generator
) -> Floats:
    """Risks (len(ns), size) of students on their way along the chain; their mean from n = d on."""
    risks, below = np.zeros((ns.size, size)), ns[ns < task.dim]
    for i in np.nonzero(ns >= task.dim)[0]:  # 0, unless the examples do not span the space
        angles, chance = unspanned(task, ns[i])
        tan = np.where(angles < RIGHT_ANGLE, np.tan(angles), np.inf)
        risks[i] = chance @ risk(tan) if chance.any() else 0.0
    chain = squared_cotangents(task, below.max(), size, rng) if below.size else ()
    for k, q in enumerate(chain, 1):
        if (ns == k).any():
            with np.errstate(divide="ignore"):
                risks[ns == k] = risk(1 / np.sqrt(q))
    return risks


def _data_risks(task: Task, ns: Ints, n_test: int | None, size: int, rng: Generator) -> Floats:
    """Risks (len(ns), size) of students of drawn transfer sets, exact or on fresh examples.

    Sets whose rank is in doubt for some n are left out.
    """
    X = draw_sets(task, ns.max(), size, rng)
    x = None if n_test is None else draw_sets(task, n_test, size, rng)
    w, sure = np.empty((ns.size, size, task.dim)), np.ones(size, dtype=bool)
    for i, n in enumerate(ns):
        w[i], clear = _students(X[..., :n], task.teacher)
        sure &= clear
    if not sure.any():
        return np.zeros((ns.size, 0))
    if x is None:
        return np.asarray(transfer_risk(w[:, sure], task))
    return np.array([errors(students[sure], task.teacher, x[sure]) for students in w])


def _students(X: Floats, w_star: Floats) -> tuple[Floats, Bools]:
    """The students of a stack of sets, and of which sets the rank is beyond doubt."""
    try:
        return distilled_student(X, w_star), np.ones(len(X), dtype=bool)
    except np.linalg.LinAlgError:  # at least one is in doubt: find out which
        if len(X) == 1:
            return np.zeros((1, X.shape[1])), np.zeros(1, dtype=bool)
    middle = len(X) // 2
    halves = _students(X[:middle], w_star), _students(X[middle:], w_star)
    students, clear = (np.concatenate(pair) for pair in zip(*halves, strict=True))
    return students, clear


def _moments(
    draw: Callable[[int, Generator], Floats], size: int, block: int, rng: Generator
) -> Moments:
    """Count, mean, scatter and largest of drawn values (..., size), a block at a time."""
    return _together(_moments_of(draw(b.stop - b.start, rng)) for b in blocks(size, block))


def _moments_of(values: Floats) -> Moments:
    if not values.shape[-1]:
        return 0, *np.zeros((3, values.shape[0]))
    mean = values.mean(axis=-1)
    scatter = ((values - mean[..., None]) ** 2).sum(axis=-1)
    return values.shape[-1], mean, scatter, values.max(axis=-1)


def _exact_moments(exact: Callable[[Ints], Floats], ns: Ints) -> Moments:
    zero = np.zeros(ns.size)
    return None, exact(ns), zero, zero


def _together(moments: Iterator[Moments]) -> Moments:
    """Moments of disjoint samples, by the pairwise update of Chan et al."""
    count, mean, scatter, largest = next(moments)
    for more, other, spread, top in moments:
        if not more:  # all of its sets were left out
            continue
        total, gap = count + more, other - mean
        scatter = scatter + spread + gap**2 * (count * more / total)
        mean = mean + gap * (more / total)
        count, largest = total, np.maximum(largest, top)
    return count, mean, scatter, largest


def _estimate(
    asked: Any, count: int | None, mean: Floats, scatter: Floats, largest: Floats
) -> Estimate[Floats, list[int]]:
    if count is None:  # exact
        return Estimate(mean, scatter, [0], largest)
    if count < 2:
        raise np.linalg.LinAlgError(
            f"task: rounding hides the rank of {asked - count} of {asked} transfer sets"
        )
    if count < asked:
        warn(
            f"learning_curve: {asked - count} of {asked} transfer sets are left out, "
            "rounding hides their rank; the mean is that of the others"
        )
    share = np.divide(largest, count * mean, out=np.zeros_like(mean), where=mean > 0)
    return Estimate(mean, np.sqrt(scatter / (count - 1) / count), [count], share)


def _finite_expected_risks(task: FiniteTask, ns: Ints) -> Floats:
    """Sums over the sets of distinct points seen: the student depends on nothing else."""
    if task.weights.size > MOST_POINTS:
        return seen_probabilities(task.weights, 1)  # which refuses
    held = every_set(task.weights.size)
    size = held.sum(axis=1)
    chosen = (size > 0) & (size <= ns.max()) & ~held[:, task.weights == 0].any(axis=1)
    students = np.array([distilled_student(task.points[:, c], task.teacher) for c in held[chosen]])
    risks = np.zeros(len(held))
    risks[chosen] = transfer_risk(students, task)
    means = {n: float(seen @ risks) for n, seen in _seen(task.weights, ns.max()) if n in ns}
    return np.array([means[n] for n in ns])


def _isotropic_expected_risk(dim: int, n: int) -> float:
    """The mean angle over pi: sin^2 phi ~ Beta((d-n)/2, n/2), by trapezoids in its logit."""
    if n >= dim:
        return 0.0

    def mean(step: float) -> float:
        log_sin2, weights = beta_rule((dim - n) / 2, n / 2, step)
        return float(np.arcsin(np.exp(log_sin2 / 2)) @ weights) / np.pi

    return settled(mean, 1e-11, "expected_risk", width=0.5)


def every_set(size: int) -> Bools:
    """All sets of so many things, in the order of their bit masks: (2^size, size)."""
    return np.arange(2**size)[:, None] >> np.arange(size) & 1 == 1


def seen_probabilities(weights: Floats, n: int) -> Floats:
    """P[the distinct points among n draws are S], for all subsets S as bit masks."""
    for _, seen in _seen(weights, n):
        last = seen
    return last


def _seen(weights: Floats, n: int) -> Iterator[tuple[int, Floats]]:
    """Yields k and those probabilities for k = 0, ..., n."""
    if weights.size > MOST_POINTS:
        raise ValueError(f"points: sums take at most {MOST_POINTS}; give n_sets for {weights.size}")
    masks, bits = np.arange(2**weights.size), 1 << np.arange(weights.size)
    holds = masks[:, None] & bits != 0
    inside, without = holds @ weights, masks[:, None] & ~bits
    seen = (masks == 0).astype(float)
    yield 0, seen
    for k in range(1, n + 1):
        arrivals = np.where(holds, seen[without], 0) @ weights
        seen = seen * inside + arrivals
        yield k, seen
