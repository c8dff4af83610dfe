"""Rows -> answers, decoded with transformers: one loaded base, rows enter and leave the batch.

Peers decode in fixed batches that wait for the longest answer. Here a row that is done leaves its
slot to a waiting one, on a CPU also to one of the next checkpoint; there several batches are
decoded side by side, a core or more each.
"""

from __future__ import annotations

import gc
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import replace
from typing import Literal

import torch

from kiyas.errors import PredictionError
from kiyas.models import Base, count_lanes, lane_threads, own_threads, rope_limit, use_idle_threads
from kiyas.prediction.base_trial import Trial, try_base
from kiyas.prediction.batch_size import auto_batch_size
from kiyas.prediction.checkpoint_models import CheckpointModels, LoadedAdapters
from kiyas.prediction.completion_text import CompletionText
from kiyas.prediction.decode_attention import use_grouped_attention
from kiyas.prediction.decode_batch import BatchShape, DecodeBatch, RoutedModel
from kiyas.prediction.drafts import NUM_GUESSES, Drafts
from kiyas.prediction.engines import (
    Capacity,
    DecodedRow,
    DecodingSettings,
    Row,
    check_room,
    token_limit,
)
from kiyas.prediction.prefill import count_common
from kiyas.prediction.product_rows import ProductRows, choose_rows
from kiyas.prediction.shared_rows import RowQueue

