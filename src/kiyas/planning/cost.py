"""Sizes -> rough time and memory on this machine, and what a test split of some size can detect.

Everything here is an estimate for planning; no result is computed from it.
"""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass

from kiyas.config.schema import LoraSettings, TrainSettings
from kiyas.models import BaseShape, count_lanes
from kiyas.statistics import minimum_detectable_difference
from kiyas.training import token_budget

CHARACTERS_A_TOKEN = 3.3
"""English prose and Python under SmolLM2's tokenizer; measured on the embedded sets."""
TRAINING_EFFICIENCY = 0.86
DECODING_EFFICIENCY = 0.6
"""Share of the float32 matrix speed of NumPy that training and decoding reach on a processor with
bfloat16 units (SmolLM2-135M on two cores)."""
ONE_LANE = 23 / 31
"""Speed of a processor's cores on one micro-batch together, of that on one each: processor seconds
of a step of SmolLM2-135M on two cores."""

FOUR_BIT_BYTES = 0.516
"""Bytes a weight in NF4 with double quantisation: 4.127 bits (Dettmers et al. 2023, section 3)."""
HEAD_ROWS = 128
"""Positions whose logits a CPU holds at a time."""

DISCORDANCES = (0.10, 0.15, 0.20, 0.30)
"""Shares of problems on which two arms disagree, for which the detectable difference is shown."""


@dataclass(frozen=True)
class Detectable:
    """What a comparison of two arms on the test items can see."""

    discordance: float
    """Share of items on which the two arms disagree."""
    alone: float | None
    """Smallest difference detected with 80 % power at the 5 % level, as one comparison."""
    in_family: float | None
    """The same when all planned comparisons share the error rate; None: not reachable."""


def list_detectable(num_items: int, num_comparisons: int, alpha: float) -> tuple[Detectable, ...]:
    """Return the smallest differences that N test items can show.

    Args:
        num_items: N.
        num_comparisons: Size of the declared family.
        alpha: Error rate that the family shares.
    """
    return tuple(
        Detectable(
            share,
            minimum_detectable_difference(num_items, share, alpha),
            minimum_detectable_difference(num_items, share, alpha / max(1, num_comparisons)),
        )
        for share in DISCORDANCES
    )


def find_device() -> str:
    """Return what would train here, without torch: ``cuda`` or ``cpu``."""
    return "cpu" if shutil.which("nvidia-smi") is None else "cuda"


def matrix_speed() -> float | None:
    """Return float32 matrix products of this machine in FLOP/s; None if it has a GPU."""
    if find_device() == "cuda":
        return None
    import numpy as np

    size = 1024
    matrix = np.ones((size, size), dtype=np.float32)
    matrix @ matrix  # the first product starts the threads
    begin = time.perf_counter()
    for _ in range(3):
        matrix @ matrix
    return 3 * 2 * size**3 / (time.perf_counter() - begin)


def training_seconds(shape: BaseShape, num_parameters: int, num_tokens: int, speed: float) -> float:
    """Return the time of training a frozen base with an adapter on a processor.

    A frozen weight costs 2 FLOP a token forward and 2 backward (no weight gradient).

    Args:
        shape: The base.
        num_parameters: Its weights that are used.
        num_tokens: Tokens trained on.
        speed: Float32 matrix products of the machine, in FLOP/s.
    """
    waits = _num_lanes(shape, "cpu") < count_lanes()
    efficiency = TRAINING_EFFICIENCY * (ONE_LANE if waits else 1)
    return 4 * num_parameters * num_tokens / (efficiency * speed)


def _num_lanes(shape: BaseShape, device: str) -> int:
    """Return how many micro-batches are in work at once, as training has it."""
    return 1 if device == "cuda" or shape.has_dropout else count_lanes()


def training_memory(shape: BaseShape, num_trainable: int, num_tokens: int) -> int:
    """Return the bytes that a forward and backward pass needs, the output layer aside.

    Weights in bfloat16; adapter, gradient and two moments in float32; activations: 34 bytes a
    token, layer and hidden unit in 16 bit (Korthikanti et al. 2022, arXiv 2205.05198, equation 1,
    without the attention scores that fused attention never keeps).

    Args:
        shape: The base.
        num_trainable: Weights that are trained.
        num_tokens: Tokens of one pass, padding included.
    """
    weights = 2 * shape.num_parameters + 16 * num_trainable
    return weights + 34 * num_tokens * shape.num_layers * shape.hidden_size


def adapter_training_memory(
    shape: BaseShape, lora: LoraSettings, train: TrainSettings, device: str, row_tokens: int
) -> int:
    """Return the bytes at the peak of training a causal LM, what torch itself takes aside.

    The frozen base (of a sharded one a part and a whole layer), the adapter with its gradient and
    AdamW's two moments in float32, what autograd keeps of the largest micro-batch, and its logits.

    Args:
        shape: The base, a decoder.
        lora: The adapter.
        train: Precision, and what is done to save memory.
        device: ``cpu`` or ``cuda``.
        row_tokens: Tokens of a row; a micro-batch holds at least one.
    """
    on_gpu = device == "cuda"
    # A processor with bfloat16 units needs half: planning asks no torch and counts the larger.
    wide = train.dtype == "float32" or (train.dtype == "auto" and not on_gpu)
    element = 4 if wide else 2
    linear = shape.num_layers * sum(layer.inputs * layer.outputs for layer in shape.block_layers)
    weights = element * shape.num_parameters
    if train.quantization == "4bit":
        weights = round(FOUR_BIT_BYTES * linear) + 4 * (shape.num_parameters - linear)
    if train.shard_base:
        weights = weights // train.num_processes + element * linear // shape.num_layers
    num_lanes = _num_lanes(shape, device)
    tokens = num_lanes * max(token_budget(device), row_tokens)
    a_layer = _kept_a_token(shape, lora, element, 0 if on_gpu else row_tokens)
    kept = shape.num_layers * a_layer
    if train.gradient_checkpointing or train.activation_offload:
        inputs = 0 if train.activation_offload and on_gpu else element * shape.hidden_size
        kept = shape.num_layers * inputs + a_layer
    if on_gpu:
        logits = tokens * shape.vocab_size * (element + 8)  # and in float32, with their gradient
    else:
        logits = 2 * 4 * num_lanes * HEAD_ROWS * shape.vocab_size
    return weights + 16 * (shape.num_trainable(lora) or 0) + tokens * kept + logits


def _kept_a_token(shape: BaseShape, lora: LoraSettings, element: int, attended_tokens: int) -> int:
    """Return the bytes of one block that autograd keeps for a token.

    Two norms keep their input in float32; attention its query, key, value and output, and on a CPU
    the probabilities over ``attended_tokens`` tokens; the gated unit three tensors of its width; an
    adapted layer its input and one byte of dropout mask.
    """
    sizes = {layer.name: layer for layer in shape.block_layers}
    attention = sum(sizes[name].outputs for name in ("q_proj", "k_proj", "v_proj"))
    attention += sizes["o_proj"].inputs + shape.num_heads * attended_tokens
    wide = 3 * sizes["gate_proj"].outputs
    targets = sizes if lora.target_modules == "all-linear" else lora.target_modules
    adapted = sum(sizes[name].inputs for name in targets if name in sizes)
    masks = 1 if lora.dropout else 0
    return 8 * shape.hidden_size + element * (attention + wide) + adapted * (element + masks)
