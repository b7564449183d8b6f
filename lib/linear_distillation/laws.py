"""Laws of the angle between an example and the teacher.

Everything that the paper's bounds know of a task is the tail
p(theta) = P[alpha(w*, x) >= theta]. A law is that function, made callable,
with what computing needs besides: `near`, its values close to the decision
boundary without cancellation; `elevation`, its quantiles; `knots`, the
places where it jumps or bends.

The elevation psi = pi/2 - alpha of an example is its angle to the decision
boundary. Errors happen at small elevations, so samplers carry psi, not alpha.
"""

__all__ = ["AngleLaw", "AtomicLaw", "IsotropicLaw", "PowerLaw", "TailLaw"]

from dataclasses import dataclass, field

import numpy as np
import scipy

from ._checks import as_angle, as_count, as_finite, as_generator, as_positive, as_weights
from .quadrature import logistic_rule

RIGHT_ANGLE = np.pi / 2


class AngleLaw:
    r"""Law of :math:`\alpha(w_\star, x)`; calling it evaluates the tail p.

    Subclasses define ``_tail`` on [0, pi/2], and better versions of ``_near``
    and `elevation` where a formula exists.

    Attributes
    ----------
    knots : tuple of float
        Angles at which p jumps or changes its formula.
    edge : float
        No example lies closer to the boundary than this elevation.
    staircase : bool
        Whether p is constant between its knots.
    """

    knots = ()
    edge = 0.0
    staircase = False

    def __call__(self, theta):
        """p(theta) = P[alpha >= theta]: 1 for theta <= 0, 0 for theta > pi/2."""
        theta = np.asarray(theta, dtype=float)
        inside = self._tail(np.clip(theta, 0, RIGHT_ANGLE))
        return np.where(theta <= 0, 1.0, np.where(theta > RIGHT_ANGLE, 0.0, inside))[()]

    def near(self, psi):
        """P[elevation <= psi] = p(pi/2 - psi): the mass within psi of the boundary."""
        psi = np.asarray(psi, dtype=float)
        inside = self._near(np.clip(psi, 0, RIGHT_ANGLE))
        return np.where(psi >= RIGHT_ANGLE, 1.0, np.where(psi < 0, 0.0, inside))[()]

    def _tail(self, theta):
        raise TypeError(f"{type(self).__name__} must define its tail")

    def _near(self, psi):
        return self._tail(RIGHT_ANGLE - psi)

    def elevation(self, u):
        """Quantiles of the elevation: the smallest psi with near(psi) >= u."""
        from scipy.optimize.elementwise import find_root  # SciPy does not load it lazily

        def excess(psi, u):
            return np.where(psi <= 0, -u, self.near(psi) - u)

        ends = 0.0, np.nextafter(RIGHT_ANGLE, 2)
        with np.errstate(invalid="ignore"):  # where rounding makes p rise, SciPy takes a root of it
            return find_root(excess, ends, args=(np.asarray(u, dtype=float),)).x

    def expect(self, f, breaks=()):
        """E[f(elevation)], to nine digits for f >= 0 and values above 1e-60.

        Integrated over the quantiles, piece by piece between the levels at which
        the knots of p lie, and the elevations `breaks` at which f jumps or bends.
        """
        s, _, weights = logistic_rule(step=1 / 16, reach=160.0)
        knots, breaks = np.asarray(self.knots, dtype=float), np.asarray(breaks, dtype=float)
        levels = [[0, 1], self(knots), self(np.nextafter(knots, 2)), self.near(breaks)]
        levels = np.unique(np.concatenate(levels))
        low, width = levels[:-1, None], np.diff(levels)[:, None]
        return float((width * weights * f(self.elevation(low + width * s))).sum())

    def draw(self, size, rng):
        """Draw elevations: an array of that shape, from a ``numpy.random.Generator``."""
        return self.elevation(1 - as_generator("rng", rng).random(size))

    def draw_tangent(self, size, rng):
        """Draw tangents of elevations, which are cotangents of angles to the teacher."""
        psi = self.draw(size, rng)
        return np.tan(psi, out=psi)


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

    def __post_init__(self):
        object.__setattr__(self, "kappa", as_positive("kappa", self.kappa))
        margin = float(as_angle("margin", self.margin, ndim=0))
        if margin == RIGHT_ANGLE:
            raise ValueError("margin: expected an angle below pi/2")
        object.__setattr__(self, "margin", margin)

    @property
    def edge(self):
        return self.margin

    @property
    def knots(self):
        return (RIGHT_ANGLE - self.margin,) if self.margin else ()

    def _tail(self, theta):
        return np.maximum(1 - theta / (RIGHT_ANGLE - self.margin), 0) ** self.kappa

    def _near(self, psi):
        return np.maximum((psi - self.margin) / (RIGHT_ANGLE - self.margin), 0) ** self.kappa

    def elevation(self, u):
        psi = np.asarray(u, dtype=float) ** (1 / self.kappa)
        psi *= RIGHT_ANGLE - self.margin
        psi += self.margin
        return psi

    def draw(self, size, rng):
        if self.kappa < 0.06 and not self.margin:
            raise ValueError(
                f"kappa: {self.kappa} puts examples within 1e-300 radians of the boundary, "
                "too close to draw in double precision; 0.06 and above work"
            )
        return super().draw(size, rng)


