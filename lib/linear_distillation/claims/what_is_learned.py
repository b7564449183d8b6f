"""Section 4.1 and appendix B: what the student learns, and at what rate."""

from functools import partial

import numpy as np

from ..flow import gradient_descent, gradient_flow
from ..geometry import project, span_basis
from ..objective import (
    _smallest_quotient,
    growth_constant,
    label_gap,
    loss,
    loss_gradient,
    pl_constant,
    smallest_eigenvalue,
)
from ..students import distilled_student
from .claim import Claim, computed, count, generator, identity, pick, real
from .loss import (
    WRONG_MU,
    apart_in_span,
    inside,
    largest_eigenvalue,
    mu,
    off_the_span,
    slack_pl,
    sublevel_case,
    task_case,
    w_further_out,
    with_logits,
)

CHAPTER, PROOF = "what-the-student-learns", "appendices/theorem-1"


# Theorem 1: the flow itself, to its end


def flow_case(u, dims=(1, 8)):
    """A flow from zero on a few examples, sometimes with one of them twice."""
    rng, d = generator(u[0]), count(u[1], *dims)
    X = rng.standard_normal((d, count(u[2], 1, 4))) * real(u[3], 1e-3, 1e3)
    if rng.random() < 0.2:
        X[:, -1] = X[:, 0]
    w_star = with_logits((rng.standard_normal(d), u[4]), X, 10)
    return {"X": X, "w_star": w_star, "w0": np.zeros(d), "rng": rng}


def spanning_case(u, fewer=0):
    """At least as many examples as dimensions, less `fewer`; any start."""
    rng, d = generator(u[0]), count(u[1], 1 + fewer, 3)
    X = rng.standard_normal((d, d - fewer + (count(u[2], 1, 4) - 1) * (not fewer)))
    w_star = with_logits((rng.standard_normal(d), u[4]), X, 10)
    return {"X": X, "w_star": w_star, "w0": u[3] * rng.standard_normal(d), "rng": rng}


def started_elsewhere(u):
    case = flow_case(u)
    return case | {"w0": case["rng"].standard_normal(len(case["X"]))}


def discrete(u):
    """Data with atoms: as many examples as dimensions, but one of them came up twice."""
    case = spanning_case(u)
    d = max(len(case["X"]), 2)
    X = case["rng"].standard_normal((d, d))
    X[:, -1] = X[:, 0]
    w_star, w0 = case["rng"].standard_normal((2, d))
    return {"X": X, "w_star": w_star, "w0": w0}


def slack_limit(case, limit=distilled_student):
    X, w_star, w0 = case["X"], case["w_star"], case["w0"]
    end = gradient_flow(X, w_star, w0=w0, tol=1e-8, rtol=0.01).final
    size = np.linalg.norm(distilled_student(X, w_star)) + np.linalg.norm(w0)
    return identity(np.linalg.norm(end - limit(X, w_star)) / size, 1e-6)


def teacher(X, w_star):
    return w_star


def without_the_first(X, w_star):
    return distilled_student(X[:, 1:] if X.shape[1] > 1 else 0 * X, w_star)


def along_the_first_step(X, w_star):
    """The best student on the ray that the flow sets out on: -grad L(0)."""
    ray = -loss_gradient(0 * w_star, X, w_star)
    return ray * (ray @ w_star) / (ray @ ray)


THEOREM_1_PROJECTION = Claim(
    id="theorem-1-projection",
    paper="Theorem 1",
    statement=r"If $N=1$ and $w(0)=0$, the flow tends to $\hat w=Pw_\star$. (The paper has "
    r"$n<d$ and $X$ of full rank; neither is needed.)",
    chapter=CHAPTER,
    size=5,
    build=flow_case,
    slack=slack_limit,
    hypotheses={"w(0) = 0": lambda case: not case["w0"].any()},
    mutants={
        "the teacher": {"slack": partial(slack_limit, limit=teacher)},
        "the projection onto all examples but one": {
            "slack": partial(slack_limit, limit=without_the_first)
        },
        "the best student along -grad L(0)": {
            "slack": partial(slack_limit, limit=along_the_first_step)
        },
        "2 % longer": {
            "slack": partial(slack_limit, limit=lambda *task: 1.02 * distilled_student(*task))
        },
    },
    ablations={"w(0) = 0": {"build": started_elsewhere}},
)

