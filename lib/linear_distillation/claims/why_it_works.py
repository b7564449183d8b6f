"""Section 5: why distillation works."""

from functools import lru_cache, partial

import numpy as np
import scipy

from ..chain import biased_angles, draw_sets, student_angles
from ..geometry import line_angle, project, span_basis, unit, vector_angle
from ..laws import RIGHT_ANGLE, AtomicLaw, IsotropicLaw, PowerLaw
from ..monotonicity import Share, biased_steps, hard_label_steps, rank_correlation
from ..objective import loss
from ..risk import risk_at_angle, transfer_risk
from ..students import biased_student, distilled_student, hard_label_flow, hard_label_student
from ..tasks import MixtureTask, PolynomialTask, SymmetricTask
from .claim import Claim, computed, count, generator, identity, mean_interval, pick, real
from .how_fast import CHAPTER as DATA_GEOMETRY
from .how_fast import averaging_student, transfer_set

BIAS = "why-it-works/optimisation-bias"
MONOTONICITY = "why-it-works/strong-monotonicity"
SETS = 3000  # transfer sets of a trend

# Figure 3


def kappa_case(u):
    task = {"d": count(u[0], 2, 1000), "kappa": real(u[1], 0.1, 4), "more": real(u[2], 1.5, 4)}
    return task | {"n": count(u[3], 1, 12), "seed": int(u[4] * 2**53), "student_n": None}


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


def paired(difference):
    """Confidence interval for the mean of values in [-1, 1]."""
    low, high = mean_interval((1 + difference) / 2)
    return 2 * low - 1, 2 * high - 1


def slack_kappa(case, sign=1.0, factor=1.0, n_after=None):
    d, n, kappa, seed = case["d"], case["n"], case["kappa"], case["seed"]
    poorer = risks_at(kappa, d, n, seed)
    richer = risks_at(kappa * case["more"], d, n_after or n, seed)
    return paired(sign * (factor * poorer - richer))


TREND_DATA_GEOMETRY = Claim(
    id="trend-data-geometry",
    paper="Section 5.1, Figure 3",
    statement=r"On polynomial tasks the expected risk falls with $\kappa$, at every $d$ and $n$.",
    chapter=DATA_GEOMETRY,
    underived="a case of `smaller-angles`; here it is measured",
    size=5,
    build=kappa_case,
    slack=slack_kappa,
    mutants={
        "it rises": {"slack": partial(slack_kappa, sign=-1.0)},
        "it halves when kappa grows by half": {"slack": partial(slack_kappa, factor=0.5)},
        "kappa makes up for all examples but one": {"slack": partial(slack_kappa, n_after=1)},
    },
)


# Section 5.2: all these students minimise the loss, one of them is the shortest


def biased_case(u):
    """Examples of moderate logits, some dependent; delta over nine decades."""
    rng, d = generator(u[0]), count(u[1], 2, 60)
    n = count(u[2], 1, min(2 * d, 30))
    X = rng.standard_normal((d, n))
    if n > 1 and u[3] < 0.3:
        X[:, -1] = -2 * X[:, 0]
    w_star = unit(rng.standard_normal(d)) * real(u[4], 0.01, 10)
    return {"X": X, "w_star": w_star, "delta": real(u[5], 1e-6, 1e3), "g": rng.standard_normal(d)}


def library_student(case):
    return biased_student(case["X"], case["w_star"], case["delta"], g=case["g"])


def slack_minimises(case, student=library_student):
    X, w_star, w = case["X"], case["w_star"], student(case)
    size = np.linalg.norm(X, axis=0) * (np.linalg.norm(w) + np.linalg.norm(w_star))
    return identity([np.abs(X.T @ (w - w_star) / size).max(), loss(w, X, w_star)])


def partly_projected(case):
    """q = (I - 0.98 P) g."""
    X, w_star, g = case["X"], case["w_star"], case["g"]
    return distilled_student(X, w_star) + case["delta"] * (g - 0.98 * project(X, g))


