r"""Deep linear networks: students that are a product of matrices.

.. math:: w^\top = W_N \cdots W_1, \qquad W_j \in \mathbb R^{d_j \times d_{j-1}},
    \quad d_0 = d, \quad d_N = 1

Layers are a list of arrays, the first one (which meets the examples) first.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from ._checks import as_count, as_finite, as_generator, representable
from .geometry import length, unit
from .objective import loss_gradient

if TYPE_CHECKING:
    from ._types import ArrayLike, Count, Floats, Random, Values

__all__ = ["balanced_weights", "end_to_end", "imbalance", "induced_velocity", "layer_gradients"]


def end_to_end(weights: Iterable[ArrayLike]) -> Floats:
    r"""The student that the layers make: the vector w with :math:`w^\top = W_N\cdots W_1`.

    Parameters
    ----------
    weights : sequence of array_like
        W_1, ..., W_N; W_j of shape (d_j, d_{j-1}), the last one with one row.
        Leading axes are a batch.

    Returns
    -------
    ndarray, shape (..., d)

    Raises
    ------
    ValueError
        If shapes do not chain, the last layer has not one row, or an entry is
        not finite.
    """
    return representable("weights", product(as_layers("weights", weights)))


def product(layers: list[Floats]) -> Floats:
    """`end_to_end` of layers that are known to be right."""
    row = layers[-1].copy()
    with np.errstate(over="ignore", invalid="ignore"):
        for W in reversed(layers[:-1]):
            row = row @ W
    return row[..., 0, :]


def balanced_weights(
    w: ArrayLike, widths: Iterable[Count], rng: Random | None = None
) -> list[Floats]:
    r"""Layers that are balanced, (13), and make the student w.

    .. math:: W_1 = v_1 z^\top,\quad W_j = |z|\, v_j v_{j-1}^\top,\quad
        W_N = |z|\, v_{N-1}^\top, \qquad z = w / |w|^{1-1/N}

    with unit vectors :math:`v_j`. Every balanced network with one output is of
    this kind: :math:`W_N^\top W_N` has rank one, and the condition hands this
    down from layer to layer.

    Parameters
    ----------
    w : array_like, shape (d,)
    widths : sequence of int
        Of the N - 1 hidden layers; none for a student of one layer.
    rng : numpy.random.Generator or int, optional
        Draws the :math:`v_j`; they are first coordinate vectors without it.

    Returns
    -------
    list of ndarray
        N layers.

    Raises
    ------
    ValueError
        If w is not a finite vector or a width is not a whole number >= 1.
    TypeError
        If rng is not a Generator.

    References
    ----------
    Phuong and Lampert (2019), section 4.1, (13).
    """
    w, widths = as_finite("w", w, ndim=1), as_widths(widths)
    z = first_layer(w, len(widths) + 1)
    if rng is None:
        units = [np.eye(width)[0] for width in widths]
    else:
        draw = as_generator("rng", rng).standard_normal
        units = [unit(draw(width)) for width in widths]
    units, size = [*units, np.ones(1)], length(z)
    upper = [size * np.outer(v, below) for below, v in zip(units, units[1:], strict=False)]
    return [np.outer(units[0], z), *upper]


def as_widths(widths: object) -> list[int]:
    """Whole numbers of at least one, in a list; none is legal."""
    if not isinstance(widths, Iterable):
        raise ValueError(f"widths: expected a sequence of whole numbers, got {widths!r}")
    return [as_count("widths", width) for width in widths]


def first_layer(w: Floats, depth: int) -> Floats:
    r"""The row of a balanced first layer: :math:`z = w/|w|^{1-1/N}`, with :math:`w = |z|^{N-1}z`.

    Parameters
    ----------
    w : ndarray, shape (..., d)
    depth : int

    Returns
    -------
    ndarray, shape (..., d)
    """
    return unit(w) * length(w)[..., None] ** (1 / depth)


def imbalance(weights: Iterable[ArrayLike]) -> Values:
    r"""How far layers are from balanced.

    .. math:: \max_j \bigl|W_{j+1}^\top W_{j+1} - W_j W_j^\top\bigr|

    in the Frobenius norm. Gradient flow leaves each of these differences as it
    is: what is balanced at the start stays so.

    Parameters
    ----------
    weights : sequence of array_like
        As for `end_to_end`.

    Returns
    -------
    float or ndarray
        0 for balanced layers, and for a single one.

    Raises
    ------
    ValueError
        As `end_to_end`.

    References
    ----------
    Phuong and Lampert (2019), section 4.1, (13).
    """
    layers = as_layers("weights", weights)
    with np.errstate(over="ignore", invalid="ignore"):
        gaps = [
            np.swapaxes(above, -1, -2) @ above - W @ np.swapaxes(W, -1, -2)
            for W, above in zip(layers, layers[1:], strict=False)
        ]
        gaps = [length(representable("weights", gap), axis=(-2, -1)) for gap in gaps]
    return np.max([np.zeros(layers[0].shape[:-2]), *gaps], axis=0)[()]


def layer_gradients(weights: Iterable[ArrayLike], X: ArrayLike, w_star: ArrayLike) -> list[Floats]:
    r"""Gradient of the loss with respect to every layer.

    .. math:: \frac{\partial L}{\partial W_j} = (W_N\cdots W_{j+1})^\top\,
        (W_{j-1}\cdots W_1\, g)^\top, \qquad g = \nabla L(w)

    Parameters
    ----------
    weights : sequence of array_like
        As for `end_to_end`, without a batch.
    X : array_like, shape (d, n)
    w_star : array_like, shape (d,)

    Returns
    -------
    list of ndarray
        Shaped like the layers. Each has rank one at most.

    Raises
    ------
    ValueError
        If a shape is wrong, an entry is not finite, or w_star is zero.

    References
    ----------
    Phuong and Lampert (2019), section 3, (3).
    """
    layers = as_layers("weights", weights, ndim=2)
    w = representable("weights", product(layers))
    with np.errstate(over="ignore", invalid="ignore"):
        gradients = gradients_of_layers(layers, loss_gradient(w, X, w_star))
    return [representable("weights", G) for G in gradients]


def gradients_of_layers(layers: list[Floats], gradient: Floats) -> list[Floats]:
    """`layer_gradients` from the gradient of the loss at the product of the layers."""
    rows, columns = [gradient[..., None, :]], [np.ones((1, 1))]
    for W in layers[:-1]:
        rows.append(rows[-1] @ np.swapaxes(W, -1, -2))
    for W in reversed(layers[1:]):
        columns.append(np.swapaxes(W, -1, -2) @ columns[-1])
    return [c @ r for c, r in zip(reversed(columns), rows, strict=True)]


def induced_velocity(w: ArrayLike, X: ArrayLike, w_star: ArrayLike, depth: Count) -> Floats:
    r"""How gradient flow on balanced layers moves the student that they make.

    .. math:: \frac{dw}{d\tau} = -|w|^{2-2/N}\Bigl(g + (N-1)\,\frac{w\,w^\top g}{|w|^2}\Bigr),
        \qquad g = \nabla L(w)

    Widths do not matter. At w = 0 it is zero for N >= 2: a saddle of the loss.

    Parameters
    ----------
    w : array_like, shape (..., d)
    X : array_like, shape (d, n)
    w_star : array_like, shape (d,)
    depth : int
        N.

    Returns
    -------
    ndarray, shape (..., d)

    Raises
    ------
    ValueError
        If a shape is wrong, an entry is not finite, w_star is zero, or depth
        is not a whole number >= 1.

    References
    ----------
    Phuong and Lampert (2019), Theorem C.1. S. Arora, N. Cohen and E. Hazan, "On
    the optimization of deep networks" (2018), theorem 1 and claim 2.
    """
    depth, g = as_count("depth", depth), loss_gradient(w, X, w_star)
    w = np.asarray(w, dtype=float)
    e = unit(w)
    pace = length(w)[..., None] ** (1 - 1 / depth)  # applied twice: its square may overflow
    bend = g + (depth - 1) * e * np.vecdot(e, g)[..., None]
    with np.errstate(over="ignore", invalid="ignore"):
        return representable("w", -pace * (pace * bend))


def as_layers(name: str, weights: object, ndim: int | None = None) -> list[Floats]:
    """Layers whose shapes chain and end in one row, as a list of float arrays."""
    if not isinstance(weights, Iterable):
        raise ValueError(f"{name}: expected a list of matrices, got {weights!r}")
    layers = [as_finite(name, W, ndim) for W in weights]
    if not layers or any(W.ndim < 2 for W in layers):
        raise ValueError(f"{name}: expected a list of matrices, first layer first")
    shapes = [W.shape[-2:] for W in layers]
    if any(W.shape[:-2] != layers[0].shape[:-2] for W in layers):
        raise ValueError(f"{name}: expected one batch shape, got {[W.shape for W in layers]}")
    if any(W[1] != below[0] for below, W in zip(shapes, shapes[1:], strict=False)):
        raise ValueError(f"{name}: shapes do not chain: {shapes}")
    if shapes[-1][0] != 1:
        raise ValueError(f"{name}: expected one row in the last layer, got shape {shapes[-1]}")
    return layers
