"""Prompts in one row of tokens, each of which attends to its own and to what all begin with.

Read beside each other, prompts would be padded to the longest of them, and the attention kernel of
torch gives tokens other bits where the padding is another. Here each prompt is attended to as if it
were alone; only products of weights see them together.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch.nn.functional import scaled_dot_product_attention


@dataclass(frozen=True)
class PromptLayout:
    """Where prompts stand in a row of tokens, without the beginning that all share."""

    num_common: int
    """Tokens that all begin with, whose states stand before all others."""
    lengths: tuple[int, ...]
    """Further tokens of each."""

    def positions(self, device: str) -> torch.Tensor:
        """Return the tokens before each token, long, [1, tokens]."""
        parts = [torch.arange(length, device=device) for length in self.lengths]
        return (torch.cat(parts) + self.num_common)[None]

    def cut(self, states: torch.Tensor) -> Iterator[torch.Tensor]:
        """Yield the states of each whole prompt.

        Args:
            states: Of the beginning and all prompts, [1, K, tokens, D].

        Yields:
            [1, K, tokens, D].
        """
        common, rest = states[:, :, : self.num_common], states[:, :, self.num_common :]
        for own in rest.split(self.lengths, dim=2):
            yield torch.cat((common, own), dim=2) if self.num_common else own


def attend_prompts(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    layout: PromptLayout,
    scale: float,
) -> torch.Tensor:
    """Return what each token attends to among those before it in its prompt.

    Args:
        query: [1, H, tokens, D].
        key: [1, K, beginning and tokens, D]; H is a multiple of K.
        value: [1, K, beginning and tokens, D].
        layout: Where the prompts stand.
        scale: Of the scores.

    Returns:
        [1, tokens, H, D].
    """
    num_common = layout.num_common
    parts = [
        scaled_dot_product_attention(
            *part,
            attn_mask=_seen(part[0].shape[2], num_common) if num_common else None,
            is_causal=not num_common,
            scale=scale,
            enable_gqa=True,
        )
        for part in zip(
            query.split(layout.lengths, dim=2), layout.cut(key), layout.cut(value), strict=True
        )
    ]
    return torch.cat(parts, dim=2).transpose(1, 2)


def _seen(num_tokens: int, num_common: int) -> torch.Tensor:
    """Return which columns each token sees, [tokens, beginning and tokens]."""
    return torch.ones(num_tokens, num_common + num_tokens, dtype=torch.bool).tril(num_common)
