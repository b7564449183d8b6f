"""Laws of the angle between an example and the teacher: power, isotropic, atomic, any tail.

Everything that the paper's bounds know of a task is the tail
p(theta) = P[alpha(w*, x) >= theta]. A law is that function, made callable,
with what computing needs besides: `near`, its values close to the decision
boundary without cancellation; `elevation`, its quantiles; `knots`, the
places where it jumps or bends.

The elevation psi = pi/2 - alpha of an example is its angle to the decision
boundary. Errors happen at small elevations, so samplers carry psi, not alpha.
"""

from __future__ import annotations

__all__ = ["AngleLaw", "AtomicLaw", "IsotropicLaw", "PowerLaw", "TailLaw"]

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import scipy

from ._checks import (
    as_angle,
    as_dim,
    as_finite,
    as_generator,
    as_integrand,
    as_positive,
    as_quantiles,
    as_reals,
    as_shape,
    as_weights,
)
from .quadrature import log_poch, logistic_rule, settled

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, Protocol, TypeAlias

    from ._types import ArrayLike, Floats, Ints, Random, Shape, Values

    class Tailed(Protocol):
        """What has a tail, such as a task."""

        @property
        def tail(self) -> Callable[[Floats], ArrayLike]: ...

    Tail: TypeAlias = Tailed | Callable[[Floats], ArrayLike]

RIGHT_ANGLE = np.pi / 2
REACH = 700.0  # quantiles down to exp(-700) are integrated over
MISSED = 1e-304  # what lies below them


