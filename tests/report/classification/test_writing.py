import io
from dataclasses import replace

import pandas as pd
import pytest
from trained_report import ORIGIN

from kiyas.errors import KiyasError
from kiyas.report import Origin, write_classification_report


@pytest.fixture(scope="module")
def report(topics, texts, tmp_path_factory):
    return write_classification_report(topics, texts, ORIGIN, tmp_path_factory.mktemp("r"))


def read(report, name):
    path = next(path for path in report.tables if path.name == name)
    return pd.read_csv(io.StringIO(path.read_text(encoding="utf-8")))


def test_the_same_study_gives_the_same_bytes(report, topics, texts, tmp_path):
    again = write_classification_report(topics, texts, ORIGIN, tmp_path)
    for before, after in zip(
        (report.index, report.markdown, *report.tables, *report.figures),
        (again.index, again.markdown, *again.tables, *again.figures),
        strict=True,
    ):
        assert before.read_bytes() == after.read_bytes()


def test_metrics_and_classes_are_plain_numbers(report, topics):
    metrics = read(report, "metrics.csv")
    of_words = metrics[(metrics["arm"] == "words") & (metrics["metric"] == "f1_macro")].iloc[0]
    assert of_words["estimate"] == topics.results[1].scores.metrics["f1_macro"].estimate
    assert len(metrics) == len(topics.results) * len(topics.metric_order)
    assert len(read(report, "classes.csv")) == len(topics.results) * 8 * 4


def test_the_confusion_adds_up_to_the_test_rows(report, topics):
    counts = read(report, "confusion.csv").groupby("trial")["count"].sum()
    assert set(counts) == {topics.num_test}


def test_predictions_and_epochs_are_a_line_each(report, topics):
    assert len(read(report, "predictions.csv")) == topics.num_test * len(topics.results)
    assert len(read(report, "history.csv")) == sum(len(r.history) for r in topics.results)


def test_a_study_without_latency_has_an_empty_table_of_it(topics, texts, tmp_path):
    bare = replace(topics, latency=None)
    files = write_classification_report(bare, texts, ORIGIN, tmp_path)
    assert len(read(files, "latency.csv")) == 0


def test_every_table_is_there_for_latex(report):
    names = {path.name for path in report.tables}
    assert {"leaderboard.tex", "classes.tex", "against-baseline.tex", "search-points.tex"} <= names


def test_the_markdown_names_every_figure_and_every_gap(report, topics, texts, tmp_path):
    told = report.markdown.read_text(encoding="utf-8")
    named = [line.rsplit("(", 1)[1].rstrip(")") for line in told.splitlines() if line[:2] == "!["]
    assert [report.markdown.parent / name for name in named] == list(report.figures)
    files = write_classification_report(replace(topics, search=()), texts, ORIGIN, tmp_path)
    assert "*The study made no search.*" in files.markdown.read_text(encoding="utf-8")


def test_a_study_without_results_still_has_a_report(topics, tmp_path):
    empty = replace(topics, results=(), comparisons=(), search=(), latency=None, findings=())
    files = write_classification_report(empty, (), Origin({}), tmp_path)
    assert "No arm was tested." in files.index.read_text(encoding="utf-8")


def test_an_unknown_language_is_refused_before_anything_is_written(topics, texts, tmp_path):
    with pytest.raises(KiyasError):
        write_classification_report(topics, texts, ORIGIN, tmp_path, language="xx")
    assert list(tmp_path.iterdir()) == []
