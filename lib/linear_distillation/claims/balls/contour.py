"""The exact expected risk by a contour in the Mellin plane; of isotropic data, from its angle."""

from functools import cache

import numpy as np
import scipy

from ... import parallel
from ...laws import RIGHT_ANGLE
from ...quadrature import logistic_rule
from ...tasks import IsotropicTask, PolynomialTask
from .numbers import ball, is_ball
from .parallel import integral, widened


def contour(kappa, n, dim, own=0, shared=0, arcsine=0.5, fine=1.0, sigma=0.3):
    """(1/2) P[A B Lambda / cot^2(theta) >= 1], from the moments of its factors."""
    rest, sigma, step = (n - 1) / 2, sigma * kappa, 0.1 * kappa / fine
    z = sigma + 1j * step * np.arange(int(14 / step))
    gamma, half = scipy.special.loggamma, (dim - n + shared) / 2
    log_A = gamma(arcsine + z) + gamma(arcsine + 0.5) - gamma(arcsine) - gamma(arcsine + 0.5 + z)
    log_B = gamma(half + z) - gamma(half) + gamma(half + rest) - gamma(half + rest + z)
    y = np.arange(-90, 36, min(0.4, 0.2 * kappa) / fine)  # beyond 36, tan is lost to rounding
    log_tan = np.log(np.tan(RIGHT_ANGLE * np.exp(-np.logaddexp(0, -y) / kappa)))
    x, reach = _reach(kappa, n, (dim - 3 + own) / 2, fine)
    moments = np.exp(np.outer(z, x)) @ (reach * (x[1] - x[0]))
    moments *= np.exp(np.outer(-2 * z, log_tan)) @ ((y[1] - y[0]) / (2 + 2 * np.cosh(y)))
    values = (np.exp(log_A + log_B) * moments).real
    return float((values.sum() - values[0] / 2) * step / np.pi / 2)


def _reach(kappa, n, b, fine):
    """x, and E[(1 - e^x cot^2)_+^b]^n, integrated over the density of the cotangent."""
    x = np.arange(-80 / kappa - 2 * np.log(n + b), 45 / kappa, 0.4 / fine)
    y = np.arange(-80 * max(1, 1 / kappa), 80, 0.5 / fine)
    s, t = 1 / (1 + np.exp(-y)), 1 / (1 + np.exp(y))
    root = np.sqrt(s) * np.exp(-x / 2)[:, None]  # cot where e^x cot^2 = s
    density = kappa * (np.arctan(root) / RIGHT_ANGLE) ** (kappa - 1) / RIGHT_ANGLE
    density *= root / (1 + root**2) / 2  # in log(s)
    return x, (density @ (t ** (b + 1) * (y[1] - y[0]))) ** n


@cache
def _computed(function, *arguments, **keywords):
    return function(*arguments, **keywords)


def _library(exact, kappa, n, dim):
    return exact(PolynomialTask(kappa, dim) if kappa else IsotropicTask(dim), n)


def library_risk(kappa, n, dim):
    """E R of a polynomial task, for kappa = 0 of isotropic data.

    On balls by a contour elsewhere, in smaller steps; isotropic data by their angle.
    """
    if not is_ball(kappa):
        return _computed(_library, parallel.exact_expected_risk, kappa, n, dim)
    if kappa == 0:
        return isotropic_risk(n, dim, kappa)
    case = float(kappa), n, dim
    ends = [_computed(contour, *case, sigma=0.25, fine=fine) for fine in (2.0, 3.0)]
    return widened(ends[1], 4 * abs(ends[1] - ends[0]) + 1e-12 * ends[1])


def contour_risk(kappa, n, dim, **changes):
    """E R of a polynomial task by the contour, and its error, that of doubled steps."""
    ends = [_computed(contour, float(kappa), n, dim, fine=fine, **changes) for fine in (1.0, 2.0)]
    error = abs(ends[1] - ends[0])
    return (widened(ends[1], error), 0.0) if is_ball(kappa) else (ends[1], error)


def isotropic_risk(n, dim, like=0.0):
    """E[phi]/pi with cos^2(phi) ~ Beta(n/2, (d-n)/2)."""
    if is_ball(like):
        pi = ball(0).acos() * 2
        mass = [
            integral(
                lambda x, _, k=k: x**k * x.cos() ** (n - 1) * x.sin() ** (dim - n - 1), 0, pi / 2
            )
            for k in (0, 1)
        ]
        return mass[1] / mass[0] / pi
    s, _, weights = logistic_rule()
    log_mass = (n - 1) * np.log(np.cos(RIGHT_ANGLE * s))
    log_mass += (dim - n - 1) * np.log(np.sin(RIGHT_ANGLE * s))
    density = weights * np.exp(log_mass - log_mass.max())
    return density @ s / density.sum() / 2
