"""What learners end at: the distilled, the biased and the hard-label student.

The hard-label student arrives only in the limit, so the way there has a
function, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import scipy

from ._checks import (
    as_count,
    as_examples,
    as_finite,
    as_generator,
    as_level,
    as_start,
    as_teacher,
    as_tolerance,
    as_transfer_set,
    representable,
)
from .geometry import magnitude, project, span_basis, unit
from .margin import max_margin
from .networks import first_layer

if TYPE_CHECKING:
    from ._types import ArrayLike, Count, Floats, Random

__all__ = [
    "biased_student",
    "deep_student",
    "distilled_student",
    "hard_label_flow",
    "hard_label_student",
]

EARLY = 1e-5  # times the Gram matrix, below which two terms of Taylor's series are exact to 1e-10


def distilled_student(X: ArrayLike, w_star: ArrayLike) -> Floats:
    r"""The student that gradient flow from zero learns from soft labels.

    .. math:: \hat w = P\,w_\star, \qquad P \text{ the orthogonal projection onto }
        \operatorname{span}(X)

    which is :math:`X (X^\top X)^{-1} X^\top w_\star` for independent columns,
    and the teacher itself once the examples span the space.

    Parameters
    ----------
    X : array_like, shape (..., d, n)
        Transfer sets, one example a column; leading axes are a batch.
    w_star : array_like, shape (d,)
        The teacher, not zero.

    Returns
    -------
    ndarray, shape (..., d)

    Raises
    ------
    ValueError
        If a shape is wrong, an entry is not finite, or w_star is zero;
        ``numpy.linalg.LinAlgError``, a subclass, if rounding hides the rank of X.

    References
    ----------
    Phuong and Lampert (2019), Theorem 1.

    Examples
    --------
    >>> distilled_student([[1.0], [1.0]], [1.0, 0.0])
    array([0.5, 0.5])
    """
    w_star = as_teacher("w_star", w_star)
    return project(as_examples("X", X, dim=w_star.size), w_star)


def deep_student(X: ArrayLike, w_star: ArrayLike, w0: ArrayLike, depth: Count) -> Floats:
    r"""Where balanced layers end that start at the student w0, in closed form.

    .. math:: w_\infty = \hat w + |w_\infty|^{1-1/N}\, q_z, \qquad
        q_z = (I - P)\,\frac{w_0}{|w_0|^{1-1/N}}

    Taking lengths, :math:`p = \log|w_\infty|` solves :math:`2p = \log(|\hat w|^2 +
    |q_z|^2 e^{(2-2/N)p})`, whose two sides differ by an increasing concave
    function: Newton's method from the left climbs to its only zero. The angle
    :math:`\vartheta` between :math:`w_\infty` and :math:`\hat w` satisfies
    :math:`\sin^N\vartheta/\cos\vartheta = (|w_0|/|\hat w|)\sin^N\vartheta_0`, with
    :math:`\vartheta_0` that between :math:`w_0` and the span of the examples.

    Parameters
    ----------
    X : array_like, shape (d, n)
        One example a column.
    w_star : array_like, shape (d,)
        The teacher, not zero.
    w0 : array_like, shape (d,)
    depth : int
        N; for one layer it is :math:`\hat w + (I-P)w_0`.

    Returns
    -------
    ndarray, shape (d,)
        The limit unless the flow stops at the saddle 0, which it can do only
        from w0 in span(X), and there from a single curve.

    Raises
    ------
    ValueError
        If a shape is wrong, an entry is not finite, w_star is zero, or depth
        is not a whole number >= 1; ``numpy.linalg.LinAlgError``, a subclass,
        if rounding hides the rank of X.

    References
    ----------
    Phuong and Lampert (2019), proof of Theorem 2; the closed form is ours.

    Examples
    --------
    >>> deep_student([[1.0], [0.0]], [1.0, 1.0], [0.0, 0.01], depth=2).round(5)
    array([1.     , 0.10025])
    """
    X, w_star = as_transfer_set(X, w_star)
    w0, depth = as_start(w0, w_star), as_count("depth", depth)
    w_hat, z = distilled_student(X, w_star), first_layer(w0, depth)
    q = z - project(X, z)
    return w_hat + _limit_length(w_hat, q, depth) ** (1 - 1 / depth) * q


def _limit_length(w_hat: Floats, q: Floats, depth: int) -> float:
    """The length m that solves m^2 = |w_hat|^2 + m^(2-2/N) |q|^2."""
    share = 1 - 1 / depth
    with np.errstate(divide="ignore"):
        near, far = (np.log(np.vecdot(unit(v), v)) for v in (w_hat, q))
    p = max(near, depth * far)
    for _ in range(50 if np.isfinite(far) else 0):
        both = np.logaddexp(2 * near, 2 * (far + share * p))
        step = (both - 2 * p) / (2 - 2 * share * np.exp(2 * (far + share * p) - both))
        p += step
        if step <= 1e-15 * max(1.0, abs(p)):
            break
    return np.exp(p)


def biased_student(
    X: ArrayLike,
    w_star: ArrayLike,
    delta: float,
    rng: Random | None = None,
    *,
    g: ArrayLike | None = None,
) -> Floats:
    r"""A student with the same training loss as the distilled one, and another bias.

    .. math:: w = \hat w + \delta\, q, \qquad q = (I - P)\, g, \qquad g \sim N(0, I)

    As q is orthogonal to every example, the logits on the transfer set are
    those of the teacher for every delta. Delta 0 is the distilled student; the
    larger delta, the less the student prefers one minimiser to another.

    Parameters
    ----------
    X : array_like, shape (..., d, n)
        Transfer sets; leading axes are a batch, each with a g of its own.
    w_star : array_like, shape (d,)
        The teacher, not zero.
    delta : float
        At least 0, in units of the weights: compare it with the length of w_star.
    rng : numpy.random.Generator or int, optional
        Draws g.
    g : array_like, shape (..., d), optional
        The Gaussian vector itself: pass the same one for nested transfer sets
        to follow one student while it is given more examples.

    Returns
    -------
    ndarray, shape (..., d)

    Raises
    ------
    ValueError
        As `distilled_student`; also if delta is negative, or neither or both
        of rng and g are given.

    References
    ----------
    Phuong and Lampert (2019), section 5.2.
    """
    w_star = as_teacher("w_star", w_star)
    X, delta = as_examples("X", X, dim=w_star.size), as_level("delta", delta)
    if (rng is None) == (g is None):
        raise ValueError("g: expected either rng, to draw it, or g itself")
    batch = X.shape[:-1]
    g = as_generator("rng", rng).standard_normal(batch) if g is None else as_finite("g", g)
    if g.shape != batch:
        raise ValueError(f"g: expected shape {batch}, got {g.shape}")
    U, rank = span_basis(X)
    size = magnitude(g)
    g = g / size
    q = g - (U @ (np.swapaxes(U, -1, -2) @ g[..., None]))[..., 0]
    q = np.where((rank == w_star.size)[..., None], 0.0, q)
    with np.errstate(over="ignore"):
        return representable("delta", project(X, w_star) + delta * (size * q))


def hard_label_student(X: ArrayLike, w_star: ArrayLike) -> Floats:
    r"""Where gradient flow on hard labels leads: the direction of largest margin.

    .. math:: \arg\max_{|w| = 1}\; \min_i\; y_i\, w^\top x_i, \qquad
        y_i = 1 \text{ if } w_\star^\top x_i \ge 0, \text{ else } -1

    Trained on the labels 1{w_star.x >= 0} the student grows without limit, and
    its direction tends to this one.

    Parameters
    ----------
    X : array_like, shape (..., d, n)
        Transfer sets; leading axes are a batch. The lengths of examples matter.
    w_star : array_like, shape (d,)
        The teacher, not zero.

    Returns
    -------
    ndarray, shape (..., d)
        Of length one.

    Raises
    ------
    ValueError
        If a shape is wrong, an entry is not finite, w_star or an example is
        zero; ``numpy.linalg.LinAlgError``, a subclass, if no direction
        separates the labels beyond rounding. (The teacher does, unless an
        example lies on its boundary.)

    References
    ----------
    Phuong and Lampert (2019), section 5.3. Soudry, Hoffer, Nacson, Gunasekar
    and Srebro, "The implicit bias of gradient descent on separable data",
    JMLR 19 (2018), theorem 3.

    Examples
    --------
    >>> hard_label_student([[1.0, 0.0], [0.0, -1.0]], [1.0, 1.0]) * 2**0.5
    array([1., 1.])
    """
    Z = signed_examples(X, w_star)
    w, _ = max_margin(Z.reshape(-1, *Z.shape[-2:]))
    return w.reshape(Z.shape[:-1])


def hard_label_flow(
    X: ArrayLike, w_star: ArrayLike, times: ArrayLike, rtol: float = 1e-8
) -> Floats:
    r"""Gradient flow on hard labels, stopped early.

    .. math:: \frac{dw}{dt} = \frac1n \sum_i z_i\, \sigma(-z_i^\top w), \qquad
        w(0) = 0, \quad z_i = y_i x_i

    the flow of the cross-entropy to the labels 1{w_star.x >= 0}. Integrated in
    n coordinates, w = sum_i c_i z_i, and in log time, as the products grow
    like log t; all sets of a batch at once.

    Parameters
    ----------
    X : array_like, shape (..., d, n)
        Transfer sets; leading axes are a batch.
    w_star : array_like, shape (d,)
        The teacher, not zero.
    times : array_like, shape (k,)
        Training times, above 0 and increasing.
    rtol : float
        Relative tolerance of the integrator, from 1e-13 on. Times so early that
        no label has changed yet are met to 1e-10 by Taylor's series.

    Returns
    -------
    ndarray, shape (k, ..., d)
        One student a time.

    Raises
    ------
    ValueError
        If a shape is wrong, an entry is not finite, w_star or an example is
        zero, or times do not increase from above 0.
    RuntimeError
        If the integrator gives up.
    """
    Z, times = signed_examples(X, w_star), as_finite("times", times, ndim=1)
    rtol = max(as_tolerance("rtol", rtol), 1e-13)  # LSODA takes none below
    if times[0] <= 0 or (np.diff(times) <= 0).any():
        raise ValueError(f"times: expected increasing numbers > 0, got {times}")
    sets, n = Z.reshape(-1, *Z.shape[-2:]), Z.shape[-1]
    size, own = magnitude(sets), magnitude(sets, (1, 2))
    log_times = np.log(times) + 2 * np.log(size)  # in units in which no example is longer than one
    gram = np.swapaxes(sets / size, 1, 2) @ (sets / size)
    early = log_times < np.log(EARLY * n / max(1.0, np.abs(gram).sum(axis=2).max()))
    c, factor = np.empty((times.size, len(sets), n)), np.empty((times.size, len(sets), 1))
    c[early] = 0.5 - np.exp(log_times[early])[:, None, None] / 16 / n * gram.sum(axis=2)
    with np.errstate(over="ignore", under="ignore"):
        factor[early] = own[..., 0] * (times[early] / n)[:, None, None]
    if not early.all():
        c[~early] = _hard_flow(gram, log_times[~early], rtol)
        factor[~early] = own[..., 0] / size / size
    students = factor * (sets / own @ c[..., None])[..., 0]
    return representable("times", students).reshape(times.size, *Z.shape[:-1])


def signed_examples(X: ArrayLike, w_star: ArrayLike) -> Floats:
    """z_i = y_i x_i: every example on the side where a correct student has a positive product."""
    w_star = as_teacher("w_star", w_star)
    X = as_examples("X", X, dim=w_star.size)
    if not X.any(axis=-2).all():
        raise ValueError("X: a zero example has no margin")
    products = np.einsum("d,...dn->...n", unit(w_star), X / np.abs(X).max(axis=-2, keepdims=True))
    return np.where(products >= 0, 1.0, -1.0)[..., None, :] * X


def _hard_flow(gram: Floats, log_times: Floats, rtol: float) -> Floats:
    """Coefficients (k, sets, n) of the students at these times, by Gram matrices (sets, n, n).

    The clock is log(1 + t). Scipy 1.15 fails where LSODA is given a banded
    Jacobian; it makes its own from 2 n calls, all sets at once.
    """
    n, clock = gram.shape[-1], np.logaddexp(0, log_times)

    def slope(s: float, c: Floats) -> Floats:
        products = (gram @ c.reshape(-1, n, 1))[..., 0]
        odds = np.exp(np.minimum(products - s, 700))
        return (1 / (np.exp(-s) + odds) / n).ravel()

    first = -np.expm1(-clock[0])  # the coefficients there are about that over 2 n
    found = scipy.integrate.solve_ivp(
        slope,
        (0, clock[-1]),
        np.zeros(gram.shape[0] * n),
        method="LSODA",
        t_eval=clock,
        lband=n - 1,
        uband=n - 1,
        rtol=rtol,
        atol=1e-3 * rtol * first,
    )
    if not found.success:
        raise RuntimeError(f"hard_label_flow: {found.message}")
    return found.y.T.reshape(len(clock), -1, n)
