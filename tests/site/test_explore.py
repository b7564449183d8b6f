"""The interactive figures: their mathematics against the library, their use without a mouse."""

from pathlib import Path

import numpy as np
import pytest
from checks import page_faults

import linear_distillation as ld

HTML = Path(__file__).parents[2] / "_build/html"
FIGURES = ["bounds", "student", "clusters", "picking", "own"]
SCRIPTS = ["figures.js", "chart.js", "space.js", *(f"{name}.js" for name in FIGURES)]


def opened(browser, site):
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{site}/book/explore.html")
    page.wait_for_selector("[data-figure=clusters] .explore-summary")
    return page


@pytest.fixture
def page(browser, site):
    page = opened(browser, site)
    yield page
    page.close()


@pytest.fixture(scope="module")
def maths(browser, site):
    page = opened(browser, site)
    yield page
    page.close()


def figure(page, name):
    return page.locator(f"[data-figure={name}]")


def numbers(page, function, arguments):
    """Values of an exported function, one for each list of arguments."""
    code = f"(all) => all.map((one) => Explore.{function}(...one))"
    return np.array(page.evaluate(code, [list(one) for one in arguments]))


# The mathematics

SETTINGS = [
    (kappa, d, n)
    for kappa in (0.25, 0.5, 1, 2)
    for d in (3, 4, 6, 25, 1000)
    for n in (1, 2, 3, 20, 999)
    if n < d
]


LAWS = """(all) => {
  const laws = {};
  return all.map(([k, d, n]) => (laws[[k, d]] ??= Explore.bounds.symmetric(k, d)).NAME(n));
}"""


def test_exact_risk(maths):
    found = maths.evaluate(LAWS.replace("NAME", "risk"), SETTINGS)
    exact = [ld.parallel.exact_expected_risk(ld.PolynomialTask(k, d), n) for k, d, n in SETTINGS]
    np.testing.assert_allclose(found, exact, rtol=5e-5)
    assert maths.evaluate("Explore.bounds.symmetric(1, 5).risk(5)") == 0


def test_power_law(maths):
    settings = [(k, d, n) for k, d, n in SETTINGS if n > 1]
    found = maths.evaluate(LAWS.replace("NAME", "parallel"), settings)
    exact = [ld.power_bound(k, n, d, exact_angle=False) for k, d, n in settings]
    np.testing.assert_allclose(found, exact, rtol=1e-6)


def test_bounds(maths):
    pairs = [(k, n) for k in (0.25, 0.5, 1, 1.35, 2) for n in (1, 2, 3, 20, 999)]
    tails = [ld.laws.PowerLaw(k) for k, _ in pairs]
    integral = [ld.integral_bound(tail, n) for tail, (_, n) in zip(tails, pairs, strict=True)]
    np.testing.assert_allclose(numbers(maths, "bounds.integral", pairs), integral, rtol=1e-8)
    closed = [ld.corollary2_bound(k, n) for k, n in pairs]
    np.testing.assert_allclose(numbers(maths, "bounds.corollary2", pairs), closed, rtol=1e-12)
    found = [(b["value"], b["beta"]) for b in numbers(maths, "bounds.theorem3", pairs)]
    values, beta = np.array(found).T
    exact = [ld.theorem3_bound(tail, n) for tail, (_, n) in zip(tails, pairs, strict=True)]
    np.testing.assert_allclose(values, [b.value for b in exact], rtol=1e-9)
    reached = numbers(maths, "bounds.split", [(*p, b) for p, b in zip(pairs, beta, strict=True)])
    np.testing.assert_allclose(reached, values, rtol=1e-9)
    theta = np.linspace(0, np.pi / 2, 9)
    tail = numbers(maths, "bounds.tail", [(1.35, t) for t in theta])
    np.testing.assert_allclose(tail, ld.laws.PowerLaw(1.35)(theta), atol=1e-14)


