"""Rows being decoded together: rows enter, all take a step, those that are done leave.

Does not choose which rows wait or how many fit (``transformers_engine`` does). A row enters with
all of its prompt but the last token prefilled; the last token goes in with the first step. With
drafts a step takes the guesses of a row's next tokens along, and keeps those that come true.

What stands beside a row changes the shapes that it is computed in, and with them its rounding: a
product of few rows takes another path than one of many, and so do keys whose number is odd. Tokens
of a step and of a prefill are therefore as many as ``product_rows`` asks for, and columns go by the
sixteen. On processors where nothing else depends on the shape, a row's tokens are then the same in
every batch.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from transformers import PreTrainedModel

from kiyas.models import Base, autocast
from kiyas.prediction.active_row import ActiveRow
from kiyas.prediction.attention_masks import DecodeMasks
from kiyas.prediction.completion_text import CompletionText
from kiyas.prediction.decode_attention import takes_layout
from kiyas.prediction.drafts import NUM_GUESSES, Drafts
from kiyas.prediction.engines import DecodedRow, DecodingSettings, Row
from kiyas.prediction.prefill import Prefill
from kiyas.prediction.product_rows import MULTIPLE, ProductRows
from kiyas.prediction.sampling import Draws, choose_tokens
from kiyas.prediction.slot_cache import SlotCache
from kiyas.prediction.step_layout import NUM_COLUMNS, lay_out, long_first, round_up
from kiyas.records import FinishReason

_MAX_TOKENS = 128
"""Tokens of a step that guesses may fill it up to: a product of more is no faster for each."""


@dataclass(frozen=True)
class RoutedModel:
    """A model that decodes rows, each with its own adapter."""

    model: PreTrainedModel
    """The base's, or one that shares its weights."""
    route: Callable[[Sequence[Path | None]], None]
    """Tells it which adapter each row of its next calls has; one stands for all rows."""


@dataclass(frozen=True)
class BatchShape:
    """What a batch has room for."""

    num_slots: int
    """Rows that may be in flight together."""
    num_tokens: int
    """Tokens of the longest, its answer included."""
    context: int | None
    """Tokens that prompt and answer may have together in the model; None if unlimited."""
    num_common: int
    """Leading tokens that all prompts share."""
    products: ProductRows
    """How many rows its products have."""