class AngleLaw:
    r"""Law of :math:`\alpha(w_\star, x)`; calling it evaluates the tail p.

    Subclasses define ``_tail`` on [0, pi/2], and better versions of ``_near``
    and ``_elevation`` where a formula exists.

    Attributes
    ----------
    knots : tuple of float
        Angles at which p jumps or changes its formula.
    edge : float
        No example lies closer to the boundary than this elevation.
    staircase : bool
        Whether p is constant between its knots.
    jumps : bool
        Whether p may jump at its knots.
    """

    if TYPE_CHECKING:  # read only: some laws compute them

        @property
        def knots(self) -> tuple[float, ...]: ...
        @property
        def edge(self) -> float: ...
        @property
        def staircase(self) -> bool: ...
        @property
        def jumps(self) -> bool: ...

    else:
        knots = ()
        edge = 0.0
        staircase = False
        jumps = False

    def __call__(self, theta: ArrayLike) -> Values:
        """p(theta) = P[alpha >= theta]: 1 for theta <= 0, 0 for theta > pi/2, nan for nan."""
        theta = as_reals("theta", theta)
        inside = self._tail(np.clip(theta, 0, RIGHT_ANGLE))
        p = np.where(theta <= 0, 1.0, np.where(theta > RIGHT_ANGLE, 0.0, inside))
        return np.where(np.isnan(theta), np.nan, p)[()]

    def near(self, psi: ArrayLike) -> Values:
        """P[elevation <= psi] = p(pi/2 - psi): the mass within psi of the boundary."""
        psi = as_reals("psi", psi)
        inside = self._near(np.clip(psi, 0, RIGHT_ANGLE))
        p = np.where(psi >= RIGHT_ANGLE, 1.0, np.where(psi < 0, 0.0, inside))
        return np.where(np.isnan(psi), np.nan, p)[()]

    def at_log(self, y: ArrayLike) -> tuple[Floats, Floats, Floats]:
        """The law of y = log tan(elevation): P[<= y], P[> y] and the density, side by side.

        In this variable elevations of 1e-1000 and tails close to one keep their digits: to
        rounding where there is a formula; here P[> y] has an absolute error of rounding.
        """
        y, step = as_reals("y", y), 0.04
        shifts = step * np.arange(1, 5).reshape(-1, *(1,) * y.ndim)
        rise = self.near(np.arctan(np.exp(y + shifts))) - self.near(np.arctan(np.exp(y - shifts)))
        density = np.tensordot([4 / 5, -1 / 5, 4 / 105, -1 / 280], rise, 1) / step
        near: Any = self.near(np.arctan(np.exp(y)))
        return near, 1 - near, np.maximum(density, 0)

    def near_at(self, y: ArrayLike) -> Values:
        """P[log tan(elevation) <= y], the first of `at_log`."""
        return self.near(np.arctan(np.exp(np.minimum(as_reals("y", y), 700.0))))

    def log_near(self, psi: ArrayLike) -> Values:
        """log near(psi), -inf where that is 0; has its digits close to one if `at_log` has."""
        with np.errstate(divide="ignore"):
            return np.log(self.near(psi))

    def log_tail(self, psi: ArrayLike) -> Values:
        """log p(psi), -inf where that is 0; has its digits close to one if `at_log` has."""
        with np.errstate(divide="ignore"):
            return np.log(self(as_reals("psi", psi)))

    def _tail(self, theta: Floats) -> Floats:
        raise TypeError(f"{type(self).__name__} must define its tail")

    def _near(self, psi: Floats) -> Floats:
        return self._tail(RIGHT_ANGLE - psi)

    def elevation(self, u: ArrayLike) -> Floats:
        """Quantiles of the elevation: the smallest psi with near(psi) >= u, for u in [0, 1]."""
        return self._elevation(as_quantiles("u", u))

    def _elevation(self, u: Floats) -> Floats:
        from scipy.optimize.elementwise import find_root  # SciPy does not load it lazily

        def excess(psi: Floats, u: Floats) -> Floats:
            return np.where(psi <= 0, -u, self.near(psi) - u)

        with np.errstate(invalid="ignore"):  # where rounding makes p rise, SciPy takes a root of it
            return find_root(excess, (0.0, np.nextafter(RIGHT_ANGLE, 2)), args=(u,)).x

    def expect(
        self, f: Callable[[Floats], Values], breaks: ArrayLike = (), rtol: float = 1e-9
    ) -> float:
        """E[f(elevation)] for f >= 0, to nine digits (`rtol`) of values above 1e-290.

        Integrated over the quantiles, piece by piece between the levels at which
        the knots of p lie, and the elevations `breaks` at which f jumps or bends.
        Raises an `AccuracyWarning` where two resolutions do not agree.
        """
        knots, (breaks, rtol) = np.array(self.knots), as_integrand(f, breaks, rtol)
        jumps = self(knots), self(np.nextafter(knots, 2)), self.near(breaks)
        levels = np.unique(np.concatenate([[0, 1], *jumps]))
        width = np.diff(levels)[:, None]

        def mean(step: float) -> float:
            _, _, weights = logistic_rule(step, REACH)
            return float((width * weights * f(self._between(tuple(levels), step))).sum())

        return settled(mean, rtol, f"{type(self).__name__}.expect", width=1 / 5)

    def _between(self, levels: tuple[float, ...], step: float) -> Floats:
        """Quantiles at the nodes of the rule between levels: what `expect` takes a mean over."""
        s, _, _ = logistic_rule(step, REACH)
        return self.elevation(np.array(levels)[:-1, None] + np.diff(levels)[:, None] * s)

    def draw(self, size: Shape, rng: Random) -> Floats:
        """Draw elevations: an array of that shape, from a ``numpy.random.Generator`` or a seed."""
        rng = as_generator("rng", rng)
        return self.elevation(1 - rng.random(as_shape("size", size)))

    def draw_tangent(self, size: Shape, rng: Random) -> Floats:
        """Draw tangents of elevations, which are cotangents of angles to the teacher."""
        psi = self.draw(size, rng)
        return np.tan(psi, out=psi)


class SmoothLaw(AngleLaw):
    """A law whose `at_log` is exact, so that probabilities close to one keep their digits."""

    def near_at(self, y: ArrayLike) -> Values:
        return self.at_log(y)[0]

    def log_near(self, psi: ArrayLike) -> Values:
        return self._log_below(as_reals("psi", psi), 1)

    def log_tail(self, psi: ArrayLike) -> Values:
        return self._log_below(as_reals("psi", psi), -1)

    def _log_below(self, psi: Floats, side: int) -> Floats:
        with np.errstate(divide="ignore"):
            near, far, _ = self.at_log(side * np.log(np.tan(np.clip(psi, 0, RIGHT_ANGLE))))
            return np.where(far < 0.5, np.log1p(-np.minimum(far, 0.5)), np.log(near))


