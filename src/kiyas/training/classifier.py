"""Labelled texts and a base -> the best epoch of a LoRA classifier on disk, with its history.

Chooses the epoch on the validation split and never sees a test split. Goes on after a kill at the
last whole epoch, to the same result: data order and dropout depend on seed and epoch alone. Does
not search and does not spread over several devices.
"""

from __future__ import annotations

import time
from contextlib import closing

import numpy as np

from kiyas.errors import TrainingError
from kiyas.execution import Progress
from kiyas.models.classifier import load_classifier
from kiyas.models.classifier_adapters import add_adapter, count_trainable, load_adapter
from kiyas.records.classification import LabelledTexts, TrainedClassifier
from kiyas.run_folder import ClassifierFolder
from kiyas.training.classifier_history import best_epoch
from kiyas.training.classifier_job import ClassifierJob, OnEpoch, derive_seed
from kiyas.training.classifier_loop import ClassifierLoop
from kiyas.training.classifier_state import read_probe

_RELOAD_TOLERANCE = {"float32": 1e-4, "bfloat16": 0.05}
"""Largest difference of a logit that another order of the same sums explains."""


def train_classifier(
    job: ClassifierJob,
    splits: tuple[LabelledTexts, LabelledTexts],
    folder: ClassifierFolder,
    progress: Progress,
    on_epoch: OnEpoch = lambda _: False,
) -> TrainedClassifier:
    """Train a classifier, or what is missing of it, and keep its best epoch.

    Args:
        job: What to train.
        splits: Training and validation rows.
        folder: Gets ``history.csv``, ``adapter/`` and ``resume/``, which is the caller's to remove.
        progress: What to tell the person at the keyboard.
        on_epoch: May end training early, as a search does with points that fall behind.

    Raises:
        TrainingError: The data cannot train this, the loss is not finite, or the weights on disk
            do not give the predictions of those in memory.
        ModelError: The base cannot be loaded.
    """
    started = time.monotonic()
    _check_splits(job, splits)
    from kiyas.training.memory import peak_bytes, reset_peak

    classifier = load_classifier(
        job.base, job.num_classes, dtype=job.train.dtype, seed=derive_seed(job.seed, 0)
    )
    classifier = add_adapter(classifier, job.lora, seed=derive_seed(job.seed, 1))
    reset_peak(classifier.device)
    training = ClassifierLoop(job, classifier, splits, folder)
    with closing(training):
        training.resume()
        epochs = training.run(progress, on_epoch)
    peak = peak_bytes(classifier.device)
    best = best_epoch(epochs, job.train.early_stopping.metric)
    encoded = training.encoded[0]
    difference = _check_reload(job, training)
    return TrainedClassifier(
        kind="lora",
        best_epoch=best.epoch,
        best_step=best.step,
        num_epochs=len(epochs),
        stopped_early=len(epochs) < job.train.num_epochs,
        reload_difference=difference,
        num_trainable=count_trainable(classifier),
        num_tokens=int(encoded.lengths.sum()),
        num_cut=encoded.num_cut,
        fresh_modules=classifier.fresh_modules,
        precision=classifier.dtype,
        seconds=time.monotonic() - started,
        warnings=classifier.warnings,
        peak_bytes=peak,
    )


def _check_reload(job: ClassifierJob, training: ClassifierLoop) -> float:
    """Load the kept weights into a fresh model and compare it with the one in memory.

    The fresh head gets another seed: a head that was not saved cannot pass.

    Raises:
        TrainingError: The logits differ by more than the order of sums explains.
    """
    expected = read_probe(training.folder)
    fresh = load_classifier(
        job.base, job.num_classes, dtype=training.classifier.dtype, seed=derive_seed(job.seed, -1)
    )
    untrained = training.probe(fresh)
    reloaded = training.probe(load_adapter(fresh, training.folder.adapter))
    difference = float(np.abs(reloaded - expected).max())
    tolerance = _RELOAD_TOLERANCE[training.classifier.dtype] * max(1, np.abs(expected).max())
    if not difference <= tolerance:  # also true of NaN
        raise TrainingError(
            "the weights on disk do not predict what those in memory did",
            where=str(training.folder.adapter),
            received=f"logits that differ by {difference:.3g}",
            next_step="train again; if it stays so, the base is not supported: report it",
        )
    if np.array_equal(reloaded, untrained):
        raise TrainingError(
            "training changed no prediction of the base",
            where=str(training.folder.adapter),
            next_step="check lora.target_modules and train.learning_rate",
        )
    return difference


def _check_splits(job: ClassifierJob, splits: tuple[LabelledTexts, LabelledTexts]) -> None:
    for split in splits:
        if not split.texts:
            raise TrainingError(f"the {split.name} split has no rows", where=split.name)
        largest = max(split.labels)
        if not 0 <= min(split.labels) <= largest < job.num_classes:
            raise TrainingError(
                "a label is outside the classes",
                where=f"{split.name} split",
                received=largest,
                expected=f"labels 0 to {job.num_classes - 1}",
            )
    weights = job.train.class_weights
    if isinstance(weights, list) and len(weights) != job.num_classes:
        raise TrainingError(
            "the class weights do not match the classes",
            where="train.class_weights",
            received=f"{len(weights)} weights",
            expected=f"{job.num_classes} weights",
        )
