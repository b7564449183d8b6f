"""Tables and teachers from files. No pickle is ever loaded: that would run its code."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from os import PathLike
    from typing import Any

    from numpy.typing import NDArray

    from ._types import Floats

TABLES = ".npz", ".csv", ".parquet"
TEACHERS = ".npz", ".skops"


class BadFile(Exception):
    """What is wrong with a file, and where."""


def _line(error: Exception) -> str:
    """The first line of a message."""
    return str(error).partition("\n")[0]


class Data(NamedTuple):
    """Rows (N, d), and logits (N,) or (N, C), or None."""

    X: NDArray[Any]
    logits: NDArray[Any] | None


def read_table(
    path: str | PathLike[str], logits: Iterable[str] = (), drop: Iterable[str] = ()
) -> Data:
    """Rows and logits from a file.

    Parameters
    ----------
    path : path
        .npz with the arrays ``X`` and ``logits``, .csv with a header, or .parquet.
    logits : sequence of str
        Columns (of .npz: an array) that hold logits; those whose name begins with "logit" if
        none are given.
    drop : sequence of str
        Columns that are neither.

    Raises
    ------
    BadFile
        If it cannot be read, with the row where there is one.
    """
    path = Path(path)
    readers = {".npz": _read_npz, ".csv": _read_csv, ".parquet": _read_parquet}
    _of_kind(path, readers)
    try:
        return readers[path.suffix](path, list(logits), set(drop))
    except OSError as error:
        raise BadFile(f"{path}: cannot be read ({error.strerror or error})") from error


def _of_kind(path: Path, kinds: Collection[str]) -> None:
    if path.suffix not in kinds:
        raise BadFile(
            f"{path}: expected {', '.join(kinds)}; a pickle is not loaded, as that runs its code"
        )


def _arrays(path: Path) -> dict[str, NDArray[Any]]:
    """The arrays of an .npz file, none of them pickled."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as found:
            return {name: found[name] for name in found.files}
    except (ValueError, EOFError, OSError) as error:
        if isinstance(error, OSError) and error.errno:
            raise
        raise BadFile(f"{path}: no .npz file of plain arrays ({_line(error)})") from error
    except Exception as error:  # of the archive: zipfile and zlib have errors of their own
        raise BadFile(f"{path}: no whole .npz file ({_line(error)})") from error


def _read_npz(path: Path, logits: list[str], drop: set[str]) -> Data:
    arrays = _arrays(path)
    name = logits[0] if logits else "logits"
    for wanted in ["X", *logits]:
        if wanted not in arrays:
            raise BadFile(f"{path}: no array {wanted!r}; there are {', '.join(arrays) or 'none'}")
    if drop:
        raise BadFile(f"{path}: the columns of X have no names to drop")
    return Data(arrays["X"], arrays.get(name))


def _read_csv(path: Path, logits: list[str], drop: set[str]) -> Data:
    with path.open(newline="", encoding="utf-8-sig") as file:
        try:
            reader = csv.reader(file)
            header = _header(path, next(reader, []))
            kept = [i for i, name in enumerate(header) if name not in drop]
            names = [header[i] for i in kept]
            _check_names(path, header, logits, drop)
            rows = [_numbers(path, row, k, header, kept) for k, row in enumerate(reader, 2) if row]
        except (UnicodeDecodeError, csv.Error) as error:
            raise BadFile(f"{path}: no CSV file in UTF-8 ({error})") from error
    if not rows:
        raise BadFile(f"{path}: no rows below the header")
    return _split(path, names, np.array(rows), logits)


def _header(path: Path, names: list[str]) -> list[str]:
    """The first line, if it has names in it and not numbers."""
    if not any(name.strip() for name in names):
        raise BadFile(f"{path}: empty; expected a header and rows of numbers")
    if len(names) == 1 and set(names[0]) & set(";\t"):
        raise BadFile(
            f"{path}, line 1: columns are separated by commas here, and this header has none"
        )
    numbered = len(names) > 2 and names == [str(i) for i in range(len(names))]  # as pandas does
    if not numbered and all(_is_number(name) and np.isfinite(float(name)) for name in names):
        raise BadFile(
            f"{path}, line 1: these are numbers; expected a header, a name for each column"
        )
    return names


def _numbers(
    path: Path, row: list[str], line: int, header: list[str], kept: list[int]
) -> list[float]:
    if len(row) != len(header):
        raise BadFile(f"{path}, line {line}: {len(row)} fields, the header has {len(header)}")
    try:
        return [_number(row[i]) for i in kept]
    except ValueError:
        bad = next(i for i in kept if not _is_number(row[i]))
        raise BadFile(
            f"{path}, line {line}: column {header[bad]!r} holds {row[bad]!r}, not a number"
        ) from None


