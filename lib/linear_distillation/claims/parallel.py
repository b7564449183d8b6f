"""The parallel law and the exact expected risk: results of our own."""

from functools import cache, partial

import numpy as np
import scipy

from .. import parallel
from ..geometry import line_angle, unit
from ..laws import RIGHT_ANGLE, PowerLaw
from ..students import distilled_student
from ..tasks import PolynomialTask
from .claim import Claim, computed, count, generator, identity, mean_interval, pick, real, same_law

LAW = "beyond/the-parallel-law"
EXACT = "beyond/the-exact-risk"
PROVED = "proved in words in the chapter"

# Orthogonal parts u of one example: finitely many unit vectors (k, m), with probabilities


def two_sided(direction):
    return np.array([direction, -direction]), np.full(2, 0.5)


def three_sided(rng, m):
    """Three vectors of a plane with mean zero and unequal weights: a skewed law."""
    angles = np.cumsum(rng.uniform(0.55, 0.95, 3) * np.array([0.0, np.pi, np.pi]))
    plane = np.linalg.qr(rng.standard_normal((m, 2)))[0]
    weights = np.sin(np.roll(angles, -2) - np.roll(angles, -1))
    return np.c_[np.cos(angles), np.sin(angles)] @ plane.T, weights / weights.sum()


def cross(m):
    """Both ends of every axis."""
    return np.vstack([np.eye(m), -np.eye(m)]), np.full(2 * m, 0.5 / m)


def draw_parts(rng, m, n, kind):
    """A centred law of the orthogonal part for each of n examples."""
    if kind == "axes":
        return [two_sided(np.eye(m)[i % m]) for i in range(n)]
    if kind == "line":
        return [two_sided(np.eye(m)[0])] * n
    if kind == "skewed" and m > 1:
        return [three_sided(rng, m) for _ in range(n)]
    return [two_sided(unit(rng.standard_normal(m))) for _ in range(n)]


def parts_case(u):
    """Angles, and for each its own finite law of orthogonal parts."""
    rng, n, m = generator(u[0]), count(u[1], 1, 3), count(u[2], 1, 4)
    kind = pick(u[3], ["axes", "line", "skewed", "random"])
    cot = real(u[4], 1e-3, 1e3) * 10.0 ** (rng.uniform(-1, 1, n) * (u[5] > 0.4))
    parts = draw_parts(rng, m, n, kind)
    return {"cot": cot, "m": m, "parts": parts, "kind": kind, "tied": False, "rng": rng}


def lean(case):
    """The same vectors, the first one nearly always."""
    parts = [(v, np.append(99 + w[0], w[1:]) / (99 + w.sum())) for v, w in case["parts"]]
    return case | {"parts": parts}


def tie(case):
    """All examples take their vector of the same number: centred, but not independent."""
    return case | {"tied": True}


def students(case):
    """tan(phi) of every student that can arise, its unit orthogonal part, its probability."""
    laws, cot = case["parts"], case["cot"]
    sizes = [len(weights) for _, weights in laws]
    index = np.indices(sizes).reshape(len(laws), -1)
    if case["tied"]:
        index = np.tile(np.arange(min(sizes)), (len(laws), 1))
    pairs = list(zip(laws, index, strict=True))
    u = np.stack([vectors[j] for (vectors, _), j in pairs], axis=-1)
    chance = np.prod([weights[j] for (_, weights), j in pairs], axis=0)
    X = np.concatenate([np.broadcast_to(cot, (len(u), 1, cot.size)), u], axis=1)
    w = distilled_student(X, np.eye(case["m"] + 1)[0])
    return np.linalg.norm(w[:, 1:], axis=-1) / w[:, 0], unit(w[:, 1:]), chance / chance.sum()


def centred(case):
    return max(np.abs(w @ v).max() for v, w in case["parts"]) < 1e-12


TRAINING = {
    "the training law is centred": centred,
    "independent examples": lambda case: not case["tied"],
}


def without_training(build):
    return {
        "the training law is centred": {"build": lambda u: lean(build(u))},
        "independent examples": {"build": lambda u: tie(build(u))},
    }


def one_example(case):
    return case["cot"].size == 1


# (a) the law


def conductance(case):
    return float((case["cot"] ** 2).sum())


def slack_law(case, factor=1.0, power=2.0, more=0.0):
    tan, _, chance = students(case)
    total = conductance(case) + more * case["cot"].min() ** 2
    return computed(factor - float(chance @ (tan * np.sqrt(total)) ** power), 1e-9)


PARALLEL_LAW = Claim(
    id="parallel-law",
    paper="ours",
    statement=r"If the training law is centred (the parts $u$ of examples orthogonal to $w_\star$ "
    r"have mean 0 given the angle), $\mathbb E[\tan^2\phi\mid\theta_1,\dots,\theta_n]\le"
    r"1/\sum_i\cot^2\theta_i$.",
    chapter=LAW,
    size=6,
    build=parts_case,
    slack=slack_law,
    trivial=one_example,
    hypotheses=TRAINING,
    mutants={
        "2 % smaller": {"slack": partial(slack_law, factor=0.98)},
        "for the power 2.1 of the tangent": {"slack": partial(slack_law, power=2.1)},
        "the worst example counts 5 % more": {"slack": partial(slack_law, more=0.05)},
    },
    ablations=without_training(parts_case),
)


