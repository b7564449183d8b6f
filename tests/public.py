"""One table of everything public: for each argument a value that works, and its kind.

`tests/test_public.py` makes all its cases from it, and from the signatures.
"""

import importlib
import inspect

import numpy as np
from matplotlib.figure import Figure

import linear_distillation as ld
from linear_distillation import class_risk, kernels, laws, monotonicity

nan, inf = float("nan"), float("inf")
STAMP = np.datetime64("2019-06-09")


def public():
    """Every public function and class by its place, like ``chain.student_angles``."""
    modules = {name: importlib.import_module(f"linear_distillation.{name}") for name in ld.MODULES}
    items = {
        f"{m}.{name}": getattr(part, name) for m, part in modules.items() for name in part.__all__
    }
    return {place: item for place, item in items.items() if callable(item)}


def rng(seed=0):
    return np.random.default_rng(seed)


# Whole numbers that half precision holds, so that every type of array can carry them
X, W_STAR, W = np.array([[1.0, 0], [2, 1], [0, 3]]), np.array([1.0, 2, -1]), np.array([2.0, -1, 1])
SETS = np.stack([X, X[::-1], X + 1, 2 - X])
ROWS = np.array([[1.0, 0, 2], [2, 1, -1], [0, 3, 1], [-3, 1, -1], [1, -2, 0], [-1, -3, -1]])
TASK, LAW = ld.PolynomialTask(1, 4), laws.PowerLaw(2)
CLASSES = np.array([[1.0, 0, 2], [2, -1, 0], [0, 3, 1]])
CLASS_TASK = class_risk.FiniteClassTask(np.c_[X, -X[:, :1], [1, 1, 4]], CLASSES)
LAYERS = [np.array([[1.0, 2, -1], [0, 1, 1]]), np.array([[2.0, -1]])]
STEP = monotonicity.Step(*np.array([[[1, 2, 3.0]], [[2, 1, 3]], [[0, 0, 0]]]))
STEP = STEP._replace(tied=STEP.tied.astype(bool))
SHARE = monotonicity.Share(*np.array([[0.5, 0.25], [0.25, 0], [0.75, 0.5]]))
TASK_ARGS = {"task": TASK, "n": 2, "n_sets": 6, "rng": rng}

