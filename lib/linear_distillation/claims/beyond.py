"""Results of our own: sharper bounds, exact risks, the angle chain."""

import numpy as np
import scipy

from ..chain import bartlett_angles, data_angles, student_angles
from ..geometry import line_angle
from ..laws import RIGHT_ANGLE, AtomicLaw, PowerLaw
from ..tasks import IsotropicTask, MarginTask, PolynomialTask, SymmetricTask
from .balls import floats
from .balls.finite import expected_risk, mean_risk
from .balls.finite import integral_bound as integral
from .balls.laws import beta, power_integral_bound, power_law
from .balls.numbers import is_ball, pi_of
from .balls.risks import angle_risk, gamma, lowest_split, power_risk
from .cases import EPS, finite_case, law_case, task_of
from .claim import claim
from .how_fast import all_drawn, beside, copies_of_one, in_span
from .slack import AtMost, Equal, is_mean, same_law

CHAPTER, HERE = "why-it-works/data-geometry", "beyond/sharper-bounds"
NINE = 1e-9  # relative, to which the library promises an integral

# The integral bound


def strict_integral(law, n):
    """E[P[alpha > pi/2 - theta]^n], with the strict inequality at atoms."""
    return law.weights @ law(pi_of(law.angles) / 2 - law.angles + 1e-12) ** n


def short_integral(law, n):
    """The integral bound with angles that may sum to 1.02 right angles."""
    return law.weights @ law(1.02 * pi_of(law.angles) / 2 - law.angles) ** n


@claim(
    "ours",
    r"For independent examples, $\mathbb E\,R(\hat w)\le\mathbb E[p(\pi/2-\theta)^n]$ with "
    r"$\theta$ an independent draw of the angle.",
    chapter=HERE,
    short="no need to split",
    rests_on=("theorem-3-easy", "theorem-3-independence", "theorem-3-symmetry"),
    mutants={
        "n + 1 for n": {"more": 1},
        "P[alpha > .] for p": {"bound": strict_integral},
        "angles sum to 1.02 pi/2": {"bound": short_integral},
    },
    without={
        "independent examples": {"drawn": copies_of_one},
        "the student is the projection": {"student": beside},
    },
)
def integral_bound(draw, drawn=all_drawn, student=None, bound=integral, more=0):
    task, n = finite_case(draw)
    draw.assume("independent examples", drawn(n) == n)
    draw.assume("the student is the projection", not student or in_span(student, task))
    mean = mean_risk(task, drawn(n), student) if student else expected_risk(task, drawn(n))
    draw.trivial(floats(mean) == 0)
    return AtMost(mean, bound(task.tail, n + more))


@claim(
    "ours",
    r"The integral bound is at most $p(\beta)+p(\pi/2-\beta)^n$, for every $\beta$.",
    chapter=HERE,
    rests_on=("integral-bound", "theorem-3-split"),
    mutants={"n + 1 in the split": {"more": 1}, "half of the hard ones": {"hard": 0.5}},
)
def integral_dominance(draw, more=0, hard=1):
    law, n, angle = law_case(draw)
    split, value = hard * law(angle) + law.near(angle) ** (n + more), integral(law, n)
    steepness = n * floats(getattr(law, "kappa", 1))  # of a power that rounding of p goes through
    error = NINE * floats(value) + 8 * EPS * steepness * floats(split)
    return AtMost(value, split, error=error + 1e-60)


@claim(
    "ours",
    r"For $p(\theta)=(1-2\theta/\pi)^\kappa$ the integral bound is $\kappa\,B(n\kappa+1,\kappa)$; "
    r"for $\kappa=1$, $1/(n+1)$.",
    chapter=CHAPTER,
    rests_on=("integral-bound",),
    mutants={
        "B(n kappa, kappa)": {"closed": lambda k, n: k * beta(n * k, k)},
        "B(n kappa + 1, 1.02 kappa)": {"closed": lambda k, n: k * beta(n * k + 1, 1.02 * k)},
        "its limit Gamma(kappa + 1) (n kappa)^-kappa": {
            "closed": lambda k, n: gamma(k + 1) * (n * k) ** -k
        },
    },
)
def integral_bound_power(draw, closed=power_integral_bound):
    kappa, n = draw.real(0.05, 40), draw.count(1, 10**4)
    exact, value = integral(power_law(kappa), n), closed(kappa, n)
    draw.trivial(floats(exact) < 1e-60)
    return Equal(value, exact, error=NINE * max(floats(exact), 1e-60))


