"""Largest margins: the shortest vector with a product of one or more with every column.

The problem depends on its columns through their Gram matrix alone, so many
sets are solved at once as n x n systems, whatever the dimension.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import scipy

from .geometry import unit

if TYPE_CHECKING:
    from ._types import Bools, Floats

CERTAIN = 1e-11  # how far a column of length one is moved to make a solution exact


def max_margin(Z: Floats, start: Bools | None = None) -> tuple[Floats, Bools]:
    r"""The direction that has the largest smallest product with the columns.

    .. math:: \max_{|w| = 1} \min_i z_i^\top w, \qquad
        w \propto \sum_i b_i z_i, \quad b \ge 0, \quad
        b_i > 0 \Rightarrow z_i^\top w \text{ is smallest}

    A guess of the support is corrected until it is right, for all sets at
    once. Sets without a certified answer (dependent columns, mostly) go to
    the non-negative least squares of Lawson and Hanson, one by one.

    Parameters
    ----------
    Z : ndarray, shape (k, d, n)
        k sets of columns, none zero.
    start : ndarray of bool, shape (k, n), optional
        Columns that are likely to be in the support.

    Returns
    -------
    w : ndarray, shape (k, d)
        Of length one.
    support : ndarray of bool, shape (k, n)
        Where b > 0.

    Raises
    ------
    numpy.linalg.LinAlgError
        A ``ValueError``, if rounding cannot tell whether some w has all
        products positive.

    References
    ----------
    Portugal, Júdice and Vicente (1994) for the block pivoting. Lawson and
    Hanson, Solving Least Squares Problems (1974), chapter 23.
    """
    columns = np.swapaxes(unit(np.swapaxes(Z, 1, 2)), 1, 2)
    log_length = np.log(np.abs(Z).max(axis=1)) - np.log(np.abs(columns).max(axis=1))
    # the shortest column needs a product of one with w; in units of length, others need less
    c = np.exp(log_length.min(axis=1, keepdims=True) - log_length)
    gram = np.swapaxes(columns, 1, 2) @ columns
    b, support = _pivot(gram, c, np.zeros(c.shape, dtype=bool) if start is None else start.copy())
    doubtful = np.flatnonzero(~_certified(columns, c, b))
    for i in doubtful:
        b[i] = _nnls(columns[i], c[i])
    if not _certified(columns[doubtful], c[doubtful], b[doubtful]).all():
        raise np.linalg.LinAlgError("X: rounding hides whether the hard labels can be separated")
    support[doubtful] = b[doubtful] > 0
    return unit(np.einsum("kdn,kn->kd", columns, b)), support


def _pivot(gram: Floats, c: Floats, support: Bools, sweeps: int = 60) -> tuple[Floats, Bools]:
    """Multipliers b >= 0 with gram b >= c and equality on the support, by block pivoting.

    Every column is on one of two sides: in the support, where its product is
    exact and b free, or outside, where b is zero and its product may exceed
    c. A violation is a negative b in the support, or a product too small
    outside; it asks for a change of side. All change at once while that makes
    them fewer, which takes a few sweeps; but that may cycle. After three
    sweeps without a new smallest number only the last one changes (Murty's
    rule, which visits no support twice) until there is a new smallest number.
    A set that has not ended in `sweeps` is left to the caller's certificate.
    """
    n = c.shape[1]
    gram = gram + 1e-15 * n * np.eye(n)  # equal columns share their weight
    b, live = np.zeros(c.shape), np.arange(len(c))
    fewest, tries = np.full(len(c), n + 1), np.full(len(c), 3)
    for _ in range(sweeps):
        b[live], wrong = _trial(gram[live], c[live], support[live])
        count = wrong.sum(axis=1)
        live, wrong, count = live[count > 0], wrong[count > 0], count[count > 0]
        if not live.size:
            break
        better = count < fewest[live]
        tries[live] = np.where(better, 3, tries[live] - 1)
        fewest[live] = np.minimum(fewest[live], count)
        last = n - 1 - wrong[:, ::-1].argmax(axis=1)  # argmax finds the first True
        alone = np.arange(n) == last[:, None]
        # exclusive or: who is wrong changes sides
        support[live] ^= wrong & (alone | (tries[live] >= 0)[:, None])
    return b, support


def _trial(gram: Floats, c: Floats, support: Bools) -> tuple[Floats, Bools]:
    """Solve on the support, refine once, and find what contradicts it."""
    inside = support[:, :, None] & support[:, None, :]
    system = np.where(inside, gram, np.eye(c.shape[1]))
    b = np.linalg.solve(system, (c * support)[..., None])
    b += np.linalg.solve(system, (c * support)[..., None] - system @ b)
    excess = (gram @ b)[..., 0] - c
    b = b[..., 0]
    # entries of gram are at most one: a product is known to about n eps times the sum of b
    rounding = 1e-13 * np.abs(b).sum(axis=1, keepdims=True)
    return np.maximum(b, 0), np.where(support, b < 0, excess < -rounding)


def _certified(columns: Floats, c: Floats, b: Floats) -> Bools:
    """Whether w = sum b_i z_i is the exact answer for columns moved by less than `CERTAIN`."""
    w = np.einsum("kdn,kn->kd", columns, b)
    length = np.linalg.norm(w, axis=1, keepdims=True)
    excess = np.einsum("kdn,kd->kn", columns, w) - c
    reach = CERTAIN * length
    separates = (c > 10 * reach).any(axis=1) & (length[:, 0] > 0)
    return separates & np.where(b > 0, np.abs(excess) <= reach, excess >= -reach).all(axis=1)


def _nnls(columns: Floats, c: Floats) -> Floats:
    """The same b from the projection of (0, 1) onto the cone of the columns (z_i, c_i)."""
    lifted = np.vstack([columns, c])
    b, _ = scipy.optimize.nnls(lifted, np.append(np.zeros(len(columns)), 1.0))
    left = 1 - c @ b
    return b / left if left > 0 else np.zeros_like(b)
