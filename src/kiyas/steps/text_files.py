"""A file of texts without labels -> the texts: a line each, or the text column of a table."""

from __future__ import annotations

from pathlib import Path

from kiyas.data.decoding import decode_text
from kiyas.data.delimited import parse_delimited
from kiyas.data.row_files import file_kind, read_bytes, read_rows
from kiyas.data.suggestions import name_rows, nearest
from kiyas.data.table_files import TEXT_COLUMNS
from kiyas.data.tables import is_empty
from kiyas.errors import DataError

_PLAIN = (".txt", ".text", ".md", "")


def read_texts(path: Path, text_column: str | None = None) -> list[str]:
    """Read texts to classify.

    Args:
        path: A plain text file (blank lines part nothing) or a CSV, TSV, JSONL, JSON or Parquet
            table with a text column.
        text_column: Name of the column; None finds it.

    Raises:
        DataError: The file cannot be read, has no text column, or a row of it holds no text.
    """
    if path.suffix.lower() in _PLAIN:
        lines = decode_text(read_bytes(path), path).text.splitlines()
        return [line for line in lines if line.strip()]
    rows = _rows(path)
    columns = list({column: None for _, cells in rows for column in cells})
    column = _text_column(path, columns, text_column)
    texts = [(number, str(cells.get(column) or "")) for number, cells in rows]
    empty = [number for number, text in texts if is_empty(text)]
    if empty:
        raise DataError(
            f"{len(empty)} of {len(texts)} rows hold no text in column {column!r}",
            where=f"{path}, {name_rows(empty)}",
            expected="a text in every row",
            next_step="mend or remove these rows; kiyas drops none by itself",
        )
    return [text for _, text in texts]


def _rows(path: Path) -> list[tuple[int, dict[str, object]]]:
    if file_kind(path) in {".csv", ".tsv"}:
        parsed = parse_delimited(decode_text(read_bytes(path), path).text, path)
        return [(record.line, dict(record.cells)) for record in parsed.records]
    return [(row.number, dict(row.cells)) for row in read_rows(path)]


def _text_column(path: Path, columns: list[str], named: str | None) -> str:
    folded = {column.casefold(): column for column in reversed(columns)}
    wanted = TEXT_COLUMNS if named is None else (named.casefold(),)
    for name in wanted:
        if name in folded:
            return folded[name]
    if named is None and len(columns) == 1:
        return columns[0]
    near = next((close for name in wanted if (close := nearest(name, columns))), None)
    raise DataError(
        "there is no text column",
        where=str(path),
        received=", ".join(columns) or "an empty file",
        expected=f"a column {named}" if named else f"one of {', '.join(TEXT_COLUMNS)}",
        next_step=(f"did you mean {near!r}? " if near else "") + "name it with --text-column",
    )
