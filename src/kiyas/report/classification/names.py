"""Findings of a classification study -> how its trials, classes, metrics and points are called."""

from __future__ import annotations

from collections.abc import Mapping

from kiyas.records.classification import (
    ClassificationFindings,
    ClassifierComparison,
    ClassifierResult,
    SearchPoint,
)
from kiyas.report.languages import Catalogue, Language
from kiyas.report.series import NUM_COLOURS, Series

_GREY = NUM_COLOURS - 1
_BASELINE_COLOUR = _GREY + NUM_COLOURS
"""Grey, with a marker of its own: the baseline is what the others are measured by."""


def name_trials(findings: ClassificationFindings) -> dict[str, Series]:
    """Return title and colour by name of trial: the arm, with its seed where it has several."""
    arms = [result.arm for result in findings.results]
    named: dict[str, Series] = {}
    num_trained = 0
    for result in findings.results:
        title = result.arm
        if arms.count(result.arm) > 1:
            title = f"{result.arm} (seed {result.seed})"
        colour = _BASELINE_COLOUR
        if not result.is_baseline:
            colour = num_trained + num_trained // _GREY  # no trained arm is grey
            num_trained += 1
        named[result.trial] = Series(title, colour)
    return named


def title_of(trial: str, named: Mapping[str, Series]) -> str:
    """Return the title of a trial, or its name if it was not tested."""
    return named[trial].name if trial in named else trial


def name_classes(findings: ClassificationFindings, language: Language) -> tuple[str, ...]:
    """Return the names of the classes in the reader's language where the study gives them."""
    is_turkish = language.code == "tr"
    if is_turkish and len(findings.class_names_tr) == len(findings.class_names):
        return findings.class_names_tr
    return findings.class_names


def name_metric(metric: str, catalogue: Catalogue) -> str:
    """Return what a metric is called; an unknown one as it is."""
    _ = catalogue.gettext
    words = {
        "accuracy": _("accuracy"),
        "precision_macro": _("precision, macro"),
        "recall_macro": _("recall, macro"),
        "f1_micro": _("F1, micro"),
        "f1_macro": _("F1, macro"),
        "f1_weighted": _("F1, weighted"),
        "balanced_accuracy": _("balanced accuracy"),
        "matthews": _("Matthews correlation"),
        "log_loss": _("log loss"),
        "calibration_error": _("calibration error"),
        "auc_macro": _("AUC, macro mean"),
    }
    return words.get(metric, metric)


def name_point(point: SearchPoint) -> str:
    """Return a search point's values, such as ``learning_rate 0.0001``."""
    return ", ".join(
        f"{key.rpartition('.')[2]} {write_value(value)}" for key, value in point.values.items()
    )


def write_value(value: float | int | str) -> str:
    """Return a searched value as a study file has it."""
    return f"{value:g}" if isinstance(value, float) else str(value)


def find_best(findings: ClassificationFindings) -> ClassifierResult | None:
    """Return the trial with the highest accuracy on the test rows; of equals the first."""
    return max(
        findings.results,
        key=lambda result: result.scores.metrics["accuracy"].estimate or 0.0,
        default=None,
    )


def list_comparisons(
    findings: ClassificationFindings, kind: str, metric: str
) -> list[ClassifierComparison]:
    """Return the comparisons of a kind by one metric."""
    return [c for c in findings.comparisons if (c.kind, c.metric) == (kind, metric)]
