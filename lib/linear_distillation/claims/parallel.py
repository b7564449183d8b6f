"""The parallel law: what examples know together, for finite laws of their orthogonal parts."""

from functools import partial, reduce

import numpy as np

from .balls import floats
from .balls.numbers import largest, length, pi_of
from .balls.parallel import (
    across,
    below,
    beyond,
    envelope,
    over,
    power,
    second_moment,
    tangent_point,
    touching,
)
from .balls.spans import unit
from .claim import claim
from .slack import AtMost

claim = partial(claim, chapter="beyond/the-parallel-law")

# Laws of the orthogonal part u of one example: unit vectors (k, m), with probabilities


def two_sided(draw, direction):
    """A vector or its opposite."""
    u = draw.number(direction)
    return np.array([u, -u]), np.full(2, 0.5)


def three_sided(draw, rng, m):
    """Three vectors of a plane with mean zero and unequal weights: a skewed law."""
    angles = draw.number(np.cumsum(rng.uniform(0.55, 0.95, 3) * np.array([0.0, np.pi, np.pi])))
    one, two = draw.number(rng.standard_normal((2, m)))
    one = unit(one)
    plane = np.array([one, unit(two - (two @ one) * one)])
    weights = np.sin(np.roll(angles, -2) - np.roll(angles, -1))
    return np.stack([np.cos(angles), np.sin(angles)], axis=1) @ plane, weights / weights.sum()


def cross(draw, m):
    """Both ends of every axis."""
    return np.vstack([np.eye(m), -np.eye(m)]), draw.number(np.ones(2 * m)) / (2 * m)


def parts(draw, rng, m, n, kind):
    """A centred law of the orthogonal part for each of n examples."""
    if kind == "axes":
        return [two_sided(draw, np.eye(m)[i % m]) for i in range(n)]
    if kind == "line":
        return [two_sided(draw, np.eye(m)[0])] * n
    if kind == "skewed" and m > 1:
        return [three_sided(draw, rng, m) for _ in range(n)]
    sides = draw.number(rng.standard_normal((n, m)))
    return [(np.array([unit(u), -unit(u)]), np.full(2, 0.5)) for u in sides]


def is_centred(vectors, weights):
    return (abs(weights @ vectors) < 1e-12).all()


# Several examples: the joint law of their parts, and the students that arise


def product(weights):
    """The joint law of independent examples."""
    return reduce(np.multiply.outer, weights)


def comonotone(weights):
    """One uniform number decides for all examples; each law stays what it is."""
    ends = np.meshgrid(*[np.cumsum(w) for w in weights], indexing="ij")
    starts = np.meshgrid(*[np.cumsum(w) - w for w in weights], indexing="ij")
    return largest(np.min(ends, axis=0) - np.max(starts, axis=0), 0)


def lean(weights):
    """The first vector, nearly always."""
    return np.append(99 + weights[0], weights[1:]) / (99 + weights.sum())


class Sets:
    """Transfer sets of n examples x = cot(theta) e + u with given angles, and their students.

    Attributes
    ----------
    n, m : int
        Examples; dimensions across the teacher.
    laws : list of (vectors, weights)
        Of the part u of each example.
    cot : (n,)
    conductance, least, most
        Sum, minimum and maximum of cot^2.
    s : (N, m); chance : (N,)
        Of every student that can arise its part across e over that along e.
    """

    def __init__(
        self,
        draw,
        law=lambda weights: weights,
        joint=product,
        m=(1, 4),
        level=(1e-2, 1e2),
        centred=True,
    ):
        self.rng, self.n, self.m = draw.rng(), draw.pick(1, 2, 2, 3), draw.count(*m)
        kind = draw.pick("line", "line", "axes", "skewed", "random")
        spread = self.rng.uniform(-1, 1, self.n) * draw.chance(0.5)
        cot = draw.number(10.0**spread) * draw.real(*level)
        self.laws = [(u, law(w)) for u, w in parts(draw, self.rng, self.m, self.n, kind)]
        weights = [w for _, w in self.laws]
        chance, alone = joint(weights), product(weights)
        if centred:
            holds = all(is_centred(*law) for law in self.laws)
            draw.assume("the training law is centred", holds)
        draw.assume("independent examples", (abs(chance - alone) < 1e-12).all())
        self.cot, self.conductance = cot, (cot**2).sum()
        self.least, self.most = (end(cot, key=float) ** 2 for end in (min, max))
        self._learn(cot, chance)

    def _learn(self, cot, chance):
        index = np.indices(chance.shape).reshape(self.n, -1)
        u = [vectors[j] for (vectors, _), j in zip(self.laws, index, strict=True)]
        along = np.broadcast_to(cot, (index.shape[1], 1, self.n))
        self.s, error = across(np.concatenate([along, np.stack(u, axis=-1)], axis=1))
        self.stretch = error / np.maximum(floats(length(self.s)), error + 1e-300)
        self.chance = chance.ravel()

    def mean(self, value):
        """E[value(s)] over the students, for a function that grows with |s|, and its error."""
        mean = self.chance @ value(self.s)
        ends = [self.s * (1 + sign * self.stretch)[:, None] for sign in (-1, 1)]
        low, high = (floats(self.chance @ value(s)) for s in ends)
        return mean, high - low + 1e-13 * high


