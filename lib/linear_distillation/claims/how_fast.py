"""Section 4.2: Lemma 1, and Theorem 3 with the steps of its proof."""

import numpy as np

from ..geometry import line_angle as float_angle
from ..geometry import unit as float_unit
from ..laws import RIGHT_ANGLE
from .balls import ball, floats, is_ball
from .balls.finite import (
    angles,
    error_rates,
    expected_risk,
    finite_task,
    hard_label_student,
    holds,
    least,
    mean_risk,
    theorem3_bound,
    transfer_risk,
)
from .balls.numbers import length, pi_of, zero
from .balls.spans import distilled_student, line_angle, project, rank, unit
from .cases import (
    EPS,
    averaging_student,
    condition,
    finite_case,
    leaning_points,
    symmetric_task,
    task_of,
    transfer_set,
)
from .claim import claim
from .slack import AtMost, Equal, is_mean

HERE, FOUR_TASKS = "how-fast-it-learns", "how-fast-four-tasks"


# Lemma 1


def some_columns(draw, X, w_star, rng):
    return X[:, : draw.count(1, X.shape[1])]


def other_examples(draw, X, w_star, rng):
    """As many as `some_columns` has, but other ones."""
    return draw.number(rng.standard_normal(some_columns(draw, X, w_star, rng).shape))


def one_exchanged(draw, X, w_star, rng):
    fewer = some_columns(draw, X, w_star, rng).copy()
    fewer[:, 0] = unit(fewer[:, 0]) + 0.1 * unit(w_star)
    return fewer


@claim(
    "Lemma 1",
    r"If $X_-$ is $X_+$ with columns removed, then "
    r"$\alpha(w_\star,\hat w(X_+))\le\alpha(w_\star,\hat w(X_-))$, with $\alpha(w_\star,0)=\pi/2$.",
    chapter="why-it-works/strong-monotonicity",
    short="the angle only falls",
    mutants={
        "one example is exchanged": {"fewer": one_exchanged, "without": "nested"},
        "for the averaging student": {"student": averaging_student},
    },
    without={"nested": {"fewer": other_examples}},
)
def lemma_1(draw, fewer=some_columns, student=distilled_student):
    X, w_star, rng = transfer_set(draw)
    few = fewer(draw, X, w_star, rng)
    draw.assume("nested", all((x == X.T).all(axis=1).any() for x in few.T))
    draw.trivial(rank(few) == rank(X))
    before, after = (line_angle(w_star, student(part, w_star)) for part in (few, X))
    return AtMost(after, before, error=32 * EPS * (condition(X) + condition(few)))


# Theorem 3


@claim(
    "Theorem 3, (18)",
    r"If the examples span $\mathbb R^d$ (so $n\ge d$), then $\hat w=w_\star$ and $R(\hat w)=0$.",
    chapter=HERE,
    short="no error from d on",
    underived="it restates Theorem 1: the projection onto the whole space is the identity",
    mutants={
        "the last example is not needed": {"examples": slice(-1)},
        "the first example is not needed": {"examples": slice(1, None)},
        "for a student 1 % off in one coordinate": {"off": 0.01},
    },
    without={"the examples span": {}},
)
def theorem_3_18(draw, examples=slice(None), off=0.0):
    rng, d = draw.rng(), draw.count(2, 20)
    X = draw.number(rng.standard_normal((d, draw.count(d, 2 * d))))
    if draw.chance(0.2):
        X[:, -1] = X[:, 0]
    tests, w_star = (draw.number(rng.standard_normal(shape)) for shape in ((d, 8), d))
    task = finite_task(tests, draw.number(np.full(8, 1 / 8)), w_star)
    draw.assume("the examples span", rank(X) == d)
    w = distilled_student(X[:, examples], w_star)
    w[0] = w[0] * (1 + off)
    scale = np.linalg.norm(floats(w_star))
    return [Equal(w, w_star, scale=scale), Equal(transfer_risk(w, task), 0, scale=1)]


def all_drawn(n):
    """How many of n examples are draws of their own: all of them."""
    return n


def copies_of_one(n):
    return 1


def beside(X, w_star):
    """A minimiser of the training loss that is not the projection."""
    g = np.random.default_rng(5).standard_normal(len(X))
    g = ball(g) if is_ball(X) else g
    return distilled_student(X, unit(w_star)) + 3 * (g - project(X, g))


