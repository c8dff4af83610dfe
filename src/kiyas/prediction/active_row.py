"""A row in flight: its tokens, and guesses of those that follow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from kiyas.prediction.drafts import Said
from kiyas.prediction.engines import Row
from kiyas.prediction.sampling import Draws


@dataclass
class ActiveRow:
    """A row and its answer so far."""

    row: Row
    """What is decoded."""
    max_new_tokens: int
    """Its token limit."""
    draws: Draws
    """What its tokens are sampled by."""
    started: float
    """When it began, as ``time.perf_counter`` counts."""
    said: Said | None = None
    """What guesses go by; None if it may have none."""
    others: Sequence[Said] = ()
    """What was said about the same prompt before."""
    token_ids: list[int] = field(default_factory=list)
    """The answer's tokens."""

    @property
    def num_cached(self) -> int:
        """Tokens whose keys and values are in the slot."""
        return len(self.row.prompt_ids) - 1 + len(self.token_ids)

    @property
    def next_input(self) -> int:
        """The token whose successor is to be chosen."""
        return self.token_ids[-1] if self.token_ids else self.row.prompt_ids[-1]

    def guess(self, number: int) -> list[int]:
        """Return guesses of the next tokens, at most so many; the last token is never guessed."""
        left = self.max_new_tokens - len(self.token_ids) - 1
        return self.said.guess(self.others, min(number, left)) if self.said else []

    def add(self, token: int) -> None:
        """Add the token that was chosen."""
        self.token_ids.append(token)
        self.draws.use()
        if self.said is not None:
            self.said.append(token)
