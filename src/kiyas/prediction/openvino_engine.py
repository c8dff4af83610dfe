"""Rows -> answers, decoded by OpenVINO GenAI on the CPU: continuous batching, paged attention.

Adapters change between rows of different checkpoints, not within a batch: OpenVINO keeps one set of
them at a time. Stop strings are found here, so that all engines mean the same by them. Needs the
package ``openvino-genai`` (extra ``openvino``).

Source of the calls: the documentation of OpenVINO GenAI 2026.4 (ContinuousBatchingPipeline, LoRA).
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

from kiyas.errors import ModelError
from kiyas.models import Base, BaseSource
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
from kiyas.prediction.openvino_conversion import convert_base, openvino_module
from kiyas.records import FinishReason

_MAX_ROWS = 96
"""Rows together where the study does not say."""
_STEP_TOKENS = 2048
"""Token budget of one step, prefill included."""
_PRECISIONS = {"float32": "f32", "bfloat16": "bf16"}
_PROBE = DecodingSettings(max_new_tokens=1, end_token_ids=frozenset())


@dataclass
class _ActiveRow:
    row: Row
    handle: Any
    started: float
    token_ids: list[int] = field(default_factory=list)
    log_probs: list[float] = field(default_factory=list)


class OpenVinoEngine:
    """Decodes with OpenVINO GenAI on this machine's CPU.

    Args:
        base: The base, for its tokenizer, context and precision; its weights are not used.
        source: The base's files, which are converted once.
        batch_size: Rows decoded together.
        say: Is told that the base is converted.
    """

    name = "openvino"
    capacity = Capacity()

    def __init__(
        self,
        base: Base,
        source: BaseSource,
        *,
        batch_size: int | Literal["auto"] = "auto",
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._base, self._source, self._say = base, source, say
        self._batch_size = _MAX_ROWS if batch_size == "auto" else batch_size
        self._pipeline: Any = None
        self._targets: frozenset[str] = frozenset()
        self._loaded: dict[str, Any] = {}
        self._checked: set[str] = set()
        self._num_asked = 0

    @property
    def context_tokens(self) -> int | None:
        """Return the positions that the base was made for; None if it does not say."""
        return self._base.context_tokens

    def decode(self, rows: Sequence[Row], settings: DecodingSettings) -> Iterator[DecodedRow]:
        """Decode every row, adapter by adapter; see ``Engine.decode``."""
        check_room(rows, self.context_tokens)
        by_adapter: dict[Path | None, list[Row]] = {}
        for row in rows:
            by_adapter.setdefault(row.adapter, []).append(row)
        for folder, group in by_adapter.items():
            adapter = None if folder is None else read_adapter(folder, self._base.name)
            self._prepare(adapter)
            if adapter is not None:
                self._check_shows(adapter, group[0])
            self._apply(adapter)
            yield from self._decode_group(group, settings)

    def close(self) -> None:
        """Let the compiled model and the adapters go."""
        self._pipeline = None
        self._loaded.clear()

    def _prepare(self, adapter: AdapterFiles | None) -> None:
        """Compile the model, or compile it again with places for the layers of an adapter."""
        if adapter is not None:
            refuse_dora(adapter, self.name)
        wanted = frozenset() if adapter is None else _target_layers(adapter)
        if self._pipeline is not None and wanted <= self._targets:
            return
        genai = openvino_module("openvino_genai")
        folder = convert_base(self._source, self._say)
        scheduler = genai.SchedulerConfig()
        scheduler.max_num_seqs = self._batch_size
        scheduler.max_num_batched_tokens = _STEP_TOKENS
        precision = _PRECISIONS[self._base.dtype]
        # OpenVINO would keep keys and values in 8 bits by itself.
        settings = {"INFERENCE_PRECISION_HINT": precision, "KV_CACHE_PRECISION": precision}
        self.close()
        if adapter is not None:
            places = genai.AdapterConfig(genai.AdapterConfig.Mode.MODE_DYNAMIC)
            places.add(self._adapter(adapter), adapter.scale)
            settings["adapters"] = places
        self._pipeline = genai.ContinuousBatchingPipeline(str(folder), scheduler, "CPU", settings)
        self._targets = wanted

    def _adapter(self, adapter: AdapterFiles) -> Any:
        if adapter.sha256 not in self._loaded:
            genai = openvino_module("openvino_genai")
            self._loaded[adapter.sha256] = genai.Adapter(str(adapter.weights))
        return self._loaded[adapter.sha256]

    def _apply(self, adapter: AdapterFiles | None) -> None:
        """Put an adapter on, or none: only ``generate`` does it, so it is asked for one token."""
        if not self._targets:
            return
        genai = openvino_module("openvino_genai")
        config = genai.GenerationConfig(max_new_tokens=1)
        config.adapters = genai.AdapterConfig()
        if adapter is not None:
            config.adapters = genai.AdapterConfig(self._adapter(adapter), adapter.scale)
        self._pipeline.generate([_ids_tensor((1,))], [config])

    def _check_shows(self, adapter: AdapterFiles, row: Row) -> None:
        """Refuse an adapter under which the first token is exactly as likely as without it."""
        if adapter.sha256 in self._checked:
            return
        seen = []
        for applied in (None, adapter):
            self._apply(applied)
            [active] = list(self._run([row], _PROBE))
            seen.append((active.token_ids, active.log_probs))
        if seen[0] == seen[1]:
            raise ModelError(
                "the adapter changes nothing: the logits are those of the base",
                where=str(adapter.folder),
                expected="other logits on the first prompt",
                next_step="train longer or with a higher learning rate",
            )
        self._checked.add(adapter.sha256)

    def _decode_group(
        self, rows: Sequence[Row], settings: DecodingSettings
    ) -> Iterator[DecodedRow]:
        text = CompletionText(self._base.tokenizer, settings.stop_strings)
        shortest_first = sorted(rows, key=lambda row: len(row.prompt_ids))
        for active in self._run(shortest_first, settings, text):
            is_ended = active.token_ids[-1] in settings.end_token_ids
            is_ended = is_ended or text.stopped(active.row.prompt_ids, active.token_ids)
            whole = text.text(active.row.prompt_ids, active.token_ids)
            reason: FinishReason = "stop" if is_ended else "length"
            yield DecodedRow(
                index=active.row.index,
                text=text.cut(whole),
                token_ids=tuple(active.token_ids),
                finish_reason=reason,
                seconds=time.perf_counter() - active.started,
            )

    def _run(
        self, rows: Sequence[Row], settings: DecodingSettings, text: CompletionText | None = None
    ) -> Iterator[_ActiveRow]:
        """Decode rows together and give each as it ends."""
        waiting: list[_ActiveRow] = []
        try:
            for row in rows:
                self._num_asked += 1
                handle = self._pipeline.add_request(
                    self._num_asked, _ids_tensor(row.prompt_ids), self._config(row, settings)
                )
                waiting.append(_ActiveRow(row, handle, time.perf_counter()))
            while waiting and self._pipeline is not None:
                self._pipeline.step()
                for active in list(waiting):
                    if self._advance(active, settings, text):
                        waiting.remove(active)
                        yield active
        finally:
            for active in waiting:
                active.handle.cancel()
            # A further step drops what was stopped.
            while self._pipeline is not None and self._pipeline.has_non_finished_requests():
                self._pipeline.step()

    def _advance(
        self, active: _ActiveRow, settings: DecodingSettings, text: CompletionText | None
    ) -> bool:
        """Take a row's new tokens; return whether it is done."""
        limit = token_limit(active.row, settings, self.context_tokens)
        while active.handle.can_read():
            for output in active.handle.read().values():
                for token, log_prob in zip(
                    output.generated_ids, output.generated_log_probs, strict=False
                ):
                    active.token_ids.append(token)
                    active.log_probs.append(log_prob)
                    if token in settings.end_token_ids or len(active.token_ids) >= limit:
                        return True
                    if text is not None and text.stopped(active.row.prompt_ids, active.token_ids):
                        active.handle.stop()
                        return True
        return False

    def _config(self, row: Row, settings: DecodingSettings) -> Any:
        config = openvino_module("openvino_genai").GenerationConfig()
        config.max_new_tokens = token_limit(row, settings, self.context_tokens)
        config.do_sample = settings.temperature > 0
        if config.do_sample:
            config.temperature, config.top_p = settings.temperature, settings.top_p
            config.rng_seed = short_seed(row)
        config.stop_token_ids = set(settings.end_token_ids)
        config.ignore_eos = not settings.end_token_ids
        config.logprobs = 1
        return config


def _ids_tensor(token_ids: Sequence[int]) -> Any:
    return openvino_module("openvino").Tensor(np.array([token_ids], dtype=np.int64))


def _target_layers(adapter: AdapterFiles) -> frozenset[str]:
    """Return the names of the layers that an adapter changes, from the head of its file."""
    with adapter.weights.open("rb") as file:
        size = int.from_bytes(file.read(8), "little")
        tensors = json.loads(file.read(size))
    return frozenset(name.rpartition(".lora_")[0] for name in tensors if ".lora_" in name)
