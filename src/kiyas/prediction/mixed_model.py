"""A base and many adapters -> one model in which each row is decoded with its own.

W x is computed for all rows together. B A x is computed for all rows too, with A x set to zero in
those of other adapters, so that a row's numbers are those it has when all rows share its adapter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import nn
from torch.nn import functional
from transformers import PreTrainedModel

from kiyas.models import Base, bare_copy, plain_adapter_layers
from kiyas.prediction.adapter_layers import Delta, read_delta

Weights = Mapping[str, Delta]
"""An adapter by name of the layer in the base; empty for the base itself."""


def read_weights(base: Base, model: nn.Module) -> Weights | None:
    """Return what an adapter adds to the base; None if its rows cannot stand beside others'.

    They cannot if it does more than add to linear layers, or if its weights are not finite: what is
    masked still takes part in sums.

    Args:
        base: The bare base.
        model: A copy of it with a loaded adapter.
    """
    bare = dict(base.model.named_modules())
    plain = {id(layer) for layer in plain_adapter_layers(model)}
    weights: dict[str, Delta] = {}
    for name, module in model.named_modules():
        if id(module) in plain:
            weights[name] = read_delta(module)
        elif not _is_bare(name, module, bare) and not _is_within(name, weights):
            return None
    return weights if all(delta.is_finite for delta in weights.values()) else None


def _is_bare(name: str, module: nn.Module, bare: Mapping[str, nn.Module]) -> bool:
    return name in bare and type(bare[name]) is type(module)


def _is_within(name: str, layers: Mapping[str, Delta]) -> bool:
    parts = name.split(".")
    return any(".".join(parts[:end]) in layers for end in range(1, len(parts)))


class MixedModel:
    """A copy of a base that shares its weights; one thread's at a time.

    Args:
        base: The bare base.
    """

    def __init__(self, base: Base) -> None:
        self.model: PreTrainedModel = bare_copy(base)
        self._routes: list[tuple[Weights, torch.Tensor | None]] = []  # with the rows of others
        self._mixing: set[str] = set()

    def route(self, rows: Sequence[Weights]) -> None:
        """Say which adapter each row of the next calls has; one for all rows may be given once."""
        adapters = {id(weights): weights for weights in rows}
        for weights in adapters.values():
            self._mix(weights)
        if len(adapters) == 1:
            self._routes[:] = [(weights, None) for weights in adapters.values() if weights]
            return
        self._routes[:] = [
            (weights, self._others([one is not weights for one in rows]))
            for weights in adapters.values()
            if weights
        ]

    def _others(self, are_others: Sequence[bool]) -> torch.Tensor:
        return torch.tensor(are_others, device=self.model.device)[:, None]

    def _mix(self, weights: Weights) -> None:
        for name in weights.keys() - self._mixing:
            layer: Any = self.model.get_submodule(name)
            # The instance's attribute hides the method of the class; nothing else changes.
            layer.forward = _Mixed(layer, name, self._routes)
            self._mixing.add(name)


class _Mixed:
    """W x + bias, and s B A x where a row has an adapter, in the precision of W."""

    def __init__(
        self,
        layer: nn.Linear,
        name: str,
        routes: Sequence[tuple[Weights, torch.Tensor | None]],
    ) -> None:
        # A list hides the layer from its module: modules must not form a ring.
        self._layer, self._name, self._routes = [layer], name, routes

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        flat = x.reshape(-1, x.shape[-1])
        y = functional.linear(flat, self._layer[0].weight, self._layer[0].bias)
        for weights, others in self._routes:
            delta = weights.get(self._name)
            if delta is not None:
                delta.add_to(y, flat, others)
        return y.view(*x.shape[:-1], -1)
