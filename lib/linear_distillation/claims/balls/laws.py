"""Tails of continuous laws and their bounds: the library's on floats, definitions on balls."""

import heapq

import numpy as np
import scipy

from ... import bounds, risk
from ...laws import IsotropicLaw, PowerLaw
from ...tasks import IsotropicTask
from .numbers import _flint, ball, both, is_ball, largest, max0, pi_of

BOXES = 20_000  # of an infimum
NARROW = 2.0**-70  # relative width of what is enclosed, where BOXES and EVALUATIONS suffice
EVALUATIONS = 20_000  # of an integral

# Powers and integrals


def power(x, k):
    """x^k for a number, ball or array that is not negative, and k > 0."""
    return np.frompyfunc(_power, 2, 1)(x, k) if is_ball(x, k) else np.asarray(x) ** k


def _power(x, k):
    x, arb = max0(ball(x)), _flint().arb
    if x > 0:
        return x**k
    top = x.upper()
    return arb(0).union(top**k) if top > 0 else arb(0)


def power_at(z, k, analytic):
    """z^k for an integrand: not analytic, but bounded, where z may be 0."""
    arb, acb = _flint().arb, _flint().acb
    if k == 0 or not z.contains(0):
        return acb(1) if k == 0 else z.pow(acb(k), analytic=analytic)
    bound = arb("nan") if analytic else arb(0, _power(z.abs_upper(), k).upper())
    return acb(bound, bound)


def integral(f, low, high):
    """Enclosure of the integral of f(z, analytic)."""
    accuracy = {"rel_tol": NARROW, "abs_tol": _flint().arb(2) ** -900}
    return _flint().acb.integral(f, low, high, eval_limit=EVALUATIONS, **accuracy).real


def sine_cosine_integral(t, p, q):
    """The integral of sin^p cos^q from 0 to t, by reduction; entire in t."""
    sine, cosine = t.sin(), t.cos()
    if q >= 2:
        rest = (q - 1) * sine_cosine_integral(t, p, q - 2)
        return (sine ** (p + 1) * cosine ** (q - 1) + rest) / (p + q)
    if q == 1:
        return sine ** (p + 1) / (p + 1)
    if p >= 2:
        return ((p - 1) * sine_cosine_integral(t, p - 2, 0) - sine ** (p - 1) * cosine) / p
    return 1 - cosine if p else t


# Laws


class Smooth:
    """A law on balls: p, and densities that are monotone on either side of the edge."""

    exact, staircase, edge = True, False, 0

    def near(self, psi):
        """P[elevation <= psi]."""
        return self(pi_of(ball(0)) / 2 - psi)

    def integral(self, n, delta=0):
        """E[p(pi/2 - theta)^n]."""
        if delta:
            raise ValueError("delta: expected 0 for a continuous law on balls")
        return self._integral(n)

    def infimum(self, n):
        """The infimum of p(beta) + p(pi/2 - beta)^n, enclosed by subdivision of [0, pi/2].

        On a box the first term is at least its right, the second its left end;
        where the slope has a sign, the infimum is at an end; and it is no lower
        than the value in the middle less the steepest slope allows.
        """
        split = _Split(self, n)
        best, boxes = ball(1), [split.box(ball(0), ball(1))]  # the sum is 1 at both ends
        for _ in range(BOXES):
            low, a, b = boxes[0]
            middle = (a + b) / 2
            value = split(split.right * middle)
            best = best if value >= best else best.min(value)
            if low >= best.lower() * (1 - ball(NARROW)):
                break
            heapq.heapreplace(boxes, split.box(a, middle))
            heapq.heappush(boxes, split.box(middle, b))
        return best.union(best.min(boxes[0][0]))


