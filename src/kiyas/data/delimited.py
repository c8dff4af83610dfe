"""Text of a CSV or TSV file -> its records, each with the line on which it begins.

Does not decode bytes or interpret cells. A broken quote is an error at the line where the record
begins, never a record that silently swallows its neighbours: the reader is strict, and every
record must have as many cells as the header.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path

from kiyas.errors import DataError

DELIMITERS = (",", ";", "\t", "|")
"""Delimiters that are recognised in the header line."""


@dataclass(frozen=True)
class DelimitedRecord:
    """One record of the file."""

    line: int
    """1-based line on which the record begins."""
    cells: dict[str, str]
    """Cell by column name, as found."""


@dataclass(frozen=True)
class DelimitedFile:
    """All records of a file."""

    delimiter: str
    """The delimiter that was found in the header."""
    columns: tuple[str, ...]
    """Column names, outer white space taken off."""
    records: tuple[DelimitedRecord, ...]
    """The records in order."""


def parse_delimited(text: str, path: Path, delimiter: str | None = None) -> DelimitedFile:
    """Parse the text of a CSV file whose first line is a header.

    Args:
        text: Whole text, without byte-order mark.
        path: File it came from, for messages.
        delimiter: One character; None finds the one that cuts the header into most columns.

    Raises:
        DataError: No header, doubled or empty column names, a broken quote, or a record with
            another number of cells than the header; names the line.
    """
    found = delimiter or find_delimiter(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=found, strict=True)
    columns: tuple[str, ...] = ()
    records: list[DelimitedRecord] = []
    begins = 1
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise _broken_quote(path, begins, reader.line_num, error) from error
        if cells is None:
            break
        if cells and not columns:
            columns = _check_header(cells, path, begins)
        elif cells:
            if len(cells) != len(columns):
                raise _wrong_width(path, begins, cells, columns, found)
            records.append(DelimitedRecord(begins, dict(zip(columns, cells, strict=True))))
        begins = reader.line_num + 1
    return DelimitedFile(found, columns, tuple(records))


def find_delimiter(text: str) -> str:
    """Return the delimiter that cuts the first non-blank line into most cells; else a comma."""
    header = next((line for line in io.StringIO(text) if line.strip()), "")
    counts = {mark: len(next(csv.reader([header], delimiter=mark), [])) for mark in DELIMITERS}
    return max(DELIMITERS, key=lambda mark: counts[mark])


def _check_header(cells: list[str], path: Path, line: int) -> tuple[str, ...]:
    names = tuple(cell.strip() for cell in cells)
    if len(set(names)) < len(names) or (len(names) > 1 and not all(names)):
        raise DataError(
            "the header names a column twice, or leaves one without a name",
            where=f"{path}, line {line}",
            received=", ".join(repr(name) for name in names),
            expected="one name for each column",
            next_step="mend the first line of the file",
        )
    return names


def _broken_quote(path: Path, begins: int, line: int, error: csv.Error) -> DataError:
    if "field larger than field limit" in str(error):
        what = f"a cell is longer than {csv.field_size_limit():,} characters"
    else:
        what = "a quoted cell is broken"
    return DataError(
        what,
        where=f"{path}, line {begins}",
        received=f"the record that begins on line {begins}; noticed on line {line} ({error})",
        expected='cells with quotes written as "…", and a quote inside doubled: ""',
        next_step=f'close or double the quote (") in the record of line {begins}',
    )


def _wrong_width(
    path: Path, line: int, cells: list[str], columns: tuple[str, ...], delimiter: str
) -> DataError:
    return DataError(
        f"the record has {len(cells)} cells, the header has {len(columns)}",
        where=f"{path}, line {line}",
        received=repr(delimiter.join(cells)[:80]),
        expected=f"{len(columns)} cells ({', '.join(columns)}) separated by {delimiter!r}",
        next_step=f'put the cell that holds {delimiter!r} into quotes ("…") on line {line}',
    )
