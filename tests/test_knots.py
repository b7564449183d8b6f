"""Exact risks and bounds for laws with knots, by routes that need none of `knots`."""

import mpmath
import numpy as np
import pytest
import scipy
from statistics_rules import agrees

import linear_distillation as ld
from linear_distillation import knots, tables
from linear_distillation.hazards import Arcsine, Exponential, OwnShare, shared
from linear_distillation.knots import Question, met_by_pieces
from linear_distillation.laws import AtomicLaw, PowerLaw, TailLaw
from linear_distillation.parallel import exact_expected_risk, parallel_bound

STEPS = TailLaw(lambda t: np.where(t <= 0.3, 1, np.where(t <= 1.4, 0.6, 0)), knots=(0.3, 1.4))
LINES = TailLaw(
    lambda t: np.interp(t, [0, 0.5, 1.2, 1.5, np.pi / 2], [1, 0.9, 0.8, 0.2, 0]),
    knots=(0.5, 1.2, 1.5),
)


@pytest.mark.parametrize("law", [PowerLaw(1), PowerLaw(4)], ids=str)
@pytest.mark.parametrize("n, dim", [(1, 3), (9, 40)])
def test_a_knot_where_nothing_bends_changes_nothing(law, n, dim):
    knotted = TailLaw(law, knots=(0.7,))
    smooth = exact_expected_risk(ld.SymmetricTask(law, dim), n)
    assert exact_expected_risk(ld.SymmetricTask(knotted, dim), n) == pytest.approx(smooth, rel=1e-8)
    bound = parallel_bound(law, n, dim=dim)
    assert parallel_bound(knotted, n, dim=dim) == pytest.approx(bound, rel=1e-8)


def test_the_risk_after_one_example_is_a_mean_over_its_angle(rng):
    for dim in (2, 3, 4, 17, 200):
        law = AtomicLaw(rng.uniform(0.01, 1.57, rng.integers(1, 5)))
        task = ld.SymmetricTask(law, dim)
        exact = law.weights @ ld.risk.angle_risk(law.angles, task)
        assert exact_expected_risk(task, 1) == pytest.approx(exact, rel=1e-8, abs=1e-15)


@pytest.mark.parametrize("n, dim", [(1, 3), (4, 6)])
def test_a_staircase_by_its_atoms_and_by_its_knots(n, dim):
    atoms = AtomicLaw([0.3, 1.4], [0.4, 0.6])
    both = [exact_expected_risk(ld.SymmetricTask(law, dim), n) for law in (atoms, STEPS)]
    assert both[0] == pytest.approx(both[1], rel=1e-8)
    both = [parallel_bound(law, n, 0.9, dim) for law in (atoms, STEPS)]
    assert both[0] == pytest.approx(both[1], rel=1e-8)


@pytest.mark.parametrize("n, dim", [(3, 2), (4, 3), (3, 7)])
@pytest.mark.parametrize(
    "law",
    [
        AtomicLaw([0.0, 1.2, 1.5], [0.1, 0.7, 0.2]),
        AtomicLaw([0.3, 1.2, np.pi / 2], [0.3, 0.2, 0.5]),
        PowerLaw(0.5, 0.1),
        LINES,
        TailLaw(lambda t: 1 - 1.2 * t / np.pi),
    ],
    ids=["atoms", "boundary", "margin", "lines", "boundary and none"],
)
def test_the_exact_risk_agrees_with_the_chain(law, n, dim, rng):
    task = ld.SymmetricTask(law, dim)
    found, exact = ld.expected_risk(task, n, 2000, rng), exact_expected_risk(task, n)
    assert agrees(found, exact) or exact == pytest.approx(found.mean, rel=1e-9)
    assert ld.expected_risk(task, n).mean == exact


def test_within_45_degrees_nothing_is_wrong():
    assert exact_expected_risk(ld.MarginTask(0.8, 9), 3) == 0
    assert exact_expected_risk(ld.SymmetricTask(AtomicLaw([0.1, 0.7]), 9), 3) == 0


@pytest.mark.parametrize("law", [AtomicLaw([0.3, 1.2, 1.5]), LINES, PowerLaw(2, 0.2)])
def test_the_parallel_bound_agrees_with_drawn_angles(law, rng):
    cot = np.tan(law.draw((100_000, 5), rng))
    values = 1 / (1 + cot[:, 0] ** 2 * (cot[:, 1:] ** 2).sum(axis=1) / 0.3)
    found = ld.risk.Estimate(values.mean(), values.std() / np.sqrt(len(values)), len(values), 0)
    assert agrees(found, parallel_bound(law, 4, 0.3, 6))


