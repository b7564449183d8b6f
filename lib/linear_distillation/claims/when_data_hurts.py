"""Section 4.3 in words: can more data harm? Counterexamples, their limits, and two conditions."""

from functools import partial
from itertools import combinations, combinations_with_replacement
from math import comb, factorial, prod

import numpy as np

from ..chain import draw_sets
from ..rise import climbing_risk, exchange_rise, lever_examples, narrow_mixture_risk
from ..risk import expected_risk, transfer_risk
from ..students import distilled_student
from ..tasks import FiniteTask, IsotropicTask, MarginTask, MixtureTask, PolynomialTask
from .claim import Claim, computed, count, generator, identity, mean_interval, pick, real
from .how_fast import averaging_student, nested, one_exchanged, transfer_set

CHAPTER = "beyond/more-data-can-hurt"
MEANS = np.array([[0.35, 0.94, 0.0], [0.10, 0.70, 0.70], [0.33, 0.07, 0.94]])


# The counterexample


def cluster_case(u, scale=(0.005, 0.05), moved=None):
    """Three narrow clusters, each moved by up to 1/100 a coordinate."""
    rng = generator(u[0])
    means = MEANS if moved is None else np.where(np.arange(3)[:, None] == 1, moved, MEANS)
    means = means + 0.01 * u[1] * rng.uniform(-1, 1, (3, 3))
    return {"task": MixtureTask(means, real(u[2], *scale)), "rng": rng}


def slack_rises(case, n=1, least=0.0, draws=2000):
    """The lower end of the interval: what is said to exist must be shown, not only survive."""
    task, rng = case["task"], case["rng"]
    X = draw_sets(task, n + 2, draws, rng)
    more, fewer = (lost(task, X[..., :m], X[..., -1]) for m in (n + 1, n))
    low = 2 * mean_interval((1 + more - fewer) / 2)[0] - 1
    return low - least, low - least


def lost(task, X, x):
    """Whether the students of transfer sets X (s, d, n) lose test examples x (s, d)."""
    w = distilled_student(X, task.teacher)
    return np.where(np.vecdot(w, x) * (x @ task.teacher) > 0, 0.0, 1.0)


HURTS = Claim(
    id="more-data-can-hurt",
    paper="ours",
    statement=r"There are tasks whose expected risk rises from $n=1$ to $n=2$: three narrow "
    r"clusters in three dimensions. (The slack is the lower confidence limit of the rise.)",
    chapter=CHAPTER,
    size=3,
    build=cluster_case,
    slack=slack_rises,
    mutants={
        "from n = 2 to 3": {"slack": partial(slack_rises, n=2)},
        "by 0.23 or more": {"slack": partial(slack_rises, least=0.23)},
        "with ten times the noise": {"build": partial(cluster_case, scale=(0.5, 0.6))},
        "with the middle cluster at the teacher": {"build": partial(cluster_case, moved=[1, 0, 0])},
    },
)


# The limit of vanishing noise


def narrow_case(u):
    rng, k = generator(u[0]), count(u[1], 2, 4)
    means = MEANS if u[2] < 0.3 else rng.standard_normal((k, 3))
    means = means * 10.0 ** rng.uniform(-3 * u[3], 3 * u[3], (len(means), 1))
    return {"means": means, "weights": rng.dirichlet(np.full(len(means), real(u[4], 0.5, 50)))}


def circle_risk(means, weights, steps=240, share=1.0, pairs=1.0):
    """The same limit with the circle of directions laid out in equal steps."""
    task, total = FiniteTask(means.T, weights), 0.0
    angle = (np.arange(steps) + 0.5) * np.pi / steps  # v and -v span the same
    for i, j in np.ndindex(len(means), len(means)):
        if i != j:
            w = distilled_student(means[[i, j]].T, task.teacher)
            total += pairs * weights[i] * weights[j] * transfer_risk(w, task)
        else:
            across = np.linalg.svd(means[i : i + 1])[2][1:]
            v = np.cos(angle)[:, None] * across[0] + np.sin(angle)[:, None] * across[1]
            X = np.stack([np.broadcast_to(means[i], v.shape), v], axis=-1)
            risks = transfer_risk(distilled_student(X, task.teacher), task)
            total += share * weights[i] ** 2 * risks.mean()
    return total


