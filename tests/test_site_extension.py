"""What the book's own extension writes into pages: buttons, versions, links, lines."""

import re
import subprocess
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

import api
import nbformat
import numpy as np
import pytest
from companion import (
    NUMBERED,
    START,
    add_buttons,
    bind_numbers,
    checkout,
    fill,
    name_colours,
    name_start,
    provenance,
    repository_options,
)
from docutils import nodes
from evidence_lines import OPENING, claim_of, link_evidence
from finding import EQUATION, claims_of
from matplotlib.colors import rgb_to_hsv, to_rgb
from nbformat.v4 import new_code_cell, new_output
from PIL import Image
from sphinx.addnodes import pending_xref
from sphinx.errors import ExtensionError
from sphinx_book_theme.header_buttons.launch import add_launch_buttons
from static import LITE, needed, paint
from wording import readable

import linear_distillation
from linear_distillation import MODULES, bounds
from linear_distillation.plots import SERIES

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize(
    "remote",
    [
        "https://github.com/a/b\n",
        "https://github.com/a/b.git",
        "https://github.com/a/b/",
        "https://me:token@github.com/a/b.git",
    ],
)
def test_https_remote_gives_buttons_without_credentials(remote):
    options = repository_options(remote)
    assert options["repository_url"] == "https://github.com/a/b"
    assert options["use_repository_button"] is options["use_issues_button"] is True


def test_port_and_nested_groups_stay():
    options = repository_options("https://me@gitlab.example.org:8443/group/a/b.git")
    assert options["repository_url"] == "https://gitlab.example.org:8443/group/a/b"


@pytest.mark.parametrize(
    "remote, places",
    [
        ("https://github.com/a/b.git", {"binderhub_url", "colab_url"}),
        ("https://gitlab.com/a/b", {"binderhub_url"}),
        ("https://gitlab.com/group/a/b", set()),  # the theme reads two names
        ("https://gitlab.example.org/a/b", set()),
        ("https://github.example.org/a/b", set()),
    ],
)
def test_chapters_run_elsewhere_where_the_repository_is_on_a_public_host(remote, places):
    launch = repository_options(remote)["launch_buttons"]
    assert set(launch) - {"notebook_interface"} == places
    assert all(urlsplit(launch[place]).scheme == "https" for place in places)
    if not places:
        return
    options = repository_options(remote) | {"repository_branch": "main"}
    config = {"html_theme_options": options}
    env = SimpleNamespace(
        doc2path=lambda name: f"{name}.ipynb", metadata={"book/a": {"kernelspec": {}}}
    )
    context = {"pagename": "book/a", "sourcename": "book/a.ipynb", "header_buttons": []}
    host = urlsplit(remote).hostname
    parts = {"url": f"https://{host}", "user": "a", "repo": "b"}  # as the theme splits it
    context |= {f"{host.partition('.')[0]}_{name}": part for name, part in parts.items()}
    app = SimpleNamespace(env=env, config=config)
    add_launch_buttons(app, "book/a", "page.html", context, None)
    urls = [button["url"] for button in context["header_buttons"][0]["buttons"]]
    assert len(urls) == len(places) and all("main" in url and "book/a.ipynb" in url for url in urls)


def test_links_to_the_first_page_have_a_short_title():
    builder = SimpleNamespace(get_relative_uri=lambda here, page: f"{page}.html")
    app = SimpleNamespace(builder=builder, config=SimpleNamespace(root_doc="index"))
    context = {
        "prev": {"link": "index.html", "title": "A long sentence"},
        "next": {"link": "b.html", "title": "B"},
    }
    name_start(app, "a", "page.html", context, None)
    assert [context[way]["title"] for way in ("prev", "next")] == [START, "B"]
    name_start(app, "index", "page.html", {"prev": None}, None)


