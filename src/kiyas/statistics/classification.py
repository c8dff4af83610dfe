"""Confusion counts -> accuracy, balanced accuracy, macro F1, Matthews correlation.

Each takes (..., C, C) counts, rows true and columns predicted, and returns (...) figures, so that
thousands of resampled matrices are measured at once. The label set is the classes that occur in
the truth: a class without items has no recall, and a prediction of it is only a miss of another.
"""

from __future__ import annotations

import numpy as np

from kiyas.statistics.arrays import FloatArray


def accuracy(confusion: FloatArray) -> FloatArray:
    """Return the share of items on the diagonal."""
    hits = np.trace(confusion, axis1=-2, axis2=-1)
    return np.asarray(hits / confusion.sum(axis=(-2, -1)))


def balanced_accuracy(confusion: FloatArray) -> FloatArray:
    """Return the mean recall over the classes that occur in the truth."""
    support = confusion.sum(axis=-1)
    recall = _diagonal(confusion) / np.maximum(support, 1)
    return _mean_over_support(recall, support)


def macro_f1(confusion: FloatArray) -> FloatArray:
    """Return the mean of F1 = 2 TP / (2 TP + FP + FN) over the classes that occur in the truth.

    Never 0/0 for such a class. Equals scikit-learn's macro F1 with ``labels=unique(y_true)``.
    """
    support = confusion.sum(axis=-1)
    predicted = confusion.sum(axis=-2)
    f1 = 2 * _diagonal(confusion) / np.maximum(support + predicted, 1)
    return _mean_over_support(f1, support)


def matthews_correlation(confusion: FloatArray) -> FloatArray:
    """Return Gorodkin's multi-class correlation R_K of truth and prediction.

    Gorodkin 2004 (Comput Biol Chem 28:367). 0 when only one class is true or predicted: such
    predictions carry no information (scikit-learn's convention).
    """
    total = confusion.sum(axis=(-2, -1))
    support, predicted = confusion.sum(axis=-1), confusion.sum(axis=-2)
    hits = np.trace(confusion, axis1=-2, axis2=-1)
    covariance = hits * total - (support * predicted).sum(axis=-1)
    spread_true = total**2 - (support**2).sum(axis=-1)
    spread_predicted = total**2 - (predicted**2).sum(axis=-1)
    scale = np.sqrt(spread_true * spread_predicted)
    return np.asarray(np.where(scale > 0, covariance / np.maximum(scale, 1e-300), 0.0))


def _diagonal(confusion: FloatArray) -> FloatArray:
    return np.asarray(np.diagonal(confusion, axis1=-2, axis2=-1))


def _mean_over_support(per_class: FloatArray, support: FloatArray) -> FloatArray:
    present = support > 0
    return np.asarray((per_class * present).sum(axis=-1) / present.sum(axis=-1))
