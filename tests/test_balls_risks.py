"""Risks and students on balls: both routes agree, and closed values are met."""

import numpy as np
import pytest
from scipy.stats import norm

from linear_distillation import rise, risk, students
from linear_distillation.claims.balls import ball, floats, precision, risks
from linear_distillation.laws import AtomicLaw, IsotropicLaw, PowerLaw
from linear_distillation.tasks import FiniteTask, SymmetricTask

LAWS = [
    PowerLaw(0.3),
    PowerLaw(4, 0.2),
    IsotropicLaw(7),
    AtomicLaw([0.3, 1.1, 1.4], [0.2, 0.5, 0.3]),
]


@pytest.fixture(autouse=True)
def bits():
    with precision(128):
        yield


def holds(enclosure, value, error):
    """A float within its error of a ball that is narrow."""
    assert float(enclosure.rad()) < 1e-15 * (1 + abs(float(enclosure)))
    assert abs(enclosure - ball(float(value))) <= error


@pytest.mark.parametrize("law", LAWS, ids=str)
@pytest.mark.parametrize("dim", [2, 3, 8, 51])
def test_risks_at_an_angle(law, dim):
    for phi in (0.05, 0.7, 1.5):
        value = risk.angle_risk(phi, law, dim) if law != LAWS[2] else phi / np.pi
        holds(risks.angle_risk(ball(phi), law, dim), value, 4e-12 * value + 1e-300)


def test_a_risk_of_known_value():
    """In two dimensions R is p(pi/2 - phi)/2; for atoms in four a share of a sphere's surface."""
    assert risks.angle_risk(ball(1).pi() / 6, PowerLaw(1), 2).overlaps(ball(1) / 6)
    angle = ball(2).atan()  # cot = 1/2, and T is uniform on [-1, 1] for tan(phi) = 1
    found = risks.angle_risk(ball(1).pi() / 4, AtomicLaw([float(angle)]), 4)
    assert abs(found - ball(1) / 4) < 1e-15


def test_a_student_at_a_right_angle_guesses():
    w, task = ball(np.eye(4)[1]), SymmetricTask(PowerLaw(2.5), 4)
    found = risks.transfer_risk(w, task)
    assert found.contains(0.5) and float(found.rad()) < 1e-20


def test_an_angle_that_may_be_zero_has_a_risk_between_its_ends():
    phi = ball(0).union(ball(1e-30))
    found = risks.angle_risk(phi, PowerLaw(1), 5)
    assert found.contains(0) and found.upper() < 1e-29


def test_signed_risks_and_points():
    rng = np.random.default_rng(0)
    w = rng.standard_normal((6, 5))
    points = rng.standard_normal((5, 3))
    for task in (SymmetricTask(LAWS[1], 5), FiniteTask(points, [0.2, 0.3, 0.5])):
        exact = risks.transfer_risk(ball(w), task)
        for enclosure, value in zip(exact, risk.transfer_risk(w, task), strict=True):
            holds(enclosure, value, 1e-11)


def test_a_student_orthogonal_to_an_example_may_be_wrong_or_right():
    w, third = ball(np.array([1.0, 0.0])), ball(1) / 3
    tie = np.array([third - third, ball(1)])
    found = risks.lost(w, ball(np.array([1.0, 1.0])), tie)
    assert found.contains(0) and found.contains(1)


def test_one_coordinate_of_a_sphere():
    """In five dimensions T is uniform on S^3: P[T >= 1/2] = 1/3 - sqrt(3)/(4 pi)."""
    exact = 2 * (ball(1) / 3 - ball(3).sqrt() / (4 * ball(1).pi()))
    assert risks.beyond(ball(0.5), 5).overlaps(exact)
    assert risks.beyond(ball(2), 5) == 0 and risks.beyond(ball(0.5), 2) == 1


def test_normal_below():
    for z in (-9.0, -0.5, 0.0, 2.0):
        holds(risks.normal_below(ball(z)), norm.cdf(z), 1e-15)


def test_narrow_clusters():
    rng = np.random.default_rng(1)
    for k in (2, 3, 4):
        means, q = rng.standard_normal((k, 3)), rng.dirichlet(np.ones(k))
        holds(
            risks.narrow_mixture_risk(ball(means), ball(q)),
            rise.narrow_mixture_risk(means, q),
            1e-13,
        )


def test_exchange_and_lever():
    X = rise.lever_examples(3, 2)
    assert risks.exchange_rise(ball(X), ball(np.eye(4)[0])) == ball(3) / 4
    rng = np.random.default_rng(2)
    for _ in range(5):
        X, w = rng.standard_normal((4, 5)) + 1, rng.standard_normal(4)
        holds(risks.exchange_rise(ball(X), ball(w)), rise.exchange_rise(X, w), 1e-14)


def test_subsets_seen():
    q = np.array([0.5, 0.3, 0.2])
    exact = risks.seen_probabilities(ball(q), 4)
    assert np.abs(floats(exact) - risk.seen_probabilities(q, 4)).max() < 1e-15


def test_students():
    rng = np.random.default_rng(3)
    for n in (1, 3, 7):
        X, w_star, g = rng.standard_normal((5, n)), rng.standard_normal(5), rng.standard_normal(5)
        exact = ball(X), ball(w_star)
        routes = [
            (
                risks.biased_student(*exact, ball(2.0), g=ball(g)),
                students.biased_student(X, w_star, 2.0, g=g),
            ),
            (risks.hard_label_student(*exact), students.hard_label_student(X, w_star)),
            (
                risks.hard_label_flow(*exact, [500.0])[0],
                students.hard_label_flow(X, w_star, [500.0])[0],
            ),
        ]
        for (enclosure, value), error in zip(routes, (1e-13, 1e-9, 1e-6), strict=True):
            assert np.abs(floats(enclosure) - value).max() < error


def test_the_point_of_a_hull_nearest_to_zero():
    """Of the triangle of e_1, e_2, e_3 it is the centre; of two columns the nearer point."""
    foot = risks.separation(ball(np.eye(3)))
    assert all(x.overlaps(ball(1) / 3) for x in foot)
    Z = ball(np.array([[1.0, 3.0], [0.5, 4.0]]))
    assert floats(risks.separation(Z)) == pytest.approx([1, 0.5], abs=1e-15)


def test_a_hull_bounds_the_margin_from_both_sides():
    rng = np.random.default_rng(4)
    Z = ball(rng.standard_normal((4, 6)) + 1)
    foot = risks.separation(Z)
    w = risks.unit(foot)
    gap = risks.length(foot) - min(floats(w @ Z))
    assert abs(gap) < 1e-15


def test_the_lowest_split_of_the_uniform_angle():
    """n = 2: 1 - x + x^2 is lowest at 1/2."""
    value, place = risks.lowest_split(ball(2))
    assert value.overlaps(ball(3) / 4) and place.overlaps(ball(1) / 2)
    for n in (3.0, 1e6):
        low, x = risks.lowest_split(n)
        exact, at = risks.lowest_split(ball(n))
        assert low == pytest.approx(float(exact), rel=1e-12) and x == pytest.approx(
            float(at), rel=1e-6
        )
