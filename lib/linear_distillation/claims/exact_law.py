"""The exact law of the student's angle under symmetry, the expected risk, and what follows."""

from functools import partial

import numpy as np

from .balls import floats
from .balls.contour import contour_risk, isotropic_risk, library_risk
from .balls.numbers import arctan, largest, sqrt
from .balls.parallel import (
    beyond,
    inverse_mean,
    lost_by_two,
    pair_moment,
    rising,
    tan_moment,
)
from .balls.parallel import parallel_factors as factors
from .cases import solve_each
from .claim import claim
from .slack import AtMost, Equal, is_mean, same_law

CHAPTER = "beyond/the-exact-risk"
SYMMETRIC = "beyond/the-parallel-law-under-symmetry"
EPS = np.finfo(float).eps


# Moments of the tangent, given the angles


def angles(draw, dims=(3, 12)):
    """Cotangents of n < d examples: equal, one far ahead, or of all magnitudes; and d."""
    rng, d = draw.rng(), draw.count(*dims)
    n = draw.count(1, min(d - 1, 5))
    spread = draw.pick(0.0, 0.0, floats(draw.real(0.01, 2)), 4.0)
    return draw.number(10.0 ** (spread * rng.uniform(-1, 0, n))) * draw.real(1e-3, 1e3), d


def moment(cot, d, power):
    return tan_moment(arctan(1 / cot), d, power)


def rounding(cot, power):
    """Relative error of a moment: ten digits of the library, and angles near 0 and 90 degrees."""
    return 1e-10 + 8 * EPS * floats(power) * (floats(cot).max() + 1 / floats(cot).min())


def conductance(cot):
    return (cot**2).sum()


def alike(m):
    return np.ones(m)


def prefer_one(m):
    """Orthogonal parts that prefer one axis, to both sides alike."""
    return np.append(20.0, np.ones(m - 1))


def drawn_tan2(draw, cot, d, scale, size):
    """tan^2(phi) = 1 / (c' U^-1 c), U the Gram matrix of drawn orthogonal parts; and the rng."""
    rng, axes = draw.sample(), scale(d - 1)
    draw.assume("rotational symmetry", (axes == axes[0]).all())
    G = rng.standard_normal((size, cot.size, d - 1)) * axes
    b = (cot * np.linalg.norm(G, axis=-1))[..., None]
    W = G @ G.swapaxes(-1, -2)
    return 1 / (b * solve_each(W, b)).sum(axis=(-2, -1)), rng


@claim(
    "ours",
    r"Under rotational symmetry, $c_i=\cot\theta_i$, $\kappa>0$ and $n<d$: "
    r"$\mathbb E[\tan^\kappa\phi\mid\theta_1,\dots,\theta_n]=\frac{\Gamma((d-n+\kappa)/2)}"
    r"{\Gamma((d-n)/2)\,\Gamma(\kappa/2)}\int_0^{1/\max c_i^2}\lambda^{\kappa/2-1}"
    r"\prod_i(1-\lambda c_i^2)^{(d-3)/2}\,d\lambda$.",
    chapter=CHAPTER,
    mutants={
        "d + 1 for d": {
            "value": lambda c, d, k: moment(c, d + 1, k),
            "dims": (3, 4),
            "size": 3000,
        },
        "the value for infinitely many dimensions": {
            "value": lambda c, d, k: conductance(c) ** (-k / 2)
        },
        "for the power 1.1 kappa": {
            "value": lambda c, d, k: moment(c, d, 1.1 * k) * c.max() ** (0.1 * k),
            "dims": (6, 8),
            "size": 6000,
        },
    },
    without={"rotational symmetry": {"scale": prefer_one}},
)
def angle_moments(draw, value=moment, dims=(3, 8), size=600, scale=alike):
    """The mean of (max_i cot theta_i tan phi)^power, a number in [0, 1]."""
    (cot, d), power = angles(draw, dims), draw.real(0.2, 8)
    tan2, _ = drawn_tan2(draw, cot, d, scale, size)
    values = np.minimum(tan2 * cot.max() ** 2, 1) ** (power / 2)
    return is_mean(draw, value(cot, d, power) * cot.max() ** power, values)


