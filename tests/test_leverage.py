"""The law of the rows of a pool: exact cases, its relation to the spectrum, real pools."""

import numpy as np
import pytest

import linear_distillation as ld
from linear_distillation.leverage import LeverageLaw
from linear_distillation.quadrature import AccuracyWarning
from linear_distillation.spectrum import SpectrumLaw


def law_of(A, w, points=None):
    points = A if points is None else points
    return LeverageLaw(A, A @ w, points, points @ w)


def test_orthogonal_rows_are_exact():
    """Each direction is known with probability n/N, and then fully."""
    lengths, w = np.array([1.0, 2, 3, 4, 5, 6, 7, 8]), np.arange(1, 9.0)
    law = law_of(np.diag(lengths), w)
    assert law.cosine([2, 6]) == pytest.approx(np.sqrt([2 / 8, 6 / 8]), rel=1e-6)
    for n in (2, 6):
        assert law.error(n) == pytest.approx((1 - n / 8) * ((lengths * w) ** 2).mean(), rel=1e-6)


def test_orthogonal_rows_with_noise_are_exact():
    """A drawn row brings its own noise, and no other."""
    A, w = np.diag(np.arange(1, 9.0)), np.arange(1, 9.0)
    for n in (2, 6):
        found = LeverageLaw(A, A @ w, A, A @ w, noise=3.0).error(n)
        expected = (1 - n / 8) * np.square(A @ w).mean() + n / 8 * 9
        assert found == pytest.approx(expected, rel=1e-6)


def test_noise_and_rows_alike_give_the_law_of_the_spectrum():
    signs = np.array(np.meshgrid(*[[-1.0, 1]] * 6)).reshape(6, -1).T
    A, w = signs * np.array([3, 2, 1, 1, 0.5, 0.2]), np.array([1.0, -1, 2, 0.5, 1, 3])
    S = SpectrumLaw(np.square(A).mean(axis=0), w, A, pool=len(A), noise=0.7)
    law = LeverageLaw(A, A @ w, A, A @ w, noise=0.7)
    assert law.cosine([1, 3]) == pytest.approx(S.cosine([1, 3]), rel=1e-5)
    for n in (1, 3):
        share = S.eigenvalues / (S.eigenvalues + S.ridge(n))
        fresh = 0.49 * (1 - n / 64)
        missed = np.square(S.coefficients * (1 - share)) @ S.eigenvalues
        E = (missed + fresh) / (1 - np.square(share).sum() / n)
        assert law.error(n) == pytest.approx(E - fresh, rel=1e-5)


def test_noise_of_long_rows():
    """Of rows of very different lengths the spectrum sees too little of the noise."""
    rng = np.random.default_rng(8)
    A, T, w = *rng.standard_t(3, (2, 250, 16)), rng.standard_normal(16)
    A, T = (x * rng.gamma(0.5, 2, (250, 1)) for x in (A, T))
    pool = ld.Pool(A, A @ w, test=T, test_logits=T @ w)
    for n in (8, 12):
        curve = pool.learning_curve([n], 500, rng, noise=4.0)
        law, spectrum = pool.leverage_law(noise=4.0).risk(n), pool.spectrum_law(4.0).risk(n)
        assert law == pytest.approx(curve.mean[0], rel=0.08)
        assert spectrum < 0.85 * curve.mean[0]


def test_noise_of_several_classes_is_centred():
    """Two classes with noise on both logits are one logit with that of their difference."""
    rng = np.random.default_rng(9)
    A, T = rng.standard_normal((2, 80, 6))
    z, t = A @ np.ones(6), T @ np.ones(6)
    one = LeverageLaw(A, z, T, t, noise=0.6)
    two = LeverageLaw(A, np.c_[z, -z] / 2, T, np.c_[t, -t] / 2, noise=0.6 / np.sqrt(2))
    assert one.error(4) == pytest.approx(2 * two.error(4), rel=1e-9)
    assert one.risk(4) == pytest.approx(two.risk(4), rel=0.01)


def test_leverages_are_the_chance_of_being_drawn():
    A = np.random.default_rng(0).standard_normal((60, 9)) ** 3
    law = law_of(A, np.ones(9))
    weights, M, _ = law._weights(5, 5 / 60)
    assert weights * ((A @ M) * A).sum(axis=1) == pytest.approx(5 / 60, rel=1e-5)
    assert np.trace(np.eye(9) - M) == pytest.approx(5, rel=1e-5)


def test_rows_alike_give_the_law_of_the_spectrum():
    """Signs and permutations of one vector: all rows have one leverage."""
    signs = np.array(np.meshgrid(*[[-1.0, 1]] * 6)).reshape(6, -1).T
    A, w = signs * np.array([3, 2, 1, 1, 0.5, 0.2]), np.array([1.0, -1, 2, 0.5, 1, 3])
    S = SpectrumLaw(np.square(A).mean(axis=0), w, A, pool=len(A))
    law = law_of(A, w)
    for name in ("cosine", "error"):
        # the spectrum's error is that of fresh rows, which the pool's own are not
        scale = (1 - np.array([1, 3]) / 64) if name == "error" else 1
        ours, theirs = getattr(law, name)([1, 3]), getattr(S, name)([1, 3]) * scale
        assert ours == pytest.approx(theirs, rel=1e-5)


def drawn(A, z, T, n, n_sets, rng, ridge=0.0):
    found = []
    for _ in range(n_sets):
        i = rng.choice(len(A), n, replace=False)
        K = A[i] @ A[i].T + ridge * np.eye(n)
        found.append(T @ (A[i].T @ np.linalg.lstsq(K, z[i])[0]))
    return np.array(found)


