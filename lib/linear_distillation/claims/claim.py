"""A claim: one function that draws a case and says what it claims, with its variations."""

import difflib
import inspect
import warnings
from dataclasses import dataclass, field
from typing import NamedTuple

from ..objective import RangeWarning
from .balls import is_ball, precision
from .draw import Draw, Outside
from .slack import AtMost, Equal, Interval, interval, parts

TWO_PERCENT = "2 % off"  # the mutant that comes with every tight claim of the form AtMost
BITS = (128, 512, 2048)  # of balls, until they decide
REGISTRY = {}


class ClaimError(Exception):
    """A mistake in how a claim is written."""


@dataclass(frozen=True, eq=False)
class Claim:
    """A statement with the means to attack it; made by the decorator `claim`.

    Attributes
    ----------
    id : str
        Permanent name: that of the function, with hyphens.
    paper : str
        Item of the paper; or "ours", with a word on what others have of it, or "classical".
    statement : str
        In Markdown with TeX.
    check : callable
        check(draw, **keywords) -> AtMost, Equal or Interval, or a list of them.
    chapter : str
        Page of the book that derives it, without suffix.
    short : str
        Its name on the map, if it is a main statement.
    rests_on : tuple of str
        Ids of the claims that its proof in this book uses.
    mutants, without : dict
        Name -> the keywords that change. A mutant is a false neighbour; it may
        drop hypotheses, named in its keyword `without`. The names of the
        second dict are hypotheses, each dropped in turn.
    underived : str
        Why no chapter cell derives it; empty if one does.
    loose : str
        Why the claim is far from equality everywhere; empty if it is tight.
    crude : dict
        Mutant -> why it is refuted on every draw.
    """

    id: str
    paper: str
    statement: str
    check: object
    chapter: str = ""
    short: str = ""
    rests_on: tuple = ()
    mutants: dict = field(default_factory=dict)
    without: dict = field(default_factory=dict)
    underived: str = ""
    loose: str = ""
    crude: dict = field(default_factory=dict)

    @property
    def ours(self):
        """Whether it is not in the paper."""
        return self.paper.partition(",")[0] in ("ours", "classical")

    @property
    def itself(self):
        """The variation that changes nothing."""
        return Variation(self, "", {})

    def mutant(self, name):
        """A false neighbour."""
        changes = dict(self.mutants[name])
        dropped = changes.pop("without", ())
        dropped = {dropped} if isinstance(dropped, str) else set(dropped)
        return Variation(self, name, changes, frozenset(dropped))

    def ablation(self, name):
        """The claim without a hypothesis."""
        return Variation(self, f"without {name}", self.without[name], frozenset({name}))

    def shifted(self):
        """The mutant of two per cent."""
        return Variation(self, TWO_PERCENT, {}, shift=0.02)


class Outcome(NamedTuple):
    """What a check said at a point."""

    slack: Interval  # the smallest of all parts
    trivial: bool
    taken: int  # coordinates
    sampled: bool  # a statistic, not a computation
    intervals: int  # confidence intervals
    assumed: frozenset  # names of hypotheses
    equation: bool  # whether it claims that two sides are equal
    result: object
    log: tuple  # what was drawn
    parts: tuple  # of each part: the slack, why it is loose, whether it is a statistic

    def __str__(self):
        return "\n".join([*self.log, str_of(self.result), str(self.slack)])


