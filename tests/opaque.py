"""Find assertions of a derivation that hold whatever its functions mean: tautologies.

An assertion is run again with only the statements that it depends on, and in a world
without meaning. Every function, of SymPy or the library, is there replaced by a fresh one
of which nothing is known but that equal arguments have equal values: derivatives,
integrals, limits, cosines, matrices, bounds, and values at a number. Symbols lose their
assumptions. What is left is arithmetic: sums, products, powers, and ways to write them
differently. An assertion that still holds says how sums are reordered, and nothing about the
matter at hand.

What only a reader can see is not told: a formula typed in and verified, or a special case
in place of the statement.
"""

import ast
import builtins
import copy
import itertools
import re
import types

import sympy
from IPython.core.inputtransformer2 import TransformerManager
from sympy.logic.boolalg import BooleanTrue

WORDS = re.compile(r"\w+")
# What writes an expression in another way, or builds one. All else has a meaning.
PLAIN = WORDS.findall("""Add Dummy Eq Expr Float Function Integer Lambda Mul Pow Rational S Symbol
Tuple apart cancel collect default_sort_key denom expand expand_mul expand_power_base
expand_power_exp factor lambdify latex logcombine nsimplify numer powdenest powsimp prod radsimp
ratsimp simplify symbols sympify together""")
METHODS = WORDS.findall("aseries diff evalf has integrate limit nseries rewrite series")
STRUCTURE = (itertools,)  # modules that are as they are
ASSUMPTIONS = {"commutative", "cls"}


class Fresh(types.ModuleType):
    """A module, or a class or function of one, of which nothing is known."""

    def __init__(self, name):
        super().__init__(name)
        self.__path__ = []

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Fresh(f"{self.__name__}.{name}")

    def __call__(self, *arguments, **options):
        return fresh(self.__name__, *arguments, *sorted(options.items()))


class PlainSympy(Fresh):
    """SymPy with its arithmetic; its other functions are fresh."""

    def __getattr__(self, name):
        if name in ("symbols", "Symbol", "Dummy"):
            return lambda names, **told: getattr(sympy, name)(
                names, **{key: told[key] for key in told.keys() & ASSUMPTIONS}
            )
        if name in PLAIN:
            return getattr(sympy, name)
        constant = isinstance(getattr(sympy, name, None), sympy.Basic)
        return sympy.Symbol(f"the {name}") if constant else super().__getattr__(name)


def fresh(name, *arguments):
    """The value of a function of which nothing is known."""
    try:
        return sympy.Function(name)(*map(sympy.sympify, arguments))
    except (sympy.SympifyError, TypeError, AttributeError, ValueError):  # matrices, tuples, ...
        return sympy.Symbol(f"{name}{arguments}")


def unknown(name, owner, *arguments, **options):
    """The value of a method of which nothing is known, or of a function of a module."""
    if isinstance(owner, Fresh):
        return getattr(owner, name)(*arguments, **options)
    return fresh(name, owner, *arguments, *sorted(options.items()))


def load(name, *arguments, **options):
    """In place of an import."""
    if name == "sympy":
        return PlainSympy(name)
    for module in STRUCTURE:
        if module.__name__ == name:
            return module
    return Fresh(name)


def statements(notebook, last):
    """The top-level statements of the code cells up to a cell, and of that cell by themselves."""
    before = []
    for cell in notebook.cells:
        if cell.cell_type == "code":
            tree = ast.parse(TransformerManager().transform_cell(cell.source)).body
            if cell is last:
                return before, tree
            before += tree
    raise LookupError("the notebook does not have this cell")


def has_assertion(node):
    return any(isinstance(part, ast.Assert) for part in ast.walk(node))


def names(node, *contexts):
    return {
        part.id
        for part in ast.walk(node)
        if isinstance(part, ast.Name) and isinstance(part.ctx, contexts)
    }


def changed(node):
    """Names that a statement binds or may change: of targets, imports, definitions, and methods."""
    found = names(node, ast.Store)
    for part in ast.walk(node):
        if isinstance(part, (ast.FunctionDef, ast.ClassDef)):
            found.add(part.name)
        if isinstance(part, ast.alias):
            found.add((part.asname or part.name).split(".")[0])
        if isinstance(part, (ast.Subscript, ast.Attribute)) and isinstance(part.ctx, ast.Store):
            found |= names(part.value, ast.Load)
    called = getattr(getattr(node, "value", None), "func", None)
    if isinstance(node, ast.Expr) and isinstance(called, ast.Attribute):  # a list is appended to
        found |= names(called.value, ast.Load)
    return found


def needed(before, goal):
    """The statements before that a statement depends on, by the names it reads."""
    wanted, kept = names(goal, ast.Load), []
    for node in reversed(before):
        if changed(node) & wanted and not has_assertion(node):
            kept.append(node)
            wanted |= names(node, ast.Load)
    return kept[::-1]


class WithoutMeaning(ast.NodeTransformer):
    """Methods are unknown functions. What is asserted must be true, not just a symbol."""

    def visit_Call(self, node):
        self.generic_visit(node)
        if isinstance(node.func, ast.Attribute) and (
            node.func.attr in METHODS or at_a_number(node)
        ):
            name, owner = ast.Constant(node.func.attr), node.func.value
            node.func, node.args = ast.Name("unknown", ast.Load()), [name, owner, *node.args]
        return node

    def visit_Assert(self, node):
        node.test = self.visit(ast.Call(ast.Name("true", ast.Load()), [node.test], []))
        return node

    def visit_BoolOp(self, node):
        parts = [ast.Call(ast.Name("true", ast.Load()), [part], []) for part in node.values]
        return ast.BoolOp(node.op, [self.visit(part) for part in parts])


def at_a_number(node):
    """Whether a call is f.subs(x, 0), or with another number."""
    kinds = [type(argument) for argument in node.args]
    return node.func.attr == "subs" and kinds == [ast.Name, ast.Constant]


def true(value):
    return isinstance(value, (bool, BooleanTrue)) and bool(value)


def holds(slice_, goal):
    """Whether an assertion holds without meaning; what raises anything does not."""
    module = WithoutMeaning().visit(copy.deepcopy(ast.Module([*slice_, goal], [])))
    code = compile(ast.fix_missing_locations(module), "derivation", "exec")
    world = {"__builtins__": {**vars(builtins), "__import__": load}, "__name__": "derivation"}
    try:
        exec(code, world | {"true": true, "unknown": unknown})
    except Exception:  # whatever it is, the assertion was not seen to hold
        return False
    return True


def tautologies(notebook, cell):
    """The assertions of a cell that hold whatever functions mean, as source."""
    before, own = statements(notebook, cell)
    return [
        ast.unparse(node)
        for place, node in enumerate(own)
        if has_assertion(node)
        and not isinstance(node, (ast.FunctionDef, ast.ClassDef))
        and holds(needed(before + own[:place], node), node)
    ]
