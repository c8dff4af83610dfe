"""``samples.jsonl`` -> the completions of a checkpoint."""

from __future__ import annotations

from pathlib import Path

from kiyas.records import Completion
from kiyas.run_folder.files import read_records


def read_completions(samples: Path) -> list[Completion]:
    """Read the completions of a checkpoint, sorted by problem and sample.

    Raises:
        RunFolderError: A line is no completion.
    """
    completions = read_records(samples, Completion)
    return sorted(completions, key=lambda completion: (completion.task_id, completion.sample))
