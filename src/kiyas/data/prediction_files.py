"""A classifier's ``preds*.csv`` -> ``PredictionFile``.

Columns ``y_true``, ``y_pred`` and, if there are any, ``prob_class_0`` to ``prob_class_{C-1}``.
Does not repair: a cell that is no class or no probability is refused with its line; rows whose
probabilities do not fit are told and kept.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from kiyas.data.row_files import Row, read_rows
from kiyas.data.suggestions import name_rows, nearest
from kiyas.errors import DataError
from kiyas.records.file_audit import PredictionFile
from kiyas.records.files import FileFault

_PROBABILITY = re.compile(r"prob_class_(\d+)")
_SUM_TOLERANCE = 0.01


def read_predictions(path: Path) -> PredictionFile:
    """Read the predictions of one classifier.

    Raises:
        DataError: A column is missing, or a cell is no class or no probability; says which line.
    """
    rows = read_rows(path)
    columns = list(rows[0].cells)
    for name in ("y_true", "y_pred"):
        if name not in columns:
            close = nearest(name, columns)
            raise DataError(
                f"there is no column `{name}`",
                where=str(path),
                received=", ".join(columns),
                expected="y_true, y_pred, and prob_class_0 … for ROC curves",
                next_step=f"did you mean {close!r}?" if close else "name the columns so",
            )
    labels = tuple(_class(row, "y_true", path) for row in rows)
    predictions = tuple(_class(row, "y_pred", path) for row in rows)
    names = _probability_columns(columns, path)
    top = max(*labels, *predictions)
    if names and top >= len(names):
        raise DataError(
            "a class has no probability column",
            where=str(path),
            received=f"class {top} and columns prob_class_0 to prob_class_{len(names) - 1}",
            expected="one probability column for each class",
            next_step="write the probabilities of every class, or none",
        )
    probabilities = tuple(tuple(_probability(row, n, path) for n in names) for row in rows)
    faults = tuple(_doubtful(rows, predictions, probabilities)) if names else ()
    return PredictionFile(path.name, labels, predictions, probabilities if names else (), faults)


def _probability_columns(columns: Sequence[str], path: Path) -> list[str]:
    numbers = sorted(int(m[1]) for name in columns if (m := _PROBABILITY.fullmatch(name)))
    if numbers != list(range(len(numbers))):
        raise DataError(
            "the probability columns have gaps",
            where=str(path),
            received=", ".join(f"prob_class_{number}" for number in numbers),
            expected="prob_class_0, prob_class_1, … without a gap",
            next_step="write the probabilities of every class",
        )
    return [f"prob_class_{number}" for number in numbers]


def _class(row: Row, name: str, path: Path) -> int:
    text = str(row.cells[name]).strip()
    if not re.fullmatch(r"\d+(\.0+)?", text):
        raise _bad_cell(row, name, "a class, as a whole number from 0", path)
    return int(float(text))


def _probability(row: Row, name: str, path: Path) -> float:
    try:
        value = float(str(row.cells[name]))
    except ValueError as error:
        raise _bad_cell(row, name, "a probability", path) from error
    if not (math.isfinite(value) and 0 <= value <= 1):
        raise _bad_cell(row, name, "a probability from 0 to 1", path)
    return value


def _bad_cell(row: Row, name: str, expected: str, path: Path) -> DataError:
    return DataError(
        f"the cell `{name}` cannot be used",
        where=f"{path}, {row.unit} {row.number}",
        received=repr(row.cells[name]),
        expected=expected,
        next_step=f"mend {row.unit} {row.number}",
    )


def _doubtful(
    rows: Sequence[Row],
    predictions: Sequence[int],
    probabilities: Sequence[Sequence[float]],
) -> Iterator[FileFault]:
    sums = [
        row.number
        for row, values in zip(rows, probabilities, strict=True)
        if abs(sum(values) - 1) > _SUM_TOLERANCE
    ]
    if sums:
        text = f"{len(sums)} rows have probabilities that do not add up to 1 ({name_rows(sums)})."
        yield FileFault("probability-sums", "warning", text, tuple(sums))
    other = [
        row.number
        for row, predicted, values in zip(rows, predictions, probabilities, strict=True)
        if values[predicted] < max(values)
    ]
    if other:
        text = (
            f"{len(other)} rows predict a class that is not the most probable one "
            f"({name_rows(other)})."
        )
        yield FileFault("not-the-most-probable", "warning", text, tuple(other))