@dataclass(frozen=True)
class PowerLaw(AngleLaw):
    r"""Elevations with a power-law density, and a margin if wanted.

    .. math:: p(\theta) = \Bigl(1 - \frac{\theta}{\pi/2 - \gamma}\Bigr)_+^{\kappa}

    Margin zero is the polynomial case of Corollary 2 with equality; kappa = 1
    is the uniform angle. A positive margin is the wedge of Corollary 1.

    Parameters
    ----------
    kappa : float
        Exponent, above 0.
    margin : float
        gamma in [0, pi/2), radians.
    """

    kappa: float
    margin: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "kappa", as_positive("kappa", self.kappa))
        margin = float(as_angle("margin", self.margin, ndim=0))
        if margin == RIGHT_ANGLE:
            raise ValueError("margin: expected an angle below pi/2")
        object.__setattr__(self, "margin", margin)

    @property
    def edge(self) -> float:
        return self.margin

    @property
    def knots(self) -> tuple[float, ...]:
        return (RIGHT_ANGLE - self.margin,) if self.margin else ()

    def _tail(self, theta: Floats) -> Floats:
        return np.maximum(1 - theta / (RIGHT_ANGLE - self.margin), 0) ** self.kappa

    def _near(self, psi: Floats) -> Floats:
        return np.maximum((psi - self.margin) / (RIGHT_ANGLE - self.margin), 0) ** self.kappa

    def at_log(self, y: ArrayLike) -> tuple[Floats, Floats, Floats]:
        if self.margin:
            return super().at_log(y)
        log_near, slope = self.log_at(y)
        near = np.exp(log_near)
        return near, -np.expm1(log_near), near * slope

    def near_at(self, y: ArrayLike) -> Values:
        return super().near_at(y) if self.margin else np.exp(self.log_at(y)[0])

    def log_at(self, y: ArrayLike) -> tuple[Floats, Floats]:
        """log P[log tan(elevation) <= y] and its slope, without a margin."""
        y = as_reals("y", y)
        small, low = np.exp(-np.abs(y)), y < 0
        angle = np.arctan(small) / RIGHT_ANGLE  # the elevation, or above 45 degrees its complement
        log_low = np.where(y < -30, y - np.log(RIGHT_ANGLE), np.log(np.maximum(angle, 1e-300)))
        slope = small / (1 + small**2) / RIGHT_ANGLE
        slope /= np.where(low, np.maximum(angle, 1e-300), 1 - angle)
        slope = np.where(y < -30, 1.0, slope)
        return self.kappa * np.where(low, log_low, np.log1p(-angle)), self.kappa * slope

    def log_tail(self, psi: ArrayLike) -> Values:
        share = as_reals("psi", psi) / (RIGHT_ANGLE - self.margin)
        with np.errstate(divide="ignore"):
            return self.kappa * np.log1p(-np.clip(share, 0, 1))

    def log_near(self, psi: ArrayLike) -> Values:
        share = (as_reals("psi", psi) - self.margin) / (RIGHT_ANGLE - self.margin)
        with np.errstate(divide="ignore"):
            return self.kappa * np.log(np.clip(share, 0, 1))

    def _elevation(self, u: Floats) -> Floats:
        return u ** (1 / self.kappa) * (RIGHT_ANGLE - self.margin) + self.margin

    def draw(self, size: Shape, rng: Random) -> Floats:
        if self.kappa < 0.06 and not self.margin:
            raise ValueError(
                f"kappa: {self.kappa} puts examples within 1e-300 radians of the boundary, "
                "too close to draw in double precision; 0.06 and above work"
            )
        return super().draw(size, rng)


