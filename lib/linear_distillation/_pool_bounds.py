"""What the book's bounds say about a pool, how many examples it needs, and what is unusual."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import scipy

from ._pool_answers import PoolBound
from .bounds import SLIVER, integral_bound, theorem3_bound
from .class_risk import pair_terms, split_term
from .geometry import length, line_angle
from .laws import AtomicLaw
from .sizes import _first, first_below
from .spectrum import as_risk
from .tasks import empirical_tail

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ._pool_answers import Curve
    from ._types import Count, Floats, Random
    from .pool import Pool
    from .tasks import EmpiricalTail

UNEVEN = 100  # ratio of standard deviations from which scales are told
CENTRED = 0.25  # of a column's root mean square: a mean below it counts as 0, or 4 / sqrt(N)
CROWDED = 10  # rows of the pool a rank, below which pools of one source differ by 2 % or more
PAIRS = "sum over pairs of classes"
OF_ONE_LOGIT = "Theorem 3", "integral bound", "Corollary 1", "margin bound", "parallel bound"


def notes(pool: Pool) -> Iterator[str]:
    """What is unusual about the data, in sentences that begin with a word on what."""
    moments, data = pool._moments, pool._pool.data
    if not pool._lift:
        yield from _about_columns(pool)
    if moments.doubtful:
        yield f"rank: rounding hides it; it is taken to be {pool.rank}"
    if not moments.exact and not pool._lift:
        share = np.trace(moments.misfit) / np.square(pool._logits).mean(axis=0).sum()
        yield (
            f"teacher: {100 * share:.3g} % of the logits' second moment is not linear in the "
            "features, and acts like noise"
        )
    if pool.size < CROWDED * pool.rank:
        yield (
            f"pool: {pool.size} rows for a rank of {pool.rank}; the curve is that of these rows, "
            "and another pool of so few has another one"
        )
    if scipy.sparse.issparse(data) or np.mean(data == 0) > 0.5:
        yield "sparse: most entries are 0; there the law is weaker, often too pessimistic"
    undecided = int((np.abs(pool._test_logits).max(axis=1) == 0).sum())
    if undecided:
        yield f"test: {undecided} test rows have logit 0, on which every student is wrong"


def _about_columns(pool: Pool) -> Iterator[str]:
    moments, d = pool._moments, pool.dim_of_rows
    second, mean = np.diag(moments.second)[:d], moments.mean[:d]
    rms, spread = np.sqrt(second), np.sqrt(np.maximum(second - mean**2, 0))
    centred = (np.abs(mean) <= max(CENTRED, 4 / np.sqrt(pool.size)) * rms).all()
    still = spread <= 1e-6 * rms
    moving = spread[~still]
    if moving.size and moving.max() > UNEVEN * moving.min():
        yield (
            f"scale: standard deviations of columns differ by a factor of "
            f"{moving.max() / moving.min():.2g}; a student sees large columns more"
        )
    if pool.intercept or (still & (rms > 0)).any():  # a constant column is one, too
        return
    if not moments.exact and moments.with_intercept:
        yield "intercept: the logits are linear with an intercept, which the student lacks"
    elif moments.exact and not centred:
        yield (
            "centring: they are linear without an intercept, but the columns are not centred; "
            "are they a model's coefficients without its intercept?"
        )


def tail(pool: Pool, level: float, pair: tuple[Count, Count] | None) -> EmpiricalTail:
    """`empirical_tail` of the pool's angles with its teacher."""
    return empirical_tail(_sides(pool, pair), [1.0, 0.0], level)


def _sides(pool: Pool, pair: tuple[Count, Count] | None) -> Floats:
    """Parts of the rows along the teacher and across it, (2, size)."""
    e = _direction(pool, pair)
    sides = np.empty((2, pool.size))
    for part, A in pool._pool.blocks():
        along = A @ e
        sides[:, part] = along, length(A - along[:, None] * e)
    zero = ~sides.any(axis=0)
    if zero.any():
        raise ValueError(f"X: row {pool.rows[zero.argmax()]} is zero, and has no angle")
    return sides


def _direction(pool: Pool, pair: tuple[Count, Count] | None) -> Floats:
    if not pool.exact:
        raise ValueError("logits: they are not linear in the features, so there are no angles")
    weights = pool._moments.weights
    if weights.shape[1] > 1:
        a, b = _as_pair(pool, pair)
        weights = weights[:, [a]] - weights[:, [b]]
    elif pair is not None:
        raise ValueError("pair: there is one logit, of one class against the other")
    size = float(length(weights[:, 0]))
    if size == 0:
        raise ValueError("logits: they are all zero, so there are no angles")
    return weights[:, 0] / size


def _as_pair(pool: Pool, pair: object) -> Sequence[int]:
    classes = range(pool._logits.shape[1])
    if not (isinstance(pair, (tuple, list)) and len(pair) == 2 and pair[0] != pair[1]):
        raise ValueError(f"pair: expected two classes, got {pair!r}")
    if not all(c in classes for c in pair):
        raise ValueError(f"pair: expected two of {len(classes)} classes, got {pair!r}")
    return pair


def unasked(pool: Pool) -> str | None:
    """Why no bound can be asked, if none can: all of them see angles."""
    weights = pool._moments.weights
    if not pool.exact:
        return "the logits are not linear in the features, so there are no angles"
    if pool.zero_rows:
        return "a row of the pool is zero, and has no angle"
    if not weights.any():
        return "the logits are all zero, so there are no angles"
    pairs = combinations(weights.T, 2)
    return "two classes have the same logits" if any((a == b).all() for a, b in pairs) else None


