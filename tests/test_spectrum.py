"""The law of the spectrum: its ridge, its exact cases, its limits, and drawn students."""

import itertools

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import linear_distillation as ld
from linear_distillation.spectrum import SpectrumLaw, effective_ridge, wrong_binary

spectra = st.lists(st.floats(-8, 8), min_size=2, max_size=40).map(lambda x: 10.0 ** np.array(x))


@given(spectra, st.data())
def test_ridge_solves_its_equation(values, data):
    n = data.draw(st.integers(1, values.size - 1))
    k = effective_ridge(values, n)
    assert (values / (values + k)).sum() == pytest.approx(n, rel=1e-12)


def test_ridge_against_high_precision():
    values = [3.0, 0.5, 1e-3, 1e-3, 2e-7]
    with mpmath.workdps(30):
        exact = mpmath.findroot(
            lambda k: sum(v / (v + k) for v in values) - 4, (1e-7, 1e-4), solver="anderson"
        )
    assert effective_ridge(values, 4) == pytest.approx(float(exact), rel=1e-12)
    assert effective_ridge(values, [5, 6]).tolist() == [0, 0]


def test_zeros_do_not_count():
    assert effective_ridge([2.0, 0, 1], 1) == effective_ridge([2.0, 1], 1)
    law = SpectrumLaw([2.0, 0, 1], [1.0, 5, 1], points=[[1.0, 3, 2]])
    assert law.rank == 2
    assert law.risk(2) == 0 and law.cosine(2) == 1


@pytest.mark.parametrize("dim, n", [(3, 1), (9, 4), (200, 150)])
def test_isotropic_projection_and_error_are_exact(dim, n):
    law = SpectrumLaw(np.full(dim, 7.0), 2 * np.eye(dim)[0])
    assert law.cosine(n) ** 2 == pytest.approx(n / dim, rel=1e-12)  # mean of Beta(n/2, (d-n)/2)
    assert law.error(n) == pytest.approx(7 * 4 * (1 - n / dim), rel=1e-12)


@given(spectra, st.integers(0, 2**32), st.data())
def test_error_is_the_slope_of_the_kept_share(values, seed, data):
    n = data.draw(st.integers(1, values.size - 1))
    c = np.random.default_rng(seed).standard_normal(values.size)
    law, k = SpectrumLaw(values, c), effective_ridge(values, n)
    # E = n k da/dn, with a and n as functions of k
    slope = (c**2 * values / (values + k) ** 2).sum() / (values / (values + k) ** 2).sum()
    assert law.error(n) == pytest.approx(n * k * slope, rel=1e-8)


def test_noise_reduces_to_the_limit_of_double_descent():
    law, gamma = (
        SpectrumLaw(np.ones(200), np.eye(200)[0], noise=0.5),
        np.array([20, 140, 180]) / 200,
    )
    cos2 = gamma * (1 - gamma) / (1 - gamma + 0.25)
    assert law.cosine([20, 140, 180]) ** 2 == pytest.approx(cos2, rel=1e-12)
    assert law.risk([20, 140, 180]) == pytest.approx(np.arccos(np.sqrt(cos2)) / np.pi, rel=1e-9)
    assert law.risk([20, 140, 180]) == pytest.approx([0.410, 0.288, 0.331], abs=5e-4)
    with pytest.raises(ValueError, match="n: with noise the law holds below the rank 200"):
        law.risk(200)


def test_points_agree_with_the_gaussian_formula():
    rng = np.random.default_rng(0)
    values, c = np.arange(1, 301) ** -0.3, rng.standard_normal(300)
    points = rng.standard_normal((20_000, 300)) * np.sqrt(values)
    drawn = SpectrumLaw(values, c, points)
    assert drawn.risk([30, 200]) == pytest.approx(SpectrumLaw(values, c).risk([30, 200]), abs=5e-3)


def test_two_classes_are_one_logit():
    rng = np.random.default_rng(1)
    values, c, points = (
        np.array([4.0, 2, 1, 0.5]),
        rng.standard_normal(4),
        rng.standard_normal((50, 4)),
    )
    one = SpectrumLaw(values, c, points, noise=0.3)
    two = SpectrumLaw(values, np.c_[c / 2, -c / 2], points, noise=0.3 / np.sqrt(2))
    assert two.risk([1, 3]) == pytest.approx(one.risk([1, 3]), abs=0.01)  # by 256 draws
    assert two.cosine([1, 3]) == pytest.approx(one.cosine([1, 3]), rel=1e-12)
    assert 2 * two.error(2) == pytest.approx(one.error(2), rel=1e-12)


def test_several_classes_under_rotations():
    """The limit: Gaussian logits with covariance W'W each, sqrt(n/d) W'W between the two."""
    W = np.random.default_rng(3).standard_normal((300, 5))
    W -= W.mean(axis=1, keepdims=True)
    law = SpectrumLaw(np.ones(300), W)
    rng, root = np.random.default_rng(4), np.linalg.cholesky(W.T @ W + 1e-9 * np.eye(5))
    g, h = rng.standard_normal((2, 200_000, 5)) @ root.T
    for n in (100, 200):
        other = np.sqrt(n / 300) * g + np.sqrt(1 - n / 300) * h
        limit = (g.argmax(axis=1) != other.argmax(axis=1)).mean()
        assert law.risk(n) == pytest.approx(limit, abs=0.012)


