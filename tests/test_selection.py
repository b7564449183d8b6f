"""Choosing a transfer set: brute force, degenerate pools, and the law of chosen angles."""

from functools import partial
from itertools import combinations

import numpy as np
import pytest
import scipy

import linear_distillation as ld
from linear_distillation.chain import draw_sets
from linear_distillation.claims import choosing_blind
from linear_distillation.claims.balls import choosing as means
from linear_distillation.selection import choose, chosen_angles, chosen_risk, nearest_angle


def sine(X, rows, w):
    """Of the angle between a teacher and the student of some rows."""
    w_hat = ld.distilled_student(X[list(rows)].T, w) if len(rows) else 0 * w
    return np.linalg.norm(w - w_hat) / np.linalg.norm(w)


def gains(X, W, rows):
    """Squared length that each row would add, from definitions alone."""
    Q = np.linalg.qr(X[list(rows)].T)[0] if rows else np.zeros((X.shape[1], 0))
    Z, R = X - X @ Q @ Q.T, W - Q @ Q.T @ W
    return np.square(X @ R).sum(axis=1) / np.square(Z).sum(axis=1)


@pytest.mark.parametrize("classes", [1, 3])
@pytest.mark.parametrize("scale", [1e-40, 1, 1e40])
def test_greedy_is_the_best_next_row(classes, scale):
    rng = np.random.default_rng(classes)
    X, W = rng.standard_normal((60, 9)), rng.standard_normal((9, classes))
    W = W - W.mean(axis=1, keepdims=True) if classes > 1 else W
    X *= 10.0 ** rng.uniform(-3, 3, (60, 1))  # lengths of rows do not matter
    found = choose(X * scale, X @ W, 6).indices
    for k, i in enumerate(found):
        gain = gains(X, W, list(found[:k]))
        gain[found[:k]] = 0
        assert i == gain.argmax()


def test_the_first_of_greedy_is_the_nearest():
    rng = np.random.default_rng(0)
    X, w = rng.standard_normal((50, 4)), rng.standard_normal(4)
    nearest = choose(X, X @ w, 7, "nearest").indices
    angles = ld.line_angle(X, w)
    assert (nearest == np.argsort(angles)[:7]).all()
    assert choose(X, X @ w, 1).indices == nearest[:1]


def test_greedy_is_one_pair_short_of_the_best():
    """Two rows that together span the teacher, and two that are each a little nearer."""
    t = 0.1
    X = np.array([[t, 1, 0, 0], [t, -1, 0, 0], [1.1 * t, 0, 1, 0], [1.1 * t, 0, 0, 1]])
    w = np.eye(4)[0]
    assert sorted(choose(X, X @ w, 2).indices) == [2, 3]
    best = min(combinations(range(4), 2), key=lambda rows: sine(X, rows, w))
    assert best == (0, 1)
    assert sine(X, best, w) < 1e-12


def test_the_spectrum_rule_takes_most_from_the_trace():
    rng = np.random.default_rng(2)
    X = rng.standard_normal((40, 6)) * np.geomspace(1, 0.1, 6)
    S, kept = X.T @ X, []
    for i in choose(X, np.zeros(40), 5, "spectrum").indices:
        left = []
        for j in range(40):
            Q = np.linalg.qr(X[[*kept, j]].T)[0]
            left.append(np.trace(S) - np.trace(Q.T @ S @ Q))
        left = np.array(left)
        left[kept] = np.inf
        assert i == left.argmin()
        kept.append(i)


@pytest.mark.parametrize("rule", ["greedy", "spectrum"])
def test_rows_that_add_nothing_are_not_chosen(rule):
    X = np.array([[0, 0, 0], [1, 0, 0], [1, 0, 0], [2, 0, 0], [1, 1, 0], [0, 5, 0]], dtype=float)
    found = choose(X, X @ [1.0, 2, 3], 5, rule)
    assert len(found.indices) == 2 and 0 not in found.indices
    assert np.linalg.matrix_rank(X[found.indices]) == 2
    assert found.notes == ["rank: 2 rows are enough, they span all rows; n = 5 adds nothing"]


