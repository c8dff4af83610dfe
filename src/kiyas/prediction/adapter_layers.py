"""Adapted linear layers as three products, for decoding.

PEFT casts the input of each adapted layer to float32 and autocast casts it back; with prompts of
some thousand tokens these copies cost more than the products.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from kiyas.models import plain_adapter_layers


@dataclass(frozen=True)
class Delta:
    """What an adapter adds to one linear layer: s B A x."""

    a: torch.Tensor
    """[rank, inputs]."""
    b: torch.Tensor
    """[outputs, rank]."""
    scale: float
    """s."""

    @property
    def is_finite(self) -> bool:
        """Return whether zero times any of it is zero; a product may scale B first."""
        return all(bool(torch.isfinite(part).all()) for part in (self.a, self.scale * self.b))

    def add_to(self, y: torch.Tensor, x: torch.Tensor, others: torch.Tensor | None = None) -> None:
        """Add s B A x to y in place.

        Args:
            y: [rows, outputs].
            x: [rows, inputs].
            others: Rows to which nothing is added, [rows, 1]; none if not given.
        """
        inner = x @ self.a.t()
        if others is not None:
            inner.masked_fill_(others, 0)
        y.addmm_(inner, self.b.t(), alpha=self.scale)


def read_delta(layer: Any) -> Delta:
    """Return what a plainly adapted linear layer adds, in the precision of its base."""
    [adapter] = layer.active_adapters
    dtype = layer.base_layer.weight.dtype
    a, b = layer.lora_A[adapter].weight.detach(), layer.lora_B[adapter].weight.detach()
    return Delta(a.to(dtype), b.to(dtype), layer.scaling[adapter])


def fuse_adapters(model: nn.Module) -> None:
    """Replace the forward pass of every plainly adapted linear layer; others keep PEFT's.

    Args:
        model: A base with a loaded adapter, never trained again.
    """
    for layer in plain_adapter_layers(model):
        # The instance's attribute hides the method of the class; nothing else changes.
        layer.forward = _Adapted(layer.base_layer, read_delta(layer))


class _Adapted:
    """W x + bias + s B A x, in the precision of W."""

    def __init__(self, base: nn.Linear, delta: Delta) -> None:
        # A list hides the layer from its module: modules must not form a ring.
        self._base, self._delta = [base], delta

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        flat = x.reshape(-1, x.shape[-1])
        y = functional.linear(flat, self._base[0].weight, self._base[0].bias)
        self._delta.add_to(y, flat)
        return y.view(*x.shape[:-1], -1)
