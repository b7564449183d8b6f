"""Results of our own: sharper bounds, exact risks, the angle chain."""

from functools import partial

import numpy as np
import scipy

from .. import bounds
from ..chain import bartlett_angles, data_angles, student_angles
from ..geometry import line_angle
from ..laws import RIGHT_ANGLE, AtomicLaw, PowerLaw
from ..risk import angle_risk
from ..tasks import (
    FiniteTask,
    IsotropicTask,
    MarginTask,
    MixtureTask,
    PolynomialTask,
    SymmetricTask,
)
from .claim import (
    Claim,
    computed,
    count,
    generator,
    identity,
    mean_interval,
    pick,
    real,
    same_law,
)
from .how_fast import (
    CHAPTER,
    HAS_MARGIN,
    INDEPENDENT,
    PROJECTION,
    biased,
    copies,
    expected,
    finite_case,
    law_case,
    nothing_to_err,
    slack_bound,
    split_at,
    with_learner,
)

HERE = "beyond/sharper-bounds"

# The integral bound


def integral(law, n, case, more=0):
    return bounds.integral_bound(law, n + more)


def strict_integral(law, n, case):
    """E[P[alpha > pi/2 - theta]^n], with the strict inequality at atoms."""
    return law.weights @ law(RIGHT_ANGLE - law.angles + 1e-14) ** n


def short_integral(law, n, case):
    """The integral bound with angles that may sum to 1.02 right angles."""
    return law.weights @ law(1.02 * RIGHT_ANGLE - law.angles) ** n


INTEGRAL = Claim(
    id="integral-bound",
    paper="ours",
    statement=r"For independent examples, $\mathbb E\,R(\hat w)\le\mathbb E[p(\pi/2-\theta)^n]$ "
    r"with $\theta$ an independent draw of the angle.",
    chapter=HERE,
    size=8,
    build=finite_case,
    slack=partial(slack_bound, bound=integral),
    trivial=nothing_to_err,
    hypotheses={**INDEPENDENT, **PROJECTION},
    mutants={
        "n + 1 for n": {"slack": partial(slack_bound, bound=partial(integral, more=1))},
        "2 % smaller": {"slack": partial(slack_bound, bound=integral, factor=0.98)},
        "P[alpha > .] for p": {"slack": partial(slack_bound, bound=strict_integral)},
        "angles sum to 1.02 pi/2": {"slack": partial(slack_bound, bound=short_integral)},
    },
    ablations={
        "independent examples": {"build": with_learner(copies)},
        "the student is the projection": {"build": lambda u: with_learner(biased)(u) | {"n": 1}},
    },
)


def slack_dominance(case, factor=1.0, more=0, hard=1.0):
    law, n = case["tail"], case["n"]
    split = factor * split_at(law, n, case, more=more, hard=hard)
    value = bounds.integral_bound(law, n)
    return computed((split - value) / max(split, value, 1e-60), 1e-8)


DOMINANCE = Claim(
    id="integral-dominance",
    paper="ours",
    statement=r"The integral bound is at most $p(\beta)+p(\pi/2-\beta)^n$, for every $\beta$.",
    chapter=HERE,
    size=7,
    build=law_case,
    slack=slack_dominance,
    mutants={
        "2 % below": {"slack": partial(slack_dominance, factor=0.98)},
        "n + 1 in the split": {"slack": partial(slack_dominance, more=1)},
        "half of the hard ones": {"slack": partial(slack_dominance, hard=0.5)},
    },
)


def integral_power_case(u):
    return {"kappa": real(u[0], 0.05, 40), "n": count(u[1], 1, 10**4)}


def slack_power(case, closed=bounds.power_integral_bound):
    exact = bounds.integral_bound(PowerLaw(case["kappa"]), case["n"])
    value = float(closed(case["kappa"], case["n"]))
    return identity((value - exact) / max(exact, 1e-60), 1e-8)


INTEGRAL_POWER = Claim(
    id="integral-bound-power",
    paper="ours",
    statement=r"For $p(\theta)=(1-2\theta/\pi)^\kappa$ the integral bound is "
    r"$\kappa\,B(n\kappa+1,\kappa)$; for $\kappa=1$, $1/(n+1)$.",
    chapter=CHAPTER,
    size=2,
    build=integral_power_case,
    slack=slack_power,
    mutants={
        "B(n kappa, kappa)": {
            "slack": partial(slack_power, closed=lambda k, n: k * scipy.special.beta(n * k, k))
        },
        "B(n kappa + 1, 1.02 kappa)": {
            "slack": partial(
                slack_power, closed=lambda k, n: k * scipy.special.beta(n * k + 1, 1.02 * k)
            )
        },
        "its limit Gamma(kappa + 1) (n kappa)^-kappa": {
            "slack": partial(
                slack_power, closed=lambda k, n: scipy.special.gamma(k + 1) * (n * k) ** -k
            )
        },
    },
)


