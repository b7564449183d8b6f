"""A chapter in the browser: its button, JupyterLite beside the site, what is asked and when."""

import hashlib
import json
import re
import subprocess
import sys
import tarfile
from functools import partial
from pathlib import Path
from urllib.parse import parse_qs, urljoin, urlsplit

import lite
import nbformat
import pytest
from checks import pages_of
from jupyterlite_pyodide_kernel.constants import PYODIDE_VERSION
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
HTML = ROOT / "_build/html"
CHAPTERS = sorted((ROOT / "_build/source/book").rglob("*.ipynb"))
BUTTON = re.compile(r'<a href="([^"]*)"[^>]*btn-run-button[^>]*title="([^"]*)"', re.DOTALL)
PYODIDE = f"https://cdn.jsdelivr.net/pyodide/v{PYODIDE_VERSION}/full/"
CHAPTER = "book/why-it-works/data-geometry.html"


def buttons(page):
    return BUTTON.findall((HTML / page).read_text(encoding="utf8"))


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)
def test_every_chapter_has_a_button_that_opens_it(chapter):
    name = chapter.relative_to(ROOT / "_build/source/book")
    page = f"book/{name.with_suffix('.html').as_posix()}"
    ((url, says),) = buttons(page)
    target = urlsplit(urljoin((HTML / page).as_uri(), url))
    assert Path(target.path) == HTML / "lite/notebooks/index.html"
    assert parse_qs(target.query) == {"path": [name.as_posix()]}
    assert "Pyodide" in says and "cdn.jsdelivr.net" in says
    served = nbformat.read(HTML / "lite/files" / name, as_version=4).cells
    kept = nbformat.read(chapter, as_version=4).cells
    assert [cell.source for cell in served[:2]] == [lite.WELCOME, lite.first().source]
    assert [cell.source for cell in served[2:] if cell.cell_type == "code"] == [
        cell.source for cell in kept if cell.cell_type == "code"
    ]


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)
def test_stored_results_are_text_and_no_lists(chapter):
    name = chapter.relative_to(ROOT / "_build/source/book")
    cells = json.loads((HTML / "lite/files" / name).read_text("utf8"))["cells"]
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    assert all(isinstance(cell["source"], str) for cell in cells)
    assert all(isinstance(output.get("text", ""), str) for output in outputs)
    data = [value for output in outputs for value in output.get("data", {}).values()]
    assert not any(isinstance(value, list) for value in data)


RAW = re.compile(r"\{(prf:\w+|eq|cite(:\w+)?|doc|ref|numref)\}|\]\(#|\$\$ *\(")


@pytest.mark.parametrize("folder", ["_sources/book", "lite/files"])
def test_chapters_that_leave_the_site_have_nothing_for_it_to_resolve(folder):
    paths = sorted((HTML / folder).rglob("*.ipynb"))
    assert len(paths) == len(CHAPTERS)
    cells = [cell for path in paths for cell in nbformat.read(path, as_version=4).cells]
    words = [cell.source for cell in cells if cell.cell_type == "markdown"]
    assert [text for text in words if RAW.search(text)] == []
    text = "\n".join(words)
    assert "Theorem 3 (" in text and r"\tag{19}" in text and "Phuong and Lampert, 2019)" in text


def test_no_other_page_has_one():
    pages = {
        f"book/{path.relative_to(ROOT / '_build/source/book').with_suffix('.html').as_posix()}"
        for path in CHAPTERS
    }
    assert [page for page in pages_of(HTML) if page not in pages and buttons(page)] == []


def test_library_is_served_beside_the_chapters():
    index = json.loads((HTML / "lite/pypi/all.json").read_text())
    ((release,),) = index["linear-distillation"]["releases"].values()
    assert (HTML / "lite/pypi" / release["filename"]).exists()


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)
def test_downloaded_chapter_gets_the_library_first(chapter):
    name = chapter.relative_to(ROOT / "_build/source/book")
    downloaded = nbformat.read(HTML / "_sources/book" / name, as_version=4)
    title, install = downloaded.cells[:2]
    assert title.cell_type == "markdown" and title.source.startswith("# ")
    assert install.source == lite.first().source
    assert not any(cell.get("outputs") for cell in downloaded.cells)


