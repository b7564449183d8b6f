"""Which examples are worth having: the transfer set chosen from a pool.

`choose` takes rows of data with a teacher's logits, one example a *row*; what a rule is worth
under rotational symmetry, for pools of any size, tell `chosen_angles` and `chosen_risk`.
"""

from __future__ import annotations

__all__ = ["Choice", "Chosen", "choose", "chosen_angles", "chosen_risk"]

from functools import singledispatch
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import scipy

from . import _curves
from ._checks import as_count, as_generator, as_number
from ._rows import Rows, as_logits, as_rows
from .chain import blocks, chain, symmetric
from .laws import RIGHT_ANGLE, AngleLaw, IsotropicLaw, PowerLaw
from .risk import Estimate, risk_of_tangent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Literal, TypeAlias

    from ._pool_answers import PoolStudent
    from ._rows import Given
    from ._types import ArrayLike, Count, Floats, Generator, Ints, Random
    from .pool import Pool
    from .tasks import SymmetricTask

    Rule: TypeAlias = Literal["greedy", "nearest", "spectrum", "random"]
    AngleRule: TypeAlias = Literal["nearest", "farthest", "random"]

APART = 1e-6  # of a row: what is closer to the span of others counts as in it
KNOWN = 1e-12  # of the largest logit: what is left of one below this is rounding
TIED = 1e-12  # relative: gains so close are equal, and the first row is taken
NOTHING = 1e-150  # of the longest row: shorter ones count as zero
SMALLEST = 1e-100  # radians, so that squared cotangents stay in range


class Chosen(NamedTuple):
    """Row numbers in the order in which they were chosen, and what is to be told of them."""

    indices: Ints
    notes: list[str]


class Choice(NamedTuple):
    """A chosen transfer set of a `Pool`, beside random ones of the same size.

    ``predicted`` is the share of the pool's other rows on which the student of the chosen ones
    disagrees with the teacher, ``measured`` that of the test half, with the standard error
    ``stderr`` that comes of counting test rows. ``random_predicted`` is what the law of the
    spectrum says of random sets (None where it does not speak, see `SpectrumLaw`),
    ``random_measured`` their mean risk on the test half, ``random_stderr`` its standard error.
    """

    indices: Ints
    predicted: float
    measured: float
    stderr: float
    random_predicted: float | None
    random_measured: float
    random_stderr: float
    notes: list[str]


def choose(
    X: Given, logits: ArrayLike, n: Count, rule: Rule = "greedy", rng: Random | None = None
) -> Chosen:
    r"""Rows of a pool that are worth having as a transfer set.

    Let P project onto the span of the rows that are chosen already, and
    :math:`\hat w` be their student.

    - ``"greedy"``: the row x with the largest :math:`|z - \hat w^\top x|^2 / |x - Px|^2`, the
      square of what it adds to the student. For the logits of a linear teacher it makes the
      angle after each step as small as one more row can (orthogonal least squares); for
      any others it makes the interpolant as long as it can, outliers first.
    - ``"nearest"``: the rows with the smallest angles to the teacher, :math:`|z|/|x|` largest.
    - ``"spectrum"``: without the logits. The row that takes most from
      :math:`\operatorname{tr} S(I-P)`, S the second moment of the rows: the mean squared error
      of the student for a teacher of which nothing is known.
    - ``"random"``.

    Of several classes, sums over the classes of squares, of logits with mean zero
    over the classes. A step costs O(N d).

    Parameters
    ----------
    X : array_like, frame or scipy.sparse, shape (N, d)
    logits : array_like, shape (N,) or (N, C)
        The teacher's, as in `Pool`.
    n : int
        At most N.
    rule : str
    rng : numpy.random.Generator, optional
        For ``"random"``.

    Returns
    -------
    Chosen
        ``indices`` are n different rows. Of equal ones (to twelve digits) the first is taken;
        of the rule nearest, zero rows come last. The rules greedy and spectrum stop before n when
        no row would add anything, and ``notes`` say so: at the rank of the rows, or when no
        further row would change the student. The rules nearest and random do not look whether
        a row adds anything; `Pool.choose` tells of what they chose.

    Raises
    ------
    ValueError
        If shapes do not fit, something is not finite, n is larger than N, or the rule unknown.
    TypeError
        If rng is no generator and the rule is ``"random"``.

    References
    ----------
    S. Chen, S. A. Billings and W. Luo, "Orthogonal least squares methods and their application
    to non-linear system identification" (1989).

    Examples
    --------
    >>> choose([[1, 0], [1, 1], [2, 2], [0, 3]], [2, 3, 6, 3], 2).indices
    array([1, 0])
    """
    table = as_rows("X", X, copy=False)
    return chosen(Rows(table), as_logits("logits", logits, table.shape[0]), n, rule, rng)