@pytest.mark.parametrize(
    "remote",
    [
        "",
        "git@github.com:a/b.git",
        "ssh://git@github.com/a/b.git",
        "http://github.com/a/b",
        "file:///srv/github/b.git",
        "../b",
        "https://github.com",
        "https://github.com/a",
        "https://example.org/a/b",
    ],
)
def test_other_remotes_give_no_buttons(remote):
    assert repository_options(remote) == {}


def commit(folder):
    me = ["-c", "user.name=me", "-c", "user.email=me@example.org", "-c", "commit.gpgsign=false"]
    for arguments in (["init", "-q"], ["add", "."], [*me, "commit", "-qm", "first"]):
        subprocess.run(["git", "-C", folder, *arguments], check=True)


@pytest.fixture
def project(tmp_path):
    """This project's own folder, by its name, with the copy inside that is built."""
    folder = tmp_path / "project"
    (folder / "_build/source").mkdir(parents=True)
    (folder / "pyproject.toml").write_text('[project]\nname = "linear-distillation"\n')
    (folder / ".gitignore").write_text("_build/\n")
    return folder


OWN = rf"Computed by linear-distillation {re.escape(version('linear-distillation'))}"
COMMIT = r" from commit [0-9a-f]{7,} of \d{4}-\d\d-\d\d"
LIBRARIES = r" with NumPy [\d.]+, SciPy [\d.]+, SymPy [\d.]+\."


def test_footer_names_the_version_and_the_commit_if_there_is_one(project):
    source = project / "_build/source"
    assert re.fullmatch(OWN + LIBRARIES, provenance(source))
    commit(project)
    assert re.fullmatch(OWN + COMMIT + LIBRARIES, provenance(source))
    (project / "pyproject.toml").write_text('name = "linear-distillation"\n')
    assert re.fullmatch(f"{OWN}{COMMIT}, with changes{LIBRARIES}", provenance(source))


def test_footer_of_a_shallow_clone_names_its_commit(project, tmp_path):
    commit(project)
    clone = ["git", "clone", "-q", "--depth", "1", project.as_uri(), tmp_path / "clone"]
    subprocess.run(clone, check=True)
    assert re.fullmatch(OWN + COMMIT + LIBRARIES, provenance(tmp_path / "clone"))


@pytest.mark.parametrize("tracked", [False, True])
def test_footer_never_names_the_commit_of_another_repository(project, tmp_path, tracked):
    """Where an archive is unpacked inside one, whether it has been added there or not."""
    (tmp_path / "other.txt").write_text("of another project\n")
    (tmp_path / ".gitignore").write_text("" if tracked else "project/\n")
    commit(tmp_path)
    assert re.fullmatch(OWN + LIBRARIES, provenance(project / "_build/source"))
    assert checkout(project) is None


def test_footer_never_names_the_commit_of_a_repository_unpacked_over(project):
    """Of which this project's files are no part."""
    (project / ".gitignore").write_text("pyproject.toml\n_build/\n")
    commit(project)
    assert re.fullmatch(OWN + LIBRARIES, provenance(project))


def test_footer_without_git(project, monkeypatch):
    commit(project)
    monkeypatch.setenv("PATH", "")
    assert re.fullmatch(OWN + LIBRARIES, provenance(project))


def page(cell):
    """A chapter of one cell, as Sphinx reads it, for the extension."""
    notebook = nbformat.v4.new_notebook(cells=[cell])
    env = SimpleNamespace(doc2path=lambda name: f"/book/{name}.ipynb")
    return SimpleNamespace(srcdir="/book", env=env), [nbformat.writes(notebook)]


def test_an_error_among_the_outputs_fails_any_build():
    """One while displaying, such as TeX that is not there, is no error of its cell."""
    error = new_output("error", ename="FileNotFoundError", evalue="\x1b[31mno latex", traceback=[])
    app, content = page(new_code_cell("plt.show()", outputs=[error]))
    with pytest.raises(ExtensionError, match=r"code cell 1: FileNotFoundError: no latex"):
        fill(app, "chapter", content)
    app, content = page(
        new_code_cell("1", outputs=[new_output("stream", text="FileNotFoundError")])
    )
    fill(app, "chapter", content)