CENTRED = {
    "the training law is centred": {"training": partial(Sets, law=lean)},
    "independent examples": {"training": partial(Sets, joint=comonotone)},
}


@claim(
    "ours",
    r"If the training law is centred (the parts $u$ of examples orthogonal to $w_\star$ "
    r"have mean 0 given the angle), $\mathbb E[\tan^2\phi\mid\theta_1,\dots,\theta_n]\le"
    r"1/\sum_i\cot^2\theta_i$.",
    short="the parallel law",
    rests_on=("lemma-1",),
    mutants={
        "for the power 2.1 of the tangent": {"exponent": 2.1},
        "the worst example counts 5 % more": {"more": 0.05},
    },
    without=CENTRED,
)
def parallel_law(draw, exponent=2, more=0, training=Sets):
    sets = training(draw)
    draw.trivial(sets.n == 1)
    mean, error = sets.mean(lambda s: power(length(s), exponent))
    return AtMost(mean, (sets.conductance + more * sets.least) ** (-exponent / 2), error)


# From the angle to the risk, for a test example at a given angle


def finite_risk(sets, cot, vectors, weights):
    """E[R | angles] with finitely many sides of the test example, and its error."""
    return sets.mean(lambda s: (-(s @ vectors.T) > cot) @ weights)


def some_sides(draw, sets):
    """A line, all axes, or a skewed law."""
    kind = draw.pick(two_sided, cross, three_sided)
    if kind is two_sided:
        return two_sided(draw, np.eye(sets.m)[0])
    return cross(draw, sets.m) if kind is cross else parts(draw, sets.rng, sets.m, 1, "skewed")[0]


def one_side(draw, sets):
    """Only against the first vector of the first example."""
    return -sets.laws[0][0][:1], np.ones(1)


@claim(
    "ours",
    r"If the test law is centred too, with $\mathbb E[uu'\mid\theta]\preceq\lambda I$: "
    r"$\mathbb E\,R\le\mathbb E\bigl[1/(1+\cot^2\theta\sum_i\cot^2\theta_i/\lambda)\bigr]$. "
    r"(Attacked for given angles.)",
    short="a bound with d",
    rests_on=("parallel-law",),
    mutants={
        "5 % less spread": {"spread": 0.95},
        "the best example counts twice": {"more": 1},
    },
    without=CENTRED | {"the test law is centred": {"sides": one_side}},
)
def parallel_bound(draw, spread=1, more=0, sides=some_sides, training=Sets):
    sets = training(draw)
    # tight at 1; beyond it, up to the root of n, is where examples that agree are too many
    near = draw.pick(draw.real(0.01, 1.5), 1 - draw.real(1e-9, 0.1), draw.uniform(1, 1.4))
    cot = near / sets.conductance**0.5
    test = sides(draw, sets)
    draw.assume("the test law is centred", is_centred(*test))
    risk, error = finite_risk(sets, cot, *test)
    total = sets.conductance + more * sets.most
    return AtMost(risk, 1 / (1 + cot**2 * total / (spread * second_moment(*test))), error)


def touching_at_one(x, d):
    """The line touches at the other solution for d >= 5, where both sides vanish."""
    return touching(x, d, 1 + 0 * x)


def touching_later(x, d):
    """The line touches 10 % later."""
    return touching(x, d, 1.1 * tangent_point(d, x))


@claim(
    "ours",
    r"For a symmetric test law, with $\mathbb P[w_\star^\top x=0]=0$ in training and at test, "
    r"`parallel-bound` holds with the concave envelope in $s=\tan^2\phi$ of "
    r"$\mathbb P[T\le-\cot\theta/\sqrt s]$ in place of Cantelli's bound. "
    r"(Attacked for given angles.)",
    short="its envelope",
    rests_on=("parallel-law", "exact-risk"),
    mutants={
        "the function without its envelope": {"bound": lambda x, d: beyond(x**0.5, d)},
        "the line touches 10 % later": {"bound": touching_later},
        "z_0 = 1": {"bound": touching_at_one},
    },
    without=CENTRED | {"the test law is symmetric": {"symmetric": False}},
)
def parallel_envelope(draw, bound=envelope, symmetric=True, training=Sets):
    sets = training(draw, m=(2, 4))
    draw.trivial(sets.n == 1)
    d, near = sets.m + 1, draw.real(0.95, 1.05) if draw.chance(0.5) else draw.real(1e-2, 2)
    # equality at 1 for two examples of one angle on a line, which are copies or perfect
    cot = near * tangent_point(d, near) * (2 / sets.conductance) ** 0.5
    draw.assume("the test law is symmetric", symmetric)  # finitely many sides are not
    if symmetric:
        risk, error = sets.mean(lambda s: beyond(over(cot, length(s)), d))
    else:
        risk, error = finite_risk(sets, cot, *two_sided(draw, np.eye(sets.m)[0]))
    return AtMost(risk, bound(cot**2 * sets.conductance, d), error)


