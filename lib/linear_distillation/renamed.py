"""Old names of functions and arguments, which warn for one version."""

from __future__ import annotations

import functools
import warnings
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    Function = TypeVar("Function", bound=Callable[..., Any])


def renamed(**names: str) -> Callable[[Function], Function]:
    """Let a function take arguments by their old names: renamed(old="new")."""

    def decorate(function: Function) -> Function:
        @functools.wraps(function)
        def call(*args: Any, **keywords: Any) -> Any:
            for old, new in names.items():
                if old in keywords:
                    if new in keywords:
                        raise TypeError(f"{new}: given twice, the second time as {old}")
                    _warn(f"the argument {old} is called {new}")
                    keywords[new] = keywords.pop(old)
            return function(*args, **keywords)

        return cast("Function", call)

    return decorate


def old_name(name: str, function: Function) -> Function:
    """`function` under its old name."""

    @functools.wraps(function)
    def call(*args: Any, **keywords: Any) -> Any:
        _warn(f"{name} is called {function.__name__}")
        return function(*args, **keywords)

    call.__name__ = call.__qualname__ = name
    call.__doc__ = f"The old name of `{function.__name__}`."
    return cast("Function", call)


def _warn(message: str) -> None:
    warnings.warn(f"{message}; the old name goes with the next version", DeprecationWarning, 3)
