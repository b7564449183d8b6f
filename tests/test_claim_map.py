"""The map of claims: complete, without circles, and honest about what it leaves out."""

from graphlib import TopologicalSorter

import pytest

from linear_distillation.claims import REGISTRY
from linear_distillation.claims.map import MAIN, RESTS_ON, foundations


def test_every_claim_is_on_the_map():
    assert set(RESTS_ON) == set(REGISTRY)


def test_it_names_only_claims():
    named = {below for names in RESTS_ON.values() for below in names} | set(MAIN)
    assert named <= set(REGISTRY)


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
