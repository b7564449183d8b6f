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


@pytest.mark.parametrize("failures, said, asked", [(0, "", 1), (1, "", 2), (2, "no network", 2)])
def test_a_download_is_tried_twice(failures, said, asked):
    calls = []

    def run(command, env, **options):
        calls.append(env["PLAYWRIGHT_BROWSERS_PATH"])
        assert command[1:4] == ["-m", "playwright", "install"]
        code, words = int(len(calls) <= failures), "Error: no network\n    at Object.run\n"
        return subprocess.CompletedProcess(command, code, stderr=words)

    assert get_browser.fetch(run, wait=lambda seconds: None) == said
    assert calls == [str(ROOT / ".browsers")] * asked


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
    assert get_browser.main() == 0


def test_what_was_fetched_is_found_if_it_is_whole(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(checks, "CHROME_ON_A_MAC", tmp_path / "none")
    monkeypatch.setattr(checks, "BROWSERS", tmp_path)
    program = tmp_path / "chromium_headless_shell-1/chrome-linux/headless_shell"
    program.parent.mkdir(parents=True)
    program.touch()
    assert checks.find_chromium() is None
    (program.parents[1] / "INSTALLATION_COMPLETE").touch()
    assert checks.find_chromium() == str(program)


def collected(ci):
    """What pytest says of the tests of the site where no browser is found."""
    environ = {name: value for name, value in os.environ.items() if name != "CI"} | ci
    environ["PATH"] = ""
    blind = "import checks; checks.CHROME_ON_A_MAC = checks.BROWSERS = checks.Path('none')"
    code = f"import sys; sys.path.insert(0, 'tests/site'); {blind}; import pytest; pytest.main()"
    command = [sys.executable, "-c", code, "tests/site/test_site.py", "--collect-only"]
    return subprocess.run(command, env=environ, cwd=ROOT, capture_output=True, text=True).stdout


def test_tests_left_out_are_counted_and_how_to_get_them_is_said():
    said = collected({})
    (count,) = re.findall(r"^(\d+) tests left out: they need a Chromium", said, re.MULTILINE)
    assert int(count) > 8 and "apt-get install chromium" in said
    assert f"({count} deselected)" in said or f"{count} deselected" in said


def test_none_is_left_out_under_ci():
    said = collected({"CI": "true"})
    assert "left out" not in said and "test_dark_mode" in said
