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
from pathlib import Path
from urllib.parse import urlsplit

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
[AnchorCheck]
"""

# What a page says about itself once MathJax has finished.
FAULTS = r"""async () => {
  await window.MathJax?.startup?.promise;
  await document.fonts.ready;
  const faults = [];

  for (const math of document.querySelectorAll(".math"))
    if (!math.querySelector("mjx-container"))
      faults.push(`math not rendered: ${math.textContent.trim()}`);
  for (const error of document.querySelectorAll("mjx-merror, mjx-assistive-mml mtext[mathcolor=red]"))
    faults.push(`math error: ${error.dataset.mjxError ?? error.textContent}`);
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode;
    if (/\\[()[\]]|\$[^$]*\$/.test(text.data) && !text.parentElement.closest("pre, code, script, style"))
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
        threading.Thread(target=server.serve_forever, daemon=True).start()
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


def link_faults(url, config, pages=()):
    """Follow every internal link and anchor from this address on; all these pages are met."""
    config.write_text(LINKCHECKER)
    options = ["-f", config, "--no-status", "--verbose", "-o", "csv"]
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
