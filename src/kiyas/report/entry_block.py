"""Entries of a drawer -> one compressed block of text for the page's script, within a size limit.

Every distinct text is stored once. Long texts lose their middle, and say so; the whole text stays
in the run folder. Nothing is escaped here: the block is base64 of deflated ASCII JSON, so no
character of a hostile text stands in the page's source; the script shows text as text.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

MAX_BLOCK_BYTES = 2_500_000
"""Leaves 0.5 MB of a page of 3 MB for everything else."""
_LONGEST_TEXT = 20_000
_SHORTEST_LIMIT = 300
_HEAD_SHARE = 0.7
_AIM = 0.92
"""Of the allowed size: shorter texts compress worse, so aim below it."""


@dataclass(frozen=True)
class EntryBlock:
    """What the page's script reads."""

    base64: str
    """Deflated JSON."""
    longest_text: int
    """Characters that a text may have before its middle is left out."""
    num_shortened: int
    """Distinct texts that lost their middle."""


@dataclass
class TextStore:
    """The distinct texts of a block, each at most ``limit`` characters long."""

    limit: int
    num_shortened: int = 0
    texts: list[Any] = field(default_factory=list)
    positions: dict[str, int] = field(default_factory=dict)

    def add(self, text: str) -> int:
        """Return the position of a text, stored once."""
        if text not in self.positions:
            self.positions[text] = len(self.texts)
            self.texts.append(self._shorten(text))
        return self.positions[text]

    def _shorten(self, text: str) -> str | list[Any]:
        """Return the text, or head, number of characters left out and tail."""
        if len(text) <= self.limit:
            return text
        self.num_shortened += 1
        head = int(_HEAD_SHARE * self.limit)
        tail = self.limit - head
        return [text[:head], len(text) - self.limit, text[-tail:]]


def pack_entries(
    gather: Callable[[TextStore], dict[str, Any]], max_bytes: int = MAX_BLOCK_BYTES
) -> EntryBlock:
    """Return a block of at most ``max_bytes``, shortening texts as far as needed.

    Args:
        gather: Puts all texts into the store and returns plain values that name them by position;
            called again for each limit that is tried. The block holds them with ``texts``.
        max_bytes: Limit of the block; exceeded only if texts of 300 characters do not fit either.
    """
    limit = _LONGEST_TEXT
    while True:
        store = TextStore(limit)
        values = {**gather(store), "texts": store.texts}
        content = json.dumps(values, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
        block = base64.b64encode(zlib.compress(content.encode("ascii"), 6)).decode("ascii")
        if len(block) <= max_bytes or limit <= _SHORTEST_LIMIT:
            return EntryBlock(block, limit, store.num_shortened)
        lengths = [len(text) for text in store.positions]
        share = _AIM * max_bytes / len(block)
        limit = _limit_for(share, lengths, limit)


def _limit_for(share: float, lengths: Sequence[int], limit: int) -> int:
    """Return the limit that keeps this share of the characters that ``limit`` keeps."""
    allowed = share * sum(min(length, limit) for length in lengths)
    low, high = _SHORTEST_LIMIT, limit - 1
    while low < high:
        middle = (low + high + 1) // 2
        if sum(min(length, middle) for length in lengths) <= allowed:
            low = middle
        else:
            high = middle - 1
    return low