# (b) Cantelli


def risk_case(u):
    """A training law and a test example at its own angle; at equality among them."""
    case = parts_case(u)
    rng, m = case["rng"], case["m"]
    test = pick(u[6], [two_sided(np.eye(m)[0]), cross(m), draw_parts(rng, m, 1, "skewed")[0]])
    near = real(2 * u[7], 0.01, 1.5) if u[7] < 0.5 else 1 - real(2 * u[7] - 1, 1e-9, 1e-1)
    return case | {"test": test, "test_cot": near / np.sqrt(conductance(case))}


def second_moment(parts):
    vectors, weights = parts
    return float(np.linalg.eigvalsh((vectors.T * weights) @ vectors)[-1])


def finite_risk(case):
    """E[R | angles], for a test example at a given angle; ties up to rounding are no errors."""
    tan, v, chance = students(case)
    vectors, weights = case["test"]
    wrong = -(v @ vectors.T) * tan[:, None] > case["test_cot"] * (1 + 1e-12)
    return float(chance @ wrong @ weights)


def slack_cantelli(case, factor=1.0, spread=1.0, twice=0):
    lam = spread * second_moment(case["test"])
    total = conductance(case) + twice * case["cot"].max() ** 2
    bound = factor / (1 + case["test_cot"] ** 2 * total / lam)
    return computed(1 - finite_risk(case) / bound, 1e-9)


TEST = {
    "the test law is centred": lambda case: np.abs(case["test"][1] @ case["test"][0]).max() < 1e-12
}


def one_sided_test(u):
    """Students lean to all sides with unequal weights, test examples only against one of them."""
    case = risk_case([*u[:3], 0.6, *u[4:]])
    vectors, _ = case["parts"][0]
    return case | {"test": (-vectors[:1], np.ones(1))}


PARALLEL_BOUND = Claim(
    id="parallel-bound",
    paper="ours",
    statement=r"If the test law is centred too, with $\mathbb E[uu'\mid\theta]\preceq\lambda I$: "
    r"$\mathbb E\,R\le\mathbb E\bigl[1/(1+\cot^2\theta\sum_i\cot^2\theta_i/\lambda)\bigr]$. "
    r"(Attacked for given angles.)",
    chapter=LAW,
    size=8,
    build=risk_case,
    slack=slack_cantelli,
    hypotheses={**TRAINING, **TEST},
    mutants={
        "2 % smaller": {"slack": partial(slack_cantelli, factor=0.98)},
        "5 % less spread": {"slack": partial(slack_cantelli, spread=0.95)},
        "the best example counts twice": {"slack": partial(slack_cantelli, twice=1)},
    },
    ablations={
        **without_training(risk_case),
        "the test law is centred": {"build": one_sided_test},
    },
)


# (c) the envelope


def envelope_case(u):
    """Test examples from all sides, at an angle around the place where the line touches."""
    case = parts_case(u)
    d = max(case["m"] + 1, 3)
    case |= {"m": d - 1, "parts": draw_parts(case["rng"], d - 1, case["cot"].size, case["kind"])}
    edge = parallel.tangent_point(d) * np.sqrt(2) if u[6] < 0.5 else real(u[6], 1e-2, 1.4)
    return case | {"test_cot": edge / np.sqrt(conductance(case)), "test": None, "dim": d}


def line_of_tests(u):
    case = envelope_case(u)
    return case | {"test": two_sided(np.eye(case["m"])[0])}


def error_chance(x, d):
    """P[T > sqrt(x)]."""
    return scipy.special.betaincc(0.5, (d - 2) / 2, np.minimum(x, 1)) / 2


def touching(x, d, stretch=1.0):
    """The function up to a stretched tangent point, then the line through it."""
    z2 = (stretch * parallel.tangent_point(d)) ** 2
    return float(error_chance(x, d) if x <= z2 else error_chance(z2, d) * z2 / x)


def slack_envelope(case, bound=parallel.envelope, factor=1.0):
    d, cot2 = case["dim"], case["test_cot"] ** 2
    tan, v, chance = students(case)
    if case["test"] is None:
        risk = chance @ error_chance(cot2 / np.maximum(tan, 1e-150) ** 2, d)
    else:
        risk = finite_risk(case)
    value = factor * float(bound(cot2 * conductance(case), d))
    return computed((value - risk) / max(value, risk, 1e-300), 1e-9)


PARALLEL_ENVELOPE = Claim(
    id="parallel-envelope",
    paper="ours",
    statement=r"For a symmetric test law, `parallel-bound` holds with the concave envelope in "
    r"$s=\tan^2\phi$ of $\mathbb P[T\le-\cot\theta/\sqrt s]$ in place of Cantelli's bound. "
    r"(Attacked for given angles.)",
    chapter=LAW,
    size=7,
    build=envelope_case,
    slack=slack_envelope,
    trivial=one_example,
    hypotheses={**TRAINING, "the test law is symmetric": lambda case: case["test"] is None},
    mutants={
        "2 % smaller": {"slack": partial(slack_envelope, factor=0.98)},
        "the function without its envelope": {"slack": partial(slack_envelope, bound=error_chance)},
        "the line touches 10 % later": {
            "slack": partial(slack_envelope, bound=partial(touching, stretch=1.1))
        },
    },
    ablations={
        **without_training(envelope_case),
        "the test law is symmetric": {"build": line_of_tests},
    },
)


