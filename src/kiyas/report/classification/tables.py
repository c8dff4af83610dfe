"""Findings of a classification study -> tables as records.

Formats numbers and chooses nothing else: no statistic is computed here.
"""

from __future__ import annotations

from kiyas.records import Proportion
from kiyas.records.classification import (
    ClassificationFindings,
    ClassifierComparison,
    ClassifierResult,
    Metric,
)
from kiyas.report.classification.names import (
    find_best,
    name_classes,
    name_metric,
    name_trials,
    title_of,
)
from kiyas.report.languages import Language
from kiyas.report.numbers import DASH
from kiyas.report.parts import Cell, Column, Mark, Table
from kiyas.report.vocabulary import translate_test, translate_verdict

_METHODS = {
    "matthews": "matthews",
    "log_loss": "log-loss",
    "calibration_error": "calibration-error",
    "auc_macro": "auc",
    "accuracy": "accuracy",
    "f1_micro": "accuracy",
}


def tabulate_metrics(findings: ClassificationFindings, language: Language) -> Table:
    """Return the leaderboard: metrics down, trials across, each figure with its interval."""
    _ = language.catalogue.gettext
    named, best = name_trials(findings), find_best(findings)
    columns = [Column(_("metric"), numeric=False)]
    columns += [Column(named[result.trial].name) for result in findings.results]
    rows = []
    for metric in findings.metric_order:
        head = Cell(
            name_metric(metric, language.catalogue), method=_METHODS.get(metric, "averages")
        )
        cells = []
        for result in findings.results:
            text = write_metric(result.scores.metrics.get(metric), language)
            if result is best and metric == "accuracy":
                cells.append(Cell(text, _("highest on the test rows"), "best"))
            else:
                cells.append(Cell(text))
        rows.append((head, *cells))
    note = _(
        "Accuracy: right/rows (percent) [interval in percent]; all others: figure [interval]. "
        "Log loss and calibration error are better the lower they are."
    )
    caption = _("Every metric on the same %s test rows") % language.numbers.count(findings.num_test)
    return Table("leaderboard", caption, tuple(columns), tuple(rows), note)


def tabulate_pairs(findings: ClassificationFindings, kind: str, language: Language) -> Table:
    """Return the paired comparisons of a kind: ``against-baseline`` or ``between-arms``."""
    _ = language.catalogue.gettext
    chosen = [comparison for comparison in findings.comparisons if comparison.kind == kind]
    named = name_trials(findings)
    caption = (
        _("Each arm against the baseline, row by row")
        if kind == "against-baseline"
        else _("The arms against each other, row by row")
    )
    columns = (
        Column(_("first"), numeric=False),
        Column(_("second"), numeric=False),
        Column(_("metric"), numeric=False),
        Column(_("difference, points"), "paired"),
        Column(_("verdict"), "verdict", numeric=False),
        Column(_("p, Holm"), "holm"),
        Column("p", "p-value"),
        Column(_("b: only first"), "paired"),
        Column(_("c: only second"), "paired"),
        Column(_("detectable, points"), "detectable"),
    )
    note = " ".join(
        (
            _("Difference: first minus second, a metric from 0 to 1 counted in hundredths."),
            _("The family of Holm holds %s comparisons.") % len(findings.comparisons),
            _("Test: %s.")
            % ", ".join(sorted({translate_test(c.test, language.catalogue) for c in chosen})),
        )
    )
    rows = []
    for item in chosen:
        titles = Cell(title_of(item.first, named)), Cell(title_of(item.second, named))
        rows.append((*titles, *_comparison_cells(item, language)))
    return Table(kind, caption, columns, tuple(rows), note)