def test_student(maths):
    rng = np.random.default_rng(5)
    X = rng.standard_normal((40, 3, 3)) * 10.0 ** rng.integers(-3, 4, (40, 1, 3))
    X[20:, :, 1] = -X[20:, :, 0]  # duplicates up to a sign
    for n in (1, 2, 3):
        sets = X[:, :, :n].transpose(0, 2, 1).tolist()
        found = numbers(maths, "student", [(examples, [1, 0, 0]) for examples in sets])
        w = ld.distilled_student(X[:, :, :n], [1, 0, 0])
        np.testing.assert_allclose(found, w, atol=1e-12)
        risk = numbers(maths, "sphere.isotropicRisk", [[v] for v in w.tolist()])
        exact = ld.transfer_risk(w, ld.IsotropicTask(3))
        np.testing.assert_allclose(risk, exact, atol=1e-12)
    expected = [ld.parallel.exact_expected_risk(ld.IsotropicTask(3), n) for n in (1, 2, 3)]
    np.testing.assert_allclose(maths.evaluate("Explore.sphere.EXPECTED"), expected, atol=1e-9)


def test_clusters(maths):
    means, rng = maths.evaluate("Explore.mixture.MEANS"), np.random.default_rng(6)
    w = rng.standard_normal((60, 3))
    w[:20] *= [1, 1e-6, 1e-6]  # close to the teacher, and to its opposite
    for spread in (0.01, 0.05, 0.5):
        found = numbers(maths, "mixture.mixtureRisk", [(v, spread) for v in w.tolist()])
        exact = ld.transfer_risk(w, ld.MixtureTask(means, spread))
        np.testing.assert_allclose(found, exact, atol=1e-9)


@pytest.mark.parametrize("n", [1, 2])
def test_expected_risk(maths, n):
    """Two independent estimates of one mean: 4.9 standard errors, one false alarm in 10^6."""
    means = maths.evaluate("Explore.mixture.MEANS")
    code = f"Explore.mixture.expectedRisk({n}, 0.05, 20000, Explore.generator(8))"
    found = maths.evaluate(code)
    exact = ld.expected_risk(ld.MixtureTask(means, 0.05), n, 20_000, np.random.default_rng(n))
    spread = np.hypot(found["stderr"], exact.stderr)
    assert abs(found["mean"] - exact.mean) < 4.9 * spread < 0.02


def pools(page, kind, seeds):
    """Pools of this kind, each with what the rules keep of it and what its pairs leave."""
    code = f"""(seeds) => seeds.map((seed) => {{
      const pool = Explore.picking.POOLS.{kind}(Explore.generator(seed));
      return [pool, Explore.picking.rules(pool)];
    }})"""
    found = page.evaluate(code, list(seeds))
    return [(np.array(pool), rules) for pool, rules in found]


def left(pool, rows):
    """The angle of the student of these examples to the teacher."""
    teacher = np.eye(3)[0]
    return ld.line_angle(ld.distilled_student(pool[list(rows)].T, teacher), teacher)


@pytest.mark.parametrize("kind", ["round", "crowd", "opposite"])
def test_rules_of_picking(maths, kind):
    for pool, rules in pools(maths, kind, range(12)):
        np.testing.assert_allclose(np.linalg.norm(pool, axis=1), 1)
        for rule in ("greedy", "nearest"):
            chosen = ld.selection.choose(pool, pool[:, 0], 2, rule).indices
            assert rules[rule] == chosen.tolist()
        exact = [left(pool, pair) for pair in rules["pairs"]]
        np.testing.assert_allclose(rules["angles"], exact, atol=1e-7)
        assert len(exact) == len(pool) * (len(pool) - 1) // 2
        assert left(pool, rules["best"]) == pytest.approx(min(exact), abs=1e-9)
        one = [left(pool, [i]) for i in range(len(pool))]
        np.testing.assert_allclose(rules["one"], one, atol=1e-7)
        assert rules["unsure"] == np.argsort(one)[::-1][:2].tolist()


