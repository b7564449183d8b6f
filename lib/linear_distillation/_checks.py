"""Early, named errors for the arguments of public functions."""

from __future__ import annotations

import warnings
from functools import partial
from math import prod
from numbers import Integral
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from ._types import Floats, Generator, Ints
    from .tasks import Task

MOST = 1e300  # a count above it would overflow as a floating-point number


class RangeWarning(UserWarning):
    """A result is beyond the floating-point range, and is 0 or infinite in its place."""


def as_count(name: str, value: Any) -> int:
    """A whole number of at least one, as ``int``."""
    if isinstance(value, bool) or not isinstance(value, Integral) or not 1 <= int(value) <= MOST:
        raise ValueError(f"{name}: expected a whole number >= 1, got {_short(value)}")
    return int(value)


def as_number(name: str, value: object) -> int:
    """A whole number from 1 to 2^53, as ``int``."""
    number = as_count(name, value)
    if number > 2**53:
        raise ValueError(f"{name}: expected at most 2^53, got {_short(value)}")
    return number


def _short(value: Any) -> str:
    """A value as it is shown; of whole numbers with hundreds of digits, how many."""
    if isinstance(value, Integral) and (size := abs(int(value))) > 10**30:
        digits = int(size.bit_length() * 0.30103) + 1
        return f"a number of {digits - (size < 10 ** (digits - 1))} digits"
    return repr(value)


def as_dim(value: object) -> int:
    """A dimension from two to 2^53: below, there is no angle to speak of."""
    dim = as_number("dim", value)
    if dim < 2:
        raise ValueError(f"dim: expected at least 2, got {value!r}")
    return dim


def as_counts(name: str, value: Any) -> Ints:
    """Whole numbers of at least one: those given, or 1, ..., value for a single one."""
    if isinstance(value, Integral):
        return np.arange(1, as_count(name, value) + 1)
    numbers = as_finite(name, value, ndim=1)
    whole = np.asarray(value)
    if whole.dtype.kind not in "iu" or numbers.min() < 1 or numbers.max() > 2**62:
        raise ValueError(f"{name}: expected whole numbers >= 1, got {value!r}")
    return whole.astype(np.int64)


def as_shape(name: str, value: Any) -> tuple[int, ...]:
    """The shape of an array to be drawn: whole numbers of at least one."""
    sizes = tuple(
        as_count(name, part) for part in (value if isinstance(value, tuple) else (value,))
    )
    if prod(sizes) > 2**40:
        raise ValueError(f"{name}: expected at most 2^40 numbers, got {value!r}")
    return sizes


def as_jobs(name: str, value: object) -> int:
    """A number of processes: positive, or negative to count down from all there are."""
    if isinstance(value, bool) or not isinstance(value, Integral) or value == 0:
        raise ValueError(f"{name}: expected a whole number other than 0, got {value!r}")
    return int(value)


def as_finite(name: str, value: object, ndim: int | None = None) -> Floats:
    """A non-empty float array without NaN or infinity, of `ndim` axes if given.

    It may share its memory with `value`: what is kept or returned is copied.
    """
    array = _as_real(name, value, ndim)
    if not np.isfinite(array).all():
        raise ValueError(f"{name}: holds NaN or infinity")
    return array


def as_reals(name: str, value: object) -> Floats:
    """Real numbers, NaN and infinity among them, or none at all, as a float array."""
    if type(value) is not np.ndarray or value.dtype != float:  # most are, and small
        value = _converted(name, value)
    return value


def as_quantiles(name: str, value: object) -> Floats:
    """Numbers from 0 to 1, but for a rounding."""
    levels = as_reals(name, value)
    if not (levels.min(initial=0.0) >= 0 and levels.max(initial=1.0) <= 1 + 1e-12):
        raise ValueError(f"{name}: expected numbers in [0, 1], got {value!r}")
    return np.minimum(levels, 1.0)


def as_extended(name: str, value: object) -> Floats:
    """A new non-empty float array: infinity is one of the numbers, NaN is not."""
    array = _as_real(name, value).copy()
    if np.isnan(array).any():
        raise ValueError(f"{name}: holds NaN")
    return array


