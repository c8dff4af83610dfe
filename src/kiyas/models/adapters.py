"""LoRA settings or a saved adapter, a base -> the base with an adapter on it.

An adapter sits on a copy of the base's modules that shares the base's weights: the copy costs no
memory worth naming, and the base itself stays bare. A base that is spread over processes cannot be
copied and carries its adapter itself. Does not merge and does not train.
"""

from __future__ import annotations

import copy
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kiyas.config.schema import LoraSettings
from kiyas.errors import ModelError, first_line
from kiyas.models.base import Base, quiet_libraries
from kiyas.models.skeleton import check_targets

if TYPE_CHECKING:
    import torch
    from peft import PeftModel
    from transformers import PreTrainedModel


_RELOADED = "reloaded"


def new_adapter(base: Base, lora: LoraSettings, *, seed: int) -> PeftModel:
    """Return the base with a fresh adapter: float32, trainable, its product zero.

    Args:
        base: The base; it stays bare unless it is sharded.
        lora: Rank, scale, dropout and target modules.
        seed: Seed of the initialisation; torch's own generator is left as it was.

    Raises:
        TrainingError: A target module matches no linear layer of the base.
    """
    import torch
    from peft import LoraConfig, TaskType, get_peft_model

    quiet_libraries()
    check_targets(base.name, base.model, lora)
    targets = lora.target_modules
    config = LoraConfig(
        r=lora.rank,
        # Other tools read it as a whole number, which it is in every common study.
        lora_alpha=int(lora.alpha) if lora.alpha == int(lora.alpha) else lora.alpha,
        lora_dropout=lora.dropout,
        target_modules=targets if isinstance(targets, str) else list(targets),
        use_rslora=lora.use_rslora,
        use_dora=lora.use_dora,
        task_type=TaskType.CAUSAL_LM,
    )
    with torch.random.fork_rng(), quiet_peft():
        torch.manual_seed(seed)
        model = get_peft_model(bare_copy(base), config)
    # PEFT writes the folder that transformers loaded from; the study's name means more elsewhere.
    model.peft_config["default"].base_model_name_or_path = base.name
    return model


def save_adapter(model: PeftModel, folder: Path) -> None:
    """Write an adapter in PEFT format; not atomic.

    Raises:
        OSError: The folder cannot be written.
    """
    order_targets(model)
    # PEFT would ask a sharded base for all its weights, for which every process must be there.
    own = {name: weight.data for name, weight in model.named_parameters() if "lora_" in name}
    # PEFT's "auto" would ask the Hub whether the vocabulary has grown; kiyas never resizes it.
    model.save_pretrained(str(folder), state_dict=own, save_embedding_layers=False)


def order_targets(model: PeftModel) -> None:
    """Put the names of the target modules in order, as they are saved.

    PEFT keeps a set, whose order differs by process: the same adapter would have other files.
    """
    for config in model.peft_config.values():
        if isinstance(config.target_modules, set):
            config.target_modules = sorted(config.target_modules)


def load_adapter(base: Base, folder: Path) -> PeftModel:
    """Return the base with a saved adapter on it, in evaluation mode; the base stays bare.

    Raises:
        ModelError: The folder holds no adapter that fits the base.
    """
    import torch
    from peft import PeftModel
    from safetensors import SafetensorError

    quiet_libraries()
    try:
        with torch.random.fork_rng(), quiet_peft():
            model = PeftModel.from_pretrained(bare_copy(base), str(folder), is_trainable=False)
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        raise ModelError(
            "the adapter cannot be loaded",
            where=str(folder),
            received=first_line(error),
            expected=f"adapter_config.json and adapter_model.safetensors for base {base.name}",
        ) from error
    return model.eval()


@contextmanager
def reloaded_adapter(base: Base, model: PeftModel, folder: Path) -> Iterator[PeftModel]:
    """Yield the base with a saved adapter on it, beside the model in training."""
    if not base.is_sharded:
        yield load_adapter(base, folder)
        return
    import torch

    trained = model.active_adapter
    with torch.random.fork_rng(), quiet_peft():
        model.load_adapter(str(folder), _RELOADED)
    model.set_adapter(_RELOADED)
    try:
        yield model
    finally:
        model.set_adapter(trained)
        model.delete_adapter(_RELOADED)


@contextmanager
def bare_model(base: Base, model: PeftModel) -> Iterator[PreTrainedModel]:
    """Yield the base without any adapter, beside the model in training."""
    if not base.is_sharded:
        yield base.model
        return
    with model.disable_adapter():
        yield base.model


def plain_adapter_layers(model: torch.nn.Module) -> Iterator[Any]:
    """Yield the ``peft.tuners.lora.Linear`` layers that compute W x + s B A dropout(x), no more.

    Layers with DoRA, a bias in the adapter or anything else of the kind are left out.
    """
    import torch
    from peft.tuners.lora import Linear

    for module in model.modules():
        if not isinstance(module, Linear) or len(module.active_adapters) != 1:
            continue
        adapter = module.active_adapters[0]
        if (
            type(module.base_layer) is torch.nn.Linear
            and not module.lora_variant
            and not module.fan_in_fan_out
            and not module.merged
            and set(module.lora_A[adapter].state_dict()) == {"weight"}
            and set(module.lora_B[adapter].state_dict()) == {"weight"}
            and isinstance(module.lora_dropout[adapter], torch.nn.Dropout | torch.nn.Identity)
        ):
            yield module


def adapter_dropouts(model: torch.nn.Module) -> Iterator[tuple[Any, str]]:
    """Yield where each adapter keeps its dropout: a dictionary of modules and the key."""
    import torch
    from peft.tuners.lora import LoraLayer

    for module in model.modules():
        if isinstance(module, LoraLayer):
            for name, dropout in module.lora_dropout.items():
                if isinstance(dropout, torch.nn.Dropout):
                    yield module.lora_dropout, name


@contextmanager
def quiet_peft() -> Iterator[None]:
    """Silence what PEFT still calls in transformers, and what it sets for GPT-2's layers by itself.

    Neither is ours to mend, nor the user's.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        warnings.filterwarnings("ignore", message="fan_in_fan_out is set to")
        yield


def bare_copy(base: Base) -> PreTrainedModel:
    """Copy the modules and share every parameter and buffer."""
    if base.is_sharded:
        return base.model
    tensors = chain(base.model.parameters(), base.model.buffers())
    shared: dict[int, Any] = {id(tensor): tensor for tensor in tensors}
    return copy.deepcopy(base.model, shared)
