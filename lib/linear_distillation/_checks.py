"""Early, named errors for the arguments of public functions."""

from numbers import Integral

import numpy as np


def as_count(name, value):
    """A whole number of at least one, as ``int``."""
    if isinstance(value, bool) or not isinstance(value, Integral) or value < 1:
        raise ValueError(f"{name}: expected a whole number >= 1, got {value!r}")
    return int(value)


def as_counts(name, value):
    """Whole numbers of at least one: those given, or 1, ..., value for a single one."""
    if isinstance(value, Integral):
        return np.arange(1, as_count(name, value) + 1)
    numbers = np.asarray(value)
    if numbers.ndim != 1 or numbers.size == 0 or numbers.dtype.kind not in "iu" or numbers.min() < 1:
        raise ValueError(f"{name}: expected whole numbers >= 1, got {value!r}")
    return numbers


def as_jobs(name, value):
    """A number of processes: positive, or negative to count down from all there are."""
    if isinstance(value, bool) or not isinstance(value, Integral) or value == 0:
        raise ValueError(f"{name}: expected a whole number other than 0, got {value!r}")
    return int(value)


def as_finite(name, value, ndim=None):
    """A non-empty float array without NaN or infinity, of `ndim` axes if given."""
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise ValueError(f"{name}: expected real numbers, got {value!r}") from error
    if array.dtype.kind not in "biuf":
        raise ValueError(f"{name}: expected real numbers, got {value!r}")
    array = array.astype(float, copy=False)
    if ndim is not None and array.ndim != ndim:
        raise ValueError(f"{name}: expected {ndim} axes, got shape {array.shape}")
    if array.size == 0:
        raise ValueError(f"{name}: expected at least one entry, got shape {array.shape}")
    if not np.isfinite(array).all():
        raise ValueError(f"{name}: holds NaN or infinity")
    return array


def as_positive(name, value):
    """A finite number above zero, as ``float``."""
    number = float(as_finite(name, value, ndim=0))
    if number <= 0:
        raise ValueError(f"{name}: expected a number > 0, got {value!r}")
    return number


def as_level(name, value):
    """A finite number of at least zero, as ``float``."""
    number = float(as_finite(name, value, ndim=0))
    if number < 0:
        raise ValueError(f"{name}: expected a number >= 0, got {value!r}")
    return number


def as_angle(name, value, ndim=None):
    """Angles in radians between 0 and pi/2, with `ndim` axes if given."""
    angle = as_finite(name, value, ndim)
    if (angle < 0).any() or (angle > np.pi / 2).any():
        raise ValueError(f"{name}: expected angles in [0, pi/2] radians, got {value!r}")
    return angle


def as_teacher(name, value, dim=None):
    """A non-zero vector, of length `dim` if given."""
    vector = as_finite(name, value, ndim=1)
    if dim is not None and vector.size != dim:
        raise ValueError(f"{name}: expected length {dim}, got {vector.size}")
    if not vector.any():
        raise ValueError(f"{name}: expected a vector that is not zero")
    return vector


def as_examples(name, value, dim=None):
    """Transfer sets of shape (..., d, n): one example a column."""
    X = as_finite(name, value)
    if X.ndim < 2:
        raise ValueError(f"{name}: expected shape (d, n), got {X.shape}")
    if dim is not None and X.shape[-2] != dim:
        raise ValueError(f"{name}: expected {dim} rows (one example a column), got shape {X.shape}")
    return X


def as_weights(name, value, size):
    """`size` probabilities that sum to one; equal ones for None."""
    if value is None:
        return np.full(size, 1 / size)
    weights = as_finite(name, value, ndim=1)
    if weights.size != size or (weights < 0).any() or abs(weights.sum() - 1) > 1e-12:
        raise ValueError(f"{name}: expected {size} probabilities that sum to 1, got {value!r}")
    return weights / weights.sum()


def as_generator(name, value):
    """A ``numpy.random.Generator``: seeds are the caller's business."""
    if not isinstance(value, np.random.Generator):
        raise TypeError(f"{name}: expected a numpy.random.Generator, got {type(value).__name__}")
    return value
