"""What all flows share: units in which nothing overflows, and the end of a run."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np

from ._checks import RangeWarning
from .geometry import magnitude
from .objective import curvature, label_gap

if TYPE_CHECKING:
    from ._types import Floats, Ints

LONGEST = 690  # on a flow's clock, after which it is given up: exp(690) is about 1e300
STEPS = 6_000  # of the integrator, likewise: some seconds, several times what saturated labels take
FAINT = 1e-290  # logits below it are as linear as at it
INDEPENDENT = 1e-9  # new part of a column of length one that makes it a direction of its own


class Problem:
    r"""Examples and students in units of their own, powers of two: X = L X', w = U w'.

    Gradient flow on N layers is the same in these units if its time is
    :math:`\tau' = L^2 U^{2-2/N} \tau` and the labels are those of logits `height` = L U
    times the products of w' and X'.
    """

    def __init__(self, X: Floats, w_star: Floats, start: Floats, depth: int = 1) -> None:
        unit_x, self.unit = magnitude(X), magnitude(np.concatenate([w_star, start]))
        self.X, self.w_star = X / unit_x, w_star / self.unit
        with np.errstate(over="ignore"):
            self.height = max(float(unit_x * self.unit), FAINT)
        if not np.isfinite(self.height * np.abs(self.X).sum()):
            raise ValueError("w_star: logits overflow")
        self.log_time = 2 * np.log(unit_x) + (2 - 2 / depth) * np.log(self.unit)

    def label_gap(self, a: Floats, a_star: Floats, gap: Floats) -> Floats:
        """Difference of the labels of students and teacher; over `height`, it moves w'."""
        h = self.height
        return label_gap(h * a, h * a_star, h * gap)

    def curvature(self, a: Floats) -> Floats:
        """Its derivative, over `height`."""
        return curvature(self.height * a)

    def log_times(self, times: Floats) -> Floats:
        """Logarithms of times of the reader in these units."""
        with np.errstate(divide="ignore"):
            return np.log(times) + self.log_time

    def times(self, log_times: Floats) -> Floats:
        """The reader's times."""
        with np.errstate(over="ignore", under="ignore"):
            times = np.exp(log_times - self.log_time)
        if ((times == 0) & (log_times > -np.inf) | np.isinf(times)).any():
            message = "times: some leave the floating-point range, and are 0 or infinite"
            warnings.warn(message, RangeWarning, stacklevel=5)
        return times


def fastest_columns(columns: Floats, logits: Floats) -> tuple[Ints, Floats]:
    """Independent columns, of small logits if possible, and the shares of all columns in them.

    Returns the indices (rank,) of the chosen ones and a matrix (rank, n) whose
    j-th column holds the coefficients of column j. Small logits are learned fast.
    """
    rank, n = columns.shape
    if rank == n:
        return np.arange(n), np.eye(n)
    order = np.argsort(logits, kind="stable")
    chosen: list[int] = []
    Q, place = np.zeros((rank, rank)), np.argsort(order)
    for i in order.tolist():
        rest = columns[:, i]
        for _ in range(2):  # Gram-Schmidt, twice: once leaves rounding
            rest = rest - Q @ (Q.T @ rest)
        if len(chosen) < rank and np.linalg.norm(rest) > INDEPENDENT:
            Q[:, len(chosen)] = rest / np.linalg.norm(rest)
            chosen.append(i)
    share = np.asarray(np.linalg.lstsq(columns[:, chosen], columns)[0], dtype=np.float64)
    share[place[chosen][:, None] > place] = 0  # rounding: a column needs no slower ones
    share[:, chosen] = np.eye(len(chosen))
    return np.array(chosen), share


def report(distance: float, near: float, unit: float | Floats, stacklevel: int = 3) -> bool:
    """Whether a flow has arrived, and a warning if it has not."""
    if distance <= near:
        return True
    message = f"the flow ended {distance * unit:.3g} from its limit: see `residual`"
    from .flow import ConvergenceWarning  # where it is documented, a floor above

    warnings.warn(message, ConvergenceWarning, stacklevel=stacklevel)
    return False
