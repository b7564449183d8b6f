"""Bounds on the expected risk: Theorem 3, its corollaries, the integral bound."""

from __future__ import annotations

__all__ = [
    "Bound",
    "approximate_bound",
    "corollary1_bound",
    "corollary2_bound",
    "deviation_angle",
    "integral_bound",
    "margin_bound",
    "power_integral_bound",
    "theorem3_bound",
]

from typing import TYPE_CHECKING, overload

import numpy as np
import scipy

from ._checks import as_angle, as_finite, as_number, as_positive
from .laws import MISSED, RIGHT_ANGLE, AngleLaw, PowerLaw, TailLaw, as_law
from .quadrature import exp_up, log_poch
from .renamed import renamed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, Self, TypeAlias

    from ._types import ArrayLike, Count, Floats, Values
    from .laws import Tail
    from .tasks import PolynomialTask

    PowerTailed: TypeAlias = PowerLaw | PolynomialTask
    Split: TypeAlias = Callable[[Any, Any], Any]  # of numbers or arrays

# Two breakpoints closer than this are one: rounding cannot tell their order,
# and a bound read off the sliver between them could be too small.
SLIVER = 8 * np.finfo(float).eps
LEAST = np.finfo(float).smallest_subnormal


class Bound(float):
    """A number that the expected risk does not exceed.

    It is a float. Bounds are rounded up where a double is too coarse: one that is
    not 0 in truth is at least the smallest double.

    Attributes
    ----------
    value : float
        The same number.
    beta : float
        The splitting angle where an infimum is approached (radians); nan for
        bounds that split nothing.
    stderr : float
        The standard error of a bound that is a mean of draws; 0 for all others.

    Notes
    -----
    ``value, beta = bound`` takes the two apart.
    """

    beta: float
    stderr: float

    def __new__(cls, value: float, beta: float = np.nan, stderr: float = 0.0) -> Self:
        bound = super().__new__(cls, value)
        bound.beta, bound.stderr = float(beta), float(stderr)
        return bound

    @property
    def value(self) -> float:
        return float(self)

    def __iter__(self) -> Iterator[float]:
        return iter((self.value, self.beta))

    def __getnewargs__(self) -> tuple[Any, ...]:
        return self.value, self.beta, self.stderr

    def __repr__(self) -> str:
        at = "" if np.isnan(self.beta) else f", beta={self.beta!r}"
        at += f", stderr={self.stderr!r}" if self.stderr else ""
        return f"Bound({float(self)!r}{at})"


SplitBound = Bound  # its name before every bound was one


def _bound(log_value: float | Floats) -> Any:
    """A `Bound` from its logarithm, or an array of floats from an array."""
    value = exp_up(log_value)
    return value if np.ndim(value) else Bound(value)


def theorem3_bound(tail: Tail, n: Count) -> Bound:
    r"""Theorem 3, inequality (19).

    .. math:: E\,R(\hat w) \le \inf_{0 \le \beta \le \pi/2}
        \; p(\beta) + p(\pi/2 - \beta)^n

    Between the places where p(beta) or p(pi/2 - beta) jumps the function is
    continuous and is minimised by a grid in the logit and Brent's method; at a
    jump it takes the larger of its two sides, so the infimum need not be
    attained, and `beta` is then where it is approached. (Where the value underflows,
    `beta` is a place where the sum does.)

    Parameters
    ----------
    tail : task, AngleLaw or callable
        p, vectorised over theta. A law that knows its knots (or a task, which has one)
        gives the exact infimum; for a bare function with jumps the value is
        still a valid bound, if perhaps not the smallest.
    n : int
        Number of transfer examples.

    Returns
    -------
    Bound
        With ``beta`` (radians). Ten digits, for kappa of `PowerLaw` from 1e-8 to 1e8
        and n to 10^12; above the infimum, never below, but for rounding.

    Raises
    ------
    ValueError
        If n is not a whole number >= 1, or tail is not a tail.
    TypeError
        If tail is not callable.
    """
    return _split_infimum(as_law(tail), as_number("n", n))


