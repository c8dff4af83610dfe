"""``samples.jsonl`` -> the completions of a checkpoint."""

from __future__ import annotations

from pathlib import Path

from kiyas.errors import RunFolderError
from kiyas.records import Completion
from kiyas.run_folder.files import read_lines


def read_completions(samples: Path) -> list[Completion]:
    """Read the completions of a checkpoint, sorted by problem and sample.

    Raises:
        RunFolderError: A line is no completion.
    """
    try:
        completions = [Completion(**line) for line in read_lines(samples)]
    except TypeError as error:
        raise RunFolderError(f"a line is no completion ({error})", where=str(samples)) from error
    return sorted(completions, key=lambda completion: (completion.task_id, completion.sample))
