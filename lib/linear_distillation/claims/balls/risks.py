"""Risks, and students that err: the library's on floats, definitions on balls."""

from itertools import combinations

import numpy as np
import scipy

from ... import bounds, geometry, rise, risk, students
from ...laws import RIGHT_ANGLE, IsotropicLaw, PowerLaw
from ...risk import every_set
from .finite import _seen
from .laws import integral, power_at
from .numbers import _flint, ball, both, floats, is_ball, length, max0, pi_of
from .spans import distilled_student, project, unit

# Risks at an angle, under symmetry


def beyond(z, dim, half=0.5):
    """P[T^2 >= z^2] for T^2 ~ Beta(half, (dim - 2)/2)."""
    if z > 1 or z <= 0:
        return ball(0) if z > 1 else ball(1)
    if dim == 2:
        return ball(1) if z <= 1 else ball(0).union(ball(1))
    return max0(1 - z * z).beta_lower((ball(dim) - 2) / 2, ball(half), 1)


def near(psi, law):
    """P[elevation <= psi] of a power law."""
    right = pi_of(psi) / 2
    x = (psi - law.margin) / (right - law.margin)
    return ball(0) if x <= 0 else ball(1) if x >= 1 else x ** ball(law.kappa)


def power_risk(phi, law, dim, half=0.5):
    r"""E[near(arctan(T tan phi))] / 2 for T = sin(s), by an integral over s.

    T^2 ~ Beta(half, (dim - 2)/2): (sin s)^(2 half - 1) (cos s)^(dim - 3) is the density of s
    up to its integral. From where T tan(phi) reaches the margin, to pi/2.
    """
    tan, right, m = phi.tan(), pi_of(phi) / 2, ball(law.margin)
    if phi <= m:
        return ball(0)
    start = (m.tan() / tan).asin() if m > 0 else ball(0)

    def integrand(v, analytic):
        s = start + (right - start) * v
        x = ((s.sin() * tan).atan() - m) / (right - m)
        weight = s.cos() ** (dim - 3)
        if half != 0.5:
            weight *= power_at(s.sin(), 2 * ball(half) - 1, analytic)
        return weight * power_at(x, ball(law.kappa), analytic)

    a, b = ball(half), (ball(dim) - 2) / 2
    total = a.gamma() * b.gamma() / (a + b).gamma()
    return integral(integrand, 0, 1) * (right - start) / total


def _angle_risk(phi, law, dim):
    if np.ndim(phi):
        return np.array([_angle_risk(p, law, dim) for p in phi], dtype=object)
    if not phi > 0:  # it may be zero: the risk grows from there
        return ball(0) if phi.upper() <= 0 else ball(0).union(_angle_risk(phi.upper(), law, dim))
    if isinstance(law, IsotropicLaw):
        return phi / pi_of(phi)
    if law.staircase:
        return sum(_staircase_terms(phi, law, dim), ball(0))
    return near(phi, law) / 2 if dim == 2 else power_risk(phi, law, dim)


def _staircase_terms(phi, law, dim):
    """Half the chance that T tan(phi) reaches the tangent of an atom's elevation."""
    inside = floats(law.angles) < RIGHT_ANGLE  # on the boundary itself see _on_boundary
    for angle, weight in zip(ball(law.angles[inside]), ball(law.weights[inside]), strict=True):
        z = 1 / (angle.tan() * phi.tan()) if angle > 0 else ball(np.inf)
        yield weight * beyond(z, dim) / 2


def _vector_angle(u, v):
    u, v = unit(u), unit(v)
    apart, along = length(u - v), length(u + v)
    return np.frompyfunc(lambda a, b: 2 * _flint().arb.atan2(a, b), 2, 1)(apart, along)


def _signed_risk(psi, law, dim):
    right, decided = pi_of(psi) / 2, 1 - ball(float(law.near(0.0)))
    if psi < right:
        return _angle_risk(psi, law, dim)
    if psi > right:
        return decided - _angle_risk(2 * right - psi, law, dim)
    return _signed_risk(psi.lower(), law, dim).union(_signed_risk(psi.upper(), law, dim))


def _on_boundary(w, teacher, law):
    """Errors on examples on the boundary: all, but of students on the teacher's line."""
    mass, e = ball(float(law.near(0.0))), unit(teacher)
    off = any(v > 0 or v < 0 for v in w - (w @ e) * e)
    return mass if off or mass == 0 else ball(0).union(mass)


def _side(value):
    """The sign of a ball, None where it is not certain."""
    return 1 if value > 0 else -1 if value < 0 else 0 if value == 0 else None


def lost(w, w_star, x):
    """Whether the student errs on an example, 0 or 1; both where that is not certain."""
    student, teacher = _side(w @ x), _side(w_star @ x)
    if None in (student, teacher):
        return ball(0).union(ball(1))
    return ball(int(student != teacher))


def _transfer_risk(w, task):
    w, teacher = np.asarray(w), ball(np.asarray(task.teacher))
    if w.ndim > 1:
        return np.array([_transfer_risk(v, task) for v in w], dtype=object)
    if hasattr(task, "points"):
        points = zip(task.points.T, task.weights, strict=True)
        return sum(ball(q) * lost(w, teacher, ball(x)) for x, q in points)
    if all(v == 0 for v in w):
        return 1 - ball(float(task.tail.near(0.0)))
    risk = _signed_risk(_vector_angle(w, teacher), task.tail, task.dim)
    return risk + _on_boundary(w, teacher, task.tail)


# Narrow clusters, exchanges


