"""A classifier trial learns, keeps its best epoch, and goes on after a kill to the same result."""

import csv
import shutil

import numpy as np
import pytest
import torch
from tiny_base import save_tiny_base
from tiny_classifiers import save_tiny_encoder, topic_texts

from kiyas.config.classification import ClassifierTrainSettings, EarlyStopping
from kiyas.config.schema import LoraSettings
from kiyas.errors import TrainingError
from kiyas.execution import Progress
from kiyas.models.classifier import load_classifier
from kiyas.models.classifier_adapters import load_adapter
from kiyas.models.classifier_inputs import compute_logits, encode_texts, softmax
from kiyas.models.source import locate_base
from kiyas.run_folder import ClassifierFolder
from kiyas.training.classifier import train_classifier
from kiyas.training.classifier_history import read_history
from kiyas.training.classifier_job import ClassifierJob
from kiyas.training.classifier_state import read_validation_probabilities

TRAIN, VALIDATION = topic_texts("train", 42, 1), topic_texts("validation", 18, 2)
SETTINGS = ClassifierTrainSettings(
    num_epochs=3, batch_size=8, learning_rate=0.01, max_seq_len=64, dtype="float32"
)


@pytest.fixture(scope="module", params=[save_tiny_base, save_tiny_encoder])
def base(request, tmp_path_factory):
    return locate_base(str(request.param(tmp_path_factory.mktemp("base"))))


@pytest.fixture(scope="module")
def decoder(tmp_path_factory):
    return locate_base(str(save_tiny_base(tmp_path_factory.mktemp("decoder"))))


def job(base, dropout=0.0, seed=0, **changes):
    lora = LoraSettings(rank=4, alpha=8, dropout=dropout, target_modules="all-linear")
    return ClassifierJob("tiny", base, 3, lora, SETTINGS.model_copy(update=changes), seed)


def train(path, given, splits=(TRAIN, VALIDATION), **keys):
    folder = ClassifierFolder(path / "trial", path / "superseded")
    return folder, train_classifier(given, splits, folder, Progress(), **keys)


def weights(folder):
    return (folder.adapter / "adapter_model.safetensors").read_bytes()


def test_a_trial_learns_what_can_be_learnt(base, tmp_path):
    folder, trained = train(tmp_path, job(base, num_epochs=4))
    history = read_history(folder.history)
    assert history[-1].train_loss < 0.5 * history[0].train_loss
    assert history[trained.best_epoch - 1].val_accuracy >= 0.9
    assert trained.reload_difference < 1e-4


def test_the_peak_of_memory_is_that_of_a_whole_process(decoder, tmp_path):
    _, trained = train(tmp_path, job(decoder, num_epochs=1))
    assert trained.peak_bytes > 50 * 2**20  # torch alone is resident with more


def test_the_history_has_the_columns_of_the_reference(decoder, tmp_path):
    folder, _ = train(tmp_path, job(decoder))
    with folder.history.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    # Names as in the reference study's notebook.
    wanted = {"train_loss", "val_loss", "train_accuracy", "val_accuracy"}
    assert wanted | {"train_f1_micro", "val_f1_micro"} <= rows[0].keys()
    assert [row["epoch"] for row in rows] == ["1", "2", "3"]


def test_the_kept_weights_predict_what_the_best_epoch_did(base, tmp_path):
    folder, _ = train(tmp_path, job(base))
    fresh = load_classifier(base, 3, dtype="float32", device="cpu", seed=77)
    classifier = load_adapter(fresh, folder.adapter)
    logits = compute_logits(classifier, encode_texts(classifier, VALIDATION.texts, 64), 4096)
    np.testing.assert_allclose(softmax(logits), read_validation_probabilities(folder), atol=1e-5)


def test_how_a_batch_is_split_into_passes_changes_no_update(base, tmp_path):
    losses = []
    for limit in (64, 100_000):
        folder, _ = train(tmp_path / str(limit), job(base, max_batch_tokens=limit, num_epochs=2))
        losses.append([epoch.train_loss for epoch in read_history(folder.history)])
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-3)


class Killed(BaseException):
    pass


def test_a_killed_trial_ends_as_one_that_was_not(decoder, tmp_path):
    # Dropout on: it must go on with the draws of the epoch, not with those of the start.
    given = job(decoder, dropout=0.2)
    whole, _ = train(tmp_path / "whole", given)

    def die(epoch):
        if epoch.epoch == 2:
            raise Killed
        return False

    with pytest.raises(Killed):
        train(tmp_path / "killed", given, on_epoch=die)
    resumed, _ = train(tmp_path / "killed", given)
    assert weights(resumed) == weights(whole)
    curves = [[e.val_loss for e in read_history(f.history)] for f in (whole, resumed)]
    assert curves[0] == curves[1]


