"""Your own teacher: students of rows and logits, leave-one-out, and the law of the spectrum."""

from functools import partial
from itertools import combinations

import numpy as np

from .balls import floats, is_ball
from .balls.numbers import complex_step, length
from .balls.pools import (
    by_formula,
    gram_inverse,
    inverse,
    law_cosine,
    law_error,
    left_by_the_ridge,
    left_out,
    ridge,
    row_error,
    row_law_error,
    student,
)
from .balls.spans import distilled_student
from .cases import solve_each
from .claim import claim
from .slack import Equal, Same, paired_interval

CHAPTER = "open-questions/your-own-teacher"
EPS = np.finfo(float).eps


# Students of rows and logits


def rows(draw, dims=(2, 12), spare=0):
    """Independent rows (n, d), crowded or not, of any size, and more randomness."""
    rng, d = draw.rng(), draw.count(*dims)
    n = draw.count(2, d - spare)
    A = rng.standard_normal((n, d))
    if draw.chance(0.3):
        A[1:] = A[:1] + 0.5 * A[1:]
    return draw.number(A) * draw.real(1e-3, 1e3), rng


def condition(A):
    """Condition number of rows."""
    s = np.linalg.svd(floats(A), compute_uv=False)
    return s[0] / s[-1]


def all_once(rng, n):
    return np.arange(n)


def one_twice(rng, n):
    return np.append(np.arange(n), 0)


def without_diagonal(A, index, z, rho):
    return z - gram_inverse(A, index, rho) @ z


def diagonal_of_the_gram(A, index, z, rho):
    """K_ii for 1 / (K^-1)_ii."""
    B = A[index]
    return z - (gram_inverse(A, index, rho) @ z) * (np.square(B).sum(axis=1) + rho)


def without_the_ridge(A, index, z, rho):
    return by_formula(A, index, z, 0 * rho)


@claim(
    "classical",
    r"With $K$ the Gram matrix of the rows and $G=(K+\rho)^{-1}$, the student of all rows but "
    r"the $i$-th gives it the logit $z_i-(Gz)_i/G_{ii}$, whatever the logits $z$. ($\rho$ is a "
    r"ridge, or 0.)",
    chapter=CHAPTER,
    short="leave one out",
    mutants={
        "z - G z": {"formula": without_diagonal},
        "K_ii for 1/G_ii": {"formula": diagonal_of_the_gram},
        "without the ridge": {"formula": without_the_ridge},
        "a residual 2 % larger": {"share": 1.02},
    },
    without={"K + rho is invertible": {"chosen": one_twice, "rho": 0, "formula": by_formula}},
)
def leave_one_out(draw, formula=left_out, share=1, chosen=all_once, rho=1):
    A, rng = rows(draw)
    index = chosen(rng, len(A))
    z = draw.number(rng.standard_normal(len(index))) * draw.real(1e-3, 1e3)
    penalty = rho * draw.pick(0, 1, 1) * draw.real(1e-2, 1e2) * np.square(A).sum() / A.shape[1]
    draw.assume("K + rho is invertible", len(index) == len(A) or floats(penalty) > 0)
    draw.trivial(len(index) == 1)
    if len(index) > len(A):
        z[-1] = z[0]
    truth = []
    for i in range(len(index)):
        others = np.unique(np.delete(index, i))
        truth.append(A[index[i]] @ student(A[others], z[others], penalty))
    truth, scale = np.array(truth), floats(length(z)) * condition(A)
    found = z - share * (z - formula(A, index, z, penalty))
    return Equal(found, truth, error=200 * EPS * condition(A) ** 2 * scale, scale=scale)


def one_gradient_step(A, z):
    return A.T @ z / np.square(A).sum()


def without_the_last(A, z):
    return student(A[:-1], z[:-1])


def with_a_ridge(A, z):
    return student(A, z, 0.02 * np.square(A).sum() / A.shape[1])


def linear(rng, z):
    return z


def one_shifted(rng, z):
    return z + np.eye(len(z))[0] * length(z)


