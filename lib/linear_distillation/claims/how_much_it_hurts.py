"""How far more data can harm: the largest rise of the risk, the supremum, a lever, a climb."""

from fractions import Fraction
from functools import lru_cache, partial
from itertools import combinations, combinations_with_replacement
from math import comb, factorial, prod

import numpy as np

from ..rise import climbing_risk, lever_examples
from ..risk import every_set
from ..students import distilled_student as student_of
from .balls import ball, floats
from .balls.finite import finite_task
from .balls.risks import exchange_rise, seen_probabilities
from .cases import EPS, solve_each
from .claim import claim
from .slack import AtMost, Equal, is_mean

claim = partial(claim, chapter="beyond/how-much-it-can-hurt")


def lever(draw, rng, n):
    """Where the bound is attained: one held back is lost, unless another one is, too."""
    spread = 3 * floats(draw.uniform())
    X = lever_examples(n + 1, n) * 10.0 ** rng.uniform(-spread, spread, n + 2)
    Q = np.linalg.qr(rng.standard_normal((n + 2, n + 2)))[0]
    return Q @ X, Q[:, 0]


def scattered(draw, rng, n):
    d, lean = draw.count(2, n + 4), floats(draw.real(0.01, 10))
    X = rng.standard_normal((d, n + 2)) * 10.0 ** rng.uniform(-1, 1, (d, 1))
    return X + lean * rng.standard_normal((d, 1)), rng.standard_normal(d)


@claim(
    "ours",
    r"$\mathbb E\,R_{n+1}-\mathbb E\,R_n\le(n+1)/(n+2)$ for every task with "
    r"$\mathbb P[w_\star^\top x=0]=0$, dimension and $n\ge1$, as among $n+2$ examples "
    r"$g\le(n+1)/(n+2)$ (held back one by one, less in pairs).",
    short="how much it hurts",
    rests_on=("rise-by-exchange",),
    underived="proved in words in the chapter",
    mutants={
        "n / (n + 1)": {"bound": lambda n: n / (n + 1)},
        "2/3 for every n": {"bound": lambda n: 2 / 3},
    },
)
def largest_rise(draw, bound=lambda n: (n + 1) / (n + 2)):
    rng, n = draw.rng(), draw.count(1, 6)
    X, w_star = draw.pick(lever, scattered)(draw, rng, n)
    rise = exchange_rise(draw.number(X), draw.number(w_star))
    return AtMost(rise, bound(draw.number(n)))


def errors_after(X, exact):
    """Which examples each student is wrong on: a row for each set of examples seen."""
    e, size = np.eye(len(X))[0], X.shape[1]
    seen = every_set(size)[1:]
    if exact:
        task = finite_task(ball(X), ball(np.ones(size)), ball(e))
        return np.array([task.errors(some) for some in seen])
    w = np.array([student_of(X[:, some], e) for some in seen])
    return (w @ X) * X[0] <= 0


def few_points(case):
    """Two or three points in up to four dimensions; one case in five is a lever."""
    rng, lever = np.random.default_rng(case), case % 5 == 0
    X = rng.standard_normal(rng.integers(2, (5, 4)))
    return lever_examples(2, 1) if lever else X + 10 ** rng.uniform(-2, 1) * rng.standard_normal()


@lru_cache
def exchanges(case, n, exchange, exact):
    """All multisets of n + 2 points, and g of each."""
    X = few_points(case)
    drawn = [*combinations_with_replacement(range(X.shape[1]), n + 2)]
    X, e = (ball(v) if exact else v for v in (X, np.eye(len(X))[0]))
    return drawn, [exchange(X[:, list(some)], e) for some in drawn]


few_errors = lru_cache(lambda case, exact: errors_after(few_points(case), exact))


@claim(
    "ours",
    r"$\mathbb E\,R_{n+1}-\mathbb E\,R_n=\mathbb E\,g(x_1,\dots,x_{n+2})$: `exchange_rise`, "
    r"averaged over independent examples.",
    underived="proved in words in the chapter",
    mutants={
        "from n + 1 to n + 2": {"later": 1},
        "g of the first three examples": {"exchange": lambda X, w: exchange_rise(X[:, :3], w)},
        "2 % more": {"exchange": lambda X, w: 1.02 * exchange_rise(X, w)},
    },
)
def rise_by_exchange(draw, later=0, exchange=exchange_rise):
    """Sum over all multisets of n + 2 examples, against the expected risks themselves."""
    case, n = draw.pick(*range(40)), draw.pick(1, 1, 2)
    errors, total = few_errors(case, draw.exact), 0
    weights = draw.number(draw.rng().dirichlet(np.ones(errors.shape[1])))
    weights = weights / weights.sum()  # on balls to the last digit
    for some, g in zip(*exchanges(case, n, exchange, draw.exact), strict=True):
        orders = factorial(n + 2) // prod(factorial(t) for t in np.bincount(some))
        total += orders * weights[list(some)].prod() * g
    fewer, more = (
        seen_probabilities(weights, n + m + later)[1:] @ errors @ weights for m in (0, 1)
    )
    return Equal(total, more - fewer, error=64 * EPS, scale=1)


