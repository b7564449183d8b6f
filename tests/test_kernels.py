"""Kernels by other routes, functions of their spaces, and what is told of them."""

import numpy as np
import pytest
import scipy
from sklearn.metrics import pairwise

import linear_distillation as ld
from linear_distillation.kernels import (
    KernelFunction,
    arc_cosine_kernel,
    gaussian_kernel,
    kernel_student,
    nested_norms,
    polynomial_kernel,
    relu_tangent_kernel,
)


def rng(seed=0):
    return np.random.default_rng(seed)


ROWS, TEST = rng(0).standard_normal((20, 3)), rng(1).standard_normal((40, 3))
KERNELS = {
    "gaussian": gaussian_kernel(1.3),
    "cubic": polynomial_kernel(3, 0.5),
    "steps": arc_cosine_kernel(0),
    "relu": arc_cosine_kernel(1),
    "squares": arc_cosine_kernel(2),
    "tangent": relu_tangent_kernel(2),
    "deep tangent": relu_tangent_kernel(4),
    "scikit-learn": pairwise.laplacian_kernel,
}
INFINITE = ["gaussian", "steps", "relu", "tangent", "deep tangent", "scikit-learn"]


def of_kernels(names=tuple(KERNELS)):
    return pytest.mark.parametrize("kernel", [KERNELS[n] for n in names], ids=names)


def teacher(kernel, centres=12, seed=2):
    draws = rng(seed)
    return KernelFunction(kernel, draws.standard_normal((centres, 3)), draws.standard_normal(12))


# Kernels


def test_they_are_those_of_scikit_learn():
    for ours, theirs in (
        (gaussian_kernel(1.3), pairwise.rbf_kernel(ROWS, TEST, gamma=1 / 1.3**2 / 2)),
        (polynomial_kernel(3, 0.5), pairwise.polynomial_kernel(ROWS, TEST, 3, 1, 0.5)),
        (polynomial_kernel(1, 0.0), pairwise.linear_kernel(ROWS, TEST)),
    ):
        assert ours(ROWS, TEST) == pytest.approx(theirs, rel=1e-12)


@pytest.mark.parametrize("order", [0, 1, 2])
def test_arc_cosine_kernels_are_integrals(order):
    """The Gaussian integral in the plane of a and b: by its radius, and over the angle."""
    a, b = np.array([[1.0, 2.0]]), np.array([[2.0, -0.5]])
    radial = 2.0**order * scipy.special.gamma(order + 1)  # E r^(2 m) of two coordinates
    steps = np.linspace(-np.pi, np.pi, 40_001)
    middles = (steps[1:] + steps[:-1]) / 2
    x, y = (c @ [np.cos(middles), np.sin(middles)] for c in (a[0], b[0]))
    value = 2 * radial * np.mean((x > 0) * (y > 0) * (x * y) ** order)
    assert arc_cosine_kernel(order)(a, b)[0, 0] == pytest.approx(value, rel=1e-4)


@pytest.mark.parametrize("order", [0, 1, 2])
def test_arc_cosine_kernels_are_those_of_random_features(order):
    g, X = rng(3).standard_normal((200_000, 3)), ROWS[:4]
    features = (g @ X.T > 0) * (g @ X.T) ** order
    products = 2 * features[:, :, None] * features[:, None]
    error = products.std(axis=0) / np.sqrt(len(g))
    assert (abs(products.mean(axis=0) - arc_cosine_kernel(order)(X, X)) < 5.5 * error).all()


def test_tangent_kernels_by_their_recursion_in_plain_numpy():
    assert relu_tangent_kernel(1)(ROWS, TEST) == pytest.approx(ROWS @ TEST.T)
    two = arc_cosine_kernel(1)(ROWS, TEST) + ROWS @ TEST.T * arc_cosine_kernel(0)(ROWS, TEST)
    assert relu_tangent_kernel(2)(ROWS, TEST) == pytest.approx(two)
    lengths = np.linalg.norm(ROWS, axis=1)
    same = np.diag(relu_tangent_kernel(3)(ROWS, ROWS))
    assert same == pytest.approx(3 * lengths**2, rel=1e-14)
    opposite = relu_tangent_kernel(2)(ROWS[:1], -ROWS[:1])
    assert opposite == pytest.approx(0, abs=1e-12)


