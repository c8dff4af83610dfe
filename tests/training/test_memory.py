"""A trial that runs out of memory goes on with less and ends with the same adapter."""

import json

import pytest
import torch
from safetensors.torch import load_file
from tiny_trial import EXAMPLES, TRAIN, TRIAL, train

from kiyas.errors import TrainingError
from kiyas.execution import Progress
from kiyas.run_folder import RunFolder
from kiyas.training.memory import is_out_of_memory
from kiyas.training.micro_batches import MicroBatches

# torch 2.13's words on a CPU.
CPU_FAULT = RuntimeError(
    "[enforce fail at alloc_cpu.cpp:127] . DefaultCPUAllocator: can't allocate memory: you tried "
    "to allocate 1 bytes."
)
SHORT = TRAIN.model_copy(update={"max_steps": 4, "checkpoints": [4]})


class Told(Progress):
    def __init__(self):
        self.lines: list[str] = []

    def say(self, text: str) -> None:
        self.lines.append(text)


def adapter(folder):
    return load_file(folder.checkpoint(4) / "adapter_model.safetensors")


def assert_same(found, expected):
    # The bound is the project's: relative difference at most 1e-4 in float32.
    for name, weight in expected.items():
        assert torch.linalg.norm(found[name] - weight) <= 1e-4 * torch.linalg.norm(weight)


@pytest.fixture
def limit(monkeypatch):
    """Let micro-batches of more rows than a number run out of memory, from a step on."""

    def set_limit(max_rows, *, from_step, fault=CPU_FAULT, unless=lambda batches: False):
        compute = MicroBatches.summed_loss

        def limited(batches, rows, step):
            if step >= from_step and len(rows) > max_rows and not unless(batches):
                raise fault
            return compute(batches, rows, step)

        monkeypatch.setattr(MicroBatches, "summed_loss", limited)

    return set_limit


@pytest.mark.parametrize("fault", [CPU_FAULT, MemoryError(), torch.OutOfMemoryError("CUDA")])
def test_out_of_memory_halves_the_micro_batch_and_keeps_the_update(
    tiny_base, tmp_path, limit, fault
):
    folders = [RunFolder(tmp_path / name).trial(TRIAL) for name in "ab"]
    train(tiny_base, folders[0], train=SHORT)  # with dropout: masks go with rows
    limit(2, from_step=2, fault=fault)
    told = Told()
    train(tiny_base, folders[1], train=SHORT, progress=told)
    assert_same(adapter(folders[1]), adapter(folders[0]))
    memory = json.loads(folders[1].memory.read_text(encoding="utf-8"))
    assert [relief["step"] for relief in memory["reliefs"]] == [2]
    assert len([line for line in told.lines if "memory ran out at step 2" in line]) == 1


def test_recomputed_activations_are_the_last_resort_of_a_cpu(tiny_base, tmp_path, limit):
    folders = [RunFolder(tmp_path / name).trial(TRIAL) for name in "ab"]
    train(tiny_base, folders[0], train=SHORT)
    limit(0, from_step=3, unless=lambda b: b._model.is_activation_checkpointing)
    train(tiny_base, folders[1], train=SHORT)
    assert_same(adapter(folders[1]), adapter(folders[0]))
    memory = json.loads(folders[1].memory.read_text(encoding="utf-8"))
    assert "gradient_checkpointing" in memory["reliefs"][-1]["measure"]


def test_memory_that_does_not_suffice_for_one_row_is_said_before_the_first_step(
    tiny_base, folder, limit
):
    limit(0, from_step=0)
    with pytest.raises(TrainingError, match="does not suffice for the longest row") as caught:
        train(tiny_base, folder, train=SHORT)
    assert caught.value.where == "the probe before the first step"
    assert not folder.checkpoint(4).exists()


def test_the_probe_measures_and_trains_nothing(tiny_base, folder):
    told = Told()
    train(tiny_base, folder, train=SHORT, progress=told)
    memory = json.loads(folder.memory.read_text(encoding="utf-8"))
    assert memory["peak_bytes"] > 0
    assert memory["reliefs"] == []
    longest = max(len(example.prompt + example.response) for example in EXAMPLES)
    assert memory["probe_tokens"] >= longest  # one token a byte
    assert sum("GiB at the peak" in line for line in told.lines) == 1


def test_another_error_is_not_taken_for_a_lack_of_memory():
    assert not is_out_of_memory(RuntimeError("shapes cannot be multiplied"))