@pytest.mark.parametrize("there", [True, False])
def test_a_chapter_has_a_button_to_run_it_only_where_that_leads_somewhere(tmp_path, there):
    app, _ = page(new_code_cell("1"))
    app.srcdir = tmp_path / "source"
    (tmp_path / LITE if there else tmp_path / "no").mkdir(parents=True)
    (tmp_path / "chapter.ipynb").write_text("{}")
    app.env.doc2path = lambda name: tmp_path / "chapter.ipynb"
    context = {"header_buttons": [], "pathto": lambda target, resource: target}
    add_buttons(app, "book/chapter", "page.html", context, None)
    urls = [button["url"] for button in context["header_buttons"]]
    assert urls == (["lite/notebooks/index.html?path=chapter.ipynb"] if there else [])
    assert ("chapter-version" in context.get("metatags", "")) is there


def test_equations_of_the_paper_are_known_by_their_labels():
    numbers = {"eq-how-fast-19": "19", "eq-11": "11", "eq-d1": None, "eq-loss": None}
    for label, number in numbers.items():
        found = EQUATION.fullmatch(label)
        assert (found and found["number"]) == number


@pytest.mark.parametrize(
    "text, bound",
    [
        ("By Theorem 3, and", "By Theorem\N{NO-BREAK SPACE}3, and"),
        ("Theorem D.1 or section 4.1", "Theorem\xa0D.1 or section\xa04.1"),
        ("a theorem about 3 things", "a theorem about 3 things"),
    ],
)
def test_numbers_stay_with_what_they_number(text, bound):
    assert NUMBERED.sub("\\1\N{NO-BREAK SPACE}", text) == bound


@pytest.mark.parametrize(
    "name, body, kept",
    [
        ("copybutton.js", "<p>words</p>", False),
        ("copybutton.js", '<div class="highlight"><pre>', True),
        ("mystnb.0a1b.css", '<div class="cell docutils">', True),
        ("book.css", "", True),
    ],
)
def test_a_page_asks_for_what_it_uses(name, body, kept):
    assert needed(name, body) is kept


@pytest.mark.parametrize(
    "name, shown",
    [
        ("1.02 mu for mu", "1.02 μ for μ"),
        ("n >= d - 1", "n ≥ d − 1"),
        ("eps^(N-1) for eps^N", "ε<sup>N−1</sup> for ε<sup>N</sup>"),
        ("c_i^2 for w_i", "c<sub>i</sub><sup>2</sup> for w<sub>i</sub>"),
        ("2 % longer", "2\N{NO-BREAK SPACE}% longer"),
        ("|w(0)| < |w_hat|", "|w(0)| < |ŵ|"),
        ("a hard-label student", "a hard-label student"),
    ],
)
def test_names_of_mutants_are_readable(name, shown):
    assert readable(name) == shown


@pytest.mark.parametrize("format, space", [("html", "\xa0"), ("latex", " ")])
def test_titles_stay_as_written_in_tex(format, space):
    """There the labels of theorems are found by the title of their page."""
    title = nodes.title("", "The proof of Theorem 1")
    app = SimpleNamespace(builder=SimpleNamespace(format=format))
    bind_numbers(app, title)
    assert title.astext() == f"The proof of Theorem{space}1"


def box(*links, text=""):
    """A theorem with a line of links, as Sphinx has resolved them."""
    words = [nodes.reference("", name, refuri=f"ledger/x.html#claim-{name}") for name in links]
    line = nodes.paragraph("", "", nodes.Text(text), *words)
    theorem = nodes.admonition("", line, classes=["proof", "theorem"])
    return nodes.section("", theorem), line


@pytest.fixture
def app(tmp_path):
    builder = SimpleNamespace(get_relative_uri=lambda here, page: f"{page}.html")
    return SimpleNamespace(srcdir=tmp_path, builder=builder)


