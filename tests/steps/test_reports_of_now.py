"""A report, an export and tables tell only what was run, and only of a run that came to its end."""

import json

import pytest
from front_door import kiyas as say

import kiyas
from kiyas.errors import RunFolderError
from kiyas.steps import predict


class Killed(BaseException):
    """What no one catches, as SIGKILL."""


def run(home, *more):
    return say("run", home / "study.yaml", "--quiet", "--run-folder", home / "run", *more)


def report(home, *more):
    told = say("report", home / "study.yaml", "--json", "--run-folder", home / "run", *more)
    return told.code, json.loads(told.out)


def written(home):
    folder = home / "run"
    names = ("findings.json", "study.yaml", "provenance.json", "report/report.md")
    return {name: (folder / name).read_bytes() for name in names}


def edit(home, before, after):
    text = (home / "study.yaml").read_text(encoding="utf-8")
    assert before in text
    (home / "study.yaml").write_text(text.replace(before, after), encoding="utf-8")


def state(home):
    [found] = json.loads(say("ls", home, "--json").out)["runs"]
    return found["state"]


@pytest.mark.parametrize(
    ("override", "received", "expected"),
    [
        ("train.max_seq_len=64", "64", "128"),
        ("arms.short.train.max_grad_norm=2.0", "2.0", "null"),
        ("benchmark.limit=2", "2", "null"),
        ("arms.short.data.source=other.jsonl", "other.jsonl", "rows.jsonl"),
        ("predict.temperature=0.5", "0.5", "0.0"),
        ("seeds=[0, 1]", "[0, 1]", "[0]"),
    ],
)
def test_a_report_refuses_settings_that_were_not_run(home, override, received, expected):
    before = written(home)
    code, told = report(home, "--set", override)
    key = override.partition("=")[0]
    assert code == 1
    assert key in told["what"]
    assert (told["received"], told["expected"]) == (received, f"{expected}, as it was run")
    assert "kiyas run" in told["next_step"]
    assert written(home) == before


def test_a_report_refuses_an_edited_file_that_was_not_run(home):
    edit(home, "learning_rate: 0.01", "learning_rate: 0.02")
    code, told = report(home)
    assert code == 1
    assert "train.learning_rate" in told["what"]
    assert run(home).code == 0
    assert report(home)[0] == 0


def test_a_report_refuses_problems_that_were_not_put(home):
    lines = (home / "problems.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    (home / "problems.jsonl").write_text("".join(lines[:2]), encoding="utf-8")
    code, told = report(home)
    assert (code, told["what"]) == (1, "benchmark is not what it was when the study was run")
    assert "kiyas run" in told["next_step"]


@pytest.mark.parametrize(
    "override", ["confidence=0.9", "description=Adds.", "execution.power_w=20"]
)
def test_a_report_takes_what_changes_nothing_but_the_report(home, override):
    before = written(home)["report/report.md"], written(home)["findings.json"]
    assert report(home, "--set", override)[0] == 0
    text = (home / "run" / "report" / "technical-report.md").read_text(encoding="utf-8")
    after = written(home)["report/report.md"], written(home)["findings.json"]
    assert after != before or "Adds." in text


def test_a_report_of_classifiers_refuses_what_their_scores_are_made_with(topics):
    # The intervals of a classifier stand in its scores.
    code, told = report(topics, "--set", "confidence=0.9")
    assert code == 1
    assert "confidence" in told["what"]
    assert report(topics, "--set", "description=Topics.")[0] == 0


@pytest.fixture
def interrupted(home, monkeypatch):
    """A run that was edited, and killed between its adapters and their completions."""
    edit(home, "learning_rate: 0.01", "learning_rate: 0.02")

    def die(*_):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(predict, "_predict", die)
        with pytest.raises(Killed):
            run(home)
    return home


def test_an_edited_run_that_was_killed_is_not_called_finished(interrupted):
    assert state(interrupted) == "unfinished"
    assert run(interrupted).code == 0
    assert state(interrupted) == "finished"


def test_an_adapter_without_findings_of_its_own_is_not_exported(interrupted, tmp_path):
    def export():
        target = tmp_path / "x"
        line = ("export", interrupted / "run", "--arm", "short", "--output", target, "--json")
        told = say(*line)
        return told.code, json.loads(told.out)

    code, told = export()
    assert (code, told["what"]) == (1, "the run is not finished")
    assert "kiyas run" in told["next_step"]
    assert not (tmp_path / "x").exists()
    assert run(interrupted).code == 0
    assert export()[0] == 0


def test_findings_of_before_an_edit_are_not_read_beside_what_came_after(interrupted):
    with pytest.raises(RunFolderError, match="not finished"):
        kiyas.read_run(interrupted / "run")
    assert report(interrupted)[0] == 1
    assert run(interrupted).code == 0
    assert kiyas.read_run(interrupted / "run").study == "small-code"


def test_a_run_that_fails_before_it_works_leaves_its_findings_valid(home):
    edit(home, "source: rows.jsonl", "source: gone.jsonl")
    assert run(home).code == 1
    assert state(home) == "finished"


def test_what_an_edited_study_has_no_more_is_not_in_its_tables(home):
    edit(home, "checkpoints: [1, 2]", "checkpoints: [2]")
    edit(home, "- name: short", "- name: long")
    assert run(home).code == 0
    results = kiyas.read_run(home / "run")
    assert (home / "run" / "trials" / "short").exists()
    assert set(results.history["trial"]) == {"long/seed-0"}
    assert set(results.verdicts["checkpoint"]) == {"base/base/step-0", "long/seed-0/step-2"}
    assert set(results.verdicts["protocol"]) == {"chat", "completion"}
    edit(home, "{protocols: [completion], limit: 1}", "off")
    assert run(home).code == 0
    own = kiyas.read_run(home / "run").verdicts
    assert set(own["protocol"]) == {"chat"}
    assert set(own["checkpoint"]) == {"base/base/step-0", "long/seed-0/step-2"}


def test_a_classifier_that_a_study_has_no_more_is_not_in_its_tables(topics):
    edit(topics, "name: encoder", "name: other")
    assert run(topics).code == 0
    results = kiyas.read_run(topics / "run")
    assert (topics / "run" / "trials" / "encoder").exists()
    assert set(results.history["trial"]) == {"other/seed-0"}
    assert set(results.verdicts["trial"]) == {"other/seed-0", "tfidf"}


def test_determinism_is_probed_as_often_as_the_study_asks(home):
    def probed():
        return kiyas.read_run(home / "run").findings["decoding_noise"]

    assert probed()["equal_texts"]["n"] == 3
    assert run(home, "--set", "predict.determinism_problems=2").code == 0
    assert probed()["equal_texts"]["n"] == 2
    assert run(home, "--set", "predict.determinism_problems=0").code == 0
    assert probed() is None
