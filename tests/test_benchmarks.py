"""What `make bench` and `make mutants` are made of: stages, parts that fail, settings, goals."""

import importlib
import json
import subprocess
import sys
import types
from pathlib import Path

import numpy as np
import pytest
from chapters import chapters

import linear_distillation as ld

ROOT = Path(__file__).parents[1]
STORED = json.loads((ROOT / "book/speed/results.json").read_text(encoding="utf8"))


@pytest.fixture(scope="module", autouse=True)
def path():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT / "benchmarks")
        yield


def script(name):
    return importlib.import_module(name)


MAKEFILE = """\
NAME := $(shell echo here)
good: first
\t@sleep 0.1; echo ruff
\t@echo lite.py; \\
\t\tsleep 0.2
first:
\t@echo mypy $(NAME)
bad:
\t@echo jupyter-book
\t@false
\t@echo lite.py
"""


def test_each_line_of_a_recipe_is_timed(tmp_path):
    (tmp_path / "Makefile").write_text(MAKEFILE)
    row = script("processes").build("good", tmp_path)
    names = ["all else", "style and types", "chapters for the browser"]
    assert list(row["stages"]) == names
    assert row["stages"][names[1]] > 0.1 and row["stages"][names[2]] > 0.2
    assert row["median"] > sum(row["stages"].values())


def test_a_failing_build_has_no_time_but_its_stages(tmp_path, capsys):
    (tmp_path / "Makefile").write_text(MAKEFILE)
    row = script("processes").build("bad", tmp_path)
    assert row["failed"] == 2 and "median" not in row
    assert set(row["stages"]) == {"all else", "site"}
    assert "failed with status 2" in capsys.readouterr().err


def test_stages_of_the_makefile_have_names():
    """All lines of its two builds that take long."""
    stage = script("stage")
    for target, rest in (("book", {"chapters"}), ("test", {"formal proofs", "site in a browser"})):
        command = ["make", "--dry-run", target]
        recipe = subprocess.run(command, cwd=ROOT, capture_output=True, text=True).stdout
        found = {stage.name(line) for line in recipe.replace("\\\n", " ").splitlines()}
        assert found >= rest | {"attack on every claim", "chapters for the browser", "site"}


def test_a_command_that_fails_has_no_time(capsys):
    assert script("processes").whole([sys.executable, "-c", "1/0"], 2) == {"failed": 1}
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_the_chapter_of_median_length():
    processes = script("processes")
    sizes = [processes.length(path) for path in chapters(ROOT / "book")]
    chosen = processes.length(ROOT / f"book/{processes.median_chapter()}.ipynb")
    assert abs(sum(size < chosen for size in sizes) - len(sizes) / 2) <= 1


def test_files_are_what_they_were(tmp_path):
    there, absent = tmp_path / "there", tmp_path / "absent"
    there.write_bytes(b"old")
    with pytest.raises(ZeroDivisionError), script("processes").kept(there, absent):
        there.write_bytes(b"new")
        raise ZeroDivisionError
    assert there.read_bytes() == b"old" and not absent.exists()


def test_a_part_that_fails_keeps_the_others(tmp_path, capsys):
    run, file = script("run"), tmp_path / "results.json"
    parts = {"one": lambda quick: {"x": 1}, "bad": lambda quick: 1 / 0, "two": lambda quick: quick}
    assert run.run(parts, True, file, parts) == ["bad"]
    assert "ZeroDivisionError" in capsys.readouterr().err
    first = json.loads(file.read_text())
    assert (first["one"], first["two"], "bad" in first) == ({"x": 1}, True, False)
    assert run.run(["two"], False, file, parts) == []
    again = json.loads(file.read_text())
    assert again["one"] == {"x": 1} and again["two"] is False
    assert again["measured"]["one"] == first["measured"]["one"]
    assert set(again["measured"]["two"]) > {"date", "commit", "load", "minutes", "processor"}
    assert not again["measured"]["two"]["quick"] and list(tmp_path.iterdir()) == [file]


