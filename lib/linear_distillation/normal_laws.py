"""Angle laws of normal examples: a mixture of round clusters, and one of any covariance."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import scipy

from ._checks import as_integrand, as_reals
from .geometry import length
from .laws import RIGHT_ANGLE, SmoothLaw
from .quadrature import UniformSpline, logistic_rule, panels, settled, warn

if TYPE_CHECKING:
    from collections.abc import Callable

    from ._types import ArrayLike, Floats, Ints, Values
    from .laws import AngleLaw

ORDER = 12  # of the polynomials of a table
FARTHEST = 1e10  # standard deviations, beyond which rounding of angles blurs a cluster
RAYS = np.polynomial.legendre.leggauss(80)  # along a ray through a cluster


def expect_by_density(
    law: AngleLaw, f: Callable[[Floats], Values], breaks: ArrayLike, edges: Floats, rtol: float
) -> float:
    """E[f(elevation)] as an integral over y = log tan(elevation), from edge to edge."""
    breaks, rtol = as_integrand(f, breaks, rtol)
    with np.errstate(divide="ignore"):
        inside = np.log(np.tan(np.clip(breaks, 0, RIGHT_ANGLE)))
    edges = np.unique(np.concatenate([edges, inside[(inside > edges[0]) & (inside < edges[-1])]]))

    def mean(width: float) -> float:
        y, weights = panels(edges, width, ORDER)
        return float(weights * law.at_log(y)[2] @ f(np.arctan(np.exp(y))))

    # the elevations left out have no mass to speak of, but all that there is near 0
    below = law.near_at(edges[0]) * float(np.asarray(f(np.zeros(1)))[0])
    return settled(mean, rtol, f"{type(law).__name__}.expect", width=2.5) + float(below)


class MixtureLaw(SmoothLaw):
    r"""Elevation at most psi: |z| <= r tan psi, for a normal z and a noncentral chi r.

    In the plane of (r, z) a cluster is a round spot, and its density of the elevation
    the integral along the ray at psi,

    .. math:: f(\psi) = \int_0^\infty \rho\,[\varphi(\rho\sin\psi - a) + \varphi(\rho\sin\psi + a)]
        \, \chi_{d-1}(\rho\cos\psi; b)\, d\rho

    Tabulated over y = log tan psi, in polynomials of degree 11 on panels that follow the
    width of each cluster, and summed up from both ends: relative errors of P and of 1 - P
    about 1e-10 (1e-9 from a million dimensions on), and 4e-15 times the distance of a cluster
    in standard deviations.
    """

    def __init__(self, means: Floats, weights: Floats, e: Floats) -> None:
        self.along, self.weights, self.dof = np.abs(means @ e), weights, means.shape[1] - 1
        across = means - np.outer(means @ e, e)
        self.across = length(across)

    def _tail(self, theta: Floats) -> Floats:
        return np.exp(self.log_tail(theta))

    def _near(self, psi: Floats) -> Floats:
        return np.exp(self.log_near(psi))

    def expect(
        self, f: Callable[[Floats], Values], breaks: ArrayLike = (), rtol: float = 1e-9
    ) -> float:
        return expect_by_density(self, f, breaks, self._table[0], rtol)

    def at_log(self, y: ArrayLike) -> tuple[Floats, Floats, Floats]:
        edges, coefficients, integrals, below, above = self._table
        y = as_reals("y", y)
        inside = np.clip(y, edges[0], edges[-1])
        panel = np.clip(np.searchsorted(edges, inside, side="right") - 1, 0, edges.size - 2)
        width = edges[panel + 1] - edges[panel]
        x = (inside - edges[panel]) / width
        density, part = _horner(coefficients, panel, x), width * x * _horner(integrals, panel, x)
        whole = width * integrals.sum(axis=0)[panel]
        near, far = below[panel] + part, above[panel + 1] + whole - part
        low, high = np.minimum(y - edges[0], 0), np.maximum(y - edges[-1], 0)
        fall = np.exp(low), np.exp(-self.dof * high)  # powers of the angle at both ends
        near, far = np.maximum(near, 0) * fall[0], np.maximum(far, 0) * fall[1]
        return near, far, np.maximum(density, 0) * fall[0] * fall[1]

    @cached_property
    def _table(self) -> tuple[Floats, Floats, Floats, Floats, Floats]:
        farthest = np.hypot(self.along, self.across).max()
        if farthest > FARTHEST:
            raise ValueError(
                f"scale: clusters {farthest:.1e} standard deviations away are points to rounding; "
                "their tail is that of a FiniteTask"
            )
        edges = self._edges()
        x = (1 + np.cos(np.pi * (np.arange(ORDER) + 0.5) / ORDER)) / 2
        y = edges[:-1, None] + np.diff(edges)[:, None] * x
        density = self._densities(y.ravel()).reshape(-1, *y.shape)
        fit = np.linalg.inv(np.vander(x, increasing=True)).T
        degrees, widths = np.arange(1, ORDER + 1), np.diff(edges)
        # each cluster is given mass one: far away, rounding of its place costs digits
        whole = (widths * (density @ fit @ (1 / degrees))).sum(axis=1)
        off = np.abs(whole - 1).max()
        if off > 1e-9 + 4e-15 * self.along.max() + 4e-14 * self.dof:
            warn(f"MixtureTask.tail: the mass of a cluster is off by {off:.1e}")
        density = np.tensordot(self.weights / whole, density, 1)
        coefficients = (density @ fit).T
        integrals = coefficients / degrees[:, None]
        mass = np.maximum(widths * integrals.sum(axis=0), 0)
        start = density[0, -1] * np.exp(edges[0] - y[0, -1])  # near = density where it is tan psi
        below = np.append(0.0, mass.cumsum()) + start
        above = np.append(mass[::-1].cumsum()[::-1], 0.0)
        return edges, coefficients, integrals, below / below[-1], above / below[-1]

    def _edges(self) -> Floats:
        """Panels of width 1 in y, and finer ones around the direction of each cluster."""
        radius = np.hypot(self.along, np.sqrt(self.across**2 + self.dof))
        spread = np.array([0, 0.5, 1, 1.5, 2, 3, 4, 5, 6, 8, 10, 14, 20, 30])
        psi = (
            np.arcsin(self.along / radius)[:, None]
            + np.r_[-spread[:0:-1], spread] / radius[:, None]
        )
        psi = psi[(psi > 1e-15) & (psi < RIGHT_ANGLE - 1e-15)]
        edges = np.sort(np.concatenate([np.log(np.tan(psi)), np.arange(-37.0, 38.0)]))
        return edges[np.append(True, np.diff(edges) > 1e-13 * np.abs(edges[1:]) + 1e-300)]

    def _densities(self, y: Floats) -> Floats:
        """Of y, for each cluster, by Gauss-Legendre rules along rays."""
        log_sin, log_cos = -np.logaddexp(0, -2 * y) / 2, -np.logaddexp(0, 2 * y) / 2
        sine, cosine, found = np.exp(log_sin)[:, None], np.exp(log_cos)[:, None], []
        nodes, weights = RAYS
        for a, b in zip(self.along, self.across, strict=True):
            middle = a * sine + np.sqrt(b * b + self.dof) * cosine
            low, high = np.maximum(middle - 13, 0), middle + 13
            rho = low + (high - low) * (1 + nodes) / 2
            spot = np.exp(-((rho * sine - a) ** 2) / 2) + np.exp(-((rho * sine + a) ** 2) / 2)
            spot *= rho * _chi_density(self.dof, b)(rho * cosine) / np.sqrt(2 * np.pi)
            found.append((spot @ weights) * (high - low)[:, 0] / 2)
        return np.array(found) * np.exp(log_sin + log_cos)  # d psi / d y


def _horner(coefficients: Floats, panel: Ints, x: Floats) -> Floats:
    value = coefficients[-1][panel]
    for row in coefficients[-2::-1]:
        value = value * x + row[panel]
    return value


def _chi_density(dof: int, centre: float) -> Callable[[Floats], Floats]:
    """Density of the length of a normal vector with `dof` unit coordinates, mean `centre` long."""
    middle = np.hypot(centre, np.sqrt(dof))
    r = np.arange(max(1e-4, middle - 45), middle + 20, 0.05)
    spline = UniformSpline(r[0], 0.05, _log_chi(r, dof, centre))
    return lambda r: np.exp(spline(r) + (dof - 1) * np.log(np.maximum(r, 1e-300)))


def _log_chi(r: Floats, dof: int, centre: float) -> Floats:
    """The logarithm of that density over r^(dof-1), by a Bessel function of the product."""
    order, x = dof / 2 - 1, centre * r
    log_bessel = _log_bessel_debye(order, x) if order > 150 else _log_bessel(order, x)
    log_scale = -order * np.log(2) - scipy.special.gammaln(order + 1)
    return log_scale - (r - centre) ** 2 / 2 + log_bessel


def _log_bessel(order: float, x: Floats) -> Floats:
    """log of Gamma(v + 1) (x/2)^-v I_v(x) exp(-x): by its series, scaled, or Hankel's expansion."""
    series = x * x / 4 < 300 * (order + 1)
    small, large = np.where(series, x, 0.0), np.where(series, order + 1, x)
    log_small = np.log(scipy.special.hyp0f1(order + 1, small**2 / 4)) - x
    far = (1 - (4 * order**2 - 1) / (8 * large)) / np.sqrt(2 * np.pi * large)
    bessel = np.where(large < 1e9, scipy.special.ive(order, np.minimum(large, 1e9)), far)
    log_large = scipy.special.gammaln(order + 1) - order * np.log(large / 2) + np.log(bessel)
    return np.where(series, log_small, log_large)