CALLS = {
    "geometry.line_angle": {"u": W, "v": W_STAR},
    "geometry.vector_angle": {"u": W, "v": W_STAR},
    "geometry.project": {"X": X, "v": W},
    "geometry.span_basis": {"X": X},
    **{f"objective.{f}": {"w": W, "X": X, "w_star": W_STAR} for f in ("loss", "loss_gradient", "loss_hessian")},
    "objective.sublevel_intervals": {"X": X, "w_star": W_STAR, "level": 0.5},
    **{
        f"objective.{f}": {"X": X, "w_star": W_STAR, "level": 0.5, "log": True}
        for f in ("pl_constant", "sharp_pl_constant", "growth_constant")
    },
    "networks.balanced_weights": {"w": W, "widths": [2, 3], "rng": rng},
    "networks.end_to_end": {"weights": LAYERS},
    "networks.imbalance": {"weights": LAYERS},
    "networks.induced_velocity": {"w": W, "X": X, "w_star": W_STAR, "depth": 2},
    "networks.layer_gradients": {"weights": LAYERS, "X": X, "w_star": W_STAR},
    "flow.gradient_flow": {
        "X": X, "w_star": W_STAR, "times": np.array([0.0, 1]), "w0": W, "tol": 1e-8, "rtol": 1e-4,
    },
    "flow.gradient_descent": {
        "X": X, "w_star": W_STAR, "step": 0.5, "steps": 3, "w0": W, "every": 1, "tol": 1e-8,
    },
    "deep.deep_gradient_flow": {
        "X": X, "w_star": W_STAR, "weights": LAYERS, "times": np.array([0.0, 1]), "tol": 1e-6, "rtol": 1e-4,
    },
    "deep.induced_flow": {
        "X": X, "w_star": W_STAR, "w0": W, "depth": 2, "times": np.array([0.0, 1]), "tol": 1e-6, "rtol": 1e-4,
    },
    "deep.start_bound": {"eps": np.array([1.0, 2]), "size": np.array([2.0, 4]), "depth": 2, "log": False},
    "deep.sharp_start_bound": {
        "eps": np.array([1.0, 2]), "size": np.array([2.0, 4]), "depth": 2, "log": False,
    },
    "deep.two_layer_bound": {"X": X, "w_star": W_STAR, "weights": LAYERS},
    "deep.saddle_distance": {"X": X, "w_star": W_STAR, "w0": W_STAR},
    "deep.deep_rate": {"X": X, "w_star": W_STAR, "w0": W_STAR, "depth": 2, "log": True},
    "students.distilled_student": {"X": X, "w_star": W_STAR},
    "students.hard_label_student": {"X": X, "w_star": W_STAR},
    "students.deep_student": {"X": X, "w_star": W_STAR, "w0": W, "depth": 2},
    "students.biased_student": {"X": X, "w_star": W_STAR, "delta": 1.0, "rng": rng, "g": None},
    "students.hard_label_flow": {"X": X, "w_star": W_STAR, "times": np.array([1.0, 2]), "rtol": 1e-6},
    "noise.interpolating_student": {"X": X, "logits": np.array([1.0, -2])},
    "noise.cross_entropy_student": {"X": X.T, "labels": np.array([0.5, 0.25, 1])},
    "noise.stopped_student": {"X": X, "logits": np.array([1.0, -2]), "time": 0.5},
    "noise.best_ridge": {"X": X, "logits": np.array([1.0, -2]), "ridges": np.array([0.5, 2, 8])},
    "noise.best_stop": {"X": X, "logits": np.array([1.0, -2]), "times": np.array([0.25, 0.5])},
    "noise.noisy_angles": {"n": 2, "dim": 5, "noise": 0.5, "n_sets": 6, "rng": rng},
    "noise.noisy_moments": {"n": 2, "dim": 8, "noise": 0.5},
    "noise.noisy_cosine": {"share": np.array([0.5, 0.25]), "noise": 0.5},
    "noise.noisy_risk": {"share": np.array([0.5, 0.25]), "noise": 0.5},
    "noise.best_share": {"noise": 0.5},
    "noise.best_split": {"budget": 2.0, "noise": 0.5},
    "noise.label_covariance": {"X": X.T, "w_star": W[:2], "variance": np.array([0.0, 0.03125, 0.0])},
    "noise.label_value": {"X": X.T, "w_star": W[:2], "variance": np.array([0.0, 0.03125, 0.0])},
    **{
        f"classes.{f}": {"W": CLASSES[::-1], "X": X, "W_star": CLASSES}
        for f in ("class_loss", "class_gradient")
    },
    "classes.class_hessian": {"W": CLASSES, "X": X, "V": CLASSES[::-1]},
    "classes.class_pl_constant": {"X": X, "W_star": CLASSES, "level": 0.5, "log": True},
    "classes.class_student": {"X": X, "W_star": CLASSES},
    "classes.class_gradient_flow": {
        "X": X, "W_star": CLASSES, "times": np.array([0.0, 1]), "tol": 1e-6, "rtol": 1e-4,
    },
    "class_risk.FiniteClassTask": {
        "points": X, "teacher": CLASSES, "weights": np.array([0.5, 0.5]),
    },
    "class_risk.class_risk": {"W": CLASSES[::-1], "task": CLASS_TASK},
    "class_risk.expected_class_risk": {
        "task": CLASS_TASK, "n": 2, "n_sets": 6, "rng": rng, "test_task": None,
    },
    **{
        f"class_risk.{f}": {"task": CLASS_TASK, "n": 2, "test_task": None}
        for f in ("class_bound", "class_split_bound")
    },
    "class_risk.isotropic_class_risk": {"W_star": CLASSES, "share": 0.25},
    "laws.AngleLaw": {},
    "laws.AtomicLaw": {"angles": np.array([0.5, 0.25]), "weights": np.array([0.5, 0.5])},
    "laws.IsotropicLaw": {"dim": 3},
    "laws.PowerLaw": {"kappa": 2.0, "margin": 0.25},
    "laws.TailLaw": {"tail": LAW, "knots": (0.5,)},
    "tasks.FiniteTask": {"points": X, "weights": np.array([0.5, 0.5]), "teacher": W_STAR},
    "tasks.GaussianTask": {"covariance": np.diag([1.0, 2, 4]), "teacher": W},
    "tasks.IsotropicTask": {"dim": 3, "teacher": W},
    "tasks.MarginTask": {"margin": 0.5, "dim": 3, "kappa": 2.0, "teacher": W},
    "tasks.MixtureTask": {
        "means": np.array([[1.0, 2, 0], [2, 0, 1]]), "scale": 0.5, "weights": np.array([0.5, 0.5]), "teacher": W,
    },
    "tasks.PolynomialTask": {"kappa": 2.0, "dim": 3, "teacher": W},
    "tasks.SymmetricTask": {"tail": LAW, "dim": 3, "teacher": W},
    "tasks.empirical_tail": {"X": X, "w_star": W_STAR, "level": 0.75},
    "chain.student_angles": TASK_ARGS,
    "chain.data_angles": TASK_ARGS,
    "chain.bartlett_angles": TASK_ARGS,
    "chain.biased_angles": {"task": TASK, "n": 2, "delta": np.array([0.0, 1]), "n_sets": 6, "rng": rng},
    "risk.angle_risk": {"phi": np.array([0.0, 0.5]), "task": LAW, "dim": 3},
    "risk.expected_risk": TASK_ARGS | {"n_test": 5, "n_jobs": 1},
    "risk.held_out_risk": {"w": np.array([1.0, 2, 0, -1]), "task": TASK, "n_test": 20, "rng": rng},
    "risk.learning_curve": {
        "task": TASK, "ns": np.array([1, 2]), "n_sets": 6, "rng": rng, "n_test": 5, "n_jobs": 1,
    },
    "risk.sweep": {
        "tasks": [TASK], "ns": np.array([1, 2]), "n_sets": 6, "rng": rng, "n_test": 5, "n_jobs": 1,
    },
    "risk.transfer_risk": {"w": np.array([1.0, 2, 0, -1]), "task": TASK},
    "rise.climbing_risk": {"n": np.array([1, 2]), "dim": 4},
    "rise.exchange_rise": {"X": np.c_[X, [1, 1, 0]], "w_star": W_STAR},
    "rise.lever_examples": {"size": 4, "threshold": 2},
    "rise.narrow_mixture_risk": {
        "means": np.array([[1.0, 2, 0], [2, 0, 1]]), "weights": np.array([0.5, 0.5]), "teacher": W_STAR,
    },
    "monotonicity.biased_steps": {"X": SETS, "w_star": W_STAR, "deltas": np.array([0.0, 1]), "rng": rng},
    "monotonicity.hard_label_steps": {"X": SETS, "w_star": W_STAR, "times": np.array([1.0, 2])},
    "monotonicity.monotonicity_index": {"step": STEP, "level": 0.75},
    "monotonicity.rank_correlation": {"x": SHARE, "y": SHARE},
    "bounds.theorem3_bound": {"tail": LAW, "n": 5},
    "bounds.approximate_bound": {"tail": LAW, "n": 5, "delta": 0.25},
    "bounds.corollary1_bound": {"tail": laws.PowerLaw(2, 0.25), "n": 5, "margin": 0.25},
    "bounds.corollary2_bound": {"kappa": 2.0, "n": np.array([1, 2])},
    "bounds.deviation_angle": {"eta": np.array([0.5, 0.25])},
    "bounds.integral_bound": {"tail": LAW, "n": 5, "delta": 0.25},
    "bounds.margin_bound": {"tail": laws.PowerLaw(2, 0.25), "n": 5, "margin": 0.25},
    "bounds.power_integral_bound": {"kappa": 2.0, "n": 5, "margin": 0.25},
    "sizes.sample_size": {"task": TASK, "risk": 0.125, "n_sets": None, "rng": rng},
    "parallel.envelope": {"x": np.array([1.0, 2]), "dim": 5},
    "parallel.envelope_bound": TASK_ARGS | {"dim": None},
    "parallel.exact_expected_risk": {"task": TASK, "n": 2},
    "parallel.leaning_resistance": {
        "theta": np.array([0.5, 0.25]), "means": np.array([[0.5, 0.25], [0.0, 0.5]]),
    },
    "parallel.parallel_bound": {"task": TASK, "n": 2, "second_moment": None, "dim": None},
    "parallel.parallel_factors": {"n": 2, "dim": 5, "power": 2.0},
    "parallel.power_bound": {"kappa": 2.0, "n": 3, "dim": 9, "exact_angle": True},
    "parallel.tan_moment": {"theta": np.array([0.5, 0.25]), "dim": 5, "power": 2.0},
    "parallel.tangent_point": {"dim": 5},
    "parallel.tangent_spread": {"n": 2, "dim": 5},
    "kernels.gaussian_kernel": {"width": 2.0},
    "kernels.polynomial_kernel": {"degree": 2, "offset": 1.0},
    "kernels.arc_cosine_kernel": {"order": 1},
    "kernels.relu_tangent_kernel": {"depth": 2},
    "kernels.KernelFunction": {
        "kernel": kernels.gaussian_kernel(2.0), "rows": ROWS, "coefficients": ROWS @ W_STAR,
    },
    "kernels.kernel_student": {
        "kernel": kernels.gaussian_kernel(2.0), "X": ROWS, "logits": ROWS @ W_STAR, "ridge": 0.5,
    },
    "kernels.nested_norms": {"kernel": kernels.gaussian_kernel(2.0), "X": ROWS, "logits": ROWS @ W_STAR},
    "relu.ReluNetworks": {
        "dim": 3, "widths": [4, 2], "copies": 2, "rng": rng, "scale": 1.0, "centred": True,
    },
    "spectrum.effective_ridge": {"eigenvalues": np.array([4.0, 2, 1]), "n": np.array([1, 2])},
    "spectrum.SpectrumLaw": {
        "eigenvalues": np.array([4.0, 2, 1]), "coefficients": np.array([1.0, 2, -1]), "points": ROWS[:4],
        "logits": ROWS[:4] @ W_STAR, "noise": 0.5, "misfit": 0.25, "pool": 8.0,
    },
    "leverage.LeverageLaw": {
        "rows": ROWS, "logits": ROWS @ W_STAR, "points": ROWS[:4] + 1, "point_logits": ROWS[:4] @ W, "ridge": 0.5,
        "noise": 0.25,
    },
    "selection.choose": {"X": ROWS, "logits": ROWS @ W_STAR, "n": 2, "rule": "greedy", "rng": rng},
    **{
        f"selection.{f}": {"task": TASK, "n": 2, "pool": 50, "n_sets": 6, "rng": rng, "rule": "nearest"}
        for f in ("chosen_angles", "chosen_risk")
    },
    "pool.Pool": {
        "X": ROWS, "logits": ROWS @ W_STAR, "intercept": False, "kernel": None, "test": ROWS[:4] + 1,
        "test_logits": (ROWS[:4] + 1) @ W_STAR,
    },
    "evidence.verify": {"ids": ["minimisers"], "budget": "quick", "seed": 0, "n_jobs": 1},
    "plots.use_style": {},
    "plots.shades": {"n": 3},
    "plots.label_line": {"curve": Figure().subplots().plot([0, 2], label="a")[0], "x": 0.5, "right": 6.0, "up": 0.0},
}  # fmt: skip
KNOTTED = laws.TailLaw(lambda t: np.interp(t, [0, 1, 1.5, np.pi / 2], [1, 0.5, 0.2, 0.1]), (1, 1.5))
LAWS = [  # that the fuzzer tries, and tasks made of them
    LAW, laws.PowerLaw(1e-3), laws.PowerLaw(300), laws.PowerLaw(1, 0.5), laws.IsotropicLaw(4), KNOTTED,
    laws.AtomicLaw([0.5]), laws.AtomicLaw([0.0, 1.0]), laws.AtomicLaw([0.25, 1.25, np.pi / 2]),
]  # fmt: skip
TASKS = [
    *(ld.SymmetricTask(law, 4, [1, 2, 0, -1]) for law in LAWS), ld.SymmetricTask(KNOTTED, 40), ld.IsotropicTask(4),
    ld.SymmetricTask(LAWS[-1], 2), ld.FiniteTask(np.eye(4) + 1), ld.GaussianTask(np.diag([1e-3, 1, 2, 4])),
    ld.MixtureTask(np.eye(4) + 1, 0.5), ld.MixtureTask(np.eye(4) + 1, 1e-100), ld.PolynomialTask(1, 400),
]  # fmt: skip
INDEXED = {
    "risk": {"n": np.array([1, 2])},
    "error": {"n": np.array([1, 2])},
    "cosine": {"n": np.array([1, 2])},
}
DRAWN = {"sample": {"n": 3, "rng": rng}}
OF_LAW = {
    "__call__": {"theta": np.array([0.0, 0.5])},
    **{name: {"psi": np.array([0.25, 0.5])} for name in ("near", "log_near", "log_tail")},
    **{name: {"y": np.array([-1.0, 0.5])} for name in ("at_log", "near_at")},
    "elevation": {"u": np.array([0.25, 0.5])},
    "expect": {"f": np.sin, "breaks": np.array([0.25, 0.5]), "rtol": 1e-9},
    **{name: {"size": 3, "rng": rng} for name in ("draw", "draw_tangent")},
}
METHODS = {  # of what the classes make
    **{
        f"tasks.{name}Task": DRAWN
        for name in ("Finite", "Gaussian", "Isotropic", "Margin", "Mixture", "Polynomial", "Symmetric")
    },
    "class_risk.FiniteClassTask": DRAWN,
    "kernels.KernelFunction": {
        "__call__": {"X": ROWS[:3]}, "angles": {"X": ROWS[:3]}, "tail": {"X": ROWS[:3], "level": 0.75},
    },
    **{f"laws.{name}Law": OF_LAW for name in ("Atomic", "Isotropic", "Tail")},
    "laws.PowerLaw": OF_LAW | {"log_at": {"y": np.array([-1.0, 0.5])}},
    "relu.ReluNetworks": {
        "__call__": {"X": ROWS[:3]}, "start": {"X": ROWS[:3]}, "tangent_kernel": {"A": ROWS[:3], "B": ROWS[:2]},
        "train": {"X": ROWS[:3], "labels": np.array([0.5, 0.25, 1]), "steps": 3, "tol": 1e-6, "rate": 0.5, "adam": False},
    },
    "spectrum.SpectrumLaw": INDEXED | {"ridge": {"n": np.array([1, 2])}, "sample_size": {"risk": 0.125}},
    "leverage.LeverageLaw": INDEXED | {"sample_size": {"risk": 0.125}},
    "pool.Pool": {
        "student": {"indices": np.array([0, 2, 3]), "ridge": 0.5}, "spectrum_law": {"noise": 0.5},
        "leave_one_out": {"indices": np.array([0, 2, 3]), "ridge": 0.5}, "leverage_law": {"ridge": 0.5, "noise": 0.5},
        "learning_curve": {"ns": np.array([1, 2]), "n_sets": 3, "rng": rng, "noise": 0.5}, "tail": {"level": 0.75},
        "choose": {"n": 2, "rule": "nearest", "n_sets": 3, "rng": rng},
        "bounds": {"n": 2, "level": 0.75}, "sample_size": {"risk": 0.125, "n_sets": 3, "rng": rng},
    },
}  # fmt: skip
NO_ROW = {  # methods without one, and why
    "laws.AngleLaw": "its tail is that of a subclass",
    "class_risk.FiniteClassTask only": "parts of sums over transfer sets: test_class_risk",
    "class_risk.FiniteClassTask without": "the same",
    "pool.Pool from_model": "models of other libraries: test_pool",
    "pool.Pool report": "a file: test_study",
}
RECORDS = {  # what functions return, a protocol, warnings, old names: no calls to check
    "objective.RangeWarning", "flow.ConvergenceWarning", "flow.Trajectory", "deep.DeepTrajectory",
    "tasks.EmpiricalTail", "tasks.Task", "risk.Estimate", "monotonicity.Monotonicity", "monotonicity.Share",
    "monotonicity.Step", "sizes.SampleSize", "bounds.Bound", "quadrature.AccuracyWarning", "risk.risk_at_angle",
    "pool.Curve", "pool.LeftOut", "pool.PoolBound", "pool.PoolStudent", "pool.PoolWarning", "classes.ClassTrajectory",
    "selection.Choice", "selection.Chosen",
    "noise.Choice", "noise.NoisyMoments", "noise.Split",
    "relu.Training",
}  # fmt: skip

