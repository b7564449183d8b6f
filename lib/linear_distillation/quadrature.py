"""One quadrature rule for every integral of the library."""

from functools import cache

import numpy as np


@cache
def logistic_rule(step=0.125, reach=80.0):
    r"""Nodes and weights on (0, 1): the trapezoidal rule in the logit.

    .. math:: \int_0^1 f(s)\,ds = \int_{-\infty}^{\infty} f(s)\, s (1 - s)\, dy,
        \qquad s = 1/(1 + e^{-y})

    For f analytic on (0, 1), algebraic at both ends, the error falls like
    exp(-2 pi a / step), with a in (0, pi] the half-width of the strip in y
    where the integrand is analytic. Powers such as :math:`s^{\kappa}` or
    :math:`(1-s)^{d/2}` at the ends do no harm, and nodes crowd towards both.

    Parameters
    ----------
    step, reach : float
        Spacing and half-length of the grid in y.

    Returns
    -------
    s, t, weights : ndarray
        Nodes, their complements t = 1 - s without cancellation, weights.
    """
    y = np.arange(-reach, reach + step / 2, step)
    t = 1 / (1 + np.exp(y))
    s = t[::-1]
    return s, t, step * s * t
