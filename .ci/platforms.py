"""Does requirements.lock install elsewhere? Dry runs for each system and Python: `make platforms`.

python .ci/platforms.py UV LOCK
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

PYTHONS = ["3.11", "3.12", "3.13", "3.14"]
# For whom which packages have no wheel: nobody builds these for musl (Alpine Linux).
ON_MUSL = {"playwright", "python-flint", "scikit-learn"}
SYSTEMS = {
    "x86_64-manylinux_2_28": set(),
    "aarch64-manylinux_2_28": set(),
    "x86_64-unknown-linux-musl": ON_MUSL,
    "aarch64-unknown-linux-musl": ON_MUSL | {"matplotlib"},
    "aarch64-apple-darwin": set(),
    "x86_64-apple-darwin": set(),
    "x86_64-pc-windows-msvc": set(),
}
# The oldest macOS that the lock is for; on 11 scikit-learn has no wheels for arm64.
MACOS = "12.0"
# uv names a package that is pinned twice with its marker: name{sys_platform == 'darwin'}==1.0.
NO_WHEEL = re.compile(r"Because ([\w.-]+)(?:\{[^}]*\})?==\S+\s+has\s+no\s+(?:usable\s+)?wheels")


def complaint(uv, lock, system, python):
    """What uv says against installing these pins from wheels alone; empty if nothing."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "requirements.txt")
        path.write_text(lock)
        command = [uv, "pip", "compile", "-q", "--no-deps", "--only-binary", ":all:", path]
        command += ["--python-platform", system, "--python-version", python]
        environ = os.environ | {"MACOSX_DEPLOYMENT_TARGET": MACOS}
        done = subprocess.run(command, env=environ, capture_output=True, text=True)
    return done.stderr if done.returncode else ""


def lacking(uv, lock, system, python):
    """The pinned packages that have no wheel for this system and this Python."""
    names = set()
    while problem := complaint(uv, lock, system, python):
        found = NO_WHEEL.search(problem)
        if not found:
            sys.exit(f"{system}, Python {python}: {problem}")
        names.add(found[1])
        lock = re.sub(rf"^{re.escape(found[1])}==.*\n", "", lock, flags=re.MULTILINE)
    return names


def main(uv, lock):
    faults = 0
    for system, known in SYSTEMS.items():
        for python in PYTHONS:
            names = lacking(uv, Path(lock).read_text(), system, python)
            faults += names != known
            said = f"no wheel of {', '.join(sorted(names))}" if names else "installs"
            print(f"{system:28}{python:6}{said}{' (not as listed)' * (names != known)}", flush=True)
    return faults


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(min(main(*sys.argv[1:]), 1))
