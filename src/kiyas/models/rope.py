"""A model's config -> how long rows may be before their length changes what others compute.

Two kinds of rotary embedding in transformers choose frequencies by the longest row of a call, for
all its rows, and keep them in the model, where other threads read them.
"""

from __future__ import annotations

from typing import Any


def rope_limit(config: Any) -> int | None:
    """Return the tokens up to which a row leaves the frequencies of others alone; None if always.

    Args:
        config: Of a model of transformers.
    """
    text = config.get_text_config()
    rope = getattr(text, "rope_parameters", None) or {}
    limits = []
    for kind in (rope, *rope.values()):  # one for all layers, or one for each type of layer
        rope_type = kind.get("rope_type") if isinstance(kind, dict) else None
        if rope_type == "longrope":
            limits.append(int(kind["original_max_position_embeddings"]))
        elif rope_type == "dynamic":
            limits.append(int(text.max_position_embeddings))
    return min(limits, default=None)