def one_forgotten(case):
    """q is orthogonal to all examples but the first."""
    rest = case["X"][:, 1:] if case["X"].shape[1] > 1 else np.zeros_like(case["X"])
    q = case["g"] - project(rest, case["g"])
    return distilled_student(case["X"], case["w_star"]) + case["delta"] * q


def scaled_up(case):
    """w_hat 2 % longer: same direction, same risk, another loss."""
    return library_student(case) + 0.02 * distilled_student(case["X"], case["w_star"])


def unprojected(case):
    return distilled_student(case["X"], case["w_star"]) + case["delta"] * case["g"]


BIASED_MINIMISE = Claim(
    id="biased-minimise",
    paper="Section 5.2",
    statement=r"All students $\hat w+\delta q$ with $q\perp\operatorname{span}(X)$ minimise the "
    r"loss: their logits on $X$ are the teacher's.",
    chapter=BIAS,
    size=6,
    build=biased_case,
    slack=lambda case: slack_minimises(case, case.get("student", library_student)),
    hypotheses={"q is orthogonal to the examples": lambda case: "student" not in case},
    mutants={
        "2 % of the projection left in q": {
            "slack": partial(slack_minimises, student=partly_projected)
        },
        "q orthogonal to all examples but one": {
            "slack": partial(slack_minimises, student=one_forgotten)
        },
        "a student of the same direction, 2 % longer": {
            "slack": partial(slack_minimises, student=scaled_up)
        },
    },
    ablations={
        "q is orthogonal to the examples": {
            "build": lambda u: biased_case(u) | {"student": unprojected}
        }
    },
)


def minimiser_case(u):
    case = transfer_set(u[:7])
    X, w_star = case["X"], case["w_star"]
    size, v = np.linalg.norm(w_star), generator(u[7]).standard_normal(len(X))
    q = real(u[8], 1e-4, 1e4) * size * (v - project(X, v))
    return case | {"w": distilled_student(X, w_star) + q}


def any_student(u):
    case = minimiser_case(u)
    w = np.linalg.norm(case["w"]) * unit(generator(u[7]).standard_normal(len(case["w"])))
    return case | {"w": w}


def slack_shortest(case, student=distilled_student):
    """|w|^2 = |w_hat|^2 + |w - w_hat|^2, which makes w_hat the shortest."""
    w, w_hat = case["w"], student(case["X"], case["w_star"])
    scale = max(np.abs(w).max(), np.abs(w_hat).max())
    total, hat, rest = (((v / scale) ** 2).sum() for v in (w, w_hat, w - w_hat))
    return identity((total - hat - rest) / total)


def one_more(X, w_star):
    return distilled_student(np.c_[X, np.random.default_rng(7).standard_normal(len(X))], w_star)


def minimises(case):
    X, w, w_star = unit(case["X"].T).T, case["w"], case["w_star"]
    size = np.linalg.norm(w) + np.linalg.norm(w_star)
    return np.abs(X.T @ (w / size - w_star / size)).max() < 1e-12


MINIMUM_NORM = Claim(
    id="minimum-norm",
    paper="Section 5.2",
    statement=r"Every minimiser $w$ of the loss has $|w|^2=|\hat w|^2+|w-\hat w|^2$: the "
    r"distilled student is the one and only shortest.",
    chapter="what-the-student-learns",
    size=9,
    build=minimiser_case,
    slack=slack_shortest,
    hypotheses={"w minimises the loss": minimises},
    trivial=lambda case: span_basis(case["X"])[1] == len(case["X"]),
    mutants={
        "for a student 2 % shorter": {
            "slack": partial(slack_shortest, student=lambda X, w: 0.98 * distilled_student(X, w))
        },
        "for the averaging student": {"slack": partial(slack_shortest, student=averaging_student)},
        "for the projection onto one more example": {
            "slack": partial(slack_shortest, student=one_more)
        },
    },
    ablations={"w minimises the loss": {"build": any_student}},
)


# Figure 4


