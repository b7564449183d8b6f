"""Check the formal proofs from nothing, and write what they rest on: `make proofs`.

python book/_ext/formal.py PROOFS RESULT [--if-possible]

PROOFS holds statements.toml and the sources; RESULT, a JSON file, is what the ledger reads.
A proof is refused if it leaves something out (`Admitted`, `Axiom`), if a theorem rests on an
assumption that statements.toml does not list, or if coqchk, which reads the compiled proofs
alone, refuses it.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from concurrent.futures import ThreadPoolExecutor
from graphlib import TopologicalSorter
from pathlib import Path

COQ = "8.16"  # names of lemmas change between versions of its libraries
ADVICE = (
    f"the formal proofs need Coq {COQ} with MathComp Analysis 0.6, {{here}}. Debian 12: "
    "apt-get install coq libcoq-mathcomp-analysis libcoq-mathcomp-algebra-tactics; elsewhere: "
    "opam install coq.8.16.1 coq-mathcomp-analysis.0.6.0 coq-mathcomp-algebra-tactics.1.0.0"
)
NAME = "Distillation"
# What would let a file through whose proofs are not whole.
HOLES = re.compile(
    r"\b(Admitted|admit|give_up|Abort|Axioms?|Parameters?|Conjectures?|Guard Checking"
    r"|Positivity Checking|Universe Checking|bypass_check|type-in-type)\b"
)
COMMENT = re.compile(r'\(\*|\*\)|"[^"]*"')


class Refused(Exception):
    """A proof that does not hold, said in words."""


def code(text):
    """A source without its comments, which nest, and without its strings; lines stay."""
    kept, depth, at = [], 0, 0
    for found in COMMENT.finditer(text):
        if depth == 0:
            kept.append(text[at : found.start()])
        else:
            kept.append("\n" * text.count("\n", at, found.start()))
        depth += {"(*": 1, "*)": -1}.get(found[0], 0)
        at = found.end()
    return "".join(kept) + text[at:]


def holes(path):
    """The places of a source that leave a proof out."""
    found = [
        (number, word[0])
        for number, line in enumerate(code(path.read_text("utf8")).splitlines(), 1)
        for word in HOLES.finditer(line)
    ]
    return [f"{path.name}, line {number}: {word}" for number, word in found]


def fingerprints(folder):
    """Of all that a result depends on: the sources, the list of statements, this script."""
    files = [*Path(folder).glob("*.v"), Path(folder, "statements.toml"), Path(__file__)]
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(files)}


def statements(folder):
    """The committed list: claims and their theorems, and the assumptions that are allowed."""
    return tomllib.loads((Path(folder) / "statements.toml").read_text("utf8"))


def run(*command, cwd):
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True)
    if done.returncode:
        raise Refused(f"{' '.join(command)}\n{done.stdout}{done.stderr}".strip())
    return done.stdout


def needs(path, names):
    """The files of this folder that a file imports."""
    found = re.findall(rf"From {NAME} Require Import ([\w\s]+)\.", code(path.read_text("utf8")))
    return {name for line in found for name in line.split() if name in names}


def compile_all(work, jobs):
    """Compile every file once what it imports is there, as many side by side as `jobs`."""
    names = {path.stem for path in work.glob("*.v")}
    order = TopologicalSorter({name: needs(work / f"{name}.v", names) for name in names})
    order.prepare()
    with ThreadPoolExecutor(jobs) as pool:
        running = {}
        while order.is_active():
            for name in order.get_ready():
                running[name] = pool.submit(compiled, work, name)
            for name in [name for name in running if running[name].done()] or [next(iter(running))]:
                running.pop(name).result()
                order.done(name)


def compiled(work, name):
    run("coqc", "-q", "-w", "none", "-Q", ".", NAME, f"{name}.v", cwd=work)


def assumptions(work, theorems, jobs=1):
    """What theorems rest on, by the kernel: theorem -> names of assumptions of its file's theorems.

    The kernel follows every proof down to the axioms, which takes seconds; so it is asked once a
    file. A theorem rests on no more than what all theorems of its file rest on together.
    """
    files = {}
    for theorem in theorems:
        files.setdefault(theorem.partition(".")[0], []).append(theorem)
    with ThreadPoolExecutor(jobs) as pool:
        found = pool.map(lambda file: rests_on(work, file, files[file]), files)
        return {one: names for file, names in zip(files, found, strict=True) for one in files[file]}


def rests_on(work, file, theorems):
    """What some theorems of one file rest on together."""
    together = ", ".join(f"@{NAME}.{theorem}" for theorem in theorems)
    lines = [f"From {NAME} Require {file}.", f"Definition all := ({together})."]
    query = work / f"rests_on_{file}.v"
    query.write_text("\n".join([*lines, "Print Assumptions all.", ""]))
    said = run("coqc", "-q", "-w", "none", "-Q", ".", NAME, query.name, cwd=work)
    for path in work.glob(f"*{query.stem}.*"):
        path.unlink()
    parts = re.split(r"^(?:Closed under the global context|Axioms:)$", said, flags=re.MULTILINE)
    if len(parts) != 2:
        raise Refused(f"Print Assumptions said something else than expected:\n{said}")
    names = re.findall(r"^([\w.']+)\s*:", parts[1], re.MULTILINE)
    return sorted(name.rpartition(".")[2] for name in names)


def plant(work, control):
    """Change a statement into a false neighbour; return what it is, once its proof is refused."""
    path = work / f"{control['file']}.v"
    whole = path.read_text("utf8")
    if whole.count(control["old"]) != 1:
        raise Refused(f"{path.name}: not once there, to be changed: {control['old']}")
    path.write_text(whole.replace(control["old"], control["new"]), "utf8")
    try:
        compiled(work, control["file"])
    except Refused:
        return control["what"]
    finally:
        path.write_text(whole, "utf8")
    raise Refused(f"{path.name}: a planted false statement went through: {control['what']}")


def check(folder, jobs):
    """All of it; returns the result as data, or raises `Refused`."""
    folder, listed = Path(folder), statements(folder)
    if left := [hole for path in sorted(folder.glob("*.v")) for hole in holes(path)]:
        raise Refused("a proof is left out: " + "; ".join(left))
    theorems = sorted({row["theorem"] for row in listed["proved"]})
    with tempfile.TemporaryDirectory() as work:
        work = Path(work)
        for path in folder.glob("*.v"):
            shutil.copy(path, work)
        compile_all(work, jobs)
        with ThreadPoolExecutor(2) as pool:  # a planted statement leaves what was compiled alone
            again = pool.submit(check_again, work)
            plants = pool.submit(lambda: [plant(work, control) for control in listed["control"]])
            found = assumptions(work, theorems, jobs)
            for theorem, names in found.items():
                if other := set(names) - set(listed["assumptions"]):
                    raise Refused(
                        f"{theorem} assumes what is not listed: {', '.join(sorted(other))}"
                    )
            again.result()
            result = {"files": fingerprints(folder), "tool": version(), "refused": plants.result()}
    return result | {"theorems": found}


def check_again(work):
    """Our compiled files by coqchk, a checker of its own; the libraries count as checked."""
    names = [
        word for path in sorted(work.glob("*.vo")) for word in ("-norec", f"{NAME}.{path.stem}")
    ]
    run("coqchk", "-silent", "-Q", ".", NAME, *names, cwd=work)


def version():
    """Which Coq there is, or nothing."""
    if not shutil.which("coqc"):
        return ""
    said = subprocess.run(["coqc", "--version"], capture_output=True, text=True).stdout
    return re.search(r"version ([\w.+]+)", said)[1]


def impossible():
    """Why the proofs cannot be checked on this machine, in one line; empty if they can."""
    found = version()
    if found == COQ or found.startswith(f"{COQ}."):
        return ""
    return ADVICE.format(here=f"and here is {found}" if found else "and there is no coqc here")


def main(folder, result, *options):
    if reason := impossible():
        optional = "--if-possible" in options
        print(f"make: {'not checked: ' * optional}{reason}", file=sys.stderr)
        return int(not optional)
    try:
        found = check(folder, int(os.environ.get("JOBS") or os.cpu_count() or 1))
    except Refused as problem:
        print(f"make: {problem}", file=sys.stderr)
        return 1
    Path(result).parent.mkdir(parents=True, exist_ok=True)
    Path(result).write_text(json.dumps(found, indent=1) + "\n")
    free = sum(not names for names in found["theorems"].values())
    print(f"{len(found['theorems'])} theorems hold, at least {free} of them without any axiom.")
    return 0


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
