"""``kiyas train`` and ``kiyas predict``: the reference's command, and the use of what it made."""

import csv
import json
import subprocess
import sys

import pytest
from front_door import kiyas
from tiny_base import save_tiny_base
from tiny_classifiers import topic_rows, write_rows, write_topic_tables


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    folder = write_topic_tables(tmp_path_factory.mktemp("train"))
    save_tiny_base(folder / "base")
    return folder


def train(home, output, *more):
    return kiyas(
        "train",
        *("--model", home / "base", "--output_dir", output, "--num_epochs", 3),
        *("--train_path", home / "train.csv", "--val_path", home / "val.csv"),
        *("--learning_rate", 0.01, "--batch_size", 6, "--max_seq_len", 64, "--set", "lora.rank=4"),
        *more,
    )


@pytest.fixture(scope="module")
def results(home, tmp_path_factory):
    output = tmp_path_factory.mktemp("results") / "x"
    told = train(home, output, "--test_path", home / "test.csv", "--json")
    assert told.code == 0, told.said
    assert json.loads(told.out)["metrics"]["accuracy"]["n"] == 24
    return output


def test_the_files_are_those_that_the_notebook_of_the_reference_reads(results):
    # Names, keys and columns: the table of files in the reference study's description.
    metrics = json.loads((results / "metrics.json").read_text(encoding="utf-8"))
    assert list(metrics) == [
        "Accuracy", "F1_micro", "F1_macro", "F1_weighted", "Precision_macro", "Recall_macro",
    ]  # fmt: skip
    with (results / "preds_test.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["y_true", "y_pred", "prob_class_0", "prob_class_1", "prob_class_2"]
    right = sum(row["y_true"] == row["y_pred"] for row in rows) / len(rows)
    assert metrics["Accuracy"] == pytest.approx(right)
    report = json.loads((results / "class_report.json").read_text(encoding="utf-8"))
    assert set(report["per_class"]["class_0"]) == {"precision", "recall", "f1_score", "support"}
    with (results / "history.csv").open(encoding="utf-8", newline="") as file:
        history = list(csv.DictReader(file))
    assert len(history) == 3
    wanted = {"train_loss", "val_loss", "train_accuracy", "val_accuracy"}
    assert wanted | {"train_f1_micro", "val_f1_micro"} <= set(history[0])


def test_options_are_written_with_dashes_too_and_a_finished_command_does_nothing(home, results):
    before = {path: path.stat().st_mtime_ns for path in results.rglob("*") if path.is_file()}
    told = kiyas(
        "train",
        *("--model", home / "base", "--output-dir", results, "--num-epochs", 3),
        *("--train-path", home / "train.csv", "--val-path", home / "val.csv"),
        *("--test-path", home / "test.csv", "--learning-rate", 0.01, "--batch-size", 6),
        *("--max-seq-len", 64, "--set", "lora.rank=4"),
    )
    assert told.code == 0, told.said
    assert "accuracy" in told.out
    after = {path: path.stat().st_mtime_ns for path in results.rglob("*") if path.is_file()}
    assert after == before


def test_another_test_table_trains_nothing(home, results, tmp_path):
    weights = results / "adapter" / "adapter_model.safetensors"
    before = weights.stat().st_mtime_ns
    other = write_rows(tmp_path / "other.csv", topic_rows(15, 7))
    told = train(home, results, "--test_path", other, "--json")
    assert json.loads(told.out)["metrics"]["accuracy"]["n"] == 15
    assert weights.stat().st_mtime_ns == before


def test_columns_can_be_named(home, tmp_path):
    for name in ("train", "val"):
        text = (home / f"{name}.csv").read_text(encoding="utf-8")
        (tmp_path / f"{name}.csv").write_text(text.replace("Question,label", "a,b"), "utf-8")
    tables = ("--train_path", tmp_path / "train.csv", "--val_path", tmp_path / "val.csv")
    more = (*tables, "--num_epochs", 1)
    unnamed = train(home, tmp_path / "x", *more)
    assert unnamed.code == 1
    assert "columns 'a', 'b'" in unnamed.said
    named = train(home, tmp_path / "x", *more, "--text_column", "a", "--label_column", "b")
    assert named.code == 0, named.said
    assert "no --test_path" in named.said


def test_names_of_the_classes_are_kept_with_the_weights(home, tmp_path):
    told = train(home, tmp_path / "x", "--class_names", "red,green,blue", "--num_epochs", 1)
    assert told.code == 0, told.said
    found = json.loads(kiyas("predict", tmp_path / "x", "--text", "uvw xyuv", "--json").out)
    assert found["predictions"][0]["name"] in {"red", "green", "blue"}


def test_a_misspelt_setting_is_told_before_anything_is_read(home, tmp_path):
    told = train(home, tmp_path / "x", "--set", "train.label_smothing=0.1")
    assert told.code == 1
    assert "did you mean `label_smoothing`?" in told.said
    assert not (tmp_path / "x").exists()


def test_texts_and_files_are_classified(results, tmp_path):
    told = kiyas("predict", results, "--text", "abcd eabc", "--text", "uvw xyuv", "--json")
    assert [item["label"] for item in json.loads(told.out)["predictions"]] == [0, 2]
    path = tmp_path / "problems.csv"
    path.write_text('id;Question\n1;abcd eabc\n2;"uvw xyuv"\n', encoding="utf-8")
    told = kiyas("predict", results, "--file", path)
    assert [line.split()[0] for line in told.out.splitlines()[1:]] == ["0", "2"]


def test_rows_without_a_text_are_named_and_not_dropped(results, tmp_path):
    path = tmp_path / "problems.csv"
    path.write_text("Question\nabcd\n\n   \nuvw\n", encoding="utf-8")
    told = kiyas("predict", results, "--file", path)
    assert told.code == 1
    assert "problems.csv, line" in told.said


def test_control_characters_of_a_text_do_not_reach_the_terminal(results):
    told = kiyas("predict", results, "--text", "abc\x1b[31mde\nfg")
    assert "\x1b" not in told.out


def test_a_trial_of_a_study_is_used_in_the_same_way(results, tmp_path):
    told = kiyas("predict", tmp_path, "--text", "x")
    assert told.code == 1
    assert "holds no trained classifier" in told.said


def test_importing_kiyas_is_light_and_two_lines_classify(results):
    code = (
        "import kiyas, sys\n"
        "assert not {'torch', 'numpy', 'pydantic'} & set(sys.modules), 'heavy'\n"
        f"print(kiyas.load_classifier({str(results)!r}).predict(['abcd eabc'])[0].label)"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == "0", done.stderr
