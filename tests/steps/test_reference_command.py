"""``kiyas train`` and ``kiyas predict``: the reference study's command and what it writes."""

import csv
import json
import os

import numpy as np
import pytest
from tiny_base import save_tiny_base
from tiny_classifiers import topic_rows, write_rows, write_topic_tables

from kiyas.config.classification import ClassifierLora, ClassifierTrainSettings
from kiyas.errors import DataError, ModelError, RunFolderError
from kiyas.execution import Progress
from kiyas.steps.classify import load_classifier, predict_command
from kiyas.steps.reference_command import TrainRequest, train_command


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reference")
    save_tiny_base(folder / "base")
    return write_topic_tables(folder)


def request(home, output, **keys):
    given = {
        "model": str(home / "base"),
        "train_path": str(home / "train.csv"),
        "val_path": str(home / "val.csv"),
        "test_path": str(home / "test.csv"),
        "output_dir": output,
        "lora": ClassifierLora(rank=4, alpha=8),
        "train": ClassifierTrainSettings(
            num_epochs=3, batch_size=6, learning_rate=0.01, max_seq_len=64, dtype="float32"
        ),
    }
    return TrainRequest(**{**given, **keys})


class Messages(Progress):
    def __init__(self):
        self.lines = []

    def say(self, text):
        self.lines.append(text)


@pytest.fixture(scope="module")
def results(home, tmp_path_factory):
    output = tmp_path_factory.mktemp("results") / "x"
    train_command(request(home, output), Progress())
    return output


def test_the_output_folder_holds_what_the_notebook_of_the_reference_reads(results):
    metrics = json.loads((results / "metrics.json").read_text(encoding="utf-8"))
    assert metrics["Accuracy"] > 0.8
    with (results / "preds_test.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 24
    right = np.mean([row["y_true"] == row["y_pred"] for row in rows])
    assert metrics["Accuracy"] == pytest.approx(right)
    report = json.loads((results / "class_report.json").read_text(encoding="utf-8"))
    assert report["per_class"]["class_0"]["f1_score"] > 0.5
    with (results / "history.csv").open(encoding="utf-8", newline="") as file:
        assert len(list(csv.DictReader(file))) == 3


def test_two_lines_of_python_classify(results):
    classifier = load_classifier(results)
    [first, second] = classifier.predict(["abcd eabc", "uvw xyuv"])
    assert (first.label, second.label) == (0, 2)
    assert sum(first.probabilities) == pytest.approx(1)
    assert first.probability == max(first.probabilities)


def test_predictions_of_the_folder_are_those_that_it_was_scored_on(home, results):
    texts = [text for text, _ in topic_rows(24, 2)]
    found = load_classifier(results).predict_probabilities(texts)
    with (results / "preds_test.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))[1:]
    written = np.array([[float(cell) for cell in row[2:]] for row in rows])
    np.testing.assert_allclose(found, written, atol=1e-6)


@pytest.mark.parametrize(
    ("name", "content"),
    [("p.txt", "abcd eabc\n\nuvw xyuv\n"), ("p.csv", 'id,Question\n1,abcd eabc\n2,"uvw xyuv"\n')],
)
def test_a_file_of_problems_is_classified(results, tmp_path, name, content):
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    found = predict_command(results, file=path)
    assert [item.label for item in found] == [0, 2]
    assert [item.text for item in found] == ["abcd eabc", "uvw xyuv"]


def test_without_a_test_table_the_figures_are_of_the_validation_table_and_that_is_said(
    home, tmp_path
):
    messages = Messages()
    scores = train_command(request(home, tmp_path / "x", test_path=None), messages)
    assert scores.split == "validation"
    assert scores.num_rows == 18
    assert any("no --test_path" in line for line in messages.lines)


def test_the_same_command_on_a_finished_folder_trains_nothing(home, results):
    before = (results / "training.json").read_bytes()
    train_command(request(home, results), Progress())
    assert (results / "training.json").read_bytes() == before


def test_a_kill_after_the_last_epoch_trains_none_again(home, tmp_path, monkeypatch):
    asked = request(home, tmp_path / "x")

    def die(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("kiyas.steps.reference_command.describe_classifier", die)
    with pytest.raises(KeyboardInterrupt):
        train_command(asked, Progress())
    history = (tmp_path / "x" / "history.csv").read_bytes()
    monkeypatch.undo()
    train_command(asked, Progress())
    # The seconds of each epoch stand in it: an epoch that is trained again has others.
    assert (tmp_path / "x" / "history.csv").read_bytes() == history
    assert not (tmp_path / "x" / "resume").exists()


def test_a_leak_between_the_tables_is_refused(home, tmp_path):
    leaky = write_rows(tmp_path / "leaky.csv", topic_rows(18, 0))
    with pytest.raises(DataError, match="near-duplicates"):
        train_command(request(home, tmp_path / "x", val_path=str(leaky)), Progress())


def test_a_base_that_has_changed_since_is_refused(home, tmp_path):
    base = save_tiny_base(tmp_path / "base")
    given = request(home, tmp_path / "x", model=str(base))
    train_command(given, Progress())
    config = json.loads((base / "config.json").read_text(encoding="utf-8"))
    (base / "config.json").write_text(json.dumps({**config, "note": 1}), encoding="utf-8")
    with pytest.raises(ModelError, match="not the one that the adapter was trained on"):
        load_classifier(tmp_path / "x")


def test_a_folder_without_a_classifier_is_told(tmp_path):
    with pytest.raises(ModelError, match="holds no trained classifier"):
        load_classifier(tmp_path)


def test_nothing_to_classify_is_told(results):
    with pytest.raises(DataError, match="nothing to classify"):
        predict_command(results)


def test_a_file_without_a_text_column_is_told(results, tmp_path):
    path = tmp_path / "p.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(DataError, match="no text column"):
        predict_command(results, file=path)


class Meanwhile(Progress):
    """Gives a second command once, when the first says that it works on the classifier."""

    def __init__(self, word, act):
        self.word, self.act, self.refusals = word, act, []

    def say(self, text):
        if self.word in text and not self.refusals:
            with pytest.raises(RunFolderError, match="another kiyas run") as refused:
                self.act()
            self.refusals.append(str(refused.value))


def test_a_second_command_on_one_output_folder_is_refused_also_while_it_is_moved_aside(
    home, tmp_path
):
    output = tmp_path / "x"
    train_command(request(home, output), Progress())
    again = request(home, output, seed=1)
    told = Meanwhile("done again", lambda: train_command(again, Progress()))
    train_command(again, told)
    [refusal] = told.refusals
    assert f"process {os.getpid()}" in refusal
    assert "--output_dir" in refusal
    assert {path.name for path in tmp_path.iterdir()} == {"x", "superseded", ".x.lock"}


def test_what_a_kill_left_of_the_first_file_does_not_make_the_output_folder_a_foreign_one(
    home, tmp_path
):
    output = tmp_path / "x"
    output.mkdir()
    (output / ".step.json.0a1b2c3d").write_text('{"comp', encoding="utf-8")
    train_command(request(home, output), Progress())
    assert (output / "metrics.json").is_file()
    assert not (tmp_path / "superseded").exists()


def test_an_output_folder_with_other_things_in_it_is_refused(home, tmp_path):
    output = tmp_path / "x"
    output.mkdir()
    (output / "thesis.tex").write_text("", encoding="utf-8")
    with pytest.raises(RunFolderError, match="holds other things"):
        train_command(request(home, output), Progress())
