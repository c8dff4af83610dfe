"""Findings of a classification study -> charts of metrics, classes, confusion, ROC, calibration.

Everything is drawn from the findings; a chart whose input is missing is None, and the section that
would hold it says so.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from kiyas.records.classification import (
    ClassificationFindings,
    ClassifierResult,
    ClassMetrics,
    Metric,
)
from kiyas.report.classification.names import name_classes, name_metric, name_trials
from kiyas.report.classification.tables import (
    tabulate_bins,
    tabulate_classes,
    tabulate_confusion,
)
from kiyas.report.heat_map import HeatCell, HeatMap, draw_heat_map
from kiyas.report.interval_chart import Dot, Group, Scale, draw_intervals
from kiyas.report.languages import Language
from kiyas.report.panel_chart import Curve, Panel, PanelFrame, draw_panels
from kiyas.report.parts import Chart
from kiyas.report.vocabulary import name_level

_NOT_FROM_0_TO_1 = ("log_loss", "calibration_error")
"""Metrics that are better the lower they are, drawn nowhere beside the others."""
_MOST_NOTES = 6
"""Arms whose AUC fits into a panel."""
_GRID = np.linspace(0, 1, 101)
_FULL_SHARE = 0.25
"""Share of all rows in a calibration bin from which its mark has full size."""


def draw_metrics(findings: ClassificationFindings, language: Language) -> Chart | None:
    """Return every metric from 0 to 1 of every trial with its interval."""
    _ = language.catalogue.gettext
    groups = [
        Group(
            name_metric(metric, language.catalogue),
            tuple(
                _dot(number, result.scores.metrics.get(metric), language)
                for number, result in enumerate(findings.results)
            ),
        )
        for metric in findings.metric_order
        if metric not in _NOT_FROM_0_TO_1
    ]
    title = _("Every metric by arm")
    return _intervals("metrics-chart", title, groups, findings, language)


def draw_class_f1(findings: ClassificationFindings, language: Language) -> Chart | None:
    """Return F1 of every class and trial with its interval."""
    _ = language.catalogue.gettext
    groups = [
        Group(
            name,
            tuple(
                _dot(number, result.scores.classes[label].f1, language)
                for number, result in enumerate(findings.results)
            ),
        )
        for label, name in enumerate(name_classes(findings, language))
    ]
    return _intervals("class-f1", _("F1 of each class by arm"), groups, findings, language)


def _intervals(
    name: str,
    title: str,
    groups: list[Group],
    findings: ClassificationFindings,
    language: Language,
) -> Chart | None:
    series = list(name_trials(findings).values())
    level = name_level(findings.confidence, language.catalogue)
    scale = Scale(level, lambda value: language.numbers.decimal(value, 1), high=1.0)
    svg = draw_intervals(name, title, groups, series, scale)
    table = tabulate_classes(findings, language) if name == "class-f1" else None
    return None if svg is None else Chart(name, title, svg, table=table)


def _dot(series: int, metric: Metric | None, language: Language) -> Dot:
    if metric is None:
        return Dot(series, None, None, None, language.numbers.decimal(None))
    text = language.numbers.decimal(metric.estimate, 3)
    return Dot(series, metric.estimate, metric.ci_low, metric.ci_high, text)


def draw_confusion(
    findings: ClassificationFindings, result: ClassifierResult, language: Language
) -> Chart:
    """Return a trial's confusion matrix: counts, and shaded by the share of the true class."""
    _ = language.catalogue.gettext
    names = name_classes(findings, language)
    cells = []
    for true, counts in zip(names, result.scores.confusion, strict=True):
        total = sum(counts)
        cells.append(
            [
                HeatCell(
                    share=k / total if total else None,
                    text=str(k),
                    second=language.numbers.short_share(round(k / total, 2)) if k else "",
                    said=_("%(true)s, predicted %(predicted)s: %(count)s of %(total)s")
                    % {"true": true, "predicted": predicted, "count": k, "total": total},
                )
                for k, predicted in zip(counts, names, strict=True)
            ]
        )
    place = [item.trial for item in findings.results].index(result.trial)
    name = f"confusion-{place}"
    title = _("Confusion of %s") % name_trials(findings)[result.trial].name
    heat = HeatMap(name, title, _("true class"), _("predicted class"), names, cells)
    table = tabulate_confusion(findings, result, language)
    return Chart(name, title, draw_heat_map(heat), table=table)


