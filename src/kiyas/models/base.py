"""Files of a base -> a frozen model with its tokenizer in memory.

Does not run code that comes with a model (``trust_remote_code`` stays off) and does not spread a
model over several devices.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib.util
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from kiyas.errors import MissingExtraError, ModelError, first_line
from kiyas.models.context import context_length
from kiyas.models.source import BaseSource, locate_base
from kiyas.models.wheels import Say

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

Dtype = Literal["float32", "bfloat16"]
"""Precision of the frozen weights."""

_BFLOAT16_INSTRUCTIONS = ("amx_bf16", "avx512_bf16", "bf16")


@dataclass(frozen=True, eq=False)
class Base:
    """A base model in memory: frozen, in evaluation mode, without any adapter."""

    name: str
    """Name in the study file."""
    fingerprint: str
    """What tells these weights from others."""
    model: PreTrainedModel
    """The causal LM; no parameter asks for a gradient. Adapters never touch it."""
    tokenizer: PreTrainedTokenizerBase
    """Its tokenizer."""
    dtype: Dtype
    """Precision of the weights."""
    device: str
    """Where the weights are, such as ``cpu`` or ``cuda``."""
    is_sharded: bool = False
    """Whether each process of a trial holds a part of every layer; adapters then go on the very
    model, and all processes must call it as often."""

    @property
    def pad_token_id(self) -> int:
        """Return an id to fill rows with; masks, never this id, say what is padding."""
        for token in (self.tokenizer.pad_token_id, self.tokenizer.eos_token_id):
            if isinstance(token, int):
                return token
        return 0

    @property
    def context_tokens(self) -> int | None:
        """Return the tokens that a row may have; None if the base sets no limit."""
        return context_length(self.model)


def load_base(
    source: BaseSource | str,
    *,
    dtype: Literal["auto", "float32", "bfloat16"] = "auto",
    device: str | None = None,
    quantization: Literal["4bit"] | None = None,
    num_shards: int = 1,
    say: Say = lambda _: None,
) -> Base:
    """Load a base into memory.

    Args:
        source: What ``locate_base`` returned, or a name for it.
        dtype: Precision of the weights; ``auto`` asks the processor.
        device: Where to put them; a GPU if there is one, else the CPU.
        quantization: 4bit keeps the linear layers in four bits, for training only (Dettmers et al.
            2023, "QLoRA", section 3).
        num_shards: Processes that hold a part of every layer each, this one among them; torch's
            variables of the environment say which it is.
        say: Is told what is fetched, if something is.

    Raises:
        ModelError: The files are no causal LM with a tokenizer, weights are missing, or four bits
            are wanted without a GPU of NVIDIA.
        MissingExtraError: torch and transformers are not installed, or bitsandbytes for four bits.
    """
    try:
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer
    except ImportError as error:
        raise MissingExtraError("a model", "train") from error

    if isinstance(source, str):
        source = locate_base(source, say=say)
    quiet_libraries()
    _give_back_memory()
    device = device or default_device()
    chosen: Dtype = choose_dtype(device) if dtype == "auto" else dtype
    placing = _in_shards(num_shards) if num_shards > 1 else {}
    if quantization is not None:
        placing = _in_four_bits(device, chosen)
    try:
        tokenizer = AutoTokenizer.from_pretrained(source.path, local_files_only=True)
        load: Any = AutoModelForCausalLM.from_pretrained
        model, info = load(
            source.path,
            dtype=getattr(torch, chosen),
            local_files_only=True,
            output_loading_info=True,
            **placing,
        )
    except load_faults() as error:
        raise unloadable(source, error) from error
    _check_complete(source, sorted(info["missing_keys"]))
    model.requires_grad_(False)
    if quantization is not None:
        from peft import prepare_model_for_kbit_training

        model = prepare_model_for_kbit_training(model, use_gradient_checkpointing=False)
    elif not placing:  # else it is already where it belongs, and cannot be moved
        model.to(device)
    model.eval()
    is_sharded = num_shards > 1
    return Base(source.name, source.fingerprint, model, tokenizer, chosen, device, is_sharded)


def load_faults() -> tuple[type[Exception], ...]:
    """Return what transformers raises for files that it cannot load."""
    from safetensors import SafetensorError

    return OSError, ValueError, KeyError, ImportError, RuntimeError, SafetensorError


def unloadable(source: BaseSource, error: Exception, *, is_classifier: bool = False) -> ModelError:
    """Return what to tell of a base that transformers cannot load as what a study wants of it."""
    return ModelError(
        "cannot be loaded as a sequence classifier"
        if is_classifier
        else "cannot be loaded as a causal language model",
        where=f"base {source.name}",
        received=first_line(error),
        expected="a model of transformers that has a sequence-classification class, with its "
        "tokenizer and safetensors weights"
        if is_classifier
        else "a causal LM of transformers with its tokenizer and safetensors weights",
    )


def _in_shards(num_shards: int) -> dict[str, Any]:
    """Return how transformers loads this process's part of a base, and no more of it."""
    from transformers.distributed.configuration_utils import DistributedConfig

    return {"distributed_config": DistributedConfig(fsdp_size=num_shards)}


