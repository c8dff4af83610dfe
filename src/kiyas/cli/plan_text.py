"""Plan -> lines for a person."""

from __future__ import annotations

from kiyas.cli.wording import bytes_text, count_text, duration_text, points_text, table_text
from kiyas.planning import Plan, PlannedTrial

_FOOT = (
    "~ estimated from characters; times and memory are rough, for this machine's processor; "
    "– unknown here"
)
_TRIAL_HEADS = ("trial", "steps", "epochs", "tokens", "trainable", "memory", "time", "checkpoints")


def plan_text(plan: Plan) -> str:
    """Return a plan as it is shown on a terminal."""
    head = (
        f"study {plan.study}: {len(plan.trials)} trials, {len(plan.checkpoints)} checkpoints "
        f"to test on {plan.benchmark} ({plan.num_problems} problems x {plan.num_samples})"
    )
    decoding = (
        f"  {count_text(plan.num_completions)} completions, at most "
        f"{count_text(plan.max_new_tokens)} new tokens; decoding "
        f"{duration_text(plan.prediction_seconds)} at most"
    )
    return "\n".join(
        [
            head,
            "",
            "To train",
            table_text(_TRIAL_HEADS, [_trial_row(trial) for trial in plan.trials]),
            "",
            "To test",
            *(f"  {label}" for label in plan.checkpoints),
            decoding,
            "",
            *_detectable_lines(plan),
            "",
            _FOOT,
        ]
    )


def _trial_row(trial: PlannedTrial) -> tuple[str, ...]:
    epochs = "–" if trial.num_epochs is None else f"{trial.num_epochs:.2f}"
    tokens = (
        f"<= {count_text(trial.max_tokens)}"
        if trial.num_tokens is None
        else f"~{count_text(trial.num_tokens)}"
    )
    trainable = "–"
    if trial.trainable_parameters is not None and trial.total_parameters is not None:
        share = 100 * trial.trainable_parameters / trial.total_parameters
        trainable = f"{count_text(trial.trainable_parameters)} ({share:.2f} %)"
    return (
        trial.name,
        f"{trial.num_steps} x {trial.batch_size}",
        epochs,
        tokens,
        trainable,
        bytes_text(trial.memory_bytes),
        duration_text(trial.seconds),
        " ".join(str(step) for step in trial.checkpoints),
    )


def _detectable_lines(plan: Plan) -> list[str]:
    rows = [
        (f"{item.discordance:.0%}", points_text(item.alone), points_text(item.in_family))
        for item in plan.detectable
    ]
    heads = ("if two arms disagree on", "alone", f"among all {plan.num_comparisons}")
    lines = [
        "Smallest difference that can be detected (80 % power)",
        table_text(heads, rows),
    ]
    if len({trial.seed for trial in plan.trials}) == 1:
        lines.append("  one seed: a difference is one between weights, not between strategies")
    return lines
