"""Bounds on the expected risk: Theorem 3, its corollaries, the integral bound."""

__all__ = [
    "SampleSize",
    "approximate_bound",
    "corollary1_bound",
    "corollary2_bound",
    "deviation_angle",
    "integral_bound",
    "margin_bound",
    "power_integral_bound",
    "sample_size",
    "theorem3_bound",
]

from typing import NamedTuple

import numpy as np
import scipy

from ._checks import as_angle, as_count, as_finite
from .laws import RIGHT_ANGLE, PowerLaw, as_law
from .tasks import GaussianTask, MixtureTask, SymmetricTask

# Two breakpoints closer than this are one: rounding cannot tell their order,
# and a bound read off the sliver between them could be too small.
SLIVER = 8 * np.finfo(float).eps


class SplitBound(NamedTuple):
    """An infimum over the splitting angle, and where it is approached."""

    value: float
    beta: float


def theorem3_bound(tail, n):
    r"""Theorem 3, inequality (19).

    .. math:: E\,R(\hat w) \le \inf_{0 \le \beta \le \pi/2}
        \; p(\beta) + p(\pi/2 - \beta)^n

    Between the places where p(beta) or p(pi/2 - beta) jumps the function is
    continuous and is minimised by a grid in the logit and Brent's method; at a
    jump it takes the larger of its two sides, so the infimum need not be
    attained, and `beta` is then where it is approached.

    Parameters
    ----------
    tail : callable or AngleLaw
        p, vectorised over theta. A law that knows its knots (``task.tail``)
        gives the exact infimum; for a bare function with jumps the value is
        still a valid bound, if perhaps not the smallest.
    n : int
        Number of transfer examples.

    Returns
    -------
    SplitBound
        ``value`` and ``beta`` (radians).

    Raises
    ------
    ValueError
        If n is not a whole number >= 1, or tail is not a tail.
    TypeError
        If tail is not callable.
    """
    return _split_infimum(as_law(tail), as_count("n", n))


def approximate_bound(tail, n, delta):
    r"""Theorem D.1: students that are only near the projection.

    .. math:: E\,R(w) \le \inf_{0 \le \beta \le \pi/2}
        \; p(\beta) + p(\pi/2 - \delta - \beta)^n, \qquad p(\theta) = 1 \text{ for } \theta \le 0

    Parameters
    ----------
    tail : callable or AngleLaw
        As in `theorem3_bound`, which is the case delta = 0.
    n : int
    delta : float
        For *every* transfer set the student w makes an angle of at most delta
        with w_hat, as vectors, not as lines: see `deviation_angle`. In [0, pi/2],
        radians.

    Returns
    -------
    SplitBound
        ``value`` and ``beta`` (radians).

    Raises
    ------
    ValueError
        If an argument is out of its range, or tail is not a tail.
    TypeError
        If tail is not callable.
    """
    delta = float(as_angle("delta", delta, ndim=0))
    return _split_infimum(as_law(tail), as_count("n", n), delta)


def deviation_angle(eta):
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


def _split_infimum(law, n, delta=0.0):
    """The infimum over beta of p(beta) + p(pi/2 - delta - beta)^n."""
    # A step outwards: the rounding of a sum with delta must not hide a jump.
    delta += SLIVER if delta else 0.0

    def split(beta):
        return law(beta) + law.near(beta + delta) ** n

    ends = [SplitBound(float(split(beta)), beta) for beta in (0.0, RIGHT_ANGLE)]
    breaks = _breakpoints(law, delta)
    wide = np.diff(breaks) > SLIVER
    low, high = breaks[:-1][wide], breaks[1:][wide]
    if law.staircase:
        return min(ends + _smallest_step(split, (low + high) / 2))
    return min(ends + [_smallest(split, *pair) for pair in zip(low, high, strict=True)])


def _breakpoints(law, delta):
    knots = np.asarray(law.knots, dtype=float)
    above = RIGHT_ANGLE - delta - np.append(knots, 0.0)
    return np.sort(np.concatenate([[0.0, RIGHT_ANGLE], knots, above[above > 0]]))