def rate_case(u):
    return {"kappa": real(u[0], 0.05, 12), "n": count(u[1], 1, 10**4)}


def slack_rate(case, factor=1.0, limit=lambda m, kappa: m**-kappa):
    kappa, n = case["kappa"], case["n"]
    value = bounds.power_integral_bound(kappa, n)
    bound = factor * scipy.special.gamma(kappa + 1) * limit(n * kappa, kappa)
    return computed((bound - value) / max(bound, value), 1e-9)


INTEGRAL_RATE = Claim(
    id="integral-bound-rate",
    paper="ours",
    statement=r"$\kappa\,B(n\kappa+1,\kappa)\le\Gamma(\kappa+1)\,(n\kappa)^{-\kappa}$ for every "
    r"$\kappa>0$ and $n\ge1$, and the ratio tends to 1 as $n\to\infty$.",
    chapter=HERE,
    size=2,
    build=rate_case,
    slack=slack_rate,
    mutants={
        "2 % smaller": {"slack": partial(slack_rate, factor=0.98)},
        "n + 1 for n": {"slack": partial(slack_rate, limit=lambda m, kappa: (m + kappa) ** -kappa)},
        "(n kappa + (kappa + 1)/2)^-kappa": {
            "slack": partial(
                slack_rate, limit=lambda m, kappa: (m + (kappa + 1) / 2) ** -kappa
            )
        },
    },
)


def slack_uniform(case, value=None, angle=None):
    n = float(case["n"])
    found = bounds.theorem3_bound(PowerLaw(1), case["n"])
    value = (value or (lambda n: 1 - (n - 1) * n ** (-n / (n - 1))))(n)
    angle = (angle or (lambda n: n ** (-1 / (n - 1))))(n) * RIGHT_ANGLE
    return identity([value / found.value - 1, 1e-3 * (angle / found.beta - 1)], 1e-8)


UNIFORM = Claim(
    id="uniform-angle-infimum",
    paper="ours",
    statement=r"For $\kappa=1$ and $n\ge2$ the infimum in (19) is $1-(n-1)n^{-n/(n-1)}$, at "
    r"$\beta=\tfrac\pi2n^{-1/(n-1)}$.",
    chapter=CHAPTER,
    size=1,
    build=lambda u: {"n": count(u[0], 2, 10**7)},
    slack=slack_uniform,
    mutants={
        "n for n - 1 in the value": {
            "slack": partial(slack_uniform, value=lambda n: 1 - n * n ** (-n / (n - 1)))
        },
        "log(n)/n": {"slack": partial(slack_uniform, value=lambda n: np.log(n) / n)},
        "the angle of Corollary 2": {
            "slack": partial(slack_uniform, angle=lambda n: 1 - np.log(n) / n)
        },
    },
)


# The exact risk


def angle_case(u):
    rng, d = generator(u[0]), count(u[1], 3, 10_000)
    law = pick(u[2], [PowerLaw(real(u[3], 0.1, 20)), PowerLaw(real(u[3], 0.2, 5), u[5] * 1.5)])
    phi = law.edge + real(u[4], 1e-6, 1.0) * (RIGHT_ANGLE - law.edge)
    return {"tail": law, "dim": d, "phi": phi, "rng": rng}


def averaged_risk(case, more=0, half=0.5, cotangent=False):
    """P[T tan(phi) >= tan(psi)] averaged over psi with the beta law of (1 + T)/2."""
    law, phi = case["tail"], case["phi"]
    shape = (case["dim"] + more - 2) / 2
    top = float(law.near(phi))

    def error(y):  # near(psi) = top exp(kappa y)
        z = np.tan(law.elevation(top * np.exp(law.kappa * y))) / np.tan(phi)
        return np.exp(law.kappa * y) * scipy.special.betainc(shape, half, max(0.0, 1 - z * z)) / 2

    low = -12 - 40 / law.kappa
    area = scipy.integrate.quad(error, low, 0, epsabs=0, epsrel=1e-9, limit=400)[0]
    return top * law.kappa * area


def slack_exact(case, **changes):
    exact = averaged_risk(case, **changes)
    risk = angle_risk(case["phi"], case["tail"], case["dim"])
    return identity((risk - exact) / max(exact, 1e-200), 1e-7)


