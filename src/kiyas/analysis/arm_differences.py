"""Trials of several seeds -> every two arms at every step, with seeds and problems as noise.

One seed says how two weights differ and never how two arms do: it gives no interval.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations

from kiyas.analysis.scored import (
    ScoredCheckpoint,
    Setting,
    ShareVector,
    stack_vectors,
    to_vector,
)
from kiyas.records.measures import Difference
from kiyas.records.trajectory import ArmDifference
from kiyas.statistics import holm
from kiyas.statistics.seeds import compare_over_seeds


def compare_arms(
    trials: Mapping[str, Sequence[ScoredCheckpoint]], setting: Setting
) -> tuple[ArmDifference, ...]:
    """Compare every two arms at every step over the seeds that both have, corrected by Holm.

    Args:
        trials: Trained checkpoints by trial, in order of step.
        setting: What all checkpoints share.
    """
    steps: dict[int, dict[str, dict[int, ShareVector]]] = {}
    for members in trials.values():
        for item in members:
            arms = steps.setdefault(item.checkpoint.step, {})
            shares = to_vector(item.shares)
            arms.setdefault(item.checkpoint.arm, {})[item.checkpoint.seed or 0] = shares
    names = dict.fromkeys(members[0].checkpoint.arm for members in trials.values())
    place = {name: index for index, name in enumerate(names)}
    found = sorted(
        (item for step, arms in steps.items() for item in _differences(step, arms, setting)),
        key=lambda item: (place[item.first], item.step, place[item.second]),
    )
    tested = [item for item in found if item.difference.p_value is not None]
    adjusted = iter(holm([item.difference.p_value or 0.0 for item in tested]))
    return tuple(
        _judged(item, float(next(adjusted)), setting)
        if item.difference.p_value is not None
        else item
        for item in found
    )


def _differences(
    step: int, arms: Mapping[str, Mapping[int, ShareVector]], setting: Setting
) -> Iterator[ArmDifference]:
    for one, other in combinations(arms, 2):
        seeds = sorted(arms[one].keys() & arms[other].keys())
        stacked = stack_vectors([arms[arm][seed] for arm in (one, other) for seed in seeds])
        if not stacked.size:
            continue
        first, second = stacked[: len(seeds)], stacked[len(seeds) :]
        compared = compare_over_seeds(first, second, setting.confidence)
        interval = compared.over_seeds_and_problems
        means = (first - second).mean(axis=1)
        yield ArmDifference(
            first=one,
            second=other,
            step=step,
            num_seeds=len(seeds),
            difference=Difference(
                interval.estimate, interval.low, interval.high, compared.p_value, None
            ),
            seed_deviation=float(means.std(ddof=1)) if len(seeds) > 1 else None,
            verdict="one seed" if len(seeds) == 1 else "underpowered",
        )


def _judged(item: ArmDifference, p_adjusted: float, setting: Setting) -> ArmDifference:
    verdict = "no difference detected"
    if p_adjusted <= setting.alpha and item.difference.estimate:
        verdict = "better" if item.difference.estimate > 0 else "worse"
    difference = replace(item.difference, p_adjusted=p_adjusted)
    return replace(item, difference=difference, verdict=verdict)
