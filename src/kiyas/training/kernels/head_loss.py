"""Hidden states -> cross entropy, without ever holding the logits of all tokens.

The vocabulary is eighty times wider than a small model: logits, their softmax and its gradient are
the largest tensors of a step, in float32. Here a few rows at a time are turned into loss and
gradient while they are in the processor's cache, as Liger does on GPUs (Hsu et al. 2024, "Liger
Kernel", §3.2).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import torch
from peft import PeftModel
from torch import nn
from torch.autograd.function import once_differentiable

_ROWS = 128


@dataclass(frozen=True, eq=False)
class SplitHead:
    """A causal LM in two parts, head(body(ids)) being its logits."""

    body: nn.Module
    """Token ids -> hidden states."""
    head: nn.Linear
    """Hidden states -> logits; frozen and without a bias."""

    def summed_loss(self, hidden: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Return the cross entropy summed over hidden states [N, D] with targets [N]."""
        loss: torch.Tensor = _HeadLoss.apply(  # type: ignore[no-untyped-call]
            hidden, self.head.weight, targets
        )
        return loss


def find_head(model: PeftModel, probe: torch.Tensor) -> SplitHead | None:
    """Split a causal LM if its logits are those of a plain frozen head, else return None.

    Tried and not guessed: some models scale or cap their logits after the head.

    Args:
        model: The model with its adapter, in evaluation mode.
        probe: Token ids [1, T] to try it on.
    """
    inner = model.get_base_model()
    head: Any = cast(Any, inner).get_output_embeddings()
    body = getattr(inner, inner.base_model_prefix, None)
    if type(head) is not nn.Linear or not isinstance(body, nn.Module):
        return None
    if set(head.state_dict()) != {"weight"} or head.weight.requires_grad:
        return None
    with torch.no_grad():
        logits = inner(input_ids=probe, use_cache=False).logits
        hidden = getattr(body(input_ids=probe, use_cache=False), "last_hidden_state", None)
        if hidden is None or not torch.equal(head(hidden), logits):
            return None
    return SplitHead(body, head)


class _HeadLoss(torch.autograd.Function):
    """Σ −log softmax(h Wᵀ)[target]; its gradient by h is (softmax − one-hot) W."""

    @staticmethod
    def forward(
        ctx: Any, hidden: torch.Tensor, weight: torch.Tensor, targets: torch.Tensor
    ) -> torch.Tensor:
        """Return the sum, a float32 scalar, and keep the gradient."""
        gradient = torch.empty_like(hidden)
        loss = torch.zeros((), dtype=torch.float64)
        for start in range(0, len(hidden), _ROWS):
            rows = slice(start, start + _ROWS)
            scores = (hidden[rows] @ weight.t()).float()
            wanted = targets[rows, None]
            scores -= scores.amax(1, keepdim=True)
            picked = scores.gather(1, wanted)
            total = scores.exp_().sum(1, keepdim=True)
            loss += (total.log() - picked).sum()
            scores /= total
            scores.scatter_add_(1, wanted, torch.full_like(picked, -1))
            gradient[rows] = scores.to(hidden.dtype) @ weight
        ctx.save_for_backward(gradient)
        return loss.float()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: torch.Tensor) -> Any:
        """Return the gradient of the hidden states."""
        (kept,) = ctx.saved_tensors
        return kept * gradient.to(kept.dtype), None, None
