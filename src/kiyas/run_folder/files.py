"""Plain values <-> files: atomic writes, JSON lines that survive a kill, hashes.

Knows no file of a run by name (``folder``). A write that fails says what to do about it.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import re
import tempfile
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, TextIO, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import to_json

from kiyas.errors import RunFolderError

RecordT = TypeVar("RecordT")

_DISK_FULL = (errno.ENOSPC, errno.EDQUOT)
_NO_NUMBER = re.compile(rb"(?:NaN|Infinity),?$", re.MULTILINE)
"""A value that is no number, in indented JSON: it ends its line, and a string ends with a quote."""


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn a failed write into an error that says what to do.

    Raises:
        RunFolderError: The disk is full, or the place cannot be written.
    """
    try:
        yield
    except OSError as error:
        if error.errno in _DISK_FULL:
            raise RunFolderError(
                "the disk is full; everything written before is kept",
                where=str(path),
                next_step="free some space, then give the same command again: it goes on from here",
            ) from error
        raise RunFolderError(
            f"cannot be written ({error.strerror})",
            where=str(path),
            next_step="check that the folder exists and that you may write there",
        ) from error


def write_text(path: Path, text: str) -> None:
    """Write a whole file of text as UTF-8, as ``write_bytes`` does.

    Raises:
        RunFolderError: The file cannot be written.
    """
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, content: bytes) -> None:
    """Write a whole file so that a reader sees the old content or the new one, never a part.

    Raises:
        RunFolderError: The file cannot be written.
    """
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).chmod(0o644)
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise


def write_json(path: Path, value: Any) -> None:
    """Write plain values or records as JSON, atomically and in the same form every time.

    Raises:
        ValueError: A value is not a finite number; nothing is written.
    """
    content = to_json(value, indent=2, inf_nan_mode="constants")
    is_suspect = b"NaN" in content or b"Infinity" in content  # quicker by far than the pattern
    if is_suspect and _NO_NUMBER.search(content):
        raise ValueError(f"{path} would hold a value that is not a finite number")
    write_bytes(path, content + b"\n")


def create_json(path: Path, value: Any) -> bool:
    """Write JSON as ``write_json`` does, unless the file is there; return whether it was written.

    Of two machines that do so at once, one is told that it did; on a file system without hard links
    both may be.

    Raises:
        RunFolderError: The file cannot be written.
    """
    draft = path.with_name(f"{path.name}.{uuid.uuid4().hex}")
    try:
        write_json(draft, value)
        with writing(path):
            return _link(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def _link(draft: Path, path: Path) -> bool:
    """Give a file its name, with its content, unless the name is taken."""
    try:
        os.link(draft, path)
    except FileExistsError:
        return draft.stat().st_nlink > 1  # a share that lost its own answer has asked twice
    except OSError:
        if path.exists():
            return False
        draft.replace(path)
    return True


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object.

    Raises:
        RunFolderError: The file is not a JSON object.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise RunFolderError(
            f"cannot be read ({error})",
            where=str(path),
            next_step="restore the file, or move its folder away to have it made again",
        ) from error
    if not isinstance(value, dict):
        raise RunFolderError("not a JSON object", where=str(path))
    return value


class LineWriter:
    """Appends JSON lines to a file; each ``append`` is on disk before it returns."""

    def __init__(self, path: Path, file: TextIO) -> None:
        self._path, self._file = path, file

    def append(self, records: Iterable[Mapping[str, Any]]) -> None:
        """Append one line a record and flush to disk."""
        lines = [_json_line(record) for record in records]
        with writing(self._path):
            self._file.write("".join(lines))
            self._file.flush()
            os.fsync(self._file.fileno())


@contextmanager
def appending_lines(path: Path) -> Iterator[LineWriter]:
    """Open a JSON lines file for appending; a line torn by a kill is cut off first."""
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        _cut_torn_line(path)
        file = path.open("a", encoding="utf-8", newline="")
    try:
        yield LineWriter(path, file)
    finally:
        with writing(path):  # closing writes again what a full disk refused
            file.close()


def read_lines(path: Path) -> list[dict[str, Any]]:
    """Read a JSON lines file; a last line torn by a kill is left out.

    Raises:
        RunFolderError: A line before the last is not JSON.
    """
    records = []
    for number, line in enumerate(_whole_lines(path), start=1):
        try:
            records.append(json.loads(line))
        except ValueError as error:
            raise RunFolderError(
                f"line {number} is not JSON ({error})",
                where=str(path),
                next_step="delete the line, or move the folder away to have it made again",
            ) from error
    return records


def read_records(path: Path, kind: type[RecordT]) -> list[RecordT]:
    """Read a JSON lines file of one kind of record, as ``read_lines`` does but sooner.

    Args:
        path: The file.
        kind: A dataclass; the types of its fields are checked.

    Raises:
        RunFolderError: A line is not JSON, or no such record.
    """
    lines = _whole_lines(path)
    one, many = _readers(kind)  # type: ignore[arg-type]  # a type is hashable
    with contextlib.suppress(ValidationError):
        # All at once: a call a line takes as long again as reading it.
        found: list[RecordT] = many.validate_json(b"[" + b",".join(lines) + b"]")
        if len(found) == len(lines):
            return found
    records = []
    for number, line in enumerate(lines, start=1):
        try:
            records.append(one.validate_json(line))
        except ValidationError as error:
            records.append(_read_plainly(line, kind, error, f"{path}, line {number}"))
    return records


def _read_plainly(line: bytes, kind: type[RecordT], error: ValidationError, where: str) -> RecordT:
    """Read a line with lone surrogates, which only ``json`` takes; refuse any other."""
    first = error.errors()[0]
    if first["type"] == "json_invalid":
        with contextlib.suppress(ValueError, TypeError):
            return kind(**json.loads(line))
    cause = ": ".join((*map(str, first["loc"]), first["msg"]))
    raise RunFolderError(
        f"a line is not what belongs here ({cause})",
        where=where,
        next_step="delete the line, or move the folder away to have it made again",
    ) from error


@cache
def _readers(kind: Any) -> tuple[TypeAdapter[Any], TypeAdapter[Any]]:
    """Return what reads a record, and a list of them."""
    return TypeAdapter(kind), TypeAdapter(list[kind])


def _whole_lines(path: Path) -> list[bytes]:
    """Return the lines of a file, without one that a kill tore; none if there is no file."""
    return path.read_bytes().split(b"\n")[:-1] if path.exists() else []


def hash_values(*values: Any) -> str:
    """Return the SHA-256 of plain values in canonical JSON, in hex."""
    text = json.dumps(values, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _json_line(record: Mapping[str, Any]) -> str:
    """Return a record as one line, readable where it can be: lone surrogates are no UTF-8."""
    line = json.dumps(record, ensure_ascii=False)
    try:
        line.encode("utf-8")
    except UnicodeEncodeError:
        line = json.dumps(record)
    return line + "\n"


def _cut_torn_line(path: Path) -> None:
    if not path.exists():
        return
    content = path.read_bytes()
    whole = content.rfind(b"\n") + 1
    if whole < len(content):
        with path.open("r+b") as file:
            file.truncate(whole)
