r"""Proofs by enclosure: inequalities between a few real numbers, over a whole domain.

A ball of Arb (python-flint) holds every value that its inputs allow, rounding
included. An inequality f > 0 whose ball lies above zero is therefore *proved* on
a whole box, and a domain is proved when it has been cut into such boxes. Where
f has a zero on the boundary of what is claimed, no box will do: the zero is
divided out first, with a Taylor series that keeps its remainder (`quotient`).

What is left to the reader is the reduction of a theorem to such inequalities and
the unbounded part of a domain; each certificate says what was done by hand.
"""

from contextlib import contextmanager
from functools import partial
from typing import NamedTuple

import flint
from flint import acb, arb, arb_series

BITS = 64  # of precision, where nothing else is said


class Unproved(ArithmeticError):
    """A box on which the inequality is not proved.

    Attributes: ``box``, its sides as pairs of floats; ``value``, the enclosure
    there as text; ``false``, whether the inequality fails on all of it.
    """

    def __init__(self, box, value, false, boxes):
        self.box, self.value, self.false = box, str(value), false
        kind = "false on" if false else "remaining:"
        sides = " x ".join(f"[{low!r}, {high!r}]" for low, high in box)
        super().__init__(f"inequality: {kind} {sides}, value {value}, after {boxes} boxes")


class Proof(NamedTuple):
    """How many boxes were needed, how often one was halved, and the least lower bound."""

    boxes: int
    depth: int
    least: float


def ball(low, high):
    """The ball of an interval: exactly, where its centre and radius are floats.

    Parameters
    ----------
    low, high : float
        Ends, finite, low <= high.

    Returns
    -------
    flint.arb

    Raises
    ------
    ValueError
        If low > high.
    """
    low, high = float(low), float(high)
    if not low <= high:
        raise ValueError(f"low: expected at most high = {high}, got {low}")
    middle = low + (high - low) / 2
    exact = arb(middle, high - middle)
    inside = exact.contains(arb(low)) and exact.contains(arb(high))
    return exact if inside else arb(low).union(arb(high))


def prove(inequality, *sides, depth=40, most=100_000, bits=BITS):
    """Prove inequality(x_1, ..., x_k) > 0 for all x in a box.

    Boxes are halved across their widest side until the enclosure of each lies
    above zero.

    Parameters
    ----------
    inequality : callable
        From k balls to a ball; ``flint.arb``, as are the arguments.
    *sides : pairs of float
        The box. (Scale a variable whose natural unit is another.)
    depth : int
        How often a box is halved at most.
    most : int
        How many boxes are looked at, at most.
    bits : int
        Precision.

    Returns
    -------
    Proof

    Raises
    ------
    Unproved
        At the first box, in order from the left, that is too small to be halved
        again or on which the inequality is false.
    """
    start = tuple((float(low), float(high)) for low, high in sides)
    waiting, boxes, deepest, least = [(start, 0)], 0, 0, float("inf")
    with flint.ctx.workprec(bits):
        while waiting:
            box, level = waiting.pop()
            value, boxes = inequality(*(ball(*side) for side in box)), boxes + 1
            if value > 0:
                deepest, least = max(deepest, level), min(least, _below(value))
                continue
            false = value < 0
            if false or level == depth or boxes >= most:
                raise Unproved(box, value, bool(false), boxes)
            waiting += [(half, level + 1) for half in _halves(box)]
    return Proof(boxes, deepest, least)


def _halves(box):
    """Both halves across the widest side, the left one last."""
    widest = max(range(len(box)), key=lambda i: box[i][1] - box[i][0])
    low, high = box[widest]
    middle = low + (high - low) / 2
    for side in ((middle, high), (low, middle)):
        yield (*box[:widest], side, *box[widest + 1 :])


def _below(value):
    """A float below the ball, away from rounding to nearest."""
    lower = float(value.lower())
    return lower - abs(lower) * 2.0**-50


def prove_each(inequality, cases, bits=BITS):
    """Prove inequality(*case) > 0 for finitely many cases.

    Parameters
    ----------
    inequality : callable
        From the numbers of a case to a ball.
    cases : iterable of tuple
    bits : int

    Returns
    -------
    Proof

    Raises
    ------
    Unproved
        At the first case that is not proved: its box is a point.
    """
    boxes, least = 0, float("inf")
    with flint.ctx.workprec(bits):
        for case in cases:
            value, boxes = inequality(*case), boxes + 1
            if not value > 0:
                raise Unproved([(float(x), float(x)) for x in case], value, bool(value < 0), boxes)
            least = min(least, _below(value))
    if not boxes:
        raise ValueError("cases: expected at least one")
    return Proof(boxes, 0, least)