def _smallest_step(split, beta):
    """The infimum of a staircase, from one beta on each step."""
    values = split(beta)
    return [SplitBound(float(values[i]), float(beta[i])) for i in [values.argmin()]]


def _smallest(split, low, high, points=561):
    """The infimum of `split` over the open interval."""
    inside = np.nextafter(low, high), np.nextafter(high, low)

    def to_beta(y):
        return np.clip(low + (high - low) * scipy.special.expit(y), *inside)

    y = np.linspace(-36, 36, points)
    values = split(to_beta(y))
    best = SplitBound(float(values.min()), float(to_beta(y[values.argmin()])))
    dips = 1 + np.flatnonzero((values[1:-1] < values[:-2]) & (values[1:-1] <= values[2:]))
    for i in dips[np.argsort(values[dips])[:3]]:
        found = scipy.optimize.minimize_scalar(
            lambda y: float(split(to_beta(y))),
            bounds=(y[i - 1], y[i + 1]),
            method="bounded",
            options={"xatol": 1e-9},
        )
        best = min(best, SplitBound(float(found.fun), float(to_beta(found.x))))
    return best


def corollary1_bound(tail, n, gamma):
    r"""Corollary 1, the margin case: :math:`E\,R \le p(\gamma)^n`.

    Parameters
    ----------
    tail : callable or AngleLaw
    n : int
    gamma : float
        An angular margin, radians: no example lies within gamma of the
        decision boundary, p(pi/2 - gamma) = 0.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If gamma is not in [0, pi/2], p(pi/2 - gamma) is not zero, or n < 1.
    """
    return _tail_at_margin(tail, gamma) ** as_count("n", n)


def margin_bound(tail, n, gamma):
    r"""One example more for the margin: :math:`E\,R \le p(\gamma)^{n+1}`.

    Ours, not the paper's. Under the margin every example, and so every
    student, is within pi/2 - gamma of the teacher. If one training example is
    within gamma, so is the student, and every test example is right. If the
    test example is within gamma, it is right whatever the student. An error
    needs all n + 1 angles to be gamma or more. Parameters and errors as
    `corollary1_bound`.
    """
    return _tail_at_margin(tail, gamma) ** (as_count("n", n) + 1)


def _tail_at_margin(tail, gamma):
    law, gamma = as_law(tail), float(as_angle("gamma", gamma, ndim=0))
    if law.near(gamma) > 0:
        raise ValueError(f"gamma: {gamma} is not a margin, p(pi/2 - gamma) = {law.near(gamma):.3g}")
    return float(law(gamma))


def corollary2_bound(kappa, n):
    r"""Corollary 2, the polynomial case.

    .. math:: p(\theta) \le (1 - 2\theta/\pi)^\kappa
        \;\Longrightarrow\; E\,R \le \frac{1 + (\log n)^\kappa}{n^\kappa}

    Parameters
    ----------
    kappa : float or array_like
        Above 0.
    n : int or array_like of int
        At least 1.

    Returns
    -------
    float or ndarray
    """
    kappa, n = _kappa_and_n(kappa, n)
    return (1 + np.log(n) ** kappa) / n**kappa


