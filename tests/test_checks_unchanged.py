"""Every check says what it said: a change of a claim, a mutant or a draw is made on purpose.

What the checks said at two points each stands in `checks.json`. A new claim is added by
`python tests/test_checks_unchanged.py`, which leaves all others as they are; after a
change that was meant, the ids of the claims behind it have them written anew.
"""

import json
import re
import sys
from pathlib import Path

import numpy as np
import pytest

from linear_distillation.claims import REGISTRY
from linear_distillation.engine import crc

STORED = Path(__file__).with_name("checks.json")
POINTS, TRIES = 2, 60
ADD = ".venv/bin/python tests/test_checks_unchanged.py"


def variations(claim):
    yield claim.itself
    yield from map(claim.mutant, claim.mutants)
    yield from map(claim.ablation, claim.without)


def said(variation):
    """What was drawn (in a number), and the slack's ends, at the first points with a case."""
    rng, found = np.random.default_rng(crc(variation.id)), []
    for u in rng.random((TRIES, 16)):
        outcome = variation.at(u)
        if outcome is not None:
            drawn = re.sub(r"-?\d+\.\d+(e-?\d+)?", short, "\n".join(outcome.log))
            found.append([crc(drawn), *outcome.slack])
        if len(found) == POINTS:
            break
    return found


def short(number):
    """Eight digits, which every machine has in common."""
    return f"{float(number[0]):.8g}"


def gather(stored, anew=()):
    """What is stored, with what is new, without what is gone, and the claims `anew` as they are."""
    return {
        v.id: said(v) if claim.id in anew or v.id not in stored else stored[v.id]
        for claim in REGISTRY.values()
        for v in variations(claim)
    }


def told(stored):
    return json.dumps(stored, indent=0).replace("\n[\n", "\n[").replace(",\n", ", ")


@pytest.fixture(scope="module")
def stored():
    return json.loads(STORED.read_text())


@pytest.mark.parametrize("claim", REGISTRY.values(), ids=REGISTRY)
def test_it_says_what_it_said(claim, stored):
    for variation in variations(claim):
        assert variation.id in stored, f"{variation.id} is new: run {ADD}"
        now, before = said(variation), stored[variation.id]
        anew = f"{variation.id} says something else; if it should, run {ADD} {claim.id}"
        assert [case[0] for case in now] == [case[0] for case in before], anew
        for (_, low, high), (_, low_then, high_then) in zip(now, before, strict=True):
            # as near as the declared errors, of now and then, allow
            room = 1e-6 * max(1.0, abs(high)) + min(high - low, high_then - low_then)
            assert abs(low - low_then) <= room and abs(high - high_then) <= room, anew


def test_nothing_is_stored_in_vain(stored):
    known = {v.id for claim in REGISTRY.values() for v in variations(claim)}
    assert set(stored) == known, f"run {ADD}"


def test_only_what_is_new_or_named_is_written(stored):
    assert told(stored) == STORED.read_text()
    known = [v.id for claim in REGISTRY.values() for v in variations(claim)]
    wrong = {name: [[0, 0.0, 0.0]] for name in known if name != "hessian"}
    found = gather(wrong | {"gone": []}, anew=["lemma-1"])
    assert [*found] == known
    written = {name for name in found if found[name] != wrong.get(name)}
    assert written == {"hessian", *(v.id for v in variations(REGISTRY["lemma-1"]))}


if __name__ == "__main__":
    unknown = set(sys.argv[1:]) - set(REGISTRY)
    if unknown:
        sys.exit(f"there is no claim {', '.join(sorted(unknown))}")
    STORED.write_text(told(gather(json.loads(STORED.read_text()), sys.argv[1:])))
