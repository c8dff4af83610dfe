"""Micro-batches -> gradients, on several threads that each use a part of the processor.

Which lane works on what is fixed by the micro-batches alone, and sums are taken in a fixed order,
so that a resumed run repeats an uninterrupted one. A model that draws random numbers itself goes in
one lane: several would race for torch's one generator.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import wait
from dataclasses import dataclass

import torch

from kiyas.models import count_lanes, open_lanes


@dataclass(frozen=True)
class Gradients:
    """What micro-batches add up to."""

    loss: float
    """Sum of their losses."""
    tensors: tuple[torch.Tensor, ...]
    """Sum of their gradients, in the order of the parameters."""


class Lanes:
    """Threads that work on micro-batches; close it when training ends.

    Args:
        num_lanes: How many; what suits the machine, unless said.
    """

    def __init__(self, num_lanes: int | None = None) -> None:
        self.num_lanes = num_lanes or count_lanes()
        self._pool = open_lanes(self.num_lanes)

    def add_up(
        self, costs: Sequence[int], work: Callable[[int], tuple[float, Sequence[torch.Tensor]]]
    ) -> Gradients:
        """Work on every micro-batch and add up what comes of it.

        Args:
            costs: How long each micro-batch takes, in any unit.
            work: Index of a micro-batch -> its loss and its gradients.

        Raises:
            Exception: Whatever ``work`` raises, when no lane is at work any more.
        """
        shares = share_out(costs, self.num_lanes)
        futures = [self._pool.submit(_add_up, lane, work) for lane in shares]
        wait(futures)  # else whoever tries again shares the memory with what is still in work
        # Taken out one by one: an error would hold its own future in a ring, and memory with it.
        lanes = [futures.pop(0).result() for _ in shares]
        first, *others = (lane for lane in lanes if lane is not None)
        for other in others:
            torch._foreach_add_(first.tensors, other.tensors)
        return Gradients(first.loss + sum(other.loss for other in others), first.tensors)

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown()


def draws_random_numbers(model: torch.nn.Module, forward: Callable[[], object]) -> bool:
    """Return whether a training pass draws from torch's own generator, which is left as it was.

    Tried and not guessed: a layer's dropout need not be a module that could be found.

    Args:
        model: What is trained, on the CPU.
        forward: Calls it.
    """
    was_training = model.training
    model.train()
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        before = torch.get_rng_state()
        forward()
        is_moved = not torch.equal(before, torch.get_rng_state())
    model.train(was_training)
    return is_moved


def share_out(costs: Sequence[int], num_lanes: int) -> list[list[int]]:
    """Give each micro-batch, dearest first, to the lane that has least to do."""
    lanes: list[list[int]] = [[] for _ in range(num_lanes)]
    loads = [0] * num_lanes
    for index in sorted(range(len(costs)), key=lambda index: (-costs[index], index)):
        lane = loads.index(min(loads))
        lanes[lane].append(index)
        loads[lane] += costs[index]
    return lanes


def _add_up(
    indices: Sequence[int], work: Callable[[int], tuple[float, Sequence[torch.Tensor]]]
) -> Gradients | None:
    total: Gradients | None = None
    for index in indices:
        loss, tensors = work(index)
        if total is None:
            total = Gradients(loss, tuple(tensors))
        else:
            torch._foreach_add_(total.tensors, list(tensors))
            total = Gradients(total.loss + loss, total.tensors)
    return total
