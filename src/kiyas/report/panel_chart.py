"""Curves in the unit square -> an SVG chart of small panels that are read side by side.

Knows nothing of studies; colours come from classes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import starmap

from markupsafe import Markup

from kiyas.report.series import CHARACTER, Series, colour_class, draw_legend, draw_marker
from kiyas.report.svg import Axis, canvas, element, path_of, shorten

_WIDTH = 760
_NUM_COLUMNS = 3
_SIDE = 190
_LEFT, _HEAD, _FOOT = 46, 26, 46
_LINE = 14
_TICKS = (0.0, 0.5, 1.0)


@dataclass(frozen=True)
class Curve:
    """A curve in one panel."""

    series: int
    """Position among the series."""
    points: tuple[tuple[float, float], ...]
    """(x, y), both 0 to 1, in order of x."""
    weights: tuple[float, ...] = ()
    """Area of the mark on each point, 0 to 1; empty for a curve without marks."""


@dataclass(frozen=True)
class Panel:
    """One square."""

    title: str
    """Above it."""
    curves: tuple[Curve, ...]
    """Drawn in this order."""
    notes: tuple[str, ...] = ()
    """Lines in its lower right corner, from the top."""
    is_strong: bool = False
    """Whether its curves are drawn heavily."""


@dataclass(frozen=True)
class PanelFrame:
    """A chart's words."""

    name: str
    """Anchor."""
    title: str
    """What a screen reader says."""
    x_title: str
    """Under each panel of the last row."""
    y_title: str
    """Above the first panel."""


def draw_panels(
    panels: Sequence[Panel],
    series: Sequence[Series],
    frame: PanelFrame,
    write: Callable[[float], str],
) -> Markup:
    """Return the chart; each panel has a diagonal for comparison.

    Args:
        panels: Squares by row; at least one.
        series: What the curves' positions refer to.
        frame: The chart's words.
        write: Turns a value into a tick's text.
    """
    legend, top = draw_legend(series, _WIDTH) if len(series) > 1 else (Markup(""), 4.0)
    step = (_WIDTH - _LEFT - _SIDE - 14) / (_NUM_COLUMNS - 1)
    parts = [legend, element("text", frame.y_title, class_="axis", x=4, y=top + 12)]
    top += 20
    for number, panel in enumerate(panels):
        row, column = divmod(number, _NUM_COLUMNS)
        left = _LEFT + column * step
        upper = top + row * (_SIDE + _HEAD + _FOOT) + _HEAD
        square = Axis(0, 1, left, left + _SIDE), Axis(0, 1, upper + _SIDE, upper)
        parts.append(_draw_square(square, panel.title, frame.x_title, write))
        parts.append(_draw_panel(panel, series, square))
    num_rows = -(-len(panels) // _NUM_COLUMNS)
    height = top + num_rows * (_SIDE + _HEAD + _FOOT)
    return canvas(frame.name, frame.title, (_WIDTH, height), parts)


def _draw_square(
    square: tuple[Axis, Axis], title: str, x_title: str, write: Callable[[float], str]
) -> Markup:
    x, y = square
    parts = []
    for tick in _TICKS:
        across, up = x.place(tick), y.place(tick)
        parts.append(element("line", class_="grid", x1=x.start, x2=x.end, y1=up, y2=up))
        parts.append(element("line", class_="grid", x1=across, x2=across, y1=y.start, y2=y.end))
        parts.append(element("text", write(tick), class_="tick end", x=x.start - 5, y=up + 4))
        label = element("text", write(tick), class_="tick middle", x=across, y=y.start + 14)
        parts.append(label)
    ends = {"x1": x.start, "x2": x.end, "y1": y.start, "y2": y.end}
    parts.append(element("line", class_="diagonal", **ends))
    name = shorten(title, int(_SIDE / CHARACTER))
    parts.append(element("text", name, class_="head", x=x.start, y=y.end - 8))
    middle = (x.start + x.end) / 2
    parts.append(element("text", x_title, class_="axis middle", x=middle, y=y.start + 30))
    return element("g", *parts)


def _draw_panel(panel: Panel, series: Sequence[Series], square: tuple[Axis, Axis]) -> Markup:
    x, y = square
    parts = []
    for curve in panel.curves:
        colour = series[curve.series].colour
        places = [(x.place(a), y.place(b)) for a, b in curve.points]
        style = "curve strong" if panel.is_strong else "curve thin"
        drawn = [element("path", class_=style, d=path_of(places))] if len(places) > 1 else []
        drawn += starmap(_draw_bubble, zip(places, curve.weights, strict=False))
        parts.append(element("g", *drawn, class_=colour_class(colour)))
    upper = y.start - 8 - _LINE * (len(panel.notes) - 1)
    for number, note in enumerate(panel.notes):
        height = upper + _LINE * number
        parts.append(element("text", note, class_="note end", x=x.end - 6, y=height))
        if len(series) > 1 and number < len(panel.curves):
            colour = series[panel.curves[number].series].colour
            left = x.end - 16 - CHARACTER * len(note)
            marker = draw_marker(colour, left, height - 4)
            parts.append(element("g", marker, class_=colour_class(colour)))
    return element("g", *parts)


def _draw_bubble(place: tuple[float, float], weight: float) -> Markup:
    radius = 2.2 + 7 * weight**0.5
    return element("circle", class_="bubble", cx=place[0], cy=place[1], r=radius)
