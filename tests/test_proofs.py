"""The check of the formal proofs, as far as it goes without Coq, and what the site shows of it."""

import json
import re
import shutil
from pathlib import Path

import formal
import proved
import pytest
import yaml
from finding import notebooks
from pygments.lexers import get_lexer_by_name
from pygments.token import Error

from linear_distillation.claims import REGISTRY

ROOT = Path(__file__).parents[1]
PROOFS = ROOT / "proofs"
BOX = re.compile(r"^:::+\{prf:(?!proof|ref)[\s\S]*?^:::", re.MULTILINE)
SOURCES = sorted(PROOFS.glob("*.v"))
LISTED = formal.statements(PROOFS)
ROWS = LISTED["proved"]
# Claims whose boxes must link to a formal proof.
PROMISED = ["lemma-1", "theorem-3-18", "theorem-3-19", "corollary-1", "corollary-2"]
PROMISED += ["theorem-A3", "corollary-A1", "lemma-D1", "theorem-D1"]
PROMISED += ["theorem-1-projection", "theorem-1-teacher"]
PROMISED += ["theorem-C1", "theorem-2-projection", "theorem-2-teacher"]


@pytest.mark.parametrize(
    "text, found",
    [
        ("Lemma a : b. Proof. Admitted.", ["x.v, line 1: Admitted"]),
        ("(* say admit. *)\nAxiom a : False.", ["x.v, line 2: Axiom"]),
        ('Notation "a admit b" := c.', []),
        ("(* a (* nested *) Axiom *) Lemma b : c. Qed.", []),
        ("Lemma admit_it : a.", []),
        ("Unset Guard Checking.", ["x.v, line 1: Guard Checking"]),
    ],
)
def test_holes_are_seen_but_not_in_comments(tmp_path, text, found):
    path = tmp_path / "x.v"
    path.write_text(text)
    assert formal.holes(path) == found


def test_no_source_has_a_hole():
    assert [hole for path in SOURCES for hole in formal.holes(path)] == []


@pytest.fixture
def fake_coqc(tmp_path, monkeypatch):
    """A coqc that says what a test wants it to say, and fails where it shall."""

    def fake(said="", code=0):
        path = tmp_path / "bin" / "coqc"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\ncat <<'END'\n{said}\nEND\nexit {code}\n")
        path.chmod(0o755)
        monkeypatch.setenv("PATH", f"{path.parent}:/usr/bin:/bin")

    return fake


@pytest.mark.parametrize("options, status", [([], 1), (["--if-possible"], 0)])
def test_without_coq_it_says_in_one_line_what_to_install(
    tmp_path, monkeypatch, capsys, options, status
):
    monkeypatch.setenv("PATH", "")
    assert formal.main(PROOFS, tmp_path / "result.json", *options) == status
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "apt-get install coq" in said and "opam" in said
    assert not (tmp_path / "result.json").exists()


@pytest.mark.parametrize(
    "said, reason", [("8.16.1", ""), ("8.18.0", "here is 8.18.0"), ("8.160", "here is 8.160")]
)
def test_another_coq_is_told(fake_coqc, said, reason):
    fake_coqc(f"The Coq Proof Assistant, version {said}")
    assert reason in formal.impossible() and bool(reason) == bool(formal.impossible())


SAID = """Axioms:
boolp.propositional_extensionality : forall P Q : Prop, P <-> Q -> P = Q
functional_extensionality_dep
  : forall (A : Type) (B : A -> Type) (f g : forall x : A, B x),
    (forall x : A, f x = g x) -> f = g"""
AXIOMS = ["functional_extensionality_dep", "propositional_extensionality"]


@pytest.mark.parametrize("said, names", [(SAID, AXIOMS), ("Closed under the global context", [])])
def test_assumptions_are_read(tmp_path, fake_coqc, said, names):
    fake_coqc(said)
    assert formal.assumptions(tmp_path, ["a.one", "b.two"]) == {"a.one": names, "b.two": names}
    assert not list(tmp_path.glob("rests_on*"))


def test_other_words_of_coq_are_no_assumptions(tmp_path, fake_coqc):
    fake_coqc("All is well")
    with pytest.raises(formal.Refused, match="something else"):
        formal.assumptions(tmp_path, ["a.one"])


def test_what_coq_refuses_is_refused(tmp_path, fake_coqc):
    fake_coqc("No such lemma", 1)
    (tmp_path / "a.v").write_text("Lemma a : False.")
    with pytest.raises(formal.Refused, match="No such lemma"):
        formal.compile_all(tmp_path, 2)


CONTROL = {"what": "n + 1", "file": "a", "old": "n.", "new": "n.+1."}


def test_a_planted_false_statement_must_fail(tmp_path, fake_coqc):
    path = tmp_path / "a.v"
    path.write_text("Theorem t : n.")
    fake_coqc("", 1)
    formal.plant(tmp_path, CONTROL)
    fake_coqc("", 0)
    with pytest.raises(formal.Refused, match="went through: n [+] 1"):
        formal.plant(tmp_path, CONTROL)
    assert path.read_text() == "Theorem t : n."


TINY = """
[assumptions]
[[control]]
what = "n + 1"
file = "a"
old = "n."
new = "n.+1."
[[proved]]
claim = "c"
theorem = "a.t"
leaves_out = ""
"""
TOOLS = {
    "coqc": r"""for file; do :; done
        grep -qs 'n[.][+]1' "$file" && exit REFUSES
        echo 'Closed under the global context'; echo 'version 8.16.1'""",
    "coqchk": "exit CHECKS",
}


