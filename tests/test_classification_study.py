"""A whole classification study through the command line, from its tables to its findings."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from front_door import kiyas
from tiny_base import save_tiny_base
from tiny_classifiers import save_tiny_encoder, write_topic_tables

KILL_AT = Path(__file__).parent / "support" / "kill_at.py"
STUDIES = Path(__file__).parents[1] / "studies"

STUDY = """\
name: tiny
task: classification
labels: {{names: [first, second, third], turkish: [birinci, ikinci, üçüncü]}}
data: {{train: train.csv, validation: val.csv, test: test.csv}}
lora: {{rank: 4, alpha: 8, dropout: 0.1}}
train: {{num_epochs: 2, batch_size: 8, learning_rate: 0.01, max_seq_len: 64, dtype: float32}}
search:
  keys: {{train.learning_rate: [0.001, 0.01]}}
latency: {{num_inputs: 2, num_rounds: 2, num_warmup: 1, batch_size: 2}}
arms:
  - {{name: decoder, base: "{decoder}", search: false}}
  - {{name: encoder, base: "{encoder}"}}
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    bases = {
        "decoder": save_tiny_base(folder / "decoder"),
        "encoder": save_tiny_encoder(folder / "encoder"),
    }
    write_topic_tables(folder)
    (folder / "study.yaml").write_text(STUDY.format(**bases), encoding="utf-8")
    return folder


def run(home: Path, folder: Path, *more: str):
    return kiyas("run", home / "study.yaml", "--run-folder", folder, "--json", *more)


@pytest.fixture(scope="module")
def finished(home):
    folder = home / "uninterrupted"
    told = run(home, folder)
    assert told.code == 0, told.said
    return folder


def figures(folder: Path) -> dict[str, object]:
    """Return the findings without what a clock says."""
    findings = json.loads((folder / "findings.json").read_text(encoding="utf-8"))
    del findings["latency"], findings["findings"], findings["costs"]
    for result in findings["results"]:
        del result["trained"]["seconds"], result["trained"]["peak_bytes"]
        for epoch in result["history"]:
            del epoch["seconds"]
    return findings


def test_a_plan_says_what_a_run_then_does(home, finished):
    plan = json.loads(kiyas("plan", home / "study.yaml", "--json").out)
    points = [trial["name"] for trial in plan["trials"] if trial["purpose"] == "search"]
    findings = figures(finished)
    assert points == [point["trial"] for point in findings["search"]]
    assert plan["num_rows"] == {"train": 48, "validation": 18, "test": 24}
    assert plan["num_tested"] == len(findings["results"])
    assert plan["num_comparisons"] == len(findings["comparisons"])
    [decoder] = [trial for trial in plan["trials"] if trial["name"] == "decoder/seed-0"]
    [trained] = [item["trained"] for item in findings["results"] if item["arm"] == "decoder"]
    assert decoder["trainable_parameters"] == trained["num_trainable"]
    history = (finished / "trials" / "decoder" / "seed-0" / "history.csv").read_text("utf-8")
    assert history.splitlines()[-1].split(",")[1] == str(decoder["num_steps"])


def test_a_run_writes_findings_provenance_and_the_files_of_the_reference(finished):
    findings = figures(finished)
    assert [result["arm"] for result in findings["results"]] == ["tfidf", "decoder", "encoder"]
    assert findings["class_names_tr"] == ["birinci", "ikinci", "üçüncü"]
    report = (finished / "report" / "index.html").read_text(encoding="utf-8")
    assert "encoder" in report
    assert (finished / "report" / "report.md").is_file()
    provenance = json.loads((finished / "provenance.json").read_text(encoding="utf-8"))
    assert set(provenance["data"]) == {"train", "validation", "test"}
    assert len(provenance["bases"]) == 2
    for result in findings["results"]:
        folder = finished / "trials" / result["trial"]
        assert not (folder / "resume").exists()
        metrics = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
        assert list(metrics) == [
            "Accuracy", "F1_micro", "F1_macro", "F1_weighted", "Precision_macro", "Recall_macro",
        ]  # fmt: skip
        header = (folder / "preds_test.csv").read_text(encoding="utf-8").splitlines()[0]
        assert header == "y_true,y_pred,prob_class_0,prob_class_1,prob_class_2"
        report = json.loads((folder / "class_report.json").read_text(encoding="utf-8"))
        assert list(report["per_class"]) == ["class_0", "class_1", "class_2"]


def test_the_study_as_run_reads_back_as_the_same_study(home, finished):
    folder = home / "again"
    shutil.copytree(finished, folder)
    shutil.copy(folder / "study.yaml", home / "resolved.yaml")
    told = kiyas("run", home / "resolved.yaml", "--run-folder", folder, "--json")
    assert json.loads(told.out)["work"] == []


def test_the_same_command_again_does_nothing_and_says_so(home, finished):
    before = {path: path.stat().st_mtime_ns for path in finished.rglob("*") if path.is_file()}
    told = kiyas("run", home / "study.yaml", "--run-folder", finished, "--quiet")
    assert "nothing to do" in told.out
    after = {path: path.stat().st_mtime_ns for path in finished.rglob("*") if path.is_file()}
    assert after == before


