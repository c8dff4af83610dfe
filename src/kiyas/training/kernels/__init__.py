"""The same training step with fewer passes over memory, for the CPU.

A step of a small model spends a quarter of its time in matrix products and the rest in copies,
random numbers and temporary tensors. Each module here replaces one such place of a model with
adapters through an extension point of its library, and falls back to the library where it does not
know better. Mathematics and parameters stay those of PEFT and transformers.
"""

from kiyas.training.kernels.attention import use_causal_attention
from kiyas.training.kernels.dropout import DropoutMasks, seed_dropout
from kiyas.training.kernels.head_loss import SplitHead, find_head
from kiyas.training.kernels.lora_linear import fuse_adapters

__all__ = [
    "DropoutMasks",
    "SplitHead",
    "find_head",
    "fuse_adapters",
    "seed_dropout",
    "use_causal_attention",
]
