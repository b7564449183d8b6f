"""The same work by one process, by two, and by a cluster of two: seconds, and whether bits agree.

What ten machines would take is not measured. By Amdahl's law the share of the work that two
processes did not halve stays, and the longest call stays whole.
"""

import tempfile
from contextlib import contextmanager
from functools import partial
from statistics import median
from time import perf_counter

import joblib
import numpy as np
from timing import seconds

import linear_distillation as ld
from linear_distillation import evidence, jobs
from linear_distillation.claims import REGISTRY

TEN = 20  # processes: two on each of ten machines


def sweep(kappas, n_sets, n_jobs):
    """Expected risks of many tasks."""
    tasks, rng = [ld.PolynomialTask(kappa, 1000) for kappa in kappas], np.random.default_rng(11)
    return [risks.tolist() for risks in ld.risk.sweep(tasks, [20], n_sets, rng, n_jobs=n_jobs)]


def curve(rows, n_sets, n_jobs):
    """A learning curve of a pool."""
    rng = np.random.default_rng(12)
    X = rng.standard_normal((rows, rows // 10)) / np.sqrt(np.arange(1, rows // 10 + 1))
    pool = ld.Pool(X, X @ rng.standard_normal(rows // 10))
    ns = np.unique(np.geomspace(10, 0.9 * pool.rank, 20).astype(int))
    found = pool.learning_curve(ns, n_sets, rng, n_jobs=n_jobs)
    return [found.mean.tolist(), found.stderr.tolist()]


def verify(ids, n_jobs):
    """Attacks on claims; what is certified once a process is certified again."""
    evidence.certified.cache_clear()
    return ld.verify(ids, n_jobs=n_jobs)


def longest(ids):
    """Seconds of the claim that takes longest, which no further machine makes shorter."""
    evidence.certified.cache_clear()
    last, taken = perf_counter(), []
    for _ in evidence.examined(ids, "quick", 0, 1):
        taken.append(perf_counter() - last)
        last = perf_counter()
    return max(taken)


@contextmanager
def cluster():
    """A cluster of two processes on this machine, to which all calls go."""
    import dask
    import distributed

    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": ":0"}
    with (
        tempfile.TemporaryDirectory() as folder,
        dask.config.set({"temporary-directory": folder}),
        distributed.LocalCluster(processes=True, **options) as here,
        distributed.Client(here) as client,
    ):
        client.wait_for_workers(2)
        with joblib.parallel_config(backend="dask"):
            yield


def machines(quick):
    """Each kind of long work, three times in each way (verify once), after a warm-up."""
    ids = list(REGISTRY)[: 4 if quick else None]
    kappas = np.linspace(0.5, 4, 4 if quick else 36)
    works = {
        "ld.risk.sweep": (partial(sweep, kappas, 2000 if quick else 100_000), 3),
        "Pool.learning_curve": (
            partial(curve, 400 if quick else 4000, 40 if quick else 800),
            3,
        ),
        "verify": (partial(verify, ids), 1),
    }
    warm(1)
    ways = {name: {"one": ways_of(work, 1, times)} for name, (work, times) in works.items()}
    warm(2)
    for name, (work, times) in works.items():
        ways[name]["two"] = ways_of(work, 2, times)
    jobs.stop()
    with cluster():
        warm(-1)
        for name, (work, times) in works.items():
            ways[name]["cluster"] = ways_of(work, -1, times)
    report = {name: compared(found) for name, found in ways.items()}
    report["verify"]["longest"] = longest(ids)
    changed = sum(not row["same"] for row in report.values())
    return (
        report | {"changed": changed} | {"claims": len(ids), "tasks": len(kappas), "processes": TEN}
    )


def warm(n_jobs):
    """Start the workers, and have them import the library."""
    jobs.results([partial(sweep, [1.0], 100, 1)] * 8, n_jobs)
    ld.verify(list(REGISTRY)[:2], n_jobs=n_jobs)


def ways_of(work, n_jobs, times):
    """Median seconds, and what came out."""
    taken, found = zip(*(seconds(partial(work, n_jobs)) for _ in range(times)), strict=True)
    return median(taken), found[-1]


def compared(ways):
    """Seconds of each way, whether the results are one, and what more processes would take."""
    times = {name: taken for name, (taken, _) in ways.items()}
    first = ways["one"][1]
    same = all(found == first for _, found in ways.values())
    return times | {"same": same} | amdahl(times["one"], times["two"])


def amdahl(one, two, processes=TEN):
    """The share of `one` that two processes do not share, and seconds with many more."""
    alone = float(np.clip(2 * two / one - 1, 0, 1))
    return {"alone": alone, "ten machines": one * (alone + (1 - alone) / processes)}
