r"""Formulas are set when the book is built, by KaTeX: pages need no script for them.

KaTeX itself (`katex/katex.min.js`) and its style and fonts (`../_style/katex`, of the fonts
the woff2 files only) lie here as its npm package has them, version 0.19.1.
"""

import re
from functools import cache
from pathlib import Path

from docutils import nodes
from py_mini_racer import JSEvalException, MiniRacer
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

SCRIPT = Path(__file__).with_name("katex") / "katex.min.js"
OPTIONS = "{displayMode: display, output: 'htmlAndMathml', throwOnError: true, strict: 'error'}"
CLASSES = "math notranslate nohighlight"
ALIGNMENT = re.compile(r"\s*\\begin\{align")
SIGNS = ".,;:!?)"
logger = logging.getLogger(__name__)


@cache
def katex():
    """A JavaScript engine with KaTeX in it."""
    engine = MiniRacer()
    engine.eval(SCRIPT.read_text("utf8"))
    engine.eval(f"const set = (tex, display) => katex.renderToString(tex, {OPTIONS})")
    return engine


@cache
def html(tex, display=False):
    """A formula as HTML, with MathML for screen readers; JSEvalException if it does not parse."""
    spoken, end, drawn = katex().call("set", tex, display).partition("</math>")
    # the sign for "divides" is read as that word
    return spoken.replace("∣", "|") + end + drawn


def written(node):
    """The formula of a node as HTML; if it does not parse, a warning fails the build."""
    display = isinstance(node, nodes.math_block)
    try:
        return html(aligned(node.astext()) if display else node.astext(), display)
    except JSEvalException as error:
        reason = str(error).partition("\n")[0]
        logger.warning("the formula %s does not parse: %s", node.astext(), reason, location=node)
        return ""


def aligned(tex):
    """Several lines get an alignment; one that is there already numbers nothing by itself."""
    if ALIGNMENT.match(tex):
        return tex.replace("{align}", "{align*}")
    return rf"\begin{{split}}{tex}\end{{split}}" if r"\\" in tex else tex


def visit_math(self, node):
    self.body.append(self.starttag(node, "span", "", CLASS=CLASSES) + written(node) + "</span>")
    raise nodes.SkipNode


def visit_math_block(self, node):
    self.body.append(self.starttag(node, "div", CLASS=CLASSES))
    if node["number"]:
        self.body.append(f'<span class="eqno">({get_node_equation_number(self, node)})')
        self.add_permalink_ref(node, "Link to this equation")
        self.body.append("</span>")
    self.body.append(written(node) + "</div>\n")
    raise nodes.SkipNode


def keep_commas(app, doctree, docname):
    """No line begins with the comma after a formula."""
    if app.builder.format != "html":
        return
    for formula in list(doctree.findall(nodes.math)):
        after = formula.next_node(descend=False, siblings=True)
        rest = after.lstrip(SIGNS) if isinstance(after, nodes.Text) else after
        if isinstance(after, nodes.Text) and rest != after:
            signs = nodes.Text(after[: len(after) - len(rest)])
            classes = ["with-comma"] + ["long"] * ("long" in formula["classes"])
            after.parent.replace(after, nodes.Text(rest))
            formula.replace_self(nodes.inline("", "", formula.deepcopy(), signs, classes=classes))


def setup(app):
    app.add_html_math_renderer("katex", (visit_math, None), (visit_math_block, None))
    app.add_css_file("katex/katex.min.css")
    app.add_js_file("katex/copy-tex.min.js", loading_method="defer")
    app.connect("doctree-resolved", keep_commas, priority=700)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