def _as_real(name: str, value: object, ndim: int | None = None) -> Floats:
    """A non-empty float array of what are real numbers already; no mask is lost."""
    value = as_reals(name, value)
    if ndim is not None and value.ndim != ndim:
        raise ValueError(f"{name}: expected {ndim} axes, got shape {value.shape}")
    if value.size == 0:
        raise ValueError(f"{name}: expected at least one entry, got shape {value.shape}")
    return value


def _converted(name: str, value: object) -> Floats:
    """Real numbers of any other type as a float array."""
    if any(isinstance(part, np.ma.MaskedArray) for part in [value, *_parts(value)]):
        raise ValueError(f"{name}: a mask would be lost; fill or drop the masked entries")
    try:
        array = np.asarray(value)
    except (ValueError, TypeError) as error:
        raise ValueError(f"{name}: expected real numbers, got {value!r}") from error
    if array.dtype.kind not in "iuf":
        raise ValueError(f"{name}: expected real numbers, got {value!r}")
    with np.errstate(over="ignore"):  # of long doubles: they are infinite then
        return array.astype(float, copy=False)


def _parts(value: object) -> Iterable[object]:
    """What a list or a tuple holds: a masked array in it would lose its mask as well."""
    return value if isinstance(value, (list, tuple)) else ()


def representable(name: str, array: Floats) -> Floats:
    """The array, or an error if one of its entries left the floating-point range."""
    if not np.isfinite(array).all():
        raise ValueError(f"{name}: the result leaves the floating-point range; rescale")
    return array


def as_flag(name: str, value: object) -> bool:
    """True or False."""
    if not isinstance(value, (bool, np.bool_)):
        raise ValueError(f"{name}: expected True or False, got {value!r}")
    return bool(value)


def out_of_log(log_value: float | Floats, log: bool, what: str, stacklevel: int = 3) -> Any:
    """A positive number from its logarithm, or that itself; told if it has no place as a float."""
    log = as_flag("log", log)
    with np.errstate(over="ignore", under="ignore"):
        value = log_value if log else np.exp(log_value)
    lost = np.isinf(log_value) if log else (value == 0) | np.isinf(value)
    if np.any(lost):
        remedy = "beyond even a logarithm" if log else "log=True gives its logarithm"
        message = f"{what}: leaves the floating-point range; {remedy}"
        warnings.warn(message, RangeWarning, stacklevel=stacklevel)
    return value[()] if isinstance(value, np.ndarray) else value


def as_positive(name: str, value: object) -> float:
    """A finite number above zero, as ``float``."""
    number = float(as_finite(name, value, ndim=0))
    if number <= 0:
        raise ValueError(f"{name}: expected a number > 0, got {value!r}")
    return number


def as_tolerance(name: str, value: object) -> float:
    """A relative tolerance: below 1, and not below what rounding leaves of it."""
    number = as_positive(name, value)
    if not 1e-15 <= number < 1:
        raise ValueError(f"{name}: expected a number from 1e-15 to below 1, got {value!r}")
    return number


def as_level(name: str, value: object) -> float:
    """A finite number of at least zero, as ``float``."""
    number = float(as_finite(name, value, ndim=0))
    if number < 0:
        raise ValueError(f"{name}: expected a number >= 0, got {value!r}")
    return number


def as_integrand(f: object, breaks: object, rtol: object) -> tuple[Floats, float]:
    """The breaks and the tolerance of `AngleLaw.expect`, or an error."""
    if not callable(f) or isinstance(f, type):
        raise TypeError(f"f: expected a function of elevations, got {f!r}")
    places = as_reals("breaks", breaks)
    if np.isnan(places).any() or places.ndim > 1:
        raise ValueError(f"breaks: expected a list of angles, got {breaks!r}")
    return np.atleast_1d(places), as_tolerance("rtol", rtol)


def as_angle(name: str, value: object, ndim: int | None = None) -> Floats:
    """Angles in radians between 0 and pi/2, with `ndim` axes if given."""
    angle = as_finite(name, value, ndim)
    if (angle < 0).any() or (angle > np.pi / 2).any():
        raise ValueError(f"{name}: expected angles in [0, pi/2] radians, got {value!r}")
    return angle


