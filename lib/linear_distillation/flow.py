"""Training: gradient flow followed to its limit, and gradient descent in plain steps."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import scipy

from ._checks import (
    as_count,
    as_positive,
    as_start,
    as_times,
    as_tolerance,
    as_transfer_set,
)
from ._training import LONGEST, STEPS, Problem, fastest_columns, report
from .geometry import length, span_basis, unit
from .objective import loss_gradient

if TYPE_CHECKING:
    from typing import Any

    from ._types import ArrayLike, Count, Floats

__all__ = [
    "ConvergenceWarning",
    "Trajectory",
    "gradient_descent",
    "gradient_flow",
]


class ConvergenceWarning(UserWarning):
    """An iteration ended before it arrived; the result says how far from the goal it is."""


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
    arrived : bool
        Whether `residual` is within the tolerance that was asked for, or
        as small as rounding lets it be.
    """

    times: Floats
    w: Floats
    final: Floats
    residual: float
    arrived: bool = False


def gradient_flow(
    X: ArrayLike,
    w_star: ArrayLike,
    times: ArrayLike | None = None,
    w0: ArrayLike | None = None,
    *,
    tol: float = 1e-12,
    rtol: float = 1e-5,
) -> Trajectory:
    r"""Gradient flow on the distillation loss, followed to its limit.

    .. math:: \frac{dw}{d\tau} = -\nabla L(w), \qquad w(0) = w_0

    The flow never leaves :math:`w_0 + \operatorname{span}(X)`. With the unit
    columns :math:`x_i/|x_i|` in :math:`\hat X` write :math:`w = w_0 + \hat X c`; then

    .. math:: \frac{dc_i}{d\tau} = -\frac{|x_i|}{n}
        \bigl(\sigma(w^\top x_i) - \sigma(w_\star^\top x_i)\bigr)

    takes n coordinates, whatever d is (of dependent columns, those learned
    fastest stand for the others). An example whose label saturates is
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
        ``arrived`` says whether `tol` was met; if not, a `ConvergenceWarning`
        says so, too. A flow is given up after 1e299 times its fastest time
        scale; logits up to 650 or so are learned by then. Times beyond the
        floating-point range are infinite, with a `RangeWarning`.

    Raises
    ------
    ValueError
        If a shape is wrong, an entry is not finite, w_star is zero, times are
        negative or out of order, a tolerance is not in [1e-15, 1), or logits
        overflow; ``numpy.linalg.LinAlgError``, a subclass, if rounding hides the
        rank of X.
    FloatingPointError
        If the integrator gives up before the last of `times`.

    References
    ----------
    Phuong and Lampert (2019), section 3, (3), and Theorem 1.

    Examples
    --------
    >>> flow = gradient_flow([[1.0], [1.0]], [1.0, 0.0], times=[0, 1, 1e6])
    >>> flow.w.round(4)
    array([[0.    , 0.    ],
           [0.1821, 0.1821],
           [0.5   , 0.5   ]])
    """
    X, w_star = as_transfer_set(X, w_star)
    times, start = as_times(times), as_start(0 * w_star if w0 is None else w0, w_star)
    tol, rtol = as_tolerance("tol", tol), as_tolerance("rtol", rtol)
    basis, rank = span_basis(X)
    basis = basis[:, :rank]
    if rank == 0:
        times = np.zeros(1) if times is None else times
        return Trajectory(times, np.tile(start, (times.size, 1)), start, 0.0, True)
    problem = Problem(X, w_star, start)
    equations = _DualFlow(problem, start / problem.unit, basis)
    near = max(tol * equations.size, equations.rounding)
    times, path, arrived = _follow(equations, times, near, rtol)
    path = start + problem.unit * (path @ equations.columns.T @ basis.T)
    residual = float(length((path[-1] - w_star) @ basis))
    return Trajectory(times, path[:-1], path[-1], residual, arrived)


class _DualFlow:
    """The flow in the coordinates c of w = start + sum of c_i x_i/|x_i|, and the clock s.

    The x_i are independent: where columns are not, the fastest learned ones.
    Their rounding, blown up by a rate that grows with s, must not reach a
    slower coordinate, nor may a combination of columns that is zero drift.
    """

    def __init__(self, problem: Problem, start: Floats, basis: Floats) -> None:
        X, w_star, self.problem = problem.X, problem.w_star, problem
        columns = unit(X.T)
        self.lengths = np.vecdot(columns, X.T)
        self.across = basis.T @ columns.T
        self.goal, self.a_star, self.a_start = (w_star - start) @ basis, w_star @ X, start @ X
        chosen, self.share = fastest_columns(self.across, np.abs(self.a_star))
        self.columns = self.across[:, chosen]
        self.free = chosen.size
        self.gram = self.across.T @ self.columns
        self.size = max(float(np.linalg.norm(v @ basis)) for v in (w_star, start))
        self.rounding = 4 * np.finfo(float).eps * max(map(np.linalg.norm, (w_star, start)))
        widest = np.linalg.norm(self.across * self.lengths, 2) ** 2
        self.log_unit = np.log(4 * X.shape[1] / widest)  # the fastest learned direction's time
        self.log_rates = self.log_unit + np.log(np.maximum(self.lengths, 1e-300) / X.shape[1])

    def _logits(self, c: Floats) -> tuple[Floats, Floats]:
        """Of the student, and how far they are from the teacher's."""
        moved = self.columns @ c
        gap = self.lengths * ((moved - self.goal) @ self.across)
        return self.a_start + self.lengths * (moved @ self.across), gap

    def slope(self, s: float, c: Floats) -> Floats:
        a, gap = self._logits(c)
        # d tau / d s = tau_0 exp(s); the gap may be too small to be divided by the height alone
        rates = np.exp(s + self.log_rates - np.log(self.problem.height))
        return -self.share @ (rates * self.problem.label_gap(a, self.a_star, gap))

    def jacobian(self, s: float, c: Floats) -> Floats:
        a, _ = self._logits(c)
        rates = np.exp(s + self.log_rates) * self.lengths * self.problem.curvature(a)
        return -self.share @ (rates[:, None] * self.gram)

    def distance(self, c: Floats) -> float:
        """To the nearest minimiser."""
        return float(np.linalg.norm(self.columns @ c - self.goal))

    def noise(self, c: Floats) -> float:
        """What rounding makes of `distance`: coordinates of nearly parallel columns are large."""
        return float(np.finfo(float).eps * np.abs(c).sum())

    def clock(self, times: Floats) -> Floats:
        """s = log(1 + tau / tau_0)."""
        return np.logaddexp(0, self.problem.log_times(times) - self.log_unit)

    def times(self, s: Floats) -> Floats:
        with np.errstate(divide="ignore"):
            return self.problem.times(np.log(np.expm1(s)) + self.log_unit)


