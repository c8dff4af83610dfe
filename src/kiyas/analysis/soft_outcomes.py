"""Verdicts of every checkpoint -> softer paired outcomes, for where pass@1 cannot tell them apart.

At the floor and at the ceiling of a benchmark few problems differ between two checkpoints, and no
test on passes can see much. How far answers came varies more. Ranks no arm by it: code that runs
and is wrong is still wrong.

``unsupported`` completions (they import or return what the cage does not pass on) count as not
passed, here and in every score: a program that could leave the count by what it imports would
choose its own denominator. What they could add at most is said beside the scores.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from statistics import median_low
from types import MappingProxyType
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from kiyas.analysis.scored import ScoredCheckpoint, keep_judged
from kiyas.records import CheckpointScore, Comparison, Problem, Score
from kiyas.records.measures import Difference
from kiyas.records.soft_outcomes import (
    Edge,
    LikelihoodGap,
    SoftComparison,
    SoftFindings,
    SoftOutcome,
    SoftScore,
)
from kiyas.records.taxonomy import OUTCOME_GROUPS
from kiyas.statistics import bca_means, compare_means, holm, mcnemar, wilson

EDGE_SHARE = 0.1
"""Below this share of passes everywhere, or above one minus it, pass@1 has hardly any room."""

UNSUPPORTED = "unsupported"
_NO_CODE = frozenset(("empty", "decoding_error", "no_code_found", "truncated", "degenerate_loop"))
_ASSERTION = re.compile(r"^[ \t]*assert\b", re.MULTILINE)

Table = Mapping[str, float]
"""Mean of a softer outcome by problem."""


@dataclass(frozen=True)
class Likelihoods:
    """How likely the reference solutions are, or why that is not known."""

    tables: Mapping[str, Table] = field(default_factory=dict)
    """Mean log-likelihood of a solution's token, in nats, by checkpoint and problem."""
    gap: LikelihoodGap | None = None
    """Why there are none, where they were wanted."""


def _has_code(score: Score) -> bool:
    return bool(score.program) or score.outcome not in _NO_CODE


def _compiles(score: Score) -> bool:
    return bool(score.program) and OUTCOME_GROUPS.get(score.outcome) != "compile"


def _runs(score: Score) -> bool:
    return OUTCOME_GROUPS.get(score.outcome) in ("answer", "pass")


_CHECKS: Mapping[SoftOutcome, Callable[[Score], bool]] = MappingProxyType(
    {"runs": _runs, "compiles": _compiles, "code-found": _has_code}
)


def find_edge(shares: Iterable[float | None]) -> Edge | None:
    """Return whether all checkpoints pass almost nothing, or almost all; None without scores.

    Args:
        shares: Each checkpoint's share of passes; None where it has no scores. No further are
            asked for once they cannot change the answer.
    """
    found: Edge | None = None
    for share in shares:
        if share is None:
            continue
        is_floor, is_ceiling = share < EDGE_SHARE, share > 1 - EDGE_SHARE
        here: Edge | None = "floor" if is_floor else "ceiling" if is_ceiling else None
        if here is None or found not in (None, here):
            return None
        found = here
    return found


def analyse_soft_outcomes(
    scored: Sequence[ScoredCheckpoint],
    checkpoints: Sequence[CheckpointScore],
    comparisons: Sequence[Comparison],
    problems: Sequence[Problem] = (),
    *,
    likelihoods: Likelihoods | None = None,
    setting: tuple[float, int] = (0.95, 0),
) -> SoftFindings:
    """Return softer outcomes of all checkpoints, compared where the benchmark is at an edge.

    Args:
        scored: Every checkpoint with its verdicts.
        checkpoints: What each reached by pass@1.
        comparisons: The declared family, whose pairs are compared again.
        problems: The problems, for the number of assertions; without them that outcome is known
            only where some completion passes.
        likelihoods: How likely the reference solutions are, if that was asked.
        setting: Confidence of every interval, and the seed of every resampling.
    """
    likelihoods = likelihoods or Likelihoods()
    totals = _count_assertions(scored, problems)
    judged = {item.checkpoint.label: keep_judged(item.scores) for item in scored}
    tables: dict[SoftOutcome, dict[str, Table]] = {}
    for outcome in get_args(SoftOutcome):
        by_label = {
            label: likelihoods.tables.get(label, {})
            if outcome == "reference-likelihood"
            else _tabulate(scores, outcome, totals)
            for label, scores in judged.items()
        }
        if any(by_label.values()):
            tables[outcome] = by_label
    edge = find_edge(item.pass_at_1.estimate for item in checkpoints)
    return SoftFindings(
        edge=edge,
        num_comparisons=len(comparisons),
        num_separated=sum(item.verdict in ("better", "worse") for item in comparisons),
        scores=tuple(
            _summarise(item.checkpoint.label, outcome, tables[outcome], setting)
            for item in scored
            for outcome in tables
        ),
        comparisons=_compare_all(comparisons, tables, setting) if edge else (),
        num_unsupported={
            item.checkpoint.label: count
            for item in scored
            if (count := sum(score.outcome == UNSUPPORTED for score in item.scores))
        },
        likelihood_gap=likelihoods.gap,
    )


