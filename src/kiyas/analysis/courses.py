"""Verdicts of one trial's checkpoints -> how each problem fares; failures by kind.

Tests nothing: which of two checkpoints is better is for the paired comparisons to say.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise

from kiyas.analysis.scored import ScoredCheckpoint
from kiyas.records import Score
from kiyas.records.taxonomy import OUTCOME_GROUPS, PASSED
from kiyas.records.trajectory import Course, FailureCount, ProblemCourse, TrialCourse

COURSES: tuple[Course, ...] = ("kept", "gained", "flickering", "forgotten", "lost", "never")
"""Every course, from the best to the worst."""

_EXCEPTION = re.compile(r"([A-Za-z_]\w*(?:\.\w+)*): ")
_RAISING = ("compile", "load", "run", "answer")
"""Stages whose failures carry an exception."""


def follow_problems(trial: str, members: Sequence[ScoredCheckpoint]) -> TrialCourse:
    """Return how each problem fares over a trial.

    Args:
        trial: Name of the trial.
        members: The trial's checkpoints in order of step, its base first.
    """
    tables = [item.shares for item in members]
    tasks = dict.fromkeys(score.task_id for item in members for score in item.scores)
    problems = []
    for task in tasks:
        passes = tuple(table.get(task) for table in tables)
        problems.append(ProblemCourse(task, passes, name_course(passes)))
    counts = Counter(problem.course for problem in problems if problem.course is not None)
    changes = [
        abs(after[task] - before[task])
        for before, after in pairwise(tables[1:] if members[0].checkpoint.is_base else tables)
        for task in before.keys() & after.keys()
    ]
    return TrialCourse(
        trial=trial,
        labels=tuple(item.checkpoint.label for item in members),
        steps=tuple(item.checkpoint.step for item in members),
        problems=tuple(problems),
        counts={course: counts[course] for course in COURSES if counts[course]},
        flicker_rate=sum(changes) / len(changes) if changes else None,
    )


def name_course(passes: Sequence[float | None]) -> Course | None:
    """Return how a problem fares; with several completions it is passed if half of them pass.

    Args:
        passes: Share of passing completions at each step, base first; None where not judged.
    """
    known = [share >= 0.5 for share in passes if share is not None]
    if len(known) < len(passes) or not known:
        return None
    changes = sum(before != after for before, after in pairwise(known))
    if changes == 0:
        return "kept" if known[0] else "never"
    if changes == 1:
        return "lost" if known[0] else "gained"
    return "forgotten" if changes == 2 and not known[0] else "flickering"


def count_failures(scored: Iterable[ScoredCheckpoint]) -> tuple[FailureCount, ...]:
    """Count the failures of every checkpoint by outcome and exception, most frequent first."""
    found = []
    for item in scored:
        kinds: dict[tuple[str, str], list[Score]] = {}
        for score in item.scores:
            if score.outcome != PASSED:
                kinds.setdefault((score.outcome, name_exception(score)), []).append(score)
        for (outcome, exception), scores in sorted(kinds.items(), key=lambda kind: -len(kind[1])):
            example = next((score for score in scores if score.detail), scores[0])
            found.append(
                FailureCount(
                    checkpoint=item.checkpoint.label,
                    group=OUTCOME_GROUPS.get(outcome, ""),
                    outcome=outcome,
                    exception=exception,
                    count=len(scores),
                    task_id=example.task_id,
                    detail=example.detail,
                )
            )
    return tuple(found)


def name_exception(score: Score) -> str:
    """Return the type of the exception that a failure ended in; empty where none was raised."""
    if OUTCOME_GROUPS.get(score.outcome) not in _RAISING:
        return ""
    match = _EXCEPTION.match(score.detail)
    return match.group(1) if match else ""