def test_pools_to_pick_from(maths):
    """Uniform on the sphere: the mean of cosines, 4.9 standard errors; and what the names say."""
    cosines = np.concatenate([pool[:, 0] for pool, _ in pools(maths, "round", range(500))])
    assert abs(cosines.mean() - 0.5) < 4.9 / np.sqrt(12 * cosines.size) < 0.02
    crowds = [rules for _, rules in pools(maths, "crowd", range(200))]
    assert max(max(rules["nearest"]) for rules in crowds) < 4
    assert sum(max(rules["greedy"]) >= 4 for rules in crowds) > 150
    for pool, rules in pools(maths, "opposite", range(200)):
        assert left(pool, rules["greedy"]) > 0.6 > 0.06 > left(pool, rules["best"])


# Their use

NOTE = ".explore-summary"


def changed(page, name, act):
    """Do something; what the figure says in words before and after."""
    note = figure(page, name).locator(NOTE)
    before = note.inner_text()
    act()
    page.wait_for_function(
        "([name, before]) => document.querySelector(`[data-figure=${name}] .explore-summary`)"
        ".textContent !== before",
        arg=[name, before],
        timeout=5000,
    )
    return before, note.inner_text()


def test_sliders_by_keyboard(page):
    dims = figure(page, "bounds").get_by_label("d, dimensions")
    dims.focus()
    before, after = changed(page, "bounds", lambda: page.keyboard.press("Home"))
    assert "d = 1000" in before and "risk is zero" in after
    assert dims.get_attribute("aria-valuetext") == "3"
    figure(page, "bounds").get_by_label("n, training").focus()
    _, after = changed(page, "bounds", lambda: page.keyboard.press("Home"))
    risk = ld.parallel.exact_expected_risk(ld.PolynomialTask(1, 3), 1)
    assert f"the expected risk is {risk:.3g}. The paper's Theorem 3 gives 1," in after
    table = figure(page, "bounds").locator("td").all_inner_texts()
    assert table[:4] == [f"{risk:.3g}", "1", "none for n = 1", "–"]


def test_examples_by_keyboard(page):
    """The arrow keys move an example; the angle of one example is that of its student."""
    handle = figure(page, "student").get_by_role("slider", name="Example 1")
    handle.focus()
    angle = int(handle.get_attribute("aria-valuenow"))
    _, after = changed(page, "student", lambda: page.keyboard.press("ArrowUp"))
    assert int(handle.get_attribute("aria-valuenow")) == pytest.approx(angle - 3, abs=1)
    moved = handle.get_attribute("aria-valuenow")
    assert f"is {moved}° from the teacher" in after
    assert handle.evaluate("node => node === document.activeElement")


def test_second_example_helps(page):
    count = figure(page, "student").get_by_label("n, examples")
    count.focus()
    before, after = changed(page, "student", lambda: page.keyboard.press("ArrowRight"))
    angle = [int(text.split("°")[0].split()[-1]) for text in (before, after)]
    assert angle[1] <= angle[0] and after.startswith("From two examples")
    _, after = changed(page, "student", lambda: page.keyboard.press("End"))
    assert "0° from the teacher, and wrong on 0.0 %" in after


def test_draws(page):
    many = figure(page, "student").get_by_role("button", name="Draw 1000 times")
    _, after = changed(page, "student", lambda: many.press("Enter"))
    assert "Over 1000 draws" in after and "expected: 0.318" in after


@pytest.mark.parametrize("name", ["student", "clusters"])
def test_view_turns(page, name):
    scene = figure(page, name).locator("svg.scene")
    look = "node => node.querySelector('.arrow').getAttribute('d')"
    views = [scene.evaluate(look)]
    scene.focus()
    page.keyboard.press("ArrowUp")
    page.wait_for_timeout(100)
    views.append(scene.evaluate(look))
    box = scene.bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 60, box["y"] + 60, steps=4)
    page.mouse.up()
    page.wait_for_timeout(100)
    views.append(scene.evaluate(look))
    page.mouse.move(box["x"], box["y"])
    page.wait_for_timeout(100)
    assert len(set(views)) == 3 and scene.evaluate(look) == views[-1]


