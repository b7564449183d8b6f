r"""Certificates for appendix A and the sharper constants: facts on the sigmoid and on one term.

A logit a enters as q = exp(-|a|) in (0, 1], so that all reals are one box: sigma'(a) = q/(1+q)^2.
Everything is even in a, up to exchanging the labels.
"""

from functools import partial, reduce

from flint import arb

from ...certify import centred, prove, quotient, root, taylor
from .certificate import Certificate


def sigmoid(a):
    return 1 / (1 + (-a).exp())


def bend(a):
    """sigma'."""
    return sigmoid(a) * sigmoid(-a)


def term(a, b):
    """k: the divergence of the label at logit a from the teacher's at b."""
    return ((1 + a.exp()) / (1 + b.exp())).log() - sigmoid(b) * (a - b)


def peak(q):
    return q / ((1 + q) * (1 + q))


# The facts: below a quarter, one peak, log-concave

ABOVE_ZERO = {"sigma' > 0": lambda: prove(lambda q: 1 / (1 + q) ** 2, (0, 1))}
QUARTER = {
    "sigma' <= 1/4": lambda: prove(
        lambda q: quotient(lambda s: arb(1) / 4 - peak(s), q, 1, 2), (0, 1)
    )
}
ONE_PEAK = {"sigma' has one peak": lambda: prove(lambda q: -taylor(peak, q, 2)[2], (0, 1))}


def log_curvature(q):
    """-(log sigma')'' / q, from (q d/dq)^2 of log q - 2 log(1 + q)."""
    _, slope, second = taylor(lambda s: -2 * (1 + s).log(), q, 2)
    return -(slope + 2 * q * second)


LOG_CONCAVE = {"sigma' is log-concave": lambda: prove(log_curvature, (0, 1))}

FACTS = (
    r"For every real $a$, with $q=e^{-|a|}\in(0,1]$: $\sigma'(a)=q/(1+q)^2$; $\sigma'/q>0$ is "
    r"certified on $[0,1]$"
)
PEAK = (
    r"$\sigma'$ increases with $q$, hence falls with $|a|$: its second derivative in $q$ is "
    r"certified negative on $[0,1]$, and the first is 0 at $q=1$ (by hand)"
)


def hessian_bound(a, quarter=0.25, floor=0):
    """The smaller slack of floor/4 <= sigma' <= quarter."""
    value = bend(arb(a))
    return (quarter - value).min(value - arb(floor) / 4)


HESSIAN_BOUND = Certificate(
    statement=r"$0<\sigma'(a)\le\tfrac14$ for every real $a$, with equality at 0 only.",
    by_hand=FACTS + r", and $(\tfrac14-\sigma')/(1-q)^2>0$ on $[0,1]$. The rest of the claim is "
    r"$v'X\operatorname{diag}(\sigma')X'v\le\tfrac14|X'v|^2\le\tfrac14\lambda_{\max}|v|^2$.",
    parts=ABOVE_ZERO | QUARTER,
    mutants={
        "1/8 for 1/4": partial(hessian_bound, 0, quarter=0.125),
        "2 % smaller": partial(hessian_bound, 0, quarter=0.245),
        "at least 4/5 of the smallest eigenvalue / (4n), on the span": partial(
            hessian_bound, 1, floor=arb(4) / 5
        ),
    },
)


def label_gap(a, b):
    return sigmoid(a) - sigmoid(b)


def pinsker(p, q, constant=2):
    """KL(Bern(p) || Bern(q)) - constant (p - q)^2."""
    p, q = arb(p), arb(q)
    divergence = p * (p / q).log() + (1 - p) * ((1 - p) / (1 - q)).log()
    return divergence - constant * (p - q) ** 2


def loss_of_two(a, share=0, of=label_gap):
    """L - 2 |gaps|^2 / n of two examples at the logits a and 0, the teacher's being 0."""
    square = of(arb(a), arb(0)) ** 2
    return term(arb(a), arb(0)) / 2 - 2 * ((1 - share) * square / 2 + share * square)


def agreeing(blind=0):
    """-L of a student with the teacher's logits, but for so many examples at 1 in place of 0."""
    return -blind * term(arb(1), arb(0)) / 2


