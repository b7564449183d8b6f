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


@pytest.fixture
def library(tmp_path):
    """A copy of the library with the new claim in it."""
    shutil.copytree(ROOT / "lib", tmp_path / "lib", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / CODE[1]).write_text(CODE[2])
    return tmp_path


def verify(folder, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "linear_distillation", "verify", *arguments],
        env=os.environ | {"PYTHONPATH": str(folder / "lib")},
        capture_output=True,
        text=True,
    )


def test_the_claim_is_short():
    body = CODE[2].partition("@claim(")[2]
    assert len(body.splitlines()) < 25
    assert body.count("{") >= 5  # three mutants, one ablation


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
        ('{"gain": 0.01}', '{"gain": -0.01}', "nearer by a hundredth of the step: survived"),
        ('without={"w is', 'without={"v is', "v is in the span: names no hypothesis"),
        ("1.02 * dist", "0 * dist", ""),
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