@claim(
    "ours",
    r"A student that sees logits alone, rows $a_i$ and $z_i=a_i^\top w_\star$, ends at the "
    r"projection: $A^\top K^{-1}z=Pw_\star$.",
    chapter=CHAPTER,
    short="students of logits",
    rests_on=("theorem-1-projection",),
    mutants={
        "after one step": {"trained": one_gradient_step},
        "without the last row": {"trained": without_the_last},
        "with a small ridge": {"trained": with_a_ridge},
    },
    without={"the logits are the teacher's": {"told": one_shifted}},
)
def interpolated_logits(draw, trained=student, told=linear):
    A, rng = rows(draw)
    w_star = draw.number(rng.standard_normal(A.shape[1])) * draw.real(1e-3, 1e3)
    z = told(rng, A @ w_star)
    draw.assume("the logits are the teacher's", told is linear)
    scale = floats(length(w_star))
    error = 100 * EPS * condition(A) ** 2 * scale
    return Equal(trained(A, z), distilled_student(A.T, w_star), error=error, scale=scale)


# Of rows, their logits and x: independent rows, which of them are seen, logits, x


def all_scaled(draw, rng, A, z, x):
    return 3 * A, np.arange(len(z)), z, 3 * x


def row_and_logit_scaled(draw, rng, A, z, x, logit=True):
    factors = np.append(5.0, np.ones(len(z) - 1))
    return factors[:, None] * A, np.arange(len(z)), factors * z if logit else z, x


def permuted(draw, rng, A, z, x):
    order = rng.permutation(len(z))
    return A, order, z[order], x


def mapped(draw, rng, A, z, x, stretch=1, x_too=True):
    """Two reflections one after the other, an orthogonal map; its first axis may be stretched."""
    B = np.concatenate([A, x[None]])
    for axis in draw.number(rng.standard_normal((2, len(x)))):
        B = B - 2 * (B @ axis)[:, None] * axis / (axis @ axis)
    B = B * np.append(stretch, np.ones(len(x) - 1))
    return B[:-1], np.arange(len(z)), z, B[-1] if x_too else x


def copied(draw, rng, A, z, x, told=1):
    """The first row comes twice, the second time with this multiple of its logit."""
    return A, np.append(np.arange(len(z)), 0), np.append(z, told * z[:1]), x


def columns_scaled(draw, rng, A, z, x, factor=1.02):
    """One column only."""
    factors = np.append(factor, np.ones(len(x) - 1))
    return A * factors, np.arange(len(z)), z, x * factors


def shifted(draw, rng, A, z, x):
    shift = 0.02 * np.sqrt(np.square(floats(A)).mean())
    return A + shift, np.arange(len(z)), z, x + shift


def student_of_some(A, index, z):
    """The student of the rows A[index], on balls by the pseudo-inverse of their Gram matrix."""
    if not is_ball(A, z):
        return student(A[index], z)
    return A[index].T @ (gram_inverse(A, index, 0) @ z)


INVARIANCES = (all_scaled, row_and_logit_scaled, permuted, mapped, copied)


@claim(
    "ours",
    r"The logit that a student of rows and logits gives to $x$ does not change if rows and "
    r"$x$ are multiplied by one number or mapped by one orthogonal map, if a row and its logit are "
    r"multiplied by a number above 0, if the rows change places, or if a row comes twice with its "
    r"logit.",
    chapter=CHAPTER,
    underived="each is a line of algebra",
    rests_on=("interpolated-logits",),
    mutants={
        "one column is multiplied": {"changes": (columns_scaled,)},
        "all rows and x are shifted": {"changes": (shifted,)},
        "a row is multiplied, its logit not": {
            "changes": (partial(row_and_logit_scaled, logit=False),)
        },
        "the rows are mapped, x is not": {"changes": (partial(mapped, x_too=False),)},
        "the copy's logit is 2 % larger": {"changes": (partial(copied, told=1.02),)},
    },
    without={
        "the map is orthogonal": {"changes": (mapped,), "stretch": 1.5},
        "the copy has the same logit": {"changes": (copied,), "told": -1},
    },
)
def students_alike(draw, changes=INVARIANCES, stretch=1, told=1):
    A, rng = rows(draw, (3, 12), spare=1)
    z, x = (draw.number(rng.standard_normal(k)) for k in A.shape)
    x, change = x * floats(length(A[0])), draw.pick(*changes)
    draw.assume("the map is orthogonal", change is not mapped or stretch == 1)
    draw.assume("the copy has the same logit", change is not copied or told == 1)
    more = {mapped: {"stretch": stretch}, copied: {"told": told}}.get(change, {})
    B, index, y, v = change(draw, rng, A, z, x, **more)
    scale = floats(length(z)) * condition(A)
    error = 2000 * EPS * condition(A) ** 2 * scale
    return Equal(v @ student_of_some(B, index, y), x @ student(A, z), error=error, scale=scale)