def chosen(rows: Rows, logits: Floats, n: Count, rule: str, rng: Random | None) -> Chosen:
    """`choose`, from features that are checked."""
    n = as_count("n", n)
    draw = None if rng is None and rule != "random" else as_generator("rng", rng)
    if not isinstance(rule, str) or rule not in ("greedy", "nearest", "spectrum", "random"):
        raise ValueError(
            f"rule: expected 'greedy', 'nearest', 'spectrum' or 'random', got {rule!r}"
        )
    if n > len(rows):
        raise ValueError(f"n: {n} rows of a pool of {len(rows)}")
    if draw is not None and rule == "random":
        return Chosen(draw.choice(len(rows), n, replace=False), [])
    left = _Left(rows, logits)
    if rule == "nearest":
        return _nearest(left, n)
    return _by_steps(left, n, left.gains if rule == "greedy" else _Seen(left).gains)


class _Left:
    """What the chosen rows leave of all the rows, scaled to length one, and of their logits.

    Attributes
    ----------
    squares : ndarray, shape (N,)
        Squared distances from the span of the chosen ones; 0 for those that count as in it.
    logits : ndarray, shape (N, C)
        What their student misses.
    basis : ndarray, shape (k, p)
        Of the span, orthonormal.
    """

    def __init__(self, rows: Rows, logits: Floats) -> None:
        self.rows, lengths = rows, rows.lengths()
        self.zero = lengths <= NOTHING * lengths.max()
        self.lengths = np.where(self.zero, 1.0, lengths)
        self.squares = np.where(self.zero, 0.0, 1.0)
        self.logits = logits / (np.abs(logits).max() or 1.0) / self.lengths[:, None]
        self.logits[self.zero] = 0.0
        self.logits /= np.abs(self.logits).max(initial=0.0) or 1.0
        self.basis: Floats = np.zeros((0, rows.width))

    def along(self, v: Floats) -> Floats:
        """Products (N,) of the rows with a vector."""
        return self.rows.times(v) / self.lengths

    def gains(self) -> Floats:
        """Squared length that each row would add to the student."""
        left = np.where(np.abs(self.logits) > KNOWN, self.logits, 0.0)
        return self.ratio(np.square(left).sum(axis=1))

    def ratio(self, value: Floats) -> Floats:
        return np.divide(value, self.squares, out=np.zeros_like(value), where=self.squares > 0)

    def take(self, i: int) -> Floats | None:
        """Choose row i: the new direction, or None if rounding left nothing of it."""
        x = self.rows.take(np.array([i]))[0] / self.lengths[i]
        for _ in range(2):  # twice is enough
            x = x - self.basis.T @ (self.basis @ x)
        size = float(np.linalg.norm(x))
        if size < APART:
            self.squares[i] = 0.0
            return None
        q = x / size
        along = self.along(q)
        self.logits -= along[:, None] * (self.logits[i] / size)
        self.squares -= np.square(along)
        self.squares[self.squares < APART**2] = 0.0
        self.squares[i], self.logits[i] = 0.0, 0.0
        self.basis = np.vstack([self.basis, q])
        return q


class _Seen:
    """The second moment that the chosen rows leave, x' (I-P) S (I-P) x, row by row."""

    def __init__(self, left: _Left) -> None:
        self.left, self.done = left, 0
        size, p = float(left.lengths.max()), left.rows.width
        self.moment: Floats = np.zeros((p, p))
        for _, A in left.rows.blocks():
            self.moment = self.moment + (A / size).T @ (A / size)
        self.own: Floats = np.concatenate(
            [((B @ self.moment) * B).sum(axis=1) for B in self._unit_rows()]
        )
        self.rounding = KNOWN * self.own.max(initial=0.0)

    def _unit_rows(self) -> Iterator[Floats]:
        for part, A in self.left.rows.blocks():
            yield A / self.left.lengths[part, None]

    def gains(self) -> Floats:
        """What each row would take from the trace."""
        for q in self.left.basis[self.done :]:
            seen = self.moment @ q
            along, across = self.left.along(q), self.left.along(seen)
            self.own += along * (along * (q @ seen) - 2 * across)
            self.moment -= np.outer(q, seen) + np.outer(seen - q * (q @ seen), q)
        self.done = len(self.left.basis)
        return self.left.ratio(np.where(self.own > self.rounding, self.own, 0.0))


