"""The parallel law and the exact risk: the library's on floats, definitions on balls."""

from functools import cache

import numpy as np
import scipy

from ... import parallel, students
from ...quadrature import logistic_rule
from .numbers import _flint, arctan, ball, both, floats, is_ball, max0, pi_of
from .spans import _project

EPS = np.finfo(float).eps


def each(function, *arguments):
    """The function of every entry, as an array of objects."""
    return np.frompyfunc(function, len(arguments), 1)(*arguments)


# Powers and laws on the sphere


def _power(x, p):
    if not x.contains(0):
        return x**p
    top = x.upper()
    return ball(0).union(top**p) if top > 0 else ball(0)


def power(x, p):
    """x^p for x >= 0 and p > 0, also for balls that reach zero."""
    return each(_power, x, p) if is_ball(x, p) else x**p


def rising(x, s):
    """(x)_s = Gamma(x + s) / Gamma(x)."""
    return ball(x).rising(ball(s)) if is_ball(x, s) else scipy.special.poch(x, s)


def _beyond(z, d):
    """P[T > z]; monotone, so that the ends of a ball give the ends of the value."""
    left = [max0(1 - end**2) for end in (max0(z).lower(), max0(z).upper())]
    ends = [x.beta_lower(ball(d - 2) / 2, ball(0.5), 1) if x > 0 else ball(0) for x in left]
    return ends[0].union(ends[1]) / 2


def beyond(z, d):
    """P[T > z] for z >= 0: T is one coordinate of a uniform point on the sphere of R^(d-1)."""
    if is_ball(z):
        return each(lambda z: _beyond(ball(z), d), z)
    return scipy.special.betaincc(0.5, (d - 2) / 2, np.minimum(z, 1) ** 2) / 2


def _over(x, y):
    return ball(2) if x >= 2 * y else x / y


def over(x, y):
    """x / y, and 2 where it is more."""
    return each(_over, x, y) if is_ball(x, y) else np.minimum(x / np.maximum(y, x / 2), 2)


def below(angle_tan, kappa):
    """P[cot(theta) <= angle_tan] under p(theta) = (1 - 2 theta/pi)^kappa."""
    return power(arctan(angle_tan) * 2 / pi_of(angle_tan), kappa)


def _largest_eigenvalue(M):
    """Of a matrix without negative ones, by squaring: it is from trace/size to trace."""
    log, size, squarings = ball(0), len(M), 40
    for j in range(squarings):
        trace = np.trace(M)
        log, M = log + trace.log() / 2**j, (M / trace) @ (M / trace)
    trace = np.trace(M)
    return (log + trace.log().union((trace / size).log()) / 2**squarings).exp()


def second_moment(vectors, weights):
    """The largest eigenvalue of E[u u']."""
    moment = (vectors.T * weights) @ vectors
    return _largest_eigenvalue(moment) if is_ball(moment) else np.linalg.eigvalsh(moment)[-1]


# The envelope


def _tangent_point(d):
    """Bisection for P[T > z] = z f(z) / 2: the difference changes sign once below 1."""

    def excess(z):
        beta = ball(0.5).gamma() * (ball(d - 2) / 2).gamma() / (ball(d - 1) / 2).gamma()
        return _beyond(z, d) - z / 2 * (1 - z * z) ** (ball(d - 4) / 2) / beta

    low, high = 0.25 / ball(d).sqrt(), 1 - ball(2) ** -20
    for _ in range(90):
        middle = ((low + high) / 2).mid()
        sign = excess(middle)
        if not (sign > 0 or sign < 0):
            break
        low, high = (middle, high) if sign > 0 else (low, middle)
    return low.union(high)


def touching(x, d, z0):
    """P[T > sqrt(x)] up to z0, and the line in 1/x through that point from there on."""
    if is_ball(x, z0):
        return beyond(x.sqrt(), d) if x <= z0**2 else beyond(z0, d) * z0**2 / x
    return np.where(x <= z0**2, beyond(np.sqrt(x), d), beyond(z0, d) * z0**2 / x)[()]


