r"""ReLU networks in the tangent parameterisation: students that are not linear.

.. math:: f(x) = s\,\sqrt{\tfrac{2}{m_{N-1}}}\,W_N\,\sigma\Bigl(\cdots\sqrt{\tfrac{2}{m_1}}\,W_2\,
    \sigma(W_1x)\Bigr), \qquad \sigma(a) = \max(a, 0)

with independent standard normal weights at the start. Several networks are held, and trained,
at once. An example is a row, as in `kernels`; `kernels.relu_tangent_kernel` is the limit of
their tangent kernel for infinite widths, over the square of the scale s.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import scipy

from ._checks import (
    as_count,
    as_finite,
    as_flag,
    as_generator,
    as_positive,
    as_tolerance,
    representable,
)
from .flow import ConvergenceWarning
from .networks import as_widths

if TYPE_CHECKING:
    from ._types import ArrayLike, Count, Floats, Ints, Random

__all__ = ["ReluNetworks", "Training"]

ADAM = (0.9, 0.999, 1e-8)  # the method's decays and its smallest denominator


class Training(NamedTuple):
    """Networks after their training.

    ``networks`` are the trained ones, ``residual`` (copies,) is the root mean square of what is
    left between their probabilities and the labels, ``steps`` (copies,) how many were made.
    """

    networks: ReluNetworks
    residual: Floats
    steps: Ints


class ReluNetworks:
    r"""Random ReLU networks of one shape, with one output and no biases.

    Parameters
    ----------
    dim : int
        Columns of the examples.
    widths : sequence of int
        Of the hidden layers, m_1 to m_{N-1}.
    copies : int
        How many networks.
    rng : numpy.random.Generator or int
    scale : float
        s, the size of the network's logits at the start.
    centred : bool
        Whether the initial output is subtracted, so that f = 0 at the start.

    Raises
    ------
    ValueError
        If a number is no whole number >= 1, widths are empty, or scale is not positive.
    TypeError
        If rng is not a Generator or a seed.

    References
    ----------
    A. Jacot, F. Gabriel and C. Hongler (2018); L. Chizat, E. Oyallon and F. Bach, "On lazy
    training" (2019), for the subtraction and the scale.
    """

    def __init__(
        self,
        dim: Count,
        widths: Iterable[Count],
        copies: Count,
        rng: Random,
        *,
        scale: float = 1.0,
        centred: bool = True,
    ) -> None:
        sizes = [as_count("dim", dim), *as_widths(widths), 1]
        if len(sizes) < 3:
            raise ValueError("widths: expected at least one hidden layer")
        copies, draw = as_count("copies", copies), as_generator("rng", rng).standard_normal
        self.scale, self.centred = as_positive("scale", scale), as_flag("centred", centred)
        shapes = [(copies, m, k) for k, m in zip(sizes, sizes[1:], strict=False)]
        self._start = self._weights = [draw(shape) for shape in shapes]

    @property
    def weights(self) -> list[Floats]:
        """W_1 to W_N, each of shape (copies, m_j, m_{j-1})."""
        return [W.copy() for W in self._weights]

    def __call__(self, X: ArrayLike) -> Floats:
        """Logits (copies, n) of rows (n, dim), or (copies, n, dim) for rows of each its own."""
        X = self._as_rows(X)
        values = _logits(self._weights, X, self.scale)
        return values - _logits(self._start, X, self.scale) if self.centred else values

    def start(self, X: ArrayLike) -> Floats:
        """Logits (copies, n) before training, and before anything is subtracted."""
        return _logits(self._start, self._as_rows(X), self.scale)

    def tangent_kernel(self, A: ArrayLike, B: ArrayLike) -> Floats:
        r"""Inner products of the gradients of the logits by all weights.

        .. math:: \nabla f(a)^\top\nabla f(b) = \sum_l (\delta_l(a)^\top\delta_l(b))\,
            (h_{l-1}(a)^\top h_{l-1}(b))

        with the layers' outputs h and the derivatives delta by their inputs.

        Parameters
        ----------
        A, B : array_like, shape (m, dim) and (n, dim)

        Returns
        -------
        ndarray, shape (copies, m, n)

        Raises
        ------
        ValueError
            If a shape is wrong or something is not finite.
        """
        left, right = (self._layers(self._as_rows(X, name)) for name, X in (("A", A), ("B", B)))
        table = np.zeros(())
        for (h, d), (g, e) in zip(left, right, strict=True):
            table = table + (d @ e.swapaxes(-1, -2)) * (h @ g.swapaxes(-1, -2))
        return representable("A", table)

    def train(
        self,
        X: ArrayLike,
        labels: ArrayLike,
        *,
        steps: Count = 20_000,
        tol: float = 1e-3,
        rate: float | None = None,
        adam: bool = False,
    ) -> Training:
        r"""Networks trained on the mean cross-entropy with labels in [0, 1], all examples a step.

        Gradient descent with Nesterov's momentum, which is taken back where it points uphill.
        Of a model that is linear in its weights no step leaves the span of the gradients.

        Parameters
        ----------
        X : array_like, shape (n, dim) or (copies, n, dim)
            Examples, one a row, for all networks or for each its own.
        labels : array_like, shape (n,) or (copies, n)
            Soft or hard: probabilities of the first class.
        steps : int
            At most.
        tol : float
            Of the residual: a network is taken as soon as it is below.
        rate : float, optional
            Of gradient descent: the step in units of the largest one that is safe for the
            tangent model, 0.5 if not given; of Adam its own rate, 0.01 if not given.
        adam : bool
            Adam in place of gradient descent.

        Returns
        -------
        Training

        Raises
        ------
        ValueError
            If shapes do not fit, labels are outside [0, 1], a number is out of range, or the
            training diverges.

        Warns
        -----
        ConvergenceWarning
            If a residual is above tol at the end.

        References
        ----------
        B. O'Donoghue and E. Candes, "Adaptive restart for accelerated gradient schemes" (2015).
        D. Kingma and J. Ba, "Adam" (2015).
        """
        X = self._as_rows(X)
        y = self._as_labels(labels, X)
        steps, tol, adam = as_count("steps", steps), as_tolerance("tol", tol), as_flag("adam", adam)
        rate = (0.01 if adam else 0.5) if rate is None else as_positive("rate", rate)
        taught = _Taught(X, y, self.scale, self(X) - _logits(self._weights, X, self.scale))
        method = _Adam(rate) if adam else _Nesterov(rate * self._safe_step(X))
        with np.errstate(over="ignore", invalid="ignore"):
            weights, residual, taken = _run(self._weights, taught, method, steps, tol)
        if not np.isfinite(residual).all():
            raise ValueError("rate: training diverged; take a smaller one")
        if (residual > tol).any():
            message = f"training ended at a residual of {residual.max():.2g}: see `residual`"
            warnings.warn(message, ConvergenceWarning, stacklevel=2)
        return Training(self._with(weights), residual, taken)

    def _safe_step(self, X: Floats) -> Floats:
        """One over the largest curvature of the loss of the tangent model, (copies, 1, 1)."""
        top = np.linalg.eigvalsh(self.tangent_kernel(X, X))[:, -1]
        return 4 * X.shape[-2] / top[:, None, None]

    def _layers(self, X: Floats) -> list[tuple[Floats, Floats]]:
        """Of every layer its inputs, and the derivatives of the logit by its outputs."""
        inputs, f = _forward(self._weights, X, self.scale)
        return list(zip(inputs, _backward(self._weights, inputs, 0 * f + self.scale), strict=True))

    def _with(self, weights: list[Floats]) -> ReluNetworks:
        other = object.__new__(ReluNetworks)
        other.scale, other.centred, other._start = self.scale, self.centred, self._start
        other._weights = weights
        return other

    def _as_rows(self, X: ArrayLike, name: str = "X") -> Floats:
        copies, _, dim = self._start[0].shape
        rows = as_finite(name, X)
        if rows.shape[-1:] != (dim,) or rows.shape[:-2] not in ((), (copies,)) or rows.ndim < 2:
            raise ValueError(f"{name}: expected shape (n, {dim}), got {rows.shape}")
        return rows

    def _as_labels(self, labels: ArrayLike, X: Floats) -> Floats:
        y = as_finite("labels", labels)
        shape = (len(self._start[0]), X.shape[-2])
        if y.shape not in (shape, shape[1:]):
            raise ValueError(f"labels: expected shape {shape[1:]}, got {y.shape}")
        if (y < 0).any() or (y > 1).any():
            raise ValueError("labels: expected probabilities in [0, 1]")
        return np.broadcast_to(y, shape)


def _forward(weights: list[Floats], X: Floats, scale: float) -> tuple[list[Floats], Floats]:
    """Inputs of all layers, and the logits (copies, n, 1)."""
    inputs = [X]
    for W in weights[:-1]:
        hidden = inputs[-1] @ W.swapaxes(-1, -2)
        np.maximum(hidden, 0, out=hidden)
        hidden *= np.sqrt(2 / W.shape[-2])
        inputs.append(hidden)
    return inputs, scale * (inputs[-1] @ weights[-1].swapaxes(-1, -2))


def _backward(weights: list[Floats], inputs: list[Floats], top: Floats) -> list[Floats]:
    """Derivatives by the outputs of all layers, from those by the output of the last."""
    deltas = [top]
    for W, hidden in zip(weights[:0:-1], inputs[:0:-1], strict=True):
        delta = deltas[-1] @ W
        delta *= hidden > 0
        delta *= np.sqrt(2 / W.shape[-1])
        deltas.append(delta)
    return deltas[::-1]


def _logits(weights: list[Floats], X: Floats, scale: float) -> Floats:
    with np.errstate(over="ignore", invalid="ignore"):
        return representable("X", _forward(weights, X, scale)[1][..., 0])


class _Taught(NamedTuple):
    """What networks are trained on."""

    X: Floats
    labels: Floats
    scale: float
    shift: Floats  # what is added to the logits: less the initial ones, or 0

    def gradient(self, weights: list[Floats]) -> tuple[list[Floats], Floats]:
        """Of the mean cross-entropy by every layer, and the residual of every network."""
        inputs, f = _forward(weights, self.X, self.scale)
        gap = scipy.special.expit(f[..., 0] + self.shift) - self.labels
        top = gap[..., None] * (self.scale / gap.shape[-1])
        deltas = _backward(weights, inputs, top)
        layers = zip(inputs, deltas, strict=True)
        return [d.swapaxes(-1, -2) @ h for h, d in layers], np.sqrt(np.square(gap).mean(axis=-1))


class _Nesterov:
    """Gradient descent with momentum, each network with its own restarts."""

    def __init__(self, step: Floats) -> None:
        self.step, self.age = step, np.zeros(len(step))
        self.before: list[Floats] = []

    def __call__(self, ahead: list[Floats], slopes: list[Floats]) -> list[Floats]:
        new = [W - self.step * G for W, G in zip(ahead, slopes, strict=True)]
        before = self.before or ahead
        moved = [a - b for a, b in zip(new, before, strict=True)]
        uphill = sum(np.einsum("cij,cij->c", G, D) for G, D in zip(slopes, moved, strict=True))
        self.age = np.where(uphill > 0, 0.0, self.age)
        momentum = (self.age / (self.age + 3))[:, None, None]
        self.age, self.before = self.age + 1, new
        return [W + momentum * D for W, D in zip(new, moved, strict=True)]


class _Adam:
    def __init__(self, rate: float) -> None:
        self.rate, self.age = rate, 0
        self.mean: list[Floats] = []
        self.square: list[Floats] = []

    def __call__(self, weights: list[Floats], slopes: list[Floats]) -> list[Floats]:
        (a, b, least), self.age = ADAM, self.age + 1
        mean, square = self.mean or [0 * G for G in slopes], self.square or [0 * G for G in slopes]
        self.mean = [a * m + (1 - a) * G for m, G in zip(mean, slopes, strict=True)]
        self.square = [b * v + (1 - b) * G**2 for v, G in zip(square, slopes, strict=True)]
        mean_scale, square_scale = 1 - a**self.age, 1 - b**self.age
        return [
            W - self.rate * (m / mean_scale) / (np.sqrt(v / square_scale) + least)
            for W, m, v in zip(weights, self.mean, self.square, strict=True)
        ]


def _run(
    weights: list[Floats], taught: _Taught, method: _Nesterov | _Adam, steps: int, tol: float
) -> tuple[list[Floats], Floats, Ints]:
    """Weights, residuals and steps of every network, each when it was first near the labels."""
    slopes, residual = taught.gradient(weights)
    ends, taken = [W.copy() for W in weights], np.zeros(len(residual), dtype=int)
    going, left = residual > tol, residual
    while steps > taken.max(initial=0) and going.any() and np.isfinite(left).all():
        weights = method(weights, slopes)
        slopes, now = taught.gradient(weights)
        taken, left = taken + going, np.where(going, now, left)
        arrived = going & (now <= tol)
        for end, W in zip(ends, weights, strict=True):
            end[arrived] = W[arrived]
        going &= ~arrived
    for end, W in zip(ends, weights, strict=True):
        end[going] = W[going]
    return ends, left, taken
