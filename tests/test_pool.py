"""Pools: students by two routes, forms of data, real data sets, and models."""

import numpy as np
import pandas as pd
import pytest
import scipy
from sklearn.datasets import load_breast_cancer, load_digits, load_wine
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

import linear_distillation as ld
from linear_distillation import _curves
from linear_distillation._interpolation import left_out, nested
from linear_distillation.kernels import gaussian_kernel, polynomial_kernel
from linear_distillation.pool import PoolWarning

ONE_IN = 1e-3  # false alarms, of values that were measured elsewhere


def rng(seed=0):
    return np.random.default_rng(seed)


def data(size=60, dim=7, seed=0, classes=None):
    draws = rng(seed)
    X = draws.standard_normal((size, dim))
    X = np.vstack([X[: size // 2], -X[: size // 2]])[draws.permutation(size)]  # centred
    w = draws.standard_normal(dim if classes is None else (dim, classes))
    return X, X @ w, w


def standard(X):
    return StandardScaler().fit_transform(X)


def fitted(load, target=lambda y: y):
    X, y = load(return_X_y=True)
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=5000))
    return model.fit(X, target(y)), X


# Students


@pytest.mark.parametrize("classes", [None, 2, 4])
@pytest.mark.parametrize("n", [1, 5, 7, 20])
def test_student_is_the_projection_of_the_teacher(classes, n):
    X, z, w = data(classes=classes)
    pool = ld.Pool(X, z, test=X, test_logits=z)
    if classes:
        w = w - w.mean(axis=1, keepdims=True)
    student = pool.student(np.arange(n))
    P = np.linalg.pinv(X[:n]) @ X[:n]
    assert student.weights == pytest.approx(P @ w, abs=1e-10)
    assert student.logits(X) == pytest.approx(X @ P @ w, abs=1e-9)
    assert X[:n].T @ student.dual == pytest.approx(student.weights, abs=1e-10)
    assert pool.teacher == pytest.approx(w, abs=1e-10)
    if classes is None:
        assert student.weights == pytest.approx(ld.distilled_student(X[:n].T, w), abs=1e-10)


def test_risk_of_a_student_is_its_disagreement():
    X, z, _ = data(classes=3)
    pool = ld.Pool(X, z)
    student = pool.student([0, 1, 2])
    T = X[pool.test_rows]
    wrong = student.logits(T).argmax(axis=1) != z[pool.test_rows].argmax(axis=1)
    assert student.risk == wrong.mean() > 0
    assert sorted([*pool.rows, *pool.test_rows]) == list(range(60))


def test_a_student_that_does_not_decide_is_wrong():
    pool = ld.Pool(np.eye(4), [1.0, -1, 1, -1], test=np.eye(4), test_logits=[1.0, -1, 1, -1])
    assert pool.student([0, 1]).risk == 0.5


def test_ridge_is_that_of_the_normal_equations():
    X, z, _ = data()
    pool = ld.Pool(X, z, test=X, test_logits=z)
    for n in (4, 30):
        A, expected = X[:n], np.linalg.solve(X[:n].T @ X[:n] + 0.7 * np.eye(7), X[:n].T @ z[:n])
        assert pool.student(np.arange(n), ridge=0.7).weights == pytest.approx(expected, rel=1e-9)
        left = pool.leave_one_out(np.arange(n), ridge=0.7).logits
        for i in range(n):
            B, y = np.delete(A, i, 0), np.delete(z[:n], i)
            w = np.linalg.solve(B.T @ B + 0.7 * np.eye(7), B.T @ y)
            assert left[i] == pytest.approx(X[i] @ w, rel=1e-8, abs=1e-9)


@pytest.mark.parametrize("kind", ["few", "duplicates", "many", "not linear", "zero row"])
def test_leave_one_out_against_leaving_one_out(kind):
    X, z, _ = data()
    n = {"many": 20, "not linear": 20}.get(kind, 5)
    A, y = X[:n].copy(), z[:n, None].copy()
    if kind == "duplicates":
        A[1], y[1] = A[0], y[0]
    if kind == "zero row":
        A[2], y[2] = 0, 0
    if kind == "not linear":
        y = y + np.sin(np.arange(n))[:, None]
    found = left_out(A, y)
    for i in range(n):
        w = np.linalg.pinv(np.delete(A, i, 0)) @ np.delete(y, i, 0)
        assert found[i] == pytest.approx(A[i] @ w, abs=1e-8)


def test_nested_students_are_those_of_each_size():
    X, z, _ = data(classes=2)
    A = X[:20].copy()
    A[4] = A[1] - 2 * A[2]  # dependent: the triangle ends there
    Z = A @ rng(1).standard_normal((7, 2))
    ns = np.array([1, 2, 4, 5, 7, 9, 20])
    for n, W in zip(ns, nested(A, Z, ns), strict=True):
        np.testing.assert_allclose(W, np.linalg.pinv(A[:n]) @ Z[:n], atol=1e-8)


# The same pool in another dress


def risks(pool):
    return pool.learning_curve([2, 5], 20, rng(3)).mean


def test_forms_of_a_table_do_not_matter():
    X, z, _ = data()
    plain = risks(ld.Pool(X, z))
    for form in (
        pd.DataFrame(X, columns=list("abcdefg")),
        scipy.sparse.csr_matrix(X),
        scipy.sparse.coo_array(X),
        X.tolist(),
    ):
        assert risks(ld.Pool(form, z)) == pytest.approx(plain)
    assert risks(ld.Pool(X, z[:, None])) == pytest.approx(plain)
    assert risks(ld.Pool(X, np.c_[z, -z])) == pytest.approx(plain)


def test_rotation_scaling_and_shifts_of_logits_do_not_matter():
    X, z, _ = data(classes=3)
    Q = np.linalg.qr(rng(1).standard_normal((7, 7)))[0]
    pools = ld.Pool(X, z), ld.Pool(100 * X @ Q, z), ld.Pool(X, 5 * z + np.arange(60)[:, None])
    for pool in pools:
        assert risks(pool) == pytest.approx(risks(pools[0]))
        assert pool.spectrum_law().risk(4) == pytest.approx(
            pools[0].spectrum_law().risk(4), rel=1e-6
        )


@pytest.mark.parametrize("s, t", [(1e-49, 1e48), (1e48, 1e-49), (1e-49, 1e-49), (1e48, 1e48)])
def test_units_of_any_size_cancel(s, t):
    X, z, _ = data()
    plain, pool = ld.Pool(X, z), ld.Pool(s * X, t * z)
    assert risks(pool) == pytest.approx(risks(plain), rel=1e-9)
    for law, other in (
        (pool.spectrum_law(), plain.spectrum_law()),
        (pool.leverage_law(), plain.leverage_law()),
    ):
        assert law.risk([2, 5]) == pytest.approx(other.risk([2, 5]))
        assert law.cosine([2, 5]) == pytest.approx(other.cosine([2, 5]))
    assert pool.tail().law.angles == pytest.approx(plain.tail().law.angles)
    with pytest.raises(ValueError, match="^X: its largest entry is .*; rescale it"):
        ld.Pool(X * 1e60, z)
    with pytest.raises(ValueError, match="^logits: its largest entry is .*; rescale it"):
        ld.Pool(X, z * 1e-60)


def test_wide_tables_and_kernels_are_their_features():
    X, z, _ = data(size=40, dim=60)
    test, t, _ = data(size=30, dim=60, seed=1)
    wide = ld.Pool(X, z, test=test, test_logits=t)
    student = wide.student(np.arange(10))
    assert student.logits(test) == pytest.approx(test @ np.linalg.pinv(X[:10]) @ z[:10], abs=1e-8)
    assert wide.rank <= 40 and wide.teacher is None and student.weights is None
    low = X[:, :3]
    features = np.array([[a * b for a in row for b in row] for row in low])
    pool = ld.Pool(low, z, kernel=polynomial_kernel(2, 0.0))
    explicit = ld.Pool(features, z)
    assert risks(pool) == pytest.approx(risks(explicit))
    assert pool.rank == explicit.rank == 6
    assert pool.eigenvalues == pytest.approx(explicit.eigenvalues, rel=1e-9)
    law, other = pool.spectrum_law(), explicit.spectrum_law()
    assert law.risk([2, 4]) == pytest.approx(other.risk([2, 4]), rel=1e-7)


def test_an_intercept_is_a_column_of_ones():
    X, z, _ = data()
    with_one = ld.Pool(np.c_[X, np.ones(60)], z + 1)
    for pool in (
        ld.Pool(X, z + 1, intercept=True),
        ld.Pool(scipy.sparse.csr_array(X), z + 1, intercept=True),
    ):
        assert risks(pool) == pytest.approx(risks(with_one))
        assert pool.student([0, 3]).logits(X[:4]) == pytest.approx(
            with_one.student([0, 3]).logits(np.c_[X, np.ones(60)][:4])
        )
    kernel = ld.Pool(X, z + 1, intercept=True, kernel=gaussian_kernel(3.0))
    K = gaussian_kernel(3.0)(X, X) + 1
    rows = kernel.rows[:5]
    expected = K[:, rows] @ np.linalg.solve(K[np.ix_(rows, rows)], (z + 1)[rows])
    assert kernel.student(np.arange(5)).logits(X) == pytest.approx(expected, abs=1e-6)


def test_gaussian_kernel_takes_sparse_tables():
    X, _, _ = data(size=10)
    k = gaussian_kernel(1.5)
    apart = ((X[:, None] - X) ** 2).sum(axis=-1)
    assert k(X, X) == pytest.approx(np.exp(-apart / 4.5))
    assert k(scipy.sparse.csr_array(X), scipy.sparse.csr_array(X)) == pytest.approx(k(X, X))


def test_number_of_jobs_does_not_matter():
    X, z, _ = data()
    pool = ld.Pool(X, z)
    one, two = (pool.learning_curve([6, 3], 30, rng(1), n_jobs=n) for n in (1, 2))
    for a, b in zip(one, two, strict=True):
        assert np.array_equal(a, b)
    assert one.n.tolist() == [6, 3] and one.mean[0] < one.mean[1]


# Real data


CASES = {
    "cancer": (load_breast_cancer, lambda y: y, [3, 6, 12]),
    "digits": (load_digits, lambda y: y % 2, [6, 20, 45]),
    "ten digits": (load_digits, lambda y: y, [20]),
    "wine": (load_wine, lambda y: y, [3, 6]),
}


@pytest.mark.parametrize("case", CASES)
def test_laws_against_students_on_real_data(case):
    load, target, ns = CASES[case]
    pool = ld.Pool.from_model(*fitted(load, target))
    curve = pool.learning_curve(ns, 100, rng(1))
    assert pool.exact and curve.left_out == 0
    spectrum, leverage = pool.spectrum_law().risk(ns), pool.leverage_law().risk(ns)
    assert (spectrum < 1.5 * curve.high).all() and (spectrum > curve.low / 1.5).all()
    slack = 3 * curve.stderr
    assert (np.abs(leverage - curve.mean) < slack).all()
    nearer = np.abs(np.arccos(pool.leverage_law().cosine(ns)) - np.arccos(curve.cosine))
    assert (np.degrees(nearer) < 2).all()


def test_sample_size_says_what_is_needed_and_what_is_guaranteed():
    pool = ld.Pool.from_model(*fitted(load_digits, lambda y: y % 2))
    size = pool.sample_size(0.05, 60, rng(2))
    assert size.interval[0] <= size.needed <= size.interval[1]
    assert size.n is None and size.bound is None
    predicted = size.answers["predicted by the spectrum (no guarantee)"]
    assert abs(predicted / size.needed - 1) < 0.25
    assert size.answers["Theorem 3"] is None
    assert size.evidence == "measured: 60 transfer sets on 898 test rows"


def test_a_polynomial_task_is_guaranteed_something():
    task = ld.PolynomialTask(4, 6)
    X = task.sample(4000, rng(1)).T
    pool = ld.Pool(X, X @ task.teacher)
    bounds = {bound.name: bound for bound in pool.bounds(10)}
    assert bounds["integral bound"].value <= bounds["Theorem 3"].value < 0.5
    for name in ("integral bound", "Theorem 3"):
        assert bounds[name].says_something and bounds[name].value <= bounds[name].upper <= 1
    assert pool.tail().law(0.5) == pytest.approx(task.tail(0.5), abs=0.05)
    size = pool.sample_size(0.2, 30, rng(1))
    assert size.n >= size.needed >= 1 and size.bound in bounds


def test_bounds_of_several_classes_are_sums_over_pairs():
    draws = rng(1)
    W = np.eye(3) - 1 / 3
    X = np.eye(3)[draws.integers(3, size=2000)] + 0.02 * draws.standard_normal((2000, 3))
    with pytest.warns(PoolWarning):
        pool = ld.Pool(X, X @ W)
    bound, split, *others = pool.bounds(40)
    assert [row.value for row in others] == [1] * 5 and all(row.why for row in others)
    assert bound.upper is None and 0 <= bound.value <= split.value <= 1
    task = ld.class_risk.FiniteClassTask(X[pool.rows].T, W)
    assert bound.value == pytest.approx(ld.class_risk.class_bound(task, 40), rel=1e-9)
    assert split.value == pytest.approx(ld.class_risk.class_split_bound(task, 40), rel=1e-9)
    assert pool.tail(pair=(0, 1)).law(0.1) <= 1


def test_noisy_cancer_on_other_halves():
    """Whether stored values could be one more half: the risk depends much on which it is."""
    X, y = load_breast_cancer(return_X_y=True)
    Z, ns, found = standard(X), [10, 20, 28], []
    z = LogisticRegression(max_iter=5000).fit(Z, y).decision_function(Z)
    for seed in range(10):
        own, test = np.array_split(rng(seed).permutation(len(X)), 2)
        pool = ld.Pool(Z[own], z[own], test=Z[test], test_logits=z[test], intercept=True)
        curve = pool.learning_curve(ns, 60, rng(seed), noise=1.0)
        found.append([curve.mean, pool.spectrum_law(1.0).risk(ns)])
    stored = [[0.038, 0.053, 0.133], [0.031, 0.037, 0.096]]
    spread = np.std(found, axis=0, ddof=1) * np.sqrt(1 + 1 / 10)
    reach = scipy.stats.t.isf(ONE_IN / 2, 9) * spread
    assert (np.abs(np.mean(found, axis=0) - stored) < reach).all()


def test_noise_beyond_the_rank_is_not_that_of_cross_entropy():
    """d = 20, n = 60: least squares has the error d / (n - d - 1), training to the end more."""
    d, n, sets, draws = 20, 60, 300, rng(4)
    w, errors = 3 * np.eye(20)[0], []
    for _ in range(sets):
        A = draws.standard_normal((n, d))
        z = A @ w + draws.standard_normal(n)
        ends = np.linalg.lstsq(A, z)[0], trained(A, 1 / (1 + np.exp(-z)), w)
        errors.append([np.square(end - w).sum() for end in ends])
    mean, stderr = np.mean(errors, axis=0), np.std(errors, axis=0, ddof=1) / np.sqrt(sets)
    reach = scipy.stats.norm.isf(ONE_IN / 2) * stderr
    assert abs(mean[0] - d / (n - d - 1)) < reach[0]
    assert (np.abs(mean - [0.494, 0.764]) < np.sqrt(2) * reach).all()  # as if of as many sets
    assert 1 / (1 - d / n) - 1 == pytest.approx(0.50)  # E - s^2 of the law, if it spoke here
    assert mean[1] - reach[1] > mean[0] + reach[0]


def trained(A, target, w):
    """The minimum of the cross-entropy, by Newton's method."""
    for _ in range(50):
        q = 1 / (1 + np.exp(-A @ w))
        w = w + np.linalg.solve((A.T * (q * (1 - q))) @ A, A.T @ (target - q))
    assert np.abs(A.T @ (target - 1 / (1 + np.exp(-A @ w)))).max() < 1e-9
    return w


def test_leave_one_out_is_near_the_measured_risk():
    X = standard(load_digits(return_X_y=True)[0])
    w = rng(5).standard_normal(64) * 1.0
    pool = ld.Pool(X, X @ w)
    left = np.array(
        [pool.leave_one_out(rng(s).choice(pool.size, 40, replace=False)).risk for s in range(60)]
    )
    curve = pool.learning_curve([39], 100, rng(3))
    assert abs(left.mean() - curve.mean[0]) < 3 * (left.std() / np.sqrt(60) + curve.stderr[0])
    found = pool.leave_one_out(np.arange(30))
    assert found.logits.shape == (30,) and 0 <= found.stderr <= 0.5 / np.sqrt(30)


def test_a_doubtful_rank_does_not_end_the_run():
    X = standard(load_breast_cancer(return_X_y=True)[0])[:, :10]
    features = np.c_[X, X[:, 0] + 1e-12 * rng(1).standard_normal(len(X))]
    pool = ld.Pool(features, features @ np.ones(11))
    assert any(note.startswith("rank: ") for note in pool.notes)
    curve = pool.learning_curve([3, 10], 20, rng(1))
    assert curve.draws + curve.left_out == 20 and curve.draws >= 2
    with pytest.raises(
        ValueError,
        match="ns: rounding hides the rank of 1. of 20|ns: rounding hides the rank of 20 of 20",
    ):
        pool.learning_curve([11], 20, rng(1))


# Models


def test_models():
    X, y = load_wine(return_X_y=True)
    Z = standard(X)
    linear = LogisticRegression().fit(Z, y)
    pool = ld.Pool.from_model(linear, Z)
    assert pool.intercept and pool.exact and pool.dim == 14 and pool.classes == 3
    assert ld.Pool.from_model(LogisticRegression(fit_intercept=False).fit(Z, y), Z).dim == 13
    piped = ld.Pool.from_model(make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y), X)
    assert piped.teacher == pytest.approx(pool.teacher, abs=1e-9)
    frame = pd.DataFrame(X).rename(columns=str)
    named = make_pipeline(StandardScaler(), LogisticRegression()).fit(frame, y)
    assert ld.Pool.from_model(named, frame, test=frame).test_rows is None
    curved = ld.Pool.from_model(SVC().fit(Z, y > 0), Z, intercept=True)
    assert not curved.exact and curved.classes == 2
    assert curved.notes[0].startswith("teacher: ")
    with pytest.raises(ValueError, match="n: with noise the law holds below the rank"):
        curved.spectrum_law().risk(14)
    with pytest.raises(ValueError, match="logits: they are not linear"):
        curved.bounds(5)


