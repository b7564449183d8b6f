"""Appendix D: students near the projection; and tails of general data, exact or counted."""

from functools import partial

import numpy as np
import scipy

from .. import bounds
from ..geometry import unit
from ..laws import RIGHT_ANGLE, AtomicLaw
from ..risk import seen_probabilities, transfer_risk
from ..students import distilled_student
from ..tasks import FiniteTask, GaussianTask, empirical_tail, split_mass
from .claim import Claim, computed, count, generator, identity, mean_interval, pick, real
from .how_fast import finite_case, leaning_points, slack_bound

CHAPTER = "appendices/approximate-students"

# Lemma D.1


def ball_case(u, stretch=1.0, largest=1.0):
    """A student in the ball of radius eps around w_hat, mostly on its surface."""
    rng, d = generator(u[0]), count(u[1], 1, 100)
    eta, turn = real(u[2], 1e-6, largest) if u[5] < 0.4 else u[2] * largest, np.pi * u[3]
    if u[4] < 0.3 and eta < 1:
        turn = np.pi - np.arccos(eta)  # a tangent from the origin
    towards = unit(rng.standard_normal(d))
    across = rng.standard_normal(d)
    across = unit(across - (across @ towards) * towards)
    reach = stretch * eta * (1.0 if u[5] < 0.85 else rng.random())
    step = np.cos(turn) * towards + np.sin(turn) * across
    if d == 1:
        step = towards * np.sign(np.cos(turn))
    size = real(u[6], 1e-100, 1e100)
    return {"w": size * (towards + reach * step), "w_hat": size * towards, "eps": size * eta}


def scaled(case):
    """w, w_hat and eps in units of |w_hat|."""
    size = np.linalg.norm(case["w_hat"])
    return case["w"] / size, case["w_hat"] / size, case["eps"] / size


def slack_steps(case, first=1.0, second=1.0, cosine=lambda eta: (1 - eta) / (1 + eta)):
    """The paper's route: the two steps of its proof, then the conclusion."""
    w, w_hat, eta = scaled(case)
    length = np.linalg.norm(w)
    along = w @ w_hat - (1 - first * eta)
    longest = 1 + second * eta - length
    angle = unit(w) @ w_hat - cosine(eta)
    return computed(min(along, longest, angle))


def slack_sharp(case, angle=bounds.deviation_angle):
    w, w_hat, eta = scaled(case)
    u = unit(w)
    turned = 2 * np.arctan2(np.linalg.norm(u - w_hat), np.linalg.norm(u + w_hat))
    delta = float(angle(eta)) if eta < 1 else RIGHT_ANGLE
    rounding = 1e-13 / eta / np.sqrt(max(1 - eta**2, 1e-13))
    return computed((delta - turned) / delta, rounding)


def in_the_ball(case):
    w, w_hat, eta = scaled(case)
    return np.linalg.norm(w - w_hat) <= eta * (1 + 1e-12) + 1e-15


NEAR = {"w is within eps of w_hat": in_the_ball}
SMALL = {"eps is below |w_hat|": lambda case: scaled(case)[2] < 1 - 1e-9}
BALL_ABLATIONS = {
    "w is within eps of w_hat": {"build": partial(ball_case, stretch=1.5)},
    "eps is below |w_hat|": {"build": partial(ball_case, largest=3.0)},
}

LEMMA_D1 = Claim(
    id="lemma-D1",
    paper="Lemma D.1",
    statement=r"If $|w-\hat w|\le\epsilon<|\hat w|$, then $w\cdot\hat w\ge|\hat w|^2-\epsilon"
    r"|\hat w|$ and $|w|\le|\hat w|+\epsilon$, so the angle from $\hat w$ to $w$ is at most "
    r"$\delta$, $\cos\delta=(|\hat w|-\epsilon)/(|\hat w|+\epsilon)$. (The angle of the vectors, "
    r"not only of the lines.)",
    chapter=CHAPTER,
    size=7,
    build=ball_case,
    slack=slack_steps,
    hypotheses={**NEAR, **SMALL},
    mutants={
        "2 % less in the first step": {"slack": partial(slack_steps, first=0.98)},
        "2 % less in the second step": {"slack": partial(slack_steps, second=0.98)},
        "cos delta = 1 - eta^2/2": {"slack": partial(slack_steps, cosine=lambda x: 1 - x**2 / 2)},
        "cos delta = 1/(1 + eta)": {"slack": partial(slack_steps, cosine=lambda x: 1 / (1 + x))},
    },
    ablations=BALL_ABLATIONS,
)

