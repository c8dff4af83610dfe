"""A source named in the study (embedded, file or Hub) -> the examples of one arm.

Does not render, tokenise, shuffle or cut: an example is two texts and its row number. Nothing is
dropped; what cannot be used is a ``DataError`` that names file and rows.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from kiyas.data.decoding import HALF_SIGN
from kiyas.data.row_files import SUFFIXES, Row, read_rows
from kiyas.data.suggestions import name_rows, nearest
from kiyas.errors import DataError
from kiyas.paths import expand_home
from kiyas.records import Example

DEFAULT_COLUMNS: Mapping[str, str] = MappingProxyType({"prompt": "prompt", "response": "response"})
"""Column of each part of an example where the study names none."""

EMBEDDED_FOLDER = Path(__file__).parent / "embedded"
"""Where the sets that are written for this project lie."""

EMBEDDED_CODE_SETS: Mapping[str, str] = MappingProxyType(
    {"embedded:deep": "deep.jsonl", "embedded:diverse": "diverse.jsonl"}
)
"""File of each embedded code set."""

EMBEDDED_COLUMNS: Mapping[str, str] = MappingProxyType({"prompt": "input", "response": "output"})
"""Column mapping of the embedded code sets."""


@dataclass(frozen=True)
class ExampleSet:
    """The examples of one source, in its order."""

    source: str
    """As written in the study."""
    examples: tuple[Example, ...]
    """All examples."""
    sha256: str
    """Hash of prompts and responses as used, in hex; not of the file's bytes."""


@dataclass(frozen=True)
class SourceSize:
    """How much a source holds, for planning."""

    source: str
    """As written in the study."""
    num_rows: int
    """Number of examples."""
    prompt_characters: int
    """Characters of all prompts."""
    response_characters: int
    """Characters of all responses."""


def load_examples(
    source: str,
    *,
    columns: Mapping[str, str] = DEFAULT_COLUMNS,
    split: str | None = None,
    base_dir: Path,
) -> ExampleSet:
    """Load the examples of a source.

    Args:
        source: ``embedded:deep``, ``embedded:diverse``, a path ending in ``.jsonl``, ``.json``,
            ``.csv``, ``.tsv`` or ``.parquet``, or the name of a data set on the Hub.
        columns: Column that holds the ``prompt`` and the ``response``. The default mapping fits
            embedded sets too.
        split: Split of a Hub data set; None takes ``train``. Files have no splits.
        base_dir: Folder at which relative paths begin: that of the study file.

    Raises:
        DataError: The source is unknown, unreachable, empty or broken, a column is missing, or
            a cell is empty or not text.
    """
    kind = source_kind(source, base_dir)
    mapping = columns
    if kind == "hub":
        rows = _load_from_hub(source, split or "train")
        where = f"{source} [{split or 'train'}]"
    else:
        _refuse_split(source, split)
        if kind == "embedded":
            path = _embedded_path(source)
            mapping = EMBEDDED_COLUMNS if dict(columns) == dict(DEFAULT_COLUMNS) else columns
        else:
            path = base_dir / expand_home(source, kind=DataError)
        rows = read_rows(path)
        where = str(path)
    examples = _to_examples(rows, mapping, where)
    return ExampleSet(source=source, examples=examples, sha256=_hash_examples(examples))


def describe_source(
    source: str,
    *,
    columns: Mapping[str, str] = DEFAULT_COLUMNS,
    split: str | None = None,
    base_dir: Path,
) -> SourceSize | None:
    """Return how much a source holds, without a network; None for a Hub data set.

    Arguments as for ``load_examples``.

    Raises:
        DataError: As ``load_examples``.
    """
    if source_kind(source, base_dir) == "hub":
        return None
    examples = load_examples(source, columns=columns, split=split, base_dir=base_dir).examples
    return SourceSize(
        source=source,
        num_rows=len(examples),
        prompt_characters=sum(len(example.prompt) for example in examples),
        response_characters=sum(len(example.response) for example in examples),
    )


def source_kind(source: str, base_dir: Path) -> str:
    """Return ``embedded``, ``file`` or ``hub`` for a source.

    Raises:
        DataError: The source is none of the three.
    """
    if source.startswith("embedded:"):
        return "embedded"
    looks_like_a_path = source.startswith((".", "/", "~")) or "\\" in source
    has_file_ending = source.lower().removesuffix(".gz").endswith(SUFFIXES)
    if looks_like_a_path or has_file_ending or (base_dir / source).exists():
        return "file"
    if re.fullmatch(r"[\w.-]+(/[\w.-]+)?", source):
        return "hub"
    raise DataError(
        "this is no data source",
        where="data source",
        received=repr(source),
        expected="embedded:NAME, a data file, or a Hub name such as owner/name",
        next_step=f"files end in {', '.join(SUFFIXES)}; embedded sets are "
        + ", ".join(EMBEDDED_CODE_SETS),
    )


