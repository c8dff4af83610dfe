"""The tables of a study's splits -> ``CheckReport``: what is wrong with them, and what leaks.

Repairs and drops nothing. ``require_no_leak`` turns leaks into an error unless they are allowed by
name. Near-duplicates are those of ``near_duplicates``: copies, not paraphrases.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from kiyas.data.class_names import ClassNames, ParsedLabels, parse_labels
from kiyas.data.decoding import HALF_SIGN, MOJIBAKE
from kiyas.data.near_duplicates import (
    DEFAULT_THRESHOLD,
    Ints,
    group_near_duplicates,
    similarity,
)
from kiyas.data.suggestions import name_rows
from kiyas.data.tables import (
    RawTable,
    TableWarning,
    is_empty,
    warn_of_long_texts,
    warn_of_rare_classes,
)
from kiyas.errors import DataError

PERCENTILES = (0, 5, 25, 50, 75, 95, 99, 100)
"""Percentiles of the text lengths that are reported."""

_EXCERPT = 120


@dataclass(frozen=True)
class SplitCheck:
    """What one split holds."""

    split: str
    """Name of the split."""
    source: str
    """Its file."""
    num_rows: int
    """Rows of any kind."""
    class_counts: tuple[int, ...]
    """Rows of each class 0..C-1, those without a text included."""
    imbalance: float | None
    """Rows of the largest class over rows of the smallest; None if a class has no row."""
    empty_rows: tuple[int, ...]
    """Rows without a text."""
    label_faults: dict[str, tuple[int, ...]]
    """Rows whose cell is no label, by what is wrong."""
    duplicate_rows: dict[int, int]
    """Row -> earlier row of this split with the same text (case and white space aside)."""
    num_near_duplicates: int
    """Rows that are near-duplicates of an earlier row of this split, duplicates included."""
    mojibake_rows: tuple[int, ...]
    """Rows with letters of a wrong encoding, such as ``Ã¼``, or half a sign."""
    length_percentiles: dict[int, float]
    """Percentile -> characters of the texts; empty if no row has a text."""
    warnings: tuple[TableWarning, ...]
    """What reading had to interpret, and texts that are too long."""


@dataclass(frozen=True)
class Leak:
    """A row that another split knows."""

    split: str
    """Split of the row."""
    row: int
    """The row."""
    other_split: str
    """Earlier split in the order given."""
    other_row: int
    """First row of the same group of near-duplicates there."""
    similarity: float
    """Jaccard similarity of the two; members of a group may be joined by a third text."""
    excerpt: str
    """Beginning of the row's text."""

    @property
    def pair(self) -> str:
        """Return the name by which the leak is allowed, such as ``train/test``."""
        return f"{self.other_split}/{self.split}"


@dataclass(frozen=True)
class LabelConflict:
    """One text with several labels."""

    rows: tuple[tuple[str, int, int], ...]
    """Split, row and class of each occurrence."""
    excerpt: str
    """Beginning of the text."""


@dataclass(frozen=True)
class CheckReport:
    """Everything ``check_tables`` found."""

    class_names: tuple[str, ...]
    """Names of the C classes."""
    threshold: float
    """Similarity from which texts are near-duplicates."""
    splits: tuple[SplitCheck, ...]
    """Splits in the order given."""
    leaks: tuple[Leak, ...]
    """Every row that an earlier split knows."""
    conflicts: tuple[LabelConflict, ...]
    """Every text with several labels, in one split or over several."""

    @property
    def num_faults(self) -> int:
        """Return how many rows cannot be trained on, leak or contradict one another."""
        unusable = sum(
            len(split.empty_rows) + sum(map(len, split.label_faults.values()))
            for split in self.splits
        )
        return unusable + len(self.leaks) + len(self.conflicts)

    def to_dict(self) -> dict[str, object]:
        """Return the report as plain values, for JSON."""
        return {**asdict(self), "num_faults": self.num_faults}


def check_tables(
    tables: Mapping[str, RawTable],
    *,
    classes: ClassNames | None = None,
    threshold: float = DEFAULT_THRESHOLD,
) -> CheckReport:
    """Check the tables of a study's splits, each alone and all against one another.

    Args:
        tables: Table by name of its split; the training split first.
        classes: The classes there are; None takes those that the first table shows.
        threshold: Jaccard similarity from which two texts are near-duplicates.
    """
    if classes is None and tables:
        first = next(iter(tables.values()))
        classes = ClassNames(parse_labels(first.label_cells, None).names)
    names = classes.names if classes else ()
    parsed = {name: parse_labels(table.label_cells, classes) for name, table in tables.items()}
    places = [(name, i) for name, table in tables.items() for i in range(len(table.texts))]
    texts = ["" if is_empty(t) else t for table in tables.values() for t in table.texts]
    groups = group_near_duplicates(texts, threshold)
    splits = []
    begin = 0
    for name, table in tables.items():
        end = begin + len(table.texts)
        splits.append(_check_split(name, table, parsed[name], names, groups[begin:end]))
        begin = end
    return CheckReport(
        class_names=names,
        threshold=threshold,
        splits=tuple(splits),
        leaks=_find_leaks(tables, places, texts, groups),
        conflicts=_find_conflicts(tables, places, texts, parsed),
    )


