"""The paper's numbers on what is the paper's."""

from types import SimpleNamespace

import pytest
from docutils import nodes
from numbering import number_of, renumber_equations, say_it_once


@pytest.mark.parametrize(
    "title, number",
    [
        (" (Phuong and Lampert, Theorem 3)", "3"),
        (" (A margin; Phuong and Lampert, Corollary 1)", "1"),
        (" (Phuong and Lampert, Theorem A.3, with a constant)", "A.3"),
        (" (Phuong and Lampert, Appendix A)", None),
        (" (Distillation loss; Phuong and Lampert, (1))", None),
        (" (Theirs, Theorem 3)", None),
        (" (The parallel law; ours)", None),
    ],
)
def test_a_box_of_the_paper_is_known_by_its_title(title, number):
    assert number_of(title) == number


def test_a_number_is_said_once():
    box = nodes.admonition(
        "", nodes.title("", "", nodes.Text(" (Phuong and Lampert, Lemma 1: so)"))
    )
    box["realtype"], box["title"] = "lemma", box.astext()
    say_it_once(None, nodes.section("", box))
    assert box.astext() == " (Phuong and Lampert: so)"


def test_equations_of_the_paper_are_left_out_of_our_row():
    row = dict.fromkeys(["equation-eq-a", "equation-eq-how-fast-19", "equation-eq-b"], (9, 9))
    env = SimpleNamespace(toc_fignumbers={"page": {"displaymath": row}})
    renumber_equations(env, "page", (4,))
    assert list(row.values()) == [(4, 1), ("19",), (4, 2)]
