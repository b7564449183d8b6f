"""Line pictures as SVG: axes with ticks and labels, lines, bands, a key. Nothing else is needed."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any, TypeAlias, TypeVar

    from numpy.typing import NDArray

    from ._types import Floats

    Ends: TypeAlias = tuple[float, float]
    Place = TypeVar("Place", float, Floats)

WIDTH, HEIGHT = 640, 400
LEFT, RIGHT, TOP, BOTTOM = 82, 20, 20, 55


@dataclass
class Line:
    """A line, or marks, with a name in the key; `band` is drawn behind it. nan is left out."""

    name: str
    x: NDArray[Any]
    y: Floats
    colour: str
    dash: str = ""
    marks: bool = False
    joined: bool = True
    band: tuple[Floats, Floats] | None = None


class Frame(NamedTuple):
    """Axes: their ends, labels, which are logarithmic, and a level that is marked."""

    x: Ends
    y: Ends
    x_label: str
    y_label: str
    log: tuple[bool, bool]
    level: float | None = None

    def across(self, x: Place) -> Place:
        return LEFT + _share(x, self.x, self.log[0]) * (WIDTH - LEFT - RIGHT)

    def down(self, y: Place) -> Place:
        return HEIGHT - BOTTOM - _share(y, self.y, self.log[1]) * (HEIGHT - TOP - BOTTOM)


def picture(frame: Frame, lines: Sequence[Line], title: str) -> str:
    """An SVG element, in the colours of the page it stands on."""
    drawn = [line for line in lines if np.isfinite(line.y).any()]
    parts = [*_axes(frame), *(part for line in drawn for part in _drawn(frame, line))]
    parts += [part for i, line in enumerate(drawn[::-1]) for part in _key(i, line)]
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'font-family="system-ui, sans-serif" font-size="13"><title>{html.escape(title)}</title>\n'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>\n{body}\n</svg>'
    )


def _share(value: Place, ends: Ends, log: bool) -> Place:
    value, (low, high) = np.clip(value, *ends), ends
    if log:
        value, low, high = np.log(value), np.log(low), np.log(high)
    return (value - low) / (high - low)


def ticks(ends: Ends, log: bool) -> Floats:
    """Round numbers between two ends."""
    low, high = ends
    if not log:
        step = 10.0 ** np.floor(np.log10(high - low))
        step = step / 2 if (high - low) / step < 4 else step
        step = 30.0 if high - low == 90 else step
        return np.arange(np.ceil(low / step), np.floor(high / step) + 1) * step
    powers = 10.0 ** np.arange(np.floor(np.log10(low)), np.ceil(np.log10(high)) + 1)
    inside = lambda values: values[(values >= low * 0.999) & (values <= high * 1.001)]  # noqa: E731
    few = inside(powers)
    return few if len(few) > 3 else inside(np.outer(powers, [1, 2, 5]).ravel())


def _axes(frame: Frame) -> Iterator[str]:
    floor, left = HEIGHT - BOTTOM, LEFT
    yield (
        f'<path d="M{left} {TOP}V{floor}H{WIDTH - RIGHT}" fill="none" stroke="#000000" '
        'stroke-width="1"/>'
    )
    for x in ticks(frame.x, frame.log[0]):
        at = frame.across(x)
        yield f'<path d="M{at:.1f} {floor}v5" stroke="#000000"/>'
        yield _text(at, floor + 19, f"{x:g}", "middle")
    for y in ticks(frame.y, frame.log[1]):
        at = frame.down(y)
        yield f'<path d="M{left} {at:.1f}h-5" stroke="#000000"/>'
        yield _text(left - 9, at + 4, f"{y:g}", "end")
    if frame.level is not None:
        at = frame.down(frame.level)
        dots = 'stroke="#777777" stroke-dasharray="1 4"'
        yield f'<path d="M{left} {at:.1f}H{WIDTH - RIGHT}" {dots}/>'
    yield _text((left + WIDTH - RIGHT) / 2, HEIGHT - 12, frame.x_label, "middle")
    middle = (TOP + floor) / 2
    yield _text(16, middle, frame.y_label, "middle", f' transform="rotate(-90 16 {middle:.1f})"')


def _drawn(frame: Frame, line: Line) -> Iterator[str]:
    seen = np.isfinite(line.y)
    x, y = frame.across(line.x[seen]), frame.down(line.y[seen])
    if line.band:
        low, high = (frame.down(end[seen]) for end in line.band)
        outline = _path(np.append(x, x[::-1]), np.append(low, high[::-1]))
        yield f'<path d="{outline}Z" fill="{line.colour}" fill-opacity="0.15"/>'
    if line.joined:
        dash = f' stroke-dasharray="{line.dash}"' if line.dash else ""
        yield (
            f'<path d="{_path(x, y)}" fill="none" stroke="{line.colour}" stroke-width="2"{dash}/>'
        )
    if line.marks:
        for a, b in zip(x, y, strict=True):
            yield f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3" fill="{line.colour}"/>'


def _key(i: int, line: Line) -> Iterator[str]:
    y, x = HEIGHT - BOTTOM - 14 - 18 * i, LEFT + 16
    dash = f' stroke-dasharray="{line.dash}"' if line.dash else ""
    yield f'<path d="M{x} {y - 4}h28" stroke="{line.colour}" stroke-width="2"{dash}/>'
    yield _text(x + 36, y, line.name, "start")


def _path(x: Floats, y: Floats) -> str:
    return "M" + "L".join(f"{a:.1f} {b:.1f}" for a, b in zip(x, y, strict=True))


def _text(x: float, y: float, text: str, anchor: str, more: str = "") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="#000000"{more}>'
        f"{html.escape(text)}</text>"
    )
