"""Sizes -> rough time and memory on this machine, and what a test split of some size can detect.

Everything here is an estimate for planning; no result is computed from it.
"""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass

from kiyas.models import BaseShape
from kiyas.statistics import minimum_detectable_difference

CHARACTERS_A_TOKEN = 3.3
"""English prose and Python under SmolLM2's tokenizer; measured on the embedded sets."""
TRAINING_EFFICIENCY = 0.86
DECODING_EFFICIENCY = 0.6
"""Share of the float32 matrix speed of NumPy that training and decoding reach on a processor with
bfloat16 units (SmolLM2-135M on two cores)."""

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


def matrix_speed() -> float | None:
    """Return float32 matrix products of this machine in FLOP/s; None if it has a GPU."""
    if shutil.which("nvidia-smi") is not None:
        return None
    import numpy as np

    size = 1024
    matrix = np.ones((size, size), dtype=np.float32)
    matrix @ matrix  # the first product starts the threads
    begin = time.perf_counter()
    for _ in range(3):
        matrix @ matrix
    return 3 * 2 * size**3 / (time.perf_counter() - begin)


def training_seconds(num_parameters: int, num_tokens: int, speed: float) -> float:
    """Return the time of training a frozen base with an adapter.

    A frozen weight costs 2 FLOP a token forward and 2 backward (no weight gradient).

    Args:
        num_parameters: Weights of the base.
        num_tokens: Tokens trained on.
        speed: Float32 matrix products of the machine, in FLOP/s.
    """
    return 4 * num_parameters * num_tokens / (TRAINING_EFFICIENCY * speed)


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
