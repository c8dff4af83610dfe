"""Findings of a classification study -> CSV files for programs and LaTeX tables for papers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, fields

from kiyas.records.classification import (
    ClassificationFindings,
    ClassifierComparison,
    EpochRecord,
    Metric,
)
from kiyas.records.latency import LatencyFigures, LatencyRatio
from kiyas.report.parts import Table
from kiyas.report.table_texts import write_csv, write_latex

_METRIC = ["estimate", "ci_low", "ci_high", "method", "k", "n"]


def write_table_files(
    findings: ClassificationFindings, tables: Mapping[str, Table]
) -> dict[str, str]:
    """Return the text of each file of ``tables/`` by name."""
    figures = [field.name for field in fields(LatencyFigures)]
    ratios = [field.name for field in fields(LatencyRatio)]
    latency = findings.latency
    return {
        "metrics.csv": write_csv(["trial", "arm", "seed", "metric", *_METRIC], _metrics(findings)),
        "classes.csv": write_csv(
            ["trial", "class", "name", "support", "num_predicted", "metric", *_METRIC],
            _classes(findings),
        ),
        "comparisons.csv": write_csv(
            [field.name for field in fields(ClassifierComparison)],
            (asdict(item).values() for item in findings.comparisons),
        ),
        "confusion.csv": write_csv(
            ["trial", "true", "predicted", "count", "row_share"], _confusion(findings)
        ),
        "roc.csv": write_csv(
            ["trial", "class", "false_positive_rate", "true_positive_rate"], _roc(findings)
        ),
        "calibration.csv": write_csv(
            ["trial", "mean_probability", "share_right", "num_rows"], _bins(findings)
        ),
        "search.csv": write_csv(
            ["arm", "trial", "values", "is_chosen", "alike", "stopped_early", *_METRIC],
            _search(findings),
        ),
        "history.csv": write_csv(
            ["trial", *(field.name for field in fields(EpochRecord))], _history(findings)
        ),
        "latency.csv": write_csv(
            figures, (asdict(item).values() for item in (latency.figures if latency else ()))
        ),
        "latency_ratios.csv": write_csv(
            ratios, (asdict(item).values() for item in (latency.ratios if latency else ()))
        ),
        "predictions.csv": write_csv(
            ["row", "trial", "true", "predicted", "probability", "probability_of_true"],
            _predictions(findings),
        ),
        **{f"{table.name}.tex": write_latex(table) for table in tables.values()},
    }


Row = tuple[object, ...]


def _figures(metric: Metric) -> Row:
    return tuple(getattr(metric, name) for name in _METRIC)


def _metrics(findings: ClassificationFindings) -> Iterator[Row]:
    for result in findings.results:
        for name, metric in result.scores.metrics.items():
            yield (result.trial, result.arm, result.seed, name, *_figures(metric))


def _classes(findings: ClassificationFindings) -> Iterator[Row]:
    for result in findings.results:
        for item in result.scores.classes:
            head = (result.trial, item.label, item.name, item.support, item.num_predicted)
            for name in ("precision", "recall", "f1", "auc"):
                yield (*head, name, *_figures(getattr(item, name)))


def _confusion(findings: ClassificationFindings) -> Iterator[Row]:
    for result in findings.results:
        for true, row in enumerate(result.scores.confusion):
            total = sum(row)
            for predicted, count in enumerate(row):
                share = count / total if total else None
                yield (result.trial, true, predicted, count, share)


def _roc(findings: ClassificationFindings) -> Iterator[Row]:
    for result in findings.results:
        for item in result.scores.classes:
            for corner in item.roc:
                yield (result.trial, item.label, *corner)


def _bins(findings: ClassificationFindings) -> Iterator[Row]:
    for result in findings.results:
        for filled in result.scores.calibration:
            yield (result.trial, *filled)


def _search(findings: ClassificationFindings) -> Iterator[Row]:
    for point in findings.search:
        values = "; ".join(f"{key}={value}" for key, value in point.values.items())
        flags = (int(point.is_chosen), int(point.alike), int(point.stopped_early))
        yield (point.arm, point.trial, values, *flags, *_figures(point.metric))


def _history(findings: ClassificationFindings) -> Iterator[Row]:
    for result in findings.results:
        for row in result.history:
            yield (result.trial, *asdict(row).values())


def _predictions(findings: ClassificationFindings) -> Iterator[Row]:
    for result in findings.results:
        rows = zip(result.labels, result.predictions, result.probabilities, strict=True)
        for number, (true, predicted, shares) in enumerate(rows, start=1):
            yield (number, result.trial, true, predicted, shares[predicted], shares[true])
