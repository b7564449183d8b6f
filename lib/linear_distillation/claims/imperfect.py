"""Imperfect teachers: noise, its law and its limit; what labels are worth; temperature."""

from functools import partial

import numpy as np

from ..noise import noisy_angles, noisy_moments
from .balls import floats
from .balls.imperfect import (
    best_cosine,
    best_share,
    cosine,
    covariance,
    curvature,
    error,
    hard_covariance,
    mean_chi2,
    sigmoid,
    split_cosine,
)
from .balls.numbers import largest, length, sqrt
from .balls.pools import inverse
from .cases import solve_each
from .claim import claim
from .slack import AtMost, Equal, Interval, mean_interval, same_law

claim = partial(claim, chapter="open-questions/imperfect-teachers")
EPS = np.finfo(float).eps

# Whether noise is independent, or a length Gaussian, no case can show: it is read off its law.


# The student of noisy logits


def gaussian(rng, size, d, n):
    """Transposed transfer sets (size, n, d)."""
    return rng.standard_normal((size, n, d))


def signs(rng, size, d, n):
    """All entries plus or minus one, of an independent set."""
    X = rng.choice([-1.0, 1.0], (size, n, d))
    return X[np.linalg.matrix_rank(X) == n]


def independent(rng, X):
    return rng.standard_normal(X.shape[:2])


def along_the_teacher(rng, X):
    """The noise exaggerates what the teacher says."""
    return X[..., 0]


def law(rng, n, d, s, size, freedom=1, fixed=False, t=None):
    """Squared distance and cosine of the angle from three independent variables."""
    v2, missed = s**2 * rng.chisquare(n, size), rng.chisquare(d - n, size) if n < d else 0.0
    rho2 = rng.chisquare(n, size)
    rho2 = n / d + 0 * rho2 if fixed else rho2 / (rho2 + missed)
    v2 /= rng.chisquare(d - n + freedom, size)
    g = rng.standard_normal((size, n))
    t = g[:, 0] / np.linalg.norm(g, axis=1) if t is None else t
    cross = np.sqrt(rho2 * v2) * t
    return 1 - rho2 + v2, (rho2 + cross) / np.sqrt(rho2 + v2 + 2 * cross)


@claim(
    "ours, of classical parts",
    r"For standard normal examples, $|w_\star|=1$ and $n\le d$ the student of noisy logits has "
    r"$|w-w_\star|^2=1-\rho^2+v^2$ and "
    r"$\cos\phi=\frac{\rho^2+\rho vt}{\sqrt{\rho^2+v^2+2\rho vt}}$ in law, "
    r"with $\rho^2\sim\mathrm{Beta}(\frac n2,\frac{d-n}2)$, "
    r"$v^2\sim s^2\chi^2_n/\chi^2_{d-n+1}$ and $t$ a coordinate of a random direction of "
    r"$\mathbb R^n$, all independent.",
    short="the noisy student",
    mutants={
        "d - n + 3 degrees of freedom": {"law": lambda *a: law(*a, freedom=3)},
        "noise across the projection": {"law": lambda *a: law(*a, t=0.0)},
        "a projection of fixed length": {"law": lambda *a: law(*a, fixed=True)},
    },
    without={
        "Gaussian examples": {"examples": signs},
        "noise is independent": {"noise": along_the_teacher},
    },
)
def noisy_student_law(draw, law=law, examples=gaussian, noise=independent):
    d, s, size = draw.count(2, 4), floats(draw.real(0.1, 2)), 1200
    n, rng = draw.count(1, d), draw.sample()
    draw.assume("Gaussian examples", examples is gaussian)
    draw.assume("noise is independent", noise is independent)
    A = examples(rng, size, d, n)
    z = A[..., 0] + s * noise(rng, A)
    w = np.einsum("snd,sn->sd", A, solve_each(A @ np.swapaxes(A, 1, 2), z[..., None])[..., 0])
    square = np.square(w).sum(axis=1)
    found = square - 2 * w[:, 0] + 1, w[:, 0] / np.sqrt(square)
    told = law(rng, n, d, s, 4 * size)
    return [same_law(draw, x, y) for x, y in zip(found, told, strict=True)]