def test_of_equals_the_first_is_taken():
    X = np.array([[0.3, 0.1], [3, 1], [-0.6, -0.2], [0.1, 0.3]])
    z = X @ [1.0, 1]
    assert choose(X, z, 3, "nearest").indices.tolist() == [0, 1, 2]
    assert choose(X, z, 2).indices.tolist() == [0, 3]
    assert choose(np.eye(4)[::-1], np.ones(4), 4).indices.tolist() == [0, 1, 2, 3]


def test_zero_rows_are_last():
    X = np.array([[0.0, 0], [1, 0], [1, 3], [0, 0]])
    found = choose(X, [0.0, 1, 1, 0], 3, "nearest")
    assert found.indices.tolist() == [1, 2, 0]
    assert found.notes == ["zero: 1 of the chosen rows are zero"]


def test_a_student_that_knows_all_stops():
    X = np.vstack([[1.0, 1, 1], np.eye(3)])
    found = choose(X, X @ np.ones(3), 3)
    assert found.indices.tolist() == [0]
    assert "no further row would change their student; n = 3" in found.notes[0]


def test_near_copies_count_as_copies():
    rng = np.random.default_rng(4)
    x = rng.standard_normal(5)
    X = np.vstack([x + 1e-9 * rng.standard_normal((20, 5)), rng.standard_normal((4, 5))])
    found = choose(X, X @ x, 5).indices
    assert (np.array(found) < 20).sum() == 1


def test_random_rows_come_from_the_generator():
    X = np.eye(9)
    found = choose(X, np.ones(9), 4, "random", np.random.default_rng(5)).indices
    assert (found == np.random.default_rng(5).choice(9, 4, replace=False)).all()
    with pytest.raises(TypeError, match="^rng: "):
        choose(X, np.ones(9), 4, "random")


def test_more_rows_than_the_pool_has():
    with pytest.raises(ValueError, match="^n: 5 rows of a pool of 4"):
        choose(np.eye(4), np.ones(4), 5)


@pytest.mark.parametrize("rule", ["greedy", "nearest", "spectrum"])
def test_sparse_rows_and_an_intercept(rule):
    rng = np.random.default_rng(6)
    A = rng.standard_normal((80, 7)) * (rng.random((80, 7)) < 0.4)
    test, w = rng.standard_normal((20, 7)), rng.standard_normal(7)
    dense = ld.Pool(
        np.c_[A, np.ones(80)], A @ w + 1, test=np.c_[test, np.ones(20)], test_logits=test @ w + 1
    )
    sparse = ld.Pool(
        scipy.sparse.csr_array(A), A @ w + 1, intercept=True, test=test, test_logits=test @ w + 1
    )
    assert (dense.choose(4, rule, 2).indices == sparse.choose(4, rule, 2).indices).all()


def test_a_pool_chooses_and_compares():
    rng = np.random.default_rng(7)
    X = rng.standard_normal((1200, 30)) * np.geomspace(1, 0.1, 30)
    pool = ld.Pool(X, X @ rng.standard_normal(30))
    found = pool.choose(8, n_sets=60)
    assert found.measured == pool.student(found.indices).risk
    assert abs(found.predicted - found.measured) < 5 * found.stderr
    rows, student = X[pool.rows], pool.student(found.indices).weights
    wrong = (rows @ student > 0) != (rows @ pool.teacher > 0)
    assert not wrong[found.indices].any()  # these are known, so the share is of the others
    assert found.predicted == wrong.sum() / (pool.size - 8) > 0
    assert abs(found.random_predicted - found.random_measured) < 0.02
    assert found.measured < 0.7 * found.random_measured
    spectrum = pool.choose(8, "spectrum", 60)
    assert found.measured < spectrum.measured < spectrum.random_measured
    random = pool.choose(8, "random", 60)
    assert abs(random.measured - random.random_measured) < 0.2


def test_a_pool_tells_what_is_unusual():
    rng = np.random.default_rng(8)
    X = rng.standard_normal((100, 5))
    assert ld.Pool(X, np.sign(X[:, 0])).choose(3, n_sets=2).notes[-1].startswith("teacher: ")
    Y = np.repeat(X[:10], 10, axis=0)
    pool = ld.Pool(Y, Y[:, 0], test=X, test_logits=X[:, 0])
    assert pool.choose(3, "nearest", 2).notes == ["rank: the 3 rows span only 1 dimensions"]
    assert pool.choose(9, n_sets=2).notes[0].startswith("rank: ")
    assert pool.choose(9, n_sets=2).random_predicted is None
    with pytest.raises(ValueError, match="^logits: they are all zero"):
        ld.Pool(X, np.zeros(100)).choose(2)


