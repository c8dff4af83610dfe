"""Rows in rounds, decoded side by side.

Where a row's tokens do not depend on its batch, all lanes share one round of what is not answered
yet, as a queue: rows enter as others leave, and a kill loses those in flight. Elsewhere a round is
always decoded whole, and which rounds there are depends on the questions and the engine alone,
never on what has been answered already.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Collection, Generator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from kiyas.models import busy_lane, open_lanes
from kiyas.prediction.engines import (
    Capacity,
    DecodedRow,
    DecodingSettings,
    Engine,
    Row,
    RowEnd,
)
from kiyas.prediction.questions import Key, Question
from kiyas.prediction.shared_rows import SharedRows

_WAITING_ROWS = 64
"""Decoded rows that may wait for their line to be written before decoding waits for them."""
_WORTH_A_LANE = 8
"""Rows that a lane needs: matrix products of fewer are little faster than those of eight."""


@dataclass(frozen=True)
class Asked:
    """A question put to one checkpoint."""

    adapter: Path | None
    """Folder of the checkpoint's adapter; None for the base."""
    checkpoint: int
    """The checkpoint's place in the request."""
    question: Question
    """What is asked."""


Round = Sequence[Asked]
"""Rows that are decoded together."""


@dataclass(frozen=True)
class _End:
    """A call has ended."""

    error: BaseException | None
    """What it raised; None if it answered every row."""


class _Handover:
    """Decoded rows and ends of calls, on their way from the lanes to the one who wants them."""

    def __init__(self) -> None:
        self._items: queue.Queue[tuple[Asked, DecodedRow] | _End] = queue.Queue(_WAITING_ROWS)
        self.is_over = threading.Event()

    def put(self, item: tuple[Asked, DecodedRow] | _End) -> None:
        """Hand over, in a lane: wait for room, unless nobody wants anything any more."""
        while not self.is_over.is_set():
            try:
                self._items.put(item, timeout=1)
            except queue.Full:
                continue
            return

    def take(self) -> tuple[Asked, DecodedRow] | _End:
        """Wait for the next."""
        return self._items.get()


def cut_into_rounds(
    adapters: Sequence[Path | None],
    questions: Sequence[Question],
    missing: Sequence[Collection[Key]],
    engine: Engine,
) -> list[Round]:
    """Cut what is asked, by checkpoint and length of prompt, into rounds of about equal size.

    Args:
        adapters: One a checkpoint.
        questions: What each of them is asked.
        missing: The questions that each of them has not answered yet.
        engine: Says how many rows it takes at once.
    """
    capacity = engine.capacity
    rows = sorted(questions, key=lambda question: len(question.prompt_ids))
    asked = [
        [Asked(adapter, index, question) for question in rows]
        for index, adapter in enumerate(adapters)
    ]
    if capacity.is_row_exact:
        lacking = [row for one in asked for row in one if _lacks(row, missing)]
        return [lacking] if lacking else []
    if capacity.mixes_adapters:
        asked = [[row for one in asked for row in one]]
    rounds = [part for one in asked for part in _cut(one, capacity)]
    return [part for part in rounds if any(_lacks(row, missing) for row in part)]


def _lacks(row: Asked, missing: Sequence[Collection[Key]]) -> bool:
    return row.question.key in missing[row.checkpoint]


def decode_rounds(
    rounds: Sequence[Round], engine: Engine, settings: DecodingSettings
) -> Generator[tuple[Asked, DecodedRow]]:
    """Decode rounds, as many at a time as the engine has lanes; give rows as they finish.

    Leaving early closes the engine, which ends what is in flight.

    Raises:
        KiyasError: Whatever the engine raises.
    """
    handover = _Handover()
    calls = [(one, rows) for one in rounds for rows in _calls(one, engine.capacity)]
    with open_lanes(engine.capacity.num_lanes) as lanes:
        try:
            for one, rows in calls:
                lanes.submit(_work, one, rows, engine, settings, handover)
            waiting = len(calls)
            while waiting:
                item = handover.take()
                if not isinstance(item, _End):
                    yield item
                    continue
                if item.error is not None:
                    raise item.error
                waiting -= 1
        except BaseException:
            handover.is_over.set()
            engine.close()
            lanes.shutdown(wait=False, cancel_futures=True)
            raise


def _work(
    one: Round,
    rows: Sequence[Row],
    engine: Engine,
    settings: DecodingSettings,
    handover: _Handover,
) -> None:
    """Decode a call in its lane, whose end is handed over like its rows."""
    end = _End(None)
    try:
        with busy_lane():
            decoding = engine.decode(rows, settings)
            # Asked before each row: an engine that asks a server would ask for all the others.
            while not handover.is_over.is_set() and (decoded := next(decoding, None)):
                asked = one[decoded.index]
                handover.put((asked, _cut_at_end(decoded, asked.question.end)))
    except BaseException as error:  # noqa: BLE001 - raised again where the rows are wanted
        end = _End(error)
    handover.put(end)


def _calls(one: Round, capacity: Capacity) -> list[Sequence[Row]]:
    """Return the rows of each call that decodes a round: of one, or of all lanes that share it."""
    rows = [
        Row(
            index,
            asked.question.prompt_ids,
            asked.adapter,
            asked.question.seed,
            asked.question.end,
        )
        for index, asked in enumerate(one)
    ]
    num_calls = min(capacity.num_lanes, len(rows) // _WORTH_A_LANE)
    if not capacity.is_row_exact or num_calls <= 1:
        return [rows]
    return [SharedRows(rows, num_calls)] * num_calls


def _cut_at_end(decoded: DecodedRow, row_end: RowEnd | None) -> DecodedRow:
    """Return a row whose text ends where it is complete, whichever engine decoded it."""
    end = None if row_end is None else row_end.find(decoded.text)
    if end is None:
        return decoded
    return replace(decoded, text=decoded.text[:end], finish_reason="complete")


def _cut(rows: Sequence[Asked], capacity: Capacity) -> list[Round]:
    """Cut into as few rounds as there must be, then some more if a lane would have none to do."""
    fewest = max(1, -(-len(rows) // capacity.max_rows))
    even = -(-fewest // capacity.num_lanes) * capacity.num_lanes
    num_rounds = max(fewest, min(even, len(rows) // _WORTH_A_LANE))
    size = -(-len(rows) // num_rounds)
    return [rows[start : start + size] for start in range(0, len(rows), size)]
