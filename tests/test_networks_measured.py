"""What `make networks` stored: its small version again, and what the large one says of itself."""

import importlib
import json
from pathlib import Path

import pytest

from linear_distillation import jobs

ROOT = Path(__file__).parents[1]
STORED = json.loads((ROOT / "book/open-questions/networks.json").read_text(encoding="utf8"))
# Of training, which ends where a residual is small: rounding may cost a step.
NEAR = 0.02


@pytest.fixture(scope="module")
def networks():
    """The script as a module that other processes know by its name, too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT / "benchmarks")
        jobs.stop()  # workers that were started without this folder
        yield importlib.import_module("networks")
    jobs.stop()


@pytest.fixture(scope="module")
def small(networks):
    return networks.measure(networks.SMALL)


def leaves(part, path=()):
    """The numbers of a tree, by their path."""
    if isinstance(part, (dict, list)):
        items = part.items() if isinstance(part, dict) else enumerate(part)
        return {at: x for key, below in items for at, x in leaves(below, (*path, key)).items()}
    return {path: part}


def test_the_small_version_again(small):
    found, stored = leaves(small), leaves(STORED["small"])
    assert set(found) == set(stored)
    assert len(found) > 100
    for path, number in found.items():
        assert number == pytest.approx(stored[path], abs=NEAR, rel=NEAR), path


def test_two_processes_give_the_same_bits(networks, small):
    assert networks.measure(networks.SMALL, n_jobs=2) == small


def test_the_large_version_says_how_it_was_made(networks):
    assert STORED["settings"] == networks.FULL
    assert set(STORED["made"]) >= {"commit", "seed", "numpy", "scikit-learn", "cpu seconds"}
    assert not STORED["made"]["commit"].endswith("dirty")
    unfinished = {k: v for k, v in STORED["full"].items() if k.endswith("unfinished")}
    assert len(unfinished) == 6
    assert all(left <= 0.05 * total for left, total in unfinished.values())
