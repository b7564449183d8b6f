"""The parallel law with the concave envelope in place of Cantelli's inequality; see `parallel`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import scipy

from ._checks import as_count, as_dim, as_finite, as_generator, as_number
from .bounds import Bound
from .laws import AngleLaw, as_law
from .quadrature import log_poch

if TYPE_CHECKING:
    from typing import Any

    from ._types import ArrayLike, Count, Random, Values
    from .laws import Tail


def envelope_bound(
    task: Tail, n: Count, n_sets: Count, rng: Random, dim: Count | None = None
) -> Bound:
    r"""The parallel law with the concave envelope in place of Cantelli's inequality.

    .. math:: E\,R(\hat w) \le E\bigl[\, G\bigl(\cot^2\theta \textstyle\sum_i
        \cot^2\theta_i\bigr) \bigr], \qquad
        G(x) = \begin{cases} P[T > \sqrt x] & x \le z_0^2 \\
        P[T > z_0]\, z_0^2 / x & x \ge z_0^2 \end{cases}

    for a centred training law and a symmetric test law, no example on the boundary.
    Ours, not the paper's.

    Parameters
    ----------
    task : task, AngleLaw or callable
        Only ``tail`` and ``dim`` (at least 3) are used.
    n, n_sets : int
        Examples; draws of (theta_1, ..., theta_n). The mean over theta is taken
        by quadrature, and tabulated to four digits or better.
    rng : numpy.random.Generator or int
    dim : int, optional
        d, for a law.

    Returns
    -------
    Bound
        The mean of the draws, with its ``stderr``: above the risk up to that error.
    """
    n, n_sets = as_number("n", n), as_count("n_sets", n_sets)
    if n_sets < 2:
        raise ValueError("n_sets: a standard error needs at least 2 draws")
    rng, (law, d) = as_generator("rng", rng), law_and_dim(task, dim)
    touch, law = tangent_point(d), _off_boundary(law)

    def mean(log_s: float) -> float:
        s = np.exp(log_s / 2)  # of the sum, the root; G bends where the two meet
        return law.expect(lambda psi: envelope((np.tan(psi) * s) ** 2, d), [np.arctan(touch / s)])

    x = 2 * np.log(np.hypot.reduce([law.draw_tangent(n_sets, rng) for _ in range(n)]))
    grid = np.linspace(x.min() - 0.1, x.max() + 0.1, 25)
    table = scipy.interpolate.make_interp_spline(grid, np.log([mean(at) for at in grid]), k=5)
    values = np.exp(table(x))
    return Bound(values.mean(), stderr=values.std(ddof=1) / np.sqrt(n_sets))


def envelope(x: ArrayLike, dim: Count) -> Values:
    r"""The function G of `envelope_bound`: as a function of 1/x, the least concave
    one above P[T > sqrt(x)].

    Parameters
    ----------
    x : array_like
        At least 0.
    dim : int
        d, at least 3.

    Returns
    -------
    ndarray
    """
    x, z0, d = as_finite("x", x), tangent_point(dim), as_dim(dim)
    if (x < 0).any():
        raise ValueError("x: expected numbers >= 0")
    value = np.asarray(_half_tail(z0, d) * z0**2 / np.maximum(x, z0**2))
    value[x < z0**2] = _half_tail(np.sqrt(x[x < z0**2]), d)
    return value[()]


def tangent_point(dim: Count) -> float:
    r"""Where the envelope's line touches: the one z_0 in (0, 1) with P[T > z_0] = z_0 f(z_0) / 2.

    T is one coordinate of a uniform point on S^{d-2}, f its density. (For d >= 5 both
    sides vanish at 1, too.)

    Parameters
    ----------
    dim : int
        d, at least 3.

    Returns
    -------
    float
    """
    d = as_dim(dim)
    if d < 3:
        raise ValueError(f"dim: expected at least 3, got {dim}")
    root, log_scale = np.sqrt(d), log_poch((d - 2) / 2, 0.5) - np.log(np.pi) / 2

    def gap(t: float) -> float:  # at z = t / sqrt(d)
        log_density = (d - 4) / 2 * np.log1p(-t * t / d) + log_scale
        return _half_tail(t / root, d) - t / root * np.exp(log_density) / 2

    return float(scipy.optimize.brentq(gap, 0.5, min(2.0, root * (1 - 1e-12)), xtol=1e-15)) / root


def _half_tail(z: Any, d: int) -> Any:
    """P[T > z] for z >= 0."""
    return scipy.special.betaincc(1 / 2, (d - 2) / 2, np.minimum(np.square(z), 1)) / 2


def _off_boundary(law: AngleLaw) -> AngleLaw:
    if law.near(0.0) > 0:
        raise ValueError(
            f"task: its p(pi/2) is {law.near(0.0):.3g}, examples on the boundary have no side"
        )
    return law


def law_and_dim(task: Tail, dim: Count | None) -> tuple[AngleLaw, int]:
    """The law and the dimension of any task, symmetric or not, or of a law and a given one."""
    law, dim = as_law(task, "task"), getattr(task, "dim", None) if dim is None else dim
    if dim is None:
        raise ValueError("dim: expected a dimension, a law alone has none")
    return law, as_dim(dim)
