"""The map of claims: complete, without circles, and honest about what it leaves out."""

import os
import re
import subprocess
import sys
from graphlib import TopologicalSorter
from html import unescape
from itertools import combinations
from pathlib import Path

import claim_map
import pytest
from claim_map import arrows, basis, beside, number, picture, small, spine
from names import named

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


DRAWN = {name: foundations(name) for name in MAIN}
ORDER = spine(DRAWN)
OURS = beside(DRAWN, ORDER)
SCREEN = 900  # pixels


def test_the_spine_is_every_result_of_the_paper_each_below_what_it_rests_on():
    assert sorted(ORDER) == sorted(name for name in MAIN if not REGISTRY[name].ours)
    kinds = ("Theorem", "Lemma", "Corollary")
    items = {claim.paper.split(",")[0] for claim in REGISTRY.values()}
    shown = {number(name).split(",")[0] for name in ORDER}
    assert {item for item in items if item.startswith(kinds)} <= shown
    for name in ORDER:
        assert all(ORDER.index(low) < ORDER.index(name) for low in basis(name, DRAWN))


def test_ours_stand_beside_a_result_that_they_rest_on_directly():
    shown = [name for names in OURS.values() for name in names]
    direct = [name for name in MAIN if REGISTRY[name].ours and DRAWN[name] & set(ORDER)]
    assert sorted(shown) == sorted(direct) and 10 < len(shown) < 30
    for name, names in OURS.items():
        for one in names:
            assert name in DRAWN[one]
            assert not any(low in DRAWN[one] for low in ORDER[ORDER.index(name) + 1 :])


def test_the_map_fits_a_screen():
    width, height = map(int, re.search(r'width="(\d+)" height="(\d+)"', picture(DRAWN)).groups())
    assert height <= SCREEN and width <= 785


def test_no_box_covers_another_and_all_are_within_the_picture():
    drawing = picture(DRAWN)
    height = int(re.search(r'height="(\d+)"', drawing)[1])
    found = re.findall(r'<rect x="(\S+)" y="(\S+)" width="(\S+)" height="(\S+)"', drawing)
    boxes = [tuple(map(float, one)) for one in found]
    assert len(boxes) == len(ORDER) + sum(map(len, OURS.values()))
    assert all(y + high <= height for _, y, _, high in boxes)
    for (x, y, wide, high), (u, v, *_) in combinations(sorted(boxes), 2):
        assert u >= x + wide or not abs(v - y) < high


def test_arrows_lead_down_and_none_is_implied_by_others():
    found = arrows(DRAWN, ORDER)
    assert {("lemma-1", "theorem-3-19"), ("lemma-1", "theorem-D1")} <= set(found)
    assert ("theorem-A3", "certified-rate") not in found  # through Corollary A.1
    assert all(ORDER.index(low) < ORDER.index(name) for low, name in found)


def test_the_list_has_every_main_statement():
    listed = re.findall(r"^  - \[[^]]+\]\(#claim-([^)]+)\)", claim_map.render(ROOT), re.MULTILINE)
    assert sorted(listed) == sorted(MAIN)


def test_the_small_map_shows_what_a_claim_rests_on_itself_and_what_rests_on_it():
    for claim in REGISTRY.values():
        drawing = small(claim)
        shown = re.findall(r'data-claim="([^"]+)"', drawing)
        assert shown == [*claim.rests_on, *used_by(claim.id)]
        assert bool(drawing) == bool(shown)
        if drawing:
            itself = re.search(r'class="itself">.*?<text[^>]*>([^<]*)<', drawing)[1]
            assert unescape(itself) == named(claim.id)


def test_a_small_map_is_narrow_and_short_of_bytes():
    drawings = [small(claim) for claim in REGISTRY.values()]
    assert sum(map(len, drawings)) < 1000 * len(drawings)
    for drawing in filter(None, drawings):
        width, height = map(int, re.search(r'width="(\d+)" height="(\d+)"', drawing).groups())
        found = re.findall(r'<rect x="(\S+)" y="(\S+)" width="(\S+)" height="(\S+)"', drawing)
        for x, y, wide, high in (map(float, one) for one in found):
            assert x + wide <= width <= 340 and y + high <= height


@pytest.mark.parametrize("seed", ["1", "2"])
def test_the_map_is_the_same_in_every_process(seed):
    """Sets are walked through in an order that changes from one to the next."""
    code = f"import claim_map, pathlib; print(claim_map.render(pathlib.Path({str(ROOT)!r})))"
    environ = os.environ | {"PYTHONHASHSEED": seed}
    environ["PYTHONPATH"] = os.pathsep.join([environ["PYTHONPATH"], str(ROOT / "book/_ext")])
    run = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True)
    assert run.stdout.strip() == claim_map.render(ROOT).strip()