@pytest.mark.parametrize(
    "refuses, checks, fault", [(1, 0, ""), (0, 0, "went through"), (1, 1, "coqchk")]
)
def test_a_check_plants_and_checks_again(tmp_path, monkeypatch, refuses, checks, fault):
    (tmp_path / "a.v").write_text("Theorem t : n.")
    (tmp_path / "statements.toml").write_text(TINY)
    for name, text in TOOLS.items():
        path = tmp_path / name
        text = text.replace("REFUSES", str(refuses)).replace("CHECKS", str(checks))
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    if fault:
        with pytest.raises(formal.Refused, match=fault):
            formal.check(tmp_path, 2)
    else:
        found = formal.check(tmp_path, 2)
        assert found["refused"] == ["n + 1"] and found["theorems"] == {"a.t": []}


def test_what_is_planted_has_its_place():
    assert any(control["what"] == "n + 1 for n in (19)" for control in LISTED["control"])
    for control in LISTED["control"]:
        assert (PROOFS / f"{control['file']}.v").read_text().count(control["old"]) == 1


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['claim']}:{row['theorem']}")
def test_listed_theorems_are_there_with_words_above_them(row):
    file, name = row["theorem"].split(".")
    text = (PROOFS / f"{file}.v").read_text()
    assert row["claim"] in REGISTRY
    assert re.search(rf"\*\)\n(?:Theorem|Lemma) {name}\b", text), "no comment stands over it"
    assert f"({proved.place(row['theorem'])})=" in proved.render(ROOT, ROOT / "_nowhere", file)


def test_every_source_has_its_page_and_its_place_in_the_book():
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text())
    chapters = [chapter for part in toc["parts"] for chapter in part["chapters"]]
    (own,) = [one for one in chapters if one["file"] == f"{proved.PAGES}/checked"]
    pages = [section["file"].removeprefix(f"{proved.PAGES}/") for section in own["sections"]]
    assert sorted(pages) == [path.stem for path in SOURCES]
    for page in pages:
        assert "<!-- proof -->" in (ROOT / proved.PAGES / f"{page}.md").read_text()


def test_sources_build_on_earlier_pages_alone():
    names = {path.stem for path in SOURCES}
    toc = (ROOT / "_toc.yml").read_text()
    order = re.findall(rf"file: {proved.PAGES}/(\w+)", toc)[1:]
    for path in SOURCES:
        before = order[: order.index(path.stem)]
        assert formal.needs(path, names) <= set(before)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_sources_can_be_highlighted_and_printed(path):
    text = path.read_text()
    tokens = get_lexer_by_name(proved.LEXER).get_tokens(text)
    assert not [value for kind, value in tokens if kind is Error]
    assert text.isascii() and max(map(len, text.splitlines())) <= 100
    assert len(text.splitlines()) <= 500


def found_for(rows, **changed):
    theorems = {row["theorem"]: ["functional_extensionality_dep"] for row in rows}
    result = {"files": formal.fingerprints(PROOFS), "tool": "8.16.1", "refused": ["n + 1"]}
    return result | {"theorems": theorems} | changed


def test_a_result_for_other_sources_does_not_count(tmp_path):
    (tmp_path / "proofs").mkdir()
    path = tmp_path / "proofs/result.json"
    path.write_text(json.dumps(found_for(ROWS)))
    assert proved.result(tmp_path, ROOT)["tool"] == "8.16.1"
    path.write_text(json.dumps(found_for(ROWS, files={})))
    assert proved.result(tmp_path, ROOT) == {}
    assert "not been checked" in proved.render_summary(ROOT, tmp_path)


def test_verdicts_and_words():
    rows = proved.listed(ROOT)["lemma-1"]
    assert proved.proof(None, {}) == {"verdict": "not applicable"}
    assert proved.proof(rows, {})["verdict"] == "unknown"
    found = proved.proof(rows, found_for(rows))
    assert found["verdict"] == "pass"
    said = "; ".join(proved.said(found, proved.assumptions(ROOT)))
    assert "[`lemma_1`](#proof-lemma-1-lemma-1)" in said and "functions with equal values" in said
    said = list(proved.said(proved.proof(rows, {}), {}))
    assert all("not checked in this build" in one for one in said)


def test_pages_show_text_and_code(tmp_path):
    shutil.copytree(PROOFS, tmp_path / "proofs", ignore=shutil.ignore_patterns("*.vo*"))
    (tmp_path / "proofs/x.v").write_text("(** Why [a] is\n    b. *)\nTheorem a : b.\nQed.\n")
    text = "(** All. *)\nRequire c.\n(** Why [a] is\n    b. *)\nTheorem a_1 : b.\nQed.\n"
    (tmp_path / "proofs/x.v").write_text(text)
    shown = proved.render(tmp_path, tmp_path, "x")
    assert (
        "(proof-x-a-1)=\n\nWhy `a` is b.\n\n```{code-block} coq\nTheorem a_1 : b.\nQed.\n```"
        in shown
    )
    assert shown.startswith("All.\n\n*This file has not been checked")


@pytest.mark.parametrize("claim", PROMISED)
def test_boxes_of_the_paper_link_to_a_formal_proof(claim):
    """The link is added after the one to the ledger, which the box must have."""
    text = "\n".join(c.source for cells in notebooks(ROOT).values() for c in cells)
    assert any(f"(#claim-{claim})" in box[0] for box in BOX.finditer(text))
    assert claim in proved.listed(ROOT)
