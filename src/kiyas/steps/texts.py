"""Completions, problems and training sets of a run -> what the analysis reads of their texts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from kiyas.records import Score
from kiyas.steps.contamination import read_contamination, share_problems
from kiyas.steps.likelihoods import read_likelihoods
from kiyas.steps.run import Run
from kiyas.steps.traces import read_traces

if TYPE_CHECKING:
    from kiyas.analysis import StudyTexts


def read_texts(run: Run, scores: Mapping[str, tuple[Score, ...]]) -> StudyTexts:
    """Gather what was measured in every completion in the study's own way, and what sets share.

    Args:
        run: The run.
        scores: Verdicts by label of the checkpoint.
    """
    from kiyas.analysis import StudyTexts, TracedCheckpoint

    return StudyTexts(
        problems=share_problems(run),
        traced=tuple(
            TracedCheckpoint(item, read_traces(run, item, scores[item.label]))
            for item in run.jobs.checkpoints
        ),
        training_sets=read_contamination(run),
        likelihoods=read_likelihoods(run),
    )
