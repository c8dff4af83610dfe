"""The artefact audit of a code study -> alarms and notes in plain words, each with its reason.

An alarm puts a score of the study itself in doubt; a warning, its comparison with other people's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from kiyas.analysis.budget_statements import state_budgets
from kiyas.analysis.published import check_published
from kiyas.analysis.scored import Setting
from kiyas.analysis.wording import counts_text, interval_text, percent_text
from kiyas.records import Finding, Proportion, Protocol
from kiyas.records.code_audit import GainSplit, MatrixCell, ProtocolChange, StudyAudit
from kiyas.records.measures import Difference

FITTING_RULES: Mapping[Protocol, tuple[str, ...]] = {
    "completion": ("as-is",),
    "chat": ("first-fence", "last-fence", "after-thinking"),
    "chat-prefill": ("as-is", "first-fence", "last-fence", "after-thinking"),
}
"""Rules that a careful harness may use under a protocol; the others break good answers."""

_HOW_IT_FAILS = {
    "empty": "end at once, without a word",
    "truncated": "are cut at the token limit",
    "degenerate_loop": "repeat themselves up to the token limit",
    "no_code_found": "hold no code",
    "wrong_entry_point": "do not define the function that was asked for",
    "signature_mismatch": "define the function with other arguments",
    "body_missing": "leave the function without a body",
    "indentation_error": "are indented wrongly",
    "syntax_error": "do not parse",
    "extraction_artifact": "hold good code that the reading misses",
    "wrong_answer": "run and give a wrong answer",
}


def state_audit(audit: StudyAudit, setting: Setting, best: str | None) -> Iterator[Finding]:
    """Yield what the audit supports.

    Args:
        audit: The audit.
        setting: What all checkpoints share.
        best: Label of the study's best checkpoint, if anything passed.
    """
    bases = {split.base for split in audit.splits} | {
        cell.checkpoint for cell in audit.matrix if cell.checkpoint.startswith("base/")
    }
    yield from _of_protocols(audit, bases, setting)
    yield from _of_rules(audit, setting)
    yield from _of_published(audit, bases, setting)
    yield from _of_gain(audit.splits, best, setting)
    yield from state_budgets(audit, setting)
    yield _of_scope(audit)


def _of_protocols(audit: StudyAudit, bases: set[str], setting: Setting) -> Iterator[Finding]:
    apart = [c for c in audit.changes if _is_apart(c.difference, setting)]
    for change in apart:
        if change.checkpoint in bases:
            yield _of_base(change, audit)
    trained = [change for change in apart if change.checkpoint not in bases]
    better = [change for change in trained if (change.difference.estimate or 0) > 0]
    for change in better:
        yield Finding(
            "protocol-dependence",
            "warning",
            f"{change.checkpoint} does better under another protocol than it was trained and "
            f"tested under: {counts_text(change.other)} under {change.protocol} against "
            f"{counts_text(change.own)} under {audit.own_protocol}{_p(change.difference)}.",
            _numbers(change),
        )
    worse = [change for change in trained if change not in better]
    if worse:
        lowest = min(worse, key=lambda change: change.difference.estimate or 0)
        yield Finding(
            "protocol-dependence",
            "note",
            f"{len(worse)} scores of trained checkpoints fall beyond noise under another protocol "
            f"than the one they were trained under; most: {lowest.checkpoint}, "
            f"{counts_text(lowest.own)} under {audit.own_protocol} against "
            f"{counts_text(lowest.other)} under {lowest.protocol}.",
            _numbers(lowest),
        )


def _of_base(change: ProtocolChange, audit: StudyAudit) -> Finding:
    is_better = (change.difference.estimate or 0) > 0
    own, other = audit.own_protocol, change.protocol
    weaker = own if is_better else other
    text = (
        f"The score of the untrained {change.checkpoint} depends on how it is asked: "
        f"{counts_text(change.own)} under {own}, {counts_text(change.other)} under {other}"
        f"{_p(change.difference)}. "
    )
    if change.reason:
        how = _HOW_IT_FAILS.get(change.reason, f"end in {change.reason}")
        text += f"Why: under {weaker} {counts_text(change.reason_share)} of its answers {how}. "
    text += (
        "The study asks it in a way that it does not answer well, so that what an arm gains over "
        "it may be the habit of answering in this form, not ability."
        if is_better
        else f"The same weights, asked by {other}, would be reported as "
        f"{counts_text(change.other)}: a gain measured from there would be a gain in format, and "
        "scores under two protocols are not to be compared."
    )
    return Finding("protocol-dependence", "alarm", text, _numbers(change))


def _of_rules(audit: StudyAudit, setting: Setting) -> Iterator[Finding]:
    apart = [
        cell
        for cell in audit.matrix
        if cell.protocol == audit.own_protocol
        and cell.against_own is not None
        and _is_apart(cell.against_own, setting)
    ]
    own = {cell.checkpoint: cell.score for cell in audit.matrix if cell.is_own}
    fitting = FITTING_RULES[audit.own_protocol]
    doubtful = [cell for cell in apart if _gap(cell) > 0 or cell.rule in fitting]
    if doubtful:
        worst = max(doubtful, key=lambda cell: abs(_gap(cell)))
        is_more = _gap(worst) > 0
        cause = (
            "The texts hold good code that the study's rule does not find"
            if is_more
            else "The rule suits this protocol, and yet it breaks good code"
        )
        yield Finding(
            "rule-dependence",
            "alarm",
            f"{worst.checkpoint}: the score depends on how the code is taken out of the same "
            f"texts: {counts_text(own[worst.checkpoint])} {audit.own_rule}, "
            f"{counts_text(worst.score)} {worst.rule}{_p(worst.against_own)}. {cause}: what is "
            f"measured is also the form of the answer. So it is in {_count(doubtful)}.",
            _cell_numbers(worst, own),
        )
    broken = [cell for cell in apart if cell not in doubtful]
    if broken:
        worst = min(broken, key=_gap)
        yield Finding(
            "harness-sensitivity",
            "note" if audit.own_protocol == "chat" else "warning",
            f"A harness that reads the same texts by another rule would report other scores; "
            f"most: {worst.checkpoint}, {counts_text(worst.score)} {worst.rule} instead of "
            f"{counts_text(own[worst.checkpoint])}{_p(worst.against_own)}. Compare with scores "
            f"from elsewhere only if their rule is known. So it is in {_count(broken)}.",
            _cell_numbers(worst, own),
        )


def _of_published(audit: StudyAudit, bases: set[str], setting: Setting) -> Iterator[Finding]:
    for base in sorted(bases):
        cells = [cell for cell in audit.matrix if cell.checkpoint == base]
        own = next((cell for cell in cells if cell.is_own), None)
        if own is None:
            continue
        name = f"The untrained {base} under {audit.own_protocol}"
        finding = check_published(name, setting.benchmark, base, own.score)
        if finding is None:
            continue
        published = finding.numbers["published"]
        agreeing = [
            f"{cell.protocol} and {cell.rule} ({counts_text(cell.score)})"
            for cell in cells
            if not cell.is_own and _holds(cell.score, published)
        ]
        if finding.severity == "alarm" and agreeing:
            text = f"{finding.text} It agrees with the published score under {agreeing[0]}."
            finding = Finding(finding.kind, finding.severity, text, finding.numbers)
        yield finding


def _of_gain(splits: Sequence[GainSplit], best: str | None, setting: Setting) -> Iterator[Finding]:
    split = next((item for item in splits if item.checkpoint == best), None)
    if split is None or split.gained.k == 0:
        return
    parts = _parts_text(split)
    beyond = split.beyond_format
    if beyond.estimate is None:
        return
    cell = (
        f"Against the base's best single way ({split.best_protocol}, {split.best_rule}: "
        f"{counts_text(split.best_score)}) {100 * beyond.estimate:+.1f} points remain "
        f"{interval_text(beyond.ci_low, beyond.ci_high)}{_p(beyond)}"
    )
    gained = (split.net.p_value or 1.0) <= setting.alpha and (split.net.estimate or 0) > 0
    remains = (beyond.p_adjusted or 1.0) <= setting.alpha and beyond.estimate > 0
    if gained and not remains:
        severity, end = "alarm", ": no gain beyond format is shown."
    elif remains:
        severity, end = "note", ": a gain that no change of format explains."
    else:
        severity, end = "note", ": no difference detected."
    yield Finding(
        "gain-split",
        "alarm" if severity == "alarm" else "note",
        f"{parts} {cell}{end}",
        {
            "num_gained": split.gained.k,
            "num_lost": split.lost.k,
            "num_format": split.format.k,
            "num_ability": split.ability.k,
            "n": split.gained.n,
            "format_share": split.format_share.estimate,
            "beyond_format": beyond.estimate,
            "p_value": beyond.p_adjusted,
        },
    )


def _parts_text(split: GainSplit) -> str:
    share, reach = percent_text(split.format.estimate), _interval(split.format)
    rest = f"{percent_text(split.ability.estimate)} {_interval(split.ability)}"
    if split.counts_problems:
        return (
            f"{split.checkpoint} passes {split.gained.k} of {split.gained.n} problems that its "
            f"base fails and fails {split.lost.k} that its base passes. Of the {split.gained.k}, "
            f"{split.format.k} the base itself solves under some protocol or rule: format, "
            f"{share} of all problems {reach}. "
            f"In none of {split.num_cells} ways it solves {split.ability.k}: ability, {rest}."
        )
    return (
        f"{split.checkpoint} gains {percent_text(split.gained.estimate)} of all completions over "
        f"its base, on {split.gained.k} of {split.gained.n} problems, and loses "
        f"{percent_text(split.lost.estimate)}, on {split.lost.k}. Of the gain the base itself "
        f"reaches {share} {reach} under some protocol or rule: format. "
        f"In none of {split.num_cells} ways it reaches {rest}: ability."
    )


def _of_scope(audit: StudyAudit) -> Finding:
    tried = [
        f"{protocol} ({len({c.checkpoint for c in audit.matrix if c.protocol == protocol})})"
        for protocol in audit.protocols
    ]
    text = (
        f"Audited: checkpoints by protocol {', '.join(tried)}, each under {len(audit.rules)} "
        f"extraction rules over the same texts ({', '.join(audit.rules)})."
    )
    if audit.skipped:
        text += f" Not tried, since the base has no chat template: {', '.join(audit.skipped)}."
    return Finding("audit-scope", "note", text, {"num_cells": len(audit.matrix)})


def _is_apart(difference: Difference, setting: Setting) -> bool:
    p_value = difference.p_adjusted
    return p_value is not None and p_value <= setting.alpha and bool(difference.estimate)


def _gap(cell: MatrixCell) -> float:
    return (cell.against_own.estimate if cell.against_own else None) or 0.0


def _count(cells: Sequence[MatrixCell]) -> str:
    checkpoints = len({cell.checkpoint for cell in cells})
    return f"{len(cells)} cells of {checkpoints} checkpoints"


def _holds(score: Proportion, published: float | int | str | None) -> bool:
    if score.ci_low is None or score.ci_high is None or not isinstance(published, float | int):
        return False
    return score.ci_low <= published <= score.ci_high


def _numbers(change: ProtocolChange) -> dict[str, float | int | str | None]:
    return {
        "protocol": change.protocol,
        "k": change.own.k,
        "k_other": change.other.k,
        "n": change.own.n,
        "p_value": change.difference.p_adjusted,
    }


def _cell_numbers(
    cell: MatrixCell, own: Mapping[str, Proportion]
) -> dict[str, float | int | str | None]:
    return {
        "rule": cell.rule,
        "k": own[cell.checkpoint].k,
        "k_other": cell.score.k,
        "n": cell.score.n,
        "p_value": cell.against_own.p_adjusted if cell.against_own else None,
    }


def _interval(score: Proportion) -> str:
    return interval_text(score.ci_low, score.ci_high, percent_text)


def _p(difference: Difference | None) -> str:
    p_value = None if difference is None else difference.p_adjusted
    return "" if p_value is None else f" (p = {p_value:.2g}, corrected)"
