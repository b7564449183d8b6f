"""Types: every public name has them, mypy reads them as a user's does, and results keep them."""

import collections.abc
import inspect
import os
import subprocess
import sys
import types
import typing
from pathlib import Path

import numpy as np
import public
import pytest
import typed_user

import linear_distillation as ld
from linear_distillation import _types

USER, LIB = Path(__file__).with_name("typed_user.py"), Path(ld.__file__).parents[1]
STRICT = ["--strict", "--config-file=", "--follow-imports=silent"]
PUBLIC = public.public()


def functions(item):
    """A function, or what a class and those of ours below it define for callers."""
    if not inspect.isclass(item):
        return {"": item}
    ours = [part for part in item.__mro__ if part.__module__.startswith("linear_distillation")]
    own = {name: part for home in reversed(ours) for name, part in vars(home).items()}
    own = {name: getattr(part, "fget", getattr(part, "func", part)) for name, part in own.items()}
    special = {"__init__", "__new__", "__call__", "__iter__"}
    return {
        name: part
        for name, part in own.items()
        if inspect.isfunction(part)
        and part.__module__.startswith("linear_distillation")
        and (name[0] != "_" or name in special)
        and part.__code__.co_filename.startswith(str(LIB))  # not made by a dataclass
    }


def untyped(function):
    """The arguments without a type, and "return"."""
    signature = inspect.signature(function)
    lacking = [
        name
        for name, argument in signature.parameters.items()
        if argument.annotation is argument.empty and name not in ("self", "cls")
    ]
    return lacking + ["return"] * (signature.return_annotation is signature.empty)


@pytest.mark.parametrize("place", PUBLIC)
def test_every_argument_and_result_has_a_type(place):
    found = {name: untyped(function) for name, function in functions(PUBLIC[place]).items()}
    assert {name: lacking for name, lacking in found.items() if lacking} == {}


def test_a_missing_type_is_seen():
    def half(x, rng: np.random.Generator):
        return x / 2

    assert untyped(half) == ["x", "return"]
    assert {"__init__", "sample", "teacher"} <= set(functions(ld.MarginTask))


# A user's type checker


@pytest.mark.locked  # what NumPy's own types say depends on the version
def test_mypy_finds_a_user_right_and_mistakes_wrong(tmp_path):
    command = [sys.executable, "-m", "mypy", *STRICT, "--cache-dir", str(tmp_path), str(USER)]
    there = os.environ | {"MYPYPATH": str(LIB)}
    run = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=there)
    assert run.stdout.startswith("Success"), run.stdout + run.stderr


def test_what_the_user_wrote_runs():
    typed_user.main()


def test_the_package_says_that_it_is_typed():
    assert (LIB / "linear_distillation/py.typed").exists()


# Results are what the signatures say


def meaning(text, module, variables=()):
    """The type that an annotation in a module stands for; `variables`: pairs of name and type."""
    known = [vars(part) for part in (typing, collections.abc, _types, sys.modules[module])]
    return eval(
        text, {name: value for part in known for name, value in part.items()}, dict(variables)
    )


def fits(value, hint):
    """Whether a value is of a type, for the types that results have."""
    origin, parts = typing.get_origin(hint), typing.get_args(hint)
    if hasattr(origin, "__value__"):  # the name of a type, as NDArray is from NumPy 2.5 on
        return fits(value, origin.__value__[parts])
    if origin in (types.UnionType, typing.Union):
        return any(fits(value, part) for part in parts)
    if origin is np.ndarray:
        entry = typing.get_args(parts[1])[0]
        entry = typing.get_origin(entry) or entry
        return isinstance(value, np.ndarray) and issubclass(value.dtype.type, entry)
    if origin is tuple:
        return len(value) == len(parts) and all(map(fits, value, parts))
    if origin is list:
        return isinstance(value, list) and all(fits(part, parts[0]) for part in value)
    if origin is dict:
        return isinstance(value, dict) and all(
            fits(k, parts[0]) and fits(v, parts[1]) for k, v in value.items()
        )
    if hint is None or hint is typing.Any:
        return hint is typing.Any or value is None
    if not isinstance(value, origin or hint):
        return False
    return fields_fit(value, origin or hint, parts)


def fields_fit(value, record, parts):
    """Whether the fields of a named tuple are what it says; `parts` are its type variables."""
    if not hasattr(record, "_fields"):
        return True
    variables = [variable.__name__ for variable in getattr(record, "__parameters__", ())]
    variables = list(zip(variables, parts, strict=True))
    texts = [inspect.get_annotations(record)[name] for name in record._fields]
    texts = [getattr(text, "__forward_arg__", text) for text in texts]
    return all(
        fits(part, meaning(text, record.__module__, variables))
        for part, text in zip(value, texts, strict=True)
    )


CALLED = [
    place for place, row in public.CALLS.items() if row and not inspect.isclass(PUBLIC[place])
]


@pytest.mark.parametrize("place", CALLED)
def test_a_result_is_of_the_type_that_is_said(place):
    function = inspect.unwrap(PUBLIC[place])
    hint = meaning(function.__annotations__["return"], function.__module__)
    result = PUBLIC[place](**public.arguments(place))
    assert fits(result, hint), (type(result), hint)


def test_a_result_of_another_type_is_seen():
    array, estimate = np.ones(2), ld.expected_risk(ld.IsotropicTask(3), 2)
    assert fits(array, _types.Floats) and not fits(array, _types.Ints | None)
    assert fits(array[0], _types.Values) and not fits([1.0], _types.Values)
    assert fits(estimate, type(estimate)[float, int])
    assert not fits(estimate, type(estimate)[_types.Floats, int])
    assert not fits((1.0, array), tuple[float, float])
