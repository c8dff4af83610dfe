"""Labels and class probabilities of one split -> every figure of a classifier with its interval.

Compares no two classifiers (``analysis.classification``). Averages are over the classes that occur
in the truth; what is undefined is None. Shares have Wilson's interval, areas under ROC curves
DeLong's, label metrics a BCa bootstrap stratified by true class, the log loss a BCa bootstrap over
rows.

Source of the calibration error: Guo et al. 2017 (arXiv 1706.04599), 15 bins of equal width over the
largest probability.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kiyas.errors import ScoringError
from kiyas.records.classification import ClassifierScores, ClassMetrics, Metric
from kiyas.statistics import (
    Interval,
    auc,
    balanced_accuracy,
    bca_means,
    bootstrap_metric,
    macro_auc,
    macro_f1,
    matthews_correlation,
    wilson,
)

METRIC_ORDER = (
    "accuracy",
    "precision_macro",
    "recall_macro",
    "f1_micro",
    "f1_macro",
    "f1_weighted",
    "balanced_accuracy",
    "matthews",
    "log_loss",
    "calibration_error",
    "auc_macro",
)
"""Names of the metrics in the order of tables."""

_REFERENCE_KEYS = {
    "Accuracy": "accuracy",
    "F1_micro": "f1_micro",
    "F1_macro": "f1_macro",
    "F1_weighted": "f1_weighted",
    "Precision_macro": "precision_macro",
    "Recall_macro": "recall_macro",
}
_NUM_BINS = 15
_NUM_RESAMPLES = 2_000
_SMALLEST_PROBABILITY = 1e-15
_MOST_CORNERS = 400

Counts = NDArray[np.float64]


def score_classifier(
    labels: Sequence[int],
    probabilities: NDArray[np.float64],
    class_names: Sequence[str],
    *,
    split: str = "test",
    confidence: float = 0.95,
) -> ClassifierScores:
    """Measure a classifier on one split.

    Args:
        labels: (N,) true classes, 0..C-1.
        probabilities: (N, C) class probabilities; rows sum to 1.
        class_names: C names.
        split: Name of the split.
        confidence: Level of every interval.

    Raises:
        ScoringError: No rows, or labels and probabilities that do not fit.
    """
    truth = _checked(labels, probabilities, len(class_names), split)
    predicted = probabilities.argmax(axis=1)
    confusion = _confusion(truth, predicted, len(class_names))
    bins, error = _calibrate(truth, probabilities, confidence)
    return ClassifierScores(
        split=split,
        num_rows=int(truth.size),
        metrics=_metrics(truth, probabilities, error, confidence),
        classes=tuple(
            _class_metrics(label, name, (truth, probabilities), confidence)
            for label, name in enumerate(class_names)
        ),
        confusion=tuple(tuple(int(count) for count in row) for row in confusion),
        calibration=bins,
        confidence=confidence,
    )


def reference_metrics(scores: ClassifierScores) -> dict[str, float | None]:
    """Return ``metrics.json`` with exactly the keys of the reference study."""
    return {key: scores.metrics[name].estimate for key, name in _REFERENCE_KEYS.items()}


def reference_class_report(scores: ClassifierScores) -> dict[str, Any]:
    """Return ``class_report.json``: ``per_class`` -> ``class_0`` ... -> ``f1_score`` and more."""
    return {
        "per_class": {
            f"class_{item.label}": {
                "precision": item.precision.estimate,
                "recall": item.recall.estimate,
                "f1_score": item.f1.estimate,
                "support": item.support,
            }
            for item in scores.classes
        }
    }


def predictions_csv(labels: Sequence[int], probabilities: NDArray[np.float64]) -> str:
    """Return ``preds_test.csv``: ``y_true``, ``y_pred``, ``prob_class_0`` ... of every row."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    names = [f"prob_class_{label}" for label in range(probabilities.shape[1])]
    writer.writerow(["y_true", "y_pred", *names])
    for label, row in zip(labels, probabilities, strict=True):
        writer.writerow([label, int(row.argmax()), *(repr(float(value)) for value in row)])
    return text.getvalue()