MINIMISERS = Certificate(
    statement=r"$\mathrm{KL}(\mathrm{Bern}(p)\|\mathrm{Bern}(q))\ge2(p-q)^2$ for all "
    r"$p\in[0,1]$, $q\in(0,1)$.",
    by_hand=r"The divergence is $\int_p^q\frac{x-p}{x(1-x)}dx$, so that $x(1-x)\le\tfrac14$ is "
    r"enough: $(\tfrac14-x(1-x))/(x-\tfrac12)^2>0$ is certified on $[0,1]$.",
    parts={
        "x(1-x) <= 1/4": lambda: prove(
            lambda x: quotient(lambda s: arb(1) / 4 - s * (1 - s), x, 0.5, 2), (0, 1)
        )
    },
    mutants={
        "2.04 for 2": partial(pinsker, 0.5, 0.51, constant=2.04),
        "iff they agree on all examples but one": partial(agreeing, blind=1),
        "only for the teacher": partial(loss_of_two, 1, of=lambda a, b: a - b),
        "1 % of the largest gap for the mean": partial(loss_of_two, 0.01, share=arb("0.01")),
    },
)


# Theorem A.3 and Corollary A.1, one example of length 1


def smallest_bend(b, reach):
    """The smaller sigma' at both ends of the interval of half-width `reach` around b."""
    return bend(b + reach).min(bend(b - reach))


def strong(v, w, reach, factor=1, at=None):
    """k(v) - k(w) - k'(w)(v - w) less factor m (v - w)^2 / 2, teacher 0, both within `reach`."""
    v, w = arb(v), arb(w)
    m = bend(arb(at)) if at is not None else smallest_bend(arb(0), arb(reach))
    return term(v, w) - factor * m / 2 * (v - w) ** 2


def shorter(slack, a, reach):
    """The same with the interval of l instead of n l = 2 l, which `reach` must hold."""

    def changed(level=2):
        inside = arb(reach) if level == 1 else arb(a)
        if level == 1 and not 2 * term(inside, arb(0)) > term(arb(a), arb(0)):
            raise ArithmeticError(f"reach: {reach} does not hold the interval of l")
        return slack(inside)

    return changed


THEOREM_A3 = Certificate(
    statement=r"For all real $a,b$, and each interval of logits: $\sigma'(a)>0$ (each term is "
    r"convex); $\sigma'$ is even, falls with $|a|$, so that on an interval it is smallest at an "
    r"end; $\log\sigma'$ is concave.",
    by_hand=FACTS
    + "; "
    + PEAK
    + r"; $-(\log\sigma')''/q>0$ likewise. The second-order remainder of a term is "
    r"$(v-w)^2\int_0^1(1-t)\,\sigma'(w+t(v-w))\,dt$, at least half of $(v-w)^2$ times the "
    r"smallest $\sigma'$; summed over examples it is Theorem A.3. Mutants: one example of "
    r"length 1, teacher's logit 0 (for the last two, a second, orthogonal one at its minimum, and "
    r"for the largest eigenvalue it is $\sqrt2$ times as long).",
    parts=ABOVE_ZERO | ONE_PEAK | LOG_CONCAVE,
    mutants={
        "2 mu for mu": partial(strong, 1, 0.99, 1, factor=2),
        "1.02 mu for mu": partial(strong, 1, 0.99, 1, factor=1.02),
        "sigma' at the teacher's logits": partial(strong, 1, 0.99, 1, at=0),
        "l for n l": partial(shorter(partial(strong, 1, 0.99), 1, 0.75), level=1),
        "the largest eigenvalue": partial(strong, 1, 0.99, 1, factor=2),
    },
)


def gradient_rule(a, factor=1, at=None):
    """delta^2 - 2 factor m k at the end a of the interval; teacher 0."""
    a, b = arb(a), arb(0)
    m = bend(arb(at)) if at is not None else smallest_bend(b, a)
    return label_gap(a, b) ** 2 - 2 * factor * m * term(a, b)


