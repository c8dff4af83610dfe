"""Model, machine and prompts -> how many rows are decoded together.

Estimates; a batch that turns out too large is halved by the engine.
"""

from __future__ import annotations

import importlib

import torch
from transformers import DynamicCache

from kiyas.models import Base
from kiyas.prediction.slot_cache import layer_states

_MAX_ROWS_CPU = 96
"""Beyond it a CPU gains little per token and the last rows of a queue wait longer."""
_MAX_ROWS_GPU = 512
_MAX_CACHE_BYTES_CPU = 1792 * 1024**2
"""Keeps a run with a small model under 4 GiB, weights and libraries included."""
_SHARE_CPU, _SHARE_GPU = 0.25, 0.6
"""Of the free memory, for keys and values."""


def auto_batch_size(base: Base, row_tokens: int, *, num_batches: int = 1) -> int:
    """Return how many rows of a length fit into each batch.

    Args:
        base: The loaded base.
        row_tokens: Tokens of the longest prompt and answer.
        num_batches: Batches that are decoded side by side.
    """
    row_bytes = _bytes_per_token(base) * row_tokens
    if base.device.startswith("cuda"):
        free, _ = torch.cuda.mem_get_info(base.device)
        budget, limit = free * _SHARE_GPU, _MAX_ROWS_GPU
    else:
        budget, limit = min(_free_memory() * _SHARE_CPU, _MAX_CACHE_BYTES_CPU), _MAX_ROWS_CPU
    return max(1, min(limit, int(budget // row_bytes // num_batches)))


@torch.inference_mode()
def _bytes_per_token(base: Base) -> int:
    """Measure the keys and values of one token; configurations name them in too many ways."""
    states = DynamicCache()
    ids = torch.tensor([[base.pad_token_id]], device=base.device)
    base.model(input_ids=ids, past_key_values=states, use_cache=True)
    return sum(keys.nbytes + values.nbytes for keys, values in layer_states(states))


def _free_memory() -> int:
    # Imported by name, because psutil carries no types.
    free: int = importlib.import_module("psutil").virtual_memory().available
    return free
