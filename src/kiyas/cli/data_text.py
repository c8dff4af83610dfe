"""What was found in or done to labelled tables -> lines for a person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from kiyas.cli.wording import table_text
from kiyas.faults import say_fault
from kiyas.languages import gettext as _
from kiyas.languages import ngettext

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
    heads = (_("class"), *(split.split for split in report.splits))
    rows = [
        (name, *(str(split.class_counts[label]) for split in report.splits))
        for label, name in enumerate(report.class_names)
    ]
    lines = [table_text(heads, rows), ""]
    for split in report.splits:
        lines += [f"{split.split}: {fault}" for fault in _split_faults(split)]
        lines += _warnings(split.warnings)
    lines += _listed(
        _("leaks between splits"),
        [
            _(
                "{split} row {row} is like {other} row {other_row} ({similarity:.2f}): {text}"
            ).format(
                split=leak.split,
                row=leak.row,
                other=leak.other_split,
                other_row=leak.other_row,
                similarity=leak.similarity,
                text=_one_line(leak.excerpt),
            )
            for leak in report.leaks
        ],
    )
    lines += _listed(
        _("texts with several labels"),
        [f"{conflict.rows}: {_one_line(conflict.excerpt)}" for conflict in report.conflicts],
    )
    num = report.num_faults
    lines.append(ngettext("{num} fault", "{num} faults", num).format(num=num))
    return "\n".join(lines)


def cleaned_text(cleaned: CleanedTable, out: Path) -> str:
    """Return what cleaning did."""
    kinds = Counter(kind for change in cleaned.changes for kind in change.kinds)
    told = _("{num} rows changed ({kinds})")
    lines = [told.format(num=len(cleaned.changes), kinds=_counts(kinds))]
    lines += _listed(
        _("rows set aside, not in the new table"),
        [
            _("row {row}: {reason}: {text}").format(
                row=row.row, reason=say_fault(row.reason), text=_one_line(row.text)
            )
            for row in cleaned.set_aside
        ],
    )
    if cleaned.suspects is not None:
        lines += _listed(
            _("labels that look wrong, kept as they are"),
            [
                _("row {row}: labelled {label}, looks like {other}: {text}").format(
                    row=item.row,
                    label=item.label,
                    other=item.suggested,
                    text=_one_line(item.excerpt),
                )
                for item in cleaned.suspects
            ],
        )
    return "\n".join([*lines, *_warnings(cleaned.table.warnings), _written(cleaned.table, out)])


def split_text(done: SplitTables, paths: Mapping[str, Path]) -> str:
    """Return how a table was split."""
    lines = [f"{name}: {_written(done.tables[name], path)}" for name, path in paths.items()]
    lines.append(
        _("{rows} rows in {groups} groups of near-duplicates, each group in one split").format(
            rows=done.num_grouped_rows, groups=done.num_groups
        )
    )
    for table in done.tables.values():
        lines += _warnings(table.warnings)
    return "\n".join(lines)


def augmented_text(augmented: AugmentedTable, out: Path) -> str:
    """Return what augmentation added."""
    used = Counter(rewrite for row in augmented.new_rows for rewrite in row.rewrites)
    told = _("{num} rows added ({kinds})")
    lines = [told.format(num=len(augmented.new_rows), kinds=_counts(used))]
    if augmented.shortfall:
        told = _("classes that got fewer than asked: {classes}")
        lines.append(told.format(classes=augmented.shortfall))
    if augmented.num_held_out_alike:
        told = _("{num} given up: they are like a held-out row")
        lines.append(told.format(num=augmented.num_held_out_alike))
    return "\n".join([*lines, _written(augmented.table, out)])


def _split_faults(split: SplitCheck) -> Iterable[str]:
    if split.empty_rows:
        told = _("{num} rows without a text, such as row {row}")
        yield told.format(num=len(split.empty_rows), row=split.empty_rows[0])
    for fault, rows in split.label_faults.items():
        told = _("{num} labels: {fault}, such as row {row}")
        yield told.format(num=len(rows), fault=say_fault(fault), row=rows[0])
    if split.duplicate_rows:
        yield _("{num} rows repeat an earlier one").format(num=len(split.duplicate_rows))
    if split.num_near_duplicates:
        told = _("{num} rows are near-duplicates of an earlier one")
        yield told.format(num=split.num_near_duplicates)
    if split.mojibake_rows:
        told = _("{num} rows have letters of a wrong encoding")
        yield told.format(num=len(split.mojibake_rows))
    lengths = split.length_percentiles
    if lengths:
        told = _("characters a text: median {half:.0f}, 95 % below {most:.0f}, longest {all:.0f}")
        yield told.format(half=lengths[50], most=lengths[95], all=lengths[100])


def _listed(title: str, items: list[str]) -> list[str]:
    if not items:
        return []
    rest = len(items) - _SHOWN
    shown = [f"  {item}" for item in items[:_SHOWN]]
    more = ["  " + _("... and {num} more (all with --json)").format(num=rest)] if rest > 0 else []
    return [f"{len(items)} {title}", *shown, *more]


def _warnings(warnings: Iterable[TableWarning]) -> list[str]:
    word = _("warning")
    return [
        f"{word}: {say_fault(item.where)}: {say_fault(item.text)} ({say_fault(item.next_step)})"
        for item in warnings
    ]


def _one_line(text: str) -> str:
    return " ".join(text.split())[:80]


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items())) or _("none")


def _written(table: LabelledTable, out: Path) -> str:
    return _("{num} rows -> {file}").format(num=len(table.texts), file=out)
