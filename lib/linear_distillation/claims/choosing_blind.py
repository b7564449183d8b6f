"""Choosing examples without knowing the teacher."""

import numpy as np
import scipy

from .balls import floats
from .balls.spans import distilled_student
from .claim import claim
from .slack import AtMost, same_law

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


def adaptive(answers, queries, rng):
    """A query from all that was seen: where answers were large it looks farther away."""
    if not answers:
        return np.tile(np.eye(queries[0].shape[1])[0], (len(queries[0]), 1))
    fresh = rng.standard_normal(queries[0].shape)
    return fresh + sum(a[:, None] * q for a, q in zip(answers, queries, strict=False)) * 2


def the_same_again(answers, queries, rng):
    return adaptive([], queries, rng)


def beta_law(n, d):
    return lambda x: scipy.special.betainc(n / 2, (d - n) / 2, x)


def never(answers):
    return np.ones(len(answers[0]), dtype=bool)


def when_large(answers):
    """Only where the last answer was a large one: who stops there."""
    return np.abs(answers[-1]) > np.median(np.abs(answers[-1]))


@claim(
    "ours",
    r"A teacher whose direction is uniform on the sphere and independent of pool and rule: after "
    r"$n$ independent queries, $n$ fixed, *every* adaptive rule has "
    r"$\cos^2\phi\sim\mathrm{Beta}(\frac n2,\frac{d-n}2)$.",
    chapter=CHAPTER,
    underived="an induction, in words in the chapter",
    short="no free lunch",
    rests_on=("theorem-1-projection",),
    mutants={
        "Beta((n+1)/2, .)": {"law": lambda n, d: beta_law(n + 1, d + 1)},
        "Beta(., (d-n+1)/2)": {"law": lambda n, d: beta_law(n, d + 1)},
        "of d + 2 dimensions and n + 1": {"law": lambda n, d: beta_law(n + 1, d + 2)},
    },
    without={
        "a uniform direction": {"given": leaning},
        "independent queries": {"rule": the_same_again},
        "n is fixed": {"stops": when_large},
    },
)
def no_free_lunch(draw, law=beta_law, given=uniform, rule=adaptive, stops=never):
    d, size = draw.count(3, 6), 4000
    n = draw.count(1, d - 1)
    draw.assume("a uniform direction", given is uniform)
    draw.assume("independent queries", rule is adaptive)
    draw.assume("n is fixed", stops is never)
    draw.trivial(rule is the_same_again and n == 1)
    rng = draw.sample()
    w = given(rng.standard_normal((size, d)))
    w /= np.linalg.norm(w, axis=1, keepdims=True)
    left, kept, answers, queries = w.copy(), np.zeros(size), [], [w]
    for _ in range(n):
        x = rule(answers, queries, rng)
        queries = queries if answers else []
        for q in queries:
            x = x - (x * q).sum(axis=1, keepdims=True) * q
        norm = np.linalg.norm(x, axis=1, keepdims=True)
        queries.append(np.divide(x, norm, out=np.zeros_like(x), where=norm > 1e-9))
        answers.append((queries[-1] * left).sum(axis=1))
        kept = kept + np.square(answers[-1])
    return same_law(draw, kept[stops(answers)], law(n, d))


@claim(
    "ours",
    r"A uniform direction of the teacher and test examples with second moment $S$: the mean of "
    r"$|S^{1/2}(w_\star-\hat w)|^2$, over $|w_\star|^2$, is $\operatorname{tr}S(I-P)/d$, at least "
    r"$\sum_{j>n}\lambda_j/d$; equal if the leading directions of $S$ are asked for.",
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
)
def leading_directions(draw, start=0, floor=None):
    rng, d = draw.rng(), draw.count(2, 8)
    n = min(draw.count(1, d), d - 1)
    lam = np.sort(10.0 ** rng.uniform(-1, 1, d))[::-1].copy()
    lean = floats(draw.pick(0.0, 0.1, 10.0))
    A = np.eye(d)[:, :n] + lean * rng.standard_normal((d, n))
    missed = sum(
        draw.number(lam[j]) * np.square(e - distilled_student(draw.number(A), draw.number(e))).sum()
        for j, e in enumerate(np.eye(d))
    )
    exact = draw.number(lam)
    least = floor(exact, n) if floor else exact[max(0, n - start) :].sum()
    return AtMost(least, missed, error=1e-9 * lam.sum())