def delta_case(u):
    d = count(u[0], 2, 1000)
    case = {"d": d, "n": count(u[1], 1, min(d - 1, 12)), "kappa": real(u[2], 1, 5)}
    return case | {"delta": real(u[3], 1e-3, 30), "more": real(u[4], 2, 100), "u": u[5]}


def near_the_boundary(u):
    """Angles of 70 to 88 degrees, all of them, in three dimensions."""
    case = delta_case([0.25, 0.5, *u[2:]]) | {"d": 3, "n": 2, "delta": 1e-3, "more": 1e3 * u[3]}
    return case | {"law": AtomicLaw([np.radians(70 + 18 * u[2])])}


def biased_pair(case):
    d, rng = case["d"], generator(case["u"])
    law = case.get("law") or PowerLaw(case["kappa"])
    deltas = case["delta"] * np.array([1, case["more"]])
    psi, seed = biased_angles(SymmetricTask(law, d), case["n"], deltas, SETS, rng), rng.integers(99)
    return [drawn_risks(law, d, p, np.random.default_rng(seed)) for p in psi]


def slack_delta(case, sign=1.0, factor=1.0):
    less, more = biased_pair(case)
    return paired(sign * (more - factor * less) / max(1, factor))


def slack_half(case):
    """Whether the risk of the more biased exceeds 0.45."""
    return paired(biased_pair(case)[1] - 0.45)


TREND_BIAS = Claim(
    id="trend-bias",
    paper="Section 5.2, Figure 4",
    statement=r"On polynomial tasks with $\kappa\ge1$ the expected risk of $\hat w+\delta q$ rises "
    r"with $\delta$.",
    chapter=BIAS,
    underived="a trend, measured; why it holds is `bias-never-helps`",
    size=6,
    build=delta_case,
    slack=slack_delta,
    hypotheses={"kappa >= 1": lambda case: "law" not in case},
    mutants={
        "it falls": {"slack": partial(slack_delta, sign=-1.0)},
        "it doubles when delta does": {"slack": partial(slack_delta, factor=2.0)},
        "it ends above 0.45": {"slack": slack_half},
    },
    ablations={"kappa >= 1": {"build": near_the_boundary}},
)


def mirror_case(u):
    """Any transfer set, any example, and how the density of the test law rises with elevation."""
    rng, d = generator(u[0]), count(u[1], 2, 40)
    X = rng.standard_normal((d, count(u[2], 1, d))) * real(u[3], 0.1, 10)
    w_star, x = rng.standard_normal(d), rng.standard_normal(d)
    x += (real(u[4], 0.01, 10) - 1) * (x @ unit(w_star)) * unit(w_star)
    log_density = pick(u[5], [lambda s: 0.0, lambda s: np.log(s), lambda s: 5 * s, np.arctanh])
    deltas = real(u[6], 1e-3, 1e2) * np.array([1, real(u[7], 1.001, 1e3)])
    return {"X": X, "w_star": w_star, "x": unit(x), "log_density": log_density, "deltas": deltas}


def error_of(x, case, base):
    """P[error on x | X] at both deltas: q.x is normal with the length of (I - P) x."""
    outside = np.linalg.norm(x - project(case["X"], x))
    product = np.sign(case["w_star"] @ x) * (base(case["X"], case["w_star"]) @ x)
    with np.errstate(divide="ignore"):
        return scipy.special.ndtr(-product / (case["deltas"] * max(outside, 1e-300)))


def slack_mirror(case, base=distilled_student, mirror=distilled_student, factor=1.0):
    """What a test example and its mirror image add to the risk, weighted by their densities."""
    x, e = case["x"], unit(case["w_star"])
    axis = unit(mirror(case["X"], case["w_star"]))
    pair = np.array([x, x - 2 * (x @ axis) * axis])
    logs = np.array([case["log_density"](min(abs(v @ e), 1 - 1e-15)) for v in pair])
    weights = np.exp(logs - logs.max())
    less, more = weights @ np.array([error_of(v, case, base) for v in pair]) / weights.sum()
    return computed(more - factor * less, 1e-12)


