"""Label cells as found -> class numbers 0..C-1.

Does not decide what to do with a cell that is no label: it returns the faults by kind, and the
caller refuses or sets aside.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

MISSING = frozenset({"", "nan", "none", "null", "na", "n/a", "<na>"})
"""Cells, in lower case, that stand for no value."""

WHOLE = re.compile(r"[+-]?[0-9]{1,18}")
WHOLE_AS_DECIMAL = re.compile(r"[+-]?[0-9]{1,18}\.0*")
NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


@dataclass(frozen=True)
class ClassNames:
    """The names of the classes 0..C-1."""

    names: tuple[str, ...]
    """Name of each class, as reports show it."""
    turkish: tuple[str, ...] = ()
    """Turkish names in the same order; empty if there are none."""


@dataclass(frozen=True)
class ParsedLabels:
    """What a column of label cells says."""

    labels: tuple[int | None, ...]
    """Class of each row; None where the cell is no label."""
    faults: dict[str, tuple[int, ...]]
    """0-based positions of the cells that are no label, by what is wrong with them."""
    num_decimal: int
    """Cells such as ``3.0`` that were read as whole numbers."""
    num_named: int
    """Cells that were read as names of classes."""
    names: tuple[str, ...]
    """Names of the classes: as given, else found in the cells."""


def read_class_names(path: Path) -> ClassNames:
    """Read a ``labels.json`` with the lists ``en`` and ``tr``."""
    value = json.loads(path.read_text(encoding="utf-8"))
    return ClassNames(tuple(value["en"]), tuple(value["tr"]))


def parse_labels(cells: Sequence[str], classes: ClassNames | None) -> ParsedLabels:
    """Read label cells as class numbers.

    Args:
        cells: Cells as found.
        classes: The classes there are. None: whole numbers give 0..max, and texts are numbered
            in alphabetical order; numbers beside texts are faults then.
    """
    names = classes.names if classes else _find_names(cells)
    by_name = {fold_name(name): number for number, name in enumerate(names)}
    if classes:
        by_name |= {fold_name(name): number for number, name in enumerate(classes.turkish)}
    labels: list[int | None] = []
    faults: dict[str, list[int]] = {}
    num_decimal = num_named = 0
    for position, cell in enumerate(cells):
        label, fault = _parse_label(cell.strip(), by_name, len(names))
        labels.append(label)
        if fault:
            faults.setdefault(fault, []).append(position)
        elif NUMBER.fullmatch(cell.strip()) is None:
            num_named += 1
        elif WHOLE.fullmatch(cell.strip()) is None:
            num_decimal += 1
    return ParsedLabels(
        labels=tuple(labels),
        faults={fault: tuple(positions) for fault, positions in faults.items()},
        num_decimal=num_decimal,
        num_named=num_named,
        names=names,
    )


def fold_name(name: str) -> str:
    """Return a name without case, accents and outer marks, so that ``KALKÜLÜS`` is ``kalkulus``."""
    plain = unicodedata.normalize("NFKD", name.casefold().replace("ı", "i"))
    letters = "".join(mark for mark in plain if not unicodedata.combining(mark))
    return re.sub(r"[\W_]+", " ", letters).strip()


def _parse_label(
    cell: str, by_name: dict[str, int], num_classes: int
) -> tuple[int | None, str | None]:
    if cell.lower() in MISSING:
        return None, "no label"
    if WHOLE.fullmatch(cell) or WHOLE_AS_DECIMAL.fullmatch(cell):
        number = int(cell.split(".", maxsplit=1)[0])
        if 0 <= number < num_classes:
            return number, None
        return None, f"a label outside 0..{num_classes - 1}"
    if NUMBER.fullmatch(cell):
        return None, "a label that is not a whole number"
    number_of_name = by_name.get(fold_name(cell))
    return number_of_name, None if number_of_name is not None else "an unknown class name"


def _find_names(cells: Sequence[str]) -> tuple[str, ...]:
    present = [cell.strip() for cell in cells if cell.strip().lower() not in MISSING]
    texts = [cell for cell in present if NUMBER.fullmatch(cell) is None]
    if len(texts) > len(present) / 2:
        # One class for "Algebra" and "algebra": the first spelling in order of the alphabet.
        spelling = {fold_name(text): text for text in sorted(set(texts), reverse=True)}
        return tuple(spelling[key] for key in sorted(spelling))
    numbers = {
        int(cell.split(".", maxsplit=1)[0])
        for cell in set(present)
        if WHOLE.fullmatch(cell) or WHOLE_AS_DECIMAL.fullmatch(cell)
    }
    # A stray huge number must not make a million classes; it stays out of range.
    largest = max((number for number in numbers if number < len(cells)), default=-1)
    return tuple(str(number) for number in range(largest + 1))
