"""Choosing examples: eigenvalues, subsets, and means after the nearest row and the whole pool."""

from functools import reduce, wraps
from itertools import combinations

import numpy as np
import scipy

from ... import students
from .losses import eigenvalues
from .numbers import arctan, ball, floats, is_ball, largest
from .parallel import widened
from .spans import distilled_student


def most(values):
    """The largest of several numbers."""
    return reduce(largest, values)


def subsets(count, size):
    """All subsets of so many rows, one a row."""
    return np.array(list(combinations(range(count), size)))


def ends(G):
    """The smallest and the largest eigenvalue of symmetric matrices, (..., n, n)."""
    if not is_ball(G):
        values = np.linalg.eigvalsh(G)
        return values[..., 0], values[..., -1]
    if G.ndim > 2:
        return tuple(zip(*map(ends, G), strict=True))
    values = eigenvalues(G)
    return -most([-v for v in values]), most(values)


def smallest_eigenvalue(G, size):
    """The least of all Gram matrices of so many rows, G that of all."""
    parts = subsets(len(G), min(size, len(G)))
    return -most(-np.array(ends(G[parts[:, :, None], parts[:, None]])[0]))


def kept(A, w, sets):
    """Squared lengths |P w|^2 of the students of sets of rows."""
    if not is_ball(A, w):
        return np.square(students.distilled_student(A[sets].swapaxes(1, 2), w)).sum(axis=1)
    return [np.square(distilled_student(A[rows].T, w)).sum() for rows in sets]


def behind(n, power=2):
    """The mean of sum_{j>n} Gamma_j^-power, Gamma_j the points of a Poisson process."""
    if is_ball(n):
        return _one_by_one(n, power)
    u = np.arange(-40.0, 45.0, 0.05)  # by the chance that n points come before exp(u)
    return 0.05 * (np.exp((1 - power) * u) * scipy.special.gammainc(n, np.exp(u))).sum()


def _one_by_one(n, power, terms=20_000):
    """The sum of E Gamma_j^-power = Gamma(j - power) / Gamma(j), and bounds for the rest.

    Gamma is logarithmically convex, so for power >= 1 a term lies between (j - 1)^-power and
    (j - power)^-power, and the rest between the integrals of these.
    """
    j, whole = n + 1, ball(0)
    term = np.exp((j - power).lgamma() - j.lgamma())
    for _ in range(terms):
        whole, term, j = whole + term, term * (j - power) / j, j + 1
    last = j - 1
    ends = [x ** (1 - power) / (power - 1) for x in (last, last - power)]
    return whole + ends[0].union(ends[1])


def _by_trapezoids(mean):
    """A mean that takes the distance of its points; balls hold how far two of these differ."""

    @wraps(mean)
    def of(kappa, *arguments, **keywords):
        if not is_ball(kappa):
            return mean(kappa, *arguments, **keywords, wider=1.0)
        rough, value = (mean(kappa, *arguments, **keywords, wider=x) for x in (2.5, 1.6))
        return widened(value, abs(floats(value - rough)) + 1e-12 * floats(value))

    return of


def _grid(low, high, step, like):
    """Points from one number to another, and their distance."""
    points = np.arange(floats(low), high, step)
    return (ball(points) if is_ball(like) else points), step


@_by_trapezoids
def mean_of_nearest(kappa, N, edge=1, wider=1.0):
    """E tan^kappa of the smallest of N angles, p = (1 - (2 theta/pi)^edge)^kappa, by trapezoids."""
    log_e, step = _grid(-40 / kappa, 4.2, 0.05 * wider, kappa)
    e = np.exp(log_e)
    tan = np.tan(np.pi / 2 * (-np.expm1(-e / N / kappa)) ** (1 / edge))
    return step * (e * np.exp(-e) * tan**kappa).sum()


@_by_trapezoids
def mean_of_all(kappa, N, edge=1, wider=1.0):
    """E (sum of N squared cotangents)^(-kappa/2), by its Laplace transform."""
    v, apart = _grid(-14, np.log(N) + 18, 0.1 * wider, kappa)
    theta = arctan(np.exp(-v))
    share = 2 * theta / np.pi
    density = edge * share ** (edge - 1) * kappa * (1 - share**edge) ** (kappa - 1) / np.pi
    density = density * np.sin(2 * theta)
    y, step = _grid(-2 * np.log(N) - 60 / kappa, 6, 0.2 * wider, kappa)
    lost = -apart * (np.expm1(-np.exp(y[:, None] + 2 * v)) @ density)
    whole = step * np.exp(y * kappa / 2 + N * np.log1p(-lost)).sum()
    return whole / gamma(kappa / 2)


def gamma(x):
    """Euler's function."""
    return x.gamma() if is_ball(x) else scipy.special.gamma(x)
