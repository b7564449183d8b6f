"""Risks: of an angle, of students, expected ones, and of finite tasks by enumeration."""

import itertools

import mpmath
import numpy as np
import pytest
import scipy
from hypothesis import given
from hypothesis import strategies as st
from statistics_rules import agrees

import linear_distillation as ld
from linear_distillation import risk
from linear_distillation.risk import risk_table


def exact_angle_risk(phi, kappa, dim):
    """P[T tan(phi) >= tan(psi)] by mpmath, integrated over psi."""
    with mpmath.workdps(30):
        half = mpmath.mpf(dim - 2) / 2
        tan = mpmath.tan(mpmath.mpf(phi))

        def density(u):  # psi = (pi/2) u^(1/kappa)
            z = mpmath.tan(mpmath.pi / 2 * u ** (1 / mpmath.mpf(kappa))) / tan
            return mpmath.betainc(half, 0.5, 0, max(0, 1 - z * z), regularized=True) / 2

        top = (2 * mpmath.mpf(phi) / mpmath.pi) ** kappa
        return float(mpmath.quad(density, [0, top / 1000, top / 10, top]))


@pytest.mark.parametrize("phi", [1e-6, 0.1, 0.8, 1.5])
@pytest.mark.parametrize("kappa, dim", [(0.5, 3), (1, 7), (2, 40), (4, 12)])
def test_angle_risk_against_high_precision(phi, kappa, dim):
    exact = exact_angle_risk(phi, kappa, dim)
    assert ld.risk.angle_risk(phi, ld.laws.PowerLaw(kappa), dim) == pytest.approx(exact, rel=1e-10)


@pytest.mark.parametrize("dim", [2, 3, 4, 17, 1000, 10**6])
def test_isotropic_risk_is_the_angle_over_pi(dim):
    phi = np.array([0, 1e-12, 1e-3, 0.5, 1.2, np.pi / 2])
    assert ld.risk.angle_risk(phi, ld.laws.IsotropicLaw(dim), dim) == pytest.approx(
        phi / np.pi, rel=1e-10
    )


def test_knots_are_integrated_piece_by_piece():
    law, dim, phi = ld.laws.AtomicLaw([0.4, 1.3], [0.25, 0.75]), 6, 0.9
    z = np.tan(np.pi / 2 - np.array([0.4, 1.3])) / np.tan(phi)
    exact = scipy.stats.beta(2, 2).sf((1 + z) / 2) @ [0.25, 0.75]
    assert ld.risk.angle_risk(phi, law, dim) == pytest.approx(exact, rel=1e-12)


def test_risk_is_zero_until_the_angle_reaches_the_margin():
    law = ld.laws.PowerLaw(1, margin=0.5)
    assert ld.risk.angle_risk([0.0, 0.3, 0.5], law, 8).tolist() == [0, 0, 0]
    assert ld.risk.angle_risk(0.51, law, 8) > 0
    assert risk_table(law, 8)(np.array([0.0, 0.3, 0.5])).tolist() == [0, 0, 0]
    close = risk_table(ld.laws.AtomicLaw([1e-20]), 8)
    assert close(np.array([0.0, 0.3, np.pi / 2])).tolist() == [0, 0, 0]


@pytest.mark.parametrize("law", [ld.laws.PowerLaw(0.1), ld.laws.PowerLaw(1), ld.laws.PowerLaw(20)])
@pytest.mark.parametrize("dim", [3, 50, 10**8])
def test_table_keeps_its_stated_accuracy(law, dim):
    phi = np.exp(np.linspace(-25, 0, 997)) * np.pi / 2
    direct = ld.risk.angle_risk(phi, law, dim)
    seen = direct > 1e-280
    assert risk_table(law, dim)(phi)[seen] == pytest.approx(direct[seen], rel=1e-7)


