"""The cells of a table as found (``RawTable``) -> texts with class numbers (``LabelledTable``).

Reads and writes no file (``table_files`` does) and repairs nothing: ``label_table`` refuses every
row without a text or a label, and ``clean_table`` is the verb that mends them.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from kiyas.data.class_names import MISSING, ClassNames, parse_labels
from kiyas.data.decoding import HALF_SIGN
from kiyas.data.suggestions import name_rows
from kiyas.errors import DataError

LONG_TEXT = 20_000
"""Characters from which a text is named as long: far beyond any ``max_seq_len`` in use."""


@dataclass(frozen=True)
class TableWarning:
    """Something that was interpreted, or that training should know."""

    kind: str
    """Short name, such as ``encoding`` or ``long-text``."""
    where: str
    """File and rows."""
    text: str
    """The sentence."""
    next_step: str
    """The cure."""


@dataclass(frozen=True)
class RawTable:
    """A table as found in its file."""

    source: str
    """Path, or name of the embedded set and split."""
    texts: tuple[str, ...]
    """Text cells as found."""
    label_cells: tuple[str, ...]
    """Label cells as found."""
    rows: tuple[int, ...]
    """1-based line on which each row begins (row, for JSON and Parquet)."""
    unit: str
    """What ``rows`` counts: ``line`` or ``row``."""
    text_column: str
    """Name of the text column."""
    label_column: str
    """Name of the label column."""
    other_columns: dict[str, tuple[str, ...]]
    """The other columns, carried along."""
    warnings: tuple[TableWarning, ...] = ()
    """What reading had to interpret."""


@dataclass(frozen=True)
class LabelledTable:
    """Texts with class numbers."""

    source: str
    """Path, or name of the embedded set and split."""
    texts: tuple[str, ...]
    """Texts; none is empty."""
    labels: tuple[int, ...]
    """Class of each text, 0..C-1."""
    rows: tuple[int, ...]
    """1-based line in ``source`` on which each row begins (row, for JSON and Parquet)."""
    unit: str
    """What ``rows`` counts: ``line`` or ``row``."""
    class_names: tuple[str, ...]
    """Names of the C classes."""
    sha256: str
    """Hash of texts and labels as used, in hex; not of the file's bytes."""
    other_columns: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """The other columns, carried along."""
    warnings: tuple[TableWarning, ...] = ()
    """What was interpreted, and what training should know."""

    @property
    def num_classes(self) -> int:
        """Return C."""
        return len(self.class_names)


def label_table(table: RawTable, classes: ClassNames | None = None) -> LabelledTable:
    """Make a labelled table of a raw one; refuse every row that has no text or no label.

    Raises:
        DataError: A text is empty or holds half a sign, a cell is no label, or the labels leave
            gaps; names the rows.
    """
    empty = [i for i, text in enumerate(table.texts) if is_empty(text)]
    if empty:
        raise _row_fault(table, empty, "hold no text", table.texts, table.text_column)
    halves = [i for i, text in enumerate(table.texts) if HALF_SIGN.search(text)]
    if halves:
        half = "hold half a sign, such as half an emoji,"
        raise _row_fault(table, halves, half, table.texts, table.text_column)
    parsed = parse_labels(table.label_cells, classes)
    for fault, positions in parsed.faults.items():
        raise _row_fault(table, positions, f"hold {fault}", table.label_cells, table.label_column)
    labels = tuple(label for label in parsed.labels if label is not None)
    if classes is None:
        _refuse_gaps(table, labels, parsed.names)
    warnings = [*table.warnings, *_warn_of_label_forms(table, parsed.num_decimal, parsed.num_named)]
    return make_table(
        table,
        texts=table.texts,
        labels=labels,
        class_names=parsed.names,
        warnings=[*warnings, *warn_of_long_texts(table)],
    )


