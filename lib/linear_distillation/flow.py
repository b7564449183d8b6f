"""Training: gradient flow followed to its limit, and gradient descent in plain steps."""

import warnings
from typing import NamedTuple

import numpy as np
import scipy

from ._checks import as_count, as_finite, as_positive
from .geometry import span_basis, unit
from .objective import _task, curvature, label_gap, loss_gradient

LONGEST = 690  # on the flow's clock, after which it is given up: exp(690) is about 1e300
STEPS = 20_000  # of the integrator, likewise


class Trajectory(NamedTuple):
    r"""What training did.

    Attributes
    ----------
    times : ndarray, shape (m,)
    w : ndarray, shape (m, d)
        The student at these times.
    final : ndarray, shape (d,)
        Where training ended: for a flow as close to its limit as it got, not
        before the last of `times`.
    residual : float
        How far `final` is from the nearest minimiser of the loss:
        :math:`|P(w - w_\star)|`, P the projection onto span(X). It can be large
        where the gradient is tiny: that is what saturated labels do.
    """

    times: np.ndarray
    w: np.ndarray
    final: np.ndarray
    residual: float


def gradient_flow(X, w_star, times=None, w0=None, *, tol=1e-12, rtol=1e-5):
    r"""Gradient flow on the distillation loss, followed to its limit.

    .. math:: \frac{dw}{d\tau} = -\nabla L(w), \qquad w(0) = w_0

    The flow never leaves :math:`w_0 + \operatorname{span}(X)`. With the unit
    columns :math:`x_i/|x_i|` in :math:`\hat X` write :math:`w = w_0 + \hat X c`; then

    .. math:: \frac{dc_i}{d\tau} = -\frac{|x_i|}{n}
        \bigl(\sigma(w^\top x_i) - \sigma(w_\star^\top x_i)\bigr)

    takes n coordinates, whatever d is. An example whose label saturates is
    learned :math:`e^{|w_\star^\top x_i|}` times more slowly than others; here it has
    a coordinate to itself, in which the rounding of the others cannot drown it.
    Backward differentiation formulas with the analytic Jacobian integrate these
    stiff equations in the clock :math:`\log(1 + \tau/\tau_0)`, in which saturated
    logits grow evenly. `final` is the end of this path itself, not polished.

    Parameters
    ----------
    X : array_like, shape (d, n)
        One example a column; dependent columns are legal.
    w_star : array_like, shape (d,)
        The teacher, not zero.
    times : array_like, shape (m,), optional
        Flow times at which to record the path, from 0 on, in order; the
        integrator's own steps if not given.
    w0 : array_like, shape (d,), optional
        The start, zero if not given. Its part orthogonal to the span stays.
    tol : float
        The flow is followed until its distance to the nearest minimiser is at
        most `tol` times the larger of :math:`|P w_\star|` and :math:`|P w_0|`.
        This distance never grows, so later `times` repeat `final`.
    rtol : float
        Tolerance of a step along the path, relative to the way to go and to
        what moves a logit by one, whichever is less. The limit attracts: its
        accuracy does not depend on this.

    Returns
    -------
    Trajectory
        ``residual`` says whether `tol` was met. A flow is given up after 1e299
        times its fastest time scale; logits up to 650 or so are learned by then.

    Raises
    ------
    ValueError
        If a shape is wrong, an entry is not finite, w_star is zero, times are
        negative or out of order, or a square of X leaves the floating-point
        range; ``numpy.linalg.LinAlgError``, a subclass, if rounding hides the
        rank of X.
    FloatingPointError
        If the integrator gives up before the last of `times`.

    References
    ----------
    Phuong and Lampert (2019), section 3, (3), and Theorem 1.

    Examples
    --------
    >>> flow = gradient_flow([[1.0], [1.0]], [1.0, 0.0], times=[0, 1, 1e6])
    >>> flow.w.round(6)
    array([[0.      , 0.      ],
           [0.182088, 0.182088],
           [0.5     , 0.5     ]])
    """
    X, w_star = _task(X, w_star)
    times, start = _as_times(times), _as_start(w0, w_star)
    basis, rank = span_basis(X)
    basis = basis[:, :rank]
    if rank == 0:
        times = np.zeros(1) if times is None else times
        return Trajectory(times, np.tile(start, (times.size, 1)), start, 0.0)
    equations = _DualFlow(X, w_star, start, basis)
    size = max(np.linalg.norm(v @ basis) for v in (w_star, start))
    rounding = 4 * np.finfo(float).eps * max(np.linalg.norm(w_star), np.linalg.norm(start))
    near = max(_as_tolerance("tol", tol) * size, rounding)
    times, path = _follow(equations, times, near, _as_tolerance("rtol", rtol))
    path = start + path @ equations.columns.T @ basis.T
    residual = float(np.linalg.norm((path[-1] - w_star) @ basis))
    return Trajectory(times, path[:-1], path[-1], residual)


