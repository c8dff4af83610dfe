from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
from chart_labels import SVG, find_cut, find_overlaps

from kiyas.report.classification.charts import (
    draw_calibration,
    draw_class_f1,
    draw_confusion,
    draw_metrics,
    draw_roc,
)
from kiyas.report.classification.sections import make_sections
from kiyas.report.classification.training_charts import (
    draw_accuracy_against_latency,
    draw_epochs,
    draw_latency,
    draw_search,
)
from kiyas.report.parts import Chart


def texts_of(chart):
    return [node.text for node in ElementTree.fromstring(str(chart.svg)).iter(f"{SVG}text")]


def count(chart, name):
    nodes = ElementTree.fromstring(str(chart.svg)).iter()
    return sum(name in (node.get("class") or "").split() for node in nodes)


def all_charts(findings, language):
    blocks = [b for section in make_sections(findings, language) for b in section.blocks]
    return [block for block in blocks if isinstance(block, Chart)]


def test_no_label_lies_on_another_or_is_cut_off(topics, english, turkish):
    for language in (english, turkish):
        for chart in all_charts(topics, language):
            assert (chart.name, find_overlaps(chart.svg)) == (chart.name, [])
            assert (chart.name, find_cut(chart.svg)) == (chart.name, [])


def test_long_names_of_arms_and_classes_are_cut_and_not_laid_on_others(topics, english):
    long = "Qwen2.5-Math-7B-augmented-with-class-weights"
    results = tuple(
        replace(result, arm=f"{long}-{i}", history=result.history * 1)
        for i, result in enumerate(topics.results)
    )
    names = tuple(f"{name} and what belongs to it" for name in topics.class_names)
    for chart in all_charts(replace(topics, results=results, class_names=names), english):
        assert (chart.name, find_overlaps(chart.svg)) == (chart.name, [])
        assert (chart.name, find_cut(chart.svg)) == (chart.name, [])


def test_the_confusion_shows_every_count_and_its_share_of_the_true_class(topics, english):
    result = topics.results[0]
    chart = draw_confusion(topics, result, english)
    drawn = texts_of(chart)
    counts = [str(k) for row in result.scores.confusion for k in row]
    assert [text for text in drawn if text.isdigit()] == counts
    row = result.scores.confusion[1]
    assert f"{round(100 * row[1] / sum(row))} %" in drawn
    cells = [cell for line in chart.table.rows for cell in line[1:]]
    assert sum(int(cell.text.split("/")[0]) for cell in cells) == topics.num_test


def test_a_class_without_rows_leaves_its_row_of_the_confusion_empty(topics, english):
    result = topics.results[0]
    confusion = (tuple([0] * 8), *result.scores.confusion[1:])
    bare = replace(result, scores=replace(result.scores, confusion=confusion))
    cells = draw_confusion(topics, bare, english)
    shades = [
        node.get("fill-opacity")
        for node in ElementTree.fromstring(str(cells.svg)).iter(f"{SVG}rect")
        if node.get("class") == "heat"
    ]
    assert shades[:8] == ["0.000"] * 8


def test_the_roc_has_a_panel_for_every_class_and_one_for_the_mean(topics, english):
    chart = draw_roc(topics, english)
    heads = [
        node.text
        for node in ElementTree.fromstring(str(chart.svg)).iter(f"{SVG}text")
        if node.get("class") == "head"
    ]
    assert heads == [*topics.class_names, "Mean of the classes"]
    assert count(chart, "curve") == len(topics.results) * 9
    means = [f"{r.scores.metrics['auc_macro'].estimate:.3f}" for r in topics.results]
    assert texts_of(chart)[-len(means) :] == means


def test_the_mean_roc_curve_has_the_mean_of_the_areas(topics, english):
    # The area under the mean of curves is the mean of their areas.
    from kiyas.report.classification.charts import _mean_curve

    scores = topics.results[0].scores
    curve = np.array(_mean_curve(scores.classes))
    area = np.trapezoid(curve[:, 1], curve[:, 0])
    assert area == pytest.approx(scores.metrics["auc_macro"].estimate, abs=0.01)


def test_a_class_without_a_curve_is_said_in_its_panel(topics, english):
    results = []
    for result in topics.results:
        classes = (replace(result.scores.classes[0], roc=()), *result.scores.classes[1:])
        results.append(replace(result, scores=replace(result.scores, classes=classes)))
    chart = draw_roc(replace(topics, results=tuple(results)), english)
    assert "no such rows" in texts_of(chart)


def test_the_calibration_has_a_mark_for_every_filled_bin(topics, english):
    chart = draw_calibration(topics, english)
    assert count(chart, "bubble") == sum(len(r.scores.calibration) for r in topics.results)


def test_every_metric_and_class_has_a_dot_an_arm(topics, english):
    # One marker each, and one for every arm in the legend.
    assert count(draw_class_f1(topics, english), "marker") == 8 * 3 + 3
    assert count(draw_metrics(topics, english), "marker") == 9 * 3 + 3


def test_the_search_curve_rings_the_chosen_point_and_marks_what_is_like_it(topics, english):
    chart = draw_search(topics, english)
    assert count(chart, "ring") == 1
    alike = [point for point in topics.search if point.alike and not point.is_chosen]
    assert texts_of(chart).count("≈") == len(alike) >= 1
    assert count(chart, "whisker") == len(topics.search)


def test_a_search_over_two_keys_is_drawn_point_by_point(topics, english):
    points = tuple(
        replace(point, values={**point.values, "lora.rank": rank})
        for rank, point in zip((4, 8, 16), topics.search, strict=True)
    )
    drawn = texts_of(draw_search(replace(topics, search=points), english))
    assert "learning_rate 0.01, rank 4" in drawn


def test_epochs_are_drawn_for_training_and_validation_of_every_trained_arm(topics, english):
    loss, accuracy = draw_epochs(topics, english)
    for chart in (loss, accuracy):
        assert count(chart, "curve") == 2 * 2
        assert "words, validation" in texts_of(chart)
    assert len(accuracy.table.rows) == sum(len(result.history) for result in topics.results)


def test_the_latency_chart_names_every_median(topics, english):
    drawn = texts_of(draw_latency(topics, topics.latency, english))
    assert {f"{item.median_ms:.1f} ms" for item in topics.latency.figures} <= set(drawn)


def test_accuracy_stands_against_the_time_of_one_text(topics, english):
    chart = draw_accuracy_against_latency(topics, english)
    assert count(chart, "whisker") == len(topics.results)
    assert draw_accuracy_against_latency(replace(topics, latency=None), english) is None


def test_the_baseline_is_the_only_grey_series(topics):
    from kiyas.report.classification.names import name_trials
    from kiyas.report.series import colour_class

    many = replace(
        topics,
        results=(
            topics.results[0],
            *(replace(topics.results[1], trial=f"arm-{i}", arm=f"arm-{i}") for i in range(9)),
        ),
    )
    colours = [colour_class(series.colour) for series in name_trials(many).values()]
    assert colours.count("series-5") == 1
    assert colours[0] == "series-5"


def test_many_arms_leave_no_room_for_areas_in_the_panels(topics, english):
    arms = [replace(topics.results[1], trial=f"arm-{i}", arm=f"arm-{i}") for i in range(8)]
    chart = draw_roc(replace(topics, results=tuple(arms)), english)
    assert find_overlaps(chart.svg) == []
    assert "true-positive rate" in texts_of(chart)
