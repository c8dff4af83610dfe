"""A file of labelled texts -> ``RawTable`` or ``LabelledTable``.

Does not repair: what has no one meaning is refused with the line and the cure, what had to be
interpreted (encoding, delimiter) is said in the warnings of the table, nothing is dropped.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from kiyas.data.class_names import ClassNames, read_class_names
from kiyas.data.decoding import DecodedText, decode_text
from kiyas.data.delimited import DelimitedFile, parse_delimited
from kiyas.data.examples import EMBEDDED_FOLDER
from kiyas.data.row_files import file_kind, read_bytes, read_rows
from kiyas.data.suggestions import name_rows, nearest
from kiyas.data.tables import LabelledTable, RawTable, TableWarning, label_table
from kiyas.errors import DataError
from kiyas.paths import expand_home
from kiyas.spelling import name_key

EMBEDDED_TABLE = "embedded:math-topics"
"""Name of the embedded set of mathematics problems."""

EMBEDDED_SPLITS = ("train", "validation", "test")
"""Splits of the embedded set."""

TEXT_COLUMNS = ("question", "text", "problem", "prompt", "soru", "metin", "problem_text")
"""Names of the text column that are found without being told, in this order."""

LABEL_COLUMNS = ("label", "labels", "class", "topic", "category", "etiket", "konu", "target")
"""Names of the label column that are found without being told, in this order."""

_Numbered = tuple[int, Mapping[str, object]]
"""A row's number and its cells by column."""


def load_table(
    source: str,
    *,
    classes: ClassNames | None = None,
    text_column: str | None = None,
    label_column: str | None = None,
    split: str | None = None,
    base_dir: Path,
) -> LabelledTable:
    """Load a labelled table that is ready to train on or to be tested on.

    Args:
        source: ``embedded:math-topics``, or a CSV, TSV, JSONL, JSON or Parquet file.
        classes: The classes there are; pass those of the training table to the other splits.
            None finds them in the labels (the embedded set knows its own).
        text_column: Name of the text column; None finds it.
        label_column: Name of the label column; None finds it.
        split: ``train``, ``validation`` or ``test`` of the embedded set; files have no splits.
        base_dir: Folder at which relative paths begin.

    Raises:
        DataError: The file cannot be read, a text is empty, or a cell is no label.
    """
    table = read_table(
        source, text_column=text_column, label_column=label_column, split=split, base_dir=base_dir
    )
    return label_table(table, default_classes(source) if classes is None else classes)


def read_table(
    source: str,
    *,
    text_column: str | None = None,
    label_column: str | None = None,
    split: str | None = None,
    base_dir: Path,
) -> RawTable:
    """Read a table without judging its cells; arguments as for ``load_table``.

    Raises:
        DataError: The file is absent, empty or broken, a column cannot be found, or a cell of
            one is a list or an object.
    """
    if source.startswith("embedded:"):
        path = _embedded_path(source, split)
        name = f"{source}/{split}"
    else:
        path = base_dir / expand_home(source, kind=DataError)
        name = str(path)
    table: list[_Numbered]
    if file_kind(path) in {".csv", ".tsv"}:
        table, unit, warnings = _read_delimited(path)
    else:
        records = read_rows(path)
        unit, warnings = records[0].unit, ()
        table = [(record.number, record.cells) for record in records]
    columns = list({column: None for _, cells in table for column in cells})
    text_name = _find_column("text", text_column, TEXT_COLUMNS, columns, name)
    label_name = _find_column("label", label_column, LABEL_COLUMNS, columns, name)
    for column in (text_name, label_name):
        _refuse_nested(table, column, name, unit)
    cells_of = {
        column: tuple(_to_cell(cells.get(column)) for _, cells in table) for column in columns
    }
    others = {c: cells for c, cells in cells_of.items() if c not in {text_name, label_name}}
    texts, label_cells = cells_of[text_name], cells_of[label_name]
    rows = tuple(number for number, _ in table)
    swallowed = _warn_of_swallowed_rows(name, texts, label_cells, rows)
    return RawTable(
        source=name,
        texts=texts,
        label_cells=label_cells,
        rows=rows,
        unit=unit,
        text_column=text_name,
        label_column=label_name,
        other_columns=others,
        warnings=(*warnings, *swallowed),
    )


def default_classes(source: str) -> ClassNames | None:
    """Return the classes that a source knows by itself: those of the embedded set."""
    if source.startswith(EMBEDDED_TABLE):
        return read_class_names(EMBEDDED_FOLDER / "mathematics" / "labels.json")
    return None


