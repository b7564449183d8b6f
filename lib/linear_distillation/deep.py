r"""Training of deep linear students: the flow of the layers, and the flow of their product."""

import warnings
from typing import NamedTuple

import numpy as np
import scipy

from ._checks import (
    as_count,
    as_finite,
    as_start,
    as_times,
    as_tolerance,
    as_transfer_set,
    out_of_log,
)
from ._training import FAINT, LONGEST, Problem, fastest_columns, report
from .flow import Trajectory, gradient_flow
from .geometry import length, magnitude, span_basis, unit
from .networks import as_layers, first_layer, gradients_of_layers, product
from .objective import loss, pl_constant

__all__ = [
    "DeepTrajectory",
    "deep_gradient_flow",
    "deep_rate",
    "induced_flow",
    "saddle_distance",
    "sharp_start_bound",
    "start_bound",
]

STEPS = 15_000  # of the integrator at most, some seconds
PATIENCE = 1_000  # steps in which its clock must advance


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
    """

    times: np.ndarray
    w: np.ndarray
    final: np.ndarray
    residual: float
    weights: list
    final_weights: list
    arrived: bool = False


def deep_gradient_flow(X, w_star, weights, times=None, *, tol=1e-10, rtol=1e-10):
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
        Relative tolerance of the path.

    Returns
    -------
    DeepTrajectory
        ``arrived`` says whether `tol` was met: not at a saddle, for instance,
        of which a `ConvergenceWarning` tells.

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
    equations = _LayerFlow(problem, [W.shape for W in layers])
    start = np.concatenate([W.ravel() for W in layers]) / equations.unit
    size = np.linalg.norm(start) or equations.goal_size()
    times, path, arrived = _follow(equations, start, size, as_times(times), tol, rtol)
    layers = [equations.unit * W for W in equations.layers(path)]
    w, residual = product(layers), problem.unit * equations.distance(path[-1])
    past, last = [W[:-1] for W in layers], [W[-1] for W in layers]
    return DeepTrajectory(times, w[:-1], w[-1], float(residual), past, last, arrived)


def induced_flow(X, w_star, w0, depth, times=None, *, tol=1e-12, rtol=1e-7):
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
        As for `deep_gradient_flow`. The limit does not depend on rtol.

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
    if as_count("depth", depth) == 1:
        return gradient_flow(X, w_star, times, w0, tol=tol, rtol=rtol)
    start = as_start(w0, w_star)
    problem = Problem(X, w_star, start, depth)
    z = first_layer(start / problem.unit, depth)
    equations = _RowFlow(problem, z, depth)
    zero = np.zeros(len(equations.share))
    times, path, arrived = _follow(equations, zero, np.linalg.norm(z), as_times(times), tol, rtol)
    w = problem.unit * equations.students(path)
    residual = problem.unit * equations.distance(path[-1])
    return Trajectory(times, w[:-1], w[-1], float(residual), arrived)


def start_bound(eps, size, depth, *, log=False):
    r"""Condition (11): starts shorter than this end within eps of w_hat.

    .. math:: |w(0)| < \min\Bigl\{|\hat w|,\; \epsilon^N \bigl(\epsilon^2|\hat w|^{-2/N}
        + |\hat w|^{2-2/N}\bigr)^{-N/2}\Bigr\} = |\hat w|\,\sin^N\vartheta,
        \qquad \tan\vartheta = \epsilon/|\hat w|

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


