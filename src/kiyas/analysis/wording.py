"""Figures -> the text that stands in a statement; an undefined figure is one dash, never 0.

English and plain: the report finds the figures in the text and writes them as its language does.
"""

from __future__ import annotations

from collections.abc import Callable

from kiyas.records import Proportion

DASH = "–"


def counts_text(score: Proportion) -> str:
    """Return ``9/164 (5.5 %)``."""
    return f"{score.k}/{score.n} ({percent_text(score.estimate)})"


def percent_text(value: float | None) -> str:
    """Return a share such as 0.268 as ``26.8 %``."""
    return DASH if value is None else f"{100 * value:.1f} %"


def points_text(value: float | None) -> str:
    """Return a difference of shares in signed percentage points, such as ``+4.8``."""
    return DASH if value is None else f"{100 * value:+.1f}"


def interval_text(
    low: float | None, high: float | None, write: Callable[[float], str] = points_text
) -> str:
    """Return ``[low, high]``; one dash in the brackets where there is no interval.

    Args:
        low: Lower end.
        high: Upper end.
        write: How an end is written: ``points_text`` or ``percent_text``.
    """
    return f"[{DASH}]" if low is None or high is None else f"[{write(low)}, {write(high)}]"
