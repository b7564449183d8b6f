"""Which statement rests on which: the claims that its proof in this book uses."""

from .claim import REGISTRY


def main_statements():
    """Id -> short name, of the claims that have one; the rest are steps and companions."""
    return {name: claim.short for name, claim in REGISTRY.items() if claim.short}


def foundations(name):
    """The main statements that a claim rests on, directly or through its steps.

    Parameters
    ----------
    name : str
        Id of a claim.

    Returns
    -------
    set of str
        Ids of main statements, none of them reached only through another one.
    """
    found = set()
    for below in REGISTRY[name].rests_on:
        found |= {below} if REGISTRY[below].short else foundations(below)
    return found


def used_by(name):
    """Ids of the claims that rest on this one directly."""
    return [other for other, claim in REGISTRY.items() if name in claim.rests_on]