class Variation(NamedTuple):
    """A claim with some keywords changed and some hypotheses dropped."""

    claim: Claim
    name: str
    changes: dict
    dropped: frozenset = frozenset()
    shift: float = 0.0

    @property
    def id(self):
        """A name for messages, and for the choice of draws."""
        return f"{self.claim.id}~{self.name}" if self.name else self.claim.id

    def at(self, u, exact=False, again=0):
        """The outcome at a point of the cube; None outside the hypotheses.

        With `exact` in balls of the precision at hand.
        """
        draw = Draw(u, self.dropped, exact, again)
        try:
            with warnings.catch_warnings():
                # a constant that underflows to 0 makes a bound idle, not false
                warnings.simplefilter("ignore", RangeWarning)
                result = self.claim.check(draw, **self.changes)
            low, high = interval(result)
            seen = tuple(
                (interval(p), getattr(p, "loose", ""), draw.sampled and not isinstance(p, AtMost))
                for p in parts(result)
            )
        except Outside:
            return None
        kind = draw.trivially, draw.taken, draw.sampled, draw.intervals
        slack = Interval(low - self.shift, high - self.shift)
        assumed, log = frozenset(draw.assumed), tuple(draw.log)
        return Outcome(slack, *kind, assumed, equation(result), result, log, seen)

    def again(self, u, outcome):
        """The slack by the second route: fresh draws of a statistic, balls of a computation.

        None where the hypotheses do not certainly hold, or nothing was computed in balls.
        """
        if outcome.sampled:
            second = self.at(u, again=1)
            return second and second.slack
        for bits in BITS:
            with precision(bits):
                second = self.at(u, exact=True)
            if second is not None and not enclosed(second.result):
                return None  # floats again are no second route
            if second is None or second.slack.high < 0 or _narrow(second.slack):
                break
        return second and second.slack


def equation(result):
    """Whether a result, or a part of it, is an equation."""
    return any(isinstance(part, Equal) for part in parts(result))


def enclosed(result):
    """Whether in every part of a result at least one side was computed in balls."""
    return all(isinstance(p, AtMost) and is_ball(p.left, p.right) for p in parts(result))


def str_of(result):
    """A result in words; of a list, a line each."""
    return "\n".join(map(str, parts(result)))


def _narrow(slack):
    return slack.low > 0 or slack.high - slack.low < 1e-20


def claim(paper, statement, **fields):
    """Register a check as a claim; the fields are those of `Claim`.

    Raises
    ------
    ClaimError
        If a field or a keyword of a variation does not exist, with the nearest
        name that does; if a field is of the wrong kind; if the name is taken.
    """

    def register(check):
        name = check.__name__.replace("_", "-")
        known = [f for f in Claim.__dataclass_fields__ if f not in ("id", "check")]
        for key in fields:
            _known(key, known, f"{name}: no field")
        entry = Claim(name, paper, statement, check, **fields)
        parameters = list(inspect.signature(check).parameters)[1:]
        _check_variations(f"{name}, mutant", entry.mutants, [*parameters, "without"])
        _check_variations(f"{name}, ablation", entry.without, parameters)
        for title in entry.crude:
            _known(title, entry.mutants, f"{name}, crude: no mutant")
        if isinstance(entry.rests_on, str):
            raise ClaimError(f"{name}: rests_on is a tuple of ids: ({entry.rests_on!r},)")
        if name in REGISTRY:
            where = REGISTRY[name].check.__module__
            raise ClaimError(f"{name}: {where} has a claim of this name already; rename one")
        REGISTRY[name] = entry
        return check

    return register


def _check_variations(of, variations, keywords):
    if not isinstance(variations, dict):
        raise ClaimError(f"{of}s: expected a dict, name -> keywords, got {variations!r}")
    for title, changes in variations.items():
        if not isinstance(changes, dict):
            told = f"expected a dict of the keywords that change, got {changes!r}"
            raise ClaimError(f"{of} {title!r}: {told}")
        for key in changes:
            _known(key, keywords, f"{of} {title!r}: no keyword")


def check_all(registry, chapters):
    """Refuse what is seen when all claims are registered: an unknown chapter or claim."""
    for name, entry in registry.items():
        _known(entry.chapter, chapters, f"{name}: no chapter")
        for other in entry.rests_on:
            _known(other, registry, f"{name}, rests_on: no claim")


def _known(key, names, complaint):
    if key not in names:
        near = difflib.get_close_matches(key, names, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(names) or 'none'}"
        raise ClaimError(f"{complaint} {key!r}; {hint}")
