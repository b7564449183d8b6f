r"""Several classes: the softmax loss, its derivatives and constants, and where training ends.

A teacher is a matrix :math:`W_\star` of shape (d, C), a column a class, and its soft labels
are :math:`\operatorname{softmax}(W_\star^\top x)`. Only differences of columns count; with
:math:`J = I - \mathbf 1\mathbf 1^\top/C` the class-centred teacher is :math:`W_\star J`.
A column of X is an example, as everywhere.
"""

from __future__ import annotations

__all__ = [
    "ClassTrajectory",
    "class_gradient",
    "class_gradient_flow",
    "class_hessian",
    "class_loss",
    "class_pl_constant",
    "class_student",
]

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ._checks import (
    as_class_teacher,
    as_examples,
    as_finite,
    as_level,
    as_times,
    as_tolerance,
    representable,
)
from ._softmax import bend, label_gaps, labels, log_labels, terms
from ._training import Problem, fastest_columns
from .flow import _DualFlow, _follow
from .geometry import project_columns, span_basis, unit
from .objective import FAINT, _constant, _reaches, pl_constant

if TYPE_CHECKING:
    from ._types import ArrayLike, Floats, Values


def class_loss(W: ArrayLike, X: ArrayLike, W_star: ArrayLike) -> Values:
    r"""Distillation loss of several classes: cross-entropy to soft labels, less its minimum.

    .. math:: L(W) = \frac1n\sum_i \mathrm{KL}\bigl(\operatorname{softmax}(W_\star^\top x_i)
        \,\|\,\operatorname{softmax}(W^\top x_i)\bigr)

    Given the logits, each term has full relative accuracy, next to the minimum and for
    logits of any size. For C = 2 it is `linear_distillation.loss` of the differences of
    columns.

    Parameters
    ----------
    W : array_like, shape (..., d, C)
        Students.
    X : array_like, shape (d, n)
        One example a column.
    W_star : array_like, shape (d, C)
        The teacher; its columns are not all the same.

    Returns
    -------
    float or ndarray, shape (...)
        In nats.

    Raises
    ------
    ValueError
        If a shape is wrong, an entry is not finite, the classes of W_star do not differ,
        or a logit leaves the floating-point range.

    References
    ----------
    Hinton, Vinyals and Dean (2015); Phuong and Lampert (2019), (1), for C = 2.

    Examples
    --------
    >>> round(float(class_loss(np.zeros((1, 3)), [[1.0]], [[1000.0, 0.0, 0.0]])), 12)
    1.098612288668
    """
    _, a_star, gap, _ = _logits(W, X, W_star)
    return terms(a_star, gap).mean(axis=-1)[()]


def class_gradient(W: ArrayLike, X: ArrayLike, W_star: ArrayLike) -> Floats:
    r"""Gradient of `class_loss`.

    .. math:: \nabla L(W) = \frac1n X\bigl(\operatorname{softmax}(X^\top W)
        - \operatorname{softmax}(X^\top W_\star)\bigr)

    Its rows sum to zero: a student that starts with centred classes keeps them so.

    Parameters
    ----------
    W, X, W_star
        As for `class_loss`.

    Returns
    -------
    ndarray, shape (..., d, C)

    Raises
    ------
    ValueError
        As `class_loss`.
    """
    _, a_star, gap, X = _logits(W, X, W_star)
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        return representable("X", X @ (label_gaps(a_star, gap) / X.shape[1]))


