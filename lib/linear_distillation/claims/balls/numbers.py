"""Numbers that are floats or balls: what NumPy has for floats only, for both.

A ball is `flint.arb`: a midpoint and a radius that holds every rounding. NumPy
does arithmetic, ``@``, ``sum``, ``abs``, ``exp``, ``log``, ``log1p``, ``expm1``,
``sqrt``, ``sin``, ``cos``, ``tan`` and ``tanh`` on object arrays of them. A comparison
of balls is true only if it is certain. Square with ``np.square``: ``x**2`` of a ball
around zero is not a number.
"""

from contextlib import contextmanager
from functools import wraps

import numpy as np


def _flint():
    try:
        import flint
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "python-flint confirms what floating point finds: pip install python-flint"
        ) from error
    return flint


@contextmanager
def precision(bits):
    """Balls of so many bits, inside."""
    context = _flint().ctx
    before, context.prec = context.prec, bits
    try:
        yield
    finally:
        context.prec = before


def ball(value):
    """Floats or whole numbers as balls without radius; arrays as arrays of objects."""
    arb = _flint().arb
    if isinstance(value, arb):
        return value
    if np.ndim(value) == 0:
        return arb(value.item() if hasattr(value, "item") else value)
    return np.frompyfunc(arb, 1, 1)(np.asarray(value).astype(object))


def is_ball(*values):
    """Whether one of these is a ball, or an array of balls."""
    return any(
        type(v).__name__ == "arb" or (isinstance(v, np.ndarray) and v.dtype == object)
        for v in values
    )


def floats(value):
    """Midpoints of balls; floats as they are."""
    if not is_ball(value):
        return np.asarray(value, dtype=float)[()]
    return np.asarray(np.frompyfunc(lambda x: float(x), 1, 1)(value), dtype=float)[()]


def both(place, name, on_balls):
    """A function that is the library's on floats, and its definition on balls.

    Parameters
    ----------
    place : module
        Asked at each call, so that a test can put wrong code there.
    name : str
    on_balls : callable
        Of the same arguments.
    """

    @wraps(getattr(place, name))
    def route(*arguments, **keywords):
        exact = is_ball(*arguments, *keywords.values()) or any(
            getattr(x, "exact", False) for x in arguments
        )
        return (on_balls if exact else getattr(place, name))(*arguments, **keywords)

    return route


def _elementwise(on_floats, method):
    def function(x):
        return np.frompyfunc(method, 1, 1)(x) if is_ball(x) else on_floats(x)

    return function


arctan = _elementwise(np.arctan, lambda x: x.atan())
arcsin = _elementwise(np.arcsin, lambda x: x.asin())
arccos = _elementwise(np.arccos, lambda x: x.acos())


def sqrt(x):
    """Square root; of a ball that reaches below zero, that of its non-negative part."""
    return np.frompyfunc(lambda x: max0(x).sqrt(), 1, 1)(x) if is_ball(x) else np.sqrt(x)


def max0(x):
    """The part of a ball that is not negative."""
    return x if x >= 0 else x.nonnegative_part()


def length(v):
    """Euclidean length along the last axis."""
    if not is_ball(v):
        return np.linalg.norm(v, axis=-1)
    return sqrt(np.square(np.asarray(v)).sum(axis=-1))


def largest(x, y):
    """The larger of two numbers, of balls their hull."""
    if not is_ball(x, y):
        return np.maximum(x, y)
    return np.frompyfunc(lambda a, b: ball(a).max(ball(b)), 2, 1)(x, y)


def pi_of(like):
    """pi, as a ball if `like` is one."""
    return _flint().arb.pi() if is_ball(like) else np.pi


def zero(x):
    """Whether a ball may be zero, and a float is."""
    return np.frompyfunc(lambda x: x == 0 or x.contains(0), 1, 1)(x) if is_ball(x) else x == 0


def complex_step(function, w, v):
    """Derivative of a real-analytic function along v: no differences, no cancellation.

    The error, of order h^2, is far below rounding for floats; balls carry it.
    """
    h = 1e-50
    if not is_ball(w):
        return np.imag(function(w + 1j * h * v)) / h
    arb, acb = _flint().arb, _flint().acb
    value = function(np.frompyfunc(lambda a, b: acb(a, h * b), 2, 1)(w, v))
    return np.frompyfunc(lambda z: z.imag / h + arb(0, 1e-80), 1, 1)(value)
