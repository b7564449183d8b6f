"""Laws of the angle: tails, draws and expectations, against high precision."""

import mpmath
import numpy as np
import pytest
import scipy.stats
from statistics_rules import follows

import linear_distillation as ld

LAWS = {
    "power 0.1": ld.laws.PowerLaw(0.1),
    "power 1": ld.laws.PowerLaw(1),
    "power 30": ld.laws.PowerLaw(30),
    "margin": ld.laws.PowerLaw(2, 0.3),
    "isotropic 2": ld.laws.IsotropicLaw(2),
    "isotropic 50": ld.laws.IsotropicLaw(50),
    "function": ld.laws.TailLaw(lambda theta: np.cos(theta) ** 2),
    "atoms": ld.laws.AtomicLaw([0.1, 0.5, 0.5, 1.5], [0.1, 0.2, 0.3, 0.4]),
    "Gaussian": ld.GaussianTask(np.diag([9, 1, 0.1]), [0.3, 1, 1]).tail,
    "Gaussian plane": ld.GaussianTask([[2, 1], [1, 1]]).tail,
    "mixture": ld.MixtureTask([[1, 0, 0], [0.5, 2, 0]], 0.4, [0.7, 0.3]).tail,
}
each_law = pytest.mark.parametrize("law", LAWS.values(), ids=LAWS.keys())
CONTINUOUS = {name: law for name, law in LAWS.items() if name != "atoms"}
each_continuous = pytest.mark.parametrize("law", CONTINUOUS.values(), ids=CONTINUOUS.keys())


@each_law
def test_tail_is_a_tail(law):
    p = law(np.linspace(-0.1, np.pi / 2 + 0.1, 301))
    assert p[0] == 1 and p[-1] == 0
    assert law(0.0) == pytest.approx(1, abs=1e-12)
    assert (np.diff(p) <= 1e-12).all()


@each_continuous
def test_near_is_the_tail_seen_from_the_boundary(law):
    psi = np.linspace(0, np.pi / 2, 41)
    assert law.near(psi) == pytest.approx(law(np.pi / 2 - psi), abs=1e-10)


@each_continuous
def test_elevation_inverts_near(law):
    u = np.linspace(0.01, 0.99, 33)
    assert law.near(law.elevation(u)) == pytest.approx(u, abs=1e-9)


@each_continuous
def test_draws_follow_the_tail(law, rng):
    assert follows(law.draw(3000, rng), law.near)


@pytest.mark.parametrize("psi", [1e-3, 1e-9, 1e-100])
def test_power_law_is_accurate_near_the_boundary(psi):
    exact = float((2 * mpmath.mpf(psi) / mpmath.pi) ** 3)
    assert ld.laws.PowerLaw(3).near(psi) == pytest.approx(exact, rel=1e-14)


@pytest.mark.parametrize("dim", [2, 3, 10, 1000])
@pytest.mark.parametrize("theta", [1e-8, 0.3, 1.0, 1.5, 1.5707])
def test_isotropic_tail_against_high_precision(dim, theta):
    with mpmath.workdps(60):
        cos2 = mpmath.cos(mpmath.mpf(theta)) ** 2
        exact = mpmath.betainc(0.5, mpmath.mpf(dim - 1) / 2, 0, cos2, regularized=True)
    assert ld.laws.IsotropicLaw(dim)(theta) == pytest.approx(float(exact), rel=1e-11)


def test_isotropic_tail_close_to_the_teacher():
    """In the plane p(theta) = 1 - 2 theta/pi, to all digits of numbers near one."""
    theta = np.geomspace(1e-14, 1, 500)
    expected = 1 - 2 * theta / np.pi
    assert ld.laws.IsotropicLaw(2)(theta) == pytest.approx(expected, rel=0, abs=4e-16)


def test_atoms_step_down_just_after_their_angle():
    law = LAWS["atoms"]
    assert law([0.1, 0.5, 1.5]) == pytest.approx([1, 0.9, 0.4])
    assert law(np.nextafter([0.1, 0.5, 1.5], 2)) == pytest.approx([0.9, 0.4, 0])


def test_atoms_are_drawn_with_their_weights(rng):
    law, draws = LAWS["atoms"], LAWS["atoms"].draw(20_000, rng)
    counts = [np.isclose(np.pi / 2 - draws, angle).sum() for angle in (0.1, 0.5, 1.5)]
    assert sum(counts) == draws.size
    assert scipy.stats.chisquare(counts, draws.size * np.array([0.1, 0.5, 0.4])).pvalue > 1e-6
    assert law.edge == pytest.approx(np.pi / 2 - 1.5)


