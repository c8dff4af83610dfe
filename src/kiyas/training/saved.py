"""A trial's folder -> what is known of its saved adapters; no torch."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from kiyas.errors import RunFolderError
from kiyas.run_folder import TrialFolder, read_json
from kiyas.training.records import SavedCheckpoint


def verification_of(checkpoint: Path) -> Path:
    """Return the file that stands beside an adapter and says how it was proven."""
    return checkpoint / "verification.json"


def read_saved(folder: TrialFolder, steps: Iterable[int]) -> tuple[SavedCheckpoint, ...]:
    """Return what is known of the adapters of some steps.

    Raises:
        RunFolderError: One of them is not there.
    """
    return tuple(_read(folder, step) for step in steps)


def _read(folder: TrialFolder, step: int) -> SavedCheckpoint:
    path = verification_of(folder.checkpoint(step))
    if not path.exists():
        raise RunFolderError(
            f"the trial went past step {step}, but its checkpoint is not there",
            where=str(path.parent),
            next_step="put it back, or move the trial's folder away to train it anew",
        )
    return SavedCheckpoint(**read_json(path))
