"""Appendix D: students near the projection; and tails of general data, exact or counted."""

from functools import partial

import numpy as np

from ..laws import RIGHT_ANGLE
from ..risk import transfer_risk
from ..tasks import GaussianTask
from .balls import floats
from .balls.approximate import (
    band_width,
    craig,
    deviation_angle,
    either_side,
    gaussian_tail_at,
    imhof,
    upper_side,
)
from .balls.finite import approximate_bound, atomic_law, integral_bound, mean_risk
from .balls.numbers import arcsin, arctan, length, pi_of
from .balls.spans import distilled_student, unit
from .cases import leaning_task, scattered_task
from .claim import claim
from .slack import AtMost, Equal, is_mean

claim = partial(claim, chapter="appendices/approximate-students")
EPS = np.finfo(float).eps


# Lemma D.1, in units of |w_hat|


def student_in_ball(draw, stretch=1, largest=1):
    """A student in the ball of radius eta around w_hat, mostly on its surface."""
    rng, d = draw.rng(), draw.count(1, 12)
    eta = draw.real(1e-6, largest) if draw.chance(0.4) else largest * (1 - draw.uniform() ** 3)
    along = draw.pick(np.cos(draw.uniform() * np.pi), None)
    if along is None:  # a tangent from the origin
        along = -eta if eta < 1 else -1
    w_hat, across = draw.number(rng.standard_normal((2, d)))
    w_hat, rest = unit(w_hat), (1 - along * along) ** 0.5
    if d == 1:
        step = w_hat if along > 0 else -w_hat
    else:
        for _ in range(2):  # once leaves what rounding makes of a small remainder
            across = unit(across - (across @ w_hat) * w_hat)
        step = along * w_hat + rest * across
    w = w_hat + stretch * eta * (1 if draw.chance(0.85) else draw.number(rng.random())) * step
    draw.assume("w is within eps of w_hat", length(w - w_hat) <= eta * (1 + 1e-9))
    draw.assume("eps is below |w_hat|", eta < 1)
    return w, w_hat, eta


BALL = {
    "w is within eps of w_hat": {"student": partial(student_in_ball, stretch=1.5)},
    "eps is below |w_hat|": {"student": partial(student_in_ball, largest=3)},
}


@claim(
    "Lemma D.1",
    r"If $|w-\hat w|\le\epsilon<|\hat w|$, then $w\cdot\hat w\ge|\hat w|^2-\epsilon"
    r"|\hat w|$ and $|w|\le|\hat w|+\epsilon$, so the angle from $\hat w$ to $w$ is at most "
    r"$\delta$, $\cos\delta=(|\hat w|-\epsilon)/(|\hat w|+\epsilon)$. (The angle of the vectors, "
    r"not only of the lines.)",
    short="distance to angle",
    mutants={
        "2 % less in the first step": {"first": 0.98},
        "2 % less in the second step": {"second": 0.98},
        "cos delta = 1 - eta^2/2": {"cosine": lambda eta: 1 - eta**2 / 2},
        "cos delta = 1/(1 + eta)": {"cosine": lambda eta: 1 / (1 + eta)},
    },
    without=BALL,
)
def lemma_D1(
    draw, first=1, second=1, cosine=lambda eta: (1 - eta) / (1 + eta), student=student_in_ball
):
    """The two steps of the paper's proof, then the conclusion."""
    w, w_hat, eta = student(draw)
    size, error = length(w), 16 * EPS * floats(1 + eta)
    return [
        AtMost(1 - first * eta, w @ w_hat, error, scale=floats(eta)),
        AtMost(size, 1 + second * eta, error, scale=floats(eta)),
        AtMost(cosine(eta) * size, w @ w_hat, error, scale=floats(eta)),
    ]