def without_three(cot, d, power):
    """The product to the power d/2, with the constants of d."""
    left = (d - cot.size) / 2
    gain = rising(left, power / 2) / rising(left + 1.5, power / 2)
    return gain * moment(cot, d + 3, power)


@claim(
    "ours",
    r"For $n=2$ the formula of `angle-moments` is the integral over the cosine of the "
    r"two orthogonal parts.",
    chapter=CHAPTER,
    underived="a comparison of two integrals",
    rests_on=("angle-moments",),
    mutants={
        "d + 1 for d": {"value": lambda c, d, k: moment(c, d + 1, k)},
        "the product without its exponent's -3": {"value": without_three},
        "the parallel law as an equation": {"value": lambda c, d, k: conductance(c) ** (-k / 2)},
    },
)
def angle_moments_pair(draw, value=moment):
    d, power, apart = draw.count(3, 12), draw.real(0.2, 8), draw.real(1e-9, 0.99)
    cot = draw.real(1e-3, 1e3) * np.array([1, 1 - apart])
    exact = pair_moment(*cot, d, power)
    return Equal(value(cot, d, power), exact, error=rounding(cot, power) * floats(exact))


def product_law(rng, cot, d, size, own=0, shared=True, top=0.5):
    """A B min_i(E_i / c_i^2)."""
    n, exponent = cot.size, (d - 3 + own) / 2
    E = -np.expm1(-rng.standard_exponential((size, n)) / exponent) if exponent else np.ones(n)
    B = rng.beta((d - n) / 2, (n - 1) / 2, size) if n > 1 and shared else 1.0
    return rng.beta(0.5, top or (d - 2) / 2, size) * B * (E / cot**2).min(axis=-1)


@claim(
    "ours",
    r"Under rotational symmetry and given the angles, $T^2\tan^2\phi$ has the law of "
    r"$A\,B\,\min_iE_i/\cot^2\theta_i$: independent $A\sim\mathrm{Beta}(\frac12,\frac12)$, "
    r"$B\sim\mathrm{Beta}(\frac{d-n}2,\frac{n-1}2)$, $E_i\sim\mathrm{Beta}(1,\frac{d-3}2)$.",
    chapter=CHAPTER,
    short="the student's law",
    rests_on=("angle-moments",),
    mutants={
        "without B": {"shared": False},
        "E_i ~ Beta(1, (d-2)/2)": {"own": 1},
        "T^2 for A": {"top": None},
    },
    without={"rotational symmetry": {"scale": prefer_one}},
)
def exact_law(draw, own=0, shared=True, top=0.5, scale=alike):
    (cot, d), size = angles(draw), 1500
    tan2, rng = drawn_tan2(draw, cot, d, scale, size)
    claimed = product_law(rng, cot, d, size, own, shared, top)
    return same_law(draw, rng.beta(0.5, (d - 2) / 2, size) * tan2, claimed)


# The expected risk


ISOTROPIC = (0, 2, 3), (0, 4, 9), (0, 8, 9), (0, 20, 1000)  # kappa, n, d
POWERS = (2.5, 2, 3), (0.7, 4, 9), (2.5, 8, 9), (1.0, 20, 1000)


@claim(
    "ours",
    r"Under rotational symmetry, $d\ge3$, $n<d$ and $\mathbb P[w_\star^\top x=0]=0$ in training "
    r"and at test, $\mathbb E\,R(\hat w)=\frac12\,\mathbb P[\cot^2\theta\,"
    r"\cot^2\theta_i\le A\,B\,E_i\text{ for all }i]$, with the variables of `exact-law`: "
    r"`exact_expected_risk` integrates this, by another route than here.",
    chapter=CHAPTER,
    short="the expected risk",
    rests_on=("exact-law",),
    mutants={
        "d + 1 for d": {"dim": 1},
        "n - 1 for n": {"more": -1},
        "B ~ Beta((d-n+1)/2, .)": {"shared": 1},
        "A ~ Beta(0.51, .)": {"arcsine": 0.51},
    },
)
def exact_expected_risk(draw, dim=0, more=0, shared=0, arcsine=0.5):
    """Isotropic tasks by their angle, polynomial ones by a contour in the Mellin plane."""
    kappa, n, d = draw.pick(*ISOTROPIC, *POWERS, *POWERS)
    kappa = draw.number(kappa)
    if kappa == 0:
        value, error = isotropic_risk(n, d, kappa), 0
    else:
        value, error = contour_risk(kappa, n, d, shared=shared, arcsine=arcsine)
    digits = 1e-8 if kappa <= 2 else 1e-5
    risk = library_risk(kappa, n + more, d + dim)
    return Equal(risk, value, error=error + digits * floats(risk))