def class_hessian(W: ArrayLike, X: ArrayLike, V: ArrayLike) -> Floats:
    r"""Hessian of `class_loss`, applied to a direction.

    .. math:: \nabla^2L(W)[V] = \frac1n X B, \qquad
        B_i = \bigl(\operatorname{diag}(p_i) - p_ip_i^\top\bigr)V^\top x_i, \qquad
        p_i = \operatorname{softmax}(W^\top x_i)

    The matrix itself has (d C)^2 entries and is never formed. On directions whose rows sum
    to zero :math:`(\min_c p_c)J \preceq \operatorname{diag}(p) - pp^\top \preceq J/2`.

    Parameters
    ----------
    W : array_like, shape (d, C)
    X : array_like, shape (d, n)
    V : array_like, shape (..., d, C)
        Directions.

    Returns
    -------
    ndarray, shape (..., d, C)

    Raises
    ------
    ValueError
        If a shape is wrong, an entry is not finite, or a logit leaves the range.

    References
    ----------
    Boehning, "Multinomial logistic regression algorithm" (1992): the upper bound.
    """
    W, V = as_finite("W", W, ndim=2), as_finite("V", V)
    X = as_finite("X", as_examples("X", X, dim=W.shape[0]), ndim=2)
    if V.shape[-2:] != W.shape:
        raise ValueError(f"V: expected last axes {W.shape}, got shape {V.shape}")
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        p = labels(representable("W", X.T @ W))
        return representable("V", X @ (bend(p, X.T @ V) / X.shape[1]))


def class_pl_constant(X: ArrayLike, W_star: ArrayLike, level: float, *, log: bool = False) -> float:
    r"""A constant of strong convexity and gradient dominance on a sublevel set.

    .. math:: \mu = \frac\lambda n \min_{i,c} \sigma(b_{ic}^-), \qquad
        b_{ic} = a^\star_{ic} - \log\sum_{c' \ne c} e^{a^\star_{ic'}}

    with :math:`b^- \le b` the logit at which the *binary* term is n times the level (as in
    `sublevel_intervals`), and :math:`\lambda` the smallest non-zero eigenvalue of X'X.
    Where :math:`L \le \ell`, each label has :math:`p_{ic} \ge \sigma(b_{ic}^-)`, as merging
    all other classes lowers the divergence. So L is mu-strongly convex there, on
    class-centred directions in the span, and :math:`L \le |\nabla L|^2/(2\mu)`. For C = 2 it
    is twice `pl_constant`, whose curvature :math:`2p_1p_2` is larger than the smallest label.

    Parameters
    ----------
    X : array_like, shape (d, n)
        Dependent columns are legal.
    W_star : array_like, shape (d, C)
    level : float
        At least 0, in nats.
    log : bool
        Return the natural logarithm.

    Returns
    -------
    float
        A mu without a place among floats is 0 (or infinite), with a `RangeWarning`.

    Raises
    ------
    ValueError
        As `pl_constant`.
    """
    X, teacher = _set_and_teacher(X, W_star)
    if teacher.shape[1] == 2:
        found = pl_constant(X, teacher[:, 0] - teacher[:, 1], level, log=log)
        return found + np.log(2) if log else 2 * found
    with np.errstate(over="ignore", invalid="ignore"):
        a, height = representable("W_star", X.T @ teacher), X.shape[1] * as_level("level", level)
    if not np.isfinite(height):
        raise ValueError("level: n times it overflows")
    log_q = log_labels(a)
    others = np.where(np.eye(a.shape[1], dtype=bool), -np.inf, log_q[:, None, :])
    b = (log_q - np.logaddexp.reduce(others, axis=2)).ravel()
    with np.errstate(over="ignore"):
        lowest = b - _reaches(b, max(height, FAINT) if height else height)[:, 0]
        return _constant("class_pl_constant", X, float(-np.logaddexp(0, -lowest).max()), log)