def _embedded_path(source: str, split: str | None) -> Path:
    if source != EMBEDDED_TABLE or split not in EMBEDDED_SPLITS:
        raise DataError(
            "there is no such embedded table",
            where="data source",
            received=f"{source!r}, split {split!r}",
            expected=f"{EMBEDDED_TABLE!r}, split {', '.join(EMBEDDED_SPLITS)}",
            next_step="name the set and one of its splits, or a file",
        )
    return EMBEDDED_FOLDER / "mathematics" / f"{split}.csv"


def _refuse_nested(table: Sequence[_Numbered], column: str, source: str, unit: str) -> None:
    nested = [
        (number, cells[column])
        for number, cells in table
        if isinstance(cells.get(column), list | dict)
    ]
    if nested:
        raise DataError(
            f"{len(nested)} of {len(table)} rows hold a list or an object in column {column!r}",
            where=f"{source}, {name_rows([number for number, _ in nested], unit)}",
            received=repr(nested[0][1])[:80],
            expected="a text and a label in every row",
            next_step="write each of these cells as one text or one label, or name another column",
        )


def _to_cell(value: object) -> str:
    return "" if value is None else str(value)


def _read_delimited(path: Path) -> tuple[list[_Numbered], str, tuple[TableWarning, ...]]:
    decoded = decode_text(read_bytes(path), path)
    parsed = parse_delimited(decoded.text, path)
    if not parsed.records:
        raise DataError(
            "the file holds no rows",
            where=str(path),
            received="an empty file" if not decoded.text.strip() else "a header alone",
            expected="a header and at least one row",
            next_step="check that the file was written to its end",
        )
    records: list[_Numbered] = [(record.line, record.cells) for record in parsed.records]
    return records, "line", tuple(_warn_of_form(path, decoded, parsed))


def _warn_of_form(path: Path, decoded: DecodedText, parsed: DelimitedFile) -> list[TableWarning]:
    warnings = []
    if decoded.first_foreign_line is not None:
        sample = decoded.text.split("\n")[decoded.first_foreign_line - 1].strip()[:80]
        warnings.append(
            TableWarning(
                "encoding",
                f"{path}, line {decoded.first_foreign_line}",
                f"the file is not UTF-8; read as Windows-1254 (Turkish), so that the line says "
                f"{sample!r}",
                "check that line; to be sure, save the file as UTF-8: "
                f"iconv -f WINDOWS-1254 -t UTF-8 {path.name} > utf8-{path.name}",
            )
        )
    usual = "\t" if path.name.lower().endswith(".tsv") else ","
    if parsed.delimiter != usual and len(parsed.columns) > 1:
        warnings.append(
            TableWarning(
                "delimiter",
                f"{path}, line 1",
                f"the columns are separated by {parsed.delimiter!r}; read as such",
                "nothing to do if the columns are right: " + ", ".join(parsed.columns),
            )
        )
    return warnings


def _find_column(
    role: str, named: str | None, usual: Sequence[str], columns: Sequence[str], source: str
) -> str:
    if named is not None:
        if named in columns:
            return named
        wanted, close = repr(named), nearest(named, columns)
    else:
        by_key = {name_key(column): column for column in reversed(columns)}
        for name in usual:
            if name_key(name) in by_key:
                return by_key[name_key(name)]
        wanted = " or ".join(repr(name) for name in usual[:3])
        close = next((found for name in usual if (found := nearest(name, columns))), None)
    one_column = " (one column: is the delimiter another one?)" if len(columns) == 1 else ""
    raise DataError(
        f"there is no {role} column",
        where=source,
        received=f"columns {', '.join(repr(column) for column in columns)}{one_column}",
        expected=f"a column {wanted}",
        next_step=(f"did you mean {close!r}? " if close else "")
        + f"name it by `{role}_column` (`--{role}` of `kiyas data`), or check that the first "
        "line is a header",
    )


def _warn_of_swallowed_rows(
    source: str, texts: Sequence[str], label_cells: Sequence[str], rows: Sequence[int]
) -> list[TableWarning]:
    """Find texts with an inner line that ends like a row: an opening quote that is not closed.

    The strict reader refuses most broken quotes; this finds those whose next quote happens to
    stand before a delimiter, so that the rows between have become one text.
    """
    labels = "|".join(re.escape(cell) for cell in sorted(set(label_cells)) if cell.strip())
    if not labels or len(labels) > 10_000:
        return []
    ends_like_a_row = re.compile(rf"[^\W\d_]\W{{0,3}}[,;\t|](?:{labels})\r?\n")
    found = [rows[i] for i, text in enumerate(texts) if ends_like_a_row.search(text)]
    if not found:
        return []
    return [
        TableWarning(
            "swallowed-rows",
            f"{source}, {name_rows(found)}",
            "a text holds a line that ends like a row of its own; a quote may be left open",
            f"look at line {found[0]} and close its quote if it is open",
        )
    ]
