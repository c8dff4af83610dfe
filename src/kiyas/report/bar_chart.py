"""Counts or amounts by label -> an SVG chart of stacked bars.

Knows nothing of studies; colours come from classes, in the order of the segments.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from kiyas.report.svg import Axis, canvas, element

MAX_SEGMENTS = 9
_WIDTH = 760
_CHARACTER = 7.0
_ROW = 24


@dataclass(frozen=True)
class Bar:
    """One row of the chart."""

    label: str
    """What stands left of it."""
    counts: tuple[float, ...]
    """One for each segment."""


def draw_stacked_bars(
    name: str,
    title: str,
    bars: Sequence[Bar],
    segments: Sequence[str],
    write: Callable[[float], str] = str,
) -> Markup:
    """Return the chart.

    Args:
        name: Anchor.
        title: What a screen reader says.
        bars: One row each, from the top.
        segments: Names of the counts, left to right; at most ``MAX_SEGMENTS``.
        write: Writes a count.
    """
    left = 14 + _CHARACTER * max(len(bar.label) for bar in bars)
    legend, top = _draw_legend(segments)
    axis = Axis(0, max(sum(bar.counts) for bar in bars), left, _WIDTH - 8)
    places = [(axis, top + _ROW * index) for index in range(len(bars))]
    drawn = [_draw_bar(bar, segments, *at, write) for bar, at in zip(bars, places, strict=True)]
    height = top + _ROW * len(bars) + 6
    return canvas(name, title, (_WIDTH, height), [legend, *drawn])


def _draw_legend(segments: Sequence[str]) -> tuple[Markup, float]:
    parts = []
    x, y = 4.0, 6.0
    for index, segment in enumerate(segments):
        needed = 34 + _CHARACTER * len(segment)
        if x + needed > _WIDTH:
            x, y = 4.0, y + 18
        colour = f"bar outcome-{index}"
        parts.append(element("rect", class_=colour, x=x, y=y, width=11, height=11))
        parts.append(element("text", segment, class_="name", x=x + 16, y=y + 10))
        x += needed
    return element("g", *parts), y + 28


def _draw_bar(
    bar: Bar, segments: Sequence[str], axis: Axis, top: float, write: Callable[[float], str]
) -> Markup:
    parts = [element("text", bar.label, class_="name end", x=axis.start - 8, y=top + 13)]
    done = 0.0
    for index, count in enumerate(bar.counts):
        if not count:
            continue
        x, end = axis.place(done), axis.place(done + count)
        number = write(count)
        said = element("title", f"{bar.label}: {segments[index]} {number}")
        colour = f"bar outcome-{index}"
        parts.append(element("rect", said, class_=colour, x=x, y=top, width=end - x, height=18))
        if end - x > 8 + _CHARACTER * len(number):
            middle = (x + end) / 2
            parts.append(element("text", number, class_="inside", x=middle, y=top + 13))
        done += count
    return element("g", *parts)