THEOREM_1_TEACHER = Claim(
    id="theorem-1-teacher",
    paper="Theorem 1",
    statement=r"If $N=1$, $n\ge d$ and $X$ has full rank, the flow tends to $w_\star$. (The paper "
    r"has $w(0)=0$ as well; here it is not needed.)",
    chapter=CHAPTER,
    size=5,
    build=spanning_case,
    slack=partial(slack_limit, limit=teacher),
    hypotheses={
        "n >= d": lambda case: case["X"].shape[1] >= case["X"].shape[0],
        "X has full rank": lambda case: span_basis(case["X"])[1] == min(case["X"].shape),
    },
    mutants={
        "n >= d - 1": {"build": partial(spanning_case, fewer=1), "hypotheses": {}},
        "2 % longer": {"slack": partial(slack_limit, limit=lambda X, w_star: 1.02 * w_star)},
        "the projection onto all examples but one": {
            "slack": partial(slack_limit, limit=without_the_first)
        },
    },
    ablations={
        "n >= d": {"build": partial(spanning_case, fewer=1)},
        "X has full rank": {"build": discrete},
    },
)


# Its proof


def runge_kutta(case, steps, speed=1.0):
    """The flow from w by the classical method, in d dimensions, with its dissipation.

    Rows of time, of w, and of the integral of |grad L|^2, in steps that are
    short against the fastest time scale.
    """
    X, w_star = case["X"], case["w_star"]
    h = X.shape[1] / np.linalg.norm(X, 2) ** 2
    y = np.append(case["w"], 0.0)

    def slope(y):
        g = loss_gradient(y[:-1], X, w_star)
        return np.append(-g, g @ g)

    path = [y]
    for _ in range(steps):
        k1 = slope(y)
        k2 = slope(y + h / 2 * k1)
        k3 = slope(y + h / 2 * k2)
        y = y + h / 6 * (k1 + 2 * k2 + 2 * k3 + slope(y + h * k3))
        path.append(y)
    path = np.array(path)
    return speed * h * np.arange(steps + 1), path[:, :-1], path[:, -1]


def slack_descent(case, dissipated=lambda total, case: total):
    _, w, total = runge_kutta(case, 8)
    start, end = loss(w[[0, -1]], case["X"], case["w_star"])
    lost = dissipated(total[-1], case)
    rounding = 1e-10 * np.abs(case["w"] @ case["X"]).max()  # what rounding w leaves of a gap
    return identity((start - end - lost) / max(lost, 1e-9 * start, rounding**2), 1e-3)


def first_gradient(total, case):
    """The loss goes on falling at its first rate."""
    g = loss_gradient(case["w"], case["X"], case["w_star"])
    return g @ g * 8 * case["X"].shape[1] / np.linalg.norm(case["X"], 2) ** 2


DESCENT = Claim(
    id="descent",
    paper="Proof of Theorem 1, (8)",
    statement=r"Along the flow $dL/d\tau=-|\nabla L|^2$: the loss falls by the integral of "
    r"$|\nabla L|^2$.",
    chapter=PROOF,
    size=6,
    build=task_case,
    slack=slack_descent,
    mutants={
        "2 % more": {"slack": partial(slack_descent, dissipated=lambda total, case: 1.02 * total)},
        "2 |grad L|^2": {"slack": partial(slack_descent, dissipated=lambda total, case: 2 * total)},
        "at the first rate throughout": {
            "slack": partial(slack_descent, dissipated=first_gradient)
        },
    },
)


def slack_distance(case, mu=mu):
    apart = np.linalg.norm(case["w"] - case["w_hat"])
    value = loss(case["w"], case["X"], case["w_star"])
    return computed(1 - apart * np.sqrt(mu(case) / (2 * value)), 1e-9)


def about_the_projection(u):
    """v is the projection itself, for the hypothesis on w - w_hat."""
    case = sublevel_case(u)
    return case | {"v": case["w_hat"]}


def off_the_projection(u):
    case = off_the_span(u)
    return case | {"v": case["w_hat"], "w": case["v"]}


