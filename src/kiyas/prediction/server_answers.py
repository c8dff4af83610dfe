"""A server's JSON -> its answer to one question, with every type checked.

Knows no server and no row; what is wrong is pydantic's to say.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, NonNegativeInt

from kiyas.records import FinishReason

_REASONS: dict[str | None, FinishReason] = {
    "stop": "stop",
    "length": "length",
    # Text Generation Inference says the first two of these, Together the third.
    "eos_token": "stop",
    "stop_sequence": "stop",
    "eos": "stop",
}
_GIVEN_UP = ("abort", "aborted", "cancelled", "canceled", "error")
"""Reasons of a server that did not decode to the end, which is no fault of the model."""


def _whole_signs(text: str) -> str:
    text.encode()  # half of a pair of surrogates is a ValueError, and no tokenizer reads it
    return text


class ServerChoice(BaseModel):
    """One completion of an answer."""

    model_config = ConfigDict(frozen=True, strict=True)

    text: Annotated[str, AfterValidator(_whole_signs)]
    """The text, as the server tells it."""
    finish_reason: str | None = None
    """Why decoding ended, in the server's words."""
    token_ids: list[NonNegativeInt] | None = None
    """Its tokens; None from a server that gives none."""
    logprobs: Any = None
    """The likelihoods that were asked for, in whatever form."""

    @property
    def reason(self) -> FinishReason | None:
        """Return why decoding ended; None if the server does not say it in words that are known."""
        return _REASONS.get(self.finish_reason)


class ServerAnswer(BaseModel):
    """An answer in the form of OpenAI's completions; what else it holds is left unread."""

    model_config = ConfigDict(frozen=True, strict=True)

    choices: Annotated[list[ServerChoice], Field(min_length=1)]
    """The completions; one is asked for."""
    usage: dict[str, Any] | None = None
    """Counts of tokens, if the server gives them."""

    @property
    def choice(self) -> ServerChoice:
        """Return the completion that was asked for."""
        return self.choices[0]

    @property
    def num_prompt_tokens(self) -> int | None:
        """Return how many tokens the server read; None if it does not say."""
        return self._counted("prompt_tokens")

    @property
    def num_tokens(self) -> int | None:
        """Return how many tokens the server decoded; None if it does not say."""
        if self.choice.token_ids:
            return len(self.choice.token_ids)
        return self._counted("completion_tokens")

    def _counted(self, key: str) -> int | None:
        count = (self.usage or {}).get(key)
        return count if isinstance(count, int) else None


def find_break(answer: Any) -> str | None:
    """Return why an answer is not a whole one: the server says that it gave it up; else None."""
    with suppress(LookupError, TypeError):
        reason = answer["choices"][0]["finish_reason"]
        if reason in _GIVEN_UP:
            return f"an answer that was given up: {reason}"
    return None