# Leave-one-out as an estimate


def before(rng, X):
    """A teacher that was there before the rows."""
    return np.broadcast_to(np.eye(X.shape[2])[0], (len(X), X.shape[2]))


def from_the_rows(rng, X):
    """One that the rows made."""
    return X.sum(axis=1)


def as_drawn(rng, X):
    return X


def made_orthogonal(rng, X):
    """Rows of a set that avoid one another, as fresh ones do not."""
    return np.swapaxes(np.linalg.qr(np.swapaxes(X, 1, 2))[0], 1, 2)


@claim(
    "ours",
    r"For independent draws (or rows that are exchangeable with the test example) and a teacher "
    r"that was fixed before them, the share of rows whose "
    r"sign the student of the others gets wrong has the mean $\mathbb E\,R(\hat w)$ of "
    r"$n-1$ examples.",
    chapter=CHAPTER,
    short="an unbiased estimate",
    rests_on=("leave-one-out",),
    mutants={
        "of n examples": {"fewer": 0},
        "by three quarters of (G z)/G": {"residual": lambda r, alike: 0.75 * r},
        "by z - K_ii G z": {"residual": lambda r, alike: r * alike},
    },
    without={
        "the teacher was there before": {"taught": from_the_rows},
        "exchangeable with a fresh draw": {"drawn": made_orthogonal},
    },
)
def leave_one_out_is_unbiased(
    draw, fewer=1, residual=lambda r, alike: r, taught=before, drawn=as_drawn
):
    d, lean, size = draw.pick(2, 3, 8), floats(draw.uniform(0, 0.3)), 2000
    rng = draw.sample()
    X = rng.standard_normal((size, 3, d)) + lean
    X, fresh = drawn(rng, X[:, :2]), X[:, 2]
    w = taught(rng, X)
    draw.assume("the teacher was there before", taught is before)
    draw.assume("exchangeable with a fresh draw", drawn is as_drawn)
    z, K = np.einsum("snd,sd->sn", X, w), X @ np.swapaxes(X, 1, 2)
    G = solve_each(K, np.eye(2))
    dual, (own, whole) = np.einsum("sij,sj->si", G, z), np.diagonal([G, K], 0, 2, 3)
    wrong = np.sign(z - residual(dual / own, own * whole)) != np.sign(z)
    kept = slice(0, 2 - fewer)
    dual = solve_each(K[:, kept, kept], z[:, kept, None])
    w_hat = (np.swapaxes(X[:, kept], 1, 2) @ dual)[:, :, 0]
    guess = np.einsum("sd,sd->s", fresh, w_hat)
    truth = np.sign(guess) != np.sign(np.einsum("sd,sd->s", fresh, w))
    low, high = paired_interval(draw, wrong.mean(axis=1) - truth)
    return Same(-max(abs(low), abs(high)), min(-low, high))


# The law of the spectrum


def spectrum_and_teacher(draw):
    """Eigenvalues over some decades, a teacher, n below the rank, noise."""
    rng, d = draw.rng(), draw.count(2, 40)
    n = min(draw.count(1, d), d - 1)
    spread = floats(draw.uniform(0, 3))
    values = draw.number(10.0 ** rng.uniform(-spread, spread, d)) * draw.real(1e-6, 1e6)
    c = draw.number(rng.standard_normal(d)) * draw.real(1e-3, 1e3)
    return values, c, n, d


def noise_of(draw, values, c):
    """As large as the logits, or less; often none."""
    return draw.pick(0, 1) * draw.real(1e-2, 1) * (values @ np.square(c)) ** 0.5


def precise(k, values, n):
    """What rounding of the ridge leaves of 1 - df2/n, relative."""
    share = floats(values) / (floats(values) + floats(k))
    return 1e3 * EPS * len(share) / (1 - np.square(share).sum() / n)


