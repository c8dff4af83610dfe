"""A run folder and its copy at an address: finished steps whole, or not at all."""

import threading
import uuid

import pytest

from kiyas.errors import ExecutionError, RunFolderError
from kiyas.records import Trial
from kiyas.run_folder import Mirror, RunFolder, write_text

fsspec = pytest.importorskip("fsspec", reason="fsspec is not installed")
TRIAL = Trial("deep/seed-0", "deep", 0)
NAME = "trials/deep/seed-0"


@pytest.fixture
def address():
    return f"memory://{uuid.uuid4().hex}/study"


def trained(path, text="step,loss\n"):
    step = RunFolder(path).trial(TRIAL)
    step.begin({"seed": 0})
    write_text(step.history, text)
    return step


def test_a_finished_step_comes_back_on_another_machine_as_it_was(tmp_path, address):
    trained(tmp_path / "a").finish({"seed": 0}, {"sha256": "x"})
    Mirror(address, tmp_path / "a").push([NAME])
    Mirror(address, tmp_path / "b").pull_all()
    step = RunFolder(tmp_path / "b").trial(TRIAL)
    assert step.state({"seed": 0}).status == "complete"
    assert step.history.read_text() == "step,loss\n"


def test_an_unfinished_step_stays_on_its_machine(tmp_path, address):
    trained(tmp_path / "a")
    Mirror(address, tmp_path / "a").push([NAME])
    Mirror(address, tmp_path / "b").pull([NAME])
    assert not (tmp_path / "b").exists()


def test_an_upload_that_was_cut_off_counts_as_absent(tmp_path, address):
    trained(tmp_path / "a").finish({"seed": 0})
    Mirror(address, tmp_path / "a").push([NAME])
    system, root = fsspec.core.url_to_fs(address)
    system.rm_file(f"{root}/{NAME}/.complete.json")
    Mirror(address, tmp_path / "b").pull_all()
    assert not RunFolder(tmp_path / "b").trial(TRIAL).outputs()


def test_a_file_that_is_not_what_its_step_says_is_refused(tmp_path, address):
    trained(tmp_path / "a").finish({"seed": 0})
    Mirror(address, tmp_path / "a").push([NAME])
    system, root = fsspec.core.url_to_fs(address)
    system.pipe_file(f"{root}/{NAME}/history.csv", b"other")
    with pytest.raises(ExecutionError, match="not what its step says"):
        Mirror(address, tmp_path / "b").pull([NAME])
    assert not (tmp_path / "b" / NAME).exists()


def test_a_step_done_again_replaces_the_old_one(tmp_path, address):
    trained(tmp_path / "a").finish({"seed": 0})
    Mirror(address, tmp_path / "a").push([NAME])
    Mirror(address, tmp_path / "b").pull([NAME])
    trained(tmp_path / "a", "new\n").finish({"seed": 0})
    Mirror(address, tmp_path / "a").push([NAME])
    Mirror(address, tmp_path / "b").pull([NAME])
    assert RunFolder(tmp_path / "b").trial(TRIAL).history.read_text() == "new\n"


def test_what_is_finished_here_is_not_replaced_by_what_an_earlier_run_left(tmp_path, address):
    trained(tmp_path / "a").finish({"seed": 0})
    Mirror(address, tmp_path / "a").push([NAME])
    trained(tmp_path / "b", "later\n").finish({"seed": 0})
    Mirror(address, tmp_path / "b").pull_all()
    assert RunFolder(tmp_path / "b").trial(TRIAL).history.read_text() == "later\n"


def half_trained_after_an_edit(tmp_path, address):
    """Machine a has finished the study; b has begun the edited one."""
    trained(tmp_path / "a", "finished\n").finish({"seed": 0}, {"sha256": "x"})
    Mirror(address, tmp_path / "a").push([NAME])
    begun = RunFolder(tmp_path / "b").trial(TRIAL)
    begun.begin({"seed": 1})
    write_text(begun.history, "half\n")
    return begun


def test_half_a_training_of_the_study_of_now_is_not_displaced_by_an_older_finished_one(
    tmp_path, address
):
    begun = half_trained_after_an_edit(tmp_path, address)
    Mirror(address, tmp_path / "b").pull_all()
    assert begun.begin({"seed": 1}).status == "partial"
    assert begun.history.read_text() == "half\n"


