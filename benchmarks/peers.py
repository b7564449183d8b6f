"""Learning curves, choices and kernels of a reader's data, against what would be used instead."""

import warnings
from functools import partial
from importlib.util import find_spec
from time import process_time

import before
import numpy as np
import scipy
import timing
from scipy.special import expit

import linear_distillation as ld

# Of the processor, which a busy machine changes least; one thread each.
seconds = partial(timing.seconds, clock=process_time)
timed = partial(timing.timed, clock=process_time)
NEAR = 0.002  # what a peer's risks may be off its limit's, in the mean square over the sizes
LADDER = (1, 3, 10, 30, 100, 300, 1000, 3000)  # iterations that are tried before bisection
REFERENCE = 5  # times as many sets: the curve from which all others are off


def problem(quick):
    """A pool, its spectrum like 1/j, and the logits of a teacher: (N, d), (N,)."""
    N, d = (2000, 200) if quick else (10_000, 1000)
    rng = np.random.default_rng(5)
    X = rng.standard_normal((N, d)) / np.sqrt(np.arange(1, d + 1))
    z = X @ rng.standard_normal(d)
    return X, 2 * z / z.std()


def by_sklearn(A, z, iterations, **settings):
    """Cross-entropy to soft labels: each row once as one class and once as the other, weighted."""
    from sklearn.linear_model import LogisticRegression

    n = len(z)
    model = LogisticRegression(max_iter=iterations, **settings)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it was not to converge
        model.fit(np.r_[A, A], np.r_[np.ones(n), np.zeros(n)], np.r_[expit(z), expit(-z)])
    return model.coef_[0]


def by_torch(A, z, iterations, **settings):
    """The same loss by PyTorch's L-BFGS, in double precision."""
    import torch

    A, labels = torch.from_numpy(A), torch.sigmoid(torch.from_numpy(z))
    w = torch.zeros(A.shape[1], dtype=torch.float64, requires_grad=True)
    # each iteration may call the loss several times, and is not to be ended by their number
    most = 25 * iterations
    descent = torch.optim.LBFGS([w], max_iter=iterations, max_eval=most, **settings)

    def closure():
        descent.zero_grad()
        loss = torch.nn.functional.binary_cross_entropy_with_logits(A @ w, labels)
        loss.backward()
        return loss

    descent.step(closure)
    return w.detach().numpy()


STRICT = {"tolerance_grad": 0, "tolerance_change": 0, "line_search_fn": "strong_wolfe"}
# Who trains, and the settings that are tried: the quickest of them counts.
PEERS = {
    "scikit-learn": (by_sklearn, [{"solver": "lbfgs", "C": np.inf, "fit_intercept": False,
                                   "tol": 0}]),
    "PyTorch": (by_torch, [STRICT | {"history_size": m} for m in (5, 10, 20, 50)]),
}  # fmt: skip


def fewest(enough, ladder=LADDER):
    """The least number for which `enough` holds, up to the ladder's end; None if it never does."""
    low = 0
    for high in ladder:
        if enough(high):
            break
        low = high
    else:
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def rms(values):
    """Root of the mean square."""
    return float(np.sqrt(np.square(values).mean()))


def trained(train, settings, data, repeats):
    """One set a size: the fewest iterations after which risks are near enough, their seconds."""
    sets, z, test, exact = data

    def run(iterations):
        return [train(A, logits, iterations, **settings) for A, logits in sets]

    def off(iterations):
        wrong = [((test @ w > 0) != (z > 0)).mean() for w in run(iterations)]
        return rms(np.subtract(wrong, exact))

    iterations = fewest(lambda count: off(count) <= NEAR)
    count = iterations or LADDER[-1]
    report = {"settings": {key: str(value) for key, value in settings.items()}}
    report |= {"iterations": count, "near enough": iterations is not None}
    return report | {"bias": off(count), "a set": timed(lambda: run(count), repeats)[0]}


def best(train, choices, data, repeats):
    """The quickest of the settings that come near enough, and what the others took."""
    tried = [trained(train, settings, data, repeats) for settings in choices]
    chosen = min(tried, key=lambda row: (not row["near enough"], row["a set"]["median"]))
    others = [[row["settings"], row["iterations"], row["a set"]["median"]] for row in tried]
    return chosen | {"tried": others}


