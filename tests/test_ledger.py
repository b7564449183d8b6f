"""What the ledger says of runs: of the full one, of the build's, and of runs that went wrong."""

import json
import re
from pathlib import Path

import jsonschema
import pytest
from ledger import details, keep, newest, published, render, render_summary

from linear_distillation.claims import REGISTRY
from linear_distillation.evidence import KINDS, fingerprint, library_digest

CLAIM = next(iter(REGISTRY.values()))
SCHEMA = Path(__file__).parents[1] / "book/_ext/evidence.schema.json"


def report(mark, search="pass", **fields):
    """A run of one claim."""
    evidence = {kind: {"verdict": "pass"} for kind in KINDS} | {"search": {"verdict": search}}
    row = {"id": CLAIM.id, "fingerprint": mark, "evidence": evidence}
    run = {"budget": "quick", "seed": 3, "false_alarm_rate": 1e-6, "library": library_digest()}
    return run | {"claims": [row]} | fields


@pytest.mark.parametrize(
    "old, search, withstood, failed",
    [(False, "pass", 1, 0), (False, "fail", 0, 1), (True, "pass", 0, 0)],
)
def test_summary_counts(tmp_path, old, search, withstood, failed):
    mark = "of older code" if old else fingerprint(CLAIM)
    (tmp_path / "evidence.json").write_text(json.dumps(report(mark, search)))
    text = render_summary(tmp_path, tmp_path)
    counts = re.findall(r"^- (\d+) (?:failed .* and (\d+))?", text, re.MULTILINE)
    settled = bool(CLAIM.underived) and not old  # no chapter has run, and no other check
    waiting = len(REGISTRY) - settled
    certified = int(not old)
    assert [int(one) for one, _ in counts] == [withstood, 0, certified, 0, failed]
    assert int(counts[-1][1]) == waiting
    assert f"{len(REGISTRY)} statements" in text and "one in 1,000,000" in text


def test_no_run_is_said(tmp_path):
    assert "No check has run" in render_summary(tmp_path, tmp_path)


def test_the_full_run_is_shown_where_it_is_of_this_code(tmp_path):
    (tmp_path / "book").mkdir()
    path = tmp_path / "book/full-run.json"
    full = {"budget": "full", "date": "2026-11-29", "seed": 77}
    path.write_text(json.dumps(report(fingerprint(CLAIM), **full)))
    text = render_summary(tmp_path, tmp_path)
    assert "full run of 2026-11-29, seed 77: 4,096 random cases and 8,000 steps" in text
    path.write_text(json.dumps(report("of older code", library="older", **full)))
    assert "was with other code and does not count" in render_summary(tmp_path, tmp_path)


def test_a_failure_of_any_run_is_shown():
    mark = fingerprint(CLAIM)
    good, bad, old = report(mark), report(mark, "fail"), report("of older code", "fail")
    assert newest(CLAIM, good, bad) == newest(CLAIM, bad, good)
    assert newest(CLAIM, good, bad)["search"]["verdict"] == "fail"
    assert newest(CLAIM, good, old)["search"]["verdict"] == "pass"
    assert newest(CLAIM, old, {})["search"]["verdict"] == "unknown"


def evidence(**changed):
    found = {kind: {"verdict": "unknown"} for kind in KINDS}
    return found | {kind: {"verdict": "unknown"} for kind in ("derivation", "proof")} | changed


def test_survivors_are_not_among_the_refuted():
    by = {"sign": {"refuted": True, "share": 0.25}, "index": {"refuted": False, "share": 0.0}}
    found = evidence(mutants={"by": by}, ablations={"witness": {"(12)": None, "n < d": [0.1]}})
    said = list(details(CLAIM, found))
    assert "False neighbours that the same attack refuted: *sign (25.0% of cases)*" in said
    assert "**False neighbours that it missed**: *index*" in said
    assert "Needed: without it there is a counterexample: *n < d*" in said
    assert "Perhaps not needed: no counterexample was found without it: *(12)*" in said


def test_errors_and_foundations_are_said():
    said = "\n".join(details(REGISTRY["hessian-bound"], evidence(error={"exception": "E: x"})))
    assert "**The check raised** `E: x`" in said
    assert "Rests on: [hessian](#claim-hessian)" in said
    assert "Used by: " in "\n".join(details(REGISTRY["hessian"], evidence()))


def test_the_page_has_an_entry_for_every_claim(tmp_path):
    text = render(tmp_path, tmp_path)
    for name in REGISTRY:
        assert f"(claim-{name})=" in text and f":name: check-{name}" in text


def test_published_data_keep_to_their_schema(tmp_path):
    (tmp_path / "evidence.json").write_text(json.dumps(report(fingerprint(CLAIM))))
    found = published(tmp_path, tmp_path)
    jsonschema.validate(found, json.loads(SCHEMA.read_text()))
    assert {claim["id"] for claim in found["claims"]} == set(REGISTRY)
    assert found["runs"]["quick"]["seed"] == 3
    found["claims"][0]["evidence"]["search"]["verdict"] = "perhaps"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(found, json.loads(SCHEMA.read_text()))


def test_only_a_whole_run_without_failure_is_kept(tmp_path):
    run, file = tmp_path / "run.json", tmp_path / "kept.json"
    whole = report("mark", complete=True, failed=[], budget="full")
    for wrong in ({"complete": False}, {"failed": ["lemma-1"]}, {"budget": "quick"}):
        run.write_text(json.dumps(whole | wrong))
        with pytest.raises(SystemExit, match="it is not kept"):
            keep(run, file)
        assert not file.exists()
    run.write_text(json.dumps(whole))
    keep(run, file)
    kept = json.loads(file.read_text())
    assert kept.pop("date") and kept == whole
