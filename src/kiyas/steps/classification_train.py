"""Classifier trials -> weights, history and validation predictions on disk."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from kiyas.classification_records import EpochRecord, TrainedClassifier
from kiyas.config.classification import ClassifierTrainSettings
from kiyas.config.classification_conflicts import apply_search_values
from kiyas.config.schema import LoraSettings
from kiyas.run_folder import Inputs, TrialFolder, hash_file
from kiyas.steps.classification_files import (
    describe_classifier,
    read_trained,
    write_trained,
)
from kiyas.steps.classification_run import ClassificationRun, ClassifierTrial
from kiyas.steps.run import ensure, flatten

TFIDF_VERSION = 1
"""Raised when the baseline's features or solver change what it predicts."""


def train_classifier_trial(
    run: ClassificationRun,
    job: ClassifierTrial,
    on_epoch: Callable[[EpochRecord], bool] | None = None,
) -> bool:
    """Train a trial unless it is trained; return whether work was done.

    Args:
        run: The run.
        job: The trial.
        on_epoch: May end training early, as a search does.
    """
    folder = run.folder.trial(job.trial)
    title = f"training {job.trial.name}"
    inputs = {**_inputs(run, job), "pruning": on_epoch is not None}

    def work() -> Inputs:
        if job.arm is None:
            return _train_baseline(run, folder)
        return _train_lora(run, job, folder, on_epoch)

    return ensure(folder, inputs, title, run.progress, work)


def settings_of(
    run: ClassificationRun, job: ClassifierTrial
) -> tuple[LoraSettings, ClassifierTrainSettings]:
    """Return adapter and training settings of a trial, its search point on top."""
    assert job.arm is not None  # the baseline has none
    given = (run.study.lora_of(job.arm), run.study.train_of(job.arm))
    return apply_search_values(given, job.values) if job.values else given


def trained_record(run: ClassificationRun, job: ClassifierTrial) -> TrainedClassifier:
    """Return how a trained trial was trained."""
    return read_trained(run.folder.trial(job.trial).path)


def _inputs(run: ClassificationRun, job: ClassifierTrial) -> Inputs:
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
        "base": run.bases[run.study.base_of(job.arm)].fingerprint,
        "seed": job.trial.seed,
        **flatten("lora", lora.model_dump()),
        **flatten("train", train.model_dump(), without=("max_batch_tokens",)),
    }


def _train_lora(
    run: ClassificationRun,
    job: ClassifierTrial,
    folder: TrialFolder,
    on_epoch: Callable[[EpochRecord], bool] | None,
) -> Inputs:
    from kiyas.training.classifier import train_classifier
    from kiyas.training.classifier_loop import (
        ADAPTER_FOLDER,
        ClassifierJob,
        read_validation_probabilities,
    )

    assert job.arm is not None  # the baseline goes elsewhere
    lora, train = settings_of(run, job)
    base = run.bases[run.study.base_of(job.arm)]
    work = ClassifierJob(job.trial.name, base, run.tables.num_classes, lora, train, job.trial.seed)

    stop = on_epoch or (lambda _: False)
    trained = train_classifier(work, run.fitting, folder, run.progress, stop)
    for warning in trained.warnings:
        run.progress.say(f"warning: {warning}")
    validation = run.tables.splits["validation"]
    probabilities = read_validation_probabilities(folder)
    write_trained(folder.path, trained, validation.labels, probabilities)
    describe_classifier(
        folder.path,
        "lora",
        run.tables.classes,
        (base.name, base.fingerprint),
        train.max_seq_len,
    )
    weights = folder.path / ADAPTER_FOLDER / "adapter_model.safetensors"
    return {"weights": hash_file(weights), "best_epoch": trained.best_epoch}


def _train_baseline(run: ClassificationRun, folder: TrialFolder) -> Inputs:
    from kiyas.training.tfidf_baseline import MODEL_FOLDER, train_tfidf

    metric = run.study.train.early_stopping.metric
    trained, probabilities = train_tfidf(run.fitting, run.tables.num_classes, folder.path, metric)
    labels = run.tables.splits["validation"].labels
    write_trained(folder.path, trained, labels, np.asarray(probabilities))
    describe_classifier(folder.path, "tfidf", run.tables.classes, None, 0)
    return {"weights": hash_file(folder.path / MODEL_FOLDER / "tfidf.npz"), "best_epoch": None}