# The power law


def power_case(u, kappas=(0.05, 2.0), tail=1.0):
    """Angles of the test law below the power, its orthogonal part a line, axes, or any side."""
    case = parts_case(u)
    kappa, m = real(u[6], *kappas), case["m"]
    larger = tail * (1 + max(0.0, u[7] - 0.7))
    if u[4] > 0.5:  # far from the boundary, where arctan(z) = z costs nothing
        case["cot"] = case["cot"] * 1e4
    test = two_sided(np.eye(m)[0]) if u[7] < 0.5 else cross(m)
    law = PowerLaw(larger * kappa)
    return case | {"kappa": kappa, "law": law, "tail": larger * kappa, "test": test, "swap": 0.0}


def side_moment(case):
    """M_kappa = sup over unit v of E[max(-v.u, 0)^kappa]."""
    m, kappa = case["m"], case["kappa"]
    if len(case["test"][1]) == 2:
        return 0.5
    return 0.5 * m ** -(kappa / 2) if kappa <= 2 else 0.5 / m


def finite_power_risk(case):
    """E[R | training angles]; given a share `swap`, only so many, the nearest, count as errors."""
    tan, v, chance = students(case)
    vectors, weights = case["test"]
    reach = np.arctan(np.maximum(-(v @ vectors.T), 0) * tan[:, None])
    near = case["law"].near(reach)
    return float(chance @ (np.minimum(near, case["swap"]) if case["swap"] else near) @ weights)


def slack_power_law(case, factor=1.0, exponent=1.0, more=0.0, constant=lambda lam, kappa: 1.0):
    kappa = case["kappa"]
    lam = max(map(second_moment, case["parts"]))
    bound = factor * constant(lam, kappa) * (2 / np.pi) ** (exponent * kappa) * side_moment(case)
    bound *= (conductance(case) + more * case["cot"].min() ** 2) ** (-kappa / 2)
    return computed(1 - finite_power_risk(case) / bound, 1e-8)


def dependent_test(u):
    """Near the boundary all lean along one axis, far from it along another."""
    case = power_case(u)
    axes = np.eye(max(case["m"], 2))
    parts = draw_parts(case["rng"], 2, case["cot"].size, "line")
    return case | {"m": 2, "parts": parts, "test": two_sided(axes[0, :2]), "swap": 0.5}


def slack_dependent(case):
    """M_kappa of the mixture: half of the test examples lean along each of two axes."""
    low, high = slack_power_law(case)
    share = max(2 ** (-case["kappa"] / 2), 0.5)  # M_kappa over that of a single axis
    return tuple(1 - (1 - s) / share for s in (low, high))


BELOW = {"p is below the power": lambda case: case["tail"] >= case["kappa"]}
APART = {"u independent of the angle at test": lambda case: not case["swap"]}

POWER_LAW = Claim(
    id="power-law",
    paper="ours",
    statement=r"Centred training law, $u$ independent of $\theta$ at test, "
    r"$p(\theta)\le(1-2\theta/\pi)^\kappa$, $\kappa\le2$: "
    r"$\mathbb E\,R\le(2/\pi)^\kappa\,\sup_{|v|=1}\mathbb E[(-v'u)_+^\kappa]\,"
    r"\mathbb E[(\sum_i\cot^2\theta_i)^{-\kappa/2}]$. (Attacked for given training angles.)",
    chapter=LAW,
    size=8,
    build=power_case,
    slack=slack_power_law,
    hypotheses={
        **TRAINING,
        **BELOW,
        **APART,
        "kappa at most 2": lambda case: case["kappa"] <= 2,
    },
    mutants={
        "2 % smaller": {"slack": partial(slack_power_law, factor=0.98)},
        "(2/pi)^(1.02 kappa)": {"slack": partial(slack_power_law, exponent=1.02)},
        "the worst example counts 5 % more": {"slack": partial(slack_power_law, more=0.05)},
    },
    ablations={
        **without_training(power_case),
        "p is below the power": {"build": partial(power_case, tail=0.8)},
        "u independent of the angle at test": {"build": dependent_test, "slack": slack_dependent},
        "kappa at most 2": {"build": partial(power_case, kappas=(2.2, 6.0))},
    },
)


def fourth(lam, kappa):
    """(1 + 2 lambda)^(kappa/4), from the fourth moment of the explicit student."""
    return (1 + 2 * lam) ** (kappa / 4)


POWER_LAW_4 = Claim(
    id="power-law-4",
    paper="ours",
    statement=r"If the training law has $\mathbb E[uu'\mid\theta]\preceq\lambda I$ as well, "
    r"`power-law` holds for $\kappa\le4$ with the factor $(1+2\lambda)^{\kappa/4}$.",
    chapter=LAW,
    size=8,
    build=partial(power_case, kappas=(2.0, 4.0)),
    slack=partial(slack_power_law, constant=fourth),
    hypotheses={**TRAINING, "kappa at most 4": lambda case: case["kappa"] <= 4},
    mutants={
        "without the factor": {"slack": slack_power_law},
        "(1 + lambda)^(kappa/4)": {
            "slack": partial(slack_power_law, constant=lambda lam, k: (1 + lam) ** (k / 4))
        },
        "(1 + 2 lambda)^(kappa/8)": {
            "slack": partial(slack_power_law, constant=lambda lam, k: (1 + 2 * lam) ** (k / 8))
        },
    },
    ablations={
        **without_training(partial(power_case, kappas=(2.0, 4.0))),
        "kappa at most 4": {"build": partial(power_case, kappas=(4.2, 20.0))},
    },
)


