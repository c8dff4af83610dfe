"""A whole classification study on tiny models, from its tables to its findings."""

import json

import pytest
from pydantic import TypeAdapter
from tiny_base import save_tiny_base
from tiny_classifiers import save_tiny_encoder, topic_rows, write_rows, write_topic_tables

from kiyas.config.classification import ClassificationStudy
from kiyas.errors import DataError
from kiyas.execution import Progress
from kiyas.records.classification import ClassificationFindings
from kiyas.run_folder import RunFolder
from kiyas.study import run_study


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("classification")
    save_tiny_base(folder / "decoder")
    save_tiny_encoder(folder / "encoder")
    return write_topic_tables(folder)


def study(home, **keys):
    given = {
        "task": "classification",
        "name": "tiny",
        "data": {"train": "train.csv", "validation": "val.csv", "test": "test.csv"},
        "lora": {"rank": 4, "alpha": 8.0},
        "train": {
            "learning_rate": 0.01,
            "num_epochs": 3,
            "batch_size": 6,
            "dtype": "float32",
            "max_seq_len": 64,
        },
        "latency": {"num_inputs": 3, "num_rounds": 2, "batch_size": 2, "num_warmup": 1},
        "arms": [
            {"name": "decoder", "base": str(home / "decoder")},
            {"name": "encoder", "base": str(home / "encoder")},
        ],
    }
    return ClassificationStudy.model_validate({**given, **keys})


def run(home, path, progress=None, **keys):
    progress = progress or Progress()
    result = run_study(study(home, **keys), RunFolder(path), study_dir=home, progress=progress)
    return result.work


@pytest.fixture(scope="module")
def finished(home, tmp_path_factory):
    path = tmp_path_factory.mktemp("run") / "tiny"
    run(home, path)
    return path


def findings_of(path):
    text = (path / "findings.json").read_text(encoding="utf-8")
    return TypeAdapter(ClassificationFindings).validate_json(text)


def test_every_arm_and_the_baseline_are_in_the_findings(finished):
    findings = findings_of(finished)
    assert [result.arm for result in findings.results] == ["tfidf", "decoder", "encoder"]
    assert all(result.scores.metrics["accuracy"].n == 24 for result in findings.results)
    assert {result.scores.metrics["accuracy"].k for result in findings.results} <= set(
        range(20, 25)
    )


def test_a_trial_folder_holds_the_files_of_the_reference(finished):
    folder = finished / "trials" / "decoder" / "seed-0"
    names = {path.name for path in folder.iterdir()}
    assert {"metrics.json", "preds_test.csv", "class_report.json", "history.csv"} <= names


def test_the_same_command_again_does_nothing(home, finished):
    assert run(home, finished) == ()


def test_an_edit_redoes_only_what_it_touches(home, tmp_path):
    path = tmp_path / "run"
    arms = [{"name": "decoder", "base": str(home / "decoder")}]
    latency = {"enabled": False}
    run(home, path, arms=arms, latency=latency)
    work = run(home, path, arms=arms, latency=latency, confidence=0.9)
    assert work == ("scoring tfidf", "scoring decoder/seed-0", "report")


def test_arms_are_timed_side_by_side(finished):
    latency = findings_of(finished).latency
    assert {(item.arm, item.batch_size) for item in latency.figures} == {
        (arm, size) for arm in ("tfidf", "decoder", "encoder") for size in (1, 2)
    }
    assert {item.merged for item in latency.figures} == {None, False}
    assert len(latency.ratios) == 2 * 3


class Messages(Progress):
    def __init__(self):
        self.lines = []

    def say(self, text):
        self.lines.append(text)


@pytest.mark.parametrize("method", ["grid", "random", "optuna"])
def test_a_search_chooses_on_the_validation_split_and_its_trial_is_not_done_twice(
    home, tmp_path, method
):
    keys = {"train.learning_rate": [1e-6, 0.01]}
    search = {"method": method, "keys": keys, "metric": "loss"}
    if method != "grid":
        search["num_points"] = 6
    path = tmp_path / "run"
    arms = [{"name": "decoder", "base": str(home / "decoder")}]
    given = {"arms": arms, "search": search, "latency": {"enabled": False}, "baseline": False}
    work = run(home, path, **given)
    trained = [title for title in work if title.startswith("training")]
    assert len(trained) == len(set(trained)) == 2
    findings = findings_of(path)
    [chosen] = [point for point in findings.search if point.is_chosen]
    assert chosen.values == {"train.learning_rate": 0.01}
    assert findings.results[0].trial == chosen.trial
    assert run(home, path, **given) == ()


def test_a_second_machine_reports_a_search_that_the_first_has_trained_and_counts_its_own_work(
    home, tmp_path
):
    address = f"sqlite:///{tmp_path}/search.db"
    keys = {"lora.rank": {"low": 2, "high": 8}}
    search = {"method": "optuna", "num_points": 2, "storage": address, "keys": keys}
    arms = [{"name": "encoder", "base": str(home / "encoder")}]
    given = {"arms": arms, "search": search, "latency": {"enabled": False}, "baseline": False}
    for name in ("one", "two"):
        run(home, tmp_path / name, **given)
    first, second = (findings_of(tmp_path / name) for name in ("one", "two"))
    assert len(first.search) == len(second.search) == 2
    assert (first.costs.study.num_trials, second.costs.study.num_trials) == (2, 1)
    assert "search" not in second.costs.study.stages


def test_a_leak_between_splits_stops_the_study_unless_it_is_allowed_by_name(home, tmp_path):
    rows = topic_rows(24, 2)
    write_rows(tmp_path / "leaky.csv", [*topic_rows(40, 0), rows[3]])
    data = {
        "train": str(tmp_path / "leaky.csv"),
        "validation": "val.csv",
        "test": "test.csv",
    }
    given = {"arms": [], "latency": {"enabled": False}}
    with pytest.raises(DataError, match="near-duplicates"):
        run(home, tmp_path / "run", data=data, **given)
    allowed = {**data, "allow_leak": ["train/test"]}
    messages = Messages()
    assert run(home, tmp_path / "run2", messages, data=allowed, **given)
    assert any("allowed leak: train/test" in line for line in messages.lines)


def test_two_seeds_are_two_trials_of_an_arm(home, tmp_path):
    arms = [{"name": "encoder", "base": str(home / "encoder")}]
    run(home, tmp_path / "run", arms=arms, seeds=[0, 1], latency={"enabled": False})
    trials = [result.trial for result in findings_of(tmp_path / "run").results]
    assert trials == ["tfidf", "encoder/seed-0", "encoder/seed-1"]


def test_the_training_split_can_be_cleaned_and_augmented(home, tmp_path):
    data = {
        "train": "train.csv",
        "validation": "val.csv",
        "test": "test.csv",
        "prepare": {"clean": True},
    }
    run(home, tmp_path / "run", data=data, arms=[], latency={"enabled": False})
    report = json.loads((tmp_path / "run" / "data" / "clean-train.json").read_text("utf-8"))
    assert report["num_rows"] == 48