class _Split:
    """The function whose infimum is (19), with lower bounds of it on boxes."""

    def __init__(self, law, n):
        self.law, self.n, self.right = law, n, pi_of(ball(0)) / 2

    def __call__(self, beta):
        return self.law(beta) + self.law.near(beta) ** self.n

    def box(self, a, b):
        """A lower bound on [a, b], in units of pi/2, with its box."""
        low, high = self.right * a, self.right * b
        first, second = self.law(high).lower(), self.law.near(low).lower()
        bound = first.max(ball(0)) + second.max(ball(0)) ** self.n
        slope = self._slope(low, high)
        if slope > 0:
            bound = self(low)
        elif slope < 0:
            bound = self(high)
        elif slope.is_finite():
            middle = self((low + high) / 2) - slope.abs_upper() * (high - low) / 2
            bound = middle if middle > bound else bound
        return bound.lower(), a, b

    def _slope(self, low, high):
        law, n = self.law, self.n
        for bend in (law.edge, self.right - law.edge) if law.edge else ():
            if not (high < bend or low > bend):
                return _flint().arb("nan")  # there the densities are not monotone
        fall, rise, near = (
            f(low).union(f(high)) for f in (law.density, law.near_density, law.near)
        )
        return n * _power(near, n - 1) * rise - fall if n > 1 else rise - fall


class PowerBalls(Smooth):
    """p(theta) = (1 - theta/(pi/2 - gamma))^kappa, 0 beyond."""

    def __init__(self, kappa, margin=0):
        self.kappa, self.edge = ball(kappa), ball(margin)
        self.margin, self.reach = self.edge, pi_of(self.kappa) / 2 - self.edge

    def __call__(self, theta):
        return power(1 - largest(theta, ball(0)) / self.reach, self.kappa)

    def near(self, psi):
        return power((psi - self.edge) / self.reach, self.kappa)

    def density(self, theta):
        """Of the angle."""
        return self._density(1 - theta / self.reach)

    def near_density(self, psi):
        """Of the elevation."""
        return self._density((psi - self.edge) / self.reach)

    def _density(self, x):
        if x > 0:
            return self.kappa / self.reach * x ** (self.kappa - 1)
        return _flint().arb(0) if x <= 0 and (self.kappa > 1 or x < 0) else _flint().arb("nan")

    def _integral(self, n):
        """Over the quantiles t of the elevation below 1/2, and above."""
        kappa, wide = self.kappa, self.reach - self.edge
        if not wide > 0:
            return _flint().arb(0)

        def below(t, analytic):
            return power_at(1 - power_at(t, 1 / kappa, analytic), n * kappa, analytic)

        def above(v, analytic):
            return (
                power_at(1 - v, n * kappa, analytic) * kappa * v.pow(kappa - 1, analytic=analytic)
            )

        half = ball(0.5)
        total = integral(below, 0, half**kappa) + integral(above, half, 1)
        return (wide / self.reach) ** ((n + 1) * kappa) * total


def _share(x, a, b):
    """I_x(a, b), also for a ball x that reaches 0."""
    if x > 0:
        return x.beta_lower(a, b, 1)
    top = x.upper()
    return ball(0).union(top.beta_lower(a, b, 1)) if top > 0 else ball(0)


class IsotropicBalls(Smooth):
    """p(theta) = I_{cos^2 theta}(1/2, (d-1)/2)."""

    def __init__(self, dim):
        self.dim = dim

    def __call__(self, theta):
        return self._flatter(np.cos(theta), np.sin(theta))

    def near(self, psi):
        return self._flatter(np.sin(psi), np.cos(psi))

    def _flatter(self, sine, cosine):
        """P[sin(elevation) <= sine]; where the beta function is near 1, from what it lacks."""
        a, b = ball(1) / 2, ball(self.dim - 1) / 2

        def share(s, c):
            return _share(s**2, a, b) if self.dim * s**2 < 1 else 1 - _share(c**2, b, a)

        return np.frompyfunc(share, 2, 1)(sine, cosine)

    def density(self, theta):
        """Of the angle."""
        return theta.sin() ** (self.dim - 2) / self._surface

    def near_density(self, psi):
        """Of the elevation."""
        return psi.cos() ** (self.dim - 2) / self._surface

    @property
    def _surface(self):
        return sine_cosine_integral(pi_of(ball(0)) / 2, 0, self.dim - 2)

    def _integral(self, n):
        """With both densities as polynomials of sines and cosines."""
        m, right = self.dim - 2, pi_of(ball(0)) / 2

        def weighted(t, analytic):
            return (sine_cosine_integral(t, 0, m) / self._surface) ** n * t.sin() ** m

        return integral(weighted, 0, right) / self._surface


