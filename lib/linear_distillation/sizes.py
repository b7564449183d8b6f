"""How many examples are needed for a given risk, and how many are guaranteed to be enough."""

from __future__ import annotations

__all__ = ["SampleSize", "sample_size"]

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ._checks import as_finite
from .bounds import SLIVER, corollary2_bound, integral_bound, theorem3_bound
from .laws import RIGHT_ANGLE, PowerLaw, as_law
from .parallel import exact_expected_risk
from .risk import MOST_POINTS, as_chance, learning_curve
from .tables import MOST_ANGLES, MOST_KNOTS, fits_tables
from .tasks import FiniteTask, GaussianTask, MixtureTask, SymmetricTask

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ._types import Count, Floats, Ints, Random
    from .laws import AngleLaw, Tail
    from .tasks import Task

MOST = 2**40  # examples that a bound is asked about
MOST_FOLLOWED = 2**10  # examples up to which risks are computed one by one
SURE = 3  # standard errors above a simulated mean


class SampleSize(NamedTuple):
    """How many transfer examples are guaranteed to be enough, and how many are needed.

    Guaranteed: ``n`` is the smallest answer of a bound, ``bound`` the name of the
    one that gave it, ``answers`` all of them: name -> n, or None where a bound
    never gets there. If none does, n and bound are None.

    Needed: ``needed`` is the first n whose expected risk is at most the one asked
    for, None if it is not known; ``evidence`` says how it was found, or why it was not.
    ``interval`` holds the first n whose expected risk may be that small, and the first
    whose risk surely is: three standard errors below and above a simulated mean (1.96 for
    a `Pool`). None stands for "later than all that was tried".
    """

    n: int | None
    bound: str | None
    answers: dict[str, int | None]
    needed: int | None = None
    evidence: str = ""
    interval: tuple[int | None, int | None] = (None, None)


def sample_size(
    task: Task | Tail, risk: float, n_sets: Count | None = None, rng: Random | None = None
) -> SampleSize:
    """How many transfer examples give an expected risk of at most `risk`?

    What is *guaranteed*: every bound that applies is asked for its smallest n,
    Theorem 3, the integral bound, Corollary 1 and the margin bound where there
    is a margin, Corollary 2 for a polynomial tail, and (18), which answers d at
    once where d examples are sure to span the space.

    What is *needed*: the first n at which the expected risk itself is at most
    `risk`: exact for a `FiniteTask` of up to 16 points and for symmetric tasks, of whose
    examples less than a third lie on the boundary, if the law is a staircase (of more than
    64 angles: in 15 dimensions or more, 27 with an atom on the boundary, and with an angle
    within 0.35 of it), or has no atom there and 3 knots at most; simulated for others, if
    n_sets and rng are given: the first n with the mean and three standard errors below `risk`.

    Parameters
    ----------
    task : task, AngleLaw or callable
        A tail alone, such as the upper band of `empirical_tail`, has no d: then
        (18) is silent, and what is needed is not known.
    risk : float
        0, or in [1e-60, 1).
    n_sets : int, optional
        Transfer sets of the simulation.
    rng : numpy.random.Generator or int, optional

    Returns
    -------
    SampleSize
        ``n``, ``bound`` and ``answers``, searched up to n = 2^40; ``needed`` and ``evidence``.

    Raises
    ------
    ValueError
        If risk is out of its range, or no bound attains it and what is needed is not known.
    """
    risk = float(as_finite("risk", risk, ndim=0))
    if not (risk == 0 or 1e-60 <= risk < 1):
        raise ValueError(f"risk: expected 0, or a number in [1e-60, 1), got {risk}")
    (n_sets, rng), law = as_chance(n_sets, rng), as_law(task, "task")
    answers = {name: _first(f, risk) for name, f in _bounds_of(law).items()}
    if isinstance(task, SymmetricTask | MixtureTask | GaussianTask):
        answers["(18)"] = _spanning(task, risk)
    found = {name: n for name, n in answers.items() if n is not None}
    best = min(found, key=lambda name: found[name]) if found else None
    n = None if best is None else found[best]
    needed, evidence, interval = _needed(task, risk, n, n_sets, rng)
    if n is None and needed is None:
        raise ValueError(f"risk: no bound attains {risk:.3g} with up to 2^40 examples")
    return SampleSize(n, best, answers, needed, evidence, interval)


def _bounds_of(law: AngleLaw) -> dict[str, Callable[[int], float]]:
    """The bounds that apply, as functions of n; each falls once it is below 1."""
    f: dict[str, Callable[[int], float]] = {
        "integral bound": lambda n: integral_bound(law, n),
        "Theorem 3": lambda n: theorem3_bound(law, n),
    }
    if law.edge:
        p = float(law(law.edge - SLIVER))  # every smaller gamma is a margin
        f |= {"margin bound": lambda n: p ** (n + 1), "Corollary 1": lambda n: p**n}
    if isinstance(law, PowerLaw):
        f["Corollary 2"] = lambda n: corollary2_bound(law.kappa, n)
    return f


