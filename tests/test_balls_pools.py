"""Both routes of students of rows, and of the law of the spectrum, agree."""

import numpy as np
import pytest

from linear_distillation.claims.balls import ball, floats, pools, precision


@pytest.fixture(autouse=True)
def bits():
    with precision(128):
        yield


def close(x, y, error):
    """Whether floats are within an error, relative, of balls that are far narrower."""
    assert max(float(r.rad()) for r in np.ravel(y)) <= error * abs(floats(y)).max()
    np.testing.assert_allclose(x, floats(y), rtol=error, atol=error * abs(floats(y)).max())


def rows(n, d, seed=0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, d)), rng.standard_normal(n)


@pytest.mark.parametrize("n, d", [(1, 1), (2, 5), (6, 6)])
@pytest.mark.parametrize("ridge", [0.0, 0.3])
def test_students(n, d, ridge):
    A, z = rows(n, d)
    close(pools.student(A, z, ridge), pools.student(ball(A), ball(z), ball(ridge)), 1e-9)


@pytest.mark.parametrize("ridge", [0.0, 0.3])
def test_logits_left_out(ridge):
    A, z = rows(4, 6)
    index = np.arange(4)
    found = pools.left_out(A, index, z, ridge)
    close(found, pools.left_out(ball(A), index, ball(z), ball(ridge)), 1e-10)
    for i in range(4):
        kept = np.delete(index, i)
        other = ball(A[i]) @ pools.student(ball(A[kept]), ball(z[kept]), ball(ridge))
        assert float(other.mid()) == pytest.approx(found[i], rel=1e-10)


def test_pseudo_inverse_of_copies():
    A, _ = rows(3, 4)
    index = np.array([0, 1, 2, 0])
    found = floats(pools.gram_inverse(ball(A), index, ball(0.0)))
    np.testing.assert_allclose(found, np.linalg.pinv(A[index] @ A[index].T), atol=1e-12)


@pytest.mark.parametrize("noise", [0.0, 0.7])
def test_the_law(noise):
    rng = np.random.default_rng(1)
    values, c = 10.0 ** rng.uniform(-3, 3, 9), rng.standard_normal(9)
    for n in (1, 4, 8):
        exact = ball(values), ball(c), n, ball(noise)
        close(pools.ridge(values, n), pools.ridge(exact[0], n), 1e-11)
        close(pools.law_cosine(values, c, n, noise), pools.law_cosine(*exact), 1e-10)
        close(pools.law_error(values, c, n, noise), pools.law_error(*exact), 1e-8)


def test_the_law_of_the_rows():
    A, _ = rows(6, 3, seed=2)
    z = A @ np.ones(3)
    share = 2 / ball(6.0)
    found = pools.equal_leverages(ball(A), share)
    M = pools.inverse(np.eye(3) + ball(A).T @ (found[:, None] * ball(A)))
    close(np.full(6, 1 / 3), found * ((ball(A) @ M) * ball(A)).sum(axis=1), 1e-12)
    for noise in (0, 0.5):
        law = pools.row_law_error(A, z, 2, noise)
        close(law, pools.row_law_error(ball(A), ball(z), 2, noise), 1e-6)
        assert pools.row_error(A, z, 1 / 3, noise) == pytest.approx(law, rel=1e-6)
