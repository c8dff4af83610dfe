"""The artefact audit and the course of the training -> charts as SVG."""

from __future__ import annotations

from functools import partial

from kiyas.records import CheckpointScore, CodeFindings
from kiyas.records.code_audit import StudyAudit
from kiyas.records.taxonomy import GROUPS, OUTCOME_GROUPS
from kiyas.records.trajectory import Course, LearningSpeed, ProblemCourse, Trajectory
from kiyas.report.area_chart import AreaPanel, Layer, draw_areas
from kiyas.report.audit_vocabulary import translate_course, translate_group
from kiyas.report.bar_chart import Bar, draw_stacked_bars
from kiyas.report.interval_chart import Dot, Group, Scale, draw_intervals
from kiyas.report.languages import Language
from kiyas.report.parts import Chart
from kiyas.report.problem_map import MapBlock, MapColumn, draw_problem_map
from kiyas.report.series import Series
from kiyas.report.trials import group_by_trial

_LAYERS = ("pass", "answer", "run", "load", "compile", "extraction", "generation", "resource")
"""Stages from the bottom: the further an answer came, the lower it lies."""
_MOST_LEADS = 10
_COURSES: tuple[Course, ...] = ("kept", "gained", "flickering", "forgotten", "lost", "never")


def draw_split(audit: StudyAudit, language: Language) -> Chart | None:
    """Return each checkpoint's gained problems by what the gain is; None if nothing is gained."""
    _ = language.catalogue.gettext
    splits = [split for split in audit.splits if split.gained.k or split.lost.k]
    if not splits:
        return None
    # A part of n problems: whole ones, unless there are several completions of each.
    bars = [
        Bar(
            item.checkpoint,
            tuple(
                part.n * (part.estimate or 0.0) for part in (item.ability, item.format, item.lost)
            ),
        )
        for item in splits
    ]
    digits = 0 if all(item.counts_problems for item in splits) else 1
    title = _("Problems gained by ability, gained by format, and lost")
    segments = (_("gained: ability"), _("gained: format"), _("lost"))
    write = partial(language.numbers.decimal, digits=digits)
    svg = draw_stacked_bars("gain-split-chart", title, bars, segments, write)
    return Chart("gain-split-chart", title, svg)


def draw_leads(trajectory: Trajectory, language: Language) -> Chart | None:
    """Return the difference of two trials at each step, with a band over all steps."""
    _ = language.catalogue.gettext
    ranked = sorted(trajectory.speeds, key=_early_p)[:_MOST_LEADS]
    shown = [speed for speed in trajectory.speeds if speed in ranked]
    groups = tuple(
        Group(
            f"{speed.first} − {speed.second}",
            tuple(
                Dot(
                    series=0,
                    value=point.difference,
                    low=point.band_low,
                    high=point.band_high,
                    text=_("step %s") % point.step,
                )
                for point in speed.points
            ),
        )
        for speed in shown
    )
    if not groups:
        return None
    title = _("Lead of the first arm by step, with a band that covers all steps at once")
    ends = [
        abs(end)
        for group in groups
        for dot in group.dots
        for end in (dot.value, dot.low, dot.high)
        if end is not None
    ]
    reach = max([*ends, 0.01])
    scale = Scale(
        _("difference, points"), language.numbers.points, low=-1.05 * reach, high=1.05 * reach
    )
    series = (Series(_("difference, points"), 0),)
    svg = draw_intervals("lead-chart", title, groups, series, scale)
    left_out = len(trajectory.speeds) - len(shown)
    note = _("The %(shown)s of %(all)s pairs with the smallest p while early.") % {
        "shown": len(shown),
        "all": len(trajectory.speeds),
    }
    return None if svg is None else Chart("lead-chart", title, svg, note if left_out else "")


def _early_p(speed: LearningSpeed) -> float:
    return 1.0 if speed.early.p_value is None else speed.early.p_value


def draw_failure_areas(findings: CodeFindings, language: Language) -> Chart | None:
    """Return the outcomes of each trial over its steps as stacked areas by stage."""
    _ = language.catalogue.gettext
    panels = []
    for trial in group_by_trial(findings):
        if trial.by_step:
            scores = [*([trial.base] if trial.base else []), *trial.by_step.values()]
            panels.append(
                AreaPanel(
                    trial.title,
                    tuple(score.checkpoint.step for score in scores),
                    tuple(_stage_counts(score) for score in scores),
                )
            )
    if not panels:
        return None
    stages = _stages()
    present = [
        index
        for index in range(len(stages))
        if any(counts[index] for panel in panels for counts in panel.counts)
    ]
    kept = [
        AreaPanel(
            panel.title,
            panel.steps,
            tuple(tuple(counts[index] for index in present) for counts in panel.counts),
        )
        for panel in panels
    ]
    layers = [Layer(translate_group(stages[index], language.catalogue), index) for index in present]
    title = _("Where completions end, from the base over the steps")
    svg = draw_areas("failure-areas", title, kept, layers, _("training step"))
    note = _("From the bottom: the further a completion came, the lower its layer.")
    return Chart("failure-areas", title, svg, note)


def _stages() -> tuple[str, ...]:
    return (*_LAYERS, *(group for group in GROUPS if group not in _LAYERS))


def _stage_counts(score: CheckpointScore) -> tuple[int, ...]:
    counts = dict.fromkeys(_stages(), 0)
    for outcome, count in score.outcomes.items():
        counts[OUTCOME_GROUPS.get(outcome, "infrastructure")] += count
    return tuple(counts.values())


def _by_passes(problem: ProblemCourse) -> tuple[float, ...]:
    """Return what sorts problems by where they are passed, the earliest checkpoint first."""
    return tuple(-(share or 0.0) for share in problem.passes)


def draw_courses(trajectory: Trajectory, language: Language) -> Chart | None:
    """Return the map of problems by checkpoint, sorted by how they fare."""
    _ = language.catalogue.gettext
    blocks = []
    for item in trajectory.courses:
        columns = [
            MapColumn(
                f"{problem.task_id}: {translate_course(problem.course, language.catalogue)}",
                translate_course(problem.course, language.catalogue),
                problem.passes,
            )
            for course in _COURSES
            for problem in sorted(item.problems, key=_by_passes)
            if problem.course == course
        ]
        if columns:
            rows = tuple(_("base") if step == 0 else _("step %s") % step for step in item.steps)
            blocks.append(MapBlock(item.trial, rows, tuple(columns)))
    if not blocks:
        return None
    title = _("Every problem by checkpoint: gained, lost, flickering, forgotten")
    note = _("A full cell is passed, a thin stroke failed; problems stand by how they fare.")
    return Chart("problem-map", title, draw_problem_map("problem-map", title, blocks), note)