# Smaller angles: finite laws of two angles, and polynomial tasks


def in_order(worse, better, shares):
    """Whether p <= p~, angle by angle."""
    return (better >= worse).all()


def on_average(worse, better, shares):
    """Whether the angles are smaller on average."""
    return shares @ arctan(1 / better) <= shares @ arctan(1 / worse)


def exchanged(row, worse, better):
    """The laws of the training (0) or of the test angles (1) change places."""
    worse[row], better[row] = better[row].copy(), worse[row].copy()


def one_crossing(worse, better):
    """The smaller of the two training angles becomes larger."""
    better[0, worse[0].argmax()] *= 0.3


def seen_at(rho, p, q):
    """cot(theta) cot(phi) of two examples whose orthogonal parts have this cosine."""
    if abs(rho) < 1:
        return sqrt(((p - q) ** 2 + 2 * p * q * (1 - rho)) / (1 - rho**2))
    return np.where((p == q) & (rho > 0), p, 2.0)  # on one line: copies, or nothing to err


def as_drawn(worse, better):
    """Angle by angle the better task has the smaller one."""


def only_the_farther(worse, better):
    """Only the larger of the training angles becomes smaller."""
    nearer = worse[0].argmax()
    better[1], better[0, nearer] = worse[1], worse[0, nearer]


def mean_risk(cot, shares, n, d, cosines):
    """E R for training and test cotangents with probabilities, and its error.

    The cosines of two orthogonal parts are equally likely; None for all sides alike.
    """
    (train, test), (w, r) = cot, shares
    products = np.multiply.outer(train, test)
    if n == 1:
        return w @ beyond(products, d) @ r, 0.0
    chance, p, q = np.outer(w, w)[[0, 0, 1], [0, 1, 1]], products[[0, 0, 1]], products[[0, 1, 1]]
    chance = chance * [1, 2, 1]
    if cosines is None:
        lost, error = lost_by_two(p, q, d)
        return chance @ lost @ r, (floats(chance) @ (error + 0 * floats(lost)) @ floats(r))
    return chance @ sum(beyond(seen_at(rho, p, q), d) for rho in cosines) @ r / len(cosines), 0.0


def finite_laws(draw, arrange):
    """Cotangents of two tasks, rows for training and test; n, d and the probabilities."""
    rng, d, n = draw.rng(), draw.count(3, 50), 1 if draw.chance(0.2) else 2
    level, near = floats(draw.real(1e-2, 1e2)), floats(draw.real(0.03, 1))
    spread, step = floats(draw.uniform()) * rng.uniform(-1, 1, (2, 2)), floats(draw.real(1e-3, 3))
    worse = 10.0**spread * np.array([[level], [near / level / np.sqrt(d)]])
    moved = draw.pick([1, 0], [0, 1], [1, 1])
    better = worse * (1 + step * rng.random((2, 2)) * np.array(moved)[:, None])
    arrange(worse, better)
    return draw.number(worse), draw.number(better), draw.number(rng.dirichlet([1, 1], 2)), n, d


def two_powers(draw, less, dim):
    """Two polynomial tasks, the better one's kappa no smaller."""
    n, d, *kappas = draw.pick((4, 9, 0.7, 1.0, 2.5), (20, 1000, 1.0, 2.5))
    low, high = np.sort(draw.rng().choice(kappas, 2))
    draw.trivial(low == high)
    worse = library_risk(draw.number(low), n, d)
    return AtMost(library_risk(draw.number(high), n - less, d + dim), worse, 1e-5 * floats(worse))


