"""Results do not depend on workers: their number, their order, or their death."""

import os
import signal
from functools import partial
from pathlib import Path

import joblib
import numpy as np
import pytest
from joblib.externals.loky.process_executor import TerminatedWorkerError

import linear_distillation as ld
from linear_distillation import jobs

RUNS = {
    "chain": (ld.PolynomialTask(1, 1000), 5, None),
    "bare tail": (ld.SymmetricTask(lambda t: (1 - 2 * t / np.pi) ** 2, 9), 3, None),
    "examples": (ld.MixtureTask([[0.35, 0.94, 0.1], [0.1, 0.7, 0.7]], 0.1), 2, None),
    "held-out": (ld.PolynomialTask(1, 5), 2, 7),
}


def run(name, n_jobs):
    task, n, n_test = RUNS[name]
    rng = np.random.default_rng(11)
    return ld.expected_risk(task, n, 500, rng, n_test=n_test, n_jobs=n_jobs)


@pytest.mark.parametrize("name", RUNS)
def test_any_number_of_workers_gives_the_same_bits(monkeypatch, name):
    monkeypatch.setattr("linear_distillation.risk.PART", 100)  # many parts
    monkeypatch.setattr("linear_distillation.risk.BLOCK", 20)
    monkeypatch.setattr("linear_distillation.risk.HELD", 100)
    assert run(name, 1) == run(name, 2) == run(name, 3)


def test_a_sweep_gives_the_same_bits():
    tasks = [ld.PolynomialTask(kappa, 50) for kappa in (0.5, 1, 2)]
    one, two = (ld.risk.sweep(tasks, 4, 200, np.random.default_rng(5), n_jobs=j) for j in (1, 2))
    assert all((a == b).all() for a, b in zip(one, two, strict=True))


def die_once(mark, index):
    """Ends its own worker the first time; `mark` is a file that remembers."""
    if index == 1 and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return np.random.default_rng(index).random()


def test_a_killed_worker_does_not_change_a_number(tmp_path):
    calls = [partial(die_once, tmp_path / "died", i) for i in range(6)]
    found = jobs.results(calls, n_jobs=2)
    assert (tmp_path / "died").exists()
    assert found == [np.random.default_rng(i).random() for i in range(6)]


def always_die():
    os.kill(os.getpid(), signal.SIGKILL)


def test_workers_that_always_die_end_the_run():
    with pytest.raises(TerminatedWorkerError):
        jobs.results([always_die, always_die], n_jobs=2)


@pytest.mark.parametrize("n_jobs, calls, workers", [(999, 3, 3), (2, 3, 2), (-1, 3, 3), (-1, 1, 0)])
def test_workers_are_bounded_by_the_work(monkeypatch, n_jobs, calls, workers):
    """None is started that would have nothing to do, on a machine of 64 cores."""
    asked = []

    def pool(n_jobs, **options):
        asked.append(n_jobs)
        return lambda jobs: [job[0](*job[1], **job[2]) for job in jobs]

    monkeypatch.setattr(joblib, "Parallel", pool)
    monkeypatch.setattr(joblib, "effective_n_jobs", lambda n: 64 if n < 0 else n)
    assert jobs.results([partial(abs, -i) for i in range(calls)], n_jobs) == [*range(calls)]
    assert asked == [workers] * bool(workers)


def test_an_error_in_a_worker_is_seen():
    with pytest.raises(ZeroDivisionError):
        jobs.results([partial(divmod, 1, 0)] * 2, n_jobs=2)


def test_progress_is_for_terminals(monkeypatch, capsys):
    calls = [partial(abs, -i) for i in range(3)]
    assert jobs.results(calls) == [0, 1, 2]
    assert capsys.readouterr().err == ""
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    bars = []
    monkeypatch.setattr("tqdm.tqdm", lambda items, **options: bars.append(options) or items)
    assert jobs.results(calls, unit="curve") == [0, 1, 2]
    assert bars == [{"total": 3, "unit": "curve", "leave": False, "delay": 1}]


def whereabouts():
    return os.getpid()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    import dask
    import distributed

    with dask.config.set({"temporary-directory": str(tmp_path_factory.mktemp("dask"))}):
        options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": ":0"}
        with (
            distributed.LocalCluster(processes=True, **options) as cluster,
            distributed.Client(cluster) as client,
        ):
            client.wait_for_workers(2)
            yield client


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("name", RUNS)
def test_a_dask_cluster_of_two_processes_gives_the_same_bits(cluster, monkeypatch, name):
    monkeypatch.setattr("linear_distillation.risk.PART", 2000)
    alone = run(name, 1)
    with joblib.parallel_config(backend="dask"):
        assert run(name, -1) == alone


def pool_curve(n_jobs):
    rng = np.random.default_rng(3)
    X = rng.standard_normal((200, 12))
    pool = ld.Pool(X, X @ rng.standard_normal(12))
    curve = pool.learning_curve([2, 5, 9], 16, rng, n_jobs=n_jobs, noise=0.1)
    return [getattr(curve, name).tolist() for name in ("mean", "stderr", "low", "high")]


def report_of_claims(n_jobs):
    """One claim of a computation, one of a statistic."""
    return ld.verify(["lemma-1", "theorem-3-19"], seed=1, n_jobs=n_jobs)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("work", [pool_curve, report_of_claims])
def test_curves_and_reports_are_equal_on_the_cluster(cluster, work):
    before = cluster.run(calls_done)
    alone = work(1)
    with joblib.parallel_config(backend="dask"):
        assert work(-1) == alone
    assert sum(cluster.run(calls_done).values()) >= sum(before.values()) + 2


def calls_done(dask_worker):
    return dask_worker.state.transition_counter


def test_the_calls_go_to_the_cluster(cluster):
    workers = set(cluster.run(os.getpid).values())
    assert len(workers) == 2 and os.getpid() not in workers
    with joblib.parallel_config(backend="dask"):
        assert set(jobs.results([whereabouts] * 20, n_jobs=-1)) <= workers


def test_a_cluster_that_loses_a_worker_keeps_its_numbers(cluster, tmp_path):
    calls = [partial(die_once, Path(tmp_path) / "died", i) for i in range(6)]
    with joblib.parallel_config(backend="dask"):
        found = jobs.results(calls, n_jobs=-1)
    assert (tmp_path / "died").exists()
    assert found == [np.random.default_rng(i).random() for i in range(6)]


@pytest.mark.parametrize("terminal, total, bar", [(0, 5, 0), (0, 1, 0), (1, 1, 0), (1, 5, 1)])
def test_a_bar_needs_a_terminal_and_several_parts(monkeypatch, terminal, total, bar):
    monkeypatch.setattr("sys.stderr.isatty", lambda: bool(terminal))
    items = range(total)
    assert (jobs.watched(items, total, "part") is not items) == bool(bar)