# The exact law


def angles_case(u):
    """A dimension and n < d cotangents: equal, one far ahead, or of all magnitudes."""
    rng, d = generator(u[0]), count(u[1], 3, 12)
    n = count(u[2], 1, min(d - 1, 5))
    spread = pick(u[3], [0.0, 0.0, real(u[3], 0.01, 2), 4.0])
    cot = real(u[4], 1e-3, 1e3) * 10.0 ** (spread * rng.uniform(-1, 0, n))
    return {"cot": cot, "dim": d, "power": real(u[5], 0.2, 8), "rng": rng, "stretch": 1.0}


def stretched(u):
    """Orthogonal parts that prefer one axis, to both sides alike."""
    return angles_case(u) | {"stretch": 20.0}


SYMMETRIC = {"rotational symmetry": lambda case: case["stretch"] == 1}
STRETCHED = {"rotational symmetry": {"build": stretched}}


def moment(case, dim=0, power=None):
    theta = np.arctan2(1, case["cot"])
    return parallel.tan_moment(theta, case["dim"] + dim, power or case["power"])


def gram_tan2(case, draws):
    """tan^2(phi) = 1 / (c' U^-1 c), U the Gram matrix of drawn orthogonal parts."""
    G = case["rng"].standard_normal((draws, case["cot"].size, case["dim"] - 1))
    G[..., 0] *= case["stretch"]
    G = unit(G)
    U, c = G @ G.swapaxes(-1, -2), np.broadcast_to(case["cot"], G.shape[:2])[..., None]
    return 1 / (c.swapaxes(-1, -2) @ np.linalg.solve(U, c))[:, 0, 0]


def slack_moment(case, draws=800, value=moment):
    """The mean of (max_i cot theta_i tan phi)^power, a number in [0, 1]."""
    top = case["cot"].max()
    values = np.minimum(gram_tan2(case, draws) * top**2, 1) ** (case["power"] / 2)
    low, high = mean_interval(values)
    formula = value(case) * top ** case["power"]
    return -max(abs(formula - low), abs(formula - high)), min(formula - low, high - formula)


ANGLE_MOMENTS = Claim(
    id="angle-moments",
    paper="ours",
    statement=r"Under rotational symmetry, $c_i=\cot\theta_i$, $\kappa>0$ and $n<d$: "
    r"$\mathbb E[\tan^\kappa\phi\mid\theta_1,\dots,\theta_n]=\frac{\Gamma((d-n+\kappa)/2)}"
    r"{\Gamma((d-n)/2)\,\Gamma(\kappa/2)}\int_0^{1/\max c_i^2}\lambda^{\kappa/2-1}"
    r"\prod_i(1-\lambda c_i^2)^{(d-3)/2}\,d\lambda$.",
    chapter=EXACT,
    size=6,
    build=angles_case,
    slack=slack_moment,
    hypotheses=SYMMETRIC,
    ablations=STRETCHED,
    mutants={
        "d + 1 for d": {"slack": partial(slack_moment, value=partial(moment, dim=1))},
        "the value for infinitely many dimensions": {
            "slack": partial(
                slack_moment, value=lambda case: conductance(case) ** (-case["power"] / 2)
            )
        },
        "for the power 1.1 kappa": {
            "slack": partial(
                slack_moment,
                draws=12_000,
                value=lambda case: moment(case, power=1.1 * case["power"])
                * case["cot"].max() ** (0.1 * case["power"]),
            )
        },
    },
)


def pair_moment(case):
    """Two examples: an integral over the cosine of their orthogonal parts."""
    (a, b), d, half = case["cot"], case["dim"], case["power"] / 2
    # rho^2 ~ Beta(1/2, (d-2)/2) with a fair sign; rho = sin(y) takes the density to cos^(d-3)

    def value(y):
        # 1 - rho^2 over a^2 + b^2 - 2 a b rho, with 1 - rho = 2 sin^2(pi/4 - y/2)
        gap = (a - b) ** 2 + 4 * a * b * np.sin(np.pi / 4 - y / 2) ** 2
        return (np.cos(y) ** 2 / gap) ** half * np.cos(y) ** (d - 3)

    area = scipy.integrate.quad(value, -RIGHT_ANGLE, RIGHT_ANGLE, epsabs=0, epsrel=1e-10, limit=200)
    return area[0] / scipy.special.beta(0.5, (d - 2) / 2)


def pairs(u):
    case = angles_case([*u[:2], 0.5, *u[2:]])
    cot = np.array([1.0, 1 - u[2] * 0.99]) * real(u[3], 1e-3, 1e3)
    return case | {"cot": cot, "power": real(u[4], 0.2, 8)}


def slack_pair(case, **changes):
    exact = pair_moment(case)
    return identity((moment(case, **changes) - exact) / exact, 1e-7)


