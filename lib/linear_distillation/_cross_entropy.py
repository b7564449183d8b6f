"""Students of least cross-entropy by Newton's method, for any labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .geometry import decided_rank, magnitude
from .objective import curvature, divergence, label_gap, sigmoid

if TYPE_CHECKING:
    from collections.abc import Callable

    from ._types import Floats

STEPS = 200
FLAT = 1e-13  # of 1/4, the largest curvature
EPS = float(np.finfo(float).eps)


def coordinates(X: Floats) -> tuple[Floats, Floats]:
    """V (n, r) and M (d, r): a student M y in the span of the columns has the logits V y.

    Raises
    ------
    numpy.linalg.LinAlgError
        If rounding hides the rank of X.
    """
    size = float(magnitude(X))
    U, s, Vt = np.linalg.svd(X / size, full_matrices=False)
    kept = decided_rank(s, max(X.shape))
    return Vt[kept].T, U[:, kept] / s[kept] / size


def of_logits(V: Floats, logits: Floats) -> Floats | None:
    """Least mean divergence from soft labels sigma(logits): coordinates y."""

    def slope(a: Floats) -> Floats:
        return label_gap(a, logits, a - logits)

    def loss(a: Floats) -> float:
        return float(divergence(a, logits, a - logits).sum())

    return newton(V, V.T @ logits, slope, loss)


def of_labels(V: Floats, labels: Floats) -> Floats | None:
    """Least cross-entropy to labels in [0, 1]: coordinates y; None if there is no minimiser."""

    def loss(a: Floats) -> float:
        return float((labels * np.logaddexp(0, -a) + (1 - labels) * np.logaddexp(0, a)).sum())

    return newton(V, np.zeros(V.shape[1]), lambda a: sigmoid(a) - labels, loss)


def newton(
    V: Floats, y: Floats, slope: Callable[[Floats], Floats], loss: Callable[[Floats], float]
) -> Floats | None:
    """The y at which V' slope(V y) = 0, from the start y; None if it runs away.

    The loss is convex. A step is halved until the loss falls, or rounding hides whether it does.
    """
    value = loss(V @ y)
    for _ in range(STEPS):
        a = V @ y
        hessian = (V.T * curvature(a)) @ V
        try:
            step = np.linalg.solve(hessian, V.T @ slope(a))
        except np.linalg.LinAlgError:
            return None
        moved = V @ step
        if not np.isfinite(moved).all():
            return None
        gain, share = float(moved @ slope(a)), 1.0
        while loss(a - share * moved) > value - 0.1 * share * gain + 8 * EPS * abs(value):
            share /= 2
            if share < 1e-12:
                return None
        y = y - share * step
        value = loss(V @ y)
        if np.abs(moved).max() <= 1e-11 * (1 + np.abs(a).max()):
            # where the loss is flat to rounding a small step proves nothing
            return y if np.linalg.eigvalsh(hessian)[0] > FLAT else None
    return None