def sharp_start_bound(eps, size, depth, *, log=False):
    r"""The length of a start that guarantees a distance of eps to w_hat.

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


def _log_sizes(eps, size, depth):
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


def saddle_distance(X, w_star, w0):
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


def _positive(log_value, log, what):
    """`out_of_log` for what may also be zero."""
    if log_value == -np.inf:
        return log_value if log else 0.0
    return out_of_log(float(log_value), log, what)


def _log_saddle_distance(X, w_star, w0):
    """With w0 = U w', X = L X' and T the size of tanh(a*/2), all but U cancels."""
    X, w_star = as_transfer_set(X, w_star)
    w0 = as_start(w0, w_star)
    loss(w0, X, w_star)  # refuses logits that overflow
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


def _log_cosh_ratio(x):
    """log(cosh(x))/x, with full relative accuracy."""
    near, far = np.clip(x, -1, 1), np.where(np.abs(x) < 1, 1.0, np.abs(x))
    tiny = np.abs(near) < 1e-100
    near = np.where(tiny, 1.0, near)
    small = np.where(tiny, x / 2, np.log1p(2 * np.sinh(near / 2) ** 2) / near)
    large = np.sign(x) * (far + np.log1p(np.exp(-2 * far)) - np.log(2)) / far
    return np.where(np.abs(x) < 1, small, large)


def deep_rate(X, w_star, w0, depth, *, log=False):
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
    log_mu = pl_constant(X, w_star, loss(w0, X, w_star), log=True)
    return out_of_log(np.log(2) + log_mu + (2 - 2 / depth) * log_away, log, "deep_rate")


class _LayerFlow:
    """All layers, flattened; `field` gives dy/ds and log d tau/ds."""

    TRIES = (1,)  # shares of the tolerance

    def __init__(self, problem, shapes):
        self.problem, self.X, self.w_star = problem, problem.X, problem.w_star
        self.a_star, self.shapes = self.w_star @ self.X, shapes
        self.unit = problem.unit ** (1 / len(shapes))
        self.starts = np.cumsum([0, *(rows * columns for rows, columns in shapes)])[:-1]
        self.basis, _ = span_basis(self.X)

    def layers(self, y):
        parts = np.split(y, self.starts[1:], axis=-1)
        return [p.reshape(*y.shape[:-1], *shape) for p, shape in zip(parts, self.shapes, strict=True)]

    def field(self, y):
        layers = self.layers(y)
        w = product(layers)
        gap = self.problem.label_gap(w @ self.X, self.a_star, (w - self.w_star) @ self.X)
        gradient = gap / self.problem.height @ self.X.T / self.X.shape[1]
        parts = [G.reshape(*y.shape[:-1], -1) for G in gradients_of_layers(layers, gradient)]
        log_pace = self._log_pace(y)
        return -np.exp(log_pace)[..., None] * np.concatenate(parts, axis=-1), log_pace

    def _log_pace(self, y):
        norms = np.sqrt(np.add.reduceat(y * y, self.starts, axis=-1))
        rest = np.ones_like(norms)  # products of all the others, below and above
        rest[..., 1:] *= np.cumprod(norms[..., :-1], axis=-1)
        rest[..., :-1] *= np.cumprod(norms[..., :0:-1], axis=-1)[..., ::-1]
        return -np.log(rest.sum(axis=-1))

    def distance(self, y):
        return float(np.linalg.norm((product(self.layers(y)) - self.w_star) @ self.basis))

    def goal_size(self):
        return np.linalg.norm(self.w_star @ self.basis)


class _RowFlow:
    """The coordinates c of z = z(0) + sum of c_i x_i/|x_i|, as in `flow._DualFlow`."""

    TRIES = (1, 1 / 3, 1 / 9)  # LSODA gives up on some saturated labels; other steps do not

    def __init__(self, problem, z, depth):
        X, w_star, self.problem, self.depth = problem.X, problem.w_star, problem, depth
        basis, rank = span_basis(X)
        self.basis, columns = basis[:, :rank], unit(X.T)
        self.lengths, self.across = np.vecdot(columns, X.T), self.basis.T @ columns.T
        self.inside, self.goal, self.a_star = z @ self.basis, w_star @ self.basis, w_star @ X
        chosen, self.share = fastest_columns(self.across, np.abs(self.a_star))
        self.columns = self.across[:, chosen]
        self.outside = z - self.basis @ self.inside
        if np.linalg.norm(self.outside) < 1e-15 * np.linalg.norm(z) or rank == z.size:
            self.outside = np.zeros_like(z)  # it is rounding, and would lead away from a saddle
        self.far = self.outside @ self.outside

    def _state(self, c):
        """The part of z in the span, and |z|^(N-1)."""
        inside = self.inside + c @ self.columns.T
        square = np.vecdot(inside, inside) + self.far
        return inside, square ** ((self.depth - 1) / 2)

    def field(self, c):
        inside, stretch = self._state(c)
        w = stretch[..., None] * inside
        a, gap = (self.lengths * (v @ self.across) for v in (w, w - self.goal))
        gap = self.problem.label_gap(a, self.a_star, gap) / self.problem.height
        slope = self.lengths / gap.shape[-1] * gap
        return -slope @ self.share.T, -np.log(stretch)

    def distance(self, c):
        inside, stretch = self._state(c)
        return float(np.linalg.norm(stretch * inside - self.goal))

    def goal_size(self):
        return np.linalg.norm(self.goal)

    def students(self, c):
        inside, stretch = self._state(c)
        return stretch[..., None] * (inside @ self.basis.T + self.outside)


class _Clocks:
    """The state y and T = log(1 + tau/unit), in the clock t = log(1 + s/other unit)."""

    def __init__(self, flow, y, size):
        self.flow, self.size = flow, size
        with np.errstate(all="ignore"):  # of a start that does not move
            slope, self.pace = flow.field(y)
            self.log_s = np.log(size) - np.log(length(slope))
            self.log_unit = self.log_s + self.pace

    def slope(self, t, y):
        y, T = y[..., :-1], y[..., -1]
        slope, pace = self.flow.field(y)
        tick = np.exp(t - T + pace - self.pace)
        return np.concatenate([np.exp(t + self.log_s) * slope, tick[..., None]], axis=-1)

    def jacobian(self, t, y):
        """By differences, all of them at once."""
        steps = 1e-8 * np.maximum(np.abs(y), np.append(np.full(y.size - 1, self.size), 1.0))
        moved = self.slope(t, y + np.diag(steps))
        return (moved - self.slope(t, y)).T / steps

    def marks(self, times):
        """T of the times."""
        with np.errstate(divide="ignore"):
            return np.logaddexp(0, self.flow.problem.log_times(times) - self.log_unit)

    def times(self, marks):
        with np.errstate(divide="ignore"):
            return self.flow.problem.times(np.log(np.expm1(marks)) + self.log_unit)


def _follow(flow, start, size, times, tol, rtol):
    """Integrate until near the limit, past `times` or stuck; the last row is where the path ends."""
    tol, rtol = as_tolerance("tol", tol), as_tolerance("rtol", rtol)
    near = tol * max(flow.goal_size(), flow.distance(start))
    clocks = _Clocks(flow, start, size)
    if flow.distance(start) <= near or not np.isfinite(clocks.log_unit):
        times = np.zeros(1) if times is None else times
        path = np.tile(start, (times.size + 1, 1))
        return times, path, report(flow.distance(start), near, flow.problem.unit, stacklevel=4)
    marks = None if times is None else clocks.marks(times)
    first, scale = np.append(start, 0.0), np.append(np.full_like(start, size), 1.0)
    for share in flow.TRIES:
        accuracy = max(share * rtol, 1e-14)
        solver = scipy.integrate.LSODA(
            clocks.slope, 0.0, first, LONGEST, jac=clocks.jacobian,
            rtol=accuracy, atol=accuracy * scale,
        )  # fmt: skip
        path, end = _steps(solver, marks, lambda y: flow.distance(y[:-1]) <= near)
        if solver.status != "failed":
            break
    times = clocks.times(path[:, -1]) if marks is None else times
    rows, distance = np.arange(len(path)), flow.distance(end[:-1])
    if marks is not None:
        if distance > near and end[-1] < marks.max():
            raise FloatingPointError(f"times: followed up to {clocks.times(end[-1]):.3g} only")
        rows = np.searchsorted(path[:, -1], marks)  # past the last row: the end
    arrived = report(distance, near, flow.problem.unit, stacklevel=4)
    return times, np.vstack([path, end])[[*rows, -1], :-1], arrived


def _steps(solver, marks, arrived):
    """The states at the marks, or after every step, from the start on; and the last state."""
    path, end, mark = [solver.y], solver.y, -1.0
    with np.errstate(all="ignore"), warnings.catch_warnings():  # of steps that are then rejected
        warnings.simplefilter("ignore", UserWarning)
        for k in range(STEPS):
            if arrived(end) or solver.status != "running":
                break
            if k % PATIENCE == 0:
                if solver.t - mark < 0.5:  # rounding drowns what is left to learn
                    break
                mark = solver.t
            solver.step()
            stuck = solver.t - solver.t_old < 4 * np.spacing(solver.t)  # before a saddle
            if stuck or not np.isfinite(solver.y).all():
                break
            end = solver.y
            path.extend([end] if marks is None else _crossings(solver, marks))
    return np.array(path), end


def _crossings(solver, marks):
    """States of the last step at which T passes a mark."""
    dense = solver.dense_output()
    due = marks[(marks > dense(solver.t_old)[-1]) & (marks <= solver.y[-1])]
    at = [_crossing(dense, solver.t_old, solver.t, mark) for mark in due]
    return [np.append(dense(t)[:-1], mark) for t, mark in zip(at, due, strict=True)]


def _crossing(dense, low, high, mark):
    """Where T passes the mark, by bisection: T may be flat up to rounding."""
    while low < (middle := (low + high) / 2) < high:
        low, high = (middle, high) if dense(middle)[-1] < mark else (low, middle)
    return high
