"""Rows that several calls of an engine share: each is decoded by the call that takes it first.

So calls side by side end at about the same time, however long the answers turn out.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from itertools import takewhile
from typing import overload

from kiyas.prediction.engines import Row


class SharedRows(Sequence[Row]):
    """Rows that each of some calls is given; safe for threads.

    Args:
        rows: All of them, with different numbers.
        num_calls: Calls that are given them.
    """

    def __init__(self, rows: Sequence[Row], num_calls: int) -> None:
        self._rows, self.num_calls = rows, num_calls
        self._taken: set[int] = set()
        self._lock = threading.Lock()

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Row]: ...
    def __getitem__(self, index: int | slice) -> Row | Sequence[Row]:
        """Return a row, or some."""
        return self._rows[index]

    def __len__(self) -> int:
        """Return how many there are, taken or not."""
        return len(self._rows)

    def take(self, row: Row) -> bool:
        """Take a row for the call that asks; False if another has it."""
        with self._lock:
            is_free = row.index not in self._taken
            self._taken.add(row.index)
            return is_free

    def is_taken(self, row: Row) -> bool:
        """Return whether some call has the row."""
        return row.index in self._taken

    def among(self, rows: Sequence[Row]) -> SharedRows:
        """Return some of the rows; what is taken here is taken there."""
        part = SharedRows(rows, self.num_calls)
        part._taken, part._lock = self._taken, self._lock
        return part


class RowQueue:
    """The rows that one call still has before it, by adapter.

    Of an adapter those come first whose answers are expected to be long, so that none of them is
    left to decode almost alone when the queue is empty; then the shortest prompts, because a step
    costs by its longest row, and rows that enter late with a long prompt stand beside rows that
    have grown long.

    Args:
        rows: What the call was given; adapters keep their order.
        expected: Tokens that a row's answer is expected to have, 0 if nothing is known.
    """

    def __init__(self, rows: Sequence[Row], expected: Callable[[Row], int] = lambda _: 0) -> None:
        ranks = {name: n for n, name in enumerate(dict.fromkeys(row.adapter for row in rows))}
        ordered = sorted(rows, key=lambda row: (ranks[row.adapter], len(row.prompt_ids)))
        self._waiting = deque(ordered)
        self._expected = expected
        self._shared = rows if isinstance(rows, SharedRows) else None
        self._own: set[int] = set()

    @property
    def fair_share(self) -> int:
        """Return how many of the rows are this call's, if all calls take alike; at least one."""
        num_calls = self._shared.num_calls if self._shared is not None else 1
        return -(-len(self._waiting) // num_calls)

    @property
    def first(self) -> Row | None:
        """Return a row of the next adapter, which another call may still take; None if none is."""
        while self._waiting and self._is_another_s(self._waiting[0]):
            self._waiting.popleft()
        return self._waiting[0] if self._waiting else None

    def take(self, like: Row) -> Row | None:
        """Take a row of the next adapter; None if other calls were quicker.

        Args:
            like: What ``first`` gave. Only rows of its adapter are taken: when others have taken
                all of them since, the next adapter may be one that the call cannot decode yet.
        """
        same = takewhile(lambda row: row.adapter == like.adapter, self._waiting)
        free = [row for row in same if not self._is_another_s(row)]
        row = max(free, key=self._expected, default=None)
        if row is None:
            return None
        self._waiting.remove(row)
        if row.index in self._own or self._shared is None or self._shared.take(row):
            self._own.add(row.index)
            return row
        return None

    def put_back(self, rows: Sequence[Row]) -> None:
        """Put rows that this call has taken before all others."""
        self._waiting.extendleft(reversed(rows))

    def _is_another_s(self, row: Row) -> bool:
        return (
            self._shared is not None and row.index not in self._own and self._shared.is_taken(row)
        )