@claim(
    "ours",
    r"$\kappa\,B(n\kappa+1,\kappa)\le\Gamma(\kappa+1)\,(n\kappa)^{-\kappa}$ for every $\kappa>0$ "
    r"and $n\ge1$, and the ratio tends to 1 as $n\to\infty$.",
    chapter=HERE,
    rests_on=("integral-bound-power",),
    mutants={
        "n + 1 for n": {"more": lambda kappa: kappa},
        "(n kappa + (kappa + 1)/2)^-kappa": {"more": lambda kappa: (kappa + 1) / 2},
    },
)
def integral_bound_rate(draw, more=lambda kappa: 0):
    kappa, n = draw.real(0.05, 12), draw.count(1, 10**4)
    limit = gamma(kappa + 1) * (n * kappa + more(kappa)) ** -kappa
    value = power_integral_bound(kappa, n)
    logarithms = 1 + scipy.special.gammaln((n + 1) * floats(kappa) + 1)  # of gamma functions
    return AtMost(value, limit, error=8 * EPS * logarithms * floats(limit))


@claim(
    "ours",
    r"For $\kappa=1$ and $n\ge2$ the infimum in (19) is $1-(n-1)n^{-n/(n-1)}$, at "
    r"$\beta=\tfrac\pi2n^{-1/(n-1)}$.",
    chapter=CHAPTER,
    rests_on=("theorem-3-19",),
    mutants={
        "n for n - 1 in the value": {"value": lambda n: 1 - n * n ** (-n / (n - 1))},
        "log(n)/n": {"value": lambda n: np.log(n) / n},
        "the angle of Corollary 2": {"angle": lambda n: 1 - np.log(n) / n},
    },
)
def uniform_angle_infimum(
    draw,
    value=lambda n: 1 - (n - 1) * n ** (-n / (n - 1)),
    angle=lambda n: n ** (-1 / (n - 1)),
):
    """A minimum is flat: its place is known to the root of what its value is known to."""
    n = draw.number(float(draw.count(2, 10**7)))
    least, place = lowest_split(n)
    rounding = 4 * EPS * (1 + np.log(floats(n)))  # of 1 - (n-1)/n n^(-1/(n-1)), near 1 - 1
    flat = np.sqrt(2 * (rounding + NINE * floats(least)) / (floats(n) - 1))
    return [Equal(value(n), least, error=rounding), Equal(angle(n), place, error=flat)]


# The exact risk


def averaged_risk(phi, law, dim, half=0.5):
    """P[T tan(phi) >= tan(psi)] averaged over psi, and its error, by two steps of one rule.

    (On balls the average is taken over T, which the chapter shows to be the same.)
    """
    if is_ball(phi):
        return power_risk(phi, law, dim, half), 0
    top, values = float(law.near(phi)), []
    for step in min(1, law.kappa) / np.array([8, 4]):  # for small kappa it is steep in log s
        y = np.arange(-40 - 5 * law.kappa, 40, step)
        s, weights = scipy.special.expit(y), step * scipy.special.expit(y) * scipy.special.expit(-y)
        z = np.tan(law.elevation(top * s)) / np.tan(phi)
        errs = scipy.special.betaincc(half, (dim - 2) / 2, np.minimum(1, z * z)) / 2
        values.append(top * weights @ errs)
    return values[0], abs(values[1] - values[0])


