"""A second build of the same sources, in another place and another process, is the same."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import compare
import lite

ROOT = Path(__file__).parents[2]
BUILD = ROOT / "_build"


def dated(monkeypatch):
    """As make does: by the commit."""
    command = ["git", "log", "-1", "--format=%ct"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    date = done.stdout.strip() or "1577836800"
    monkeypatch.setenv("SOURCE_DATE_EPOCH", os.environ.get("SOURCE_DATE_EPOCH", date))


def test_pages(monkeypatch):
    dated(monkeypatch)
    again = BUILD / "again"  # inside the project, whose commit pages name
    shutil.rmtree(again, ignore_errors=True)
    shutil.copytree(BUILD / "source", again / "source")
    (again / "lite").mkdir()
    (again / "lite/site").symlink_to(BUILD / "lite/site")
    for beside in [*BUILD.glob("*.json"), *BUILD.glob("*.pdf")]:
        shutil.copy(beside, again)
    if (BUILD / "proofs/result.json").exists():  # where there is Coq
        (again / "proofs").mkdir()
        shutil.copy(BUILD / "proofs/result.json", again / "proofs")
    command = [Path(sys.executable).with_name("jupyter-book"), "build", "-q", again / "source"]
    subprocess.run([*command, "--all", "--path-output", again], check=True, capture_output=True)
    assert compare.differing(BUILD / "html", again / "_build/html") == []
    shutil.rmtree(again)


def test_chapters_in_the_browser(tmp_path, monkeypatch):
    dated(monkeypatch)
    lite.build(BUILD / "source/book", tmp_path / "work", tmp_path / "site")
    assert compare.differing(BUILD / "lite/site", tmp_path / "site") == []
