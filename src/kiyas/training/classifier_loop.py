"""A classifier and its rows -> epochs: the loop, the checkpoint of the best epoch, the state.

Everything that a kill must not lose is on disk after each epoch. Decides nothing about data and
does not judge what it has learnt beyond the validation figures of each epoch.
"""

from __future__ import annotations

import json
import math
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kiyas.classification_records import EpochRecord, LabelledTexts
from kiyas.config.classification import ClassifierTrainSettings
from kiyas.config.schema import LoraSettings
from kiyas.errors import TrainingError
from kiyas.execution import Progress
from kiyas.models.classifier import Classifier, save_adapter
from kiyas.models.classifier_inputs import (
    EncodedTexts,
    compute_logits,
    encode_texts,
    pad_rows,
    softmax,
)
from kiyas.models.source import BaseSource
from kiyas.run_folder import TrialFolder, write_json, writing
from kiyas.statistics import macro_f1
from kiyas.training.classifier_batches import shuffle_batches, split_batch
from kiyas.training.classifier_history import (
    best_epoch,
    is_out_of_patience,
    read_history,
    write_history,
)

ADAPTER_FOLDER = "adapter"
"""Folder of the kept weights in a trial's folder, in PEFT format."""

PROBE_FILE = "probe.json"
"""Logits of a few validation rows at the best epoch, in the folder of states."""

_VALIDATION_LOGITS = "validation_logits.npy"
_NUM_PROBES = 8

OnEpoch = Callable[[EpochRecord], bool]
"""Is told of each epoch; returns whether training should end there."""


@dataclass(frozen=True)
class ClassifierJob:
    """What to train."""

    name: str
    """What to call it in messages."""
    base: BaseSource
    """Files of the base."""
    num_classes: int
    """C."""
    lora: LoraSettings
    """The adapter."""
    train: ClassifierTrainSettings
    """How to train it."""
    seed: int
    """Seed of data order, head, adapter and dropout."""


