"""Positions of the rows in a step -> the mask or masks that the model's layers take.

Full and sliding-window attention; nothing else can be decoded with ``SlotCache``.
"""

from __future__ import annotations

import torch
from transformers import PreTrainedModel

from kiyas.errors import ModelError

_FULL, _SLIDING = "full_attention", "sliding_attention"


class DecodeMasks:
    """Builds the masks of decoding steps for a model.

    Args:
        model: The model that will take the masks.

    Raises:
        ModelError: The model has layers with another kind of memory.
    """

    def __init__(self, model: PreTrainedModel) -> None:
        config = model.config.get_text_config()
        layer_types = getattr(config, "layer_types", None)
        kinds = set(layer_types or (_FULL,))
        if kinds - {_FULL, _SLIDING} or getattr(model, "_is_stateful", False):
            raise ModelError(
                "this kind of model cannot be decoded by the transformers engine",
                where=model.name_or_path or type(model).__name__,
                received=", ".join(sorted(kinds)) if layer_types else "a recurrent model",
                expected="layers with full or sliding-window attention",
            )
        self._dtype = model.dtype
        self._window: int | None = getattr(config, "sliding_window", None)
        # Models with layers of both kinds take a mask for each; others take one for all.
        self._by_kind = _SLIDING in kinds
        self._all_sliding = layer_types is None and self._window is not None

    def build(
        self, positions: torch.Tensor, num_columns: int
    ) -> torch.Tensor | dict[str, torch.Tensor]:
        """Return what is added to attention scores: 0 where a row may look, else very low.

        Args:
            positions: Columns of each row's new tokens, long, [R, T].
            num_columns: Columns that the layers see.

        Returns:
            One mask [R, 1, T, columns], or one for each kind of layer.
        """
        columns = torch.arange(num_columns, device=positions.device)
        visible = columns <= positions[..., None]
        if self._window is None:
            full = self._additive(visible)
            return {_FULL: full, _SLIDING: full} if self._by_kind else full
        within = visible & (columns > positions[..., None] - self._window)
        if self._by_kind:
            return {_FULL: self._additive(visible), _SLIDING: self._additive(within)}
        return self._additive(within if self._all_sliding else visible)

    def _additive(self, visible: torch.Tensor) -> torch.Tensor:
        mask = torch.zeros(visible.shape, dtype=self._dtype, device=visible.device)
        mask.masked_fill_(~visible, torch.finfo(self._dtype).min)
        return mask[:, None]
