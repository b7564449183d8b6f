"""Your own teacher in the browser: what a file says, against `Pool`; bad files, in words."""

import csv
import io
import re
import warnings
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
import sample
from checks import SCRIPTS, SETTLE, STILL
from sklearn.datasets import load_digits, load_iris, load_wine
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import linear_distillation as ld
from linear_distillation._pool_bounds import _guaranteed

ROOT = Path(__file__).parents[2]
HTML = ROOT / "_build/html"
LEVELS = 0.2, 0.1, 0.05, 0.02, 0.01
FIGURE = "[data-figure=own]"
LATE = ["own-maths.js", "ml-matrix.min.js", "own-sample.js"]  # what comes when it is used
ANALYSE = """async ([text, options]) => {
  const told = await Explore.own.analyse(text, {logits: [], drop: [], ...options});
  if (told.wrong) throw new Error(told.wrong);
  const {eigenvalues, angles} = told.found;
  return {...told.found, eigenvalues: [...eigenvalues], angles: angles && [...angles]};
}"""


def text_of(X, Z):
    table = np.c_[X, Z]
    logits = table.shape[1] - X.shape[1]
    header = [f"x{i}" for i in range(X.shape[1])] + [f"logit {c}" for c in range(logits)]
    file = io.StringIO()
    csv.writer(file).writerows([header, *table.tolist()])
    return file.getvalue()


def logistic(load):
    X, y = load(return_X_y=True)
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=5000)).fit(X, y)
    return X, model.decision_function(X)


def digits():
    X, y = load_digits(return_X_y=True)
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=5000)).fit(X, y % 2)
    return X, model.decision_function(X)


def drawn(N, d, kind):
    rng = np.random.default_rng(3)
    X = rng.standard_normal((N, d)) * np.arange(1, d + 1) ** -1.0
    if kind == "not linear":
        return X, np.sin(3 * X[:, 0]) + X[:, 1]
    if kind == "dependent":
        return np.c_[X, X[:, 0], 1e-9 * X[:, 1]], X[:, 0] + X[:, 1]
    return X, X @ np.ones((d, 1 if kind == "one" else 4))


def easy():
    rng = np.random.default_rng(4)
    side = rng.choice([-1.0, 1], 6000)
    X = np.c_[side, 0.05 * rng.standard_normal((6000, 3))]
    return X, X @ [2, 1, 0, 0]


CASES = {
    "sample": lambda: np.split(sample.table()[1], [-1], axis=1),
    "digits": digits,
    "wine": lambda: logistic(load_wine),
    "iris": lambda: logistic(load_iris),
    "easy": easy,
    "more columns than rows": lambda: drawn(60, 50, "several"),
    "not linear": lambda: drawn(500, 8, "not linear"),
    "dependent": lambda: drawn(400, 4, "dependent"),
    "one": lambda: drawn(300, 40, "one"),
}


@pytest.fixture(scope="module")
def page(browser, site):
    page = browser.new_page()
    page.goto(f"{site}/book/explore.html")
    yield page
    page.close()


def pool_of(X, Z, columns):
    if columns == "standard":
        spread = X.std(axis=0)
        kept = spread > 1e-12 * np.abs(X).max(axis=0)
        X = (X[:, kept] - X[:, kept].mean(axis=0)) / spread[kept]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ld.pool.PoolWarning)
        return ld.Pool(X, Z, intercept=columns != "raw")


@pytest.mark.parametrize("columns", ["standard", "raw", "intercept"])
@pytest.mark.parametrize("case", CASES)
def test_agrees_with_the_library(page, case, columns):
    X, Z = CASES[case]()
    found = page.evaluate(ANALYSE, [text_of(X, Z), {"columns": columns}])
    pool = pool_of(X, Z, columns)
    law, tests = pool.spectrum_law(), len(pool.test_rows)
    sizes = [found[name] for name in ("size", "tests", "dim", "rank", "classes", "exact")]
    assert sizes == [pool.size, tests, pool.dim, pool.rank, pool.classes, pool.exact]
    np.testing.assert_allclose(found["eigenvalues"], pool.eigenvalues, rtol=1e-6)
    np.testing.assert_allclose(found["risks"], law.risk(found["ns"]), atol=1e-6)
    assert found["needed"] == [law.sample_size(level).needed for level in LEVELS]
    own = [note for note in found["notes"] if not note.startswith("constant:")]
    assert own == pool.notes
    if found["angles"] is None:
        assert not pool.exact or pool.classes > 2
        return
    tail = pool.tail().law
    angles = np.repeat(tail.angles, np.rint(tail.weights * pool.size).astype(int))
    np.testing.assert_allclose(found["angles"], angles, atol=1e-6)
    bounds = [min(bound.value for bound in pool.bounds(n)) for n in found["ns"]]
    np.testing.assert_allclose(found["bounds"], bounds, atol=1e-6)
    sure = [[n for n in _guaranteed(pool, level).values() if n] for level in LEVELS]
    assert found["guaranteed"] == [min(ns) if ns else None for ns in sure]