ANGLE_MOMENTS_PAIR = Claim(
    id="angle-moments-pair",
    paper="ours",
    statement=r"For $n=2$ the formula of `angle-moments` is the integral over the cosine of the "
    r"two orthogonal parts.",
    underived="a comparison of two integrals",
    chapter=EXACT,
    size=5,
    build=pairs,
    slack=slack_pair,
    mutants={
        "d + 1 for d": {"slack": partial(slack_pair, dim=1)},
        "the product without its exponent's -3": {
            "slack": lambda case: identity(moment(case, dim=3) / pair_moment(case) - 1, 1e-7)
        },
        "the parallel law as an equation": {
            "slack": lambda case: identity(
                conductance(case) ** (-case["power"] / 2) / pair_moment(case) - 1, 1e-7
            )
        },
    },
)


def product_law(case, draws, shared=True, own=0, top=0.5):
    """A B min_i(E_i / c_i^2)."""
    rng, d, n = case["rng"], case["dim"], case["cot"].size
    exponent = (d - 3 + own) / 2
    E = -np.expm1(-rng.standard_exponential((draws, n)) / exponent) if exponent else np.ones(n)
    least = (E / case["cot"] ** 2).min(axis=-1)
    B = rng.beta((d - n) / 2, (n - 1) / 2, draws) if n > 1 and shared else 1.0
    return rng.beta(0.5, top or (d - 2) / 2, draws) * B * least


def slack_law_of_error(case, draws=1500, **changes):
    T2 = case["rng"].beta(0.5, (case["dim"] - 2) / 2, draws)
    return same_law(T2 * gram_tan2(case, draws), product_law(case, draws, **changes))


EXACT_LAW = Claim(
    id="exact-law",
    paper="ours",
    statement=r"Under rotational symmetry and given the angles, $T^2\tan^2\phi$ has the law of "
    r"$A\,B\,\min_iE_i/\cot^2\theta_i$: independent $A\sim\mathrm{Beta}(\frac12,\frac12)$, "
    r"$B\sim\mathrm{Beta}(\frac{d-n}2,\frac{n-1}2)$, $E_i\sim\mathrm{Beta}(1,\frac{d-3}2)$.",
    chapter=EXACT,
    size=6,
    build=angles_case,
    slack=slack_law_of_error,
    hypotheses=SYMMETRIC,
    ablations=STRETCHED,
    mutants={
        "without B": {"slack": partial(slack_law_of_error, shared=False)},
        "E_i ~ Beta(1, (d-2)/2)": {"slack": partial(slack_law_of_error, own=1)},
        "T^2 for A": {"slack": partial(slack_law_of_error, top=None)},
    },
)


# The expected risk as an integral, by another route: a contour in the Mellin plane


def contour_risk(case, own=0, shared=0, arcsine=0.5):
    """(1/2) P[A B Lambda / cot^2(theta) >= 1], from the moments of its factors."""
    kappa, n, d = case["kappa"], case["n"], case["dim"]
    rest = (n - 1) / 2
    sigma, step = 0.3 * kappa, 0.05 * kappa
    z = sigma + 1j * step * np.arange(int(14 / step))
    gamma, half = scipy.special.loggamma, (d - n + shared) / 2
    log_A = gamma(arcsine + z) + gamma(arcsine + 0.5) - gamma(arcsine) - gamma(arcsine + 0.5 + z)
    log_B = gamma(half + z) - gamma(half) + gamma(half + rest) - gamma(half + rest + z)
    y = np.arange(-90, 36, min(0.2, 0.1 * kappa))  # beyond 36, tan(angle) is lost to rounding
    angle = RIGHT_ANGLE * np.exp(-np.logaddexp(0, -y) / kappa)
    log_tan, weight = np.log(np.tan(angle)), (y[1] - y[0]) / (2 + 2 * np.cosh(y))
    x, reach = reach_by_density(kappa, n, (d - 3 + own) / 2)
    moments = np.exp(np.outer(z, x)) @ (reach * (x[1] - x[0]))
    moments *= np.exp(np.outer(-2 * z, log_tan)) @ weight
    values = (np.exp(log_A + log_B) * moments).real
    return float((values.sum() - values[0] / 2) * step / np.pi / 2)


def reach_by_density(kappa, n, b):
    """x, and E[(1 - e^x cot^2)_+^b]^n, integrated over the density of the cotangent."""
    x = np.arange(-80 / kappa - 2 * np.log(n + b), 45 / kappa, 0.2)
    y = np.arange(-80 * max(1, 1 / kappa), 80, 0.25)
    s, t = 1 / (1 + np.exp(-y)), 1 / (1 + np.exp(y))
    root = np.sqrt(s) * np.exp(-x / 2)[:, None]  # cot where e^x cot^2 = s
    density = kappa * (np.arctan(root) / RIGHT_ANGLE) ** (kappa - 1) / RIGHT_ANGLE
    density *= root / (1 + root**2) / 2  # in log(s)
    return x, (density @ (t ** (b + 1) * 0.25)) ** n


SIZES = [(2, 3), (4, 9), (8, 9), (20, 1000)]


def symmetric_case(u):
    """One of 12 tasks: a contour is dear, and each is computed once."""
    n, d = pick(u[1], SIZES)
    return {"kappa": pick(u[0], [0.5, 1.0, 2.5]), "n": n, "dim": d}