def normal(d):
    """Mean of one over the squared length of an example."""
    return mean_chi2(d)[1]


def on_a_sphere(d):
    """All lengths are the root of d."""
    return 1 / d


SHRUNK = (0.5, 2.0), (0.8, 0.2)  # factors and their chances; the mean of the square is 1


def shared(d):
    """One random factor for all lengths of a set."""
    return normal(d) * sum(p / factor**2 for factor, p in zip(*SHRUNK, strict=True))


def fresh(kept, noise, s):
    """Mean squared distance: what the projection misses, and what the noise adds."""
    return 1 - kept + noise


def exaggerating(kept, noise, s):
    """Noise s w.x on logits makes the student (1 + s) times the projection."""
    return 1 - kept + np.square(s) * kept


@claim(
    "ours, of classical parts",
    r"For standard normal examples and $n\le d-2$: "
    r"$\mathbb E|w-w_\star|^2=1-\frac nd+\frac{s^2n}{d-n-1}$.",
    rests_on=("noisy-student-law",),
    mutants={
        "d - n for d - n - 1": {"value": lambda n, d, s: error(n, d + 1, s) + n / d - n / (d + 1)},
        "s for its square": {"value": lambda n, d, s: error(n, d, sqrt(s))},
        "no projection": {"value": lambda n, d, s: error(n, d, s) + n / d},
    },
    without={
        "Gaussian lengths": {"length": on_a_sphere},
        "independent lengths": {"length": shared},
        "noise is independent": {"noise": exaggerating},
    },
)
def noisy_error(draw, value=error, length=normal, noise=fresh):
    """Of examples in independent directions; only the mean of one over a square is of lengths."""
    d = draw.count(3, 300)
    n, s = draw.count(1, d - 2), draw.real(1e-2, 1e2)
    draw.assume("Gaussian lengths", length is not on_a_sphere)
    draw.assume("independent lengths", length is not shared)
    draw.assume("noise is independent", noise is fresh)
    chi_n, chi_m, chi_d = (mean_chi2(draw.number(float(k))) for k in (n, d - n + 1, d))
    spread = chi_n[0] * chi_m[1] * (length(draw.number(float(d))) / chi_d[1])
    truth = noise(chi_n[0] / chi_d[0], np.square(s) * spread, s)
    scale = 1 + floats(np.square(s)) * n / (d - n - 1)
    return Equal(value(n, d, s), truth, error=1e-11 * scale, scale=scale)


def finite_interval(n, d, s):
    """Centre and half width of the interval for the cosine."""
    m = noisy_moments(n, d, s)
    width = np.sqrt(m.along_variance / m.square) + np.sqrt(m.square_variance) / m.square
    return m.along / np.sqrt(m.square), width


def scaled(factor=1.0, centre=lambda c, n, d, s: c):
    def found(n, d, s):
        c, width = finite_interval(n, d, s)
        return centre(c, n, d, s), factor * width

    return found


def same_for_a_set(n, d, s, size, rng):
    """Angles where one random factor shrinks all examples of a set: the noise grows by it."""
    counts = rng.multinomial(size, SHRUNK[1])
    parts = [noisy_angles(n, d, s / f, m, rng) for f, m in zip(SHRUNK[0], counts, strict=True)]
    return np.concatenate(parts)


def of_projections(n, d, s, size, rng):
    """Angles where the noise exaggerates what the teacher says."""
    return noisy_angles(n, d, 0, size, rng)


