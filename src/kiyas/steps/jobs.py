"""CodeStudy -> the trials and checkpoints that it asks for.

Knows nothing of what is on disk, and does not look at models.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from kiyas.config import ArmSettings, CodeStudy
from kiyas.records import BASE_STEP, Checkpoint, Trial
from kiyas.training import count_steps


@dataclass(frozen=True)
class TrialJob:
    """A trial to train, and the checkpoints to test."""

    trial: Trial
    """Which arm with which seed."""
    arm: ArmSettings
    """The arm as the study file has it."""
    num_steps: int
    """Optimiser steps of the whole training."""
    checkpoints: tuple[Checkpoint, ...]
    """Adapters to save and test, in order of step."""


@dataclass(frozen=True)
class Jobs:
    """Everything that a study trains and tests."""

    bases: dict[str, Checkpoint]
    """The untrained checkpoint of each base model, by name in the study file."""
    trials: tuple[TrialJob, ...]
    """Trials, by arm and then by seed."""

    @property
    def checkpoints(self) -> tuple[Checkpoint, ...]:
        """Return every checkpoint to test, bases first."""
        trained = (item for job in self.trials for item in job.checkpoints)
        return (*self.bases.values(), *trained)


def list_jobs(study: CodeStudy, num_rows: dict[str, int]) -> Jobs:
    """List what a study trains and tests.

    Args:
        study: The study.
        num_rows: Training rows by arm, for arms that count in epochs.

    Raises:
        TrainingError: A checkpoint lies beyond the last step.
    """
    trials = tuple(
        _job(study, arm, seed, num_rows[arm.name])
        for arm in study.arms
        if arm.data is not None
        for seed in study.seeds
    )
    return Jobs(_base_checkpoints([study.base_of(arm) for arm in study.arms]), trials)


def _job(study: CodeStudy, arm: ArmSettings, seed: int, num_rows: int) -> TrialJob:
    trial = Trial(f"{arm.name}/seed-{seed}", arm.name, seed)
    schedule = count_steps(num_rows, study.train_of(arm))
    checkpoints = tuple(
        Checkpoint(trial.name, step, arm.name, seed) for step in schedule.checkpoints
    )
    return TrialJob(trial, arm, schedule.num_steps, checkpoints)


def _base_checkpoints(names: Sequence[str]) -> dict[str, Checkpoint]:
    """Give each base a folder name of its own, after the last part of its name."""
    checkpoints: dict[str, Checkpoint] = {}
    for name in dict.fromkeys(names):
        slug = re.sub(r"[^A-Za-z0-9._-]+", "-", re.split(r"[/:]", name.rstrip("/"))[-1])
        taken = {checkpoint.trial for checkpoint in checkpoints.values()}
        label = f"base/{slug}"
        if label in taken:
            label += f"-{len(taken) + 1}"
        checkpoints[name] = Checkpoint(label, BASE_STEP)
    return checkpoints
