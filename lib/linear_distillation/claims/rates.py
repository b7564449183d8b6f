"""Sections 4.2, 4.3 and 5.1: the infimum of Theorem 3, its corollaries, and laws of the angle."""

import numpy as np
import scipy

from .. import bounds
from ..chain import student_angles
from ..geometry import line_angle
from ..laws import RIGHT_ANGLE, PowerLaw
from ..tasks import IsotropicTask, MixtureTask
from .balls import floats
from .balls.finite import atomic_law, integral_bound, least, theorem3_bound
from .balls.laws import (
    beta,
    cap,
    corollary1_bound,
    corollary2_bound,
    isotropic_expected_risk,
    isotropic_law,
    power_integral_bound,
    power_law,
    risk_at,
    stated,
    weighted_mean,
)
from .balls.numbers import arcsin, length, pi_of
from .cases import EPS, in_floats, law_case, symmetric_task, task_of
from .claim import claim
from .slack import AtMost, Equal, is_mean, same_law

HERE, DATA_GEOMETRY = "how-fast-four-tasks", "why-it-works/data-geometry"


# The infimum


def grid_infimum(law, n):
    """The smallest of 201 equally spaced values."""
    at = np.linspace(0, RIGHT_ANGLE, 201)
    values = law(at) + law.near(at) ** n
    return bounds.SplitBound(values.min(), at[values.argmin()])


def half_way(law, n):
    return bounds.SplitBound(law(np.pi / 4) + law.near(np.pi / 4) ** n, np.pi / 4)


@claim(
    "Theorem 3, (19)",
    r"`theorem3_bound` is the infimum: at most $p(\beta)+p(\pi/2-\beta)^n$ at every "
    r"$\beta$, and approached at the $\beta$ it names.",
    chapter=HERE,
    underived="a statement about the library",
    mutants={
        "on a grid": {"bound": grid_infimum},
        "at beta = pi/4": {"bound": half_way},
        "with an example less": {"bound": lambda law, n: bounds.theorem3_bound(law, max(1, n - 1))},
    },
)
def theorem_3_infimum(draw, bound=None):
    """On balls the two terms are; the value is the library's, with what it promises of digits."""
    law, n, angle = law_case(draw)
    value, at = (bound or bounds.theorem3_bound)(in_floats(law), n)
    grid = RIGHT_ANGLE * scipy.special.expit(np.linspace(-25, 25, 101))
    tried = draw.number(np.append(grid, [floats(angle), at, *(at + np.array([-1e-9, 1e-9]))]))
    split = law(tried) + law.near(tried) ** n
    scale = np.maximum(floats(split), max(value, 1e-290))  # what underflows is rounded up
    draw.trivial(floats(value) < 1e-290)
    # a term p^n moves by n kappa times what rounding moves p
    error = EPS * (8 + n * getattr(in_floats(law), "kappa", 1)) * scale + 1e-10 * value
    near = scale[-3:].min()
    return [
        AtMost(stated(draw, value, 1e-10), split, error=error, scale=scale),
        Equal(
            stated(draw, value, 1e-6), least(split[-3:]), error=1e-6 * value + 1e-300, scale=near
        ),
    ]


# Corollaries


def margin_law(draw):
    """A law with an angular margin; two atoms, where Corollary 1 is tight, among them."""
    gamma = floats(draw.real(1e-3, 1.5))
    if draw.chance(0.25):
        return power_law(draw.real(0.1, 10), draw.number(gamma)), draw.number(gamma)
    q, far = floats(draw.real(1e-3, 1.0)), RIGHT_ANGLE - gamma * (1 + 1e-9)
    low = min(gamma * (1 - floats(draw.real(1e-6, 1.0))), far)
    high = max(low, min(gamma * (1 + floats(draw.real(1e-6, 1.0))), far))
    angles, weights = np.array([low, high]), np.array([1 - q, q])
    return atomic_law(draw.number(angles), draw.number(weights)), draw.number(gamma)


def without_margin(draw):
    law, gamma = margin_law(draw)
    return power_law(draw.real(0.1, 10)), gamma


