"""Study -> findings and report: the flow, on one screen.

Every step is read back if its inputs have not changed, so the same command resumes a killed run,
redoes only what an edit touches, and does nothing when there is nothing to do.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kiyas.config import CodeStudy
from kiyas.execution import Progress
from kiyas.run_folder import RunFolder
from kiyas.steps.predict import predict_checkpoints
from kiyas.steps.provenance import record_provenance
from kiyas.steps.report import rewrite_run_report, write_run_report
from kiyas.steps.run import open_run
from kiyas.steps.score import score_checkpoints
from kiyas.steps.train import train_trials


@dataclass(frozen=True)
class RunResult:
    """What a run did."""

    folder: RunFolder
    """Where everything is."""
    work: tuple[str, ...]
    """Steps that were worked on; empty if everything was up to date."""


def run_study(
    study: CodeStudy, folder: RunFolder, *, study_dir: Path, progress: Progress
) -> RunResult:
    """Carry out a study from its data to its report, or what is missing of it.

    Args:
        study: The study, every default filled in.
        folder: Its run folder, new or not.
        study_dir: Folder of the study file, where relative paths begin.
        progress: What to tell the person at the keyboard.

    Raises:
        KiyasError: Whatever the user has to mend; nothing done so far is lost.
    """
    with folder.lock():
        folder.claim(study.name)
        run = open_run(study, folder, study_dir, progress)
        record_provenance(run)
        work = [
            *train_trials(run),
            *predict_checkpoints(run),
            *score_checkpoints(run),
            *write_run_report(run),
        ]
    return RunResult(folder, tuple(work))


def rewrite_report(
    study: CodeStudy, folder: RunFolder, *, study_dir: Path, progress: Progress
) -> None:
    """Write findings and report again from the verdicts on disk.

    Raises:
        KiyasError: The run is not finished.
    """
    with folder.lock():
        folder.claim(study.name)
        rewrite_run_report(open_run(study, folder, study_dir, progress))
