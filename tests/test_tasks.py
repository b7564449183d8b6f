import numpy as np
import pytest
import scipy.stats
from statistics_rules import follows, same_law

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
