"""Rows and guesses of their next tokens -> where each token of one decoding step stands.

Slot r holds the keys of row r. A step gives the model N tokens: of each row its newest and the
guesses behind it, and some that nobody reads, so that products take one path for any number of
tokens.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple

import torch

NUM_COLUMNS = 16
"""Columns of keys are a multiple of these."""
_WORTH_A_GROUP = 256
"""Columns, of all rows together, that another group must save: what its calls cost."""

_ALIKE = 64
"""Tokens within which rows are of about the same length."""


class RowGroup(NamedTuple):
    """Rows that are read to the same column."""

    start: int
    """The first."""
    end: int
    """The one after the last."""
    num_columns: int
    """Columns of the longest."""


@dataclass(frozen=True)
class StepLayout:
    """Where the N tokens of a step stand in R slots of T tokens each."""

    slots: torch.Tensor
    """The slot of each token, long, [N]."""
    offsets: torch.Tensor
    """Its place among its row's tokens of this step, long, [N]."""
    positions: torch.Tensor
    """Tokens before each of the slots' tokens, long, [R, T]."""
    groups: tuple[RowGroup, ...]
    """The slots in groups of like length."""

    @property
    def num_slots(self) -> int:
        """Return R."""
        return len(self.positions)

    @property
    def num_tokens(self) -> int:
        """Return T: a row's newest token and the guesses that it may have."""
        return self.positions.shape[1]

    @property
    def num_columns(self) -> int:
        """Return the columns of the longest row."""
        return max(group.num_columns for group in self.groups)

    @property
    def token_positions(self) -> torch.Tensor:
        """Return the tokens before each of the step's tokens, long, [N]."""
        return self.positions[self.slots, self.offsets]


def lay_out(
    cached: Sequence[int],
    num_guesses: Sequence[int],
    num_tokens: int,
    device: str,
    pad: Callable[[int], int],
) -> StepLayout:
    """Say where the tokens of a step stand; row by row, those that nobody reads last.

    Args:
        cached: Tokens that each row's slot holds; long rows first, or groups come out as long as
            their longest.
        num_guesses: Guesses behind each row's newest token, fewer than ``num_tokens``.
        num_tokens: T; the same in every step, so that attention is always of one shape.
        device: Where tensors go.
        pad: Says how many tokens a step has of which so many are read.

    Raises:
        ValueError: There is no room for a guess.
    """
    if max(num_guesses) >= num_tokens:
        raise ValueError("this model takes no guesses")
    tokens = [(slot, n) for slot, number in enumerate(num_guesses) for n in range(number + 1)]
    ends = [before + number + 1 for before, number in zip(cached, num_guesses, strict=True)]
    num_unread = pad(len(tokens)) - len(tokens)
    tokens += [(len(cached) + n // num_tokens, n % num_tokens) for n in range(num_unread)]
    empty = [0] * (tokens[-1][0] + 1 - len(cached))
    columns = [round_up(end, NUM_COLUMNS) for end in [*ends, *(num_tokens for _ in empty)]]
    slots, offsets = torch.tensor(tokens, device=device).unbind(1)
    before = torch.tensor([*cached, *empty], device=device)
    return StepLayout(
        slots,
        offsets,
        before[:, None] + torch.arange(num_tokens, device=device),
        tuple(group_rows(columns)),
    )


def long_first(lengths: Sequence[int]) -> list[int]:
    """Return which row goes to each slot, so that long ones stand before short ones.

    Rows of about the same length keep their slots: to move one is to copy all of its states.
    """
    ranks = [-(length // _ALIKE) for length in lengths]
    misplaced = [slot for slot, rank in enumerate(sorted(ranks)) if ranks[slot] != rank]
    order = list(range(len(lengths)))
    for slot, source in zip(misplaced, sorted(misplaced, key=ranks.__getitem__), strict=True):
        order[slot] = source
    return order


def group_rows(num_columns: Sequence[int]) -> Iterator[RowGroup]:
    """Yield groups of neighbours of like length.

    Args:
        num_columns: Of each row; long rows first, or groups come out as long as their longest.
    """
    start, num_rows = 0, len(num_columns)
    longest = list(accumulate(reversed(num_columns), max))[::-1]  # of each row and all after it
    for row in range(1, num_rows):
        if (longest[start] - longest[row]) * (num_rows - row) >= _WORTH_A_GROUP:
            yield RowGroup(start, row, longest[start])
            start = row
    yield RowGroup(start, num_rows, longest[start])


def round_up(number: int, multiple: int) -> int:
    """Return the smallest multiple that is not below a number."""
    return -(-number // multiple) * multiple
