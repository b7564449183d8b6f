"""Tasks: samplers against their tails, empirical bands, clusters, what is refused."""

import numpy as np
import pytest
import scipy
import scipy.stats
from statistics_rules import agrees, follows, same_law

import linear_distillation as ld

TASKS = {
    "polynomial": ld.PolynomialTask(0.7, 5, teacher=[1, 2, 0, -1, 3]),
    "margin": ld.MarginTask(0.4, 5, kappa=2),
    "isotropic": ld.IsotropicTask(5, teacher=np.ones(5)),
    "mixture": ld.MixtureTask([[1, 2, 0], [0.3, 0, -1]], 0.5, [0.2, 0.8], teacher=[1, 1, 0]),
    "Gaussian": ld.GaussianTask([[4, 1, 0], [1, 2, 0.5], [0, 0.5, 0.3]], teacher=[1, -1, 2]),
    "plane": ld.PolynomialTask(2, 2),
    "function": ld.SymmetricTask(lambda theta: 1 - np.sin(theta), 4),
}
each_task = pytest.mark.parametrize("task", TASKS.values(), ids=TASKS.keys())


@each_task
def test_the_tail_of_a_task_is_the_tail_of_its_sampler(task, rng):
    X = task.sample(4000, rng)
    assert X.shape == (task.dim, 4000)
    assert follows(np.pi / 2 - ld.line_angle(task.teacher, X.T), task.tail.near)


@each_task
def test_same_seed_same_examples(task):
    first, second = (task.sample(5, np.random.default_rng(3)) for _ in range(2))
    assert (first == second).all()


def test_symmetric_examples_point_everywhere_around_the_teacher(rng):
    task = TASKS["polynomial"]
    X = task.sample(4000, rng)
    e = task.teacher / np.linalg.norm(task.teacher)
    across = X - np.outer(e, e @ X)
    probe = np.linalg.svd(e[None])[2][1:]
    directions = probe @ (across / np.linalg.norm(across, axis=0))
    assert same_law(directions[0], directions[1]) and same_law(directions[2], -directions[2])
    # one coordinate of a uniform point on the sphere S^3
    assert follows((1 + directions[0]) / 2, scipy.stats.beta(1.5, 1.5).cdf)


def test_a_finite_task_draws_its_points(rng):
    task = ld.FiniteTask([[1, 0, 2], [1, 1, -1]], [0.5, 0.25, 0.25], teacher=[1, 0])
    X = task.sample(1000, rng)
    assert {tuple(x) for x in X.T} == {(1, 1), (0, 1), (2, -1)}
    assert task.tail(np.pi / 4) == 0.75


def test_an_atom_on_the_boundary_has_no_label():
    with pytest.raises(ValueError, match=r"^tail: p\(pi/2\) is 1"):
        ld.SymmetricTask(lambda theta: np.ones_like(theta), 3)


def test_gaussian_examples_have_their_covariance(rng):
    task = TASKS["Gaussian"]
    X = task.sample(40_000, rng)
    spread = np.sqrt(np.add.outer(d := np.diag(task.covariance), d) ** 2 / 2 / 40_000)
    assert (np.abs(X @ X.T / 40_000 - task.covariance) < 6 * spread).all()


def test_the_empirical_tail_counts(rng):
    X = TASKS["polynomial"].sample(50, rng)
    w_star = TASKS["polynomial"].teacher
    found, angles = ld.tasks.empirical_tail(X, w_star, 0.9), ld.line_angle(w_star, X.T)
    theta = np.append(np.linspace(0, np.pi / 2, 200), angles)
    share = (angles >= theta[:, None]).mean(axis=1)
    assert found.law(theta) == pytest.approx(share)
    assert found.width == pytest.approx(np.sqrt(np.log(10) / 100))
    assert found.upper(theta) == pytest.approx(np.minimum(1, share + found.width))


def test_the_band_of_few_examples_says_nothing():
    found = ld.tasks.empirical_tail([[1.0], [0.2]], [1, 0], level=0.999)
    assert found.upper(np.pi / 2) == 1
    assert ld.integral_bound(found.upper, 1000) == 1


def test_the_band_holds_as_often_as_it_says(rng):
    law, level, sets = ld.laws.PowerLaw(0.8), 0.8, 3000
    psi = np.sort(law.draw((sets, 200), rng), axis=1)
    width = ld.tasks.empirical_tail(np.ones((2, 200)), [1, 0], level).width
    missed = (law.near(psi) - np.arange(200) / 200).max(axis=1) > width
    # one-sided, exact for a continuous tail
    exact = scipy.special.smirnov(200, width)
    assert exact <= 1 - level
    assert scipy.stats.binomtest(int(missed.sum()), sets, exact).pvalue > 1e-6


def test_tails_of_other_teachers_and_expectations():
    """Values by independent code; a teacher of length two, a break beyond a right angle."""
    tail = ld.MixtureTask([[1, 0.5]], 0.5, teacher=[2, 0]).tail
    assert tail(1.0) == pytest.approx(0.127422262, abs=5e-10)
    law = ld.GaussianTask(np.diag([1.0, 2, 3])).tail
    assert law.expect(lambda p: p, (2.0,)) == pytest.approx(0.428641304, abs=5e-10)


