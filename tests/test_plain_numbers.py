"""Numbers that chapters are held against, in plain NumPy: nothing here is the library's."""

import numpy as np
import pytest
from scipy.optimize import nnls
from scipy.special import betaincc

SETS = 600


def power_sets(n, d, sets, rng):
    """Transfer sets of the polynomial task with kappa = 1 and teacher e_1: (sets, d, n)."""
    theta = np.pi / 2 * (1 - rng.random((sets, 1, n)))
    u = rng.standard_normal((sets, d - 1, n))
    u /= np.linalg.norm(u, axis=1, keepdims=True)
    return np.concatenate([np.cos(theta), np.sin(theta) * u], axis=1)


def risk(w):
    """Of students (sets, d) on that task: half of P[T^2 >= cot^2(theta) cot^2(psi)], theta even."""
    elevation = np.pi / 2 * (np.arange(400) + 0.5) ** 2 / 400**2  # crowded at the boundary
    weights = np.diff((np.arange(401) / 400) ** 2)
    tan2 = (w[:, 1:] ** 2).sum(axis=1) / w[:, 0] ** 2
    z2 = np.minimum(np.tan(elevation) ** 2 / tan2[:, None], 1)
    error = betaincc(0.5, (w.shape[1] - 2) / 2, z2) @ weights / 2
    return np.where(w[:, 0] > 0, error, 1 - error)


def biased(X, delta, g):
    """Projections of e_1, by normal equations, and delta times what the span leaves of g."""
    gram = np.swapaxes(X, 1, 2) @ X
    onto = lambda v: (X @ np.linalg.solve(gram, np.swapaxes(X, 1, 2) @ v[..., None]))[..., 0]  # noqa: E731
    return onto(np.broadcast_to(np.eye(X.shape[1])[0], g.shape)) + delta * (g - onto(g))


def largest_margin(Z):
    """The shortest w with Z'w >= 1, by the least-distance problem of Lawson and Hanson."""
    E = np.vstack([Z, np.ones(Z.shape[1])])
    u, _ = nnls(E, np.eye(len(E))[-1])
    r = E @ u - np.eye(len(E))[-1]
    return -r[:-1] / r[-1]


def angle(w):
    return np.arctan2(np.linalg.norm(w[:, 1:], axis=1), w[:, 0])


@pytest.mark.parametrize(
    "delta, printed, index",
    [(0, 1.19e-3, 1), (0.1, 0.0228, 0.96), (1, 0.174, 0.77), (10, 0.413, 0.58)],
)
def test_biased_students(delta, printed, index, rng):
    X, g = power_sets(21, 100, SETS, rng), rng.standard_normal((SETS, 100))
    before, after = biased(X[..., :20], delta, g), biased(X, delta, g)
    found = risk(before)
    assert abs(found.mean() - printed) < 4.9 * found.std() / SETS**0.5 + 5e-4 * (delta > 0) + 5e-6
    falls = (angle(after) < angle(before)).mean()
    assert falls == 1 if delta == 0 else abs(falls - index) < 4.9 * 0.5 / SETS**0.5 + 0.01


def test_students_of_the_largest_margin(rng):
    Z = power_sets(21, 100, SETS, rng)  # all on the positive side
    before, after = (np.array([largest_margin(z[:, :n]) for z in Z]) for n in (20, 21))
    assert np.abs((before[:, None] @ Z[..., :20]).min(axis=2) - 1).max() < 1e-8
    margin = (before * Z[..., 20]).sum(axis=1)  # of the new example: 1 or more is a tie
    falls = (angle(after) < angle(before)) & (margin < 1)
    for share, printed in ((falls, 0.30), (margin >= 1, 0.52)):
        assert abs(share.mean() - printed) < 4.9 * 0.5 / SETS**0.5
    found = risk(before)
    assert abs(found.mean() - 0.0306) < 4.9 * found.std() / SETS**0.5 + 5e-5


def lost(X, tests):
    """How often the student of X, the projection of e_1, errs on the tests."""
    w = X @ np.linalg.lstsq(X, np.eye(len(X))[0])[0]
    return np.mean((w @ tests) * tests[0] <= 0)


def three_clusters(n, rng):
    means = np.array([(0.35, 0.94, 0.00), (0.10, 0.70, 0.70), (0.33, 0.07, 0.94)])
    return (means[rng.integers(3, size=n)] + 0.05 * rng.standard_normal((n, 3))).T


def two_axes(n, rng):
    """A centred law: cot 0.7 to either end of one axis, or 0.1 to either end of another."""
    flat, side = rng.random(n) < 0.5, rng.choice([-1, 1], n)
    turned = np.where(flat, np.pi / 2, 0) + 0.02 * rng.standard_normal(n)
    height = np.where(flat, 0.1, 0.7) * np.exp(0.02 * rng.standard_normal(n))
    return np.vstack([height, side * np.cos(turned), side * np.sin(turned)])


@pytest.mark.parametrize(
    "law, printed", [(three_clusters, (0.0161, 0.2234)), (two_axes, (0.253, 0.353))]
)
def test_more_data_hurts(law, printed, rng):
    for n, value in zip((1, 2), printed, strict=True):
        found = np.array([lost(law(n, rng), law(50, rng)) for _ in range(2000)])
        assert abs(found.mean() - value) < 4.9 * found.std() / 2000**0.5 + 5e-4
