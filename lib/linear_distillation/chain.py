"""The angle of the distilled student, without its examples.

Under rotational symmetry the angle between teacher and student after n
examples is the state of a Markov chain whose step costs four random numbers,
whatever the dimension. Two slower routes to the same law check it: the
Cholesky factor of a Wishart matrix, and the examples themselves.
"""

from __future__ import annotations

__all__ = ["bartlett_angles", "biased_angles", "data_angles", "student_angles"]

from typing import TYPE_CHECKING

import numpy as np

from ._checks import as_count, as_extended, as_generator, as_number, as_task
from .geometry import line_angle
from .laws import RIGHT_ANGLE, AtomicLaw
from .students import distilled_student
from .tasks import SymmetricTask

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ._types import ArrayLike, Count, Floats, Generator, Random
    from .tasks import Task

BLOCK = 2**12  # sets whose numbers stay in the cache
HELD = 2**17  # numbers that examples may hold at once


def student_angles(task: SymmetricTask, n: Count, n_sets: Count, rng: Random) -> Floats:
    r"""Angles alpha(w_star, w_hat) of students of independent transfer sets.

    With theta a fresh angle and (T^2, Q, rest) a Dirichlet vector with
    parameters (1/2, (d-k-1)/2, (k-1)/2), T with a fair sign,

    .. math:: \sin^2\phi_{k+1} = \sin^2\phi_k\;
        \frac{Q}{Q + (\cot\theta\,\sin\phi_k + T\cos\phi_k)^2},
        \qquad \phi_1 = \theta_1

    Exactly 0 once the examples span the space: for n >= d, unless all of them lie on the
    boundary or, in the plane, on one line (see `unspanned`). Ours, not the paper's.

    Parameters
    ----------
    task : SymmetricTask
    n, n_sets : int
        Examples a set; number of sets.
    rng : numpy.random.Generator or int

    Returns
    -------
    ndarray, shape (n_sets,)
        Radians.

    Raises
    ------
    TypeError
        If the task has no rotational symmetry.
    ValueError
        If n or n_sets is not a whole number >= 1.

    Notes
    -----
    Let P project onto the span of k examples, r = e - P e be what the span
    misses of e, of length sin(phi), and v the unit part of the student
    orthogonal to e. All other k - 1 directions of the span are orthogonal to e
    and to v. A new example is cot(theta) e + u up to its length, u uniform on
    the unit sphere orthogonal to e; T = u.v is its part along v, and Q the
    squared length of its part in the d - k - 1 directions orthogonal to the
    span and to e, which makes (T^2, Q, rest) the stated Dirichlet vector. New
    to the span are that part of u, and the component along the unit vector
    sin(phi) e - cos(phi) v of r, which is cot(theta) sin(phi) - T cos(phi).
    Projecting r onto this new direction leaves sin^2(phi) Q / (Q + square of
    that component), and T and -T have one law.
    """
    n, n_sets, rng = as_number("n", n), as_count("n_sets", n_sets), as_generator("rng", rng)
    phi = np.zeros(n_sets)
    if n >= symmetric(task).dim:
        angles, chance = unspanned(task, n)
        which = np.searchsorted(chance.cumsum(), rng.random(n_sets), side="right")
        return np.append(angles, 0.0)[which] if chance.any() else phi
    for block in blocks(n_sets):
        for state in squared_cotangents(task, n, len(phi[block]), rng):
            q = state  # the last one is wanted
        phi[block] = np.arctan2(1, np.sqrt(q))
    return phi


def unspanned(task: SymmetricTask, n: int) -> tuple[Floats, Floats]:
    """Angles that n >= d examples can leave a student at, other than 0, with probabilities.

    In general position d examples span the space. The exceptions: all lie on the
    boundary, where a law may have an atom, and the student is zero, at pi/2; or, in the
    plane, atoms of a staircase draw one and the same line n times.
    """
    law = task.tail
    if task.dim == 2 and isinstance(law, AtomicLaw):
        lines = np.where(law.angles < RIGHT_ANGLE, 2.0, 1.0)  # at an angle
        return law.angles, lines * (law.weights / lines) ** float(n)
    return np.array([RIGHT_ANGLE]), np.array([float(law.near(0.0)) ** float(n)])


def blocks(size: int, length: int = BLOCK) -> list[slice]:
    """Slices of at most `length` that cover range(size)."""
    return [slice(i, min(i + length, size)) for i in range(0, size, length)]


def squared_cotangents(
    task: SymmetricTask, n: int, n_sets: int, rng: Generator
) -> Iterator[Floats]:
    """One run of the chain: yields q = cot^2(phi_k) for k = 1, ..., n, at most d - 1.

    In q a step is an addition, which keeps the relative accuracy of the
    smallest angles: with a normal and two gamma numbers for T and Q,

        q <- q + (length cot(theta) - normal sqrt(q))^2 / outside

    It is one array, changed in place. Holds half a dozen of length n_sets:
    run it for one block at a time.
    """
    draws = (task.tail.draw_tangent(n_sets, rng) for _ in range(min(n, task.dim - 1)))
    return chain(task.dim, draws, rng)


def chain(dim: int, cotangents: Iterator[Floats], rng: Generator) -> Iterator[Floats]:
    """The same for given cotangents, of fewer than dim examples, each an array of its own."""
    q = np.square(next(cotangents))
    yield q
    for k, cot in enumerate(cotangents, 1):
        _step(q, cot, dim - k - 1, k - 1, rng)
        yield q


