"""Two processes that share a trial end with the adapter of one."""

import pytest
import torch
from safetensors.torch import load_file
from tiny_base import save_tiny_dropout_base
from tiny_trial import LORA, TRAIN, TRIAL, job, train

from kiyas.errors import TrainingError
from kiyas.execution import Progress
from kiyas.models import locate_base
from kiyas.run_folder import RunFolder
from kiyas.training import train_in_processes
from kiyas.training.history import read_history

TWO = TRAIN.model_copy(update={"num_processes": 2, "dtype": "float32"})


def in_two(tiny_folder, folder, *, on_step=lambda _: None, shard_base=False, train=TWO, **changes):
    asked = job(folder, train=train.model_copy(update={"shard_base": shard_base}), **changes)
    source = locate_base(str(tiny_folder))
    return train_in_processes(asked, source, progress=Progress(), on_step=on_step)


@pytest.mark.parametrize("shard_base", [False, True], ids=["whole bases", "a sharded base"])
def test_two_processes_make_the_update_of_one(shard_base, tiny_folder, tiny_base, tmp_path):
    # With dropout, over data that is passed more than twice and a step of three rows.
    one, two = (RunFolder(tmp_path / name).trial(TRIAL) for name in ("one", "two"))
    train(tiny_base, one)
    told = []
    summary = in_two(tiny_folder, two, on_step=told.append, shard_base=shard_base)
    assert [saved.step for saved in summary.checkpoints] == TRAIN.checkpoints
    losses = [[row.loss for row in read_history(folder.history)] for folder in (one, two)]
    assert told == read_history(two.history)
    # The bound is the project's: relative difference at most 1e-4 in float32.
    assert losses[1] == pytest.approx(losses[0], rel=1e-4)
    expected, found = (
        load_file(folder.checkpoint(8) / "adapter_model.safetensors") for folder in (one, two)
    )
    for name, weight in expected.items():
        assert torch.linalg.norm(found[name] - weight) <= 1e-4 * torch.linalg.norm(weight)


def test_an_error_in_a_process_is_the_error_of_the_trial(tiny_folder, folder):
    wrong = LORA.model_copy(update={"target_modules": ["query"]})
    with pytest.raises(TrainingError, match="match no linear layer"):
        in_two(tiny_folder, folder, lora=wrong)


def test_a_process_without_rows_keeps_step_with_the_others(tiny_folder, tiny_base, tmp_path):
    # One row a step: every process has a part of the base, and one has nothing to work on.
    lone = {"batch_size": 1, "gradient_accumulation_steps": 1}
    one, two = (RunFolder(tmp_path / name).trial(TRIAL) for name in ("one", "two"))
    train(tiny_base, one, train=TRAIN.model_copy(update=lone))
    asked = job(two, train=TWO.model_copy(update={**lone, "shard_base": True}))
    train_in_processes(asked, locate_base(str(tiny_folder)), progress=Progress())
    losses = [[row.loss for row in read_history(folder.history)] for folder in (one, two)]
    assert losses[1] == pytest.approx(losses[0], rel=1e-4)


class KilledError(Exception):
    """Stands for the end of a process in the middle of a trial."""


@pytest.mark.parametrize("shards_first", [True, False], ids=["sharded first", "whole first"])
def test_a_trial_goes_on_with_its_base_placed_otherwise(
    shards_first, tiny_folder, tiny_base, tmp_path
):
    def stop(row):
        if row.step == 6:  # the last checkpoint was at 5
            raise KilledError

    whole, begun = (RunFolder(tmp_path / name).trial(TRIAL) for name in ("whole", "begun"))
    train(tiny_base, whole)
    if shards_first:
        with pytest.raises(KilledError):
            in_two(tiny_folder, begun, shard_base=True, on_step=stop)
        summary = train(tiny_base, begun)
    else:
        with pytest.raises(KilledError):
            train(tiny_base, begun, on_step=stop)
        summary = in_two(tiny_folder, begun, shard_base=True)
    assert summary.resumed_from == 5
    losses = [[row.loss for row in read_history(folder.history)] for folder in (whole, begun)]
    assert losses[1] == pytest.approx(losses[0], rel=1e-4)


def test_every_process_of_a_killed_trial_goes_on_with_the_draws_it_would_have_made(tmp_path):
    # The base has dropout of its own, which draws from each process's one generator.
    base = save_tiny_dropout_base(tmp_path / "base")
    whole, killed = (RunFolder(tmp_path / name).trial(TRIAL) for name in ("whole", "killed"))
    changes = {
        "lora": LORA.model_copy(update={"dropout": 0.0, "target_modules": "all-linear"}),
        "train": TWO.model_copy(update={"max_steps": 6, "checkpoints": [2, 6]}),
    }

    def stop(row):
        if row.step == 3:  # the last checkpoint was at 2
            raise KilledError

    in_two(base, whole, **changes)
    with pytest.raises(KilledError):
        in_two(base, killed, on_step=stop, **changes)
    assert in_two(base, killed, **changes).resumed_from == 2
    expected, found = (
        (folder.checkpoint(6) / "adapter_model.safetensors").read_bytes()
        for folder in (whole, killed)
    )
    assert found == expected
