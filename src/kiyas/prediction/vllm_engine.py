"""Rows -> answers, decoded by vLLM: one engine in this process, all adapters in one queue.

Needs a GPU and the package ``vllm`` (extra ``vllm``), which is imported when rows are first
decoded. vLLM loads the base from its folder by itself; the ``Base`` given here may be empty of
weights. Numbers that are not finite are not seen: vLLM turns them into some token.

Source of the calls: vLLM's documentation of ``LLMEngine`` and its example of several adapters
(docs.vllm.ai, "MultiLoRA Inference"), read in version 0.33.
"""

from __future__ import annotations

import gc
import importlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

from kiyas.errors import MissingExtraError, ModelError, PredictionError, first_line
from kiyas.models import Base
from kiyas.prediction.adapter_files import AdapterFiles, read_adapter, refuse_dora
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
from kiyas.records import FinishReason

_RANKS = (8, 16, 32, 64, 128, 256, 320, 512)
"""Ranks that vLLM can be built for; an adapter of a lower rank fits."""
_MAX_ADAPTERS = 8
"""Adapters in one batch: each costs memory on the GPU for its largest possible weights."""
_PROMPT_TOKENS = 8192
"""Room for prompts: vLLM must be able to keep one row of full length, which bases of 128,000
positions would not leave room for on a small GPU."""
_PROBE = DecodingSettings(max_new_tokens=1, end_token_ids=frozenset())
_PROBE_TOKENS = 5
"""Tokens whose probability an adapter must change."""
_REASONS: dict[str | None, FinishReason] = {"stop": "stop", "length": "length"}


