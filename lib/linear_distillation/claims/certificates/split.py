r"""Certificates for the bounds of section 4.3: Theorem 3's infimum and what follows from it."""

from functools import partial

from flint import arb

from ...certify import exp_quotient, integral, prove, quotient
from .certificate import Certificate

# Corollary 2


def log_gap(x):
    """-x - log(1 - x) over x^2."""
    return quotient(lambda s: -s - (1 - s).log(), x, 0, 2)


def scalar(n, power=1, steps=0, shift=0):
    """log of n^-power over (1 - log(n)/(n + shift))^(n - steps)."""
    n = arb(n)
    return -power * n.log() - (n - steps) * (1 - n.log() / (n + shift)).log()


SCALAR = Certificate(
    statement=r"$(1-\log(n)/n)^n\le1/n$ for every real $n>0$, with equality at $n=1$ only.",
    by_hand=r"With $x=\log(n)/n$ the logarithm of the inequality is $n\,g(x)\ge0$, "
    r"$g(x)=-x-\log(1-x)$. First $x\le1/e<1$, as $e^{u}-1-u\ge0$ at $u=\log(n)-1$: the quotient "
    r"by $u^2$ is certified on $[-4,4]$; beyond, $-1-u>0$ on the left and the series is "
    r"positive on the right. Then $g(x)/x^2>0$ is certified on $[-4,\tfrac12]$; for $x<-4$, "
    r"$g'(x)=x/(1-x)<0$ and $g(-4)>0$.",
    parts={
        "e^u >= 1 + u": lambda: prove(lambda u: exp_quotient(u, 2), (-4, 4)),
        "-x - log(1 - x) >= 0": lambda: prove(log_gap, (-4, 0.5)),
    },
    mutants={
        "1/n^1.02": partial(scalar, 1000, power=1.02),
        "n - 1 for the exponent": partial(scalar, 2, steps=1),
        "log(n)/(n + 1)": partial(scalar, 3, shift=1),
    },
)


def uniform_infimum(n):
    """1 - (n - 1) n^(-n/(n-1)), the infimum in (19) for the uniform angle."""
    n = arb(n)
    return 1 - (n - 1) * n ** (-n / (n - 1))


def corollary_2(n, one=1, log_power=1, n_power=1):
    """Corollary 2 at kappa = 1 less the infimum, for the tail with equality."""
    n = arb(n)
    return (one + n.log() ** log_power) / n**n_power - uniform_infimum(n)


COROLLARY_2 = Certificate(
    statement=r"For every real $\kappa>0$ and $n\ge1$, and every $p\le(1-2\theta/\pi)^\kappa$: at "
    r"$\beta=\tfrac\pi2(1-\tfrac{\log n}n)\in[0,\tfrac\pi2]$, $p(\beta)+p(\pi/2-\beta)^n\le"
    r"(1+(\log n)^\kappa)/n^\kappa$.",
    by_hand=r"With $x=\log(n)/n$ the left side is at most $x^\kappa+(1-x)^{n\kappa}$, and "
    r"$x^\kappa$ is $(\log n)^\kappa/n^\kappa$: what is left is $(1-x)^{n\kappa}\le "
    r"n^{-\kappa}$, the $\kappa$-th power of the scalar inequality, which needs "
    r"$-x-\log(1-x)\ge0$ on $[0,1/e]$ (certified after division by $x^2$ on $[0,\tfrac38]$), "
    r"and $0\le x\le1/e$ (certified as $e^u\ge1+u$ on $u=\log(n)-1\in[-1,4]$, by the series "
    r"beyond).",
    parts={
        "0 <= log(n)/n <= 1/e": lambda: prove(lambda u: exp_quotient(u, 2), (-1, 4)),
        "-x - log(1 - x) >= 0": lambda: prove(log_gap, (0, 0.375)),
    },
    mutants={
        "without the 1": partial(corollary_2, 10, one=0),
        "without the logarithm": partial(corollary_2, 10, log_power=0),
        "n^(1.02 kappa) for n^kappa": partial(corollary_2, 10**6, n_power=1.02),
    },
)


# The infimum at kappa = 1


def above_tangent(t, m):
    """The split at b = n^(-1/(n-1)) e^(tm), less the infimum, m = 1/n; over b_0 m t^2."""
    return exp_quotient(t, 2) - m * exp_quotient(m * t, 2)


def uniform(n, value=uniform_infimum, level=lambda n: n ** (-1 / (n - 1))):
    """How far the claimed value and place miss the infimum: 0 if they do not."""
    n, least = arb(n), uniform_infimum(n)
    b = level(n)
    return -abs(value(n) - least) - abs(1 - b + b**n - least)


UNIFORM = Certificate(
    statement=r"For every real $n\ge2$, $1-b+b^n\ge1-(n-1)n^{-n/(n-1)}$ for all $b\in[0,1]$, "
    r"with equality at $b_0=n^{-1/(n-1)}$ only ($b=2\beta/\pi$, $\kappa=1$).",
    by_hand=r"With $m=1/n$ and $b=b_0e^{tm}$ the difference is $b_0m\,[(e^t-1)-(e^{tm}-1)/m]$, "
    r"as $b_0^n=b_0/n$. Divided by $b_0mt^2$ it is $\varphi(t)-m\varphi(tm)$, "
    r"$\varphi(x)=(e^x-1-x)/x^2$: certified for $m\in[0,\tfrac12]$ (all $n\ge2$, the limit "
    r"included), $|t|\le8$. Beyond, the derivative in $t$ of the bracket, $e^t-e^{tm}$, has the "
    r"sign of $t$.",
    parts={"the split is above its value": lambda: prove(above_tangent, (-8, 8), (0, 0.5))},
    mutants={
        "n for n - 1 in the value": partial(
            uniform, 2, value=lambda n: 1 - n * n ** (-n / (n - 1))
        ),
        "log(n)/n": partial(uniform, 10, value=lambda n: n.log() / n),
        "the angle of Corollary 2": partial(uniform, 10, level=lambda n: 1 - n.log() / n),
    },
)