@claim(
    "ours",
    r"Rotationally symmetric training laws, the same $d\ge3$ and $n$, "
    r"$\mathbb P[w_\star^\top x=0]=0$: if $p\le\tilde p$ pointwise in training and at test, "
    r"$\mathbb E\,R\le\mathbb E\,\tilde R$. (In the plane too for $n=1$, or if no line repeats.) "
    r"(Attacked with finite laws, one or two examples, by an integral over their sides, and with "
    r"`exact_expected_risk` on polynomial tasks.)",
    chapter=CHAPTER,
    short="smaller angles",
    rests_on=("exact-expected-risk",),
    underived="a coupling, described in words in the chapter",
    mutants={
        "even with one example less": {"less": 1},
        "even in one dimension more": {"dim": 1},
        "for any given sides of the examples": {"given": True, "arrange": only_the_farther},
        "if training angles are smaller on average": {
            "arrange": one_crossing,
            "ordered": on_average,
        },
    },
    without={
        "p <= p~ in training": {"arrange": partial(exchanged, 0)},
        "p <= p~ at test": {"arrange": partial(exchanged, 1)},
        "rotational symmetry": {"sides": (-1.0, 1.0)},
        "independent examples": {"sides": (-1.0,)},
    },
)
def smaller_angles(
    draw, less=0, dim=0, given=False, arrange=as_drawn, ordered=in_order, sides=None
):
    if draw.chance(0.1):
        return two_powers(draw, less, dim)
    worse, better, shares, n, d = finite_laws(draw, arrange)
    draw.assume("p <= p~ in training", ordered(worse[0], better[0], shares[0]))
    draw.assume("p <= p~ at test", in_order(worse[1], better[1], shares[1]))
    # u and -u alike means a line, not all sides; only -u that the second follows the first
    draw.assume("rotational symmetry", sides is None or sum(sides) != 0)
    draw.assume("independent examples", sides is None or sum(sides) == 0)
    both = (draw.uniform(-1, 1),) if given else None
    risk, error = mean_risk(worse, shares, n, d, both or sides)
    smaller, more = mean_risk(better, shares, max(1, n - less), d + dim, both)
    draw.trivial(risk == 0)
    return AtMost(smaller, risk, error + more + 1e-12 * floats(risk))


# What follows from the formula


def some_dimension(draw):
    """Cotangents as above, also in up to a million dimensions."""
    return angles(draw, (3, 10**6) if draw.chance(0.5) else (3, 12))


def conjectured(n, d, power):
    """(1 - n/d)^(power/2) as the upper end."""
    return factors(n, d, power)[0], (1 - n / (d + 0 * power)) ** (power / 2)


@claim(
    "ours",
    r"Under rotational symmetry, $d\ge3$ and $2\le n<d$: $\frac{d-n}{d-1}<"
    r"\mathbb E[\tan^2\phi\mid\theta_1,\dots,\theta_n]\sum_i\cot^2\theta_i\le"
    r"\frac{d-n}{d-3+2/n}$, with equality for equal angles; likewise, with gamma functions, for "
    r"every power of the tangent.",
    chapter=SYMMETRIC,
    short="how near it is",
    rests_on=("angle-moments",),
    mutants={
        "2 % lower at the top": {"high": 0.98},
        "2 % higher at the bottom": {"low": 1.02},
        "(1 - n/d)^(kappa/2) at the top": {"ends": conjectured},
    },
)
def parallel_factors(draw, low=1, high=1, ends=factors):
    (cot, d), power = some_dimension(draw), draw.real(0.2, 8)
    draw.trivial(cot.size == 1)
    value = moment(cot, d, power) * conductance(cot) ** (power / 2)
    error = rounding(cot, power) * floats(value)
    lower, upper = ends(cot.size, d, power)
    return [AtMost(low * lower, value, error), AtMost(value, high * upper, error)]


