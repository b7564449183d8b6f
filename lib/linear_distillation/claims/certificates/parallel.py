r"""Certificates for the parallel law and the climbing curve."""

from functools import cache, partial

import flint
from flint import arb

from ...certify import BITS, exp_quotient, integral, prove, prove_each, quotient, root, taylor
from .certificate import Certificate

HALF = arb(1) / 2

# Cantelli's step


def bend_of_bound(x):
    """-(d/dx)^2 of x / (1 + x), halved."""
    return -taylor(lambda s: s / (1 + s), x, 2)[2]


def slope_of_bound(x):
    return taylor(lambda s: s / (1 + s), x, 1)[1]


def cantelli(z, p, factor=1, spread=1, twice=0):
    """Bound less chance: a test law of two points, z with chance p; one example of tangent 1."""
    z, p = arb(z), arb(p)
    second = z**2 * p / (1 - p)
    return factor / (1 + z**2 * (1 + twice) / (spread * second)) - p


PARALLEL_BOUND = Certificate(
    statement=r"$\lambda s/(\lambda s+c^2)$ increases with $s=\tan^2\phi$ and is concave; it is "
    r"at least $\mathbb P[Z\ge c/\sqrt s]$ for each $Z$ of mean 0 with $\mathbb E "
    r"Z^2\le\lambda$; two-point laws attain it.",
    by_hand=r"With $x=\lambda s/c^2$ the function is $x/(1+x)$; its slope and minus its second "
    r"derivative are certified positive on $[0,64]$; they are $(1+x)^{-2}$ and $2(1+x)^{-3}$ "
    r"for all $x$. Cantelli: with $z=c/\sqrt s$ and $b=\lambda/z$, $1[Z\ge "
    r"z]\le((Z+b)/(z+b))^2$, whose mean is at most "
    r"$(\lambda+b^2)/(z+b)^2=\lambda/(\lambda+z^2)$. Jensen's inequality and the parallel law "
    r"do the rest. Mutants: a test law of two points, one example.",
    parts={
        "increasing": lambda: prove(slope_of_bound, (0, 64)),
        "concave": lambda: prove(bend_of_bound, (0, 64)),
    },
    mutants={
        "2 % smaller": partial(cantelli, 1, HALF, factor=0.98),
        "5 % less spread": partial(cantelli, 1, HALF, spread=0.95),
        "the best example counts twice": partial(cantelli, 1, HALF, twice=1),
    },
)


# The envelope: T is one coordinate of a uniform point on S^(d-2)


def half_tail(z, d):
    """P[T > z] for 0 <= z <= 1."""
    return (1 - z * z).beta_lower((arb(d) - 2) / 2, HALF, regularized=True) / 2


def tangent_gap(z, d):
    """P[T > z] - z f(z) / 2."""
    half = (arb(d) - 2) / 2
    density = (1 - z * z) ** (half - 1) * (half + HALF).gamma() / half.gamma() / arb.pi().sqrt()
    return half_tail(z, d) - z * density / 2


def bracket(d):
    """The ends between which the library looks for the tangent point."""
    below = arb(1) - arb(10) ** -12
    return HALF / arb(d).sqrt(), (2 / arb(d).sqrt()).min(below)


def bracket_holds(d):
    low, high = bracket(d)
    return tangent_gap(low, d).min(-tangent_gap(high, d))


def low_end(x):
    """log 2 + ((1 - 4x)/2) log((1 - x)/(1 - x/4)) / x, x = 1/d."""
    logs = quotient(lambda s: (1 - s).log() - (1 - s / 4).log(), x, 0, 1)
    return arb(2).log() + (1 - 4 * x) / 2 * logs


@cache
def tangent_point(d):
    """z_0 of dimension d, enclosed; the same at every precision of the caller."""
    with flint.ctx.workprec(BITS):
        low, high = bracket(d)
    return root(lambda z: tangent_gap(z, d), low.mid(), high.mid())


def touching(d, x, stretch=1):
    """The function up to a stretched tangent point, then the line; x in units of z_0^2."""
    z = tangent_point(d)
    if arb(x) < arb(stretch) ** 2:
        return half_tail(z * arb(x).sqrt(), d)
    return half_tail(stretch * z, d) * arb(stretch) ** 2 / x


