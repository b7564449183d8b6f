"""Choosing examples: what eigenvalues and subsets say, and means after one or all of a pool."""

from functools import reduce
from itertools import combinations

import numpy as np
import scipy

from ... import students
from .losses import eigenvalues
from .numbers import arctan, ball, floats, is_ball, largest
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
    if is_ball(n):  # a telescoping sum of Gamma(j - power) / Gamma(j)
        return np.exp((n + 1 - power).lgamma() - n.lgamma()) / (power - 1)
    u = np.arange(-40.0, 45.0, 0.05)  # by the chance that n points come before exp(u)
    return 0.05 * (np.exp((1 - power) * u) * scipy.special.gammainc(n, np.exp(u))).sum()


def _grid(low, high, step, like):
    """Points of the trapezoidal rule, for balls others and fewer, and their distance."""
    step = 2.5 * step if is_ball(like) else step
    points = np.arange(floats(low), high, step)
    return (ball(points) if is_ball(like) else points), step


def mean_of_nearest(kappa, N, edge=1):
    """E tan^kappa of the smallest of N angles, p = (1 - (2 theta/pi)^edge)^kappa, by trapezoids."""
    log_e, step = _grid(-40 / kappa, 4.2, 0.05, kappa)
    e = np.exp(log_e)
    tan = np.tan(np.pi / 2 * (-np.expm1(-e / N / kappa)) ** (1 / edge))
    return step * (e * np.exp(-e) * tan**kappa).sum()


def mean_of_all(kappa, N, edge=1):
    """E (sum of N squared cotangents)^(-kappa/2), by its Laplace transform."""
    v, apart = _grid(-14, np.log(N) + 18, 0.1, kappa)
    theta = arctan(np.exp(-v))
    share = 2 * theta / np.pi
    density = edge * share ** (edge - 1) * kappa * (1 - share**edge) ** (kappa - 1) / np.pi
    density = density * np.sin(2 * theta)
    y, step = _grid(-2 * np.log(N) - 60 / kappa, 6, 0.2, kappa)
    lost = -apart * (np.expm1(-np.exp(y[:, None] + 2 * v)) @ density)
    whole = step * np.exp(y * kappa / 2 + N * np.log1p(-lost)).sum()
    return whole / gamma(kappa / 2)


def gamma(x):
    """Euler's function."""
    return x.gamma() if is_ball(x) else scipy.special.gamma(x)