def _comparison_cells(item: ClassifierComparison, language: Language) -> tuple[Cell, ...]:
    numbers = language.numbers
    detectable = item.smallest_detectable
    mark: Mark = (
        "better" if item.verdict == "better" else "worse" if item.verdict == "worse" else ""
    )
    return (
        Cell(name_metric(item.metric, language.catalogue)),
        Cell(numbers.points_with_interval(item.difference, item.ci_low, item.ci_high)),
        Cell(translate_verdict(item.verdict, language.catalogue), mark=mark),
        Cell(numbers.p_value(item.p_adjusted)),
        Cell(numbers.p_value(item.p_value)),
        Cell(numbers.count(item.num_first_only)),
        Cell(numbers.count(item.num_second_only)),
        Cell(DASH if detectable is None else numbers.decimal(100 * detectable, 1)),
    )


def tabulate_classes(findings: ClassificationFindings, language: Language) -> Table:
    """Return precision, recall, F1 and AUC of every class and trial."""
    _ = language.catalogue.gettext
    named, classes = name_trials(findings), name_classes(findings, language)
    columns = (
        Column(_("class"), numeric=False),
        Column(_("arm"), numeric=False),
        Column(_("test rows")),
        Column(_("rows predicted")),
        Column(_("precision"), "accuracy"),
        Column(_("recall"), "accuracy"),
        Column("F1", "averages"),
        Column("AUC", "auc"),
    )
    rows = [
        (
            Cell(name),
            Cell(named[result.trial].name),
            Cell(language.numbers.count(result.scores.classes[label].support)),
            Cell(language.numbers.count(result.scores.classes[label].num_predicted)),
            Cell(write_metric(result.scores.classes[label].precision, language)),
            Cell(write_metric(result.scores.classes[label].recall, language)),
            Cell(write_metric(result.scores.classes[label].f1, language)),
            Cell(write_metric(result.scores.classes[label].auc, language)),
        )
        for label, name in enumerate(classes)
        for result in findings.results
    ]
    return Table("classes", _("Every class"), columns, tuple(rows))


def tabulate_confusion(
    findings: ClassificationFindings, result: ClassifierResult, language: Language
) -> Table:
    """Return a trial's confusion matrix: rows true, columns predicted, counts and row shares."""
    _ = language.catalogue.gettext
    classes = name_classes(findings, language)
    columns = (Column(_("true class"), numeric=False), *(Column(name) for name in classes))
    rows = []
    for name, counts in zip(classes, result.scores.confusion, strict=True):
        total = sum(counts)
        shares = [language.numbers.share(k / total) if total else DASH for k in counts]
        cells = [Cell(f"{k}/{total}", share) for k, share in zip(counts, shares, strict=True)]
        rows.append((Cell(name), *cells))
    title = name_trials(findings)[result.trial].name
    caption = _("Confusion of %s: rows of a true class by predicted class") % title
    return Table(f"confusion-{_place(findings, result)}-table", caption, columns, tuple(rows))


def tabulate_bins(findings: ClassificationFindings, language: Language) -> Table:
    """Return the bins of the calibration plot."""
    _ = language.catalogue.gettext
    named = name_trials(findings)
    columns = (
        Column(_("arm"), numeric=False),
        Column(_("mean probability")),
        Column(_("share right")),
        Column(_("test rows")),
    )
    rows = [
        (
            Cell(named[result.trial].name),
            Cell(language.numbers.decimal(sure, 3)),
            Cell(language.numbers.decimal(right, 3)),
            Cell(language.numbers.count(count)),
        )
        for result in findings.results
        for sure, right, count in result.scores.calibration
    ]
    caption = _("Test rows by the probability of the predicted class")
    return Table("calibration-bins", caption, columns, tuple(rows))


def write_metric(metric: Metric | None, language: Language) -> str:
    """Return a figure with its interval: counts and percent for a share, decimals else."""
    if metric is None or metric.estimate is None:
        return DASH
    numbers = language.numbers
    if metric.k is None or metric.n is None:
        return numbers.figure(metric.estimate, metric.ci_low, metric.ci_high)
    share = Proportion(metric.k, metric.n, metric.estimate, metric.ci_low, metric.ci_high)
    return numbers.proportion(share)


def _place(findings: ClassificationFindings, result: ClassifierResult) -> int:
    return [item.trial for item in findings.results].index(result.trial)