def test_an_easy_pool_is_guaranteed_something(page):
    found = page.evaluate(ANALYSE, [text_of(*easy()), {"columns": "raw"}])
    assert found["guaranteed"][0] and found["guaranteed"][-1] is None


def test_the_full_decomposition_at_the_most_columns(page):
    """500 columns and more rows than that in the pool: all eigenvalues, none by the Gram matrix."""
    rng = np.random.default_rng(6)
    X = np.round(rng.standard_normal((1240, 500)) * np.arange(1, 501) ** -0.5, 4)
    z = X @ np.ones(500)
    found = page.evaluate(ANALYSE, [text_of(X, z[:, None]), {"columns": "raw"}])
    pool = pool_of(X, z, "raw")
    assert (found["size"], found["dim"], found["rank"]) == (620, 500, 500)
    assert pool.size > pool.dim == 500
    np.testing.assert_allclose(found["eigenvalues"], pool.eigenvalues, rtol=1e-6)
    np.testing.assert_allclose(found["risks"], pool.spectrum_law().risk(found["ns"]), atol=1e-6)
    assert found["needed"] == [pool.spectrum_law().sample_size(level).needed for level in LEVELS]
    assert found["notes"] == pool.notes


@pytest.mark.parametrize("size", [1e49, 1e51, 1e-49, 1e-51])
def test_both_refuse_the_same_sizes(page, size):
    X = size * np.random.default_rng(1).choice([-1.0, 1], (40, 3))
    code = """async ([text, options]) =>
      (await Explore.own.analyse(text, {logits: [], drop: [], ...options})).wrong ?? null"""
    for table, z in ((X, X[:, 0] / size), (X / size, X[:, 0])):
        wrong = page.evaluate(code, [text_of(table, z), {"columns": "raw"}])
        if 1e-50 <= size <= 1e50:
            assert wrong is None and ld.Pool(table, z).size == 20
            continue
        assert re.search("the largest number is .*; rescale it", wrong)
        with pytest.raises(ValueError, match="its largest entry is .*; rescale it"):
            ld.Pool(table, z)


def test_a_bound_that_is_not_asked_says_why(page):
    X, Z = CASES["iris"]()
    found = page.evaluate(ANALYSE, [text_of(X, Z), {}])
    assert found["unasked"].startswith("several classes have bounds over pairs")
    assert page.evaluate(ANALYSE, [text_of(*easy()), {}])["unasked"] is None
    told = choose(page, "iris.csv", text_of(X, Z))
    assert "; no bound was asked: several classes have bounds over pairs" in told


def test_draws_of_several_classes_are_those_of_the_library(page):
    from linear_distillation._gaussians import normals

    page.evaluate(ANALYSE, [text_of(*easy()), {}])  # loads it
    made = "(dim) => [...Explore.ownMaths(Explore.mlMatrix()).normals(dim).data]"
    for dim in (2, 3, 10, 80):
        np.testing.assert_allclose(page.evaluate(made, dim), normals(dim).ravel(), atol=1e-9)


def test_a_wide_file_does_not_freeze_the_page(page):
    """500 columns: the page answers within a second all the while."""
    rng = np.random.default_rng(0)
    X = np.round(rng.standard_normal((300, 500)), 3)
    code = """async ([text, options]) => {
      let last = performance.now(), longest = 0;
      const look = setInterval(() => {
        longest = Math.max(longest, performance.now() - last);
        last = performance.now();
      }, 10);
      const told = await Explore.own.analyse(text, {logits: [], drop: [], ...options});
      clearInterval(look);
      return [longest, told.found.rank];
    }"""
    longest, rank = page.evaluate(code, [text_of(X, X[:, 0]), {"columns": "raw"}])
    assert longest < 1000 and rank == 150


# Bad files

