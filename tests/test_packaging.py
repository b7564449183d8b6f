"""What is promised outside the library: the lock, the README, a light import."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import chapters
import pytest
import yaml
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf8")
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf8"))["project"]
DECLARED = [
    *PROJECT["dependencies"],
    *(
        line
        for name, extra in PROJECT["optional-dependencies"].items()
        if name != "bench"  # large, and for comparisons only
        for line in extra
    ),
]
SLOW = {"sympy", "matplotlib", "joblib", "dask", "tqdm"} | {
    f"scipy.{name}" for name in ("special", "optimize", "stats", "interpolate", "integrate")
}


def unmet(declared, lock, python):
    """The declared requirements that the lock does not satisfy on a Python such as 3.12."""
    here = default_environment() | {"python_version": python, "python_full_version": f"{python}.0"}
    lines = [line for line in lock.splitlines() if line and not line.lstrip().startswith("#")]
    pins = [pin for pin in map(Requirement, lines) if not pin.marker or pin.marker.evaluate(here)]
    versions = {pin.name: str(pin.specifier).removeprefix("==") for pin in pins}
    return [
        line
        for line in declared
        if not (need := Requirement(line)).marker or need.marker.evaluate(here)
        if need.name not in versions or versions[need.name] not in need.specifier
    ]


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13", "3.14"])
def test_lock_satisfies_what_is_declared(python):
    assert unmet(DECLARED, LOCK, python) == []


def test_lock_that_lags_behind_is_seen():
    lock = "numpy==1.26.4\nscipy==1.17.1 ; python_full_version < '3.12'\n"
    assert unmet(["numpy>=2", "scipy", "tqdm"], lock, "3.11") == ["numpy>=2", "tqdm"]
    assert unmet(["scipy"], lock, "3.12") == ["scipy"]


def test_lock_names_versions_and_no_place_to_get_them():
    assert "://" not in LOCK and "--" not in LOCK.replace("'", "")


def test_conda_installs_from_the_lock():
    wanted = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    pip = next(item["pip"] for item in wanted if isinstance(item, dict))
    python = next(item for item in wanted if str(item).startswith("python="))
    assert {"-r requirements.lock", "-e ."} <= set(pip)
    assert python.removeprefix("python=") in SpecifierSet(PROJECT["requires-python"])


def test_readme_code_runs_and_prints_what_is_said(capsys):
    blocks = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert blocks
    exec("\n".join(blocks), {})
    printed = capsys.readouterr().out.splitlines()
    assert printed and all(f"`{line}`" in README for line in printed)


def test_readme_links_lead_to_files():
    links = re.findall(r"\]\(([^)\s]+)\)", README)
    assert [link for link in links if "://" not in link and not (ROOT / link).exists()] == []


def test_readme_picture_is_the_figure_of_the_chapter():
    figure = chapters.figure(ROOT / "book/why-it-works/data-geometry.ipynb", "fig-data-geometry")
    assert "(book/images/data-geometry.png)" in README
    same = (ROOT / "book/images/data-geometry.png").read_bytes() == figure
    assert same, "the picture in the README is stale; run make notebooks"


def test_import_loads_nothing_slow():
    command = "import sys, linear_distillation; print(*sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", command], capture_output=True, text=True, check=True
    )
    loaded = set(run.stdout.split())
    assert "linear_distillation.bounds" in loaded
    assert loaded & SLOW == set()
