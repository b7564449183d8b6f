"""Sections 5.1 and 5.2: why distillation works."""

import numpy as np

from ..chain import biased_angles, student_angles
from ..laws import RIGHT_ANGLE, AtomicLaw, PowerLaw
from ..tasks import PolynomialTask, SymmetricTask
from .balls import floats
from .balls.losses import loss
from .balls.numbers import length
from .balls.risks import (
    biased_student,
    normal_below,
)
from .balls.spans import distilled_student, project, rank, unit
from .cases import (
    EPS,
    averaging_student,
    condition,
    transfer_set,
)
from .claim import claim
from .slack import AtMost, Equal, paired_interval

GEOMETRY = "why-it-works/data-geometry"
BIAS = "why-it-works/optimisation-bias"
SETS = 3000  # transfer sets of a trend


# Figure 3


def drawn_risks(law, dim, psi, rng):
    """Risks of students at signed angles psi: unbiased, one drawn T each, theta averaged."""
    g = rng.standard_normal(psi.size)
    T = np.abs(g) / np.sqrt(g**2 + 2 * rng.standard_gamma((dim - 2) / 2, psi.size))
    risk = law.near(np.arctan(T * np.tan(np.minimum(psi, np.pi - psi)))) / 2
    return np.where(psi > RIGHT_ANGLE, 1 - risk, risk)


def risks_at(kappa, d, n, seed):
    """The same seed for every kappa: the same uniforms, turned into other angles."""
    task, rng = PolynomialTask(kappa, d), np.random.default_rng(seed)
    return drawn_risks(task.tail, d, student_angles(task, n, SETS, rng), rng)


@claim(
    "Section 5.1, Figure 3",
    r"On polynomial tasks in $d\ge2$ dimensions the expected risk falls with $\kappa$ for every "
    r"$1\le n<d$. (For $n\ge d$ it is zero.)",
    chapter=GEOMETRY,
    rests_on=("smaller-angles",),
    underived="a case of `smaller-angles`; here it is measured",
    mutants={
        "it rises": {"sign": -1},
        "it halves when kappa grows by half": {"factor": 0.5},
        "kappa makes up for all examples but one": {"left": 1},
    },
)
def trend_data_geometry(draw, sign=1, factor=1, left=None):
    d = draw.count(2, 1000)
    n, kappa, more = draw.count(1, min(12, d - 1)), draw.real(0.1, 4), draw.real(1.5, 4)
    seed = draw.sample().integers(2**53)
    poorer = risks_at(floats(kappa), d, n, seed)
    richer = risks_at(floats(kappa * more), d, left or n, seed)
    return paired_interval(draw, sign * (factor * poorer - richer))


# Section 5.2: all these students minimise the loss, one of them is the shortest


def without(examples, share=1.0):
    """The learner w_hat + delta q whose q is orthogonal to chosen examples, or only to a share."""

    def student(X, w_star, delta, g):
        return distilled_student(X, w_star) + delta * (g - share * project(examples(X), g))

    return student


def scaled_up(X, w_star, delta, g):
    """w_hat 2 % longer: same direction, same risk, another loss."""
    return biased_student(X, w_star, delta, g=g) + 0.02 * distilled_student(X, w_star)


ORTHOGONAL = "q is orthogonal to the examples"


