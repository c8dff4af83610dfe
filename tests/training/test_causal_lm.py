import json
import subprocess
import sys
from math import nan

import peft
import pytest
import torch
from safetensors.torch import load_file, save_file
from tiny_base import save_tiny_base, save_tiny_gpt2_base
from tiny_trial import EXAMPLES, LORA, TRAIN, TRIAL, train

from kiyas.config.schema import LoraSettings
from kiyas.errors import DataError, ModelError, TrainingError
from kiyas.execution import Progress
from kiyas.models import load_adapter, load_base
from kiyas.records import Example, Trial
from kiyas.run_folder import RunFolder
from kiyas.training.history import read_history
from kiyas.training.micro_batches import MicroBatches

NO_DROPOUT = LORA.model_copy(update={"dropout": 0.0})


def settings(**changes):
    return TRAIN.model_copy(update=changes)


def curve(folder):
    return [
        (row.step, row.epoch, row.loss, row.learning_rate) for row in read_history(folder.history)
    ]


def test_a_trial_learns(tiny_base, folder):
    train(tiny_base, folder)
    losses = [row[2] for row in curve(folder)]
    assert losses[-1] < losses[0] - 1


def test_the_base_is_bare_and_frozen_after_training(tiny_base, folder):
    before = {name: weight.clone() for name, weight in tiny_base.model.state_dict().items()}
    train(tiny_base, folder)
    after = tiny_base.model.state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_every_checkpoint_loads_and_tells_its_hash(tiny_base, folder):
    summary = train(tiny_base, folder)
    assert [saved.step for saved in summary.checkpoints] == TRAIN.checkpoints
    for saved in summary.checkpoints:
        load_adapter(tiny_base, folder.checkpoint(saved.step))
        assert saved.max_logit_difference <= 1e-5
        assert saved.max_logit_change > 0
    assert len({saved.sha256 for saved in summary.checkpoints}) == 3


def test_the_same_seed_gives_the_same_trial(tiny_base, tmp_path):
    folders = [RunFolder(tmp_path / name).trial(TRIAL) for name in "ab"]
    first, second = (train(tiny_base, folder) for folder in folders)
    assert curve(folders[0]) == curve(folders[1])
    assert [c.sha256 for c in first.checkpoints] == [c.sha256 for c in second.checkpoints]


def test_another_seed_gives_another_trial(tiny_base, tmp_path):
    other = Trial("arm/seed-8", "arm", 8)
    folders = [RunFolder(tmp_path).trial(trial) for trial in (TRIAL, other)]
    train(tiny_base, folders[0])
    train(tiny_base, folders[1], trial=other)
    assert curve(folders[0]) != curve(folders[1])


def test_more_checkpoints_do_not_change_the_loss_curve(tiny_base, tmp_path):
    folders = [RunFolder(tmp_path / name).trial(TRIAL) for name in "ab"]
    train(tiny_base, folders[0])
    train(tiny_base, folders[1], train=settings(checkpoints=[1 + 1, 3, 4, 5, 6, 7, 8]))
    assert curve(folders[0]) == curve(folders[1])


def test_training_leaves_the_random_numbers_of_the_caller_alone(tiny_base, folder):
    state = torch.random.get_rng_state()
    train(tiny_base, folder)
    assert torch.equal(state, torch.random.get_rng_state())


def test_epochs_can_be_given_instead_of_steps(tiny_base, folder):
    summary = train(
        tiny_base, folder, train=settings(max_steps=None, num_epochs=1.5, checkpoints=None)
    )
    # Three steps a pass: 4.5 steps, rounded up.
    assert [row[0] for row in curve(folder)] == [1, 2, 3, 4, 5]
    assert [saved.step for saved in summary.checkpoints] == [5]


def test_training_goes_on_to_the_last_step_after_the_last_checkpoint(tiny_base, folder):
    summary = train(tiny_base, folder, train=settings(checkpoints=[3]))
    assert len(curve(folder)) == 8
    assert [saved.step for saved in summary.checkpoints] == [3]


def test_the_learning_rate_is_the_one_of_each_update(tiny_base, folder):
    train(tiny_base, folder, train=settings(max_steps=4, checkpoints=[4], warmup_steps=2))
    # Linear warm-up over two steps from 0, then linear decay that would reach 0 at step 5.
    peak = TRAIN.learning_rate
    assert [row[3] for row in curve(folder)] == pytest.approx([0, peak / 2, peak, peak / 2])


def test_the_report_on_the_data_is_written(tiny_base, folder):
    summary = train(tiny_base, folder)
    data = json.loads(folder.data.read_text(encoding="utf-8"))
    assert data["num_trained_tokens"] == summary.data.num_trained_tokens
    assert data["rendering_hash"] == summary.data.rendering_hash


def test_gradient_checkpointing_changes_memory_and_not_the_update(tiny_base, tmp_path):
    folders = [RunFolder(tmp_path / name).trial(TRIAL) for name in "ab"]
    short = settings(max_steps=3, checkpoints=[3])
    train(tiny_base, folders[0], lora=NO_DROPOUT, train=short)
    saving = short.model_copy(update={"gradient_checkpointing": True})
    train(tiny_base, folders[1], lora=NO_DROPOUT, train=saving)
    losses = [[row[2] for row in curve(folder)] for folder in folders]
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)


@pytest.mark.parametrize(
    "changes",
    [{"use_dora": True}, {"use_rslora": True}, {"target_modules": "all-linear", "use_dora": True}],
)
def test_variants_of_the_adapter_train(tiny_base, folder, changes):
    train(tiny_base, folder, lora=LORA.model_copy(update=changes))
    losses = [row[2] for row in curve(folder)]
    assert losses[-1] < losses[0] - 1


