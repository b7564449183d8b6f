"""The registry: every statement of the paper, and every result of our own, in order."""

from . import (
    approximate,
    beyond,
    deep,
    how_fast,
    loss,
    parallel,
    what_is_learned,
    when_data_hurts,
    why_it_works,
)
from .claim import Claim

CLAIMS = [
    loss.LOSS_MINIMUM,
    *what_is_learned.CLAIMS,
    *deep.SECTION_4_1,
    *how_fast.CLAIMS,
    *when_data_hurts.PROSE,
    *why_it_works.CLAIMS,
    *loss.CLAIMS,
    *deep.APPENDIX_C,
    *approximate.CLAIMS,
    *approximate.OURS,
    *what_is_learned.OURS,
    *deep.OURS,
    *beyond.CLAIMS,
    *parallel.CLAIMS,
    *when_data_hurts.CLAIMS,
]
REGISTRY = {claim.id: claim for claim in CLAIMS}

__all__ = ["REGISTRY", "Claim"]
