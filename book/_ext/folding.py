"""Cells of a chapter that are plumbing are folded, under a line that says what is inside.

Which ones is seen from the syntax tree: imports, figures, tables, and assertions alone.
Derivations stay open. What a chapter has folded itself gets the line, if it brings none.
"""

import ast

from derived import TAG
from IPython.core.inputtransformer2 import TransformerManager

NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
PREPARATION = {"use_style", "default_rng", "init_printing", "run_line_magic"}


def fold(notebook):
    """Tag the plumbing of a notebook, so that the page shows its outputs and one line."""
    for cell in notebook.cells:
        tags = cell.metadata.get("tags", [])
        own = any(tag.startswith((TAG, "hide-", "remove-")) for tag in tags)
        if cell.cell_type != "code":
            continue
        if "hide-input" in tags:
            prompt(cell, contents(cell.source))
        elif not own and (inside := plumbing(cell.source)):
            cell.metadata["tags"] = [*tags, "hide-input"]
            prompt(cell, inside)


def prompt(cell, inside):
    """The line of a folded cell; one that says what is inside stays as written."""
    settings = cell.metadata.setdefault("mystnb", {})
    if settings.get("code_prompt_show") in (None, "Show the code"):
        settings |= {"code_prompt_show": f"Show {inside}", "code_prompt_hide": f"Hide {inside}"}


def contents(source):
    """What any cell holds, in words: plumbing, functions, or a computation with its checks."""
    if inside := plumbing(source):
        return inside
    body = parse(source)
    nodes = [node for statement in body for node in ast.walk(statement)]
    names = [node.name for node in body if isinstance(node, ast.FunctionDef)]
    if names and all(isinstance(node, ast.FunctionDef) or prepares(node) for node in body):
        words = " and ".join([", ".join(names[:-1]), names[-1]]) if names[1:] else names[0]
        return f"the function{'s' * (len(names) > 1)} {words}"
    symbols = any(isinstance(node, ast.Name) and node.id == "sp" for node in nodes)
    work = "the derivation" if symbols else "the computation"
    count = sum(isinstance(node, ast.Assert) for node in nodes)
    return f"{work}, with {checks(count)}" if count else work


def parse(source):
    """The statements of a cell."""
    return ast.parse(TransformerManager().transform_cell(source)).body


def plumbing(source):
    """What a cell holds that few readers want to see, in words; None if it is not plumbing."""
    body = parse(source)
    if body and all(map(prepares, body)):
        return "the imports"
    if body and all(map(only_asserts, body)):
        return checks(sum(isinstance(node, ast.Assert) for node in ast.walk(ast.Module(body, []))))
    if body and "show" in called(body[-1]):
        return "the figure's code"
    if body and all(isinstance(node, ast.FunctionDef) and draws(node) for node in body):
        return "the code that draws"
    if body and isinstance(body[-1], ast.Expr) and "DataFrame" in called(*body):
        return "the table's code"
    return None


def prepares(node):
    """Whether a statement imports, or sets style or random numbers."""
    return isinstance(node, (ast.Import, ast.ImportFrom)) or (
        isinstance(node, (ast.Expr, ast.Assign)) and bool(called(node) & PREPARATION)
    )


def only_asserts(node):
    """Whether a statement is an assertion, or a loop over assertions."""
    if isinstance(node, ast.For):
        return all(map(only_asserts, node.body))
    return isinstance(node, ast.Assert)


def draws(function):
    """Whether a function draws: it calls pyplot, or is given axes."""
    given = {argument.arg for argument in function.args.args}
    names = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
    return "plt" in names or bool(given & {"ax", "axes", "fig"})


def called(*nodes):
    """The last names of what is called in some statements."""
    calls = [n.func for node in nodes for n in ast.walk(node) if isinstance(n, ast.Call)]
    return {getattr(call, "attr", getattr(call, "id", "")) for call in calls}


def checks(count):
    """Assertions in words: "four checks, all hold"."""
    if count == 1:
        return "one check, which holds"
    number = NUMBERS[count] if count < len(NUMBERS) else str(count)
    return f"{number} checks, {'both' if count == 2 else 'all'} hold"
