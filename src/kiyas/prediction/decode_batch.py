"""Rows being decoded together: rows enter, all take a step, those that are done leave.

Does not choose which rows wait or how many fit (``transformers_engine`` does). A row enters with
all of its prompt but the last token prefilled; the last token goes in with the first step.

What stands beside a row changes the shapes that it is computed in, and with them its rounding: a
product of one to three rows takes another path than one of many, also where these are a thread's
share, and so do keys whose number is odd. Rows of a step and tokens of a prefill therefore go by
the four, and columns by the sixteen. On processors where nothing else depends on the shape, a row's
tokens are then the same in every batch, on any number of threads.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch
from transformers import DynamicCache, PreTrainedModel

from kiyas.models import Base, autocast
from kiyas.prediction.attention_masks import DecodeMasks
from kiyas.prediction.completion_text import CompletionText
from kiyas.prediction.decode_attention import group_rows, takes_groups
from kiyas.prediction.engines import DecodedRow, DecodingSettings, Row
from kiyas.prediction.sampling import choose_tokens
from kiyas.prediction.slot_cache import SlotCache
from kiyas.records import FinishReason

_ROWS = 4
"""Rows of a step, and tokens of a prefill, are a multiple of these; what is missing is filled with
copies that nobody reads."""
_COLUMNS = 16
"""Columns of a step are a multiple of these."""


@dataclass(frozen=True)
class RoutedModel:
    """A model that decodes rows, each with its own adapter."""

    model: PreTrainedModel
    """The base's, or one that shares its weights."""
    route: Callable[[Sequence[Path | None]], None]
    """Tells it which adapter each row of its next calls has; one stands for all rows."""


@dataclass
class _ActiveRow:
    row: Row
    max_new_tokens: int
    stream: random.Random
    started: float
    token_ids: list[int] = field(default_factory=list)

    @property
    def num_cached(self) -> int:
        """Tokens whose keys and values are in the slot."""
        return len(self.row.prompt_ids) - 1 + len(self.token_ids)

    @property
    def next_input(self) -> int:
        """The token whose successor is to be chosen."""
        return self.token_ids[-1] if self.token_ids else self.row.prompt_ids[-1]


