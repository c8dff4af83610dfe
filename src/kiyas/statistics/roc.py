"""Labels and scores -> areas under ROC curves, with DeLong intervals and the paired test.

Chooses no threshold and judges no calibration. Conditional on the number of items in each class.

Sources: DeLong, DeLong & Clarke-Pearson 1988 (Biometrics 44:837); Newcombe 2006 (Statistics in
Medicine 25:559), method 5, for few items or perfect separation.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from kiyas.statistics.arrays import FloatArray, IntArray, finite_matrix, finite_vector
from kiyas.statistics.intervals import Interval, two_sided_z

_FEWEST_FOR_DELONG = 10
"""Items of a class below which DeLong's variance is too uncertain for a normal interval."""


@dataclass(frozen=True)
class AucComparison:
    """Two scorings of the same items, compared by their (mean) area under the ROC curve."""

    a: Interval
    """AUC of A."""
    b: Interval
    """AUC of B."""
    difference: Interval
    """A - B with DeLong's interval for correlated curves."""
    p_value: float | None
    """Two-sided p of DeLong's z test; 1 when A and B rank alike, None where undefined."""


def auc(y_true: ArrayLike, scores: ArrayLike, confidence: float = 0.95) -> Interval:
    """Return the area under the ROC curve of a binary scoring.

    P(score of a positive > score of a negative), ties counting half. Interval on the logit scale,
    logit(A) +- z SE / (A(1 - A)), which keeps to [0, 1], SE by DeLong. With fewer than 10 items in
    a class, or A of 0 or 1, Newcombe's score-like interval, which has width there too.

    Args:
        y_true: (N,) labels, true or 1 for positive.
        scores: (N,) scores, higher for positive.
        confidence: Nominal coverage.

    Returns:
        Nones when a class is empty.

    Raises:
        ValueError: Labels not binary, scores not finite, or lengths that differ.
    """
    positive = np.asarray(y_true)
    if not ((positive == 0) | (positive == 1)).all():
        raise ValueError("expected labels 0 and 1")
    values = _scores(scores, positive)
    area, influence = _area(positive.astype(bool), values)
    num_positive = int(positive.sum())
    counts = (num_positive, positive.size - num_positive)
    if area is None:
        return Interval(None, None, None, confidence, "delong-logit")
    if min(counts) < _FEWEST_FOR_DELONG or area in {0.0, 1.0}:
        low, high = _newcombe_bounds(area, counts, confidence)
        return Interval(area, low, high, confidence, "newcombe")
    return _logit_interval(area, _variance(influence, positive.astype(np.int64)), confidence)


def compare_auc(
    y_true: ArrayLike, scores_a: ArrayLike, scores_b: ArrayLike, confidence: float = 0.95
) -> AucComparison:
    """Compare two scorings of the same items by DeLong's test for correlated curves.

    z = (A_A - A_B) / sqrt(Var_A + Var_B - 2 Cov), the covariance from the placements of the same
    items (DeLong et al. 1988).

    Args:
        y_true: (N,) labels, true or 1 for positive.
        scores_a: (N,) scores of A, higher for positive.
        scores_b: (N,) scores of B on the same items.
        confidence: Nominal coverage.

    Raises:
        ValueError: Labels not binary, scores not finite, or lengths that differ.
    """
    a, b = auc(y_true, scores_a, confidence), auc(y_true, scores_b, confidence)
    positive = np.asarray(y_true).astype(bool)
    areas = [_area(positive, _scores(scores, positive)) for scores in (scores_a, scores_b)]
    return _compare((a, b), areas[0][1] - areas[1][1], positive.astype(np.int64))


def macro_auc(y_true: ArrayLike, probabilities: ArrayLike, confidence: float = 0.95) -> Interval:
    """Return the mean one-vs-rest AUC over all classes that occur, with its interval.

    An item is a positive of its own class and a negative of every other, so the class AUCs are
    correlated; the variance sums each item's influence on the mean within its true class. With two
    classes it is DeLong's. Equals scikit-learn's ``roc_auc_score(multi_class="ovr")``.

    Args:
        y_true: (N,) true classes, integers from 0.
        probabilities: (N, C) score of each class.
        confidence: Nominal coverage.

    Returns:
        Nones with fewer than two classes; bounds None when a class has one item, or A is 1.

    Raises:
        ValueError: Shapes or labels that do not fit, or scores that are not finite.
    """
    labels, values = _multiclass(y_true, probabilities)
    area, influence = _macro_area(labels, values)
    if area is None:
        return Interval(None, None, None, confidence, "delong-logit")
    variance = _variance(influence, labels)
    if not 0 < area < 1 or not variance > 0:
        return Interval(area, None, None, confidence, "delong-logit")
    return _logit_interval(area, variance, confidence)


def compare_macro_auc(
    y_true: ArrayLike,
    probabilities_a: ArrayLike,
    probabilities_b: ArrayLike,
    confidence: float = 0.95,
) -> AucComparison:
    """Compare two classifiers on the same items by their mean one-vs-rest AUC, as ``compare_auc``.

    Args:
        y_true: (N,) true classes, integers from 0.
        probabilities_a: (N, C) class scores of A.
        probabilities_b: (N, C) class scores of B.
        confidence: Nominal coverage.

    Raises:
        ValueError: Shapes or labels that do not fit, or scores that are not finite.
    """
    arms = (probabilities_a, probabilities_b)
    a, b = (macro_auc(y_true, arm, confidence) for arm in arms)
    influences = [_macro_area(*_multiclass(y_true, arm))[1] for arm in arms]
    return _compare((a, b), influences[0] - influences[1], np.asarray(y_true, dtype=np.int64))


