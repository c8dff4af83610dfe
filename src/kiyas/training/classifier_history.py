"""Epochs of a classifier trial <-> ``history.csv``, and which of them is the best."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path

from pydantic import TypeAdapter

from kiyas.config.classification import SelectionMetric
from kiyas.records.classification import EpochRecord
from kiyas.run_folder import write_text

_COLUMNS = tuple(item.name for item in fields(EpochRecord))


def write_history(path: Path, epochs: Sequence[EpochRecord]) -> None:
    """Write one row an epoch, with the columns that the reference's notebook reads and more."""
    text = io.StringIO()
    writer = csv.DictWriter(text, _COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(epoch) for epoch in epochs)
    write_text(path, text.getvalue())


def read_history(path: Path) -> list[EpochRecord]:
    """Read what ``write_history`` wrote; empty if the file is not there."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return [TypeAdapter(EpochRecord).validate_python(row) for row in csv.DictReader(file)]


def figures_of(epoch: EpochRecord) -> dict[str, float]:
    """Return what a tracker is told of an epoch: what it is trained and judged by."""
    return {
        "train_loss": epoch.train_loss,
        "train_accuracy": epoch.train_accuracy,
        "eval_loss": epoch.val_loss,
        "eval_accuracy": epoch.val_accuracy,
        "eval_f1_macro": epoch.val_f1_macro,
        "learning_rate": epoch.learning_rate,
    }


def figure_of(epoch: EpochRecord, metric: SelectionMetric) -> float:
    """Return the validation figure that epochs are chosen by, higher being better."""
    if metric == "loss":
        return -epoch.val_loss
    return epoch.val_accuracy if metric == "accuracy" else epoch.val_f1_macro


def best_epoch(epochs: Sequence[EpochRecord], metric: SelectionMetric) -> EpochRecord:
    """Return the best epoch, the earliest of equals."""
    return max(epochs, key=lambda epoch: (figure_of(epoch, metric), -epoch.epoch))


def is_out_of_patience(
    epochs: Sequence[EpochRecord], metric: SelectionMetric, patience: int | None
) -> bool:
    """Return whether the last ``patience`` epochs were no better than the best before them."""
    if patience is None or not epochs:
        return False
    return epochs[-1].epoch - best_epoch(epochs, metric).epoch >= patience