def test_kernels_choose_too():
    rng = np.random.default_rng(9)
    X = rng.standard_normal((60, 3))
    z = np.sin(X).sum(axis=1)
    pool = ld.Pool(X, z, kernel=ld.kernels.gaussian_kernel(1.0), test=X, test_logits=z)
    found = pool.choose(10, n_sets=20)
    assert found.measured < found.random_measured


def test_many_rows_of_a_large_pool():
    rng = np.random.default_rng(10)
    X = rng.standard_normal((5000, 400))
    found = choose(X, X @ rng.standard_normal(400), 60)
    assert len(set(found.indices.tolist())) == 60


# Chosen angles


@pytest.mark.parametrize(
    "law",
    [ld.laws.PowerLaw(1.7), ld.laws.PowerLaw(2, 0.3), ld.laws.IsotropicLaw(7)],
    ids=["power", "margin", "isotropic"],
)
def test_the_nearest_angle_inverts_the_tail(law):
    log_beyond = np.geomspace(1e-3, 3, 20)
    assert np.log(law(nearest_angle(law, log_beyond))) == pytest.approx(-log_beyond, rel=1e-9)
    plain = ld.laws.TailLaw(lambda theta: law(theta), law.knots)
    assert nearest_angle(plain, log_beyond) == pytest.approx(
        nearest_angle(law, log_beyond), rel=1e-9
    )


def test_the_smallest_of_very_many():
    """a N theta_(1) is exponential, a = -p'(0)."""
    N = 10**12
    for task, a in (
        (ld.PolynomialTask(1, 50), 2 / np.pi),
        (ld.MarginTask(0.5, 50, kappa=2), 2 / (np.pi / 2 - 0.5)),
    ):
        phi = chosen_angles(task, 1, N, 4000, np.random.default_rng(0))
        assert scipy.stats.kstest(a * N * phi, "expon").pvalue > 1e-6
    phi = chosen_angles(ld.IsotropicTask(3), 1, N, 4000, np.random.default_rng(1))
    assert scipy.stats.kstest(N * phi**2 / 2, "expon").pvalue > 1e-6


@pytest.mark.parametrize("rule", ["nearest", "farthest", "random"])
@pytest.mark.parametrize("n, dim", [(1, 3), (2, 3), (3, 5), (4, 2), (5, 5)])
def test_against_pools_that_are_drawn(rule, n, dim):
    task, rng = ld.PolynomialTask(1.5, dim), np.random.default_rng(11)
    phi = chosen_angles(task, n, 12, 3000, rng, rule)
    pools = draw_sets(task, 12, 1500, rng)
    order = np.argsort(ld.line_angle(pools.swapaxes(1, 2), task.teacher), axis=1)
    kept = {"nearest": order[:, :n], "farthest": order[:, -n:], "random": order[:, :n] * 0}[rule]
    kept = kept + np.arange(n) if rule == "random" else kept
    sets = np.take_along_axis(pools, kept[:, None], axis=2)
    drawn = ld.line_angle(task.teacher, ld.distilled_student(sets, task.teacher))
    if n >= dim:
        assert (phi == 0).all() and drawn.max() < 1e-6
    else:
        assert scipy.stats.ks_2samp(phi, drawn).pvalue > 1e-6


def test_all_of_the_pool_is_no_choice():
    task = ld.PolynomialTask(1, 20)
    exact = ld.expected_risk(task, 8).mean
    for rule in ("nearest", "farthest", "random"):
        found = chosen_risk(task, 8, 8, 20_000, np.random.default_rng(12), rule)
        assert abs(found.mean - exact) < 5 * found.stderr


def test_values_for_the_pool_of_two_thousand():
    """Mean angles in degrees and risks, against 300,000 other sets (their errors are beside)."""
    task, rng = ld.PolynomialTask(1, 200), np.random.default_rng(13)
    for n, rule, mean, error in (
        (10, "nearest", 0.02977, 4e-5),
        (10, "farthest", 89.087, 0.003),
        (10, "random", 5.872, 0.009),
        (150, "random", 0.1924, 0.001),
    ):
        phi = np.degrees(chosen_angles(task, n, 2000, 8000, rng, rule))
        assert abs(phi.mean() - mean) < 5 * np.hypot(error, phi.std() / phi.size**0.5)
    exact = ld.expected_risk(task, 10).mean
    for rule, mean, error in (
        ("nearest", 9.375e-6, 2.4e-8),
        ("farthest", 0.3564, 1e-4),
        ("random", exact, 0.0),
    ):
        found = chosen_risk(task, 10, 2000, 20_000, rng, rule)
        assert abs(found.mean - mean) < 5 * np.hypot(error, found.stderr)


