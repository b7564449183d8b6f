"""What the bounds say of a pool: each has a value or a reason; what is guaranteed; notes."""

import re

import numpy as np
import pytest

import linear_distillation as ld
from linear_distillation import _study
from linear_distillation._pool_bounds import PAIRS


def rng(seed=0):
    return np.random.default_rng(seed)


def prototypes(size=2000):
    W = np.eye(3) - 1 / 3
    X = np.eye(3)[rng(1).integers(3, size=size)] + 0.02 * rng(2).standard_normal((size, 3))
    with pytest.warns(ld.pool.PoolWarning):
        return ld.Pool(X, X @ W)


def narrow(size=3000):
    """Rows about the teacher, some of them the other way."""
    X = np.c_[rng(1).choice([-1.0, 1], size), 0.05 * rng(2).standard_normal((size, 3))]
    return ld.Pool(X, X[:, 0])


def plain(shift=0.0):
    X = rng(3).standard_normal((400, 6))
    X = np.vstack([X, -X])
    return ld.Pool(X, X @ np.ones(6) + shift * np.sin(9 * X[:, 0]))


def said(pool, risk):
    return "\n".join(_study.answers(_study.study(pool, risk, 6, rng())))


NAMES = ["Theorem 3", "integral bound", "Corollary 1", "margin bound", "parallel bound", PAIRS]


def test_each_bound_of_one_logit_has_a_value_or_a_reason():
    rows = {row.name: row for row in narrow().bounds(2)}
    assert list(rows) == NAMES
    law = narrow().tail().law
    p = law(law.edge - 1e-9)
    assert rows["Corollary 1"].value == pytest.approx(p**2)
    assert rows["margin bound"].value == pytest.approx(p**3)
    assert rows["integral bound"].value <= rows["margin bound"].value + 1e-12
    assert [rows[name].why for name in NAMES[:2]] == ["", ""]
    assert rows["Corollary 1"].why == "no sample shows a margin" and rows["Corollary 1"].upper == 1
    assert rows["parallel bound"].value == rows[PAIRS].value == 1
    assert "centred" in rows["parallel bound"].why and "one pair" in rows[PAIRS].why


def test_a_row_on_the_boundary_leaves_no_margin():
    X = np.vstack([np.eye(4), -np.eye(4)])
    rows = {row.name: row for row in ld.Pool(X, X[:, 0], test=X, test_logits=X[:, 0]).bounds(2)}
    assert rows["margin bound"].value == 1
    assert rows["margin bound"].why == "a row lies on the boundary"


@pytest.mark.parametrize("n", [1, 3, 20])
def test_no_bound_is_above_one(n):
    for pool in (plain(), narrow(), prototypes()):
        ends = [end for row in pool.bounds(n) for end in (row.value, row.upper) if end is not None]
        assert max(ends) <= 1 and min(ends) >= 0


def test_pairs_of_classes_guarantee_something():
    """The first n at which the sum over pairs is small enough; it holds for rows of the pool."""
    pool = prototypes()
    size = pool.sample_size(0.1, 6, rng())
    assert size.bound == PAIRS and size.answers[PAIRS] == size.n
    assert pool.bounds(size.n)[0].value <= 0.1 < pool.bounds(size.n - 1)[0].value
    assert pool.learning_curve([size.n], 6, rng()).mean[0] <= 0.1
    told = said(pool, 0.1)
    assert f"  guaranteed  {size.n}, by the sum over pairs of classes, on rows of the pool" in told
    assert "  not asked   split over pairs of classes: it is never below the sum; Theorem 3" in told


def test_what_was_asked_in_vain_is_named_and_what_was_not_with_its_reason():
    told = said(plain(), 0.05)
    assert "guaranteed  nothing: not reached by Theorem 3 or the integral bound" in told
    assert "  not asked   Corollary 1, margin bound: no sample shows a margin; parallel" in told
    first = r"  guaranteed  \d+, by (Theorem 3|the integral bound), with probability 0\.95\n"
    assert re.search(first, said(narrow(), 0.3))


@pytest.mark.parametrize("kind", ["not linear", "zero row", "zero logits", "two classes alike"])
def test_where_no_bound_can_be_asked_the_reason_is_told(kind):
    pool = plain()
    X, z = rng(5).standard_normal((40, 3)), None
    if kind == "zero row":
        X[3] = 0
    z = X @ {"two classes alike": np.c_[[1, 0, 0], [0, 1, 0], [0, 1, 0]]}.get(kind, np.ones(3))
    z = 0 * z if kind == "zero logits" else z
    pool = plain(1.0) if kind == "not linear" else ld.Pool(X, z, test=X, test_logits=z)
    reason = {
        "not linear": "the logits are not linear in the features, so there are no angles",
        "zero row": "a row of the pool is zero, and has no angle",
        "zero logits": "the logits are all zero, so there are no angles",
        "two classes alike": "two classes have the same logits",
    }[kind]
    assert f"  guaranteed  nothing: no bound was asked, as {reason}\n" in said(pool, 0.3)


def gaussian(size, seed):
    scale = np.arange(1, 41) ** -0.5
    return scale * rng(seed).standard_normal((size, 40))


def test_a_small_pool_does_not_mislead_the_law_near_the_rank():
    """What the note on it says: pools of one source differ more, and the law follows each."""
    T, w, spread = gaussian(1000, 99), np.ones(40), {}
    for size in (50, 800):
        found = []
        for seed in range(12):
            X = gaussian(size, seed)
            pool = ld.Pool(X, X @ w, test=T, test_logits=T @ w)
            curve = pool.learning_curve([35], 40, rng(seed))
            found.append([curve.mean[0], pool.spectrum_law().risk(35)])
        ratios = np.divide(*np.transpose(found))
        stderr = ratios.std(ddof=1) / np.sqrt(12)
        assert abs(ratios.mean() - 1) < 4 * stderr + 1 / (40 - 35) / 2  # the law's own correction
        spread[size] = np.std([law for _, law in found]) / np.mean([law for _, law in found])
        small = [note for note in pool.notes if note.startswith("pool: ")]
        assert bool(small) == (size < 10 * 40)
        assert not small or small[0].endswith("and another pool of so few has another one")
    assert spread[50] > 2 * spread[800]
