"""Verdicts of a checkpoint -> what was measured in its completions, kept beside ``scores.jsonl``.

Measured once, when the verdicts are complete: a report of many trials reads lines and parses no
program again. Folders from before that are measured when they are read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from kiyas.records import Checkpoint, Score
from kiyas.records.taxonomy import UNSCORED
from kiyas.records.traces import Trace
from kiyas.run_folder import appending_lines, read_completions, read_records
from kiyas.scoring.traces import TRACES_VERSION, measure_trace
from kiyas.steps.run import Run


def keep_traces(run: Run, checkpoint: Checkpoint, scores: Sequence[Score]) -> int:
    """Write ``traces.jsonl`` of the study's own way of asking; return the version of its measures.

    Args:
        run: The run.
        checkpoint: Which checkpoint.
        scores: All its verdicts.
    """
    path = run.folder.traces(checkpoint, run.study.protocol)
    path.unlink(missing_ok=True)  # what a killed process had written of it
    with appending_lines(path) as lines:
        lines.append([asdict(trace) for trace in _measure(run, checkpoint, scores)])
    return TRACES_VERSION


def read_traces(run: Run, checkpoint: Checkpoint, scores: Sequence[Score]) -> tuple[Trace, ...]:
    """Return what was measured in each completion that has a verdict, in the verdicts' order."""
    protocol = run.study.protocol
    kept = run.folder.judgement(checkpoint, protocol).outputs().get("traces")
    if kept != TRACES_VERSION:
        return tuple(_measure(run, checkpoint, scores))
    return tuple(read_records(run.folder.traces(checkpoint, protocol), Trace))


def _measure(run: Run, checkpoint: Checkpoint, scores: Sequence[Score]) -> list[Trace]:
    problems = {problem.task_id: problem for problem in run.benchmark.problems}
    found = read_completions(run.folder.samples(checkpoint, run.study.protocol))
    completions = {(item.task_id, item.sample): item for item in found}
    return [
        measure_trace(problems[score.task_id], completions[score.task_id, score.sample], score)
        for score in scores
        if score.outcome != UNSCORED
    ]
