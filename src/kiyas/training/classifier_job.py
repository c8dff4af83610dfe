"""What a classifier trial is asked for, and what follows from it: seeds, class weights, rates."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kiyas.config import ClassifierTrainSettings, LoraSettings
from kiyas.models.source import BaseSource
from kiyas.records.classification import EpochRecord

OnEpoch = Callable[[EpochRecord], bool]
"""Is told of each epoch; returns whether training should end there."""


@dataclass(frozen=True)
class ClassifierJob:
    """What to train."""

    name: str
    """What to call it in messages."""
    base: BaseSource
    """Files of the base."""
    num_classes: int
    """C."""
    lora: LoraSettings
    """The adapter."""
    train: ClassifierTrainSettings
    """How to train it."""
    seed: int
    """Seed of data order, head, adapter and dropout."""


def derive_seed(seed: int, purpose: int) -> int:
    """Return a seed of its own for each purpose."""
    return int(np.random.SeedSequence([seed, purpose + 1]).generate_state(1)[0])


def learning_rate_at(train: ClassifierTrainSettings, step: int, num_steps: int) -> float:
    """Return the learning rate of a 0-based step: warm-up, then the chosen shape."""
    warmup = round(train.warmup_ratio * num_steps)
    if step < warmup:
        return train.learning_rate * (step + 1) / warmup
    if train.lr_scheduler == "constant":
        return train.learning_rate
    left = 1 - (step - warmup) / max(1, num_steps - warmup)
    if train.lr_scheduler == "cosine":
        left = 0.5 * (1 - math.cos(math.pi * left))
    return train.learning_rate * left


def class_weights_of(job: ClassifierJob, labels: NDArray[np.int64]) -> list[float]:
    """Return the weight of each class; balanced is N / (C n_c), as scikit-learn has it."""
    weights = job.train.class_weights
    if isinstance(weights, list):
        return list(weights)
    if weights is None:
        return [1.0] * job.num_classes
    counts = np.bincount(labels, minlength=job.num_classes)
    return [float(labels.size / (job.num_classes * max(1, count))) for count in counts]
