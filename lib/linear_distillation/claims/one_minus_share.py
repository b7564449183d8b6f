"""The factor 1 - n/d between the parallel law and the truth: where it is exact, and where false."""

from functools import partial

import numpy as np
import scipy

from ..students import distilled_student as of_sets
from .balls import floats
from .balls.numbers import sqrt
from .balls.parallel import tangent_spread as spread_bound
from .balls.spans import distilled_student, unit
from .claim import claim
from .exact_law import angles, conductance, moment, rounding
from .slack import AtMost, Equal, same_law

claim = partial(claim, chapter="beyond/the-parallel-law-under-symmetry")
EPS = np.finfo(float).eps
SYMMETRY = "rotational symmetry"

# That parts are Gaussian, or as likely in any direction, no case can show: their law says it.


# Gaussian orthogonal parts


def gaussian(rng, b, shape):
    """Heights as given, orthogonal parts standard normal."""
    return b, rng.standard_normal(shape)


def of_one_length(rng, b, shape):
    """Orthogonal parts as long as Gaussian ones are on average, uniform in direction."""
    b, G = gaussian(rng, b, shape)
    return b, G / np.linalg.norm(G, axis=1, keepdims=True) * np.sqrt(shape[1])


def lifted(rng, b, shape):
    """The longer the orthogonal part, the higher the example."""
    b, G = gaussian(rng, b, shape)
    return b * np.linalg.norm(G, axis=1) / np.sqrt(shape[1]), G


@claim(
    "classical",
    r"Examples $x_i=b_ie+G_i$ with $G_i$ independent standard Gaussian vectors "
    r"orthogonal to $e$, independent of the $b_i$, not all of which are 0, and $n<d$: "
    r"$\tan^2\phi\,\sum_ib_i^2\sim\chi^2_{d-n}$, whatever the $b_i$.",
    mutants={
        "d - n + 1 degrees of freedom": {"freedom": lambda d, n: d - n + 1},
        "d - n + 1/2 degrees of freedom": {"freedom": lambda d, n: d - n + 0.5, "dims": (2, 6)},
        "d - 1 degrees of freedom": {"freedom": lambda d, n: d - 1},
        "with the largest b alone": {"total": lambda b2: b2.max(axis=-1)},
    },
    without={
        "the G are Gaussian": {"law": of_one_length, "dims": (2, 5)},
        "the b do not depend on the G": {"law": lifted, "dims": (2, 5)},
    },
)
def chi_square_law(
    draw, freedom=lambda d, n: d - n, dims=(2, 12), law=gaussian, total=lambda b2: b2.sum(axis=-1)
):
    """Of students of 2000 drawn transfer sets with the same heights, of any signs."""
    rng, d, size = draw.rng(), draw.count(*dims), 2000
    n = draw.count(1, min(d - 1, 5))
    b = rng.choice([-1, 1], n) * 10.0 ** (floats(draw.uniform(0, 1.5)) * rng.uniform(-1, 1, n))
    heights, G = law(draw.sample(), b, (size, d - 1, n))
    draw.assume("the G are Gaussian", law is not of_one_length)
    draw.assume("the b do not depend on the G", (heights == b).all())
    X = np.concatenate([np.broadcast_to(heights, (size, n))[:, None], G], axis=1)
    w = of_sets(X, np.eye(d)[0])
    tan2 = (w[:, 1:] ** 2).sum(axis=1) / w[:, 0] ** 2
    return same_law(draw, tan2 * total(heights**2), scipy.stats.chi2(freedom(d, n)).cdf)


# The vertices of a simplex


def vertices(draw, m):
    """m + 1 unit vectors of R^m whose angles are all equal, one a column; their sum is 0."""
    k, j = np.arange(1, m + 1)[:, None], np.arange(m + 1)
    return draw.number((j < k) - k * (j == k)) * sqrt(draw.number(m + 1) / (m * k * (k + 1)))


def dented(draw, m):
    """The first of them is moved a third of the way towards the second."""
    V = vertices(draw, m)
    V[:, 0] = unit(2 * V[:, 0] + V[:, 1])
    return V


