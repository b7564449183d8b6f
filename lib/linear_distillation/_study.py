"""What there is to say about a pool: measured, predicted, guaranteed; and how it is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ._pool_bounds import PAIRS, unasked
from .leverage import MOST
from .pool import Curve, Pool
from .sizes import SampleSize
from .spectrum import as_risk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TypeAlias

    from ._types import Bools, Floats, Generator, Ints
    from .pool import LeftOut
    from .tasks import EmpiricalTail

    Row: TypeAlias = tuple[int, float, float, float, float, float, float]

SIZES = 10  # of a table
ROWS_LAW = 2**31  # N p^2, up to which the law of the rows is asked too
ANGLES = 0.01, 0.1, 0.5  # quantiles


class Study(NamedTuple):
    """A pool, and the answers: the table of a `Curve`, with the two laws and the bounds beside it.

    A value is nan where a law or a bound does not speak.
    """

    pool: Pool
    risk: float
    curve: Curve
    spectrum: Floats
    rows: Floats
    bounds: Floats
    size: SampleSize
    predicted: dict[str, int | None]
    angles: tuple[float, ...] | None
    tail: EmpiricalTail | None
    left_out: LeftOut


def study(pool: Pool, risk: float, n_sets: int, rng: Generator, n_jobs: int = 1) -> Study:
    """All answers about a pool, in a minute or so."""
    risk = as_risk(risk)
    top = max(1, min(pool.rank, pool.size))
    ns = np.unique(np.geomspace(1, top, SIZES).astype(int))
    curve = pool.learning_curve(ns, n_sets, rng, n_jobs)
    size = pool.sample_size(risk, n_sets, rng, n_jobs)
    law = pool.spectrum_law()
    predicted = {"spectrum": law.sample_size(risk).needed}
    rows = np.full(len(ns), np.nan)
    if min(pool.size, MOST) * pool.rank**2 <= ROWS_LAW and pool.rank > 1:
        of_rows = pool.leverage_law()
        last = min(of_rows.last, max(1, int(0.9 * pool.rank)))
        rows = _where(ns <= last, of_rows.risk, ns)
        predicted["rows"] = _first(of_rows.risk, risk, ns[(ns <= last) & (rows > risk)], last)
    tail = pool.tail() if pool._logits.shape[1] == 1 and not unasked(pool) else None
    return Study(
        pool,
        risk,
        curve,
        _where(ns <= law.last, law.risk, ns),
        rows,
        _best_bounds(pool, ns),
        size,
        predicted,
        _quantiles(tail),
        tail,
        pool.leave_one_out(_some_rows(pool, size, rng)),
    )


def _some_rows(pool: Pool, size: SampleSize, rng: Generator) -> Ints:
    """One row more than are needed, or ten, if the rank allows that many."""
    number = min(max(10, size.needed or 0) + 1, pool.rank, pool.size)
    return rng.choice(pool.size, number, replace=False)


def _first(law: Callable[[int], float], risk: float, above: Ints, last: int) -> int | None:
    """The first n with a small enough risk, beyond those of the table that are too large."""
    low, high = int(above.max(initial=0)), last
    if low == high or law(high) > risk:
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if law(middle) <= risk else (middle, high)
    return high


def _where(asked: Bools, law: Callable[[Ints], float | Floats], ns: Ints) -> Floats:
    values = np.full(len(ns), np.nan)
    if asked.any():
        values[asked] = law(ns[asked])
    return values


def _best_bounds(pool: Pool, ns: Ints) -> Floats:
    """The smallest of the book's bounds at each n; nan where none can be asked."""
    if unasked(pool):
        return np.full(len(ns), np.nan)
    return np.array([min(bound.value for bound in pool.bounds(int(n))) for n in ns])


def _quantiles(tail: EmpiricalTail | None) -> tuple[float, ...] | None:
    if tail is None:
        return None
    order = np.argsort(tail.law.angles)
    mass = tail.law.weights[order].cumsum()
    return tuple(float(tail.law.angles[order][np.searchsorted(mass, q)]) for q in ANGLES)


