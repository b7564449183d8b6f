"""Put JupyterLite beside the site: the chapters and the library, to be run in the browser.

python book/_ext/lite.py CHAPTERS WORK OUT

CHAPTERS holds the executed chapters, WORK is rewritten, and OUT becomes a folder
that any file server can serve. Nothing is fetched to build it.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from importlib.metadata import distribution, version
from pathlib import Path

import nbformat
from chapters import chapters
from jupyterlite_pyodide_kernel.constants import PYODIDE_MJS, PYODIDE_VERSION

# What a chapter needs away from this project: the library, from the wheel that is served with the
# site. Its name on PyPI is nobody's, so it is never asked for there: in the browser piplite takes
# it from the index beside the page.
FIRST = """\
# Gets this book's library, if it is not here. It is on no package index, but beside the chapters.
import sys
from importlib.util import find_spec
if sys.platform == "emscripten":
    import piplite
    await piplite.install("linear-distillation")
elif find_spec("linear_distillation") is None:
    {install}"""
FROM_SITE = '%pip install -q "{site}/{wheel}" matplotlib pandas python-flint scikit-learn sympy'
BY_HAND = """\
raise ModuleNotFoundError(
        "linear_distillation is not installed. Download {wheel} from the site that "
        "this chapter is from, then: "
        "pip install FILE matplotlib pandas python-flint scikit-learn sympy"
    )"""
# The one package that the kernel needs and Pyodide does not ship; PyPI need not be asked.
COMM = "comm"
KERNEL = {"name": "python", "display_name": "Python (Pyodide)", "language": "python"}


PYODIDE = f"https://cdn.jsdelivr.net/pyodide/v{PYODIDE_VERSION}/full/{PYODIDE_MJS}"
WATCHED = ("notebooks", "lab")  # the applications that start Python


WELCOME = """\
**This chapter runs in your browser.** Press *Run* ▸ *Run All Cells*. Python itself is fetched \
first, from `cdn.jsdelivr.net`: some tens of megabytes, once. Until then cells show `[*]`. If that \
stays, Python could not be loaded, and a red bar says so: look whether your network blocks that \
host, then reload the page. What you change is kept in this browser only; \
*File* ▸ *Download* keeps it elsewhere."""


def welcome():
    """The words before a chapter in the browser."""
    return nbformat.v4.new_markdown_cell(WELCOME, id="welcome")


def first():
    """The cell that gets the library. SITE_URL, where it is set, is where the site will be."""
    site = os.environ.get("SITE_URL", "").rstrip("/")
    wheel = f"lite/pypi/linear_distillation-{version('linear-distillation')}-py3-none-any.whl"
    install = (FROM_SITE if site else BY_HAND).format(site=site, wheel=wheel)
    return nbformat.v4.new_code_cell(FIRST.format(install=install), id="install")


def edition(path):
    """What a chapter is known by: who has changed an older one is told (run.js)."""
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:12]


def for_browser(notebook, known_by):
    """The chapter with what to do and the cell that gets the library; its results stay."""
    notebook.cells[:0] = [welcome(), first()]
    notebook.metadata.chapter_version = known_by
    notebook.metadata.kernelspec = KERNEL
    return notebook


def copy(source, target):
    for path in chapters(source):
        to = target / path.relative_to(source)
        to.parent.mkdir(parents=True, exist_ok=True)
        # not by nbformat: of text in lists of lines, JupyterLite would show the commas
        chapter = for_browser(nbformat.read(path, as_version=4), edition(path))
        to.write_text(json.dumps(chapter, ensure_ascii=False), encoding="utf8")


def wheel(folder):
    """Build the library's wheel in a folder, offline, and return its path."""
    run("hatchling", "build", "--target", "wheel", "--directory", folder)
    (path,) = folder.glob("*.whl")
    return path


def repacked(package, folder):
    """A wheel of an installed package of pure Python, made from its installed files."""
    found = distribution(package)
    (tag,) = re.findall(r"^Tag: (py3-none-any)$", found.read_text("WHEEL"), re.MULTILINE)
    path = folder / f"{found.name}-{found.version}-{tag}.whl"
    kept = [file for file in found.files if ".." not in file.parts and file.suffix != ".pyc"]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(kept):  # dated as ZIP dates begin, so that every build is the same
            archive.writestr(zipfile.ZipInfo(str(file)), file.read_binary(), zipfile.ZIP_DEFLATED)
    return path


def run(module, *arguments, cwd=None):
    command = [sys.executable, "-m", module, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=cwd)
    if done.returncode:
        sys.exit(f"{done.stdout}{done.stderr}\n{module} failed")


def watch(out):
    """Let the applications tell when Python could not be fetched (lite.js)."""
    script = Path(__file__).with_name("lite.js").read_text("utf8").replace("PYODIDE", PYODIDE)
    (out / "lost-python.js").write_text(script, "utf8")
    for page in (out / name / "index.html" for name in WATCHED):
        text = page.read_text("utf8")
        tag = '<script type="module" src="../lost-python.js"></script>'
        page.write_text(text.replace("</head>", f"  {tag}\n</head>", 1), "utf8")


def build(source, work, out):
    shutil.rmtree(work, ignore_errors=True)
    copy(source, work / "chapters")
    options = ["--no-sourcemaps", "--no-unused-shared-packages"]
    options += [f"--apps={app}" for app in ("notebooks", "tree", "lab", "edit")]
    options += ["--lite-dir", work, "--contents", work / "chapters"]
    options += ["--piplite-wheels", wheel(work / "wheel"), "--output-dir", out]
    options += ["--piplite-wheels", repacked(COMM, work / "wheel")]
    run("jupyterlite_core", "build", *options, cwd=work)  # where it leaves its notes
    watch(out)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    build(*(Path(argument).resolve() for argument in sys.argv[1:]))
