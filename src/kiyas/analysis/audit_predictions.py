"""Predictions of classifiers on the same rows -> figures with intervals, paired tests, findings.

Accuracy with Wilson's interval and McNemar's mid-p, macro F1 with a stratified bootstrap and a
permutation test, one-vs-rest AUC of every class by DeLong. Reads no file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from kiyas.analysis.comparison import compare_files
from kiyas.analysis.file_scores import as_proportion, as_scores
from kiyas.records import Finding
from kiyas.records.file_audit import (
    Figure,
    MetricDifference,
    PredictionFile,
    PredictionsAudit,
    PredictionSummary,
)
from kiyas.statistics import (
    Interval,
    auc,
    bootstrap_metric,
    compare_macro_auc,
    compare_metric,
    holm,
    macro_auc,
    macro_f1,
    wilson,
)

NUM_RESAMPLES = 2_000
"""Bootstrap resamples and permutations; a p of 0.001 is still told from 0.002."""

_LOUDNESS = {"alarm": 0, "warning": 1, "note": 2}


@dataclass(frozen=True)
class _Setting:
    alpha: float
    seed: int

    @property
    def confidence(self) -> float:
        return 1 - self.alpha


def audit_predictions(
    files: Sequence[PredictionFile], *, alpha: float = 0.05, seed: int = 0
) -> PredictionsAudit:
    """Say what the predictions of classifiers support.

    Args:
        files: One or more; those with the same true classes row by row are compared.
        alpha: Level of every verdict, and one minus that of every interval.
        seed: Seed of every resampling.
    """
    setting = _Setting(alpha, seed)
    summaries = tuple(_summarise(file, setting) for file in files)
    comparisons = tuple(_compare_all(files, setting))
    findings = [
        *(
            Finding(fault.kind, fault.severity, f"{file.name}: {fault.text}")
            for file in files
            for fault in file.faults
        ),
        *_of_rows(files),
        *(f for summary in summaries for f in _of_majority(summary)),
        *_of_comparisons(comparisons, len(files)),
    ]
    return PredictionsAudit(
        confidence=setting.confidence,
        num_rows=len(files[0].labels),
        summaries=summaries,
        comparisons=comparisons,
        findings=tuple(sorted(findings, key=lambda finding: _LOUDNESS[finding.severity])),
    )


def _summarise(file: PredictionFile, setting: _Setting) -> PredictionSummary:
    labels, predictions = np.array(file.labels), np.array(file.predictions)
    n = len(labels)
    right = int((labels == predictions).sum())
    frequent = Counter(file.labels).most_common(1)[0][1]
    f1 = bootstrap_metric(
        macro_f1, labels, predictions, setting.seed, NUM_RESAMPLES, setting.confidence
    )
    macro, by_class = None, {}
    if file.probabilities:
        table = np.array(file.probabilities)
        macro = _figure(macro_auc(labels, table, setting.confidence))
        by_class = {
            label: _figure(auc(labels == label, table[:, label], setting.confidence))
            for label in range(table.shape[1])
        }
    return PredictionSummary(
        name=file.name,
        accuracy=as_proportion(right, n, wilson(right, n, setting.confidence)),
        macro_f1=_figure(f1),
        macro_auc=macro,
        class_auc=by_class,
        majority=as_proportion(frequent, n, wilson(frequent, n, setting.confidence)),
    )


def _figure(interval: Interval) -> Figure:
    return Figure(interval.estimate, interval.low, interval.high, interval.method)


def _compare_all(files: Sequence[PredictionFile], setting: _Setting) -> Iterator[MetricDifference]:
    """Yield the declared family: every pair of files on the same rows, by every metric."""
    family = [
        difference
        for first, second in combinations(files, 2)
        if first.labels == second.labels
        for difference in _compare(first, second, setting)
    ]
    adjusted = holm([1.0 if item.p_value is None else item.p_value for item in family])
    for item, p in zip(family, adjusted, strict=True):
        verdict = "no difference detected"
        if item.p_value is None or (item.metric == "accuracy" and not item.smallest_detectable):
            verdict = "underpowered"
        if item.p_value is not None and p <= setting.alpha and item.difference.estimate:
            verdict = "better" if item.difference.estimate > 0 else "worse"
        yield replace(item, p_adjusted=None if item.p_value is None else float(p), verdict=verdict)


def _compare(
    first: PredictionFile, second: PredictionFile, setting: _Setting
) -> Iterator[MetricDifference]:
    pair = compare_files(
        as_scores(first), as_scores(second), alpha=setting.alpha, seed=setting.seed, unit="items"
    )
    difference = Figure(pair.difference, pair.ci_low, pair.ci_high, "tango")
    accuracy = _difference(first, second, "accuracy", "McNemar mid-p", difference, pair.p_value)
    yield replace(accuracy, smallest_detectable=pair.smallest_detectable)
    labels = np.array(first.labels)
    predictions = (np.array(first.predictions), np.array(second.predictions))
    f1 = compare_metric(
        macro_f1, labels, predictions, setting.seed, NUM_RESAMPLES, setting.confidence
    )
    yield _difference(first, second, "macro F1", "permutation", _figure(f1.difference), f1.p_value)
    tables = [_table(first), _table(second)]
    if tables[0].size and tables[0].shape == tables[1].shape:
        areas = compare_macro_auc(labels, tables[0], tables[1], setting.confidence)
        figure = _figure(areas.difference)
        yield _difference(first, second, "macro AUC", "DeLong", figure, areas.p_value)


def _table(file: PredictionFile) -> NDArray[np.float64]:
    return np.array(file.probabilities, dtype=np.float64)


def _difference(
    first: PredictionFile,
    second: PredictionFile,
    metric: Literal["accuracy", "macro F1", "macro AUC"],
    test: str,
    difference: Figure,
    p_value: float | None,
) -> MetricDifference:
    return MetricDifference(
        first=first.name,
        second=second.name,
        metric=metric,
        test=test,
        difference=difference,
        p_value=p_value,
        p_adjusted=p_value,
        verdict="",
        smallest_detectable=None,
    )


def _of_rows(files: Sequence[PredictionFile]) -> Iterator[Finding]:
    for first, second in combinations(files, 2):
        if first.labels != second.labels:
            yield Finding(
                "other-rows",
                "alarm",
                f"{first.name} ({len(first.labels)} rows) and {second.name} "
                f"({len(second.labels)} rows) do not have the same true classes row by row, so "
                "that they are not compared: they were tested on other rows, or in another order.",
            )


def _of_majority(summary: PredictionSummary) -> Iterator[Finding]:
    ours, cheap = summary.accuracy, summary.majority
    if ours.ci_low is not None and cheap.estimate is not None and ours.ci_low <= cheap.estimate:
        yield Finding(
            "no-better-than-majority",
            "alarm",
            f"{summary.name}: {ours.k}/{ours.n} right is not beyond what always saying the most "
            f"frequent class reaches ({cheap.k}/{cheap.n}).",
            {"k": ours.k, "n": ours.n, "majority": cheap.k},
        )


def _of_comparisons(comparisons: Sequence[MetricDifference], num_files: int) -> Iterator[Finding]:
    if comparisons:
        apart = sum(item.verdict in ("better", "worse") for item in comparisons)
        seen = [i.smallest_detectable for i in comparisons if i.smallest_detectable]
        detectable = (
            f"; the smallest difference of accuracy that would have been seen is "
            f"{100 * min(seen):.1f} points"
            if seen
            else ""
        )
        yield Finding(
            "comparisons",
            "note",
            f"{apart} of {len(comparisons)} comparisons (pairs of files by metric, Holm) show a "
            f"difference{detectable}. With one training seed behind a file, it is one between "
            "these weights, never between the methods that made them.",
            {"num_apart": apart, "num_comparisons": len(comparisons)},
        )
    yield Finding(
        "baseline",
        "warning",
        ("None of the files is" if num_files > 1 else "This is not")
        + " known to be a cheap baseline: give the predictions of TF-IDF with logistic "
        "regression beside them, which on short texts is often as good.",
    )
