"""A base in every cell of the matrix and a trained checkpoint -> how much of the gain is format.

A gained problem counts as format if the base itself solves it under some protocol or rule, else as
ability. The base has as many attempts as there are cells, some of which it passes by luck, so that
the format part is rather too large; the difference to the base's best single cell stands beside it.
Every part is of all problems, so that format + ability - lost is the net gain.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from kiyas.analysis.scored import (
    OWN_RULE,
    AuditedCheckpoint,
    Paired,
    Setting,
    ShareTable,
    Verdict,
    align,
    compare_tables,
    mean_share,
    pass_share,
    share_by_problem,
)
from kiyas.records import Proportion, Protocol
from kiyas.records.code_audit import GainSplit
from kiyas.records.measures import Difference
from kiyas.statistics import max_t


@dataclass(frozen=True)
class _Cell:
    """The base under one protocol and rule."""

    protocol: Protocol
    rule: str
    score: Proportion
    table: ShareTable


def split_gains(audited: Sequence[AuditedCheckpoint], setting: Setting) -> tuple[GainSplit, ...]:
    """Split the gain of every trained checkpoint in the study's own cell over its base.

    Args:
        audited: Checkpoints by protocol, with their verdicts by rule.
        setting: What all checkpoints share.
    """
    own = [item for item in audited if item.protocol == setting.protocol]
    tables = {item.checkpoint.label: share_by_problem(item.scores) for item in own}
    cells = {
        item.checkpoint.label: _cells(item.checkpoint.label, audited, setting)
        for item in own
        if item.checkpoint.is_base
    }
    found, beyond = [], []
    for item in own:
        if item.checkpoint.is_base or item.base not in cells:
            continue
        trained, base = tables[item.checkpoint.label], tables[item.base]
        best = max(cells[item.base], key=lambda cell: cell.score.estimate or 0.0)
        beyond.append(compare_tables(trained, best.table, setting))
        split = _split(trained, base, cells[item.base], setting)
        net = compare_tables(trained, base, setting)
        found.append(
            replace(
                split,
                checkpoint=item.checkpoint.label,
                base=item.base,
                net=_difference(net, None),
                best_protocol=best.protocol,
                best_rule=best.rule,
                best_score=best.score,
            )
        )
    family = align(beyond)
    p_values = max_t(family, setting.seed).adjusted_p_values if family.size else [1.0] * len(beyond)
    return tuple(
        replace(split, beyond_format=_difference(paired, p))
        for split, paired, p in zip(found, beyond, p_values, strict=True)
    )


def _cells(base: str, audited: Sequence[AuditedCheckpoint], setting: Setting) -> list[_Cell]:
    """Return every cell of a base, the study's own first, so that it wins ties."""
    cells = []
    for item in audited:
        if item.checkpoint.label == base:
            verdicts: dict[str, Sequence[Verdict]] = {OWN_RULE: item.scores, **item.by_rule}
            for rule, scores in verdicts.items():
                share = pass_share(scores, setting.confidence)
                cells.append(_Cell(item.protocol, rule, share, share_by_problem(scores)))
    return cells


def _split(
    trained: ShareTable, base: ShareTable, cells: Sequence[_Cell], setting: Setting
) -> GainSplit:
    """Split problem by problem; with several completions, shares of a problem are split."""
    gained, lost, form, ability = [], [], [], []
    for task in sorted(trained.keys() & base.keys()):
        gain = max(0.0, trained[task] - base[task])
        reach = max(cell.table.get(task, 0.0) for cell in cells) - base[task]
        gained.append(gain)
        lost.append(max(0.0, base[task] - trained[task]))
        form.append(min(gain, max(0.0, reach)))
        ability.append(gain - form[-1])
    level = setting.confidence
    of_gained = [part / gain for part, gain in zip(form, gained, strict=True) if gain > 0]
    nothing = Difference(None, None, None, None, None)
    return GainSplit(
        checkpoint="",
        base="",
        num_cells=len(cells),
        gained=mean_share(gained, level),
        lost=mean_share(lost, level),
        format=mean_share(form, level),
        ability=mean_share(ability, level),
        format_share=mean_share(of_gained, level),
        net=nothing,
        best_protocol=setting.protocol,
        best_rule=OWN_RULE,
        best_score=mean_share(list(base.values()), level),
        beyond_format=nothing,
    )


def _difference(paired: Paired, p_adjusted: float | None) -> Difference:
    interval = paired.interval
    if p_adjusted is not None:
        p_adjusted = max(p_adjusted, paired.p_value)
    return Difference(interval.estimate, interval.low, interval.high, paired.p_value, p_adjusted)