@claim(
    "ours",
    r"Both ends of `parallel-factors` are $(1-n/d)^{\kappa/2}$ up to a relative error of "
    r"order $1/(d-n)$ (here: at most $3\kappa(2+\kappa)/(d-n)$ for $\kappa\le4$).",
    chapter=SYMMETRIC,
    rests_on=("parallel-factors",),
    mutants={
        "1 - n/(2d)": {"share": lambda n, d: n / d / 2},
        "1 - n/d^1.02": {"share": lambda n, d: n / d**1.02},
        "error eight times smaller": {"reach": 3 / 8},
    },
    loose="an order with a generous constant",
)
def parallel_factor_limit(draw, share=lambda n, d: n / d, reach=3):
    d, part, power = draw.count(10, 10**6), draw.uniform(), draw.real(0.1, 4)
    n = min(max(2, int(floats(part) * d)), d - 1)
    limit = (1 - share(draw.number(n), draw.number(d))) ** (power / 2)
    apart = largest(*[abs(end / limit - 1) for end in factors(n, d, power)])
    rounding = 4 * EPS * d * np.log(d)  # of gamma functions, through their logarithms
    return AtMost(apart, reach * power * (2 + power) / (d - n), rounding)


def part_of_mean(draw, cot, d):
    """S / E[cot^2 phi], example by example: q + (c - T sqrt q)^2 / Q has a mean linear in q."""
    q = cot[0] ** 2
    for k, c in enumerate(cot[1:], 1):
        if d - k <= 3:  # the mean of 1/Q is infinite, Q ~ Beta((d-k-1)/2, k/2)
            return 0 * q
        mean = inverse_mean(draw.number((d - k - 1) / 2), draw.number(k / 2))
        q = q * (1 + (mean - 1) / k) + c**2 * mean  # E[T^2 | Q] = (1 - Q)/k
    return conductance(cot) / q


@claim(
    "ours",
    r"Under rotational symmetry and for $n\le d-3$, $\mathbb E[\cot^2\phi\mid\theta_1,"
    r"\dots,\theta_n]=\frac{d-3}{d-n-2}\sum_i\cot^2\theta_i$.",
    chapter=SYMMETRIC,
    mutants={
        "(d-2)/(d-n-1)": {"factor": lambda d, n: (d - 2, d - n - 1)},
        "(d-1)/(d-n)": {"factor": lambda d, n: (d - 1, d - n)},
        "the parallel law as an equation": {"factor": lambda d, n: (1, 1)},
    },
    without={"n at most d - 3": {"room": (1, 1)}},
)
def mean_cotangent(draw, factor=lambda d, n: (d - 3, d - n - 2), room=(3, 10**4)):
    """As (d-3) S / E[cot^2 phi] = d-n-2, which also makes sense where the mean is infinite."""
    cot, _ = angles(draw)
    n = cot.size
    d = max(3, n + draw.count(*room))
    draw.assume("n at most d - 3", n <= d - 3)
    draw.trivial(n == 1)
    above, below = factor(d, n)
    return Equal(above * part_of_mean(draw, cot, d), below)


@claim(
    "ours",
    r"Under rotational symmetry and for $n<d$, in any order of the examples, "
    r"$\mathbb E[\tan^2\phi\mid\theta_1,\dots,\theta_n]\le1/\sum_k\omega_k\cot^2\theta_k$ with "
    r"$\omega_1=1$, $\omega_k=(d-1)/(d-k+1)$ for $k\ge2$.",
    chapter=SYMMETRIC,
    rests_on=("angle-chain",),
    mutants={"(d-1)/(d-k)": {"shift": 0}, "(d-1)/(d-k+1/2)": {"shift": 0.5}},
)
def parallel_ordered(draw, shift=1):
    """In the order in which the bound is smallest."""
    cot, d = some_dimension(draw)
    draw.trivial(cot.size == 1)
    cot2 = cot[np.argsort(floats(cot))] ** 2
    weighted = cot2[0] + sum((d - 1) * c / (d - k + shift) for k, c in enumerate(cot2[1:], 2))
    mean = moment(cot, d, 2)
    return AtMost(mean, 1 / weighted, rounding(cot, 2) * floats(mean))
