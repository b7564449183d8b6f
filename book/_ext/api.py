"""The library's reference page: every public name, by module, from its docstring."""

import inspect
import sys

import linear_distillation as ld

# From the ground up: a module imports only from those before it.
FLOORS = ["geometry", "objective", "networks", "flow", "deep", "students", "laws", "tasks"]
FLOORS += ["chain", "risk", "rise", "monotonicity", "bounds", "parallel"]


def render():
    """A section a module, with an entry for each of its public names."""
    names = {module: [] for module in FLOORS}
    for name in ld.__all__:
        names[getattr(ld, name).__module__.removeprefix("linear_distillation.")].append(name)
    return "\n\n".join(section(module, names[module]) for module in FLOORS)


def section(module, names):
    about = inspect.getdoc(sys.modules[f"linear_distillation.{module}"])
    return "\n\n".join([f"## {module}", rst(about), *map(entry, names)])


def entry(name):
    item = getattr(ld, name)
    kind = "class" if inspect.isclass(item) else "function"
    lines = [".. currentmodule:: linear_distillation", "", f".. auto{kind}:: {name}"]
    if kind == "class" and (members := documented(item)):
        lines.append(f"   :members: {', '.join(members)}")
    return rst("\n".join(lines))


def documented(item):
    """The public methods that a class itself documents."""
    own = {name: getattr(part, "func", part) for name, part in vars(item).items()}
    return [
        name
        for name, part in own.items()
        if name[0] != "_" and inspect.isfunction(part) and part.__doc__
    ]


def rst(text):
    return f"```{{eval-rst}}\n{text}\n```"
