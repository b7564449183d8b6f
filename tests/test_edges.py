"""Inputs that once gave a wrong number, or none for a long time, and neighbours of them."""

import time

import numpy as np
import pytest

import linear_distillation as ld


@pytest.mark.parametrize("w_star", [[1, 60], [1, 68], [20, 68], [-3, 200]])
def test_saturated_labels_with_dependent_columns(w_star):
    flow = ld.gradient_flow([[1.0, 1, 0], [0, 0, 1]], w_star)
    assert flow.arrived and flow.residual <= 1e-10 * max(map(abs, w_star))


@pytest.mark.parametrize("scale", [1e-170, 1e-100, 1e100, 1e160])
def test_mixtures_of_any_size(scale):
    means = np.array([[1.0, 0.5, 0], [0.2, -1, 1]])
    plain, large = ld.MixtureTask(means, 1.0), ld.MixtureTask(scale * means, scale)
    assert large.tail([0.3, 1.2]) == pytest.approx(plain.tail([0.3, 1.2]), rel=1e-12)
    ratio = large.sample(5, 0) / plain.sample(5, 0)
    assert ratio == pytest.approx(np.full((3, 5), scale), rel=1e-12)


def test_six_dimensions_do_not_take_minutes():
    start = time.process_time()
    rng = np.random.default_rng(0)
    task = ld.MixtureTask(rng.standard_normal((2, 6)), 0.5)
    assert ld.integral_bound(task, 20) < 1 and ld.parallel_bound(task, 3) < 1
    assert ld.sample_size(task, 0.1).n is not None
    assert time.process_time() - start < 20


def test_times_far_below_the_scale_of_a_flow():
    X = np.array([[1.0, 0.5], [0.2, -1], [0.3, 0.1]])
    early = ld.students.hard_label_flow(X, [1.0, 0.5, -0.3], [1e-200, 1e-100])
    assert np.isfinite(early).all()
    one, two = (w / np.abs(w).max() for w in early)
    assert one == pytest.approx(two)
    assert np.abs(early).max(axis=1) == pytest.approx(
        [np.abs(early[1]).max() * 1e-100, np.abs(early[1]).max()]
    )