GOOD = "a,b,logit\n" + "".join(f"{i % 3},{i % 5},{i - 4}\n" for i in range(9))
BAD = {
    "a word": (GOOD.replace("\n1,1,", "\n1,one,", 1), "line 3: column “b” holds “one”, not a num"),
    "missing": (GOOD.replace("\n1,1,", "\n1,,", 1), "line 3: column “b” is empty"),
    "short row": (GOOD.replace("\n1,1,", "\n1,", 1), "line 3: 2 fields, the header has 3"),
    "NaN": (GOOD.replace("\n2,2,", "\n2,NaN,", 1), "line 4: column “b” holds “NaN”, which is not"),
    "too large": (GOOD.replace("\n2,2,", "\n2,1e999,", 1), "line 4: column “b” holds “1e999”"),
    "hexadecimal": (
        GOOD.replace("\n2,2,", "\n2,0x1f,", 1),
        "line 4: column “b” holds “0x1f”, not a",
    ),
    "a quote": (GOOD.replace("\n2,2,", '\n2,"2,', 1), "line 4: a quote is not closed"),
    "one row": ("a,logit\n1,2\n", "it has one row; expected at least 4"),
    "no rows": ("a,logit\n", "it has no rows below the header"),
    "no logits": (GOOD.replace("logit", "score"), "no column’s name begins with “logit”. Name the"),
    "only logits": ("logit\n1\n2\n3\n4\n", "it has no columns but logits"),
    "constant": ("a,logit\n" + "1,2\n" * 6, "all columns of features are constant"),
    "zeros": ("a,logit\n" + "0,2\n" * 6, "all columns of features are constant"),
    "600 columns": (text_of(np.eye(600)[:5], np.ones(5)), "it has 600 columns of features; this p"),
    "empty": ("", "it is empty; expected a header and rows of numbers"),
    "no header": (GOOD.split("\n", 1)[1], "line 1: these are numbers; expected a header"),
    "semicolons": (GOOD.replace(",", ";"), "line 1: columns are separated by commas"),
    "names": (GOOD.replace("b", "a", 1), "line 1: two columns have the name “a”"),
    "huge": (GOOD.replace("\n1,1,", "\n1,1e200,", 1), "features: the largest number is 1e+200; re"),
    "a picture": ((ROOT / "book/images/data-geometry.png").read_bytes(), "it is no CSV file, or n"),
}


def summary(page):
    return page.locator(f"{FIGURE} .explore-summary")


def choose(page, name, text):
    """Give the figure a file; what it says once it has looked at it."""
    content = text if isinstance(text, bytes) else text.encode()
    file = {"name": name, "mimeType": "text/csv", "buffer": content}
    page.locator(f"{FIGURE} input[type=file]").set_input_files(file)
    start = f"^{re.escape(name)}(?! is being read)"
    page.wait_for_function(
        f"(start) => new RegExp(start).test(document.querySelector('{FIGURE} .explore-summary')"
        ".textContent)",
        arg=start,
        timeout=20_000,
    )
    return summary(page).inner_text()


@pytest.mark.parametrize("case", BAD)
def test_bad_files_are_told_in_words(page, case):
    text, words = BAD[case]
    name = f"{case.replace(' ', '-')}.csv"
    told = choose(page, name, text)
    assert told.startswith(f"{name} cannot be used: {words}")
    assert page.locator(f"{FIGURE} td").first.inner_text() == "–"
    assert page.locator(f"{FIGURE} svg[role=slider]").count() == 0


def test_columns_may_be_numbered(page):
    """As pandas writes them; logits then still need a name."""
    text = GOOD.replace("a,b,logit", "0,1,2")
    assert "no column’s name begins with “logit”" in choose(page, "n.csv", text)


def test_windows_files_and_quotes(page):
    text = "\ufeff" + GOOD.replace("a,b", '"a ""x""","b,c"').replace("\n", "\r\n")
    assert choose(page, "w.csv", text).startswith("w.csv: 9 rows, 2 classes.")


# Its use


@pytest.fixture
def fresh(browser, site):
    """A page of its own, and what it has asked for."""
    page, asked = browser.new_page(viewport={"width": 1280, "height": 900}), []
    page.on("request", lambda request: asked.append((request.method, request.url)))
    page.goto(f"{site}/book/explore.html", wait_until="networkidle")
    yield page, asked
    page.close()


def try_sample(page):
    page.locator(FIGURE).get_by_role("button", name="Try a sample").press("Enter")
    page.wait_for_function(
        f"document.querySelector('{FIGURE} td').textContent !== '–'", timeout=20_000
    )