def same_direction(a, b):
    gap = length(unit(a) - unit(b))
    return zero(gap) if is_ball(gap) else gap < 1e-9


def fits(student, task):
    """Whether the student of all points has the teacher's logits on them, up to a factor."""
    X, w_star = task.points, task.teacher
    return same_direction(student(X, w_star) @ X, w_star @ X)


def in_span(student, task):
    """Whether the student of one example is a multiple of it."""
    x = task.points[:, :1]
    return same_direction(student(x, task.teacher), distilled_student(x, task.teacher))


def three_points(draw):
    """One example on the teacher's line, and two that lean to opposite sides of it."""
    n, angle = draw.count(2, 40), [0, *(s * 1.57 * floats(draw.uniform()) for s in (1, -1))]
    weights = draw.rng().dirichlet(np.ones(3))
    return task_of(draw, np.array([np.cos(angle), np.sin(angle)]), weights), n


def strict_split(law, n):
    """(19) with P[alpha > .] in place of P[alpha >= .], at the jumps of p."""
    right = pi_of(law.angles) / 2
    beta = np.concatenate([law.angles, right - law.angles]) + 1e-12
    return least(law(beta) + law(right - beta + 2e-12) ** n)


def wider_split(law, n):
    """(19) with angles that may sum to 1.02 right angles."""
    beta = np.append(law.angles, 0 * law.angles[:1]) + 1e-12  # 0, and just above an angle
    return least(law(beta) + law(1.02 * pi_of(beta) / 2 - beta) ** n)


@claim(
    "Theorem 3, (19)",
    r"For independent examples, $\mathbb E\,R(\hat w)\le\inf_\beta\,p(\beta)+p(\pi/2-\beta)^n$. "
    r"(The paper has $n<d$, which its proof does not use.)",
    chapter=HERE,
    rests_on=("theorem-3-split",),
    short="how fast",
    mutants={
        "n + 1 for n": {"more": 1},
        "P[alpha > beta] for p": {"bound": strict_split},
        "angles sum to 1.02 pi/2": {"bound": wider_split},
    },
    without={
        "independent examples": {"drawn": copies_of_one},
        "the student stays in the span": {"student": beside},
        "soft labels": {"case": three_points, "student": hard_label_student},
    },
)
def theorem_3_19(
    draw, case=finite_case, drawn=all_drawn, student=None, bound=theorem3_bound, more=0
):
    task, n = case(draw)
    draw.assume("independent examples", drawn(n) == n)
    # the projection, the student if no other is named, has both properties by Theorem 1
    draw.assume("the student stays in the span", not student or in_span(student, task))
    draw.assume("soft labels", not student or fits(student, task))
    mean = mean_risk(task, drawn(n), student) if student else expected_risk(task, drawn(n))
    draw.trivial(floats(mean) == 0)
    return AtMost(mean, bound(task.tail, n + more))


def splitting_angle(draw, law):
    """Any angle, or just above one of the law's, where p is small for its beta."""
    u = floats(draw.uniform())
    if draw.chance(0.4):
        return u * pi_of(law.angles) / 2
    return law.angles[np.argsort(floats(law.angles))[int(u * len(law.angles))]] + 1e-9


@claim(
    "Proof of Theorem 3",
    r"$\mathbb E\,R(\hat w)\le p(\beta)+p(\pi/2-\beta)^n$ for every $\beta\in[0,\pi/2]$.",
    chapter=HERE,
    rests_on=(
        "theorem-3-decomposition",
        "theorem-3-easy",
        "theorem-3-independence",
        "theorem-3-symmetry",
    ),
    mutants={
        "n + 1 for n": {"more": 1},
        "angles sum to 1.02 pi/2": {"turn": 1.02},
        "hard examples err with probability 1/2": {"hard": 0.5},
    },
    without={"independent examples": {"drawn": copies_of_one}},
)
def theorem_3_split(draw, drawn=all_drawn, more=0, turn=1.0, hard=1.0):
    task, n = finite_case(draw)
    draw.assume("independent examples", drawn(n) == n)
    beta, p = splitting_angle(draw, task.tail), task.tail
    mean = expected_risk(task, drawn(n))
    draw.trivial(floats(mean) == 0)
    return AtMost(mean, hard * p(beta) + p(turn * pi_of(beta) / 2 - beta) ** (n + more))