LEMMA_D1_SHARP = Claim(
    id="lemma-D1-sharp",
    paper="ours",
    statement=r"If $|w-\hat w|\le\epsilon<|\hat w|$, the angle from $\hat w$ to $w$ is at most "
    r"$\arcsin(\epsilon/|\hat w|)$, attained in two or more dimensions.",
    chapter=CHAPTER,
    size=7,
    build=ball_case,
    slack=slack_sharp,
    hypotheses={**NEAR, **SMALL},
    mutants={
        "arcsin(0.98 eta)": {"slack": partial(slack_sharp, angle=lambda x: np.arcsin(0.98 * x))},
        "eta for arcsin eta": {"slack": partial(slack_sharp, angle=lambda x: x)},
        "arctan eta": {"slack": partial(slack_sharp, angle=np.arctan)},
        "the angle of a chord": {
            "slack": partial(slack_sharp, angle=lambda x: 2 * np.arcsin(x / 2))
        },
    },
    ablations=BALL_ABLATIONS,
)


# Theorem D.1: E R of the worst students within delta, for finite tasks


def approximate_case(u):
    """A finite task, or two leaning points whose angles sum to just over pi/2 - delta."""
    case, delta = finite_case(u), real(u[8], 1e-3, 1.2)
    if u[3] < 0.4:
        b, angle = real(u[2], 1e-4, 0.5), (0.05 + 0.9 * u[4]) * (RIGHT_ANGLE - delta)
        excess = real(u[5], 1e-6, 1e-2) if u[5] < 0.7 else 0.0
        points = leaning_points(angle, min(excess, angle / 2) - delta)
        teacher = np.eye(2)[0] * real(u[6], 1e-100, 1e100)
        case["task"] = FiniteTask(points, [1 - b, b], teacher)
    return case | {"delta": delta, "learner": worst_within}


def tilted(w_hat, task, delta):
    """Students at angle delta to w_hat, each tilted against one of the points; and w_hat."""
    v = unit(w_hat)
    side = -np.sign(task.teacher @ task.points)[:, None] * task.points.T
    side = unit(side) - np.outer(unit(side) @ v, v)
    side = unit(side[np.linalg.norm(side, axis=1) > 1e-6])  # no direction is left of its own point
    side = unit(side - np.outer(side @ v, v))
    students = np.cos(delta) * v + np.sin(delta) * side
    return np.vstack([v, students]) if w_hat.any() else w_hat[None]


def worst_within(case, n=None, stray=None):
    """E R when each transfer set has the most harmful of the tilted students."""
    task, n = case["task"], n or case["n"]
    seen = seen_probabilities(task.weights, n)
    total = 0.0
    for subset in np.flatnonzero(seen):
        chosen = (subset >> np.arange(task.weights.size)) & 1 == 1
        w_hat = distilled_student(task.points[:, chosen], unit(task.teacher))
        students = tilted(w_hat, task, case["delta"]) if stray is None else stray(w_hat, case)
        total += seen[subset] * transfer_risk(students, task).max()
    return total


def copies(case):
    """All n examples are copies of one."""
    return worst_within(case, n=1)


def further_off(case):
    """Students that are half as far off again."""
    return worst_within(case, stray=lambda w, case: tilted(w, case["task"], 1.5 * case["delta"]))


def on_the_line(case):
    """Students on the line of w_hat, on its other side."""
    return worst_within(case, stray=lambda w_hat, case: -w_hat[None])


def theorem_d1(law, n, case, share=1.0, more=0):
    return bounds.approximate_bound(law, n + more, share * case["delta"]).value


def strict_d1(law, n, case):
    """Theorem D.1 with P[alpha > .] in place of P[alpha >= .], at the jumps of p."""
    right = RIGHT_ANGLE - case["delta"]
    beta = np.concatenate([law.angles, right - law.angles])
    beta = beta[beta >= 0]
    return (law(beta + 1e-14) + law(right - beta + 1e-14) ** n).min(initial=1.0)


def integral_d1(law, n, case, share=1.0, more=0):
    return bounds.integral_bound(law, n + more, share * case["delta"])


