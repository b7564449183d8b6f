"""Do two builds of the book differ? Only in what is listed here: `make twice`.

python .ci/compare.py FIRST SECOND
"""

import sys
from pathlib import Path

# What may differ, by a part of its path, and why. Nothing does today: files are dated by the
# commit, formulas and figures are the same in every run.
MAY_DIFFER = {}


def files(folder):
    """The files of a folder and below: path from there -> where it is."""
    return {p.relative_to(folder).as_posix(): p for p in Path(folder).rglob("*") if p.is_file()}


def differing(first, second, allowed=MAY_DIFFER):
    """Files that only one of two folders has, or whose bytes differ; what may is left out."""
    one, two = files(first), files(second)
    names = one.keys() ^ two.keys()
    names |= {n for n in one.keys() & two.keys() if one[n].read_bytes() != two[n].read_bytes()}
    return sorted(name for name in names if not any(part in name for part in allowed))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    found = differing(*sys.argv[1:])
    print("\n".join(found) or "The two builds are the same, byte for byte.")
    sys.exit(bool(found))