def test_example_dragged(page):
    handle = figure(page, "student").get_by_role("slider", name="Example 1")
    handle.scroll_into_view_if_needed()
    box = handle.locator("rect").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    changed(page, "student", lambda: page.mouse.move(x + 10, y - 25, steps=3))
    page.mouse.up()
    box = handle.locator("rect").bounding_box()
    where = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    assert where == pytest.approx((x + 10, y - 25), abs=2)


def test_example_moved_by_a_finger(browser, site):
    """The page stays where it is, and the square follows the finger down all the way."""
    context = browser.new_context(viewport={"width": 390, "height": 900}, has_touch=True)
    page = context.new_page()
    page.goto(f"{site}/book/explore.html")
    handle = figure(page, "student").get_by_role("slider", name="Example 1").locator("rect")
    figure(page, "student").locator("svg.scene").scroll_into_view_if_needed()
    box = handle.bounding_box()
    x, y, scrolled = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, "window.scrollY"
    before = page.evaluate(scrolled)
    touch = context.new_cdp_session(page)
    for kind, way in [("Start", 0), *(("Move", 5 * k) for k in range(1, 11)), ("End", None)]:
        points = [] if way is None else [{"x": x, "y": y + way}]
        touch.send("Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": points})
    page.wait_for_timeout(200)
    box = handle.bounding_box()
    assert box["y"] + box["height"] / 2 == pytest.approx(y + 50, abs=2)
    assert page.evaluate(scrolled) == before
    context.close()


def test_two_clusters_lose_the_third(page):
    which = figure(page, "clusters").get_by_label("Training examples")
    for pair, lost in (("12", "loses cluster 3"), ("23", "loses cluster 1"), ("13", "no cluster")):
        _, after = changed(page, "clusters", lambda pair=pair: which.select_option(pair))
        assert lost in after
    assert figure(page, "clusters").locator("td").last.inner_text().startswith("0")


def kept(page):
    return figure(page, "picking").get_by_role("checkbox", checked=True)


def test_picked_by_keyboard(page):
    """The focus goes outwards; a third example takes the place of the earlier of two."""
    boxes = figure(page, "picking").get_by_role("checkbox")
    assert kept(page).count() == 2 and boxes.nth(0).is_checked() and boxes.nth(1).is_checked()
    angles = [float(n.get_attribute("aria-label").split("°")[0]) for n in boxes.all()]
    assert angles == sorted(angles)
    boxes.nth(0).focus()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    assert boxes.nth(4).evaluate("node => node === document.activeElement && node.tabIndex === 0")
    before, after = changed(page, "picking", lambda: page.keyboard.press("Space"))
    assert before != after and after.startswith("Your two examples")
    assert not boxes.nth(0).is_checked() and boxes.nth(1).is_checked()
    _, after = changed(page, "picking", lambda: page.keyboard.press("Space"))
    assert after.startswith(f"Your one example leaves the student {angles[1]:.1f}° from")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    _, after = changed(page, "picking", lambda: page.keyboard.press("Enter"))
    assert "knows nothing" in after and kept(page).count() == 0


def test_picked_by_clicking(page):
    """The best pair, told by the rule beside it, cannot be bettered."""
    node = figure(page, "picking")
    node.get_by_label("Beside yours").select_option("best")
    best = node.locator(".pick.theirs")
    best.nth(1).wait_for()
    node.locator("svg.map").scroll_into_view_if_needed()
    for mark in best.all():
        if not mark.is_checked():
            mark.click()
    page.wait_for_function(
        "document.querySelector('[data-figure=picking] .explore-summary')"
        ".textContent.endsWith('No pair of this pool is better.')"
    )
    rows = [row.inner_text().split("\t") for row in node.locator("tbody tr").all()]
    mine, theirs = (next(r for r in rows if r[0] == name) for name in ("yours", "the best pair"))
    assert mine[2:] == theirs[2:] and len(rows) == 6


