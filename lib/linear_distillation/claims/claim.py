"""What a claim is, and how cases are built from points of the unit cube."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

FALSE_ALARM = 1e-6  # of a whole run
INTERVALS = 2 * 10**7  # that share it
PER_CLAIM = 10**5  # of them at most
POINTS = 250  # where a sample is held against a distribution function


@dataclass(frozen=True)
class Claim:
    """A statement with the means to attack it: data for `engine.attack`.

    Attributes
    ----------
    id : str
        Permanent name.
    paper : str
        Item of the paper, or "ours".
    statement : str
        In Markdown with TeX.
    chapter : str
        Page of the book that derives it, without suffix; empty while there is none.
    underived : str
        Why no chapter cell derives it; empty if one does.
    size : int
        Dimension of the unit cube that cases are built from.
    build : callable
        u in [0,1]^size -> case, a dict. A case may fall outside the hypotheses.
    hypotheses : dict
        Name -> predicate of the case.
    slack : callable
        case -> (low, high), scaled so that 0 is "holds with equality". The
        claim is refuted iff high < 0.
    trivial : callable
        case -> whether it holds with equality for a reason that teaches nothing;
        such cases count as draws, but not as close calls or as starts of the search.
    mutants, ablations : dict
        Name -> fields that change. A mutant is a false neighbour of the claim;
        an ablation is named after the hypothesis it drops.
    """

    id: str
    paper: str
    statement: str
    chapter: str = ""
    underived: str = ""
    size: int = 0
    build: Callable = None
    slack: Callable = None
    trivial: Callable = lambda case: False
    hypotheses: dict = field(default_factory=dict)
    mutants: dict = field(default_factory=dict)
    ablations: dict = field(default_factory=dict)

    @property
    def checked(self):
        """Whether there is a check, or only the statement so far."""
        return self.slack is not None

    def mutant(self, name):
        """The claim with the fields of a mutant."""
        return replace(self, id=f"{self.id}~{name}", **self.mutants[name])

    def ablation(self, name):
        """The claim without a hypothesis."""
        rest = {key: value for key, value in self.hypotheses.items() if key != name}
        changes = {"hypotheses": rest} | self.ablations[name]
        return replace(self, id=f"{self.id}-{name}", **changes)


# Slacks


def computed(value, rounding=1e-12):
    """The slack of a computation that rounding can move by so much."""
    return value - rounding, value + rounding


def identity(residual, rounding=1e-9):
    """The slack of an equation: what its rounding leaves above the residual."""
    return computed(rounding - float(np.max(np.abs(residual))), 0.0)


class Intervals:
    """Counts the confidence intervals of a claim, which share one false-alarm rate."""

    taken = 0

    @classmethod
    def rate(cls):
        """The false-alarm rate of one more interval."""
        cls.taken += 1
        if cls.taken > PER_CLAIM:
            raise RuntimeError(f"a claim took more than {PER_CLAIM} confidence intervals")
        return FALSE_ALARM / INTERVALS


def mean_interval(values):
    """Confidence interval for the mean of values in [0, 1].

    The empirical Bernstein bound holds for any law of the values, also where
    the central limit theorem is far away.

    References
    ----------
    A. Maurer and M. Pontil, "Empirical Bernstein bounds and sample-variance
    penalization" (2009), theorem 4.
    """
    log_term, m = np.log(4 / Intervals.rate()), len(values)
    spread = np.sqrt(2 * values.var(ddof=1) * log_term / m) + 7 * log_term / (3 * (m - 1))
    return values.mean() - spread, values.mean() + spread


def distance_interval(x, y):
    """Confidence interval for the largest gap between two distribution functions.

    `y` is a second sample, or an exact distribution function, which is asked at no
    more than `POINTS` places: the gap between two of them is in the upper end. By
    the Dvoretzky-Kiefer-Wolfowitz inequality with Massart's constant.
    """
    rate, x = Intervals.rate(), np.sort(x)
    if callable(y):
        reach, m = np.sqrt(np.log(2 / rate) / 2 / x.size), x.size
        at = np.linspace(0, m - 1, min(m, POINTS)).astype(int)
        F = y(x[at])
        gap = max(((at + 1) / m - F).max(), (F - at / m).max())
        return gap - reach, gap + np.diff(at, append=m).max() / m + reach
    reach = sum(np.sqrt(np.log(4 / rate) / 2 / len(z)) for z in (x, y))
    both, y = np.concatenate([x, y]), np.sort(y)
    F, G = (np.searchsorted(z, both, side="right") / z.size for z in (x, y))
    gap = np.abs(F - G).max()
    return gap - reach, gap + reach


def same_law(x, y):
    """The slack of "x and y have one law"."""
    low, high = distance_interval(x, y)
    return -high, -low


# Coordinates of the unit cube


def pick(u, options):
    """One of several options, equally likely."""
    return options[min(int(u * len(options)), len(options) - 1)]


def real(u, low, high):
    """Log-uniform between two positive numbers; the ends themselves have a share of 2 %."""
    return float(low * (high / low) ** np.clip((u - 0.02) / 0.96, 0, 1))


def count(u, low, high):
    """A whole number, log-uniform, each end with a share of 15 % at least."""
    inner = np.clip((u - 0.15) / 0.7, 0, 1)
    return int(
        np.clip(np.floor((low - 0.5) * ((high + 0.5) / (low - 0.5)) ** inner + 0.5), low, high)
    )


def generator(u):
    """Randomness that belongs to a point of the cube."""
    return np.random.default_rng(int(u * 2**53))
