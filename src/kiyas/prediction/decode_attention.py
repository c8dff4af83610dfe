"""Attention of one new token a row: query heads that share a key head go in as if they were tokens.

torch's kernel for a CPU multiplies matrices of one row, which has no fast path in bfloat16: on a
processor with AVX-512 it takes five times as long as with three rows, and most of a decoding step.
The heads of a group look at the same keys under the same mask: nothing but rounding changes.
Everything else, the prefill among it, is left to transformers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface, AttentionMaskInterface, PreTrainedModel
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

from kiyas.models.plain_attention import asks_for_more

_NAME = "kiyas_decode"


def use_grouped_attention(model: PreTrainedModel) -> Callable[[], None]:
    """Let a model on a CPU attend this way, and its copies; return what undoes it."""
    before = model.config._attn_implementation
    if before != "sdpa":
        return lambda: None
    AttentionInterface.register(_NAME, _attend)
    AttentionMaskInterface.register(_NAME, sdpa_mask)
    model.set_attn_implementation(_NAME)
    return lambda: model.set_attn_implementation(before)


def _attend(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    **options: Any,
) -> tuple[torch.Tensor, None]:
    """Attend in the form that transformers asks of an attention function.

    Args:
        module: The attention layer.
        query: [B, H, T, D].
        key: [B, K, columns, D]; H is a multiple of K.
        value: [B, K, columns, D].
        attention_mask: What is added to the scores, [B, 1, T, columns].
        options: Scale and what else a model asks for.

    Returns:
        [B, T, H, D].
    """
    batch, heads, num_tokens, size = query.shape
    groups = key.shape[1]
    if (
        num_tokens != 1
        or heads == groups
        or attention_mask is None
        or query.dtype == torch.float32  # whose products of one row are fast
        or asks_for_more(options)
    ):
        result: tuple[torch.Tensor, None] = sdpa_attention_forward(
            module, query, key, value, attention_mask, **options
        )
        return result
    attended = scaled_dot_product_attention(
        query.view(batch, groups, -1, size),
        key,
        value,
        attn_mask=attention_mask.expand(-1, -1, heads // groups, -1),
        scale=options.get("scaling"),
    )
    return attended.view(batch, 1, heads, size), None
