"""Seed -> dropout masks, the same whichever thread draws them and however a step is cut."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from kiyas.models import adapter_dropouts

_LEVELS = 1 << 16
"""Shares that can be told apart: a share of 0.1 becomes 0.10001."""


@dataclass(frozen=True)
class _Rows:
    """The rows of a micro-batch, each with what seeds its masks."""

    seeds: tuple[tuple[int, ...], ...]
    lengths: tuple[int, ...]


class DropoutMasks:
    """Draws dropout masks for the micro-batch that the calling thread works on.

    torch's own Bernoulli numbers cost an eighth of a training step, and its one generator would
    serve threads in the order in which they happen to come. Begun with rows, a row's mask depends
    on the row, the step and the layer alone: neither on its neighbours in the micro-batch, nor on
    the process that works on it, nor on how often it is drawn, as when activations are recomputed.
    """

    def __init__(self) -> None:
        self._local = threading.local()
        self._latest: _Rows | np.random.Generator | None = None

    def begin(self, *seed: int) -> None:
        """Start the calling thread's stream for one micro-batch."""
        self._begin(np.random.Generator(np.random.SFC64(list(seed))))

    def begin_rows(self, *seed: int, rows: Sequence[int], lengths: Sequence[int]) -> None:
        """Start the calling thread's micro-batch of rows, each with a seed of its own.

        Args:
            seed: What the rows have in common.
            rows: (B,) numbers of the rows.
            lengths: (B,) their tokens; what is padded beyond them is never dropped.
        """
        self._begin(_Rows(tuple((*seed, row) for row in rows), tuple(lengths)))

    def draw(
        self, shape: torch.Size, share: float, layer: int = 0, device: str = "cpu"
    ) -> torch.Tensor:
        """Return what is kept: bool of the shape, each False with probability ``share``.

        Args:
            shape: [B, T, D]; another shape gets one stream and not one for each row.
            share: Probability of being dropped.
            layer: Number of the layer, so that each has masks of its own.
            device: Where to draw; a GPU has numbers of its own.
        """
        # The backward pass of a GPU recomputes in a thread of torch that never began anything.
        source = getattr(self._local, "source", self._latest)
        if isinstance(source, np.random.Generator):
            return _from_stream(source, shape.numel(), share).view(shape).to(device)
        assert source is not None  # begun before every micro-batch
        if len(shape) != 3 or shape[0] != len(source.lengths):
            return _from_seed((*source.seeds[0], layer), shape.numel(), share, device).view(shape)
        kept = torch.ones(shape, dtype=torch.bool, device=device)
        for index, (seed, length) in enumerate(zip(source.seeds, source.lengths, strict=True)):
            part = _from_seed((*seed, layer), length * shape[2], share, device)
            kept[index, :length] = part.view(length, shape[2])
        return kept

    def _begin(self, source: _Rows | np.random.Generator) -> None:
        self._local.source = self._latest = source


class SeededDropout(nn.Dropout):
    """PEFT's dropout before an adapter, with masks that a seed decides."""

    def __init__(self, masks: DropoutMasks, share: float, layer: int) -> None:
        super().__init__(share)
        self._masks, self.layer = masks, layer

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return x [B, T, D] with a share of it zero and the rest scaled up."""
        if not self.training or self.p == 0:
            return x
        kept = self._masks.draw(x.shape, self.p, self.layer, str(x.device))
        return x * kept / (1 - self.p)


def seed_dropout(model: nn.Module, masks: DropoutMasks) -> None:
    """Let every adapter of a model of PEFT drop out as its seed says."""
    for layer, (holder, name) in enumerate(adapter_dropouts(model)):
        holder[name] = SeededDropout(masks, holder[name].p, layer)


def keep_only(values: torch.Tensor, kept: torch.Tensor) -> torch.Tensor:
    """Return ``values`` with zeros where nothing is kept.

    Bitwise, because torch's masked operations are not vectorised for bfloat16: a tenth of the time.
    """
    integer = {2: torch.int16, 4: torch.int32, 8: torch.int64}[values.element_size()]
    bits = kept.to(integer).neg_()  # all ones where kept
    return (values.view(integer) & bits).view(values.dtype)


def _from_seed(seed: Sequence[int], count: int, share: float, device: str) -> torch.Tensor:
    if device == "cpu":
        return _from_stream(np.random.Generator(np.random.SFC64(list(seed))), count, share)
    [state] = np.random.SeedSequence(list(seed)).generate_state(1, np.uint64)
    generator = torch.Generator(device).manual_seed(int(state) >> 1)
    kept = torch.empty(count, dtype=torch.bool, device=device)
    return kept.bernoulli_(1 - share, generator=generator)


def _from_stream(stream: np.random.Generator, count: int, share: float) -> torch.Tensor:
    bits = np.frombuffer(stream.bytes(2 * count), dtype=np.uint16)
    kept: torch.Tensor = torch.from_numpy(bits >= round(share * _LEVELS))
    return kept
