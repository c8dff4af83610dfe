"""A classifier while it trains <-> its folder: the kept weights, and the state to resume from.

A kill at any moment leaves the old weights or the new ones, and a state of some whole epoch.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from kiyas.models.classifier import Classifier
from kiyas.models.classifier_adapters import save_adapter
from kiyas.models.classifier_inputs import softmax
from kiyas.records.classification import EpochRecord
from kiyas.run_folder import ClassifierFolder, write_json, writing
from kiyas.training.classifier_history import read_history, write_history

if TYPE_CHECKING:
    import torch


def keep_weights(
    classifier: Classifier,
    folder: ClassifierFolder,
    probe: NDArray[np.float32],
    validation_logits: NDArray[np.float32],
) -> None:
    """Keep the weights of the best epoch so far, and what they say.

    Args:
        classifier: The classifier after the epoch.
        folder: Its folder.
        probe: Logits of a few rows, to compare the reloaded weights with.
        validation_logits: (N, C) logits of the validation rows.
    """
    _save_whole(classifier, folder.adapter)
    write_json(folder.probe, {"logits": probe.tolist()})
    with writing(folder.validation_logits):
        np.save(folder.validation_logits, validation_logits)


def keep_state(
    folder: ClassifierFolder,
    record: EpochRecord,
    parameters: Sequence[torch.nn.Parameter],
    optimizer: torch.optim.Optimizer,
) -> None:
    """Write the state after an epoch, whole or not at all."""
    import torch

    state = {
        "epoch": record.epoch,
        "record": json.dumps(vars(record)),
        "parameters": [parameter.detach() for parameter in parameters],
        "optimizer": optimizer.state_dict(),
    }
    partial = folder.training_state.with_suffix(".partial")
    with writing(folder.training_state):
        torch.save(state, partial)
        partial.replace(folder.training_state)


def restore_state(
    folder: ClassifierFolder,
    parameters: Sequence[torch.nn.Parameter],
    optimizer: torch.optim.Optimizer,
) -> list[EpochRecord]:
    """Put the newest state into parameters and optimiser; return the epochs that are done."""
    import torch

    if not folder.training_state.exists():
        return []
    state = torch.load(folder.training_state, map_location=parameters[0].device, weights_only=True)
    # The state is written before the history: a kill between them repeats that epoch's row.
    epochs = [epoch for epoch in read_history(folder.history) if epoch.epoch <= state["epoch"]]
    if len(epochs) < state["epoch"]:
        epochs.append(EpochRecord(**json.loads(state["record"])))
        write_history(folder.history, epochs)
    with torch.no_grad():
        for parameter, saved in zip(parameters, state["parameters"], strict=True):
            parameter.copy_(saved)
    optimizer.load_state_dict(state["optimizer"])
    return epochs


def read_probe(folder: ClassifierFolder) -> NDArray[np.float64]:
    """Return the logits that the kept weights gave a few rows in training."""
    return np.array(json.loads(folder.probe.read_text(encoding="utf-8"))["logits"])


def read_validation_probabilities(folder: ClassifierFolder) -> NDArray[np.float64]:
    """Return (N, C) probabilities that the kept epoch gave the validation rows in training."""
    return softmax(np.load(folder.validation_logits, allow_pickle=False))


def _save_whole(classifier: Classifier, target: Path) -> None:
    """Replace a folder of weights by new ones; a kill leaves the old or the new."""
    partial = target.with_name(f".{target.name}.partial")
    with writing(target):
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        save_adapter(classifier, partial)
        shutil.rmtree(target, ignore_errors=True)
        partial.replace(target)
