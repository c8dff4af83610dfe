"""Prompts as token ids -> decoded rows, in whatever order they finish: the seam for engines.

Holds the contract only; knows no benchmark and no file. The front door is ``completions``.

What every engine promises:

- Each row is answered exactly once, in any order.
- A row's answer depends on its prompt, adapter, seed and the decoding settings, not on the rows
  beside it, beyond the rounding of the numbers.
- The settings given are all that shapes the answer: penalties and the like that a model's own
  generation config may carry are not applied.
- ``adapter=None`` is the untrained base.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from kiyas.errors import PredictionError
from kiyas.records import FinishReason

_SEEDS = 2**31
"""Seeds that every engine takes: llama.cpp reads 32 bits, and vLLM keeps them signed."""


@dataclass(frozen=True)
class RowEnd:
    """Where the text of a row is complete."""

    key: tuple[str, ...]
    """All that the place depends on besides the text: the rule, and what it reads of a problem."""
    find: Callable[[str], int | None] = field(compare=False)
    """A text, or the beginning of one -> how many of its characters are all that is wanted; None if
    they are not there yet. A longer beginning has the same end."""


@dataclass(frozen=True)
class Row:
    """One completion to decode."""

    index: int
    """The caller's number of the row, given back with the answer."""
    prompt_ids: tuple[int, ...]
    """The prompt as token ids, special tokens included; at least one."""
    adapter: Path | None
    """Folder of the adapter in PEFT format; None for the untrained base."""
    seed: int
    """Seed of sampled decoding; rows of one problem and sample share it in all arms."""
    end: RowEnd | None = None
    """Where its text is complete; an engine that can ends the row there, and none has to."""


@dataclass(frozen=True)
class DecodingSettings:
    """How rows are decoded and when they end."""

    max_new_tokens: int
    """Token limit of a row; the model's context may set a lower one."""
    end_token_ids: frozenset[int]
    """Tokens that end a row; they are no part of its text."""
    stop_strings: tuple[str, ...] = ()
    """A row ends when its text holds one of these; the text is cut before it."""
    temperature: float = 0.0
    """0 is greedy."""
    top_p: float = 1.0
    """Nucleus of sampled decoding."""


@dataclass(frozen=True)
class DecodedRow:
    """The answer to one row."""

    index: int
    """The number of the row that was asked."""
    text: str
    """The text, without special tokens, cut before a stop string; never stripped."""
    token_ids: tuple[int, ...]
    """The tokens as decoded, the end token and the stop string included."""
    finish_reason: FinishReason
    """Why decoding ended."""
    seconds: float
    """Wall seconds from the start of the row to its end, in its batch."""
    is_reused: bool = field(default=False, compare=False)
    """Whether it comes from a cache: how an answer was come by is no part of it."""


@dataclass(frozen=True)
class Capacity:
    """How work is best handed to an engine."""

    num_lanes: int = 1
    """Calls of ``decode`` that may run at the same time, each in a thread of its own."""
    max_rows: int = 256
    """Rows of one call; what a kill can lose."""
    mixes_adapters: bool = False
    """Whether rows of several adapters in one call are decoded together."""
    is_row_exact: bool = False
    """Whether a row's tokens are the same whatever is decoded beside it, to the last bit."""


class Engine(Protocol):
    """Something that decodes."""

    @property
    def name(self) -> str:
        """Return the name of the engine, for provenance."""

    @property
    def capacity(self) -> Capacity:
        """Return how work is best handed to it."""

    @property
    def context_tokens(self) -> int | None:
        """Return how many tokens prompt and answer may have together; None if unlimited."""

    def decode(self, rows: Sequence[Row], settings: DecodingSettings) -> Iterator[DecodedRow]:
        """Decode every row and give each back as it finishes.

        Raises:
            ModelError: An adapter does not fit the base, or changes nothing.
            PredictionError: A prompt leaves no room in the context, or memory is too small for a
                single row.
        """

    def close(self) -> None:
        """Give the model back as it was received; decoding in flight ends without a result."""


def check_room(rows: Sequence[Row], context_tokens: int | None) -> None:
    """Refuse rows whose prompt fills the context.

    Raises:
        PredictionError: A prompt leaves no room for an answer.
    """
    for row in rows:
        if context_tokens is not None and len(row.prompt_ids) >= context_tokens:
            raise PredictionError(
                "a prompt leaves no room in the model's context",
                where=f"row {row.index}",
                received=f"{len(row.prompt_ids)} tokens",
                expected=f"fewer than {context_tokens}",
            )


def token_limit(row: Row, settings: DecodingSettings, context_tokens: int | None) -> int:
    """Return how many tokens a row's answer may have: the study's limit, or what has room."""
    if context_tokens is None:
        return settings.max_new_tokens
    return min(settings.max_new_tokens, context_tokens - len(row.prompt_ids))


def short_seed(row: Row) -> int:
    """Return a row's seed, a hash of 64 bits, in the bits that every engine takes."""
    return row.seed % _SEEDS