def _in_four_bits(device: str, dtype: Dtype) -> dict[str, Any]:
    """Return how transformers loads a base in four bits."""
    check_four_bits(device)
    import torch
    from transformers import BitsAndBytesConfig

    settings = BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=getattr(torch, dtype),
    )
    return {"quantization_config": settings, "device_map": {"": device}}


def default_device() -> str:
    """Return where a base goes if nothing else is said: the GPU if there is one, else the CPU."""
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def check_four_bits(device: str) -> None:
    """Refuse four bits where they cannot be had.

    Raises:
        ModelError: The device is no GPU of NVIDIA.
        MissingExtraError: bitsandbytes is not installed.
    """
    if not device.startswith("cuda"):
        raise ModelError(
            "four bits need a GPU of NVIDIA, and torch sees none",
            where="train.quantization",
            received=f"4bit on device {device}",
            expected="a CUDA GPU",
            next_step="take train.quantization away, or run the study where there is a GPU",
        )
    if importlib.util.find_spec("bitsandbytes") is None:
        raise MissingExtraError("a base in four bits", "qlora")


def choose_dtype(device: str = "cpu") -> Dtype:
    """Return bfloat16 where the processor multiplies it in hardware, else float32.

    The answer depends on the processor alone and not on a timing, so that a run on the same machine
    always has the same numbers.
    """
    import torch

    if device.startswith("cuda"):
        return "bfloat16" if torch.cuda.is_bf16_supported() else "float32"
    able = torch.cpu.get_capabilities() if device == "cpu" else {}
    return "bfloat16" if any(able.get(name) for name in _BFLOAT16_INSTRUCTIONS) else "float32"


def autocast(base: Base) -> torch.autocast:
    """Return the context in which a base with an adapter is called.

    Adapters stay float32 on a bfloat16 base; autocast multiplies both in bfloat16.
    """
    import torch

    kind = base.device.split(":")[0]
    return torch.autocast(kind, dtype=torch.bfloat16, enabled=base.dtype == "bfloat16")


def quiet_libraries() -> None:
    """Keep the bars and advice of transformers and PEFT out of our own output; errors stay."""
    from transformers.utils import logging as transformers_logging

    settings: Any = transformers_logging
    settings.disable_progress_bar()
    settings.set_verbosity_error()
    for name in ("accelerate", "huggingface_hub", "peft"):
        logging.getLogger(name).setLevel(logging.ERROR)


def _give_back_memory() -> None:
    """Return to the system what an earlier stage has freed; glibc keeps it for itself otherwise.

    A study trains and then decodes in one process, and the two peaks must not add up.
    """
    gc.collect()
    with contextlib.suppress(OSError, AttributeError):  # another C library
        ctypes.CDLL("libc.so.6").malloc_trim(0)


def _check_complete(source: BaseSource, missing: list[str]) -> None:
    if missing:
        raise ModelError(
            f"{len(missing)} weights are not in the files and would be random",
            where=f"base {source.name}",
            received=", ".join(missing[:4]) + (", ..." if len(missing) > 4 else ""),
            expected="the weights of a whole causal language model",
        )
