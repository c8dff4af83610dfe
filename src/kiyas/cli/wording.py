"""Numbers -> short text for a terminal; None is a dash."""

from __future__ import annotations

from collections.abc import Sequence


def count_text(count: int) -> str:
    """Return a count in three digits, such as ``5.90 M``."""
    for limit, unit in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if count >= limit:
            scaled = count / (1e3 if unit == "k" else limit)
            return f"{scaled:.3g} {unit}"
    return str(count)


def bytes_text(size: int | None) -> str:
    """Return a size in GiB."""
    return "–" if size is None else f"{size / 2**30:.1f} GiB"


def duration_text(seconds: float | None) -> str:
    """Return a duration in the unit a person would choose."""
    if seconds is None:
        return "–"
    for limit, unit in ((2 * 86400, "d"), (2 * 3600, "h"), (120, "min")):
        if seconds >= limit:
            return f"~{seconds / {'d': 86400, 'h': 3600, 'min': 60}[unit]:.0f} {unit}"
    return f"~{seconds:.0f} s"


def points_text(share: float | None) -> str:
    """Return a difference in percentage points."""
    return "not reachable" if share is None else f"{100 * share:.1f} points"


def table_text(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return rows in aligned columns under their heads, indented."""
    widths = [max(len(cell) for cell in column) for column in zip(heads, *rows, strict=True)]
    lines = [heads, *rows]
    return "\n".join(
        "  "
        + "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )
