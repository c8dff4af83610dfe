"""Device -> padded tokens of a micro-batch; no torch, so that planning can ask too."""

from __future__ import annotations

_CPU_TOKENS = 640
"""Memory traffic decides on a CPU, and small micro-batches are the fastest."""
_GPU_TOKENS = 16384
"""A GPU wants enough work to fill it."""


def token_budget(device: str) -> int:
    """Return the tokens of a micro-batch, padding included, that training begins with."""
    return _GPU_TOKENS if device.split(":", maxsplit=1)[0] == "cuda" else _CPU_TOKENS