@claim(
    "Proof of Theorem 3, (29)",
    r"$\mathbb E\,R(\hat w)=\mathbb E_x\,\mathbb P_X[\hat w\text{ errs on }x]\le "
    r"p(\beta)+\mathbb E_x\bigl[1[\alpha(w_\star,x)<\beta]\;\mathbb P_X[\hat w\text{ errs on }x]"
    r"\bigr]$.",
    chapter=HERE,
    underived="it is Fubini's theorem, by hand in the chapter",
    mutants={
        "hard examples err with probability 1/2": {"hard": 0.5},
        "P[alpha > beta] for p": {"above": 1e-9},
        "one training example more for the easy": {"more": 1},
    },
)
def theorem_3_decomposition(draw, hard=1.0, above=0.0, more=0):
    task, n = finite_case(draw, most=3)
    alpha, u = angles(task), floats(draw.uniform())
    beta = alpha[int(u * len(alpha))] if draw.chance(0.6) else draw.number(u * RIGHT_ANGLE)
    mean, rates = expected_risk(task, n), error_rates(task, n)
    draw.trivial(floats(mean) == 0)
    easy = (1 - holds(alpha, beta)) * (error_rates(task, n + more) if more else rates)
    upper = hard * task.tail(beta + above if above else beta) + task.weights @ easy
    return [AtMost(mean, upper), Equal(task.weights @ rates, mean)]


