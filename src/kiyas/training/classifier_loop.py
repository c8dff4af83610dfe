"""A classifier and its rows -> epochs: updates, validation figures, what is kept of each.

Everything that a kill must not lose is on disk after each epoch (``classifier_state``). Decides
nothing about data and does not judge what it has learnt beyond the figures of each epoch.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from kiyas.errors import TrainingError
from kiyas.execution import Progress
from kiyas.models.classifier import Classifier
from kiyas.models.classifier_inputs import (
    EncodedTexts,
    compute_logits,
    encode_texts,
    softmax,
)
from kiyas.records.classification import EpochRecord, LabelledTexts
from kiyas.run_folder import ClassifierFolder
from kiyas.statistics import macro_f1
from kiyas.training.classifier_batches import shuffle_batches
from kiyas.training.classifier_history import best_epoch, is_out_of_patience, write_history
from kiyas.training.classifier_job import (
    ClassifierJob,
    OnEpoch,
    derive_seed,
    learning_rate_at,
)
from kiyas.training.classifier_passes import ClassifierPasses
from kiyas.training.classifier_state import keep_state, keep_weights, restore_state

_NUM_PROBES = 8


class ClassifierLoop:
    """One trial while it trains."""

    def __init__(
        self,
        job: ClassifierJob,
        classifier: Classifier,
        splits: tuple[LabelledTexts, LabelledTexts],
        folder: ClassifierFolder,
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
        self.passes = ClassifierPasses(job, classifier, self.encoded[0], self.labels[0])

    def resume(self) -> None:
        """Go back to the last whole epoch on disk, if there is one."""
        self.epochs = restore_state(self.folder, self.parameters, self.optimizer)

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
            step = (epoch - 1) * self.steps_per_epoch + number
            rate = learning_rate_at(self.job.train, step, self.num_steps)
            loss, right = self._update(rows, rate, step)
            _check_finite(loss, f"epoch {epoch}, step {number + 1} of {len(batches)}")
            loss_sum, num_right = loss_sum + loss, num_right + right
            advance()
        n = len(self.labels[0])
        self.logits = compute_logits(
            self.classifier, self.encoded[1], self.job.train.max_batch_tokens
        )
        _check_finite(float(np.abs(self.logits).max()), f"epoch {epoch}, validation")
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

    def _update(self, rows: NDArray[np.int64], rate: float, step: int) -> tuple[float, int]:
        """Make one optimiser step; return the summed cross entropy of the rows, and hits."""
        import torch

        batch = self.passes.add_up(rows, self.parameters, step)
        for parameter, gradient in zip(self.parameters, batch.tensors, strict=True):
            parameter.grad = gradient
        torch.nn.utils.clip_grad_norm_(self.parameters, self.job.train.max_grad_norm)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        return batch.loss, batch.num_right

    def close(self) -> None:
        """End the threads that training used."""
        self.passes.close()

    def probe(self, classifier: Classifier) -> NDArray[np.float32]:
        """Return the logits of a few validation rows."""
        encoded = EncodedTexts(self.encoded[1].ids[:_NUM_PROBES], 0)
        return compute_logits(classifier, encoded, self.job.train.max_batch_tokens)

    def _keep(self, record: EpochRecord) -> None:
        """Put the epoch on disk: its weights if it is the best, the state, then the history."""
        self.epochs.append(record)
        if best_epoch(self.epochs, self.job.train.early_stopping.metric) is record:
            keep_weights(self.classifier, self.folder, self.probe(self.classifier), self.logits)
        keep_state(self.folder, record, self.parameters, self.optimizer)
        write_history(self.folder.history, self.epochs)


def _check_finite(value: float, where: str) -> None:
    """Refuse to go on with weights that no update can bring back.

    Raises:
        TrainingError: The value is not a finite number.
    """
    if not math.isfinite(value):
        raise TrainingError(
            "the loss is not finite",
            where=where,
            received=str(value),
            next_step="lower train.learning_rate, or set train.dtype: float32",
        )


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
