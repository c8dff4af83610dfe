"""Figures and comparisons of a bare table -> what can, and what cannot, be concluded from it.

Says only what follows from the printed numbers; what would settle a question is named with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kiyas.analysis.published import check_published
from kiyas.analysis.table_figures import TableReading, common_divisor, name_by_size
from kiyas.analysis.table_limits import find_limits
from kiyas.records import Finding
from kiyas.records.file_audit import ReadResult, ReportedComparison, ReportedTable

_LOUDNESS = {"alarm": 0, "warning": 1, "note": 2}


@dataclass(frozen=True)
class Claims:
    """What a table supports."""

    can: tuple[Finding, ...]
    """What can be concluded."""
    cannot: tuple[Finding, ...]
    """What cannot be concluded."""
    doubts: tuple[Finding, ...]
    """What is wrong or odd in the table itself."""


def make_claims(
    table: ReportedTable,
    figures: tuple[ReadResult, ...],
    comparisons: tuple[ReportedComparison, ...],
    alpha: float,
) -> Claims:
    """Return every statement that the table supports, and those that it does not."""
    reading = TableReading(table, figures, comparisons, alpha)
    doubts = [
        *_impossible(reading),
        *_published(reading),
        *_granular(reading),
        *_same_figure(reading),
        *_without_n(reading),
    ]
    has_alarm = any(finding.kind == "published-score" for finding in doubts)
    cannot = find_limits(reading, has_alarm=has_alarm)
    loudest = sorted(doubts, key=lambda finding: _LOUDNESS[finding.severity])
    return Claims(tuple(_supported(reading)), cannot, tuple(loudest))


def _impossible(reading: TableReading) -> Iterator[Finding]:
    for result, figure in reading.shares():
        if figure.status != "impossible" or result.value is None or not result.n:
            continue
        nearest = round(result.value * result.n)
        yield Finding(
            "impossible",
            "alarm",
            f"{result.name}: {result.text} is impossible: no k/{result.n} is printed so (the "
            f"nearest is {nearest}/{result.n} = {100 * nearest / result.n:.2f} %). The figure, or "
            "n, is not what the table says.",
            {"n": result.n, "nearest_k": nearest},
        )


def _published(reading: TableReading) -> Iterator[Finding]:
    for result, figure in reading.shares():
        if result.model and result.role == "base" and figure.interval is not None:
            benchmark = result.test_set or "humaneval"
            finding = check_published(result.name, benchmark, result.model, figure.interval)
            if finding is not None and finding.severity == "alarm":
                yield finding


def _granular(reading: TableReading) -> Iterator[Finding]:
    for metric, n in dict.fromkeys((figure.metric, figure.n) for figure in reading.figures):
        rows = [f for f in reading.figures if (f.metric, f.n) == (metric, n)]
        found = common_divisor(rows)
        if found is None or n is None:
            continue
        yield Finding(
            "common-divisor",
            "warning",
            f"Every {metric} is also a k/{found.smaller_n}: all counts are multiples of "
            f"{found.divisor}, which happens by chance once in {1 / found.chance:,.0f} tables. "
            f"Perhaps only {found.smaller_n} problems were scored, not {n}, or the same ones "
            f"{found.divisor} times over; then every interval here is {found.divisor**0.5:.1f} "
            "times as wide. Ask for k and n of each row.",
            {"divisor": found.divisor, "smaller_n": found.smaller_n, "n": n},
        )


def _same_figure(reading: TableReading) -> Iterator[Finding]:
    metrics = {result.metric.lower() for result in reading.table.results}
    if {"accuracy", "f1 micro"} <= metrics:
        yield Finding(
            "same-figure",
            "note",
            "With one label an item, micro F1 is accuracy under another name: the two columns are "
            "one piece of evidence.",
        )


def _without_n(reading: TableReading) -> Iterator[Finding]:
    rows = [result.name for result, _ in reading.shares() if result.n is None]
    if rows:
        yield Finding(
            "n-not-stated",
            "warning",
            "The table does not say on how many items its shares were measured; without n no "
            "figure has an interval.",
            {"num_rows": len(rows)},
        )


def _supported(reading: TableReading) -> Iterator[Finding]:
    real: dict[str, list[tuple[str, ReportedComparison]]] = {}
    for item in reading.comparisons:
        if item.verdict == "beyond noise":
            higher, lower = name_by_size(item)
            real.setdefault(lower, []).append((higher, item))
    for lower, items in real.items():
        gaps = [100 * abs(item.difference) for _, item in items]
        points = f"{gaps[0]:.1f}" if len(items) == 1 else f"{min(gaps):.1f} to {max(gaps):.1f}"
        p_most = max(item.p_most or 0.0 for _, item in items)
        yield Finding(
            "real-difference",
            "note",
            f"{', '.join(higher for higher, _ in items)} scored higher than {lower}, by {points} "
            f"points: beyond noise however their passes overlap (p at most {p_most:.2g}, "
            "corrected). These are differences between weights under this harness.",
            {"num_rows": len(items), "p_most": p_most},
        )
    for item in reading.comparisons:
        if item.verdict == "n not stated" and item.num_needed is not None:
            higher, lower = name_by_size(item)
            fewest, most = item.num_needed
            yield Finding(
                "needs-n",
                "note",
                f"{higher} over {lower}, {100 * abs(item.difference):.1f} points of "
                f"{item.metric}: beyond noise if both were tested on the same {most} items or "
                f"more, whichever they disagree on; with fewer than {fewest} items it is noise "
                "however they overlap.",
                {"difference": item.difference, "n_fewest": fewest, "n_most": most},
            )