def unrelated(X, w_star):
    """Some minimiser of the loss that is not the shortest."""
    g = np.random.default_rng(7).standard_normal(len(X))
    return distilled_student(X, w_star) + 0.5 * (g - project(X, g))


def rising(case):
    s = np.linspace(1e-3, 1 - 1e-6, 50)
    return (np.diff([case["log_density"](x) for x in s]) >= 0).all()


BIAS_NEVER_HELPS = Claim(
    id="bias-never-helps",
    paper="ours",
    statement=r"If the test law is rotationally symmetric, with a density relative to the uniform "
    r"direction that does not fall with the elevation, then for every transfer set the risk of "
    r"$\hat w+\delta q$, averaged over $g$, does not fall with $\delta$. Checked for every test "
    r"example together with its mirror image in the student's boundary.",
    chapter=BIAS,
    size=8,
    build=mirror_case,
    slack=slack_mirror,
    hypotheses={"density rises with elevation": rising},
    mutants={
        "around a longer minimiser": {"slack": partial(slack_mirror, base=unrelated)},
        "mirrored in the teacher's boundary": {
            "slack": partial(slack_mirror, mirror=lambda X, w_star: w_star)
        },
        "it grows by 2 %": {"slack": partial(slack_mirror, factor=1.02)},
    },
    ablations={
        "density rises with elevation": {
            "build": lambda u: mirror_case(u) | {"log_density": lambda s: -0.5 * s}
        }
    },
)


# Section 5.3: Lemma 1 made exact, and what it says of the risk


def one_more_case(u):
    """A transfer set and one more example, in general position or not."""
    case = transfer_set(u[:7])
    X, w_star, rng = case["X"], case["w_star"], generator(u[7])
    random, w_hat = rng.standard_normal(len(X)), distilled_student(X, w_star)
    residual, one_left = unit(w_star - w_hat), span_basis(X)[1] >= len(X) - 1
    kinds = [
        lambda: random,
        lambda: X[:, 0] if one_left else random - (random @ residual) * residual,
        lambda: -2 * X[:, 0],
        lambda: residual + real(u[7], 1e-6, 1) * random,
        lambda: project(X, random) + 1e-3 * random,
    ]
    return case | {"x": pick(u[8], kinds)() * 2.0 ** int(300 * u[3] - 150)}


def slack_gain(case, turn=None, power=1.0):
    X, w_star, x = case["X"], case["w_star"], case["x"]
    before, after = distilled_student(X, w_star), distilled_student(np.c_[X, x], w_star)
    new = unit(x) - project(X, unit(x))
    if span_basis(np.c_[X, x])[1] == span_basis(X)[1]:
        new = np.zeros_like(x)  # what is left is rounding
    residual = unit(w_star) - unit(w_star) @ unit(before) * unit(before)
    omega = (turn or (lambda case, residual, new: line_angle(residual, new)))(case, residual, new)
    sines = np.sin(line_angle(w_star, before)), np.sin(line_angle(w_star, after))
    return identity(sines[1] - sines[0] * np.sin(omega) ** power, 1e-8)


LEMMA_1_STRICT = Claim(
    id="lemma-1-strict",
    paper="Lemma 1, sharpened",
    statement=r"One more example $x$ multiplies $\sin\alpha(w_\star,\hat w)$ by $\sin\omega$, with "
    r"$\omega=\alpha(w_\star-\hat w,(I-P)x)$: the angle falls strictly unless $x$ is orthogonal to "
    r"the residual $w_\star-\hat w$.",
    chapter=MONOTONICITY,
    size=9,
    build=one_more_case,
    slack=slack_gain,
    trivial=lambda case: span_basis(case["X"])[1] == len(case["X"]),
    mutants={
        "x itself for (I - P) x": {
            "slack": partial(slack_gain, turn=lambda c, r, new: line_angle(r, c["x"]))
        },
        "the teacher for the residual": {
            "slack": partial(slack_gain, turn=lambda c, r, new: line_angle(c["w_star"], new))
        },
        "(sin omega)^1.02": {"slack": partial(slack_gain, power=1.02)},
    },
)