def _by_steps(left: _Left, n: int, gains: Callable[[], Floats]) -> Chosen:
    """One row after the other, the one with the largest gain."""
    indices: list[int] = []
    while len(indices) < n:
        gain = gains()
        top = gain.max()
        if top <= 0:
            break
        i = int((gain >= (1 - TIED) * top).argmax())
        if left.take(i) is not None:
            indices.append(i)
    notes = []
    if len(indices) < n:
        spanned = not (left.squares > 0).any()
        why = "they span all rows" if spanned else "no further row would change their student"
        notes.append(f"rank: {len(indices)} rows are enough, {why}; n = {n} adds nothing")
    return Chosen(np.array(indices, dtype=np.int64), notes)


def _nearest(left: _Left, n: int) -> Chosen:
    cosines = np.sqrt(np.square(left.logits).sum(axis=1))
    mantissa, exponent = np.frexp(cosines)
    rounded = np.ldexp(np.round(mantissa * 2**40), exponent - 40)  # equals stay equal
    order = np.argsort(-np.where(left.zero, -1.0, rounded), kind="stable")[:n]
    zeros = int(left.zero[order].sum())
    return Chosen(order, [f"zero: {zeros} of the chosen rows are zero"] if zeros else [])


def from_pool(
    self: Pool,
    n: Count,
    rule: Rule = "greedy",
    n_sets: Count = 100,
    rng: Random | None = None,
) -> Choice:
    """Rows that are worth having as a transfer set, and what they are worth beside random ones.

    Parameters
    ----------
    n : int
        At most the pool's size.
    rule : str
        ``"greedy"``, ``"nearest"``, ``"spectrum"`` or ``"random"``, as in `choose`; it sees the
        pool alone, not the test half.
    n_sets : int
        Random sets to compare with, at least 2.
    rng : numpy.random.Generator, optional
        Seeded with 0 if not given.

    Returns
    -------
    Choice
        ``indices`` are numbers of rows in the pool, as `student` takes them.

    Raises
    ------
    ValueError
        If a number is out of its range, the rule unknown, or all logits are zero.
    numpy.linalg.LinAlgError
        If rounding hides the rank of the chosen rows, as of near copies.
    """
    n, rng = as_count("n", n), np.random.default_rng(0) if rng is None else as_generator("rng", rng)
    indices, notes = chosen(self._pool, self._logits, n, rule, rng)
    if not len(indices):
        raise ValueError("logits: they are all zero, so no row is worth more than another")
    student, law = self.student(indices), self.spectrum_law()
    curve = self.learning_curve([n], n_sets, rng)
    return Choice(
        indices,
        _share_of_others(self, student),
        student.risk,
        float(np.sqrt(student.risk * (1 - student.risk) / len(self._test))),
        float(law.risk(n)) if n <= law.last else None,
        float(curve.mean[0]),
        float(curve.stderr[0]),
        notes + list(_about(self, indices, rule)),
    )


def _share_of_others(pool: Pool, student: PoolStudent) -> float:
    """The share of the rows that were not chosen on which a student errs."""
    _, wrong = _curves.tested(pool._pool, pool._logits, student._weights[None])
    others = np.ones(pool.size, dtype=bool)
    if len(student.indices) < pool.size:
        others[student.indices] = False
    return float(wrong[others].mean())


def _about(pool: Pool, indices: Ints, rule: str) -> Iterator[str]:
    features = pool._pool.take(indices)
    lengths = np.linalg.norm(features, axis=1)
    rank = np.linalg.matrix_rank(features / np.where(lengths > 0, lengths, 1.0)[:, None])
    if rank < len(indices):
        yield f"rank: the {len(indices)} rows span only {rank} dimensions"
    if rule in ("greedy", "nearest") and not pool.exact:
        yield f"teacher: its logits are not linear in the features, and {rule} seeks outliers"


# Under rotational symmetry, without rows