def test_half_a_training_of_an_older_study_gives_way_to_what_is_finished_and_is_kept(
    tmp_path, address
):
    begun = half_trained_after_an_edit(tmp_path, address)
    Mirror(address, tmp_path / "b").pull_all()
    Mirror(address, tmp_path / "b").pull_all()
    assert begun.begin({"seed": 0}).status == "complete"
    assert begun.history.read_text() == "finished\n"
    assert begun.outputs() == {"sha256": "x"}
    kept = {path.read_text() for path in (tmp_path / "b/superseded").rglob("history.csv")}
    assert kept == {"half\n"}


def test_what_a_node_has_finished_takes_the_place_of_half_a_training_of_an_older_study(
    tmp_path, address
):
    begun = half_trained_after_an_edit(tmp_path, address)
    Mirror(address, tmp_path / "b").pull([NAME])
    assert begun.outputs() == {"sha256": "x"}


def test_half_a_training_gives_way_to_the_same_one_finished_elsewhere(tmp_path, address):
    begun = half_trained_after_an_edit(tmp_path, address)
    elsewhere = RunFolder(tmp_path / "c").trial(TRIAL)
    elsewhere.begin({"seed": 1})
    elsewhere.finish({"seed": 1})
    Mirror(address, tmp_path / "c").push([NAME])
    Mirror(address, tmp_path / "b").pull_all()
    assert begun.is_complete


def test_a_damaged_step_is_fetched_again_and_never_brought_to_the_storage(tmp_path, address):
    step = trained(tmp_path / "a", "whole\n")
    step.finish({"seed": 0})
    mirror = Mirror(address, tmp_path / "a")
    mirror.push([NAME])
    write_text(step.history, "cut")
    mirror.push([NAME])
    mirror.pull_all()
    assert step.history.read_text() == "whole\n"
    assert step.begin({"seed": 0}).status == "complete"


def test_a_second_run_on_one_storage_is_refused(tmp_path, address):
    with (
        Mirror(address, tmp_path / "a").lock(),
        pytest.raises(RunFolderError, match="another kiyas run"),
        Mirror(address, tmp_path / "b").lock(),
    ):
        pass


def test_what_one_job_of_a_machine_has_fetched_is_left_alone_by_another(
    tmp_path, address, monkeypatch
):
    trained(tmp_path / "a").finish({"seed": 0})
    Mirror(address, tmp_path / "a").push([NAME])
    worked_in, fetched = [], []

    def second_job():
        Mirror(address, tmp_path / "node").pull([NAME])
        worked_in.append((tmp_path / "node" / NAME).stat().st_ino)

    second = threading.Thread(target=second_job)
    fetch = fsspec.filesystem("memory").get_file

    def fetch_beside_the_second(system, path, *args):
        fetched.append(path)
        if len(fetched) == 1:
            second.start()
            second.join(timeout=0.3)  # it waits for the first, or is done long before this
        return fetch(path, *args)

    monkeypatch.setattr(
        "fsspec.implementations.memory.MemoryFileSystem.get_file", fetch_beside_the_second
    )
    Mirror(address, tmp_path / "node").pull([NAME])
    second.join()
    assert worked_in == [(tmp_path / "node" / NAME).stat().st_ino]
    assert len(fetched) == len(set(fetched)) == 2  # history.csv and step.json


def test_a_fault_of_a_kind_unknown_to_kiyas_does_not_end_the_signs_of_life(
    tmp_path, address, monkeypatch
):
    system = type(fsspec.filesystem("memory"))
    write, faults, goes_on = system.pipe_file, [], threading.Event()

    class EndpointConnectionError(Exception):
        """No OSError, as those of botocore."""

    def write_with_a_fault(self, path, value):
        if not faults:
            faults.append(EndpointConnectionError("passing"))
            raise faults[0]
        write(self, path, value)
        goes_on.set()

    monkeypatch.setattr("kiyas.run_folder.holder.SIGN_EVERY_S", 0.01)
    with Mirror(address, tmp_path).lock():
        monkeypatch.setattr(system, "pipe_file", write_with_a_fault)
        assert goes_on.wait(timeout=5)


def test_a_storage_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ExecutionError, match="cannot be written"):
        Mirror(f"file://{tmp_path}/file/study", tmp_path / "a").check()


def test_an_address_of_no_known_kind_is_refused(tmp_path):
    with pytest.raises(ExecutionError, match="cannot be used"):
        Mirror("nowhere://bucket/study", tmp_path)