def strict_integral(law, n, case):
    """Its integral with P[alpha > .] in place of P[alpha >= .]."""
    return law.weights @ law(RIGHT_ANGLE - case["delta"] - law.angles + 1e-14) ** n


def with_learner(learner):
    return {"build": lambda u: approximate_case(u) | {"learner": learner}}


def nothing_to_err(case):
    return not integral_d1(case["task"].tail, case["n"], case)


NEARBY = {
    "independent examples": lambda case: case["learner"] is not copies,
    "every student within delta": lambda case: case["learner"] is not further_off,
    "as vectors, not as lines": lambda case: case["learner"] is not on_the_line,
}
NEARBY_ABLATIONS = {
    "independent examples": with_learner(copies),
    "every student within delta": with_learner(further_off),
    "as vectors, not as lines": with_learner(on_the_line),
}

THEOREM_D1 = Claim(
    id="theorem-D1",
    paper="Theorem D.1",
    statement=r"For independent examples, if for every transfer set the student $w$ makes an "
    r"angle of at most $\delta$ with $\hat w$, then $\mathbb E\,R(w)\le\inf_\beta\,p(\beta)+"
    r"p(\pi/2-\delta-\beta)^n$, with $p(\theta)=1$ for $\theta\le0$.",
    chapter=CHAPTER,
    underived="proved in words in the chapter",
    size=9,
    build=approximate_case,
    slack=partial(slack_bound, bound=theorem_d1),
    trivial=nothing_to_err,
    hypotheses=NEARBY,
    mutants={
        "delta forgotten": {"slack": partial(slack_bound, bound=partial(theorem_d1, share=0.0))},
        "delta 2 % smaller": {
            "slack": partial(slack_bound, bound=partial(theorem_d1, share=0.98))
        },
        "n + 1 for n": {"slack": partial(slack_bound, bound=partial(theorem_d1, more=1))},
        "2 % smaller": {"slack": partial(slack_bound, bound=theorem_d1, factor=0.98)},
        "P[alpha > beta] for p": {"slack": partial(slack_bound, bound=strict_d1)},
    },
    ablations=NEARBY_ABLATIONS,
)

THEOREM_D1_INTEGRAL = Claim(
    id="theorem-D1-integral",
    paper="ours",
    statement=r"Under the same hypotheses, $\mathbb E\,R(w)\le\mathbb E[p(\pi/2-\delta-\theta)^n]$"
    r" with $\theta$ an independent draw of the angle.",
    chapter=CHAPTER,
    underived="proved in words in the chapter",
    size=9,
    build=approximate_case,
    slack=partial(slack_bound, bound=integral_d1),
    trivial=nothing_to_err,
    hypotheses=NEARBY,
    mutants={
        "delta 2 % smaller": {
            "slack": partial(slack_bound, bound=partial(integral_d1, share=0.98))
        },
        "n + 1 for n": {"slack": partial(slack_bound, bound=partial(integral_d1, more=1))},
        "2 % smaller": {"slack": partial(slack_bound, bound=integral_d1, factor=0.98)},
        "P[alpha > .] for p": {"slack": partial(slack_bound, bound=strict_integral)},
    },
    ablations=NEARBY_ABLATIONS,
)


# Gaussian data of any covariance


def gaussian_case(u, largest=12):
    rng, d = generator(u[0]), count(u[1], 2, largest)
    axes = np.linalg.qr(rng.standard_normal((d, d)))[0]
    variances = real(u[2], 1, 1e4) ** rng.random(d) * real(u[3], 1e-100, 1e100)
    teacher = axes[0] if u[4] < 0.1 else rng.standard_normal(d)
    task = GaussianTask(axes.T * variances @ axes, teacher)
    return {"task": task, "tau": real(u[5], 1e-5, 1e5), "rng": rng}


def imhof(task, slope):
    """P[elevation <= arctan(slope)] from the characteristic function of a quadratic form."""
    e, sine2 = unit(task.teacher), slope**2 / (1 + slope**2)
    form = task.root.T @ (np.outer(e, e) - sine2 * np.eye(task.dim)) @ task.root
    eigenvalues = np.linalg.eigvalsh(form / np.abs(form).max())
    log_u = np.arange(-60, 60, 0.1)
    turns = np.exp(log_u)[:, None] * eigenvalues
    phase = np.arctan(turns).sum(axis=1) / 2
    log_size = np.log1p(turns**2).sum(axis=1) / 4
    return 0.5 - 0.1 * (np.sin(phase) * np.exp(-np.minimum(log_size, 700))).sum() / np.pi


