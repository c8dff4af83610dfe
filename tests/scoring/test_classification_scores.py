"""Figures of a classifier: those of scikit-learn, with intervals, under the reference's names."""

import json

import numpy as np
import pytest
from sklearn import metrics as sk

from kiyas.errors import ScoringError
from kiyas.scoring.classification import (
    METRIC_ORDER,
    parse_predictions,
    predictions_csv,
    reference_class_report,
    reference_metrics,
    score_classifier,
)

NAMES = tuple("abcdefgh")


def sample(num_rows=240, num_classes=8, seed=0):
    draw = np.random.default_rng(seed)
    labels = draw.integers(0, num_classes, size=num_rows)
    logits = draw.normal(size=(num_rows, num_classes))
    logits[np.arange(num_rows), labels] += 2.0
    exponents = np.exp(logits)
    return labels, exponents / exponents.sum(axis=1, keepdims=True)


@pytest.fixture(scope="module")
def rows():
    return sample()


@pytest.fixture(scope="module")
def scores(rows):
    return score_classifier(rows[0].tolist(), rows[1], NAMES)


def test_every_figure_is_scikit_learns(rows, scores):
    labels, probabilities = rows
    predicted = probabilities.argmax(axis=1)
    expected = {
        "accuracy": sk.accuracy_score(labels, predicted),
        "precision_macro": sk.precision_score(labels, predicted, average="macro"),
        "recall_macro": sk.recall_score(labels, predicted, average="macro"),
        "f1_micro": sk.f1_score(labels, predicted, average="micro"),
        "f1_macro": sk.f1_score(labels, predicted, average="macro"),
        "f1_weighted": sk.f1_score(labels, predicted, average="weighted"),
        "balanced_accuracy": sk.balanced_accuracy_score(labels, predicted),
        "matthews": sk.matthews_corrcoef(labels, predicted),
        "log_loss": sk.log_loss(labels, probabilities),
        "auc_macro": sk.roc_auc_score(labels, probabilities, multi_class="ovr"),
    }
    for name, value in expected.items():
        assert scores.metrics[name].estimate == pytest.approx(value), name
    assert set(scores.metrics) == set(METRIC_ORDER) == {*expected, "calibration_error"}


def test_every_figure_has_an_interval_around_it(scores):
    for name, metric in scores.metrics.items():
        assert metric.ci_low < metric.estimate < metric.ci_high, name


def test_every_class_has_its_figures_and_curve(rows, scores):
    labels, probabilities = rows
    predicted = probabilities.argmax(axis=1)
    f1 = sk.f1_score(labels, predicted, average=None)
    for item in scores.classes:
        is_class = labels == item.label
        assert item.f1.estimate == pytest.approx(f1[item.label])
        assert item.auc.estimate == pytest.approx(
            sk.roc_auc_score(is_class, probabilities[:, item.label])
        )
        assert (item.recall.k, item.recall.n) == (
            int((is_class & (predicted == item.label)).sum()),
            int(is_class.sum()),
        )
        assert item.roc[0] == (0.0, 0.0)
        assert item.roc[-1] == (1.0, 1.0)


def test_the_confusion_has_the_truth_in_its_rows(rows, scores):
    labels, probabilities = rows
    expected = sk.confusion_matrix(labels, probabilities.argmax(axis=1))
    assert scores.confusion == tuple(map(tuple, expected.tolist()))


def test_the_calibration_error_of_a_known_case():
    # Always 0.9 sure, right in 6 of 10: |0.6 - 0.9| = 0.3, all in one bin.
    labels = [0] * 6 + [1] * 4
    scores = score_classifier(labels, np.tile([0.9, 0.1], (10, 1)), ("a", "b"))
    assert scores.metrics["calibration_error"].estimate == pytest.approx(0.3)
    [(sure, right, count)] = scores.calibration
    assert (sure, right, count) == (pytest.approx(0.9), 0.6, 10)


def test_metrics_have_exactly_the_keys_of_the_reference(scores):
    # Names as in the reference study's metrics.json.
    assert list(reference_metrics(scores)) == [
        "Accuracy",
        "F1_micro",
        "F1_macro",
        "F1_weighted",
        "Precision_macro",
        "Recall_macro",
    ]


def test_the_class_report_has_the_keys_of_the_reference(scores):
    report = reference_class_report(scores)["per_class"]
    assert list(report) == [f"class_{label}" for label in range(8)]
    assert list(report["class_3"]) == ["precision", "recall", "f1_score", "support"]
    json.dumps(report, allow_nan=False)


def test_predictions_have_the_columns_of_the_reference_and_are_read_back(rows):
    labels, probabilities = rows
    text = predictions_csv(labels.tolist(), probabilities)
    header = text.splitlines()[0].split(",")
    assert header == ["y_true", "y_pred", *(f"prob_class_{label}" for label in range(8))]
    again, read = parse_predictions(text)
    assert again == tuple(labels)
    np.testing.assert_array_equal(read, probabilities)


def test_a_class_missing_from_the_split_is_undefined_and_in_no_average():
    labels, probabilities = sample(60, 3)
    labels[labels == 2] = 1
    scores = score_classifier(labels.tolist(), probabilities, ("a", "b", "c"))
    absent = scores.classes[2]
    assert absent.recall.estimate is None
    assert absent.auc.estimate is None
    assert absent.roc == ()
    present = [item.f1.estimate for item in scores.classes[:2]]
    assert scores.metrics["f1_macro"].estimate == pytest.approx(np.mean(present))
    assert scores.metrics["auc_macro"].estimate is not None


def test_a_class_of_one_row_has_figures():
    labels, probabilities = sample(60, 3)
    labels[labels == 2] = 1
    labels[0] = 2
    scores = score_classifier(labels.tolist(), probabilities, ("a", "b", "c"))
    assert scores.classes[2].recall.n == 1
    assert scores.classes[2].auc.ci_low is not None


@pytest.mark.parametrize(
    ("labels", "probabilities"),
    [([], np.empty((0, 2))), ([0, 2], np.full((2, 2), 0.5)), ([0], np.full((2, 2), 0.5))],
)
def test_rows_that_do_not_fit_are_refused(labels, probabilities):
    with pytest.raises(ScoringError, match="do not fit"):
        score_classifier(labels, probabilities, ("a", "b"))


def test_a_probability_that_is_no_number_is_refused():
    with pytest.raises(ScoringError, match="not finite"):
        score_classifier([0, 1], np.array([[0.5, 0.5], [np.nan, 1.0]]), ("a", "b"))