def learning_curves(quick):
    """The law, the drawn curve, and students that are trained: seconds for 20 sizes x 200 sets.

    A peer's seconds are those of one set a size, times 200: its sets cost the same. How far a
    curve is *off* is for all the root of the mean square, over the sizes, of the distance to the
    mean risk of many more sets. A peer would be off by the drawn curve's error and by its own.
    """
    X, z = problem(quick)
    n_sets, repeats = (20, 2) if quick else (200, 5)
    pool = ld.Pool(X, z)
    ns = np.unique(np.geomspace(10, 0.95 * pool.rank, 20).astype(int))
    curve = pool.learning_curve(ns, REFERENCE * n_sets, np.random.default_rng(10)).mean
    report = {"rows": len(X), "columns": X.shape[1], "sizes": len(ns), "sets": n_sets}
    report |= {"near": NEAR, "reference": REFERENCE * n_sets} | own(X, z, ns, n_sets, curve, quick)
    rows, test, logits = X[pool.rows], X[pool.test_rows], z[pool.rows]
    order = np.random.default_rng(7).permutation(len(rows))
    sets = [(rows[order[:n]], logits[order[:n]]) for n in ns]
    exact = [pool.student(order[:n]).risk for n in ns]
    data = sets, z[pool.test_rows], test, exact
    for name, (train, choices) in PEERS.items():
        if name == "PyTorch" and find_spec("torch") is None:
            report[name] = {"absent": True}
            continue
        found = best(train, choices, data, repeats)
        found |= {"seconds": n_sets * found["a set"]["median"]}
        report[name] = found | {"off": float(np.hypot(report["drawn"]["off"], found["bias"]))}
    report["before"] = n_sets * timed(lambda: before.students(sets), 1)[0]["median"]
    return report | ratios(report) | parts(rows, ns[-1], n_sets, repeats)


def own(X, z, ns, n_sets, curve, quick):
    """The law and the drawn curve, each from the data on, and how far they are off."""
    law, predicted = timed(lambda: ld.Pool(X, z).spectrum_law().risk(ns), 3 if quick else 9)
    rng = np.random.default_rng(6)
    drawn, found = timed(lambda: ld.Pool(X, z).learning_curve(ns, n_sets, rng), 2 if quick else 3)
    return {
        "law": {"seconds": law["median"], "quartiles": law, "off": rms(predicted - curve)},
        "drawn": {"seconds": drawn["median"], "quartiles": drawn, "off": rms(found.mean - curve)},
        # of the sets that were drawn, and of the test half, which all these curves share
        "standard error": rms(found.stderr),
    }


def ratios(report):
    """How many times as long the quickest peer takes that came near enough."""
    peers = [report[name] for name in PEERS if not report[name].get("absent")]
    peer = min((row["seconds"] for row in peers if row["near enough"]), default=None)
    if peer is None:
        return {}
    times = {f"peer / {name}": peer / report[name]["seconds"] for name in ("law", "drawn")}
    return times | {"peer": peer, "peer / before": peer / report["before"]}


def parts(rows, n, n_sets, repeats):
    """What the law and the drawn curve cannot do without: one spectrum, one QR a set."""
    second, largest = rows.T @ rows, np.asfortranarray(rows[:n].T)
    spectrum = timed(lambda: np.linalg.eigh(second), repeats)[0]
    factors = timed(lambda: scipy.linalg.qr(largest, mode="economic"), repeats)[0]
    return {"spectrum": spectrum["median"], "factors": n_sets * factors["median"]}


def selectors(quick):
    """Twenty rows for a linear teacher: by this library, and by scikit-matter where it is there."""
    N, d, n = (500, 50, 10) if quick else (1500, 200, 20)
    rng = np.random.default_rng(8)
    X, w = rng.standard_normal((N, d)), rng.standard_normal(d)
    z = X @ w
    calls = {"greedy": lambda: ld.selection.choose(X, z, n).indices}
    report = {"rows": N, "columns": d, "chosen": n}
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