def test_many_atoms_agree_with_the_chain(rng):
    law = AtomicLaw(np.pi / 2 - PowerLaw(1).elevation((np.arange(400) + 0.5) / 400))
    task = ld.SymmetricTask(law, 200)
    assert agrees(ld.expected_risk(task, 20, 4000, rng), exact_expected_risk(task, 20))


def product_below(p, q, w):
    """P[A B <= w] for two beta variables, in high precision, over the logit of B."""
    p, q, w = map(mpmath.mpf, (p, q, w))

    def weighted(z):
        log_mass = -p * mpmath.log1p(mpmath.exp(-z)) - q * mpmath.log1p(mpmath.exp(z))
        share = min(1, w * (1 + mpmath.exp(-z)))
        return 2 / mpmath.pi * mpmath.asin(mpmath.sqrt(share)) * mpmath.exp(log_mass)

    u, top = mpmath.log(w / (1 - w)), mpmath.log(p / q)
    ends = sorted({u, u + 1, u + 4, *(top + k for k in (-60, -20, -5, -1, 1, 5, 20, 60, 200))})
    above = mpmath.quad(weighted, [end for end in ends if end >= u]) / mpmath.beta(p, q)
    return above + mpmath.betainc(p, q, 0, w, regularized=True)


@pytest.mark.parametrize("dim, n", [(3, 2), (5, 2), (12, 5), (60, 59), (60, 20)])
def test_what_the_examples_share_against_high_precision(dim, n):
    variable = shared(dim, n)
    with mpmath.workdps(25):
        for w in (1e-12, 1e-3, 0.1, 0.5):
            exact = float(product_below((dim - n) / 2, (n - 1) / 2, w))
            hazard = variable.hazard(np.log([w]))
            assert -np.expm1(-hazard[0]) == pytest.approx(exact, rel=1e-10)
            if hazard < 700:
                assert variable.log_at(hazard) == pytest.approx(np.log(w), abs=1e-9)


@pytest.mark.parametrize("variable", [Arcsine(), OwnShare(0.5), OwnShare(40.0)])
def test_hazards_are_inverted(variable, rng):
    h = np.exp(rng.uniform(-40, 1, 200))  # beyond, log v is 0 to rounding
    assert variable.hazard(variable.log_at(h)) == pytest.approx(h, rel=1e-6)


@pytest.mark.parametrize("m", [0.5, 6.0, 5e8])
def test_hazard_of_the_own_share_has_all_digits(m):
    """For small v as well: in 1e9 dimensions n m may be 1e17, and v as small."""
    log_v = -np.array([1e-9, 0.01, 0.9, 1.1, 10, 35, 60, 600])
    with mpmath.workdps(300):
        exact = [float(-m * mpmath.log1p(-mpmath.exp(mpmath.mpf(float(v))))) for v in log_v]
    assert OwnShare(m).hazard(log_v) == pytest.approx(np.array(exact), rel=1e-14, abs=0)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("met", [0.1, 3.0])
def test_a_staircase_in_a_billion_dimensions(met):
    """One angle: P = E[(1 - cot^4/W)^(n m)], and the second factor of W is its mean to 1e-9."""
    dim, n = 10**9, 5 * 10**8
    m, B = (dim - 3) / 2, (dim - n) / (dim - 1)
    angle = np.pi / 2 - (met / (n * m)) ** 0.25
    cot4 = mpmath.cot(angle) ** 4
    # A = sin^2 u of a uniform angle u
    exact = mpmath.quad(
        lambda u: mpmath.exp(
            n * m * mpmath.log1p(-min(cot4 / B / mpmath.sin(u) ** 2, 1 - mpmath.eps))
        ),
        [0, 1e-3, 0.1, 0.5, mpmath.pi / 2],
    )
    told = exact_expected_risk(ld.SymmetricTask(AtomicLaw([angle]), dim), n)
    assert told == pytest.approx(float(exact / mpmath.pi), rel=1e-7)


def test_arcsine_hazard_against_high_precision(rng):
    log_v = -np.exp(rng.uniform(-12, 5, 200))
    with mpmath.workdps(40):
        exact = [
            -mpmath.log(2 / mpmath.pi * mpmath.acos(mpmath.exp(mpmath.mpf(v) / 2))) for v in log_v
        ]
    assert Arcsine().hazard(log_v) == pytest.approx(np.array(exact, dtype=float), rel=1e-11)


