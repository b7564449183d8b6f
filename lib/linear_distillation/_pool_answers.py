"""What a `Pool` answers with: learning curves, left-out logits, bounds, students."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from . import _curves
from ._rows import Rows, as_rows

if TYPE_CHECKING:
    from ._rows import Given
    from ._types import Floats, Ints
    from .pool import Pool


class Curve(NamedTuple):
    """A measured learning curve; every field but the last two has shape (len(n),).

    ``mean`` is the mean risk over drawn transfer sets on the test half, ``low`` and ``high``
    its interval of about 95 %, for what the sets and the test examples leave to chance;
    ``stderr`` is the standard error of both. ``cosine`` is the mean cosine of the angle between
    student and (best linear) teacher. ``draws`` counts the sets, without the ``left_out`` ones,
    whose rank rounding hides.
    """

    n: Ints
    mean: Floats
    stderr: Floats
    low: Floats
    high: Floats
    cosine: Floats
    draws: int
    left_out: int


class LeftOut(NamedTuple):
    """What leave-one-out says: logits of each row by the student of the others, and their risk.

    ``stderr`` is that of a binomial share; the n answers are not independent, so that it is a
    guide only.
    """

    logits: Floats
    risk: float
    stderr: float


class PoolBound(NamedTuple):
    """A bound of the book, on a pool: at the observed tail, and at the upper end of its band.

    ``upper`` is None where there is no band. ``says_something`` is whether ``value`` is below
    the risk of guessing. Where a bound does not apply its ``value`` is 1, and ``why`` says why;
    of one that applies it says what to beware of, if there is something.
    """

    name: str
    value: float
    upper: float | None
    says_something: bool
    why: str = ""


class PoolStudent:
    """The student of some rows of a `Pool`.

    Attributes
    ----------
    indices : ndarray of int
    dual : ndarray, shape (n,) or (n, C)
        The student's logits are sum_i dual_i k(x_i, x).
    """

    def __init__(self, pool: Pool, indices: Ints, weights: Floats, dual: Floats) -> None:
        self._pool, self.indices, self._weights = pool, indices, weights
        self.dual = pool._shaped(dual)

    @property
    def weights(self) -> Floats | None:
        """(dim,) or (dim, C), the intercept last; None for a kernel."""
        return None if self._pool._lift else self._pool._shaped(self._weights)

    def logits(self, rows: Given) -> Floats:
        """Logits (m,) or (m, C) of rows (m, d)."""
        table = as_rows("rows", rows, self._pool.dim_of_rows)
        features = Rows(table, self._pool.intercept, self._pool._lift).blocks()
        return self._pool._shaped(np.concatenate([A @ self._weights for _, A in features]))

    @cached_property
    def risk(self) -> float:
        """Share of the test half on which it disagrees with the teacher."""
        wrong, _ = _curves.tested(self._pool._test, self._pool._test_logits, self._weights[None])
        return float(wrong[0] / len(self._pool._test))