def test_models_that_are_certain():
    X, y = load_wine(return_X_y=True)
    forest = RandomForestClassifier(n_estimators=20, random_state=0).fit(X, y)
    with pytest.raises(ValueError, match="model: row 0 has a class of probability 0"):
        ld.Pool.from_model(forest, X)
    assert ld.Pool.from_model(forest, X, floor=0.01).classes == 3
    assert ld.Pool.from_model(forest.fit(X, y > 0), X, floor=0.01).classes == 2
    for floor in (0, 1, "x"):
        with pytest.raises(ValueError, match="floor: expected"):
            ld.Pool.from_model(forest, X, floor=floor)


def test_models_that_are_refused():
    X, y = load_wine(return_X_y=True)
    with pytest.raises(
        ValueError, match="model: its decision function has 6 columns for 4 classes"
    ):
        four = np.arange(len(X)) % 4
        ld.Pool.from_model(SVC(decision_function_shape="ovo").fit(X, four), X)
    with pytest.raises(TypeError, match="model: expected decision_function"):
        ld.Pool.from_model(StandardScaler().fit(X), X)


def test_coefficients_without_their_intercept_are_told():
    X, y = load_breast_cancer(return_X_y=True)
    model = LogisticRegression(max_iter=10_000).fit(X, y)
    with pytest.warns(PoolWarning, match="logits: centring: .* without its intercept"):
        ld.Pool(X, X @ model.coef_[0])
    pool = ld.Pool(X, model.decision_function(X))
    assert any(note.startswith("intercept: ") for note in pool.notes)
    assert any(note.startswith("scale: ") for note in pool.notes)
    assert ld.Pool.from_model(model, X).exact


