r"""Rigorous enclosures of the numbers that the book prints most.

On a polynomial task under symmetry the student errs, by `exact-law` and up to its sign, iff
:math:`\cot^2\theta\,\cot^2\theta_i \le A\,B\,E_i` for all i. The examples share
:math:`\tau = \cot\theta/\sqrt{AB}`, and given tau they are independent:

.. math:: E\,R = \tfrac12\int_0^\infty H(t)^n\,dP[\tau\le t], \qquad
    H(t) = E\Bigl[\bigl(\tfrac2\pi\arctan\tfrac{\sqrt{E_1}}{t}\bigr)^\kappa\Bigr], \qquad
    P[\tau\le t] = E\Bigl[\bigl(\tfrac2\pi\arctan(t\sqrt{AB})\bigr)^\kappa\Bigr]

H is one integral, and for kappa = 1 it is
:math:`(1+t^2)^{(d-3)/2} I_{1/(1+t^2)}(\frac{d-2}2, \frac12)`, the incomplete beta function;
P is a power series in t, its coefficients the moments of A and B. The power bound has
:math:`t^\kappa` in place of P. Both integrals end at some t, as H falls.
"""

from collections.abc import Callable
from functools import cache, partial
from typing import NamedTuple

import flint
from flint import acb, arb

from ...certify import integral, minimum, taylor
from .split import uniform_infimum

HALF = arb(1) / 2
BITS = 96
TERMS = 60  # of the series of P
CIRCLE = arb(9) / 10  # where its coefficients are bounded (Cauchy)


def beta(a, b):
    return (arb(a).lgamma() + arb(b).lgamma() - (arb(a) + b).lgamma()).exp()


def disc(radius):
    """All complex numbers up to this size."""
    radius = arb(radius).abs_upper()
    return acb(arb(0, radius), arb(0, radius))


NOWHERE = acb(arb.nan(), arb.nan())  # the answer of an integrand that is not analytic there


# H: whether an example reaches so far


def reach_moment(kappa, d):
    """E[(2 sqrt(E) / pi)^kappa], so that |H(t)| <= this / |t|^kappa."""
    b = (arb(d) - 3) / 2
    return (2 / arb.pi()) ** kappa * b * beta(1 + kappa / 2, b)


def reach_uniform(t, d):
    """H for kappa = 1, where Re t > 0; next to 0 the incomplete beta function loses nothing."""
    square = 1 + t * t
    series = (1 - 1 / square).hypgeom_2f1(acb(1), acb(d - 1) / 2, acb(3) / 2)
    return square.sqrt() ** (d - 3) - 2 * t / square * series / beta(HALF, (arb(d) - 2) / 2)


def reach_bound(t, kappa, d):
    """A disc that holds H(t) where t is in the sector.

    At an angle of at most psi = 3 pi/8 to the real line, |arctan z| is at most the integral of
    ds / |1 + s^2 exp(2 i psi)| over 0 < s < |z|: at most |z| / sin(2 psi), and at most the
    elliptic integral over all s > 0, K(sin(psi)^2).
    """
    near = arb(2).sqrt() / abs(t)
    return disc(most_level(kappa).min(reach_moment(kappa, d) * near**kappa))


def most_level(kappa):
    """A bound of |2/pi arctan z|^kappa in the sector."""
    psi = 3 * arb.pi() / 8
    return (2 / arb.pi() * acb(psi.sin() ** 2).elliptic_k().real) ** kappa


def in_sector(t):
    """Whether |arg t| is certainly below 3 pi/8, whose tangent is 1 + sqrt(2)."""
    return 2.4 * t.real > abs(t.imag)


def reach(t, d, kappa, analytic=False):
    """H: a disc in wide balls, an integral over E = sin(omega)^2 in narrow ones."""
    if not in_sector(t):
        return NOWHERE if analytic or not t.imag.is_zero() else acb(arb(HALF, HALF))
    if t.rel_accuracy_bits() < 40:
        return reach_bound(t, kappa, d)
    return reach_uniform(t, d) if kappa == 1 else _reach_at(_parts(t), d, kappa)


def _parts(t):
    """A ball in whole numbers: mantissas and exponents of its centre and radius, twice."""
    return tuple(x.man_exp() for side in (t.real, t.imag) for x in (side.mid(), side.rad()))


@cache
def _reach_at(parts, d, kappa):
    """The integral, kept: the risk and its bound ask for it at the same t."""
    t = acb(arb(*parts[:2]), arb(*parts[2:]))
    density = partial(_reach_density, t=t, d=d, kappa=kappa)
    found = acb.integral(density, 0, HALF, rel_tol=TIGHT, abs_tol=TIGHT)
    return found + disc(most_level(kappa) * HALF.cos() ** (d - 3))  # beyond omega = 1/2


TIGHT = arb(10) ** -11