COROLLARY_A1 = Certificate(
    statement=r"The facts of Theorem A.3: $\sigma'>0$, one peak.",
    by_hand=FACTS
    + "; "
    + PEAK
    + r". With $\delta=\sigma(a)-\sigma(a^\star)$, Cauchy's mean value theorem gives "
    r"$\delta^2/(2k)=\sigma'(\xi)$ between the logits, at least the smallest $\sigma'$; and "
    r"$|X\delta|^2\ge\lambda|\delta|^2$ on the row space. Mutants: one example of length 1, "
    r"teacher's logit 0; for the largest eigenvalue a second, orthogonal one, $\sqrt2$ times as "
    r"long and at its minimum.",
    parts=ABOVE_ZERO | ONE_PEAK,
    mutants={
        "2 mu for mu": partial(gradient_rule, 0.01, factor=2),
        "the largest eigenvalue": partial(gradient_rule, 0.01, factor=2),
        "1.02 mu for mu": partial(gradient_rule, 0.01, factor=1.02),
        "sigma' at the teacher's logits": partial(gradient_rule, 1, at=0),
    },
)


# The two quotients of the sharper constants


def scaled(p, D):
    """delta, k, sigma'(b) and sigma'(b + D), each over p = exp(-b), D being the displacement."""
    r = (-D).exp()
    left, right = 1 + p, 1 + p * r
    k = D / left - (left / right).log() / p
    return (1 - r) / (left * right), k, 1 / (left * left), r / (right * right)


def falling_pl(p, D):
    """delta^2 - 2 k sigma'(b + D)."""
    delta, k, _, end = scaled(p, D)
    return delta * delta - 2 * k * end


def falling_growth(p, D):
    """2 k - D delta."""
    delta, k, _, _ = scaled(p, D)
    return 2 * k - D * delta


def quotient_rule(a, end, quotient_of, factor=1):
    """The quotient at a less factor times that at the end of the interval; teacher 0."""
    return quotient_of(arb(a), arb(0)) - factor * quotient_of(arb(end), arb(0))


def pl_quotient(a, b):
    return label_gap(a, b) ** 2 / (2 * term(a, b))


def growth_quotient(a, b):
    return 2 * term(a, b) / (a - b) ** 2


def wrong_quotients(quotient_of):
    """Mutants of the constants, attained at the ends."""
    at_end = partial(quotient_rule, 1, 1, quotient_of)
    inner = shorter(lambda reach: quotient_rule(2, reach, quotient_of), 2, 1.5)
    return {
        "2 mu for mu": partial(at_end, factor=2),
        "1.02 mu for mu": partial(at_end, factor=1.02),
        "l for n l": partial(inner, level=1),
    }


def ends(b, level):
    """Both places around b at which the divergence reaches a level, enclosed."""
    left = root(lambda x: term(x, arb(b)) - level, b - 40, b)
    return left, -root(lambda x: term(-x, arb(b)) - level, -b - 40, -b)


def over_ends(a, teachers, end=arb.min, example=arb.min):
    """The quotient at a, around the first teacher's logit, less the constant of a task.

    That is the least (`end`) over both ends of an interval, and the least (`example`) over all.
    """
    level = term(arb(a), arb(teachers[0]))
    each = [end(*(pl_quotient(x, arb(b)) for x in ends(b, level))) for b in teachers]
    return pl_quotient(arb(a), arb(teachers[0])) - reduce(example, each)


FLAT = (2**-9, 1), (2, 7)  # exp(-a_star), and the displacement

# Monotone likelihood ratios: a constant for every X


def tension_in_logit(p, D):
    """-dt/db of t = D delta / k, times k^2 / (D p^2)."""
    delta, k, start, end = scaled(p, D)
    return delta * (delta - start * D) + (start - end) * k


def tension_in_reach(p, D, rising=1):
    """-dt/dD, times k^2 / p^2."""
    delta, k, _, end = scaled(p, D)
    return rising * (D * delta * delta - k * (delta + D * end))


def other_side(b, D, side=1):
    """`tension_in_reach` at the logit b, or at -b: towards the peak of sigma'."""
    return tension_in_reach((-side * arb(b)).exp(), arb(D))


