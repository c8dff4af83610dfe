"""Classification study -> ClassificationPlan: trials, their cost, and what the test rows can show.

Reads tables that are here; where one is not, its rows are those that the study declares, or
unknown. Parameters and steps are exact; tokens are estimated from characters, time and memory from
rough formulas that say so. What cannot be known here is None.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from kiyas.config import ClassificationStudy, ClassifierArm
from kiyas.config.classification import SearchValue
from kiyas.config.classification_conflicts import BASELINE_ARM, apply_search_values, grid_points
from kiyas.errors import DataError
from kiyas.models import BaseShape, read_shape
from kiyas.paths import expand_home
from kiyas.planning.cost import (
    CHARACTERS_A_TOKEN,
    Detectable,
    list_detectable,
    matrix_speed,
    training_memory,
    training_seconds,
)
from kiyas.steps.classification_points import random_points
from kiyas.steps.classification_run import name_trial
from kiyas.steps.classification_tables import SPLITS, load_study_tables

_NUM_METRICS = 3
"""Figures by which every pair is compared: accuracy, macro F1, mean AUC."""


@dataclass(frozen=True)
class PlannedClassifier:
    """One trial, or several alike, that would be trained."""

    name: str
    """Name of the trial."""
    purpose: Literal["baseline", "search", "test"]
    """Whether it is the baseline, a point of the search, or trained to be tested."""
    count: int
    """Trials that the row stands for."""
    base: str | None
    """Its base model; None for the baseline."""
    num_epochs: int | None
    """Passes over the training rows, if nothing stops it early; None for the baseline."""
    batch_size: int | None
    """Rows an optimiser step; None for the baseline."""
    num_steps: int | None
    """Optimiser steps; None without the number of rows."""
    num_tokens: int | None
    """Tokens trained on, estimated from characters; None without the rows."""
    trainable_parameters: int | None
    """Weights of adapter and head; None for an unknown architecture or number of classes."""
    total_parameters: int | None
    """Weights of the base without its output layer; None for an unknown architecture."""
    seconds: float | None
    """Rough training time on this machine's processor; None with a GPU or unknown sizes."""
    memory_bytes: int | None
    """Rough peak memory of training; None for an unknown architecture."""


@dataclass(frozen=True)
class ClassificationPlan:
    """Everything that a classification study would do."""

    study: str
    """Name of the study."""
    num_classes: int | None
    """C; None while nothing says it."""
    num_rows: Mapping[str, int | None]
    """Rows by name of the split; None for a table that is not here."""
    missing: tuple[str, ...]
    """Tables that are not here; a run would need them."""
    trials: tuple[PlannedClassifier, ...]
    """Trials to train: baseline, points of the search, tested arms."""
    num_tested: int
    """Classifiers that predict the test split."""
    num_timed_calls: int
    """Timed predictions of all arms together; 0 without timing."""
    num_comparisons: int
    """Declared family: tested trials against the baseline and each other, by three figures."""
    detectable: tuple[Detectable, ...]
    """Smallest differences of accuracy that the test rows can show; empty without their number."""


@dataclass(frozen=True)
class _Rows:
    """What is known of the tables."""

    num_rows: Mapping[str, int | None]
    characters: tuple[int, ...]
    num_classes: int | None
    missing: tuple[str, ...]


def plan_classification(study: ClassificationStudy, study_dir: Path) -> ClassificationPlan:
    """Plan a classification study.

    Raises:
        DataError: A table that is here cannot be read.
    """
    rows = _look_at_tables(study, study_dir)
    num_test = rows.num_rows["test"]
    num_comparisons = _count_comparisons(study)
    return ClassificationPlan(
        study=study.name,
        num_classes=rows.num_classes,
        num_rows=rows.num_rows,
        missing=rows.missing,
        trials=tuple(_plan_trials(study, rows)),
        num_tested=len(study.arms) * len(study.seeds) + study.baseline,
        num_timed_calls=_count_timed_calls(study),
        num_comparisons=num_comparisons,
        detectable=()
        if num_test is None
        else list_detectable(num_test, num_comparisons, 1 - study.confidence),
    )


def _look_at_tables(study: ClassificationStudy, study_dir: Path) -> _Rows:
    sources = {split: str(getattr(study.data, split)) for split in SPLITS}
    missing = tuple(source for source in sources.values() if not _is_here(source, study_dir))
    names = study.labels.names
    if missing:
        declared = study.data.num_rows
        return _Rows(
            num_rows={split: getattr(declared, split, None) for split in SPLITS},
            characters=(),
            num_classes=None if names is None else len(names),
            missing=tuple(dict.fromkeys(missing)),
        )
    tables = load_study_tables(study, study_dir)
    return _Rows(
        num_rows={split: len(tables.splits[split].texts) for split in SPLITS},
        characters=tuple(len(text) for text in tables.splits["train"].texts),
        num_classes=tables.num_classes,
        missing=(),
    )