def two_students(u):
    """Two students of one symmetric task, to two sides, the second at the larger angle."""
    d, rng = count(u[1], 2, 200), generator(u[0])
    laws = [
        lambda: PowerLaw(real(u[2], 0.1, 10)),
        lambda: PowerLaw(real(u[2], 0.3, 3), 1.2 * u[3]),
        lambda: IsotropicLaw(d),
        lambda: AtomicLaw(rng.uniform(0, 1.5, 3)),
    ]
    task = SymmetricTask(pick(u[4], laws)(), d)
    psi = np.sort(np.clip([np.pi * u[5], np.pi * u[5] + real(u[6], 1e-6, 3)], 0, np.pi))
    v = unit(np.c_[np.zeros(2), rng.standard_normal((2, d - 1))])
    students = np.cos(psi)[:, None] * task.teacher + np.sin(psi)[:, None] * v
    return {"task": task, "students": students}


def leaning_students(u):
    """The same for a cluster that leans to one side."""
    case = two_students([u[0], 0.0, *u[2:]])
    return case | {"task": MixtureTask([[0.3, 1.0 if u[2] < 0.5 else -1.0]], real(u[3], 0.05, 1))}


def slack_angle(case, scale=lambda psi: 1.0, factor=1.0, angle=vector_angle):
    task, students = case["task"], case["students"]
    psi = angle(students, task.teacher)
    near, far = np.argsort(psi)
    risk = transfer_risk(students, task)
    gain = risk[far] / scale(psi[far]) - factor * risk[near] / scale(psi[near])
    return computed(gain, 1e-9 * np.max(risk / scale(psi)))


RISK_MONOTONE = Claim(
    id="risk-monotone-in-angle",
    paper="ours",
    underived="proved in words in the chapter",
    statement=r"Under rotational symmetry of the test law, of two students the one at the larger "
    r"signed angle to the teacher, in $[0,\pi]$, has no smaller risk.",
    chapter=MONOTONICITY,
    size=7,
    build=two_students,
    slack=slack_angle,
    hypotheses={"rotational symmetry": lambda case: isinstance(case["task"], SymmetricTask)},
    mutants={
        "in proportion to the angle": {
            "slack": partial(slack_angle, scale=lambda psi: np.maximum(psi, 1e-12))
        },
        "by 2 % at least": {"slack": partial(slack_angle, factor=1.02)},
        "in the angle between the lines": {"slack": partial(slack_angle, angle=line_angle)},
    },
    ablations={"rotational symmetry": {"build": leaning_students}},
)


# The hard-label student


def hard_case(u):
    """Transfer sets of hard labels: few or many examples, of equal or unequal lengths."""
    rng, d = generator(u[0]), count(u[1], 1, 100)
    n = count(u[2], 1, 30)
    X = rng.standard_normal((d, n)) * 10.0 ** rng.uniform(-u[3], u[3], n)
    if n > 1 and u[4] < 0.3:
        X[:, -1] = X[:, 0] * (1 if u[4] < 0.15 else -3)
    w_star = rng.standard_normal(d) * real(u[5], 1e-100, 1e100)
    return {"X": X * real(u[6], 1e-50, 1e50), "w_star": w_star}


def slack_kkt(case, student=hard_label_student, without_bias=True):
    """Distance from w to the cone of its support vectors, with the smallest margin positive."""
    X, w_star = case["X"] / np.abs(case["X"]).max(), case["w_star"]
    w = unit(student(X, w_star))
    Z = np.where(unit(w_star) @ X >= 0, 1.0, -1.0) * X
    margins, length = w @ Z, np.linalg.norm(Z, axis=0)
    support = margins <= margins.min() + 1e-9 * length
    residual = scipy.optimize.nnls(Z[:, support] / length[support], w)[1]
    return computed(min(1e-6 - residual, margins.min() / length.max() + 1e-12), 0.0)


