"""Rows -> answers, decoded by a running server with OpenAI's interface.

Prompts go out as token ids (or as text, where a server reads only that). The base is asked by the
model name that the study gives, an adapter by a name made of its trial, step and hash: a server
that already serves an adapter under this name is asked as it is, another one is asked to load it
(vLLM and SGLang can, where it is allowed and they see the same folder). What weights a server holds
behind a name cannot be checked from here, save that an adapter must change the base's answer.

A row's answer depends on its prompt and seed as far as the server keeps that promise. Numbers that
are not finite are an error only where the server says so.

Sources: the documentation of vLLM's OpenAI-compatible server (0.33), SGLang's native and OpenAI
interfaces, and llama.cpp's server.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

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
from kiyas.records import FinishReason

_NUM_REQUESTS = 32
"""Questions under way together where the study does not say; a server queues the rest."""
_PROBE_TOKENS = 5
"""Most likely first tokens in which an adapter must differ from the base."""
_REASONS: dict[str | None, FinishReason] = {"stop": "stop", "length": "length"}


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
        self._served: Served | None = None
        self._checked: set[str] = set()
        self._has_said = False

    @property
    def context_tokens(self) -> int | None:
        """Return the smaller of the base's positions and what the server says it has."""
        base = getattr(self._base.model.config, "max_position_embeddings", None)
        served = self._models()[self._model].get("max_model_len")
        known = [limit for limit in (base, served) if isinstance(limit, int)]
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
    def _model(self) -> str:
        """Return the name of the base at the server."""
        return base_name(self._models(), self._given_model, self._server.host)

    def _models(self) -> Served:
        if self._served is None:
            self._served = list_served(self._server)
        return self._served

    def _name_of(self, folder: Path | None) -> str:
        """Return the model name to ask for, and have the server load what it does not serve."""
        if folder is None:
            return self._model
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
        self._models()[adapter.name] = {"id": adapter.name, "parent": self._model}

    def _check_shows(self, name: str, row: Row) -> None:
        """Refuse an adapter under which the first token is exactly as likely as without it."""
        if name in self._checked:
            return
        self._checked.add(name)
        seen = [self._likely_first(row, model) for model in (self._model, name)]
        if None in seen:
            self._say(f"the server gives no likelihoods, so adapter {name} is not checked")
        elif seen[0] == seen[1]:
            raise ModelError(
                "the adapter changes nothing: the logits are those of the base",
                where=str(row.adapter),
                received=f"the same likelihoods from {self._model} and {name}",
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
        choice, _ = self._choice(question, row)
        with suppress(KeyError, TypeError, IndexError):
            return choice["logprobs"]["top_logprobs"][0]
        return None

    def _answer(
        self, row: Row, settings: DecodingSettings, model: str, text: CompletionText
    ) -> DecodedRow:
        started = time.perf_counter()
        choice, usage = self._choice(self._question(row, settings, model), row)
        reason = _REASONS.get(choice.get("finish_reason"), "error")
        token_ids = choice.get("token_ids")
        if isinstance(token_ids, list):
            whole = text.text(row.prompt_ids, token_ids)
        else:
            whole = choice["text"]
            token_ids = self._recoded(whole, usage, reason, settings)
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

    def _choice(self, question: dict[str, Any], row: Row) -> tuple[dict[str, Any], dict[str, Any]]:
        """Ask and return the first choice and the counts of tokens."""
        try:
            answer = self._server.post("completions", question)
        except RefusalError as error:
            raise self._server.refused(error) from error
        try:
            choice, usage = answer["choices"][0], answer.get("usage") or {}
            assert isinstance(choice["text"], str)
        except (KeyError, IndexError, TypeError, AttributeError, AssertionError) as error:
            raise self._server.unreadable("a choice with its text") from error
        read = usage.get("prompt_tokens")
        if isinstance(read, int) and read != len(row.prompt_ids):
            raise PredictionError(
                "the server reads the prompt as other tokens",
                where=f"predict.server, row {row.index}",
                received=f"{read} tokens",
                expected=f"{len(row.prompt_ids)} tokens",
                next_step="see that the server has the base's own tokenizer and adds no tokens"
                + (", or set `predict.server.sends_text: false`" if self._sends_text else ""),
            )
        return choice, usage

    def _recoded(
        self, text: str, usage: dict[str, Any], reason: FinishReason, settings: DecodingSettings
    ) -> list[int]:
        """Return a text's tokens where a server gives none, with the end token if it counts one."""
        if not self._has_said:
            self._has_said = True
            self._say("the server gives no token ids: tokens are counted on the text, read again")
        token_ids = list(self._base.tokenizer(text, add_special_tokens=False)["input_ids"])
        is_ended = reason == "stop" and usage.get("completion_tokens") == len(token_ids) + 1
        return [*token_ids, *sorted(settings.end_token_ids)[:1]] if is_ended else token_ids
