"""Keys and values of the rows being decoded, each row in a slot of its own.

A model reads and writes it as its ``past_key_values``, one new token a row at a time. Row b's token
at position p lies in column p of slot b, so rows of different length stand side by side without
padding, enter and leave freely, and nothing is copied as they grow (a cache that grows by
concatenation copies every key and value at every token: four fifths of the time on a CPU).

Holds full attention states only; a sliding window is a matter of the mask. It does not hold the
states of recurrent layers.
"""

from __future__ import annotations

from typing import Any

import torch
from transformers.cache_utils import Cache, DynamicCache

_COLUMNS = 128
"""Slots grow by so many columns at a time."""


class SlotCache(Cache):
    """Key and value states [slots, heads, columns, head size] of each layer.

    Args:
        num_slots: Rows that fit.
    """

    def __init__(self, num_slots: int) -> None:
        super().__init__(layers=[])
        self.num_slots = num_slots
        self._keys: list[torch.Tensor] = []
        self._values: list[torch.Tensor] = []
        self._columns = 0
        self._rows = torch.empty(0, dtype=torch.long)
        self._positions = torch.empty(0, dtype=torch.long)
        self._length = 0

    def fill(self, slot: int, states: DynamicCache, row: int, num_tokens: int) -> None:
        """Copy a prefilled row into a slot.

        Args:
            slot: Where to.
            states: States of a prefill, [rows, heads, tokens, head size] in each layer.
            row: Which row of the prefill.
            num_tokens: Leading tokens to copy; what follows is padding.
        """
        layers = layer_states(states)
        if not self._keys:
            self._keys = [_empty_like(keys, self.num_slots) for keys, _ in layers]
            self._values = [_empty_like(values, self.num_slots) for _, values in layers]
        self._reserve(num_tokens)
        for index, (keys, values) in enumerate(layers):
            self._keys[index][slot, :, :num_tokens] = keys[row, :, :num_tokens]
            self._values[index][slot, :, :num_tokens] = values[row, :, :num_tokens]

    def begin_step(self, positions: torch.Tensor) -> None:
        """Say where the next token of each row goes.

        Args:
            positions: Tokens that each of the first B slots holds, long, [B].
        """
        self._rows = torch.arange(len(positions), device=positions.device)
        self._positions = positions
        self._length = int(positions.max()) + 1
        self._reserve(self._length)

    def update(
        self,
        key_states: torch.Tensor,
        value_states: torch.Tensor,
        layer_idx: int,
        *_args: Any,
        **_kwargs: Any,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Write one token a row ([B, heads, 1, head size]); return all columns in use."""
        keys, values = self._keys[layer_idx], self._values[layer_idx]
        keys[self._rows, :, self._positions] = key_states[:, :, 0]
        values[self._rows, :, self._positions] = value_states[:, :, 0]
        num_rows = len(self._rows)
        return keys[:num_rows, :, : self._length], values[:num_rows, :, : self._length]

    def move(self, source: int, target: int, num_tokens: int) -> None:
        """Copy the leading tokens of one slot over another's."""
        for states in (*self._keys, *self._values):
            states[target, :, :num_tokens] = states[source, :, :num_tokens]

    def clear(self, slot: int) -> None:
        """Zero a slot: what is masked still takes part in sums, so it must be finite."""
        for states in (*self._keys, *self._values):
            states[slot].zero_()

    def get_seq_length(self, layer_idx: int = 0) -> int:  # noqa: ARG002 - transformers' signature
        """Return the columns in use before the new token."""
        return max(self._length - 1, 0)

    def _reserve(self, columns: int) -> None:
        if columns <= self._columns:
            return
        self._columns = -(-columns // _COLUMNS) * _COLUMNS
        # One layer at a time, so that never more than one exists twice.
        for group in (self._keys, self._values):
            for index, states in enumerate(group):
                group[index] = _grown(states, self._columns)


def layer_states(states: DynamicCache) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Return the keys and values of each layer after a prefill."""
    pairs = [
        (getattr(layer, "keys", None), getattr(layer, "values", None)) for layer in states.layers
    ]
    return [
        (keys, values)
        for keys, values in pairs
        if isinstance(keys, torch.Tensor) and isinstance(values, torch.Tensor)
    ]


def _empty_like(states: torch.Tensor, num_slots: int) -> torch.Tensor:
    return states.new_empty((num_slots, states.shape[1], 0, states.shape[3]))


def _grown(states: torch.Tensor, columns: int) -> torch.Tensor:
    grown = states.new_zeros((*states.shape[:2], columns, states.shape[3]))
    grown[:, :, : states.shape[2]] = states
    return grown
