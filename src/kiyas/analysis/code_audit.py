"""Checkpoints under every protocol and rule -> the artefact audit of a code study.

A difference between two rules is one between two readings of the same texts: nothing of it is
ability. A difference between two protocols is one between two ways of asking the same weights.
Both are tested by sign flips shared by the whole family (step-down max-T). Words nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from statistics import median

from kiyas.analysis.gain_split import split_gains
from kiyas.analysis.scored import (
    OWN_RULE,
    AuditedCheckpoint,
    Paired,
    Setting,
    align,
    compare_tables,
    count_share,
    keep_judged,
    pass_share,
    share_by_problem,
)
from kiyas.records import Score
from kiyas.records.code_audit import (
    MatrixCell,
    ProtocolChange,
    StudyAudit,
    TokenBudget,
    TrainingBudget,
)
from kiyas.records.files import FileScore
from kiyas.records.measures import Difference
from kiyas.records.taxonomy import EXTRACTION_ARTIFACT, PASSED, UNSCORED
from kiyas.statistics import max_t

Audited = Sequence[AuditedCheckpoint]


def audit_code(
    setting: Setting,
    audited: Audited,
    training: Sequence[TrainingBudget] = (),
    skipped: Sequence[str] = (),
) -> StudyAudit:
    """Say how much of a study's scores is made by the form of the answers.

    Args:
        setting: What all checkpoints share; its protocol is the study's own.
        audited: Checkpoints by protocol, the study's own protocol for each of them among them.
        training: What each trial was trained on.
        skipped: Protocols that were not tried, since the base has no chat template.
    """
    own = [item for item in audited if item.protocol == setting.protocol]
    others = [item for item in audited if item.protocol != setting.protocol]
    ordered = [*own, *others]
    protocols = dict.fromkeys(item.protocol for item in ordered)
    rules = dict.fromkeys([OWN_RULE, *(rule for item in ordered for rule in item.by_rule)])
    return StudyAudit(
        own_protocol=setting.protocol,
        own_rule=OWN_RULE,
        protocols=tuple(protocols),
        rules=tuple(rules),
        matrix=_matrix(ordered, setting),
        changes=_changes(own, others, setting),
        budgets=tuple(_budget(item, setting) for item in ordered),
        training=tuple(training),
        splits=split_gains(ordered, setting),
        skipped=tuple(skipped),
    )


def name_artifacts(item: AuditedCheckpoint) -> tuple[Score, ...]:
    """Return the verdicts with failures that pass under another rule named extraction artifacts.

    No failure becomes a pass by it: a completion is not given the best of several readings. What
    the cage could not judge stays so: it is no failure of the model.
    """
    passed = {
        (score.task_id, score.sample): rule
        for rule, scores in reversed(list(item.by_rule.items()))
        for score in scores
        if score.passed
    }
    return tuple(
        replace(
            score,
            outcome=EXTRACTION_ARTIFACT,
            detail=f"passes by the rule {passed[score.task_id, score.sample]}; "
            f"otherwise {score.outcome} {score.detail}".strip(),
        )
        if score.outcome not in (PASSED, UNSCORED) and (score.task_id, score.sample) in passed
        else score
        for score in item.scores
    )


def _matrix(audited: Audited, setting: Setting) -> tuple[MatrixCell, ...]:
    readings = [
        (
            item,
            rule,
            compare_tables(share_by_problem(scores), share_by_problem(item.scores), setting),
        )
        for item in audited
        for rule, scores in item.by_rule.items()
    ]
    adjusted = iter(_adjust([paired for _, _, paired in readings], setting))
    against = {
        (item.checkpoint.label, item.protocol, rule): _difference(paired, next(adjusted))
        for item, rule, paired in readings
    }
    cells = []
    for item in audited:
        verdicts: dict[str, Sequence[Score | FileScore]] = {OWN_RULE: item.scores, **item.by_rule}
        for rule, scores in verdicts.items():
            cells.append(
                MatrixCell(
                    checkpoint=item.checkpoint.label,
                    protocol=item.protocol,
                    rule=rule,
                    score=pass_share(scores, setting.confidence),
                    against_own=against.get((item.checkpoint.label, item.protocol, rule)),
                    is_own=rule == OWN_RULE and item.protocol == setting.protocol,
                )
            )
    return tuple(cells)


def _changes(own: Audited, others: Audited, setting: Setting) -> tuple[ProtocolChange, ...]:
    by_label = {item.checkpoint.label: item for item in own}
    pairs = [(by_label[i.checkpoint.label], i) for i in others if i.checkpoint.label in by_label]
    compared = [
        compare_tables(share_by_problem(other.scores), share_by_problem(item.scores), setting)
        for item, other in pairs
    ]
    adjusted = _adjust(compared, setting)
    return tuple(
        _change(item, other, (paired, p), setting)
        for (item, other), paired, p in zip(pairs, compared, adjusted, strict=True)
    )


def _change(
    item: AuditedCheckpoint,
    other: AuditedCheckpoint,
    tested: tuple[Paired, float],
    setting: Setting,
) -> ProtocolChange:
    paired, p_adjusted = tested
    tasks = set(paired.tasks)
    sides = [
        [score for score in keep_judged(side.scores) if score.task_id in tasks]
        for side in (item, other)
    ]
    weaker = sides[0] if (paired.interval.estimate or 0) > 0 else sides[1]
    failures = Counter(score.outcome for score in weaker if not score.passed)
    reason, count = failures.most_common(1)[0] if failures else ("", 0)
    return ProtocolChange(
        checkpoint=item.checkpoint.label,
        protocol=other.protocol,
        own=pass_share(sides[0], setting.confidence),
        other=pass_share(sides[1], setting.confidence),
        difference=_difference(paired, p_adjusted),
        reason=reason,
        reason_share=count_share(count, len(weaker), setting.confidence),
    )


def _adjust(family: Sequence[Paired], setting: Setting) -> tuple[float, ...]:
    """Return the p values of a family of paired comparisons, corrected together."""
    table = align(family)
    if not table.size:
        return tuple(1.0 for _ in family)
    return max_t(table, setting.seed).adjusted_p_values


def _difference(paired: Paired, p_adjusted: float) -> Difference:
    interval = paired.interval
    # Resampled p values scatter; a corrected one is never below the exact one of the pair alone.
    p_adjusted = max(p_adjusted, paired.p_value)
    return Difference(interval.estimate, interval.low, interval.high, paired.p_value, p_adjusted)


def _budget(item: AuditedCheckpoint, setting: Setting) -> TokenBudget:
    judged = keep_judged(item.scores)
    cut = [score.num_tokens for score in judged if score.finish_reason == "length"]
    return TokenBudget(
        checkpoint=item.checkpoint.label,
        protocol=item.protocol,
        limit_tokens=min(cut, default=None),
        median_tokens=float(median(score.num_tokens for score in judged)) if judged else None,
        truncated=count_share(len(cut), len(judged), setting.confidence),
    )
