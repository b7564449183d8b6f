"""The built site: seconds of first visits, and bytes, of every page by its kind."""

import statistics
import sys
from pathlib import Path

from timing import quartiles

ROOT = Path(__file__).parents[1]
HTML = ROOT / "_build/html"
# Visits of a page of each kind; of a quick run one.
VISITS = {"landing": 31, "chapters": 7, "ledger": 3, "library": 3, "proofs": 1, "others": 1}
MEASURE = """() => {
    const page = performance.getEntriesByType("navigation")[0];
    const parts = [page, ...performance.getEntriesByType("resource")];
    return {
        seconds: page.loadEventEnd / 1000,
        parts: parts.map((part) => [new URL(part.name).pathname, part.encodedBodySize]),
    };
}"""


def kind(name, notebooks):
    """Of a page, by its path below book without its ending."""
    if name == "index":
        return "landing"
    if name in notebooks:
        return "chapters"
    top = {"api": "library"}.get(name.partition("/")[0], name.partition("/")[0])
    return top if top in ("ledger", "library", "proofs") else "others"


def pages(quick, html=HTML):
    """First visits: a local server, and a browser that has nothing of the site."""
    sys.path.append(str(ROOT / "tests/site"))
    from checks import launch, serve
    from playwright.sync_api import sync_playwright

    if not (html / "book/index.html").exists():
        raise LookupError(f"There is no site in {html}: run make book first.")
    rows = {}
    with serve(html) as url, sync_playwright() as playwright:
        browser = launch(playwright)
        for name, group in names(html).items():
            times = 1 if quick else VISITS[group]
            address = f"{url}/book/{name}.html"
            found = [visit(browser, address) for _ in range(times)]
            rows.setdefault(group, {})[name] = row(name, found)
        browser.close()
    return {group: extremes(of) | {"pages": of} for group, of in rows.items()}


def names(html):
    """Every page of the book -> its kind."""
    sources = html / "_sources/book"
    notebooks = {path.relative_to(sources).with_suffix("").as_posix()
                 for path in sources.rglob("*.ipynb")}  # fmt: skip
    found = sorted((html / "book").rglob("*.html"))
    paths = [path.relative_to(html / "book").with_suffix("").as_posix() for path in found]
    return {name: kind(name, notebooks) for name in paths}


def visit(browser, url):
    """In a context of its own, which has nothing in its cache."""
    page = browser.new_page()
    answer = page.goto(url)
    if not answer.ok:
        raise LookupError(f"{url}: status {answer.status}")
    found = page.evaluate(MEASURE)
    page.close()
    return found


def row(name, visits):
    """Seconds; bytes of the page with its pictures, and with all that a first visit fetches."""
    parts = visits[0]["parts"]
    own = [size for path, size in parts if path.startswith(("/_images/", f"/book/{name}.html"))]
    index = [size for path, size in parts if path.endswith("/searchindex.js")]
    return quartiles(visit["seconds"] for visit in visits) | {
        "own bytes": sum(own), "bytes": sum(size for _, size in parts), "index": sum(index),
    }  # fmt: skip


def extremes(rows):
    """The worst of a kind by seconds and by bytes, with its name, and the medians."""
    report = {"count": len(rows), "index": max(row["index"] for row in rows.values())}
    for key in ("median", "own bytes", "bytes"):
        worst = max(rows, key=lambda name: rows[name][key])
        typical = statistics.median(row[key] for row in rows.values())
        name = {"median": "seconds"}.get(key, key)
        report[name] = {"most": rows[worst][key], "of": worst, "typical": typical}
    return report