@pytest.mark.parametrize("last", [2, 3])
def test_a_kill_between_state_and_history_loses_no_epoch(decoder, tmp_path, last):
    given = job(decoder)
    whole, _ = train(tmp_path / "whole", given)
    path = tmp_path / "killed"

    def die(epoch):
        if epoch.epoch == last:
            raise Killed
        return False

    with pytest.raises(Killed):
        train(path, given, on_epoch=die)
    history = path / "trial" / "history.csv"
    lines = history.read_text(encoding="utf-8").splitlines(keepends=True)
    history.write_text("".join(lines[:last]), encoding="utf-8")
    resumed, _ = train(path, given)
    assert [epoch.epoch for epoch in read_history(resumed.history)] == [1, 2, 3]
    assert weights(resumed) == weights(whole)


def test_the_same_seed_gives_the_same_weights_and_leaves_torch_alone(decoder, tmp_path):
    torch.manual_seed(123)
    before = torch.get_rng_state()
    first, _ = train(tmp_path / "a", job(decoder, num_epochs=1, dropout=0.1))
    assert torch.equal(before, torch.get_rng_state())
    torch.manual_seed(456)
    second, _ = train(tmp_path / "b", job(decoder, num_epochs=1, dropout=0.1))
    other, _ = train(tmp_path / "c", job(decoder, num_epochs=1, dropout=0.1, seed=1))
    assert weights(first) == weights(second)
    assert weights(first) != weights(other)


def test_training_ends_when_patience_does_and_keeps_the_best_epoch(decoder, tmp_path):
    # A rate far too high: after its first epochs nothing gets better.
    stopping = EarlyStopping(metric="loss", patience=1)
    given = job(decoder, learning_rate=0.5, num_epochs=12, early_stopping=stopping)
    folder, trained = train(tmp_path, given)
    history = read_history(folder.history)
    assert trained.stopped_early
    assert len(history) < 12
    assert trained.best_epoch == min(history, key=lambda epoch: epoch.val_loss).epoch
    assert len(history) == trained.best_epoch + 1


def test_class_weights_raise_the_recall_of_a_rare_class(decoder, tmp_path):
    rare = [i for i, label in enumerate(TRAIN.labels) if label < 2 or i < 6]
    few = type(TRAIN)(
        "train", tuple(TRAIN.texts[i] for i in rare), tuple(TRAIN.labels[i] for i in rare)
    )
    shares = []
    for number, given in enumerate((None, [1.0, 1.0, 30.0])):
        path = tmp_path / str(number)
        folder, _ = train(path, job(decoder, num_epochs=1, class_weights=given), (few, VALIDATION))
        shares.append(read_validation_probabilities(folder)[:, 2].mean())
    assert shares[1] > shares[0]


def test_label_smoothing_keeps_probabilities_from_the_edge(decoder, tmp_path):
    largest = []
    for smoothing in (0.0, 0.4):
        folder, _ = train(tmp_path / str(smoothing), job(decoder, label_smoothing=smoothing))
        largest.append(read_validation_probabilities(folder).max(axis=1).mean())
    assert largest[1] < largest[0] - 0.05


def test_weights_that_the_last_update_ruins_are_told_as_a_loss_that_is_not_finite(
    decoder, tmp_path
):
    ruinous = job(decoder, weight_decay=1e38, num_epochs=1, batch_size=100)
    with pytest.raises(TrainingError, match="the loss is not finite") as caught:
        train(tmp_path, ruinous)
    assert caught.value.where == "epoch 1, validation"


def test_a_label_outside_the_classes_is_refused(decoder, tmp_path):
    wrong = type(TRAIN)("train", ("a", "b"), (0, 3))
    with pytest.raises(TrainingError, match="outside the classes"):
        train(tmp_path, job(decoder), (wrong, VALIDATION))


def test_weights_on_disk_that_are_not_those_of_memory_end_the_trial(decoder, tmp_path):
    other, _ = train(tmp_path / "other", job(decoder, num_epochs=1, seed=5))
    folder = ClassifierFolder(tmp_path / "trial", tmp_path / "superseded")

    def swap(epoch):
        shutil.copytree(other.adapter, folder.adapter, dirs_exist_ok=True)
        return True

    with pytest.raises(TrainingError, match="do not predict what those in memory did"):
        train_classifier(job(decoder), (TRAIN, VALIDATION), folder, Progress(), swap)