def _reach_density(omega, analytic, t, d, kappa):
    sine = omega.sin()
    weight = (d - 3) * omega.cos() ** (d - 4) * sine
    slope = sine / t
    if not slope.real > 0:  # elsewhere the arc tangent has its cuts
        return NOWHERE if analytic else weight * disc(most_level(kappa))
    return weight * (2 / arb.pi() * slope.atan()).pow(acb(kappa), analytic=analytic)


# P: how far the test example is


@cache
def _coefficients(kappa, n, d):
    """Of t^(2k) in dP[tau <= t] / d(t^kappa), and M r^(-2k) / (1 + 2k/kappa) for the others."""
    with flint.ctx.workprec(BITS):
        odd = taylor(lambda s: ((1 + s) / (1 - s)).log() / 2, arb(0), 2 * TERMS)[1::2]
        # arctan(x)/x as a series in x^2: that of artanh, with alternate signs
        plain = flint.arb_series([(-1) ** k * c for k, c in enumerate(odd)], TERMS)
        powers = taylor(lambda s: (kappa * plain.log()).exp(), arb(0), TERMS - 1)
        scale = (2 / arb.pi()) ** kappa
        most = scale * (CIRCLE.atanh() / CIRCLE) ** kappa
        moments = [_moment(kappa / 2 + k, n, d) * (1 + 2 * k / kappa) for k in range(TERMS)]
    return [scale * c * m for c, m in zip(powers, moments, strict=True)], most


def _moment(s, n, d):
    """E[(AB)^s], A ~ Beta(1/2, 1/2), B ~ Beta((d-n)/2, (n-1)/2)."""
    a, b = (arb(d) - n) / 2, (arb(n) - 1) / 2
    return beta(HALF + s, HALF) / arb.pi() * beta(a + s, b) / beta(a, b)


def error_density(t, kappa, n, d):
    """dP[tau <= t] / d(t^kappa), for |t| < 1/2; the series ends with a bound of its rest."""
    if not abs(t) < HALF:
        return NOWHERE
    coefficients, most = _coefficients(kappa, n, d)
    ratio = (abs(t) / CIRCLE) ** 2
    value = disc(most * ratio**TERMS * (1 + 2 * TERMS / kappa) / (1 - ratio) ** 2)
    return value + sum((c * t ** (2 * k) for k, c in enumerate(coefficients)), acb(0))


# The integrals


def over_reach(density, kappa, n, d, ends, error):
    """The integral of H(t)^n density(t) over t^kappa; below the first end H is nearly 1.

    In s = t^min(kappa, 1), so that the integrand is smooth but for t log t.
    """
    root, power = max(1, round(1 / kappa)), max(1, round(kappa))

    def inside(s, analytic):
        t = s**root
        weight = density(t) * power * s ** (power - 1)
        return reach(t, d, kappa, analytic) ** n * weight

    with flint.ctx.workprec(BITS):
        first, last = (arb(t) ** (arb(1) / root) for t in ends)
        most = density(acb(arb(0).union(ends[0]))).real * first**power
        start = most * arb(1).union(reach(acb(ends[0]), d, kappa).real ** n)
    return start + integral(inside, first, last, rel=0, bits=BITS, abs_tol=arb(error))


class Case(NamedTuple):
    """Where the integrals start and end, and the width that is aimed at."""

    ends: tuple
    width: float


CASES = {0.5: Case((1e-8, 0.4), 2e-10), 1: Case((1e-9, 0.25), 1e-15), 2: Case((1e-6, 0.15), 3e-15)}


def exact_risk(kappa, n=20, d=1000):
    """E R of distillation on the polynomial task, enclosed; kappa = 1/2, 1 or 2."""
    case, density = CASES[kappa], partial(error_density, kappa=kappa, n=n, d=d)
    found = over_reach(density, kappa, n, d, *case)
    with flint.ctx.workprec(BITS):
        rest = reach(acb(case.ends[1]), d, kappa).real ** n
        return (found + arb(0).union(rest)) / 2


def power_bound(kappa, n=20, d=1000):
    """The power law with the exact angle, enclosed; kappa = 1/2, 1 or 2."""
    case, s, free = CASES[kappa], arb(kappa) / 2, (arb(d) - n) / 2
    found = over_reach(lambda t: acb(1), kappa, n, d, *case)
    with flint.ctx.workprec(BITS):
        last = arb(case.ends[1]) ** kappa
        rest = reach_moment(kappa, d) ** n * last ** (1 - n) / (n - 1)
        gain = (free + s).gamma() / free.gamma() / (1 + s).gamma()
        test = beta(HALF + s, (arb(d) - 2) / 2) / beta(HALF, (arb(d) - 2) / 2)
        return (2 / arb.pi()) ** kappa / 2 * test * gain * (found + arb(0).union(rest))


def centred_power_bound(n=20, d=1000):
    """The power law for kappa = 1 without the exact angle: an integral of erfcx(y)^n."""
    end = 4  # erfcx(y) < 1/(y sqrt(pi)) beyond
    with flint.ctx.workprec(BITS):
        rest = (1 / arb.pi().sqrt()) ** n * arb(end) ** (1 - n) / (n - 1)
        first = beta(1, (arb(d) - 2) / 2) / beta(HALF, (arb(d) - 2) / 2)  # E|T|
        scale = 2 / arb.pi() * first / 2 * 2 / arb.pi().sqrt()
    found = integral(lambda y, _: ((y * y).exp() * y.erfc()) ** n, 0, end, bits=BITS)
    return scale * (found + arb(0).union(rest))


