"""A table -> a CSV file, whole or not at all."""

from __future__ import annotations

import contextlib
import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

from kiyas.data.class_names import NUMBER
from kiyas.data.tables import LabelledTable
from kiyas.errors import DataError


def write_table(table: LabelledTable, path: Path) -> None:
    """Write ``Question,label`` and the other columns as CSV; whole or not at all.

    Classes that have names are written by them: a study numbers them in its own order. Another
    column of one of these names is written as ``label_original``.

    Raises:
        DataError: The file cannot be written, or its name does not end in ``.csv``.
    """
    refuse_other_ending(path)
    others = list(table.other_columns.values())
    partial = path.with_name(path.name + ".partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("w", encoding="utf-8", newline="") as file:
            # Quotes around every text: Python 3.11 leaves a carriage return outside them.
            writer = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
            writer.writerow(["Question", "label", *_free_names(table.other_columns)])
            for i, text in enumerate(table.texts):
                label = _label_cell(table.labels[i], table.class_names)
                writer.writerow([text, label, *(cells[i] for cells in others)])
        partial.replace(path)
    except UnicodeEncodeError as error:
        raise DataError(
            "a cell cannot be written as UTF-8",
            where=str(path),
            received=ascii(error.object[max(0, error.start - 40) : error.start + 40]),
            expected="whole signs, no half of an emoji",
            next_step="mend that cell; `kiyas data clean` mends the column of the texts",
        ) from error
    except OSError as error:
        raise DataError(
            "the table cannot be written",
            where=str(path),
            received=str(error),
            expected="a folder with room that may be written to",
            next_step="free some space, or write elsewhere",
        ) from error
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)


def _label_cell(label: int, class_names: Sequence[str]) -> str | int:
    """Return how a class is written: by its name, unless that would be read as a number."""
    name = class_names[label]
    return label if NUMBER.fullmatch(name) else name


def refuse_other_ending(path: Path) -> None:
    """Raise ``DataError`` if a table is to be written to a file that is not called ``.csv``."""
    if path.suffix.lower() != ".csv":
        raise DataError(
            "tables are written as CSV",
            where=str(path),
            received=path.suffix or "no ending",
            expected="a file ending in .csv",
            next_step=f"name it {path.stem}.csv",
        )


def _free_names(columns: Iterable[str]) -> list[str]:
    """Return the name of each further column in a file that has Question and label already."""
    names: list[str] = []
    taken = {"question", "label"}
    for column in columns:
        name = column
        while name.casefold() in taken:
            name += "_original"
        taken.add(name.casefold())
        names.append(name)
    return names
