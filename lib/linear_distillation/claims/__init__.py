"""The registry: every statement of the paper, and every result of our own, in order."""

from . import beyond, how_fast, statements, why_it_works
from .claim import Claim

REGISTRY = {
    claim.id: claim
    for claim in [
        *statements.WHAT_IS_LEARNED,
        *how_fast.CLAIMS,
        *statements.PROSE,
        *why_it_works.CLAIMS,
        *statements.APPENDICES,
        *beyond.CLAIMS,
        *statements.OURS,
    ]
}

__all__ = ["REGISTRY", "Claim"]
