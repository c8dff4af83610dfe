"""Classification study and run folder -> an opened run, and the trials that it asks for.

Loads tables and the names of bases; no torch and no model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kiyas.config import ClassificationStudy, ClassifierArm
from kiyas.config.classification import SearchValue
from kiyas.config.classification_conflicts import BASELINE_ARM
from kiyas.execution import Executor, LocalExecutor, Progress
from kiyas.models import BaseSource, locate_base
from kiyas.records import Trial
from kiyas.records.classification import LabelledTexts
from kiyas.run_folder import ClassificationFolder, RunFolder, hash_values
from kiyas.steps.classification_tables import StudyTables, check_study_tables, load_study_tables

_LONGEST_POINT = 100
"""Characters of a search point in a folder's name; longer ones are cut and get a hash."""


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
class ClassifierName:
    """What tells a trial from others, in plain values."""

    arm: str | None
    """Name of its arm; None for the baseline."""
    seed: int
    """Its seed."""
    values: Mapping[str, SearchValue]
    """Its search point."""


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
    """Base models on disk, by name in the study; empty where nothing is to be trained."""
    executor: Executor = field(default_factory=LocalExecutor)
    """Where independent jobs run."""

    @property
    def fitting(self) -> tuple[LabelledTexts, LabelledTexts]:
        """Return the training and validation rows: all that training may see."""
        return self.tables.splits["train"], self.tables.splits["validation"]

    @property
    def test(self) -> LabelledTexts:
        """Return the test rows."""
        return self.tables.splits["test"]

    @property
    def materials(self) -> Mapping[str, Any]:
        """Return what besides the bases the run is made of, for its provenance."""
        return {"data": dict(self.tables.sha256)}

    def base_of(self, arm: ClassifierArm) -> BaseSource:
        """Return the base model of an arm."""
        return self.bases[self.study.base_of(arm)]


def open_classification(
    study: ClassificationStudy,
    folder: RunFolder,
    study_dir: Path,
    progress: Progress,
    *,
    find_bases: bool = True,
    executor: Executor | None = None,
) -> ClassificationRun:
    """Open a run: load and check the tables, find the bases.

    Args:
        study: The study, without conflicts.
        folder: Its run folder, new or not.
        study_dir: Folder of the study file, where relative paths begin.
        progress: What to tell the person at the keyboard.
        find_bases: Whether base models are needed; a report needs none.
        executor: Where independent jobs run; in this process if not given.

    Raises:
        KiyasError: A table or a base is not to be had, or splits leak and are not allowed to.
    """
    own = ClassificationFolder(folder.path)
    tables = load_study_tables(study, study_dir)
    for warning in tables.warnings:
        progress.say(f"warning: {warning}")
    check_study_tables(study, tables, own, progress)
    names = dict.fromkeys(study.base_of(arm) for arm in study.arms if find_bases)
    bases = {name: locate_base(name, say=progress.say) for name in names}
    return ClassificationRun(study, own, progress, tables, bases, executor or LocalExecutor())


def baseline_trial() -> ClassifierTrial:
    """Return the trial of the baseline arm; nothing in it is random."""
    return ClassifierTrial(Trial(BASELINE_ARM, BASELINE_ARM, 0), None, {})


def name_trial(arm: ClassifierArm, seed: int, values: Mapping[str, SearchValue]) -> ClassifierTrial:
    """Return the trial of an arm with a seed and the values of a search point.

    The values are in the name, so that a longer grid keeps the points that are trained already.
    """
    parts = [f"{key.rpartition('.')[2]}-{_slug(value)}" for key, value in values.items()]
    point = "_".join(parts)
    if len(point) > _LONGEST_POINT:
        point = f"{point[:80]}-{hash_values(dict(values))[:12]}"
    name = "/".join(part for part in (arm.name, point, f"seed-{seed}") if part)
    return ClassifierTrial(Trial(name, arm.name, seed), arm, dict(values))


def name_of(job: ClassifierTrial) -> ClassifierName:
    """Return what another process needs to find a trial."""
    return ClassifierName(job.arm.name if job.arm else None, job.trial.seed, dict(job.values))


def find_trial(run: ClassificationRun, name: ClassifierName) -> ClassifierTrial:
    """Return the trial that a name stands for."""
    if name.arm is None:
        return baseline_trial()
    [arm] = [arm for arm in run.study.arms if arm.name == name.arm]
    return name_trial(arm, name.seed, name.values)


def _slug(value: SearchValue) -> str:
    text = f"{value:g}" if isinstance(value, float) else str(value)
    if isinstance(value, float) and float(text) != value:
        text = repr(value)  # numbers that differ late have names that differ
    return "".join(char if char.isalnum() or char in "+-." else "-" for char in text)
