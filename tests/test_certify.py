"""Proofs by enclosure: the engine, the certificates, the values."""

import json
from dataclasses import replace
from functools import partial

import flint
import mpmath
import numpy as np
import pytest
from flint import arb
from hypothesis import given, settings
from hypothesis import strategies as st

import linear_distillation as ld
from linear_distillation import certify, objective, parallel
from linear_distillation.claims import REGISTRY
from linear_distillation.claims.certificates import (
    CERTIFICATES,
    certificate,
    deep,
    examine,
    loss,
    split,
    values,
)
from linear_distillation.claims.certificates import parallel as certified_parallel


def holds(ball, value, within=0.0):
    """Whether a number is in the ball, or as near as its own error allows."""
    return abs(ball - arb(float(value))).lower() <= within


# The engine


def test_a_true_inequality_is_proved_with_a_lower_bound():
    proof = certify.prove(lambda x, y: 3 - x * x - y * y, (-1, 1), (-1, 1))
    assert proof.boxes >= 1 and 0 < proof.least <= 1
    assert proof.depth <= 40


def test_a_false_one_leaves_a_box_around_the_place():
    """(x - 1/3)^2 - 1e-16 is negative on an interval of length 2e-8 only."""
    with pytest.raises(certify.Unproved, match=r"^inequality: .*0\.3333333") as found:
        certify.prove(lambda x: (3 * x - 1) ** 2 / 9 - arb(10) ** -16, (0, 1), depth=60)
    (low, high) = found.value.box[0]
    assert abs(low - 1 / 3) < 2e-8 > abs(high - 1 / 3)
    assert str(found.value.value) in str(found.value)


def test_an_inequality_that_is_false_on_a_box_says_so():
    with pytest.raises(certify.Unproved) as found:
        certify.prove(lambda x: x - 2, (0, 1))
    assert found.value.false and found.value.box == ((0.0, 1.0),)


def test_equality_remains_unless_its_zero_is_divided_out():
    with pytest.raises(certify.Unproved, match=r"remaining: \[0\.0, ") as found:
        certify.prove(lambda x: 1 - x.cos(), (0, 1))
    assert not found.value.false

    def divided(x):
        return certify.quotient(lambda s: 1 - s.cos(), x, 0, 2)

    proof = certify.prove(divided, (0, 1))
    assert 0 < proof.least <= 1 - np.cos(1)


ZEROS = {"a difference": lambda x: x - x, "exact": lambda x: arb(0), "a ball": lambda x: arb(0, 1)}


@pytest.mark.parametrize("zero", ZEROS.values(), ids=ZEROS)
def test_an_equation_is_no_strict_inequality(zero):
    with pytest.raises(certify.Unproved):
        certify.prove(zero, (0, 1), depth=5)
    with pytest.raises(certify.Unproved):
        certify.prove_each(lambda k: zero(arb(k)), [(1,)])


def test_the_least_is_that_of_all_boxes_and_the_widest_side_is_halved():
    proof = certify.prove(lambda x, y: x * x - x + arb(3) / 10 + y, (0, 1), (0, 2**-40), depth=12)
    assert proof.boxes > 2 and 0 < proof.least <= 0.05 and 2 <= proof.depth <= 12


@given(st.floats(-1e9, 1e9), st.floats(0, 1e9))
def test_a_ball_holds_both_ends(low, width):
    ball = certify.ball(low, low + width)
    assert ball.contains(arb(low)) and ball.contains(arb(low + width))
    assert (
        ball.rad() <= width / 2 * (1 + 1e-6) + 1e-12 * abs(low) + 1e-300
    )  # half a subnormal is none


def test_the_number_of_boxes_is_limited():
    with pytest.raises(certify.Unproved, match=r"after 5\d boxes"):
        certify.prove(lambda x: x**2 - x + arb(1) / 4 + arb(10) ** -9, (0, 1), most=50)


@pytest.mark.parametrize("sides", [[(1, 0)], [(float("nan"), 1)]])
def test_a_side_is_ordered(sides):
    with pytest.raises(ValueError, match="^low: "):
        certify.prove(lambda x: x, *sides)