def test_a_bfloat16_base_trains_a_float32_adapter(tiny_folder, folder):
    base = load_base(str(tiny_folder), dtype="bfloat16", device="cpu")
    train(base, folder)
    losses = [row[2] for row in curve(folder)]
    assert losses[-1] < losses[0] - 1
    saved = load_file(folder.checkpoint(8) / "adapter_model.safetensors")
    assert {weight.dtype for weight in saved.values()} == {torch.float32}


class Told(Progress):
    """Remembers what it is told."""

    def __init__(self):
        self.lines: list[str] = []

    def say(self, text: str) -> None:
        self.lines.append(text)


def test_cut_rows_are_told(tiny_base, folder):
    told = Told()
    train(tiny_base, folder, train=settings(max_seq_len=80), progress=told)
    # Row n has 30 tokens of prompt and 21 + 5n of answer: more than 80 from n = 6 on.
    assert "6 of 11 rows are cut at 80 tokens" in told.lines[0]


@pytest.mark.parametrize("num_letters", [36, 39, 900])
def test_rows_are_padded_and_cut_to_the_positions_that_a_base_has(tmp_path, folder, num_letters):
    base = load_base(str(save_tiny_gpt2_base(tmp_path / "base")), dtype="float32", device="cpu")
    examples = [Example("Ask", "x" * num_letters, 1), Example("Ask", "y", 2)]
    lora = LORA.model_copy(update={"target_modules": ["c_attn"]})
    summary = train(base, folder, examples=examples, lora=lora, protocol="completion")
    num_tokens = len("Ask\n") + num_letters + 1
    assert summary.data.max_tokens == min(num_tokens, 45)
    assert summary.data.cut_rows == ((1,) if num_tokens > 45 else ())


def test_nothing_but_the_progress_is_shown(tiny_base, folder, capfd):
    train(tiny_base, folder)
    assert capfd.readouterr() == ("", "")


def test_a_loss_that_is_no_number_stops_the_trial_and_names_its_rows(tiny_base, folder):
    with torch.no_grad():
        tiny_base.model.get_input_embeddings().weight[ord("~")] = torch.nan
    bad = [*EXAMPLES[:3], Example("~", "x", 40)]
    one_step = settings(max_steps=1, checkpoints=[1], warmup_steps=0)
    with pytest.raises(TrainingError, match="the loss is nan at step 1") as caught:
        train(tiny_base, folder, examples=bad, train=one_step)
    assert "40" in str(caught.value.received)
    assert not folder.checkpoint(1).exists()


def test_a_loss_that_is_no_number_keeps_the_last_good_checkpoint(tiny_base, folder, monkeypatch):
    compute = MicroBatches.summed_loss
    monkeypatch.setattr(
        MicroBatches,
        "summed_loss",
        lambda batches, rows, step: compute(batches, rows, step) * (nan if step == 4 else 1),
    )
    with pytest.raises(TrainingError, match="the loss is nan at step 4"):
        train(tiny_base, folder)
    load_adapter(tiny_base, folder.checkpoint(2))
    monkeypatch.undo()
    assert train(tiny_base, folder).resumed_from == 2


def test_four_bits_are_refused_where_there_is_no_gpu(tiny_folder):
    with pytest.raises(ModelError, match="four bits need a GPU") as caught:
        load_base(str(tiny_folder), device="cpu", quantization="4bit")
    assert caught.value.where == "train.quantization"


def test_an_adapter_that_changes_nothing_is_an_error(tiny_base, folder):
    # The first step of a linear warm-up has the rate 0.
    with pytest.raises(TrainingError, match="changes nothing"):
        train(tiny_base, folder, train=settings(checkpoints=[1]))
    assert not folder.checkpoint(1).exists()


def test_an_adapter_that_is_saved_wrong_is_an_error(tiny_base, folder, monkeypatch):
    save = peft.PeftModel.save_pretrained

    def save_without_last_layer(model, path, **arguments):
        save(model, path, **arguments)
        file = f"{path}/adapter_model.safetensors"
        weights = {name: w * ("layers.1" not in name) for name, w in load_file(file).items()}
        save_file(weights, file, metadata={"format": "pt"})

    monkeypatch.setattr(peft.PeftModel, "save_pretrained", save_without_last_layer)
    with pytest.raises(TrainingError, match="not the one that was trained"):
        train(tiny_base, folder)
    assert not folder.checkpoint(2).exists()


def test_target_modules_that_match_nothing_are_refused(tiny_base, folder):
    with pytest.raises(TrainingError, match="match no linear layer"):
        train(tiny_base, folder, lora=LoraSettings(target_modules=["query"]))


def test_a_checkpoint_beyond_the_last_step_is_refused(tiny_base, folder):
    with pytest.raises(TrainingError, match="training ends at step 8"):
        train(tiny_base, folder, train=settings(checkpoints=[2, 9]))


def test_no_example_is_refused(tiny_base, folder):
    with pytest.raises(DataError, match="no example"):
        train(tiny_base, folder, examples=[])


def test_a_base_without_a_chat_template_is_refused_under_a_chat_protocol(tmp_path, folder):
    base = load_base(str(save_tiny_base(tmp_path / "base", chat_template=None)), dtype="float32")
    with pytest.raises(ModelError, match="no chat template"):
        train(base, folder)


def test_counting_steps_needs_no_torch():
    code = (
        "import sys; from kiyas.config.schema import TrainSettings;"
        "from kiyas.training import count_steps; count_steps(10, TrainSettings(max_steps=2));"
        "print([name for name in ('torch', 'transformers', 'peft') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