# Series with remainder


@contextmanager
def _terms(count):
    """Room for so many terms in the power series of python-flint."""
    before, flint.ctx.cap = flint.ctx.cap, max(count, flint.ctx.cap)
    try:
        yield
    finally:
        flint.ctx.cap = before


def taylor(function, x, order):
    """Taylor coefficients at x, up to this order: enclosed for every point of the ball x.

    Parameters
    ----------
    function : callable
        From a series to a series, out of +, -, *, /, exp(), log(), sqrt(), ...
    x : flint.arb
    order : int

    Returns
    -------
    list of flint.arb, length order + 1
        Not finite where the ball x is too wide for the function.
    """
    with _terms(order + 1):
        try:
            value = function(arb_series([x, 1], order + 1))
        except ValueError:  # a denominator or a logarithm whose ball holds zero
            return [arb.nan()] * (order + 1)
        found = value.coeffs() if isinstance(value, arb_series) else [arb(value)]
    return (found + [arb(0)] * (order + 1))[: order + 1]


def centred(function):
    r"""The function with its mean-value form: the better of both enclosures.

    .. math:: f(x) \in f(m) + \sum_i \partial_i f(x)\,(x_i - m_i)

    with m the centre of the box: what cancels in f cancels at m exactly.

    Parameters
    ----------
    function : callable
        From k balls to a ball, and to a series if one argument is a series.

    Returns
    -------
    callable
        For `prove`.
    """

    def better(*x):
        value = function(*x)
        if value > 0 or value < 0:
            return value
        middle = [side.mid() for side in x]
        mean = function(*middle)
        for i, (side, centre) in enumerate(zip(x, middle, strict=True)):
            others = partial(_with, function, x, i)
            mean += taylor(others, side, 1)[1] * (side - centre)
        return value.intersection(mean) if value.is_finite() and mean.is_finite() else value

    return better


def _with(function, x, i, s):
    """function(x) with s for its i-th argument."""
    return function(*x[:i], s, *x[i + 1 :])


def remainder(function, x, at, order, terms=4):
    r"""What Taylor's polynomial leaves, divided by its power.

    .. math:: \frac{f(x) - \sum_{k<m} c_k\,(x-a)^k}{(x-a)^m}
        = \sum_{m \le k < m + t} c_k\,(x-a)^{k-m} + c_{m+t}(\xi)\,(x-a)^t

    with :math:`c_k` the coefficients at a and :math:`\xi` between a and x
    (Lagrange), enclosed by the hull of both.

    Parameters
    ----------
    function : callable
        As for `taylor`, analytic between a and x.
    x : flint.arb
    at : flint.arb or number
        a.
    order, terms : int
        m and t.

    Returns
    -------
    flint.arb
    """
    at, x = arb(at), arb(x)
    last = order + terms
    step, value = x - at, taylor(function, x.union(at), last)[last]
    for c in reversed(taylor(function, at, last - 1)[order:]):
        value = c + step * value
    return value


def quotient(function, x, at, order, terms=4):
    r"""f(x) / (x - a)^m for a function with a zero of order m at a: the zero divided out.

    Away from a it is also the plain quotient: the better of both.

    Parameters
    ----------
    function, x, at, order, terms
        As for `remainder`.

    Returns
    -------
    flint.arb

    Raises
    ------
    ValueError
        If an enclosure shows that f or one of its first m - 1 derivatives is not
        zero at a. (That they are is for the certificate to say.)
    """
    lower = taylor(function, arb(at), order - 1)
    if not all(c.contains(arb(0)) for c in lower):
        raise ValueError(f"order: {function} has no zero of order {order} at {at}")
    series = remainder(function, x, at, order, terms)
    plain = function(arb(x)) / (arb(x) - at) ** order
    if not plain.is_finite():
        return series
    return plain.intersection(series) if series.is_finite() else plain


def exp_quotient(x, order):
    r"""(exp(x) - sum of its first m terms) / x^m, which is positive and increasing.

    It is :math:`\int_0^1 \frac{(1-s)^{m-1}}{(m-1)!}\,e^{sx}\,ds`, hence enclosed by its values
    at the ends; near 0 these come from the series.
    """
    return _exp_quotient_at(x.lower(), order).union(_exp_quotient_at(x.upper(), order))


