"""A key -> decoded rows in the machine's cache, one small file a key.

A file appears whole or not at all, and one that cannot be read is as good as none: the rows are
decoded again. So files may also be removed at any time; those that were used last are kept, up to
``$KIYAS_COMPLETIONS_MB``. Knows nothing of engines and of what belongs into a key.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from kiyas.errors import PredictionError, RunFolderError
from kiyas.prediction.engines import DecodedRow
from kiyas.run_folder import hash_values, write_text

_FORM = 3
"""Raised when files of the store look otherwise, or may hold what a fault of ours decoded; older
ones are then not found."""
_LIMIT = "KIYAS_COMPLETIONS_MB"
_DEFAULT_MB = 1024
"""About 250,000 answers of a few hundred tokens."""
_ROW = TypeAdapter(DecodedRow)


def find_limit_bytes() -> int:
    """Return how many bytes the machine's store may keep.

    Raises:
        PredictionError: The variable is no whole number of megabytes.
    """
    given = os.environ.get(_LIMIT) or str(_DEFAULT_MB)
    if not given.isdecimal():
        raise PredictionError(
            "the limit of the completions that this machine keeps is no whole number",
            where=_LIMIT,
            received=given,
            expected=f"megabytes, such as {_DEFAULT_MB}; 0 keeps none",
        )
    return int(given) * 2**20


class CompletionStore:
    """Decoded rows by key.

    Args:
        folder: Where the files are; made when the first is written.
        limit_bytes: What ``prune`` leaves at most.
    """

    def __init__(self, folder: Path, limit_bytes: int = _DEFAULT_MB * 2**20) -> None:
        self._folder, self._limit_bytes = folder, limit_bytes

    def read(self, key: Any, num_rows: int) -> list[DecodedRow] | None:
        """Return the rows under a key of plain values; None unless there are as many as asked."""
        path = self._path(key)
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
            rows = [_ROW.validate_python(json.loads(line)) for line in lines]
        except (OSError, ValueError, RecursionError):
            return None
        if len(rows) != num_rows:
            return None
        with suppress(OSError):  # a store that may only be read is one too
            os.utime(path)  # its time of change says when it was used last
        return rows

    def write(self, key: Any, rows: Sequence[DecodedRow]) -> bool:
        """Keep rows under a key; return whether there was room for them."""
        lines = [json.dumps(asdict(row)) + "\n" for row in rows]
        try:
            write_text(self._path(key), "".join(lines))
        except RunFolderError:
            return False  # the study does not depend on the cache
        return True

    def prune(self) -> None:
        """Remove what was not used for longest, until the rest is within the limit."""
        found = []
        for path in self._folder.glob("*/*"):
            with suppress(OSError):  # another run prunes too
                status = path.stat()
                found.append((status.st_mtime_ns, status.st_size, path))
        excess = sum(size for _, size, _ in found) - self._limit_bytes
        for _, size, path in sorted(found):
            if excess <= 0:
                return
            with suppress(OSError):
                path.unlink()
            excess -= size

    def _path(self, key: Any) -> Path:
        name = hash_values(_FORM, key)
        return self._folder / name[:2] / f"{name}.jsonl"
