"""Choosing examples without knowing the teacher."""

import numpy as np
import scipy

from .balls import floats
from .balls.spans import distilled_student
from .cases import solve_each
from .claim import claim
from .exact_law import alike
from .slack import AtMost, is_mean, same_law

CHAPTER = "open-questions/choosing-examples"
EPS = np.finfo(float).eps


# No free lunch


def uniform(w):
    return w


def leaning(w):
    """A teacher that the pool leans towards."""
    w = w.copy()
    w[:, 0] = 2 * np.abs(w[:, 0])
    return w


def of_length_one(u):
    return np.ones(len(u))


def telling(u):
    """Lengths with which the answer to e_1 tells where the second and third coordinate point."""
    return (2 + np.arctan2(u[:, 2], u[:, 1]) / np.pi) / np.abs(u[:, 0])


def by_the_length(answers, queries, rng):
    """The rule that reads it."""
    if len(answers) != 1:
        return adaptive([], queries, rng) if not answers else rng.standard_normal(queries[0].shape)
    psi = np.pi * (np.abs(answers[0]) - 2)
    x = np.zeros(queries[0].shape)
    x[:, 1], x[:, 2] = np.cos(psi), np.sin(psi)
    return x


def adaptive(answers, queries, rng):
    """A question near the axis whose number is that of the large answers so far."""
    size, d = queries[0].shape
    large = sum((np.square(a) > 1 / d for a in answers), np.zeros(size, dtype=int))
    return np.eye(d)[large] + 0.1 * len(answers) * rng.standard_normal((size, d))


def the_same_again(answers, queries, rng):
    return adaptive([], queries, rng)


def beta_law(n, d):
    return lambda x: scipy.special.betainc(n / 2, (d - n) / 2, x)


def ask(w, n, rule, rng):
    """Orthonormal questions, of which a rule may repeat one in vain, and the answers."""
    answers, queries = [], [w]  # the rule sees of w only its shape
    for _ in range(n):
        x = rule(answers, queries, rng)
        queries = queries if answers else []
        for q in queries:
            x = x - (x * q).sum(axis=1, keepdims=True) * q
        norm = np.linalg.norm(x, axis=1, keepdims=True)
        queries.append(np.divide(x, norm, out=np.zeros_like(x), where=norm > 1e-9))
        answers.append((queries[-1] * w).sum(axis=1))
    return queries, answers


def never(answers):
    return np.ones(len(answers[0]), dtype=bool)


def when_large(answers):
    """Only where the last answer was a large one: who stops there."""
    return np.abs(answers[-1]) > np.median(np.abs(answers[-1]))


@claim(
    "ours",
    r"A teacher whose direction is uniform on the sphere and independent of its length, of pool "
    r"and rule: after $n$ independent queries, $n$ fixed, *every* adaptive rule has "
    r"$\cos^2\phi\sim\mathrm{Beta}(\frac n2,\frac{d-n}2)$.",
    chapter=CHAPTER,
    short="no free lunch",
    rests_on=("theorem-1-projection",),
    mutants={
        "Beta((n+1)/2, .)": {"law": lambda n, d: beta_law(n + 1, d + 1)},
        "Beta(., (d-n+1)/2)": {"law": lambda n, d: beta_law(n, d + 1)},
        "of d + 2 dimensions and n + 1": {"law": lambda n, d: beta_law(n + 1, d + 2)},
    },
    without={
        "a uniform direction": {"given": leaning},
        "independent of its length": {"length": telling, "rule": by_the_length},
        "independent queries": {"rule": the_same_again},
        "n is fixed": {"stops": when_large},
    },
)
def no_free_lunch(
    draw, law=beta_law, given=uniform, length=of_length_one, rule=adaptive, stops=never
):
    d, sets = draw.count(3, 6), 4000
    n = draw.count(1, d - 1)
    draw.assume("a uniform direction", given is uniform)
    draw.assume("independent of its length", length is of_length_one)
    draw.assume("independent queries", rule is not the_same_again)
    draw.assume("n is fixed", stops is never)
    draw.trivial(rule is not adaptive and n == 1)
    rng = draw.sample()
    w = given(rng.standard_normal((sets, d)))
    w /= np.linalg.norm(w, axis=1, keepdims=True)
    size = length(w)
    _, answers = ask(size[:, None] * w, n, rule, rng)
    kept = np.minimum(sum(np.square(a / size) for a in answers), 1)
    return same_law(draw, kept[stops(answers)], law(n, d))


def noncentral(n, m, beta, d):
    """The law of cos^2(phi) = A / (A + B), A a noncentral chi^2_n, B a chi^2_(d-n)."""

    def law(x):
        ratio = x / (1 - x) * (d - n) / n
        return scipy.special.ncfdtr(n, d - n, n * m * beta**2, ratio)

    return law


def with_a_normal_part(shape, rng):
    return rng.standard_normal(shape)


def with_one_sided_parts(shape, rng):
    """Of the same mean and variance, and skew."""
    return rng.standard_exponential(shape) - 1


