"""Attention of one new token a row on a CPU, where it is up to half of a decoding step.

Query heads that share a key head go in as if they were tokens, since products of a single row have
no fast path in bfloat16; and rows are read in groups of like length instead of all to the longest
one's columns. Nothing but rounding changes.

In float32 the two products stand here, because torch's kernel gives a row other bits in another
thread: the memory it works in is laid out differently there. In bfloat16 it does not, and is
faster. Everything else, the prefill among it, is left to transformers.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from typing import Any, NamedTuple

import torch
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface, AttentionMaskInterface, PreTrainedModel
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

from kiyas.models.plain_attention import asks_for_more

_NAME = "kiyas_decode"
_WORTH_A_GROUP = 256
"""Columns, of all rows together, that another group must save: what its calls cost."""


class RowGroup(NamedTuple):
    """Rows that are read to the same column."""

    start: int
    """The first."""
    end: int
    """The one after the last."""
    num_columns: int
    """Columns of the longest."""


def group_rows(num_columns: Sequence[int]) -> Iterator[RowGroup]:
    """Yield groups of neighbours of like length.

    Args:
        num_columns: Of each row; long rows first, or groups come out as long as their longest.
    """
    start, num_rows = 0, len(num_columns)
    longest = list(accumulate(reversed(num_columns), max))[::-1]  # of each row and all after it
    for row in range(1, num_rows):
        if (longest[start] - longest[row]) * (num_rows - row) >= _WORTH_A_GROUP:
            yield RowGroup(start, row, longest[start])
            start = row
    yield RowGroup(start, num_rows, longest[start])


def use_grouped_attention(model: PreTrainedModel) -> Callable[[], None]:
    """Let a model on a CPU attend this way, and its copies; return what undoes it."""
    before = model.config._attn_implementation
    if before != "sdpa":
        return lambda: None
    AttentionInterface.register(_NAME, _attend)
    AttentionMaskInterface.register(_NAME, sdpa_mask)
    model.set_attn_implementation(_NAME)
    return lambda: model.set_attn_implementation(before)


def takes_groups(model: PreTrainedModel) -> bool:
    """Return whether a model hands ``row_groups`` on to its attention."""
    parameters = inspect.signature(model.forward).parameters.values()
    takes_any = any(one.kind is inspect.Parameter.VAR_KEYWORD for one in parameters)
    return takes_any and model.config._attn_implementation == _NAME


def _attend(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    row_groups: Sequence[RowGroup] = (),
    **options: Any,
) -> tuple[torch.Tensor, None]:
    """Attend in the form that transformers asks of an attention function.

    Args:
        module: The attention layer.
        query: [B, H, T, D].
        key: [B, K, columns, D]; H is a multiple of K.
        value: [B, K, columns, D].
        attention_mask: What is added to the scores, [B, 1, T, columns].
        row_groups: The B rows in groups; one of all if none is given.
        options: Scale and what else a model asks for.

    Returns:
        [B, T, H, D].
    """
    batch, heads, num_tokens, size = query.shape
    if num_tokens != 1 or attention_mask is None or asks_for_more(options):
        result: tuple[torch.Tensor, None] = sdpa_attention_forward(
            module, query, key, value, attention_mask, **options
        )
        return result
    attend = _multiply if query.dtype == torch.float32 else scaled_dot_product_attention
    scale = options.get("scaling") or size**-0.5
    queries = query.view(batch, key.shape[1], -1, size)
    mask = attention_mask.expand(-1, -1, queries.shape[2], -1)
    parts = [
        attend(
            queries[start:end],
            key[start:end, :, :columns],
            value[start:end, :, :columns],
            attn_mask=mask[start:end, :, :, :columns],
            scale=scale,
        )
        for start, end, columns in row_groups or (RowGroup(0, batch, key.shape[2]),)
    ]
    attended = parts[0] if len(parts) == 1 else torch.cat(parts)
    return attended.reshape(batch, 1, heads, size), None


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
