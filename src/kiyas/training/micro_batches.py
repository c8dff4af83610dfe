"""Rows of a micro-batch -> the cross entropy summed over their trained tokens."""

from __future__ import annotations

import inspect
import math
from collections.abc import Sequence
from typing import Any

import torch
from torch.nn import functional

from kiyas.models import Base, autocast, rope_limit
from kiyas.training.kernels import (
    DropoutMasks,
    find_head,
    fuse_adapters,
    seed_dropout,
    use_causal_attention,
)
from kiyas.training.lanes import draws_random_numbers
from kiyas.training.rows import TrainingRow

# Micro-batches are padded to a multiple of this. In bfloat16 kernels are prepared and memory is
# kept for every new shape: few shapes are faster and smaller than least padding.
_LENGTH_MULTIPLE = {"float32": 8, "bfloat16": 64}
_PROBE_TOKENS = 8


class MicroBatches:
    """Computes the loss of micro-batches with one model.

    Args:
        base: The bare base, for its precision and device.
        model: The same base with a fresh adapter.
        seed: Seed of dropout.
        fast: Whether to use the kernels for the CPU.
    """

    def __init__(self, base: Base, model: Any, *, seed: int, fast: bool) -> None:
        # Not PEFT's wrapper: its call passes by the hooks that gather a sharded base.
        self._base, self._model, self._seed = base, model.get_base_model(), seed
        self._rope_limit, self._context = rope_limit(base.model.config), base.context_tokens
        self._masks = DropoutMasks()
        self._head = None
        seed_dropout(model, self._masks)
        if fast:
            use_causal_attention(self._model)
            fuse_adapters(model, self._masks)
            model.eval()
            with autocast(base):
                self._head = find_head(model, torch.arange(_PROBE_TOKENS)[None])
        forward = inspect.signature(base.model.forward).parameters
        self._head_on_trained_only = "logits_to_keep" in forward

    def draws_random_numbers(self) -> bool:
        """Return whether a pass draws random numbers besides the adapter's, on the CPU."""
        self._masks.begin(self._seed)
        probe = torch.arange(_PROBE_TOKENS)[None]
        with autocast(self._base):
            return draws_random_numbers(
                self._model, lambda: self._model(input_ids=probe, use_cache=False)
            )

    def padded_tokens(self, lengths: Sequence[int]) -> int:
        """Return the tokens of a micro-batch of rows of these lengths, padding included."""
        return len(lengths) * self._padded(max(lengths))

    def summed_loss(self, rows: Sequence[TrainingRow], step: int) -> torch.Tensor:
        """Return the cross entropy summed over the trained tokens of a micro-batch.

        Args:
            rows: The micro-batch.
            step: The optimiser step it belongs to; it decides dropout, with the row.
        """
        self._masks.begin_rows(
            self._seed,
            step,
            rows=[row.row for row in rows],
            lengths=[len(row.token_ids) for row in rows],
        )
        token_ids, predicts = self._pad(rows)
        targets = token_ids[:, 1:][predicts[:, :-1]]  # (trained tokens,)
        with autocast(self._base):
            if self._head is not None:
                hidden = self._head.body(input_ids=token_ids, use_cache=False).last_hidden_state
                return self._head.summed_loss(hidden[predicts], targets)
            only = {"logits_to_keep": predicts} if self._head_on_trained_only else {}
            logits = self._model(input_ids=token_ids, use_cache=False, **only).logits
        if logits.dim() == 3:  # a model that computes its head everywhere
            logits = logits[predicts]
        return functional.cross_entropy(logits.float(), targets, reduction="sum")

    def _pad(self, rows: Sequence[TrainingRow]) -> tuple[torch.Tensor, torch.Tensor]:
        """Return token ids and which positions predict a trained token, both [B, T]."""
        # Rows are padded on the right of a causal model: no real token ever sees the padding, so no
        # attention mask is needed and attention takes its fast causal path.
        longest = self._padded(max(len(row.token_ids) for row in rows))
        token_ids = torch.full((len(rows), longest), self._base.pad_token_id)
        predicts = torch.zeros((len(rows), longest), dtype=torch.bool)
        for index, row in enumerate(rows):
            token_ids[index, : len(row.token_ids)] = torch.from_numpy(row.token_ids).long()
            predicts[index, row.first_trained - 1 : len(row.token_ids) - 1] = True
        return token_ids.to(self._base.device), predicts.to(self._base.device)

    def _padded(self, length: int) -> int:
        multiple = _LENGTH_MULTIPLE[self._base.dtype]
        padded = math.ceil(length / multiple) * multiple
        if self._context is not None:
            padded = min(padded, self._context)
        beyond = self._rope_limit is not None and padded > self._rope_limit
        return length if beyond else padded  # padding counts as length there
