"""A classifier -> the same with a LoRA adapter on it: fresh, saved, loaded or merged.

Whatever the base's files did not hold is trained and saved whole beside the adapter, by whatever
name (``Classifier.fresh_modules``). Does not train.
"""

from __future__ import annotations

import dataclasses
import math
import re
from pathlib import Path
from typing import Any

from kiyas.config.schema import LoraSettings
from kiyas.errors import ModelError, first_line
from kiyas.models.adapters import order_targets, quiet_peft
from kiyas.models.classifier import Classifier
from kiyas.models.skeleton import check_targets


def add_adapter(classifier: Classifier, lora: LoraSettings, *, seed: int) -> Classifier:
    """Put a fresh LoRA adapter on a classifier; adapter and fresh modules become trainable.

    The classifier given is used up: the adapter sits on its modules.

    Raises:
        TrainingError: A target module matches no linear layer of the base.
    """
    import torch
    from peft import LoraConfig, TaskType, get_peft_model

    check_targets(classifier.name, classifier.model, lora, classifier.fresh_modules)
    targets = lora.target_modules
    config = LoraConfig(
        r=lora.rank,
        lora_alpha=lora.alpha,
        lora_dropout=lora.dropout,
        target_modules=targets if isinstance(targets, str) else list(targets),
        exclude_modules=_exactly(classifier.fresh_modules),
        modules_to_save=list(classifier.fresh_modules),
        use_rslora=lora.use_rslora,
        use_dora=lora.use_dora,
        task_type=TaskType.SEQ_CLS,
    )
    with torch.random.fork_rng(devices=[]), quiet_peft():
        torch.manual_seed(seed)
        model = get_peft_model(classifier.model, config)
    model.peft_config["default"].base_model_name_or_path = classifier.name
    _leave_casting_to_autocast(classifier, model)
    return dataclasses.replace(classifier, model=model)


def save_adapter(classifier: Classifier, folder: Path) -> None:
    """Write adapter and fresh modules in PEFT format; not atomic.

    Raises:
        OSError: The folder cannot be written.
    """
    order_targets(classifier.model)
    classifier.model.save_pretrained(str(folder), save_embedding_layers=False)


def load_adapter(classifier: Classifier, folder: Path) -> Classifier:
    """Put a saved adapter on a freshly loaded classifier, in evaluation mode.

    Raises:
        ModelError: The folder holds no adapter that fits, or lacks a fresh module.
    """
    import torch
    from peft import PeftModel
    from safetensors import SafetensorError

    try:
        with torch.random.fork_rng(devices=[]), quiet_peft():
            model = PeftModel.from_pretrained(classifier.model, str(folder), is_trainable=False)
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        raise ModelError(
            "the adapter cannot be loaded",
            where=str(folder),
            received=first_line(error),
            expected=f"an adapter of a classifier on {classifier.name} with "
            f"{classifier.num_classes} classes",
        ) from error
    saved = set(model.peft_config["default"].modules_to_save or ())
    lacking = sorted(set(classifier.fresh_modules) - saved)
    if lacking:
        raise ModelError(
            "the adapter lacks layers that the base does not hold; they would be random",
            where=str(folder),
            received=f"saved: {', '.join(sorted(saved)) or 'none'}",
            expected=", ".join(classifier.fresh_modules),
        )
    _leave_casting_to_autocast(classifier, model)
    return dataclasses.replace(classifier, model=model.eval())


def merge_adapter(classifier: Classifier) -> Classifier:
    """Return the classifier with its adapter merged into the weights; the given one is used up."""
    return dataclasses.replace(classifier, model=classifier.model.merge_and_unload().eval())


def count_trainable(classifier: Classifier) -> int:
    """Return how many weights are trained."""
    return sum(math.prod(p.shape) for p in classifier.model.parameters() if p.requires_grad)


def _leave_casting_to_autocast(classifier: Classifier, model: Any) -> None:
    """Keep PEFT from copying every input to float32, which autocast would only undo."""
    from peft.tuners.tuners_utils import BaseTunerLayer

    if classifier.dtype != "bfloat16":
        return
    for module in model.modules():
        if isinstance(module, BaseTunerLayer):
            module.cast_input_dtype_enabled = False


def _exactly(names: tuple[str, ...]) -> str:
    """Return a pattern that matches these modules and what is inside them."""
    return "|".join(rf"(.*\.)?{re.escape(name)}(\..*)?" for name in names)
