"""Gaussian vectors without chance, for means over the logits of several classes."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import scipy

if TYPE_CHECKING:
    from ._types import Floats

DRAWS = 2**8  # of a student's logits, where there are several classes


def root(matrix: Floats) -> Floats:
    """The symmetric root of matrices (..., C, C) that are positive semi-definite."""
    values, vectors = np.linalg.eigh(matrix)
    scaled = vectors * np.sqrt(np.maximum(values, 0))[..., None, :]
    return np.asarray(scaled @ np.swapaxes(vectors, -1, -2), dtype=np.float64)


@cache
def normals(dim: int, size: int = DRAWS) -> Floats:
    """Points of a low-discrepancy sequence, as standard normal vectors (size, dim).

    The additive recurrence i (g^-1, ..., g^-dim) mod 1 with g^(dim+1) = g + 1, from both sides
    of its centre, and with second moment 1 where there are points enough. That takes
    a few lines in any language: the page *Explore* draws the same ones.
    """
    g = 2.0
    for _ in range(100):  # a contraction, by 1 / (dim + 1) or better
        g = (1 + g) ** (1 / (dim + 1))
    steps = np.arange(size)[:, None] - (size - 1) / 2
    points = np.asarray(scipy.special.ndtri((0.5 + steps * g ** -np.arange(1.0, dim + 1)) % 1))
    return points @ np.linalg.inv(root(points.T @ points / size)) if 4 * dim <= size else points
