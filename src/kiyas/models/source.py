"""A base's name -> its files on this machine, fetched first if they must be.

A name is ``embedded:NAME``, a local folder, or a name on the Hub, in this order. Does not load
weights into memory and does not run code that comes with a model. A Hub model that is here is used
as it is and never silently replaced by a newer one.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import BinaryIO

from kiyas.config.embedded_bases import EMBEDDED_PREFIX
from kiyas.errors import ModelError, first_line
from kiyas.models import embedded
from kiyas.models.wheels import Say
from kiyas.paths import expand_home

_FILES = ("*.json", "*.safetensors", "*.jinja", "*.model", "*.txt")
_BLOCK_BYTES = 1 << 16
_BLOCKS = 64
_TENSOR_BYTES = 1 << 12
_MAX_HEADER_BYTES = 100_000_000
"""Of a safetensors file, by its format."""


@dataclass(frozen=True)
class BaseSource:
    """A base model's files."""

    name: str
    """Name in the study file."""
    path: Path
    """Folder with config, weights and tokenizer."""
    fingerprint: str
    """What tells these weights from others: a hash, or the Hub name with its commit."""


def locate_base(name: str, *, say: Say = lambda _: None) -> BaseSource:
    """Return where a base's files are; fetch or convert them first if they are not here.

    Args:
        name: ``embedded:NAME``, a local folder, or a name on the Hub.
        say: Is told what is fetched and how large it is, before it is fetched.

    Raises:
        ModelError: No such base, or it cannot be fetched.
    """
    if name.startswith(EMBEDDED_PREFIX):
        return BaseSource(name, *embedded.locate(name, say))
    folder = expand_home(name, kind=ModelError)
    if folder.is_dir():
        _check_folder(name, folder)
        return BaseSource(name, folder.resolve(), _hash_folder(folder))
    if name.startswith((".", "/", "~")):
        raise ModelError("no such folder", where=f"base {name}", next_step="check the path")
    path = _cached_snapshot(name) or _fetch(name, say)
    _check_folder(name, path)
    return BaseSource(name, path, f"{name}@{path.name}")


def _check_folder(name: str, folder: Path) -> None:
    if not (folder / "config.json").is_file():
        raise ModelError(
            "the folder holds no model",
            where=f"base {name}",
            received=f"no config.json in {folder}",
            expected="config.json, *.safetensors and a tokenizer",
        )
    if not _has_weights(folder):
        raise ModelError(
            "weights are missing",
            where=f"base {name}",
            received=f"no complete *.safetensors in {folder}",
            expected="model.safetensors, or every file that its index names",
        )


def _has_weights(folder: Path) -> bool:
    index = folder / "model.safetensors.index.json"
    if index.is_file():
        return all((folder / name).is_file() for name in _read_index(index))
    return any(folder.glob("*.safetensors"))


def _read_index(path: Path) -> set[str]:
    """Return the files of weights that an index names.

    Raises:
        ModelError: It is no such index.
    """
    try:
        return set(map(str, json.loads(path.read_text(encoding="utf-8"))["weight_map"].values()))
    except (OSError, ValueError, RecursionError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(
            "the index of the weights cannot be read",
            where=str(path),
            received=f"{type(error).__name__}: {error}",
            expected="the JSON file with a weight_map that transformers writes",
            next_step="copy the model's folder anew",
        ) from error


def _hash_folder(folder: Path) -> str:
    """Hash names, sizes and contents; of a large file 64 blocks, evenly spaced, and its tensors.

    Whole weights would take seconds at every start. Blocks see any retraining of all weights, and
    the beginning of each tensor that of a few layers: a merged adapter moves a tensor everywhere.
    """
    digest = hashlib.sha256()
    for path in sorted(path for pattern in _FILES for path in folder.glob(pattern)):
        size = path.stat().st_size
        digest.update(f"{path.name}:{size}:".encode())
        stride = max(_BLOCK_BYTES, size // _BLOCKS)
        with path.open("rb") as file:
            for start in range(0, size, stride):
                file.seek(start)
                digest.update(file.read(_BLOCK_BYTES))
            for start in _tensor_starts(file) if stride > _BLOCK_BYTES else ():
                file.seek(start)
                digest.update(file.read(_TENSOR_BYTES))
    return f"sha256:{digest.hexdigest()}"


def _tensor_starts(file: BinaryIO) -> list[int]:
    """Return where the tensors of a safetensors file begin; none of a file of another kind.

    Source of the layout: huggingface/safetensors, README, "Format".
    """
    file.seek(0)
    num_bytes = int.from_bytes(file.read(8), "little")
    try:
        header = json.loads(file.read(min(num_bytes, _MAX_HEADER_BYTES)))
        tensors = [entry for name, entry in header.items() if name != "__metadata__"]
        return sorted(8 + num_bytes + int(entry["data_offsets"][0]) for entry in tensors)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError):
        return []


def _cached_snapshot(name: str) -> Path | None:
    """Return a complete copy of a Hub model that is already here."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        path = Path(snapshot_download(name, allow_patterns=list(_FILES), local_files_only=True))
    except LocalEntryNotFoundError:
        return None
    except HFValidationError as error:
        raise ModelError(
            "neither a folder here nor a possible name on the Hub",
            where=f"base {name}",
            expected=f"a folder, OWNER/NAME on the Hub, or {embedded.DECODER}",
        ) from error
    return path if (path / "config.json").is_file() and _has_weights(path) else None


def _fetch(name: str, say: Say) -> Path:
    from huggingface_hub import snapshot_download

    try:
        size = _size_on_hub(name)
        say(f"fetching {name} from the Hub ({size / 1e6:,.0f} MB), once")
        return Path(snapshot_download(name, allow_patterns=list(_FILES)))
    except Exception as error:  # the Hub client passes on the errors of its own transport
        raise ModelError(
            "not on this machine, and cannot be fetched",
            where=f"base {name}",
            received=first_line(error),
            next_step="check the name and the network (a gated model also needs `hf auth login`), "
            f"name a local folder, or use {embedded.DECODER}",
        ) from error


def _size_on_hub(name: str) -> int:
    from huggingface_hub import HfApi

    files = HfApi().model_info(name, files_metadata=True).siblings or []
    return sum(
        file.size or 0 for file in files if any(fnmatch(file.rfilename, kind) for kind in _FILES)
    )