def test_evidence_is_one_line_in_the_same_words(app):
    doctree, line = box("lemma-D1")
    line.children[1].children[0] = nodes.Text("What was tried against it")
    link_evidence(app, doctree, "book/chapter")
    assert line.astext() == "Evidence: derivation, code, ledger"
    uris = [link["refuri"] for link in line.findall(nodes.reference)]
    page = "book/ledger/approximate-students.html"
    assert uris[1:] == [f"{page}#check-lemma-d1", f"{page}#claim-lemma-d1"]
    assert uris[0] == "book/appendices/approximate-students.html#derives-lemma-D1"


def test_evidence_of_several_claims_names_each(app):
    doctree, line = box("theorem-3-18", "theorem-3-19", text="What was tried against it: ")
    link_evidence(app, doctree, "book/chapter")
    first, second = line.astext().removeprefix("Evidence. ").split("; ")
    assert first == "theorem-3-18: code, ledger"  # nothing derives it
    assert second == "theorem-3-19: derivation, code, ledger"


def test_links_in_other_sentences_stay_and_lead_on(app):
    doctree, line = box("theorem-3-19", text="This holds, as was ")
    link_evidence(app, doctree, "book/chapter")
    assert line.astext() == "This holds, as was theorem-3-19 (derivation, code)"
    alone = nodes.section("", nodes.paragraph("", "", *[link.deepcopy() for link in line[1:2]]))
    link_evidence(app, alone, "book/chapter")
    assert alone.astext() == "theorem-3-19"


def ends_with_a_line(around):
    """A paragraph whose last words are the line, in a box or in the text."""
    link = nodes.reference("", "What was tried against it", refuri="ledger/x.html#claim-lemma-D1")
    words = nodes.paragraph("", "", nodes.Text("8 is best. "), link, nodes.Text("."))
    return nodes.section("", nodes.admonition("", words, classes=around))


def test_a_line_that_ends_a_paragraph_of_a_box_stands_apart(app):
    doctree = ends_with_a_line(["proof", "theorem"])
    link_evidence(app, doctree, "book/chapter")
    said = [paragraph.astext().strip() for paragraph in doctree.findall(nodes.paragraph)]
    assert said == ["8 is best.", "Evidence: derivation, code, ledger"]
    assert list(doctree.findall(nodes.paragraph))[1]["classes"] == ["evidence"]


def test_a_line_within_the_text_has_the_same_words(app):
    doctree = ends_with_a_line([])
    link_evidence(app, doctree, "book/chapter")
    assert doctree.astext() == "8 is best. Evidence: derivation, code, ledger."


@pytest.mark.parametrize(
    "line, step",
    [("What was tried against step 4", "step 4"), ("Evidence: the risk", None), ("We tried", "")],
)
def test_lines_of_evidence_are_known_by_their_opening(line, step):
    found = OPENING.match(line)
    assert (found and found["what"]) == step if step != "" else found is None


def test_claims_of_a_box_are_found_before_links_are_resolved_and_after():
    _, line = box("lemma-1")
    assert claims_of(line) == ["lemma-1"]
    waiting = pending_xref("", reftarget="claim-lemma-1", reftype="myst")
    assert claims_of(nodes.paragraph("", "", waiting)) == ["lemma-1"]
    assert claim_of(nodes.reference("", "", refuri="x.html#claim-nobody")) is None


def test_every_module_has_a_page_in_the_order_of_the_library():
    """A new module needs one: copy another, and name it in _toc.yml."""
    toc = (ROOT / "_toc.yml").read_text("utf8")
    assert re.findall(r"file: book/library/(\S+)", toc) == MODULES
    pages = (ROOT / "book/library").glob("*.md")
    assert {page.stem: page.read_text("utf8") for page in pages} == {
        name: f"# {name}\n\n<!-- module -->\n" for name in MODULES
    }