class ClassifierLoop:
    """One trial while it trains."""

    def __init__(
        self,
        job: ClassifierJob,
        classifier: Classifier,
        splits: tuple[LabelledTexts, LabelledTexts],
        folder: TrialFolder,
    ) -> None:
        import torch

        self.job, self.classifier, self.folder = job, classifier, folder
        self.labels = tuple(np.array(split.labels, dtype=np.int64) for split in splits)
        self.encoded = tuple(
            encode_texts(classifier, split.texts, job.train.max_seq_len) for split in splits
        )
        self.epochs: list[EpochRecord] = []
        self.logits = np.empty((0, job.num_classes), dtype=np.float32)
        self.parameters = [p for p in classifier.model.parameters() if p.requires_grad]
        self.optimizer = torch.optim.AdamW(
            self.parameters,
            lr=job.train.learning_rate,
            weight_decay=job.train.weight_decay,
            fused=True,
        )
        num_rows = len(self.labels[0])
        self.steps_per_epoch = math.ceil(num_rows / job.train.batch_size)
        self.num_steps = self.steps_per_epoch * job.train.num_epochs
        weights = _class_weights(job, self.labels[0])
        self.weights = torch.tensor(weights, dtype=torch.float32, device=classifier.device)

    def resume(self) -> None:
        """Go back to the last whole epoch on disk, if there is one."""
        import torch

        path = self.folder.resume / "state.pt"
        epochs = read_history(self.folder.history)
        if not path.exists() or not epochs:
            return
        state = torch.load(path, map_location=self.classifier.device, weights_only=True)
        # The state is written before the history: a kill between them repeats that epoch's row.
        self.epochs = [epoch for epoch in epochs if epoch.epoch <= state["epoch"]]
        if len(self.epochs) < state["epoch"]:
            self.epochs.append(EpochRecord(**json.loads(state["record"])))
        with torch.no_grad():
            for parameter, saved in zip(self.parameters, state["parameters"], strict=True):
                parameter.copy_(saved)
        self.optimizer.load_state_dict(state["optimizer"])

    def run(self, progress: Progress, on_epoch: OnEpoch) -> list[EpochRecord]:
        """Train the epochs that are missing; return all of them."""
        import torch

        train = self.job.train
        stopping = train.early_stopping
        done = len(self.epochs)
        title = f"training {self.job.name}"
        total = self.num_steps
        with (
            progress.bar(title, total, done * self.steps_per_epoch) as bar,
            torch.random.fork_rng(devices=[]),
        ):
            for epoch in range(done + 1, train.num_epochs + 1):
                if is_out_of_patience(self.epochs, stopping.metric, stopping.patience):
                    break
                record = self._run_epoch(epoch, bar.advance)
                self._keep(record)
                bar.note(f"validation accuracy {record.val_accuracy:.3f}")
                if on_epoch(record):
                    break
        return self.epochs

    def _run_epoch(self, epoch: int, advance: Callable[[], None]) -> EpochRecord:
        import torch

        torch.manual_seed(derive_seed(self.job.seed, epoch + 1))
        started = time.monotonic()
        self.classifier.model.train()
        loss_sum, num_right, rate = 0.0, 0, 0.0
        batches = shuffle_batches(
            len(self.labels[0]), self.job.train.batch_size, self.job.seed, epoch
        )
        for number, rows in enumerate(batches):
            rate = self._rate((epoch - 1) * self.steps_per_epoch + number)
            loss, right = self._update(rows, rate)
            if not math.isfinite(loss):
                raise TrainingError(
                    "the loss is not finite",
                    where=f"epoch {epoch}, step {number + 1} of {len(batches)}",
                    received=str(loss),
                    next_step="lower train.learning_rate, or set train.dtype: float32",
                )
            loss_sum, num_right = loss_sum + loss, num_right + right
            advance()
        n = len(self.labels[0])
        self.logits = compute_logits(
            self.classifier, self.encoded[1], self.job.train.max_batch_tokens
        )
        val_loss, val_accuracy, val_f1 = _judge(self.logits, self.labels[1])
        return EpochRecord(
            epoch=epoch,
            step=epoch * self.steps_per_epoch,
            train_loss=loss_sum / n,
            val_loss=val_loss,
            train_accuracy=num_right / n,
            val_accuracy=val_accuracy,
            train_f1_micro=num_right / n,
            val_f1_micro=val_accuracy,
            val_f1_macro=val_f1,
            learning_rate=rate,
            seconds=time.monotonic() - started,
        )

    def _update(self, rows: NDArray[np.int64], rate: float) -> tuple[float, int]:
        """Make one optimiser step; return the summed cross entropy of the rows, and hits."""
        import torch
        from torch.nn import functional

        encoded, labels = self.encoded[0], self.labels[0]
        total_weight = self.weights[torch.from_numpy(labels[rows]).to(self.weights.device)].sum()
        loss_sum, num_right = 0.0, 0
        for part in split_batch(rows, encoded.lengths, self.job.train.max_batch_tokens):
            ids, mask = pad_rows(self.classifier, [encoded.ids[row] for row in part])
            targets = torch.from_numpy(labels[part]).to(ids.device)
            with self.classifier.autocast():
                output = self.classifier.model(input_ids=ids, attention_mask=mask)
            logits = output.logits.float()
            # The mean of the whole batch, whatever passes it is split into.
            objective = functional.cross_entropy(
                logits,
                targets,
                weight=self.weights,
                label_smoothing=self.job.train.label_smoothing,
                reduction="sum",
            )
            torch.autograd.backward(objective / total_weight)
            plain = logits.detach()
            loss_sum += float(functional.cross_entropy(plain, targets, reduction="sum"))
            num_right += int((plain.argmax(dim=1) == targets).sum())
        torch.nn.utils.clip_grad_norm_(self.parameters, self.job.train.max_grad_norm)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        return loss_sum, num_right

    def _rate(self, step: int) -> float:
        """Return the learning rate of a 0-based step: warm-up, then the chosen shape."""
        train = self.job.train
        warmup = round(train.warmup_ratio * self.num_steps)
        if step < warmup:
            return train.learning_rate * (step + 1) / warmup
        if train.lr_scheduler == "constant":
            return train.learning_rate
        left = 1 - (step - warmup) / max(1, self.num_steps - warmup)
        if train.lr_scheduler == "cosine":
            left = 0.5 * (1 - math.cos(math.pi * left))
        return train.learning_rate * left

    def probe(self, classifier: Classifier) -> NDArray[np.float32]:
        """Return the logits of a few validation rows."""
        encoded = EncodedTexts(self.encoded[1].ids[:_NUM_PROBES], 0)
        return compute_logits(classifier, encoded, self.job.train.max_batch_tokens)

    def _keep(self, record: EpochRecord) -> None:
        """Put the epoch on disk: its weights if it is the best, the state, then the history."""
        import torch

        self.epochs.append(record)
        if best_epoch(self.epochs, self.job.train.early_stopping.metric) is record:
            _save_whole(self.classifier, self.folder.path / ADAPTER_FOLDER)
            probe = self.probe(self.classifier)
            write_json(self.folder.resume / PROBE_FILE, {"logits": probe.tolist()})
            np.save(self.folder.path / _VALIDATION_LOGITS, self.logits)
        state = {
            "epoch": record.epoch,
            "record": json.dumps(vars(record)),
            "parameters": [parameter.detach() for parameter in self.parameters],
            "optimizer": self.optimizer.state_dict(),
        }
        path = self.folder.resume / "state.pt"
        with writing(path):
            torch.save(state, path.with_suffix(".partial"))
            path.with_suffix(".partial").replace(path)
        write_history(self.folder.history, self.epochs)