def lines(study: Study) -> Iterator[str]:
    """The study as text for a terminal, a line at a time."""
    pool = study.pool
    yield (
        f"{pool.size} rows in the pool, {len(study.pool._test)} in the test, "
        f"{pool.dim} features of rank {pool.rank}, {pool.classes} classes"
    )
    yield from (f"note on {note}" for note in pool.notes)
    yield spectrum_line(pool)
    yield angles_line(study)
    yield ""
    yield f"{'n':>6} {'risk':>8}  {'95 % interval':<17} {'spectrum':>9} {'rows':>9} {'bound':>9}"
    for n, mean, low, high, *laws in table(study):
        interval = f"{low:.4f} to {high:.4f}"
        shown = " ".join(f"{value:>9.4f}" if value == value else f"{'-':>9}" for value in laws)
        yield f"{n:>6} {mean:>8.4f}  {interval:<17} {shown}"
    yield ""
    yield from answers(study)


def table(study: Study) -> Iterator[Row]:
    """Rows of n, risk, its interval, the two laws, the best bound."""
    c = study.curve
    return zip(
        c.n.tolist(), c.mean, c.low, c.high, study.spectrum, study.rows, study.bounds, strict=True
    )


def spectrum_line(pool: Pool) -> str:
    shares = np.cumsum(pool.eigenvalues) / pool.eigenvalues.sum()
    half, most = (int(np.searchsorted(shares, share)) + 1 for share in (0.5, 0.95))
    return f"half of the second moment is in {half} of {pool.rank} directions, 95 % in {most}"


def angles_line(study: Study) -> str:
    if study.angles is None:
        return "no angles: the teacher is not one linear logit of these features"
    shown = ", ".join(
        f"{np.degrees(a):.0f} ({q:.0%})" for a, q in zip(study.angles, ANGLES, strict=True)
    )
    return f"angles to the teacher in degrees, from the smallest: {shown}"


def answers(study: Study) -> Iterator[str]:
    """Sentences on the sample size: needed, predicted, guaranteed; and leave-one-out."""
    size, percent = study.size, f"{100 * study.risk:g} %"
    low, high = (end or "more than were tried" for end in size.interval)
    yield f"For a risk of {percent}:"
    yield f"  needed      {size.needed or 'not reached'} ({low} to {high}); {size.evidence}"
    for name, n in study.predicted.items():
        source = "second moment" if name == "spectrum" else "rows"
        yield f"  predicted   {n or 'not reached'}, from the {source} of the pool"
    yield from _guarantees(study)
    left = study.left_out
    yield (
        f"Leave-one-out on {len(left.logits)} rows says {left.risk:.2f} ({left.stderr:.2f}); too "
        "hopeful if the teacher was trained on them. So is everything above, if it was trained on "
        "the test half."
    )


def _guarantees(study: Study) -> Iterator[str]:
    """What the bounds guarantee; which were not asked, and why."""
    pool, size, why = study.pool, study.size, unasked(study.pool)
    if why:
        yield f"  guaranteed  nothing: no bound was asked, as {why}"
        return
    asked = [name for name in size.answers if not name.startswith("predicted")]
    if size.bound is None:
        yield f"  guaranteed  nothing: not reached by {' or '.join(map(_named, asked))}"
    else:
        sure = "on rows of the pool" if size.bound == PAIRS else "with probability 0.95"
        yield f"  guaranteed  {size.n}, by {_named(size.bound)}, {sure}"
    reasons: dict[str, list[str]] = {}
    for bound in pool.bounds(1):
        if bound.name not in asked:
            reasons.setdefault(bound.why, []).append(bound.name)
    told = (f"{', '.join(names)}: {reason}" for reason, names in reasons.items())
    yield f"  not asked   {'; '.join(told)}"


def _named(bound: str) -> str:
    """With its article, if it has no number."""
    return bound if bound[0].isupper() else f"the {bound}"
