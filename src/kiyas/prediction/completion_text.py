"""Token ids of a prompt and its continuation -> the text of the continuation, exactly.

Does not strip, tidy or judge the text. Special tokens are left out; a prefix space at the seam
between prompt and continuation is kept, which decoding the continuation alone would lose with
tokenizers in the manner of SentencePiece.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

    from kiyas.prediction.engines import Row

_CONTEXT_TOKENS = 8
"""Tokens of the prompt decoded along, so that the first token of the continuation is not first."""


class CompletionText:
    """Turns token ids into text and finds where a stop string ends it.

    Args:
        tokenizer: The tokenizer that made the prompt.
        stop_strings: A text ends before the first of these.
    """

    def __init__(
        self, tokenizer: PreTrainedTokenizerBase, stop_strings: tuple[str, ...] = ()
    ) -> None:
        self._tokenizer = tokenizer
        self._stop_strings = stop_strings
        added = tokenizer.added_tokens_decoder
        self._special = {token for token, info in added.items() if info.special}
        self._special.update(tokenizer.all_special_ids)
        # Each token but the special ones holds at least a byte of the text.
        longest = max((len(stop.encode()) for stop in stop_strings), default=0)
        self._window = longest + 1
        self._fences: dict[int, bool] = {}

    def text(self, prompt_ids: Sequence[int], token_ids: Sequence[int]) -> str:
        """Return the whole text of a continuation, stop strings included."""
        plain = [token for token in token_ids if token not in self._special]
        context = list(prompt_ids[-_CONTEXT_TOKENS:])
        before, whole = self._decode(context), self._decode(context + plain)
        # A prompt that ends inside a character of several bytes gives no common beginning.
        return whole[len(before) :] if whole.startswith(before) else self._decode(plain)

    def cut(self, text: str) -> str:
        """Return the text before the first stop string, or all of it."""
        found = [text.find(stop) for stop in self._stop_strings]
        return text[: min((start for start in found if start >= 0), default=len(text))]

    def stopped(self, prompt_ids: Sequence[int], token_ids: Sequence[int]) -> bool:
        """Return whether the last token has completed a stop string."""
        if not self._stop_strings:
            return False
        recent = [token for token in token_ids[-self._window :] if token not in self._special]
        if not self._holds_stop(self._decode(recent)):
            return False
        return self._holds_stop(self.text(prompt_ids, token_ids))

    def is_complete(self, row: Row, token_ids: Sequence[int]) -> bool:
        """Return whether the last token has completed what is wanted of a row's text.

        What is wanted ends with a fence, so that only tokens with a part of one are looked at.
        """
        if row.end is None or not self._holds_fence(token_ids[-1]):
            return False
        return row.end.find(self.text(row.prompt_ids, token_ids)) is not None

    def _holds_fence(self, token: int) -> bool:
        if token not in self._fences:
            self._fences[token] = "`" in self._decode([token])
        return self._fences[token]

    def _holds_stop(self, text: str) -> bool:
        return any(stop in text for stop in self._stop_strings)

    def _decode(self, token_ids: list[int]) -> str:
        text = self._tokenizer.decode(
            token_ids, skip_special_tokens=False, clean_up_tokenization_spaces=False
        )
        assert isinstance(text, str)
        return text
