"""Measured learning curves of a pool: students of drawn sets, tested block by block."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from ._interpolation import nested
from .jobs import results

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TypeAlias

    from ._rows import Rows
    from ._types import Bools, Count, Floats, Generator, Ints

    # pool, logits, test, test logits and teacher
    Data: TypeAlias = tuple[Rows, Floats, Rows, Floats, Floats]

HELD = 2**22  # student logits at a time
STUDENTS = 2**23  # numbers in the weights of the students of a part
QUANTILE = 1.96  # of an interval of 95 %
EPS = np.finfo(float).eps


def curve(
    data: Data, ns: Ints, n_sets: int, rng: Generator, n_jobs: Count, noise: float = 0.0
) -> tuple[Floats, Floats, Floats, Floats, Floats, int, int]:
    """Fields of a `Curve` after n, from pool, logits, test, test logits and teacher."""
    pool, logits, test, test_logits, _ = data
    order = np.argsort(ns, kind="stable")
    each = pool.width * logits.shape[1] * len(ns)
    length = int(np.clip(STUDENTS // each, 1, -(-n_sets // 8)))
    sizes = [min(length, n_sets - start) for start in range(0, n_sets, length)]
    children = zip(sizes, rng.spawn(len(sizes)), strict=True)
    calls = [partial(_part, data, ns[order], size, child, noise) for size, child in children]
    found = results(calls, n_jobs)
    means = np.concatenate([part[0] for part in found])
    if len(means) < 2:
        raise ValueError(
            f"ns: rounding hides the rank of {n_sets - len(means)} of {n_sets} transfer sets"
        )
    cosines = np.concatenate([part[1] for part in found]).mean(axis=0)
    shares = sum((part[2] for part in found), np.zeros(())) / len(means)
    stderr, low, high = _interval(means, shares, len(test))
    back = np.argsort(order)
    fields = (means.mean(axis=0), stderr, low, high, cosines)
    mean, stderr, low, high, cosine = (field[back] for field in fields)
    return mean, stderr, low, high, cosine, len(means), n_sets - len(means)


def _interval(means: Floats, shares: Floats, n_test: int) -> tuple[Floats, Floats, Floats]:
    """Standard error and ends: the spread between sets, and between test examples."""
    m = means.mean(axis=0)
    between_sets = means.var(axis=0, ddof=1) / len(means)
    stderr = np.sqrt(between_sets + shares.var(axis=0) / n_test)
    few = QUANTILE**2 / 2 / n_test  # Wilson's shift: no error seen is not no error
    return stderr, np.maximum(0, m - QUANTILE * stderr), np.minimum(1, m + QUANTILE * stderr + few)


def _part(
    data: Data, ns: Ints, size: int, rng: Generator, noise: float
) -> tuple[Floats, Floats, Floats]:
    """Risks (sets, len(ns)) and cosines of the sets with a clear rank; mistakes a test example."""
    pool, logits, test, test_logits, teacher = data
    students = []
    for _ in range(size):
        chosen = rng.choice(len(pool), ns[-1], replace=False)
        try:
            students.append(nested(pool.take(chosen), noisy(logits[chosen], noise, rng), ns))
        except np.linalg.LinAlgError:
            continue
    if not students:
        return np.zeros((0, len(ns))), np.zeros((0, len(ns))), np.zeros(())
    W = np.array(students)
    wrong, shares = tested(test, test_logits, W.reshape(-1, *W.shape[2:]), len(ns))
    return wrong.reshape(W.shape[:2]) / len(test), cosines(W, teacher), shares


def noisy(logits: Floats, noise: float, rng: Generator) -> Floats:
    """Logits (n, C) with fresh noise, of mean zero over several classes."""
    if not noise:
        return logits
    fresh = noise * rng.standard_normal(logits.shape)
    return logits + (fresh - fresh.mean(axis=1, keepdims=True) if logits.shape[1] > 1 else fresh)


def cosines(W: Floats, teacher: Floats) -> Floats:
    """Cosines (...) of the angles between students (..., p, C) and a teacher (p, C)."""
    flat = W.reshape(*W.shape[:-2], -1)
    lengths = np.linalg.norm(flat, axis=-1) * np.linalg.norm(teacher)
    return np.divide(
        flat @ teacher.ravel(), lengths, out=np.zeros(lengths.shape), where=lengths > 0
    )


def tested(test: Rows, test_logits: Floats, W: Floats, kinds: int = 1) -> tuple[Floats, Floats]:
    """Mistakes of students W (s, p, C), each; and of each test example, by the kind of student.

    The students come in turns of so many kinds: their numbers of examples.
    """
    s, p, C = W.shape
    wrong, shares = np.zeros(s), np.zeros((len(test), kinds))
    table = np.moveaxis(W, 0, 1).reshape(p, s * C)
    lengths = np.linalg.norm(W, axis=1).max(axis=-1)
    for part, A in test.blocks():
        step = max(1, HELD // (s * C))
        for start in range(0, len(A), step):
            B = A[start : start + step]
            rounding = 8 * p * EPS * np.linalg.norm(B, axis=1)[:, None] * lengths
            Z = test_logits[part.start + start : part.start + start + len(B)]
            bad = mistakes((B @ table).reshape(len(B), s, C), Z[:, None], rounding)
            wrong += bad.sum(axis=0)
            shares[part.start + start :][: len(B)] += bad.reshape(len(B), -1, kinds).sum(axis=1)
    return wrong, shares


def mistakes(student: Floats, teacher: Floats, rounding: float | Floats) -> Bools:
    """Where logits (..., C) decide otherwise than a teacher's; who does not decide is wrong."""
    if teacher.shape[-1] == 1:
        decided = np.where(np.abs(student[..., 0]) > rounding, student[..., 0], 0)
        return np.sign(decided) * np.sign(teacher[..., 0]) <= 0
    chosen = student.argmax(axis=-1)
    runner_up = np.partition(student, -2, axis=-1)[..., -2]
    unclear = student.max(axis=-1) - runner_up <= rounding
    return (chosen != teacher.argmax(axis=-1)) | unclear


class Turned:
    """Test rows along the eigenvectors of the pool, made once if they are few enough."""

    MOST = 2**26  # numbers: half a gigabyte

    def __init__(self, test: Rows, logits: Floats, vectors: Floats) -> None:
        self.test, self.logits, self.vectors = test, logits, vectors
        self.made: list[tuple[Floats, Floats]] | None = None

    def blocks(self) -> Iterator[tuple[Floats, Floats]]:
        """Turned rows and their logits."""
        if self.made is not None:
            yield from self.made
            return
        made = []
        for part, A in self.test.blocks():
            block = A @ self.vectors, self.logits[part]
            if len(self.test) * self.vectors.shape[1] <= self.MOST:
                made.append(block)
            yield block
        self.made = made or None