DISTANCE = Claim(
    id="distance-from-loss",
    paper="Proof of Theorem 1, (9)",
    statement=r"If $L(w)\le\ell$ and $w-\hat w\in\operatorname{span}(X)$, then "
    r"$|w-\hat w|\le\sqrt{2L(w)/\mu}$ with the $\mu$ of Theorem A.3.",
    chapter=PROOF,
    size=12,
    build=about_the_projection,
    slack=slack_distance,
    hypotheses={"w in the sublevel set": inside("w"), "w - w_hat in the span": apart_in_span},
    mutants={
        name: {"slack": partial(slack_distance, mu=wrong)} for name, wrong in WRONG_MU.items()
    },
    ablations={
        "w in the sublevel set": {"build": w_further_out},
        "w - w_hat in the span": {"build": off_the_projection},
    },
)


def start_case(u):
    """A flow from zero, of few examples."""
    case = flow_case(u)
    return case | {"w": case["w0"], "w_hat": distilled_student(case["X"], case["w_star"])}


def slack_rate(case, factor=1.0, constant=pl_constant, speed=1.0):
    """Both certified bounds against the flow, at 24 times."""
    X, w_star = case["X"], case["w_star"]
    times, w, _ = runge_kutta(case, 24, speed)
    values = loss(w, X, w_star)
    rate = factor * constant(X, w_star, values[0])
    bound = values[0] * np.exp(-2 * rate * times[1:])
    apart = np.linalg.norm(w[1:] - case["w_hat"], axis=-1)
    slack = [1 - values[1:] / bound, 1 - apart * np.sqrt(rate / (2 * bound))]
    return computed(float(np.min(slack)), 2e-3)


CERTIFIED_RATE = Claim(
    id="certified-rate",
    paper="Theorem 1",
    statement=r"From $w(0)=0$: $L(w(\tau))\le L(0)\,e^{-2\mu\tau}$ and "
    r"$|w(\tau)-\hat w|\le\sqrt{2L(0)/\mu}\;e^{-\mu\tau}$, $\mu$ at the level $L(0)$.",
    chapter=PROOF,
    size=5,
    build=start_case,
    slack=slack_rate,
    mutants={
        "2 mu for mu": {"slack": partial(slack_rate, factor=2.0)},
        "1.02 mu for mu": {"slack": partial(slack_rate, factor=1.02)},
        "the largest eigenvalue": {"slack": partial(slack_rate, constant=largest_eigenvalue)},
        "at half the speed": {"slack": partial(slack_rate, speed=2.0)},
    },
)


# Sharper constants


def mu_1(case):
    """`sharp_pl_constant`, also where columns are dependent and it must not be used."""
    X, w_star = case["X"], case["w_star"]
    return smallest_eigenvalue(X) / X.shape[1] * _smallest_quotient(
        X, w_star, case["level"], lambda a, a_star, gap, k: label_gap(a, a_star, gap) ** 2 / (2 * k)
    )


def slack_sharp(case, factor=1.0, short=False):
    """Never below the constant of Theorem A.3, and still a constant for Corollary A.1."""
    shorter = case | {"level": case["level"] / case["X"].shape[1] if short else case["level"]}
    sharp = factor * mu_1(shorter)
    least = pl_constant(case["X"], case["w_star"], case["level"])
    larger = computed(sharp / max(least, 1e-300) - 1, 1e-9)
    return min(slack_pl(case, lambda case: sharp), larger)


def independent(case):
    return span_basis(case["X"])[1] == case["X"].shape[1]


SHARP_PL = Claim(
    id="sharp-pl",
    paper="ours",
    statement=r"For independent columns Corollary A.1 holds with $\mu_1=\tfrac\lambda n\min_i"
    r"\min_\pm(\sigma(a_i^\pm)-\sigma(a_i^\star))^2/(2k_i(a_i^\pm))\ge\mu$ "
    r"(`sharp_pl_constant`).",
    chapter=PROOF,
    size=12,
    build=sublevel_case,
    slack=slack_sharp,
    hypotheses={"w in the sublevel set": inside("w"), "independent columns": independent},
    mutants={
        "2 mu for mu": {"slack": partial(slack_sharp, factor=2.0)},
        "1.02 mu for mu": {"slack": partial(slack_sharp, factor=1.02)},
        "l for n l": {"slack": partial(slack_sharp, short=True)},
    },
    ablations={
        "w in the sublevel set": {"build": w_further_out},
        "independent columns": {},
    },
)


