"""Logits -> next tokens, greedy or sampled, one random stream a row.

Does not know rows or stop rules. A sampled row draws one uniform number a token from a generator
of its own, so its choices do not depend on the rows beside it; two arms that share seeds and give
the same probabilities choose the same tokens (common random numbers).

Source of top-p: Holtzman et al. 2020, arXiv:1904.09751.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

import torch

from kiyas.prediction.engines import DecodingSettings


class Draws:
    """A row's uniform numbers, one for each token of its answer.

    Args:
        seed: The row's.
    """

    def __init__(self, seed: int) -> None:
        # Not for secrets: sampling must repeat.
        self._stream = random.Random(seed)  # noqa: S311
        self._ahead: list[float] = []

    def look_ahead(self, number: int) -> list[float]:
        """Return the next numbers without using them up."""
        while len(self._ahead) < number:
            self._ahead.append(self._stream.random())
        return self._ahead[:number]

    def use(self) -> None:
        """Let the next number go."""
        self.look_ahead(1)
        del self._ahead[0]


def choose_tokens(
    logits: torch.Tensor, settings: DecodingSettings, draws: Sequence[float]
) -> tuple[list[int], list[bool]]:
    """Choose the token that follows each of some.

    Args:
        logits: Scores of the next token, floating, [B, V].
        settings: Temperature and top-p.
        draws: B uniform numbers; greedy decoding does without.

    Returns:
        B token ids, and for each row whether its logits are numbers; where not, the id means
        nothing.
    """
    best, greedy = logits.max(dim=-1)
    usable: list[bool] = torch.isfinite(best).tolist()
    if settings.temperature == 0:
        return greedy.tolist(), usable
    probabilities = torch.softmax(logits.double() / settings.temperature, dim=-1)
    if settings.top_p < 1:
        probabilities = _nucleus(probabilities, settings.top_p)
    cumulative = probabilities.cumsum(dim=-1)
    shares = torch.tensor(draws, dtype=torch.float64, device=logits.device)
    targets = shares[:, None] * cumulative[:, -1:]
    # The first token whose cumulative probability exceeds the draw has a probability above 0.
    chosen = torch.searchsorted(cumulative, targets, right=True).squeeze(-1)
    return chosen.clamp(max=logits.shape[-1] - 1).tolist(), usable


def _nucleus(probabilities: torch.Tensor, top_p: float) -> torch.Tensor:
    """Set to 0 what is outside the smallest set of tokens that holds top_p; [B, V] -> [B, V]."""
    ordered, order = probabilities.sort(dim=-1, descending=True, stable=True)
    before = ordered.cumsum(dim=-1) - ordered
    return torch.zeros_like(probabilities).scatter(
        -1, order, ordered.masked_fill(before >= top_p, 0)
    )
