"""Findings of a code study -> what to do next, each sentence for a reason found there."""

from __future__ import annotations

from collections.abc import Iterator

from kiyas.records import CodeFindings, Proportion
from kiyas.report.languages import Language
from kiyas.report.trials import find_comparison, find_score, group_by_trial

_TRUNCATED = 0.1
"""Share of completions cut at the limit from which the limit is worth raising."""


def advise_code(findings: CodeFindings, language: Language) -> tuple[str, ...]:
    """Return the next steps, the most useful first."""
    return (
        *_how_to_ask(findings, language),
        *_which_to_use(findings, language),
        *_what_to_repeat(findings, language),
        *_what_to_measure(findings, language),
        *_what_to_lengthen(findings, language),
        *_what_to_leave_out(findings, language),
    )


def _how_to_ask(findings: CodeFindings, language: Language) -> Iterator[str]:
    """Yield the better way of asking, if a base answers under another protocol."""
    _, numbers = language.catalogue.gettext, language.numbers
    alpha = 1 - findings.confidence
    bases = {score.checkpoint.label for score in findings.checkpoints if score.checkpoint.is_base}
    better = [
        change
        for change in (findings.audit.changes if findings.audit else ())
        if change.checkpoint in bases
        and (change.difference.estimate or 0) > 0
        and change.difference.p_adjusted is not None
        and change.difference.p_adjusted <= alpha
    ]
    if better:
        best = max(better, key=lambda change: change.difference.estimate or 0)
        yield _(
            "Ask under %(protocol)s before anything is concluded: there the untrained base passes "
            "%(other)s, under the study's protocol %(own)s."
        ) % {
            "protocol": best.protocol,
            "other": numbers.proportion(best.other),
            "own": numbers.proportion(best.own),
        }


def _which_to_use(findings: CodeFindings, language: Language) -> Iterator[str]:
    _ = language.catalogue.gettext
    best = find_score(findings, findings.best)
    if best is None:
        yield _("Look at the answers below first: no checkpoint passed anything.")
        return
    trial = next(t for t in group_by_trial(findings) if best in t.by_step.values())
    label = best.checkpoint.label
    base = trial.base.checkpoint.label if trial.base else ""
    comparison = find_comparison(findings, label, base)
    if comparison is None or comparison.verdict != "better":
        yield _("Keep the untrained base until a checkpoint is shown to be better.")
        return
    plateaus = findings.trajectory.plateaus if findings.trajectory else ()
    earliest = next((p.earliest for p in plateaus if p.best == label), label)
    if earliest == label:
        yield _("Use %s: it is better than its base.") % label
    else:
        yield _(
            "Use %(earliest)s: it cannot be told from the best, %(best)s, and takes less training."
        ) % {"earliest": earliest, "best": label}


def _what_to_repeat(findings: CodeFindings, language: Language) -> Iterator[str]:
    _ = language.catalogue.gettext
    seeds: dict[str, set[int | None]] = {}
    for score in findings.checkpoints:
        if not score.checkpoint.is_base:
            seeds.setdefault(score.checkpoint.arm, set()).add(score.checkpoint.seed)
    if any(len(of_arm) == 1 for of_arm in seeds.values()):
        yield _(
            "Train every arm with three seeds or more before one data strategy is called better."
        )
    if sum(not score.checkpoint.is_base for score in findings.checkpoints) > 1:
        yield _(
            "Choose the checkpoint on other problems than those that are reported, or report the "
            "corrected score."
        )


def _what_to_measure(findings: CodeFindings, language: Language) -> Iterator[str]:
    _, numbers = language.catalogue.gettext, language.numbers
    soft = findings.soft_outcomes
    if soft is not None and soft.edge is not None:
        yield _(
            "Decode several completions a problem, or take another benchmark: here pass@1 cannot "
            "separate the checkpoints."
        )
        return
    unsettled = [c for c in findings.comparisons if c.verdict not in ("better", "worse")]
    sizes = [c.smallest_detectable for c in unsettled if c.smallest_detectable is not None]
    if sizes:
        yield _(
            "Add problems to settle smaller differences: below %s points they would mostly stay "
            "unseen."
        ) % numbers.decimal(100 * max(sizes), 1)


def _what_to_lengthen(findings: CodeFindings, language: Language) -> Iterator[str]:
    cut = [(score.truncated, score.checkpoint.label) for score in findings.checkpoints]
    most, label = max(cut, key=lambda item: _share(item[0]), default=(None, ""))
    if most is not None and _share(most) >= _TRUNCATED:
        yield language.catalogue.gettext(
            "Raise predict.max_new_tokens: %(label)s was cut at the limit in %(cut)s of its "
            "completions."
        ) % {"label": label, "cut": language.numbers.proportion(most)}


def _share(proportion: Proportion) -> float:
    return proportion.k / proportion.n if proportion.n else 0.0


def _what_to_leave_out(findings: CodeFindings, language: Language) -> Iterator[str]:
    found = findings.contamination
    if found is not None and found.flagged:
        yield language.catalogue.ngettext(
            "Report the scores without the problem found in a training set too: %s.",
            "Report the scores without the problems found in training sets too: %s.",
            len(found.flagged),
        ) % ", ".join(found.flagged[:5])
