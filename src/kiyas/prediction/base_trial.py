"""A base -> how it can be decoded on this machine, found out by decoding a few tokens."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import torch

from kiyas.errors import ModelError
from kiyas.models import Base, autocast
from kiyas.prediction.decode_batch import DecodeBatch
from kiyas.prediction.drafts import NUM_GUESSES, Drafts
from kiyas.prediction.engines import Row
from kiyas.prediction.prefill import count_common
from kiyas.prediction.product_rows import MULTIPLE, ProductRows

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

NewBatch = Callable[[Sequence[Row], Drafts | None, int, ProductRows], DecodeBatch]
"""Rows, what their guesses go by, how many leading tokens are read by themselves, and how many rows
products have -> a batch with room for the rows, and these in it."""


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
    products: ProductRows = field(default_factory=ProductRows)
    """How many rows products have for that."""


@torch.inference_mode()
def try_base(
    base: Base, new_batch: NewBatch, products: ProductRows, threads: Sequence[int]
) -> Trial:
    """Try a base, which is in its place on this machine.

    Args:
        base: The bare base.
        new_batch: Makes a batch of the base and prefills rows into it.
        products: How many rows products have.
        threads: Numbers of threads that a step may run on, a lane's own first.

    Raises:
        ModelError: The base reads its cache in a way of its own; nonsense would be decoded.
    """
    cause: Exception | None = None
    trying = _Trying(new_batch, products, threads if products.any_threads else threads[:1])
    try:
        difference = trying.difference(base)
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
        reads_on = _is_true(lambda: trying.reads_on() <= _TOLERANCE)
        return Trial(is_row_exact=False, takes_guesses=False, reads_on=reads_on)
    # Where few rows are as quick as many, prompts need no company.
    if products.prefill.fewest > MULTIPLE:
        in_one_row = replace(trying, products=replace(products, prompts_in_one_row=True))
        if _is_true(lambda: in_one_row.moves_from(trying) <= _TOLERANCE):
            trying = in_one_row
    takes_guesses = _is_true(lambda: trying.is_row_exact(Drafts()))
    is_row_exact = takes_guesses or trying.is_row_exact(None)
    if not is_row_exact:
        trying = replace(trying, products=ProductRows())
    reads_on = _is_true(lambda: trying.reads_on() == 0)
    return Trial(is_row_exact, takes_guesses, reads_on, trying.products)


@dataclass(frozen=True)
class _Trying:
    """A way of decoding that is being tried."""

    new_batch: NewBatch
    products: ProductRows
    threads: Sequence[int]

    def difference(self, base: Base) -> float:
        """Return the largest relative difference of logits from a plain call."""
        batch = self._batch(_rows())
        differences: list[float] = []
        for row, logits in zip(batch.rows, batch.next_logits().float(), strict=True):
            ids = torch.tensor([row.prompt_ids], device=base.device)
            with autocast(base):
                plain = base.model(input_ids=ids, use_cache=False).logits[0, -1].float()
            differences.append(_distance(logits, plain))
        return max(differences)

    def is_row_exact(self, drafts: Drafts | None) -> bool:
        """Return whether rows in a crowd, guesses behind them, have the logits of each alone.

        Alone is token by token, and on the fewest threads: a lane has more while others are idle,
        and their number must not matter either.
        """
        crowd = self._batch(_rows() * _CROWD, drafts)
        batches = [self._batch([row], drafts) for row in _rows()]
        per_row = len(_ANSWER) + 1 if drafts else 1
        num_guesses = [index % per_row for index in range(len(crowd.rows))]
        before = torch.get_num_threads()
        try:
            torch.set_num_threads(max(self.threads))
            found = iter(crowd.next_logits([_ANSWER[:number] for number in num_guesses]))
            torch.set_num_threads(min(self.threads))
            alone = [[*_step_by_step(batch)] for batch in batches]
        finally:
            torch.set_num_threads(before)
        return all(
            torch.equal(next(found), logits)
            for row, number in zip(crowd.rows, num_guesses, strict=True)
            for logits in alone[row.index][: number + 1]
        )

    def moves_from(self, other: _Trying) -> float:
        """Return how far logits move from those of another way."""
        logits, others = (one._batch(_rows()).next_logits().float() for one in (self, other))
        return _distance(logits, others)

    def reads_on(self) -> float:
        """Return how far a row's logits move if the beginning of its prompt was read before."""
        rows = _rows()[-1:]
        num_common = count_common([*rows, Row(-1, (*rows[0].prompt_ids, 0), None, 0)])
        batches = (self._batch(rows), self._batch(rows, num_common=num_common))
        whole, parts = (batch.next_logits() for batch in batches)
        return _distance(parts.float(), whole.float())

    def _batch(
        self, rows: Sequence[Row], drafts: Drafts | None = None, num_common: int = 0
    ) -> DecodeBatch:
        return self.new_batch(rows, drafts, num_common, self.products)


def _distance(logits: torch.Tensor, expected: torch.Tensor) -> float:
    return float((logits - expected).norm() / expected.norm())


def _is_true(check: Callable[[], bool]) -> bool:
    """Return what a check says of something that a model may do without; False if it fails."""
    try:
        return check()
    except (ValueError, RuntimeError):
        return False  # its attention is of another kind


def _step_by_step(batch: DecodeBatch) -> Iterator[torch.Tensor]:
    """Yield the scores of what follows the prompt and each token of the answer, [V]."""
    for token in _ANSWER:
        yield batch.next_logits()[0]
        batch.force(token)
    yield batch.next_logits()[0]


def _rows() -> list[Row]:
    return [Row(index, prompt, None, 0) for index, prompt in enumerate(_PROMPTS)]