def draw_roc(findings: ClassificationFindings, language: Language) -> Chart | None:
    """Return the one-vs-rest ROC curves of every class, and their mean, one panel each."""
    _ = language.catalogue.gettext
    has_room = len(findings.results) <= _MOST_NOTES
    panels = []
    for label, name in enumerate(name_classes(findings, language)):
        of_class = [result.scores.classes[label] for result in findings.results]
        curves = [Curve(i, item.roc) for i, item in enumerate(of_class) if item.roc]
        notes = [_auc_text(item.auc, language) for item in of_class if item.roc]
        notes = notes if has_room else []
        panels.append(Panel(name, tuple(curves), tuple(notes) if curves else (_("no such rows"),)))
    means = [(i, _mean_curve(result.scores.classes)) for i, result in enumerate(findings.results)]
    curves = [Curve(i, points) for i, points in means if points]
    if not curves:
        return None
    notes = [
        _auc_text(findings.results[curve.series].scores.metrics.get("auc_macro"), language)
        for curve in curves
    ]
    panels.append(
        Panel(
            _("Mean of the classes"),
            tuple(curves),
            tuple(notes if has_room else ()),
            is_strong=True,
        )
    )
    title = _("ROC of every class against the rest, and their mean")
    y_title = _("true-positive rate; number: AUC") if has_room else _("true-positive rate")
    frame = PanelFrame("roc-chart", title, _("false-positive rate"), y_title)
    svg = draw_panels(panels, list(name_trials(findings).values()), frame, _write_share(language))
    note = _(
        "The last panel is the mean of the class curves at equal false-positive rate. The AUC of "
        "every class with its interval stands in the table of classes."
    )
    return Chart("roc-chart", title, svg, note)


def draw_calibration(findings: ClassificationFindings, language: Language) -> Chart | None:
    """Return the reliability plot: share right against probability, one panel a trial."""
    _ = language.catalogue.gettext
    panels = []
    for number, (result, series) in enumerate(
        zip(findings.results, name_trials(findings).values(), strict=True)
    ):
        bins = result.scores.calibration
        if not bins:
            continue
        weights = [min(1.0, count / result.scores.num_rows / _FULL_SHARE) for *_xy, count in bins]
        points = tuple((sure, right) for sure, right, _count in bins)
        error = result.scores.metrics.get("calibration_error")
        note = f"ECE {language.numbers.decimal(error.estimate if error else None, 3)}"
        panels.append(Panel(series.name, (Curve(number, points, tuple(weights)),), (note,)))
    if not panels:
        return None
    title = _("Calibration: share right by predicted probability")
    frame = PanelFrame(
        "calibration-chart", title, _("probability of the prediction"), _("share right")
    )
    svg = draw_panels(panels, list(name_trials(findings).values()), frame, _write_share(language))
    note = _(
        "On the dotted line a probability means what it says; below it the arm is too sure of "
        "itself. The larger a mark, the more test rows it stands for."
    )
    return Chart("calibration-chart", title, svg, note, tabulate_bins(findings, language))


def _mean_curve(classes: tuple[ClassMetrics, ...]) -> tuple[tuple[float, float], ...]:
    """Return the mean of the class curves at equal false-positive rate; empty if there is none."""
    curves = [np.array(item.roc) for item in classes if item.roc]
    if not curves:
        return ()
    mean = np.mean([np.interp(_GRID, curve[:, 0], curve[:, 1]) for curve in curves], axis=0)
    return ((0.0, 0.0), *zip(_GRID.tolist(), mean.tolist(), strict=True))


def _auc_text(metric: Metric | None, language: Language) -> str:
    return language.numbers.decimal(metric.estimate if metric else None, 3)


def _write_share(language: Language) -> Callable[[float], str]:
    return lambda value: language.numbers.decimal(value, 1)
