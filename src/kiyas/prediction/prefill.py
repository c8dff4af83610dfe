"""Prompts -> keys and values of their tokens; what all of them begin with is read once.

A beginning is read by the thirty-two tokens, so that on processors where a token's numbers do not
depend on the shape it is computed in, those of a prompt read on from there are the same as those
of a prompt read whole: torch's attention works in blocks of so many.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile
from pathlib import Path

import torch
from transformers import DynamicCache, PreTrainedModel

from kiyas.models import Base, autocast
from kiyas.prediction.engines import Row
from kiyas.prediction.slot_cache import layer_states
from kiyas.prediction.step_layout import NUM_ROWS, round_up

_BLOCK = 32
"""Tokens of a beginning are a multiple of these."""

_States = list[tuple[torch.Tensor, torch.Tensor]]


def count_common(rows: Sequence[Row]) -> int:
    """Return how many leading tokens the prompts of rows share, as far as it is worth anything.

    Two tokens of each prompt are left: one to read on with, and the last, which nobody prefills.
    """
    prompts = {row.prompt_ids for row in rows}
    if len(prompts) < 2:
        return 0
    extremes = zip(min(prompts), max(prompts), strict=False)  # what these share, all do
    num_common = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], extremes))
    room = min(map(len, prompts)) - 2
    return max(0, min(num_common, room)) // _BLOCK * _BLOCK


class Prefill:
    """Reads prompts with a model that is routed to their adapter.

    Args:
        base: The base, for its device and precision.
        model: What reads.
        context: Tokens that the model has positions for; None if unlimited.
        num_common: Leading tokens that all prompts share.
    """

    def __init__(
        self, base: Base, model: PreTrainedModel, context: int | None, num_common: int
    ) -> None:
        self._base, self._model, self._context = base, model, context
        self._num_common = num_common
        self._common: tuple[Path | None, _States] | None = None

    def read(self, prompts: Sequence[tuple[int, ...]], adapter: Path | None) -> DynamicCache:
        """Return the states of all tokens but the last of each prompt, and of padding behind them.

        Args:
            prompts: Read together, padded on the right.
            adapter: Whose weights the model has now.
        """
        states = DynamicCache()
        if self._num_common:
            for layer, (keys, values) in enumerate(self._read_common(prompts[0], adapter)):
                shape = (len(prompts), -1, -1, -1)
                states.update(keys.expand(shape), values.expand(shape), layer)
        self._read([prompt[self._num_common : -1] or prompt for prompt in prompts], states)
        return states

    def _read_common(self, prompt: tuple[int, ...], adapter: Path | None) -> _States:
        # Rows come by adapter, so that the last one is all that is asked for again.
        if self._common is None or self._common[0] != adapter:
            states = DynamicCache()
            self._read([prompt[: self._num_common]], states)
            self._common = adapter, layer_states(states)
        return self._common[1]

    def _read(self, inputs: Sequence[tuple[int, ...]], states: DynamicCache) -> None:
        # Padding on the right is causally invisible, so no mask is needed; its states are not kept.
        longest = max(map(len, inputs))
        width = round_up(longest, NUM_ROWS)
        if self._context is not None:  # a model of fixed positions has no more
            width = max(longest, min(width, self._context - states.get_seq_length()))
        padded = [[*ids, *[ids[-1]] * (width - len(ids))] for ids in inputs]
        # The model without its head, whose scores of a prompt's tokens nobody reads.
        with autocast(self._base):
            self._model.base_model(
                input_ids=torch.tensor(padded, device=self._base.device),
                past_key_values=states,
                use_cache=True,
            )