# The supremum of the first rise


def star_gram(size, last, far, grow):
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


@lru_cache
def star_rise(size, *shape):
    """Mean over triples: errors after two examples, less errors after one."""
    G, some = star_gram(size, *shape), range(size)
    triples = [(*pair, k) for k in some for pair in combinations([i for i in some if i != k], 2)]
    wrong = sum(star_errors(G, *triple) for triple in triples)
    single = sum(G[a][b] <= 0 for a, b in combinations(some, 2))
    return Fraction(wrong, len(triples)) - Fraction(single, comb(size, 2))


@claim(
    "ours",
    r"There are tasks of $N$ far examples with $\mathbb E\,R_1=0$ and "
    r"$\mathbb E\,R_2=\tfrac23(1-\tfrac1N)(1-\tfrac2N)$ in the limit: the supremum of the first "
    r"rise is $2/3$. (Checked for draws without replacement, in whole numbers.)",
    rests_on=("largest-rise",),
    underived="proved in words in the chapter",
    mutants={
        "cosines that shrink by the power 1.9": {"grow": 1.9},
        "equal cosines": {"grow": 1},
        "repeated draws rise too": {"distinct": lambda N: (1 - 1 / N) ** 2},
    },
)
def two_thirds(draw, grow=2, distinct=lambda N: (1 - 1 / N) * (1 - 2 / N)):
    """Three draws are distinct with probability (1 - 1/N)(1 - 2/N); others do not rise."""
    N = draw.count(3, 7)
    rise = star_rise(N, draw.count(1, 4), draw.count(1, 4), grow)
    rise = draw.number(rise.numerator) / rise.denominator
    N = draw.number(N)
    rise = rise * (1 - 1 / N) * (1 - 2 / N)
    return Equal(rise, distinct(N) * 2 / 3, error=16 * EPS, scale=1)


# A lever, and a climb


lever_errors = lru_cache(lambda N, k, exact: errors_after(lever_examples(N, k), exact))


def occupancy_risk(N, k, n, special, unseen):
    """Occupancy: c of n draws are ordinary, and show j of the N ordinary examples."""
    total = 0
    for c in range(n):
        draws = comb(n, c) * (1 - special) ** c * special ** (n - c)
        for j in range(k, N):
            onto = sum((-1) ** i * comb(j, i) * (j - i) ** c for i in range(j + 1))
            total += draws * comb(N, j) * onto * (N - j + unseen) / N ** (c + 1)
    return total * (1 - special)


@claim(
    "ours",
    r"For every $n\ge1$ there are tasks in $n+2$ dimensions with $\mathbb E\,R_n=0<\mathbb E\,"
    r"R_{n+1}$: of `lever_examples` exactly the unseen ordinary ones are lost, once the special "
    r"one and $k=n$ ordinary ones are seen.",
    underived="proved in words in the chapter",
    mutants={
        "k + 1 ordinary ones": {"shift": 1},
        "k - 1 ordinary ones": {"shift": -1},
        "one of the seen is lost": {"unseen": 1},
        "one example later": {"later": 1},
    },
)
def lever_risk(draw, later=0, shift=0, unseen=0):
    N, n, special = draw.count(2, 6), draw.count(1, 12), draw.real(1e-3, 0.9)
    k = draw.count(1, N - 1)
    weights = np.append([(1 - special) / N] * N, special)
    probability = seen_probabilities(weights, n + later)[1:]
    exact = probability @ lever_errors(N, k, draw.exact) @ weights
    risk = occupancy_risk(N, k + shift, n, special, unseen)
    return Equal(risk, exact, error=256 * EPS, scale=1)


@claim(
    "ours",
    r"In every dimension $d\ge3$ there are tasks with a density whose expected risk rises at each "
    r"step from $n=1$ to $d-1$: in a limit it is $I_{(n-1)/(2n)}(\tfrac{d-n}2,\tfrac{d-n}2)$, from "
    r"$0$ up to $\tfrac12-\tfrac1\pi\arcsin\tfrac1{d-1}$.",
    short="hurt at every step",
    mutants={
        "one dimension more": {"law": lambda n, d: climbing_risk(n, d + 1), "small": True},
        "one example more": {"law": lambda n, d: climbing_risk(min(n + 1, d - 1), d)},
        "examples do not share a point": {"law": lambda n, d: 0.5},
    },
)
def climbing_curve(draw, law=climbing_risk, small=False):
    """The sign of the weight of one of n points in the point of their flat nearest to another."""
    d = draw.count(3, 8)
    n, sets = draw.count(1, d - 1), 1200
    if small:  # where one dimension more tells most
        d, n, sets = draw.pick(3, 4), 2, 6000
    rng = draw.sample()
    x = rng.standard_normal((sets, n, d - 2)) - rng.standard_normal((sets, 1, d - 2))
    across, first = x[:, 1:] - x[:, :1], x[:, 0, :, None]
    others = solve_each(across @ across.mT, -across @ first)  # weights of all but the first
    return is_mean(draw, float(law(n, d)), others.sum(axis=(1, 2)) > 1)