def power_integral_bound(kappa, n, margin=0.0):
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
    margin : float
        gamma in [0, pi/2), radians.

    Returns
    -------
    float or ndarray
    """
    kappa, n = _kappa_and_n(kappa, n)
    reach = PowerLaw(1, margin)(margin) if margin else 1.0
    return reach ** (kappa * (n + 1)) * kappa * scipy.special.beta(n * kappa + 1, kappa)


def _kappa_and_n(kappa, n):
    kappa, n = as_finite("kappa", kappa), as_finite("n", n)
    if (kappa <= 0).any():
        raise ValueError(f"kappa: expected numbers > 0, got {kappa}")
    if (n < 1).any() or (n != np.round(n)).any():
        raise ValueError(f"n: expected whole numbers >= 1, got {n}")
    return kappa, n


def integral_bound(tail, n, delta=0.0):
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
    tail : callable or AngleLaw
        p. A bare function is taken to be continuous: give jumps and bends as
        the knots of a `TailLaw`.
    n : int
    delta : float
        As in `approximate_bound`.

    Returns
    -------
    float
        To nine digits, for values above 1e-60.

    Raises
    ------
    ValueError
        If n is not a whole number >= 1, or tail is not a tail.
    """
    law, n, delta = as_law(tail), as_count("n", n), float(as_angle("delta", delta, ndim=0))
    # rounding of an angle must not hide a sum of pi/2: step outwards
    breaks = delta + np.append(0.0, law.knots)
    return law.expect(lambda psi: law(psi - delta - SLIVER) ** n, breaks)


class SampleSize(NamedTuple):
    """How many transfer examples are enough, and who says so.

    ``n`` is the smallest answer, ``bound`` the name of the bound that gave it,
    ``answers`` all of them: name -> n, or None where a bound never gets there.
    """

    n: int
    bound: str
    answers: dict


def sample_size(task, risk):
    """How many transfer examples guarantee an expected risk of at most `risk`?

    Every bound that applies is asked for its smallest n: Theorem 3, the integral
    bound, Corollary 1 and the margin bound where there is a margin, Corollary 2
    for a polynomial tail, and (18), which answers d at once where d examples
    are sure to span the space.

    Parameters
    ----------
    task : task, AngleLaw or callable
        A tail alone, such as the upper band of `empirical_tail`, has no d: then
        (18) is silent.
    risk : float
        0, or in [1e-60, 1).

    Returns
    -------
    SampleSize
        ``n``, ``bound`` and ``answers``, searched up to n = 2^40.

    Raises
    ------
    ValueError
        If risk is out of its range, or no bound attains it.
    """
    risk = float(as_finite("risk", risk, ndim=0))
    if not (risk == 0 or 1e-60 <= risk < 1):
        raise ValueError(f"risk: expected 0, or a number in [1e-60, 1), got {risk}")
    law = as_law(getattr(task, "tail", task))
    answers = {name: _smallest_n(f, risk) for name, f in _bounds_of(law).items()}
    if _is_sure_to_span(task):
        answers["(18)"] = task.dim
    found = {name: n for name, n in answers.items() if n is not None}
    if not found:
        raise ValueError(f"risk: no bound attains {risk:.3g} with up to 2^40 examples")
    best = min(found, key=found.get)
    return SampleSize(found[best], best, answers)


def _bounds_of(law):
    """The bounds that apply, as functions of n; each falls once it is below 1."""
    f = {
        "integral bound": lambda n: integral_bound(law, n),
        "Theorem 3": lambda n: theorem3_bound(law, n).value,
    }
    if law.edge:
        p = float(law(law.edge - SLIVER))  # every smaller gamma is a margin
        f |= {"margin bound": lambda n: p ** (n + 1), "Corollary 1": lambda n: p**n}
    if isinstance(law, PowerLaw):
        f["Corollary 2"] = lambda n: corollary2_bound(law.kappa, n)
    return f


def _smallest_n(bound, risk, most=2**40):
    """The first n with bound(n) <= risk, to nine digits, by doubling and bisection."""

    def enough(n):
        return bound(n) <= risk * (1 + 1e-9)

    if risk == 0:  # a bound that is not zero at once never is: later zeros are underflow
        return 1 if enough(1) else None
    if not enough(most):
        return None
    high = 1
    while not enough(high):
        high *= 2
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def _is_sure_to_span(task):
    """Whether d examples leave no risk, almost surely."""
    if isinstance(task, SymmetricTask) and task.dim == 2:  # an atom may be drawn twice
        knots = np.asarray(task.tail.knots, dtype=float)
        return bool((task.tail(knots) == task.tail(np.nextafter(knots, 2))).all())
    return isinstance(task, SymmetricTask | MixtureTask | GaussianTask)
