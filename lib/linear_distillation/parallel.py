"""The parallel law: what n examples know together, and the exact expected risk under symmetry.

Examples combine like resistors in parallel: each has the conductance cot^2(theta),
conductances add, and tan^2(phi) of the student is about the resistance of them all.
"""

from __future__ import annotations

__all__ = [
    "envelope",
    "envelope_bound",
    "exact_expected_risk",
    "leaning_resistance",
    "parallel_bound",
    "parallel_factors",
    "power_bound",
    "tan_moment",
    "tangent_point",
    "tangent_spread",
]

import warnings
from typing import TYPE_CHECKING

import numpy as np

from ._checks import (
    RangeWarning,
    as_angle,
    as_dim,
    as_finite,
    as_flag,
    as_number,
    as_positive,
)
from ._envelope import envelope, envelope_bound, law_and_dim, tangent_point
from .bounds import Bound, power_of
from .chain import symmetric, unspanned
from .exact import all_met, arcsine_rule, own_rule
from .geometry import project
from .laws import RIGHT_ANGLE, AtomicLaw, PowerLaw
from .quadrature import LEAST_LOG, beta_rule, exp_up, exponential_rule, log_integral, log_poch
from .student_risk import angle_risk
from .tables import expected_risk_met, parallel_met

if TYPE_CHECKING:
    from ._types import ArrayLike, Count, Floats, Values
    from .bounds import PowerTailed
    from .exact import Factors
    from .laws import AngleLaw, Tail
    from .tasks import SymmetricTask


def tan_moment(theta: ArrayLike, dim: Count, power: float = 2.0) -> float:
    r"""Mean of tan^power(phi) of the student, given the angles of its examples.

    Under rotational symmetry, with c_i = cot(theta_i) and n < d,

    .. math:: E[\tan^\kappa\phi \mid \theta_1, \dots, \theta_n]
        = \frac{\Gamma(\frac{d-n+\kappa}2)}{\Gamma(\frac{d-n}2)\,\Gamma(\frac\kappa2)}
        \int_0^{1/\max c_i^2} \lambda^{\kappa/2-1}
        \prod_i (1 - \lambda c_i^2)^{(d-3)/2}\, d\lambda

    Ours, not the paper's.

    Parameters
    ----------
    theta : array_like, shape (n,)
        Angles of the examples to the teacher in (0, pi/2), radians.
    dim : int
        d, at least 3 and above n.
    power : float
        kappa, above 0.

    Returns
    -------
    float
        To ten digits while power is at most 10^4; beyond, the relative error is
        about 10^-15 times the logarithm of the gamma functions, which grows like power.

    Raises
    ------
    ValueError
        If an angle is 0 or pi/2, n >= dim, dim < 3 or power <= 0, or the mean is
        outside the range of a double.
    """
    theta, power = as_angle("theta", theta, ndim=1), as_positive("power", power)
    _inside(theta)
    d, n = as_dim(dim), theta.size
    _room(n, d)
    log_cot2 = -2 * np.log(np.tan(theta))
    log_mean = _log_gain(d, n, power) + _log_reach_given(log_cot2, d, power / 2)
    if abs(log_mean) > 708:
        raise ValueError(f"power: the mean is exp({log_mean:.6g}), outside the range of a double")
    return float(np.exp(log_mean))