KINDS = {
    "count": "n dim depth steps every n_sets n_test threshold degree order copies",
    "number": "level delta kappa margin scale power tol rtol step risk second_moment"
    " width offset noise misfit pool ridge time budget right up rate",
    "array": "A B X w w_star W W_star V u v g w0 points covariance means angles phi theta x eta eps size weights"
    " times deltas teacher eigenvalues coefficients logits rows point_logits test test_logits"
    " labels ridges share variance",
    "counts": "ns indices", "elevations": "psi", "function": "f", "breaks": "breaks",
    "layers": "layers", "jobs": "n_jobs", "rng": "rng", "flag": "log exact_angle intercept centred adam", "kernel": "kernel", "ids": "ids",
    "seed": "seed", "task": "task test_task", "rule": "rule",
    "tasks": "tasks", "tail": "tail", "widths": "widths", "knots": "knots", "record": "step x y curve",
}  # fmt: skip
SPECIAL = {
    "class_risk.isotropic_class_risk share": "number", "plots.label_line x": "number",
    "evidence.verify budget": "budget",
    "chain.biased_angles delta": "array", "rise.climbing_risk n": "counts",
    **{f"{law} n": "counts" for law in ("spectrum.SpectrumLaw", "leverage.LeverageLaw")},
    **{f"laws.{name}Law {a}": sort for name in ("Atomic", "Isotropic", "Power", "Tail")
       for a, sort in (("theta", "elevations"), ("y", "elevations"), ("u", "quantiles"))},
    **{f"laws.{name}Law size": "count" for name in ("Atomic", "Isotropic", "Power", "Tail")},
    "spectrum.effective_ridge n": "counts", "bounds.corollary2_bound n": "counts", "bounds.power_integral_bound n": "counts",
    "rise.lever_examples size": "count",
    "selection.chosen_angles pool": "count", "selection.chosen_risk pool": "count",
    "monotonicity.monotonicity_index step": "record", "flow.gradient_descent step": "number",
    "monotonicity.rank_correlation x": "record", "monotonicity.rank_correlation y": "record",
    **{f"networks.{f} weights": "layers" for f in ("end_to_end", "imbalance", "layer_gradients")},
    "deep.deep_gradient_flow weights": "layers", "deep.two_layer_bound weights": "layers",
}  # fmt: skip