@claim(
    "Corollary 1",
    r"If $p(\pi/2-\gamma)=0$, the infimum in (19) is at most $p(\gamma)^n$.",
    chapter=HERE,
    rests_on=("theorem-3-19",),
    short="a margin",
    underived="it inserts one angle, by hand in the chapter",
    mutants={
        "n + 1 for n (true of the risk, not of the infimum)": {
            "closed": lambda p, n, gamma: p(gamma) ** (n + 1)
        },
        "p(1.02 gamma) for p(gamma)": {"closed": lambda p, n, gamma: p(1.02 * gamma) ** n},
    },
    without={
        "gamma is a margin": {"case": without_margin, "closed": lambda p, n, gamma: p(gamma) ** n}
    },
)
def corollary_1(draw, case=margin_law, closed=corollary1_bound):
    law, gamma = case(draw)
    n = draw.count(1, 60)
    draw.assume("gamma is a margin", law.near(gamma) == 0)
    draw.trivial(floats(law(gamma)) in (0, 1))
    p, around = in_floats(law), floats(gamma) * (1 + 8 * EPS * np.array([-1, 1]))
    error = np.ptp(p(around) ** n) + 8 * n * EPS * p(around[0]) ** n  # by rounding of gamma and p
    return AtMost(theorem3_bound(law, n), closed(law, n, gamma), error=error)


def long_and_short(draw):
    """Two examples, one about as far from e_1 as the other from its plane, and perhaps a third."""
    gamma = np.arcsin(floats(draw.real(1e-3, 0.7)))
    inner = gamma * (1 + draw.pick(-1, 1) * floats(draw.real(1e-6, 0.5)))
    inner = min(inner, RIGHT_ANGLE - gamma - 1e-9)
    long, rare = floats(draw.real(1e-3, 1e3)), floats(draw.real(1e-3, 0.5))
    short = long * max(floats(draw.uniform()), np.sin(gamma) / np.cos(inner) + 1e-9)
    third = (2 * gamma + np.pi / 2) / 4  # between gamma and 45 degrees
    points = [[np.cos(inner), np.sin(gamma), np.cos(third)]]
    points += [[np.sin(inner), -np.cos(gamma), np.sin(third)]]
    share = draw.pick(0.0, 0.4) * (1 - rare)
    kept = 3 if share else 2
    weights = np.array([1 - rare - share, rare, share])[:kept]
    return task_of(draw, (np.array(points) * [short, long, long])[:, :kept], weights)


@claim(
    "Section 4.2",
    r"If $|x|\le B$ and $|w_\star^\top x|\ge\varrho\,|w_\star|$ for almost every $x$, "
    r"$0<\varrho\le B$, the infimum in (19) is at most $p(\gamma)^n$ with "
    r"$\gamma=\arcsin(\varrho/B)$.",
    chapter=HERE,
    rests_on=("corollary-1",),
    underived="by hand: it is Corollary 1 for every smaller angle",
    mutants={
        "2 % more for gamma": {"angle": lambda sine: 1.02 * arcsin(sine)},
        "an angle in proportion to the distance": {"angle": lambda sine: sine * pi_of(sine) / 2},
        "B is the mean length": {"size": np.mean, "without": "no example is longer than B"},
        "n + 1 for n": {"more": 1},
    },
    without={
        "no example is longer than B": {"size": np.min},
        "no example is nearer than rho": {"nearest": np.max},
    },
)
def bounded_margin(draw, angle=arcsin, size=np.max, nearest=np.min, more=0):
    """B and rho are those of the case, but for 1e-12, so that balls can tell angles apart."""
    task, n = long_and_short(draw), draw.count(1, 30)
    lengths = length(task.points.T)
    distances = abs(task.teacher @ task.points) / length(task.teacher)
    B = draw.number(size(floats(lengths)) * (1 + 1e-12))
    rho = draw.number(nearest(floats(distances)) * (1 - 1e-12))
    draw.assume("no example is longer than B", np.all(lengths <= B))
    draw.assume("no example is nearer than rho", np.all(distances >= rho))
    reach = task.tail(angle(rho / B))
    draw.trivial(floats(reach) in (0, 1))
    return AtMost(theorem3_bound(task.tail, n), reach ** (n + more))