def slack_narrow(case, steps=240, **changes):
    residual = narrow_mixture_risk(case["means"], case["weights"])
    residual -= circle_risk(case["means"], case["weights"], steps, **changes)
    return identity(residual, 2 / steps)  # an arc of directions is off by a step at most


NARROW = Claim(
    id="vanishing-noise-limit",
    paper="ours",
    statement=r"$n=2$, $d=3$: for narrow clusters $\mathbb E\,R\to\sum_{i\ne j}q_iq_j"
    r"R(m_i,m_j)+\sum_{i,j}q_i^2q_jf_{ij}$, with $f_{ij}$ an arc cosine (not the atomic law).",
    chapter=CHAPTER,
    size=5,
    build=narrow_case,
    slack=slack_narrow,
    mutants={
        "the law of three atoms": {"slack": partial(slack_narrow, share=0)},
        "f_ij is half as large": {"slack": partial(slack_narrow, share=0.5)},
        "each pair once": {"slack": partial(slack_narrow, pairs=0.5)},
    },
)


# Two conditions under which it cannot happen


def symmetric_task(u, d, rng):
    tasks = [
        lambda: PolynomialTask(real(u, 0.2, 5), d, rng.standard_normal(d)),
        lambda: MarginTask(real(u, 0.01, 1), d),
        lambda: IsotropicTask(d, rng.standard_normal(d)),
    ]
    return tasks[rng.integers(3)]()


def nested_case(u, build=transfer_set):
    """Any nested transfer sets in at most 50 dimensions, and a symmetric law to test on."""
    case = build([u[0], 0.3 + 0.2 * u[1], *u[2:7]])
    task = symmetric_task(u[6], len(case["X"]), generator(u[7]))
    return case | {"task": task, "w_star": task.teacher}


def cluster_sets(u):
    """Training and test examples from the three clusters."""
    task = FiniteTask(MEANS.T)
    X = task.sample(2, generator(u[0]))
    return {"X": X, "fewer": X[:, :1], "w_star": task.teacher, "task": task}


def slack_never(case, student=distilled_student, factor=1.0):
    risks = [transfer_risk(student(case[key], case["w_star"]), case["task"]) for key in SETS]
    return computed(factor * risks[0] - risks[1], 1e-9)


SETS = ("fewer", "X")
TEST_SYMMETRIC = {
    "the test law is rotationally symmetric": lambda case: not isinstance(
        case["task"], MixtureTask | FiniteTask
    )
}


NEVER = Claim(
    id="risk-never-rises",
    paper="Section 4.3, in words",
    statement=r"Including more data never raises the transfer risk, **if the test law is "
    r"rotationally symmetric** about the teacher. (The paper says it without the condition. That "
    r"is false: see the ablation, and `more-data-can-hurt`.)",
    underived="proved in words in the chapter",
    chapter=CHAPTER,
    size=8,
    build=nested_case,
    slack=slack_never,
    trivial=lambda case: case["X"].shape == case["fewer"].shape,
    hypotheses={"nested": nested, **TEST_SYMMETRIC},
    mutants={
        "one example is exchanged": {
            "build": partial(nested_case, build=one_exchanged),
            "hypotheses": {},
        },
        "the risk falls by 2 %": {"slack": partial(slack_never, factor=0.98)},
        "for the averaging student": {"slack": partial(slack_never, student=averaging_student)},
    },
    ablations={
        "nested": {"build": partial(nested_case, build=one_exchanged)},
        "the test law is rotationally symmetric": {"build": cluster_sets},
    },
)


def training_case(u):
    """Symmetric training examples; a few test points, weighted, that lean to any side."""
    rng, d = generator(u[0]), count(u[1], 2, 8)
    train = symmetric_task(u[3], d, rng)
    lean = real(u[5], 0.1, 5) * rng.standard_normal((d, 1))
    points = lean + rng.standard_normal((d, count(u[4], 1, 4)))
    test = FiniteTask(points, teacher=train.teacher)
    return {"train": train, "test": test, "n": count(u[2], 1, d), "rng": rng}


def isotropic_training(u):
    """In eight dimensions a second example helps, but not much."""
    points = generator(u[0]).standard_normal((8, 4))
    return {"train": IsotropicTask(8), "test": FiniteTask(points), "n": 1, "rng": generator(u[1])}


