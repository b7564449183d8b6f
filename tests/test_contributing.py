"""What CONTRIBUTING.md says of a new claim is carried out, on a copy of the library."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "CONTRIBUTING.md").read_text()
CODE = re.search(r"new file\n`([^`]+)`:\n\n```python\n(.*?)```", TEXT, re.DOTALL)


STORE = re.search(r"`\.venv/bin/python (\S+)` stores", TEXT)[1]


@pytest.fixture
def library(tmp_path):
    """A copy of the library with the new claim in it."""
    shutil.copytree(ROOT / "lib", tmp_path / "lib", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / CODE[1]).write_text(CODE[2])
    return tmp_path


def python(folder, *arguments):
    """Run Python with the copy for the library."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder / "lib")},
        capture_output=True,
        text=True,
    )


def verify(folder, *arguments):
    return python(folder, "-m", "linear_distillation", "verify", *arguments)


def test_the_file_is_short():
    assert len(CODE[2].splitlines()) < 25
    assert CODE[2].count("{") >= 6  # three mutants, one ablation


def test_the_file_is_in_the_style(tmp_path):
    (tmp_path / "nearest.py").write_text(CODE[2])
    ruff, settings = shutil.which("ruff", path=Path(sys.executable).parent), ROOT / "pyproject.toml"
    for how in (["check"], ["format", "--diff"]):
        call = [ruff, *how, "--config", settings, tmp_path / "nearest.py"]
        run = subprocess.run(call, capture_output=True, text=True)
        assert run.returncode == 0, run.stdout + run.stderr


def test_what_the_check_says_is_stored_and_nothing_else_changes(library):
    (library / "tests").mkdir()
    for name in (Path(STORE).name, "checks.json"):
        shutil.copy(ROOT / "tests" / name, library / "tests")
    checks = library / "tests/checks.json"
    before = json.loads(checks.read_text())
    held = ["-m", "pytest", "-q", STORE, "-k", "nearest-in-the-span"]
    run = python(library, *held)
    assert run.returncode == 1 and f"run .venv/bin/python {STORE}" in run.stdout
    assert python(library, STORE).returncode == 0
    assert python(library, *held).returncode == 0
    after = json.loads(checks.read_text())
    changed = {name for name in {*before, *after} if before.get(name) != after.get(name)}
    assert {name.partition("~")[0] for name in changed} == {"nearest-in-the-span"}
    assert len(changed) == 5  # the claim, three mutants, an ablation


def test_the_claim_holds_at_several_seeds(library):
    run = verify(library, "nearest-in-the-span", "--seeds", "5", "--json")
    assert run.returncode == 0, run.stdout + run.stderr
    (row,) = json.loads(run.stdout)["claims"]
    assert row["failed"] == [] and row["witness"] == {"w is in the span": 5}
    assert len(row["mutants"]) == 4
    assert all(mutant["killed"] == 5 for mutant in row["mutants"].values())


@pytest.mark.parametrize(
    "right, wrong, told",
    [
        ('{"gain": 0.01}', '{"gian": 0.01}', "no keyword 'gian'; did you mean 'gain'?"),
        ('{"gain": 0.01}', '{"gain": -0.01}', "by 1 % more: survived"),
        ('without={"w is', 'without={"v is', "v is in the span: names no hypothesis"),
        ('{"size": 1.02}', '{"size": 0}', ""),
        ('{"size": 1.02}', "1.02", "mutant '2 % longer': expected a dict of the keywords"),
        ("what-the-student-learns", "what-is-learned", "nearest-in-the-span: no chapter"),
        ("return AtMost(", "return len(", "TypeError"),
    ],
)
def test_mistakes_are_told(library, right, wrong, told):
    path = library / CODE[1]
    path.write_text(CODE[2].replace(right, wrong))
    assert path.read_text() != CODE[2]
    run = verify(library, "nearest-in-the-span")
    assert told in run.stdout + run.stderr
    assert (run.returncode == 0) is (told == "")
