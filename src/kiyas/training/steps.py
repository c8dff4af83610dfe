"""Number of examples, training settings -> optimiser steps and checkpoints; no torch."""

from __future__ import annotations

import math

from kiyas.config.schema import TrainSettings
from kiyas.errors import DataError, TrainingError
from kiyas.training.records import StepCount


def count_steps(num_examples: int, train: TrainSettings) -> StepCount:
    """Count the optimiser steps of a trial, as ``transformers.Trainer`` counts them.

    A pass over n examples takes ceil(n / examples a step) steps; e passes, e not always whole, take
    ceil(e x steps a pass).

    Args:
        num_examples: Examples trained on.
        train: The training settings of the arm.

    Raises:
        DataError: There is no example.
        TrainingError: Nothing says how long to train, a checkpoint lies beyond the last step, or
            the warm-up is as long as the training.
    """
    if num_examples < 1:
        raise DataError("there is no example to train on", expected="at least one row")
    examples_per_step = train.batch_size * train.gradient_accumulation_steps
    steps_per_epoch = math.ceil(num_examples / examples_per_step)
    if train.max_steps is not None:
        num_steps = train.max_steps
    elif train.num_epochs is not None:
        num_steps = math.ceil(train.num_epochs * steps_per_epoch)
    else:
        raise TrainingError(
            "nothing says how long to train", where="train", expected="max_steps or num_epochs"
        )
    counted = (
        f"{num_examples} examples, {examples_per_step} a step, {steps_per_epoch} steps an epoch"
    )
    checkpoints = tuple(sorted(set(train.checkpoints or [num_steps])))
    beyond = [step for step in checkpoints if step > num_steps]
    if beyond:
        raise TrainingError(
            f"training ends at step {num_steps}, before a checkpoint",
            where="train.checkpoints",
            received=", ".join(map(str, beyond)),
            expected=f"steps up to {num_steps} ({counted})",
            next_step="train longer (max_steps or num_epochs), or take the checkpoint away",
        )
    if train.warmup_steps >= num_steps:
        raise TrainingError(
            "the warm-up is as long as the training",
            where="train.warmup_steps",
            received=train.warmup_steps,
            expected=f"fewer than {num_steps} ({counted})",
            next_step="train longer (max_steps or num_epochs), or lower train.warmup_steps",
        )
    return StepCount(num_steps, steps_per_epoch, examples_per_step, checkpoints)
