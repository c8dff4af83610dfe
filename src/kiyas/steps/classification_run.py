"""Classification study and run folder -> an opened run: tables, bases, and where files go.

Loads tables and names of bases; no torch and no model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from kiyas.classification_records import LabelledTexts
from kiyas.config.classification import ClassificationStudy, ClassifierArm, SearchValue
from kiyas.config.classification_conflicts import BASELINE_ARM
from kiyas.data import (
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
from kiyas.data.table_files import default_classes
from kiyas.execution import Progress
from kiyas.models.classifier import locate_classifier_base
from kiyas.models.source import BaseSource
from kiyas.records import Trial
from kiyas.run_folder import RunFolder, Step, hash_values, write_json
from kiyas.steps.run import ensure

SPLITS = ("train", "validation", "test")
"""Splits of a study, in the order in which leaks between them are named."""


class ClassificationFolder(RunFolder):
    """A classification study's run folder: what it holds besides trials and the report."""

    @property
    def preparing(self) -> Step:
        """Return the step that checks the tables."""
        return Step(self.path / "data", self._superseded)

    def predicted(self, trial: Trial) -> Step:
        """Return the step that holds a trial's ``preds_test.csv``."""
        return Step(self.path / "predictions" / trial.name, self._superseded)

    def scored(self, trial: Trial) -> Step:
        """Return the step that holds ``scores.json``, ``metrics.json``, ``class_report.json``."""
        return Step(self.path / "scores" / trial.name, self._superseded)

    @property
    def timing(self) -> Step:
        """Return the step that holds ``latency.json``."""
        return Step(self.path / "latency", self._superseded)


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


@dataclass(frozen=True)
class ClassifierTrial:
    """A trial to train: an arm with a seed, and the values of a search point."""

    trial: Trial
    """Name, arm and seed."""
    arm: ClassifierArm | None
    """The arm as the study file has it; None for the baseline."""
    values: Mapping[str, SearchValue]
    """Searched keys with their values; empty without a search."""


@dataclass(frozen=True)
class ClassificationRun:
    """What every step of a run needs."""

    study: ClassificationStudy
    """The study, every default filled in."""
    folder: ClassificationFolder
    """Where its results are."""
    progress: Progress
    """What the person at the keyboard is told."""
    tables: StudyTables
    """The rows."""
    bases: Mapping[str, BaseSource]
    """Base models on disk, by name in the study."""

    @property
    def fitting(self) -> tuple[LabelledTexts, LabelledTexts]:
        """Return the training and validation rows: all that training may see."""
        return self.tables.splits["train"], self.tables.splits["validation"]


def open_classification(
    study: ClassificationStudy, folder: RunFolder, study_dir: Path, progress: Progress
) -> ClassificationRun:
    """Open a run: load and check the tables, find the bases.

    Raises:
        KiyasError: A table or a base is not to be had, or splits leak and are not allowed to.
    """
    own = ClassificationFolder(folder.path)
    tables = load_study_tables(study, study_dir)
    for warning in tables.warnings:
        progress.say(f"warning: {warning}")
    names = dict.fromkeys(study.base_of(arm) for arm in study.arms)
    run = ClassificationRun(
        study=study,
        folder=own,
        progress=progress,
        tables=tables,
        bases={name: locate_classifier_base(name, say=progress.say) for name in names},
    )
    check_study_tables(run)
    return run


