"""Does one more example bring a student closer to its teacher?"""

from __future__ import annotations

__all__ = [
    "Monotonicity",
    "Share",
    "Step",
    "biased_steps",
    "hard_label_steps",
    "monotonicity_index",
    "rank_correlation",
]

from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

import numpy as np
import scipy

from ._checks import as_examples, as_extended, as_finite, as_generator, as_teacher
from .geometry import length, project, unit, vector_angle
from .margin import max_margin
from .students import hard_label_flow, signed_examples

if TYPE_CHECKING:
    from ._types import ArrayLike, Bools, Floats, Ints, Random

Value = TypeVar("Value")  # a float, or an array of floats

UNMOVED = 1e-12  # relative change of a student that is rounding
SURE = 1e-6  # smallest new part of a column of length one that QR is trusted with


class Step(NamedTuple):
    """What one more example does to learners.

    ``before`` and ``after`` are the angles between teacher and student in
    [0, pi] (radians), one row a learner, one column a transfer set; ``tied``
    says where the example left the student as it was.
    """

    before: Floats
    after: Floats
    tied: Bools


class Share(NamedTuple, Generic[Value]):
    """A share of transfer sets with a confidence interval (arrays: one entry a learner)."""

    value: Value
    low: Value
    high: Value


class Monotonicity(NamedTuple):
    """How often the angle falls, stays or rises.

    ``index`` is the paper's m, the share of sets in which the angle falls;
    ``moved`` the share of falls among the sets whose student moved at all.
    """

    index: Share[Floats]  # type: ignore[assignment]  # hides tuple.index
    ties: Share[Floats]
    rises: Share[Floats]
    moved: Share[Floats]


def biased_steps(X: ArrayLike, w_star: ArrayLike, deltas: ArrayLike, rng: Random) -> Step:
    r"""One more example for the students w_hat + delta q; delta 0 is the distilled one.

    One Gaussian vector g a transfer set serves every delta, before and after.
    One factorisation serves all: the last column of its basis is what the last
    example adds to the span.

    Parameters
    ----------
    X : array_like, shape (n_sets, d, n + 1)
        Transfer sets; the last example is the additional one.
    w_star : array_like, shape (d,)
        Only its direction counts.
    deltas : array_like, shape (k,)
        Each at least 0, in units of the length of w_star, unlike that of `biased_student`.
    rng : numpy.random.Generator or int

    Returns
    -------
    Step
        Arrays of shape (k, n_sets).

    Raises
    ------
    ValueError
        If a shape is wrong, an entry is not finite, n < 1, w_star is zero or a
        delta is negative.
    """
    X, w_star = _nested_sets(X, w_star)
    deltas = as_finite("deltas", deltas, ndim=1)
    if (deltas < 0).any():
        raise ValueError(f"deltas: expected numbers >= 0, got {deltas}")
    g = as_generator("rng", rng).standard_normal(X.shape[:2])
    teacher = np.broadcast_to(w_star, g.shape)
    hat, inside = project_nested(X, np.stack([teacher, g], axis=-1))
    q, delta = g - inside, deltas[:, None, None]
    scale = np.maximum(1, delta)  # angles do not depend on it, and nothing overflows
    before, after = (hat[i] / scale + delta / scale * q[i] for i in (0, 1))
    moved = length(after - before) > UNMOVED * length(before)
    return Step(_angles(before, w_star), _angles(after, w_star), ~moved)


