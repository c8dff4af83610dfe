"""Figures with intervals, by group and series -> an SVG chart of dots with whiskers.

Knows nothing of studies; colours come from classes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from kiyas.report.series import CHARACTER, Series, colour_class, draw_legend, draw_marker
from kiyas.report.svg import Axis, canvas, element, shorten

_WIDTH = 760
_ROW, _GAP = 17, 12
_MOST_LEFT = 230
_BOTTOM = 40


@dataclass(frozen=True)
class Dot:
    """One figure with its interval; None where undefined."""

    series: int
    """Position among the series."""
    value: float | None
    """The figure."""
    low: float | None
    """Left end of the whisker."""
    high: float | None
    """Right end of the whisker."""
    text: str
    """What stands behind it."""
    is_ringed: bool = False
    """Whether a ring around the marker makes it stand out."""


@dataclass(frozen=True)
class Group:
    """Dots that belong together, one below the other."""

    name: str
    """What stands left of them."""
    dots: tuple[Dot, ...]
    """From the top."""


@dataclass(frozen=True)
class Scale:
    """The x axis."""

    title: str
    """Under the axis."""
    write: Callable[[float], str]
    """Turns a value into a tick's text."""
    is_log: bool = False
    """Whether equal ratios are equally far apart."""
    low: float | None = None
    """Where it begins; None lets the values decide."""
    high: float | None = None
    """Where it ends; None lets the values decide."""


def draw_intervals(
    name: str, title: str, groups: Sequence[Group], series: Sequence[Series], scale: Scale
) -> Markup | None:
    """Return the chart; None if no dot has a value.

    Args:
        name: Anchor.
        title: What a screen reader says.
        groups: Groups from the top.
        series: What the dots' positions refer to.
        scale: The x axis.
    """
    dots = [dot for group in groups for dot in group.dots]
    values = [v for dot in dots for v in (dot.value, dot.low, dot.high) if v is not None]
    if not values:
        return None
    longest = max(len(group.name) for group in groups)
    left = min(_MOST_LEFT, 14 + CHARACTER * longest)
    right = _WIDTH - 14 - CHARACTER * max(len(dot.text) for dot in dots)
    legend, top = draw_legend(series, _WIDTH) if len(series) > 1 else (Markup(""), 8.0)
    axis = _axis(values, scale, left + 6, right - 8)
    parts, y = [], top + 6
    for group in groups:
        parts.append(_draw_group(group, series, axis, (left, y)))
        y += _ROW * len(group.dots) + _GAP
    grid = _draw_grid(axis, scale, (left, right), (top, y))
    return canvas(name, title, (_WIDTH, y + _BOTTOM), [legend, grid, *parts])


def _axis(values: list[float], scale: Scale, start: float, end: float) -> Axis:
    if scale.is_log:
        return Axis(min(values) / 1.2, max(values) * 1.2, start, end, is_log=True)
    margin = 0.04 * (max(values) - min(values)) or 0.5
    low = min(values) - margin if scale.low is None else scale.low
    high = max(values) + margin if scale.high is None else scale.high
    return Axis(low, high, start, end)


def _draw_grid(
    axis: Axis, scale: Scale, across: tuple[float, float], down: tuple[float, float]
) -> Markup:
    top, bottom = down
    parts = []
    for tick in axis.ticks():
        x = axis.place(tick)
        parts.append(element("line", class_="grid", x1=x, x2=x, y1=top, y2=bottom))
        parts.append(element("text", scale.write(tick), class_="tick middle", x=x, y=bottom + 14))
    ends = {"x1": across[0], "x2": across[1]}
    parts.append(element("line", class_="base", y1=bottom, y2=bottom, **ends))
    middle = sum(across) / 2
    parts.append(element("text", scale.title, class_="axis middle", x=middle, y=bottom + 32))
    return element("g", *parts)


def _draw_group(
    group: Group, series: Sequence[Series], axis: Axis, corner: tuple[float, float]
) -> Markup:
    left, top = corner
    middle = top + _ROW * len(group.dots) / 2
    name = shorten(group.name, int((left - 8) / CHARACTER))
    parts = [element("text", name, class_="name end", x=left - 6, y=middle + 4)]
    for number, dot in enumerate(group.dots):
        y = top + _ROW * (number + 0.5)
        parts.append(_draw_dot(dot, series[dot.series].colour, axis, y))
        x = _WIDTH - 4
        parts.append(element("text", dot.text, class_="tick end", x=x, y=y + 4))
    return element("g", *parts)


def _draw_dot(dot: Dot, colour: int, axis: Axis, y: float) -> Markup:
    parts = []
    if dot.low is not None and dot.high is not None:
        x1, x2 = axis.place(dot.low), axis.place(dot.high)
        parts.append(element("line", class_="whisker", x1=x1, x2=x2, y1=y, y2=y))
    if dot.value is not None:
        parts.append(draw_marker(colour, axis.place(dot.value), y))
        if dot.is_ringed:
            parts.append(element("circle", class_="ring", cx=axis.place(dot.value), cy=y, r=8))
    return element("g", *parts, class_=colour_class(colour))