def kind(place, name):
    """What an argument is; KeyError for one that nobody has described."""
    if f"{place} {name}" in SPECIAL:
        return SPECIAL[f"{place} {name}"]
    return {word: kind for kind, words in reversed(KINDS.items()) for word in words.split()}[name]


NUMBERS = {"text": "1", "complex": 1 + 0j, "nan": nan, "infinity": inf, "bool": True, "dict": {},
           "date": STAMP, "masked": np.ma.masked, "empty": np.array([])}  # fmt: skip
COUNTS = {"zero": 0, "negative": -1, "fraction": 1.5, "text": "2", "bool": True, "nan": nan,
          "complex": 1j, "dict": {}, "huge": 10**400}  # fmt: skip
PLACES = {  # what no number is; NaN and infinity are angles of which nothing is asked
    "text": ["1"], "string": "abc", "complex": 1j, "masked": np.ma.array([0.5]), "dict": {}, "none": None,
    "date": np.array([STAMP]), "bool": [True], "object": np.array([0.5], dtype=object), "ragged": [[1], [1, 2]],
}  # fmt: skip
BAD = {
    "count": COUNTS | {"list": [1, 2]},
    "counts": COUNTS | {"empty": [], "ragged": [[1], [1, 2]], "fractions": [1.5], "zeros": [0, 1]},
    "number": NUMBERS | {"list": [0.25, 0.5]},
    "jobs": {"zero": 0, "fraction": 1.5, "text": "2", "bool": True, "none": None},
    "layers": {
        "none": None,
        "number": 5,
        "empty": [],
        "text": ["a"],
        "nan": [[[nan]]],
        "complex": [[[1j]]],
    },
    "rng": {
        "fraction": 0.5,
        "negative": -1,
        "bool": True,
        "legacy": np.random.RandomState(0),
        "text": "x",
        "class": np.random.Generator,
    },
    "task": {
        "none": None,
        "number": 1,
        "text": "task",
        "class": ld.PolynomialTask,
        "other class": ld.GaussianTask,
    },
    "tasks": {"none": None, "one": TASK, "empty": [], "numbers": [1]},
    "tail": {"none": None, "number": 0.5, "text": "tail", "class": laws.PowerLaw},
    "widths": {"none": None, "number": 2, "zero": [0], "text": ["2"], "fraction": [1.5]},
    "knots": {
        "number": 0.5,
        "text": "x",
        "nan": [nan],
        "outside": [7.0],
        "none": None,
        "table": [[0.5]],
    },
    "record": {"none": None, "number": 1, "text": "step"},
    "kernel": {"number": 1, "text": "gaussian"},
    "ids": {"number": 1, "one": "gradient", "empty": [], "unknown": ["lema-1"], "list": [[1]]},
    "function": {"number": 1, "text": "sin", "none": None, "class": float},
    "breaks": {
        "text": "x",
        "nan": [nan],
        "complex": [1j],
        "masked": np.ma.array([0.5]),
        "axes": [[0.5]],
    },
    "elevations": PLACES,
    "quantiles": PLACES | {"above": [0.5, 2.0], "below": [-0.5], "nan": nan, "infinity": inf},
    "rule": {"none": None, "number": 1, "unknown": "best", "list": ["greedy"], "dict": {}},
    "budget": {"none": None, "number": 1, "unknown": "huge", "dict": {}},
    "seed": {"none": None, "negative": -1, "fraction": 1.5, "bool": True, "text": "0"},
    "flag": {"text": "yes", "number": 2, "none": None},
}


