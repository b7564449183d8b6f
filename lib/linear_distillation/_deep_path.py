"""How deep students are followed: their equations of motion, clocks and steps."""

from __future__ import annotations

import warnings
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import scipy

from ._checks import as_tolerance
from ._training import LONGEST, fastest_columns, report
from .geometry import length, span_basis, unit
from .networks import gradients_of_layers, product

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ._training import Problem
    from ._types import Floats

STEPS = 15_000  # of the integrator at most, some seconds
PATIENCE = 1_000  # steps in which its clock must advance
LOOSE = 1e-3  # drift of the layers, at which a finer path is taken
FINE = 1e-7  # relative tolerance that leads to the limit, where a looser one may not settle


class LayerFlow:
    """All layers, flattened; `field` gives dy/ds and log d tau/ds."""

    TRIES = (1,)  # shares of the tolerance

    def __init__(self, problem: Problem, shapes: list[tuple[int, ...]]) -> None:
        self.problem, self.X, self.w_star = problem, problem.X, problem.w_star
        self.a_star, self.shapes = self.w_star @ self.X, shapes
        self.unit = problem.unit ** (1 / len(shapes))
        self.starts = np.cumsum([0, *(rows * columns for rows, columns in shapes)])[:-1]
        self.basis, _ = span_basis(self.X)

    def layers(self, y: Floats) -> list[Floats]:
        parts = np.split(y, self.starts[1:], axis=-1)
        return [
            p.reshape(*y.shape[:-1], *shape) for p, shape in zip(parts, self.shapes, strict=True)
        ]

    def field(self, y: Floats) -> tuple[Floats, Floats]:
        layers = self.layers(y)
        w = product(layers)
        gap = self.problem.label_gap(w @ self.X, self.a_star, (w - self.w_star) @ self.X)
        gradient = gap / self.problem.height @ self.X.T / self.X.shape[1]
        parts = [G.reshape(*y.shape[:-1], -1) for G in gradients_of_layers(layers, gradient)]
        log_pace = self._log_pace(y)
        return -np.exp(log_pace)[..., None] * np.concatenate(parts, axis=-1), log_pace

    def _log_pace(self, y: Floats) -> Floats:
        norms = np.sqrt(np.add.reduceat(y * y, self.starts, axis=-1))
        rest = np.ones_like(norms)  # products of all the others, below and above
        rest[..., 1:] *= np.cumprod(norms[..., :-1], axis=-1)
        rest[..., :-1] *= np.cumprod(norms[..., :0:-1], axis=-1)[..., ::-1]
        return -np.log(rest.sum(axis=-1))

    def distance(self, y: Floats) -> float:
        return float(np.linalg.norm((product(self.layers(y)) - self.w_star) @ self.basis))

    def drift(self, start: Floats, end: Floats) -> float:
        """How far what the flow conserves has moved, relative to the squares of the layers."""
        both = [self.layers(y) for y in (start, end)]
        size = max(float(np.sum(W * W)) for layers in both for W in layers)
        gaps = [[B.T @ B - A @ A.T for A, B in pairwise(layers)] for layers in both]
        moved = [float(np.linalg.norm(b - a)) for a, b in zip(*gaps, strict=True)]
        return max(moved, default=0.0) / size if size else 0.0

    def goal_size(self) -> float:
        return float(np.linalg.norm(self.w_star @ self.basis))


class RowFlow:
    """The coordinates c of z = z(0) + sum of c_i x_i/|x_i|, as in `flow._DualFlow`."""

    TRIES = (1, 1 / 3, 1 / 9)  # LSODA gives up on some saturated labels; other steps do not

    def __init__(self, problem: Problem, z: Floats, depth: int) -> None:
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

    def _state(self, c: Floats) -> tuple[Floats, Floats]:
        """The part of z in the span, and |z|^(N-1)."""
        inside = self.inside + c @ self.columns.T
        square = np.vecdot(inside, inside) + self.far
        return inside, square ** ((self.depth - 1) / 2)

    def field(self, c: Floats) -> tuple[Floats, Floats]:
        inside, stretch = self._state(c)
        w = stretch[..., None] * inside
        a, gap = (self.lengths * (v @ self.across) for v in (w, w - self.goal))
        gap = self.problem.label_gap(a, self.a_star, gap) / self.problem.height
        slope = self.lengths / gap.shape[-1] * gap
        return -slope @ self.share.T, -np.log(stretch)

    def distance(self, c: Floats) -> float:
        inside, stretch = self._state(c)
        return float(np.linalg.norm(stretch * inside - self.goal))

    def goal_size(self) -> float:
        return float(np.linalg.norm(self.goal))

    def drift(self, start: Floats, end: Floats) -> float:
        return 0.0  # of balanced layers, which have only one row

    def students(self, c: Floats) -> Floats:
        inside, stretch = self._state(c)
        return stretch[..., None] * (inside @ self.basis.T + self.outside)


