"""No tagged cell asserts what arithmetic alone settles, whatever its functions mean."""

from pathlib import Path

import nbformat
import pytest
from derived import derivations
from nbformat.v4 import new_code_cell, new_notebook
from opaque import tautologies

ROOT = Path(__file__).parents[1]
CHAPTERS = {
    path.relative_to(ROOT / "book").with_suffix("").as_posix(): path
    for path in sorted((ROOT / "book").rglob("*.ipynb"))
    if ".ipynb_checkpoints" not in path.parts
}


@pytest.mark.parametrize("name", CHAPTERS)
def test_derivations_of_a_chapter_are_no_tautologies(name):
    notebook = nbformat.read(CHAPTERS[name], as_version=4)
    cells = {id(cell): cell for found in derivations(notebook).values() for cell in found}
    found = [line for cell in cells.values() for line in tautologies(notebook, cell)]
    assert found == [], "arithmetic alone settles this: derive it, or leave the cell untagged"


START = """from itertools import product
import numpy as np
import sympy as sp
import linear_distillation as ld
q = sp.symbols("q1:4", positive=True)
H, Q, n, u = sp.symbols("H Q n u", positive=True)"""
EXCHANGE = """sets = list(product(range(3), repeat=2))
chance = {s: q[s[0]] * q[s[1]] for s in sets}
err = {(s, j): sp.Symbol(f"e_{s[0]}{s[1]}{j}") for s in sets for j in range(3)}
by_set = sum(chance[s] * q[j] * err[s, j] for s in sets for j in range(3))
rate = [sum(chance[s] * err[s, j] for s in sets) for j in range(3)]"""
# Cells that stood in chapters, and others like them; the last assertion of each is a tautology.
TAUTOLOGIES = {
    "two sums exchanged": EXCHANGE
    + "\nassert sp.expand(by_set - sum(q[j] * rate[j] for j in range(3))) == 0",
    "a total that is not said to be 1": EXCHANGE
    + "\nassert sp.expand(rate[2].subs(dict.fromkeys(err.values(), 1)) - sum(q) ** 2) == 0",
    "independence typed in as a product": """
words = [w for w in product(range(3), repeat=3) if 0 not in w]
none_good = sum(q[i] * q[j] * q[k] for i, j, k in words)
assert sp.expand(none_good - (q[1] + q[2]) ** 3) == 0""",
    "a value inserted into a formula typed in": """
p = sp.Function("p")
at_margin = (p(u) + p(sp.pi / 2 - u) ** n).subs(u, sp.pi / 2 - H)
assert at_margin.subs(p(sp.pi / 2 - H), 0) == p(H) ** n""",
    "risk and bound typed in": """
risk = (1 - H) ** n * H + H**n * (1 - H)
assert sp.expand(risk - (1 - H) ** n * H - (1 - H) * H**n) == 0""",
    "an integral compared with itself": """
found = sp.integrate(u**n, (u, 0, 1))
assert sp.simplify(found - sp.integrate(u**n, (u, 0, 1))) == 0""",
    "the library compared with itself": """
bound = ld.integral_bound(ld.laws.PowerLaw(1), 3)
assert bound == ld.integral_bound(ld.laws.PowerLaw(1), 3)""",
    "in a loop": "for k in (1, 2):\n    assert sp.expand((H + Q) ** k - (Q + H) ** k) == 0",
}
DERIVATIONS = {
    "an integral": "assert sp.simplify(sp.integrate(u**n, (u, 0, 1)) - 1 / (n + 1)) == 0",
    "by a method": "assert (u**3).diff(u) == 3 * u**2",
    "a sign": "assert (H + Q).is_positive",
    "arithmetic and a sign": """
given_away = sp.simplify(H + Q**n - H - (1 - H) * Q**n)
assert given_away == H * Q**n and given_away.is_nonnegative""",
    "a limit": "assert sp.limit((1 + 1 / n) ** n, n, sp.oo) == sp.E",
    "trigonometry": "assert sp.simplify(sp.cos(u) ** 2 + sp.sin(u) ** 2) == 1",
    "the inverse of a matrix": """
K, D = sp.diag(H, Q), sp.Matrix([[1, u], [0, 1]])
assert sp.simplify(D * (K * D).inv() * K - sp.eye(2)) == sp.zeros(2)""",
    "a value at a point": "assert (sp.exp(u) - 1).subs(u, 0) == 0",
    "the library": "assert abs(ld.integral_bound(ld.laws.PowerLaw(1), 20) * 21 - 1) < 1e-10",
    "numbers": "X = np.eye(2)\nassert np.allclose(X @ X, X)",
    "not": "assert not sp.diff(u**2, u).has(sp.Derivative)",
}


def asserted(source):
    """What is found in a cell, in a notebook with a cell before it."""
    cells = [new_code_cell(START), new_code_cell(source)]
    return tautologies(new_notebook(cells=cells), cells[1])


@pytest.mark.parametrize("source", TAUTOLOGIES.values(), ids=TAUTOLOGIES)
def test_a_tautology_is_told(source):
    (line,) = asserted(source)
    assert line.splitlines()[-1].strip().startswith("assert")


@pytest.mark.parametrize("source", DERIVATIONS.values(), ids=DERIVATIONS)
def test_a_derivation_is_none(source):
    """And it runs, with SymPy and the library as they are."""
    exec(f"{START}\n{source}", {})
    assert asserted(source) == []


def test_only_the_assertion_that_holds_is_told():
    both = "\n".join([*TAUTOLOGIES["in a loop"].splitlines(), DERIVATIONS["an integral"]])
    assert len(asserted(both)) == 1
