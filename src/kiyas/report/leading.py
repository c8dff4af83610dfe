"""Findings of many trials -> those of the leading ones, for what would be unreadable with all.

Leaves a study of up to ``MOST_TRIALS`` trials as it is. Computes nothing: counts of a family of
comparisons still speak of all of them, so that comparisons are cut where they are drawn.
"""

from __future__ import annotations

from dataclasses import replace

from kiyas.records import CheckpointScore, CodeFindings
from kiyas.records.trajectory import WHOLE_STUDY, Trajectory
from kiyas.report.languages import Language
from kiyas.report.parts import Chart, Gap, Section, Table
from kiyas.report.trials import group_by_trial

MOST_TRIALS = 12
"""As many series as a chart tells apart by colour and marker (``series``)."""
MOST_ROWS = 300
"""Rows of a table on the page; nobody reads further, and a browser lays them all out."""


def keep_leading(findings: CodeFindings) -> CodeFindings:
    """Return the findings with the trials of the best checkpoints, in the study's order."""
    names = {trial for trial, _ in rank_trials(findings)[:MOST_TRIALS]}
    if len(names) == len(rank_trials(findings)):
        return findings
    kept = tuple(
        score
        for score in findings.checkpoints
        if score.checkpoint.is_base or score.checkpoint.trial in names
    )
    labels = {score.checkpoint.label for score in kept}
    arms = {score.checkpoint.arm for score in kept}
    soft, traces = findings.soft_outcomes, findings.traces
    return replace(
        findings,
        checkpoints=kept,
        trajectory=_keep_trials(findings.trajectory, names, labels),
        soft_outcomes=soft
        and replace(soft, scores=tuple(s for s in soft.scores if s.checkpoint in labels)),
        traces=traces
        and replace(
            traces,
            tests=tuple(test for test in traces.tests if test.checkpoint in labels),
            claims=tuple(claim for claim in traces.claims if claim.arm in arms),
        ),
    )


def rank_trials(findings: CodeFindings) -> list[tuple[str, CheckpointScore]]:
    """Return each trained trial with its best checkpoint, the best trial first."""
    best = [
        (trial.trial, max(trial.by_step.values(), key=_pass_rate))
        for trial in group_by_trial(findings)
        if trial.by_step
    ]
    return sorted(best, key=lambda item: -_pass_rate(item[1]))


def say_what_is_shown(findings: CodeFindings, language: Language) -> tuple[Gap, ...]:
    """Return the sentence that tells of the trials left out; nothing if there are none."""
    num_trials = len(rank_trials(findings))
    if num_trials <= MOST_TRIALS:
        return ()
    sentence = language.catalogue.gettext(
        "Charts and tables by checkpoint show the %(shown)s trials with the best checkpoints of "
        "%(all)s; the table of pass@1 has every trial, findings.json everything."
    )
    return (Gap(sentence % {"shown": MOST_TRIALS, "all": num_trials}),)


def cut_long_tables(section: Section, language: Language) -> Section:
    """Return the section with at most ``MOST_ROWS`` rows a table, and told so."""
    return replace(section, blocks=tuple(_cut(block, language) for block in section.blocks))


def _cut(block: Table | Chart | Gap, language: Language) -> Table | Chart | Gap:
    if not isinstance(block, Table) or len(block.rows) <= MOST_ROWS:
        return block
    told = language.catalogue.gettext(
        "The first %(shown)s of %(all)s rows; findings.json has all."
    ) % {"shown": MOST_ROWS, "all": len(block.rows)}
    return replace(block, rows=block.rows[:MOST_ROWS], note=f"{block.note} {told}".strip())


def _keep_trials(
    trajectory: Trajectory | None, names: set[str], labels: set[str]
) -> Trajectory | None:
    if trajectory is None:
        return None
    return replace(
        trajectory,
        selected=tuple(
            s for s in trajectory.selected if s.scope == WHOLE_STUDY or s.scope in names
        ),
        plateaus=tuple(p for p in trajectory.plateaus if p.trial in names),
        speeds=tuple(s for s in trajectory.speeds if s.first in names and s.second in names),
        courses=tuple(course for course in trajectory.courses if course.trial in names),
        failures=tuple(f for f in trajectory.failures if f.checkpoint in labels),
    )


def _pass_rate(score: CheckpointScore) -> float:
    return score.pass_at_1.estimate or 0.0
