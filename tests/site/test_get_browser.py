"""The browser of these tests: fetched where there is none, and said where that fails."""

import os
import re
import subprocess
import sys
from pathlib import Path

import checks
import get_browser
import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def forget():
    """Each test asks anew whether a browser starts."""
    checks.unable.cache_clear()
    yield
    checks.unable.cache_clear()


@pytest.mark.parametrize("failures, said, asked", [(0, "", 1), (1, "", 2), (2, "code 7; why", 2)])
def test_a_download_is_tried_twice(failures, said, asked):
    calls = []

    def run(command, env):
        calls.append(env["PLAYWRIGHT_BROWSERS_PATH"])
        assert command[1:4] == ["-m", "playwright", "install"]
        return subprocess.CompletedProcess(command, 7 * (len(calls) <= failures))

    found = get_browser.fetch(run, wait=lambda seconds: None)
    assert said in found and bool(said) == bool(found)
    assert calls == [str(ROOT / ".browsers")] * asked


def test_what_the_installer_says_and_draws_is_seen_as_it_comes(monkeypatch, capfd):
    """Its bar is drawn only where its output is a terminal, so nothing stands in between."""
    code = "import sys; print('bar'); print('no network', file=sys.stderr); sys.exit(3)"
    monkeypatch.setattr(get_browser, "COMMAND", [sys.executable, "-c", code])
    assert "code 3;" in get_browser.fetch(wait=lambda seconds: None)
    said = capfd.readouterr()
    assert said.err == "no network\n" * 2 and said.out.count("bar\n") == 2


@pytest.mark.parametrize("ci, code", [("", 0), ("true", 1)])
def test_no_network_is_said_and_fails_under_ci(monkeypatch, capsys, ci, code):
    monkeypatch.setattr(get_browser, "find_chromium", lambda: None)
    monkeypatch.setattr(get_browser, "fetch", lambda: "no network")
    monkeypatch.setenv("CI", ci)
    assert get_browser.main() == code
    said = capsys.readouterr().err
    assert "(no network)" in said and "apt-get install chromium" in said


def test_one_that_is_there_is_not_fetched(monkeypatch):
    monkeypatch.setattr(get_browser, "find_chromium", lambda: "/usr/bin/chromium")
    monkeypatch.setattr(get_browser, "fetch", lambda: pytest.fail("asked the network"))
    monkeypatch.setattr(get_browser, "unable", lambda: "")
    assert get_browser.main() == 0


# Playwright's layouts: of today, of Linux on arm64 and of before, and that of Windows.
LAYOUTS = {
    "chrome-headless-shell-linux64": "chrome-headless-shell",
    "chrome-linux": "headless_shell",
    "chrome-headless-shell-win64": "chrome-headless-shell.exe",
    "chrome-win": "headless_shell.exe",
}


@pytest.fixture
def brought(monkeypatch, tmp_path):
    """A folder for browsers that were fetched, on a machine with no other."""
    monkeypatch.setattr(checks.shutil, "which", lambda name: None)
    monkeypatch.setattr(checks, "CHROME_ON_A_MAC", tmp_path / "none")
    monkeypatch.setattr(checks, "BROWSERS", tmp_path)
    return tmp_path / "chromium_headless_shell-1"


@pytest.mark.parametrize("folder, name", LAYOUTS.items())
def test_what_was_fetched_is_found_if_it_is_whole(brought, folder, name):
    """And what lies beside it, in whatever order the disk lists them, is not taken for it."""
    program = brought / folder / name
    program.parent.mkdir(parents=True)
    for beside in ("LICENSE.headless_shell", "headless_shell.pak", f"{name}.sig"):
        (program.parent / beside).touch()
    (brought / "INSTALLATION_COMPLETE").touch()
    assert checks.find_chromium() is None
    program.touch()
    assert checks.find_chromium() == str(program)
    (brought / "INSTALLATION_COMPLETE").unlink()
    assert checks.find_chromium() is None


MISSING = "error while loading shared libraries: libnss3.so: cannot open shared object file"


def broken(brought):
    """Bring a browser that does not start, since libraries of the system are missing."""
    program = brought / "chrome-linux/headless_shell"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\necho 'headless_shell: {MISSING}' >&2\nexit 127\n")
    program.chmod(0o755)
    (brought / "INSTALLATION_COMPLETE").touch()
    return program


@pytest.mark.parametrize("ci, code", [("", 0), ("true", 1)])
def test_one_that_does_not_start_is_told_with_what_to_do(monkeypatch, capsys, brought, ci, code):
    program = broken(brought)
    monkeypatch.setenv("CI", ci)
    assert get_browser.main() == code
    said = capsys.readouterr().err
    assert f"{program} does not start ({MISSING})" in said
    assert "playwright install-deps chromium" in said


def collected(ci, browsers="none"):
    """What pytest says of the tests of the site where the only browser is one in this folder."""
    environ = {name: value for name, value in os.environ.items() if name != "CI"} | ci
    environ["PATH"] = ""
    blind = "import checks; checks.CHROME_ON_A_MAC = checks.Path('none'); "
    blind += f"checks.BROWSERS = checks.Path({str(browsers)!r})"
    code = f"import sys; sys.path.insert(0, 'tests/site'); {blind}; import pytest; pytest.main()"
    command = [sys.executable, "-c", code, "tests/site/test_site.py", "--collect-only"]
    return subprocess.run(command, env=environ, cwd=ROOT, capture_output=True, text=True).stdout


def test_tests_left_out_are_counted_and_how_to_get_them_is_said():
    said = collected({})
    (count,) = re.findall(r"^(\d+) tests left out: they need a Chromium", said, re.MULTILINE)
    assert int(count) > 8 and "apt-get install chromium" in said
    assert f"({count} deselected)" in said or f"{count} deselected" in said


@pytest.mark.parametrize("brings", [False, True])
def test_none_is_left_out_under_ci(tmp_path, brings):
    if brings:
        broken(tmp_path / "chromium_headless_shell-1")
    said = collected({"CI": "true"}, tmp_path)
    assert "left out" not in said and "test_dark_mode" in said


def test_tests_are_left_out_too_where_the_browser_does_not_start(tmp_path):
    broken(tmp_path / "chromium_headless_shell-1")
    said = collected({}, tmp_path)
    assert re.search(r"^\d+ tests left out: they need a Chromium", said, re.MULTILINE)
    assert MISSING in said and "playwright install-deps" in said and "test_dark_mode" not in said