def project_nested(X: Floats, v: Floats) -> Floats:
    """Projections onto the span of all columns but the last, and of all columns.

    Parameters
    ----------
    X : ndarray, shape (k, d, n + 1)
    v : ndarray, shape (k, d, m)
        m vectors for each set.

    Returns
    -------
    ndarray, shape (m, 2, k, d)
        By one QR factorisation, or by rank-revealing ones if a column adds
        little or nothing to the others.
    """
    Q, R = np.linalg.qr(np.swapaxes(unit(np.swapaxes(X, 1, 2)), 1, 2))
    if X.shape[2] > X.shape[1] or np.abs(np.diagonal(R, axis1=1, axis2=2)).min() < SURE:
        vectors, spans = np.moveaxis(v, -1, 0), (X[:, :, :-1], X)
        return np.array([[_projections(span, u) for span in spans] for u in vectors])
    coordinates = np.swapaxes(Q, 1, 2) @ v
    before = Q[:, :, :-1] @ coordinates[:, :-1]
    after = before + Q[:, :, -1:] * coordinates[:, -1:]
    return np.moveaxis(np.stack([before, after]), -1, 0)


def _projections(X: Floats, v: Floats) -> Floats:
    return np.array([project(*pair) for pair in zip(X, v, strict=True)])


def hard_label_steps(X: ArrayLike, w_star: ArrayLike, times: ArrayLike) -> Step:
    r"""One more example for students of hard labels, at several training times.

    A tie, at infinite time, is a new example whose margin is at least the
    smallest margin so far: it is no support vector.

    Parameters
    ----------
    X : array_like, shape (n_sets, d, n + 1)
        Transfer sets; the last example is the additional one.
    w_star : array_like, shape (d,)
    times : array_like, shape (k,)
        Increasing, above 0; infinity is the direction of largest margin.

    Returns
    -------
    Step
        Arrays of shape (k, n_sets).

    Raises
    ------
    ValueError
        As `hard_label_student` and `hard_label_flow`.
    """
    X, w_star = _nested_sets(X, w_star)
    times = np.atleast_1d(as_extended("times", times))
    if times.ndim > 1 or not (times > 0).all() or not (times[1:] > times[:-1]).all():
        raise ValueError(f"times: expected increasing numbers > 0, got {times}")
    finite, steps = times[np.isfinite(times)], []
    if finite.size:
        students = (hard_label_flow(part, w_star, finite) for part in (X[:, :, :-1], X))
        before, after = (_angles(w, w_star) for w in students)
        steps.append(Step(before, after, np.zeros(before.shape, dtype=bool)))
    if finite.size < times.size:
        steps.append(_margin_step(signed_examples(X, w_star), w_star))
    return Step(*map(np.concatenate, zip(*steps, strict=True)))


def _margin_step(Z: Floats, w_star: Floats) -> Step:
    """From the old support to the new one, for the sets whose new example enters it."""
    w, support = max_margin(Z[:, :, :-1])
    products = np.einsum("kd,kdn->kn", w, Z)
    size = np.linalg.norm(Z[:, :, -1], axis=1)
    tied = products[:, -1] >= products[:, :-1].min(axis=1) - UNMOVED * size
    start = np.c_[support, np.ones(len(Z), dtype=bool)][~tied]
    after = w.copy()
    after[~tied], _ = max_margin(Z[~tied], start)
    return Step(_angles(w, w_star)[None], _angles(after, w_star)[None], tied[None])


def _angles(w: Floats, w_star: Floats) -> Floats:
    """Between students and a teacher."""
    return np.asarray(vector_angle(w, w_star))


def _nested_sets(X: ArrayLike, w_star: ArrayLike) -> tuple[Floats, Floats]:
    w_star = as_teacher("w_star", w_star)
    X = as_examples("X", X, dim=w_star.size)
    if X.ndim != 3 or X.shape[2] < 2:
        raise ValueError(f"X: expected shape (n_sets, d, n + 1) with n >= 1, got {X.shape}")
    return X, unit(w_star)