@claim(
    "ours",
    r"With $a=w^\top e$ and $q=|w|^2$, whose means and variances are known (`noisy_moments`): "
    r"$\mathbb E\bigl|\cos\phi-\bar a/\sqrt{\bar q}\bigr|\le\sqrt{\mathrm{Var}\,a/\bar q}"
    r"+\sqrt{\mathrm{Var}\,q}/\bar q$ for $n\le d-4$: of order $1/\sqrt d$, around a centre that "
    r"tends to the limit $\sqrt{\gamma(1-\gamma)/(1-\gamma+s^2)}$.",
    short="double descent, at finite d",
    rests_on=("noisy-student-law", "noisy-error"),
    mutants={
        "without the noise in the length": {
            "interval": scaled(centre=lambda c, n, d, s: np.sqrt(n / d))
        },
        "a width of a tenth": {"interval": scaled(0.1)},
        "the noise of n = d/2": {
            "interval": scaled(centre=lambda c, n, d, s: np.sqrt(n / d / (1 + 2 * s * s)))
        },
    },
    without={
        "independent lengths": {"angles": same_for_a_set},
        "noise is independent": {"angles": of_projections},
    },
    loose="mean absolute deviations are below the standard deviations that bound them",
)
def noisy_cosine_interval(draw, interval=finite_interval, angles=noisy_angles):
    d = draw.count(5, 100_000)
    n, s = draw.count(1, d - 4), floats(draw.real(0.05, 3))
    draw.assume("independent lengths", angles is not same_for_a_set)
    draw.assume("noise is independent", angles is not of_projections)
    centre, width = interval(n, d, s)
    off = np.abs(np.cos(angles(n, d, s, 6000, draw.sample())) - centre)
    low, high = mean_interval(draw, off / 2)
    return Interval(width - 2 * high, width - 2 * low)


# The best number of examples


def of_share(gamma, s):
    """The limit curve, and the same formula where nothing is interpolated any more."""
    if gamma < 1:
        return cosine(gamma, s)
    return sqrt(gamma * (1 - gamma) / (1 - gamma + np.square(s)))


def of_projection(gamma, s):
    """The curve where the noise exaggerates what the teacher says: no noise at all."""
    return sqrt(gamma)


@claim(
    "ours",
    r"For $0<\gamma<1$: $\frac{\gamma(1-\gamma)}{1-\gamma+s^2}\le(\sqrt{1+s^2}-s)^2$, "
    r"with equality at $\gamma^\star=1+s^2-s\sqrt{1+s^2}$.",
    short="the best share",
    mutants={
        "1 - s": {"best": lambda s: largest(1 - s, 0 * s)},
        "exp(-s)": {"best": lambda s: np.exp(-s)},
        "1/(1 + 2s)": {"best": lambda s: 1 / (1 + 2 * s)},
        "at 1/(1 + s)": {"share": lambda s: 1 / (1 + s)},
    },
    without={
        "n < d": {"where": lambda gamma, s: (1 + np.square(s)) * (1 + gamma)},
        "noise is independent": {"curve": of_projection},
    },
)
def best_share_of_noise(
    draw,
    best=lambda s: 1 / (sqrt(1 + np.square(s)) + s),
    share=best_share,
    where=lambda gamma, s: gamma,
    curve=of_share,
):
    s = draw.real(1e-2, 1e2)
    gamma = draw.uniform(0.001, 0.999) if draw.chance(0.3) else best_share(s)
    draw.assume("n < d", where(gamma, s) < 1)
    draw.assume("noise is independent", curve is of_share)
    at = cosine(share(s), s)
    return [AtMost(curve(where(gamma, s), s), best(s)), Equal(at, best(s))]


def best_at(share):
    """Of a share below d, or of the budget if that is less, or of new examples alone."""

    def found(budget, s):
        gamma = share(budget, s)
        at = split_cosine(gamma if gamma < budget else budget, budget, s)
        return largest(at, split_cosine(budget, budget, s)) if budget > 1 else at

    return found


def below_d(budget, s):
    repeat = 1 / (1 + s / sqrt(budget))
    return repeat if repeat < budget else cosine(budget, s)


def least_squares(share, budget, s):
    return split_cosine(share, budget, s)


def exaggerated(share, budget, s):
    """Where the noise exaggerates what the teacher says, students have no noise."""
    return sqrt(share) if share < 1 else 0 * s + 1


