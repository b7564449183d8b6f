"""Every public argument, from one table: what is refused, what is accepted, what is left alone.

The fuzzer makes a few hundred random calls; ``FUZZ=10000 pytest tests/test_public.py -k fuzz``
makes that many, and prints how they ended. Its generator is NumPy's, not Hypothesis's: a seed names
a call, which is small already, and values come from the table, where there is nothing to shrink.
"""

import inspect
import os
import re
import time
import warnings
from collections import Counter

import numpy as np
import pandas as pd
import pytest
from public import (
    BAD,
    CALLS,
    LAWS,
    METHODS,
    NO_ROW,
    RECORDS,
    TASKS,
    arguments,
    bad_arrays,
    bad_cases,
    bad_method_cases,
    kind,
    parts,
    public,
    public_methods,
)
from public import rng as number_generator

import linear_distillation as ld

PUBLIC = public()
CALLS_OF_THE_FUZZER = int(os.environ.get("FUZZ", 300))
SECONDS = 10  # of processor time: a loaded machine is slow, not the library


def test_every_public_name_has_its_row():
    assert set(CALLS) | RECORDS == set(PUBLIC)
    for place, row in CALLS.items():
        assert list(inspect.signature(PUBLIC[place]).parameters) == list(row), place
        assert all(kind(place, name) for name in row)


def call(place, **changes):
    return PUBLIC[place](**arguments(place, **changes))


def named(error, names):
    """Whether a message begins with the name of an argument, or with several."""
    begins = re.match(r"(\w+)(, \w+)*: ", str(error))
    return bool(begins) and set(begins[0].rstrip(": ").split(", ")) & set(names)


def case(place, *rest):
    return pytest.param(place, *rest, id=" ".join([place, *rest[:2]]))


BAD_CASES = [case(*row) for row in bad_cases()]


@pytest.mark.parametrize("place, name, what, value", BAD_CASES)
def test_a_bad_argument_is_named(place, name, what, value):
    with pytest.raises((ValueError, TypeError)) as caught:
        call(place, **{name: value})
    assert named(caught.value, [name]), str(caught.value)


def test_every_public_method_has_its_row():
    """A class that is called has all its methods in the table, with all their arguments."""
    for place in [place for place in CALLS if inspect.isclass(PUBLIC[place])]:
        rows, there = METHODS.get(place, {}), public_methods(PUBLIC[place])
        without = {name for name in there if {place, f"{place} {name}"} & set(NO_ROW)}
        assert set(rows) | without == there, place
        for name, row in rows.items():
            known = set(inspect.signature(getattr(PUBLIC[place], name)).parameters) - {"self"}
            assert set(row) <= known and all(kind(place, argument) for argument in row)


def method(place, name, **changes):
    given = METHODS[place][name] | changes
    given = {k: v() if v is number_generator else v for k, v in given.items()}
    return getattr(call(place), name)(**given)


METHOD_CASES = [
    pytest.param(*row, id=" ".join([*row[:4], str(i)])) for i, row in enumerate(bad_method_cases())
]


@pytest.mark.parametrize("place, name, argument, what, value", METHOD_CASES)
def test_a_bad_argument_of_a_method_is_named(place, name, argument, what, value):
    with pytest.raises((ValueError, TypeError)) as caught:
        method(place, name, **{argument: value})
    assert named(caught.value, [argument]), str(caught.value)


@pytest.mark.filterwarnings("ignore::linear_distillation.flow.ConvergenceWarning")
@pytest.mark.parametrize("place", METHODS)
def test_rows_of_methods_work(place):
    for name in METHODS[place]:
        method(place, name)


# The same numbers in another dress


def read_only(array):
    array.flags.writeable = False
    return array


FORMS = {
    "half": lambda a: a.astype(np.float16),
    "single": lambda a: a.astype(np.float32),
    "long": lambda a: a.astype(np.longdouble),
    "integers": lambda a: a.astype(int) if (a == a.astype(int)).all() else a,
    "list": lambda a: a.tolist(),
    "frame": lambda a: pd.DataFrame(a) if a.ndim == 2 else pd.Series(a) if a.ndim == 1 else a,
    "read only": read_only,
    "Fortran": np.asfortranarray,
    "reversed": lambda a: a[::-1].copy()[::-1],
}
ARRAYS = [
    case(place, name)
    for place, row in CALLS.items()
    for name, value in row.items()
    if isinstance(value, np.ndarray) and value.dtype.kind == "f"
]


