"""Appendix A: the loss, its derivatives, and its constants."""

from functools import partial

import numpy as np

from ..geometry import project
from ..objective import (
    curvature,
    divergence,
    loss,
    loss_gradient,
    loss_hessian,
    pl_constant,
    sigmoid,
    smallest_eigenvalue,
    sublevel_intervals,
)
from .claim import Claim, computed, count, generator, identity, pick, real

CHAPTER = "appendices/loss"


# Tasks and students


def task_case(u, largest=30):
    """A transfer set, dependent columns included, a teacher and a student of all magnitudes."""
    rng, d, n = generator(u[0]), count(u[1], 1, 10), count(u[2], 1, 6)
    X = rng.standard_normal((d, n)) * 10.0 ** rng.uniform(-u[5], u[5], n)
    kind = pick(u[3], ["plain", "orthogonal", "orthogonal", "duplicate", "multiple", "zero"])
    if kind == "orthogonal":
        X = np.linalg.qr(X)[0]
    elif n > 1 and kind != "plain":
        X[:, -1] = {"duplicate": 1, "multiple": -3.5, "zero": 0}[kind] * X[:, 0]
    w_star, w = (with_logits(v, X, largest) for v in zip(rng.standard_normal((2, d)), u[4:6]))
    return {"X": X, "w_star": w_star, "w": w, "v": rng.standard_normal(d)}


def with_logits(vector_and_u, X, largest):
    """The vector, scaled to a largest logit between 1e-3 and `largest`."""
    vector, u = vector_and_u
    return vector * (real(u, 1e-3, largest) / np.abs(vector @ X).max())


def softplus(a):
    """log(1 + exp(a)), for complex a too."""
    return np.where(a.real > 0, a, 0) + np.log1p(np.exp(np.where(a.real > 0, -a, a)))


def cross_entropy(w, case):
    """Of the student's labels to the teacher's; for complex w too."""
    logits, labels = w @ case["X"], sigmoid(case["w_star"] @ case["X"])
    return (softplus(logits) - labels * logits).mean()


# The loss


def slack_minimum(case, entropy_of="w_star", total=np.mean, reverse=False):
    """L is the cross-entropy less the labels' entropy, and at least 0, its value at the teacher."""
    X, w, w_star = case["X"], case["w"], case["w_star"]
    value = loss(w_star, X, w) if reverse else loss(w, X, w_star)
    entropy = cross_entropy(case[entropy_of], case)
    excess = (cross_entropy(w, case) - entropy) * total(np.ones(X.shape[1]))
    scale = 1 + abs(entropy) + np.abs(w @ X).max()
    low = identity([(value - excess) / scale, loss(w_star, X, w_star)], 1e-13)
    return min(low, computed(value / scale))


LOSS_MINIMUM = Claim(
    id="loss-minimum",
    paper="Section 3, (1)",
    statement=r"The loss $L$ is the cross-entropy to the soft labels less its value at $w_\star$; "
    r"its minimum is 0.",
    chapter="setting",
    size=6,
    build=task_case,
    slack=slack_minimum,
    mutants={
        "less its value at 0": {
            "build": lambda u: task_case(u) | {"zero": np.zeros(count(u[1], 1, 10))},
            "slack": partial(slack_minimum, entropy_of="zero"),
        },
        "the sum for the mean": {"slack": partial(slack_minimum, total=np.sum)},
        "the divergence the other way round": {"slack": partial(slack_minimum, reverse=True)},
    },
)


def complex_step(function, w, v):
    """Derivative of a real-analytic function along v: no differences, no cancellation."""
    h = 1e-50
    return np.imag(function(w + 1j * h * v)) / h


def slack_gradient(case, gradient=loss_gradient):
    X, w, v = case["X"], case["w"], case["v"]
    slope = complex_step(partial(cross_entropy, case=case), w, v)
    scale = np.abs(v @ X).max()
    return identity((gradient(w, X, case["w_star"]) @ v - slope) / scale, 1e-13)