def envelope(d, x, factor=1, function=touching, **changes):
    """The claimed envelope at x >= 1 (units of z_0^2) less what tan^2 in {0, c^2/z_0^2} attains."""
    return factor * function(d, x, **changes) - touching(d, x)


def touching_at_one(d, x):
    return touching(d, x, 1 / tangent_point(d))


def no_envelope(d, x):
    return half_tail(tangent_point(d) * arb(x).sqrt(), d)


DIMENSIONS = range(3, 301)

PARALLEL_ENVELOPE = Certificate(
    statement=r"For every $d\ge3$: $\mathbb P[T>z]=zf(z)/2$ for exactly one $z_0\in(0,1)$; as a "
    r"function of $s$, $\mathbb P[T>c/\sqrt s]$ is zero, then (for $d\ge5$) convex, then "
    r"concave, and its concave envelope is the line up to $z_0$. The library's bracket, "
    r"$1/(2\sqrt d)<z_0<2/\sqrt d$, holds for every $d\ge3$ (capped at 1).",
    by_hand=r"With $a=(d-4)/2$ and $g(z)=\int_z^1(1-t^2)^adt-\tfrac z2(1-z^2)^a$: $g(0)>0$ and "
    r"$g'=(1-z^2)^{a-1}((a+\tfrac32)z^2-\tfrac32)$, so $g$ falls up to $z^2=3/(d-1)$ and then "
    r"rises. For $d\ge5$ it rises to $g(1)=0$, so it is negative from $z_0$ on: one root, below "
    r"$\sqrt{3/(d-1)}<2/\sqrt d$; for $d=3,4$ it falls throughout, to $g(1)<0$. The second "
    r"derivative in $s$ has the sign of $z^2-3/(d-1)$; $z^2\mathbb P[T>z]$ has the slope "
    r"$2z\cdot g$ (times a constant), so the line is above the function. The lower end for all "
    r"$d\ge4$: $\int_z^{2z}(1-t^2)^a\,dt\ge z(1-4z^2)^a$ with $z^2=1/(4d)$, and "
    r"$2(1-4z^2)^a>(1-z^2)^a$ is certified for $1/d\in[0,\tfrac14]$. Both ends are certified as "
    r"they stand for $d=3,\dots,300$.",
    parts={
        "lower end, every d >= 4": lambda: prove(low_end, (0, 0.25)),
        "both ends, d = 3, ..., 300": lambda: prove_each(bracket_holds, ((d,) for d in DIMENSIONS)),
    },
    mutants={
        "2 % smaller": partial(envelope, 100, 1, factor=0.98),
        "the function without its envelope": partial(envelope, 100, 2, function=no_envelope),
        "the line touches 10 % later": partial(envelope, 100, 2, stretch=1.1),
        "z_0 = 1": partial(envelope, 100, 1000, function=touching_at_one),
    },
)


# The ends of the parallel law's factor


def rising(x, s):
    """Gamma(x + s) / Gamma(x)."""
    return (x + s).gamma() / x.gamma()


def ends(n, d, power):
    """Lower and upper end of E[tan^power(phi)] (sum of cot^2)^(power/2)."""
    s, n, d = arb(power) / 2, arb(n), arb(d)
    free = rising((d - n) / 2, s)
    return free / rising((d - 1) / 2, s), n**s * free / rising(n * (d - 3) / 2 + 1, s)


