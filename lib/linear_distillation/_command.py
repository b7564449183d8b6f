"""The command ``study``: a table of data, a teacher, and what students learn from it."""

from __future__ import annotations

import argparse
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ._files import BadFile, read_table, read_teacher
from ._out import place, say

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from numpy.typing import NDArray

    from ._study import Study
    from .pool import Pool


def add(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    natural: Callable[[str], int],
    jobs: Callable[[str], int],
) -> None:
    """Add the command to a parser's."""
    study = commands.add_parser(
        "study",
        help="learning curve and sample size for your own data and teacher",
        description="DATA has one example a row: a .csv with a header, a .parquet, or an .npz "
        "with X. The teacher's logits are columns of it (arrays of an .npz), or are made by "
        "--teacher. Beyond the rank, students of logits that are not linear in the columns are "
        "least squares on them. No pickle is loaded. Exit status: 0, 2 for wrong arguments, 3 if "
        "a file cannot be used.",
    )
    study.set_defaults(run=run)
    study.add_argument("data", type=Path, metavar="DATA")
    study.add_argument("--teacher", type=Path, help=".npz with coef and intercept, or .skops")
    study.add_argument(
        "--logits",
        type=lambda text: text.split(","),
        default=(),
        metavar="COLUMN[,COLUMN...]",
        help="one column, or one a class; those that begin with 'logit' if not given",
    )
    study.add_argument("--drop", action="append", default=[], metavar="COLUMN", help="neither")
    study.add_argument("--intercept", action="store_true", help="the student has one")
    study.add_argument(
        "--standardise", action="store_true", help="columns to mean 0 and deviation 1; an intercept"
    )
    study.add_argument("--risk", type=share, default=0.05, help="for the sample size (0.05)")
    study.add_argument("--sets", type=at_least_two, default=100, help="transfer sets drawn (100)")
    study.add_argument("--seed", type=natural, default=0)
    study.add_argument("--jobs", type=jobs, default=1, help="processes")
    study.add_argument("--report", type=Path, metavar="OUT.html", help="write a page with pictures")


def share(text: str) -> float:
    value = float(text)
    if not 0 < value < 1:
        raise argparse.ArgumentTypeError(f"expected a number between 0 and 1, got {text!r}")
    return value


def at_least_two(text: str) -> int:
    if not text.isdecimal() or int(text) < 2:
        raise argparse.ArgumentTypeError(f"expected a whole number >= 2, got {text!r}")
    return int(text)


def run(options: argparse.Namespace) -> int:
    """Study the data; the exit status is returned."""
    from ._study import lines, study

    try:
        options.report = place("--report", options.report, folders=False)
        with warnings.catch_warnings(record=True):  # they are notes of the pool as well
            warnings.simplefilter("always")
            pool = pool_of(options)
        rng = np.random.default_rng(options.seed)
        found = study(pool, options.risk, options.sets, rng, options.jobs)
        say("\n".join(lines(found)))
        if options.report:
            write_report(options.report, found, options.data.name)
    except BadFile as error:
        print(f"linear_distillation: {error}", file=sys.stderr)
        return 3
    return 0


def pool_of(options: argparse.Namespace) -> Pool:
    """The pool of the data and the teacher that the options name."""
    from .pool import Pool

    data = read_table(options.data, options.logits, options.drop)
    X, logits = np.asarray(data.X), data.logits
    try:
        if options.teacher is None:
            if logits is None:
                raise BadFile(f"{options.data}: no logits; give --logits or --teacher")
            return Pool(standard(X, options), logits, intercept=with_intercept(options))
        model = read_teacher(options.teacher, X.shape[1])
        if options.standardise:
            from ._teachers import logits_of

            return Pool(standard(X, options), logits_of(model, X), intercept=True)
        return Pool.from_model(model, X, intercept=options.intercept or None)
    except (ValueError, TypeError) as error:
        raise BadFile(f"{options.data}: {error}") from error


def with_intercept(options: argparse.Namespace) -> bool:
    return options.intercept or options.standardise


def standard(X: NDArray[Any], options: argparse.Namespace) -> NDArray[Any]:
    """Columns of mean 0 and deviation 1, if that is asked for; constant ones are left out."""
    if not options.standardise or X.ndim != 2 or X.dtype.kind not in "iuf":
        return X
    spread = X.std(axis=0)
    kept = spread > 1e-12 * np.abs(X).max(axis=0)
    if not kept.any():
        raise ValueError("X: all columns are constant")
    return (X[:, kept] - X[:, kept].mean(axis=0)) / spread[kept]


def write_report(path: Path, found: Study, name: str) -> None:
    from ._report import write

    try:
        write(path, found, f"Distillation from {name}")
    except OSError as error:
        raise BadFile(f"--report: cannot write {path} ({error.strerror})") from error
    say(f"\n{path} is written.")
