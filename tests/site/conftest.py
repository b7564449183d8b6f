import os

import pytest
from checks import find_chromium, launch, serve
from playwright.sync_api import sync_playwright

ADVICE = "no Chromium or Chrome found (Debian: apt-get install chromium)"


@pytest.fixture(scope="session")
def site(pytestconfig):
    with serve(pytestconfig.rootpath / "_build/html") as url:
        yield url


@pytest.fixture(scope="session")
def browser():
    if not find_chromium():
        pytest.fail(ADVICE, pytrace=False)
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def context(browser):
    """One for many pages, so that what they share is fetched and compiled once."""
    with browser.new_context() as context:
        yield context


def left_out():
    """Without a browser its tests are left out; under CI they fail."""
    return not find_chromium() and not os.environ.get("CI")


def pytest_collection_modifyitems(config, items):
    if left_out():
        out = [item for item in items if "browser" in getattr(item, "fixturenames", [])]
        items[:] = [item for item in items if item not in out]
        config.hook.pytest_deselected(items=out)


def pytest_terminal_summary(terminalreporter):
    if left_out():
        terminalreporter.write_line(f"Browser tests left out: {ADVICE}", yellow=True)
