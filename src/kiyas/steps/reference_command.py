"""What ``kiyas train`` and ``kiyas predict`` do: one classifier from two or three CSV files, used.

The reference study's command, with its files under exactly its names in the output folder:
``history.csv``, ``metrics.json``, ``preds_test.csv``, ``class_report.json``. A study file is what
compares several; this trains one and compares nothing.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kiyas.classification_records import ClassifierScores, LabelledTexts
from kiyas.config.classification import ClassifierLora, ClassifierTrainSettings
from kiyas.data import (
    ClassNames,
    LabelledTable,
    check_tables,
    load_table,
    read_table,
    require_no_leak,
)
from kiyas.data.table_files import TEXT_COLUMNS
from kiyas.errors import DataError
from kiyas.execution import Progress
from kiyas.models.classifier import locate_classifier_base
from kiyas.models.source import BaseSource
from kiyas.run_folder import Inputs, TrialFolder, write_text
from kiyas.scoring.classification import predictions_csv, score_classifier
from kiyas.steps.classification_files import (
    PREDICTIONS,
    describe_classifier,
    read_description,
    write_scores,
    write_trained,
)
from kiyas.steps.classification_score import load_trained
from kiyas.steps.run import ensure, flatten


@dataclass(frozen=True)
class TrainRequest:
    """What the command line of ``kiyas train`` asks for."""

    model: str
    """Base model: a Hub name, a local folder, or an embedded one."""
    train_path: Path
    """Training table."""
    val_path: Path
    """Validation table; the epoch is chosen on it."""
    output_dir: Path
    """Folder of the results."""
    test_path: Path | None = None
    """Test table; without it the figures are those of the validation table, and that is said."""
    text_column: str | None = None
    """Found by itself if not given."""
    label_column: str | None = None
    """Found by itself if not given."""
    train: ClassifierTrainSettings = field(default_factory=ClassifierTrainSettings)
    """How to train."""
    lora: ClassifierLora = field(default_factory=ClassifierLora)
    """The adapter."""
    seed: int = 0
    """Seed of data order, head, adapter and dropout."""
    allow_leak: tuple[str, ...] = ()
    """Pairs of splits that may share rows, such as ``train/test``."""


@dataclass(frozen=True)
class LabelledPrediction:
    """What a classifier says of one text."""

    text: str
    """The text."""
    label: int
    """The most probable class."""
    name: str
    """Its name."""
    probability: float
    """Its probability."""
    probabilities: tuple[float, ...]
    """(C,) probabilities of all classes."""


class LoadedClassifier:
    """A trained classifier that is ready to use."""

    def __init__(self, folder: Path) -> None:
        description = read_description(folder)
        self.class_names = description.class_names
        """(C,) names of the classes."""
        self._predictor = load_trained(folder)

    def predict_probabilities(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return (N, C) class probabilities of N texts."""
        return self._predictor.predict_probabilities(texts)

    def predict(self, texts: Sequence[str]) -> list[LabelledPrediction]:
        """Classify texts, in their order."""
        return [
            LabelledPrediction(
                text=text,
                label=int(row.argmax()),
                name=self.class_names[int(row.argmax())],
                probability=float(row.max()),
                probabilities=tuple(row.tolist()),
            )
            for text, row in zip(texts, self.predict_probabilities(texts), strict=True)
        ]


def load_classifier(folder: Path | str) -> LoadedClassifier:
    """Load a trained classifier: ``load_classifier("results/x").predict(["..."])``.

    Args:
        folder: What ``kiyas train`` wrote, or a trial's folder of a study.

    Raises:
        ModelError: The folder holds none, or its base is not to be had.
    """
    return LoadedClassifier(Path(folder))


def train_command(request: TrainRequest, progress: Progress) -> ClassifierScores:
    """Train one classifier and write everything that the reference's notebook reads.

    The same request on a finished folder only reads it back; after a kill it goes on.

    Returns:
        The figures of the test table, or of the validation table where there is none.

    Raises:
        KiyasError: Whatever the user has to mend.
    """
    tables = _load_tables(request, progress)
    base = locate_classifier_base(request.model, say=progress.say)
    classes = ClassNames(tables["train"].class_names)
    folder = TrialFolder(request.output_dir, request.output_dir.parent / "superseded")
    inputs = {
        "model": base.fingerprint,
        **{f"data.{name}": table.sha256 for name, table in tables.items()},
        "seed": request.seed,
        **flatten("lora", request.lora.model_dump()),
        **flatten("train", request.train.model_dump(), without=("max_batch_tokens",)),
    }
    ensure(
        folder,
        inputs,
        f"training {request.output_dir}",
        progress,
        lambda: _train(request, (base, classes), tables, folder, progress),
    )
    scored = _texts(tables, "test" if "test" in tables else "validation")
    probabilities = load_classifier(folder.path).predict_probabilities(scored.texts)
    if "test" not in tables:
        progress.say(
            "warning: no --test_path: metrics.json and preds_test.csv are of the validation table, "
            "on which the epoch was chosen; they flatter the classifier"
        )
    scores = score_classifier(scored.labels, probabilities, classes.names, split=scored.name)
    write_text(folder.path / PREDICTIONS, predictions_csv(scored.labels, probabilities))
    write_scores(folder.path, scores)
    return scores


