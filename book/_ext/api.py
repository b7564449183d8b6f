"""The library's reference: an overview, and a page a module, from the docstrings."""

import importlib
import inspect

import linear_distillation as ld


def render():
    """The names that most readers need, a line each, and the modules, each with its page."""
    parts = ["## What most readers need", top(), "## All modules", modules()]
    return "\n\n".join(parts)


def top():
    """The names at the top of the package, from the ground up."""
    found = sorted((home(name), name) for name in ld.__all__ if name[0] != "_")
    return rst("\n".join(f"* {line(module, name)}" for module, name in found))


def home(name):
    """The number of the module that a name at the top is from."""
    return next(at for at, module in enumerate(ld.MODULES) if name in load(module).__all__)


def line(at, name):
    """A link to a name, and the first line of its docstring."""
    full = f"linear_distillation.{ld.MODULES[at]}.{name}"
    return f":py:obj:`{name} <{full}>`: {first(load(ld.MODULES[at]), name)}"


def first(module, name):
    return inspect.getdoc(getattr(module, name)).splitlines()[0]


def modules():
    """A line for each module: what it is about, and its names."""
    lines = ["| Module | What it holds |", "|---|---|"]
    for name in ld.MODULES:
        about = inspect.getdoc(load(name)).splitlines()[0].rstrip(".")
        lines.append(f"| {{doc}}`{name} </book/library/{name}>` | {about} |")
    return "\n".join(lines)


def load(name):
    return importlib.import_module(f"linear_distillation.{name}")


def render_module(name):
    """The page of one module: what it is about, and an entry for each of its public names."""
    module = load(name)
    found = [name for name in module.__all__ if callable(getattr(module, name))]
    return "\n\n".join([rst(inspect.getdoc(module)), *(entry(module, one) for one in found)])


def entry(module, name):
    """A name is documented in its module, also where it stands at the top too."""
    item, home = getattr(module, name), module
    kind = "class" if inspect.isclass(item) else "function"
    called = "()" if getattr(item, "_is_protocol", False) else ""  # a protocol is not called
    lines = [f".. currentmodule:: {home.__name__}", "", f".. auto{kind}:: {name}{called}"]
    if kind == "class" and (members := documented(item)):
        lines.append(f"   :members: {', '.join(members)}")
    return rst("\n".join(lines))


def find(app, env, node, contnode):
    """A bare name in a docstring is the public object of that name, in whatever module."""
    if node.get("refdomain") != "py":
        return None
    domain, target = env.get_domain("py"), node["reftarget"].removeprefix("linear_distillation.")
    found = [full for full in domain.objects if full.split(".")[-1] == target]
    if len(found) != 1:
        return None
    return domain.resolve_xref(
        env, node["refdoc"], app.builder, node["reftype"], found[0], node, contnode
    )


def documented(item):
    """The public methods that a class itself documents."""
    own = {
        name: getattr(part, "func", getattr(part, "__func__", part))
        for name, part in vars(item).items()
    }
    return [
        name
        for name, part in own.items()
        if name[0] != "_" and inspect.isfunction(part) and part.__doc__
    ]


def rst(text):
    return f"```{{eval-rst}}\n{text}\n```"
