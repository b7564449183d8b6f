"""What the ledger says of runs: of the full one, of the build's, and of runs that went wrong."""

import json
import re
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
from ledger import (
    COLUMNS,
    by_chapter,
    details,
    is_open,
    keep,
    kinds_of,
    mark,
    newest,
    published,
    render,
    render_enclosed,
    render_entries,
    render_example,
    render_summary,
    section,
)
from names import STEPS, name_of, page_of, slug

from linear_distillation.claims import CHAPTERS, REGISTRY
from linear_distillation.claims.certificates.values import VALUES
from linear_distillation.evidence import KINDS, fingerprint, library_digest

CLAIM = next(iter(REGISTRY.values()))
ROOT = Path(__file__).parents[1]
SCHEMA = ROOT / "book/_ext/evidence.schema.json"


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
    full = {"budget": "full", "date": "2026-11-29", "seed": 77, "seconds": 720, "jobs": 2}
    path.write_text(json.dumps(report(fingerprint(CLAIM), **full)))
    text = render_summary(tmp_path, tmp_path)
    assert "full run of 2026-11-29, seed 77: 4,096 random cases and 8,000 steps" in text
    assert "a statement, in 12 minutes on 2 processor cores." in text
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
    assert any(line.endswith("the statement: *sign* (25% of cases)") for line in said)
    assert "**Planted errors that it missed:** *index*" in said
    assert "**Hypotheses needed:** a counterexample was found without *n < d*" in said
    assert "**Perhaps not needed:** no counterexample was found without *(12)*" in said


def test_errors_and_foundations_are_said():
    said = "\n".join(details(REGISTRY["hessian-bound"], evidence(error={"exception": "E: x"})))
    assert "**The check raised** `E: x`" in said
    drawn, paper = section(REGISTRY["hessian-bound"], evidence() | PASSED, []).split("```{only}", 1)
    assert 'href="loss.html#claim-hessian"' in drawn
    assert paper.startswith(" latex\n**Rests on:** [The Hessian](#claim-hessian)\n```")
    whole = section(REGISTRY["hessian"], evidence() | PASSED, [])
    assert "```{only} latex\n**Used by:** " in whole and ">used by<" in whole


def attack(low, **fields):
    found = {"verdict": "pass", "smallest": [low, low], "draws": 4096, "met": 4000, "undecided": 0}
    return found | {"evaluations": 8000} | fields


@pytest.mark.parametrize(
    "slack, words",
    [
        (0.25, "had 2.5e-01 of its size to spare"),
        (1e-14, "is one of equality, up to rounding"),
        (-0.5, "**violates the statement**, by 5.0e-01"),
    ],
)
def test_the_worst_case_is_told_in_words(slack, words):
    said = "\n".join(details(CLAIM, evidence(sampling=attack(slack), search=attack(slack))))
    assert "4,096 random cases, of which 4,000 met the hypotheses" in said
    assert said.count(words) == 1 and "8,000 times" in said and "not become worse" in said
    assert "were undecided" not in said
    undecided = evidence(sampling=attack(slack, undecided=7), search=attack(slack))
    assert "7 were undecided" in "\n".join(details(CLAIM, undecided))


def test_a_search_that_came_nearer_says_so():
    found = evidence(sampling=attack(0.25), search=attack(0.125))
    assert "2.5e-01 of its size to spare" in (said := "\n".join(details(CLAIM, found)))
    assert "1.2e-01 of its size to spare" in said


def test_every_claim_has_a_row_and_an_entry_on_the_page_of_its_chapter(tmp_path):
    table = render(tmp_path, tmp_path)
    for chapter, claims in by_chapter().items():
        entries = render_entries(tmp_path, tmp_path, slug(claims[0]))
        for claim in claims:
            assert claim.chapter == chapter and page_of(claim).endswith(slug(claims[0]))
            assert f"(claim-{claim.id})=" in entries and f":name: check-{claim.id}" in entries
            assert f"[{name_of(claim)}](#claim-{claim.id})" in table
            assert f"{{stated}}`{claim.id}`" in table and f"{{stated}}`{claim.id}`" in entries
    with pytest.raises(LookupError, match="no-chapter.md"):
        render_entries(tmp_path, tmp_path, "no-chapter")


def test_every_chapter_with_claims_has_a_page_of_entries():
    """A new chapter needs one: copy another, and name it in _toc.yml after the chapter before."""
    stems = [chapter.rpartition("/")[2] for chapter in CHAPTERS]
    toc = (ROOT / "_toc.yml").read_text("utf8")
    assert re.findall(r"file: book/ledger/(\S+)", toc) == stems
    assert sorted(stems) == sorted(path.stem for path in (ROOT / "book/ledger").glob("*.md"))


def test_names_are_words_and_each_is_of_one_claim():
    names = [name_of(claim) for claim in REGISTRY.values()]
    assert len(set(names)) == len(names)
    assert all(name in REGISTRY and not REGISTRY[name].short for name in STEPS)


def test_the_rows_are_in_the_order_of_the_book(tmp_path):
    rows = re.findall(r"\]\(#claim-([^)]+)\)", render(tmp_path, tmp_path))
    assert rows == list(REGISTRY)
    assert [REGISTRY[name].chapter for name in rows] == sorted(
        (REGISTRY[name].chapter for name in rows), key=CHAPTERS.index
    )


