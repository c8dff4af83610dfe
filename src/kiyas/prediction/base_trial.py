"""A base -> how it can be decoded on this machine, found out by decoding a few tokens."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch

from kiyas.errors import ModelError
from kiyas.models import Base, autocast
from kiyas.prediction.decode_batch import DecodeBatch
from kiyas.prediction.drafts import NUM_GUESSES, Drafts
from kiyas.prediction.engines import Row
from kiyas.prediction.prefill import count_common

_PROMPTS = (tuple(range(40, 47)), (90, 65, 70), tuple(range(60, 110)))
"""Prompts of different length, the last with a beginning that can be read by itself, in ids that
every vocabulary has. Small ids are often special tokens, on which a model's numbers hang by a
thread."""
_ANSWER = (77, 52, 88)[:NUM_GUESSES]
"""What is guessed behind them."""
_CROWD = 13
"""How often each of them stands in the batch that must give the numbers of each alone."""
_TOLERANCE = 0.1
"""Relative difference of logits that bfloat16 explains (about 0.01 for a small model) with room."""

NewBatch = Callable[[Sequence[Row], Drafts | None, int], DecodeBatch]
"""Rows, what their guesses go by, and how many leading tokens are read by themselves -> a batch
with room for the rows, and these in it."""


@dataclass(frozen=True)
class Trial:
    """How a base can be decoded."""

    is_row_exact: bool
    """Whether a row's numbers are the same to the last bit, whatever stands beside it."""
    takes_guesses: bool
    """Whether they are, too, if the row's tokens were guessed."""
    reads_on: bool
    """Whether they are, too, if the beginning of its prompt was read before. On a GPU nothing is
    exact and all is done again in the same way: whether they are as close as rounding allows."""


@torch.inference_mode()
def try_base(base: Base, new_batch: NewBatch) -> Trial:
    """Try a base, which is in its place on this machine.

    Args:
        base: The bare base.
        new_batch: Makes a batch of the base and prefills rows into it.

    Raises:
        ModelError: The base reads its cache in a way of its own; nonsense would be decoded.
    """
    cause: Exception | None = None
    try:
        difference = _difference(base, new_batch)
    except (ValueError, TypeError, IndexError, AttributeError) as error:
        difference, cause = float("inf"), error
    if not difference <= _TOLERANCE:
        raise ModelError(
            "this kind of model cannot be decoded by the transformers engine",
            where=f"base {base.name}",
            received=f"logits in a batch that differ by {difference:.0%} from those alone",
            expected=f"at most {_TOLERANCE:.0%}",
        ) from cause
    if base.device != "cpu":
        reads_on = _is_true(lambda: _reads_on(new_batch) <= _TOLERANCE)
        return Trial(is_row_exact=False, takes_guesses=False, reads_on=reads_on)
    takes_guesses = _is_true(lambda: _is_row_exact(new_batch, Drafts()))
    is_row_exact = takes_guesses or _is_row_exact(new_batch, None)
    return Trial(is_row_exact, takes_guesses, _is_true(lambda: _reads_on(new_batch) == 0))


def _difference(base: Base, new_batch: NewBatch) -> float:
    """Return the largest relative difference of logits from a plain call."""
    batch = new_batch(_rows(), None, 0)
    differences: list[float] = []
    for row, logits in zip(batch.rows, batch.next_logits().float(), strict=True):
        ids = torch.tensor([row.prompt_ids], device=base.device)
        with autocast(base):
            plain = base.model(input_ids=ids, use_cache=False).logits[0, -1].float()
        differences.append(_distance(logits, plain))
    return max(differences)


def _distance(logits: torch.Tensor, expected: torch.Tensor) -> float:
    return float((logits - expected).norm() / expected.norm())


def _is_true(check: Callable[[], bool]) -> bool:
    """Return what a check says of something that a model may do without; False if it fails."""
    try:
        return check()
    except (ValueError, RuntimeError):
        return False  # its attention is of another kind


def _is_row_exact(new_batch: NewBatch, drafts: Drafts | None) -> bool:
    """Return whether rows in a crowd, guesses behind them, have the logits of each alone.

    Alone is token by token, and on a single thread: a lane has more threads while others are idle,
    and their number must not matter either.
    """
    crowd = new_batch(_rows() * _CROWD, drafts, 0)
    num_guesses = [index % (len(_ANSWER) + 1) if drafts else 0 for index in range(len(crowd.rows))]
    found = iter(crowd.next_logits([_ANSWER[:number] for number in num_guesses]))
    num_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        alone = {row.index: [*_step_by_step(new_batch([row], drafts, 0))] for row in _rows()}
    finally:
        torch.set_num_threads(num_threads)
    return all(
        torch.equal(next(found), logits)
        for row, number in zip(crowd.rows, num_guesses, strict=True)
        for logits in alone[row.index][: number + 1]
    )


def _reads_on(new_batch: NewBatch) -> float:
    """Return how far a row's logits move if the beginning of its prompt was read before."""
    rows = _rows()[-1:]
    num_common = count_common([*rows, Row(-1, (*rows[0].prompt_ids, 0), None, 0)])
    whole, parts = (new_batch(rows, None, number).next_logits() for number in (0, num_common))
    return _distance(parts.float(), whole.float())


def _step_by_step(batch: DecodeBatch) -> Iterator[torch.Tensor]:
    """Yield the scores of what follows the prompt and each token of the answer, [V]."""
    for token in _ANSWER:
        yield batch.next_logits()[0]
        batch.force(token)
    yield batch.next_logits()[0]


def _rows() -> list[Row]:
    return [Row(index, prompt, None, 0) for index, prompt in enumerate(_PROMPTS)]