def leaning_resistance(theta: ArrayLike, means: ArrayLike) -> float:
    r"""The parallel law without centring: a bound on tan^2(phi), given the angles.

    .. math:: E[\tan^2\phi \mid \theta_1, \dots, \theta_n] \le
        \min_{a\cdot c=1} a^\top M a = \frac{1}{c^\top M^{-1} c}, \qquad
        M_{ii} = 1,\ M_{ij} = m_i \cdot m_j

    with c_i = cot(theta_i), for independent examples whose unit parts u_i
    orthogonal to the teacher have the means m_i given the angles. It is
    tan^2 of the student of n examples with these angles and with parts
    :math:`m_i + (1 - |m_i|^2)^{1/2} f_i`, the f_i orthonormal and orthogonal to
    all means; so it is computed, also where M has no inverse. Ours, not the paper's.

    Parameters
    ----------
    theta : array_like, shape (n,)
        Angles of the examples to the teacher in (0, pi/2), radians.
    means : array_like, shape (m, n)
        The mean of each u_i, one a column, at most 1 in length, in any
        coordinates orthogonal to the teacher; with zeros, 1 / sum c_i^2.

    Returns
    -------
    float
        Rounded up to 5e-324, and told by a `RangeWarning`, if it is smaller.

    Raises
    ------
    ValueError
        If an angle is 0 or pi/2, a mean is longer than 1 or the shapes do not fit;
        ``numpy.linalg.LinAlgError``, a subclass, if rounding hides the rank.

    Examples
    --------
    >>> round(leaning_resistance([np.pi / 4] * 2, [[0.6, 0.6]]), 12)  # (1 + 0.36) / 2
    0.68
    """
    theta, means = as_angle("theta", theta, ndim=1), as_finite("means", means)
    _inside(theta)
    if means.ndim != 2 or means.shape[1] != theta.size:
        raise ValueError(f"means: expected {theta.size} columns, got shape {means.shape}")
    left = 1 - (means**2).sum(axis=0)
    if (left < -1e-12).any():
        raise ValueError("means: expected lengths of at most 1, which unit vectors have")
    size = np.tan(theta.min())  # 1 over the largest cotangent
    X = np.vstack([size / np.tan(theta), means, np.diag(np.sqrt(np.maximum(left, 0)))])
    w = project(X, np.eye(len(X))[0])  # its parts are cos^2 and sin cos of its angle to e
    value = float((w[1:] @ w[1:]) / w[0] ** 2)
    if size < 1e-140 and value > 0:
        return _small(2 * float(np.log(size)) + float(np.log(value)))
    return float(size**2) * value


def _small(log: float) -> float:
    """A bound that is too small for a double is rounded up, and told."""
    if log < LEAST_LOG:
        message = f"leaning_resistance: exp({log:.6g}) is below the floating-point range"
        warnings.warn(message, RangeWarning, stacklevel=3)
    return float(exp_up(log))


def _inside(theta: Floats) -> None:
    if not ((theta > 0) & (theta < RIGHT_ANGLE)).all():
        raise ValueError("theta: expected angles inside (0, pi/2)")


def _log_gain(d: int, n: int, power: float) -> float:
    """log of E[tan^power(phi)] over E[Lambda^(power/2)], see `exact_expected_risk`."""
    return float(log_poch((d - n) / 2, power / 2) - log_poch(1.0, power / 2))


def _log_reach_given(log_cot2: Floats, d: int, s: float) -> float:
    """log E[Lambda^s] for these angles, integrated over the logit z of v = lambda max c_i^2."""
    share = np.exp(log_cot2 - log_cot2.max())[:, None]

    def log_mass(z: Floats) -> Floats:
        log_v, log_rest = -np.logaddexp(0, -z), -np.logaddexp(0, z)
        # log(1 - share v), to all digits for small v and for v close to 1
        close = np.log((1 - share) + share * np.exp(log_rest))
        left = np.where(z < 0, np.log1p(-share * np.exp(np.minimum(log_v, -0.5))), close)
        return s * log_v + log_rest + (d - 3) / 2 * left.sum(axis=0)

    low = -40.0 - np.log(d * log_cot2.size)  # below, every factor is 1
    return log_integral(log_mass, s, "tan_moment", low) - s * log_cot2.max()


