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
