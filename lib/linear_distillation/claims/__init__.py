"""The registry: every statement of the paper, and every result of our own, in order."""

from . import (
    approximate,
    beyond,
    how_fast,
    loss,
    statements,
    what_is_learned,
    when_data_hurts,
    why_it_works,
)
from .claim import Claim

CLAIMS = [
    loss.LOSS_MINIMUM,
    *what_is_learned.CLAIMS,
    *statements.WHAT_IS_LEARNED,
    *how_fast.CLAIMS,
    *when_data_hurts.PROSE,
    *why_it_works.CLAIMS,
    *loss.CLAIMS,
    *statements.APPENDICES,
    *approximate.CLAIMS,
    *approximate.OURS,
    *what_is_learned.OURS,
    *beyond.CLAIMS,
    *when_data_hurts.CLAIMS,
    *statements.OURS,
]
REGISTRY = {claim.id: claim for claim in CLAIMS}

__all__ = ["REGISTRY", "Claim"]
