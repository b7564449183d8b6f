"""Students of rows, and the law of the spectrum: the library's on floats, definitions on balls."""

import numpy as np

from ... import _interpolation, leverage, spectrum
from .numbers import _flint, ball, floats, is_ball, sqrt


def inverse(K):
    """Of an invertible matrix; balls that may hold a singular one have an unknown inverse."""
    if not is_ball(K):
        return np.linalg.inv(K)
    try:
        table = _flint().arb_mat(K.tolist()).inv()
    except ZeroDivisionError:
        return np.full(K.shape, _flint().arb(0, np.inf), dtype=object)
    return np.array(table.tolist(), dtype=object)


def gram_inverse(A, index, ridge):
    """(K + ridge)^-1 of the rows A[index]; without a ridge the pseudo-inverse."""
    E = (index[:, None] == np.arange(len(A))).astype(float)
    if floats(ridge) > 0:
        B = A[index]
        return inverse(B @ B.T + ridge * np.eye(len(B)))
    shares = E / E.sum(axis=0)
    return shares @ inverse(A @ A.T) @ shares.T


def student(A, z, ridge=0.0):
    """Weights (d,) of the student of rows (n, d) and logits (n,); independent rows on balls."""
    if not is_ball(A, z):
        return _interpolation.interpolant(A, z[:, None], float(ridge))[0][:, 0]
    if not len(A):
        return ball(np.zeros(A.shape[1]))
    return A.T @ (inverse(A @ A.T + ridge * np.eye(len(A))) @ z)


def left_out(A, index, z, ridge):
    """Logits of each of the rows A[index] by the student of the others."""
    if is_ball(A, z):
        return by_formula(A, index, z, ridge)
    return _interpolation.left_out(A[index], z[:, None], float(ridge))[:, 0]


def by_formula(A, index, z, ridge):
    """z_i - (G z)_i / G_ii."""
    G = gram_inverse(A, index, ridge)
    return z - (G @ z) / np.diag(G)


# The law of the spectrum


def ridge(values, n):
    """k with sum of values / (values + k) = n, n below their number."""
    start = spectrum.effective_ridge(floats(values), n)
    if not is_ball(values):
        return start
    k = ball(start)
    for _ in range(10):  # Newton's method, from nine digits on
        middle = ball(0) + k.mid()
        share = values / (values + middle)
        k = middle + (share.sum() - n) / (share / (values + middle)).sum()
    k, reach = ball(0) + k.mid(), k.mid() * ball(2.0) ** (20 - _flint().ctx.prec)
    above, below = ((values / (values + x)).sum() for x in (k - reach, k + reach))
    return k + reach * _flint().arb(0, 1) if above > n > below else _flint().arb(0, np.inf)


def law_cosine(values, c, n, noise):
    """Cosine of the angle of student and teacher."""
    if not is_ball(values, c, noise):
        return spectrum.SpectrumLaw(values, c, noise=float(noise)).cosine(n)
    k = ridge(values, n)
    kept = (np.square(c) * values / (values + k)).sum()
    return kept / sqrt(np.square(c).sum() * (kept + np.square(noise) / k))


def law_error(values, c, n, noise):
    """Mean squared error of the student's logits."""
    if not is_ball(values, c, noise):
        return spectrum.SpectrumLaw(values, c, noise=float(noise)).error(n)
    k = ridge(values, n)
    missed = (values * np.square(c * k / (values + k))).sum() + np.square(noise)
    return missed / (1 - np.square(values / (values + k)).sum() / n) - np.square(noise)


# The law of the rows


def row_law_error(A, z, n, noise):
    """Mean squared error over the pool (N, d) itself, after n rows."""
    if not is_ball(A, z):
        return leverage.LeverageLaw(A, z, A, z, noise=noise).error(n)
    return row_error(A, z, n / ball(len(A)), noise)


def left_by_the_ridge(A, n):
    """What the library's ridge, which stands for none, takes from the weights; relative."""
    squares = np.square(floats(A)).sum(axis=1)
    return leverage.INTERPOLATION * squares.mean() / squares.min() / (1 - n / len(A))


def row_error(A, z, share, noise, settled=True, spread=1, seen_again=0):
    """The same from its definition, for the chance of each row to be drawn."""
    weights = equal_leverages(A, share) if settled else share / np.square(A).sum(axis=1)
    M = inverse(np.eye(A.shape[1]) + A.T @ (weights[:, None] * A))
    left, G2 = z - A @ (M @ (A.T @ (weights * z))), np.square(A @ M @ A.T)
    factor = np.square(weights) / share
    fresh = (1 - share * (1 - seen_again)) * np.square(noise)
    v = inverse(np.eye(len(A)) - factor[:, None] * G2) @ (factor * (np.square(left) + fresh))
    return (np.square(left) + spread * (G2 @ v)).sum() / len(A)


def equal_leverages(A, share, rounds=200):
    """Weights at which every row has this leverage, by iteration; the last step is their error."""
    A, exact = (A, is_ball(A)) if not is_ball(share) else (A + 0 * share, True)
    weights = share / (1 - share) / np.square(A).sum(axis=1)
    for _ in range(rounds):
        own = ((A @ inverse(np.eye(A.shape[1]) + A.T @ (weights[:, None] * A))) * A).sum(axis=1)
        new = share / own
        if exact:  # midpoints: the radii of iterates say nothing of the fixed point
            new = np.frompyfunc(lambda x: ball(0) + x.mid(), 1, 1)(new)
        step, weights = abs(new - weights), new
        if floats(step).max() <= 1e-25 * floats(weights).max():
            break
    if not exact:
        return weights
    reach = 1e3 * step + 2.0 ** (20 - _flint().ctx.prec) * weights
    return weights + reach * _flint().arb(0, 1)
