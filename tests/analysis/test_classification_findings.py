"""Arms are compared on the same rows, and the report says whether they beat the baseline."""

import numpy as np
import pytest

from kiyas.analysis.classification import (
    ClassificationSetting,
    TriedPoint,
    analyse_classification,
    judge_points,
)
from kiyas.records.classification import ClassifierResult, Metric, TrainedClassifier
from kiyas.scoring.classification import METRIC_ORDER, score_classifier
from kiyas.statistics import mcnemar

NAMES = ("a", "b", "c")
LABELS = np.arange(300) % 3
SETTING = ClassificationSetting("study", NAMES, (), (900, 300, 300), 1, METRIC_ORDER, 0.95)
TRAINED = TrainedClassifier("lora", 1, 10, 1, False, 0.0, 5, 100, 0, (), "float32", 1.0)


def result(arm, num_wrong, seed=0, shift=0):
    """Return an arm that is wrong on its first rows, and on no others."""
    predicted = LABELS.copy()
    rows = slice(shift, shift + num_wrong)
    predicted[rows] = (predicted[rows] + 1) % 3
    probabilities = np.full((300, 3), 0.1)
    probabilities[np.arange(300), predicted] = 0.8
    return ClassifierResult(
        arm=arm,
        seed=None if arm == "tfidf" else seed,
        trial=f"{arm}/seed-{seed}",
        is_baseline=arm == "tfidf",
        labels=tuple(LABELS.tolist()),
        predictions=tuple(predicted.tolist()),
        probabilities=tuple(map(tuple, probabilities.tolist())),
        scores=score_classifier(LABELS.tolist(), probabilities, NAMES),
        trained=TRAINED,
    )


def of(findings, metric="accuracy"):
    return {
        (item.first_arm, item.second_arm): item
        for item in findings.comparisons
        if item.metric == metric
    }


@pytest.fixture(scope="module")
def findings():
    return analyse_classification(
        SETTING, [result("tfidf", 40), result("good", 10), result("same", 42, shift=2)]
    )


def test_the_family_is_each_arm_against_the_baseline_and_the_arms_in_pairs(findings):
    assert set(of(findings)) == {("good", "tfidf"), ("same", "tfidf"), ("good", "same")}
    assert len(findings.comparisons) == 3 * 3


def test_an_arm_is_paired_with_the_baseline_row_by_row(findings):
    item = of(findings)["good", "tfidf"]
    # Wrong on rows 0-9 and 0-39: alone right on 30 and 0.
    assert (item.num_first_only, item.num_second_only) == (30, 0)
    assert item.difference == pytest.approx(0.1)
    assert item.p_value == pytest.approx(mcnemar(30, 0, 300).mid_p_value)
    assert item.verdict == "better"


def test_no_verdict_where_the_difference_is_noise(findings):
    item = of(findings)["same", "tfidf"]
    assert item.verdict in ("no difference detected", "underpowered")
    assert item.ci_low < 0 < item.ci_high
    assert (item.smallest_detectable is None) == (item.verdict == "underpowered")


def test_p_values_are_corrected_for_the_whole_family(findings):
    for item in findings.comparisons:
        assert item.p_adjusted >= item.p_value


def test_it_is_said_which_arm_beats_the_baseline(findings):
    texts = [finding.text for finding in findings.findings if finding.kind == "baseline"]
    assert any("good/seed-0 beats the baseline" in text for text in texts)
    assert any("same/seed-0 does not beat the baseline" in text for text in texts)


def test_one_seed_speaks_of_weights_only(findings):
    assert "one-seed" in {finding.kind for finding in findings.findings}


def test_a_study_without_a_baseline_is_told_what_it_cannot_say():
    found = analyse_classification(SETTING, [result("good", 10)])
    assert "no-baseline" in {finding.kind for finding in found.findings}


def test_arms_are_compared_at_equal_seed():
    results = [result("one", 9, seed=s) for s in (0, 1)] + [
        result("other", 12, seed=s) for s in (0, 1)
    ]
    found = analyse_classification(SETTING, results)
    pairs = {(item.first, item.second) for item in found.comparisons}
    assert pairs == {("one/seed-0", "other/seed-0"), ("one/seed-1", "other/seed-1")}


def point(name, num_wrong, is_chosen=False):
    predicted = LABELS.copy()
    predicted[:num_wrong] = (predicted[:num_wrong] + 1) % 3
    share = 1 - num_wrong / 300
    return TriedPoint(
        arm="arm",
        trial=name,
        values={"train.learning_rate": float(name)},
        labels=tuple(LABELS.tolist()),
        predictions=tuple(predicted.tolist()),
        metric=Metric(share, None, None, "wilson"),
        stopped_early=False,
        is_chosen=is_chosen,
    )


def test_a_search_names_the_points_that_cannot_be_told_apart():
    judged = judge_points([point("1e-5", 90), point("1e-4", 36, True), point("2e-4", 38)], 0.95)
    assert [item.alike for item in judged] == [False, True, True]
    assert judged[1].accuracy.k == 264