def test_cases_are_proved_one_by_one():
    proof = certify.prove_each(lambda k: arb(k), [(3,), (2,)])
    assert proof.boxes == 2 and 2 - 1e-12 < proof.least <= 2
    with pytest.raises(certify.Unproved, match=r"false on \[-1\.0, -1\.0\]"):
        certify.prove_each(lambda k: arb(k), [(3,), (-1,)])
    with pytest.raises(ValueError, match="^cases: "):
        certify.prove_each(lambda k: arb(k), [])


@settings(max_examples=60, deadline=None)
@given(st.floats(-3, 3), st.floats(0, 2), st.integers(1, 3), st.floats(0, 1))
def test_remainders_and_quotients_hold_every_value(low, width, order, share):
    """Against mpmath: exp less its Taylor polynomial at 1/2, over the power."""
    x, point = certify.ball(low, low + width), low + share * width
    with mpmath.workdps(40):
        step = mpmath.mpf(point) - 0.5
        if abs(step) < 1e-6:
            return
        rest = sum(step**k / mpmath.factorial(k) for k in range(order))
        value = (mpmath.exp(step) - rest) / step**order
        assert x.contains(arb(point))
        found = certify.remainder(lambda s: (s - arb(1) / 2).exp(), x, 0.5, order)
        shifted = certify.exp_quotient(x - arb(1) / 2, order)
        for ball in (found, shifted):
            assert ball.contains(arb(str(value))) or ball.overlaps(arb(str(value), 1e-30))


def test_the_series_is_that_of_the_function():
    c = certify.taylor(lambda s: (1 + s).log() / (1 - s), arb(0), 4)
    for got, want in zip(c, [0, 1, 0.5, 5 / 6, 7 / 12], strict=True):
        assert holds(got, want, 1e-15)
    assert certify.taylor(lambda s: s * 0 + 2, arb(3), 2)[0] == 2
    wide = certify.taylor(lambda s: 1 / s, certify.ball(-1, 1), 2)
    assert not any(x.is_finite() for x in wide)


def test_a_quotient_needs_its_zero():
    with pytest.raises(ValueError, match="^order: .* no zero of order 2 at 0"):
        certify.quotient(lambda s: s.sin(), arb(1), 0, 2)


def test_away_from_its_zero_a_quotient_is_a_plain_one():
    found = certify.quotient(lambda s: 1 - s.cos(), arb(2), 0, 2)
    assert holds(found, (1 - np.cos(2)) / 4, 1e-15) and found.rad() < 1e-14
    wide = certify.quotient(lambda s: 1 - s.cos(), certify.ball(1, 3), 0, 2)
    assert all(holds(wide, (1 - np.cos(x)) / x**2, 1e-15) for x in (1, 2, 3))


def test_the_mean_value_form_holds_the_function_and_is_narrower():
    def function(x, y):
        return x * y - y * x + (x - y) * (x + y)

    box = certify.ball(0.9, 1.1), certify.ball(0.4, 0.6)
    plain, better = function(*box), certify.centred(function)(*box)
    assert better > 0 or better.rad() < plain.rad()
    square = certify.centred(lambda x: x * x - 0 * x)(certify.ball(-1, 1))
    assert holds(square, 1) and holds(square, 0)
    for x in (0.9, 1.0, 1.1):
        for y in (0.4, 0.5, 0.6):
            assert holds(better, x * x - y * y, 1e-15)


def test_roots_minima_and_integrals_hold_their_values():
    assert holds(certify.root(lambda z: 2 - z * z, 1, 2), 2**0.5, 1e-15)
    assert certify.root(lambda z: 2 - z * z, 1, 2).rad() < 1e-18
    for ends in ((2, 3), (0, 1)):
        with pytest.raises(certify.Unproved):
            certify.root(lambda z: 2 - z * z, *ends)
    found = certify.minimum(lambda b: 1 - b + b**5, 0, 1)
    assert holds(found, 1 - 4 * 5**-1.25, 1e-15) and found.rad() < 1e-11
    edge = certify.minimum(lambda b: b - 1, 0, 1)
    assert holds(edge, -1) and edge.rad() < 1e-11
    with pytest.raises(certify.Unproved):
        certify.minimum(lambda b: (b - b.mid()) if isinstance(b, arb) else b, 0, 1, most=200)
    area = certify.integral(lambda z, _: z.exp(), 0, 1)
    assert holds(area, np.e - 1, 1e-15) and area.rad() < 1e-11
    with pytest.raises(ArithmeticError, match="^function: "):
        certify.integral(lambda z, _: 1 / z, -1, 1, eval_limit=300)