@dataclass(frozen=True)
class IsotropicLaw(AngleLaw):
    r"""Directions uniform on the sphere of R^d.

    .. math:: p(\theta) = I_{\cos^2\theta}\bigl(\tfrac12, \tfrac{d-1}{2}\bigr)

    with I the regularised incomplete beta function.

    Parameters
    ----------
    dim : int
        d, at least 2.
    """

    dim: int

    def __post_init__(self):
        object.__setattr__(self, "dim", as_dim(self.dim))

    def _tail(self, theta):
        return self._flatter_than(np.cos(theta), np.sin(theta))

    def _near(self, psi):
        return self._flatter_than(np.sin(psi), np.cos(psi))

    def _flatter_than(self, sine, cosine):
        """P[sin(elevation) <= sine], from whichever of the two has not lost digits."""
        a, b = 0.5, (self.dim - 1) / 2
        low, high = scipy.special.betainc(a, b, sine**2), 1 - scipy.special.betainc(b, a, cosine**2)
        return np.where(sine < cosine, low, high)

    def elevation(self, u):
        return np.arcsin(np.sqrt(scipy.special.betaincinv(0.5, (self.dim - 1) / 2, u)))

    def draw(self, size, rng):
        return np.arctan(self.draw_tangent(size, rng))

    def draw_tangent(self, size, rng):
        along = np.abs(as_generator("rng", rng).standard_normal(size))
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

    angles: np.ndarray
    weights: np.ndarray = None
    _mass: np.ndarray = field(init=False, repr=False)
    staircase = True

    def __post_init__(self):
        angles = np.atleast_1d(as_angle("angles", self.angles))
        weights = as_weights("weights", self.weights, angles.size)
        angles, weights = angles[weights > 0], weights[weights > 0]
        order = np.argsort(-angles, kind="stable")
        object.__setattr__(self, "angles", angles[order])
        object.__setattr__(self, "weights", weights[order])
        object.__setattr__(self, "_mass", np.append(0.0, weights[order].cumsum()))

    @property
    def edge(self):
        return RIGHT_ANGLE - self.angles[0]

    @property
    def knots(self):
        return tuple(self.angles)

    def _tail(self, theta):
        return self._mass[np.searchsorted(-self.angles, -theta, side="right")]

    def _near(self, psi):
        return self._mass[np.searchsorted(RIGHT_ANGLE - self.angles, psi, side="right")]

    def elevation(self, u):
        index = np.searchsorted(self._mass[1:], u)
        return RIGHT_ANGLE - self.angles[np.minimum(index, self.angles.size - 1)]

    def expect(self, f, breaks=()):
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
    knots : tuple of float
        Where p jumps or bends, if it does.
    """

    tail: callable
    knots: tuple = ()

    def __post_init__(self):
        if not callable(self.tail):
            raise TypeError(f"tail: expected a function of theta, got {type(self.tail).__name__}")
        knots = np.atleast_1d(as_angle("knots", self.knots)) if len(self.knots) else ()
        object.__setattr__(self, "knots", tuple(knots))
        self._check(np.linspace(0, RIGHT_ANGLE, 65))
        object.__setattr__(self, "edge", self._empty_wedge())

    def _empty_wedge(self):
        """The margin, if there is one: the last elevation without mass, by bisection."""
        low, high = 0.0, RIGHT_ANGLE
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (middle, high) if self.near(middle) == 0 else (low, middle)
        return low if low > 1e-12 else 0.0

    def _check(self, theta):
        try:
            p = as_finite("tail", self.tail(theta))
        except TypeError as error:
            raise ValueError("tail: expected a vectorised function of theta") from error
        if p.shape != theta.shape:
            raise ValueError(f"tail: expected one value a theta, got shape {p.shape}")
        if abs(p[0] - 1) > 1e-9 or (np.diff(p) > 1e-9).any() or p[-1] < 0:
            raise ValueError("tail: expected p(0) = 1, p not increasing and p >= 0")

    def _tail(self, theta):
        return np.asarray(self.tail(theta), dtype=float)


def as_dim(value):
    """A dimension of at least two: below, there is no angle to speak of."""
    dim = as_count("dim", value)
    if dim < 2:
        raise ValueError(f"dim: expected at least 2, got {value!r}")
    return dim


def as_law(tail):
    """An `AngleLaw` as it is; any other function of theta as a `TailLaw`."""
    return tail if isinstance(tail, AngleLaw) else TailLaw(tail)
