"""A search by Optuna: points that fall behind are stopped, and machines share one search."""

import json
from pathlib import Path

import optuna
import pytest
from front_door import kiyas
from tiny_classifiers import save_tiny_encoder, write_topic_tables

STUDY = """\
name: shared
task: classification
data: {{train: train.csv, validation: val.csv, test: test.csv}}
lora: {{rank: 2, alpha: 4}}
train: {{num_epochs: 4, batch_size: 8, learning_rate: 0.01, dtype: float32, max_seq_len: 64}}
latency: {{enabled: false}}
baseline: false
search:
  method: optuna
  metric: loss
  num_points: 4
  keys: {{train.learning_rate: {{low: 1.0e-6, high: 0.02, log: true}}}}
arms:
  - {{name: encoder, base: {base}}}
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    folder = write_topic_tables(tmp_path_factory.mktemp("shared"))
    study = STUDY.format(base=save_tiny_encoder(folder / "base"))
    (folder / "study.yaml").write_text(study, encoding="utf-8")
    return folder


def run(home, folder, *more):
    told = kiyas("run", home / "study.yaml", "--run-folder", folder, "--quiet", *more)
    assert told.code == 0, told.said
    return folder


def points(folder: Path) -> list[dict]:
    return json.loads((folder / "search" / "points.json").read_text("utf-8"))["points"]


def epochs(folder: Path) -> list[int]:
    trained = [folder / "trials" / point["trial"] for point in points(folder)]
    return [len((path / "history.csv").read_text().splitlines()) - 1 for path in trained]


def shared_study(address):
    [name] = optuna.get_all_study_names(address)
    return optuna.load_study(study_name=name, storage=address)


@pytest.fixture(scope="module")
def first(home):
    """Return the run folder and the storage of a search of four points."""
    address = f"sqlite:///{home}/search.db"
    return run(home, home / "first", "--set", f"search.storage={address}"), address


def test_a_point_that_falls_behind_is_stopped_early_and_optuna_knows_it(first):
    folder, address = first
    states = [trial.state.name for trial in shared_study(address).trials]
    assert "PRUNED" in states
    for length, state in zip(epochs(folder), states, strict=True):
        assert (length < 4) == (state == "PRUNED")


def test_the_storage_holds_every_epoch_of_every_point(first):
    folder, address = first
    trials = shared_study(address).trials
    assert [len(trial.intermediate_values) for trial in trials] == epochs(folder)


def test_without_pruning_every_point_is_trained_to_its_end(home, tmp_path):
    run(home, tmp_path / "run", "--set", "search.prune=false")
    assert set(epochs(tmp_path / "run")) == {4}


def test_a_second_machine_trains_only_the_points_that_are_missing(home, first, tmp_path):
    folder, address = first
    more = ("--set", f"search.storage={address}", "--set", "search.num_points=6")
    second = run(home, tmp_path / "second", *more)
    known = {point["trial"] for point in points(folder)}
    own = [point for point in points(second) if "elsewhere" not in point]
    assert len(points(second)) == 6
    assert {point["trial"] for point in points(second)} > known
    assert len(own) == 2
    assert not known & {point["trial"] for point in own}


def test_a_point_chosen_elsewhere_is_trained_here_and_reported_with_the_others(home, tmp_path):
    address = f"journal:///{tmp_path}/search.log"
    stored = ("--set", f"search.storage={address}")
    first, second = run(home, tmp_path / "one", *stored), run(home, tmp_path / "two", *stored)
    findings = [json.loads((folder / "findings.json").read_text()) for folder in (first, second)]
    assert findings[0]["search"] == findings[1]["search"]
    assert all("elsewhere" in point for point in points(second))
    [chosen] = [point["trial"] for point in points(second) if point["is_chosen"]]
    assert [path.name for path in (second / "trials" / "encoder").iterdir()] == [
        chosen.split("/")[1]
    ]
    assert kiyas("report", second).code == 0


def test_points_of_a_killed_run_are_taken_up_again(home, first, tmp_path):
    _, address = first
    copy = f"sqlite:///{tmp_path}/copy.db"
    name = shared_study(address).study_name
    study = optuna.create_study(storage=copy, study_name=name, direction="maximize")
    space = {"train.learning_rate": optuna.distributions.FloatDistribution(1e-6, 0.02, log=True)}
    study.ask(space)  # by another machine
    ours = study.ask(space)
    (tmp_path / "run" / "trials" / f"encoder/learning_rate-{_named(ours)}/seed-0").mkdir(
        parents=True
    )
    run(home, tmp_path / "run", "--set", f"search.storage={copy}")
    states = [trial.state.name for trial in study.trials]
    assert len(states) == 4
    assert states[0] == "RUNNING"
    assert "RUNNING" not in states[1:]


def _named(trial):
    drawn = trial.params["train.learning_rate"]
    return f"{float(f'{drawn:.3g}'):g}"


@pytest.mark.parametrize(
    ("address", "part"),
    [
        ("sqlite:////no/such/folder/x.db", "unable to open database file"),
        ("journal:////no/such/folder/x.log", "No such file or directory"),
        ("postgresql+nodriver://kiyas:secret@host/db", "postgresql+nodriver://kiyas:***@host/db"),
        ("postgresql://kiyas:$KIYAS_NO_SUCH@host/db", "$KIYAS_NO_SUCH is not set"),
    ],
)
def test_a_storage_that_cannot_be_opened_is_refused_before_anything_is_trained(
    home, tmp_path, address, part
):
    place = ("--run-folder", tmp_path / "run", "--json")
    told = kiyas("run", home / "study.yaml", *place, "--set", f"search.storage={address}")
    error = json.loads(told.out)
    assert told.code == 1
    assert (error["error"], error["where"]) == ("ExecutionError", "search.storage")
    assert part in error["received"]
    assert "secret" not in told.out + told.said
    assert not (tmp_path / "run" / "trials").exists()