# The certificates


OF_A_LEMMA = {"t rises with D", "t falls with D on the other side too"}
# The mutant of two per cent, which the engine makes itself where a claim does not.
OF_THE_ENGINE = {"2 % smaller", "2 % shorter", "1.02 mu for mu", "2.04 for 2"}


def test_there_is_a_certificate_for_claims_by_their_names():
    assert len(set(CERTIFICATES) & set(REGISTRY)) >= 12
    assert set(CERTIFICATES) <= set(REGISTRY)
    for claim_id in CERTIFICATES:
        disproved, mutants = set(CERTIFICATES[claim_id].mutants), set(REGISTRY[claim_id].mutants)
        assert mutants <= disproved, claim_id
        assert disproved - mutants <= OF_THE_ENGINE | OF_A_LEMMA, claim_id


@pytest.mark.parametrize("claim_id", CERTIFICATES)
def test_certificate_is_proved_and_its_mutants_disproved(claim_id):
    found = examine(claim_id)
    assert found["verdict"] == "pass", (found["remaining"], found["mutants"])
    assert json.loads(json.dumps(found)) == found
    assert found["boxes"] == sum(part["boxes"] for part in found["parts"].values()) > 0
    assert all(part["least"] > 0 for part in found["parts"].values())
    assert all(arb(text) < 0 for text in found["mutants"].values())


def test_the_verdict_is_the_same_again():
    assert examine("parallel-envelope") == examine("parallel-envelope")


def test_an_unknown_claim_is_told():
    with pytest.raises(KeyError, match="claim_id: 'nothing' has no certificate"):
        examine("nothing")