def test_a_boundary_too_close_for_double_precision_is_refused(rng):
    with pytest.raises(ValueError, match="kappa: 0.05 puts examples within"):
        ld.laws.PowerLaw(0.05).draw(3, rng)


@pytest.mark.parametrize("scale", [1e-2, 1e-4, 1e-6])
def test_the_tail_of_narrow_clusters(scale):
    law = ld.MixtureTask([[1, 1, 0], [1, 3, 0]], scale).tail  # at 45 and 71.6 degrees
    assert law([0.7, 1.0, 1.3]) == pytest.approx([1, 0.5, 0], abs=1e-9)
    assert law.near(0.5) == pytest.approx(0.5, abs=1e-9)


@pytest.mark.parametrize("dim", [2, 3, 40])
def test_a_round_gaussian_is_isotropic(dim):
    law, round_law = ld.laws.IsotropicLaw(dim), ld.GaussianTask(np.eye(dim), np.ones(dim)).tail
    psi = np.append(np.linspace(0.01, np.pi / 2, 301), 10.0 ** -np.arange(2, 40))
    assert round_law.near(psi) == pytest.approx(law.near(psi), rel=1e-10)
    assert round_law(psi) == pytest.approx(law(psi), rel=1e-10, abs=1e-12)


@pytest.mark.parametrize("seed, dim", [(0, 2), (1, 3), (2, 8), (3, 30)])
def test_gaussian_tail_against_the_inversion_of_its_characteristic_function(seed, dim):
    rng = np.random.default_rng(seed)
    root, e = rng.standard_normal((dim, dim)), rng.standard_normal(dim)
    e /= np.linalg.norm(e)
    law = ld.GaussianTask(root @ root.T, 3 * e).tail
    for theta in (0.05, 0.5, 1.0, 1.4, 1.57):
        form = root.T @ (np.outer(e, e) - np.cos(theta) ** 2 * np.eye(dim)) @ root
        assert law(theta) == pytest.approx(share_below_zero(form), abs=1e-11)


def share_below_zero(form):
    """P[z'Az <= 0], z standard normal: Imhof (1961), by the trapezoidal rule in log u."""
    eigenvalues = np.linalg.eigvalsh(form)
    u = np.exp(np.arange(-60, 60, 0.05))[:, None] / np.abs(eigenvalues).max()
    phase = np.arctan(eigenvalues * u).sum(axis=1) / 2
    log_size = np.log1p((eigenvalues * u) ** 2).sum(axis=1) / 4
    return 0.5 - 0.05 * (np.sin(phase) * np.exp(-np.minimum(log_size, 700))).sum() / np.pi


@pytest.mark.parametrize("name", ["power 1", "margin", "isotropic 50", "Gaussian"])
def test_expectations_are_averages_over_quantiles(name):
    law = LAWS[name]
    middle = (np.arange(20_000) + 0.5) / 20_000
    psi = law.elevation(middle)
    exact = law.expect(lambda psi: np.exp(-3 * psi), breaks=(0.3,))
    assert exact == pytest.approx(np.exp(-3 * psi).mean(), rel=1e-5)
    step = law.expect(lambda psi: np.where(psi <= 0.7, 1.0, 0.0), breaks=(0.7,))
    assert step == pytest.approx(law.near(0.7), rel=1e-9, abs=1e-12)


@each_law
def test_the_law_of_the_logarithm_is_the_law(law):
    y = np.linspace(-3, 3, 41)
    near, far, density = law.at_log(y)
    assert near == pytest.approx(law.near(np.arctan(np.exp(y))), abs=1e-10)
    assert near + far == pytest.approx(1, abs=1e-10)
    assert law.near_at(y) == pytest.approx(near, abs=1e-12)
    psi = np.array([0.2, 0.7, 1.3])
    with np.errstate(divide="ignore"):
        assert np.exp(law.log_near(psi)) == pytest.approx(law.near(psi), abs=1e-10)
        assert np.exp(law.log_tail(psi)) == pytest.approx(law(psi), abs=1e-10)


@pytest.mark.parametrize("name", ["power 1", "power 30", "isotropic 50", "Gaussian", "mixture"])
def test_densities_are_slopes(name):
    law, y, step = LAWS[name], np.linspace(-2, 2, 21), 1e-4
    slope = (law.near_at(y + step) - law.near_at(y - step)) / (2 * step)
    assert law.at_log(y)[2] == pytest.approx(slope, rel=1e-5, abs=1e-8)


@each_law
def test_what_is_no_angle_has_no_tail(law):
    assert np.isnan(law(np.nan)) and np.isnan(law.near(np.nan))
    assert np.isnan(law([0.1, np.nan])).tolist() == [False, True]