def test_what_is_stored_has_its_date_commit_and_load():
    parts = STORED.keys() - {"measured", "goals"}
    assert parts == STORED["measured"].keys() and parts <= script("run").PARTS.keys()
    for record in STORED["measured"].values():
        assert record["date"] and record["commit"] and not record["quick"]
        assert {"load", "minutes", "processor"} <= record.keys()


def test_goals_are_those_of_the_numbers_and_each_miss_has_its_reason():
    assert STORED["goals"] == script("goals").table(STORED)
    for row in STORED["goals"]:
        assert row["why"] if row["met"] is not True else not row["why"]


def goal(limit, measured, least=False):
    goals = script("goals")
    asked = goals.Goal("g", limit, ("a", "b"), "ms", 1e3, least, why=lambda report: "so")
    return goals.row(asked, {"a": {"b": measured}})


@pytest.mark.parametrize(
    ("limit", "measured", "least", "met"),
    [(5, 0.005, False, True), (5, 0.0051, False, False), (5, 0.005, True, True),
     (5, 0.0049, True, False), (0, 0, False, True), (None, 7.0, False, True)],
)  # fmt: skip
def test_a_goal_is_met_up_to_its_limit(limit, measured, least, met):
    row = goal(limit, measured, least)
    assert (row["met"], row["why"]) == (met, "" if met else "so")
    assert row["measured"] == pytest.approx(1e3 * measured)


def test_a_goal_that_was_not_measured_is_neither():
    goals = script("goals")
    assert goal(5, None)["met"] is None and goal(5, None)["why"] == "not measured"
    rows = goals.table({"builds": {"make test": {"failed": 2}}})
    assert {row["met"] for row in rows} == {None}
    failed = [row["goal"] for row in rows if row["why"] == "failed"]
    assert failed == ["make test, two cores"]


def test_reasons_are_computed():
    goals = script("goals")
    stages = {"a": 1.0, "b": 40.0, "c": 30.0, "d": 2.0}
    report = {"builds": {"make test": {"median": 301, "stages": stages}}}
    row = next(r for r in goals.table(report) if r["goal"].startswith("make test"))
    assert row["why"] == "longest: b 40 s, c 30 s, d 2 s"
    report = {"learning curves": {"peer / law": 999, "peer": 500, "spectrum": 0.2}}
    row = next(r for r in goals.table(report) if "law" in r["goal"])
    assert "leaves 0.5 s in all" in row["why"] and row["why"].endswith("0.2 s")


@pytest.mark.parametrize("least", [1, 2, 3, 4, 10, 29, 115, 300, 301, 3000])
def test_the_fewest_iterations_are_found(least):
    asked = []
    found = script("peers").fewest(lambda count: asked.append(count) or count >= least)
    assert found == least and len(asked) <= 20


def test_no_iterations_are_enough():
    assert script("peers").fewest(lambda count: False) is None


def test_the_quickest_setting_that_is_near_enough_counts(monkeypatch):
    peers = script("peers")
    rows = {"a": (True, 3.0), "b": (True, 2.0), "c": (False, 1.0)}

    def trained(train, name, data, repeats):
        near, spent = rows[name]
        return {"settings": name, "near enough": near, "iterations": 1, "a set": {"median": spent}}

    monkeypatch.setattr(peers, "trained", trained)
    found = peers.best(None, "abc", None, 1)
    assert found["settings"] == "b" and len(found["tried"]) == 3


def test_peers_train_the_same_student(rng):
    peers = script("peers")
    A, w = rng.standard_normal((5, 9)), rng.standard_normal(9)
    train, (settings,) = peers.PEERS["scikit-learn"]
    found = train(A, A @ w, 300, **settings)
    assert found == pytest.approx(ld.distilled_student(A.T, w), abs=1e-5)