def cluster_training(u):
    task = MixtureTask(MEANS, 0.02)
    return {"train": task, "test": FiniteTask(MEANS.T), "n": 1, "rng": generator(u[0])}


def slack_training(case, more=1, factor=1.0, pathwise=False, draws=300):
    train, test, n = case["train"], case["test"], case["n"]
    X = draw_sets(train, n + 1, draws, case["rng"])
    fewer, all_of_them = X[..., : n if more else n + 1], X[..., : n + more]
    risks = [transfer_risk(distilled_student(x, train.teacher), test) for x in (fewer, all_of_them)]
    fall = factor * risks[0] - risks[1]
    if pathwise:
        return computed(fall.min(), 1e-9)
    low, high = mean_interval((1 + fall) / 2)
    return 2 * low - 1, 2 * high - 1


CANNOT = Claim(
    id="when-it-cannot-hurt",
    paper="ours",
    statement=r"If the training law is rotationally symmetric about the teacher, $\mathbb E\,R$ "
    r"does not rise with $n$, whatever the test law.",
    underived="proved in words in the chapter",
    chapter=CHAPTER,
    size=6,
    build=training_case,
    slack=slack_training,
    hypotheses={
        "the training law is rotationally symmetric": lambda case: not isinstance(
            case["train"], MixtureTask
        )
    },
    mutants={
        "the risk of every student falls": {"slack": partial(slack_training, pathwise=True)},
        "it falls to a third": {
            "build": isotropic_training,
            "slack": partial(slack_training, factor=1 / 3, draws=3000),
        },
        "without one, the risk is lower": {"slack": partial(slack_training, more=0, draws=2000)},
    },
    ablations={
        "the training law is rotationally symmetric": {
            "build": cluster_training,
            "slack": partial(slack_training, draws=3000),
        }
    },
)


# How far the risk can rise


def held_back_case(u):
    """n + 2 examples of any kind; the lever, where the bound is attained, among them."""
    rng, n = generator(u[0]), count(u[1], 1, 6)
    if u[2] < 0.4:
        X = lever_examples(n + 1, n) @ np.diag(10.0 ** rng.uniform(-3 * u[3], 3 * u[3], n + 2))
        Q = np.linalg.qr(rng.standard_normal((n + 2, n + 2)))[0]
        return {"X": Q @ X, "w_star": Q[:, 0], "n": n}
    d = count(u[3], 2, n + 4)
    X = rng.standard_normal((d, n + 2)) * 10.0 ** rng.uniform(-1, 1, (d, 1))
    X += real(u[4], 0.01, 10) * rng.standard_normal((d, 1))
    return {"X": X, "w_star": rng.standard_normal(d), "n": n}


def slack_largest(case, bound=lambda n: (n + 1) / (n + 2)):
    return computed(bound(case["n"]) - exchange_rise(case["X"], case["w_star"]))


LARGEST = Claim(
    id="largest-rise",
    paper="ours",
    statement=r"$\mathbb E\,R_{n+1}-\mathbb E\,R_n\le(n+1)/(n+2)$ for every task, dimension and "
    r"$n\ge1$, as among $n+2$ examples $g\le(n+1)/(n+2)$ (held back one by one, less in pairs).",
    underived="proved in words in the chapter",
    chapter=CHAPTER,
    size=5,
    build=held_back_case,
    slack=slack_largest,
    mutants={
        "n / (n + 1)": {"slack": partial(slack_largest, bound=lambda n: n / (n + 1))},
        "2 % smaller": {"slack": partial(slack_largest, bound=lambda n: 0.98 * (n + 1) / (n + 2))},
        "2/3 for every n": {"slack": partial(slack_largest, bound=lambda n: 2 / 3)},
    },
)


def exchange_case(u):
    rng, d, k = generator(u[0]), count(u[1], 2, 4), count(u[2], 1, 3)
    points = rng.standard_normal((d, k)) + real(u[4], 0.01, 10) * rng.standard_normal((d, 1))
    if u[3] < 0.3:
        points = lever_examples(2, 1)
    weights = rng.dirichlet(np.ones(points.shape[1]))
    return {"task": FiniteTask(points, weights), "n": 1 if u[5] < 0.8 else 2}