PLANTED = {
    "a false part": (
        {"parts": {"one": lambda: certify.prove(lambda x: x - 1, (0, 2))}},
        ("remaining", "one", "false on"),
    ),
    "a box that remains": (
        {"parts": {"one": lambda: certify.prove(lambda x: x * x, (-1, 1))}},
        ("remaining", "one", "remaining:"),
    ),
    "a mutant that is true": (
        {"mutants": {"true": partial(loss.hessian_bound, 0, quarter=0.26)}},
        ("mutants", "true", "not disproved"),
    ),
    "a mutant that is an equation": (
        {"mutants": {"true": partial(loss.hessian_bound, 0, quarter=0.25)}},
        ("mutants", "true", "not disproved"),
    ),
    "a mutant where the claim fails too": (
        {"mutants": {"same": partial(lambda x, more=0: arb(x) - more, -1, more=1)}},
        ("mutants", "same", "the claim itself fails"),
    ),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_failure_is_told(name):
    changes, (place, key, words) = PLANTED[name]
    found = certificate.examine(replace(CERTIFICATES["hessian-bound"], **changes))
    assert found["verdict"] == "fail" and words in found[place][key]


def test_nothing_proved_is_no_pass():
    empty = replace(CERTIFICATES["hessian-bound"], parts={})
    assert certificate.examine(empty)["verdict"] == "fail"


# The same numbers as the library's


@pytest.mark.parametrize(("a", "b"), [(0.3, -1.2), (4.0, 4.5), (-3.0, 2.0)])
def test_terms_of_the_loss(a, b):
    assert holds(loss.bend(arb(a)), objective.curvature(a), 1e-15)
    k = objective.divergence(*np.array([[a], [b], [a - b]]))[0]
    assert holds(loss.term(arb(a), arb(b)), k, 1e-14)
    p, D = (-arb(abs(b))).exp(), abs(a - b)
    direct = [loss.label_gap(arb(abs(b) + D), arb(abs(b))), loss.term(arb(abs(b) + D), arb(abs(b)))]
    for x, y in zip(direct, loss.scaled(p, arb(D)), strict=False):
        assert (x / p).overlaps(y)


@flint.ctx.workprec(200)
def test_slopes_of_the_tension():
    """The formulas for the derivatives of t = D delta / k, by a difference."""
    b, D, h = arb(2) / 5, arb(17) / 10, arb(10) ** -20

    def t(b, D):
        return D * loss.label_gap(b + D, b) / loss.term(b + D, b)

    k = loss.term(b + D, b)
    slopes = (t(b + h, D) - t(b - h, D)) / (2 * h), (t(b, D + h) - t(b, D - h)) / (2 * h)
    p = (-b).exp()
    formulas = (
        -loss.tension_in_logit(p, D) * D * p**2 / k**2,
        -loss.tension_in_reach(p, D) * p**2 / k**2,
    )
    for slope, formula in zip(slopes, formulas, strict=True):
        assert slope < 0 and abs(slope - formula) < 1e-30


@pytest.mark.parametrize("layers", [2, 3, 5])
def test_starts(layers):
    for name, start in (
        ("start_11", ld.deep.start_bound),
        ("sharp_start", ld.deep.sharp_start_bound),
    ):
        length = arb(float(start(0.3, 0.7, layers)))
        slack = getattr(deep, name)(0.3, 0.7, layers)
        assert abs(slack - deep.end_of(length, arb(0.3), arb(0.7), layers)) < 1e-13


@pytest.mark.parametrize("d", [3, 4, 5, 8, 100])
def test_numbers_of_the_parallel_law(d):
    z = certified_parallel.tangent_point(d)
    assert holds(z, parallel.tangent_point(d), 1e-11) and z.rad() < 1e-17
    for n, power in ((2, 1.0), (2, 2.0), (d - 1, 3.0)):
        for mine, theirs in zip(
            certified_parallel.ends(n, d, power),
            ld.parallel.parallel_factors(n, d, power),
            strict=True,
        ):
            assert holds(mine / float(theirs), 1, 1e-10)
        assert holds(certified_parallel.climbing(n, d), ld.rise.climbing_risk(n, d), 1e-13)
    for x in (1.0, 1.3, 4.0):
        inside = min(x * float(z) ** 2, 1.0)
        got = certified_parallel.touching(d, inside / float(z) ** 2)
        assert holds(got, parallel.envelope(inside, d), 1e-11)


def test_the_constants_of_the_envelope():
    """z_0 sqrt(d - 1), as the book says it."""
    for d, value in ((3, 1.123), (100, 1.190)):
        assert abs(certified_parallel.tangent_point(d) * arb(d - 1).sqrt() - value) < 5e-4


def test_factors_by_the_integral():
    cot = np.array([1.0, 0.5, 2.0])
    want = ld.parallel.tan_moment(np.arctan(1 / cot), 7, 2.0) * (cot**2).sum()
    assert holds(certified_parallel.factor_of(list(cot**2), 7), want, 1e-9)


@pytest.mark.parametrize(("d", "n", "level"), [(2, 1, 0.3), (3, 2, 0.7), (200, 199, 0.05)])
def test_isotropic_split(d, n, level):
    slack, tail = split.isotropic(d, n, level), ld.IsotropicTask(d).tail
    beta = level * np.pi / 2
    assert holds(slack, tail(beta) + tail(np.pi / 2 - beta) ** n - 1, 1e-12)
    assert not slack < 0


@pytest.mark.parametrize("n", [2, 20, 1000])
def test_bounds_of_the_uniform_angle(n):
    law = ld.laws.PowerLaw(1)
    assert holds(split.uniform_infimum(n), ld.theorem3_bound(law, n).value, 1e-12)
    assert holds(split.corollary_2(n) + split.uniform_infimum(n), ld.corollary2_bound(1, n), 1e-12)
    for kappa in (0.2, 0.9, 1, 1.5, 7):  # the sharper form, with equality at 1
        sharper = split.rate(kappa, n, shift=min(1, kappa))
        assert sharper > 0 if kappa != 1 else sharper.contains(0)
    rate = split.rate(2, n).exp() * float(ld.bounds.power_integral_bound(2, n)) * (2 * n) ** 2
    assert holds(rate, 2, 1e-11)


# The values

LIBRARY = {
    "exact risk": lambda k: ld.parallel.exact_expected_risk(ld.PolynomialTask(k, 1000), 20),
    "power bound": lambda k: ld.power_bound(k, 20, 1000),
    "Theorem 3": lambda k: ld.theorem3_bound(ld.laws.PowerLaw(k), 20).value,
    "Corollary 2": lambda k: ld.corollary2_bound(k, 20),
    "integral bound": lambda k: ld.bounds.power_integral_bound(k, 20),
}


@pytest.mark.parametrize("kappa", [0.5, 1, 2])
@pytest.mark.parametrize("name", LIBRARY)
def test_enclosures_hold_the_values_of_the_library(name, kappa):
    found = values.enclose(f"{name}, kappa = {kappa}")
    ball, value = arb(found["enclosure"]), float(LIBRARY[name](kappa))
    assert holds(ball, value, 1e-8 * value), (ball, value)
    assert ball.rad() < 1e-5 * value
    assert json.loads(json.dumps(found)) == found


def test_other_enclosures_hold_their_values():
    value = float(ld.power_bound(1, 20, 1000, exact_angle=False))
    ball = arb(values.enclose("power bound without the exact angle, kappa = 1")["enclosure"])
    assert holds(ball, value, 1e-8 * value) and ball.rad() < 1e-10
    means = [[float(x) for x in m] for m in values.MEANS]
    ball = arb(values.enclose("vanishing noise")["enclosure"])
    assert holds(ball, ld.rise.narrow_mixture_risk(means), 1e-14) and ball.rad() < 1e-12
    assert abs(ball - 0.22042) < 5e-6
    with pytest.raises(KeyError, match="name: 'pi'"):
        values.enclose("pi")


def test_the_disc_of_a_wide_ball_holds_the_reach_of_its_points():
    """|H| at complex t, by mpmath, against the bound that the integral's error rests on."""
    for angle in (0.0, 0.6, 1.1):
        for size in (1e-3, 0.03, 0.3):
            t = mpmath.mpc(size * mpmath.cos(angle), size * mpmath.sin(angle))

            def density(w, t=t):
                return 7 * mpmath.cos(w) ** 6 * mpmath.sin(w) * mpmath.atan(mpmath.sin(w) / t)

            value = abs(mpmath.quad(density, [0, size / 2, size, 0.5, 1, mpmath.pi / 2]))
            ball = flint.acb(arb(float(t.real)), arb(float(t.imag)))
            bound = float(values.reach_bound(ball, 1, 10).real.rad())
            assert float(value) * 2 / np.pi <= bound


@given(st.floats(-1.17, 1.17), st.floats(-6, 6))
def test_the_arc_tangent_in_the_sector(angle, log_size):
    z = np.exp(log_size + 1j * angle)
    most = float(values.most_level(1)) * np.pi / 2
    assert values.in_sector(flint.acb(z.real, z.imag))
    assert abs(np.arctan(z)) <= min(most, 2**0.5 * abs(z))
    assert not values.in_sector(flint.acb(np.cos(1.18), np.sin(1.18)))


def test_density_of_the_test_example_in_closed_form():
    """kappa = 1: 4/pi^2 E sqrt(B) 3F2(1, 1, (d-n+1)/2; 3/2, d/2; -t^2)."""
    for n, d, t in ((20, 1000, 0.1), (2, 5, 0.3), (3, 40, 0.45)):
        first = mpmath.beta((d - n + 1) / 2, (n - 1) / 2) / mpmath.beta((d - n) / 2, (n - 1) / 2)
        series = mpmath.hyp3f2(1, 1, (d - n + 1) / 2, 1.5, d / 2, -(t**2))
        density = values.error_density(flint.acb(t), 1, n, d)
        assert holds(density.real, 4 / mpmath.pi**2 * first * series, 1e-14)


def test_two_routes_to_the_reach_of_an_example():
    """The incomplete beta function against the integral over E, kappa = 1."""
    for t in ("0.001", "0.05", "0.2"):
        t = flint.acb(t)
        uniform = values.reach_uniform(t, 1000)
        assert uniform.overlaps(values._reach_at(values._parts(t), 1000, 1))
