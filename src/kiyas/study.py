"""Study -> findings and report: the flow, on one screen.

Every step is read back if its inputs have not changed, so the same command resumes a killed run,
redoes only what an edit touches, and does nothing when there is nothing to do. The flow is the same
for both tasks; what differs is held in each stage.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from kiyas.config import ClassificationStudy, Study
from kiyas.execution import Executor, LocalExecutor, Progress
from kiyas.run_folder import Mirror, RunFolder, storage_address
from kiyas.steps.as_run import check_materials_as_run, check_study_as_run
from kiyas.steps.audit import audit_checkpoints
from kiyas.steps.classification_latency import time_classifiers
from kiyas.steps.classification_report import rewrite_classifier_report, write_classifier_report
from kiyas.steps.classification_run import ClassificationRun, open_classification
from kiyas.steps.classification_score import predict_classes, score_classes
from kiyas.steps.classification_trials import train_classifiers
from kiyas.steps.contamination import check_contamination
from kiyas.steps.early_scoring import predict_and_score
from kiyas.steps.likelihoods import rate_solutions
from kiyas.steps.provenance import OpenedRun, record_provenance
from kiyas.steps.report import rewrite_run_report, write_run_report
from kiyas.steps.run import Run, open_run
from kiyas.steps.search_storage import check_search
from kiyas.steps.tracking import check_trackers
from kiyas.steps.train import train_trials

CODE_STAGES = (
    train_trials,
    check_contamination,
    predict_and_score,
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
    check_search(study)
    with folder.lock():
        folder.claim(study.name)  # before anything is fetched into it
        with (
            _storage(study, folder) as mirror,
            _executor(study, folder, mirror, study_dir, progress) as executor,
        ):
            run = open_study(study, study_dir, folder.path, progress, executor)
            if isinstance(run, ClassificationRun):
                return _carry_out(run, CLASSIFICATION_STAGES)
            return _carry_out(run, CODE_STAGES)


def open_study(
    study: Study,
    study_dir: Path,
    folder: Path,
    progress: Progress,
    executor: Executor | None = None,
) -> Run | ClassificationRun:
    """Open a study over a run folder, on the machine that carries it out or on a node of it."""
    if isinstance(study, ClassificationStudy):
        own = RunFolder(folder)
        return open_classification(study, own, study_dir, progress, executor=executor)
    return open_run(study, RunFolder(folder), study_dir, progress, executor)


def rewrite_report(study: Study, folder: RunFolder, *, study_dir: Path, progress: Progress) -> None:
    """Write findings and report again from the verdicts on disk.

    Raises:
        KiyasError: The run is not finished, or the study is another than the one that was run.
    """
    with folder.lock():
        folder.claim(study.name)
        check_study_as_run(study, folder)
        if isinstance(study, ClassificationStudy):
            classifiers = open_classification(study, folder, study_dir, progress, find_bases=False)
            check_materials_as_run(classifiers)
            rewrite_classifier_report(classifiers)
        else:
            run = open_run(study, folder, study_dir, progress)
            check_materials_as_run(run)
            rewrite_run_report(run)


@contextmanager
def _storage(study: Study, folder: RunFolder) -> Iterator[Mirror | None]:
    """Keep the run folder equal to the address that the study names, if it names one."""
    execution = study.execution
    if execution.storage is None or not execution.is_address:
        yield None
        return
    mirror = Mirror(storage_address(execution.storage, study.name), folder.path)
    mirror.check()
    with mirror.lock():
        mirror.pull_all()
        try:
            yield mirror
        finally:
            mirror.push_all()


@contextmanager
def _executor(
    study: Study, folder: RunFolder, mirror: Mirror | None, study_dir: Path, progress: Progress
) -> Iterator[Executor]:
    if study.execution.executor == "local":
        yield LocalExecutor()
        return
    from kiyas.execution.ray_executor import RayExecutor

    reopen = partial(open_study, study, study_dir.resolve())
    ray = RayExecutor(study.execution, reopen, folder.path, mirror, progress)
    with closing(ray):
        yield ray


def _carry_out(run: RunT, stages: Sequence[Callable[[RunT], list[str]]]) -> RunResult:
    with run.folder.unfinished():
        record_provenance(run)
        work = [title for stage in stages for title in stage(run)]
    return RunResult(run.folder, tuple(work))