@claim(
    "ours",
    r"Under rotational symmetry, with $d\ge3$, $\mathbb P[w_\star^\top x=0]=0$ and "
    r"$w^\top w_\star>0$, the risk at angle $\phi$ is "
    r"$\mathbb E[\mathbb P(T\tan\phi\ge\cot\theta)]$, $(1+T)/2\sim\mathrm{Beta}"
    r"(\tfrac{d-2}2,\tfrac{d-2}2)$: `angle_risk` integrates this, by another route than here.",
    chapter=HERE,
    short="exact risk",
    mutants={
        "d + 1 for d": {"more": 1},
        "d - 1 for d": {"more": -1},
        "T^2 ~ Beta(0.51, .)": {"half": 0.51},
    },
)
def exact_risk(draw, more=0, half=0.5):
    dim, shape = draw.count(4, 10_000), floats(draw.real(0.1, 20))
    margin = draw.pick(0, 1.5) * floats(draw.uniform())
    law, share = PowerLaw(shape, margin), floats(draw.real(1e-6, 1))
    phi = draw.number(margin + share * (RIGHT_ANGLE - margin))
    exact, error = averaged_risk(phi, law, dim + more, half)
    steepness = (shape + dim) / share if margin else shape  # in phi, from the margin on
    rounding = 1e-11 + 8 * EPS * steepness
    scale = max(floats(exact), 1e-290)  # below it doubles have fewer digits
    draw.trivial(floats(exact) < 1e-290)
    return Equal(angle_risk(phi, law, dim), exact, error=error + rounding * scale, scale=scale)


def symmetric_case(draw):
    rng, d, shape = draw.rng(), draw.count(2, 12), floats(draw.real(0.1, 2))
    return draw.pick(
        lambda: PolynomialTask(shape, d, rng.standard_normal(d)),
        lambda: MarginTask(shape / 4, d),
        lambda: IsotropicTask(d),
        lambda: SymmetricTask(AtomicLaw(rng.uniform(0, 1.5, 3)), d),
    )()


class OneSided:
    """The uniform angle, but all examples lean to the same side of the teacher."""

    tail, dim, teacher = PowerLaw(1.0), 3, np.eye(3)[0]

    def sample(self, n, rng):
        psi = self.tail.draw(n, rng)
        return np.array([np.sin(psi), np.cos(psi), 0 * psi])


@claim(
    "ours",
    r"Under rotational symmetry the share of errors on drawn examples has the exact risk as its "
    r"mean.",
    chapter=CHAPTER,
    rests_on=("exact-risk",),
    underived="a comparison with data",
    mutants={
        "20 % larger": {"factor": 1.2, "examples": 20_000},
        "d + 1 for d": {"more": 1, "examples": 20_000},
        "whichever side the student is on": {"flip": False},
    },
    without={"rotational symmetry": {"case": lambda draw: OneSided()}},
)
def exact_risk_data(draw, case=symmetric_case, factor=1, more=0, flip=True, examples=4000):
    task = case(draw)
    draw.assume("rotational symmetry", isinstance(task, SymmetricTask))
    rng, spread = draw.rng(), floats(draw.real(0.1, 10))
    w = task.teacher / np.linalg.norm(task.teacher) + spread * rng.standard_normal(task.dim)
    x = task.sample(examples, draw.sample())
    risk = factor * angle_risk(line_angle(task.teacher, w), task.tail, task.dim + more)
    risk = 1 - risk if flip and w @ task.teacher < 0 else risk
    return is_mean(draw, risk, np.sign(w @ x) != np.sign(task.teacher @ x))


# The angle chain


def chain_case(draw, most=100):
    d, shape = draw.count(3, most), floats(draw.real(0.1, 5))
    task = draw.pick(PolynomialTask(shape, d), IsotropicTask(d), MarginTask(shape / 5, d))
    return task, draw.count(1, min(d - 1, 8))


def one_more_dimension(task):
    return SymmetricTask(task.tail, task.dim + 1)


def first_alone(task, n, draws, rng):
    """The angle of the best single example: no combination of examples."""
    psi = task.tail.draw((draws, n), rng)
    return RIGHT_ANGLE - psi.max(axis=1)


def infinite_dimension(task, n, draws, rng):
    """tan^2 phi = 1 / sum of cot^2 theta_i, the law for d to infinity."""
    return np.arctan(1 / np.linalg.norm(np.tan(task.tail.draw((draws, n), rng)), axis=1))