def _is_here(source: str, study_dir: Path) -> bool:
    if source.startswith("embedded:"):
        return True
    return (study_dir / expand_home(source, kind=DataError)).exists()


def _plan_trials(study: ClassificationStudy, rows: _Rows) -> Iterator[PlannedClassifier]:
    if study.baseline:
        yield PlannedClassifier(
            BASELINE_ARM, "baseline", 1, None, None, None, None, None, None, None, None, None
        )
    speed = matrix_speed()
    for arm in study.arms:
        yield from _plan_search(study, rows, arm, speed)
    for arm in study.arms:
        is_searched = study.search is not None and arm.search
        for seed in study.seeds[int(is_searched) :]:
            name = f"{arm.name}/chosen/seed-{seed}" if is_searched else None
            yield _plan_trial(study, rows, arm, ("test", seed, {}, name), speed)


def _plan_search(
    study: ClassificationStudy, rows: _Rows, arm: ClassifierArm, speed: float | None
) -> Iterator[PlannedClassifier]:
    """Plan the points of an arm; the chosen one is tested as it is."""
    search, seed = study.search, study.seeds[0]
    if search is None or not arm.search:
        return
    if search.method == "optuna":
        name = f"{arm.name}/(asked for by Optuna)"
        one = _plan_trial(study, rows, arm, ("search", seed, {}, name), speed)
        yield replace(one, count=search.num_points or 0)
        return
    points = grid_points(search) if search.method == "grid" else random_points(search, seed)
    for values in points:
        yield _plan_trial(study, rows, arm, ("search", seed, values, None), speed)


def _plan_trial(
    study: ClassificationStudy,
    rows: _Rows,
    arm: ClassifierArm,
    what: tuple[Literal["search", "test"], int, Mapping[str, SearchValue], str | None],
    speed: float | None,
) -> PlannedClassifier:
    purpose, seed, values, name = what
    lora, train = study.lora_of(arm), study.train_of(arm)
    if values:
        lora, train = apply_search_values((lora, train), values)
    base = study.base_of(arm)
    shape = read_shape(base)
    num_rows = rows.num_rows["train"]
    num_tokens = None
    if rows.characters:
        a_row = [min(train.max_seq_len, n / CHARACTERS_A_TOKEN) for n in rows.characters]
        num_tokens = round(train.num_epochs * sum(a_row))
    trainable = _trainable(shape, rows.num_classes, shape.num_trainable(lora) if shape else None)
    total = shape.num_parameters - shape.output_parameters if shape else None
    return PlannedClassifier(
        name=name or name_trial(arm, seed, values).trial.name,
        purpose=purpose,
        count=1,
        base=base,
        num_epochs=train.num_epochs,
        batch_size=train.batch_size,
        num_steps=None
        if num_rows is None
        else train.num_epochs * math.ceil(num_rows / train.batch_size),
        num_tokens=num_tokens,
        trainable_parameters=trainable,
        total_parameters=total,
        seconds=training_seconds(shape, total, num_tokens, speed)
        if shape is not None and total is not None and num_tokens is not None and speed is not None
        else None,
        memory_bytes=training_memory(shape, trainable or 0, train.max_batch_tokens)
        - 2 * shape.output_parameters
        if shape
        else None,
    )


def _trainable(shape: BaseShape | None, num_classes: int | None, adapter: int | None) -> int | None:
    if shape is None or num_classes is None or adapter is None:
        return None
    return adapter + shape.head_parameters(num_classes)


def _count_timed_calls(study: ClassificationStudy) -> int:
    """Return the calls of all arms at batch 1 and the throughput batch, warm-up included."""
    latency = study.latency
    if not latency.enabled:
        return 0
    num_batches = latency.num_batches
    a_round = latency.num_inputs + num_batches
    num_arms = len(study.arms) + study.baseline
    return num_arms * (latency.num_rounds * a_round + 2 * latency.num_warmup)


def _count_comparisons(study: ClassificationStudy) -> int:
    """Return the size of the family that the analysis will declare."""
    against_baseline = len(study.arms) * study.baseline
    pairs = (against_baseline + math.comb(len(study.arms), 2)) * len(study.seeds)
    return _NUM_METRICS * pairs
