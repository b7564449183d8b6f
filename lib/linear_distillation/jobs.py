"""Independent calls on several cores or machines, with results that do not depend on how many."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from ._checks import as_jobs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import TypeVar

    from ._types import Count

    Result = TypeVar("Result")

LOSSES = 3  # pools that may break before a run gives up


def finished(
    calls: Sequence[Callable[[], Result]], n_jobs: Count = 1
) -> Iterator[tuple[int, Result]]:
    """Call every function of a sequence; yield (index, result) as they finish.

    With one job nothing is started. Otherwise joblib shares the calls out: to
    processes of this machine, or to whatever `joblib.parallel_config` names.
    A call must carry all that its result depends on, random numbers included:
    then a worker that dies is only a call that is made again.

    Parameters
    ----------
    calls : sequence of callable
        Without arguments; picklable.
    n_jobs : int
        Processes, no more than there are calls; -1 for all that there are.

    Raises
    ------
    ValueError
        If n_jobs is not a whole number or zero.
    joblib.externals.loky.process_executor.TerminatedWorkerError
        If workers have died again and again.
    """
    waiting, losses = dict(enumerate(calls)), 0
    n_jobs = as_jobs("n_jobs", n_jobs)
    if n_jobs == 1 or len(calls) <= 1:
        yield from ((index, call()) for index, call in waiting.items())
        return
    import joblib
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    while waiting:
        workers = min(joblib.effective_n_jobs(n_jobs), len(waiting))
        pool = joblib.Parallel(workers, return_as="generator_unordered")
        jobs = [joblib.delayed(_numbered)(*item) for item in waiting.items()]
        try:
            for index, result in pool(jobs):
                del waiting[index]
                yield index, result
        except TerminatedWorkerError:
            losses += 1
            if losses > LOSSES:
                raise


def _numbered(index: int, call: Callable[[], Result]) -> tuple[int, Result]:
    return index, call()


def results(
    calls: Sequence[Callable[[], Result]], n_jobs: Count = 1, unit: str = "part"
) -> list[Result]:
    """The results of `finished` in the order of the calls; a terminal sees a progress bar."""
    found = {}
    for index, result in watched(finished(calls, n_jobs), len(calls), unit):
        found[index] = result
    return [found[index] for index in range(len(calls))]


def watched(items: Iterator[Result], total: int, unit: str) -> Iterator[Result]:
    """The items, counted by a bar if they take more than a second and a terminal is there."""
    if total == 1 or not sys.stderr.isatty():
        return items
    from tqdm import tqdm

    return tqdm(items, total=total, unit=unit, leave=False, delay=1)


def clear(items: object) -> None:
    """Wipe the bar of `watched`, if there is one, before something else is printed."""
    if hasattr(items, "clear"):
        items.clear()


def stop() -> None:
    """End the processes that `finished` may have started, and leave none behind."""
    executor = sys.modules.get("joblib.externals.loky.reusable_executor")
    if executor is not None and executor._executor is not None:
        executor._executor.shutdown(kill_workers=True)
