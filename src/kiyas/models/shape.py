"""A base's name -> its sizes, without loading it and without torch.

Reads ``config.json`` of a base that is on this machine; knows the sizes of the embedded models and
of the reference studies' bases by heart, so that planning works before anything is fetched. Covers
decoders of the Llama family (Llama, Qwen2, Mistral, Qwen3 and those built alike) and BERT; for
others it says that it does not know.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kiyas.config.schema import LoraSettings
from kiyas.errors import ModelError
from kiyas.models import embedded
from kiyas.paths import expand_home

_FAMILY = ("llama", "mistral", "qwen2", "qwen3")
_KNOWN: Mapping[str, Mapping[str, Any]] = {
    embedded.DECODER: {
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
    embedded.ENCODER: {
        "model_type": "bert",
        "hidden_size": 384,
        "intermediate_size": 1536,
        "num_hidden_layers": 6,
        "vocab_size": 30522,
        "max_position_embeddings": 512,
        "type_vocab_size": 2,
    },
    "Qwen/Qwen2.5-Math-7B": {
        "model_type": "qwen2",
        "hidden_size": 3584,
        "intermediate_size": 18944,
        "num_hidden_layers": 28,
        "num_attention_heads": 28,
        "num_key_value_heads": 4,
        "vocab_size": 152064,
        "tie_word_embeddings": False,
    },
    "mistralai/Mistral-7B-v0.3": {
        "model_type": "mistral",
        "hidden_size": 4096,
        "intermediate_size": 14336,
        "num_hidden_layers": 32,
        "num_attention_heads": 32,
        "num_key_value_heads": 8,
        "vocab_size": 32768,
        "tie_word_embeddings": False,
    },
}


@dataclass(frozen=True)
class LinearLayer:
    """A linear layer that an adapter can sit on."""

    name: str
    """Last part of its name."""
    inputs: int
    """Width that goes in."""
    outputs: int
    """Width that comes out."""


@dataclass(frozen=True)
class BaseShape:
    """Sizes of a base."""

    hidden_size: int
    """Width of the residual stream."""
    num_layers: int
    """Blocks."""
    vocab_size: int
    """Tokens in the vocabulary (V)."""
    num_parameters: int
    """All weights in the files, tied ones counted once."""
    output_parameters: int
    """Those of them that predict tokens alone; a classifier does without."""
    block_layers: tuple[LinearLayer, ...]
    """Linear layers of one block."""
    outer_layers: tuple[LinearLayer, ...] = ()
    """Linear layers outside the blocks."""
    num_heads: int = 0
    """Attention heads of a decoder; 0 for an encoder."""
    has_head_bias: bool = False
    """Whether the head of a classifier has a bias."""
    has_dropout: bool = False
    """Whether it drops out by itself, and so draws from torch's own generator in training."""

    def num_trainable(self, lora: LoraSettings) -> int | None:
        """Return the weights of an adapter; None if a target module is not known.

        An adapter of rank r on a layer of i inputs and o outputs has r (i + o) weights (Hu et al.
        2021, section 4.1); DoRA adds one magnitude an output.
        """
        targets = lora.target_modules
        layers = (*self.block_layers * self.num_layers, *self.outer_layers)
        known = {layer.name for layer in layers}
        names = known if targets == "all-linear" else set(targets)
        if not names <= known:
            return None
        chosen = [layer for layer in layers if layer.name in names]
        weights = sum(lora.rank * (layer.inputs + layer.outputs) for layer in chosen)
        return weights + (sum(layer.outputs for layer in chosen) if lora.use_dora else 0)

    def head_parameters(self, num_classes: int) -> int:
        """Return the weights of the head that a classifier of C classes gets."""
        return num_classes * (self.hidden_size + int(self.has_head_bias))


