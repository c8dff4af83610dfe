"""Completions, problems and training sets of a run -> what the analysis reads of their texts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kiyas.records import Checkpoint, Score
from kiyas.records.taxonomy import UNSCORED
from kiyas.records.traces import Trace
from kiyas.scoring.traces import measure_trace
from kiyas.steps.contamination import read_contamination, share_problems
from kiyas.steps.likelihoods import read_likelihoods
from kiyas.steps.run import Run
from kiyas.steps.score import completions_of

if TYPE_CHECKING:
    from kiyas.analysis import StudyTexts, TracedCheckpoint


def read_texts(run: Run, scores: Mapping[str, tuple[Score, ...]]) -> StudyTexts:
    """Measure every completion in the study's own way, and gather what sets share.

    Args:
        run: The run.
        scores: Verdicts by label of the checkpoint.
    """
    from kiyas.analysis import StudyTexts

    measured: dict[tuple[Any, ...], Trace] = {}
    return StudyTexts(
        problems=share_problems(run),
        traced=tuple(
            _trace(run, item, scores[item.label], measured) for item in run.jobs.checkpoints
        ),
        training_sets=read_contamination(run),
        likelihoods=read_likelihoods(run),
    )


def _trace(
    run: Run,
    checkpoint: Checkpoint,
    scores: tuple[Score, ...],
    measured: dict[tuple[Any, ...], Trace],
) -> TracedCheckpoint:
    """Measure a checkpoint's completions; neighbouring checkpoints often give the same answer."""
    from kiyas.analysis import TracedCheckpoint

    problems = {problem.task_id: problem for problem in run.benchmark.problems}
    completions = {(item.task_id, item.sample): item for item in completions_of(run, checkpoint)}
    traces = []
    for score in scores:
        if score.outcome == UNSCORED:
            continue
        completion = completions[score.task_id, score.sample]
        key = (
            *(score.task_id, score.sample, score.program, score.rule, score.passed),
            *(completion.completion, completion.num_tokens, completion.finish_reason),
        )
        if key not in measured:
            measured[key] = measure_trace(problems[score.task_id], completion, score)
        traces.append(measured[key])
    return TracedCheckpoint(checkpoint, tuple(traces))
