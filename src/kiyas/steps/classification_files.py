"""Records <-> the files of a trained classifier's folder, whatever they are called there."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError

from kiyas.data import ClassNames
from kiyas.errors import ModelError
from kiyas.models import BaseSource
from kiyas.records.classification import ClassifierScores, EpochRecord, TrainedClassifier
from kiyas.run_folder import (
    ClassifierFolder,
    PredictionsFolder,
    ScoresFolder,
    read_json,
    write_json,
    write_text,
)
from kiyas.scoring.classification import (
    parse_predictions,
    predictions_csv,
    reference_class_report,
    reference_metrics,
)


@dataclass(frozen=True)
class ClassifierDescription:
    """What the weights in a folder are: ``classifier.json``."""

    kind: Literal["lora", "tfidf"]
    """What was trained."""
    class_names: tuple[str, ...]
    """C names."""
    class_names_tr: tuple[str, ...]
    """Turkish names, or empty."""
    base: str | None
    """Name of the base; None for a baseline."""
    base_fingerprint: str | None
    """What tells the base's weights from others."""
    max_seq_len: int
    """Tokens a text may have."""


def describe_classifier(
    folder: ClassifierFolder, classes: ClassNames, base: BaseSource | None, max_seq_len: int
) -> None:
    """Write what the weights are, so that they can be used without their study.

    Args:
        folder: The classifier's folder.
        classes: Names of the classes.
        base: The base; None for a baseline.
        max_seq_len: Tokens a text may have.
    """
    description = ClassifierDescription(
        kind="tfidf" if base is None else "lora",
        class_names=classes.names,
        class_names_tr=classes.turkish,
        base=base.name if base else None,
        base_fingerprint=base.fingerprint if base else None,
        max_seq_len=max_seq_len,
    )
    write_json(folder.description, description)


def rename_classes(folder: ClassifierFolder, classes: ClassNames) -> None:
    """Write other names of the classes beside the weights, which do not depend on them."""
    given = read_description(folder)
    renamed = replace(given, class_names=classes.names, class_names_tr=classes.turkish)
    if renamed != given:
        write_json(folder.description, renamed)


def read_description(folder: ClassifierFolder) -> ClassifierDescription:
    """Read what the weights are.

    Raises:
        ModelError: The folder holds no trained classifier.
    """
    path = folder.description
    if not path.is_file():
        raise ModelError(
            "the folder holds no trained classifier",
            where=str(folder.path),
            received=f"no {path.name}",
            expected="a folder that `kiyas train` or a study has written, such as results/x",
        )
    try:
        return TypeAdapter(ClassifierDescription).validate_python(read_json(path))
    except ValidationError as error:
        raise ModelError(
            "the description is damaged",
            where=str(path),
            next_step="train again, or restore the file",
        ) from error


def write_trained(
    folder: ClassifierFolder,
    trained: TrainedClassifier,
    labels: Sequence[int],
    validation: NDArray[np.float64],
) -> None:
    """Write how it was trained, and what the kept weights say of the validation split."""
    write_text(folder.validation_predictions, predictions_csv(labels, validation))
    write_json(folder.training, trained)


def read_trained(folder: ClassifierFolder) -> TrainedClassifier:
    """Read how a classifier was trained."""
    return TypeAdapter(TrainedClassifier).validate_python(read_json(folder.training))


def read_predictions(path: Path) -> tuple[tuple[int, ...], NDArray[np.float64]]:
    """Read a file of predictions: (N,) labels and (N, C) probabilities."""
    return parse_predictions(path.read_text(encoding="utf-8"))


def read_epochs(folder: ClassifierFolder) -> tuple[EpochRecord, ...]:
    """Read ``history.csv``; empty for a baseline."""
    from kiyas.training.classifier_history import read_history

    return tuple(read_history(folder.history))


def write_scores(folder: ScoresFolder, scores: ClassifierScores) -> None:
    """Write every figure, and the reference's ``metrics.json`` and ``class_report.json``."""
    write_json(folder.metrics, reference_metrics(scores))
    write_json(folder.class_report, reference_class_report(scores))
    write_json(folder.scores, scores)


def read_scores(folder: ScoresFolder) -> ClassifierScores:
    """Read every figure of a classifier."""
    text = folder.scores.read_text(encoding="utf-8")
    return TypeAdapter(ClassifierScores).validate_python(json.loads(text))


def publish(predicted: PredictionsFolder, scored: ScoresFolder, target: ClassifierFolder) -> None:
    """Copy the reference's files beside the weights, where its notebook looks for them."""
    for source, copy in (
        (predicted.predictions, target.predictions),
        (scored.metrics, target.metrics),
        (scored.class_report, target.class_report),
    ):
        text = source.read_text(encoding="utf-8")
        if not copy.exists() or copy.read_text(encoding="utf-8") != text:
            write_text(copy, text)
