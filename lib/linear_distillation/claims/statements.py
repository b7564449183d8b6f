"""Statements that have no check yet. A chapter that checks one moves it to its own module."""

from .claim import Claim


def stated(id, paper, statement):
    return Claim(id=id, paper=paper, statement=statement, underived="not yet checked")


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
]
