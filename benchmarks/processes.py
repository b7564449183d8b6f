"""Whole processes: their memory, the time of commands, and of each stage of a build."""

import json
import os
import shlex
import statistics
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

import nbformat
from timing import seconds

ROOT = Path(__file__).parents[1]
BOOK, FIGURES = ROOT / "book", ROOT / "tests/figures"
PAGE = "speed/how-fast-is-it"  # shows what is measured here, and is not measured itself

PEAK = """
import numpy as np, linear_distillation as ld
from pathlib import Path
ld.expected_risk({task}, {n}, {sets}, np.random.default_rng(0))
status = Path("/proc/self/status")  # rusage would count the parent's memory too
if status.exists():
    print(next(line.split()[1] for line in status.open() if line.startswith("VmHWM")))
else:
    import resource, sys
    unit = 1024 if sys.platform == "darwin" else 1
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // unit)
"""


def memory(quick):
    """Peak resident memory of a process, in MiB, as n_sets grows."""
    tasks = {
        "chain": ("ld.PolynomialTask(1, 1000)", 20, [10**3, 10**5, 10**6]),
        "examples": ("ld.MixtureTask(np.eye(3, 200), 0.3)", 20, [10**2, 10**3, 10**4]),
    }
    rows = {}
    for name, (task, n, counts) in tasks.items():
        for sets in counts[:2] if quick else counts:
            code = PEAK.format(task=task, n=n, sets=sets)
            rows[f"{name}, {sets} sets"] = int(output([sys.executable, "-c", code])) / 1024
    return rows


def output(command):
    return subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout


def commands(quick):
    """Wall time of commands; of a quick run only the imports."""
    engine = [sys.executable, "-m", "linear_distillation", "verify", "--quiet", "--jobs", "2"]
    chosen = {
        "import numpy": ([sys.executable, "-c", "import numpy"], 7),
        "import linear_distillation": ([sys.executable, "-c", "import linear_distillation"], 7),
        "verify --budget quick --jobs 2": (engine, 1),
        "verify --budget full --jobs 2": ([*engine, "--budget", "full"], 1),
    }
    names = list(chosen)[: 2 if quick else None]
    report = {name: whole(*chosen[name]) for name in names}
    if not quick:
        name = median_chapter()
        with kept(BOOK / f"{name}.ipynb", FIGURES / f"{name}.json"):
            edit = whole(["make", "--no-print-directory", "chapter", f"NAME={name}"], 3)
        report["make chapter"] = edit | {"chapter": name}
    return report


def whole(command, repeats):
    """Seconds of a command; of one that fails its exit status and its last words."""
    taken = []
    for _ in range(repeats):
        spent, done = seconds(
            lambda: subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
        )
        if done.returncode:
            return failed(done)
        taken.append(spent)
    return {"median": statistics.median(taken), "low": min(taken), "high": max(taken)} | {
        "repeats": repeats
    }


def failed(done):
    """What is kept of a command that failed; it is said at once, too."""
    words = (done.stdout + done.stderr).strip()[-2000:]
    print(f"{done.args} failed with status {done.returncode}:\n{words}", file=sys.stderr)
    return {"failed": done.returncode}


def median_chapter():
    """The chapter whose cells are of the median length."""
    sizes = {
        path.relative_to(BOOK).with_suffix("").as_posix(): length(path)
        for path in BOOK.rglob("*.ipynb")
        if ".ipynb_checkpoints" not in path.parts
    }
    sizes.pop(PAGE)
    return sorted(sizes, key=lambda name: (sizes[name], name))[len(sizes) // 2]


def length(path):
    return sum(len(cell.source) for cell in nbformat.read(path, as_version=4).cells)


@contextmanager
def kept(*paths):
    """These files, if they are there, are afterwards what they were."""
    before = {path: path.read_bytes() for path in paths if path.exists()}
    try:
        yield
    finally:
        for path, content in before.items():
            path.write_bytes(content)


# Builds, stage by stage


def builds(quick):
    """`make book` and `make test`; of a quick run `make lint` alone."""
    return {f"make {name}": build(name) for name in (["lint"] if quick else ["book", "test"])}


def build(target, folder=ROOT):
    """Seconds of a target, and of the lines of its recipe: make calls them through stage.py."""
    with tempfile.TemporaryDirectory() as top:
        shell, lines = Path(top, "shell"), Path(top, "lines")
        stage = shlex.quote(str(Path(__file__).with_name("stage.py")))
        shell.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {stage} "$@"\n')
        shell.chmod(0o755)
        spent, done = seconds(lambda: make(target, shell, lines, folder))
        stages = summed(lines.read_text().splitlines() if lines.exists() else [])
    found = failed(done) if done.returncode else {"median": spent, "repeats": 1}
    return found | {"stages": stages}


def make(target, shell, lines, folder):
    # an outer make has flags of its own, and exports what the inner one would set
    environment = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL")}
    command = ["make", "--no-print-directory", f"SHELL={shell}", target]
    environment["STAGES"] = str(lines)
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def summed(lines):
    """Seconds of the stages, in the order in which they began; those of one name together."""
    stages = {}
    for row in map(json.loads, lines):
        stages[row["name"]] = stages.get(row["name"], 0) + row["seconds"]
    return stages
