"""A base with dropout of its own, which draws from torch's one generator, is trained in one order.

Micro-batches are held up by turns, so that lanes would draw in another order in each run.
"""

import time

import pytest
import torch
from tiny_base import save_tiny_dropout_base
from tiny_classifiers import topic_texts
from tiny_trial import LORA, TRAIN, TRIAL, train

from kiyas.config import ClassifierTrainSettings
from kiyas.execution import Progress
from kiyas.models import load_base, locate_base
from kiyas.run_folder import ClassifierFolder, RunFolder
from kiyas.training import classifier_passes, gradients, lanes
from kiyas.training.classifier import train_classifier
from kiyas.training.classifier_job import ClassifierJob
from kiyas.training.micro_batches import MicroBatches

HELD_UP = 0.02
NO_ADAPTER_DROPOUT = LORA.model_copy(update={"dropout": 0.0, "target_modules": "all-linear"})
SETTINGS = TRAIN.model_copy(update={"max_steps": 4, "checkpoints": [2, 4]})


class Killed(BaseException):
    pass


@pytest.fixture(scope="module")
def dropout_folder(tmp_path_factory):
    return str(save_tiny_dropout_base(tmp_path_factory.mktemp("dropout-base")))


@pytest.fixture
def held_up(monkeypatch):
    """Hold up every other row; which ones, is said by what is returned."""
    turn = [0]
    compute, pad = MicroBatches.summed_loss, classifier_passes.pad_rows

    def summed_loss(batches, rows, step):
        time.sleep(HELD_UP * (rows[0].row % 2 == turn[0]))
        return compute(batches, rows, step)

    def pad_rows(classifier, rows):
        time.sleep(HELD_UP * (len(rows[0]) % 2 == turn[0]))
        return pad(classifier, rows)

    monkeypatch.setattr(MicroBatches, "summed_loss", summed_loss)
    monkeypatch.setattr(classifier_passes, "pad_rows", pad_rows)
    for module in (gradients, lanes):  # whatever the machine that tests has
        monkeypatch.setattr(module, "count_lanes", lambda: 2)
    monkeypatch.setattr(gradients, "token_budget", lambda device: 64)  # a micro-batch is a row
    return turn


def adapter(base, folder, **changes):
    train(base, folder, lora=NO_ADAPTER_DROPOUT, **{"train": SETTINGS} | changes)
    return (folder.checkpoint(4) / "adapter_model.safetensors").read_bytes()


@pytest.mark.parametrize("recomputes", [False, True])
def test_a_trial_of_one_seed_has_one_adapter(dropout_folder, tmp_path, held_up, recomputes):
    base = load_base(dropout_folder, dtype="float32", device="cpu")
    settings = SETTINGS.model_copy(update={"gradient_checkpointing": recomputes})
    found = []
    for held_up[0] in (0, 1):
        folder = RunFolder(tmp_path / str(held_up[0])).trial(TRIAL)
        found.append(adapter(base, folder, train=settings))
    assert found[0] == found[1]


def test_a_killed_trial_goes_on_with_the_draws_it_would_have_made(
    dropout_folder, tmp_path, held_up
):
    base = load_base(dropout_folder, dtype="float32", device="cpu")
    whole, killed = (RunFolder(tmp_path / name).trial(TRIAL) for name in ("whole", "killed"))

    def die(row):
        if row.step == 3:
            raise Killed

    expected = adapter(base, whole)
    with pytest.raises(Killed):
        adapter(base, killed, on_step=die)
    held_up[0] = 1
    assert adapter(base, killed) == expected


def test_the_base_does_drop_out(dropout_folder):
    # Else nothing here could fail.
    model = load_base(dropout_folder, dtype="float32", device="cpu").model.train()
    first, second = (model(input_ids=torch.arange(20)[None]).logits for _ in range(2))
    assert not torch.equal(first, second)


def test_a_classifier_of_one_seed_has_one_adapter(dropout_folder, tmp_path, held_up):
    settings = ClassifierTrainSettings(
        num_epochs=1, batch_size=8, max_batch_tokens=100, learning_rate=1e-2, dtype="float32"
    )
    job = ClassifierJob("tiny", locate_base(dropout_folder), 3, NO_ADAPTER_DROPOUT, settings, 0)
    splits, found = (topic_texts("train", 24, 1), topic_texts("validation", 12, 2)), []
    for held_up[0] in (0, 1):
        path = tmp_path / str(held_up[0])
        folder = ClassifierFolder(path / "trial", path / "superseded")
        train_classifier(job, splits, folder, Progress())
        found.append((folder.adapter / "adapter_model.safetensors").read_bytes())
    assert found[0] == found[1]