@claim(
    "ours",
    r"Rows of a pool that lean, $\beta w_\star/|w_\star|$ and a standard Gaussian vector each. "
    r"After $n<d$ questions, each the sum of $m$ rows, none twice, $\tan^2\phi$ has the law "
    r"of $\chi^2_{d-n}/\chi^2_n(nm\beta^2)$, independent, the second one noncentral: not that of "
    r"`no-free-lunch`, though the rule knows nothing of the teacher.",
    chapter=CHAPTER,
    underived="it is `chi-square-law`, with normal heights",
    short="a pool that leans",
    rests_on=("chi-square-law", "no-free-lunch"),
    mutants={
        "the law of no free lunch": {"law": lambda n, m, beta, d: beta_law(n, d)},
        "noncentral by n beta^2, for all m": {"law": lambda n, m, b, d: noncentral(n, 1, b, d)},
        "noncentral by m beta^2, for all n": {"law": lambda n, m, b, d: noncentral(n, m / n, b, d)},
        "of d + 1 dimensions": {"law": lambda n, m, b, d: noncentral(n, m, b, d + 1)},
    },
    without={"Gaussian rows": {"parts": with_one_sided_parts}},
)
def leaning_pool(draw, law=noncentral, parts=with_a_normal_part):
    d, m, beta, size = draw.count(3, 6), draw.pick(1, 4), floats(draw.real(0.1, 2)), 2500
    n = draw.count(1, d - 1)
    draw.assume("Gaussian rows", parts is with_a_normal_part)
    questions = parts((size, n, m, d), draw.sample()).sum(axis=2)
    questions[..., 0] += m * beta
    e = np.eye(d)[0]
    gram = questions @ questions.swapaxes(1, 2)
    kept = solve_each(gram, questions @ e[:, None])[..., 0]  # e is the teacher
    cosine2 = (kept * questions[..., 0]).sum(axis=1)
    return same_law(draw, cosine2, law(n, m, beta, d))


def one_axis(d):
    """The mean square, times d, of a teacher's coordinates if it is the first axis."""
    return d * np.eye(d)[0]


@claim(
    "ours",
    r"A uniform direction of the teacher, test examples with second moment $S$, and $n$ questions "
    r"that are fixed in advance: the mean of $|S^{1/2}(w_\star-\hat w)|^2$, over $|w_\star|^2$, is "
    r"$\operatorname{tr}S(I-P)/d$, at least $\sum_{j>n}\lambda_j/d$; equal if the leading "
    r"directions of $S$ are asked for.",
    chapter=CHAPTER,
    underived="Ky Fan's principle",
    short="ask where the data are",
    rests_on=("no-free-lunch",),
    mutants={
        "at least the sum from j = n": {"start": 1},
        "at least the share of 1 - n/d": {"floor": lambda lam, n: lam.sum() * (1 - n / len(lam))},
        "at least d - n times the next eigenvalue": {
            "floor": lambda lam, n: lam[n] * (len(lam) - n)
        },
    },
    without={"a uniform direction": {"given": one_axis}},
)
def leading_directions(draw, start=0, floor=None, given=alike):
    draw.assume("a uniform direction", given is alike)
    rng, d = draw.rng(), draw.count(2, 8)
    n = min(draw.count(1, d), d - 1)
    lam = np.sort(10.0 ** rng.uniform(-1, 1, d))[::-1].copy()
    lean = floats(draw.pick(0.0, 0.1, 10.0))
    A = np.eye(d)[:, :n] + lean * rng.standard_normal((d, n))
    missed = sum(
        share
        * (
            draw.number(lam) * np.square(e - distilled_student(draw.number(A), draw.number(e)))
        ).sum()
        for share, e in zip(given(d), np.eye(d), strict=True)
    )
    exact = draw.number(lam)
    least = floor(exact, n) if floor else exact[max(0, n - start) :].sum()
    return AtMost(least, missed, error=1e-9 * lam.sum())


def along_the_last(w):
    """A teacher near an axis that is asked about late."""
    return w * np.append(np.ones(w.shape[1] - 1), 5.0)


def by_answers(answers, queries, rng):
    """Axes of S: the next leading one after a large answer, the next last one after a small one."""
    size, d = queries[0].shape
    large = np.array([np.square(a) > 1 / d for a in answers], dtype=int).reshape(-1, size)
    before = large[:-1].sum(axis=0)
    last = d - 1 - (max(len(answers) - 1, 0) - before)
    axis = np.where(large[-1], 1 + before, last) if answers else np.zeros(size, dtype=int)
    return np.eye(d)[axis]


@claim(
    "ours",
    r"A uniform direction of the teacher and *any* rule, adaptive or not, with $n$ independent "
    r"questions: the mean of $|S^{1/2}(w_\star-\hat w)|^2$ is that of "
    r"$|w_\star-\hat w|^2\operatorname{tr}S(I-P)/(d-n)$. So its lower bound is that of "
    r"`leading-directions`.",
    chapter=CHAPTER,
    underived="the residual has a uniform direction, by the induction of `no-free-lunch`",
    rests_on=("no-free-lunch",),
    mutants={
        "tr S(I-P)/d, as for fixed questions": {"share": lambda r2, n, d: 1 / d},
        "over d": {"share": lambda r2, n, d: r2 / d},
        "over d - n + 1": {"share": lambda r2, n, d: r2 / (d - n + 1)},
    },
    without={"a uniform direction": {"given": along_the_last}},
)
def adaptive_questions(draw, share=lambda r2, n, d: r2 / (d - n), given=uniform):
    d = draw.count(3, 4)
    n = draw.count(1, d - 1)
    lam = 10.0 ** (draw.pick(0.5, 8.0, 8.0) * draw.rng().uniform(-1, 1, d))
    lam /= lam.max()
    draw.assume("a uniform direction", given is uniform)
    rng = draw.sample()
    w = given(rng.standard_normal((4000, d)))
    w /= np.linalg.norm(w, axis=1, keepdims=True)
    queries, answers = ask(w, n, by_answers, rng)
    r = w - sum(a[:, None] * q for a, q in zip(answers, queries, strict=True))
    trace = lam.sum() - sum((np.square(q) * lam).sum(axis=1) for q in queries)
    missed = (np.square(r) * lam).sum(axis=1)
    gap = missed - share(np.square(r).sum(axis=1), n, d) * trace
    return is_mean(draw, 0.5, (1 + gap) / 2)