def monotonicity_index(step: Step, level: float = 0.95) -> Monotonicity:
    r"""Falls, ties and rises of the angle, counted apart.

    .. math:: m = P\bigl[\,\angle(w_\star, w(x_1, \dots, x_{n+1}))
        < \angle(w_\star, w(x_1, \dots, x_n))\,\bigr]

    Parameters
    ----------
    step : Step
        From `biased_steps` or `hard_label_steps`.
    level : float
        Coverage of each interval (Clopper and Pearson: at least that much).

    Returns
    -------
    Monotonicity

    Raises
    ------
    ValueError
        If level is not between 0 and 1, or an angle is NaN.

    References
    ----------
    Phuong and Lampert (2019), section 5.3.
    """
    if not isinstance(step, Step):
        raise TypeError(f"step: expected a Step, got {type(step).__name__}")
    if np.isnan(step.before).any() or np.isnan(step.after).any():
        raise ValueError("step: an angle is NaN, and neither falls nor rises")
    falls = ~step.tied & (step.after < step.before)
    rises = ~step.tied & (step.after > step.before)
    falls, rises, sets = falls.sum(axis=-1), rises.sum(axis=-1), falls.shape[-1]
    counts = (falls, sets), (sets - falls - rises, sets), (rises, sets), (falls, falls + rises)
    return Monotonicity(*(share(*count, level) for count in counts))


def share(hits: ArrayLike, draws: ArrayLike, level: float = 0.95) -> Share[Floats]:
    """A share and its Clopper-Pearson interval; of no draws, the interval is [0, 1]."""
    hits, draws, level = np.asarray(hits), np.asarray(draws), float(as_finite("level", level, 0))
    if not 0 < level < 1:
        raise ValueError(f"level: expected a number between 0 and 1, got {level}")
    miss, quantile = (1 - level) / 2, scipy.special.betaincinv
    low = np.where(hits > 0, quantile(np.maximum(hits, 1), draws - hits + 1, miss), 0.0)
    rest = np.maximum(draws - hits, 1)
    high = np.where(hits < draws, quantile(hits + 1, rest, 1 - miss), 1.0)
    value = np.divide(hits, draws, out=np.full(hits.shape, np.nan), where=draws > 0)
    return Share(value, low, high)


def rank_correlation(x: Share[Floats], y: Share[Floats]) -> Share[float]:
    r"""Kendall's tau (tau-a, not Spearman's rho) of two estimated quantities, with an interval.

    .. math:: \tau = \frac{\#\text{concordant pairs} - \#\text{discordant pairs}}
        {\#\text{pairs}}

    A pair of learners whose order one of the intervals leaves open counts as
    either, so that the interval of tau is right whenever those of all
    entries are. Equal values count for neither.

    Parameters
    ----------
    x, y : Share
        Values and intervals, arrays of shape (k,), k at least 2.

    Returns
    -------
    Share
        ``value``, ``low``, ``high``.

    Raises
    ------
    ValueError
        If x and y are not of one length of at least 2, or hold NaN.

    References
    ----------
    M. G. Kendall, "A new measure of rank correlation" (1938).
    """
    for name, share in (("x", x), ("y", y)):
        if not isinstance(share, Share):
            raise TypeError(f"{name}: expected a Share, got {type(share).__name__}")
    if np.ndim(x.value) != 1 or np.shape(x.value) != np.shape(y.value) or np.size(x.value) < 2:
        raise ValueError(f"x, y: expected two or more of each, got {x.value}, {y.value}")
    for name, share in (("x", x), ("y", y)):
        if np.isnan(share).any():
            raise ValueError(f"{name}: holds NaN, which has no rank")
    i, j = np.triu_indices(len(x.value), 1)
    value = (np.sign(x.value[i] - x.value[j]) * np.sign(y.value[i] - y.value[j])).mean()
    order = _order(x, i, j) * _order(y, i, j)
    return Share(value, order.mean() - (order == 0).mean(), order.mean() + (order == 0).mean())


def _order(x: Share[Floats], i: Ints, j: Ints) -> Floats:
    """+1 or -1 where the intervals decide which of two is larger, else 0."""
    return (x.low[i] > x.high[j]).astype(float) - (x.high[i] < x.low[j])
