"""Causal attention of a training step, as batched matrix products.

The backward pass of torch's flash kernel reaches a fifth of the speed of plain products on a CPU
with matrix instructions (measured at 320 tokens, bfloat16); for rows of some hundred tokens the
probabilities fit in memory, and plain products win. Anything but plain causal attention over such
rows is left to torch.
"""

from __future__ import annotations

from typing import Any

import torch
from torch.autograd.function import once_differentiable
from transformers import AttentionInterface, AttentionMaskInterface, PreTrainedModel
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

from kiyas.models.plain_attention import asks_for_more

_NAME = "kiyas_causal"
_MAX_TOKENS = 768
"""Longer rows go to torch: their probabilities, heads x tokens x tokens a layer, are kept."""


def use_causal_attention(model: PreTrainedModel) -> None:
    """Let a model of transformers attend with these products where they apply."""
    AttentionInterface.register(_NAME, _attend)
    AttentionMaskInterface.register(_NAME, sdpa_mask)
    if model.config._attn_implementation == "sdpa":
        model.set_attn_implementation(_NAME)


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
        key: [B, K, T, D]; H is a multiple of K.
        value: [B, K, T, D].
        attention_mask: None for plain causal attention.
        options: Scale and what else a model asks for.

    Returns:
        [B, T, H, D].
    """
    if attention_mask is not None or not _is_plain(module, query, key, value, options):
        result: tuple[torch.Tensor, None] = sdpa_attention_forward(
            module, query, key, value, attention_mask, **options
        )
        return result
    scale = options.get("scaling") or query.shape[-1] ** -0.5
    attended: torch.Tensor = _CausalAttention.apply(  # type: ignore[no-untyped-call]
        query, key, value, scale
    )
    return attended.transpose(1, 2), None


def _is_plain(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    options: dict[str, Any],
) -> bool:
    num_tokens = query.shape[2]
    window = options.get("sliding_window")
    return (
        module.training  # what is evaluated is what others will load
        and query.device.type == "cpu"
        and num_tokens == key.shape[2] <= _MAX_TOKENS
        and query.shape[-1] == value.shape[-1]
        and query.dtype == key.dtype == value.dtype
        and getattr(module, "is_causal", True)
        and (window is None or window >= num_tokens)
        and not asks_for_more(options)
    )


class _CausalAttention(torch.autograd.Function):
    """softmax(scale · Q Kᵀ + causal mask) V; query heads that share a key head lie together."""

    @staticmethod
    def forward(
        ctx: Any, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, scale: float
    ) -> torch.Tensor:
        """Return [B, H, T, D]."""
        batch, heads, tokens, size = query.shape
        groups = batch * key.shape[1]
        q = query.reshape(groups, -1, size)  # [B·K, H/K · T, D]
        k, v = key.reshape(groups, tokens, size), value.reshape(groups, tokens, size)
        mask = torch.full((tokens, tokens), -torch.inf, dtype=q.dtype).triu_(1)
        mask = mask.repeat(heads // key.shape[1], 1)
        scores = torch.baddbmm(mask, q, k.transpose(1, 2), alpha=scale)
        p = torch.softmax(scores, -1)  # [B·K, H/K · T, T]
        ctx.save_for_backward(q, k, v, p)
        ctx.scale, ctx.shapes = scale, (query.shape, key.shape)
        return torch.bmm(p, v).view(batch, heads, tokens, size)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: torch.Tensor) -> Any:
        """Return the gradients of query, key and value."""
        q, k, v, p = ctx.saved_tensors
        query_shape, key_shape = ctx.shapes
        g = gradient.reshape(q.shape)
        g_v = torch.bmm(p.transpose(1, 2), g)
        g_p = torch.bmm(g, v.transpose(1, 2))
        g_scores = torch._softmax_backward_data(g_p, p, -1, p.dtype)
        g_q = torch.bmm(g_scores, k).mul_(ctx.scale)
        g_k = torch.bmm(g_scores.transpose(1, 2), q).mul_(ctx.scale)
        return g_q.view(query_shape), g_k.view(key_shape), g_v.view(key_shape), None
