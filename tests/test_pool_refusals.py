"""Pools that are refused: bad data and bad arguments, each told in words with its name."""

import numpy as np
import pandas as pd
import pytest
import scipy
from test_pool import data, rng

import linear_distillation as ld
from linear_distillation.kernels import gaussian_kernel

X60, Z60, _ = data()
WHOLE = pd.array([1, 2, None, 4], dtype="Int64")
REFUSED = {
    "few rows": (lambda: ld.Pool(X60[:3], Z60[:3]), "X: expected at least 4 rows"),
    "no rows": (lambda: ld.Pool(np.zeros((5, 2)), Z60[:5]), "X: all rows of the pool are zero"),
    "nan": (
        lambda: ld.Pool(np.where(np.isclose(X60, X60[4, 2], 0, 0), np.nan, X60), Z60),
        "X: row 4 holds NaN",
    ),
    "sparse nan": (
        lambda: ld.Pool(
            scipy.sparse.csr_array(np.where(np.isclose(X60, X60[4, 2], 0, 0), np.nan, X60)), Z60
        ),
        "X: row 4 holds NaN",
    ),
    "sparse text": (
        lambda: ld.Pool(scipy.sparse.csr_array(X60.astype(complex)), Z60),
        "X: expected a table of real numbers",
    ),
    "nan logit": (lambda: ld.Pool(X60, np.r_[np.nan, Z60[1:]]), "logits: row 0 holds NaN"),
    "text column": (
        lambda: ld.Pool(pd.DataFrame({"a": [1.0, 2, 3, 4], "sex": list("mfmf")}), Z60[:4]),
        "X: column 'sex' holds",
    ),
    "missing in a frame": (
        lambda: ld.Pool(pd.DataFrame({"a": WHOLE, "b": [1.0, 2, 3, 4]}), Z60[:4]),
        "X: row 2 holds NaN or infinity in column 'a'",
    ),
    "missing in logits": (
        lambda: ld.Pool(X60[:4], pd.DataFrame({"p": [1.0, 2, 3, 4], "q": WHOLE})),
        "logits: row 2 holds NaN or infinity in column 'q'",
    ),
    "infinite in a frame": (
        lambda: ld.Pool(pd.DataFrame({"a": [1.0, 2, 3, 4], "b": [1, -np.inf, 3, 4]}), Z60[:4]),
        "X: row 1 holds NaN or infinity in column 'b'",
    ),
    "true or false": (
        lambda: ld.Pool(pd.DataFrame({"a": WHOLE, "b": pd.array([True] * 4)}), Z60[:4]),
        "X: column 'b' holds boolean, not real numbers",
    ),
    "text logits": (
        lambda: ld.Pool(X60[:4], pd.DataFrame({"p": list("1234")})),
        "logits: column 'p' holds",
    ),
    "logits": (lambda: ld.Pool(X60, Z60[1:]), "logits: expected shape .60,. or .60, C."),
    "huge": (lambda: ld.Pool(X60 * 1e200, Z60), "X: its largest entry is .*; rescale"),
    "test logits alone": (lambda: ld.Pool(X60, Z60, test_logits=Z60), "test_logits: they belong"),
    "test alone": (lambda: ld.Pool(X60, Z60, test=X60), "test_logits: expected the teacher's"),
    "test classes": (
        lambda: ld.Pool(X60, Z60, test=X60, test_logits=np.c_[Z60, Z60, Z60]),
        "test_logits: expected 1 columns",
    ),
    "test columns": (
        lambda: ld.Pool(X60, Z60, test=X60[:, 1:], test_logits=Z60),
        "test: expected 7 columns",
    ),
    "kernel shape": (lambda: ld.Pool(X60, Z60, kernel=lambda A, B: A), "kernel: expected shape"),
    "kernel sign": (
        lambda: ld.Pool(X60, Z60, kernel=lambda A, B: -(A @ B.T)),
        "kernel: its Gram matrix of the pool is not positive",
    ),
    "kernel nan": (
        lambda: ld.Pool(X60, Z60, kernel=lambda A, B: A @ B.T * np.nan),
        "kernel: holds NaN",
    ),
    "many rows": (
        lambda: ld.Pool(np.ones((20_000, 2)), np.ones(20_000), kernel=gaussian_kernel(1.0)),
        "X: a Gram matrix takes at most 5000 rows",
    ),
    "many columns": (
        lambda: ld.Pool(np.ones((10_100, 5001)), np.ones(10_100), intercept=False),
        "X: at most 5000 columns",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_bad_data(case):
    call, message = REFUSED[case]
    with pytest.raises((ValueError, TypeError), match=f"^{message}"):
        call()


def test_whole_numbers_of_a_type_that_could_be_missing_are_numbers():
    whole = pd.DataFrame(np.round(4 * X60)).astype({0: "Int64"})
    plain, pool = ld.Pool(np.round(4 * X60), Z60), ld.Pool(whole, Z60)
    assert np.array_equal(pool.eigenvalues, plain.eigenvalues)


METHODS = {
    "indices": (lambda p: p.student([0, 30]), "indices: expected whole numbers from 0 to 29"),
    "fractions": (lambda p: p.student([0.5]), "indices: expected whole"),
    "no indices": (lambda p: p.leave_one_out([]), "indices: expected at least one"),
    "ridge": (lambda p: p.student([0], ridge=-1), "ridge: expected a number >= 0"),
    "rows": (lambda p: p.student([0]).logits(X60[:, 1:]), "rows: expected 7 columns"),
    "ns": (lambda p: p.learning_curve([31], 5, rng()), "ns: 31 examples of a pool of 30"),
    "zero ns": (lambda p: p.learning_curve(0, 5, rng()), "ns: expected a whole number >= 1"),
    "sets": (lambda p: p.learning_curve(3, 1, rng()), "n_sets: a standard error needs"),
    "rng": (lambda p: p.learning_curve(3, 5, None), "rng: expected a numpy.random.Generator"),
    "jobs": (lambda p: p.learning_curve(3, 5, rng(), n_jobs=0), "n_jobs: expected"),
    "noise": (lambda p: p.spectrum_law(-1), "noise: expected a number >= 0"),
    "level": (lambda p: p.tail(0.2), "level: expected a number in"),
    "pair": (lambda p: p.tail(pair=(0, 1)), "pair: there is one logit"),
    "n": (lambda p: p.bounds(0), "n: expected a whole number >= 1"),
    "risk": (lambda p: p.sample_size(2.0, 5, rng()), "risk: expected a number in"),
}


@pytest.mark.parametrize("case", METHODS)
def test_bad_arguments_of_methods(case):
    call, message = METHODS[case]
    with pytest.raises((ValueError, TypeError), match=f"^{message}"):
        call(ld.Pool(X60, Z60))


def test_bad_pairs_and_zero_rows():
    X, z, _ = data(classes=3)
    pool = ld.Pool(X, z)
    for pair in (None, (0, 0), (0, 7), 1):
        with pytest.raises(ValueError, match="pair: expected two"):
            pool.tail(pair=pair)
    X, z, _ = data()
    X[3], z[3] = 0, 0
    with pytest.raises(ValueError, match="X: row 3 is zero, and has no angle"):
        ld.Pool(X, z, test=X, test_logits=z).tail()
