"""Study -> findings and report: the flow, on one screen.

Every step is read back if its inputs have not changed, so the same command resumes a killed run,
redoes only what an edit touches, and does nothing when there is nothing to do. The flow is the same
for both tasks; what differs is held in each stage.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from kiyas.config import ClassificationStudy, Study
from kiyas.execution import Progress
from kiyas.run_folder import RunFolder
from kiyas.steps.audit import audit_checkpoints
from kiyas.steps.classification_latency import time_classifiers
from kiyas.steps.classification_report import rewrite_classifier_report, write_classifier_report
from kiyas.steps.classification_run import open_classification
from kiyas.steps.classification_score import predict_classes, score_classes
from kiyas.steps.classification_trials import train_classifiers
from kiyas.steps.contamination import check_contamination
from kiyas.steps.likelihoods import rate_solutions
from kiyas.steps.predict import predict_checkpoints
from kiyas.steps.provenance import OpenedRun, record_provenance
from kiyas.steps.report import rewrite_run_report, write_run_report
from kiyas.steps.run import open_run
from kiyas.steps.score import score_checkpoints
from kiyas.steps.tracking import check_trackers
from kiyas.steps.train import train_trials

CODE_STAGES = (
    train_trials,
    check_contamination,
    predict_checkpoints,
    score_checkpoints,
    rate_solutions,
    audit_checkpoints,
    write_run_report,
)
CLASSIFICATION_STAGES = (
    train_classifiers,
    predict_classes,
    score_classes,
    time_classifiers,
    write_classifier_report,
)

RunT = TypeVar("RunT", bound=OpenedRun)


@dataclass(frozen=True)
class RunResult:
    """What a run did."""

    folder: RunFolder
    """Where everything is."""
    work: tuple[str, ...]
    """Steps that were worked on; empty if everything was up to date."""


def run_study(study: Study, folder: RunFolder, *, study_dir: Path, progress: Progress) -> RunResult:
    """Carry out a study from its data to its report, or what is missing of it.

    Args:
        study: The study, every default filled in.
        folder: Its run folder, new or not.
        study_dir: Folder of the study file, where relative paths begin.
        progress: What to tell the person at the keyboard.

    Raises:
        KiyasError: Whatever the user has to mend; nothing done so far is lost.
    """
    check_trackers(study)
    with folder.lock():
        folder.claim(study.name)
        if isinstance(study, ClassificationStudy):
            classification = open_classification(study, folder, study_dir, progress)
            return _carry_out(classification, CLASSIFICATION_STAGES)
        return _carry_out(open_run(study, folder, study_dir, progress), CODE_STAGES)


def rewrite_report(study: Study, folder: RunFolder, *, study_dir: Path, progress: Progress) -> None:
    """Write findings and report again from the verdicts on disk.

    Raises:
        KiyasError: The run is not finished.
    """
    with folder.lock():
        folder.claim(study.name)
        if isinstance(study, ClassificationStudy):
            rewrite_classifier_report(
                open_classification(study, folder, study_dir, progress, find_bases=False)
            )
        else:
            rewrite_run_report(open_run(study, folder, study_dir, progress))


def _carry_out(run: RunT, stages: Sequence[Callable[[RunT], list[str]]]) -> RunResult:
    record_provenance(run)
    work = [title for stage in stages for title in stage(run)]
    return RunResult(run.folder, tuple(work))
