"""A file of rows (JSONL, JSON, CSV, Parquet) -> its rows, each with its number in the file.

Does not interpret cells, choose columns or repair anything: what cannot be read exactly is a
``DataError`` that names the line. Text is UTF-8; a byte-order mark is tolerated.
"""

from __future__ import annotations

import gzip
import importlib
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kiyas.data.decoding import UTF8_BOM, decode_utf8, not_utf8, refuse_utf16
from kiyas.data.delimited import parse_delimited
from kiyas.data.suggestions import nearest
from kiyas.errors import DataError

SUFFIXES = (".jsonl", ".json", ".csv", ".tsv", ".parquet")
"""Endings of the files that can be read; ``.jsonl`` may be compressed as ``.jsonl.gz``."""


@dataclass(frozen=True)
class Row:
    """One row of a file, its cells as found."""

    number: int
    """1-based line on which the row begins (JSONL, CSV), or 1-based row (JSON, Parquet)."""
    unit: str
    """What ``number`` counts: ``line`` or ``row``."""
    cells: dict[str, object]
    """Cell by column name."""


def read_rows(path: Path) -> list[Row]:
    """Return every row of a file, in order.

    Args:
        path: File whose ending is one of ``SUFFIXES``.

    Raises:
        DataError: The file is absent, empty, of another kind, or broken; says on which line.
    """
    content = read_bytes(path)
    if not content.strip():
        raise DataError(
            "the file is empty",
            where=str(path),
            received=f"{len(content)} bytes",
            expected="at least one row",
            next_step="check that the file was written to its end",
        )
    match file_kind(path):
        case ".jsonl":
            rows = list(parse_jsonl(content, path))
        case ".json":
            rows = _parse_json(content, path)
        case ".csv" | ".tsv":
            rows = [
                Row(record.line, "line", dict(record.cells))
                for record in parse_delimited(decode_utf8(content, path), path).records
            ]
        case _:
            rows = _read_parquet(path)
    if not rows:
        raise DataError(
            "the file holds no rows",
            where=str(path),
            received="0 rows",
            expected="at least one row",
            next_step="check that the file was written to its end",
        )
    return rows


def file_kind(path: Path) -> str:
    """Return the ending that says how to read a file, without ``.gz``.

    Raises:
        DataError: The ending is none of ``SUFFIXES``.
    """
    name = path.name.lower().removesuffix(".gz")
    for suffix in SUFFIXES:
        if name.endswith(suffix):
            return suffix
    raise DataError(
        "this kind of file cannot be read",
        where=str(path),
        received=path.suffix or "no ending",
        expected=f"a file ending in {', '.join(SUFFIXES)}",
        next_step="convert the file, or rename it if only its ending is wrong",
    )


def read_bytes(path: Path) -> bytes:
    """Return the bytes of a file, uncompressed if its name ends in ``.gz``.

    Raises:
        DataError: The file is absent, a folder, unreadable or badly compressed.
    """
    if not path.is_file():
        close = nearest(path.name, [p.name for p in path.parent.glob("*")])
        raise DataError(
            "there is no such file" if not path.is_dir() else "this is a folder, not a file",
            where=str(path),
            received="a folder" if path.is_dir() else "nothing",
            expected="a data file",
            next_step=(
                f"did you mean {close!r}? A relative path of a study begins at the study file"
                if close
                else "check the path; a relative path of a study begins at the study file"
            ),
        )
    try:
        content = path.read_bytes()
        return gzip.decompress(content) if path.suffix.lower() == ".gz" else content
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(
            "the file cannot be read",
            where=str(path),
            received=str(error),
            expected="a readable file",
            next_step="check the permissions, or copy the file anew",
        ) from error


