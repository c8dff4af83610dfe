"""The record of keys that contradict each other."""

from __future__ import annotations

from typing import NamedTuple

KeyPath = tuple[str | int, ...]


class Conflict(NamedTuple):
    """Keys of a study that contradict each other."""

    key: KeyPath
    """Path of the key to point at."""
    what: str
    """What is wrong."""
    received: object
    """The value at the key."""
    expected: str
    """What would be right."""