@claim(
    "ours",
    r"The parts of the law agree: with $k$ and $E$ of $n$ examples, "
    r"$|(S+k)^{-1}Sw_\star|^2+\frac En\operatorname{tr}S(S+k)^{-2}=w_\star^\top S(S+k)^{-1}w_\star"
    r"+s^2/k$, the mean squared length of the student.",
    chapter=CHAPTER,
    short="the law of the spectrum",
    mutants={
        "E without 1 - df2/n": {"blown": 0},
        "s^2 / (2k)": {"added": 0.5},
        "E/(n+1)": {"more": 1},
        "tr S (S+k)^-1 / (S+2k)": {"other": 2},
    },
)
def spectrum_agrees(draw, blown=1, added=1, more=0, other=1):
    values, c, n, _ = spectrum_and_teacher(draw)
    s = noise_of(draw, values, c)
    k = ridge(values, n)
    E = law_error(values, c, n, s) + s * s
    E = E * (1 - np.square(values / (values + k)).sum() / n) ** (1 - blown)
    mean2 = np.square(values / (values + k) * c).sum()
    spread = E / (n + more) * (values / (values + k) / (values + other * k)).sum()
    kept = (np.square(c) * values / (values + k)).sum()
    whole = kept + added * s * s / k
    if added == 1:  # the length that the library's cosine has
        whole = np.square(kept / law_cosine(values, c, n, s)) / np.square(c).sum()
    return Equal(mean2 + spread, whole, error=precise(k, values, n) * floats(whole))


@claim(
    "ours",
    r"Without noise $E=nk\,\frac{d}{dn}\,w_\star^\top S(S+k)^{-1}w_\star$: the error is what the "
    r"next example adds to the projection, times $nk$.",
    chapter=CHAPTER,
    rests_on=("spectrum-agrees",),
    mutants={
        "n + 1": {"more": 1},
        "the smallest eigenvalue for k": {"height": lambda k, values: min(values)},
        "what one example added on average": {"slope": lambda kept, free, n: kept / n},
    },
)
def error_is_a_slope(draw, more=0, height=lambda k, values: k, slope=None):
    values, c, n, _ = spectrum_and_teacher(draw)
    k = ridge(values, n)

    def kept(k):
        return (np.square(c) * values / (values + k)).sum()

    def free(k):
        return (values / (values + k)).sum()

    if slope:
        rate = slope(kept(k), free(k), n)
    else:
        rate = complex_step(kept, k, 1.0) / complex_step(free, k, 1.0)
    E = law_error(values, c, n, 0 * values[0])
    error = precise(k, values, n) * floats(E)
    return Equal((n + more) * height(k, values) * rate, E, error=error)


@claim(
    "ours",
    r"For isotropic Gaussian examples, $S=\lambda I$, the law gives the mean projection and the "
    r"error that are exact at any size: $\cos^2\phi=n/d$ and $E=\lambda|w_\star|^2(1-n/d)$.",
    chapter=CHAPTER,
    rests_on=("spectrum-agrees",),
    mutants={
        "n/(d+1)": {"more": 1},
        "E = (1 - n/d)^2": {"power": 2},
        "for a spread of 10 %": {"spread": 0.1, "without": "isotropic examples"},
    },
    without={"isotropic examples": {"spread": 0.5}},
)
def isotropic_spectrum(draw, more=0, power=1, spread=0):
    rng, d = draw.rng(), draw.count(2, 200)
    n = min(draw.count(1, d), d - 1)
    lam, c = draw.real(1e-3, 1e3), draw.number(rng.standard_normal(d))
    values = lam * (1 + spread * draw.number(rng.uniform(-1, 1, d)))
    draw.assume("isotropic examples", spread == 0)
    cosine, E = law_cosine(values, c, n, 0 * lam), law_error(values, c, n, 0 * lam)
    share, whole = draw.number(n / (d + more)), lam * np.square(c).sum()
    if spread == 0:
        share = draw.number(float(n)) / (d + more)
    left = [np.square(cosine), E / whole]
    right = [share, (1 - draw.number(float(n)) / d) ** power]
    return [Equal(a, b, error=1e-11, scale=1.0) for a, b in zip(left, right, strict=True)]