# Bounds in closed form, or one minimum


def theorem_3(kappa, n=20):
    """The infimum of p(beta) + p(pi/2 - beta)^n for the polynomial tail, y^2 = 1 - 2 beta / pi."""
    if kappa == 1:
        return uniform_infimum(n)
    powers = int(2 * kappa), int(n * kappa)
    return minimum(
        lambda y: y ** powers[0] + (1 - y * y) ** powers[1], 0, 1, tolerance=1e-14, bits=BITS
    )


def corollary_2(kappa, n=20):
    return (1 + arb(n).log() ** kappa) / arb(n) ** kappa


def integral_bound(kappa, n=20):
    return arb(kappa) * beta(arb(n) * kappa + 1, kappa)


# More data can hurt: the limit of vanishing noise

MEANS = [("0.35", "0.94", "0"), ("0.10", "0.70", "0.70"), ("0.33", "0.07", "0.94")]


def dot(u, v):
    return sum((x * y for x, y in zip(u, v, strict=True)), arb(0))


def turned(i, j):
    """f_ij: the chance that two examples of cluster i lose cluster j, for little noise."""
    (u, v), e = ([arb(x) for x in MEANS[k]] for k in (i, j)), (arb(1), arb(0), arb(0))
    u = [x / dot(u, u).sqrt() for x in u]
    along_e, along_v = dot(e, u), dot(v, u)
    rest_e = [x - along_e * y for x, y in zip(e, u, strict=True)]
    rest_v = [x - along_v * y for x, y in zip(v, u, strict=True)]
    lengths = (dot(rest_e, rest_e) * dot(rest_v, rest_v)).sqrt()
    return ((dot(e, v) + along_e * along_v) / lengths).acos() / arb.pi()


def vanishing_noise():
    """4/27 + (1/27) sum over i != j of f_ij."""
    pairs = [(i, j) for i in range(3) for j in range(3) if i != j]
    return (4 + sum((turned(*pair) for pair in pairs), arb(0))) / 27


# The registry


class Value(NamedTuple):
    """What a number is, and how it is enclosed."""

    definition: str
    enclose: Callable


def _of_task(name, definition, function, **kwargs):
    return {
        f"{name}, kappa = {kappa}": Value(
            definition.replace("KAPPA", str(kappa)), partial(function, kappa, **kwargs)
        )
        for kappa in CASES
    }


VALUES = {
    **_of_task(
        "exact risk",
        r"$\mathbb E\,R(\hat w)$ of distillation on the polynomial task with $\kappa=KAPPA$, "
        r"$d=1000$, $n=20$",
        exact_risk,
    ),
    **_of_task(
        "power bound",
        r"the power law for the exact angle, $(2/\pi)^\kappa\,\tfrac12\mathbb E|T|^\kappa\,"
        r"\mathbb E\tan^\kappa\phi$, $\kappa=KAPPA$, $d=1000$, $n=20$",
        power_bound,
    ),
    "power bound without the exact angle, kappa = 1": Value(
        r"$\tfrac2\pi\,\tfrac{\mathbb "
        r"E|T|}2\,\tfrac2{\sqrt\pi}\int_0^\infty\mathrm{erfcx}(y)^n\,dy$, $d=1000$, $n=20$",
        centred_power_bound,
    ),
    **_of_task(
        "Theorem 3",
        r"$\inf_b\,(1-b)^\kappa+b^{n\kappa}$ over $[0,1]$, $\kappa=KAPPA$, $n=20$",
        theorem_3,
    ),
    **_of_task(
        "Corollary 2", r"$(1+(\log n)^\kappa)/n^\kappa$, $\kappa=KAPPA$, $n=20$", corollary_2
    ),
    **_of_task(
        "integral bound", r"$\kappa\,B(n\kappa+1,\kappa)$, $\kappa=KAPPA$, $n=20$", integral_bound
    ),
    "vanishing noise": Value(
        r"$\tfrac4{27}+\tfrac1{27}\sum_{i\ne j}f_{ij}$ for the three clusters of "
        r"*more data can hurt*",
        vanishing_noise,
    ),
}


def enclose(name, digits=12):
    """A value of the registry as data: {"definition", "enclosure"}, the enclosure as text.

    Parameters
    ----------
    name : str
        A key of ``VALUES``.
    digits : int
        At most so many are shown; all that are shown are right, but for the radius.

    Returns
    -------
    dict
    """
    if name not in VALUES:
        raise KeyError(f"name: {name!r} is not among the enclosed values")
    value = VALUES[name]
    with flint.ctx.workprec(BITS):
        return {"definition": value.definition, "enclosure": value.enclose().str(digits)}
