from dataclasses import replace

from kiyas.report.classification.latency_tables import tabulate_latency, tabulate_ratios
from kiyas.report.classification.tables import (
    tabulate_classes,
    tabulate_metrics,
    tabulate_pairs,
)
from kiyas.report.classification.training_tables import tabulate_search, tabulate_training


def texts(table):
    return [[cell.text for cell in row] for row in table.rows]


def test_the_leaderboard_has_every_metric_of_every_arm_with_its_interval(topics, english):
    table = tabulate_metrics(topics, english)
    assert [column.title for column in table.columns] == ["metric", "tfidf", "words", "characters"]
    assert len(table.rows) == len(topics.metric_order)
    accuracy = topics.results[1].scores.metrics["accuracy"]
    low, high = 100 * accuracy.ci_low, 100 * accuracy.ci_high
    share = f"{100 * accuracy.estimate:.1f} %"
    assert texts(table)[0][2] == f"{accuracy.k}/{accuracy.n} ({share}) [{low:.1f}, {high:.1f}]"
    f1 = topics.results[2].scores.metrics["f1_macro"]
    row = texts(table)[topics.metric_order.index("f1_macro")]
    assert row[3] == f"{f1.estimate:.3f} [{f1.ci_low:.3f}, {f1.ci_high:.3f}]"


def test_only_the_highest_accuracy_is_marked(topics, english):
    marked = [
        (i, j)
        for i, row in enumerate(tabulate_metrics(topics, english).rows)
        for j, cell in enumerate(row)
        if cell.mark == "best"
    ]
    accuracies = [result.scores.metrics["accuracy"].k for result in topics.results]
    assert marked == [(0, 1 + accuracies.index(max(accuracies)))]


def test_a_metric_that_is_undefined_is_a_dash(topics, english):
    result = topics.results[0]
    metrics = {**result.scores.metrics}
    del metrics["log_loss"]
    bare = replace(result, scores=replace(result.scores, metrics=metrics))
    table = tabulate_metrics(replace(topics, results=(bare, *topics.results[1:])), english)
    assert texts(table)[topics.metric_order.index("log_loss")][1] == "–"


def test_seeds_of_one_arm_are_columns_of_their_own(topics, english):
    again = replace(topics.results[1], trial="words/seed-1", seed=1)
    table = tabulate_metrics(replace(topics, results=(*topics.results, again)), english)
    heads = [column.title for column in table.columns]
    assert heads == ["metric", "tfidf", "words (seed 0)", "characters", "words (seed 1)"]


def test_every_declared_comparison_is_in_one_of_the_tables(topics, english):
    kinds = ("against-baseline", "between-arms")
    rows = [row for kind in kinds for row in tabulate_pairs(topics, kind, english).rows]
    assert len(rows) == len(topics.comparisons)


def test_discordant_rows_are_told_for_accuracy_alone(topics, english):
    for row in texts(tabulate_pairs(topics, "between-arms", english)):
        assert (row[2] == "accuracy") == (row[7] != "–")


def test_the_rows_of_the_classes_add_up_to_the_test_rows(topics, english):
    rows = texts(tabulate_classes(topics, english))
    of_baseline = [row for row in rows if row[1] == "tfidf"]
    assert sum(int(row[2]) for row in of_baseline) == topics.num_test
    assert sum(int(row[3]) for row in of_baseline) == topics.num_test


def test_the_points_of_the_search_say_whether_they_can_be_told_apart(topics, english):
    told = [row[4] for row in texts(tabulate_search(topics, english))]
    points = topics.search
    expected = {
        (True, True): "chosen",
        (False, True): "cannot be told apart",
        (False, False): "told apart",
    }
    assert told == [expected[point.is_chosen, point.alike] for point in points]


def test_the_chosen_settings_of_an_arm_stand_with_its_training(topics, english):
    rows = texts(tabulate_training(topics, english))
    chosen = next(point for point in topics.search if point.is_chosen)
    assert rows[1][1] == f"learning_rate {chosen.values['train.learning_rate']:g}"
    assert rows[0][1:4] == ["–", "–", "–"]


def test_latency_says_whether_the_adapter_was_merged(topics, english):
    told = {row[0]: row[6] for row in texts(tabulate_latency(topics.latency, english))}
    assert told == {"tfidf": "–", "words": "merged", "characters": "merged"}


def test_a_ratio_whose_interval_includes_one_is_no_difference(topics, english):
    for ratio, row in zip(
        topics.latency.ratios, texts(tabulate_ratios(topics.latency, english)), strict=True
    ):
        includes_one = ratio.ci_low <= 1 <= ratio.ci_high
        assert (row[4] == "no difference detected") == includes_one
