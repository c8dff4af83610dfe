"""One loaded base and an adapter's folder -> the model of that checkpoint, verified.

Adapters are not merged into the base: in bfloat16 a merged weight keeps 8 bits, and the small
update of a short training would be rounded away with the rest.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import PreTrainedModel

from kiyas.errors import ModelError
from kiyas.models import Base, autocast, load_adapter
from kiyas.prediction.adapter_files import refuse_other_base
from kiyas.prediction.adapter_layers import fuse_adapters

_PROBE_TOKENS = 32
"""Tokens of a prompt on which an adapter must show."""


def load_checkpoint(base: Base, adapter: Path, probe_ids: Sequence[int]) -> PreTrainedModel:
    """Return the base with an adapter on it; it shares the base's weights.

    Args:
        base: The loaded base; it stays bare.
        adapter: Folder in PEFT format.
        probe_ids: A prompt on which adapter and base must differ.

    Raises:
        ModelError: The folder is no adapter, belongs to another base, was not loaded whole, or
            changes nothing.
    """
    _check_base_name(base, adapter)
    peft_model = load_adapter(base, adapter)
    _check_weights(peft_model, base, adapter)
    fuse_adapters(peft_model)
    model: PreTrainedModel = peft_model.get_base_model()
    probe = list(probe_ids[:_PROBE_TOKENS])
    if torch.equal(_logits(base, base.model, probe), _logits(base, model, probe)):
        raise ModelError(
            "the adapter changes nothing: the logits are those of the base",
            where=str(adapter),
            expected="other logits on the first prompt",
            next_step="train longer or with a higher learning rate",
        )
    return model


def _check_base_name(base: Base, adapter: Path) -> None:
    """Refuse an adapter that says it belongs to a base of another name."""
    config = adapter / "adapter_config.json"
    try:
        trained_on = json.loads(config.read_text(encoding="utf-8")).get("base_model_name_or_path")
    except (OSError, ValueError, AttributeError) as error:
        raise ModelError(
            f"the adapter's configuration cannot be read ({error})",
            where=str(config),
            expected="a folder in PEFT format",
        ) from error
    refuse_other_base(adapter, trained_on, base.name)


def _check_weights(peft_model: Any, base: Base, adapter: Path) -> None:
    """Compare what is in the model with what is in the file: PEFT only warns of a difference."""
    from peft import get_peft_model_state_dict
    from peft.utils import load_peft_weights

    stored = load_peft_weights(str(adapter), device="cpu")
    # PEFT's "auto" would ask the Hub whether the vocabulary has grown; kiyas never resizes it.
    loaded = get_peft_model_state_dict(peft_model, save_embedding_layers=False)
    wrong = [
        name
        for name in stored.keys() | loaded.keys()
        if name not in stored
        or name not in loaded
        or not torch.equal(loaded[name].cpu(), stored[name].to(loaded[name].dtype))
    ]
    if wrong:
        raise ModelError(
            "the adapter was not loaded whole",
            where=str(adapter),
            received=f"{len(wrong)} tensors missing or different, such as {min(wrong)}",
            expected=f"an adapter of {base.name}",
        )


@torch.inference_mode()
def _logits(base: Base, model: PreTrainedModel, token_ids: list[int]) -> torch.Tensor:
    ids = torch.tensor([token_ids], device=base.device)
    with autocast(base):
        logits: torch.Tensor = model(input_ids=ids, use_cache=False).logits
    return logits
