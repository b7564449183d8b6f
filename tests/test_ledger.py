"""What the ledger says of a run that went wrong."""

import json
import re

import pytest
from ledger import details, render_summary

from linear_distillation import engine
from linear_distillation.claims import REGISTRY

CLAIM = next(iter(REGISTRY.values()))


def report(fingerprint, search):
    evidence = {kind: {"verdict": "pass"} for kind in ("sampling", "mutants", "ablations")}
    row = {"id": CLAIM.id, "fingerprint": fingerprint}
    row["evidence"] = evidence | {"search": {"verdict": search}}
    return {"budget": "quick", "seed": 3, "false_alarm_rate": 1e-6, "claims": [row]}


@pytest.mark.parametrize(
    "old, search, withstood, failed",
    [(False, "pass", 1, 0), (False, "fail", 0, 1), (True, "pass", 0, 0)],
)
def test_summary_counts(tmp_path, old, search, withstood, failed):
    fingerprint = "of older code" if old else engine.fingerprint(CLAIM)
    (tmp_path / "evidence.json").write_text(json.dumps(report(fingerprint, search)))
    text = render_summary(tmp_path, tmp_path)
    counts = re.findall(r"^- (\d+) (?:failed .* and (\d+))?", text, re.MULTILINE)
    settled = bool(CLAIM.underived) and not old  # no chapter has run, and no other check
    waiting = len(REGISTRY) - settled
    assert counts == [(str(withstood), ""), ("0", ""), (str(failed), str(waiting))]
    assert f"{len(REGISTRY)} statements" in text and "one in 1,000,000" in text


def test_no_run_is_said(tmp_path):
    assert "No check has run" in render_summary(tmp_path, tmp_path)


def test_survivors_are_not_among_the_refuted():
    evidence = {kind: {} for kind in ("sampling", "search")} | {
        "derivation": {"verdict": "unknown"},
        "mutants": {"by": {"sign": [0.5], "index": None}},
        "ablations": {"witness": {"(12)": None, "n < d": [0.1]}},
    }
    assert list(details(CLAIM, evidence))[1:] == [
        "Mutants that were refuted: *sign*",
        "**Mutants that survived**: *index*",
        "Needed, as a counterexample shows: *n < d*",
        "No counterexample was found without: *(12)*",
    ]