def _embedded_path(source: str) -> Path:
    if source in EMBEDDED_CODE_SETS:
        return EMBEDDED_FOLDER / "code" / EMBEDDED_CODE_SETS[source]
    close = nearest(source, EMBEDDED_CODE_SETS)
    raise DataError(
        "there is no such embedded code set",
        where="data source",
        received=repr(source),
        expected=" or ".join(EMBEDDED_CODE_SETS),
        next_step=f"did you mean {close!r}?" if close else "name one of these, or a file",
    )


def _refuse_split(source: str, split: str | None) -> None:
    if split is not None:
        raise DataError(
            "only data sets of the Hub have splits",
            where=source,
            received=f"split {split!r}",
            expected="no split",
            next_step="leave the split out, or name the file of that split",
        )


def _to_examples(
    rows: Sequence[Row], columns: Mapping[str, str], where: str
) -> tuple[Example, ...]:
    for part in DEFAULT_COLUMNS:
        if part not in columns:
            raise DataError(
                f"the column mapping does not say where the {part} is",
                where=where,
                received=", ".join(f"{key}: {value}" for key, value in columns.items())
                or "nothing",
                expected="prompt and response",
                next_step=f"add `{part}: COLUMN` to the column mapping",
            )
        _check_column(rows, part, columns[part], where)
    return tuple(
        Example(str(row.cells[columns["prompt"]]), str(row.cells[columns["response"]]), row.number)
        for row in rows
    )


def _check_column(rows: Sequence[Row], part: str, column: str, where: str) -> None:
    unit = rows[0].unit
    seen = {name: None for row in rows for name in row.cells}
    absent = [row.number for row in rows if column not in row.cells]
    if len(absent) == len(rows):
        close = nearest(column, seen)
        raise DataError(
            f"there is no column {column!r} for the {part}",
            where=where,
            received=f"columns {', '.join(seen) or '(none)'}",
            expected=f"a column {column!r}",
            next_step=(
                f"did you mean {close!r}? Write `{part}: {close}` in the column mapping"
                if close
                else f"write `{part}: COLUMN` in the column mapping"
            ),
        )
    faults = {
        f"have no column {column!r}": absent,
        f"hold no text in column {column!r}": [
            row.number
            for row in rows
            if column in row.cells and not isinstance(row.cells[column], str)
        ],
        f"are empty in column {column!r}": [
            row.number
            for row in rows
            if isinstance(row.cells.get(column), str) and not str(row.cells[column]).strip()
        ],
        f"hold half a sign, such as half an emoji, in column {column!r}": [
            row.number for row in rows if HALF_SIGN.search(str(row.cells.get(column)))
        ],
    }
    for fault, numbers in faults.items():
        if numbers:
            first = next(row for row in rows if row.number == numbers[0])
            raise DataError(
                f"{len(numbers)} of {len(rows)} rows {fault}",
                where=f"{where}, {name_rows(numbers, unit)}",
                received=f"{first.cells.get(column)!r}"[:80],
                expected=f"a text in column {column!r} of every row",
                next_step="mend or remove these rows; kiyas drops none by itself",
            )


def _load_from_hub(name: str, split: str) -> list[Row]:
    try:
        import datasets
    except ImportError as error:
        raise DataError(
            "data sets of the Hub need a package that is not installed",
            where=name,
            received="no package `datasets`",
            expected="a file, or the package `datasets`",
            next_step="pip install 'kiyas[train]'; or name a local file ending in "
            + ", ".join(SUFFIXES),
        ) from error
    try:
        items = datasets.load_dataset(name, split=split)
    # The libraries below raise a dozen unrelated classes for "not reachable"; all mean the same
    # to the user, and the cause stays attached.
    except Exception as error:
        raise DataError(
            "the data set cannot be loaded from the Hub",
            where=f"{name} [{split}]",
            received=f"{type(error).__name__}: {error}"[:300],
            expected="a data set of the Hub that can be reached or is in the local cache",
            next_step="check name, split and network; without a network, name a local file "
            f"ending in {', '.join(SUFFIXES)}",
        ) from error
    rows = [Row(number, "row", dict(item)) for number, item in enumerate(items, start=1)]
    if not rows:
        raise DataError(
            "the data set holds no rows",
            where=f"{name} [{split}]",
            received="0 rows",
            expected="at least one row",
            next_step="choose another split",
        )
    return rows


def _hash_examples(examples: Sequence[Example]) -> str:
    digest = hashlib.sha256()
    for example in examples:
        pair = json.dumps([example.prompt, example.response], ensure_ascii=True)
        digest.update(pair.encode("ascii") + b"\n")
    return digest.hexdigest()
