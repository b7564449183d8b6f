"""Bad input gets an early error that names the argument."""

import numpy as np
import pytest

import linear_distillation as ld

rng = np.random.default_rng(0)
task, law, X = ld.PolynomialTask(1, 4), ld.PowerLaw(1), np.ones((3, 2))
nan, inf = float("nan"), float("inf")

CASES = [
    ("u", lambda: ld.line_angle([1, nan], [1, 2])),
    ("v", lambda: ld.line_angle([1, 2], [1, inf])),
    ("u, v", lambda: ld.line_angle([1, 2], [1, 2, 3])),
    ("u", lambda: ld.line_angle([], [])),
    ("u", lambda: ld.line_angle("ab", [1, 2])),
    ("X", lambda: ld.span_basis([1, 2])),
    ("X", lambda: ld.span_basis([[nan, 1]])),
    ("X", lambda: ld.project(X, [1, 2])),
    ("v", lambda: ld.project(X, [[1, 2, 3]])),
    ("X", lambda: ld.distilled_student(X, [1, 2])),
    ("X", lambda: ld.distilled_student(np.ones((3, 0)), [1, 2, 3])),
    ("X", lambda: ld.distilled_student([[inf, 1]], [1])),
    ("w_star", lambda: ld.distilled_student(X, [0, 0, 0])),
    ("w_star", lambda: ld.distilled_student(X, [1, nan, 0])),
    ("kappa", lambda: ld.PolynomialTask(0, 4)),
    ("kappa", lambda: ld.PolynomialTask(-1, 4)),
    ("kappa", lambda: ld.PolynomialTask(nan, 4)),
    ("kappa", lambda: ld.PowerLaw(inf)),
    ("margin", lambda: ld.PowerLaw(1, -0.1)),
    ("margin", lambda: ld.PowerLaw(1, np.pi / 2)),
    ("gamma", lambda: ld.MarginTask(0, 4)),
    ("dim", lambda: ld.PolynomialTask(1, 1)),
    ("dim", lambda: ld.PolynomialTask(1, 2.5)),
    ("dim", lambda: ld.IsotropicTask(0)),
    ("teacher", lambda: ld.PolynomialTask(1, 4, teacher=[0, 0, 0, 0])),
    ("teacher", lambda: ld.PolynomialTask(1, 4, teacher=[1, 0])),
    ("means", lambda: ld.MixtureTask([1, 2], 1.0)),
    ("scale", lambda: ld.MixtureTask([[1, 2]], 0)),
    ("weights", lambda: ld.MixtureTask([[1, 2]], 1, weights=[0.4])),
    ("weights", lambda: ld.FiniteTask([[1, 2]], weights=[1.5, -0.5])),
    ("points", lambda: ld.FiniteTask([[1, 0], [1, 0]])),
    ("points", lambda: ld.FiniteTask([1, 2])),
    ("points", lambda: ld.expected_risk(ld.FiniteTask(np.ones((2, 17))), 2)),
    ("angles", lambda: ld.AtomicLaw([2.0])),
    ("weights", lambda: ld.AtomicLaw([1.0, 0.5], [1.0])),
    ("tail", lambda: ld.theorem3_bound(lambda t: t, 3)),
    ("tail", lambda: ld.theorem3_bound(lambda t: 1.0, 3)),
    ("tail", lambda: ld.integral_bound(lambda t: np.full_like(t, nan), 3)),
    ("knots", lambda: ld.TailLaw(law, knots=(7,))),
    ("u", lambda: ld.line_angle([1j, 0], [1, 2])),
    ("u", lambda: ld.line_angle([["1"], ["2"]], [1, 2])),
    ("kappa", lambda: ld.PolynomialTask("2", 3)),
    ("margin", lambda: ld.PowerLaw(1, [0.1, 0.2])),
    ("gamma", lambda: ld.corollary1_bound(law, 5, [0.1, 0.2])),
    ("tail", lambda: ld.theorem3_bound(lambda t: float(t), 3)),
    ("tail", lambda: ld.angle_risk(0.3, ld.AtomicLaw([0.1, np.pi / 2]), 5)),
    ("n", lambda: ld.theorem3_bound(law, 0)),
    ("n", lambda: ld.theorem3_bound(law, 2.5)),
    ("n", lambda: ld.integral_bound(law, True)),
    ("n", lambda: ld.corollary2_bound(1, 0)),
    ("n", lambda: ld.corollary2_bound(1, [2, 2.5])),
    ("kappa", lambda: ld.corollary2_bound(0, 3)),
    ("kappa", lambda: ld.power_integral_bound(-1, 3)),
    ("gamma", lambda: ld.corollary1_bound(law, 3, 2.0)),
    ("n", lambda: ld.margin_bound(ld.PowerLaw(1, 0.2), 0, 0.1)),
    ("phi", lambda: ld.angle_risk(2.0, law, 3)),
    ("phi", lambda: ld.angle_risk(nan, law, 3)),
    ("dim", lambda: ld.angle_risk(0.5, law, 1)),
    ("w", lambda: ld.transfer_risk([1, 2], task)),
    ("w", lambda: ld.transfer_risk([1, 2, 3, nan], task)),
    ("w", lambda: ld.held_out_risk([[1, 2, 3, 4]], task, 10, rng)),
    ("n_test", lambda: ld.held_out_risk([1, 2, 3, 4], task, 0, rng)),
    ("n", lambda: ld.expected_risk(task, 0, 10, rng)),
    ("n_sets", lambda: ld.expected_risk(task, 2, None, rng)),
    ("n_sets", lambda: ld.expected_risk(task, 2, 1, rng)),
    ("n_test", lambda: ld.expected_risk(task, 2, 10, rng, n_test=0)),
    ("n", lambda: task.sample(0, rng)),
    ("n_sets", lambda: ld.student_angles(task, 2, -1, rng)),
    ("theta", lambda: ld.tan_moment([0.0, 0.3], 5)),
    ("theta", lambda: ld.tan_moment([], 5)),
    ("theta", lambda: ld.tan_moment([nan], 5)),
    ("dim", lambda: ld.tan_moment([0.3, 0.4], 2)),
    ("power", lambda: ld.tan_moment([0.3], 5, 0)),
    ("dim", lambda: ld.parallel_factors(5, 5)),
    ("n", lambda: ld.parallel_factors(0, 5)),
    ("power", lambda: ld.parallel_factors(2, 5, inf)),
    ("n", lambda: ld.exact_expected_risk(task, 0)),
    ("task", lambda: ld.exact_expected_risk(ld.MarginTask(0.1, 5), 2)),
    ("n", lambda: ld.parallel_bound(task, 1.5)),
    ("task", lambda: ld.parallel_bound(ld.FiniteTask(X), 2)),
    ("second_moment", lambda: ld.parallel_bound(task, 2, second_moment=0.1)),
    ("second_moment", lambda: ld.parallel_bound(task, 2, second_moment=nan)),
    ("kappa", lambda: ld.power_bound(0, 5, 10)),
    ("kappa", lambda: ld.power_bound(3, 5, 10, exact_angle=False)),
    ("n", lambda: ld.power_bound(1, 1, 10)),
    ("dim", lambda: ld.power_bound(1, 5, 5)),
    ("n", lambda: ld.envelope_bound(task, 0, 10, rng)),
    ("n_sets", lambda: ld.envelope_bound(task, 2, 0, rng)),
    ("n_sets", lambda: ld.envelope_bound(task, 2, 1, rng)),
    ("dim", lambda: ld.envelope([1.0], 2)),
    ("x", lambda: ld.envelope([-1.0], 5)),
    ("dim", lambda: ld.tangent_point(2)),
]


@pytest.mark.parametrize(
    "name, call", CASES, ids=[f"{i}-{name}" for i, (name, _) in enumerate(CASES)]
)
def test_error_names_the_argument(name, call):
    with pytest.raises(ValueError, match=rf"^{name}: "):
        call()


@pytest.mark.parametrize(
    "call",
    [
        lambda: ld.expected_risk(task, 2, 10),
        lambda: ld.expected_risk(task, 2, 10, 0),
        lambda: task.sample(3, 0),
        lambda: ld.student_angles(task, 2, 10, np.random.RandomState(0)),
        lambda: ld.envelope_bound(task, 2, 10, 0),
    ],
    ids=["missing", "seed", "sampler", "legacy", "envelope"],
)
def test_a_seed_is_not_a_generator(call):
    with pytest.raises(TypeError, match="^rng: expected a numpy.random.Generator"):
        call()


def test_a_tail_that_is_no_function():
    with pytest.raises(TypeError, match="^tail: expected a function"):
        ld.theorem3_bound(0.5, 3)