def require_no_leak(report: CheckReport, allowed: Collection[str] = ()) -> None:
    """Refuse splits that know one another's rows.

    Args:
        report: What ``check_tables`` found.
        allowed: Pairs of splits that may leak, such as ``train/test``, in either order.

    Raises:
        DataError: A pair that is not allowed leaks; names the first rows.
    """
    pairs_allowed = {*allowed, *("/".join(reversed(pair.split("/"))) for pair in allowed)}
    counts = Counter(leak.pair for leak in report.leaks if leak.pair not in pairs_allowed)
    if not counts:
        return
    pair, num_rows = counts.most_common(1)[0]
    leaks = [leak for leak in report.leaks if leak.pair == pair]
    source = next(split.source for split in report.splits if split.split == leaks[0].split)
    others = "; also " + ", ".join(f"{p}: {n}" for p, n in counts.items() if p != pair)
    raise DataError(
        f"{num_rows} rows of split {leaks[0].split!r} are near-duplicates of rows of split "
        f"{leaks[0].other_split!r}" + (others if len(counts) > 1 else ""),
        where=f"{source}, {name_rows([leak.row for leak in leaks])}",
        received=f"row {leaks[0].row} is like row {leaks[0].other_row} of "
        f"{leaks[0].other_split!r} (similarity {leaks[0].similarity:.2f}): {leaks[0].excerpt!r}",
        expected=f"no text of one split in another (similarity below {report.threshold})",
        next_step=f"split again with `kiyas data split`, or allow the leak by name: {pair}",
    )


def _check_split(
    name: str, table: RawTable, parsed: ParsedLabels, names: Sequence[str], groups: Ints
) -> SplitCheck:
    labels = [label for label in parsed.labels if label is not None]
    counts = Counter(labels)
    class_counts = tuple(counts[number] for number in range(len(names)))
    smallest = min(class_counts, default=0)
    filled = [i for i, text in enumerate(table.texts) if not is_empty(text)]
    lengths = [len(table.texts[i]) for i in filled]
    first_row: dict[str, int] = {}
    duplicates: dict[int, int] = {}
    for i in filled:
        earlier = first_row.setdefault(_fold_space(table.texts[i]), table.rows[i])
        if earlier != table.rows[i]:
            duplicates[table.rows[i]] = earlier
    return SplitCheck(
        split=name,
        source=table.source,
        num_rows=len(table.texts),
        class_counts=class_counts,
        imbalance=max(class_counts) / smallest if smallest else None,
        empty_rows=tuple(table.rows[i] for i, text in enumerate(table.texts) if is_empty(text)),
        label_faults={
            fault: tuple(table.rows[i] for i in positions)
            for fault, positions in parsed.faults.items()
        },
        duplicate_rows=duplicates,
        num_near_duplicates=len(groups) - len(np.unique(groups)),
        mojibake_rows=tuple(
            table.rows[i]
            for i in filled
            if MOJIBAKE.search(table.texts[i]) or HALF_SIGN.search(table.texts[i])
        ),
        length_percentiles=(
            {p: float(np.percentile(lengths, p)) for p in PERCENTILES} if lengths else {}
        ),
        warnings=(
            *table.warnings,
            *warn_of_long_texts(table),
            *warn_of_rare_classes(table.source, labels, names),
        ),
    )


def _find_leaks(
    tables: Mapping[str, RawTable],
    places: Sequence[tuple[str, int]],
    texts: Sequence[str],
    groups: Ints,
) -> tuple[Leak, ...]:
    leaks = []
    first_by_split: dict[int, dict[str, int]] = {}
    for position, group in enumerate(groups.tolist()):
        split, i = places[position]
        seen = first_by_split.setdefault(group, {})
        seen.setdefault(split, position)
        for other_split, other_position in seen.items():
            if other_split != split:
                leaks.append(
                    Leak(
                        split=split,
                        row=tables[split].rows[i],
                        other_split=other_split,
                        other_row=tables[other_split].rows[places[other_position][1]],
                        similarity=similarity(texts[position], texts[other_position]),
                        excerpt=texts[position][:_EXCERPT],
                    )
                )
    return tuple(leaks)


def _find_conflicts(
    tables: Mapping[str, RawTable],
    places: Sequence[tuple[str, int]],
    texts: Sequence[str],
    parsed: Mapping[str, ParsedLabels],
) -> tuple[LabelConflict, ...]:
    found: dict[str, list[tuple[str, int, int]]] = {}
    for (split, i), text in zip(places, texts, strict=True):
        label = parsed[split].labels[i]
        if text and label is not None:
            rows = found.setdefault(_fold_space(text), [])
            rows.append((split, tables[split].rows[i], label))
    return tuple(
        LabelConflict(rows=tuple(rows), excerpt=text[:_EXCERPT])
        for text, rows in found.items()
        if len({label for _, _, label in rows}) > 1
    )


def _fold_space(text: str) -> str:
    return " ".join(text.casefold().split())
