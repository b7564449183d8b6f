"""What carries over to networks, measured: networks.py [--small] [--jobs J] [FILE].

Two-layer and deep ReLU networks learn the parity of scikit-learn's digits from a teacher in the
space of the tangent kernel. Every number has its standard error over independent networks, each
with a transfer set and a start of its own. The chapter reads what is written.
"""

import argparse
import json
import platform
import subprocess
import sys
import time
import warnings
from functools import cache, partial
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from scipy.special import expit
from scipy.stats import norm
from sklearn import datasets, decomposition, preprocessing
from threadpoolctl import threadpool_limits

import linear_distillation as ld
from linear_distillation import jobs
from linear_distillation.flow import ConvergenceWarning
from linear_distillation.kernels import (
    KernelFunction,
    arc_cosine_kernel,
    kernel_student,
    relu_tangent_kernel,
)
from linear_distillation.relu import ReluNetworks

ROOT = Path(__file__).parents[1]
SEED, COLUMNS, LOGIT = 5, 40, 2.0  # LOGIT: root mean square of the teacher's
SOFT, HARD, STEPS = 3e-4, 1e-2, 3000  # residuals at which training ends, or steps
FULL = {
    "widths": {"n": 40, "widths": [16, 64, 256, 1024], "copies": 16},
    "geometry": {"ns": [10, 40, 160], "ridges": [10.0, 0.1], "width": 256, "copies": 12},
    "bias": {"n": 100, "scales": [0.25, 0.5, 1, 2, 4], "width": 256, "copies": 12},
    "wider": {"n": 100, "scale": 4.0, "widths": [64, 256, 1024], "copies": 12},
    "monotone": {"n": 40, "width": 256, "copies": 300, "sequences": 1000},
    "deep": {"n": 100, "shapes": [[16], [16] * 3, [64] * 3], "copies": 12},
}
SMALL = {
    "widths": {"n": 12, "widths": [16, 128], "copies": 4},
    "geometry": {"ns": [12], "ridges": [10.0], "width": 64, "copies": 4},
    "bias": {"n": 12, "scales": [0.5, 4], "width": 64, "copies": 4},
    "wider": {"n": 12, "scale": 4.0, "widths": [32, 128], "copies": 4},
    "monotone": {"n": 8, "width": 64, "copies": 4, "sequences": 20},
    "deep": {"n": 12, "shapes": [[16] * 2], "copies": 4},
}
unfinished = []  # which of the trained networks ended above their residual


