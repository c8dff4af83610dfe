"""Predictions of classifiers: figures with intervals, paired tests, what is told."""

import numpy as np
import pytest
from sklearn.metrics import f1_score, roc_auc_score

from kiyas.analysis.audit_predictions import audit_predictions
from kiyas.records.file_audit import PredictionFile

LABELS = np.random.default_rng(0).integers(0, 4, size=240)


def classifier(accuracy, seed, name, labels=LABELS):
    """Return predictions that are right with a given chance, and their probabilities."""
    generator = np.random.default_rng(seed)
    logits = generator.normal(size=(len(labels), 4))
    logits[np.arange(len(labels)), labels] += 1.0
    right = generator.random(len(labels)) < accuracy
    wrong = (labels + generator.integers(1, 4, size=len(labels))) % 4
    predicted = np.where(right, labels, wrong)
    table = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return PredictionFile(
        name,
        tuple(map(int, labels)),
        tuple(map(int, predicted)),
        tuple(tuple(map(float, row)) for row in table),
    )


def test_figures_equal_those_of_scikit_learn():
    file = classifier(0.8, 1, "a.csv")
    [summary] = audit_predictions([file]).summaries
    assert summary.accuracy.k == sum(np.array(file.predictions) == LABELS)
    assert summary.macro_f1.estimate == pytest.approx(
        f1_score(file.labels, file.predictions, average="macro")
    )
    expected = roc_auc_score(file.labels, np.array(file.probabilities), multi_class="ovr")
    assert summary.macro_auc.estimate == pytest.approx(expected)
    one = roc_auc_score(LABELS == 2, np.array(file.probabilities)[:, 2])
    assert summary.class_auc[2].estimate == pytest.approx(one)
    assert sorted(summary.class_auc) == [0, 1, 2, 3]


def test_a_real_difference_is_seen_by_accuracy_and_f1():
    audit = audit_predictions([classifier(0.9, 1, "a.csv"), classifier(0.6, 2, "b.csv")])
    verdicts = {item.metric: item.verdict for item in audit.comparisons}
    assert verdicts == {
        "accuracy": "better",
        "macro F1": "better",
        "macro AUC": "no difference detected",  # both rank by the same logits and noise
    }


def test_equal_classifiers_are_not_told_apart():
    audit = audit_predictions([classifier(0.8, 1, "a.csv"), classifier(0.8, 2, "b.csv")])
    assert {item.verdict for item in audit.comparisons} == {"no difference detected"}
    assert audit.comparisons[0].smallest_detectable is not None


def test_other_rows_are_not_compared_and_told():
    shuffled = classifier(0.8, 2, "b.csv", labels=LABELS[::-1].copy())
    audit = audit_predictions([classifier(0.8, 1, "a.csv"), shuffled])
    assert audit.comparisons == ()
    assert [f.kind for f in audit.findings if f.severity == "alarm"] == ["other-rows"]


def test_predictions_no_better_than_the_most_frequent_class_raise_an_alarm():
    labels = np.array([0] * 90 + [1] * 10)
    always = PredictionFile("a.csv", tuple(map(int, labels)), (0,) * 100, ())
    audit = audit_predictions([always])
    assert "no-better-than-majority" in [f.kind for f in audit.findings if f.severity == "alarm"]
    assert audit.summaries[0].macro_auc is None
