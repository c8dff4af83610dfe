from dataclasses import replace

import pytest

from kiyas.records import Finding
from kiyas.report.classification.summary import summarise_classification


def answers(findings, language):
    parts = summarise_classification(findings, language)
    return [" ".join(part.sentences) for part in parts]


def judge(findings, verdict, kind=None, metric="accuracy"):
    made = tuple(
        replace(item, verdict=verdict)
        if item.metric == metric and kind in (None, item.kind)
        else item
        for item in findings.comparisons
    )
    return replace(findings, comparisons=made)


def test_the_five_questions_are_answered(topics, english):
    parts = summarise_classification(topics, english)
    assert [part.question for part in parts] == [
        "What was compared",
        "Which arm is best",
        "Is it real?",
        "Does training a model beat the baseline?",
        "What next",
    ]
    assert all(part.sentences for part in parts)


def test_the_best_arm_is_the_one_with_the_most_rows_right(topics, english):
    best = max(topics.results, key=lambda result: result.scores.metrics["accuracy"].k)
    told = answers(topics, english)[1]
    assert f"{best.arm} has the highest accuracy" in told
    assert f"{best.scores.metrics['accuracy'].k}/{topics.num_test}" in told


def test_arms_with_as_many_rows_right_are_named(topics, english):
    twin = replace(topics.results[2], trial="twin/seed-0", arm="twin")
    told = answers(replace(topics, results=(*topics.results, twin)), english)[1]
    assert "As many rows right: twin." in told


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        ("better", "beats it by accuracy"),
        ("worse", "is worse than it by accuracy"),
        ("no difference detected", "does not beat it"),
        ("underpowered", "too few to say whether it beats it"),
    ],
)
def test_each_arm_is_told_against_the_baseline_by_its_verdict(topics, english, verdict, words):
    told = answers(judge(topics, verdict, "against-baseline"), english)[3]
    assert told.count(words) == 2


def test_a_verdict_by_another_metric_is_told_where_it_differs(topics, english):
    told = answers(judge(topics, "better", "against-baseline", "auc_macro"), english)[3]
    assert told.count("By AUC, macro mean it is better") == 2


def test_a_study_without_baseline_says_that_nothing_can_be_said(topics, english):
    bare = replace(topics, results=topics.results[1:], comparisons=topics.comparisons[-3:])
    told = answers(bare, english)
    assert "the study has no baseline" in told[3]
    assert "Add the baseline" in told[4]


def test_a_lead_is_real_only_if_every_comparison_says_so(topics, english):
    assert "not established" in answers(topics, english)[2]
    best = topics.results[2].trial
    won = tuple(
        replace(item, verdict="better" if item.first == best else "worse")
        for item in topics.comparisons
    )
    told = answers(replace(topics, comparisons=won), english)[2]
    assert "its lead is real" in told


def test_a_comparison_is_turned_so_that_the_best_arm_comes_first(topics, english):
    item = next(
        c for c in topics.comparisons if c.kind == "between-arms" and c.metric == "accuracy"
    )
    assert (item.first_arm, item.second_arm) == ("words", "characters")
    told = answers(topics, english)[2]
    assert "characters against words" in told
    assert f"alone right on {item.num_second_only} rows against {item.num_first_only}" in told


def test_no_arm_that_beats_the_baseline_means_to_use_the_baseline(topics, english):
    lost = judge(topics, "no difference detected")
    assert "Use the baseline until" in answers(lost, english)[4]
    won = judge(topics, "better", "against-baseline")
    assert "Use the baseline" not in answers(won, english)[4]
    assert "gains over the baseline" in answers(won, english)[4]


def test_a_chosen_point_at_the_edge_asks_for_a_wider_search(topics, english):
    chosen = next(point for point in topics.search if point.is_chosen)
    rates = [point.values["train.learning_rate"] for point in topics.search]
    assert chosen.values["train.learning_rate"] in (min(rates), max(rates))
    assert "widen the search" in answers(topics, english)[4]
    middle = sorted(rates)[1]
    inside = tuple(
        replace(point, is_chosen=point.values["train.learning_rate"] == middle)
        for point in topics.search
    )
    assert "widen the search" not in answers(replace(topics, search=inside), english)[4]


def test_the_most_frequent_error_of_the_best_arm_is_named(topics, english):
    confusion = [list(row) for row in topics.results[2].scores.confusion]
    confusion[2][0] = 40
    best = topics.results[2]
    scores = replace(best.scores, confusion=tuple(map(tuple, confusion)))
    changed = replace(topics, results=(*topics.results[:2], replace(best, scores=scores)))
    assert "calculus taken for algebra, 40 of" in answers(changed, english)[4]


def test_an_alarm_opens_the_answer_to_whether_it_is_real(topics, english):
    loud = replace(topics, findings=(Finding("x", "alarm", "Rows are missing."),))
    assert answers(loud, english)[2].startswith("Rows are missing.")


def test_a_study_without_results_still_has_a_summary(topics, english):
    empty = replace(topics, results=(), comparisons=(), search=(), latency=None, findings=())
    assert "no arm was tested" in answers(empty, english)[1]
