"""Execute the chapters of a folder side by side, note that they ran, or take a figure out.

python book/_ext/chapters.py run FOLDER [FIGURES [CHAPTER]]
python book/_ext/chapters.py note FOLDER FILE
python book/_ext/chapters.py figure NOTEBOOK NAME FILE
"""

import asyncio
import base64
import json
import os
import re
import sys
import time
from pathlib import Path

import nbformat
from clean import clean
from drawn import MIME, drawn_by, store
from nbclient import NotebookClient
from traitlets.config import Config

from linear_distillation.evidence import library_digest


async def execute(path, slots):
    """Execute one notebook in place; return what its figures draw, or None if it failed."""
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook,
        kernel_name="python3",
        timeout=120,
        record_timing=False,
        coalesce_streams=True,  # two prints come as one text or two, as it happens
        config=Config(KernelManager={"transport_encryption": "auto"}),
        resources={"metadata": {"path": str(path.parent)}},
    )
    async with slots:
        start = time.perf_counter()
        try:
            await client.async_execute()
            refuse_errors(notebook)
        except Exception as error:
            print(f"{path} failed\n{plain(str(error))}", file=sys.stderr)
            return None
    notebook.metadata.language_info.pop("version", None)  # the same file from every Python
    figures = take_drawn(notebook)
    nbformat.write(notebook, path)
    print(f"{path} ran in {time.perf_counter() - start:.1f} s", flush=True)
    return figures


def errors(notebook):
    """The errors among a notebook's outputs; a cell also has one if a figure is not displayed."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    outputs = [(number, out) for number, cell in enumerate(cells, 1) for out in cell.outputs]
    return [
        f"code cell {number}: {out.ename}: {plain(out.evalue)}"
        for number, out in outputs
        if out.output_type == "error"
    ]


def refuse_errors(notebook):
    if found := errors(notebook):
        raise RuntimeError("\n".join(found))


def take_drawn(notebook):
    """What the figures draw, taken out of the outputs: name -> description."""
    figures = {}
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for number, cell in enumerate(cells, 1):
        figures |= drawn_by(cell, cell.outputs, number)
        for output in cell.outputs:
            output.get("data", {}).pop(MIME, None)
            output.get("metadata", {}).pop(MIME, None)
    return figures


def plain(text):
    """The text without the colours of a terminal."""
    return re.sub(r"\x1b\[[\d;]*m", "", text)


def chapters(folder):
    return sorted(p for p in Path(folder).rglob("*.ipynb") if ".ipynb_checkpoints" not in p.parts)


async def run(folder, drawings=None, only=None):
    """Execute all chapters, or one; store what their figures draw in the folder for drawings."""
    jobs = int(os.environ.get("JOBS") or os.cpu_count() or 1)
    slots, paths = asyncio.Semaphore(jobs), chapters(folder)
    if only:
        paths = [path for path in paths if path == Path(folder, f"{only}.ipynb")]
    if not paths:
        sys.exit(f"{folder}: there is no chapter {only or ''}")
    done = await asyncio.gather(*(execute(path, slots) for path in paths))
    for path, figures in zip(paths, done, strict=True):
        if drawings and figures:
            store(drawings, path.relative_to(folder), figures)
    return 1 if None in done else 0


def note(folder):
    """Which chapters have just run, and on which library: evidence for the ledger."""
    for path in chapters(folder):
        refuse_errors(nbformat.read(path, as_version=4))
    names = (path.relative_to(folder).with_suffix("").as_posix() for path in chapters(folder))
    return json.dumps({"library": library_digest(), "chapters": list(names)})


def figure(notebook, name):
    """The PNG shown by the cell whose figure has this name."""
    for cell in nbformat.read(notebook, as_version=4).cells:
        if cell.metadata.get("mystnb", {}).get("figure", {}).get("name") == name:
            for output in cell.outputs:
                if "image/png" in output.get("data", {}):
                    return base64.b64decode(output.data["image/png"])
    raise LookupError(f"{notebook} shows no PNG named {name}; run make notebooks")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["run", folder, *options] if len(options) < 3:
            clean()
            sys.exit(asyncio.run(run(folder, *options)))
        case ["note", folder, file]:
            Path(file).write_text(note(folder))
        case ["figure", notebook, name, file]:
            Path(file).parent.mkdir(exist_ok=True)
            Path(file).write_bytes(figure(notebook, name))
        case _:
            sys.exit(__doc__)
