"""Rows of an optimiser step -> its loss and gradients, in whatever memory there is.

Cuts the rows into micro-batches, in this process and among the processes of a trial. When memory
runs out, the step is computed again with less: smaller micro-batches, then one at a time, then
activations recomputed, then kept outside the GPU. None of it changes the update but for rounding.
Makes no update.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import torch
from accelerate import Accelerator

from kiyas.config.schema import TrainSettings
from kiyas.errors import TrainingError, first_line
from kiyas.models import Base, count_lanes, rope_limit
from kiyas.training.batching import cut_into_micro_batches
from kiyas.training.lanes import Gradients, Lanes
from kiyas.training.memory import (
    MemoryReport,
    Relief,
    is_out_of_memory,
    peak_bytes,
    read_reliefs,
    reset_peak,
)
from kiyas.training.micro_batches import MicroBatches
from kiyas.training.rows import TrainingRow
from kiyas.training.token_budget import token_budget

Groups = Sequence[Sequence[TrainingRow]]


class Told(NamedTuple):
    """Where it is written and said that memory ran short; nowhere in all processes but one."""

    path: Path | None
    """``memory.json``."""
    say: Callable[[str], None]
    """Is told in a sentence."""


class StepGradients:
    """Computes the gradients of whole steps; close it when training ends.

    Args:
        base: The bare base, for its precision and device.
        model: The same base with a fresh adapter.
        train: Whether activations are recomputed or kept elsewhere from the start.
        seed: Seed of dropout.
        accelerator: The processes that share the trial, this one among them.
        told: Where it is said that something gave way.
    """

    def __init__(
        self,
        base: Base,
        model: Any,
        train: TrainSettings,
        seed: int,
        accelerator: Accelerator,
        told: Told,
    ) -> None:
        self._base, self._model, self._accelerator, self._told = base, model, accelerator, told
        on_cpu = base.device == "cpu"
        # A sharded base is gathered for a call, in one order for all processes: not for lanes, nor
        # for kernels that read weights where they lie.
        fast = on_cpu and not base.is_sharded
        self._micro_batches = MicroBatches(base, model, seed=seed, fast=fast)
        num_lanes = max(1, count_lanes() // accelerator.num_processes)
        limit = rope_limit(base.model.config)
        row_by_row = limit is not None and train.max_seq_len > limit
        in_turn = not fast or row_by_row or self._micro_batches.draws_random_numbers()
        self._num_lanes = 1 if in_turn else num_lanes
        self._lanes = Lanes(self._num_lanes) if fast else None
        self._trained = [weight for weight in model.parameters() if weight.requires_grad]
        self._recomputes, self._offloads = False, False
        if train.gradient_checkpointing or train.activation_offload:
            self._recompute(offload=train.activation_offload and not on_cpu)
        earlier = () if told.path is None else read_reliefs(told.path)
        budget = 1 if row_by_row else token_budget(base.device)  # a longer row comes alone
        self._report = MemoryReport(base.device, budget, 0, None, earlier)

    def probe(self, rows: Sequence[TrainingRow]) -> MemoryReport:
        """Work on the largest micro-batches of a trial, and measure; nothing is trained.

        Raises:
            TrainingError: Memory does not suffice for the longest row.
        """
        reset_peak(self._base.device)
        self._fit(lambda: self._add_up(self._largest(rows), 0, 1), rows, 0)
        tokens = sum(self._padded_tokens(group) for group in self._largest(rows))
        peak = peak_bytes(self._base.device)
        self._note(replace(self._report, probe_tokens=tokens, peak_bytes=peak))
        return self._report

    def add_up(self, rows: Sequence[TrainingRow], step: int) -> float:
        """Set the gradients of a step; return its mean loss over its trained tokens.

        Raises:
            TrainingError: Memory does not suffice for the longest row.
        """
        num_trained = sum(row.num_trained_tokens for row in rows)
        total = self._fit(lambda: self._add_up_own(rows, step, num_trained), rows, step)
        loss = torch.tensor(total.loss, dtype=torch.float64, device=self._base.device)
        if self._accelerator.num_processes > 1:
            flat = torch.cat([tensor.flatten() for tensor in total.tensors])
            flat = self._accelerator.reduce(flat)  # a copy: accelerate leaves its input alone
            loss = self._accelerator.reduce(loss.float())
            sizes = [weight.numel() for weight in self._trained]
            tensors = tuple(flat.split(sizes))
        else:
            tensors = total.tensors
        for parameter, gradient in zip(self._trained, tensors, strict=True):
            parameter.grad = gradient.view_as(parameter)
        return float(loss)

    def close(self) -> None:
        """End the threads of the lanes."""
        if self._lanes is not None:
            self._lanes.close()
            self._lanes = None

    def _fit(
        self, work: Callable[[], Gradients], rows: Sequence[TrainingRow], step: int
    ) -> Gradients:
        while True:
            try:
                return work()
            except (MemoryError, RuntimeError) as error:
                if not is_out_of_memory(error):
                    raise
                reason = first_line(error)
            # Here the error is gone, and with it the frames that hold what had been computed.
            if self._base.is_sharded:
                raise _too_little_memory_sharded(step, reason)
            self._give_way(rows, step, reason)
            if self._base.device != "cpu":
                torch.cuda.empty_cache()

    def _give_way(self, rows: Sequence[TrainingRow], step: int, reason: str) -> None:
        budget = self._report.token_budget
        dearest = max(len(group) for group in self._groups(rows))
        if dearest > 1:
            largest = max(self._padded_tokens(group) for group in self._groups(rows))
            budget = min(budget, largest) // 2
            measure = f"micro-batches of at most {budget} tokens"
        elif self._lanes is not None and self._num_lanes > 1:
            self.close()
            measure = "one micro-batch at a time"
        elif not self._recomputes:
            self._recompute(offload=False)
            measure = "activations recomputed (gradient_checkpointing)"
        elif not self._offloads and self._base.device != "cpu":
            self._recompute(offload=True)
            measure = "activations kept outside the GPU (activation_offload)"
        else:
            raise _too_little_memory(rows, step, reason)
        relief = Relief(step, measure, reason)
        self._note(
            replace(self._report, token_budget=budget, reliefs=(*self._report.reliefs, relief))
        )
        self._told.say(f"memory ran out at step {step}: {measure}; the update stays the same")

    def _note(self, report: MemoryReport) -> None:
        self._report = report
        if self._told.path is not None:
            report.write(self._told.path)

    def _recompute(self, *, offload: bool) -> None:
        inner = self._model.get_base_model()
        inner.activation_checkpointing_enable({"use_reentrant": False}, offload=offload)
        self._recomputes, self._offloads = True, offload

    def _add_up_own(self, rows: Sequence[TrainingRow], step: int, num_trained: int) -> Gradients:
        """Work on this process's share of the rows of a step."""
        shares = self._shares(rows)
        own = shares[self._accelerator.process_index]
        total = self._add_up(own, step, num_trained)
        if self._base.is_sharded:
            # A part of every layer is here, and others gather it as often as they call the model.
            idle = max(len(share) for share in shares) - len(own)
            if idle:
                self._add_up([[rows[0]]] * idle, step, num_trained)
        return total

    def _add_up(self, groups: Groups, step: int, num_trained: int) -> Gradients:
        def work(index: int) -> tuple[float, Sequence[torch.Tensor]]:
            part = self._micro_batches.summed_loss(groups[index], step) / num_trained
            return float(part.detach()), torch.autograd.grad(part, self._trained)

        if not groups:  # fewer micro-batches than processes
            return Gradients(0.0, tuple(torch.zeros_like(weight) for weight in self._trained))
        if self._lanes is not None:
            return self._lanes.add_up([self._padded_tokens(group) for group in groups], work)
        loss, first = work(0)
        tensors = list(first)
        for index in range(1, len(groups)):
            more, others = work(index)
            loss += more
            torch._foreach_add_(tensors, list(others))
        return Gradients(loss, tuple(tensors))

    def _largest(self, rows: Sequence[TrainingRow]) -> Groups:
        """Return the largest micro-batches of all steps, as many as are in work at once."""
        groups = sorted(self._groups(rows), key=self._padded_tokens, reverse=True)
        return groups[: self._num_lanes if self._lanes is not None else 1]

    def _shares(self, rows: Sequence[TrainingRow]) -> list[Groups]:
        """Return each process's share of the rows of a step, cut into micro-batches."""
        count = self._accelerator.num_processes
        if count == 1:
            return [self._groups(rows)]
        # Longest first and in turn: every process has rows of all lengths.
        ranked = sorted(rows, key=lambda row: (-len(row.token_ids), row.row))
        return [self._groups(ranked[index::count]) for index in range(count)]

    def _groups(self, rows: Sequence[TrainingRow]) -> Groups:
        lengths = [len(row.token_ids) for row in rows]
        budget = self._report.token_budget
        cut = cut_into_micro_batches(lengths, token_budget=budget)
        return [[rows[index] for index in group] for group in cut]

    def _padded_tokens(self, group: Sequence[TrainingRow]) -> int:
        return self._micro_batches.padded_tokens([len(row.token_ids) for row in group])


def _too_little_memory(rows: Sequence[TrainingRow], step: int, reason: str) -> TrainingError:
    longest = max(len(row.token_ids) for row in rows)
    return TrainingError(
        "memory does not suffice for the longest row, with everything given up that can be",
        where=_place(step),
        received=f"a row of {longest} tokens; {reason}",
        expected="memory for the base, the adapter and one row",
        next_step="lower train.max_seq_len, or on a GPU take train.quantization: 4bit; "
        "earlier checkpoints are kept",
    )


def _too_little_memory_sharded(step: int, reason: str) -> TrainingError:
    """Return what to say where one process cannot give way alone: the others would wait for it."""
    return TrainingError(
        "memory ran out in a process that holds a part of the base",
        where=_place(step),
        received=reason,
        expected="memory for a part of the base, one whole layer and a micro-batch",
        next_step="set train.gradient_checkpointing: true, lower train.max_seq_len or raise "
        "train.num_processes; earlier checkpoints are kept",
    )


def _place(step: int) -> str:
    return f"step {step}" if step else "the probe before the first step"