def as_teacher(name: str, value: object, dim: int | None = None) -> Floats:
    """A non-zero vector, of length `dim` if given."""
    vector = as_finite(name, value, ndim=1)
    if dim is not None and vector.size != dim:
        raise ValueError(f"{name}: expected length {dim}, got {vector.size}")
    if not vector.any():
        raise ValueError(f"{name}: expected a vector that is not zero")
    return vector.copy()  # tasks keep it


def as_examples(name: str, value: object, dim: int | None = None) -> Floats:
    """Transfer sets of shape (..., d, n): one example a column."""
    X = as_finite(name, value)
    if X.ndim < 2:
        raise ValueError(f"{name}: expected shape (d, n), got {X.shape}")
    if dim is not None and X.shape[-2] != dim:
        raise ValueError(f"{name}: expected {dim} rows (one example a column), got shape {X.shape}")
    return X


def as_transfer_set(X: object, w_star: object) -> tuple[Floats, Floats]:
    """One transfer set (d, n) and its teacher; batches of sets have no one loss."""
    w_star = as_teacher("w_star", w_star)
    return as_finite("X", as_examples("X", X, dim=w_star.size), ndim=2), w_star


def as_class_teacher(name: str, value: object, dim: int | None = None) -> Floats:
    """Weights (d, C) of at least two classes that differ, of mean zero over the classes."""
    W = as_finite(name, value, ndim=2)
    if dim is not None and W.shape[0] != dim:
        raise ValueError(f"{name}: expected {dim} rows, got shape {W.shape}")
    if W.shape[1] < 2:
        raise ValueError(f"{name}: expected a column a class, two at least, got shape {W.shape}")
    with np.errstate(over="ignore", invalid="ignore"):
        centred = representable(name, W - W.mean(axis=1, keepdims=True))
    if (W[:, :1] == W).all():
        raise ValueError(f"{name}: expected classes that differ")
    return centred


def as_times(times: object) -> Floats | None:
    """Times from 0 on, in order; None stays None."""
    if times is None:
        return None
    times = as_finite("times", times, ndim=1).copy()
    if times[0] < 0 or (np.diff(times) < 0).any():
        raise ValueError("times: expected times >= 0 in order")
    return times


def as_start(w0: object, w_star: Floats) -> Floats:
    """A student to start from, of the length of w_star."""
    start = as_finite("w0", w0, ndim=1)
    if start.shape != w_star.shape:
        raise ValueError(f"w0: expected length {w_star.size}, got {start.size}")
    return start.copy()


def as_weights(name: str, value: object, size: int) -> Floats:
    """`size` probabilities that sum to one; equal ones for None."""
    if value is None:
        return np.full(size, 1 / size)
    weights = as_finite(name, value, ndim=1)
    if weights.size != size or (weights < 0).any() or abs(weights.sum() - 1) > 1e-12:
        raise ValueError(f"{name}: expected {size} probabilities that sum to 1, got {value!r}")
    return weights / weights.sum()


def as_generator(name: str, value: object) -> Generator:
    """A ``numpy.random.Generator``, or the one of a seed, as ``numpy.random.default_rng``.

    What is given on is the result: two functions that get one seed draw the same numbers.
    """
    if isinstance(value, np.random.Generator):
        return value
    if isinstance(value, bool) or not isinstance(value, Integral):
        kind = type(value).__name__
        raise TypeError(f"{name}: expected a numpy.random.Generator or a seed, got {kind}")
    if value < 0:
        raise ValueError(f"{name}: expected a seed >= 0, got {value!r}")
    return np.random.default_rng(int(value))


def as_task(name: str, value: Any) -> Task:
    """What draws examples and has a teacher: a task, and not its class."""
    if isinstance(value, type) or not all(map(partial(_has, value), ("sample", "dim", "teacher"))):
        raise TypeError(f"{name}: expected a task, got {value!r}")
    return value


def _has(value: object, name: str) -> bool:
    """Whether there is an attribute: the type is asked first, as asking may make a large array."""
    return hasattr(type(value), name) or hasattr(value, name)