@pytest.mark.parametrize("place, name", ARRAYS)
def test_the_type_of_an_array_does_not_matter(place, name):
    plain, rtol = parts(call(place)), CALLS[place].get("rtol", 1e-12)  # that of an integrator
    for form, change in FORMS.items():
        other = parts(call(place, **{name: change(CALLS[place][name].copy())}))
        for one, two in zip(plain, other, strict=True):
            np.testing.assert_allclose(two, one, rtol=rtol, atol=1e-14, err_msg=form)


@pytest.mark.parametrize("place, name", ARRAYS)
def test_an_array_is_neither_changed_nor_kept(place, name):
    given = CALLS[place][name].copy()
    result = call(place, **{name: given})
    assert (given == CALLS[place][name]).all()
    held = parts(result) or parts(list(getattr(result, "__dict__", {}).values()))
    assert not any(np.shares_memory(given, part) for part in held)


# Random calls

TOLD = {  # results that are not finite by definition
    "objective.sublevel_intervals": "an end beyond the floating-point range",
    "deep.deep_rate": "the logarithm of a rate of 0",
    "monotonicity.monotonicity_index": "the share of no draws",
    "noise.noisy_moments": "moments that do not exist",
}


CHEAP = {  # counts up to 1e12 cost nothing
    *(f"bounds.{f}_bound" for f in ("theorem3", "integral", "corollary1", "corollary2", "margin")),
    *(f"bounds.{f}_bound" for f in ("approximate", "power_integral")),
    *(f"parallel.{f}" for f in ("parallel_factors", "tangent_point", "tangent_spread", "envelope")),
    *(f"parallel.{f}" for f in ("power_bound", "parallel_bound", "exact_expected_risk")),
    *("laws.IsotropicLaw", "noise.noisy_moments", "deep.start_bound", "deep.sharp_start_bound"),
}  # fmt: skip


def random_value(sort, value, rng, place=None):
    """Another value of the same sort: of any magnitude, or one that is bad."""
    if rng.random() < 0.08 and sort in BAD:
        return list(BAD[sort].values())[rng.integers(len(BAD[sort]))]
    if sort == "array":
        value = rng.standard_normal(3) if value is None else value
        if rng.random() < 0.1:
            return list(bad_arrays(value).values())[rng.integers(12)]
        if rng.random() < 0.5:
            value = rng.standard_normal(np.shape(value)) + value
        power = rng.choice([0, 0, 1, 10, 100, 200]) * rng.choice([-1, 1])
        return np.asarray(value) * 10.0**power
    if sort == "number" and value is not None:
        return float(value * 10.0 ** rng.choice([0, 0, -1, 1, -8, 8, 200, -200]))
    if sort == "count" and rng.random() < 0.1 and place in CHEAP:
        return int(10 ** rng.uniform(1, 12))
    if sort == "count":
        return int(rng.choice([1, 2, 3, 4, 5, 8]))
    if sort == "counts":
        return rng.integers(0 if rng.random() < 0.1 else 1, 9, rng.integers(1, 4))
    if sort == "elevations":
        return rng.choice([0.0, 1e-300, 0.5, np.pi / 2, 2.0, -1.0], 3)
    if sort in ("task", "tail"):
        return (TASKS + LAWS)[rng.integers(len(TASKS + LAWS))]
    if sort == "tasks":
        return [TASKS[rng.integers(len(TASKS))] for _ in range(2)]
    return value


def random_changes(place, row, rng):
    chosen = {k: v for k, v in row.items() if rng.random() < 0.6}
    changes = {k: random_value(kind(place, k), v, rng, place) for k, v in chosen.items()}
    return {k: v for k, v in changes.items() if kind(place, k) != "rng"}


SORTS = {"float": float, "Floats": np.ndarray, "Values": (float, np.ndarray), "None": type(None)}


def annotation(place, method=None):
    """What a function, or a method of a class, says that it returns; a class makes itself."""
    item = getattr(PUBLIC[place], method) if method else PUBLIC[place]
    return item.__name__ if inspect.isclass(item) else inspect.signature(item).return_annotation


def fits(result, annotation):
    """Whether a result is of the type that its function promises."""
    names = [name.partition("[")[0].strip() for name in annotation.split(" | ")]
    if annotation.startswith("tuple["):
        names = ["tuple"]
    return any(
        isinstance(result, SORTS[name])
        if name in SORTS
        else name in {part.__name__ for part in type(result).__mro__}
        for name in names
    )


