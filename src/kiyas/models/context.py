"""A model -> how many tokens of a row it has positions for. Does not look at tokenizers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_STRETCHED = ("dynamic", "yarn")
"""Kinds of rotary embedding whose factor lengthens the context that the config names."""


def context_length(model: Any) -> int | None:
    """Return the tokens that a row may have; None where the model sets no limit.

    Args:
        model: A model of transformers.
    """
    config = model.config.get_text_config()
    named = getattr(config, "max_position_embeddings", None)
    limits = [limit for limit in (named, *padded_tables(model)) if limit and limit > 0]
    return _stretch(config, int(min(limits))) if limits else None


def padded_tables(model: Any) -> Iterator[int]:
    """Yield the positions of each table that begins to count after the pad id.

    RoBERTa and its kin do, so that many positions that their config names are never used.
    """
    for module in model.modules():
        positions: Any = getattr(module, "position_embeddings", None)
        if getattr(positions, "padding_idx", None) is not None:
            yield positions.num_embeddings - positions.padding_idx - 1


def _stretch(config: Any, limit: int) -> int:
    rope = getattr(config, "rope_parameters", None) or {}
    lengths = [limit]
    for kind in (rope, *rope.values()):  # one for all layers, or one for each type of layer
        if isinstance(kind, dict) and kind.get("rope_type") in _STRETCHED:
            # Some configs name the length before the factor, some the length after it.
            before = kind.get("original_max_position_embeddings") or limit
            lengths.append(int(before * (kind.get("factor") or 1)))
    return max(lengths)