def read_validation_probabilities(folder: TrialFolder) -> NDArray[np.float64]:
    """Return (N, C) probabilities that the kept epoch gave the validation rows in training."""
    return softmax(np.load(folder.path / _VALIDATION_LOGITS, allow_pickle=False))


def _save_whole(classifier: Classifier, target: Path) -> None:
    """Replace a folder of weights by new ones; a kill leaves the old or the new."""
    partial = target.with_name(f".{target.name}.partial")
    with writing(target):
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        save_adapter(classifier, partial)
        shutil.rmtree(target, ignore_errors=True)
        partial.replace(target)


def _class_weights(job: ClassifierJob, labels: NDArray[np.int64]) -> list[float]:
    """Return the weight of each class; balanced is N / (C n_c), as scikit-learn has it."""
    weights = job.train.class_weights
    if isinstance(weights, list):
        return list(weights)
    if weights is None:
        return [1.0] * job.num_classes
    counts = np.bincount(labels, minlength=job.num_classes)
    return [float(labels.size / (job.num_classes * max(1, count))) for count in counts]


def _judge(logits: NDArray[np.float32], labels: NDArray[np.int64]) -> tuple[float, float, float]:
    """Return mean cross entropy, accuracy and macro F1."""
    probabilities = softmax(logits)
    picked = probabilities[np.arange(labels.size), labels]
    predicted = logits.argmax(axis=1)
    num_classes = logits.shape[1]
    codes = np.bincount(labels * num_classes + predicted, minlength=num_classes**2)
    confusion = codes.reshape(num_classes, num_classes).astype(np.float64)
    return (
        float(-np.log(np.maximum(picked, 1e-300)).mean()),
        float((predicted == labels).mean()),
        float(macro_f1(confusion)),
    )


def derive_seed(seed: int, purpose: int) -> int:
    """Return a seed of its own for each purpose."""
    return int(np.random.SeedSequence([seed, purpose + 1]).generate_state(1)[0])
