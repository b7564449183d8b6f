"""How calls are timed: repeats with quartiles, ratios of two in turns, time of the processor."""

import time

import numpy as np


def seconds(call, clock=time.perf_counter):
    """Seconds of a call, and its result."""
    start = clock()
    found = call()
    return clock() - start, found


def timed(function, repeats, clock=time.perf_counter):
    """Seconds of calls, median, quartiles and number, and the last result; warmed up if several."""
    if repeats > 1:
        function()
    taken, results = zip(*(seconds(function, clock) for _ in range(repeats)), strict=True)
    return quartiles(taken), results[-1]


def ratio(one, other, repeats, clock=time.perf_counter):
    """The time of the first over that of the second, the two called in turns."""
    one(), other()
    return quartiles(seconds(one, clock)[0] / seconds(other, clock)[0] for _ in range(repeats))


def quartiles(values):
    values = list(values)
    low, median, high = np.quantile(values, [0.25, 0.5, 0.75])
    return {"median": median, "low": low, "high": high, "repeats": len(values)}
