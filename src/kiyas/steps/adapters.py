"""A checkpoint of a run -> its adapter: the folder, and the hash of what is in it."""

from __future__ import annotations

from pathlib import Path

from kiyas.errors import RunFolderError
from kiyas.records import Checkpoint
from kiyas.run_folder import hash_file
from kiyas.steps.run import Run


def hash_of_adapter(run: Run, checkpoint: Checkpoint) -> str | None:
    """Return the hash of a checkpoint's adapter; None for an untrained base."""
    for job in run.jobs.trials:
        if job.trial.name == checkpoint.trial:
            adapters = run.folder.trial(job.trial).outputs()["adapters"]
            return str(adapters[str(checkpoint.step)])
    return None


def find_adapter(run: Run, checkpoint: Checkpoint) -> Path | None:
    """Return the folder of a checkpoint's adapter, for use; None for an untrained base.

    Raises:
        RunFolderError: The adapter is not the one that was trained.
    """
    expected = hash_of_adapter(run, checkpoint)
    for job in run.jobs.trials:
        if job.trial.name == checkpoint.trial:
            folder = run.folder.trial(job.trial).checkpoint(checkpoint.step)
            check_weights(folder / "adapter_model.safetensors", str(expected))
            return folder
    return None


def check_weights(path: Path, sha256: str) -> None:
    """Refuse trained weights that are gone or are others by now.

    Args:
        path: Their file.
        sha256: The hash that the training noted.

    Raises:
        RunFolderError: They are.
    """
    received = hash_file(path) if path.is_file() else "no such file"
    if received != sha256:
        raise RunFolderError(
            "the weights are not those that were trained",
            where=str(path),
            received=received,
            expected=sha256,
            next_step="put them back, or move the trial's folder away to train it anew",
        )