def test_pools_are_changed(page):
    node = figure(page, "picking")
    again = node.get_by_role("button", name="Draw another pool")
    changed(page, "picking", lambda: again.press("Enter"))
    pool = node.get_by_label("The pool")
    _, after = changed(page, "picking", lambda: pool.select_option("opposite"))
    assert "Of the 28 pairs" in after and kept(page).count() == 2
    assert again.evaluate("node => node === document.activeElement")


def test_picked_by_a_finger(browser, site):
    context = browser.new_context(viewport={"width": 390, "height": 900}, has_touch=True)
    page = context.new_page()
    page.goto(f"{site}/book/explore.html")
    box = figure(page, "picking").get_by_role("checkbox").last
    assert not box.is_checked()
    box.scroll_into_view_if_needed()
    where = box.locator("rect").bounding_box()
    page.touchscreen.tap(where["x"] + where["width"] / 2 + 3, where["y"] - 2)  # not exact
    page.wait_for_timeout(100)
    assert box.is_checked() and kept(page).count() == 2
    context.close()


def test_curves_are_read_by_keyboard(page):
    """The values read are those of the library."""
    charts = figure(page, "bounds").get_by_role("slider", name="chance that no example")
    curves = figure(page, "bounds").get_by_role("slider", name="Exact risk and four bounds")
    curves.focus()
    page.keyboard.press("PageUp")
    page.keyboard.press("ArrowRight")
    words = curves.get_attribute("aria-valuetext")
    n = int(words.split(":")[0].removeprefix("n = "))
    risk = ld.parallel.exact_expected_risk(ld.PolynomialTask(1, 1000), n)
    bound = ld.theorem3_bound(ld.laws.PowerLaw(1), n).value
    assert n == 5 and f"exact risk {risk:.3g}, " in words and f"Theorem 3 {bound:.3g}, " in words
    assert words in figure(page, "bounds").locator(".explore-reading").all_inner_texts()
    charts.focus()
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    p, unlucky = 1 - 89 / 90, (89 / 90) ** 20
    read = charts.get_attribute("aria-valuetext")
    assert read.startswith(f"β = 89°: p(β) = {p:.3g}, ") and f" = {unlucky:.3g}, " in read


def test_curves_are_read_by_pointing(page):
    chart = figure(page, "bounds").get_by_role("slider", name="chance that no example")
    chart.scroll_into_view_if_needed()
    box, words = chart.bounding_box(), figure(page, "bounds").locator(".explore-reading").first
    middle = box["x"] + box["width"] * (14 + 50 + 135) / 354, box["y"] + box["height"] / 2
    page.mouse.move(*middle)
    assert words.inner_text().startswith("β = 45°: p(β) = 0.5, ")
    page.mouse.move(box["x"] - 30, middle[1])
    assert words.inner_text().startswith("Point at the curve")


# How they come


def test_from_a_file(browser):
    assert page_faults(browser, (HTML / "book/explore.html").resolve().as_uri()) == []


@pytest.mark.parametrize("name", FIGURES)
def test_in_words(page, name):
    """Every figure, picture and control has a name, and a sentence that is read out."""
    node = figure(page, name)
    assert node.get_by_role("status").count() == 1
    assert node.get_by_text("needs JavaScript").count() == 0
    assert node.locator("svg:not([aria-hidden]):not([aria-label])").count() == 0
    unnamed = "nodes => nodes.filter((n) => !n.labels.length).length"
    assert node.locator("input, select").evaluate_all(unnamed) == 0


def test_without_scripts(browser, site):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}/book/explore.html")
    words = page.get_by_text("This figure needs JavaScript")
    assert words.count() == len(FIGURES) and words.first.is_visible()
    context.close()


def test_small_and_only_where_used():
    sizes = [(HTML / "_static" / name).stat().st_size for name in SCRIPTS]
    assert max(sizes) < 15_000 and sum(sizes) < 65_000
    assert "bounds.js" in (HTML / "book/explore.html").read_text(encoding="utf8")
    assert "bounds.js" not in (HTML / "book/index.html").read_text(encoding="utf8")