class DecodeBatch:
    """The rows in flight, the b-th of them in slot b.

    Args:
        base: The base, for its device and precision.
        model: What decodes, and what tells it the adapter of each row.
        text: Reads token ids as text.
        settings: How to decode.
        shape: Rows that may be in flight together, and tokens of the longest, its answer included.
        context: Tokens that prompt and answer may have together; None if unlimited.
    """

    def __init__(
        self,
        base: Base,
        model: RoutedModel,
        text: CompletionText,
        settings: DecodingSettings,
        *,
        shape: tuple[int, int],
        context: int | None,
    ) -> None:
        self._base, self._text, self._settings = base, text, settings
        self._model, self._route = model.model, model.route
        self._context = context
        num_slots, num_tokens = shape
        self._cache = SlotCache(_round_up(num_slots, _ROWS), _round_up(num_tokens, _COLUMNS))
        self._masks = DecodeMasks(model.model)
        self._active: list[_ActiveRow] = []
        self._takes_groups = takes_groups(model.model)

    @property
    def model(self) -> PreTrainedModel:
        """Return the model that decodes."""
        return self._model

    @property
    def rows(self) -> list[Row]:
        """Return the rows in flight."""
        return [active.row for active in self._active]

    @torch.inference_mode()
    def admit(self, rows: Sequence[Row], max_tokens: int) -> None:
        """Prefill rows and put them into free slots.

        Args:
            rows: As many as there are free slots, or fewer; equal prompts are prefilled once.
            max_tokens: Token budget of one prefill, padding included; a longer prompt goes alone.
        """
        by_adapter: dict[Path | None, list[Row]] = {}
        for row in rows:
            by_adapter.setdefault(row.adapter, []).append(row)
        for adapter, group in by_adapter.items():
            self._route([adapter])
            self._admit(group, max_tokens)
        if self._takes_groups:
            self._sort()

    def _sort(self) -> None:
        """Put long rows before short ones, so that neighbours are of like length."""
        lengths = [active.num_cached for active in self._active]
        order = sorted(range(len(lengths)), key=lambda slot: -lengths[slot])
        self._cache.reorder(order, max(lengths, default=0))
        self._active = [self._active[slot] for slot in order]

    def _admit(self, rows: Sequence[Row], max_tokens: int) -> None:
        by_prompt: dict[tuple[int, ...], list[Row]] = {}
        for row in rows:
            by_prompt.setdefault(row.prompt_ids, []).append(row)
        for prompts in _chunks(sorted(by_prompt, key=len), max_tokens):
            states = self._prefill(prompts)
            for index, prompt in enumerate(prompts):
                for row in by_prompt[prompt]:
                    self._cache.fill(len(self._active), states, index, len(prompt) - 1)
                    self._active.append(self._activated(row))

    @torch.inference_mode()
    def step(self) -> list[DecodedRow]:
        """Decode one token of each row; return the rows that are done by it."""
        streams = [active.stream for active in self._active]
        tokens, usable = choose_tokens(self.next_logits(), self._settings, streams)
        finished: list[tuple[int, FinishReason]] = []
        for slot, (active, token, is_number) in enumerate(
            zip(self._active, tokens, usable, strict=True)
        ):
            if is_number:
                active.token_ids.append(token)
            reason = self._finish_reason(active) if is_number else "error"
            if reason is not None:
                finished.append((slot, reason))
        done = [self._decoded(self._active[slot], reason) for slot, reason in finished]
        for slot, reason in reversed(finished):
            self._release(slot, poisoned=reason == "error")
        return done

    @torch.inference_mode()
    def next_logits(self) -> torch.Tensor:
        """Return the scores of each row's next token, [B, V], and cache the token before it."""
        device = self._base.device
        num_rows = len(self._active)
        copies = [0] * (_round_up(num_rows, _ROWS) - num_rows)
        rows = [*self._active, *(self._active[index] for index in copies)]
        inputs = torch.tensor([[active.next_input] for active in rows], device=device)
        cached = [*(active.num_cached for active in self._active), *copies]
        positions = torch.tensor(cached, device=device)
        columns = [_round_up(number + 1, _COLUMNS) for number in cached]
        num_columns = max(columns)
        groups = {"row_groups": tuple(group_rows(columns))} if self._takes_groups else {}
        self._cache.begin_step(positions, num_columns)
        self._route([active.row.adapter for active in rows])
        with autocast(self._base):
            output = self._model(
                input_ids=inputs,
                attention_mask=self._masks.build(positions, num_columns),
                position_ids=positions[:, None],
                past_key_values=self._cache,
                use_cache=True,
                **groups,
            )
        logits: torch.Tensor = output.logits[:num_rows, -1]
        return logits

    def _prefill(self, prompts: Sequence[tuple[int, ...]]) -> DynamicCache:
        # Padding on the right is causally invisible, so no mask is needed; its states are not kept.
        inputs = [prompt[:-1] or prompt for prompt in prompts]
        longest = max(map(len, inputs))
        width = _round_up(longest, _ROWS)
        if self._context is not None:  # a model of fixed positions has no more
            width = max(longest, min(width, self._context))
        padded = [[*ids, *[ids[-1]] * (width - len(ids))] for ids in inputs]
        states = DynamicCache()
        # The model without its head, whose scores of a prompt's tokens nobody reads.
        with autocast(self._base):
            self._model.base_model(
                input_ids=torch.tensor(padded, device=self._base.device),
                past_key_values=states,
                use_cache=True,
            )
        return states

    def _activated(self, row: Row) -> _ActiveRow:
        limit = self._settings.max_new_tokens
        if self._context is not None:
            limit = min(limit, self._context - len(row.prompt_ids))
        # Not for secrets: sampling must repeat.
        stream = random.Random(row.seed)  # noqa: S311
        return _ActiveRow(row, limit, stream, time.perf_counter())

    def _finish_reason(self, active: _ActiveRow) -> FinishReason | None:
        if active.token_ids[-1] in self._settings.end_token_ids:
            return "stop"
        if self._text.stopped(active.row.prompt_ids, active.token_ids):
            return "stop"
        if self._text.is_complete(active.row, active.token_ids):
            return "complete"
        return "length" if len(active.token_ids) >= active.max_new_tokens else None

    def _decoded(self, active: _ActiveRow, reason: FinishReason) -> DecodedRow:
        text = self._text.text(active.row.prompt_ids, active.token_ids)
        return DecodedRow(
            index=active.row.index,
            text=self._text.cut(text),
            token_ids=tuple(active.token_ids),
            finish_reason=reason,
            seconds=time.perf_counter() - active.started,
        )

    def _release(self, slot: int, *, poisoned: bool) -> None:
        last = len(self._active) - 1
        if poisoned:
            self._cache.clear(slot)
        if slot != last:
            self._cache.move(last, slot, self._active[last].num_cached)
            self._active[slot] = self._active[last]
        self._active.pop()


def _round_up(number: int, multiple: int) -> int:
    return -(-number // multiple) * multiple


def _chunks(prompts: Sequence[tuple[int, ...]], max_tokens: int) -> Iterator[list[tuple[int, ...]]]:
    """Yield prompts, sorted by length, in groups of at most so many tokens with padding."""
    chunk: list[tuple[int, ...]] = []
    for prompt in prompts:
        if chunk and len(prompt) * (len(chunk) + 1) > max_tokens:
            yield chunk
            chunk = []
        chunk.append(prompt)
    if chunk:
        yield chunk
