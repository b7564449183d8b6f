"""Bring a browser for the tests of the site into .browsers, if this machine has none.

python tests/site/get_browser.py

It is Playwright's own build of Chromium, without a window: some hundred megabytes, fetched once.
"""

import os
import subprocess
import sys
import time

from checks import BROWSERS, find_chromium, unable

TRIES = 2  # of the installer, which itself tries five times
COMMAND = [sys.executable, "-m", "playwright", "install", "--only-shell", "chromium"]
ADVICE = (
    "No browser for the tests of the site: {}. Install Chromium or Chrome (Debian: apt-get install "
    "chromium), or run this again where Playwright's downloads can be reached; then make test."
)


def fetch(run=subprocess.run, wait=time.sleep):
    """What hinders Playwright's installer, which shows a bar; empty if it succeeds."""
    environ = os.environ | {"PLAYWRIGHT_BROWSERS_PATH": str(BROWSERS)}
    for left in reversed(range(TRIES)):
        code = run(
            COMMAND, env=environ
        ).returncode  # its errors, and its bar, are seen as they come
        if code == 0:
            return ""
        if left:
            print("The download failed; trying once more", flush=True)
            wait(2)
    return f"Playwright's installer ended with code {code}; why is said above"


def problem():
    """Why there is no browser that starts, in words; empty if there is one."""
    if not find_chromium():
        print("Fetching a browser for the tests of the site into .browsers", flush=True)
        if hindrance := fetch():
            return f"it could not be downloaded ({hindrance})"
    return unable()


def main():
    """Under CI the browser must be there; elsewhere its tests are left out, in plain sight."""
    if found := problem():
        print(ADVICE.format(found), file=sys.stderr)
    return 1 if found and os.environ.get("CI") else 0


if __name__ == "__main__":
    sys.exit(main())