def bad_arrays(value):
    """What no array may be, of the shape of one that works."""
    masked = np.ma.array(value, mask=np.zeros(np.shape(value), dtype=bool))
    one_nan, one_inf = np.array(value, dtype=float), np.array(value, dtype=float)
    one_nan.flat[-1], one_inf.flat[-1] = nan, inf
    return {
        "text": np.full(np.shape(value), "1"), "string": "abc", "complex": value + 0j, "nan": one_nan,
        "infinity": one_inf, "empty": np.zeros((0,) * np.ndim(value)), "masked": masked, "dict": {},
        "date": np.full(np.shape(value), STAMP), "bool": np.ones(np.shape(value), dtype=bool),
        "object": np.array(value, dtype=object), "axes": np.asarray(value)[None, None, None],
    }  # fmt: skip


# What is legal after all: batches, infinite times and deltas, and what a default says
LEGAL = {
    *(f"geometry.{f} {a} axes" for f in ("line_angle", "vector_angle") for a in "uv"),
    *(f"{f} X axes" for f in ("geometry.project", "geometry.span_basis", "students.distilled_student",
                              "students.hard_label_student", "students.hard_label_flow")),
    *(f"objective.{f} w axes" for f in ("loss", "loss_gradient", "loss_hessian")),
    *(f"classes.{f} W axes" for f in ("class_loss", "class_gradient")), "classes.class_hessian V axes",
    "classes.class_student X axes", "class_risk.class_risk W axes",
    "networks.induced_velocity w axes", "risk.transfer_risk w axes", "risk.angle_risk phi axes",
    *(f"deep.{f} {a} axes" for f in ("start_bound", "sharp_start_bound") for a in ("eps", "size")),
    "chain.biased_angles delta infinity", "monotonicity.hard_label_steps times infinity",
    "chain.biased_angles delta axes", "bounds.deviation_angle eta axes",
    "parallel.envelope x axes", "students.biased_student X axes",
    "bounds.corollary2_bound kappa list", "bounds.power_integral_bound kappa list",
    *(f"pool.Pool {method} indices zeros" for method in ("student", "leave_one_out")), "laws.TailLaw knots number", "noise.noisy_cosine share axes", "noise.noisy_risk share axes", "kernels.arc_cosine_kernel order zero",
}  # fmt: skip


