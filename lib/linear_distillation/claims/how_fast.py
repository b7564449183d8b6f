"""Sections 4.2 and 4.3: how fast the student learns."""

from functools import partial
from itertools import pairwise, product

import numpy as np
import scipy

from .. import bounds
from ..chain import student_angles
from ..geometry import line_angle, span_basis, unit
from ..laws import RIGHT_ANGLE, AtomicLaw, PowerLaw
from ..risk import angle_risk, expected_risk, seen_probabilities, transfer_risk
from ..students import distilled_student, hard_label_student
from ..tasks import FiniteTask, IsotropicTask, MarginTask, MixtureTask, PolynomialTask
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

CHAPTER = "why-it-works/data-geometry"
HERE = "how-fast-it-learns"
TO_COME = "its chapter is to come"

# Transfer sets


def transfer_set(u):
    """A teacher and examples of all magnitudes, some of them dependent."""
    rng, d = generator(u[0]), count(u[1], 1, 10_000)
    n = count(u[2], 1, max(1, min(2 * d, 2000 // d, 40)))
    X = rng.standard_normal((d, n)) * 10.0 ** rng.uniform(-u[3] * 50, u[3] * 50, n)
    kind = pick(u[4], ["plain", "duplicate", "multiple", "zero"])
    if n > 1 and kind != "plain":
        X[:, -1] = {"duplicate": 1, "multiple": -3.5, "zero": 0}[kind] * X[:, 0]
    w_star = rng.standard_normal(d) * real(u[5], 1e-100, 1e100)
    return {"X": X, "fewer": X[:, : count(u[6], 1, n)], "w_star": w_star}


def slack_lemma1(case, student=None, factor=1.0):
    w_star, student = case["w_star"], student or distilled_student
    before, after = (line_angle(w_star, student(case[key], w_star)) for key in ("fewer", "X"))
    return computed(factor * before - after, 1e-9)


def nested(case):
    return all((x == case["X"].T).all(axis=1).any() for x in case["fewer"].T)


def same_span(case):
    return span_basis(case["fewer"])[1] == span_basis(case["X"])[1]


def fresh_examples(u):
    """As many examples in the smaller set, but other ones."""
    case = transfer_set(u)
    return case | {"fewer": generator(u[6]).standard_normal(case["fewer"].shape)}


def one_exchanged(u):
    case = transfer_set(u)
    fewer = case["fewer"].copy()
    fewer[:, 0] = unit(fewer[:, 0]) + 0.1 * unit(case["w_star"])
    return case | {"fewer": fewer}


def averaging_student(X, w_star):
    """One step of gradient descent, normalised: X X' w_star."""
    columns = unit(X.T).T
    return columns @ (columns.T @ unit(w_star))


LEMMA_1 = Claim(
    id="lemma-1",
    paper="Lemma 1",
    statement=r"If $X_-$ is $X_+$ with columns removed, then "
    r"$\alpha(w_\star,\hat w(X_+))\le\alpha(w_\star,\hat w(X_-))$.",
    chapter="why-it-works/strong-monotonicity",
    size=7,
    build=transfer_set,
    slack=slack_lemma1,
    trivial=same_span,
    hypotheses={"nested": nested},
    mutants={
        "one example is exchanged": {"build": one_exchanged, "hypotheses": {}},
        "the angle falls by 2 %": {"slack": partial(slack_lemma1, factor=0.98)},
        "for the averaging student": {"slack": partial(slack_lemma1, student=averaging_student)},
    },
    ablations={"nested": {"build": fresh_examples}},
)


# (18)


def spanning_case(u):
    rng, d = generator(u[0]), count(u[1], 2, 60)
    n = count(u[2], d, 2 * d)
    tasks = [PolynomialTask, lambda kappa, d, teacher: IsotropicTask(d, teacher), MarginTask]
    task = pick(u[3], tasks)(real(u[4], 0.3, 1.2), d, teacher=rng.standard_normal(d))
    X = task.sample(n, rng)
    if u[5] < 0.2:
        X[:, -1] = X[:, 0]
    return {"task": task, "X": X}


def slack_18(case, examples=slice(None), off=0.0):
    """The student's risk, and its distance to the teacher by the projection itself."""
    X, teacher = case["X"][:, examples], case["task"].teacher
    w, (U, _) = distilled_student(X, teacher), span_basis(X)
    w[0] *= 1 + off
    missed = np.linalg.norm(U @ (teacher @ U) - teacher) / np.linalg.norm(teacher)
    return identity([transfer_risk(w, case["task"]), missed])


def spans(case):
    return span_basis(case["X"])[1] == len(case["X"])


THEOREM_3_18 = Claim(
    id="theorem-3-18",
    paper="Theorem 3, (18)",
    statement=r"If the examples span $\mathbb R^d$ (so $n\ge d$), then $\hat w=w_\star$ and "
    r"$R(\hat w)=0$.",
    underived="it restates Theorem 1: the projection onto the whole space is the identity",
    size=6,
    build=spanning_case,
    slack=slack_18,
    hypotheses={"the examples span": spans},
    mutants={
        "the last example is not needed": {"slack": partial(slack_18, examples=slice(-1))},
        "the first example is not needed": {"slack": partial(slack_18, examples=slice(1, None))},
        "for a student 1 % off in one coordinate": {"slack": partial(slack_18, off=0.01)},
    },
    ablations={"the examples span": {}},
)


# (19): E R <= bound, attacked with finite tasks, where E R is a finite sum


def finite_case(u):
    """A finite task: a few random points, or two rare leaning ones, where (19) is tight."""
    rng, n = generator(u[0]), count(u[1], 1, 12)
    b = real(u[2], 1e-4, 0.5)
    if u[3] < 0.4:
        excess = real(u[5], 1e-6, 1e-2) if u[5] < 0.7 else 0.0
        points, weights = leaning_points(u[4] * 0.7 + 0.05, excess), [1 - b, b]
    else:
        d, k = count(u[4], 2, 6), count(u[5], 1, 5)
        points, weights = rng.standard_normal((d, k)), rng.dirichlet(np.full(k, 4 * b))
        points[0] *= real(u[7], 0.1, 10)
    task = FiniteTask(points, weights, np.eye(len(points))[0] * real(u[6], 1e-100, 1e100))
    case = {"task": task, "n": n, "beta": u[7] * RIGHT_ANGLE}
    return case | {"learner": expected, "at_least": True}


def leaning_points(angle, excess):
    """Two examples on opposite sides of e_1 whose angles sum to pi/2 + excess."""
    c, s = np.cos([angle, angle - excess]), np.sin([angle, angle - excess])
    return np.array([[c[0], s[1]], [s[0], -c[1]]])  # orthogonal to the last digit for excess 0


def with_learner(learner, build=finite_case, **more):
    return lambda u: build(u) | {"learner": learner} | more


def slack_bound(case, bound, factor=1.0):
    """factor * bound - E R, relative to the bound."""
    mean = case["learner"](case)
    value = factor * bound(case["task"].tail, case["n"], case)
    return computed((value - mean) / max(value, mean, 1e-300), 1e-9)


def expected(case):
    return expected_risk(case["task"], case["n"]).mean


def theorem3(law, n, case):
    if not case["at_least"]:
        return strict_split(law, n, case)
    return bounds.theorem3_bound(law, n).value


def split_at(law, n, case, right_angle=RIGHT_ANGLE, more=0, hard=1.0):
    """p(beta) + p(pi/2 - beta)^n at one beta, outside rounding's reach of a jump."""
    beta, sliver = case["beta"], 1e-14
    return hard * law(beta - sliver) + law(right_angle - beta - sliver) ** (n + more)


def strict_split(law, n, case):
    """(19) with P[alpha > .] in place of P[alpha >= .], at the jumps of p."""
    beta = np.concatenate([law.angles, RIGHT_ANGLE - law.angles])
    return (law(beta + 1e-14) + law(RIGHT_ANGLE - beta + 1e-14) ** n).min()


def wider_split(law, n, case):
    """(19) with angles that may sum to 1.02 right angles."""
    right = 1.02 * RIGHT_ANGLE
    beta = np.sort(np.concatenate([law.angles, right - law.angles, [0, RIGHT_ANGLE]]))
    beta = (beta[1:] + beta[:-1]) / 2
    return (law(beta) + law(right - beta) ** n).min()


def copies(case):
    """E R when all n examples are copies of one: that of a single example."""
    return expected_risk(case["task"], 1).mean


def biased(case):
    """E R of a minimiser of the training loss that is not the projection, from one example."""
    task, rng = case["task"], np.random.default_rng(5)
    total = 0.0
    for x, weight in zip(task.points.T, task.weights, strict=True):
        w = distilled_student(x[:, None], unit(task.teacher))
        g = rng.standard_normal(task.dim)
        q = g - distilled_student(x[:, None], g)
        total += weight * transfer_risk(w + 3 * q, task)
    return total


def three_points(u):
    """One example on the teacher's line, and two that lean to opposite sides of it."""
    angle = np.array([0.0, 1.57 * u[0], -1.57 * u[1]])
    task = FiniteTask([np.cos(angle), np.sin(angle)], generator(u[2]).dirichlet(np.ones(3)))
    return {"task": task, "n": count(u[3], 2, 40), "learner": hard_labels, "at_least": True}


def hard_labels(case):
    """E R of the student of hard labels, trained to the end: the widest margin."""
    task, total = case["task"], 0.0
    seen = seen_probabilities(task.weights, case["n"])
    for subset in np.flatnonzero(seen):
        chosen = subset >> np.arange(task.weights.size) & 1 == 1
        w = hard_label_student(task.points[:, chosen], task.teacher)
        total += seen[subset] * transfer_risk(w, task)
    return total


def nothing_to_err(case):
    return not case["learner"](case) and not bounds.integral_bound(case["task"].tail, case["n"])


INDEPENDENT = {"independent examples": lambda case: case["learner"] is not copies}
PROJECTION = {"the student is the projection": lambda case: case["learner"] is not biased}
SOFT = {"soft labels": lambda case: case["learner"] is not hard_labels}
AT_LEAST = {"p counts the angle theta itself": lambda case: case["at_least"]}

THEOREM_3_19 = Claim(
    id="theorem-3-19",
    paper="Theorem 3, (19)",
    statement=r"For independent examples, "
    r"$\mathbb E\,R(\hat w)\le\inf_\beta\,p(\beta)+p(\pi/2-\beta)^n$. (The paper has "
    r"$n<d$, which its proof does not use.)",
    chapter=HERE,
    size=8,
    build=finite_case,
    slack=partial(slack_bound, bound=theorem3),
    trivial=nothing_to_err,
    hypotheses={**INDEPENDENT, **PROJECTION, **SOFT, **AT_LEAST},
    mutants={
        "n + 1 for n": {
            "slack": partial(slack_bound, bound=lambda p, n, case: theorem3(p, n + 1, case))
        },
        "2 % smaller": {"slack": partial(slack_bound, bound=theorem3, factor=0.98)},
        "P[alpha > beta] for p": {"slack": partial(slack_bound, bound=strict_split)},
        "angles sum to 1.02 pi/2": {"slack": partial(slack_bound, bound=wider_split)},
    },
    ablations={
        "independent examples": {"build": with_learner(copies)},
        "the student is the projection": {"build": with_learner(biased, n=1)},
        "soft labels": {"build": three_points},
        "p counts the angle theta itself": {"build": with_learner(expected, at_least=False)},
    },
)

THEOREM_3_SPLIT = Claim(
    id="theorem-3-split",
    paper="Proof of Theorem 3",
    statement=r"$\mathbb E\,R(\hat w)\le p(\beta)+p(\pi/2-\beta)^n$ for every $\beta\in[0,\pi/2]$.",
    chapter=HERE,
    size=8,
    build=finite_case,
    slack=partial(slack_bound, bound=split_at),
    trivial=nothing_to_err,
    hypotheses=INDEPENDENT,
    mutants={
        "n + 1 for n": {"slack": partial(slack_bound, bound=partial(split_at, more=1))},
        "angles sum to 1.02 pi/2": {
            "slack": partial(slack_bound, bound=partial(split_at, right_angle=1.02 * RIGHT_ANGLE))
        },
        "hard examples err with probability 1/2": {
            "slack": partial(slack_bound, bound=partial(split_at, hard=0.5))
        },
    },
    ablations={"independent examples": {"build": with_learner(copies)}},
)


# The steps of the proof: easy and hard examples apart, each with its own rate of error


def listed_case(u):
    """A finite task so small that all its transfer sets can be listed, and an angle to split at."""
    case = finite_case(u)
    angles = np.append(case["task"].tail.angles, case["beta"])
    return case | {"n": count(u[1], 1, 3), "beta": pick(u[7], angles)}


def error_rates(task, n):
    """P[the student errs on x] for every x, summed over the ordered transfer sets."""
    drawn = np.array(list(product(range(task.weights.size), repeat=n)))
    w = unit(distilled_student(task.points[:, drawn].swapaxes(0, 1), task.teacher))
    aside = w @ unit(task.points.T).T * np.sign(unit(task.teacher) @ task.points)
    return task.weights[drawn].prod(axis=1) @ (aside < 1e-14)


def slack_decomposition(case, hard=1.0, more=0, strict=False):
    """p(beta) and the errors of the easy examples, against E R by transfer sets."""
    task, n, beta = case["task"], case["n"], case["beta"]
    mean, rates = expected(case), error_rates(task, n)
    easy = line_angle(task.teacher, task.points.T) < beta
    upper = hard * task.tail(np.nextafter(beta, 2) if strict else beta)
    upper += task.weights @ (easy * (error_rates(task, n + more) if more else rates))
    gap = abs(task.weights @ rates - mean) / max(mean, 1e-9)
    return computed(min((upper - mean) / max(upper, mean, 1e-300), 1e-9 - gap), 1e-9)


THEOREM_3_DECOMPOSITION = Claim(
    id="theorem-3-decomposition",
    paper="Proof of Theorem 3, (29)",
    statement=r"$\mathbb E\,R(\hat w)=\mathbb E_x\,\mathbb P_X[\hat w\text{ errs on }x]\le "
    r"p(\beta)+\mathbb E_x\bigl[1[\alpha(w_\star,x)<\beta]\;\mathbb P_X[\hat w\text{ errs on }x]"
    r"\bigr]$.",
    chapter=HERE,
    size=8,
    build=listed_case,
    slack=slack_decomposition,
    trivial=lambda case: not expected(case),
    mutants={
        "hard examples err with probability 1/2": {"slack": partial(slack_decomposition, hard=0.5)},
        "P[alpha > beta] for p": {"slack": partial(slack_decomposition, strict=True)},
        "one training example more for the easy": {"slack": partial(slack_decomposition, more=1)},
    },
)


def drawn_sets_case(u):
    """Many transfer sets of a task, and an angle that all their examples exceed now and then."""
    rng, n = generator(u[0]), count(u[1], 1, 12)
    d = count(u[2], 2, 6)
    tasks = [
        lambda: PolynomialTask(real(u[3], 0.3, 8), d),
        lambda: MarginTask(real(u[3], 0.01, 1.5), d),
        lambda: IsotropicTask(d, rng.standard_normal(d)),
        lambda: FiniteTask(rng.standard_normal((d, 4)), rng.dirichlet(np.ones(4))),
    ]
    task = pick(u[4], tasks)()
    psi = float(task.tail.elevation((0.1 + 0.8 * u[5]) ** (1 / n)))
    return {"task": task, "n": n, "psi": psi + 1e-12, "rng": rng, "repeat": 1}


def slack_independence(case, value=lambda p, n: p**n, sets=4000):
    """The share of transfer sets with all angles >= pi/2 - psi, against p(pi/2 - psi)^n."""
    task, n = case["task"], case["n"]
    X = np.repeat(task.sample(-(-n // case["repeat"]) * sets, case["rng"]), case["repeat"], axis=1)
    psi = RIGHT_ANGLE - line_angle(task.teacher, X.T).reshape(sets, -1)[:, :n]
    return equals(value(float(task.tail.near(case["psi"])), n), (psi <= case["psi"]).all(axis=1))


def equals(value, draws):
    """The slack of "value is the mean of these draws from [0, 1]"."""
    low, high = mean_interval(draws.astype(float))
    return -max(abs(value - low), abs(value - high)), min(value - low, high - value)


THEOREM_3_INDEPENDENCE = Claim(
    id="theorem-3-independence",
    paper="Proof of Theorem 3, (32)",
    statement=r"For independent examples, $\mathbb P[\alpha(w_\star,x_i)\ge\theta\text{ for all }i"
    r"\le n]=p(\theta)^n$.",
    chapter=HERE,
    size=6,
    build=drawn_sets_case,
    slack=slack_independence,
    hypotheses={"independent examples": lambda case: case["repeat"] == 1},
    mutants={
        "n + 1 for n": {"slack": partial(slack_independence, value=lambda p, n: p ** (n + 1))},
        "n - 1 for n": {"slack": partial(slack_independence, value=lambda p, n: p ** (n - 1))},
        "some example instead of all": {
            "slack": partial(slack_independence, value=lambda p, n: 1 - (1 - p) ** n)
        },
        "the union bound": {
            "slack": partial(slack_independence, value=lambda p, n: max(0.0, 1 - n * (1 - p)))
        },
    },
    ablations={"independent examples": {"build": lambda u: drawn_sets_case(u) | {"repeat": 2}}},
)


def scaled_case(u, last=1.0):
    """Examples, and the same ones times factors of all sizes and both signs."""
    rng, d = generator(u[0]), count(u[1], 2, 300)
    n = count(u[2], 1, min(2 * d, 30))
    factors = rng.choice([-1.0, 1.0], n + 1) * 10.0 ** rng.uniform(-u[3] * 50, u[3] * 50, n + 1)
    factors[n - 1] *= last
    X, x, e = rng.standard_normal((d, n)), rng.standard_normal(d), rng.standard_normal(d)
    return {"X": X, "x": x, "factors": factors, "w_star": e * real(u[4], 1e-100, 1e100)}


def slack_symmetry(case, student=distilled_student, moved=0.0, rows=0.0):
    """How far from wrong, before and after: the signed cosine of student and test example."""
    X, x, w_star, factors = case["X"], case["x"], case["w_star"], case["factors"]
    after = X * factors[:-1] * np.linspace(1, 1 + rows, len(X))[:, None]
    after[:, 0] += moved * np.linalg.norm(after[:, 0]) * unit(w_star)
    sides = []
    for train, test in ((X, x), (after, factors[-1] * x)):
        cosine = unit(student(train, w_star)) @ unit(test)
        sides += [np.array([cosine * np.sign(unit(w_star) @ test), line_angle(w_star, test)])]
    return identity(sides[1] - sides[0])


THEOREM_3_SYMMETRY = Claim(
    id="theorem-3-symmetry",
    paper="Proof of Theorem 3, (33)",
    statement=r"Multiplying examples, of training or test, by numbers other than zero, negative "
    r"ones too, changes neither $\hat w$, nor angles, nor which test examples are errors.",
    chapter=HERE,
    size=5,
    build=scaled_case,
    slack=slack_symmetry,
    hypotheses={"no factor is zero": lambda case: case["factors"].all()},
    mutants={
        "for one step of gradient descent": {
            "slack": partial(slack_symmetry, student=lambda X, w: X @ (X.T @ unit(w)))
        },
        "coordinates are scaled, by up to 1 %": {"slack": partial(slack_symmetry, rows=0.01)},
        "one example moves by 1 %": {"slack": partial(slack_symmetry, moved=0.01)},
    },
    ablations={"no factor is zero": {"build": partial(scaled_case, last=0.0)}},
)


# The step of the proof: an easy example with one good teaching example is no error


def easy_case(u, test_stretch=1.0, train_stretch=1.0):
    rng, d, n = generator(u[0]), count(u[1], 2, 50), count(u[2], 1, 8)
    beta = u[3] * RIGHT_ANGLE
    angles = np.append(
        rng.uniform(0, RIGHT_ANGLE, n - 1), train_stretch * u[4] * (RIGHT_ANGLE - beta)
    )
    across = unit(rng.standard_normal((n, d - 1)))
    tilt = unit(-across[-1] + (1 - u[6]) * rng.standard_normal(d - 1))  # against the good example
    test = np.append(np.cos(test_stretch * u[5] * beta), np.sin(test_stretch * u[5] * beta) * tilt)
    X = np.vstack([np.cos(angles), np.sin(angles) * across.T])
    return {"X": X, "x": test if u[3] < 0.5 else -test, "beta": beta, "e": np.eye(d)[0]}


def slack_easy(case, student=None):
    w = unit((student or distilled_student)(case["X"], case["e"]))
    return computed((w @ case["x"]) * np.sign(case["e"] @ case["x"]), 1e-9)


EASY = {
    "the test angle is below beta": lambda case: line_angle(case["e"], case["x"]) < case["beta"],
    "one training angle is below pi/2 - beta": lambda case: (
        line_angle(case["e"], case["X"].T).min() < RIGHT_ANGLE - case["beta"]
    ),
}


THEOREM_3_EASY = Claim(
    id="theorem-3-easy",
    paper="Proof of Theorem 3",
    statement=r"If $\alpha(w_\star,x)<\beta$ and $\alpha(w_\star,x_i)<\pi/2-\beta$ for some "
    r"training example, then $\hat w$ and $w_\star$ agree on $x$.",
    chapter=HERE,
    size=7,
    build=easy_case,
    slack=slack_easy,
    hypotheses=EASY,
    mutants={
        "the test angle may be 2 % larger": {
            "build": partial(easy_case, test_stretch=1.02),
            "hypotheses": {},
        },
        "the training angle may be 2 % larger": {
            "build": partial(easy_case, train_stretch=1.02),
            "hypotheses": {},
        },
        "for the averaging student": {"slack": partial(slack_easy, student=averaging_student)},
    },
    ablations={
        "the test angle is below beta": {"build": partial(easy_case, test_stretch=1.3)},
        "one training angle is below pi/2 - beta": {"build": partial(easy_case, train_stretch=1.3)},
    },
)


# The infimum itself


def law_case(u):
    rng, n = generator(u[0]), count(u[1], 1, 10**6)
    if u[2] < 0.4:
        law = PowerLaw(real(u[3], 0.02, 50), pick(u[4], [0.0, 0.3, 1.2]))
    elif u[2] < 0.7:  # two atoms whose angles sum to little more than pi/2, and beta between
        low = 0.05 + 0.7 * u[3]
        law = AtomicLaw([low, RIGHT_ANGLE - low + real(u[4], 1e-6, 0.05)], [1 - u[5] / 2, u[5] / 2])
        return {"tail": law, "n": 1 + n % 5, "beta": law.angles.mean()}
    else:
        k = count(u[3], 1, 6)
        law = AtomicLaw(rng.uniform(0, RIGHT_ANGLE, k), rng.dirichlet(np.ones(k)))
    edge = real(u[5], 1e-6, 1.0) * RIGHT_ANGLE
    return {"tail": law, "n": n, "beta": edge if u[6] < 0.5 else RIGHT_ANGLE - edge}


def slack_infimum(case, bound=None, factor=1.0):
    law, n = case["tail"], case["n"]
    value, at = (bound or bounds.theorem3_bound)(law, n)
    near_it = at + np.array([-1, 1]) * 1e-9
    beta = np.append(RIGHT_ANGLE * scipy.special.expit(np.linspace(-25, 25, 301)), case["beta"])
    split = float(split_at(law, n, {"beta": beta}).min())
    reached = min(law(beta) + law.near(beta) ** n for beta in [at, *near_it])
    return computed(min(factor * split - value, value * (1 + 1e-6) - reached) / max(split, 1e-300))


def grid_infimum(law, n):
    """The smallest of 201 equally spaced values."""
    beta = np.linspace(0, RIGHT_ANGLE, 201)
    values = law(beta) + law.near(beta) ** n
    return bounds.SplitBound(values.min(), beta[values.argmin()])


THEOREM_3_INFIMUM = Claim(
    id="theorem-3-infimum",
    paper="Theorem 3, (19)",
    statement=r"`theorem3_bound` is the infimum: below $p(\beta)+p(\pi/2-\beta)^n$ at every "
    r"$\beta$, and approached at the $\beta$ it names.",
    underived="a statement about the library",
    size=7,
    build=law_case,
    slack=slack_infimum,
    mutants={
        "on a grid": {"slack": partial(slack_infimum, bound=grid_infimum)},
        "2 % below every value": {"slack": partial(slack_infimum, factor=0.98)},
        "at beta = pi/4": {
            "slack": partial(
                slack_infimum,
                bound=lambda law, n: bounds.SplitBound(
                    law(np.pi / 4) + law.near(np.pi / 4) ** n, np.pi / 4
                ),
            )
        },
    },
)


# Corollaries: theorem3 <= closed form, attacked by arithmetic


def margin_law_case(u):
    """A law with an angular margin; two atoms, where Corollary 1 is tight, among them."""
    n, gamma = count(u[0], 1, 60), real(u[1], 1e-3, 1.5)
    if u[2] < 0.5:
        law = PowerLaw(real(u[3], 0.1, 10), gamma)
    else:
        q, far = real(u[3], 1e-3, 1.0), RIGHT_ANGLE - gamma * (1 + 1e-9)
        low = min(gamma * (1 - real(u[4], 1e-6, 1)), far)
        high = max(low, min(gamma * (1 + real(u[4], 1e-6, 1)), far))
        law = AtomicLaw([low, high], [1 - q, q])
    return {"tail": law, "n": n, "gamma": gamma}


def slack_corollary1(case, bound=bounds.corollary1_bound, factor=1.0, more=0, stretch=1.0):
    law, n, gamma = case["tail"], case["n"], case["gamma"]
    closed = factor * bound(law, n + more, gamma)
    if stretch != 1:
        closed = float(law(stretch * gamma)) ** n
    value = bounds.theorem3_bound(law, n).value
    return computed((closed - value) / max(closed, value, 1e-300), 1e-9)


HAS_MARGIN = {"gamma is a margin": lambda case: case["tail"].near(case["gamma"]) == 0}

COROLLARY_1 = Claim(
    id="corollary-1",
    paper="Corollary 1",
    statement=r"If $p(\pi/2-\gamma)=0$, the infimum in (19) is at most $p(\gamma)^n$.",
    chapter=HERE,
    size=5,
    build=margin_law_case,
    slack=slack_corollary1,
    trivial=lambda case: case["tail"](case["gamma"]) in (0, 1),
    hypotheses=HAS_MARGIN,
    mutants={
        "n + 1 for n (true of the risk, not of the infimum)": {
            "slack": partial(slack_corollary1, more=1)
        },
        "2 % smaller": {"slack": partial(slack_corollary1, factor=0.98)},
        "p(1.02 gamma) for p(gamma)": {"slack": partial(slack_corollary1, stretch=1.02)},
    },
    ablations={
        "gamma is a margin": {
            "build": lambda u: {**margin_law_case(u), "tail": PowerLaw(real(u[3], 0.1, 10))},
            "slack": partial(slack_corollary1, bound=lambda law, n, gamma: float(law(gamma)) ** n),
        }
    },
)


def power_case(u, stretch=1.0):
    kappa = real(u[0], 0.02, 40)
    larger = 1 + max(0.0, u[2] - 0.5)  # half of the laws have the exponent itself
    return {"kappa": kappa, "n": count(u[1], 1, 10**6), "tail_kappa": stretch * larger * kappa}


def slack_corollary2(case, closed=bounds.corollary2_bound):
    value = bounds.theorem3_bound(PowerLaw(case["tail_kappa"]), case["n"]).value
    upper = float(closed(case["kappa"], case["n"]))
    return computed((upper - value) / max(upper, value, 1e-300), 1e-9)


COROLLARY_2 = Claim(
    id="corollary-2",
    paper="Corollary 2",
    statement=r"If $p(\theta)\le(1-2\theta/\pi)^\kappa$, the infimum in (19) is at most "
    r"$(1+(\log n)^\kappa)/n^\kappa$.",
    chapter=HERE,
    size=3,
    build=power_case,
    slack=slack_corollary2,
    trivial=lambda case: case["n"] == 1,
    hypotheses={"p below the polynomial": lambda case: case["tail_kappa"] >= case["kappa"]},
    mutants={
        "without the 1": {
            "slack": partial(slack_corollary2, closed=lambda k, n: np.log(n) ** k / n**k)
        },
        "without the logarithm": {
            "slack": partial(slack_corollary2, closed=lambda k, n: 2.0 * float(n) ** -k)
        },
        "n^(1.02 kappa) for n^kappa": {
            "slack": partial(
                slack_corollary2, closed=lambda k, n: (1 + np.log(n) ** k) / n ** (1.02 * k)
            )
        },
    },
    ablations={"p below the polynomial": {"build": partial(power_case, stretch=0.6)}},
)


def scalar_case(u):
    return {"n": real(u[0], 1e-6, 1e12)}


def slack_scalar(case, power=1.0, steps=0.0, shift=0.0):
    """log(1/n^power) - (n - steps) log(1 - log(n)/(n + shift)), by the series where it cancels."""
    n = case["n"]
    value = -power * np.log(n) - (n - steps) * np.log1p(-np.log(n) / (n + shift))
    return computed(value, 1e-13 * abs(np.log(n)) + 1e-15)


SCALAR = Claim(
    id="corollary-2-scalar",
    paper="Proof of Corollary 2",
    statement=r"$(1-\log(n)/n)^n\le1/n$ for every real $n>0$, as $\log(1+x)\le x$. (The paper "
    r"needs whole $n\ge1$.)",
    chapter=HERE,
    size=1,
    build=scalar_case,
    slack=slack_scalar,
    trivial=lambda case: case["n"] == 1,
    mutants={
        "1/n^1.02": {"slack": partial(slack_scalar, power=1.02)},
        "n - 1 for the exponent": {"slack": partial(slack_scalar, steps=1)},
        "log(n)/(n + 1)": {"slack": partial(slack_scalar, shift=1)},
    },
)


# Where (19) is tight, and where it says nothing


def two_atoms(u, total=1.0):
    """Two examples that lean to opposite sides, their angles a little over pi/2 in sum."""
    b, angle, excess = real(u[0], 1e-6, 0.5), 0.05 + 0.7 * u[1], real(u[2], 1e-6, 1e-2)
    points = leaning_points(angle, excess + (total - 1) * RIGHT_ANGLE)
    return {"task": FiniteTask(points, [1 - b, b]), "n": count(u[3], 1, 12), "b": b}


def slack_tight(case, risk_n=0, given_away=0.0):
    """Both sides of (19) against their closed forms."""
    task, b, n = case["task"], case["b"], case["n"]
    m = n + risk_n
    risk = b * (1 - b) ** m + (1 - b) * b**m
    bound = b + b**n - given_away * b ** (n + 1)
    found = expected_risk(task, n).mean, bounds.theorem3_bound(task.tail, n).value
    return identity([risk / max(found[0], 1e-300) - 1, bound / found[1] - 1], 1e-8)


THEOREM_3_TIGHT = Claim(
    id="theorem-3-tight",
    paper="ours",
    statement=r"(19) is tight for every $n$: for two examples on opposite sides of $w_\star$ with "
    r"angles that sum to just over $\pi/2$ and probabilities $1-b$, $b\le\tfrac12$, "
    r"$\mathbb E\,R(\hat w)=b(1-b)^n+(1-b)b^n$, the infimum is $b+b^n$, and their ratio tends to 1 "
    r"as $b\to0$.",
    chapter=HERE,
    size=4,
    build=two_atoms,
    slack=slack_tight,
    mutants={
        "n + 1 for n in the risk": {"slack": partial(slack_tight, risk_n=1)},
        "the product of both failures counted once": {"slack": partial(slack_tight, given_away=1)},
        "angles sum to 0.98 pi/2": {"build": partial(two_atoms, total=0.98)},
    },
)


def isotropic_case(u):
    d = count(u[0], 2, 60)
    return {"dim": d, "n": count(u[1], 1, d), "beta": u[2] * RIGHT_ANGLE, "at_least": True}


def slack_vacuous(case, hard=1.0, bound=theorem3):
    """No beta gives less than 1, and beta = 0 gives 1."""
    law, n = IsotropicTask(case["dim"]).tail, case["n"]
    split, infimum = split_at(law, n, case, hard=hard), bound(law, n, case)
    return computed(min(split - 1, infimum - 1, 1 - infimum), 1e-12)


BELOW_DIM = {"n < d": lambda case: case["n"] < case["dim"]}

ISOTROPIC_VACUOUS = Claim(
    id="isotropic-vacuous",
    paper="ours",
    statement=r"For isotropic data and $n<d$ the infimum in (19) is exactly 1: it says nothing.",
    chapter=HERE,
    size=3,
    build=isotropic_case,
    slack=slack_vacuous,
    hypotheses=BELOW_DIM,
    mutants={
        "n <= d": {"hypotheses": {}},
        "of the integral bound": {
            "slack": partial(slack_vacuous, bound=lambda p, n, case: bounds.integral_bound(p, n))
        },
        "hard examples err with probability 0.98": {"slack": partial(slack_vacuous, hard=0.98)},
    },
    ablations={"n < d": {}},
)


# Closed forms


def margin_integral_case(u):
    law = PowerLaw(real(u[0], 0.05, 20), real(u[1], 1e-3, 0.78))
    return {"tail": law, "n": count(u[2], 1, 300)}


def slack_margin_integral(case, more=1, stretch=1.0, closed=bounds.power_integral_bound):
    law, n = case["tail"], case["n"]
    exact = bounds.integral_bound(law, n)
    share = float(law(min(stretch * law.margin, RIGHT_ANGLE)))
    value = share ** (n + more) * float(closed(law.kappa, n))
    return identity((value - exact) / max(exact, 1e-60), 1e-8)


INTEGRAL_MARGIN = Claim(
    id="integral-bound-margin",
    paper="ours",
    statement=r"For $p(\theta)=\bigl(1-\tfrac{\theta}{\pi/2-\gamma}\bigr)_+^\kappa$, "
    r"$\gamma<\pi/4$, the integral bound is $p(\gamma)^{n+1}\,\kappa\,B(n\kappa+1,\kappa)$.",
    chapter=HERE,
    size=3,
    build=margin_integral_case,
    slack=slack_margin_integral,
    trivial=lambda case: bounds.integral_bound(case["tail"], case["n"]) < 1e-60,
    mutants={
        "p(gamma)^n": {"slack": partial(slack_margin_integral, more=0)},
        "p(1.02 gamma)": {"slack": partial(slack_margin_integral, stretch=1.02)},
        "B(n kappa, kappa)": {
            "slack": partial(
                slack_margin_integral, closed=lambda k, n: k * scipy.special.beta(n * k, k)
            )
        },
    },
)


def isotropic_angle_case(u):
    return {"dim": count(u[0], 2, 10_000), "psi": real(u[1], 1e-6, 1.0) * RIGHT_ANGLE}


def slack_isotropic_tail(case, more=0, shift=0.0):
    """P[elevation <= psi] as a share of the surface of the sphere, cos^(d-2) integrated."""
    d, psi = case["dim"], case["psi"]
    width = 10 / np.sqrt(d)  # beyond it there is next to nothing

    def density(psi):
        return np.cos(psi) ** (d + more - 2 + shift)

    def surface(low, high):
        ends = np.clip([low, width, 3 * width, high], low, high)
        return sum(scipy.integrate.quad(density, *end, epsabs=1e-20)[0] for end in pairwise(ends))

    share = surface(0, psi) / surface(0, RIGHT_ANGLE)
    law = IsotropicTask(d).tail
    near, tail = float(law.near(psi)), float(law(RIGHT_ANGLE - psi))
    return identity([near / share - 1, tail / share - 1], 1e-8)


ISOTROPIC_TAIL = Claim(
    id="isotropic-tail",
    paper="ours",
    statement=r"For isotropic data $p(\theta)=I_{\cos^2\theta}(\tfrac12,\tfrac{d-1}2)$, the "
    r"regularised incomplete beta function.",
    chapter=HERE,
    size=2,
    build=isotropic_angle_case,
    slack=slack_isotropic_tail,
    mutants={
        "d + 1 for d": {"slack": partial(slack_isotropic_tail, more=1)},
        "d - 1 for d": {
            "slack": partial(slack_isotropic_tail, more=-1),
            "hypotheses": {"d > 2": lambda case: case["dim"] > 2},
        },
        "sin^(d - 1.98)": {"slack": partial(slack_isotropic_tail, shift=0.02)},
    },
)


def span_case(u):
    rng, d = generator(u[0]), count(u[1], 2, 40)
    return {"dim": d, "n": count(u[2], 1, min(d - 1, 8)), "phi": u[3] * RIGHT_ANGLE, "rng": rng}


def slack_isotropic_risk(case, more=0, fewer=0, share=1.0):
    """The risk at an angle; the law of the angle by the chain; the mean as the library has it."""
    d, n, phi, rng = (case[key] for key in ("dim", "n", "phi", "rng"))
    a, b, task = n - fewer, d + more - n, IsotropicTask(d)

    def moment(power):
        def weighted(x):
            return x**power * np.cos(x) ** (a - 1) * np.sin(x) ** (b - 1)

        return scipy.integrate.quad(weighted, 0, RIGHT_ANGLE, epsabs=0, epsrel=1e-11)[0]

    mean, risk = moment(1) / moment(0), angle_risk(phi, task.tail, d)
    gaps = share * phi / np.pi - risk, share * mean / np.pi - expected_risk(task, n).mean
    drawn = np.cos(student_angles(task, n, 4000, rng)) ** 2
    pair = identity(gaps), same_law(drawn, partial(scipy.special.betainc, a / 2, b / 2))
    return tuple(np.min(pair, axis=0))


ISOTROPIC_RISK = Claim(
    id="isotropic-risk",
    paper="ours",
    statement=r"For isotropic data and $n<d$, $R(\hat w)=\phi/\pi$ with $\cos^2\phi\sim"
    r"\mathrm{Beta}(\tfrac n2,\tfrac{d-n}2)$, so that $\mathbb E\,R$ is one integral; "
    r"for $n=d/2$ it is exactly $\tfrac14$.",
    chapter=HERE,
    size=4,
    build=span_case,
    slack=slack_isotropic_risk,
    mutants={
        "d + 1 for d": {"slack": partial(slack_isotropic_risk, more=1)},
        "n - 1 for n in the first parameter": {
            "slack": partial(slack_isotropic_risk, fewer=1),
            "hypotheses": {"n > 1": lambda case: case["n"] > 1},
        },
        "2 % more": {"slack": partial(slack_isotropic_risk, share=1.02)},
    },
)


# Samplers


def sampler_case(u):
    rng, d = generator(u[0]), count(u[1], 2, 40)
    tasks = [
        lambda: PolynomialTask(real(u[2], 0.3, 30), d, rng.standard_normal(d)),
        lambda: MarginTask(real(u[2], 0.01, 1.5), d, kappa=real(u[3], 0.3, 10)),
        lambda: IsotropicTask(d, rng.standard_normal(d)),
        lambda: MixtureTask(rng.standard_normal((2, d)), real(u[2], 0.05, 3)),
    ]
    return {"task": pick(u[4], tasks)(), "rng": rng}


def slack_sampler(case, tail=None):
    task = case["task"]
    law = task.tail if tail is None else tail(task)
    psi = RIGHT_ANGLE - line_angle(task.teacher, task.sample(20_000, case["rng"]).T)
    # the last digits of an angle are noise; they must not decide at the edge of a margin
    return same_law(psi, lambda x: law.near(np.asarray(x) + 1e-12))


def polynomial_only(u):
    return sampler_case([*u[:4], 0.0])


SAMPLER = Claim(
    id="tail-of-sampler",
    paper="Section 5.1",
    statement=r"A task's tail is the tail of its sampler: $p(\theta)=\mathbb P[\alpha(w_\star,x)"
    r"\ge\theta]$.",
    chapter=CHAPTER,
    underived="the chapter derives the polynomial and the isotropic tail only",
    size=5,
    build=sampler_case,
    slack=slack_sampler,
    mutants={
        "kappa 20 % larger": {
            "build": polynomial_only,
            "slack": partial(slack_sampler, tail=lambda t: PowerLaw(1.2 * t.kappa)),
        },
        "kappa + 1 for kappa": {
            "build": polynomial_only,
            "slack": partial(slack_sampler, tail=lambda t: PowerLaw(t.kappa + 1)),
        },
        "isotropic in d + 1 dimensions": {
            "build": lambda u: sampler_case([*u[:4], 0.6]),
            "slack": partial(slack_sampler, tail=lambda t: IsotropicTask(t.dim + 1).tail),
        },
        "a margin 5 % wider": {
            "build": lambda u: sampler_case([*u[:4], 0.3]),
            "slack": partial(
                slack_sampler, tail=lambda t: PowerLaw(t.kappa, min(1.05 * t.gamma, 1.57))
            ),
        },
    },
)

CLAIMS = [
    LEMMA_1,
    THEOREM_3_18,
    THEOREM_3_19,
    THEOREM_3_DECOMPOSITION,
    THEOREM_3_EASY,
    THEOREM_3_INDEPENDENCE,
    THEOREM_3_SYMMETRY,
    THEOREM_3_SPLIT,
    THEOREM_3_INFIMUM,
    COROLLARY_1,
    COROLLARY_2,
    SCALAR,
    THEOREM_3_TIGHT,
    ISOTROPIC_VACUOUS,
    INTEGRAL_MARGIN,
    ISOTROPIC_TAIL,
    ISOTROPIC_RISK,
    SAMPLER,
]
