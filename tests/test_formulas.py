r"""Formulas are set when the book is built."""

import re
from types import SimpleNamespace

import formulas
import pytest
from docutils import nodes
from py_mini_racer import JSEvalException

from linear_distillation.claims import CLAIMS


def test_a_formula_is_drawn_and_spoken():
    page = formulas.html(r"|x|^2 \le \frac{1}{2}")
    assert "<mfrac>" in page and 'aria-hidden="true"' in page
    assert r"|x|^2 \le \frac{1}{2}</annotation>" in page
    assert "\N{DIVIDES}" not in page.partition("</math>")[0]  # read aloud as "divides"


@pytest.mark.parametrize("tex", [r"\frac{1}", r"\nosuchmacro", r"\left( x", "x_", "50%"])
def test_a_formula_that_does_not_parse_fails_the_build(tex, caplog):
    with pytest.raises(JSEvalException):
        formulas.html(tex)
    assert formulas.written(nodes.math("", tex)) == ""
    assert "does not parse" in caplog.text


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)
def test_the_statement_of_a_claim_parses(claim):
    for tex in re.findall(r"\$([^$]+)\$", claim.statement):
        assert formulas.html(tex)


@pytest.mark.parametrize(
    "tex, numbered",
    [
        (r"\begin{align}a &= b \\ c &= d\end{align}", "align*"),
        (r"a \\ b", r"\begin{split}a"),
        (r"\begin{cases}a \\ b\end{cases}", r"\begin{split}\begin{cases}"),
        ("a = b", "a = b"),
    ],
)
def test_lines_are_aligned_and_not_numbered(tex, numbered):
    assert numbered in formulas.aligned(tex)
    assert 'class="tag"' not in formulas.html(formulas.aligned(tex), True)


@pytest.mark.parametrize("signs", [",", ".", ")."])
@pytest.mark.parametrize("classes", [[], ["long"]])
def test_a_comma_stays_with_its_formula(signs, classes):
    formula = nodes.math("", "x", classes=classes)
    line = nodes.paragraph("", "", formula, nodes.Text(f"{signs} Then"), nodes.math("", "y"))
    page = nodes.section("", line)
    formulas.keep_commas(SimpleNamespace(builder=SimpleNamespace(format="html")), page, "page")
    kept, rest, _ = line.children
    assert kept["classes"] == ["with-comma", *classes]
    assert kept.astext() == f"x{signs}" and rest == " Then"


def test_fonts_and_style_are_those_that_lie_here():
    style = formulas.SCRIPT.parents[2] / "_style/katex/katex.min.css"
    asked = set(re.findall(r"url\((fonts/[^)]+)\)", style.read_text()))
    assert asked == {f"fonts/{file.name}" for file in (style.parent / "fonts").iterdir()}
    assert '"0.19.1"' in formulas.SCRIPT.read_text("utf8")
