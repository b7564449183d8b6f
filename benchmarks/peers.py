"""Learning curves, choices and kernels of a reader's data, against what would be used instead."""

import os
import warnings
from functools import partial
from importlib.util import find_spec
from time import process_time

import numpy as np
import timing
from scipy.special import expit

import linear_distillation as ld

# Of the processor, which a busy machine changes least; one thread each.
seconds = partial(timing.seconds, clock=process_time)
NEAR = 0.002  # what a peer's risks may be off, in the mean over the sizes
LADDER = (1, 3, 10, 30, 100, 300, 1000, 3000)  # iterations that are tried, the fewest first


def problem(quick):
    """A pool, its spectrum like 1/j, and the logits of a teacher: (N, d), (N,)."""
    N, d = (2000, 200) if quick else (10_000, 1000)
    rng = np.random.default_rng(5)
    X = rng.standard_normal((N, d)) / np.sqrt(np.arange(1, d + 1))
    z = X @ rng.standard_normal(d)
    return X, 2 * z / z.std()


def by_sklearn(A, z, iterations):
    """Cross-entropy to soft labels: each row once as one class and once as the other, weighted."""
    from sklearn.linear_model import LogisticRegression

    n = len(z)
    model = LogisticRegression(C=np.inf, fit_intercept=False, tol=0, max_iter=iterations)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it was not to converge
        model.fit(np.r_[A, A], np.r_[np.ones(n), np.zeros(n)], np.r_[expit(z), expit(-z)])
    return model.coef_[0]


def by_torch(A, z, iterations):
    """The same loss by PyTorch's L-BFGS with its line search, in double precision."""
    import torch

    A, labels = torch.from_numpy(A), torch.sigmoid(torch.from_numpy(z))
    w = torch.zeros(A.shape[1], dtype=torch.float64, requires_grad=True)
    descent = torch.optim.LBFGS(
        [w], max_iter=iterations, tolerance_grad=0, tolerance_change=0, history_size=20,
        line_search_fn="strong_wolfe",
    )  # fmt: skip

    def closure():
        descent.zero_grad()
        loss = torch.nn.functional.binary_cross_entropy_with_logits(A @ w, labels)
        loss.backward()
        return loss

    descent.step(closure)
    return w.detach().numpy()


def trained(train, sets, z, test, exact):
    """The fewest iterations with which the risks of one set a size come near enough."""
    for iterations in LADDER:
        taken, risks = [], []
        for A, logits in sets:
            spent, w = seconds(lambda A=A, y=logits, i=iterations: train(A, y, i))
            taken.append(spent)
            risks.append(float(((test @ w > 0) != (z > 0)).mean()))
        off = float(np.abs(np.subtract(risks, exact)).mean())
        if off <= NEAR:
            break
    return {"a set": float(np.sum(taken)), "iterations": iterations, "off": off}


def learning_curves(quick):
    """The law, the drawn curve, and students that are trained: seconds for 20 sizes x 200 sets.

    A peer's seconds are those of one set a size, times 200: its sets cost the same.
    """
    X, z = problem(quick)
    n_sets = 20 if quick else 200
    spent, pool = seconds(lambda: ld.Pool(X, z))
    ns = np.unique(np.geomspace(10, 0.95 * pool.rank, 20).astype(int))
    law, predicted = seconds(lambda: pool.spectrum_law().risk(ns))
    drawn, curve = seconds(lambda: pool.learning_curve(ns, n_sets, np.random.default_rng(6)))
    report = {"rows": len(X), "columns": X.shape[1], "sizes": len(ns), "sets": n_sets}
    report |= {"near": NEAR, "load": round(os.getloadavg()[0], 2)}
    report["law"] = {"seconds": spent + law, "off": float(np.abs(predicted - curve.mean).mean())}
    report["drawn"] = {"seconds": spent + drawn, "off": float(curve.stderr.mean())}
    rows, test = X[pool.rows], X[pool.test_rows]
    order = np.random.default_rng(7).permutation(len(rows))
    sets = [(rows[order[:n]], z[pool.rows][order[:n]]) for n in ns]
    exact = [pool.student(order[:n]).risk for n in ns]
    for name, train in {"scikit-learn": by_sklearn, "PyTorch": by_torch}.items():
        if name == "PyTorch" and find_spec("torch") is None:
            report[name] = {"absent": True}
            continue
        found = trained(train, sets, z[pool.test_rows], test, exact)
        report[name] = found | {"seconds": n_sets * found["a set"]}
    return report


def selectors(quick):
    """Twenty rows for a linear teacher: by this library, and by scikit-matter where it is there."""
    N, d, n = (500, 50, 10) if quick else (1500, 200, 20)
    rng = np.random.default_rng(8)
    X, w = rng.standard_normal((N, d)), rng.standard_normal(d)
    z = X @ w
    calls = {"greedy": lambda: ld.selection.choose(X, z, n).indices}
    report = {"rows": N, "columns": d, "chosen": n, "load": round(os.getloadavg()[0], 2)}
    if find_spec("skmatter") is None:
        report["absent"] = True
    else:
        from skmatter import sample_selection as theirs

        calls |= {
            "FPS": lambda: theirs.FPS(n_to_select=n).fit(X).selected_idx_,
            "CUR": lambda: theirs.CUR(n_to_select=n).fit(X).selected_idx_,
            "PCovFPS": lambda: theirs.PCovFPS(n_to_select=n).fit(X, z).selected_idx_,
            "PCovCUR": lambda: theirs.PCovCUR(n_to_select=n).fit(X, z).selected_idx_,
        }
    for name, call in calls.items():
        spent, chosen = seconds(call)
        angle = ld.line_angle(ld.distilled_student(X[chosen].T, w), w)
        report[name] = {"seconds": spent, "degrees": float(np.degrees(angle))}
    at_random = [ld.distilled_student(X[rng.choice(N, n, False)].T, w) for _ in range(50)]
    report["at random"] = {"degrees": float(np.degrees(ld.line_angle(at_random, w)).mean())}
    return report


def kernels(quick):
    """Gram matrices against scikit-learn's, in turns: the time of the first over the second."""
    from sklearn.metrics import pairwise

    N, d = (500, 50) if quick else (4000, 200)
    X = np.random.default_rng(9).standard_normal((N, d))
    own = ld.kernels.gaussian_kernel(10.0), ld.kernels.polynomial_kernel(3)
    pairs = {
        "Gaussian": (own[0], lambda A, B: pairwise.rbf_kernel(A, B, gamma=1 / 200)),
        "polynomial": (own[1], lambda A, B: pairwise.polynomial_kernel(A, B, 3, gamma=1, coef0=1)),
    }
    report = {"rows": N, "columns": d}
    for name, (ours, theirs) in pairs.items():
        assert np.allclose(ours(X[:50], X[:50]), theirs(X[:50], X[:50]))
        both = partial(ours, X, X), partial(theirs, X, X)
        report[name] = timing.ratio(*both, 3 if quick else 9, process_time)
    return report
