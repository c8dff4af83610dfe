"""Keys that both trainers inherit from the transformers Trainer -> the study's ``train`` section.

Defaults that are not given are those of each tool, passed in, because the two differ.
"""

from __future__ import annotations

import math
import re
from typing import Any

from kiyas.importing.records import Draft

_SCHEDULERS = {
    "linear": "linear",
    "cosine": "cosine",
    "constant": "constant",
    "constant_with_warmup": "constant",
}
_MAX_CHECKPOINTS = 20
"""More saves than this are for recovery, not for comparison."""


def as_number(value: Any) -> Any:
    """Return ``1e-4`` as a number: YAML 1.1 reads it as text for want of a point."""
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return value
    return value


def map_length(draft: Draft, epochs_key: str, default_epochs: float) -> None:
    """Map how long is trained, how it warms up and what is saved; steps win over epochs."""
    steps, epochs = draft.pop("max_steps"), as_number(draft.pop(epochs_key))
    if isinstance(steps, int) and steps > 0:
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
    if value in _SCHEDULERS:
        draft.pop(key)
        draft.put(key, value, "train.lr_scheduler", _SCHEDULERS[value])
    else:
        draft.leave(key, "kiyas has linear, cosine and constant; linear is written")


def map_precision(draft: Draft) -> None:
    """Map bf16; half precision without it has no counterpart."""
    bf16 = draft.pop("bf16")
    if bf16 is True:
        draft.put("bf16", bf16, "train.dtype", "bfloat16")
    elif bf16 == "auto":
        draft.put("bf16", bf16, "train.dtype", "auto")
    draft.leave("fp16", "kiyas trains in bfloat16 or float32")


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
    text = re.sub(r"[^A-Za-z0-9._-]+", "-", str(value or fallback)).strip("-._")
    draft.study["name"] = (text or "imported")[:80]
    if value is not None:
        draft.put(key, value, "name", draft.study["name"])


def map_targets(draft: Draft, key: str, value: Any, every: bool) -> None:
    """Map which layers get an adapter."""
    if every:
        draft.put(key, value, "lora.target_modules", "all-linear")
        return
    names = [name.strip() for name in value.split(",")] if isinstance(value, str) else list(value)
    draft.put(key, value, "lora.target_modules", names)


def _map_warmup(draft: Draft, steps: int | None) -> None:
    given = draft.pop("warmup_steps")
    if given:
        draft.put("warmup_steps", given, "train.warmup_steps", int(given))
        draft.leave("warmup_ratio", "warmup_steps wins", matters=False)
        return
    ratio = as_number(draft.keys.get("warmup_ratio"))
    if ratio and steps is not None:
        draft.pop("warmup_ratio")
        draft.put("warmup_ratio", ratio, "train.warmup_steps", math.ceil(ratio * steps))
    else:
        draft.leave(
            "warmup_ratio",
            "kiyas counts steps: set train.warmup_steps to this share of the steps that "
            "`kiyas plan` shows",
        )


def _map_saves(draft: Draft, steps: int | None) -> None:
    every = draft.keys.get("save_steps")
    if isinstance(every, int) and every > 0 and steps and steps // every <= _MAX_CHECKPOINTS:
        draft.pop("save_steps")
        # The tools save the last step too, and so does a comparison want it.
        saved = sorted({*range(every, steps + 1, every), steps})
        draft.put("save_steps", every, "train.checkpoints", saved)
        return
    why = "list the steps to test under train.checkpoints; the last one is tested if none is listed"
    for key in ("save_steps", "saves_per_epoch", "save_strategy"):
        draft.leave(key, why, matters=False)