@cache
def exact_to_contour(kappa, n, dim, case_dim, case_n, **changes):
    value = parallel.exact_expected_risk(PolynomialTask(kappa, dim), n)
    return value / contour_risk({"kappa": kappa, "n": case_n, "dim": case_dim}, **changes)


def slack_exact_expected(case, dim=0, more=0, **changes):
    n, d = case["n"], case["dim"]
    ratio = exact_to_contour(case["kappa"], n + more, d + dim, d, n, **changes)
    return identity(ratio - 1, 1e-6)


EXACT_EXPECTED_RISK = Claim(
    id="exact-expected-risk",
    paper="ours",
    statement=r"Under rotational symmetry $\mathbb E\,R(\hat w)=\frac12\,\mathbb P[\cot^2\theta\,"
    r"\cot^2\theta_i\le A\,B\,E_i\text{ for all }i]$, with the variables of `exact-law`: "
    r"`exact_expected_risk` integrates this, by another route than here.",
    chapter=EXACT,
    size=2,
    build=symmetric_case,
    slack=slack_exact_expected,
    mutants={
        "d + 1 for d": {"slack": partial(slack_exact_expected, dim=1)},
        "n - 1 for n": {"slack": partial(slack_exact_expected, more=-1)},
        "B ~ Beta((d-n+1)/2, .)": {"slack": partial(slack_exact_expected, shared=1)},
        "A ~ Beta(0.51, .)": {"slack": partial(slack_exact_expected, arcsine=0.51)},
    },
)


# Smaller angles: finite laws of two angles by an integral over the sides, powers by the library

SIDES = 160  # places at which the angle between two orthogonal parts is taken


def two_laws(u):
    """Training and test cotangents of two tasks, those of the better one no smaller."""
    rng, d = generator(u[0]), count(u[1], 2, 1000)
    level, spread = real(u[3], 1e-2, 1e2), u[4] * rng.uniform(-1, 1, (2, 2))
    cot = 10.0**spread * np.array([[level], [real(u[5], 0.03, 1) / level / np.sqrt(d)]])
    more = 1 + real(u[6], 1e-3, 3) * rng.uniform(0, 1, (2, 2)) * [[u[7] < 0.7], [u[7] > 0.3]]
    case = {"n": 1 if d == 2 or u[2] < 0.2 else 2, "dim": d, "worse": cot, "better": cot * more}
    return case | {"shares": rng.dirichlet([1, 1], 2), "sides": "all"}


def two_tasks(u):
    """Two finite laws, or two polynomial tasks (their integrals are dear: each is done once)."""
    if u[8] < 0.8:
        return two_laws(u)
    n, d = pick(u[1], [(1, 2), (1, 25), (4, 9), (20, 1000), (9, 9), (12, 9)])
    kappas = np.sort([pick(v, [0.5, 1.0, 1.05, 3.0]) for v in u[2:4]])
    return {"n": n, "dim": d, "worse": kappas[[0, 0]], "better": kappas[[1, 1]], "sides": "all"}


@cache
def power_risk(kappa, n, d):
    return parallel.exact_expected_risk(PolynomialTask(kappa, d), n)


def cosines(sides, d):
    """Cosines rho of the angle between two orthogonal parts, with probabilities."""
    if sides != "all":
        rho = np.array({"line": [-1.0, 1.0], "opposite": [-1.0]}[sides])
        return rho, np.full(rho.size, 1 / rho.size)
    y = np.pi * ((np.arange(SIDES) + 0.5) / SIDES - 0.5)  # rho = sin(y), density cos(y)^(d-3)
    weights = np.cos(y) ** (d - 3)
    return np.sin(y), weights / weights.sum()


def risk_by_cosine(case, which, sides, n, d):
    """Probabilities of the cosines, and the expected risk at each."""
    (train, test), (w, r) = case[which], case["shares"]
    q, chance = train[:, None] ** 2, np.ones(1)  # cot^2 of the student's angle
    if n == 2:
        (rho, chance), w = cosines(sides, d), np.outer(w, w)
        a, b = train[:, None, None], train[:, None]
        with np.errstate(divide="ignore", invalid="ignore"):
            q = ((a - b) ** 2 + 2 * a * b * (1 - rho)) / (1 - rho**2)
        q = np.where(np.isnan(q), a**2, q)  # the same example twice
    x = np.multiply.outer(test**2, q)
    missed = (x <= 1) / 2 if d == 2 else error_chance(x, d)
    return chance, np.tensordot(w, np.tensordot(r, missed, 1), w.ndim)


def law_risk(case, which, sides="all", less=0, dim=0):
    """E R of one of the two tasks."""
    n, d = max(1, case["n"] - less), case["dim"] + dim
    if "shares" not in case:
        return power_risk(case[which][0], n, d)
    chance, risk = risk_by_cosine(case, which, sides, n, d)
    return float(chance @ risk)


def slack_smaller(case, factor=1.0, **changes):
    worse, better = law_risk(case, "worse", case["sides"]), law_risk(case, "better", **changes)
    return computed((factor * worse - better) / max(worse, better, 1e-300), 1e-3)


