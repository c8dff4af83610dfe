"""A finished step counts as finished as long as its files are what it wrote."""

import shutil

import pytest

from kiyas.errors import RunFolderError
from kiyas.records import Checkpoint, Trial
from kiyas.run_folder import RunFolder, read_json, write_json, write_text

BASE, INPUTS = Checkpoint("base/tiny", 0, "base/tiny", None), {"samples": "x"}
TRIAL = Trial("deep/seed-0", "deep", 0)
TWO_LINES = '{"n": 1}\n{"n": 2}\n'


@pytest.fixture
def step(tmp_path):
    folder = RunFolder(tmp_path / "run")
    step = folder.judgement(BASE, "chat")
    step.begin(INPUTS)
    write_text(folder.scores(BASE, "chat"), TWO_LINES)
    step.finish(INPUTS, {"sha256": "y"})
    return step


def scores(step):
    return step.path / "scores.jsonl"


def cut(path):
    path.write_text('{"n": 1}\n', encoding="utf-8")


def change(path):
    path.write_text(TWO_LINES.replace("2", "3"), encoding="utf-8")


def delete(path):
    path.unlink()


@pytest.mark.parametrize("damage", [cut, change, delete])
def test_a_finished_step_with_another_file_is_begun_again_and_what_there_was_is_kept(
    step, tmp_path, damage
):
    damage(scores(step))
    state = step.state(INPUTS)
    assert (state.status, [change.key for change in state.changes]) == ("damaged", ["scores.jsonl"])
    assert step.begin(INPUTS).status == "damaged"
    assert step.state(INPUTS).status == "partial"
    assert not scores(step).exists()
    [kept] = (tmp_path / "run" / "superseded").rglob("step.json")
    assert read_json(kept)["outputs"] == {"sha256": "y"}


@pytest.mark.parametrize("damage", [cut, change, delete])
def test_who_only_reads_is_told_of_the_file_and_what_it_was(step, damage):
    damage(scores(step))
    with pytest.raises(RunFolderError, match="not what its finished step wrote") as told:
        step.outputs()
    assert told.value.where == str(scores(step))
    assert str(told.value.expected).startswith("18 bytes, SHA-256 ")
    assert "restore the file" in str(told.value.next_step)


def test_a_copy_of_a_run_folder_is_as_finished_as_the_run(step, tmp_path):
    shutil.copytree(tmp_path / "run", tmp_path / "copy", copy_function=shutil.copyfile)
    copied = RunFolder(tmp_path / "copy").judgement(BASE, "chat")
    assert scores(copied).stat().st_mtime_ns != scores(step).stat().st_mtime_ns
    assert copied.state(INPUTS).status == "complete"


def test_what_is_put_beside_the_files_of_a_step_is_nobody_s_affair(step):
    write_text(step.path / "notes.txt", "mine")
    assert step.state(INPUTS).status == "complete"


def test_a_step_of_a_version_that_noted_no_files_is_read_back(step):
    record = read_json(step.path / "step.json")
    del record["files"]
    write_json(step.path / "step.json", record)
    cut(scores(step))
    assert step.state(INPUTS).status == "complete"
    assert step.outputs() == {"sha256": "y"}


def test_a_finished_training_with_another_file_is_neither_read_nor_lost(tmp_path):
    trial = RunFolder(tmp_path).trial(TRIAL)
    trial.begin({"seed": 0})
    write_text(trial.history, "step,loss\n1,2.0\n")
    trial.finish({"seed": 0}, {"adapters": {}})
    write_text(trial.history, "step,loss\n")
    with pytest.raises(RunFolderError, match="not what its finished step wrote"):
        trial.begin({"seed": 0})
    assert trial.history.exists()
    assert trial.begin({"seed": 1}).status == "changed"