def test_library_installs_from_the_site(site, tmp_path):
    """From the address that the first cell of a chapter names."""
    (wheel,) = re.findall(r"lite/pypi/\S+\.whl", lite.first().source)
    command = [sys.executable, "-m", "pip", "install", "-qq", "--no-deps", "--target", tmp_path]
    subprocess.run([*command, f"{site}/{wheel}"], check=True)
    assert (tmp_path / "linear_distillation/__init__.py").exists()


def test_a_phone_is_told_the_size_first(browser, site):
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.goto(f"{site}/{CHAPTER}")
    page.click("a.btn-run-button")
    assert "megabytes" in page.locator(".run-dialog").inner_text()
    go = page.locator(".run-dialog a").get_attribute("href")
    assert go.endswith("lite/notebooks/index.html?path=why-it-works/data-geometry.ipynb")
    page.click(".run-dialog button")
    assert page.locator(".run-dialog").count() == 0
    page.close()


def test_who_cannot_load_python_is_told(browser, site):
    """Where the network blocks the host that Python comes from."""
    context = browser.new_context()
    context.route(lambda url: not url.startswith(f"{site}/"), lambda route: route.abort())
    page = context.new_page()
    page.goto(f"{site}/lite/notebooks/index.html?path=why-it-works/data-geometry.ipynb")
    banner = page.locator("#python-lost[role=alert]")
    banner.wait_for(timeout=60_000)
    assert (
        "cdn.jsdelivr.net" in banner.inner_text() and "could not be loaded" in banner.inner_text()
    )
    banner.get_by_text("Close").click()
    assert banner.count() == 0
    page.reload()
    banner.wait_for(timeout=60_000)
    page.evaluate("window.old = true")
    banner.get_by_text("Try again").click()
    page.wait_for_function("window.old === undefined")
    context.close()


def test_who_waits_for_python_is_not_told_that_it_is_blocked(browser, site):
    context = browser.new_context()
    context.add_init_script("""AbortSignal.timeout = () => {
        const control = new AbortController();
        control.abort(new DOMException("late", "TimeoutError"));
        return control.signal;
    }""")
    page = context.new_page()
    page.goto(f"{site}/lite/notebooks/index.html?path=why-it-works/data-geometry.ipynb")
    banner = page.locator("#python-lost[role=alert]")
    banner.wait_for(timeout=60_000)
    assert "slow to load" in banner.inner_text() and "block" not in banner.inner_text()
    context.close()


STORE = "JupyterLite Storage - /lite/"
STORED = """async (name) => {
    const base = await new Promise((resolve) => {
        const request = indexedDB.open(name);
        request.onsuccess = () => resolve(request.result);
    });
    const request = base.transaction("files").objectStore("files").getAllKeys();
    const keys = await new Promise((resolve) => request.onsuccess = () => resolve(request.result));
    base.close();
    return keys;
}"""
ADD_TO = """(name) => indexedDB.databases().then((all) => new Promise((resolve, reject) => {
    const request = indexedDB.open(name, all.find((one) => one.name === name).version + 1);
    request.onsuccess = () => { request.result.close(); resolve(true); };
    setTimeout(() => reject("somebody keeps it open"), 20000);
}))"""


def save(lite, page, name):
    """Saving is tried until it is done: JupyterLite drops what is pressed while it starts."""
    for _ in range(100):
        lite.keyboard.press("Control+s")
        page.wait_for_timeout(200)
        if name in page.evaluate(STORED, STORE):
            return
    raise AssertionError(f"JupyterLite does not save {name}")


def test_who_comes_back_gets_a_newer_version_and_keeps_their_own(browser, site):
    context = browser.new_context()
    context.route(lambda url: not url.startswith(f"{site}/"), lambda route: route.abort())
    name = "why-it-works/data-geometry.ipynb"
    lite = context.new_page()
    lite.goto(f"{site}/lite/notebooks/index.html?path={name}")
    cell = lite.locator(".jp-Notebook .jp-CodeCell .cm-content").first
    cell.wait_for(timeout=60_000)
    cell.fill("mine = 1")
    page = context.new_page()
    page.goto(f"{site}/{CHAPTER}")
    save(lite, page, name)
    lite.close()  # a reader may keep it, but then it may be adding to its store at any time
    page.reload(wait_until="networkidle")
    assert page.locator(".run-note").count() == 0  # it is of this version
    old = re.compile(r'(name="chapter-version" content=")\w+')
    text = old.sub(r"\g<1>newer", (HTML / CHAPTER).read_text("utf8"))
    page.route(f"**/{CHAPTER}", lambda route: route.fulfill(body=text, content_type="text/html"))
    page.reload()
    page.click(".run-note button")
    page.wait_for_function("document.querySelector('.run-note').textContent.includes('(mine')")
    (kept,) = page.evaluate(STORED, STORE)
    assert kept.startswith("why-it-works/data-geometry (mine")
    page.reload(wait_until="networkidle")
    assert page.locator(".run-note").count() == 0
    # The page has looked and holds nothing: JupyterLite in another tab can add to its store.
    other = context.new_page()
    other.goto(f"{site}/404.html")
    assert other.evaluate(ADD_TO, STORE)
    context.close()