@claim(
    "ours, of classical parts",
    r"Of $\beta d$ questions, $k\ge1$ on each example, with mean logits and least squares on them: "
    r"$\cos\phi$ in the limit is at most that of $\gamma=\min\bigl(\beta,\frac1{1+s/\sqrt\beta}"
    r"\bigr)$, which is $\gamma$ itself where $k>1$, or, for $\beta>1$ and "
    r"$s<2\sqrt\beta(\beta-1)$, that of new examples alone, "
    r"$\bigl(1+\frac{s^2}{\beta-1}\bigr)^{-1/2}$.",
    short="the best split",
    mutants={
        "never repeat": {"best": best_at(lambda b, s: best_share(s))},
        "1/(1 + s/beta)": {"best": best_at(lambda b, s: 1 / (1 + s / b))},
        "1/(1 + s)": {"best": best_at(lambda b, s: 1 / (1 + s))},
        "never beyond d": {"best": below_d},
    },
    without={"k >= 1": {"least": 0.2}, "noise is independent": {"student": exaggerated}},
)
def best_split_of_questions(draw, best=best_cosine, least=1, student=least_squares):
    budget, s = draw.real(0.05, 50), draw.real(0.01, 10)
    share = 1 / (1 + s / sqrt(budget)) if draw.chance(0.5) else draw.real(0.01, 100)
    share = share if share * least < budget else budget / least
    draw.assume("k >= 1", budget >= share)
    draw.assume("noise is independent", student is least_squares)
    return AtMost(student(share, budget, s), best(budget, s))


# Labels


@claim(
    "ours, of classical parts",
    r"Labels in $[0,1]$ with $\mathbb E[\tilde y\mid x]=\sigma(w_\star^\top x)$: the asymptotic "
    r"covariance $H^{-1}\,\mathbb E[\mathrm{Var}(\tilde y\mid x)\,xx^\top]\,H^{-1}$ of the student "
    r"is at most $H^{-1}$, that of hard labels; $H=\mathbb E\,\sigma'(w_\star^\top x)\,xx^\top$.",
    short="soft against hard",
    mutants={
        "a tenth less": {"factor": 0.9},
        "with the largest curvature, 1/4": {"weight": lambda a: 0 * a + 0.25},
        "for labels from -0.1 on": {"low": -0.1, "without": "labels in [0, 1]"},
    },
    without={
        "labels in [0, 1]": {"low": -0.5},
        "unbiased labels": {"mean": lambda p: 0 * p + 0.5},
    },
)
def soft_against_hard(draw, factor=1, weight=curvature, low=0, mean=lambda p: p):
    """A label has two values, a <= p <= b, and so the variance (p - a)(b - p)."""
    rng, d = draw.rng(), draw.count(1, 4)
    X = draw.number(rng.standard_normal((d, d + draw.count(1, 6))))
    w = draw.number(rng.standard_normal(d)) * draw.real(0.1, 2)
    taught = sigmoid(w @ X)
    p, rest = mean(taught), mean(sigmoid(-(w @ X)))  # not 1 - p: it would lose digits
    soft = draw.uniform() if draw.chance(0.5) else draw.number(0.0)
    a, b = low + (p - low) * soft, 1 - (1 - p) * soft
    within = (floats(a) >= 0).all() and (floats(b) <= 1).all()
    unbiased = (floats(p) == floats(taught)).all()
    draw.assume("labels in [0, 1]", within)
    draw.assume("unbiased labels", unbiased)
    u = draw.number(rng.standard_normal(d))
    H = hard_covariance(X, w, weight)
    variance = (p - low) * rest * np.square(1 - soft)  # (p - a)(b - p)
    if within and unbiased:
        left = u @ covariance(X, w, variance) @ u
    else:
        inner = hard_covariance(X, w) @ u
        left = np.square(inner @ X) @ variance / X.shape[1]
    right = factor * (u @ H @ u)
    condition = np.linalg.cond(floats(hard_covariance(X, w)))
    return AtMost(left, right, error=1e-13 * condition * floats(abs(right)))