def slack_each_side(case):
    """The same at every angle between the two sides, without averaging."""
    if "shares" not in case:
        return slack_smaller(case)
    size = "all", case["n"], case["dim"]
    worse, better = (risk_by_cosine(case, which, *size)[1] for which in ("worse", "better"))
    return computed(float((worse - better).min()), 1e-3)


def nothing_gained(case):
    """No risk at all, or a risk that jumps (two dimensions), or the same task twice."""
    same = np.array_equal(case["worse"], case["better"])
    safe = "shares" in case and case["worse"].min(axis=1).prod() >= 1  # angles sum to 90 degrees
    return same or safe or case["dim"] <= max(2, case["n"])


def ordered(row):
    return lambda case: bool((case["better"][row] >= case["worse"][row]).all())


def ordered_means(case):
    """Whether the training angles are smaller on average."""
    theta = np.arctan2(1, np.array([case["better"][0], case["worse"][0]]))
    return np.diff(theta @ case["shares"][0])[0] >= 0


def exchange(u, row):
    """Two finite laws, ordered the wrong way at training (row 0) or test (row 1)."""
    case = two_laws([*u[:7], 0.5, u[8]])
    case["worse"][row], case["better"][row] = case["better"][row], case["worse"][row].copy()
    return case


def one_crossing(u):
    """The smaller of the two training angles becomes larger."""
    case = two_laws(u)
    case["better"][0, case["worse"][0].argmax()] *= 0.3
    return case


def special_sides(u, kind):
    """Two examples whose orthogonal parts lie on one line, in the task with the larger angles."""
    case = two_laws([u[0], max(u[1], 0.5), 0.5, *u[3:]])
    return case | {"sides": kind}


SMALLER_ANGLES = Claim(
    id="smaller-angles",
    paper="ours",
    statement=r"Rotationally symmetric training laws, the same $d$ and $n$: if "
    r"$p\le\tilde p$ pointwise in training and at test, $\mathbb E\,R\le\mathbb E\,\tilde R$. "
    r"(Attacked with finite laws, one or two examples, by an integral over their sides, and with "
    r"`exact_expected_risk` on polynomial tasks.)",
    chapter=EXACT,
    size=9,
    build=two_tasks,
    slack=slack_smaller,
    trivial=nothing_gained,
    hypotheses={
        "p <= p~ in training": ordered(0),
        "p <= p~ at test": ordered(1),
        "rotational symmetry": lambda case: case["sides"] != "line",
        "independent examples": lambda case: case["sides"] != "opposite",
    },
    mutants={
        "2 % smaller": {"slack": partial(slack_smaller, factor=0.98)},
        "even with one example less": {"slack": partial(slack_smaller, less=1)},
        "even in one dimension more": {"slack": partial(slack_smaller, dim=1)},
        "for any given sides of the examples": {"slack": slack_each_side},
        "if training angles are smaller on average": {
            "build": one_crossing,
            "hypotheses": {"means": ordered_means},
        },
    },
    ablations={
        "p <= p~ in training": {"build": partial(exchange, row=0)},
        "p <= p~ at test": {"build": partial(exchange, row=1)},
        "rotational symmetry": {"build": partial(special_sides, kind="line")},
        "independent examples": {"build": partial(special_sides, kind="opposite")},
    },
)


# What follows from the formula


def wide_case(u):
    """The same in up to a million dimensions."""
    case = angles_case(u)
    return case | {"dim": max(case["cot"].size + 1, count(u[1], 3, 10**6))}


def slack_factors(case, low=1.0, high=1.0, ends=parallel.parallel_factors):
    lower, upper = ends(case["cot"].size, case["dim"], case["power"])
    value = moment(case) * conductance(case) ** (case["power"] / 2)
    return computed(min(value / (low * lower) - 1, high * upper / value - 1), 1e-8)


def conjectured(n, d, power):
    """(1 - n/d)^(power/2) as the upper end."""
    return parallel.parallel_factors(n, d, power)[0], (1 - n / d) ** (power / 2)


PARALLEL_FACTORS = Claim(
    id="parallel-factors",
    paper="ours",
    statement=r"Under rotational symmetry, $d\ge3$ and $n<d$: $\frac{d-n}{d-1}<"
    r"\mathbb E[\tan^2\phi\mid\theta_1,\dots,\theta_n]\sum_i\cot^2\theta_i\le"
    r"\frac{d-n}{d-3+2/n}$, with equality for equal angles; likewise, with gamma functions, for "
    r"every power of the tangent.",
    chapter=EXACT,
    size=6,
    build=wide_case,
    slack=slack_factors,
    trivial=one_example,
    mutants={
        "2 % lower at the top": {"slack": partial(slack_factors, high=0.98)},
        "2 % higher at the bottom": {"slack": partial(slack_factors, low=1.02)},
        "(1 - n/d)^(kappa/2) at the top": {"slack": partial(slack_factors, ends=conjectured)},
    },
)


def factor_limit_case(u):
    d = count(u[0], 10, 10**6)
    return {"dim": d, "n": min(max(2, int(u[1] * d)), d - 1), "power": real(u[2], 0.1, 4)}


