"""Lines of points -> an SVG chart with intervals, markers and a label at each line's end.

Knows nothing of studies; colours come from classes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, starmap

from markupsafe import Markup

from kiyas.report.series import CHARACTER, colour_class, draw_marker
from kiyas.report.svg import Axis, canvas, element, path_of, shorten, spread

_WIDTH, _HEIGHT = 760, 340
_LEFT, _TOP, _BOTTOM = 58, 26, 46
_LEAST_RIGHT, _MOST_RIGHT = 150, 270
_LABEL_GAP = 15
_TICK_GAP = 34
_MOST_MARKERS = 24
_DODGE = 9


@dataclass(frozen=True)
class Point:
    """One mark of a line; values are None where undefined."""

    x: float
    """Position, such as a step."""
    y: float | None
    """Value."""
    low: float | None = None
    """Lower end of its interval."""
    high: float | None = None
    """Upper end of its interval."""
    is_ringed: bool = False
    """Whether a ring around the marker makes it stand out."""
    note: str = ""
    """A sign or two right of the marker."""


@dataclass(frozen=True)
class Line:
    """One curve."""

    name: str
    """Label at its end."""
    colour: int
    """0-based; sets colour and marker."""
    points: tuple[Point, ...]
    """In order of x."""
    is_dashed: bool = False
    """Whether it is drawn in dashes."""


@dataclass(frozen=True)
class Frame:
    """A chart's words and axes."""

    name: str
    """Anchor."""
    title: str
    """What a screen reader says."""
    x_title: str
    """Under the x axis."""
    y_title: str
    """Above the y axis."""
    is_log: bool = False
    """Whether equal ratios of x are equally far apart."""
    has_bars: bool = False
    """Whether intervals are bars on the points, and the y axis begins where they do."""
    is_whole: bool = False
    """Whether x counts something, so that a tick between whole numbers means nothing."""


@dataclass(frozen=True)
class _Plane:
    """Both axes."""

    x: Axis
    y: Axis

    def place(self, x: float, y: float) -> tuple[float, float]:
        return self.x.place(x), self.y.place(y)


def draw_lines(
    lines: Sequence[Line],
    frame: Frame,
    write_y: Callable[[float], str],
    write_x: Callable[[float], str] = "{:g}".format,
) -> Markup | None:
    """Return the chart; None if no point has a value.

    Args:
        lines: Curves, drawn in this order.
        frame: The chart's words and axes.
        write_y: Turns a value into a tick's text.
        write_x: The same for the x axis.
    """
    values = [v for line in lines for p in line.points for v in (p.y, p.low, p.high)]
    known = [value for value in values if value is not None]
    if not known:
        return None
    steps = sorted({point.x for line in lines for point in line.points})
    has_intervals = any(p.high is not None for ln in lines for p in ln.points)
    low, high = _domain(known, from_zero=has_intervals and not frame.has_bars)
    needed = 44 + CHARACTER * max(len(line.name) for line in lines)
    right = _WIDTH - min(_MOST_RIGHT, max(_LEAST_RIGHT, needed))
    inset = 14 if frame.has_bars else 0
    plane = _Plane(
        Axis(steps[0], steps[-1], _LEFT + inset, right - inset, frame.is_log),
        Axis(low, high, _HEIGHT - _BOTTOM, _TOP),
    )
    parts = [_draw_grid(plane.y, right, frame, write_y)]
    parts.append(_draw_steps(steps, plane.x, right, frame, write_x))
    planes = _planes(lines, plane, frame)
    parts += [_draw_intervals(*pair, frame) for pair in zip(lines, planes, strict=True)]
    parts += starmap(_draw_line, zip(lines, planes, strict=True))
    parts.append(_draw_names(lines, plane.y, right))
    return canvas(frame.name, frame.title, (_WIDTH, _HEIGHT), parts)


def _planes(lines: Sequence[Line], plane: _Plane, frame: Frame) -> list[_Plane]:
    """Return the plane of each line, moved sideways where bars would stand on one another."""
    is_moved = frame.has_bars and any(len(line.points) > 1 for line in lines)
    planes = []
    for number in range(len(lines)):
        by = _DODGE * (number - (len(lines) - 1) / 2) if is_moved else 0.0
        moved = replace(plane.x, start=plane.x.start + by, end=plane.x.end + by)
        planes.append(replace(plane, x=moved))
    return planes


