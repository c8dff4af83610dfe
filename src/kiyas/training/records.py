"""The frozen records of training; plain values only."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class StepCount:
    """How long a trial trains and where it stops to save."""

    num_steps: int
    """Optimiser steps of the whole trial."""
    steps_per_epoch: int
    """Optimiser steps a pass over the data; the last one of a pass may hold fewer examples."""
    examples_per_step: int
    """Examples of a full step: batch_size x gradient_accumulation_steps."""
    checkpoints: tuple[int, ...]
    """Steps after which the adapter is saved, rising."""

    def epoch_at(self, step: int) -> float:
        """Return the passes over the data that are done after a step."""
        return step / self.steps_per_epoch

    def count_examples(self, num_rows: int) -> int:
        """Return the examples of all steps, where a pass goes over so many rows."""
        passes, steps = divmod(self.num_steps, self.steps_per_epoch)
        return passes * num_rows + steps * self.examples_per_step


@dataclass(frozen=True)
class DataSummary:
    """What a trial is trained on: ``data.json``."""

    num_rows: int
    """Rows given."""
    num_trained_rows: int
    """Rows trained on: those given, less those left out."""
    num_cut_rows: int
    """Rows longer than ``max_seq_len`` or what the base can take: cut at the end, so that they
    train no end token."""
    cut_rows: tuple[int, ...]
    """The cut rows, by their number in the source; the rows left out are among them."""
    num_left_out_rows: int
    """Rows whose prompt alone is as long as a row may be: nothing of them is trained."""
    left_out_rows: tuple[int, ...]
    """The rows left out, by their number in the source."""
    num_tokens: int
    """Tokens of all rows trained on, a pass."""
    num_trained_tokens: int
    """Tokens that the loss is computed on, a pass."""
    max_tokens: int
    """Tokens of the longest row trained on."""
    rows_hash: str
    """Hash of all rows trained on as token ids, in order: what a trial that goes on must find."""
    rendering_hash: str
    """Hash of how text became tokens; evaluation must have the same."""
    sample_row: int
    """Number of the row that is shown."""
    sample: str
    """That row as the model sees it, the trained span between ⟦ and ⟧."""


@dataclass(frozen=True)
class SavedCheckpoint:
    """An adapter on disk that was loaded again and gave the same logits."""

    step: int
    """Optimiser steps done."""
    epoch: float
    """Passes over the data done."""
    sha256: str
    """Hash of ``adapter_model.safetensors``, in hex."""
    max_logit_difference: float
    """Largest difference of a logit between the model in memory and the adapter loaded afresh."""
    max_logit_change: float
    """Largest difference of a logit between the adapter loaded afresh and the bare base."""


@dataclass(frozen=True)
class TrainingSummary:
    """What a trial did."""

    trial: str
    """Name of the trial."""
    steps: StepCount
    """How long it trained."""
    data: DataSummary
    """What it was trained on."""
    checkpoints: tuple[SavedCheckpoint, ...]
    """Every saved adapter, in order of step."""
    num_trainable: int
    """Weights of the adapter."""
    final_loss: float
    """Training loss of the last step."""
    seconds: float
    """Wall seconds of all steps, those before a resume included; saving and loading left out."""
    resumed_from: int
    """Step that this call went on from; 0 if it began anew."""
