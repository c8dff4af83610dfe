"""A checkpoint of a run -> its adapter: the folder, and the hash of what is in it."""

from __future__ import annotations

from pathlib import Path

from kiyas.records import Checkpoint
from kiyas.steps.run import Run


def hash_of_adapter(run: Run, checkpoint: Checkpoint) -> str | None:
    """Return the hash of a checkpoint's adapter; None for an untrained base."""
    for job in run.jobs.trials:
        if job.trial.name == checkpoint.trial:
            adapters = run.folder.trial(job.trial).outputs()["adapters"]
            return str(adapters[str(checkpoint.step)])
    return None


def find_adapter(run: Run, checkpoint: Checkpoint) -> Path | None:
    """Return the folder of a checkpoint's adapter; None for an untrained base."""
    for job in run.jobs.trials:
        if job.trial.name == checkpoint.trial:
            return run.folder.trial(job.trial).checkpoint(checkpoint.step)
    return None