def _compare(
    arms: tuple[Interval, Interval], influence: FloatArray, labels: IntArray
) -> AucComparison:
    """Return the comparison from each item's influence on the difference."""
    a, b = arms
    if a.estimate is None or b.estimate is None:
        return AucComparison(a, b, Interval(None, None, None, a.confidence, "delong"), None)
    estimate = a.estimate - b.estimate
    error = math.sqrt(_variance(influence, labels))
    if not error > 0:
        # Same ranks: no difference. Two scorings that are both perfect also end here.
        p_value = 1.0 if estimate == 0 else None
        return AucComparison(a, b, Interval(estimate, None, None, a.confidence, "delong"), p_value)
    reach = two_sided_z(a.confidence) * error
    interval = Interval(estimate, estimate - reach, estimate + reach, a.confidence, "delong")
    return AucComparison(a, b, interval, 2 * float(special.ndtr(-abs(estimate) / error)))


def _area(positive: NDArray[np.bool_], scores: FloatArray) -> tuple[float | None, FloatArray]:
    """Return the AUC and each item's influence on it; (None, zeros) when a class is empty.

    Placements: a positive's share V10 of the n negatives below it, a negative's share V01 of the
    m positives above it, ties counting half, in O(N log N). Influence (V10 - A)/m and (V01 - A)/n.
    """
    influence = np.zeros(scores.size)
    num_positive = int(positive.sum())
    num_negative = scores.size - num_positive
    if min(num_positive, num_negative) == 0:
        return None, influence
    above = _num_below(scores[positive], scores[~positive]) / num_negative
    below = 1 - _num_below(scores[~positive], scores[positive]) / num_positive
    area = float(above.mean())
    influence[positive] = (above - area) / num_positive
    influence[~positive] = (below - area) / num_negative
    return area, influence


def _macro_area(labels: IntArray, probabilities: FloatArray) -> tuple[float | None, FloatArray]:
    """Return the mean AUC over the classes that occur and each item's influence on it."""
    classes = np.unique(labels)
    if classes.size < 2:
        return None, np.zeros(labels.size)
    parts = [_area(labels == label, probabilities[:, label]) for label in classes]
    areas = [area for area, _ in parts if area is not None]
    influence = np.mean([influence for _, influence in parts], axis=0)
    return float(np.mean(areas)), np.asarray(influence)


def _variance(influence: FloatArray, labels: IntArray) -> float:
    """Return the variance of a sum of (N,) influences, classes fixed; NaN if one has one item.

    sum over classes of n_c / (n_c - 1) sum (h - mean h)^2; with two classes DeLong's S10/m + S01/n.
    """
    sizes = np.bincount(labels)
    means = np.bincount(labels, influence) / np.maximum(sizes, 1)
    squares = np.bincount(labels, (influence - means[labels]) ** 2)
    if (sizes == 1).any():
        return math.nan
    return float((sizes * squares / np.maximum(sizes - 1, 1)).sum())


def _logit_interval(area: float, variance: float, confidence: float) -> Interval:
    reach = two_sided_z(confidence) * math.sqrt(variance) / (area * (1 - area))
    bounds = special.expit(special.logit(area) + np.array([-reach, reach]))
    return Interval(area, float(bounds[0]), float(bounds[1]), confidence, "delong-logit")


def _newcombe_bounds(
    area: float, counts: tuple[int, int], confidence: float
) -> tuple[float, float]:
    """Return the areas A at which |area - A| = z sqrt(V(A)).

    V(A) = A(1-A) (1 + N* ((1-A)/(2-A) + A/(1+A))) / (mn), N* = (m+n)/2 - 1: the variance of Hanley
    & McNeil 1982 at the bound itself (Newcombe 2006, method 5).
    """
    from scipy import optimize

    z = two_sided_z(confidence)
    product, balanced = counts[0] * counts[1], sum(counts) / 2 - 1

    def excess(candidate: float) -> float:
        shape = (1 - candidate) / (2 - candidate) + candidate / (1 + candidate)
        variance = candidate * (1 - candidate) * (1 + balanced * shape) / product
        return (area - candidate) ** 2 - z * z * variance

    edge = 1e-12
    low = 0.0 if area == 0 else float(optimize.brentq(excess, edge, area - edge / 2))
    high = 1.0 if area == 1 else float(optimize.brentq(excess, area + edge / 2, 1 - edge))
    return low, high


def _num_below(values: FloatArray, others: FloatArray) -> FloatArray:
    """Return (N,) how many of the (M,) others are below each value, equal ones counting half."""
    ordered = np.sort(others)
    below, not_above = (np.searchsorted(ordered, values, side) for side in ("left", "right"))
    return np.asarray((below + not_above) / 2)


def _scores(scores: ArrayLike, labels: NDArray[np.generic]) -> FloatArray:
    values = finite_vector(scores)
    if values.shape != labels.shape:
        raise ValueError(f"expected (N,) labels and scores, got {labels.shape} and {values.shape}")
    return values


def _multiclass(y_true: ArrayLike, scores: ArrayLike) -> tuple[IntArray, FloatArray]:
    labels, values = np.asarray(y_true), finite_matrix(scores, "(N, C)")
    if labels.ndim != 1 or labels.size != values.shape[0]:
        raise ValueError(
            f"expected (N,) labels and (N, C) scores, got {labels.shape} and {values.shape}"
        )
    if labels.size and not (labels.min() >= 0 and labels.max() < values.shape[1]):
        raise ValueError(f"expected classes in 0..{values.shape[1] - 1}, got up to {labels.max()}")
    return labels.astype(np.int64), values