def test_notes_on_zeros_and_sparsity():
    X = np.where(rng(0).random((400, 20)) < 0.1, rng(1).standard_normal((400, 20)), 0)
    X[:200] = -X[200:]
    pool = ld.Pool(scipy.sparse.csr_array(X), X @ np.ones(20))
    assert [note.split(":")[0] for note in pool.notes] == ["sparse", "test"]


# What other halves of the same data gave: n -> risk measured and by the law, angle in degrees.
OTHER_HALVES = {
    "cancer": {
        3: (0.071, 50.5, 0.062, 48.7),
        6: (0.0311, 39.4, 0.0294, 38.3),
        12: (0.0096, 25.6, 0.0114, 26.6),
        20: (0.0018, 13.9, 0.0022, 15.1),
    },
    "digits": {
        6: (0.249, 67.9, 0.252, 70.5),
        20: (0.122, 50.3, 0.135, 54.4),
        45: (0.039, 23.8, 0.056, 32.5),
    },
    "ten digits": {20: (0.124, None, 0.125, None)},
    "wine": {6: (0.068, None, 0.062, None)},
}


@pytest.mark.parametrize("name", OTHER_HALVES)
def test_values_of_the_law_on_other_halves(name):
    """Met by measured risks within 15 %, by the law within 12 %, by angles within 2 degrees."""
    load, target, _ = CASES[name]
    pool = ld.Pool.from_model(*fitted(load, target))
    ns, values = list(OTHER_HALVES[name]), np.array(list(OTHER_HALVES[name].values()), dtype=float)
    curve, law = pool.learning_curve(ns, 100, rng(20)), pool.spectrum_law()
    assert curve.mean == pytest.approx(values[:, 0], rel=0.15)
    assert law.risk(ns) == pytest.approx(values[:, 2], rel=0.12)
    told = ~np.isnan(values[:, 1])
    angles = [np.degrees(np.arccos(c))[told] for c in (curve.cosine, law.cosine(ns))]
    assert np.abs(angles - values.T[[1, 3]][:, told]).max(initial=0) < 2


def test_noise_has_the_mean_zero_over_several_classes():
    rng, zero = np.random.default_rng(0), np.zeros((4000, 3))
    one, three = (_curves.noisy(zero[:, :C], 2.0, rng) for C in (1, 3))
    assert np.abs(three.sum(axis=1)).max() < 1e-12
    for found, variance in ((one, 4), (three, 4 * 2 / 3)):
        # 4 deviations of the mean of 4000 squares, of one or two degrees of freedom
        squares = np.square(found).mean(axis=1)
        assert abs(squares.mean() - variance) < 4 * squares.std() / np.sqrt(4000)
    assert _curves.noisy(zero, 0.0, rng) is zero
