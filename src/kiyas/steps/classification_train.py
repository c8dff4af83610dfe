"""One classifier trial -> weights, history and validation predictions on disk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kiyas.config import ClassifierTrainSettings, LoraSettings
from kiyas.config.classification_conflicts import apply_search_values
from kiyas.execution import Job
from kiyas.records.classification import EpochRecord
from kiyas.run_folder import ClassifierFolder, Inputs, hash_file
from kiyas.steps.classification_files import describe_classifier, write_trained
from kiyas.steps.classification_run import (
    ClassificationRun,
    ClassifierName,
    ClassifierTrial,
    find_trial,
    name_of,
)
from kiyas.steps.run import check_same, ensure, flatten, is_waiting
from kiyas.steps.tracking import tracked

TFIDF_VERSION = 2
"""Raised when the baseline's features or solver change what it predicts."""


@dataclass(frozen=True)
class ClassifierTask:
    """A classifier to train, by name."""

    name: ClassifierName
    """Which trial."""
    inputs: Inputs
    """What it depends on, as the machine that gives it out sees it."""


def train_together(run: ClassificationRun, trials: Sequence[ClassifierTrial]) -> list[str]:
    """Train trials that do not wait for each other, unless they are trained.

    Returns:
        Titles of what was worked on.
    """
    jobs = []
    for job in trials:
        if is_untrained(run, job):
            title, task = _title(job), ClassifierTask(name_of(job), trial_inputs(run, job))
            writes = (run.folder.relative(run.folder.trial(job.trial)),)
            jobs.append(Job(title, task, writes=writes, on_gpu=job.arm is not None))
    return run.executor.map(run, train_task, jobs)


def is_untrained(run: ClassificationRun, job: ClassifierTrial) -> bool:
    """Return whether a trial that no search may end early is still to be trained."""
    inputs = {**trial_inputs(run, job), "pruning": False}
    return is_waiting(run.folder.trial(job.trial), inputs)


def train_task(run: ClassificationRun, task: ClassifierTask) -> list[str]:
    """Train one trial, or what is missing of it; return the title of what was worked on."""
    job = find_trial(run, task.name)
    check_same(task.inputs, trial_inputs(run, job), _title(job))
    return train_classifier_trial(run, job)


def train_classifier_trial(
    run: ClassificationRun,
    job: ClassifierTrial,
    on_epoch: Callable[[EpochRecord], bool] | None = None,
) -> list[str]:
    """Train a trial unless it is trained; return the title of what was worked on.

    Args:
        run: The run.
        job: The trial.
        on_epoch: May end training early, as a search does.
    """
    folder = run.folder.trial(job.trial)
    title = _title(job)
    inputs = {**trial_inputs(run, job), "pruning": on_epoch is not None}

    def work() -> Inputs:
        if job.arm is None:
            return _train_baseline(run, folder)
        return _train_lora(run, job, folder, on_epoch)

    is_worked_on = ensure(folder, inputs, title, run.progress, work)
    folder.forget_training_state()
    return [title] if is_worked_on else []


def _title(job: ClassifierTrial) -> str:
    return f"training {job.trial.name}"


def trial_inputs(run: ClassificationRun, job: ClassifierTrial) -> Inputs:
    """Return what the training of a trial depends on."""
    tables = run.tables
    shared = {
        "data.train": tables.sha256["train"],
        "data.validation": tables.sha256["validation"],
        "num_classes": tables.num_classes,
    }
    if job.arm is None:
        metric = run.study.train.early_stopping.metric
        return {**shared, "tfidf": TFIDF_VERSION, "train.early_stopping.metric": metric}
    lora, train = settings_of(run, job)
    return {
        **shared,
        "base": run.base_of(job.arm).fingerprint,
        "seed": job.trial.seed,
        **flatten("lora", lora.model_dump()),
        **flatten("train", train.model_dump(), without=("max_batch_tokens",)),
    }


def settings_of(
    run: ClassificationRun, job: ClassifierTrial
) -> tuple[LoraSettings, ClassifierTrainSettings]:
    """Return adapter and training settings of a trial, its search point on top."""
    assert job.arm is not None  # the baseline has none
    given = (run.study.lora_of(job.arm), run.study.train_of(job.arm))
    return apply_search_values(given, job.values) if job.values else given


def _train_lora(
    run: ClassificationRun,
    job: ClassifierTrial,
    folder: ClassifierFolder,
    on_epoch: Callable[[EpochRecord], bool] | None,
) -> Inputs:
    from kiyas.training.classifier import train_classifier
    from kiyas.training.classifier_history import figures_of
    from kiyas.training.classifier_job import ClassifierJob
    from kiyas.training.classifier_state import read_validation_probabilities

    assert job.arm is not None  # the baseline goes elsewhere
    lora, train = settings_of(run, job)
    base = run.base_of(job.arm)
    asked = ClassifierJob(job.trial.name, base, run.tables.num_classes, lora, train, job.trial.seed)
    told = trial_inputs(run, job)
    with tracked(run.study, job.trial, told, folder.path, run.progress) as track:

        def finish(epoch: EpochRecord) -> bool:
            track(epoch.step, epoch.epoch, figures_of(epoch))
            return on_epoch is not None and on_epoch(epoch)

        trained = train_classifier(asked, run.fitting, folder, run.progress, finish)
    for warning in trained.warnings:
        run.progress.say(f"warning: {warning}")
    labels = run.fitting[1].labels
    write_trained(folder, trained, labels, read_validation_probabilities(folder))
    describe_classifier(folder, run.tables.classes, base, train.max_seq_len)
    weights = hash_file(folder.weights(is_baseline=False))
    return {"weights": weights, "best_epoch": trained.best_epoch}


def _train_baseline(run: ClassificationRun, folder: ClassifierFolder) -> Inputs:
    from kiyas.training.tfidf_baseline import train_tfidf

    metric = run.study.train.early_stopping.metric
    run.progress.say("training the baseline: TF-IDF with logistic regression")
    trained, probabilities = train_tfidf(run.fitting, run.tables.num_classes, folder, metric)
    write_trained(folder, trained, run.fitting[1].labels, probabilities)
    describe_classifier(folder, run.tables.classes, None, 0)
    return {"weights": hash_file(folder.weights(is_baseline=True)), "best_epoch": None}