@pytest.mark.parametrize("n, dim", [(2, 15), (5, 20)])
@pytest.mark.parametrize("law", [AtomicLaw([0.2, 1.1, 1.5]), PowerLaw(0.5, 0.1), LINES])
def test_two_routes_agree_where_both_can_be_taken(law, n, dim):
    own, asked = Question(law, OwnShare((dim - 3) / 2)), Question(law, shared(dim, n))
    by_pieces = met_by_pieces(own, asked, n, "by pieces") / 2
    found = exact_expected_risk(ld.SymmetricTask(law, dim), n)
    assert found == pytest.approx(by_pieces, rel=2e-8)


@pytest.mark.parametrize("n, dim", [(2, 15), (5, 20), (30, 1000)])
@pytest.mark.parametrize("angles, weights", [([1.3], [1.0]), ([0.3, 1.4], [0.4, 0.6])])
def test_a_staircase_against_the_integral_over_both_shared_factors(angles, weights, n, dim):
    """A = sin^2 of a uniform angle, B by the Gauss rule of its own weight."""
    x, mass = scipy.special.roots_jacobi(60, (n - 1) / 2 - 1, (dim - n) / 2 - 1)
    u, share = np.polynomial.legendre.leggauss(500)
    W = np.sin(np.pi / 4 * (1 + u))[:, None] ** 2 * (1 + x) / 2
    s, total = np.tan(np.pi / 2 - np.array(angles)) ** 2, 0.0
    for asked, chance in zip(s, weights, strict=True):
        reached = np.maximum(1 - asked * s[:, None, None] / W, 0) ** ((dim - 3) / 2)
        total += chance * (share @ np.tensordot(weights, reached, 1) ** n @ mass)
    exact = total / 4 / mass.sum()
    task = ld.SymmetricTask(AtomicLaw(angles, weights), dim)
    assert exact_expected_risk(task, n) == pytest.approx(exact, rel=1e-9)


def test_what_takes_too_long_is_refused(rng):
    law = AtomicLaw(rng.uniform(0.5, 1.5, 200))
    with pytest.raises(ValueError, match="^task: its angle law has 200 knots; in 4 dim"):
        exact_expected_risk(ld.SymmetricTask(law, 4), 2)


def test_rounding_of_a_tail_is_told():
    with pytest.warns(ld.quadrature.AccuracyWarning, match="^parallel_bound: rounding of p"):
        parallel_bound(LINES, 10**12, dim=9)


@pytest.mark.parametrize(
    "size, dim, n", [(400, 40, 39), (400, 64, 20), (400, 3000, 5), (3000, 27, 9)]
)
def test_many_atoms_on_a_grid_are_as_good_as_one_by_one(size, dim, n, rng, monkeypatch):
    """With atoms on the boundary, at the teacher, and so close to either that no grid has them."""
    close = np.array([0, 1e-20, 1e-15, 1e-10, 1e-7])
    angles = np.concatenate([rng.uniform(0, np.pi / 2, size), close, np.pi / 2 - close])
    weights = rng.random(angles.size)
    law = AtomicLaw(angles, weights / weights.sum())
    task = ld.SymmetricTask(law, dim)
    quick = exact_expected_risk(task, n), float(parallel_bound(task, n))
    for module in (knots, tables):
        monkeypatch.setattr(module, "MANY", 10**9)
    slow = exact_expected_risk(task, n), float(parallel_bound(task, n))
    assert quick == pytest.approx(slow, rel=1e-10)


def test_the_grid_in_the_fewest_dimensions(rng, monkeypatch):
    """Below fifteen the largest share of an example bends too much for a table."""
    law = AtomicLaw(rng.uniform(0.01, np.pi / 2 - 0.01, 600))
    task = ld.SymmetricTask(law, 15)
    quick = [exact_expected_risk(task, n) for n in (1, 7, 14)]
    for module in (knots, tables):
        monkeypatch.setattr(module, "MANY", 10**9)
    assert quick == pytest.approx([exact_expected_risk(task, n) for n in (1, 7, 14)], rel=1e-10)


def test_answers_on_a_grid_where_little_is_left(rng):
    """To a relative accuracy, from 1 - 1e-30 down to 1e-250."""
    law = AtomicLaw(rng.uniform(0.8, 1.2, 300))
    for variable in (OwnShare(2000.0), Exponential()):
        for step in (0.1, 0.3):
            own, x = Question(law, variable), -np.arange(-60.0, 8, step)
            for grid, direct in zip(own.on_grid(x, 0.3), own(x, 0.3), strict=True):
                seen = direct > 1e-250
                assert grid[seen] == pytest.approx(direct[seen], rel=1e-9, abs=0)
                assert grid == pytest.approx(direct, rel=0, abs=1e-12)