def test_tails_close_to_one_keep_their_digits():
    for law in (ld.laws.PowerLaw(2), ld.laws.IsotropicLaw(3)):
        with mpmath.workdps(40):
            theta = mpmath.mpf(1e-20)
            exact = mpmath.log1p(-2 * theta / mpmath.pi) * 2
            exact = exact if isinstance(law, ld.laws.PowerLaw) else mpmath.log(mpmath.cos(theta))
        assert law.log_tail(1e-20) == pytest.approx(float(exact), rel=1e-12)


@pytest.mark.parametrize(
    "call, name",
    [
        (lambda: ld.laws.TailLaw(ld.laws.PowerLaw), "tail"),
        (lambda: ld.theorem3_bound(ld.laws.PowerLaw, 3), "tail"),
        (lambda: ld.laws.TailLaw(lambda t: [1 - x for x in t[0]]), "tail"),
        (lambda: ld.laws.TailLaw(lambda t: 1 if t < 1 else 0), "tail"),
        (lambda: ld.laws.AtomicLaw([[0.1, 0.2], [0.3, 0.4]]), "angles"),
        (lambda: ld.theorem3_bound(ld.laws.PowerLaw(1), 2**1100), "n"),
        (lambda: ld.corollary2_bound(1, 2**70), "n"),
        (lambda: ld.parallel.tangent_point(10**30), "dim"),
    ],
    ids=["class", "task", "list", "scalar", "shape", "huge", "large", "dim"],
)
def test_what_is_no_law_is_named(call, name):
    with pytest.raises((TypeError, ValueError), match=f"^{name}: "):
        call()


def test_one_knot_needs_no_list():
    law = ld.laws.TailLaw(lambda t: np.where(t <= 0.3, 1.0, np.where(t < 1.5, 0.5, 0.0)), knots=0.3)
    assert law.knots == (0.3,) and law.jumps
    assert ld.integral_bound(law, 1) == pytest.approx(0.75)  # all pairs but the easy one


EVERY_LAW = [
    ld.laws.PowerLaw(1), ld.laws.PowerLaw(1, 0.2), ld.laws.IsotropicLaw(4),
    ld.laws.AtomicLaw([0.1, 0.5]), ld.laws.TailLaw(lambda t: 1 - 2 * t / np.pi),
    ld.GaussianTask(np.diag([1.0, 2, 3])).tail, ld.MixtureTask(np.eye(3), 1.0).tail,
]  # fmt: skip
NO_NUMBERS = [
    np.ma.array([0.5]), [np.ma.array([0.5])], "x", ["1"], [True], 1j, [0.5 + 0j], None, {},
    np.array([1.0, 2], dtype=object), np.array(["2019-06-09"], dtype="M8[D]"), [[1], [1, 2]],
]  # fmt: skip
PLACES = {
    "__call__": "theta", "near": "psi", "log_near": "psi", "log_tail": "psi", "at_log": "y",
    "near_at": "y", "log_at": "y", "elevation": "u",
}  # fmt: skip


@pytest.mark.parametrize("method, name", PLACES.items())
@pytest.mark.parametrize("law", EVERY_LAW, ids=range(len(EVERY_LAW)))
def test_what_is_no_number_is_named(law, method, name):
    bad = NO_NUMBERS
    if method == "elevation":
        bad = [*bad, [2.0, -1], [0.5, -1e-9], 1 + 1e-9, [0.5, np.nan], np.inf]
    for value in bad if hasattr(law, method) else []:
        with pytest.raises(ValueError, match=f"^{name}: "):
            getattr(law, method)(value)


@pytest.mark.parametrize("law", EVERY_LAW, ids=range(len(EVERY_LAW)))
@pytest.mark.parametrize(
    "name, value",
    [
        ("f", 1),
        ("f", float),
        ("breaks", "x"),
        ("breaks", [np.nan]),
        ("rtol", "1"),
        ("rtol", np.nan),
    ],
)
def test_means_check_their_arguments(law, name, value):
    with pytest.raises((ValueError, TypeError), match=f"^{name}: "):
        law.expect(**{"f": np.sin} | {name: value})


@pytest.mark.parametrize("law", EVERY_LAW, ids=range(len(EVERY_LAW)))
def test_ends_and_the_undefined(law):
    """No angle has a tail that is no number; the quantiles of 0 and 1 are angles."""
    for f in (law, law.near):
        assert np.isnan(f(np.nan)) and f([]).shape == (0,) and 0 <= f(0.3) <= 1
    assert (law.elevation([0.0, 1.0]) >= 0).all() and law.elevation(1.0) <= np.pi / 2 + 1e-9
    assert law.elevation(1 + 5e-13) == law.elevation(1.0)  # but for a rounding
