"""What a study's texts hold beside its verdicts -> findings on traces, training sets, outcomes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from kiyas.analysis.contamination import (
    SharedProblem,
    report_contamination,
    state_contamination,
)
from kiyas.analysis.scored import ScoredCheckpoint, Setting
from kiyas.analysis.soft_outcomes import Likelihoods, analyse_soft_outcomes
from kiyas.analysis.soft_statements import state_soft_outcomes
from kiyas.analysis.trace_statements import state_traces
from kiyas.analysis.traces import TracedCheckpoint, analyse_traces
from kiyas.records import CheckpointScore, Comparison, Finding
from kiyas.records.contamination import ContaminationFindings, TrainingSetOverlap
from kiyas.records.soft_outcomes import SoftFindings
from kiyas.records.traces import TraceFindings
from kiyas.records.trajectory import ArmDifference


@dataclass(frozen=True)
class StudyTexts:
    """What was read from the texts of a study; each part may be missing."""

    problems: tuple[SharedProblem, ...] = ()
    """The benchmark's problems with the fingerprints of their solutions."""
    traced: tuple[TracedCheckpoint, ...] = ()
    """Every checkpoint with the measures of its completions."""
    training_sets: tuple[TrainingSetOverlap, ...] = ()
    """What each training set shares with the benchmark."""
    likelihoods: Likelihoods = field(default_factory=Likelihoods)
    """How likely the reference solutions are, if that was asked."""


@dataclass(frozen=True)
class TextFindings:
    """What was found in the texts."""

    soft_outcomes: SoftFindings
    """Softer outcomes, and whether pass@1 can separate the checkpoints."""
    traces: TraceFindings | None
    """Traces against passing; None without traces."""
    contamination: ContaminationFindings | None
    """What training sets share with the benchmark; None if no arm trains or nothing was read."""
    statements: tuple[Finding, ...]
    """All of it in words."""


def analyse_texts(
    texts: StudyTexts,
    scored: Sequence[ScoredCheckpoint],
    checkpoints: Sequence[CheckpointScore],
    compared: tuple[Sequence[Comparison], Sequence[ArmDifference]],
    setting: Setting,
) -> TextFindings:
    """Return what the texts of a study say.

    Args:
        texts: What was read from them.
        scored: Every checkpoint with its verdicts.
        checkpoints: What each reached by pass@1.
        compared: The declared family, and the arms over their training seeds.
        setting: What all checkpoints share.
    """
    comparisons, arms = compared
    soft = analyse_soft_outcomes(
        scored,
        checkpoints,
        comparisons,
        [item.problem for item in texts.problems],
        likelihoods=texts.likelihoods,
        setting=(setting.confidence, setting.seed),
    )
    traces = contamination = None
    if texts.traced:
        traces = analyse_traces(
            texts.traced, comparisons, arms, confidence=setting.confidence, seed=setting.seed
        )
    if texts.training_sets:
        contamination = report_contamination(
            texts.problems, texts.training_sets, scored, setting.confidence
        )

    def statements() -> Iterator[Finding]:
        yield from state_soft_outcomes(soft, checkpoints)
        if traces is not None:
            yield from state_traces(traces, setting.alpha, num_seeds=setting.num_seeds)
        if contamination is not None:
            yield from state_contamination(contamination)

    return TextFindings(soft, traces, contamination, tuple(statements()))
