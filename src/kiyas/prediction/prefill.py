"""Prompts -> keys and values of their tokens; what all of them begin with is read once.

A beginning is read by the thirty-two tokens, so that on processors where a token's numbers do not
depend on what is read with it, those of a prompt read on from there are the same as those of a
prompt read whole: torch's attention works in blocks of so many.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile
from pathlib import Path
from typing import Any

import torch
from transformers import DynamicCache, PreTrainedModel

from kiyas.models import Base, autocast
from kiyas.prediction.decode_attention import takes_prompts
from kiyas.prediction.engines import Row
from kiyas.prediction.product_rows import MULTIPLE, ProductRows
from kiyas.prediction.prompt_attention import PromptLayout
from kiyas.prediction.slot_cache import States, layer_states
from kiyas.prediction.step_layout import round_up

_BLOCK = 32
"""Tokens of a beginning are a multiple of these."""


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
        products: How many tokens are read at once, and how.
    """

    def __init__(
        self,
        base: Base,
        model: PreTrainedModel,
        context: int | None,
        num_common: int,
        products: ProductRows,
    ) -> None:
        self._base, self._model, self._context = base, model, context
        self._num_common, self._rows = num_common, products.prefill
        self._in_one_row = products.prompts_in_one_row and takes_prompts(model)
        self._common: tuple[Path | None, States] | None = None

    def read(self, prompts: Sequence[tuple[int, ...]], adapter: Path | None) -> list[States]:
        """Return the states of all tokens but the last of each prompt, and of padding behind them.

        Args:
            prompts: Read together.
            adapter: Whose weights the model has now.
        """
        parts = [prompt[self._num_common : -1] or prompt for prompt in prompts]
        common = self._read_common(prompts[0], adapter) if self._num_common else []
        if self._in_one_row:
            return self._read_in_one_row(parts, common)[: len(prompts)]
        states = layer_states(self._read(parts, common))
        return [
            [(keys[index : index + 1], values[index : index + 1]) for keys, values in states]
            for index in range(len(prompts))
        ]

    def _read_common(self, prompt: tuple[int, ...], adapter: Path | None) -> States:
        # Rows come by adapter, so that the last one is all that is asked for again.
        if self._common is None or self._common[0] != adapter:
            states = self._read([prompt[: self._num_common]], [])
            self._common = adapter, [(k[:1], v[:1]) for k, v in layer_states(states)]
        return self._common[1]

    def _read(self, parts: Sequence[tuple[int, ...]], common: States) -> DynamicCache:
        """Read parts beside each other."""
        width = self._width(max(map(len, parts)))
        # Padding on the right is causally invisible, so no mask is needed; its states are not kept.
        return self._run(self._filled([_padded(ids, width) for ids in parts]), common)

    def _read_in_one_row(self, parts: Sequence[tuple[int, ...]], common: States) -> list[States]:
        """Read parts behind each other."""
        row = self._filled([_padded(ids, self._width(len(ids))) for ids in parts])
        layout = PromptLayout(self._num_common, tuple(map(len, row)))
        states = self._run([[token for ids in row for token in ids]], common, layout)
        layers = [
            list(zip(layout.cut(keys), layout.cut(values), strict=True))
            for keys, values in layer_states(states)
        ]
        return [list(prompt) for prompt in zip(*layers, strict=True)]

    def _filled(self, parts: list[list[int]]) -> list[list[int]]:
        """Return parts of prompts, the last of them again until there are enough tokens."""
        lacking = max(0, self._rows.fewest - sum(map(len, parts)))
        return parts + [parts[-1]] * -(-lacking // len(parts[-1]))

    def _width(self, number: int) -> int:
        """Return how many tokens are read of which so many are wanted."""
        width = round_up(number, MULTIPLE)
        if self._context is None:
            return width
        return max(number, min(width, self._context - self._num_common))  # of fixed positions

    def _run(
        self, ids: list[list[int]], common: States, layout: PromptLayout | None = None
    ) -> DynamicCache:
        states = DynamicCache()
        for layer, (keys, values) in enumerate(common):
            shape = (len(ids), -1, -1, -1)
            states.update(keys.expand(shape), values.expand(shape), layer)
        options: dict[str, Any] = {}
        if layout is not None:
            options["token_layout"] = layout
            options["position_ids"] = layout.positions(self._base.device)
        # The model without its head, whose scores of a prompt's tokens nobody reads.
        with autocast(self._base):
            self._model.base_model(
                input_ids=torch.tensor(ids, device=self._base.device),
                past_key_values=states,
                use_cache=True,
                **options,
            )
        return states


def _padded(ids: Sequence[int], width: int) -> list[int]:
    return [*ids, *[ids[-1]] * (width - len(ids))]