def gap_of_logits(w, X, w_star):
    """The gap between the labels of w - w_star and of 0: right to first order."""
    return X @ (sigmoid((w - w_star) @ X) - 0.5) / X.shape[1]


GRADIENT = Claim(
    id="gradient",
    paper="Appendix A",
    statement=r"$\nabla L(w)=\tfrac1nX(\sigma(X'w)-\sigma(X'w_\star))$.",
    chapter=CHAPTER,
    size=6,
    build=task_case,
    slack=slack_gradient,
    mutants={
        "the other sign": {
            "slack": partial(slack_gradient, gradient=lambda *a: -loss_gradient(*a))
        },
        "2 % larger": {
            "slack": partial(slack_gradient, gradient=lambda *a: 1.02 * loss_gradient(*a))
        },
        "sigma(X'(w - w_star)) - 1/2": {"slack": partial(slack_gradient, gradient=gap_of_logits)},
        "for hard labels": {
            "slack": partial(
                slack_gradient,
                gradient=lambda w, X, w_star: loss_gradient(w, X, 1e3 * w_star),
            )
        },
    },
)


def minimiser_case(u, blind=0):
    """A student that agrees with the teacher on all examples (but the last `blind`), or not."""
    case = task_case(u[:6])
    X, q = case["X"], case["v"]
    seen = X[:, : X.shape[1] - blind]
    q = q - project(seen, q) if seen.size else q
    return case | ({"agrees": True, "w": case["w_star"] + q} if u[6] < 0.4 else {"agrees": False})


def slack_minimisers(case, pinsker=2.0):
    """0 where all logits agree, and elsewhere at least 2 mean (sigma - sigma_star)^2 > 0."""
    X, w, w_star = case["X"], case["w"], case["w_star"]
    value = loss(w, X, w_star)
    if case["agrees"]:
        return identity(value / (1 + np.abs((w - w_star) @ X).max()), 1e-20)
    labels = [sigmoid(v @ X) for v in (w, w_star)]
    least = pinsker * np.mean((labels[0] - labels[1]) ** 2)
    return computed((value - least) / max(value, least, 1e-300), 1e-9)


def another_one(case):
    apart = np.linalg.norm(case["w"] - case["w_star"])
    return case["agrees"] and apart > 1e-2 * np.linalg.norm(case["w_star"])


MINIMISERS = Claim(
    id="minimisers",
    paper="Appendix A",
    statement=r"$L(w)=0$ iff $X'w=X'w_\star$; in fact "
    r"$L(w)\ge\tfrac2n|\sigma(X'w)-\sigma(X'w_\star)|^2$.",
    chapter=CHAPTER,
    size=7,
    build=minimiser_case,
    slack=slack_minimisers,
    mutants={
        "iff they agree on all examples but one": {"build": partial(minimiser_case, blind=1)},
        "only for the teacher": {
            "hypotheses": {"agrees, but is another": another_one},
            "slack": lambda case: computed(loss(case["w"], case["X"], case["w_star"]) - 1e-9),
        },
        "2.04 for 2": {
            "build": lambda u: minimiser_case([*u[:4], 0.3 * u[4], 0.3 * u[5], u[6]]),
            "slack": partial(slack_minimisers, pinsker=2.04),
        },
    },
)


# Second derivatives


def slack_hessian(case, hessian=loss_hessian):
    X, w, w_star, v = case["X"], case["w"], case["w_star"], case["v"]

    def gradient(w):
        a = w @ X
        small = np.exp(np.where(a.real > 0, -a, a))
        return X @ (np.where(a.real > 0, 1, small) / (1 + small)) / X.shape[1]

    change = complex_step(gradient, w, v)
    scale = np.abs(X).max() * np.abs(v @ X).max()
    return identity((hessian(w, X, w_star) @ v - change) / scale, 1e-13)