def test_a_result_of_another_type_is_seen():
    one = ld.bounds.theorem3_bound(LAWS[0], 3)
    assert fits(one, "Bound") and fits(one, "float") and fits(np.ones(2), "Bound | Floats")
    assert fits((1, 2), "tuple[Floats, np.integer[Any] | Ints]") and fits([one], "list[Bound]")
    assert not fits(1.0, "Bound") and not fits(1.0, "Floats") and not fits(1, "float")
    assert not fits([1], "tuple[int]") and not fits(None, "float | Floats")


UNDEFINED = {"beta"}  # of a bound without an angle: nan, as its docstring says


def inside(result):
    """All arrays of numbers in a result, in what an object of the library holds too."""
    ours = type(result).__module__.startswith(ld.__name__)
    held = getattr(result, "__dict__", {}) if ours else {}
    return parts(result) + parts([v for k, v in held.items() if k not in UNDEFINED])


def test_numbers_inside_of_an_object_are_seen():
    task = ld.PolynomialTask(1, 3)
    task.kappa = np.nan
    assert any(np.isnan(part).any() for part in inside(task))


def outcome(place, changes, method=None, more=None):
    """How a call, of a method of what it makes perhaps, ended, and what is wrong with that."""
    row = CALLS[place] | (METHODS[place][method] if method else {})
    if {"task", "tasks", "tail"} & set(changes):
        row = row | {"scale": None, "kappa": None}  # what is wrong may be a task's own
    changes, start = changes | (more or {}), time.process_time()
    before = {k: np.array(v) for k, v in changes.items() if isinstance(v, np.ndarray)}
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            if method:
                made = call(place, **{k: v for k, v in changes.items() if k not in more})
                given = METHODS[place][method] | more
                given = {k: v() if v is number_generator else v for k, v in given.items()}
                result = getattr(made, method)(**given)
            else:
                result = call(place, **changes)
        except (ValueError, TypeError, FloatingPointError) as error:
            return "refused", None if named(error, row) else f"unnamed: {error!r:.160}"
        except Exception as error:
            return "raised", f"unnamed: {error!r:.160}"
    same = all(
        np.array_equal(changes[k], v, equal_nan=v.dtype.kind in "fc") for k, v in before.items()
    )
    if time.process_time() - start > SECONDS:
        return "slow", f"took {time.process_time() - start:.0f} s"
    if not same:
        return "changed", "the input was changed"
    told = [w for w in told if not issubclass(w.category, DeprecationWarning)]
    leaks = [str(w.message) for w in told if issubclass(w.category, RuntimeWarning)]
    if leaks:
        return "leaked", f"a warning of NumPy: {leaks[0]}"
    promised = annotation(place, method)
    if not fits(result, promised):
        return "typed", f"a {type(result).__name__} for a {promised}"
    finite = all(np.isfinite(part).all() for part in inside(result))
    if method in ("log_near", "log_tail"):  # of 0 it is -inf, by definition
        chance = made.near(given["psi"]) if method == "log_near" else made(given["psi"])
        finite = (np.isfinite(result) | (np.isneginf(result) & (chance == 0))).all()
    if not finite and not told and place not in TOLD:
        return "silent", f"not finite: {result!r:.160}"
    return ("warned" if told else "answered"), None


@pytest.mark.parametrize("module", [case(m) for m in sorted({p.split(".")[0] for p in CALLS})])
def test_fuzz(module):
    places = [place for place in CALLS if place.startswith(f"{module}.") and CALLS[place]]
    if not places:
        assert module == "plots"
        return
    ends, wrong = Counter(), {}
    for seed in range(max(20, -(-CALLS_OF_THE_FUZZER * len(places) // len(CALLS)))):
        rng = np.random.default_rng([seed, len(module)])
        place = places[seed % len(places)]
        changes, method, more = random_changes(place, CALLS[place], rng), None, None
        if place in METHODS and seed % 3:
            method = list(METHODS[place])[rng.integers(len(METHODS[place]))]
            more = random_changes(place, METHODS[place][method], rng)
        end, problem = outcome(place, changes, method, more)
        ends[end] += 1
        if problem:
            told = f"seed {seed}: {problem} {changes!r:.300} {more!r:.100}"
            wrong.setdefault(f"{place} {method} {problem[:60]}", told)
    print(module, dict(ends))
    assert not wrong, f"{len(wrong)} kinds\n" + "\n".join(f"{k}: {v}" for k, v in wrong.items())