def slack_gaussian(case, changed=None):
    """The formula against another one; `changed` computes it from wrong a or w."""
    law = case["task"].tail
    slope, below, _ = law.at(case["tau"])
    if changed is not None:
        a = case["tau"] * law.variances
        w = law.shares * a / (1 + a)
        below = split_mass(*changed(a, w / w.sum(), law.shares))[0]
    return identity(below - imhof(case["task"], slope), 1e-9)


GAUSSIAN_TAIL = Claim(
    id="gaussian-tail",
    paper="ours",
    statement=r"For $x\sim N(0,S)$, with $S$ of eigenvalues $\sigma_i$, $c_i$ the coordinates of "
    r"$w_\star/|w_\star|$ along its axes, $a_i=\tau\sigma_i$ and $\sin^2\psi=\sum_ic_i^2a_i/(1+a_i)"
    r"$: $\;p(\pi/2-\psi)=1-\tfrac2\pi\int_0^{\pi/2}\bigl[\prod_i(1+ka_i)\sum_i\tfrac{w_i}{1+ka_i}"
    r"\bigr]^{-1/2}d\varphi$ with $k=\sin^{-2}\varphi$, $w_i=\tfrac{c_i^2a_i}{(1+a_i)\sin^2\psi}$.",
    underived="compared with the inversion of a characteristic function (Imhof 1961)",
    size=6,
    build=gaussian_case,
    slack=slack_gaussian,
    mutants={
        "a 2 % larger": {"slack": partial(slack_gaussian, changed=lambda a, w, c: (1.02 * a, w))},
        "c_i^2 for w_i": {"slack": partial(slack_gaussian, changed=lambda a, w, c: (a, c))},
        "equal variances": {
            "slack": partial(
                slack_gaussian, changed=lambda a, w, c: (np.full_like(a, a.mean()), w)
            )
        },
    },
)


def slack_gaussian_data(case, tail=lambda law, tau: law.at(tau)[1], risk=transfer_risk):
    """The share of drawn examples below an elevation, and of those that a student errs on."""
    task, rng = case["task"], case["rng"]
    x = task.sample(8_000, rng)
    e = unit(task.teacher)
    along = e @ x
    across = np.linalg.norm(x - np.outer(e, along), axis=0)
    w = e + unit(rng.standard_normal(task.dim))
    slope = task.tail.at(case["tau"])[0]
    near = mean_interval((np.abs(along) <= slope * across).astype(float))
    errors = mean_interval((np.sign(w @ x) != np.sign(along)).astype(float))
    claimed = tail(task.tail, case["tau"]), float(risk(w, task))
    gaps = [
        (low - value, value - high)
        for (low, high), value in zip((near, errors), claimed, strict=True)
    ]
    return -1.0, -max(max(gap) for gap in gaps)


def reversed_shares(law, tau):
    """The tail at that psi if the teacher's shares of the axes were reversed."""
    a = tau * law.variances
    w = law.shares[::-1] * a / (1 + a)
    return split_mass(a, w / w.sum())[0]


def plain_angle(w, task):
    return np.arccos(unit(w) @ unit(task.teacher)) / np.pi


def covariance_angle(w, task):
    u, v = (unit(task.covariance @ z) for z in (unit(w), unit(task.teacher)))
    return np.arccos(np.clip(u @ v, -1, 1)) / np.pi


GAUSSIAN_DATA = Claim(
    id="gaussian-data",
    paper="ours",
    statement=r"The tail of a Gaussian task is that of its sampler, and the risk of a student is "
    r"$\tfrac1\pi$ times the angle between $S^{1/2}w$ and $S^{1/2}w_\star$.",
    underived="a comparison with drawn examples",
    size=6,
    build=partial(gaussian_case, largest=20),
    slack=slack_gaussian_data,
    mutants={
        "the shares of the axes reversed": {
            "slack": partial(slack_gaussian_data, tail=reversed_shares)
        },
        "the angle between w and the teacher": {
            "slack": partial(slack_gaussian_data, risk=plain_angle)
        },
        "S for its root": {"slack": partial(slack_gaussian_data, risk=covariance_angle)},
    },
)


# Tails from data