EXACT_RISK = Claim(
    id="exact-risk",
    paper="ours",
    statement=r"Under rotational symmetry the risk at angle $\phi$ is "
    r"$\mathbb E[\mathbb P(T\tan\phi\ge\cot\theta)]$, $(1+T)/2\sim\mathrm{Beta}"
    r"(\tfrac{d-2}2,\tfrac{d-2}2)$: `angle_risk` integrates this, by another route than here.",
    chapter=HERE,
    size=6,
    build=angle_case,
    slack=slack_exact,
    mutants={
        "d + 1 for d": {"slack": partial(slack_exact, more=1)},
        "d - 1 for d": {
            "slack": partial(slack_exact, more=-1),
            "hypotheses": {"d > 3": lambda case: case["dim"] > 3},
        },
        "T^2 ~ Beta(0.51, .)": {"slack": partial(slack_exact, half=0.51)},
    },
)


def held_out_case(u):
    rng, d = generator(u[0]), count(u[1], 2, 12)
    task = pick(
        u[2],
        [
            lambda: PolynomialTask(real(u[3], 0.1, 2), d, rng.standard_normal(d)),
            lambda: MarginTask(real(u[3], 0.02, 0.5), d),
            lambda: IsotropicTask(d),
            lambda: SymmetricTask(AtomicLaw(rng.uniform(0, 1.5, 3)), d),
        ],
    )()
    w = task.teacher / np.linalg.norm(task.teacher) + real(u[4], 0.1, 10) * rng.standard_normal(d)
    return {"task": task, "w": w, "rng": rng}


def mixture_case(u, dims=(2, 5)):
    """One narrow cluster to the side of the teacher: no symmetry."""
    d = count(u[1], *dims)
    mean = np.append([0.5, 1.0], np.zeros(d - 2))
    return {"task": MixtureTask([mean], 0.2), "rng": generator(u[0])}


def mixture_student(u):
    case = mixture_case(u)
    d = case["task"].dim
    return case | {"w": np.append([1.0, 1.0], np.zeros(d - 2))}


SYMMETRIC = {"rotational symmetry": lambda case: isinstance(case["task"], SymmetricTask)}


def slack_held_out(case, shift=0.0, flip=True, more=0):
    task, w = case["task"], case["w"]
    x = task.sample(20_000, case["rng"])
    wrong = np.sign(w @ x) != np.sign(task.teacher @ x)
    low, high = mean_interval(wrong.astype(float))
    risk = (1 + shift) * angle_risk(line_angle(task.teacher, w), task.tail, task.dim + more)
    risk = 1 - risk if flip and w @ task.teacher < 0 else risk
    return -max(abs(risk - low), abs(risk - high)), min(risk - low, high - risk)


EXACT_RISK_DATA = Claim(
    id="exact-risk-data",
    paper="ours",
    statement=r"Under rotational symmetry the share of errors on drawn examples has the exact risk "
    r"as its mean.",
    chapter=CHAPTER,
    underived="a comparison with data",
    size=5,
    build=held_out_case,
    slack=slack_held_out,
    hypotheses=SYMMETRIC,
    ablations={"rotational symmetry": {"build": mixture_student}},
    mutants={
        "20 % larger": {"slack": partial(slack_held_out, shift=0.2)},
        "d + 1 for d": {"slack": partial(slack_held_out, more=1)},
        "whichever side the student is on": {"slack": partial(slack_held_out, flip=False)},
    },
)


# The angle chain


def chain_case(u):
    rng, d = generator(u[0]), count(u[1], 3, 100)
    n = count(u[2], 1, min(d - 1, 8))
    task = pick(
        u[3],
        [
            PolynomialTask(real(u[4], 0.1, 5), d),
            IsotropicTask(d),
            MarginTask(real(u[4], 0.02, 1), d),
        ],
    )
    return {"task": task, "n": n, "rng": rng}


def slack_chain(case, route=bartlett_angles, task=lambda task: task, more=0, draws=10_000):
    rng, n = case["rng"], case["n"]
    symmetric = SymmetricTask(case["task"].tail, case["task"].dim)
    chain = student_angles(task(symmetric), n + more, draws, rng)
    return same_law(chain, route(case["task"], n, draws, rng))


def one_more_dimension(task):
    return SymmetricTask(task.tail, task.dim + 1)


def first_alone(task, n, draws, rng):
    """The angle of the best single example: no combination of examples."""
    psi = task.tail.draw((draws, n), rng)
    return RIGHT_ANGLE - psi.max(axis=1)