@claim(
    "ours",
    r"If $|w-\hat w|\le\epsilon<|\hat w|$, the angle from $\hat w$ to $w$ is at most "
    r"$\arcsin(\epsilon/|\hat w|)$, attained in two or more dimensions.",
    short="the sharp angle",
    mutants={
        "arcsin(0.98 eta)": {"angle": lambda eta: arcsin(0.98 * eta)},
        "eta for arcsin eta": {"angle": lambda eta: eta},
        "arctan eta": {"angle": arctan},
        "the angle of a chord": {"angle": lambda eta: 2 * arcsin(eta / 2)},
    },
    without=BALL,
)
def lemma_D1_sharp(draw, angle=deviation_angle, student=student_in_ball):
    w, w_hat, eta = student(draw)
    u = unit(w)
    close = length(u + w_hat)
    turned = 2 * arctan(length(u - w_hat) / close) if close > 0 else pi_of(eta)
    delta = angle(eta) if eta < 1 else pi_of(eta) / 2
    return AtMost(turned, delta, 16 * EPS / np.sqrt(max(1 - floats(eta) ** 2, EPS)))


# Theorem D.1: E R of the worst students within delta, for finite tasks


def across(side, v):
    """The unit parts of rows orthogonal to v; rows along v are left out."""
    side = side - np.outer(side @ v, v)
    side = side[floats(length(side)) > 1e-6]
    return side / length(side)[:, None]


def tilted(w_hat, task, delta):
    """w_hat, and students at angle delta to it, each tilted against one of the points."""
    v, signs = w_hat / length(w_hat), np.sign(floats(task.teacher @ task.points))
    against = -task.points.T * signs[:, None] / length(task.points.T)[:, None]
    side = across(across(against, v), v)
    return np.vstack([v, np.cos(delta) * v + np.sin(delta) * side])


def near_students(draw, drawn=lambda n: n, tilt=1, side=1):
    """A finite task, n, delta, and E R when each transfer set has the most harmful student.

    Often two leaning points, of which a student tilted so much against one just errs on it.
    """
    n, delta = draw.count(1, 12), draw.real(1e-3, 1.2) / tilt
    if draw.chance(0.1):
        task = scattered_task(draw)
    else:
        angle = floats(draw.uniform(0.05, 0.95)) * (RIGHT_ANGLE - tilt * floats(delta))
        excess = min(floats(draw.real(1e-6, 1e-2)), angle / 2)
        task = leaning_task(draw, angle, excess - tilt * floats(delta))
    draw.assume("independent examples", drawn(n) == n)  # n copies of so many

    def worst(X, w_star):
        w_hat = distilled_student(X, w_star)
        students = side * tilted(w_hat, task, tilt * delta)
        cosines = students @ w_hat / length(w_hat)
        draw.assume("every student within delta", (abs(cosines) >= np.cos(delta) - 1e-9).all())
        draw.assume("as vectors, not as lines", (cosines >= 0).all())
        return students

    return task, n, delta, mean_risk(task, drawn(n), worst)


NEAR = {
    "independent examples": {"students": partial(near_students, drawn=lambda n: 1)},
    "every student within delta": {"students": partial(near_students, tilt=1.5)},
    "as vectors, not as lines": {"students": partial(near_students, side=-1)},
}


def lowered(law):
    """P[alpha >= beta + 1e-5] for p: nearly P[alpha > beta]."""
    return atomic_law(law.angles - 1e-5, law.weights)


@claim(
    "Theorem D.1",
    r"For independent examples, if for every transfer set the student $w$ makes an "
    r"angle of at most $\delta$ with $\hat w$, then $\mathbb E\,R(w)\le\inf_\beta\,p(\beta)+"
    r"p(\pi/2-\delta-\beta)^n$, with $p(\theta)=1$ for $\theta\le0$.",
    short="near students",
    underived="proved in words in the chapter",
    rests_on=("theorem-D1-integral",),
    mutants={
        "delta forgotten": {"share": 0.0},
        "delta 2 % smaller": {"share": 0.98},
        "n + 1 for n": {"more": 1},
        "p at angles 1e-5 larger": {"p": lowered},
    },
    without=NEAR,
)
def theorem_D1(draw, share=1, more=0, p=lambda law: law, students=near_students):
    task, n, delta, risk = students(draw)
    draw.trivial(floats(integral_bound(task.tail, n, delta)) == 0)
    return AtMost(risk, approximate_bound(p(task.tail), n + more, share * delta))


