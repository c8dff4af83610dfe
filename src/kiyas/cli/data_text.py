"""What was found in or done to labelled tables -> lines for a person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from kiyas.cli.wording import table_text

if TYPE_CHECKING:
    from kiyas.data import (
        AugmentedTable,
        CheckReport,
        CleanedTable,
        LabelledTable,
        SplitTables,
        TableWarning,
    )
    from kiyas.data.checks import SplitCheck

_SHOWN = 5
"""Rows of a kind that are listed before the rest is only counted."""


def check_text(report: CheckReport) -> str:
    """Return a check as it is shown on a terminal."""
    heads = ("class", *(split.split for split in report.splits))
    rows = [
        (name, *(str(split.class_counts[label]) for split in report.splits))
        for label, name in enumerate(report.class_names)
    ]
    lines = [table_text(heads, rows), ""]
    for split in report.splits:
        lines += [f"{split.split}: {fault}" for fault in _split_faults(split)]
        lines += _warnings(split.warnings)
    lines += _listed(
        "leaks between splits",
        [
            f"{leak.split} row {leak.row} is like {leak.other_split} row {leak.other_row} "
            f"({leak.similarity:.2f}): {_one_line(leak.excerpt)}"
            for leak in report.leaks
        ],
    )
    lines += _listed(
        "texts with several labels",
        [f"{conflict.rows}: {_one_line(conflict.excerpt)}" for conflict in report.conflicts],
    )
    lines.append(f"{report.num_faults} faults")
    return "\n".join(lines)


def cleaned_text(cleaned: CleanedTable, out: Path) -> str:
    """Return what cleaning did."""
    kinds = Counter(kind for change in cleaned.changes for kind in change.kinds)
    lines = [f"{len(cleaned.changes)} rows changed ({_counts(kinds)})"]
    lines += _listed(
        "rows set aside, not in the new table",
        [f"row {row.row}: {row.reason}: {_one_line(row.text)}" for row in cleaned.set_aside],
    )
    if cleaned.suspects is not None:
        lines += _listed(
            "labels that look wrong, kept as they are",
            [
                f"row {item.row}: labelled {item.label}, looks like {item.suggested}: "
                f"{_one_line(item.excerpt)}"
                for item in cleaned.suspects
            ],
        )
    return "\n".join([*lines, *_warnings(cleaned.table.warnings), _written(cleaned.table, out)])


def split_text(done: SplitTables, paths: Mapping[str, Path]) -> str:
    """Return how a table was split."""
    lines = [f"{name}: {_written(done.tables[name], path)}" for name, path in paths.items()]
    lines.append(
        f"{done.num_grouped_rows} rows in {done.num_groups} groups of near-duplicates, "
        "each group in one split"
    )
    for table in done.tables.values():
        lines += _warnings(table.warnings)
    return "\n".join(lines)


def augmented_text(augmented: AugmentedTable, out: Path) -> str:
    """Return what augmentation added."""
    used = Counter(rewrite for row in augmented.new_rows for rewrite in row.rewrites)
    lines = [f"{len(augmented.new_rows)} rows added ({_counts(used)})"]
    if augmented.shortfall:
        lines.append(f"classes that got fewer than asked: {augmented.shortfall}")
    if augmented.num_held_out_alike:
        lines.append(f"{augmented.num_held_out_alike} given up: they are like a held-out row")
    return "\n".join([*lines, _written(augmented.table, out)])


def _split_faults(split: SplitCheck) -> Iterable[str]:
    if split.empty_rows:
        yield f"{len(split.empty_rows)} rows without a text, such as row {split.empty_rows[0]}"
    for fault, rows in split.label_faults.items():
        yield f"{len(rows)} labels: {fault}, such as row {rows[0]}"
    if split.duplicate_rows:
        yield f"{len(split.duplicate_rows)} rows repeat an earlier one"
    if split.num_near_duplicates:
        yield f"{split.num_near_duplicates} rows are near-duplicates of an earlier one"
    if split.mojibake_rows:
        yield f"{len(split.mojibake_rows)} rows have letters of a wrong encoding"
    lengths = split.length_percentiles
    if lengths:
        yield (
            f"characters a text: median {lengths[50]:.0f}, 95 % below {lengths[95]:.0f}, "
            f"longest {lengths[100]:.0f}"
        )


def _listed(title: str, items: list[str]) -> list[str]:
    if not items:
        return []
    rest = len(items) - _SHOWN
    shown = [f"  {item}" for item in items[:_SHOWN]]
    more = [f"  ... and {rest} more (all with --json)"] if rest > 0 else []
    return [f"{len(items)} {title}", *shown, *more]


def _warnings(warnings: Iterable[TableWarning]) -> list[str]:
    return [f"warning: {item.where}: {item.text} ({item.next_step})" for item in warnings]


def _one_line(text: str) -> str:
    return " ".join(text.split())[:80]


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items())) or "none"


def _written(table: LabelledTable, out: Path) -> str:
    return f"{len(table.texts)} rows -> {out}"
