"""Scores of every classifier trial -> ClassificationFindings: paired comparisons and statements.

Decides no statistics itself (``statistics``) and draws nothing (``report``). The family that shares
one error rate is declared here: every trained trial against the baseline and the arms against each
other at equal seed, each by accuracy, macro F1 and mean AUC, on the same test rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any, Literal

import numpy as np

from kiyas.analysis.classification_statements import make_classification_statements
from kiyas.records.classification import (
    ClassificationFindings,
    ClassifierComparison,
    ClassifierResult,
    Metric,
    SearchPoint,
)
from kiyas.records.costs import CostFindings
from kiyas.records.latency import LatencyReport
from kiyas.statistics import (
    Interval,
    compare_macro_auc,
    compare_metric,
    holm,
    macro_f1,
    mcnemar,
    minimum_detectable_difference,
    wilson,
)

Kind = Literal["against-baseline", "between-arms"]

_NUM_RESAMPLES = 2_000


@dataclass(frozen=True)
class ClassificationSetting:
    """What all arms of a study share."""

    study: str
    """Name of the study."""
    class_names: tuple[str, ...]
    """C names."""
    class_names_tr: tuple[str, ...]
    """Turkish names, or empty."""
    num_rows: tuple[int, int, int]
    """Rows of the training, validation and test split."""
    num_seeds: int
    """Seeds an arm."""
    metric_order: tuple[str, ...]
    """Names of the metrics in the order of tables."""
    confidence: float
    """Level of every interval."""


@dataclass(frozen=True)
class TriedPoint:
    """A point of a search with what it predicted on the validation split."""

    arm: str
    """Name of the arm."""
    trial: str
    """Name of its trial's folder."""
    values: dict[str, float | int | str]
    """Searched keys with their values here."""
    labels: tuple[int, ...]
    """(N,) true classes of the validation rows."""
    predictions: tuple[int, ...]
    """(N,) predicted classes."""
    metric: Metric
    """What the search chooses by, on the validation split."""
    stopped_early: bool
    """Whether it ended before its last epoch."""
    is_chosen: bool
    """Whether the arm goes on with it."""


def analyse_classification(
    setting: ClassificationSetting,
    results: Sequence[ClassifierResult],
    points: Sequence[TriedPoint] = (),
    latency: LatencyReport | None = None,
    costs: CostFindings | None = None,
) -> ClassificationFindings:
    """Turn the scores of all trials into the findings of a classification study.

    Args:
        setting: What all arms share.
        results: Every trial with its scores, baseline first, then by arm and seed.
        points: Every point of the search.
        latency: Latency of the arms, if it was measured.
        costs: What the study took; None if nothing was recorded.
    """
    comparisons = _compare_all(results, setting)
    search = judge_points(points, setting.confidence)
    return ClassificationFindings(
        study=setting.study,
        class_names=setting.class_names,
        class_names_tr=setting.class_names_tr,
        num_train=setting.num_rows[0],
        num_validation=setting.num_rows[1],
        num_test=setting.num_rows[2],
        confidence=setting.confidence,
        metric_order=setting.metric_order,
        results=tuple(results),
        comparisons=comparisons,
        search=search,
        latency=latency,
        findings=make_classification_statements(
            results, comparisons, search, latency, setting.num_seeds
        ),
        costs=costs,
    )


def judge_points(points: Sequence[TriedPoint], confidence: float) -> tuple[SearchPoint, ...]:
    """Say of each point of a search whether its arm's chosen point can be told from it.

    McNemar's mid-p on the validation rows, corrected by Holm over the points of the arm.
    """
    judged: list[SearchPoint] = []
    for arm in dict.fromkeys(point.arm for point in points):
        own = [point for point in points if point.arm == arm]
        chosen = next(point for point in own if point.is_chosen)
        p_values = [_point_p_value(point, chosen, confidence) for point in own]
        others = [number for number, point in enumerate(own) if point is not chosen]
        adjusted = dict(zip(others, holm([p_values[i] for i in others]), strict=True))
        for number, point in enumerate(own):
            k = sum(a == b for a, b in zip(point.labels, point.predictions, strict=True))
            interval = wilson(k, len(point.labels), confidence)
            judged.append(
                SearchPoint(
                    arm=arm,
                    trial=point.trial,
                    values=point.values,
                    metric=point.metric,
                    accuracy=Metric(
                        interval.estimate,
                        interval.low,
                        interval.high,
                        "wilson",
                        k,
                        len(point.labels),
                    ),
                    is_chosen=point.is_chosen,
                    stopped_early=point.stopped_early,
                    alike=point.is_chosen or float(adjusted[number]) > 1 - confidence,
                )
            )
    return tuple(judged)