def slack_exchange(case, more=0, exchange=exchange_rise):
    """Sum over all multisets of n + 2 examples, against the expected risks themselves."""
    task, n = case["task"], case["n"]
    total = 0.0
    for drawn in combinations_with_replacement(range(task.weights.size), n + 2):
        times = np.bincount(drawn)
        orders = factorial(n + 2) / prod(factorial(t) for t in times)
        share = orders * task.weights[list(drawn)].prod()
        total += share * exchange(task.points[:, drawn], task.teacher)
    rise = expected_risk(task, n + 1 + more).mean - expected_risk(task, n + more).mean
    return identity(total - rise, 1e-12)


EXCHANGE = Claim(
    id="rise-by-exchange",
    paper="ours",
    statement=r"$\mathbb E\,R_{n+1}-\mathbb E\,R_n=\mathbb E\,g(x_1,\dots,x_{n+2})$: "
    r"`exchange_rise`, averaged over independent examples.",
    underived="proved in words in the chapter",
    chapter=CHAPTER,
    size=6,
    build=exchange_case,
    slack=slack_exchange,
    mutants={
        "from n + 1 to n + 2": {"slack": partial(slack_exchange, more=1)},
        "g of the first three examples": {
            "build": lambda u: exchange_case(u) | {"n": 2},
            "slack": partial(slack_exchange, exchange=lambda X, w: exchange_rise(X[:, :3], w)),
        },
        "2 % more": {
            "slack": partial(slack_exchange, exchange=lambda X, w: 1.02 * exchange_rise(X, w))
        },
    },
)


def star_case(u):
    size = count(u[0], 3, 6)
    return {"size": size, "last": count(u[1], 1, 6), "far": count(u[2], 1, 6)}


def star_gram(size, last=1, far=1, grow=2):
    """Inner products of u_1..u_N as whole numbers, after one common scaling.

    Lengths 4^(a s), with s so large that a shorter one does not count beside a longer
    one; the cosine of a < b is 2^-f(b), with f(b) = grow f(b+1) + 1.
    """
    f = [0] * size
    f[-1] = size.bit_length() + last
    for b in reversed(range(size - 1)):
        f[b] = int(grow * f[b + 1]) + 1
    s, top = far + 2 * f[0], f[0]
    scale = [4 ** (a * s) for a in range(size)]
    return [
        [scale[a] * scale[b] * 2 ** (top if a == b else top - f[max(a, b)]) for b in range(size)]
        for a in range(size)
    ]


def star_errors(G, i, j, k):
    """Whether the student of two far examples loses the third: sign of the foot times u_k."""
    return (G[j][j] - G[i][j]) * G[i][k] + (G[i][i] - G[i][j]) * G[j][k] <= 0


def star_rise(case, **changes):
    """Mean over triples: errors after two examples, less errors after one."""
    G = star_gram(case["size"], case["last"], case["far"], **changes)
    triples = list(combinations(range(case["size"]), 3))
    wrong = sum(
        star_errors(G, *pair, k) for t in triples for k in t for pair in [sorted({*t} - {k})]
    )
    single = sum(G[a][b] <= 0 for a, b in combinations(range(case["size"]), 2))
    return wrong / (3 * len(triples)) - single / comb(case["size"], 2)


def slack_star(case, value=2 / 3, shrink=False, **changes):
    if shrink:  # with replacement: triples with repeats do not rise
        value = value / ((1 - 1 / case["size"]) * (1 - 2 / case["size"]))
    return identity(star_rise(case, **changes) - value)


STAR = Claim(
    id="two-thirds",
    paper="ours",
    statement=r"There are tasks of $N$ far examples with $\mathbb E\,R_1=0$ and "
    r"$\mathbb E\,R_2=\tfrac23(1-\tfrac1N)(1-\tfrac2N)$ in the limit: the supremum of the first "
    r"rise is $2/3$. (Checked for draws without replacement, in whole numbers.)",
    underived="proved in words in the chapter",
    chapter=CHAPTER,
    size=3,
    build=star_case,
    slack=slack_star,
    mutants={
        "cosines that shrink by the power 3/2": {
            "slack": partial(slack_star, grow=3 / 2),
        },
        "equal cosines": {"slack": partial(slack_star, grow=1)},
        "repeated draws rise too": {"slack": partial(slack_star, shrink=True)},
    },
)


