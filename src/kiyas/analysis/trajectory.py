"""Verdicts of all checkpoints -> what they say together: best, plateau, speed, seeds, courses.

The best is chosen on the problems that score it, so its score stands beside one with the luck of
the choice taken out, and beside the last checkpoint, which nobody chose. Draws nothing and words
nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from kiyas.analysis.arm_differences import compare_arms
from kiyas.analysis.courses import count_failures, follow_problems
from kiyas.analysis.scored import (
    ScoredCheckpoint,
    Setting,
    ShareTable,
    pass_share,
)
from kiyas.records.measures import Difference
from kiyas.records.trajectory import (
    WHOLE_STUDY,
    LeadPoint,
    LearningSpeed,
    PlateauPoint,
    SelectedBest,
    Trajectory,
    TrialPlateau,
)
from kiyas.statistics import (
    Interval,
    compare_means,
    correct_best,
    find_plateau,
    holm,
    max_t,
    minimum_detectable_difference,
    simultaneous_intervals,
    tango,
)

MOST_SPEEDS = 300
"""Pairs of trials beyond which learning speed is not compared: 25 arms of one seed have as many."""

Trials = Mapping[str, Sequence[ScoredCheckpoint]]
"""Trained checkpoints by trial, in order of step."""

NamedTrial = tuple[str, Sequence[ScoredCheckpoint]]
"""A trial with its checkpoints."""


def follow_trajectory(setting: Setting, scored: Sequence[ScoredCheckpoint]) -> Trajectory:
    """Say what the checkpoints of a study say together.

    Args:
        setting: What all checkpoints share.
        scored: Every checkpoint with its verdicts, bases first, then by arm, seed and step.
    """
    trained = [item for item in scored if not item.checkpoint.is_base]
    trials: dict[str, list[ScoredCheckpoint]] = {}
    for item in trained:
        trials.setdefault(item.checkpoint.trial, []).append(item)
    bases = {item.checkpoint.label: item for item in scored if item.checkpoint.is_base}
    by_step = sorted(trained, key=lambda item: item.checkpoint.step)
    scopes = [(WHOLE_STUDY, by_step), *(trials.items() if len(trials) > 1 else [])]
    selected = (_select(scope, members, setting) for scope, members in scopes)
    plateaus = (_plateau(trial, members, setting) for trial, members in trials.items())
    pairs = _speed_pairs(trials)
    is_crowded = len(pairs) > MOST_SPEEDS
    speeds, without_speed = ([], []) if is_crowded else _speeds(pairs, setting)
    return Trajectory(
        selected=tuple(item for item in selected if item is not None),
        plateaus=tuple(item for item in plateaus if item is not None),
        speeds=tuple(speeds),
        without_speed=tuple(without_speed),
        arms=compare_arms(trials, setting),
        courses=tuple(
            follow_problems(trial, [bases[members[0].base], *members])
            if members[0].base in bases
            else follow_problems(trial, members)
            for trial, members in trials.items()
        ),
        failures=count_failures(scored),
        num_uncompared=len(pairs) if is_crowded else 0,
    )


def _stack(tables: Sequence[ShareTable]) -> tuple[list[str], NDArray[np.float64]]:
    """Return the (N,) shared problems and the (M, N) shares on them."""
    tasks = sorted(set.intersection(*(set(table) for table in tables))) if tables else []
    return tasks, np.array([[table[task] for task in tasks] for table in tables], dtype=np.float64)


def _select(
    scope: str, members: Sequence[ScoredCheckpoint], setting: Setting
) -> SelectedBest | None:
    tasks, scores = _stack([item.shares for item in members])
    if len(members) < 2 or len(tasks) < 2 or not scores.any():
        return None
    chosen = correct_best(scores, setting.seed, confidence=setting.confidence)
    best = members[chosen.best]
    last = [item for item in members if item.checkpoint.trial == best.checkpoint.trial][-1]
    return SelectedBest(
        scope=scope,
        best=best.checkpoint.label,
        num_checkpoints=len(members),
        observed=pass_share(best.scores, setting.confidence),
        corrected=chosen.corrected.estimate,
        ci_low=chosen.corrected.low,
        ci_high=chosen.corrected.high,
        expected_inflation=chosen.expected_inflation,
        last=last.checkpoint.label,
        last_score=pass_share(last.scores, setting.confidence),
    )


def _plateau(
    trial: str, members: Sequence[ScoredCheckpoint], setting: Setting
) -> TrialPlateau | None:
    tasks, scores = _stack([item.shares for item in members])
    if len(members) < 2 or len(tasks) < 2 or not scores.any():
        return None
    found = find_plateau(scores, setting.seed, setting.alpha)
    points = tuple(
        PlateauPoint(
            checkpoint=members[step.index].checkpoint.label,
            step=members[step.index].checkpoint.step,
            deficit=step.deficit,
            is_within_one_error=step.within_one_standard_error,
            p_value=step.p_value,
        )
        for step in found.steps
    )
    best, earliest = members[found.best], members[found.earliest]
    return TrialPlateau(
        trial, best.checkpoint.label, earliest.checkpoint.label, found.standard_error, points
    )


def _speeds(
    pairs: Sequence[tuple[NamedTrial, NamedTrial]], setting: Setting
) -> tuple[list[LearningSpeed], list[tuple[str, str]]]:
    """Return the speeds of the pairs, and the names of the pairs that have none."""
    found: list[LearningSpeed] = []
    without: list[tuple[str, str]] = []
    for first, second in pairs:
        speed = _speed(first, second, setting)
        if speed is None:
            without.append((first[0], second[0]))
        else:
            found.append(speed)
    adjusted = holm([1.0 if s.early.p_value is None else s.early.p_value for s in found])
    judged = [
        _with_verdict(speed, float(p), setting) for speed, p in zip(found, adjusted, strict=True)
    ]
    return judged, without


def _speed_pairs(trials: Trials) -> list[tuple[NamedTrial, NamedTrial]]:
    """Return the trials of different arms with one seed, in the order of the trials."""
    by_seed: dict[int | None, list[NamedTrial]] = {}
    for trial in trials.items():
        by_seed.setdefault(trial[1][0].checkpoint.seed, []).append(trial)
    pairs = [
        (first, second)
        for group in by_seed.values()
        for first, second in combinations(group, 2)
        if first[1][0].checkpoint.arm != second[1][0].checkpoint.arm
    ]
    place = {name: index for index, name in enumerate(trials)}
    return sorted(pairs, key=lambda pair: (place[pair[0][0]], place[pair[1][0]]))


def _speed(
    first: NamedTrial,
    second: NamedTrial,
    setting: Setting,
) -> LearningSpeed | None:
    """Compare two trials step by step; None if they share fewer than two steps or problems."""
    by_step = [
        {item.checkpoint.step: item.shares for item in members} for _, members in (first, second)
    ]
    steps = sorted(by_step[0].keys() & by_step[1].keys())
    tasks, stacked = _stack([table[step] for table in by_step for step in steps])
    if len(steps) < 2 or len(tasks) < 2:
        return None
    differences = stacked[: len(steps)] - stacked[len(steps) :]
    bands = _bands(differences, setting)
    tested = max_t(differences, setting.seed)
    num_early = len(steps) // 2
    early = compare_means(
        differences[:num_early].mean(axis=0), setting.seed, confidence=setting.confidence
    )
    interval = early.difference
    points = (
        LeadPoint(step, float(row.mean()), band.low, band.high, p)
        for step, row, band, p in zip(
            steps, differences, bands, tested.adjusted_p_values, strict=True
        )
    )
    return LearningSpeed(
        first=first[0],
        second=second[0],
        points=tuple(points),
        early_steps=tuple(steps[:num_early]),
        early=Difference(interval.estimate, interval.low, interval.high, early.p_value, None),
        verdict=_detectable(differences[:num_early].mean(axis=0), setting),
    )


def _bands(differences: NDArray[np.float64], setting: Setting) -> Sequence[Interval]:
    """Return an interval for each row of (M, N) differences; they hold for all rows at once.

    Sign flips of few problems that differ have next to no tail. With one completion a problem each
    row gets Tango's interval at Bonferroni's level instead, which is as wide as counts allow.
    """
    if setting.num_samples > 1:
        return simultaneous_intervals(differences, setting.seed, confidence=setting.confidence)
    num_steps, num_problems = differences.shape
    level = 1 - setting.alpha / num_steps
    return [
        tango(int((row > 0).sum()), int((row < 0).sum()), num_problems, level)
        for row in differences
    ]


def _detectable(differences: NDArray[np.float64], setting: Setting) -> str:
    """Return the verdict of a comparison that found nothing."""
    spread = float((differences**2).mean())
    smallest = minimum_detectable_difference(len(differences), spread, setting.alpha)
    return "underpowered" if smallest is None else "no difference detected"


def _with_verdict(speed: LearningSpeed, p_adjusted: float, setting: Setting) -> LearningSpeed:
    early, verdict = replace(speed.early, p_adjusted=p_adjusted), speed.verdict
    if p_adjusted <= setting.alpha and early.estimate:
        verdict = "better" if early.estimate > 0 else "worse"
    return replace(speed, early=early, verdict=verdict)