class _DualFlow:
    """The flow in the coordinates c of w = start + sum of c_i x_i/|x_i|, and the clock s."""

    def __init__(self, X, w_star, start, basis):
        columns = unit(X.T)
        self.lengths = np.vecdot(columns, X.T)  # no squares of X that overflow
        self.columns, self.goal = basis.T @ columns.T, (w_star - start) @ basis
        self.gram, self.a_star = self.columns.T @ self.columns, w_star @ X
        scale = np.linalg.norm(self.columns * (self.lengths / self.lengths.max()), 2)
        with np.errstate(over="ignore", under="ignore"):
            widest = (scale * self.lengths.max()) ** 2
        if not np.finfo(float).tiny < widest < np.inf:
            raise ValueError("X: its squares leave the floating-point range; rescale it")
        self.log_unit = np.log(4 * X.shape[1] / widest)  # the fastest learned direction's time
        self.log_rates = self.log_unit + np.log(np.maximum(self.lengths, 1e-300) / X.shape[1])

    def slope(self, s, c):
        gap = self.lengths * ((self.columns @ c - self.goal) @ self.columns)
        rates = np.exp(s + self.log_rates)  # d tau / d s = tau_0 exp(s)
        return -rates * label_gap(self.a_star + gap, self.a_star, gap)

    def jacobian(self, s, c):
        gap = self.lengths * ((self.columns @ c - self.goal) @ self.columns)
        rates = np.exp(s + self.log_rates) * self.lengths * curvature(self.a_star + gap)
        return -rates[:, None] * self.gram

    def distance(self, c):
        """To the nearest minimiser."""
        return np.linalg.norm(self.columns @ c - self.goal)

    def clock(self, times):
        """s = log(1 + tau / tau_0)."""
        with np.errstate(divide="ignore"):
            return np.logaddexp(0, np.log(times) - self.log_unit)

    def times(self, s):
        with np.errstate(divide="ignore"):
            return np.exp(np.log(np.expm1(s)) + self.log_unit)


def _follow(flow, times, near, rtol):
    """Integrate until `near` and past `times`; the last row is where the path ends."""
    marks = np.zeros(0) if times is None else flow.clock(times)
    start = np.zeros_like(flow.lengths)
    # a step may move neither the student by its way to go, nor a logit by one
    yardstick = min(max(flow.distance(start), 1e-300), 1 / flow.lengths.max())
    solver = scipy.integrate.BDF(
        flow.slope, 0.0, start, LONGEST, jac=flow.jacobian, rtol=1e-13, atol=rtol * yardstick
    )
    clock, path = [0.0], [solver.y]
    with np.errstate(all="ignore"), warnings.catch_warnings():  # of steps that are then rejected
        warnings.simplefilter("ignore", scipy.linalg.LinAlgWarning)
        for _ in range(STEPS):
            if flow.distance(solver.y) <= near or solver.status != "running":
                break
            # rates grow by e in a unit of the clock: a Jacobian kept from earlier steps misleads
            solver.J, solver.LU = flow.jacobian(solver.t, solver.y), None
            solver.step()
            due = marks[(marks > solver.t_old) & (marks <= solver.t)]
            if due.size:
                clock, path = [*clock, *due], [*path, *solver.dense_output()(due).T]
            if times is None:
                clock, path = [*clock, solver.t], [*path, solver.y]
    if times is None:
        return flow.times(np.array(clock)), np.array([*path, solver.y])
    if flow.distance(solver.y) > near and solver.t < marks.max():
        raise FloatingPointError(f"times: followed up to {flow.times(solver.t):.3g} only")
    # the start for times of 0, the end for times after arrival
    rows = np.searchsorted(clock, marks)
    return times, np.array([*path, solver.y])[[*rows, -1]]


def _as_tolerance(name, value):
    number = as_positive(name, value)
    if number >= 1:
        raise ValueError(f"{name}: expected a number < 1, got {value!r}")
    return number


def _as_times(times):
    if times is None:
        return None
    times = as_finite("times", times, ndim=1)
    if times[0] < 0 or (np.diff(times) < 0).any():
        raise ValueError("times: expected times >= 0 in order")
    return times


def _as_start(w0, w_star):
    if w0 is None:
        return np.zeros_like(w_star)
    start = as_finite("w0", w0, ndim=1)
    if start.shape != w_star.shape:
        raise ValueError(f"w0: expected length {w_star.size}, got {start.size}")
    return start


def gradient_descent(X, w_star, step, steps, w0=None, *, every=1):
    r"""Plain gradient descent on the distillation loss.

    .. math:: w_{k+1} = w_k - \eta\,\nabla L(w_k)

    Parameters
    ----------
    X : array_like, shape (d, n)
    w_star : array_like, shape (d,)
    step : float
        eta, above 0. Below :math:`8n/\lambda_{\max}(X^\top X)` descent tends to
        the same limit as the flow.
    steps : int
        How many.
    w0 : array_like, shape (d,), optional
        The start, zero if not given.
    every : int
        Record the start and every so many steps.

    Returns
    -------
    Trajectory
        ``times`` are step times the number of steps taken.

    Raises
    ------
    ValueError
        If a shape is wrong, an entry is not finite, w_star is zero, or a
        number is out of its range.
    """
    X, w_star = _task(X, w_star)
    w, step = _as_start(w0, w_star), as_positive("step", step)
    steps, every = as_count("steps", steps), as_count("every", every)
    path = [w]
    for k in range(1, steps + 1):
        w = w - step * loss_gradient(w, X, w_star)
        if k % every == 0:
            path.append(w)
    times = step * every * np.arange(len(path))
    residual = float(np.linalg.norm((w - w_star) @ span_basis(X)[0]))
    return Trajectory(times, np.array(path), w, residual)
