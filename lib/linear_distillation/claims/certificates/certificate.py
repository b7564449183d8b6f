"""What a certificate is, and the verdict on it as data."""

from collections.abc import Callable
from dataclasses import dataclass, field

from ...certify import disprove


@dataclass(frozen=True)
class Certificate:
    """The inequalities that prove a claim, and mutants of it that enclosures disprove.

    Attributes
    ----------
    statement : str
        What is proved, over which domain. Markdown with TeX.
    by_hand : str
        The reduction to the inequalities below, and the unbounded parts.
    parts : dict
        Name -> callable that returns a `Proof` or raises `Unproved`.
    mutants : dict
        Name -> ``partial(slack, *case, change=...)`` whose enclosure lies below zero. Without
        its changes the same slack at the same case is the claim's own, and is not below zero.
    """

    statement: str
    by_hand: str
    parts: dict[str, Callable]
    mutants: dict[str, Callable] = field(default_factory=dict)

    def prove(self):
        """All parts in order: {name: Proof}. Raises `Unproved` at the first that fails."""
        return {name: part() for name, part in self.parts.items()}


def examine(certificate):
    """Prove the parts and disprove the mutants of a certificate, as data.

    Parameters
    ----------
    certificate : Certificate

    Returns
    -------
    dict
        For JSON, the same at each run: ``verdict`` ("pass" or "fail"), ``statement``,
        ``by_hand``, ``boxes``, ``parts`` (name -> boxes, depth, least), ``remaining``
        (name -> what is not proved there) and ``mutants`` (name -> enclosure, or why none).
    """
    parts, remaining, mutants, alive = {}, {}, {}, False
    for name, part in certificate.parts.items():
        try:
            parts[name] = part()._asdict()
        except ArithmeticError as error:
            remaining[name] = str(error)
    for name, mutant in certificate.mutants.items():
        try:
            mutants[name] = disprove(mutant).str(6)
        except ArithmeticError as error:
            mutants[name], alive = str(error), True
    return {
        "verdict": "fail" if remaining or alive or not parts else "pass",
        "statement": certificate.statement,
        "by_hand": certificate.by_hand,
        "boxes": sum(part["boxes"] for part in parts.values()),
        "parts": parts,
        "remaining": remaining,
        "mutants": mutants,
    }
