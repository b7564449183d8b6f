"""What the site shows of the formal proofs: their sources as pages, and what a check of them found.

The sources and statements.toml are copied beside the staged book; what `make proofs` found is in
`proofs/result.json` beside that. A result for other sources does not count.
"""

import json
import re
from pathlib import Path

from formal import fingerprints, statements

PAGES = "book/proofs"
DOC = re.compile(r"^\(\*\* (.*?)\*\)\n", re.DOTALL | re.MULTILINE)
NAMED = re.compile(r"^(?:Theorem|Lemma|Corollary|Definition) ([\w']+)", re.MULTILINE)
LEXER = "coq"


def folder(source):
    return Path(source) / "proofs"


def listed(source):
    """Claim -> its rows of statements.toml; nothing where there are no proofs."""
    rows = {}
    if (folder(source) / "statements.toml").exists():
        for row in statements(folder(source))["proved"]:
            rows.setdefault(row["claim"], []).append(row)
    return rows


def assumptions(source):
    """What theorems may rest on: name -> in words."""
    return statements(folder(source))["assumptions"] if listed(source) else {}


def result(build, source):
    """What the last check found, if it was of these very sources, else nothing."""
    path = Path(build) / "proofs/result.json"
    found = json.loads(path.read_text()) if path.exists() else {}
    return found if found and found["files"] == fingerprints(folder(source)) else {}


def proof(rows, found):
    """The evidence on one claim: a verdict, and a theorem with what it rests on and leaves out."""
    if not rows:
        return {"verdict": "not applicable"}
    if not found:
        return {"verdict": "unknown", "theorems": rows}
    theorems = [row | {"rests_on": found["theorems"][row["theorem"]]} for row in rows]
    return {"verdict": "pass", "theorems": theorems, "tool": found["tool"]}


def address(theorem):
    """The page of a theorem such as lemma_1.lemma_1, and its place there."""
    return f"{PAGES}/{theorem.partition('.')[0]}", place(theorem).lower()


def place(theorem):
    """Of "file.name": two files may prove theorems of one name."""
    return "proof-" + re.sub("[._]", "-", theorem).replace("'", "-prime")


def link(theorem, words=""):
    """Markdown for a link to a theorem's source."""
    name = theorem.split(".")[1]
    return f"[{words or f'`{name}`'}](#{place(theorem)})"


def said(found, assumptions):
    """One sentence on each theorem of a claim: what it rests on, what it leaves out."""
    for row in found.get("theorems", []):
        basis = rests_on(row, assumptions)
        yield f"**Proved formally:** {link(row['theorem'])}, {basis}{rest(row)}"


def rests_on(row, assumptions):
    if "rests_on" not in row:
        return "not checked in this build"
    names = [assumptions[name] for name in row["rests_on"]]
    return "resting on no axiom" + (" but, at most, these: " * bool(names)) + "; ".join(names)


def rest(row):
    return f". It leaves out {row['leaves_out']}" if row["leaves_out"] else ""


# The pages


def render(source, build, name):
    """A source as Markdown: its comments as text, the rest as code, with a place a theorem."""
    text = (folder(source) / f"{name}.v").read_text("utf8")
    parts = DOC.split(text)
    lines = [prose(parts[1]), evidence(source, build, name)]
    for comment, code in zip(["", *parts[3::2]], parts[2::2], strict=True):
        lines += [*places(name, code), prose(comment), block(code)]
    return "\n\n".join(line for line in lines if line)


def prose(comment):
    """A comment as Markdown: [name] is code there, and line breaks mean nothing."""
    return re.sub(r"\[([^\]]+)\]", r"`\1`", " ".join(comment.split()))


def places(file, code):
    """The place of what a comment stands over: the first name that follows it."""
    found = NAMED.search(code)
    return [f"({place(f'{file}.{found[1]}')})="] if found else []


def block(code):
    return f"```{{code-block}} {LEXER}\n{code.strip()}\n```" if code.strip() else ""


def evidence(source, build, name):
    """Whether the build's check accepted this file, in a sentence."""
    found = result(build, source)
    if not found:
        return "*This file has not been checked in this build; `make proofs` checks it.*"
    return f"*Coq {found['tool']} and its second checker accepted this file in this build.*"


def render_summary(source, build):
    """What the last check found, in short."""
    found = result(build, source)
    if not found:
        return "The proofs have not been checked in this build; `make proofs` checks them."
    theorems = found["theorems"].values()
    free = sum(not names for names in theorems)
    return (
        f"In this build Coq {found['tool']} accepted {len(theorems)} theorems of the ledger, "
        f"at least {free} of them without any axiom, and refused the false neighbours that were "
        f"planted: "
        f"{'; '.join(found['refused'])}."
    )
