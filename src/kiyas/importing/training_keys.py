"""Keys that both trainers inherit from the transformers Trainer -> the study's ``train`` section.

Defaults that are not given are those of each tool, passed in, because the two differ.
"""

from __future__ import annotations

import math
from typing import Any

from kiyas.errors import KiyasError
from kiyas.importing.names import clean_name
from kiyas.importing.records import Draft, as_whole

_SCHEDULERS = {
    "linear": "linear",
    "cosine": "cosine",
    "constant": "constant",
    "constant_with_warmup": "constant",
}
_MAX_CHECKPOINTS = 20
"""More saves than this are for recovery, not for comparison."""
_WARMUP_SHARE = (
    "kiyas counts steps: set train.warmup_steps to this share of the steps that `kiyas plan` shows"
)
_EIGHT_BITS = "kiyas keeps the base in four bits, bfloat16 or float32"
_FOUR_BITS = "kiyas takes four bits of bitsandbytes: NF4, its scales quantised once more"


def map_seed(draft: Draft) -> None:
    """Map the seed, which both tools give 42."""
    seed = draft.whole("seed")
    key, seed = ("seed (default)", 42) if seed is None else ("seed", seed)
    draft.put(key, seed, "seeds", [seed])


def map_updates(draft: Draft) -> None:
    """Map what makes one optimiser step; both tools have the same keys and defaults."""
    key = "gradient_accumulation_steps"
    draft.carry_number(key, f"train.{key}", 1, is_whole=True)
    draft.carry_number("weight_decay", "train.weight_decay", 0.0)
    draft.carry_number("max_grad_norm", "train.max_grad_norm", 1.0)


def map_length(draft: Draft, epochs_key: str, default_epochs: float) -> None:
    """Map how long is trained, how it warms up and what is saved; steps win over epochs."""
    steps, epochs = draft.whole("max_steps"), draft.number(epochs_key)
    if steps is not None and steps > 0:
        draft.put("max_steps", steps, "train.max_steps", steps)
    else:
        steps = None
        key = epochs_key if epochs is not None else f"{epochs_key} (default)"
        epochs = default_epochs if epochs is None else epochs
        draft.put(key, epochs, "train.num_epochs", float(epochs))
    _map_warmup(draft, steps)
    _map_saves(draft, steps)


def map_schedule(draft: Draft, key: str, default: str) -> None:
    """Map the shape of the learning rate."""
    value = draft.keys.get(key) or default
    if isinstance(value, str) and value in _SCHEDULERS:
        draft.pop(key)
        draft.put(key, value, "train.lr_scheduler", _SCHEDULERS[value])
    else:
        draft.leave(key, "kiyas has linear, cosine and constant; linear is written")


def map_precision(draft: Draft) -> None:
    """Map bf16; half precision without it has no counterpart."""
    bf16 = draft.pop("bf16")
    if bf16 is True or bf16 == "full":
        draft.put("bf16", bf16, "train.dtype", "bfloat16")
    elif bf16 == "auto":
        draft.put("bf16", bf16, "train.dtype", "auto")
    draft.leave("fp16", "kiyas trains in bfloat16 or float32")


def map_four_bits(draft: Draft, key: str, value: Any) -> None:
    """Map a base that is kept in four bits."""
    draft.put(key, value, "train.quantization", "4bit")
    same = {"quantization_method": "bnb", "quantization_type": "nf4", "double_quantization": True}
    for name, ours in same.items():
        draft.leave(name, _FOUR_BITS, matters=draft.keys.get(name) != ours)


def leave_eight_bits(draft: Draft, key: str) -> None:
    """Note a base in any other number of bits."""
    draft.leave(key, _EIGHT_BITS)


def map_optimiser(draft: Draft, key: str) -> None:
    """Note any optimiser that is not AdamW, the only one of kiyas."""
    value = str(draft.keys.get(key) or "adamw")
    if value.startswith("adamw"):
        plain = value in ("adamw", "adamw_torch", "adamw_torch_fused", "adamw_hf")
        draft.leave(key, "kiyas uses AdamW of torch", matters=not plain)
    else:
        draft.leave(key, "kiyas has AdamW only")


def map_name(draft: Draft, key: str, fallback: str) -> None:
    """Name the study after the folder that the tool writes into."""
    value = draft.pop(key)
    draft.study["name"] = clean_name(str(value or fallback), "imported")
    if value is not None:
        draft.put(key, value, "name", draft.study["name"])


def map_targets(draft: Draft, key: str, value: Any, every: bool) -> None:
    """Map which layers get an adapter."""
    if every or value == "all-linear":
        draft.put(key, value, "lora.target_modules", "all-linear")
        return
    names = [name.strip() for name in value.split(",")] if isinstance(value, str) else value
    if isinstance(names, list) and all(isinstance(name, str) for name in names):
        draft.put(key, value, "lora.target_modules", names)
    else:
        draft.faults.append(
            KiyasError(
                "the value cannot be read",
                where=f"{draft.file}: {key}",
                received=repr(value),
                expected="names of layers, such as [q_proj, v_proj]",
            )
        )


def _map_warmup(draft: Draft, steps: int | None) -> None:
    key, given = "warmup_steps", draft.number("warmup_steps")
    if given:
        draft.leave("warmup_ratio", "warmup_steps wins", matters=False)
    else:
        key, given = "warmup_ratio", draft.number("warmup_ratio")
    if not given:
        return
    # Newer transformers read warmup_steps below 1 as a share, too.
    if key == "warmup_steps" and not 0 < given < 1:
        draft.put(key, given, "train.warmup_steps", int(given))
    elif steps is not None:
        draft.put(key, given, "train.warmup_steps", math.ceil(given * steps))
    else:
        draft.keys[key] = given
        draft.leave(key, _WARMUP_SHARE)


def _map_saves(draft: Draft, steps: int | None) -> None:
    every = as_whole(draft.keys.get("save_steps"))
    if every is not None and every > 0 and steps and steps // every <= _MAX_CHECKPOINTS:
        draft.pop("save_steps")
        # The tools save the last step too, and so does a comparison want it.
        saved = sorted({*range(every, steps + 1, every), steps})
        draft.put("save_steps", every, "train.checkpoints", saved)
        return
    why = "list the steps to test under train.checkpoints; the last one is tested if none is listed"
    for key in ("save_steps", "saves_per_epoch", "save_strategy"):
        draft.leave(key, why, matters=False)