def infinite_dimension(task, n, draws, rng):
    """tan^2 phi = 1 / sum of cot^2 theta_i, the law for d to infinity."""
    return np.arctan(1 / np.linalg.norm(np.tan(task.tail.draw((draws, n), rng)), axis=1))


CHAIN = Claim(
    id="angle-chain",
    paper="ours",
    statement=r"Under rotational symmetry the student's angle is a Markov chain: "
    r"`student_angles` has the law of the Bartlett factor.",
    chapter=HERE,
    size=5,
    build=chain_case,
    slack=slack_chain,
    mutants={
        "one degree of freedom more": {"slack": partial(slack_chain, task=one_more_dimension)},
        "one example more": {
            "slack": partial(slack_chain, more=1),
        },
        "the best single example": {"slack": partial(slack_chain, route=first_alone)},
        "infinitely many dimensions": {"slack": partial(slack_chain, route=infinite_dimension)},
    },
)


def data_case(u):
    """Small dimensions, where an error of one degree of freedom shows."""
    return chain_case([u[0], 0.4 * u[1], *u[2:]])


CHAIN_DATA = Claim(
    id="angle-chain-data",
    paper="ours",
    statement=r"Under rotational symmetry `student_angles` has the law of the angles of students "
    r"trained on drawn examples.",
    chapter=CHAPTER,
    underived="a comparison with data",
    size=5,
    build=data_case,
    slack=partial(slack_chain, route=data_angles, draws=4000),
    hypotheses=SYMMETRIC,
    mutants={
        "one degree of freedom more": {
            "slack": partial(slack_chain, route=data_angles, task=one_more_dimension, draws=20_000)
        },
        "one example more": {
            "slack": partial(slack_chain, route=data_angles, more=1, draws=4000),
        },
        "one example fewer": {
            "build": lambda u: data_case(u) | {"n": 2},
            "slack": partial(slack_chain, route=data_angles, more=-1, draws=4000),
        },
    },
    ablations={"rotational symmetry": {"build": lambda u: mixture_case(u, (3, 5)) | {"n": 2}}},
)


# One example more for the margin


def margin_task_case(u):
    """Examples with an angular margin, the hard ones leaning to all sides."""
    rng, n, k = generator(u[0]), count(u[1], 1, 6), count(u[2], 2, 8)
    gamma, q = real(u[3], 1e-3, 0.7), real(u[4], 1e-2, 0.98)
    across = np.eye(k) - 1 / k  # a simplex: every two hard examples lean apart
    across /= np.linalg.norm(across, axis=0)
    hard = RIGHT_ANGLE - gamma * (1 + 1e-9 + u[5])
    points = np.vstack([np.full(k, np.cos(hard)), np.sin(hard) * across])
    points = np.c_[points, np.eye(k + 1)[0]]
    weights = np.append(np.full(k, q / k), 1 - q)
    task = FiniteTask(points @ np.diag(10.0 ** rng.uniform(-3, 3, k + 1)), weights)
    return {"task": task, "n": n, "gamma": gamma, "tail": task.tail, "learner": expected}


def margin_power(law, n, case, more=1, stretch=1.0):
    """p(gamma)^(n+1), outside rounding's reach of a jump."""
    return float(law(stretch * case["gamma"] - 1e-14)) ** (n + more)


MARGIN = Claim(
    id="margin-one-more",
    paper="ours",
    statement=r"If $p(\pi/2-\gamma)=0$, then $\mathbb E\,R(\hat w)\le p(\gamma)^{n+1}$.",
    chapter=HERE,
    size=6,
    build=margin_task_case,
    slack=partial(slack_bound, bound=margin_power),
    hypotheses={**HAS_MARGIN, **INDEPENDENT},
    mutants={
        "n + 2 for n + 1": {"slack": partial(slack_bound, bound=partial(margin_power, more=2))},
        "half of it": {"slack": partial(slack_bound, bound=margin_power, factor=0.5)},
        "4/5 of it": {"slack": partial(slack_bound, bound=margin_power, factor=0.8)},
    },
    ablations={
        "gamma is a margin": {
            "build": lambda u: {**margin_task_case(u), "gamma": real(u[3], 1e-3, 0.7) * 1.6 + 0.3},
        },
        "independent examples": {"build": with_learner(copies, margin_task_case)},
    },
)

CLAIMS = [
    INTEGRAL,
    DOMINANCE,
    INTEGRAL_POWER,
    INTEGRAL_RATE,
    UNIFORM,
    EXACT_RISK,
    EXACT_RISK_DATA,
    CHAIN,
    CHAIN_DATA,
    MARGIN,
]
