r"""Certificates for Theorem 2's constants and Lemma D.1: starts, lengths and angles."""

from functools import partial

from flint import arb

from ...certify import exp_quotient, prove, quotient
from .certificate import Certificate

# The limit's length (proof of Theorem 2)


def norm(ratio, layers, factor=1, power=None, root=0.5):
    """Smaller slack of y >= 1 and y >= 1 + s y^(1-1/N), y the claimed |w|^2 / |w_hat|^2.

    `ratio` is |w(0)| / |w_hat| and s = ratio^(2/N). Where w(0) is orthogonal to the span, the
    limit has equality in the second, whose right side is below y only beyond that root.
    """
    ratio, m = arb(ratio), arb(1) / layers
    y = arb(factor) ** 2 * (1 - ratio ** (power or 2 * m)) ** (-2 * arb(root))
    return (y - 1).min(y - 1 - ratio ** (2 * m) * y ** (1 - m))


NORM_BOUND = Certificate(
    statement=r"$(1-s)+s(1-s)^{1/N}\le1$ for every $s\in(0,1)$ and real $N\ge1$: $|w|\le "
    r"C=|\hat w|(1-s)^{-1/2}$.",
    by_hand=r"It says $(1-s)^{1/N}\le1$. With $x=-\log(1-s)/N\in(0,\infty)$ the difference is "
    r"$s(1-e^{-x})$; $(1-e^{-x})/x>0$ is certified on $[0,8]$, and $1-e^{-x}$ increases. In the "
    r"limit $|w|^2=|\hat w|^2+|q|^2$ and $|w|^2\le|\hat w|^2+|w(0)|^{2/N}|w|^{2-2/N}$; divided "
    r"by $|w|^2$ the right side falls with $|w|$, and at $C$ it is at most 1.",
    parts={"1 - e^-x >= 0": lambda: prove(lambda x: exp_quotient(-x, 1), (0, 8))},
    mutants={
        "2 % shorter": partial(norm, arb(1) / 1000, 2, factor=0.98),
        "the power 2/(N-1)": partial(norm, arb(1) / 4, 3, power=1),
        "the root (1-s)^(-1/4)": partial(norm, arb(1) / 2, 3, root=0.25),
    },
)


# How short the start must be


def end_of(start, eps, size, layers):
    """1 - |w(0)|^(2/N) (|w_hat|^2 + eps^2)^(1-1/N) / eps^2: below 0 iff |q| can pass eps."""
    m = arb(1) / layers
    return 1 - start ** (2 * m) * (size**2 + eps**2) ** (1 - m) / eps**2


def sharp_start(eps, size, layers, stretch=1, less=0, fewer=0):
    """The slack of the sharp start, with a length or exponents that are changed."""
    eps, size = arb(eps), arb(size)
    exponent = -(arb(layers) - 1 - less) / 2
    start = stretch * eps ** (layers - fewer) * (size**2 + eps**2) ** exponent
    return end_of(start, eps, size, layers)


def start_11(eps, size, layers, stretch=1, fewer=0, layers_less=0):
    """The slack of (11)."""
    eps, size, N = arb(eps), arb(size), arb(layers) - layers_less
    length = eps**2 * size ** (-2 / N) + size ** (2 - 2 / N)
    return end_of(stretch * eps ** (N - fewer) * length ** (-N / 2), eps, size, layers)


RATIO = {
    "(11) is the shorter start": lambda: prove(
        lambda x: quotient(lambda s: (1 + s).sqrt() - 1, x, 0, 1), (0, 4)
    )
}
START_BY_HAND = (
    r"With $\eta=\epsilon/|\hat w|$, (11) is $\epsilon^N|\hat w|^{1-N}(1+\eta^2)^{-N/2}$ and "
    r"the sharp start $\epsilon^N|\hat w|^{1-N}(1+\eta^2)^{-(N-1)/2}$: their ratio is "
    r"$\sqrt{1+\eta^2}$, and $(\sqrt{1+x}-1)/x>0$ is certified on $[0,4]$ (the root increases). "
    r"In the limit $x=|q|^2$ has $x\le|w(0)|^{2/N}(|\hat w|^2+x)^{1-1/N}$, and $x/(|\hat "
    r"w|^2+x)^{1-1/N}$ increases: the derivative of its logarithm is $(|\hat w|^2+x/N)/(x(|\hat "
    r"w|^2+x))>0$. At the sharp start equality is at $x=\epsilon^2$."
)
SHARP_START = Certificate(
    statement=r"For every $\epsilon,|\hat w|>0$ and $N\ge1$: $|w(0)|\le\epsilon^N(|\hat "
    r"w|^2+\epsilon^2)^{-(N-1)/2}$ gives $|q|\le\epsilon$, it is implied by (11), and a start "
    r"that is longer ends further away if $q(0)=w(0)$.",
    by_hand=START_BY_HAND,
    parts=RATIO,
    mutants={
        "2 % longer": partial(sharp_start, 0.5, 1, 3, stretch=1.02),
        "the exponent (N - 2)/2": partial(sharp_start, 0.5, 1, 3, less=1),
        "eps^(N-1) for eps^N": partial(sharp_start, 0.5, 1, 3, fewer=1),
    },
)
PROJECTION = Certificate(
    statement=r"(11) gives $|q|\le\epsilon$ in the limit, for every $\epsilon,|\hat w|>0$ and "
    r"$N\ge1$ (that there is a limit is not part of this).",
    by_hand=START_BY_HAND,
    parts=RATIO,
    mutants={
        "eps^(N-1) for eps^N": partial(start_11, 0.25, 1, 3, fewer=1),
        "starts 5 % longer": partial(start_11, 0.25, 1, 3, stretch=1.05),
        "N - 1 for N": partial(start_11, 0.25, 1, 3, layers_less=1),
    },
)


