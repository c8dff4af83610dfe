"""A study file's path -> its results: the whole flow in one call, for notebooks and scripts.

The flow itself is ``kiyas.study``; this finds the folders, as the command line does. torch is
loaded when something is trained or decoded, not before.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kiyas.config import load_study
from kiyas.execution import Progress, TerminalProgress
from kiyas.languages import follow_study
from kiyas.results import Results
from kiyas.run_folder import RunFolder
from kiyas.study import run_study


def run(
    path: Path | str,
    overrides: Sequence[str] = (),
    *,
    run_folder: Path | str | None = None,
    quiet: bool = False,
) -> Results:
    """Carry out a study, or what is missing of it, and read its results.

    Args:
        path: The study file.
        overrides: ``key.path=value`` strings laid over the file.
        run_folder: Where results go; ``runs/NAME`` (or in the folder of ``execution.storage``)
            if not given.
        quiet: Whether to show no progress.

    Raises:
        KiyasError: Whatever the user has to mend; nothing done so far is lost.
    """
    file = Path(path)
    study = load_study(file, overrides)
    follow_study(study.language)
    folder = RunFolder(Path(run_folder) if run_folder else study.execution.runs / study.name)
    progress = Progress() if quiet else TerminalProgress()
    run_study(study, folder, study_dir=file.parent, progress=progress)
    return Results(folder.path)
