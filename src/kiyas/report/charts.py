"""Findings and histories -> three charts as SVG: pass@1, training loss, outcomes.

Colours come from classes (``templates/styles/charts.css``), so that a page can be light or dark.
Series differ by marker and by a label at the line's end, not by colour alone.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from kiyas.records import CheckpointScore, CodeFindings
from kiyas.report.bar_chart import MAX_SEGMENTS, Bar, draw_stacked_bars
from kiyas.report.languages import Language
from kiyas.report.line_chart import Frame, Line, Point, draw_lines
from kiyas.report.parts import Chart
from kiyas.report.records import HistoryRow
from kiyas.report.tables import order_outcomes
from kiyas.report.trials import group_by_trial

_MAX_POINTS = 400


def draw_pass_curve(findings: CodeFindings, language: Language) -> Chart | None:
    """Return pass@1 against the training step with its intervals as bands; None if no trial."""
    _ = language.catalogue.gettext
    lines = []
    for trial in group_by_trial(findings):
        if trial.by_step:
            scores = [*([trial.base] if trial.base else []), *trial.by_step.values()]
            points = tuple(_score_point(score) for score in scores)
            lines.append(Line(trial.title, trial.index, points))
    title = _("pass@1 by training step, with %s %% intervals") % f"{100 * findings.confidence:g}"
    frame = Frame("pass-curve", title, _("training step"), "pass@1")
    svg = draw_lines(lines, frame, language.numbers.short_share)
    return None if svg is None else Chart("pass-curve", title, svg)


def draw_loss_curve(
    findings: CodeFindings, histories: Mapping[str, Sequence[HistoryRow]], language: Language
) -> Chart | None:
    """Return the training loss against the step; None if no trial has a history."""
    _ = language.catalogue.gettext
    lines = []
    for trial in group_by_trial(findings):
        rows = histories.get(trial.trial, ())
        if rows:
            points = tuple(Point(row.step, _finite(row.loss)) for row in rows)
            lines.append(Line(trial.title, trial.index, _thinned(points)))
    title = _("Training loss by step")
    frame = Frame("loss-curve", title, _("training step"), _("training loss"))
    svg = draw_lines(lines, frame, lambda value: language.numbers.decimal(value, 2))
    return None if svg is None else Chart("loss-curve", title, svg)


def draw_outcomes(findings: CodeFindings, language: Language) -> Chart | None:
    """Return each checkpoint's completions by outcome as a stacked bar; None without scores."""
    outcomes = order_outcomes(findings)
    if not outcomes:
        return None
    _ = language.catalogue.gettext
    num_shown = MAX_SEGMENTS if len(outcomes) <= MAX_SEGMENTS else MAX_SEGMENTS - 1
    shown, rest = outcomes[:num_shown], outcomes[num_shown:]
    bars = []
    for score in findings.checkpoints:
        counts = [score.outcomes.get(outcome, 0) for outcome in shown]
        counts += [sum(score.outcomes.get(outcome, 0) for outcome in rest)] if rest else []
        bars.append(Bar(score.checkpoint.label, tuple(counts)))
    names = (*shown, _("other outcomes")) if rest else shown
    title = _("Completions by outcome")
    return Chart("outcomes-chart", title, draw_stacked_bars("outcomes-chart", title, bars, names))


def _score_point(score: CheckpointScore) -> Point:
    share = score.pass_at_1
    return Point(score.checkpoint.step, share.estimate, share.ci_low, share.ci_high)


def _thinned(points: tuple[Point, ...]) -> tuple[Point, ...]:
    """Return at most ``_MAX_POINTS`` points: means of neighbours, so that a file stays small."""
    size = math.ceil(len(points) / _MAX_POINTS)
    if size <= 1:
        return points
    thinned = []
    for start in range(0, len(points), size):
        group = points[start : start + size]
        known = [p.y for p in group if p.y is not None]
        mean = sum(known) / len(known) if known else None
        thinned.append(Point(group[len(group) // 2].x, mean))
    return tuple(thinned)


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