def compare(draw, case, route, changed, more, draws):
    """The law of the chain against that of another route."""
    (task, n), rng = case, draw.sample()
    symmetric = changed(SymmetricTask(task.tail, task.dim))
    chain = student_angles(symmetric, max(1, n + more), draws, rng)
    return same_law(draw, chain, route(task, n, draws, rng))


@claim(
    "ours",
    r"Under rotational symmetry the student's angle is a Markov chain: `student_angles` has the "
    r"law of the Bartlett factor.",
    chapter=HERE,
    short="the angle's chain",
    mutants={
        "one degree of freedom more": {"changed": one_more_dimension, "draws": 8000},
        "one example more": {"more": 1},
        "the best single example": {"route": first_alone},
        "infinitely many dimensions": {"route": infinite_dimension},
    },
)
def angle_chain(draw, route=bartlett_angles, changed=lambda task: task, more=0, draws=1500):
    return compare(draw, chain_case(draw), route, changed, more, draws)


def small_case(draw):
    """Small dimensions, where an error of one degree of freedom shows."""
    return chain_case(draw, most=8)


@claim(
    "ours",
    r"Under rotational symmetry `student_angles` has the law of the angles of students trained on "
    r"drawn examples.",
    chapter=CHAPTER,
    rests_on=("angle-chain",),
    underived="a comparison with data",
    mutants={
        "one degree of freedom more": {"changed": one_more_dimension, "draws": 10_000},
        "one example more": {"more": 1},
        "one example fewer": {"more": -1},
    },
    without={"rotational symmetry": {"case": lambda draw: (OneSided(), draw.count(1, 2))}},
)
def angle_chain_data(draw, case=small_case, changed=lambda task: task, more=0, draws=1200):
    task, n = case(draw)
    draw.assume("rotational symmetry", isinstance(task, SymmetricTask))
    return compare(draw, (task, n), data_angles, changed, more, draws)


# One example more for the margin


def margin_case(draw):
    """Examples with an angular margin, the hard ones leaning to all sides, every two apart."""
    n = draw.pick(1, 1, 2, 3)
    k, rng = draw.count(2, {1: 7, 2: 5, 3: 4}[n]), draw.rng()
    margin, q = floats(draw.real(1e-3, 0.7)), floats(draw.real(1e-2, 0.98))
    across = np.eye(k) - 1 / k  # a simplex
    across /= np.linalg.norm(across, axis=0)
    hard = RIGHT_ANGLE - margin * (1 + 1e-9 + floats(draw.uniform()))
    points = np.vstack([np.full(k, np.cos(hard)), np.sin(hard) * across])
    points = np.c_[points, np.eye(k + 1)[0]] * 10.0 ** rng.uniform(-3, 3, k + 1)
    return task_of(draw, points, np.append([q / k] * k, 1 - q)), n, margin


@claim(
    "ours",
    r"If $p(\pi/2-\gamma)=0$ and $n\ge1$, then $\mathbb E\,R(\hat w)\le p(\gamma)^{n+1}$.",
    chapter=HERE,
    short="one example more",
    rests_on=("integral-bound",),
    loose="equality takes infinitely many hard examples: of k, one seen twice is one not lost",
    mutants={
        "n + 2 for n + 1": {"more": 2},
        "half of it": {"factor": 0.5},
        "4/5 of it": {"factor": 0.8},
    },
    without={
        "gamma is a margin": {"widen": lambda margin: margin + 0.7 * (RIGHT_ANGLE - margin)},
        "independent examples": {"drawn": copies_of_one},
    },
)
def margin_one_more(draw, drawn=all_drawn, widen=lambda margin: margin, more=1, factor=1):
    task, n, margin = margin_case(draw)
    margin, law = draw.number(widen(margin)), task.tail
    draw.assume("gamma is a margin", law.near(margin) == 0)
    draw.assume("independent examples", drawn(n) == n)
    mean = expected_risk(task, drawn(n))
    draw.trivial(floats(mean) == 0)
    return AtMost(mean, factor * law(margin) ** (n + more))
