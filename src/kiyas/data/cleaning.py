"""A raw table -> a labelled table with one spelling, and lists of what was changed or is suspect.

Drops nothing in silence: a row that cannot be labelled is set aside and listed with its reason,
and a suspect label stays as it is. Texts are normalised to NFC and not NFKC, which would turn
``x²`` into ``x2``.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from kiyas.data.class_names import ClassNames, parse_labels
from kiyas.data.decoding import repair_mojibake
from kiyas.data.suggestions import nearest
from kiyas.data.suspect_labels import SuspectLabel, find_suspect_labels
from kiyas.data.tables import LabelledTable, RawTable, is_empty, make_table
from kiyas.errors import DataError

INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
"""Soft hyphens, zero-width marks, marks of direction and byte-order marks inside a text."""

CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters other than tab and newline, and halves of signs such as emoji."""


@dataclass(frozen=True)
class RowChange:
    """What cleaning did to one row."""

    row: int
    """The row."""
    kinds: tuple[str, ...]
    """Of ``encoding``, ``unicode``, ``white-space``, ``label``."""


@dataclass(frozen=True)
class SetAsideRow:
    """A row that cannot be in a labelled table."""

    row: int
    """The row."""
    reason: str
    """Why, in words."""
    text: str
    """Text cell as found."""
    label_cell: str
    """Label cell as found."""


@dataclass(frozen=True)
class CleanedTable:
    """What cleaning gives."""

    table: LabelledTable
    """The clean table."""
    changes: tuple[RowChange, ...]
    """Every row that was changed."""
    set_aside: tuple[SetAsideRow, ...]
    """Every row that is not in ``table``."""
    suspects: tuple[SuspectLabel, ...] | None
    """Labels that look wrong, the most suspect first; None if they were not looked for."""

    def to_dict(self) -> dict[str, object]:
        """Return everything but the rows of the table as plain values, for JSON."""
        return {
            "source": self.table.source,
            "num_rows": len(self.table.texts),
            "sha256": self.table.sha256,
            "class_names": list(self.table.class_names),
            "num_changes": dict(Counter(k for change in self.changes for k in change.kinds)),
            "changes": [asdict(change) for change in self.changes],
            "set_aside": [asdict(row) for row in self.set_aside],
            "suspects": None if self.suspects is None else [asdict(s) for s in self.suspects],
            "warnings": [asdict(warning) for warning in self.table.warnings],
        }


def clean_table(
    table: RawTable,
    *,
    classes: ClassNames | None = None,
    relabel: Mapping[str, str] | None = None,
    find_suspects: bool = True,
    seed: int = 0,
) -> CleanedTable:
    """Unify labels, white space, Unicode and encodings; list suspect labels.

    Args:
        table: Table as found.
        classes: The classes there are; None finds them in the labels.
        relabel: Label cell as found -> label cell meant, such as ``{"8": "0"}``.
        find_suspects: Whether to look for suspect labels by out-of-fold predictions; needs the
            extra ``data``.
        seed: Seed of the folds.

    Raises:
        DataError: ``relabel`` names a label that no row has, or no row is left.
        MissingExtraError: Suspect labels are asked for and cleanlab is not installed.
    """
    cells = _relabel(table, relabel or {})
    parsed = parse_labels(cells, classes)
    fault_of = {i: fault for fault, found in parsed.faults.items() for i in found}
    cleaned = [clean_text(text) for text in table.texts]
    set_aside, changes, kept, labels = [], [], [], []
    for i, (text, kinds) in enumerate(cleaned):
        label = parsed.labels[i]
        if label is None or is_empty(text):
            reason = "no text" if is_empty(text) else fault_of[i]
            set_aside.append(
                SetAsideRow(table.rows[i], reason, table.texts[i], table.label_cells[i])
            )
            continue
        kept.append(i)
        labels.append(label)
        of_label = ("label",) if table.label_cells[i] != str(label) else ()
        if kinds or of_label:
            changes.append(RowChange(table.rows[i], (*kinds, *of_label)))
    if not kept:
        raise _nothing_left(table, set_aside)
    clean = make_table(
        table,
        texts=[cleaned[i][0] for i in kept],
        labels=labels,
        class_names=parsed.names,
        positions=kept,
        warnings=table.warnings,
    )
    suspects = find_suspect_labels(clean, seed=seed) if find_suspects else None
    return CleanedTable(clean, tuple(changes), tuple(set_aside), suspects)


def clean_text(text: str) -> tuple[str, tuple[str, ...]]:
    """Return a text in one spelling, and the kinds of changes made.

    Encoding: UTF-8 that was read as a Windows code page. Unicode: NFC, no invisible or control
    characters, no half signs. White space: plain spaces and newlines, none doubled within a line
    or at an end, at most one blank line in a row.
    """
    kinds = []
    repaired = repair_mojibake(text)
    if repaired != text:
        kinds.append("encoding")
    newlines = re.sub(r"\r\n?|[\u2028\u2029\x85]", "\n", repaired)
    plain = CONTROL.sub("", INVISIBLE.sub("", unicodedata.normalize("NFC", newlines)))
    if plain != newlines:
        kinds.append("unicode")
    spaced = re.sub(r" ?\n ?", "\n", re.sub(r"[^\S\n]+", " ", plain))
    spaced = re.sub(r"\n{3,}", "\n\n", spaced).strip()
    if spaced != plain or newlines != repaired:
        kinds.append("white-space")
    return spaced, tuple(kinds)


def _relabel(table: RawTable, relabel: Mapping[str, str]) -> Sequence[str]:
    found = {cell.strip() for cell in table.label_cells}
    for label in relabel:
        if label not in found:
            close = nearest(label, found)
            raise DataError(
                "no row has the label that is to be replaced",
                where=f"{table.source}, column {table.label_column!r}",
                received=f"{label!r} -> {relabel[label]!r}",
                expected=f"one of {', '.join(sorted(found)[:20])}",
                next_step=f"did you mean {close!r}?" if close else "correct the label",
            )
    return [relabel.get(cell.strip(), cell) for cell in table.label_cells]


def _nothing_left(table: RawTable, set_aside: Sequence[SetAsideRow]) -> DataError:
    reasons = Counter(row.reason for row in set_aside)
    return DataError(
        "no row has both a text and a label",
        where=f"{table.source}, columns {table.text_column!r} and {table.label_column!r}",
        received=", ".join(f"{reason}: {count} rows" for reason, count in reasons.items()),
        expected="rows with a text and a label",
        next_step="name the right columns by `text_column` and `label_column` (`--text` and "
        "`--label` of `kiyas data`)",
    )
