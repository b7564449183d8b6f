"""The registry: every statement of the paper, and every result of our own, in order."""

from . import beyond, deep, how_fast, statements
from .claim import Claim

REGISTRY = {
    claim.id: claim
    for claim in [
        *statements.WHAT_IS_LEARNED,
        *deep.SECTION_4_1,
        *how_fast.CLAIMS,
        *statements.PROSE,
        *statements.WHY,
        *statements.APPENDICES,
        *deep.APPENDIX_C,
        *beyond.CLAIMS,
        *deep.OURS,
        *statements.OURS,
    ]
}

__all__ = ["REGISTRY", "Claim"]
