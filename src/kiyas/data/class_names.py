"""Label cells as found -> class numbers 0..C-1.

Does not decide what to do with a cell that is no label: it returns the faults by kind, and the
caller refuses or sets aside.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from kiyas.spelling import name_key

MISSING = frozenset({"", "nan", "none", "null", "na", "n/a", "<na>"})
"""Cells, in lower case, that stand for no value where no class is called so."""

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

    A name is found as it is written, else by its key, else without accents; the looser way only
    where it fits one class.

    Args:
        cells: Cells as found.
        classes: The classes there are. None: whole numbers give 0..max, and texts are numbered
            in alphabetical order; numbers beside texts are faults then.
    """
    names = classes.names if classes else _find_names(cells)
    index = _NameIndex([*enumerate(names), *enumerate(classes.turkish if classes else ())])
    labels: list[int | None] = []
    faults: dict[str, list[int]] = {}
    num_decimal = num_named = 0
    for position, cell in enumerate(cells):
        label, fault = _parse_label(cell.strip(), index, len(names))
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
    """Return the key of a name without accents, so that ``KALKÜLÜS`` is ``kalkulus``."""
    plain = unicodedata.normalize("NFKD", name_key(name))
    return "".join(mark for mark in plain if not unicodedata.combining(mark))


class _NameIndex:
    """Finds the class that a cell names."""

    def __init__(self, named: Sequence[tuple[int, str]]) -> None:
        self._exact = _one_class_each((name.strip(), number) for number, name in named)
        self._by_key = _one_class_each((name_key(name), number) for number, name in named)
        self._by_fold = _one_class_each((fold_name(name), number) for number, name in named)

    def find(self, cell: str) -> int | None:
        """Return the class of a cell that is spelt as one of its names."""
        return self._exact.get(cell, self._by_key.get(name_key(cell)))

    def find_without_accents(self, cell: str) -> int | None:
        """Return the class of a cell whose accents may be missing."""
        return self._by_fold.get(fold_name(cell))


def _one_class_each(keyed: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Return the class of each key; a key of two classes says nothing and is left out."""
    numbers: dict[str, set[int]] = {}
    for key, number in keyed:
        numbers.setdefault(key, set()).add(number)
    return {key: found.pop() for key, found in numbers.items() if key and len(found) == 1}


def _parse_label(cell: str, index: _NameIndex, num_classes: int) -> tuple[int | None, str | None]:
    if WHOLE.fullmatch(cell) or WHOLE_AS_DECIMAL.fullmatch(cell):
        number = int(cell.split(".", maxsplit=1)[0])
        if 0 <= number < num_classes:
            return number, None
        return None, f"a label outside 0..{num_classes - 1}"
    if NUMBER.fullmatch(cell):
        return None, "a label that is not a whole number"
    number_of_name = index.find(cell)
    if number_of_name is None and cell.lower() in MISSING:
        return None, "no label"
    if number_of_name is None:
        number_of_name = index.find_without_accents(cell)
    return number_of_name, None if number_of_name is not None else "an unknown class name"


def _find_names(cells: Sequence[str]) -> tuple[str, ...]:
    present = [cell.strip() for cell in cells if cell.strip().lower() not in MISSING]
    texts = [cell for cell in present if NUMBER.fullmatch(cell) is None]
    if len(texts) > len(present) / 2:
        # One class for "Algebra" and "algebra": the first spelling in order of the alphabet.
        spelling = {name_key(text): text for text in sorted(set(texts), reverse=True)}
        return tuple(spelling[key] for key in sorted(spelling, key=lambda k: (fold_name(k), k)))
    numbers = {
        int(cell.split(".", maxsplit=1)[0])
        for cell in set(present)
        if WHOLE.fullmatch(cell) or WHOLE_AS_DECIMAL.fullmatch(cell)
    }
    # A stray huge number must not make a million classes; it stays out of range.
    largest = max((number for number in numbers if number < len(cells)), default=-1)
    return tuple(str(number) for number in range(largest + 1))
