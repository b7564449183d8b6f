"""What counts as a derivation: a tagged cell that asserts something."""

import ast

from IPython.core.inputtransformer2 import TransformerManager

TAG = "derives:"


def asserts(source):
    """Whether running a cell runs an assertion that could fail, by its syntax tree.

    Comments and strings do not count, nor what stands in a function that is
    defined only, nor a constant.
    """
    tree = ast.parse(TransformerManager().transform_cell(source))
    waiting = list(tree.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Assert) and not isinstance(node.test, ast.Constant):
            return True
        if not isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Lambda)):
            waiting += ast.iter_child_nodes(node)
    return False


def derivations(notebook):
    """Claim -> the cells tagged as deriving it."""
    cells = {}
    for cell in notebook.cells:
        for tag in cell.metadata.get("tags", []):
            if tag.startswith(TAG):
                cells.setdefault(tag.removeprefix(TAG), []).append(cell)
    return cells