_PREFILL_TOKENS_GPU = 2048
"""Token budget of one prefill on a GPU; a CPU's is in ``product_rows``."""
_MAX_ROWS_CPU, _MAX_ROWS_GPU = 48, 256
"""Rows of one call, where rows depend on each other: forty use a core as well as eighty."""
_MAX_MIXED = 4
"""Adapters in one batch; each costs three small products a layer."""
_GROUPED_HEADS = {"TRANSFORMERS_SDPA_FORCE_GQA": "1"}
"""Lets torch share keys among query heads by itself: a quarter faster on a CPU than transformers'
way, for one new token a row. Versions that do not know it are merely slower."""
_INEXACT = (
    "on this processor a row's numbers depend on the rows beside it: rows are decoded in fixed "
    "rounds, so that a run that goes on ends as one that was never stopped"
)
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
        self._trial: Trial | None = None
        self._drafts = Drafts()
        self._is_closed = False
        self._lock = threading.Lock()
        self._is_on_cpu = base.device == "cpu"
        self._num_lanes = count_lanes() if self._is_on_cpu else 1
        self._adapters = LoadedAdapters(base, self._num_lanes * _MAX_MIXED, mixes=self._is_on_cpu)
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
        return Capacity(self._num_lanes, max_rows, is_row_exact=self._tried().is_row_exact)

    @property
    def context_tokens(self) -> int | None:
        """Return the positions that the base was made for; None if it does not say.

        Fewer where a longer row would change the frequencies of those beside it.
        """
        limits = (self._base.context_tokens, rope_limit(self._base.model.config))
        return min((limit for limit in limits if limit is not None), default=None)

    def decode(self, rows: Sequence[Row], settings: DecodingSettings) -> Iterator[DecodedRow]:
        """Decode every row, in the order of their adapters; see ``Engine.decode``."""
        if not rows:
            return
        check_room(rows, self.context_tokens)
        trial = self._tried()
        models = CheckpointModels(self._base, self._adapters)
        waiting = RowQueue(rows, lambda row: self._drafts.longest(row.prompt_ids))
        shape = self._shape(rows, settings, waiting.fair_share)
        batch = self._new_batch(models.routed(rows[0]), settings, shape)
        while not self._is_closed:
            first = waiting.first
            if first is None and not batch.rows:
                return
            if trial.is_row_exact and trial.products.any_threads:
                use_idle_threads()
            entering: list[Row] = []
            try:
                if first and not batch.rows and models.find(first) is not batch.model:
                    batch = self._new_batch(models.routed(first), settings, shape)
                num_free = shape.num_slots - len(batch.rows)
                if first and (num_free * _REFILL_SHARE >= shape.num_slots or not batch.rows):
                    self._take(entering, num_free, waiting, batch, models)
                    if entering:
                        self._admit(entering, batch, trial.products)
                    entering = []
                finished = self._step(batch, trial.products) if batch.rows else []
            except (RuntimeError, MemoryError) as error:
                if not _is_out_of_memory(error):
                    raise
                again = {row.index: row for row in (*batch.rows, *entering)}
                shape = replace(shape, num_slots=self._halved(shape.num_slots, error))
                waiting.put_back(list(again.values()))
                batch = self._new_batch(models.routed(rows[0]), settings, shape)
                continue
            yield from finished

    def _shape(self, rows: Sequence[Row], settings: DecodingSettings, most: int) -> BatchShape:
        """Return the shape of a batch for rows, of which at most so many stand in it together."""
        context = self.context_tokens
        longest = max(len(row.prompt_ids) + token_limit(row, settings, context) for row in rows)
        fitting = self._batch_size or auto_batch_size(
            self._base, longest, num_batches=self._num_lanes
        )
        trial = self._tried()
        products = trial.products
        fits = all(len(row.prompt_ids) <= products.prefill.most for row in rows)
        return BatchShape(
            min(most, fitting, products.step.most),
            longest,
            context,
            count_common(rows) if trial.reads_on and fits else 0,
            products,
        )

    def _take(
        self,
        taken: list[Row],
        number: int,
        waiting: RowQueue,
        batch: DecodeBatch,
        models: CheckpointModels,
    ) -> None:
        """Take the next rows off the queue that may stand in a batch with those that are there.

        They are put into the caller's list, which still has them if there is no memory to load the
        adapter of the next.
        """
        in_batch = {row.adapter for row in batch.rows}
        models.keep([*in_batch])
        adapters = in_batch - {None}  # the base's rows cost nothing beside others
        most = _MAX_MIXED if self._is_on_cpu else 1
        while len(taken) < number and (first := waiting.first):
            if first.adapter and first.adapter not in adapters and len(adapters) >= most:
                break
            if models.find(first) is not batch.model:
                break
            row = waiting.take(first)
            if row is not None:
                adapters |= {row.adapter} - {None}
                taken.append(row)

    def close(self) -> None:
        """Let the adapters go and end what is in flight; the base was never changed."""
        self._is_closed = True
        self._adapters.clear()
        for name in self._variables:
            os.environ.pop(name, None)
        if self._undo is not None:
            self._undo()

    def _tried(self) -> Trial:
        """Return how the base can be decoded here; tries it, once.

        Raises:
            ModelError: It cannot.
        """
        with self._lock:
            if self._trial is None:
                threads = lane_threads(self._num_lanes)
                found = choose_rows(self._base.model, threads) if self._is_on_cpu else None
                products = found or ProductRows()
                self._trial = try_base(self._base, self._trial_batch, products, threads)
                if self._is_on_cpu and not self._trial.is_row_exact:
                    self._say(_INEXACT)
            return self._trial

    def _trial_batch(
        self, rows: Sequence[Row], drafts: Drafts | None, num_common: int, products: ProductRows
    ) -> DecodeBatch:
        settings = DecodingSettings(NUM_GUESSES + 1, frozenset())
        longest = max(len(row.prompt_ids) for row in rows) + settings.max_new_tokens
        shape = BatchShape(len(rows), longest, self.context_tokens, num_common, products)
        model = CheckpointModels(self._base, self._adapters).routed(rows[0])
        text = CompletionText(self._base.tokenizer)
        batch = DecodeBatch(self._base, model, text, settings, shape=shape, drafts=drafts)
        self._admit(rows, batch, products)
        return batch

    def _admit(self, rows: Sequence[Row], batch: DecodeBatch, products: ProductRows) -> None:
        """Read the prompts of rows into a batch, as they are read in every lane."""
        if not self._is_on_cpu:
            batch.admit(rows, _PREFILL_TOKENS_GPU)
            return
        with own_threads(self._num_lanes):
            batch.admit(rows, products.tokens_together)

    def _step(self, batch: DecodeBatch, products: ProductRows) -> list[DecodedRow]:
        with nullcontext() if products.any_threads else own_threads(self._num_lanes):
            finished = batch.step()
        # A base whose engine was closed meanwhile has changed its attention during the step.
        return [] if self._is_closed else finished

    def _new_batch(
        self, model: RoutedModel, settings: DecodingSettings, shape: BatchShape
    ) -> DecodeBatch:
        """Return an empty batch of a shape, decoded by a model."""
        text = CompletionText(self._base.tokenizer, settings.stop_strings)
        drafts = self._drafts if self._tried().takes_guesses else None
        return DecodeBatch(self._base, model, text, settings, shape=shape, drafts=drafts)

    def _halved(self, num_slots: int, error: BaseException) -> int:
        if num_slots == 1:
            raise PredictionError(
                "out of memory while decoding a single row",
                where=f"base {self._base.name} on {self._base.device}",
                received=str(error).split("\n", maxsplit=1)[0],
                next_step="lower predict.max_new_tokens, or use a machine with more memory",
            ) from error
        halved = num_slots // 2
        self._batch_size = min(halved, self._batch_size or halved)  # other lanes have batches too
        if not self._has_said:
            self._say(
                f"out of memory at {num_slots} rows together; going on with {halved} "
                "(and fewer still if need be)"
            )
            self._has_said = True
        gc.collect()
        if self._base.device.startswith("cuda"):
            torch.cuda.empty_cache()
        return halved


def _is_out_of_memory(error: BaseException) -> bool:
    # torch's allocator for the CPU raises a plain RuntimeError.
    return isinstance(
        error, torch.OutOfMemoryError | MemoryError
    ) or "can't allocate memory" in str(error)