@dataclass(frozen=True)
class IsotropicLaw(SmoothLaw):
    r"""Directions uniform on the sphere of R^d.

    .. math:: p(\theta) = I_{\cos^2\theta}\bigl(\tfrac12, \tfrac{d-1}{2}\bigr)

    with I the regularised incomplete beta function.

    Parameters
    ----------
    dim : int
        d, at least 2.
    """

    dim: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "dim", as_dim(self.dim))

    def _tail(self, theta: Floats) -> Floats:
        return self._flatter_than(np.cos(theta), np.sin(theta))

    def _near(self, psi: Floats) -> Floats:
        return self._flatter_than(np.sin(psi), np.cos(psi))

    def _flatter_than(self, sine: Floats, cosine: Floats) -> Floats:
        """P[sin(elevation) <= sine], from whichever of the two has not lost digits."""
        a, b = 0.5, (self.dim - 1) / 2
        low, high = scipy.special.betainc(a, b, sine**2), 1 - scipy.special.betainc(b, a, cosine**2)
        return np.where(sine < cosine, low, high)

    def at_log(self, y: ArrayLike) -> tuple[Floats, Floats, Floats]:
        a, b, y = 0.5, (self.dim - 1) / 2, as_reals("y", y)
        log_cos2, log_sin2 = -np.logaddexp(0, 2 * y), -np.logaddexp(0, -2 * y)
        log_scale = log_poch(b, a) - scipy.special.gammaln(a)
        sin2, cos2 = np.exp(log_sin2), np.exp(log_cos2)
        near, far = scipy.special.betainc(a, b, sin2), scipy.special.betainc(b, a, cos2)
        near = np.where(log_sin2 < -600, np.exp(log_scale + a * log_sin2) / a, near)
        far = np.where(y < 0, scipy.special.betaincc(a, b, sin2), far)  # cos2 near 1 lost digits
        return near, far, 2 * np.exp(log_scale + a * log_sin2 + b * log_cos2)

    def _elevation(self, u: Floats) -> Floats:
        return np.arcsin(np.sqrt(scipy.special.betaincinv(0.5, (self.dim - 1) / 2, u)))

    def draw(self, size: Shape, rng: Random) -> Floats:
        return np.arctan(self.draw_tangent(size, rng))

    def draw_tangent(self, size: Shape, rng: Random) -> Floats:
        rng, size = as_generator("rng", rng), as_shape("size", size)
        along = np.abs(rng.standard_normal(size))
        return along / np.sqrt(rng.chisquare(self.dim - 1, size))


@dataclass(frozen=True, eq=False)
class AtomicLaw(AngleLaw):
    r"""Finitely many angles: p is a left-continuous staircase.

    .. math:: p(\theta) = \sum_i q_i\, 1[\alpha_i \ge \theta]

    Parameters
    ----------
    angles : array_like, shape (k,)
        alpha_i in [0, pi/2], radians.
    weights : array_like, shape (k,), optional
        q_i; equal if not given.
    """

    angles: Floats
    weights: Floats
    _mass: Floats = field(init=False, repr=False)
    _rest: Floats = field(init=False, repr=False)
    staircase = jumps = True

    def __init__(self, angles: ArrayLike, weights: ArrayLike | None = None) -> None:
        angles = as_angle("angles", angles)
        if angles.ndim > 1:
            raise ValueError(f"angles: expected a list of angles, got shape {angles.shape}")
        angles = np.atleast_1d(angles)
        weights = as_weights("weights", weights, angles.size)
        # one atom an angle, the largest angle first; atoms without weight are none
        angles, place = np.unique(-angles[weights > 0], return_inverse=True)
        weights = np.bincount(place, weights[weights > 0]).astype(np.float64, copy=False)
        weights /= weights.sum()
        rest = np.append(weights[::-1].cumsum()[::-1], 0.0)  # exactly 0 beyond the last atom
        mass = np.where(rest < 0.5, 1 - rest, np.append(0.0, weights.cumsum()))
        for name, value in zip(
            ("angles", "weights", "_mass", "_rest"), (-angles, weights, mass, rest), strict=True
        ):
            value.flags.writeable = False
            object.__setattr__(self, name, value)

    @property
    def edge(self) -> float:
        return RIGHT_ANGLE - self.angles[0]

    @property
    def knots(self) -> tuple[float, ...]:
        return tuple(self.angles)

    def _tail(self, theta: Floats) -> Floats:
        return self._mass[self._down_to(theta)]

    def _near(self, psi: Floats) -> Floats:
        return self._mass[self._up_to(psi)]

    def _down_to(self, theta: Floats) -> Ints:
        return np.searchsorted(-self.angles, -theta, side="right")

    def _up_to(self, psi: Floats) -> Ints:
        return np.searchsorted(RIGHT_ANGLE - self.angles, psi, side="right")

    def log_tail(self, psi: ArrayLike) -> Values:
        psi = as_reals("psi", psi)
        return np.where(psi <= 0, 0.0, self._log(self._down_to(psi)))

    def log_near(self, psi: ArrayLike) -> Values:
        psi = as_reals("psi", psi)
        return np.where(psi >= RIGHT_ANGLE, 0.0, self._log(self._up_to(psi)))

    def _log(self, place: Ints) -> Floats:
        mass, rest = self._mass[place], self._rest[place]
        with np.errstate(divide="ignore"):
            return np.where(rest < 0.5, np.log1p(-np.minimum(rest, 0.5)), np.log(mass))

    def _elevation(self, u: Floats) -> Floats:
        index = np.searchsorted(self._mass[1:], u)
        return RIGHT_ANGLE - self.angles[np.minimum(index, self.angles.size - 1)]

    def expect(
        self, f: Callable[[Floats], Values], breaks: ArrayLike = (), rtol: float = 1e-9
    ) -> float:
        as_integrand(f, breaks, rtol)
        return float(self.weights @ f(RIGHT_ANGLE - self.angles))