@of_kernels([name for name in KERNELS if name != "scikit-learn"])
def test_sparse_tables_and_rows_of_zeros(kernel):
    A, B = ROWS.copy(), TEST.copy()
    A[0] = B[1] = 0
    table = kernel(A, B)
    assert np.isfinite(table).all()
    sparse = kernel(scipy.sparse.csr_array(A), scipy.sparse.csr_array(B))
    assert sparse == pytest.approx(table, rel=1e-12)


@of_kernels()
def test_a_row_and_itself(kernel):
    """The diagonal is the largest of its row and column, as for any kernel, by rounding too."""
    X = np.r_[ROWS, ROWS * (1 + 1e-15)]
    K = kernel(X, X)
    square = np.diag(K)
    assert (np.multiply.outer(square, square) * (1 + 1e-12) >= K**2).all()
    assert np.linalg.eigvalsh(K)[0] > -1e-10 * np.linalg.eigvalsh(K)[-1]


# Functions


def test_a_function_of_the_linear_kernel_is_a_vector():
    c = rng(4).standard_normal(20)
    f, w = KernelFunction(polynomial_kernel(1, 0.0), ROWS, c), ROWS.T @ c
    assert f(TEST) == pytest.approx(TEST @ w)
    assert f.norm == pytest.approx(np.linalg.norm(w))
    assert f.angles(TEST) == pytest.approx(ld.line_angle(w, TEST))
    tail, other = f.tail(TEST, 0.9), ld.tasks.empirical_tail(TEST.T, w, 0.9)
    assert tail.law.angles == pytest.approx(other.law.angles)
    assert tail.width == other.width
    student = kernel_student(polynomial_kernel(1, 0.0), ROWS[:2], f(ROWS[:2]))
    assert student(TEST) == pytest.approx(TEST @ ld.distilled_student(ROWS[:2].T, w))
    assert ld.theorem3_bound(tail.law, 3) == ld.theorem3_bound(other.law, 3)


@of_kernels(INFINITE)
@pytest.mark.parametrize("n", [1, 3, 20])
def test_the_student_is_the_projection(kernel, n):
    f = teacher(kernel)
    X = ROWS[:n]
    student = kernel_student(kernel, X, f(X))
    assert student(X) == pytest.approx(f(X), abs=1e-9 * f.norm)
    assert student.norm**2 == pytest.approx(f(X) @ np.linalg.solve(kernel(X, X), f(X)))
    # what is missing is orthogonal to the student: Pythagoras
    centres = np.r_[f._rows, student._rows]
    missing = KernelFunction(kernel, centres, np.r_[f._coefficients, -student._coefficients])
    assert missing.norm**2 + student.norm**2 == pytest.approx(f.norm**2)
    pool = ld.Pool(X, f(X), kernel=kernel, test=TEST, test_logits=f(TEST)) if n > 3 else None
    if pool:
        assert pool.student(np.arange(5)).logits(TEST) == pytest.approx(
            kernel_student(kernel, X[:5], f(X[:5]))(TEST), abs=1e-6 * f.norm
        )


def test_gradient_descent_on_the_cross_entropy_ends_there():
    kernel, X = relu_tangent_kernel(2), ROWS[:6]
    K, z = kernel(X, X), teacher(kernel)(X) / 10
    c = np.zeros(6)
    for _ in range(60_000):
        c -= 0.5 * (scipy.special.expit(K @ c) - scipy.special.expit(z))
    student = kernel_student(kernel, X, z)
    assert kernel(TEST, X) @ c == pytest.approx(student(TEST), abs=1e-3)


@of_kernels(INFINITE)
def test_norms_of_nested_students(kernel):
    f = teacher(kernel)
    norms = nested_norms(kernel, ROWS, f(ROWS))
    one_by_one = [kernel_student(kernel, ROWS[:n], f(ROWS[:n])).norm for n in range(1, 21)]
    assert norms == pytest.approx(one_by_one, rel=1e-8)
    assert (np.diff(norms) >= 0).all() and norms[-1] <= f.norm * (1 + 1e-12)


