"""Rows -> answers, decoded with transformers: one loaded base, rows enter and leave the batch.

Peers decode in fixed batches that wait for the longest answer. Here a row that is done leaves its
slot to a waiting one. Does not put rows of different adapters into one batch; on a CPU several
batches are decoded side by side, a core or more each.
"""

from __future__ import annotations

import gc
import math
import os
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Literal

import torch
from transformers import PreTrainedModel

from kiyas.errors import ModelError, PredictionError
from kiyas.models import Base, autocast, count_lanes
from kiyas.prediction.batch_size import auto_batch_size
from kiyas.prediction.checkpoint_loading import load_checkpoint
from kiyas.prediction.completion_text import CompletionText
from kiyas.prediction.decode_attention import use_grouped_attention
from kiyas.prediction.decode_batch import DecodeBatch
from kiyas.prediction.engines import (
    Capacity,
    DecodedRow,
    DecodingSettings,
    Row,
    check_room,
    token_limit,
)

_PREFILL_TOKENS = 2048
"""Token budget of one prefill: enough to fill a processor, small beside the cache."""
_CHECK_PROMPTS = ((1, 2, 3, 4, 5, 6, 7), (3, 2, 1))
"""Prompts of different length on which a base is tried, in ids that every vocabulary has."""
_TOLERANCE = 0.1
"""Relative difference of logits that bfloat16 explains (about 0.01 for a small model) with room."""
_MAX_ROWS_CPU, _MAX_ROWS_GPU = 48, 256
"""Rows of one call. Forty rows use a core as well as eighty; a GPU wants more."""
_GROUPED_HEADS = {"TRANSFORMERS_SDPA_FORCE_GQA": "1"}
"""Lets torch share keys among query heads by itself: a quarter faster on a CPU than transformers'
way, for one new token a row. Versions that do not know it are merely slower."""
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
        self._is_checked = False
        self._is_closed = False
        self._lock = threading.Lock()
        self._loaded: dict[Path, PreTrainedModel] = {}
        self._is_on_cpu = base.device == "cpu"
        self.capacity = (
            Capacity(count_lanes(), _MAX_ROWS_CPU)
            if self._is_on_cpu
            else Capacity(1, _MAX_ROWS_GPU)
        )
        self._variables = _GROUPED_HEADS if self._is_on_cpu else {}
        self._variables = {name: v for name, v in self._variables.items() if name not in os.environ}
        os.environ.update(self._variables)
        self._undo = use_grouped_attention(base.model) if self._is_on_cpu else None

    @property
    def context_tokens(self) -> int | None:
        """Return the positions that the base was made for; None if it does not say."""
        config = self._base.model.config.get_text_config()
        positions = getattr(config, "max_position_embeddings", None)
        return positions if isinstance(positions, int) else None

    def decode(self, rows: Sequence[Row], settings: DecodingSettings) -> Iterator[DecodedRow]:
        """Decode every row, adapter by adapter; see ``Engine.decode``."""
        check_room(rows, self.context_tokens)
        with self._lock:
            if not self._is_checked:
                self._check_cache(settings)
        by_adapter: dict[Path | None, list[Row]] = {}
        for row in rows:
            by_adapter.setdefault(row.adapter, []).append(row)
        for adapter, group in by_adapter.items():
            with self._lock:  # loading touches torch's one random generator
                model = self._model(adapter, group[0])
            yield from self._decode_group(model, group, settings)

    def close(self) -> None:
        """Let the adapters go and end what is in flight; the base was never changed."""
        self._is_closed = True
        self._loaded.clear()
        for name in self._variables:
            os.environ.pop(name, None)
        if self._undo is not None:
            self._undo()

    def _model(self, adapter: Path | None, row: Row) -> PreTrainedModel:
        """Return the base with an adapter on it; the batches of one checkpoint load it once."""
        if adapter is None:
            return self._base.model
        if adapter not in self._loaded:
            while len(self._loaded) >= self.capacity.num_lanes:
                self._loaded.pop(next(iter(self._loaded)))
            self._loaded[adapter] = load_checkpoint(self._base, adapter, row.prompt_ids)
        return self._loaded[adapter]

    def _check_cache(self, settings: DecodingSettings) -> None:
        """Refuse a base that reads its cache in a way of its own, rather than decode nonsense."""
        cause: Exception | None = None
        try:
            difference = self._cache_difference(settings)
        except (ValueError, TypeError, IndexError, AttributeError) as error:
            difference, cause = math.inf, error
        if not difference <= _TOLERANCE:
            raise ModelError(
                "this kind of model cannot be decoded by the transformers engine",
                where=f"base {self._base.name}",
                received=f"logits in a batch that differ by {difference:.0%} from those alone",
                expected=f"at most {_TOLERANCE:.0%}",
            ) from cause
        self._is_checked = True

    @torch.inference_mode()
    def _cache_difference(self, settings: DecodingSettings) -> float:
        """Return the largest relative difference of logits in a batch from those alone."""
        shape = len(_CHECK_PROMPTS), max(map(len, _CHECK_PROMPTS)) + 1
        batch = self._new_batch(self._base.model, settings, shape)
        batch.admit([Row(0, prompt, None, 0) for prompt in _CHECK_PROMPTS], _PREFILL_TOKENS)
        differences: list[float] = []
        for row, logits in zip(batch.rows, batch.next_logits().float(), strict=True):
            ids = torch.tensor([row.prompt_ids], device=self._base.device)
            with autocast(self._base):
                alone = self._base.model(input_ids=ids, use_cache=False).logits[0, -1].float()
            differences.append(((logits - alone).norm() / alone.norm()).item())
        return max(differences)

    def _decode_group(
        self, model: PreTrainedModel, rows: Sequence[Row], settings: DecodingSettings
    ) -> Iterator[DecodedRow]:
        # Shortest first: a step costs by its longest row, and rows that enter late with a long
        # prompt then stand beside rows that have grown long.
        waiting = deque(sorted(rows, key=lambda row: len(row.prompt_ids)))
        last = waiting[-1]
        longest = len(last.prompt_ids) + token_limit(last, settings, self.context_tokens)
        fitting = self._batch_size or auto_batch_size(
            self._base, longest, num_batches=self.capacity.num_lanes
        )
        num_slots = min(len(rows), fitting)
        batch = self._new_batch(model, settings, (num_slots, longest))
        while (waiting or batch.rows) and not self._is_closed:
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
                batch = self._new_batch(model, settings, (num_slots, longest))
                continue
            yield from finished

    def _new_batch(
        self, model: PreTrainedModel, settings: DecodingSettings, shape: tuple[int, int]
    ) -> DecodeBatch:
        """Return an empty batch for so many rows of so many tokens."""
        text = CompletionText(self._base.tokenizer, settings.stop_strings)
        return DecodeBatch(
            self._base, model, text, settings, shape=shape, context=self.context_tokens
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
    return isinstance(
        error, torch.OutOfMemoryError | MemoryError
    ) or "can't allocate memory" in str(error)