def class_student(X: ArrayLike, W_star: ArrayLike) -> Floats:
    r"""The student that gradient flow from zero learns from soft labels of several classes.

    .. math:: \hat W = P\,W_\star J

    for any examples, dependent ones included. Each difference of two columns is the
    *binary* distilled student of the same difference of the teacher.

    Parameters
    ----------
    X : array_like, shape (..., d, n)
        Transfer sets, one example a column; leading axes are a batch.
    W_star : array_like, shape (d, C)
        The teacher; its columns are not all the same.

    Returns
    -------
    ndarray, shape (..., d, C)
        Its rows sum to zero.

    Raises
    ------
    ValueError
        If a shape is wrong, an entry is not finite, or the classes do not differ;
        ``numpy.linalg.LinAlgError``, a subclass, if rounding hides the rank of X.

    Examples
    --------
    >>> class_student([[1.0], [1.0]], [[3.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    array([[ 1. , -0.5, -0.5],
           [ 1. , -0.5, -0.5]])
    """
    teacher = as_class_teacher("W_star", W_star)
    X = as_examples("X", X, dim=teacher.shape[0])
    return project_columns(X, teacher)


class ClassTrajectory(NamedTuple):
    r"""What training on several classes did.

    Attributes
    ----------
    times : ndarray, shape (m,)
    W : ndarray, shape (m, d, C)
        The student at these times.
    final : ndarray, shape (d, C)
        Where the flow ended.
    residual : float
        Distance of `final` from the limit, :math:`|W - P W_\star J|`.
    arrived : bool
        Whether `residual` is within the tolerance, or as small as rounding lets it be.
    """

    times: Floats
    W: Floats
    final: Floats
    residual: float
    arrived: bool = False


def class_gradient_flow(
    X: ArrayLike,
    W_star: ArrayLike,
    times: ArrayLike | None = None,
    *,
    tol: float = 1e-12,
    rtol: float = 1e-5,
) -> ClassTrajectory:
    r"""Gradient flow from zero on the loss of several classes, followed to its limit.

    With unit columns in :math:`\hat X` write :math:`W = \hat X A`; then

    .. math:: \frac{dA_i}{d\tau} = -\frac{|x_i|}n\bigl(\operatorname{softmax}(W^\top x_i)
        - \operatorname{softmax}(W_\star^\top x_i)\bigr)

    takes n (C - 1) coordinates, whatever d is, as :math:`A` keeps its rows centred. The
    clock and the integrator are those of `gradient_flow`. For C = 2 the difference of the
    columns moves at twice the speed of the binary student.

    Parameters
    ----------
    X : array_like, shape (d, n)
        Dependent columns are legal.
    W_star : array_like, shape (d, C)
    times : array_like, shape (m,), optional
        From 0 on, in order; the integrator's own steps if not given.
    tol, rtol : float
        As for `gradient_flow`, of :math:`|PW_\star J|`.

    Returns
    -------
    ClassTrajectory

    Raises
    ------
    ValueError, FloatingPointError
        As `gradient_flow`.
    """
    X, teacher = _set_and_teacher(X, W_star)
    times = as_times(times)
    tol, rtol = as_tolerance("tol", tol), as_tolerance("rtol", rtol)
    basis, rank = span_basis(X)
    basis, zero = basis[:, :rank], np.zeros_like(teacher)
    if rank == 0:
        times = np.zeros(1) if times is None else times
        return ClassTrajectory(times, np.zeros((times.size, *zero.shape)), zero, 0.0, True)
    problem = Problem(X, teacher, zero)
    equations = _ClassFlow(problem, basis)
    near = max(tol * equations.size, equations.rounding)
    times, path, arrived = _follow(equations, times, near, rtol)
    path = float(problem.unit) * (basis @ equations.columns @ equations.table(path))
    residual = float(np.linalg.norm(basis.T @ (path[-1] - teacher)))
    return ClassTrajectory(times, path[:-1], path[-1], residual, arrived)


