"""Examples -> rows of token ids with their trained span, counted; refused if they teach nothing.

Leaves out what cannot be trained and says so row by row; changes no text.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kiyas.errors import DataError, TrainingError
from kiyas.models import Base, RenderedExample, render_example, rendering_hash
from kiyas.records import Example, Protocol
from kiyas.training.records import DataSummary


@dataclass(frozen=True, eq=False)
class TrainingRow:
    """One example as token ids."""

    token_ids: NDArray[np.int32]
    """Shape (T,): prompt, response, end token."""
    first_trained: int
    """Position of the first trained token; every later one is trained too. At least 1, because
    nothing comes before position 0 to predict it from."""
    row: int
    """Number of the row in the source."""

    @property
    def num_trained_tokens(self) -> int:
        """Return the tokens that the loss is computed on."""
        return len(self.token_ids) - self.first_trained


def prepare_rows(
    base: Base, examples: Sequence[Example], protocol: Protocol, *, max_seq_len: int
) -> tuple[list[TrainingRow], DataSummary]:
    """Render every example and say what was cut and left out.

    Rows are cut at ``max_seq_len``, or at what the base can take.

    Raises:
        DataError: There is no example.
        TrainingError: No row trains a token, or no row trains an end token.
        ModelError: A chat protocol, and the base has no chat template.
    """
    if not examples:
        raise DataError("there is no example to train on", expected="at least one row")
    limit = longest_row(base, max_seq_len)
    rendered = [render_example(base, example, protocol, max_seq_len=limit) for example in examples]
    rows = [_row(one, example) for one, example in zip(rendered, examples, strict=True)]
    kept = [row for row in rows if row.num_trained_tokens > 0]
    cut = tuple(row.row for row, one in zip(rows, rendered, strict=True) if one.is_cut)
    _check_something_is_learnt(len(rows), kept, cut, base=base, max_seq_len=max_seq_len)
    left_out = tuple(row.row for row in rows if row.num_trained_tokens <= 0)
    shown = next((row for row in kept if row.row not in cut), kept[0])
    summary = DataSummary(
        num_rows=len(rows),
        num_trained_rows=len(kept),
        num_cut_rows=len(cut),
        cut_rows=cut,
        num_left_out_rows=len(left_out),
        left_out_rows=left_out,
        num_tokens=sum(len(row.token_ids) for row in kept),
        num_trained_tokens=sum(row.num_trained_tokens for row in kept),
        max_tokens=max(len(row.token_ids) for row in kept),
        rows_hash=_hash_rows(kept),
        rendering_hash=rendering_hash(base, protocol),
        sample_row=shown.row,
        sample=_show(base, shown),
    )
    return kept, summary


def longest_row(base: Base, max_seq_len: int) -> int:
    """Return the tokens that a row may have: ``max_seq_len``, or fewer if the base takes fewer."""
    context = base.context_tokens
    return max_seq_len if context is None else min(max_seq_len, context)


def _hash_rows(rows: Sequence[TrainingRow]) -> str:
    digest = hashlib.sha256()
    for row in rows:
        digest.update(f"{row.row} {row.first_trained} {len(row.token_ids)}\n".encode())
        digest.update(row.token_ids.tobytes())
    return digest.hexdigest()


def _row(rendered: RenderedExample, example: Example) -> TrainingRow:
    token_ids = np.array(rendered.token_ids, dtype=np.int32)
    return TrainingRow(token_ids, max(rendered.num_prompt_tokens, 1), example.row)


def _check_something_is_learnt(
    num_rows: int, kept: list[TrainingRow], cut: tuple[int, ...], *, base: Base, max_seq_len: int
) -> None:
    limit = longest_row(base, max_seq_len)
    where = "train.max_seq_len" if limit == max_seq_len else f"base {base.name}"
    next_step = (
        "raise train.max_seq_len, or shorten the rows"
        if limit == max_seq_len
        else "shorten the rows, or name a base that takes longer ones"
    )
    if not kept:
        raise TrainingError(
            "no row trains a token: every prompt alone is as long as a row may be",
            where=where,
            received=f"{limit} tokens, {num_rows} rows",
            next_step=next_step,
        )
    whole = {row.row for row in kept} - set(cut)
    if not whole:
        raise TrainingError(
            "no row trains an end token, so the model would never learn to stop: "
            "every row is longer than it may be and is cut",
            where=where,
            received=f"{limit} tokens, {num_rows} rows",
            next_step=next_step,
        )


def _show(base: Base, row: TrainingRow) -> str:
    prompt, trained = (
        base.tokenizer.decode(part.tolist(), skip_special_tokens=False)
        for part in np.split(row.token_ids, [row.first_trained])
    )
    return f"{prompt}⟦{trained}⟧"