@pytest.mark.parametrize("dim, centre", [(2, 0.0), (3, 0.5), (7, 30.0), (200, 3.0), (200_001, 40)])
def test_the_tail_of_a_cluster_by_one_dimensional_quadrature(dim, centre):
    """P[|a| <= slope r] by integrating the normal coordinate out last; and for d > 10^5."""
    means = np.zeros((1, dim))
    means[0, :2] = 0.7, centre
    law = ld.MixtureTask(means, 1.0).tail
    for psi in (0.01, 0.3, 1.0) if dim < 1000 else (1e-3, 3e-3):

        def chance(z, psi=psi):
            r2 = (z / np.tan(psi)) ** 2
            return scipy.stats.norm.pdf(z, 0.7) * scipy.stats.ncx2.cdf(r2, dim - 1, centre**2)

        inside = 1 - scipy.integrate.quad(chance, -12, 12, points=[0], limit=400, epsabs=1e-12)[0]
        assert law.near(psi) == pytest.approx(inside, abs=2e-9)


def test_both_ends_of_a_cluster_keep_their_digits():
    law = ld.MixtureTask([[3.0, 1, 0]], 1.0).tail
    psi = np.array([1e-12, 1e-9, 1e-6])
    assert law.near(2 * psi) == pytest.approx(2 * law.near(psi), rel=1e-5)
    assert law.near(1e-12) > 0 and law.log_tail(1e-6) < 0
    y = np.array([8.0, 9.0])
    near, far, density = law.at_log(y)
    assert far[1] / far[0] == pytest.approx(np.exp(-2), rel=1e-2)  # a cap of d - 1 dimensions
    assert density == pytest.approx(2 * far, rel=1e-2)


def test_a_task_keeps_nothing_of_the_caller():
    vector, points, means = np.array([1.0, 0]), np.eye(2), np.eye(2)
    weights = np.array([0.25, 0.75])
    S = np.eye(2)
    tasks = [
        ld.IsotropicTask(2, vector),
        ld.FiniteTask(points, weights, vector),
        ld.MixtureTask(means, 1.0, weights, vector),
        ld.GaussianTask(S, vector),
    ]
    for array in (vector, points, means, weights, S):
        array[:] = 7
    assert all(task.teacher.tolist() == [1, 0] for task in tasks)
    assert tasks[1].points.tolist() == tasks[2].means.tolist() == np.eye(2).tolist()
    assert tasks[1].weights.tolist() == tasks[2].weights.tolist() == [0.25, 0.75]
    assert tasks[3].covariance.tolist() == np.eye(2).tolist()
    for array in (tasks[0].teacher, tasks[1].points, tasks[2].means, tasks[3].root):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
    law = ld.laws.AtomicLaw(angles := np.array([0.1, 0.5]))
    angles[:] = 1
    assert law.angles.tolist() == [0.5, 0.1]


def test_old_names_of_a_margin_warn():
    with pytest.warns(DeprecationWarning, match="gamma is called margin"):
        task = ld.MarginTask(gamma=0.3, dim=4)
    assert task.margin == task.gamma == 0.3


def test_the_upper_band_is_a_task(rng):
    task = ld.PolynomialTask(1, 5)
    upper = ld.tasks.empirical_tail(task.sample(200, rng), task.teacher).upper
    band = ld.SymmetricTask(upper, 5)
    share = upper.near(0.0)
    assert share == pytest.approx(ld.tasks.empirical_tail(np.ones((2, 200)), [1, 0]).width)
    # on the boundary every student errs but the teacher
    assert ld.risk.angle_risk([0.0, 1e-9], band) == pytest.approx([0, share])
    assert ld.risk.angle_risk(np.pi - 1e-9, band) == pytest.approx(1)
    w = band.teacher + 0.3 * rng.standard_normal(5)
    assert agrees(ld.risk.held_out_risk(w, band, 20_000, rng), ld.transfer_risk(w, band))
    assert ld.expected_risk(band, 2, 200, rng).mean > share


@pytest.mark.parametrize("scale", [1e-3, 1e-6, 1e-9])
def test_narrow_clusters_keep_their_shape(scale):
    """Half a cluster's mass is at its angle, and rounding of angles is all that blurs it."""
    task = ld.MixtureTask([[1.0, 2, 0], [2, 0, 1]], scale)
    apart = np.array([-2.0, -1, 0, 1, 2])
    theta = np.arctan2(2, 1) + apart * scale / np.sqrt(5)
    expected = scipy.special.ndtr(-apart) / 2
    error = scale + 1e-14 / scale  # of the flat picture; of rounding
    assert task.tail(theta) == pytest.approx(expected, abs=error)


@pytest.mark.parametrize("scale", [1e-11, 1e-14, 1e-16, 1e-100, 1e-160, 5e-201])
def test_clusters_narrower_than_rounding_are_refused_by_their_tail_alone(scale):
    task = ld.MixtureTask([[1.0, 2, 0], [2, 0, 1]], scale)
    assert ld.transfer_risk([1, -0.6, 0.1], task) == 0.5
    with pytest.raises(ValueError, match="^scale: clusters"):
        task.tail(0.5)
