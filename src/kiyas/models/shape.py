"""A base's name -> its sizes, without loading it and without torch.

Reads ``config.json`` of a base that is on this machine; knows the sizes of the embedded model and
of the reference study's base by heart, so that planning works before anything is fetched. Covers
decoders of the Llama family (Llama, Qwen2, Mistral, Qwen3 and those built alike); for others it
says that it does not know.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kiyas.config.schema import LoraSettings
from kiyas.models import embedded

_FAMILY = ("llama", "mistral", "qwen2", "qwen3")
_KNOWN: Mapping[str, Mapping[str, Any]] = {
    embedded.PREFIX + embedded.NAME: {
        "model_type": "llama",
        "hidden_size": 576,
        "intermediate_size": 1536,
        "num_hidden_layers": 30,
        "num_attention_heads": 9,
        "num_key_value_heads": 3,
        "vocab_size": 49152,
        "tie_word_embeddings": True,
    },
    "Qwen/Qwen2.5-Coder-1.5B-Instruct": {
        "model_type": "qwen2",
        "hidden_size": 1536,
        "intermediate_size": 8960,
        "num_hidden_layers": 28,
        "num_attention_heads": 12,
        "num_key_value_heads": 2,
        "vocab_size": 151936,
        "tie_word_embeddings": True,
    },
}


@dataclass(frozen=True)
class BaseShape:
    """Sizes of a decoder."""

    hidden_size: int
    """Width of the residual stream."""
    num_layers: int
    """Decoder blocks."""
    vocab_size: int
    """Tokens in the vocabulary (V)."""
    num_parameters: int
    """All weights, tied ones counted once."""
    linear_layers: Mapping[str, tuple[int, int]]
    """(inputs, outputs) of each linear layer of a block, by name."""

    def num_trainable(self, lora: LoraSettings) -> int | None:
        """Return the weights of an adapter; None if a target module is not known.

        An adapter of rank r on a layer of i inputs and o outputs has r (i + o) weights (Hu et al.
        2021, section 4.1); DoRA adds one magnitude an output.
        """
        targets = lora.target_modules
        names = list(self.linear_layers) if targets == "all-linear" else list(targets)
        if any(name not in self.linear_layers for name in names):
            return None
        sizes = [self.linear_layers[name] for name in names]
        weights = sum(lora.rank * (inputs + outputs) for inputs, outputs in sizes)
        magnitudes = sum(outputs for _, outputs in sizes) if lora.use_dora else 0
        return self.num_layers * (weights + magnitudes)


def read_shape(name: str) -> BaseShape | None:
    """Return the sizes of a base; None if they are not known without fetching it."""
    config = _KNOWN.get(name) or _read_config(name)
    if config is None or config.get("model_type") not in _FAMILY:
        return None
    hidden, inner = config["hidden_size"], config["intermediate_size"]
    heads = config["num_attention_heads"]
    head_size = config.get("head_dim") or hidden // heads
    queries, keys = heads * head_size, (config.get("num_key_value_heads") or heads) * head_size
    linear = {
        "q_proj": (hidden, queries),
        "k_proj": (hidden, keys),
        "v_proj": (hidden, keys),
        "o_proj": (queries, hidden),
        "gate_proj": (hidden, inner),
        "up_proj": (hidden, inner),
        "down_proj": (inner, hidden),
    }
    layers, vocabulary = config["num_hidden_layers"], config["vocab_size"]
    block = sum(inputs * outputs for inputs, outputs in linear.values()) + 2 * hidden
    if config["model_type"] == "qwen2":
        block += queries + 2 * keys  # biases of the three projections
    if config["model_type"] == "qwen3":
        block += 2 * head_size  # norms of queries and keys
    tables = 1 if config.get("tie_word_embeddings") else 2
    total = layers * block + tables * vocabulary * hidden + hidden
    return BaseShape(hidden, layers, vocabulary, total, linear)


def _read_config(name: str) -> dict[str, Any] | None:
    path = Path(name).expanduser() / "config.json"
    if not path.is_file():
        found = _cached_config(name)
        if found is None:
            return None
        path = found
    config: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return config


def _cached_config(name: str) -> Path | None:
    try:
        from huggingface_hub import try_to_load_from_cache
        from huggingface_hub.errors import HFValidationError
    except ImportError:
        return None
    try:
        found = try_to_load_from_cache(name, "config.json")
    except HFValidationError:
        return None
    return Path(found) if isinstance(found, str) else None
