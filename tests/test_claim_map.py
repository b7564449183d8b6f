"""The map of claims: complete, without circles, and honest about what it leaves out."""

import os
import subprocess
import sys
from graphlib import TopologicalSorter
from itertools import combinations
from pathlib import Path

import claim_map
import pytest
from claim_map import WIDE, direct, lanes, layout, places

from linear_distillation.claims import REGISTRY
from linear_distillation.claims.map import foundations, main_statements, used_by

MAIN = main_statements()
RESTS_ON = {name: claim.rests_on for name, claim in REGISTRY.items()}

ROOT = Path(__file__).parents[1]


def test_both_directions_agree():
    assert "gradient" in used_by("hessian") or "hessian" in used_by("gradient")
    for name in REGISTRY:
        assert all(name in RESTS_ON[other] for other in used_by(name))


def test_no_circular_proof():
    order = list(TopologicalSorter(RESTS_ON).static_order())
    place = {name: at for at, name in enumerate(order)}
    assert all(place[low] < place[name] for name in RESTS_ON for low in RESTS_ON[name])


def test_numbered_statements_are_main():
    kinds = ("Theorem", "Lemma", "Corollary")
    items = {c.paper for c in REGISTRY.values() if c.paper.startswith(kinds)}
    assert {paper.split(",")[0] for paper in items} == {
        REGISTRY[name].paper.split(",")[0]
        for name in MAIN
        if REGISTRY[name].paper.startswith(kinds)
    }


@pytest.mark.parametrize(
    "name, below",
    [
        ("lemma-1", set()),
        ("theorem-3-19", {"lemma-1"}),  # through two steps that are not shown
        ("corollary-1", {"theorem-3-19"}),  # and not what that one rests on
    ],
)
def test_foundations(name, below):
    assert foundations(name) == below


def drawn():
    rests_on = {name: foundations(name) for name in MAIN}
    top, _, _ = places(layout(rests_on), rests_on)
    arrows = direct(rests_on)
    return arrows, top, lanes(arrows, top)[0]


def test_an_arrow_passes_boxes_in_a_lane_beside_them():
    arrows, top, lane = drawn()
    heights = sorted({y for _, y in top.values()})
    edge = max(x for x, _ in top.values()) + WIDE / 2
    for low, name in arrows:
        passed = [y for y in heights if top[low][1] < y < top[name][1]]
        assert top[low][1] < top[name][1]
        assert not passed or lane[low] > edge


def test_no_two_statements_share_a_lane_at_one_height():
    arrows, top, lane = drawn()
    spans = {
        low: (top[low][1], max(top[name][1] for start, name in arrows if start == low))
        for low in lane
    }
    assert len(lane) > 5
    for one, other in combinations(lane, 2):
        (a, b), (c, d) = spans[one], spans[other]
        assert lane[one] != lane[other] or b <= c or d <= a


@pytest.mark.parametrize("seed", ["1", "2"])
def test_the_map_is_the_same_in_every_process(seed):
    """Sets are walked through in an order that changes from one to the next."""
    code = f"import claim_map, pathlib; print(claim_map.render(pathlib.Path({str(ROOT)!r})))"
    environ = os.environ | {"PYTHONHASHSEED": seed}
    environ["PYTHONPATH"] = os.pathsep.join([environ["PYTHONPATH"], str(ROOT / "book/_ext")])
    run = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True)
    assert run.stdout.strip() == claim_map.render(ROOT).strip()