def test_the_plain_ways_say_the_same(rng):
    before, angles = script("before"), np.linspace(0.01, 1.5, 7)
    atoms = rng.uniform(0, np.pi / 2, 20)
    law = ld.laws.AtomicLaw(atoms)
    risks = ld.risk.angle_risk(angles, law, 64)
    assert before.angle_risks(angles, atoms, 64) == pytest.approx(risks, rel=1e-10)
    task = ld.PolynomialTask(1, 30)
    estimate = ld.expected_risk(task, 4, 3000, rng)
    assert before.drawn_and_projected(task, 4, 3000, rng) == pytest.approx(estimate.mean, rel=0.1)


def test_amdahl():
    machines = script("machines")
    assert machines.amdahl(10, 5) == {"alone": 0, "ten machines": 0.5}
    assert machines.amdahl(10, 6)["alone"] == pytest.approx(0.2)
    assert machines.amdahl(10, 6)["ten machines"] == pytest.approx(2 + 8 / 20)
    assert machines.amdahl(10, 11)["ten machines"] == 10
    assert machines.amdahl(10, 4)["alone"] == 0


def test_bits_that_differ_are_told():
    compared = script("machines").compared
    ways = {"one": (4, [1.0]), "two": (2, [1.0]), "cluster": (3, [1.0])}
    assert compared(ways)["same"] and compared(ways)["cluster"] == 3
    assert not compared(ways | {"cluster": (3, [1.0000001])})["same"]


def test_pages_by_kind():
    kind = script("pages").kind
    names = ["index", "setting", "ledger", "ledger/setting", "api", "library/pool", "proofs/a",
             "map"]  # fmt: skip
    kinds = ["landing", "chapters", "ledger", "ledger", "library", "library", "proofs", "others"]
    assert [kind(name, {"setting"}) for name in names] == kinds


def test_bytes_of_a_page():
    pages = script("pages")
    parts = [["/book/a.html", 5], ["/_images/x.png", 7], ["/_static/s.css", 100],
             ["/searchindex.js", 3]]  # fmt: skip
    row = pages.row("a", [{"seconds": 1.0, "parts": parts}, {"seconds": 3.0, "parts": parts}])
    assert (row["own bytes"], row["bytes"], row["index"], row["median"]) == (12, 115, 3, 2.0)
    found = pages.extremes({"a": row, "b": row | {"median": 9.0, "own bytes": 1}})
    assert found["seconds"] == {"most": 9.0, "of": "b", "typical": 5.5}
    assert found["own bytes"]["of"] == "a" and found["index"] == 3 and found["count"] == 2


@pytest.fixture
def mutation(monkeypatch):
    """The script, without the operators of Cosmic Ray, which is not installed for the tests."""
    for name in ("cosmic_ray", "cosmic_ray.ast", "cosmic_ray.mutating", "cosmic_ray.plugins"):
        module = types.ModuleType(name)
        module.__getattr__ = lambda attribute: None
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.delitem(sys.modules, "mutation", raising=False)
    yield script("mutation")
    sys.modules.pop("mutation")


def test_sets_that_fail_with_no_mutant_end_mutation_testing(mutation, monkeypatch, tmp_path):
    calls = {"a": "pass", "b": "1/0", "c": "pass"}
    monkeypatch.setattr(
        mutation, "commands", lambda path: [("tests", [sys.executable, "-c", calls[path]])]
    )
    mutation.refuse_unsound(["a", "c"], tmp_path)
    with pytest.raises(SystemExit, match="no mutant at all:\ntests: -c 1/0$"):
        mutation.refuse_unsound(["a", "b", "c"], tmp_path)


def test_the_copy_is_tried_before_its_mutants(mutation, monkeypatch):
    file, order = mutation.LIBRARY / "chain.py", []
    monkeypatch.setattr(mutation, "parts", lambda: {"library": [file]})
    monkeypatch.setattr(mutation, "sites", lambda path: [(path, "operator", 0)])
    monkeypatch.setattr(mutation, "refuse_unsound", lambda paths, folder: order.append(paths))
    row = {"noticed": "tests", "file": "chain.py", "operator": "x", "change": ""}
    monkeypatch.setattr(mutation, "judge", lambda site, folders: order.append(site) or row)
    assert list(mutation.run("library", 1, 0, 1)) == [row]
    assert order == [[file], (file, "operator", 0)]
