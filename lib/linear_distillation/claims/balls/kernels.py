"""Kernels and students in their spaces: the library's on floats, definitions on balls."""

from typing import NamedTuple

import numpy as np

from ... import kernels
from .finite import Atoms, atomic_law
from .numbers import arctan, ball, floats, is_ball, largest, length, pi_of, sqrt
from .pools import inverse


class Kernel(NamedTuple):
    """A kernel by its name and its number, for tables of floats or of balls."""

    name: str
    number: float

    def __call__(self, A, B):
        """The table of two tables of rows."""
        return (_on_balls if is_ball(A, B) else _on_floats)(*self, A, B)


def _on_floats(name, number, A, B):
    if name == "tangent":
        return kernels.relu_tangent_kernel(2)(A, B)
    if name == "gaussian":
        return kernels.gaussian_kernel(floats(number))(A, B)
    return kernels.polynomial_kernel(int(name), floats(number))(A, B)


def _on_balls(name, number, A, B):
    if name == "gaussian":
        apart = np.square(A[:, None] - B[None]).sum(axis=2)
        return np.exp(-apart / (2 * np.square(ball(number))))
    if name != "tangent":
        return (A @ B.T + number) ** int(name)
    lengths = length(A)[:, None] * length(B)
    U, V = (C / length(C)[:, None] for C in (A, B))
    apart, along = length(U[:, None] - V[None]), length(U[:, None] + V[None])
    theta = np.where(floats(along) > 0, 2 * arctan(apart / along), pi_of(apart))
    rest = pi_of(theta) - theta
    slopes, values = rest / pi_of(theta), (np.sin(theta) + rest * np.cos(theta)) / pi_of(theta)
    return A @ B.T * slopes + lengths * values


def student(kernel, X, z, T):
    """What the student of rows X and logits z says at rows T."""
    if not is_ball(X, z):
        return kernels.kernel_student(kernel, X, z)(T)
    return kernel(T, X) @ (inverse(kernel(X, X)) @ z)


def norms(kernel, X, z):
    """Norms of the students of the first rows, (n,)."""
    if not is_ball(X, z):
        return kernels.nested_norms(kernel, X, z)
    squares = []
    for n in range(1, len(X) + 1):
        squares.append(z[:n] @ inverse(kernel(X[:n], X[:n])) @ z[:n])
    return sqrt(np.array(squares))


def teacher_norm(kernel, C, c):
    """The norm of the function with these centres and coefficients."""
    if not is_ball(C, c):
        return kernels.KernelFunction(kernel, C, c).norm
    return sqrt(c @ kernel(C, C) @ c)


def cosines(kernel, C, c, T):
    """Of the angles between a teacher, by centres and coefficients, and rows."""
    if not is_ball(C, c, T):
        return np.cos(kernels.KernelFunction(kernel, C, c).angles(T))
    square = np.array([kernel(x[None], x[None])[0, 0] for x in T])
    return abs(kernel(T, C) @ c) / (teacher_norm(kernel, C, c) * sqrt(square))


def vectors(table):
    """Columns with these inner products, by Cholesky; where there are none, the nearest."""
    L = 0 * table
    for j in range(len(table)):
        left = table[j:, j] - L[j:, :j] @ L[j, :j]
        L[j:, j] = left / sqrt(largest(left[0], np.finfo(float).eps * table[j, j]))
    return L.T


def angle_law(kernel, points, weights, z, norm, diagonal=1):
    """The law of the angle between a teacher and the features of points, from its logits."""
    square = np.array([kernel(x[None], x[None])[0, 0] for x in points]) * diagonal
    along = abs(z) / norm
    left = square - np.square(along)
    if not is_ball(points):
        return atomic_law(np.arctan2(np.sqrt(np.maximum(left, 0)), along), weights)
    steep = sqrt(left) / np.where(floats(along) > 0, along, 1)
    angles = np.where(floats(along) > 0, arctan(steep), pi_of(steep) / 2)
    return Atoms(angles, weights)
