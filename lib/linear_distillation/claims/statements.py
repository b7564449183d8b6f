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
]

PROSE = [
    stated(
        "risk-never-rises",
        "Section 4.3, in words",
        r"More transfer data can never harm the transfer *risk*. (Lemma 1 proves it of the angle "
        r"only.)",
    ),
]

WHY = [
    stated(
        "trend-data-geometry",
        "Section 5.1, Figure 3",
        r"The risk falls with $\kappa$.",
    ),
    stated(
        "biased-minimise",
        "Section 5.2",
        r"All students $\hat w+\delta q$ with $q\perp\operatorname{span}(X)$ minimise the loss.",
    ),
    stated("trend-bias", "Section 5.2, Figure 4", r"The risk rises with $\delta$."),
    stated(
        "trend-monotonicity",
        "Section 5.3, Figure 5",
        r"Over learners, risk and monotonicity index are negatively correlated.",
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
        "when-it-cannot-hurt",
        "ours",
        r"If either law is rotationally symmetric, $\mathbb E\,R$ does not rise with $n$.",
    ),
]