def test_a_copy_teaches_nothing():
    kernel = gaussian_kernel(1.0)
    f, twice = teacher(kernel), np.r_[ROWS[:5], ROWS[:5]]
    norms = nested_norms(kernel, twice, f(twice))
    assert norms[4:] == pytest.approx(norms[4])
    students = (
        kernel_student(kernel, twice, f(twice)),
        kernel_student(kernel, ROWS[:5], f(ROWS[:5])),
    )
    assert students[0](TEST) == pytest.approx(students[1](TEST), abs=1e-9)


def test_norms_grow_where_the_teacher_is_outside():
    """A step is neither a continuous function nor a parabola."""
    x = np.sort(rng(5).uniform(-1, 1, 60))[:, None]
    step = np.where(x[:, 0] > 0, 1.0, -1.0)
    norms = nested_norms(pairwise.laplacian_kernel, x, step)
    smooth = nested_norms(pairwise.laplacian_kernel, x, x[:, 0])
    assert norms[-1] > 3 * norms[20] and smooth[-1] < 2 * smooth[20]
    first = int((step > 0).argmax())  # until there it is constant, and so in the space
    with pytest.raises(ValueError, match=f"^logits: row {first} is in the span"):
        nested_norms(polynomial_kernel(2, 1.0), x, step)


def test_a_ridge_is_ridge_regression():
    kernel, z = gaussian_kernel(1.0), rng(6).standard_normal(20)
    student = kernel_student(kernel, ROWS, z, 0.3)
    expected = kernel(TEST, ROWS) @ np.linalg.solve(kernel(ROWS, ROWS) + 0.3 * np.eye(20), z)
    assert student(TEST) == pytest.approx(expected)
    copies = kernel_student(kernel, ROWS[[0, 0]], [1.0, 3.0], 0.5)
    assert copies(ROWS[:1]) == pytest.approx(4 / 2.5)


TOLD = {
    "copies": (lambda: kernel_student(gaussian_kernel(1.0), ROWS[[0, 0]], [1.0, 2.0]),
               "logits: no function of the kernel's space"),
    "outside": (lambda: kernel_student(polynomial_kernel(1, 0.0), ROWS, ROWS[:, 0] ** 2),
                "logits: no function of the kernel's space"),
    "nested copies": (lambda: nested_norms(gaussian_kernel(1.0), ROWS[[0, 1, 0]], [1.0, 2, 3]),
                      "logits: row 2 is in the span"),
    "negative": (lambda: kernel_student(lambda A, B: -(A @ B.T), ROWS, ROWS[:, 0]),
                 "kernel: its Gram matrix is not positive"),
    "nested negative": (lambda: nested_norms(lambda A, B: np.cosh(A @ B.T) - 3, ROWS, ROWS[:, 0]),
                        "kernel: its Gram matrix is not positive"),
    "lopsided": (lambda: kernel_student(lambda A, B: A[:, [0]] + 0 * B[:, 0], ROWS, ROWS[:, 0]),
                 "kernel: its Gram matrix is not symmetric"),
    "shape": (lambda: KernelFunction(lambda A, B: A, ROWS, ROWS[:, 0]), "kernel: expected shape"),
    "nan": (lambda: KernelFunction(lambda A, B: A @ B.T * np.nan, ROWS, ROWS[:, 0]),
            "kernel: holds NaN"),
    "number": (lambda: KernelFunction(3, ROWS, ROWS[:, 0]), "kernel: expected a function"),
    "classes": (lambda: kernel_student(gaussian_kernel(1.0), ROWS, ROWS), "logits: expected one"),
    "zero": (lambda: KernelFunction(gaussian_kernel(1.0), ROWS, np.zeros(20)).angles(TEST),
             "coefficients: the function is zero"),
    "nothing": (lambda: teacher(polynomial_kernel(1, 0.0)).angles(0 * TEST), "X: row 0"),
    "columns": (lambda: teacher(gaussian_kernel(1.0))(TEST[:, :2]), "X: expected 3 columns"),
    "rows": (lambda: nested_norms(gaussian_kernel(1.0), np.ones((5001, 1)), np.ones(5001)),
             "X: a Gram matrix takes at most 5000 rows"),
    "size": (lambda: kernel_student(polynomial_kernel(1, 0.0), 1e-40 * np.eye(2), [1e30, 1e30]),
             "ridge, logits: coefficients would be as large as 1e+110"),
    "level": (lambda: teacher(gaussian_kernel(1.0)).tail(TEST, 2.0), "level: "),
}  # fmt: skip


