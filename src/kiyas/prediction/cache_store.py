"""A key -> decoded rows in the machine's cache, one small file a key.

A file appears whole or not at all, and one that cannot be read is as good as none: the rows are
decoded again. Knows nothing of engines and of what belongs into a key.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from kiyas.errors import RunFolderError
from kiyas.prediction.engines import DecodedRow
from kiyas.run_folder import hash_values, write_text

_FORM = 1
"""Raised when files of the store look otherwise; older ones are then not found."""


class CompletionStore:
    """Decoded rows by key.

    Args:
        folder: Where the files are; made when the first is written.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, key: Any) -> list[DecodedRow] | None:
        """Return the rows under a key of plain values; None if there are none."""
        try:
            lines = self._path(key).read_text(encoding="utf-8").splitlines()
            return [_row(json.loads(line)) for line in lines]
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def write(self, key: Any, rows: Sequence[DecodedRow]) -> bool:
        """Keep rows under a key; return whether there was room for them."""
        lines = [json.dumps(asdict(row)) + "\n" for row in rows]
        try:
            write_text(self._path(key), "".join(lines))
        except RunFolderError:
            return False  # the study does not depend on the cache
        return True

    def _path(self, key: Any) -> Path:
        name = hash_values(_FORM, key)
        return self._folder / name[:2] / f"{name}.jsonl"


def _row(values: dict[str, Any]) -> DecodedRow:
    return DecodedRow(**{**values, "token_ids": tuple(values["token_ids"])})