def parse_predictions(text: str) -> tuple[tuple[int, ...], NDArray[np.float64]]:
    """Read what ``predictions_csv`` wrote: (N,) labels and (N, C) probabilities."""
    rows = list(csv.reader(io.StringIO(text)))[1:]
    labels = tuple(int(row[0]) for row in rows)
    return labels, np.array([[float(cell) for cell in row[2:]] for row in rows])


def _metrics(
    truth: NDArray[np.int64], probabilities: Counts, calibration: Metric, confidence: float
) -> dict[str, Metric]:
    predicted = probabilities.argmax(axis=1)
    num_right, n = int((predicted == truth).sum()), int(truth.size)
    right = _share(num_right, n, confidence)
    picked = probabilities[np.arange(n), truth]
    losses = -np.log(np.maximum(picked, _SMALLEST_PROBABILITY))
    by_bootstrap: Mapping[str, Callable[[Counts], Counts]] = {
        "precision_macro": _macro_precision,
        "recall_macro": balanced_accuracy,
        "f1_macro": macro_f1,
        "f1_weighted": _weighted_f1,
        "balanced_accuracy": balanced_accuracy,
        "matthews": matthews_correlation,
    }
    found = {"accuracy": right, "f1_micro": right, "calibration_error": calibration}
    for name, metric in by_bootstrap.items():
        found[name] = _metric(
            bootstrap_metric(metric, truth, predicted, 0, _NUM_RESAMPLES, confidence)
        )
    found["log_loss"] = _metric(bca_means(losses, 0, _NUM_RESAMPLES, confidence)[0])
    found["auc_macro"] = _metric(macro_auc(truth, probabilities, confidence))
    return {name: found[name] for name in METRIC_ORDER}


def _class_metrics(
    label: int, name: str, rows: tuple[NDArray[np.int64], Counts], confidence: float
) -> ClassMetrics:
    truth, probabilities = rows
    predicted = probabilities.argmax(axis=1)
    is_true, is_predicted = truth == label, predicted == label
    hits = int((is_true & is_predicted).sum())
    f1 = Metric(None, None, None, "bca")
    if is_true.any() or is_predicted.any():
        f1 = _metric(
            bootstrap_metric(_f1_of(label), truth, predicted, 0, _NUM_RESAMPLES, confidence)
        )
    return ClassMetrics(
        label=label,
        name=name,
        support=int(is_true.sum()),
        num_predicted=int(is_predicted.sum()),
        precision=_share(hits, int(is_predicted.sum()), confidence),
        recall=_share(hits, int(is_true.sum()), confidence),
        f1=f1,
        auc=_metric(auc(is_true, probabilities[:, label], confidence)),
        roc=_roc(is_true, probabilities[:, label]),
    )


def _roc(is_true: NDArray[np.bool_], scores: Counts) -> tuple[tuple[float, float], ...]:
    """Return the corners of the ROC curve, thinned where there are more than a picture shows."""
    from sklearn.metrics import roc_curve

    if is_true.all() or not is_true.any():
        return ()
    false_rate, true_rate, _ = roc_curve(is_true, scores)
    if false_rate.size > _MOST_CORNERS:
        kept = np.unique(np.linspace(0, false_rate.size - 1, _MOST_CORNERS).round().astype(int))
        false_rate, true_rate = false_rate[kept], true_rate[kept]
    return tuple(zip(false_rate.tolist(), true_rate.tolist(), strict=True))