def test_the_overview_has_a_line_for_each_name_and_module():
    text = api.render()
    for name in set(linear_distillation.__all__) - {"__version__"}:
        assert len(re.findall(rf"^\* :py:obj:`{name} <", text, re.MULTILINE)) == 1
    assert re.findall(r"</book/library/(\w+)>", text) == MODULES


def test_a_module_page_has_an_entry_for_each_name():
    text = api.render_module("bounds")
    found = re.findall(r"auto(?:class|function):: (\w+)", text)
    assert found == [n for n in bounds.__all__ if callable(getattr(bounds, n))]


def caption(format):
    words = nodes.caption("", "Black is the risk, in a blackish box.")
    app = SimpleNamespace(builder=SimpleNamespace(format=format))
    name_colours(app, nodes.figure("", words), "page")
    return words


def test_black_is_white_by_night_and_one_word_of_the_text():
    words = caption("html")
    assert words.astext() == "Black is the risk, in a blackish box."
    assert [one["classes"] for one in words.findall(nodes.inline)] == [["Ink"], []]
    css = (ROOT / "book/_style/book.css").read_text("utf8")
    for ink, night in {"ink": "white", "Ink": "White"}.items():
        assert f'html[data-theme="dark"] .{ink}::after {{\n    content: "{night}";' in css
    assert caption("latex").astext() == "Black is the risk, in a blackish box."


def through(colour):
    """A colour as style shows it in dark mode: inverted, its hue turned back, over the page."""
    turn = np.array([[-0.574, 1.43, 0.144], [0.426, 0.43, 0.144], [0.426, 1.43, -0.856]])
    seen = np.clip(turn @ (1 - np.array(to_rgb(colour))), 0, 1)
    return 1 - (1 - seen) * (1 - np.array(to_rgb(PAGE)))


def contrast(colour, page):
    rows = np.array([colour, page])
    light = np.where(rows < 0.04, rows / 12.92, ((rows + 0.055) / 1.055) ** 2.4)
    one, other = light @ [0.2126, 0.7152, 0.0722] + 0.05
    return max(one / other, other / one)


PAGE = "#14181e"  # the theme's page by night


@pytest.mark.parametrize("colour", sorted({one["color"] for one in SERIES.values()}))
def test_curves_are_as_clear_by_night_and_of_the_same_hue(colour):
    night = through(colour)
    assert contrast(night, to_rgb(PAGE)) >= max(3, contrast(to_rgb(colour), (1, 1, 1)) * 0.8)
    day, night = rgb_to_hsv(to_rgb(colour)), rgb_to_hsv(night)
    if colour not in ("black", "#999999"):
        assert abs((day[0] - night[0] + 0.5) % 1 - 0.5) < 0.06


def test_the_filter_is_the_one_of_the_style():
    css = (ROOT / "book/_style/book.css").read_text("utf8")
    assert "filter: invert(1) hue-rotate(180deg);" in css


@pytest.mark.parametrize("name", sorted(SERIES))
def test_pictures_keep_their_colours(tmp_path, name):
    """Of a line, its smoothed edge and a strip of it; paper stays white."""
    colour = np.array(to_rgb(SERIES[name]["color"]))
    shades = np.linspace(0, 1, 64)[:, None] * (1 - colour) + colour
    picture = np.vstack([shades, np.ones((64, 3)), np.tile(colour, (64, 1))])[:, None]
    picture = np.uint8(np.round(255 * np.repeat(picture, 200, axis=1)))
    Image.fromarray(picture).save(tmp_path / "a.png")
    paint(tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as image:
        assert image.mode == "P" and np.array_equal(np.asarray(image.convert("RGB")), picture)


def test_a_picture_that_one_can_look_through_stays(tmp_path):
    picture = np.full((20, 20, 4), 100, np.uint8)
    Image.fromarray(picture).save(tmp_path / "a.png")
    paint(tmp_path / "a.png")
    assert np.array_equal(np.asarray(Image.open(tmp_path / "a.png")), picture)