STUDENT_TASKS = [
    ld.PolynomialTask(0.5, 5, teacher=[1, 1, 1, 0, 0]),
    ld.MarginTask(0.2, 4),
    ld.IsotropicTask(6),
    ld.MixtureTask([[1, 0.4, 0], [0.2, -1, 1]], 0.6, teacher=[0.5, 1, 0]),
    ld.MixtureTask([[0, 0.0, 2], [0, 0, 0]], 1.0),
    ld.GaussianTask(np.diag([0.2, 1, 3]), teacher=[1, 1, 0.5]),
    ld.FiniteTask([[1, 2, 0.5, -1], [0.3, 1, 2, 1], [0, 1, 1, 0.5]]),
]
STUDENT_IDS = [f"{i}-{type(task).__name__}" for i, task in enumerate(STUDENT_TASKS)]


@pytest.mark.parametrize("task", STUDENT_TASKS, ids=STUDENT_IDS)
def test_exact_risk_agrees_with_held_out_examples(task, rng):
    near = task.teacher + 0.3 * rng.standard_normal(task.dim)
    for w in (near, -near, rng.standard_normal(task.dim)):
        assert agrees(ld.risk.held_out_risk(w, task, 40_000, rng), ld.transfer_risk(w, task))


@pytest.mark.parametrize("task", STUDENT_TASKS, ids=STUDENT_IDS)
def test_teacher_is_right_its_opposite_wrong_and_silence_wrong(task):
    students = np.array([task.teacher, -task.teacher, 0 * task.teacher])
    assert ld.transfer_risk(students, task) == pytest.approx([0, 1, 1], abs=1e-12)
    assert ld.transfer_risk(5e-200 * task.teacher, task) == pytest.approx(0, abs=1e-12)


def test_an_orthogonal_example_is_an_error():
    task = ld.FiniteTask([[1, 1], [1, -1]])
    assert ld.transfer_risk([1.0, 1.0], task) == 0.5
    assert ld.transfer_risk([1 / 3, 1 / 3], task) == 0.5


@pytest.mark.parametrize("n, d", [(1, 2), (1, 5), (4, 9), (20, 60)])
def test_isotropic_expected_risk_is_one_integral(n, d, rng):
    law = scipy.stats.beta((d - n) / 2, n / 2)
    exact = law.expect(lambda s: np.arcsin(np.sqrt(s)) / np.pi)
    assert agrees(ld.expected_risk(ld.IsotropicTask(d), n, 50_000, rng), exact)
    without_chance = ld.expected_risk(ld.IsotropicTask(d), n)
    assert without_chance.mean == pytest.approx(exact, rel=1e-10)
    assert without_chance.stderr == 0


