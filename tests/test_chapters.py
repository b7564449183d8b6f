"""Chapters run alike on every machine, and fail where something is wrong with them."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import chapters
import clean
import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

import linear_distillation

ROOT = Path(__file__).parents[1]
LIBRARY = Path(linear_distillation.__file__).parents[1]
# What a reader may have set, with what it would do to a chapter.
SETTINGS = {
    "PYTHONOPTIMIZE": "1",  # no assertion is looked at
    "PYTHONPATH": "/somewhere/else",
    "PYTHONWARNINGS": "error",
    "MPLBACKEND": "svg",  # no figure is shown
    "LC_ALL": "tr_TR.UTF-8",
    "LANG": "tr_TR.UTF-8",
    "LANGUAGE": "tr",
    "JUPYTER_PATH": "/somewhere/else",
    "JUPYTER_CONFIG_DIR": "/somewhere/else",
}


def test_settings_of_the_reader_are_left_out(tmp_path):
    ours = clean.environment(SETTINGS | {"HOME": "/home/me", "MATPLOTLIBRC": "x"}, tmp_path)
    assert ours == {
        "HOME": "/home/me",
        "PYTHONPATH": str(LIBRARY),
        "IPYTHONDIR": str(tmp_path),
        "MATPLOTLIBRC": os.devnull,
        "LC_ALL": "C.UTF-8",
    }


def run(folder, source, home=None, figures=(), **settings):
    """Run a chapter of one cell as `make book` does, on a machine with these settings."""
    notebook = new_notebook(cells=[new_code_cell(source)])
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3"}
    path = folder / "chapter.ipynb"
    nbformat.write(notebook, path)
    environ = os.environ | {"HOME": str(home or folder), "JOBS": "1"} | settings
    command = [sys.executable, ROOT / "book/_ext/chapters.py", "run", folder, *figures]
    environ["PYTHONPATH"] = str(LIBRARY)  # of this process; chapters must not see it
    done = subprocess.run(command, env=environ, capture_output=True, text=True)
    return done, nbformat.read(path, as_version=4).cells[0].outputs


# What a machine looks like from inside a chapter.
LOOK = """import json, locale, os, sys
import matplotlib.pyplot as plt
plt.plot([1, 2])
plt.show()
rc = {name: plt.rcParams[name] for name in ("figure.facecolor", "xtick.direction", "text.usetex")}
print(json.dumps([rc, sys.flags.optimize, locale.setlocale(locale.LC_ALL, "")]))
assert not any("elsewhere" in value for value in os.environ.values())"""
MATPLOTLIBRC = "figure.facecolor: black\nxtick.direction: in\ntext.usetex: True\n"


def test_a_chapter_sees_no_setting_of_the_reader(tmp_path):
    home = tmp_path / "home"
    for place in (".config/matplotlib", ".ipython/profile_default/startup"):
        (home / place).mkdir(parents=True)
    (home / ".config/matplotlib/matplotlibrc").write_text(MATPLOTLIBRC)
    (home / ".ipython/profile_default/startup/mine.py").write_text("raise SystemExit\n")
    (tmp_path / "matplotlibrc").write_text(MATPLOTLIBRC)
    (tmp_path / "book").mkdir()
    settings = {name: value for name, value in SETTINGS.items() if name != "PYTHONPATH"}
    settings |= {"PYTHONWARNINGS": "ignore", "MATPLOTLIBRC": str(tmp_path)}
    done, outputs = run(tmp_path / "book", LOOK, home, **settings)
    assert done.returncode == 0, done.stderr
    assert [out.output_type for out in outputs] == ["display_data", "stream"]
    rc, optimize, locale = json.loads(outputs[1].text)
    assert rc == {"figure.facecolor": "white", "xtick.direction": "out", "text.usetex": False}
    assert (optimize, locale) == (0, "C.UTF-8")


@pytest.mark.parametrize(
    "source, said",
    [
        ("assert 1 > 2", "AssertionError"),
        # An error while displaying is no error of the cell: TeX is not to be found.
        (
            "import os, matplotlib.pyplot as plt\nos.environ['PATH'] = ''\n"
            "plt.rcParams['text.usetex'] = True\nplt.plot([1, 2])\nplt.show()",
            "code cell 1: RuntimeError: Failed to process string with tex",
        ),
    ],
)
def test_an_error_fails_a_chapter_even_without_assertions(tmp_path, source, said):
    done, _ = run(tmp_path, source, PYTHONOPTIMIZE="1")
    assert done.returncode == 1 and said in done.stderr


def test_a_stored_error_is_no_evidence(tmp_path):
    cell = new_code_cell("1/0", outputs=[nbformat.v4.new_output("error", ename="E", evalue="?")])
    cell.outputs[0].traceback = []
    nbformat.write(new_notebook(cells=[cell]), tmp_path / "chapter.ipynb")
    with pytest.raises(RuntimeError, match="code cell 1: E"):
        chapters.note(tmp_path)


@pytest.mark.parametrize("switch", [{"PYTHONOPTIMIZE": "1"}, {}])
def test_tests_refuse_to_run_where_assertions_are_off(switch):
    options = [] if switch else ["-O"]
    command = [sys.executable, *options, "-m", "pytest", "--collect-only", "tests/test_chain.py"]
    environ = {"PYTHONPATH": str(LIBRARY), "PATH": os.environ["PATH"], **switch}
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True)
    assert done.returncode and "assert statements are not executed" in done.stderr


def test_chapters_run_one_at_a_time_if_asked(tmp_path, monkeypatch):
    running, most = [], []

    async def execute(path, slots):
        async with slots:
            running.append(path)
            most.append(len(running))
            await asyncio.sleep(0.01)
            running.remove(path)
        return {}

    monkeypatch.setattr(chapters, "execute", execute)
    monkeypatch.setenv("JOBS", "2")
    for number in range(5):
        nbformat.write(new_notebook(), tmp_path / f"{number}.ipynb")
    assert asyncio.run(chapters.run(tmp_path)) == 0 and max(most) == 2


def test_timings_know_that_pytorch_was_absent(tmp_path, monkeypatch, capsys):
    """`make bench` then stores that in place of its row."""
    page = nbformat.read(ROOT / "book/speed/how-fast-is-it.ipynb", as_version=4)
    results = json.loads((ROOT / "book/speed/results.json").read_text())
    results["figure 3"]["PyTorch"] = {"absent": True}
    (tmp_path / "results.json").write_text(json.dumps(results))
    monkeypatch.chdir(tmp_path)
    cells = [cell.source for cell in page.cells if cell.cell_type == "code"]
    exec("\n".join(cells[:3]), {})
    assert "not installed, so not measured: PyTorch" in capsys.readouterr().out
