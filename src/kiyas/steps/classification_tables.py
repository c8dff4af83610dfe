"""The tables of a classification study -> its labelled splits, prepared and checked for leaks.

Loads no model. Drops nothing: a row without a text or a label is refused, or set aside and listed
where the study asks for cleaning.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from kiyas.config import ClassificationStudy
from kiyas.data import (
    CheckReport,
    ClassNames,
    LabelledTable,
    RawTable,
    augment_table,
    check_tables,
    clean_table,
    label_table,
    read_table,
    require_no_leak,
)
from kiyas.data.suggestions import name_rows
from kiyas.data.table_files import default_classes
from kiyas.errors import DataError
from kiyas.execution import Progress
from kiyas.records.classification import LabelledTexts
from kiyas.run_folder import ClassificationFolder, hash_values, write_json
from kiyas.steps.run import ensure

SPLITS = ("train", "validation", "test")
"""Splits of a study, in the order in which leaks between them are named."""


@dataclass(frozen=True)
class StudyTables:
    """The rows of a study, prepared."""

    splits: Mapping[str, LabelledTexts]
    """Rows by name of the split."""
    classes: ClassNames
    """Names of the C classes."""
    sha256: Mapping[str, str]
    """Hash of the rows as used, by name of the split."""
    raw: Mapping[str, RawTable]
    """The tables as found."""
    reports: Mapping[str, Any]
    """What cleaning and augmenting did, as plain values by name."""
    warnings: tuple[str, ...]
    """What reading had to interpret."""

    @property
    def num_classes(self) -> int:
        """Return C."""
        return len(self.classes.names)


def load_study_tables(study: ClassificationStudy, study_dir: Path) -> StudyTables:
    """Load the three splits, cleaned and augmented as the study asks.

    Raises:
        DataError: A table cannot be read, or a row has no text or no label.
    """
    sources = {split: str(getattr(study.data, split)) for split in SPLITS}
    columns = (study.data.text_column, study.data.label_column)
    raw = read_splits(sources, columns, study_dir)
    tables, classes, reports = _label(study, raw)
    if study.data.prepare.augment is not None:
        augmented = augment_table(
            tables["train"],
            share=study.data.prepare.augment,
            held_out=[tables["validation"], tables["test"]],
            seed=study.seeds[0],
        )
        tables["train"] = augmented.table
        reports["augment-train"] = augmented.to_dict()
    return StudyTables(
        splits={split: as_texts(split, table) for split, table in tables.items()},
        classes=classes,
        sha256={split: table.sha256 for split, table in tables.items()},
        raw=raw,
        reports=reports,
        warnings=(*warnings_of(tables), *_unlike_declared(study, raw)),
    )


def read_splits(
    sources: Mapping[str, str], columns: tuple[str | None, str | None], base_dir: Path
) -> dict[str, RawTable]:
    """Read a table for each split.

    Args:
        sources: File, or embedded set, by name of the split.
        columns: Names of text and label column; None finds them.
        base_dir: Folder at which relative paths begin.

    Raises:
        DataError: A table cannot be read.
    """
    return {
        split: read_table(
            source,
            text_column=columns[0],
            label_column=columns[1],
            split=split if source.startswith("embedded:") else None,
            base_dir=base_dir,
        )
        for split, source in sources.items()
    }


def label_splits(
    raw: Mapping[str, RawTable], classes: ClassNames | None
) -> tuple[dict[str, LabelledTable], ClassNames]:
    """Label tables; the first, the training table, says which classes there are if nothing does.

    Raises:
        DataError: A row has no text or no label, there is one class only, or one table names the
            classes and another numbers them.
    """
    are_declared = classes is not None
    tables: dict[str, LabelledTable] = {}
    for split, table in raw.items():
        tables[split] = label_table(table, classes)
        classes = classes or ClassNames(tables[split].class_names)
    assert classes is not None  # there is a training table
    if not are_declared:
        _refuse_names_beside_numbers(tables, classes)
    return tables, classes


def as_texts(split: str, table: LabelledTable) -> LabelledTexts:
    """Return what training, prediction and scoring need of a table."""
    return LabelledTexts(split, table.texts, table.labels)


def warnings_of(tables: Mapping[str, LabelledTable]) -> tuple[str, ...]:
    """Return what reading had to interpret, a line each."""
    return tuple(
        f"{item.where}: {item.text}; {item.next_step}"
        for table in tables.values()
        for item in table.warnings
    )


def check_study_tables(
    study: ClassificationStudy,
    tables: StudyTables,
    folder: ClassificationFolder,
    progress: Progress,
) -> None:
    """Check the tables unless these were checked before; refuse leaks that are not allowed.

    Raises:
        DataError: Splits share rows.
    """
    allowed = study.data.allow_leak
    hashes = {
        split: hash_values(list(table.texts), list(table.label_cells))
        for split, table in tables.raw.items()
    }
    inputs = {**hashes, "data.allow_leak": allowed, **study.data.prepare.model_dump()}

    def check() -> dict[str, Any]:
        report = check_tables(tables.raw, classes=tables.classes)
        write_json(folder.prepared("check"), _plain_keys(report.to_dict()))
        for name, content in tables.reports.items():
            write_json(folder.prepared(name), _plain_keys(content))
        refuse_leaks(report, allowed, progress)
        return {"num_faults": report.num_faults, "num_leaks": len(report.leaks)}

    ensure(folder.preparing, inputs, "checking the data", progress, check)


def refuse_leaks(report: CheckReport, allowed: Sequence[str], progress: Progress) -> None:
    """Refuse splits that share rows; say which rows do where it is allowed.

    Raises:
        DataError: A pair of splits leaks that is not allowed to.
    """
    require_no_leak(report, allowed)
    rows: dict[str, list[int]] = {}
    for leak in report.leaks:
        rows.setdefault(leak.pair, []).append(leak.row)
    for pair, numbers in rows.items():
        progress.say(
            f"warning: allowed leak: {pair}, {len(numbers)} rows of {pair.partition('/')[2]} "
            f"({name_rows(numbers)}); figures of that split flatter every arm"
        )


def _label(
    study: ClassificationStudy, raw: Mapping[str, RawTable]
) -> tuple[dict[str, LabelledTable], ClassNames, dict[str, Any]]:
    classes = _class_names(study)
    if not study.data.prepare.clean:
        tables, classes = label_splits(raw, classes)
        return tables, classes, {}
    tables, reports = {}, {}
    for split, table in raw.items():
        cleaned = clean_table(table, classes=classes, find_suspects=split == "train")
        tables[split] = cleaned.table
        reports[f"clean-{split}"] = cleaned.to_dict()
        classes = classes or ClassNames(cleaned.table.class_names)
    assert classes is not None  # there is a training table
    return tables, classes, reports


def _refuse_names_beside_numbers(tables: Mapping[str, LabelledTable], classes: ClassNames) -> None:
    """Refuse to guess which number is which name."""
    are_named = {
        table.source: any(warning.kind == "named-labels" for warning in table.warnings)
        for table in tables.values()
    }
    if len(set(are_named.values())) == 1:
        return
    numbered = next(source for source, is_named in are_named.items() if not is_named)
    named = next(source for source, is_named in are_named.items() if is_named)
    raise DataError(
        "one table names the classes and another numbers them",
        where=f"{numbered} beside {named}",
        received=f"numbers beside {', '.join(classes.names)}",
        expected="names in every table, numbers in every table, or the names in their order",
        next_step="say which number is which name: labels.names in a study, --class_names in "
        "`kiyas train`",
    )


def _class_names(study: ClassificationStudy) -> ClassNames | None:
    known = default_classes(study.data.train)
    if study.labels.names is None:
        return known
    turkish = study.labels.turkish or (known.turkish if known else ())
    return ClassNames(tuple(study.labels.names), tuple(turkish))


def _unlike_declared(study: ClassificationStudy, raw: Mapping[str, RawTable]) -> list[str]:
    """Refuse no table whose size is not the declared one, but say so."""
    declared = study.data.num_rows
    if declared is None:
        return []
    return [
        f"{table.source}: {len(table.texts)} rows; data.num_rows says {getattr(declared, split)}"
        for split, table in raw.items()
        if len(table.texts) != getattr(declared, split)
    ]


def _plain_keys(value: Any) -> Any:
    """Return plain values whose keys are text, as JSON wants them."""
    if isinstance(value, Mapping):
        return {str(key): _plain_keys(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain_keys(item) for item in value]
    if hasattr(value, "__dataclass_fields__"):
        return _plain_keys(asdict(value))
    return value
