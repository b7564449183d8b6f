"""What a figure draws, in numbers: axes, scales, labels, and data to four digits of an axis.

A chapter's kernel (see clean.py) sends it beside each picture. `make notebooks` stores it under
tests/figures, and the tests compare.
"""

import json
import re
import sys
from pathlib import Path

import numpy as np

MIME = "application/x.drawn+json"
DIGITS = 4  # of the length of an axis: a tenth of a pixel
KEPT = 40  # points of a long curve, evenly spaced; all are compared by what `probes` says
MARGIN = 1e-6  # of an axis: its ends, where rounding takes no tick away
FORM = 2  # of a description; one stored in another form is not compared


def numbers(values):
    """Rounded beyond what is compared, as JSON holds them."""
    values = np.round(np.asarray(values, dtype=float), DIGITS + 2) + 0.0
    return np.where(np.isfinite(values), values, None).tolist()


def probes(vertices):
    """Three fixed random sums over all coordinates, as points of a circle.

    The circle gives a long curve the same digits as a short one. One coordinate that moves by an
    amount turns each by a half to one of it; far outside the axes only ratios count.
    """
    values = np.arcsinh(np.nan_to_num(vertices).ravel())
    rng = np.random.default_rng(0)
    weights = rng.uniform(0.5, 1, (len(values), 3)) * rng.choice([-1, 1], (len(values), 3))
    turns = values @ weights
    return numbers(np.r_[np.cos(turns), np.sin(turns)])


def points(vertices):
    """A curve (k, 2): how many points, some of them, the mean of all, and probes of a long one."""
    vertices = np.reshape(np.ma.filled(np.ma.asarray(vertices, dtype=float), np.nan), (-1, 2))
    found = vertices[np.isfinite(vertices).all(axis=1)]
    some = np.linspace(0, max(len(vertices) - 1, 0), min(len(vertices), KEPT)).astype(int)
    mean = found.mean(axis=0) if len(found) else []
    x, y = numbers(vertices[some].T)
    all_of = {"probes": probes(vertices)} if len(vertices) > KEPT else {}
    return {"count": len(vertices), "x": x, "y": y, "mean": numbers(mean), **all_of}


def on_axes(axes, vertices, transform):
    """Points in parts of the axes' width and height, whatever the scales."""
    vertices = np.ma.filled(np.ma.asarray(vertices, dtype=float), np.nan).reshape(-1, 2)
    with np.errstate(all="ignore"):  # what lies at infinity on a logarithmic axis
        return (transform - axes.transAxes).transform(vertices)


def colours(artist, *names):
    """The colours of a line or of a patch, with opacity, in no order."""
    from matplotlib.colors import to_hex, to_rgba_array

    rows = [to_rgba_array(getattr(artist, f"get_{name}")()) for name in names]
    return [sorted({to_hex(rgba, keep_alpha=True) for rgba in found}) for found in rows]


def label(artist):
    """What a legend says of it; Matplotlib numbers what has no label."""
    return "" if artist.get_label().startswith("_") else artist.get_label()


def line(axes, artist):
    from matplotlib.colors import to_hex, to_rgba

    opaque = to_hex(to_rgba(artist.get_color(), artist.get_alpha()), keep_alpha=True)
    look = [artist.get_linestyle(), str(artist.get_marker()), opaque]
    width = numbers([artist.get_linewidth(), artist.get_markersize()])
    curve = points(on_axes(axes, artist.get_xydata(), artist.get_transform()))
    return {"look": look, "width": width, "label": label(artist), **curve}


def opacity(artist):
    """How opaque: 1 where nothing is said, the mean where there is one for each part."""
    alpha = artist.get_alpha()
    return 1.0 if alpha is None else numbers(np.mean(alpha))


def lines_of(artist):
    """The widths of outlines, the opacity, and how large points of a cloud are."""
    sizes = artist.get_sizes() if hasattr(artist, "get_sizes") else []
    widths = np.unique(np.r_[artist.get_linewidth(), sizes])
    return {"width": numbers(widths), "alpha": opacity(artist)}


def collection(axes, artist):
    """Bands and error bars by their outlines, clouds of points by where they stand."""
    if artist.get_offset_transform().contains_branch(axes.transData):
        places = on_axes(axes, artist.get_offsets(), artist.get_offset_transform())
    else:
        outlines = [path.vertices for path in artist.get_paths()]
        places = on_axes(axes, np.concatenate(outlines or [[]]), artist.get_transform())
    look = {"look": colours(artist, "facecolor", "edgecolor")}
    if artist.get_array() is not None:  # colours stand for numbers
        look = {"values": points(np.repeat(artist.norm(artist.get_array()).ravel(), 2))}
    return {**look, **lines_of(artist), "label": label(artist), **points(places)}


def patch(axes, artist):
    outline = artist.get_path().vertices
    places = on_axes(axes, outline, artist.get_transform())
    look = colours(artist, "facecolor", "edgecolor")
    return {"look": look, **lines_of(artist), **points(places)}


def text(axes, artist):
    place = getattr(artist, "xy", artist.get_position())
    return {
        "text": artist.get_text(),
        "at": [numbers(x) if np.isreal(x) else str(x) for x in place],
        "alpha": opacity(artist),
    }