@claim(
    "ours",
    r"Under the same hypotheses, $\mathbb E\,R(w)\le\mathbb E[p(\pi/2-\delta-\theta)^n]$"
    r" with $\theta$ an independent draw of the angle.",
    short="near, without split",
    underived="proved in words in the chapter",
    rests_on=("lemma-1", "theorem-3-independence"),
    mutants={
        "delta 2 % smaller": {"share": 0.98},
        "n + 1 for n": {"more": 1},
        "p at angles 1e-5 larger": {"p": lowered},
    },
    without=NEAR,
)
def theorem_D1_integral(draw, share=1, more=0, p=lambda law: law, students=near_students):
    task, n, delta, risk = students(draw)
    draw.trivial(floats(integral_bound(task.tail, n, delta)) == 0)
    return AtMost(risk, integral_bound(p(task.tail), n + more, share * delta))


# Gaussian data of any covariance


def gaussian(draw, largest):
    """A task, its axes, and their variances in units of the largest."""
    rng, d = draw.rng(), draw.count(2, largest)
    axes = np.linalg.qr(rng.standard_normal((d, d)))[0]
    variances = floats(draw.real(1, 1e4)) ** rng.random(d)
    size = floats(draw.real(1e-100, 1e100)) / variances.max()
    teacher = axes[0] if draw.chance(0.1) else rng.standard_normal(d)
    task = GaussianTask(axes.T * (size * variances) @ axes, teacher)
    return task, axes, variances / variances.max(), rng


@claim(
    "ours",
    r"For $x\sim N(0,S)$, with $S$ of eigenvalues $\sigma_i$, $c_i$ the coordinates of "
    r"$w_\star/|w_\star|$ along its axes, $a_i=\tau\sigma_i$ and $\sin^2\psi=\sum_ic_i^2a_i/(1+a_i)"
    r"$: $\;p(\pi/2-\psi)=1-\tfrac2\pi\int_0^{\pi/2}\bigl[\prod_i(1+ka_i)\sum_i\tfrac{w_i}{1+ka_i}"
    r"\bigr]^{-1/2}d\varphi$ with $k=\sin^{-2}\varphi$, $w_i=\tfrac{c_i^2a_i}{(1+a_i)\sin^2\psi}$.",
    underived="compared with the inversion of a characteristic function (Imhof 1961)",
    mutants={
        "a 2 % larger": {"changed": lambda a, w, shares: (1.02 * a, w)},
        "c_i^2 for w_i": {"changed": lambda a, w, shares: (a, shares)},
        "equal variances": {"changed": lambda a, w, shares: (0 * a + a.sum() / a.size, w)},
    },
)
def gaussian_tail(draw, changed=None):
    task, axes, variances, _ = gaussian(draw, 12)
    e = unit(task.teacher)
    shares, tau = draw.number((axes @ e) ** 2), draw.real(1e-5, 1e5)
    a = tau * draw.number(variances)
    sine2 = (shares * a / (1 + a)).sum()
    w = shares * a / (1 + a) / sine2
    below = craig(*changed(a, w, shares)) if changed else gaussian_tail_at(task.tail, tau, a, w)
    root = np.sqrt(variances)
    one, other = np.outer(axes @ e * root, axes @ e * root), floats(sine2) * np.diag(variances)
    truth, error = imhof(one - other, tau, np.maximum(abs(one), other).max())
    return Equal(below, truth, error + 1e-10, scale=1)


def tail_at(law, tau):
    return law.at(tau)[1]


def reversed_shares(law, tau):
    """The tail at that psi if the teacher's shares of the axes were reversed."""
    a = tau * law.variances
    w = law.shares[::-1] * a / (1 + a)
    return craig(a, w / w.sum())


def angle_share(power):
    """The angle between S^power w and S^power w_star, over pi, as a risk."""

    def risk(w, task):
        values, axes = np.linalg.eigh(task.covariance)
        u, v = (unit((axes.T @ unit(z)) * values**power) for z in (w, task.teacher))
        return np.arccos(np.clip(u @ v, -1, 1)) / np.pi

    return risk