def _number(text: str) -> float:
    """What Python reads as a number, but for 1_000 and digits of other scripts."""
    if "_" in text or not text.isascii():
        raise ValueError(text)
    return float(text)


def _is_number(text: str) -> bool:
    try:
        _number(text)
    except ValueError:
        return False
    return True


def _read_parquet(path: Path, logits: list[str], drop: set[str]) -> Data:
    try:
        import pandas as pd

        frame = pd.read_parquet(path)
    except ImportError as error:
        raise BadFile(
            f"{path}: install this package with its extra `data` ({_line(error)})"
        ) from error
    except (ValueError, OSError) as error:
        if isinstance(error, OSError) and error.errno:
            raise
        raise BadFile(f"{path}: no Parquet file ({_line(error)})") from error
    names = list(map(str, frame.columns))
    frame.columns = names
    _check_names(path, names, logits, drop)
    names = [name for name in names if name not in drop]
    for name in names:
        if frame[name].dtype.kind not in "iuf":
            raise BadFile(f"{path}: column {name!r} holds {frame[name].dtype}, not numbers")
    return _split(path, names, frame[names].to_numpy(dtype=float, na_value=np.nan), logits)


def _check_names(path: Path, header: list[str], logits: list[str], drop: set[str]) -> None:
    for name in [*logits, *drop]:
        if name not in header:
            raise BadFile(f"{path}: no column {name!r}; there are {', '.join(header)}")
    if len(set(header)) < len(header):
        raise BadFile(f"{path}: two columns have one name")


def _split(path: Path, names: list[str], table: Floats, logits: list[str]) -> Data:
    bad = np.argwhere(~np.isfinite(table))
    if len(bad):
        row, column = bad[0]
        raise BadFile(f"{path}, row {row} of the data: column {names[column]!r} is not finite")
    logits = logits or [name for name in names if name.lower().startswith("logit")]
    features = [i for i, name in enumerate(names) if name not in logits]
    if not features:
        raise BadFile(f"{path}: no columns but logits")
    found = table[:, [names.index(name) for name in logits]] if logits else None
    return Data(table[:, features], found)


class Linear:
    """Coefficients as a model: what `Pool.from_model` asks of one."""

    def __init__(self, coef_: NDArray[Any], intercept_: NDArray[Any] | np.number[Any]) -> None:
        self.coef_, self.intercept_ = coef_, intercept_

    def decision_function(self, X: NDArray[Any]) -> NDArray[Any]:
        return X @ self.coef_.T + self.intercept_


def read_teacher(path: str | PathLike[str], dim: int) -> Any:
    """A model: coefficients from .npz, or any of skops's format.

    Parameters
    ----------
    path : path
        .npz with ``coef`` (d,) or (C, d), and ``intercept`` if there is one; the names of
        scikit-learn, ``coef_`` and ``intercept_``, will do. Or .skops.
    dim : int
        d.

    Raises
    ------
    BadFile
        If it cannot be read, or has types that skops does not trust.
    """
    path = Path(path)
    _of_kind(path, TEACHERS)
    try:
        return _read_coefficients(path, dim) if path.suffix == ".npz" else _read_skops(path)
    except OSError as error:
        raise BadFile(f"{path}: cannot be read ({error.strerror or error})") from error


def _read_coefficients(path: Path, dim: int) -> Linear:
    arrays = {name.rstrip("_"): array for name, array in _arrays(path).items()}
    if "coef" not in arrays:
        raise BadFile(f"{path}: no array 'coef'; there are {', '.join(arrays) or 'none'}")
    coef, intercept = arrays["coef"], arrays.get("intercept", np.zeros(1))
    if coef.ndim == 2 and len(coef) == 1:
        coef, intercept = coef[0], intercept.ravel()
    intercept = intercept.ravel()[0] if coef.ndim == 1 and intercept.size == 1 else intercept
    for name, array in (("coef", coef), ("intercept", intercept)):
        if array.dtype.kind not in "iuf" or not np.isfinite(array).all():
            raise BadFile(f"{path}: {name} holds more than finite numbers")
    if coef.ndim not in (1, 2) or coef.shape[-1] != dim:
        raise BadFile(f"{path}: coef has the shape {coef.shape}, the data have {dim} features")
    if np.ndim(intercept) and np.size(intercept) not in (1, len(coef)):
        raise BadFile(f"{path}: {np.size(intercept)} intercepts for {len(coef)} classes")
    return Linear(coef, intercept)


def _read_skops(path: Path) -> Any:
    try:
        import skops.io
    except ImportError as error:
        raise BadFile(
            f"{path}: install this package with its extra `models` ({_line(error)})"
        ) from error
    try:
        return skops.io.load(path, trusted=[])
    except OSError:
        raise
    except Exception as error:  # types that are not trusted, or no such file
        raise BadFile(f"{path}: not loaded ({_line(error)})") from error