@claim(
    "Corollary 2",
    r"If $n\ge1$ and $p(\theta)\le(1-2\theta/\pi)^\kappa$ for a $\kappa>0$, the infimum in (19) "
    r"is at most $(1+(\log n)^\kappa)/n^\kappa$.",
    chapter=HERE,
    rests_on=("theorem-3-19", "corollary-2-scalar"),
    short="a power",
    underived="it inserts one angle; the inequality that it needs is `corollary-2-scalar`",
    mutants={
        "without the 1": {"closed": lambda k, n: np.log(n) ** k / n**k},
        "without the logarithm": {"closed": lambda k, n: 2 / n**k},
        "n^(1.02 kappa) for n^kappa": {
            "closed": lambda k, n: (1 + np.log(n) ** k) / n ** (1.02 * k)
        },
    },
    without={"p below the polynomial": {"stretch": 0.6}},
)
def corollary_2(draw, closed=corollary2_bound, stretch=1.0):
    kappa, n = draw.real(0.02, 40), draw.count(1, 10**6)
    own = stretch * (1 + max(0.0, floats(draw.uniform(-0.5, 0.5)))) * kappa
    draw.assume("p below the polynomial", own >= kappa)
    draw.trivial(n == 1)
    upper = closed(kappa, draw.number(float(n)))
    value = theorem3_bound(power_law(own), n)
    rounding = EPS * (8 + 2 * n * floats(own))  # of beta, before two powers are taken
    return AtMost(value, upper, error=rounding * (floats(value) + floats(upper)))


@claim(
    "Proof of Corollary 2",
    r"$(1-\log(n)/n)^n\le1/n$ for every real $n>0$, as $\log(1+x)\le x$. (The paper "
    r"needs whole $n\ge1$.)",
    chapter=HERE,
    mutants={
        "1/n^1.02": {"power": 1.02},
        "n - 1 for the exponent": {"steps": 1},
        "log(n)/(n + 1)": {"shift": 1},
    },
)
def corollary_2_scalar(draw, power=1.0, steps=0, shift=0):
    n = draw.real(1e-6, 1e12)
    draw.trivial(floats(n) == 1)
    left, right = (n - steps) * np.log1p(-np.log(n) / (n + shift)), -power * np.log(n)
    return AtMost(left, right, error=8 * EPS * (1 + abs(floats(right))), scale=1)


# Isotropic data


@claim(
    "ours",
    r"For isotropic data and $n<d$ the infimum in (19) is exactly 1: it says nothing.",
    chapter=HERE,
    rests_on=("theorem-3-19", "isotropic-tail"),
    short="isotropic data",
    mutants={
        "n <= d": {"without": "n < d"},
        "of the integral bound": {"bound": integral_bound},
        "hard examples err with probability 0.98": {"hard": 0.98},
    },
    without={"n < d": {"most": 2}},
)
def isotropic_vacuous(draw, hard=1.0, bound=theorem3_bound, most=1):
    d = draw.count(2, 60)
    n, angle = draw.count(1, most * d), draw.uniform(0, RIGHT_ANGLE)
    draw.assume("n < d", n < d)
    law = isotropic_law(draw, d)
    split = hard * law(angle) + law.near(angle) ** n
    infimum = [Equal(bound(law, n), 1)] if draw.chance(0.25) else []
    return [AtMost(1, split, error=64 * n * EPS), *infimum]


@claim(
    "ours",
    r"For $p(\theta)=\bigl(1-\tfrac{\theta}{\pi/2-\gamma}\bigr)_+^\kappa$, "
    r"$\gamma<\pi/4$, $n\ge1$, the integral bound is "
    r"$p(\gamma)^{n+1}\,\kappa\,B(n\kappa+1,\kappa)$.",
    chapter=HERE,
    rests_on=("integral-bound",),
    mutants={
        "p(gamma)^n": {"more": 0},
        "p(1.02 gamma)": {"stretch": 1.02},
        "B(n kappa, kappa)": {"closed": lambda k, n: k * beta(n * k, k)},
    },
)
def integral_bound_margin(draw, more=1, stretch=1.0, closed=power_integral_bound):
    kappa, gamma, n = draw.real(0.05, 20), draw.real(1e-3, 0.78), draw.count(1, 300)
    law = power_law(kappa, gamma)
    exact, value = integral_bound(law, n), law(stretch * gamma) ** (n + more) * closed(kappa, n)
    scale = max(floats(exact), 1e-60)  # to which the library promises nine digits
    draw.trivial(floats(exact) < 1e-60)
    base = 1 - floats(gamma) / (RIGHT_ANGLE - floats(gamma))
    rounding = 1e-9 + 4 * EPS * n * floats(kappa) / base
    return Equal(value, exact, error=rounding * scale, scale=scale)