def slack_growth(case, factor=1.0, short=False):
    level = case["level"] / case["X"].shape[1] if short else case["level"]
    mu_2 = factor * growth_constant(case["X"], case["w_star"], level)
    least = pl_constant(case["X"], case["w_star"], case["level"])
    larger = computed(mu_2 / max(least, 1e-300) - 1, 1e-9)
    return min(slack_distance(case, lambda case: mu_2), larger)


GROWTH = Claim(
    id="growth",
    paper="ours",
    statement=r"If $L(w)\le\ell$ and $w-\hat w\in\operatorname{span}(X)$, then "
    r"$|w-\hat w|^2\le2L(w)/\mu_2$, $\mu_2=\tfrac\lambda n\min_i\min_\pm"
    r"2k_i(a_i^\pm)/(a_i^\pm-a_i^\star)^2\ge\mu$ (`growth_constant`).",
    chapter=PROOF,
    size=12,
    build=about_the_projection,
    slack=slack_growth,
    hypotheses={"w in the sublevel set": inside("w"), "w - w_hat in the span": apart_in_span},
    mutants={
        "2 mu for mu": {"slack": partial(slack_growth, factor=2.0)},
        "1.02 mu for mu": {"slack": partial(slack_growth, factor=1.02)},
        "l for n l": {"slack": partial(slack_growth, short=True)},
    },
    ablations={
        "w in the sublevel set": {"build": w_further_out},
        "w - w_hat in the span": {"build": off_the_projection},
    },
)


# The flow without d, and finite steps


def moved_case(u):
    """A student, and the same one moved orthogonally to the examples."""
    case = task_case(u[:6])
    q = case["v"] - project(case["X"], case["v"])
    return case | {"moved": case["w"] + q}


def slack_span(case, examples=slice(None)):
    """The gradient lies in the span, and does not see what is orthogonal to it."""
    X, w_star = case["X"], case["w_star"]
    g, moved = (loss_gradient(case[key], X, w_star) for key in ("w", "moved"))
    off = g - project(X[:, examples], g) if X[:, examples].size else g
    scale = np.linalg.norm(X, axis=0).max()
    return identity([np.linalg.norm(off) / scale, np.linalg.norm(g - moved) / scale])


def moved_along(u):
    case = moved_case(u)
    return case | {"moved": case["w"] + 1e-3 * case["v"]}


def slack_cone(case):
    """-grad L as a combination of examples with weights of their teacher's sign."""
    X, w_star = case["X"], case["w_star"]
    a, a_star = case["w"] @ X, w_star @ X
    weights = -label_gap(a, a_star, a - a_star) * np.sign(a_star)
    return computed(weights.min() + 1e-12)


FLOW_IN_THE_SPAN = Claim(
    id="flow-in-the-span",
    paper="ours",
    statement=r"From $w(0)=0$ the flow stays in $\operatorname{span}(X)$: the gradient lies in it, "
    r"and depends on the part of $w$ in it only. $n$ coordinates determine the flow.",
    chapter=PROOF,
    size=6,
    build=moved_case,
    slack=slack_span,
    mutants={
        "the span of all examples but one": {"slack": partial(slack_span, examples=slice(1, None))},
        "whatever w is moved by": {"build": moved_along},
        "in the cone of the examples, with the teacher's signs": {"slack": slack_cone},
    },
)


def steps_case(u, top=1.0):
    """A step below `top` times 8 n / lambda_max, often just below."""
    case = start_case(u[:5])
    X = case["X"]
    below = 1 - real(u[5], 1e-4, 1) if u[6] < 0.5 else u[5]
    step = 8 * X.shape[1] / np.linalg.norm(X, 2) ** 2 * top * (1e-6 + (1 - 2e-6) * below)
    return case | {"step": step}


def slack_steps(case, factor=1.0, closer=1.0):
    """Each step comes closer, and the loss falls at the certified rate."""
    X, w_star, step = case["X"], case["w_star"], case["step"]
    w = gradient_descent(X, w_star, step, 12).w
    apart, values = np.linalg.norm(w - case["w_hat"], axis=-1), loss(w, X, w_star)
    share = step * np.linalg.norm(X, 2) ** 2 / X.shape[1] / 8
    mu = factor * pl_constant(X, w_star, values[0])
    bound = values[0] * (1 - 2 * mu * step * (1 - share)) ** np.arange(13)
    rounding = 1e-9 * apart[0]
    nearer = (closer * apart[:-1] - apart[1:] + rounding) / (apart[:-1] + rounding)
    return computed(min(nearer.min(), np.min((bound - values) / values[0])), 1e-9)