def tangent_point(d, like):
    """The z0 of the envelope, as a ball if `like` is one."""
    return _tangent_point(d) if is_ball(like) else _float(parallel.tangent_point, d)


@cache
def _float(function, *arguments):
    return function(*arguments)


envelope = both(parallel, "envelope", lambda x, dim: touching(x, dim, _tangent_point(dim)))


# Data that lean


def quadratic(M, c):
    """c' M^-1 c by elimination, for a positive definite matrix of balls or floats."""
    M, c, total = M.copy(), c.copy(), 0
    for i in range(len(c)):
        total = total + np.square(c[i]) / M[i, i]
        for j in range(i + 1, len(c)):
            share = M[j, i] / M[i, i]
            M[j], c[j] = M[j] - M[i] * share, c[j] - c[i] * share
    return total


def pairs(means):
    """M_ii = 1, M_ij = m_i . m_j."""
    own = np.eye(means.shape[1], dtype=bool)
    return np.where(own, 1, means.T @ means)


leaning_resistance = both(
    parallel,
    "leaning_resistance",
    lambda theta, means: 1 / quadratic(pairs(means), 1 / np.tan(theta)),
)


# Moments of the tangent


def integral(f, low, high):
    """The integral of f(x, analytic), to twenty digits or the precision at hand."""
    bits = min(_flint().ctx.prec, 70)
    return _flint().acb.integral(f, low, high, rel_tol=ball(2) ** -bits).real