# Lemma D.1


def paper_gap(x):
    """(1 + x)^(3/2) - (1 - x)^(1/2): the gap of the two cosines, times (1 + x) / (1 - x)^(1/2)."""
    return (1 + x) * (1 + x).sqrt() - (1 - x).sqrt()


def at_the_tangent(eta):
    """The student of largest angle: cos(delta) (cos(delta), sin(delta)), sin(delta) = eta."""
    return 1 - eta**2, eta * (1 - eta**2).sqrt()


def steps(eta, place, first=1, second=1, cosine=None):
    """The smallest slack of the paper's two steps and its conclusion; w_hat = (1, 0)."""
    eta = arb(eta)
    x, y = place(eta)
    length = (x**2 + y**2).sqrt()
    claimed = cosine(eta) if cosine else (1 - eta) / (1 + eta)
    return (x - 1 + first * eta).min(1 + second * eta - length).min(x / length - claimed)


LEMMA_D1 = Certificate(
    statement=r"$(1-\eta)/(1+\eta)\le\sqrt{1-\eta^2}$, the cosine of the sharp angle, for every "
    r"$\eta\in[0,1)$.",
    by_hand=r"The gap is $\sqrt{1-\eta}\,h(\eta)/(1+\eta)$ with "
    r"$h=(1+\eta)^{3/2}-(1-\eta)^{1/2}$; $h/\eta>0$ is certified on $[0,\tfrac{15}{16}]$, and "
    r"$h$ increases. The two steps are Cauchy-Schwarz and the triangle inequality; that the "
    r"angle is at most $\arcsin\eta$ is `lemma-D1-sharp`.",
    parts={
        "the paper's cosine is smaller": lambda: prove(
            lambda x: quotient(paper_gap, x, 0, 1), (0, 15 / 16)
        )
    },
    mutants={
        "2 % less in the first step": partial(steps, 0.5, lambda e: (1 - e, arb(0)), first=0.98),
        "2 % less in the second step": partial(steps, 0.5, lambda e: (1 + e, arb(0)), second=0.98),
        "cos delta = 1 - eta^2/2": partial(
            steps, 0.5, at_the_tangent, cosine=lambda e: 1 - e**2 / 2
        ),
        "cos delta = 1/(1 + eta)": partial(
            steps, 0.9, at_the_tangent, cosine=lambda e: 1 / (1 + e)
        ),
    },
)


def square_gap(eta, c):
    """|w|^2 - sin^2 for w = w_hat + eta (c, sin), |w_hat| = 1, over (c + eta)^2."""
    return quotient(lambda s: (1 + 2 * eta * s + eta**2) - (1 - s * s), c, -eta, 2)


def sharp_angle(eta, angle=None):
    """The claimed angle less that of the tangent."""
    x, y = at_the_tangent(arb(eta))
    return (angle(arb(eta)) if angle else arb(eta).asin()) - (y / x).atan()


LEMMA_D1_SHARP = Certificate(
    statement=r"$|w-\hat w|\le\eta|\hat w|$, $\eta<1$, gives $\sin\angle(w,\hat w)\le\eta$, "
    r"with equality for tangents from the origin.",
    by_hand=r"$w=\hat w+\varrho(c,\sqrt{1-c^2})$ in their plane, $|\hat w|=1$, "
    r"$0\le\varrho\le\eta$, $c\in[-1,1]$: the claim is $\varrho^2(1-c^2)\le\eta^2|w|^2$, and as "
    r"$\varrho\le\eta$ it is enough that $|w|^2-(1-c^2)=(c+\varrho)^2\ge0$: the quotient of the "
    r"two is certified positive for all $\varrho\in[0,1]$, $c\in[-1,1]$. The angle is acute, as "
    r"$w\cdot\hat w\ge1-\eta>0$.",
    parts={"the sine is at most eta": lambda: prove(square_gap, (0, 1), (-1, 1))},
    mutants={
        "arcsin(0.98 eta)": partial(sharp_angle, 0.5, angle=lambda e: (0.98 * e).asin()),
        "eta for arcsin eta": partial(sharp_angle, 0.5, angle=lambda e: e),
        "arctan eta": partial(sharp_angle, 0.5, angle=lambda e: e.atan()),
        "the angle of a chord": partial(sharp_angle, 0.5, angle=lambda e: 2 * (e / 2).asin()),
    },
)

CERTIFICATES = {
    "theorem-2-projection": PROJECTION,
    "norm-bound": NORM_BOUND,
    "sharp-initialisation": SHARP_START,
    "lemma-D1": LEMMA_D1,
    "lemma-D1-sharp": LEMMA_D1_SHARP,
}
