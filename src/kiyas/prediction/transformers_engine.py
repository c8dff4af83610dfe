"""Rows -> answers, decoded with transformers: one loaded base, rows enter and leave the batch.

Peers decode in fixed batches that wait for the longest answer. Here a row that is done leaves its
slot to a waiting one, on a CPU also to one of the next checkpoint; there several batches are
decoded side by side, a core or more each.
"""

from __future__ import annotations

import gc
import math
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Literal

import torch

from kiyas.errors import ModelError, PredictionError
from kiyas.models import Base, autocast, count_lanes, use_idle_threads
from kiyas.prediction.batch_size import auto_batch_size
from kiyas.prediction.checkpoint_models import CheckpointModels, LoadedAdapters
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
from kiyas.prediction.shared_rows import RowQueue

_PREFILL_TOKENS_CPU, _PREFILL_TOKENS_GPU = 1, 2048
"""Token budget of one prefill. On a CPU each prompt goes alone, which is as fast, and its numbers
are its own; a GPU wants more."""
_CHECK_PROMPTS = (tuple(range(40, 47)), (90, 65, 70), tuple(range(60, 97)))
"""Prompts of different length on which a base is tried, in ids that every vocabulary has. Small ids
are often special tokens, on which a model's numbers hang by a thread."""
_CHECK_CROWD = 13
"""How often each of them stands in the batch that must give the numbers of each alone."""
_TOLERANCE = 0.1
"""Relative difference of logits that bfloat16 explains (about 0.01 for a small model) with room."""
_MAX_ROWS_CPU, _MAX_ROWS_GPU = 48, 256
"""Rows of one call, where rows depend on each other: forty use a core as well as eighty."""
_MAX_MIXED = 4
"""Adapters in one batch; each costs three small products a layer."""
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
        self._is_row_exact: bool | None = None
        self._is_closed = False
        self._lock = threading.Lock()
        self._is_on_cpu = base.device == "cpu"
        self._num_lanes = count_lanes() if self._is_on_cpu else 1
        self._adapters = LoadedAdapters(base, self._num_lanes * _MAX_MIXED, mixes=self._is_on_cpu)
        self._prefill_tokens = _PREFILL_TOKENS_CPU if self._is_on_cpu else _PREFILL_TOKENS_GPU
        self._variables = _GROUPED_HEADS if self._is_on_cpu else {}
        self._variables = {name: v for name, v in self._variables.items() if name not in os.environ}
        os.environ.update(self._variables)
        self._undo = use_grouped_attention(base.model) if self._is_on_cpu else None

    @property
    def capacity(self) -> Capacity:
        """Return how work is best handed to it; tries the base on this processor first.

        Raises:
            ModelError: The base cannot be decoded here.
        """
        max_rows = _MAX_ROWS_CPU if self._is_on_cpu else _MAX_ROWS_GPU
        return Capacity(self._num_lanes, max_rows, is_row_exact=self._try_base())

    @property
    def context_tokens(self) -> int | None:
        """Return the positions that the base was made for; None if it does not say."""
        config = self._base.model.config.get_text_config()
        positions = getattr(config, "max_position_embeddings", None)
        return positions if isinstance(positions, int) else None

    def decode(self, rows: Sequence[Row], settings: DecodingSettings) -> Iterator[DecodedRow]:
        """Decode every row, in the order of their adapters; see ``Engine.decode``."""
        if not rows:
            return
        check_room(rows, self.context_tokens)
        self._try_base()
        models = CheckpointModels(self._base, self._adapters)
        waiting = RowQueue(rows)
        longest = max(
            len(row.prompt_ids) + token_limit(row, settings, self.context_tokens) for row in rows
        )
        fitting = self._batch_size or auto_batch_size(
            self._base, longest, num_batches=self._num_lanes
        )
        num_slots = min(waiting.fair_share, fitting)
        batch = self._new_batch(models, rows[0], settings, (num_slots, longest))
        while not self._is_closed:
            first = waiting.first
            if first is None and not batch.rows:
                return
            if self._is_row_exact:
                use_idle_threads()
            entering: list[Row] = []
            try:
                if first and not batch.rows and models.find(first) is not batch.model:
                    batch = self._new_batch(models, first, settings, (num_slots, longest))
                num_free = num_slots - len(batch.rows)
                if first and (num_free * _REFILL_SHARE >= num_slots or not batch.rows):
                    entering = self._take(waiting, num_free, batch, models)
                    batch.admit(entering, self._prefill_tokens)
                    entering = []
                finished = batch.step() if batch.rows else []
            except (RuntimeError, MemoryError) as error:
                if not _is_out_of_memory(error):
                    raise
                again = {row.index: row for row in (*batch.rows, *entering)}
                num_slots = self._halved(num_slots, error)
                waiting.put_back(list(again.values()))
                batch = self._new_batch(models, rows[0], settings, (num_slots, longest))
                continue
            yield from finished

    def _take(
        self, waiting: RowQueue, number: int, batch: DecodeBatch, models: CheckpointModels
    ) -> list[Row]:
        """Take the next rows off the queue that may stand in a batch with those that are there."""
        taken: list[Row] = []
        adapters = {row.adapter for row in batch.rows}
        models.keep([*adapters])
        most = _MAX_MIXED if self._is_on_cpu else 1
        while len(taken) < number and (first := waiting.first):
            if first.adapter not in adapters and len(adapters) >= most:
                break
            if models.find(first) is not batch.model:
                break
            row = waiting.take()
            if row is not None:
                adapters.add(row.adapter)
                taken.append(row)
        return taken

    def close(self) -> None:
        """Let the adapters go and end what is in flight; the base was never changed."""
        self._is_closed = True
        self._adapters.clear()
        for name in self._variables:
            os.environ.pop(name, None)
        if self._undo is not None:
            self._undo()

    def _try_base(self) -> bool:
        """Refuse a base that reads its cache in a way of its own, rather than decode nonsense.

        Returns:
            Whether a row's numbers are the same to the last bit, whatever stands beside it.
        """
        with self._lock:
            if self._is_row_exact is not None:
                return self._is_row_exact
            cause: Exception | None = None
            try:
                difference, is_exact = self._compare_logits()
            except (ValueError, TypeError, IndexError, AttributeError) as error:
                difference, is_exact, cause = math.inf, False, error
            if not difference <= _TOLERANCE:
                raise ModelError(
                    "this kind of model cannot be decoded by the transformers engine",
                    where=f"base {self._base.name}",
                    received=f"logits in a batch that differ by {difference:.0%} from those alone",
                    expected=f"at most {_TOLERANCE:.0%}",
                ) from cause
            self._is_row_exact = is_exact
            return is_exact

    @torch.inference_mode()
    def _compare_logits(self) -> tuple[float, bool]:
        """Return the largest relative difference of logits from a plain call, and exactness.

        Exact is a base whose logits in a crowd are those in a batch of one.
        """
        rows = [Row(index, prompt, None, 0) for index, prompt in enumerate(_CHECK_PROMPTS)]
        crowd: dict[int, list[torch.Tensor]] = {}
        for index, logits in self._first_logits(rows * (_CHECK_CROWD if self._is_on_cpu else 1)):
            crowd.setdefault(index, []).append(logits)
        differences: list[float] = []
        is_exact = self._is_on_cpu
        for row in rows:
            ids = torch.tensor([row.prompt_ids], device=self._base.device)
            with autocast(self._base):
                plain = self._base.model(input_ids=ids, use_cache=False).logits[0, -1].float()
            copies = crowd[row.index]
            differences.append(((copies[0].float() - plain).norm() / plain.norm()).item())
            if is_exact:
                alone = self._logits_alone(row)
                is_exact = all(torch.equal(one, alone) for one in copies)
        return max(differences), is_exact

    def _logits_alone(self, row: Row) -> torch.Tensor:
        """Return the scores of a row's first token, decoded in a batch and on a thread of its own.

        A lane has more threads while others are idle: their number must not matter either.
        """
        num_threads = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            [(_, logits)] = self._first_logits([row])
        finally:
            torch.set_num_threads(num_threads)
        return logits

    def _first_logits(self, rows: Sequence[Row]) -> Iterator[tuple[int, torch.Tensor]]:
        """Yield each row's number with the scores of its first token, decoded in one batch."""
        settings = DecodingSettings(1, frozenset())
        models = CheckpointModels(self._base, self._adapters)
        shape = len(rows), max(len(row.prompt_ids) for row in rows) + 1
        batch = self._new_batch(models, rows[0], settings, shape)
        batch.admit(rows, self._prefill_tokens)
        return zip((row.index for row in batch.rows), batch.next_logits(), strict=True)

    def _new_batch(
        self,
        models: CheckpointModels,
        first: Row,
        settings: DecodingSettings,
        shape: tuple[int, int],
    ) -> DecodeBatch:
        """Return an empty batch for so many rows of so many tokens, of the first row's model."""
        return DecodeBatch(
            self._base,
            models.routed(first),
            CompletionText(self._base.tokenizer, settings.stop_strings),
            settings,
            shape=shape,
            context=self.context_tokens,
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