HESSIAN = Claim(
    id="hessian",
    paper="Appendix A",
    statement=r"$H(w)=\tfrac1nX\operatorname{diag}(\sigma'(X'w))X'$.",
    chapter=CHAPTER,
    size=6,
    build=task_case,
    slack=slack_hessian,
    mutants={
        "sigma' at the teacher's logits": {
            "slack": partial(
                slack_hessian, hessian=lambda w, X, w_star: loss_hessian(w_star, X, w_star)
            )
        },
        "1/4 for sigma'": {
            "slack": partial(
                slack_hessian, hessian=lambda w, X, w_star: loss_hessian(0 * w, X, w_star)
            )
        },
        "2 % larger": {"slack": partial(slack_hessian, hessian=lambda *a: 1.02 * loss_hessian(*a))},
    },
)


def slack_hessian_bound(case, quarter=0.25, floor=0.0):
    X = case["X"]
    n, widest = X.shape[1], np.linalg.norm(X, 2) ** 2
    eigenvalues = np.linalg.eigvalsh(loss_hessian(case["w"], X, case["w_star"])) * n / widest
    least = floor * smallest_eigenvalue(X) / widest / 4
    along = eigenvalues[-min(X.shape) :] if floor else eigenvalues
    return computed(min(quarter - eigenvalues[-1], along[0] - least), 1e-13)


HESSIAN_BOUND = Claim(
    id="hessian-bound",
    paper="Appendix A",
    statement=r"$0\preceq H\preceq\tfrac{\lambda_{\max}(X'X)}{4n}I$, as $0<\sigma'\le\tfrac14$.",
    chapter=CHAPTER,
    size=6,
    build=task_case,
    slack=slack_hessian_bound,
    mutants={
        "1/8 for 1/4": {"slack": partial(slack_hessian_bound, quarter=0.125)},
        "2 % smaller": {"slack": partial(slack_hessian_bound, quarter=0.98 * 0.25)},
        "at least the smallest eigenvalue / (4n), on the span": {
            "build": lambda u: task_case([*u[:3], 0.0, *u[4:]]),
            "slack": partial(slack_hessian_bound, floor=1.0),
        },
    },
)


# Constants on a sublevel set


def sublevel_case(u):
    """A student w on the edge of its sublevel set, or inside, and a second student v."""
    case = task_case(u[:6])
    X, w_star, rng = case["X"], case["w_star"], generator(u[6])
    w_hat = project(X, w_star)
    if u[7] < 0.5:
        out = X @ rng.standard_normal(X.shape[1])
    else:  # only the most saturated logit moves, if the columns allow it
        most = np.abs(w_star @ X).argmax()
        out = np.linalg.lstsq(X.T, np.eye(X.shape[1])[most])[0]
    out *= pick(u[7] % 0.5 * 2, [1, -1]) * real(u[8], 1e-3, 30) / np.abs(out @ X).max()
    level = loss(w_hat + out, X, w_star) * pick(u[9], [1 + 1e-9, 1 + 1e-9, 3.0])
    other = out if u[10] < 0.7 else X @ rng.standard_normal(X.shape[1]) / np.abs(X).max() ** 2
    v = w_hat + (1 - real(u[11], 1e-2, 2)) * other
    return {"X": X, "w_star": w_star, "w_hat": w_hat, "w": w_hat + out, "v": v, "level": level}


def further_out(u):
    """v three times as far out as w, on either side."""
    case = sublevel_case(u)
    side = 1 if u[10] < 0.5 else -1
    return case | {"v": case["w_hat"] + 3 * side * (case["w"] - case["w_hat"])}


def off_the_span(u):
    case = sublevel_case(u)
    q = generator(u[10]).standard_normal(len(case["X"]))
    return case | {"v": case["w"] + q - project(case["X"], q)}


def inside(key):
    return lambda case: loss(case[key], case["X"], case["w_star"]) <= case["level"]


def apart_in_span(case):
    gap = case["v"] - case["w"]
    return np.linalg.norm(project(case["X"], gap) - gap) <= 1e-9 * np.linalg.norm(gap)


