"""A search by Optuna: points that fall behind are stopped, and machines share one search.

Training is a stand-in whose loss is known: ``loss_of``. What is real is the search around it; a
search over real training is in ``test_classification_flow``.
"""

import json
import math
import random

import numpy as np
import optuna
import pytest

from kiyas.config.classification import ClassificationStudy
from kiyas.config.classification_conflicts import find_classification_conflicts
from kiyas.errors import ExecutionError
from kiyas.execution import Progress
from kiyas.records.classification import EpochRecord, TrainedClassifier
from kiyas.run_folder import RunFolder, write_text
from kiyas.steps import classification_trials
from kiyas.steps.classification_run import open_classification
from kiyas.steps.classification_search import chosen_values, read_points, search_arms
from kiyas.steps.search_storage import check_search, open_storage
from kiyas.training.classifier_history import write_history

RATE = "train.learning_rate"
NUM_EPOCHS = 4
WORDS = [first + second for first in "abcdefghijklm" for second in "nopqrstuvwxyz"]
trained = []
"""Names of the trials that the stand-in has trained."""


def loss_of(rate, epoch):
    """Return a loss that is best at a rate of 0.01, whatever the epoch."""
    return abs(math.log10(rate) + 2) + 1 / epoch


def train(job, splits, folder, progress, on_epoch):
    """Stand in for ``train_classifier``."""
    epochs = []
    for epoch in range(1, NUM_EPOCHS + 1):
        loss = loss_of(job.train.learning_rate, epoch)
        figures = (loss, loss, 0.5, 0.5, 0.5, 0.5, 0.5, job.train.learning_rate, 0.1)
        epochs.append(EpochRecord(epoch, epoch, *figures))
        write_history(folder.history, epochs)
        if on_epoch(epochs[-1]):
            break
    sharpness = math.exp(-loss_of(job.train.learning_rate, len(epochs)))
    logits = sharpness * np.eye(2)[np.array(splits[1].labels)]
    np.save(folder.validation_logits, logits.astype(np.float32))
    write_text(folder.adapter / "adapter_model.safetensors", job.name)
    trained.append(job.name)
    return TrainedClassifier(
        kind="lora",
        best_epoch=len(epochs),
        best_step=len(epochs),
        num_epochs=len(epochs),
        stopped_early=len(epochs) < NUM_EPOCHS,
        reload_difference=0.0,
        num_trainable=1,
        num_tokens=1,
        num_cut=0,
        fresh_modules=(),
        precision="float32",
        seconds=0.1,
    )


@pytest.fixture(autouse=True)
def _stand_in(monkeypatch):
    monkeypatch.setattr("kiyas.training.classifier.train_classifier", train)
    trained.clear()


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shared")
    for start, name in enumerate(("train", "val", "test")):
        draw = random.Random(start)
        texts = [" ".join(draw.choices(WORDS, k=12)) for _ in range(12)]
        rows = [f"{text},{number % 2}" for number, text in enumerate(texts)]
        write_text(folder / f"{name}.csv", "\n".join(["Question,label", *rows]) + "\n")
    for name in ("config.json", "model.safetensors"):
        write_text(folder / "base" / name, "{}")
    return folder


def study(home, storage=None, **search):
    given = {
        "method": "optuna",
        "metric": "loss",
        "num_points": 6,
        "keys": {RATE: {"low": 1e-6, "high": 0.1, "log": True}},
        "storage": storage,
        **search,
    }
    return ClassificationStudy.model_validate(
        {
            "task": "classification",
            "name": "shared",
            "data": {"train": "train.csv", "validation": "val.csv", "test": "test.csv"},
            "train": {"num_epochs": NUM_EPOCHS},
            "baseline": False,
            "search": given,
            "arms": [{"name": "encoder", "base": str(home / "base")}],
        }
    )


def search(home, folder, *args, **keys):
    """Open a run folder and search in it; return the run."""
    run = open_classification(study(home, *args, **keys), RunFolder(folder), home, Progress())
    search_arms(run)
    return run


def points(run):
    return json.loads(run.folder.points.read_text("utf-8"))["points"]


def stored(address):
    """Return the one search that a storage holds."""
    storage = open_storage(address)
    [name] = optuna.get_all_study_names(storage)
    return optuna.load_study(study_name=name, storage=storage)


def test_a_point_that_falls_behind_is_stopped_early_and_told_as_pruned(home, tmp_path):
    address = f"sqlite:///{tmp_path}/search.db"
    run = search(home, tmp_path / "run", address)
    trials = stored(address).trials
    lengths = [len(trial.intermediate_values) for trial in trials]
    assert {trial.state.name for trial in trials} == {"COMPLETE", "PRUNED"}
    assert [length < NUM_EPOCHS for length in lengths] == [
        trial.state.name == "PRUNED" for trial in trials
    ]
    assert [point.stopped_early for point in read_points(run)] == [
        length < NUM_EPOCHS for length in lengths
    ]