def test_nothing_leaves_and_what_computes_comes_when_it_is_used(fresh, site):
    page, asked = fresh
    assert not any(url.endswith(tuple(LATE)) for _, url in asked)
    before = len(asked)
    try_sample(page)
    choose(page, "mine.csv", GOOD)
    later = [(method, urlsplit(url).path) for method, url in asked[before:] if "blob:" not in url]
    assert {method for method, _ in asked} == {"GET"}
    scripts = [path.rsplit("/", 1)[1] for _, path in later if path.endswith(".js")]
    assert sorted(scripts) == sorted(LATE)
    assert "stays on your device" in page.locator("#your-own-teacher").inner_text()
    sizes = [(HTML / "_static" / name).stat().st_size for name in LATE if name != LATE[1]]
    assert max(sizes) < 130_000
    assert (HTML / "_static/ml-matrix/ml-matrix.min.js").stat().st_size < 60_000
    assert (HTML / "_static/ml-matrix/LICENSE").exists()


def test_the_sample_is_what_it_says():
    stored = (ROOT / "book/_interactive/own-sample.js").read_text(encoding="utf8")
    made = sample.script()
    numbers = [np.array(re.findall(r"-?\d+\.?\d*", text), dtype=float) for text in (stored, made)]
    np.testing.assert_allclose(*numbers, rtol=0, atol=0.05)  # another machine may fit otherwise


def test_by_keyboard(fresh):
    page, _ = fresh
    try_sample(page)
    own = page.locator(FIGURE)
    X, Z = CASES["sample"]()
    law = pool_of(X, Z, "standard").spectrum_law()
    curve = own.get_by_role("slider", name="Learning curve")
    curve.focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    words = curve.get_attribute("aria-valuetext")
    assert words.startswith(f"n = 4: predicted risk {law.risk(4):.3g}, best bound 0.9")
    own.get_by_role("slider", name="Risk to reach", exact=True).focus()
    page.keyboard.press("End")
    needed = own.locator("td").nth(3)
    assert needed.inner_text() == str(law.sample_size(0.01).needed)
    own.get_by_label("Columns of logits").fill("nothing")
    page.keyboard.press("Tab")
    page.wait_for_function(
        f"document.querySelector('{FIGURE} .explore-summary').textContent"
        ".includes('it has no column “nothing”')"
    )


def test_a_file_is_dropped(fresh):
    page, _ = fresh
    page.wait_for_selector(FIGURE)  # the page may be late
    page.evaluate(
        """([selector, text]) => {
          const data = new DataTransfer();
          data.items.add(new File([text], "dropped.csv"));
          const drop = new DragEvent("drop", {dataTransfer: data, bubbles: true, cancelable: true});
          document.querySelector(selector).dispatchEvent(drop);
        }""",
        [FIGURE, GOOD],
    )
    page.wait_for_function(
        f"document.querySelector('{FIGURE} .explore-summary').textContent"
        ".startsWith('dropped.csv: 9 rows')"
    )


def test_from_a_file(browser):
    """A page opened without a server has its worker too."""
    page = browser.new_page()
    page.goto((HTML / "book/explore.html").resolve().as_uri())
    try_sample(page)
    page.get_by_text("4 examples are needed").wait_for()
    page.close()


MOVES = """() => { window.moved = 0; new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.moved += entry.value;
}).observe({type: 'layout-shift'}); }"""


@pytest.mark.parametrize("width", [1280, 390, 320])
def test_nothing_moves_and_axe_is_content(browser, site, width):
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.goto(f"{site}/book/explore.html", wait_until="networkidle")
    page.locator(FIGURE).scroll_into_view_if_needed()
    page.wait_for_timeout(SETTLE)
    page.evaluate(MOVES)
    try_sample(page)
    page.wait_for_timeout(SETTLE)
    assert page.evaluate("window.moved") < 0.01
    page.add_style_tag(content=STILL)
    for script in SCRIPTS:
        page.evaluate(script.read_text(encoding="utf8"))
    page.evaluate(f"document.querySelector('{FIGURE}').id = 'own'")
    only = "axe.run('#own', {resultTypes: ['violations']})"
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.wait_for_timeout(SETTLE)
        found = page.evaluate(
            f"{only}.then((r) => r.violations.map((v) => v.id + v.nodes[0].html))"
        )
        assert found == []
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(wide) == 0
    page.close()