def parallel_factors(n: Count, dim: Count, power: float = 2.0) -> tuple[float, float]:
    r"""How far from the parallel law the mean of tan^power(phi) can be, under symmetry.

    .. math:: \frac{(\frac{d-n}2)_s}{(\frac{d-1}2)_s} \;\le\;
        \Bigl(\sum_i\cot^2\theta_i\Bigr)^{s}\, E[\tan^{2s}\phi \mid \theta_1,\dots,\theta_n]
        \;\le\; \frac{n^{s}\,(\frac{d-n}2)_s}{(\frac{n(d-3)}2+1)_s},

        (x)_s = \frac{\Gamma(x+s)}{\Gamma(x)},\ s = \tfrac\kappa2

    For power 2: (d-n)/(d-1) and (d-n)/(d-3+2/n). The upper end is reached by
    equal angles, the lower one in the limit of one example far better than the
    rest. Ours, not the paper's.

    Parameters
    ----------
    n : int
    dim : int
        d, at least 3 and above n.
    power : float
        kappa, above 0.

    Returns
    -------
    tuple of float
        Lower and upper, to ten digits while power is at most 10^4. What a double
        cannot hold is rounded away from the mean.
    """
    n, d, s = as_number("n", n), as_dim(dim), as_positive("power", power) / 2
    _room(n, d)
    log_free = log_poch((d - n) / 2, s)
    lower = np.exp(log_free - log_poch((d - 1) / 2, s))
    upper = exp_up(s * np.log(n) + log_free - log_poch(n * (d - 3) / 2 + 1, s))
    return float(lower), float(upper)


def tangent_spread(n: Count, dim: Count) -> float:
    r"""How far tan^2(phi) sum_i cot^2(theta_i) can be from (d-n)/(d-1), in mean square.

    Under rotational symmetry and n < d, whatever the angles of the examples,

    .. math:: E\Bigl[\Bigl(\tan^2\phi \sum_i\cot^2\theta_i - \frac{d-n}{d-1}\Bigr)^2
        \Bigm| \theta_1, \dots, \theta_n\Bigr] \;\le\;
        \frac{n^2(d-n)(d-n+2)}{(n(d-3)+2)(n(d-3)+4)} - \Bigl(\frac{d-n}{d-1}\Bigr)^2 ,

    the upper end of the mean square less the square of the lower end of the mean, see
    `parallel_factors`. It is of order 1/d for n/d to a limit below one. Ours, not the paper's.

    Parameters
    ----------
    n : int
    dim : int
        d, at least 3 and above n.

    Returns
    -------
    float
        0 for one example.

    Raises
    ------
    ValueError
        If n or dim is out of its range.
    """
    n, d = as_number("n", n), as_dim(dim)
    _room(n, d)
    size, left, flat = float(n), float(d - n), float(d - 3)
    # over a common denominator, where nothing cancels for n > 1
    above = 2 * (flat + 2) ** 2 + left * (4 * flat + 4 - 6 * flat / size - 8 / size**2)
    if n == 1:
        return 0.0
    return left * above / ((flat + 2) ** 2 * (flat + 2 / size) * (flat + 4 / size))


def _room(n: int, d: int) -> None:
    if d <= max(n, 2):
        raise ValueError(f"dim: expected at least 3 and more than n = {n}, got {d}")


