"""The registry: every statement of the paper, and every result of our own."""

import importlib
import pkgutil

from .claim import REGISTRY, Claim, ClaimError, check_all, claim

# Chapters in the order of the book; a claim of a new chapter needs a line here.
CHAPTERS = (
    "setting",
    "what-the-student-learns",
    "what-a-deep-student-learns",
    "how-fast-it-learns",
    "how-fast-four-tasks",
    "why-it-works/data-geometry",
    "why-it-works/optimisation-bias",
    "why-it-works/strong-monotonicity",
    "appendices/loss",
    "appendices/theorem-1",
    "appendices/theorem-2",
    "appendices/approximate-students",
    "beyond/sharper-bounds",
    "beyond/the-parallel-law",
    "beyond/the-exact-risk",
    "beyond/the-parallel-law-under-symmetry",
    "beyond/more-data-can-hurt",
    "beyond/how-much-it-can-hurt",
    "open-questions/your-own-teacher",
    "open-questions/choosing-examples",
    "open-questions/imperfect-teachers",
    "open-questions/several-classes",
    "open-questions/students-that-are-not-linear",
)

for module in pkgutil.iter_modules(__path__):
    if not module.ispkg:  # neither balls nor certificates hold claims
        importlib.import_module(f"{__name__}.{module.name}")

check_all(REGISTRY, CHAPTERS)
for name in sorted(REGISTRY, key=lambda name: CHAPTERS.index(REGISTRY[name].chapter)):
    REGISTRY[name] = REGISTRY.pop(name)

CLAIMS = list(REGISTRY.values())

__all__ = ["CHAPTERS", "CLAIMS", "REGISTRY", "Claim", "ClaimError", "claim"]
