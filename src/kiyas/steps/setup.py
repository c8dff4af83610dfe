"""An opened run -> what its study was made of, for the technical report."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from kiyas.config import Study
from kiyas.config.schema import LoraSettings
from kiyas.models import BaseShape, read_shape
from kiyas.records.setup import ArmSetup, ModelSetup, StudySetup
from kiyas.steps.classification_run import ClassificationRun
from kiyas.steps.run import Run

_SECTIONS = ("lora", "train", "search", "predict", "score", "audit", "latency")


def describe_code_setup(run: Run) -> StudySetup:
    """Return what a code study was made of."""
    study = run.study
    shapes = {name: read_shape(name) for name in run.bases}
    arms = tuple(
        ArmSetup(
            name=arm.name,
            base=study.base_of(arm),
            data="" if arm.data is None else arm.data.source,
            num_trainable=None
            if arm.data is None
            else _num_trainable(shapes[study.base_of(arm)], study.lora_of(arm)),
        )
        for arm in study.arms
    )
    return StudySetup(study.description, _models(shapes), arms, _settings(study))


def describe_classification_setup(run: ClassificationRun) -> StudySetup:
    """Return what a classification study was made of."""
    study = run.study
    names = dict.fromkeys(study.base_of(arm) for arm in study.arms)
    shapes = {name: read_shape(name) for name in names}
    arms = tuple(
        ArmSetup(
            name=arm.name,
            base=study.base_of(arm),
            data=study.data.train,
            num_trainable=_num_trainable(shapes[study.base_of(arm)], study.lora_of(arm)),
        )
        for arm in study.arms
    )
    return StudySetup(study.description, _models(shapes), arms, _settings(study))


def _models(shapes: Mapping[str, BaseShape | None]) -> tuple[ModelSetup, ...]:
    return tuple(
        ModelSetup(name, None, None, None, None)
        if shape is None
        else ModelSetup(
            name, shape.num_parameters, shape.num_layers, shape.hidden_size, shape.vocab_size
        )
        for name, shape in shapes.items()
    )


def _num_trainable(shape: BaseShape | None, lora: LoraSettings) -> int | None:
    return None if shape is None else shape.num_trainable(lora)


def _settings(study: Study) -> tuple[tuple[str, str], ...]:
    """Return the settings that all arms share, as ``--set`` names them."""
    dumped = study.model_dump()
    sections = {name: dumped[name] for name in _SECTIONS if dumped.get(name) is not None}
    return (
        ("seeds", ", ".join(map(str, study.seeds))),
        *_flatten(sections.items()),
    )


def _flatten(items: Iterable[tuple[str, Any]]) -> Iterator[tuple[str, str]]:
    for key, value in items:
        if isinstance(value, Mapping):
            yield from _flatten((f"{key}.{name}", inner) for name, inner in value.items())
        elif value is not None:
            yield key, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
