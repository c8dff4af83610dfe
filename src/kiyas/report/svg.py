"""Names, attributes and children -> SVG text; positions on an axis; nice ticks.

Knows nothing of studies. Everything is escaped, output is the same byte for byte for the same
input, text stays text, and no ``style`` attribute is written, so that a page can forbid them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass

from markupsafe import Markup, escape


def element(name: str, *children: str, **attributes: str | float) -> Markup:
    """Return an element; ``class_`` is written ``class`` and ``_`` in a name becomes ``-``."""
    # Names are ours and values are escaped one by one; Markup.format is slow for large drawings.
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(_plain(value))}"'
        for key, value in attributes.items()
    )
    return Markup(f"<{name}{written}>{Markup('').join(children)}</{name}>")  # noqa: S704


def path_of(points: Iterable[tuple[float, float]], *, closed: bool = False) -> str:
    """Return the ``d`` of a path through points."""
    text = "L".join(f"{_plain(x)} {_plain(y)}" for x, y in points)
    return f"M{text}{'Z' if closed else ''}"


def canvas(name: str, title: str, size: tuple[float, float], parts: Iterable[Markup]) -> Markup:
    """Return an ``<svg>`` that a screen reader names by its title.

    Args:
        name: Unique on the page.
        title: What it shows.
        size: Width and height in user units.
        parts: What is drawn.
    """
    return element(
        "svg",
        element("title", title, id=f"{name}-title"),
        *parts,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {_plain(size[0])} {_plain(size[1])}",
        class_="chart",
        role="img",
        aria_labelledby=f"{name}-title",
    )


def standalone(svg: Markup, css: str) -> str:
    """Return a drawing as a file of its own: the light colours of its classes inside."""
    plain = re.sub(r"var\(--[\w-]+,\s*([^()]+)\)", r"\1", css)
    head, tail = str(svg).split(">", 1)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{head}><style>{plain}</style>{tail}\n'


@dataclass(frozen=True)
class Axis:
    """A map from values to positions, linear or by powers of ten."""

    low: float
    """Value at ``start``."""
    high: float
    """Value at ``end``."""
    start: float
    """Position of ``low``, in user units."""
    end: float
    """Position of ``high``, in user units."""
    is_log: bool = False
    """Whether equal ratios are equally far apart; values must then be positive."""

    def place(self, value: float) -> float:
        """Return the position of a value."""
        low, high = self._scaled(self.low), self._scaled(self.high)
        share = (self._scaled(value) - low) / (high - low) if high > low else 0.5
        return self.start + share * (self.end - self.start)

    def ticks(self, at_most: int = 6) -> tuple[float, ...]:
        """Return round values from ``low`` to ``high``."""
        if not self.is_log:
            return choose_ticks(self.low, self.high, at_most)
        return choose_log_ticks(self.low, self.high, at_most)

    def _scaled(self, value: float) -> float:
        return math.log10(value) if self.is_log else value


def choose_ticks(low: float, high: float, at_most: int = 6) -> tuple[float, ...]:
    """Return round values from ``low`` to ``high``: steps of 1, 2 or 5 times a power of ten."""
    if not high > low:
        return (low,)
    raw = (high - low) / max(1, at_most - 1)
    power: float = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw * (1 - 1e-9))
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return tuple(round(index * step, 10) for index in range(first, last + 1))


def choose_log_ticks(low: float, high: float, at_most: int = 6) -> tuple[float, ...]:
    """Return values of 1, 2 and 5 times powers of ten, or of powers of ten alone if too many."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    for factors in ((1, 2, 5), (1, 3), (1,)):
        values = [factor * 10.0**power for power in range(first, last + 1) for factor in factors]
        ticks = tuple(v for v in values if low * (1 - 1e-9) <= v <= high * (1 + 1e-9))
        if len(ticks) <= at_most:
            return ticks
    return ticks[:: math.ceil(len(ticks) / at_most)]


def shorten(text: str, num_characters: int) -> str:
    """Return a label cut to so many characters, its end told by an ellipsis."""
    return text if len(text) <= num_characters else f"{text[: num_characters - 1]}…"


def spread(positions: list[float], gap: float, low: float, high: float) -> list[float]:
    """Return label positions at least ``gap`` apart, as near as may be to where they belong."""
    order = sorted(range(len(positions)), key=lambda index: positions[index])
    placed = list(positions)
    below = low - gap
    for index in order:
        placed[index] = below = max(placed[index], below + gap)
    above = high + gap
    for index in reversed(order):
        placed[index] = above = min(placed[index], above - gap)
    return placed


def _plain(value: str | float) -> str:
    if isinstance(value, str):
        return value
    return f"{value:.1f}".removesuffix(".0")