def approximate_bound(tail: Tail, n: Count, delta: float) -> Bound:
    r"""Theorem D.1: students that are only near the projection.

    .. math:: E\,R(w) \le \inf_{0 \le \beta \le \pi/2}
        \; p(\beta) + p(\pi/2 - \delta - \beta)^n, \qquad p(\theta) = 1 \text{ for } \theta \le 0

    Parameters
    ----------
    tail : task, AngleLaw or callable
        As in `theorem3_bound`, which is the case delta = 0.
    n : int
    delta : float
        For *every* transfer set the student w makes an angle of at most delta
        with w_hat, as vectors, not as lines: see `deviation_angle`. In [0, pi/2],
        radians.

    Returns
    -------
    Bound
        With ``beta`` (radians).

    Raises
    ------
    ValueError
        If an argument is out of its range, or tail is not a tail.
    TypeError
        If tail is not callable.
    """
    delta = float(as_angle("delta", delta, ndim=0))
    return _split_infimum(as_law(tail), as_number("n", n), delta)


def deviation_angle(eta: ArrayLike) -> Values:
    r"""Lemma D.1 with its sharp constant: the angle that a relative error allows.

    .. math:: |w - \hat w| \le \eta\,|\hat w|, \; \eta < 1
        \;\Longrightarrow\; \angle(w, \hat w) \le \arcsin \eta

    Attained by the tangents from the origin to the ball around w_hat. (The
    paper has cos delta = (1 - eta)/(1 + eta), a larger angle.)

    Parameters
    ----------
    eta : float or array_like
        In [0, 1).

    Returns
    -------
    float or ndarray
        Radians.

    Raises
    ------
    ValueError
        If eta is not in [0, 1): from 1 on the ball holds the origin, and any
        angle is possible.
    """
    eta = as_finite("eta", eta)
    if (eta < 0).any() or (eta >= 1).any():
        raise ValueError(f"eta: expected numbers in [0, 1), got {eta}")
    return np.arcsin(eta)[()]


def _split_infimum(law: AngleLaw, n: int, delta: float = 0.0) -> Bound:
    """The infimum over beta of p(beta) + p(pi/2 - delta - beta)^n."""
    # A step outwards: the rounding of a sum with delta must not hide a jump.
    delta += SLIVER if delta else 0.0

    def split(beta: Any, rest: Any) -> Any:
        """At beta = pi/2 - rest: the smaller of the two has the digits."""
        hard = np.where(rest < beta, law.log_near(rest), law.log_tail(beta))
        easy = n * np.where(rest < beta, law.log_tail(rest - delta), law.log_near(beta + delta))
        # a sum that is not 0 is no smaller than the least double
        least = np.where(np.maximum(hard, easy) == -np.inf, 0.0, LEAST)
        return np.maximum(np.exp(hard) + np.exp(easy), least)

    ends = (0.0, RIGHT_ANGLE), (RIGHT_ANGLE, 0.0)
    found = [Bound(split(beta, rest), beta) for beta, rest in ends]
    breaks = _breakpoints(law, delta)
    wide = np.diff(breaks) > SLIVER
    low, high = breaks[:-1][wide], breaks[1:][wide]
    if law.staircase:
        return min(found + _smallest_step(split, (low + high) / 2))
    return min(found + [_smallest(split, *pair) for pair in zip(low, high, strict=True)])


def _breakpoints(law: AngleLaw, delta: float) -> Floats:
    knots = np.asarray(law.knots, dtype=float)
    above = RIGHT_ANGLE - delta - np.append(knots, 0.0)
    return np.sort(np.concatenate([[0.0, RIGHT_ANGLE], knots, above[above > 0]]))


def _smallest_step(split: Split, beta: Floats) -> list[Bound]:
    """The infimum of a staircase, from one beta on each step."""
    values = split(beta, RIGHT_ANGLE - beta)
    best = values.argmin()
    return [Bound(values[best], beta[best])]


def _smallest(split: Split, low: float, high: float, points: int = 801) -> Bound:
    """The infimum of `split` over the open interval."""
    inside = np.nextafter(low, high), np.nextafter(high, low)

    def place(y: Any) -> tuple[Any, Any]:
        """beta and its distance from pi/2, each with all its digits, from the logit y."""
        share, rest = scipy.special.expit(y), scipy.special.expit(-y)
        beta = np.clip(low + (high - low) * share, *inside)
        return beta, RIGHT_ANGLE - high + (high - low) * rest

    # the logit: to 36, or to 700 where both ends have all their digits
    whole = low == 0 and high == RIGHT_ANGLE
    y = (
        2 * np.sinh(np.linspace(-1, 1, points) * np.arcsinh(350))
        if whole
        else np.linspace(-36, 36, points)
    )
    values = split(*place(y))
    best = Bound(values.min(), place(y[values.argmin()])[0])
    dips = 1 + np.flatnonzero((values[1:-1] < values[:-2]) & (values[1:-1] <= values[2:]))
    for i in dips[np.argsort(values[dips])[:3]]:
        best = min(
            best, _zoomed(lambda y: split(*place(y)), lambda y: place(y)[0], y[i - 1], y[i + 1])
        )
    return best


