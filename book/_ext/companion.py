"""What this book needs that Sphinx and its theme do not offer: MathJax served with the
pages, repository buttons only where they lead somewhere, and the ledger of claims.
"""

import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from api import render as render_api
from claim_map import render as render_map
from docutils import nodes
from ledger import render as render_ledger

# All that a page can ask for: the loader with TeX input, packages it loads on demand, fonts.
MATHJAX = ["tex-chtml.js", "input/tex/extensions", "output/chtml/fonts"]


def repository_options(remote):
    """Theme options for a git remote: its buttons if it is an https address that the
    theme can link to, else nothing. Credentials in the address are dropped.
    """
    url = urlsplit(remote.strip())
    host, path = url.hostname or "", url.path.strip("/").removesuffix(".git")
    known = any(name in host for name in ("github", "gitlab"))
    if url.scheme != "https" or not known or "/" not in path:
        return {}
    port = f":{url.port}" if url.port else ""
    return {
        "repository_url": f"https://{host}{port}/{path}",
        "use_repository_button": True,
        "use_issues_button": True,
    }


def origin(folder):
    """The address of the checkout's remote, or an empty string."""
    git = ["git", "-C", folder, "remote", "get-url", "origin"]
    try:
        return subprocess.run(git, capture_output=True, text=True).stdout
    except FileNotFoundError:
        return ""


def configure(app, config):
    config.mathjax_path = "mathjax/tex-chtml.js"
    config.html_theme_options.update(repository_options(origin(app.srcdir)))


def copy_mathjax(app, exception):
    if exception or app.builder.format != "html":
        return
    source = Path(find_spec("sphinx-mathjax-offline").origin).parent / "static/mathjax"
    target = Path(app.outdir) / "_static/mathjax"
    for name in MATHJAX:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        if (source / name).is_dir():
            shutil.copytree(source / name, target / name, dirs_exist_ok=True)
        else:
            shutil.copy(source / name, target / name)


def fill(app, docname, content):
    """Put what is computed, not typed, in the place of its mark."""
    source = Path(app.srcdir)
    computed = {
        "ledger": lambda: render_ledger(source.parent, source),
        "api": render_api,
        "claim map": lambda: render_map(source),
    }
    if Path(app.env.doc2path(docname)).suffix == ".md":
        for mark, render in computed.items():
            if f"<!-- {mark} -->" in content[0]:
                content[0] = content[0].replace(f"<!-- {mark} -->", render())


def name_derivations(app, doctree):
    """Give the first cell tagged derives:ID the address #derives-ID."""
    seen = set()
    for cell in doctree.findall(nodes.container):
        for name in cell.get("classes", []):
            if name.startswith("tag_derives:") and name not in seen:
                seen.add(name)
                cell["ids"].append(name.removeprefix("tag_").replace(":", "-"))


def setup(app):
    app.connect("source-read", fill)
    app.connect("doctree-read", name_derivations)
    app.connect("config-inited", configure, priority=100)
    app.connect("build-finished", copy_mathjax)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