def lever_case(u):
    size = count(u[0], 2, 7)
    threshold = count(u[1], 1, size - 1)
    return {"size": size, "k": threshold, "n": count(u[2], 1, 12), "special": real(u[3], 1e-3, 0.9)}


def lever_risk(case, shift=0, unseen=0):
    """Occupancy: c of n draws are ordinary, and show j of the N ordinary examples."""
    N, n, special = case["size"], case["n"], case["special"]
    total = 0.0
    for c in range(n):
        draws = comb(n, c) * (1 - special) ** c * special ** (n - c)
        for j in range(max(case["k"] + shift, 0), N):
            seen = sum((-1) ** i * comb(j, i) * ((j - i) / N) ** c for i in range(j + 1))
            total += draws * comb(N, j) * seen * (1 - special) * (N - j + unseen) / N
    return total


def slack_lever(case, risk=lever_risk, later=0):
    N, special = case["size"], case["special"]
    weights = np.append(np.full(N, (1 - special) / N), special)
    task = FiniteTask(lever_examples(N, case["k"]), weights / weights.sum())
    exact = expected_risk(task, case["n"] + later).mean
    return identity(risk(case) - exact, 1e-11)


LEVER = Claim(
    id="lever-risk",
    paper="ours",
    statement=r"For every $n\ge1$ there are tasks in $n+2$ dimensions with $\mathbb E\,R_n=0<"
    r"\mathbb E\,R_{n+1}$: of `lever_examples` exactly the unseen ordinary ones are lost, once the "
    r"special one and $k=n$ ordinary ones are seen.",
    underived="proved in words in the chapter",
    chapter=CHAPTER,
    size=4,
    build=lever_case,
    slack=slack_lever,
    mutants={
        "k + 1 ordinary ones": {"slack": partial(slack_lever, risk=partial(lever_risk, shift=1))},
        "k - 1 ordinary ones": {"slack": partial(slack_lever, risk=partial(lever_risk, shift=-1))},
        "one of the seen is lost": {
            "slack": partial(slack_lever, risk=partial(lever_risk, unseen=1))
        },
        "one example later": {"slack": partial(slack_lever, later=1)},
    },
)


def climbing_case(u):
    d = count(u[1], 3, 12)
    return {"dim": d, "n": count(u[2], 1, d - 1), "rng": generator(u[0])}


def slack_climbing(case, law=climbing_risk, draws=2500):
    """The sign of the weight of one of n points in the point of their flat nearest to another."""
    d, n, rng = case["dim"], case["n"], case["rng"]
    x = rng.standard_normal((draws, n, d - 2)) - rng.standard_normal((draws, 1, d - 2))
    across = (x[:, 1:] - x[:, :1]).transpose(0, 2, 1)
    others = np.linalg.pinv(across) @ -x[:, 0, :, None] if n > 1 else np.zeros((draws, 1, 1))
    low, high = mean_interval((others.sum(axis=(1, 2)) > 1).astype(float))
    risk = float(law(n, d))
    return -max(abs(risk - low), abs(risk - high)), min(risk - low, high - risk)


def far_case(u):
    return climbing_case(u) | {"dim": 3 + int(2 * u[1]), "n": 2}


CLIMBING = Claim(
    id="climbing-curve",
    paper="ours",
    statement=r"In every dimension $d\ge3$ there are tasks with a density whose expected risk "
    r"rises at each step from $n=1$ to $d-1$: in a limit it is $I_{(n-1)/(2n)}(\tfrac{d-n}2,"
    r"\tfrac{d-n}2)$, from $0$ up to $\tfrac12-\tfrac1\pi\arcsin\tfrac1{d-1}$.",
    chapter=CHAPTER,
    size=3,
    build=climbing_case,
    slack=slack_climbing,
    mutants={
        "one dimension more": {
            "build": far_case,
            "slack": partial(slack_climbing, law=lambda n, d: climbing_risk(n, d + 1), draws=9000),
        },
        "one example more": {
            "slack": partial(slack_climbing, law=lambda n, d: climbing_risk(min(n + 1, d - 1), d))
        },
        "examples do not share a point": {
            "slack": partial(slack_climbing, law=lambda n, d: 0.5),
        },
    },
)

PROSE = [NEVER]
CLAIMS = [HURTS, NARROW, CANNOT, EXCHANGE, LARGEST, STAR, LEVER, CLIMBING]
