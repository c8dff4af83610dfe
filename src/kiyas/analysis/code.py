"""Scores of every checkpoint -> CodeFindings: shares, paired comparisons, statements.

Decides no statistics itself (``statistics``) and draws nothing (``report``). The family of
comparisons that share one error rate is declared here: every trained checkpoint against its base,
and the arms against each other at equal seed and step.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from kiyas.analysis.statements import make_statements
from kiyas.records import (
    Checkpoint,
    CheckpointScore,
    CodeFindings,
    Comparison,
    Proportion,
    Protocol,
    Score,
)
from kiyas.statistics import (
    compare_means,
    holm,
    mcnemar,
    minimum_detectable_difference,
    pass_at_k_interval,
    wilson,
)

UNSCORED = "sandbox_error"
"""Outcome of a completion that the cage could not judge: a fault of ours, not of the model."""

ScoreTable = Mapping[str, float]
"""Share of passing completions by problem."""

Kind = Literal["against-base", "between-arms"]


@dataclass(frozen=True)
class ScoredCheckpoint:
    """A checkpoint with all its verdicts."""

    checkpoint: Checkpoint
    """Which adapter."""
    base: str
    """Label of the untrained base it grew from; its own for a base."""
    scores: tuple[Score, ...]
    """N x K verdicts."""
    epoch: float | None = None
    """Epochs of training data seen; None for a base."""
    train_loss: float | None = None
    """Training loss at the step; None for a base."""


@dataclass(frozen=True)
class Setting:
    """What all checkpoints of a study share."""

    study: str
    """Name of the study."""
    benchmark: str
    """Name of the benchmark."""
    num_problems: int
    """N."""
    num_samples: int
    """K."""
    protocol: Protocol
    """How problems were put to the model."""
    isolation: str
    """Level of the cage."""
    confidence: float
    """Level of every interval."""
    num_seeds: int
    """Training seeds an arm."""
    seed: int
    """Seed of every resampling."""


def analyse_code(setting: Setting, scored: Sequence[ScoredCheckpoint]) -> CodeFindings:
    """Turn the verdicts of all checkpoints into the findings of a code study.

    Args:
        setting: What all checkpoints share.
        scored: Every checkpoint with its verdicts, bases first, then by arm, seed and step.
    """
    checkpoints = tuple(_summarise(item, setting) for item in scored)
    tables = {item.checkpoint.label: _share_by_problem(item.scores) for item in scored}
    comparisons = _compare_all(scored, tables, setting)
    best = _best(checkpoints)
    return CodeFindings(
        study=setting.study,
        benchmark=setting.benchmark,
        num_problems=setting.num_problems,
        num_samples=setting.num_samples,
        protocol=setting.protocol,
        isolation=setting.isolation,
        confidence=setting.confidence,
        checkpoints=checkpoints,
        comparisons=comparisons,
        best=best,
        findings=make_statements(
            checkpoints, comparisons, tables, best, (setting.num_seeds, setting.seed)
        ),
    )


def _summarise(item: ScoredCheckpoint, setting: Setting) -> CheckpointScore:
    judged = [score for score in item.scores if score.outcome != UNSCORED]
    cut = sum(score.finish_reason == "length" for score in judged)
    return CheckpointScore(
        checkpoint=item.checkpoint,
        pass_at_1=_pass_at_1(judged, setting),
        truncated=_proportion(cut, len(judged), setting.confidence),
        outcomes=dict(Counter(score.outcome for score in item.scores).most_common()),
        rules=dict(Counter(score.rule for score in item.scores).most_common()),
        num_tokens=sum(score.num_tokens for score in item.scores),
        num_unscored=len(item.scores) - len(judged),
        epoch=item.epoch,
        train_loss=item.train_loss,
    )


def _pass_at_1(judged: Sequence[Score], setting: Setting) -> Proportion:
    """Return the share of passing completions; its interval is over problems, never over N x K."""
    passed = sum(score.passed for score in judged)
    if setting.num_samples == 1:
        return _proportion(passed, len(judged), setting.confidence)
    counts = Counter(score.task_id for score in judged)
    whole = [task for task, count in counts.items() if count == setting.num_samples]
    passes = Counter(score.task_id for score in judged if score.passed)
    interval = pass_at_k_interval(
        np.array([passes[task] for task in whole]),
        setting.num_samples,
        1,
        confidence=setting.confidence,
    )
    n = len(judged)
    return Proportion(
        passed, n, interval.estimate, interval.low, interval.high, f"{interval.method}, by problem"
    )


def _proportion(k: int, n: int, confidence: float) -> Proportion:
    interval = wilson(k, n, confidence)
    return Proportion(k, n, interval.estimate, interval.low, interval.high, "wilson")


def _share_by_problem(scores: Sequence[Score]) -> dict[str, float]:
    judged: dict[str, list[bool]] = {}
    for score in scores:
        if score.outcome != UNSCORED:
            judged.setdefault(score.task_id, []).append(score.passed)
    return {task: sum(passes) / len(passes) for task, passes in judged.items()}


def _pairs(scored: Sequence[ScoredCheckpoint]) -> Iterator[tuple[str, str, Kind]]:
    """Yield the declared family: who is compared with whom."""
    trained = [item for item in scored if not item.checkpoint.is_base]
    for item in trained:
        yield item.checkpoint.label, item.base, "against-base"
    for first, second in combinations(trained, 2):
        one, other = first.checkpoint, second.checkpoint
        if one.arm != other.arm and (one.seed, one.step) == (other.seed, other.step):
            yield one.label, other.label, "between-arms"


def _compare_all(
    scored: Sequence[ScoredCheckpoint], tables: Mapping[str, ScoreTable], setting: Setting
) -> tuple[Comparison, ...]:
    family = list(_pairs(scored))
    alpha = (1 - setting.confidence) / max(1, len(family))
    single = [_compare(pair, (tables[pair[0]], tables[pair[1]]), alpha, setting) for pair in family]
    adjusted = holm([comparison.p_value for comparison in single])
    return tuple(
        _judged(comparison, float(p), 1 - setting.confidence)
        for comparison, p in zip(single, adjusted, strict=True)
    )


def _compare(
    pair: tuple[str, str, Kind],
    tables: tuple[ScoreTable, ScoreTable],
    alpha: float,
    setting: Setting,
) -> Comparison:
    tasks = sorted(tables[0].keys() & tables[1].keys())
    first, second = (np.array([table[task] for task in tasks]) for table in tables)
    only_first, only_second = int((first > second).sum()), int((second > first).sum())
    n = len(tasks)
    is_single = setting.num_samples == 1
    difference, p_value = _test(first - second, (only_first, only_second), setting)
    discordance = (only_first + only_second) / n if n else 0.0
    return Comparison(
        first=pair[0],
        second=pair[1],
        kind=pair[2],
        test="exact McNemar" if is_single else "sign flip",
        num_problems=n,
        num_first_only=only_first if is_single else None,
        num_second_only=only_second if is_single else None,
        difference=difference[0],
        ci_low=difference[1],
        ci_high=difference[2],
        p_value=p_value,
        p_adjusted=p_value,
        verdict="",
        smallest_detectable=minimum_detectable_difference(n, discordance, alpha),
    )


def _test(
    differences: NDArray[np.float64], only: tuple[int, int], setting: Setting
) -> tuple[tuple[float | None, float | None, float | None], float]:
    n = len(differences)
    if setting.num_samples == 1:
        test = mcnemar(*only, n, setting.confidence)
        interval, p_value = test.difference, test.exact_p_value
    else:
        paired = compare_means(differences, setting.seed, confidence=setting.confidence)
        interval, p_value = paired.difference, paired.p_value
    bounds = (interval.estimate, interval.low, interval.high)
    return bounds, 1.0 if p_value is None else p_value


def _judged(comparison: Comparison, p_adjusted: float, alpha: float) -> Comparison:
    """Return the comparison with its corrected p and its verdict in fixed words."""
    if p_adjusted <= alpha and comparison.difference:
        verdict = "better" if comparison.difference > 0 else "worse"
    elif comparison.smallest_detectable is None:
        verdict = "underpowered"
    else:
        verdict = "no difference detected"
    return replace(comparison, p_adjusted=p_adjusted, verdict=verdict)


def _best(checkpoints: Sequence[CheckpointScore]) -> str | None:
    """Return the label of the best trained checkpoint, the earliest of equals."""
    trained = [item for item in checkpoints if not item.checkpoint.is_base and item.pass_at_1.k]
    if not trained:
        return None
    best = max(trained, key=lambda item: (item.pass_at_1.estimate or 0, -item.checkpoint.step))
    return best.checkpoint.label
