"""Execute the chapters of a folder side by side, note that they ran, or take a figure out.

python book/_ext/chapters.py run FOLDER
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
from nbclient import NotebookClient
from traitlets.config import Config

from linear_distillation.evidence import library_digest


async def execute(path, slots):
    """Execute one notebook in place; return whether it ran to its end."""
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook,
        kernel_name="python3",
        timeout=120,
        record_timing=False,
        config=Config(KernelManager={"transport_encryption": "auto"}),
        resources={"metadata": {"path": str(path.parent)}},
    )
    async with slots:
        start = time.perf_counter()
        try:
            await client.async_execute()
        except Exception as error:
            print(f"{path} failed\n{plain(str(error))}", file=sys.stderr)
            return False
    notebook.metadata.language_info.pop("version", None)  # the same file from every Python
    nbformat.write(notebook, path)
    print(f"{path} ran in {time.perf_counter() - start:.1f} s", flush=True)
    return True


def plain(text):
    """The text without the colours of a terminal."""
    return re.sub(r"\x1b\[[\d;]*m", "", text)


def chapters(folder):
    return sorted(p for p in Path(folder).rglob("*.ipynb") if ".ipynb_checkpoints" not in p.parts)


async def run(folder):
    slots = asyncio.Semaphore(os.cpu_count() or 1)
    done = await asyncio.gather(*(execute(path, slots) for path in chapters(folder)))
    return 0 if all(done) else 1


def note(folder):
    """Which chapters have just run, and on which library: evidence for the ledger."""
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
        case ["run", folder]:
            sys.exit(asyncio.run(run(folder)))
        case ["note", folder, file]:
            Path(file).write_text(note(folder))
        case ["figure", notebook, name, file]:
            Path(file).parent.mkdir(exist_ok=True)
            Path(file).write_bytes(figure(notebook, name))
        case _:
            sys.exit(__doc__)
