"""Example or problem, protocol -> token ids: one rendering for training and for evaluation.

The prompt of an example and of a problem are made by the same lines, and a response is put behind
the prompt token by token, so a model is asked exactly as it was taught. Nothing is ever stripped.
Does not pad and does not batch.

What the protocols are::

    completion    the problem's source as it is        -> the text that goes on
    chat          a user turn that asks for it         -> the assistant's answer
    chat-prefill  the same, the answer begun for the   -> the source that goes on
                  model: an open code fence and the
                  problem's source

An example is always trained as an answer from its start, so chat and chat-prefill train alike.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kiyas.errors import ModelError
from kiyas.records import Example, Problem, Protocol

if TYPE_CHECKING:
    from kiyas.models.base import Base

RENDERING_VERSION = 1
"""Raised when the same input is rendered otherwise than before."""
_REQUEST = "Complete the following Python function.\n```python\n{source}```"
_FENCE = "```python\n"
# Some templates print today's date unless they are given one; a prompt must not change over night.
# The value is the one that Llama 3.2's own template falls back to.
_DATE = "26 Jul 2024"
_SENTINEL = "kiyas-answer"
_CANONICAL = Example("Add 1 to `x` — twice.", "<think>\nx + 2\n</think>\n```python\nx += 2\n```", 1)


@dataclass(frozen=True)
class RenderedPrompt:
    """What a model is sent."""

    token_ids: tuple[int, ...]
    """The prompt."""
    text: str
    """The same as text, special tokens shown."""
    prefix: str
    """Source text that the completion goes on from; empty where it is an answer of its own."""

    @property
    def hash(self) -> str:
        """Return the SHA-256 of the token ids, in hex."""
        return hashlib.sha256(json.dumps(self.token_ids).encode()).hexdigest()


@dataclass(frozen=True)
class RenderedExample:
    """What a model is trained on."""

    token_ids: tuple[int, ...]
    """Prompt, response and end token, cut at the limit."""
    num_prompt_tokens: int
    """Leading tokens that are read and not trained."""
    is_cut: bool
    """Whether tokens are missing at the end, the end token among them."""

    @property
    def num_trained_tokens(self) -> int:
        """Return the tokens that the loss is computed on."""
        return len(self.token_ids) - self.num_prompt_tokens


def render_problem(base: Base, problem: Problem, protocol: Protocol) -> RenderedPrompt:
    """Return the prompt of a benchmark problem.

    Raises:
        ModelError: A chat protocol, and the base has no chat template.
    """
    source = problem.prompt
    if protocol == "completion":
        token_ids, prefix = _completion_prompt(base, source), source
    else:
        fenced = source if source.endswith("\n") else source + "\n"
        token_ids, prefix = _chat_prompt(base, _REQUEST.format(source=fenced)), ""
        if protocol == "chat-prefill":
            token_ids += _encode(base, _FENCE + source)
            prefix = source
    return RenderedPrompt(tuple(token_ids), _decode(base, token_ids), prefix)


def render_example(
    base: Base, example: Example, protocol: Protocol, *, max_seq_len: int
) -> RenderedExample:
    """Return a training example: prompt, response and end token, at most ``max_seq_len`` tokens.

    Raises:
        ModelError: A chat protocol and no chat template, or no end token.
    """
    if protocol == "completion":
        gap = "" if example.prompt[-1:].isspace() else "\n"
        prompt = _completion_prompt(base, example.prompt + gap)
    else:
        prompt = _chat_prompt(base, example.prompt)
    token_ids = [*prompt, *_encode(base, example.response), end_token_id(base, protocol)]
    kept = tuple(token_ids[:max_seq_len])
    return RenderedExample(kept, min(len(prompt), len(kept)), len(kept) < len(token_ids))


def render_solution(base: Base, problem: Problem, protocol: Protocol) -> RenderedExample:
    """Return a problem's reference solution behind the prompt that it goes on from.

    Under ``completion`` and ``chat-prefill`` that is the prompt as sent. Under ``chat`` it is what
    ``chat-prefill`` sends: the prompt as sent, then an open code fence and the problem's source.
    Fence, source and the end of the answer are not among the trained tokens: what is asked is how
    likely the solution is, not in which form a model likes to answer.

    Raises:
        ModelError: A chat protocol, and the base has no chat template.
    """
    begun: Protocol = "chat-prefill" if protocol == "chat" else protocol
    prompt = render_problem(base, problem, begun).token_ids
    solution = _encode(base, problem.canonical_solution)
    return RenderedExample((*prompt, *solution), len(prompt), is_cut=False)


def end_token_id(base: Base, protocol: Protocol) -> int:
    """Return the token that ends a response: the template's end of turn, or the end of text.

    Raises:
        ModelError: The tokenizer has no such token, or a chat protocol has no template.
    """
    if protocol != "completion":
        turn = _end_of_turn(base)
        if turn is not None:
            return turn
    end = base.tokenizer.eos_token_id
    if not isinstance(end, int):
        raise ModelError(
            "the tokenizer has no end token, so a model would never learn to stop",
            where=f"base {base.name}",
            expected="eos_token in its tokenizer_config.json",
        )
    return end


def stop_token_ids(base: Base, protocol: Protocol) -> tuple[int, ...]:
    """Return every token that ends decoding, in rising order."""
    stops = {end_token_id(base, protocol)}
    config = base.model.generation_config
    for given in (config.eos_token_id if config else None, base.tokenizer.eos_token_id):
        stops.update(given if isinstance(given, list) else [given] if given is not None else [])
    return tuple(sorted(stops))


def rendering_hash(base: Base, protocol: Protocol) -> str:
    """Return a hash of how text becomes tokens; two equal hashes render alike.

    It covers this module's version, the chat template, the end token and the tokens of a fixed
    example and problem.

    Raises:
        ModelError: A chat protocol, and the base has no chat template.
    """
    problem = Problem("canonical", "def f(x):\n", "f", "")
    rendered = {
        "version": RENDERING_VERSION,
        "protocol": protocol,
        "template": None if protocol == "completion" else str(base.tokenizer.chat_template),
        "example": render_example(base, _CANONICAL, protocol, max_seq_len=1 << 20).token_ids,
        "problem": render_problem(base, problem, protocol).token_ids,
        "end": end_token_id(base, protocol),
    }
    return hashlib.sha256(json.dumps(rendered, sort_keys=True).encode()).hexdigest()


def _completion_prompt(base: Base, text: str) -> list[int]:
    token_ids: list[int] = list(base.tokenizer(text, add_special_tokens=True)["input_ids"])
    # Some tokenizers close every text with an end token; a prompt must stay open.
    last, end = token_ids[-1:], [base.tokenizer.eos_token_id]
    if last == end and _encode(base, text)[-1:] != end:
        token_ids.pop()
    return token_ids


def _chat_prompt(base: Base, request: str) -> list[int]:
    return _encode(base, _apply_template(base, [{"role": "user", "content": request}], open_=True))


def _encode(base: Base, text: str) -> list[int]:
    return list(base.tokenizer(text, add_special_tokens=False)["input_ids"])


def _decode(base: Base, token_ids: list[int]) -> str:
    text = base.tokenizer.decode(
        token_ids, skip_special_tokens=False, clean_up_tokenization_spaces=False
    )
    assert isinstance(text, str)
    return text


def _apply_template(base: Base, messages: list[dict[str, str]], *, open_: bool) -> str:
    if not base.tokenizer.chat_template:
        raise ModelError(
            "the base has no chat template",
            where=f"base {base.name}",
            received="a chat protocol",
            expected="a tokenizer with a chat_template",
            next_step="set `protocol: completion`, or name the instruct version of the model",
        )
    text = base.tokenizer.apply_chat_template(
        messages, tokenize=False, add_generation_prompt=open_, date_string=_DATE
    )
    assert isinstance(text, str)
    return text


def _end_of_turn(base: Base) -> int | None:
    """Find the first special token behind an answer, such as ``<|im_end|>``."""
    turns = [{"role": "user", "content": "?"}, {"role": "assistant", "content": _SENTINEL}]
    tail = _apply_template(base, turns, open_=False).rpartition(_SENTINEL)[2]
    special = set(base.tokenizer.all_special_ids) | set(base.tokenizer.added_tokens_decoder)
    return next((token for token in _encode(base, tail) if token in special), None)