@cache
def digits(ridge=1.0, depth=2):
    """Pool and test half, and a teacher: ridge regression on the parity, of a fixed size."""
    X, digit = datasets.load_digits(return_X_y=True)
    X = decomposition.PCA(COLUMNS, random_state=0).fit_transform(preprocessing.scale(X))
    X, y = X / np.sqrt(np.square(X).sum(axis=1).mean()), np.where(digit % 2, 1.0, -1.0)
    order = np.random.default_rng(0).permutation(len(X))
    pool, test = order[: len(X) // 2], order[len(X) // 2 :]
    kernel, rows = relu_tangent_kernel(depth), X[pool]
    c = np.linalg.solve(kernel(rows, rows) + ridge * np.eye(len(rows)), y[pool])
    raw = KernelFunction(kernel, rows, c)
    teacher = KernelFunction(kernel, rows, c * LOGIT / np.sqrt(np.square(raw(rows)).mean()))
    z, t = teacher(rows), teacher(X[test])
    return SimpleNamespace(pool=rows, test=X[test], logits=z, truth=t, teacher=teacher)


def sets_of(task, n, copies, rng):
    """Row numbers of independent transfer sets, (copies, n)."""
    return np.array([rng.choice(len(task.pool), n, replace=False) for _ in range(copies)])


def risk(logits, task):
    return (np.sign(logits) != np.sign(task.truth)).mean(axis=-1)


def students(task, sets, kernel):
    """Logits of the kernel students on the test half, (copies, N)."""
    return np.array([kernel_student(kernel, task.pool[s], task.logits[s])(task.test) for s in sets])


def trained(nets, task, sets, hard=False, **keywords):
    """Logits of trained networks on the test half, (copies, N)."""
    z = task.logits[sets]
    labels, tol = ((z > 0).astype(float), HARD) if hard else (expit(z), SOFT)
    with warnings.catch_warnings():  # they are counted
        warnings.simplefilter("ignore", ConvergenceWarning)
        done = nets.train(task.pool[sets], labels, tol=tol, steps=STEPS, **keywords)
    unfinished.extend((done.residual > tol).tolist())
    return done.networks(task.test)


def estimate(values):
    """Mean and standard error."""
    values = np.asarray(values, dtype=float)
    error = values.std(ddof=1) / np.sqrt(len(values))
    return {"mean": float(values.mean()), "error": float(error), "count": len(values)}


# Measurements


def widths(rng, n, widths, copies):
    """The distance between networks and their kernel students, and its power of the width."""
    task, kernel, rows, logs = digits(), relu_tangent_kernel(2), [], []
    for m in widths:
        sets = sets_of(task, n, copies, rng)
        ends = students(task, sets, kernel)
        gap = trained(ReluNetworks(COLUMNS, [m], copies, rng), task, sets) - ends
        size = np.sqrt(np.square(ends).mean(axis=1))
        share = np.sqrt(np.square(gap).mean(axis=1)) / size
        rows.append({"width": m} | estimate(share))
        logs.append(np.log(share))
    x = np.repeat(np.log(widths), copies)
    x, y = x - x.mean(), np.concatenate(logs)
    slope = x @ y / (x @ x)
    left = y - y.mean() - slope * x
    error = np.sqrt(left @ left / (len(x) - 2) / (x @ x))
    return {"rows": rows, "exponent": float(slope), "exponent error": float(error)}


def geometry(rng, ns, ridges, width, copies):
    """Risks of networks, kernel students, and the law of the tangent kernel's spectrum."""
    rows, kernel = [], relu_tangent_kernel(2)
    for ridge in ridges:
        task = digits(ridge)
        pool = ld.Pool(
            task.pool, task.logits, kernel=kernel, test=task.test, test_logits=task.truth
        )
        law = pool.spectrum_law()
        for n in ns:
            sets = sets_of(task, n, copies, rng)
            ends = risk(students(task, sets, kernel), task)
            found = risk(trained(ReluNetworks(COLUMNS, [width], copies, rng), task, sets), task)
            rows.append({
                "ridge": ridge, "n": n, "law": float(law.risk(n)), "network": estimate(found),
                "kernel": estimate(ends), "difference": estimate(found - ends),
                "bound": ld.theorem3_bound(task.teacher.tail(task.test).law, n).value,
            })  # fmt: skip
    return rows


def biased(task, sets, nets, scale):
    """Risks of P f + (I - P) f_0: given the start, and in the mean over Gaussian starts."""
    kernel, process = relu_tangent_kernel(2), arc_cosine_kernel(1)
    start, sign, rows = nets.start(task.test), np.sign(task.truth), []
    at_pool = nets.start(task.pool)
    for i, s in enumerate(sets):
        X = task.pool[s]
        W = np.linalg.solve(kernel(X, X), kernel(X, task.test))
        mean = task.logits[s] @ W
        variance = np.square(task.test).sum(axis=1) - 2 * (W * process(X, task.test)).sum(axis=0)
        variance = variance + (W * (process(X, X) @ W)).sum(axis=0)
        law = norm.cdf(-sign * mean / (scale * np.sqrt(variance))).mean()
        rows.append((risk(mean + start[i] - at_pool[i, s] @ W, task), law, risk(mean, task)))
    return np.array(rows).T


def bias(rng, n, scales, width, copies):
    """Scales of the start: networks against theory; centred, by Adam, and of hard labels."""
    task, rows = digits(), []
    for scale in scales:
        sets = sets_of(task, n, copies, rng)
        shape = COLUMNS, [width], copies
        raw = ReluNetworks(*shape, rng, scale=scale, centred=False)
        centred = ReluNetworks(*shape, rng, scale=scale)
        given, law, kernel = biased(task, sets, raw, scale)
        soft, hard = (risk(trained(raw, task, sets, hard), task) for hard in (False, True))
        quiet = risk(trained(centred, task, sets), task)
        adam = risk(trained(centred, task, sets, adam=True), task)
        rows.append({
            "scale": scale, "soft": estimate(soft), "theory": estimate(given), "law": estimate(law),
            "soft - theory": estimate(soft - given), "soft - law": estimate(soft - law),
            "hard": estimate(hard), "hard - soft": estimate(hard - soft),
            "centred": estimate(quiet), "kernel": estimate(kernel),
            "centred - kernel": estimate(quiet - kernel),
                "adam - centred": estimate(adam - quiet),
        })  # fmt: skip
    return rows


def wider(rng, n, scale, widths, copies):
    """What is left between biased networks and theory, by width."""
    task, rows = digits(), []
    for m in widths:
        sets = sets_of(task, n, copies, rng)
        nets = ReluNetworks(COLUMNS, [m], copies, rng, scale=scale, centred=False)
        given = biased(task, sets, nets, scale)[0]
        rows.append({"width": m} | estimate(risk(trained(nets, task, sets), task) - given))
    return rows


def angle(logits, task):
    """Between functions, by their logits on the test half (radians)."""
    sizes = np.linalg.norm(logits, axis=-1) * np.linalg.norm(task.truth)
    return np.arccos(np.clip(logits @ task.truth / sizes, -1, 1))


def in_coordinates(task, sets, kernel):
    """Examples (k, n, n) and teachers (k, n) in coordinates of their span, and its functions."""
    K = kernel(task.pool, task.pool)
    L = np.linalg.cholesky(K[sets[:, :, None], sets[:, None]])
    across = kernel(task.test, task.pool)

    def functions(v):
        c = np.linalg.solve(L.swapaxes(1, 2), v[..., None])[..., 0]
        return np.array([across[:, s] @ w for s, w in zip(sets, c, strict=True)])

    teachers = np.linalg.solve(L, task.logits[sets][..., None])[..., 0]
    return L.swapaxes(1, 2), teachers, functions


def steps_of(before, after, moved=None):
    """How often an angle falls with one more example: of all, and of those students that moved."""
    moved = np.full(len(before), True) if moved is None else moved
    fell = (after < before) & moved
    return {"all": estimate(fell), "moved": estimate(fell[moved])}


def monotone(rng, n, width, copies, sequences):
    """One more example: how often angles and risks fall, for soft and hard labels."""
    task, kernel = digits(), relu_tangent_kernel(2)
    sets, found = sets_of(task, n + 1, sequences, rng), {}
    X, w, functions = in_coordinates(task, sets, kernel)
    for name, learner in (("soft", ld.distilled_student), ("hard", ld.hard_label_student)):
        v = [np.array([learner(x[:, :m], u) for x, u in zip(X, w, strict=True)])
             for m in (n, n + 1)]  # fmt: skip
        own = [ld.geometry.vector_angle(part, w) for part in v]
        logits = [functions(part) for part in v]
        moved = np.linalg.norm(v[1] - v[0], axis=1) > 1e-6 * np.linalg.norm(v[1], axis=1)
        outer, risks = ([g(part, task) for part in logits] for g in (angle, risk))
        found[name] = {
            "in the space": steps_of(*own, moved), "of logits": steps_of(*outer, moved),
            "risk": estimate(risks[0]), "ties": estimate(~moved),
        }  # fmt: skip
    sets = sets[:copies]
    nets, fell = ReluNetworks(COLUMNS, [width], copies, rng), {}
    for name in ("soft", "hard"):
        logits = [trained(nets, task, sets[:, :m], name == "hard") for m in (n, n + 1)]
        before, after = (angle(part, task) for part in logits)
        fell[name] = (after < before).astype(float)
        found[f"network, {name}"] = {
            "of logits": estimate(fell[name]), "risk": estimate(risk(logits[0], task))
        }  # fmt: skip
    found["network, soft - hard"] = estimate(fell["soft"] - fell["hard"])
    return found


def deep(rng, n, shapes, copies):
    """Deep and narrow students of soft and hard labels, and the kernel student of their depth."""
    task, rows = digits(), []
    for shape in shapes:
        sets = sets_of(task, n, copies, rng)
        kernel = relu_tangent_kernel(len(shape) + 1)
        ends = students(task, sets, kernel)
        nets = ReluNetworks(COLUMNS, shape, copies, rng)
        found = trained(nets, task, sets, rate=0.3)
        hard, soft = risk(trained(nets, task, sets, True, rate=0.3), task), risk(found, task)
        gap = np.sqrt(np.square(found - ends).mean(axis=1) / np.square(ends).mean(axis=1))
        rows.append({
            "shape": shape, "soft": estimate(soft), "kernel": estimate(risk(ends, task)),
            "soft - kernel": estimate(soft - risk(ends, task)), "hard": estimate(hard),
            "hard - soft": estimate(hard - soft), "distance": estimate(gap),
        })  # fmt: skip
    return rows


MEASURES = {f.__name__: f for f in (widths, geometry, bias, wider, monotone, deep)}


def measured(name, keywords, stream):
    """One measurement, how many of its networks are unfinished, and processor seconds."""
    unfinished.clear()
    start = time.process_time()
    with threadpool_limits(1):  # sums of several threads are rounded in another order
        found = MEASURES[name](np.random.default_rng(stream), **keywords)
    return found, [sum(unfinished), len(unfinished)], time.process_time() - start


def runs(settings, seed=SEED, n_jobs=1):
    """All measurements, each with random numbers of its own, so that any process may make it."""
    streams = np.random.SeedSequence(seed).spawn(len(settings))
    calls = [
        partial(measured, name, keywords, stream)
        for stream, (name, keywords) in zip(streams, settings.items(), strict=True)
    ]
    found = dict(zip(settings, jobs.results(calls, n_jobs), strict=True))
    for name, (*_, spent) in found.items():
        print(f"{name}: {spent:.1f} s", file=sys.stderr)
    return found


def measure(settings, seed=SEED, n_jobs=1):
    """The numbers of `runs`."""
    return numbers(runs(settings, seed, n_jobs))


def numbers(found):
    results = {}
    for name, (result, left, _) in found.items():
        results |= {name: result, f"{name}, unfinished": left}
    return results


def provenance():
    """Where the numbers are from; no commit where git tracks another project, around this one."""

    def git(*arguments):
        command = ["git", "-C", ROOT, *arguments]
        return subprocess.run(command, capture_output=True, text=True).stdout.strip()

    ours = not git("rev-parse", "--show-prefix") and git("ls-files", "Makefile")
    naming = ["describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]
    commit = git(*naming) if ours else ""
    packages = ("numpy", "scipy", "scikit-learn")
    return {
        "commit": commit, "seed": SEED, "python": platform.python_version(),
        **{name: version(name) for name in packages},
    }  # fmt: skip


def main(small=False, file=ROOT / "book/open-questions/networks.json", n_jobs=1):
    made = provenance()  # of the code that runs, not of later edits
    few = runs(SMALL, n_jobs=n_jobs)
    results = {"small": numbers(few)}
    if small:
        print(json.dumps(results, indent=1))
        return
    many = runs(FULL, n_jobs=n_jobs)
    results |= {"settings": FULL, "full": numbers(many)}
    spent = round(sum(row[-1] for row in [*few.values(), *many.values()]))
    results["made"] = made | {"cpu seconds": spent}
    Path(file).write_text(json.dumps(results, indent=1) + "\n", encoding="utf8")
    print(f"{file} took {spent} s")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--small", action="store_true", help="the small version, printed")
    parser.add_argument("--jobs", type=int, default=1, dest="n_jobs", help="processes")
    parser.add_argument("file", nargs="?", default=ROOT / "book/open-questions/networks.json")
    return vars(parser.parse_args())


if __name__ == "__main__":
    import networks  # by its name, which other processes know

    networks.main(**arguments())