def _count_assertions(
    scored: Sequence[ScoredCheckpoint], problems: Sequence[Problem]
) -> dict[str, int]:
    """Return the calls that a test makes of a right solution, by problem.

    What passing completions answered, or else the assertions in the text of the test. A problem on
    which the calls of some program were not counted is left out for every checkpoint; verdicts
    from before calls were counted give nothing.
    """
    totals = {problem.task_id: len(_ASSERTION.findall(problem.test)) for problem in problems}
    calls: dict[str, list[int]] = {}
    uncounted = set()
    for item in scored:
        for score in item.scores:
            if score.program and score.num_calls is None:
                uncounted.add(score.task_id)
            elif score.passed and score.num_calls:
                calls.setdefault(score.task_id, []).append(score.num_calls)
    if not any(score.num_calls is not None for item in scored for score in item.scores):
        return {}
    totals |= {task: median_low(counts) for task, counts in calls.items()}
    return {task: count for task, count in totals.items() if count and task not in uncounted}


def _assertion_share(score: Score, totals: Mapping[str, int]) -> float | None:
    """Return the share of assertions passed before the first that failed; None if unknown."""
    if score.task_id not in totals:
        return None
    if score.passed or not score.program or score.num_calls is None:
        return float(score.passed)
    # The last call that was answered is the one that the test did not like.
    is_answered = OUTCOME_GROUPS.get(score.outcome) in ("answer", "run")
    passed = max(0, score.num_calls - is_answered)
    return min(1.0, passed / totals[score.task_id])


def _tabulate(scores: Sequence[Score], outcome: SoftOutcome, totals: Mapping[str, int]) -> Table:
    measure: Callable[[Score], float | None]
    if outcome == "assertions":
        measure = partial(_assertion_share, totals=totals)
    else:
        measure = _CHECKS[outcome]
    known = [(score.task_id, value) for score in scores if (value := measure(score)) is not None]
    table = dict(known)
    if len(table) == len(known):  # one completion a problem: each is its own mean
        return table
    by_task: dict[str, list[float]] = {}
    for task, value in known:
        by_task.setdefault(task, []).append(value)
    return {task: sum(shares) / len(shares) for task, shares in by_task.items()}


def _summarise(
    label: str,
    outcome: SoftOutcome,
    tables: Mapping[str, Table],
    setting: tuple[float, int],
) -> SoftScore:
    values = np.array(list(tables[label].values()), dtype=np.float64)
    num_true = int(values.sum()) if _is_binary(values) else None
    if num_true is None:
        interval = bca_means(values, setting[1], 2_000, setting[0])[0]
    else:
        interval = wilson(num_true, values.size, setting[0])
    return SoftScore(
        checkpoint=label,
        outcome=outcome,
        num_problems=values.size,
        mean=interval.estimate,
        ci_low=interval.low,
        ci_high=interval.high,
        num_true=num_true if outcome in _CHECKS else None,
    )


def _compare_all(
    comparisons: Sequence[Comparison],
    tables: Mapping[SoftOutcome, Mapping[str, Table]],
    setting: tuple[float, int],
) -> tuple[SoftComparison, ...]:
    single = [
        _compare((item.first, item.second), outcome, by_label, setting)
        for item in comparisons
        for outcome, by_label in tables.items()
        if by_label[item.first].keys() & by_label[item.second].keys()
    ]
    adjusted = holm([item.difference.p_value or 0.0 for item in single])
    return tuple(
        _judged(item, float(p), 1 - setting[0]) for item, p in zip(single, adjusted, strict=True)
    )


def _compare(
    pair: tuple[str, str],
    outcome: SoftOutcome,
    tables: Mapping[str, Table],
    setting: tuple[float, int],
) -> SoftComparison:
    confidence, seed = setting
    first, second = tables[pair[0]], tables[pair[1]]
    tasks = sorted(first.keys() & second.keys())
    one = np.array([first[task] for task in tasks], dtype=np.float64)
    other = np.array([second[task] for task in tasks], dtype=np.float64)
    if _is_binary(one) and _is_binary(other):
        only = int((one > other).sum()), int((other > one).sum())
        test = mcnemar(*only, len(tasks), confidence)
        interval, p_value = test.difference, test.exact_p_value
    else:
        paired = compare_means(one - other, seed, confidence=confidence)
        interval, p_value = paired.difference, paired.p_value
    difference = Difference(interval.estimate, interval.low, interval.high, p_value, p_value)
    return SoftComparison(
        pair[0], pair[1], outcome, len(tasks), difference, "no difference detected"
    )


def _judged(item: SoftComparison, p_adjusted: float, alpha: float) -> SoftComparison:
    old = item.difference
    verdict = item.verdict
    if p_adjusted <= alpha and old.estimate:
        verdict = "better" if old.estimate > 0 else "worse"
    difference = Difference(old.estimate, old.ci_low, old.ci_high, old.p_value, p_adjusted)
    return SoftComparison(
        item.first, item.second, item.outcome, item.num_problems, difference, verdict
    )


def _is_binary(values: NDArray[np.float64]) -> bool:
    return bool(((values == 0) | (values == 1)).all())
