"""Scores of every checkpoint -> CodeFindings: shares, paired comparisons, statements.

Decides no statistics itself (``statistics``) and draws nothing (``report``). The family of
comparisons that share one error rate is declared here: every trained checkpoint against its base,
and the arms against each other at equal seed and step.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Literal

from kiyas.analysis.audit_statements import state_audit
from kiyas.analysis.decoding_noise import state_noise
from kiyas.analysis.scored import (
    Paired,
    ScoredCheckpoint,
    Setting,
    ShareTable,
    compare_vectors,
    count_share,
    keep_judged,
    pass_share,
    to_vector,
)
from kiyas.analysis.statements import make_statements, sort_statements
from kiyas.analysis.texts import StudyTexts, analyse_texts
from kiyas.analysis.trajectory import follow_trajectory
from kiyas.analysis.trajectory_statements import state_trajectory
from kiyas.records import (
    Checkpoint,
    CheckpointScore,
    CodeFindings,
    Comparison,
    StudyAudit,
)
from kiyas.records.costs import CostFindings
from kiyas.records.decoding_noise import DecodingNoise
from kiyas.records.trajectory import WHOLE_STUDY, Trajectory
from kiyas.statistics import holm, minimum_detectable_difference

Kind = Literal["against-base", "between-arms"]


def analyse_code(
    setting: Setting,
    scored: Sequence[ScoredCheckpoint],
    audit: StudyAudit | None = None,
    texts: StudyTexts | None = None,
    *,
    noise: DecodingNoise | None = None,
    costs: CostFindings | None = None,
) -> CodeFindings:
    """Turn the verdicts of all checkpoints into the findings of a code study.

    Args:
        setting: What all checkpoints share.
        scored: Every checkpoint with its verdicts, bases first, then by arm, seed and step.
        audit: The artefact audit of the same study; None where there is none.
        texts: What was read from completions, training sets and problems; None for nothing.
        noise: How much of a score is the batch; None if it was not probed.
        costs: What the study took; None if nothing was recorded.
    """
    checkpoints = tuple(_summarise(item, setting) for item in scored)
    tables = {item.checkpoint.label: item.shares for item in scored}
    comparisons = _compare_all(scored, tables, setting)
    trajectory = follow_trajectory(setting, scored)
    best = _best(checkpoints, trajectory)
    read = analyse_texts(
        texts or StudyTexts(), scored, checkpoints, (comparisons, trajectory.arms), setting
    )
    statements = [
        *make_statements(checkpoints, comparisons, setting.num_seeds, is_audited=audit is not None),
        *state_trajectory(trajectory, setting.num_seeds),
        *([] if audit is None else state_audit(audit, setting, best)),
        *([] if noise is None else state_noise(noise)),
        *read.statements,
    ]
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
        findings=sort_statements(statements),
        trajectory=trajectory,
        audit=audit,
        soft_outcomes=read.soft_outcomes,
        traces=read.traces,
        contamination=read.contamination,
        decoding_noise=noise,
        costs=costs,
    )


def _summarise(item: ScoredCheckpoint, setting: Setting) -> CheckpointScore:
    judged = keep_judged(item.scores)
    cut = sum(score.finish_reason == "length" for score in judged)
    return CheckpointScore(
        checkpoint=item.checkpoint,
        pass_at_1=pass_share(judged, setting.confidence),
        truncated=count_share(cut, len(judged), setting.confidence),
        outcomes=dict(Counter(score.outcome for score in item.scores).most_common()),
        rules=dict(Counter(score.rule for score in item.scores).most_common()),
        num_tokens=sum(score.num_tokens for score in item.scores),
        num_unscored=len(item.scores) - len(judged),
        epoch=item.epoch,
        train_loss=item.train_loss,
    )


def _pairs(scored: Sequence[ScoredCheckpoint]) -> Iterator[tuple[str, str, Kind]]:
    """Yield the declared family: who is compared with whom."""
    alike: dict[tuple[int | None, int], list[Checkpoint]] = {}
    for item in scored:
        checkpoint = item.checkpoint
        if not checkpoint.is_base:
            yield checkpoint.label, item.base, "against-base"
            alike.setdefault((checkpoint.seed, checkpoint.step), []).append(checkpoint)
    pairs = (pair for group in alike.values() for pair in combinations(group, 2))
    # In the order of the checkpoints, as tables and Holm's ties have them.
    place = {item.checkpoint.label: index for index, item in enumerate(scored)}
    for one, other in sorted(pairs, key=lambda pair: (place[pair[0].label], place[pair[1].label])):
        if one.arm != other.arm:
            yield one.label, other.label, "between-arms"


def _compare_all(
    scored: Sequence[ScoredCheckpoint], tables: Mapping[str, ShareTable], setting: Setting
) -> tuple[Comparison, ...]:
    family = list(_pairs(scored))
    alpha = (1 - setting.confidence) / max(1, len(family))
    vectors = {label: to_vector(table) for label, table in tables.items()}
    single = [compare_vectors(vectors[one], vectors[other], setting) for one, other, _ in family]
    adjusted = holm([paired.p_value for paired in single])
    return tuple(
        _compare(pair, paired, float(p), alpha, setting)
        for pair, paired, p in zip(family, single, adjusted, strict=True)
    )


def _compare(
    pair: tuple[str, str, Kind], paired: Paired, p_adjusted: float, alpha: float, setting: Setting
) -> Comparison:
    """Return a comparison with its corrected p; the family leaves it the level ``alpha``."""
    differences, n = paired.differences, len(paired.tasks)
    is_single = setting.num_samples == 1
    # The mean squared difference: with one completion a problem, the share that disagrees.
    discordance = float(differences @ differences) / n if n else 0.0
    smallest = minimum_detectable_difference(n, discordance, alpha)
    return Comparison(
        first=pair[0],
        second=pair[1],
        kind=pair[2],
        test="exact McNemar" if is_single else "sign flip",
        num_problems=n,
        num_first_only=paired.num_first_only if is_single else None,
        num_second_only=paired.num_second_only if is_single else None,
        difference=paired.interval.estimate,
        ci_low=paired.interval.low,
        ci_high=paired.interval.high,
        p_value=paired.p_value,
        p_adjusted=p_adjusted,
        verdict=_judge(paired.interval.estimate, p_adjusted, smallest, setting.alpha),
        smallest_detectable=smallest,
    )


def _judge(
    difference: float | None, p_adjusted: float, smallest_detectable: float | None, alpha: float
) -> str:
    """Return the verdict on a comparison in fixed words."""
    if p_adjusted <= alpha and difference:
        return "better" if difference > 0 else "worse"
    return "underpowered" if smallest_detectable is None else "no difference detected"


def _best(checkpoints: Sequence[CheckpointScore], trajectory: Trajectory) -> str | None:
    """Return the label of the best trained checkpoint, the earliest of equals.

    The one whose luck is taken out, which is chosen on the problems that were judged for all.
    """
    for selected in trajectory.selected:
        if selected.scope == WHOLE_STUDY:
            return selected.best
    trained = [item for item in checkpoints if not item.checkpoint.is_base and item.pass_at_1.k]
    if not trained:
        return None
    best = max(trained, key=lambda item: (item.pass_at_1.estimate or 0, -item.checkpoint.step))
    return best.checkpoint.label
