"""When more data hurts: exchangeability, the lever, the climbing curve, narrow clusters."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statistics_rules import agrees

import linear_distillation as ld

MEANS = np.array([[0.35, 0.94, 0.0], [0.10, 0.70, 0.70], [0.33, 0.07, 0.94]])


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 5), st.integers(2, 7), st.integers(0, 2**32 - 1))
def test_rise_is_bounded_and_does_not_see_scale_sign_order_or_axes(n, d, seed):
    rng = np.random.default_rng(seed)
    X, w_star = rng.standard_normal((d, n + 2)) + 0.5, rng.standard_normal(d)
    rise = ld.rise.exchange_rise(X, w_star)
    assert -1 <= rise <= (n + 1) / (n + 2)
    assert abs(rise * (n + 1) * (n + 2) - round(rise * (n + 1) * (n + 2))) < 1e-9
    Q = np.linalg.qr(rng.standard_normal((d, d)))[0]
    scaled = Q @ X[:, rng.permutation(n + 2)] * rng.choice([-3, 0.1, 7], n + 2)
    assert ld.rise.exchange_rise(scaled, 1e3 * Q @ w_star) == rise


@pytest.mark.parametrize("n", [1, 2, 3, 6])
def test_the_lever_attains_the_largest_rise(n):
    X = ld.rise.lever_examples(n + 1, n)
    assert X.shape == (n + 2, n + 2)
    assert ld.rise.exchange_rise(X, np.eye(n + 2)[0]) == pytest.approx((n + 1) / (n + 2), abs=1e-15)


@pytest.mark.parametrize("n", [1, 2, 4])
def test_lever_task_rises_from_zero(n):
    weights = np.append(np.full(n + 1, 0.8 / (n + 1)), 0.2)
    task = ld.FiniteTask(ld.rise.lever_examples(n + 1, n), weights)
    assert ld.expected_risk(task, n).mean == 0 < ld.expected_risk(task, n + 1).mean


@pytest.mark.parametrize("dim", [3, 4, 10, 500])
def test_climbing_risk_climbs_until_the_examples_span(dim):
    risk = ld.rise.climbing_risk(np.arange(1, dim + 2), dim)
    assert risk[0] == 0 and (np.diff(risk[: dim - 1]) > 0).all() and (risk[dim - 1 :] == 0).all()
    assert risk[dim - 2] == pytest.approx(0.5 - np.arcsin(1 / (dim - 1)) / np.pi, rel=1e-12)


def test_climbing_risk_is_the_limit_of_examples(rng):
    """Heights so far apart that the larger one decides; the teacher's share is negligible."""
    dim, n, sets = 5, 3, 4000
    X = rng.standard_normal((sets, dim, n + 1))
    X[:, 0] = 1e-6 * 10 ** (-9 * rng.permuted(np.tile(np.arange(n + 1) / n, (sets, 1)), axis=1))
    X[:, 1] = 1000
    w = np.linalg.pinv(X[..., :n].transpose(0, 2, 1)) @ X[:, 0, :n, None]
    errors = np.vecdot(w[..., 0], X[..., n]) <= 0
    estimate = ld.risk.Estimate(errors.mean(), errors.std() / sets**0.5, sets, 0.0)
    assert agrees(estimate, ld.rise.climbing_risk(n, dim))


def test_narrow_mixture_is_the_limit_of_a_mixture(rng):
    limit = ld.rise.narrow_mixture_risk(MEANS)
    assert limit == pytest.approx(0.22042, abs=5e-6)
    found = ld.expected_risk(ld.MixtureTask(MEANS, 1e-4), 2, 20_000, rng)
    assert agrees(found, limit)


def test_narrow_mixture_does_not_see_signs_and_lengths(rng):
    means, weights = rng.standard_normal((4, 3)), rng.dirichlet(np.ones(4))
    teacher, risk = np.array([1.0, 2.0, -1.0]), None
    for scale in (np.ones(4), np.array([-1, 10, 0.1, -5.0])):
        value = ld.rise.narrow_mixture_risk(scale[:, None] * means, weights, teacher)
        assert risk is None or value == pytest.approx(risk, rel=1e-12)
        risk = value


def test_one_narrow_cluster_teaches_itself():
    assert ld.rise.narrow_mixture_risk([[1.0, 2.0, 3.0]]) == 0
