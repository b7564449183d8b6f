"""The parallel law without centring: examples whose orthogonal parts lean to one side."""

from functools import partial

import numpy as np

from .balls.numbers import arctan, floats, largest, length, pi_of
from .balls.parallel import (
    below,
    leaning_resistance,
    pairs,
    power,
    quadratic,
    second_moment,
)
from .claim import claim
from .parallel import (
    Sets,
    comonotone,
    finite_risk,
    is_centred,
    near_or_far,
    one_side,
    some_sides,
    two_sided,
)
from .slack import AtMost, Equal

claim = partial(claim, chapter="beyond/the-parallel-law")


class Leaning(Sets):
    """Transfer sets whose laws lean: the first vector of each has more than its share.

    Attributes
    ----------
    means : (m, n)
        E[u_i], one a column.
    """

    def __init__(self, draw, **keywords):
        more = floats(draw.real(1e-2, 1e2)) if draw.chance(0.8) else 0.0

        def law(weights):
            weights = draw.number(weights)  # of balls the sum is 1, not nearly
            return np.append(more + weights[0], weights[1:]) / (more + weights.sum())

        super().__init__(draw, law=law, centred=False, **keywords)
        self.means = np.stack([weights @ vectors for vectors, weights in self.laws], axis=1)


def resistance(sets):
    """1 / (c' M^-1 c)."""
    return leaning_resistance(arctan(1 / sets.cot), sets.means)


def half_the_lean(sets):
    """Of the means two thirds, and so of M_ij less than half."""
    return leaning_resistance(arctan(1 / sets.cot), sets.means * (2 / 3))


def of_lengths(sets):
    """M_ij = |m_i| |m_j|: as if all leaned to one side."""
    return leaning_resistance(arctan(1 / sets.cot), length(sets.means.T)[None])


DEPENDENT = {"independent examples": {"training": partial(Leaning, joint=comonotone)}}
LEANS = {
    "the plain law": {"resists": lambda sets: 1 / sets.conductance},
    "two thirds of the lean": {"resists": half_the_lean},
}


@claim(
    "ours",
    r"For independent examples with $\mathbb E[u_i\mid\theta_i]=m_i$: "
    r"$\mathbb E[\tan^2\phi\mid\theta_1,\dots,\theta_n]\le1/(c'\bar U^{-1}c)$, $c_i=\cot\theta_i$, "
    r"$\bar U_{ii}=1$, $\bar U_{ij}=m_i\cdot m_j$ (`leaning_resistance`).",
    short="data that lean",
    rests_on=("lemma-1",),
    mutants={
        **LEANS,
        "as if all leaned to one side": {"resists": of_lengths},
        "for the power 2.1 of the tangent": {"exponent": 2.1},
    },
    without=DEPENDENT,
)
def leaning_law(draw, resists=resistance, exponent=2, training=Leaning):
    sets = training(draw)
    draw.trivial(sets.n == 1)
    mean, error = sets.mean(lambda s: power(length(s), exponent))
    return AtMost(mean, resists(sets) ** (exponent / 2), error)


# One lean for all


@claim(
    "ours",
    r"With one mean $m$ for all, $r=|m|^2<1$: $1/(c'\bar U^{-1}c)=(1-r)/\bigl(\sum_ic_i^2-"
    r"r(\sum_ic_i)^2/(1+(n-1)r)\bigr)\le(1-r)/\sum_i(c_i-\bar c)^2$, which is below "
    r"$1/\sum_ic_i^2$ iff $(\sum_ic_i)^2/\sum_ic_i^2<1+(n-1)r$ (first value, $r>0$).",
    rests_on=("leaning-law",),
    mutants={
        "n for n - 1": {"others": 0},
        "1 for 1 - r": {"free": lambda r: 1},
        "helps iff the ratio is below 1 + n r": {"turn": 0},
        "the mean square for the variance": {"about": 0.9},
    },
)
def one_lean(draw, others=1, free=lambda r: 1 - r, turn=1, about=1):
    rng, n, r = draw.rng(), draw.count(2, 5), draw.real(1e-3, 0.99)
    c = draw.number(rng.uniform(0.1, 1, n) if draw.chance(0.5) else 1 + 0.3 * rng.random(n))
    if draw.chance(0.5):  # where the two laws nearly agree
        even = (np.square(c.sum()) / np.square(c).sum() - 1) / (n - 1)
        r = even * draw.uniform(0.95, min(1.05, 0.999 / floats(even)))
    total, square, n = c.sum(), np.square(c).sum(), draw.number(float(n))
    M = pairs(np.sqrt(r) * (1 + 0 * c)[None])
    inverse, variance = quadratic(M, c), np.square(c - about * total / n).sum()
    closed = (square - r * np.square(total) / (1 + (n - others) * r)) / free(r)
    lost = np.array([closed - square, 1 + (n - turn) * r - np.square(total) / square])
    scale = floats(square) / (1 - floats(r))
    return [
        Equal(closed, inverse, error=1e-12 * scale, scale=scale),
        AtMost(variance / (1 - r), closed, error=1e-12 * scale, scale=scale),
        AtMost(0, lost.prod(), error=1e-12 * scale, scale=scale),
    ]


