"""Keys and values of the rows being decoded, each row in a slot of its own.

A model reads and writes it as its ``past_key_values``, some new tokens a row at a time. Row b's
token at position p lies in column p of slot b, so rows of different length stand side by side
without padding, enter and leave freely, and nothing is copied as they grow (a cache that grows by
concatenation copies every key and value at every token: four fifths of the time on a CPU).

Holds full attention states only; a sliding window is a matter of the mask. It does not hold the
states of recurrent layers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from mmap import mmap
from typing import Any

import torch
from transformers.cache_utils import Cache, DynamicCache

from kiyas.prediction.step_layout import StepLayout

States = list[tuple[torch.Tensor, torch.Tensor]]
"""Keys and values of each layer, [rows, heads, tokens, head size]."""


class SlotCache(Cache):
    """Key and value states [slots, heads, columns, head size] of each layer.

    Args:
        num_slots: Rows that fit.
        num_columns: Tokens of the longest row.
    """

    def __init__(self, num_slots: int, num_columns: int) -> None:
        super().__init__(layers=[])
        self.num_slots, self.num_columns = num_slots, num_columns
        self._keys: list[torch.Tensor] = []
        self._values: list[torch.Tensor] = []
        self._slots = torch.empty(0, dtype=torch.long)
        self._positions = torch.empty(0, dtype=torch.long)
        self._num_rows = self._length = 0

    def fill(self, slot: int, states: States, num_tokens: int) -> None:
        """Copy a prefilled row into a slot.

        Args:
            slot: Where to.
            states: Of the row.
            num_tokens: Leading tokens to copy; what follows is padding.
        """
        if not self._keys:
            self._keys = [self._new(keys) for keys, _ in states]
            self._values = [self._new(values) for _, values in states]
        for index, (keys, values) in enumerate(states):
            self._keys[index][slot, :, :num_tokens] = keys[0, :, :num_tokens]
            self._values[index][slot, :, :num_tokens] = values[0, :, :num_tokens]

    def begin_step(self, layout: StepLayout) -> None:
        """Say where the tokens of the next step go."""
        self._slots, self._positions = layout.slots, layout.token_positions
        self._num_rows, self._length = layout.num_slots, layout.num_columns

    def update(
        self,
        key_states: torch.Tensor,
        value_states: torch.Tensor,
        layer_idx: int,
        *_args: Any,
        **_kwargs: Any,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Write a step's tokens ([N, heads, 1, head size]); return all columns in use."""
        keys, values = self._keys[layer_idx], self._values[layer_idx]
        keys[self._slots, :, self._positions] = key_states[:, :, 0]
        values[self._slots, :, self._positions] = value_states[:, :, 0]
        rows, columns = slice(self._num_rows), slice(self._length)
        return keys[rows, :, columns], values[rows, :, columns]

    def move(self, source: int, target: int, num_tokens: int) -> None:
        """Copy the leading tokens of one slot over another's."""
        for states in (*self._keys, *self._values):
            states[target, :, :num_tokens] = states[source, :, :num_tokens]

    def reorder(self, sources: Sequence[int], num_tokens: int) -> None:
        """Put the leading tokens of other slots into the first ones.

        Args:
            sources: For each of the first slots, the slot whose states it gets.
            num_tokens: Tokens of the longest.
        """
        moves = [(slot, source) for slot, source in enumerate(sources) if slot != source]
        if not moves:
            return
        for states in (*self._keys, *self._values):
            slots, others = torch.tensor(moves, device=states.device).unbind(1)
            states[slots, :, :num_tokens] = states[others, :, :num_tokens]

    def clear(self, slot: int, start: int = 0) -> None:
        """Zero a slot from a column on.

        What is masked still takes part in sums, so it must be finite.
        """
        for states in (*self._keys, *self._values):
            states[slot, :, start:].zero_()

    def get_seq_length(self, layer_idx: int = 0) -> int:  # noqa: ARG002 - transformers' signature
        """Return the columns in use before the new token."""
        return max(self._length - 1, 0)

    def _new(self, states: torch.Tensor) -> torch.Tensor:
        """Return zeros [slots, heads, columns, head size] for states of a prefill.

        What is masked still takes part in sums, so it must be finite. The system hands out pages
        of zeros without writing them, so that columns nobody reaches cost no memory.
        """
        shape = (self.num_slots, states.shape[1], self.num_columns, states.shape[3])
        if states.device.type != "cpu":
            return states.new_zeros(shape)
        pages = mmap(-1, math.prod(shape) * states.element_size())
        return torch.frombuffer(pages, dtype=states.dtype).view(shape)


def layer_states(states: DynamicCache) -> States:
    """Return the keys and values of each layer after a prefill."""
    pairs = [
        (getattr(layer, "keys", None), getattr(layer, "values", None)) for layer in states.layers
    ]
    return [
        (keys, values)
        for keys, values in pairs
        if isinstance(keys, torch.Tensor) and isinstance(values, torch.Tensor)
    ]