@claim(
    "Proof of Theorem 3, (32)",
    r"For independent examples, $\mathbb P[\alpha(w_\star,x_i)\ge\theta\text{ for all }i"
    r"\le n]=p(\theta)^n$.",
    chapter=HERE,
    underived="it is the definition of independence",
    mutants={
        "n + 1 for n": {"value": lambda p, n: p ** (n + 1)},
        "n - 1 for n": {"value": lambda p, n: p ** (n - 1)},
        "some example instead of all": {"value": lambda p, n: 1 - (1 - p) ** n},
        "the union bound": {"value": lambda p, n: max(0.0, 1 - n * (1 - p))},
    },
    without={"independent examples": {"draw_of": lambda i: i // 2}},
)
def theorem_3_independence(draw, value=lambda p, n: p**n, draw_of=lambda i: i, sets=900):
    """Example i of a set is the draw number `draw_of(i)`."""
    n, task = draw.count(1, 12), symmetric_task(draw, "power", "margin", "isotropic", "finite")
    psi = task.tail.elevation(floats(draw.uniform(0.1, 0.9)) ** (1 / n)) + 1e-12
    which = draw_of(np.arange(n))
    draw.assume("independent examples", len({*which}) == n)
    X = task.sample(n * sets, draw.sample()).reshape(task.dim, sets, n)[:, :, which]
    near = RIGHT_ANGLE - float_angle(task.teacher, np.moveaxis(X, 0, -1)) <= psi
    return is_mean(draw, value(float(task.tail.near(psi)), n), near.all(axis=1))


@claim(
    "Proof of Theorem 3, (33)",
    r"Multiplying examples, of training or test, by numbers other than zero, negative "
    r"ones too, changes neither $\hat w$, nor angles, nor which test examples are errors.",
    chapter=HERE,
    mutants={
        "for one step of gradient descent": {"student": lambda X, w: X @ (X.T @ unit(w))},
        "coordinates are scaled, by up to 1 %": {"rows": 0.01},
        "one example moves by 1 %": {"moved": 0.01},
    },
    without={"no factor is zero": {"last": 0.0}},
)
def theorem_3_symmetry(draw, student=distilled_student, rows=0.0, moved=0.0, last=1.0):
    """How far from wrong, before and after: the signed cosine of student and test example."""
    rng, d = draw.rng(), draw.count(2, 100)
    n, spread = draw.count(1, min(2 * d, 15)), floats(draw.uniform(0, 50))
    factors = rng.choice([-1.0, 1.0], n + 1) * 10.0 ** rng.uniform(-spread, spread, n + 1)
    factors[n - 1] *= last
    draw.assume("no factor is zero", factors.all())
    X, x = draw.number(rng.standard_normal((d, n))), draw.number(rng.standard_normal(d))
    w_star = draw.number(rng.standard_normal(d) * floats(draw.real(1e-100, 1e100)))
    after = X * factors[:-1] * np.linspace(1, 1 + rows, d)[:, None]
    after[:, 0] += moved * length(after[:, 0]) * unit(w_star)
    sides = []
    for train, test in ((X, x), (after, factors[-1] * x)):
        w, sign = student(train, w_star), np.sign(floats(unit(w_star) @ unit(test)))
        sides.append(np.array([unit(w) @ unit(test) * sign, line_angle(w_star, test)]))
    return Equal(*sides, error=32 * EPS * condition(X), scale=1)


def one_good_example(draw, train, test):
    """Examples, a test example and beta; the last example is near the teacher, by beta's measure.

    Mostly the test example leans away from it, and often the other examples lean its way.
    """
    rng, d, n = draw.rng(), draw.count(2, 30), draw.count(1, 8)
    beta = floats(draw.uniform(0, RIGHT_ANGLE))
    near, far = (1 - floats(draw.real(1e-4, 1.0)) for _ in range(2))
    alpha = np.append(rng.uniform(0, RIGHT_ANGLE, n - 1), train * near * (RIGHT_ANGLE - beta))
    across = float_unit(rng.standard_normal((n, d - 1)))
    if draw.chance(0.5):
        across[:-1] = across[-1]
    tilt = -across[-1] if draw.chance(0.7) else float_unit(rng.standard_normal(d - 1))
    x = np.append(np.cos(test * far * beta), np.sin(test * far * beta) * tilt)
    return np.vstack([np.cos(alpha), np.sin(alpha) * across.T]), draw.pick(1, -1) * x, beta


@claim(
    "Proof of Theorem 3",
    r"If $\alpha(w_\star,x)<\beta$ and $\alpha(w_\star,x_i)<\pi/2-\beta$ for some "
    r"training example, then $\hat w$ and $w_\star$ agree on $x$.",
    chapter=HERE,
    rests_on=("lemma-1",),
    mutants={
        "the test angle may be 2 % larger": {
            "test": 1.02,
            "without": "the test angle is below beta",
        },
        "the training angle may be 2 % larger": {
            "train": 1.02,
            "without": "one training angle is below pi/2 - beta",
        },
        "for the averaging student": {"student": averaging_student},
    },
    without={
        "the test angle is below beta": {"test": 1.3},
        "one training angle is below pi/2 - beta": {"train": 1.3},
    },
)
def theorem_3_easy(draw, test=1.0, train=1.0, student=distilled_student):
    X, x, beta = map(draw.number, one_good_example(draw, train, test))
    e = draw.number(np.eye(len(X))[0])
    draw.assume("the test angle is below beta", line_angle(e, x) < beta)
    good = line_angle(e, X.T) < pi_of(beta) / 2 - beta
    draw.assume("one training angle is below pi/2 - beta", np.any(good))
    agreement = unit(student(X, e)) @ x * np.sign(floats(e @ x))
    return AtMost(0, agreement, error=32 * EPS * condition(X), scale=1)


@claim(
    "ours",
    r"(19) is tight for every $n\ge1$: for two examples on opposite sides of $w_\star$ with "
    r"angles that sum to just over $\pi/2$, one below $\pi/4$ of probability $1-b$ and a rarer "
    r"one, $b\le\tfrac12$, $\mathbb E\,R(\hat w)=b(1-b)^n+(1-b)b^n$, the infimum is $b+b^n$, and "
    r"their ratio tends to 1 as $b\to0$.",
    chapter=FOUR_TASKS,
    rests_on=("theorem-3-19",),
    short="(19) is tight",
    mutants={
        "n + 1 for n in the risk": {"more": 1},
        "the product of both failures counted once": {"given_away": 1},
        "the angles may sum to just under pi/2": {"signs": (1, -1)},
    },
    without={"the frequent example is the nearer": {"frequent": (0.85, 1.4)}},
)
def theorem_3_tight(draw, more=0, given_away=0, signs=(1,), frequent=(0.05, 0.75)):
    n, angle = draw.count(1, 12), floats(draw.uniform(*frequent))
    draw.assume("the frequent example is the nearer", angle < RIGHT_ANGLE / 2)
    excess, rare = (floats(draw.real(1e-6, high)) for high in (1e-2, 0.5))
    points = leaning_points(angle, draw.pick(*signs) * excess)
    task = task_of(draw, points, [1 - rare, rare])
    a, b = task.weights
    return [
        Equal(expected_risk(task, n), b * a ** (n + more) + a * b ** (n + more)),
        Equal(theorem3_bound(task.tail, n), b + b**n - given_away * b ** (n + 1)),
    ]
