"""The engine finds what is false, kills what it should, and says when it saw too little."""

import numpy as np
import pytest

from linear_distillation import engine
from linear_distillation.claims import REGISTRY
from linear_distillation.claims.claim import (
    FALSE_ALARM,
    INTERVALS,
    PER_CLAIM,
    Claim,
    count,
    distance_interval,
    mean_interval,
    real,
)

QUICK = engine.BUDGETS["quick"]


def planted(**changes):
    """True in the unit square except within 1/500 of a point, and nearly false near it."""
    centre = np.array([0.7234, 0.2881])

    def slack(case):
        distance = np.linalg.norm(case["u"] - centre)
        return distance - 0.002, distance - 0.002

    fields = {"size": 2, "build": lambda u: {"u": np.array(u)}, "slack": slack} | changes
    return Claim(id="planted", paper="a test", statement="false in a small region", **fields)


def test_search_finds_a_small_false_region():
    assert not engine.attack(planted(), QUICK._replace(search=0)).refuted
    found = engine.attack(planted(), QUICK)
    assert found.refuted and found.searched > 0
    claim = planted()
    assert claim.slack(claim.build(found.worst))[1] < 0


def test_a_claim_whose_hypotheses_are_never_met_is_vacuous():
    row = engine.examine(planted(hypotheses={"never": lambda case: case["u"][0] > 0.99}))
    assert row["evidence"]["sampling"]["verdict"] == "fail"
    assert row["evidence"]["sampling"]["reason"] == "vacuous"
    assert engine.failed(row)


def test_a_mutant_that_survives_is_a_failure():
    true = {"slack": lambda case: (0.1, 0.1)}
    row = engine.examine(planted(**true, mutants={"harmless": {"slack": lambda case: (0, 0)}}))
    assert row["evidence"]["mutants"] == {
        "verdict": "fail",
        "killed": 0,
        "of": 1,
        "by": {"harmless": None},
    }
    assert row["evidence"]["sampling"]["verdict"] == "pass"


def test_an_interval_that_holds_zero_does_not_refute():
    row = engine.examine(planted(slack=lambda case: (-1.0, 0.0)))
    assert row["evidence"]["sampling"]["verdict"] == "pass"
    row = engine.examine(planted(slack=lambda case: (-1.0, -1e-300)))
    assert row["evidence"]["sampling"]["verdict"] == "fail"


def test_a_slack_that_is_not_a_number_is_an_error():
    with pytest.raises(FloatingPointError, match="planted: the slack at"):
        engine.attack(planted(slack=lambda case: (np.nan, np.nan)), QUICK)


def test_an_ablation_shows_its_witness_or_none():
    claim = planted(
        slack=lambda case: (case["u"][0] - 0.5, case["u"][0] - 0.5),
        hypotheses={"right half": lambda case: case["u"][0] >= 0.5, "whim": lambda case: True},
        ablations={"right half": {}, "whim": {}},
    )
    witness = engine.examine(claim)["evidence"]["ablations"]["witness"]
    assert witness["right half"][0] < 0.5 and witness["whim"] is None


def test_same_seed_same_attack():
    claim = REGISTRY["theorem-3-19"]
    first, second = (engine.attack(claim, QUICK, seed=4) for _ in range(2))
    assert first == second
    assert engine.attack(claim, QUICK, seed=5).worst != first.worst


def test_evidence_is_bound_to_statement_and_library(monkeypatch):
    claim = REGISTRY["lemma-1"]
    other = REGISTRY["corollary-1"]
    mark = engine.fingerprint(claim)
    assert mark != engine.fingerprint(other)
    monkeypatch.setattr(engine, "library_digest", lambda: "another library")
    assert mark != engine.fingerprint(claim)


def test_one_false_alarm_rate_is_enough_for_all():
    assert len(REGISTRY) * PER_CLAIM <= INTERVALS
    assert 0 < FALSE_ALARM / INTERVALS < 1e-12


def test_intervals_cover_and_are_not_idle(rng):
    values = rng.random(20_000) ** 4
    low, high = mean_interval(values)
    assert low < 1 / 5 < high < low + 0.05
    same, other = rng.standard_normal((2, 20_000))
    low, high = distance_interval(same, other)
    assert low < 0 < high < 0.2
    assert distance_interval(same, other + 0.4)[0] > 0
    uniform = rng.random(20_000)
    assert (
        distance_interval(uniform, lambda x: x)[0]
        < 0
        < distance_interval(uniform**1.3, lambda x: x)[0]
    )


def test_coordinates_reach_their_ends():
    u = np.linspace(0, 1, 4001)[:-1]
    counts = np.array([count(x, 1, 100) for x in u])
    assert counts.min() == 1 and counts.max() == 100 and len(set(counts)) == 100
    assert (counts == 1).mean() > 0.15 and (counts == 100).mean() > 0.15
    reals = np.array([real(x, 1e-3, 10) for x in u])
    assert reals.min() == 1e-3 and reals.max() == pytest.approx(10)


@pytest.mark.parametrize("claim", [c for c in REGISTRY.values() if c.checked], ids=lambda c: c.id)
def test_every_check_has_enough_mutants_and_ablations(claim):
    assert len(claim.mutants) >= 3
    assert set(claim.ablations) == set(claim.hypotheses)
    assert claim.size > 0


@pytest.mark.parametrize("claim", [c for c in REGISTRY.values() if c.checked], ids=lambda c: c.id)
def test_source_of_a_check_can_be_shown(claim):
    assert "def " in engine.source(claim)