def chosen_angles(
    task: SymmetricTask,
    n: Count,
    pool: Count,
    n_sets: Count,
    rng: Random,
    rule: AngleRule = "nearest",
) -> Floats:
    r"""Angles alpha(w_star, w_hat) of students of the n best examples of a pool, by their angles.

    A rule that sees angles alone leaves the rest of each example as it was, so that
    `student_angles` holds with the chosen angles for fresh ones. The smallest of N come one
    after the other from independent exponentials (Renyi), for N of any size:

    .. math:: -\log p(\theta_{(i)}) = \sum_{j\le i} \frac{E_j}{N - j + 1}

    Parameters
    ----------
    task : SymmetricTask
        For a law that is only a function of theta, angles are known to about 1e-16
        radians and to a probability of 1e-16; the laws of the library keep all digits.
    n : int
    pool : int
        N, at least n, and at most 2^53.
    n_sets : int
    rng : numpy.random.Generator or int
    rule : str
        ``"nearest"``, the n smallest angles of the pool; ``"farthest"``, the n largest, nearest
        to the decision boundary; or ``"random"``.

    Returns
    -------
    ndarray, shape (n_sets,)
        Radians.

    Raises
    ------
    TypeError
        If the task has no rotational symmetry.
    ValueError
        If a number is out of its range, or the rule unknown.
    """
    n, pool, n_sets = as_number("n", n), as_number("pool", pool), as_count("n_sets", n_sets)
    task, rng = symmetric(task), as_generator("rng", rng)
    if not isinstance(rule, str) or rule not in ("nearest", "farthest", "random"):
        raise ValueError(f"rule: expected 'nearest', 'farthest' or 'random', got {rule!r}")
    if n > pool:
        raise ValueError(f"pool: {pool} examples, of which n = {n} are to be chosen")
    phi = np.empty(n_sets)
    for block in blocks(n_sets):
        size = phi[block].size
        cotangents = _cotangents(task.tail, n, pool, size, rng, rule)
        if n < task.dim:
            for state in chain(task.dim, cotangents, rng):
                q = state
            phi[block] = np.arctan2(1, np.sqrt(q))
        else:
            phi[block] = _beyond(task.dim, cotangents, rng)
    return phi


def chosen_risk(
    task: SymmetricTask,
    n: Count,
    pool: Count,
    n_sets: Count,
    rng: Random,
    rule: AngleRule = "nearest",
) -> Estimate[float, int]:
    """Expected risk of students of the n best examples of a pool, by their angles.

    Each of the `chosen_angles` with its exact risk.

    Parameters
    ----------
    task, n, pool, n_sets, rng, rule
        As in `chosen_angles`; at least 2 sets.

    Returns
    -------
    Estimate

    Raises
    ------
    TypeError, ValueError
        As `chosen_angles`.
    """
    if as_count("n_sets", n_sets) < 2:
        raise ValueError("n_sets: a standard error needs at least 2 sets")
    phi = chosen_angles(task, n, pool, n_sets, rng, rule)
    tan = np.where(phi < RIGHT_ANGLE, np.tan(phi), np.inf)
    risks = np.asarray(risk_of_tangent(task)(tan))
    mean, whole = float(risks.mean()), float(risks.sum())
    stderr = float(risks.std(ddof=1) / np.sqrt(risks.size))
    return Estimate(mean, stderr, risks.size, float(risks.max()) / whole if whole else 0.0)


def _cotangents(
    law: AngleLaw, n: int, pool: int, size: int, rng: Generator, rule: str
) -> Iterator[Floats]:
    """Cotangents (size,) of the chosen angles, one example after the other."""
    if rule == "random":
        yield from (law.draw_tangent(size, rng) for _ in range(n))
        return
    below = np.zeros(size)  # -log of the chance of a value beyond the last one
    for i in range(n):
        below += rng.standard_exponential(size) / (pool - i)
        if rule == "nearest":
            yield 1 / np.tan(np.maximum(nearest_angle(law, below), SMALLEST))
        else:
            yield np.tan(law.elevation(-np.expm1(-below)))


@singledispatch
def nearest_angle(law: AngleLaw, log_beyond: Floats) -> Floats:
    """The angle theta with -log p(theta) = log_beyond."""
    return RIGHT_ANGLE - law.elevation(np.exp(-log_beyond))


@nearest_angle.register(PowerLaw)
def _(law: PowerLaw, log_beyond: Floats) -> Floats:
    return -np.expm1(-log_beyond / law.kappa) * (RIGHT_ANGLE - law.margin)


@nearest_angle.register(IsotropicLaw)
def _(law: IsotropicLaw, log_beyond: Floats) -> Floats:
    sine2 = scipy.special.betaincinv((law.dim - 1) / 2, 0.5, -np.expm1(-log_beyond))
    return np.arcsin(np.sqrt(sine2))


def _beyond(dim: int, cotangents: Iterator[Floats], rng: Generator) -> Floats:
    """Angles of n >= dim examples: 0, but if all are on the boundary or, in the plane, on a line.

    Two examples of the plane at one angle are on one line or on two, with equal chances.
    """
    first = next(cotangents)
    same = np.ones(first.size, dtype=bool)
    for cot in cotangents:
        if dim == 2:
            same &= (cot == first) & ((cot < 1e-15) | (rng.random(cot.size) < 0.5))
        else:
            same &= (cot < 1e-15) & (first < 1e-15)
    return np.where(same, np.arctan2(1, first), 0.0)