SHARP_PL = Certificate(
    statement=r"For every teacher's logit $a^\star$, "
    r"$Q(a)=(\sigma(a)-\sigma(a^\star))^2/(2k(a))$ has one peak: on each interval around "
    r"$a^\star$ it is smallest at an end. For examples that depend on one another: with "
    r"$k=\int_0^D(D-u)\,\sigma'(b+u)\,du$, $\delta=\int_0^D\sigma'(b+u)\,du$ and $D>0$, "
    r"$t=D\delta/k$ falls with $b$, for every real $b$, and for $b\ge0$ with $D$.",
    by_hand=FACTS
    + "; "
    + PEAK
    + r". By symmetry $a^\star\ge0$. At distance $D$ on either side, $k'=|\delta|$ and "
    r"$|\delta|'=\sigma'$, so that $Q'$ has the sign of $M=2k\sigma'-\delta^2$, with $M(0)=0$ "
    r"and $M'=2k\,(\sigma')'$: on the flat side $\sigma'$ falls and so does $Q$; on the other "
    r"$\sigma'$ rises up to the logit 0 and then falls, so $M$ has one sign change. That "
    r"$\delta^2>2k\sigma'$ on the flat side is certified directly too, where nothing cancels: "
    r"$2^{-9}\le e^{-a^\star}\le1$, $2\le D\le7$. For the last part, $t=1/(1-\mathbb E[u]/D)$ "
    r"for the density proportional to $\sigma'(b+u)$ on $[0,D]$. The ratio of the densities of "
    r"$b'>b$ falls with $u$ as $\log\sigma'$ is concave (certified for all reals), so $\mathbb "
    r"E[u]$ falls with $b$. With $v=u/D$, $\partial_v\log\sigma'(b+Dv)=D\,(\log\sigma')'(b+Dv)$ "
    r"falls with $D$ where $(\log\sigma')'\le0$, which is $b\ge0$ (one peak). Both are certified "
    r"directly too, for $2\le D\le7$ and $\tfrac14\le e^{-b}\le4$ or $2^{-9}\le e^{-b}\le1$.",
    parts=ABOVE_ZERO
    | ONE_PEAK
    | LOG_CONCAVE
    | {
        "delta^2 > 2 k sigma'": lambda: prove(centred(falling_pl), *FLAT),
        "t falls with b": lambda: prove(centred(tension_in_logit), (1 / 4, 4), (2, 7)),
        "t falls with D": lambda: prove(centred(tension_in_reach), *FLAT),
    },
    mutants={
        "t rises with D": partial(tension_in_reach, arb(1) / 3, arb(1), rising=-1),
        "t falls with D on the other side too": partial(other_side, 4, 1, side=-1),
        **wrong_quotients(pl_quotient),
        "the other end of the interval": partial(over_ends, 3, (1,), end=arb.max),
        "the example that saturates least": partial(over_ends, 6, (4, 0), example=arb.max),
    },
)

GROWTH = Certificate(
    statement=r"For every $a^\star$, $G(a)=2k(a)/(a-a^\star)^2$ has one peak: on each interval "
    r"around $a^\star$ it is smallest at an end.",
    by_hand=FACTS
    + "; "
    + PEAK
    + r". With $D$ as for `sharp-pl`, $G'$ has the sign of $N=D|\delta|-2k$, "
    r"$N'=D\sigma'-|\delta|$, $N''=D\,(\sigma')'$, all 0 at 0: on the flat side $N<0$; "
    r"on the other $N''$ changes sign once, so $N'$ and then $N$ do at most once, from "
    r"plus to minus. $2k>D|\delta|$ on the flat side is certified directly "
    r"for $2^{-9}\le e^{-a^\star}\le1$, $2\le D\le7$.",
    parts=ABOVE_ZERO | ONE_PEAK | {"2 k > D delta": lambda: prove(centred(falling_growth), *FLAT)},
    mutants=wrong_quotients(growth_quotient),
)


CERTIFICATES = {
    "hessian-bound": HESSIAN_BOUND,
    "minimisers": MINIMISERS,
    "theorem-A3": THEOREM_A3,
    "corollary-A1": COROLLARY_A1,
    "sharp-pl": SHARP_PL,
    "growth": GROWTH,
}