def _exp_quotient_at(x, order):
    if abs(x) < 1:
        return remainder(lambda s: s.exp(), x, 0, order, terms=24)
    value = x.exp()
    for k in range(order):
        value = (value - 1) if k == 0 else (value - x**k / arb(k).gamma() / k)
    return value / x**order


# Roots, minima, integrals


def root(function, low, high, bits=BITS):
    """Where a function of one sign change crosses zero: a ball, both signs verified.

    Parameters
    ----------
    function : callable
        From a ball to a ball; above zero at `low`, below zero at `high`. That it
        crosses once is for the caller to know.
    low, high : float
    bits : int

    Returns
    -------
    flint.arb

    Raises
    ------
    Unproved
        If a sign at an end is not certain.
    """
    with flint.ctx.workprec(bits + 30):
        low, high = arb(low), arb(high)
        signs = function(low), -function(high)
        if not all(s > 0 for s in signs):
            raise Unproved([(float(low), float(high))], signs, False, 2)
        for _ in range(bits):
            middle = ((low + high) / 2).mid()
            value = function(middle)
            if value > 0:
                low = middle
            elif value < 0:
                high = middle
            else:  # as near as the precision can tell
                break
        return low.union(high)


def minimum(function, low, high, tolerance=1e-12, most=100_000, bits=BITS):
    """The least value of a function on an interval, enclosed by branch and bound.

    Parameters
    ----------
    function : callable
        From a series or a ball to the same, with a finite slope on the open interval.
    low, high : float
    tolerance : float
        Width of the enclosure, relative to the value.
    most : int
    bits : int

    Returns
    -------
    flint.arb

    Raises
    ------
    Unproved
        If so many boxes do not reach the tolerance.
    """
    with flint.ctx.workprec(bits):
        boxes = [(float(low), float(high))]
        best = min(function(arb(x)).upper() for x in (low, (low + high) / 2, high))
        for seen in range(most):
            bounds = [(_lower(function, ball(*box)), box) for box in boxes]
            best = min([best, *(function(arb(sum(box) / 2)).upper() for box in boxes)])
            bounds = [(value, box) for value, box in bounds if not value > best]
            least = min(value for value, _ in bounds)
            if best - least < tolerance * abs(best):
                return least.union(best)
            if seen + len(bounds) > most:
                break
            boxes = [half[0] for _, box in bounds for half in _halves((box,))]
    raise Unproved([boxes[0]], least.union(best), False, most)


def _lower(function, x):
    """A lower bound of the function on a ball: the better of its value and its mean-value form."""
    plain, slope = function(x), taylor(function, x, 1)[1]
    mean = function(x.mid()) + slope * (x - x.mid())
    bounds = [v.lower() for v in (plain, mean) if v.is_finite()]
    return max(bounds) if bounds else arb.neg_inf()


def integral(function, low, high, rel=1e-12, bits=BITS, **limits):
    """A rigorous enclosure of an integral of a real function (Petras 2002, as in Arb).

    Parameters
    ----------
    function : callable
        (z, analytic) -> value, on complex balls; see ``flint.acb.integral``.
    low, high : number or flint.arb
    rel : float
        Relative tolerance that is aimed at; the enclosure holds whatever it is.
    bits : int
    **limits
        Passed on: ``eval_limit``, ``depth_limit``, ...

    Returns
    -------
    flint.arb

    Raises
    ------
    ArithmeticError
        If the enclosure is not finite.
    """
    with flint.ctx.workprec(bits):
        found = acb.integral(function, acb(low), acb(high), rel_tol=arb(rel), **limits).real
    if not found.is_finite():
        raise ArithmeticError("function: its integral has no finite enclosure")
    return found


# Mutants


def disprove(mutant, bits=BITS):
    """The enclosure of a mutant's slack, below zero, and that of the claim there, which is not.

    Parameters
    ----------
    mutant : functools.partial
        A slack with the numbers of a case, and as keywords what the mutant changes.
    bits : int

    Returns
    -------
    flint.arb

    Raises
    ------
    ArithmeticError
        If the enclosure holds a number >= 0, or if the claim's own is refuted as well.
    """
    with flint.ctx.workprec(bits):
        value, own = mutant(), mutant.func(*mutant.args)
    if not value < 0:
        raise ArithmeticError(f"mutant: not disproved, its slack is {value}")
    if own < 0:
        raise ArithmeticError(f"mutant: the claim itself fails there, with slack {own}")
    return value
