"""``tracking`` in a study: what a tracker is told, what a missing or failing one does."""

import csv
import importlib.util
from pathlib import Path
from typing import ClassVar

import pytest
from front_door import kiyas
from small_runs import CODE, run_small_code, run_small_topics, write_small_code
from transformers import TrainerCallback
from transformers.integrations import integration_utils


class Recorder(TrainerCallback):
    """A tracker that remembers."""

    told: ClassVar[list] = []

    def on_train_begin(self, args, state, control, **kwargs):
        self.told.append(("begin", args.run_name, args.to_dict()))

    def on_log(self, args, state, control, logs=None, **kwargs):
        self.told.append(("log", state.global_step, dict(logs)))

    def on_train_end(self, args, state, control, **kwargs):
        self.told.append(("end", state.global_step, {}))


class Failing(Recorder):
    """A tracker whose server goes away."""

    def on_log(self, args, state, control, logs=None, **kwargs):
        raise ConnectionError("the server is gone")


@pytest.fixture
def recorder(monkeypatch):
    """Stand in for wandb, which is not installed here."""
    Recorder.told = []
    find = importlib.util.find_spec
    monkeypatch.setattr(
        "kiyas.steps.tracking.find_spec", lambda name: name == "wandb" or find(name)
    )
    monkeypatch.setitem(integration_utils.INTEGRATION_TO_CALLBACK, "wandb", Recorder)
    return Recorder.told


def history_of(run):
    (path,) = (run / "trials").rglob("history.csv")
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_tracker_is_told_every_step_of_the_history(tmp_path, recorder):
    run = run_small_code(tmp_path, extra="tracking: {report_to: wandb}\n")
    begin, *steps, end = recorder
    assert begin[:2] == ("begin", "small-code/short/seed-0")
    assert begin[2]["train.learning_rate"] == 0.01
    history = history_of(run)
    assert [step for _, step, _ in steps] == [int(row["step"]) for row in history]
    assert [figures["loss"] for _, _, figures in steps] == [float(row["loss"]) for row in history]
    assert end[0] == "end"


def test_a_tracker_is_told_every_epoch_of_a_classifier(tmp_path, recorder):
    run = run_small_topics(tmp_path, extra="tracking: {report_to: [wandb]}\n")
    ((_, _, figures),) = [item for item in recorder if item[0] == "log"]
    (row,) = history_of(run)
    assert figures["eval_f1_macro"] == float(row["val_f1_macro"])


def test_a_tracker_that_fails_is_said_once_and_training_goes_on(tmp_path, recorder, monkeypatch):
    monkeypatch.setitem(integration_utils.INTEGRATION_TO_CALLBACK, "wandb", Failing)
    write_small_code(tmp_path, CODE + "tracking: {{report_to: wandb}}\n")
    told = kiyas("run", tmp_path / "study.yaml", "--run-folder", tmp_path / "run")
    assert told.code == 0
    assert len(history_of(tmp_path / "run")) == 2
    assert told.said.count("the server is gone") == 1


def test_a_missing_tracker_is_one_error_before_anything_is_made(tmp_path, monkeypatch):
    monkeypatch.setattr("kiyas.steps.tracking.find_spec", lambda _: None)
    study = tmp_path / "study.yaml"
    study.write_text(CODE.format(base="nowhere") + "tracking: {report_to: mlflow}\n", "utf-8")
    told = kiyas("run", study, "--run-folder", tmp_path / "run")
    assert told.code == 1
    assert "pip install 'kiyas[mlflow]'" in told.said
    assert not (tmp_path / "run").exists()


def test_a_misspelt_tracker_is_a_fault_of_the_study(tmp_path):
    study = tmp_path / "study.yaml"
    study.write_text(CODE.format(base="nowhere") + "tracking: {report_to: mlfow}\n", "utf-8")
    told = kiyas("check", study)
    assert told.code == 1
    assert "report_to" in told.said


def test_tensorboard_gets_the_loss_of_the_history(tmp_path):
    read_events = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    run = run_small_code(tmp_path, extra="tracking: {report_to: tensorboard}\n")
    (events,) = run.rglob("events.out.tfevents*")
    assert Path("trials/short/seed-0/tracking") in [
        parent.relative_to(run) for parent in events.parents if run in parent.parents
    ]
    read = read_events.EventAccumulator(str(events))
    read.Reload()
    losses = [event.value for event in read.Scalars("train/loss")]
    assert losses == pytest.approx([float(row["loss"]) for row in history_of(run)])


@pytest.mark.skipif(importlib.util.find_spec("mlflow") is None, reason="mlflow is not installed")
@pytest.mark.filterwarnings("ignore")  # mlflow's own
def test_mlflow_gets_the_loss_and_the_settings(tmp_path):
    import mlflow

    uri = f"sqlite:///{tmp_path}/mlflow.db"
    extra = f"tracking:\n  report_to: mlflow\n  environment: {{MLFLOW_TRACKING_URI: '{uri}'}}\n"
    run = run_small_code(tmp_path, extra=extra)
    client = mlflow.MlflowClient(uri)
    experiment = client.get_experiment_by_name("small-code")
    (kept,) = client.search_runs([experiment.experiment_id])
    assert kept.info.run_name == "small-code/short/seed-0"
    assert kept.data.params["lora.rank"] == "2"
    losses = [item.value for item in client.get_metric_history(kept.info.run_id, "loss")]
    assert losses == [float(row["loss"]) for row in history_of(run)]
