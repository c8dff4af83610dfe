"""Counts by step -> an SVG chart of stacked areas, one panel for each series of steps.

Knows nothing of studies; colours come from classes, in the order of the layers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from kiyas.report.series import CHARACTER
from kiyas.report.svg import Axis, canvas, element, path_of, shorten

_WIDTH = 760
_NUM_COLUMNS = 2
_LEFT, _RIGHT, _GAP, _HEAD, _FOOT = 44, 22, 58, 24, 44
_HEIGHT = 190
_SMALLEST_WITH_TEXT = 15


@dataclass(frozen=True)
class Layer:
    """One layer of every panel."""

    name: str
    """What the legend says."""
    colour: int
    """0-based number of its class."""


@dataclass(frozen=True)
class AreaPanel:
    """One panel."""

    title: str
    """Above it."""
    steps: tuple[int, ...]
    """In order."""
    counts: tuple[tuple[int, ...], ...]
    """By step, one count for each layer, the lowest first."""


def draw_areas(
    name: str, title: str, panels: Sequence[AreaPanel], layers: Sequence[Layer], x_title: str
) -> Markup:
    """Return the chart.

    Args:
        name: Anchor.
        title: What a screen reader says.
        panels: From the left and the top; at least one.
        layers: From the bottom.
        x_title: Under each panel.
    """
    legend, top = _draw_legend(layers)
    width = (_WIDTH - _LEFT - _RIGHT - (_NUM_COLUMNS - 1) * _GAP) / _NUM_COLUMNS
    parts = [legend]
    for number, panel in enumerate(panels):
        row, column = divmod(number, _NUM_COLUMNS)
        left = _LEFT + column * (width + _GAP)
        upper = top + row * (_HEAD + _HEIGHT + _FOOT) + _HEAD
        square = (
            Axis(panel.steps[0], panel.steps[-1], left, left + width),
            Axis(0, max(1, *(sum(c) for c in panel.counts)), upper + _HEIGHT, upper),
        )
        parts.append(_draw_panel(panel, layers, square, x_title))
    num_rows = -(-len(panels) // _NUM_COLUMNS)
    return canvas(name, title, (_WIDTH, top + num_rows * (_HEAD + _HEIGHT + _FOOT)), parts)


def _draw_legend(layers: Sequence[Layer]) -> tuple[Markup, float]:
    parts = []
    x, y = 4.0, 6.0
    for layer in layers:
        needed = 34 + CHARACTER * len(layer.name)
        if x > 4 and x + needed > _WIDTH:
            x, y = 4.0, y + 18
        colour = f"bar outcome-{layer.colour}"
        parts.append(element("rect", class_=colour, x=x, y=y, width=11, height=11))
        parts.append(element("text", layer.name, class_="name", x=x + 16, y=y + 10))
        x += needed
    return element("g", *parts), y + 24


def _draw_panel(
    panel: AreaPanel, layers: Sequence[Layer], square: tuple[Axis, Axis], x_title: str
) -> Markup:
    x, y = square
    name = shorten(panel.title, int((x.end - x.start) / CHARACTER))
    parts = [element("text", name, class_="head", x=x.start, y=y.end - 8)]
    below = [0] * len(panel.steps)
    for index, layer in enumerate(layers):
        above = [b + counts[index] for b, counts in zip(below, panel.counts, strict=True)]
        if above != below:
            parts.append(_draw_layer(panel, layer, (below, above), square))
        below = above
    for tick in y.ticks(5):
        up = y.place(tick)
        parts.append(element("line", class_="grid", x1=x.start - 4, x2=x.start, y1=up, y2=up))
        parts.append(element("text", f"{tick:g}", class_="tick end", x=x.start - 7, y=up + 4))
    for step in _spread_steps(panel.steps, x):
        at = x.place(step)
        parts.append(element("line", class_="base", x1=at, x2=at, y1=y.start, y2=y.start + 4))
        label = element("text", str(step), class_="tick middle", x=at, y=y.start + 16)
        parts.append(label)
    middle = (x.start + x.end) / 2
    parts.append(element("text", x_title, class_="axis middle", x=middle, y=y.start + 32))
    return element("g", *parts)


def _draw_layer(
    panel: AreaPanel,
    layer: Layer,
    edges: tuple[Sequence[int], Sequence[int]],
    square: tuple[Axis, Axis],
) -> Markup:
    x, y = square
    below, above = edges
    places = [x.place(step) for step in panel.steps]
    if len(places) == 1:  # one step is a bar over the whole panel
        places, below, above = [x.start, x.end], list(below) * 2, list(above) * 2
    upper = [(at, y.place(value)) for at, value in zip(places, above, strict=True)]
    lower = [(at, y.place(value)) for at, value in zip(places, below, strict=True)]
    counts = [a - b for a, b in zip(above, below, strict=True)]
    said = element("title", f"{layer.name}: {', '.join(str(count) for count in counts)}")
    outline = path_of([*upper, *reversed(lower)], closed=True)
    area = element("path", said, class_=f"bar outcome-{layer.colour}", d=outline)
    heights = [low[1] - high[1] for high, low in zip(upper, lower, strict=True)]
    widest = max(range(len(heights)), key=lambda index: heights[index])
    if heights[widest] < _SMALLEST_WITH_TEXT:
        return area
    # The name stands where its layer is thickest, inside the panel.
    half = CHARACTER * len(layer.name) / 2 + 3
    at = min(max(upper[widest][0], x.start + half), x.end - half)
    middle = (upper[widest][1] + lower[widest][1]) / 2 + 4
    return element("g", area, element("text", layer.name, class_="inside", x=at, y=middle))


def _spread_steps(steps: Sequence[int], axis: Axis) -> list[int]:
    """Return the steps whose labels do not overlap, the first and the last among them."""
    kept: list[int] = []
    for step in steps:
        needed = CHARACTER * (len(str(step)) + 1)
        if not kept or axis.place(step) - axis.place(kept[-1]) >= needed:
            kept.append(step)
    return kept
