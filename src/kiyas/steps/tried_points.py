"""A trained point of a search -> what it says of the validation rows, and how well."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kiyas.analysis.classification import TriedPoint
from kiyas.config.classification import SelectionMetric
from kiyas.records.classification import Metric
from kiyas.statistics import bca_means, bootstrap_metric, macro_f1, wilson
from kiyas.steps.classification_files import read_predictions, read_trained
from kiyas.steps.classification_run import ClassificationRun, ClassifierTrial

_NUM_RESAMPLES = 2_000


def judge_point(
    run: ClassificationRun, metric: SelectionMetric, job: ClassifierTrial
) -> TriedPoint:
    """Return a point that is trained in this run folder."""
    folder = run.folder.trial(job.trial)
    labels, probabilities = read_predictions(folder.validation_predictions)
    return TriedPoint(
        arm=job.trial.arm,
        trial=job.trial.name,
        values=dict(job.values),
        labels=labels,
        predictions=tuple(int(label) for label in probabilities.argmax(axis=1)),
        metric=_judge(metric, labels, probabilities, run.study.confidence),
        stopped_early=read_trained(folder).stopped_early,
        is_chosen=False,
    )


def pack_point(point: TriedPoint) -> dict[str, Any]:
    """Return what another machine needs of a point, in plain values."""
    return {
        "predictions": list(point.predictions),
        "metric": asdict(point.metric),
        "stopped_early": point.stopped_early,
    }


def unpack_point(
    run: ClassificationRun, job: ClassifierTrial, packed: Mapping[str, Any]
) -> TriedPoint:
    """Return a point that another machine has trained on the same rows."""
    return TriedPoint(
        arm=job.trial.arm,
        trial=job.trial.name,
        values=dict(job.values),
        labels=run.fitting[1].labels,
        predictions=tuple(packed["predictions"]),
        metric=Metric(**packed["metric"]),
        stopped_early=packed["stopped_early"],
        is_chosen=False,
    )


def best_point(metric: SelectionMetric, points: list[TriedPoint]) -> TriedPoint:
    """Return the best point, the earliest of equals."""
    sign = -1.0 if metric == "loss" else 1.0
    return max(points, key=lambda point: sign * (point.metric.estimate or 0.0))


def _judge(
    metric: SelectionMetric,
    labels: tuple[int, ...],
    probabilities: NDArray[np.float64],
    confidence: float,
) -> Metric:
    truth, predicted = np.array(labels), probabilities.argmax(axis=1)
    if metric == "accuracy":
        k = int((truth == predicted).sum())
        share = wilson(k, truth.size, confidence)
        return Metric(share.estimate, share.low, share.high, share.method, k, int(truth.size))
    if metric == "f1_macro":
        found = bootstrap_metric(macro_f1, truth, predicted, 0, _NUM_RESAMPLES, confidence)
    else:
        losses = -np.log(np.maximum(probabilities[np.arange(truth.size), truth], 1e-15))
        found = bca_means(losses, 0, _NUM_RESAMPLES, confidence)[0]
    return Metric(found.estimate, found.low, found.high, found.method)