PASSED = {kind: {"verdict": "pass"} for kind in (*KINDS, "proof")}


@pytest.mark.parametrize(
    "changed, expected",
    [
        ({}, False),
        ({"proof": {"verdict": "unknown"}}, False),
        ({"sampling": {"verdict": "unknown"}}, True),
        ({"mutants": {"verdict": "fail"}}, True),
        ({"ablations": {"verdict": "pass", "witness": {"n < d": [0.5]}}}, False),
        ({"ablations": {"verdict": "pass", "witness": {"n < d": None}}}, True),
        ({kind: {"verdict": "not applicable"} for kind in ("derivation", "certified")}, False),
        ({k: {"verdict": "not applicable"} for k in ("derivation", "certified", "proof")}, True),
    ],
)
def test_what_counts_as_open(changed, expected):
    found = PASSED | changed
    assert is_open(found) is expected
    assert ("open" in kinds_of(CLAIM, found)) is expected
    whose = {"ours"} if CLAIM.ours else {"paper"}
    assert whose < {*kinds_of(CLAIM, found), "open", ""}


@pytest.mark.parametrize(
    "paper, words, kind",
    [
        ("ours", "*Ours*, stated in", "ours"),
        ("classical, with a constant", "*Classical, with a constant*, stated in", "ours"),
        ("Lemma 1", "*The paper's Lemma 1*, stated in", "paper"),
    ],
)
def test_whose_a_statement_is(paper, words, kind):
    claim = replace(CLAIM, paper=paper)
    assert words in section(claim, evidence() | PASSED, [])
    assert kind in kinds_of(claim, PASSED)


@pytest.mark.parametrize(
    "changed, column, shown",
    [
        ({}, "attacked", "✓"),
        ({"search": {"verdict": "unknown"}}, "attacked", "? unknown"),
        ({"search": {"verdict": "fail"}}, "attacked", "✗ **failed**"),
        ({"mutants": {"verdict": "pass", "of": 5, "killed": 5}}, "planted", "✓ 5/5"),
        ({"ablations": {"verdict": "pass", "witness": {"a": [1], "b": None}}}, "needed", "✓ 1/2"),
        ({"proof": {"verdict": "not applicable"}}, "proved", "✓ intervals"),
        (
            {"proof": {"verdict": "pass", "theorems": [{"theorem": "lemma_1.lemma_1"}]}},
            "proved",
            "✓ intervals<br>✓ [Coq](#proof-lemma-1-lemma-1)",
        ),
    ],
)
def test_marks_of_a_row(changed, column, shown):
    assert mark(PASSED | changed, column) == shown


def test_a_row_is_explained_column_by_column(tmp_path):
    text = render_example(tmp_path, tmp_path)
    assert text.startswith("| Column | How fast |")
    assert re.findall(r"^\| (\w+) \|", text, re.MULTILINE)[1:] == list(COLUMNS)


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
    keep(run, file, "720", "2")
    kept = json.loads(file.read_text())
    assert kept.pop("date") and kept == whole | {"seconds": 720, "jobs": 2}


def test_enclosed_numbers_have_two_cells_a_row():
    rows = render_enclosed().splitlines()
    assert len(rows) == 2 + len(VALUES) and all(row.count("|") == 3 for row in rows)


def runs(failed=(), **changed):
    """The sum of two runs of all claims, with two mutants of one."""
    mutants = {
        "sign": {"killed": 2, "share": 0.25, "miss": 0.0},
        "rare": {"killed": 1, "share": 0.001, "miss": 0.36},
    }
    rest = {"failed": [], "mutants": {}, "witness": {}}
    row = rest | {"id": CLAIM.id, "failed": list(failed), "mutants": mutants}
    rows = [row, *(rest | {"id": name} for name in REGISTRY if name != CLAIM.id)]
    about = {"seeds": [7, 8], "budget": "quick", "library": library_digest()}
    return about | {"claims": rows} | changed


def test_many_runs_are_kept_and_told(tmp_path):
    (tmp_path / "book").mkdir()
    run, file = tmp_path / "run.json", tmp_path / "book/many-runs.json"
    for wrong in (runs(failed=[7]), runs(claims=runs()["claims"][:1]), runs(budget="full")):
        run.write_text(json.dumps(wrong))
        with pytest.raises(SystemExit, match="something failed; it is not kept"):
            keep(run, file)
    run.write_text(json.dumps(runs()))
    keep(run, file)
    assert json.loads(file.read_text())["seeds"] == [7, 8]
    (tmp_path / "evidence.json").write_text(json.dumps(report(fingerprint(CLAIM))))
    said = render_summary(tmp_path, tmp_path)
    assert "at 2 seeds (" in said and "from 7 on): 0 failures" in said
    assert "of 2 planted errors a run missed 0.5 in the mean" in said
    assert "alone would miss 1 of them" in said
    jsonschema.validate(published(tmp_path, tmp_path), json.loads(SCHEMA.read_text()))
    file.write_text(json.dumps(runs(library="older")))
    assert "planted errors a run" not in render_summary(tmp_path, tmp_path)
