"""Study and machine -> the engine that decodes, and the base as that engine needs it.

``auto`` takes vLLM where there is a GPU and vLLM is installed, else transformers. It never takes
OpenVINO or a server by itself: the one is not faster everywhere, the other must be named.
"""

from __future__ import annotations

import importlib
import importlib.util
import platform
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Literal

from kiyas.config.prediction import PredictSettings
from kiyas.errors import MissingExtraError, PredictionError
from kiyas.models import (
    Base,
    BaseSource,
    choose_dtype,
    load_base,
    load_skeleton,
    locate_base,
)
from kiyas.models.wheels import cache_folder
from kiyas.prediction.cache_store import CompletionStore, find_limit_bytes
from kiyas.prediction.cached_engine import CachedEngine, CacheIdentity
from kiyas.prediction.engines import Engine

EngineName = Literal["transformers", "vllm", "openvino", "openai"]
"""The engines there are."""

_PACKAGES = ("kiyas", "torch", "transformers", "peft", "vllm", "openvino", "openvino-genai")
"""Packages whose version can change a token."""


@dataclass(frozen=True)
class EngineChoice:
    """Which engine decodes, and why."""

    name: EngineName
    """The engine."""
    reason: str
    """Why, in half a sentence."""


def choose_engine(predict: PredictSettings) -> EngineChoice:
    """Return the engine that a study names, or the one that fits this machine.

    Raises:
        MissingExtraError: The study names an engine whose package is not installed.
    """
    if predict.engine != "auto":
        for package, extra in (("vllm", "vllm"), ("openvino_genai", "openvino")):
            if predict.engine == extra and not _is_installed(package):
                raise MissingExtraError(
                    f"the {extra} engine",
                    extra,
                    where="predict.engine",
                    received=extra,
                    expected="an engine whose packages are installed, or auto",
                )
        return EngineChoice(predict.engine, "the study names it")
    if not _has_gpu():
        return EngineChoice("transformers", "no GPU here")
    if _is_installed("vllm"):
        return EngineChoice("vllm", "a GPU, and vLLM is installed")
    return EngineChoice("transformers", "a GPU, but vLLM is not installed")


def load_engine_base(
    source: BaseSource,
    predict: PredictSettings,
    choice: EngineChoice,
    *,
    say: Callable[[str], None] = lambda _: None,
) -> Base:
    """Return the base that an engine is opened with: whole for transformers, else without weights.

    Every other engine loads the weights by itself, and a GPU has no room for both.

    Raises:
        ModelError: The files are no causal LM with a tokenizer.
        MissingExtraError: torch and transformers are not installed.
    """
    if choice.name == "transformers":
        return load_base(source, dtype=predict.dtype, say=say)
    return load_without_weights(source, predict, choice)


def open_engine(
    base: Base,
    predict: PredictSettings,
    *,
    choice: EngineChoice | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> Engine:
    """Return the engine that decodes on this machine, and say which it is.

    Args:
        base: What ``load_engine_base`` returned for the same choice.
        predict: How completions are decoded.
        choice: What ``choose_engine`` returned; asked for if not given.
        say: Is told the engine and the reason for it.

    Raises:
        MissingExtraError: The engine's package is not installed.
        PredictionError: A server is wanted and not named, or does not say what it serves.
        ModelError: The server does not serve the base.
    """
    choice = choice or choose_engine(predict)
    say(f"decoding with {choice.name} in {base.dtype} ({choice.reason})")
    if not predict.cache:
        return _open(base, predict, choice, say)
    store = CompletionStore(cache_folder() / "completions", find_limit_bytes())
    engine = _open(base, predict, choice, say)
    return CachedEngine(engine, store, _identity(base, predict, choice, engine))


def _open(
    base: Base, predict: PredictSettings, choice: EngineChoice, say: Callable[[str], None]
) -> Engine:
    if choice.name == "vllm":
        from kiyas.prediction.vllm_engine import VllmEngine

        return VllmEngine(
            base,
            locate_base(base.name, say=say).path,
            max_new_tokens=predict.max_new_tokens,
            batch_size=predict.batch_size,
            say=say,
        )
    if choice.name == "openvino":
        from kiyas.prediction.openvino_engine import OpenVinoEngine

        source = locate_base(base.name, say=say)
        return OpenVinoEngine(base, source, batch_size=predict.batch_size, say=say)
    if choice.name == "openai":
        return _open_server(base, predict, say)
    from kiyas.prediction.transformers_engine import TransformersEngine

    return TransformersEngine(base, batch_size=predict.batch_size, say=say)


def _open_server(base: Base, predict: PredictSettings, say: Callable[[str], None]) -> Engine:
    from kiyas.prediction.completion_server import CompletionServer
    from kiyas.prediction.openai_engine import OpenAIEngine
    from kiyas.prediction.served_models import find_address

    server = predict.server
    if server is None:
        raise PredictionError(
            "the openai engine needs a server",
            where="predict.server",
            expected="a server with its url",
            next_step="add `predict.server.url`, such as http://localhost:8000/v1",
        )
    return OpenAIEngine(
        base,
        CompletionServer(find_address(server), say=say),
        model=server.model,
        batch_size=predict.batch_size,
        sends_text=server.sends_text,
        say=say,
    )


def _identity(
    base: Base, predict: PredictSettings, choice: EngineChoice, engine: Engine
) -> CacheIdentity:
    import torch

    decoder: dict[str, Any] = {
        "base": base.fingerprint,
        "engine": choice.name,
        "server": _served(predict, engine),
        "dtype": base.dtype,
        "batch_size": predict.batch_size,
        "versions": {name: _version(name) for name in _PACKAGES},
        "processor": torch.cuda.get_device_name() if _has_gpu() else _processor(),
        "threads": torch.get_num_threads(),
    }
    return CacheIdentity(base.name, decoder)


def _served(predict: PredictSettings, engine: Engine) -> dict[str, Any] | None:
    """Return which server is asked, and for which of its models; None for every other engine."""
    from kiyas.prediction.openai_engine import OpenAIEngine

    if predict.server is None or not isinstance(engine, OpenAIEngine):
        return None
    return {**predict.server.model_dump(exclude={"timeout_s"}), "model": engine.served_model}


def load_without_weights(
    source: BaseSource, predict: PredictSettings, choice: EngineChoice
) -> Base:
    """Return a base with tokenizer and configuration whose weights are nowhere."""
    model, tokenizer = load_skeleton(source)
    from transformers import GenerationConfig

    device = "cuda" if choice.name == "vllm" else "cpu"
    dtype = choose_dtype(device) if predict.dtype == "auto" else predict.dtype
    if (Path(source.path) / "generation_config.json").is_file():
        model.generation_config = GenerationConfig.from_pretrained(source.path)
    return Base(source.name, source.fingerprint, model, tokenizer, dtype, device)


def _has_gpu() -> bool:
    import torch

    return bool(torch.cuda.is_available())


def _is_installed(package: str) -> bool:
    return importlib.util.find_spec(package) is not None


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _processor() -> str:
    """Return the processor's name; Linux tells it in a file only."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.partition(":")[2].strip() for line in lines if "model name" in line)
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
