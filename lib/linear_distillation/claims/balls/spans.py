"""Vectors, angles and projections: the library's on floats, definitions on balls."""

import numpy as np

from ... import geometry, students
from .numbers import _flint, arctan, ball, both, floats, is_ball, length, pi_of, precision


def _unit(v):
    v = np.asarray(v)
    size = length(v)[..., None] if v.ndim > 1 else length(v)
    return v / np.where(floats(size) > 0, size, 1)


def _line_angle(u, v):
    """2 arctan(|u - v| / |u + v|) for unit vectors on the same side."""
    u, v = _unit(u), _unit(v)
    v = np.where(floats((u * v).sum(axis=-1))[..., None] < 0, -v, v)
    apart, along = length(u - v), length(u + v)
    none = floats(along) == 0
    angle = 2 * arctan(apart / np.where(none, 1, along))
    return np.where(none, pi_of(angle) / 2, angle)[()]


def orthonormal(X):
    """Basis of the span of the columns, by Gram and Schmidt; (d, rank).

    Every column multiplies the radii of the ones before it: 32 bits each make up
    for that. A column counts as dependent if its part outside the others may be
    zero and is next to nothing; one whose part is not known makes all unknown.
    """
    X, basis = np.asarray(X), []
    with precision(_flint().ctx.prec + 32 * X.shape[1]):
        for x in X.T:
            whole = length(x)
            for q in basis:
                x = x - q * (q @ x)
            size = length(x)
            if size > 0:
                basis.append(x / size)
            elif not size <= whole * 2.0**-40:
                basis.append(0 * x + _flint().arb(0, np.inf))
    return np.array(basis, dtype=object).T if basis else np.empty((len(X), 0), dtype=object)


def _project(X, v):
    Q = orthonormal(X)
    return Q @ (v @ Q) if Q.shape[1] else ball(np.zeros(len(v)))


def rank(X):
    """Dimension of the span of the columns."""
    return orthonormal(X).shape[1] if is_ball(X) else int(geometry.span_basis(X)[1])


unit = both(geometry, "unit", _unit)
line_angle = both(geometry, "line_angle", _line_angle)
project = both(geometry, "project", _project)
distilled_student = both(students, "distilled_student", _project)