def mu(case, constant=pl_constant, factor=1.0):
    return factor * constant(case["X"], case["w_star"], case["level"])


def at_the_teacher(X, w_star, level):
    """sigma' at the teacher's logits only: right as the level tends to 0."""
    return pl_constant(X, w_star, 0.0)


def short_intervals(X, w_star, level):
    """Each term at most `level`, not n times that."""
    return pl_constant(X, w_star, level / X.shape[1])


def largest_eigenvalue(X, w_star, level):
    return pl_constant(X, w_star, level) / smallest_eigenvalue(X) * np.linalg.norm(X, 2) ** 2


WRONG_MU = {
    "2 mu for mu": partial(mu, factor=2.0),
    "1.02 mu for mu": partial(mu, factor=1.02),
    "sigma' at the teacher's logits": partial(mu, constant=at_the_teacher),
    "the largest eigenvalue": partial(mu, constant=largest_eigenvalue),
}


def slack_strong(case, mu=mu):
    """L(v) - L(w) - grad L(w).(v - w) is the loss of v with w as its teacher: nothing cancels."""
    X, v, w = case["X"], case["v"], case["w"]
    remainder = divergence(v @ X, w @ X, (v - w) @ X).mean()
    least = mu(case) / 2 * np.sum((v - w) ** 2)
    return computed((remainder - least) / max(remainder, least, 1e-300), 1e-9)


THEOREM_A3 = Claim(
    id="theorem-A3",
    paper="Theorem A.3",
    statement=r"For $v,w$ with $L\le\ell$ and $v-w\in\operatorname{span}(X)$: "
    r"$L(v)\ge L(w)+\nabla L(w)\cdot(v-w)+\tfrac\mu2|v-w|^2$ with "
    r"$\mu=\tfrac\lambda n\min_i\min\sigma'(a_i^\pm)$ (`pl_constant`). (The paper says that a "
    r"constant exists.)",
    chapter=CHAPTER,
    size=12,
    build=sublevel_case,
    slack=slack_strong,
    hypotheses={
        "w in the sublevel set": inside("w"),
        "v in the sublevel set": inside("v"),
        "v - w in the span": apart_in_span,
    },
    mutants={
        **{name: {"slack": partial(slack_strong, mu=wrong)} for name, wrong in WRONG_MU.items()},
        "l for n l": {"slack": partial(slack_strong, mu=partial(mu, constant=short_intervals))},
    },
    ablations={
        "w in the sublevel set": {
            "build": lambda u: (lambda case: case | {"w": case["v"], "v": case["w"]})(
                further_out(u)
            )
        },
        "v in the sublevel set": {"build": further_out},
        "v - w in the span": {"build": off_the_span},
    },
)


def slack_pl(case, mu=mu):
    value = loss(case["w"], case["X"], case["w_star"])
    slope = loss_gradient(case["w"], case["X"], case["w_star"])
    bound = slope @ slope / 2
    return computed((bound - mu(case) * value) / max(bound, mu(case) * value, 1e-300), 1e-9)


def w_further_out(u):
    case = further_out(u)
    return case | {"w": case["v"]}


COROLLARY_A1 = Claim(
    id="corollary-A1",
    paper="Corollary A.1",
    statement=r"$L\le|\nabla L|^2/(2\mu)$ where $L\le\ell$, with the same $\mu$ (`pl_constant`).",
    chapter=CHAPTER,
    size=12,
    build=sublevel_case,
    slack=slack_pl,
    hypotheses={"w in the sublevel set": inside("w")},
    mutants={name: {"slack": partial(slack_pl, mu=wrong)} for name, wrong in WRONG_MU.items()},
    ablations={"w in the sublevel set": {"build": w_further_out}},
)

CLAIMS = [GRADIENT, MINIMISERS, HESSIAN, HESSIAN_BOUND, THEOREM_A3, COROLLARY_A1]
