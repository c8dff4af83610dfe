"""Metrics of many confusion matrices at once."""

import numpy as np
import pytest
from sklearn import metrics

from kiyas.statistics import accuracy, balanced_accuracy, macro_f1, matthews_correlation

PAIRS = [
    (accuracy, metrics.accuracy_score),
    (balanced_accuracy, metrics.balanced_accuracy_score),
    (macro_f1, lambda t, p: metrics.f1_score(t, p, average="macro", labels=np.unique(t))),
    (matthews_correlation, metrics.matthews_corrcoef),
]


@pytest.mark.parametrize(("ours", "theirs"), PAIRS)
def test_metrics_equal_scikit_learn_for_each_matrix_of_a_stack(ours, theirs):
    rng = np.random.default_rng(1)
    y_true, y_pred = rng.integers(0, 5, (2, 7, 90))
    stack = [
        metrics.confusion_matrix(t, p, labels=range(5)) for t, p in zip(y_true, y_pred, strict=True)
    ]
    expected = [theirs(t, p) for t, p in zip(y_true, y_pred, strict=True)]
    np.testing.assert_allclose(ours(np.array(stack, dtype=float)), expected)


def test_a_class_without_items_is_left_out_of_the_mean():
    # Classes 0 and 1 by hand: F1 = 2*3/(4+3) and 2*2/(2+2); class 2 is predicted once, never true.
    confusion = np.array([[3.0, 0.0, 1.0], [0.0, 2.0, 0.0], [0.0, 0.0, 0.0]])
    assert macro_f1(confusion) == pytest.approx((6 / 7 + 1) / 2)
    assert balanced_accuracy(confusion) == pytest.approx((3 / 4 + 1) / 2)


def test_one_predicted_class_has_no_correlation():
    assert matthews_correlation(np.array([[5.0, 0.0], [3.0, 0.0]])) == 0.0
