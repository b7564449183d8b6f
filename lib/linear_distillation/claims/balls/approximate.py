"""Students that are only near, and tails of data: the library's on floats, definitions on balls."""

import numpy as np
import scipy

from ... import bounds, tasks
from .numbers import arcsin, ball, both, floats, is_ball
from .parallel import EPS, integral, widened

deviation_angle = both(bounds, "deviation_angle", arcsin)


# Gaussian data


def _craig(a, w):
    """P[elevation <= psi]: the integral, with sin^2 taken out of its quotients."""

    def density(phi, analytic):
        sine = phi.sin()
        parts = [sine**2 + x for x in a]
        total = sum(share / part for share, part in zip(w, parts, strict=True))
        for part in parts:
            total *= part
        return sine ** (len(a) - 1) / total.sqrt(analytic)

    pi = ball(0).acos() * 2
    return 1 - 2 / pi * integral(density, 0, pi / 2)


def craig(a, w):
    """P[elevation <= psi] of Gaussian data, from a_i = tau sigma_i and w_i."""
    return _craig(a, w) if is_ball(a) else tasks.split_mass(a, w)[0]


def gaussian_tail_at(law, tau, a, w):
    """P[elevation <= psi] at the psi of tau: the library's; on balls from a and w."""
    return _craig(a, w) if is_ball(tau) else law.at(tau)[1]


def _imhof(eigenvalues, step):
    log_u = np.arange(-60, 60, step)
    turns = np.exp(log_u)[:, None] * eigenvalues
    phase = np.arctan(turns).sum(axis=1) / 2
    log_size = np.log1p(turns**2).sum(axis=1) / 4
    return 0.5 - step * (np.sin(phase) * np.exp(-np.minimum(log_size, 700))).sum() / np.pi


def imhof(form, like, terms=0.0):
    """P[x'Fx <= 0] for standard normal x, from the characteristic function; its error.

    That of doubled steps, and of small eigenvalues; balls have halved steps, and a radius
    estimated likewise. A form that is a difference has the rounding of its terms, of which
    the largest entry is given.

    References
    ----------
    J. P. Imhof, "Computing the distribution of quadratic forms in normal variables" (1961).
    """
    largest = np.abs(form).max()
    eigenvalues = np.linalg.eigvalsh(form / largest)
    steps = (0.1, 0.05) if is_ball(like) else (0.2, 0.1)
    rough, value = (_imhof(eigenvalues, step) for step in steps)
    error = abs(value - rough) + 1e3 * EPS
    # eigenvalues to within EPS of the largest; P moves no more than by their relative errors
    rounding = len(eigenvalues) * EPS * max(terms / largest, 1.0)
    error += min(value, 1 - value) * rounding * abs(1 / eigenvalues).sum()
    return (widened(value, error), 0.0) if is_ball(like) else (value, error)


# Tails from data


def band_width(level, n):
    """Of the upper confidence band from n examples."""
    if not is_ball(level):
        return tasks.empirical_tail(np.ones((2, n)), [1, 0], level).width
    width = (-(1 - level).log() / (2 * n)).sqrt()
    return width if width < 1 else ball(1)


def _upper_side(n, width):
    """The sum of Birnbaum and Tingey (1951); its terms are positive."""
    total, binomial, reach = ball(0), ball(1), n * width
    for j in range(int(n * (1 - floats(width))) + 1):
        left = n - j - reach
        if left > 0:
            total += binomial * (reach + j) ** (j - 1) * left ** (n - j)
        binomial = binomial * (n - j) / (j + 1)
    return width * total / ball(n) ** (n - 1)


def upper_side(n, width):
    """P[p exceeds the empirical tail by more than the width somewhere], for continuous p."""
    return _upper_side(n, width) if is_ball(width) else scipy.special.smirnov(n, width)


def either_side(n, width):
    """P[they are further apart than the width somewhere].

    For a width above 1/2 twice the other: both at once would need two of it.
    """
    if not is_ball(width):
        return scipy.stats.kstwo.sf(width, n)
    once = _upper_side(n, width)
    return 2 * once if width > 0.5 else once.union(2 * once)