@claim(
    "ours",
    r"Let the orthogonal parts of $n$ examples of one angle $\theta$ be vertices of a regular "
    r"simplex in $\mathbb R^{d-1}$, $K$ of the $d$ of them different. Then "
    r"$\tan^2\phi\cdot n\cot^2\theta=\frac{n\,(d-K)}{K\,(d-1)}$.",
    mutants={
        "every example has a vertex of its own": {"value": lambda d, n, K: (d - n) / (d - 1)},
        "d for d - 1": {"value": lambda d, n, K: n * (d - K) / (K * d)},
        "1 - n/d": {"value": lambda d, n, K: 1 - n / d},
        "vertices of a simplex in one dimension more": {
            "value": lambda d, n, K: n * (d + 1 - K) / (K * d)
        },
    },
    without={
        "equal angles": {"spread": 0.3},
        "a regular simplex": {"parts": dented},
    },
)
def simplex_factor(
    draw, value=lambda d, n, K: n * (d - K) / (K * (d - 1)), spread=0, parts=vertices
):
    rng, d = draw.rng(), draw.count(3, 12)
    which = rng.integers(d, size=draw.count(1, 2 * d))
    n, K = which.size, np.unique(which).size
    cot = draw.number(np.exp(spread * rng.uniform(-1, 1, n))) * draw.real(0.03, 30)
    V = parts(draw, d - 1)
    draw.assume("equal angles", (cot == cot[0]).all())
    draw.assume(
        "a regular simplex", (abs(V.T @ V + 1 / (d - 1))[~np.eye(d, dtype=bool)] < 1e-12).all()
    )
    draw.trivial(K == 1)
    w = distilled_student(np.vstack([cot, V[:, which]]), draw.number(np.eye(d)[0]))
    tan2 = w[1:] @ w[1:] / np.square(w[0])
    error = 64 * EPS * n * d * (1 + floats(cot).max() ** 2) * (1 + floats(cot).max() ** -2)
    return Equal(tan2 * conductance(cot), value(draw.number(d), n, K), error=error, scale=1.0)


# Near the mean


def exact_moments(draw, cot, d):
    """Mean and mean square of tan^2(phi) sum cot^2 under symmetry, given the angles."""
    S = conductance(cot)
    return moment(cot, d, 2) * S, moment(cot, d, 4) * S**2


def on_a_simplex(draw, cot, d):
    """The same for equal angles and parts drawn from the vertices of a simplex."""
    n, chance = cot.size, np.eye(1, d + 1)[0]
    k = np.arange(d + 1)
    for _ in range(n):
        chance = chance * k / d + np.append(0, (chance * (d - k) / d)[:-1])
    values = draw.number(n * (d - k[1:]) / (k[1:] * (d - 1)))
    return chance[1:] @ values, chance[1:] @ values**2


@claim(
    "ours",
    r"Under rotational symmetry, $d\ge3$ and $n<d$, whatever the angles, "
    r"$\mathbb E\bigl[\bigl(\tan^2\phi\sum_i\cot^2\theta_i-\frac{d-n}{d-1}\bigr)^2\bigm|"
    r"\theta_1,\dots,\theta_n\bigr]$ is at most `tangent_spread`, of order $1/d$.",
    rests_on=("parallel-factors",),
    mutants={
        "as for Gaussian parts": {"bound": lambda n, d: 2 * (d - n) / (d - 1) ** 2},
        "a third less": {"bound": lambda n, d: 2 * spread_bound(n, d) / 3},
        "around one, the parallel law": {"centre": lambda n, d: 1.0},
    },
    without={SYMMETRY: {"law": on_a_simplex}},
    loose="mean square and mean are bounded one by one; they are not extreme together",
)
def tangent_concentrates(
    draw, bound=spread_bound, centre=lambda n, d: (d - n) / (d - 1), law=exact_moments
):
    cot, d = angles(draw, (3, 1000) if draw.chance(0.3) else (3, 12))
    draw.assume(SYMMETRY, law is exact_moments)
    draw.trivial(cot.size == 1)
    c = draw.number(centre(cot.size, d))
    mean, square = law(draw, cot, d)
    error = 4 * rounding(cot, 4) * floats(square)
    # one example has no spread: the scale is then that of its angle
    scale = None if cot.size > 1 else 1.0
    return AtMost(square - 2 * c * mean + c**2, bound(cot.size, draw.number(d)), error, scale)
