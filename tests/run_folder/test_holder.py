"""Two runs on one study: the second is refused, from any machine, and told who is at work."""

import os
import time

import pytest

from kiyas.errors import RunFolderError
from kiyas.run_folder import RunFolder, read_json, write_json
from kiyas.run_folder.holder import GONE_AFTER_S

ELSEWHERE = {"token": "x", "host": "node-7", "user": "ada", "process": 42, "since": "yesterday"}


@pytest.fixture
def record(tmp_path):
    return tmp_path / ".held-by.json"


def test_a_run_on_another_machine_is_told_with_its_holder_and_start(tmp_path, record):
    write_json(record, {**ELSEWHERE, "seen": time.time()})
    with (
        pytest.raises(RunFolderError, match="another kiyas run") as caught,
        RunFolder(tmp_path).lock(),
    ):
        pass
    assert "ada on node-7, process 42, since yesterday" in str(caught.value)
    assert "wait for it to end" in str(caught.value)
    assert record.exists()


def test_a_holder_without_a_sign_of_life_counts_as_gone(tmp_path, record):
    write_json(record, {**ELSEWHERE, "seen": time.time() - GONE_AFTER_S - 1})
    with RunFolder(tmp_path).lock():
        assert read_json(record)["token"] != "x"
    assert not record.exists()


def test_a_second_run_of_this_machine_is_told_of_the_first(tmp_path):
    with (
        RunFolder(tmp_path).lock(),
        pytest.raises(RunFolderError, match="another kiyas run") as caught,
        RunFolder(tmp_path).lock(),
    ):
        pass
    assert f"process {os.getpid()}" in str(caught.value)


def test_a_run_that_was_killed_on_this_machine_is_followed_at_once(tmp_path, record):
    with RunFolder(tmp_path).lock():
        left = read_json(record)
    write_json(record, left)  # as a killed run leaves it
    with RunFolder(tmp_path).lock():
        pass
    assert not record.exists()