def _step(q: Floats, cot: Floats, free: int, spent: int, rng: Generator) -> None:
    """One example more, in place; all squares are halved, which makes them gamma variables.

    q <- q + (length cot - normal sqrt(q))^2 / outside. Arrays that are done with hold
    the next result (`length` the roots, `cot` the numerator and the quotient): at 4096
    sets a fresh array costs more than the arithmetic.
    """
    normal = rng.standard_normal(q.size)
    outside = rng.standard_gamma(free / 2, q.size)
    length = rng.standard_gamma(spent / 2, q.size)
    normal *= np.sqrt(0.5)
    length += outside
    length += normal * normal
    np.sqrt(length, out=length)
    cot *= length
    np.sqrt(q, out=length)  # `length` itself is no longer needed
    normal *= length
    cot -= normal
    cot *= cot
    cot /= outside
    q += cot


def biased_angles(
    task: SymmetricTask, n: Count, delta: ArrayLike, n_sets: Count, rng: Random
) -> Floats:
    r"""Angles between w_star and students w_hat + delta q, for a teacher of length one.

    With phi the angle of the distilled student, a standard normal and
    :math:`\rho^2 \sim \chi^2_{d-n-1}`, the angle is that of the plane vector

    .. math:: \Bigl(\cos^2\phi + \delta a \sin\phi,\;
        \sqrt{\cos^2\phi\,(\sin\phi - \delta a)^2 + \delta^2 \rho^2}\Bigr)

    to its first axis. Ours, not the paper's.

    Parameters
    ----------
    task : SymmetricTask
    n : int
        Examples a set.
    delta : array_like
        Each at least 0; infinity is the student q. All share phi, a and rho.
    n_sets : int
    rng : numpy.random.Generator or int

    Returns
    -------
    ndarray, shape (*delta.shape, n_sets)
        Angles of vectors, in [0, pi] radians.

    Raises
    ------
    TypeError
        If the task has no rotational symmetry.
    ValueError
        If delta is negative or not a number, or n or n_sets is not a whole number >= 1.

    Notes
    -----
    The part of w_star outside the span, r = (I - P) w_star, has length sin(phi)
    and w_hat has length cos(phi). q is a standard Gaussian vector in the d - n
    dimensions outside: a is its component along r, rho the length of the rest,
    and nothing else of it matters.
    """
    delta = as_extended("delta", delta)[..., None]
    if not (delta >= 0).all():
        raise ValueError(f"delta: expected numbers >= 0, got {delta[..., 0]}")
    rng = as_generator("rng", rng)
    phi = student_angles(task, n, n_sets, rng)
    if n >= task.dim:
        return np.zeros(np.broadcast_shapes(delta.shape, phi.shape))
    sin, cos, a = np.sin(phi), np.cos(phi), rng.standard_normal(n_sets)
    rho = np.sqrt(2 * rng.standard_gamma((task.dim - n - 1) / 2, n_sets))
    hat, q = 1 / np.maximum(1, delta), np.where(delta > 1, 1, delta)  # w scaled to keep infinity
    along = hat * cos**2 + q * a * sin
    across = np.hypot(cos * (hat * sin - q * a), q * rho)
    return np.arctan2(across, along)


def bartlett_angles(task: SymmetricTask, n: Count, n_sets: Count, rng: Random) -> Floats:
    r"""The law of `student_angles` by the Bartlett factor of a Gram matrix.

    Write the examples as c_i e + u_i with c_i = cot(theta_i). The Gram matrix
    of unnormalised Gaussian u_i is A A', A lower triangular with standard
    normals below the diagonal and A_ii^2 chi-square with d-1-i degrees of
    freedom; with r_i the length of row i,

    .. math:: \cot^2\phi = \bigl|A^{-1}(r \odot \cot\theta)\bigr|^2

    Costs n^2 numbers a set, needs n <= d - 1. Parameters as `student_angles`.
    """
    n, n_sets, rng = as_number("n", n), as_count("n_sets", n_sets), as_generator("rng", rng)
    if n >= symmetric(task).dim:
        raise ValueError(f"n: the Bartlett factor needs n <= d - 1 = {task.dim - 1}, got {n}")
    psi = task.tail.draw((n_sets, n), rng)
    A = np.tril(rng.standard_normal((n_sets, n, n)), -1)
    diagonal = np.sqrt(rng.chisquare(task.dim - 1 - np.arange(n), (n_sets, n)))
    A[:, range(n), range(n)] = diagonal
    b = np.linalg.norm(A, axis=-1) * np.tan(psi)
    cot = np.linalg.norm(np.linalg.solve(A, b[..., None])[..., 0], axis=-1)
    return np.arctan2(1, cot)


def data_angles(task: Task, n: Count, n_sets: Count, rng: Random) -> Floats:
    """The angles of students trained on drawn examples: any task, no symmetry used.

    Parameters and result as `student_angles`.
    """
    n, n_sets, rng = as_number("n", n), as_count("n_sets", n_sets), as_generator("rng", rng)
    task, phi = as_task("task", task), np.empty(n_sets)
    for block in blocks(n_sets, max(1, HELD // (task.dim * n))):
        X = draw_sets(task, n, len(phi[block]), rng)
        phi[block] = line_angle(task.teacher, distilled_student(X, task.teacher))
    return phi


def draw_sets(task: Task, n: int, n_sets: int, rng: Generator) -> Floats:
    """Transfer sets of shape (n_sets, d, n)."""
    X = task.sample(n * n_sets, as_generator("rng", rng))
    return X.reshape(task.dim, n_sets, n).transpose(1, 0, 2)


def symmetric(task: object) -> SymmetricTask:
    """The task, if it is rotationally symmetric."""
    if not isinstance(task, SymmetricTask):
        raise TypeError(f"task: {type(task).__name__} has no rotational symmetry; use its examples")
    return task
