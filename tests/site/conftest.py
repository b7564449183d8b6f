"""A browser, the built site, and what is left out where there is none."""

import os
import shutil

import pytest
from checks import launch, serve, unable
from playwright.sync_api import sync_playwright

ADVICE = {
    "browser": "need a Chromium or Chrome that starts (make test gets one; Debian: apt-get install "
    "chromium)",
    "pyodide": "need npm (Debian: apt-get install npm)",
}
PATIENCE = 180_000  # milliseconds; a busy machine is late, and that is no fault of the site
LEFT_OUT = pytest.StashKey()  # fixture -> how many tests this machine cannot run for want of it


@pytest.fixture(scope="session")
def site(pytestconfig):
    with serve(pytestconfig.rootpath / "_build/html") as url:
        yield url


@pytest.fixture(scope="session")
def browser():
    if why := unable():
        pytest.fail(f"these tests {ADVICE['browser']}: {why}", pytrace=False)
    with sync_playwright() as playwright:
        browser = launch(playwright)
        browser.new_page = patient(browser.new_page)
        browser.new_context = patient(browser.new_context)
        yield browser
        browser.close()


def patient(make):
    """Pages and contexts that wait for long before they give up."""

    def made(**options):
        it = make(**options)
        it.set_default_timeout(PATIENCE)
        return it

    return made


@pytest.fixture(scope="session")
def context(browser):
    """One for many pages, so that what they share is fetched and compiled once."""
    with browser.new_context() as context:
        yield context


def missing():
    """Fixtures that this machine cannot give, and why."""
    found = {"browser": not unable(), "pyodide": shutil.which("npm")}
    return [name for name, there in found.items() if not there]


def pytest_collection_modifyitems(config, items):
    """Without a browser, or npm, their tests are left out; under CI they fail."""
    counts = {name: 0 for name in missing()} if not os.environ.get("CI") else {}
    kept, out = [], []
    for item in items:
        needed = [name for name in counts if name in getattr(item, "fixturenames", [])]
        (out if needed else kept).append(item)
        counts |= {name: counts[name] + 1 for name in needed[:1]}
    items[:] = kept
    config.hook.pytest_deselected(items=out)
    config.stash[LEFT_OUT] = counts
    if hasattr(config, "workeroutput"):
        config.workeroutput["left out"] = counts


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node, error):
    """Each worker of pytest-xdist leaves out the same tests."""
    node.config.stash[LEFT_OUT] = getattr(node, "workeroutput", {}).get("left out", {})


def pytest_terminal_summary(terminalreporter, config):
    for name, count in config.stash.get(LEFT_OUT, {}).items():
        if count:
            why = f": {unable()}" if name == "browser" else ""
            said = f"{count} tests left out: they {ADVICE[name]}{why}"
            terminalreporter.write_line(said, yellow=True)