@dataclass(frozen=True)
class TailLaw(AngleLaw):
    """Any tail, given as a function.

    Between its knots the function is taken to be continuous: name its jumps,
    or integrals over the law are not to be trusted.

    Parameters
    ----------
    tail : callable
        Vectorised p(theta) on [0, pi/2]: not increasing, p(0) = 1.
    knots : float or sequence of float
        Where p jumps or bends, if it does.
    """

    tail: Callable[[Floats], ArrayLike]
    knots: tuple[float, ...]
    jumps: bool = field(init=False, repr=False)

    def __init__(
        self, tail: Callable[[Floats], ArrayLike], knots: float | Sequence[float] = ()
    ) -> None:
        if not callable(tail) or isinstance(tail, type):
            raise TypeError(f"tail: expected a function of theta, or a law or a task, got {tail!r}")
        object.__setattr__(self, "tail", tail)
        places: Any = [knots] if np.ndim(knots) == 0 else knots  # one needs no list
        places = as_angle("knots", places, ndim=1) if np.size(places) else ()
        object.__setattr__(self, "knots", tuple(float(knot) for knot in places))
        object.__setattr__(self, "jumps", bool(self.knots))
        self._check(np.linspace(0, RIGHT_ANGLE, 65))
        object.__setattr__(self, "edge", self._empty_wedge())

    def _empty_wedge(self) -> float:
        """The margin, if there is one: the last elevation without mass, by bisection."""
        low, high = 0.0, RIGHT_ANGLE
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (middle, high) if self.near(middle) == 0 else (low, middle)
        return low if low > 1e-12 else 0.0

    def _check(self, theta: Floats) -> None:
        try:
            p = as_finite("tail", self.tail(theta))
        except (TypeError, ValueError, AttributeError, IndexError) as error:
            raise ValueError(
                "tail: expected a vectorised function of theta, that takes and returns an array; "
                f"with an array of 65 angles it says: {error}"
            ) from error
        if p.shape != theta.shape:
            raise ValueError(f"tail: expected one value a theta, got shape {p.shape}")
        if abs(p[0] - 1) > 1e-9 or (np.diff(p) > 1e-9).any() or p[-1] < 0:
            raise ValueError("tail: expected p(0) = 1, p not increasing and p >= 0")

    def _tail(self, theta: Floats) -> Floats:
        return np.asarray(self.tail(theta), dtype=np.float64)

    def _between(self, levels: tuple[float, ...], step: float) -> Floats:
        return _roots(self, levels, step)


@lru_cache(maxsize=16)
def _roots(law: TailLaw, levels: tuple[float, ...], step: float) -> Floats:
    """Quantiles of a `TailLaw`, found once: a bound is asked for at many n."""
    psi = AngleLaw._between(law, levels, step)
    psi.flags.writeable = False
    return psi


def as_law(value: object, name: str = "tail") -> AngleLaw:
    """The law of a task, an `AngleLaw` as it is, any other function of theta as a `TailLaw`."""
    law = value if isinstance(value, AngleLaw) else getattr(value, "tail", value)
    if isinstance(law, AngleLaw):
        return law
    if not callable(law) or isinstance(law, type):
        raise TypeError(f"{name}: expected a task, a law or a function of theta, got {value!r}")
    return TailLaw(law)
