"""Findings -> what belongs to one trial: its name in tables, its base, its checkpoints by step."""

from __future__ import annotations

from dataclasses import dataclass, replace

from kiyas.records import CheckpointScore, CodeFindings, Comparison


@dataclass(frozen=True)
class TrialScores:
    """One column of the main table and one line of the curves."""

    trial: str
    """Name of the trial, or of a base that no trial started from."""
    title: str
    """The arm's name, with the seed where the study has several."""
    index: int
    """0-based position among the trials; sets colour and marker."""
    base: CheckpointScore | None
    """The untrained base that it is compared with; None if unknown."""
    by_step: dict[int, CheckpointScore]
    """Scores of the trained checkpoints, in order of step."""


def group_by_trial(findings: CodeFindings) -> tuple[TrialScores, ...]:
    """Return the trials in the order of the findings, then bases that no trial started from."""
    bases = {score.checkpoint.label: score for score in findings.checkpoints if _is_base(score)}
    trained = [score for score in findings.checkpoints if not _is_base(score)]
    groups: dict[str, list[CheckpointScore]] = {}
    for score in trained:
        groups.setdefault(score.checkpoint.trial, []).append(score)
    # Of the study, not of the arm: of many trials an arm may keep one.
    is_seeded = len({scores[0].checkpoint.seed for scores in groups.values()}) > 1
    partners = _against_base(findings.comparisons)
    trials: list[TrialScores] = []
    for name, scores in groups.items():
        first = scores[0].checkpoint
        by_step = {s.checkpoint.step: s for s in sorted(scores, key=lambda s: s.checkpoint.step)}
        trials.append(
            TrialScores(
                trial=name,
                title=f"{first.arm} (seed {first.seed})" if is_seeded else first.arm or name,
                index=len(trials),
                base=_base_of(scores, bases, partners),
                by_step=by_step,
            )
        )
    used = {trial.base.checkpoint.label for trial in trials if trial.base}
    for label, base in bases.items():
        if label not in used:
            name = base.checkpoint.trial
            title = name.removeprefix("base/")
            trials.append(TrialScores(name, title, len(trials), base, {}))
    return tuple(trials)


def find_comparison(findings: CodeFindings, first: str, second: str) -> Comparison | None:
    """Return the comparison of two labels, first minus second; None if it was not declared."""
    for comparison in findings.comparisons:
        if (comparison.first, comparison.second) == (first, second):
            return comparison
        if (comparison.first, comparison.second) == (second, first):
            return _reversed(comparison)
    return None


def find_score(findings: CodeFindings, label: str | None) -> CheckpointScore | None:
    """Return the score of a checkpoint; None if there is no such checkpoint."""
    for score in findings.checkpoints:
        if score.checkpoint.label == label:
            return score
    return None


_OPPOSITE = {"better": "worse", "worse": "better"}


def _reversed(comparison: Comparison) -> Comparison:
    return replace(
        comparison,
        first=comparison.second,
        second=comparison.first,
        num_first_only=comparison.num_second_only,
        num_second_only=comparison.num_first_only,
        difference=_negative(comparison.difference),
        ci_low=_negative(comparison.ci_high),
        ci_high=_negative(comparison.ci_low),
        verdict=_OPPOSITE.get(comparison.verdict, comparison.verdict),
    )


def _negative(value: float | None) -> float | None:
    return None if value is None else -value


def _is_base(score: CheckpointScore) -> bool:
    return score.checkpoint.is_base


def _against_base(comparisons: tuple[Comparison, ...]) -> dict[str, str]:
    """Return, by the label of a checkpoint, that of the base it is compared with; and reversed."""
    partners: dict[str, str] = {}
    for comparison in comparisons:
        if comparison.kind == "against-base":
            partners.setdefault(comparison.first, comparison.second)
            partners.setdefault(comparison.second, comparison.first)
    return partners


def _base_of(
    scores: list[CheckpointScore], bases: dict[str, CheckpointScore], partners: dict[str, str]
) -> CheckpointScore | None:
    for score in scores:
        partner = partners.get(score.checkpoint.label)
        if partner is not None:
            return bases.get(partner)
    return next(iter(bases.values())) if len(bases) == 1 else None
