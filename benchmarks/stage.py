"""A shell for make that times each line of a recipe: SHELL=..., STAGES=FILE in the environment.

It is called as `stage.py -c COMMAND`, runs the command with sh, and adds a line to the file.
"""

import json
import os
import subprocess
import sys
import time

# Names of a recipe's lines, by a word of theirs; the first that fits.
NAMES = {
    "chapters.py run": "chapters",
    "ruff": "style and types",
    "mypy": "style and types",
    "--nbval": "tests, and chapters again",
    "formal.py": "formal proofs",
    "chapters.py note": "attack on every claim",
    "distillation verify": "attack at a second seed",
    "lite.py": "chapters for the browser",
    "jupyter-book": "site",
    "tests/site": "site in a browser",
}
OTHER = "all else"


def name(command):
    """What a line of a recipe does, in words."""
    return next((text for word, text in NAMES.items() if word in command), OTHER)


def main(command, file):
    start = time.perf_counter()
    code = subprocess.call(["/bin/sh", "-c", command])
    row = {"name": name(command), "seconds": time.perf_counter() - start, "code": code}
    with open(file, "a", encoding="utf8") as lines:
        lines.write(json.dumps(row) + "\n")
    return code if code >= 0 else 1


if __name__ == "__main__":
    file = os.environ.pop("STAGES")
    # a make inside the recipe is not timed line by line
    for variable in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL"):
        os.environ.pop(variable, None)
    sys.exit(main(sys.argv[-1], file))