@claim(
    "Section 5.2",
    r"All students $\hat w+\delta q$ with $q\perp\operatorname{span}(X)$ minimise the loss: their "
    r"logits on $X$ are the teacher's.",
    chapter=BIAS,
    rests_on=("minimisers",),
    mutants={
        "2 % of the projection left in q": {
            "student": without(lambda X: X, 0.98),
            "without": ORTHOGONAL,
        },
        "q orthogonal to all examples but one": {
            "student": without(lambda X: X[:, 1:] if X.shape[1] > 1 else 0 * X),
            "without": ORTHOGONAL,
        },
        "a student of the same direction, 2 % longer": {
            "student": scaled_up,
            "without": ORTHOGONAL,
        },
    },
    without={ORTHOGONAL: {"student": without(lambda X: 0 * X)}},
)
def biased_minimise(draw, student=biased_student):
    """Examples of moderate logits, some dependent; delta over nine decades."""
    rng, d = draw.rng(), draw.count(2, 60)
    X = draw.number(rng.standard_normal((d, draw.count(1, min(2 * d, 30)))))
    if X.shape[1] > 1 and draw.chance(0.3):
        X[:, -1] = -2 * X[:, 0]
    w_star, g = draw.number(rng.standard_normal((2, d)))
    w_star, delta = unit(w_star) * draw.real(0.01, 10), draw.real(1e-6, 1e3)
    w = student(X, w_star, delta, g=g)
    q = w - distilled_student(X, w_star)
    sizes = floats(length(X.T) * (length(w) + length(w_star) + delta * length(g)))
    draw.assume(ORTHOGONAL, (abs(q @ X) <= 1e-9 * sizes).all())
    error = 16 * EPS * sizes * np.sqrt(d)
    return [
        Equal(w @ X, w_star @ X, error=error, scale=sizes),
        Equal(loss(w, X, w_star), 0, error=error.max() ** 2, scale=sizes.max()),
    ]


def minimiser(draw, w_hat, X, v, size):
    """Any minimiser of the loss."""
    return w_hat + size * (v - project(X, v))


def as_long(draw, w_hat, X, v, size):
    """A vector as long as a minimiser, in any direction."""
    return length(minimiser(draw, w_hat, X, v, size)) * unit(v)


def one_more(X, w_star):
    more = np.random.default_rng(7).standard_normal(len(X))
    return distilled_student(np.column_stack([X, more + 0 * X[:, 0]]), w_star)


@claim(
    "classical",
    r"Every minimiser $w$ of the loss has $|w|^2=|\hat w|^2+|w-\hat w|^2$, so the "
    r"distilled student is the one and only shortest.",
    chapter="what-the-student-learns",
    short="shortest minimiser",
    rests_on=("minimisers",),
    mutants={
        "for a student 2 % shorter": {"student": lambda X, w: 0.98 * distilled_student(X, w)},
        "for the averaging student": {"student": averaging_student},
        "for the projection onto one more example": {"student": one_more},
    },
    without={"w minimises the loss": {"choose": as_long}},
)
def minimum_norm(draw, student=distilled_student, choose=minimiser):
    X, w_star, rng = transfer_set(draw, most=12)
    v, size = draw.number(rng.standard_normal(len(X))), draw.real(1e-4, 1e4) * length(w_star)
    w = choose(draw, distilled_student(X, w_star), X, v, size)
    gap = abs(unit(X.T) @ (w - w_star)) / (length(w) + length(w_star) + size * length(v))
    draw.assume("w minimises the loss", (gap <= 1e-12).all())
    draw.trivial(rank(X) == len(X))
    w_hat = student(X, w_star)
    total, rest = w @ w, w - w_hat
    known = 64 * EPS * length(floats(w_hat)) * length(floats(v)) * floats(size)
    error = known + 8 * EPS * floats(total)
    return Equal(total, w_hat @ w_hat + rest @ rest, error=error)


# Figure 4


def power_law(draw):
    return PowerLaw(floats(draw.real(1, 5))), draw.count(2, 1000)


def near_the_boundary(draw):
    """All examples at one angle, of 70 to 88 degrees, in three dimensions."""
    return AtomicLaw([np.radians(floats(draw.uniform(70, 88)))]), 3


def convex(law):
    """Whether the mass near the boundary grows ever faster: for power laws, kappa >= 1."""
    return (np.diff(law.near(np.linspace(0, RIGHT_ANGLE, 200)), 2) >= -1e-12).all()


