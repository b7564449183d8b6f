"""Measured comparisons: python benchmarks/run.py [--quick] [--output FILE] [PART ...].

Medians and quartiles of several repeats. Each part is stored as soon as it is measured, with
its date, commit, machine and load. Nothing here is a test: no number is judged.
"""

import argparse
import json
import os
import platform
import sys
import traceback
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

import before
import goals
import machines
import numpy as np
import pages
import peers
import processes
import scipy
from networks import provenance
from timing import quartiles, ratio, seconds, timed

import linear_distillation as ld
from linear_distillation.chain import BLOCK, draw_sets, squared_cotangents
from linear_distillation.objective import divergence, label_gap
from linear_distillation.risk import risk_table

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "book/speed/results.json"
D, N, KAPPA, SETS = 1000, 20, 1.0, 1000
TASK = ld.PolynomialTask(KAPPA, D)


def machine():
    """What was measured on."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return {
        "processor": names[0] if names else platform.processor(),
        "cores": os.cpu_count(),
        "system": platform.system(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "blas threads": os.environ.get("OPENBLAS_NUM_THREADS", "not set"),
    }


# (a) One point of Figure 3


def accuracy(students, sets):
    """Largest distance of students (k, d) to the projections of the teacher."""
    return float(np.linalg.norm(students - ld.distilled_student(sets, TASK.teacher), axis=1).max())


def by_lbfgs(X):
    """The honest strong peer; the loss is computed without cancellation, or it stops early."""
    across = np.ascontiguousarray(X.T)
    a_star = across @ TASK.teacher

    def objective(w):
        gap = across @ (w - TASK.teacher)
        slope = label_gap(a_star + gap, a_star, gap) @ across / N
        return divergence(a_star + gap, a_star, gap).mean(), slope

    options = {"maxiter": 10_000, "ftol": 0, "gtol": 1e-14, "maxcor": 20}
    start = np.zeros(D)
    return scipy.optimize.minimize(objective, start, jac=True, method="L-BFGS-B", options=options).x


def by_ode(X):
    """The flow in d coordinates, with its Jacobian, until its slowest direction has decayed."""
    least = np.linalg.eigvalsh(X.T @ X)[0] / (8 * N)  # a logit below 2 curves by more than 1/10
    flow = scipy.integrate.solve_ivp(
        lambda _, w: -ld.loss_gradient(w, X, TASK.teacher),
        (0, 25 / least),
        np.zeros(D),
        method="LSODA",
        jac=lambda _, w: -ld.loss_hessian(w, X, TASK.teacher),
        rtol=1e-8,
        atol=1e-11,
    )
    return flow.y[:, -1]


def by_torch(X, target, limit):
    """Full-batch gradient descent on a batch of sets (k, d, n): steps until all are this near."""
    import torch

    X = torch.from_numpy(np.ascontiguousarray(X))
    across = X.transpose(1, 2).contiguous()
    limit_point = torch.from_numpy(ld.distilled_student(X.numpy(), TASK.teacher))
    labels = torch.sigmoid(across @ torch.from_numpy(TASK.teacher))
    step = 4 * N / torch.linalg.matrix_norm(X, 2) ** 2
    w, steps = torch.zeros_like(limit_point), 0
    while steps < limit and (w - limit_point).norm(dim=1).max() > target:
        for _ in range(100):
            gap = torch.sigmoid((across @ w[:, :, None])[..., 0]) - labels
            w -= step[:, None] * (X @ gap[:, :, None])[..., 0] / N
        steps += 100
    return w.numpy(), steps


def figure_3(quick):
    """Seconds a transfer set, and the accuracy that they buy."""
    rng, rows = np.random.default_rng(0), {}
    table, _ = timed(lambda: risk_table.__wrapped__(TASK.tail, D), 3)
    mine, risk = timed(lambda: ld.expected_risk(TASK, N, SETS, rng), 9 if quick else 51)
    rows["this library"] = a_set(mine, SETS) | {
        "accuracy": 1e-7,
        "accuracy of": "risk, relative",
        "table, once, seconds": table["median"],
        "risk": risk.mean,
    }
    sets = draw_sets(TASK, N, 3 if quick else 10, rng)
    for name, solve in {"L-BFGS": by_lbfgs, "solve_ivp in d dimensions": by_ode}.items():
        chosen, repeats = (sets, 5) if name == "L-BFGS" else (sets[:1], 1)
        figures, found = timed(lambda s=solve, c=chosen: np.array([s(X) for X in c]), repeats)
        figures |= {"accuracy": accuracy(found, chosen), "accuracy of": "student, distance"}
        rows[name] = a_set(figures, len(chosen))
    if find_spec("torch") is None:
        print("  without PyTorch; to compare with it: .venv/bin/uv pip install torch", flush=True)
        rows["PyTorch"] = {"absent": True}
        return rows
    target, limit = 1e-2, 2000 if quick else 50_000
    figures, (found, steps) = timed(lambda: by_torch(sets, target, limit), 1)
    figures |= {"accuracy": accuracy(found, sets), "accuracy of": "student, distance"}
    figures |= {"steps": steps, "reached": steps < limit, "target": target}
    rows["PyTorch"] = a_set(figures, len(sets))
    return rows


def a_set(figures, sets):
    """Figures of a whole run as seconds a transfer set."""
    each = {key: figures[key] / sets for key in ("median", "low", "high")}
    return figures | each | {"sets": sets}


# (b) Scaling


def scaling(quick):
    """Seconds against each of d, n and n_sets, with the exponent of a power law fitted."""
    rng, repeats = np.random.default_rng(1), 5 if quick else 15
    axes = {
        "d": [10**k for k in range(2, 10)],
        "n": [5, 10, 20, 40, 80, 160, 320],
        "n_sets": [10**k for k in range(3, 6 if quick else 7)],
    }
    return {name: along(name, values, rng, repeats) for name, values in axes.items()}


def along(name, values, rng, repeats):
    rows = []
    for value in values:
        at = {"d": D, "n": N, "n_sets": 10_000} | {name: value}
        task = ld.PolynomialTask(KAPPA, at["d"])
        run = timed(lambda t=task, a=at: ld.expected_risk(t, a["n"], a["n_sets"], rng), repeats)
        rows.append({"at": value} | run[0])
    seconds = [row["median"] for row in rows]
    slope = np.polyfit(np.log(values), np.log(seconds), 1)[0]
    return {"exponent": float(slope), "rows": rows}


# (c) Against the machine's limit


def random_numbers(rng):
    """What a block of the chain cannot do without."""
    for k in range(N):
        rng.random(BLOCK)
        if k:
            rng.standard_normal(BLOCK)
            rng.standard_gamma((D - k - 1) / 2, BLOCK)
            rng.standard_gamma((k - 1) / 2, BLOCK)


def limits(quick):
    """Ratios of two calls, made in turns."""
    rng, repeats = np.random.default_rng(2), 15 if quick else 101
    mixture = ld.MixtureTask(rng.standard_normal((3, D)), 0.3, teacher=rng.standard_normal(D))
    X, w = rng.standard_normal((6, D, N)), np.ones(D)

    def unavoidable():
        for _ in range(20):
            np.linalg.qr(rng.standard_normal((D, N)))
            rng.standard_normal((2, D)) @ rng.standard_normal((D, N))

    def held_out():
        return ld.expected_risk(mixture, N, 20, rng, n_test=N)

    def chain():
        return [None for _ in squared_cotangents(TASK, N, BLOCK, rng)]

    return {
        "chain / its random numbers": ratio(chain, lambda: random_numbers(rng), repeats),
        "projections / LAPACK's QR": ratio(
            lambda: ld.geometry.project(X, w), lambda: np.linalg.qr(X), repeats
        ),
        "held-out risk / numbers, QR, products": ratio(held_out, unavoidable, repeats),
    }


# What was aimed at, in seconds


def aims(quick):
    """Calls for which the library has set itself a limit."""
    rng = np.random.default_rng(3)
    sets = draw_sets(ld.PolynomialTask(KAPPA, 100), 21, SETS, rng)
    w_star = np.eye(100)[0]

    def all_learners():
        ld.monotonicity.biased_steps(sets, w_star, [0, 0.1, 0.3, 1, 3, 10], rng)
        ld.monotonicity.hard_label_steps(sets, w_star, [1, 1e2, 1e4, np.inf])

    atoms = ld.laws.AtomicLaw(rng.uniform(0, np.pi / 2, 1797))  # the digits of scikit-learn
    angles = np.linspace(0.01, 1.5, 50)
    staircase, exact = goals.STAIRCASE, goals.EXACT
    calls = {
        staircase: lambda: ld.risk.angle_risk(angles, atoms, 64),
        exact: lambda: ld.parallel.exact_expected_risk(ld.SymmetricTask(atoms, 64), N),
        "1000 transfer sets": lambda: ld.expected_risk(TASK, N, 1000, rng),
        "a million transfer sets": lambda: ld.expected_risk(TASK, N, 10**6, rng),
        "the learners of Figure 5": all_learners,
    }
    report = {name: timed(call, 3 if quick else 11)[0] for name, call in calls.items()}
    plain = {
        staircase: lambda: before.angle_risks(angles, atoms.angles, 64),
        "1000 transfer sets": lambda: before.drawn_and_projected(TASK, N, 1000, rng),
    }
    for name, call in plain.items():
        report[name]["plain"] = timed(call, 2 if quick else 3)[0]["median"]
    return report


# Choosing a transfer set


def by_deflation(X, z, n):
    """Greedy from its definition: after each step, what is left of every row and its logit."""
    Z, left, rows = X.copy(), z.copy(), []
    for _ in range(n):
        squares = np.einsum("ij,ij->i", Z, Z)
        gains = np.divide(left**2, squares, out=np.zeros_like(z), where=squares > 1e-6)
        best = int(gains.argmax())
        rows.append(best)
        unit = Z[best] / np.sqrt(squares[best])
        along = Z @ unit
        left -= along * (left[best] / along[best])
        Z -= np.outer(along, unit)
    return np.array(rows)


def selection(quick):
    """Greedy against its matrix products, orthogonal matching pursuit and the definition, in turns.

    scikit-learn's pursuit goes by |r.x|/|x|, the library by the part of x that is new: the angles
    of their students are in the report too. All steps of the definition cost the same: a tenth of
    them is timed. scikit-matter's rules are compared on a smaller pool: `peers.selectors`.
    """
    from sklearn.linear_model import orthogonal_mp

    N, d, n = (5000, 200, 20) if quick else (100_000, 1000, 100)
    rng = np.random.default_rng(4)
    X, w = rng.standard_normal((N, d)), rng.standard_normal(d)
    z, directions = X @ w, rng.standard_normal((n, d))
    atoms = np.asfortranarray((X / np.linalg.norm(X, axis=1, keepdims=True)).T)
    calls = {
        "products": lambda: [X @ q for q in directions],
        "greedy": lambda: ld.selection.choose(X, z, n).indices,
        "pursuit": lambda: np.flatnonzero(orthogonal_mp(atoms, w, n_nonzero_coefs=n)),
        "deflation": lambda: by_deflation(X, z, n // 10),
    }
    report = {"rows": N, "columns": d, "chosen": n}
    taken = {name: [] for name in calls}
    for _ in range(3):
        for name, call in calls.items():
            spent, found = seconds(call)
            taken[name].append(10 * spent if name == "deflation" else spent)
            if name in ("greedy", "pursuit"):
                angle = ld.line_angle(ld.distilled_student(X[found].T, w), w)
                report[f"{name}, degrees"] = float(np.degrees(angle))
    pairs = np.divide(taken["greedy"], taken["products"])
    return (
        report
        | {name: quartiles(values) for name, values in taken.items()}
        | {"greedy / its products": quartiles(pairs)}
    )


# What is measured, in this order: make test compares the page with what is stored, so that
# it comes before anything new is; it leaves a site, whose pages are then visited.
PARTS = {
    "builds": processes.builds,
    "pages": pages.pages,
    "commands": processes.commands,
    "figure 3": figure_3,
    "scaling": scaling,
    "limits": limits,
    "aims": aims,
    "selection": selection,
    "selectors": peers.selectors,
    "learning curves": peers.learning_curves,
    "kernels": peers.kernels,
    "memory": processes.memory,
    "machines": machines.machines,
}


def measured(part, quick):
    """What a part found, and when, where and at which load."""
    record = {"date": f"{datetime.now(UTC):%Y-%m-%d}", "load": round(os.getloadavg()[0], 2)}
    spent, found = seconds(lambda: part(quick))
    return found, record | {"minutes": round(spent / 60, 1), "quick": quick} | machine()


def store(report, file):
    """Write the report with its goals, whole or not at all."""
    report["goals"] = goals.table(report)
    draft = file.with_suffix(".part")
    draft.write_text(json.dumps(report, indent=1, default=float) + "\n", encoding="utf8")
    draft.replace(file)


def run(names, quick, file, parts=PARTS):
    """Measure parts, and store each; one that fails keeps what was stored. Which failed."""
    report = json.loads(file.read_text(encoding="utf8")) if file.exists() else {}
    version, failed = provenance()["commit"] or "unknown", []  # before it is changed
    for name in (name for name in parts if name in names):
        print(name, flush=True)
        try:
            found, record = measured(parts[name], quick)
        except Exception:  # told here, and by the exit status
            traceback.print_exc()
            failed.append(name)
            continue
        report.setdefault("measured", {})[name] = {"commit": version} | record
        report[name] = found
        store(report, file)
    return failed


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="small, and into _build/bench.json")
    parser.add_argument("--output", type=Path)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="all if none is given")
    options = parser.parse_args()
    file = options.output or (ROOT / "_build/bench.json" if options.quick else RESULTS)
    file.parent.mkdir(exist_ok=True)
    if failed := run(options.parts or PARTS, options.quick, file):
        sys.exit(f"failed, and not stored: {', '.join(failed)}")


if __name__ == "__main__":
    main()