def _point_p_value(point: TriedPoint, chosen: TriedPoint, confidence: float) -> float:
    labels = np.array(point.labels)
    right, best = np.array(point.predictions) == labels, np.array(chosen.predictions) == labels
    b, c = int((right & ~best).sum()), int((best & ~right).sum())
    p_value = mcnemar(b, c, labels.size, confidence).mid_p_value
    return 1.0 if p_value is None else p_value


def _pairs(
    results: Sequence[ClassifierResult],
) -> Iterator[tuple[ClassifierResult, ClassifierResult, Kind]]:
    """Yield the declared family: who is compared with whom."""
    baselines = [item for item in results if item.is_baseline]
    trained = [item for item in results if not item.is_baseline]
    for item in trained:
        for baseline in baselines:
            yield item, baseline, "against-baseline"
    for first, second in combinations(trained, 2):
        if first.arm != second.arm and first.seed == second.seed:
            yield first, second, "between-arms"


def _compare_all(
    results: Sequence[ClassifierResult], setting: ClassificationSetting
) -> tuple[ClassifierComparison, ...]:
    pairs = list(_pairs(results))
    alpha = (1 - setting.confidence) / max(1, 3 * len(pairs))
    single = [item for pair in pairs for item in _compare(pair, alpha, setting.confidence)]
    tested = [item for item in single if item.p_value is not None]
    adjusted = iter(holm([item.p_value or 0.0 for item in tested]).tolist())
    level = 1 - setting.confidence
    return tuple(
        item if item.p_value is None else _judged(item, next(adjusted), level) for item in single
    )


def _compare(
    pair: tuple[ClassifierResult, ClassifierResult, Kind], alpha: float, confidence: float
) -> Iterator[ClassifierComparison]:
    first, second, kind = pair
    labels = np.array(first.labels)
    one, other = np.array(first.predictions), np.array(second.predictions)
    b = int(((one == labels) & (other != labels)).sum())
    c = int(((one != labels) & (other == labels)).sum())
    shared: Mapping[str, Any] = {
        "first": first.trial,
        "second": second.trial,
        "first_arm": first.arm,
        "second_arm": second.arm,
        "kind": kind,
        "num_rows": int(labels.size),
    }
    test = mcnemar(b, c, labels.size, confidence)
    detectable = minimum_detectable_difference(labels.size, (b + c) / labels.size, alpha)
    by_accuracy = _comparison(
        shared, "accuracy", "McNemar mid-p", test.difference, test.mid_p_value
    )
    yield replace(by_accuracy, num_first_only=b, num_second_only=c, smallest_detectable=detectable)
    by_f1 = compare_metric(macro_f1, labels, (one, other), 0, _NUM_RESAMPLES, confidence)
    yield _comparison(shared, "f1_macro", "permutation", by_f1.difference, by_f1.p_value)
    areas = compare_macro_auc(
        labels, np.array(first.probabilities), np.array(second.probabilities), confidence
    )
    yield _comparison(shared, "auc_macro", "DeLong", areas.difference, areas.p_value)


def _comparison(
    shared: Mapping[str, Any],
    metric: Literal["accuracy", "f1_macro", "auc_macro"],
    test: str,
    difference: Interval,
    p_value: float | None,
) -> ClassifierComparison:
    return ClassifierComparison(
        **shared,
        metric=metric,
        test=test,
        num_first_only=None,
        num_second_only=None,
        difference=difference.estimate,
        ci_low=difference.low,
        ci_high=difference.high,
        p_value=p_value,
        p_adjusted=p_value,
        verdict="no difference detected",
        smallest_detectable=None,
    )


def _judged(
    comparison: ClassifierComparison, p_adjusted: float, alpha: float
) -> ClassifierComparison:
    """Return the comparison with its corrected p and its verdict in fixed words."""
    if p_adjusted <= alpha and comparison.difference:
        verdict = "better" if comparison.difference > 0 else "worse"
    elif comparison.metric == "accuracy" and comparison.smallest_detectable is None:
        verdict = "underpowered"
    else:
        verdict = "no difference detected"
    return replace(comparison, p_adjusted=p_adjusted, verdict=verdict)