class _Clocks:
    """The state y and T = log(1 + tau/unit), in the clock t = log(1 + s/other unit)."""

    def __init__(self, flow: LayerFlow | RowFlow, y: Floats, size: float) -> None:
        self.flow, self.size = flow, size
        with np.errstate(all="ignore"):  # of a start that does not move
            slope, self.pace = flow.field(y)
            self.log_s = np.log(size) - np.log(length(slope))
            self.log_unit = self.log_s + self.pace

    def slope(self, t: float, y: Floats) -> Floats:
        y, T = y[..., :-1], y[..., -1]
        slope, pace = self.flow.field(y)
        tick = np.exp(t - T + pace - self.pace)
        return np.concatenate([np.exp(t + self.log_s) * slope, tick[..., None]], axis=-1)

    def jacobian(self, t: float, y: Floats) -> Floats:
        """By differences, all of them at once."""
        steps = 1e-8 * np.maximum(np.abs(y), np.append(np.full(y.size - 1, self.size), 1.0))
        moved = self.slope(t, y + np.diag(steps))
        return (moved - self.slope(t, y)).T / steps

    def marks(self, times: Floats) -> Floats:
        """T of the times."""
        with np.errstate(divide="ignore"):
            return np.logaddexp(0, self.flow.problem.log_times(times) - self.log_unit)

    def times(self, marks: Floats) -> Floats:
        with np.errstate(divide="ignore"):
            return self.flow.problem.times(np.log(np.expm1(marks)) + self.log_unit)


def follow(
    flow: LayerFlow | RowFlow,
    start: Floats,
    size: float,
    times: Floats | None,
    tol: float,
    rtol: float,
) -> tuple[Floats, Floats, bool]:
    """Integrate until near the limit or stuck; the last row is where the path ends."""
    tol, rtol = as_tolerance("tol", tol), as_tolerance("rtol", rtol)
    near = tol * max(flow.goal_size(), flow.distance(start))
    clocks = _Clocks(flow, start, size)
    if flow.distance(start) <= near or not np.isfinite(clocks.log_unit):
        times = np.zeros(1) if times is None else times
        path = np.tile(start, (times.size + 1, 1))
        return times, path, report(flow.distance(start), near, flow.problem.unit, stacklevel=4)
    marks = None if times is None else clocks.marks(times)
    path, end = _path(clocks, np.append(start, 0.0), rtol, marks, near)
    recorded = clocks.times(path[:, -1]) if times is None else times
    rows, distance = np.arange(len(path)), flow.distance(end[:-1])
    if marks is not None:
        if distance > near and end[-1] < marks.max():
            raise FloatingPointError(f"times: followed up to {clocks.times(end[-1]):.3g} only")
        rows = np.searchsorted(path[:, -1], marks)  # past the last row: the end
    arrived = report(distance, near, flow.problem.unit, stacklevel=4)
    return recorded, np.vstack([path, end])[[*rows, -1], :-1], arrived


def _path(
    clocks: _Clocks, start: Floats, rtol: float, marks: Floats | None, near: float
) -> tuple[Floats, Floats]:
    """The path at the tolerance asked for, or at a finer one if that does not lead to the end."""
    scale = np.append(np.full(start.size - 1, clocks.size), 1.0)
    finer = min(rtol, FINE)
    for accuracy in dict.fromkeys(
        [rtol, *(max(share * finer, 1e-14) for share in clocks.flow.TRIES)]
    ):
        solver = scipy.integrate.LSODA(
            clocks.slope, 0.0, start, LONGEST, jac=clocks.jacobian,
            rtol=accuracy, atol=accuracy * scale,
        )  # fmt: skip
        path, end = _steps(solver, marks, lambda y: clocks.flow.distance(y[:-1]) <= near)
        stuck = solver.status != "failed" and accuracy <= finer
        led_there = clocks.flow.distance(end[:-1]) <= near
        if stuck or (led_there and clocks.flow.drift(start[:-1], end[:-1]) <= LOOSE):
            break
    return path, end


def _steps(
    solver: Any, marks: Floats | None, arrived: Callable[[Floats], bool]
) -> tuple[Floats, Floats]:
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
            if solver.t_old is None:  # it failed at once
                break
            stuck = solver.t - solver.t_old < 4 * np.spacing(solver.t)  # before a saddle
            if stuck or not np.isfinite(solver.y).all():
                break
            end = solver.y
            path.extend([end] if marks is None else _crossings(solver, marks))
    return np.array(path), end


def _crossings(solver: Any, marks: Floats) -> list[Floats]:
    """States of the last step at which T passes a mark."""
    dense = solver.dense_output()
    due = marks[(marks > dense(solver.t_old)[-1]) & (marks <= solver.y[-1])]
    at = [_crossing(dense, solver.t_old, solver.t, mark) for mark in due]
    return [np.append(dense(t)[:-1], mark) for t, mark in zip(at, due, strict=True)]


def _crossing(dense: Callable[[float], Floats], low: float, high: float, mark: float) -> float:
    """Where T passes the mark, by bisection: T may be flat up to rounding."""
    while low < (middle := (low + high) / 2) < high:
        low, high = (middle, high) if dense(middle)[-1] < mark else (low, middle)
    return high
