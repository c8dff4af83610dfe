"""Findings of a classification study -> the sections of the report, gaps included."""

from __future__ import annotations

from kiyas.records.classification import ClassificationFindings
from kiyas.report.classification.charts import (
    draw_calibration,
    draw_class_f1,
    draw_confusion,
    draw_metrics,
    draw_roc,
)
from kiyas.report.classification.latency_tables import tabulate_ratios
from kiyas.report.classification.names import name_trials
from kiyas.report.classification.tables import tabulate_metrics, tabulate_pairs
from kiyas.report.classification.training_charts import (
    draw_accuracy_against_latency,
    draw_epochs,
    draw_latency,
    draw_search,
)
from kiyas.report.classification.training_tables import tabulate_training
from kiyas.report.costs_section import make_costs_section
from kiyas.report.languages import Language
from kiyas.report.parts import Chart, Gap, Section, Table

Block = Table | Chart | Gap


def make_sections(findings: ClassificationFindings, language: Language) -> tuple[Section, ...]:
    """Return all sections between summary and items; none is left out for want of input."""
    _ = language.catalogue.gettext
    return (
        Section("results", _("Results"), _results(findings, language)),
        Section("comparisons", _("Comparisons"), _comparisons(findings, language)),
        Section("classes-section", _("Classes"), _classes(findings, language)),
        Section("calibration", _("Calibration"), _calibration(findings, language)),
        Section("training", _("Training"), _training(findings, language)),
        Section("latency", _("Latency"), _latency(findings, language)),
        make_costs_section(
            findings.costs,
            {trial: series.name for trial, series in name_trials(findings).items()},
            language,
        ),
    )


def _results(findings: ClassificationFindings, language: Language) -> tuple[Block, ...]:
    _ = language.catalogue.gettext
    if not findings.results:
        return (Gap(_("No arm was tested.")),)
    chart = draw_metrics(findings, language)
    table = tabulate_metrics(findings, language)
    return (table, chart or Gap(_("No metric is defined.")))


def _comparisons(findings: ClassificationFindings, language: Language) -> tuple[Block, ...]:
    _ = language.catalogue.gettext
    blocks: list[Block] = []
    has_baseline = any(result.is_baseline for result in findings.results)
    for kind, gap in (
        (
            "against-baseline",
            _("No trained arm was tested beside the baseline.")
            if has_baseline
            else _("There is no baseline to compare with: the study leaves it out."),
        ),
        ("between-arms", _("There are no two trained arms to compare.")),
    ):
        table = tabulate_pairs(findings, kind, language)
        blocks.append(table if table.rows else Gap(gap))
    return tuple(blocks)


def _classes(findings: ClassificationFindings, language: Language) -> tuple[Block, ...]:
    _ = language.catalogue.gettext
    f1 = draw_class_f1(findings, language)
    roc = draw_roc(findings, language)
    return (
        f1 or Gap(_("F1 is defined for no class.")),
        *(draw_confusion(findings, result, language) for result in findings.results),
        roc or Gap(_("No ROC curve is defined: no class has rows both in and out of it.")),
    )


def _calibration(findings: ClassificationFindings, language: Language) -> tuple[Block, ...]:
    _ = language.catalogue.gettext
    chart = draw_calibration(findings, language)
    return (chart or Gap(_("No arm has probabilities to calibrate.")),)


def _training(findings: ClassificationFindings, language: Language) -> tuple[Block, ...]:
    _ = language.catalogue.gettext
    search = draw_search(findings, language)
    blocks: list[Block] = [search or Gap(_("The study made no search."))]
    blocks += draw_epochs(findings, language)
    named = name_trials(findings)
    blocks += [
        Gap(_("%s has no history of its epochs.") % named[result.trial].name)
        for result in findings.results
        if not result.is_baseline and not result.history
    ]
    if findings.results:
        blocks.append(tabulate_training(findings, language))
    return tuple(blocks)


def _latency(findings: ClassificationFindings, language: Language) -> tuple[Block, ...]:
    _ = language.catalogue.gettext
    latency = findings.latency
    if latency is None:
        return (Gap(_("Latency was not measured.")),)
    charts = (
        draw_latency(findings, latency, language),
        draw_accuracy_against_latency(findings, language),
    )
    ratios = tabulate_ratios(latency, language)
    blocks: list[Block] = [chart for chart in charts if chart is not None]
    blocks.append(ratios if ratios.rows else Gap(_("There are no two arms to compare.")))
    return tuple(blocks)