def predict_command(
    folder: Path, *, text: str | None = None, file: Path | None = None
) -> list[LabelledPrediction]:
    """Classify one text, or every text of a file.

    Args:
        folder: What ``kiyas train`` wrote.
        text: One text.
        file: A plain text file (a text a line) or a CSV file with a text column.

    Raises:
        ModelError: The folder holds no classifier.
        DataError: The file cannot be read, or neither text nor file is given.
    """
    texts = ([] if text is None else [text]) + ([] if file is None else read_texts(file))
    if not texts:
        raise DataError(
            "there is nothing to classify",
            where="kiyas predict",
            next_step='give --text "..." or --file problems.csv',
        )
    return load_classifier(folder).predict(texts)


def read_texts(path: Path) -> list[str]:
    """Read texts without labels: a line each, or the text column of a CSV file.

    Raises:
        DataError: The file cannot be read, or has no text column.
    """
    try:
        content = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(
            "the file cannot be read",
            where=str(path),
            received=str(error),
            expected="a UTF-8 text or CSV file",
        ) from error
    if path.suffix.lower() != ".csv":
        return [line for line in content.splitlines() if line.strip()]
    rows = list(csv.reader(io.StringIO(content, newline="")))
    header = [cell.strip().casefold() for cell in rows[0]] if rows else []
    column = next((header.index(name) for name in TEXT_COLUMNS if name in header), None)
    if column is None and len(header) == 1:
        column = 0
    if column is None:
        raise DataError(
            "there is no text column",
            where=str(path),
            received=", ".join(header) or "an empty file",
            expected=f"one of {', '.join(TEXT_COLUMNS)}",
        )
    texts = [row[column] for row in rows[1:] if len(row) > column]
    return [item for item in texts if item.strip()]


def _train(
    request: TrainRequest,
    target: tuple[BaseSource, ClassNames],
    tables: dict[str, LabelledTable],
    folder: TrialFolder,
    progress: Progress,
) -> Inputs:
    from kiyas.training.classifier import train_classifier
    from kiyas.training.classifier_loop import ClassifierJob, read_validation_probabilities

    base, classes = target
    job = ClassifierJob(
        str(request.output_dir), base, len(classes.names), request.lora, request.train, request.seed
    )
    splits = _texts(tables, "train"), _texts(tables, "validation")
    trained = train_classifier(job, splits, folder, progress)
    for warning in trained.warnings:
        progress.say(f"warning: {warning}")
    write_trained(folder.path, trained, splits[1].labels, read_validation_probabilities(folder))
    describe_classifier(
        folder.path,
        "lora",
        classes,
        (base.name, base.fingerprint),
        request.train.max_seq_len,
    )
    return {"best_epoch": trained.best_epoch}


def _load_tables(request: TrainRequest, progress: Progress) -> dict[str, LabelledTable]:
    paths = {"train": request.train_path, "validation": request.val_path}
    if request.test_path is not None:
        paths["test"] = request.test_path
    columns = {"text_column": request.text_column, "label_column": request.label_column}
    tables: dict[str, LabelledTable] = {}
    classes: ClassNames | None = None
    for name, path in paths.items():
        tables[name] = load_table(str(path), classes=classes, base_dir=Path(), **columns)
        classes = classes or ClassNames(tables[name].class_names)
        for warning in tables[name].warnings:
            progress.say(f"warning: {warning.where}: {warning.text}; {warning.next_step}")
    raw = {name: read_table(str(path), base_dir=Path(), **columns) for name, path in paths.items()}
    require_no_leak(check_tables(raw, classes=classes), request.allow_leak)
    return tables


def _texts(tables: dict[str, LabelledTable], name: str) -> LabelledTexts:
    return LabelledTexts(name, tables[name].texts, tables[name].labels)