def _draw_grid(axis: Axis, right: float, frame: Frame, write: Callable[[float], str]) -> Markup:
    parts = []
    for tick in axis.ticks():
        y = axis.place(tick)
        parts.append(element("line", class_="grid", x1=_LEFT, x2=right, y1=y, y2=y))
        parts.append(element("text", write(tick), class_="tick end", x=_LEFT - 8, y=y + 4))
    parts.append(element("text", frame.y_title, class_="axis", x=_LEFT, y=_TOP - 10))
    return element("g", *parts)


def _draw_steps(
    steps: list[float], axis: Axis, right: float, frame: Frame, write: Callable[[float], str]
) -> Markup:
    bottom = _HEIGHT - _BOTTOM
    parts = [element("line", class_="base", x1=_LEFT, x2=right, y1=bottom, y2=bottom)]
    positions = [axis.place(step) for step in steps]
    apart = all(b - a >= _TICK_GAP for a, b in pairwise(positions))
    ticks = steps if apart else axis.ticks(8)
    for step in ticks:
        if frame.is_whole and step != int(step):
            continue
        x = axis.place(step)
        parts.append(element("line", class_="base", x1=x, x2=x, y1=bottom, y2=bottom + 4))
        parts.append(element("text", write(step), class_="tick middle", x=x, y=bottom + 18))
    middle = (_LEFT + right) / 2
    parts.append(element("text", frame.x_title, class_="axis middle", x=middle, y=_HEIGHT - 8))
    return element("g", *parts)


def _draw_intervals(line: Line, plane: _Plane, frame: Frame) -> Markup:
    """Return a band along the line, or a bar on each point."""
    known = [(p.x, p.low, p.high) for p in line.points if p.low is not None and p.high is not None]
    if frame.has_bars:
        bars = [
            element("line", class_="whisker", x1=plane.x.place(x), x2=plane.x.place(x),
                    y1=plane.y.place(low), y2=plane.y.place(high))
            for x, low, high in known
        ]  # fmt: skip
        return element("g", *bars, class_=colour_class(line.colour))
    if len(known) < 2:
        return Markup("")
    upper = [plane.place(x, high) for x, _, high in known]
    lower = [plane.place(x, low) for x, low, _ in reversed(known)]
    outline = path_of([*upper, *lower], closed=True)
    return element("path", class_=f"band {colour_class(line.colour)}", d=outline)


def _draw_line(line: Line, plane: _Plane) -> Markup:
    parts = []
    run: list[tuple[float, float]] = []
    style = "curve dashed" if line.is_dashed else "curve"
    for point in [*line.points, Point(line.points[0].x if line.points else 0, None)]:
        if point.y is not None:
            run.append(plane.place(point.x, point.y))
        elif run:
            parts.append(element("path", class_=style, d=path_of(run)))
            run = []
    marked = [(p, p.y) for p in line.points if p.y is not None]
    if len(marked) <= _MOST_MARKERS:
        for point, y in marked:
            place = plane.place(point.x, y)
            parts.append(draw_marker(line.colour, *place))
            if point.is_ringed:
                parts.append(element("circle", class_="ring", cx=place[0], cy=place[1], r=8))
            if point.note:
                x, height = place[0] + 7, place[1] + 15
                parts.append(element("text", point.note, class_="halo", x=x, y=height))
    return element("g", *parts, class_=colour_class(line.colour))


def _draw_names(lines: Sequence[Line], y_axis: Axis, right: float) -> Markup:
    ends = []
    for line in lines:
        known = [point.y for point in line.points if point.y is not None]
        if known:
            ends.append((line, y_axis.place(known[-1])))
    placed = spread([y for _, y in ends], _LABEL_GAP, _TOP, _HEIGHT - _BOTTOM)
    left = right + 22
    longest = int((_WIDTH - left - 12) / CHARACTER)
    parts = []
    for (line, _), y in zip(ends, placed, strict=True):
        style = "key dashed" if line.is_dashed else "key"
        dash = element("line", class_=style, x1=left - 8, x2=left + 8, y1=y, y2=y)
        marker = draw_marker(line.colour, left, y)
        parts.append(element("g", dash, marker, class_=colour_class(line.colour)))
        name = shorten(line.name, longest)
        parts.append(element("text", name, class_="name", x=left + 12, y=y + 4))
    return element("g", *parts)


def _domain(values: list[float], *, from_zero: bool) -> tuple[float, float]:
    low, high = min(values), max(values)
    if from_zero:
        return 0.0, min(1.0, max(high * 1.08, 0.02))
    margin = 0.06 * (high - low) or 0.1 * abs(high) or 1.0
    return max(0.0, low - margin) if low >= 0 else low - margin, high + margin