def test_without_pruning_every_point_is_trained_to_its_end(home, tmp_path):
    run = search(home, tmp_path, prune=False)
    assert not any(point.stopped_early for point in read_points(run))


def test_optuna_is_told_the_figure_of_the_epoch_that_is_kept(home, tmp_path):
    address = f"journal:///{tmp_path}/search.log"
    search(home, tmp_path / "run", address, prune=False)
    # By macro F1, which never changes here, the first epoch is kept; its loss is not the least.
    for trial in stored(address).trials:
        [told], rate = trial.values, trial.params[RATE]
        assert told == pytest.approx(-loss_of(rate, 1), abs=0.01)


def test_the_point_nearest_to_the_best_rate_is_chosen(home, tmp_path):
    run = search(home, tmp_path, f"journal:///{tmp_path}/search.log")
    rates = [point["values"][RATE] for point in points(run)]
    best = min(rates, key=lambda rate: loss_of(rate, NUM_EPOCHS))
    assert chosen_values(run) == {"encoder": {RATE: best}}


def test_in_memory_the_same_seed_asks_for_the_same_points(home, tmp_path):
    first, second = search(home, tmp_path / "a"), search(home, tmp_path / "b")
    assert points(first) == points(second)


def test_a_second_machine_trains_only_the_points_that_are_missing(home, tmp_path):
    address = f"journal:///{tmp_path}/search.log"
    known = {point["trial"] for point in points(search(home, tmp_path / "one", address))}
    trained.clear()
    second = search(home, tmp_path / "two", address, num_points=8)
    assert len(points(second)) == 8
    assert len(trained) == 2
    assert {point["trial"] for point in points(second)} == known | set(trained)


def test_two_machines_choose_the_same_and_report_the_same_points(home, tmp_path):
    address = f"journal:///{tmp_path}/search.log"
    first, second = (search(home, tmp_path / name, address) for name in ("one", "two"))
    assert read_points(first) == read_points(second)
    # Nothing was trained on the second machine; the chosen point will be, to be tested.
    assert len(trained) == len(points(first))
    [job] = classification_trials.tested_trials(second)
    assert not second.folder.trial(job.trial).outputs()


def test_the_point_of_a_killed_run_is_taken_up_again_and_that_of_another_machine_is_not(
    home, tmp_path
):
    address = f"journal:///{tmp_path}/search.log"
    run = search(home, tmp_path / "run", address)
    storage = stored(address)
    space = {RATE: optuna.distributions.FloatDistribution(1e-6, 0.1, log=True)}
    worker = storage.trials[0].user_attrs["kiyas.worker"]
    theirs, ours = storage.ask(space), storage.ask(space)
    ours.set_user_attr("kiyas.worker", worker)
    theirs.set_user_attr("kiyas.worker", "elsewhere:/runs/shared")
    trained.clear()
    run = search(home, tmp_path / "run", address, num_points=8)
    states = [trial.state.name for trial in storage.trials]
    assert len(trained) == 1
    assert states[theirs.number] == "RUNNING"
    assert states[ours.number] in ("COMPLETE", "PRUNED")
    assert len(points(run)) == 7


def test_another_range_is_another_search_of_the_same_storage(home, tmp_path):
    address = f"journal:///{tmp_path}/search.log"
    search(home, tmp_path / "one", address)
    other = search(home, tmp_path / "two", address, keys={RATE: [0.01, 0.02]}, num_points=2)
    assert {point["values"][RATE] for point in points(other)} <= {0.01, 0.02}
    assert len(optuna.get_all_study_names(open_storage(address))) == 2


@pytest.mark.parametrize(
    ("address", "part"),
    [
        ("sqlite:////no/such/folder/x.db", "unable to open database file"),
        ("journal:////no/such/folder/x.log", "No such file or directory"),
        ("postgresql+nodriver://kiyas:secret@host/db", "postgresql+nodriver://kiyas:***@host/db"),
        ("postgresql://kiyas:$KIYAS_NO_SUCH@host/db", "$KIYAS_NO_SUCH is not set"),
    ],
)
def test_a_storage_that_cannot_be_opened_is_refused_by_address_and_reason(home, address, part):
    with pytest.raises(ExecutionError) as refused:
        check_search(study(home, address))
    assert refused.value.where == "search.storage"
    assert part in str(refused.value)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("address", "keys", "part"),
    [
        ("search.db", {}, "no address of a storage"),
        ("sqlte:///search.db", {}, "did you mean `sqlite://`?"),
        ("sqlite:///", {}, "no address of a storage"),
        (
            "sqlite:///search.db",
            {"method": "grid", "num_points": None, "keys": {RATE: [0.01]}},
            "grid shares no search",
        ),
    ],
)
def test_an_address_that_is_none_is_a_conflict(home, address, keys, part):
    [conflict] = find_classification_conflicts(study(home, address, **keys))
    assert conflict.key == ("search", "storage")
    assert part in conflict.what
