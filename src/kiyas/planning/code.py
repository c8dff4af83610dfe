"""Code study -> Plan: every job that would run, its cost, and what the benchmark can detect.

Trains nothing, loads no model and no torch, and fetches nothing. Parameters, steps and epochs are
exact; tokens are estimated from characters, time and memory from rough formulas that say so. What
cannot be known here is None.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kiyas.config import ArmSettings, CodeStudy
from kiyas.data import SourceSize
from kiyas.models import BaseShape, read_shape
from kiyas.planning.cost import (
    CHARACTERS_A_TOKEN,
    DECODING_EFFICIENCY,
    Detectable,
    adapter_training_memory,
    find_device,
    list_detectable,
    matrix_speed,
    training_seconds,
)
from kiyas.prediction.engine_checks import find_engine_faults
from kiyas.steps.jobs import Jobs, TrialJob, list_jobs
from kiyas.steps.run import count_rows, load_study_benchmark, measure_sources
from kiyas.training import count_steps

PROMPT_TOKENS = 180
"""Mean prompt of HumanEval under a chat template."""


@dataclass(frozen=True)
class PlannedTrial:
    """One trial that would be trained."""

    name: str
    """Name of the trial."""
    seed: int
    """Its seed."""
    base: str
    """Its base model."""
    checkpoints: tuple[int, ...]
    """Steps at which the adapter is saved and tested."""
    num_steps: int
    """Optimiser steps."""
    batch_size: int
    """Examples an optimiser step, accumulation included."""
    num_rows: int | None
    """Training rows; None while the source is not at hand and its size is not declared."""
    num_epochs: float | None
    """Passes over the data; None without the number of rows."""
    num_tokens: int | None
    """Tokens trained on, estimated from characters; None without the rows."""
    max_tokens: int
    """Tokens if every row had max_seq_len: no more than this."""
    trainable_parameters: int | None
    """Weights of the adapter; None for an unknown architecture."""
    total_parameters: int | None
    """Weights of the base; None for an unknown architecture."""
    seconds: float | None
    """Rough training time on this machine's processor; None with a GPU or unknown sizes."""
    memory_bytes: int | None
    """Rough peak memory of training; None for an unknown architecture."""


@dataclass(frozen=True)
class PlannedAudit:
    """What the artefact audit decodes besides the study's own completions: at most."""

    protocols: tuple[str, ...]
    """Protocols beside the study's own."""
    num_checkpoints: int
    """Checkpoints asked under each: bases, the best of each arm and, if wanted, its last."""
    num_completions: int
    """Completions to decode; those without a chat template are spared the chat protocols."""
    max_new_tokens: int
    """Tokens to decode if every completion ran to its limit."""
    prediction_seconds: float | None
    """Rough time of decoding, at the limit of tokens."""


@dataclass(frozen=True)
class Plan:
    """Everything that a study would do."""

    study: str
    """Name of the study."""
    benchmark: str
    """Name of the benchmark."""
    num_problems: int
    """N."""
    num_samples: int
    """K."""
    trials: tuple[PlannedTrial, ...]
    """Trials to train."""
    checkpoints: tuple[str, ...]
    """Labels of all checkpoints to test, untrained bases first."""
    num_completions: int
    """Completions to decode and judge."""
    max_new_tokens: int
    """Tokens to decode if every completion ran to its limit."""
    prediction_seconds: float | None
    """Rough time of decoding on this machine's processor, at the limit of tokens."""
    audit: PlannedAudit | None
    """What the artefact audit adds; None where it is off."""
    num_comparisons: int
    """Declared family: checkpoints against their base, and arms against each other."""
    detectable: tuple[Detectable, ...]
    """Smallest differences that the benchmark can show."""
    faults: tuple[Mapping[str, Any], ...]
    """What this machine, if not another, lacks to decode; as ``KiyasError.to_dict`` gives it."""


@dataclass(frozen=True)
class _Known:
    """What trials share, looked up once."""

    sizes: Mapping[str, SourceSize | None]
    shapes: Mapping[str, BaseShape | None]
    speed: float | None
    device: str


def plan_code(study: CodeStudy, study_dir: Path) -> Plan:
    """Plan a code study.

    Raises:
        KiyasError: A local data source or the benchmark cannot be read.
    """
    benchmark = load_study_benchmark(study, study_dir)
    sizes = measure_sources(study, study_dir)
    jobs = list_jobs(study, count_rows(study, sizes, study_dir))
    shapes = {name: read_shape(name) for name in jobs.bases}
    known = _Known(sizes, shapes, matrix_speed(), find_device())
    num_problems, num_samples = len(benchmark.problems), study.predict.num_samples
    num_completions = len(jobs.checkpoints) * num_problems * num_samples
    num_comparisons = _count_comparisons(jobs)
    names = [*jobs.bases, *(study.base_of(job.arm) for job in jobs.trials for _ in job.checkpoints)]
    return Plan(
        study=study.name,
        benchmark=benchmark.name,
        num_problems=num_problems,
        num_samples=num_samples,
        trials=tuple(_plan_trial(study, job, known) for job in jobs.trials),
        checkpoints=tuple(item.label for item in jobs.checkpoints),
        num_completions=num_completions,
        max_new_tokens=num_completions * study.predict.max_new_tokens,
        prediction_seconds=_prediction_seconds(study, names, num_problems * num_samples, known),
        audit=_plan_audit(study, jobs, num_problems, known),
        num_comparisons=num_comparisons,
        detectable=list_detectable(num_problems, num_comparisons, 1 - study.confidence),
        faults=tuple(fault.to_dict() for fault in find_engine_faults(study.predict)),
    )