def make_table(
    origin: RawTable | LabelledTable,
    *,
    texts: Sequence[str],
    labels: Sequence[int],
    class_names: Sequence[str],
    positions: Sequence[int] | None = None,
    warnings: Sequence[TableWarning] = (),
) -> LabelledTable:
    """Make a labelled table of (some) rows of another, hash and class warnings included.

    Args:
        origin: Table that gives source, row numbers and other columns.
        texts: Texts of the rows that are taken.
        labels: Their classes.
        class_names: Names of all C classes.
        positions: 0-based positions in ``origin`` that are taken; None takes all.
        warnings: Warnings to carry along.
    """
    taken = range(len(origin.texts)) if positions is None else positions
    digest = hashlib.sha256()
    for text, label in zip(texts, labels, strict=True):
        digest.update(json.dumps([text, label], ensure_ascii=True).encode("ascii") + b"\n")
    return LabelledTable(
        source=origin.source,
        texts=tuple(texts),
        labels=tuple(labels),
        rows=tuple(origin.rows[i] for i in taken),
        unit=origin.unit,
        class_names=tuple(class_names),
        sha256=digest.hexdigest(),
        other_columns={
            name: tuple(cells[i] for i in taken) for name, cells in origin.other_columns.items()
        },
        warnings=(*warnings, *warn_of_rare_classes(origin.source, labels, class_names)),
    )


def is_empty(text: str) -> bool:
    """Return whether a text cell holds nothing: white space, or a word such as ``NaN``."""
    return text.strip().lower() in MISSING


def warn_of_long_texts(table: RawTable) -> list[TableWarning]:
    """Name the rows whose text no model will see to its end."""
    found = [i for i, text in enumerate(table.texts) if len(text) >= LONG_TEXT]
    if not found:
        return []
    longest = max(len(table.texts[i]) for i in found)
    return [
        TableWarning(
            "long-text",
            name_positions(table, found),
            f"{len(found)} of {len(table.texts)} texts have {LONG_TEXT:,} characters or more "
            f"(the longest {longest:,}); training and prediction will cut them",
            "check that no rows have run together; shorten or remove them if they are no problems",
        )
    ]


def name_positions(table: RawTable | LabelledTable, positions: Sequence[int]) -> str:
    """Return file and rows of 0-based positions, such as ``train.csv, lines 3 and 8``."""
    unit = table.unit
    return f"{table.source}, {name_rows([table.rows[i] for i in positions], unit)}"


def _row_fault(
    table: RawTable, positions: Sequence[int], fault: str, cells: Sequence[str], column: str
) -> DataError:
    return DataError(
        f"{len(positions)} of {len(table.texts)} rows {fault} in column {column!r}",
        where=name_positions(table, positions),
        received=repr(cells[positions[0]][:80]),
        expected="a text and a label in every row",
        next_step="mend these rows, or let `kiyas data clean` set them aside and list them",
    )


def _refuse_gaps(table: RawTable, labels: Sequence[int], names: Sequence[str]) -> None:
    missing = sorted(set(range(len(names))) - set(labels))
    if missing or len(names) < 2:
        raise DataError(
            f"the labels leave gaps: no row has {name_rows(missing, 'label')}"
            if missing
            else "there is one class only",
            where=f"{table.source}, column {table.label_column!r}",
            received=f"labels {', '.join(map(str, sorted(set(labels))))}",
            expected="labels 0, 1, … C-1 with no gap, and at least two of them",
            next_step="number the classes without gaps, or name all classes in the study so that "
            "it is clear how many there are",
        )


def _warn_of_label_forms(table: RawTable, num_decimal: int, num_named: int) -> list[TableWarning]:
    warnings = []
    where = f"{table.source}, column {table.label_column!r}"
    if num_decimal:
        warnings.append(
            TableWarning(
                "decimal-labels",
                where,
                f"{num_decimal} of {len(table.rows)} labels are written as decimals, such as 3.0; "
                "read as whole numbers",
                "a column of whole numbers becomes decimal when a cell was empty once: check that "
                "no label is lost; `kiyas data clean` writes whole numbers",
            )
        )
    if num_named:
        warnings.append(
            TableWarning(
                "named-labels",
                where,
                f"{num_named} of {len(table.rows)} labels are names; read as numbers of classes",
                "check the order of the classes; `kiyas data clean` writes numbers",
            )
        )
    return warnings


def warn_of_rare_classes(
    source: str, labels: Sequence[int], class_names: Sequence[str]
) -> list[TableWarning]:
    """Name the classes without a row, and those with one."""
    counts = Counter(labels)
    warnings = []
    for number, name in enumerate(class_names):
        if counts[number] < 2:
            absent = counts[number] == 0
            shown = f"class {number}" + ("" if name == str(number) else f" ({name})")
            warnings.append(
                TableWarning(
                    "missing-class" if absent else "class-of-one-row",
                    source,
                    f"{shown} has no row" if absent else f"{shown} has one row",
                    "its scores are undefined here; add rows of it, or split again"
                    if absent
                    else "it cannot be both learnt and tested; add rows of it",
                )
            )
    return warnings