class VllmEngine:
    """Decodes with vLLM on this machine's GPU.

    Args:
        base: The base, for its tokenizer, context and precision; its weights are not used.
        folder: The base's files.
        max_new_tokens: The study's limit, which bounds the rows that vLLM must have room for.
        batch_size: Rows decoded together at most; ``auto`` leaves it to vLLM.
        say: Is told when the engine is loaded again, because an adapter is larger than those
            before.
    """

    name = "vllm"
    capacity = Capacity(max_rows=4096, mixes_adapters=True)

    def __init__(
        self,
        base: Base,
        folder: Path,
        *,
        max_new_tokens: int,
        batch_size: int | Literal["auto"] = "auto",
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._base, self._folder, self._say = base, folder, say
        self._batch_size = batch_size
        self._longest = _PROMPT_TOKENS + max_new_tokens
        self._engine: Any = None
        self._rank = 0
        self._numbers: dict[str, int] = {}
        self._checked: set[str] = set()
        self._num_asked = 0
        self._lock = threading.Lock()
        self._is_closed = False

    @property
    def context_tokens(self) -> int | None:
        """Return the base's positions, or fewer where it has more than a study needs."""
        positions = self._base.context_tokens
        return self._longest if positions is None else min(positions, self._longest)

    def decode(self, rows: Sequence[Row], settings: DecodingSettings) -> Iterator[DecodedRow]:
        """Decode all rows in one queue, whatever their adapters; see ``Engine.decode``."""
        check_room(rows, self.context_tokens)
        adapters: dict[Path | None, AdapterFiles] = {
            row.adapter: read_adapter(row.adapter, self._base.name)
            for row in rows
            if row.adapter is not None
        }
        for adapter in adapters.values():
            refuse_dora(adapter, self.name)
        self._prepare(max((adapter.rank for adapter in adapters.values()), default=0))
        for row in rows:
            if row.adapter is not None:
                self._check_shows(adapters[row.adapter], row)
        text = CompletionText(self._base.tokenizer, settings.stop_strings)
        for row, output, seconds in self._outputs(rows, settings, adapters):
            yield _decoded(row, output, seconds, text)

    def close(self) -> None:
        """Let the engine go when it has taken its step, and its memory on the GPU with it."""
        self._is_closed = True
        with self._lock:  # nothing wakes a step whose engine is gone
            self._unload()

    def _unload(self) -> None:
        if self._engine is not None:
            core = getattr(self._engine, "engine_core", None)
            if core is not None and hasattr(core, "shutdown"):
                core.shutdown()
        self._engine = None
        gc.collect()

    def _prepare(self, rank: int) -> None:
        """Load vLLM, or load it again if it was built for adapters of a lower rank."""
        if self._engine is not None and rank <= self._rank:
            return
        if self._engine is not None:
            self._say(f"vLLM is loaded again, for adapters of rank {rank}")
            self._unload()
        fitting = [allowed for allowed in _RANKS if allowed >= rank]
        if not fitting:
            raise ModelError(
                "vLLM takes no adapter of this rank",
                where=f"base {self._base.name}",
                received=f"rank {rank}",
                expected=f"at most {_RANKS[-1]}",
                next_step="set `predict.engine: transformers`",
            )
        vllm = _module("vllm")
        lora = {"enable_lora": True, "max_loras": _MAX_ADAPTERS, "max_lora_rank": fitting[0]}
        rows = {} if self._batch_size == "auto" else {"max_num_seqs": self._batch_size}
        try:
            arguments = vllm.EngineArgs(
                model=str(self._folder),
                dtype=self._base.dtype,
                max_model_len=self.context_tokens,
                generation_config="vllm",  # a base's own penalties are no part of the study
                **(lora if rank else {}),
                **rows,
            )
            self._engine = vllm.LLMEngine.from_engine_args(arguments)
        except (ValueError, RuntimeError, OSError) as error:
            raise PredictionError(
                "vLLM cannot be started",
                where=f"base {self._base.name}",
                received=first_line(error),
                expected="a GPU with room for the base and one row of full length",
                next_step="set `predict.engine: transformers`, or free memory on the GPU",
            ) from error
        self._rank = fitting[0] if rank else 0

    def _check_shows(self, adapter: AdapterFiles, row: Row) -> None:
        """Refuse an adapter under which the first token is exactly as likely as without it."""
        if adapter.name in self._checked:
            return
        bare = Row(0, row.prompt_ids, None, 0)
        with_adapter = Row(1, row.prompt_ids, row.adapter, 0)
        seen = [
            output.outputs[0].logprobs[0]
            for asked in (bare, with_adapter)
            for _, output, _ in self._outputs([asked], _PROBE, {row.adapter: adapter}, probe=True)
        ]
        if _likelihoods(seen[0]) == _likelihoods(seen[1]):
            raise ModelError(
                "the adapter changes nothing: the logits are those of the base",
                where=str(adapter.folder),
                expected="other logits on the first prompt",
                next_step="train longer or with a higher learning rate",
            )
        self._checked.add(adapter.name)

    def _outputs(
        self,
        rows: Sequence[Row],
        settings: DecodingSettings,
        adapters: dict[Path | None, AdapterFiles],
        *,
        probe: bool = False,
    ) -> Iterator[tuple[Row, Any, float]]:
        """Ask vLLM and give each row with its final output and wall seconds in the queue."""
        waiting: dict[str, Row] = {}
        started = time.perf_counter()
        try:
            for row in rows:
                self._num_asked += 1
                name = str(self._num_asked)
                parameters = self._parameters(row, settings, probe=probe)
                lora_request = self._lora_request(adapters.get(row.adapter))
                prompt = {"prompt_token_ids": list(row.prompt_ids)}
                with self._lock:
                    if self._is_closed:
                        return
                    self._engine.add_request(name, prompt, parameters, lora_request=lora_request)
                waiting[name] = row
            while (outputs := self._step()) is not None:
                for output in outputs:
                    if output.finished:
                        yield waiting.pop(output.request_id), output, time.perf_counter() - started
        finally:
            with self._lock:
                if waiting and not self._is_closed:
                    self._engine.abort_request(list(waiting))

    def _step(self) -> list[Any] | None:
        """Take a step and return what it gives; None if nothing is left to do."""
        with self._lock:
            if self._is_closed or not self._engine.has_unfinished_requests():
                return None
            outputs: list[Any] = self._engine.step()
            return outputs

    def _parameters(self, row: Row, settings: DecodingSettings, *, probe: bool) -> Any:
        sampling = _module("vllm.sampling_params")
        return sampling.SamplingParams(
            temperature=settings.temperature,
            top_p=settings.top_p,
            max_tokens=token_limit(row, settings, self.context_tokens),
            seed=short_seed(row),
            stop=list(settings.stop_strings),
            include_stop_str_in_output=True,
            stop_token_ids=sorted(settings.end_token_ids),
            ignore_eos=True,  # the end tokens are the study's, the base's own among them
            logprobs=_PROBE_TOKENS if probe else None,
            detokenize=bool(settings.stop_strings),
            skip_special_tokens=False,
            output_kind=sampling.RequestOutputKind.FINAL_ONLY,
        )

    def _lora_request(self, adapter: AdapterFiles | None) -> Any:
        if adapter is None:
            return None
        number = self._numbers.setdefault(adapter.name, len(self._numbers) + 1)
        return _module("vllm.lora.request").LoRARequest(adapter.name, number, str(adapter.folder))


def _module(name: str) -> Any:
    """Import a part of vLLM, which carries no types that a machine without it could check."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise MissingExtraError("the vllm engine", "vllm") from error


def _likelihoods(logprobs: Any) -> dict[int, float]:
    return {token: entry.logprob for token, entry in logprobs.items()}


def _decoded(row: Row, output: Any, seconds: float, text: CompletionText) -> DecodedRow:
    answer = output.outputs[0]
    token_ids = tuple(answer.token_ids)
    return DecodedRow(
        index=row.index,
        text=text.cut(text.text(row.prompt_ids, token_ids)),
        token_ids=token_ids,
        finish_reason=_REASONS.get(answer.finish_reason, "error"),
        seconds=seconds,
    )
