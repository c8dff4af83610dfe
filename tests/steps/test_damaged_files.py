"""A file of a finished run that lost rows or was changed is never read as if it were whole."""

import json
import shutil

import pytest
from front_door import kiyas as give

import kiyas
from kiyas.errors import RunFolderError

BASE = "base/base/step-0/chat"
CHECKPOINT = "short/seed-0/step-2"


def lose_a_line(path):
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(lines[:-1]), encoding="utf-8")


def change_last_byte(path):
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


def verb(name, home, *more):
    return give(name, home / "study.yaml", "--run-folder", home / "run", *more)


def work(home):
    told = verb("run", home, "--json", "--quiet")
    assert told.code == 0, told.said
    return json.loads(told.out)["work"]


@pytest.mark.parametrize(
    ("name", "redone"),
    [
        (f"scores/{BASE}/scores.jsonl", ["scoring base/base/step-0"]),
        (f"predictions/{BASE}/samples.jsonl", ["prediction base/base/step-0"]),
        (f"audit/{BASE}/scores_by_rule.jsonl", ["scoring base/base/step-0 by every rule"]),
        ("findings.json", ["report"]),
    ],
)
def test_a_step_whose_file_lost_its_last_line_is_done_again_as_it_was(home, name, redone):
    path = home / "run" / name
    before = path.read_text(encoding="utf-8")
    count = before.count("\n")
    lose_a_line(path)
    assert work(home) == redone
    assert path.read_text(encoding="utf-8").count("\n") == count
    assert work(home) == []


def test_a_report_of_a_file_that_lost_a_line_is_refused_with_what_to_do(home):
    path = home / "run" / "scores" / BASE / "scores.jsonl"
    lose_a_line(path)
    told = verb("report", home)
    assert told.code == 1
    assert str(path) in told.said
    assert "not what its finished step wrote" in told.said
    assert "made again" in told.said


def test_a_notebook_is_given_no_verdicts_of_a_file_that_lost_a_line(home):
    lose_a_line(home / "run" / "scores" / BASE / "scores.jsonl")
    lose_a_line(home / "run" / "trials" / "short/seed-0" / "history.csv")
    results = kiyas.read_run(home / "run")
    for read in (lambda: results.verdicts, lambda: results.history):
        with pytest.raises(RunFolderError, match="not what its finished step wrote"):
            read()


@pytest.mark.parametrize("name", ["history.csv", "data.json"])
def test_a_finished_training_is_not_done_again_unasked(home, name):
    path = home / "run" / "trials" / "short/seed-0" / name
    lose_a_line(path)
    told = verb("run", home)
    assert told.code == 1
    assert str(path) in told.said
    assert path.exists()


def test_an_adapter_that_is_another_one_by_now_is_not_decoded_with(home):
    adapter = home / "run" / "trials" / "short/seed-0/checkpoints/step-2/adapter_model.safetensors"
    change_last_byte(adapter)
    assert work(home) == []  # nothing needs it
    shutil.rmtree(home / "run" / "predictions" / CHECKPOINT)
    told = verb("run", home)
    assert told.code == 1
    assert "not those that were trained" in told.said


def test_a_classifier_s_predictions_that_lost_a_row_are_made_again(topics):
    path = topics / "run" / "predictions" / "encoder/seed-0" / "preds_test.csv"
    before = path.read_text(encoding="utf-8")
    lose_a_line(path)
    told = verb("report", topics)
    assert told.code == 1
    assert str(path) in told.said
    assert work(topics) == ["prediction encoder/seed-0"]
    assert path.read_text(encoding="utf-8") == before


def test_a_classifier_s_weights_that_are_others_by_now_are_not_used(topics):
    weights = topics / "run/trials/encoder/seed-0/adapter/adapter_model.safetensors"
    change_last_byte(weights)
    shutil.rmtree(topics / "run" / "predictions" / "encoder/seed-0")
    told = verb("run", topics)
    assert told.code == 1
    assert "not those that were trained" in told.said