def band_case(u):
    n = count(u[0], 1, 4000)
    return {"examples": n, "failure": real(u[1], 1e-9, 0.5), "distinct": n}


def upper_side(n, width):
    """P[p exceeds the empirical tail by more than the width somewhere], for continuous p."""
    return scipy.special.smirnov(n, width)


def slack_band(case, narrower=1.0, rarer=1.0, missed=upper_side):
    ones = np.ones((2, case["examples"]))
    width = narrower * empirical_tail(ones, [1, 0], 1 - case["failure"]).width
    allowed = rarer * case["failure"]
    return computed((allowed - missed(case["distinct"], min(width, 1.0))) / allowed, 1e-6)


EMPIRICAL_BAND = Claim(
    id="empirical-band",
    paper="ours",
    statement=r"For $N$ independent examples and a level of $\tfrac12$ or more, with that "
    r"probability $p(\theta)\le p_N(\theta)+\sqrt{\log(1/(1-\text{level}))/(2N)}$ for all $\theta$ "
    r"at once (Massart 1990; exact probabilities of continuous $p$).",
    underived="a theorem of Massart's, compared with the exact law of Smirnov's statistic",
    size=2,
    build=band_case,
    slack=slack_band,
    hypotheses={"independent examples": lambda case: case["distinct"] == case["examples"]},
    mutants={
        "2 % narrower": {"slack": partial(slack_band, narrower=0.98)},
        "2 % rarer": {"slack": partial(slack_band, rarer=0.98)},
        "above and below at once": {
            "slack": partial(slack_band, missed=lambda n, width: scipy.stats.kstwo.sf(width, n))
        },
    },
    ablations={"independent examples": {"build": lambda u: band_case(u) | {"distinct": 1}}},
)


def two_tails_case(u, lowered=0):
    """A tail, and one with angles moved towards the boundary (`lowered` of them the other way)."""
    rng, k = generator(u[0]), count(u[1], 1, 8)
    angles, weights = RIGHT_ANGLE * rng.random(k), rng.dirichlet(np.full(k, real(u[2], 0.1, 10)))
    moved = angles + real(u[3], 1e-9, 1) * rng.random(k) * (RIGHT_ANGLE - angles)
    moved[:lowered] *= 0.9
    larger = AtomicLaw(angles if u[4] < 0.2 else moved, weights)
    case = {"p": AtomicLaw(angles, weights), "larger": larger}
    return case | {"n": count(u[5], 1, 100), "delta": pick(u[6], [0.0, 0.1, 0.7])}


def slack_monotone(case, factor=1.0, more=0):
    p, larger, n, delta = (case[key] for key in ("p", "larger", "n", "delta"))
    gaps = []
    for bound in (lambda *a: bounds.approximate_bound(*a).value, bounds.integral_bound):
        low, high = bound(p, n, delta), factor * bound(larger, n + more, delta)
        gaps.append((high - low) / max(high, low, 1e-300))
    return computed(min(gaps), 1e-9)


def below_everywhere(case):
    knots = np.concatenate([case["p"].angles, case["larger"].angles])
    return (case["p"](knots) <= case["larger"](knots) + 1e-12).all()


MONOTONE = Claim(
    id="bounds-grow-with-p",
    paper="ours",
    statement=r"If $p\le q$ everywhere, the bounds of Theorem 3, of Theorem D.1 and the integral "
    r"bound at $p$ are at most those at $q$: an upper band of $p$ bounds the risk.",
    chapter=CHAPTER,
    underived="proved in words in the chapter",
    size=7,
    build=two_tails_case,
    slack=slack_monotone,
    hypotheses={"p is below q": below_everywhere},
    mutants={
        "2 % smaller": {"slack": partial(slack_monotone, factor=0.98)},
        "n + 1 at q": {"slack": partial(slack_monotone, more=1)},
        "one angle may be smaller": {
            "build": partial(two_tails_case, lowered=1),
            "hypotheses": {},
        },
    },
    ablations={"p is below q": {"build": partial(two_tails_case, lowered=4)}},
)

CLAIMS = [LEMMA_D1, THEOREM_D1]
OURS = [
    LEMMA_D1_SHARP,
    THEOREM_D1_INTEGRAL,
    GAUSSIAN_TAIL,
    GAUSSIAN_DATA,
    EMPIRICAL_BAND,
    MONOTONE,
]
