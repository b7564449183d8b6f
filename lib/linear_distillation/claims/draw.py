"""A draw: what a claim's check asks for its case, coordinate by coordinate of the unit cube."""

import numpy as np

from .balls import ball

COORDINATES = 16  # of the cube: more than any claim takes


class Outside(Exception):
    """A hypothesis does not hold at this point."""


class Draw:
    """Hands out a case from a point of the unit cube, in numbers or in balls.

    The same point gives the same case again: an optimiser can move it, a reader
    replay it, and balls (see `balls`) decide it in higher precision.

    Parameters
    ----------
    u : sequence of float
        The point, in [0, 1).
    free : set of str
        Hypotheses that need not hold.
    exact : bool
        Whether numbers are handed out as balls, without radius.
    again : int
        Which of several independent samples `sample` gives.
    """

    def __init__(self, u, free=(), exact=False, again=0):
        self.u, self.free, self.exact, self.again = u, free, exact, again
        self.log, self.assumed, self.trivially, self.intervals = [], set(), False, 0
        self.sampled = False

    @property
    def taken(self):
        """How many coordinates were asked for."""
        return len(self.log)

    def _next(self, what=""):
        if self.taken == len(self.u):
            raise IndexError(
                f"asked for more than {len(self.u)} coordinates: take draw.rng() for the rest"
            )
        self.log.append(what)
        return float(self.u[self.taken - 1])

    def _told(self, value):
        self.log[-1] += f" = {value}"
        return value

    # What a case is made of

    def uniform(self, low=0.0, high=1.0):
        """A number between two others."""
        u = self._next(f"uniform({low}, {high})")
        return self.number(self._told(low + (high - low) * u))

    def real(self, low, high):
        """Log-uniform between two positive numbers; the ends themselves have a share of 2 %."""
        u = min(max((self._next(f"real({low}, {high})") - 0.02) / 0.96, 0), 1)
        return self.number(self._told(float(low * (high / low) ** u)))

    def count(self, low, high):
        """A whole number, log-uniform, each end with a share of 15 % at least."""
        inner = min(max((self._next(f"count({low}, {high})") - 0.15) / 0.7, 0), 1)
        value = int((low - 0.5) * ((high + 0.5) / (low - 0.5)) ** inner + 0.5)
        return self._told(min(max(value, low), high))

    def pick(self, *options):
        """One of several options, equally likely."""
        u = self._next(f"pick of {len(options)}")
        return options[self._told(min(int(u * len(options)), len(options) - 1))]

    def chance(self, share):
        """Whether something with this probability happens."""
        return self._told(self._next(f"chance({share})") < share)

    def rng(self):
        """Randomness that belongs to the point: the case is the same at every call."""
        return np.random.default_rng(int(self._next("rng") * 2**53))

    def sample(self):
        """Randomness for a statistic on the case, other at every confirmation."""
        self.sampled = True
        return np.random.default_rng([int(self._next("sample") * 2**53), self.again])

    def number(self, value):
        """A float or an array of floats, as balls where balls are asked for."""
        return ball(value) if self.exact else value

    # What is said of it

    def assume(self, name, holds):
        """A hypothesis: points where it fails are not cases, unless it is dropped."""
        self.assumed.add(name)
        if name not in self.free and not holds:
            raise Outside(name)

    def trivial(self, holds):
        """Cases that hold with equality for a reason that teaches nothing."""
        self.trivially = self.trivially or bool(holds)
