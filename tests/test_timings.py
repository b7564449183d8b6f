"""The page of timings says what was not measured, since it was not installed."""

import json
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

SPEED = Path(__file__).parents[1] / "book/speed"
SAID = "not installed, so not measured: "


def absent(results):
    """What `make bench` stores where neither PyTorch nor scikit-matter is installed."""
    results["figure 3"]["PyTorch"] = results["learning curves"]["PyTorch"] = {"absent": True}
    rest = {"rows", "columns", "chosen", "load", "greedy", "at random"}
    kept = {name: row for name, row in results["selectors"].items() if name in rest}
    return results | {"selectors": {**kept, "absent": True}}


def shown(results, folder):
    """What the page prints and its tables in words, all cells run on these results."""
    (folder / "results.json").write_text(json.dumps(results))
    page = nbformat.read(SPEED / "how-fast-is-it.ipynb", as_version=4)
    place = {"metadata": {"path": str(folder)}}
    NotebookClient(page, kernel_name="python3", timeout=120, resources=place).execute()
    outputs = [out for cell in page.cells for out in cell.get("outputs", [])]
    return [out.get("text") or out.data["text/plain"] for out in outputs]


@pytest.mark.locked
def test_what_was_not_installed_is_named_beside_each_table(tmp_path):
    results = json.loads((SPEED / "results.json").read_text(encoding="utf8"))
    before = "\n".join(shown(results, tmp_path))
    assert f"{SAID}none\n" in before and before.count(SAID) == 1
    assert "PCovFPS" in before and "PyTorch" in before
    after = "\n".join(shown(absent(results), tmp_path))
    lines = [line.removeprefix(SAID) for line in after.splitlines() if SAID in line]
    assert lines == ["PyTorch", "scikit-matter", "PyTorch"]
    assert "PCovFPS" not in after and after.count("PyTorch") == 2
