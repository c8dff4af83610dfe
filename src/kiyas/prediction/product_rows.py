"""A base's weights -> how many rows its products have, so that a row's bits are its own.

A library of matrix products takes one path for few rows and another for many, and shares rows among
threads in ways of its own. Each path adds up in another order, and last bits move: MKL in float32
has a path for up to three rows (AVX2) or up to fifteen (AVX-512), oneDNN in bfloat16 (AMX) one for
up to 32, others from 36, 40 and 192 on. Within one path a row's numbers are the same whatever
stands beside it. Which numbers of rows take one path is found out by trying, and products are
filled up to them.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import torch
from torch import nn
from torch.nn import functional
from transformers import PreTrainedModel
from transformers.pytorch_utils import Conv1D

from kiyas.prediction.step_layout import round_up

MULTIPLE = 4
"""MKL shares rows among threads by so many; what is left over takes the path of few."""
_STEP = (4, 8, 12, 16, 20, 28, 32, 36, 40, 44, 56, 60, 64, 92, 96, 100, 128, 144, 160, 188)
"""Rows of a decoding step that are tried."""
_FEWEST, _MOST = 48, 128
"""A step is never filled up to more than the first, and must be able to have the second."""
_PREFILL = (4, 8, 16, 32, 36, 64, 128, 188, 192, 256, 320, 384, 448, 512, 576, 768, 1024)
"""Tokens of a prefill that are tried."""
_TOGETHER = 512
"""Tokens of prompts that are read together, where that is quicker: more are hardly quicker yet."""
_NUM_OUTPUTS = 8192
"""Of larger weights so many are tried: they are cut into blocks, all of which take one path."""


Shape = tuple[int, int]
"""Outputs and inputs of a weight."""


@dataclass(frozen=True)
class RowRange:
    """How many rows a product may have."""

    fewest: int
    """At least; it is filled up to them."""
    most: int
    """At most, if rows are to have bits of their own."""

    def pad(self, number: int) -> int:
        """Return how many rows a product has of which so many are read."""
        return max(self.fewest, round_up(number, MULTIPLE))


@dataclass(frozen=True)
class ProductRows:
    """How many rows the products of a base have."""

    step: RowRange = RowRange(MULTIPLE, sys.maxsize)
    """Tokens of a decoding step."""
    prefill: RowRange = RowRange(MULTIPLE, sys.maxsize)
    """Tokens of a prefill; a prompt that has more is read by itself."""
    prompts_in_one_row: bool = False
    """Whether prompts are read behind each other, in one row of tokens; else beside each other."""
    any_threads: bool = True
    """Whether a step may run on any number of threads that a lane may have, or on its own only. A
    prefill is always on a lane's own."""

    @property
    def tokens_together(self) -> int:
        """Return the token budget of prompts that are read together; each alone if it is one.

        Alone is as fast and needs no padding, but where products want many rows.
        """
        return min(_TOGETHER, self.prefill.most) if self.prompts_in_one_row else 1


def choose_rows(model: PreTrainedModel, threads: Sequence[int]) -> ProductRows | None:
    """Find out how many rows the products of a model on the CPU must have.

    Args:
        model: A causal LM.
        threads: Numbers of threads that a step may run on, a lane's own first.

    Returns:
        None if no numbers of rows are the same that a step could have.
    """
    head = model.get_output_embeddings()
    inner = {shape for module, shape in _weights(model) if module is not head}
    every = {shape for _, shape in _weights(model)}
    for some in dict.fromkeys((tuple(threads), (threads[0],))):
        for step in find_ranges(every, model.dtype, some, _STEP):
            if step.fewest <= _FEWEST and step.most >= _MOST:
                prefill = _prefill_range(inner, model.dtype, threads[0])
                return ProductRows(step, prefill, any_threads=some == tuple(threads))
    return None


def _prefill_range(shapes: Collection[Shape], dtype: torch.dtype, num_threads: int) -> RowRange:
    """Return the range that holds what is read together; the last one tried is taken to go on."""
    ranges = find_ranges(shapes, dtype, (num_threads,), _PREFILL)
    [found] = [one for one in ranges if one.fewest <= _TOGETHER <= one.most]
    return replace(found, most=sys.maxsize) if found.most == _PREFILL[-1] else found


def _weights(model: nn.Module) -> Iterator[tuple[nn.Module, Shape]]:
    for module in model.modules():
        if isinstance(module, nn.Linear):
            yield module, (module.weight.shape[0], module.weight.shape[1])
        elif isinstance(module, Conv1D):  # GPT-2's, the other way round
            yield module, (module.weight.shape[1], module.weight.shape[0])


def find_ranges(
    shapes: Collection[Shape], dtype: torch.dtype, threads: Sequence[int], tried: Sequence[int]
) -> list[RowRange]:
    """Return within which numbers of rows a row is the same, on each of some numbers of threads.

    Args:
        shapes: Of the weights.
        dtype: Their precision.
        threads: Numbers of threads.
        tried: Numbers of rows, ascending; what lies between two is taken to be like them.
    """
    before = torch.get_num_threads()
    try:
        paths = [list(_paths(shape, dtype, threads, tried)) for shape in sorted(shapes)]
    finally:
        torch.set_num_threads(before)
    ranges = []
    for kinds, places in groupby(range(len(tried)), lambda place: [path[place] for path in paths]):
        numbers = [tried[place] for place in places]
        if all(len(kind) == 1 for kind in kinds):
            ranges.append(RowRange(numbers[0], numbers[-1]))
    return ranges


@torch.inference_mode()
def _paths(
    shape: Shape, dtype: torch.dtype, threads: Sequence[int], tried: Sequence[int]
) -> Iterator[frozenset[int]]:
    """Yield the paths that a product with a weight takes for each number of rows."""
    weight, rows = _revealing(min(shape[0], _NUM_OUTPUTS), shape[1], tried[-1], dtype)
    known: list[torch.Tensor] = []

    def path(number: int, num_threads: int) -> int:
        torch.set_num_threads(num_threads)
        product = functional.linear(rows[:number], weight)
        for index, other in enumerate(known):
            shared = min(number, len(other))
            if torch.equal(other[:shared], product[:shared]):
                return index
        known.append(product)
        return len(known) - 1

    for number in tried:
        yield frozenset(path(number, num_threads) for num_threads in threads)


def _revealing(
    num_outputs: int, num_inputs: int, num_rows: int, dtype: torch.dtype
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return a weight and rows whose products are zero but for rounding: they tell each path.

    Each term stands there once more, negative and elsewhere. With numbers of a model, bfloat16
    hides the order of the sum in all but one of ten thousand outputs.
    """
    generator = torch.Generator().manual_seed(0)
    half = num_inputs // 2
    weight = torch.zeros(num_outputs, num_inputs, dtype=dtype)
    rows = torch.zeros(num_rows, num_inputs, dtype=dtype)
    elsewhere = half + torch.randperm(half, generator=generator)
    weight[:, :half] = torch.randn(num_outputs, half, generator=generator)
    rows[:, :half] = torch.randn(num_rows, half, generator=generator)
    weight[:, elsewhere] = -weight[:, :half]
    rows[:, elsewhere] = rows[:, :half]
    return weight, rows