def by_direction(X, w_star):
    """The largest angular margin: every example counts as if it had length one."""
    return hard_label_student(unit(X.T).T, w_star)


def without_last(X, w_star):
    return hard_label_student(X[:, : max(1, X.shape[1] - 1)], w_star)


def stopped(X, w_star):
    return hard_label_flow(X, w_star, [1e4 * X.shape[1]])[0]


HARD_LABEL_KKT = Claim(
    id="hard-label-kkt",
    paper="Section 5.3",
    statement=r"`hard_label_student` has the largest margin: $w=\sum_ib_iy_ix_i$ with $b\ge0$, "
    r"$b_i>0$ only where $y_iw^\top x_i$ is smallest, and that is positive.",
    chapter=MONOTONICITY,
    size=7,
    build=hard_case,
    slack=slack_kkt,
    mutants={
        "for the distilled student": {"slack": partial(slack_kkt, student=distilled_student)},
        "for examples scaled to length one": {"slack": partial(slack_kkt, student=by_direction)},
        "without the last example": {"slack": partial(slack_kkt, student=without_last)},
        "for hard labels, training stopped": {"slack": partial(slack_kkt, student=stopped)},
    },
)


# Figure 5

DELTAS = (0.0, 0.1, 1.0, 10.0)
FIGURE_5 = [(0.5, 8, 3), (1, 8, 3), (1, 16, 5)]  # kappa, d, n


def learners_case(u):
    """Few tasks, each measured once: a draw decides which."""
    return {"task": pick(u[0], FIGURE_5)}


@lru_cache
def learners(kappa, d, n, deltas=DELTAS, sets=10_000):
    """Risk, index without ties, and index with ties as failures, of each learner."""
    task, rng = PolynomialTask(kappa, d), np.random.default_rng([int(10 * kappa), d, n])
    X = draw_sets(task, n + 1, sets, rng)
    steps = biased_steps(X, task.teacher, deltas, rng), hard_label_steps(X, task.teacher, np.inf)
    before, after, tied = (np.concatenate(part) for part in zip(*steps, strict=True))
    falls = ~tied & (after < before)
    apart = [fell[~tie].astype(float) for fell, tie in zip(falls, tied, strict=True)]
    return [_shares(rows) for rows in (risk_at_angle(before, task), apart, falls.astype(float))]


def _shares(rows):
    low, high = np.array([mean_interval(row) for row in rows]).T
    return Share(np.array([row.mean() for row in rows]), low, high)


def slack_correlation(case, sign=-1.0, least=0.0, ties=False, **chosen):
    risk, apart, counted = learners(*case["task"], **chosen)
    tau = rank_correlation(risk, counted if ties else apart)
    low, high = sorted((sign * tau.low, sign * tau.high))
    return low - least, high - least


TREND_MONOTONICITY = Claim(
    id="trend-monotonicity",
    paper="Section 5.3, Figure 5",
    statement=r"Over distilled, biased and hard-label students, risk and monotonicity index "
    r"(without ties) are negatively correlated in rank, on several polynomial tasks.",
    chapter=MONOTONICITY,
    underived="a trend, measured",
    size=1,
    build=learners_case,
    slack=slack_correlation,
    mutants={
        "positively": {"slack": partial(slack_correlation, sign=1.0)},
        "perfectly": {"slack": partial(slack_correlation, least=1.0)},
        "over the hard-label student and delta = 1 alone": {
            "slack": partial(slack_correlation, deltas=(1.0,))
        },
        "by 0.8, with ties as failures": {
            "slack": partial(slack_correlation, ties=True, least=0.8)
        },
    },
)

CLAIMS = [
    TREND_DATA_GEOMETRY,
    MINIMUM_NORM,
    BIASED_MINIMISE,
    TREND_BIAS,
    BIAS_NEVER_HELPS,
    LEMMA_1_STRICT,
    RISK_MONOTONE,
    HARD_LABEL_KKT,
    TREND_MONOTONICITY,
]
