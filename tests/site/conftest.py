import os
import shutil

import pytest
from checks import find_chromium, launch, serve
from playwright.sync_api import sync_playwright

ADVICE = {
    "browser": "no Chromium or Chrome found (Debian: apt-get install chromium)",
    "pyodide": "no npm found (Debian: apt-get install npm)",
}


@pytest.fixture(scope="session")
def site(pytestconfig):
    with serve(pytestconfig.rootpath / "_build/html") as url:
        yield url


@pytest.fixture(scope="session")
def browser():
    if not find_chromium():
        pytest.fail(ADVICE["browser"], pytrace=False)
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def context(browser):
    """One for many pages, so that what they share is fetched and compiled once."""
    with browser.new_context() as context:
        yield context


def missing():
    """Fixtures that this machine cannot give, and why."""
    found = {"browser": find_chromium(), "pyodide": shutil.which("npm")}
    return [name for name, program in found.items() if not program]


def pytest_collection_modifyitems(config, items):
    """Without a browser, or npm, their tests are left out; under CI they fail."""
    if not os.environ.get("CI"):
        out = [item for item in items if {*missing()} & {*getattr(item, "fixturenames", [])}]
        items[:] = [item for item in items if item not in out]
        config.hook.pytest_deselected(items=out)


def pytest_terminal_summary(terminalreporter):
    if not os.environ.get("CI"):
        for name in missing():
            terminalreporter.write_line(f"Tests left out: {ADVICE[name]}", yellow=True)
