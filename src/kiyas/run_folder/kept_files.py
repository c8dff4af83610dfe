"""Files of a finished step -> what is noted of them, and which are not like that any more.

A file of the same size and time of change counts as the same: predictions can be hundreds of
megabytes. One with another time is read, so that a copy of a run folder is found to be the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from kiyas.run_folder.files import hash_file

Note = Mapping[str, Any]
"""``bytes``, ``mtime_ns`` and ``sha256`` of a file; empty if there is none."""


def note_files(folder: Path, names: Iterable[str]) -> dict[str, Note]:
    """Return what tells each file from others, by its name; those that are not there are left out.

    Args:
        folder: Where names begin.
        names: The files.
    """
    notes = {name: _note(folder / name) for name in names}
    return {name: note for name, note in notes.items() if note}


def unlike_files(folder: Path, notes: Mapping[str, Note]) -> dict[str, Note]:
    """Return what the files are now that are not what was noted, by name."""
    return {
        name: _note(folder / name)
        for name, note in notes.items()
        if not _is_like(folder / name, note)
    }


def tell_file(note: Note) -> str:
    """Return what a file is, for people."""
    return f"{note['bytes']} bytes, SHA-256 {note['sha256'][:12]}" if note else "no such file"


def _note(path: Path) -> Note:
    if not path.is_file():
        return {}
    found = path.stat()
    return {"bytes": found.st_size, "mtime_ns": found.st_mtime_ns, "sha256": hash_file(path)}


def _is_like(path: Path, note: Note) -> bool:
    if not path.is_file():
        return False
    found = path.stat()
    if found.st_size != note["bytes"]:
        return False
    is_untouched: bool = found.st_mtime_ns == note["mtime_ns"]
    return is_untouched or _hash(path, found.st_size, found.st_mtime_ns) == note["sha256"]


@cache
def _hash(path: Path, _num_bytes: int, _mtime_ns: int) -> str:
    """Read a file once a process, unless it changes."""
    return hash_file(path)
