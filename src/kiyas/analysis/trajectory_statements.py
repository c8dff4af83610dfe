"""What the checkpoints say together -> statements in plain words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kiyas.analysis.wording import counts_text, interval_text, percent_text, points_text
from kiyas.records import Finding
from kiyas.records.trajectory import (
    WHOLE_STUDY,
    ArmDifference,
    LearningSpeed,
    SelectedBest,
    Trajectory,
    TrialPlateau,
)

_MOST_PLATEAUS = 5
"""Trials of which each is named; the table has all."""


def state_trajectory(trajectory: Trajectory, num_seeds: int) -> Iterator[Finding]:
    """Yield what the numbers support.

    Args:
        trajectory: What the checkpoints say together.
        num_seeds: Training seeds an arm.
    """
    for selected in trajectory.selected:
        if selected.scope == WHOLE_STUDY:
            yield _of_best(selected)
    yield from _of_plateaus(trajectory.plateaus)
    for speed in trajectory.speeds:
        yield _of_speed(speed)
    if trajectory.num_uncompared:
        yield Finding(
            "learning-speed",
            "note",
            f"Who learns faster is not compared: {trajectory.num_uncompared} pairs of trials are "
            "more than a reader can follow. The arms are compared at equal steps.",
            {"num_pairs": trajectory.num_uncompared},
        )
    if trajectory.without_speed:
        yield _without_speed(trajectory.without_speed)
    yield from _of_arms(trajectory.arms, num_seeds)


def _of_best(best: SelectedBest) -> Finding:
    corrected = percent_text(best.corrected)
    last = (
        "It is the last checkpoint of its trial."
        if best.last == best.best
        else f"The last checkpoint of its trial, which nobody chose, {best.last}, reaches "
        f"{counts_text(best.last_score)}."
    )
    return Finding(
        "best-checkpoint",
        "warning",
        f"{best.best} is the best of {best.num_checkpoints} checkpoints, selected on the test set "
        f"itself: {counts_text(best.observed)} as observed, {corrected} "
        f"{interval_text(best.ci_low, best.ci_high, percent_text)} after repeated split-half "
        f"cross-fitting takes the luck of the choice out. {last}",
        {
            "observed": best.observed.estimate,
            "corrected": best.corrected,
            "ci_low": best.ci_low,
            "ci_high": best.ci_high,
            "last": best.last_score.estimate,
            "expected_inflation": best.expected_inflation,
            "num_checkpoints": best.num_checkpoints,
        },
    )


def _of_plateaus(plateaus: Sequence[TrialPlateau]) -> Iterator[Finding]:
    early = [plateau for plateau in plateaus if plateau.earliest != plateau.best]
    if len(early) > _MOST_PLATEAUS:
        yield Finding(
            "plateau",
            "note",
            f"{len(early)} of {len(plateaus)} trials could stop before their best step: a step "
            "before it lies within one standard error of it, and a paired test does not tell the "
            "two apart.",
            {"num_early": len(early), "num_trials": len(plateaus)},
        )
        return
    for plateau in early:
        point = next(item for item in plateau.points if item.checkpoint == plateau.earliest)
        best = plateau.points[-1]
        yield Finding(
            "plateau",
            "note",
            f"{plateau.trial}: training could stop at step {point.step}. Its score is "
            f"{100 * point.deficit:.1f} points below the best of the trial (step {best.step}), "
            f"within one standard error of it ({100 * plateau.standard_error:.1f} points), and a "
            f"paired test does not tell the two apart (p = {point.p_value:.2g}).",
            {
                "step": point.step,
                "best_step": best.step,
                "deficit": point.deficit,
                "standard_error": plateau.standard_error,
                "p_value": point.p_value,
            },
        )


def _of_speed(speed: LearningSpeed) -> Finding:
    early = speed.early
    steps = ", ".join(str(step) for step in speed.early_steps)
    figures = f"{points_text(early.estimate)} points {interval_text(early.ci_low, early.ci_high)}"
    p_value = "" if early.p_adjusted is None else f", p = {early.p_adjusted:.2g}"
    if speed.verdict in ("better", "worse"):
        names = (speed.first, speed.second)
        ahead, behind = names if speed.verdict == "better" else names[::-1]
        last = speed.points[-1]
        rest = (
            "and still leads at the last step"
            if last.difference * (early.estimate or 0) > 0
            else "and has lost the lead at the last step"
        )
        text = f"{ahead} learns faster than {behind}: at steps {steps} {figures}{p_value}, {rest}."
    else:
        text = (
            f"No early lead is real: {speed.first} minus {speed.second} at steps {steps} is "
            f"{figures}{p_value}; {speed.verdict}."
        )
    return Finding(
        "learning-speed",
        "note",
        text,
        {
            "difference": early.estimate,
            "ci_low": early.ci_low,
            "ci_high": early.ci_high,
            "p_value": early.p_adjusted,
        },
    )


def _without_speed(pairs: Sequence[tuple[str, str]]) -> Finding:
    named = ", ".join(f"{first} / {second}" for first, second in pairs)
    return Finding(
        "learning-speed",
        "note",
        "Which arm learns faster cannot be said: that takes at least two steps at which both were "
        f"tested. They share fewer: {named}.",
        {"num_pairs": len(pairs)},
    )


def _of_arms(arms: Sequence[ArmDifference], num_seeds: int) -> Iterator[Finding]:
    tested = [item for item in arms if item.num_seeds > 1]
    if num_seeds < 2 or not tested:
        return
    apart = [item for item in tested if item.verdict in ("better", "worse")]
    text = (
        f"With the training seed as the unit ({tested[0].num_seeds} seeds), the arms differ in "
        f"{len(apart)} of {len(tested)} comparisons at equal steps after Holm."
    )
    shown = min(tested, key=lambda item: _or_one(item.difference.p_adjusted))
    difference = shown.difference
    text += (
        f" Strongest: {shown.first} minus {shown.second} at step {shown.step} is "
        f"{points_text(difference.estimate)} points "
        f"{interval_text(difference.ci_low, difference.ci_high)}: {shown.verdict}. "
    )
    text += (
        "Such a difference holds for the strategy on this base and this data."
        if apart
        else "Nothing is shown of the strategies."
    )
    yield Finding(
        "arms-over-seeds",
        "note",
        text,
        {"num_told_apart": len(apart), "num_comparisons": len(tested)},
    )


def _or_one(p_value: float | None) -> float:
    return 1.0 if p_value is None else p_value
