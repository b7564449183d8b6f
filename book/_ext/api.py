"""The library's reference page: every public name, by module, from its docstring."""

import importlib
import inspect

import linear_distillation as ld


def render():
    """A section a module, from the ground up, with an entry for each of its public names."""
    return "\n\n".join(map(section, ld.MODULES))


def section(name):
    module = importlib.import_module(f"linear_distillation.{name}")
    names = [name for name in module.__all__ if callable(getattr(module, name))]
    about = [f"## {name}", rst(inspect.getdoc(module))]
    return "\n\n".join(about + [entry(module, name) for name in names])


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