def test_a_first_run_that_failed_goes_on_once_its_base_is_mended(home, tmp_path):
    study, folder = tmp_path / "study.yaml", tmp_path / "run"
    text = (home / "study.yaml").read_text(encoding="utf-8")
    for name in ("train.csv", "val.csv", "test.csv"):
        shutil.copy(home / name, tmp_path)
    study.write_text(text.replace(str(home / "decoder"), str(home / "typo")), encoding="utf-8")
    assert kiyas("run", study, "--run-folder", folder).code != 0
    assert (folder / "data").exists()
    study.write_text(text, encoding="utf-8")
    told = kiyas("run", study, "--run-folder", folder)
    assert told.code == 0, told.said


@pytest.mark.slow
@pytest.mark.parametrize(("moment", "count"), [("training", 9), ("writing", 25), ("writing", 40)])
def test_a_run_killed_at_any_moment_ends_with_the_figures_of_an_uninterrupted_run(
    home, finished, tmp_path, moment, count
):
    folder = tmp_path / "killed"
    more = [str(home / "study.yaml"), "--run-folder", str(folder), "--quiet"]
    killed = subprocess.run(
        [sys.executable, str(KILL_AT), moment, str(count), *more],
        capture_output=True,
        check=False,
        timeout=300,
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
    )
    assert killed.returncode == -signal.SIGKILL
    assert not (folder / "findings.json").exists()
    told = run(home, folder)
    assert told.code == 0, told.said
    assert figures(folder) == figures(finished)


@pytest.mark.parametrize(
    ("override", "work"),
    [
        ("confidence=0.9", {"search", "scoring", "latency", "report"}),
        ("latency.num_rounds=3", {"latency", "report"}),
        (
            "arms.decoder.train.learning_rate=0.02",
            {"training decoder/seed-0", "prediction decoder/seed-0", "scoring decoder/seed-0",
             "latency", "report"},
        ),
    ],
)  # fmt: skip
def test_an_edit_redoes_only_what_depends_on_it_and_names_the_key(
    home, finished, tmp_path, override, work
):
    folder = tmp_path / "edited"
    shutil.copytree(finished, folder)
    told = run(home, folder, "--set", override)
    done = json.loads(told.out)["work"]
    assert done
    assert {item for item in done if item in work or item.split()[0] in work} == set(done)
    assert override.rpartition(".")[2].partition("=")[0] in told.said


def test_other_names_of_the_classes_train_nothing_and_stand_beside_the_weights(
    home, finished, tmp_path
):
    folder = tmp_path / "renamed"
    shutil.copytree(finished, folder)
    told = run(home, folder, "--set", "labels.names=[alpha, beta, gamma]")
    assert not [item for item in json.loads(told.out)["work"] if item.startswith("training")]
    for trial in ("tfidf", "decoder/seed-0"):
        found = kiyas("predict", folder / "trials" / trial, "--text", "abcd eabc", "--json")
        assert json.loads(found.out)["predictions"][0]["name"] in {"alpha", "beta", "gamma"}


def test_a_longer_search_trains_only_the_new_points(home, finished, tmp_path):
    folder = tmp_path / "longer"
    shutil.copytree(finished, folder)
    told = run(home, folder, "--set", "search.keys={train.learning_rate: [0.001, 0.01, 0.02]}")
    trained = [item for item in json.loads(told.out)["work"] if item.startswith("training")]
    assert trained == ["training encoder/learning_rate-0.02/seed-0"]


@pytest.fixture
def no_models(home):
    """The study's bases are elsewhere for the time of a test."""
    names = ("decoder", "encoder")
    for name in names:
        (home / name).rename(home / f"gone-{name}")
    yield
    for name in names:
        (home / f"gone-{name}").rename(home / name)


@pytest.mark.usefixtures("no_models")
def test_the_report_is_written_again_without_any_model(home, finished, tmp_path):
    folder = tmp_path / "moved"
    shutil.copytree(finished, folder)
    before = (folder / "findings.json").read_bytes()
    (folder / "findings.json").unlink()
    told = kiyas("report", home / "study.yaml", "--run-folder", folder)
    assert told.code == 0, told.said
    assert (folder / "findings.json").read_bytes() == before


def test_a_report_of_an_unfinished_run_is_refused(home, tmp_path):
    told = kiyas("report", home / "study.yaml", "--run-folder", tmp_path / "new")
    assert told.code == 1
    assert "finish it with `kiyas run` first" in told.said


def test_the_reference_study_is_planned_without_a_network_or_its_tables():
    told = kiyas("plan", STUDIES / "math-topics.yaml", "--json")
    plan = json.loads(told.out)
    assert told.code == 0
    names = [trial["name"] for trial in plan["trials"]]
    assert sum(name.startswith("qwen_math/learning_rate-") for name in names) == 3
    assert sum(name.startswith("mistral/learning_rate-") for name in names) == 3
    assert plan["missing"] == ["data/augmented_train.csv", "data/validation.csv", "data/test.csv"]
    # The cards of both models: 7.61 and 7.25 billion weights, less their output layers.
    totals = {round(trial["total_parameters"] / 1e9, 1) for trial in plan["trials"][1:]}
    assert totals == {7.1}


@pytest.mark.parametrize("name", ["math-topics", "math-topics-small"])
def test_a_shipped_classification_study_has_no_faults(name):
    assert kiyas("check", STUDIES / f"{name}.yaml").code == 0


def test_the_plan_for_a_person_names_every_trial_and_what_the_rows_can_show(home):
    told = kiyas("plan", home / "study.yaml")
    assert "encoder/learning_rate-0.001/seed-0" in told.out
    assert "Smallest difference that can be detected" in told.out
