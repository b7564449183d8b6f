"""Statements that have no check yet. A chapter that checks one moves it to its own module."""

from .claim import Claim


def stated(id, paper, statement):
    return Claim(id=id, paper=paper, statement=statement, underived="not yet checked")


WHAT_IS_LEARNED = [
    stated(
        "theorem-2-projection",
        "Theorem 2",
        r"Under (11)-(13), if $n<d$ the deep flow ends within $\epsilon$ of $\hat w$.",
    ),
    stated(
        "theorem-2-teacher",
        "Theorem 2",
        r"Under (12) and (13), if $n\ge d$ the deep flow tends to $w_\star$.",
    ),
    stated(
        "theorem-2-sign-flip",
        "Section 4.1, on (12)",
        r"Near zero, $w(0)$ or $-w(0)$ satisfies (12), unless $w(0)\perp\nabla L(0)$.",
    ),
]

APPENDICES = [
    stated(
        "theorem-C1",
        "Theorem C.1",
        r"Under (13), $\dot w=-|w|^{2-2/N}\bigl(g+(N-1)\,w\,(w\cdot g)/|w|^2\bigr)$ with "
        r"$g=\nabla L(w)$.",
    ),
    stated(
        "sublevel-invariance",
        "Proof of Theorem 2",
        r"Under (12) and (13) the deep flow stays in its sublevel set, and so away from 0.",
    ),
    stated(
        "orthogonal-part",
        "Proof of Theorem 2",
        r"Under (13), $|q(\tau)|=|q(0)|\,(|w(\tau)|/|w(0)|)^{1-1/N}$ for the part $q$ of $w$ "
        r"orthogonal to $\operatorname{span}(X)$.",
    ),
    stated(
        "norm-bound",
        "Proof of Theorem 2",
        r"Under (13) with $\hat w\ne0$, in the limit $|w|\le|\hat w|\,(1-s)^{-1/2}$ with "
        r"$s=(|w(0)|/|\hat w|)^{2/N}<1$.",
    ),
]

OURS = [
    stated(
        "parallel-law",
        "ours",
        r"If the training law is centred (the parts $u$ of examples orthogonal to $w_\star$ have "
        r"mean 0 given the angle), $\mathbb E[\tan^2\phi\mid\theta_1,\dots,\theta_n]\le"
        r"1/\sum_i\cot^2\theta_i$.",
    ),
    stated(
        "parallel-bound",
        "ours",
        r"If the test law is centred too, with $\mathbb E[uu'\mid\theta]\preceq\lambda I$: "
        r"$\mathbb E\,R\le\mathbb E\bigl[1/(1+\cot^2\theta\sum_i\cot^2\theta_i/\lambda)\bigr]$.",
    ),
    stated(
        "parallel-envelope",
        "ours",
        r"For a symmetric test law, `parallel-bound` holds with the concave envelope in "
        r"$s=\tan^2\phi$ of $\mathbb P[T\le-\cot\theta/\sqrt s]$ in place of Cantelli's bound.",
    ),
    stated(
        "power-law",
        "ours",
        r"Centred training law, $u$ independent of $\theta$ at test, $n\ge2$, "
        r"$p(\theta)\le(1-2\theta/\pi)^\kappa$, $\kappa\le2$: "
        r"$\mathbb E\,R\le(2/\pi)^\kappa\,\sup_{|v|=1}\mathbb E[(-v'u)_+^\kappa]\,"
        r"\mathbb E[(\sum_i\cot^2\theta_i)^{-\kappa/2}]$.",
    ),
    stated(
        "sharp-initialisation",
        "ours",
        r"$|w(0)|\le\epsilon^N(|\hat w|^2+\epsilon^2)^{-(N-1)/2}$ suffices in place of (11).",
    ),
]