@claim(
    "classical",
    r"For isotropic data $p(\theta)=I_{\cos^2\theta}(\tfrac12,\tfrac{d-1}2)$, the "
    r"regularised incomplete beta function.",
    chapter=HERE,
    mutants={
        "d + 1 for d": {"more": 1},
        "d - 1 for d": {"more": -1, "lowest": 3},
        "sin^(d - 1.98)": {"more": 0.02},
    },
)
def isotropic_tail(draw, more=0, lowest=2):
    """P[elevation <= psi] as a share of the surface of the sphere, cos^(d-2) integrated."""
    d, psi = draw.count(lowest, 10_000), draw.real(1e-6, 1.0) * 1.5
    law, right = isotropic_law(draw, d), pi_of(psi) / 2
    share = cap(psi, d - 2 + more) / cap(right, d - 2 + more)
    found = np.array([law.near(psi), law(right - psi)])
    rounding = 1e-11 + np.array([0, 4 * EPS / floats(psi)])  # of the incomplete beta, of pi/2 - psi
    return Equal(found, share, error=rounding * floats(share))


@claim(
    "ours, of classical parts",
    r"For isotropic data and $1\le n<d$, $R(\hat w)=\phi/\pi$ with $\cos^2\phi\sim"
    r"\mathrm{Beta}(\tfrac n2,\tfrac{d-n}2)$, so that $\mathbb E\,R$ is one integral; "
    r"for $n=d/2$ it is exactly $\tfrac14$.",
    chapter=HERE,
    mutants={
        "d + 1 for d": {"more": 1},
        "n - 1 for n in the first parameter": {"fewer": 1},
        "2 % more": {"factor": 1.02},
    },
)
def isotropic_risk(draw, more=0, fewer=0, factor=1.0):
    """Some cases are of the angle's law, the others of the risk at an angle and on average."""
    n = draw.count(1 + fewer, 8)
    d, phi = draw.count(n + 1, 40), draw.uniform(0, RIGHT_ANGLE)
    a, b = n - fewer, d + more - n
    if draw.chance(0.3):
        drawn = np.cos(student_angles(IsotropicTask(d), n, 2000, draw.sample())) ** 2
        return same_law(draw, drawn, lambda x: scipy.special.betainc(a / 2, b / 2, x))
    pi, mean = pi_of(phi), factor * weighted_mean(a, b, phi)
    quarter = [Equal(mean / pi, 0.25)] if d == 2 * n else []
    return [
        Equal(factor * phi / pi, risk_at(draw, d, phi), error=1e-11),
        Equal(mean / pi, isotropic_expected_risk(draw, d, n), error=1e-12),
        *quarter,
    ]


@claim(
    "Section 5.1",
    r"A task's tail is the tail of its sampler: $p(\theta)=\mathbb P[\alpha(w_\star,x)\ge\theta]$.",
    chapter=DATA_GEOMETRY,
    underived="the chapter derives the polynomial and the isotropic tail only",
    mutants={
        "kappa 18 % larger": {"kinds": ["power"], "tail": lambda t: PowerLaw(1.18 * t.kappa)},
        "kappa + 1 for kappa": {"kinds": ["power"], "tail": lambda t: PowerLaw(t.kappa + 1)},
        "isotropic in d + 1 dimensions": {
            "kinds": ["isotropic"],
            "tail": lambda t: IsotropicTask(t.dim + 1).tail,
        },
        "a margin 5 % wider": {
            "kinds": ["margin"],
            "tail": lambda t: PowerLaw(t.kappa, min(1.05 * t.margin, 1.57)),
        },
    },
)
def tail_of_sampler(draw, tail=lambda t: t.tail, kinds=None):
    kinds = kinds or 3 * ("power", "margin", "isotropic") + ("mixture",)
    task, at = symmetric_task(draw, *kinds), floats(draw.uniform(0, RIGHT_ANGLE))
    psi = RIGHT_ANGLE - line_angle(task.teacher, task.sample(5000, draw.sample()).T)
    if isinstance(task, MixtureTask):
        # its tail takes long: asked at one angle, of a part of the sample, as the search
        # stays with the narrowest interval
        return is_mean(draw, task.tail.near(at), psi[::3] <= at)
    # the last digits of an angle are noise; they must not decide at the edge of a margin
    return same_law(draw, psi, lambda x: tail(task).near(x + 1e-12))