class _ClassFlow(_DualFlow):
    """As `_DualFlow`, with a row of C - 1 coordinates an example, flattened.

    The surest class of the teacher is left out, as the rows are centred: the direction that no
    loss sees would be free for rounding, and late rates blow that up. The others, however
    improbable, have slopes that are right to all digits.
    """

    def __init__(self, problem: Problem, basis: Floats) -> None:
        X, teacher, self.problem = problem.X, problem.w_star, problem
        columns = unit(X.T)
        self.lengths, self.across = np.vecdot(columns, X.T), basis.T @ columns.T
        self.goal, self.a_star = basis.T @ teacher, X.T @ teacher
        chosen, self.share = fastest_columns(self.across, np.abs(self.a_star).max(axis=1))
        self.columns = self.across[:, chosen]
        surest = self.a_star[chosen].argmax(axis=1)[:, None]
        others = np.arange(teacher.shape[1] - 1) + (np.arange(teacher.shape[1] - 1) >= surest)
        each = np.eye(teacher.shape[1])
        self.ways = each[others] - each[surest]  # (n, C - 1, C): a class up, the surest down
        self.others, self.free = others, others.size
        self.gram = self.across.T @ self.columns
        self.size = float(np.linalg.norm(self.goal))
        self.rounding = 4 * np.finfo(float).eps * float(np.linalg.norm(teacher))
        widest = np.linalg.norm(self.across * self.lengths, 2) ** 2
        self.log_unit = np.log(2 * X.shape[1] / widest)  # curvatures reach 1/2
        self.log_rates = self.log_unit + np.log(np.maximum(self.lengths, 1e-300) / X.shape[1])

    def table(self, c: Floats) -> Floats:
        """The rows of A, (..., n, C), of coordinates (..., n (C - 1))."""
        return np.einsum(
            "...kd,kdc->...kc", c.reshape(*c.shape[:-1], *self.others.shape), self.ways
        )

    def slope(self, s: float, c: Floats) -> Floats:
        missing = self.columns @ self.table(c) - self.goal
        h, gap = self.problem.height, self.lengths[:, None] * (self.across.T @ missing)
        rates = np.exp(s + self.log_rates - np.log(h))
        slopes = self.share @ (rates[:, None] * label_gaps(h * self.a_star, h * gap))
        return -np.take_along_axis(slopes, self.others, axis=1).ravel()

    def jacobian(self, s: float, c: Floats) -> Floats:
        a = self.lengths[:, None] * (self.gram @ self.table(c))
        p = labels(self.problem.height * a)
        rates = np.exp(s + self.log_rates) * self.lengths
        bends = rates[:, None, None] * bend(p[:, None, :], np.eye(p.shape[1]))
        whole = np.einsum("ki,iec,im->kcme", self.share, bends, self.gram, optimize=True)
        whole = np.einsum("kcme,mde->kcmd", whole, self.ways)
        rows = np.take_along_axis(whole, self.others[:, :, None, None], axis=1)
        return -rows.reshape(c.size, c.size)

    def distance(self, c: Floats) -> float:
        return float(np.linalg.norm(self.columns @ self.table(c) - self.goal))


def _set_and_teacher(X: ArrayLike, W_star: ArrayLike) -> tuple[Floats, Floats]:
    """One transfer set (d, n), and its centred teacher (d, C)."""
    teacher = as_class_teacher("W_star", W_star)
    return as_finite("X", as_examples("X", X, dim=teacher.shape[0]), ndim=2), teacher


def _logits(W: ArrayLike, X: ArrayLike, W_star: ArrayLike) -> tuple[Floats, Floats, Floats, Floats]:
    """Logits (..., n, C) of the students, of the teacher, their differences, and X."""
    (X, teacher), W = _set_and_teacher(X, W_star), as_finite("W", W)
    teacher = np.asarray(W_star, dtype=float)  # centring would round the differences
    if W.shape[-2:] != teacher.shape:
        raise ValueError(f"W: expected last axes {teacher.shape}, got shape {W.shape}")
    with np.errstate(over="ignore", invalid="ignore"):
        found = X.T @ W, X.T @ teacher, X.T @ (W - teacher)
    for name, a in zip(("W", "W_star", "W"), found, strict=True):
        if not (np.abs(a) < 1e307).all():  # differences of two must not overflow either
            raise ValueError(f"{name}: logits overflow")
    return *found, X
