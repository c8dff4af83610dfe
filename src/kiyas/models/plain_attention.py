"""Options of an attention layer -> whether it asks for anything beyond softmax(scale · Q Kᵀ) V.

Attention of our own replaces that of transformers only where this says no.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_BEYOND = ("softcap", "s_aux", "position_bias", "cache", "output_attentions")
"""Wishes of some models that change what attention is."""


def asks_for_more(options: Mapping[str, Any]) -> bool:
    """Return whether a layer wants what plain attention is not.

    Args:
        options: What transformers hands to an attention function beside its tensors.
    """
    return bool(options.get("dropout")) or any(options.get(name) is not None for name in _BEYOND)
