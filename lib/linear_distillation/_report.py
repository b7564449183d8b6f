"""A study as one HTML file: its pictures are inside, and it asks no host for anything."""

from __future__ import annotations

import html
import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from . import _svg
from ._study import angles_line, answers, spectrum_line, table

if TYPE_CHECKING:
    from collections.abc import Iterable
    from os import PathLike

    from ._study import Study
    from .pool import Pool
    from .tasks import EmpiricalTail

STYLE = """
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
figure { margin: 2rem 0; } svg { width: 100%; height: auto; } figcaption { font-size: .9rem; }
table { border-collapse: collapse; display: block; overflow-x: auto; }
td, th { padding: .2rem .7rem; text-align: right; border-bottom: 1px solid #8886; }
"""
HEADERS = "n", "risk", "from", "to", "by the spectrum", "by the rows", "best bound"


def write(path: str | PathLike[str], study: Study, title: str) -> None:
    """Write the report; the file at `path` is replaced at once, or stays as it is."""
    path = Path(path)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        partial.write_text(page(study, title), encoding="utf8")
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def page(study: Study, title: str) -> str:
    """The report as text."""
    parts = [
        f"<h1>{html.escape(title)}</h1>",
        _paragraph(_size_of(study.pool)),
        _list(study.pool.notes),
        "<h2>How many examples</h2>",
        _list(answers(study)),
        _figure(curve_picture(study), CURVE_CAPTION),
        _table(study),
        "<h2>The data</h2>",
        _paragraph(spectrum_line(study.pool) + "; " + angles_line(study) + "."),
        _figure(spectrum_picture(study.pool), SPECTRUM_CAPTION),
    ]
    if study.tail is not None:
        parts.append(_figure(tail_picture(study.tail), TAIL_CAPTION))
    body = "\n".join(part for part in parts if part)
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{html.escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n{body}\n"
        "</body>\n</html>\n"
    )


CURVE_CAPTION = (
    "How often a student of n rows disagrees with the teacher: measured, with the interval of "
    "95 %, and predicted without training. A student interpolates the logits of its rows with the "
    "smallest norm."
)
SPECTRUM_CAPTION = (
    "Eigenvalues of the second moment of the pool, from the largest, and the share of the "
    "teacher's logits along each direction."
)
TAIL_CAPTION = (
    "The share of rows that make an angle of this size or more with the teacher, which is all that "
    "the paper's Theorem 3 sees, and its upper band of 95 %."
)


def _size_of(pool: Pool) -> str:
    kind = "linear in these features" if pool.exact else "not linear in these features"
    return (
        f"{pool.size} rows in the pool and {len(pool._test)} in the test half, {pool.dim} features "
        f"of rank {pool.rank}, {pool.classes} classes; the teacher is {kind}."
    )


def _paragraph(text: str) -> str:
    return f"<p>{html.escape(text[0].upper() + text[1:])}</p>"


def _list(items: Iterable[str]) -> str:
    items = "".join(f"<li>{html.escape(item.strip())}</li>" for item in items)
    return f"<ul>{items}</ul>" if items else ""


def _figure(svg: str, caption: str) -> str:
    return f"<figure>{svg}<figcaption>{html.escape(caption)}</figcaption></figure>"


def _table(study: Study) -> str:
    head = "".join(f'<th scope="col">{name}</th>' for name in HEADERS)
    rows = "".join(
        "<tr>" + "".join(f"<td>{_cell(value)}</td>" for value in row) + "</tr>"
        for row in table(study)
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _cell(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:.4f}" if value == value else ""


def curve_picture(study: Study) -> str:
    """The learning curve, measured and predicted, on logarithmic axes."""
    c = study.curve
    floor = max(1e-4, 0.3 / len(study.pool._test))
    lines = [
        _svg.Line("measured", c.n, c.mean, "#000000", marks=True, band=(c.low, c.high)),
        _svg.Line("predicted by the spectrum", c.n, study.spectrum, "#0072B2", dash="6 3"),
        _svg.Line("predicted by the rows", c.n, study.rows, "#009E73", dash="2 3"),
        _svg.Line("best bound of the book", c.n, study.bounds, "#D55E00", dash="8 3 2 3"),
    ]
    top = c.n[-1] if c.n[-1] > 1 else 2
    frame = _svg.Frame(
        (1, top), (floor, 1), "examples n", "risk", log=(True, True), level=study.risk
    )
    return _svg.picture(frame, lines, "Risk against the number of examples, measured and predicted")


def spectrum_picture(pool: Pool) -> str:
    """Eigenvalues, and what the teacher has along them."""
    values, order = pool.eigenvalues, np.arange(1, pool.rank + 1)
    c = np.square(pool._moments.coefficients).sum(axis=1) * values
    shares = (values / values.sum(), c / c.sum() if c.any() else c)
    low = max(1e-8, min(share[share > 0].min() for share in shares if share.any()))
    lines = [
        _svg.Line("data", order, shares[0], "#000000", marks=True),
        _svg.Line("teacher's logits", order, shares[1], "#E69F00", marks=True, joined=False),
    ]
    frame = _svg.Frame(
        (1, max(2, pool.rank)), (low, 1), "direction", "share of the sum", log=(True, True)
    )
    return _svg.picture(frame, lines, "Shares of data and logits along the directions of the pool")


def tail_picture(tail: EmpiricalTail) -> str:
    """The tail of the angle, and its band."""
    theta = np.linspace(0, np.pi / 2, 200)
    share = np.asarray(tail.law(theta))
    band = np.minimum(1.0, share + tail.width)
    lines = [
        _svg.Line("rows", np.degrees(theta), share, "#000000"),
        _svg.Line("upper band", np.degrees(theta), band, "#D55E00", dash="6 3"),
    ]
    frame = _svg.Frame((0, 90), (0, 1), "angle in degrees", "share of rows", log=(False, False))
    return _svg.picture(frame, lines, "Share of rows at an angle or more to the teacher")
