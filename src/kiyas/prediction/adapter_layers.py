"""Adapted linear layers as three products, for decoding.

PEFT casts the input of each adapted layer to float32 and autocast casts it back; with prompts of
some thousand tokens these copies cost more than the products.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from kiyas.models import plain_adapter_layers


def fuse_adapters(model: nn.Module) -> None:
    """Replace the forward pass of every plainly adapted linear layer; others keep PEFT's.

    Args:
        model: A base with a loaded adapter, never trained again.
    """
    for layer in plain_adapter_layers(model):
        adapter = layer.active_adapters[0]
        # The instance's attribute hides the method of the class; nothing else changes.
        layer.forward = _Adapted(
            layer.base_layer,
            layer.lora_A[adapter].weight,
            layer.lora_B[adapter].weight,
            layer.scaling[adapter],
        )


class _Adapted:
    """W x + bias + s B A x, in the precision of W."""

    def __init__(self, base: nn.Linear, a: torch.Tensor, b: torch.Tensor, scale: float) -> None:
        # A list hides the layer from its module: modules must not form a ring.
        self._base, self._scale = [base], scale
        self._a, self._b = a.detach().to(base.weight.dtype), b.detach().to(base.weight.dtype)

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        flat = x.reshape(-1, x.shape[-1])
        y = functional.linear(flat, self._base[0].weight, self._base[0].bias)
        y.addmm_(flat @ self._a.t(), self._b.t(), alpha=self._scale)
        return y.view(*x.shape[:-1], -1)