@pytest.mark.parametrize("noise", [0.0, 1.0])
@pytest.mark.parametrize("size", [100, 1000])
def test_drawn_students_of_gaussian_pools(size, noise):
    """The pool may be small: its own second moment is right, and fresh noise counts less."""
    rng, ns, scale = np.random.default_rng(5), [10, 30, 45], np.arange(1, 61) ** -0.5
    w, real, law = rng.standard_normal(60), [], []
    for _ in range(12):
        X, T = (rng.standard_normal((m, 60)) * scale for m in (size, 1500))
        pool = ld.Pool(X, X @ w, test=T, test_logits=T @ w)
        found = pool.spectrum_law(noise)
        law.append([found.risk(ns), found.error(ns)])
        for _ in range(10):
            chosen = rng.choice(size, 45, replace=False)
            z = X[chosen] @ w + noise * rng.standard_normal(45)
            f = [T @ np.linalg.lstsq(X[chosen[:n]], z[:n])[0] for n in ns]
            real.append(
                [
                    [(np.sign(g) != np.sign(T @ w)).mean() for g in f],
                    [((g - T @ w) ** 2).mean() for g in f],
                ]
            )
    real, law = np.mean(real, axis=0), np.mean(law, axis=0)
    assert law[0] == pytest.approx(real[0], rel=0.06)
    # a correction of relative size 1 / (d - n) is the law's; inverse Wishart moments have it
    assert (np.abs(law[1] / real[1] - 1) < 0.05 + 1.5 / (60 - np.array(ns))).all()


def test_sample_size_is_the_first_that_is_enough():
    law = SpectrumLaw(1 / np.arange(1, 81.0), np.ones(80))
    for risk in (0.3, 0.1, 0.02):
        n = law.sample_size(risk).needed
        assert law.risk(n) <= risk < law.risk(n - 1)
    assert law.sample_size(0.9).needed == 1
    noisy = SpectrumLaw(np.ones(30), np.ones(30), noise=50.0).sample_size(0.01)
    assert noisy.needed is None and noisy.n is None
    assert noisy.evidence.startswith("more than 29; predicted from the spectrum")


BAD = {
    "eigenvalues": ([-1.0, 1], "eigenvalues: expected numbers >= 0"),
    "coefficients": ([1.0, 2, 3], "coefficients: expected shape"),
    "points": ([[1.0, 2, 3]], "points: expected 2 columns"),
    "logits": ([1.0, 2], "logits: expected shape"),
    "noise": (-1.0, "noise: expected a number >= 0"),
    "misfit": ([[1.0, 0], [0, 1]], "misfit: expected a second moment"),
    "pool": (0.0, "pool: expected a number > 0"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_arguments(name):
    value, message = BAD[name]
    good = {"eigenvalues": [2.0, 1], "coefficients": [1.0, 1], "points": [[1.0, 2]]}
    with pytest.raises(ValueError, match=message):
        SpectrumLaw(**(good | {name: value}))


def test_bad_numbers_of_examples_and_risks():
    law = SpectrumLaw([2.0, 1], [1.0, 1], pool=9)
    for n in (0, 1.5, "2", [0], None):
        with pytest.raises(ValueError, match="n: expected"):
            law.risk(n)
    with pytest.raises(ValueError, match="n: 10 examples of a pool of 9"):
        law.cosine(10)
    for risk in (0, 1, "x", [0.5]):
        with pytest.raises(ValueError, match="risk: expected"):
            law.sample_size(risk)
    with pytest.raises(ValueError, match="logits: they belong to points"):
        SpectrumLaw([2.0, 1], [1.0, 1], logits=[1.0])


def test_who_does_not_decide_is_wrong():
    z = np.array([1.0, -1, 1, -1, 0, 2])
    found = wrong_binary(z, np.array([0.0, 0, 2, 2, 1, 0]), np.array([0.0, 0, 0, 0, 1, 1]))
    assert found.tolist() == [1, 1, 0, 1, 1, 0.5]


def test_a_pool_of_less_than_the_rank_ends_there():
    values, c = [4.0, 3, 2, 1], [1.0, 2, -1, 1]
    law = SpectrumLaw(values, c, pool=2.5)
    assert law.last == 2 and law.sample_size(1e-3).needed is None
    assert "more than 2" in law.sample_size(1e-3).evidence
    with pytest.raises(ValueError, match="^pool: expected at least 1 example"):
        SpectrumLaw(values, c, pool=0.8)
    assert SpectrumLaw([1.0], [1.0], noise=1.0).sample_size(0.1).needed is None


def test_extreme_units_cancel():
    """Lengths of the teacher and of the axes, alone and together."""
    values, c = np.array([4.0, 2, 1]), np.array([1.0, 2, -1])
    plain = SpectrumLaw(values, c, noise=0.5)
    for s, t in itertools.product((1e-90, 1, 1e90), (1e-45, 1, 1e45)):
        law = SpectrumLaw(values * s, c * t / s**0.5, noise=0.5 * t)
        assert law.cosine([1, 2]) == pytest.approx(plain.cosine([1, 2]), rel=1e-12)
        assert law.risk([1, 2]) == pytest.approx(plain.risk([1, 2]), rel=1e-12)


def test_gaussian_points_at_the_edges():
    """Of a teacher that never decides, and of a student that is the teacher."""
    assert SpectrumLaw([2, 1], [0, 0]).risk(1) == SpectrumLaw([2, 1], np.zeros((2, 3))).risk(1) == 1
    assert SpectrumLaw([2.0] * 5, [1, 2, 3, 4, 5]).risk(5) == 0
    isotropic = SpectrumLaw(np.ones(10), np.arange(10)).risk([1, 5, 9])
    assert isotropic == pytest.approx(np.arccos(np.sqrt([0.1, 0.5, 0.9])) / np.pi, rel=1e-9)
