"""A trained classifier's folder: what is in it, written and read back.

The names of the reference study are exact: ``history.csv``, ``metrics.json``, ``preds_test.csv``,
``class_report.json``. Next to them ``classifier.json`` says what the weights are, so that a folder
can be used without its study, and ``scores.json`` holds every figure with its interval.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError

from kiyas.classification_records import ClassifierScores, EpochRecord, TrainedClassifier
from kiyas.data import ClassNames
from kiyas.errors import ModelError
from kiyas.run_folder import read_json, write_json, write_text
from kiyas.scoring.classification import (
    parse_predictions,
    predictions_csv,
    reference_class_report,
    reference_metrics,
)

HISTORY = "history.csv"
PREDICTIONS = "preds_test.csv"
VALIDATION_PREDICTIONS = "preds_validation.csv"
METRICS = "metrics.json"
CLASS_REPORT = "class_report.json"
SCORES = "scores.json"
REFERENCE_FILES = (METRICS, PREDICTIONS, CLASS_REPORT)
_DESCRIPTION = "classifier.json"
_TRAINED = "training.json"


@dataclass(frozen=True)
class ClassifierDescription:
    """What the weights in a trial's folder are: ``classifier.json``."""

    kind: Literal["lora", "tfidf"]
    """What was trained."""
    weights: str
    """Folder of the weights, beside this file."""
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
    folder: Path,
    kind: Literal["lora", "tfidf"],
    classes: ClassNames,
    base: tuple[str, str] | None,
    max_seq_len: int,
) -> None:
    """Write ``classifier.json``.

    Args:
        folder: The trial's folder.
        kind: What was trained; also tells the folder of the weights.
        classes: Names of the classes.
        base: Name and fingerprint of the base; None for a baseline.
        max_seq_len: Tokens a text may have.
    """
    description = ClassifierDescription(
        kind=kind,
        weights="adapter" if kind == "lora" else "tfidf",
        class_names=classes.names,
        class_names_tr=classes.turkish,
        base=base[0] if base else None,
        base_fingerprint=base[1] if base else None,
        max_seq_len=max_seq_len,
    )
    write_json(folder / _DESCRIPTION, asdict(description))


def read_description(folder: Path) -> ClassifierDescription:
    """Read ``classifier.json``.

    Raises:
        ModelError: The folder holds no trained classifier.
    """
    path = folder / _DESCRIPTION
    if not path.is_file():
        raise ModelError(
            "the folder holds no trained classifier",
            where=str(folder),
            received=f"no {_DESCRIPTION}",
            expected="a folder that `kiyas train` or a study has written, such as results/x",
        )
    try:
        return TypeAdapter(ClassifierDescription).validate_python(read_json(path))
    except ValidationError as error:
        raise ModelError("the description is damaged", where=str(path)) from error


def write_trained(
    folder: Path, trained: TrainedClassifier, labels: Sequence[int], validation: NDArray[np.float64]
) -> None:
    """Write ``training.json`` and the kept weights' ``preds_validation.csv``."""
    write_text(folder / VALIDATION_PREDICTIONS, predictions_csv(labels, validation))
    write_json(folder / _TRAINED, asdict(trained))


def read_trained(folder: Path) -> TrainedClassifier:
    """Read ``training.json``."""
    return TypeAdapter(TrainedClassifier).validate_python(read_json(folder / _TRAINED))


def read_predictions(path: Path) -> tuple[tuple[int, ...], NDArray[np.float64]]:
    """Read a file of predictions: (N,) labels and (N, C) probabilities."""
    return parse_predictions(path.read_text(encoding="utf-8"))


def read_epochs(folder: Path) -> tuple[EpochRecord, ...]:
    """Read ``history.csv``; empty for a baseline."""
    from kiyas.training.classifier_history import read_history

    return tuple(read_history(folder / HISTORY))


def write_scores(folder: Path, scores: ClassifierScores) -> None:
    """Write ``scores.json`` and the reference's ``metrics.json`` and ``class_report.json``."""
    write_json(folder / METRICS, reference_metrics(scores))
    write_json(folder / CLASS_REPORT, reference_class_report(scores))
    write_json(folder / SCORES, asdict(scores))


def read_scores(folder: Path) -> ClassifierScores:
    """Read ``scores.json``."""
    text = (folder / SCORES).read_text(encoding="utf-8")
    return TypeAdapter(ClassifierScores).validate_python(json.loads(text))


def publish(sources: Sequence[Path], target: Path) -> None:
    """Copy the reference's files beside the weights, where its notebook looks for them."""
    for source in sources:
        text = source.read_text(encoding="utf-8")
        copy = target / source.name
        if not copy.exists() or copy.read_text(encoding="utf-8") != text:
            write_text(copy, text)