def load_study_tables(study: ClassificationStudy, study_dir: Path) -> StudyTables:
    """Load the three splits, cleaned and augmented as the study asks.

    Raises:
        DataError: A table cannot be read, or a row has no text or no label.
    """
    data = study.data
    raw = {
        split: read_table(
            getattr(data, split),
            text_column=data.text_column,
            label_column=data.label_column,
            split=split if getattr(data, split).startswith("embedded:") else None,
            base_dir=study_dir,
        )
        for split in SPLITS
    }
    classes = _class_names(study)
    tables: dict[str, LabelledTable] = {}
    reports: dict[str, Any] = {}
    for split in SPLITS:
        if data.prepare.clean:
            cleaned = clean_table(raw[split], classes=classes, find_suspects=split == "train")
            tables[split] = cleaned.table
            reports[f"clean-{split}"] = cleaned.to_dict()
        else:
            tables[split] = label_table(raw[split], classes)
        # The training split says which classes there are where the study does not.
        classes = classes or ClassNames(tables[split].class_names)
    assert classes is not None  # the training table gives them at the latest
    if data.prepare.augment is not None:
        augmented = augment_table(
            tables["train"],
            share=data.prepare.augment,
            held_out=[tables["validation"], tables["test"]],
            seed=study.seeds[0],
        )
        tables["train"] = augmented.table
        reports["augment-train"] = augmented.to_dict()
    return StudyTables(
        splits={
            split: LabelledTexts(split, table.texts, table.labels)
            for split, table in tables.items()
        },
        classes=classes,
        sha256={split: table.sha256 for split, table in tables.items()},
        raw=raw,
        reports=reports,
        warnings=tuple(
            f"{item.where}: {item.text}; {item.next_step}"
            for table in tables.values()
            for item in table.warnings
        ),
    )


def check_study_tables(run: ClassificationRun) -> None:
    """Check the tables unless these were checked before; refuse leaks that are not allowed.

    Raises:
        DataError: Splits share rows.
    """
    tables, allowed = run.tables, run.study.data.allow_leak
    hashes = {
        split: hash_values(list(table.texts), list(table.label_cells))
        for split, table in tables.raw.items()
    }
    step = run.folder.preparing
    inputs = {**hashes, "data.allow_leak": allowed, **run.study.data.prepare.model_dump()}

    def check() -> dict[str, Any]:
        report = check_tables(tables.raw, classes=tables.classes)
        write_json(step.path / "check.json", _plain_keys(report.to_dict()))
        for name, content in tables.reports.items():
            write_json(step.path / f"{name}.json", _plain_keys(content))
        require_no_leak(report, allowed)
        for leak in report.leaks:
            run.progress.say(f"allowed leak: {leak.pair}, row {leak.row}")
        return {"num_faults": report.num_faults, "num_leaks": len(report.leaks)}

    ensure(step, inputs, "checking the data", run.progress, check)


def baseline_trial() -> ClassifierTrial:
    """Return the trial of the baseline arm; nothing in it is random."""
    return ClassifierTrial(Trial(BASELINE_ARM, BASELINE_ARM, 0), None, {})


def name_trial(arm: ClassifierArm, seed: int, values: Mapping[str, SearchValue]) -> ClassifierTrial:
    """Return the trial of an arm with a seed and the values of a search point.

    The values are in the name, so that a longer grid keeps the points that are trained already.
    """
    parts = [f"{key.rpartition('.')[2]}-{_slug(value)}" for key, value in values.items()]
    point = "_".join(parts)
    if len(point) > 100:
        point = f"{point[:80]}-{hash_values(dict(values))[:12]}"
    name = "/".join(part for part in (arm.name, point, f"seed-{seed}") if part)
    return ClassifierTrial(Trial(name, arm.name, seed), arm, dict(values))


def _slug(value: SearchValue) -> str:
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return "".join(char if char.isalnum() or char in "+-." else "-" for char in text)


def _class_names(study: ClassificationStudy) -> ClassNames | None:
    known = default_classes(study.data.train)
    if study.labels.names is None:
        return known
    turkish = study.labels.turkish or (known.turkish if known else ())
    return ClassNames(tuple(study.labels.names), tuple(turkish))


def _plain_keys(value: Any) -> Any:
    """Return plain values whose keys are text, as JSON wants them."""
    if isinstance(value, Mapping):
        return {str(key): _plain_keys(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain_keys(item) for item in value]
    if hasattr(value, "__dataclass_fields__"):
        return _plain_keys(asdict(value))
    return value