@pytest.mark.parametrize("ridge", [0.0, 5.0])
def test_rare_features(ridge):
    """Columns that few rows have: the spectrum alone is far off, the rows are not."""
    rng = np.random.default_rng(1)
    X = rng.standard_normal((800, 30)) * (rng.random((800, 30)) < np.geomspace(0.02, 1, 30))
    w = rng.standard_normal(30) / np.sqrt(np.square(X).mean(axis=0))
    A, T, n = X[:400], X[400:], 20
    f = drawn(A, A @ w, T, n, 300, rng, ridge)
    law = LeverageLaw(A, A @ w, T, T @ w, ridge)
    error, risk = ((f - T @ w) ** 2).mean(), (np.sign(f) != np.sign(T @ w)).mean()
    assert law.error(n) == pytest.approx(error, rel=0.1)
    assert law.risk(n) == pytest.approx(risk, rel=0.1)


def test_noise_of_a_teacher_that_is_not_linear():
    rng = np.random.default_rng(2)
    A, T, w = rng.standard_normal((300, 12)), rng.standard_normal((300, 12)), np.ones(12)
    z, t = (x @ w + 2 * np.sin(3 * x[:, 0] * x[:, 1]) for x in (A, T))
    f = drawn(A, z, T, 9, 400, rng)
    law = LeverageLaw(A, z, T, t)
    assert law.error(9) == pytest.approx(((f - t) ** 2).mean(), rel=0.15)
    assert law.risk(9) == pytest.approx((np.sign(f) != np.sign(t)).mean(), rel=0.06)


def test_several_classes():
    rng = np.random.default_rng(3)
    A, T = rng.standard_normal((2, 200, 10)) * np.arange(1, 11) ** -0.5
    W = rng.standard_normal((10, 3))
    law = LeverageLaw(A, A @ W, T, T @ W)
    f = np.stack(
        [drawn(A, (A @ W)[:, c], T, 6, 400, np.random.default_rng(4)) for c in range(3)], 2
    )
    assert law.risk(6) == pytest.approx((f.argmax(2) != (T @ W).argmax(1)).mean(), rel=0.06)


def test_large_pools_are_thinned_and_sizes_found():
    rng = np.random.default_rng(5)
    A, w = rng.standard_normal((3500, 6)), np.arange(1.0, 7)
    law = law_of(A, w, A[:500])
    assert len(law._A) == 1750 and law.size == 3500
    needed = law.sample_size(0.25).needed
    assert law.risk(needed) <= 0.25 < law.risk(needed - 1)
    assert law.sample_size(1e-9).evidence.startswith("more than 5; predicted from the rows")
    with pytest.raises(ValueError, match="n: expected numbers below the rank 6"):
        law.risk(6)


def test_a_direction_with_many_rows_is_known():
    """More rows along it than n/N allows: no weights have equal leverages, a tiny ridge does."""
    A = np.vstack([np.eye(3)[[0]]] * 60 + [np.eye(3)[1:]])
    law, w = law_of(A, np.ones(3)), np.sqrt([1.0, 1 / 31, 1 / 31])
    assert law.cosine(2) == pytest.approx(
        np.square(w).sum() / np.linalg.norm(w) / np.sqrt(3), rel=0.05
    )


def test_weights_that_have_not_settled_are_told(monkeypatch):
    monkeypatch.setattr("linear_distillation.leverage.ROUNDS", 2)
    A = np.random.default_rng(7).standard_normal((40, 8)) ** 3
    with pytest.warns(AccuracyWarning, match="LeverageLaw: at n = 7, near the rank"):
        law_of(A, np.ones(8)).risk(7)


def test_bad_arguments():
    A = np.eye(3)
    for arguments, message in (
        ((A, [1.0, 2], A, [1.0, 2, 3]), "logits: expected shape"),
        ((A, [1.0, 2, 3], np.eye(2), [1.0, 2]), "points: expected 3 columns"),
        ((A, [1.0, 2, 3], A, np.ones((3, 2))), "point_logits: expected 1 columns"),
        ((A, [1.0, 2, 3], A, [1.0, 2, 3], -1.0), "ridge: expected a number >= 0"),
        ((A, [1.0, 2, 3], A, [1.0, 2, 3], 0.0, -1.0), "noise: expected a number >= 0"),
        ((A, [1.0, 2, 3], A, [1.0, 2, 3], 0.0, 1e200), "noise: its largest entry is 1e.200"),
    ):
        with pytest.raises(ValueError, match=message):
            LeverageLaw(*arguments)


def test_no_student_has_no_angle_and_extreme_units_cancel():
    rows, rng = np.eye(3) + 1, np.random.default_rng(0)
    points, z = rng.standard_normal((5, 3)), np.array([1.0, 2, -1])
    assert LeverageLaw(rows, z, points, np.ones(5), ridge=1e200).cosine(1) == 0
    assert LeverageLaw(rows, 0 * z, points, np.ones(5)).cosine(2) == 0
    plain = LeverageLaw(rows, z, points, np.ones(5), noise=0.5)
    for s, t in ((1e-45, 1e45), (1e45, 1e-45), (1e-45, 1e-45)):
        law = LeverageLaw(rows * s, z * t, points * s, np.ones(5), noise=0.5 * t)
        assert law.risk([1, 2]) == pytest.approx(plain.risk([1, 2]), rel=1e-9)
        assert law.cosine([1, 2]) == pytest.approx(plain.cosine([1, 2]), rel=1e-9)


def test_pool_gives_it():
    rng = np.random.default_rng(6)
    X = rng.standard_normal((120, 8))
    pool = ld.Pool(X, X @ np.ones(8))
    assert pool.leverage_law().risk(4) == pytest.approx(pool.spectrum_law().risk(4), rel=0.1)