def _narrow_mixture_risk(means, weights):
    """For a teacher along e_1: students of two clusters, and of one with f_ij from its formula."""
    e, q, total = ball(np.eye(3)[0]), weights, ball(0)
    for i, j in np.ndindex(len(means), len(means)):
        w = distilled_student(means[[i, j]].T, e)
        if i != j:
            total += q[i] * q[j] * (q @ np.array([lost(w, e, m) for m in means]))
        else:
            alone = [_lost_alone(w, e, means[i], m) for m in means]
            total += q[i] ** 2 * (q @ np.array(alone))
    return total


def _lost_alone(w, e, mean, m):
    """f = arccos((e.m + e.P m) / (|e - P e| |m - P m|)) / pi, the argument cut off, for e.m > 0."""
    if m is mean or (m == mean).all():
        return ball(0)
    m = m if e @ m > 0 else -m
    slope = (e @ m + w @ m) / (length(e - w) * length(m - project(mean[:, None], m)))
    if slope > 1 or slope < -1:
        return ball(0) if slope > 1 else ball(1)
    return max(ball(-1), min(ball(1), slope)).acos() / pi_of(slope)


def _exchange_rise(X, w_star):
    """The mean error on one example held back, less that on either of two."""
    m, rates = X.shape[1], []
    for size in (1, 2):
        held = [
            (i, [j for j in range(m) if j not in out])
            for out in combinations(range(m), size)
            for i in out
        ]
        errors = [lost(distilled_student(X[:, kept], w_star), w_star, X[:, i]) for i, kept in held]
        rates.append(sum(errors) / ball(len(errors)))
    return rates[0] - rates[1]


def _seen_probabilities(weights, n):
    return _seen(weights, every_set(weights.size), n)


# Students


def _biased_student(X, w_star, delta, *, g):
    return distilled_student(X, w_star) + delta * (g - project(X, g))


def signed(X, w_star):
    """z_i = y_i x_i."""
    return np.where(floats(w_star @ X) >= 0, 1, -1) * X


def separation(Z):
    """The point of the convex hull of the columns that is nearest to 0, and its support.

    The support is that of Lawson and Hanson's non-negative least squares; on it
    the point is w with w.z = |w|^2, and its length is the largest margin.
    """
    size = floats(length(Z.T)).max()
    columns = floats(Z) / size
    lifted = np.vstack([columns, np.ones(Z.shape[1])])
    b, _ = scipy.optimize.nnls(lifted, np.append(np.zeros(len(Z)), 1.0))
    S = Z[:, b > 0]
    if is_ball(Z):
        gram = _flint().arb_mat((S.T @ S).tolist())
        ones = _flint().arb_mat([[1]] * S.shape[1])
        b = np.array(gram.solve(ones).tolist(), dtype=object)[:, 0]
    else:
        b = np.linalg.lstsq(S.T @ S / size**2, np.ones(S.shape[1]))[0]
    return S @ (b / b.sum())


def _hard_label_student(X, w_star):
    return unit(separation(signed(X, w_star)))


def _hard_label_flow(X, w_star, times):
    """Another integrator, by two tolerances; the radius is ten times what lies between."""
    X, w_star = floats(X), floats(w_star)
    Z, tight, mean = signed(X, w_star), [], 1 / X.shape[1]

    def grow(log_time, c):
        return mean / (np.exp(-log_time) + np.exp(np.minimum(Z.T @ Z @ c - log_time, 700)))

    for rtol in (1e-9, 1e-11):
        c = scipy.integrate.solve_ivp(
            grow,
            (0, np.log1p(times[-1])),
            np.zeros(X.shape[1]),
            "DOP853",
            t_eval=np.log1p(times),
            rtol=rtol,
            atol=1e-3 * rtol,
        ).y
        tight.append((Z @ c).T)
    apart = 10 * abs(tight[1] - tight[0]).max()
    return np.frompyfunc(lambda w: _flint().arb(w, apart), 1, 1)(tight[1])


angle_risk = both(risk, "angle_risk", _angle_risk)
transfer_risk = both(risk, "transfer_risk", _transfer_risk)
vector_angle = both(geometry, "vector_angle", _vector_angle)
narrow_mixture_risk = both(rise, "narrow_mixture_risk", _narrow_mixture_risk)
seen_probabilities = both(risk, "seen_probabilities", _seen_probabilities)
exchange_rise = both(rise, "exchange_rise", _exchange_rise)
biased_student = both(students, "biased_student", _biased_student)
hard_label_student = both(students, "hard_label_student", _hard_label_student)
hard_label_flow = both(students, "hard_label_flow", _hard_label_flow)


def normal_below(z):
    """Distribution function of the standard normal law."""
    if not is_ball(z):
        return scipy.special.ndtr(z)
    return np.frompyfunc(lambda x: (-x / ball(2).sqrt()).erfc() / 2, 1, 1)(z)


def gamma(x):
    """The gamma function."""
    return x.gamma() if is_ball(x) else scipy.special.gamma(x)


def lowest_split(n):
    """The infimum in (19) for the uniform angle, and its place in right angles.

    On balls: of 1 - x + x^n, by bisection of its slope, which increases.
    """
    if not is_ball(n):
        found = bounds.theorem3_bound(PowerLaw(1), int(n))
        return found.value, found.beta / RIGHT_ANGLE
    low, high = ball(0), ball(1)
    for _ in range(2 * _flint().ctx.prec):
        middle = ((low + high) / 2).mid()
        slope = n * middle ** (n - 1) - 1
        if slope == 0 or not (slope > 0 or slope < 0):
            low, high = (middle, middle) if slope == 0 else (low, high)
            break
        low, high = (low, middle) if slope > 0 else (middle, high)
    x = low.union(high)
    return 1 - x + x**n, x