def _calibrate(
    truth: NDArray[np.int64], probabilities: Counts, confidence: float
) -> tuple[tuple[tuple[float, float, int], ...], Metric]:
    """Return the filled bins and sum over bins of share times |accuracy - mean confidence|."""
    sure = probabilities.max(axis=1)
    right = (probabilities.argmax(axis=1) == truth).astype(np.float64)
    bins = np.minimum((sure * _NUM_BINS).astype(np.int64), _NUM_BINS - 1)
    counts = np.bincount(bins, minlength=_NUM_BINS)
    filled = tuple(
        (float(sure[bins == number].mean()), float(right[bins == number].mean()), int(count))
        for number, count in enumerate(counts)
        if count
    )

    def error(rows: NDArray[np.int64]) -> float:
        gaps = np.bincount(bins[rows], weights=(right - sure)[rows], minlength=_NUM_BINS)
        return float(np.abs(gaps).sum() / rows.size)

    generator = np.random.default_rng(0)
    n = truth.size
    draws = [error(generator.integers(0, n, size=n)) for _ in range(_NUM_RESAMPLES // 2)]
    # A resample is less calibrated than the rows it is drawn from; shifting takes that out.
    estimate = error(np.arange(n))
    reach = np.quantile(draws, [(1 - confidence) / 2, (1 + confidence) / 2])
    bias = float(np.mean(draws)) - estimate
    low, high = (min(1.0, max(0.0, float(value) - bias)) for value in reach)
    return filled, Metric(estimate, low, high, "bootstrap, bias taken out")


def _f1_of(label: int) -> Callable[[Counts], Counts]:
    def f1(confusion: Counts) -> Counts:
        if label >= confusion.shape[-1]:
            return np.zeros(confusion.shape[:-2])
        hits = confusion[..., label, label]
        marked = confusion[..., label, :].sum(axis=-1) + confusion[..., :, label].sum(axis=-1)
        return np.asarray(2 * hits / np.maximum(marked, 1))

    return f1


def _macro_precision(confusion: Counts) -> Counts:
    """Return the mean precision over classes in the truth; 0 for one that is never predicted."""
    hits = np.diagonal(confusion, axis1=-2, axis2=-1)
    precision = hits / np.maximum(confusion.sum(axis=-2), 1)
    present = confusion.sum(axis=-1) > 0
    return np.asarray((precision * present).sum(axis=-1) / present.sum(axis=-1))


def _weighted_f1(confusion: Counts) -> Counts:
    """Return the mean F1 weighted by the rows of each class."""
    support = confusion.sum(axis=-1)
    hits = np.diagonal(confusion, axis1=-2, axis2=-1)
    f1 = 2 * hits / np.maximum(support + confusion.sum(axis=-2), 1)
    return np.asarray((f1 * support).sum(axis=-1) / support.sum(axis=-1))


def _share(k: int, n: int, confidence: float) -> Metric:
    interval = wilson(k, n, confidence)
    return Metric(interval.estimate, interval.low, interval.high, "wilson", k, n)


def _metric(interval: Interval) -> Metric:
    return Metric(interval.estimate, interval.low, interval.high, interval.method)


def _confusion(
    truth: NDArray[np.int64], predicted: NDArray[np.int64], num_classes: int
) -> NDArray[np.int64]:
    codes = np.bincount(truth * num_classes + predicted, minlength=num_classes**2)
    return np.asarray(codes.reshape(num_classes, num_classes))


def _checked(
    labels: Sequence[int], probabilities: Counts, num_classes: int, split: str
) -> NDArray[np.int64]:
    truth = np.asarray(labels, dtype=np.int64)
    fits = probabilities.shape == (truth.size, num_classes)
    if not truth.size or not fits or truth.min() < 0 or truth.max() >= num_classes:
        raise ScoringError(
            "labels and probabilities do not fit",
            where=f"{split} split",
            received=f"{truth.size} labels and probabilities of shape {probabilities.shape}",
            expected=f"at least one row, labels 0 to {num_classes - 1}, {num_classes} columns",
        )
    if not np.isfinite(probabilities).all():
        bad = int(np.flatnonzero(~np.isfinite(probabilities).all(axis=1))[0])
        raise ScoringError(
            "a probability is not finite",
            where=f"{split} split, row {bad + 1}",
            next_step="train again with a lower learning rate, or with dtype: float32",
        )
    return truth
