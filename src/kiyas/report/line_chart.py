"""Lines of points -> an SVG chart with bands, markers and a label at each line's end.

Knows nothing of studies; colours come from classes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup

from kiyas.report.svg import Axis, canvas, choose_ticks, element, path_of, spread

NUM_COLOURS = 6
_WIDTH, _HEIGHT = 760, 340
_LEFT, _RIGHT, _TOP, _BOTTOM = 58, 150, 26, 46
_LABEL_GAP = 15
_MOST_MARKERS = 24


@dataclass(frozen=True)
class Point:
    """One mark of a line; values are None where undefined."""

    x: float
    """Step."""
    y: float | None
    """Value."""
    low: float | None = None
    """Lower end of its interval."""
    high: float | None = None
    """Upper end of its interval."""


@dataclass(frozen=True)
class Line:
    """One trial's curve."""

    name: str
    """Label at its end."""
    colour: int
    """0-based position of the arm."""
    points: tuple[Point, ...]
    """In order of x."""


@dataclass(frozen=True)
class Frame:
    """A chart's words."""

    name: str
    """Anchor."""
    title: str
    """What a screen reader says."""
    x_title: str
    """Under the x axis."""
    y_title: str
    """Above the y axis."""


def draw_lines(
    lines: Sequence[Line], frame: Frame, write_y: Callable[[float], str]
) -> Markup | None:
    """Return the chart; None if no point has a value.

    Args:
        lines: Curves, drawn in this order.
        frame: The chart's words.
        write_y: Turns a value into a tick's text.
    """
    values = [v for line in lines for p in line.points for v in (p.y, p.low, p.high)]
    known = [value for value in values if value is not None]
    if not known:
        return None
    steps = sorted({point.x for line in lines for point in line.points})
    low, high = _domain(known, from_zero=any(p.high is not None for ln in lines for p in ln.points))
    x_axis = Axis(steps[0], steps[-1], _LEFT, _WIDTH - _RIGHT)
    y_axis = Axis(low, high, _HEIGHT - _BOTTOM, _TOP)
    parts = [_draw_grid(y_axis, frame, write_y), _draw_steps(steps, x_axis, frame)]
    parts += [_draw_band(line, x_axis, y_axis) for line in lines]
    parts += [_draw_line(line, x_axis, y_axis) for line in lines]
    parts.append(_draw_names(lines, x_axis, y_axis))
    return canvas(frame.name, frame.title, (_WIDTH, _HEIGHT), parts)


def _draw_grid(axis: Axis, frame: Frame, write: Callable[[float], str]) -> Markup:
    right = _WIDTH - _RIGHT
    parts = []
    for tick in choose_ticks(axis.low, axis.high):
        y = axis.place(tick)
        parts.append(element("line", class_="grid", x1=_LEFT, x2=right, y1=y, y2=y))
        parts.append(element("text", write(tick), class_="tick end", x=_LEFT - 8, y=y + 4))
    parts.append(element("text", frame.y_title, class_="axis", x=_LEFT, y=_TOP - 6))
    return element("g", *parts)


def _draw_steps(steps: list[float], axis: Axis, frame: Frame) -> Markup:
    bottom = _HEIGHT - _BOTTOM
    parts = [element("line", class_="base", x1=_LEFT, x2=axis.end, y1=bottom, y2=bottom)]
    positions = [axis.place(step) for step in steps]
    apart = all(b - a >= 34 for a, b in pairwise(positions))
    for step in steps if apart else choose_ticks(axis.low, axis.high, 8):
        x = axis.place(step)
        parts.append(element("line", class_="base", x1=x, x2=x, y1=bottom, y2=bottom + 4))
        parts.append(element("text", f"{step:g}", class_="tick middle", x=x, y=bottom + 18))
    middle = (axis.start + axis.end) / 2
    parts.append(element("text", frame.x_title, class_="axis middle", x=middle, y=_HEIGHT - 8))
    return element("g", *parts)


def _draw_band(line: Line, x_axis: Axis, y_axis: Axis) -> Markup:
    known = [p for p in line.points if p.low is not None and p.high is not None]
    if len(known) < 2:
        return Markup("")
    upper = [(x_axis.place(p.x), y_axis.place(p.high or 0.0)) for p in known]
    lower = [(x_axis.place(p.x), y_axis.place(p.low or 0.0)) for p in reversed(known)]
    outline = path_of([*upper, *lower], closed=True)
    return element("path", class_=f"band series-{line.colour % NUM_COLOURS}", d=outline)


def _draw_line(line: Line, x_axis: Axis, y_axis: Axis) -> Markup:
    parts = []
    run: list[tuple[float, float]] = []
    for point in [*line.points, Point(0, None)]:
        if point.y is not None:
            run.append((x_axis.place(point.x), y_axis.place(point.y)))
        elif run:
            parts.append(element("path", class_="curve", d=path_of(run)))
            run = []
    marked = [p for p in line.points if p.y is not None]
    if len(marked) <= _MOST_MARKERS:
        for point in marked:
            place = x_axis.place(point.x), y_axis.place(point.y or 0.0)
            parts.append(_draw_marker(line.colour, *place))
    return element("g", *parts, class_=f"series-{line.colour % NUM_COLOURS}")


def _draw_marker(colour: int, x: float, y: float) -> Markup:
    shape = colour % 4
    if shape == 0:
        return element("circle", class_="marker", cx=x, cy=y, r=4)
    if shape == 1:
        return element("rect", class_="marker", x=x - 3.6, y=y - 3.6, width=7.2, height=7.2)
    corners = [(x, y - 5), (x + 4.8, y + 3.8), (x - 4.8, y + 3.8)]
    if shape == 3:
        corners = [(x, y - 5), (x + 5, y), (x, y + 5), (x - 5, y)]
    return element("path", class_="marker", d=path_of(corners, closed=True))


def _draw_names(lines: Sequence[Line], x_axis: Axis, y_axis: Axis) -> Markup:
    drawn = [(line, [p for p in line.points if p.y is not None]) for line in lines]
    ends = [(line, points[-1]) for line, points in drawn if points]
    wanted = [y_axis.place(point.y or 0.0) for _, point in ends]
    placed = spread(wanted, _LABEL_GAP, _TOP, _HEIGHT - _BOTTOM)
    left = x_axis.end + 18
    parts = []
    for (line, _), y in zip(ends, placed, strict=True):
        marker = element(
            "g", _draw_marker(line.colour, left, y), class_=f"series-{line.colour % NUM_COLOURS}"
        )
        parts += [marker, element("text", line.name, class_="name", x=left + 10, y=y + 4)]
    return element("g", *parts)


def _domain(values: list[float], *, from_zero: bool) -> tuple[float, float]:
    low, high = min(values), max(values)
    if from_zero:
        return 0.0, min(1.0, max(high * 1.08, 0.02))
    margin = 0.06 * (high - low) or 0.1 * abs(high) or 1.0
    return max(0.0, low - margin) if low >= 0 else low - margin, high + margin
