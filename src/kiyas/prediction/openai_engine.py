"""Rows -> answers, decoded by a running server with OpenAI's interface.

Prompts go out as token ids (or as text, where a server reads only that). The base is asked by the
model name that the study gives, an adapter by a name made of its trial, step and hash: a server
that already serves an adapter under this name is asked as it is, another one is asked to load it
(vLLM and SGLang can, where it is allowed and they see the same folder). What weights a server holds
behind a name cannot be checked from here, save that an adapter must change the base's answer.

A row's answer depends on its prompt and seed as far as the server keeps that promise. What a server
gives up is asked for again; none tells of numbers that are not finite.

Sources: the documentation of vLLM's OpenAI-compatible server (0.33), SGLang's native and OpenAI
interfaces, and llama.cpp's server.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from kiyas.errors import ModelError, PredictionError
from kiyas.models import Base
from kiyas.prediction.adapter_files import AdapterFiles, read_adapter
from kiyas.prediction.completion_server import CompletionServer, RefusalError
from kiyas.prediction.completion_text import CompletionText
from kiyas.prediction.engines import (
    Capacity,
    DecodedRow,
    DecodingSettings,
    Row,
    check_room,
    short_seed,
    token_limit,
)
from kiyas.prediction.served_models import Served, base_name, list_served
from kiyas.prediction.server_answers import ServerAnswer, find_break
from kiyas.records import FinishReason

_NUM_REQUESTS = 32
"""Questions under way together where the study does not say; a server queues the rest."""
_PROBE_TOKENS = 5
"""Most likely first tokens in which an adapter must differ from the base."""


class OpenAIEngine:
    """Decodes at a server.

    Args:
        base: The base, for its tokenizer and context; its weights are not used.
        server: The server.
        model: Name of the base there; None if it serves a single one.
        batch_size: Questions under way together.
        sends_text: Send prompts as text, for servers that read no token ids.
        say: Is told what the server cannot do.
    """

    name = "openai"
    capacity = Capacity(max_rows=1024, mixes_adapters=True)

    def __init__(
        self,
        base: Base,
        server: CompletionServer,
        *,
        model: str | None = None,
        batch_size: int | Literal["auto"] = "auto",
        sends_text: bool = False,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._base, self._server, self._say = base, server, say
        self._sends_text = sends_text
        self._num_requests = _NUM_REQUESTS if batch_size == "auto" else batch_size
        self._given_model = model
        rows = base.model.config.get_text_config().vocab_size  # a tokenizer may leave some unused
        self._num_known_ids = max(len(base.tokenizer), rows)
        self._served: Served | None = None
        self._checked: set[str] = set()
        self._has_said = False

    @property
    def context_tokens(self) -> int | None:
        """Return the smaller of the base's positions and what the server says it has."""
        served = self._models()[self.served_model].get("max_model_len")
        known = [limit for limit in (self._base.context_tokens, served) if isinstance(limit, int)]
        return min(known, default=None)

    def decode(self, rows: Sequence[Row], settings: DecodingSettings) -> Iterator[DecodedRow]:
        """Ask for every row and give each answer as it comes; see ``Engine.decode``."""
        check_room(rows, self.context_tokens)
        names = {adapter: self._name_of(adapter) for adapter in {row.adapter for row in rows}}
        for row in rows:
            if row.adapter is not None:
                self._check_shows(names[row.adapter], row)
        text = CompletionText(self._base.tokenizer, settings.stop_strings)
        pool = ThreadPoolExecutor(max_workers=self._num_requests)
        try:
            asked = [
                pool.submit(self._answer, row, settings, names[row.adapter], text) for row in rows
            ]
            for answered in as_completed(asked):
                yield answered.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    def close(self) -> None:
        """Ask no more; the server keeps the adapters that it was asked to load."""
        self._server.close()

    @property
    def served_model(self) -> str:
        """Return the name of the base at the server."""
        return base_name(self._models(), self._given_model, self._server.host)

    def _models(self) -> Served:
        if self._served is None:
            self._served = list_served(self._server)
        return self._served

    def _name_of(self, folder: Path | None) -> str:
        """Return the model name to ask for, and have the server load what it does not serve."""
        if folder is None:
            return self.served_model
        adapter = read_adapter(folder, self._base.name)
        if adapter.name not in self._models():
            self._load(adapter)
        return adapter.name

    def _load(self, adapter: AdapterFiles) -> None:
        question = {"lora_name": adapter.name, "lora_path": str(adapter.folder)}
        try:
            self._server.tell("load_lora_adapter", question)
        except RefusalError as error:
            raise ModelError(
                "the server does not serve the adapter, and will not load it",
                where=str(adapter.folder),
                received=str(error),
                expected=f"a model named {adapter.name}",
                next_step=f"start the server with --lora-modules {adapter.name}={adapter.folder}, "
                "or (vLLM) with VLLM_ALLOW_RUNTIME_LORA_UPDATING=1",
            ) from error
        self._models()[adapter.name] = {"id": adapter.name, "parent": self.served_model}

    def _check_shows(self, name: str, row: Row) -> None:
        """Refuse an adapter under which the first token is exactly as likely as without it."""
        if name in self._checked:
            return
        self._checked.add(name)
        seen = [self._likely_first(row, model) for model in (self.served_model, name)]
        if None in seen:
            self._say(f"the server gives no likelihoods, so adapter {name} is not checked")
        elif seen[0] == seen[1]:
            raise ModelError(
                "the adapter changes nothing: the logits are those of the base",
                where=str(row.adapter),
                received=f"the same likelihoods from {self.served_model} and {name}",
                expected="other likelihoods on the first prompt",
                next_step="see that the server applies the adapter, or train it longer",
            )

    def _likely_first(self, row: Row, model: str) -> Any:
        question = {
            "model": model,
            "prompt": self._prompt(row),
            "max_tokens": 1,
            "temperature": 0,
            "logprobs": _PROBE_TOKENS,
        }
        choice = self._ask(question, row).choice
        with suppress(KeyError, TypeError, IndexError):
            return choice.logprobs["top_logprobs"][0]
        return None

    def _answer(
        self, row: Row, settings: DecodingSettings, model: str, text: CompletionText
    ) -> DecodedRow:
        started = time.perf_counter()
        answer = self._ask(self._question(row, settings, model), row)
        reason = self._reason(answer)
        if answer.choice.token_ids:
            token_ids = answer.choice.token_ids
            whole = text.text(row.prompt_ids, token_ids)
        else:
            token_ids = self._recoded(answer, settings)
            whole = answer.choice.text
        return DecodedRow(
            index=row.index,
            text=text.cut(whole),
            token_ids=tuple(token_ids),
            finish_reason=reason,
            seconds=time.perf_counter() - started,
        )

    def _question(self, row: Row, settings: DecodingSettings, model: str) -> dict[str, Any]:
        question: dict[str, Any] = {
            "model": model,
            "prompt": self._prompt(row),
            "max_tokens": token_limit(row, settings, self.context_tokens),
            "temperature": settings.temperature,
            "top_p": settings.top_p,
            "seed": short_seed(row),
            # Beyond OpenAI's interface; a server that does not know a key leaves it unread.
            "stop_token_ids": sorted(settings.end_token_ids),
            "return_token_ids": True,
            "include_stop_str_in_output": True,
            "add_special_tokens": False,
            # Servers take these from the base's own generation config unless they are given.
            "top_k": -1,
            "min_p": 0.0,
            "repetition_penalty": 1.0,
            "presence_penalty": 0.0,
            "frequency_penalty": 0.0,
        }
        if settings.stop_strings:
            question["stop"] = list(settings.stop_strings)
        return question

    def _prompt(self, row: Row) -> list[int] | str:
        if not self._sends_text:
            return list(row.prompt_ids)
        text = self._base.tokenizer.decode(
            list(row.prompt_ids), skip_special_tokens=False, clean_up_tokenization_spaces=False
        )
        assert isinstance(text, str)
        return text

    def _ask(self, question: dict[str, Any], row: Row) -> ServerAnswer:
        """Ask and return an answer to this very prompt, as long as it may be at most."""
        try:
            told = self._server.post("completions", question, find_break=find_break)
        except RefusalError as error:
            raise self._server.refused(error) from error
        try:
            answer = ServerAnswer.model_validate(told)
        except ValidationError as error:
            first = error.errors()[0]
            cause = ": ".join((*map(str, first["loc"]), first["msg"]))
            raise self._server.unreadable("a choice with its text", cause) from error
        self._check_tokens(answer, question["max_tokens"], row)
        return answer

    def _check_tokens(self, answer: ServerAnswer, max_tokens: int, row: Row) -> None:
        """Refuse an answer to another prompt, one that is too long, and tokens of another base."""
        read, decoded = answer.num_prompt_tokens, answer.num_tokens
        if read is not None and read != len(row.prompt_ids):
            raise PredictionError(
                "the server reads the prompt as other tokens",
                where=f"predict.server, row {row.index}",
                received=f"{read} tokens",
                expected=f"{len(row.prompt_ids)} tokens",
                next_step="see that the server has the base's own tokenizer and adds no tokens"
                + (", or set `predict.server.sends_text: false`" if self._sends_text else ""),
            )
        if decoded is not None and decoded > max_tokens:
            raise PredictionError(
                "the server decodes more tokens than it is asked for",
                where=f"predict.server, row {row.index}",
                received=f"{decoded} tokens",
                expected=f"at most {max_tokens} tokens",
                next_step="see that the server, or what stands before it, passes on max_tokens",
            )
        largest = max(answer.choice.token_ids or (), default=0)
        if largest >= self._num_known_ids:
            raise PredictionError(
                "the server answers with a token that the base does not have",
                where=f"predict.server, row {row.index}",
                received=f"token id {largest}",
                expected=f"token ids below {self._num_known_ids}",
                next_step="see that the server has the base that the study names",
            )

    def _reason(self, answer: ServerAnswer) -> FinishReason:
        """Return why an answer ended; one of an end that is not known is no answer of the model."""
        if answer.choice.reason is None:
            told = f"finish_reason: {json.dumps(answer.choice.finish_reason)}"
            raise self._server.unreadable("a finish_reason of stop or length", told)
        return answer.choice.reason

    def _recoded(self, answer: ServerAnswer, settings: DecodingSettings) -> list[int]:
        """Return a text's tokens where a server gives none, with the end token if it counts one."""
        if not self._has_said:
            self._has_said = True
            self._say("the server gives no token ids: tokens are counted on the text, read again")
        coded = self._base.tokenizer(answer.choice.text, add_special_tokens=False)
        token_ids = list(coded["input_ids"])
        counts_end = answer.num_tokens == len(token_ids) + 1
        is_ended = answer.choice.reason == "stop" and counts_end
        return [*token_ids, *sorted(settings.end_token_ids)[:1]] if is_ended else token_ids
