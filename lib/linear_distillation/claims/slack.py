"""What a check returns: how far a case is from violating the claim, with every error."""

from typing import NamedTuple

import numpy as np

from .balls import floats, is_ball

FALSE_ALARM = 1e-6  # of a whole run
INTERVALS = 2 * 10**7  # that share it
PER_CLAIM = 10**5  # of them at most
RATE = FALSE_ALARM / INTERVALS
POINTS = 250  # where a sample is held against a distribution function
ROUNDING = 1e-12  # of a well-conditioned formula, relative


class Interval(NamedTuple):
    """A slack, scaled so that 0 is "holds with equality"; the claim is refuted iff high < 0."""

    low: float
    high: float

    def __str__(self):
        return f"slack in [{self.low:.6g}, {self.high:.6g}]"


class Same(Interval):
    """The slack of a statistic that claims two sides to be equal: its middle is not above 0."""

    __slots__ = ()


class AtMost:
    """The claim that one side is at most the other.

    The slack is (right - left) / scale.

    Parameters
    ----------
    left, right : float, ball, or arrays of them
        Of arrays, every entry is claimed.
    error : float or array
        Absolute error of the difference, estimated from the case; balls bring their own.
    scale : float or array
        What a slack of one means; the larger of the two sides if not given.
    loose : str
        Why this part of a claim is far from equality everywhere; empty if it is tight.
    """

    def __init__(self, left, right, error=None, scale=None, loose=""):
        self.left, self.right = left, right
        self.error, self.scale, self.loose = error, scale, loose

    def _scale(self):
        if self.scale is not None:
            return self.scale
        sizes = np.maximum(*np.broadcast_arrays(*(abs(floats(x)) for x in (self.left, self.right))))
        return np.where(sizes > 0, sizes, 1.0)

    def interval(self):
        scale = self._scale()
        gap = (self.right - self.left) / scale
        if is_ball(gap):
            low, high = bounds(gap)
        else:
            error = ROUNDING if self.error is None else self.error / floats(scale)
            low, high = gap - error, gap + error
        return Interval(float(np.min(low)), float(np.min(high)))

    def __str__(self):
        return f"{shown(self.left)} <= {shown(self.right)}"


class Equal(AtMost):
    """The claim that two sides are equal: their distance is at most its error.

    The slack is what the error leaves above the distance, relative to the scale.
    """

    def interval(self):
        scale = self._scale()
        gap = (self.right - self.left) / scale
        if is_ball(gap):
            low, high = bounds(gap)
            apart = np.maximum(0, np.maximum(low, -high))
            return Interval(-float(np.max(np.maximum(abs(low), abs(high)))), -float(np.max(apart)))
        error = ROUNDING if self.error is None else self.error / floats(scale)
        return Interval(-float(np.max(abs(gap) + error)), float(np.min(error - abs(gap))))

    def __str__(self):
        return f"{shown(self.left)} = {shown(self.right)}"


def bounds(balls):
    """Lower and upper ends of balls, as floats rounded outwards.

    A ball that is not a number encloses everything: more bits may tell more.
    """
    ends = np.frompyfunc(lambda x: (float(x.lower()), float(x.upper())), 1, 1)(balls)
    low, high = np.moveaxis(np.array(np.asarray(ends).tolist(), dtype=float), -1, 0)
    low, high = np.where(np.isnan(low), -np.inf, low), np.where(np.isnan(high), np.inf, high)
    return np.nextafter(low, -np.inf), np.nextafter(high, np.inf)


def shown(x):
    """A number, or the range of an array."""
    x = floats(x)
    return f"{x:.8g}" if np.ndim(x) == 0 else f"[{x.min():.6g} ... {x.max():.6g}]"


def parts(result):
    """The results in a list and in the lists that it holds, in order."""
    return [p for r in result for p in parts(r)] if isinstance(result, list) else [result]


def interval(result):
    """The slack of whatever a check returned; of several results the smallest."""
    if isinstance(result, AtMost):
        result = result.interval()
    if isinstance(result, list) and result:
        return Interval(*map(min, zip(*map(interval, result), strict=True)))
    if not isinstance(result, Interval):
        raise TypeError("return AtMost, Equal or Interval, or a list of them")
    if np.isnan(result.low) or np.isnan(result.high):
        raise FloatingPointError("the slack is not a number")
    return result


# Statistics


def mean_interval(draw, values):
    """Confidence interval for the mean of values in [0, 1].

    The empirical Bernstein bound holds for any law of the values, also where
    the central limit theorem is far away.

    References
    ----------
    A. Maurer and M. Pontil, "Empirical Bernstein bounds and sample-variance
    penalization" (2009), theorem 4.
    """
    draw.intervals += 1
    values = np.asarray(values, dtype=float)
    log_term, m = np.log(4 / RATE), len(values)
    spread = np.sqrt(2 * values.var(ddof=1) * log_term / m) + 7 * log_term / (3 * (m - 1))
    return Interval(values.mean() - spread, values.mean() + spread)


def paired_interval(draw, differences):
    """Confidence interval for the mean of values in [-1, 1]."""
    low, high = mean_interval(draw, (1 + differences) / 2)
    return Interval(2 * low - 1, 2 * high - 1)


def is_mean(draw, value, values):
    """The slack of "the value is the mean of which these are draws, from [0, 1]"."""
    low, high = mean_interval(draw, values)
    return Same(-max(abs(value - low), abs(value - high)), min(value - low, high - value))


def distance_interval(draw, x, y):
    """Confidence interval for the largest gap between two distribution functions.

    `y` is a second sample, or an exact distribution function, which is asked at no
    more than `POINTS` places: the gap between two of them is in the upper end. By
    the Dvoretzky-Kiefer-Wolfowitz inequality with Massart's constant.
    """
    draw.intervals += 1
    x = np.sort(x)
    if callable(y):
        reach, m = np.sqrt(np.log(2 / RATE) / 2 / x.size), x.size
        at = np.linspace(0, m - 1, min(m, POINTS)).astype(int)
        F = y(x[at])
        gap = max(((at + 1) / m - F).max(), (F - at / m).max())
        return Interval(gap - reach, gap + np.diff(at, append=m).max() / m + reach)
    reach = sum(np.sqrt(np.log(4 / RATE) / 2 / len(z)) for z in (x, y))
    both, y = np.concatenate([x, y]), np.sort(y)
    F, G = (np.searchsorted(z, both, side="right") / z.size for z in (x, y))
    gap = np.abs(F - G).max()
    return Interval(gap - reach, gap + reach)


def same_law(draw, x, y):
    """The slack of "x and y have one law"."""
    low, high = distance_interval(draw, x, y)
    return Same(-high, -low)