def power_law(kappa, margin=0.0):
    """A power law."""
    return (PowerBalls if is_ball(kappa, margin) else PowerLaw)(kappa, margin)


def isotropic_law(draw, dim):
    """The isotropic law, by the route of the draw."""
    return IsotropicBalls(dim) if draw.exact else IsotropicLaw(dim)


# Closed forms


def stated(draw, value, accuracy):
    """A number of the library; on balls its radius is the relative accuracy that it promises."""
    return ball(value) + _flint().arb(0, accuracy * abs(value)) if draw.exact else value


def beta(a, b):
    """The beta function."""
    return a.gamma() * b.gamma() / (a + b).gamma() if is_ball(a, b) else scipy.special.beta(a, b)


def _corollary1_bound(tail, n, gamma):
    return tail(gamma) ** n


def _corollary2_bound(kappa, n):
    return (1 + power(np.log(n), kappa)) / n**kappa


def _power_integral_bound(kappa, n):
    return kappa * beta(n * kappa + 1, kappa)


corollary1_bound = both(bounds, "corollary1_bound", _corollary1_bound)
corollary2_bound = both(bounds, "corollary2_bound", _corollary2_bound)
power_integral_bound = both(bounds, "power_integral_bound", _power_integral_bound)


# Isotropic data

LEGENDRE = np.polynomial.legendre.leggauss(80)


def weighted_mean(a, b, like):
    """The mean of phi with cos^2 phi ~ Beta(a/2, b/2); a, b whole, the route that of `like`."""

    def moment(k):
        if is_ball(like):
            right = pi_of(like) / 2
            return integral(lambda t, _: t**k * t.cos() ** (a - 1) * t.sin() ** (b - 1), 0, right)
        x, weights = np.pi / 4 * (1 + LEGENDRE[0]), LEGENDRE[1]
        return (x**k * np.cos(x) ** (a - 1) * np.sin(x) ** (b - 1)) @ weights

    return moment(1) / moment(0)


def cap(psi, m):
    """The integral of cos^m from 0 to psi <= pi/2; beyond 12/sqrt(m) nothing is left for floats.

    For a broken m of a few units floats are good to five digits.
    """
    if is_ball(psi):
        return integral(lambda t, analytic: power_at(t.cos(), m, analytic), 0, psi)
    high = min(psi, 12 / np.sqrt(m + 1e-9))
    return high / 2 * np.cos(high / 2 * (1 + LEGENDRE[0])) ** m @ LEGENDRE[1]


def risk_at(draw, dim, phi):
    """R at the angle phi: `angle_risk`; on balls two normals of different signs, in the plane."""
    if not draw.exact:
        return risk.angle_risk(phi, IsotropicLaw(dim), dim)
    slope = ball(1) / phi.tan() / ball(2).sqrt()  # cos phi a + sin phi b < 0 for b < -a cot phi
    total = integral(lambda a, _: (-(a**2) / 2).exp() * (slope * a).erfc(), 0, 20)
    return (total + _flint().arb(0, 1e-80)) / (2 * pi_of(phi)).sqrt()  # beyond 20: exp(-200)


def isotropic_expected_risk(draw, dim, n):
    """E R: the library's; on balls the integral of P[phi > t], over pi."""
    if not draw.exact:
        return risk.expected_risk(IsotropicTask(dim), n).mean
    right, p, q = pi_of(ball(0)) / 2, dim - n - 1, n - 1
    whole = sine_cosine_integral(right, p, q)
    inside = integral(lambda t, _: sine_cosine_integral(t, p, q), 0, right)
    return (right - inside / whole) / (2 * right)