@claim(
    "ours",
    r"Rows $be+g$, $b^2=\beta$, $g$ standard normal in the other $d-1$ directions: there "
    r"$\mathbb E\tan^2\phi=(d-n)/(n\beta)$ exactly, and the law has $d-n+(\beta-1)\sin^2\phi$ for "
    r"$d-n$. It is exact for $\beta=1$, and as $d-n\to\infty$ for every $\beta$.",
    chapter=CHAPTER,
    rests_on=("spectrum-agrees",),
    mutants={
        "d - n - 1": {"fewer": 1},
        "cos^2 for sin^2": {"other": True},
        "beta for beta - 1": {"less": 0},
    },
)
def chi_square_spectrum(draw, fewer=0, other=False, less=1):
    d = draw.count(3, 200)
    n = min(draw.count(1, d), d - 1)
    beta = draw.real(1e-3, 1e3)
    values = draw.number(np.ones(d)) * np.append(beta, np.ones(d - 1) * (1 + 0 * beta))
    e = draw.number(np.eye(d)[0])
    cosine2 = np.square(law_cosine(values, e, n, 0 * beta))
    sine2 = 1 - cosine2
    part = cosine2 if other else sine2
    left = n * beta * sine2 / cosine2
    right = d - n - fewer + (beta - less) * part
    scale = floats(d - n + abs(beta) * (1 + 0 * beta))
    error = 1e-11 * (floats(n * beta / cosine2) + scale)
    return Equal(left, right, error=error, scale=scale)


# The law of the rows


def one_row_more(A, z, n, s):
    return row_error(A, z, n / (len(A) + 1 + 0 * z[0]), s)


def weights_for_leverages(A, z, n, s):
    """omega_i |a_i|^2 = n/N, as if the leverage of a weighted row were its weight."""
    return row_error(A, z, n / (len(A) + 0 * z[0]), s, settled=False)


def mean_student_only(A, z, n, s):
    return row_error(A, z, n / (len(A) + 0 * z[0]), s, spread=0)


def noise_that_is_seen_again(A, z, n, s):
    """Fresh noise as if it were a part of the logits."""
    return row_error(A, z, n / (len(A) + 0 * z[0]), s, seen_again=1)


@claim(
    "ours",
    r"For a pool of orthogonal rows the law of the rows is exact: its mean squared error over the "
    r"pool is that of the students of all sets of $n$ rows, with fresh noise of deviation $s$ on "
    r"their logits or without. (Here: summed over all sets.)",
    chapter=CHAPTER,
    short="the law of the rows",
    rests_on=("interpolated-logits",),
    mutants={
        "of a pool of N + 1 rows": {"law": one_row_more},
        "weights n/N for leverages n/N": {"law": weights_for_leverages},
        "without the spread v": {"law": mean_student_only},
        "fresh noise without 1 - n/N": {"law": noise_that_is_seen_again},
    },
    without={"orthogonal rows": {"lean": 1}},
)
def orthogonal_rows(draw, law=row_law_error, lean=0):
    rng, N = draw.rng(), draw.count(2, 6)
    n = min(draw.count(1, N), N - 1)
    A = rng.standard_normal((N, 1)) * 3.0 ** rng.uniform(-1, 1, (N, 1)) * np.eye(N)
    A = draw.number(A + lean * rng.standard_normal((N, N))) * draw.real(1e-2, 1e2)
    draw.assume("orthogonal rows", not lean)
    z = A @ draw.number(rng.standard_normal(N))
    errors, s = [], noise_of(draw, np.ones(N) / N, z)
    for chosen in map(list, combinations(range(N), n)):
        left = z - A @ student(A[chosen], z[chosen])
        given = A @ A[chosen].T @ inverse(A[chosen] @ A[chosen].T)  # what one unit of noise does
        errors.append((np.square(left).sum() + np.square(s) * np.square(given).sum()) / N)
    whole = floats(np.square(z).sum() / N + np.square(s))
    truth = sum(errors) / len(errors)
    error = (1e-6 + 4 * left_by_the_ridge(A, n)) * whole  # errors are made of squared weights
    return Equal(law(A, z, n, s), truth, error=error, scale=whole)