def parse_jsonl(content: bytes, path: Path) -> Iterator[Row]:
    r"""Yield the objects of a JSONL file with their line numbers; blank lines hold no row.

    The bytes are cut at ``\n`` alone, so that U+2028 or a form feed inside a text cannot shift
    the line numbers.

    Raises:
        DataError: A line is not UTF-8, not JSON or not an object; names the line.
    """
    refuse_utf16(content, path)
    lines = content.removeprefix(UTF8_BOM).split(b"\n")
    for number, raw in enumerate(lines, start=1):
        if raw.strip():
            yield Row(number, "line", _parse_line(raw, number, path, is_last=number == len(lines)))


def _parse_line(raw: bytes, number: int, path: Path, *, is_last: bool) -> dict[str, object]:
    where = f"{path}, line {number}"
    try:
        value = json.loads(raw.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise not_utf8(path, number, error) from error
    except (ValueError, RecursionError) as error:  # also a number of too many digits
        is_broken = isinstance(error, json.JSONDecodeError)
        is_cut = is_broken and is_last
        what = "the line is not JSON" if is_broken else "the line is JSON that cannot be read"
        raise DataError(
            "the line is not complete JSON" if is_cut else what,
            where=where,
            received=f"{_shorten(raw.decode('utf-8', 'replace'))} ({error})",
            expected="one JSON object a line",
            next_step=(
                "the file seems cut off: write it anew, or delete its last line"
                if is_cut
                else f"mend line {number}"
            ),
        ) from error
    if not isinstance(value, dict):
        raise DataError(
            "the line is JSON, but not an object",
            where=where,
            received=_shorten(raw.decode("utf-8", "replace")),
            expected='one JSON object a line, such as {"prompt": "...", "response": "..."}',
            next_step=f"mend line {number}",
        )
    return value


def _parse_json(content: bytes, path: Path) -> list[Row]:
    try:
        value = json.loads(decode_utf8(content, path))
    except json.JSONDecodeError as error:
        raise DataError(
            "the file is not JSON",
            where=f"{path}, line {error.lineno}",
            received=f"{error.msg} at column {error.colno}",
            expected="one list of objects",
            next_step=(
                "one object a line is JSONL: rename the file to .jsonl"
                if error.msg == "Extra data"
                else f"mend line {error.lineno}"
            ),
        ) from error
    except (ValueError, RecursionError) as error:
        raise DataError(
            "the file is JSON that cannot be read",
            where=str(path),
            received=str(error),
            expected="one list of objects, none nested deeply, no number of thousands of digits",
            next_step="write such numbers as texts, and nested values as rows of their own",
        ) from error
    if not isinstance(value, list):
        raise DataError(
            "the file does not hold a list",
            where=str(path),
            received=type(value).__name__,
            expected="one list of objects",
            next_step="write the rows as a list: [{...}, {...}]",
        )
    for number, item in enumerate(value, start=1):
        if not isinstance(item, dict):
            raise DataError(
                "the row is not an object",
                where=f"{path}, row {number}",
                received=_shorten(json.dumps(item, ensure_ascii=False)),
                expected="a list of objects",
                next_step=f"mend row {number}",
            )
    return [Row(number, "row", item) for number, item in enumerate(value, start=1)]


def _read_parquet(path: Path) -> list[Row]:
    try:
        pyarrow = importlib.import_module("pyarrow")
        parquet = importlib.import_module("pyarrow.parquet")
    except ImportError as error:
        raise DataError(
            "reading Parquet needs a package that is not installed",
            where=str(path),
            received="no pyarrow",
            expected="pyarrow",
            next_step="pip install 'kiyas[train]', or convert the file to JSONL",
        ) from error
    try:
        items = parquet.read_table(path).to_pylist()
    except (pyarrow.ArrowException, OSError) as error:
        raise DataError(
            "the file is not Parquet, or is cut off",
            where=str(path),
            received=str(error),
            expected="a Parquet file",
            next_step="write the file anew",
        ) from error
    return [Row(number, "row", item) for number, item in enumerate(items, start=1)]


def _shorten(text: str, length: int = 80) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"