def image(axes, artist):
    values = artist.norm(artist.get_array())
    look = {"shape": list(values.shape), "alpha": opacity(artist)}
    return {**look, **points(np.repeat(np.ravel(values), 2))}


KINDS = dict(lines=line, collections=collection, patches=patch, texts=text, images=image)


def ticks(one, places):
    """Where an axis has marks, in parts of its length, and what their labels say."""
    one.get_ticklabels(which="both")  # brings them up to date
    found = {"marks": [], "minor": [], "words": []}
    for kind, some in {"marks": one.get_major_ticks(), "minor": one.get_minor_ticks()}.items():
        for tick in some:
            (place,) = places([tick.get_loc()])
            if -MARGIN <= place <= 1 + MARGIN:
                if tick.tick1line.get_visible() or tick.tick2line.get_visible():
                    found[kind].append(numbers(place))
                labels = (tick.label1, tick.label2)
                found["words"] += [text.get_text() for text in labels if text.get_visible()]
    return {**found, "offset": one.get_major_formatter().get_offset()}


def axis(axes, name):
    """One axis; its limits as the scale sees them, so that their distance is a length."""
    one = getattr(axes, f"{name}axis")
    scale = one.get_transform().transform
    low, high = scale(np.array(one.get_view_interval()))
    marks = ticks(one, lambda at: (scale(np.array(at)) - low) / (high - low))
    look = {"label": one.get_label_text(), "scale": one.get_scale(), "visible": one.get_visible()}
    return {**look, "limits": numbers([low, high]), "ticks": marks}


def content(axes):
    """What is drawn in axes, and the axes within them with their place."""
    for kind, tell in KINDS.items():
        if shown := [artist for artist in getattr(axes, kind) if artist.get_visible()]:
            yield kind, [tell(axes, artist) for artist in shown]
    if axes.child_axes:
        there = axes.transAxes.inverted().transform
        places = [numbers(there(child.bbox.get_points())) for child in axes.child_axes]
        yield "places", places
        yield "children", [describe_axes(child) for child in axes.child_axes]


def describe_axes(axes):
    legend = axes.get_legend()
    words = [entry.get_text() for entry in legend.get_texts()] if legend else []
    both = {"x": axis(axes, "x"), "y": axis(axes, "y")}
    look = {"title": axes.title.get_text(), "visible": [axes.get_visible(), axes.axison]}
    return {**both, **look, "legend": words, **dict(content(axes))}


def describe(figure):
    """A Matplotlib figure as what JSON can hold."""
    words = [entry.get_text() for legend in figure.legends for entry in legend.get_texts()]
    words += [entry.get_text() for entry in figure.texts]
    look = {"form": FORM, "size": numbers(figure.get_size_inches()), "words": words}
    return {**look, "axes": [describe_axes(axes) for axes in figure.axes]}


def differences(new, old, where="figure"):
    """How a figure differs from the stored one, in words."""
    if isinstance(new, dict) and isinstance(old, dict) and new.get("form") != old.get("form"):
        yield f"{where}: its description has another form than the stored one; run make notebooks"
    elif isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys()):
            yield from differences(new.get(key), old.get(key), f"{where}, {key}")
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for number, pair in enumerate(zip(new, old, strict=True), 1):
            yield from differences(*pair, f"{where} {number}")
    elif not same(new, old):
        yield f"{where}: {json.dumps(new)[:200]}, was {json.dumps(old)[:200]}"


def same(new, old):
    kinds = (int, float)
    if isinstance(new, kinds) and isinstance(old, kinds):
        return abs(new - old) <= 10**-DIGITS * max(1, abs(old))
    return new == old


def name_of(cell, number):
    """What a cell's figure is called in the book, or which of the code cells shows it."""
    return cell.metadata.get("mystnb", {}).get("figure", {}).get("name", f"cell {number}")


def drawn_by(cell, outputs, number):
    """The figures among the outputs of a cell: name -> what they draw."""
    found = [out["data"][MIME] for out in outputs if MIME in out.get("data", {})]
    found = [json.loads(one) if isinstance(one, str) else one for one in found]
    names = [name_of(cell, number) + "'" * index for index in range(len(found))]
    return dict(zip(names, found, strict=True))


def stored(folder, chapter):
    """The figures of a chapter as `make notebooks` left them."""
    path = Path(folder, chapter).with_suffix(".json")
    return json.loads(path.read_text(encoding="utf8")) if path.exists() else {}


def store(folder, chapter, figures):
    """One line for each list of numbers or words, so that a change is seen line by line."""
    path = Path(folder, chapter).with_suffix(".json")
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(figures, sort_keys=True, indent=1)
    text = re.sub(r"\[[^][{}\"]*\]", lambda found: " ".join(found[0].split()), text)
    path.write_text(f"{text}\n", encoding="utf8")


def load_ipython_extension(shell):
    """Beside each picture of a Matplotlib figure, send what it draws."""
    from IPython.core.formatters import JSONFormatter

    class Drawn(JSONFormatter):
        def lookup(self, shown):
            """What describes a figure. Matplotlib takes what is registered for figures away."""
            figures = getattr(sys.modules.get("matplotlib.figure"), "Figure", ())
            return describe if isinstance(shown, figures) else super().lookup(shown)

    shell.display_formatter.formatters[MIME] = Drawn(parent=shell.display_formatter)
