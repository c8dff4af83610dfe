"""Numbers -> short text for a terminal; None is a dash."""

from __future__ import annotations

from collections.abc import Sequence

from kiyas.languages import ENGLISH, decimal_text, number_text, percent_text, spoken
from kiyas.languages import gettext as _
from kiyas.records import Finding

DASH = "–"


def count_text(count: int) -> str:
    """Return a count in three digits, such as ``5.90 M``."""
    for limit, unit in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if count >= limit:
            scaled = count / (1e3 if unit == "k" else limit)
            return number_text(f"{scaled:.3g} {unit}")
    return str(count)


def bytes_text(size: int | None) -> str:
    """Return a size in GiB."""
    return DASH if size is None else f"{decimal_text(size / 2**30, 1)} GiB"


def duration_text(seconds: float | None) -> str:
    """Return a duration in the unit a person would choose."""
    if seconds is None:
        return DASH
    for size, unit in ((86400, _("d")), (3600, _("h")), (60, _("min"))):
        if seconds >= 2 * size:
            return f"~{seconds / size:.0f} {unit}"
    unit = _("s")
    return f"~{seconds:.0f} {unit}"


def points_text(share: float | None) -> str:
    """Return a difference in percentage points."""
    if share is None:
        return _("not reachable")
    return _("{number} points").format(number=decimal_text(100 * share, 1))


def share_text(share: float | None) -> str:
    """Return a share in percent."""
    return DASH if share is None else percent_text(share)


def interval_text(low: float | None, high: float | None) -> str:
    """Return the ends of a share's interval in percent; one dash where there is none."""
    if low is None or high is None:
        return f"[{DASH}]"
    return f"[{share_text(low)}, {share_text(high)}]"


def signed_points_text(share: float | None) -> str:
    """Return a difference in percentage points with its sign and without the word."""
    return DASH if share is None else decimal_text(100 * share, 1, signed=True)


def p_text(p_value: float | None) -> str:
    """Return a p value in two digits."""
    return DASH if p_value is None else number_text(f"{p_value:.2g}")


def statement_text(finding: Finding) -> str:
    """Return a sentence of the analysis in the language that was chosen, as the report says it."""
    if spoken() == ENGLISH:
        return finding.text
    from kiyas.report.languages import load_language
    from kiyas.report.statements import restate

    return restate([finding], load_language(spoken()))[0].text


def verdict_text(verdict: str) -> str:
    """Return a verdict of a comparison in words."""
    words = {
        "better": _("better"),
        "worse": _("worse"),
        "no difference detected": _("no difference detected"),
        "underpowered": _("underpowered"),
        "beyond noise": _("beyond noise"),
        "within noise": _("within noise"),
        "cannot be told": _("cannot be told"),
        "n not stated": _("n not stated"),
        "impossible": _("impossible"),
        "no share": _("no share"),
    }
    return words.get(verdict, verdict)


def table_text(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return rows in aligned columns under their heads, indented."""
    widths = [max(len(cell) for cell in column) for column in zip(heads, *rows, strict=True)]
    lines = [heads, *rows]
    return "\n".join(
        "  "
        + "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )
