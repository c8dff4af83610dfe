"""Problems by checkpoint -> an SVG map of marks, one column a problem and one row a checkpoint.

Knows nothing of studies. A passed problem is a full cell, a failed one a thin stroke, one of which
some samples pass is in between: the map is read by form, not by colour alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from markupsafe import Markup

from kiyas.report.series import CHARACTER
from kiyas.report.svg import canvas, element, shorten

_WIDTH = 760
_ROW, _HEAD, _FOOT = 17, 30, 6
_LONGEST = 22
_LABEL_ROOM = 16
_THINNEST = 2.5


@dataclass(frozen=True)
class MapColumn:
    """One problem."""

    name: str
    """What a pointer resting on it says."""
    group: str
    """Where it belongs; columns of one group stand together, its name above them."""
    shares: tuple[float | None, ...]
    """Share of passing samples by row; None where not judged."""


@dataclass(frozen=True)
class MapBlock:
    """The problems of one trial."""

    title: str
    """Above the block."""
    rows: tuple[str, ...]
    """Names of the checkpoints."""
    columns: tuple[MapColumn, ...]
    """Sorted by group."""


def draw_problem_map(name: str, title: str, blocks: Sequence[MapBlock]) -> Markup:
    """Return the chart.

    Args:
        name: Anchor.
        title: What a screen reader says.
        blocks: From the top; at least one, each with at least one column.
    """
    longest = max(len(row) for block in blocks for row in block.rows)
    left = 12 + CHARACTER * min(_LONGEST, longest)
    parts, top = [], 0.0
    for block in blocks:
        drawn, height = _draw_block(block, left, top)
        parts.append(drawn)
        top += height
    return canvas(name, title, (_WIDTH, top + _FOOT), parts)


def _draw_block(block: MapBlock, left: float, top: float) -> tuple[Markup, float]:
    width = (_WIDTH - left - 8) / len(block.columns)
    parts = [element("text", block.title, class_="head", x=4, y=top + 14)]
    groups, num_levels = _draw_groups(block, left, width, top + _HEAD)
    upper = top + _HEAD + _LABEL_ROOM * num_levels
    parts.append(groups)
    for number, row in enumerate(block.rows):
        y = upper + _ROW * number
        label = shorten(row, _LONGEST)
        parts.append(element("text", label, class_="tick end", x=left - 8, y=y + 12))
    corner = left, upper
    parts += [_draw_row(block, row, corner, width) for row in range(len(block.rows))]
    parts += [
        element(
            "rect", element("title", column.name), class_="column",
            x=left + width * number, y=upper, width=width, height=_ROW * len(block.rows),
        )
        for number, column in enumerate(block.columns)
    ]  # fmt: skip
    return element("g", *parts), upper - top + _ROW * len(block.rows) + 12


def _draw_groups(block: MapBlock, left: float, width: float, top: float) -> tuple[Markup, int]:
    """Return the names of the groups over brackets, on as many levels as they need."""
    spans = []
    start = 0
    for group, members in groupby(block.columns, key=lambda column: column.group):
        count = len(list(members))
        spans.append((f"{group} {count}", left + width * start, left + width * (start + count)))
        start += count
    ends: list[float] = []
    placed = []
    for text, x1, x2 in spans:
        needed = CHARACTER * len(text) + 6
        begin = min(x1, _WIDTH - needed)
        level = next((i for i, end in enumerate(ends) if end <= begin), len(ends))
        ends[level : level + 1] = [begin + needed]
        placed.append((text, begin, level, (x1, x2)))
    bottom = top + _LABEL_ROOM * len(ends)
    parts = []
    for text, begin, level, (x1, x2) in placed:
        y = top + _LABEL_ROOM * level + 8
        parts.append(element("text", text, class_="second", x=begin, y=y))
        parts.append(
            element("line", class_="base", x1=x1 + 0.5, x2=x2 - 0.5, y1=bottom - 3, y2=bottom - 3)
        )
    return element("g", *parts), len(ends)


def _draw_row(block: MapBlock, row: int, corner: tuple[float, float], width: float) -> Markup:
    """Return the marks of one checkpoint: a dashed line for each share, one dash a problem.

    A map of a study has ten thousands of marks; an element for each would be most of the page.
    """
    left, upper = corner
    gap = min(1.0, 0.2 * width)
    shares = [column.shares[row] for column in block.columns]
    parts = []
    for share in sorted({share for share in shares if share is not None}):
        height = _THINNEST + (_ROW - 3 - _THINNEST) * share
        middle = upper + _ROW * (row + 1) - 2 - height / 2
        runs = (
            f"M{left + width * start + gap / 2:.1f} {middle:.1f}H{left + width * end:.1f}"
            for start, end in _runs([one == share for one in shares])
        )
        parts.append(
            element(
                "path", class_="passes" if share > 0 else "misses", d="".join(runs),
                stroke_width=height, stroke_dasharray=f"{width - gap:.3f} {gap:.3f}",
            )
        )  # fmt: skip
    return element("g", *parts, class_="series-0")


def _runs(flags: Sequence[bool]) -> Iterator[tuple[int, int]]:
    """Yield start and end of each run of true values."""
    position = 0
    for is_set, members in groupby(flags):
        count = len(list(members))
        if is_set:
            yield position, position + count
        position += count