@claim(
    "Section 5.2, Figure 4",
    r"On polynomial tasks with $\kappa\ge1$ the expected risk of $\hat w+\delta q$ rises with "
    r"$\delta$, for $1\le n<d$.",
    chapter=BIAS,
    rests_on=("biased-minimise",),
    underived="a trend, measured; why it holds is `bias-never-helps`",
    mutants={
        "it falls": {"gain": lambda less, more: less - more},
        "it doubles when delta does": {"gain": lambda less, more: more / 2 - less},
        "it ends above 0.45": {"gain": lambda less, more: more - 0.45},
    },
    without={"kappa >= 1": {"law": near_the_boundary}},
)
def trend_bias(draw, law=power_law, gain=lambda less, more: more - less):
    law, d = law(draw)
    draw.assume("kappa >= 1", convex(law))
    n = draw.count(1, min(d - 1, 12))
    deltas = floats(draw.real(1e-3, 30)) * np.array([1, floats(draw.real(2, 100))])
    rng = draw.sample()
    psi, seed = biased_angles(SymmetricTask(law, d), n, deltas, SETS, rng), rng.integers(99)
    less, more = (drawn_risks(law, d, p, np.random.default_rng(seed)) for p in psi)
    return paired_interval(draw, gain(less, more))


DENSITIES = (
    lambda s: 0 * s,
    np.log,
    lambda s: 5 * s,
    lambda s: -np.log(1.01 - s),
)  # of s, the sine


def another_minimiser(X, w_star):
    """Some minimiser of the loss that is not the shortest."""
    g = np.random.default_rng(7).standard_normal(len(X)) + 0 * w_star
    return distilled_student(X, w_star) + 0.5 * (g - project(X, g))


def rises(log_density):
    s = np.linspace(1e-3, 1 - 1e-6, 50)
    return (np.diff(log_density(s)) >= 0).all()


@claim(
    "ours",
    r"If the test law is rotationally symmetric, with a density relative to the uniform direction "
    r"that does not fall with the elevation, then for every transfer set with $\hat w\ne0$ the "
    r"risk of $\hat w+\delta q$, averaged over $g$, does not fall with $\delta$. Checked for every "
    r"test example together with its mirror image in the student's boundary.",
    chapter=BIAS,
    short="no other bias helps",
    mutants={
        "around a longer minimiser": {"base": another_minimiser},
        "mirrored in the teacher's boundary": {"mirror": lambda X, w_star: w_star},
    },
    without={
        "density rises with elevation": {"densities": (lambda s: -0.5 * s,)},
        "rotational symmetry": {"lean": 3},
    },
)
def bias_never_helps(
    draw, base=distilled_student, mirror=distilled_student, densities=DENSITIES, lean=0
):
    """P[error on x | X] at both deltas, for x and its image: q.x is normal, |(I - P) x| long.

    With a lean the density also grows towards some direction, as exp(lean direction.x).
    """
    rng, d = draw.rng(), draw.count(2, 40)
    X = draw.number(rng.standard_normal((d, draw.count(1, d - 1))) * floats(draw.real(0.1, 10)))
    w_star, x = draw.number(rng.standard_normal((2, d)))
    e, log_density = unit(w_star), draw.pick(*densities)
    draw.assume("density rises with elevation", rises(log_density))
    x = unit(x + (draw.real(0.01, 10) - 1) * (x @ e) * e)
    deltas = draw.real(1e-3, 1e2) * np.array([1, draw.real(1.001, 1e3)])
    axis, w = unit(mirror(X, w_star)), base(X, w_star)
    pair = np.array([x, x - 2 * (x @ axis) * axis])
    towards = lean * unit(draw.number(rng.standard_normal(d))) if lean else 0 * e
    draw.assume("rotational symmetry", not floats(towards).any())
    logs = np.array([log_density(abs(v @ e)) + v @ towards for v in pair])
    weights = np.exp(logs - max(logs, key=floats))
    outside = length(np.array([v - project(X, v) for v in pair]))
    z = np.sign(floats(pair @ e))[:, None] * (pair @ w)[:, None] / (deltas * outside[:, None])
    less, more = weights @ normal_below(-z) / weights.sum()
    draw.trivial(floats(more) < 1e-290)  # floats have lost it, balls have not
    return AtMost(less, more, error=slopes(floats(z), floats(outside), floats(deltas), X, w_star))


def slopes(z, outside, deltas, X, w_star):
    """What rounding of w_hat.x and of |(I - P) x| makes of the chances of an error."""
    dz = (length(floats(w_star)) / deltas + abs(z)) / outside[:, None]
    density = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    return 16 * EPS * condition(X) * (1 + (density * dz).max())