def _tan_moment(theta, dim, power=2):
    """The formula with lambda = exp(-2y / kappa) / max c^2, integrated over y."""
    cot2 = 1 / np.tan(theta) ** 2
    top, s, n = max(cot2, key=float), ball(power) / 2, len(cot2)
    share = [1 if c is top else c / top for c in cot2]

    def product(y, analytic=False):
        value, shrink = _flint().acb(1), (-y / s).exp()
        for r in share:
            left = 1 - r * shrink
            value *= left ** ((dim - 3) // 2) * (left.sqrt(analytic) if dim % 2 == 0 else 1)
        return value

    end = _flint().ctx.prec * 0.7
    rest = ball(-end).exp() * product(_flint().acb(end)).real.union(ball(1))
    mean = integral(lambda y, analytic: (-y).exp() * product(y, analytic), 0, end) + rest
    return (ball(dim - n) / 2).rising(s) / (s + 1).gamma() * mean / top**s


def _parallel_factors(n, dim, power=2):
    s, free = ball(power) / 2, rising(ball(dim - n) / 2, ball(power) / 2)
    top = rising(ball(n * (dim - 3)) / 2 + 1, s)
    return free / rising(ball(dim - 1) / 2, s), n**s * free / top


def _tangent_spread(n, dim):
    """The fourth moment of equal angles less the square of the smallest mean."""
    d = ball(dim)
    fourth = n * n * (d - n) * (d - n + 2) / ((n * (d - 3) + 2) * (n * (d - 3) + 4))
    return fourth - ((d - n) / (d - 1)) ** 2


tan_moment = both(parallel, "tan_moment", _tan_moment)
tangent_spread = both(parallel, "tangent_spread", _tangent_spread)
parallel_factors = both(parallel, "parallel_factors", _parallel_factors)


# Students of many transfer sets

distilled = both(
    students, "distilled_student", lambda X, e: np.array([_project(part, e) for part in X])
)


def across(X):
    """Of each student its part across the teacher e_1, over that along e_1; its error.

    Parameters
    ----------
    X : ndarray, shape (N, d, n)

    Returns
    -------
    s : ndarray, shape (N, d-1)
        Of length tan(phi).
    error : ndarray, shape (N,)
        From the condition of the examples; 0 for balls, which bring theirs.
    """
    w = distilled(X, np.eye(X.shape[1])[0])
    s = w[:, 1:] / w[:, :1]
    if is_ball(s):
        return s, np.zeros(len(s))
    sizes = np.linalg.svd(X, compute_uv=False)
    least = np.where(sizes > 1e-9 * sizes[:, :1], sizes, np.inf).min(axis=1)
    tan = np.linalg.norm(s, axis=1)
    perfect = tan < 1e-9  # e_1 is in the span: no other student comes so near
    error = 16 * EPS * sizes[:, 0] / least * (1 + tan**2) ** 1.5
    return np.where(perfect[:, None], 0, s), np.where(perfect, 0, error)


# Two or more examples under symmetry


def _pair_moment(a, b, d, power):
    """By the generating function of Gegenbauer polynomials, (1 - 2 k rho + k^2)^-s."""
    s, half, (low, top) = power / 2, ball(0.5), sorted((a, b), key=float)
    nu = s + ball(d - 3) / 2
    betas = [(x + half).gamma() / (x + 1).gamma() for x in (nu, ball(d - 3) / 2)]
    series = ((low / top) ** 2).hypgeom_2f1(s, -ball(d - 3) / 2, nu + 1)
    return betas[0] / betas[1] * series / top**power


def pair_moment(a, b, d, power):
    """E[tan^power(phi)] of two examples: an integral over the cosine rho = u_1.u_2."""
    if is_ball(a, power):
        return _pair_moment(a, b, d, power)
    s, t, weights = logistic_rule(step=0.125)  # s = (1 + rho)/2, t = 1 - s
    density = weights * (s * t) ** ((d - 4) / 2)
    tan2 = 4 * s * t / ((a - b) ** 2 + 4 * a * b * t)
    return density @ tan2 ** (power / 2) / density.sum()


def inverse_mean(a, b):
    """E[1/Q] for Q ~ Beta(a, b) and a > 1: from its density, on balls from gamma functions."""
    if is_ball(a, b):
        return rising(a + b - 1, 1) / rising(a - 1, 1)
    s, t, weights = logistic_rule()
    density = weights * s ** (a - 1) * t ** (b - 1)
    return density @ (1 / s) / density.sum()


@cache
def _nodes(size):
    """Of Gauss and Legendre for v in (0, pi), as tau = pi sin^2(v/2), crowded at the ends."""
    x, weights = np.polynomial.legendre.leggauss(size)
    v = np.pi * (x + 1) / 2
    return np.pi * np.sin(v / 2) ** 2, np.pi**2 / 4 * np.sin(v) * weights


def _lost(p, q, d, size):
    alpha, beta = (np.arccos(np.minimum(x, 1))[..., None] for x in (p, q))
    tau, weights = _nodes(size)
    half, apart = np.sin(alpha) * np.sin(beta), 2 * np.sin((alpha - beta) / 2) ** 2
    short = apart + 2 * half * np.sin(tau / 2) ** 2  # 1 - rho
    square = np.where(half > 0, short * (2 - short), 1)
    chance = scipy.special.betainc((d - 2) / 2, 0.5, (half * np.sin(tau)) ** 2 / square)
    density = square ** ((d - 4) / 2) * half * np.sin(tau)
    return (chance * density) @ weights / scipy.special.beta(0.5, (d - 2) / 2) / 2


def lost_by_two(p, q, d):
    """P[T tan(phi) > cot(theta)], with p and q the products cot(theta) cot(theta_i); its error.

    An integral over rho = u_1.u_2 between the two values where the student just
    sees the test example: rho = cos(alpha) cos(beta) + sin(alpha) sin(beta) cos(tau)
    with p = cos(alpha), q = cos(beta). The error is that of fewer nodes; balls have
    five times as many, and a radius estimated likewise.
    """
    if is_ball(p, q):
        few, many = (_lost(floats(p), floats(q), d, size) for size in (200, 300))
        return widened(many, 4 * abs(many - few) + 1e-13 * many), 0.0
    many = _lost(p, q, d, 64)
    return many, abs(many - _lost(p, q, d, 40))


def widened(value, radius):
    """Balls with a radius that was estimated, not proved."""
    return each(lambda x, r: _flint().arb(float(x), float(r)), value, radius)
