"""Chapters that leave the site, to be run in the browser or downloaded, are notebooks like others:
what only the site can resolve, references, citations and numbers, is resolved in them.
"""

import json
import posixpath
import re
from functools import partial
from pathlib import Path

from docutils import nodes
from pybtex.database import parse_file

ROLE = re.compile(r"\{(prf:ref|eq|cite(?::\w+)?|doc|ref|numref)\}`(?:([^`<]+?)\s*<)?([^`>]+)>?`")
ANCHOR = re.compile(r"\[([^\]]+)\]\(#([\w:.-]+)\)")
EQUATION = re.compile(r"\$\$((?:(?!\$\$).)+)\$\$ *\(([\w:-]+)\)", re.DOTALL)
FENCE = re.compile(r"^(?P<fence>`{3,}|:{3,})\{(?P<kind>[\w:-]+)\} *(?P<title>.*)$")
OPTION = re.compile(r"^:(\w+): *(.*)$")
FOLDED = "<details>\n<summary>{title}</summary>\n\n{body}\n\n</details>"


class Book:
    """What Sphinx knows when the site is built: numbers, titles and places."""

    def __init__(self, app):
        self.env, self.site = app.env, app.config.html_baseurl
        self.uri = app.builder.get_target_uri
        self.entries = {}
        for file in app.config.bibtex_bibfiles:
            self.entries |= dict(parse_file(Path(app.srcdir, file)).entries)

    def link(self, text, page, place=""):
        """A link where the site has an address; elsewhere the words alone."""
        if not self.site:
            return text
        return f"[{text}]({self.site}{self.uri(page)}{f'#{place}' * bool(place)})"

    def number(self, page, kind, label):
        found = self.env.toc_fignumbers.get(page, {}).get(kind, {}).get(label, ())
        return ".".join(map(str, found))

    def statement(self, label):
        box = self.env.proof_list[label]
        number = self.number(box["docname"], box["countertype"], label)
        return f"{box['realtype'].title()} {number}".strip(), box["docname"]

    def equation(self, label):
        page = self.env.domains["math"].equations[label][0]
        place = f"equation-{nodes.make_id(label)}"
        return self.number(page, "displaymath", f"equation-{label}"), page, place

    def citation(self, keys, narrative=False):
        works = [self.work(key.strip(), narrative) for key in keys.split(",")]
        return "; ".join(works) if narrative else f"({'; '.join(works)})"

    def work(self, key, narrative):
        entry = self.entries[key]
        names = [" ".join(one.prelast_names + one.last_names) for one in entry.persons["author"]]
        names = [re.sub(r"[{}\\]|\\\W", "", name) for name in names]
        who = " and ".join(names) if len(names) < 3 else f"{names[0]} et al."
        year = entry.fields["year"]
        return f"{who} ({year})" if narrative else f"{who}, {year}"


def resolve(text, book, page, box):
    """The text of a cell, with all that only the site knows said in words, numbers or links."""
    text = ROLE.sub(partial(role, book, page), text)
    text = EQUATION.sub(lambda found: tagged(book, *found.groups()), text)
    text = ANCHOR.sub(lambda found: anchor(book, *found.groups()), text)
    return "\n".join(boxes(text.split("\n"), book, box))


def role(book, page, found):
    kind, words, target = found.groups()
    if kind == "prf:ref":
        name, where = book.statement(target)
        return book.link(words or name, where, target)
    if kind == "eq":
        number, where, place = book.equation(target)
        return book.link(f"({number})", where, place)
    if kind == "doc":
        where = posixpath.normpath(posixpath.join(posixpath.dirname(page), target)).lstrip("/")
        return book.link(words or f"*{book.env.titles[where].astext()}*", where)
    if kind == "numref":
        where, place, _ = book.env.domains["std"].labels[target]
        return book.link(f"Fig. {book.number(where, 'figure', place)}", where, place)
    if kind == "ref":
        where, place, title = book.env.domains["std"].labels[target]
        return book.link(words or f"*{title}*", where, place)
    return book.citation(target, narrative=kind.endswith(":t"))


def tagged(book, tex, label):
    """An equation that bears its number; several lines number nothing by themselves."""
    number = book.equation(label)[0]
    tag = "" if r"\begin{align" in tex else rf" \tag{{{number}}}"
    return f"$${tex.rstrip()}{tag}\n$$" if "\n" in tex else f"$${tex}{tag}$$"


def anchor(book, words, place):
    """A link to a place of any page; its words alone where the site has no address."""
    found = book.env.domains["std"].anonlabels.get(place.lower())
    if found is None and place in book.env.proof_list:
        found = (book.env.proof_list[place]["docname"], place)
    return book.link(words, *found[:2]) if found else words


def boxes(lines, book, box):
    """Theorems with their names and numbers, as `box` writes them; what folds, as it does there."""
    lines = iter(lines)
    for line in lines:
        if found := FENCE.match(line):
            inner = []
            for inside in lines:
                if inside.strip() == found["fence"]:
                    break
                inner.append(inside)
            options = dict(OPTION.match(one).groups() for one in inner if OPTION.match(one))
            body = [one for one in inner if not OPTION.match(one)]
            body = "\n".join(boxes(body, book, box)).strip("\n")
            yield box(found["kind"], heading(found, options, book), body)
        else:
            yield line


def heading(found, options, book):
    """The name and number of a box, with its title."""
    kind, title = found["kind"].removeprefix("prf:"), found["title"].strip()
    if kind == found["kind"]:
        return title
    name = book.statement(options["label"])[0] if "label" in options else kind.title()
    return f"{name} ({title})" if title else name


def as_box(kind, title, body):
    """For JupyterLite, whose extension shows boxes."""
    name = "dropdown" if kind in ("dropdown", "prf:proof") else "admonition"
    fence = ":" * max([3, *(len(inner) + 1 for inner in re.findall(r"^:{3,}", body, re.MULTILINE))])
    return f"{fence}{{{name}}} {title}\n{body}\n{fence}"


def as_quote(kind, title, body):
    """For any notebook: what folds does so in HTML, the rest is a quotation."""
    if kind == "dropdown":
        return FOLDED.format(title=title, body=body)
    lines = [f"**{title}.**", "", *body.split("\n")]
    return "\n".join(f"> {line}".rstrip() for line in lines)


def send(path, book, page, box):
    """Resolve a notebook in place."""
    notebook = json.loads(path.read_text("utf8"))
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            source = resolve("".join(cell["source"]), book, page, box)
            whole = isinstance(cell["source"], str)
            cell["source"] = source if whole else source.splitlines(keepends=True)
    path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", "utf8")


def send_all(app):
    """The chapters beside the pages: those to download, and those of JupyterLite."""
    book, out = Book(app), Path(app.outdir)
    folders = {out / "_sources": as_quote, out / "lite/files": as_box}
    for folder, box in folders.items():
        for path in sorted(folder.rglob("*.ipynb")):
            name = path.relative_to(folder).with_suffix("").as_posix()
            page = name if name.startswith("book/") else f"book/{name}"
            send(path, book, page, box)
