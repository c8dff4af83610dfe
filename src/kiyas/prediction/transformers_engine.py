"""Rows -> answers, decoded with transformers: one loaded base, rows enter and leave the batch.

Peers decode in fixed batches that wait for the longest answer. Here a row that is done leaves its
slot to a waiting one. Does not put rows of different adapters into one batch: checkpoint follows
checkpoint.
"""

from __future__ import annotations

import gc
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Literal

import torch
from transformers import PreTrainedModel

from kiyas.errors import PredictionError
from kiyas.models import Base
from kiyas.prediction.adapters import load_checkpoint
from kiyas.prediction.batch_size import auto_batch_size
from kiyas.prediction.completion_text import CompletionText
from kiyas.prediction.decode_batch import DecodeBatch
from kiyas.prediction.engines import DecodedRow, DecodingSettings, Row

_PREFILL_TOKENS = 2048
"""Token budget of one prefill: enough to fill a processor, small beside the cache."""
_REFILL_SHARE = 8
"""Waiting rows enter when an eighth of the slots is free: a prefill costs about a decoding step."""


class TransformersEngine:
    """Decodes with transformers on the device of the base.

    Args:
        base: The loaded base; it stays bare.
        batch_size: Rows decoded together; ``auto`` asks the machine.
        say: Is told once if the batch had to be made smaller.
    """

    name = "transformers"

    def __init__(
        self,
        base: Base,
        *,
        batch_size: int | Literal["auto"] = "auto",
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._base = base
        self._batch_size: int | None = None if batch_size == "auto" else batch_size
        self._say = say
        self._has_said = False

    @property
    def context_tokens(self) -> int | None:
        """Return the positions that the base was made for; None if it does not say."""
        config = self._base.model.config.get_text_config()
        positions = getattr(config, "max_position_embeddings", None)
        return positions if isinstance(positions, int) else None

    def decode(self, rows: Sequence[Row], settings: DecodingSettings) -> Iterator[DecodedRow]:
        """Decode every row, adapter by adapter; see ``Engine.decode``."""
        context = self.context_tokens
        for row in rows:
            if context is not None and len(row.prompt_ids) >= context:
                raise PredictionError(
                    "a prompt leaves no room in the model's context",
                    where=f"row {row.index}",
                    received=f"{len(row.prompt_ids)} tokens",
                    expected=f"fewer than {context}",
                )
        by_adapter: dict[Path | None, list[Row]] = {}
        for row in rows:
            by_adapter.setdefault(row.adapter, []).append(row)
        for adapter, group in by_adapter.items():
            model = self._base.model
            if adapter is not None:
                model = load_checkpoint(self._base, adapter, group[0].prompt_ids)
            yield from self._decode_group(model, group, settings)

    def close(self) -> None:
        """Do nothing: the base was never changed."""

    def _decode_group(
        self, model: PreTrainedModel, rows: Sequence[Row], settings: DecodingSettings
    ) -> Iterator[DecodedRow]:
        # Longest first: the peak of memory comes at once, and rows of like length stand together.
        waiting = deque(sorted(rows, key=lambda row: len(row.prompt_ids), reverse=True))
        longest = len(waiting[0].prompt_ids) + settings.max_new_tokens
        num_slots = min(len(rows), self._batch_size or auto_batch_size(self._base, longest))
        batch = self._new_batch(model, settings, num_slots)
        while waiting or batch.rows:
            entering: list[Row] = []
            try:
                num_free = num_slots - len(batch.rows)
                if waiting and (num_free * _REFILL_SHARE >= num_slots or not batch.rows):
                    entering = [waiting.popleft() for _ in range(min(num_free, len(waiting)))]
                    batch.admit(entering, _PREFILL_TOKENS)
                    entering = []
                finished = batch.step()
            except (RuntimeError, MemoryError) as error:
                if not _is_out_of_memory(error):
                    raise
                again = {row.index: row for row in (*batch.rows, *entering)}
                num_slots = self._halved(num_slots, error)
                waiting.extendleft(reversed(again.values()))
                batch = self._new_batch(model, settings, num_slots)
                continue
            yield from finished

    def _new_batch(
        self, model: PreTrainedModel, settings: DecodingSettings, num_slots: int
    ) -> DecodeBatch:
        text = CompletionText(self._base.tokenizer, settings.stop_strings)
        return DecodeBatch(
            self._base, model, text, settings, num_slots=num_slots, context=self.context_tokens
        )

    def _halved(self, num_slots: int, error: BaseException) -> int:
        if num_slots == 1:
            raise PredictionError(
                "out of memory while decoding a single row",
                where=f"base {self._base.name} on {self._base.device}",
                received=str(error).split("\n", maxsplit=1)[0],
                next_step="lower predict.max_new_tokens, or use a machine with more memory",
            ) from error
        self._batch_size = num_slots // 2
        if not self._has_said:
            self._say(
                f"out of memory at {num_slots} rows together; going on with {self._batch_size} "
                "(and fewer still if need be)"
            )
            self._has_said = True
        gc.collect()
        if self._base.device.startswith("cuda"):
            torch.cuda.empty_cache()
        return self._batch_size


def _is_out_of_memory(error: BaseException) -> bool:
    # torch's allocator for the CPU raises a plain RuntimeError.
    return (
        isinstance(error, torch.OutOfMemoryError | MemoryError)
        or "can't allocate memory" in str(error)
    )