def _plan_trial(study: CodeStudy, job: TrialJob, known: _Known) -> PlannedTrial:
    arm, train, lora = job.arm, study.train_of(job.arm), study.lora_of(job.arm)
    shape, speed = known.shapes[study.base_of(arm)], known.speed
    batch = train.batch_size * train.gradient_accumulation_steps
    num_rows, tokens_a_row = _rows(arm, known.sizes[arm.name])
    schedule = count_steps(num_rows, train) if num_rows else None
    num_examples = schedule.count_examples(num_rows) if schedule and num_rows else None
    num_tokens = None
    if num_examples is not None and tokens_a_row is not None:
        num_tokens = round(num_examples * tokens_a_row)
    longest = min(train.max_seq_len, round(tokens_a_row or train.max_seq_len))
    return PlannedTrial(
        name=job.trial.name,
        seed=job.trial.seed,
        base=study.base_of(arm),
        checkpoints=tuple(item.step for item in job.checkpoints),
        num_steps=job.num_steps,
        batch_size=batch,
        num_rows=num_rows,
        num_epochs=schedule.epoch_at(job.num_steps) if schedule else None,
        num_tokens=num_tokens,
        max_tokens=(num_examples or job.num_steps * batch) * train.max_seq_len,
        trainable_parameters=shape.num_trainable(lora) if shape else None,
        total_parameters=shape.num_parameters if shape else None,
        seconds=training_seconds(shape, shape.num_parameters, num_tokens, speed)
        if shape and num_tokens is not None and speed is not None
        else None,
        memory_bytes=adapter_training_memory(shape, lora, train, known.device, longest)
        if shape is not None and shape.num_heads
        else None,
    )


def _rows(arm: ArmSettings, size: SourceSize | None) -> tuple[int | None, float | None]:
    """Return the rows of an arm's source and the mean tokens of a row, as far as known here."""
    assert arm.data is not None  # only arms with data become trials
    if size is None:
        return arm.data.num_rows, None
    characters = size.prompt_characters + size.response_characters
    return size.num_rows, characters / size.num_rows / CHARACTERS_A_TOKEN


def _count_comparisons(jobs: Jobs) -> int:
    """Return the size of the family that the analysis will declare."""
    steps: dict[tuple[int | None, int], int] = {}
    for job in jobs.trials:
        for item in job.checkpoints:
            key = (item.seed, item.step)
            steps[key] = steps.get(key, 0) + 1
    against_base = sum(steps.values())
    return against_base + sum(math.comb(count, 2) for count in steps.values())


def _plan_audit(
    study: CodeStudy, jobs: Jobs, num_problems: int, known: _Known
) -> PlannedAudit | None:
    """Count what the audit decodes: which checkpoint is best is known only after scoring."""
    settings = study.audit
    protocols = tuple(dict.fromkeys(p for p in settings.protocols if p != study.protocol))
    if not settings.enabled:
        return None
    by_arm = {job.arm.name: (job.arm, len(job.checkpoints)) for job in jobs.trials}
    names = [
        *jobs.bases,
        *(
            study.base_of(arm)
            for arm, num_checkpoints in by_arm.values()
            for _ in range(min(1 + settings.include_last, num_checkpoints))
        ),
    ]
    asked = min(num_problems, settings.limit or num_problems)
    a_checkpoint = len(protocols) * asked * study.predict.num_samples
    num_completions = len(names) * a_checkpoint
    return PlannedAudit(
        protocols=protocols,
        num_checkpoints=len(names),
        num_completions=num_completions,
        max_new_tokens=num_completions * study.predict.max_new_tokens,
        prediction_seconds=_prediction_seconds(study, names, a_checkpoint, known),
    )


def _prediction_seconds(
    study: CodeStudy, bases: Sequence[str], completions_a_base: int, known: _Known
) -> float | None:
    """A weight costs 2 FLOP a token, of the prompt as of the completion.

    Args:
        study: The study.
        bases: The base of each checkpoint that is tested.
        completions_a_base: Completions of each.
        known: Sizes of the bases and speed of this machine.
    """
    tokens = completions_a_base * (study.predict.max_new_tokens + PROMPT_TOKENS)
    shapes, speed = [known.shapes[name] for name in bases], known.speed
    if speed is None or any(shape is None for shape in shapes):
        return None
    weights = sum(shape.num_parameters for shape in shapes if shape is not None)
    return 2 * weights * tokens / (DECODING_EFFICIENCY * speed)
