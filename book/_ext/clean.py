"""The environment in which chapters run: the reader's own settings do not reach them."""

import atexit
import os
import shutil
import tempfile
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).parent
# Settings of Python, of notebooks, of SymPy, of Matplotlib and of the language that change what is
# computed or drawn. PYTHONOPTIMIZE even takes every assertion away.
LEAKS = ("PYTHON", "IPYTHON", "JUPYTER_", "SYMPY_", "MATPLOTLIBRC", "MPLBACKEND", "LC_", "LANG")
# Said to every kernel: tell what each figure draws (see drawn.py).
CONFIG = """import sys
sys.path.append({here!r})
c.IPKernelApp.extensions = ["drawn"]
"""


def environment(environ, profile):
    """The variables of `environ` without the reader's settings, and with ours.

    `profile` is the folder where IPython finds its configuration, in place of ~/.ipython.
    """
    kept = {name: value for name, value in environ.items() if not name.startswith(LEAKS)}
    library = Path(find_spec("linear_distillation").origin).parents[1]  # the one imported here
    return kept | {
        "PYTHONPATH": str(library),
        "IPYTHONDIR": str(profile),
        "MATPLOTLIBRC": os.devnull,  # else ~/.config/matplotlib/matplotlibrc is read
        "LC_ALL": "C.UTF-8",
    }


def clean():
    """Run what follows, and the kernels that it starts, in that environment."""
    profile = Path(tempfile.mkdtemp(prefix="profile-"))
    atexit.register(shutil.rmtree, profile, ignore_errors=True)
    (profile / "profile_default").mkdir()
    config = profile / "profile_default/ipython_kernel_config.py"
    config.write_text(CONFIG.format(here=str(HERE)), encoding="utf8")
    ours = environment(os.environ, profile)
    os.environ.clear()
    os.environ.update(ours)
