"""Files of a base -> its modules without weights, and whether an adapter fits on them.

Weights are not read, so that a fault of a study that only the modules tell is found in a second and
not after the arms that come first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kiyas.config.schema import LoraSettings
from kiyas.errors import MissingExtraError, TrainingError
from kiyas.models.base import load_faults, quiet_libraries, unloadable
from kiyas.models.source import BaseSource

if TYPE_CHECKING:
    from collections.abc import Collection

    from transformers import PreTrainedModel, PreTrainedTokenizerBase


def load_skeleton(
    source: BaseSource, *, is_classifier: bool = False
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Return the modules of a base, whose tensors have shapes and no numbers, and its tokenizer.

    Args:
        source: What ``locate_base`` returned.
        is_classifier: Whether it is to classify sequences instead of predicting tokens.

    Raises:
        ModelError: The files describe no such model, or hold no tokenizer.
        MissingExtraError: torch and transformers are not installed.
    """
    try:
        import torch
        import transformers
    except ImportError as error:
        raise MissingExtraError("a model", "train") from error

    quiet_libraries()
    kind: Any = (
        transformers.AutoModelForSequenceClassification
        if is_classifier
        else transformers.AutoModelForCausalLM
    )
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(source.path, local_files_only=True)
        config = transformers.AutoConfig.from_pretrained(source.path, local_files_only=True)
        with torch.device("meta"):
            return kind.from_config(config), tokenizer
    except load_faults() as error:
        raise unloadable(source, error, is_classifier=is_classifier) from error


def check_targets(
    name: str, model: PreTrainedModel, lora: LoraSettings, fresh_modules: Collection[str] = ()
) -> None:
    """Refuse an adapter that would sit on nothing.

    Args:
        name: Name of the base in the study file.
        model: Its modules, with weights or without.
        lora: The adapter wanted.
        fresh_modules: Modules that are trained whole and take no adapter, by full name.

    Raises:
        TrainingError: A target module matches no linear layer of the base.
    """
    import torch
    from transformers.pytorch_utils import Conv1D  # GPT-2's linear layers

    if lora.target_modules == "all-linear":
        return
    linear = {
        path.rpartition(".")[2]
        for path, module in model.named_modules()
        if isinstance(module, torch.nn.Linear | Conv1D)
        and not any(f"{path}.".startswith(f"{fresh}.") for fresh in fresh_modules)
    }
    unknown = [target for target in lora.target_modules if target not in linear]
    if unknown:
        raise TrainingError(
            "target modules match no linear layer of the base",
            where=f"base {name}, lora.target_modules",
            received=", ".join(unknown),
            expected=f"some of {', '.join(sorted(linear))}, or all-linear",
        )