def bounds(pool: Pool, n: int, level: float) -> list[PoolBound]:
    """A row for each of the book's bounds: what it says, or why it says nothing."""
    return _of_pairs(pool, n) if pool._logits.shape[1] > 1 else _of_one_logit(pool, n, level)


def _of_pairs(pool: Pool, n: int) -> list[PoolBound]:
    chance, why = 1 - 1 / pool.classes, "it is never below the sum"
    total, split = (min(1.0, value) for value in _pairs_bounds(pool, n))
    return [
        PoolBound(PAIRS, total, None, total < chance),
        PoolBound("split over pairs of classes", split, None, split < chance, why),
        *(_silent(name, "of one logit; the sum has a term for each pair") for name in OF_ONE_LOGIT),
    ]


def _of_one_logit(pool: Pool, n: int, level: float) -> list[PoolBound]:
    found = tail(pool, level, None)
    rows = []
    for name, bound in ("Theorem 3", theorem3_bound), ("integral bound", integral_bound):
        value, upper = (min(1.0, float(bound(law, n))) for law in (found.law, found.upper))
        rows.append(PoolBound(name, value, upper, value < 0.5))
    p = float(found.law(found.law.edge - SLIVER)) if found.law.edge else 1.0  # at the rows' margin
    why = "no sample shows a margin" if found.law.edge else "a row lies on the boundary"
    for name, power in ("Corollary 1", n), ("margin bound", n + 1):
        rows.append(PoolBound(name, p**power, 1.0, p**power < 0.5, why))
    centred = "no sample shows that the rows at each angle are centred"
    one = "there is one pair, whose sum is the integral bound"
    return [*rows, _silent("parallel bound", centred), _silent(PAIRS, one)]


def _silent(name: str, why: str) -> PoolBound:
    return PoolBound(name, 1.0, None, False, why)


def _pairs(pool: Pool) -> Iterator[tuple[AtomicLaw, Floats]]:
    """For each pair of classes the tail, and the angles of rows of the two."""
    classes = pool._logits.argmax(axis=1)
    for a, b in combinations(range(pool._logits.shape[1]), 2):
        theta = np.atleast_1d(line_angle([1.0, 0.0], _sides(pool, (a, b)).T))
        yield AtomicLaw(theta), theta[(classes == a) | (classes == b)]


def _pairs_bounds(pool: Pool, n: int) -> tuple[float, float]:
    """The bound by pairs at the observed tails, and its form with a splitting angle a pair."""
    total, split = 0.0, 0.0
    for law, here in _pairs(pool):
        weights = np.full(here.size, 1 / pool.size)
        total += float(weights @ pair_terms(law, here, n))
        split += split_term(law, here, weights, n)
    return total, split


def sample_size(
    pool: Pool, risk: float, n_sets: Count, rng: Random | None, n_jobs: Count
) -> tuple[
    int | None, str | None, dict[str, int | None], int | None, str, tuple[int | None, int | None]
]:
    """Fields of a `SampleSize`."""
    risk = as_risk(risk)
    answers = _guaranteed(pool, risk)
    known = {name: n for name, n in answers.items() if n is not None}
    best = min(known, key=lambda name: known[name]) if known else None
    answers["predicted by the spectrum (no guarantee)"] = (
        pool.spectrum_law().sample_size(risk).needed
    )
    curve = _around(pool, risk, n_sets, rng, n_jobs)
    ends = [first_below(curve.n, values, risk) for values in (curve.low, curve.mean, curve.high)]
    evidence = f"measured: {curve.draws} transfer sets on {len(pool._test)} test rows"
    if ends[1] is None:
        evidence = f"more than {curve.n[-1]}; {evidence}"
    n = None if best is None else known[best]
    return n, best, answers, ends[1], evidence, (ends[0], ends[2])


def _guaranteed(pool: Pool, risk: float) -> dict[str, int | None]:
    """The first n of each bound; of pairs, for students and tests of rows of the pool."""
    if unasked(pool):
        return {}
    if pool._logits.shape[1] > 1:
        pairs = list(_pairs(pool))

        def over_pairs(n: int) -> float:
            return sum(float(pair_terms(*pair, n).sum()) for pair in pairs) / pool.size

        return {PAIRS: _first(over_pairs, risk)}
    upper = tail(pool, 0.95, None).upper
    return {
        "Theorem 3": _first(lambda n: theorem3_bound(upper, n), risk),
        "integral bound": _first(lambda n: integral_bound(upper, n), risk),
    }


def _around(
    pool: Pool, risk: float, n_sets: Count, rng: Random | None, n_jobs: Count, points: int = 24
) -> Curve:
    """A curve that is fine where its interval crosses the risk."""
    last = min(pool.size, max(2, 2 * pool.rank))
    ns = np.unique(np.geomspace(1, last, points).astype(int))
    curve = pool.learning_curve(ns, n_sets, rng, n_jobs)
    above = np.flatnonzero(curve.low > risk)
    below = np.flatnonzero(curve.high <= risk)
    low = ns[above[above < (below[0] if below.size else len(ns))][-1]] if above.size else 1
    high = ns[below[0]] if below.size else last
    fine = np.unique(np.linspace(low, high, 2 * points).astype(int))
    return pool.learning_curve(fine, n_sets, rng, n_jobs)
