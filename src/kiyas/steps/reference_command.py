"""What ``kiyas train`` does: one classifier from two or three tables, trained, tested and kept.

The reference study's command, with its files under exactly its names in the output folder. A study
file is what compares several; this trains one and compares nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from kiyas.config import ClassifierLora, ClassifierTrainSettings
from kiyas.data import ClassNames, LabelledTable, check_tables
from kiyas.data.table_files import default_classes
from kiyas.errors import RunFolderError
from kiyas.execution import Progress
from kiyas.models import BaseSource, locate_base
from kiyas.records.classification import ClassifierScores
from kiyas.run_folder import ClassifierFolder, Inputs, hash_file, write_text
from kiyas.scoring.classification import predictions_csv, score_classifier
from kiyas.steps.classification_files import (
    describe_classifier,
    read_scores,
    write_scores,
    write_trained,
)
from kiyas.steps.classification_score import SCORING_VERSION
from kiyas.steps.classification_tables import (
    as_texts,
    label_splits,
    read_splits,
    refuse_leaks,
    warnings_of,
)
from kiyas.steps.classify import load_trained
from kiyas.steps.run import ensure, flatten


@dataclass(frozen=True)
class TrainRequest:
    """What the command line of ``kiyas train`` asks for."""

    model: str
    """Base model: a Hub name, a local folder, or an embedded one."""
    train_path: str
    """Training table."""
    val_path: str
    """Validation table; the epoch is chosen on it."""
    output_dir: Path
    """Folder of the results."""
    test_path: str | None = None
    """Test table; without it the figures are those of the validation table, and that is said."""
    text_column: str | None = None
    """Found by itself if not given."""
    label_column: str | None = None
    """Found by itself if not given."""
    class_names: tuple[str, ...] = ()
    """Names of the classes, 0 first; found in the labels if empty."""
    train: ClassifierTrainSettings = field(default_factory=ClassifierTrainSettings)
    """How to train."""
    lora: ClassifierLora = field(default_factory=ClassifierLora)
    """The adapter."""
    seed: int = 0
    """Seed of data order, head, adapter and dropout."""
    allow_leak: tuple[str, ...] = ()
    """Pairs of splits that may share rows, such as ``train/test``."""

    @property
    def sources(self) -> dict[str, str]:
        """Return the table of each split."""
        sources = {"train": self.train_path, "validation": self.val_path}
        return sources if self.test_path is None else {**sources, "test": self.test_path}


def train_command(request: TrainRequest, progress: Progress) -> ClassifierScores:
    """Train one classifier and write everything that the reference's notebook reads.

    The same request on a finished folder only reads it back; after a kill it goes on.

    Returns:
        The figures of the test table, or of the validation table where there is none.

    Raises:
        KiyasError: Whatever the user has to mend.
    """
    folder = ClassifierFolder.at(request.output_dir)
    with folder.lock():
        _refuse_foreign(folder)
        return _train_and_evaluate(request, folder, progress)


def _train_and_evaluate(
    request: TrainRequest, folder: ClassifierFolder, progress: Progress
) -> ClassifierScores:
    tables, classes = _load_tables(request, progress)
    base = locate_base(request.model, say=progress.say)
    inputs = {
        "model": base.fingerprint,
        "data.train": tables["train"].sha256,
        "data.validation": tables["validation"].sha256,
        "class_names": list(classes.names),
        "seed": request.seed,
        **flatten("lora", request.lora.model_dump()),
        **flatten("train", request.train.model_dump(), without=("max_batch_tokens",)),
    }
    title = f"training {request.output_dir}"
    ensure(
        folder,
        inputs,
        title,
        progress,
        lambda: _train(request, (base, classes), tables, folder, progress),
    )
    folder.forget_training_state()
    return _evaluate(tables, classes, folder, progress)


def _train(
    request: TrainRequest,
    target: tuple[BaseSource, ClassNames],
    tables: Mapping[str, LabelledTable],
    folder: ClassifierFolder,
    progress: Progress,
) -> Inputs:
    from kiyas.training.classifier import train_classifier
    from kiyas.training.classifier_job import ClassifierJob
    from kiyas.training.classifier_state import read_validation_probabilities

    base, classes = target
    job = ClassifierJob(
        str(request.output_dir), base, len(classes.names), request.lora, request.train, request.seed
    )
    splits = as_texts("train", tables["train"]), as_texts("validation", tables["validation"])
    trained = train_classifier(job, splits, folder, progress)
    for warning in trained.warnings:
        progress.say(f"warning: {warning}")
    write_trained(folder, trained, splits[1].labels, read_validation_probabilities(folder))
    describe_classifier(folder, classes, base, request.train.max_seq_len)
    weights = hash_file(folder.weights(is_baseline=False))
    return {"weights": weights, "best_epoch": trained.best_epoch}


def _evaluate(
    tables: Mapping[str, LabelledTable],
    classes: ClassNames,
    folder: ClassifierFolder,
    progress: Progress,
) -> ClassifierScores:
    """Score the test table, or the validation table where there is none, unless it is done."""
    split = "test" if "test" in tables else "validation"
    if split == "validation":
        progress.say(
            "warning: no --test_path: metrics.json and preds_test.csv are of the validation table, "
            "on which the epoch was chosen; they flatter the classifier"
        )
    inputs = {
        "weights": folder.outputs()["weights"],
        "split": split,
        "data": tables[split].sha256,
        "scoring": SCORING_VERSION,
    }

    def work() -> Inputs:
        rows = as_texts(split, tables[split])
        probabilities = load_trained(folder).predict_probabilities(rows.texts)
        scores = score_classifier(rows.labels, probabilities, classes.names, split=split)
        write_text(folder.predictions, predictions_csv(rows.labels, probabilities))
        write_scores(folder, scores)
        return {}

    ensure(folder.evaluating, inputs, "evaluation", progress, work)
    return read_scores(folder)


def _load_tables(
    request: TrainRequest, progress: Progress
) -> tuple[dict[str, LabelledTable], ClassNames]:
    raw = read_splits(request.sources, (request.text_column, request.label_column), Path())
    named = ClassNames(request.class_names) if request.class_names else None
    tables, classes = label_splits(raw, named or default_classes(request.train_path))
    for warning in warnings_of(tables):
        progress.say(f"warning: {warning}")
    refuse_leaks(check_tables(raw, classes=classes), request.allow_leak, progress)
    return tables, classes


def _refuse_foreign(folder: ClassifierFolder) -> None:
    """Refuse a folder that holds other things: a classifier that is trained anew is moved aside.

    Raises:
        RunFolderError: The folder is not empty and holds no classifier.
    """
    if folder.is_begun or folder.is_empty:
        return
    path = folder.path
    names = [item.name for item in path.iterdir()] if path.is_dir() else ["a file"]
    raise RunFolderError(
        "the output folder holds other things than a classifier",
        where=str(path),
        received=", ".join(sorted(names)[:4]),
        next_step="name an empty or new folder with --output_dir",
    )