def exact_expected_risk(task: SymmetricTask, n: Count) -> float:
    r"""Expected risk of distillation under symmetry, exactly: no examples, no students.

    With theta, theta_1, ..., theta_n independent draws of the angle,

    .. math:: E\,R(\hat w) = \tfrac12\, P\bigl[\, \cot^2\theta\, \cot^2\theta_i \le A\,B\,E_i
        \text{ for all } i \,\bigr]

    where A ~ Beta(1/2, 1/2), B ~ Beta((d-n)/2, (n-1)/2) (B = 1 for n = 1) are
    shared by the examples and E_i ~ Beta(1, (d-3)/2) (E_i = 1 for d = 3) are
    their own, all independent; for d = 2 both A and E_1 are 1. Ours, not the paper's.

    Parameters
    ----------
    task : SymmetricTask
        Its angle law may jump and bend, if it names its knots.
    n : int

    Returns
    -------
    float
        To nine digits, for kappa of `PolynomialTask` from 1e-8 to 1e8, any n and d up
        to 10^9; to seven for laws with knots. 0 for n >= d, but for what `student_angles`
        says. Where two resolutions do not agree, or the risk is below 1e-290 (then 0 is
        returned), an `AccuracyWarning` says so.

    Raises
    ------
    TypeError
        If the task has no rotational symmetry.
    ValueError
        If n is not a whole number >= 1. If the law has so many knots that it would take
        too long: for 1 < n < d < 15, or all examples 0.35 or more from the boundary, 128
        angles of a staircase or 12 knots of another law are taken.

    Notes
    -----
    Given the examples, Lambda = min E_i / cot^2(theta_i) has the tail
    prod (1 - lambda cot^2(theta_i))_+^{(d-3)/2}, so that `tan_moment` says
    E tan^{2s}(phi) = Gamma((d-n)/2 + s) / (Gamma((d-n)/2) Gamma(1 + s)) E Lambda^s.
    A test example errs iff T tan(phi) >= cot(theta), with T^2 ~ Beta(1/2, (d-2)/2)
    and a fair sign; the gamma functions in E (T tan phi)^{2s} are those of the
    moments of A and B, and bounded variables with the same moments have one law.

    Where a share q of the examples lies on the boundary, cot(theta) = 0 and the formula
    counts a test example there as half an error, and so it does if all examples are
    there; by the rules of `angle_risk` the former is an error if the student is not zero,
    and the latter is one if the test example has a label.
    """
    n, d, law = as_number("n", n), symmetric(task).dim, task.tail
    if n >= d:
        angles, chance = unspanned(task, n)
        return float(chance @ _risk_or_silence(angles, task))
    if min(n, d - 1) == 1 and isinstance(law, AtomicLaw):  # the student is on its line
        return float(law.weights @ _risk_or_silence(law.angles, task))
    if d == 2:
        bends = np.append(law.knots, RIGHT_ANGLE - law.edge)
        return law.expect(lambda psi: _risk_or_silence(RIGHT_ANGLE - psi, task), bends)
    if _bends(law):
        q = float(law.near(0.0))
        known = q / 2 - q ** (n + 1) + (1 - q) * q**n / 2
        return expected_risk_met(law, n, d) / 2 + known

    def factors(step: float) -> Factors:
        return arcsine_rule(step), beta_rule((d - n) / 2, (n - 1) / 2, step) if n > 1 else None

    return all_met(law, n, d, factors, "exact_expected_risk") / 2


def _risk_or_silence(phi: Floats, task: SymmetricTask) -> Values:
    """The risk at an angle; at pi/2, where all examples lie on the boundary, that of zero."""
    risk, q = angle_risk(phi, task), float(task.tail.near(0.0))
    return np.where(phi < RIGHT_ANGLE, risk, 1 - q) if q else risk


def _bends(law: AngleLaw) -> bool:
    """Whether a law takes the route for knots."""
    return bool(law.knots or law.edge > 0 or law.near(0.0) > 0)


def parallel_bound(
    task: Tail, n: Count, second_moment: float | None = None, dim: Count | None = None
) -> Bound:
    r"""The parallel law as a bound on the expected risk.

    .. math:: E\,R(\hat w) \le E\Bigl[\, \frac{1}{1 + \cot^2\theta
        \sum_i \cot^2\theta_i / \lambda} \,\Bigr]

    for laws that are centred, E[u | theta] = 0, with E[u u' | theta] <= lambda I,
    u the unit part of an example orthogonal to the teacher. Ours, not the paper's.

    Parameters
    ----------
    task : task, AngleLaw or callable
        Only ``tail`` and ``dim`` are used.
    n : int
    second_moment : float, optional
        lambda in [1/(d-1), 1]; the value under symmetry, 1/(d-1), if not given.
    dim : int, optional
        d, for a law.

    Returns
    -------
    Bound
        To nine digits, for kappa of `PowerLaw` from 1e-8 to 1e8, n to 10^12 and d to
        10^9, and at least 1e-290; with knots as `exact_expected_risk`. An `AccuracyWarning`
        says where it is not so.

    Raises
    ------
    ValueError
        If lambda is out of its range, or n < 1.

    Notes
    -----
    The mean of 1/(1 + x) is P[E_0 x <= E] for independent exponential E_0, E, so
    the bound is P[cot^2(theta) cot^2(theta_i) <= (lambda/E_0) E_i for all i].
    """
    n, (law, d) = as_number("n", n), law_and_dim(task, dim)
    least = 1 / (d - 1)
    lam = least if second_moment is None else as_positive("second_moment", second_moment)
    if not least * (1 - 1e-12) <= lam <= 1:
        raise ValueError(f"second_moment: expected a number in [{least:.3g}, 1], got {lam}")
    if _bends(law):
        return Bound(max(parallel_met(law, n, lam), 1e-290))

    def factors(step: float) -> Factors:
        log_E, weights = exponential_rule(step, 200.0)
        return (np.log(lam) - log_E, weights), None

    return Bound(max(all_met(law, n, None, factors, "parallel_bound"), 1e-290))