@claim(
    "ours, after Li and Duan",
    r"If $\mathbb E[x\mid e^\top x]=(e^\top x)\,v$ and $\mathbb E[\tilde y\mid x]=\psi(e^\top x)$, "
    r"then the gradient of the mean cross-entropy at $be$ is a multiple of $v$ for every $b$: the "
    r"minimiser, where there is one, is a multiple of $e$.",
    short="symmetry protects",
    mutants={
        "a multiple of e": {"lead": lambda v: np.append(1.0, 0 * v[1:])},
        "a student 2 % beside e": {"beside": 0.02},
        "a lean of 1.02 v": {"lead": lambda v: np.append(v[:1], 1.02 * v[1:])},
    },
    without={
        "the mean of x is linear in e.x": {"lean": np.square},
        "labels depend on e.x alone": {"seen": 0.3},
    },
)
def symmetry_protects(draw, lead=lambda v: v, beside=0, lean=lambda c: c, seen=0):
    rng, d, m = draw.rng(), draw.count(2, 6), draw.count(2, 8)
    c, b = draw.number(rng.standard_normal(m)), draw.real(0.1, 3)
    u, slope = (draw.number(rng.standard_normal(shape)) for shape in ((d - 1, m), d - 1))
    draw.assume("the mean of x is linear in e.x", (floats(lean(c)) == floats(c)).all())
    U = np.hstack([lean(c) * slope[:, None] + u, lean(c) * slope[:, None] - u])
    heights = np.append(c, c)
    label = draw.number(rng.random(m))
    y = np.append(label, label) * (1 - seen * (U[0] > 0))
    draw.assume("labels depend on e.x alone", (floats(y[:m]) == floats(y[m:])).all())
    gap = sigmoid(b * (heights + beside * U[0])) - y
    v = lead(np.append(draw.number(1.0), slope))
    across = U @ gap - (heights @ gap) * v[1:]
    scale = floats(length(U).sum() + abs(heights).sum() * length(slope))
    return Equal(across, 0 * across, error=1e-13 * scale, scale=scale)


# Temperature


@claim(
    "ours",
    r"A student linear in features $z$, of any teacher's logits $f$, trained at temperature $T$, "
    r"is $w_{LS}+\frac1{12T^2}A^{-1}\mathbb E[z((w_{LS}^\top z)^3-f^3)]+O(T^{-4})$, with "
    r"$A=\mathbb E\,zz^\top$: there $4T\,\mathbb E[z(\sigma(w^\top z/T)-\sigma(f/T))]$ is of order "
    r"$T^{-4}$, with an explicit constant.",
    short="temperature, outside the span",
    mutants={
        "1/24 for 1/12": {"factor": 0.5},
        "the cube of the misfit": {"cubes": lambda a, f: (a - f) ** 3},
        "1/11 for 1/12": {"factor": 12 / 11},
        "the student of least squares": {"factor": 0.0},
    },
    without={
        "one temperature for both": {"own": lambda T: 1},
        "soft labels alone": {"hard": 0.1},
    },
    loose="the remainder is bounded by absolute values",
)
def temperature_expansion(draw, factor=1, cubes=lambda a, f: a**3 - f**3, own=lambda T: T, hard=0):
    """Of labels that are, to a share `hard`, the teacher's classes; `own` is that of a student."""
    rng, d, m = draw.rng(), draw.count(1, 3), draw.count(5, 12)
    Z, f = draw.number(rng.standard_normal((d, m))), draw.number(rng.standard_normal(m))
    T = draw.real(2, 30)
    draw.assume("one temperature for both", floats(own(T)) == floats(T))
    A = inverse(Z @ Z.T / m)
    w = A @ (Z @ f / m)
    move = A @ (Z @ cubes(w @ Z, f) / m) / 12
    a, b = w @ Z, (w + factor * move / np.square(T)) @ Z
    soft = sigmoid(f / T)
    labels = (1 - hard) * soft + hard * (f > 0)
    draw.assume("soft labels alone", (floats(labels) == floats(soft)).all())
    gradient = 4 * T * (Z @ (sigmoid(b / own(T)) - labels) / m)
    size = length(Z.T)
    fifth = (size * (abs(b) ** 5 + abs(f) ** 5)).sum() / m / 120 / T**4
    third = (size * abs(b**3 - a**3)).sum() / m / 12 / np.square(T)
    error = 1e-14 * floats(T * size.sum())
    return AtMost(length(gradient), fifth + third, error=error)
