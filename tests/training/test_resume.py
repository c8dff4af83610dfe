"""A trial killed by SIGKILL goes on from its last complete checkpoint."""

import multiprocessing
import signal
from types import SimpleNamespace

import pytest
from safetensors import SafetensorError
from tiny_trial import EXAMPLES, TRIAL, train, train_and_die

from kiyas.errors import DataError, RunFolderError
from kiyas.models import load_base
from kiyas.records import Example
from kiyas.run_folder import RunFolder
from kiyas.training.history import read_history

# Workers start from a process that has imported the libraries and done nothing with them.
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["peft", "kiyas.training.trainer"])


def kill(tiny_folder, folder, moment, count, *, after):
    arguments = (str(tiny_folder), str(folder.path.parents[2]), moment, count, after)
    process = FORKS.Process(target=train_and_die, args=arguments)
    process.start()
    process.join(120)
    assert process.exitcode == -signal.SIGKILL


def curve(folder):
    """Return every column but the wall seconds."""
    return [
        (r.step, r.epoch, r.loss, r.learning_rate, r.tokens) for r in read_history(folder.history)
    ]


@pytest.fixture(scope="module")
def uninterrupted(tiny_folder, tmp_path_factory):
    folder = RunFolder(tmp_path_factory.mktemp("uninterrupted")).trial(TRIAL)
    base = load_base(str(tiny_folder), dtype="float32", device="cpu")
    return train(base, folder), curve(folder)


# Checkpoints are at steps 2, 5 and 8. Renames: the adapter and then the state of each of them.
@pytest.mark.parametrize(
    ("death", "resumed_from"),
    [
        pytest.param(("update", 1, False), 0, id="before-the-first-update"),
        pytest.param(("update", 4, True), 2, id="between-two-checkpoints"),
        pytest.param(("rename", 1, False), 0, id="first-adapter-written-but-not-named"),
        pytest.param(("rename", 3, True), 2, id="adapter-named-and-no-state-yet"),
        pytest.param(("torch.save", 4, True), 2, id="state-half-written"),
        pytest.param(("rename", 4, False), 2, id="state-written-but-not-named"),
        pytest.param(("rename", 4, True), 5, id="state-named"),
        pytest.param(("rename", 6, True), 8, id="after-the-last-state"),
    ],
)
def test_a_killed_trial_goes_on_to_the_same_end(
    tiny_folder, tiny_base, folder, uninterrupted, death, resumed_from
):
    moment, count, after = death
    kill(tiny_folder, folder, moment, count, after=after)
    summary = train(tiny_base, folder)
    expected, expected_curve = uninterrupted
    assert summary.resumed_from == resumed_from
    assert curve(folder) == expected_curve
    assert summary.checkpoints == expected.checkpoints


def test_only_whole_folders_and_the_newest_state_are_left(tiny_folder, tiny_base, folder):
    kill(tiny_folder, folder, "rename", 3, after=False)
    train(tiny_base, folder)
    kept = sorted(path.name for path in (folder.path / "checkpoints").iterdir())
    assert kept == ["step-2", "step-5", "step-8"]
    assert [path.name for path in folder.resume.iterdir() if path.name[0] != "."] == ["step-8"]


def test_a_finished_trial_is_read_back_without_training(tiny_base, folder):
    first = train(tiny_base, folder)
    before = folder.history.read_bytes()
    second = train(tiny_base, folder)
    assert second.resumed_from == 8
    assert second.checkpoints == first.checkpoints
    assert folder.history.read_bytes() == before


def test_a_checkpoint_that_was_taken_away_is_not_passed_over(tiny_base, folder):
    train(tiny_base, folder)
    (folder.checkpoint(5) / "verification.json").unlink()
    with pytest.raises(RunFolderError, match="its checkpoint is not there"):
        train(tiny_base, folder)


def test_other_rows_than_a_trial_began_with_are_refused(tiny_base, folder):
    train(tiny_base, folder)
    before = folder.history.read_bytes()
    longer = [*EXAMPLES[:-1], Example("Add 12 to x.", "x + 12", 12)]
    with pytest.raises(DataError, match="changed since this trial began") as caught:
        train(tiny_base, folder, examples=longer)
    assert "num_tokens" in str(caught.value.received)
    assert caught.value.where == str(folder.data)
    assert folder.history.read_bytes() == before


# What the libraries raise on a full disk, seen on a tmpfs of 400 KiB with safetensors 0.8 and
# torch 2.13.
FULL_FOR_SAFETENSORS = SafetensorError(
    "Error while serializing: I/O error: No space left on device (os error 28)"
)
FULL_FOR_TORCH = RuntimeError(
    "[enforce fail at inline_container.cc:672] . unexpected pos 10752 vs 10644"
)


@pytest.mark.parametrize(
    ("function", "fault"),
    [
        ("peft.peft_model.safe_save_file", FULL_FOR_SAFETENSORS),
        ("transformers.trainer.torch.save", FULL_FOR_TORCH),
    ],
    ids=["adapter", "state"],
)
def test_a_full_disk_says_what_to_do_and_the_trial_goes_on_later(
    tiny_base, folder, uninterrupted, monkeypatch, function, fault
):
    def fail(*arguments, **keywords):
        raise fault

    monkeypatch.setattr(function, fail)
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=0))
    with pytest.raises(RunFolderError, match="the disk is full"):
        train(tiny_base, folder)
    monkeypatch.undo()
    train(tiny_base, folder)
    assert curve(folder) == uninterrupted[1]