@pytest.mark.parametrize("name", TOLD)
def test_it_is_told(name):
    call, message = TOLD[name]
    with pytest.raises((ValueError, TypeError)) as caught:
        call()
    assert str(caught.value).startswith(message)


def test_rows_are_not_kept():
    X, c = ROWS.copy(), np.ones(20)
    f = KernelFunction(gaussian_kernel(1.0), X, c)
    before = f(TEST)
    X[:], c[:] = 7, 7
    assert np.array_equal(f(TEST), before)


@pytest.mark.parametrize("ridge, scale", [(2e200, 1.0), (1e70, 1e-45)])
def test_a_ridge_beyond_all_sense_is_named(ridge, scale):
    X, z = np.array([[1.0, 2], [0, 1]]), np.array([1.0, -1])
    with pytest.raises(ValueError, match="^ridge, logits: coefficients would be as large as"):
        ld.kernels.kernel_student(ld.kernels.gaussian_kernel(1.0), X, scale * z, ridge)


def test_rows_whose_kernel_is_zero():
    """Their student is zero, and has no other logit."""
    k, rows = ld.kernels.products, [[0.0, 0]]
    assert kernel_student(k, rows, [0.0])([[1.0, 2]]) == 0 == nested_norms(k, rows, [0.0])
    with pytest.raises(ValueError, match="^logits: no function of the kernel's space"):
        kernel_student(k, rows, [1.0])
    with pytest.raises(ValueError, match="^logits: row 0 is in the span"):
        nested_norms(k, rows, [1.0])
    with pytest.raises(ValueError, match="^kernel: its Gram matrix of the pool is zero"):
        ld.Pool(np.ones((9, 2)), np.ones(9), kernel=lambda A, B: 0 * A @ B.T)


MADE = [
    gaussian_kernel(1.0), polynomial_kernel(2), arc_cosine_kernel(1),
    relu_tangent_kernel(2),
]  # fmt: skip
NO_TABLES = [
    np.eye(3) + 0j, np.eye(3) * np.nan, np.eye(3).astype(str), np.ma.array(np.eye(3)),
    np.eye(3) > 0, None, "x", {}, np.ones(3), scipy.sparse.csr_array(np.eye(3) + 0j),
]  # fmt: skip


@pytest.mark.parametrize("bad", NO_TABLES, ids=range(len(NO_TABLES)))
def test_kernels_and_their_functions_name_what_is_no_table(bad):
    for kernel in MADE:
        with pytest.raises(ValueError, match="^A: "):
            kernel(bad, np.eye(3))
        with pytest.raises(ValueError, match="^B: "):
            kernel(np.eye(3), bad)
        f = KernelFunction(kernel, np.eye(3), [1.0, 2, 3])
        for call in (f, f.angles, f.tail):
            with pytest.raises(ValueError, match="^X: "):
                call(bad)


@pytest.mark.parametrize(
    "change",
    [
        lambda K: K + 0j,
        lambda K: np.ma.array(K),
        lambda K: K.astype(str),
        lambda K: K * np.nan,
        len,
    ],
    ids=["complex", "masked", "text", "nan", "shape"],
)
def test_a_kernel_whose_values_are_no_numbers_is_named(change):
    plain = gaussian_kernel(1.0)
    with pytest.raises(ValueError, match="^kernel: "):
        KernelFunction(lambda A, B: change(plain(A, B)), np.eye(3), [1.0, 2, 3])
