"""Checks of a built site. Each returns a list of faults in words; empty means sound."""

import csv
import http.server
import os
import shutil
import subprocess
import sys
import threading
from contextlib import contextmanager
from functools import partial
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import axe_playwright_python

CHROMIUM = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]
CHROME_ON_A_MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
FLAGS = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

LINKCHECKER = """\
[checking]
maxrequestspersecond=1000
"""

# What a page says about itself once MathJax has finished.
FAULTS = r"""async () => {
  await window.MathJax?.startup?.promise;
  await document.fonts.ready;
  const faults = [];

  for (const math of document.querySelectorAll(".math"))
    if (!math.querySelector("mjx-container"))
      faults.push(`math not rendered: ${math.textContent.trim()}`);
  const red = "mjx-merror, mjx-assistive-mml mtext[mathcolor=red]";
  for (const error of document.querySelectorAll(red))
    faults.push(`math error: ${error.dataset.mjxError ?? error.textContent}`);
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode;
    const code = text.parentElement.closest("pre, code, script, style");
    if (!code && /\\[()[\]]|\$[^$]*\$/.test(text.data))
      faults.push(`raw TeX: ${text.data.trim()}`);
  }

  for (const image of document.images) {
    const alt = image.alt.trim();
    if (!image.naturalWidth) faults.push(`image does not load: ${image.src}`);
    if (!alt || /\.(png|svg|jpe?g|gif|webp)$/i.test(alt))
      faults.push(`image without a description: ${image.src} (${alt})`);
  }

  const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  if (wide > 0) faults.push(`${wide} px too wide for a window of ${innerWidth} px`);
  return faults;
}"""

AXE = Path(axe_playwright_python.__file__).parent / "axe.min.js"
# Formulas are left to MathJax, which has its own accessible form of them; by the thousand
# they would take axe minutes a page.
RUN_AXE = """async () => {
  await window.MathJax?.startup?.promise;
  const found = await axe.run({exclude: [["mjx-container"]]}, {resultTypes: ["violations"]});
  return found.violations.flatMap(({id, nodes}) =>
    nodes.map((node) => `${id}: ${node.html.slice(0, 200)}`));
}"""


def find_chromium():
    """The path of an installed Chromium or Chrome, or None."""
    found = [path for name in CHROMIUM if (path := shutil.which(name))]
    if CHROME_ON_A_MAC.exists():
        found.append(str(CHROME_ON_A_MAC))
    return found[0] if found else None


def launch(playwright):
    """A headless browser; only root has to do without its sandbox."""
    root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    return playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS + root)


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serves quietly, and lets linkchecker know that it need not wait between requests."""

    def end_headers(self):
        self.send_header("LinkChecker", "at full speed")
        super().end_headers()

    def log_message(self, *args):
        pass


@contextmanager
def serve(folder):
    """Serve a folder on a free local port; gives its address."""
    handler = partial(Handler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.handle_error = lambda *args: None  # a browser may hang up early
        threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def page_faults(browser, url, scheme="light", width=1280):
    """Open a page: outside requests, errors, math, images, width."""
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page, faults = context.new_page(), []

    def guard(route):
        if urlsplit(route.request.url).netloc == urlsplit(url).netloc:
            route.continue_()
        else:
            faults.append(f"asks another host: {route.request.url}")
            route.abort()

    def console(message):
        if message.type == "error":
            faults.append(f"console error: {message.text} {message.location['url']}")

    page.route("**/*", guard)
    page.on("console", console)
    page.on("pageerror", lambda error: faults.append(f"script error: {error}"))
    page.goto(url)
    faults += page.evaluate(FAULTS)
    context.close()
    return faults


def access_faults(browser, url, scheme="light", width=1280):
    """What axe-core finds on a page: a fault's rule and the element."""
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page.goto(url)
    page.evaluate(AXE.read_text(encoding="utf8"))
    faults = page.evaluate(RUN_AXE)
    page.close()
    return faults


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