def _log_bessel_debye(v: float, x: Floats) -> Floats:
    """The same by Debye's expansion, for orders above 150: to ten digits."""
    h = np.hypot(v, x)
    t = v / h
    u1 = (3 * t - 5 * t**3) / 24
    u2 = (81 * t**2 - 462 * t**4 + 385 * t**6) / 1152
    u3 = (30375 * t**3 - 369603 * t**5 + 765765 * t**7 - 425425 * t**9) / 414720
    log_series = np.log1p(u1 / v + u2 / v**2 + u3 / v**3) - np.log(2 * np.pi * h) / 2
    return scipy.special.gammaln(v + 1) + v * np.log(2 / (v + h)) + v * v / (h + x) + log_series


class GaussianLaw(SmoothLaw):
    r"""Elevations of N(0, S), with sigma_i the eigenvalues and c_i^2 the teacher's shares.

    The elevation is at most psi iff x'(ee' - sin^2(psi) I)x <= 0, a quadratic
    form with one positive eigenvalue. Written with a_i = tau sigma_i, where
    tau solves sum_i c_i^2 a_i/(1 + a_i) = sin^2 psi, and Craig's formula for
    the one positive square,

    .. math:: P[\text{elevation} > \psi] = \frac2\pi \int_0^{\pi/2} \Bigl[
        \prod_i (1 + k a_i) \sum_i \frac{w_i}{1 + k a_i} \Bigr]^{-1/2} d\varphi,
        \quad k = \sin^{-2}\varphi, \; w_i = \frac{c_i^2 a_i}{(1 + a_i)\sin^2\psi}.

    Tabulated over tau, and splined as log(P/(1 - P)) in log tan psi: relative
    errors of P and of 1 - P below 1e-10.

    References
    ----------
    J. W. Craig, "A new, simple and exact result for calculating the probability of
    error for two-dimensional signal constellations" (1991).
    """

    def __init__(self, variances: Floats, shares: Floats) -> None:
        self.variances, self.shares = variances, shares

    def _tail(self, theta: Floats) -> Floats:
        with np.errstate(divide="ignore"):
            return scipy.special.expit(self._logit(-np.log(np.tan(theta)))[0])

    def _near(self, psi: Floats) -> Floats:
        with np.errstate(divide="ignore"):
            return scipy.special.expit(self._logit(np.log(np.tan(psi)))[0])

    def at_log(self, y: ArrayLike) -> tuple[Floats, Floats, Floats]:
        logit, slope = self._logit(as_reals("y", y))
        near, far = scipy.special.expit(logit), scipy.special.expit(-logit)
        return near, far, near * far * slope

    def expect(
        self, f: Callable[[Floats], Values], breaks: ArrayLike = (), rtol: float = 1e-9
    ) -> float:
        return expect_by_density(self, f, breaks, np.arange(-75.0, 76.0, 2.5), rtol)

    def at(self, tau: float) -> tuple[float, float, float]:
        """tan psi, P[elevation <= psi] and its complement, at the psi that tau stands for."""
        a = tau * self.variances
        up, across = self.shares * a / (1 + a), self.shares / (1 + a)
        return np.sqrt(up.sum() / across.sum()), *split_mass(a, up / up.sum())

    def _logit(self, x: Floats) -> tuple[Floats, Floats]:
        """log(P/(1 - P)) at elevation arctan(exp(x)), and its slope."""
        spline, low, high = self._table
        inside = np.clip(x, low, high)
        logit, slope = spline(inside), spline(inside, 1)
        log_p = np.minimum(x - low, 0) - np.logaddexp(0, -spline(low))  # P ~ tan psi below
        below = log_p - np.log1p(-np.exp(log_p))
        logit = np.where(x < low, below, logit + slope * (x - inside))
        return logit, np.where(x < low, 1.0, slope)

    @cached_property
    def _table(self) -> tuple[Callable[..., Floats], float, float]:
        x, logit = [], []
        start, end = -26 - np.log(self.shares.size), 80 - np.log(self.variances[0])
        for tau in np.exp(np.arange(start, end, 0.05)):
            slope, below, above = self.at(tau)
            x.append(np.log(slope))
            logit.append(np.log(below) - np.log(above))
            if above < 1e-18:
                break
        return scipy.interpolate.make_interp_spline(x, logit, k=5), x[0], x[-1]


def split_mass(a: Floats, w: Floats) -> tuple[float, float]:
    """P[elevation <= psi] and its complement by the formula of `GaussianLaw`."""
    s, _, weights = logistic_rule(step=0.16, reach=56.0)
    s, weights = s[:-100], weights[:-100]  # what lies beyond weighs 1e-17
    logs = np.log1p(a / np.sin(RIGHT_ANGLE * s[:, None]) ** 2)
    others = np.zeros_like(logs)  # sums over all j but i, without subtraction
    others[:, 1:] += logs[:, :-1].cumsum(axis=1)
    others[:, :-1] += logs[:, :0:-1].cumsum(axis=1)[:, ::-1]
    product = np.log1p(np.expm1(np.minimum(others, 700.0)) @ w)
    return -weights @ np.expm1(-product / 2), weights @ np.exp(-product / 2)