def _zoomed(
    values_at: Callable[[Floats], Floats],
    beta_at: Callable[[float], float],
    low: float,
    high: float,
    rounds: int = 7,
) -> Bound:
    """The least value between low and high: a grid, and ever finer ones around its minimum."""
    for _ in range(rounds):
        y = np.linspace(low, high, 33)
        values = values_at(y)
        i = int(values.argmin())
        low, high = y[max(i - 1, 0)], y[min(i + 1, 32)]
    return Bound(values[i], beta_at(y[i]))


@renamed(gamma="margin")
def corollary1_bound(tail: Tail, n: Count, margin: float) -> Bound:
    r"""Corollary 1, the margin case: :math:`E\,R \le p(\gamma)^n`.

    Parameters
    ----------
    tail : task, AngleLaw or callable
    n : int
    margin : float
        An angular margin gamma, radians: no example lies within gamma of the
        decision boundary, p(pi/2 - gamma) = 0.

    Returns
    -------
    Bound

    Raises
    ------
    ValueError
        If margin is not in [0, pi/2], p(pi/2 - margin) is not zero, or n < 1.
    """
    return _power_at_margin(tail, margin, as_number("n", n))


@renamed(gamma="margin")
def margin_bound(tail: Tail, n: Count, margin: float) -> Bound:
    r"""One example more for the margin: :math:`E\,R \le p(\gamma)^{n+1}`.

    Ours, not the paper's. Under the margin every example, and so every
    student, is within pi/2 - gamma of the teacher. If one training example is
    within gamma, so is the student, and every test example is right. If the
    test example is within gamma, it is right whatever the student. An error
    needs all n + 1 angles to be gamma or more. Parameters and errors as
    `corollary1_bound`.
    """
    return _power_at_margin(tail, margin, as_number("n", n) + 1)


def _power_at_margin(tail: Tail, margin: float, n: int) -> Bound:
    law, margin = as_law(tail), float(as_angle("margin", margin, ndim=0))
    if law.near(margin) > 0:
        raise ValueError(
            f"margin: {margin} is not one, p(pi/2 - margin) = {law.near(margin):.3g} is not 0"
        )
    log_p = float(law.log_tail(margin))
    return Bound(0.0) if log_p == -np.inf else _bound(n * log_p)


@overload
def corollary2_bound(kappa: float | PowerTailed, n: Count) -> Bound: ...
@overload
def corollary2_bound(kappa: ArrayLike | PowerTailed, n: ArrayLike) -> Bound | Floats: ...
def corollary2_bound(kappa: ArrayLike | PowerTailed, n: ArrayLike) -> Bound | Floats:
    r"""Corollary 2, the polynomial case.

    .. math:: p(\theta) \le (1 - 2\theta/\pi)^\kappa
        \;\Longrightarrow\; E\,R \le \frac{1 + (\log n)^\kappa}{n^\kappa}

    Parameters
    ----------
    kappa : float, array_like, PolynomialTask or PowerLaw
        Above 0; of a task or a law with such a tail, its exponent.
    n : int or array_like of int
        At least 1.

    Returns
    -------
    Bound, or ndarray if an argument is one
        Ten digits, for values that a double holds.
    """
    kappa, n = _kappa_and_n(kappa, n)
    with np.errstate(divide="ignore"):
        return _bound(np.logaddexp(0, kappa * np.log(np.log(n))) - kappa * np.log(n))


