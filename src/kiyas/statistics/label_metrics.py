"""Labels of items -> BCa bootstrap intervals of label metrics, and permutation tests of two.

Any metric that ignores the order of items is a function of the confusion matrix, so metrics take
those (``classification``). Resamples items within each true class; see ``bootstrap`` for what its
intervals do not see.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kiyas.statistics.arrays import FloatArray, IntArray
from kiyas.statistics.bootstrap import acceleration_of, bca, chunks_of, row_counts
from kiyas.statistics.intervals import Interval

ConfusionMetric = Callable[[FloatArray], FloatArray]
"""(..., C, C) confusion counts, rows true and columns predicted -> (...) metric."""


@dataclass(frozen=True)
class MetricComparison:
    """Two classifiers on the same items, compared by a metric of their confusion matrices."""

    a: Interval
    """Metric of A with its bootstrap interval."""
    b: Interval
    """Metric of B, from the same resampled items."""
    difference: Interval
    """A - B, from the same resampled items."""
    p_value: float
    """Two-sided permutation p: predictions of A and B swapped item by item."""
    num_resamples: int
    """Number of resamples, and of permutations."""


def bootstrap_metric(
    metric: ConfusionMetric,
    y_true: ArrayLike,
    y_pred: ArrayLike,
    seed: int | np.random.Generator,
    num_resamples: int = 5_000,
    confidence: float = 0.95,
) -> Interval:
    """Return the BCa interval of a label metric, resampled within each true class.

    Any metric that ignores the order of items is a function of the confusion matrix, so ``metric``
    takes those: ``macro_f1``, ``accuracy``, ``balanced_accuracy``, ``matthews_correlation``.

    Args:
        metric: Confusion counts (..., C, C) -> (...).
        y_true: (N,) true classes, integers from 0.
        y_pred: (N,) predicted classes.
        seed: Seed or generator of the resampling.
        num_resamples: Number of bootstrap resamples.
        confidence: Nominal coverage.

    Returns:
        Estimate None with N = 0; bounds None where no resample differs, as with no error at all.
        A class with a single item is never varied by the resampling.

    Raises:
        ValueError: Labels that are not (N,) integers from 0, or of different lengths.
    """
    labels, predictions = _labels(y_true, [y_pred])
    if labels.size == 0:
        return Interval(None, None, None, confidence, "bca")
    return _bootstrap_arms(metric, labels, predictions, (seed, num_resamples), confidence)[0]


def compare_metric(
    metric: ConfusionMetric,
    y_true: ArrayLike,
    predictions: tuple[ArrayLike, ArrayLike],
    seed: int,
    num_resamples: int = 5_000,
    confidence: float = 0.95,
) -> MetricComparison:
    """Compare two classifiers on the same items by a metric of their predicted labels.

    Intervals as in ``bootstrap_metric``, with the same resampled items for A, B and A - B. The p
    value is that of a paired permutation test: if the arms were alike, swapping their predictions
    of any item would change nothing; p = (1 + as extreme) / (1 + num_resamples).

    Args:
        metric: Confusion counts (..., C, C) -> (...).
        y_true: (N,) true classes, integers from 0; N at least 1.
        predictions: (N,) predicted classes of A, and of B.
        seed: Seed of resampling and swapping.
        num_resamples: Number of bootstrap resamples, and of permutations.
        confidence: Nominal coverage.

    Raises:
        ValueError: No items, labels that are not (N,) integers from 0, or of different lengths.
    """
    labels, arms = _labels(y_true, list(predictions))
    if labels.size == 0:
        raise ValueError("expected at least one item to compare classifiers on")
    a, b, difference = _bootstrap_arms(metric, labels, arms, (seed, num_resamples), confidence)
    p_value = _swap_p_value(metric, labels, arms, seed, num_resamples)
    return MetricComparison(a, b, difference, p_value, num_resamples)


def _bootstrap_arms(
    metric: ConfusionMetric,
    labels: IntArray,
    arms: IntArray,
    drawing: tuple[int | np.random.Generator, int],
    confidence: float,
) -> tuple[Interval, ...]:
    """Return the interval of each of (A, N) arms; of two arms also that of their difference."""
    seed, num_resamples = drawing
    num_classes = int(max(labels.max(), arms.max())) + 1
    codes = labels * num_classes + arms
    generator = np.random.default_rng(seed)

    def measure(rows: IntArray) -> FloatArray:
        """Return (r, A or A + 1) metrics of (r, N) resampled rows."""
        counts = np.stack([row_counts(code[rows], num_classes**2) for code in codes], axis=1)
        return _with_difference(metric(counts.reshape(*counts.shape[:2], num_classes, num_classes)))

    estimates = measure(np.arange(labels.size)[None, :])[0]
    replicates = np.empty((num_resamples, estimates.size))
    for start, stop in chunks_of(num_resamples, labels.size + arms.shape[0] * num_classes**2):
        replicates[start:stop] = measure(_stratified_rows(labels, stop - start, generator))
    influence = _influence(metric, labels, arms, estimates)
    return bca(replicates, estimates, acceleration_of(influence, labels), confidence)


def _influence(
    metric: ConfusionMetric, labels: IntArray, arms: IntArray, estimates: FloatArray
) -> FloatArray:
    """Return (N, S) jackknife influence values (n_c - 1)(estimate - estimate without the item).

    Items alike in truth and predictions leave the same matrix behind, so each kind is done once.
    """
    num_classes = int(max(labels.max(), arms.max())) + 1
    kinds, kind_of_item = np.unique(np.vstack([labels, arms]), axis=1, return_inverse=True)
    codes = labels * num_classes + arms
    full = row_counts(codes, num_classes**2).reshape(1, arms.shape[0], num_classes, num_classes)
    class_sizes = np.bincount(labels, minlength=num_classes)
    influence = np.empty((kinds.shape[1], estimates.size))
    for start, stop in chunks_of(kinds.shape[1], full.size):
        without = np.repeat(full, stop - start, axis=0)
        rows = np.arange(stop - start)
        for arm in range(arms.shape[0]):
            without[rows, arm, kinds[0, start:stop], kinds[1 + arm, start:stop]] -= 1
        change = estimates - _with_difference(metric(without))
        influence[start:stop] = (class_sizes[kinds[0, start:stop], None] - 1) * change
    return influence[kind_of_item.ravel()]


def _swap_p_value(
    metric: ConfusionMetric, labels: IntArray, arms: IntArray, seed: int, num_resamples: int
) -> float:
    """Return the paired permutation p of metric(A) - metric(B); 1 when the arms never differ."""
    num_classes = int(max(labels.max(), arms.max())) + 1
    codes = labels * num_classes + arms
    differing = codes[0] != codes[1]
    same = row_counts(codes[:1, ~differing], num_classes**2)
    code_a, code_b = codes[:, differing]

    def difference(swapped: NDArray[np.bool_]) -> FloatArray:
        """Return (r,) metric(A) - metric(B) after (r, D) swaps of the differing items."""
        first = same + row_counts(np.where(swapped, code_b, code_a), num_classes**2)
        second = same + row_counts(np.where(swapped, code_a, code_b), num_classes**2)
        counts = np.stack([first, second]).reshape(2, -1, num_classes, num_classes)
        of_a, of_b = metric(counts)
        return np.asarray(of_a - of_b)

    observed = abs(float(difference(np.zeros((1, code_a.size), dtype=bool))[0]))
    # A stream of its own, so that the number of bootstrap draws does not change the swaps.
    generator = np.random.default_rng([seed, 1])
    as_extreme = 0
    for start, stop in chunks_of(num_resamples, labels.size + 2 * num_classes**2):
        swapped = generator.random((stop - start, code_a.size)) < 0.5
        as_extreme += int((np.abs(difference(swapped)) >= observed - 1e-12).sum())
    return (1 + as_extreme) / (1 + num_resamples)


def _with_difference(metrics: FloatArray) -> FloatArray:
    """Append the column A - B to (R, 2) metrics; (R, 1) stays."""
    if metrics.shape[1] == 1:
        return metrics
    return np.column_stack([metrics, metrics[:, 0] - metrics[:, 1]])


def _stratified_rows(strata: IntArray, num_draws: int, generator: np.random.Generator) -> IntArray:
    """Return (num_draws, N) row numbers, drawn with replacement within each stratum."""
    drawn = []
    for stratum in np.unique(strata):
        rows = np.flatnonzero(strata == stratum)
        drawn.append(rows[generator.integers(0, rows.size, size=(num_draws, rows.size))])
    return np.concatenate(drawn, axis=1)


def _labels(y_true: ArrayLike, arms: list[ArrayLike]) -> tuple[IntArray, IntArray]:
    """Return (N,) labels and (A, N) predictions as integers."""
    rows = [np.asarray(row) for row in (y_true, *arms)]
    if any(row.ndim != 1 or row.shape != rows[0].shape for row in rows):
        raise ValueError(f"expected (N,) labels of one length, got {[row.shape for row in rows]}")
    table = np.stack(rows)
    if table.size and (not np.issubdtype(table.dtype, np.integer) or table.min() < 0):
        raise ValueError(f"expected integer classes from 0, got {table.dtype}")
    table = table.astype(np.int64)
    return table[0], table[1:]
