"""A matrix of shares -> an SVG chart whose cells are darker the larger their share.

Knows nothing of studies; the colour comes from a class, its strength from the share.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from kiyas.report.series import CHARACTER
from kiyas.report.svg import canvas, element, shorten

_WIDTH = 760
_LONGEST = 22
_MOST_SIDE, _LEAST_SIDE = 72, 14
_SMALLEST_WITH_TEXT, _SMALLEST_WITH_SHARE = 26, 40
_STRONGEST = 0.5
"""Opacity of a share of one: the page's ink keeps a contrast of 4.5 on it in both themes."""


@dataclass(frozen=True)
class HeatCell:
    """One cell."""

    share: float | None
    """0 to 1; None leaves the cell empty."""
    text: str
    """First line."""
    second: str
    """Second line, where there is room."""
    said: str
    """What a pointer resting on it says."""


@dataclass(frozen=True)
class HeatMap:
    """A square matrix with its words."""

    name: str
    """Anchor."""
    title: str
    """What a screen reader says."""
    row_title: str
    """Above the names of the rows."""
    column_title: str
    """Above the names of the columns."""
    names: tuple[str, ...]
    """Of rows and columns."""
    cells: Sequence[Sequence[HeatCell]]
    """By row."""


def draw_heat_map(heat: HeatMap) -> Markup:
    """Return the chart; the cells of the diagonal have a frame."""
    names = [shorten(name, _LONGEST) for name in heat.names]
    longest = CHARACTER * max([len(name) for name in names], default=0)
    left = 20 + max(longest, CHARACTER * len(heat.row_title))
    # Names of columns rise at 45 degrees, the last one over the right edge of its column.
    rise = 0.75 * longest + 14
    side = min(_MOST_SIDE, max(_LEAST_SIDE, (_WIDTH - left - rise) / max(1, len(names))))
    height_of_cell = min(side, 44)
    top = 24 + rise
    parts = [
        element("text", heat.column_title, class_="axis", x=left, y=14),
        element("text", heat.row_title, class_="axis end", x=left - 8, y=top - 8),
    ]
    for number, name in enumerate(names):
        x, y = left + side * (number + 0.5), top - 8
        turn = f"rotate(-45 {x:.1f} {y:.1f})"
        parts.append(element("text", name, class_="name", x=x, y=y, transform=turn))
        middle = top + height_of_cell * (number + 0.5) + 4
        parts.append(element("text", name, class_="name end", x=left - 8, y=middle))
    for row, cells in enumerate(heat.cells):
        for column, cell in enumerate(cells):
            corner = left + side * column, top + height_of_cell * row
            parts.append(_draw_cell(cell, corner, (side, height_of_cell)))
    parts += [
        element("rect", class_="frame", x=left + side * i + 1, y=top + height_of_cell * i + 1,
                width=side - 2, height=height_of_cell - 2)
        for i in range(len(names))
    ]  # fmt: skip
    width = max(_WIDTH, left + side * len(names) + rise)
    size = width, top + height_of_cell * len(names) + 8
    return canvas(heat.name, heat.title, size, parts)


def _draw_cell(cell: HeatCell, corner: tuple[float, float], size: tuple[float, float]) -> Markup:
    (x, y), (width, height) = corner, size
    strength = f"{_STRONGEST * (cell.share or 0.0):.3f}"
    said = element("title", cell.said)
    parts = [
        element("rect", said, class_="heat", x=x, y=y, width=width, height=height,
                fill_opacity=strength)
    ]  # fmt: skip
    middle = x + width / 2
    if width >= _SMALLEST_WITH_SHARE and cell.second:
        line = y + height / 2
        parts.append(element("text", cell.text, class_="middle", x=middle, y=line - 2))
        parts.append(element("text", cell.second, class_="second middle", x=middle, y=line + 12))
    elif width >= _SMALLEST_WITH_TEXT:
        parts.append(element("text", cell.text, class_="middle", x=middle, y=y + height / 2 + 4))
    return element("g", *parts)
