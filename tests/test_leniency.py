"""A check that is too lenient, by one per cent, is noticed: in each part, and in statistics."""

import pytest
from test_engine import planted, sampling

from linear_distillation.claims.claim import TWO_PERCENT
from linear_distillation.claims.slack import AtMost, Equal, Interval, Same, is_mean
from linear_distillation.evidence import examine


@pytest.mark.parametrize(
    "change", [{"lenient": 0.01}, {"error": 0.01}], ids=["a slack", "an interval"]
)
def test_a_check_more_lenient_by_one_per_cent_is_noticed(change):
    def tight(draw, lenient=0.0, error=1e-12):
        x = draw.uniform()
        return AtMost(x, x + lenient, error=error, scale=1.0)

    assert sampling(tight)["verdict"] == "pass"
    changed = sampling(lambda draw: tight(draw, **change))
    assert changed["verdict"] == "fail" and changed["reason"].startswith("lenient")


def test_an_equation_more_lenient_by_one_per_cent_is_noticed():
    assert sampling(lambda draw: Equal(draw.uniform(1, 2), 1.5, error=1, scale=50))["reason"] != ""
    wide = sampling(lambda draw: Equal(1 + 0 * draw.uniform(), 1, error=0.01))
    assert wide["reason"].startswith("lenient")


def test_a_loose_claim_says_so():
    def loose(draw):
        return AtMost(draw.uniform(), 2, scale=1.0)

    assert sampling(loose)["reason"].startswith("lenient")
    row = examine(planted(loose, loose="the constant is not the best"))
    assert row["evidence"]["sampling"]["verdict"] == "pass"
    assert TWO_PERCENT not in row["evidence"]["mutants"]["by"]


def two_parts(draw, lenient=0.0, error=0.0):
    x = draw.uniform()
    return [
        AtMost(x * x, x, scale=1.0),
        Equal(x, x + error / 2, error=1e-12 + error, scale=1.0),
        AtMost(x**0.01, 1 + lenient, scale=1.0),
    ]


@pytest.mark.parametrize("change, place", [({"lenient": 0.01}, 3), ({"error": 0.02}, 2)])
def test_leniency_in_one_part_of_several_is_noticed(change, place):
    assert sampling(two_parts)["verdict"] == "pass"
    reason = sampling(lambda draw: two_parts(draw, **change))["reason"]
    assert reason.startswith(f"lenient, part {place}: ")


def test_a_part_that_is_loose_says_so():
    def half(draw):
        x = draw.uniform()
        return [AtMost(x * x, x, scale=1.0), AtMost(x, 2, scale=1.0, loose="twice the best")]

    assert sampling(half)["verdict"] == "pass"


def test_a_lenient_statistic_is_noticed():
    """Of two sides that are equal the best guess is a distance, never above zero."""

    def mean(draw, lenient=0.0):
        low, high = is_mean(draw, 0.5, draw.sample().random(4000))
        return Same(low + lenient, high + lenient)

    assert sampling(mean)["verdict"] == "pass" and 0 <= sampling(mean)["sees"] < 0.001
    assert sampling(lambda draw: mean(draw, 0.01))["reason"].startswith("lenient: two sides")


def test_a_statistic_far_from_equality_is_loose():
    def far(draw):
        draw.sample()
        return Interval(0.4, 0.6)

    assert sampling(far)["reason"].startswith("lenient: the smallest slack, 0.5")
    assert sampling(far, loose="clear")["verdict"] == "pass"


def test_a_computation_beside_a_statistic_is_held_to_its_own_rule():
    def both(draw, part):
        x = draw.uniform(1, 2)
        return [is_mean(draw, 0.5, draw.sample().random(4000)), part(x)]

    for part in (
        lambda x: Equal(x, x + 0.25, error=0.5, scale=1.0),
        lambda x: AtMost(x, x, error=0.5, scale=1.0),
    ):
        reason = sampling(lambda draw, part=part: both(draw, part))["reason"]
        assert reason.startswith("lenient, part 2")
    assert sampling(lambda draw: both(draw, lambda x: AtMost(x, x)))["verdict"] == "pass"
