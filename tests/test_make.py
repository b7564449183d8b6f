"""What the Makefile asks of git, of Python and of uv."""

import os
import re
import shutil
import subprocess
import tomllib
from importlib.metadata import distributions
from pathlib import Path
from runpy import run_path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf8"))
WITHOUT_GIT = {"SOURCE_DATE_EPOCH": "1577836800", "COMMIT": "1"}
DATE = "1234567890"


def make(folder, *arguments):
    """What make would do, and its variables: no command is run."""
    unset = {"SOURCE_DATE_EPOCH", "MAKEFLAGS", "MAKELEVEL"}
    environ = {name: value for name, value in os.environ.items() if name not in unset}
    command = ["make", "-C", folder, "--no-print-directory", *arguments]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return done.stdout


def asked_of_git(folder):
    """The date of what is built there, and the tests' second seed."""
    found = re.findall(r"^(SOURCE_DATE_EPOCH|COMMIT) := (.*)$", make(folder, "-pn", "help"), re.M)
    return dict(found)


def commit(folder):
    """Track and commit all that is in a folder; the first seven digits of the commit."""
    who = ["-c", "user.name=me", "-c", "user.email=me@example.org"]
    environ = os.environ | {"GIT_COMMITTER_DATE": f"{DATE} +0000"}
    for arguments in (["init", "-q"], ["add", "."], [*who, "commit", "-q", "-m", "one"]):
        subprocess.run(["git", *arguments], cwd=folder, env=environ, check=True)
    command = ["git", "rev-parse", "--short=7", "HEAD"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def project(tmp_path):
    """The Makefile, unpacked in a folder."""
    folder = tmp_path / "around/project"
    folder.mkdir(parents=True)
    shutil.copy(ROOT / "Makefile", folder)
    return folder


def test_without_git_all_has_one_date_and_one_seed(project):
    assert asked_of_git(project) == WITHOUT_GIT


def test_a_checkout_is_dated_by_its_commit_which_gives_the_second_seed(project):
    digits = commit(project)
    assert asked_of_git(project) == {"SOURCE_DATE_EPOCH": DATE, "COMMIT": str(int(digits, 16))}


@pytest.mark.parametrize("tracked", [True, False])
def test_a_repository_around_the_project_is_not_asked(project, tracked):
    """Whether what is unpacked there was added to it or not."""
    (project.parent / "theirs").touch()
    (project.parent / ".gitignore").write_text("" if tracked else "project/\n")
    commit(project.parent)
    assert asked_of_git(project) == WITHOUT_GIT


def test_nor_is_one_that_does_not_track_the_project(project):
    (project / ".gitignore").write_text("Makefile\n")
    commit(project)
    assert asked_of_git(project) == WITHOUT_GIT


def test_a_checkout_without_a_commit_has_the_date_of_one_without_git(project):
    for arguments in (["init", "-q"], ["add", "."]):
        subprocess.run(["git", *arguments], cwd=project, check=True)
    assert asked_of_git(project) == WITHOUT_GIT


def test_measured_networks_name_the_commit_of_this_project_alone(project, monkeypatch):
    made = run_path(str(ROOT / "benchmarks/networks.py"))["provenance"]
    monkeypatch.setitem(made.__globals__, "ROOT", project)
    assert made()["commit"] == ""
    (project.parent / ".gitignore").write_text("project/\n")
    commit(project.parent)
    assert made()["commit"] == ""
    digits = commit(project)
    assert len(digits) >= 7 and made()["commit"].startswith(digits)


@pytest.mark.parametrize("target, rule", [("lowest", "lowest-direct"), ("newest", "highest")])
def test_floors_are_resolved_for_the_python_that_they_are_installed_in(target, rule):
    """A venv of PYTHON is made first; that of .venv may be another."""
    said = make(ROOT, "-n", target, "PYTHON=python3.99")
    own = f"_build/{target}/bin/python"
    steps = [
        said.index(f"python3.99 -m venv --clear _build/{target}"),
        said.index("uv pip compile"),
        said.index("uv pip sync"),
    ]
    assert steps == sorted(steps)
    resolved = said[steps[1] : steps[2]]
    assert f"--python {own}" in resolved and f"--resolution {rule}" in resolved
    assert f"--python {own} _build/{target}.txt" in said[steps[2] :]


def test_floors_are_those_of_all_extras_but_large_tools():
    extras = set(re.findall(r"--extra (\w+)", make(ROOT, "-n", "lowest")))
    assert extras == PROJECT["project"]["optional-dependencies"].keys() - {"bench", "mutants"}


def test_uv_has_a_floor_which_it_also_knows():
    floor = PROJECT["tool"]["uv"]["required-version"]
    said = make(ROOT, "-nB", ".venv/bin/uv")
    assert re.search(rf'pip install [^\n]*"uv{re.escape(floor)}"', said)
    assert re.fullmatch(r">=\d+\.\d+", floor)


LIMIT = 1.05e9  # bytes; .venv, of which the README speaks, has a tenth more


def installed(lock):
    """The bytes of all files that the distributions of a lock have put on this machine."""
    names = set(re.findall(r"^([\w.-]+)==", lock, re.M))
    found = [dist for dist in distributions() if re.sub(r"[-_.]+", "-", dist.name).lower() in names]
    files = {Path(file.locate()) for dist in found for file in dist.files or ()}
    return sum(file.stat().st_size for file in files if file.is_file())


@pytest.mark.locked
def test_what_the_lock_installs_stays_under_the_limit():
    lock = (ROOT / "requirements.lock").read_text(encoding="utf8")
    assert 0.3e9 < installed(lock) < LIMIT


def test_what_is_installed_is_counted_by_its_files():
    numpy = installed("numpy==1.0\n")
    assert numpy > 20e6
    assert installed("numpy==1.0\nscipy==1.0 ; sys_platform == 'linux'\n") > numpy + 20e6
    assert installed("a-name-that-nothing-has==1.0\n") == 0
