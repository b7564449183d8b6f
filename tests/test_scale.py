"""Every public function of vectors, scaled: X -> t X, w* -> s w*, as far as its row says.

From 1e-200 to 1e200 (FULL); from 1e-100 to 1e100 where a square of the scale is a result or an
argument (HALF); from 1e-48 to 1e48 where data are taken, which are refused beyond (DATA). A new
public function with an argument that has a length needs a row, or a reason for none.
"""

import re
from pathlib import Path

import numpy as np
import pytest
from public import CALLS, arguments, kind, parts, public

import linear_distillation as ld
from linear_distillation import kernels

PUBLIC = public()
FULL, HALF, DATA = 664, 332, 160  # powers of two: about 1e200, 1e100, and 1e48 for data
LENGTHS = "X w w_star W W_star V u v g w0 points means teacher weights eigenvalues logits rows"

AT_TEACHER = {"X": 1, "w": -1, "w_star": -1}
OF_CLASSES = {"X": 1, "W": -1, "W_star": -1}
# place: (powers of the scale that arguments take, that of the result, how far)
ROWS = [
    *((f"geometry.{f}", {a: 1}, 0, FULL) for f in ("line_angle", "vector_angle") for a in "uv"),
    ("geometry.project", {"X": 1}, 0, FULL),
    ("geometry.project", {"v": 1}, 1, FULL),
    ("geometry.span_basis", {"X": 1}, 0, FULL),
    ("objective.loss", AT_TEACHER, 0, FULL),
    ("objective.loss_gradient", AT_TEACHER, 1, FULL),
    ("objective.loss_hessian", AT_TEACHER, 2, HALF),
    ("objective.sublevel_intervals", {"X": 1, "w_star": -1}, 0, FULL),
    ("networks.balanced_weights", {"w": 3}, 1, FULL // 3),
    ("networks.end_to_end", {"weights": 1}, 2, HALF),
    ("networks.imbalance", {"weights": 1}, 2, HALF),
    ("networks.induced_velocity", AT_TEACHER, 0, FULL),
    ("networks.layer_gradients", {"weights": 1, "X": -2, "w_star": 2}, -1, HALF),
    ("students.distilled_student", {"X": 1}, 0, FULL),
    ("students.distilled_student", {"w_star": 1}, 1, FULL),
    ("students.hard_label_student", {"w_star": 1}, 0, FULL),
    ("students.deep_student", {"X": 1}, 0, FULL),
    ("students.deep_student", {"w_star": 1, "w0": 1}, 1, FULL),
    ("students.biased_student", {"X": 1}, 0, FULL),
    ("deep.two_layer_bound", {"X": 1}, 0, FULL),
    ("deep.two_layer_bound", {"weights": 1, "w_star": 2}, 2, HALF),
    ("deep.saddle_distance", {"X": 1, "w_star": -1, "w0": -1}, -1, FULL),
    ("noise.interpolating_student", {"X": 1}, -1, DATA),
    ("noise.interpolating_student", {"logits": 1}, 1, DATA),
    ("noise.cross_entropy_student", {"X": 1}, -1, DATA),
    ("classes.class_loss", OF_CLASSES, 0, FULL),
    ("classes.class_gradient", OF_CLASSES, 1, FULL),
    ("classes.class_hessian", {"X": 1, "W": -1}, 2, HALF),
    ("classes.class_student", {"X": 1}, 0, FULL),
    ("classes.class_student", {"W_star": 1}, 1, FULL),
    ("class_risk.class_risk", {"W": 1}, 0, FULL),
    ("class_risk.isotropic_class_risk", {"W_star": 1}, 0, FULL),
    ("risk.transfer_risk", {"w": 1}, 0, FULL),
    ("risk.held_out_risk", {"w": 1}, 0, FULL),
    ("rise.exchange_rise", {"X": 1}, 0, FULL),
    ("rise.exchange_rise", {"w_star": 1}, 0, FULL),
    ("rise.narrow_mixture_risk", {"means": 1}, 0, FULL),
    ("rise.narrow_mixture_risk", {"teacher": 1}, 0, FULL),
    ("monotonicity.biased_steps", {"X": 1}, 0, FULL),
    ("monotonicity.biased_steps", {"w_star": 1}, 0, FULL),
    ("monotonicity.hard_label_steps", {"X": 1, "times": -2}, 0, HALF),
    ("noise.stopped_student", {"X": 1, "time": -2}, -1, DATA),
    ("noise.stopped_student", {"logits": 1}, 1, DATA),
    *(
        (f"noise.{f}", {"X": 1, grid: power}, (power, 0, -1), DATA)
        for f, grid, power in (("best_ridge", "ridges", 2), ("best_stop", "times", -2))
    ),
    ("noise.best_ridge", {"logits": 1}, (0, 2, 1), DATA),
    ("noise.best_stop", {"logits": 1}, (0, 2, 1), DATA),
    ("noise.label_covariance", {"X": 1, "w_star": -1}, -2, DATA),
    ("noise.label_value", {"X": 1, "w_star": -1}, 0, DATA),
    ("classes.class_gradient_flow", {"X": 1, "W_star": -1, "times": -2}, (-2, -1, -1, -1, 0), HALF),
    ("tasks.empirical_tail", {"X": 1}, 0, FULL),
    ("tasks.empirical_tail", {"w_star": 1}, 0, FULL),
    ("selection.choose", {"X": 1}, 0, DATA),
    ("selection.choose", {"logits": 1}, 0, DATA),
    ("kernels.nested_norms", {"logits": 1}, 1, DATA),
    ("spectrum.effective_ridge", {"eigenvalues": 1}, 1, DATA),
]
TRIED_ELSEWHERE = {
    # constants and certificates by their logarithms, paths, classes: beside their other tests
    "test_objective": ("objective.pl_constant", "objective.sharp_pl_constant",
                       "objective.growth_constant"),
    "test_flow": ("flow.gradient_flow",),
    "test_scale": ("flow.gradient_descent", "pool.Pool", "spectrum.SpectrumLaw",
                   "leverage.LeverageLaw", "kernels.KernelFunction", "kernels.kernel_student",
                   "class_risk.FiniteClassTask"),
    "test_deep": ("deep.deep_gradient_flow", "deep.induced_flow", "deep.deep_rate"),
    "test_students": ("students.hard_label_flow",),
    "test_classes": ("classes.class_pl_constant",),
    "test_magnitudes": ("tasks.FiniteTask", "tasks.GaussianTask", "tasks.MixtureTask",
                        "tasks.MarginTask", "tasks.PolynomialTask", "tasks.IsotropicTask",
                        "tasks.SymmetricTask"),
}  # fmt: skip
NO_LENGTH = {"laws.AtomicLaw", "parallel.leaning_resistance"}  # weights of angles; unit vectors


def test_what_has_a_length_has_a_row():
    known = {row[0] for row in ROWS} | NO_LENGTH | {p for v in TRIED_ELSEWHERE.values() for p in v}
    lengths = set(LENGTHS.split())
    found = {
        place
        for place, row in CALLS.items()
        if any(k in lengths and kind(place, k) in ("array", "layers") for k in row)
    }
    assert found - known == set() and known - set(CALLS) == set()


@pytest.mark.parametrize("file", TRIED_ELSEWHERE)
def test_what_is_tried_elsewhere_is_there(file):
    text = (Path(__file__).parent / f"{file}.py").read_text(encoding="utf8")
    tried = text.partition("TRIED_ELSEWHERE = {")[0] + text.partition("# fmt: skip")[2]
    for place in TRIED_ELSEWHERE[file]:
        assert re.search(rf"\b{place.split('.')[1]}\b", tried), place


def times(value, factor):
    if isinstance(value, list):
        return [times(part, factor) for part in value]
    return value if value is None else np.asarray(value) * factor


@pytest.mark.parametrize("place, powers, result, most", ROWS, ids=lambda v: str(v)[:40])
def test_scales(place, powers, result, most):
    plain = parts(PUBLIC[place](**arguments(place)))
    assert plain
    for power in (-most, -most // 2, most // 2, most):
        changes = {k: times(arguments(place)[k], 2.0 ** (power * p)) for k, p in powers.items()}
        scaled = parts(PUBLIC[place](**arguments(place, **changes)))
        each = np.broadcast_to(result, len(plain))
        for one, two, result_power in zip(plain, scaled, each, strict=True):
            assert np.max(np.abs(one)) == 0 or np.isfinite(two).all()
            expected = one * 2.0 ** float(power * result_power)
            least = 1e-14 * np.max(np.abs(expected))
            np.testing.assert_allclose(two, expected, rtol=1e-10, atol=least, err_msg=str(power))


@pytest.mark.parametrize("scale", [1e-45, 1e-20, 1e20, 1e45])
def test_kernels_are_homogeneous(scale):
    X, Z = np.array([[1.0, 2], [0, -1], [3, 1]]), np.array([[1.0, -1], [2, 2]])
    for make, power in (
        (lambda s: kernels.gaussian_kernel(2 * s), 0),
        (lambda s: kernels.polynomial_kernel(2, s**2), 4),
        (lambda s: kernels.arc_cosine_kernel(0), 0),
        (lambda s: kernels.arc_cosine_kernel(1), 2),
        (lambda s: kernels.relu_tangent_kernel(2), 2),
    ):
        once, scaled = make(1.0)(X, Z), make(scale)(scale * X, scale * Z)
        assert np.abs(scaled / scale**power - once).max() <= 1e-10 * once.max()


@pytest.mark.parametrize("scale", [1e-150, 1e-100, 1e-30])
def test_resistance_of_small_angles_is_homogeneous(scale):
    theta, means = np.array([1e-5, 3e-5, 2e-5]), np.array([[0.5, 0.2, -0.3], [0, 0.5, 0.1]])
    once = ld.parallel.leaning_resistance(theta, means)
    scaled = ld.parallel.leaning_resistance(scale * theta, means)
    assert scaled == pytest.approx(once * scale**2, rel=1e-8)


@pytest.mark.parametrize("dim", [10**3, 10**6, 10**9, 10**14])
def test_spread_falls_like_the_dimension(dim):
    """For n/d = 1/2, d times the spread has a limit above 0, and nothing cancels on the way."""
    halves = [d * ld.parallel.tangent_spread(d // 2, d) for d in (dim, 10 * dim)]
    assert halves[0] == pytest.approx(halves[1], rel=20 / dim + 1e-12) and halves[0] > 0


@pytest.mark.parametrize("t", [1e-100, 1e-50, 1e50, 1e100])
def test_descent_scales(t):
    X, w_star = np.array([[1.0, 0.5], [0.2, -1], [0.3, 0.1]]), np.array([1.0, 0.5, -0.3])
    one = ld.flow.gradient_descent(X, w_star, 0.5, 20)
    two = ld.flow.gradient_descent(t * X, w_star / t, 0.5 / t / t, 20)
    assert two.final == pytest.approx(one.final / t, rel=1e-9, abs=0)
    assert two.residual == pytest.approx(one.residual / t, rel=1e-9, abs=0)


@pytest.mark.parametrize("t", [1e-48, 1e-10, 1e10, 1e48])
def test_pools_and_laws_of_data_scale(t):
    """Risks do not see the units of features and logits, errors are squares of those of logits."""
    rng = np.random.default_rng(0)
    X, Z, w = (
        rng.standard_normal((30, 4)),
        rng.standard_normal((20, 4)),
        np.array([1.0, 2, -1, 0.5]),
    )
    for a, b in ((t, 1.0), (1.0, t), (t, 1 / t)):
        pools = [
            ld.Pool(p * X, q * X @ w, test=p * Z, test_logits=q * Z @ w)
            for p, q in ((1, 1), (a, b))
        ]
        once, scaled = (pool.student([0, 3, 7]) for pool in pools)
        assert scaled.risk == once.risk
        for make, kind_of in (
            ("spectrum_law", ld.spectrum.SpectrumLaw),
            ("leverage_law", ld.leverage.LeverageLaw),
        ):
            one, two = (getattr(pool, make)() for pool in pools)
            assert isinstance(two, kind_of)
            assert two.risk(2) == pytest.approx(one.risk(2), rel=1e-9)
            assert two.error(2) == pytest.approx(one.error(2) * (b * b), rel=1e-8)


@pytest.mark.parametrize("t", [1e-48, 1e48])
def test_functions_of_a_kernel_scale_with_their_logits(t):
    X, z = np.eye(3) + 0.5, np.array([1.0, 2, -1])
    kernel = kernels.gaussian_kernel(1.0)
    one, two = (kernels.kernel_student(kernel, X, s * z) for s in (1.0, t))
    assert two(X) == pytest.approx(t * one(X), rel=1e-9)
    assert two.norm == pytest.approx(t * one.norm, rel=1e-9)
    f = kernels.KernelFunction(kernel, X, t * z)
    assert f.angles(X + 1) == pytest.approx(kernels.KernelFunction(kernel, X, z).angles(X + 1))


@pytest.mark.parametrize("t", [1e-200, 1e200])
def test_the_teacher_of_a_class_task_has_no_length(t):
    points, W = np.array([[1, 0.5, -0.2], [0.3, -0.9, 1]]), [[0.1, 0, 1], [1, 0, 0.2]]
    teacher = np.array([[1.0, 0, 0], [0, 0, 1]])
    tasks = [ld.class_risk.FiniteClassTask(points, s * teacher) for s in (1.0, t)]
    assert ld.class_risk.class_risk(W, tasks[0]) == ld.class_risk.class_risk(W, tasks[1])
    one, two = (ld.class_risk.class_bound(task, 2) for task in tasks)
    assert one == pytest.approx(two, rel=1e-12)
