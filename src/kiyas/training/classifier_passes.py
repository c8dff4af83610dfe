"""Rows of an optimiser step -> their loss and gradients, by forward passes side by side in lanes.

The gradient is that of the whole batch's mean loss, however its rows are shared out. Makes no
update and evaluates nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from kiyas.models.classifier import Classifier
from kiyas.models.classifier_inputs import (
    EncodedTexts,
    needs_mask,
    pad_rows,
    padded_widths,
    split_at_rope,
)
from kiyas.training.classifier_batches import Rows, pass_costs, split_batch
from kiyas.training.classifier_job import ClassifierJob, class_weights_of
from kiyas.training.kernels import DropoutMasks, fuse_adapters, use_causal_attention
from kiyas.training.lanes import Lanes, draws_random_numbers, share_out


@dataclass(frozen=True)
class BatchGradients:
    """What the rows of one optimiser step add up to."""

    loss: float
    """Sum of the rows' plain cross entropies: no class weights, no smoothing."""
    num_right: int
    """Rows whose class was the most likely before the update."""
    tensors: tuple[torch.Tensor, ...]
    """Gradients of the objective, the weighted mean over the batch, in the order given."""


class ClassifierPasses:
    """Computes the gradients of whole batches; close it when training ends.

    Args:
        job: What is trained; its seed and the step decide dropout.
        classifier: The classifier with its fresh adapter.
        encoded: The training rows.
        labels: (N,) their classes.
    """

    def __init__(
        self,
        job: ClassifierJob,
        classifier: Classifier,
        encoded: EncodedTexts,
        labels: NDArray[np.int64],
    ) -> None:
        self._job, self._classifier = job, classifier
        self._encoded, self._labels = encoded, labels
        self._widths = padded_widths(classifier, encoded.lengths)
        weights = class_weights_of(job, labels)
        self._weights = torch.tensor(weights, dtype=torch.float32, device=classifier.device)
        self._masks = DropoutMasks()
        self._masked = needs_mask(classifier)
        if classifier.device == "cpu":
            use_causal_attention(classifier.model.get_base_model())
            fuse_adapters(classifier.model, self._masks)
        self._lanes = Lanes(None if self._goes_in_lanes() else 1)

    def add_up(self, rows: Rows, parameters: Sequence[torch.Tensor], step: int) -> BatchGradients:
        """Return the gradients of a batch.

        Args:
            rows: (B,) row numbers.
            parameters: What to differentiate by.
            step: 0-based optimiser step; with the seed it decides dropout.
        """
        parts = self._split(rows)
        num_right = [0] * len(parts)
        targets = torch.from_numpy(self._labels[rows]).to(self._weights.device)
        total_weight = self._weights[targets].sum()

        def work(index: int) -> tuple[float, Sequence[torch.Tensor]]:
            part = parts[index]
            self._masks.begin(self._job.seed, step, int(part[0]))
            logits, classes = self._forward(part)
            objective = functional.cross_entropy(
                logits,
                classes,
                weight=self._weights,
                label_smoothing=self._job.train.label_smoothing,
                reduction="sum",
            )
            gradients = torch.autograd.grad(
                objective / total_weight, parameters, materialize_grads=True
            )
            plain = logits.detach()
            num_right[index] = int((plain.argmax(dim=1) == classes).sum())
            return float(functional.cross_entropy(plain, classes, reduction="sum")), gradients

        total = self._lanes.add_up(pass_costs(parts, self._widths), work)
        return BatchGradients(total.loss, sum(num_right), total.tensors)

    def close(self) -> None:
        """End the threads of the lanes."""
        self._lanes.close()

    def _forward(self, part: Rows) -> tuple[torch.Tensor, torch.Tensor]:
        """Return (B, C) float32 logits and the (B,) classes of the rows of one pass."""
        rows = [self._encoded.ids[row] for row in part]
        ids, mask = pad_rows(self._classifier, rows)
        targets = torch.from_numpy(self._labels[part]).to(ids.device)
        with self._classifier.autocast():
            output = self._classifier.model(
                input_ids=ids, attention_mask=mask if self._masked else None
            )
        return output.logits.float(), targets

    def _split(self, rows: Rows) -> list[Rows]:
        """Split a batch so that the lane with most to do has as little as possible."""
        most = self._job.train.max_batch_tokens
        share = -(-int(self._widths[rows].sum()) // self._lanes.num_lanes)
        limits = [most, *(min(most, -(-share // number)) for number in (1, 2, 3))]
        sides = split_at_rope(self._classifier, rows, self._widths)
        splits = [
            [part for side in sides for part in split_batch(side, self._widths, limit)]
            for limit in dict.fromkeys(limits)
        ]

        def longest_lane(parts: list[Rows]) -> int:
            costs = pass_costs(parts, self._widths)
            lanes = share_out(costs, self._lanes.num_lanes)
            return max(sum(costs[index] for index in lane) for lane in lanes)

        return min(splits, key=longest_lane)

    def _goes_in_lanes(self) -> bool:
        everything = np.arange(self._widths.size)
        if len(split_at_rope(self._classifier, everything, self._widths)) > 1:
            return False
        if self._classifier.device != "cpu":
            return False
        self._masks.begin(self._job.seed)
        first = np.zeros(1, dtype=np.int64)
        return not draws_random_numbers(self._classifier.model, lambda: self._forward(first))
