"""What a trial of a causal model is asked for; plain values, which another process can be given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kiyas.config.schema import LoraSettings, TrainSettings
from kiyas.records import Example, Protocol, Trial
from kiyas.run_folder import TrialFolder


@dataclass(frozen=True)
class CausalJob:
    """What to train, and where it is kept."""

    trial: Trial
    """Name and seed; the seed decides data order, adapter start and dropout."""
    examples: Sequence[Example]
    """What to train on."""
    lora: LoraSettings
    """The adapter."""
    train: TrainSettings
    """Steps, rates, batch, checkpoints."""
    protocol: Protocol
    """How a problem is put to the model; it decides how examples are rendered."""
    folder: TrialFolder
    """Gets ``history.csv``, ``data.json``, ``memory.json``, ``checkpoints/`` and ``resume/``."""
