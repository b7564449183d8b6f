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
    ("n_jobs", lambda: ld.expected_risk(task, 2, 10, rng, n_jobs=0)),
    ("n_jobs", lambda: ld.expected_risk(task, 2, 10, rng, n_jobs=1.5)),
    ("ns", lambda: ld.learning_curve(task, [], 10, rng)),
    ("ns", lambda: ld.learning_curve(task, [2, 0], 10, rng)),
    ("ns", lambda: ld.learning_curve(task, [2.5], 10, rng)),
    ("n_sets", lambda: ld.learning_curve(task, 3, 1, rng)),
    ("tasks", lambda: ld.sweep([], 3, 10, rng)),
    ("n", lambda: task.sample(0, rng)),
    ("n_sets", lambda: ld.student_angles(task, 2, -1, rng)),
    *(
        case
        for f in (ld.loss, ld.loss_gradient, ld.loss_hessian)
        for case in [
            ("w", lambda f=f: f([1, 2], X, [1, 2, 3])),
            ("w", lambda f=f: f(1.0, X, [1, 2, 3])),
            ("w", lambda f=f: f([1, 2, nan], X, [1, 2, 3])),
            ("w", lambda f=f: f([1e200, 0, 0], 1e200 * X, [1, 2, 3])),
            ("X", lambda f=f: f([1, 2, 3], X.T, [1, 2, 3])),
            ("X", lambda f=f: f([1, 2, 3], [1, 2, 3], [1, 2, 3])),
            ("X", lambda f=f: f([1, 2, 3], np.ones((2, 3, 4)), [1, 2, 3])),
            ("X", lambda f=f: f([1, 2, 3], np.ones((3, 0)), [1, 2, 3])),
            ("w_star", lambda f=f: f([1, 2, 3], X, [0, 0, 0])),
            ("w_star", lambda f=f: f([1, 2, 3], X, [[1, 2, 3]])),
        ]
    ),
    *(
        case
        for f in (
            ld.sublevel_intervals,
            ld.pl_constant,
            ld.growth_constant,
            ld.sharp_pl_constant,
        )
        for case in [
            ("level", lambda f=f: f(X[:, :1], [1, 2, 3], -1e-9)),
            ("level", lambda f=f: f(X[:, :1], [1, 2, 3], inf)),
            ("level", lambda f=f: f(X[:, :1], [1, 2, 3], [0.1, 0.2])),
            ("X", lambda f=f: f(X, [1, 2], 0.1)),
            ("w_star", lambda f=f: f(X[:, :1], [0, 0, 0], 0.1)),
        ]
    ),
    ("X", lambda: ld.pl_constant(np.zeros((3, 2)), [1, 2, 3], 0.1)),
    ("X", lambda: ld.growth_constant(np.zeros((3, 2)), [1, 2, 3], 0.1)),
    ("X", lambda: ld.sharp_pl_constant(X, [1, 2, 3], 0.1)),
    *(
        case
        for f in (ld.gradient_flow, lambda *a, **k: ld.gradient_descent(*a, 0.1, 2, **k))
        for case in [
            ("X", lambda f=f: f([1, 2], [1, 2])),
            ("X", lambda f=f: f([[nan, 1]], [1])),
            ("X", lambda f=f: f(X, [1, 2])),
            ("w_star", lambda f=f: f(X, [0, 0, 0])),
            ("w0", lambda f=f: f(X, [1, 2, 3], w0=[1, 2])),
            ("w0", lambda f=f: f(X, [1, 2, 3], w0=[1, 2, inf])),
        ]
    ),
    ("X", lambda: ld.gradient_flow(1e-170 * X, [1, 2, 3])),
    ("X", lambda: ld.gradient_flow(1e160 * X, [1, 2, 3])),
    ("times", lambda: ld.gradient_flow(X, [1, 2, 3], times=[])),
    ("times", lambda: ld.gradient_flow(X, [1, 2, 3], times=[-1, 2])),
    ("times", lambda: ld.gradient_flow(X, [1, 2, 3], times=[2, 1])),
    ("times", lambda: ld.gradient_flow(X, [1, 2, 3], times=[1, inf])),
    ("times", lambda: ld.gradient_flow(X, [1, 2, 3], times=3.0)),
    ("tol", lambda: ld.gradient_flow(X, [1, 2, 3], tol=0)),
    ("tol", lambda: ld.gradient_flow(X, [1, 2, 3], tol=1)),
    ("rtol", lambda: ld.gradient_flow(X, [1, 2, 3], rtol=-1)),
    ("rtol", lambda: ld.gradient_flow(X, [1, 2, 3], rtol=1)),
    ("step", lambda: ld.gradient_descent(X, [1, 2, 3], 0, 5)),
    ("step", lambda: ld.gradient_descent(X, [1, 2, 3], nan, 5)),
    ("steps", lambda: ld.gradient_descent(X, [1, 2, 3], 0.1, 0)),
    ("steps", lambda: ld.gradient_descent(X, [1, 2, 3], 0.1, 2.5)),
    ("every", lambda: ld.gradient_descent(X, [1, 2, 3], 0.1, 5, every=0)),
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
    ],
    ids=["missing", "seed", "sampler", "legacy"],
)
def test_a_seed_is_not_a_generator(call):
    with pytest.raises(TypeError, match="^rng: expected a numpy.random.Generator"):
        call()


def test_a_tail_that_is_no_function():
    with pytest.raises(TypeError, match="^tail: expected a function"):
        ld.theorem3_bound(0.5, 3)