@overload
def power_integral_bound(
    kappa: float | PowerTailed, n: Count, margin: float | None = None
) -> Bound: ...
@overload
def power_integral_bound(
    kappa: ArrayLike | PowerTailed, n: ArrayLike, margin: float | None = None
) -> Bound | Floats: ...
def power_integral_bound(
    kappa: ArrayLike | PowerTailed, n: ArrayLike, margin: float | None = None
) -> Bound | Floats:
    r"""The integral bound in closed form, for a polynomial tail with or without margin.

    .. math:: p(\theta) \le \Bigl(1 - \frac{\theta}{\pi/2 - \gamma}\Bigr)_+^\kappa
        \;\Longrightarrow\; E\,R \le p(\gamma)^{n+1}\, \kappa\, B(n\kappa + 1, \kappa)

    Without a margin it is Corollary 2 without its logarithm: for large n
    Gamma(kappa + 1) (n kappa)^{-kappa}, and 1/(n+1) for kappa = 1. With one,
    it is the factor by which the integral improves `margin_bound`.
    Ours, not the paper's.

    Parameters
    ----------
    kappa, n : array_like
        As in `corollary2_bound`.
    margin : float, optional
        gamma in [0, pi/2), radians; that of the law if one is given, else 0.

    Returns
    -------
    Bound, or ndarray if an argument is one
        Ten digits, for values that a double holds.
    """
    law = _power_law(kappa)
    margin = margin if margin is not None else law.margin if law else 0.0
    kappa, n = _kappa_and_n(law.kappa if law else kappa, n)
    log_reach = float(PowerLaw(1, margin).log_tail(margin))
    if log_reach == -np.inf:  # a margin of 45 degrees or more
        return Bound(0.0) if np.ndim(n * kappa) == 0 else np.zeros(np.shape(n * kappa))
    # kappa B(n kappa + 1, kappa) = Gamma(kappa + 1) / ((n kappa + 1)_kappa)
    log_beta = scipy.special.gammaln(kappa + 1) - log_poch(n * kappa + 1, kappa)
    return _bound(kappa * (n + 1) * log_reach + log_beta)


def _power_law(value: object) -> PowerLaw | None:
    """The law of a task or a law with a polynomial tail."""
    law = value if isinstance(value, AngleLaw) else getattr(value, "tail", value)
    return law if isinstance(law, PowerLaw) else None


def power_of(kappa: object) -> float:
    """kappa as a number above 0, or that of a task or law with a polynomial tail."""
    law = _power_law(kappa)
    if law is None:
        return as_positive("kappa", kappa)
    if law.margin:
        raise ValueError("kappa: expected a law without a margin")
    return law.kappa


def _kappa_and_n(kappa: Any, n: Any) -> tuple[Floats, Floats]:
    kappa = power_of(kappa) if _power_law(kappa) else kappa
    kappa, n = as_finite("kappa", kappa), as_whole("n", n)
    if (kappa <= 0).any():
        raise ValueError(f"kappa: expected numbers > 0, got {kappa}")
    return kappa, n


def as_whole(name: str, value: object) -> Floats:
    """Whole numbers from 1 to 2^53, as floats."""
    try:
        n = as_finite(name, value)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{name}: expected whole numbers from 1 to 2^53, got {value!r}") from error
    if (n < 1).any() or (n != np.round(n)).any() or (n > 2**53).any():
        raise ValueError(f"{name}: expected whole numbers from 1 to 2^53, got {value!r}")
    return n


def integral_bound(tail: Tail, n: Count, delta: float = 0.0) -> Bound:
    r"""The integral bound: Theorem 3 without the split.

    .. math:: E\,R(w) \le E\bigl[\, p(\pi/2 - \delta - \theta)^n \,\bigr],
        \qquad \theta \text{ an independent draw of the angle}

    for students within delta of the projection (delta = 0: the projection
    itself). An example at angle theta can be wrong only if no training example
    is within pi/2 - delta - theta of the teacher. Never above (19), or Theorem
    D.1, at any beta; and larger for a larger p, so that an upper band of p
    will do. Ours, not the paper's.

    Parameters
    ----------
    tail : task, AngleLaw or callable
        p. A bare function is taken to be continuous: give jumps and bends as
        the knots of a `TailLaw`.
    n : int
    delta : float
        As in `approximate_bound`.

    Returns
    -------
    Bound
        Nine digits, for values above 1e-290; a smaller one is rounded up to 1e-304.
        A law given by a function knows p to about 1e-16, and the bound to n times that.

    Raises
    ------
    ValueError
        If n is not a whole number >= 1, or tail is not a tail.
    """
    law, n, delta = as_law(tail), as_number("n", n), float(as_angle("delta", delta, ndim=0))
    # rounding of an angle must not hide a sum of pi/2: step outwards where p jumps
    shift = delta + (SLIVER if law.jumps else 0.0)
    breaks = delta + np.append(0.0, law.knots)
    known = max(1e-9, 1e-15 * n) if isinstance(law, TailLaw) else 1e-9  # a function's rounding
    value = law.expect(lambda psi: np.exp(n * law.log_tail(psi - shift)), breaks, known)
    never = law.log_tail(law.edge - shift) == -np.inf  # no example is as far off as that
    return Bound(min(value if never or law.staircase else value + MISSED, 1.0))