def factor_of(cot2, d, power=2):
    """E[tan^power(phi)] (sum of cot^2)^(power/2), by the integral; even power, odd d."""
    s, n, c = arb(power) / 2, len(cot2), [arb(x) for x in cot2]
    largest = 1 / max(c, key=float)

    def inside(z, _):
        value = z ** (power // 2 - 1)
        for x in c:
            value *= (1 - z * x) ** ((d - 3) // 2)
        return value

    scale = rising((arb(d) - n) / 2, s) / s.gamma() * sum(c, arb(0)) ** s
    return scale * integral(inside, 0, largest)


def between(cot2, d, low=1, high=1, top=None):
    """The smaller slack of both ends."""
    value = factor_of(cot2, d)
    lower, upper = ends(len(cot2), d, 2)
    return (value - low * lower).min(high * (top(len(cot2), d) if top else upper) - value)


def ordered(n, d):
    """Least derivative of the logarithm of the quotient over s <= 2: psi increases."""
    x, grid = (arb(d) - 3) / 2, [arb(k) / 8 for k in range(17)]
    spans = zip(grid, grid[1:], strict=False)
    least = [
        arb(n).log() + (x + 1 + low).digamma() - (n * x + 1 + high).digamma() for low, high in spans
    ]
    return min(least, key=lambda v: float(v.lower()))


PAIRS = [(n, d) for d in range(3, 41) for n in range(2, d)]

PARALLEL_FACTORS = Certificate(
    statement=r"The lower end is below the upper one, for all $d\ge3$, $2\le n<d$, $\kappa>0$; "
    r"for $\kappa=2$ the upper end is at most 1, which is the parallel law. Equal angles attain "
    r"the upper end.",
    by_hand=r"$\lambda\mapsto\log(1-\lambda x)$ is concave in $x$, so that the mean is a "
    r"Schur-concave function of the shares $c_i^2/\sum c^2$: largest for equal ones, least at a "
    r"vertex. The quotient of the ends is $n^s(x+1)_s/(nx+1)_s$, $x=(d-3)/2$, $s=\kappa/2$; the "
    r"derivative of its logarithm is $\log n+\psi(x+1+s)-\psi(nx+1+s)>0$: by the multiplication "
    r"theorem $\psi(nz)\le\log n+\psi(z+\tfrac{n-1}n)$ with $z=x+s+\tfrac1n$, $nz\ge nx+s+1$. "
    r"Certified as it stands for $d\le40$, all $n<d$, $\kappa\le4$. For $\kappa=2$: "
    r"$(n-1)(n-2)\ge0$. Mutants: $d=5$, the integral enclosed.",
    parts={"the ends are in order": lambda: prove_each(ordered, PAIRS)},
    mutants={
        "2 % lower at the top": partial(between, (1, 1), 5, high=0.98),
        "2 % higher at the bottom": partial(between, (1, 1e-4), 5, low=1.02),
        "(1 - n/d)^(kappa/2) at the top": partial(
            between, (1, 1), 5, top=lambda n, d: 1 - arb(n) / d
        ),
    },
)


# The limit of both ends: R = end / (1 - n/d)^s, s = kappa/2, k = d - n


def relative(n, d, power, less=lambda n, d: 0, reach=3):
    """Smallest slack of |R - 1| <= reach power (2 + power) / (d - n), (1 - n/d) changed by less."""
    share = 1 - arb(n) / d + less(n, d)
    off = [abs(end / share ** (arb(power) / 2) - 1) for end in ends(n, d, power)]
    return reach * arb(power) * (2 + power) / (d - n) - off[0].max(off[1])


def many_left(u, s):
    """k >= 5: 12 (1 + s) less the bound of (R - 1) k / s, u = 1/k."""
    late = s + arb(32) / 7
    return 12 * (1 + s) - late * exp_quotient(s * late * u, 1)


def few_left(k):
    """The same for one k: E tan^kappa over its limit by the largest slope of its logarithm."""

    def slack(s):
        slope = (arb(k) / 2 + s).digamma() - (arb(k) / 2).log() + arb(4) / 7
        return 12 * (1 + s) - k * slope * exp_quotient(s * slope, 1)

    return slack


PARALLEL_FACTOR_LIMIT = Certificate(
    statement=r"For all $d\ge10$, $2\le n<d$ and $0<\kappa\le4$ both ends of `parallel-factors` "
    r"are $(1-n/d)^{\kappa/2}R$ with $|R-1|\le3\kappa(2+\kappa)/(d-n)$.",
    by_hand=r"$s=\kappa/2$, $k=d-n$. $\log R=\log A-\log B$: $A=(\tfrac k2)_s/(\tfrac k2)^s$, "
    r"and $B$ is $(\tfrac{d-1}2)_s/(\tfrac d2)^s$ for the lower end, "
    r"$(\tfrac{n(d-3)}2+1)_s/(\tfrac{nd}2)^s$ for the upper one. Each logarithm is the integral "
    r"over $0\le t\le s$ of a digamma function less a logarithm. With $\log "
    r"x-\tfrac1x<\psi(x)<\log x$: $-\tfrac{2s}k\le\log A\le\tfrac{s^2}k$ and "
    r"$-\tfrac{4s}{d-3}\le\log B\le\max(0,s^2-s)/d$, so $1-R\le-\log R\le\tfrac{3s}k$. Above, "
    r"$R-1\le e^L-1$. For $k\ge5$, $L=(s^2+\tfrac{32}7s)/k$, as "
    r"$\tfrac4{d-3}\le\tfrac{32}{7k}$; certified for $\tfrac1k\in[0,\tfrac15]$, $s\in[0,2]$. "
    r"For $k\le4$, $\log A\le s\,(\psi(\tfrac k2+s)-\log\tfrac k2)$ and "
    r"$\tfrac4{d-3}\le\tfrac47$; certified for $s\in[0,2]$.",
    parts={
        "k >= 5": lambda: prove(many_left, (0, 0.2), (0, 2)),
        **{f"k = {k}": partial(prove, few_left(k), (0, 2)) for k in (1, 2, 3, 4)},
    },
    mutants={
        "1 - n/(2d)": partial(relative, 500, 1000, 2, less=lambda n, d: arb(n) / (2 * d)),
        "1 - n/d^1.02": partial(
            relative, 500, 1000, 2, less=lambda n, d: n * (1 / arb(d) - arb(d) ** -1.02)
        ),
        "error eight times smaller": partial(relative, 100, 6000, 0.2, reach=arb(3) / 8),
    },
)


# The climbing curve


def climbing(n, d):
    """I_{(n-1)/(2n)}((d-n)/2, (d-n)/2)."""
    half = (arb(d) - n) / 2
    return ((arb(n) - 1) / (2 * arb(n))).beta_lower(half, half, regularized=True)


def last_value(n, d, law=climbing):
    """How far a law misses 1/2 - arcsin(1/(d-1))/pi at n = d - 1, or `climbing` elsewhere."""
    truth = HALF - (1 / (arb(d) - 1)).asin() / arb.pi() if n == d - 1 else climbing(n, d)
    return -abs(law(n, d) - truth)


CLIMBING = Certificate(
    statement=r"For every $d\ge3$, $I_{(n-1)/(2n)}(\tfrac{d-n}2,\tfrac{d-n}2)$ rises strictly at "
    r"each step from $n=1$, where it is 0, to $n=d-1$, where it is $\tfrac12-\tfrac1\pi\arcsin"
    r"\tfrac1{d-1}$.",
    by_hand=r"It is $\mathbb P[S\ge\tfrac1n]$ for one coordinate $S$ of a uniform point on the "
    r"sphere in $d-n+1$ dimensions. One more example lowers the threshold and, as "
    r"$S^2\sim\mathrm{Beta}(\tfrac12,\tfrac{d-n}2)$, makes $S^2$ stochastically larger. "
    r"Certified as it stands for $d\le60$. The last value: "
    r"$I_x(\tfrac12,\tfrac12)=\tfrac2\pi\arcsin\sqrt x$ with $1-2x=1/(d-1)$. That the formula "
    r"is the limit of an expected risk is the chapter's.",
    parts={
        "each step rises": lambda: prove_each(
            lambda n, d: climbing(n + 1, d) - climbing(n, d),
            ((n, d) for d in range(3, 61) for n in range(1, d - 1)),
        )
    },
    mutants={
        "one dimension more": partial(last_value, 2, 3, law=lambda n, d: climbing(n, d + 1)),
        "one example more": partial(last_value, 2, 5, law=lambda n, d: climbing(n + 1, d)),
        "examples do not share a point": partial(last_value, 2, 5, law=lambda n, d: HALF),
    },
)

CERTIFICATES = {
    "parallel-bound": PARALLEL_BOUND,
    "parallel-envelope": PARALLEL_ENVELOPE,
    "parallel-factors": PARALLEL_FACTORS,
    "parallel-factor-limit": PARALLEL_FACTOR_LIMIT,
    "climbing-curve": CLIMBING,
}
