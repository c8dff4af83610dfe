"""Token budgets and training of a code study -> what makes its arms unequal, in plain words."""

from __future__ import annotations

from collections.abc import Iterator

from kiyas.analysis.scored import Setting
from kiyas.records import Finding
from kiyas.records.code_audit import StudyAudit, TokenBudget, TrainingBudget

UNEQUAL_TOKENS = 1.25
"""From this ratio of training tokens an optimiser step, arms are said to differ in them."""
CUT_SHARE = 0.05
"""From this share of training rows cut, an arm has not learnt to end its answers."""


def state_budgets(audit: StudyAudit, setting: Setting) -> Iterator[Finding]:
    """Yield whether all arms had the same tokens, and each the protocol it was trained under."""
    own = [item for item in audit.budgets if item.protocol == audit.own_protocol]
    findings = [
        *_of_limits(own),
        *_of_truncation(own, setting),
        *_of_protocol(audit),
        *_of_training(audit.training),
    ]
    yield from findings
    if not any(finding.severity == "alarm" for finding in findings):
        yield Finding(
            "equal-terms",
            "note",
            f"Every checkpoint was asked under {audit.own_protocol}, the protocol that the arms "
            "were trained under, with the same limit of tokens.",
        )


def _of_limits(budgets: list[TokenBudget]) -> Iterator[Finding]:
    limits = {b.checkpoint: b.limit_tokens for b in budgets if b.limit_tokens is not None}
    if len(set(limits.values())) > 1:
        least, most = (choose(limits, key=lambda name: limits[name]) for choose in (min, max))
        yield Finding(
            "unequal-budget",
            "alarm",
            f"Checkpoints did not have the same room: {least} was cut at {limits[least]} tokens, "
            f"{most} only at {limits[most]}. Their scores compare budgets as well as weights; "
            "lower max_new_tokens to what every context holds.",
            {"least": limits[least], "most": limits[most]},
        )


def _of_truncation(budgets: list[TokenBudget], setting: Setting) -> Iterator[Finding]:
    """Warn where the intervals of two checkpoints' truncation do not even overlap."""
    known = [b for b in budgets if b.truncated.ci_low is not None]
    if len(known) < 2:
        return
    least = min(known, key=lambda b: b.truncated.estimate or 0.0)
    most = max(known, key=lambda b: b.truncated.estimate or 0.0)
    if (most.truncated.ci_low or 0.0) > (least.truncated.ci_high or 1.0):
        yield Finding(
            "unequal-truncation",
            "warning",
            f"The token limit does not strike alike: {most.checkpoint} has "
            f"{most.truncated.k}/{most.truncated.n} completions cut, {least.checkpoint} "
            f"{least.truncated.k}/{least.truncated.n} (their {100 * setting.confidence:g} % "
            "intervals lie apart). What the first loses to the limit is a finding about the "
            "budget, not about its ability.",
            {"most": most.truncated.estimate, "least": least.truncated.estimate},
        )


def _of_protocol(audit: StudyAudit) -> Iterator[Finding]:
    barred = [item for item in audit.training if item.opens_with_code is False]
    if audit.own_protocol == "chat-prefill" and barred:
        arms = ", ".join(sorted({item.arm for item in barred}))
        yield Finding(
            "training-protocol",
            "alarm",
            f"{arms}: trained to begin with words, and tested behind an open code fence "
            "(chat-prefill), which forbids what was trained. Test such arms under chat.",
        )


def _of_training(training: tuple[TrainingBudget, ...]) -> Iterator[Finding]:
    by_arm = {item.arm: item for item in training}
    if len({(item.num_steps, item.examples_a_step) for item in by_arm.values()}) > 1:
        sizes = ", ".join(
            f"{arm} {item.num_steps} x {item.examples_a_step}" for arm, item in by_arm.items()
        )
        yield Finding(
            "unequal-training",
            "warning",
            f"The arms were not trained on as many examples (steps x examples a step): {sizes}.",
        )
    means = {
        arm: item.num_tokens / item.cut_rows.n
        for arm, item in by_arm.items()
        if item.num_tokens is not None and item.cut_rows.n
    }
    if means and max(means.values()) >= UNEQUAL_TOKENS * min(means.values()):
        most, least = (choose(means, key=lambda arm: means[arm]) for choose in (max, min))
        yield Finding(
            "unequal-training",
            "note",
            f"A training row of {most} has {means[most]:.0f} tokens on average, one of {least} "
            f"{means[least]:.0f}: at equal steps {most} has seen "
            f"{means[most] / means[least]:.1f} times the tokens.",
            {"ratio": means[most] / means[least]},
        )
    for arm, item in by_arm.items():
        if (item.cut_rows.estimate or 0.0) >= CUT_SHARE:
            yield Finding(
                "cut-rows",
                "warning",
                f"{arm}: {item.cut_rows.k}/{item.cut_rows.n} training rows were cut at "
                f"{item.max_seq_len} tokens, so that their end was never learnt; completions may "
                "run into the token limit for it.",
                {"k": item.cut_rows.k, "n": item.cut_rows.n},
            )
