import re
import subprocess
from types import SimpleNamespace

import pytest
from companion import NUMBERED, bind_numbers, mend, provenance, repository_options
from docutils import nodes
from finding import EQUATION
from static import needed
from wording import readable


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


def test_footer_names_libraries_and_the_commit_if_there_is_one(tmp_path):
    (tmp_path / "file").write_text("first")
    libraries = r"Computed with NumPy [\d.]+, SciPy [\d.]+, SymPy [\d.]+"
    assert re.fullmatch(rf"{libraries}\.", provenance(tmp_path))
    commit(tmp_path)
    clean = rf"{libraries} from commit [0-9a-f]{{7,}} of \d{{4}}-\d\d-\d\d"
    assert re.fullmatch(rf"{clean}\.", provenance(tmp_path))
    (tmp_path / "file").write_text("second")
    assert re.fullmatch(rf"{clean}, with changes\.", provenance(tmp_path))


def test_footer_without_git(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert provenance(tmp_path).count(",") == 2


MATH = '<span class="math notranslate nohighlight">\\(x\\)</span>'


@pytest.mark.parametrize("comma", [",", ".", ")."])
def test_a_comma_stays_with_its_formula(comma):
    context = {"body": f"<p>Of {MATH}{comma} Then {MATH} is</p>"}
    mend(None, "page", "page.html", context, None)
    kept = f'<span class="with-comma">{MATH}{comma}</span>'
    assert context["body"] == f"<p>Of {kept} Then {MATH} is</p>"


def test_equations_of_the_paper_are_known_by_their_labels():
    text = "$$\na\n$$ (eq-how-fast-19)\n$$\nb\n$$ (eq-11)\n$$\nc\n$$ (eq-d1)\n$$\nd\n$$ (eq-loss)"
    assert EQUATION.findall(text) == [("eq-how-fast-19", "19"), ("eq-11", "11")]


def test_a_long_formula_scrolls_with_its_comma():
    context = {"body": MATH.replace('"math', '"long math') + ", so"}
    mend(None, None, None, context, None)
    assert context["body"] == f'<span class="long with-comma">{MATH},</span> so'


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
