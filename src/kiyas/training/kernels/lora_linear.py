"""Linear layers with a LoRA adapter in one autograd function each.

PEFT casts the input to float32, draws a mask with torch's generator and lets autocast cast back:
four copies of the input for each adapted layer. Here the input is kept once, in the base's
precision, as autocast would use it.

Source of the formula: Hu et al. 2022, "LoRA", eq. 3: W x + s B A dropout(x).
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.autograd.function import once_differentiable
from torch.nn import functional

from kiyas.models import plain_adapter_layers
from kiyas.training.kernels.dropout import DropoutMasks, keep_only


def fuse_adapters(model: nn.Module, masks: DropoutMasks) -> None:
    """Replace the training pass of every plainly adapted linear layer; others keep PEFT's.

    Args:
        model: A model of PEFT.
        masks: Gives dropout masks; to be begun in each thread before each micro-batch.
    """
    for layer in plain_adapter_layers(model):
        # The instance's attribute hides the method of the class; nothing else changes.
        layer.forward = _Fused(layer, masks)


class _Fused:
    """Calls one adapted layer."""

    def __init__(self, layer: Any, masks: DropoutMasks) -> None:
        # A list hides the layer from itself: modules must not form a ring.
        self._layer, self._masks, self._adapter = [layer], masks, layer.active_adapters[0]

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        layer = self._layer[0]
        if not layer.training:  # what is evaluated is what others will load
            plain: torch.Tensor = type(layer).forward(layer, x)
            return plain
        base, dropout = layer.base_layer, layer.lora_dropout[self._adapter]
        share = dropout.p if isinstance(dropout, nn.Dropout) else 0.0
        number = getattr(dropout, "layer", 0)
        kept = self._masks.draw(x.shape, share, number) if share else None
        output: torch.Tensor = _AdaptedLinear.apply(  # type: ignore[no-untyped-call]
            x,
            base.weight,
            base.bias,
            layer.lora_A[self._adapter].weight,
            layer.lora_B[self._adapter].weight,
            layer.scaling[self._adapter] / (1 - share),
            kept,
        )
        return output


class _AdaptedLinear(torch.autograd.Function):
    """y = x Wᵀ + bias + scale · (keep(x) Aᵀ) Bᵀ for x [..., in], A [r, in], B [out, r]."""

    @staticmethod
    def forward(  # noqa: PLR0913, PLR0917 - the operands of one formula
        ctx: Any,
        x: torch.Tensor,
        weight: torch.Tensor,
        bias: torch.Tensor | None,
        a: torch.Tensor,
        b: torch.Tensor,
        scale: float,
        kept: torch.Tensor | None,
    ) -> torch.Tensor:
        """Return y in the precision of x."""
        flat = x.reshape(-1, x.shape[-1])
        kept = None if kept is None else kept.view(flat.shape)
        down = (flat if kept is None else keep_only(flat, kept)) @ a.to(x.dtype).t()
        y = functional.linear(flat, weight, bias)
        y.addmm_(down, b.to(x.dtype).t(), alpha=scale)
        ctx.save_for_backward(flat, weight, a, b, down, kept)
        ctx.scale, ctx.shape = scale, x.shape
        return y.view(*x.shape[:-1], y.shape[-1])

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: torch.Tensor) -> Any:
        """Return the gradients of x, A and B."""
        x, weight, a, b, down, kept = ctx.saved_tensors
        g = gradient.reshape(-1, gradient.shape[-1])
        g_down = (g @ b.to(g.dtype)).mul_(ctx.scale)
        g_b = (g.t() @ down).to(b.dtype).mul_(ctx.scale)
        g_a = (g_down.t() @ (x if kept is None else keep_only(x, kept))).to(a.dtype)
        g_x = None
        if ctx.needs_input_grad[0]:
            g_x = g_down @ a.to(g.dtype)
            g_x = g_x if kept is None else keep_only(g_x, kept)
            g_x = g_x.addmm_(g, weight).view(ctx.shape)
        return g_x, None, None, g_a, g_b, None, None