# Risks


@claim(
    "ours",
    r"Without centring, with $\varrho=1/(c'\bar U^{-1}c)$ of `leaning-law` and "
    r"$\mathbb E[uu'\mid\theta]\preceq\lambda I$ at test: "
    r"$\mathbb E\,R\le\mathbb E\min(1,\lambda\varrho\tan^2\theta)$; with a centred test law "
    r"$\mathbb E\,R\le\mathbb E[1/(1+\cot^2\theta/(\lambda\varrho))]$. "
    r"(Attacked for given angles.)",
    short="a bound for them",
    rests_on=("leaning-law",),
    mutants={
        **LEANS,
        "5 % less spread": {"spread": 0.95},
        "Cantelli for any test law": {
            "sides": one_side,
            "without": "the second bound is for a centred test law",
        },
    },
    without=DEPENDENT | {"the second bound is for a centred test law": {"sides": one_side}},
)
def leaning_bound(draw, spread=1, resists=resistance, sides=some_sides, training=Leaning):
    sets, second = training(draw), draw.chance(0.5)
    near = draw.real(0.01, 1.5) if draw.chance(0.5) else 1 - draw.real(1e-9, 0.1)
    # the test example that the worst student just loses, or one near it
    worst = max(length(sets.s), key=float)
    cot = near * (worst if draw.chance(0.5) and worst > 1e-6 else resists(sets) ** 0.5)
    test = sides(draw, sets) if second or draw.chance(0.5) else one_side(draw, sets)
    name = "the second bound is for a centred test law"
    draw.assume(name, not second or is_centred(*test))
    risk, error = finite_risk(sets, cot, *test)
    reach = resists(sets) * spread * second_moment(*test)
    return AtMost(risk, reach / (reach + cot**2) if second else reach / cot**2, error)


def uneven_line(draw, m):
    """One line, whose two ends are not equally likely."""
    vectors, _ = two_sided(draw, np.eye(m)[0])
    share = draw.uniform() if draw.chance(0.5) else 0.5
    return vectors, np.array([share, 1 - share])


@claim(
    "ours",
    r"Neither law need be centred: with $u$ independent of $\theta$ at test, "
    r"$p(\theta)\le(1-2\theta/\pi)^\kappa$, $\kappa\le2$, "
    r"$\mathbb E\,R\le(2/\pi)^\kappa M_\kappa\,\mathbb E[\varrho^{\kappa/2}]$, "
    r"$M_\kappa=\sup_{|v|=1}\mathbb E[(-v'u)_+^\kappa]$. (Attacked for given training angles.)",
    underived="the proof of `power-law`, with the other resistance, in words",
    rests_on=("leaning-law", "power-law"),
    mutants={**LEANS, "(2/pi)^(1.02 kappa)": {"factor": 1.02}},
    without=DEPENDENT
    | {"p is below the power": {"tail": 0.8}, "kappa at most 2": {"kappas": (2.2, 6.0)}},
)
def leaning_power(draw, factor=1, resists=resistance, kappas=(0.05, 2.0), tail=1, training=Leaning):
    sets, kappa = training(draw, **near_or_far(draw)), draw.real(*kappas)
    draw.assume("kappa at most 2", kappa <= 2)
    exponent = kappa * (tail if draw.chance(0.7) else tail * draw.uniform(1, 1.3))
    draw.assume("p is below the power", exponent >= kappa)
    vectors, weights = uneven_line(draw, sets.m)
    risk, error = sets.mean(lambda s: below(largest(-(s @ vectors.T), 0), exponent) @ weights)
    moment = max(weights, key=float)
    constant = (2 / pi_of(kappa)) ** (factor * kappa) * moment
    return AtMost(risk, constant * resists(sets) ** (kappa / 2), error)