class DecodeBatch:
    """The rows in flight, the b-th of them in slot b.

    Args:
        base: The base, for its device and precision.
        model: What decodes, and what tells it the adapter of each row.
        text: Reads token ids as text.
        settings: How to decode.
        shape: What it has room for.
        drafts: Where guesses come from, if the model's attention takes them; without, none.
    """

    def __init__(
        self,
        base: Base,
        model: RoutedModel,
        text: CompletionText,
        settings: DecodingSettings,
        *,
        shape: BatchShape,
        drafts: Drafts | None,
    ) -> None:
        self._base, self._text, self._settings = base, text, settings
        self._model, self._route = model.model, model.route
        self._context = shape.context
        self._rows = shape.products.step
        self._prefill = Prefill(base, model.model, shape.context, shape.num_common, shape.products)
        num_columns = round_up(shape.num_tokens, NUM_COLUMNS)
        self._takes_layout = takes_layout(model.model)
        self._drafts = drafts if self._takes_layout else None
        self._num_tokens = 1 if self._drafts is None else NUM_GUESSES + 1
        num_unread = -(-self._rows.fewest // self._num_tokens)
        self._cache = SlotCache(shape.num_slots + num_unread, num_columns)
        self._masks = DecodeMasks(model.model)
        self._active: list[ActiveRow] = []

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
            self._admit(group, max_tokens, adapter)
        if self._takes_layout:
            self._sort()

    def _sort(self) -> None:
        """Put long rows before short ones, so that neighbours are of like length."""
        lengths = [active.num_cached for active in self._active]
        order = long_first(lengths)
        self._cache.reorder(order, max(lengths, default=0))
        self._active = [self._active[slot] for slot in order]

    def _admit(self, rows: Sequence[Row], max_tokens: int, adapter: Path | None) -> None:
        by_prompt: dict[tuple[int, ...], list[Row]] = {}
        for row in rows:
            by_prompt.setdefault(row.prompt_ids, []).append(row)
        for prompts in _chunks(sorted(by_prompt, key=len), max_tokens):
            for prompt, states in zip(prompts, self._prefill.read(prompts, adapter), strict=True):
                for row in by_prompt[prompt]:
                    self._cache.fill(len(self._active), states, len(prompt) - 1)
                    self._active.append(self._activated(row))

    @torch.inference_mode()
    def step(self) -> list[DecodedRow]:
        """Decode a token of each row, and those guessed behind it; return the rows now done."""
        guesses = self._guess()
        draws = [
            share
            for active, guess in zip(self._active, guesses, strict=True)
            for share in active.draws.look_ahead(len(guess) + 1)
        ]
        tokens, usable = choose_tokens(self.next_logits(guesses), self._settings, draws)
        chosen = iter(zip(tokens, usable, strict=True))
        finished: list[tuple[int, FinishReason]] = []
        for slot, guess in enumerate(guesses):
            reason = self._extend(slot, guess, [next(chosen) for _ in range(len(guess) + 1)])
            if reason is not None:
                finished.append((slot, reason))
        done = [self._decoded(self._active[slot], reason) for slot, reason in finished]
        for slot, reason in reversed(finished):
            self._release(slot, poisoned=reason == "error")
        return done

    def force(self, token: int) -> None:
        """Add a token to each row, whichever the model would choose."""
        for active in self._active:
            active.add(token)

    def _guess(self) -> list[list[int]]:
        room = min(_MAX_TOKENS, self._rows.most) - len(self._active)
        guesses = []
        for active in self._active:
            guesses.append(active.guess(min(NUM_GUESSES, room)))
            room -= len(guesses[-1])
        return guesses

    def _extend(
        self, slot: int, guess: Sequence[int], chosen: Sequence[tuple[int, bool]]
    ) -> FinishReason | None:
        """Add what was chosen to a row, up to the first token that was guessed otherwise."""
        active = self._active[slot]
        if guess and not all(is_number for _, is_number in chosen):
            # A guess must not spoil a row: it decodes this token once more, and without.
            self._cache.clear(slot, active.num_cached)
            active.said = None
            return None
        for (token, is_number), guessed in zip(chosen, [*guess, None], strict=True):
            if not is_number:
                return "error"
            active.add(token)
            reason = self._finish_reason(active)
            if reason is not None or token != guessed:
                return reason
        return None

    @torch.inference_mode()
    def next_logits(self, guesses: Sequence[Sequence[int]] = ()) -> torch.Tensor:
        """Return the scores of what follows each row's newest token and each guess behind it.

        Caches the tokens that it reads.

        Args:
            guesses: Of each row; none if not given.

        Returns:
            Row by row, [rows and guesses, V].
        """
        guesses = guesses or [()] * len(self._active)
        layout = lay_out(
            [active.num_cached for active in self._active],
            [len(guess) for guess in guesses],
            self._num_tokens,
            self._base.device,
            self._rows.pad,
        )
        tokens = [
            (token, active.row.adapter)
            for active, guess in zip(self._active, guesses, strict=True)
            for token in (active.next_input, *guess)
        ]
        padded = tokens + tokens[:1] * (len(layout.slots) - len(tokens))
        self._cache.begin_step(layout)
        self._route([adapter for _, adapter in padded])
        options = {"token_layout": layout} if self._takes_layout else {}
        with autocast(self._base):
            output = self._model(
                input_ids=torch.tensor([[token] for token, _ in padded], device=self._base.device),
                attention_mask=self._masks.build(layout.positions, layout.num_columns),
                position_ids=layout.token_positions[:, None],
                past_key_values=self._cache,
                use_cache=True,
                **options,
            )
        logits: torch.Tensor = output.logits[: len(tokens), -1]
        return logits

    def _activated(self, row: Row) -> ActiveRow:
        limit = self._settings.max_new_tokens
        if self._context is not None:
            limit = min(limit, self._context - len(row.prompt_ids))
        active = ActiveRow(row, limit, Draws(row.seed), time.perf_counter())
        if self._drafts is not None:
            active.said, active.others = self._drafts.begin(row.prompt_ids)
        return active

    def _finish_reason(self, active: ActiveRow) -> FinishReason | None:
        if active.token_ids[-1] in self._settings.end_token_ids:
            return "stop"
        if self._text.stopped(active.row.prompt_ids, active.token_ids):
            return "stop"
        if self._text.is_complete(active.row, active.token_ids):
            return "complete"
        return "length" if len(active.token_ids) >= active.max_new_tokens else None

    def _decoded(self, active: ActiveRow, reason: FinishReason) -> DecodedRow:
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


def _chunks(prompts: Sequence[tuple[int, ...]], max_tokens: int) -> Iterator[list[tuple[int, ...]]]:
    """Yield prompts, sorted by length, in groups of at most so many tokens with padding."""
    chunk: list[tuple[int, ...]] = []
    for prompt in prompts:
        if chunk and round_up(len(prompt), MULTIPLE) * (len(chunk) + 1) > max_tokens:
            yield chunk
            chunk = []
        chunk.append(prompt)
    if chunk:
        yield chunk
