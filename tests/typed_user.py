"""What a user with a type checker writes; `test_types.py` runs it, and has mypy read it.

An ignored line is a mistake that mypy has to see: it complains of one that it does not need.
"""

from typing import Any, assert_type

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

import linear_distillation as ld
from linear_distillation.bounds import Bound
from linear_distillation.flow import Trajectory
from linear_distillation.laws import AngleLaw, PowerLaw, TailLaw
from linear_distillation.monotonicity import Monotonicity, Share, biased_steps, monotonicity_index
from linear_distillation.risk import Estimate
from linear_distillation.tasks import Task

Floats = NDArray[np.float64]
Ints = NDArray[np.integer[Any]]


class OwnTask:
    """Examples from a box: all that functions on drawn examples ask for."""

    def __init__(self, dim: int) -> None:
        self.dim = dim
        self.teacher = np.eye(dim)[0]

    def sample(self, n: int, rng: Generator) -> Floats:
        return rng.uniform(-1, 1, (self.dim, n))


def students(rng: Generator) -> None:
    X, w_star = rng.standard_normal((5, 3)), [1.0, 0, 0, 0, 0]
    w = assert_type(ld.distilled_student(X, w_star), Floats)
    assert_type(ld.biased_student(X, w_star, 0.5, rng), Floats)
    assert_type(ld.line_angle(w, w_star), np.float64 | Floats)
    assert_type(ld.loss(w, X, w_star), np.float64 | Floats)
    assert_type(ld.pl_constant(X, w_star, level=0.5, log=True), float)
    flow = assert_type(ld.gradient_flow(X, w_star, times=[0, 1]), Trajectory)
    assert_type(flow.w, Floats)
    assert_type(flow.arrived, bool)
    layers = assert_type(ld.networks.balanced_weights(w, [4, 2], rng), list[Floats])
    assert_type(ld.deep_gradient_flow(X, w_star, layers, tol=1e-6).final, Floats)
    steps = biased_steps(rng.standard_normal((4, 5, 3)), w_star, [0, 1], rng)
    found = assert_type(monotonicity_index(steps), Monotonicity)
    assert_type(found.moved, Share[Floats])


def risks(rng: Generator) -> None:
    task = ld.PolynomialTask(kappa=1, dim=np.int64(50))
    assert_type(task.tail, AngleLaw)
    risk = assert_type(ld.expected_risk(task, 20, 100, rng), Estimate[float, int])
    assert_type(risk.mean, float)
    curve = assert_type(ld.learning_curve(task, [1, 2]), Estimate[Floats, Ints])
    assert_type(curve.stderr, Floats)
    assert_type(ld.chain.student_angles(task, 3, 10, rng), Floats)
    assert_type(ld.transfer_risk(np.eye(50), task), np.float64 | Floats)
    own: Task = OwnTask(4)
    assert_type(ld.expected_risk(own, 2, 10, rng, n_test=5), Estimate[float, int])
    size = ld.sample_size(task, 0.1)
    assert_type(size.needed, int | None)
    assert_type(size.answers, dict[str, int | None])


def bounds() -> None:
    bound = assert_type(ld.theorem3_bound(PowerLaw(2), 20), Bound)
    assert_type(bound.beta, float)
    value, beta = bound
    assert_type(min(value, beta), float)
    ld.integral_bound(lambda theta: 1 - 2 * theta / np.pi, 20)
    ld.parallel_bound(ld.IsotropicTask(9), np.arange(2, 5)[0])
    assert_type(ld.corollary2_bound(2, 20), Bound)
    assert_type(ld.corollary2_bound(2, [20, 40]), Bound | Floats)
    assert_type(TailLaw(np.cos, 0.5).knots, tuple[float, ...])
    assert_type(ld.verify(["minimisers"]), dict[str, Any])


def mistakes(rng: Generator) -> None:
    ld.no_such_name()  # type: ignore[attr-defined]
    ld.distilled_student(rng, [1.0])  # type: ignore[arg-type]
    ld.theorem3_bound(0.5, 20)  # type: ignore[arg-type]
    ld.expected_risk(PowerLaw(2), 20)  # type: ignore[arg-type]
    ld.expected_risk(ld.IsotropicTask(9), 20, rng="0")  # type: ignore[arg-type]
    ld.gradient_flow(np.eye(2), [1, 0], speed=2)  # type: ignore[call-arg]
    ld.verify(budget="huge")  # type: ignore[arg-type]


def main() -> None:
    rng = np.random.default_rng(0)
    students(rng)
    risks(rng)
    bounds()
