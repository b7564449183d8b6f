"""What a command prints and writes: whole files, and a clear word where that cannot be done."""

from __future__ import annotations

import os
import sys
from pathlib import Path


class Unwritable(Exception):
    """A file or standard output cannot be written; exit status 3."""


def say(text: str) -> None:
    """Print a text at once."""
    if sys.stdout is None:
        raise Unwritable("cannot write to standard output (it is closed)")
    try:
        print(text, flush=True)
    except BrokenPipeError:  # whoever read has seen enough
        raise
    except OSError as error:
        raise Unwritable(f"cannot write to standard output ({error.strerror})") from error


def place(option: str, path: Path | None, folders: bool = True) -> Path | None:
    """Where the file itself is, behind links; before the work, an error if it cannot be there."""
    if path is None:
        return None
    real = Path(os.path.realpath(path))
    if os.path.lexists(real) and not real.is_file():
        what = "a directory" if real.is_dir() else "no regular file"
        raise Unwritable(f"{option}: {path} is {what}")
    try:
        if folders:
            real.parent.mkdir(parents=True, exist_ok=True)
        with _partial(real).open("w"):
            pass
        _partial(real).unlink()
    except OSError as error:
        raise _cannot(option, path, error) from error
    return real


def write(option: str, path: Path, text: str) -> None:
    """Replace the file at a `place` at once: what stands there is always whole."""
    try:
        _partial(path).write_text(text)
        _partial(path).replace(path)
    except OSError as error:
        raise _cannot(option, path, error) from error
    finally:
        _partial(path).unlink(missing_ok=True)


def _partial(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}")


def _cannot(option: str, path: Path, error: OSError) -> Unwritable:
    return Unwritable(f"{option}: cannot write {path} ({error.strerror})")
