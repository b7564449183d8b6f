"""Checks of a built site. Each returns a list of faults in words; empty means sound."""

import csv
import http.server
import os
import re
import shutil
import subprocess
import sys
import threading
from contextlib import contextmanager
from functools import cache, partial
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import axe_playwright_python
from playwright.sync_api import Error, sync_playwright

CHROMIUM = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]
CHROME_ON_A_MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
# Where get_browser.py puts one, if this machine has none of these.
BROWSERS = Path(__file__).parents[2] / ".browsers"
PROGRAMS = {
    f"{name}{end}" for name in ("chrome-headless-shell", "headless_shell") for end in ("", ".exe")
}
DEPENDENCIES = (
    "if system libraries are missing, .venv/bin/playwright install-deps chromium installs them"
)
FLAGS = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # no page reaches beyond it
]

LINKCHECKER = """\
[checking]
maxrequestspersecond=1000
"""

SCRIPTS = [
    Path(axe_playwright_python.__file__).parent / "axe.min.js",
    Path(__file__).with_name("page.js"),
]
# A page is looked at twice: in light on a desk, in dark on a phone.
PHONE = 390
LOOKS = [("light", 1280), ("dark", PHONE)]
SHIFT = 0.05  # cumulative layout shift that a reader hardly sees
SETTLE = 400  # milliseconds in which the theme notices another width
STILL = "*, ::before, ::after { transition: none !important; }"


def find_chromium():
    """The path of a Chromium or Chrome: installed, or brought by get_browser.py; or None."""
    found = [path for name in CHROMIUM if (path := shutil.which(name))]
    if CHROME_ON_A_MAC.exists():
        found.append(str(CHROME_ON_A_MAC))
    whole = [mark.parent for mark in sorted(BROWSERS.glob("chromium*/INSTALLATION_COMPLETE"))]
    brought = [path for folder in whole for path in folder.glob("*/*") if path.name in PROGRAMS]
    found += [str(path) for path in reversed(brought) if path.is_file()]
    return found[0] if found else None


@cache
def unable():
    """Why no browser starts here, in words; empty if one does."""
    path = find_chromium()
    if not path:
        return "there is none"
    try:
        with sync_playwright() as playwright:
            launch(playwright).close()
    except Error as error:
        said = re.search(r"error while loading.*", error.message) or re.search(r".*", error.message)
        return f"{path} does not start ({said[0].strip()}); {DEPENDENCIES}"
    return ""


def launch(playwright):
    """A headless browser; only root has to do without its sandbox."""
    root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    return playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS + root)


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serves quietly, and lets linkchecker know that it need not wait between requests."""

    lost = None  # the page for what is not there

    def send_error(self, code, *words):
        if code != 404 or not self.lost:
            return super().send_error(code, *words)
        text = self.lost.read_bytes()
        self.send_response(404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(b"" if self.command == "HEAD" else text)

    def end_headers(self):
        self.send_header("LinkChecker", "at full speed")
        super().end_headers()

    def log_message(self, *args):
        pass


@contextmanager
def serve(folder, lost=None):
    """Serve a folder on a free local port, and a page for what is not there; gives its address."""
    handler = partial(type("Here", (Handler,), {"lost": lost}), directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.handle_error = lambda *args: None  # a browser may hang up early
        threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def page_faults(context, url, access=True):
    """Open a page, once, on a phone, and look: outside requests, errors, shifts, math, images,
    width, access.
    """
    page, heard = context.new_page(), []

    def request(request):
        if urlsplit(request.url).netloc not in ("", urlsplit(url).netloc):
            heard.append(f"asks another host: {request.url}")

    def console(message):
        if message.type == "error":
            heard.append(f"console error: {message.text} {message.location['url']}")

    page.on("request", request)
    page.on("console", console)
    page.on("pageerror", lambda error: heard.append(f"script error: {error}"))
    page.set_viewport_size({"width": PHONE, "height": 900})
    page.goto(url)
    faults = shift_faults(page)
    page.add_style_tag(content=STILL)
    faults += [*looks(page, "ownFaults()"), *heard]
    if access:
        page.evaluate("setAsideFormulasAndColours()")
        page.wait_for_timeout(SETTLE)
        structure = "axeFaults({rules: {'color-contrast': {enabled: false}}})"
        faults += looks(page, structure, LOOKS[::-1])  # the theme has settled for a phone
        page.evaluate("keepOneOfEachStyle()")
        faults += looks(page, "axeFaults({runOnly: ['color-contrast']})")
    page.close()
    return faults


def teach(page):
    """Let an open page answer what page.js asks of it."""
    for script in SCRIPTS:
        page.evaluate(script.read_text(encoding="utf8"))
    page.evaluate("ready()")


def shift_faults(page):
    """Whether things have moved on a page since it was opened, by themselves."""
    teach(page)
    shift = page.evaluate("shifted()")
    return [f"things have moved by {shift:.2f}"] if shift >= SHIFT else []


def looks(page, script, order=LOOKS):
    """What a script finds on a page in each scheme and width."""
    for scheme, width in order:
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 900})
        yield from (f"{scheme}, {width} px: {fault}" for fault in page.evaluate(script))


def link_faults(url, config, pages=(), leaf="(?!)"):
    """Follow every internal link from this address on; all these pages are met.

    A page whose address matches `leaf` has to be there, but its own links are not followed.
    """
    config.write_text(LINKCHECKER)
    options = ["-f", config, "--no-status", "--verbose", "-o", "csv"]
    options += [f"--no-follow-url={leaf}"]
    command = [sys.executable, "-m", "linkcheck", *options, url]
    run = subprocess.run(command, capture_output=True, text=True)
    lines = [line for line in run.stdout.splitlines() if line and not line.startswith("# ")]
    rows = list(csv.DictReader(lines, delimiter=";"))
    met = {urlsplit(row["url"]).path.removeprefix("/") for row in rows}
    faults = [
        f"{row['parentname']} -> {row['urlname']}: {row['result']} {row['warningstring']}".strip()
        for row in rows
        if row["valid"] != "True" or row["warningstring"]
    ]
    faults += [f"no link leads to {page}" for page in pages if page not in met]
    return faults or ([run.stderr] if run.returncode or not rows else [])


class Page(HTMLParser):
    """The places of a page that links can name, and the links that name one."""

    def __init__(self, file):
        super().__init__()
        self.places, self.links = {"", "top"}, []
        self.feed(file.read_text(encoding="utf8"))

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self.places |= {values.get("id"), values.get("name")}
        if "#" in (link := values.get("href") or ""):
            self.links.append(link)


def pages_of(folder):
    """The site's own pages in a folder; JupyterLite and what Sphinx serves are not among them."""
    files = (file.relative_to(folder) for file in folder.rglob("*.html"))
    return sorted(file.as_posix() for file in files if file.parts[0] not in ("lite", "_static"))


def anchor_faults(folder):
    """Every #place that a page under this folder links to is there."""
    # linkchecker's AnchorCheck parses a page anew for each link to it: minutes for a long page.
    files = map(folder.joinpath, pages_of(folder))
    pages = {file.resolve().as_uri(): Page(file) for file in files}
    return [
        f"{url} -> {link}: no such place"
        for url, page in pages.items()
        for link in page.links
        for target, place in [urldefrag(urljoin(url, link))]
        if target in pages and unquote(place) not in pages[target].places
    ]