def _follow(
    flow: _DualFlow, times: Floats | None, near: float, rtol: float
) -> tuple[Floats, Floats, bool]:
    """Integrate until `near` and past `times`; the last row is where the path ends."""
    marks = np.zeros(0) if times is None else flow.clock(times)
    start = np.zeros(flow.free)
    # a step may move neither the student by its way to go, nor a logit by one
    one_logit = 1 / (flow.problem.height * flow.lengths.max())
    yardstick = min(max(flow.distance(start), 1e-300), one_logit)
    solver = scipy.integrate.BDF(
        flow.slope, 0.0, start, LONGEST, jac=flow.jacobian, rtol=1e-13, atol=rtol * yardstick
    )
    clock, path = _steps(solver, flow, marks, near, times is None)
    distance = flow.distance(solver.y) - flow.noise(solver.y)
    if distance > near and times is not None and solver.t < marks.max():
        raise FloatingPointError(f"times: followed up to {flow.times(solver.t):.3g} only")
    arrived = report(distance, near, flow.problem.unit, stacklevel=4)
    if times is None:
        return flow.times(np.array(clock)), np.array([*path, solver.y]), arrived
    # the start for times of 0, the end for times after arrival
    rows = np.searchsorted(clock, marks)
    return times, np.array([*path, solver.y])[[*rows, -1]], arrived


def _steps(
    solver: Any, flow: _DualFlow, marks: Floats, near: float, every: bool
) -> tuple[list[float], list[Floats]]:
    """Clock and coordinates at the start, at the marks, and after `every` step if it is true."""
    clock, path = [0.0], [solver.y]
    with np.errstate(all="ignore"), warnings.catch_warnings():  # of steps that are then rejected
        warnings.simplefilter("ignore", scipy.linalg.LinAlgWarning)
        before = np.inf
        for _ in range(STEPS):
            left, floor = flow.distance(solver.y), flow.noise(solver.y)
            if left <= near or before <= left <= near + floor or solver.status != "running":
                break
            before = left
            # rates grow by e in a unit of the clock: a Jacobian kept from earlier steps misleads
            solver.J, solver.LU = flow.jacobian(solver.t, solver.y), None
            solver.step()
            due = marks[(marks > solver.t_old) & (marks <= solver.t)]
            if due.size:
                clock, path = [*clock, *due], [*path, *solver.dense_output()(due).T]
            if every:
                clock, path = [*clock, solver.t], [*path, solver.y]
    return clock, path


def gradient_descent(
    X: ArrayLike,
    w_star: ArrayLike,
    step: float,
    steps: Count,
    w0: ArrayLike | None = None,
    *,
    every: Count = 1,
    tol: float = 1e-12,
) -> Trajectory:
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
    tol : float
        What counts as arrived, as for `gradient_flow`; it stops nothing.

    Returns
    -------
    Trajectory
        ``times`` are step times the number of steps taken; ``arrived`` says
        whether these steps led to the limit. They need not, so nothing warns.

    Raises
    ------
    ValueError
        If a shape is wrong, an entry is not finite, w_star is zero, or a
        number is out of its range; also if steps are so long that logits
        overflow.
    """
    X, w_star = as_transfer_set(X, w_star)
    w, step = as_start(0 * w_star if w0 is None else w0, w_star), as_positive("step", step)
    steps, every, tol = as_count("steps", steps), as_count("every", every), as_tolerance("tol", tol)
    path = [w]
    for k in range(1, steps + 1):
        w = _stepped(w, X, w_star, step, k)
        if k % every == 0:
            path.append(w)
    basis, _ = span_basis(X)
    size = max(length(v @ basis) for v in (w_star, path[0]))
    residual = float(length((w - w_star) @ basis))
    times = step * every * np.arange(len(path), dtype=np.float64)
    return Trajectory(times, np.array(path), w, residual, bool(residual <= tol * size))


def _stepped(w: Floats, X: Floats, w_star: Floats, step: float, k: int) -> Floats:
    try:
        with np.errstate(over="ignore"):
            after = w - step * loss_gradient(w, X, w_star)
    except ValueError as error:
        raise ValueError(f"step, X: logits overflow after {k - 1} steps: {error}") from error
    if not np.isfinite(after).all():
        raise ValueError(f"step, X: the student overflows after {k} steps")
    return after
