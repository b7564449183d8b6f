"""Old names of functions and arguments, which warn for one version."""

import functools
import warnings


def renamed(**names):
    """Let a function take arguments by their old names: renamed(old="new")."""

    def decorate(function):
        @functools.wraps(function)
        def call(*args, **keywords):
            for old, new in names.items():
                if old in keywords:
                    if new in keywords:
                        raise TypeError(f"{new}: given twice, the second time as {old}")
                    _warn(f"the argument {old} is called {new}")
                    keywords[new] = keywords.pop(old)
            return function(*args, **keywords)

        return call

    return decorate


def old_name(name, function):
    """`function` under its old name."""

    @functools.wraps(function)
    def call(*args, **keywords):
        _warn(f"{name} is called {function.__name__}")
        return function(*args, **keywords)

    call.__name__ = call.__qualname__ = name
    call.__doc__ = f"The old name of `{function.__name__}`."
    return call


def _warn(message):
    warnings.warn(f"{message}; the old name goes with the next version", DeprecationWarning, 3)