def _first(f: Callable[[int], float], risk: float, most: int = MOST) -> int | None:
    """The first n with f(n) <= risk, to nine digits, for an f that falls once it is below 1."""
    enough = risk * (1 + 1e-9)
    if risk == 0:  # a bound that is not zero at once never is: later zeros are underflow
        return 1 if f(1) <= 0 else None
    if f(most) > enough:
        return None
    low, high, n, step = 0, most, 1, 0
    seen = [(0.0, 0.0)] * 2  # logarithms of n and f(n), the last two
    while high - low > 1:
        value = f(n)
        low, high = (low, n) if value <= enough else (n, high)
        seen, step = [seen[1], (float(np.log(n)), float(np.log(max(value, 1e-300))))], step + 1
        n = min(max(_guess(seen, np.log(enough), low, high, step), low + 1), high - 1)
    return high


def _guess(seen: list[tuple[float, float]], log_risk: float, low: int, high: int, step: int) -> int:
    """The next n: of the line through two logarithms, about a power; each third time the middle."""
    (x, y), (u, v) = seen
    slope = (v - y) / (u - x) if step > 1 and u != x and v != y else -1.0
    log_n = u + (log_risk - v) / slope
    if step % 3 == 0 or slope > 0 or not np.log(low + 1) - 1e-9 <= log_n <= np.log(high):
        return (low + high) // 2 if high < 4 * low else round((max(low, 1) * high) ** 0.5)
    return int(np.ceil(np.exp(log_n) - 1e-9))


def _needed(
    task: Any, risk: float, guaranteed: int | None, n_sets: int | None, rng: Random | None
) -> tuple[int | None, str, tuple[int | None, int | None]]:
    """The first n whose expected risk is small enough, and how that is known."""
    if isinstance(task, SymmetricTask) and _is_followed(task):
        needed = _exactly_needed(task, risk)
        return needed, "exact expected risk", (needed, needed)
    if not hasattr(task, "sample"):
        return None, "unknown: a law has no dimension and no examples", (None, None)
    exact = isinstance(task, FiniteTask) and task.weights.size <= MOST_POINTS
    if not exact and n_sets is None:
        return None, "unknown: give n_sets and rng for a simulation", (None, None)
    most = min(guaranteed or MOST_FOLLOWED, MOST_FOLLOWED)
    evidence = (
        "exact expected risk"
        if exact
        else f"simulated: mean and {SURE} standard errors of {n_sets} transfer sets"
    )
    curve = learning_curve(task, most, n_sets, rng)
    ends = [curve.mean + sign * SURE * curve.stderr for sign in (-1, 1)]
    early, late = (first_below(np.arange(1, most + 1), values, risk) for values in ends)
    return late, evidence if late else f"more than {most}; {evidence}", (early, late)


def first_below(ns: Ints, values: Floats, risk: float) -> int | None:
    """The first n with a value of at most the risk, to nine digits; None if there is none."""
    small = np.flatnonzero(values <= risk * (1 + 1e-9))
    return int(ns[small[0]]) if small.size else None


def _is_followed(task: SymmetricTask) -> bool:
    """Whether the exact risk is known within a second or so, and falls with n."""
    law, d = task.tail, task.dim
    if law.near(0.0) > 1 / 3:  # the student zero may err less than one that decides
        return False
    if law.staircase:
        return d == 2 or len(law.knots) <= MOST_ANGLES // 2 or fits_tables(law, d)
    return d == 2 or (law.near(0.0) == 0 and len(law.knots) <= MOST_KNOTS // 4)


def _exactly_needed(task: SymmetricTask, risk: float) -> int | None:
    """The first n with an expected risk of at most `risk`; None if it is later than `MOST`."""
    if risk == 0 and task.tail.edge < RIGHT_ANGLE / 2:  # else one example is enough
        return _spanning(task, 0.0)
    d, spanned = task.dim, _spanning(task, risk)
    if spanned is None or spanned > d or task.tail.near(0.0) > 0:  # d - 1 examples may do as well
        if exact_expected_risk(task, d - 1) > risk * (1 + 1e-9):
            return spanned
        d -= 1
    return _first(lambda n: exact_expected_risk(task, n), risk, d)


def _spanning(task: SymmetricTask | MixtureTask | GaussianTask, risk: float) -> int | None:
    """The first n >= d that span the space but for a risk of at most `risk`; None for never."""
    if not isinstance(task, SymmetricTask):
        return task.dim
    d = task.dim  # atoms may be drawn twice in the plane, and again and again on the boundary
    n = _first(lambda n: exact_expected_risk(task, max(n, d)), risk)
    return None if n is None else max(n, d)