# The power law: test angles below a power, near to far in strata of equal mass


def any_sides(draw, m):
    """Vectors, and their probabilities in each stratum: a line or all axes, independent of it."""
    vectors, weights = two_sided(draw, np.eye(m)[0]) if draw.chance(0.5) else cross(draw, m)
    return vectors, weights[None]


def axis_by_axis(draw, m):
    """All axes alike, but those nearest to the boundary lie along the first, and so on."""
    return cross(draw, m)[0], np.hstack([np.eye(m) / 2] * 2)


def side_moment(weights, kappa):
    """M_kappa = sup over unit v of E[max(-v.u, 0)^kappa]."""
    m = weights.shape[1] // 2  # axes, or one line
    return largest(m ** (-kappa / 2), 1 / (m + 0 * kappa)) / 2


def power_risk(draw, sets, kappa, tail, sides):
    """E[R | training angles] with its error, and M_kappa."""
    exponent = kappa * (tail if draw.chance(0.7) else tail * draw.uniform(1, 1.3))
    draw.assume("p is below the power", exponent >= kappa)
    vectors, strata = sides(draw, sets.m)
    draw.assume("u independent of the angle at test", (strata == strata[0]).all())
    k = len(strata)

    def errors(s):
        mass = k * below(largest(-(s @ vectors.T), 0), exponent)[..., None] - np.arange(k)
        return (-largest(-largest(mass, 0), -1) * strata.T).sum(axis=(1, 2)) / k

    return *sets.mean(errors), side_moment(strata, kappa)


POWERS = CENTRED | {
    "p is below the power": {"tail": 0.8},
    "u independent of the angle at test": {"sides": axis_by_axis},
}


def near_or_far(draw):
    """Magnitudes of cotangents; far from the boundary arctan(z) = z costs nothing."""
    return {"level": draw.pick((1e-2, 1e2), (30, 1e3))}


@claim(
    "ours",
    r"Centred training law, $u$ independent of $\theta$ at test, "
    r"$p(\theta)\le(1-2\theta/\pi)^\kappa$, $\kappa\le2$: "
    r"$\mathbb E\,R\le(2/\pi)^\kappa\,\sup_{|v|=1}\mathbb E[(-v'u)_+^\kappa]\,"
    r"\mathbb E[(\sum_i\cot^2\theta_i)^{-\kappa/2}]$. (Attacked for given training angles.)",
    short="the power law",
    rests_on=("parallel-law",),
    mutants={
        "(2/pi)^(1.02 kappa)": {"factor": 1.02},
        "the worst example counts 5 % more": {"more": 0.05},
    },
    without=POWERS | {"kappa at most 2": {"kappas": (2.2, 6.0)}},
)
def power_law(draw, factor=1, more=0, kappas=(0.05, 2.0), tail=1, sides=any_sides, training=Sets):
    sets, kappa = training(draw, **near_or_far(draw)), draw.real(*kappas)
    draw.assume("kappa at most 2", kappa <= 2)
    risk, error, moment = power_risk(draw, sets, kappa, tail, sides)
    constant = (2 / pi_of(kappa)) ** (factor * kappa) * moment
    total = sets.conductance + more * sets.least
    return AtMost(risk, constant * total ** (-kappa / 2), error)


@claim(
    "ours",
    r"If the training law has $\mathbb E[uu'\mid\theta]\preceq\lambda I$ as well, "
    r"`power-law` holds for $\kappa\le4$ with the factor $(1+2\lambda)^{\kappa/4}$.",
    rests_on=("power-law",),
    mutants={
        "without the factor": {"factor": lambda lam, kappa: 1},
        "(1 + lambda)^(kappa/4)": {"factor": lambda lam, kappa: (1 + lam) ** (kappa / 4)},
        "(1 + 2 lambda)^(kappa/8)": {"factor": lambda lam, kappa: (1 + 2 * lam) ** (kappa / 8)},
    },
    without=POWERS | {"kappa at most 4": {"above": 16.0}},
    loose="the factor is from an explicit student, which is longer than the best one",
)
def power_law_4(
    draw,
    factor=lambda lam, kappa: (1 + 2 * lam) ** (kappa / 4),
    above=0,
    tail=1,
    sides=any_sides,
    training=Sets,
):
    sets = training(draw, **near_or_far(draw))
    kappa = 4 - draw.real(0.02, 2) + above * draw.uniform()
    draw.assume("kappa at most 4", kappa <= 4)
    risk, error, moment = power_risk(draw, sets, kappa, tail, sides)
    lam = max((second_moment(*law) for law in sets.laws), key=float)
    constant = factor(lam, kappa) * (2 / pi_of(kappa)) ** kappa * moment
    return AtMost(risk, constant * sets.conductance ** (-kappa / 2), error)
