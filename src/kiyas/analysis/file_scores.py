"""Verdicts of a file -> its summary, and the share of passes by problem that comparisons use.

Compares nothing. What the cage could not judge is in no count: it says nothing about the model.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from kiyas.records import Proportion
from kiyas.records.file_audit import PredictionFile
from kiyas.records.files import FileScore, FileSummary, ScoreFile
from kiyas.records.taxonomy import UNSCORED
from kiyas.statistics import Interval, wilson
from kiyas.statistics.pass_at_k import mean_in_unit_interval


def judged(file: ScoreFile) -> tuple[FileScore, ...]:
    """Return the verdicts that say something about the model."""
    return tuple(score for score in file.scores if score.outcome != UNSCORED)


def shares_by_problem(file: ScoreFile) -> dict[str, float]:
    """Return the share of passing samples of each problem that was judged."""
    passes: dict[str, list[bool]] = {}
    for score in judged(file):
        passes.setdefault(score.task_id, []).append(score.passed)
    return {task: sum(values) / len(values) for task, values in passes.items()}


def is_single(file: ScoreFile) -> bool:
    """Return whether no problem has more than one verdict."""
    return all(count == 1 for count in Counter(score.task_id for score in judged(file)).values())


def pass_rate(file: ScoreFile, confidence: float, *, base: bool = False) -> Proportion:
    """Return pass@1: k of n samples, the estimate being the mean over problems of their shares.

    The interval is Wilson's of k/n for one sample a problem, else over problems: samples of one
    problem are no independent trials.

    Args:
        file: The verdicts.
        confidence: Level of the interval.
        base: Whether the base inputs alone count (plus benchmarks).
    """
    passes: dict[str, list[bool]] = {}
    for score in judged(file):
        passed = bool(score.base_passed) if base else score.passed
        passes.setdefault(score.task_id, []).append(passed)
    k = sum(sum(values) for values in passes.values())
    n = sum(len(values) for values in passes.values())
    if n == len(passes):
        return as_proportion(k, n, wilson(k, n, confidence))
    shares = np.array([sum(values) / len(values) for values in passes.values()])
    interval = mean_in_unit_interval(shares, confidence)
    return as_proportion(k, n, interval, f"{interval.method}, by problem")


def as_proportion(k: int, n: int, interval: Interval, method: str | None = None) -> Proportion:
    """Return counts and interval as one record."""
    return Proportion(
        k, n, interval.estimate, interval.low, interval.high, method or interval.method
    )


def summarise_file(
    file: ScoreFile, confidence: float = 0.95, relabelled: Mapping[str, int] | None = None
) -> FileSummary:
    """Return what a file reached.

    Args:
        file: Verdicts under one rule.
        confidence: Level of every interval.
        relabelled: Outcomes to show instead of those of the verdicts.
    """
    scores = judged(file)
    outcomes = relabelled or Counter(score.outcome for score in file.scores)
    known = [score.finish_reason for score in scores if score.finish_reason is not None]
    cut = sum(reason == "length" for reason in known)
    has_base = any(score.base_passed is not None for score in scores)
    return FileSummary(
        name=file.name,
        benchmark=_joined([score.benchmark for score in file.scores]),
        rule=_joined([score.rule for score in file.scores]),
        pass_at_1=pass_rate(file, confidence),
        base=pass_rate(file, confidence, base=True) if has_base else None,
        num_answered=len({score.task_id for score in scores}),
        num_problems=file.num_problems,
        num_unscored=len(file.scores) - len(scores),
        truncated=as_proportion(cut, len(known), wilson(cut, len(known), confidence))
        if known
        else None,
        outcomes=dict(Counter(outcomes).most_common()),
        isolation=_joined([score.isolation for score in file.scores]),
    )


def as_scores(file: PredictionFile) -> ScoreFile:
    """Return a classifier's predictions as verdicts, so that files of rows can be compared.

    A row is the same item in two files if its number and its true class are the same.
    """
    scores = (
        FileScore(
            task_id=f"row {row} (class {label})",
            sample=0,
            outcome="passed" if label == predicted else "wrong_class",
            detail="",
            seconds=0.0,
            isolation="",
        )
        for row, (label, predicted) in enumerate(
            zip(file.labels, file.predictions, strict=True), start=1
        )
    )
    return ScoreFile(file.name, tuple(scores), len(file.labels), file.faults)


def _joined(values: Sequence[str]) -> str:
    return ", ".join(value for value in dict.fromkeys(values) if value)
