"""Attention of a decoding step on a CPU, where it is up to half of the step.

Query heads that share a key head go in as if they were tokens, since products of a single row have
no fast path in bfloat16; and rows are read in groups of like length instead of all to the longest
one's columns. Where rows may have guesses behind their newest token, each has room for all of
them, whether it has them or not: a product of another shape could round another way. Nothing but
rounding changes.

In float32 the two products stand here, because torch's kernel gives a row other bits in another
thread: the memory it works in is laid out differently there. In bfloat16 it does not, and is
faster. Everything else, the prefill among it, is left to transformers.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import torch
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface, AttentionMaskInterface, PreTrainedModel
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

from kiyas.models.plain_attention import asks_for_more
from kiyas.prediction.prompt_attention import PromptLayout, attend_prompts
from kiyas.prediction.step_layout import RowGroup, StepLayout

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


def takes_layout(model: PreTrainedModel) -> bool:
    """Return whether a model hands ``token_layout`` on to its attention."""
    parameters = inspect.signature(model.forward).parameters.values()
    takes_any = any(one.kind is inspect.Parameter.VAR_KEYWORD for one in parameters)
    return takes_any and model.config._attn_implementation == _NAME


def takes_prompts(model: PreTrainedModel) -> bool:
    """Return whether a model can read prompts in one row: it hands the layout on, has no window."""
    has_window = getattr(model.config.get_text_config(), "sliding_window", None) is not None
    return takes_layout(model) and not has_window


def _attend(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    token_layout: StepLayout | PromptLayout | None = None,
    **options: Any,
) -> tuple[torch.Tensor, None]:
    """Attend in the form that transformers asks of an attention function.

    Args:
        module: The attention layer.
        query: [N, H, 1, D]; of prompts, see ``attend_prompts``.
        key: [R, K, columns, D]; H is a multiple of K.
        value: [R, K, columns, D].
        attention_mask: What is added to the scores, [R, 1, T, columns].
        token_layout: Where the N tokens stand in R rows of T, row by row, T = 1, if not given; or
            where prompts stand in one row of tokens, which see what their layout says.
        options: Scale and what else a model asks for.

    Returns:
        [N, 1, H, D].

    Raises:
        ValueError: The model asks for more than plain attention, and T > 1, or these are prompts.
    """
    scale = options.get("scaling") or query.shape[-1] ** -0.5
    if isinstance(token_layout, PromptLayout):
        if asks_for_more(options):
            raise ValueError("prompts in one row of tokens need plain attention")
        return attend_prompts(query, key, value, token_layout, scale), None
    num_tokens = token_layout.num_tokens if token_layout is not None else 1
    if query.shape[2] != 1 or attention_mask is None or asks_for_more(options):
        if num_tokens > 1:
            raise ValueError("guesses behind a token need plain attention")
        result: tuple[torch.Tensor, None] = sdpa_attention_forward(
            module, query, key, value, attention_mask, **options
        )
        return result
    attend = _multiply if query.dtype == torch.float32 else scaled_dot_product_attention
    queries = _spread(query, key, token_layout)
    per_key = queries.shape[2] // num_tokens
    mask = attention_mask[:, :, None].expand(-1, -1, per_key, -1, -1).flatten(2, 3)
    whole = (RowGroup(0, len(key), key.shape[2]),)
    parts = [
        attend(
            queries[start:end],
            key[start:end, :, :columns],
            value[start:end, :, :columns],
            attn_mask=mask[start:end, ..., :columns],
            scale=scale,
        )
        for start, end, columns in (token_layout.groups if token_layout is not None else whole)
    ]
    attended = parts[0] if len(parts) == 1 else torch.cat(parts)
    return _gather(attended, query, token_layout), None


def _spread(query: torch.Tensor, key: torch.Tensor, layout: StepLayout | None) -> torch.Tensor:
    """Return queries by row and key head, [R, K, H / K x T, D], zeros where there is no token."""
    num_rows, num_keys, size = len(key), key.shape[1], query.shape[-1]
    if layout is None or layout.num_tokens == 1:
        return query.view(num_rows, num_keys, -1, size)
    shape = (num_rows, num_keys, query.shape[1] // num_keys, layout.num_tokens, size)
    queries = query.new_zeros(shape)
    queries[layout.slots, :, :, layout.offsets] = query.view(len(query), *shape[1:3], size)
    return queries.flatten(2, 3)


def _gather(attended: torch.Tensor, query: torch.Tensor, layout: StepLayout | None) -> torch.Tensor:
    """Return what was attended for each token, [N, 1, H, D]."""
    if layout is not None and layout.num_tokens > 1:
        by_token = attended.unflatten(2, (-1, layout.num_tokens))
        attended = by_token[layout.slots, :, :, layout.offsets]
    return attended.reshape(len(query), 1, query.shape[1], query.shape[-1])


def _multiply(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attn_mask: torch.Tensor,
    scale: float,
) -> torch.Tensor:
    """Return softmax(scale Q Kᵀ + mask) V, [B, K, queries, D]."""
    scores = torch.matmul(query * scale, key.transpose(2, 3)).add_(attn_mask)
    return torch.matmul(scores.softmax(-1), value)