def power_bound(
    kappa: float | PowerTailed, n: Count, dim: Count | None = None, *, exact_angle: bool = True
) -> Bound:
    r"""The power law: the parallel law for tails below a power, under symmetry.

    .. math:: p(\theta) \le (1 - 2\theta/\pi)^\kappa \;\Longrightarrow\;
        E\,R(\hat w) \le \Bigl(\frac2\pi\Bigr)^{\kappa} \tfrac12 E|T|^\kappa\;
        E[\tan^\kappa\phi]

    with T one coordinate of a uniform point on S^{d-2}, and E[tan^kappa(phi)] that
    of the angle law with equality. Ours, not the paper's.

    Parameters
    ----------
    kappa : float, PolynomialTask or PowerLaw
        Above 0; of a task or a law with such a tail, its exponent.
    n : int
        At least 2: the mean is infinite for n = 1.
    dim : int, optional
        d, above n, at least 3; that of the task if not given.
    exact_angle : bool
        If False, E[(sum cot^2(theta_i))^{-kappa/2}] instead of E[tan^kappa(phi)]:
        what centred training laws without symmetry allow, for kappa <= 2.

    Returns
    -------
    Bound
        To eight digits for kappa from 1e-8 to 10^4 (beyond, a relative error of 10^-13
        kappa), any n and d to 10^9; rounded up where a
        double is too small, and no more than the largest double (a bound above 1 says nothing).

    Raises
    ------
    ValueError
        If a number is out of its range.
    """
    dim = getattr(kappa, "dim", None) if dim is None else dim
    if dim is None:
        raise ValueError("dim: expected a dimension, an exponent alone has none")
    kappa, n, d = power_of(kappa), as_number("n", n), as_dim(dim)
    if kappa > 1e12:
        raise ValueError(f"kappa: expected at most 1e12, rounding leaves no digit at {kappa:.3g}")
    if n < 2:
        raise ValueError("n: expected at least 2, the mean is infinite for one example")
    _room(n, d)
    exact_angle = as_flag("exact_angle", exact_angle)
    if not exact_angle and kappa > 2:
        raise ValueError("kappa: expected at most 2 without the exact angle")
    s = kappa / 2
    log_T = log_poch(0.5, s) - log_poch((d - 1) / 2, s)  # of E|T|^kappa
    log_value = kappa * np.log(2 / np.pi) - np.log(2) + log_T
    if exact_angle:
        return Bound(exp_up(log_value + _log_gain(d, n, kappa) + _log_reach(kappa, n, d)))
    return Bound(exp_up(log_value - log_poch(1.0, s) + _log_reach(kappa, n, None)))


def _log_reach(kappa: float, n: int, own_dim: int | None) -> float:
    """log E[Lambda^(kappa/2)], Lambda the least that n examples of a power law reach."""
    law, (log_E, weights) = PowerLaw(kappa), own_rule(own_dim, n, 0.15)

    def log_mass(x: Floats) -> Floats:
        log_near, _ = law.log_at((log_E - x[:, None]) / 2)
        largest = log_near.max(axis=1)
        log_more = largest + np.log(np.exp(log_near - largest[:, None]) @ weights)
        less = -np.expm1(log_near) @ weights
        close = np.log1p(-np.minimum(less, 0.5))
        return kappa / 2 * x + n * np.where(less < 0.5, close, log_more)

    low = -80.0 - 2 * np.log(n) - 2 * np.log(own_dim or 1) - 2 * np.log1p(kappa)
    # beyond `high` the chance of one example is a power, -kappa/2, to all digits
    end, rounding = 45.0 + log_E[-1], 1e-11 + 1e-14 * kappa
    return log_integral(log_mass, kappa / 2, "power_bound", low, end, 1 / (n - 1), rounding)