def bad_cases():
    """(place, argument, what is wrong, value) for every argument of every public call."""
    for place, arguments in CALLS.items():
        for name, value in arguments.items():
            sort = kind(place, name)
            values = bad_arrays(W if value is None else value) if sort == "array" else BAD[sort]
            for what, bad in values.items():
                optional = inspect.signature(public()[place]).parameters[name].default is None
                if not (bad is None and optional) and f"{place} {name} {what}" not in LEGAL:
                    yield place, name, what, bad


def bad_method_cases():
    """(place, method, argument, what is wrong, value) for every argument of every method."""
    for place, methods in METHODS.items():
        item = public()[place]
        for method, row in methods.items():
            signature = inspect.signature(getattr(item, method)).parameters
            for name, value in row.items():
                sort = kind(place, name)
                values = bad_arrays(value) if sort == "array" else BAD[sort]
                for what, bad in values.items():
                    optional = bad is None and signature[name].default is None
                    if not optional and f"{place} {method} {name} {what}" not in LEGAL:
                        yield place, method, name, what, bad


def public_methods(item):
    """Names of the methods of a class that are no business of Python's own."""
    return {
        name
        for part in item.__mro__[:-1]
        for name, value in vars(part).items()
        if (name == "__call__" or name[0] != "_") and callable(getattr(item, name))
    }


def arguments(place, **changes):
    """The arguments of a call that works, with fresh copies and a fresh generator."""
    made = {k: v.copy() if isinstance(v, np.ndarray) else v for k, v in CALLS[place].items()}
    made = {k: v() if v is rng else v for k, v in made.items()}
    return made | changes


def parts(result):
    """All arrays of numbers in a result."""
    if isinstance(result, dict):
        result = list(result.values())
    if isinstance(result, (tuple, list)):
        return [array for part in result for array in parts(part)]
    if (
        isinstance(result, (float, int, np.generic, np.ndarray))
        and np.asarray(result).dtype.kind in "fiub"
    ):
        return [np.asarray(result)]
    return []