def slack_factor_limit(case, count_of=lambda n, d: n / d, reach=3.0, end=slice(None)):
    """Relative distance of both ends to (1 - n/d)^(kappa/2), against C kappa (2 + kappa)/(d-n)."""
    n, d, power = case["n"], case["dim"], case["power"]
    ends = np.array(parallel.parallel_factors(n, d, power))[end]
    limit = (1 - count_of(n, d)) ** (power / 2)
    return computed(reach * power * (2 + power) / (d - n) - np.abs(ends / limit - 1).max(), 1e-9)


FACTOR_LIMIT = Claim(
    id="parallel-factor-limit",
    paper="ours",
    statement=r"Both ends of `parallel-factors` are $(1-n/d)^{\kappa/2}$ up to a relative error of "
    r"order $1/(d-n)$ (here: at most $3\kappa(2+\kappa)/(d-n)$ for $\kappa\le4$).",
    chapter=EXACT,
    size=3,
    build=factor_limit_case,
    slack=slack_factor_limit,
    mutants={
        "1 - n/(2d)": {"slack": partial(slack_factor_limit, count_of=lambda n, d: n / d / 2)},
        "1 - n/d^1.02": {"slack": partial(slack_factor_limit, count_of=lambda n, d: n / d**1.02)},
        "error a hundred times smaller": {"slack": partial(slack_factor_limit, reach=0.03)},
    },
)


def cot_case(u, room=None):
    case = angles_case(u)
    return case | {"dim": max(3, case["cot"].size + (room or count(u[1], 3, 10**4)))}


def chain_mean(case):
    """E[cot^2 phi] example by example: q' = q + (c - T sqrt q)^2 / Q has mean linear in q."""
    d, q = case["dim"], case["cot"][0] ** 2
    for k, c in enumerate(case["cot"][1:], 1):
        a, b = (d - k - 1) / 2, k / 2  # Q ~ Beta(a, b)
        if a <= 1:
            return np.inf

        def inverse(y, a=a, b=b):  # Q = sin^2 y: the density times 1/Q
            return np.sin(y) ** (2 * a - 3) * np.cos(y) ** (2 * b - 1)

        area = scipy.integrate.quad(inverse, 0, RIGHT_ANGLE, epsabs=0, epsrel=1e-11, limit=200)[0]
        mean = 2 * area / scipy.special.beta(a, b)
        q = q * (1 + (mean - 1) / k) + c**2 * mean  # E[T^2 | Q] = (1 - Q)/k
    return q


def slack_cot(case, top=3, bottom=2):
    d, n = case["dim"], case["cot"].size
    return identity(conductance(case) * (d - top) / (d - n - bottom) / chain_mean(case) - 1, 1e-8)


MEAN_COTANGENT = Claim(
    id="mean-cotangent",
    paper="ours",
    statement=r"Under rotational symmetry and for $n\le d-3$, $\mathbb E[\cot^2\phi\mid\theta_1,"
    r"\dots,\theta_n]=\frac{d-3}{d-n-2}\sum_i\cot^2\theta_i$.",
    chapter=EXACT,
    size=6,
    build=cot_case,
    slack=slack_cot,
    trivial=one_example,
    hypotheses={"n at most d - 3": lambda case: case["cot"].size <= case["dim"] - 3},
    mutants={
        "(d-2)/(d-n-1)": {"slack": partial(slack_cot, top=2, bottom=1)},
        "(d-1)/(d-n)": {"slack": partial(slack_cot, top=1, bottom=0)},
        "the parallel law as an equation": {
            "slack": lambda case: identity(conductance(case) / chain_mean(case) - 1, 1e-8)
        },
    },
    ablations={"n at most d - 3": {"build": lambda u: cot_case(u, room=1)}},
)


def slack_ordered(case, factor=1.0, shift=1):
    cot2, d = np.sort(case["cot"]) ** 2, case["dim"]
    weights = np.append(1.0, (d - 1) / (d - np.arange(2, cot2.size + 1) + shift))
    return computed(factor / (weights[: cot2.size] @ cot2) / moment(case, power=2) - 1, 1e-8)


PARALLEL_ORDERED = Claim(
    id="parallel-ordered",
    paper="ours",
    statement=r"Under rotational symmetry and for $n<d$, in any order of the examples, "
    r"$\mathbb E[\tan^2\phi\mid\theta_1,\dots,\theta_n]\le1/\sum_k\omega_k\cot^2\theta_k$ with "
    r"$\omega_1=1$, $\omega_k=(d-1)/(d-k+1)$.",
    chapter=EXACT,
    size=6,
    build=wide_case,
    slack=slack_ordered,
    trivial=one_example,
    mutants={
        "2 % smaller": {"slack": partial(slack_ordered, factor=0.98)},
        "(d-1)/(d-k)": {"slack": partial(slack_ordered, shift=0)},
        "(d-1)/(d-k+1/2)": {"slack": partial(slack_ordered, shift=0.5)},
    },
)

CLAIMS = [
    PARALLEL_LAW,
    PARALLEL_BOUND,
    PARALLEL_ENVELOPE,
    POWER_LAW,
    POWER_LAW_4,
    ANGLE_MOMENTS,
    ANGLE_MOMENTS_PAIR,
    EXACT_LAW,
    EXACT_EXPECTED_RISK,
    SMALLER_ANGLES,
    PARALLEL_FACTORS,
    FACTOR_LIMIT,
    MEAN_COTANGENT,
    PARALLEL_ORDERED,
]
