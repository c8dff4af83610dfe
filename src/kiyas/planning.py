"""Study -> Plan: every job that would run, its cost, and what the benchmark can detect.

Trains nothing, loads no model and no torch, and fetches nothing. Parameters, steps and epochs are
exact; tokens are estimated from characters, time and memory from rough formulas that say so. What
cannot be known here is None.
"""

from __future__ import annotations

import math
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from kiyas.config import ArmSettings, CodeStudy
from kiyas.data import describe_source
from kiyas.models import BaseShape, read_shape
from kiyas.statistics import minimum_detectable_difference
from kiyas.steps.jobs import Jobs, TrialJob, list_jobs
from kiyas.steps.run import count_rows, load_study_benchmark

CHARACTERS_A_TOKEN = 3.3
"""English prose and Python under SmolLM2's tokenizer; measured on the embedded sets."""
TRAINING_EFFICIENCY = 0.86
DECODING_EFFICIENCY = 0.6
"""Share of the float32 matrix speed of NumPy that training and decoding reach on a processor with
bfloat16 units (SmolLM2-135M on two cores)."""
PROMPT_TOKENS = 180
"""Mean prompt of HumanEval under a chat template."""
DISCORDANCES = (0.10, 0.15, 0.20, 0.30)
"""Shares of problems on which two arms disagree, for which the detectable difference is shown."""


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
class Detectable:
    """What a comparison of two arms on the benchmark can see."""

    discordance: float
    """Share of problems on which the two arms disagree."""
    alone: float | None
    """Smallest difference detected with 80 % power at the 5 % level, as one comparison."""
    in_family: float | None
    """The same when all planned comparisons share the error rate; None: not reachable."""


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
    num_comparisons: int
    """Declared family: checkpoints against their base, and arms against each other."""
    detectable: tuple[Detectable, ...]
    """Smallest differences that the benchmark can show."""


def make_plan(study: CodeStudy, study_dir: Path) -> Plan:
    """Plan a study.

    Raises:
        KiyasError: A local data source or the benchmark cannot be read.
    """
    benchmark = load_study_benchmark(study, study_dir)
    jobs = list_jobs(study, count_rows(study, study_dir))
    speed = _matrix_speed()
    num_problems, num_samples = len(benchmark.problems), study.predict.num_samples
    num_completions = len(jobs.checkpoints) * num_problems * num_samples
    num_comparisons = _count_comparisons(jobs)
    alpha = 1 - study.confidence
    return Plan(
        study=study.name,
        benchmark=benchmark.name,
        num_problems=num_problems,
        num_samples=num_samples,
        trials=tuple(_plan_trial(study, job, study_dir, speed) for job in jobs.trials),
        checkpoints=tuple(item.label for item in jobs.checkpoints),
        num_completions=num_completions,
        max_new_tokens=num_completions * study.predict.max_new_tokens,
        prediction_seconds=_prediction_seconds(study, jobs, num_problems * num_samples, speed),
        num_comparisons=num_comparisons,
        detectable=tuple(
            Detectable(
                share,
                minimum_detectable_difference(num_problems, share, alpha),
                minimum_detectable_difference(num_problems, share, alpha / max(1, num_comparisons)),
            )
            for share in DISCORDANCES
        ),
    )


def _plan_trial(
    study: CodeStudy, job: TrialJob, study_dir: Path, speed: float | None
) -> PlannedTrial:
    arm, train, lora = job.arm, study.train_of(job.arm), study.lora_of(job.arm)
    shape = read_shape(study.base_of(arm))
    batch = train.batch_size * train.gradient_accumulation_steps
    num_rows, tokens_a_row = _rows(arm, study_dir)
    num_examples = job.num_steps * batch
    num_tokens = None if tokens_a_row is None else round(num_examples * tokens_a_row)
    longest = min(train.max_seq_len, round(tokens_a_row or train.max_seq_len))
    return PlannedTrial(
        name=job.trial.name,
        seed=job.trial.seed,
        base=study.base_of(arm),
        checkpoints=tuple(item.step for item in job.checkpoints),
        num_steps=job.num_steps,
        batch_size=batch,
        num_rows=num_rows,
        num_epochs=num_examples / num_rows if num_rows else None,
        num_tokens=num_tokens,
        max_tokens=num_examples * train.max_seq_len,
        trainable_parameters=shape.num_trainable(lora) if shape else None,
        total_parameters=shape.num_parameters if shape else None,
        seconds=_training_seconds(shape, num_tokens, speed),
        memory_bytes=_training_memory(shape, shape.num_trainable(lora) or 0, longest)
        if shape
        else None,
    )


def _rows(arm: ArmSettings, study_dir: Path) -> tuple[int | None, float | None]:
    """Return the rows of an arm's source and the mean tokens of a row, as far as known here."""
    assert arm.data is not None  # only arms with data become trials
    size = describe_source(
        arm.data.source, columns=arm.data.columns.model_dump(), base_dir=study_dir
    )
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


def _matrix_speed() -> float | None:
    """Return float32 matrix products of this machine in FLOP/s; None if it has a GPU."""
    if shutil.which("nvidia-smi") is not None:
        return None
    import numpy as np

    size = 1024
    matrix = np.ones((size, size), dtype=np.float32)
    matrix @ matrix  # the first product starts the threads
    begin = time.perf_counter()
    for _ in range(3):
        matrix @ matrix
    return 3 * 2 * size**3 / (time.perf_counter() - begin)


def _training_seconds(
    shape: BaseShape | None, num_tokens: int | None, speed: float | None
) -> float | None:
    """A frozen weight costs 2 FLOP a token forward and 2 backward (no weight gradient)."""
    if shape is None or num_tokens is None or speed is None:
        return None
    return 4 * shape.num_parameters * num_tokens / (TRAINING_EFFICIENCY * speed)


def _prediction_seconds(
    study: CodeStudy, jobs: Jobs, completions_a_checkpoint: int, speed: float | None
) -> float | None:
    """A weight costs 2 FLOP a token, of the prompt as of the completion."""
    tokens = completions_a_checkpoint * (study.predict.max_new_tokens + PROMPT_TOKENS)
    names = [*jobs.bases, *(study.base_of(job.arm) for job in jobs.trials for _ in job.checkpoints)]
    shapes = [read_shape(name) for name in names]
    if speed is None or any(shape is None for shape in shapes):
        return None
    weights = sum(shape.num_parameters for shape in shapes if shape is not None)
    return 2 * weights * tokens / (DECODING_EFFICIENCY * speed)


def _training_memory(shape: BaseShape, num_trainable: int, num_tokens: int) -> int:
    """Weights in bfloat16; adapter, gradient and two moments in float32; activations of a row.

    Activations: 34 bytes a token, layer and hidden unit in 16 bit (Korthikanti et al. 2022, arXiv
    2205.05198, equation 1, without the attention scores that fused attention never keeps), and
    logits and their gradient in float32.
    """
    weights = 2 * shape.num_parameters + 16 * num_trainable
    activations = 34 * num_tokens * shape.num_layers * shape.hidden_size
    logits = 8 * num_tokens * shape.vocab_size
    return weights + activations + logits
