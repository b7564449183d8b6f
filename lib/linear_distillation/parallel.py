"""The parallel law: what n examples know together, and the exact expected risk under symmetry.

Examples combine like resistors in parallel: each has the conductance cot^2(theta),
conductances add, and tan^2(phi) of the student is about the resistance of them all.
"""

__all__ = [
    "envelope",
    "envelope_bound",
    "exact_expected_risk",
    "parallel_bound",
    "parallel_factors",
    "power_bound",
    "tan_moment",
    "tangent_point",
]

import numpy as np
import scipy

from ._checks import as_angle, as_count, as_finite, as_generator, as_positive
from .chain import symmetric
from .laws import RIGHT_ANGLE, PowerLaw, as_dim
from .quadrature import logistic_rule
from .risk import Estimate


def tan_moment(theta, dim, power=2.0):
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
        To ten digits.

    Raises
    ------
    ValueError
        If an angle is 0 or pi/2, n >= d, dim < 3 or power <= 0.
    """
    theta, power = as_angle("theta", theta, ndim=1), as_positive("power", power)
    if not ((theta > 0) & (theta < RIGHT_ANGLE)).all():
        raise ValueError("theta: expected angles inside (0, pi/2)")
    d, n = as_dim(dim), theta.size
    _room(n, d)
    cot2 = np.tan(theta) ** -2.0
    s, t, weights = logistic_rule(step=1 / 16)
    log_lam = np.where(s < 0.5, np.log(s), np.log1p(-np.minimum(t, 0.5))) * 2 / power
    share = cot2[:, None] / cot2.max()
    # 1 - share * lambda, without cancellation where both are close to one
    left = (1 - share) - share * np.expm1(log_lam)
    mean = float(weights @ np.exp((d - 3) / 2 * np.log(left).sum(axis=0)))
    return _gain(d, n, power) * mean * float(cot2.max()) ** (-power / 2)


def _gain(d, n, power):
    """E[tan^power(phi)] over E[Lambda^(power/2)], see `exact_expected_risk`."""
    return scipy.special.poch((d - n) / 2, power / 2) / scipy.special.poch(1, power / 2)


def parallel_factors(n, dim, power=2.0):
    r"""How far from the parallel law the mean of tan^power(phi) can be, under symmetry.

    .. math:: \frac{(\frac{d-n}2)_s}{(\frac{d-1}2)_s} \;<\;
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
        Lower and upper.
    """
    n, d, s = as_count("n", n), as_dim(dim), as_positive("power", power) / 2
    _room(n, d)
    free = scipy.special.poch((d - n) / 2, s)
    lower = free / scipy.special.poch((d - 1) / 2, s)
    return float(lower), float(n**s * free / scipy.special.poch(n * (d - 3) / 2 + 1, s))


def _room(n, d):
    if d <= max(n, 2):
        raise ValueError(f"dim: expected at least 3 and more than n = {n}, got {d}")


def exact_expected_risk(task, n):
    r"""Expected risk of distillation under symmetry, exactly: no examples, no students.

    With theta, theta_1, ..., theta_n independent draws of the angle,

    .. math:: E\,R(\hat w) = \tfrac12\, P\bigl[\, \cot^2\theta\, \cot^2\theta_i \le A\,B\,E_i
        \text{ for all } i \,\bigr]

    where A ~ Beta(1/2, 1/2), B ~ Beta((d-n)/2, (n-1)/2) (B = 1 for n = 1) are
    shared by the examples and E_i ~ Beta(1, (d-3)/2) (E_i = 1 for d = 3) are
    their own, all independent. Ours, not the paper's.

    Parameters
    ----------
    task : SymmetricTask
        With an angle law that neither jumps nor bends (no knots).
    n : int

    Returns
    -------
    float
        To eight digits for tails up to kappa = 2, to five at least beyond; 0 for n >= d.

    Raises
    ------
    TypeError
        If the task has no rotational symmetry.
    ValueError
        If the law has knots (use `expected_risk`) or n is not a whole number >= 1.

    Notes
    -----
    Given the examples, Lambda = min E_i / cot^2(theta_i) has the tail
    prod (1 - lambda cot^2(theta_i))_+^{(d-3)/2}, so that `tan_moment` says
    E tan^{2s}(phi) = Gamma((d-n)/2 + s) / (Gamma((d-n)/2) Gamma(1 + s)) E Lambda^s.
    A test example errs iff T tan(phi) >= cot(theta), with T^2 ~ Beta(1/2, (d-2)/2)
    and a fair sign; the gamma functions in E (T tan phi)^{2s} are those of the
    moments of A and B, and bounded variables with the same moments have one law.
    """
    n, d, law = as_count("n", n), symmetric(task).dim, _smooth(task)
    if n >= d:
        return 0.0
    if d == 2:
        return law.expect(lambda psi: law.near(RIGHT_ANGLE - psi)) / 2
    s, _, weights = logistic_rule(step=0.5, reach=45.0)
    arcsine = np.sin(np.pi / 2 * s) ** 2, weights
    return _all_met(law, n, d, _own_factor(d), arcsine, _shared_factor(d, n)) / 2


def parallel_bound(task, n, second_moment=None):
    r"""The parallel law as a bound on the expected risk.

    .. math:: E\,R(\hat w) \le E\Bigl[\, \frac{1}{1 + \cot^2\theta
        \sum_i \cot^2\theta_i / \lambda} \,\Bigr]

    for laws that are centred, E[u | theta] = 0, with E[u u' | theta] <= lambda I,
    u the unit part of an example orthogonal to the teacher. Ours, not the paper's.

    Parameters
    ----------
    task : task
        Only ``tail`` and ``dim`` are used; the law may have no knots.
    n : int
    second_moment : float, optional
        lambda in [1/(d-1), 1]; the value under symmetry, 1/(d-1), if not given.

    Returns
    -------
    float
        To eight digits.

    Raises
    ------
    ValueError
        If lambda is out of its range, the law has knots, or n < 1.

    Notes
    -----
    The mean of 1/(1 + x) is P[E_0 x <= E] for independent exponential E_0, E, so
    the bound is P[cot^2(theta) cot^2(theta_i) <= (lambda/E_0) E_i for all i].
    """
    n, law, least = as_count("n", n), _smooth(task), 1 / (task.dim - 1)
    lam = least if second_moment is None else as_positive("second_moment", second_moment)
    if not least * (1 - 1e-12) <= lam <= 1:
        raise ValueError(f"second_moment: expected a number in [{least:.3g}, 1], got {lam}")
    E, weights = _exponential()
    return _all_met(law, n, task.dim, _exponential(), (lam / E, weights), _shared_factor(0, 1))


def power_bound(kappa, n, dim, *, exact_angle=True):
    r"""The power law: the parallel law for tails below a power, under symmetry.

    .. math:: p(\theta) \le (1 - 2\theta/\pi)^\kappa \;\Longrightarrow\;
        E\,R(\hat w) \le \Bigl(\frac2\pi\Bigr)^{\kappa} \tfrac12 E|T|^\kappa\;
        E[\tan^\kappa\phi]

    with T one coordinate of a uniform point on S^{d-2}, and E[tan^kappa(phi)] that
    of the angle law with equality. Ours, not the paper's.

    Parameters
    ----------
    kappa : float
        Above 0.
    n : int
        At least 2: the mean is infinite for n = 1.
    dim : int
        d, above n, at least 3.
    exact_angle : bool
        If False, E[(sum cot^2(theta_i))^{-kappa/2}] instead of E[tan^kappa(phi)]:
        what centred training laws without symmetry allow, for kappa <= 2.

    Returns
    -------
    float
        To eight digits.

    Raises
    ------
    ValueError
        If a number is out of its range.
    """
    kappa, n, d = as_positive("kappa", kappa), as_count("n", n), as_dim(dim)
    if n < 2:
        raise ValueError("n: expected at least 2, the mean is infinite for one example")
    _room(n, d)
    if not exact_angle and kappa > 2:
        raise ValueError("kappa: expected at most 2 without the exact angle")
    beta, gamma = scipy.special.beta, scipy.special.gamma
    factor = (2 / np.pi) ** kappa / 2
    factor *= beta((1 + kappa) / 2, (d - 2) / 2) / beta(1 / 2, (d - 2) / 2)  # E|T|^kappa
    if exact_angle:
        return factor * _gain(d, n, kappa) * _reach_moment(kappa, n, d, _own_factor(d))
    return factor * _reach_moment(kappa, n, d, _exponential()) / gamma(1 + kappa / 2)


def envelope_bound(task, n, n_sets, rng):
    r"""The parallel law with the concave envelope in place of Cantelli's inequality.

    .. math:: E\,R(\hat w) \le E\bigl[\, G\bigl(\cot^2\theta \textstyle\sum_i
        \cot^2\theta_i\bigr) \bigr], \qquad
        G(x) = \begin{cases} P[T > \sqrt x] & x \le z_0^2 \\
        P[T > z_0]\, z_0^2 / x & x \ge z_0^2 \end{cases}

    for a centred training law and a symmetric test law. Ours, not the paper's.

    Parameters
    ----------
    task : task
        Only ``tail`` and ``dim`` (at least 3) are used.
    n, n_sets : int
        Examples; draws of (theta_1, ..., theta_n). The mean over theta is taken
        by quadrature, and tabulated to four digits or better.
    rng : numpy.random.Generator

    Returns
    -------
    Estimate
    """
    n, n_sets = as_count("n", n), as_count("n_sets", n_sets)
    if n_sets < 2:
        raise ValueError("n_sets: a standard error needs at least 2 draws")
    rng, law, d = as_generator("rng", rng), task.tail, task.dim
    x = np.log(sum(np.tan(law.draw(n_sets, rng)) ** 2 for _ in range(n)))
    grid = np.linspace(x.min() - 0.1, x.max() + 0.1, 25)
    means = [law.expect(lambda psi: envelope(np.tan(psi) ** 2 * s, d)) for s in np.exp(grid)]
    table = scipy.interpolate.make_interp_spline(grid, np.log(means), k=5)
    values = np.exp(table(x))
    stderr = float(values.std(ddof=1) / np.sqrt(n_sets))
    return Estimate(float(values.mean()), stderr, n_sets, float(values.max() / values.sum()))


def envelope(x, dim):
    r"""The function G of `envelope_bound`: as a function of 1/x, the least concave
    one above P[T > sqrt(x)].

    Parameters
    ----------
    x : array_like
        At least 0.
    dim : int
        d, at least 3.

    Returns
    -------
    ndarray
    """
    x, z0 = as_finite("x", x), tangent_point(dim)
    if (x < 0).any():
        raise ValueError("x: expected numbers >= 0")
    value = np.asarray(_half_tail(z0, dim) * z0**2 / np.maximum(x, z0**2))
    value[x < z0**2] = _half_tail(np.sqrt(x[x < z0**2]), dim)
    return value[()]


def tangent_point(dim):
    r"""Where the envelope's line touches: the z_0 > 0 with P[T > z_0] = z_0 f(z_0) / 2.

    T is one coordinate of a uniform point on S^{d-2}, f its density.

    Parameters
    ----------
    dim : int
        d, at least 3.

    Returns
    -------
    float
    """
    d = as_dim(dim)
    if d < 3:
        raise ValueError(f"dim: expected at least 3, got {dim}")

    def gap(z):
        density = (1 - z * z) ** ((d - 4) / 2) / scipy.special.beta(1 / 2, (d - 2) / 2)
        return _half_tail(z, d) - z * density / 2

    return float(scipy.optimize.brentq(gap, 0.5 / np.sqrt(d), min(2 / np.sqrt(d), 1 - 1e-12)))


def _half_tail(z, d):
    """P[T > z] for z >= 0."""
    return scipy.special.betaincc(1 / 2, (d - 2) / 2, np.minimum(np.square(z), 1)) / 2


# P[cot^2(theta) cot^2(theta_i) <= V E_i for all i], by quadrature in x = log(lambda)


def _smooth(task):
    if task.tail.knots:
        raise ValueError("task: its angle law jumps or bends; use expected_risk")
    return task.tail


def _quantile_rule():
    """Weights for a uniform level, and the logarithm of its complement."""
    s, t, weights = logistic_rule(step=0.5, reach=45.0)
    return np.where(s < 0.5, np.log1p(-np.minimum(s, 0.5)), np.log(t)), weights


def _exponential():
    """Nodes and weights for E_i ~ Exp(1)."""
    log_t, weights = _quantile_rule()
    return -log_t, weights


def _own_factor(d):
    """Nodes and weights for E_i ~ Beta(1, (d-3)/2), 1 in three dimensions."""
    log_t, weights = _quantile_rule()
    return (-np.expm1(2 * log_t / (d - 3)), weights) if d > 3 else (np.ones(1), np.ones(1))


def _shared_factor(d, n):
    """Nodes and weights for B ~ Beta((d-n)/2, (n-1)/2), 1 for a single example."""
    if n == 1:
        return np.ones(1), np.ones(1)
    a, b = (d - n) / 2, (n - 1) / 2
    expit, logit, quantile = (getattr(scipy.special, f) for f in ("expit", "logit", "betaincinv"))
    ends = logit(quantile(a, b, 1e-14)), -logit(quantile(b, a, 1e-14))
    y = np.linspace(*ends, 1 + int(max(64, (ends[1] - ends[0]) / 0.5)))
    log_mass = a * np.log(expit(y)) + b * np.log(expit(-y))
    mass = np.exp(log_mass - log_mass.max())
    return expit(y), mass / mass.sum()


def _grid(law, n, dim):
    """x = log(lambda) where neither factor of the integral has died out."""
    low, high = 2 * np.log(np.tan(law.elevation(np.array([1e-18 / n, 1e-18]))))
    low = min(low, -45.0) - np.log(n) - 2 * np.log(dim)  # -45: where 1/E_0 is beyond chance
    low, high = max(low, -680.0), min(-high, 680.0)
    return np.linspace(low, high, 1 + int(max(400, (high - low) / 0.25)))


def _mean_near(law, x, rule):
    """E[near(arctan(sqrt(V e^x)))] for V with these nodes and weights."""
    nodes, weights = rule
    return law.near(np.arctan(np.sqrt(nodes) * np.exp(x / 2)[:, None])) @ weights


def _all_met(law, n, dim, own, first, second):
    """The probability, for V = product of the factors `first` and `second`."""
    x, (B, shares) = _grid(law, n, dim), second
    below = np.arange(x[0] + np.log(B.min()) - 1, x[0], x[1] - x[0])
    wide = np.append(below, x)
    chance = _mean_near(law, wide, first)
    seen = chance > 1e-290
    log_chance = scipy.interpolate.make_interp_spline(wide[seen], np.log(chance[seen]), k=5)
    shifted = x[:, None] + np.log(B)
    density = np.exp(log_chance(shifted)) * log_chance.derivative()(shifted)
    density = np.where(shifted >= wide[seen][0], density, 0.0) @ shares
    return (x[1] - x[0]) * float(_mean_near(law, -x, own) ** n @ density)


def _reach_moment(kappa, n, dim, own):
    """E[Lambda^(kappa/2)], P[Lambda > e^x] the chance that all n examples reach so far."""
    law = PowerLaw(kappa)
    x = _grid(law, n, dim)
    reach = _mean_near(law, -x, own) ** n
    return kappa / 2 * (x[1] - x[0]) * float(reach @ np.exp(kappa / 2 * x))
