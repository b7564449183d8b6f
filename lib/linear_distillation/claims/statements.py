"""Statements that have no check yet. A chapter that checks one moves it to its own module."""

from .claim import Claim


def stated(id, paper, statement):
    return Claim(id=id, paper=paper, statement=statement, underived="not yet checked")


WHAT_IS_LEARNED = [
    stated(
        "loss-minimum",
        "Section 3, (1)",
        r"The loss $L$, cross-entropy less a constant, has minimum 0.",
    ),
    stated(
        "theorem-1-projection",
        "Theorem 1",
        r"If $N=1$, $w(0)=0$ and $n<d$, the flow tends to $\hat w=Pw_\star$.",
    ),
    stated(
        "theorem-1-teacher",
        "Theorem 1",
        r"If $N=1$, $w(0)=0$, $n\ge d$ and $X$ has full rank, the flow tends to $w_\star$.",
    ),
    stated(
        "descent",
        "Proof of Theorem 1, (8)",
        r"Along the flow $dL/d\tau=-|\nabla L|^2$, and $L$ converges to 0 linearly.",
    ),
    stated(
        "distance-from-loss",
        "Proof of Theorem 1, (9)",
        r"Strong convexity along $\operatorname{span}(X)$ bounds $|w-\hat w|$ by the loss.",
    ),
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

PROSE = [
    stated(
        "risk-never-rises",
        "Section 4.3, in words",
        r"More transfer data can never harm the transfer *risk*. (Lemma 1 proves it of the angle "
        r"only.)",
    ),
]

APPENDICES = [
    stated("gradient", "Appendix A", r"$\nabla L(w)=\tfrac1nX(\sigma(X'w)-\sigma(X'w_\star))$."),
    stated("minimisers", "Appendix A", r"$L(w)=0$ iff $X'w=X'w_\star$."),
    stated(
        "hessian",
        "Appendix A",
        r"$H(w)=\tfrac1nX\operatorname{diag}(\sigma'(X'w))X'$, with "
        r"$0\preceq H\preceq\lambda_{\max}(X'X)/(4n)$.",
    ),
    stated(
        "theorem-A3",
        "Theorem A.3",
        r"On a sublevel set $L$ is strongly convex along $\operatorname{span}(X)$, for some "
        r"$\mu>0$.",
    ),
    stated("corollary-A1", "Corollary A.1", r"$L\le|\nabla L|^2/(2\mu)$ on the sublevel set."),
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
    stated(
        "lemma-D1",
        "Lemma D.1",
        r"If $|w-\hat w|\le\epsilon<|\hat w|$, then $\alpha(\hat w,w)\le\delta$ with "
        r"$\cos\delta=(|\hat w|-\epsilon)/(|\hat w|+\epsilon)$.",
    ),
    stated(
        "theorem-D1",
        "Theorem D.1",
        r"If every student is within angle $\delta$ of its $\hat w$, "
        r"$\mathbb E\,R\le\inf_\beta\,p(\beta)+p(\pi/2-\delta-\beta)^n$.",
    ),
]

OURS = [
    stated(
        "flow-in-the-span",
        "ours",
        r"From $w(0)=0$ the flow stays in $\operatorname{span}(X)$: $n$ coordinates determine it.",
    ),
    stated(
        "more-data-can-hurt",
        "ours",
        r"There are tasks whose expected risk rises from $n=1$ to $n=2$.",
    ),
    stated(
        "finite-steps",
        "ours",
        r"Gradient descent from 0 with $0<\eta<8n/\lambda_{\max}(X'X)$ tends to $\hat w$.",
    ),
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
        "temperature",
        "ours",
        r"A temperature shared by teacher and student changes the speed, not the limit.",
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
    stated(
        "when-it-cannot-hurt",
        "ours",
        r"If either law is rotationally symmetric, $\mathbb E\,R$ does not rise with $n$.",
    ),
]
