"""What tells one series of a chart from another: colour, marker and name in a legend.

Knows nothing of studies; colours come from classes. No two of the first twelve series share both
colour and marker.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from kiyas.report.svg import element, path_of

NUM_COLOURS = 6
CHARACTER = 6.6
"""Mean width of a character of a label, in user units."""


@dataclass(frozen=True)
class Series:
    """A name and its look."""

    name: str
    """What the legend says."""
    colour: int
    """0-based; sets colour and marker."""


def colour_class(colour: int) -> str:
    """Return the class that sets ``currentColor``."""
    return f"series-{colour % NUM_COLOURS}"


def draw_marker(colour: int, x: float, y: float) -> Markup:
    """Return a filled marker around a point, in ``currentColor``."""
    shape = colour % 4
    if shape == 0:
        return element("circle", class_="marker", cx=x, cy=y, r=4)
    if shape == 1:
        return element("rect", class_="marker", x=x - 3.6, y=y - 3.6, width=7.2, height=7.2)
    corners = [(x, y - 5), (x + 4.8, y + 3.8), (x - 4.8, y + 3.8)]
    if shape == 3:
        corners = [(x, y - 5), (x + 5, y), (x, y + 5), (x - 5, y)]
    return element("path", class_="marker", d=path_of(corners, closed=True))


def draw_legend(series: Sequence[Series], width: float) -> tuple[Markup, float]:
    """Return the legend and its height; it breaks into lines that fit into the width."""
    parts = []
    x, y = 4.0, 12.0
    for one in series:
        needed = 34 + CHARACTER * len(one.name)
        if x > 4 and x + needed > width:
            x, y = 4.0, y + 18
        marker = draw_marker(one.colour, x + 6, y)
        parts.append(element("g", marker, class_=colour_class(one.colour)))
        parts.append(element("text", one.name, class_="name", x=x + 16, y=y + 4))
        x += needed
    return element("g", *parts), y + 14