# Isotropic data


def isotropic(d, n, level, hard=1, bound=None):
    """hard p(beta) + p(pi/2 - beta)^n, or another bound, less 1; beta = level pi/2."""
    angle = arb.pi() / 2 * level
    p, near = (
        (x * x).beta_lower(arb(1) / 2, (arb(d) - 1) / 2, regularized=True)
        for x in (angle.cos(), angle.sin())
    )
    return (bound(n) if bound else hard * p + near**n) - 1


def integral_in_space(n):
    """E p(pi/2 - theta)^n for d = 3, where p(theta) = cos(theta)."""
    return integral(lambda z, _: z.sin() ** (n + 1), 0, arb.pi() / 2)


ISOTROPIC = Certificate(
    statement=r"For isotropic data, every $d\ge2$ and $n<d$ (not only $d\le200$): "
    r"$p(\beta)+p(\pi/2-\beta)^n\ge1$ for all $\beta\in[0,\pi/2]$, with equality at both ends.",
    by_hand=r"As $p\le1$ it is enough to take $n=d-1=:m$. With $I=\int_0^{\pi/2}\sin^{m-1}$, "
    r"$S=\tfrac1I\int_0^\beta\sin^{m-1}=1-p(\beta)$ and "
    r"$C=\tfrac1I\int_0^\beta\cos^{m-1}=p(\pi/2-\beta)$ the claim is $C^m\ge S$. Both are 0 at "
    r"$0$ and 1 at $\pi/2$. The ratio of their derivatives is $m\,(C\cot\beta)^{m-1}$, and "
    r"$C\cot\beta$ falls: $IC\ge\beta\cos^{m-1}\beta\ge\sin\beta\cos\beta\cos^{m-1}\beta$. So "
    r"$C^m-S$ first rises, then falls, from 0 to 0, and is never negative. What is left is "
    r"$\beta\ge\sin\beta\cos\beta$, certified after division by $\beta^3$ on $[0,1.6]$. ($m=1$: "
    r"equality throughout.)",
    parts={
        "beta >= sin(beta) cos(beta)": lambda: prove(
            lambda b: quotient(lambda s: s - s.sin() * s.cos(), b, 0, 3), (0, 1.6)
        )
    },
    mutants={
        "n <= d": partial(lambda d, level, n=2: isotropic(d, n, level), 3, 0.25, n=3),
        "of the integral bound": partial(isotropic, 3, 1, 0.25, bound=integral_in_space),
        "hard examples err with probability 0.98": partial(isotropic, 3, 2, 0, hard=0.98),
    },
)


# The rate of the integral bound


def digamma_gap(y):
    """psi(1 + y) - log(y)."""
    return (1 + y).digamma() - y.log()


def rate(kappa, n, factor=1, shift=0):
    """log of factor (n kappa + shift)^-kappa Gamma(kappa + 1) / (kappa B(n kappa + 1, kappa))."""
    kappa = arb(kappa)
    x = n * kappa
    return (
        arb(factor).log() - kappa * (x + shift).log() + (x + kappa + 1).lgamma() - (x + 1).lgamma()
    )


RATE = Certificate(
    statement=r"$\kappa\,B(n\kappa+1,\kappa)\le\Gamma(\kappa+1)(n\kappa)^{-\kappa}$ for all "
    r"real $\kappa>0$, $n>0$. (Sharper, as $\log\Gamma$ is convex: "
    r"$(n\kappa+\min(1,\kappa))^{-\kappa}$, with equality at $\kappa=1$.)",
    by_hand=r"With $x=n\kappa$ it says $\log\Gamma(x+\kappa+1)-\log\Gamma(x+1)\ge\kappa\log x$. "
    r"The left side is $\int_0^\kappa\psi(1+x+t)\,dt$, so that $\psi(1+y)>\log y$ is enough. It "
    r"holds for all $y>0$: $\log y=\log\Gamma(y+1)-\log\Gamma(y)$ is $\psi$ between $y$ and "
    r"$y+1$, and $\psi$ increases. Certified on $[\tfrac1{16},64]$, where the reader may want "
    r"to see it. That the ratio tends to 1 is by hand (Gautschi).",
    parts={"psi(1 + y) > log(y)": lambda: prove(digamma_gap, (1 / 16, 64))},
    mutants={
        "2 % smaller": partial(rate, 1, 1000, factor=0.98),
        "n + 1 for n": partial(
            lambda kappa, n, more=0: rate(kappa, n, shift=more * kappa), 2, 3, more=1
        ),
        "(n kappa + (kappa + 1)/2)^-kappa": partial(rate, 2, 3, shift=1.5),
    },
)

CERTIFICATES = {
    "corollary-2": COROLLARY_2,
    "corollary-2-scalar": SCALAR,
    "isotropic-vacuous": ISOTROPIC,
    "uniform-angle-infimum": UNIFORM,
    "integral-bound-rate": RATE,
}
