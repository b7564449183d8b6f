"""Mistakes in how a claim is written are told in its author's words, with what to do."""

import numpy as np
import pytest
from test_engine import planted, scaled

from linear_distillation.claims import CHAPTERS, REGISTRY, ClaimError, claim
from linear_distillation.claims.claim import check_all
from linear_distillation.claims.slack import AtMost
from linear_distillation.evidence import examine, failed


def register(check, **fields):
    claim("a test", "planted", **fields)(check)


def test_a_misspelt_keyword_is_told():
    with pytest.raises(ClaimError, match="scaled, mutant 'm': no keyword 'facter'; did you mean"):
        register(scaled, mutants={"m": {"facter": 2}})
    with pytest.raises(ClaimError, match="scaled: no field 'mutant'; did you mean 'mutants'"):
        register(scaled, mutant={})
    with pytest.raises(ClaimError, match="scaled, ablation 'x': no keyword 'without'"):
        register(scaled, without={"x": {"without": "y"}})


@pytest.mark.parametrize(
    "fields, told",
    [
        (
            {"mutants": {"m": 0.5}},
            "scaled, mutant 'm': expected a dict of the keywords that change",
        ),
        ({"mutants": 0.5}, "scaled, mutants: expected a dict, name -> keywords, got 0.5"),
        ({"without": {"h": "x"}}, "scaled, ablation 'h': expected a dict of the keywords"),
        ({"rests_on": "lemma-1"}, r"scaled: rests_on is a tuple of ids: \('lemma-1',\)"),
    ],
)
def test_what_is_of_the_wrong_kind_is_told(fields, told):
    with pytest.raises(ClaimError, match=told):
        register(scaled, **fields)


def test_a_name_is_taken_once(monkeypatch):
    monkeypatch.setitem(REGISTRY, "scaled", None)  # so that it is taken out again
    del REGISTRY["scaled"]
    register(scaled)
    with pytest.raises(ClaimError, match="scaled: test_engine has a claim of this name already"):
        register(scaled)


@pytest.mark.parametrize(
    "fields, told",
    [
        ({"chapter": "seting"}, "planted: no chapter 'seting'; did you mean 'setting'"),
        ({"chapter": "xyz"}, "planted: no chapter 'xyz'; there are setting, "),
        ({"rests_on": ("lema-1",)}, "planted, rests_on: no claim 'lema-1'; did you mean 'lemma-1'"),
    ],
)
def test_what_is_known_when_all_are_registered_is_told(fields, told):
    check_all(REGISTRY, CHAPTERS)
    entry = planted(scaled, **{"chapter": "setting", **fields})
    with pytest.raises(ClaimError, match=told):
        check_all({**REGISTRY, "planted": entry}, CHAPTERS)


def test_what_a_check_raises_is_a_verdict():
    def fails(draw):
        if draw.uniform() > 0.5:
            raise ZeroDivisionError("by design")
        return AtMost(0, 0)

    row = examine(planted(fails))
    assert failed(row)
    assert row["error"]["exception"] == "ZeroDivisionError: by design"
    assert (
        row["error"]["at"].startswith("planted at [0.") and "test_mistakes" in row["error"]["line"]
    )
    assert row["evidence"]["sampling"] == {"verdict": "unknown"}


@pytest.mark.parametrize(
    "result, message",
    [(3.0, "return AtMost"), ([], "return AtMost"), (AtMost(np.nan, 0), "not a number")],
)
def test_what_is_no_slack_is_told(result, message):
    assert message in examine(planted(lambda draw: result))["error"]["exception"]


def test_too_many_coordinates_are_told():
    row = examine(planted(lambda draw: [AtMost(0, draw.uniform()) for _ in range(40)]))
    assert "more than 16 coordinates: take draw.rng() for the rest" in row["error"]["exception"]
    assert row["error"]["at"].startswith("planted at [")