FINITE_STEPS = Claim(
    id="finite-steps",
    paper="ours",
    statement=r"Gradient descent from 0 with $0<\eta<8n/\lambda_{\max}(X'X)$ tends to $\hat w$, "
    r"never moving away from it, with $L(w_k)\le L(0)\bigl(1-2\mu\eta"
    r"(1-\tfrac{\eta\lambda_{\max}}{8n})\bigr)^k$.",
    chapter=PROOF,
    size=7,
    build=steps_case,
    slack=slack_steps,
    hypotheses={
        "a step below 8n/lambda_max": lambda case: (
            case["step"] * np.linalg.norm(case["X"], 2) ** 2 < 8 * case["X"].shape[1]
        )
    },
    mutants={
        "16 n for 8 n": {"build": partial(steps_case, top=2.0), "hypotheses": {}},
        "8.2 n for 8 n": {"build": partial(steps_case, top=1.025), "hypotheses": {}},
        "2 mu for mu": {"slack": partial(slack_steps, factor=2.0)},
        "1.02 mu for mu": {"slack": partial(slack_steps, factor=1.02)},
        "2 % closer in each step": {"slack": partial(slack_steps, closer=0.98)},
    },
    ablations={"a step below 8n/lambda_max": {"build": partial(steps_case, top=1.05)}},
)


# Temperature


def temperature_case(u):
    case = flow_case(u[:5])
    T = real(u[5], 0.1, 10)
    return case | {"T": T, "T_student": T}


def other_temperature(u):
    case = temperature_case(u)
    return case | {"T_student": case["T"] * real(u[6], 0.5, 2)}


def slack_temperature(case, limit=lambda w_hat, T, T_student: w_hat * (T_student / T)):
    """The flow of a student that divides its logits by its own temperature."""
    X, w_star, T, T_student = (case[key] for key in ("X", "w_star", "T", "T_student"))
    flow = gradient_flow(X / T_student, w_star * (T_student / T), tol=1e-8, rtol=0.01)
    expected = limit(distilled_student(X, w_star), T, T_student)
    return identity(np.linalg.norm(flow.final - expected) / np.linalg.norm(expected), 1e-6)


def same_temperature(case):
    return case["T"] == case["T_student"]


TEMPERATURE = Claim(
    id="temperature",
    paper="ours",
    statement=r"A temperature shared by teacher and student changes the speed, not the limit: with "
    r"$\sigma(w_\star\cdot x/T)$ and $\sigma(w\cdot x/T)$ the flow still tends to $\hat w$. (A "
    r"student at $T'$ learns $\hat wT'/T$.)",
    chapter=CHAPTER,
    size=7,
    build=temperature_case,
    slack=partial(slack_temperature, limit=lambda w_hat, T, T_student: w_hat),
    hypotheses={"a shared temperature": same_temperature},
    mutants={
        "w_hat / T": {
            "slack": partial(slack_temperature, limit=lambda w_hat, T, T_student: w_hat / T)
        },
        "at T' the student learns w_hat T/T'": {
            "build": other_temperature,
            "hypotheses": {},
            "slack": partial(
                slack_temperature, limit=lambda w_hat, T, T_student: w_hat * T / T_student
            ),
        },
        "at T' it learns w_hat sqrt(T'/T)": {
            "build": other_temperature,
            "hypotheses": {},
            "slack": partial(
                slack_temperature, limit=lambda w_hat, T, T_student: w_hat * (T_student / T) ** 0.5
            ),
        },
    },
    ablations={"a shared temperature": {"build": other_temperature}},
)

CLAIMS = [
    THEOREM_1_PROJECTION,
    THEOREM_1_TEACHER,
    DESCENT,
    DISTANCE,
    CERTIFIED_RATE,
]
OURS = [FLOW_IN_THE_SPAN, FINITE_STEPS, SHARP_PL, GROWTH, TEMPERATURE]
