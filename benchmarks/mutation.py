"""Mutation testing: change one token of the library at random, and see who notices.

    python benchmarks/mutation.py [--seed S] [--sample N] [--jobs J] [PART]

A part is `library`, `claims` (with the engine), or both if none is given. Each mutant,
made by Cosmic Ray's operators on a copy of the library, is given to the tests of its
module, and what these let pass to all claims. Before that, each of these sets is given an
unchanged copy: one that fails it would seem to notice every mutant. The result goes to
`book/mutation.json`, which the ledger shows. Survivors that change nothing a user could see
are listed in `benchmarks/equivalent.txt`, with the reason, and do not count.
"""

import argparse
import ast
import difflib
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from queue import Queue

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

ROOT = Path(__file__).parents[1]
LIBRARY = ROOT / "lib/linear_distillation"
RESULT, EQUIVALENT = ROOT / "book/mutation.json", ROOT / "benchmarks/equivalent.txt"
SHARED = {"__init__.py", "plots.py", "__main__.py"}  # names, pictures and printing
SECONDS = 300  # for one run of tests; a mutant that takes longer has been noticed
# Whole families of replacements that no typing error makes.
UNLIKELY = ("BitAnd", "BitOr", "BitXor", "Shift", "FloorDiv", "Mod_", "_Mod", "Is", "Invert")
UNLIKELY += ("VariableInserter", "VariableReplacer", "Decorator")


def parts():
    """Part -> the files that belong to it."""
    files = [path for path in sorted(LIBRARY.rglob("*.py")) if path.name not in SHARED]
    engine = {LIBRARY / name for name in ("engine.py", "evidence.py", "certify.py")}
    claims = [path for path in files if path in engine or "claims" in path.parts]
    return {"library": [path for path in files if path not in claims], "claims": claims}


def sites(path):
    """Every place of a file and every operator that changes it: (path, operator, occurrence)."""
    tree = get_ast(path.read_text())
    for name in sorted(operator_names()):
        if not any(word in name for word in UNLIKELY):
            operator = get_operator(name)()
            places = (
                place for node in ast_nodes(tree) for place in operator.mutation_positions(node)
            )
            yield from ((path, name, number) for number, _ in enumerate(places))


def difference(path, mutated):
    """The changed lines, as one text."""
    lines = difflib.unified_diff(
        path.read_text().splitlines(), mutated.splitlines(), lineterm="", n=0
    )
    return "\n".join(line for line in lines if not line.startswith(("---", "+++", "@@")))


def tests_of(path):
    """The test files named after a module, or else its importers, and those that speak of it."""
    own = named(path.stem) or [test for stem in importers(path) for test in named(stem)]
    if "claims" in path.parts or path.stem in ("engine", "evidence", "certify"):
        own += [
            ROOT / f"tests/test_{name}.py" for name in ("engine", "certify", "checks_unchanged")
        ]
    return list(dict.fromkeys([*own, *speaking_of(path), ROOT / "tests/test_bad_input.py"]))


def named(stem):
    name = stem.strip("_")
    return [*ROOT.glob(f"tests/test_{name}*.py"), *ROOT.glob(f"tests/test_balls_{name}*.py")]


def importers(path):
    """The modules of the library's own folder that import a module."""
    files = LIBRARY.glob("*.py")
    return [file.stem for file in files if f"from .{path.stem} import" in file.read_text()]