@claim(
    "ours, of Sheppard's formula",
    r"The tail of a Gaussian task is that of its sampler, and the risk of a student is "
    r"$\tfrac1\pi$ times the angle between $S^{1/2}w$ and $S^{1/2}w_\star$.",
    underived="a comparison with drawn examples",
    rests_on=("gaussian-tail",),
    mutants={
        "the shares of the axes reversed": {"tail": reversed_shares},
        "the angle between w and the teacher": {"risk": angle_share(0)},
        "S for its root": {"risk": angle_share(1)},
    },
)
def gaussian_data(draw, tail=tail_at, risk=transfer_risk):
    """The share of drawn examples below an elevation, and of those that a student errs on."""
    task, _, _, rng = gaussian(draw, 8)
    tau, e = draw.real(1e-5, 1e5), unit(task.teacher)
    x = task.sample(2500, draw.sample())
    along, w = e @ x, e + unit(rng.standard_normal(task.dim))
    across = np.linalg.norm(x - np.outer(e, along), axis=0)
    near, errs = abs(along) <= task.tail.at(tau)[0] * across, (w @ x) * along < 0
    return [
        is_mean(draw, tail(task.tail, tau), near),
        is_mean(draw, float(risk(w, task)), errs),
    ]


# Tails from data


@claim(
    "ours",
    r"For $N$ independent examples and a level of $\tfrac12$ or more, with that "
    r"probability $p(\theta)\le p_N(\theta)+\sqrt{\log(1/(1-\text{level}))/(2N)}$ for all $\theta$ "
    r"at once (Massart 1990; exact probabilities of continuous $p$).",
    underived="a theorem of Massart's, compared with the exact law of Smirnov's statistic",
    mutants={
        "2 % narrower": {"narrower": 0.98},
        "2 % rarer": {"rarer": 0.98},
        "above and below at once": {"missed": either_side},
    },
    without={"independent examples": {"distinct": lambda n: 1}},
    loose="equality is approached like one over the root of N",
)
def empirical_band(draw, narrower=1, rarer=1, missed=upper_side, distinct=lambda n: n):
    n = draw.count(1, 1000)
    level = 1 - draw.real(draw.pick(1e-9, 0.05), 0.5)
    draw.assume("independent examples", distinct(n) == n)  # copies of so many
    width = narrower * band_width(level, n)
    failure = rarer * (1 - level)
    return AtMost(missed(distinct(n), width), failure, error=1e-9 * floats(failure))


@claim(
    "ours",
    r"If $p\le q$ everywhere, the bounds of Theorem 3, of Theorem D.1 and the integral "
    r"bound at $p$ are at most those at $q$: an upper band of $p$ bounds the risk.",
    underived="proved in words in the chapter",
    mutants={
        "n + 1 at q": {"more": 1},
        "one angle may be smaller": {"smaller": 1, "without": "p is below q"},
    },
    without={"p is below q": {"smaller": 4}},
)
def bounds_grow_with_p(draw, more=0, smaller=0):
    """A tail p, and q with angles moved towards the boundary (`smaller` of them the other way)."""
    rng, k = draw.rng(), draw.count(1, 8)
    angles = RIGHT_ANGLE * rng.random(k)
    weights = draw.number(rng.dirichlet(np.full(k, floats(draw.real(0.1, 10)))))
    reach = floats(draw.real(1e-9, 1)) * (0 if draw.chance(0.2) else 1)
    moved = angles + reach * rng.random(k) * (RIGHT_ANGLE - angles)
    moved[:smaller] *= 0.9
    p, q = (atomic_law(draw.number(x), weights) for x in (angles, moved))
    knots = draw.number(np.append(angles, moved))
    draw.assume("p is below q", (p(knots) <= q(knots) + 1e-12).all())
    n, delta = draw.count(1, 100), draw.pick(0.0, 0.1, 0.7)
    return [
        AtMost(bound(p, n, delta), bound(q, n + more, delta))
        for bound in (approximate_bound, integral_bound)
    ]
