r"""Training of deep linear students: the flow of the layers, and the flow of their product."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ._checks import (
    as_count,
    as_finite,
    as_flag,
    as_start,
    as_times,
    as_transfer_set,
    out_of_log,
)
from ._deep_path import LOOSE, LayerFlow, RowFlow, follow
from ._training import FAINT, Problem
from .flow import Trajectory, gradient_flow
from .geometry import length, magnitude, project
from .networks import as_layers, first_layer, product
from .objective import logits_of, loss, pl_constant
from .quadrature import warn

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ._types import ArrayLike, Count, Floats, Values

__all__ = [
    "DeepTrajectory",
    "deep_gradient_flow",
    "deep_rate",
    "induced_flow",
    "saddle_distance",
    "sharp_start_bound",
    "start_bound",
    "two_layer_bound",
]


class DeepTrajectory(NamedTuple):
    r"""What training did to a student of several layers.

    Attributes
    ----------
    times, w, final, residual, arrived
        As for `Trajectory`: w is the student that the layers make.
    weights : list of ndarray, shapes (m, d_j, d_{j-1})
        The layers at these times.
    final_weights : list of ndarray
        The layers of `final`.
    drift : float
        How far the differences :math:`W_{j+1}^\top W_{j+1} - W_j W_j^\top`, which the
        flow conserves, have moved from start to end, relative to the largest
        :math:`|W_j|^2`: what the errors of the path have done to the layers.
    """

    times: Floats
    w: Floats
    final: Floats
    residual: float
    weights: list[Floats]
    final_weights: list[Floats]
    arrived: bool = False
    drift: float = 0.0


def deep_gradient_flow(
    X: ArrayLike,
    w_star: ArrayLike,
    weights: Iterable[ArrayLike],
    times: ArrayLike | None = None,
    *,
    tol: float = 1e-10,
    rtol: float = 1e-10,
) -> DeepTrajectory:
    r"""Gradient flow on all layers of a deep linear student.

    .. math:: \frac{dW_j}{d\tau} = -\frac{\partial L}{\partial W_j}, \qquad w^\top = W_N\cdots W_1

    The loss is flat around zero, so that this flow can wait for most of its time
    and then do everything in a moment. It is integrated in a clock s of its own,
    :math:`d\tau/ds = 1/\sum_j\prod_{k\ne j}|W_k|`, in which it does not wait, and
    :math:`\tau` is integrated with it. No balance is assumed.

    Parameters
    ----------
    X : array_like, shape (d, n)
        One example a column; dependent columns are legal.
    w_star : array_like, shape (d,)
        The teacher, not zero.
    weights : sequence of array_like
        The layers at the start, W_1 (d_1, d) first, W_N (1, d_{N-1}) last.
    times : array_like, shape (m,), optional
        Flow times at which to record, from 0 on, in order; the integrator's own
        steps if not given.
    tol : float
        The flow is followed until the student is this close to the nearest
        minimiser, relative to the larger of :math:`|Pw_\star|` and its distance at
        the start; later `times` repeat the end.
    rtol : float
        Relative tolerance of the path; 1e-7 where a looser one would not lead to
        a minimiser, or would unbalance the layers. Its errors decide on what the
        examples leave open: that part of the limit is no more accurate than the path,
        and ``drift`` says how accurate that is.

    Returns
    -------
    DeepTrajectory
        ``arrived`` says whether `tol` was met: not at a saddle, for instance,
        of which a `ConvergenceWarning` tells. An `AccuracyWarning` tells of one that
        arrived with a ``drift`` above 1e-3.

    Raises
    ------
    ValueError
        If a shape is wrong, an entry is not finite, w_star is zero, or times
        are negative or out of order; ``numpy.linalg.LinAlgError``, a subclass,
        if rounding hides the rank of X.
    FloatingPointError
        If the integrator gives up before the last of `times`.

    References
    ----------
    Phuong and Lampert (2019), section 3, (3), and Theorem 2.
    """
    X, w_star = as_transfer_set(X, w_star)
    layers = as_layers("weights", weights, ndim=2)
    if layers[0].shape[1] != w_star.size:
        raise ValueError(f"weights: expected {w_star.size} columns, got {layers[0].shape}")
    # no square of a layer overflows in units of the largest student that the layers could make
    log_top = sum(np.log(magnitude(W)) for W in layers)
    top = np.exp(np.clip(log_top, -600, 600))
    problem = Problem(X, w_star, top * np.ones(1), len(layers))
    equations = LayerFlow(problem, [W.shape for W in layers])
    start = np.concatenate([W.ravel() for W in layers]) / equations.unit
    size = float(np.linalg.norm(start)) or equations.goal_size()
    times, path, arrived = follow(equations, start, size, as_times(times), tol, rtol)
    drift = equations.drift(start, path[-1])
    if arrived and drift > LOOSE:
        warn(f"deep_gradient_flow: the layers have drifted by {drift:.1e}, see `drift` and rtol")
    layers = [equations.unit * W for W in equations.layers(path)]
    w, residual = product(layers), problem.unit * equations.distance(path[-1])
    past, last = [W[:-1] for W in layers], [W[-1] for W in layers]
    return DeepTrajectory(times, w[:-1], w[-1], float(residual), past, last, arrived, drift)


def induced_flow(
    X: ArrayLike,
    w_star: ArrayLike,
    w0: ArrayLike,
    depth: Count,
    times: ArrayLike | None = None,
    *,
    tol: float = 1e-12,
    rtol: float = 1e-7,
) -> Trajectory:
    r"""The flow that balanced layers induce on the student that they make.

    .. math:: \frac{dw}{d\tau} = -|w|^{2-2/N}\Bigl(g + (N-1)\,\frac{w\,w^\top g}{|w|^2}\Bigr)

    is, for the row :math:`z = w/|w|^{1-1/N}` of the first layer and in the clock
    :math:`ds = |z|^{N-1}d\tau`, just

    .. math:: \frac{dz}{ds} = -\nabla L(w), \qquad w = |z|^{N-1} z

    which is smooth at zero, where the first form is not, and keeps z in
    :math:`z(0) + \operatorname{span}(X)`: n coordinates, as in `gradient_flow`, for
    any depth and any widths. The part orthogonal to the span is exact.

    Parameters
    ----------
    X : array_like, shape (d, n)
        One example a column; dependent columns are legal.
    w_star : array_like, shape (d,)
        The teacher, not zero.
    w0 : array_like, shape (d,)
        The student at the start. Zero stays zero for two layers or more.
    depth : int
        N, from 1 on.
    times : array_like, shape (m,), optional
        As for `deep_gradient_flow`. From a tiny w0 and N >= 3 all happens around
        one time, up to relative rounding: the record then jumps.
    tol, rtol : float
        As for `deep_gradient_flow`. The limit does not depend on rtol: where an
        rtol above 1e-7 would not lead there, the path is followed anew with 1e-7.

    Returns
    -------
    Trajectory

    Raises
    ------
    ValueError
        As `deep_gradient_flow`, or if depth is not a whole number >= 1.
    FloatingPointError
        If the integrator gives up before the last of `times`.

    References
    ----------
    Phuong and Lampert (2019), Theorem C.1; the equation for z is ours.

    Examples
    --------
    >>> flow = induced_flow([[1.0], [0.0]], [1.0, 1.0], [1e-4, 1e-4], depth=2)
    >>> flow.final.round(6)
    array([1.      , 0.008409])
    """
    X, w_star = as_transfer_set(X, w_star)
    depth = as_count("depth", depth)
    if depth == 1:
        return gradient_flow(X, w_star, times, w0, tol=tol, rtol=rtol)
    start = as_start(w0, w_star)
    problem = Problem(X, w_star, start, depth)
    z = first_layer(start / problem.unit, depth)
    equations = RowFlow(problem, z, depth)
    zero = np.zeros(len(equations.share))
    size = float(np.linalg.norm(z))
    times, path, arrived = follow(equations, zero, size, as_times(times), tol, rtol)
    w = problem.unit * equations.students(path)
    residual = problem.unit * equations.distance(path[-1])
    return Trajectory(times, w[:-1], w[-1], float(residual), arrived)


def start_bound(eps: ArrayLike, size: ArrayLike, depth: Count, *, log: bool = False) -> Values:
    r"""Condition (11): how short a start makes the student end within eps of w_hat.

    .. math:: |w(0)| < \min\Bigl\{|\hat w|,\; \epsilon^N \bigl(\epsilon^2|\hat w|^{-2/N}
        + |\hat w|^{2-2/N}\bigr)^{-N/2}\Bigr\} = |\hat w|\,\sin^N\vartheta,
        \qquad \tan\vartheta = \epsilon/|\hat w|

    For starts that do not end at the saddle 0, such as those below it, by condition (12).

    Parameters
    ----------
    eps : float or array_like
        The distance allowed, above 0.
    size : float or array_like
        :math:`|\hat w|`, above 0.
    depth : int
        N.
    log : bool
        Return the natural logarithm, which does not underflow for many layers.

    Returns
    -------
    float or ndarray
        0 where it underflows, with a `RangeWarning`.

    Raises
    ------
    ValueError
        If a number is out of its range.

    References
    ----------
    Phuong and Lampert (2019), Theorem 2, (11), with the constant that its proof gives.
    """
    _, log_size, log_sine, depth = _log_sizes(eps, size, depth)
    return out_of_log(log_size + depth * log_sine, log, "start_bound")


def sharp_start_bound(
    eps: ArrayLike, size: ArrayLike, depth: Count, *, log: bool = False
) -> Values:
    r"""How short a start guarantees a distance of eps to w_hat, if it does not end at the saddle.

    .. math:: |w(0)| \le \frac{\epsilon^N}{(|\hat w|^2 + \epsilon^2)^{(N-1)/2}}
        = \epsilon\,\sin^{N-1}\vartheta

    No larger one will do: a start orthogonal to the examples ends at that
    distance exactly. It is :math:`\sqrt{1 + \epsilon^2/|\hat w|^2}` times that of
    `start_bound`, for every depth.

    Parameters
    ----------
    eps, size, depth, log
        As for `start_bound`.

    Returns
    -------
    float or ndarray
        As `start_bound`.

    Raises
    ------
    ValueError
        As `start_bound`.
    """
    log_eps, _, log_sine, depth = _log_sizes(eps, size, depth)
    return out_of_log(log_eps + (depth - 1) * log_sine, log, "sharp_start_bound")


def two_layer_bound(X: ArrayLike, w_star: ArrayLike, weights: ArrayLike | list[ArrayLike]) -> float:
    r"""How far from w_hat two layers can end, balanced or not.

    From a start below the saddle the gradient flow of two layers ends within

    .. math:: \nu\,\Bigl(\tfrac12\bigl(m + \sqrt{m^2 + 4|\hat w|^2}\bigr)\Bigr)^{1/2},
        \qquad m = \nu^2 + \lambda_{\max}(W_2^\top W_2 - W_1 W_1^\top)

    of :math:`\hat w`, with :math:`\nu` the spectral norm of :math:`W_1 (I-P)`. The flow
    keeps both, so that the layers may be those of the start. For balanced layers
    it is what they reach. Ours, not the paper's.

    Parameters
    ----------
    X : array_like, shape (d, n)
    w_star : array_like, shape (d,)
    weights : sequence of array_like
        Two layers, W_1 (k, d) and W_2 (1, k).

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If a shape is wrong, an entry is not finite, w_star is zero, or there are
        not two layers; ``numpy.linalg.LinAlgError``, a subclass, if rounding
        hides the rank of X.

    Examples
    --------
    >>> layers = [[[0.0, 0.5]], [[0.5]]]  # balanced, of width one, outside the span
    >>> round(two_layer_bound([[1.0], [0.0]], [0.3, 7.0], layers), 4)
    0.3354
    """
    X, w_star = as_transfer_set(X, w_star)
    layers = as_layers("weights", weights, ndim=2)
    if len(layers) != 2 or layers[0].shape[1] != w_star.size:
        shapes = [W.shape for W in layers]
        raise ValueError(f"weights: expected two layers for {w_star.size} columns, got {shapes}")
    size = length(project(X, w_star))
    unit = max(*map(magnitude, layers), np.sqrt(size))  # no square overflows in units of it
    first, second = (W / unit for W in layers)
    nu = np.linalg.norm([row - project(X, row) for row in first], 2)
    m = nu**2 + np.linalg.eigvalsh(second.T @ second - first @ first.T)[-1]
    goal = size / unit / unit
    root = np.hypot(m, 2 * goal)
    square = (m + root) / 2 if m > 0 else 2 * goal**2 / (root - m) if goal > 0 else 0.0
    return float(unit * nu * (unit * np.sqrt(square)))


def _log_sizes(eps: ArrayLike, size: ArrayLike, depth: Count) -> tuple[Floats, Floats, Floats, int]:
    """log eps, log |w_hat|, log sin(theta) with tan(theta) = eps/|w_hat|, and N."""
    values = {"eps": as_finite("eps", eps), "size": as_finite("size", size)}
    for name, value in values.items():
        if not (value > 0).all():
            raise ValueError(f"{name}: expected numbers > 0, got {value!r}")
    try:
        log_eps, log_size = np.broadcast_arrays(*map(np.log, values.values()))
    except ValueError as error:
        raise ValueError(f"size: shape {values['size'].shape} does not fit that of eps") from error
    log_sine = -np.logaddexp(0, 2 * (log_size - log_eps)) / 2
    return log_eps, log_size, log_sine, as_count("depth", depth)


def saddle_distance(X: ArrayLike, w_star: ArrayLike, w0: ArrayLike) -> float:
    r"""How far from 0 every student stays whose loss is at most that of w0.

    .. math:: |w| \ge \varrho = \frac{L(0) - L(w_0)}{|\nabla L(0)|}
        \qquad\text{for } L(w) \le L(w_0)

    since the convex L lies above its tangent at 0. Under (12) it is positive.

    Parameters
    ----------
    X : array_like, shape (d, n)
    w_star : array_like, shape (d,)
    w0 : array_like, shape (d,)

    Returns
    -------
    float
        0.0 where (12) fails.

    Raises
    ------
    ValueError
        If a shape is wrong, an entry is not finite, or w_star is zero.

    References
    ----------
    Phuong and Lampert (2019), proof of Theorem 2.
    """
    return _positive(_log_saddle_distance(X, w_star, w0), False, "saddle_distance")


def _positive(log_value: float, log: bool, what: str) -> float:
    """`out_of_log` for what may also be zero."""
    if log_value == -np.inf:
        return log_value if as_flag("log", log) else 0.0
    return out_of_log(float(log_value), log, what, stacklevel=4)


def _log_saddle_distance(X: ArrayLike, w_star: ArrayLike, w0: ArrayLike) -> float:
    """With w0 = U w', X = L X' and T the size of tanh(a*/2), all but U cancels."""
    X, w_star = as_transfer_set(X, w_star)
    w0 = as_start(w0, w_star)
    logits_of(w0, X, w_star, "w0")  # refuses those that overflow
    unit_x, unit_w, unit_star = magnitude(X), magnitude(w0), magnitude(w_star)
    X, w0, w_star = X / unit_x, w0 / unit_w, w_star / unit_star
    height = max(unit_x, FAINT / unit_star)  # fainter logits are as linear
    lean = np.tanh(height * unit_star * (w_star @ X) / 2)  # 2 sigma(a*) - 1
    size = magnitude(lean)
    # L(0) - L(w) is the mean of a tanh(a*/2)/2 - log cosh(a/2)
    a = w0 @ X
    gain, cost = a * lean / size / 2, a / 2 * _log_cosh_ratio(height * unit_w * a / 2) / size
    drop, rounding = (gain - cost).mean(), 4 * np.finfo(float).eps * (np.abs(gain) + cost).sum()
    if drop <= rounding:
        return -np.inf
    slope = np.linalg.norm(X @ (lean / size)) / 2 / a.size
    return np.log(unit_w) + np.log(drop) - np.log(slope)


def _log_cosh_ratio(x: Floats) -> Floats:
    """log(cosh(x))/x, with full relative accuracy."""
    near, far = np.clip(x, -1, 1), np.where(np.abs(x) < 1, 1.0, np.abs(x))
    tiny = np.abs(near) < 1e-100
    near = np.where(tiny, 1.0, near)
    small = np.where(tiny, x / 2, np.log1p(2 * np.sinh(near / 2) ** 2) / near)
    large = np.sign(x) * (far + np.log1p(np.exp(-2 * far)) - np.log(2)) / far
    return np.where(np.abs(x) < 1, small, large)


def deep_rate(
    X: ArrayLike, w_star: ArrayLike, w0: ArrayLike, depth: Count, *, log: bool = False
) -> float:
    r"""A rate at which the deep loss falls, certified before training.

    .. math:: L(w(\tau)) \le L(w_0)\,e^{-r\tau}, \qquad r = 2\mu\,\varrho^{2-2/N}

    with mu of `pl_constant` at the level of w0 and rho of `saddle_distance`.

    Parameters
    ----------
    X : array_like, shape (d, n)
    w_star : array_like, shape (d,)
    w0 : array_like, shape (d,)
    depth : int
        N.
    log : bool
        Return the natural logarithm, as for `pl_constant`.

    Returns
    -------
    float
        0.0 where (12) fails (logarithm: -inf); 0 with a `RangeWarning` where
        a positive rate underflows.

    Raises
    ------
    ValueError
        As `pl_constant`, or if depth is not a whole number >= 1.

    References
    ----------
    Phuong and Lampert (2019), proof of Theorem 2, where a rate is said to exist.
    """
    depth, log_away = as_count("depth", depth), _log_saddle_distance(X, w_star, w0)
    if log_away == -np.inf:
        return _positive(log_away, log, "deep_rate")
    log_mu = pl_constant(X, w_star, float(loss(w0, X, w_star)), log=True)
    return out_of_log(np.log(2) + log_mu + (2 - 2 / depth) * log_away, log, "deep_rate")