def speaking_of(path):
    """The test files in which the names that a module defines occur most often."""
    body = ast.parse(path.read_text()).body
    names = [node.name for node in body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    word = re.compile(rf"\b({'|'.join(names) or '(?!)'})\b")
    tests = sorted(ROOT.glob("tests/test_*.py"))
    counts = Counter({test: len(word.findall(test.read_text())) for test in tests})
    return [test for test, count in counts.most_common(3) if count]


def commands(path):
    """What a mutant has to pass: its tests, then the claims at one seed."""
    tests = [str(test) for test in tests_of(path) if test.exists()]
    yield "tests", [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
    verify = [sys.executable, "-m", "linear_distillation", "verify", "--quiet"]
    yield "claims", [*verify, *claims_of(path)]


def claims_of(path):
    """The claims of a module of claims; of any other module, all."""
    from linear_distillation.claims import REGISTRY

    module = path.stem if path.parent.name == "claims" else None
    return [
        name for name, claim in REGISTRY.items() if claim.check.__module__.endswith(f".{module}")
    ]


def judge(site, folders):
    """Who noticed a mutant: tests, claims, nobody (None), or it changes no code."""
    path, name, number = site
    mutated = mutate_code(path.read_text(), get_operator(name)(), number)
    row = {"file": path.relative_to(LIBRARY).as_posix(), "operator": name.partition("/")[2]}
    row["change"] = difference(path, mutated or path.read_text())
    folder = folders.get()
    target = folder / path.relative_to(LIBRARY.parent)
    try:
        target.write_text(mutated)
        row["noticed"] = next((who for who, call in commands(path) if fails(call, folder)), None)
    finally:
        shutil.copy(path, target)
        folders.put(folder)
    return row


def fails(command, folder):
    environment = os.environ | {"PYTHONPATH": str(folder), "OPENBLAS_NUM_THREADS": "1"}
    environment |= {"PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, timeout=SECONDS
        )
    except subprocess.TimeoutExpired:
        return True
    return done.returncode != 0


def unsound(paths, folder):
    """The sets of tests, and of claims, that fail on what they are to tell from its mutants."""
    calls = {tuple(call): who for path in paths for who, call in commands(path)}
    return [f"{who}: {' '.join(call[1:])}" for call, who in calls.items() if fails(call, folder)]


def refuse_unsound(paths, folder):
    """Stop if there is one."""
    if found := unsound(paths, folder):
        sys.exit("These fail, or take too long, with no mutant at all:\n" + "\n".join(found))


def run(part, sample, seed, jobs):
    """Judge a random sample of the mutants of a part, spread over its files by their size."""
    chosen = random.Random(f"{seed} {part}")
    everything = [site for path in parts()[part] for site in sites(path)]
    places = chosen.sample(everything, min(sample, len(everything)))
    with tempfile.TemporaryDirectory() as top:
        folders = Queue()
        for number in range(jobs):
            folder = Path(top) / str(number)
            shutil.copytree(LIBRARY.parent, folder, ignore=shutil.ignore_patterns("__pycache__"))
            folders.put(folder)
        refuse_unsound(sorted({path for path, *_ in places}), folder)
        with ThreadPoolExecutor(jobs) as pool:
            for row in pool.map(lambda site: judge(site, folders), places):
                print(
                    f"{row['noticed'] or 'SURVIVED':8} {row['file']}: {row['operator']}", flush=True
                )
                if not row["noticed"]:
                    print(row["change"], flush=True)
                yield row
    print(f"{part}: {len(places)} of {len(everything)} mutants")


def equivalents():
    """Changes that nobody could notice: blocks of a reason, then the changed lines."""
    blocks = EQUIVALENT.read_text().split("\n\n") if EQUIVALENT.exists() else []
    return {block.partition("\n")[2].strip(): block.partition("\n")[0] for block in blocks}


def score(rows):
    """Counts of a part, equivalent mutants left out."""
    same = equivalents()
    counted = [row for row in rows if row["noticed"] or row["change"].strip() not in same]
    who = Counter(row["noticed"] or "nobody" for row in counted)
    died = sum(row["noticed"] is not None for row in counted)
    return {
        "sampled": len(rows),
        "equivalent": len(rows) - len(counted),
        "noticed": {key: who[key] for key in ("tests", "claims", "nobody")},
        "score": round(died / max(1, len(counted)), 4),
        "survivors": [row for row in counted if not row["noticed"]],
    }


def main():
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("part", nargs="?", choices=parts())
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--sample", type=int, default=100)
    options.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    chosen = options.parse_args()
    found = json.loads(RESULT.read_text()) if RESULT.exists() else {}
    for part in [chosen.part] if chosen.part else parts():
        rows = list(run(part, chosen.sample, chosen.seed, chosen.jobs))
        found[part] = {"date": str(date.today()), "seed": chosen.seed, **score(rows)}
        print(f"{part}: {found[part]['score']:.1%} of the mutants that matter were noticed")
        RESULT.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