@pytest.mark.parametrize("d", [2, 3, 10, 1001, 10**6])
def test_isotropic_expected_risk_of_complementary_spans(d):
    """The angles to a span and to its complement add up to pi/2; one law for both kinds."""
    for n in {1, d // 2, d - 1}:
        pair = [ld.expected_risk(ld.IsotropicTask(d), m).mean for m in (n, d - n)]
        assert sum(pair) == pytest.approx(1 / 2, rel=1e-12)
    assert ld.expected_risk(ld.IsotropicTask(d), d).mean == 0
    assert ld.expected_risk(ld.IsotropicTask(2), 1).mean == pytest.approx(1 / 4, rel=1e-14)


@pytest.mark.parametrize(
    "task, n",
    [
        (ld.PolynomialTask(0.5, 10), 3),
        (ld.PolynomialTask(1, 2), 1),
        (ld.MarginTask(0.1, 6), 2),
        (ld.MixtureTask([[0.35, 0.94, 0], [0.1, 0.7, 0.7], [0.33, 0.07, 0.94]], 0.1), 2),
        (ld.SymmetricTask(ld.laws.AtomicLaw([0.7, 1.4]), 5), 3),
        (ld.GaussianTask(np.diag([0.2, 1, 3, 5]), teacher=[1, 1, 0, 0]), 2),
    ],
)
def test_expected_risk_agrees_with_plain_data(task, n, rng):
    plain = ld.expected_risk(task, n, 20_000, rng, n_test=5)
    exact = ld.expected_risk(task, n, 20_000, rng)
    assert agrees(exact, plain.mean, plain.stderr)
    assert exact.stderr < plain.stderr


@given(st.integers(0, 2**32), st.integers(1, 4), st.integers(1, 4), st.integers(1, 4))
def test_finite_expected_risk_is_the_sum_over_all_transfer_sets(seed, d, k, n):
    rng = np.random.default_rng(seed)
    task = ld.FiniteTask(
        rng.standard_normal((d, k)), rng.dirichlet(np.ones(k)), rng.standard_normal(d)
    )
    total = 0.0
    for drawn in itertools.product(range(k), repeat=n):
        w = ld.distilled_student(task.points[:, drawn], task.teacher)
        total += np.prod(task.weights[list(drawn)]) * ld.transfer_risk(w, task)
    estimate = ld.expected_risk(task, n)
    assert estimate.mean == pytest.approx(total, abs=1e-12)
    assert estimate.stderr == 0


def test_values_of_the_polynomial_task(rng):
    """Independent values, found with other code: 4.09(1)e-4 and 0.01703(2)."""
    for kappa, value, stderr in [(1, 4.09e-4, 1e-6), (0.5, 0.01703, 2e-5)]:
        task = ld.PolynomialTask(kappa, 1000)
        assert agrees(ld.expected_risk(task, 20, 200_000, rng), value, stderr)


def test_an_estimate_is_the_mean_over_all_blocks_of_all_parts(monkeypatch):
    task, ns = ld.IsotropicTask(8), np.array([1, 3])
    monkeypatch.setattr("linear_distillation.risk.BLOCK", 64)
    monkeypatch.setattr("linear_distillation.risk.PART", 12 * 300)
    found = ld.learning_curve(task, ns, 1000, np.random.default_rng(1))
    draw, drawn = risk._route(task, ns, None)[0], []
    for size, child in zip((300, 300, 300, 100), np.random.default_rng(1).spawn(4), strict=True):
        drawn += [draw(min(64, size - i), child) for i in range(0, size, 64)]
    risks = np.concatenate(drawn, axis=1)
    assert risks.shape == (2, 1000)
    assert found.draws == 1000
    assert found.mean == pytest.approx(risks.mean(axis=1), rel=1e-12)
    assert found.stderr == pytest.approx(risks.std(axis=1, ddof=1) / np.sqrt(1000), rel=1e-11)
    assert found.largest_share == pytest.approx(risks.max(axis=1) / risks.sum(axis=1), rel=1e-12)


CURVES = [
    ld.PolynomialTask(1, 5),
    ld.PolynomialTask(1, 2),
    ld.MarginTask(0.1, 6),
    ld.SymmetricTask(ld.laws.AtomicLaw([0.7, 1.4]), 4),
    ld.MixtureTask([[0.35, 0.94, 0], [0.1, 0.7, 0.7], [0.33, 0.07, 0.94]], 0.1),
]


@pytest.mark.parametrize("task", CURVES, ids=["power", "plane", "margin", "atoms", "mixture"])
def test_a_curve_holds_the_expected_risks(task, rng):
    curve = ld.learning_curve(task, 7, 4000, rng)
    assert curve.mean.shape == curve.stderr.shape == curve.largest_share.shape == (7,)
    assert (curve.mean[task.dim - 1 :] < 1e-12).all()
    for n, mean, stderr in zip(range(1, 8), curve.mean, curve.stderr, strict=True):
        assert agrees(ld.expected_risk(task, n, 4000, rng), mean, stderr + 1e-15)


def test_a_curve_may_name_its_points(rng):
    task = ld.PolynomialTask(1, 40)
    whole = ld.learning_curve(task, 30, 500, np.random.default_rng(3))
    some = ld.learning_curve(task, [30, 2, 2], 500, np.random.default_rng(3))
    assert some.mean.tolist() == whole.mean[[29, 1, 1]].tolist()


def test_curves_without_chance(rng):
    task = ld.FiniteTask([[1, 2, 0.5], [0.3, -1, 2]])
    exact = [ld.expected_risk(task, n).mean for n in (1, 2, 3)]
    assert ld.learning_curve(task, 3).mean.tolist() == exact
    assert ld.learning_curve(ld.IsotropicTask(3), 3).stderr.tolist() == [0, 0, 0]


def test_data_with_more_points_than_can_be_summed_over_is_drawn(rng):
    points = rng.standard_normal((3, 16))
    doubled = ld.FiniteTask(np.repeat(points, 2, axis=1))
    exact = ld.expected_risk(ld.FiniteTask(points), 2)
    assert agrees(ld.expected_risk(doubled, 2, 4000, rng), exact.mean)


def test_a_sweep_is_its_curves_and_follows_the_generator(rng):
    tasks = [ld.PolynomialTask(kappa, 20) for kappa in (0.5, 1, 2)]
    found = ld.risk.sweep(tasks, [3, 5], 100, np.random.default_rng(0))
    one_by_one, same = np.random.default_rng(0), []
    for task in tasks:
        same.append(ld.learning_curve(task, [3, 5], 100, one_by_one))
    assert found.mean.tolist() == [curve.mean.tolist() for curve in same]
    assert found.draws.tolist() == [[100], [100], [100]]
    assert ld.risk.sweep(tasks, [3, 5], 100, one_by_one).mean.tolist() != found.mean.tolist()


@pytest.mark.parametrize("kappa, dim", [(0.5, 3), (1, 7), (2, 40), (4, 12), (1, 1000)])
def test_table_against_high_precision(kappa, dim):
    table = risk_table(ld.laws.PowerLaw(kappa), dim)
    for phi in (1e-8, 1e-3, 0.123, 0.7, 1.3, 1.57):
        assert table(np.array(phi)) == pytest.approx(exact_angle_risk(phi, kappa, dim), rel=1e-7)


def test_table_with_a_margin(rng):
    law, dim = ld.laws.PowerLaw(1, margin=0.3), 12
    phi = 0.3 + np.exp(np.linspace(-12, 0.2, 301))
    assert risk_table(law, dim)(phi) == pytest.approx(ld.risk.angle_risk(phi, law, dim), rel=1e-7)
    assert risk_table(law, dim).at(np.array([0, np.inf])) == pytest.approx([0, 0.5])


def test_memory_does_not_grow_with_the_number_of_sets(rng):
    import tracemalloc

    task, peaks = ld.PolynomialTask(1, 100), []
    ld.expected_risk(task, 2, 10, rng)
    for n_sets in (100_000, 1_000_000):
        tracemalloc.start()
        ld.expected_risk(task, 2, n_sets, rng)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.1 * peaks[0]


def test_a_task_that_only_samples_needs_test_examples(rng):
    class Coin:
        dim, teacher = 2, np.array([1.0, 0.2])

        def sample(self, n, rng):
            return rng.choice([-1.0, 1.0], (2, n))

    with pytest.raises(TypeError, match="no exact risk for Coin"):
        ld.expected_risk(Coin(), 1, 10, rng)
    assert 0 <= ld.expected_risk(Coin(), 1, 10, rng, n_test=3).mean <= 1


def test_held_out_examples_see_an_orthogonal_example_as_an_error(rng):
    task = ld.FiniteTask([[1, 1], [1, -1]])
    assert ld.risk.held_out_risk([1 / 3, 1 / 3], task, 4000, rng).mean == pytest.approx(
        0.5, abs=0.05
    )
    assert agrees(ld.expected_risk(task, 1, 4000, rng, n_test=5), ld.expected_risk(task, 1).mean)


def test_the_side_of_a_tiny_student_is_seen():
    assert ld.transfer_risk([-1e-200, 0, 0], ld.IsotropicTask(3, [1e-200, 0, 0])) == 1


def test_a_bare_function_shows_its_margin():
    law = ld.laws.PowerLaw(1, margin=0.3)
    bare = ld.laws.TailLaw(lambda t: np.maximum(1 - t / (np.pi / 2 - 0.3), 0))
    assert bare.edge == pytest.approx(0.3, abs=1e-12)
    phi = np.array([0.2, 0.31, 0.4, 1.0])
    assert ld.risk.angle_risk(phi, bare, 60) == pytest.approx(
        ld.risk.angle_risk(phi, law, 60), rel=1e-6
    )


@pytest.mark.parametrize(
    "task",
    [
        ld.PolynomialTask(0.7, 5),
        ld.PolynomialTask(1, 2),
        ld.MarginTask(0.3, 6),
        ld.IsotropicTask(4),
        ld.SymmetricTask(ld.laws.AtomicLaw([0.3, 1.2]), 3),
    ],
    ids=lambda task: f"{type(task).__name__}-{task.dim}",
)
def test_angle_risk_is_the_risk_of_a_student_there(task, rng):
    w = task.teacher + 2 * rng.standard_normal((200, task.dim))
    psi = ld.geometry.vector_angle(w, task.teacher)
    assert ld.risk.angle_risk(psi, task) == pytest.approx(ld.transfer_risk(w, task), rel=1e-6)
    assert ld.risk.angle_risk(np.pi - psi, task) == pytest.approx(
        1 - ld.risk.angle_risk(psi, task), abs=1e-9
    )


def test_angle_risk_needs_symmetry():
    with pytest.raises(TypeError, match="^task: MixtureTask has no rotational symmetry"):
        ld.risk.angle_risk(0.3, ld.MixtureTask([[1.0, 0.0]], 1.0))


def test_every_route_counts_its_draws():
    estimate = ld.expected_risk(ld.PolynomialTask(1, 5), 2, 8, np.random.default_rng(0), n_test=20)
    assert estimate.draws == 8 and isinstance(estimate.mean, float)
    risks = np.array([[0.0, 0.25, 0.5], [1.0, 0.75, 0.5]])
    count, mean, scatter, largest = risk._moments_of(risks)
    assert (count, mean.tolist(), largest.tolist()) == (3, [0.25, 0.75], [0.5, 1.0])
    assert scatter == pytest.approx([0.125, 0.125])


def test_shares_of_errors_are_those_of_each_student():
    w, x = np.array([[1.0, 1.0], [1.0, -1.0]]), np.array([[1.0, 1.0, 1.0], [2.0, 0.5, -2.0]])
    both = risk.errors(w, np.array([1.0, 0.0]), np.stack([x, x]))
    assert both.tolist() == [1 / 3, 1 / 3]


def test_exact_routes_need_no_draws():
    task = ld.PolynomialTask(0.5, 12)
    found = ld.learning_curve(task, [1, 3, 12])
    exact = [ld.parallel.exact_expected_risk(task, n) for n in (1, 3, 12)]
    assert found.mean.tolist() == exact and found.stderr.tolist() == [0, 0, 0]
    assert ld.expected_risk(task, 3) == ld.risk.Estimate(exact[1], 0.0, 0, 0.0)
    with pytest.raises(ValueError, match="^n_sets: "):
        ld.expected_risk(ld.GaussianTask(np.eye(3)), 3)


def test_small_whole_numbers_do_not_wrap(rng):
    mixture = ld.MixtureTask([[1, 0.4, 0], [0.2, -1, 1]], 0.6)
    found = ld.learning_curve(mixture, np.array([200], "u1"), 4, rng)
    assert found.mean == pytest.approx([0], abs=1e-12)


def test_a_set_of_doubtful_rank_is_left_out_and_told():
    e, almost = np.array([1.0, 0, 0]), np.array([1.0, 1e-13, 0])
    others = np.random.default_rng(1).standard_normal((3, 15))
    points = np.column_stack([e, almost, others])
    task = ld.FiniteTask(points)
    with pytest.warns(
        ld.quadrature.AccuracyWarning, match=r"^learning_curve: \d+ of 400 transfer sets"
    ):
        found = ld.learning_curve(task, [1, 3], 400, np.random.default_rng(0))
    assert 300 < found.draws[0] < 400 and (found.mean < 1).all() and (found.stderr > 0).all()
    with pytest.raises(np.linalg.LinAlgError, match="^task: rounding hides the rank of 40 of 40"):
        rows = np.zeros((3, 20))
        rows[:2] = np.array([1, 0])[:, None]
        rows[1, ::2] = 1e-13
        doubtful = ld.FiniteTask(rows, np.r_[0.5, 0.5, np.zeros(18)])
        ld.expected_risk(doubtful, 60, 40, np.random.default_rng(0))


def test_a_staircase_of_real_size_takes_a_moment(rng):
    """50 angles against 1797 atoms: a sum of incomplete beta functions, not of integrals."""
    law = ld.laws.AtomicLaw(np.pi / 2 - ld.laws.PowerLaw(0.7).draw(1797, rng))
    phi, dim = rng.uniform(0, np.pi / 2, 50), 30
    ratio = (np.tan(np.pi / 2 - law.angles) / np.tan(phi)[:, None]) ** 2
    chance = scipy.special.betaincc(0.5, (dim - 2) / 2, np.minimum(ratio, 1))
    found = ld.risk.angle_risk(phi, law, dim)
    assert found == pytest.approx(chance @ law.weights / 2, rel=1e-9)


def test_an_example_on_the_teacher_is_never_lost():
    assert ld.risk.angle_risk([0.3, 0.7], ld.laws.AtomicLaw([0.0]), 5).tolist() == [0, 0]


def test_many_angles_are_read_off_a_table(rng):
    phi = rng.uniform(0, np.pi, 5000)
    law = ld.laws.PowerLaw(0.8)
    many = ld.risk.angle_risk(phi, law, 9)
    assert many[:50] == pytest.approx(ld.risk.angle_risk(phi[:50], law, 9), rel=1e-7, abs=1e-9)
    assert many[:50].tolist() != ld.risk.angle_risk(phi[:50], law, 9).tolist()


def test_the_old_name_of_angle_risk_warns():
    task = ld.PolynomialTask(1, 4)
    with pytest.warns(DeprecationWarning, match="risk_at_angle is called angle_risk"):
        assert ld.risk.risk_at_angle(2.0, task) == ld.risk.angle_risk(2.0, task.tail, 4)


@pytest.mark.parametrize(
    "call",
    [
        lambda rng: ld.transfer_risk([1, 0], None),
        lambda rng: ld.risk.held_out_risk([1, 0], None, 5, rng),
        lambda rng: ld.expected_risk(None, 2, 5, rng),
        lambda rng: ld.parallel.exact_expected_risk(None, 2),
        lambda rng: ld.parallel_bound(None, 2),
        lambda rng: ld.risk.angle_risk(0.3, None),
        lambda rng: ld.chain.data_angles(None, 2, 5, rng),
        lambda rng: ld.sample_size(None, 0.1),
    ],
    ids=["transfer", "held-out", "expected", "exact", "parallel", "angle", "data", "size"],
)
def test_what_is_no_task_is_named(call, rng):
    with pytest.raises(TypeError, match="^task: "):
        call(rng)


def test_one_task_is_no_sequence(rng):
    with pytest.raises(TypeError, match="^tasks: expected a sequence"):
        ld.risk.sweep(ld.PolynomialTask(1, 4), 3, 5, rng)
