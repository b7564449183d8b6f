"""The examples of the docstrings print what they say."""

from __future__ import annotations

import doctest
from importlib import import_module
from pkgutil import walk_packages

import linear_distillation as ld


def test_examples_print_what_they_say():
    found = walk_packages(ld.__path__, "linear_distillation.")
    names = [info.name for info in found if "__main__" not in info.name]
    results = {name: doctest.testmod(import_module(name)) for name in names}
    assert not {name: result for name, result in results.items() if result.failed}
    assert sum(result.attempted for result in results.values()) > 10