def test_rows_chosen_from_pools_of_two_thousand():
    """Greedy does a little better than the nearest angles do, which is 0.0298 degrees."""
    task, rng = ld.PolynomialTask(1, 200), np.random.default_rng(15)
    degrees = []
    for _ in range(30):
        X = task.sample(2000, rng)
        rows = choose(X.T, task.teacher @ X, 10).indices
        w_hat = ld.distilled_student(X[:, rows], task.teacher)
        degrees.append(np.degrees(ld.line_angle(w_hat, task.teacher)))
    assert abs(np.mean(degrees) - 0.0266) < 5 * np.std(degrees) / 30**0.5


@pytest.mark.parametrize("kappa, edge", [(1, 1), (2, 1), (3, 1), (4, 1), (1.5, 2)])
def test_one_example_and_a_thousand(kappa, edge):
    """Means of the claim on one for the pool, against an adaptive quadrature."""
    N = 1000
    quad = partial(scipy.integrate.quad, epsabs=0, epsrel=1e-8, limit=500)

    def angle(log_beyond):
        return np.pi / 2 * (-np.expm1(-log_beyond / kappa)) ** (1 / edge)

    def lost(s):  # E 1 - exp(-s cot^2 theta), theta from log v, v = -log p
        def part(y):
            return -np.expm1(-s / np.tan(angle(np.exp(y))) ** 2) * np.exp(y - np.exp(y))

        return quad(part, -40, 4)[0]

    nearest = quad(lambda e: np.exp(-e) * np.tan(angle(e / N)) ** kappa, 0, 60)[0]
    low, high = -np.log(N) * 2 - 50 / kappa, 4
    whole = quad(lambda y: np.exp(y * kappa / 2 + N * np.log1p(-lost(np.exp(y)))), low, high)[0]
    assert means.mean_of_nearest(kappa, N, edge) == pytest.approx(nearest, rel=1e-5)
    assert means.mean_of_all(kappa, N, edge) == pytest.approx(
        whole / scipy.special.gamma(kappa / 2), rel=1e-6
    )


def test_a_rule_of_no_free_lunch_is_adaptive():
    """Its second question depends on the answer to the first: other teachers, other questions."""
    w = np.random.default_rng(16).standard_normal((2, 500, 5))
    w /= np.linalg.norm(w, axis=2, keepdims=True)
    for rule in (choosing_blind.adaptive, choosing_blind.by_answers):
        asked = [choosing_blind.ask(v, 3, rule, np.random.default_rng(17))[0] for v in w]
        assert np.array_equal(asked[0][0], asked[1][0])  # nothing was answered yet
        assert np.mean(np.abs(asked[0][1] - asked[1][1]).max(axis=1) > 0.5) > 0.3


def test_atoms_at_the_ends():
    both = ld.SymmetricTask(ld.laws.AtomicLaw([0.0, np.pi / 2], [0.5, 0.5]), 4)
    rng = np.random.default_rng(14)
    assert chosen_angles(both, 2, 60, 100, rng).max() < 1e-15
    far = chosen_angles(both, 2, 60, 100, rng, "farthest")
    assert far == pytest.approx(np.pi / 2)
    assert chosen_risk(both, 5, 60, 100, rng, "farthest").mean == pytest.approx(
        ld.risk.undecided_risk(both)
    )
    plane = ld.SymmetricTask(ld.laws.AtomicLaw([0.5]), 2)
    phi = chosen_angles(plane, 3, 9, 4000, rng)
    assert np.mean(phi > 0) == pytest.approx(1 / 4, abs=0.04)  # all on one of two lines


def test_more_chosen_than_there_are():
    with pytest.raises(ValueError, match="^pool: 4 examples, of which n = 5"):
        chosen_angles(ld.PolynomialTask(1, 9), 5, 4, 10, 0)
