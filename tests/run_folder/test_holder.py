"""Two runs on one study: the second is refused, from any machine, and told who is at work."""

import errno
import os
import threading
import time

import pytest
from filelock import FileLock

from kiyas.errors import RunFolderError
from kiyas.run_folder import RunFolder, read_json, write_json
from kiyas.run_folder.holder import GONE_AFTER_S, SIGN_EVERY_S

ELSEWHERE = {"token": "x", "host": "node-7", "user": "ada", "process": 42, "since": "yesterday"}


@pytest.fixture
def record(tmp_path):
    return tmp_path / ".held-by.json"


@pytest.fixture
def wake(monkeypatch):
    """What wakes a holder, which gives no sign of life before and many after."""
    awake, wait = threading.Event(), threading.Event.wait

    def wait_asleep(event, timeout=None):
        if timeout != SIGN_EVERY_S:
            return wait(event, timeout)
        wait(awake, 5)
        return wait(event, 0.01)

    monkeypatch.setattr(threading.Event, "wait", wait_asleep)
    return awake.set


def meanwhile(monkeypatch, name, act):
    """Have something happen once, just before the next call of a function of Python's library."""
    module, function = name
    call, left = getattr(module, function), [act]

    def with_act(*args):
        if left:
            left.pop()()
        return call(*args)

    monkeypatch.setattr(module, function, with_act)


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


def test_a_machine_that_takes_the_folder_between_our_look_and_our_record_keeps_it(
    tmp_path, record, monkeypatch
):
    other = {**ELSEWHERE, "seen": time.time()}
    meanwhile(monkeypatch, (os, "fsync"), lambda: write_json(record, other))
    with pytest.raises(RunFolderError, match="ada on node-7"), RunFolder(tmp_path).lock():
        pass
    assert read_json(record)["token"] == "x"
    assert {path.name for path in tmp_path.iterdir()} == {".lock", ".held-by.json"}


@pytest.mark.parametrize("follows_a_dead_run", [True, False])
def test_of_two_machines_that_write_the_record_at_once_the_first_is_refused(
    tmp_path, record, monkeypatch, follows_a_dead_run
):
    if follows_a_dead_run:
        write_json(record, {**ELSEWHERE, "seen": time.time() - GONE_AFTER_S - 1})
    else:
        monkeypatch.setattr(os, "link", no_hard_links)
    other = {**ELSEWHERE, "token": "y", "seen": time.time()}
    meanwhile(monkeypatch, (time, "sleep"), lambda: write_json(record, other))
    with pytest.raises(RunFolderError, match="ada on node-7"), RunFolder(tmp_path).lock():
        pass
    assert read_json(record)["token"] == "y"


def no_hard_links(*_):
    raise OSError(errno.EPERM, "no hard links")


def hold(path, work):
    with RunFolder(path).lock():
        work()


def test_a_holder_that_slept_leaves_the_record_to_the_newcomer_and_is_told(tmp_path, record, wake):
    newcomer = {**ELSEWHERE, "seen": time.time()}

    def sleep_too_long():
        write_json(record, newcomer)
        wake()
        time.sleep(0.1)  # a holder that overwrites it has done so by now
        assert read_json(record) == newcomer

    with pytest.raises(RunFolderError, match="ada on node-7"):
        hold(tmp_path, sleep_too_long)
    assert read_json(record) == newcomer


def test_a_holder_that_slept_is_told_of_a_newcomer_that_has_ended(tmp_path, record, wake):
    before = set(threading.enumerate())

    def sleep_for_the_whole_of_another_run():
        (signs,) = set(threading.enumerate()) - before
        write_json(record, {**ELSEWHERE, "seen": time.time()})
        wake()
        signs.join(timeout=5)
        record.unlink()

    with pytest.raises(RunFolderError, match="ada on node-7"):
        hold(tmp_path, sleep_for_the_whole_of_another_run)
    assert not record.exists()


def test_what_stopped_a_run_is_told_before_that_another_holds_its_folder(tmp_path, record):
    def stop():
        write_json(record, {**ELSEWHERE, "seen": time.time()})
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        hold(tmp_path, stop)
    assert read_json(record)["token"] == "x"


def test_a_run_that_begins_while_runs_are_listed_is_let_in(tmp_path, record, monkeypatch):
    listing = FileLock(tmp_path / ".lock")  # as `kiyas ls` holds it for an instant
    listing.acquire()
    meanwhile(monkeypatch, (time, "sleep"), listing.release)
    with RunFolder(tmp_path).lock():
        assert record.exists()


def test_a_record_that_a_killed_run_had_begun_does_not_make_its_folder_a_foreign_one(tmp_path):
    (tmp_path / ".held-by.json.0a1b2c").write_text("{", encoding="utf-8")
    with RunFolder(tmp_path).lock():
        RunFolder(tmp_path).claim("study")
