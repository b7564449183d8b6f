"""What learners end at."""

import numpy as np

from ._checks import as_count, as_examples, as_finite, as_teacher
from .geometry import project, unit
from .networks import first_layer


def distilled_student(X, w_star):
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


def deep_student(X, w_star, w0, depth):
    r"""Where balanced layers end that start at the student w0, in closed form.

    .. math:: w_\infty = \hat w + |w_\infty|^{1-1/N}\, q_z, \qquad
        q_z = (I - P)\,\frac{w_0}{|w_0|^{1-1/N}}

    Taking lengths, :math:`p = \log|w_\infty|` solves :math:`2p = \log(|\hat w|^2 +
    |q_z|^2 e^{(2-2/N)p})`, whose two sides differ by an increasing concave
    function: Newton's method from the left climbs to its only zero. The angle
    :math:`\vartheta` between :math:`w_\infty` and :math:`\hat w` satisfies
    :math:`\sin^N\vartheta/\cos\vartheta = (|w_0|/|\hat w|)\sin^N\vartheta_0`.

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
    w_star = as_teacher("w_star", w_star)
    w0, depth = as_finite("w0", w0, ndim=1), as_count("depth", depth)
    if w0.shape != w_star.shape:
        raise ValueError(f"w0: expected length {w_star.size}, got {w0.size}")
    w_hat, z = distilled_student(X, w_star), first_layer(w0, depth)
    q = z - project(X, z)
    return w_hat + _limit_length(w_hat, q, depth) ** (1 - 1 / depth) * q


def _limit_length(w_hat, q, depth):
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