def read_shape(name: str) -> BaseShape | None:
    """Return the sizes of a base; None if they are not known without fetching it.

    Raises:
        ModelError: The base is on this machine, and its ``config.json`` is broken.
    """
    if name in _KNOWN:
        return _shape_of(_KNOWN[name])
    path = _find_config(name)
    if path is None:
        return None
    try:
        return _shape_of(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, RecursionError, KeyError, TypeError, ArithmeticError) as error:
        raise ModelError(
            "the sizes of the base cannot be read",
            where=str(path),
            received=f"{type(error).__name__}: {error}",
            expected="a config.json as transformers writes it",
            next_step="copy the model's folder anew, or name another base",
        ) from error


def _shape_of(config: Mapping[str, Any]) -> BaseShape | None:
    if not isinstance(config, dict):
        raise TypeError("not an object")
    if config.get("model_type") == "bert":
        return _encoder_shape(config)
    return _decoder_shape(config) if config.get("model_type") in _FAMILY else None


def _decoder_shape(config: Mapping[str, Any]) -> BaseShape:
    hidden, inner = config["hidden_size"], config["intermediate_size"]
    heads = config["num_attention_heads"]
    head_size = config.get("head_dim") or hidden // heads
    queries, keys = heads * head_size, (config.get("num_key_value_heads") or heads) * head_size
    linear = (
        LinearLayer("q_proj", hidden, queries),
        LinearLayer("k_proj", hidden, keys),
        LinearLayer("v_proj", hidden, keys),
        LinearLayer("o_proj", queries, hidden),
        LinearLayer("gate_proj", hidden, inner),
        LinearLayer("up_proj", hidden, inner),
        LinearLayer("down_proj", inner, hidden),
    )
    layers, vocabulary = config["num_hidden_layers"], config["vocab_size"]
    block = sum(layer.inputs * layer.outputs for layer in linear) + 2 * hidden
    if config["model_type"] == "qwen2":
        block += queries + 2 * keys  # biases of the three projections
    if config["model_type"] == "qwen3":
        block += 2 * head_size  # norms of queries and keys
    table = vocabulary * hidden
    output = 0 if config.get("tie_word_embeddings") else table
    total = layers * block + table + output + hidden
    return BaseShape(
        hidden_size=hidden,
        num_layers=layers,
        vocab_size=vocabulary,
        num_parameters=total,
        output_parameters=output,
        block_layers=linear,
        num_heads=heads,
        has_dropout=bool(config.get("attention_dropout")),
    )


def _encoder_shape(config: Mapping[str, Any]) -> BaseShape:
    hidden, inner = config["hidden_size"], config["intermediate_size"]
    linear = (
        LinearLayer("query", hidden, hidden),
        LinearLayer("key", hidden, hidden),
        LinearLayer("value", hidden, hidden),
        LinearLayer("dense", hidden, hidden),
        LinearLayer("dense", hidden, inner),
        LinearLayer("dense", inner, hidden),
    )
    pooler = LinearLayer("dense", hidden, hidden)
    norm = 2 * hidden
    block = sum(layer.inputs * layer.outputs + layer.outputs for layer in linear) + 2 * norm
    rows = config["vocab_size"] + config["max_position_embeddings"] + config["type_vocab_size"]
    total = rows * hidden + norm + config["num_hidden_layers"] * block + hidden * hidden + hidden
    return BaseShape(
        hidden_size=hidden,
        num_layers=config["num_hidden_layers"],
        vocab_size=config["vocab_size"],
        num_parameters=total,
        output_parameters=0,
        block_layers=linear,
        outer_layers=(pooler,),
        has_head_bias=True,
        has_dropout=any(_encoder_dropouts(config)),
    )


def _encoder_dropouts(config: Mapping[str, Any]) -> tuple[float, float, float]:
    """Return the shares of BERT's dropout: hidden states, attention, classifier; 0.1 if unsaid."""
    hidden = config.get("hidden_dropout_prob", 0.1)
    head = config.get("classifier_dropout")
    attention = config.get("attention_probs_dropout_prob", 0.1)
    return hidden, attention, hidden if head is None else head


def _find_config(name: str) -> Path | None:
    path = expand_home(name, kind=ModelError) / "config.json"
    return path if path.is_file() else _cached_config(name)


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
