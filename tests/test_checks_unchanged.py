"""Every check says what it said: a change of a claim, a mutant or a draw is made on purpose.

What the checks said at two points each stands in `checks.json`; after a change that
was meant, `python tests/test_checks_unchanged.py` writes it anew.
"""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from linear_distillation.claims import REGISTRY
from linear_distillation.engine import crc

STORED = Path(__file__).with_name("checks.json")
POINTS, TRIES = 2, 60


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


def gather():
    return {v.id: said(v) for claim in REGISTRY.values() for v in variations(claim)}


@pytest.fixture(scope="module")
def stored():
    return json.loads(STORED.read_text())


@pytest.mark.parametrize("claim", REGISTRY.values(), ids=REGISTRY)
def test_it_says_what_it_said(claim, stored):
    for variation in variations(claim):
        now, before = said(variation), stored[variation.id]
        assert [case[0] for case in now] == [case[0] for case in before], variation.id
        for (_, low, high), (_, low_then, high_then) in zip(now, before, strict=True):
            # as near as the declared errors, of now and then, allow
            room = 1e-6 * max(1.0, abs(high)) + min(high - low, high_then - low_then)
            assert abs(low - low_then) <= room and abs(high - high_then) <= room, variation.id


def test_nothing_is_stored_in_vain(stored):
    assert set(stored) == {v.id for claim in REGISTRY.values() for v in variations(claim)}


if __name__ == "__main__":
    STORED.write_text(json.dumps(gather(), indent=0).replace("\n[\n", "\n[").replace(",\n", ", "))
