"""Plan -> lines for a person."""

from __future__ import annotations

from collections.abc import Sequence

from kiyas.cli.wording import (
    DASH,
    bytes_text,
    count_text,
    duration_text,
    points_text,
    table_text,
)
from kiyas.errors import KiyasError
from kiyas.faults import say_fault
from kiyas.languages import decimal_text, percent_text
from kiyas.languages import gettext as _
from kiyas.planning import (
    ClassificationPlan,
    Detectable,
    Plan,
    PlannedAudit,
    PlannedClassifier,
    PlannedTrial,
)


def plan_text(plan: Plan | ClassificationPlan) -> str:
    """Return the plan of a study of either task as it is shown on a terminal."""
    return _code_text(plan) if isinstance(plan, Plan) else _classification_text(plan)


def _code_text(plan: Plan) -> str:
    head = _(
        "study {study}: {trials} trials, {checkpoints} checkpoints to test on {benchmark} "
        "({problems} problems x {samples})"
    ).format(
        study=plan.study,
        trials=len(plan.trials),
        checkpoints=len(plan.checkpoints),
        benchmark=plan.benchmark,
        problems=plan.num_problems,
        samples=plan.num_samples,
    )
    decoding = _(
        "{completions} completions, at most {tokens} new tokens; decoding {time} at most"
    ).format(
        completions=count_text(plan.num_completions),
        tokens=count_text(plan.max_new_tokens),
        time=duration_text(plan.prediction_seconds),
    )
    heads = (
        _("trial"),
        _("steps"),
        _("epochs"),
        _("tokens"),
        _("trainable"),
        _("memory"),
        _("time"),
        _("checkpoints"),
    )
    return "\n".join(
        [
            head,
            "",
            _("To train"),
            table_text(heads, [_trial_row(trial) for trial in plan.trials]),
            "",
            _("To test"),
            *(f"  {label}" for label in plan.checkpoints),
            f"  {decoding}",
            *_audit_lines(plan.audit),
            "",
            *_detectable_lines(plan.detectable, plan.num_comparisons),
            *_one_seed_lines(plan),
            *_fault_lines(plan),
            "",
            _foot(),
        ]
    )


def _audit_lines(audit: PlannedAudit | None) -> list[str]:
    if audit is None or not audit.num_completions:
        return []
    line = _(
        "audit: {checkpoints} of them under {protocols} as well, {completions} completions, at "
        "most {tokens} new tokens; decoding {time} at most"
    ).format(
        checkpoints=audit.num_checkpoints,
        protocols=", ".join(audit.protocols),
        completions=count_text(audit.num_completions),
        tokens=count_text(audit.max_new_tokens),
        time=duration_text(audit.prediction_seconds),
    )
    return [f"  {line}"]


def _classification_text(plan: ClassificationPlan) -> str:
    splits = {"train": _("training"), "validation": _("validation"), "test": _("test")}
    counts = ", ".join(
        f"{splits.get(name, name)} {DASH if count is None else count}"
        for name, count in plan.num_rows.items()
    )
    num_trials = sum(trial.count for trial in plan.trials)
    detectable = (
        _detectable_lines(plan.detectable, plan.num_comparisons)
        if plan.detectable
        else [_("What the test rows can show is unknown without their number (data.num_rows)")]
    )
    head = _("study {study}: {trials} trials, {tested} of them tested; {classes} classes").format(
        study=plan.study,
        trials=num_trials,
        tested=plan.num_tested,
        classes=DASH if plan.num_classes is None else plan.num_classes,
    )
    missing = _("not here: {source}; `kiyas run` needs it")
    heads = (
        _("trial"),
        _("for"),
        _("steps"),
        _("epochs"),
        _("tokens"),
        _("trainable"),
        _("memory"),
        _("time"),
    )
    timing = _("To time: {num} calls").format(num=plan.num_timed_calls)
    return "\n".join(
        [
            head,
            _("rows: {counts}").format(counts=counts),
            *(missing.format(source=source) for source in plan.missing),
            "",
            _("To train"),
            table_text(heads, [_classifier_row(trial) for trial in plan.trials]),
            "",
            timing if plan.num_timed_calls else _("No timing"),
            "",
            *detectable,
            "",
            _foot(),
        ]
    )


def _classifier_row(trial: PlannedClassifier) -> tuple[str, ...]:
    name = trial.name if trial.count == 1 else f"{trial.count} x {trial.name}"
    if trial.purpose == "baseline":
        return (name, _("test"), DASH, DASH, DASH, DASH, DASH, _("seconds"))
    return (
        name,
        _("search") if trial.purpose == "search" else _("test"),
        f"{DASH if trial.num_steps is None else trial.num_steps} x {trial.batch_size}",
        str(trial.num_epochs),
        DASH if trial.num_tokens is None else f"~{count_text(trial.num_tokens)}",
        _trainable_text(trial.trainable_parameters, trial.total_parameters),
        bytes_text(trial.memory_bytes),
        duration_text(trial.seconds),
    )


def _trainable_text(trainable: int | None, total: int | None) -> str:
    if trainable is None or total is None:
        return DASH
    return f"{count_text(trainable)} ({percent_text(trainable / total, 2)})"


def _trial_row(trial: PlannedTrial) -> tuple[str, ...]:
    epochs = DASH if trial.num_epochs is None else decimal_text(trial.num_epochs, 2)
    tokens = (
        f"<= {count_text(trial.max_tokens)}"
        if trial.num_tokens is None
        else f"~{count_text(trial.num_tokens)}"
    )
    return (
        trial.name,
        f"{trial.num_steps} x {trial.batch_size}",
        epochs,
        tokens,
        _trainable_text(trial.trainable_parameters, trial.total_parameters),
        bytes_text(trial.memory_bytes),
        duration_text(trial.seconds),
        " ".join(str(step) for step in trial.checkpoints),
    )


def _detectable_lines(detectable: Sequence[Detectable], num_comparisons: int) -> list[str]:
    rows = [
        (percent_text(item.discordance, 0), points_text(item.alone), points_text(item.in_family))
        for item in detectable
    ]
    heads = (
        _("if two arms disagree on"),
        _("alone"),
        _("among all {num}").format(num=num_comparisons),
    )
    return [_("Smallest difference that can be detected (80 % power)"), table_text(heads, rows)]


def _one_seed_lines(plan: Plan) -> list[str]:
    if len({trial.seed for trial in plan.trials}) != 1:
        return []
    told = _("one seed: a difference is one between weights, not between strategies")
    return [f"  {told}"]


def _fault_lines(plan: Plan) -> list[str]:
    if not plan.faults:
        return []
    plain = ({key: fault[key] for key in fault.keys() - {"error"}} for fault in plan.faults)
    faults = [KiyasError(**values) for values in plain]
    head = _("Lacking on this machine; `kiyas run` refuses to begin here without it")
    return ["", head, *(fault.tell(say_fault) for fault in faults)]


def _foot() -> str:
    return _(
        "~ estimated from characters; times and memory are rough, for this machine's processor; "
        "– unknown here"
    )