def needed(lock, *names):
    """Pyodide's packages of these names and all that they need, as it finds them itself."""
    packages = {canonicalize_name(name): found for name, found in lock["packages"].items()}
    met, left = {}, list(names)
    while left:
        name = canonicalize_name(left.pop())
        if name not in met:
            met[name] = packages[name]
            left += packages[name]["depends"]
    return met.values()


@pytest.fixture(scope="session")
def pyodide(pytestconfig):
    """Pyodide's core from npm and the packages of the kernel and of SymPy, by file name.

    Pyodide builds these packages itself, so that the checksums in its list are not those of
    the same versions elsewhere.
    """
    folder = Path(pytestconfig.cache.mkdir(f"pyodide-{PYODIDE_VERSION}"))
    run = partial(subprocess.run, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    if not list(folder.glob("*.tgz")):
        run(["npm", "pack", "--silent", f"pyodide@{PYODIDE_VERSION}"])
    with tarfile.open(*folder.glob("*.tgz")) as archive:
        files = {
            Path(member.name).name: archive.extractfile(member).read()
            for member in archive
            if member.isfile()
        }
    lock = json.loads(files["pyodide-lock.json"])
    packages = needed(lock, "micropip", "ipython", "sympy")
    if not list(folder.glob("*.whl")):
        wanted = [f"{package['name']}=={package['version']}" for package in packages]
        options = ["-qq", "--no-deps", "--only-binary=:all:", "--python-version=3.14"]
        run([sys.executable, "-m", "pip", "download", *options, *wanted])
    for path in folder.glob("*.whl"):
        files[path.name] = path.read_bytes()
    for package in packages:
        package["sha256"] = hashlib.sha256(files[package["file_name"]]).hexdigest()
    return files | {"pyodide-lock.json": json.dumps(lock).encode()}


# The slope of the logistic function, in the browser.
CELL = """import sympy as sp
z = sp.symbols("z")
sigma = 1 / (1 + sp.exp(-z))
print(sp.simplify(sigma.diff(z) - sigma * (1 - sigma)))"""


def test_chapter_opens_and_runs_and_asks_for_pyodide_only_then(browser, site, pyodide):
    context = browser.new_context()
    asked = []

    def elsewhere(route):
        asked.append(route.request.url)
        name = Path(urlsplit(route.request.url).path).name
        if route.request.url.startswith(PYODIDE) and name in pyodide:
            kind = {".mjs": "text/javascript", ".wasm": "application/wasm"}.get(Path(name).suffix)
            headers = {"Access-Control-Allow-Origin": "*"}
            route.fulfill(body=pyodide[name], content_type=kind, headers=headers)
        else:
            route.abort()

    context.route(lambda url: not url.startswith(f"{site}/"), elsewhere)
    page = context.new_page()
    page.goto(f"{site}/{CHAPTER}", wait_until="networkidle")
    assert asked == []
    with context.expect_page() as opened:
        page.click("a.btn-run-button")
    lite = opened.value
    lite.wait_for_selector(".jp-Notebook h1:has-text('Data geometry')", timeout=60_000)
    # A theorem is a box there too, and its formula is set.
    lite.wait_for_selector(
        ".jp-Notebook aside:has-text('Theorem') :is(.katex, mjx-container)", timeout=60_000
    )
    cell = lite.locator(".jp-Notebook .jp-CodeCell").first
    cell.locator(".cm-content").fill(CELL)
    lite.keyboard.press("Shift+Enter")
    output = cell.locator(".jp-OutputArea-output").first
    output.wait_for(timeout=180_000)
    assert output.inner_text().strip() == "0"
    assert lite.locator("#python-lost").count() == 0
    context.close()
    assert {url for url in asked if not url.startswith(PYODIDE)} == set()
